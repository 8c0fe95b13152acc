package app_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/app"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/ui/uitest"
)

var wildcard = regexp.MustCompile(`\{([a-z_]+)(\.\.\.)?\}`)

// split returns the method of a route and its path with the wildcards filled in.
func split(pattern, fill string) (method, path string) {
	method, path, _ = strings.Cut(pattern, " ")
	path = strings.TrimSuffix(path, "{$}")
	return method, wildcard.ReplaceAllString(path, strings.ReplaceAll(fill, "$", "$$"))
}

// missing is an id that nothing has.
const missing = "0193e4a0-0000-7000-8000-000000000000"

func TestRoutesNeedSignIn(t *testing.T) {
	s := newSite(t, t.TempDir()+"/akrab.db")
	s.staff()
	stranger := &client{t: t, s: s, lang: locale.EN}
	for _, rt := range s.Routes {
		method, path := split(rt.Pattern, missing)
		if rt.Need == ui.Public {
			if a := stranger.send(method, path, http.NoBody, nil); a.code >= 500 || a.code == http.StatusForbidden {
				t.Errorf("%s: %d for everybody", rt.Pattern, a.code)
			}
			continue
		}
		a := stranger.send(method, path, http.NoBody, nil)
		if a.code != http.StatusSeeOther || !strings.HasPrefix(a.header.Get("Location"), "/signin") {
			t.Errorf("%s without sign-in: %d to %q", rt.Pattern, a.code, a.header.Get("Location"))
		}
		a = stranger.send(method, path, http.NoBody, partial("list"))
		if a.code != http.StatusUnauthorized || !strings.HasPrefix(a.header.Get("HX-Redirect"), "/signin") || a.body != "" {
			t.Errorf("%s without sign-in, in part: %d to %q: %s", rt.Pattern, a.code, a.header.Get("HX-Redirect"), a.body)
		}
	}
}

// TestRoutesNeedTheirPermission visits every route with a role that may do
// everything else, and with one that may do nothing else.
func TestRoutesNeedTheirPermission(t *testing.T) {
	s := newSite(t, t.TempDir()+"/akrab.db")
	s.staff()
	type pair struct{ lacking, having *client }
	clients := map[ui.Perm]pair{}
	for _, rt := range s.Routes {
		if rt.Need == ui.Public || rt.Need == ui.Self {
			continue
		}
		c, ok := clients[rt.Need]
		if !ok {
			lacking, having := s.lacking(team.Perm(rt.Need))
			c = pair{s.signedIn(lacking, locale.ID), s.signedIn(having, locale.EN)}
			clients[rt.Need] = c
		}
		method, path := split(rt.Pattern, missing)
		a := c.lacking.send(method, path, http.NoBody, nil)
		if a.code != http.StatusForbidden || !a.isPage() {
			t.Errorf("%s without %s: %d", rt.Pattern, rt.Need, a.code)
		}
		uitest.CheckHTML(t, rt.Pattern+" refused", a.body)
		if a := c.having.send(method, path, http.NoBody, nil); a.code == http.StatusForbidden || a.code >= 500 {
			t.Errorf("%s with %s alone: %d", rt.Pattern, rt.Need, a.code)
		}
	}
	if len(clients) < 8 {
		t.Errorf("only %d permissions guard pages", len(clients))
	}
	for _, p := range []ui.Perm{"customers.read", "customers.write", "customers.delete", "customers.export", "activity.read", "activity.write", "imports.run", "operations.read"} {
		if _, ok := clients[p]; !ok {
			t.Errorf("%s guards no page", p)
		}
	}
}

// TestPermissionsAreNamed checks that every route asks for a permission that a
// role can have.
func TestPermissionsAreNamed(t *testing.T) {
	s := newSite(t, t.TempDir()+"/akrab.db")
	s.staff()
	c := s.signedIn(s.admin, locale.EN)
	roles := c.get("/settings/roles/new")
	for _, rt := range s.Routes {
		if rt.Need != ui.Public && rt.Need != ui.Self && !strings.Contains(roles.body, `"`+string(rt.Need)+`"`) {
			t.Errorf("%s needs %s, which the page of a role doesn't offer", rt.Pattern, rt.Need)
		}
	}
}

// hostile are texts that a visitor may send in the place of any value.
var hostile = []string{
	"", " ", "0", "-1", "1", "99999999999999999999", "1e309", "NaN", "\x00", "a\x00b", "\xff\xfe", "null", "[]", "{}",
	"' OR 1=1 --", `"; DROP TABLE customer; --`, "<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "javascript:alert(1)",
	"../../etc/passwd", "%2e%2e%2f", "%00", "%zz", "\u202e\u200b\ufeff", "𝕳𝖊𝖑𝖑𝖔 👩‍👩‍👧", "{{7*7}}", "${7*7}", "=1+1", "@SUM(A1)", strings.Repeat("x", 5000),
	missing, strings.ToUpper(missing), "00000000-0000-0000-0000-000000000000", "//evil.example", "\r\nSet-Cookie: x=y", "me", "true", "2026-02-30", "9999-12-31T23:59:59Z", "1-1-1",
}

// hostileQueries are addresses' queries that no page makes.
var hostileQueries = []string{
	"f=", "f=:::", "f=name", "f=name:eq", "f=nope:eq:1", "f=name:nope:x", "f=created:within:99999999999999", "f=owner:eq:zzz", "f=tag:in:,,,,", "f=phase:eq:<b>",
	"f=name:contains:%00", "f=name:contains:%ff", "f=birthday:between:2026-99-99,x", "f=last_at:before:-999999999999d", "f=created:lt:9999999999999999999999",
	"sort=", "sort=-", "sort=--name", "sort=nope", "sort=name%20DESC", "cursor=x", "cursor=AAAA", "cursor=%00", "cursor=" + strings.Repeat("A", 4000), "limit=-1", "limit=0", "limit=999999999", "limit=x",
	"page=-1", "edit=nope", "edit=%00", "tab=nope", "q=%00", "q=%ff%fe", "q=" + url.QueryEscape(strings.Repeat("ab ", 2000)), "kind=nope", "before=x", "after=-1", "columns=nope,nope", "format=exe", "format=csv;rm", "all=x",
	"%zz=1", ";;;", "=&=&=", strings.Repeat("f=name:eq:a&", 200), "f=city:eq:a&f=city:eq:a&f=city:ne:a", "next=//evil.example", "back=javascript:alert(1)",
}

// TestRoutesSurviveNonsense sends to every route what nobody sends who means well.
func TestRoutesSurviveNonsense(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.staff()
		k := s.seed()
		langs := []*client{s.signedIn(s.admin, locale.ID), s.signedIn(s.mate, locale.EN)}
		n := 0
		checked := map[string]bool{}
		try := func(method, target, body string, header http.Header) {
			t.Helper()
			c := langs[n%len(langs)]
			if n%500 == 499 { // some of what is sent ends sessions
				langs = []*client{s.signedIn(s.admin, locale.ID), s.signedIn(s.mate, locale.EN)}
			}
			n++
			a := c.send(method, target, strings.NewReader(body), header)
			what := fmt.Sprintf("%s %.120s with %.120q", method, target, body)
			if a.code >= 500 || a.code < 200 {
				t.Errorf("%s: %d\n%.300s", what, a.code, a.body)
			}
			if a.isPage() && !checked[a.body] { // many are refused in the same words
				checked[a.body] = true
				uitest.CheckHTML(t, what, a.body)
			}
			if to := a.header.Get("Location"); strings.HasPrefix(to, "//") || strings.Contains(to, "evil.example") && !strings.HasPrefix(to, "/") {
				t.Errorf("%s leads to %s", what, to)
			}
		}
		for i, rt := range s.Routes {
			fills := []string{missing, k.person.String()}
			if strings.Contains(rt.Pattern, "interactions/{") {
				fills[1] = k.interaction.String()
			}
			method, path := split(rt.Pattern, missing)
			if strings.Contains(rt.Pattern, "{") && !strings.HasSuffix(rt.Pattern, "{$}") {
				for _, h := range hostile {
					if h = url.PathEscape(h); h != "" && h != "." && h != ".." {
						_, target := split(rt.Pattern, h)
						try(method, target, "", nil)
					}
				}
			}
			for j, q := range hostileQueries {
				_, path := split(rt.Pattern, fills[j%2])
				if method == http.MethodPost {
					try(method, path, q, nil)
					continue
				}
				var header http.Header
				if (i+j)%3 == 0 {
					header = partial([]string{"list", "nope", "%00", "main", "palette"}[j%5])
				}
				try(method, path+"?"+q, "", header)
			}
			for _, m := range []string{http.MethodPut, http.MethodPatch, http.MethodDelete, "OPTIONS", "BREW"} {
				try(m, path, "", nil)
			}
		}
		for _, path := range []string{"/nope", "/customers/", "//", "/%2e%2e", "/assets/", "/assets/nope.js", "/assets/../app.go", "/customers/new/new", "/api", "/api/", "/.git/config"} {
			try(http.MethodGet, path, "", nil)
		}
	})
}

// TestPostsFromElsewhereAreRefused checks that no other site can make a
// visitor's browser change something.
func TestPostsFromElsewhereAreRefused(t *testing.T) {
	s := newSite(t, t.TempDir()+"/akrab.db")
	s.staff()
	c := s.signedIn(s.admin, locale.EN)
	for _, rt := range s.Routes {
		method, path := split(rt.Pattern, missing)
		if method != http.MethodPost {
			continue
		}
		for _, header := range []http.Header{
			{"Origin": {"https://evil.example"}}, {"Sec-Fetch-Site": {"cross-site"}}, {"Sec-Fetch-Site": {"same-site"}}, {"Origin": {"null"}},
		} {
			if a := c.send(method, path, http.NoBody, header); a.code != http.StatusForbidden {
				t.Errorf("%s with %v: %d", rt.Pattern, header, a.code)
			}
		}
		if a := c.send(method, path, http.NoBody, http.Header{"Sec-Fetch-Site": {"same-origin"}}); a.code == http.StatusForbidden {
			t.Errorf("%s from Akrab's own page is refused", rt.Pattern)
		}
		if path == ui.PathSignout { // it did what it says
			c = s.signedIn(s.admin, locale.EN)
		}
	}
}

func TestOfficesOfTheServer(t *testing.T) {
	s := newSite(t, t.TempDir()+"/akrab.db")
	s.staff()
	c := &client{t: t, s: s, lang: locale.ID}
	for _, path := range []string{"/healthz", "/readyz"} {
		if a := c.get(path); a.code != http.StatusOK || a.body != "ok\n" {
			t.Errorf("%s: %d %q", path, a.code, a.body)
		}
	}
	s.signedIn(s.admin, locale.ID).get("/customers")
	if a := c.get("/metrics"); a.code != http.StatusForbidden {
		t.Errorf("/metrics from elsewhere: %d", a.code)
	}
	r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	r.RemoteAddr = "127.0.0.1:9999"
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	a := answer{w.Code, w.Header(), w.Body.String()}
	for _, want := range []string{`akrab_request_seconds_count{route="GET /customers",status="200"} 1`, "go_goroutines ", "process_resident_memory_bytes "} {
		if a.code != http.StatusOK || !strings.Contains(a.body, want) {
			t.Errorf("/metrics: %d lacks %s", a.code, want)
		}
	}
	for _, secret := range []string{"akrab_session", s.admin.Email, "Rina"} {
		if strings.Contains(a.body, secret) {
			t.Errorf("/metrics tells %s", secret)
		}
	}
	if a := c.get("/api/openapi.json"); a.code != http.StatusOK || !strings.Contains(a.body, `"openapi":"3.1`) {
		t.Errorf("/api/openapi.json: %d %.80s", a.code, a.body)
	}
	if a := c.get("/api/v1/customers"); a.code != http.StatusUnauthorized || !strings.HasPrefix(a.header.Get("Content-Type"), "application/problem+json") {
		t.Errorf("the API without a token: %d %s", a.code, a.header.Get("Content-Type"))
	}
}

// TestDatabaseGone checks what is said when the database no longer answers.
func TestDatabaseGone(t *testing.T) {
	a, err := app.Open(t.Context(), t.TempDir()+"/akrab.db", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, app: a, Site: a.Site(app.ServeOptions{})}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, s: s, lang: locale.EN}
	if a := c.get("/healthz"); a.code != http.StatusOK {
		t.Errorf("/healthz: %d", a.code)
	}
	if a := c.get("/readyz"); a.code != http.StatusServiceUnavailable || a.body != "not ready\n" {
		t.Errorf("/readyz: %d %q", a.code, a.body)
	}
	page := c.get("/signin")
	if page.code != http.StatusInternalServerError || strings.Contains(page.body, "closed") {
		t.Errorf("/signin: %d %s", page.code, page.body)
	}
	uitest.CheckHTML(t, "/signin", page.body)
}
