package teamweb

import (
	"net/http"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/workspace"
)

// signinPage is the data of the page on which one signs in.
type signinPage struct {
	*ui.View
	Email string
	Next  string // where to go then
	Err   error
}

func (p *Pages) signin(w http.ResponseWriter, r *ui.Req) error {
	next := returnTo(r.Text("next"))
	i, _, err := p.identify(r.Request)
	switch {
	case err == nil && i.MustChange:
		return ui.Render(w, r, http.StatusOK, newPasswordTmpl(newPasswordPage{View: r.View, Email: i.Email, Next: next}))
	case err == nil:
		return ui.Redirect(w, r, next)
	case errs.KindOf(err) != errs.Signin:
		return err
	}
	if any, err := p.anyUser(r); err != nil {
		return err
	} else if !any {
		return ui.Redirect(w, r, "/setup")
	}
	return ui.Render(w, r, http.StatusOK, signinTmpl(signinPage{View: r.View, Next: next}))
}

func (p *Pages) anyUser(r *ui.Req) (any bool, err error) {
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		any, err = team.Any(r.Context(), tx)
		return err
	})
	return any, err
}

func (p *Pages) signinSend(w http.ResponseWriter, r *ui.Req) error {
	page := signinPage{View: r.View, Email: r.Text("email"), Next: returnTo(r.Text("next"))}
	secret, err := team.SignIn(r.Context(), p.DB, team.Credentials{
		Email: page.Email, Password: r.Form.Get("password"), Device: p.device(r.Request),
	})
	if refused(err) {
		page.Err = err
		return ui.Render(w, r, status(err), signinTmpl(page))
	}
	if err != nil {
		return err
	}
	if err := p.endSession(r); err != nil {
		return err
	}
	p.setSession(w, r.Request, secret)
	return ui.Redirect(w, r, page.Next)
}

// endSession ends the session that the browser has, if it has one.
func (p *Pages) endSession(r *ui.Req) error {
	i, _, err := p.identify(r.Request)
	if errs.KindOf(err) == errs.Signin {
		return nil
	}
	if err != nil {
		return err
	}
	err = p.DB.Write(r.Context(), db.Op{}, func(tx *db.Tx) error {
		return team.EndSession(r.Context(), tx, i.User, i.Session)
	})
	if errs.KindOf(err) == errs.NotFound {
		return nil // ended elsewhere at the same moment
	}
	return err
}

func (p *Pages) signout(w http.ResponseWriter, r *ui.Req) error {
	if err := p.endSession(r); err != nil {
		return err
	}
	p.setSession(w, r.Request, "")
	return ui.Redirect(w, r, ui.PathSignin)
}

// newPasswordPage is the data of the page on which who signed in with a
// temporary password chooses another.
type newPasswordPage struct {
	*ui.View
	Email string
	Next  string
	Err   error
}

func (p *Pages) signinPassword(w http.ResponseWriter, r *ui.Req) error {
	i, _, err := p.identify(r.Request)
	if err != nil {
		return err
	}
	next := returnTo(r.Text("next"))
	if !i.MustChange {
		return ui.Redirect(w, r, next)
	}
	err = p.changePassword(r, &i)
	if refused(err) {
		return ui.Render(w, r, status(err), newPasswordTmpl(newPasswordPage{r.View, i.Email, next, err}))
	}
	if err != nil {
		return err
	}
	return ui.Redirect(w, r, next)
}

// changePassword gives a user the password in the form, and signs them out
// everywhere else.
func (p *Pages) changePassword(r *ui.Req, i *team.Identity) error {
	pw, err := team.NewPassword(r.Context(), r.Form.Get("password"), i.Name, i.Email)
	if err != nil {
		return err
	}
	return p.DB.Write(r.Context(), db.Op{Who: i.Who(), Why: "team.password"}, func(tx *db.Tx) error {
		return team.SetPassword(r.Context(), tx, i.User, pw, i.Session)
	})
}

// setupPage is the data of the first visit.
type setupPage struct {
	*ui.View
	NeedToken bool
	Token     string
	Settings  workspace.Settings
	Name      string // the first administrator's
	Email     string
	Demo      string // where the form posts that opens a demo company; "" for none
	Err       error
}

func (p *Pages) setup(w http.ResponseWriter, r *ui.Req) error {
	if any, err := p.anyUser(r); err != nil {
		return err
	} else if any {
		return ui.Redirect(w, r, ui.PathSignin)
	}
	s := workspace.Default()
	s.Language = r.View.Lang
	return ui.Render(w, r, http.StatusOK, setupTmpl(setupPage{
		View: r.View, Settings: s, NeedToken: !onThisMachine(r.Request), Token: r.Text("token"), Demo: p.Demo,
	}))
}

// FirstVisit returns nil if a visitor may set the workspace up: nobody has an
// account yet, and they are on this machine or sent a token that was printed
// when it started. Else the error is Conflict, or Invalid at the field token.
func (p *Pages) FirstVisit(r *ui.Req) error {
	return p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error {
		any, err := team.Any(r.Context(), tx)
		switch {
		case err != nil:
			return err
		case any:
			return errs.New(errs.Conflict, "team.setup.done")
		case onThisMachine(r.Request):
			return nil
		}
		return team.CheckSetupToken(r.Context(), tx, r.Text("token"))
	})
}

func (p *Pages) setupSave(w http.ResponseWriter, r *ui.Req) error {
	if any, err := p.anyUser(r); err != nil {
		return err
	} else if any {
		return ui.Redirect(w, r, ui.PathSignin)
	}
	s := workspace.Default()
	s.Name, s.Language, s.Zone, s.Region = r.Text("company"), locale.Lang(r.Text("language")), r.Text("zone"), r.Text("region")
	s.Currency = money.Currency(r.Text("currency"))
	page := setupPage{
		View: r.View, Settings: s, NeedToken: !onThisMachine(r.Request), Token: r.Text("token"), Name: r.Text("name"), Email: r.Text("email"), Demo: p.Demo,
	}
	secret, err := p.firstAdministrator(r, &page)
	if refused(err) {
		page.Err = err
		return ui.Render(w, r, status(err), setupTmpl(page))
	}
	if err != nil {
		return err
	}
	p.setSession(w, r.Request, secret)
	ui.Flash(w, r, ui.Toast{Key: "team.setup.welcome"})
	return ui.Redirect(w, r, "/")
}

// firstAdministrator saves the settings, creates the first user and signs them
// in. Nothing is hashed for who lacks the token.
func (p *Pages) firstAdministrator(r *ui.Req, page *setupPage) (secret string, err error) {
	ctx := r.Context()
	checkToken := func(tx *db.Tx) error {
		if !page.NeedToken {
			return nil
		}
		return team.CheckSetupToken(ctx, tx, page.Token)
	}
	if err := p.DB.Read(ctx, r.Who, checkToken); err != nil {
		return "", err
	}
	u := team.User{Name: page.Name, Email: page.Email, Taste: team.Taste{Language: page.Settings.Language}}
	var list errs.List
	addAll(&list, page.Settings.Check(), "name", "company")
	addAll(&list, u.Check(), "", "")
	pw, err := team.NewPassword(ctx, r.Form.Get("password"), page.Name, page.Email, page.Settings.Name)
	if err != nil && errs.KindOf(err) != errs.Invalid {
		return "", err
	}
	addAll(&list, err, "", "")
	if err := list.Err(); err != nil {
		return "", err
	}
	// History names who did it, although they exist only afterwards.
	who := db.Who{Name: u.Name}
	err = p.DB.Write(ctx, db.Op{Who: who, Why: "team.setup"}, func(tx *db.Tx) error {
		if err := checkToken(tx); err != nil {
			return err
		}
		now, err := workspace.Get(ctx, tx)
		if err != nil {
			return err
		}
		if err := workspace.Save(ctx, tx, page.Settings, now.Rev); err != nil {
			return err
		}
		if err := team.FirstAdministrator(ctx, tx, p.Permissions, &u, pw); err != nil {
			return err
		}
		secret, err = team.StartSession(ctx, tx, u.ID, p.device(r.Request))
		return err
	})
	return secret, err
}

// addAll adds the errors in err to list, those about the field from as errors
// about the field to.
func addAll(list *errs.List, err error, from, to string) {
	for _, e := range errs.All(err) {
		if e.Field == from && from != "" {
			e = errs.InvalidField(to, e.Key, e.Args...)
		}
		list.Add(e)
	}
}

// language keeps the language that a visitor chose, signed in or not.
func (p *Pages) language(w http.ResponseWriter, r *ui.Req) error {
	lang, ok := locale.ParseLang(r.Text("lang"))
	if !ok {
		return errs.InvalidField("lang", "error.choice")
	}
	if err := p.taste(r, func(t *team.Taste) { t.Language = lang }); err != nil {
		return err
	}
	p.setLang(w, r.Request, lang)
	return ui.Redirect(w, r, r.Back("/"))
}

func (p *Pages) theme(w http.ResponseWriter, r *ui.Req) error {
	if err := p.taste(r, func(t *team.Taste) { t.Theme = r.Text("theme") }); err != nil {
		return err
	}
	return ui.Done(w, r, "/settings/profile")
}

func (p *Pages) sidebar(w http.ResponseWriter, r *ui.Req) error {
	if err := p.taste(r, func(t *team.Taste) { t.NavFolded = r.Bool("folded") }); err != nil {
		return err
	}
	return ui.Done(w, r, "/")
}

// taste changes how the visitor likes pages, if they are signed in.
func (p *Pages) taste(r *ui.Req, change func(*team.Taste)) error {
	if r.View.Session.IsZero() {
		return nil
	}
	return p.DB.Write(r.Context(), db.Op{}, func(tx *db.Tx) error {
		return team.ChangeTaste(r.Context(), tx, r.Who.User, change)
	})
}
