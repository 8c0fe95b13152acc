package team

import (
	"context"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
)

// tokenStart begins every token, so that people and scanners know one.
const tokenStart = "akr_"

// A Token lets a program in, with the permissions of a role.
type Token struct {
	ID      ids.ID
	Name    string    // at most 100 characters
	Start   string    // its first characters
	Role    Role      // zero if the role went after the token was revoked
	User    ids.ID    // who made it; zero for the command line
	By      string    // their name
	Created time.Time //
	Seen    time.Time // last use, at most a minute late; zero for never
	Expires time.Time // zero for never
	Revoked time.Time // zero if it is not
}

// Open reports whether the token lets a program in.
func (t *Token) Open(now time.Time) bool {
	return t.Revoked.IsZero() && (t.Expires.IsZero() || t.Expires.After(now))
}

// CreateToken makes a token with the permissions of a role and returns its
// text, which is stored nowhere. The role's key is as in [Role]. It returns
// Invalid errors at the fields name and role.
func CreateToken(ctx context.Context, tx *db.Tx, name, roleKey string) (string, Token, error) {
	return CreateTokenUntil(ctx, tx, name, roleKey, time.Time{})
}

// CreateTokenUntil is [CreateToken] for a token that expires; the zero time is
// never. It returns an Invalid error at the field expires if that is past.
func CreateTokenUntil(ctx context.Context, tx *db.Tx, name, roleKey string, expires time.Time) (string, Token, error) {
	t := Token{ID: ids.New(tx.Now), Name: strings.TrimSpace(name), User: tx.Who.User, By: tx.Who.Name, Created: tx.Now, Expires: expires}
	var list errs.List
	list.Add(checkName(t.Name))
	if !expires.IsZero() && !expires.After(tx.Now) {
		list.Add(errs.InvalidField("expires", "team.token.past"))
	}
	var err error
	t.Role, err = RoleByKey(ctx, tx, roleKey)
	for _, e := range errs.All(err) {
		list.Add(e)
	}
	if err != nil && errs.KindOf(err) != errs.Invalid {
		return "", t, err
	}
	if err := list.Err(); err != nil {
		return "", t, err
	}
	secret := newSecret()
	t.Start = tokenStart + secret[:6]
	hash, _ := hashSecret(secret)
	_, err = tx.Exec(ctx, `
		INSERT INTO team_token (id, name, start, hash, role_id, user_id, created_at, expires_at, created_op)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		t.ID, t.Name, t.Start, hash, t.Role.ID, t.User, db.Millis(t.Created), db.Millis(t.Expires), tx.Op)
	if err != nil {
		return "", t, err
	}
	return tokenStart + secret, t, setOp(ctx, tx, t.ID, t.Name)
}

func scanToken(s db.Scanner, t *Token) error {
	var created, seen, expires, revoked int64
	err := s.Scan(&t.ID, &t.Name, &t.Start, &t.User, &t.By, &created, &seen, &expires, &revoked,
		&t.Role.ID, &t.Role.Key, &t.Role.Name, &t.Role.Builtin, &t.Role.permissions, &t.Role.Rev)
	t.Created, t.Seen, t.Expires, t.Revoked = db.Time(created), db.Time(seen), db.Time(expires), db.Time(revoked)
	return err
}

// Tokens returns all tokens, the newest first.
func Tokens(ctx context.Context, tx *db.Tx) ([]Token, error) {
	return db.List(ctx, tx, scanToken, `
		SELECT t.id, t.name, t.start, t.user_id, COALESCE(u.name, ''), t.created_at, COALESCE(t.seen_at, 0),
			COALESCE(t.expires_at, 0), COALESCE(t.revoked_at, 0), `+roleCols+`
		FROM team_token t
		LEFT JOIN team_role r ON r.id = t.role_id
		LEFT JOIN team_user u ON u.id = t.user_id
		ORDER BY t.id DESC`)
}

// RevokeToken closes a token for good. It returns a NotFound error if there is
// no such token, and does nothing if it is closed already.
func RevokeToken(ctx context.Context, tx *db.Tx, id ids.ID) error {
	name, err := db.Get(ctx, tx, db.One[string], `SELECT name FROM team_token WHERE id = $1`, id)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		UPDATE team_token SET revoked_at = $2, hash = NULL, rev = rev + 1
		WHERE id = $1 AND revoked_at IS NULL`, id, db.Millis(tx.Now))
	if err != nil {
		return err
	}
	return setOp(ctx, tx, id, name)
}

// ByToken returns which program a token lets in, or a Signin error.
func ByToken(ctx context.Context, tx *db.Tx, text string) (Identity, error) {
	signin := errs.New(errs.Signin, "team.token.unknown")
	secret, ok := strings.CutPrefix(text, tokenStart)
	hash, ok2 := hashSecret(secret)
	if !ok || !ok2 {
		return Identity{}, signin
	}
	i, ok, err := db.Find(ctx, tx, scanTokenIdentity, `
		SELECT t.id, COALESCE(t.seen_at, 0), t.user_id, t.name, `+roleCols+`
		FROM team_token t JOIN team_role r ON r.id = t.role_id
		WHERE t.hash = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2)`, hash, db.Millis(tx.Now))
	if err == nil && !ok {
		err = signin
	}
	return i, err
}

func scanTokenIdentity(s db.Scanner, i *Identity) error {
	var seen int64
	err := s.Scan(&i.Token, &seen, &i.User, &i.Name,
		&i.Role.ID, &i.Role.Key, &i.Role.Name, &i.Role.Builtin, &i.Role.permissions, &i.Role.Rev)
	i.seen = db.Time(seen)
	return err
}
