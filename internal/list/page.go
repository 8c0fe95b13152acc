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

// A Page is some rows of a list that follow each other.
type Page[T any] struct {
	Rows  []T
	From  int64  // number of the first row, from 1; 0 if there are no rows
	Next  string // cursor of the page behind this one; "" at the end
	Prev  string // cursor of the page before this one; "" at the beginning
	Count int64  // rows of the whole list; -1 if that was not asked, or takes a count of its own
}

// quickCount is up to how many rows Page counts at once.
const quickCount = 50_000

// Page returns the page that q asks for. If q asks for a count and an index
// answers it at once, Page.Count is exact; otherwise it is -1 and [Def.Count]
// counts. It returns an Invalid error if q can't be understood.
func (d *Def[T]) Page(ctx context.Context, tx *db.Tx, q Query) (Page[T], error) {
	page := Page[T]{Count: -1}
	p, err := newPlan(tx, d.spec(), q)
	if err != nil {
		return page, err
	}
	rows, more, err := d.fetch(ctx, tx, p, p.limit)
	if err != nil {
		return page, err
	}
	if p.at != nil && p.at.back && !more && len(rows) < p.limit {
		// Rows before the page are gone: what is there is the first page.
		p.at = nil
		if rows, more, err = d.fetch(ctx, tx, p, p.limit); err != nil {
			return page, err
		}
	}
	page.turn(p, rows, more)
	if q.Count {
		page.Count, err = d.quick(ctx, tx, p)
	}
	return page, err
}

// keyed is a row with what a cursor holds of it.
type keyed[T any] struct {
	row     T
	key, id any
}

// turn fills the page with rows and the ways to go on from them.
func (page *Page[T]) turn(p *plan, rows []keyed[T], more bool) {
	var before int64
	back := p.at != nil && p.at.back
	switch {
	case back:
		before = max(p.at.before-int64(len(rows)), 0)
	case p.at != nil:
		before = p.at.before
	}
	for i := range rows {
		page.Rows = append(page.Rows, rows[i].row)
	}
	if len(rows) == 0 {
		if p.at != nil && !back {
			page.Prev = cursor{back: true, before: before, key: p.at.key, id: p.at.id}.String(p.scope)
		}
		return
	}
	page.From = before + 1
	first, last := rows[0], rows[len(rows)-1]
	if back || more {
		page.Next = cursor{before: before + int64(len(rows)), key: last.key, id: last.id}.String(p.scope)
	}
	if back && more || !back && p.at != nil {
		page.Prev = cursor{back: true, before: before, key: first.key, id: first.id}.String(p.scope)
	}
}

// Count returns the exact number of rows that q asks for, whatever its page.
func (d *Def[T]) Count(ctx context.Context, tx *db.Tx, q Query) (int64, error) {
	p, err := newPlan(tx, d.spec(), q.First())
	if err != nil {
		return 0, err
	}
	if n, known, err := d.total(ctx, tx, p); known || err != nil {
		return n, err
	}
	text, args := p.count(0)
	return db.GetGenerated(ctx, tx, db.One[int64], db.Generate(text), args...)
}

// total returns the number of all rows if that is what p asks for and is known.
func (d *Def[T]) total(ctx context.Context, tx *db.Tx, p *plan) (int64, bool, error) {
	if d.Total == nil || p.filters > 0 || tx.Who.Sight != db.SeeAll {
		return 0, false, nil
	}
	return d.Total(ctx, tx)
}

// quick returns the count if it is known or an index yields it soon, else -1.
func (d *Def[T]) quick(ctx context.Context, tx *db.Tx, p *plan) (int64, error) {
	if n, known, err := d.total(ctx, tx, p); known || err != nil {
		return n, err
	}
	if !p.indexed {
		return -1, nil
	}
	text, args := p.count(quickCount + 1)
	n, err := db.GetGenerated(ctx, tx, db.One[int64], db.Generate(text), args...)
	if n > quickCount {
		n = -1
	}
	return n, err
}

// Check returns an Invalid error if q can't be understood.
func (d *Def[T]) Check(tx *db.Tx, q Query) error {
	_, err := newPlan(tx, d.spec(), q)
	return err
}

// batch is how many rows Each and Rows fetch at a time.
const batch = 256

// Each calls f with all rows that q asks for, in order, some at a time. f may
// use tx to read what else belongs to the rows.
func (d *Def[T]) Each(ctx context.Context, tx *db.Tx, q Query, f func([]T) error) error {
	p, err := newPlan(tx, d.spec(), q.First())
	if err != nil {
		return err
	}
	if !p.ordered && d.ID != "" {
		return d.eachSorted(ctx, tx, p, f)
	}
	for {
		rows, more, err := d.fetch(ctx, tx, p, batch)
		if err != nil {
			return err
		}
		list := make([]T, len(rows))
		for i := range rows {
			list[i] = rows[i].row
		}
		if len(list) > 0 {
			if err := f(list); err != nil {
				return err
			}
		}
		if !more {
			return nil
		}
		last := rows[len(rows)-1]
		p.at = &cursor{key: last.key, id: last.id}
	}
}

// eachSorted is Each where no index yields the order. It sorts the ids only,
// which takes 16 bytes a row, once.
func (d *Def[T]) eachSorted(ctx context.Context, tx *db.Tx, p *plan, f func([]T) error) error {
	text, args := p.idsInOrder()
	list, err := db.ListGenerated(ctx, tx, scanID, db.Generate(text), args...)
	if err != nil {
		return err
	}
	for part := range slices.Chunk(list, batch) {
		rows, err := d.rows(ctx, tx, part)
		if err != nil {
			return err
		}
		if err := f(rows); err != nil {
			return err
		}
	}
	return nil
}

// IDs returns the ids of up to limit rows that q asks for, in order of the ids
// and behind the given one: what a bulk edit works through, slice by slice, and
// goes on with after a crash. A limit of 0 returns all, 16 bytes each.
func (d *Def[T]) IDs(ctx context.Context, tx *db.Tx, q Query, after ids.ID, limit int) ([]ids.ID, error) {
	p, err := newPlan(tx, d.spec(), q.First())
	if err != nil {
		return nil, err
	}
	text, args := p.idsAfter(after, limit)
	return db.ListGenerated(ctx, tx, db.One[ids.ID], db.Generate(text), args...)
}

// Rows returns the rows of the given ids that there are and that tx's actor
// sees, in the order of the ids.
func (d *Def[T]) Rows(ctx context.Context, tx *db.Tx, list []ids.ID) ([]T, error) {
	var all []T
	for part := range slices.Chunk(list, batch) {
		keys := make([]any, len(part))
		for i, id := range part {
			keys[i] = id
		}
		rows, err := d.rows(ctx, tx, keys)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

// rows returns the visible rows of at most 256 ids.
func (d *Def[T]) rows(ctx context.Context, tx *db.Tx, list []any) ([]T, error) {
	p, err := newPlan(tx, d.spec(), Query{})
	if err != nil {
		return nil, err
	}
	p.where = and(p.where, oneOf(d.ID, list))
	b := p.begin(string(d.Select) + ", " + string(p.id))
	found := make(map[any]T, len(list))
	_, err = db.ListGenerated(ctx, tx, func(s db.Scanner, _ *struct{}) error {
		var row T
		var id any
		if err := d.Scan(extra{s, []any{&id}}, &row); err != nil {
			return err
		}
		found[comparable16(id)] = row
		return nil
	}, db.Generate(b.text.String()), b.args...)
	if err != nil {
		return nil, err
	}
	rows := make([]T, 0, len(found))
	for _, id := range list {
		if row, ok := found[id]; ok {
			rows = append(rows, row)
			delete(found, id) // each once
		}
	}
	return rows, nil
}

// fetch returns up to limit rows in the list's order from p's place on, and
// whether there are more in that direction.
func (d *Def[T]) fetch(ctx context.Context, tx *db.Tx, p *plan, limit int) (rows []keyed[T], more bool, err error) {
	back := p.at != nil && p.at.back
	for _, part := range p.parts() {
		b := p.begin(string(d.Select) + ", " + string(p.key) + ", " + string(p.id))
		p.finish(b, part, back, limit+1-len(rows))
		got, err := db.ListGenerated(ctx, tx, func(s db.Scanner, k *keyed[T]) error {
			if err := d.Scan(extra{s, []any{&k.key, &k.id}}, &k.row); err != nil {
				return err
			}
			k.key, k.id = p.plainKey(k.key), comparable16(k.id)
			return nil
		}, db.Generate(b.text.String()), b.args...)
		if err != nil {
			return nil, false, err
		}
		rows = append(rows, got...)
		if len(rows) > limit {
			rows, more = rows[:limit], true
			break
		}
	}
	if back {
		slices.Reverse(rows)
	}
	return rows, more, nil
}

// extra is a row that has columns behind those that a Def's Scan reads.
type extra struct {
	db.Scanner
	dest []any
}

func (e extra) Scan(dest ...any) error { return e.Scanner.Scan(append(dest, e.dest...)...) }

func scanID(s db.Scanner, id *any) error {
	err := s.Scan(id)
	*id = comparable16(*id)
	return err
}

// comparable16 returns bytes of an id as an ID, and other values as they are.
func comparable16(v any) any {
	if b, ok := v.([]byte); ok && len(b) == 16 {
		return ids.ID(b)
	}
	return v
}

// A plan is a query that has been understood: what statements are made of.
type plan struct {
	*spec
	where   Cond
	filters int     // how many the query has
	column  *Column // sorted by; nil if by id only
	key     piece   // sorted by
	down    bool
	limit   int
	at      *cursor // where the page begins; nil for the beginning
	scope   string  // what cursors are good for
	indexed bool    // an index counts the rows
	ordered bool    // an index yields the rows in order
}

// newPlan understands q, or returns all that is wrong with it.
func newPlan(tx *db.Tx, s *spec, q Query) (*plan, error) {
	p := &plan{spec: s, filters: len(q.Filters), limit: q.Limit, key: s.id}
	var bad errs.List
	if p.limit == 0 {
		p.limit = Limit
	}
	if p.limit < 0 || p.limit > MaxLimit {
		bad.Add(errs.InvalidField("limit", "list.limit", "max", MaxLimit))
	}
	if q.Sort != "" || s.standard != "" {
		p.column, p.down = s.sort(q)
		if p.column == nil {
			bad.Add(errs.InvalidField("sort", "list.sort", "column", clip(strings.TrimPrefix(q.Sort, "-"))))
		} else {
			p.key = p.column.SQL
		}
	}
	p.scope = s.name + "|" + string(s.from) + "|" + q.Sort
	if q.Sort == "" {
		p.scope += s.standard
	}
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

// filter sets the conditions of q's filters, and of what holds anyway.
func (p *plan) filter(tx *db.Tx, q Query) (bad errs.List) {
	r := newReading(p.spec, tx.Who.User, tx.Now, q.In)
	all := []Cond{Visible(tx.Who, p.owner), cond(string(p.spec.where))}
	if len(q.Filters) > maxFilters {
		bad.Add(errs.InvalidField("f", "list.filter.too_many", "max", maxFilters))
		return bad
	}
	for _, f := range q.Filters {
		c := column(p.columns, f.Column)
		if c == nil || c.Show {
			bad.Add(f.invalid("list.filter.column"))
			continue
		}
		one, err := r.condition(c, f)
		if err != nil {
			bad = append(bad, errs.All(err)...)
			continue
		}
		all = append(all, one)
	}
	p.where = and(all...)
	p.indexed, p.ordered = p.served(q)
	return bad
}

// served reports whether declared indexes count q's rows and yield their order.
func (p *plan) served(q Query) (count, order bool) {
	sort := "id"
	if p.column != nil {
		sort = p.column.Key
	}
	switch len(q.Filters) {
	case 0:
		return false, sort == "id" || p.isFast("", sort)
	case 1:
		f := q.Filters[0]
		single := f.Op == Eq
		for _, pair := range p.fast {
			if pair.Filter == f.Column && (single || f.Op == In) {
				count = true
			}
		}
		return count, single && p.isFast(f.Column, sort)
	}
	return false, false
}

// fits reports whether a cursor's values are ones that p's columns may have.
func (p *plan) fits(at cursor) bool {
	if p.column == nil {
		return true
	}
	switch at.key.(type) {
	case nil:
		return p.column.Null
	case int64:
		return p.column.Type == Number || p.column.Type == Money || p.column.Type == Time
	case bool:
		return p.column.Type == Bool
	case ids.ID:
		return p.column.Type == User || p.column.Type == Ref
	}
	return isText(p.column.Type)
}

// plainKey returns a scanned key as an argument.
func (p *plan) plainKey(v any) any {
	if n, ok := v.(int64); ok && p.column != nil && p.column.Type == Bool {
		return n != 0
	}
	return comparable16(v)
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
	if p.column == nil || !p.column.Null {
		return []part{whole}
	}
	switch {
	case p.at == nil:
		return []part{valued, valueless}
	case p.at.back && p.at.key == nil:
		return []part{valueless, valued}
	case p.at.back:
		return []part{valued}
	case p.at.key == nil:
		return []part{valueless}
	}
	return []part{valued, valueless}
}

// finish adds place, order and limit for one part of the list.
func (p *plan) finish(b *builder, part part, back bool, limit int) {
	x, id := string(p.key), string(p.id)
	down := p.down != back
	sign, dir := " > ", ""
	if down {
		sign, dir = " < ", " DESC"
	}
	switch part {
	case valued:
		b.text.WriteString(" AND " + x + " IS NOT NULL")
	case valueless:
		b.text.WriteString(" AND " + x + " IS NULL")
	}
	byID := part == valueless || p.column == nil
	if at := p.at; at != nil && (part == whole || (part == valueless) == (at.key == nil)) {
		b.text.WriteString(" AND ")
		if byID {
			b.add(cond(id+sign+"?", at.id))
		} else {
			b.add(cond("("+x+", "+id+")"+sign+"(?, ?)", at.key, at.id))
		}
	}
	b.text.WriteString(" ORDER BY ")
	if !byID {
		b.text.WriteString(x + dir + ", ")
	}
	b.text.WriteString(id + dir + " LIMIT " + strconv.Itoa(limit))
}

// count returns a statement that counts up to most rows, or all if most is 0.
func (p *plan) count(most int) (string, []any) {
	if most == 0 {
		b := p.begin("COUNT(*)")
		return b.text.String(), b.args
	}
	b := p.begin("1")
	return "SELECT COUNT(*) FROM (" + b.text.String() + " LIMIT " + strconv.Itoa(most) + ") AS part", b.args
}

// idsInOrder returns a statement for all ids in the list's order.
func (p *plan) idsInOrder() (string, []any) {
	b := p.begin(string(p.id))
	dir := ""
	if p.down {
		dir = " DESC"
	}
	b.text.WriteString(" ORDER BY ")
	if p.column != nil {
		if p.column.Null {
			b.text.WriteString(string(p.key) + " IS NULL, ")
		}
		b.text.WriteString(string(p.key) + dir + ", ")
	}
	b.text.WriteString(string(p.id) + dir)
	return b.text.String(), b.args
}

// idsAfter returns a statement for ids in their own order.
func (p *plan) idsAfter(after ids.ID, limit int) (string, []any) {
	b := p.begin(string(p.id))
	if !after.IsZero() {
		b.text.WriteString(" AND ")
		b.add(cond(string(p.id)+" > ?", after))
	}
	b.text.WriteString(" ORDER BY " + string(p.id))
	if limit > 0 {
		b.text.WriteString(" LIMIT " + strconv.Itoa(limit))
	}
	return b.text.String(), b.args
}
