package list

import (
	"strings"
	"time"

	"github.com/govalues/decimal"

	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/phone"
)

// A Sentence is a filter as people read it: Kota | adalah | Bandung.
type Sentence struct {
	Label string // of the column
	Op    string
	Value string // "" if the operator takes none
}

// Describe returns the filter in words. name tells the names of values that
// only data know: of users and other records. It may be nil.
func (d *Def[T]) Describe(p *locale.Printer, f Filter, name func(c *Column, value string) string) Sentence {
	return describe(p, d.Columns, f, name)
}

func describe(p *locale.Printer, columns []Column, f Filter, name func(c *Column, value string) string) Sentence {
	c := column(columns, f.Column)
	if c == nil {
		return Sentence{Label: f.Column, Op: string(f.Op), Value: strings.Join(f.Values, ", ")}
	}
	s := Sentence{Label: p.T(c.Label), Op: OpText(p, c.Type, f.Op)}
	words := make([]string, len(f.Values))
	for i, v := range f.Values {
		words[i] = c.word(p, f.Op, v, name)
	}
	if f.Op == Between && len(words) == 2 {
		s.Value = p.T("list.range", "from", words[0], "to", words[1])
	} else {
		s.Value = strings.Join(words, ", ")
	}
	return s
}

// Sentence returns a tree in words: Kota adalah Bandung dan (Tahap adalah Baru
// atau Label adalah vip). name is that of [Def.Describe].
func (d *Def[T]) Sentence(p *locale.Printer, t Tree, name func(c *Column, value string) string) string {
	return sentence(p, d.spec(), d.Columns, &t, name, true)
}

func sentence(p *locale.Printer, s *spec, columns []Column, t *Tree, name func(*Column, string) string, top bool) string {
	switch {
	case t.IsZero():
		return p.T("list.tree.everybody")
	case t.isLeaf():
		return describe(p, columns, t.Leaf, name).String()
	case t.Join == Not && len(t.Parts) == 1:
		return p.T("list.tree.not", "cond", sentence(p, s, columns, &t.Parts[0], name, true))
	}
	label := t.Has
	if k := kidOf(s.kids, t.Has); k != nil {
		columns, label = k.Columns, p.T(k.Label)
	}
	word := "list.tree.and"
	if t.Join == Any {
		word = "list.tree.or"
	}
	words := make([]string, len(t.Parts))
	for i := range t.Parts {
		words[i] = sentence(p, s, columns, &t.Parts[i], name, false)
	}
	text := strings.Join(words, p.T(word))
	switch {
	case t.Has != "" && len(words) == 0:
		return p.T("list.tree.has_any", "kid", label)
	case t.Has != "":
		return p.T("list.tree.has", "kid", label, "cond", text)
	case len(words) == 0 && t.Join == Any:
		return p.T("list.tree.nobody")
	case len(words) == 0:
		return p.T("list.tree.everybody")
	case len(words) > 1 && !top:
		return "(" + text + ")"
	}
	return text
}

// String returns s as one text.
func (s Sentence) String() string {
	if s.Value == "" {
		return s.Label + " " + s.Op
	}
	return s.Label + " " + s.Op + " " + s.Value
}

// OpText returns the operator in words, which for dates differ from those for
// other values: "on", not "is".
func OpText(p *locale.Printer, t Type, op Op) string {
	if !p.Has("list.op." + string(op)) {
		return string(op) // what was typed into the address
	}
	if key := "list.op.date." + string(op); (t == Date || t == Time) && p.Has(key) {
		return p.T(key)
	}
	return p.T("list.op." + string(op))
}

// word returns a value in words, or as it is if it can't be understood.
func (c *Column) word(p *locale.Printer, op Op, value string, name func(*Column, string) string) string {
	switch c.Type {
	case Choice:
		for _, o := range c.Choices {
			if o.Value == value {
				return p.T(o.Label)
			}
		}
	case User, Ref:
		if c.Type == User && value == "me" {
			return p.T("list.me")
		}
	case Bool:
		switch value {
		case "true", "1":
			return p.T("list.yes")
		case "false", "0":
			return p.T("list.no")
		}
		return value
	case Number:
		if f, err := decimal.Parse(value); err == nil {
			x, _ := f.Float64()
			return p.Decimal(x, f.MinScale())
		}
		return value
	case Money:
		d, err := decimal.Parse(value)
		if err != nil {
			return value
		}
		if a, err := money.AmountOf(d, p.Currency); err == nil {
			return p.Money(a)
		}
		return value
	case Date, Time:
		return WhenText(p, op, value)
	case Phone:
		if n, err := phone.Parse(value, p.Region); op == Eq && err == nil && n.Valid {
			return phone.Display(n.E164, p.Region)
		}
		return value
	}
	if name != nil {
		if s := name(c, value); s != "" {
			return s
		}
	}
	return value
}

// WhenText returns the value of a date or time in words: "this month", "the
// last 30 days", or, with an operator other than Within, "30 days ago".
func WhenText(p *locale.Printer, op Op, value string) string {
	if key := "list.when." + strings.ReplaceAll(value, "-", "_"); p.Has(key) {
		return p.T(key)
	}
	if n, unit, ok := parseDistance(value); ok {
		way := "list.ahead."
		switch {
		case op == Within && n <= 0:
			way = "list.last."
		case op == Within:
			way = "list.next."
		case n <= 0:
			way = "list.ago."
		}
		return p.T(way+string(unit), "n", max(n, -n))
	}
	if t, err := time.ParseInLocation("2006-01", value, p.Zone); err == nil {
		return p.T("list.month", "month", p.Month(t.Month()), "year", value[:4])
	}
	if t, err := time.Parse(time.RFC3339, value); err == nil {
		return p.DateTime(t)
	}
	return p.DateOnly(value)
}
