package insights_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/outbox"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/workspace"
)

var modules = []db.Module{
	outbox.Module, jobs.Module, search.Module, journal.Module, workspace.Module, team.Module, customers.Module, activity.Module,
	catalog.Module, orders.Module, insights.Module,
}

func each(t *testing.T, f func(t *testing.T, ctx context.Context, d *db.DB)) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		if err := search.Prepare(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		f(t, t.Context(), d)
	})
}

func write(t *testing.T, d *db.DB, f func(tx *db.Tx) error) (op ids.ID) {
	t.Helper()
	err := d.Write(t.Context(), db.Op{Why: "customer.test"}, func(tx *db.Tx) error {
		op = tx.Op
		return f(tx)
	})
	if err != nil {
		t.Fatal(err)
	}
	return op
}

func read(t *testing.T, d *db.DB, f func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Read(t.Context(), db.Who{}, f); err != nil {
		t.Fatal(err)
	}
}

func fact(t *testing.T, d *db.DB, id ids.ID) (insights.Fact, bool) {
	t.Helper()
	var f insights.Fact
	var ok bool
	read(t, d, func(tx *db.Tx) (err error) { f, ok, err = insights.Get(t.Context(), tx, id); return err })
	return f, ok
}

func customer(t *testing.T, d *db.DB, name string) ids.ID {
	t.Helper()
	c := &customers.Customer{Name: name}
	write(t, d, func(tx *db.Tx) error { return customers.Create(t.Context(), tx, c) })
	return c.ID
}

// at is so many days before the tests' now.
func at(days int) time.Time { return dbtest.Now.AddDate(0, 0, -days) }

func order(of ids.ID, when time.Time, c money.Currency, price int64, product *catalog.Product) *orders.Order {
	l := orders.Line{Name: "x", Quantity: orders.One, Price: money.Price(price * 1_000_000)}
	if product != nil {
		l.Product, l.Code = product.ID, product.Code
	}
	return &orders.Order{Customer: of, At: when, Currency: c, Status: orders.Confirmed, Lines: []orders.Line{l}}
}

func TestRefresh(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		id, idle := customer(t, d, "Budi"), customer(t, d, "Wati")
		pump, filter := &catalog.Product{Code: "P1", NameID: "Pompa", Family: "Pompa"}, &catalog.Product{Code: "F1", NameID: "Filter", Family: "Filter"}
		cancelled := order(id, at(1), "IDR", 7_000_000, nil)
		cancelled.Status = orders.Cancelled
		write(t, d, func(tx *db.Tx) error {
			for _, p := range []*catalog.Product{pump, filter} {
				if err := catalog.Create(ctx, tx, p); err != nil {
					return err
				}
			}
			give := order(id, at(5), "IDR", 200, filter)
			give.Return = true
			give.Lines[0].Quantity = -orders.One
			for _, o := range []*orders.Order{
				order(id, at(100), "IDR", 600, pump), order(id, at(100), "IDR", 100, filter), order(id, at(90), "IDR", 300, filter),
				order(id, at(70), "IDR", 100, nil), order(id, at(40), "USD", 5, pump), give, cancelled,
			} {
				if err := orders.Create(ctx, tx, o); err != nil {
					return err
				}
			}
			note := &activity.Interaction{Customer: id, Kind: activity.Note, Body: "x", At: at(2)}
			call := &activity.Interaction{Customer: id, Kind: activity.Call, Body: "x", At: at(30)}
			for _, i := range []*activity.Interaction{note, call} {
				if err := activity.Log(ctx, tx, i); err != nil {
					return err
				}
			}
			return insights.Refresh(ctx, tx, []ids.ID{id, idle, id, ids.New(tx.Now)}, nil)
		})
		if _, ok := fact(t, d, idle); ok {
			t.Error("who never ordered has facts")
		}
		got, _ := fact(t, d, id)
		want := insights.Fact{
			Customer: id, Orders: 5, Returns: 1, Days: 4, First: at(100), Last: at(40), RhythmDays: 20,
			Bought: money.Amount{Minor: 900, Currency: "IDR"},
			Totals: []insights.Total{{Currency: "IDR", Minor: 900, Orders: 4}, {Currency: "USD", Minor: 500, Orders: 1}},
			Families: []insights.Family{
				{Name: "Pompa", Minor: 600, Share: 67}, {Name: "Filter", Minor: 200, Share: 22},
			},
			Contact: at(30), Quiet: at(10), AsOf: dbtest.Now, Before: time.Date(got.Before.Year(), got.Before.Month(), got.Before.Day(), got.Before.Hour(), 0, 0, 0, time.UTC),
			Products: 2, Lead: "IDR", Year: 900, Half: 900, YearFamily: "Pompa", Sales: 900, Margin: 900, Profit: 900,
			Repeats: 3, FirstDay: got.FirstDay, LastDay: got.FirstDay + 60, LogGaps: got.LogGaps, FirstAmount: 700, Amount: 900,
			Why: "fact.why.thin",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("facts (-want +got):\n%s", diff)
		}
		read(t, d, func(tx *db.Tx) error {
			if n, err := insights.Wrong(ctx, tx); n != 0 || err != nil {
				t.Errorf("Wrong = %d, %v", n, err)
			}
			return nil
		})
	})
}

// Facts follow whatever an operation did to orders, and what its undo did.
func TestOperation(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		budi, wati := customer(t, d, "Budi"), customer(t, d, "Wati")
		refresh := func(op ids.ID) (list []ids.ID) {
			t.Helper()
			err := d.Write(ctx, db.Op{}, func(tx *db.Tx) (err error) {
				list, err = insights.RefreshOperation(ctx, tx, op, nil)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			slices.SortFunc(list, func(a, b ids.ID) int { return slices.Compare(a[:], b[:]) })
			return list
		}
		o := order(budi, at(3), "IDR", 100, nil)
		made := write(t, d, func(tx *db.Tx) error { return orders.Create(ctx, tx, o) })
		if list := refresh(made); len(list) != 1 || list[0] != budi {
			t.Errorf("after an order %v were refreshed, want %v", list, budi)
		}
		moved := write(t, d, func(tx *db.Tx) error {
			_, err := orders.Update(ctx, tx, o.ID, 0, func(o *orders.Order) error { o.Customer = wati; return nil })
			return err
		})
		if list := refresh(moved); len(list) != 2 {
			t.Errorf("after a move %v were refreshed, want both", list)
		}
		if f, ok := fact(t, d, budi); !ok || f.Orders != 0 {
			t.Errorf("who has no order any more: %+v, %v", f, ok)
		}
		if f, _ := fact(t, d, wati); f.Orders != 1 {
			t.Errorf("who got the order: %+v", f)
		}
		undo, err := journal.Undo(ctx, d, db.Who{}, moved, nil)
		if err != nil {
			t.Fatal(err)
		}
		if list := refresh(undo.ID); len(list) != 2 {
			t.Errorf("after the undo %v were refreshed, want both", list)
		}
		if f, _ := fact(t, d, budi); f.Orders != 1 {
			t.Errorf("after the undo: %+v", f)
		}
		if undo, err = journal.Undo(ctx, d, db.Who{}, made, nil); err != nil {
			t.Fatal(err)
		}
		if list := refresh(undo.ID); !slices.Contains(list, budi) {
			t.Errorf("after the order was undone %v were refreshed, want %v", list, budi)
		}
		if f, _ := fact(t, d, budi); f.Orders != 0 {
			t.Errorf("after the order was undone: %+v", f)
		}
	})
}

// A large operation is left to a job, which also finds what was asked for
// while it worked.
func TestJob(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		var of []ids.ID
		for range 3 {
			of = append(of, customer(t, d, "Budi"))
		}
		op := write(t, d, func(tx *db.Tx) error {
			for i := range 120 {
				if err := orders.Create(ctx, tx, order(of[i%3], at(i), "IDR", 100, nil)); err != nil {
					return err
				}
			}
			return nil
		})
		err := d.Write(ctx, db.Op{}, func(tx *db.Tx) error {
			list, err := insights.RefreshOperation(ctx, tx, op, nil)
			if len(list) > 0 {
				t.Errorf("%d customers were refreshed at once", len(list))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		r := jobs.NewRunner(d, nil)
		done := make(chan ids.ID, 1)
		w := &insights.Worker{DB: d, Done: func(_ context.Context, _ *db.Tx, op ids.ID) error { done <- op; return nil }}
		w.Register(r)
		work, stop := context.WithCancel(ctx)
		ended := make(chan error)
		go func() { ended <- r.Run(work) }()
		select {
		case got := <-done:
			if got != op {
				t.Errorf("done with %v, want %v", got, op)
			}
		case <-time.After(20 * time.Second):
			t.Error("the job did not end")
		}
		time.Sleep(50 * time.Millisecond) // until what ended has been committed
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		for _, id := range of {
			if f, _ := fact(t, d, id); f.Orders != 40 || f.RhythmDays != 3 {
				t.Errorf("facts %+v", f)
			}
		}
	})
}

func TestRefreshAll(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		write(t, d, func(tx *db.Tx) error {
			for range 300 {
				c := &customers.Customer{Name: "Budi"}
				if err := customers.Create(ctx, tx, c); err != nil {
					return err
				}
				if err := orders.Create(ctx, tx, order(c.ID, at(1), "IDR", 100, nil)); err != nil {
					return err
				}
			}
			return nil
		})
		wrong := func() (n int) {
			read(t, d, func(tx *db.Tx) (err error) { n, err = insights.Wrong(ctx, tx); return err })
			return n
		}
		if n := wrong(); n != 300 {
			t.Errorf("Wrong = %d before, want 300", n)
		}
		// A run that was stopped is begun again.
		stopped := context.Canceled
		if err := insights.RefreshAll(ctx, d, func(context.Context, int64, int64) error { return stopped }); err != stopped {
			t.Fatal(err)
		}
		var last, total int64
		if err := insights.RefreshAll(ctx, d, func(_ context.Context, done, all int64) error { last, total = done, all; return nil }); err != nil {
			t.Fatal(err)
		}
		if last != 300 || total != 300 {
			t.Errorf("progress ended at %d of %d, want 300", last, total)
		}
		if n := wrong(); n != 0 {
			t.Errorf("Wrong = %d after", n)
		}
	})
}

// Silent customers of somebody are found by who is responsible, so it must be
// known even if it changes without an order.
func TestFollowOwners(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		id := customer(t, d, "Budi")
		u := &team.User{Name: "Rina", Email: "rina@example.co.id"}
		write(t, d, func(tx *db.Tx) error {
			if err := orders.Create(ctx, tx, order(id, at(1), "IDR", 100, nil)); err != nil {
				return err
			}
			if err := insights.Refresh(ctx, tx, []ids.ID{id}, nil); err != nil {
				return err
			}
			pw, err := team.NewPassword(ctx, "kopi tubruk pagi ini", "Rina", u.Email, "x")
			if err != nil {
				return err
			}
			return team.FirstAdministrator(ctx, tx, nil, u, pw)
		})
		op := write(t, d, func(tx *db.Tx) error {
			_, err := customers.Update(ctx, tx, id, 0, func(c *customers.Customer) error { c.Owner = u.ID; return nil })
			return err
		})
		if err := insights.FollowOwners(ctx, d); err != nil {
			t.Fatal(err)
		}
		if f, _ := fact(t, d, id); f.Owner != u.ID {
			t.Errorf("owner %v, want %v", f.Owner, u.ID)
		}
		if _, err := journal.Undo(ctx, d, db.Who{}, op, nil); err != nil {
			t.Fatal(err)
		}
		if err := insights.FollowOwners(ctx, d); err != nil {
			t.Fatal(err)
		}
		if f, _ := fact(t, d, id); !f.Owner.IsZero() {
			t.Errorf("owner %v after the undo", f.Owner)
		}
	})
}
