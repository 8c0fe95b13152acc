// Package catalogweb is the pages of products: the list, one product with its
// pictures and what goes with it, and the forms that change them.
package catalogweb

import (
	"embed"
	"log/slog"
	"slices"
	"strings"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/ui"
)

// Text holds the messages of these pages.
//
//go:embed text/*.json
var Text embed.FS

// Permissions of the routes.
const (
	permRead  = ui.Perm(catalog.PermRead)
	permWrite = ui.Perm(catalog.PermWrite)
)

// Pages serves the pages of products.
type Pages struct {
	DB     *db.DB
	Shelf  *catalog.Shelf
	Search *search.Index // finds the products that one is linked to
	Log    *slog.Logger

	// Import is the address of the page that imports products; if it is empty,
	// no page leads there.
	Import string

	// Orders returns the address of the list of a product's orders, "" if the
	// visitor may not see them; if it is nil, no page leads there.
	Orders func(v *ui.View, id ids.ID) string

	// Panels are what other modules show beside a product.
	Panels []ui.Panel
}

// Routes returns the route table.
func (p *Pages) Routes() []ui.Route {
	return slices.Concat(p.listRoutes(), p.recordRoutes())
}

// NavItem is the sidebar's line.
var NavItem = ui.NavItem{Key: "products", Label: "products.title", Href: listPath, Icon: "box", Perm: permRead, Keys: "g p", Bar: true}

const listPath = "/products"

// Href is the address of a product's page.
func Href(id ids.ID) string { return listPath + "/" + id.String() }

// priceText writes a price as people read it; "" if it is not known.
func priceText(v *ui.View, p *money.Price, c money.Currency) string {
	if p == nil {
		return ""
	}
	return v.Price(*p, c)
}

// priceInput writes a price as a form has it: without a currency.
func priceInput(v *ui.View, p *money.Price) string { return priceText(v, p, "") }

// rateText writes a rate in millionths as people read it: 11%.
func rateText(v *ui.View, rate *int64) string {
	if rate == nil {
		return ""
	}
	return percentInput(v, rate) + "%"
}

// percentInput writes a rate in millionths in per cent, as a form has it.
func percentInput(v *ui.View, rate *int64) string {
	if rate == nil {
		return ""
	}
	return v.Price(money.Price(*rate*100), "")
}

// parsePercent reads what percentInput writes: a rate in per cent, with or
// without its sign.
func parsePercent(text string, sep rune) (*int64, error) {
	text = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "%"))
	if text == "" {
		return nil, nil
	}
	n, err := money.ParsePrice(text, sep, "")
	if err != nil || n%100 != 0 {
		return nil, errs.New(errs.Invalid, "number.invalid")
	}
	rate := int64(n / 100)
	return &rate, nil
}

// parsePrice reads a price that somebody typed; nil if they typed nothing.
func parsePrice(text string, sep rune, c money.Currency) (*money.Price, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	p, err := money.ParsePrice(text, sep, c)
	if err != nil {
		return nil, err
	}
	return &p, nil
}

// at returns err as one about a field.
func at(field string, err error) *errs.Error {
	for _, e := range errs.All(err) {
		return errs.InvalidField(field, e.Key, e.Args...)
	}
	return errs.InvalidField(field, "error.invalid").Because(err)
}

// joinWords joins what is not empty.
func joinWords(sep string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), sep)
}
