package ordersweb_test

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

	"github.com/akrab-crm/akrab/internal/activity/activityweb"
	"github.com/akrab-crm/akrab/internal/app"
	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/catalog/catalogweb"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/customers/customersweb"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/orders/ordersweb"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/workspace"
)

// now is the time in the tests: a Tuesday morning in Jakarta.
var now = time.Date(2026, 11, 17, 3, 30, 0, 0, time.UTC)

// A site is the pages with a database, as one visitor uses them.
type site struct {
	t    testing.TB
	d    *db.DB
	mux  http.Handler
	jobs *jobs.Runner
	user team.User

	mu      sync.Mutex
	visitor ui.Visitor
}

func each(t *testing.T, f func(t *testing.T, s *site)) {
	t.Helper()
	dbtest.Each(t, app.Modules, func(t *testing.T, d *db.DB) { f(t, newSite(t, d)) })
}

func newSite(t testing.TB, d *db.DB) *site {
	t.Helper()
	d.Now = func() time.Time { return now }
	if err := search.Prepare(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, d: d, jobs: jobs.NewRunner(d, slog.New(slog.DiscardHandler))}
	s.write("user.create", func(tx *db.Tx) error {
		set := workspace.Default()
		set.Name = "PT Sinar Nusantara"
		if err := workspace.Save(t.Context(), tx, set, 0); err != nil {
			return err
		}
		s.user = team.User{Name: "Rina Kusuma", Email: "rina@sinarnusantara.co.id"}
		return team.FirstAdministrator(t.Context(), tx, app.Permissions, &s.user, team.Password{})
	})
	s.may(func(ui.Perm) bool { return true })
	s.mux = s.handler()
	return s
}

// may says what the visitor may do.
func (s *site) may(can func(ui.Perm) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.visitor = ui.Visitor{
		Who: db.Who{User: s.user.ID, Name: s.user.Name}, Session: ids.New(now), Name: s.user.Name, Email: s.user.Email,
		Lang: locale.ID, Shortcuts: true, Can: can,
	}
}

func (s *site) speak(l locale.Lang) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.visitor.Lang = l
}

func (s *site) handler() http.Handler {
	cat, err := app.Catalogue()
	if err != nil {
		s.t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	index := &search.Index{Sources: []search.Source{customers.Source, catalog.Source, orders.Source}}
	pages := &ordersweb.Pages{DB: s.d, Search: index, Log: log, Import: "/imports"}
	pages.Handle(s.jobs)
	book := &customersweb.Pages{DB: s.d, Book: &customers.Book{}, Search: index, Log: log, Panels: []ui.Panel{pages.Panel()}}
	stream := &activityweb.Pages{DB: s.d, Records: ordersweb.Entries}
	book.Main, stream.Customer = stream.Main, book.Show
	shelf := &catalogweb.Pages{DB: s.d, Shelf: &catalog.Shelf{}, Search: index, Log: log}
	return ui.NewMux(ui.MuxOptions{
		Auth: func(http.ResponseWriter, *http.Request) (ui.Visitor, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.visitor, nil
		},
		Printer: func(l locale.Lang) *locale.Printer { return cat.Printer(l, locale.Workspace{}) },
		Brand:   func() string { return "PT Sinar Nusantara" },
		Nav:     []ui.NavItem{catalogweb.NavItem, ordersweb.NavItem},
		Now:     func() time.Time { return now }, Log: slog.New(slog.NewTextHandler(testLog{s.t}, nil)),
	}, pages.Routes(), book.Routes(), stream.Routes(), shelf.Routes(), []ui.Route{
		// It stands for the page of another module.
		ui.POST("/operations/{id}/undo", ui.Self, func(w http.ResponseWriter, r *ui.Req) error {
			id, err := r.ID("id")
			if err != nil {
				return err
			}
			if _, err := journal.Undo(r.Context(), s.d, r.Who, id, nil); err != nil {
				return err
			}
			return ui.Redirect(w, r, r.Back("/orders"))
		}),
	})
}

type testLog struct{ t testing.TB }

func (l testLog) Write(b []byte) (int, error) {
	l.t.Logf("%s", b)
	return len(b), nil
}

func (s *site) write(why string, f func(tx *db.Tx) error) {
	s.t.Helper()
	if err := s.d.Write(s.t.Context(), db.Op{Why: why}, f); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) read(f func(ctx context.Context, tx *db.Tx) error) {
	s.t.Helper()
	ctx := s.t.Context()
	if err := s.d.Read(ctx, db.Who{}, func(tx *db.Tx) error { return f(ctx, tx) }); err != nil {
		s.t.Fatal(err)
	}
}

// customer adds a customer.
func (s *site) customer(name string) ids.ID {
	s.t.Helper()
	c := customers.Customer{Name: name, Kind: customers.Organization, Phase: customers.Active}
	s.write("customer.create", func(tx *db.Tx) error { return customers.Create(s.t.Context(), tx, &c) })
	return c.ID
}

// product adds a product.
func (s *site) product(code, name string, price int64) ids.ID {
	s.t.Helper()
	unit := money.Price(price * 1_000_000)
	p := catalog.Product{Code: code, NameID: name, Family: strings.Fields(name)[0], Price: &unit}
	s.write("product.create", func(tx *db.Tx) error { return catalog.Create(s.t.Context(), tx, &p) })
	return p.ID
}

// order adds an order.
func (s *site) order(o orders.Order) orders.Order {
	s.t.Helper()
	if o.At.IsZero() {
		o.At = now.Add(-time.Hour)
	}
	s.write("order.create", func(tx *db.Tx) error {
		if err := orders.Create(s.t.Context(), tx, &o); err != nil {
			return err
		}
		return tx.SetOp(s.t.Context(), o.ID, map[string]any{"name": o.Number})
	})
	return s.get(o.ID)
}

// get returns an order as stored.
func (s *site) get(id ids.ID) (o orders.Order) {
	s.t.Helper()
	s.read(func(ctx context.Context, tx *db.Tx) (err error) {
		o, err = orders.Get(ctx, tx, id)
		return err
	})
	return o
}

// latest returns the order that was made last.
func (s *site) latest() (o orders.Order) {
	s.t.Helper()
	s.read(func(ctx context.Context, tx *db.Tx) error {
		all, err := orders.List.IDs(ctx, tx, list.Query{}, ids.ID{}, 0)
		if err == nil && len(all) > 0 {
			o, err = orders.Get(ctx, tx, all[len(all)-1])
		}
		return err
	})
	return o
}

func line(product ids.ID, code, name string, quantity, price int64) orders.Line {
	return orders.Line{Product: product, Code: code, Name: name, Quantity: orders.Quantity(quantity) * orders.One, Price: money.Price(price * 1_000_000)}
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
