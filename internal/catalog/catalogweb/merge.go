package catalogweb

import (
	"encoding/base64"
	"encoding/json"
	"slices"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/ui"
)

// A form carries the product as it was when it was shown, so that a change is
// told from what somebody else changed meanwhile. Whoever tampers with it only
// decides what their own form changes.

// encode returns a product as text for a hidden field.
func encode(c *catalog.Product) string {
	b, err := json.Marshal(c)
	if err != nil {
		return "" // not reached: a product holds only texts, times and numbers
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// decode reads what encode wrote.
func decode(s string) (catalog.Product, error) {
	var c catalog.Product
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	if err != nil {
		return c, errs.New(errs.Stale, "error.stale").Because(err)
	}
	return c, nil
}

// A fieldRef is a field of a product's form, by its name there.
type fieldRef struct {
	name  string
	label string // message key
	text  func(v *ui.View, c *catalog.Product) string
	same  func(a, b *catalog.Product) bool
	copy  func(to, from *catalog.Product)
}

func textField(name, label string, of func(c *catalog.Product) *string) fieldRef {
	return fieldRef{name, label, func(_ *ui.View, c *catalog.Product) string { return *of(c) },
		func(a, b *catalog.Product) bool { return *of(a) == *of(b) },
		func(to, from *catalog.Product) { *of(to) = *of(from) }}
}

func numberField[T comparable](name, label string, of func(c *catalog.Product) **T, text func(v *ui.View, n *T) string) fieldRef {
	return fieldRef{name, label, func(v *ui.View, c *catalog.Product) string { return text(v, *of(c)) },
		func(a, b *catalog.Product) bool { return equal(*of(a), *of(b)) },
		func(to, from *catalog.Product) { *of(to) = *of(from) }}
}

// fields are those of the form, in its order.
var fields = []fieldRef{
	textField("code", "product.code", func(c *catalog.Product) *string { return &c.Code }),
	textField("name.id", "product.name_id", func(c *catalog.Product) *string { return &c.NameID }),
	textField("name.en", "product.name_en", func(c *catalog.Product) *string { return &c.NameEN }),
	textField("family", "product.family", func(c *catalog.Product) *string { return &c.Family }),
	textField("tier", "product.tier", func(c *catalog.Product) *string { return &c.Tier }),
	textField("unit", "product.unit", func(c *catalog.Product) *string { return &c.Unit }),
	textField("offering", "product.offering", func(c *catalog.Product) *string { return (*string)(&c.Offering) }),
	textField("currency", "product.currency", func(c *catalog.Product) *string { return (*string)(&c.Currency) }),
	numberField("price", "product.price", func(c *catalog.Product) **money.Price { return &c.Price }, priceInput),
	numberField("cost", "product.cost", func(c *catalog.Product) **money.Price { return &c.Cost }, priceInput),
	numberField("tax", "product.tax", func(c *catalog.Product) **int64 { return &c.Tax }, percentInput),
	textField("description.id", "product.description_id", func(c *catalog.Product) *string { return &c.DescriptionID }),
	textField("description.en", "product.description_en", func(c *catalog.Product) *string { return &c.DescriptionEN }),
	{"facts", "product.facts", func(_ *ui.View, c *catalog.Product) string { return factLines(c.Facts) },
		func(a, b *catalog.Product) bool { return slices.Equal(a.Facts, b.Facts) },
		func(to, from *catalog.Product) { to.Facts = slices.Clone(from.Facts) }},
}

func equal[T comparable](a, b *T) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

// factLines writes facts one a line.
func factLines(list []catalog.Fact) string {
	lines := make([]string, len(list))
	for i, f := range list {
		lines[i] = joinWords(": ", f.Label, f.Value)
	}
	return joinWords("\n", lines...)
}

// combine puts into stored what mine, which a form made of base, changed. Where
// both changed a field differently mine stays out, and the error says at each
// such field what stands there now.
func combine(v *ui.View, base, mine, stored *catalog.Product) error {
	var bad errs.List
	for _, f := range fields {
		switch {
		case f.same(base, mine) || f.same(mine, stored):
		case !f.same(base, stored):
			now := f.text(v, stored)
			if f.name == "offering" {
				now = v.T(stored.Offering.Label())
			}
			if now != "" {
				bad.Add(errs.InvalidField(f.name, "products.clash", "now", now))
			} else {
				bad.Add(errs.InvalidField(f.name, "products.clash.empty"))
			}
		default:
			f.copy(stored, mine)
		}
	}
	return bad.Err()
}

// takeOver gives shown, which holds what a form sent, what others changed in
// fields that the form had left as they were in base.
func takeOver(shown, base, stored *catalog.Product) {
	for _, f := range fields {
		if f.same(base, shown) {
			f.copy(shown, stored)
		}
	}
}
