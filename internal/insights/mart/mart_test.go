package mart_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights/clv"
	"github.com/akrab-crm/akrab/internal/insights/mart"
)

// build makes a mart of three customers, of whom the second never ordered.
// Orders come in no order, as do those of two parts.
func build(t *testing.T) *mart.Mart {
	t.Helper()
	b := &mart.Builder{Today: 100, Currency: "IDR", Customers: []ids.ID{{1}, {2}, {3}}, Products: make([]mart.Product, 3)}
	idr := b.CurrencyNumber("IDR")
	order := func(c int32, day int32, amount int64, back bool) int {
		return b.Order(c, mart.Order{At: int64(day) * 1000, Day: day, Amount: amount, Margin: amount / 2, Currency: idr, Return: back})
	}
	late := order(2, 50, 300, false)
	early := order(2, 40, 100, false)
	order(0, 99, 70, false)
	stranger := order(mart.None, 10, 5, false)
	back := order(2, 40, -30, true) // at the moment of the order: it counts after it
	order(2, 20, -999, true)        // before anything was bought
	dollars := order(0, 98, 2, false)
	b.At(dollars).Currency = b.CurrencyNumber("USD")
	b.Convert(dollars, 30_000)

	part := b.Part(1)
	b.Line(early, 1, 2, 60)
	b.Line(early, 2, 1, 40)
	part.Line(stranger, 0, 1, 5)
	part.Line(late, 0, 1, 1<<40)
	part.Line(late, mart.None, 1, math.MinInt32)
	b.Line(back, 1, -1, -30)
	b.Join(part)
	return b.Mart()
}

func TestMart(t *testing.T) {
	m := build(t)
	if want := []ids.ID{{1}, {3}}; !cmp.Equal(m.Customers, want) {
		t.Fatalf("customers %v, want %v", m.Customers, want)
	}
	var days []int32
	for _, o := range m.OrdersOf(1) {
		days = append(days, o.Day)
	}
	if want := []int32{20, 40, 40, 50}; !cmp.Equal(days, want) {
		t.Errorf("orders of days %v, want %v", days, want)
	}
	if n := len(m.Strangers()); n != 1 {
		t.Errorf("%d orders of nobody known, want 1", n)
	}
	type line struct {
		Product  int32
		Quantity float32
		Amount   int64
	}
	lines := func(o *mart.Order) (list []line) {
		for n, end := m.LinesOf(o); n < end; n++ {
			list = append(list, line{m.ProductOf(n), m.Quantity(n), m.Amount(n)})
		}
		return list
	}
	of := m.OrdersOf(1)
	for i, want := range [][]line{nil, {{1, 2, 60}, {2, 1, 40}}, {{1, -1, -30}}, {{0, 1, 1 << 40}, {mart.None, 1, math.MinInt32}}} {
		if diff := cmp.Diff(want, lines(&of[i])); diff != "" {
			t.Errorf("lines of order %d (-want +got):\n%s", i, diff)
		}
	}
	if first, _ := m.LinesOf(&of[2]); m.Bought(first) != mart.None {
		t.Error("what was given back counts as bought")
	}
	if at := int(m.From[0]); m.Total(at) != 2 || m.Orders[at].Amount != 30_000 || m.CurrencyOf(&m.Orders[at]) != "USD" || m.Total(at+1) != 70 {
		t.Errorf("the first customer's orders: totals %d and %d", m.Total(at), m.Total(at+1))
	}
}

// What was given back reduces what the day before it brought, and is no
// purchase; before any purchase it is nothing.
func TestDays(t *testing.T) {
	m := build(t)
	want := clv.Purchases{{Day: 40, Amount: 70}, {Day: 50, Amount: 300}}
	if diff := cmp.Diff(want, m.Purchases(1, nil)); diff != "" {
		t.Errorf("purchases (-want +got):\n%s", diff)
	}
	h := m.History(1)
	if h.Days != 2 || h.First != 40 || h.Last != 50 || h.FirstAmount != 70 || h.Amount != 370 {
		t.Errorf("history %+v", h)
	}
	if got := m.Brought(1, 39, 49); got != 70 {
		t.Errorf("brought %d, want 70", got)
	}
	m.Margin = true
	if got := m.Brought(1, 0, 100); got != 150+50-15-499 {
		t.Errorf("margin %d, want %d", got, 150+50-15-499)
	}
}

func TestNobody(t *testing.T) {
	m := (&mart.Builder{}).Mart()
	if len(m.Customers) != 0 || len(m.From) != 1 || m.Lines() != 0 || len(m.Strangers()) != 0 {
		t.Errorf("a mart of nothing: %+v", m)
	}
}

// Wherever lines are added, in room that was enough or not, and whatever their
// quantities are, they are found again.
func TestLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := &mart.Builder{Customers: []ids.ID{{1}}, Products: make([]mart.Product, 3)}
		b.Grow(2, rapid.IntRange(0, 50).Draw(t, "room"))
		first, second, third := b.Order(0, mart.Order{At: 1}), b.Order(0, mart.Order{At: 2}), b.Order(0, mart.Order{At: 3})
		room := rapid.IntRange(0, 30)
		parts := []*mart.Part{nil, b.Part(room.Draw(t, "part")), b.Part(room.Draw(t, "other part"))}
		type line struct {
			Product  int32
			Quantity float32
			Amount   int64
		}
		quantities := []float32{1, 2, 0, -1, 127, -128}
		if rapid.Bool().Draw(t, "fractions") {
			quantities = []float32{1, .5, 128, -129, 1e9}
		}
		lines := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) line {
			return line{rapid.Int32Range(-1, 2).Draw(t, "product"), rapid.SampledFrom(quantities).Draw(t, "quantity"), rapid.Int64Range(-1<<33, 1<<33).Draw(t, "amount")}
		}), 0, 40)
		want := make([][]line, 3)
		many := rapid.SampledFrom([]int{1, 1, 1, 60}).Draw(t, "times")
		for i, order := range []int{first, second, third} {
			for range many {
				want[i] = append(want[i], lines.Draw(t, "lines")...)
			}
			for _, l := range want[i] {
				if parts[i] == nil {
					b.Line(order, l.Product, l.Quantity, l.Amount)
				} else {
					parts[i].Line(order, l.Product, l.Quantity, l.Amount)
				}
			}
		}
		if rapid.Bool().Draw(t, "other first") {
			parts[1], parts[2] = parts[2], parts[1]
		}
		b.Join(parts[1])
		b.Join(parts[2])
		m := b.Mart()
		for i := range m.Orders {
			var got []line
			for n, end := m.LinesOf(&m.Orders[i]); n < end; n++ {
				got = append(got, line{m.ProductOf(n), m.Quantity(n), m.Amount(n)})
			}
			if diff := cmp.Diff(want[i], got); diff != "" {
				t.Fatalf("order %d (-want +got):\n%s", i, diff)
			}
		}
	})
}
