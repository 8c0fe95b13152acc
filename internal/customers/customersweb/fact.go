package customersweb

import (
	"errors"
	"net/http"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/ui"
)

// A fact is a group of fields that is edited where it stands on a customer's
// page. Its key is the id of its element and part of the address it posts to.
type fact struct {
	label  string // message key
	read   func(*input)
	fields func(f *form) templ.Component
	stay   bool // several fields, which only a button saves
	link   bool // its values hold links
	whole  bool // shows elsewhere on the page too
}

// one makes the form of a single field.
func one(field func(*form) ui.Field) func(*form) templ.Component {
	return func(f *form) templ.Component { return bareFields(field(f)) }
}

var facts = map[string]fact{
	"addressing":  {label: "record.addressing", read: (*input).addressing, fields: one((*form).addressingField)},
	"language":    {label: "customer.language", read: (*input).language, fields: one((*form).languageField)},
	"channel":     {label: "customer.channel", read: (*input).channel, fields: func(f *form) templ.Component { return bareFields(f.channelField(), f.hoursField()) }},
	"birthday":    {label: "customer.birthday", read: (*input).birthday, fields: one((*form).birthdayField)},
	"remember":    {label: "record.remember", read: (*input).remember, fields: one((*form).rememberField)},
	"owner":       {label: "customer.owner", read: (*input).owner, fields: one((*form).ownerField)},
	"phase":       {label: "customer.phase", read: (*input).phase, fields: one((*form).phaseField)},
	"reseller":    {label: "customer.reseller", read: (*input).reseller, fields: one((*form).resellerField), whole: true},
	"external_id": {label: "customer.external_id", read: (*input).number, fields: one((*form).numberField)},
	"source":      {label: "customer.source", read: (*input).source, fields: one((*form).sourceField)},
	"parent": {
		label: "customer.parent", read: (*input).parent,
		fields: func(f *form) templ.Component { return refInput(f.View, f.parentRef(true)) }, stay: true, link: true, whole: true,
	},
	"name":      {label: "customer.name", read: (*input).name, fields: func(f *form) templ.Component { return f.nameFields() }, stay: true, whole: true},
	"emails":    {label: "customer.email", read: (*input).emails, fields: func(f *form) templ.Component { return f.emailRows() }, stay: true, link: true, whole: true},
	"phones":    {label: "customer.phone", read: (*input).phones, fields: func(f *form) templ.Component { return f.phoneRows() }, stay: true, link: true, whole: true},
	"handles":   {label: "record.handles", read: (*input).handles, fields: func(f *form) templ.Component { return f.handleRows() }, stay: true, link: true, whole: true},
	"addresses": {label: "record.address", read: (*input).addresses, fields: func(f *form) templ.Component { return f.addressRows() }, stay: true, link: true, whole: true},
	"relations": {
		label: "record.relations", read: (*input).relations,
		fields: func(f *form) templ.Component { return f.relationRows() }, stay: true, link: true, whole: true,
	},
	"traits":   {label: "record.traits", read: (*input).traits, fields: func(f *form) templ.Component { return f.traitRows() }, stay: true, link: true},
	"consents": {label: "record.consents", read: (*input).consents, fields: func(f *form) templ.Component { return f.consentRows() }, stay: true, link: true},
}

// group returns how the page shows a fact.
func (p *recordPage) group(key string) ui.InlineGroup {
	t := facts[key]
	g := ui.InlineGroup{
		ID: key, Label: p.T(t.label), Page: p.href(), Action: p.href() + "/facts/" + key, Edit: p.Edit,
		Stay: t.stay, Link: t.link, Locked: !p.May(permWrite),
	}
	if t.whole {
		g.Refresh = "main"
	}
	if p.Edit == key && p.form != nil {
		g.Hidden = map[string]string{"base": p.base}
		g.Fields = t.fields(p.form)
	}
	return g
}

// factSave changes one fact of a customer, from the form that stands in its place.
func (p *Pages) factSave(w http.ResponseWriter, r *ui.Req) error {
	key := r.PathValue("fact")
	t, ok := facts[key]
	if !ok {
		return errs.New(errs.NotFound, "error.not_found")
	}
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	if r.Reshape() {
		return p.show(w, r, http.StatusOK, id, shown{edit: key, sent: true})
	}
	return p.save(w, r, id, t.read, func(status int, err error, picks picks) error {
		return p.show(w, r, status, id, shown{edit: key, sent: true, err: err, picks: picks})
	})
}

// save stores what a form says of a customer, and leads back to their page.
// read reads the form; refuse shows it again. A change that clashes with
// somebody else's leads to the page that asks.
func (p *Pages) save(w http.ResponseWriter, r *ui.Req, id ids.ID, read func(*input), refuse func(int, error, picks) error) error {
	base, err := decode(r.Form.Get("base"))
	if err != nil {
		return err
	}
	base.ID = id
	var in *input
	var mine, saved customers.Customer
	var op ids.ID
	err = p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: "customer.update", Subject: id}, func(tx *db.Tx) error {
		op = tx.Op
		mine, _ = decode(r.Form.Get("base"))
		mine.ID = id
		var err error
		if in, err = p.input(r.Context(), tx, r, &mine); err != nil {
			return err
		}
		read(in)
		if err := in.finish(); err != nil {
			return err
		}
		was := base
		if text := r.Form.Get("seen"); text != "" {
			seen, err := decode(text)
			if err != nil {
				return err
			}
			settle(&was, &mine, &seen, func(field string) string { return r.Form.Get("choose." + field) })
		}
		if saved, err = save(r.Context(), tx, &was, &mine); err != nil {
			return err
		}
		return tx.SetOp(r.Context(), id, map[string]any{"name": saved.Title()})
	})
	clash := (*clashed)(nil)
	switch {
	case errors.Is(err, errSame):
		return ui.Redirect(w, r, back(r, id))
	case errors.As(err, &clash):
		return p.clash(w, r, id, &mine, clash)
	case errs.KindOf(err) == errs.Conflict && mine.ExternalID != base.ExternalID:
		return refuse(http.StatusUnprocessableEntity, errs.InvalidField("external_id", "record.external_id.taken"), in.picks)
	case errs.KindOf(err) == errs.Invalid:
		return refuse(http.StatusUnprocessableEntity, err, in.picks)
	case err != nil:
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: "record.saved", Args: []string{"name", saved.Title()}, Undo: op})
	return ui.Redirect(w, r, back(r, id))
}
