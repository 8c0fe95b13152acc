package activity

import "github.com/akrab-crm/akrab/internal/team"

// The permissions of this module.
const (
	PermRead  team.Perm = "activity.read"
	PermWrite team.Perm = "activity.write"
)

// Permissions declares them, with the built-in roles that have them.
var Permissions = []team.Permission{
	{Key: PermRead, Label: "perm.activity.read", Group: "activity.permissions", Roles: []string{"manager", "agent", "viewer"}},
	{Key: PermWrite, Label: "perm.activity.write", Group: "activity.permissions", Roles: []string{"manager", "agent"}},
}
