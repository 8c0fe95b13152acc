// Package team keeps who works in a workspace: users, their roles and rights,
// the devices on which they are signed in, and the tokens of programs.
//
// What somebody may do is decided by permissions, which modules declare and
// roles collect. An [Identity] is a user or a program that has shown who it is;
// pages and API ask it the same questions. Secrets are stored as hashes only,
// and enter neither the journal nor an export.
//
// Hashing a password takes long on purpose, so it never happens within a
// transaction: a [Password] is made first, and stored afterwards.
package team

import (
	"context"
	"embed"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/journal"
)

//go:embed schema/*.sql
var schema embed.FS

// Text holds the messages of this package and of its pages.
//
//go:embed text/*.json
var Text embed.FS

// Module is the tables of the team. What a user likes pages to look like is
// bookkeeping, like the time they were last seen: changing it is no operation.
var Module = db.Module{
	Name:   "team",
	Schema: schema,
	Tables: []db.Table{
		{Name: "team_role", Journal: true},
		{Name: "team_user", Journal: true, Omit: []string{
			"password", "must_change", "seen_at", "language", "theme", "density", "shortcuts", "nav_folded",
		}},
		{Name: "team_token", Journal: true, Private: true, Omit: []string{"hash", "seen_at"}},
		{Name: "team_session", Private: true},
		{Name: "team_attempt", Private: true, Key: []string{"key"}},
		{Name: "team_setup", Private: true, Key: []string{"hash"}},
		{Name: "team_guard", Private: true, Key: []string{"one"}},
	},
}

// A Perm is the right to do something: "customers.write". Its first part is
// the module that checks it.
type Perm string

// The permissions of this package and of the workspace's settings.
const (
	PermTeam     Perm = "team.manage"     // users and roles
	PermSettings Perm = "settings.manage" // settings of the workspace
	PermTokens   Perm = "api.tokens"      // tokens of programs
)

// A Permission is a module's declaration of a Perm. The program collects them
// in one list, in the order in which the page of a role shows them.
type Permission struct {
	Key   Perm
	Label string   // message key: what one may do
	Group string   // message key of the heading over it: "team.permissions"
	Roles []string // keys of built-in roles that have it from the start, besides the administrator
}

// Permissions are those of this package and of the workspace's settings.
var Permissions = []Permission{
	{Key: PermTeam, Label: "perm.team.manage", Group: "team.permissions"},
	{Key: PermSettings, Label: "perm.settings.manage", Group: "team.permissions"},
	{Key: PermTokens, Label: "perm.api.tokens", Group: "team.permissions"},
}

// Purge deletes sessions that are over, and what is remembered of attempts to
// sign in that no longer count.
func Purge(ctx context.Context, tx *db.Tx) error {
	now := db.Millis(tx.Now)
	if _, err := tx.Exec(ctx, `DELETE FROM team_session WHERE expires_at <= $1`, now); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM team_attempt WHERE until <= $1`, now); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM team_setup WHERE created_at <= $1`, db.Millis(tx.Now.Add(-setupValid)))
	return err
}

// setOp says whom or what the operation is about. It can't be undone: else who
// may undo, and no more, could give rights back that were taken from them.
func setOp(ctx context.Context, tx *db.Tx, subject ids.ID, name string) error {
	return tx.SetOp(ctx, subject, map[string]any{"name": name, journal.Final: true})
}

// lock makes the transactions that change administrators wait for each other.
func lock(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, `UPDATE team_guard SET n = n + 1 WHERE one = 1`)
	return err
}

// keepAdministrator refuses what the transaction has done if no active
// administrator is left.
func keepAdministrator(ctx context.Context, tx *db.Tx) error {
	if err := lock(ctx, tx); err != nil {
		return err
	}
	n, err := db.Get(ctx, tx, db.One[int], `
		SELECT COUNT(*) FROM team_user u JOIN team_role r ON r.id = u.role_id
		WHERE u.active = TRUE AND r.key = 'administrator'`)
	if err == nil && n == 0 {
		err = errs.New(errs.Conflict, "team.administrator.last")
	}
	return err
}
