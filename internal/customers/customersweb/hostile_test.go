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

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
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
	list := append(hostile(t), `" autofocus onfocus=alert(1) x="`, "</textarea><script>alert(1)</script>", "javascript:alert(1)")
	s := newSite(t, dbtest.Open(t, modules...))
	org := s.add(customers.Customer{Kind: customers.Organization, Name: "PT Sinar"})
	for n, text := range list {
		if strings.ContainsRune(text, 0) {
			continue
		}
		trimmed := strings.TrimSpace(text)
		if trimmed == "" || len([]rune(text)) > 300 {
			continue
		}
		long := strings.ReplaceAll(text, "\r\n", "\n")
		form := url.Values{
			"name": {text}, "nickname": {text}, "addressing": {text}, "remember": {text}, "hours": {text}, "source": {text},
			"traits.0.label": {text}, "traits.0.value": {text}, "addresses.0.street": {text}, "addresses.0.city": {text},
			"handles.0.network": {"website"}, "handles.0.value": {text}, "handles.1.network": {"instagram"}, "handles.1.value": {text},
			"relations.0.kind": {"member"}, "relations.0.other": {"PT Sinar"}, "relations.0.role": {text}, "relations.0.title": {text},
		}
		a := s.post("/customers/new", form)
		if a.code == 422 { // it may be alike to one before
			a = s.post("/customers/new", a.fields("/customers/new"))
		}
		id := a.created()
		c := s.get(id)
		if c.Name != trimmed || c.Remember != long || c.Traits[0].Value != trimmed || c.Relations[0].Role != trimmed || c.Addressing != trimmed {
			t.Errorf("%q is stored as %q, %q, %q", text, c.Name, c.Remember, c.Traits[0].Value)
		}
		page := "/customers/" + id.String()
		s.post(page+"/interactions", url.Values{"kind": {"note"}, "body": {text}, "promised": {"1"}, "promise": {text}}).is(303)
		s.read(func(tx *db.Tx) error {
			line, err := activity.Timeline(t.Context(), tx, id, activity.Place{}, activity.Filter{})
			if err == nil && (len(line.Items) != 1 || line.Items[0].Body != long) {
				t.Errorf("%q is stored as %+v", text, line.Items)
			}
			return err
		})
		shown := s.open(page).is(200)
		harmless(t, shown)
		if !strings.Contains(html.UnescapeString(shown.body), trimmed) {
			t.Errorf("%q is not shown", text)
		}
		// The other pages escape by the same templates: each sees a part of the strings.
		others := []string{page + "?edit=remember", page + "?edit=traits", page + "/edit", page + "/history", "/customers/" + org.String(), "/?of=all"}
		harmless(t, s.open(others[n%len(others)]).is(200))
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
