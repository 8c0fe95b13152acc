package team

import (
	"context"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
)

// A Taste is how a user likes pages. The zero values leave it to the
// workspace, the device or the middle.
type Taste struct {
	Language  locale.Lang // "" for the workspace's
	Theme     string      // "light", "dark", or "" for the device's
	Density   string      // "compact", "comfortable", or ""
	Shortcuts bool        // whether single keys act
	NavFolded bool        // whether the sidebar is a rail
}

// An Identity is a user or a program that has shown who it is.
type Identity struct {
	User    ids.ID // of a program: who made its token, or zero
	Session ids.ID // of a user on a device
	Token   ids.ID // of a program
	Name    string // of the user, or of the token
	Email   string // of the user
	Team    ids.ID
	Role    Role
	Taste   Taste

	// MustChange says that the user signed in with a temporary password, and
	// may do nothing but choose another.
	MustChange bool

	seen time.Time // as stored
}

// Can reports whether the identity has a permission.
func (i *Identity) Can(p Perm) bool { return !i.MustChange && i.Role.Can(p) }

// Who returns on whose behalf a transaction of the identity runs. It is the
// one place that decides which records somebody sees: all of them, as yet.
func (i *Identity) Who() db.Who {
	return db.Who{User: i.User, Name: i.Name, Sight: db.SeeAll, Team: i.Team}
}

// seenEvery is how often the time at which somebody was last seen is written.
const seenEvery = time.Minute

// Due reports whether it is time to call [Touch].
func (i *Identity) Due(now time.Time) bool { return now.Sub(i.seen) >= seenEvery }

// Touch notes that the identity was there, from the given address, and makes
// its session last longer. It is bookkeeping.
func Touch(ctx context.Context, tx *db.Tx, i *Identity, address string) error {
	now, before := db.Millis(tx.Now), db.Millis(tx.Now.Add(-seenEvery))
	if !i.Token.IsZero() {
		_, err := tx.Exec(ctx, `
			UPDATE team_token SET seen_at = $2 WHERE id = $1 AND (seen_at IS NULL OR seen_at <= $3)`, i.Token, now, before)
		return err
	}
	_, err := tx.Exec(ctx, `
		UPDATE team_session SET seen_at = $2, expires_at = $3, address = $4 WHERE id = $1 AND seen_at <= $5`,
		i.Session, now, db.Millis(tx.Now.Add(sessionIdle)), address, before)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		UPDATE team_user SET seen_at = $2 WHERE id = $1 AND (seen_at IS NULL OR seen_at <= $3)`, i.User, now, before)
	return err
}
