package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/locale"
)

// TestFilesOfAnEntry adds a file to an entry that was written before, and takes
// another away.
func TestFilesOfAnEntry(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.staff()
		k := s.seed()
		c := s.signedIn(s.admin, locale.EN)
		edit := "/interactions/" + k.interaction.String() + "/edit"
		page := c.get(edit)
		if page.code != http.StatusOK || !strings.Contains(page.body, k.file.String()) {
			t.Fatalf("the form is %d and lacks the file", page.code)
		}
		_, rest, _ := strings.Cut(page.body, `name="rev" value="`)
		rev, _, _ := strings.Cut(rest, `"`)
		f := form{action: edit, multipart: true, files: []string{"files"}}
		a := f.send(c, url.Values{"rev": {rev}, "kind": {"note"}, "body": {"Brosur baru"}, "files_shown": {"1"}})
		if a.code != http.StatusSeeOther {
			t.Fatalf("saving: %d\n%s", a.code, a.body)
		}
		page = c.get(edit)
		if strings.Contains(page.body, k.file.String()) || !strings.Contains(page.body, "a.csv") {
			t.Error("the old file stayed, or the new one is not there")
		}
		if n := c.get("/files/" + k.file.String()).code; n != http.StatusNotFound {
			t.Errorf("what was taken away is still open: %d", n)
		}
	})
}
