package orders

import (
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/money"
)

// oneRate is the rate of the workspace's own currency.
const oneRate = 1_000_000

// Normalize checks o and fills in what follows from what was given: the lines'
// amounts, the total, defaults. base is the workspace's currency. The error
// wraps one Invalid error for each field at fault, named as in the API
// ("lines.0.quantity").
func (o *Order) Normalize(base money.Currency) error {
	var bad errs.List
	if o.Currency == "" {
		o.Currency = base
	}
	if _, err := money.ParseCurrency(string(o.Currency)); err != nil {
		bad.Add(errs.InvalidField("currency", "money.currency"))
	}
	if o.Currency == base {
		o.Rate = oneRate
	}
	if o.Status == "" {
		o.Status = Confirmed
	}
	o.check(&bad)
	for i := range o.Lines {
		o.Lines[i].check(&bad, o.Currency, i)
	}
	if err := bad.Err(); err != nil {
		return err
	}
	return o.sum()
}

func (o *Order) check(bad *errs.List) {
	for _, t := range []struct {
		field, text string
		limit       int
	}{{"number", o.Number, 100}, {"shop", o.Shop, maxShort}, {"note", o.Note, maxLong}} {
		bad.Add(checkText(t.field, t.text, t.limit))
	}
	if !slices.Contains(Statuses, o.Status) {
		bad.Add(errs.InvalidField("status", "error.choice"))
	}
	if o.Channel != "" && !slices.Contains(Channels, o.Channel) {
		bad.Add(errs.InvalidField("channel", "error.choice"))
	}
	if y := o.At.Year(); o.At.IsZero() || y < 1900 || y > 2200 {
		bad.Add(errs.InvalidField("ordered_at", "date.invalid"))
	}
	if o.Rate < 0 {
		bad.Add(errs.InvalidField("rate", "order.rate"))
	}
	if !o.Returns.IsZero() && (!o.Return || o.Returns == o.ID) {
		bad.Add(errs.InvalidField("returns_id", "order.returns_what"))
	}
	if !small(o.Discount) {
		bad.Add(errs.InvalidField("discount", "money.too_large"))
	}
	if !small(o.Tax) {
		bad.Add(errs.InvalidField("tax", "money.too_large"))
	}
	if len(o.Lines) > MaxLines {
		bad.Add(errs.InvalidField("lines", "order.too_many_lines", "max", MaxLines))
	}
}

func checkText(field, text string, limit int) *errs.Error {
	if _, err := fold.Clean(text); err != nil {
		return errs.InvalidField(field, "error.text_invalid")
	}
	if len(text) > limit && utf8.RuneCountInString(text) > limit {
		return errs.InvalidField(field, "error.too_long", "max", limit)
	}
	return nil
}

// small reports whether an amount is one that an order may hold.
func small(minor int64) bool { return -maxMinor <= minor && minor <= maxMinor }

func (l *Line) check(bad *errs.List, c money.Currency, i int) {
	field := func(name string) string { return "lines." + strconv.Itoa(i) + "." + name }
	if e := checkText("", l.Code, 100); e != nil {
		e.Field = field("product_code")
		bad.Add(e)
	}
	if e := checkText("", l.Name, maxShort); e != nil {
		e.Field = field("name")
		bad.Add(e)
	}
	if l.Product.IsZero() && l.Code == "" && l.Name == "" {
		bad.Add(errs.InvalidField(field("name"), "order.line_what"))
	}
	if !small(l.Discount) {
		bad.Add(errs.InvalidField(field("discount"), "money.too_large"))
	}
	if !small(l.Tax) {
		bad.Add(errs.InvalidField(field("tax"), "money.too_large"))
	}
	gross, ok := product(l.Quantity, l.Price).minor(c, maxMinor)
	if !ok {
		bad.Add(errs.InvalidField(field("quantity"), "money.too_large"))
		return
	}
	l.Amount = gross - l.Discount
}

// sold reports whether the line is a sale: quantity and price above zero.
func (l *Line) sold() bool { return l.Quantity > 0 && l.Price > 0 }

// sum adds up the lines, whose amounts are known.
func (o *Order) sum() error {
	o.Count = int64(len(o.Lines))
	o.Total = o.Tax - o.Discount
	o.value, o.sold, o.soldLines = wide{}, wide{}, 0
	for i := range o.Lines {
		o.addLine(&o.Lines[i])
	}
	if !small(o.Total) {
		return errs.InvalidField("lines", "money.too_large")
	}
	return nil
}

// addLine adds a line to the sums. They fit: amounts are bounded, and so is the
// number of lines.
func (o *Order) addLine(l *Line) {
	o.Total += l.Amount + l.Tax
	v := product(l.Quantity, l.Price)
	o.value, _ = o.value.add(v)
	if l.sold() {
		o.soldLines++
		o.sold, _ = o.sold.add(v)
	}
}

// Turn makes a return of what was written without signs: quantities above zero
// and the discounts and taxes of the order become negative. Others stay.
func (o *Order) Turn() {
	if !o.Return {
		return
	}
	all := true
	for i := range o.Lines {
		l := &o.Lines[i]
		if l.Quantity > 0 {
			l.Quantity, l.Discount, l.Tax = -l.Quantity, -l.Discount, -l.Tax
		} else {
			all = false
		}
	}
	if all && len(o.Lines) > 0 {
		o.Discount, o.Tax = -o.Discount, -o.Tax
	}
}
