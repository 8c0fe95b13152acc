package teamweb

import (
	"net/http"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
)

// frame is what all pages of the settings have in common.
type frame struct {
	*ui.View
	Sections []Section
	At       string // key of the section that the page belongs to
}

func (p *Pages) frame(r *ui.Req, at string) frame {
	return frame{View: r.View, Sections: p.open(r.View), At: at}
}

func (p *Pages) index(w http.ResponseWriter, r *ui.Req) error {
	return ui.Render(w, r, http.StatusOK, indexTmpl(p.frame(r, "")))
}

// own leads from the user menu to the visitor's own settings.
func (p *Pages) own(w http.ResponseWriter, r *ui.Req) error {
	return ui.Redirect(w, r, "/settings/profile")
}

// profilePage is the data of a user's own settings: two forms.
type profilePage struct {
	frame
	Name        string
	Email       string
	Taste       team.Taste
	Err         error // of the first form
	PasswordErr error // of the second
}

func (p *Pages) profile(w http.ResponseWriter, r *ui.Req) error {
	page, err := p.profilePage(r)
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, profileTmpl(page))
}

func (p *Pages) profilePage(r *ui.Req) (profilePage, error) {
	var u team.User
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		u, err = team.Get(r.Context(), tx, r.Who.User)
		return err
	})
	return profilePage{frame: p.frame(r, "profile"), Name: u.Name, Email: u.Email, Taste: u.Taste}, err
}

func (p *Pages) profileSave(w http.ResponseWriter, r *ui.Req) error {
	name := r.Text("name")
	taste := team.Taste{
		Language: locale.Lang(r.Text("language")), Theme: r.Text("theme"), Density: r.Text("density"), Shortcuts: r.Bool("shortcuts"),
	}
	_, err := p.write(r, "team.profile", func(tx *db.Tx) error {
		if err := team.Rename(r.Context(), tx, r.Who.User, name); err != nil {
			return err
		}
		return team.ChangeTaste(r.Context(), tx, r.Who.User, func(t *team.Taste) {
			taste.NavFolded = t.NavFolded
			*t = taste
		})
	})
	if refused(err) {
		page, err2 := p.profilePage(r)
		if err2 != nil {
			return err2
		}
		page.Name, page.Taste, page.Err = name, taste, err
		return ui.Render(w, r, status(err), profileTmpl(page))
	}
	if err != nil {
		return err
	}
	if lang, ok := locale.ParseLang(string(taste.Language)); ok {
		p.setLang(w, r.Request, lang)
	}
	ui.Flash(w, r, ui.Toast{Key: "team.toast.profile"})
	return ui.Redirect(w, r, "/settings/profile")
}

func (p *Pages) passwordSave(w http.ResponseWriter, r *ui.Req) error {
	i := team.Identity{User: r.Who.User, Session: r.View.Session, Name: r.View.Name, Email: r.View.Email}
	err := team.CheckPassword(r.Context(), p.DB, &i, r.Form.Get("current"), p.device(r.Request))
	if err == nil {
		err = p.changePassword(r, &i)
	}
	if refused(err) {
		page, err2 := p.profilePage(r)
		if err2 != nil {
			return err2
		}
		page.PasswordErr = err
		return ui.Render(w, r, status(err), profileTmpl(page))
	}
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: "team.toast.password"})
	return ui.Redirect(w, r, "/settings/profile")
}

// sessionsPage is the data of the list of a user's devices.
type sessionsPage struct {
	frame
	List []team.Session
}

func (p *Pages) sessions(w http.ResponseWriter, r *ui.Req) error {
	page := sessionsPage{frame: p.frame(r, "sessions")}
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		page.List, err = team.Sessions(r.Context(), tx, r.Who.User)
		return err
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, sessionsTmpl(page))
}

func (p *Pages) sessionEnd(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	if id == r.View.Session {
		return p.signout(w, r)
	}
	err = p.DB.Write(r.Context(), db.Op{}, func(tx *db.Tx) error {
		return team.EndSession(r.Context(), tx, r.Who.User, id)
	})
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: "team.toast.session_ended"})
	return ui.Redirect(w, r, "/settings/sessions")
}

func (p *Pages) sessionEndOthers(w http.ResponseWriter, r *ui.Req) error {
	var n int64
	err := p.DB.Write(r.Context(), db.Op{}, func(tx *db.Tx) (err error) {
		n, err = team.EndOtherSessions(r.Context(), tx, r.Who.User, r.View.Session)
		return err
	})
	if err != nil {
		return err
	}
	if n > 0 {
		ui.Flash(w, r, ui.Toast{Key: "team.toast.sessions_ended", N: n})
	}
	return ui.Redirect(w, r, "/settings/sessions")
}

// mine returns the visitor's role.
func mine(r *ui.Req, tx *db.Tx) (team.Role, error) {
	u, err := team.Get(r.Context(), tx, r.Who.User)
	return u.Role, err
}

// mayGive returns a Forbidden error if a role is above the visitor's own.
func mayGive(r *ui.Req, tx *db.Tx, id ids.ID) error {
	own, err := mine(r, tx)
	if err != nil {
		return err
	}
	role, err := team.GetRole(r.Context(), tx, id)
	if errs.KindOf(err) == errs.NotFound {
		return errs.InvalidField("role", "error.choice")
	}
	if err != nil {
		return err
	}
	return own.MayGive(&role)
}
