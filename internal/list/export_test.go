package list

import (
	"context"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
)

// Gather returns the number and the ids of all rows that q asks for as it is
// done where conditions match many.
func (d *Def[T]) Gather(ctx context.Context, tx *db.Tx, q Query) (int64, []ids.ID, error) {
	p, err := newPlan(tx, d.spec(), q)
	if err != nil {
		return 0, nil, err
	}
	n, err := p.gatherCount(ctx, tx)
	if err != nil {
		return 0, nil, err
	}
	list, err := p.gatherIDs(ctx, tx)
	return n, list, err
}
