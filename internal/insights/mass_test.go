package insights_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/orders"
)

// A shop is a company with customers of all kinds.
type shop struct {
	customers []ids.ID
	products  []*catalog.Product
	orders    []*orders.Order
}

// fill makes a shop of n customers: who buy often and seldom, give back, pay in
// several currencies, plan ahead, and never came.
func fill(t *testing.T, d *db.DB, n int) *shop {
	t.Helper()
	ctx := t.Context()
	rng := rand.New(rand.NewPCG(7, 7))
	s := &shop{}
	for i := range 12 {
		p := &catalog.Product{Code: fmt.Sprintf("P%d", i), NameID: "Barang", Family: []string{"Pompa", "Filter", ""}[i%3], Currency: "IDR"}
		if i%4 != 3 { // of some the cost is not known
			cost := money.Price(int64(300+10*i) * 1_000_000)
			p.Cost = &cost
		}
		s.products = append(s.products, p)
	}
	write(t, d, func(tx *db.Tx) error {
		for _, p := range s.products {
			if err := catalog.Create(ctx, tx, p); err != nil {
				return err
			}
		}
		for range n {
			c := &customers.Customer{Name: "Budi"}
			if err := customers.Create(ctx, tx, c); err != nil {
				return err
			}
			s.customers = append(s.customers, c.ID)
		}
		for i, id := range s.customers[1:] { // the first never ordered
			for k := range 1 + rng.IntN(12) {
				s.add(rng, id, i, k)
			}
		}
		for range 300 { // and one all in a day
			o := order(s.customers[1], at(30), "IDR", 100, s.products[0])
			s.orders = append(s.orders, o)
		}
		for _, o := range s.orders {
			if err := orders.Create(ctx, tx, o); err != nil {
				return err
			}
		}
		call := &activity.Interaction{Customer: s.customers[2], Kind: activity.Call, Body: "x", At: at(30), Seconds: 600}
		return activity.Log(ctx, tx, call)
	})
	return s
}

func (s *shop) add(rng *rand.Rand, id ids.ID, i, k int) {
	o := order(id, at(rng.IntN(700)), "IDR", int64(500+rng.IntN(500)), s.products[rng.IntN(len(s.products))])
	for range rng.IntN(3) {
		p := s.products[rng.IntN(len(s.products))]
		o.Lines = append(o.Lines, orders.Line{Name: "x", Product: p.ID, Code: p.Code, Quantity: orders.One * orders.Quantity(1+rng.IntN(5)) / 2, Price: 750_000_000})
	}
	switch {
	case i%20 == 3 && k == 2:
		o.Return, o.Lines[0].Quantity = true, -orders.One
		o.Lines = o.Lines[:1]
	case i%20 == 5:
		o.Currency = "USD"
		if k%2 == 0 {
			o.Rate = 15_000 * 1_000_000
		}
	case i%20 == 7 && k == 1:
		o.At = dbtest.Now.AddDate(0, 0, 9)
	case i%20 == 9 && k == 1:
		o.Status = orders.Cancelled
	}
	s.orders = append(s.orders, o)
}

// all returns the facts of all who have some.
func (s *shop) all(t *testing.T, d *db.DB) map[ids.ID]insights.Fact {
	t.Helper()
	var m map[ids.ID]insights.Fact
	read(t, d, func(tx *db.Tx) (err error) { m, err = insights.GetMany(t.Context(), tx, s.customers); return err })
	return m
}

func run(t *testing.T, d *db.DB, opt insights.RunOptions) insights.Summary {
	t.Helper()
	sum, err := insights.Run(t.Context(), d, opt)
	if err != nil {
		t.Fatal(err)
	}
	read(t, d, func(tx *db.Tx) error {
		if n, err := insights.Wrong(t.Context(), tx); n != 0 || err != nil {
			t.Errorf("Wrong = %d, %v", n, err)
		}
		return nil
	})
	return sum
}

// What is made of one customer is what the run over all makes, to the bit; and
// money is what the orders say.
func TestOneAsAll(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		s := fill(t, d, 260)
		sum := run(t, d, insights.RunOptions{})
		if !sum.Learned || !sum.Margin || sum.Currency != "IDR" || sum.Customers != 259 {
			t.Errorf("summary %+v", sum)
		}
		all := s.all(t, d)
		scored := 0
		for _, f := range all {
			if f.Known {
				scored++
			}
		}
		if scored < 200 {
			t.Errorf("%d of %d customers are scored", scored, len(all))
		}
		write(t, d, func(tx *db.Tx) error {
			if _, err := tx.Exec(ctx, `UPDATE customer_fact SET digest = 0, year = -7, value = -7, active = -7, why = 'x', families = '[]'`); err != nil {
				return err
			}
			for _, id := range s.customers {
				if err := insights.Refresh(ctx, tx, []ids.ID{id}, nil); err != nil {
					return err
				}
			}
			return nil
		})
		if diff := cmp.Diff(all, s.all(t, d)); diff != "" {
			t.Errorf("one by one (-all +one):\n%s", diff)
		}
		for _, id := range s.customers {
			s.check(t, id, all[id])
		}
		if sum := run(t, d, insights.RunOptions{}); sum.Changed != 0 {
			t.Errorf("the second run changed %d", sum.Changed)
		}
		d.Now = func() time.Time { return dbtest.Now.AddDate(0, 0, 1) }
		if sum := run(t, d, insights.RunOptions{}); sum.Changed == 0 {
			t.Error("nothing is another the next day")
		}
		all = s.all(t, d)
		write(t, d, func(tx *db.Tx) error {
			if _, err := tx.Exec(ctx, `UPDATE customer_fact SET digest = 0`); err != nil {
				return err
			}
			return insights.Refresh(ctx, tx, s.customers, nil)
		})
		if diff := cmp.Diff(all, s.all(t, d)); diff != "" {
			t.Errorf("the next day (-all +some):\n%s", diff)
		}
	})
}

// check compares facts with the orders.
func (s *shop) check(t *testing.T, id ids.ID, f insights.Fact) {
	t.Helper()
	var count, returns, year int64
	products := map[ids.ID]bool{}
	known := true // all costs are, and all is in one currency
	for _, o := range s.orders {
		if o.Customer != id || o.Status == orders.Cancelled || o.At.After(dbtest.Now) {
			continue
		}
		known = known && o.Currency == "IDR"
		if o.Return {
			returns++
		} else {
			count++
		}
		for _, l := range o.Lines {
			if !o.Return {
				products[l.Product] = true
			}
			for _, p := range s.products {
				if p.ID != l.Product {
					continue
				}
				if p.Cost == nil {
					known = false
				} else if o.At.After(dbtest.Now.AddDate(0, 0, -365)) {
					year += l.Amount - int64(*p.Cost)*int64(l.Quantity)/1_000_000_000_000
				}
			}
		}
	}
	if f.Orders != count || f.Returns != returns || f.Products != int64(len(products)) {
		t.Errorf("%d orders, %d returns, %d products; want %d, %d, %d", f.Orders, f.Returns, f.Products, count, returns, len(products))
	}
	if known && f.Year != year {
		t.Errorf("brought %d in a year, want %d", f.Year, year)
	}
}

// While a run goes on, single customers are made anew from what it hasn't seen:
// it must not put back what was.
func TestLate(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		s := fill(t, d, 20)
		of := s.customers[5]
		var once sync.Once
		progress := func(_ context.Context, done, total int64) error {
			if done*2 < total {
				return nil
			}
			once.Do(func() {
				write(t, d, func(tx *db.Tx) error {
					if err := orders.Create(ctx, tx, order(of, at(0), "IDR", 5_000, nil)); err != nil {
						return err
					}
					return insights.Refresh(ctx, tx, []ids.ID{of}, nil)
				})
			})
			return nil
		}
		before := run(t, d, insights.RunOptions{Progress: progress})
		f, _ := fact(t, d, of)
		if !f.Last.Equal(at(0)) {
			t.Errorf("last order %v, want the one that came meanwhile, %v", f.Last, at(0))
		}
		if before.Customers != 19 {
			t.Errorf("%d customers, want 19", before.Customers)
		}
	})
}

// A row of which little differs is written in little; whatever it is, it comes
// right.
func TestWrittenIsWhatDiffers(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		s := fill(t, d, 400)
		run(t, d, insights.RunOptions{Learn: true})
		want := s.all(t, d)
		valued := 0
		for _, f := range want {
			if f.Valued {
				valued++
			}
		}
		if valued == 0 {
			t.Fatal("nobody has a value")
		}
		spoil := map[string]func(tx *db.Tx) (int64, error){
			"nothing that is indexed": func(tx *db.Tx) (int64, error) {
				return tx.Exec(ctx, `UPDATE customer_fact SET digest = 1, value = 7, why = 'x'`)
			},
			"worth":                func(tx *db.Tx) (int64, error) { return tx.Exec(ctx, `UPDATE customer_fact SET digest = 1, worth = 7`) },
			"no worth":             func(tx *db.Tx) (int64, error) { return tx.Exec(ctx, `UPDATE customer_fact SET worth = NULL`) },
			"worth of many digits": func(tx *db.Tx) (int64, error) { return tx.Exec(ctx, `UPDATE customer_fact SET worth = 123456`) },
			"stake":                func(tx *db.Tx) (int64, error) { return tx.Exec(ctx, `UPDATE customer_fact SET stake = 99000`) },
			"segment":              func(tx *db.Tx) (int64, error) { return tx.Exec(ctx, `UPDATE customer_fact SET segment = 'B2'`) },
			"signal": func(tx *db.Tx) (int64, error) {
				return tx.Exec(ctx, `UPDATE customer_fact SET signal = 'red', stake = 1`)
			},
			"money": func(tx *db.Tx) (int64, error) {
				return tx.Exec(ctx, `UPDATE customer_fact SET bought = 1, worth = NULL`)
			},
			"all": func(tx *db.Tx) (int64, error) { return tx.Exec(ctx, `DELETE FROM customer_fact`) },
			"silence": func(tx *db.Tx) (int64, error) {
				return tx.Exec(ctx, `UPDATE customer_fact SET quiet_at = 1, last_at = 2, owner_id = customer_id`)
			},
		}
		defer insights.SetFirsts(100)()
		for name, spoil := range spoil {
			t.Run(name, func(t *testing.T) {
				write(t, d, func(tx *db.Tx) error { _, err := spoil(tx); return err })
				if diff := cmp.Diff(want, s.all(t, d), cmpopts.IgnoreFields(insights.Fact{}, "AsOf")); diff == "" {
					t.Fatal("nothing is spoilt")
				}
				run(t, d, insights.RunOptions{Whole: true})
				if diff := cmp.Diff(want, s.all(t, d), cmpopts.IgnoreFields(insights.Fact{}, "AsOf")); diff != "" {
					t.Error(diff)
				}
			})
		}
	})
}

// A run that stopped half-way is finished by the next; rows of customers who are
// gone go.
func TestTakenUp(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		s := fill(t, d, 20)
		stop := errors.New("stop")
		_, err := insights.Run(ctx, d, insights.RunOptions{Progress: func(_ context.Context, done, total int64) error {
			if done > 0 && done == total {
				return stop
			}
			return nil
		}})
		if err != stop {
			t.Fatalf("error %v, want %v", err, stop)
		}
		write(t, d, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE customer_fact SET customer_id = $2 WHERE customer_id = $1`, s.customers[3], ids.New(tx.Now))
			return err
		})
		if sum := run(t, d, insights.RunOptions{}); sum.Changed != 1 {
			t.Errorf("%d changed, want the one that was missing", sum.Changed)
		}
		var n int
		read(t, d, func(tx *db.Tx) (err error) { n, err = insights.CountFacts(ctx, tx, 100); return err })
		if n != 19 {
			t.Errorf("%d rows, want 19", n)
		}
	})
}

// Facts of a day that is over know nothing of what came later, also those that
// are made one by one.
func TestAsOf(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		id := customer(t, d, "Budi")
		write(t, d, func(tx *db.Tx) error {
			for _, days := range []int{400, 100, 10} {
				if err := orders.Create(ctx, tx, order(id, at(days), "IDR", 100, nil)); err != nil {
					return err
				}
			}
			return nil
		})
		run(t, d, insights.RunOptions{AsOf: at(100).Format(time.DateOnly), SetAsOf: true})
		if f, _ := fact(t, d, id); f.Orders != 2 || f.Year != 200 || f.YearBefore != 0 {
			t.Errorf("as of the second order: %+v", f)
		}
		run(t, d, insights.RunOptions{AsOf: at(500).Format(time.DateOnly), SetAsOf: true})
		if f, _ := fact(t, d, id); f.Orders != 0 {
			t.Errorf("before the first order: %+v", f)
		}
		write(t, d, func(tx *db.Tx) error {
			if err := orders.Create(ctx, tx, order(id, at(5), "IDR", 100, nil)); err != nil {
				return err
			}
			return insights.Refresh(ctx, tx, []ids.ID{id}, nil)
		})
		if f, _ := fact(t, d, id); f.Orders != 0 {
			t.Errorf("before the first order, one by one: %+v", f)
		}
		run(t, d, insights.RunOptions{SetAsOf: true})
		if f, _ := fact(t, d, id); f.Orders != 4 || f.Year != 300 || f.YearBefore != 100 {
			t.Errorf("at present: %+v", f)
		}
		if _, err := insights.Run(ctx, d, insights.RunOptions{AsOf: "2026-02-31", SetAsOf: true}); err == nil {
			t.Error("took a day that isn't")
		}
	})
}

func TestTwoRuns(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		run(t, d, insights.RunOptions{}) // of nobody
		s := fill(t, d, 10)
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() { run(t, d, insights.RunOptions{}) })
		}
		wg.Wait()
		if n := len(s.all(t, d)); n != 9 {
			t.Errorf("%d customers have facts, want 9", n)
		}
	})
}

// Amounts in other currencies count by their rates if all are known; else only
// the currency of most orders does.
func TestCurrencies(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		id := customer(t, d, "Budi")
		add := func(days int, c money.Currency, rate int64) {
			o := order(id, at(days), c, 100, nil)
			o.Rate = rate
			write(t, d, func(tx *db.Tx) error { return orders.Create(ctx, tx, o) })
		}
		add(50, "IDR", 0)
		add(40, "USD", 15_000_000_000)
		if sum := run(t, d, insights.RunOptions{}); sum.Currency != "IDR" {
			t.Errorf("currency %s", sum.Currency)
		}
		if f, _ := fact(t, d, id); f.Sales != 100+1_500_000 || f.Lead != "IDR" || len(f.Totals) != 2 {
			t.Errorf("converted: %+v", f)
		}
		add(30, "USD", 0)
		if sum := run(t, d, insights.RunOptions{}); sum.Currency != "USD" {
			t.Errorf("currency %s", sum.Currency)
		}
		if f, _ := fact(t, d, id); f.Sales != 20_000 || f.Lead != "USD" || f.Days != 3 {
			t.Errorf("not converted: %+v", f)
		}
	})
}

// What was sold for money that can't be converted brings nothing: its cost is
// not taken from it either, or the customer would be called a loss.
func TestCostInUnknownMoney(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		price, cost := money.Price(100*1_000_000), money.Price(60*1_000_000)
		p := &catalog.Product{Code: "P", NameID: "Barang", Currency: "IDR", Price: &price, Cost: &cost}
		write(t, d, func(tx *db.Tx) error { return catalog.Create(ctx, tx, p) })
		known, unknown := customer(t, d, "Budi"), customer(t, d, "Ann")
		sell := func(of ids.ID, c money.Currency) {
			o := order(of, at(20), c, 100, p)
			write(t, d, func(tx *db.Tx) error { return orders.Create(ctx, tx, o) })
		}
		sell(known, "IDR")
		sell(known, "IDR")
		sell(unknown, "EUR")
		for _, alone := range []bool{false, true} {
			if sum := run(t, d, insights.RunOptions{Whole: true}); sum.Currency != "IDR" || !sum.Margin {
				t.Fatalf("%+v", sum)
			}
			if alone {
				write(t, d, func(tx *db.Tx) error {
					if _, err := tx.Exec(ctx, `UPDATE customer_fact SET digest = 0`); err != nil {
						return err
					}
					return insights.Refresh(ctx, tx, []ids.ID{known, unknown}, nil)
				})
			}
			if f, _ := fact(t, d, known); f.Margin != 80 || f.Year != 80 {
				t.Errorf("alone %t: a margin of %d, %d in a year, want 80", alone, f.Margin, f.Year)
			}
			if f, _ := fact(t, d, unknown); f.Margin != 0 || f.Profit != 0 || f.Orders != 1 || f.Bought.Minor != 10_000 {
				t.Errorf("alone %t, in money without a rate: %+v", alone, f)
			}
		}
	})
}
