package customersweb

import (
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/phone"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
)

// mostTags is how many tags a cell shows.
const mostTags = 3

// cellPage is the data of one cell of the list that is edited where it stands.
type cellPage struct {
	*ui.View
	Key   string // name, phase, owner or tag
	C     *customers.Customer
	Owner string // the owner's name
	Users []team.User
	Edit  string
	Back  string // the list

	listed bool   // stands in the list
	sent   string // what was typed, if err is not nil
	err    error
}

// cellLabels are the keys of the cells that can be edited, with what they are called.
var cellLabels = map[string]string{"name": "customer.name", "phase": "customer.phase", "owner": "customer.owner", "tag": "record.tags"}

func (p *listPage) editable(key string, c *customers.Customer) *cellPage {
	return &cellPage{View: p.View, Key: key, C: c, Owner: p.Owners[c.Owner], Users: p.Users, Back: p.Path, listed: true}
}

func (p *cellPage) id() string    { return p.Key + "-" + p.C.ID.String() }
func (p *cellPage) label() string { return p.T(cellLabels[p.Key]) }

func (p *cellPage) avatar() string {
	if p.C.Kind == customers.Organization {
		return "org sm"
	}
	return "sm"
}

// below returns what stands below the name where there is no room for columns.
func (p *cellPage) below() string {
	return joinWords(" · ", p.C.City, phone.Display(p.C.Phone, p.Region))
}

// stored returns the value of the cell as its control has it.
func (p *cellPage) stored() string {
	switch p.Key {
	case "name":
		return p.C.Name
	case "phase":
		return string(p.C.Phase)
	case "owner":
		if p.C.Owner.IsZero() {
			return ""
		}
		return p.C.Owner.String()
	}
	return joinTags(p.C.Tags)
}

func (p *cellPage) group() ui.InlineGroup {
	g := ui.InlineGroup{
		ID: p.id(), Label: p.label(), Page: href(p.C.ID) + "/cell", Action: href(p.C.ID) + "/cell", Edit: p.Edit,
		Link: p.Key == "name", Locked: !p.May(permWrite), Far: p.listed,
	}
	if p.Edit == g.ID {
		g.Hidden = map[string]string{"was": p.stored(), "back": p.Back}
		g.Fields = p.control()
	}
	return g
}

func (p *cellPage) control() templ.Component {
	f := ui.Field{
		Name: "value", Label: p.label() + ", " + p.C.Title(), Value: p.stored(), Bare: true, Autofocus: true, ID: "edit-" + p.id(), MaxLength: 300,
	}
	if p.err != nil {
		f.Value = p.sent
		f.Error = p.cellError()
	}
	switch p.Key {
	case "phase":
		f.Type = "select"
		for _, s := range customers.Phases {
			f.Options = append(f.Options, ui.Option{Value: string(s), Label: p.T("customer.phase." + string(s))})
		}
	case "owner":
		f.Type = "select"
		f.Options = append([]ui.Option{{Label: p.T("record.nobody")}}, userOptions(p.Users)...)
	case "tag":
		f.MaxLength, f.Placeholder = 2000, p.T("record.tags.hint")
	}
	return ui.Input(f)
}

func (p *cellPage) cellError() string {
	var texts []string
	for _, e := range errs.All(p.err) {
		texts = append(texts, p.Printer.Error(e))
	}
	return strings.Join(texts, " ")
}

// newCell returns the cell that a request is about: the one that its form
// edits or that the answer replaces.
func (p *Pages) newCell(r *ui.Req) (*cellPage, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	name := r.Form.Get("edit")
	if name == "" {
		name = r.Target()
	}
	key, _, _ := strings.Cut(name, "-")
	if cellLabels[key] == "" {
		return nil, errs.New(errs.NotFound, "error.not_found")
	}
	page := &cellPage{View: r.View, Key: key, Edit: r.Form.Get("edit"), Back: r.BackTo(listPath)}
	return page, p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error { return page.load(r, tx, id) })
}

func (p *cellPage) load(r *ui.Req, tx *db.Tx, id ids.ID) error {
	c, err := customers.Get(r.Context(), tx, id)
	if err != nil {
		return err
	}
	p.C = &c
	if p.Key != "owner" {
		return nil
	}
	if p.Users, err = team.Users(r.Context(), tx, true); err != nil {
		return err
	}
	names, err := team.Names(r.Context(), tx, []ids.ID{c.Owner})
	p.Owner = names[c.Owner]
	return err
}

func (p *Pages) cellForm(w http.ResponseWriter, r *ui.Req) error {
	if r.Form.Get("edit") == "" && !r.Partial() { // the form was left, and no script puts the cell back
		return ui.Redirect(w, r, listPath)
	}
	page, err := p.newCell(r)
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, page.page())
}

// errMeanwhile refuses to write over what somebody else has just changed.
var errMeanwhile = errs.New(errs.Invalid, "customers.list.meanwhile")

// cellSave stores one cell.
func (p *Pages) cellSave(w http.ResponseWriter, r *ui.Req) error {
	page, err := p.newCell(r)
	if err != nil {
		return err
	}
	value := r.Text("value")
	var saved customers.Customer
	var op ids.ID
	err = p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: "customer.update", Subject: page.C.ID}, func(tx *db.Tx) error {
		op = tx.Op
		var rev int64
		var err error
		saved, err = customers.Update(r.Context(), tx, page.C.ID, 0, func(c *customers.Customer) error {
			rev, page.C = c.Rev, c
			if page.stored() != r.Form.Get("was") && page.stored() != value {
				return errMeanwhile
			}
			return setCell(c, page.Key, value, page.Users)
		})
		if err == nil && saved.Rev == rev {
			return errSame
		}
		if err != nil {
			return err
		}
		return tx.SetOp(r.Context(), saved.ID, map[string]any{"name": saved.Title()})
	})
	if err != nil && err != errSame {
		if errs.KindOf(err) != errs.Invalid {
			return err
		}
		page.err, page.sent = err, value
		if err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error { return page.load(r, tx, page.C.ID) }); err != nil {
			return err
		}
		return ui.Render(w, r, http.StatusUnprocessableEntity, page.page())
	}
	if err == nil {
		ui.Flash(w, r, ui.Toast{Key: "record.saved", Args: []string{"name", saved.Title()}, Undo: op})
	}
	if !r.Partial() {
		return ui.Redirect(w, r, page.Back)
	}
	page.Edit = ""
	r.View.Path = page.Back // where the toast's undo leads
	if err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error { return page.load(r, tx, page.C.ID) }); err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, page.page())
}

// setCell makes a cell's value what was chosen or typed.
func setCell(c *customers.Customer, key, value string, users []team.User) error {
	switch key {
	case "name":
		c.Name = value
		if value == "" {
			return errs.InvalidField("name", "error.required")
		}
	case "phase":
		c.Phase = customers.Phase(value)
	case "owner":
		id, err := ownerOf(value, users)
		if err != nil {
			return err
		}
		c.Owner = id
	case "tag":
		if value != joinTags(c.Tags) { // a comma within a tag does not part it
			setTags(c, splitTags([]string{value}))
		}
	}
	return nil
}

// ownerOf returns the user whom a form chose as an owner, zero for nobody.
func ownerOf(value string, users []team.User) (ids.ID, error) {
	if value == "" {
		return ids.ID{}, nil
	}
	for _, u := range users {
		if u.ID.String() == value {
			return u.ID, nil
		}
	}
	return ids.ID{}, errs.InvalidField("owner_id", "customers.list.owner")
}

// setTags makes the tags of c the given words. Those that it has keep their rows.
func setTags(c *customers.Customer, words []string) {
	was := map[string]customers.Tag{}
	for _, t := range c.Tags {
		was[t.Value] = t
	}
	c.Tags = nil
	for _, s := range words {
		t, ok := was[s]
		if !ok {
			t = customers.Tag{Value: s}
		}
		c.Tags = append(c.Tags, t)
	}
}
