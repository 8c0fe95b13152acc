package customers

import (
	"context"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
)

// SetPhase puts customers into a phase, those that are not in it yet.
func SetPhase(ctx context.Context, tx *db.Tx, list []ids.ID, phase Phase) error {
	n, err := db.ExecIn(ctx, tx, list, `
		UPDATE customer SET phase = $1, updated_at = $2, rev = rev + 1 WHERE id IN ($list) AND phase <> $1`, phase, tx.Now.UnixMilli())
	if n > 0 {
		changed(ctx, tx, list...)
	}
	return err
}
