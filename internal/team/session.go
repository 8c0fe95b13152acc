package team

import (
	"context"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
)

// sessionIdle is how long a device stays signed in without being used.
const sessionIdle = 30 * 24 * time.Hour

// A Session is one device on which a user is signed in.
type Session struct {
	ID      ids.ID
	Agent   string // what the browser says it is
	Address string // where it was last seen
	Created time.Time
	Seen    time.Time // at most a minute late
}

// A Device is where somebody signs in.
type Device struct {
	Agent   string // what the browser says it is
	Address string // of the client, as an IP address
}

// StartSession signs a user in on a device and returns the secret that the
// device keeps. It is bookkeeping.
func StartSession(ctx context.Context, tx *db.Tx, user ids.ID, dev Device) (string, error) {
	secret := newSecret()
	hash, _ := hashSecret(secret)
	_, err := tx.Exec(ctx, `
		INSERT INTO team_session (id, hash, user_id, agent, address, created_at, seen_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $6, $7)`,
		ids.New(tx.Now), hash, user, clip(dev.Agent, 300), clip(dev.Address, 60), db.Millis(tx.Now), db.Millis(tx.Now.Add(sessionIdle)))
	if err != nil {
		return "", err
	}
	_, err = tx.Exec(ctx, `UPDATE team_user SET seen_at = $2 WHERE id = $1`, user, db.Millis(tx.Now))
	return secret, err
}

// clip returns the first n bytes of s at most, as text that can be stored.
func clip(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", "")
}

func scanSession(s db.Scanner, v *Session) error {
	var created, seen int64
	err := s.Scan(&v.ID, &v.Agent, &v.Address, &created, &seen)
	v.Created, v.Seen = db.Time(created), db.Time(seen)
	return err
}

// Sessions returns where a user is signed in, the latest seen first.
func Sessions(ctx context.Context, tx *db.Tx, user ids.ID) ([]Session, error) {
	return db.List(ctx, tx, scanSession, `
		SELECT id, agent, address, created_at, seen_at FROM team_session
		WHERE user_id = $1 AND expires_at > $2
		ORDER BY seen_at DESC, id DESC`, user, db.Millis(tx.Now))
}

// EndSession signs a user out on one device. It returns a NotFound error if
// the user is not signed in there.
func EndSession(ctx context.Context, tx *db.Tx, user, id ids.ID) error {
	n, err := tx.Exec(ctx, `DELETE FROM team_session WHERE id = $1 AND user_id = $2`, id, user)
	if err == nil && n == 0 {
		err = errs.New(errs.NotFound, "error.not_found")
	}
	return err
}

// EndOtherSessions signs a user out everywhere but in one session, which may be
// zero, and reports on how many devices.
func EndOtherSessions(ctx context.Context, tx *db.Tx, user, keep ids.ID) (int64, error) {
	if keep.IsZero() {
		return tx.Exec(ctx, `DELETE FROM team_session WHERE user_id = $1`, user)
	}
	return tx.Exec(ctx, `DELETE FROM team_session WHERE user_id = $1 AND id <> $2`, user, keep)
}

// BySession returns whose session a secret opens, or a Signin error.
func BySession(ctx context.Context, tx *db.Tx, secret string) (Identity, error) {
	signin := errs.New(errs.Signin, "error.signin")
	hash, ok := hashSecret(secret)
	if !ok {
		return Identity{}, signin
	}
	i, ok, err := db.Find(ctx, tx, scanSessionIdentity, `
		SELECT s.id, s.seen_at, u.id, u.name, u.email, u.team_id, u.must_change,
			u.language, u.theme, u.density, u.shortcuts, u.nav_folded, `+roleCols+`
		FROM team_session s
		JOIN team_user u ON u.id = s.user_id
		JOIN team_role r ON r.id = u.role_id
		WHERE s.hash = $1 AND s.expires_at > $2 AND u.active = TRUE`, hash, db.Millis(tx.Now))
	if err == nil && !ok {
		err = signin
	}
	return i, err
}

func scanSessionIdentity(s db.Scanner, i *Identity) error {
	var seen int64
	err := s.Scan(&i.Session, &seen, &i.User, &i.Name, &i.Email, &i.Team, &i.MustChange,
		&i.Taste.Language, &i.Taste.Theme, &i.Taste.Density, &i.Taste.Shortcuts, &i.Taste.NavFolded,
		&i.Role.ID, &i.Role.Key, &i.Role.Name, &i.Role.Builtin, &i.Role.permissions, &i.Role.Rev)
	i.seen = db.Time(seen)
	return err
}
