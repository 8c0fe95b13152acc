package team

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/mailaddr"
)

// A User is somebody who works in the workspace. Users are never deleted,
// since history names them; who has left is not active.
type User struct {
	ID     ids.ID
	Name   string // at most 100 characters
	Email  string // signs in with it; unique
	RoleID ids.ID
	Role   Role // as it is now; set by reading
	Active bool
	Seen   time.Time // at most a minute late; zero for never
	Temp   bool      // has a temporary password
	Taste  Taste
	Rev    int64
}

const userCols = `u.id, u.name, u.email, u.role_id, u.active, COALESCE(u.seen_at, 0), u.must_change,
	u.language, u.theme, u.density, u.shortcuts, u.nav_folded, u.rev, ` + roleCols

func scanUser(s db.Scanner, u *User) error {
	var seen int64
	err := s.Scan(&u.ID, &u.Name, &u.Email, &u.RoleID, &u.Active, &seen, &u.Temp,
		&u.Taste.Language, &u.Taste.Theme, &u.Taste.Density, &u.Taste.Shortcuts, &u.Taste.NavFolded, &u.Rev,
		&u.Role.ID, &u.Role.Key, &u.Role.Name, &u.Role.Builtin, &u.Role.permissions, &u.Role.Rev)
	u.Seen = db.Time(seen)
	return err
}

// Get returns the user with the given id.
func Get(ctx context.Context, tx *db.Tx, id ids.ID) (User, error) {
	return db.Get(ctx, tx, scanUser, `
		SELECT `+userCols+` FROM team_user u JOIN team_role r ON r.id = u.role_id
		WHERE u.id = $1`, id)
}

// Who returns on whose behalf a transaction runs that looks what u may see.
func (u *User) Who() db.Who {
	i := Identity{User: u.ID, Name: u.Name, Role: u.Role}
	return i.Who()
}

// ByEmail returns the user who signs in with the given address.
func ByEmail(ctx context.Context, tx *db.Tx, email string) (User, error) {
	a, err := mailaddr.Parse(email)
	if err != nil {
		return User{}, errs.New(errs.NotFound, "error.not_found").Because(err)
	}
	return db.Get(ctx, tx, scanUser, `
		SELECT `+userCols+` FROM team_user u JOIN team_role r ON r.id = u.role_id
		WHERE u.email_key = $1`, a.Key)
}

// Users returns all users, or only the active ones, by name. A workspace has
// at most some thousands.
func Users(ctx context.Context, tx *db.Tx, active bool) ([]User, error) {
	return db.List(ctx, tx, scanUser, `
		SELECT `+userCols+` FROM team_user u JOIN team_role r ON r.id = u.role_id
		WHERE u.active = TRUE OR u.active = $1
		ORDER BY u.name_key, u.id`, active)
}

// Names returns the names of users, active or not.
func Names(ctx context.Context, tx *db.Tx, list []ids.ID) (map[ids.ID]string, error) {
	type user struct {
		id   ids.ID
		name string
	}
	users, err := db.ListIn(ctx, tx, func(s db.Scanner, u *user) error { return s.Scan(&u.id, &u.name) },
		list, `SELECT id, name FROM team_user WHERE id IN ($list)`)
	names := make(map[ids.ID]string, len(users))
	for _, u := range users {
		names[u.id] = u.name
	}
	return names, err
}

// Any reports whether there is a user at all, active or not.
func Any(ctx context.Context, tx *db.Tx) (bool, error) {
	_, ok, err := db.Find(ctx, tx, db.One[int], `SELECT 1 FROM team_user LIMIT 1`)
	return ok, err
}

// CreateUser adds an active user and sets u.ID unless it has one. It returns Invalid errors at
// the fields name, email and role. The zero Password lets nobody in.
func CreateUser(ctx context.Context, tx *db.Tx, u *User, pw Password) error {
	if u.ID.IsZero() {
		u.ID = ids.New(tx.Now)
	}
	u.Active, u.Rev = true, 1
	key, err := u.check(ctx, tx)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO team_user (id, name, name_key, email, email_key, role_id, password, must_change, language, created_op)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		u.ID, u.Name, fold.SortKey(u.Name), u.Email, key, u.RoleID, pw.stored(), pw.temporary, u.Taste.Language, tx.Op)
	if err != nil {
		return taken(err)
	}
	return setOp(ctx, tx, u.ID, u.Name)
}

// SaveUser keeps name, e-mail, role and activity of u in place of those that
// had revision u.Rev. Who is no longer active is signed out everywhere. It
// returns Invalid errors at the fields name, email and role, a Stale error if
// somebody saved others since, and a Conflict error if no administrator would
// be left.
func SaveUser(ctx context.Context, tx *db.Tx, u *User) error {
	key, err := u.check(ctx, tx)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `
		UPDATE team_user SET name = $2, name_key = $3, email = $4, email_key = $5, role_id = $6, active = $7, rev = rev + 1
		WHERE id = $1 AND rev = $8`,
		u.ID, u.Name, fold.SortKey(u.Name), u.Email, key, u.RoleID, u.Active, u.Rev)
	switch {
	case err != nil:
		return taken(err)
	case n == 0:
		return errs.New(errs.Stale, "error.stale")
	}
	if err := keepAdministrator(ctx, tx); err != nil {
		return err
	}
	if !u.Active {
		if _, err := EndOtherSessions(ctx, tx, u.ID, ids.ID{}); err != nil {
			return err
		}
	}
	return setOp(ctx, tx, u.ID, u.Name)
}

// Rename changes a user's own name. It returns an Invalid error at the field
// name.
func Rename(ctx context.Context, tx *db.Tx, id ids.ID, name string) error {
	name = strings.TrimSpace(name)
	if err := checkName(name); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `
		UPDATE team_user SET name = $2, name_key = $3, rev = rev + 1 WHERE id = $1 AND name <> $2`, id, name, fold.SortKey(name))
	if err != nil {
		return err
	}
	return tx.SetOp(ctx, id, map[string]any{"name": name})
}

// ChangeTaste changes how a user likes pages. It is bookkeeping. Values that
// there are none of become those of the zero Taste.
func ChangeTaste(ctx context.Context, tx *db.Tx, id ids.ID, change func(*Taste)) error {
	u, err := Get(ctx, tx, id)
	if err != nil {
		return err
	}
	change(&u.Taste)
	t := u.Taste.known()
	_, err = tx.Exec(ctx, `
		UPDATE team_user SET language = $2, theme = $3, density = $4, shortcuts = $5, nav_folded = $6 WHERE id = $1`,
		id, t.Language, t.Theme, t.Density, t.Shortcuts, t.NavFolded)
	return err
}

func (t Taste) known() Taste {
	if t.Language != locale.ID && t.Language != locale.EN {
		t.Language = ""
	}
	if t.Theme != "light" && t.Theme != "dark" {
		t.Theme = ""
	}
	if t.Density != "compact" && t.Density != "comfortable" {
		t.Density = ""
	}
	return t
}

// Check trims u and returns Invalid errors at the fields name and email,
// without looking at other users.
func (u *User) Check() error {
	_, err := u.key()
	return err
}

// key trims u and returns the key of its address.
func (u *User) key() (string, error) {
	u.Name = strings.TrimSpace(u.Name)
	u.Taste = u.Taste.known()
	var list errs.List
	list.Add(checkName(u.Name))
	a, err := mailaddr.Parse(u.Email)
	if err != nil {
		list.Add(errs.InvalidField("email", "mailaddr.invalid"))
	} else {
		u.Email = a.Text
	}
	return a.Key, list.Err()
}

// check does the same, and looks whether there is such a role.
func (u *User) check(ctx context.Context, tx *db.Tx) (string, error) {
	key, err := u.key()
	var list errs.List
	for _, e := range errs.All(err) {
		list.Add(e)
	}
	if _, err := GetRole(ctx, tx, u.RoleID); errs.KindOf(err) == errs.NotFound {
		list.Add(errs.InvalidField("role", "error.choice"))
	} else if err != nil {
		return "", err
	}
	return key, list.Err()
}

func checkName(name string) *errs.Error {
	switch {
	case name == "":
		return errs.InvalidField("name", "error.required")
	case utf8.RuneCountInString(name) > 100:
		return errs.InvalidField("name", "error.too_long", "max", 100)
	}
	return nil
}

// taken says at which field a user is not unique.
func taken(err error) error {
	if errs.KindOf(err) == errs.Conflict {
		return errs.InvalidField("email", "team.email.taken").Because(err)
	}
	return err
}
