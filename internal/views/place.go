package views

import (
	"context"

	"github.com/akrab-crm/akrab/internal/db"
)

// A Place is where a user keeps a view.
type Place struct {
	View   string // id of a saved view, or key of one that comes with the list
	Pinned bool   // is a tab
	First  bool   // is shown when the list is opened; at most one of a list is
}

// Places returns where tx's actor keeps the views of a list, in their order.
func Places(ctx context.Context, tx *db.Tx, list string) ([]Place, error) {
	return db.List(ctx, tx, func(s db.Scanner, p *Place) error { return s.Scan(&p.View, &p.Pinned, &p.First) }, `
		SELECT view, pinned, first FROM view_place WHERE user_id = $1 AND list = $2 ORDER BY n, view`, tx.Who.User, list)
}

// Arrange keeps the views of a list for tx's actor as the places say, and
// forgets all other places of that list.
func Arrange(ctx context.Context, tx *db.Tx, list string, places []Place) error {
	if _, err := tx.Exec(ctx, `DELETE FROM view_place WHERE user_id = $1 AND list = $2`, tx.Who.User, list); err != nil {
		return err
	}
	for i, p := range places {
		_, err := tx.Exec(ctx, `
			INSERT INTO view_place (user_id, list, view, n, pinned, first) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT DO NOTHING`, tx.Who.User, list, p.View, i, p.Pinned, p.First)
		if err != nil {
			return err
		}
	}
	return nil
}
