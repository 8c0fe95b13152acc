package customersweb

import (
	"net/url"
	"slices"
	"strings"

	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/ui"
)

// A listView is what a page shows around the rows of a list: the heads of its
// columns, its conditions as sentences, and the ways to other pages of it.
type listView[T any] struct {
	*ui.View
	def  *list.Def[T]
	q    list.Query // what the address says
	path string
	id   string // of the element that is replaced when the query changes

	looks   map[string]listLook
	choices map[string][]ui.Option // of columns whose values only data know
	names   map[string]string      // of users and records in conditions
}

// A listLook says how a column is shown.
type listLook struct {
	icon  string
	p     int // as ui.Column.P
	class string
	fill  bool
}

// href returns the address of the list with another query.
func (l *listView[T]) href(q list.Query) string {
	if s := q.Values().Encode(); s != "" {
		return l.path + "?" + s
	}
	return l.path
}

// query returns the first page's query as it stands in an address.
func (l *listView[T]) query() string { return l.q.First().Values().Encode() }

func (l *listView[T]) columns() []ui.Column {
	var out []ui.Column
	for _, c := range l.def.Shown(l.q) {
		look := l.looks[c.Key]
		out = append(out, ui.Column{
			Label: l.T(c.Label), P: look.p, Class: look.class, Fill: look.fill, Right: c.Type == list.Number || c.Type == list.Money,
			Sort: l.sorted(c), Href: l.sortHref(c),
		})
	}
	return out
}

// sorted returns how the list is sorted by c, "" if it isn't.
func (l *listView[T]) sorted(c *list.Column) string {
	switch by, down := l.def.Sort(l.q); {
	case by != c:
		return ""
	case down:
		return "desc"
	}
	return "asc"
}

// sortHref leads to the list sorted by c: the other way round if it is sorted
// by it already. Of times the latest come first.
func (l *listView[T]) sortHref(c *list.Column) string {
	if !c.Sort {
		return ""
	}
	down := c.Type == list.Time || c.Type == list.Date
	if now := l.sorted(c); now != "" {
		down = now == "asc"
	}
	if down {
		return l.href(l.q.SortedBy("-" + c.Key))
	}
	return l.href(l.q.SortedBy(c.Key))
}

// sortable returns the columns by which the list may be sorted.
func (l *listView[T]) sortable() []*list.Column {
	var out []*list.Column
	for i := range l.def.Columns {
		if c := &l.def.Columns[i]; c.Sort {
			out = append(out, c)
		}
	}
	return out
}

// pickable returns the columns that may be shown.
func (l *listView[T]) pickable() []*list.Column {
	var out []*list.Column
	for i := range l.def.Columns {
		if c := &l.def.Columns[i]; !c.Filter {
			out = append(out, c)
		}
	}
	return out
}

func (l *listView[T]) isShown(c *list.Column) bool { return slices.Contains(l.def.Shown(l.q), c) }

// rest returns the names and values of the query without some of them, for a
// form that sets these.
func (l *listView[T]) rest(without ...string) [][2]string {
	v := l.q.First().Values()
	for _, name := range without {
		v.Del(name)
	}
	var out [][2]string
	for name, values := range v {
		for _, s := range values {
			out = append(out, [2]string{name, s})
		}
	}
	slices.SortStableFunc(out, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return out
}

// cleared returns the query without conditions.
func (l *listView[T]) cleared() list.Query {
	q := l.q.First()
	q.Filters = nil
	return q
}

func (l *listView[T]) bar() ui.FilterBar {
	bar := ui.FilterBar{Action: l.path, Query: l.query(), List: l.id, Clear: l.href(l.cleared())}
	for i := range l.def.Columns {
		c := &l.def.Columns[i]
		if ops := usualOps(c); c.Type != list.Ref && len(ops) > 0 {
			bar.Fields = append(bar.Fields, l.field(c, ops))
		}
	}
	for i, f := range l.q.Filters {
		bar.Filters = append(bar.Filters, l.chip(i, f))
	}
	return bar
}

// usualOps are the operators of c that a form with one value offers.
func usualOps(c *list.Column) []list.Op {
	return slices.DeleteFunc(slices.Clone(c.Operators()), func(op list.Op) bool {
		switch op {
		case list.In, list.Nin, list.Between:
			return true
		case list.Lt, list.Lte, list.Gt, list.Gte:
			return c.Type == list.Date || c.Type == list.Time // they have Before and After
		}
		return false
	})
}

func (l *listView[T]) field(c *list.Column, ops []list.Op) ui.FilterField {
	f := ui.FilterField{Key: c.Key, Label: l.T(c.Label), Icon: l.looks[c.Key].icon, Choices: l.choices[c.Key]}
	for _, op := range ops {
		f.Ops = append(f.Ops, ui.Option{Value: string(op), Label: list.OpText(l.Printer, c.Type, op)})
	}
	switch c.Type {
	case list.Choice:
		f.Type = "select"
		for _, o := range c.Choices {
			f.Choices = append(f.Choices, ui.Option{Value: o.Value, Label: l.T(o.Label)})
		}
	case list.User:
		f.Type = "select"
	case list.Bool:
		f.Type = "select"
		f.Choices = []ui.Option{{Value: "true", Label: l.T("list.yes")}, {Value: "false", Label: l.T("list.no")}}
	case list.Date, list.Time:
		for _, s := range whens {
			f.Choices = append(f.Choices, ui.Option{Value: list.WhenText(l.Printer, list.Within, s)})
		}
	}
	return f
}

// chip shows the i-th condition as a sentence.
func (l *listView[T]) chip(i int, f list.Filter) ui.Filter {
	said := l.def.Describe(l.Printer, f, func(_ *list.Column, value string) string { return l.names[value] })
	chip := ui.Filter{Op: string(f.Op), Text: said.Value, Raw: f.String(), Remove: l.href(l.q.Without(i))}
	c := l.def.Column(f.Column)
	if c == nil {
		chip.Field = ui.FilterField{Key: f.Column, Label: said.Label, Ops: []ui.Option{{Value: string(f.Op), Label: said.Op}}}
		return chip
	}
	chip.Icon = l.looks[c.Key].icon
	ops := usualOps(c)
	if !slices.Contains(ops, f.Op) {
		ops = append(ops, f.Op)
	}
	chip.Field = l.field(c, ops)
	switch {
	case f.Op.Arity() < 0 || f.Op == list.Between:
		_, chip.Value, _ = cutFilter(f.String())
		chip.Field.Type, chip.Field.Choices = "", nil
	case len(f.Values) == 0:
	case c.Type == list.Date || c.Type == list.Time:
		chip.Value = list.WhenText(l.Printer, f.Op, f.Values[0])
	default:
		chip.Value = f.Values[0]
	}
	return chip
}

func cutFilter(s string) (key, value string, ok bool) {
	key, rest, _ := strings.Cut(s, ":")
	_, value, ok = strings.Cut(rest, ":")
	return key, value, ok
}

// whens are the values of dates and times that forms suggest.
var whens = []string{"today", "yesterday", "-7d", "-30d", "-90d", "this-week", "last-week", "this-month", "last-month", "this-quarter", "last-quarter", "this-year", "last-year"}

// added returns the query to which the form of a condition leads, if one was
// sent: the condition fk, fo, fv in the place of the one in was.
func (l *listView[T]) added(form url.Values) (q list.Query, ok bool) {
	key, op := form.Get("fk"), list.Op(form.Get("fo"))
	if key == "" || op == "" {
		return q, false
	}
	f := list.Filter{Column: key, Op: op}
	text := strings.TrimSpace(form.Get("fv"))
	switch c := l.def.Column(key); {
	case op.Arity() == 0:
	case c != nil && op.Arity() == 1 && (c.Type == list.Date || c.Type == list.Time):
		f.Values = []string{when(l.Printer, op, text)}
	case op.Arity() == 1:
		f.Values = []string{text}
	default:
		if g, err := list.ParseFilter(key + ":" + string(op) + ":" + text); err == nil {
			f = g
			for i := range f.Values {
				f.Values[i] = strings.TrimSpace(f.Values[i])
			}
		}
	}
	q = l.q.First()
	i := slices.IndexFunc(q.Filters, func(g list.Filter) bool { return g.String() == form.Get("was") })
	j := slices.IndexFunc(q.Filters, func(g list.Filter) bool { return g.String() == f.String() })
	switch {
	case i >= 0:
		q.Filters = slices.Clone(q.Filters)
		q.Filters[i] = f
	case j < 0:
		q = q.With(f)
	}
	return q, true
}

// when reads what people write for a date or a period, such as "bulan ini" or
// "17/11/2026". What it does not know it returns as it is.
func when(p *locale.Printer, op list.Op, text string) string {
	key := fold.Text(text)
	for _, s := range slices.Concat(list.Periods(), whens) {
		if key == fold.Text(list.WhenText(p, op, s)) || key == fold.Text(list.WhenText(p, list.Within, s)) {
			return s
		}
	}
	if day, err := locale.ParseDate(text, locale.DMY); err == nil {
		return day
	}
	return text
}
