package list

import (
	"context"
	"slices"

	"github.com/akrab-crm/akrab/internal/db"
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

// quickCount is up to how many rows of an index Page counts at once, in 1.6 ms
// on SQLite, and smallList how many rows a list may have of which Page counts
// whatever is asked for.
const (
	quickCount = 20_000
	smallList  = 10_000
)

// Page returns the page that q asks for. If q asks for a count and an index
// answers it at once, Page.Count is exact; otherwise it is -1 and [Def.Count]
// counts. It returns an Invalid error if q can't be understood.
func (d *Def[T]) Page(ctx context.Context, tx *db.Tx, q Query) (Page[T], error) {
	page := Page[T]{Count: -1}
	p, err := newPlan(tx, d.spec(), q)
	if err != nil {
		return page, err
	}
	if err := p.choose(ctx, tx); err != nil {
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
	return d.number(ctx, tx, p)
}

// number returns the exact number of p's rows.
func (d *Def[T]) number(ctx context.Context, tx *db.Tx, p *plan) (int64, error) {
	if n, known, err := d.total(ctx, tx, p); known || err != nil {
		return n, err
	}
	if all, off := p.turned(); all != nil {
		n, err := d.number(ctx, tx, all)
		if err != nil {
			return 0, err
		}
		less, err := d.number(ctx, tx, off)
		return n - less, err
	}
	s, err := p.count(ctx, tx, 0)
	if err != nil {
		return 0, err
	}
	return s.count(ctx, tx)
}

// turned returns what to count instead where a column that is seldom true has
// to be false: all rows whatever the column is, and those to be taken off.
func (p *plan) turned() (all, off *plan) {
	i := slices.IndexFunc(p.terms, func(t term) bool { return t.common })
	if i < 0 {
		return nil, nil
	}
	all, off = new(plan), new(plan)
	*all, *off = *p, *p
	all.terms = slices.Delete(slices.Clone(p.terms), i, i+1)
	off.terms = slices.Clone(p.terms)
	yes := cond(string(p.terms[i].column.SQL))
	off.terms[i] = term{column: p.terms[i].column, op: Eq, sharp: yes, blunt: yes}
	return all, off
}

// total returns the number of all rows if that is what p asks for and is known.
func (d *Def[T]) total(ctx context.Context, tx *db.Tx, p *plan) (int64, bool, error) {
	if d.Total == nil || len(p.terms) > 0 || tx.Who.Sight != db.SeeAll {
		return 0, false, nil
	}
	return d.Total(ctx, tx)
}

// quick returns the count if it is known or an index yields it soon, else -1.
func (d *Def[T]) quick(ctx context.Context, tx *db.Tx, p *plan) (int64, error) {
	if n, known, err := d.total(ctx, tx, p); known || err != nil {
		return n, err
	}
	if all, off := p.turned(); all != nil {
		return d.quickRest(ctx, tx, all, off)
	}
	if !p.countable() {
		small, err := d.small(ctx, tx)
		if err != nil || !small {
			return -1, err
		}
	}
	return p.upTo(ctx, tx, quickCount)
}

// quickRest is quick for what is left of all without those of off.
func (d *Def[T]) quickRest(ctx context.Context, tx *db.Tx, all, off *plan) (int64, error) {
	n, err := d.quick(ctx, tx, all)
	if err != nil || n < 0 {
		return -1, err
	}
	less, err := off.upTo(ctx, tx, quickCount)
	if err != nil || less < 0 {
		return -1, err
	}
	return n - less, nil
}

// upTo counts p's rows; it returns -1 if they are more than the given number.
func (p *plan) upTo(ctx context.Context, tx *db.Tx, most int) (int64, error) {
	s, err := p.count(ctx, tx, most+1)
	if err != nil {
		return -1, err
	}
	n, err := s.count(ctx, tx)
	if n > int64(most) {
		n = -1
	}
	return n, err
}

// small reports whether the list has few rows, seen or not.
func (d *Def[T]) small(ctx context.Context, tx *db.Tx) (bool, error) {
	if d.Total != nil {
		if n, known, err := d.Total(ctx, tx); known || err != nil {
			return n <= smallList, err
		}
	}
	n, err := countUpTo("1", d.From, Cond{}, smallList+1).count(ctx, tx)
	return n <= smallList, err
}

// Check returns an Invalid error if q can't be understood.
func (d *Def[T]) Check(tx *db.Tx, q Query) error {
	_, err := newPlan(tx, d.spec(), q)
	return err
}

// Statements returns those that find the page and the count that q asks for,
// for tests of how the engines run them.
func (d *Def[T]) Statements(ctx context.Context, tx *db.Tx, q Query) (page []Statement, count Statement, err error) {
	p, err := newPlan(tx, d.spec(), q)
	if err != nil {
		return nil, count, err
	}
	if err := p.choose(ctx, tx); err != nil {
		return nil, count, err
	}
	for _, part := range p.parts() {
		page = append(page, p.page(d.Select, part, p.limit+1))
	}
	count, err = p.count(ctx, tx, quickCount+1)
	return page, count, err
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
	if err := p.choose(ctx, tx); err != nil {
		return err
	}
	if !p.walk {
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

// eachSorted is Each where no index yields the order. It sorts once, and only
// the ids, which take some 40 bytes a row.
func (d *Def[T]) eachSorted(ctx context.Context, tx *db.Tx, p *plan, f func([]T) error) error {
	if err := p.chooseAll(ctx, tx); err != nil {
		return err
	}
	s := p.idsInOrder()
	list, err := db.ListGenerated(ctx, tx, scanID, s.Text, s.Args...)
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
	if err := p.chooseAll(ctx, tx); err != nil {
		return nil, err
	}
	s := p.idsAfter(after, limit)
	return db.ListGenerated(ctx, tx, db.One[ids.ID], s.Text, s.Args...)
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

// Seen returns those of the ids that are in the list and that tx's actor sees,
// in their order, each once.
func (d *Def[T]) Seen(ctx context.Context, tx *db.Tx, list []ids.ID) ([]ids.ID, error) {
	p, err := newPlan(tx, d.spec(), Query{})
	if err != nil {
		return nil, err
	}
	there := make(map[ids.ID]bool, len(list))
	for part := range slices.Chunk(list, batch) {
		keys := make([]any, len(part))
		for i, id := range part {
			keys[i] = id
		}
		p.where = and(p.fixed, oneOf(d.ID, keys))
		s := p.begin(string(p.id)).statement()
		found, err := db.ListGenerated(ctx, tx, db.One[ids.ID], s.Text, s.Args...)
		if err != nil {
			return nil, err
		}
		for _, id := range found {
			there[id] = true
		}
	}
	var seen []ids.ID
	for _, id := range list {
		if there[id] {
			seen = append(seen, id)
			delete(there, id)
		}
	}
	return seen, nil
}

// rows returns the visible rows of at most 256 ids.
func (d *Def[T]) rows(ctx context.Context, tx *db.Tx, list []any) ([]T, error) {
	p, err := newPlan(tx, d.spec(), Query{})
	if err != nil {
		return nil, err
	}
	p.where = and(p.fixed, oneOf(d.ID, list))
	s := p.begin(string(d.Select) + ", " + string(p.id)).statement()
	found := make(map[any]T, len(list))
	_, err = db.ListGenerated(ctx, tx, func(s db.Scanner, _ *struct{}) error {
		var row T
		var id any
		if err := d.Scan(extra{s, []any{&id}}, &row); err != nil {
			return err
		}
		found[plainID(id)] = row
		return nil
	}, s.Text, s.Args...)
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
	for _, part := range p.parts() {
		s := p.page(d.Select, part, limit+1-len(rows))
		got, err := db.ListGenerated(ctx, tx, func(s db.Scanner, k *keyed[T]) error {
			if err := d.Scan(extra{s, []any{&k.key, &k.id}}, &k.row); err != nil {
				return err
			}
			k.key, k.id = p.plainKey(k.key), plainID(k.id)
			return nil
		}, s.Text, s.Args...)
		if err != nil {
			return nil, false, err
		}
		rows = append(rows, got...)
		if len(rows) > limit {
			rows, more = rows[:limit], true
			break
		}
	}
	if p.at != nil && p.at.back {
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
	*id = plainID(*id)
	return err
}
