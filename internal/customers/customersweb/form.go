package customersweb

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/workspace"
)

// A form is what the fields of a customer show: what was sent, if it is shown
// again, else what is stored.
type form struct {
	*ui.View
	c     *customers.Customer
	r     *ui.Req
	sent  bool // the request holds the fields
	err   error
	users []team.User
	names map[ids.ID]string // of the other customers
	picks picks
	order locale.DateOrder
}

// load fills in who can be chosen.
func (f *form) load(ctx context.Context, tx *db.Tx) error {
	set, err := workspace.Get(ctx, tx)
	if err != nil {
		return err
	}
	f.order = set.DateOrder
	if f.users, err = team.Users(ctx, tx, true); err != nil {
		return err
	}
	owners, others := references(f.c)
	for _, id := range owners { // who has left is still shown where they are
		if !slices.ContainsFunc(f.users, func(u team.User) bool { return u.ID == id }) {
			u, err := team.Get(ctx, tx, id)
			if err != nil && errs.KindOf(err) != errs.NotFound {
				return err
			}
			if err == nil {
				f.users = append(f.users, u)
			}
		}
	}
	f.names, err = customers.Names(ctx, tx, others)
	return err
}

// value returns what a field shows.
func (f *form) value(name, stored string) string {
	if f.sent {
		return f.r.Form.Get(name)
	}
	return stored
}

func (f *form) field(name, label, stored string) ui.Field {
	return ui.Field{Name: name, Label: f.T(label), Value: f.value(name, stored), Error: f.FieldError(f.err, name)}
}

func (f *form) choice(name, label, stored string, options []ui.Option) ui.Field {
	x := f.field(name, label, stored)
	x.Type, x.Options = "select", options
	if !slices.ContainsFunc(options, func(o ui.Option) bool { return o.Value == x.Value }) && x.Value != "" {
		x.Options = append(x.Options, ui.Option{Value: x.Value, Label: x.Value})
	}
	return x
}

func optionsOf[T ~string](f *form, prefix string, values []T) []ui.Option {
	list := make([]ui.Option, len(values))
	for i, v := range values {
		list[i] = ui.Option{Value: string(v), Label: f.T(prefix + string(v))}
	}
	return list
}

// orNone puts a choice of nothing before the others.
func (f *form) orNone(key string, list []ui.Option) []ui.Option {
	return append([]ui.Option{{Label: f.T(key)}}, list...)
}

func (f *form) kindField() ui.Field {
	x := f.choice("kind", "customer.kind", string(f.c.Kind), optionsOf(f, "customer.kind.", customers.Kinds))
	x.Type, x.Full = "radio", true
	return x
}

func (f *form) nameField() ui.Field {
	x := f.field("name", "customer.name", f.c.Name)
	x.Full = true
	return x
}

func (f *form) addressingField() ui.Field {
	x := f.field("addressing", "record.addressing", f.c.Addressing)
	x.Placeholder = f.T("record.addressing.example")
	return x
}

// languages are those that customers of an Indonesian company may like to be
// addressed in, by their codes (BCP 47).
var languages = []string{"id", "jv", "su", "mad", "min", "bug", "ban", "bjn", "bbc", "ms", "en", "zh", "ar", "ja", "ko", "nl", "ta", "hi"}

func (f *form) languageField() ui.Field {
	return f.choice("language", "customer.language", f.c.Language, f.orNone("record.unknown", optionsOf(f, "record.lang.", languages)))
}

func (f *form) channelField() ui.Field {
	return f.choice("channel", "customer.channel", f.c.Channel, f.orNone("record.unknown", optionsOf(f, "customer.channel.", customers.Channels)))
}

func (f *form) hoursField() ui.Field {
	x := f.field("hours", "record.hours", f.c.Hours)
	x.Placeholder = f.T("record.hours.example")
	return x
}

func (f *form) birthdayField() ui.Field {
	x := f.field("birthday", "customer.birthday", birthdayText(f.c.Birthday, f.order))
	x.Placeholder, x.Hint = f.T("record.birthday.example"), f.T("record.birthday.hint")
	return x
}

// birthdayText returns a birthday as it is typed in a workspace.
func birthdayText(day string, order locale.DateOrder) string {
	if len(day) != len(time.DateOnly) {
		return day
	}
	y, m, d := day[:4], day[5:7], day[8:]
	switch {
	case y == yearless && order == locale.DMY:
		return d + "-" + m
	case y == yearless:
		return m + "-" + d
	case order == locale.DMY:
		return d + "-" + m + "-" + y
	case order == locale.MDY:
		return m + "-" + d + "-" + y
	}
	return day
}

func (f *form) rememberField() ui.Field {
	x := f.field("remember", "record.remember", f.c.Remember)
	x.Type, x.Full, x.Placeholder = "textarea", true, f.T("record.remember.example")
	return x
}

func (f *form) ownerField() ui.Field {
	list := make([]ui.Option, len(f.users))
	for i, u := range f.users {
		list[i] = ui.Option{Value: u.ID.String(), Label: u.Name}
	}
	return f.choice("owner_id", "customer.owner", f.c.Owner.String(), f.orNone("record.nobody", list))
}

func (f *form) phaseField() ui.Field {
	return f.choice("phase", "customer.phase", string(f.c.Phase), optionsOf(f, "customer.phase.", customers.Phases))
}

func (f *form) resellerField() ui.Field {
	x := f.choice("roles", "customer.reseller", string(f.c.Reseller), f.orNone("record.reseller.none", optionsOf(f, "customer.reseller.", customers.Resellers)))
	return x
}

func (f *form) numberField() ui.Field {
	x := f.field("external_id", "customer.external_id", f.c.ExternalID)
	x.Hint = f.T("record.external_id.hint")
	return x
}

func (f *form) sourceField() ui.Field {
	x := f.field("source", "customer.source", f.c.Source)
	x.Placeholder = f.T("record.source.example")
	return x
}

func (f *form) tagsField() ui.Field {
	x := f.field("tags", "record.tags", joinTags(f.c.Tags))
	x.Hint, x.Full = f.T("record.tags.hint"), true
	return x
}

// A ref is a field that names another customer.
type ref struct {
	name, label, text string
	id                ids.ID
	picks             []other
	err               string
	bare, full        bool
}

func (f *form) ref(name, label string, stored ids.ID, row bool) ref {
	x := ref{name: name, label: f.T(label), id: stored, text: f.names[stored], picks: f.picks[name], err: f.FieldError(f.err, name+"_id"), bare: row}
	if f.sent {
		x.text = f.r.Text(name)
		x.id, _ = f.r.MaybeID(name + "_id")
	}
	return x
}

// list is the id of the suggestions.
func (x ref) list() string { return "f-" + x.name + "-list" }

func (x ref) attrs() templ.Attributes {
	return templ.Attributes{"data-suggest": "/customers/suggest", "list": x.list()}
}

func (x ref) field() ui.Field {
	return ui.Field{Name: x.name, Label: x.label, Value: x.text, Error: x.err, Bare: x.bare, Attrs: x.attrs(), Type: "search"}
}

func (x ref) pickField(v *ui.View) ui.Field {
	list := []ui.Option{{Label: v.T("record.other.pick")}}
	for _, o := range x.picks {
		list = append(list, ui.Option{Value: o.ID.String(), Label: o.label()})
	}
	return ui.Field{Name: x.name + "_pick", Label: x.label, Type: "select", Options: list, Bare: true}
}

// ref is the row's field that names another customer.
func (w rowForm) ref(field, label string, stored ids.ID) ref {
	if w.index < 0 {
		return ref{name: w.name(field), label: w.T(label), bare: true}
	}
	return w.form.ref(w.name(field), label, stored, true)
}

func (w rowForm) date(field, label, stored string) ui.Field {
	x := w.field(field, label, stored)
	x.Type, x.Bare = "date", false
	return x
}

func (w rowForm) consentOptions() []ui.Option {
	return []ui.Option{{Label: "–"}, {Value: "1", Label: w.T("record.consent.granted")}, {Value: "0", Label: w.T("record.consent.refused")}}
}

func full(x ui.Field) ui.Field {
	x.Full = true
	return x
}

// A rowForm is the fields of one row; its index is -1 for the row that a
// script copies.
type rowForm struct {
	*form
	list  string
	index int
}

func (f *form) row(list string, index int) rowForm { return rowForm{form: f, list: list, index: index} }

func (w rowForm) name(field string) string { return ui.RowName(w.list, w.index, field) }

func (w rowForm) value(field, stored string) string {
	switch {
	case w.index < 0:
		return ""
	case w.sent:
		return w.r.Form.Get(w.name(field))
	}
	return stored
}

func (w rowForm) number(n int64) string { return w.value("n", strconv.FormatInt(n, 10)) }

func (w rowForm) field(field, label, stored string) ui.Field {
	name := w.name(field)
	x := ui.Field{Name: name, Label: w.T(label), Value: w.value(field, stored), Placeholder: w.T(label), Bare: true}
	if w.index >= 0 {
		x.Error = w.FieldError(w.err, name)
	}
	return x
}

// labelled is field with its label above it, for rows of many fields.
func (w rowForm) labelled(field, label, stored string) ui.Field {
	x := w.field(field, label, stored)
	x.Bare, x.Placeholder = false, ""
	return x
}

func (w rowForm) choice(field, label, stored string, options []ui.Option) ui.Field {
	x := w.field(field, label, stored)
	x.Type, x.Options, x.Class, x.Placeholder = "select", options, "", ""
	if x.Value == "" && len(options) > 0 {
		x.Value = options[0].Value
	}
	return x
}

func (w rowForm) primary(stored bool) bool {
	if w.index < 0 {
		return false
	}
	if w.sent {
		return w.r.Form.Get(w.list+".primary") == strconv.Itoa(w.index)
	}
	return stored
}

func (w rowForm) states(field string, s customers.State, list []customers.State) ui.Field {
	return w.choice(field, "record.state", string(s), optionsOf(w.form, "customer.state.", list))
}

// placeStates are the states of an address.
var placeStates = []customers.State{customers.Unverified, customers.Verified, customers.Unusable}

// labels are suggested for contact points; other words are as good.
var labels = []string{"work", "home", "mobile", "other"}

func (w rowForm) label(stored string) ui.Field {
	x := w.field("label", "record.label", labelText(w.View, stored))
	for _, l := range labels {
		x.Options = append(x.Options, ui.Option{Value: w.T("record.label." + l)})
	}
	return x
}

// labelText returns a label as people read it: imports bring English words.
func labelText(v *ui.View, label string) string {
	if slices.Contains(labels, label) {
		return v.T("record.label." + label)
	}
	return label
}

// rows returns the options of repeating rows, of which n are stored.
func (f *form) rows(name, label, add string, n, max int, row func(i int) templ.Component) ui.FormRowsOptions {
	opt := ui.FormRowsOptions{Name: name, Label: f.T(label), Add: f.T(add), Max: max, Row: row}
	if f.sent {
		opt.Indexes = f.r.Indexes(name)
		return opt
	}
	for i := range max1(n) {
		opt.Indexes = append(opt.Indexes, i)
	}
	return opt
}

// max1 returns n, or 1: an empty list shows one empty row.
func max1(n int) int { return max(n, 1) }

// at returns the part of that index, or an empty one.
func at[P any](list []P, i int) P {
	var p P
	if i >= 0 && i < len(list) {
		p = list[i]
	}
	return p
}

// radio returns what a radio button of the row sends.
func (w rowForm) radio() string {
	if w.index < 0 {
		return ui.RowPlaceholder
	}
	return strconv.Itoa(w.index)
}

// with returns x changed by set.
func with(x ui.Field, set func(*ui.Field)) ui.Field {
	set(&x)
	return x
}

// bare shows a field without its label.
func bare(x ui.Field, focus bool) ui.Field {
	x.Bare, x.Autofocus, x.ID = true, focus, "edit-"+x.Name
	return x
}

func (f *form) parentRef(row bool) ref { return f.ref("parent", "customer.parent", f.c.Parent, row) }

// kindShows says which fields the form shows for a kind of customer: a for a
// person's, b for an organisation's.
func kindShows(kind string) string {
	if kind == string(customers.Person) {
		return "a"
	}
	return "b"
}

func likelyAvatar(l likeRow) string {
	if l.Org {
		return "org sm"
	}
	return "sm"
}

func orNothing(v *ui.View, text string) string {
	if text == "" {
		return v.T("record.nothing")
	}
	return text
}

func (p *formPage) crumbs() []ui.Link {
	list := []ui.Link{{Label: p.T("record.customers"), Href: "/customers"}}
	if p.cancel != "/customers" {
		list = append(list, ui.Link{Label: p.c.Title(), Href: p.cancel})
	}
	return list
}

// above shows a field's label above it.
func above(x ui.Field) ui.Field {
	x.Bare, x.Placeholder = false, ""
	return x
}

// above shows the label above the field.
func (x ref) above() ref {
	x.bare = false
	return x
}
