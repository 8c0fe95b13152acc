package importsweb

import (
	"slices"
	"strings"

	"github.com/akrab-crm/akrab/internal/imports"
	"github.com/akrab-crm/akrab/internal/ui"
)

// A targetGroup is fields under a heading.
type targetGroup struct {
	Label   string
	Options []ui.Option
}

// targets returns what a column may become, for its select. What it is now is
// always among it.
func (p *wizardPage) targets(c imports.Column) []targetGroup {
	v, now := p.View, c.Target
	var groups []targetGroup
	switch p.Kind {
	case imports.Customers:
		groups = customerTargets(v, p.Preview.Columns, c)
	case imports.Products:
		groups = []targetGroup{
			{v.T("import.group.product"), named(v, p.Kind, "code", "name", "name_en", "family", "tier", "unit", "description", "description_en", "archived", "offering")},
			{v.T("import.group.price"), named(v, p.Kind, "price", "cost", "currency", "tax")},
			{v.T("import.group.fact"), []ui.Option{option(v, p.Kind, imports.Target{Field: "fact", Part: clipped(c.Header)})}},
		}
	case imports.Orders:
		groups = []targetGroup{
			{v.T("import.group.order"), named(v, p.Kind, "number", "date", "status", "channel", "shop", "currency", "return", "note")},
			{v.T("import.group.line"), named(v, p.Kind, "code", "name", "quantity", "price", "amount", "discount", "tax")},
			{v.T("import.group.buyer"), named(v, p.Kind, "customer", "customer_name", "email", "phone", "city", "country")},
		}
	}
	if now != (imports.Target{}) && !slices.ContainsFunc(groups, func(g targetGroup) bool {
		return slices.ContainsFunc(g.Options, func(o ui.Option) bool { return o.Value == now.String() })
	}) {
		last := &groups[len(groups)-1]
		last.Options = append(last.Options, option(v, p.Kind, now))
	}
	return groups
}

func named(v *ui.View, k imports.Kind, names ...string) []ui.Option {
	var list []ui.Option
	for _, n := range names {
		list = append(list, option(v, k, imports.Target{Field: n}))
	}
	return list
}

// customerTargets are the fields of customers.
func customerTargets(v *ui.View, all []imports.Column, c imports.Column) []targetGroup {
	return []targetGroup{
		{v.T("import.group.name"), fields(v, "name", "honorific", "given_name", "middle_name", "family_name", "suffix", "nickname", "addressing")},
		{v.T("import.group.contact"), contact(v, all)},
		{v.T("import.group.address"), addresses(v, all)},
		{v.T("import.group.organization"), fields(v, "organization", "title", "department", "role")},
		{v.T("import.group.record"), fields(v, "external_id", "kind", "is_company", "phase", "reseller", "owner", "tags", "source", "archived")},
		{v.T("import.group.person"), fields(v, "birthday", "language", "channel", "hours", "remember")},
		{v.T("import.group.trait"), []ui.Option{option(v, imports.Customers, imports.Target{Field: "trait", Part: clipped(c.Header)})}},
	}
}

func clipped(s string) string {
	if len(s) > 90 {
		s = strings.ToValidUTF8(s[:90], "")
	}
	return s
}

func fields(v *ui.View, names ...string) []ui.Option {
	return named(v, imports.Customers, names...)
}

func option(v *ui.View, k imports.Kind, t imports.Target) ui.Option {
	return ui.Option{Value: t.String(), Label: targetName(v, k, t)}
}

// contact are the e-mail addresses, telephones and accounts: two of each, and
// those that the file has.
func contact(v *ui.View, all []imports.Column) []ui.Option {
	var list []ui.Option
	for _, field := range []string{"emails", "phones"} {
		for _, g := range groupsOf(all, field, "1", "2", "3") {
			list = append(list, option(v, imports.Customers, imports.Target{Field: field, Group: g, Part: "value"}), option(v, imports.Customers, imports.Target{Field: field, Group: g, Part: "label"}))
		}
	}
	for _, g := range groupsOf(all, "handles", "website", "instagram", "facebook", "tiktok", "linkedin", "telegram", "line") {
		list = append(list, option(v, imports.Customers, imports.Target{Field: "handles", Group: g, Part: "value"}))
	}
	return list
}

var addressParts = []string{"street", "street2", "number", "rt", "rw", "village", "district", "city", "province", "postal_code", "country"}

func addresses(v *ui.View, all []imports.Column) []ui.Option {
	var list []ui.Option
	for _, g := range groupsOf(all, "addresses", "1") {
		for _, part := range addressParts {
			list = append(list, option(v, imports.Customers, imports.Target{Field: "addresses", Group: g, Part: part}))
		}
	}
	return list
}

// groupsOf returns the given groups of a list, and those that columns have.
func groupsOf(all []imports.Column, field string, groups ...string) []string {
	for _, c := range all {
		if c.Target.Field == field && !slices.Contains(groups, c.Target.Group) {
			groups = append(groups, c.Target.Group)
		}
	}
	return groups
}

// targetName returns what people call a target.
func targetName(v *ui.View, k imports.Kind, t imports.Target) string {
	switch {
	case t == imports.Target{}:
		return v.T("import.field.none")
	case t.Field == "fact":
		return v.T("import.field.fact", "name", t.Part)
	case k == imports.Products:
		return v.T("import.product." + t.Field)
	case k == imports.Orders:
		return v.T("import.line." + t.Field)
	case t.Field == "trait":
		return v.T("import.field.trait", "name", t.Part)
	case t.Group == "":
		return v.T("import.field." + t.Field)
	case t.Part == "value" && (t.Field == "emails" || t.Field == "phones"):
		return v.T("import.list."+t.Field, "which", groupName(v, t.Group))
	case t.Field == "handles" && t.Part == "value":
		return v.T("import.list.handles", "which", groupName(v, t.Group))
	case t.Field == "addresses" && t.Group == "1":
		return v.T("import.part." + t.Part)
	}
	return v.T("import.list.part", "what", v.T("import.list."+t.Field, "which", groupName(v, t.Group)), "part", v.T("import.part."+t.Part))
}

// groupName returns a group's number, or its label in the visitor's words.
func groupName(v *ui.View, g string) string {
	word := strings.TrimRight(g, "0123456789")
	if word == "" {
		return g
	}
	if key := "import.label." + word; v.Has(key) {
		return strings.TrimSpace(v.T(key) + " " + g[len(word):])
	}
	return g
}
