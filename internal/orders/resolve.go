package orders

import (
	"context"
	"strconv"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/money"
)

// Resolve finds the products of lines that name one by its code, compared
// exactly, and the codes of lines that name one by its id. It returns the
// products found, by their ids, and Invalid errors for codes that no product
// has on lines that have no name either.
func Resolve(ctx context.Context, tx *db.Tx, o *Order) (map[ids.ID]catalog.Brief, error) {
	var codes []string
	var want []ids.ID
	for i := range o.Lines {
		if l := &o.Lines[i]; !l.Product.IsZero() {
			want = append(want, l.Product)
		} else if l.Code != "" {
			codes = append(codes, l.Code)
		}
	}
	byCode, err := catalog.ByCode(ctx, tx, codes)
	if err != nil {
		return nil, err
	}
	found, err := catalog.Briefs(ctx, tx, want)
	if err != nil {
		return nil, err
	}
	var bad errs.List
	for i := range o.Lines {
		l := &o.Lines[i]
		field := "lines." + strconv.Itoa(i) + ".product_code"
		if b, ok := found[l.Product]; ok {
			if l.Code == "" {
				l.Code = b.Code
			}
			continue
		}
		if !l.Product.IsZero() {
			bad.Add(errs.InvalidField(field, "order.unknown_product"))
			continue
		}
		if b, ok := byCode[l.Code]; ok && l.Code != "" {
			l.Product = b.ID
			found[b.ID] = b
		} else if l.Code != "" && l.Name == "" {
			bad.Add(errs.InvalidField(field, "order.unknown_code", "code", l.Code))
		}
	}
	return found, bad.Err()
}

// PriceOf returns the price of a line's product, if that is known in the given
// currency, else 0.
func PriceOf(products map[ids.ID]catalog.Brief, l *Line, c money.Currency) money.Price {
	p, ok := products[l.Product]
	if !ok || p.Price == nil || p.Currency != c {
		return 0
	}
	return *p.Price
}
