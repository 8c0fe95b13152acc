package teamweb

import (
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
)

const minPassword = team.MinPassword

func tick(b bool) string {
	if b {
		return "1"
	}
	return ""
}

func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

// formOnly returns the errors in err that are about no field, for short forms,
// in which nobody needs to be told how many fields are wrong.
func formOnly(err error) error {
	var list errs.List
	for _, e := range errs.All(err) {
		if e.Field == "" {
			list.Add(e)
		}
	}
	return list.Err()
}

// crumbs returns the way to a page of the settings.
func (f frame) crumbs(more []ui.Link) []ui.Link {
	return append([]ui.Link{{Label: f.T("team.settings.title"), Href: "/settings"}}, more...)
}

func (f frame) tabs() []ui.Tab {
	var list []ui.Tab
	for _, s := range f.Sections {
		list = append(list, ui.Tab{Label: f.T(s.Label), Href: s.Href, Current: s.Key == f.At})
	}
	return list
}

func (p profilePage) languages() []ui.Option {
	return append([]ui.Option{{Label: p.T("team.language.workspace")}}, languageOptions()...)
}

func (p sessionsPage) columns() []ui.Column {
	return []ui.Column{
		{Label: p.T("team.sessions.device"), Class: "key", Fill: true}, {Label: p.T("team.sessions.address"), P: 4, Class: "muted"},
		{Label: p.T("team.sessions.created"), P: 3, Class: "muted"}, {Label: p.T("team.sessions.seen"), P: 2}, {Label: p.T("team.actions")},
	}
}

// device names a device by what its browser says of itself.
func (p sessionsPage) device(agent string) string {
	browser, system := describe(agent)
	switch {
	case browser != "" && system != "":
		return p.T("team.sessions.browser_on", "browser", browser, "system", system)
	case browser != "" || system != "":
		return browser + system
	}
	return p.T("team.sessions.unknown")
}

func (p usersPage) columns() []ui.Column {
	return []ui.Column{
		{Label: p.T("team.field.name"), Class: "key"}, {Label: p.T("team.field.email"), P: 3, Class: "muted"},
		{Label: p.T("team.field.role"), P: 2}, {Label: p.T("team.users.seen")},
	}
}

func userHref(u team.User) string { return "/settings/users/" + u.ID.String() }

func (p userPage) title() string {
	if p.User.ID.IsZero() {
		return p.T("team.users.add")
	}
	return p.User.Name
}

func (p userPage) action() string {
	if p.User.ID.IsZero() {
		return "/settings/users"
	}
	return userHref(p.User)
}

func (p userPage) save() string {
	if p.User.ID.IsZero() {
		return p.T("team.user.create_go")
	}
	return p.T("ui.save")
}

func (p userPage) roles() []ui.Option {
	var list []ui.Option
	for _, r := range p.Roles {
		list = append(list, ui.Option{Value: r.ID.String(), Label: roleName(p.View, &r)})
	}
	if p.User.RoleID.IsZero() { // nothing is chosen for whoever adds a user
		list = append([]ui.Option{{Label: p.T("team.user.role_choose")}}, list...)
	}
	return list
}

func (p rolesPage) columns() []ui.Column {
	return []ui.Column{
		{Label: p.T("team.field.role"), Class: "key", Fill: true}, {Label: p.T("team.roles.rights"), P: 3, Right: true},
		{Label: p.T("team.roles.users"), Right: true}, {Label: p.T("team.roles.tokens"), P: 2, Right: true},
	}
}

// rights says how much a role may do.
func (p rolesPage) rights(r team.Role) string {
	if r.Key == team.Administrator {
		return p.T("team.roles.everything")
	}
	return p.Num(int64(len(r.Permissions())))
}

func roleHref(r team.Role) string { return "/settings/roles/" + r.ID.String() }

func (p rolePage) title() string {
	if p.Role.ID.IsZero() {
		return p.T("team.roles.add")
	}
	if name := roleName(p.View, &p.Role); name != "" {
		return name
	}
	return p.T("team.field.role") // its name has just been taken away, and refused
}

func (p rolePage) action() string {
	if p.Role.ID.IsZero() {
		return "/settings/roles"
	}
	return roleHref(p.Role)
}

func (p tokensPage) columns() []ui.Column {
	return []ui.Column{
		{Label: p.T("team.field.token_name"), Class: "key", Fill: true}, {Label: p.T("team.tokens.start"), P: 4}, {Label: p.T("team.field.role"), P: 3},
		{Label: p.T("team.tokens.made"), P: 5, Class: "muted"}, {Label: p.T("team.tokens.seen"), P: 2}, {Label: p.T("team.field.expires"), P: 3},
		{Label: p.T("team.actions")},
	}
}

func (p tokensPage) roles() []ui.Option {
	var list []ui.Option
	for _, r := range p.Roles {
		list = append(list, ui.Option{Value: r.Key, Label: roleName(p.View, &r)})
	}
	return list
}

func (p tokensPage) days() []ui.Option {
	list := []ui.Option{{Label: p.T("team.never")}}
	for _, n := range lives {
		list = append(list, ui.Option{Value: strconv.Itoa(n), Label: p.T("team.tokens.days", "n", n)})
	}
	return list
}

// preview makes a control show at once how figures would look.
func preview() templ.Attributes {
	return templ.Attributes{
		"hx-get": "/settings/workspace", "hx-trigger": "change", "hx-target": "#example", "hx-swap": "innerHTML", "hx-include": "closest form",
	}
}

// exampleText writes an amount, a number and a time as the settings say.
func (p workspacePage) exampleText() string {
	at := time.Date(p.Now.Year(), p.Now.Month(), p.Now.Day(), p.Now.Hour(), p.Now.Minute(), 0, 0, time.UTC)
	return strings.Join([]string{
		p.Example.Money(money.New(12_500_000, p.Settings.Currency)), p.Example.Decimal(1234.5, 1), p.Example.DateTimeZone(at),
	}, "  ·  ")
}
