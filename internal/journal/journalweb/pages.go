// Package journalweb is the pages of operations: what was done in the
// workspace, by whom and when, what each operation changed, and the way to
// take it back.
package journalweb

import (
	"context"
	"embed"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/ui"
)

// Text holds the messages of the pages, and the names that people know tables
// and their columns by.
//
//go:embed text/*.json
var Text embed.FS

// Permissions of the pages. Who made an operation may see it and take it back
// without them.
const (
	permRead = ui.Perm("operations.read")
	permUndo = ui.Perm("operations.undo")
)

// A Kind says how the pages name the records of a table.
type Kind struct {
	// Names returns what people call those of the records that tx's actor may
	// see and that are still there. May be nil.
	Names func(ctx context.Context, tx *db.Tx, list []ids.ID) (map[ids.ID]string, error)

	// Href returns the address of a record's page. Nil if there are none.
	Href func(id ids.ID) string

	// Closed hides what stood in a record from everyone whom Names does not
	// name it to, but for who made the change: it may be private.
	Closed bool
}

// Pages serves the pages of operations.
type Pages struct {
	DB    *db.DB
	Kinds map[string]Kind // by table; a table may lack

	// Wait is how long an undo keeps the visitor waiting before it goes on as
	// a job. 2 seconds if 0.
	Wait time.Duration
}

const (
	listPath    = "/operations"
	defaultWait = 2 * time.Second
)

// Routes returns the module's route table.
func (p *Pages) Routes() []ui.Route {
	return []ui.Route{
		ui.GET("/operations", permRead, p.list),
		ui.GET("/operations/{id}", ui.Self, p.show),
		ui.GET("/operations/{id}/undo", ui.Self, p.progress),
		ui.POST("/operations/{id}/undo", ui.Self, p.undo),
	}
}

func href(id ids.ID) string { return listPath + "/" + id.String() }

func mine(v *ui.View, op *journal.Operation) bool {
	return !op.Actor.IsZero() && op.Actor == v.Who.User
}

// seesAll reports whether a visitor sees the records that others work with:
// who does not must not read about them here.
func seesAll(v *ui.View) bool { return v.Who.Sight == db.SeeAll }

func maySee(v *ui.View, op *journal.Operation) bool {
	return mine(v, op) || seesAll(v) && v.May(permRead)
}

func mayUndo(v *ui.View, op *journal.Operation) bool {
	return mine(v, op) || seesAll(v) && v.May(permUndo)
}

// get returns the operation that a request's path names, if its visitor may
// see it or take it back.
func (p *Pages) get(ctx context.Context, tx *db.Tx, r *ui.Req) (journal.Operation, error) {
	id, err := r.ID("id")
	if err != nil {
		return journal.Operation{}, err
	}
	op, err := journal.Get(ctx, tx, id)
	if err == nil && !maySee(r.View, &op) && !mayUndo(r.View, &op) {
		err = errs.New(errs.Forbidden, "error.forbidden")
	}
	return op, err
}
