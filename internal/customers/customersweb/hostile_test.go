package customersweb_test

import (
	"encoding/json"
	"html"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
)

// hostile returns strings that break programs.
func hostile(t *testing.T) []string {
	t.Helper()
	dir, err := os.Getwd()
	for err == nil {
		b, readErr := os.ReadFile(filepath.Join(dir, "shared", "data", "security", "blns.json"))
		if readErr == nil {
			var list []string
			if err := json.Unmarshal(b, &list); err != nil {
				t.Fatal(err)
			}
			return list
		}
		if filepath.Dir(dir) == dir {
			break
		}
		dir = filepath.Dir(dir)
	}
	t.Skip("shared/data/security/blns.json is not beside the checkout")
	return nil
}

// Hostile strings are stored as they were sent and shown as text.
func TestHostileStrings(t *testing.T) {
	var list []string
	for _, text := range append(hostile(t), `" autofocus onfocus=alert(1) x="`, "</textarea><script>alert(1)</script>", "javascript:alert(1)") {
		if strings.TrimSpace(text) != "" && !strings.ContainsRune(text, 0) && len([]rune(text)) <= 300 {
			list = append(list, text)
		}
	}
	s := newSite(t, dbtest.Open(t, modules...))
	org := s.add(customers.Customer{Kind: customers.Organization, Name: "PT Sinar"})
	fields := []string{"name", "nickname", "addressing", "remember", "hours", "source", "traits.0.label", "traits.0.value",
		"addresses.0.street", "addresses.0.city", "handles.0.value", "handles.1.value", "relations.0.role", "relations.0.title"}
	for start := 0; start < len(list); start += 6 { // so that each comes in more than one field
		text := func(n int) string { return list[(start+n)%len(list)] }
		form := url.Values{"handles.0.network": {"website"}, "handles.1.network": {"instagram"}, "relations.0.kind": {"member"}, "relations.0.other": {"PT Sinar"}}
		for n, name := range fields {
			form.Set(name, text(n))
		}
		a := s.post("/customers/new", form)
		if a.code == 422 { // it may be alike to one before
			a = s.post("/customers/new", a.fields("/customers/new"))
		}
		id := a.created()
		c := s.get(id)
		stored := []string{c.Name, c.Nickname, c.Addressing, c.Remember, c.Hours, c.Source, c.Traits[0].Label, c.Traits[0].Value,
			c.Addresses[0].Street, c.Addresses[0].City, c.Handles[0].Value, "", c.Relations[0].Role, c.Relations[0].Title}
		if len(c.Handles) > 1 {
			stored[11] = c.Handles[1].Value
		}
		page := "/customers/" + id.String()
		s.post(page+"/interactions", url.Values{"kind": {"note"}, "body": {text(0)}, "promised": {"1"}, "promise": {text(1)}}).is(303)
		shown := s.open(page).is(200)
		plain := html.UnescapeString(shown.body)
		for n, name := range fields {
			want := strings.TrimSpace(text(n))
			if name == "remember" {
				want = strings.ReplaceAll(text(n), "\r\n", "\n")
			}
			if stored[n] != want {
				t.Errorf("%s: %q is stored as %q", name, want, stored[n])
			}
			if !strings.Contains(plain, want) {
				t.Errorf("%s: %q is not shown", name, want)
			}
		}
		if got := s.entries(id); len(got) != 1 || got[0].Body != strings.ReplaceAll(text(0), "\r\n", "\n") {
			t.Errorf("%q is stored as %+v", text(0), got)
		}
		harmless(t, shown)
		for _, path := range []string{page + "?edit=remember", page + "?edit=traits", page + "/edit", page + "/history", "/customers/" + org.String()} {
			harmless(t, s.open(path).is(200))
		}
		s.open(page + "/card").is(200)
		s.post(page+"/delete", url.Values{}).is(303)
	}
}

var (
	openTag  = regexp.MustCompile(`<[a-zA-Z][^>]*>`)
	quoted   = regexp.MustCompile(`"[^"]*"`)
	handler  = regexp.MustCompile(`(?i)\s(on[a-z]+|style)\s*=`)
	schemeRE = regexp.MustCompile(`(?i)(href|src|action)="\s*(javascript|data|vbscript):`)
)

// harmless fails the test if a page has a script, a style or a handler that
// did not come from a template.
func harmless(t *testing.T, a answer) {
	t.Helper()
	if n := strings.Count(strings.ToLower(a.body), "<script"); n != 1 {
		t.Errorf("%d scripts in the page", n)
	}
	if schemeRE.MatchString(a.body) {
		t.Errorf("an address runs a script: %s", schemeRE.FindString(a.body))
	}
	for _, tag := range openTag.FindAllString(a.body, -1) {
		if bare := quoted.ReplaceAllString(tag, `""`); handler.MatchString(bare) {
			t.Errorf("a handler or a style in %s", tag)
		}
	}
}
