package app_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/app"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/demo"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/portable"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/ui/uitest"
)

// A visitor walks through a site with a browser's cookies.
type visitor struct {
	t    *testing.T
	base string
	http.Client
}

// newTour serves a new workspace with a demo company beside it.
func newTour(t *testing.T, url string) (*visitor, *app.Tour) {
	t.Helper()
	log := slog.New(slog.NewTextHandler(testLog{t}, nil))
	a, err := app.Open(t.Context(), url, log)
	if err != nil {
		t.Fatal(err)
	}
	tour, err := app.NewTour(url, app.ServeOptions{}, log)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(tour.Handler(a.Site(app.ServeOptions{Tour: tour})))
	t.Cleanup(func() {
		server.Close()
		if err := tour.Close(); err != nil {
			t.Error(err)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t, server.URL, http.Client{Jar: jar}}, tour
}

// get and post return the page to which an address leads in the end.
func (v *visitor) get(path string) (code int, body string) {
	v.t.Helper()
	return v.done(v.Get(v.base + path))
}

func (v *visitor) post(path string, form url.Values) (code int, body string) {
	v.t.Helper()
	return v.done(v.PostForm(v.base+path, form))
}

func (v *visitor) done(resp *http.Response, err error) (int, string) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	uitest.CheckHTML(v.t, resp.Request.URL.Path, string(body))
	return resp.StatusCode, string(body)
}

// TestTour walks through the demo company: in on the first visit, through
// another pair of eyes, out, in again, away.
func TestTour(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { walkTour(t, filepath.Join(t.TempDir(), "akrab.db")) })
	t.Run("postgres", func(t *testing.T) { walkTour(t, dbtest.Postgres(t)) })
}

func walkTour(t *testing.T, url string) {
	v, tour := newTour(t, url)
	if _, body := v.get("/"); !strings.Contains(body, `action="/setup/demo"`) {
		t.Fatal("the first visit offers no demo company")
	}
	code, body := v.post("/setup/demo", nil)
	if code != http.StatusOK || !strings.Contains(body, "Sinar Nusantara") || !strings.Contains(body, "Rina") {
		t.Fatalf("entering: %d\n%.2000s", code, body)
	}
	for _, path := range []string{"/customers", "/orders", "/products", "/tasks", "/operations", "/notices", "/settings/users", "/settings/lifecycle"} {
		if code, body := v.get(path); code != http.StatusOK {
			t.Errorf("%s: %d\n%.300s", path, code, body)
		}
	}
	_, body = v.get("/settings/demo")
	wayan := regexp.MustCompile(`<b>Wayan Putra</b>(?s:.{0,600}?)action="(/settings/demo/as/[0-9a-f-]+)"`).FindStringSubmatch(body)
	if wayan == nil {
		t.Fatalf("the staff is not shown: %.3000s", body)
	}
	if code, body := v.post(wayan[1], nil); code != http.StatusOK || !strings.Contains(body, "Wayan Putra") {
		t.Errorf("as Wayan: %d", code)
	}
	if code, _ := v.get("/settings/users"); code != http.StatusForbidden {
		t.Errorf("Wayan may see the settings: %d", code)
	}
	if code, _ := v.post("/settings/demo/remove", nil); code != http.StatusForbidden {
		t.Errorf("Wayan may remove the company: %d", code)
	}
	if _, body := v.post("/settings/demo/leave", nil); !strings.Contains(body, `action="/setup"`) {
		t.Errorf("outside there is no first visit: %.500s", body)
	}
	start := time.Now()
	if code, body := v.post("/setup/demo", nil); code != http.StatusOK || !strings.Contains(body, "Rina") || time.Since(start) > 3*time.Second {
		t.Errorf("entering again: %d after %v", code, time.Since(start))
	}
	if _, body := v.post("/settings/demo/remove", nil); !strings.Contains(body, `action="/setup"`) {
		t.Errorf("after it was removed: %.500s", body)
	}
	if exists, err := tour.Exists(t.Context()); exists || err != nil {
		t.Errorf("removed, but there: %v, %v", exists, err)
	}
	if left, err := os.ReadDir(filepath.Dir(url)); err == nil {
		for _, e := range left {
			if strings.HasPrefix(e.Name(), "demo") {
				t.Errorf("%s is left", e.Name())
			}
		}
	}
}

// TestTourIsForWhoMaySetUp checks that nobody from elsewhere makes a demo
// company, and that its session opens nothing in the workspace.
func TestTourIsForWhoMaySetUp(t *testing.T) {
	v, tour := newTour(t, filepath.Join(t.TempDir(), "akrab.db"))
	req, err := http.NewRequest(http.MethodPost, v.base+"/setup/demo", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Forwarded-For", "203.0.113.7")
	if code, _ := v.done(v.Do(req)); code != http.StatusUnprocessableEntity {
		t.Errorf("from elsewhere without the token: %d", code)
	}
	if exists, err := tour.Exists(t.Context()); exists || err != nil {
		t.Errorf("a stranger has made a demo company: %v", err)
	}
	// A browser that comes back after the company was removed sees the workspace.
	at, err := url.Parse(v.base)
	if err != nil {
		t.Fatal(err)
	}
	v.Jar.SetCookies(at, []*http.Cookie{{Name: "akrab_workspace", Value: "demo", Path: "/"}})
	if code, body := v.get("/"); code != http.StatusOK || !strings.Contains(body, `action="/setup"`) {
		t.Errorf("a cookie of long ago: %d", code)
	}
}

// TestDemoIsSound makes the demo company as the command does, and checks all
// that can be checked.
func TestDemoIsSound(t *testing.T) {
	dbtest.Each(t, app.Modules, func(t *testing.T, d *db.DB) {
		cat, err := app.Catalogue()
		if err != nil {
			t.Fatal(err)
		}
		d.Now = time.Now
		if err := search.Prepare(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		a := app.New(d, cat, slog.New(slog.NewTextHandler(testLog{t}, nil)))
		s, err := a.MakeDemo(t.Context(), demo.Seed, nil)
		if err != nil {
			t.Fatal(err)
		}
		if s.Email != demo.HostEmail || len(s.Password) < 12 || len(s.Staff) != 12 {
			t.Errorf("sign-in %+v", s)
		}
		list, err := portable.CheckAll(t.Context(), d, a.Checks(), false, nil)
		if err != nil || len(list) > 0 {
			t.Errorf("findings %+v, %v", list, err)
		}
	})
}

// TestTourInABrowser enters the demo company in both languages, and looks at
// the pages around it.
func TestTourInABrowser(t *testing.T) {
	for _, lang := range locale.Langs() {
		t.Run(string(lang), func(t *testing.T) {
			v, _ := newTour(t, filepath.Join(t.TempDir(), "akrab.db"))
			s := &site{t: t, base: v.base}
			w := s.browse(t, lang)
			w.Open("/")
			w.WaitPath("/setup")
			w.Eval(`document.documentElement.id = "before"`, nil) // the page is loaded anew
			w.Click(map[locale.Lang]string{locale.ID: "Indonesia", locale.EN: "English"}[lang])
			w.Gone("#before")
			w.Read("demo.first")
			w.Axe()
			w.Tap("demo.explore")
			w.WaitPath("/")
			w.See("Rina")
			w.Open("/settings/demo")
			w.Read("demo.staff.title")
			w.Axe()
			if dir := os.Getenv("AKRAB_SHOTS"); dir != "" {
				w.Screenshot(filepath.Join(dir, "demo-"+string(lang)+".png"))
			}
			w.Tap("demo.staff.as", "name", "Sari")
			w.WaitPath("/")
			w.See("Sari")
			w.Open("/settings/demo")
			w.Tap("demo.leave")
			w.WaitPath("/setup")
		})
	}
}
