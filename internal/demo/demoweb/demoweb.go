// Package demoweb is the way into the demo company and out of it: a button on
// the first visit, a page of the settings, and, inside, the staff through whose
// eyes one may look.
//
// The demo company is a workspace of its own beside the real one. Which of the
// two a browser sees is said by a cookie; each has its own sign-in.
package demoweb

import (
	"context"
	"embed"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
)

// Text holds the messages of this package.
//
//go:embed text/*.json
var Text embed.FS

// A House keeps the demo company beside a workspace.
type House interface {
	// Exists reports whether it has been made.
	Exists(ctx context.Context) (bool, error)
	// Enter makes it if there is none, signs the visitor in and lets their
	// browser see it, in their language. The zero user is who shows it.
	Enter(w http.ResponseWriter, r *http.Request, user ids.ID, lang locale.Lang) error
	// Leave lets the visitor's browser see the workspace again.
	Leave(w http.ResponseWriter, r *http.Request)
	// Remove deletes it with everything in it.
	Remove(ctx context.Context) error
}

// Pages serves the pages of one of the two workspaces.
type Pages struct {
	DB     *db.DB
	House  House
	Inside bool    // this is the demo company
	Need   ui.Perm // outside, of those who may open and remove it

	// FirstVisit says whether a visitor may set up the workspace, with the
	// token that they sent if they need one. It returns a Conflict error if
	// somebody has an account already.
	FirstVisit func(r *ui.Req) error

	// Settings puts the frame of the settings around a page.
	Settings func(v *ui.View, at, title string, body templ.Component) templ.Component
}

// Path is the address of the page about the demo company, Key that of its line
// in the settings.
const (
	Path = "/settings/demo"
	Key  = "demo"
)

// Leaving is the line in the sidebar of the demo company that leads out.
var Leaving = ui.NavItem{Key: "demo", Label: "demo.nav", Href: Path, Icon: "eye", Perm: ui.Self, Group: ui.NavFoot}

// Routes returns the route table.
func (p *Pages) Routes() []ui.Route {
	if p.Inside {
		return []ui.Route{
			ui.GET(Path, ui.Self, p.inside),
			ui.POST(Path+"/as/{id}", ui.Self, p.as),
			ui.POST(Path+"/leave", ui.Public, p.leave),
			ui.POST(Path+"/remove", ui.Perm(team.PermSettings), p.remove),
		}
	}
	return []ui.Route{
		ui.POST("/setup/demo", ui.Public, p.first),
		ui.GET(Path, p.Need, p.outside),
		ui.POST(Path, p.Need, p.enter),
		ui.POST(Path+"/remove", p.Need, p.remove),
	}
}

// first opens the demo company on the first visit.
func (p *Pages) first(w http.ResponseWriter, r *ui.Req) error {
	if err := p.FirstVisit(r); err != nil {
		if errs.KindOf(err) == errs.Conflict {
			return ui.Redirect(w, r, ui.PathSignin)
		}
		return err
	}
	return p.enter(w, r)
}

func (p *Pages) enter(w http.ResponseWriter, r *ui.Req) error {
	if err := p.House.Enter(w, r.Request, ids.ID{}, r.View.Lang); err != nil {
		return err
	}
	return ui.Redirect(w, r, "/")
}

func (p *Pages) leave(w http.ResponseWriter, r *ui.Req) error {
	p.House.Leave(w, r.Request)
	return ui.Redirect(w, r, "/")
}

func (p *Pages) remove(w http.ResponseWriter, r *ui.Req) error {
	if p.Inside {
		p.House.Leave(w, r.Request)
	}
	// The request that asks for it may be one of those that are waited for.
	if err := p.House.Remove(context.WithoutCancel(r.Context())); err != nil {
		return err
	}
	if p.Inside {
		return ui.Redirect(w, r, "/")
	}
	ui.Flash(w, r, ui.Toast{Key: "demo.removed"})
	return ui.Redirect(w, r, Path)
}

// outsidePage is the data of the page about the demo company, seen from outside.
type outsidePage struct {
	*ui.View
	Exists bool
}

func (p *Pages) outside(w http.ResponseWriter, r *ui.Req) error {
	exists, err := p.House.Exists(r.Context())
	if err != nil {
		return err
	}
	page := &outsidePage{r.View, exists}
	return ui.Render(w, r, http.StatusOK, p.Settings(r.View, Key, r.View.T("demo.title"), page.body()))
}

// insidePage is the data of the same page, seen from inside.
type insidePage struct {
	*ui.View
	Me    ids.ID
	Staff []team.User
}

func (p *Pages) inside(w http.ResponseWriter, r *ui.Req) error {
	page := &insidePage{View: r.View, Me: r.Who.User}
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		page.Staff, err = team.Users(r.Context(), tx, true)
		return err
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, p.Settings(r.View, Key, r.View.T("demo.title"), page.body()))
}

// as lets the visitor see the company as another one of its staff.
func (p *Pages) as(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	if err := p.House.Enter(w, r.Request, id, r.View.Lang); err != nil {
		return err
	}
	return ui.Redirect(w, r, "/")
}

// first is the first name of a person.
func first(name string) string {
	word, _, _ := strings.Cut(name, " ")
	return word
}

// role names the role of one of the staff.
func (p *insidePage) role(u *team.User) string {
	if u.Role.Name != "" {
		return u.Role.Name
	}
	return p.T("team.role." + u.Role.Key)
}
