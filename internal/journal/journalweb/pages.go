// Package journalweb is the pages of operations: what was done in the
// workspace, by whom and when, what each operation changed, and the way to
// take it back.
package journalweb

import (
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/ui"
)

// Pages serves the pages of operations.
type Pages struct {
	DB   *db.DB
	Jobs *jobs.Runner // works on undos that take long
}

// Routes returns the module's route table.
func (p *Pages) Routes() []ui.Route {
	return []ui.Route{}
}
