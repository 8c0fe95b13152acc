package app

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/demo"
	"github.com/akrab-crm/akrab/internal/demo/demoweb"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/team/teamweb"
	"github.com/akrab-crm/akrab/internal/ui"
)

// tourCookie says that a browser sees the demo company.
const tourCookie = "akrab_workspace"

// A Tour is the demo company beside a workspace: made when somebody first
// enters it, opened when somebody comes back, at the same address as the
// workspace. Which of the two a browser sees is said by a cookie; each has its
// own sign-in, so that neither opens the other.
type Tour struct {
	url, making string // where it is, and where it is while it is being made
	opt         ServeOptions
	log         *slog.Logger

	mu   sync.Mutex
	here *guests // nil if it is not open
	over bool    // Close was called
}

// guests are the open demo company.
type guests struct {
	app    *App
	site   *Site
	worked chan error
	stop   context.CancelFunc
}

// NewTour returns the tour beside the workspace at url. Nothing is made yet.
func NewTour(url string, opt ServeOptions, log *slog.Logger) (*Tour, error) {
	t := &Tour{opt: opt, log: log}
	if !strings.Contains(url, "://") {
		dir := filepath.Join(filepath.Dir(url), "demo")
		t.url, t.making = filepath.Join(dir, "akrab.db"), filepath.Join(dir+".making", "akrab.db")
		return t, nil
	}
	var err error
	if t.url, err = db.Beside(url, "_demo"); err != nil {
		return nil, err
	}
	t.making, err = db.Beside(url, "_demo_making")
	return t, err
}

// Handler serves the demo company to browsers that shall see it, and main to all others.
func (t *Tour) Handler(main http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := r.Cookie(tourCookie)
		if err != nil || c.Value != demoValue || office(r.URL.Path) {
			main.ServeHTTP(w, r)
			return
		}
		g, err := t.open(r.Context())
		switch {
		case err != nil:
			t.log.Error("the demo company can't be opened", "err", err)
			fallthrough
		case g == nil: // it was removed
			t.Leave(w, r)
			main.ServeHTTP(w, r)
		default:
			g.site.ServeHTTP(w, r)
		}
	})
}

const demoValue = "demo"

// office reports whether a path is of the server, not of a workspace.
func office(path string) bool { return path == "/healthz" || path == "/readyz" || path == "/metrics" }

// Exists implements [demoweb.House].
func (t *Tour) Exists(ctx context.Context) (bool, error) {
	unused, err := db.Unused(ctx, t.url)
	return !unused, err
}

// open returns the demo company, or nil if there is none.
func (t *Tour) open(ctx context.Context) (*guests, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.openLocked(ctx)
}

func (t *Tour) openLocked(ctx context.Context) (*guests, error) {
	if t.here != nil || t.over {
		return t.here, nil
	}
	if exists, err := t.Exists(ctx); err != nil || !exists {
		return nil, err
	}
	a, err := Open(ctx, t.url, t.log)
	if err != nil {
		return nil, err
	}
	opt := t.opt
	opt.Tour, opt.Inside = t, true
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	g := &guests{app: a, site: a.Site(opt), worked: make(chan error, 1), stop: stop}
	go func() { g.worked <- a.Work(work) }()
	t.here = g
	return g, nil
}

// Enter implements [demoweb.House].
func (t *Tour) Enter(w http.ResponseWriter, r *http.Request, user ids.ID, lang locale.Lang) error {
	g, err := t.openOrMake(r.Context())
	if err != nil {
		return err
	}
	var secret string
	err = g.app.DB.Write(r.Context(), db.Op{}, func(tx *db.Tx) error {
		u, err := host(r.Context(), tx, user)
		if err != nil {
			return err
		}
		if err := team.ChangeTaste(r.Context(), tx, u.ID, func(t *team.Taste) { t.Language = lang }); err != nil {
			return err
		}
		secret, err = team.StartSession(r.Context(), tx, u.ID, g.site.people.Device(r))
		return err
	})
	if err != nil {
		return err
	}
	t.setCookie(w, r, demoValue)
	g.site.people.GiveSession(w, r, secret)
	return nil
}

// host returns one of the staff, or, if user is zero, who shows visitors around.
func host(ctx context.Context, tx *db.Tx, user ids.ID) (team.User, error) {
	if !user.IsZero() {
		u, err := team.Get(ctx, tx, user)
		if err == nil && !u.Active {
			err = errs.New(errs.NotFound, "error.not_found")
		}
		return u, err
	}
	return team.ByEmail(ctx, tx, demo.HostEmail)
}

// openOrMake opens the demo company, making it if there is none. Who comes
// meanwhile waits for it.
func (t *Tour) openOrMake(ctx context.Context) (*guests, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	// It is made whole even if the visitor goes away.
	calm := context.WithoutCancel(ctx)
	g, err := t.openLocked(calm)
	if g != nil || err != nil {
		return g, err
	}
	if err := t.make(calm); err != nil {
		return nil, err
	}
	g, err = t.openLocked(calm)
	if err == nil && g == nil {
		err = errors.New("the server is stopping")
	}
	return g, err
}

// make makes the demo company elsewhere and moves it to its place, so that
// there is a whole one or none.
func (t *Tour) make(ctx context.Context) error {
	if err := discard(ctx, t.making); err != nil {
		return err
	}
	a, err := Open(ctx, t.making, t.log)
	if err != nil {
		return err
	}
	_, err = a.MakeDemo(ctx, demo.Seed, nil)
	if err := errors.Join(err, a.Close()); err != nil {
		return errors.Join(err, discard(ctx, t.making))
	}
	if strings.Contains(t.url, "://") {
		return db.Replace(ctx, t.url, t.making)
	}
	return os.Rename(filepath.Dir(t.making), filepath.Dir(t.url))
}

// discard removes a workspace of the tour.
func discard(ctx context.Context, url string) error {
	unused, err := db.Unused(ctx, url)
	if strings.Contains(url, "://") {
		if err != nil || unused {
			return err
		}
		return db.Discard(ctx, url)
	}
	return errors.Join(err, os.RemoveAll(filepath.Dir(url)))
}

// Leave implements [demoweb.House].
func (t *Tour) Leave(w http.ResponseWriter, r *http.Request) { t.setCookie(w, r, "") }

func (t *Tour) setCookie(w http.ResponseWriter, r *http.Request, value string) {
	c := &http.Cookie{Name: tourCookie, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: teamweb.Secure(r, t.trusted())}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

func (t *Tour) trusted() []netip.Prefix { return t.opt.Trusted }

// Remove implements [demoweb.House].
func (t *Tour) Remove(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return errors.Join(t.closeLocked(), discard(ctx, t.url))
}

// Close closes the demo company, if it is open, for good.
func (t *Tour) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over = true
	return t.closeLocked()
}

func (t *Tour) closeLocked() error {
	g := t.here
	if g == nil {
		return nil
	}
	t.here = nil
	g.stop()
	return errors.Join(<-g.worked, g.app.Close())
}

// tour returns the routes of the way into the demo company, or, if a is it, out.
func (a *App) tour(opt ServeOptions, people *teamweb.Pages) []ui.Route {
	if opt.Tour == nil {
		return nil
	}
	p := &demoweb.Pages{
		DB: a.DB, House: opt.Tour, Inside: opt.Inside, Need: ui.Perm(team.PermSettings), FirstVisit: people.FirstVisit, Settings: people.SettingsPage,
	}
	section := teamweb.Section{Key: demoweb.Key, Label: "demo.title", Text: "demo.summary", Href: demoweb.Path, Icon: "eye", Need: p.Need}
	if opt.Inside {
		people.Cookie, section.Need = "akrab_demo", ui.Self
	} else {
		people.Demo = "/setup/demo"
	}
	people.Sections = append(people.Sections, section)
	return p.Routes()
}

// nav is the sidebar, with the way out of the demo company.
func (opt ServeOptions) nav(list []ui.NavItem) []ui.NavItem {
	if opt.Inside {
		list = append(list, demoweb.Leaving)
	}
	return list
}
