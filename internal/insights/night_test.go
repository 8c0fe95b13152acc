package insights_test

import (
	"context"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/orders"
)

// Each night, from half past two in the workspace's zone, all facts are made
// anew, once.
func TestNight(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		now := time.Date(2026, 3, 2, 19, 0, 0, 0, time.UTC) // 02:00 in Jakarta
		d.Now = func() time.Time { return now }
		id := customer(t, d, "Budi")
		write(t, d, func(tx *db.Tx) error {
			if err := orders.Create(ctx, tx, order(id, now.AddDate(0, 0, -10), "IDR", 100, nil)); err != nil {
				return err
			}
			return insights.Refresh(ctx, tx, []ids.ID{id}, nil)
		})
		r := jobs.NewRunner(d, nil)
		(&insights.Worker{DB: d}).Register(r)
		ran := func() time.Time {
			t.Helper()
			if err := insights.Night(ctx, d); err != nil {
				t.Fatal(err)
			}
			if err := r.Drain(ctx); err != nil {
				t.Fatal(err)
			}
			var s insights.State
			read(t, d, func(tx *db.Tx) (err error) { s, err = insights.GetState(ctx, tx); return err })
			return s.Ran
		}
		if at := ran(); !at.IsZero() {
			t.Fatalf("ran at %v, on the first evening", at)
		}
		now = now.Add(40 * time.Minute)
		first := ran()
		if first.IsZero() {
			t.Fatal("didn't run at 02:40")
		}
		now = now.Add(3 * time.Hour)
		if at := ran(); !at.Equal(first) {
			t.Errorf("ran again at %v", at)
		}
		now = now.Add(21 * time.Hour)
		if at := ran(); !at.After(first) {
			t.Error("didn't run the next night")
		}
	})
}
