package teamweb

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/workspace"
)

var modules = []db.Module{workspace.Module, team.Module}

// permissions are a program's: those of this package and of an invented module.
var permissions = append(slices.Clone(team.Permissions),
	team.Permission{Key: "customers.read", Label: "team.field.name", Group: "team.users.title", Roles: []string{team.Manager, team.Agent, team.Viewer}},
	team.Permission{Key: "customers.write", Label: "team.field.role", Group: "team.users.title", Roles: []string{team.Manager, team.Agent}},
)

// A site is the pages of a workspace, served.
type site struct {
	d     *db.DB
	pages *Pages
	base  string
	now   time.Time
}

func newSite(t testing.TB, d *db.DB) *site {
	t.Helper()
	cat, err := locale.Load(ui.Text, team.Text, workspace.Text)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{d: d, now: dbtest.Now}
	d.Now = func() time.Time { return s.now }
	s.pages = &Pages{DB: d, Catalogue: cat, Permissions: permissions, Log: slog.New(slog.DiscardHandler)}
	home := ui.GET("/{$}", ui.Self, func(w http.ResponseWriter, r *ui.Req) error {
		return ui.Render(w, r, http.StatusOK, indexTmpl(s.pages.frame(r, "")))
	})
	mux := http.NewServeMux()
	mux.Handle("/assets/", ui.AssetHandler())
	mux.Handle("/", ui.NewMux(ui.MuxOptions{
		Auth: s.pages.Auth, Printer: s.pages.Printer, Brand: s.pages.Brand, Nav: []ui.NavItem{NavItem},
		Now: func() time.Time { return s.now }, Log: slog.New(slog.DiscardHandler),
	}, s.pages.Routes(), []ui.Route{home}))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	s.base = server.URL
	return s
}

// A browser keeps cookies and follows no redirects.
type browser struct {
	t    testing.TB
	base string
	c    *http.Client
	head http.Header
}

func (s *site) browser(t testing.TB) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, s.base, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, http.Header{}}
}

// An answer is what came back.
type answer struct {
	status int
	to     string // where it redirects
	body   string
	header http.Header
}

func (b *browser) do(method, path string, form url.Values) answer {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	for k, v := range b.head {
		req.Header[k] = v
	}
	if method == "POST" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := b.c.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header.Get("Location"), string(body), resp.Header}
}

func (b *browser) get(path string) answer { b.t.Helper(); return b.do("GET", path, nil) }

// post sends names and values.
func (b *browser) post(path string, pairs ...string) answer {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return b.do("POST", path, form)
}

// want fails the test unless a has the status, and the page or place holds all texts.
func (b *browser) want(a answer, status int, texts ...string) {
	b.t.Helper()
	if a.status != status {
		b.t.Fatalf("status %d, want %d; to %q\n%s", a.status, status, a.to, words(a.body))
	}
	for _, s := range texts {
		if !strings.Contains(a.body, s) && a.to != s {
			b.t.Errorf("neither the page nor the place %q has %q\n%s", a.to, s, words(a.body))
		}
	}
}

var tags = regexp.MustCompile(`(?s)<(script|style|svg).*?</(script|style|svg)>|<[^>]*>|\s+`)

// words returns the beginning of a page's text, for messages.
func words(html string) string {
	_, main, _ := strings.Cut(html, "<main")
	s := tags.ReplaceAllString("<main"+main, " ")
	return s[:min(len(s), 1500)]
}

var setupForm = []string{
	"company", "Toko Maju", "language", "en", "currency", "IDR", "zone", "Asia/Makassar", "region", "ID",
	"name", "Ani Wijaya", "email", "ani@example.com", "password", "kopi susu gula aren",
}

// with returns pairs with one value replaced.
func with(pairs []string, name, value string) []string {
	pairs = slices.Clone(pairs)
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i] == name {
			pairs[i+1] = value
			return pairs
		}
	}
	return append(pairs, name, value)
}

// admin sets the workspace up and returns the browser of its administrator.
func (s *site) admin(t testing.TB) *browser {
	t.Helper()
	b := s.browser(t)
	b.want(b.post("/setup", setupForm...), http.StatusSeeOther, "/")
	return b
}

func each(t *testing.T, f func(t *testing.T, s *site)) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) { f(t, newSite(t, d)) })
}

func one(t *testing.T) *site { return newSite(t, dbtest.Open(t, modules...)) }

func TestFirstVisit(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b := s.browser(t)
		b.want(b.get("/"), http.StatusSeeOther, "/signin")
		b.want(b.get("/signin"), http.StatusSeeOther, "/setup")
		b.want(b.get("/setup"), http.StatusOK, "Selamat datang di Akrab", `value="Asia/Jakarta" selected`)

		a := b.post("/setup", with(with(with(setupForm, "password", "pendek7"), "email", "nobody"), "company", "")...)
		b.want(a, http.StatusUnprocessableEntity, "Ani Wijaya", "nobody", "sedikitnya 10 karakter")
		if n := strings.Count(a.body, `class="error"`); n != 3 {
			t.Errorf("%d fields have an error, want 3\n%s", n, words(a.body))
		}
		if strings.Contains(a.body, "pendek7") {
			t.Error("the page repeats a password")
		}

		b.want(b.post("/setup", setupForm...), http.StatusSeeOther, "/")
		b.want(b.get("/"), http.StatusOK, "Ani Wijaya", "Toko Maju", `lang="en"`, "The workspace is ready")
		b.want(b.get("/settings/workspace"), http.StatusOK, `value="Asia/Makassar" selected`, "WITA")

		stranger := s.browser(t)
		stranger.want(stranger.get("/setup"), http.StatusSeeOther, "/signin")
		stranger.want(stranger.post("/setup", setupForm...), http.StatusSeeOther, "/signin")
		stranger.want(stranger.get("/signin"), http.StatusOK, "Kata sandi")
	})
}

func TestFirstVisitFromElsewhereNeedsToken(t *testing.T) {
	s := one(t)
	var token string
	err := s.d.Write(t.Context(), db.Op{}, func(tx *db.Tx) (err error) {
		token, err = team.SetupToken(t.Context(), tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	b := s.browser(t)
	b.head.Set("X-Forwarded-For", "203.0.113.5")
	b.want(b.get("/setup?token="+token), http.StatusOK, `name="token"`, token)
	for _, wrong := range []string{"", "x", strings.Repeat("a", 52)} {
		b.want(b.post("/setup", with(setupForm, "token", wrong)...), http.StatusUnprocessableEntity, "Tempel token")
	}
	b.want(b.post("/setup", with(setupForm, "token", token)...), http.StatusSeeOther, "/")
}

func TestSignInAndOut(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.admin(t)
		b := s.browser(t)
		b.want(b.get("/settings/users?all=1"), http.StatusSeeOther, "/signin?next=%2Fsettings%2Fusers%3Fall%3D1")
		b.want(b.get("/signin?next=/settings/users%3Fall%3D1"), http.StatusOK, `value="/settings/users?all=1"`)
		b.want(b.post("/signin", "email", "ani@example.com", "password", "wrong", "next", "/settings/users?all=1"),
			http.StatusUnprocessableEntity, "tidak cocok", "ani@example.com", `value="/settings/users?all=1"`)
		a := b.post("/signin", "email", "ani@example.com", "password", "kopi susu gula aren", "next", "/settings/users?all=1")
		b.want(a, http.StatusSeeOther, "/settings/users?all=1")
		if c := a.header.Get("Set-Cookie"); !strings.HasPrefix(c, "akrab_session=") || !strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Lax") || strings.Contains(c, "Secure") {
			t.Errorf("cookie %s", c)
		}
		b.want(b.get("/settings/users?all=1"), http.StatusOK, "Ani Wijaya")
		b.want(b.get("/signin?next=/settings"), http.StatusSeeOther, "/settings")

		stolen := b.c.Jar.Cookies(mustURL(s.base))
		b.want(b.post("/signout"), http.StatusSeeOther, "/signin")
		b.want(b.get("/settings"), http.StatusSeeOther)
		b.c.Jar.SetCookies(mustURL(s.base), stolen)
		b.want(b.get("/settings"), http.StatusSeeOther)
	})
}

func mustURL(s string) *url.URL {
	u, err := url.Parse(s)
	if err != nil {
		panic(err)
	}
	return u
}

func TestSecureCookieBehindProxy(t *testing.T) {
	s := one(t)
	s.pages.Trusted = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	s.admin(t)
	b := s.browser(t)
	b.head.Set("X-Forwarded-Proto", "https")
	a := b.post("/signin", "email", "ani@example.com", "password", "kopi susu gula aren")
	if c := a.header.Get("Set-Cookie"); !strings.HasPrefix(c, "__Host-akrab_session=") || !strings.Contains(c, "Path=/;") || !strings.Contains(c, "Secure") {
		t.Errorf("cookie %s", c)
	}
}

func TestTooManyWrongPasswords(t *testing.T) {
	s := one(t)
	s.admin(t)
	b := s.browser(t)
	for range 10 {
		b.want(b.post("/signin", "email", "ani@example.com", "password", "wrong"), http.StatusUnprocessableEntity)
	}
	b.want(b.post("/signin", "email", "ani@example.com", "password", "kopi susu gula aren"), http.StatusTooManyRequests, "Tunggu sekitar 2 menit", "ani@example.com")
}

func TestOpenRedirectsAreRefused(t *testing.T) {
	s := one(t)
	s.admin(t)
	for _, next := range []string{
		"https://evil.example", "//evil.example", `/\evil.example`, "/\t/evil.example", "javascript:alert(1)", "evil.example", "", "/\n//evil.example",
		"/signin", "/signout?x", "/setup", "/" + strings.Repeat("x", 3000),
	} {
		b := s.browser(t)
		a := b.post("/signin", "email", "ani@example.com", "password", "kopi susu gula aren", "next", next)
		b.want(a, http.StatusSeeOther, "/")
		if a.to != "/" {
			t.Errorf("next %.40q leads to %q", next, a.to)
		}
	}
}

func FuzzReturnTo(f *testing.F) {
	for _, s := range []string{"/", "/settings?a=b#c", "//x", `/\x`, "/\x00", "https://x", "/%2f/x", "/.//x", "/a?next=//x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := returnTo(s)
		base := mustURL("https://akrab.example/signin")
		u, err := url.Parse(got)
		if err != nil {
			return // no browser goes there; http.Redirect sends it as it is, and it begins with one slash
		}
		if at := base.ResolveReference(u); at.Host != "akrab.example" || at.Scheme != "https" {
			t.Errorf("returnTo(%q) = %q, which is %s", s, got, at)
		}
	})
}

func FuzzCookie(f *testing.F) {
	d := dbtest.Open(f, modules...)
	s := newSite(f, d)
	for _, v := range []string{"", "x", "akrab_session=", "akrab_session=\x00", "akrab_session=" + strings.Repeat("a", 52), "__Host-akrab_session=x; akrab_lang=xx"} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, v string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["Cookie"] = []string{v}
		visitor, err := s.pages.Auth(httptest.NewRecorder(), r)
		if errs.KindOf(err) != errs.Signin || !visitor.Session.IsZero() {
			t.Errorf("cookie %q: %+v, %v", v, visitor, err)
		}
	})
}

func TestLanguageBeforeSigningIn(t *testing.T) {
	s := one(t)
	s.admin(t)
	b := s.browser(t)
	b.head.Set("Accept-Language", "id")
	b.want(b.get("/signin"), http.StatusOK, `lang="id"`)
	b.want(b.post("/me/language", "lang", "en", "back", "/signin?next=/settings"), http.StatusSeeOther, "/signin?next=/settings")
	b.want(b.get("/signin"), http.StatusOK, `lang="en"`, "Password")
	b.want(b.post("/me/language", "lang", "xx"), http.StatusUnprocessableEntity)
	b.want(b.post("/me/language", "lang", "en", "back", "//evil.example"), http.StatusSeeOther, "/")
}

func TestTheme(t *testing.T) {
	s := one(t)
	b := s.admin(t)
	b.want(b.post("/me/theme", "theme", "dark", "back", "/settings"), http.StatusSeeOther, "/settings")
	b.want(b.get("/settings"), http.StatusOK, `data-theme="dark"`)
	b.head.Set("HX-Request-Type", "partial")
	b.want(b.post("/me/sidebar", "folded", "1"), http.StatusNoContent)
	b.head.Del("HX-Request-Type")
	b.want(b.get("/settings"), http.StatusOK, `data-nav="rail"`)
	b.want(b.post("/me/language", "lang", "id", "back", "/settings"), http.StatusSeeOther)
	b.want(b.get("/settings"), http.StatusOK, `lang="id"`, `data-theme="dark"`)
}

func TestProfile(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b := s.admin(t)
		b.want(b.get("/me"), http.StatusSeeOther, "/settings/profile")
		b.want(b.get("/settings/profile"), http.StatusOK, `value="Ani Wijaya"`)
		b.want(b.post("/settings/profile", "name", " ", "theme", "dark"), http.StatusUnprocessableEntity, "Fill this in", `value="dark" selected`)
		b.want(b.post("/settings/profile", "name", "Ani W", "language", "id", "theme", "dark", "density", "compact"), http.StatusSeeOther)
		b.want(b.get("/settings/profile"), http.StatusOK, "Ani W", `data-density="compact"`, `data-shortcuts="off"`, `lang="id"`, "Profil disimpan")
	})
}

func TestChangePassword(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b := s.admin(t)
		phone := s.browser(t)
		phone.want(phone.post("/signin", "email", "ani@example.com", "password", "kopi susu gula aren"), http.StatusSeeOther)
		b.want(b.post("/settings/password", "current", "wrong", "password", "teh tarik tanpa es"), http.StatusUnprocessableEntity, "not your present password")
		b.want(b.post("/settings/password", "current", "kopi susu gula aren", "password", "password123"), http.StatusUnprocessableEntity, "easy to guess")
		b.want(b.post("/settings/password", "current", "kopi susu gula aren", "password", "teh tarik tanpa es"), http.StatusSeeOther)
		b.want(b.get("/settings/profile"), http.StatusOK, "Password changed")
		phone.want(phone.get("/settings/profile"), http.StatusSeeOther)
		phone.want(phone.post("/signin", "email", "ani@example.com", "password", "kopi susu gula aren"), http.StatusUnprocessableEntity)
		phone.want(phone.post("/signin", "email", "ani@example.com", "password", "teh tarik tanpa es"), http.StatusSeeOther)
	})
}

var endLink = regexp.MustCompile(`/settings/sessions/[0-9a-f-]{36}/end`)

func TestSessionsAreRevoked(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b := s.admin(t)
		var others []*browser
		for _, agent := range []string{"Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/124.0 Mobile Safari/537.36", "Mozilla/5.0 (Windows NT 10.0) Firefox/125.0", "x"} {
			s.now = s.now.Add(time.Second)
			o := s.browser(t)
			o.head.Set("User-Agent", agent)
			o.want(o.post("/signin", "email", "ani@example.com", "password", "kopi susu gula aren"), http.StatusSeeOther)
			others = append(others, o)
		}
		a := b.get("/settings/sessions")
		b.want(a, http.StatusOK, "Chrome on Android", "Firefox on Windows", "Unknown device", "This device")
		links := endLink.FindAllString(a.body, -1)
		if len(links) != 4 {
			t.Fatalf("%d devices, want 4", len(links))
		}
		b.want(b.post(links[0]), http.StatusSeeOther, "/settings/sessions") // the latest seen
		others[2].want(others[2].get("/settings"), http.StatusSeeOther)
		others[1].want(others[1].get("/settings"), http.StatusOK)
		b.want(b.post(links[0]), http.StatusNotFound)
		b.want(b.post("/settings/sessions/x/end"), http.StatusNotFound)
		b.want(b.post("/settings/sessions/end-others"), http.StatusSeeOther)
		others[1].want(others[1].get("/settings"), http.StatusSeeOther)
		a = b.get("/settings/sessions")
		b.want(a, http.StatusOK, "2 devices signed out")
		b.want(b.post(endLink.FindString(a.body)), http.StatusSeeOther, "/signin") // one's own
		b.want(b.get("/settings"), http.StatusSeeOther)
	})
}

var (
	secretValue = regexp.MustCompile(`name="secret" value="([^"]+)"`)
	roleLink    = regexp.MustCompile(`href="(/settings/roles/[0-9a-f-]{36})"[^>]*>([^<]*)<`)
)

// role returns the id of the role with a key.
func (s *site) role(t testing.TB, key string) string {
	t.Helper()
	var r team.Role
	err := s.d.Read(t.Context(), db.Who{}, func(tx *db.Tx) (err error) {
		r, err = team.RoleByKey(t.Context(), tx, key)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return r.ID.String()
}

func (s *site) user(t testing.TB, email string) team.User {
	t.Helper()
	var u team.User
	err := s.d.Read(t.Context(), db.Who{}, func(tx *db.Tx) (err error) {
		u, err = team.ByEmail(t.Context(), tx, email)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// hire adds a user as the administrator and signs them in.
func (s *site) hire(t testing.TB, admin *browser, name, role string) *browser {
	t.Helper()
	email := strings.ToLower(name) + "@example.com"
	a := admin.post("/settings/users", "name", name, "email", email, "role", s.role(t, role))
	admin.want(a, http.StatusOK)
	m := secretValue.FindStringSubmatch(a.body)
	if m == nil {
		t.Fatalf("no password is shown\n%s", words(a.body))
	}
	b := s.browser(t)
	b.want(b.post("/signin", "email", email, "password", m[1], "next", "/settings"), http.StatusSeeOther, "/settings")
	b.want(b.get("/settings"), http.StatusSeeOther, "/signin?next=%2Fsettings")
	b.want(b.get("/signin?next=%2Fsettings"), http.StatusOK, `action="/signin/password"`)
	b.want(b.post("/signin/password", "password", "password123"), http.StatusUnprocessableEntity)
	b.want(b.post("/signin/password", "password", "kopi susu gula aren", "next", "/settings"), http.StatusSeeOther, "/settings")
	b.want(b.get("/settings"), http.StatusOK, name)
	return b
}

func TestUsers(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		admin := s.admin(t)
		a := admin.post("/settings/users", "name", "Budi", "email", "ANI@example.com", "role", s.role(t, team.Agent))
		admin.want(a, http.StatusUnprocessableEntity, "Another user signs in with this e-mail", `value="Budi"`)
		admin.want(admin.post("/settings/users", "name", "Budi", "email", "budi@example.com", "role", "x"), http.StatusUnprocessableEntity, "Choose one from the list")
		budi := s.hire(t, admin, "Budi", team.Agent)
		budi.want(budi.get("/settings/users"), http.StatusForbidden)

		u := s.user(t, "budi@example.com")
		path := "/settings/users/" + u.ID.String()
		admin.want(admin.get("/settings/users"), http.StatusOK, path, "2 users")
		form := []string{"name", "Budiman", "email", u.Email, "role", s.role(t, team.Manager), "active", "1", "rev", "1"}
		admin.want(admin.post(path, form...), http.StatusSeeOther, "/settings/users")
		admin.want(admin.post(path, with(form, "name", "Budiono")...), http.StatusPreconditionFailed, "Budiono")
		admin.want(admin.post(path, "name", "Budiman", "email", u.Email, "role", s.role(t, team.Manager), "rev", "2"), http.StatusSeeOther)
		budi.want(budi.get("/settings"), http.StatusSeeOther)
		if a := admin.get("/settings/users"); strings.Contains(a.body, path) {
			t.Error("the list of active users shows one who is not")
		}
		admin.want(admin.get("/settings/users?all=1"), http.StatusOK, path, "Inactive")
		admin.want(admin.get("/settings/users/x"), http.StatusNotFound)
		admin.want(admin.get("/settings/users/"+ids.New(s.now).String()), http.StatusNotFound)
	})
}

func TestLastAdministratorOnThePage(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		admin := s.admin(t)
		u := s.user(t, "ani@example.com")
		path := "/settings/users/" + u.ID.String()
		for _, form := range [][]string{
			{"name", "Ani", "email", u.Email, "role", s.role(t, team.Viewer), "active", "1", "rev", "1"},
			{"name", "Ani", "email", u.Email, "role", u.RoleID.String(), "rev", "1"},
		} {
			admin.want(admin.post(path, form...), http.StatusConflict, "must always be an active administrator", `value="Ani"`)
		}
		admin.want(admin.get("/settings/users"), http.StatusOK)
	})
}

func TestNobodyGivesMoreThanTheyHave(t *testing.T) {
	s := one(t)
	admin := s.admin(t)
	admin.want(admin.post("/settings/roles", "name", "Kepala", "perm", "team.manage", "perm", "api.tokens", "perm", "customers.read"), http.StatusSeeOther)
	page := admin.get("/settings/roles").body
	var head string
	for _, m := range roleLink.FindAllStringSubmatch(page, -1) {
		if m[2] == "Kepala" {
			head = m[1]
		}
	}
	headID := strings.TrimPrefix(head, "/settings/roles/")
	var key string
	if err := s.d.Read(t.Context(), db.Who{}, func(tx *db.Tx) error {
		r, err := team.GetRole(t.Context(), tx, ids.MustParse(headID))
		key = r.Key
		return err
	}); err != nil {
		t.Fatal(err)
	}
	lead := s.hire(t, admin, "Citra", key)

	// Whoever manages the team, and is no administrator, can't become one.
	ani := s.user(t, "ani@example.com")
	citra := s.user(t, "citra@example.com")
	own := "/settings/users/" + citra.ID.String()
	lead.want(lead.post(own, "name", "Citra", "email", citra.Email, "role", s.role(t, team.Administrator), "active", "1", "rev", "1"), http.StatusForbidden, "rights that you have yourself")
	lead.want(lead.post("/settings/users", "name", "X", "email", "x@example.com", "role", s.role(t, team.Administrator)), http.StatusForbidden)
	lead.want(lead.post("/settings/users/"+ani.ID.String()+"/password"), http.StatusForbidden)
	lead.want(lead.post("/settings/users/"+ani.ID.String(), "name", "Ani", "email", "citra2@example.com", "role", headID, "active", "1", "rev", "1"), http.StatusForbidden)
	lead.want(lead.get("/settings/users/"+ani.ID.String()), http.StatusOK, "only an administrator can change it")
	lead.want(lead.post("/settings/roles", "name", "Super", "perm", "customers.write"), http.StatusForbidden)
	lead.want(lead.post(head, "name", "Kepala", "perm", "team.manage", "perm", "settings.manage", "rev", "1"), http.StatusForbidden)
	lead.want(lead.post("/settings/roles/"+s.role(t, team.Agent), "perm", "customers.read", "rev", "1"), http.StatusForbidden)
	lead.want(lead.post("/settings/tokens", "name", "x", "role", team.Administrator), http.StatusForbidden)
	if u := s.user(t, "ani@example.com"); u.Name != "Ani Wijaya" {
		t.Error("the administrator was changed")
	}

	lead.want(lead.post("/settings/roles", "name", "Pembaca", "perm", "customers.read"), http.StatusSeeOther)
	lead.want(lead.post("/settings/users", "name", "X", "email", "x@example.com", "role", headID), http.StatusOK)
}

func TestRoles(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		admin := s.admin(t)
		admin.want(admin.get("/settings/roles"), http.StatusOK, "Administrator", "Sales and service staff", "Viewer")
		viewer := "/settings/roles/" + s.role(t, team.Viewer)
		admin.want(admin.get(viewer), http.StatusOK, `value="customers.read" checked`)
		admin.want(admin.get("/settings/roles/new?from="+s.role(t, team.Viewer)), http.StatusOK, `value="customers.read" checked`)
		admin.want(admin.post(viewer, "perm", "customers.read", "perm", "customers.write", "perm", "no.such", "rev", "1"), http.StatusSeeOther)
		admin.want(admin.get(viewer), http.StatusOK, `value="customers.write" checked`)
		admin.want(admin.post(viewer+"/delete"), http.StatusForbidden)
		admin.want(admin.post("/settings/roles/"+s.role(t, team.Administrator), "rev", "1"), http.StatusForbidden)
		admin.want(admin.post("/settings/roles", "name", ""), http.StatusUnprocessableEntity, "Fill this in")
		admin.want(admin.post("/settings/roles", "name", "Kasir", "perm", "customers.read"), http.StatusSeeOther)
		var kasir string
		for _, m := range roleLink.FindAllStringSubmatch(admin.get("/settings/roles").body, -1) {
			if m[2] == "Kasir" {
				kasir = m[1]
			}
		}
		admin.want(admin.post("/settings/users", "name", "X", "email", "x@example.com", "role", strings.TrimPrefix(kasir, "/settings/roles/")), http.StatusOK)
		admin.want(admin.post(kasir+"/delete"), http.StatusConflict, "still in use")
		x := s.user(t, "x@example.com")
		admin.want(admin.post("/settings/users/"+x.ID.String(), "name", "X", "email", x.Email, "role", s.role(t, team.Viewer), "active", "1", "rev", "1"), http.StatusSeeOther)
		admin.want(admin.post(kasir+"/delete"), http.StatusSeeOther)
		admin.want(admin.get(kasir), http.StatusNotFound)
	})
}

func TestTokens(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		admin := s.admin(t)
		admin.want(admin.post("/settings/tokens", "name", "", "role", team.Agent), http.StatusUnprocessableEntity, "Fill this in")
		admin.want(admin.post("/settings/tokens", "name", "web", "role", "nobody"), http.StatusUnprocessableEntity, "There is no role nobody")
		admin.want(admin.post("/settings/tokens", "name", "web", "role", team.Agent, "days", "-1"), http.StatusUnprocessableEntity, `value="web"`)
		a := admin.post("/settings/tokens", "name", "web", "role", team.Agent, "days", "30")
		admin.want(a, http.StatusOK, "only once")
		m := secretValue.FindStringSubmatch(a.body)
		if m == nil || a.header.Get("Cache-Control") != "no-store" {
			t.Fatal("no token is shown, or it may be cached")
		}
		as := func() (i team.Identity, err error) {
			err = s.d.Read(t.Context(), db.Who{}, func(tx *db.Tx) (err error) {
				i, err = team.ByToken(t.Context(), tx, m[1])
				return err
			})
			return i, err
		}
		if i, err := as(); err != nil || i.Name != "web" || !i.Can("customers.write") {
			t.Errorf("the token is %+v, %v", i, err)
		}
		a = admin.get("/settings/tokens")
		admin.want(a, http.StatusOK, m[1][:10], "by Ani Wijaya")
		if strings.Contains(a.body, m[1]) {
			t.Error("the list shows a token")
		}
		revoke := regexp.MustCompile(`/settings/tokens/[0-9a-f-]{36}/revoke`).FindString(a.body)
		admin.want(admin.post(revoke), http.StatusSeeOther)
		if _, err := as(); errs.KindOf(err) != errs.Signin {
			t.Errorf("after it was revoked: %v", err)
		}
		admin.want(admin.get("/settings/tokens"), http.StatusOK, "Revoked")
	})
}

func TestWorkspaceSettings(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		admin := s.admin(t)
		admin.want(admin.get("/settings/workspace"), http.StatusOK, "Rp\u00a012.500.000", "1.234,5", "2 Mar 2026, 11:00 WITA")

		form := []string{
			"name", "Toko Maju", "language", "id", "currency", "USD", "numbers", ",.", "zone", "Asia/Tokyo", "region", "JP", "date_order", "ymd",
			"legal_name", "Maju KK", "tax_number", "", "address", "Tokyo", "rev", "1",
		}
		query := url.Values{}
		for i := 0; i < len(form); i += 2 {
			query.Set(form[i], form[i+1])
		}
		preview := s.browser(t)
		preview.c.Jar = admin.c.Jar
		preview.head.Set("HX-Request-Type", "partial")
		preview.head.Set("HX-Target", "div#example")
		a := preview.get("/settings/workspace?" + query.Encode())
		preview.want(a, http.StatusOK, "US$\u00a012,500,000.00", "12:00 JST")
		if strings.Contains(a.body, "<main") {
			t.Error("the example brings the whole page")
		}
		admin.want(admin.get("/settings/workspace"), http.StatusOK, "Rp\u00a012.500.000")

		admin.want(admin.post("/settings/workspace", with(form, "name", "")...), http.StatusUnprocessableEntity, "Fill this in", "Maju KK")
		admin.want(admin.post("/settings/workspace", with(form, "numbers", "??")...), http.StatusUnprocessableEntity, "Choose one from the list")
		a = admin.post("/settings/workspace", form...)
		admin.want(a, http.StatusSeeOther)
		admin.want(admin.get("/settings/workspace"), http.StatusOK, "US$\u00a012,500,000.00", "/undo", "Settings saved")
		admin.want(admin.post("/settings/workspace", form...), http.StatusPreconditionFailed, "Someone changed this")
	})
}

func TestEveryRouteNeedsItsPermission(t *testing.T) {
	s := one(t)
	admin := s.admin(t)
	viewer := s.hire(t, admin, "Vina", team.Viewer)
	for _, rt := range s.pages.Routes() {
		method, path, _ := strings.Cut(rt.Pattern, " ")
		path = strings.ReplaceAll(path, "{id}", "01900000-0000-7000-8000-000000000009")
		stranger := s.browser(t)
		a := stranger.do(method, path, nil)
		if rt.Need != ui.Public && (a.status != http.StatusSeeOther || !strings.HasPrefix(a.to, "/signin")) {
			t.Errorf("%s: a stranger gets %d to %q", rt.Pattern, a.status, a.to)
		}
		if rt.Need != ui.Public && rt.Need != ui.Self {
			if a := viewer.do(method, path, nil); a.status != http.StatusForbidden {
				t.Errorf("%s: a viewer gets %d", rt.Pattern, a.status)
			}
		}
		if a.status >= 500 {
			t.Errorf("%s: status %d", rt.Pattern, a.status)
		}
	}
}

func TestPagesSurviveNonsense(t *testing.T) {
	s := one(t)
	admin := s.admin(t)
	for _, rt := range s.pages.Routes() {
		method, path, _ := strings.Cut(rt.Pattern, " ")
		if path == ui.PathSignout {
			continue
		}
		for _, id := range []string{"x", "01900000-0000-7000-8000-000000000009", "%00", "'--"} {
			form := url.Values{"id": {id}, "role": {id}, "from": {id}, "rev": {"x"}, "numbers": {"<"}, "zone": {"../x"}, "currency": {"<b>"}, "name": {strings.Repeat("é", 500)}}
			p := strings.ReplaceAll(path, "{id}", id)
			if method == "GET" {
				p += "?" + form.Encode()
			}
			if a := admin.do(method, p, form); a.status >= 500 {
				t.Errorf("%s with %q: status %d\n%s", rt.Pattern, id, a.status, words(a.body))
			}
		}
	}
}

func TestPagesHaveNoInlineStyle(t *testing.T) {
	s := one(t)
	admin := s.admin(t)
	inline := regexp.MustCompile(`<[^>]+\s(style|on[a-z]+)=`)
	for _, path := range []string{"/settings", "/settings/profile", "/settings/sessions", "/settings/users", "/settings/users/new", "/settings/roles", "/settings/roles/new", "/settings/tokens", "/settings/workspace"} {
		a := admin.get(path)
		admin.want(a, http.StatusOK)
		if m := inline.FindString(a.body); m != "" {
			t.Errorf("%s has %s", path, m)
		}
		if i := strings.Index(a.body, "⟦"); i >= 0 {
			t.Errorf("%s lacks a text: %.60s", path, a.body[i:])
		}
	}
}

func TestHostileNamesAreShownEscaped(t *testing.T) {
	s := one(t)
	admin := s.admin(t)
	const name = `<script>alert(1)</script>"'&`
	admin.want(admin.post("/settings/profile", "name", name), http.StatusSeeOther)
	for _, path := range []string{"/settings/profile", "/settings/users"} {
		if a := admin.get(path); strings.Contains(a.body, "<script>alert") || !strings.Contains(a.body, "&lt;script&gt;alert(1)") {
			t.Errorf("%s shows the name unescaped", path)
		}
	}
	if u := s.user(t, "ani@example.com"); u.Name != name {
		t.Errorf("stored %q", u.Name)
	}
}

func BenchmarkAuth(b *testing.B) {
	s := newSite(b, dbtest.Open(b, modules...))
	admin := s.admin(b)
	r := httptest.NewRequest("GET", "/", nil)
	for _, c := range admin.c.Jar.Cookies(mustURL(s.base)) {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	for b.Loop() {
		if _, err := s.pages.Auth(w, r); err != nil {
			b.Fatal(err)
		}
	}
}
