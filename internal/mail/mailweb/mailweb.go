// Package mailweb is the pages of outgoing mail: the settings of the server, a
// mail to try them with, and what could not be sent.
package mailweb

import (
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/mail"
	"github.com/akrab-crm/akrab/internal/ui"
)

// Pages serves the pages of outgoing mail.
type Pages struct {
	DB   *db.DB
	Need ui.Perm // of those who may change the settings of the workspace

	// Settings puts the frame of the settings around a page.
	Settings func(v *ui.View, at, title string, body templ.Component) templ.Component
}

// Path is the address of the settings of outgoing mail.
const Path = "/settings/mail"

// Key is that of the line in the settings.
const Key = "mail"

// pageSize is how many failed messages a page shows.
const pageSize = 50

// Routes returns the route table.
func (p *Pages) Routes() []ui.Route {
	return []ui.Route{
		ui.GET(Path, p.Need, p.settings),
		ui.POST(Path, p.Need, p.save),
		ui.POST(Path+"/test", p.Need, p.test),
		ui.POST(Path+"/{id}/again", p.Need, p.again),
		ui.POST(Path+"/{id}/drop", p.Need, p.drop),
	}
}

// settingsPage is the data of the settings, with what is on its way.
type settingsPage struct {
	*ui.View
	Set     mail.Settings
	Stored  bool // a password is stored
	Ready   bool
	Err     error
	TestTo  string
	TestErr error
	Counts  mail.Counts
	Waiting []mail.Letter // those that are tried again
	Failed  []mail.Letter
	Next    string
}

func (p *Pages) settings(w http.ResponseWriter, r *ui.Req) error {
	page := settingsPage{View: r.View}
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		page.Set, err = mail.Get(r.Context(), tx)
		return err
	})
	if err != nil {
		return err
	}
	if page.Set.Rev == 0 {
		page.Set.Site = site(r)
	}
	return p.show(w, r, http.StatusOK, page)
}

// site returns the address at which the visitor reached Akrab, to begin with.
func site(r *ui.Req) string {
	scheme := "http"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

func (p *Pages) show(w http.ResponseWriter, r *ui.Req, status int, page settingsPage) error {
	after, err := r.MaybeID("after")
	if err != nil {
		return err
	}
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error {
		stored, err := mail.Get(r.Context(), tx)
		if err != nil {
			return err
		}
		page.Stored, page.Ready = stored.Password != "", stored.Host != ""
		if page.Counts, err = mail.Count(r.Context(), tx); err != nil {
			return err
		}
		if page.Waiting, err = mail.Waiting(r.Context(), tx, pageSize); err != nil {
			return err
		}
		if page.Failed, err = mail.GivenUp(r.Context(), tx, after, pageSize+1); err != nil {
			return err
		}
		if len(page.Failed) > pageSize {
			page.Failed = page.Failed[:pageSize]
			page.Next = Path + "?after=" + page.Failed[pageSize-1].ID.String() + "#failed"
		}
		return nil
	})
	if err != nil {
		return err
	}
	page.Set.Password = "" // never leaves
	if page.TestTo == "" {
		page.TestTo = r.View.Email
	}
	return ui.Render(w, r, status, p.Settings(r.View, Key, r.View.T("mail.title"), page.body()))
}

func (p *Pages) save(w http.ResponseWriter, r *ui.Req) error {
	set := mail.Settings{
		Host: r.Text("host"), Port: r.Int("port", 0), Security: mail.Security(r.Text("security")), Username: r.Text("username"), Password: r.Form.Get("password"),
		From: r.Text("from"), FromName: r.Text("from_name"), Site: r.Text("site"), Rev: r.Int("rev", 0),
	}
	err := p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: "mail.save"}, func(tx *db.Tx) error {
		return mail.Save(r.Context(), tx, set)
	})
	switch errs.KindOf(err) {
	case errs.Invalid:
		return p.show(w, r, http.StatusUnprocessableEntity, settingsPage{View: r.View, Set: set, Err: err})
	case errs.Stale:
		return p.show(w, r, http.StatusPreconditionFailed, settingsPage{View: r.View, Set: set, Err: err})
	}
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: "mail.saved"})
	return ui.Redirect(w, r, Path)
}

// test sends a mail at once, and shows what the server answers.
func (p *Pages) test(w http.ResponseWriter, r *ui.Req) error {
	to := r.Text("to")
	err := mail.Try(r.Context(), p.DB, mail.Message{
		To: to, Name: r.View.Name, Subject: r.View.T("mail.test.subject"), Text: r.View.T("mail.test.text", "name", r.View.Name),
	})
	if errs.KindOf(err) == errs.Invalid {
		page := settingsPage{View: r.View, TestTo: to, TestErr: err}
		readErr := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
			page.Set, err = mail.Get(r.Context(), tx)
			return err
		})
		if readErr != nil {
			return readErr
		}
		return p.show(w, r, http.StatusUnprocessableEntity, page)
	}
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: "mail.test.sent", Args: []string{"to", to}})
	return ui.Redirect(w, r, Path)
}

func (p *Pages) again(w http.ResponseWriter, r *ui.Req) error {
	return p.act(w, r, "mail.again.done", func(tx *db.Tx, id ids.ID) error { return mail.Again(r.Context(), tx, id) })
}

func (p *Pages) drop(w http.ResponseWriter, r *ui.Req) error {
	return p.act(w, r, "mail.drop.done", func(tx *db.Tx, id ids.ID) error { return mail.Drop(r.Context(), tx, id) })
}

// act does something with a message. What waits to be sent is bookkeeping.
func (p *Pages) act(w http.ResponseWriter, r *ui.Req, toast string, f func(tx *db.Tx, id ids.ID) error) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	if err := p.DB.Write(r.Context(), db.Op{Who: r.Who}, func(tx *db.Tx) error { return f(tx, id) }); err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: toast})
	return ui.Redirect(w, r, Path)
}

func (p *settingsPage) securities() []ui.Option {
	var list []ui.Option
	for _, s := range []mail.Security{mail.STARTTLS, mail.TLS, mail.Plain} {
		list = append(list, ui.Option{Value: string(s), Label: p.T("mail.security." + string(s))})
	}
	return list
}

func (p *settingsPage) port() string {
	if p.Set.Port == 0 {
		return ""
	}
	return strconv.FormatInt(p.Set.Port, 10)
}

// passwordHint says whether a password is there, which the page never shows.
func (p *settingsPage) passwordHint() string {
	if p.Stored {
		return p.T("mail.password.stored")
	}
	return p.T("mail.password.hint")
}

// again are the messages that were tried and wait to be tried again.
func (p *settingsPage) again() []mail.Letter {
	var list []mail.Letter
	for _, l := range p.Waiting {
		if l.Error != "" {
			list = append(list, l)
		}
	}
	return list
}

func (p *settingsPage) columns() []ui.Column {
	return []ui.Column{
		{Label: p.T("mail.column.to"), Class: "key"}, {Label: p.T("mail.column.subject"), P: 4}, {Label: p.T("mail.column.error"), Class: "muted", Fill: true},
		{Label: p.T("mail.column.when"), P: 3}, {Label: p.T("mail.column.actions")},
	}
}
