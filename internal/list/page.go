package list

import (
	"context"
	"fmt"
	"slices"
	"strings"

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
	got, err := d.fetch(ctx, tx, p, p.limit)
	if err != nil {
		return page, err
	}
	if p.at != nil && p.at.back && !got.more && len(got.rows) < p.limit {
		// Rows before the page are gone: what is there is the first page.
		p.at = nil
		if got, err = d.fetch(ctx, tx, p, p.limit); err != nil {
			return page, err
		}
	}
	page.turn(p, got)
	if q.Count {
		page.Count, err = d.quick(ctx, tx, p)
	}
	return page, err
}

// turn fills the page with rows and the ways to go on from them.
func (page *Page[T]) turn(p *plan, got stretch[T]) {
	var before int64
	back := p.at != nil && p.at.back
	n := int64(len(got.rows))
	switch {
	case back:
		before = max(p.at.before-n, 0)
	case p.at != nil:
		before = p.at.before
	}
	if n == 0 {
		if p.at != nil && !back {
			page.Prev = cursor{back: true, before: before, key: p.at.key, id: p.at.id}.String(p.scope)
		}
		return
	}
	page.Rows, page.From = got.rows, before+1
	if back || got.more {
		page.Next = cursor{before: before + n, key: got.last.key, id: got.last.id}.String(p.scope)
	}
	if back && got.more || !back && p.at != nil {
		page.Prev = cursor{back: true, before: before, key: got.first.key, id: got.first.id}.String(p.scope)
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
	return p.counted(ctx, tx, 0)
}

// counted counts p's rows, at most the given number of them if it is not 0.
func (p *plan) counted(ctx context.Context, tx *db.Tx, most int) (int64, error) {
	count := func() (int64, error) {
		if most == 0 && p.apart() {
			if sparse, err := p.sparse(ctx, tx); err != nil {
				return 0, err
			} else if !sparse {
				return p.gatherCount(ctx, tx)
			}
		}
		s, err := p.count(ctx, tx, most)
		if err != nil {
			return 0, err
		}
		return s.count(ctx, tx)
	}
	if table, alone := p.alone(tx); alone {
		return db.Kept(ctx, tx, table, p.question(most), count)
	}
	return count()
}

// alone returns the table of p's list, and whether nothing else decides which
// rows match.
func (p *plan) alone(tx *db.Tx) (table string, alone bool) {
	words := strings.Fields(string(p.from))
	if len(words) > 2 || len(p.nodes) > 0 || tx.Who.Sight == db.SeeTeam {
		return "", false
	}
	return words[0], !slices.ContainsFunc(p.terms, func(t term) bool { return t.column.From != "" })
}

// question says what p counts.
func (p *plan) question(most int) string {
	b := fmt.Appendf(nil, "%d %s %#v", most, p.fixed.text, p.fixed.args)
	for _, t := range p.terms {
		b = fmt.Appendf(b, " %t %s %#v", t.not, t.sharp.text, t.sharp.args)
	}
	return string(b)
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
	if d.Total == nil || len(p.terms) > 0 || len(p.nodes) > 0 || tx.Who.Sight != db.SeeAll {
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
	n, err := p.counted(ctx, tx, most+1)
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
		got, err := d.fetch(ctx, tx, p, batch)
		if err != nil {
			return err
		}
		if len(got.rows) > 0 {
			if err := f(got.rows); err != nil {
				return err
			}
		}
		if !got.more {
			return nil
		}
		p.at = &cursor{key: got.last.key, id: got.last.id}
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
	if limit == 0 && after.IsZero() && p.apart() {
		if sparse, err := p.sparse(ctx, tx); err != nil {
			return nil, err
		} else if !sparse {
			return p.gatherIDs(ctx, tx)
		}
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

// Among returns those of the ids whose rows q asks for, in order of the ids. It
// looks at no other rows.
func (d *Def[T]) Among(ctx context.Context, tx *db.Tx, q Query, list []ids.ID) ([]ids.ID, error) {
	p, err := newPlan(tx, d.spec(), q.First())
	if err != nil {
		return nil, err
	}
	sharp := make([]bool, len(p.terms))
	p.place(sharp)
	where := p.where
	var found []ids.ID
	for part := range slices.Chunk(list, batch) {
		keys := make([]any, len(part))
		for i, id := range part {
			keys[i] = id
		}
		p.where = and(oneOf(d.ID, keys), where)
		s := p.begin(string(p.id)).statement()
		some, err := db.ListGenerated(ctx, tx, db.One[ids.ID], s.Text, s.Args...)
		if err != nil {
			return nil, err
		}
		found = append(found, some...)
	}
	slices.SortFunc(found, func(a, b ids.ID) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(found), nil
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
		if err := d.Scan(&extra{Scanner: s, dest: []any{&id}}, &row); err != nil {
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

// A stretch is rows of a list that follow each other, with what cursors hold of
// the first and the last.
type stretch[T any] struct {
	rows        []T
	first, last place
	more        bool // there are others in the direction in which they were read
}

// A place is what a cursor holds of a row.
type place struct{ key, id any }

// fetch returns up to limit rows in the list's order from p's place on.
func (d *Def[T]) fetch(ctx context.Context, tx *db.Tx, p *plan, limit int) (stretch[T], error) {
	got := stretch[T]{rows: make([]T, 0, limit+1)}
	var at place
	x := &extra{dest: []any{&at.key, &at.id}}
	for _, part := range p.parts() {
		s := p.page(d.Select, part, limit+1-len(got.rows))
		err := db.EachGenerated(ctx, tx, func(s db.Scanner, row *T) error {
			x.Scanner = s
			return d.Scan(x, row)
		}, func(row *T) error {
			if len(got.rows) == limit {
				got.more = true
				return nil
			}
			got.rows = append(got.rows, *row)
			if got.last = at; len(got.rows) == 1 {
				got.first = at
			}
			return nil
		}, s.Text, s.Args...)
		if err != nil {
			return got, err
		}
		if got.more {
			break
		}
	}
	got.first, got.last = p.plain(got.first), p.plain(got.last)
	if p.at != nil && p.at.back {
		slices.Reverse(got.rows)
		got.first, got.last = got.last, got.first
	}
	return got, nil
}

// extra is a row that has columns behind those that a Def's Scan reads.
type extra struct {
	db.Scanner
	dest []any
	all  []any
}

func (e *extra) Scan(dest ...any) error {
	e.all = append(append(e.all[:0], dest...), e.dest...)
	return e.Scanner.Scan(e.all...)
}

func scanID(s db.Scanner, id *any) error {
	err := s.Scan(id)
	*id = plainID(*id)
	return err
}
