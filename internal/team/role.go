package team

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/journal"
)

// Keys of the roles that come with Akrab.
const (
	Administrator = "administrator" // has every permission, also those that modules bring later
	Manager       = "manager"       // leads others
	Agent         = "agent"         // sells and serves
	Viewer        = "viewer"        // reads
)

// A Role is a set of permissions that users and tokens have.
type Role struct {
	ID      ids.ID
	Key     string // what commands and programs call it; never changes
	Name    string // what people call it; empty for built-in roles, whose name is the message "team.role." + Key
	Builtin bool
	Rev     int64

	permissions string // sorted, with spaces between
}

// Can reports whether the role has a permission.
func (r *Role) Can(p Perm) bool {
	return r.Key == Administrator || hasWord(r.permissions, string(p))
}

// Permissions returns the permissions of the role, sorted. The administrator's
// are those that were known when Akrab last looked for new ones.
func (r *Role) Permissions() []Perm { return splitPerms(r.permissions) }

// SetPermissions replaces the permissions of the role.
func (r *Role) SetPermissions(list []Perm) { r.permissions = joinPerms(list) }

// covers reports whether r may do all that other may.
func (r *Role) covers(other *Role) bool {
	if r.Key == Administrator {
		return true
	}
	if other.Key == Administrator {
		return false
	}
	return !slices.ContainsFunc(other.Permissions(), func(p Perm) bool { return !r.Can(p) })
}

// MayGive returns a Forbidden error if other may do something that r may not:
// nobody gives, takes or changes more than they have themselves.
func (r *Role) MayGive(other *Role) error {
	if !r.covers(other) {
		return errs.New(errs.Forbidden, "team.role.above")
	}
	return nil
}

// hasWord reports whether text, words with single spaces between, holds word.
func hasWord(text, word string) bool {
	for rest := text; word != ""; {
		i := strings.Index(rest, word)
		if i < 0 {
			return false
		}
		end := i + len(word)
		if (i == 0 || rest[i-1] == ' ') && (end == len(rest) || rest[end] == ' ') {
			return true
		}
		rest = rest[end:]
	}
	return false
}

func splitPerms(text string) []Perm {
	var list []Perm
	for _, p := range strings.Fields(text) {
		list = append(list, Perm(p))
	}
	return list
}

func joinPerms(list []Perm) string {
	words := make([]string, 0, len(list))
	for _, p := range list {
		if s := strings.TrimSpace(string(p)); s != "" {
			words = append(words, s)
		}
	}
	slices.Sort(words)
	return strings.Join(slices.Compact(words), " ")
}

const roleCols = `r.id, r.key, r.name, r.builtin, r.permissions, r.rev`

func scanRole(s db.Scanner, r *Role) error {
	return s.Scan(&r.ID, &r.Key, &r.Name, &r.Builtin, &r.permissions, &r.Rev)
}

// GetRole returns the role with the given id.
func GetRole(ctx context.Context, tx *db.Tx, id ids.ID) (Role, error) {
	return db.Get(ctx, tx, scanRole, `SELECT `+roleCols+` FROM team_role r WHERE r.id = $1`, id)
}

// RoleByKey returns the role with the given key, or an Invalid error at the
// field role.
func RoleByKey(ctx context.Context, tx *db.Tx, key string) (Role, error) {
	r, ok, err := db.Find(ctx, tx, scanRole, `SELECT `+roleCols+` FROM team_role r WHERE r.key = $1`, key)
	if err == nil && !ok {
		err = errs.InvalidField("role", "team.role.unknown", "role", key)
	}
	return r, err
}

// Roles returns all roles, the built-in ones first.
func Roles(ctx context.Context, tx *db.Tx) ([]Role, error) {
	list, err := db.List(ctx, tx, scanRole, `SELECT `+roleCols+` FROM team_role r ORDER BY r.id`)
	order := []string{Administrator, Manager, Agent, Viewer}
	slices.SortStableFunc(list, func(a, b Role) int { return rank(order, a) - rank(order, b) })
	return list, err
}

func rank(order []string, r Role) int {
	if i := slices.Index(order, r.Key); i >= 0 {
		return i
	}
	return len(order)
}

// A RoleUse says who has a role.
type RoleUse struct {
	Role   ids.ID
	Users  int // active ones
	Tokens int // that open something
}

// RoleUses returns who has which role.
func RoleUses(ctx context.Context, tx *db.Tx) (map[ids.ID]RoleUse, error) {
	list, err := db.List(ctx, tx, func(s db.Scanner, u *RoleUse) error { return s.Scan(&u.Role, &u.Users, &u.Tokens) }, `
		SELECT r.id,
			(SELECT COUNT(*) FROM team_user u WHERE u.role_id = r.id AND u.active = TRUE),
			(SELECT COUNT(*) FROM team_token t WHERE t.role_id = r.id AND t.revoked_at IS NULL)
		FROM team_role r`)
	m := map[ids.ID]RoleUse{}
	for _, u := range list {
		m[u.Role] = u
	}
	return m, err
}

// EnsureRoles makes the built-in roles if there are none, and gives them
// permissions that the workspace has not known yet: those that came with a new
// module. What people have taken from a role stays taken. It belongs into the
// operation that needs roles, before [CreateUser] or [CreateToken] in a new
// workspace, and does nothing where nothing is new.
func EnsureRoles(ctx context.Context, tx *db.Tx, all []Permission) error {
	admin, ok, err := db.Find(ctx, tx, scanRole, `SELECT `+roleCols+` FROM team_role r WHERE r.key = 'administrator'`)
	if err != nil {
		return err
	}
	if !ok {
		return createRoles(ctx, tx, all)
	}
	fresh := unknown(&admin, all)
	if len(fresh) == 0 {
		return nil
	}
	roles, err := Roles(ctx, tx)
	if err != nil {
		return err
	}
	for _, r := range roles {
		if list := append(r.Permissions(), meant(r.Key, fresh)...); joinPerms(list) != r.permissions {
			r.SetPermissions(list)
			if err := updateRole(ctx, tx, &r, r.Rev); err != nil {
				return err
			}
		}
	}
	return nil
}

// Upgrade gives the roles of a workspace the permissions that came with new
// modules, as [EnsureRoles] does, in an operation of its own. It belongs to the
// start of the program, after the migration.
func Upgrade(ctx context.Context, d *db.DB, all []Permission) error {
	fresh := false
	err := d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) {
		fresh, err = NewPermissions(ctx, tx, all)
		return err
	})
	if err != nil || !fresh {
		return err
	}
	return d.Write(ctx, db.Op{Why: "team.permissions.new", Args: map[string]any{journal.Final: true}}, func(tx *db.Tx) error {
		return EnsureRoles(ctx, tx, all)
	})
}

// NewPermissions reports whether [EnsureRoles] would change roles that exist.
func NewPermissions(ctx context.Context, tx *db.Tx, all []Permission) (bool, error) {
	admin, ok, err := db.Find(ctx, tx, scanRole, `SELECT `+roleCols+` FROM team_role r WHERE r.key = 'administrator'`)
	return ok && len(unknown(&admin, all)) > 0, err
}

// unknown returns the permissions that are not on the administrator's list.
func unknown(admin *Role, all []Permission) []Permission {
	var list []Permission
	for _, p := range all {
		if !hasWord(admin.permissions, string(p.Key)) {
			list = append(list, p)
		}
	}
	return list
}

// meant returns the permissions that a built-in role has from the start.
func meant(key string, all []Permission) []Perm {
	var list []Perm
	for _, p := range all {
		if key == Administrator || slices.Contains(p.Roles, key) {
			list = append(list, p.Key)
		}
	}
	return list
}

func createRoles(ctx context.Context, tx *db.Tx, all []Permission) error {
	for _, key := range []string{Administrator, Manager, Agent, Viewer} {
		r := Role{ID: ids.New(tx.Now), Key: key, Builtin: true}
		r.SetPermissions(meant(key, all))
		if err := insertRole(ctx, tx, &r); err != nil {
			return err
		}
	}
	return nil
}

func insertRole(ctx context.Context, tx *db.Tx, r *Role) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO team_role (id, key, name, builtin, permissions, created_op)
		VALUES ($1, $2, $3, $4, $5, $6)`,
		r.ID, r.Key, r.Name, r.Builtin, r.permissions, tx.Op)
	return err
}

// CreateRole adds a role of the workspace's own and sets its ID and Key. It
// returns an Invalid error at the field name.
func CreateRole(ctx context.Context, tx *db.Tx, r *Role) error {
	if err := checkRoleName(ctx, tx, r); err != nil {
		return err
	}
	r.ID, r.Builtin, r.Rev = ids.New(tx.Now), false, 1
	r.Key = roleKey(r.Name, r.ID)
	if err := insertRole(ctx, tx, r); err != nil {
		return err
	}
	return setOp(ctx, tx, r.ID, r.Name)
}

// roleKey makes a key of a name: "Kasir Toko" is kasir-toko. The end of the id
// makes it unique.
func roleKey(name string, id ids.ID) string {
	key := strings.Join(fold.Words(name), "-")
	if len(key) > 40 || strings.Trim(key, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || key == "" {
		key = "role"
	}
	return key + "-" + id.String()[32:]
}

// SaveRole keeps the name and the permissions of r in place of those that had
// revision r.Rev. It returns an Invalid error at the field name, a Stale error
// if somebody saved others since, and a Forbidden error for the administrator.
// The name of a built-in role stays.
func SaveRole(ctx context.Context, tx *db.Tx, r *Role) error {
	was, err := GetRole(ctx, tx, r.ID)
	if err != nil {
		return err
	}
	if was.Key == Administrator {
		return errs.New(errs.Forbidden, "team.role.administrator_fixed")
	}
	r.Key, r.Builtin = was.Key, was.Builtin
	if was.Builtin {
		r.Name = ""
	} else if err := checkRoleName(ctx, tx, r); err != nil {
		return err
	}
	if err := updateRole(ctx, tx, r, r.Rev); err != nil {
		return err
	}
	return setOp(ctx, tx, r.ID, was.label())
}

func updateRole(ctx context.Context, tx *db.Tx, r *Role, rev int64) error {
	n, err := tx.Exec(ctx, `
		UPDATE team_role SET name = $2, permissions = $3, rev = rev + 1
		WHERE id = $1 AND rev = $4`, r.ID, r.Name, r.permissions, rev)
	if err == nil && n == 0 {
		err = errs.New(errs.Stale, "error.stale")
	}
	return err
}

// label names the role in the arguments of an operation, which are the same in
// every language.
func (r *Role) label() string {
	if r.Name != "" {
		return r.Name
	}
	return r.Key
}

func checkRoleName(ctx context.Context, tx *db.Tx, r *Role) error {
	r.Name = strings.TrimSpace(r.Name)
	switch {
	case r.Name == "":
		return errs.InvalidField("name", "error.required")
	case utf8.RuneCountInString(r.Name) > 60:
		return errs.InvalidField("name", "error.too_long", "max", 60)
	}
	roles, err := Roles(ctx, tx)
	if err != nil {
		return err
	}
	for _, other := range roles {
		if other.ID != r.ID && fold.Text(other.Name) == fold.Text(r.Name) && other.Name != "" {
			return errs.InvalidField("name", "team.role.taken")
		}
	}
	return nil
}

// DeleteRole deletes a role that nobody has. It returns a Conflict error if
// somebody has it, and a Forbidden error for built-in roles. Before, leaving
// are called: other modules, which let go of the role or refuse.
func DeleteRole(ctx context.Context, tx *db.Tx, id ids.ID, leaving ...func(context.Context, *db.Tx, Role) error) error {
	r, err := GetRole(ctx, tx, id)
	if err != nil {
		return err
	}
	if r.Builtin {
		return errs.New(errs.Forbidden, "team.role.builtin")
	}
	n, err := db.Get(ctx, tx, db.One[int], `
		SELECT (SELECT COUNT(*) FROM team_user WHERE role_id = $1)
			+ (SELECT COUNT(*) FROM team_token WHERE role_id = $1 AND revoked_at IS NULL)`, id)
	if err != nil {
		return err
	}
	if n > 0 {
		return errs.New(errs.Conflict, "team.role.in_use", "name", r.Name)
	}
	for _, leave := range leaving {
		if err := leave(ctx, tx, r); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, `UPDATE team_token SET role_id = NULL, rev = rev + 1 WHERE role_id = $1`, id); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM team_role WHERE id = $1`, id); err != nil {
		return err
	}
	return setOp(ctx, tx, id, r.Name)
}
