package catalog

import "github.com/akrab-crm/akrab/internal/team"

// The permissions of this module.
const (
	PermRead  team.Perm = "products.read"
	PermWrite team.Perm = "products.write"
)

// Permissions declares them, with the built-in roles that have them.
var Permissions = []team.Permission{
	{Key: PermRead, Label: "perm.products.read", Group: "product.permissions", Roles: []string{"manager", "agent", "viewer"}},
	{Key: PermWrite, Label: "perm.products.write", Group: "product.permissions", Roles: []string{"manager"}},
}
