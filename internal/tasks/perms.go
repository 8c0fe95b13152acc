package tasks

import "github.com/akrab-crm/akrab/internal/team"

// The permissions of this module.
const (
	PermRead  team.Perm = "tasks.read"
	PermWrite team.Perm = "tasks.write"
)

// Permissions declares them, with the built-in roles that have them.
var Permissions = []team.Permission{
	{Key: PermRead, Label: "perm.tasks.read", Group: "tasks.permissions", Roles: []string{"manager", "agent", "viewer"}},
	{Key: PermWrite, Label: "perm.tasks.write", Group: "tasks.permissions", Roles: []string{"manager", "agent"}},
}
