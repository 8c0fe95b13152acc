package customers

import "github.com/akrab-crm/akrab/internal/team"

// The permissions of this module.
const (
	PermRead   team.Perm = "customers.read"
	PermWrite  team.Perm = "customers.write"
	PermDelete team.Perm = "customers.delete"
	PermExport team.Perm = "customers.export"
)

// Permissions declares them, with the built-in roles that have them.
var Permissions = []team.Permission{
	{Key: PermRead, Label: "perm.customers.read", Group: "customers.permissions", Roles: []string{"manager", "agent", "viewer"}},
	{Key: PermWrite, Label: "perm.customers.write", Group: "customers.permissions", Roles: []string{"manager", "agent"}},
	{Key: PermDelete, Label: "perm.customers.delete", Group: "customers.permissions", Roles: []string{"manager"}},
	{Key: PermExport, Label: "perm.customers.export", Group: "customers.permissions", Roles: []string{"manager"}},
}
