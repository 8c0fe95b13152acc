package app

import (
	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/mail/mailweb"
	"github.com/akrab-crm/akrab/internal/notices"
	"github.com/akrab-crm/akrab/internal/tasks"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/team/teamweb"
	"github.com/akrab-crm/akrab/internal/ui"
)

// noticeKinds are the records that notices are about.
var noticeKinds = map[string]notices.Kind{
	notices.Customer: {Names: customers.Names, Href: func(id ids.ID) string { return "/customers/" + id.String() }},
	"interaction":    {Names: activity.Names, Href: func(id ids.ID) string { return "/interactions/" + id.String() }},
	"task":           {Names: tasks.Names, Href: func(id ids.ID) string { return "/tasks/" + id.String() }},
}

// noticeSection is the digest's line in the settings.
var noticeSection = teamweb.Section{
	Key: "notices", Label: "notice.digest.label", Text: "notice.digest.summary", Href: "/settings/notices", Icon: "bell", Need: ui.Self,
}

// mailSection is outgoing mail's line in the settings.
var mailSection = teamweb.Section{
	Key: mailweb.Key, Label: "mail.title", Text: "mail.summary", Href: mailweb.Path, Icon: "mail", Need: ui.Perm(team.PermSettings),
}
