package bulkweb

import (
	"context"
	"slices"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/workspace"
)

// Handle lets r make the large changes.
func (b *Bulk[T, C]) Handle(r *jobs.Runner) { jobs.Handle(r, b.Kind, b.work) }

// work makes a large change in short transactions. Where it was interrupted it
// begins again: what is changed already is found changed, and counted once.
func (b *Bulk[T, C]) work(ctx context.Context, j *jobs.Job, a args[C]) error {
	w := work[T, C]{b: b, a: a, who: j.Who}
	err := b.DB.Read(ctx, j.Who, func(tx *db.Tx) error { return w.begin(ctx, tx) })
	if err != nil || w.state != journal.Running {
		return err
	}
	for !w.over {
		err := w.write(ctx, w.slice)
		if errs.KindOf(err) == errs.Conflict {
			err = w.singly(ctx)
		}
		if err != nil {
			return err
		}
		if err := j.Progress(ctx, int64(w.seen), int64(a.Total)); err != nil {
			return err
		}
	}
	return nil
}

// work is a large change under way.
type work[T any, C Change] struct {
	b     *Bulk[T, C]
	a     args[C]
	who   db.Who
	q     list.Query
	state journal.State
	after ids.ID // the last row seen
	seen  int
	n     int // changed
	kept  int
	over  bool
}

func (w *work[T, C]) begin(ctx context.Context, tx *db.Tx) error {
	op, err := journal.Get(ctx, tx, w.a.Op)
	if err != nil {
		return err
	}
	w.state, w.n = op.State, number(op.Args["n"]) // what is kept will be met again
	set, err := workspace.Get(ctx, tx)
	if err != nil {
		return err
	}
	w.q = w.a.Selection.Query
	w.q.In = set.Locale()
	slices.SortFunc(w.a.Selection.IDs, func(x, y ids.ID) int { return slices.Compare(x[:], y[:]) })
	return nil
}

// number reads a number from an operation's arguments.
func number(v any) int {
	f, _ := v.(float64)
	return int(f)
}

// write runs f as a part of the operation, after every user's own changes. What
// somebody else changes at the same moment is read again.
func (w *work[T, C]) write(ctx context.Context, f func(ctx context.Context, tx *db.Tx) error) error {
	var err error
	for range 5 {
		err = w.b.DB.Write(ctx, db.Op{Who: w.who, Why: w.b.why(w.a.Change), ID: w.a.Op, Background: true}, func(tx *db.Tx) error { return f(ctx, tx) })
		if errs.KindOf(err) != errs.Stale {
			break
		}
	}
	return err
}

// next returns the next few rows.
func (w *work[T, C]) next(ctx context.Context, tx *db.Tx) ([]ids.ID, error) {
	if w.a.Selection.All {
		return w.b.Def.IDs(ctx, tx, w.q, w.after, step)
	}
	some := w.a.Selection.IDs
	i := 0
	for i < len(some) && slices.Compare(some[i][:], w.after[:]) <= 0 {
		i++
	}
	return some[i:min(len(some), i+step)], nil
}

// slice changes as many as there is time for.
func (w *work[T, C]) slice(ctx context.Context, tx *db.Tx) error {
	now := *w // what is rolled back is not done
	for s := tx.Slice(); ; {
		some, err := now.next(ctx, tx)
		if err != nil {
			return err
		}
		if len(some) == 0 {
			now.over = true
			break
		}
		if err := now.change(ctx, tx, some); err != nil {
			return err
		}
		if s.Over() {
			break
		}
	}
	if err := now.note(ctx, tx); err != nil {
		return err
	}
	if now.over {
		if err := tx.FinishOp(ctx); err != nil {
			return err
		}
	}
	tx.AfterCommit(func() { *w = now })
	return nil
}

// change changes some rows, and goes on behind them.
func (w *work[T, C]) change(ctx context.Context, tx *db.Tx, some []ids.ID) error {
	n, kept, err := w.b.run(ctx, tx, w.a.Change, some)
	if err != nil {
		return err
	}
	w.n, w.kept, w.seen, w.after = w.n+n, w.kept+kept, w.seen+len(some), some[len(some)-1]
	return nil
}

// note keeps in the operation how far it is.
func (w *work[T, C]) note(ctx context.Context, tx *db.Tx) error {
	op, err := journal.Get(ctx, tx, w.a.Op)
	if err != nil {
		return err
	}
	op.Args["n"], op.Args["kept"] = w.n, w.kept
	return tx.SetOp(ctx, ids.ID{}, op.Args)
}

// singly changes the next few one by one, without those that are refused.
func (w *work[T, C]) singly(ctx context.Context) error {
	var some []ids.ID
	err := w.b.DB.Read(ctx, w.who, func(tx *db.Tx) (err error) {
		some, err = w.next(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range some {
		err := w.write(ctx, func(ctx context.Context, tx *db.Tx) error {
			now := *w
			if err := now.change(ctx, tx, []ids.ID{id}); err != nil {
				return err
			}
			tx.AfterCommit(func() { *w = now })
			return now.note(ctx, tx)
		})
		if errs.KindOf(err) == errs.Conflict {
			w.kept, w.seen, w.after = w.kept+1, w.seen+1, id
			err = w.write(ctx, w.note)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
