package journal

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
)

// A repair is what is to be set in one row.
type repair struct {
	id     rowID
	change int64 // the journal row that says so
	now    row   // the whole row as it is
	set    row   // columns to restore
	left   row   // what the operation left in them
}

// restore gives columns that the operation updated the values that it found,
// where they still are what it left.
func (s *slice) restore(ctx context.Context, events []event) error {
	past, err := s.past(ctx, events)
	if err != nil {
		return err
	}
	var list []*repair
	for t, subjects := range s.byTable(events) {
		if err := s.lock(ctx, t.record(), subjects.list()); err != nil {
			return err
		}
		rows, err := s.rows(ctx, t, subjects.list())
		if err != nil {
			return err
		}
		made, err := s.madeByOp(ctx, t, rows)
		if err != nil {
			return err
		}
		for _, e := range events {
			id, ok := past.byN[e.n]
			if !ok || id.t != t {
				continue
			}
			f, err := past.sum(id)
			if err != nil {
				return err
			}
			if f.kind != updated || f.n != e.n || made[id] {
				continue
			}
			if r := s.plan(past, id, f, rows[id]); r != nil {
				list = append(list, r)
			}
		}
	}
	if err := s.checkTargets(ctx, list); err != nil {
		return err
	}
	// The newest first: values may have been handed from one row to another.
	slices.SortFunc(list, func(a, b *repair) int { return int(b.change - a.change) })
	return s.apply(ctx, list)
}

// lock locks the records of t, if t's rows are records.
func (s *slice) lock(ctx context.Context, t *table, list []ids.ID) error {
	if !t.single() || t.key[0] != "id" {
		return nil
	}
	return s.tx.Lock(ctx, db.Generate(t.Name), list)
}

// madeByOp tells which rows of t the operation created. They are not
// restored: they go, or stay as they are if somebody uses them.
func (s *slice) madeByOp(ctx context.Context, t *table, rows map[rowID]row) (map[rowID]bool, error) {
	made := map[rowID]bool{}
	var orphans []ids.ID // whose creator is that of their parent
	for id, r := range rows {
		op, ok := r["created_op"].(ids.ID)
		made[id] = op == s.op.ID
		if !ok && t.parent != nil {
			orphans = append(orphans, id.subject)
		}
	}
	if len(orphans) == 0 {
		return made, nil
	}
	by, err := s.creators(ctx, t.parent, orphans)
	for id, r := range rows {
		if r["created_op"] == nil && by[id.subject] == s.op.ID {
			made[id] = true
		}
	}
	return made, err
}

// plan decides what to restore in a row, lists what is to be kept, and
// returns nil if nothing is left to do.
func (s *slice) plan(past *past, id rowID, f folded, now row) *repair {
	switch {
	case now == nil:
		if !s.again() && !s.madeAndGone(past, id) {
			s.keepRow(id.t, id.subject, "", Gone, f.was, 0)
		}
		return nil
	case s.keep:
		s.keepRow(id.t, id.subject, "", InUse, now, 0)
		return nil
	case !past.sameRow(id, f.n):
		if !s.again() {
			s.keepRow(id.t, id.subject, "", ChangedSince, now, 0)
		}
		return nil
	}
	r := &repair{id: id, change: f.n, now: now, set: row{}, left: row{}}
	for _, c := range id.t.cols {
		was, ok := f.was[c.Name]
		if !ok || same(now[c.Name], was) {
			continue
		}
		if same(now[c.Name], f.now[c.Name]) || s.again() && past.put(id, c.Name, now[c.Name]) {
			r.set[c.Name], r.left[c.Name] = was, now[c.Name]
		} else if !s.again() {
			s.keepRow(id.t, id.subject, c.Name, ChangedSince, now, 0)
		}
	}
	if len(r.set) == 0 {
		return nil
	}
	return r
}

// madeAndGone reports whether a row that is gone was the operation's own creation.
func (s *slice) madeAndGone(past *past, id rowID) bool {
	list := past.rows[id]
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].kind == deleted {
			was, err := id.t.decode(list[i].was)
			return err == nil && was["created_op"] == s.op.ID
		}
	}
	return false
}

// checkTargets leaves alone columns that would refer to something that is
// gone. If that may still come back, once a record that the operation created
// is out of its way, the column must not keep this one: it is left empty meanwhile.
func (s *slice) checkTargets(ctx context.Context, list []*repair) error {
	want := map[*table]set{}
	for _, r := range list {
		for col, v := range r.set {
			if target := r.id.t.refs[col]; target != nil && v != nil {
				mark(want, target, v.(ids.ID))
			}
		}
	}
	there, err := s.existing(ctx, want)
	if err != nil {
		return err
	}
	var missing []event
	for t, wanted := range want {
		for id := range wanted {
			if !there[t][id] {
				missing = append(missing, event{tbl: t.Name, subject: id})
			}
		}
	}
	lost, err := s.lostRecords(ctx, missing)
	if err != nil {
		return err
	}
	maybe := map[*table]set{}
	for _, l := range lost {
		mark(maybe, l.id.t, l.id.subject)
	}
	for _, r := range list {
		for col, v := range r.set {
			target := r.id.t.refs[col]
			if target == nil || v == nil || there[target][v.(ids.ID)] {
				continue
			}
			s.keepRow(r.id.t, r.id.subject, col, Gone, r.now, r.change)
			if !s.again() && maybe[target][v.(ids.ID)] && r.left[col] != nil && !r.id.t.required[r.id.t.Name+"."+col] {
				r.set[col] = nil
			} else {
				delete(r.set, col)
			}
		}
	}
	return nil
}

// existing returns which of the wanted records exist.
func (s *slice) existing(ctx context.Context, want map[*table]set) (map[*table]set, error) {
	there := map[*table]set{}
	for t, list := range want {
		found, err := db.ListInGenerated(ctx, s.tx, db.One[ids.ID], list.list(),
			db.Generate(`SELECT `+t.key[0]+` FROM `+t.Name+` WHERE `+t.key[0]+` IN ($list)`))
		if err != nil {
			return nil, err
		}
		for _, id := range found {
			mark(there, t, id)
		}
	}
	return there, nil
}

// apply carries out repairs: all at once, or one by one if a value is taken.
func (s *slice) apply(ctx context.Context, list []*repair) error {
	if len(list) == 0 {
		return nil
	}
	ok := false
	if s.tx.Engine() != db.SQLite { // where a savepoint for each costs nothing, and a long one much
		var err error
		ok, err = s.try(ctx, func() error {
			for _, r := range list {
				if _, err := s.update(ctx, r, r.set); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, r := range list {
		if !ok {
			if err := s.applyOne(ctx, r); err != nil {
				return err
			}
		}
		s.touch(r.id.t, r.id.subject)
		s.touchRefs(r.id.t, r.set)
		s.touchRefs(r.id.t, r.left)
	}
	return nil
}

// applyOne restores the columns of one row, without those whose value is taken.
func (s *slice) applyOne(ctx context.Context, r *repair) error {
	ok, err := s.tryOne(ctx, func() error { _, err := s.update(ctx, r, r.set); return err })
	if ok || err != nil {
		return err
	}
	for _, c := range r.id.t.cols {
		v, want := r.set[c.Name]
		if !want {
			continue
		}
		ok, err := s.tryOne(ctx, func() error { _, err := s.update(ctx, r, row{c.Name: v}); return err })
		if err != nil {
			return err
		}
		if !ok {
			delete(r.set, c.Name)
			s.keepRow(r.id.t, r.id.subject, c.Name, Taken, r.now, r.change)
		}
	}
	return nil
}

// update sets columns of one row, if they still are what the operation left,
// and reports how many rows that were.
func (s *slice) update(ctx context.Context, r *repair, set row) (int64, error) {
	t := r.id.t
	if len(set) == 0 {
		return 0, nil
	}
	var args []any
	var b, where strings.Builder
	arg := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	b.WriteString("UPDATE " + t.Name + " SET ")
	for _, c := range t.cols {
		v, ok := set[c.Name]
		if !ok {
			continue
		}
		if len(args) > 0 {
			b.WriteString(", ")
		}
		b.WriteString(c.Name + " = " + arg(v))
		where.WriteString(" AND " + c.Name + " IS NOT DISTINCT FROM " + arg(r.left[c.Name]))
	}
	for i, k := range t.key {
		word := " AND "
		if i == 0 {
			word = " WHERE "
		}
		b.WriteString(word + k + " = " + arg(r.now[k]))
	}
	b.WriteString(where.String())
	return s.tx.ExecGenerated(ctx, db.Generate(b.String()), args...)
}
