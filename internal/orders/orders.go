// Package orders is what customers bought and gave back: orders with their
// lines, in any currency.
//
// Quantities and prices are exact, in millionths. A line's amount is their
// product, rounded once to the currency's minor unit; an order's total is the
// sum of its lines. What all orders add up to is summed from the exact products
// and rounded at the end, so it may differ from the sum of the amounts.
//
// An order of a known customer stands in their timeline, by a call down to
// package activity in the same transaction.
package orders

import (
	"embed"
	"strconv"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/money"
)

//go:embed schema/*.sql
var schema embed.FS

// Text holds the messages of this package.
//
//go:embed text/*.json
var Text embed.FS

// derived are the columns of sales_order that Refresh makes.
var derived = []string{"total", "lines", "value_units", "value_rest", "sold_lines", "sold_units", "sold_rest"}

// Module is the orders' part of the database.
var Module = db.Module{
	Name: "orders", Schema: schema,
	Tables: []db.Table{
		{Name: "sales_order", Journal: true, Refresh: Refresh, Omit: derived},
		{Name: "order_line", Key: []string{"order_id", "n"}, Parent: "sales_order", Journal: true},
		{Name: "order_number", Key: []string{"one"}, Private: true},
		{Name: "order_total", Key: []string{"one"}, Private: true},
		{Name: "order_figure", Key: []string{"currency"}, Private: true},
		{Name: "order_delta", Private: true},
		{Name: "order_figure_state", Key: []string{"one"}, Private: true},
	},
}

// A Status says how far an order is.
type Status string

// The statuses. Drafts and cancelled orders are not counted as sales.
const (
	Draft     Status = "draft"
	Confirmed Status = "confirmed"
	Shipped   Status = "shipped"
	Delivered Status = "delivered"
	Cancelled Status = "cancelled"
)

// Statuses lists them in their usual order.
var Statuses = []Status{Draft, Confirmed, Shipped, Delivered, Cancelled}

// Counts reports whether an order of this status is a sale.
func (s Status) Counts() bool { return s != Draft && s != Cancelled }

// A Channel says by which way an order came; "" if that is not known.
type Channel string

// Channels lists the channels.
var Channels = []Channel{"shop", "online", "marketplace", "whatsapp", "phone", "email", "field", "other"}

const (
	maxShort = 300
	maxLong  = 20_000

	// MaxLines is the most lines that an order may have.
	MaxLines = 20_000

	// maxMinor bounds every amount of an order and its total, in minor units,
	// so that sums over many orders fit, and programs read them exactly.
	maxMinor = 1_000_000_000_000_000
)

// A Quantity is a number of pieces, metres or kilograms, in millionths.
type Quantity int64

// One is one piece.
const One Quantity = 1_000_000

// A Line is one line of an order.
type Line struct {
	N        int64 // numbers the lines of an order; 0 if it is new
	Product  ids.ID
	Code     string // of the product, as the order has it
	Name     string // empty: as the product is called
	Quantity Quantity
	Price    money.Price
	Discount int64 // minor units
	Tax      int64 // minor units
	Amount   int64 // minor units: quantity × price, rounded once, less the discount; derived
}

// An Order is an order or a return.
type Order struct {
	ID       ids.ID
	Number   string
	Customer ids.ID // zero if nobody knows whose it is
	At       time.Time
	Currency money.Currency
	Rate     int64 // millionths of the workspace's currency for one unit; 0 if it is not known
	Return   bool  // quantities of returns are negative
	Returns  ids.ID
	Channel  Channel
	Shop     string
	Status   Status
	Note     string
	Owner    ids.ID
	Discount int64 // minor units, of the order as a whole, besides those of its lines
	Tax      int64 // likewise
	Lines    []Line

	Created   time.Time
	Updated   time.Time
	Rev       int64  // grows with every change
	CreatedOp ids.ID // operation that made it

	// Derived.
	Total int64 // minor units, with tax and after discount
	Count int64 // lines; of orders in lists, whose Lines are not read

	value, sold wide // exact products of all lines, and of those sold
	soldLines   int64
}

// Money returns an amount of the order's currency.
func (o *Order) Money(minor int64) money.Amount {
	return money.Amount{Minor: minor, Currency: o.Currency}
}

// ETag returns the entity tag of the order's present state (RFC 9110 §8.8.3).
func (o *Order) ETag() string { return `"` + strconv.FormatInt(o.Rev, 36) + `"` }

// Title returns what the order is called.
func (o *Order) Title() string {
	if o.Number != "" {
		return o.Number
	}
	return "–"
}

// Subtotal returns the sum of the lines' amounts, in minor units.
func (o *Order) Subtotal() int64 {
	var sum int64
	for i := range o.Lines {
		sum += o.Lines[i].Amount
	}
	return sum
}

// Taxes returns the tax of the order and of its lines, in minor units.
func (o *Order) Taxes() int64 {
	sum := o.Tax
	for i := range o.Lines {
		sum += o.Lines[i].Tax
	}
	return sum
}

// InBase returns the total in the workspace's currency, in its minor units,
// and false if the rate is not known or the amount does not fit.
func (o *Order) InBase(base money.Currency) (int64, bool) {
	if o.Rate == 0 {
		return 0, false
	}
	// The total in millionths of its currency, times the rate in millionths.
	unit := int64(oneRate)
	for range o.Currency.Digits() {
		unit /= 10
	}
	if o.Total > maxMinor/unit*1000 || o.Total < -maxMinor/unit*1000 {
		return 0, false
	}
	return product(Quantity(o.Total*unit), money.Price(o.Rate)).minor(base, maxMinor)
}
