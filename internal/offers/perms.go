package offers

import "github.com/akrab-crm/akrab/internal/team"

// PermUse is the permission to say how an offer went. Who may see facts of
// customers sees the offers.
const PermUse team.Perm = "offers.use"

// Permissions declares it, with the built-in roles that have it.
var Permissions = []team.Permission{
	{Key: PermUse, Label: "perm.offers.use", Group: "offer.permissions", Roles: []string{"manager", "agent"}},
}
