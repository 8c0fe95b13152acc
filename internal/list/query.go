package list

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/locale"
)

// An Op is an operator of a filter.
type Op string

// The operators. Of columns with many values, Eq, In and the like ask whether
// one of the values matches, Ne and Nin whether none does.
const (
	Eq       Op = "eq"
	Ne       Op = "ne"       // rows without a value match too
	In       Op = "in"       // one of the values, parted by commas
	Nin      Op = "nin"      // none of the values; rows without one match too
	Contains Op = "contains" // reads the whole list: never fast
	Starts   Op = "starts"
	Empty    Op = "empty"  // takes no value
	Filled   Op = "filled" // takes no value
	Lt       Op = "lt"
	Lte      Op = "lte"
	Gt       Op = "gt"
	Gte      Op = "gte"
	Between  Op = "between" // two values, parted by a comma, both included
	Before   Op = "before"  // earlier than the beginning of the day, month … that is named
	After    Op = "after"   // later than its end
	Within   Op = "within"  // a period, or the days from or until today
)

// operators are those of each type, the usual one first.
var operators = map[Type][]Op{
	Plain:  {Eq, Ne, In, Nin, Starts, Contains, Empty, Filled},
	Folded: {Eq, Ne, In, Nin, Starts, Contains, Empty, Filled},
	Name:   {Starts, Contains, Eq, Ne, Empty, Filled},
	Choice: {Eq, Ne, In, Nin, Empty, Filled},
	User:   {Eq, Ne, In, Nin, Empty, Filled},
	Ref:    {Eq, Ne, In, Nin, Empty, Filled},
	Number: {Eq, Ne, Lt, Lte, Gt, Gte, Between, Empty, Filled},
	Money:  {Eq, Ne, Lt, Lte, Gt, Gte, Between, Empty, Filled},
	Bool:   {Eq, In},
	Date:   {Within, Eq, Before, After, Between, Lt, Lte, Gt, Gte, Empty, Filled},
	Time:   {Within, Eq, Before, After, Between, Lt, Lte, Gt, Gte, Empty, Filled},
	Phone:  {Starts, Eq, Ne, Empty, Filled},
	Email:  {Contains, Starts, Eq, Ne, In, Nin, Empty, Filled},
}

// Arity returns how many values op takes; -1 is one or more.
func (op Op) Arity() int {
	switch op {
	case Empty, Filled:
		return 0
	case Between:
		return 2
	case In, Nin:
		return -1
	}
	return 1
}

// Limits of a query.
const (
	Limit      = 50  // rows on a page if nothing else is asked for
	MaxLimit   = 200 // rows on a page
	maxFilters = 20
	maxValues  = 256
	maxText    = 500 // bytes of a value
)

// A Filter is one condition.
type Filter struct {
	Column string   `json:"column"`
	Op     Op       `json:"op"`
	Values []string `json:"values,omitempty"`
}

// A Query asks for some rows of a list in some order. It is what addresses
// hold and what saved views store. The zero Query asks for everything in the
// usual order.
type Query struct {
	Filters []Filter `json:"filters,omitempty"` // all of them hold
	Where   Tree     `json:"where,omitzero"`    // holds besides
	Sort    string   `json:"sort,omitempty"`    // column's key, with "-" before it for downwards
	Columns []string `json:"columns,omitempty"` // keys of the columns shown, in order
	Limit   int      `json:"limit,omitempty"`   // rows on a page; 0 means 50

	Cursor string `json:"-"` // page to show: Next or Prev of another one
	Count  bool   `json:"-"` // whether to count the rows

	// In is the workspace in which dates, amounts and telephone numbers are
	// meant. The zero Workspace is an Indonesian one.
	In locale.Workspace `json:"-"`
}

// Parse reads a query from an address, as [Query.Values] writes it. Names that
// it doesn't know are left to others. It returns an Invalid error about what
// can't be read; whether columns and values exist, the [Def] says later.
//
// A filter is column:operator:value. What follows the second colon is the
// value, colons included. Operators with several values (in, nin, between) have
// them parted by commas; in these, \, is a comma and \\ a backslash.
func Parse(v url.Values) (Query, error) {
	q := Query{Sort: v.Get("sort"), Cursor: v.Get("cursor")}
	var bad errs.List
	for _, s := range v["f"] {
		f, err := ParseFilter(s)
		if err != nil {
			bad.Add(errs.All(err)[0])
			continue
		}
		q.Filters = append(q.Filters, f)
	}
	where, err := ParseTree(v.Get("where"))
	bad = append(bad, errs.All(err)...)
	q.Where = where
	for _, s := range v["c"] {
		for key := range strings.SplitSeq(s, ",") {
			if key != "" && !slices.Contains(q.Columns, key) {
				q.Columns = append(q.Columns, key)
			}
		}
	}
	if s := v.Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > MaxLimit {
			bad.Add(errs.InvalidField("limit", "list.limit", "max", MaxLimit))
		} else {
			q.Limit = n
		}
	}
	if s := v.Get("count"); s != "" {
		b, err := strconv.ParseBool(s)
		if err != nil {
			bad.Add(errs.InvalidField("count", "list.count"))
		}
		q.Count = b
	}
	return q, bad.Err()
}

// Values returns q as names and values of an address: the opposite of [Parse].
func (q Query) Values() url.Values {
	v := url.Values{}
	for _, f := range q.Filters {
		v.Add("f", f.String())
	}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("where", q.Where.String())
	set("sort", q.Sort)
	set("c", strings.Join(q.Columns, ","))
	if q.Limit != 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	set("cursor", q.Cursor)
	if q.Count {
		v.Set("count", "true")
	}
	return v
}

// First returns q for the first page.
func (q Query) First() Query {
	q.Cursor = ""
	return q
}

// Without returns q for the first page without its i-th filter.
func (q Query) Without(i int) Query {
	q = q.First()
	q.Filters = slices.Delete(slices.Clone(q.Filters), i, i+1)
	return q
}

// With returns q for the first page with one more filter.
func (q Query) With(f Filter) Query {
	q = q.First()
	q.Filters = append(slices.Clip(q.Filters), f)
	return q
}

// SortedBy returns q for the first page in another order: key or "-" + key.
func (q Query) SortedBy(order string) Query {
	q = q.First()
	q.Sort = order
	return q
}

// String returns f as it stands in an address.
func (f Filter) String() string {
	s := f.Column + ":" + string(f.Op)
	switch f.Op.Arity() {
	case 0:
		return s
	case 1:
		for _, v := range f.Values {
			s += ":" + v
		}
		return s
	}
	for i, v := range f.Values {
		if i == 0 {
			s += ":"
		} else {
			s += ","
		}
		s += escape.Replace(v)
	}
	return s
}

var escape = strings.NewReplacer(`\`, `\\`, `,`, `\,`)

// ParseFilter reads what [Filter.String] writes. It returns an Invalid error
// about the field f.
func ParseFilter(s string) (Filter, error) {
	key, rest, ok := strings.Cut(s, ":")
	op, value, hasValue := strings.Cut(rest, ":")
	f := Filter{Column: key, Op: Op(op)}
	if !ok || !isKey(key) {
		return f, errs.InvalidField("f", "list.filter.form", "text", clip(s))
	}
	switch f.Op.Arity() {
	case 0:
	case 1:
		if hasValue {
			f.Values = []string{value}
		}
	default:
		if hasValue {
			f.Values = split(value)
		}
	}
	return f, nil
}

// split cuts s at its commas, except those behind a backslash.
func split(s string) []string {
	var list []string
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case s[i] == ',':
			list = append(list, b.String())
			b.Reset()
		default:
			b.WriteByte(s[i])
		}
	}
	return append(list, b.String())
}

// isKey reports whether s may be the key of a column.
func isKey(s string) bool {
	return s != "" && len(s) <= 60 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_.") == ""
}

// clip shortens what is shown back to whoever typed it.
func clip(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// check returns an error if f's values can't be any: too many, too long, or
// characters that no database stores.
func (f Filter) check() error {
	if n := f.Op.Arity(); n >= 0 && len(f.Values) != n || n < 0 && len(f.Values) == 0 {
		return f.invalid("list.filter.values")
	}
	if len(f.Values) > maxValues {
		return f.invalid("list.filter.many", "max", maxValues)
	}
	for _, v := range f.Values {
		if _, err := fold.Clean(v); err != nil || len(v) > maxText {
			return f.invalid("list.filter.value", "value", clip(v))
		}
	}
	return nil
}

// invalid returns an error about f that names its column and operator.
func (f Filter) invalid(key string, args ...any) *errs.Error {
	return errs.InvalidField("f", key, append([]any{"column", clip(f.Column), "op", clip(string(f.Op))}, args...)...)
}
