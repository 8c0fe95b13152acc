// Package ordersweb is the pages of orders: the list, one order with its lines,
// the forms that change it, what all orders add up to, and what a customer's
// page shows of their purchases.
package ordersweb

import (
	"context"
	"embed"
	"log/slog"
	"slices"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/ui"
)

// Text holds the messages of these pages.
//
//go:embed text/*.json
var Text embed.FS

// Permissions of the routes.
const (
	permRead      = ui.Perm(orders.PermRead)
	permWrite     = ui.Perm(orders.PermWrite)
	permDelete    = ui.Perm(orders.PermDelete)
	permExport    = ui.Perm(orders.PermExport)
	permCustomers = ui.Perm(customers.PermRead)
	permProducts  = ui.Perm(catalog.PermRead)
)

// Pages serves the pages of orders.
type Pages struct {
	DB     *db.DB
	Search *search.Index // finds customers and products
	Log    *slog.Logger

	// Import is the address of the page that imports orders; if it is empty, no
	// page leads there.
	Import string

	// Task returns the address of a new task about an order and its customer,
	// "" if the visitor may make none. It may be nil.
	Task func(v *ui.View, order, customer ids.ID) string

	// Offers returns what to offer to a customer, who may be zero, with the
	// products of an order that is being written; nil for nothing. A button named
	// "add" in it with the value offer.<offer>.<product> adds a line. It may be nil.
	Offers func(ctx context.Context, v *ui.View, customer ids.ID, basket []ids.ID) (templ.Component, error)

	// Taken is told which offers were added to an order that was made. It may
	// be nil.
	Taken func(ctx context.Context, tx *db.Tx, offers []ids.ID, order ids.ID) error
}

// Routes returns the route table.
func (p *Pages) Routes() []ui.Route {
	return slices.Concat(p.listRoutes(), p.recordRoutes(), p.formRoutes())
}

// NavItem is the sidebar's line.
var NavItem = ui.NavItem{Key: "orders", Label: "order.title", Href: listPath, Icon: "receipt", Perm: permRead, Keys: "g r", Bar: true}

const listPath = "/orders"

// Href is the address of an order's page.
func Href(id ids.ID) string { return listPath + "/" + id.String() }

func customerHref(id ids.ID) string { return "/customers/" + id.String() }

func productHref(id ids.ID) string { return "/products/" + id.String() }

// ofCustomer is the address of the list of a customer's orders.
func ofCustomer(id ids.ID) string { return listPath + "?f=customer:eq:" + id.String() }

// OfProduct is the address of the list of the orders of a product, for those
// who may see orders; "" for others.
func OfProduct(v *ui.View, id ids.ID) string {
	if !v.May(permRead) {
		return ""
	}
	return listPath + "?f=product:eq:" + id.String()
}

// quantityText writes a quantity as people read it.
func quantityText(v *ui.View, q orders.Quantity) string { return v.Price(money.Price(q), "") }

// statusTone is the tone of a status's badge.
func statusTone(s orders.Status) string {
	switch s {
	case orders.Delivered:
		return "ok"
	case orders.Shipped, orders.Confirmed:
		return "info"
	case orders.Cancelled:
		return "bad"
	}
	return ""
}

func statusText(v *ui.View, s orders.Status) string { return v.T("order.status." + string(s)) }

func channelText(v *ui.View, c orders.Channel) string {
	if c == "" {
		return ""
	}
	return v.T("order.channel." + string(c))
}

// kindText says whether o is an order or a return.
func kindText(v *ui.View, o *orders.Order) string {
	if o.Return {
		return v.T("order.return")
	}
	return v.T("order.one")
}
