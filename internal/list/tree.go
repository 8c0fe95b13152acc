package list

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/akrab-crm/akrab/internal/errs"
)

// A Join says how the parts of a Tree are joined.
type Join string

// The joins.
const (
	All Join = "all"
	Any Join = "any"
	Not Join = "not" // of one part
)

// A Tree is a condition made of conditions: all of them hold, one of them
// does, or one does not. The zero Tree always holds.
//
// As text it is JSON: {"all":["city:eq:Bandung",{"any":["phase:eq:new",
// {"not":"tag:eq:vip"}]}]}. A text in it is a filter as in the address. With
// "has" beside "all" or "any" the parts are about the records of that kind that
// belong to the row, and one such record must meet them:
// {"has":"order","all":["total:gte:1000000","ordered:within:-90d"]}.
type Tree struct {
	Join  Join   // "" of a leaf
	Has   string // key of a Kid, or ""
	Parts []Tree
	Leaf  Filter // if Join is ""
}

// Limits of a tree.
const (
	MaxDepth  = 8     // of trees in each other
	MaxLeaves = 60    // filters
	maxTree   = 20000 // bytes of its text
)

// IsZero reports whether t says nothing.
func (t *Tree) IsZero() bool { return t.Join == "" && t.Leaf.Column == "" }

// isLeaf reports whether t is a filter.
func (t *Tree) isLeaf() bool { return t.Join == "" && t.Leaf.Column != "" }

// LeafOf returns the tree of one filter.
func LeafOf(f Filter) Tree { return Tree{Leaf: f} }

// AllOf returns the tree that all filters hold.
func AllOf(filters []Filter) Tree {
	t := Tree{Join: All}
	for _, f := range filters {
		t.Parts = append(t.Parts, LeafOf(f))
	}
	return t
}

// String returns t as text that [ParseTree] reads. The zero Tree is "".
func (t Tree) String() string {
	if t.IsZero() {
		return ""
	}
	var b strings.Builder
	t.write(&b)
	return b.String()
}

func (t *Tree) write(b *strings.Builder) {
	switch {
	case t.isLeaf():
		writeText(b, t.Leaf.String())
	case t.Join == "":
		b.WriteString(`{"all":[]}`)
	case t.Join == Not:
		b.WriteString(`{"not":`)
		if len(t.Parts) == 0 {
			b.WriteString(`{"all":[]}`)
		} else {
			t.Parts[0].write(b)
		}
		b.WriteByte('}')
	default:
		b.WriteByte('{')
		if t.Has != "" {
			b.WriteString(`"has":`)
			writeText(b, t.Has)
			b.WriteByte(',')
		}
		writeText(b, string(t.Join))
		b.WriteString(":[")
		for i := range t.Parts {
			if i > 0 {
				b.WriteByte(',')
			}
			t.Parts[i].write(b)
		}
		b.WriteString("]}")
	}
}

// writeText writes s as JSON, readable in an address.
func writeText(b *strings.Builder, s string) {
	var line strings.Builder
	e := json.NewEncoder(&line)
	e.SetEscapeHTML(false)
	if e.Encode(s) == nil { // text can always be written
		b.WriteString(strings.TrimSuffix(line.String(), "\n"))
	}
}

// MarshalJSON implements [json.Marshaler].
func (t Tree) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte(`{"all":[]}`), nil
	}
	return []byte(t.String()), nil
}

// UnmarshalJSON implements [json.Unmarshaler].
func (t *Tree) UnmarshalJSON(b []byte) error {
	got, err := ParseTree(string(b))
	if err == nil {
		*t = got
	}
	return err
}

// ParseTree reads a tree. It returns Invalid errors about the field "where", or
// about parts of it: "where.0.2" is the third part of the first. Whether
// columns and values exist, the [Def] says later.
func ParseTree(text string) (Tree, error) {
	if strings.TrimSpace(text) == "" {
		return Tree{}, nil
	}
	bad := errs.InvalidField(whereField, "list.tree.form", "sample", sample)
	if len(text) > maxTree {
		return Tree{}, errs.InvalidField(whereField, "list.tree.many", "max", MaxLeaves)
	}
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	var v any
	if err := d.Decode(&v); err != nil {
		return Tree{}, bad.Because(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return Tree{}, bad
	}
	r := treeReader{}
	t := r.read(v, whereField, 0, false)
	if err := r.bad.Err(); err != nil {
		return Tree{}, err
	}
	return t, nil
}

// sample is a tree that shows how one is written.
const sample = `{"any":["city:eq:Bandung","phase:eq:new"]}`

// whereField is the field that errors of trees are about.
const whereField = "where"

// A treeReader reads what JSON holds.
type treeReader struct {
	leaves int
	bad    errs.List
}

func (r *treeReader) read(v any, at string, depth int, inside bool) (t Tree) {
	if depth > MaxDepth {
		r.bad.Add(errs.InvalidField(at, "list.tree.deep", "max", MaxDepth))
		return t
	}
	switch v := v.(type) {
	case string:
		return r.leaf(v, at)
	case map[string]any:
		return r.node(v, at, depth, inside)
	}
	r.bad.Add(errs.InvalidField(at, "list.tree.form", "sample", sample))
	return t
}

func (r *treeReader) leaf(text, at string) (t Tree) {
	if r.leaves++; r.leaves == MaxLeaves+1 {
		r.bad.Add(errs.InvalidField(whereField, "list.tree.many", "max", MaxLeaves))
	}
	if r.leaves > MaxLeaves {
		return t
	}
	f, err := ParseFilter(text)
	for _, e := range errs.All(err) {
		e.Field = at
		r.bad.Add(e)
	}
	return LeafOf(f)
}

func (r *treeReader) node(v map[string]any, at string, depth int, inside bool) (t Tree) {
	form := errs.InvalidField(at, "list.tree.form", "sample", sample)
	has, named := v["has"]
	if named {
		text, ok := has.(string)
		if !ok || !isKey(text) || inside {
			r.bad.Add(form)
			return t
		}
		t.Has, inside = text, true
		delete(v, "has")
	}
	if len(v) != 1 {
		r.bad.Add(form)
		return t
	}
	for key, parts := range v {
		t.Join = Join(key)
		list, ok := parts.([]any)
		switch {
		case t.Join == Not && !named:
			t.Parts = []Tree{r.read(parts, at+".0", depth+1, inside)}
		case (t.Join == All || t.Join == Any) && ok:
			for i, part := range list {
				t.Parts = append(t.Parts, r.read(part, at+"."+strconv.Itoa(i), depth+1, inside))
			}
		default:
			r.bad.Add(form)
		}
	}
	return t
}

// Leaves calls f with every filter of t and the key of the kid that it is
// about, "" for the row itself.
func (t *Tree) Leaves(f func(kid string, leaf Filter)) { t.leaves("", f) }

func (t *Tree) leaves(kid string, f func(string, Filter)) {
	if t.isLeaf() {
		f(kid, t.Leaf)
	}
	if t.Has != "" {
		kid = t.Has
	}
	for i := range t.Parts {
		t.Parts[i].leaves(kid, f)
	}
}

// Tidy returns t without groups that say nothing or are in one of their own kind.
func (t Tree) Tidy() Tree {
	if t.Join == "" {
		return t
	}
	var parts []Tree
	for _, p := range t.Parts {
		p = p.Tidy()
		switch {
		case p.IsZero():
		case p.Join != "" && p.Has == "" && len(p.Parts) == 0 && p.Join != Any:
		case p.Join == t.Join && p.Has == "" && t.Join != Not:
			parts = append(parts, p.Parts...)
		case (p.Join == All || p.Join == Any) && p.Has == "" && len(p.Parts) == 1:
			parts = append(parts, p.Parts[0])
		default:
			parts = append(parts, p)
		}
	}
	if t.Join == Not && len(parts) == 0 {
		return Tree{}
	}
	return Tree{Join: t.Join, Has: t.Has, Parts: parts}
}

// A Kid is a kind of records that belong to the rows of a list and may be asked
// for in a [Tree]: the orders of a customer.
type Kid struct {
	Key   string
	Label string // message key: "has an order with"
	From  piece  // `sales_order o`, perhaps with joins
	Link  piece  // id of the row that the record belongs to, never NULL where When holds: `o.customer_id`
	When  piece  // what else must hold, or ""

	// Columns are what may be asked of the records. They have no From.
	Columns []Column

	// Fast are the columns whose index finds few records.
	Fast []Way

	// Covered says that an index in order of Link holds all columns.
	Covered bool

	// Apart says how records of several tables are found where they are many; it may be nil.
	Apart *Apart
}

// A Way is how records of a Kid are found by the index of a column.
type Way struct {
	Column string
	Of     piece // the table of the column alone: `sales_order o`; "" means the kid's From
	From   piece // the kid's tables in the order in which they are to be read; "" leaves that to the engine
}

// Kid returns the kid with the given key, or nil.
func (d *Def[T]) Kid(key string) *Kid { return kidOf(d.Kids, key) }

func kidOf(list []Kid, key string) *Kid {
	i := slices.IndexFunc(list, func(k Kid) bool { return k.Key == key })
	if i < 0 {
		return nil
	}
	return &list[i]
}

// A node is a part of a tree that has been understood.
type node struct {
	join  Join
	kid   *Kid
	parts []node
	leaf  term
	sharp bool // an index finds the few rows of the leaf or of the kid
	way   Way  // which one, of the kid
}

// grow understands t. Leaves that all have to hold become terms of p.
func (p *plan) grow(r *reading, t *Tree) (bad errs.List) {
	if t.IsZero() {
		return nil
	}
	leaves := 0
	t.Leaves(func(string, Filter) { leaves++ })
	if leaves > MaxLeaves {
		return errs.List{errs.InvalidField(whereField, "list.tree.many", "max", MaxLeaves)}
	}
	n := p.node(r, t, nil, whereField, 0, &bad)
	if len(bad) > 0 {
		return bad
	}
	parts := []node{n}
	if n.join == All && n.kid == nil {
		parts = n.parts
	}
	for _, n := range parts {
		if n.join == "" {
			p.terms = append(p.terms, n.leaf)
		} else {
			p.nodes = append(p.nodes, n)
		}
	}
	return nil
}

func (p *plan) node(r *reading, t *Tree, kid *Kid, at string, depth int, bad *errs.List) (n node) {
	if depth > MaxDepth {
		bad.Add(errs.InvalidField(at, "list.tree.deep", "max", MaxDepth))
		return n
	}
	n.join = t.Join
	switch {
	case t.isLeaf():
		n.leaf = p.leaf(r, t.Leaf, kid, at, bad)
		return n
	case t.Join == "":
		n.join = All
		return n
	case t.Has != "":
		if n.kid = kidOf(p.kids, t.Has); n.kid == nil || kid != nil {
			bad.Add(errs.InvalidField(at, "list.tree.kid", "name", clip(t.Has)))
			return n
		}
		kid = n.kid
	case t.Join == Not && len(t.Parts) != 1:
		bad.Add(errs.InvalidField(at, "list.tree.form", "sample", sample))
		return n
	}
	for i := range t.Parts {
		n.parts = append(n.parts, p.node(r, &t.Parts[i], kid, at+"."+strconv.Itoa(i), depth+1, bad))
	}
	return n
}

// leaf understands a filter of a row, or of a kid if that is not nil.
func (p *plan) leaf(r *reading, f Filter, kid *Kid, at string, bad *errs.List) term {
	columns := p.columns
	if kid != nil {
		columns = kid.Columns
	}
	c := column(columns, f.Column)
	if c == nil || c.Show {
		e := f.invalid("list.filter.column")
		e.Field = at
		bad.Add(e)
		return term{}
	}
	t, err := r.term(c, f)
	for _, e := range errs.All(err) {
		e.Field = at
		bad.Add(e)
	}
	return t
}

// tree returns the condition of all nodes.
func (p *plan) tree() Cond {
	list := make([]Cond, len(p.nodes))
	for i := range p.nodes {
		list[i] = p.nodeCond(&p.nodes[i])
	}
	return and(list...)
}

func (p *plan) nodeCond(n *node) Cond {
	switch {
	case n.join == "":
		return p.cond(n.leaf, n.sharp)
	case n.kid != nil:
		return p.kidCond(n)
	case n.join == Not:
		return not(p.nodeCond(&n.parts[0]))
	}
	var list []Cond
	for i, part := range n.parts {
		switch first := p.twin(n.parts, i); {
		case first == i:
			list = append(list, p.together(n, i))
		case first < 0:
			list = append(list, p.nodeCond(&part))
		}
	}
	return joined(n.join, list)
}

// joined joins conditions, of which there may be none and some may be empty.
func joined(j Join, list []Cond) Cond {
	if j == All {
		return and(list...)
	}
	if len(list) == 0 {
		return never
	}
	for _, c := range list {
		if c.text == "" {
			return Cond{}
		}
	}
	return or(list...)
}

// not returns the condition that c does not hold, be it false or unknown.
func not(c Cond) Cond {
	if c.text == "" {
		return never
	}
	return cond("NOT COALESCE("+c.text+", FALSE)", c.args...)
}

// twin returns the place of the first leaf that asks the same child row as the
// i-th part does, or -1 if that one asks alone: what is known of a customer in
// one row is looked up once.
func (p *plan) twin(parts []node, i int) int {
	if !parts[i].known() {
		return -1
	}
	first, n := -1, 0
	for j := range parts {
		if parts[j].known() && parts[j].leaf.column.From == parts[i].leaf.column.From {
			if n++; first < 0 {
				first = j
			}
		}
	}
	if n == 1 {
		return -1
	}
	return first
}

// known reports whether n asks for something in the one row of a child table.
func (n *node) known() bool {
	return n.join == "" && n.leaf.column.One && !n.leaf.not && !n.sharp
}

// together returns the condition of all leaves of n that ask the child row of
// the i-th.
func (p *plan) together(n *node, i int) Cond {
	c := n.parts[i].leaf.column
	var list []Cond
	for j := range n.parts {
		if part := &n.parts[j]; part.known() && part.leaf.column.From == c.From {
			if p.whole {
				list = append(list, part.leaf.blunt)
			} else {
				list = append(list, part.leaf.sharp)
			}
		}
	}
	if p.whole {
		return in(p.id, c, joined(n.join, list))
	}
	where := and(cond(string(c.Link)+" = "+string(p.id)), joined(n.join, list))
	return cond("EXISTS (SELECT 1 FROM "+string(c.From)+" WHERE "+where.text+")", where.args...)
}

// kidCond returns the condition that a record of n's kid meets its parts.
func (p *plan) kidCond(n *node) Cond {
	where := p.kidWhere(n, true)
	if n.sharp {
		text := string(p.id) + " IN (SELECT " + string(n.kid.Link) + " FROM " + string(n.way.from(n.kid))
		if where.text != "" {
			text += " WHERE " + where.text
		}
		return cond(text+")", where.args...)
	}
	where = and(cond(string(n.kid.Link)+" = "+string(p.id)), where)
	return cond("EXISTS (SELECT 1 FROM "+string(n.kid.From)+" WHERE "+where.text+")", where.args...)
}

// from returns the tables of a kid's records as w reads them.
func (w Way) from(k *Kid) piece {
	if w.From != "" {
		return w.From
	}
	return k.From
}

// of returns the table of w's column.
func (w Way) of(k *Kid) piece {
	if w.Of != "" {
		return w.Of
	}
	return k.From
}

// kidWhere returns the condition on records of n's kid. If it is not sharp
// SQLite looks up none of it in an index.
func (p *plan) kidWhere(n *node, sharp bool) Cond {
	var list []Cond
	for i := range n.parts {
		list = append(list, kidPart(&n.parts[i], sharp))
	}
	return and(cond(string(n.kid.When)), joined(n.join, list))
}

// kidPart returns the condition of a part in a kid: none of it is about the row.
func kidPart(n *node, sharp bool) Cond {
	switch {
	case n.join == "" && sharp:
		return n.leaf.sharp
	case n.join == "":
		return n.leaf.blunt
	case n.join == Not:
		return not(kidPart(&n.parts[0], sharp))
	}
	var list []Cond
	for i := range n.parts {
		list = append(list, kidPart(&n.parts[i], sharp))
	}
	return joined(n.join, list)
}
