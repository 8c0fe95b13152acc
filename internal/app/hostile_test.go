package app_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/ui/uitest"
)

// hostileNames returns strings that break programs, without those that are
// blank to a person.
func hostileNames(t *testing.T) []string {
	t.Helper()
	b, err := os.ReadFile(needFile(t, "security/blns.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list, names []string
	if err := json.Unmarshal(b, &list); err != nil {
		t.Fatal(err)
	}
	b, err = os.ReadFile(needFile(t, "security/csv-injection.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range append(list, strings.Split(string(b), "\n")...) {
		if s = strings.TrimSpace(s); s != "" && !slices.Contains(names, s) {
			names = append(names, s)
		}
	}
	return names
}

// texts returns the text of every element that matches.
func texts(doc *html.Node, match func(n *html.Node) bool) (list []string) {
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && match(n) {
			list = append(list, text(n))
		}
	}
	return list
}

// TestHostileNames has customers whose names are hostile strings: they are
// stored as they are, shown as text wherever a name is shown, and exported so
// that no spreadsheet runs them.
func TestHostileNames(t *testing.T) {
	names := hostileNames(t)
	each(t, func(t *testing.T, s *site) {
		s.staff()
		known := s.addAll(names)
		c := s.signedIn(s.admin, locale.EN)

		var listed []string
		for next := "/customers?limit=200&sort=created"; next != ""; {
			a := c.get(next)
			doc := uitest.CheckHTML(t, next, a.body)
			listed = append(listed, texts(doc, func(n *html.Node) bool { return n.Data == "a" && has(n, "data-open") })...)
			next = nextPage(doc)
		}
		for _, name := range names {
			if !slices.Contains(listed, name) {
				t.Errorf("the list lacks %q", name)
			}
		}
		for i := 0; i < len(names); i += 11 {
			s.showsAsText(t, c, names[i], known[i])
		}
		s.exportsHarmless(t, c, names)
	})
}

// addAll stores customers with names, each in an operation of its own as a
// person would, in slices.
func (s *site) addAll(names []string) (list []ids.ID) {
	s.t.Helper()
	who := db.Who{User: s.admin.ID, Name: s.admin.Name}
	for part := range slices.Chunk(names, 100) {
		s.write(who, func(ctx context.Context, tx *db.Tx) error {
			for _, name := range part {
				c := customers.Customer{Kind: customers.Person, Name: name, Owner: s.admin.ID}
				if err := customers.Create(ctx, tx, &c); err != nil {
					return err
				}
				if c.Name != name {
					s.t.Errorf("%q is stored as %q", name, c.Name)
				}
				list = append(list, c.ID)
			}
			return nil
		})
	}
	return list
}

// nextPage returns the address of a list's next page, or "".
func nextPage(doc *html.Node) string {
	for n := range doc.Descendants() {
		if n.Data == "a" && attr(n, "id") == "pager-next" {
			return attr(n, "href")
		}
	}
	return ""
}

// showsAsText looks at all pages that show the name of a customer, who is
// renamed first so that history and operations have it too.
func (s *site) showsAsText(t *testing.T, c *client, name string, id ids.ID) {
	t.Helper()
	isText := func(path string, match func(n *html.Node) bool) {
		t.Helper()
		a := c.get(path)
		if a.code != 200 {
			t.Fatalf("%s: %d", path, a.code)
		}
		if got := texts(uitest.CheckHTML(t, path, a.body), match); !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, name) }) {
			t.Errorf("%s lacks %q; it has %.300q", path, name, got)
		}
	}
	heading := func(n *html.Node) bool { return n.Data == "h1" }
	whole := func(n *html.Node) bool { return n.Data == "main" }
	page := "/customers/" + id.String()
	isText(page, heading)
	err := s.app.DB.Write(t.Context(), db.Op{Who: db.Who{User: s.admin.ID, Name: s.admin.Name}, Why: "customer.update", Args: map[string]any{"name": name}, Subject: id}, func(tx *db.Tx) error {
		_, err := customers.Update(t.Context(), tx, id, 0, func(c *customers.Customer) error { c.Nickname = name; return nil })
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	isText(page+"/history", whole)
	isText("/operations", whole)
	isText(page+"/edit", func(n *html.Node) bool { return n.Data == "title" })
	a := c.get("/search?q=" + url.QueryEscape(name))
	if a.code != 200 {
		t.Errorf("search for %q: %d", name, a.code)
	}
	uitest.CheckHTML(t, "search for "+name, a.body)
	if words := regexp.MustCompile(`^[\p{Latin}\d ]{4,60}$`); words.MatchString(name) && !strings.Contains(a.body, id.String()) {
		t.Errorf("search for %q does not find it", name)
	}
}

// exportsHarmless reads what is exported as a spreadsheet does.
func (s *site) exportsHarmless(t *testing.T, c *client, names []string) {
	t.Helper()
	a := c.get("/customers/export?format=csv&c=name")
	body := strings.TrimPrefix(a.body, "\ufeff")
	r := csv.NewReader(strings.NewReader(body))
	if first, _, _ := strings.Cut(body, "\n"); strings.Contains(first, ";") {
		r.Comma = ';'
	}
	rows, err := r.ReadAll()
	if err != nil || len(rows) != len(names)+1 {
		t.Fatalf("%d rows exported: %v", len(rows), err)
	}
	plain := regexp.MustCompile(`^(-[\d.,]+|\+[1-9]\d{6,14})$`)
	for _, row := range rows {
		for _, cell := range row {
			if cell = strings.TrimLeft(cell, " \u00a0"); cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") && !plain.MatchString(cell) {
				t.Errorf("a spreadsheet would run %q", cell)
			}
		}
	}
	for _, format := range []string{"xlsx", "full", "vcf3", "vcf4"} {
		if a := c.get("/customers/export?format=" + format); a.code != 200 || a.body == "" {
			t.Errorf("export as %s: %d", format, a.code)
		}
	}
}

// TestHostileNamesInTheBrowser has Chromium show them: a script that ran, or
// that the Content-Security-Policy stopped, would be in its console.
func TestHostileNamesInTheBrowser(t *testing.T) {
	s := newSite(t, filepath.Join(t.TempDir(), "akrab.db"))
	s.staff()
	s.addAll(hostileNames(t))
	w := s.browse(t, locale.EN)
	w.signIn(s.admin.Email)
	w.Open("/customers?limit=200")
	w.Wait("#pager-next")
	w.Open("/customers?limit=200&sort=-name")
	for _, text := range []string{"<script>alert", "javascript:", "onerror=", `"><`, "'); DROP"} {
		w.palette(text)
		w.wait("an answer", `document.querySelector("[data-palette-status]").textContent !== ""`)
		w.Press("Escape")
	}
	w.Open("/operations")
	w.Axe()
}
