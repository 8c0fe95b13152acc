package activity_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
)

// Customers know of the latest of what an operation brought, unless they know
// of something later, however often and by whatever interruption they are told.
func TestTouchAll(t *testing.T) {
	each(t, func(l *timeline) {
		rng := rand.New(rand.NewPCG(7, 8))
		start := time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)
		want := map[ids.ID]string{l.of: ""}
		last := map[ids.ID]time.Time{}
		add := func(of ids.ID, at time.Time) activity.Entry {
			e := activity.Entry{Record: ids.New(at), Customer: of, Kind: activity.Order, At: at, Ref: fmt.Sprint(len(last))}
			if rng.IntN(4) == 0 {
				e.Kind = activity.Return
			}
			if at.After(last[of]) {
				last[of], want[of] = at, fmt.Sprint(at.UnixMilli(), e.Kind)
			}
			return e
		}
		var all []ids.ID
		l.do("customer.create", func(ctx context.Context, tx *db.Tx) error {
			list := make([]*customers.Customer, 600)
			for i := range list {
				list[i] = &customers.Customer{Kind: customers.Person, Name: fmt.Sprint("Budi ", i), Phase: customers.Prospect}
			}
			if err := customers.Insert(ctx, tx, list); err != nil {
				return err
			}
			var known []activity.Entry
			for i, c := range list {
				all = append(all, c.ID)
				want[c.ID] = "0"
				if i%3 == 0 {
					known = append(known, add(c.ID, start.Add(time.Duration(i)*time.Hour)))
				}
			}
			return activity.AddEntries(ctx, tx, known)
		})
		op := l.do("import.orders", func(ctx context.Context, tx *db.Tx) error {
			var list []activity.Entry
			for i := range 1200 {
				list = append(list, add(all[rng.IntN(len(all))], start.Add(time.Duration(i)*30*time.Minute)))
			}
			return activity.InsertEntries(ctx, tx, list)
		})
		broken := errors.New("killed")
		if err := activity.TouchAll(t.Context(), l.d, op, func(context.Context, int64, int64) error { return broken }); err != broken {
			t.Fatal(err)
		}
		for range 2 {
			if err := activity.TouchAll(t.Context(), l.d, op, func(context.Context, int64, int64) error { return nil }); err != nil {
				t.Fatal(err)
			}
			l.lasts(all, want)
		}
		l.undo(op)
		for _, id := range all {
			want[id] = "0"
		}
		for i, id := range all {
			if i%3 == 0 {
				want[id] = fmt.Sprint(start.Add(time.Duration(i)*time.Hour).UnixMilli(), kindOf(l, id))
			}
		}
		l.lasts(all, want)
	})
}

// kindOf returns the kind of the one entry that a customer has.
func kindOf(l *timeline, of ids.ID) (kind string) {
	l.Helper()
	err := l.d.Read(l.Context(), l.who, func(tx *db.Tx) (err error) {
		kind, err = db.Get(l.Context(), tx, db.One[string], `SELECT kind FROM interaction WHERE customer_id = $1`, of)
		return err
	})
	if err != nil {
		l.Fatal(err)
	}
	return kind
}

// lasts compares what customers know of their latest interaction.
func (l *timeline) lasts(list []ids.ID, want map[ids.ID]string) {
	l.Helper()
	type last struct {
		id   ids.ID
		at   int64
		kind string
	}
	err := l.d.Read(l.Context(), l.who, func(tx *db.Tx) error {
		found, err := db.ListIn(l.Context(), tx, func(s db.Scanner, r *last) error { return s.Scan(&r.id, &r.at, &r.kind) }, list,
			`SELECT id, last_at, last_kind FROM customer WHERE id IN ($list)`)
		for _, r := range found {
			if got := fmt.Sprint(r.at, r.kind); got != want[r.id] {
				l.Errorf("%s knows of %s, want %s", r.id, got, want[r.id])
			}
		}
		return err
	})
	if err != nil {
		l.Fatal(err)
	}
}
