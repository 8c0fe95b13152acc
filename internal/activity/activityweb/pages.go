// Package activityweb is the pages of the timeline: what stands in the middle
// of a customer's page, the forms of its entries, their files, and the home
// page with what was promised.
package activityweb

import (
	"embed"
	"net/http"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/ui"
)

// Text holds the messages of these pages.
//
//go:embed text/*.json
var Text embed.FS

// Permissions of the routes.
const (
	permRead      = ui.Perm(activity.PermRead)
	permWrite     = ui.Perm(activity.PermWrite)
	permCustomers = ui.Perm(customers.PermRead)
	permCreate    = ui.Perm(customers.PermWrite)
	permImport    = ui.Perm("imports.run")
)

// Pages serves the timeline and the home page.
type Pages struct {
	DB *db.DB

	// Customer shows a customer's page again after an entry was refused, which
	// the request's form still holds; err says what was wrong with it.
	Customer func(w http.ResponseWriter, r *ui.Req, status int, id ids.ID, err error) error

	// Recent returns the customers whom the visitor looked at last, the latest
	// first. If it is nil, the home page doesn't show them.
	Recent func(r *ui.Req) []ids.ID
}

// maxUpload bounds what an entry brings, with all its files, in bytes.
const maxUpload = 3*activity.MaxFile + 1<<20

// Routes returns the route table.
func (p *Pages) Routes() []ui.Route {
	return []ui.Route{
		ui.GET("/{$}", ui.Self, p.home),
		{Pattern: "POST /customers/{id}/interactions", Need: permWrite, Handler: p.log, MaxBody: maxUpload},
		ui.GET("/interactions/{id}", permRead, p.show),
		ui.GET("/interactions/{id}/edit", permWrite, p.edit),
		ui.POST("/interactions/{id}/edit", permWrite, p.update),
		ui.POST("/interactions/{id}/pin", permWrite, p.pin),
		ui.POST("/interactions/{id}/kept", permWrite, p.kept),
		ui.POST("/interactions/{id}/delete", permWrite, p.remove),
		ui.GET("/files/{id}", permRead, p.file),
	}
}

func customerHref(id ids.ID) string { return "/customers/" + id.String() }
