package ui

import (
	"compress/gzip"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
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

var rinaID = ids.New(now)

// rina may read but not write customers.
func rina() Visitor {
	return Visitor{
		Who: db.Who{User: rinaID, Name: "Rina Kusuma"}, Session: rinaID, Name: "Rina Kusuma", Lang: locale.ID, Shortcuts: true,
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

func TestForms(t *testing.T) {
	h := NewMux(MuxOptions{Auth: signedIn, Printer: printer(t), Log: slog.New(slog.DiscardHandler)}, []Route{
		POST("/echo/{id}", Self, func(w http.ResponseWriter, r *Req) error {
			id, err := r.ID("id")
			if err != nil {
				return err
			}
			_, err = io.WriteString(w, id.String()+"|"+r.Text("name"))
			return err
		}),
		{Pattern: "POST /small", Need: Self, MaxBody: 10, Handler: func(http.ResponseWriter, *Req) error { return nil }},
	})
	const id = "0195f3a0-0000-7000-8000-000000000001"
	tests := []struct {
		path, body string
		status     int
		want       string
	}{
		{"/echo/" + id, "name=+Budi+%0D%0A+Siregar%20", 200, id + "|Budi \n Siregar"},
		{"/echo/1", "name=Budi", 404, ""},
		{"/echo/" + id + "x", "name=Budi", 404, ""},
		{"/echo/" + id, "name=Bu%00di", 422, ""},
		{"/echo/" + id, "name=Bu%ffdi", 422, ""},
		{"/echo/" + id, "na%00me=Budi", 422, ""},
		{"/echo/" + id + "?q=%00", "", 422, ""},
		{"/echo/" + id, "name=%zz", 422, ""},
		{"/small", "name=" + strings.Repeat("x", 100), 413, ""},
	}
	for _, tt := range tests {
		w := do(h, httptest.NewRequest("POST", tt.path, strings.NewReader(tt.body)), "Content-Type", "application/x-www-form-urlencoded")
		if w.Code != tt.status || tt.want != "" && w.Body.String() != tt.want {
			t.Errorf("POST %s %s = %d %q, want %d %q", tt.path, tt.body, w.Code, w.Body, tt.status, tt.want)
		}
	}
}

func TestForeignSite(t *testing.T) {
	h := site(t, signedIn)
	w := do(h, httptest.NewRequest("POST", "/save", nil), "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example")
	if w.Code != http.StatusForbidden {
		t.Errorf("a form of another site: %d", w.Code)
	}
	w = do(h, httptest.NewRequest("POST", "/save", nil), "Sec-Fetch-Site", "same-origin")
	if w.Code != http.StatusSeeOther {
		t.Errorf("a form of our own: %d", w.Code)
	}
}

// What an action did is told by the next page, once, and can be undone there.
func TestFlash(t *testing.T) {
	h := site(t, signedIn)
	w := do(h, httptest.NewRequest("POST", "/save", nil))
	cookies := w.Result().Cookies()
	if w.Code != http.StatusSeeOther || len(cookies) != 1 || !cookies[0].HttpOnly {
		t.Fatalf("POST /save = %d, cookies %v", w.Code, cookies)
	}
	for _, header := range [][]string{nil, {"HX-Request-Type", "partial", "HX-Target", "div#list"}} {
		r := httptest.NewRequest("GET", "/customers", nil)
		r.AddCookie(cookies[0])
		w = do(h, r, header...)
		body := w.Body.String()
		for _, want := range []string{"3 dipilih", "Urungkan", `action="/operations/`} {
			if !strings.Contains(body, want) {
				t.Errorf("with %v the page lacks %q", header, want)
			}
		}
		if c := w.Result().Cookies(); len(c) != 1 || c[0].MaxAge >= 0 {
			t.Errorf("with %v the toast would be told again: %v", header, c)
		}
	}
	// While a redirect is on its way to yet another page, it waits.
	r := httptest.NewRequest("POST", "/save", nil)
	r.AddCookie(cookies[0])
	for _, c := range do(h, r).Result().Cookies() {
		if c.MaxAge < 0 {
			t.Error("a redirect drops the toast")
		}
	}
}

func FuzzFlash(f *testing.F) {
	f.Add(encodeFlash(Toast{Key: "a.b", Args: []string{"name", "Budi"}, N: 3, Tone: "warn", Href: "/customers/1"}))
	f.Add(encodeFlash(Toast{Key: "a.b", Href: "//evil.example"}))
	f.Add("")
	f.Add("e30")
	f.Add("bnVsbA")
	f.Fuzz(func(t *testing.T, s string) {
		toast := decodeFlash(s)
		if toast == nil {
			return
		}
		if toast.Key == "" || len(toast.Args)%2 != 0 || toast.Href != "" && !localPath(toast.Href) {
			t.Errorf("decodeFlash(%q) = %+v", s, toast)
		}
		if again := decodeFlash(encodeFlash(*toast)); again == nil || again.Key != toast.Key || again.Href != toast.Href {
			t.Errorf("decodeFlash(%q) doesn't survive encoding: %+v", s, toast)
		}
	})
}

func FuzzLocalPath(f *testing.F) {
	for _, s := range []string{"/", "/customers?q=a#b", "//evil.example", `/\evil.example`, "https://evil.example", "/a\tb", "", "/%2f/evil", "javascript:alert(1)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !localPath(s) {
			return
		}
		base, err := url.Parse("https://crm.example/x")
		if err != nil {
			t.Fatal(err)
		}
		if u, err := base.Parse(s); err == nil && (u.Host != "crm.example" || u.Scheme != "https") {
			t.Errorf("localPath(%q), which leads to %s", s, u)
		}
	})
}

func TestRows(t *testing.T) {
	r := &Req{Request: &http.Request{Form: url.Values{
		"emails.2.value": {"b"}, "emails.0.value": {"a"}, "emails.0.id": {"1"}, "emails.x.value": {"?"}, "emails.-1.value": {"?"},
		"emails": {"?"}, "emails2.7.value": {"?"}, "add": {"emails"},
	}}}
	if got := r.Rows("emails"); !slices.Equal(got, []int{0, 2}) {
		t.Errorf("Rows = %v", got)
	}
	if got := r.Indexes("emails"); !slices.Equal(got, []int{0, 2, 3}) {
		t.Errorf("Indexes with one to add = %v", got)
	}
	r.Form.Set("add", "phones")
	r.Form.Set("drop", "emails.0")
	if got := r.Indexes("emails"); !slices.Equal(got, []int{2}) {
		t.Errorf("Indexes with one to drop = %v", got)
	}
	if got := r.Indexes("addresses"); !slices.Equal(got, []int{0}) {
		t.Errorf("Indexes of none = %v", got)
	}
}

func TestBack(t *testing.T) {
	tests := []struct{ back, current, referer, want string }{
		{"/a?b=c", "", "", "/a?b=c"},
		{"//evil.example", "", "", "/def"},
		{"", "http://example.com/list?f=1", "http://example.com/other", "/list?f=1"},
		{"", "http://evil.example/list", "http://example.com/other", "/other"},
		{"", "", "http://evil.example/other", "/def"},
		{"", "", "", "/def"},
	}
	for _, tt := range tests {
		r := httptest.NewRequest("POST", "/x", nil)
		r.Form = url.Values{"back": {tt.back}}
		r.Header.Set("HX-Current-URL", tt.current)
		r.Header.Set("Referer", tt.referer)
		if got := (&Req{Request: r}).Back("/def"); got != tt.want {
			t.Errorf("Back(%+v) = %q, want %q", tt, got, tt.want)
		}
	}
}

func TestAddFilter(t *testing.T) {
	tests := []struct{ path, want string }{
		{"/c?sort=-name", ""},
		{"/c?fk=city&fo=eq&fv=Bandung&was=", "/c?f=city%3Aeq%3ABandung"},
		{"/c?f=tag:eq:x&sort=-name&cursor=abc&fk=city&fo=eq&fv=+Bandung+&was=", "/c?f=tag%3Aeq%3Ax&f=city%3Aeq%3ABandung&sort=-name"},
		{"/c?f=tag:eq:x&f=city:eq:Bandung&fk=tag&fo=ne&fv=y&was=tag:eq:x", "/c?f=tag%3Ane%3Ay&f=city%3Aeq%3ABandung"},
		{"/c?f=city:eq:Bandung&fk=city&fo=eq&fv=Bandung&was=", "/c?f=city%3Aeq%3ABandung"},
	}
	for _, tt := range tests {
		r := httptest.NewRequest("GET", tt.path, nil)
		if err := r.ParseForm(); err != nil {
			t.Fatal(err)
		}
		if got, _ := (&Req{Request: r}).AddFilter(); got != tt.want {
			t.Errorf("AddFilter(%s) = %q, want %q", tt.path, got, tt.want)
		}
	}
}

func FuzzAddFilter(f *testing.F) {
	f.Add("f=tag:eq:x&fk=city&fo=eq&fv=Bandung&was=tag:eq:x")
	f.Add("fk=a&fo=b&fv=%26%3D&cursor=1")
	f.Add("fk=a&fo=b&was=")
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest("GET", "/c", nil)
		r.URL.RawQuery = query
		if r.ParseForm() != nil {
			return
		}
		to, ok := (&Req{Request: r}).AddFilter()
		if !ok {
			return
		}
		u, err := url.Parse(to)
		if err != nil || u.Path != "/c" || u.Query().Has("fk") {
			t.Fatalf("AddFilter(%q) = %q", query, to)
		}
		// The form is gone from the address, so that going there asks for nothing more.
		again := httptest.NewRequest("GET", to, nil)
		if err := again.ParseForm(); err != nil {
			t.Fatal(err)
		}
		if _, ok := (&Req{Request: again}).AddFilter(); ok {
			t.Errorf("AddFilter(%q) leads to %q, which leads on", query, to)
		}
	})
}

// A control says what is wrong with it to those who don't see the red.
func TestInput(t *testing.T) {
	for _, typ := range []string{"", "email", "textarea", "select", "checkbox", "switch", "radio"} {
		got := html(t, Input(Field{Name: "x", Label: "Nama <b>", Type: typ, Value: `"><script>`, Error: "Isi bagian ini.", Hint: "Petunjuk", Options: []Option{{Value: "1", Label: "Satu"}}}))
		if !strings.Contains(got, `aria-describedby="f-x-error f-x-hint"`) || !strings.Contains(got, `id="f-x-error"`) || !strings.Contains(got, `id="f-x-hint"`) {
			t.Errorf("%q: its error and hint are not tied to it: %s", typ, got)
		}
		if typ != "radio" && !strings.Contains(got, `aria-invalid="true"`) {
			t.Errorf("%q: not marked as wrong: %s", typ, got)
		}
		if strings.Contains(got, "<script>") || strings.Contains(got, "Nama <b>") {
			t.Errorf("%q: not escaped: %s", typ, got)
		}
	}
}

// Another page is loaded whole; this page is rendered anew.
func TestRedirect(t *testing.T) {
	h := site(t, signedIn)
	tests := []struct {
		at, location, hx string
	}{
		{"http://example.com/customers", "/customers", ""},
		{"http://example.com/customers?f=1", "/customers?f=1", ""},
	}
	for _, tt := range tests {
		w := do(h, httptest.NewRequest("POST", "/save", nil), "HX-Request-Type", "partial", "HX-Target", "div#list", "HX-Current-URL", tt.at)
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != tt.location {
			t.Errorf("from %s: %d to %q", tt.at, w.Code, w.Header().Get("Location"))
		}
	}
	r := httptest.NewRequest("POST", "/save", strings.NewReader("back=/elsewhere"))
	w := do(h, r, "Content-Type", "application/x-www-form-urlencoded", "HX-Request-Type", "partial", "HX-Current-URL", "http://example.com/customers")
	if w.Header().Get("HX-Redirect") != "/elsewhere" || w.Header().Get("Location") != "" {
		t.Errorf("to another page: %d %v", w.Code, w.Header())
	}
}

// A session that ended while a page was open leads to the sign-in page and
// back to that page.
func TestSessionEnds(t *testing.T) {
	h := site(t, signedOut)
	w := do(h, httptest.NewRequest("POST", "/save", nil), "HX-Request-Type", "partial", "HX-Current-URL", "http://example.com/customers/1")
	if got := w.Header().Get("HX-Redirect"); got != "/signin?next=%2Fcustomers%2F1" {
		t.Errorf("HX-Redirect %q", got)
	}
}

func TestGzip(t *testing.T) {
	h := site(t, signedIn)
	tests := []struct {
		accept string
		zipped bool
	}{{"gzip, deflate, br", true}, {"", false}, {"gzip;q=0", false}, {"br, gzip;q=0.5", true}, {"identity", false}}
	plain := get(h, "/customers").Body.String()
	for _, tt := range tests {
		w := get(h, "/customers", "Accept-Encoding", tt.accept)
		if zipped := w.Header().Get("Content-Encoding") == "gzip"; zipped != tt.zipped {
			t.Errorf("Accept-Encoding %q: zipped %v", tt.accept, zipped)
		}
		var r io.Reader = w.Body
		if tt.zipped {
			z, err := gzip.NewReader(w.Body)
			if err != nil {
				t.Fatal(err)
			}
			r = z
		}
		if b, err := io.ReadAll(r); err != nil || string(b) != plain {
			t.Errorf("Accept-Encoding %q: another page, %v", tt.accept, err)
		}
	}
}

func TestPanels(t *testing.T) {
	v := view(t, locale.EN)
	shows := func(text string) func(context.Context, *View, ids.ID) (templ.Component, error) {
		return func(context.Context, *View, ids.ID) (templ.Component, error) { return templ.Raw(text), nil }
	}
	panels := []Panel{
		{Key: "last", Order: 9, Load: shows("last")},
		{Key: "broken", Order: 2, Load: func(context.Context, *View, ids.ID) (templ.Component, error) { return nil, io.ErrUnexpectedEOF }},
		{Key: "panics", Order: 3, Load: func(context.Context, *View, ids.ID) (templ.Component, error) { panic("boom") }},
		{Key: "nothing", Order: 4, Load: func(context.Context, *View, ids.ID) (templ.Component, error) { return nil, nil }},
		{Key: "forbidden", Order: 5, Perm: "customers.write", Load: shows("secret")},
		{Key: "slow", Order: 6, Budget: 20 * time.Millisecond, Load: func(ctx context.Context, _ *View, _ ids.ID) (templ.Component, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}},
		{Key: "deaf", Order: 7, Budget: 20 * time.Millisecond, Load: func(context.Context, *View, ids.ID) (templ.Component, error) {
			time.Sleep(5 * time.Second)
			return nil, nil
		}},
		{Key: "first", Order: 1, Load: shows("first")},
	}
	start := time.Now()
	list := LoadPanels(t.Context(), v, slog.New(slog.DiscardHandler), panels, ids.New(now))
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("took %v for panels of at most 300 ms", took)
	}
	broken, slow := v.T("ui.panel.broken"), v.T("ui.panel.slow")
	want := []string{"first", broken, broken, slow, slow, "last"}
	if len(list) != len(want) {
		t.Fatalf("%d panels, want %d", len(list), len(want))
	}
	for i, w := range want {
		if got := html(t, list[i]); !strings.Contains(got, templ.EscapeString(w)) {
			t.Errorf("panel %d is %q, want %q", i, got, w)
		}
	}
}

func TestInitials(t *testing.T) {
	tests := []struct{ name, want string }{
		{"CV Tirta Berkah Abadi", "TB"}, {"Bu Ratna", "R"}, {"Rina Kusuma", "RK"}, {"PT", "P"}, {"øystein ærlig", "ØÆ"}, {"王芳", "王"},
		{"", ""}, {"–", ""}, {"0812-3045", "03"}, {"  a  ", "A"}, {"O'Brien & Sons", "OB"}, {"\u0301x", "X"},
	}
	for _, tt := range tests {
		if got := Initials(tt.name); got != tt.want {
			t.Errorf("Initials(%q) = %q, want %q", tt.name, got, tt.want)
		}
	}
}

// What people typed never becomes markup.
func FuzzMark(f *testing.F) {
	f.Add("CV Tirta Berkah", "tirt ber")
	f.Add("<b>Tirta</b>", "<b")
	f.Add("İstanbul", "i")
	f.Add("a&b", "&b")
	f.Add("\xff", "\xff")
	f.Fuzz(func(t *testing.T, name, q string) {
		got := mark(name, q)
		plain := strings.Replace(strings.Replace(got, "<b>", "", 1), "</b>", "", 1)
		if plain != templ.EscapeString(name) {
			t.Errorf("mark(%q, %q) = %q", name, q, got)
		}
	})
}

// Every message of this package is used, and every one used exists.
func TestMessages(t *testing.T) {
	cat, err := locale.Load(Text)
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	files, err := filepath.Glob("*.templ")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(files, "bell.go", "shell.go", "form.go", "list.go", "mux.go", "panel.go") {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(b)
	}
	for _, status := range []int{403, 404, 405, 409, 412, 413, 422, 429, 500} {
		source.WriteString(`"` + errorKey(status, "title") + `" "` + errorKey(status, "text") + `"`)
	}
	for _, m := range regexp.MustCompile(`"(ui\.[a-z0-9_.]+)"`).FindAllStringSubmatch(source.String(), -1) {
		if !cat.Has(m[1]) {
			t.Errorf("there is no message %s", m[1])
		}
	}
	for _, key := range cat.Keys() {
		if strings.HasPrefix(key, "ui.") && !strings.Contains(source.String(), `"`+key+`"`) {
			t.Errorf("nothing uses %s", key)
		}
	}
}

func TestAssets(t *testing.T) {
	h := AssetHandler()
	for _, path := range []string{"/assets/.keep", "/assets/manifest.json", "/assets/../ui.go", "/assets/", "/assets/none.css"} {
		if w := get(h, path); w.Code != http.StatusNotFound {
			t.Errorf("GET %s = %d", path, w.Code)
		}
	}
	if w := do(h, httptest.NewRequest("POST", "/assets/app.css", nil)); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST = %d", w.Code)
	}
	if err := CheckAssets(); err != nil {
		t.Skip(err)
	}
	for _, name := range []string{"app.css", "app.js", "icons.svg", "favicon.svg", "inter-latin-wght-normal.woff2", "plus-jakarta-sans-latin-wght-normal.woff2"} {
		plain, zipped := get(h, asset(name)), get(h, asset(name), "Accept-Encoding", "gzip")
		if plain.Code != http.StatusOK || !strings.Contains(plain.Header().Get("Cache-Control"), "immutable") || plain.Header().Get("Content-Type") == "" {
			t.Errorf("GET %s = %d %v", asset(name), plain.Code, plain.Header())
		}
		if path.Ext(name) != ".woff2" && (zipped.Header().Get("Content-Encoding") != "gzip" || zipped.Body.Len() >= plain.Body.Len()) {
			t.Errorf("%s is not sent zipped", name)
		}
		if name == "app.css" && zipped.Body.Len() > 16<<10 {
			t.Errorf("the styles have grown to %d bytes zipped", zipped.Body.Len())
		}
	}
}

// Icons that pages name exist in the sprite.
func TestIcons(t *testing.T) {
	svg, err := os.ReadFile("assets/icons.svg")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*.templ")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?:@Icon\(|Icon: )"([a-z]+)"`).FindAllStringSubmatch(string(b), -1) {
			if !strings.Contains(string(svg), `id="i-`+m[1]+`"`) {
				t.Errorf("%s: there is no icon %s", f, m[1])
			}
		}
	}
}

func BenchmarkPage(b *testing.B) {
	h := site(b, signedIn)
	for _, accept := range []string{"", "gzip"} {
		b.Run("accept="+accept, func(b *testing.B) {
			for b.Loop() {
				get(h, "/customers", "Accept-Encoding", accept)
			}
		})
	}
}
