package orders

import "github.com/akrab-crm/akrab/internal/team"

// The permissions of this module.
const (
	PermRead   team.Perm = "orders.read"
	PermWrite  team.Perm = "orders.write"
	PermDelete team.Perm = "orders.delete"
	PermExport team.Perm = "orders.export"
)

// Permissions declares them, with the built-in roles that have them.
var Permissions = []team.Permission{
	{Key: PermRead, Label: "perm.orders.read", Group: "order.permissions", Roles: []string{"manager", "agent", "viewer"}},
	{Key: PermWrite, Label: "perm.orders.write", Group: "order.permissions", Roles: []string{"manager", "agent"}},
	{Key: PermDelete, Label: "perm.orders.delete", Group: "order.permissions", Roles: []string{"manager"}},
	{Key: PermExport, Label: "perm.orders.export", Group: "order.permissions", Roles: []string{"manager"}},
}
