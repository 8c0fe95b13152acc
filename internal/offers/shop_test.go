package offers_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

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
	"github.com/akrab-crm/akrab/internal/offers"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/outbox"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/workspace"
)

var modules = []db.Module{
	outbox.Module, jobs.Module, search.Module, journal.Module, workspace.Module, team.Module, customers.Module, activity.Module,
	catalog.Module, orders.Module, insights.Module, offers.Module,
}

// A shop sells to customers of several kinds, each of which buys products of
// its own again and again, some of them together and some after others.
type shop struct {
	t         testing.TB
	d         *db.DB
	desk      *offers.Desk
	customers []ids.ID
	products  []ids.ID
	bought    map[ids.ID]map[ids.ID]bool // by customer and product
}

const (
	kinds   = 6
	perKind = 8 // products
)

func (s *shop) write(f func(tx *db.Tx) error) (op ids.ID) {
	s.t.Helper()
	err := s.d.Write(s.t.Context(), db.Op{Why: "customer.create"}, func(tx *db.Tx) error {
		op = tx.Op
		return f(tx)
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return op
}

func (s *shop) read(f func(tx *db.Tx) error) {
	s.t.Helper()
	if err := s.d.Read(s.t.Context(), db.Who{}, f); err != nil {
		s.t.Fatal(err)
	}
}

// product makes a product of which a piece costs as given, in rupiah.
func product(code, family, tier string, price, cost int64) *catalog.Product {
	p, c := money.Price(price*1e6), money.Price(cost*1e6)
	return &catalog.Product{Code: code, NameID: "Barang " + code, NameEN: "Thing " + code, Family: family, Tier: tier, Price: &p, Cost: &c, Currency: "IDR"}
}

// newShop makes a shop with n customers, and learns of it if learn is set.
func newShop(t testing.TB, d *db.DB, n int, learn bool) *shop {
	t.Helper()
	if err := search.Prepare(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	s := &shop{t: t, d: d, desk: &offers.Desk{Models: insights.Associations}}
	var list []*catalog.Product
	for k := range kinds {
		for i := range perKind {
			price := int64(20_000 * (i + 1))
			list = append(list, product(fmt.Sprintf("K%d-%d", k, i), fmt.Sprintf("Keluarga %d", k), fmt.Sprint(i%3+1), price, price*7/10))
		}
	}
	s.write(func(tx *db.Tx) error {
		for _, p := range list {
			if err := catalog.Create(t.Context(), tx, p); err != nil {
				return err
			}
			s.products = append(s.products, p.ID)
		}
		all := make([]*customers.Customer, n)
		for i := range all {
			all[i] = &customers.Customer{Kind: customers.Person, Name: fmt.Sprintf("Pelanggan %04d", i), Phase: customers.Prospect}
		}
		if err := customers.CreateMany(t.Context(), tx, all); err != nil {
			return err
		}
		for _, c := range all {
			s.customers = append(s.customers, c.ID)
		}
		return nil
	})
	s.trade()
	if learn {
		s.learn()
	}
	return s
}

// trade makes two years of orders.
func (s *shop) trade() {
	s.t.Helper()
	dice := rand.New(rand.NewPCG(7, 7))
	var list []*orders.Order
	for c, id := range s.customers {
		kind := c % kinds
		day := 700 - dice.IntN(300)
		gap := 20 + dice.IntN(25)
		for day > 0 && dice.Float64() < .96 {
			pick := func(i int) ids.ID { return s.products[kind*perKind+i] }
			want := []ids.ID{pick(0)}
			if dice.Float64() < .6 {
				want = append(want, pick(1)) // goes with the first
			}
			for i := 2; i < perKind; i++ {
				if dice.Float64() < .12 {
					want = append(want, pick(i))
				}
			}
			if dice.Float64() < .05 {
				if other := s.products[dice.IntN(len(s.products))]; other != want[0] {
					want = append(want, other)
				}
			}
			list = append(list, s.order(id, dbtest.Now.AddDate(0, 0, -day), want...))
			day -= gap + dice.IntN(9) - 4
		}
	}
	s.write(func(tx *db.Tx) error {
		for _, o := range list {
			s.note(o)
			if err := o.Normalize("IDR"); err != nil {
				return err
			}
		}
		if err := orders.Insert(s.t.Context(), tx, list); err != nil {
			return err
		}
		orders.ChangedMany(s.t.Context(), tx)
		return nil
	})
}

func (s *shop) order(customer ids.ID, at time.Time, products ...ids.ID) *orders.Order {
	o := &orders.Order{Customer: customer, At: at, Currency: "IDR", Status: orders.Delivered}
	seen := map[ids.ID]bool{}
	for _, p := range products {
		if !seen[p] {
			seen[p] = true
			o.Lines = append(o.Lines, orders.Line{Product: p, Quantity: 2 * orders.One, Price: 50_000 * 1e6})
		}
	}
	return o
}

func (s *shop) sell(list ...*orders.Order) {
	s.t.Helper()
	s.write(func(tx *db.Tx) error {
		for _, o := range list {
			s.note(o)
			if err := orders.Create(s.t.Context(), tx, o); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *shop) note(o *orders.Order) {
	if s.bought == nil {
		s.bought = map[ids.ID]map[ids.ID]bool{}
	}
	for _, l := range o.Lines {
		if s.bought[o.Customer] == nil {
			s.bought[o.Customer] = map[ids.ID]bool{}
		}
		s.bought[o.Customer][l.Product] = true
	}
}

func (s *shop) learn() {
	s.t.Helper()
	if _, err := insights.Run(s.t.Context(), s.d, insights.RunOptions{}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) ask(a offers.Ask) *offers.Answer {
	s.t.Helper()
	var got offers.Answer
	s.read(func(tx *db.Tx) (err error) {
		got, err = s.desk.For(s.t.Context(), tx, a)
		return err
	})
	return &got
}
