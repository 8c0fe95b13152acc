package journal

import (
	"context"
	"slices"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
)

// changes handles the next batch of the operation's journal rows, from the
// newest down, of which handle gets those of one kind.
func (s *slice) changes(ctx context.Context, kind string, handle func(context.Context, []event) error) error {
	if s.kinds[kind] == 0 {
		s.place.next()
		return nil
	}
	below := s.place.N
	if below == 0 {
		below = 1<<63 - 1
	}
	// All kinds are read, since finding the next of a rare kind could take long.
	list, err := db.List(ctx, s.tx, func(r db.Scanner, e *event) error { return r.Scan(&e.n, &e.tbl, &e.kind, &e.subject) }, `
		SELECT n, tbl, kind, subject FROM journal_change
		WHERE op = $1 AND n < $2 ORDER BY n DESC LIMIT $3`, s.op.ID, below, s.limit())
	if err != nil {
		return err
	}
	if len(list) == 0 {
		s.place.next()
		return nil
	}
	s.place.N = list[len(list)-1].n
	list = slices.DeleteFunc(list, func(e event) bool { return e.kind != kind || s.layout.byName[e.tbl] == nil })
	if len(list) == 0 {
		return nil
	}
	s.done += len(list)
	return handle(ctx, list)
}

// A rowID identifies a row in time: a key may have several rows one after another.
type rowID struct {
	t       *table
	subject ids.ID
	key     string // as table.rowKey makes it
}

// A past is the journal of some records.
type past struct {
	s    *slice
	rows map[rowID][]event  // oldest first
	recs map[ids.ID][]event // the same by record
	sums map[rowID]folded
	byN  map[int64]rowID // of the operation's own journal rows
}

// past reads the journal of the records that events are about.
func (s *slice) past(ctx context.Context, events []event) (*past, error) {
	list := make([]ids.ID, len(events))
	for i, e := range events {
		list[i] = e.subject
	}
	return s.pastOf(ctx, list)
}

// pastOf reads the journal of some records, and what must be known of the
// operations in it.
func (s *slice) pastOf(ctx context.Context, subjects []ids.ID) (*past, error) {
	slices.SortFunc(subjects, compare)
	subjects = slices.Compact(subjects)
	p := &past{s: s, rows: map[rowID][]event{}, recs: map[ids.ID][]event{}, sums: map[rowID]folded{}, byN: map[int64]rowID{}}
	list, err := db.ListIn(ctx, s.tx, scanEvent, subjects, `
		SELECT n, op, tbl, kind, subject, key,
		  CASE WHEN op = $1 OR kind = 'd' THEN was ELSE '' END,
		  CASE WHEN op = $1 OR op = $2 THEN now ELSE '' END
		FROM journal_change WHERE subject IN ($list) ORDER BY n`, s.op.ID, s.undo)
	if err != nil {
		return nil, err
	}
	var ops []ids.ID
	for _, e := range list {
		t := s.layout.byName[e.tbl]
		if t == nil {
			continue
		}
		id := rowID{t, e.subject, string(e.subject[:])}
		if len(t.key) > 1 {
			key, err := t.decode(e.key)
			if err != nil {
				return nil, err
			}
			id.key = t.rowKey(key)
		}
		e.key = id.key
		if e.op == s.op.ID {
			p.byN[e.n] = id
		}
		p.rows[id] = append(p.rows[id], e)
		p.recs[e.subject] = append(p.recs[e.subject], e)
		if _, ok := s.ops[e.op]; !ok {
			s.ops[e.op] = opState{}
			ops = append(ops, e.op)
		}
	}
	return p, s.readOps(ctx, ops)
}

// An opState is what an undo knows about another operation.
type opState struct {
	undoOf ids.ID
	void   bool // it is undone, or undoes one that is: what it changed counts for nothing
}

func (s *slice) readOps(ctx context.Context, list []ids.ID) error {
	type op struct {
		id, undoOf   ids.ID
		state, undid State
	}
	found, err := db.ListIn(ctx, s.tx, func(r db.Scanner, o *op) error {
		return r.Scan(&o.id, &o.undoOf, &o.state, &o.undid)
	}, list, `
		SELECT o.id, o.undo_of, o.state, u.state FROM operation o
		LEFT JOIN operation u ON u.id = o.undo_of WHERE o.id IN ($list)`)
	for _, o := range found {
		s.ops[o.id] = opState{o.undoOf, o.state == Undone || o.undid == Undone}
	}
	return err
}

// sum returns what the operation did to a row.
func (p *past) sum(id rowID) (folded, error) {
	f, ok := p.sums[id]
	if ok {
		return f, nil
	}
	var mine []event
	for _, e := range p.rows[id] {
		if e.op == p.s.op.ID {
			mine = append(mine, e)
		}
	}
	f, err := fold(id.t, mine)
	p.sums[id] = f
	return f, err
}

// others reports whether e was done by somebody else and stands.
func (p *past) others(e event) bool {
	return e.op != p.s.op.ID && e.op != p.s.undo && !p.s.ops[e.op].void && !p.s.tree[e.op]
}

// put reports whether this undo itself was the last to touch a row, and set
// a column to the given value.
func (p *past) put(id rowID, col string, v any) bool {
	list := p.rows[id]
	if len(list) == 0 {
		return false
	}
	e := list[len(list)-1]
	if e.op != p.s.undo || e.kind != updated {
		return false
	}
	now, err := id.t.decode(e.now)
	if err != nil {
		return false
	}
	set, ok := now[col]
	return ok && same(set, v)
}

// back reports whether this undo has put a row back.
func (p *past) back(id rowID) bool {
	return slices.ContainsFunc(p.rows[id], func(e event) bool { return e.op == p.s.undo && e.kind == putBack })
}

func (p *past) lives(id rowID, standing bool) ([]int, int) {
	return lives(p.rows[id], func(op ids.ID) ids.ID { return p.s.ops[op].undoOf }, standing)
}

// sameRow reports whether the row that stands under a key is the one that
// journal row n is about.
func (p *past) sameRow(id rowID, n int64) bool {
	if id.t.single() {
		return true
	}
	of, now := p.lives(id, true)
	for i, e := range p.rows[id] {
		if e.n == n {
			return of[i] == now
		}
	}
	return false
}

// rowChanged reports whether others have changed the row that stands under a
// key after journal row n.
func (p *past) rowChanged(id rowID, n int64) bool {
	of, now := p.lives(id, true)
	for i, e := range p.rows[id] {
		if e.n > n && of[i] == now && p.others(e) {
			return true
		}
	}
	return false
}

// begin returns the number of the last journal row about another record that
// had the same id before; 0 if there was none.
func (p *past) begin(r record) int64 {
	id := rowID{r.t, r.id, string(r.id[:])}
	of, now := p.lives(id, true)
	for i, e := range slices.Backward(p.rows[id]) {
		if of[i] != now {
			return e.n
		}
	}
	return 0
}

// recordChanged reports whether others have changed a record or its rows
// after journal row n.
func (p *past) recordChanged(subject ids.ID, n int64) bool {
	return slices.ContainsFunc(p.recs[subject], func(e event) bool { return e.n > n && p.others(e) })
}

// rows reads the rows of t that belong to the given records.
func (s *slice) rows(ctx context.Context, t *table, subjects []ids.ID) (map[rowID]row, error) {
	list, err := db.ListInGenerated(ctx, s.tx, t.scan(t.cols), subjects,
		db.Generate(`SELECT `+names(t.cols, "")+` FROM `+t.Name+` WHERE `+t.key[0]+` IN ($list)`))
	m := make(map[rowID]row, len(list))
	for _, r := range list {
		subject, _ := r[t.key[0]].(ids.ID)
		m[rowID{t, subject, t.rowKey(r)}] = r
	}
	return m, err
}

// creators returns for those of the given records of t that exist which
// operation created them.
func (s *slice) creators(ctx context.Context, t *table, list []ids.ID) (map[ids.ID]ids.ID, error) {
	op := "CAST(NULL AS UUID)"
	if t.Journal {
		op = "created_op"
	}
	type made struct{ id, op ids.ID }
	found, err := db.ListInGenerated(ctx, s.tx, func(r db.Scanner, m *made) error { return r.Scan(&m.id, &m.op) }, list,
		db.Generate(`SELECT `+t.key[0]+`, `+op+` FROM `+t.Name+` WHERE `+t.key[0]+` IN ($list)`))
	m := make(map[ids.ID]ids.ID, len(found))
	for _, f := range found {
		m[f.id] = f.op
	}
	return m, err
}

// byTable returns the subjects of events by table.
func (s *slice) byTable(events []event) map[*table]set {
	m := map[*table]set{}
	for _, e := range events {
		mark(m, s.layout.byName[e.tbl], e.subject)
	}
	return m
}

// try runs f so that a conflict takes back f alone, and reports whether there was none.
func (s *slice) try(ctx context.Context, f func() error) (bool, error) {
	if _, err := s.tx.Exec(ctx, `SAVEPOINT undo_try`); err != nil {
		return false, err
	}
	bad := f()
	if bad != nil {
		if errs.KindOf(bad) != errs.Conflict {
			return false, bad
		}
		if _, err := s.tx.Exec(ctx, `ROLLBACK TO SAVEPOINT undo_try`); err != nil {
			return false, err
		}
	}
	_, err := s.tx.Exec(ctx, `RELEASE SAVEPOINT undo_try`)
	return bad == nil, err
}

// tryOne is try for a single statement, which SQLite takes back by itself.
func (s *slice) tryOne(ctx context.Context, f func() error) (bool, error) {
	if s.tx.Engine() != db.SQLite {
		return s.try(ctx, f)
	}
	err := f()
	if errs.KindOf(err) == errs.Conflict {
		return false, nil
	}
	return err == nil, err
}
