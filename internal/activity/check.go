package activity

import (
	"context"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
)

// WrongLast returns the customers whose latest interaction is not noted as it is.
func WrongLast(ctx context.Context, tx *db.Tx) ([]ids.ID, error) {
	return db.List(ctx, tx, db.One[ids.ID], `
		SELECT c.id FROM customer c
		WHERE c.last_at IS DISTINCT FROM (SELECT MAX(i.occurred_at) FROM interaction i WHERE i.customer_id = c.id)`)
}

// MendLast notes the latest interaction of customers.
func MendLast(ctx context.Context, tx *db.Tx, list []ids.ID) error { return relast(ctx, tx, list) }
