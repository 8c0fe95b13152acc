// Package mart holds all purchases of a company in memory, by column, so that
// models learn from them in seconds.
//
// Customers and products are numbered from 0 by their ids, ascending. A mart is
// made by a [Builder] and is read only from then on, by any number of goroutines.
package mart

import (
	"time"

	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights/clv"
)

// None is the number of a product, family or customer that is not known.
const None = -1

// A Mart is all purchases up to a moment: orders that stand, without drafts and
// cancelled ones.
type Mart struct {
	AsOf  time.Time // orders before it are here
	Today int32     // last day that counts, in days since 1970 in the workspace's zone

	// Currency is that of all amounts of orders, in minor units: the
	// workspace's, if the rates of all orders in others are known, else the
	// one that most orders have. Orders that can't be converted bring 0.
	Currency string

	Margin      bool    // Order.Margin is one; false: costs are hardly known, it is sales
	MarginKnown float64 // share of sales whose cost is known, 0 to 1
	MarginRate  int64   // margin of these in millionths; what is sold without a known cost is taken to earn as much

	Products  []Product
	Families  []string // ascending, none empty
	Customers []ids.ID // who ever ordered, ascending

	// From has one entry more than Customers: the orders of customer c are
	// Orders[From[c]:From[c+1]], the oldest first. Those after the last are of
	// nobody known: they are baskets, but no customer's purchases.
	From   []int32
	Orders []Order

	lines lines
	total []int64 // by order, in its own currency; nil if all are in Mart.Currency

	currencies []string
}

// A Product is what the company sells.
type Product struct {
	ID       ids.ID
	Code     string
	Family   int32 // in Mart.Families, or None
	Tier     int32 // its place in the family from 1, the plainest; 0 if it is not known
	Price    int64 // of one unit, in the mart's currency, minor units; 0 if it is not known
	Cost     int64 // likewise
	Archived bool  // not sold any more
}

// An Order is one that was placed, or goods brought back.
type Order struct {
	At     int64 // Unix milliseconds
	Amount int64 // with tax, after discounts, returns below 0; minor units of Mart.Currency
	Margin int64 // what of it is left without tax and cost; see Mart.Margin

	Day      int32  // days since 1970 in the workspace's zone
	Line     uint32 // number of its first line
	Lines    int32  // how many
	Currency uint8  // of the order itself; see Mart.CurrencyOf
	Return   bool
}

// AsOfDay returns the last day that counts as YYYY-MM-DD.
func (m *Mart) AsOfDay() string {
	return time.Unix(int64(m.Today)*86400, 0).UTC().Format(time.DateOnly)
}

// OrdersOf returns the orders of a customer, the oldest first.
func (m *Mart) OrdersOf(customer int) []Order {
	return m.Orders[m.From[customer]:m.From[customer+1]]
}

// Strangers returns the orders of nobody known.
func (m *Mart) Strangers() []Order { return m.Orders[m.From[len(m.Customers)]:] }

// Total returns what the order of a number in Orders comes to, in its own currency.
func (m *Mart) Total(order int) int64 {
	if m.total == nil {
		return m.Orders[order].Amount
	}
	return m.total[order]
}

// LinesOf returns the numbers of an order's lines: from first up to, not
// with, end.
func (m *Mart) LinesOf(o *Order) (first, end uint32) { return o.Line, o.Line + uint32(o.Lines) }

// Lines returns how many lines there are.
func (m *Mart) Lines() int { return len(m.lines.product) }

// ProductOf returns the number of a line's product, or None.
func (m *Mart) ProductOf(line uint32) int32 { return m.lines.product[line] }

// Quantity returns how many units a line is about; 0 or less is no purchase.
func (m *Mart) Quantity(line uint32) float32 { return m.lines.quantity.at(line) }

// Amount returns what a line comes to without tax, after its discount, in minor
// units of the order's own currency; 0 or less is no purchase.
func (m *Mart) Amount(line uint32) int64 {
	if v := m.lines.amount[line]; v != isLarge {
		return int64(v)
	}
	return m.lines.large[line]
}

// Bought returns the product of a line that is a purchase of one, or None.
func (m *Mart) Bought(line uint32) int32 {
	if m.lines.quantity.at(line) <= 0 || m.lines.amount[line] <= 0 && m.Amount(line) <= 0 {
		return None
	}
	return m.lines.product[line]
}

// CurrencyOf returns the currency that an order is in.
func (m *Mart) CurrencyOf(o *Order) string { return m.currencies[o.Currency] }

// Currencies returns the currencies of orders by their numbers.
func (m *Mart) Currencies() []string { return m.currencies }

// Value returns what an order brought: its margin, or if costs are hardly known
// its amount.
func (m *Mart) Value(o *Order) int64 {
	if m.Margin {
		return o.Margin
	}
	return o.Amount
}

// EachDay calls f for every day on which a customer bought, in order, with what
// they brought on it. What was given back counts on the purchase day before.
func (m *Mart) EachDay(customer int, f func(day int32, value int64)) {
	var day int32
	var sum int64
	begun := false
	list := m.OrdersOf(customer)
	for i := range list {
		o := &list[i]
		if !o.Return && (!begun || o.Day > day) {
			if begun {
				f(day, sum)
			}
			begun, day, sum = true, o.Day, 0
		}
		if begun {
			sum += m.Value(o)
		}
	}
	if begun {
		f(day, sum)
	}
}

// History returns what the models of purchases read of a customer.
func (m *Mart) History(customer int) clv.History {
	var h clv.History
	m.EachDay(customer, func(day int32, value int64) { h.Add(day, value) })
	return h
}

// Purchases appends the purchase days of a customer to buf.
func (m *Mart) Purchases(customer int, buf clv.Purchases) clv.Purchases {
	m.EachDay(customer, func(day int32, value int64) { buf = append(buf, clv.Day{Day: day, Amount: value}) })
	return buf
}

// Brought returns what a customer brought on the days after from, up to to.
func (m *Mart) Brought(customer int, from, to int32) int64 {
	var sum int64
	list := m.OrdersOf(customer)
	for i := len(list) - 1; i >= 0 && list[i].Day > from; i-- {
		if list[i].Day <= to {
			sum += m.Value(&list[i])
		}
	}
	return sum
}
