package listweb

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/ui"
)

// A filter is a condition of the list, with the form that changes it.
type filter struct {
	list.Sentence
	Icon   string
	Form   form
	Fixed  bool   // can only be removed
	Remove string // address of the list without it
}

// A field is something to filter by.
type field struct {
	column  *list.Column
	Label   string
	Icon    string
	Kind    kind
	Ops     []op
	Options []ui.Option
	Picker  *Picker // of pickKind
}

// A kind says which controls ask for a value.
type kind int

const (
	textKind   kind = iota // a line of text, with suggestions
	choiceKind             // ticks
	numberKind             // one or two figures
	dateKind               // a period, a day, or two
	pickKind               // records, found by what one types
)

// An op is an operator to choose. Shows says which controls it needs, as in
// the data-shows of package ui: a is the first value, b the second, c the
// period, d the distance from today.
type op struct{ Value, Label, Shows string }

// A form asks for one condition.
type form struct {
	field
	ID                        string
	Op                        string
	Was                       string   // condition that it replaces, as in the address
	Values                    []string // chosen in a list
	From, To, Period, Distant string
	Periods, Distances        []ui.Option
	Hidden                    [][2]string
	Action                    string

	names map[string]string // of records that Values names, of pickKind
}

// offered are the operators that a form offers, if the column has them.
var offered = map[list.Type][]list.Op{
	list.Plain:  {list.Eq, list.Ne, list.Starts, list.Contains, list.Empty, list.Filled},
	list.Folded: {list.Eq, list.Ne, list.Starts, list.Contains, list.Empty, list.Filled},
	list.Name:   {list.Starts, list.Contains, list.Eq, list.Ne, list.Empty, list.Filled},
	list.Phone:  {list.Starts, list.Eq, list.Empty, list.Filled},
	list.Email:  {list.Contains, list.Starts, list.Eq, list.Empty, list.Filled},
	list.Choice: {list.In, list.Nin, list.Empty, list.Filled},
	list.User:   {list.In, list.Nin, list.Empty, list.Filled},
	list.Ref:    {list.In, list.Nin, list.Empty, list.Filled},
	list.Bool:   {list.In},
	list.Number: {list.Gte, list.Lte, list.Between, list.Eq, list.Ne, list.Empty, list.Filled},
	list.Money:  {list.Gte, list.Lte, list.Between, list.Eq, list.Ne, list.Empty, list.Filled},
	list.Date:   {list.Within, list.Eq, list.Before, list.After, list.Between, list.Empty, list.Filled},
	list.Time:   {list.Within, list.Eq, list.Before, list.After, list.Between, list.Empty, list.Filled},
}

func kindOf(t list.Type) kind {
	switch t {
	case list.Choice, list.User, list.Ref, list.Bool:
		return choiceKind
	case list.Number, list.Money:
		return numberKind
	case list.Date, list.Time:
		return dateKind
	}
	return textKind
}

// field returns how to filter by c, if people can.
func (t *Table[T]) field(v *ui.View, c *list.Column, options []ui.Option) (f field, ok bool) {
	f = field{column: c, Label: v.T(c.Label), Icon: t.Looks[c.Key].Icon, Kind: kindOf(c.Type), Options: options, Picker: t.picker(c)}
	if f.Picker != nil {
		f.Kind = pickKind
	}
	for _, o := range offered[c.Type] {
		if slices.Contains(c.Operators(), o) {
			f.Ops = append(f.Ops, newOp(v, c, o))
		}
	}
	return f, len(f.Ops) > 0 && (f.Kind != choiceKind || len(options) > 0)
}

func newOp(v *ui.View, c *list.Column, o list.Op) op {
	shows := "a"
	switch o {
	case list.Empty, list.Filled:
		shows = ""
	case list.Between:
		shows = "a b"
	case list.Within:
		shows = "c"
	case list.Before, list.After:
		if kindOf(c.Type) == dateKind {
			shows = "a d"
		}
	}
	return op{string(o), list.OpText(v.Printer, c.Type, o), shows}
}

// filter returns the i-th condition of q.
func (t *Table[T]) filter(ctx context.Context, tx *db.Tx, v *ui.View, s *shelf, q list.Query, i int, f list.Filter, known map[string][]ui.Option) (filter, error) {
	var failed error
	name := func(c *list.Column, value string) string {
		for _, o := range known[c.Key] {
			if o.Value == value {
				return o.Label
			}
		}
		if t.NameOf == nil || c.Type != list.User && c.Type != list.Ref {
			return ""
		}
		found, err := t.NameOf(ctx, tx, c, value)
		if err != nil {
			failed = err
		}
		return found
	}
	one := filter{Sentence: t.Def.Describe(v.Printer, f, name), Remove: t.address(s, q.Without(i)), Fixed: true}
	c := t.Def.Column(f.Column)
	if c == nil {
		return one, failed
	}
	one.Icon = t.Looks[c.Key].Icon
	if fd, ok := t.field(v, c, known[c.Key]); ok {
		one.Fixed = false
		one.Form = newForm(v, t.Path, s.hidden(q), fd)
		one.Form.fill(v, f)
		if fd.Kind == pickKind {
			one.Form.names = map[string]string{}
			for _, value := range f.Values {
				one.Form.names[value] = name(c, value)
			}
		}
	}
	return one, failed
}

// newForm returns an empty form for a field.
func newForm(v *ui.View, path string, hidden [][2]string, fd field) form {
	f := form{field: fd, Op: fd.Ops[0].Value, Action: path, Hidden: hidden}
	if fd.Kind == dateKind {
		for _, p := range append([]string{"-7d", "-30d", "-90d", "-1y"}, list.Periods()...) {
			f.Periods = append(f.Periods, ui.Option{Value: p, Label: list.WhenText(v.Printer, list.Within, p)})
		}
		f.Distances = []ui.Option{{Value: "", Label: v.T("listweb.day")}}
		for _, p := range []string{"-7d", "-14d", "-30d", "-60d", "-90d", "-180d", "-1y", "today"} {
			f.Distances = append(f.Distances, ui.Option{Value: p, Label: list.WhenText(v.Printer, list.Before, p)})
		}
	}
	return f
}

// hidden returns what a form sends besides its own: the view, and the query on
// its first page.
func (s *shelf) hidden(q list.Query) [][2]string {
	q.Count = false
	var pairs [][2]string
	if key := s.current().key; key != s.base || s.items[s.home].key != s.base {
		pairs = append(pairs, [2]string{"view", key})
	}
	values := q.First().Values()
	for _, name := range own {
		for _, value := range values[name] {
			pairs = append(pairs, [2]string{name, value})
		}
	}
	return pairs
}

// fill sets the form to a condition that there is already.
func (f *form) fill(v *ui.View, now list.Filter) {
	f.Was = now.String()
	f.Op = string(now.Op)
	if f.Kind == choiceKind || f.Kind == pickKind {
		switch now.Op {
		case list.Eq:
			f.Op = string(list.In)
		case list.Ne:
			f.Op = string(list.Nin)
		}
	}
	if !slices.ContainsFunc(f.Ops, func(o op) bool { return o.Value == f.Op }) {
		f.Ops = append(slices.Clone(f.Ops), newOp(v, f.column, list.Op(f.Op)))
	}
	f.Values = now.Values
	value := func(i int) string {
		if i < len(now.Values) {
			return typed(v.Printer, f.column.Type, now.Values[i])
		}
		return ""
	}
	switch {
	case f.Kind == dateKind && now.Op == list.Within:
		f.Period = choose(&f.Periods, now, v)
	case f.Kind == dateKind && len(now.Values) == 1 && !isDay(now.Values[0]):
		f.Distant = choose(&f.Distances, now, v)
	default:
		f.From, f.To = value(0), value(1)
	}
}

// choose returns now's value, and adds it to the options if it isn't there.
func choose(options *[]ui.Option, now list.Filter, v *ui.View) string {
	if len(now.Values) == 0 {
		return ""
	}
	s := now.Values[0]
	if !slices.ContainsFunc(*options, func(o ui.Option) bool { return o.Value == s }) {
		*options = append(*options, ui.Option{Value: s, Label: list.WhenText(v.Printer, now.Op, s)})
	}
	return s
}

func isDay(s string) bool {
	day, err := locale.ParseDate(s, locale.YMD)
	return err == nil && day == s
}

// typed returns a value of an address as people write it.
func typed(p *locale.Printer, t list.Type, s string) string {
	if kindOf(t) == numberKind {
		return strings.Replace(s, ".", string(p.Workspace.Decimal), 1)
	}
	return s
}

// Redirect leads to the address of the list with the condition that a filter
// form sent. It reports whether one was sent: then the request is answered.
func (t *Table[T]) Redirect(w http.ResponseWriter, r *ui.Req, d *db.DB) (done bool, err error) {
	key := r.Form.Get("fk")
	if key == "" {
		return false, nil
	}
	q, bad := list.Parse(without(r.Form))
	if bad != nil {
		q = list.Query{} // what it could not read before, it need not read now
	}
	q = q.First()
	was := slices.IndexFunc(q.Filters, func(f list.Filter) bool { return f.String() == r.Form.Get("was") })
	now, ok := t.sent(r, key)
	if ok {
		if now, err = t.named(r, d, now); err != nil {
			return false, err
		}
	}
	switch {
	case !ok && was >= 0:
		q = q.Without(was)
	case !ok:
	case was >= 0:
		q.Filters[was] = now
	case !slices.ContainsFunc(q.Filters, func(f list.Filter) bool { return f.String() == now.String() }):
		q = q.With(now)
	}
	q.Count = false
	v := q.Values()
	if view := r.Form.Get("view"); view != "" && view != t.base() {
		v.Set("view", view)
	}
	if len(v["f"]) == 0 {
		v.Set("f", "") // no conditions, whatever the view has
	}
	return true, ui.Redirect(w, r, join(t.Path, v))
}

// named returns a condition with the records in the place of what somebody
// typed to name them. What means nothing stays, for the list to say so.
func (t *Table[T]) named(r *ui.Req, d *db.DB, f list.Filter) (list.Filter, error) {
	c := t.Def.Column(f.Column)
	p := t.picker(c)
	if p == nil || len(f.Values) == 0 {
		return f, nil
	}
	err := d.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		f, err = p.resolve(r.Context(), tx, c, f)
		return err
	})
	return f, err
}

// base returns the key of the list's own view.
func (t *Table[T]) base() string {
	if len(t.Views) == 0 {
		return whole[0].Key
	}
	return t.Views[0].Key
}

// sent returns the condition that a form sent, if it has what it needs.
func (t *Table[T]) sent(r *ui.Req, key string) (list.Filter, bool) {
	c := t.Def.Column(key)
	f := list.Filter{Column: key, Op: list.Op(r.Form.Get("fo"))}
	if c == nil || f.Op == "" {
		return f, false
	}
	switch f.Op.Arity() {
	case 0:
		return f, true
	case 2:
		f.Values = []string{canonical(r, c, r.Text("fv")), canonical(r, c, r.Text("ft"))}
		return f, f.Values[0] != "" && f.Values[1] != ""
	}
	switch kindOf(c.Type) {
	case choiceKind:
		f.Values = append(r.Texts("fv"), r.Texts("fx")...)
		f.Op = few(c, f.Op, len(f.Values))
	case dateKind:
		f.Values = []string{date(r, c, f.Op)}
	default:
		f.Values = []string{canonical(r, c, r.Text("fv"))}
	}
	return f, len(f.Values) > 0 && f.Values[0] != ""
}

// few returns the operator for that many values: one is compared by Eq, for
// which indexes are.
func few(c *list.Column, op list.Op, n int) list.Op {
	var other list.Op
	switch {
	case n == 1 && op == list.In, n > 1 && op == list.Eq:
		other = map[bool]list.Op{true: list.Eq, false: list.In}[n == 1]
	case n == 1 && op == list.Nin, n > 1 && op == list.Ne:
		other = map[bool]list.Op{true: list.Ne, false: list.Nin}[n == 1]
	}
	if slices.Contains(c.Operators(), other) {
		return other
	}
	return op
}

// date returns what a form says of a date: a period, a distance or a day.
func date(r *ui.Req, c *list.Column, op list.Op) string {
	if op == list.Within {
		return r.Text("fp")
	}
	distance, day := r.Text("fd"), canonical(r, c, r.Text("fv"))
	if op != list.Before && op != list.After || distance == "" {
		return day
	}
	// Of two answers the new one counts.
	if was, err := list.ParseFilter(r.Form.Get("was")); err == nil && day != "" && slices.Contains(was.Values, distance) {
		return day
	}
	return distance
}

// canonical returns what somebody typed as the address has it. What can't be
// read stays as it is, for the list to say what is wrong.
func canonical(r *ui.Req, c *list.Column, text string) string {
	return canonicalText(r.View.Workspace, c, text)
}

var readable = strings.NewReplacer("%3A", ":", "%2C", ",")
