package ui

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
)

var now = time.Date(2026, 11, 17, 3, 30, 0, 0, time.UTC)

// printer returns the printer of a language, with the messages of this package.
func printer(t testing.TB) func(locale.Lang) *locale.Printer {
	t.Helper()
	cat, err := locale.Load(Text)
	if err != nil {
		t.Fatal(err)
	}
	return func(l locale.Lang) *locale.Printer { return cat.Printer(l, locale.Workspace{}) }
}

// rina may read but not write customers.
func rina() Visitor {
	return Visitor{
		Who: db.Who{User: ids.New(now), Name: "Rina Kusuma"}, Session: ids.New(now), Name: "Rina Kusuma", Lang: locale.ID, Shortcuts: true,
		Can: func(p Perm) bool { return p == "customers.read" },
	}
}

func view(t testing.TB, lang locale.Lang) *View {
	t.Helper()
	v := rina()
	v.Lang = lang
	return &View{Printer: printer(t)(lang), Visitor: v, Lang: lang, Path: "/customers", Now: now, Brand: "PT Sinar Nusantara"}
}

func html(t testing.TB, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// site is a small set of pages for the tests of serving.
func site(t testing.TB, auth Auth) http.Handler {
	page := func(w http.ResponseWriter, r *Req) error {
		return Render(w, r, http.StatusOK, Page(r.View, PageOptions{Title: "Pelanggan", At: "customers"}, templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
			io.WriteString(w, "<p>around</p>")
			list := templ.Raw(`<div id="list">rows</div>`)
			return templ.Fragment("list").Render(templ.WithChildren(ctx, list), w)
		})))
	}
	fail := func(err error) Handler {
		return func(http.ResponseWriter, *Req) error { return err }
	}
	return NewMux(MuxOptions{
		Auth: auth, Printer: printer(t), Brand: func() string { return "PT Sinar Nusantara" }, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return now },
		Nav: []NavItem{
			{Key: "customers", Label: "ui.search.title", Href: "/customers", Icon: "org", Perm: "customers.read"},
			{Key: "secret", Label: "ui.theme", Href: "/secret", Icon: "lock", Perm: "customers.write"},
		},
	}, []Route{
		GET("/customers", "customers.read", page),
		GET("/public", Public, page),
		POST("/customers", "customers.write", fail(nil)),
		GET("/me", Self, page),
		GET("/panics", Self, func(http.ResponseWriter, *Req) error { panic("boom") }),
		GET("/internal", Self, fail(io.ErrUnexpectedEOF)),
		GET("/gone", Self, fail(errs.New(errs.NotFound, "error.not_found"))),
		POST("/save", Self, func(w http.ResponseWriter, r *Req) error {
			Flash(w, r, Toast{Key: "ui.list.selected", N: 3, Undo: ids.New(now)})
			return Redirect(w, r, r.Back("/customers"))
		}),
	})
}

func signedIn(http.ResponseWriter, *http.Request) (Visitor, error) { return rina(), nil }

func signedOut(http.ResponseWriter, *http.Request) (Visitor, error) {
	return Visitor{}, errs.New(errs.Signin, "error.signin")
}

func get(h http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	return do(h, httptest.NewRequest("GET", path, nil), header...)
}

func do(h http.Handler, r *http.Request, header ...string) *httptest.ResponseRecorder {
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestWholePageAndPart(t *testing.T) {
	h := site(t, signedIn)
	whole := get(h, "/customers").Body.String()
	for _, want := range []string{`<html lang="id"`, "<p>around</p>", `<div id="list">rows</div>`, `aria-current="page"`} {
		if !strings.Contains(whole, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(whole, "/secret") {
		t.Error("the sidebar shows what the visitor may not open")
	}
	part := get(h, "/customers", "HX-Request-Type", "partial", "HX-Target", "div#list")
	if got := part.Body.String(); got != `<div id="list">rows</div>` {
		t.Errorf("the part is %q", got)
	}
	if got := part.Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control %q", got)
	}
	// A target that the page doesn't know must not nest a page in a page.
	other := get(h, "/customers", "HX-Request-Type", "partial", "HX-Target", "div#elsewhere")
	if other.Header().Get("HX-Retarget") != "body" || !strings.Contains(other.Body.String(), "<html") {
		t.Error("an unknown part is not answered with a whole page in the page's place")
	}
}

func TestRights(t *testing.T) {
	tests := []struct {
		name, method, path string
		auth               Auth
		status             int
		location           string
	}{
		{"may read", "GET", "/customers", signedIn, 200, ""},
		{"may not write", "POST", "/customers", signedIn, 403, ""},
		{"signed out", "GET", "/customers?q=a", signedOut, 303, "/signin?next=%2Fcustomers%3Fq%3Da"},
		{"signed out, own settings", "GET", "/me", signedOut, 303, "/signin?next=%2Fme"},
		{"public", "GET", "/public", signedOut, 200, ""},
		{"unknown", "GET", "/nowhere", signedIn, 404, ""},
		{"unknown, signed out", "GET", "/nowhere", signedOut, 404, ""},
		{"method", "POST", "/me", signedIn, 405, ""},
		{"gone", "GET", "/gone", signedIn, 404, ""},
		{"internal", "GET", "/internal", signedIn, 500, ""},
		{"panic", "GET", "/panics", signedIn, 500, ""},
	}
	for _, tt := range tests {
		w := do(site(t, tt.auth), httptest.NewRequest(tt.method, tt.path, nil))
		if w.Code != tt.status || w.Header().Get("Location") != tt.location {
			t.Errorf("%s: %s %s = %d to %q, want %d to %q", tt.name, tt.method, tt.path, w.Code, w.Header().Get("Location"), tt.status, tt.location)
		}
		if strings.Contains(w.Body.String(), "⟦") || strings.Contains(w.Body.String(), "unexpected EOF") || strings.Contains(w.Body.String(), "boom") {
			t.Errorf("%s: the page shows what it should not: %s", tt.name, w.Body)
		}
		if w.Header().Get("Content-Security-Policy") != csp {
			t.Errorf("%s: no Content-Security-Policy", tt.name)
		}
	}
}
