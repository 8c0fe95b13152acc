package insights_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/insights/learn"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/orders"
)

// everything is what a run over all customers leaves: their facts, and what
// these add up to.
type everything struct {
	Facts  map[ids.ID]insights.Fact
	Board  learn.Board
	Whale  learn.WhaleReport
	Movers learn.Movers
}

func (s *shop) everything(t *testing.T, d *db.DB) (e everything) {
	t.Helper()
	e.Facts = s.all(t, d)
	for id, f := range e.Facts {
		f.AsOf = time.Time{}
		e.Facts[id] = f
	}
	ctx := t.Context()
	read(t, d, func(tx *db.Tx) (err error) {
		if e.Board, _, _, err = insights.ReadReport[learn.Board](ctx, tx, "board"); err != nil {
			return err
		}
		if e.Whale, _, _, err = insights.ReadReport[learn.WhaleReport](ctx, tx, "whale"); err != nil {
			return err
		}
		e.Movers, _, _, err = insights.ReadReport[learn.Movers](ctx, tx, "movers")
		return err
	})
	// Which families a segment bought most of only lines tell.
	for i := range e.Board.Rows {
		e.Board.Rows[i].Families = nil
	}
	e.Board.Total.Families = nil
	return e
}

// Whatever happened since the last run, making only those anew of whom
// something changed leaves what making everybody anew does, to the bit.
func TestSince(t *testing.T) {
	defer insights.SetCheap(10)()
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		s := fill(t, d, 260)
		write(t, d, func(tx *db.Tx) error {
			return insights.SaveSettings(ctx, tx, insights.Settings{MinuteCost: 7, OrderCost: 3, DiscountRate: 100_000, Holdout: 50})
		})
		run(t, d, insights.RunOptions{})
		rng := rand.New(rand.NewPCG(9, 9))
		some := func() ids.ID { return s.customers[2+rng.IntN(len(s.customers)-2)] }
		bought := func() *orders.Order {
			return order(some(), at(rng.IntN(300)), "IDR", int64(200+rng.IntN(900)), s.products[rng.IntN(len(s.products))])
		}
		rare := &catalog.Product{Code: "NEW", NameID: "Baru", Family: "Baru", Currency: "IDR"} // that one customer buys
		var mass ids.ID                                                                        // operation that brought many orders
		steps := []struct {
			name string
			do   func() error
		}{
			{"nothing", func() error { return nil }},
			{"an order", func() error { return create(t, d, bought()) }},
			{"the first order of somebody", func() error { return create(t, d, order(s.customers[0], at(2), "IDR", 900, s.products[1])) }},
			{"an import", func() error {
				mass = write(t, d, func(tx *db.Tx) error {
					for range 60 {
						o := bought()
						o.ID = ids.New(tx.Now)
						if err := orders.Create(ctx, tx, o); err != nil {
							return err
						}
					}
					orders.ChangedMany(ctx, tx)
					return nil
				})
				return nil
			}},
			{"its undo", func() error { _, err := journal.Undo(ctx, d, db.Who{}, mass, nil); return err }},
			{"a change of an order", func() error {
				o := s.orders[40]
				write(t, d, func(tx *db.Tx) error {
					_, err := orders.Update(ctx, tx, o.ID, o.Rev, func(o *orders.Order) error { o.Customer, o.Discount = s.customers[9], 50; return nil })
					return err
				})
				return nil
			}},
			{"an order is taken away", func() error {
				write(t, d, func(tx *db.Tx) error { return orders.Delete(ctx, tx, []ids.ID{s.orders[11].ID}) })
				return nil
			}},
			{"an order is cancelled", func() error {
				write(t, d, func(tx *db.Tx) error {
					_, err := orders.SetStatus(ctx, tx, []ids.ID{s.orders[77].ID}, orders.Cancelled)
					return err
				})
				return nil
			}},
			{"another cost", func() error {
				p := s.products[4]
				write(t, d, func(tx *db.Tx) error {
					_, err := catalog.Update(ctx, tx, p.ID, p.Rev, func(p *catalog.Product) error {
						cost := money.Price(420_000_000)
						p.Cost, p.Family = &cost, "Selang"
						return nil
					})
					return err
				})
				return nil
			}},
			{"a new product, bought", func() error {
				write(t, d, func(tx *db.Tx) error { return catalog.Create(ctx, tx, rare) })
				return create(t, d, order(some(), at(1), "IDR", 3000, rare))
			}},
			{"its cost", func() error {
				write(t, d, func(tx *db.Tx) error {
					_, err := catalog.Update(ctx, tx, rare.ID, rare.Rev, func(p *catalog.Product) error {
						cost := money.Price(1_900_000_000)
						p.Cost, p.Family = &cost, "Langka"
						return nil
					})
					return err
				})
				return nil
			}},
			{"a call", func() error {
				write(t, d, func(tx *db.Tx) error {
					return activity.Log(ctx, tx, &activity.Interaction{Customer: some(), Kind: activity.Call, Body: "x", At: at(1), Seconds: 900})
				})
				return nil
			}},
		}
		for _, step := range steps {
			if err := step.do(); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			small := step.name != "another cost" // of what most have bought
			if sum := run(t, d, insights.RunOptions{}); sum.Whole == small || sum.Learned {
				t.Errorf("%s: %+v", step.name, sum)
			}
			got := s.everything(t, d)
			if sum := run(t, d, insights.RunOptions{Whole: true}); sum.Changed != 0 || !sum.Whole || sum.Learned {
				t.Errorf("%s: the run over everybody afterwards: %+v", step.name, sum)
			}
			if diff := cmp.Diff(s.everything(t, d), got); diff != "" {
				t.Errorf("%s (-whole +since):\n%s", step.name, diff)
			}
		}
	})
}

func create(t *testing.T, d *db.DB, o *orders.Order) error {
	t.Helper()
	write(t, d, func(tx *db.Tx) error { return orders.Create(t.Context(), tx, o) })
	return nil
}

// When something concerns everybody, everybody is made anew; models are learned
// by night, or when a tenth of the orders is new.
func TestEverybodyIsDue(t *testing.T) {
	defer insights.SetCheap(10)()
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		s := fill(t, d, 260)
		if sum := run(t, d, insights.RunOptions{}); !sum.Whole || !sum.Learned {
			t.Errorf("first run: %+v", sum)
		}
		if sum := run(t, d, insights.RunOptions{}); sum.Whole || sum.Customers != 0 {
			t.Errorf("nothing changed: %+v", sum)
		}
		write(t, d, func(tx *db.Tx) error {
			return insights.SaveSettings(ctx, tx, insights.Settings{OrderCost: 3, DiscountRate: 100_000, Holdout: 50})
		})
		if sum := run(t, d, insights.RunOptions{}); !sum.Whole || sum.Learned {
			t.Errorf("other settings: %+v", sum)
		}
		write(t, d, func(tx *db.Tx) error {
			for k := range len(s.orders) / 8 {
				if err := orders.Create(ctx, tx, order(s.customers[1+k%20], at(1+k%40), "IDR", 500, s.products[0])); err != nil {
					return err
				}
			}
			return nil
		})
		if sum := run(t, d, insights.RunOptions{}); !sum.Whole || !sum.Learned {
			t.Errorf("many new orders: %+v", sum)
		}
		d.Now = func() time.Time { return dbtest.Now.AddDate(0, 0, 1) }
		if sum := run(t, d, insights.RunOptions{}); !sum.Whole || !sum.Learned {
			t.Errorf("the next day: %+v", sum)
		}
	})
}

// A run that stopped before its end leaves no mark: the next makes everybody anew.
func TestNoMarkHalfWay(t *testing.T) {
	defer insights.SetCheap(10)()
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		fill(t, d, 40)
		run(t, d, insights.RunOptions{})
		half := func(_ context.Context, done, total int64) error {
			if done > total/2 {
				return context.Canceled
			}
			return nil
		}
		if _, err := insights.Run(ctx, d, insights.RunOptions{Whole: true, Progress: half}); err == nil {
			t.Fatal("it did not stop")
		}
		if sum := run(t, d, insights.RunOptions{}); !sum.Whole {
			t.Errorf("afterwards: %+v", sum)
		}
	})
}
