package teamweb

import (
	"net/http"
	"slices"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
)

// roleName returns what people call a role.
func roleName(v *ui.View, r *team.Role) string {
	if r.Name != "" || !r.Builtin {
		return r.Name
	}
	return v.T("team.role." + r.Key)
}

// rolesPage is the data of the list of roles.
type rolesPage struct {
	frame
	List []team.Role
	Uses map[ids.ID]team.RoleUse
}

func (p *Pages) roles(w http.ResponseWriter, r *ui.Req) error {
	page := rolesPage{frame: p.frame(r, "roles")}
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		if page.List, err = team.Roles(r.Context(), tx); err != nil {
			return err
		}
		page.Uses, err = team.RoleUses(r.Context(), tx)
		return err
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, rolesTmpl(page))
}

// rolePage is the data of a role's page, or of a new one's if Role.ID is zero.
type rolePage struct {
	frame
	Role   team.Role
	Groups []permGroup
	Locked bool // the visitor only reads
	Err    error
}

// A permGroup is the permissions of one module.
type permGroup struct {
	Label string
	Perms []permLine
}

// A permLine is one permission as a box to tick.
type permLine struct {
	Key   team.Perm
	Label string
	On    bool
	Off   bool // the visitor doesn't have it, so can't give it
}

// groups returns all permissions, those of role ticked.
func (p *Pages) groups(v *ui.View, own, role *team.Role) []permGroup {
	var list []permGroup
	for _, perm := range p.Permissions {
		label := v.T(perm.Group)
		if len(list) == 0 || list[len(list)-1].Label != label {
			list = append(list, permGroup{Label: label})
		}
		g := &list[len(list)-1]
		g.Perms = append(g.Perms, permLine{perm.Key, v.T(perm.Label), role.Can(perm.Key), !own.Can(perm.Key)})
	}
	return list
}

// showRole shows the form of a role, with what was wrong with it.
func (p *Pages) showRole(w http.ResponseWriter, r *ui.Req, status int, role team.Role, wrong error) error {
	page := rolePage{frame: p.frame(r, "roles"), Role: role, Err: wrong}
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error {
		own, err := mine(r, tx)
		if err != nil {
			return err
		}
		page.Groups = p.groups(r.View, &own, &role)
		page.Locked = role.Key == team.Administrator || wrong == nil && own.MayGive(&role) != nil
		return nil
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, status, roleTmpl(page))
}

// roleNew shows the form of a new role; from names one to begin with.
func (p *Pages) roleNew(w http.ResponseWriter, r *ui.Req) error {
	from, err := r.MaybeID("from")
	if err != nil {
		return err
	}
	var role team.Role
	if !from.IsZero() {
		var model team.Role
		err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
			model, err = team.GetRole(r.Context(), tx, from)
			return err
		})
		if err != nil {
			return err
		}
		role.SetPermissions(model.Permissions())
	}
	return p.showRole(w, r, http.StatusOK, role, nil)
}

func (p *Pages) getRole(r *ui.Req) (role team.Role, err error) {
	id, err := r.ID("id")
	if err != nil {
		return role, err
	}
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		role, err = team.GetRole(r.Context(), tx, id)
		return err
	})
	return role, err
}

func (p *Pages) role(w http.ResponseWriter, r *ui.Req) error {
	role, err := p.getRole(r)
	if err != nil {
		return err
	}
	return p.showRole(w, r, http.StatusOK, role, nil)
}

// roleForm reads the form of a role. Permissions that no module declares stay
// as they were: their module may be absent only for now.
func (p *Pages) roleForm(r *ui.Req, role *team.Role) {
	role.Name = r.Text("name")
	var list []team.Perm
	for _, perm := range role.Permissions() {
		if !p.declared(perm) {
			list = append(list, perm)
		}
	}
	for _, s := range r.Form["perm"] {
		if perm := team.Perm(s); p.declared(perm) {
			list = append(list, perm)
		}
	}
	role.SetPermissions(list)
}

func (p *Pages) declared(perm team.Perm) bool {
	return slices.ContainsFunc(p.Permissions, func(d team.Permission) bool { return d.Key == perm })
}

func (p *Pages) roleCreate(w http.ResponseWriter, r *ui.Req) error {
	var role team.Role
	p.roleForm(r, &role)
	_, err := p.write(r, "team.role.create", func(tx *db.Tx) error {
		own, err := mine(r, tx)
		if err != nil {
			return err
		}
		if err := own.MayGive(&role); err != nil {
			return err
		}
		return team.CreateRole(r.Context(), tx, &role)
	})
	if refused(err) {
		role.ID = ids.ID{}
		return p.showRole(w, r, status(err), role, err)
	}
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: "team.toast.role_created", Args: []string{"name", role.Name}})
	return ui.Redirect(w, r, "/settings/roles")
}

func (p *Pages) roleSave(w http.ResponseWriter, r *ui.Req) error {
	was, err := p.getRole(r)
	if err != nil {
		return err
	}
	role := was
	p.roleForm(r, &role)
	role.Rev = r.Int("rev", 0)
	_, err = p.write(r, "team.role.save", func(tx *db.Tx) error {
		own, err := mine(r, tx)
		if err != nil {
			return err
		}
		for _, other := range []*team.Role{&was, &role} {
			if err := own.MayGive(other); err != nil {
				return err
			}
		}
		return team.SaveRole(r.Context(), tx, &role)
	})
	if refused(err) {
		return p.showRole(w, r, status(err), role, err)
	}
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: "team.toast.saved", Args: []string{"name", roleName(r.View, &role)}})
	return ui.Redirect(w, r, "/settings/roles")
}

func (p *Pages) roleDelete(w http.ResponseWriter, r *ui.Req) error {
	role, err := p.getRole(r)
	if err != nil {
		return err
	}
	_, err = p.write(r, "team.role.delete", func(tx *db.Tx) error {
		own, err := mine(r, tx)
		if err != nil {
			return err
		}
		if err := own.MayGive(&role); err != nil {
			return err
		}
		return team.DeleteRole(r.Context(), tx, role.ID, p.Leaving...)
	})
	if refused(err) {
		return p.showRole(w, r, status(err), role, err)
	}
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: "team.toast.role_deleted", Args: []string{"name", role.Name}})
	return ui.Redirect(w, r, "/settings/roles")
}
