package app_test

import (
	"context"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/segments"
	"github.com/akrab-crm/akrab/internal/tasks"
)

// Who belongs to a segment about tasks follows the tasks themselves: not only
// the look of each night.
func TestSegmentsFollowTasks(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.staff()
		who := db.Who{User: s.admin.ID, Name: s.admin.Name}
		budi, wati := customers.Customer{Name: "Budi"}, customers.Customer{Name: "Wati"}
		g := segments.Segment{Name: "Ada tugas"}
		var err error
		if g.Cond, err = list.ParseTree(`{"all":[{"has":"task","all":["done:eq:false"]}]}`); err != nil {
			t.Fatal(err)
		}
		s.write(who, func(ctx context.Context, tx *db.Tx) error {
			for _, c := range []*customers.Customer{&budi, &wati} {
				if err := customers.Create(ctx, tx, c); err != nil {
					return err
				}
			}
			return segments.Create(ctx, tx, &g)
		})
		if err := segments.Look(t.Context(), s.app.DB, nil); err != nil {
			t.Fatal(err)
		}
		becomes := func(what string, want ...ids.ID) {
			t.Helper()
			var got []ids.ID
			for range 200 {
				err := s.app.DB.Read(t.Context(), db.Who{}, func(tx *db.Tx) (err error) {
					got, err = segments.Customers.IDs(t.Context(), tx, list.Query{Filters: []list.Filter{{Column: segments.Column, Op: list.Eq, Values: []string{g.ID.String()}}}}, ids.ID{}, 10)
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				if len(got) == len(want) && (len(want) == 0 || got[0] == want[0]) {
					return
				}
				s.heard()
				time.Sleep(20 * time.Millisecond)
			}
			t.Fatalf("%s: members %v, want %v", what, got, want)
		}
		task := tasks.Task{Title: "Telepon", Customer: budi.ID}
		s.write(who, func(ctx context.Context, tx *db.Tx) error { return tasks.Create(ctx, tx, &task) })
		becomes("a task was made", budi.ID)
		s.write(who, func(ctx context.Context, tx *db.Tx) error {
			_, err := tasks.Update(ctx, tx, task.ID, 0, tasks.Following, func(t *tasks.Task) error { t.Customer = wati.ID; return nil })
			return err
		})
		becomes("it is about somebody else", wati.ID)
		s.write(who, func(ctx context.Context, tx *db.Tx) error { return tasks.Done(ctx, tx, task.ID, true) })
		becomes("it was done")
		s.write(who, func(ctx context.Context, tx *db.Tx) error { return tasks.Done(ctx, tx, task.ID, false) })
		becomes("it was opened again", wati.ID)
		s.write(who, func(ctx context.Context, tx *db.Tx) error { return tasks.Delete(ctx, tx, []ids.ID{task.ID}) })
		becomes("it was deleted")

		// What is undone is followed as what is done.
		op := func(f func(ctx context.Context, tx *db.Tx) error) (op ids.ID) {
			t.Helper()
			s.write(who, func(ctx context.Context, tx *db.Tx) error { op = tx.Op; return f(ctx, tx) })
			return op
		}
		undo := func(op ids.ID) {
			t.Helper()
			if _, err := journal.Undo(t.Context(), s.app.DB, who, op, nil); err != nil {
				t.Fatal(err)
			}
		}
		task = tasks.Task{Title: "Kunjungi", Customer: budi.ID}
		made := op(func(ctx context.Context, tx *db.Tx) error { return tasks.Create(ctx, tx, &task) })
		becomes("another was made", budi.ID)
		moved := op(func(ctx context.Context, tx *db.Tx) error {
			_, err := tasks.Update(ctx, tx, task.ID, 0, tasks.Following, func(t *tasks.Task) error { t.Customer = wati.ID; return nil })
			return err
		})
		becomes("it is about somebody else", wati.ID)
		undo(moved)
		becomes("that was undone", budi.ID)
		done := op(func(ctx context.Context, tx *db.Tx) error { return tasks.Done(ctx, tx, task.ID, true) })
		becomes("it was done")
		undo(done)
		becomes("it was not done after all", budi.ID)
		undo(made)
		becomes("it was never made")
		gone := tasks.Task{Title: "Telepon lagi", Customer: wati.ID}
		s.write(who, func(ctx context.Context, tx *db.Tx) error { return tasks.Create(ctx, tx, &gone) })
		becomes("one more was made", wati.ID)
		dropped := op(func(ctx context.Context, tx *db.Tx) error { return tasks.Delete(ctx, tx, []ids.ID{gone.ID}) })
		becomes("it was deleted")
		undo(dropped)
		becomes("it is back", wati.ID)
	})
}
