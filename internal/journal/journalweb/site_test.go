package journalweb_test

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
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/journal/journalweb"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/outbox"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/workspace"
)

var modules = []db.Module{outbox.Module, journal.Module, jobs.Module, search.Module, workspace.Module, team.Module, customers.Module, activity.Module}

// A clock goes on by itself, so that operations have an order, and can be
// turned.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) tell() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Second)
	return c.now
}

func (c *clock) turn(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(by)
}

// A site is the pages with a database, as one visitor uses them.
type site struct {
	t     testing.TB
	d     *db.DB
	clock *clock
	mux   http.Handler
	pages *journalweb.Pages
	jobs  *jobs.Runner
	rina  team.User // the administrator
	dimas team.User // a colleague

	mu      sync.Mutex
	visitor ui.Visitor
}

func each(t *testing.T, f func(t *testing.T, s *site)) {
	t.Helper()
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) { f(t, newSite(t, d)) })
}

func newSite(t testing.TB, d *db.DB) *site {
	t.Helper()
	s := &site{t: t, d: d, clock: &clock{now: time.Date(2026, 11, 17, 3, 30, 0, 0, time.UTC)}}
	d.Now = s.clock.tell
	if err := search.Prepare(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	s.do(db.Who{}, "team.setup", func(tx *db.Tx) error {
		set := workspace.Default()
		set.Name = "PT Sinar Nusantara"
		if err := workspace.Save(t.Context(), tx, set, 0); err != nil {
			return err
		}
		s.rina = team.User{Name: "Rina Kusuma", Email: "rina@sinarnusantara.co.id"}
		permissions := append(append([]team.Permission{}, team.Permissions...), customers.Permissions...)
		if err := team.FirstAdministrator(t.Context(), tx, permissions, &s.rina, team.Password{}); err != nil {
			return err
		}
		role, err := team.RoleByKey(t.Context(), tx, team.Agent)
		if err != nil {
			return err
		}
		s.dimas = team.User{Name: "Dimas Prakoso", Email: "dimas@sinarnusantara.co.id", RoleID: role.ID}
		if err := team.CreateUser(t.Context(), tx, &s.dimas, team.Password{}); err != nil {
			return err
		}
		return tx.SetOp(t.Context(), ids.ID{}, map[string]any{"name": "Rina Kusuma"})
	})
	s.jobs = jobs.NewRunner(d, slog.New(slog.DiscardHandler))
	journalweb.Register(s.jobs, d)
	s.pages = &journalweb.Pages{DB: d, Kinds: map[string]journalweb.Kind{
		"customer":    {Names: customers.Names, Href: func(id ids.ID) string { return "/customers/" + id.String() }},
		"team_user":   {Names: team.Names},
		"interaction": {Names: interactionNames, Closed: true},
	}}
	s.be(s.rina, "*")
	s.mux = s.handler()
	return s
}

func interactionNames(ctx context.Context, tx *db.Tx, list []ids.ID) (map[ids.ID]string, error) {
	names := map[ids.ID]string{}
	for _, id := range list {
		i, err := activity.Get(ctx, tx, id)
		switch {
		case errs.KindOf(err) == errs.NotFound:
		case err != nil:
			return nil, err
		default:
			names[id] = i.Body
		}
	}
	return names, nil
}

// be makes somebody use the pages who has the given permissions.
func (s *site) be(u team.User, perms ...ui.Perm) {
	s.mu.Lock()
	defer s.mu.Unlock()
	lang := s.visitor.Lang
	if lang == "" {
		lang = locale.ID
	}
	s.visitor = ui.Visitor{
		Who: who(u), Session: ids.New(s.clock.tell()), Name: u.Name, Email: u.Email, Lang: lang, Shortcuts: true,
		Can: func(p ui.Perm) bool {
			for _, has := range perms {
				if has == p || has == "*" {
					return true
				}
			}
			return false
		},
	}
}

func (s *site) speak(l locale.Lang) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.visitor.Lang = l
}

func who(u team.User) db.Who { return db.Who{User: u.ID, Name: u.Name} }

func (s *site) handler() http.Handler {
	cat, err := locale.Load(ui.Text, list.Text, journal.Text, workspace.Text, team.Text, customers.Text, activity.Text, journalweb.Text)
	if err != nil {
		s.t.Fatal(err)
	}
	return ui.NewMux(ui.MuxOptions{
		Auth: func(http.ResponseWriter, *http.Request) (ui.Visitor, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.visitor, nil
		},
		Printer: func(l locale.Lang) *locale.Printer { return cat.Printer(l, locale.Workspace{}) },
		Brand:   func() string { return "PT Sinar Nusantara" },
		Nav:     []ui.NavItem{{Key: "operations", Label: "operations.title", Href: "/operations", Icon: "undo", Perm: "operations.read", Bar: true}},
		Now:     s.clock.tell, Log: slog.New(slog.NewTextHandler(s.t.Output(), nil)),
	}, s.pages.Routes())
}

// do makes an operation.
func (s *site) do(by db.Who, why string, f func(tx *db.Tx) error) (op ids.ID) {
	s.t.Helper()
	err := s.d.Write(s.t.Context(), db.Op{Who: by, Why: why}, func(tx *db.Tx) error { op = tx.Op; return f(tx) })
	if err != nil {
		s.t.Fatal(err)
	}
	return op
}

// add makes an operation that adds a customer.
func (s *site) add(by team.User, c customers.Customer) (customer, op ids.ID) {
	s.t.Helper()
	op = s.do(who(by), "customer.create", func(tx *db.Tx) error {
		if err := customers.Create(s.t.Context(), tx, &c); err != nil {
			return err
		}
		return tx.SetOp(s.t.Context(), c.ID, map[string]any{"name": c.Title()})
	})
	return c.ID, op
}

// change makes an operation that changes a customer.
func (s *site) change(by team.User, id ids.ID, f func(c *customers.Customer)) (op ids.ID) {
	s.t.Helper()
	return s.do(who(by), "customer.update", func(tx *db.Tx) error {
		c, err := customers.Update(s.t.Context(), tx, id, 0, func(c *customers.Customer) error { f(c); return nil })
		if err != nil {
			return err
		}
		return tx.SetOp(s.t.Context(), id, map[string]any{"name": c.Title()})
	})
}

// customer returns a customer as stored, or false if there is none.
func (s *site) customer(id ids.ID) (c customers.Customer, ok bool) {
	s.t.Helper()
	err := s.d.Read(s.t.Context(), db.Who{}, func(tx *db.Tx) (err error) {
		c, err = customers.Get(s.t.Context(), tx, id)
		return err
	})
	if err != nil && errs.KindOf(err) != errs.NotFound {
		s.t.Fatal(err)
	}
	return c, err == nil
}

// undoOf returns the undo of an operation.
func (s *site) undoOf(op ids.ID) (o journal.Operation) {
	s.t.Helper()
	err := s.d.Read(s.t.Context(), db.Who{}, func(tx *db.Tx) (err error) {
		o, err = journal.UndoOf(s.t.Context(), tx, op)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return o
}

// An answer is what a page says.
type answer struct {
	t      testing.TB
	code   int
	body   string
	header http.Header
}

func (s *site) send(r *http.Request) answer {
	s.t.Helper()
	w := httptest.NewRecorder()
	s.mux.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{s.t, w.Code, string(body), w.Header()}
}

func (s *site) open(path string) answer {
	s.t.Helper()
	return s.send(httptest.NewRequest("GET", path, nil))
}

// undo sends the form that undoes an operation.
func (s *site) undo(op ids.ID, back string) answer {
	s.t.Helper()
	form := url.Values{"back": {back}}
	r := httptest.NewRequest("POST", "/operations/"+op.String()+"/undo", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.send(r)
}

// next opens the page to which an answer leads, as a browser does.
func (s *site) next(a answer) answer {
	s.t.Helper()
	a.is(http.StatusSeeOther)
	to := a.header.Get("Location")
	if !strings.HasPrefix(to, "/operations") {
		to = "/operations"
	}
	r := httptest.NewRequest("GET", to, nil)
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		r.AddCookie(c)
	}
	return s.send(r)
}

func (a answer) is(code int) answer {
	a.t.Helper()
	if a.code != code {
		a.t.Fatalf("status %d, want %d: %s", a.code, code, a.body)
	}
	return a
}

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
