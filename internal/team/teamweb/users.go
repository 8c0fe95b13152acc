package teamweb

import (
	"net/http"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
)

// usersPage is the data of the list of users.
type usersPage struct {
	frame
	All  bool // also those who are no longer active
	List []team.User
}

func (p *Pages) users(w http.ResponseWriter, r *ui.Req) error {
	page := usersPage{frame: p.frame(r, "users"), All: r.Bool("all")}
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		page.List, err = team.Users(r.Context(), tx, !page.All)
		return err
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, usersTmpl(page))
}

// userPage is the data of a user's page, or of a new one's if User.ID is zero.
type userPage struct {
	frame
	User   team.User
	Roles  []team.Role // that the visitor may give
	Locked bool        // the user may do more than the visitor, who only reads
	Self   bool        // the visitor's own
	Err    error
}

// userPage reads what the form needs besides the user.
func (p *Pages) userPage(r *ui.Req, tx *db.Tx, u team.User) (userPage, error) {
	page := userPage{frame: p.frame(r, "users"), User: u, Self: u.ID == r.Who.User}
	own, err := mine(r, tx)
	if err != nil {
		return page, err
	}
	roles, err := team.Roles(r.Context(), tx)
	for _, role := range roles {
		if own.MayGive(&role) == nil {
			page.Roles = append(page.Roles, role)
		}
	}
	page.Locked = !u.Role.ID.IsZero() && own.MayGive(&u.Role) != nil
	return page, err
}

func (p *Pages) userNew(w http.ResponseWriter, r *ui.Req) error {
	return p.showUser(w, r, http.StatusOK, team.User{Active: true}, nil)
}

func (p *Pages) user(w http.ResponseWriter, r *ui.Req) error {
	u, err := p.getUser(r)
	if err != nil {
		return err
	}
	return p.showUser(w, r, http.StatusOK, u, nil)
}

// getUser returns the user named in the path.
func (p *Pages) getUser(r *ui.Req) (u team.User, err error) {
	id, err := r.ID("id")
	if err != nil {
		return u, err
	}
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		u, err = team.Get(r.Context(), tx, id)
		return err
	})
	return u, err
}

// showUser shows the form of a user, with what was wrong with it.
func (p *Pages) showUser(w http.ResponseWriter, r *ui.Req, status int, u team.User, wrong error) error {
	var page userPage
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		page, err = p.userPage(r, tx, u)
		return err
	})
	if err != nil {
		return err
	}
	page.Err = wrong
	return ui.Render(w, r, status, userTmpl(page))
}

// secretPage shows a secret once: a temporary password or a token.
type secretPage struct {
	frame
	Title  string
	Text   string // what it is for, and what to do with it
	Label  string
	Secret string
	Back   string // where to go then
}

// userForm reads the form of a user. A role that is no id is a role that there
// is not, which saving refuses at its field.
func userForm(r *ui.Req, u *team.User) {
	u.Name, u.Email = r.Text("name"), r.Text("email")
	u.RoleID, _ = r.MaybeID("role")
}

func (p *Pages) userCreate(w http.ResponseWriter, r *ui.Req) error {
	var u team.User
	userForm(r, &u)
	if err := u.Check(); err != nil {
		return p.showUser(w, r, status(err), u, err)
	}
	text, pw, err := team.TemporaryPassword(r.Context())
	if err != nil {
		return err
	}
	_, err = p.write(r, "team.user.create", func(tx *db.Tx) error {
		if err := mayGive(r, tx, u.RoleID); err != nil {
			return err
		}
		return team.CreateUser(r.Context(), tx, &u, pw)
	})
	if refused(err) {
		u.ID = ids.ID{}
		return p.showUser(w, r, status(err), u, err)
	}
	if err != nil {
		return err
	}
	return p.showPassword(w, r, u, text)
}

func (p *Pages) showPassword(w http.ResponseWriter, r *ui.Req, u team.User, text string) error {
	return ui.Render(w, r, http.StatusOK, secretTmpl(secretPage{
		frame: p.frame(r, "users"), Title: r.View.T("team.temporary.title", "name", u.Name),
		Text: r.View.T("team.temporary.text", "name", u.Name, "email", u.Email), Label: r.View.T("team.temporary.label"),
		Secret: text, Back: "/settings/users",
	}))
}

func (p *Pages) userSave(w http.ResponseWriter, r *ui.Req) error {
	u, err := p.getUser(r)
	if err != nil {
		return err
	}
	was := u
	userForm(r, &u)
	u.Active = r.Bool("active")
	u.Rev = r.Int("rev", 0)
	why, toast := "team.user.save", "team.toast.saved"
	switch {
	case was.Active && !u.Active:
		why, toast = "team.user.deactivate", "team.toast.deactivated"
	case !was.Active && u.Active:
		why = "team.user.activate"
	}
	_, err = p.write(r, why, func(tx *db.Tx) error {
		if err := mayGive(r, tx, was.RoleID); err != nil {
			return err
		}
		if err := mayGive(r, tx, u.RoleID); err != nil {
			return err
		}
		return team.SaveUser(r.Context(), tx, &u)
	})
	if refused(err) {
		return p.showUser(w, r, status(err), u, err)
	}
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: toast, Args: []string{"name", u.Name}})
	return ui.Redirect(w, r, "/settings/users")
}

// userPassword gives a user a temporary password, which is shown once.
func (p *Pages) userPassword(w http.ResponseWriter, r *ui.Req) error {
	u, err := p.getUser(r)
	if err != nil {
		return err
	}
	text, pw, err := team.TemporaryPassword(r.Context())
	if err != nil {
		return err
	}
	_, err = p.write(r, "team.user.password", func(tx *db.Tx) error {
		if err := mayGive(r, tx, u.RoleID); err != nil {
			return err
		}
		return team.SetPassword(r.Context(), tx, u.ID, pw, ids.ID{})
	})
	if refused(err) {
		return p.showUser(w, r, status(err), u, err)
	}
	if err != nil {
		return err
	}
	return p.showPassword(w, r, u, text)
}
