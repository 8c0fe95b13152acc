// Package activityweb is the pages of the timeline: what stands in the middle
// of a customer's page, the forms of its entries, and their files.
package activityweb

import (
	"context"
	"embed"
	"net/http"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/activity"
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
	permRead  = ui.Perm(activity.PermRead)
	permWrite = ui.Perm(activity.PermWrite)
)

// Pages serves the timeline.
type Pages struct {
	DB *db.DB

	// Customer shows a customer's page again after an entry was refused, which
	// the request's form still holds; err says what was wrong with it.
	Customer func(w http.ResponseWriter, r *ui.Req, status int, id ids.ID, err error) error

	// Records returns what the timeline shows of records of other modules, by
	// their ids: of orders, say. Entries of those that it does not return are
	// shown by their name alone. It may be nil.
	Records func(ctx context.Context, tx *db.Tx, v *ui.View, list []ids.ID) (map[ids.ID]templ.Component, error)
}

// maxUpload bounds what an entry brings, with all its files, in bytes.
const maxUpload = 3*activity.MaxFile + 1<<20

// Routes returns the route table.
func (p *Pages) Routes() []ui.Route {
	return []ui.Route{
		{Pattern: "POST /customers/{id}/interactions", Need: permWrite, Handler: p.log, MaxBody: maxUpload},
		ui.GET("/interactions/{id}", permRead, p.show),
		ui.GET("/interactions/{id}/edit", permWrite, p.edit),
		{Pattern: "POST /interactions/{id}/edit", Need: permWrite, Handler: p.update, MaxBody: maxUpload},
		ui.POST("/interactions/{id}/pin", permWrite, p.pin),
		ui.POST("/interactions/{id}/kept", permWrite, p.kept),
		ui.POST("/interactions/{id}/delete", permWrite, p.remove),
		ui.GET("/files/{id}", permRead, p.file),
	}
}

func customerHref(id ids.ID) string { return "/customers/" + id.String() }
