package list

import (
	"context"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
)

// Visible returns the condition that somebody sees a row whose owner's id is
// the expression owner. It is the one place that decides: every list, count,
// search and export takes it from here. Without an owner everyone sees all.
func Visible(who db.Who, owner piece) Cond {
	if owner == "" || who.Sight == db.SeeAll {
		return Cond{}
	}
	x := string(owner)
	mine := cond(x + " IS NULL")
	if !who.User.IsZero() {
		// Not OR: with that, SQLite would look up all rows of both kinds and sort
		// them, instead of reading the list in its order (567 against 0.4 ms).
		mine = cond("COALESCE("+x+", ?) = ?", who.User, who.User)
	}
	if who.Sight == db.SeeTeam && !who.Team.IsZero() {
		return or(mine, cond(x+" IN (SELECT id FROM team_user WHERE team_id = ?)", who.Team))
	}
	return mine
}

// Sees reports whether tx's actor sees a row of the given owner, zero for
// nobody. It is [Visible] for a row that has been read already.
func Sees(ctx context.Context, tx *db.Tx, owner ids.ID) (bool, error) {
	who := tx.Who
	if who.Sight == db.SeeAll || owner.IsZero() || owner == who.User {
		return true, nil
	}
	if who.Sight != db.SeeTeam || who.Team.IsZero() {
		return false, nil
	}
	_, found, err := db.Find(ctx, tx, db.One[int],
		`SELECT 1 FROM team_user WHERE id = $1 AND team_id = $2`, owner, who.Team)
	return found, err
}
