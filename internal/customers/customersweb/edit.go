package customersweb

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/ui"
)

// formPage is the data of the page with all fields of a customer.
type formPage struct {
	*form
	title  string
	action string
	cancel string
	base   string // the customer as they were when the form was first shown; empty for a new one
	likely []likeRow
	ask    bool // whether the form was held back because of them
}

// A likeRow is a customer that may be the same as the one in the form.
type likeRow struct {
	ID     ids.ID
	Name   string
	Sub    string
	Org    bool
	Reason string // message key
	Value  string
}

// all reads all fields.
func (in *input) all() {
	for _, read := range []func(*input){
		(*input).kind, (*input).name, (*input).addressing, (*input).language, (*input).channel, (*input).birthday, (*input).remember,
		(*input).owner, (*input).phase, (*input).reseller, (*input).number, (*input).source, (*input).parent,
		(*input).emails, (*input).phones, (*input).handles, (*input).addresses, (*input).relations, (*input).traits, (*input).consents, (*input).tags,
	} {
		read(in)
	}
}

// newForm shows the form for a new customer. The address may fill in a name, a
// telephone, an e-mail address, a kind, the organisation that they are a
// member of, and the one above them.
func (p *Pages) newForm(w http.ResponseWriter, r *ui.Req) error {
	if r.Partial() && r.Target() == "likely" {
		return p.showForm(w, r, http.StatusOK, ids.ID{}, nil, nil, false)
	}
	c := customers.Customer{Kind: customers.Kind(r.Text("kind")), Name: r.Text("name"), Owner: r.Who.User}
	if c.Kind == "" {
		c.Kind = customers.Person
	}
	if s := r.Text("phone"); s != "" {
		c.Phones = []customers.Phone{{Value: s}}
	}
	if s := r.Text("email"); s != "" {
		c.Emails = []customers.Email{{Value: s}}
	}
	if id, err := r.MaybeID("member_of"); err == nil && !id.IsZero() {
		c.Relations = []customers.Relation{{Kind: customers.Member, Other: id}}
	}
	if id, err := r.MaybeID("served_by"); err == nil && !id.IsZero() {
		c.Relations = append(c.Relations, customers.Relation{Kind: customers.ServedBy, Other: id})
	}
	if id, err := r.MaybeID("parent"); err == nil {
		c.Parent = id
	}
	page := p.page(r, &c, ids.ID{})
	if err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error { return page.load(r.Context(), tx) }); err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, page.page())
}

// page returns the page of a form; id is zero for a new customer.
func (p *Pages) page(r *ui.Req, c *customers.Customer, id ids.ID) *formPage {
	page := &formPage{form: &form{View: r.View, c: c, r: r}, title: r.View.T("record.new"), action: "/customers/new", cancel: "/customers"}
	if !id.IsZero() {
		page.title = r.View.T("record.edit", "name", c.Title())
		page.action, page.cancel = href(id)+"/edit", href(id)
		page.base = encode(c)
	}
	return page
}

// editForm shows the form of a customer.
func (p *Pages) editForm(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	if r.Partial() && r.Target() == "likely" {
		return p.showForm(w, r, http.StatusOK, id, nil, nil, false)
	}
	var page *formPage
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error {
		c, err := customers.Get(r.Context(), tx, id)
		if err != nil {
			return err
		}
		page = p.page(r, &c, id)
		return page.load(r.Context(), tx)
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, page.page())
}

// showForm shows a form again as it was sent, with the customers who may be
// the same as the one in it. id is zero for a new customer.
func (p *Pages) showForm(w http.ResponseWriter, r *ui.Req, status int, id ids.ID, cause error, picks picks, ask bool) error {
	var page *formPage
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error {
		var c customers.Customer
		if !id.IsZero() {
			var err error
			if c, err = customers.Get(r.Context(), tx, id); err != nil {
				return err
			}
		}
		page = p.page(r, &c, id)
		page.sent, page.err, page.picks, page.ask = true, cause, picks, ask
		if !id.IsZero() {
			page.base = r.Form.Get("base")
		}
		if err := page.load(r.Context(), tx); err != nil {
			return err
		}
		mine := customers.Customer{ID: id}
		var err error
		page.likely, err = p.likely(r.Context(), tx, r, &mine)
		return err
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, status, page.page())
}

// likely returns the customers who may be the same as the one in a form, of
// which c gets what makes them alike.
func (p *Pages) likely(ctx context.Context, tx *db.Tx, r *ui.Req, c *customers.Customer) ([]likeRow, error) {
	in, err := p.input(ctx, tx, r, c)
	if err != nil {
		return nil, err
	}
	in.name()
	in.emails()
	in.phones()
	_ = in.finish() // what is not finished yet makes nobody alike
	return p.likelyTo(ctx, tx, c)
}

func (p *Pages) likelyTo(ctx context.Context, tx *db.Tx, c *customers.Customer) ([]likeRow, error) {
	found, err := customers.Likely(ctx, tx, c, 5)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	list := make([]ids.ID, len(found))
	for i, l := range found {
		list[i] = l.ID
	}
	rows, err := customers.GetMany(ctx, tx, list)
	if err != nil {
		return nil, err
	}
	var out []likeRow
	for _, l := range found {
		i := slices.IndexFunc(rows, func(c customers.Customer) bool { return c.ID == l.ID })
		if i < 0 {
			continue // not for this visitor
		}
		c := &rows[i]
		out = append(out, likeRow{
			ID: c.ID, Name: c.Title(), Sub: joinWords(" · ", c.Place(), c.ExternalID), Org: c.Kind == customers.Organization,
			Reason: "record.likely." + l.Reason, Value: l.Value,
		})
	}
	return out, nil
}

// known returns the customers whom the form showed as likely the same: those
// who still save it mean another.
func known(r *ui.Req, list []likeRow) bool {
	seen := strings.Fields(strings.Join(r.Form["likely"], " "))
	return !slices.ContainsFunc(list, func(l likeRow) bool { return !slices.Contains(seen, l.ID.String()) })
}

// errLikely holds a form back until its sender has seen who may be the same.
var errLikely = errs.New(errs.Invalid, "record.likely.ask")

// create adds a customer.
func (p *Pages) create(w http.ResponseWriter, r *ui.Req) error {
	if r.Reshape() {
		return p.showForm(w, r, http.StatusOK, ids.ID{}, nil, nil, false)
	}
	var c customers.Customer
	var in *input
	var op ids.ID
	err := p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: "customer.create"}, func(tx *db.Tx) error {
		op, c = tx.Op, customers.Customer{}
		var err error
		if in, err = p.input(r.Context(), tx, r, &c); err != nil {
			return err
		}
		in.all()
		if err := in.finish(); err != nil {
			return err
		}
		if list, err := p.likelyTo(r.Context(), tx, &c); err != nil || !known(r, list) {
			return cmpErr(err, errLikely)
		}
		if err := customers.Insert(r.Context(), tx, []*customers.Customer{&c}); err != nil {
			return err
		}
		return tx.SetOp(r.Context(), c.ID, map[string]any{"name": c.Title()})
	})
	if err != nil {
		return p.refuse(w, r, ids.ID{}, err, in, c.ExternalID != "")
	}
	ui.Flash(w, r, ui.Toast{Key: "record.created", Args: []string{"name", c.Title()}, Undo: op})
	return ui.Redirect(w, r, href(c.ID))
}

// cmpErr returns the first error, or else the second.
func cmpErr(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// refuse shows a form again with what was wrong, if its sender can mend it.
func (p *Pages) refuse(w http.ResponseWriter, r *ui.Req, id ids.ID, err error, in *input, number bool) error {
	var picks picks
	if in != nil {
		picks = in.picks
	}
	switch {
	case err == error(errLikely):
		return p.showForm(w, r, http.StatusUnprocessableEntity, id, nil, picks, true)
	case errs.KindOf(err) == errs.Conflict && number:
		return p.showForm(w, r, http.StatusUnprocessableEntity, id, errs.InvalidField("external_id", "record.external_id.taken"), picks, false)
	case errs.KindOf(err) == errs.Invalid:
		return p.showForm(w, r, http.StatusUnprocessableEntity, id, err, picks, false)
	}
	return err
}

// update changes a customer by the form with all fields.
func (p *Pages) update(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	if r.Reshape() {
		return p.showForm(w, r, http.StatusOK, id, nil, nil, false)
	}
	return p.save(w, r, id, (*input).all, func(status int, err error, picks picks) error {
		return p.showForm(w, r, status, id, err, picks, false)
	})
}
