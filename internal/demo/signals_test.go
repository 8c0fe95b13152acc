package demo

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights/learn"
	"github.com/akrab-crm/akrab/internal/insights/mart"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/orders"
)

// TestSignals checks that the customers behave as customers do: whoever has a
// better signal buys again more often, among those who buy often as among those
// who buy seldom, and there are enough of each to tell.
func TestSignals(t *testing.T) {
	for _, day := range []string{"2026-11-21", "2028-02-29"} {
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		c, err := learn.Learn(t.Context(), martOf(Make(Seed, at)), learn.Options{Run: 1, Rate: .1})
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(c.Health.Signals, func(s learn.SignalTest) bool { return s.Live })
		if i < 0 {
			t.Errorf("%s: no rules pass: %+v", day, c.Health.Signals)
			continue
		}
		for _, k := range c.Health.Signals[i].Classes {
			t.Logf("%s, %s, %s: green %.3f of %d, yellow %.3f of %d, red %.3f of %d", day, c.Health.Signals[i].Name, k.Class,
				k.Green.Share, k.Green.Customers, k.Yellow.Share, k.Yellow.Customers, k.Red.Share, k.Red.Customers)
			if few := min(k.Green.Customers, k.Yellow.Customers, k.Red.Customers); few < 20 || k.Green.Share <= k.Yellow.Share || k.Yellow.Share <= k.Red.Share {
				t.Errorf("%s, %s: green %.3f, yellow %.3f, red %.3f, %d of one", day, k.Class, k.Green.Share, k.Yellow.Share, k.Red.Share, few)
			}
		}
	}
}

// martOf returns the purchases of a company as of its last evening.
func martOf(c *Company) *mart.Mart {
	dayOf := func(t time.Time) int32 {
		y, m, d := t.In(c.Zone).Date()
		return int32(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
	}
	b := mart.Builder{AsOf: c.Today, Today: dayOf(c.Today), Currency: string(money.Rupiah), Margin: true}
	numbers := map[ids.ID]int32{}
	for _, cl := range c.clients {
		b.Customers = append(b.Customers, cl.ID)
	}
	slices.SortFunc(b.Customers, func(x, y ids.ID) int { return bytes.Compare(x[:], y[:]) })
	for i, id := range b.Customers {
		numbers[id] = int32(i)
	}
	products := map[ids.ID]int32{}
	for i, p := range c.Products {
		products[p.ID] = int32(i)
		b.Products = append(b.Products, mart.Product{ID: p.ID, Code: p.Code, Family: mart.None})
	}
	for _, o := range c.Orders {
		who, ok := numbers[o.Customer]
		if !ok || !o.Status.Counts() {
			continue
		}
		x := mart.Order{At: o.At.UnixMilli(), Day: dayOf(o.At), Amount: o.Total, Margin: o.Subtotal(), Return: o.Return}
		for _, l := range o.Lines {
			x.Margin -= int64(l.Quantity/orders.One) * int64(*c.Products[products[l.Product]].Cost) / 1_000_000
		}
		n := b.Order(who, x)
		for _, l := range o.Lines {
			b.Line(n, products[l.Product], float32(l.Quantity/orders.One), l.Amount)
		}
	}
	return b.Mart()
}
