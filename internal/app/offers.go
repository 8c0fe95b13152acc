package app

import (
	"context"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/offers"
	"github.com/akrab-crm/akrab/internal/offers/offersweb"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/tasks"
	"github.com/akrab-crm/akrab/internal/ui"
)

// learnOdds learns from what customers answered how offers go.
func (a *App) learnOdds(ctx context.Context, _ *jobs.Job) error {
	return a.DB.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error { return offers.LearnOdds(ctx, tx) })
}

// orderOffered returns the address of a new order with what a customer was
// offered, "" for who may make none.
func orderOffered(v *ui.View, customer, product ids.ID) string {
	if !v.May(ui.Perm(orders.PermWrite)) {
		return ""
	}
	return offersweb.OrderHref(customer, product)
}

// taskOfCustomer returns the address of a new task about a customer, "" for who
// may make none.
func taskOfCustomer(v *ui.View, customer ids.ID) string {
	if !v.May(ui.Perm(tasks.PermWrite)) {
		return ""
	}
	return "/tasks/new?customer=" + customer.String()
}
