package lifecycle

import (
	"context"
	"time"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/jobs"
)

const (
	moveJob = "phase.move"
	runJob  = "phase.run"

	// each is up to how many customers that move in one run each has an
	// operation of its own, with its reason.
	each = 200

	// slice is how many customers move in one transaction.
	slice = 100
)

// moveArgs are the arguments of the job that moves some customers.
type moveArgs struct {
	Customers []ids.ID `json:"customers"`
	Cause     ids.ID   `json:"cause"` // operation because of which; zero for the passing of time
}

// Watch looks at customers whose facts were made anew in tx, and arranges for
// those to be moved on whom the rule has another verdict than before. cause is
// the operation that changed their facts.
func Watch(ctx context.Context, tx *db.Tx, list []ids.ID, cause ids.ID) error {
	r, err := Get(ctx, tx)
	if err != nil || !r.On || len(list) == 0 {
		return err
	}
	facts, err := insights.GetMany(ctx, tx, list)
	if err != nil {
		return err
	}
	var moved []ids.ID
	for id, f := range facts {
		if phase, _ := r.Verdict(&f, tx.Now); differs(f.Phase, phase) {
			moved = append(moved, id)
		}
	}
	if len(moved) == 0 {
		return nil
	}
	_, err = jobs.Add(ctx, tx, moveJob, moveArgs{moved, cause}, jobs.Options{})
	return err
}

// differs reports whether a verdict is another than the last one. Before the
// first, everybody was a prospect.
func differs(last string, now customers.Phase) bool {
	return last != string(now) && !(last == "" && now == customers.Prospect)
}

// RunAfter arranges for all customers to be judged once tx has been committed,
// because of an operation, or, if that is zero, of a rule that was changed or of
// the passing of time.
func RunAfter(ctx context.Context, tx *db.Tx, cause ids.ID) error {
	_, err := jobs.Add(ctx, tx, runJob, moveArgs{Cause: cause}, jobs.Options{Alone: true})
	return err
}

// many is from how many facts on all customers are judged in another process.
const many = 20_000

// all judges all customers: elsewhere, if they are many and that is possible.
func all(ctx context.Context, d *db.DB, cause ids.ID, elsewhere func() insights.Elsewhere, progress func(ctx context.Context, done, total int64) error) error {
	if elsewhere != nil {
		var n int
		err := d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) { n, err = insights.CountFacts(ctx, tx, many); return err })
		if err != nil {
			return err
		}
		if do := elsewhere(); do != nil && n >= many {
			args := []string{"phases"}
			if !cause.IsZero() {
				args = append(args, "--cause", cause.String())
			}
			return do(ctx, args, progress)
		}
	}
	_, err := Apply(ctx, d, cause, progress)
	return err
}

// Register makes r do what [Watch] and [RunAfter] arrange, and judge everybody
// each day, as time passes. Elsewhere, which may be nil, returns who does that
// in another process; nil for this one.
func Register(r *jobs.Runner, d *db.DB, elsewhere func() insights.Elsewhere) {
	jobs.Handle(r, moveJob, func(ctx context.Context, _ *jobs.Job, a moveArgs) error {
		return moveEach(ctx, d, a.Customers, a.Cause)
	})
	jobs.Handle(r, runJob, func(ctx context.Context, j *jobs.Job, a moveArgs) error {
		return all(ctx, d, a.Cause, elsewhere, j.Progress)
	})
	jobs.Every(r, "phase.daily", 24*time.Hour, func(ctx context.Context, _ *jobs.Job) error {
		return d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error { return RunAfter(ctx, tx, ids.ID{}) })
	})
}

// moveEach moves customers, each in an operation of its own that says why.
func moveEach(ctx context.Context, d *db.DB, list []ids.ID, cause ids.ID) error {
	for _, id := range list {
		if err := moveOne(ctx, d, id, cause); err != nil {
			return err
		}
	}
	return nil
}

func moveOne(ctx context.Context, d *db.DB, id ids.ID, cause ids.ID) error {
	var m move
	var name string
	err := d.Read(ctx, db.Who{}, func(tx *db.Tx) error {
		list, err := verdicts(ctx, tx, []ids.ID{id})
		if err != nil || len(list) == 0 {
			return err
		}
		m = list[0]
		names, err := customers.Names(ctx, tx, []ids.ID{id})
		name = names[id]
		return err
	})
	if err != nil || m.customer.IsZero() {
		return err
	}
	args := m.why.Args()
	args["name"] = name
	op := db.Op{Why: m.why.Key, Args: args, Subject: id, Cause: cause, Background: true}
	return d.Write(ctx, op, func(tx *db.Tx) error {
		list, err := verdicts(ctx, tx, []ids.ID{id})
		if err != nil {
			return err
		}
		return carryOut(ctx, tx, list)
	})
}

// A move is a verdict that differs from the last one.
type move struct {
	customer ids.ID
	phase    customers.Phase
	why      Reason
}

// verdicts returns those of the given customers on whom the rule has another
// verdict than its last.
func verdicts(ctx context.Context, tx *db.Tx, list []ids.ID) ([]move, error) {
	r, err := Get(ctx, tx)
	if err != nil || !r.On {
		return nil, err
	}
	facts, err := insights.GetMany(ctx, tx, list)
	if err != nil {
		return nil, err
	}
	var out []move
	for _, id := range list {
		f, ok := facts[id]
		if !ok {
			continue
		}
		if phase, why := r.Verdict(&f, tx.Now); differs(f.Phase, phase) {
			out = append(out, move{id, phase, why})
		}
	}
	return out, nil
}

// carryOut writes phases, and remembers them as the rule's last verdicts.
func carryOut(ctx context.Context, tx *db.Tx, list []move) error {
	for _, phase := range customers.Phases {
		var of []ids.ID
		for _, m := range list {
			if m.phase == phase {
				of = append(of, m.customer)
			}
		}
		if len(of) == 0 {
			continue
		}
		if err := customers.SetPhase(ctx, tx, of, phase); err != nil {
			return err
		}
		if err := insights.SetPhase(ctx, tx, of, string(phase)); err != nil {
			return err
		}
	}
	return nil
}

// Apply judges all customers and moves those on whom the verdict changed. They
// and whatever moves them hang under one operation, which is returned; zero if
// nobody moved. Undoing it brings all of them back.
func Apply(ctx context.Context, d *db.DB, cause ids.ID, progress func(ctx context.Context, done, total int64) error) (ids.ID, error) {
	var list []ids.ID
	now := d.Now()
	err := d.Read(ctx, db.Who{}, func(tx *db.Tx) error {
		r, err := Get(ctx, tx)
		if err != nil || !r.On {
			return err
		}
		list, err = moving(ctx, tx, &r, now)
		return err
	})
	if err != nil {
		return ids.ID{}, err
	}
	op, err := begin(ctx, d, cause, len(list))
	if err != nil || op.ID.IsZero() {
		return ids.ID{}, err
	}
	size := slice
	if len(list) <= each {
		size = 1
	}
	for done := 0; done < len(list); done += size {
		part := list[done:min(done+size, len(list))]
		if len(list) <= each {
			err = moveEach(ctx, d, part, op.ID)
		} else {
			err = d.Write(ctx, op, func(tx *db.Tx) error {
				moves, err := verdicts(ctx, tx, part)
				if err != nil {
					return err
				}
				return carryOut(ctx, tx, moves)
			})
		}
		if err == nil && progress != nil {
			err = progress(ctx, int64(done+len(part)), int64(len(list)))
		}
		if err != nil {
			return op.ID, err
		}
	}
	return op.ID, d.Write(ctx, op, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM lifecycle_run WHERE op = $1`, op.ID); err != nil {
			return err
		}
		return tx.FinishOp(ctx)
	})
}

// begin begins the operation of a run in which n customers move, or goes on
// with the one of a run that was interrupted. Its ID is zero if there is
// nothing to do.
func begin(ctx context.Context, d *db.DB, cause ids.ID, n int) (db.Op, error) {
	op := db.Op{Why: "lifecycle.run", Cause: cause, Long: true, Background: true, Args: map[string]any{"n": n}}
	err := d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) {
		op.ID, _, err = db.Find(ctx, tx, db.One[ids.ID], `SELECT op FROM lifecycle_run`)
		return err
	})
	if err != nil || !op.ID.IsZero() || n == 0 {
		return op, err
	}
	fresh := op
	err = d.Write(ctx, fresh, func(tx *db.Tx) error {
		op.ID = tx.Op
		_, err := tx.Exec(ctx, `INSERT INTO lifecycle_run (one, op) VALUES (1, $1)`, tx.Op)
		return err
	})
	return op, err
}

// moving returns who would move if r were the rule, in order of their ids.
func moving(ctx context.Context, tx *db.Tx, r *Rule, now time.Time) ([]ids.ID, error) {
	var list []ids.ID
	err := insights.EachBrief(ctx, tx, func(b *insights.Brief) error {
		phase, _ := r.verdict(b.Orders, b.First, b.Last, b.Contact, b.RhythmDays, now)
		if differs(b.Phase, phase) {
			list = append(list, b.Customer)
		}
		return nil
	})
	return list, err
}
