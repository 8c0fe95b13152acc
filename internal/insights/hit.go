package insights

import (
	"context"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/insights/learn"
)

// A Made says on what the scores of customers rest and how right they were.
type Made struct {
	learn.Basis
	LastHit *learn.Hit `json:"last_hit,omitempty"` // in the last 90 days; nil if that can't be said
}

// MadeOf is the report that a health report is read as beside each customer:
// its name is "made".
func MadeOf(h *learn.Health) Made { return Made{Basis: h.Basis, LastHit: h.LastHit} }

// ReadMade returns on what the scores of customers rest; false before the first
// run.
func ReadMade(ctx context.Context, tx *db.Tx) (Made, bool, error) {
	m, _, ok, err := ReadReport[Made](ctx, tx, "made")
	return m, ok, err
}
