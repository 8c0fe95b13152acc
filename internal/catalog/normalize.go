package catalog

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/money"
)

// The longest texts that are taken, in characters, and the most parts of one kind.
const (
	maxShort = 300
	maxLong  = 20_000
	maxParts = 200
)

// Whole is the rate of tax that is as much as the price: rates are in millionths.
const Whole = 1_000_000

// Normalize checks p and fills in what follows from what was given. base is the
// currency of a product that names none. The error wraps one Invalid error for
// each field at fault, named as in the API ("facts.0.label").
func (p *Product) Normalize(base money.Currency) error {
	for _, s := range []*string{&p.Code, &p.NameID, &p.NameEN, &p.Family, &p.Tier, &p.Unit, &p.DescriptionID, &p.DescriptionEN} {
		*s = strings.TrimSpace(*s)
	}
	var bad errs.List
	p.checkTexts(&bad)
	p.checkNumbers(&bad, base)
	p.checkLists(&bad)
	if p.Offering != Offered && !slices.Contains(Offerings, p.Offering) {
		bad.Add(errs.InvalidField("offering", "error.choice"))
	}
	if p.Code == "" && p.NameID == "" && p.NameEN == "" {
		bad.Add(errs.InvalidField("name.id", "error.required"))
	}
	return bad.Err()
}

// checkTexts refuses text that is too long or that no database holds.
func (p *Product) checkTexts(bad *errs.List) {
	check := func(name, text string, limit int) {
		if _, err := fold.Clean(text); err != nil {
			bad.Add(errs.InvalidField(name, "error.text_invalid"))
		} else if len(text) > limit && utf8.RuneCountInString(text) > limit {
			bad.Add(errs.InvalidField(name, "error.too_long", "max", limit))
		}
	}
	for _, t := range []struct{ name, text string }{
		{"code", p.Code}, {"name.id", p.NameID}, {"name.en", p.NameEN}, {"family", p.Family}, {"tier", p.Tier}, {"unit", p.Unit},
	} {
		check(t.name, t.text, maxShort)
	}
	check("description.id", p.DescriptionID, maxLong)
	check("description.en", p.DescriptionEN, maxLong)
	for i := range p.Facts {
		f := &p.Facts[i]
		f.Label, f.Value = strings.TrimSpace(f.Label), strings.TrimSpace(f.Value)
		check(field("facts", i, "label"), f.Label, maxShort)
		check(field("facts", i, "value"), f.Value, 2000)
		if f.Label == "" {
			bad.Add(errs.InvalidField(field("facts", i, "label"), "error.required"))
		}
	}
	for i := range p.Pictures {
		check(field("pictures", i, "alt"), p.Pictures[i].Alt, maxShort)
	}
}

func (p *Product) checkNumbers(bad *errs.List, base money.Currency) {
	if p.Currency == "" {
		p.Currency = base
	}
	if c, err := money.ParseCurrency(string(p.Currency)); err != nil {
		bad.Add(errs.InvalidField("currency", "money.currency"))
	} else {
		p.Currency = c
	}
	if p.Price != nil && *p.Price < 0 {
		bad.Add(errs.InvalidField("price", "product.negative"))
	}
	if p.Cost != nil && *p.Cost < 0 {
		bad.Add(errs.InvalidField("cost", "product.negative"))
	}
	if p.Tax != nil && (*p.Tax < 0 || *p.Tax > Whole) {
		bad.Add(errs.InvalidField("tax", "product.tax_range"))
	}
}

// checkLists refuses lists that are too long and links that make no sense, and
// drops links that are given twice.
func (p *Product) checkLists(bad *errs.List) {
	for _, l := range []struct {
		name string
		n    int
	}{{"facts", len(p.Facts)}, {"complements", len(p.Links)}, {"pictures", len(p.Pictures)}} {
		if l.n > maxParts {
			bad.Add(errs.InvalidField(l.name, "product.too_many", "max", maxParts))
		}
	}
	seen := map[Link]bool{}
	p.Links = slices.DeleteFunc(p.Links, func(l Link) bool {
		l.N = 0
		again := seen[l]
		seen[l] = true
		return again
	})
	for _, l := range p.Links {
		switch {
		case l.Kind != Complement && l.Kind != Upgrade:
			bad.Add(errs.InvalidField("complements", "error.choice"))
		case l.Other.IsZero() || l.Other == p.ID:
			bad.Add(errs.InvalidField(l.Kind.field(), "product.link_self"))
		}
	}
}

func field(list string, i int, name string) string { return list + "." + strconv.Itoa(i) + "." + name }
