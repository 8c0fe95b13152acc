package team

import (
	"context"
	"sync"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/mailaddr"
)

// Credentials are what somebody signs in with.
type Credentials struct {
	Email, Password string
	Device          Device
}

// SignIn checks credentials and starts a session, whose secret it returns. It
// returns an Invalid error at the field password, which does not say whether
// there is such an account, and a Limited error after too many attempts.
func SignIn(ctx context.Context, d *db.DB, c Credentials) (secret string, err error) {
	account := c.Email
	if a, err := mailaddr.Parse(c.Email); err == nil {
		account = a.Key
	}
	var k keeper
	err = d.Write(ctx, db.Op{}, func(tx *db.Tx) error {
		if err := attempt(ctx, tx, account, c.Device.Address); err != nil {
			return err
		}
		k, _, err = db.Find(ctx, tx, scanKeeper, `
			SELECT id, password FROM team_user WHERE email_key = $1 AND active = TRUE`, account)
		return err
	})
	if err != nil {
		return "", err
	}
	again, err := k.check(ctx, c.Password, "password", "team.signin.wrong")
	if err != nil {
		return "", err
	}
	err = d.Write(ctx, db.Op{}, func(tx *db.Tx) error {
		if err := forgive(ctx, tx, account, c.Device.Address); err != nil {
			return err
		}
		if err := k.renew(ctx, tx, again); err != nil {
			return err
		}
		secret, err = StartSession(ctx, tx, k.user, c.Device)
		return err
	})
	return secret, err
}

// A keeper is a user with the stored hash of their password.
type keeper struct {
	user ids.ID
	phc  string
}

func scanKeeper(s db.Scanner, k *keeper) error { return s.Scan(&k.user, &k.phc) }

// nobody is the hash of no password: whoever gives an unknown address waits as
// long as who gives a wrong password.
var nobody = sync.OnceValues(func() (string, error) { return hash(context.Background(), newSecret()) })

// check returns an Invalid error at a field if text is not the user's password.
// If the stored hash costs too little, it returns a better one.
func (k keeper) check(ctx context.Context, text, field, key string) (again string, err error) {
	phc := k.phc
	if phc == "" {
		if phc, err = nobody(); err != nil {
			return "", err
		}
	}
	ok, old, err := verify(ctx, phc, text)
	if err != nil {
		return "", err
	}
	if !ok || k.phc == "" {
		return "", errs.InvalidField(field, key)
	}
	if old {
		return hash(ctx, text)
	}
	return "", nil
}

// renew stores a better hash of the same password, unless it is "" or the
// password has been changed since.
func (k keeper) renew(ctx context.Context, tx *db.Tx, again string) error {
	if again == "" {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE team_user SET password = $2 WHERE id = $1 AND password = $3`, k.user, again, k.phc)
	return err
}

// CheckPassword returns an Invalid error at the field current if text is not
// the password of a signed-in user. Attempts count as those to sign in do.
func CheckPassword(ctx context.Context, d *db.DB, i *Identity, text string, dev Device) error {
	var k keeper
	err := d.Write(ctx, db.Op{}, func(tx *db.Tx) (err error) {
		if err := attempt(ctx, tx, i.User.String(), dev.Address); err != nil {
			return err
		}
		k, err = db.Get(ctx, tx, scanKeeper, `SELECT id, password FROM team_user WHERE id = $1`, i.User)
		return err
	})
	if err != nil {
		return err
	}
	again, err := k.check(ctx, text, "current", "team.password.wrong")
	if err != nil {
		return err
	}
	return d.Write(ctx, db.Op{}, func(tx *db.Tx) error {
		if err := k.renew(ctx, tx, again); err != nil {
			return err
		}
		return forgive(ctx, tx, i.User.String(), dev.Address)
	})
}

// SetPassword changes a user's password and signs them out everywhere but in
// the session keep, which may be zero.
func SetPassword(ctx context.Context, tx *db.Tx, user ids.ID, pw Password, keep ids.ID) error {
	n, err := tx.Exec(ctx, `UPDATE team_user SET password = $2, must_change = $3 WHERE id = $1`, user, pw.stored(), pw.temporary)
	if err != nil {
		return err
	}
	if n == 0 {
		return errs.New(errs.NotFound, "error.not_found")
	}
	if _, err := EndOtherSessions(ctx, tx, user, keep); err != nil {
		return err
	}
	name, err := db.Get(ctx, tx, db.One[string], `SELECT name FROM team_user WHERE id = $1`, user)
	if err != nil {
		return err
	}
	return setOp(ctx, tx, user, name)
}
