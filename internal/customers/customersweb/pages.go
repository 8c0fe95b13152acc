// Package customersweb is the pages of customers: the list, one customer with
// everything known of them, and the forms that change them.
package customersweb

import (
	"context"
	"embed"
	"log/slog"
	"slices"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/ui"
)

// Text holds the messages of these pages.
//
//go:embed text/*.json
var Text embed.FS

// Permissions of the routes.
const (
	permRead   = ui.Perm(customers.PermRead)
	permWrite  = ui.Perm(customers.PermWrite)
	permDelete = ui.Perm(customers.PermDelete)
	permExport = ui.Perm(customers.PermExport)
)

// Pages serves the pages of customers.
type Pages struct {
	DB     *db.DB
	Book   *customers.Book
	Search *search.Index // finds the other customer of a relation
	Log    *slog.Logger

	// Import is the address of the page that imports customers; if it is empty,
	// no page leads there.
	Import string

	// NewSegment returns the address of a new segment of those whom a list asks
	// for, "" if the visitor may make none. It may be nil.
	NewSegment func(v *ui.View, q list.Query) string

	// Main returns what stands in the middle of a customer's page: the
	// timeline and what writes to it. err is what was wrong with what was
	// written, which the request's form still holds, or nil. If Main is nil,
	// nothing stands there.
	Main func(ctx context.Context, tx *db.Tx, r *ui.Req, c *customers.Customer, err error) (templ.Component, error)

	// Panels are what other modules show beside the facts, and Beside what they
	// show of a customer who is open beside the list.
	Panels, Beside []ui.Panel

	// Over are what other modules show above what stands in the middle.
	Over []ui.Panel
}

// Routes returns the route table.
func (p *Pages) Routes() []ui.Route {
	return slices.Concat(p.listRoutes(), p.recordRoutes())
}
