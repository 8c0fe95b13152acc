package segments

import (
	"context"
	"slices"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/workspace"
)

const (
	// slice is how many customers are settled in one transaction.
	slice = 200

	// few is up to how many customers that an operation touched are looked at
	// one by one; beyond it all are.
	few = 200

	// pause is how long a look at all customers waits, so that an operation of
	// many transactions causes few of them.
	pause = 5 * time.Second

	lookJob = "sorting.look"
)

// Touch brings it up to date in which segments the given customers are, who
// may be gone.
func Touch(ctx context.Context, tx *db.Tx, list []ids.ID) error {
	list = sortIDs(slices.Clone(list))
	if len(list) == 0 {
		return nil
	}
	all, err := Each(ctx, tx)
	if err != nil || len(all) == 0 {
		return err
	}
	for _, g := range sorted(all) {
		if _, _, err := settle(ctx, tx, &g, list); err != nil {
			return err
		}
	}
	return nil
}

// TouchOperation brings it up to date in which segments those are whom an
// operation touched. If they are many it leaves that to a job.
func TouchOperation(ctx context.Context, tx *db.Tx, op ids.ID) error {
	if n, err := db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM segment`); err != nil || n == 0 {
		return err
	}
	list, all, err := touched(ctx, tx, op)
	if err != nil {
		return err
	}
	if !all {
		return Touch(ctx, tx, list)
	}
	if _, err := tx.Exec(ctx, `UPDATE segment SET asked = asked + 1 WHERE asked = looked`); err != nil {
		return err
	}
	return later(ctx, tx, tx.Now.Add(pause))
}

// touched returns the customers whom an operation, or their orders, created,
// changed or took away; or all, if they are more than few.
func touched(ctx context.Context, tx *db.Tx, op ids.ID) (list []ids.ID, all bool, err error) {
	if op.IsZero() {
		return nil, true, nil
	}
	n, err := db.Get(ctx, tx, db.One[int], `
		SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM customer WHERE created_op = $1 LIMIT $2) c)
			+ (SELECT COUNT(*) FROM (SELECT 1 FROM sales_order WHERE created_op = $1 LIMIT $2) o)
			+ (SELECT COUNT(*) FROM (SELECT 1 FROM journal_change WHERE op = $1 LIMIT $2) j)`, op, few+1)
	if err != nil || n > few {
		return nil, true, err
	}
	_, gone, err := db.Find(ctx, tx, db.One[int], `SELECT 1 FROM journal_change WHERE op = $1 AND tbl = 'sales_order' LIMIT 1`, op)
	if err != nil || gone {
		return nil, true, err // whose an order was before is not looked up
	}
	list, err = db.List(ctx, tx, db.One[ids.ID], `
		SELECT id FROM customer WHERE created_op = $1
		UNION SELECT customer_id FROM sales_order WHERE created_op = $1 AND customer_id IS NOT NULL
		UNION SELECT subject FROM journal_change WHERE op = $1 AND (tbl = 'customer' OR tbl LIKE 'customer!_%' ESCAPE '!')
		UNION SELECT o.customer_id FROM journal_change j JOIN sales_order o ON o.id = j.subject WHERE j.op = $1 AND j.tbl = 'order_line' AND o.customer_id IS NOT NULL`, op)
	return list, false, err
}

// settle brings it up to date which of some customers, sorted by id, are in a
// segment, and returns how many came and went.
func settle(ctx context.Context, tx *db.Tx, g *Segment, list []ids.ID) (came, went int64, err error) {
	if err := tx.LockRecord(ctx, `segment`, g.ID); err != nil {
		return 0, 0, err
	}
	in, err := among(ctx, tx, g, list)
	if err != nil {
		return 0, 0, err
	}
	had, err := db.ListIn(ctx, tx, db.One[ids.ID], list, `SELECT customer_id FROM segment_member WHERE segment_id = $1 AND customer_id IN ($list)`, g.ID)
	if err != nil {
		return 0, 0, err
	}
	join, leave := difference(in, sortIDs(had))
	if len(join)+len(leave) == 0 {
		return 0, 0, nil
	}
	n, now := 0, tx.Now.UnixMilli()
	err = tx.Copy(ctx, `segment_member`, []string{"segment_id", "customer_id", "since"}, func() ([]any, bool) {
		if n == len(join) {
			return nil, false
		}
		n++
		return []any{g.ID, join[n-1], now}, true
	})
	if err != nil {
		return 0, 0, err
	}
	if _, err := db.ExecIn(ctx, tx, leave, `DELETE FROM segment_member WHERE segment_id = $1 AND customer_id IN ($list)`, g.ID); err != nil {
		return 0, 0, err
	}
	came, went = int64(len(join)), int64(len(leave))
	if _, err := tx.Exec(ctx, `UPDATE segment SET size = size + $2 WHERE id = $1`, g.ID, came-went); err != nil {
		return 0, 0, err
	}
	if g.Counted.IsZero() { // who comes because of a new condition did not move
		return came, went, nil
	}
	return came, went, moved(ctx, tx, g.ID, came, went)
}

// among returns those of some customers who meet g's condition.
func among(ctx context.Context, tx *db.Tx, g *Segment, list []ids.ID) (in []ids.ID, err error) {
	err = asked(ctx, tx, g, func(q query) error {
		in, err = Customers.Among(ctx, tx, q, list)
		return err
	})
	return in, err
}

type query = list.Query

// asked calls f with the query for g's members, as one who sees everybody and
// for whom "me" is g's owner.
func asked(ctx context.Context, tx *db.Tx, g *Segment, f func(query) error) error {
	set, err := workspace.Get(ctx, tx)
	if err != nil {
		return err
	}
	was := tx.Who
	defer func() { tx.Who = was }()
	tx.Who = db.Who{User: g.Owner, Sight: db.SeeAll}
	return f(query{Where: g.Cond, In: set.Locale()})
}

// difference returns what is in a only and what is in b only; both are sorted.
func difference(a, b []ids.ID) (onlyA, onlyB []ids.ID) {
	for len(a) > 0 && len(b) > 0 {
		switch c := compare(a[0], b[0]); {
		case c < 0:
			onlyA, a = append(onlyA, a[0]), a[1:]
		case c > 0:
			onlyB, b = append(onlyB, b[0]), b[1:]
		default:
			a, b = a[1:], b[1:]
		}
	}
	return append(onlyA, a...), append(onlyB, b...)
}

func compare(a, b ids.ID) int { return slices.Compare(a[:], b[:]) }

func sortIDs(list []ids.ID) []ids.ID {
	slices.SortFunc(list, compare)
	return slices.Compact(list)
}

// Refresh makes anew what is derived of segments whose condition may be
// another one by now, or which are gone.
func Refresh(ctx context.Context, tx *db.Tx, list []ids.ID) error {
	there, err := Names(ctx, tx, list)
	if err != nil {
		return err
	}
	var gone, kept []ids.ID
	for _, id := range list {
		name, ok := there[id]
		if !ok {
			gone = append(gone, id)
			continue
		}
		kept = append(kept, id)
		if err := setKey(ctx, tx, id, name); err != nil {
			return err
		}
	}
	if _, err := db.ExecIn(ctx, tx, gone, `DELETE FROM segment_member WHERE segment_id IN ($list)`); err != nil || len(kept) == 0 {
		return err
	}
	return anew(ctx, tx, kept)
}

// anew arranges for the members of segments to be found whose condition is new.
func anew(ctx context.Context, tx *db.Tx, list []ids.ID) error {
	if _, err := db.ExecIn(ctx, tx, list, `UPDATE segment SET counted_at = NULL, asked = asked + 1 WHERE id IN ($list)`); err != nil {
		return err
	}
	return look(ctx, tx)
}

// look adds the job that looks at all customers for segments that ask for it.
func look(ctx context.Context, tx *db.Tx) error { return later(ctx, tx, tx.Now) }

func later(ctx context.Context, tx *db.Tx, at time.Time) error {
	_, err := jobs.Add(ctx, tx, lookJob, struct{}{}, jobs.Options{Unique: lookJob, At: at, Attempts: 10})
	return err
}

// Register makes r do what is arranged here.
func Register(r *jobs.Runner, d *db.DB) {
	jobs.Handle(r, lookJob, func(ctx context.Context, j *jobs.Job, _ struct{}) error { return Look(ctx, d, j.Progress) })
	jobs.Handle(r, freezeJob, func(ctx context.Context, _ *jobs.Job, a freezeArgs) error { return freeze(ctx, d, a.Plan) })
}

// Minute arranges for what was asked for while a job was just ending, and for
// the look of each new day.
func Minute(ctx context.Context, d *db.DB) error {
	return d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
		set, err := workspace.Get(ctx, tx)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE segment SET asked = asked + 1 WHERE asked = looked AND counted_at < $1`, midnight(tx.Now, set.Locale().Zone).UnixMilli())
		if err != nil {
			return err
		}
		n, err := db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM segment WHERE asked <> looked`)
		if err != nil || n == 0 {
			return err
		}
		return look(ctx, tx)
	})
}

func midnight(now time.Time, z *time.Location) time.Time {
	now = now.In(z)
	return time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, z)
}

// Look looks at all customers for the segments that ask for it, until none
// does, and goes on where a killed process left.
func Look(ctx context.Context, d *db.DB, progress func(ctx context.Context, done, total int64) error) error {
	for again := false; ; again = true {
		due, err := pending(ctx, d)
		if err != nil {
			return err
		}
		if len(due) == 0 {
			break
		}
		if again && !slices.ContainsFunc(due, func(g Segment) bool { return g.Counted.IsZero() }) {
			select { // an operation goes on that touches many
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(pause):
			}
		}
		for i := range due {
			if err := lookFor(ctx, d, due[i].ID); err != nil {
				return err
			}
			if progress != nil {
				if err := progress(ctx, int64(i+1), int64(len(due))); err != nil {
					return err
				}
			}
		}
	}
	return d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error { return Purge(ctx, tx) })
}

// pending returns the segments that ask for a look at all customers.
func pending(ctx context.Context, d *db.DB) (due []Segment, err error) {
	err = d.Read(ctx, db.Who{}, func(tx *db.Tx) error {
		all, err := Each(ctx, tx)
		for _, g := range sorted(all) {
			if g.Pending {
				due = append(due, g)
			}
		}
		return err
	})
	return due, err
}

// lookFor looks at all customers for one segment. What changes is settled
// slice by slice and asked again in each, since it may have changed meanwhile.
func lookFor(ctx context.Context, d *db.DB, id ids.ID) error {
	var g Segment
	var asked int64
	var differ []ids.ID
	err := d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) {
		var there bool
		if g, there, err = db.Find(ctx, tx, scan, `SELECT `+cols+` FROM segment s WHERE s.id = $1`, id); err != nil || !there {
			return err
		}
		if asked, err = db.Get(ctx, tx, db.One[int64], `SELECT asked FROM segment WHERE id = $1`, id); err != nil {
			return err
		}
		differ, err = wrong(ctx, tx, &g)
		return err
	})
	if err != nil || g.ID.IsZero() {
		return err
	}
	for len(differ) > 0 {
		var n int
		err := d.Write(ctx, db.Op{Background: true, Lazy: true}, func(tx *db.Tx) error {
			n = 0
			now, there, err := db.Find(ctx, tx, scan, `SELECT `+cols+` FROM segment s WHERE s.id = $1`, id)
			if err != nil || !there || now.Rev != g.Rev {
				n = len(differ) // it is asked for again
				return err
			}
			for s := tx.Slice(); n < len(differ) && (n == 0 || !s.Over()); {
				part := differ[n:min(n+slice, len(differ))]
				if _, _, err := settle(ctx, tx, &now, part); err != nil {
					return err
				}
				n += len(part)
			}
			return nil
		})
		if err != nil {
			return err
		}
		differ = differ[n:]
	}
	return note(ctx, d, &g, asked)
}

// wrong returns the customers who are in a segment but should not be, or the
// other way round.
func wrong(ctx context.Context, tx *db.Tx, g *Segment) ([]ids.ID, error) {
	var in []ids.ID
	err := asked(ctx, tx, g, func(q query) (err error) {
		in, err = Customers.IDs(ctx, tx, q, ids.ID{}, 0)
		return err
	})
	if err != nil {
		return nil, err
	}
	had, err := db.List(ctx, tx, db.One[ids.ID], `SELECT customer_id FROM segment_member WHERE segment_id = $1 ORDER BY customer_id`, g.ID)
	if err != nil {
		return nil, err
	}
	join, leave := difference(in, had)
	return sortIDs(append(join, leave...)), nil
}

// note stores that all customers were looked at for g as it was.
func note(ctx context.Context, d *db.DB, g *Segment, asked int64) error {
	var w Worth
	err := d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) {
		w, err = worthOf(ctx, tx, SubjectOf(g.ID))
		return err
	})
	if err != nil {
		return err
	}
	return d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE segment SET counted_at = $2, looked = $3 WHERE id = $1 AND rev = $4`, g.ID, tx.Now.UnixMilli(), asked, g.Rev)
		if err != nil || n == 0 {
			return err
		}
		return keepDay(ctx, tx, g.ID, w)
	})
}

func today(ctx context.Context, tx *db.Tx) (string, error) {
	set, err := workspace.Get(ctx, tx)
	if err != nil {
		return "", err
	}
	return tx.Now.In(set.Locale().Zone).Format(time.DateOnly), nil
}

func setKey(ctx context.Context, tx *db.Tx, id ids.ID, name string) error {
	_, err := tx.Exec(ctx, `UPDATE segment SET name_key = $2 WHERE id = $1 AND name_key <> $2`, id, fold.SortKey(name))
	return err
}
