package list

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
)

// A plan is a query that has been understood: what statements are made of.
type plan struct {
	*spec
	fixed  Cond // what holds whatever is asked for
	terms  []term
	nodes  []node  // what else must hold: trees that are no terms
	where  Cond    // fixed and terms, in the way chosen
	beside Cond    // the same, for walking along an index of a One column's table
	column *Column // sorted by; nil if by id only
	key    piece   // sorted by
	down   bool
	limit  int
	at     *cursor // where the page begins; nil for the beginning
	scope  string  // what cursors are good for
	walk   bool    // rows are read in p's order by an index, not sorted
	whole  bool    // all rows are looked at: what is known of them is read once, and not looked up for each
}

// newPlan understands q, or returns all that is wrong with it.
func newPlan(tx *db.Tx, s *spec, q Query) (*plan, error) {
	p := &plan{spec: s, limit: q.Limit, key: s.id}
	var bad errs.List
	if p.limit == 0 {
		p.limit = Limit
	}
	if p.limit < 0 || p.limit > MaxLimit {
		bad.Add(errs.InvalidField("limit", "list.limit", "max", MaxLimit))
	}
	order := q.Sort
	if order == "" {
		order = s.standard
	}
	if order != "" {
		p.column, p.down = s.sort(q)
		if p.column == nil {
			bad.Add(errs.InvalidField("sort", "list.sort", "column", clip(strings.TrimPrefix(order, "-"))))
		} else {
			p.key = p.column.SQL
		}
	}
	p.scope = s.name + "|" + string(s.from) + "|" + order
	p.fixed = and(Visible(tx.Who, s.owner), cond(string(s.where)))
	bad = append(bad, p.filter(tx, q)...)
	if q.Cursor != "" {
		at, err := parseCursor(q.Cursor, p.scope)
		if err != nil || !p.fits(at) {
			bad.Add(errs.InvalidField("cursor", "list.cursor"))
		}
		p.at = &at
	}
	return p, bad.Err()
}

// filter sets the terms, one for each of q's filters.
func (p *plan) filter(tx *db.Tx, q Query) (bad errs.List) {
	if len(q.Filters) > maxFilters {
		return errs.List{errs.InvalidField("f", "list.filter.too_many", "max", maxFilters)}
	}
	r := newReading(tx.Who.User, tx.Now, q.In)
	for _, f := range q.Filters {
		c := column(p.columns, f.Column)
		if c == nil || c.Show {
			bad.Add(f.invalid("list.filter.column"))
			continue
		}
		t, err := r.term(c, f)
		if err != nil {
			bad = append(bad, errs.All(err)...)
			continue
		}
		p.terms = append(p.terms, t)
	}
	return append(bad, p.grow(r, &q.Where)...)
}

// fits reports whether a cursor's values are ones that p's columns may have.
func (p *plan) fits(at cursor) bool {
	if p.column == nil {
		return true
	}
	switch at.key.(type) {
	case nil:
		return p.column.partial()
	case int64:
		return p.column.Type == Number || p.column.Type == Money || p.column.Type == Time
	case bool:
		return p.column.Type == Bool
	case ids.ID:
		return p.column.Type == User || p.column.Type == Ref
	}
	return isText(p.column.Type)
}

// plain returns a scanned place as arguments.
func (p *plan) plain(at place) place { return place{p.plainKey(at.key), plainID(at.id)} }

// plainKey returns a scanned key as an argument.
func (p *plan) plainKey(v any) any {
	if n, ok := v.(int64); ok && p.column != nil && p.column.Type == Bool {
		return n != 0
	}
	return plainID(v)
}

// plainID returns the bytes of an id as an ID, and other values as they are.
func plainID(v any) any {
	if b, ok := v.([]byte); ok && len(b) == 16 {
		return ids.ID(b)
	}
	return v
}

// sortKey returns the key of the column sorted by; "" for the id.
func (p *plan) sortKey() string {
	if p.column == nil {
		return ""
	}
	return p.column.Key
}

// sorted reports whether an index holds the whole list in p's order.
func (p *plan) sorted() bool { return p.column == nil || p.isFast("", p.sortKey()) }

// leader returns the place of the term for which an index holds the matching
// rows in p's order, or -1.
func (p *plan) leader() int {
	for i, t := range p.terms {
		if t.op == Eq && !t.common && !t.not && p.column != nil && t.column.From == p.column.From && p.isFast(t.column.Key, p.sortKey()) {
			return i
		}
	}
	return -1
}

// ordered reports whether rows can be read in p's order without sorting.
func (p *plan) ordered() bool { return p.sorted() || p.leader() >= 0 }

// indexed reports whether an index may find the rows of a term.
func (p *plan) indexed(t term) bool {
	switch {
	case t.common:
		return false
	case t.column.From != "" && !t.column.One:
		return !t.not
	case t.not:
		return false
	}
	switch t.op {
	case Ne, Nin, Contains:
		return false
	}
	for _, f := range p.fast {
		if f.Filter == t.column.Key || f.Filter == "" && f.Sort == t.column.Key { // their index begins with the column
			return true
		}
	}
	return false
}

// countable reports whether counting p's rows reads nothing but an index.
func (p *plan) countable() bool {
	if len(p.nodes) > 0 {
		return false
	}
	if len(p.terms) == 0 {
		return true
	}
	if len(p.terms) > 1 || p.terms[0].not || p.terms[0].common {
		return false
	}
	t := p.terms[0]
	if p.isRanged(t) {
		return true
	}
	for _, f := range p.fast {
		if f.Filter == t.column.Key {
			return t.op == Eq || t.op == In
		}
	}
	return false
}

// isRanged reports whether t asks for a stretch of a column in whose order an
// index holds the whole list.
func (p *plan) isRanged(t term) bool {
	switch t.op {
	case Eq, Lt, Lte, Gt, Gte, Between, Before, After, Within:
		return p.isFast("", t.column.Key) && p.indexed(t)
	}
	return false
}

// How many rows a term may match for it to be better to find these, and sort
// them, than to pass over what doesn't match while reading the list in order
// (few) or in any (many). To find a row by an index or to test it by one takes
// some 3 µs in a large table, to pass over one in a scan 0.1 µs.
const (
	few  = 5_000
	many = 20_000

	// manyKids is many for records that belong to rows: to look for one costs
	// more than to read one.
	manyKids = 300_000
)

// choose decides how the rows of a page are found. SQLite guesses that a filter
// matches few rows, however many it does: a page of the 800,000 active
// customers in order of their names would find and sort them all, in seconds.
// So we look how many there are, up to a limit, which takes at most 0.4 ms.
func (p *plan) choose(ctx context.Context, tx *db.Tx) error {
	if !p.ordered() {
		return p.chooseAll(ctx, tx)
	}
	if err := p.sharpen(ctx, tx, few, few); err != nil {
		return err
	}
	lead := p.leader()
	rare := false
	sharp := make([]bool, len(p.terms))
	var vague []Cond
	for i, t := range p.terms {
		if i == lead || p.along(t) || t.common {
			continue
		}
		var err error
		if sharp[i], err = p.matches(ctx, tx, t, few); err != nil {
			return err
		}
		rare = rare || sharp[i]
		if t.column.From == "" && !p.indexed(t) {
			vague = append(vague, t.sharp)
		}
	}
	for i, t := range p.terms {
		sharp[i] = sharp[i] || !rare && (i == lead || p.along(t))
	}
	if len(p.nodes) > 0 {
		vague = append(vague, p.tree())
	}
	p.place(sharp)
	p.walk = !rare
	if p.walk && lead < 0 && len(vague) > 0 {
		n, err := p.sample(and(vague...)).count(ctx, tx)
		if err != nil {
			return err
		}
		p.walk = n >= sampleSize/20
	}
	return nil
}

// along reports whether t asks for a stretch of the column sorted by, which an
// index holds: the walk begins and ends with it.
func (p *plan) along(t term) bool {
	return t.column == p.column && !t.not && p.sorted() && p.indexed(t)
}

// sharpen looks which leaves and kids of the trees an index finds few rows of.
func (p *plan) sharpen(ctx context.Context, tx *db.Tx, most, kids int) error {
	for i := range p.nodes {
		if err := p.sharpenNode(ctx, tx, &p.nodes[i], most, kids); err != nil {
			return err
		}
	}
	return nil
}

func (p *plan) sharpenNode(ctx context.Context, tx *db.Tx, n *node, most, kids int) (err error) {
	switch {
	case n.kid != nil:
		n.way, n.sharp, err = p.fewOfKid(ctx, tx, n, kids)
		return err
	case n.join == "":
		// Rows of the list itself are found by several indexes at once only if
		// all that may match are: that is the engine's to see.
		if n.leaf.column.From != "" {
			n.sharp, err = p.matches(ctx, tx, n.leaf, most)
		}
		return err
	}
	for i := range n.parts {
		if err := p.sharpenNode(ctx, tx, &n.parts[i], most, kids); err != nil {
			return err
		}
	}
	return nil
}

// fewOfKid reports whether a kid's records that meet n are at most the given
// number, and how an index finds them.
func (p *plan) fewOfKid(ctx context.Context, tx *db.Tx, n *node, most int) (Way, bool, error) {
	for i := range n.parts {
		t := &n.parts[i].leaf
		if n.join != All || n.parts[i].join != "" || t.op == Ne || t.op == Nin || t.op == Contains || t.op == Empty {
			continue
		}
		at := slices.IndexFunc(n.kid.Fast, func(w Way) bool { return w.Column == t.column.Key })
		if at < 0 {
			continue
		}
		way := n.kid.Fast[at]
		count, err := countUpTo("1", way.of(n.kid), t.sharp, most+1).count(ctx, tx)
		if err != nil || count <= int64(most) {
			return way, err == nil, err
		}
	}
	return Way{}, false, nil
}

// place sets the conditions of all terms: those of the table that the order is
// from stand beside it where p walks along its index.
func (p *plan) place(sharp []bool) {
	all, beside := []Cond{p.fixed}, []Cond{p.fixed}
	for i, t := range p.terms {
		if p.column != nil && p.column.One && t.column.One && t.column.From == p.column.From && !t.not {
			all = append(all, p.cond(t, false))
			beside = append(beside, t.sharp)
			continue
		}
		c := p.cond(t, sharp[i])
		all, beside = append(all, c), append(beside, c)
	}
	tree := p.tree()
	all, beside = append(all, tree), append(beside, tree)
	p.where, p.beside = and(all...), and(beside...)
}

// sampleSize is how many rows are looked at to guess how common it is that
// conditions hold which no index knows.
const sampleSize = 2_000

// sample returns a statement that counts for how many of a few rows c holds.
func (p *plan) sample(c Cond) Statement {
	text, args := c.SQL(1)
	return Statement{db.Generate("SELECT COUNT(*) FROM (SELECT CASE WHEN " + text + " THEN 1 END AS hit FROM " +
		string(p.from) + " LIMIT " + strconv.Itoa(sampleSize) + ") AS part WHERE hit = 1"), args}
}

// chooseAll decides how all rows are found, in whatever order.
func (p *plan) chooseAll(ctx context.Context, tx *db.Tx) error {
	p.walk = false
	sparse, err := p.sparse(ctx, tx)
	if err != nil {
		return err
	}
	kids := manyKids
	if p.whole = !sparse; sparse {
		kids = many
	}
	if err := p.sharpen(ctx, tx, many, kids); err != nil {
		return err
	}
	conds := []Cond{p.fixed}
	if p.whole {
		known, err := p.knownTerms(ctx, tx)
		if err != nil {
			return err
		}
		conds = append(conds, known)
	}
	for _, t := range p.terms {
		if p.whole && t.column.One && !t.not {
			continue
		}
		sharp, err := p.matches(ctx, tx, t, many)
		if err != nil {
			return err
		}
		conds = append(conds, p.cond(t, sharp))
	}
	p.where = and(append(conds, p.tree())...)
	p.beside = p.where
	return nil
}

// matches reports whether the rows of a term are at most the given number and
// an index may find them.
func (p *plan) matches(ctx context.Context, tx *db.Tx, t term, most int) (bool, error) {
	if !p.indexed(t) {
		return false, nil
	}
	from := p.from
	if t.column.From != "" {
		from = t.column.From
	}
	n, err := countUpTo("1", from, t.sharp, most+1).count(ctx, tx)
	return n <= int64(most), err
}

// knownTerms returns the condition of all terms that ask for something in the
// one row of a child table: each table is read once. One term alone is answered
// by an index that holds nothing else; with several, an index helps only if it
// finds few rows.
func (p *plan) knownTerms(ctx context.Context, tx *db.Tx) (Cond, error) {
	var all []Cond
	done := map[piece]bool{}
	for _, t := range p.terms {
		if !t.column.One || t.not || done[t.column.From] {
			continue
		}
		done[t.column.From] = true
		var same []term
		for _, other := range p.terms {
			if other.column.One && !other.not && other.column.From == t.column.From {
				same = append(same, other)
			}
		}
		list := []Cond{same[0].sharp}
		for i, other := range same {
			if len(same) == 1 {
				break
			}
			rare, err := p.matches(ctx, tx, other, many)
			if err != nil {
				return Cond{}, err
			}
			c := other.blunt
			if rare {
				c = other.sharp
			}
			list = append(list[:i], c)
		}
		all = append(all, in(p.id, t.column, and(list...)))
	}
	return and(all...), nil
}

// A Statement is one that a list runs.
type Statement struct {
	Text db.Generated
	Args []any
}

// countUpTo returns a statement that counts the rows of a query, at most the
// given number of them; 0 counts all.
func countUpTo(what, from piece, where Cond, most int) Statement {
	text, args := where.SQL(1)
	text = "SELECT " + string(what) + " FROM " + string(from) + " WHERE " + text
	if most > 0 {
		text += " LIMIT " + strconv.Itoa(most)
	}
	return Statement{db.Generate("SELECT COUNT(*) FROM (" + text + ") AS part"), args}
}

func (s Statement) count(ctx context.Context, tx *db.Tx) (int64, error) {
	return db.GetGenerated(ctx, tx, db.One[int64], s.Text, s.Args...)
}

// count returns a statement that counts p's rows, up to a number if that is not 0.
func (p *plan) count(ctx context.Context, tx *db.Tx, most int) (Statement, error) {
	if len(p.terms) == 1 && len(p.nodes) == 0 {
		t := p.terms[0]
		if t.column.From != "" && !t.column.One && !t.not && p.fixed.text == "" {
			// Every child row has a parent, so these are the rows.
			return countUpTo("DISTINCT "+t.column.Link, t.column.From, t.sharp, most), nil
		}
		if t.column.One && !t.not && p.fixed.text == "" && p.countable() {
			return countUpTo("1", t.column.From, t.sharp, most), nil
		}
		if p.countable() {
			return countUpTo("1", p.from, and(p.fixed, p.cond(t, true)), most), nil
		}
	}
	if err := p.chooseAll(ctx, tx); err != nil {
		return Statement{}, err
	}
	if most == 0 {
		return p.begin("COUNT(*)").statement(), nil
	}
	return countUpTo("1", p.from, p.where, most), nil
}

// cond returns the condition of a term, such that an index finds its rows if
// sharp, and such that rows found otherwise are tested if not.
func (p *plan) cond(t term, sharp bool) Cond {
	c := t.column
	switch {
	case c.From == "" && !sharp && p.indexed(t):
		return t.blunt
	case c.From == "":
		return t.sharp
	case (sharp || p.whole && c.One) && !t.not:
		return in(p.id, c, t.sharp)
	}
	not := ""
	if t.not {
		not = "NOT "
	}
	where := and(cond(string(c.Link)+" = "+string(p.id)), t.sharp)
	return cond(not+"EXISTS (SELECT 1 FROM "+string(c.From)+" WHERE "+where.text+")", where.args...)
}

// in returns the condition that a row is a parent of a child row that meets where.
func in(id piece, c *Column, where Cond) Cond {
	text := string(id) + " IN (SELECT " + string(c.Link) + " FROM " + string(c.From)
	if where.text != "" {
		text += " WHERE " + where.text
	}
	return cond(text+")", where.args...)
}

// A builder collects a statement and its arguments.
type builder struct {
	text strings.Builder
	args []any
}

func (b *builder) add(c Cond) {
	text, args := c.SQL(len(b.args) + 1)
	b.text.WriteString(text)
	b.args = append(b.args, args...)
}

func (b *builder) statement() Statement {
	return Statement{db.Generate(b.text.String()), b.args}
}

// begin starts a SELECT of p's rows.
func (p *plan) begin(what string) *builder {
	b := &builder{}
	b.text.WriteString("SELECT " + what + " FROM " + string(p.from) + " WHERE ")
	b.add(p.where)
	return b
}

// A part of a list is the rows that have a value in the sorted column, or,
// behind them, those that have none.
type part int

const (
	whole part = iota
	valued
	valueless
)

// parts returns which parts of the list lie in the direction of p's cursor.
func (p *plan) parts() []part {
	if p.column == nil || !p.column.partial() {
		return []part{whole}
	}
	switch {
	case p.at == nil && p.filled():
		return []part{valued}
	case p.at == nil:
		return []part{valued, valueless}
	case p.at.back && p.at.key == nil:
		return []part{valueless, valued}
	case p.at.back:
		return []part{valued}
	case p.at.key == nil:
		return []part{valueless}
	case p.filled():
		return []part{valued}
	}
	return []part{valued, valueless}
}

// filled reports whether only rows match that have a value in the column
// sorted by. To look for the others would read all that have none.
func (p *plan) filled() bool {
	for _, t := range p.terms {
		if t.column == p.column && !t.not && t.op != Ne && t.op != Nin && t.op != Empty {
			return true
		}
	}
	return false
}

// page returns a statement for up to limit rows of one part of the list, from
// p's cursor on. Behind what is selected stand the key and the id.
func (p *plan) page(what piece, part part, limit int) Statement {
	b, id := p.beginPart(what, part)
	x := string(p.key)
	switch {
	case p.column == nil:
	case !p.walk:
		x = string(blunt(p.key))
	case p.at == nil && p.where.text != "" && part != valueless:
		b.text.WriteString(above(p.column))
	}
	down := p.down != (p.at != nil && p.at.back)
	sign, dir := " > ", ""
	if down {
		sign, dir = " < ", " DESC"
	}
	one := p.column != nil && p.column.One
	switch {
	case part == valued:
		b.text.WriteString(" AND " + string(p.key) + " IS NOT NULL")
	case part == valueless && one:
		b.text.WriteString(" AND NOT EXISTS (SELECT 1 FROM " + string(p.column.From) + " WHERE " + p.column.link(p.id) + " AND " + string(p.key) + " IS NOT NULL)")
	case part == valueless:
		b.text.WriteString(" AND " + string(p.key) + " IS NULL")
	}
	if at := p.at; at != nil && (part == whole || (part == valueless) == (at.key == nil)) {
		b.text.WriteString(" AND ")
		if part == valueless || p.column == nil {
			b.add(cond(id+sign+"?", at.id))
		} else {
			b.add(cond("("+x+", "+id+")"+sign+"(?, ?)", at.key, at.id))
		}
	}
	b.text.WriteString(" ORDER BY ")
	if p.column != nil && (part != valueless || !one) {
		// Of those without a value too: else PostgreSQL would not see that the
		// index holds them in order of their ids.
		b.text.WriteString(x + dir + ", ")
	}
	b.text.WriteString(id + dir + " LIMIT " + strconv.Itoa(limit))
	return b.statement()
}

// beginPart starts a SELECT of one part's rows with their keys and ids, and
// returns the expression of the id that goes with the key in their order.
//
// A column of a table of its own is joined: SQLite reads the tables of a CROSS
// JOIN in the order written, which is that of the walk.
func (p *plan) beginPart(what piece, part part) (b *builder, id string) {
	c := p.column
	if c == nil || !c.One {
		return p.begin(string(what) + ", " + string(p.key) + ", " + string(p.id)), string(p.id)
	}
	if part == valueless {
		return p.begin(string(what) + ", NULL, " + string(p.id)), string(p.id)
	}
	b = &builder{}
	b.text.WriteString("SELECT " + string(what) + ", " + string(p.key) + ", " + string(p.id) + " FROM ")
	where := p.where
	if p.walk {
		b.text.WriteString(string(c.From) + " CROSS JOIN " + string(p.from))
		where, id = p.beside, string(c.Link)
	} else {
		b.text.WriteString(string(p.from) + " CROSS JOIN " + string(c.From))
		id = string(p.id)
	}
	b.text.WriteString(" WHERE " + c.link(p.id) + " AND ")
	b.add(where)
	return b, id
}

// above returns a condition that all values of c meet, which makes SQLite walk
// along c's index instead of reading the whole table and sorting it.
func above(c *Column) string {
	x := " AND " + string(c.SQL)
	switch {
	case isText(c.Type):
		return x + " >= ''"
	case c.Type == Bool:
		return x + " >= FALSE"
	case c.Type == User || c.Type == Ref:
		return ""
	}
	return x + " >= -9223372036854775807"
}

// idsInOrder returns a statement for all ids in the list's order.
func (p *plan) idsInOrder() Statement {
	b := p.begin(string(p.id))
	if p.column != nil && p.column.One {
		b = &builder{}
		b.text.WriteString("SELECT " + string(p.id) + " FROM " + string(p.from) + " LEFT JOIN " + string(p.column.From) + " ON " + p.column.link(p.id) + " WHERE ")
		b.add(p.where)
	}
	dir := ""
	if p.down {
		dir = " DESC"
	}
	b.text.WriteString(" ORDER BY ")
	if p.column != nil {
		if p.column.partial() {
			b.text.WriteString(string(p.key) + " IS NULL, ")
		}
		b.text.WriteString(string(p.key) + dir + ", ")
	}
	b.text.WriteString(string(p.id) + dir)
	return b.statement()
}

// idsAfter returns a statement for ids in their own order.
func (p *plan) idsAfter(after ids.ID, limit int) Statement {
	b := p.begin(string(p.id))
	if !after.IsZero() {
		b.text.WriteString(" AND ")
		b.add(cond(string(p.id)+" > ?", after))
	}
	b.text.WriteString(" ORDER BY " + string(p.id))
	if limit > 0 {
		b.text.WriteString(" LIMIT " + strconv.Itoa(limit))
	}
	return b.statement()
}
