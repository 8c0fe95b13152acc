// Package teamweb is the pages of a workspace's team and settings: the first
// visit, signing in, a user's own settings, users, roles, tokens, and what the
// workspace says of itself.
//
// It also answers the question that every page asks first, who is there: see
// [Pages.Auth].
package teamweb

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/workspace"
)

// Pages serves the pages of one workspace. DB and Catalogue must be set.
type Pages struct {
	DB        *db.DB
	Catalogue *locale.Catalogue

	// Permissions are those of all modules, in the order in which the page of
	// a role shows them.
	Permissions []team.Permission

	// Leaving are called before a role is deleted: other modules let go of it
	// or refuse.
	Leaving []func(ctx context.Context, tx *db.Tx, r team.Role) error

	// Sections are lines that other modules add to the settings.
	Sections []Section

	// Trusted are the networks of reverse proxies whose word counts: about the
	// client's address, and whether it came by HTTPS.
	Trusted []netip.Prefix

	// Cookie is the name of the cookie that keeps a session, if two workspaces
	// are served at one address; "" for the usual one.
	Cookie string

	// Demo is where the form of the first visit posts that opens a demo
	// company; "" for none.
	Demo string

	Log *slog.Logger // nil for slog.Default

	// settings are the workspace's as the latest request read them: what is
	// shown is never older than the request that asked.
	settings atomic.Pointer[workspace.Settings]
}

// A Section is a page of the settings.
type Section struct {
	Key   string // what SettingsPage names as current
	Label string // message key
	Text  string // message key: what is found there, in one sentence
	Href  string
	Icon  string
	Need  ui.Perm
}

// sections are those of this package.
var sections = []Section{
	{Key: "profile", Label: "team.profile.title", Text: "team.profile.text", Href: "/settings/profile", Icon: "user", Need: ui.Self},
	{Key: "sessions", Label: "team.sessions.title", Text: "team.sessions.text", Href: "/settings/sessions", Icon: "lock", Need: ui.Self},
	{Key: "workspace", Label: "workspace.title", Text: "workspace.text", Href: "/settings/workspace", Icon: "org", Need: ui.Perm(team.PermSettings)},
	{Key: "users", Label: "team.users.title", Text: "team.users.text", Href: "/settings/users", Icon: "users", Need: ui.Perm(team.PermTeam)},
	{Key: "roles", Label: "team.roles.title", Text: "team.roles.text", Href: "/settings/roles", Icon: "shield", Need: ui.Perm(team.PermTeam)},
	{Key: "tokens", Label: "team.tokens.title", Text: "team.tokens.text", Href: "/settings/tokens", Icon: "link", Need: ui.Perm(team.PermTokens)},
}

// NavItem is the settings' line in the sidebar.
var NavItem = ui.NavItem{Key: "settings", Label: "team.settings.title", Href: "/settings", Icon: "gear", Perm: ui.Self, Group: ui.NavFoot, Keys: "g ,"}

// open returns the sections that a visitor may open.
func (p *Pages) open(v *ui.View) []Section {
	var list []Section
	for _, s := range append(sections[:len(sections):len(sections)], p.Sections...) {
		if v.May(s.Need) {
			list = append(list, s)
		}
	}
	return list
}

// Routes returns the route table.
func (p *Pages) Routes() []ui.Route {
	const (
		manage   = ui.Perm(team.PermTeam)
		settings = ui.Perm(team.PermSettings)
		tokens   = ui.Perm(team.PermTokens)
	)
	return []ui.Route{
		ui.GET("/setup", ui.Public, p.setup),
		ui.POST("/setup", ui.Public, p.setupSave),
		ui.GET(ui.PathSignin, ui.Public, p.signin),
		ui.POST(ui.PathSignin, ui.Public, p.signinSend),
		ui.POST("/signin/password", ui.Public, p.signinPassword),
		ui.POST(ui.PathSignout, ui.Public, p.signout),

		ui.POST(ui.PathLanguage, ui.Public, p.language),
		ui.POST(ui.PathTheme, ui.Self, p.theme),
		ui.POST(ui.PathSidebar, ui.Self, p.sidebar),

		ui.GET("/settings", ui.Self, p.index),
		ui.GET(ui.PathSettings, ui.Self, p.own),
		ui.GET("/settings/profile", ui.Self, p.profile),
		ui.POST("/settings/profile", ui.Self, p.profileSave),
		ui.POST("/settings/password", ui.Self, p.passwordSave),
		ui.GET("/settings/sessions", ui.Self, p.sessions),
		ui.POST("/settings/sessions/{id}/end", ui.Self, p.sessionEnd),
		ui.POST("/settings/sessions/end-others", ui.Self, p.sessionEndOthers),

		ui.GET("/settings/workspace", settings, p.workspace),
		ui.POST("/settings/workspace", settings, p.workspaceSave),

		ui.GET("/settings/users", manage, p.users),
		ui.GET("/settings/users/new", manage, p.userNew),
		ui.POST("/settings/users", manage, p.userCreate),
		ui.GET("/settings/users/{id}", manage, p.user),
		ui.POST("/settings/users/{id}", manage, p.userSave),
		ui.POST("/settings/users/{id}/password", manage, p.userPassword),

		ui.GET("/settings/roles", manage, p.roles),
		ui.GET("/settings/roles/new", manage, p.roleNew),
		ui.POST("/settings/roles", manage, p.roleCreate),
		ui.GET("/settings/roles/{id}", manage, p.role),
		ui.POST("/settings/roles/{id}", manage, p.roleSave),
		ui.POST("/settings/roles/{id}/delete", manage, p.roleDelete),

		ui.GET("/settings/tokens", tokens, p.tokens),
		ui.POST("/settings/tokens", tokens, p.tokenCreate),
		ui.POST("/settings/tokens/{id}/revoke", tokens, p.tokenRevoke),
	}
}

// Printer returns what writes texts in a language and figures as the workspace
// does, as the latest settings that [Pages.Auth] has read have it.
func (p *Pages) Printer(lang locale.Lang) *locale.Printer {
	s := p.current()
	return p.Catalogue.Printer(lang, s.Locale())
}

// Brand returns the name of the workspace, or "" before it has one.
func (p *Pages) Brand() string { return p.current().Name }

func (p *Pages) current() workspace.Settings {
	if s := p.settings.Load(); s != nil {
		return *s
	}
	return workspace.Default()
}

func (p *Pages) log() *slog.Logger {
	if p.Log == nil {
		return slog.Default()
	}
	return p.Log
}

// Auth says who makes a request: the user whose session the cookie opens. Who
// signed in with a temporary password is nobody until they have chosen another.
// It implements [ui.Auth].
func (p *Pages) Auth(w http.ResponseWriter, r *http.Request) (ui.Visitor, error) {
	i, s, err := p.identify(r)
	if err != nil && errs.KindOf(err) != errs.Signin {
		return ui.Visitor{}, err
	}
	p.settings.Store(&s)
	lang := i.Taste.Language
	if lang == "" {
		lang = cookieLang(r)
	}
	if err == nil && i.MustChange {
		err = errs.New(errs.Signin, "error.signin")
	}
	if err != nil {
		return ui.Visitor{Lang: lang, Theme: i.Taste.Theme}, err
	}
	if lang == "" {
		lang = s.Language
	}
	return ui.Visitor{
		Who: i.Who(), Session: i.Session, Name: i.Name, Email: i.Email,
		Lang: lang, Theme: i.Taste.Theme, Density: i.Taste.Density, Shortcuts: i.Taste.Shortcuts, NavFolded: i.Taste.NavFolded,
		Can: func(perm ui.Perm) bool { return i.Can(team.Perm(perm)) },
	}, nil
}

// identify reads who makes a request, and the settings. It returns a Signin
// error, with the settings, if the cookie opens no session.
func (p *Pages) identify(r *http.Request) (team.Identity, workspace.Settings, error) {
	var i team.Identity
	var s workspace.Settings
	var now time.Time
	signin := errs.New(errs.Signin, "error.signin")
	err := p.DB.Read(r.Context(), db.Who{}, func(tx *db.Tx) (err error) {
		now = tx.Now
		if s, err = workspace.Get(r.Context(), tx); err != nil {
			return err
		}
		i, err = team.BySession(r.Context(), tx, p.sessionSecret(r))
		if errs.KindOf(err) == errs.Signin {
			return nil
		}
		return err
	})
	switch {
	case err != nil:
		return i, s, err
	case i.User.IsZero():
		return i, s, signin
	}
	if i.Due(now) && r.URL.Path != ui.PathBell { // which pages ask for by themselves
		p.touch(r, &i)
	}
	return i, s, nil
}

// touch notes when somebody was last seen. A page is not refused because that
// fails.
func (p *Pages) touch(r *http.Request, i *team.Identity) {
	err := p.DB.Write(r.Context(), db.Op{}, func(tx *db.Tx) error {
		return team.Touch(r.Context(), tx, i, ClientIP(r, p.Trusted).String())
	})
	if err != nil {
		p.log().Error("last seen not written", "err", err)
	}
}

// op returns an operation of the visitor.
func op(r *ui.Req, why string, args map[string]any) db.Op {
	return db.Op{Who: r.Who, Why: why, Args: args}
}

// write runs f in an operation of the visitor and returns the operation's id.
func (p *Pages) write(r *ui.Req, why string, f func(tx *db.Tx) error) (id ids.ID, err error) {
	err = p.DB.Write(r.Context(), op(r, why, nil), func(tx *db.Tx) error {
		id = tx.Op
		return f(tx)
	})
	return id, err
}

// refused reports whether an error is about what was typed, so that the form is
// shown again with it.
func refused(err error) bool {
	switch errs.KindOf(err) {
	case errs.Invalid, errs.Conflict, errs.Stale, errs.Limited, errs.Forbidden:
		return true
	}
	return false
}

// status returns the status with which a form is shown again.
func status(err error) int {
	switch errs.KindOf(err) {
	case errs.Limited:
		return http.StatusTooManyRequests
	case errs.Forbidden:
		return http.StatusForbidden
	case errs.Conflict:
		return http.StatusConflict
	case errs.Stale:
		return http.StatusPreconditionFailed
	}
	return http.StatusUnprocessableEntity
}
