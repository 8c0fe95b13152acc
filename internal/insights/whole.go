package insights

import (
	"context"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights/mart"
)

// Mart reads all purchases up to the day that facts are of, as models learn
// from them. It takes seconds, and memory, for each ten million lines.
func Mart(ctx context.Context, tx *db.Tx) (*mart.Mart, error) {
	state, err := GetState(ctx, tx)
	if err != nil {
		return nil, err
	}
	customers, err := db.List(ctx, tx, db.One[ids.ID], `SELECT id FROM customer ORDER BY id`)
	if err != nil {
		return nil, err
	}
	l, err := newLoader(ctx, tx, state)
	if err != nil {
		return nil, err
	}
	return loadAll(ctx, tx, l, customers)
}
