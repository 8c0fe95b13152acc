package importsweb_test

import (
	"bytes"
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
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/imports"
	"github.com/akrab-crm/akrab/internal/imports/importsweb"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/outbox"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/sheet"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/vcard"
	"github.com/akrab-crm/akrab/internal/workspace"
)

// now is the time in the tests: a Tuesday morning in Jakarta.
var now = time.Date(2026, 11, 17, 3, 30, 0, 0, time.UTC)

var modules = []db.Module{
	outbox.Module, jobs.Module, search.Module, journal.Module, workspace.Module, team.Module, customers.Module, activity.Module,
	catalog.Module, orders.Module, imports.Module,
}

// A site is the pages with a database, as one visitor uses them.
type site struct {
	t    testing.TB
	d    *db.DB
	mux  http.Handler
	jobs *jobs.Runner

	mu      sync.Mutex
	visitor ui.Visitor
}

func each(t *testing.T, f func(t *testing.T, s *site)) {
	t.Helper()
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) { f(t, newSite(t, d)) })
}

func newSite(t testing.TB, d *db.DB) *site {
	t.Helper()
	d.Now = func() time.Time { return now }
	if err := search.Prepare(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, d: d, jobs: jobs.NewRunner(d, slog.New(slog.DiscardHandler))}
	imports.Register(s.jobs, d)
	who := db.Who{User: ids.MustParse("01900000-0000-7000-8000-00000000abcd"), Name: "Rina Kusuma"}
	s.visitor = ui.Visitor{
		Who: who, Session: ids.New(now), Name: who.Name, Email: "rina@sinarnusantara.co.id",
		Lang: locale.ID, Shortcuts: true, Can: func(ui.Perm) bool { return true },
	}
	cat, err := locale.Load(ui.Text, sheet.Text, vcard.Text, list.Text, workspace.Text, team.Text, customers.Text, catalog.Text, orders.Text, imports.Text, importsweb.Text)
	if err != nil {
		t.Fatal(err)
	}
	pages := &importsweb.Pages{DB: d, MaxFile: 8 << 20}
	s.mux = ui.NewMux(ui.MuxOptions{
		Auth: func(http.ResponseWriter, *http.Request) (ui.Visitor, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.visitor, nil
		},
		Printer: func(l locale.Lang) *locale.Printer { return cat.Printer(l, locale.Workspace{}) },
		Brand:   func() string { return "PT Sinar Nusantara" },
		Nav: []ui.NavItem{
			{Key: "imports", Label: "import.title", Href: "/imports", Icon: "download", Perm: "imports.run", Bar: true},
		},
		Now: func() time.Time { return now }, Log: slog.New(slog.NewTextHandler(testLog{t}, nil)),
	}, pages.Routes(), s.others())
	return s
}

// others stands for the pages of other modules.
func (s *site) others() []ui.Route {
	blank := func(w http.ResponseWriter, r *ui.Req) error {
		return ui.Render(w, r, http.StatusOK, ui.Page(r.View, ui.PageOptions{Title: "Pelanggan"}, ui.PageHead("Pelanggan", "")))
	}
	return []ui.Route{
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
		ui.GET("/customers", ui.Self, blank), ui.GET("/customers/{id}", ui.Self, blank),
	}
}

type testLog struct{ t testing.TB }

func (l testLog) Write(b []byte) (int, error) {
	l.t.Logf("%s", b)
	return len(b), nil
}

func (s *site) speak(l locale.Lang) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.visitor.Lang = l
}

func (s *site) may(can func(ui.Perm) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.visitor.Can = can
}

// work runs the jobs that wait.
func (s *site) work() {
	s.t.Helper()
	if err := s.jobs.Drain(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
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

// send uploads a file.
func (s *site) send(name string, file []byte) answer {
	s.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	w, err := m.CreateFormFile("file", name)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := w.Write(file); err != nil {
		s.t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		s.t.Fatal(err)
	}
	r := httptest.NewRequest("POST", "/imports", &body)
	r.Header.Set("Content-Type", m.FormDataContentType())
	return s.do(r)
}

// put uploads a file and returns the address of its import.
func (s *site) put(name, text string) string {
	s.t.Helper()
	return s.send(name, []byte(text)).is(http.StatusSeeOther).header.Get("Location")
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

// names returns the names of all customers.
func (s *site) names() (list []string) {
	s.t.Helper()
	err := s.d.Read(s.t.Context(), db.Who{}, func(tx *db.Tx) (err error) {
		list, err = db.List(s.t.Context(), tx, db.One[string], `SELECT name FROM customer ORDER BY name_key, id`)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}
