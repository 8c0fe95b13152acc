package activity

import (
	"context"
	"slices"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/jobs"
)

const (
	touchJob   = "touch.latest"
	touchSlice = 500
)

type touchArgs struct {
	Op ids.ID `json:"op"`
}

// Register makes r do what [TouchLater] arranges.
func Register(r *jobs.Runner, d *db.DB) {
	jobs.Handle(r, touchJob, func(ctx context.Context, j *jobs.Job, a touchArgs) error { return touchAll(ctx, d, a.Op, j.Progress) })
}

// TouchLater arranges for the customers of what an operation added by
// [InsertEntries] to know of their latest interaction.
func TouchLater(ctx context.Context, tx *db.Tx, op ids.ID) error {
	_, err := jobs.Add(ctx, tx, touchJob, touchArgs{Op: op}, jobs.Options{Unique: touchJob + "/" + op.String(), Attempts: 10})
	return err
}

// A touched is the latest interaction that an operation added to a customer.
type touched struct {
	customer ids.ID
	at       int64
	kind     Kind
}

// touchAll tells customers of what an operation added to their timelines, in order
// of their ids: that writes each page of their table once, where an import
// that did it row by row would write it again and again.
func touchAll(ctx context.Context, d *db.DB, op ids.ID, progress func(ctx context.Context, done, total int64) error) error {
	var list []touched
	if err := d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) { list, err = latest(ctx, tx, op); return err }); err != nil {
		return err
	}
	total := int64(len(list))
	for done := int64(0); len(list) > 0; {
		n := 0
		err := d.Write(ctx, db.Op{Background: true, Lazy: true}, func(tx *db.Tx) error {
			for n = 0; n < len(list) && (n%touchSlice != 0 || n == 0 || !tx.Slice().Over()); n++ {
				t := &list[n]
				if err := customers.Touched(ctx, tx, t.customer, db.Time(t.at), string(t.kind)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		list, done = list[n:], done+int64(n)
		if err := progress(ctx, done, total); err != nil {
			return err
		}
	}
	return nil
}

// latest returns what an operation added last to each customer's timeline, in
// order of the customers' ids.
func latest(ctx context.Context, tx *db.Tx, op ids.ID) ([]touched, error) {
	at := map[ids.ID]int32{}
	var list []touched
	err := db.Each(ctx, tx, func(s db.Scanner, t *touched) error { return s.Scan(&t.customer, &t.at, &t.kind) }, func(t *touched) error {
		k, ok := at[t.customer]
		if !ok {
			at[t.customer] = int32(len(list))
			list = append(list, *t)
		} else if t.at >= list[k].at {
			list[k] = *t
		}
		return nil
	}, `SELECT customer_id, occurred_at, kind FROM interaction WHERE created_op = $1`, op)
	slices.SortFunc(list, func(a, b touched) int { return slices.Compare(a.customer[:], b.customer[:]) })
	return list, err
}
