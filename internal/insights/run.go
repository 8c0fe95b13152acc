package insights

import (
	"context"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/workspace"
)

const (
	// slice is how many customers are done in one transaction.
	slice = 128

	// few is up to how many things that an operation touched its customers
	// are looked up; beyond it all customers are done.
	few = 20_000

	// atOnce is up to how many things that an operation touched no job is needed.
	atOnce = 100

	// settle is how long a run waits before it begins again because it was
	// asked for meanwhile.
	settle = time.Second

	// many is from how many orders on a run over all customers takes a process
	// of its own.
	many = 50_000

	refreshJob = "insights.refresh"
	nightJob   = "insights.night"
)

// refreshArgs are the arguments of the job.
type refreshArgs struct {
	Op ids.ID `json:"op"` // zero: all customers
}

// name names the run in insights_run.
func (a refreshArgs) name() string {
	if a.Op.IsZero() {
		return "all"
	}
	return a.Op.String()
}

// RefreshOperation makes the facts of all whose orders an operation touched
// anew, and returns these customers. If they are many it returns none and
// leaves the work to a job; so it does for all customers if op is zero. It may
// be called again while the operation goes on.
func RefreshOperation(ctx context.Context, tx *db.Tx, op ids.ID, cares Cares) ([]ids.ID, error) {
	list, all, err := touched(ctx, tx, op, atOnce)
	if err != nil {
		return nil, err
	}
	if !all {
		return list, Refresh(ctx, tx, list, cares)
	}
	return nil, ask(ctx, tx, op)
}

// ask adds a job for an operation.
func ask(ctx context.Context, tx *db.Tx, op ids.ID) error {
	args := refreshArgs{op}
	_, err := tx.Exec(ctx, `
		INSERT INTO insights_run (name, n, asked) VALUES ($1, 0, 1)
		ON CONFLICT (name) DO UPDATE SET asked = insights_run.asked + 1, after = NULL`, args.name())
	if err != nil {
		return err
	}
	return args.add(ctx, tx)
}

func (a refreshArgs) add(ctx context.Context, tx *db.Tx) error {
	_, err := jobs.Add(ctx, tx, refreshJob, a, jobs.Options{Unique: refreshJob + ":" + a.name(), Attempts: 10})
	return err
}

// An Elsewhere does the work of a subcommand of `akrab insights` in another
// process, so that the server stays small.
type Elsewhere func(ctx context.Context, args []string, progress Progress) error

// A Worker does what [RefreshOperation] and others arrange.
type Worker struct {
	DB *db.DB

	// Done, if not nil, is called in the transaction that ends a run because of
	// an operation.
	Done func(ctx context.Context, tx *db.Tx, op ids.ID) error

	// Cares returns who knows more of customers than orders tell; nil for nobody.
	Cares func() Cares

	// Elsewhere returns who does runs over all customers; nil for this process.
	Elsewhere func() Elsewhere
}

// Register makes r do what [RefreshOperation] and [CountWeeks] arrange.
func (w *Worker) Register(r *jobs.Runner) {
	jobs.Handle(r, refreshJob, func(ctx context.Context, j *jobs.Job, a refreshArgs) error {
		return w.refresh(ctx, a, j.Progress)
	})
	jobs.Every(r, nightJob, 10*time.Minute, func(ctx context.Context, _ *jobs.Job) error { return Night(ctx, w.DB) })
	jobs.Handle(r, weeksJob, func(ctx context.Context, _ *jobs.Job, _ struct{}) error { return countWeeks(ctx, w.DB) })
}

// When the nightly run begins, in the workspace's zone.
const (
	nightHour   = 2
	nightMinute = 30
)

// Night asks for the nightly run once a day: facts that depend on the day are
// made anew, and models learn what came since. It is called every few minutes.
func Night(ctx context.Context, d *db.DB) error {
	return d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
		set, err := workspace.Get(ctx, tx)
		if err != nil {
			return err
		}
		zone := set.Locale().Zone
		if zone == nil {
			zone = time.UTC
		}
		now := tx.Now.In(zone).Add(-nightHour*time.Hour - nightMinute*time.Minute)
		today := dayNumber(now)
		last, known, err := db.Find(ctx, tx, db.One[int64], `SELECT n FROM insights_run WHERE name = 'night'`)
		if err != nil || last >= today {
			return err
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO insights_run (name, n, asked) VALUES ('night', $1, 0) ON CONFLICT (name) DO UPDATE SET n = excluded.n`, today)
		if err != nil || !known { // the first night has yet to come
			return err
		}
		return ask(ctx, tx, ids.ID{})
	})
}

// CountFacts counts rows of facts, up to most.
func CountFacts(ctx context.Context, tx *db.Tx, most int) (int, error) {
	return db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM (SELECT 1 FROM customer_fact LIMIT $1) f`, most)
}

func (w *Worker) cares() Cares {
	if w.Cares == nil {
		return nil
	}
	return w.Cares()
}

// all makes the facts of all customers anew.
func (w *Worker) all(ctx context.Context, progress Progress) error {
	if w.Elsewhere != nil {
		var n int
		err := w.DB.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) {
			n, err = db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM (SELECT 1 FROM sales_order LIMIT $1) o`, many)
			return err
		})
		if err != nil {
			return err
		}
		if do := w.Elsewhere(); do != nil && n >= many {
			return do(ctx, []string{"refresh", "--keep-as-of", "--progress"}, progress)
		}
	}
	_, err := Run(ctx, w.DB, RunOptions{Cares: w.cares(), Progress: progress})
	return err
}

// RefreshAll makes the facts of all customers anew, also of those of whom
// nothing is known to have changed, and learns from all purchases if that is
// due. Progress, which may be nil, is told how many customers are done.
func RefreshAll(ctx context.Context, d *db.DB, progress Progress) error {
	_, err := Run(ctx, d, RunOptions{Whole: true, Progress: progress})
	return err
}

// Revive adds the jobs of runs that were asked for while their job was just
// ending.
func Revive(ctx context.Context, d *db.DB) error {
	var left []string
	err := d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) {
		left, err = db.List(ctx, tx, db.One[string], `SELECT name FROM insights_run WHERE name NOT IN ('lock', 'owners', 'weeks', 'mass', 'night')`)
		return err
	})
	if err != nil || len(left) == 0 {
		return err
	}
	return d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
		for _, name := range left {
			var a refreshArgs
			if name != "all" {
				if a.Op, err = ids.Parse(name); err != nil {
					return err
				}
			}
			if err := a.add(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	})
}

// first comes before every id. (The zero ID is NULL to the database.)
var first = ids.ID{15: 1}

// A place is how far a run has come.
type place struct {
	after ids.ID
	asked int64
}

func scanPlace(s db.Scanner, p *place) error { return s.Scan(&p.after, &p.asked) }

// refresh does a run from where it stands to its end.
func (w *Worker) refresh(ctx context.Context, a refreshArgs, progress Progress) error {
	for {
		again, err := w.refreshOnce(ctx, a, progress)
		if err != nil || !again {
			return err
		}
		select { // the operation goes on: an undo asks again with each slice
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(settle):
		}
	}
}

// refreshOnce does a run until its end, or until it was asked for again.
func (w *Worker) refreshOnce(ctx context.Context, a refreshArgs, progress Progress) (again bool, err error) {
	var start place
	var list []ids.ID
	var all, there bool
	err = w.DB.Read(ctx, db.Who{}, func(tx *db.Tx) error {
		if start, there, err = db.Find(ctx, tx, scanPlace, `SELECT after, asked FROM insights_run WHERE name = $1`, a.name()); err != nil || !there {
			return err
		}
		list, all, err = touched(ctx, tx, a.Op, few)
		return err
	})
	if err != nil || !there {
		return false, err
	}
	if all {
		if err := w.all(ctx, progress); err != nil {
			return false, err
		}
		err = w.DB.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
			now, there, err := db.Find(ctx, tx, scanPlace, `SELECT after, asked FROM insights_run WHERE name = $1`, a.name())
			if again = there && now.asked != start.asked; err != nil || again || !there {
				return err
			}
			return w.finish(ctx, tx, a)
		})
		return again, err
	}
	return w.some(ctx, a, start, list, progress)
}

// some makes the facts of the customers of a list anew, in slices.
func (w *Worker) some(ctx context.Context, a refreshArgs, start place, list []ids.ID, progress Progress) (again bool, err error) {
	at := start
	if at.after.IsZero() {
		at.after = first
	}
	for count := int64(0); ; {
		var n int
		var over bool
		err := w.DB.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
			n, over, again = 0, false, false
			now, there, err := db.Find(ctx, tx, scanPlace, `SELECT after, asked FROM insights_run WHERE name = $1`, a.name())
			if again = there && now.asked != start.asked; err != nil || again || !there {
				over = !there
				return err
			}
			part := next(list, at.after)
			if n = len(part); n == 0 {
				over = true
				return w.finish(ctx, tx, a)
			}
			if _, err := refreshSome(ctx, tx, part, w.cares()); err != nil {
				return err
			}
			at.after = part[n-1]
			_, err = tx.Exec(ctx, `UPDATE insights_run SET after = $2 WHERE name = $1`, a.name(), at.after)
			return err
		})
		if err != nil || over || again {
			return again, err
		}
		if count += int64(n); progress != nil {
			if err := progress(ctx, count, int64(len(list))); err != nil {
				return false, err
			}
		}
	}
}

// next returns the next slice of a sorted list.
func next(list []ids.ID, after ids.ID) []ids.ID {
	n := 0
	for n < len(list) && compare(list[n], after) <= 0 {
		n++
	}
	return list[n:min(n+slice, len(list))]
}

// finish ends a run.
func (w *Worker) finish(ctx context.Context, tx *db.Tx, a refreshArgs) error {
	publish(ctx, tx, []ids.ID{{}}, a.Op)
	if _, err := tx.Exec(ctx, `DELETE FROM insights_run WHERE name = $1`, a.name()); err != nil || w.Done == nil {
		return err
	}
	return w.Done(ctx, tx, a.Op)
}

// touched returns the customers whose orders an operation created, changed or
// took away, in order of their ids; or all, if it touched most things or more.
func touched(ctx context.Context, tx *db.Tx, op ids.ID, most int) (list []ids.ID, all bool, err error) {
	if op.IsZero() {
		return nil, true, nil
	}
	n, err := db.Get(ctx, tx, db.One[int], `
		SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM sales_order WHERE created_op = $1 LIMIT $2) o)
			+ (SELECT COUNT(*) FROM (SELECT 1 FROM order_line WHERE created_op = $1 LIMIT $2) l)
			+ (SELECT COUNT(*) FROM (SELECT 1 FROM journal_change WHERE op = $1 LIMIT $2) j)`, op, most)
	if err != nil || n >= most {
		return nil, true, err
	}
	seen := map[ids.ID]bool{}
	found, err := db.List(ctx, tx, db.One[ids.ID], `
		SELECT customer_id FROM sales_order WHERE created_op = $1 AND customer_id IS NOT NULL
		UNION
		SELECT o.customer_id FROM order_line l JOIN sales_order o ON o.id = l.order_id WHERE l.created_op = $1 AND o.customer_id IS NOT NULL
		UNION
		SELECT o.customer_id FROM journal_change j JOIN sales_order o ON o.id = j.subject
		WHERE j.op = $1 AND j.tbl IN ('sales_order', 'order_line') AND o.customer_id IS NOT NULL`, op)
	if err != nil {
		return nil, false, err
	}
	for _, id := range found {
		seen[id] = true
	}
	// Whose an order was before, the journal says.
	err = db.Each(ctx, tx, func(s db.Scanner, v *[2]string) error { return s.Scan(&v[0], &v[1]) }, func(v *[2]string) error {
		for _, image := range v {
			if id, ok := journal.ID(image, "customer_id"); ok {
				seen[id] = true
			}
		}
		return nil
	}, `SELECT was, now FROM journal_change WHERE op = $1 AND tbl = 'sales_order'`, op)
	for id := range seen {
		list = append(list, id)
	}
	return sortIDs(list), false, err
}

// Wrong returns how many customers have facts that don't agree with their orders.
func Wrong(ctx context.Context, tx *db.Tx) (int, error) {
	set, err := workspace.Get(ctx, tx)
	if err != nil {
		return 0, err
	}
	state, err := GetState(ctx, tx)
	if err != nil {
		return 0, err
	}
	zone := set.Locale().Zone
	if zone == nil {
		zone = time.UTC
	}
	s, err := spanOf(state.AsOf, tx.Now, zone)
	if err != nil {
		return 0, err
	}
	// A row counts the orders before its own end; nothing came after that, or it
	// would have been made anew. The order of tomorrow counts tomorrow.
	return db.Get(ctx, tx, db.One[int], `
		SELECT (
			SELECT COUNT(*) FROM (
				SELECT o.customer_id, COUNT(*) AS n, MAX(o.ordered_at) AS last_at FROM sales_order o LEFT JOIN customer_fact g ON g.customer_id = o.customer_id
				WHERE o.customer_id IS NOT NULL AND NOT o.is_return AND o.status NOT IN ('draft', 'cancelled') AND o.ordered_at < COALESCE(g.before, $1)
				GROUP BY o.customer_id
			) o LEFT JOIN customer_fact f ON f.customer_id = o.customer_id
			WHERE f.orders IS DISTINCT FROM o.n OR f.last_at IS DISTINCT FROM o.last_at
		) + (
			SELECT COUNT(*) FROM customer_fact f
			WHERE f.orders > 0 AND NOT EXISTS (
				SELECT 1 FROM sales_order o
				WHERE o.customer_id = f.customer_id AND NOT o.is_return AND o.status NOT IN ('draft', 'cancelled') AND o.ordered_at < f.before)
		)`, s.before.UnixMilli())
}
