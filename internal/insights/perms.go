package insights

import "github.com/akrab-crm/akrab/internal/team"

// The permissions of this module.
const (
	PermRead   team.Perm = "insights.read"   // facts, signals and values of customers
	PermManage team.Perm = "insights.manage" // what managers decide with: segments, models, settings
)

// Permissions declares them, with the built-in roles that have them.
var Permissions = []team.Permission{
	{Key: PermRead, Label: "perm.insights.read", Group: "insight.permissions", Roles: []string{"manager", "agent", "viewer"}},
	{Key: PermManage, Label: "perm.insights.manage", Group: "insight.permissions", Roles: []string{"manager"}},
}
