package ordersweb

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/ui"
)

// A form carries the order as it was when it was shown, so that a change is
// told from what somebody else changed meanwhile. Whoever tampers with it only
// decides what their own form changes.

// encode returns an order as text for a hidden field, without lines if the
// form does not hold them.
func encode(o *orders.Order) string {
	c := *o
	if len(c.Lines) > formLines {
		c.Lines = nil
	}
	b, err := json.Marshal(&c)
	if err != nil {
		return "" // not reached: an order holds only texts, times and numbers
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// decode reads what encode wrote.
func decode(s string) (orders.Order, error) {
	var o orders.Order
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(b, &o)
	}
	if err != nil {
		return o, errs.New(errs.Stale, "error.stale").Because(err)
	}
	return o, nil
}

// A fieldRef is a field of an order's form, by the name under which the form
// says what is wrong with it.
type fieldRef struct {
	name string
	text func(v *ui.View, o *orders.Order) string
	same func(a, b *orders.Order) bool
	copy func(to, from *orders.Order)
}

func field[T comparable](name string, of func(o *orders.Order) *T, text func(v *ui.View, o *orders.Order) string) fieldRef {
	return fieldRef{name, text, func(a, b *orders.Order) bool { return *of(a) == *of(b) }, func(to, from *orders.Order) { *of(to) = *of(from) }}
}

func hidden(*ui.View, *orders.Order) string { return "" }

// fields are those of the form, in its order.
var fields = []fieldRef{
	field("customer_id", func(o *orders.Order) *ids.ID { return &o.Customer }, hidden),
	field("number", func(o *orders.Order) *string { return &o.Number }, func(_ *ui.View, o *orders.Order) string { return o.Number }),
	{"ordered_at", func(v *ui.View, o *orders.Order) string { return v.DateTime(o.At) },
		func(a, b *orders.Order) bool { return a.At.Equal(b.At) }, func(to, from *orders.Order) { to.At = from.At }},
	field("status", func(o *orders.Order) *orders.Status { return &o.Status }, func(v *ui.View, o *orders.Order) string { return statusText(v, o.Status) }),
	field("channel", func(o *orders.Order) *orders.Channel { return &o.Channel }, func(v *ui.View, o *orders.Order) string { return channelText(v, o.Channel) }),
	field("shop", func(o *orders.Order) *string { return &o.Shop }, func(_ *ui.View, o *orders.Order) string { return o.Shop }),
	field("owner_id", func(o *orders.Order) *ids.ID { return &o.Owner }, hidden),
	field("currency", func(o *orders.Order) *money.Currency { return &o.Currency }, func(_ *ui.View, o *orders.Order) string { return string(o.Currency) }),
	field("rate", func(o *orders.Order) *int64 { return &o.Rate }, func(v *ui.View, o *orders.Order) string { return v.Price(money.Price(o.Rate), "") }),
	field("return", func(o *orders.Order) *bool { return &o.Return }, hidden),
	field("returns_id", func(o *orders.Order) *ids.ID { return &o.Returns }, hidden),
	field("discount", func(o *orders.Order) *int64 { return &o.Discount }, func(v *ui.View, o *orders.Order) string { return v.Money(o.Money(o.Discount)) }),
	field("tax", func(o *orders.Order) *int64 { return &o.Tax }, func(v *ui.View, o *orders.Order) string { return v.Money(o.Money(o.Tax)) }),
	field("note", func(o *orders.Order) *string { return &o.Note }, func(_ *ui.View, o *orders.Order) string { return o.Note }),
	{"lines", lineTexts, func(a, b *orders.Order) bool { return slices.Equal(a.Lines, b.Lines) },
		func(to, from *orders.Order) { to.Lines = slices.Clone(from.Lines) }},
}

// lineTexts writes the lines one after another.
func lineTexts(v *ui.View, o *orders.Order) string {
	list := make([]string, len(o.Lines))
	for i := range o.Lines {
		l := &o.Lines[i]
		list[i] = quantityText(v, l.Quantity) + " × " + lineName(v, l, nil)
	}
	return strings.Join(list, ", ")
}

// combine puts into stored what mine, which a form made of base, changed. Where
// both changed a field differently mine stays out, and the error says at each
// such field what stands there now.
func combine(v *ui.View, base, mine, stored *orders.Order) error {
	var bad errs.List
	for _, f := range fields {
		switch {
		case f.same(base, mine) || f.same(mine, stored):
		case !f.same(base, stored):
			if now := f.text(v, stored); now != "" {
				bad.Add(errs.InvalidField(f.name, "order.clash", "now", now))
			} else {
				bad.Add(errs.InvalidField(f.name, "order.clash.other"))
			}
		default:
			f.copy(stored, mine)
		}
	}
	return bad.Err()
}

// takeOver gives shown, which holds what a form sent, what others changed in
// fields that the form had left as they were in base.
func takeOver(shown, base, stored *orders.Order) {
	for _, f := range fields {
		if f.same(base, shown) {
			f.copy(shown, stored)
		}
	}
}
