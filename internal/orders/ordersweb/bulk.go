package ordersweb

import (
	"context"
	"net/http"
	"slices"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/list/bulkweb"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/ui"
)

// A bulkChange gives many orders another status.
type bulkChange struct{ Status orders.Status }

// Deletes implements [bulkweb.Change].
func (bulkChange) Deletes() bool { return false }

// bulk is what makes a change to many orders.
func (p *Pages) bulk() *bulkweb.Bulk[orders.Order, bulkChange] {
	return &bulkweb.Bulk[orders.Order, bulkChange]{
		DB: p.DB, Def: &orders.List, Path: listPath, At: NavItem.Key, Kind: "orders_bulk",
		Words: bulkweb.Words{Title: "order.title", Update: "order.bulk_status", Changed: "order.bulk.changed"},
		Run: func(ctx context.Context, tx *db.Tx, b bulkChange, among []ids.ID) (n, kept int, err error) {
			n, err = orders.SetStatus(ctx, tx, among, b.Status)
			return n, 0, err
		},
	}
}

// Handle lets r do the large changes.
func (p *Pages) Handle(r *jobs.Runner) { p.bulk().Handle(r) }

// bulkStatus gives the selected orders another status, as one operation.
func (p *Pages) bulkStatus(w http.ResponseWriter, r *ui.Req) error {
	to := orders.Status(r.Text("status"))
	if !slices.Contains(orders.Statuses, to) {
		return errs.InvalidField("status", "error.choice")
	}
	return p.bulk().Do(w, r, bulkChange{to})
}

func (p *Pages) bulkProgress(w http.ResponseWriter, r *ui.Req) error { return p.bulk().Progress(w, r) }
func (p *Pages) bulkRetry(w http.ResponseWriter, r *ui.Req) error    { return p.bulk().Retry(w, r) }
