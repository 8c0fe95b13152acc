// Package list is the one description of lists: which columns a noun has, how
// each may be filtered and sorted, and which of that an index answers.
//
// A module declares a [Def] as a package-level variable whose SQL pieces are
// constants. Pages, the API, exports, bulk edits, saved views and segments all
// ask it with the same [Query], whose text form stands in addresses:
//
//	?f=city:eq:Bandung&f=created:within:-30d&sort=-name&count=true
//
// Statements are put together from the declared pieces only, and what a user
// typed is always a parameter. Every statement holds the one predicate of
// visibility, [Visible].
//
// Where a column may be NULL, rows without a value stand last in either
// direction. Rows that are equal stand in order of their ids, so that pages
// neither repeat nor skip a row.
package list

import (
	"context"
	"embed"
	"strings"

	"github.com/akrab-crm/akrab/internal/db"
)

// Text holds the messages of this package, in text/id.json and text/en.json.
//
//go:embed text/*.json
var Text embed.FS

// piece is the type of the parts of statements. Being unexported, it accepts
// only constants.
type piece string

// A Type says what the values of a column are, which decides how they are
// read, compared and filtered.
type Type string

// The types, with what the expression of such a column yields.
const (
	Plain  Type = "text"   // TEXT compared as it is: numbers of documents, external ids, tags
	Folded Type = "folded" // TEXT made by fold.Text; what is asked for is folded too
	Name   Type = "name"   // TEXT made by fold.SortKey; what is asked for is folded too
	Choice Type = "choice" // TEXT, one of Column.Choices
	User   Type = "user"   // UUID of a user; "me" is the one who asks
	Ref    Type = "ref"    // UUID of another record
	Number Type = "number" // BIGINT, in units of 10^-Scale
	Money  Type = "money"  // BIGINT, minor units of the workspace's currency
	Bool   Type = "bool"   // BOOLEAN
	Date   Type = "date"   // TEXT, 2006-01-02
	Time   Type = "time"   // BIGINT, Unix milliseconds
	Phone  Type = "phone"  // TEXT, a key of phone.SearchKeys
	Email  Type = "email"  // TEXT, the key of mailaddr.Address
)

// A Column is one column of a list.
type Column struct {
	Key   string // in addresses, saved views and the API: small letters, digits and _
	Label string // message key
	Type  Type
	SQL   piece // the value: `c.city_key`

	// Null says that SQL may be NULL. (Of columns with From it says nothing.)
	Null bool

	// Rare says that SQL, of type Bool, is seldom true, and that indexes hold
	// the rows where it is: they have the condition SQL, and the column itself at
	// their end. Rows where it is false are counted as all without those.
	Rare bool

	// Sparse says that the indexes for SQL, which is text and never NULL, leave
	// out the rows where it is empty: they have the condition SQL <> ''.
	Sparse bool

	// From and Link make the column one of many values in a child table: a row
	// matches if one of its values does. From is `customer_tag t`, Link the
	// column that holds the id of the row, `t.customer_id`, and SQL is `t.tag`.
	// When may narrow the child rows: `t.state <> 'invalid'`.
	From, Link, When piece

	// One says that the child table has at most one row for each row of the
	// list, such as what is known of a customer beside what was typed. Then the
	// column may be sorted by, rows without a child row standing last, and a
	// Pair may name it; its index holds SQL and Link.
	One bool

	Choices []Option // of type Choice: what there is to choose
	Scale   int      // of type Number: digits behind the decimal sign that the database holds as whole units

	Sort   bool // may be sorted by; with From only if One
	Hidden bool // not among the columns shown at first
	Filter bool // is no column to be shown, only something to filter by
	Show   bool // is only shown: there is no SQL to filter by

	// Ops are the operators that users may choose; nil means all of the type.
	Ops []Op
}

// An Option is one of the values to choose from.
type Option struct {
	Value string
	Label string // message key; the page's own text where options come from data
}

// A Pair says that an index serves a filter and an order together: a filter
// for one value of the column Filter, sorted by the column Sort in either
// direction. The index holds the filter's expression, the sort's, the id, and,
// for lists with owners, the owner, so that counting reads nothing else. If the
// column sorted by may be NULL the index has those rows too. Of a Rare column
// it serves the filter for true.
//
// Without Filter it is the order of the whole list. Without Sort, and where
// Filter is a column with From, the index finds what matches and does not sort.
type Pair struct{ Filter, Sort string }

// A Def describes the list of one noun.
type Def[T any] struct {
	Name  string // of the noun: "customer". It names exports and binds cursors.
	From  piece  // `customer c`, perhaps with joins that keep the number of rows
	ID    piece  // unique and not NULL: `c.id`
	Owner piece  // id of the user who owns the row, for visibility; "" if nobody does
	Where piece  // what holds for every row of the list, or ""

	Select piece                            // what Scan reads
	Scan   func(s db.Scanner, row *T) error // calls s.Scan once

	Columns []Column
	Kids    []Kid // what may be asked of records that belong to the rows
	Fast    []Pair
	Default string // order if none is asked for: "name", or "-created"

	// Total returns the number of all rows if that is known without counting.
	// It may be nil. It is asked only for those who see all.
	Total func(ctx context.Context, tx *db.Tx) (n int64, known bool, err error)
}

// Column returns the column with the given key, or nil.
func (d *Def[T]) Column(key string) *Column { return column(d.Columns, key) }

func column(list []Column, key string) *Column {
	for i := range list {
		if list[i].Key == key {
			return &list[i]
		}
	}
	return nil
}

// Shown returns the columns that q shows, in its order, or those that are
// shown at first. Columns that don't exist any more are left out.
func (d *Def[T]) Shown(q Query) []*Column {
	var list []*Column
	for _, key := range q.Columns {
		if c := d.Column(key); c != nil && !c.Filter {
			list = append(list, c)
		}
	}
	if len(list) > 0 {
		return list
	}
	for i := range d.Columns {
		if c := &d.Columns[i]; !c.Filter && !c.Hidden {
			list = append(list, c)
		}
	}
	return list
}

// Sort returns the column by which q is sorted, and whether downwards.
// It is nil if there is no such column.
func (d *Def[T]) Sort(q Query) (c *Column, down bool) {
	return d.spec().sort(q)
}

// spec is what a Def says apart from the type of its rows.
type spec struct {
	name                   string
	from, id, owner, where piece
	columns                []Column
	kids                   []Kid
	fast                   []Pair
	standard               string
}

func (d *Def[T]) spec() *spec {
	return &spec{d.Name, d.From, d.ID, d.Owner, d.Where, d.Columns, d.Kids, d.Fast, d.Default}
}

func (s *spec) sort(q Query) (c *Column, down bool) {
	order := q.Sort
	if order == "" {
		order = s.standard
	}
	key, down := strings.CutPrefix(order, "-")
	if c = column(s.columns, key); c == nil || !c.Sort {
		return nil, down
	}
	return c, down
}

// isFast reports whether an index serves the pair.
func (s *spec) isFast(filter, sort string) bool {
	for _, p := range s.fast {
		if p.Filter == filter && p.Sort == sort {
			return true
		}
	}
	return false
}

// Operators returns the operators that may be used with c.
func (c *Column) Operators() []Op {
	if c.Ops != nil {
		return c.Ops
	}
	if c.Show {
		return nil
	}
	list := operators[c.Type]
	if c.mayBeEmpty() {
		return list
	}
	var rest []Op
	for _, op := range list {
		if op != Empty && op != Filled {
			rest = append(rest, op)
		}
	}
	return rest
}

// partial reports whether there may be rows without a value to sort by.
func (c *Column) partial() bool { return c.Null || c.One }

// link returns the condition that a child row belongs to the row of that id.
func (c *Column) link(id piece) string {
	text := string(c.Link) + " = " + string(id)
	if c.When != "" {
		text += " AND " + string(c.When)
	}
	return text
}

// mayBeEmpty reports whether there may be rows without a value.
func (c *Column) mayBeEmpty() bool {
	switch c.Type {
	case Plain, Folded, Name, Phone, Email:
		return true
	}
	return c.Null || c.From != ""
}

// isText reports whether values of the type are text.
func isText(t Type) bool {
	switch t {
	case Plain, Folded, Name, Choice, Phone, Email, Date:
		return true
	}
	return false
}
