package activity

import (
	"bytes"
	"context"
	"slices"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/jobs"
)

const (
	touchJob   = "touch.latest"
	touchSlice = 256 // customers told with one statement
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
	customer, interaction ids.ID
	at                    int64
}

// touchAll tells customers of what an operation added to their timelines, in order
// of their ids: that writes each page of their table once, where an import
// that did it row by row would write it again and again.
func touchAll(ctx context.Context, d *db.DB, op ids.ID, progress func(ctx context.Context, done, total int64) error) error {
	var list []ids.ID
	if err := d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) { list, err = latest(ctx, tx, op); return err }); err != nil {
		return err
	}
	total := int64(len(list))
	for done := int64(0); len(list) > 0; {
		n := 0
		err := d.Write(ctx, db.Op{Background: true, Lazy: true}, func(tx *db.Tx) error {
			for n = 0; n < len(list) && (n == 0 || !tx.Slice().Over()); {
				part := list[n:min(n+touchSlice, len(list))]
				if err := tell(ctx, tx, part); err != nil {
					return err
				}
				n += len(part)
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

// tell lets customers know of the given interactions, one each, unless they know
// of a later one. Doing it again changes nothing. Revisions of customers stay:
// what somebody is editing did not change.
func tell(ctx context.Context, tx *db.Tx, interactions []ids.ID) error {
	_, err := db.ExecIn(ctx, tx, interactions, `
		UPDATE customer SET last_at = i.occurred_at, last_kind = i.kind FROM interaction i
		WHERE i.id IN ($list) AND customer.id = i.customer_id AND (customer.last_at IS NULL OR customer.last_at <= i.occurred_at)`)
	return err
}

// latest returns what an operation added last to each customer's timeline, in
// order of the customers' ids.
func latest(ctx context.Context, tx *db.Tx, op ids.ID) ([]ids.ID, error) {
	at := map[ids.ID]int32{}
	var list []touched
	var t touched
	err := db.Stream(ctx, tx, func(r db.Row) error {
		r.ID(0, &t.customer)
		r.ID(1, &t.interaction)
		t.at = r.Int(2)
		k, ok := at[t.customer]
		if !ok {
			at[t.customer] = int32(len(list))
			list = append(list, t)
		} else if last := &list[k]; t.at > last.at || t.at == last.at && compare(t.interaction, last.interaction) > 0 {
			list[k] = t
		}
		return nil
	}, `SELECT customer_id, id, occurred_at FROM interaction WHERE created_op = $1`, op)
	slices.SortFunc(list, func(a, b touched) int { return compare(a.customer, b.customer) })
	last := make([]ids.ID, len(list))
	for i := range list {
		last[i] = list[i].interaction
	}
	return last, err
}

func compare(a, b ids.ID) int { return bytes.Compare(a[:], b[:]) }
