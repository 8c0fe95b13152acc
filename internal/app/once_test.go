package app_test

import (
	"context"
	"log/slog"
	"maps"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/html"

	"github.com/akrab-crm/akrab/internal/app"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/segments"
)

// formAt returns the form of a page that posts to an address.
func (c *client) formAt(page, action string) *form {
	c.t.Helper()
	doc, err := html.Parse(strings.NewReader(c.get(page).body))
	if err != nil {
		c.t.Fatal(err)
	}
	w := &crawl{c: c, forms: map[string]*form{}, paths: map[string]bool{}}
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && n.Data == "form" && attr(n, "action") == action {
			w.form(page, n, doc)
		}
	}
	for _, f := range w.forms {
		return f
	}
	c.t.Fatalf("%s has no form for %s", page, action)
	return nil
}

func (s *site) countRows(query func(tx *db.Tx) (int, error)) (n int) {
	s.t.Helper()
	if err := s.app.DB.Read(s.t.Context(), db.Who{}, func(tx *db.Tx) (err error) { n, err = query(tx); return err }); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// A form that is sent twice, as by a double click where no script prevents it,
// makes one record; the second answer leads to what the first one made.
func TestFormsSentTwice(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.staff()
		k := s.seed()
		s.write(db.Who{User: s.admin.ID, Name: s.admin.Name}, func(ctx context.Context, tx *db.Tx) error {
			return segments.Create(ctx, tx, &segments.Segment{Name: "Semua", Cond: must(t, `{"all":["kind:eq:person"]}`)})
		})
		var segment string
		s.countRows(func(tx *db.Tx) (int, error) {
			all, err := segments.Each(t.Context(), tx)
			segment = all[0].ID.String()
			return 0, err
		})
		c := s.signedIn(s.admin, locale.ID)
		ctx := t.Context()
		person := "/customers/" + k.person.String()
		for _, tt := range []struct {
			page, action string
			set          url.Values
			count        func(tx *db.Tx) (int, error)
		}{
			{"/customers/new", "/customers/new", url.Values{"name": {"Toko Kembar"}, "kind": {"organization"}}, func(tx *db.Tx) (int, error) {
				return db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM customer`)
			}},
			{"/orders/new", "/orders/new", url.Values{"lines.0.product": {"PA-125"}, "lines.0.quantity": {"1"}, "lines.0.price": {"1000"}}, func(tx *db.Tx) (int, error) {
				return db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM sales_order`)
			}},
			{"/products/new", "/products/new", url.Values{"name.id": {"Selang"}}, func(tx *db.Tx) (int, error) {
				return db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM product`)
			}},
			{"/tasks/new", "/tasks", url.Values{"title": {"Telepon"}}, func(tx *db.Tx) (int, error) {
				return db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM task`)
			}},
			{"/segments/new?f=city:eq:Bandung", "/segments", url.Values{"name": {"Bandung"}, "do": {""}}, func(tx *db.Tx) (int, error) {
				return db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM segment`)
			}},
			{"/segments/" + segment, "/segments/" + segment + "/copy", nil, func(tx *db.Tx) (int, error) {
				return db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM segment`)
			}},
			{"/plans/new?subject=segment:" + segment, "/plans", url.Values{"title": {"Telepon semua"}, "actions.0.text": {"Telepon"}}, func(tx *db.Tx) (int, error) {
				return db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM plan`)
			}},
			{person, person + "/interactions", url.Values{"kind": {"note"}, "body": {"Sudah ditelepon"}, "text": {"Sudah ditelepon"}}, func(tx *db.Tx) (int, error) {
				return db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM interaction`)
			}},
		} {
			f := c.formAt(tt.page, tt.action)
			f.files = nil
			maps.Copy(f.fields, tt.set)
			maps.DeleteFunc(f.fields, func(name string, _ []string) bool {
				return name == "add" || name == "drop" || strings.HasPrefix(name, "promise") || strings.HasPrefix(name, "due")
			})
			before := s.countRows(tt.count)
			first := f.send(c, f.fields)
			if first.code != 303 {
				t.Errorf("%s: %d\n%s", tt.action, first.code, regexp.MustCompile(`class="error"[^~]{0,300}`).FindString(first.body))
				continue
			}
			again := f.send(c, f.fields)
			if n := s.countRows(tt.count) - before; n != 1 {
				t.Errorf("%s, sent twice, made %d", tt.action, n)
			}
			if to := again.header.Get("Location"); again.code != 303 || to != first.header.Get("Location") {
				t.Errorf("%s, sent again, leads to %q (%d), at first to %q", tt.action, to, again.code, first.header.Get("Location"))
			}
			if strings.Join(first.header["Set-Cookie"], "") != strings.Join(again.header["Set-Cookie"], "") {
				t.Errorf("%s, sent again, offers no undo", tt.action)
			}
			if tt.page == "/products/new" {
				f.fields.Set("name.id", "Selang lain") // by the way back, for another one
				if other := f.send(c, f.fields); other.header.Get("Location") == first.header.Get("Location") || s.countRows(tt.count)-before != 2 {
					t.Error("another product of the same form was not made")
				}
			}
		}
		f := c.formAt("/settings/tokens", "/settings/tokens")
		maps.Copy(f.fields, url.Values{"name": {"kasir"}})
		for range 2 {
			if a := f.send(c, f.fields); a.code != 200 || !strings.Contains(a.body, "akr_") {
				t.Errorf("a token is not shown: %d", a.code)
			}
		}
		page := c.get("/tasks").body
		once := regexp.MustCompile(`<noscript>\s*<input type="hidden" name="once" value="([^"]+)"`).FindStringSubmatch(page)
		if once == nil {
			t.Fatal("the line for a task knows nothing of being sent twice")
		}
	})
}

func must(t *testing.T, cond string) list.Tree {
	t.Helper()
	tree, err := list.ParseTree(cond)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// What is sent to two processes at once is done by one of them.
func TestFormSentToTwoProcesses(t *testing.T) {
	for name, url := range map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "akrab.db") },
		"postgres": func(t *testing.T) string { return dbtest.Postgres(t) },
	} {
		t.Run(name, func(t *testing.T) {
			at := url(t)
			s := newSite(t, at)
			s.staff()
			other, err := app.Open(t.Context(), at, slog.New(slog.NewTextHandler(testLog{t}, nil)))
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close()
			twin := &site{t: t, app: other, Site: other.Site(app.ServeOptions{Version: "test"})}
			c := s.signedIn(s.admin, locale.ID)
			d := *c
			d.s = twin
			for round := range 5 {
				f := c.formAt("/products/new", "/products/new")
				f.fields.Set("name.id", "Pipa "+string(rune('A'+round)))
				f.fields.Del("add")
				f.fields.Del("drop")
				var answers [4]answer
				var wg sync.WaitGroup
				for i := range answers {
					wg.Go(func() { answers[i] = f.send([]*client{c, &d}[i%2], f.fields) })
				}
				wg.Wait()
				for _, a := range answers {
					if to := a.header.Get("Location"); a.code != 303 || to != answers[0].header.Get("Location") {
						t.Errorf("led to %q (%d), another to %q", to, a.code, answers[0].header.Get("Location"))
					}
				}
			}
			n := s.countRows(func(tx *db.Tx) (int, error) {
				return db.Get(t.Context(), tx, db.One[int], `SELECT COUNT(*) FROM product WHERE name_id LIKE 'Pipa %'`)
			})
			if n != 5 {
				t.Errorf("%d products were made, want 5", n)
			}
		})
	}
}
