package team

import (
	"context"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
)

// setupValid is how long a token for the first visit is good.
const setupValid = 7 * 24 * time.Hour

// SetupToken makes a token with which the first administrator may be created
// from another machine. Those made before stay good, as several processes of
// one workspace may start at once. It returns "" if there are users already.
// It is bookkeeping.
func SetupToken(ctx context.Context, tx *db.Tx) (string, error) {
	if any, err := Any(ctx, tx); any || err != nil {
		return "", err
	}
	secret := newSecret()
	hash, _ := hashSecret(secret)
	_, err := tx.Exec(ctx, `INSERT INTO team_setup (hash, created_at) VALUES ($1, $2)`, hash, db.Millis(tx.Now))
	return secret, err
}

// CheckSetupToken returns an Invalid error at the field token if the token is
// none of those that [SetupToken] made.
func CheckSetupToken(ctx context.Context, tx *db.Tx, token string) error {
	wrong := errs.InvalidField("token", "team.setup.token_wrong")
	hash, ok := hashSecret(token)
	if !ok {
		return wrong
	}
	_, ok, err := db.Find(ctx, tx, db.One[int], `SELECT 1 FROM team_setup WHERE hash = $1 AND created_at > $2`,
		hash, db.Millis(tx.Now.Add(-setupValid)))
	if err == nil && !ok {
		err = wrong
	}
	return err
}

// FirstAdministrator makes the built-in roles and u, an administrator. It
// returns a Conflict error if there is any user already, and Invalid errors at
// the fields name and email.
func FirstAdministrator(ctx context.Context, tx *db.Tx, all []Permission, u *User, pw Password) error {
	if err := lock(ctx, tx); err != nil {
		return err
	}
	if any, err := Any(ctx, tx); any || err != nil {
		if any {
			err = errs.New(errs.Conflict, "team.setup.done")
		}
		return err
	}
	if err := EnsureRoles(ctx, tx, all); err != nil {
		return err
	}
	admin, err := RoleByKey(ctx, tx, Administrator)
	if err != nil {
		return err
	}
	u.RoleID = admin.ID
	if err := CreateUser(ctx, tx, u, pw); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `DELETE FROM team_setup`)
	return err
}
