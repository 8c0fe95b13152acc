package app_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/app"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/imports"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/workspace"
)

// A site is a workspace, served as `akrab serve` serves it.
type site struct {
	t testing.TB
	*app.Site
	app  *app.App
	base string // address of the server

	admin team.User
	mate  team.User // a colleague who sells
}

// each runs f on both engines.
func each(t *testing.T, f func(t *testing.T, s *site)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, newSite(t, filepath.Join(t.TempDir(), "akrab.db"))) })
	t.Run("postgres", func(t *testing.T) { f(t, newSite(t, dbtest.Postgres(t))) })
}

// newSite opens an empty workspace, serves it and lets it work until the test ends.
func newSite(t testing.TB, url string) *site {
	t.Helper()
	a, err := app.Open(t.Context(), url, slog.New(slog.NewTextHandler(testLog{t}, nil)))
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, app: a, Site: a.Site(app.ServeOptions{Version: "test"})}
	server := httptest.NewServer(s.Handler)
	s.base = server.URL
	ctx, stop := context.WithCancel(context.Background())
	worked := make(chan error, 1)
	go func() { worked <- a.Work(ctx) }()
	t.Cleanup(func() {
		server.Close()
		stop()
		if err := <-worked; err != nil && ctx.Err() == nil {
			t.Error(err)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// A testLog fails the test for errors that the program logs.
type testLog struct{ t testing.TB }

func (l testLog) Write(b []byte) (int, error) {
	if s := string(b); strings.Contains(s, "level=ERROR") {
		l.t.Errorf("logged: %s", s)
	}
	return len(b), nil
}

func (s *site) write(who db.Who, f func(ctx context.Context, tx *db.Tx) error) {
	s.t.Helper()
	err := s.app.DB.Write(s.t.Context(), db.Op{Who: who, Why: "customer.create"}, func(tx *db.Tx) error { return f(s.t.Context(), tx) })
	if err != nil {
		s.t.Fatal(err)
	}
}

// password is that of everybody on the staff.
const password = "kopi susu gula aren"

// staff sets the workspace up and adds a colleague.
func (s *site) staff() {
	s.t.Helper()
	pw, err := team.NewPassword(s.t.Context(), password)
	if err != nil {
		s.t.Fatal(err)
	}
	s.write(db.Who{}, func(ctx context.Context, tx *db.Tx) error {
		set := workspace.Default()
		set.Name = "PT Sinar Nusantara"
		if err := workspace.Save(ctx, tx, set, 0); err != nil {
			return err
		}
		s.admin = team.User{Name: "Rina Kusuma", Email: "rina@sinarnusantara.example", Taste: team.Taste{Language: locale.ID, Shortcuts: true}}
		if err := team.FirstAdministrator(ctx, tx, app.Permissions, &s.admin, pw); err != nil {
			return err
		}
		role, err := team.RoleByKey(ctx, tx, team.Agent)
		if err != nil {
			return err
		}
		s.mate = team.User{Name: "Dimas Prakoso", Email: "dimas@sinarnusantara.example", RoleID: role.ID, Taste: team.Taste{Language: locale.EN, Shortcuts: true}}
		return team.CreateUser(ctx, tx, &s.mate, pw)
	})
}

// A known is what a seeded workspace holds, to fill addresses with.
type known struct {
	person, org, interaction, file, operation ids.ID
}

// seed stores customers of all kinds, with a timeline.
func (s *site) seed() (k known) {
	s.t.Helper()
	now := s.app.DB.Now()
	s.write(db.Who{User: s.admin.ID, Name: s.admin.Name}, func(ctx context.Context, tx *db.Tx) error {
		org := customers.Customer{
			Kind: customers.Organization, Name: "CV Maju Jaya", Reseller: "dealer", ExternalID: "C-0001", Owner: s.admin.ID,
			Emails:    []customers.Email{{Value: "halo@majujaya.example", Primary: true}},
			Phones:    []customers.Phone{{Value: "021 5550 123", Primary: true}},
			Addresses: []customers.Address{{Street: "Jalan Braga 10", City: "Kota Bandung", Province: "Jawa Barat", Postcode: "40111", Primary: true}},
			Tags:      []customers.Tag{{Value: "grosir"}},
		}
		if err := customers.Create(ctx, tx, &org); err != nil {
			return err
		}
		person := customers.Customer{
			Kind: customers.Person, Name: "Siti Rahmawati", Honorific: "Bu", Owner: s.mate.ID, Birthday: "1988-12-04",
			Emails:    []customers.Email{{Value: "siti@example.com", Primary: true}},
			Phones:    []customers.Phone{{Value: "0812-3456-7890", Primary: true}},
			Relations: []customers.Relation{{Kind: customers.Member, Other: org.ID, Role: "Pembelian"}},
			Traits:    []customers.Trait{{Label: "Kopi", Value: "tanpa gula"}},
			Remember:  "Jangan telepon saat salat Jumat.",
		}
		if err := customers.Create(ctx, tx, &person); err != nil {
			return err
		}
		house := customers.Customer{Kind: customers.Household, Name: "Keluarga Nasution", Birthday: now.Format("2006-01-02"), Addresses: []customers.Address{{City: "Medan"}}}
		if err := customers.Create(ctx, tx, &house); err != nil {
			return err
		}
		file, err := activity.AddFile(ctx, tx, "penawaran.txt", "text/plain", []byte("Penawaran"))
		if err != nil {
			return err
		}
		call := activity.Interaction{
			Customer: person.ID, Kind: activity.Call, Direction: activity.In, Body: "Menanyakan stok", At: now.Add(-time.Hour),
			Promise: "Kirim daftar harga", Due: now.Add(24 * time.Hour), Files: []activity.File{file},
		}
		if err := activity.Log(ctx, tx, &call); err != nil {
			return err
		}
		k = known{person: person.ID, org: org.ID, interaction: call.ID, file: file.ID, operation: tx.Op}
		return nil
	})
	s.seedProducts()
	s.seedDay()
	return k
}

// A client visits the site as somebody, in a language. It follows no redirects.
type client struct {
	t      testing.TB
	s      *site
	lang   locale.Lang
	cookie string
}

// signedIn returns a client of a user.
func (s *site) signedIn(u team.User, lang locale.Lang) *client {
	s.t.Helper()
	var secret string
	err := s.app.DB.Write(s.t.Context(), db.Op{}, func(tx *db.Tx) (err error) {
		if err := team.ChangeTaste(s.t.Context(), tx, u.ID, func(t *team.Taste) { t.Language = lang }); err != nil {
			return err
		}
		secret, err = team.StartSession(s.t.Context(), tx, u.ID, team.Device{})
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return &client{t: s.t, s: s, lang: lang, cookie: "akrab_session=" + secret}
}

// An answer is what came back.
type answer struct {
	code   int
	header http.Header
	body   string
}

// isPage reports whether the answer is HTML.
func (a answer) isPage() bool { return strings.HasPrefix(a.header.Get("Content-Type"), "text/html") }

// partial are the headers by which htmx asks for a part of a page.
func partial(target string) http.Header {
	return http.Header{"Hx-Request": {"true"}, "Hx-Request-Type": {"partial"}, "Hx-Target": {"div#" + target}}
}

// send makes a request and checks what every answer must have.
func (c *client) send(method, target string, body io.Reader, header http.Header) answer {
	c.t.Helper()
	r := httptest.NewRequest(method, "/", body)
	u, err := url.Parse(target)
	if err != nil {
		u = &url.URL{Path: "/", RawQuery: target}
	}
	r.URL, r.RequestURI = u, target
	r.Header.Set("Accept-Language", string(c.lang))
	if c.cookie != "" {
		r.Header.Set("Cookie", c.cookie)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for k, v := range header {
		r.Header[k] = v
	}
	w := httptest.NewRecorder()
	c.s.ServeHTTP(w, r)
	a := answer{w.Code, w.Header(), w.Body.String()}
	c.checkHeaders(method+" "+target, a)
	return a
}

// checkHeaders fails the test for an answer without the headers that keep a
// browser from being used against its user.
func (c *client) checkHeaders(what string, a answer) {
	c.t.Helper()
	csp := a.header.Get("Content-Security-Policy")
	if csp == "default-src 'none'; sandbox" { // a file that somebody stored
		csp = "default-src 'self' script-src 'self' style-src 'self' frame-ancestors 'none'"
	}
	for _, part := range []string{"default-src 'self'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"} {
		if !strings.Contains(csp, part) {
			c.t.Errorf("%.100s: Content-Security-Policy %q lacks %s", what, csp, part)
		}
	}
	if a.header.Get("X-Content-Type-Options") != "nosniff" {
		c.t.Errorf("%.100s: the answer lacks nosniff", what)
	}
	if a.isPage() && a.code != http.StatusMovedPermanently && a.code != http.StatusTemporaryRedirect && !strings.Contains(a.header.Get("Cache-Control"), "no-store") {
		c.t.Errorf("%.100s: a page may be kept: Cache-Control %q", what, a.header.Get("Cache-Control"))
	}
}

func (c *client) get(target string) answer {
	c.t.Helper()
	return c.send(http.MethodGet, target, nil, nil)
}

func (c *client) post(target string, form url.Values) answer {
	c.t.Helper()
	return c.send(http.MethodPost, target, strings.NewReader(form.Encode()), nil)
}

// dataFile returns the path of a file of the shared data, which lie beside the
// checkout, or "".
func dataFile(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		path := filepath.Join(dir, "shared", "data", name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
}

// needFile is like dataFile but skips the test where there is no such file.
func needFile(t testing.TB, name string) string {
	t.Helper()
	path := dataFile(t, name)
	if path == "" {
		t.Skipf("there is no shared/data/%s beside the checkout", name)
	}
	return path
}

// lacking returns a user whose role has every permission but one, and having
// one who has no other.
func (s *site) lacking(p team.Perm) (lacking, having team.User) {
	s.t.Helper()
	var others []team.Perm
	for _, q := range app.Permissions {
		if q.Key != p {
			others = append(others, q.Key)
		}
	}
	name := strings.NewReplacer(".", "-", "_", "-").Replace(string(p))
	s.write(db.Who{}, func(ctx context.Context, tx *db.Tx) error {
		for _, x := range []struct {
			key  string
			list []team.Perm
			u    *team.User
		}{{"without-" + name, others, &lacking}, {"only-" + name, []team.Perm{p}, &having}} {
			r := team.Role{Key: x.key, Name: x.key}
			r.SetPermissions(slices.Clone(x.list))
			if err := team.CreateRole(ctx, tx, &r); err != nil {
				return err
			}
			*x.u = team.User{Name: x.key, Email: x.key + "@sinarnusantara.example", RoleID: r.ID}
			if err := team.CreateUser(ctx, tx, x.u, team.Password{}); err != nil {
				return err
			}
		}
		return nil
	})
	return lacking, having
}

// importFile imports a file with the kind and the mapping that Akrab guesses.
func (s *site) importFile(name, content string) imports.Job {
	s.t.Helper()
	ctx := s.t.Context()
	who := db.Who{User: s.admin.ID, Name: s.admin.Name}
	job, err := imports.Start(ctx, s.app.DB, strings.NewReader(content), name, imports.Options{Who: who, Recall: true})
	if err != nil {
		s.t.Fatal(err)
	}
	err = s.app.DB.Write(ctx, db.Op{Who: who}, func(tx *db.Tx) error {
		_, err := imports.Begin(ctx, tx, job.ID, false)
		return err
	})
	if err == nil {
		job, err = imports.Run(ctx, s.app.DB, job.ID, nil)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return job
}
