package journal

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
)

// A round goes once through what could not be restored and is worth another try.
type round struct {
	On    bool  // the fields below are set
	To    int64 // last one of this round
	Left  int   // how many there were at its beginning
	Final bool  // nothing more will change: do what can be done
}

// together is how many rows that stand in one another's way are untangled at once.
const together = 1000

// again reports whether s tries again what was listed before.
func (s *slice) again() bool { return s.place.Phase == tryAgain }

// final reports whether there will be no other try.
func (s *slice) final() bool { return s.again() && s.place.Round.Final }

// tryAgain tries again to restore what was in the way of something that the
// undo removed or restored later. It goes round until a round brings nothing.
func (s *slice) tryAgain(ctx context.Context) error {
	if s.keep {
		s.place.next()
		return nil
	}
	if err := s.flush(ctx); err != nil {
		return err
	}
	r := &s.place.Round
	if !r.On {
		left, err := s.retriable(ctx)
		if err != nil || left == 0 {
			s.place.next()
			return err
		}
		*r = round{On: true, To: s.keptNow, Left: left}
	}
	limit := s.limit()
	if r.Final {
		limit = together
	}
	type try struct{ n, change int64 }
	list, err := db.List(ctx, s.tx, func(sc db.Scanner, t *try) error { return sc.Scan(&t.n, &t.change) }, `
		SELECT n, change FROM journal_kept
		WHERE undo = $1 AND n <= $2 AND change IS NOT NULL ORDER BY n LIMIT $3`, s.undo, r.To, limit)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return s.nextRound(ctx)
	}
	var changes, kept []int64
	for _, t := range list {
		changes, kept = append(changes, t.change), append(kept, t.n)
	}
	if _, err := db.ExecIn(ctx, s.tx, kept, `DELETE FROM journal_kept WHERE undo = $1 AND n IN ($list)`, s.undo); err != nil {
		return err
	}
	events, err := s.changesByN(ctx, changes)
	if err != nil {
		return err
	}
	of := func(kind string) []event {
		return slices.DeleteFunc(slices.Clone(events), func(e event) bool { return e.kind != kind })
	}
	if err := s.putBack(ctx, of(deleted)); err != nil {
		return err
	}
	if r.Final {
		if err := s.rewind(ctx, of(updated)); err != nil {
			return err
		}
	}
	if err := s.restore(ctx, of(updated)); err != nil {
		return err
	}
	return s.flush(ctx)
}

// nextRound begins another round if this one brought something, and the last
// one if it did not.
func (s *slice) nextRound(ctx context.Context) error {
	left, err := s.retriable(ctx)
	switch r := s.place.Round; {
	case err != nil:
		return err
	case left == 0 || r.Final:
		s.place.next()
	case left < r.Left:
		s.place.Round = round{On: true, To: s.keptNow, Left: left}
	default:
		s.place.Round = round{On: true, To: s.keptNow, Left: left, Final: true}
	}
	return nil
}

func (s *slice) retriable(ctx context.Context) (int, error) {
	return db.Get(ctx, s.tx, db.One[int], `SELECT COUNT(*) FROM journal_kept WHERE undo = $1 AND change IS NOT NULL`, s.undo)
}

// changesByN reads journal rows, the newest first.
func (s *slice) changesByN(ctx context.Context, list []int64) ([]event, error) {
	slices.Sort(list)
	list = slices.Compact(list)
	found, err := db.ListIn(ctx, s.tx, func(r db.Scanner, e *event) error { return r.Scan(&e.n, &e.tbl, &e.kind, &e.subject) }, list, `
		SELECT n, tbl, kind, subject FROM journal_change WHERE n IN ($list)`)
	slices.SortFunc(found, func(a, b event) int { return int(b.n - a.n) })
	return found, err
}

// rewind undoes updates of rows that stand in one another's way, such as two
// that swapped a unique value, step by step in reverse order. If that does not
// succeed for all, nothing is done.
func (s *slice) rewind(ctx context.Context, events []event) error {
	past, err := s.past(ctx, events)
	if err != nil {
		return err
	}
	var steps, sums []*repair
	for t, subjects := range s.byTable(events) {
		rows, err := s.rows(ctx, t, subjects.list())
		if err != nil {
			return err
		}
		for _, e := range events {
			id := past.byN[e.n]
			f, err := past.sum(id)
			if err != nil {
				return err
			}
			if id.t != t || f.kind != updated || rows[id] == nil || !past.sameRow(id, f.n) {
				continue
			}
			sum := &repair{id: id, now: rows[id], set: row{}, left: row{}}
			for col, was := range f.was {
				if now := rows[id][col]; same(now, f.now[col]) && !same(now, was) {
					sum.set[col], sum.left[col] = was, now
				}
			}
			sums = append(sums, sum)
			list, err := sum.steps(past)
			if err != nil {
				return err
			}
			steps = append(steps, list...)
		}
	}
	if len(sums) < 2 {
		return nil
	}
	slices.SortFunc(steps, func(a, b *repair) int { return int(b.change - a.change) })
	ok, err := s.try(ctx, func() error {
		for _, r := range steps {
			if n, err := s.update(ctx, r, r.set); err != nil || n == 0 {
				return errors.Join(err, errs.New(errs.Conflict, "operation.undoing"))
			}
		}
		return nil
	})
	if !ok || err != nil {
		return err
	}
	for _, r := range sums {
		s.touch(r.id.t, r.id.subject)
		s.touchRefs(r.id.t, r.set)
		s.touchRefs(r.id.t, r.left)
	}
	return nil
}

// steps returns the single updates that the operation made to the columns of
// r.set, in the first row that the key had.
func (r *repair) steps(past *past) ([]*repair, error) {
	var list []*repair
	for _, e := range past.rows[r.id] {
		if e.op != past.s.op.ID || e.kind != updated {
			continue
		}
		was, err := r.id.t.decode(e.was)
		if err != nil {
			return nil, err
		}
		now, err := r.id.t.decode(e.now)
		if err != nil {
			return nil, err
		}
		other := func(col string, _ any) bool { _, ok := r.set[col]; return !ok }
		maps.DeleteFunc(was, other)
		if len(was) > 0 {
			list = append(list, &repair{id: r.id, change: e.n, now: r.now, set: was, left: now})
		}
	}
	return list, nil
}
