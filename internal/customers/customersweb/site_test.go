package customersweb_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/activity/activityweb"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/customers/customersweb"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/journal/historyweb"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/list/bulkweb"
	"github.com/akrab-crm/akrab/internal/list/listweb"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/outbox"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/views"
	"github.com/akrab-crm/akrab/internal/workspace"
)

// now is the time in the tests: a Tuesday morning in Jakarta.
var now = time.Date(2026, 11, 17, 3, 30, 0, 0, time.UTC)

// A site is the pages with a database, as one visitor uses them.
type site struct {
	t    testing.TB
	d    *db.DB
	mux  http.Handler
	user team.User // the administrator
	mate team.User // a colleague

	people *customersweb.Pages

	mu      sync.Mutex
	visitor ui.Visitor
}

func each(t *testing.T, f func(t *testing.T, s *site)) {
	t.Helper()
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) { f(t, newSite(t, d)) })
}

var modules = []db.Module{outbox.Module, journal.Module, jobs.Module, search.Module, workspace.Module, team.Module, views.Module, customers.Module, activity.Module, insights.Module}

func newSite(t testing.TB, d *db.DB) *site {
	t.Helper()
	d.Now = func() time.Time { return now }
	if err := search.Prepare(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, d: d}
	s.write(func(tx *db.Tx) error {
		set := workspace.Default()
		set.Name = "PT Sinar Nusantara"
		if err := workspace.Save(t.Context(), tx, set, 0); err != nil {
			return err
		}
		permissions := append(append(append([]team.Permission{}, team.Permissions...), customers.Permissions...), activity.Permissions...)
		s.user = team.User{Name: "Rina Kusuma", Email: "rina@sinarnusantara.co.id"}
		if err := team.FirstAdministrator(t.Context(), tx, permissions, &s.user, team.Password{}); err != nil {
			return err
		}
		role, err := team.RoleByKey(t.Context(), tx, team.Agent)
		if err != nil {
			return err
		}
		s.mate = team.User{Name: "Dimas Prakoso", Email: "dimas@sinarnusantara.co.id", RoleID: role.ID}
		return team.CreateUser(t.Context(), tx, &s.mate, team.Password{})
	})
	s.visitor = s.as(s.user, func(ui.Perm) bool { return true })
	s.mux = s.handler()
	return s
}

func (s *site) as(u team.User, can func(ui.Perm) bool) ui.Visitor {
	return ui.Visitor{
		Who: db.Who{User: u.ID, Name: u.Name}, Session: ids.New(now), Name: u.Name, Email: u.Email,
		Lang: locale.ID, Shortcuts: true, Can: can,
	}
}

// be makes somebody else use the pages.
func (s *site) be(v ui.Visitor) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.visitor = v
}

func (s *site) speak(l locale.Lang) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.visitor.Lang = l
}

func catalogue(t testing.TB) *locale.Catalogue {
	t.Helper()
	cat, err := locale.Load(ui.Text, views.Text, list.Text, listweb.Text, bulkweb.Text, workspace.Text, team.Text, customers.Text, activity.Text, historyweb.Text, customersweb.Text, activityweb.Text)
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

func (s *site) handler() http.Handler {
	cat := catalogue(s.t)
	people := &customersweb.Pages{
		DB: s.d, Book: &customers.Book{Leaving: []func(ctx context.Context, tx *db.Tx, list []ids.ID) error{activity.Leave}},
		Search: &search.Index{Sources: []search.Source{customers.Source}}, Log: slog.New(slog.DiscardHandler),
	}
	s.people = people
	line := &activityweb.Pages{DB: s.d, Customer: people.Show}
	people.Main = line.Main
	return ui.NewMux(ui.MuxOptions{
		Auth: func(http.ResponseWriter, *http.Request) (ui.Visitor, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.visitor, nil
		},
		Printer: func(l locale.Lang) *locale.Printer { return cat.Printer(l, locale.Workspace{}) },
		Brand:   func() string { return "PT Sinar Nusantara" },
		Nav: []ui.NavItem{
			{Key: "home", Label: "record.tab.main", Href: "/", Icon: "home", Keys: "g h", Bar: true},
			{Key: "customers", Label: "record.customers", Href: "/customers", Icon: "org", Keys: "g c", Bar: true},
		},
		Now: func() time.Time { return now }, Log: slog.New(slog.NewTextHandler(testLog{s.t}, nil)),
	}, people.Routes(), line.Routes(), (&listweb.Pages{DB: s.d}).Routes(), s.others())
}

// others stands for the pages of other modules.
func (s *site) others() []ui.Route {
	list := []ui.Route{
		ui.POST("/operations/{id}/undo", ui.Self, func(w http.ResponseWriter, r *ui.Req) error {
			id, err := r.ID("id")
			if err != nil {
				return err
			}
			if _, err := journal.Undo(r.Context(), s.d, r.Who, id, nil); err != nil {
				return err
			}
			return ui.Redirect(w, r, r.Back("/"))
		}),
	}
	if !s.has("GET /customers") {
		list = append(list, ui.GET("/customers", ui.Self, func(w http.ResponseWriter, r *ui.Req) error {
			return ui.Render(w, r, http.StatusOK, ui.Page(r.View, ui.PageOptions{Title: "Pelanggan", At: "customers"}, ui.Icon("org")))
		}))
	}
	return list
}

func (s *site) has(pattern string) bool {
	for _, rt := range (&customersweb.Pages{}).Routes() {
		if rt.Pattern == pattern {
			return true
		}
	}
	return false
}

type testLog struct{ t testing.TB }

func (l testLog) Write(b []byte) (int, error) {
	l.t.Logf("%s", b)
	return len(b), nil
}

func (s *site) write(f func(tx *db.Tx) error) {
	s.t.Helper()
	if err := s.d.Write(s.t.Context(), db.Op{Why: "customer.create"}, f); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) read(f func(tx *db.Tx) error) {
	s.t.Helper()
	if err := s.d.Read(s.t.Context(), db.Who{User: s.user.ID}, f); err != nil {
		s.t.Fatal(err)
	}
}

// add stores a customer.
func (s *site) add(c customers.Customer) ids.ID {
	s.t.Helper()
	s.write(func(tx *db.Tx) error {
		if err := customers.Create(s.t.Context(), tx, &c); err != nil {
			return err
		}
		return tx.SetOp(s.t.Context(), c.ID, map[string]any{"name": c.Title()})
	})
	return c.ID
}

// get returns a customer as stored.
func (s *site) get(id ids.ID) (c customers.Customer) {
	s.t.Helper()
	s.read(func(tx *db.Tx) (err error) {
		c, err = customers.Get(s.t.Context(), tx, id)
		return err
	})
	return c
}

// An answer is what a page says.
type answer struct {
	t      testing.TB
	code   int
	body   string
	header http.Header
}

func (s *site) do(r *http.Request, header ...string) answer {
	s.t.Helper()
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.mux.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{s.t, w.Code, string(body), w.Header()}
}

func (s *site) open(path string, header ...string) answer {
	s.t.Helper()
	return s.do(httptest.NewRequest("GET", path, nil), header...)
}

func (s *site) post(path string, form url.Values, header ...string) answer {
	s.t.Helper()
	r := httptest.NewRequest("POST", path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.do(r, header...)
}

// is fails the test if the status is not code.
func (a answer) is(code int) answer {
	a.t.Helper()
	if a.code != code {
		a.t.Fatalf("status %d, want %d: %s", a.code, code, a.body)
	}
	return a
}

// to fails the test if the answer does not lead to path.
func (a answer) to(path string) answer {
	a.t.Helper()
	a.is(http.StatusSeeOther)
	if got := a.header.Get("Location"); got != path {
		a.t.Errorf("leads to %q, want %q", got, path)
	}
	return a
}

func (a answer) has(texts ...string) answer {
	a.t.Helper()
	for _, s := range texts {
		if !strings.Contains(a.body, s) {
			a.t.Errorf("the page lacks %q", s)
		}
	}
	return a
}

func (a answer) lacks(texts ...string) answer {
	a.t.Helper()
	for _, s := range texts {
		if strings.Contains(a.body, s) {
			a.t.Errorf("the page has %q", s)
		}
	}
	return a
}
