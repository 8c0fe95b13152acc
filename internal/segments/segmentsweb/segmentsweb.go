// Package segmentsweb is the pages of segments and plans: which there are, how
// a segment's condition is put together while one sees whom it describes, how
// it grew and shrank, and what is planned for its customers and brought.
package segmentsweb

import (
	"context"
	"embed"
	"log/slog"
	"strings"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/list/listweb"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/segments"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
)

// Text holds the messages of these pages.
//
//go:embed text/*.json
var Text embed.FS

const (
	permRead  = ui.Perm(segments.PermRead)
	permWrite = ui.Perm(segments.PermWrite)
	permPlan  = ui.Perm(segments.PermPlan)
)

// Addresses of the pages.
const (
	pathSegments = "/segments"
	pathPlans    = "/plans"
)

// NavItem is the pages' line in the sidebar.
var NavItem = ui.NavItem{Key: "segments", Label: "segments.title", Href: pathSegments, Icon: "users", Perm: permRead, Group: "nav.marketing", Keys: "g s"}

// Pages serves them. DB must be set.
type Pages struct {
	DB  *db.DB
	Log *slog.Logger
}

// Routes returns the route table.
func (p *Pages) Routes() []ui.Route {
	return []ui.Route{
		ui.GET(pathSegments, permRead, p.index),
		ui.GET(pathSegments+"/new", permWrite, p.newForm),
		ui.POST(pathSegments, permWrite, p.create),
		ui.POST(pathSegments+"/preview", permWrite, p.preview),
		ui.GET(pathSegments+"/{id}", permRead, p.show),
		ui.GET(pathSegments+"/{id}/edit", permWrite, p.editForm),
		ui.POST(pathSegments+"/{id}/edit", permWrite, p.update),
		ui.POST(pathSegments+"/{id}/copy", permWrite, p.copy),
		ui.POST(pathSegments+"/{id}/delete", permWrite, p.remove),
		ui.GET(pathPlans, permRead, p.plans),
		ui.GET(pathPlans+"/new", permPlan, p.newPlan),
		ui.POST(pathPlans, permPlan, p.createPlan),
		ui.GET(pathPlans+"/{id}", permRead, p.showPlan),
		ui.GET(pathPlans+"/{id}/edit", permPlan, p.editPlan),
		ui.POST(pathPlans+"/{id}/edit", permPlan, p.updatePlan),
		ui.POST(pathPlans+"/{id}/begin", permPlan, p.begin),
		ui.POST(pathPlans+"/{id}/finish", permPlan, p.finish),
		ui.POST(pathPlans+"/{id}/drop", permPlan, p.drop),
		ui.POST(pathPlans+"/{id}/delete", permPlan, p.removePlan),
	}
}

// Href returns the address of a segment's page.
func Href(id ids.ID) string { return pathSegments + "/" + id.String() }

// PlanHref returns the address of a plan's page.
func PlanHref(id ids.ID) string { return pathPlans + "/" + id.String() }

// asker is what conditions are put together and told in words with.
type asker struct {
	users    []team.User
	segments []segments.Segment
	families []string
}

// table returns how customers are asked for. Of the table only what a builder
// and sentences need is set.
func (a *asker) table() *listweb.Table[customers.Customer] {
	return &listweb.Table[customers.Customer]{Def: segments.Customers, Path: "/customers", Options: a.options, NameOf: nameOf, Picker: pickers}
}

// products is how a condition names products.
var products = &listweb.Picker{Suggest: "/products/suggest", Placeholder: "listweb.pick.product", Meant: catalog.Meant}

func pickers(c *list.Column) *listweb.Picker {
	if c.Key == "product" {
		return products
	}
	return nil
}

func (a *asker) options(ctx context.Context, tx *db.Tx, _ *ui.View, c *list.Column) (out []ui.Option, err error) {
	switch {
	case c.Type == list.User:
		if a.users == nil {
			if a.users, err = team.Users(ctx, tx, true); err != nil {
				return nil, err
			}
		}
		return userOptions(a.users), nil
	case c.Key == segments.Column:
		if a.segments == nil {
			if a.segments, err = segments.Each(ctx, tx); err != nil {
				return nil, err
			}
		}
		for _, g := range a.segments {
			out = append(out, ui.Option{Value: g.ID.String(), Label: g.Name})
		}
	case c.Label == "product.family":
		if a.families == nil {
			if a.families, err = catalog.Families(ctx, tx, 300); err != nil {
				return nil, err
			}
		}
		for _, f := range a.families {
			out = append(out, ui.Option{Value: f, Label: f})
		}
	}
	return out, nil
}

func userOptions(users []team.User) []ui.Option {
	out := make([]ui.Option, len(users))
	for i, u := range users {
		out[i] = ui.Option{Value: u.ID.String(), Label: u.Name}
	}
	return out
}

// nameOf returns what a record is called that a condition names by its id.
func nameOf(ctx context.Context, tx *db.Tx, c *list.Column, value string) (string, error) {
	id, err := ids.Parse(value)
	if err != nil {
		return "", nil // the list says that it is no id
	}
	names := customers.Names
	switch {
	case c.Type == list.User:
		names = team.Names
	case c.Key == segments.Column:
		names = segments.Names
	case c.Key == "product":
		names = catalog.Names
	}
	found, err := names(ctx, tx, []ids.ID{id})
	return found[id], err
}

// subjectName says what a plan is about.
func subjectName(v *ui.View, names map[ids.ID]string, p *segments.Plan) string {
	if value := p.Value(); value != "" {
		return valueName(v, value)
	}
	if name := names[p.Segment()]; name != "" {
		return name
	}
	return v.T("plans.segment.gone")
}

// valueName names a segment of value: A1 · high, growing.
func valueName(v *ui.View, value string) string {
	return value + " · " + v.T(insights.SegmentLabel(value))
}

// customersIn returns the address of the list of a segment's customers.
func customersIn(id ids.ID) string { return "/customers?f=" + segments.Column + ":eq:" + id.String() }

// amount returns minor units as money in a few figures, or "–".
func amount(v *ui.View, minor int64, c money.Currency) string {
	if c == "" {
		return "–"
	}
	return v.MoneyShort(money.Amount{Minor: minor, Currency: c})
}

func whole(v *ui.View, minor int64, c money.Currency) string {
	if c == "" {
		return ""
	}
	return v.Money(money.Amount{Minor: minor, Currency: c})
}

// planTone is the tone of a plan's status.
func planTone(s segments.Status) string {
	switch s {
	case segments.Running:
		return "accent"
	case segments.Over:
		return "ok"
	}
	return ""
}

func orDash(s string) string {
	if strings.TrimSpace(s) == "" {
		return "–"
	}
	return s
}
