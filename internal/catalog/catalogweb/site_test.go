package catalogweb_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/catalog/catalogweb"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/journal/historyweb"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/list/bulkweb"
	"github.com/akrab-crm/akrab/internal/list/listweb"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/workspace"
)

// now is the time in the tests: a Tuesday morning in Jakarta.
var now = time.Date(2026, 11, 17, 3, 30, 0, 0, time.UTC)

// A site is the pages with a database, as one visitor uses them.
type site struct {
	t     testing.TB
	d     *db.DB
	mux   http.Handler
	shelf *catalog.Shelf
	jobs  *jobs.Runner
	user  team.User

	mu      sync.Mutex
	visitor ui.Visitor
}

func each(t *testing.T, f func(t *testing.T, s *site)) {
	t.Helper()
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) { f(t, newSite(t, d)) })
}

var modules = []db.Module{journal.Module, jobs.Module, search.Module, workspace.Module, team.Module, customers.Module, activity.Module, catalog.Module}

func newSite(t testing.TB, d *db.DB) *site {
	t.Helper()
	d.Now = func() time.Time { return now }
	if err := search.Prepare(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, d: d, shelf: &catalog.Shelf{}, jobs: jobs.NewRunner(d, slog.New(slog.DiscardHandler))}
	s.write(func(tx *db.Tx) error {
		set := workspace.Default()
		set.Name = "PT Sinar Nusantara"
		if err := workspace.Save(t.Context(), tx, set, 0); err != nil {
			return err
		}
		s.user = team.User{Name: "Rina Kusuma", Email: "rina@sinarnusantara.co.id"}
		return team.FirstAdministrator(t.Context(), tx, append(append([]team.Permission{}, team.Permissions...), catalog.Permissions...), &s.user, team.Password{})
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
	cat, err := locale.Load(ui.Text, list.Text, listweb.Text, bulkweb.Text, workspace.Text, team.Text, activity.Text, catalog.Text, historyweb.Text, catalogweb.Text)
	if err != nil {
		s.t.Fatal(err)
	}
	pages := &catalogweb.Pages{
		DB: s.d, Shelf: s.shelf, Search: &search.Index{Sources: []search.Source{catalog.Source}}, Log: slog.New(slog.DiscardHandler), Import: "/imports",
	}
	pages.Handle(s.jobs)
	return ui.NewMux(ui.MuxOptions{
		Auth: func(http.ResponseWriter, *http.Request) (ui.Visitor, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.visitor, nil
		},
		Printer: func(l locale.Lang) *locale.Printer { return cat.Printer(l, locale.Workspace{}) },
		Brand:   func() string { return "PT Sinar Nusantara" },
		Nav:     []ui.NavItem{catalogweb.NavItem},
		Now:     func() time.Time { return now }, Log: slog.New(slog.NewTextHandler(testLog{s.t}, nil)),
	}, pages.Routes(), []ui.Route{
		// It stands for the page of another module.
		ui.POST("/operations/{id}/undo", ui.Self, func(w http.ResponseWriter, r *ui.Req) error {
			id, err := r.ID("id")
			if err != nil {
				return err
			}
			if _, err := journal.Undo(r.Context(), s.d, r.Who, id, nil); err != nil {
				return err
			}
			return ui.Redirect(w, r, r.Back("/products"))
		}),
	})
}

type testLog struct{ t testing.TB }

func (l testLog) Write(b []byte) (int, error) {
	l.t.Logf("%s", b)
	return len(b), nil
}

func (s *site) write(f func(tx *db.Tx) error) {
	s.t.Helper()
	if err := s.d.Write(s.t.Context(), db.Op{Why: "product.create"}, f); err != nil {
		s.t.Fatal(err)
	}
}

// add stores a product.
func (s *site) add(c catalog.Product) ids.ID {
	s.t.Helper()
	s.write(func(tx *db.Tx) error {
		if err := catalog.Create(s.t.Context(), tx, &c); err != nil {
			return err
		}
		return tx.SetOp(s.t.Context(), c.ID, map[string]any{"name": c.Name(locale.ID)})
	})
	return c.ID
}

// get returns a product as stored.
func (s *site) get(id ids.ID) (c catalog.Product) {
	s.t.Helper()
	err := s.d.Read(s.t.Context(), db.Who{}, func(tx *db.Tx) (err error) {
		c, err = catalog.Get(s.t.Context(), tx, id)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func price(n int64) *money.Price {
	p := money.Price(n * 1_000_000)
	return &p
}

func pump() catalog.Product {
	tax := int64(110_000)
	return catalog.Product{
		Code: "PA-125", NameID: "Pompa air 125 watt", NameEN: "Water pump 125 W", Family: "Pompa air", Tier: "Standar", Unit: "buah",
		Price: price(650_000), Cost: price(455_000), Tax: &tax,
		DescriptionID: "Pompa dorong untuk sumur sampai 9 meter. Badan besi cor, kumparan tembaga penuh, dan pelindung panas otomatis.",
		Facts: []catalog.Fact{
			{Label: "Daya", Value: "125 watt"}, {Label: "Daya isap", Value: "9 meter"}, {Label: "Daya dorong", Value: "33 meter"},
			{Label: "Debit", Value: "30 liter per menit"}, {Label: "Pipa", Value: "1 inci"}, {Label: "Garansi", Value: "2 tahun"},
		},
	}
}

// drawing is a PNG of a picture in a colour.
func drawing(c color.Color) []byte {
	m := image.NewRGBA(image.Rect(0, 0, 320, 240))
	for y := range 240 {
		for x := range 320 {
			if d := (x-160)*(x-160) + (y-120)*(y-120); d < 90*90 {
				m.Set(x, y, c)
			} else {
				m.Set(x, y, color.RGBA{240, 241, 244, 255})
			}
		}
	}
	var buf bytes.Buffer
	if err := png.Encode(&buf, m); err != nil {
		panic(err)
	}
	return buf.Bytes()
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

// send posts pictures.
func (s *site) send(path, alt string, files ...[]byte) answer {
	s.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	w.WriteField("alt", alt)
	for _, data := range files {
		part, err := w.CreateFormFile("file", "gambar.png")
		if err != nil {
			s.t.Fatal(err)
		}
		part.Write(data)
	}
	w.Close()
	r := httptest.NewRequest("POST", path, &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return s.do(r)
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
