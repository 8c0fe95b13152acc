package imports

import (
	"context"
	"slices"
	"strings"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
)

// merge returns old with what a row says of it: fields that the row has are
// replaced, contact points and other lists only grow. Both are normalized, and
// so is the result. org is the organisation that the row names, or zero. It
// returns an Invalid error if the result can't be kept.
func (p *customerProgram) merge(old *customers.Customer, d *customerDraft, org ids.ID) (customers.Customer, error) {
	c := old.Clone()
	p.mergeFields(&c, d)
	mergeEmails(&c, d)
	mergePhones(&c, d)
	mergeAddresses(&c, d)
	mergeHandles(&c, d)
	mergeTags(&c, d)
	mergeTraits(&c, d)
	mergeOrganization(&c, d, org)
	if c.Name == "" && c.ExternalID == "" && len(c.Emails) == 0 && len(c.Phones) == 0 {
		return c, errs.New(errs.Invalid, "import.nobody")
	}
	for _, n := range []int{len(c.Emails), len(c.Phones), len(c.Addresses), len(c.Handles), len(c.Relations), len(c.Tags), len(c.Traits)} {
		if n > maxParts {
			return c, errs.New(errs.Invalid, "customer.too_many", "max", maxParts)
		}
	}
	return c, nil
}

// maxParts is how many of one kind of part a customer may have.
const maxParts = 200

func (p *customerProgram) mergeFields(c *customers.Customer, d *customerDraft) {
	composed := c.Name == nameOf(c)
	replace(&c.Honorific, d.c.Honorific)
	replace(&c.Given, d.c.Given)
	replace(&c.Middle, d.c.Middle)
	replace(&c.Family, d.c.Family)
	replace(&c.Suffix, d.c.Suffix)
	replace(&c.Nickname, d.c.Nickname)
	replace(&c.Addressing, d.c.Addressing)
	replace(&c.Hours, d.c.Hours)
	replace(&c.Remember, d.c.Remember)
	replace(&c.ExternalID, d.c.ExternalID)
	replace(&c.Source, d.c.Source)
	replace(&c.Birthday, d.c.Birthday)
	replace(&c.Language, d.c.Language)
	replace(&c.Channel, d.c.Channel)
	replace(&c.Reseller, d.c.Reseller)
	if !d.c.Owner.IsZero() {
		c.Owner = d.c.Owner
	}
	if d.kindGiven {
		c.Kind = d.c.Kind
	}
	if d.phaseGiven {
		c.Phase = d.c.Phase
	}
	if d.archivedGiven {
		c.Archived = d.c.Archived
	}
	for _, field := range d.gone {
		p.eraseField(c, d, field)
	}
	switch {
	case p.has("name") && d.c.Name != "":
		c.Name = d.c.Name
	case c.Kind == customers.Organization && d.orgName() != "":
		c.Name = d.orgName()
	case composed || c.Name == "":
		c.Name = nameOf(c) // as its parts are now
		if c.Name == "" {
			c.Name = d.orgName()
		}
	}
}

// orgName returns the name of the organisation that a row is about.
func (d *customerDraft) orgName() string {
	if d.c.Kind == customers.Organization && d.c.Given == "" && d.c.Family == "" {
		return d.c.Name
	}
	return ""
}

func nameOf(c *customers.Customer) string {
	var parts []string
	for _, s := range []string{c.Given, c.Middle, c.Family, c.Suffix} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, " ")
}

func replace[T ~string](at *T, with T) {
	if with != "" {
		*at = with
	}
}

// eraseField empties a field whose cells are empty.
func (p *customerProgram) eraseField(c *customers.Customer, d *customerDraft, field string) {
	for i := range textFields {
		if f := &textFields[i]; f.name == field && *f.at(&d.c) == "" {
			*f.at(c) = ""
		}
	}
	switch field {
	case "birthday":
		c.Birthday = d.c.Birthday
	case "language":
		c.Language = d.c.Language
	case "channel":
		c.Channel = d.c.Channel
	case "reseller":
		c.Reseller = d.c.Reseller
	case "owner":
		c.Owner = d.c.Owner
	}
}

func mergeEmails(c *customers.Customer, d *customerDraft) {
	first := len(c.Emails) == 0
	for _, e := range d.c.Emails {
		star := d.starEmail && e.Primary
		i := slices.IndexFunc(c.Emails, func(x customers.Email) bool { return x.Key == e.Key })
		if i < 0 {
			e.N, e.Primary = 0, first && e.Primary
			c.Emails = append(c.Emails, e)
			i = len(c.Emails) - 1
		} else {
			replace(&c.Emails[i].Label, e.Label)
			if d.states && e.State != customers.Unverified {
				c.Emails[i].State = e.State
			}
		}
		if star {
			for k := range c.Emails {
				c.Emails[k].Primary = k == i
			}
		}
	}
}

func mergePhones(c *customers.Customer, d *customerDraft) {
	first := len(c.Phones) == 0
	for _, p := range d.c.Phones {
		star := d.starPhone && p.Primary
		i := slices.IndexFunc(c.Phones, func(x customers.Phone) bool { return x.Key == p.Key })
		if i < 0 {
			p.N, p.Primary = 0, first && p.Primary
			c.Phones = append(c.Phones, p)
			i = len(c.Phones) - 1
		} else {
			replace(&c.Phones[i].Label, p.Label)
			if d.states && p.State != customers.Unverified {
				c.Phones[i].State = p.State
			}
		}
		if star {
			for k := range c.Phones {
				c.Phones[k].Primary = k == i
			}
		}
	}
}

// mergeAddresses adds addresses that are new. One that says no more than one
// that is there already is dropped; one that says more completes it.
func mergeAddresses(c *customers.Customer, d *customerDraft) {
	first := len(c.Addresses) == 0
	for _, a := range d.c.Addresses {
		i := slices.IndexFunc(c.Addresses, func(x customers.Address) bool { return compatible(&x, &a) })
		if i < 0 {
			a.N, a.Primary = 0, first && a.Primary
			c.Addresses = append(c.Addresses, a)
			continue
		}
		x := &c.Addresses[i]
		for _, at := range addressTexts {
			replace(at(x), *at(&a))
		}
		replace(&x.Label, a.Label)
	}
}

var addressTexts = []func(a *customers.Address) *string{
	func(a *customers.Address) *string { return &a.Street },
	addressFields["village"], addressFields["district"], addressFields["city"],
	addressFields["province"], addressFields["postal_code"], addressFields["country"],
}

// compatible reports whether two addresses may be the same: what both say is
// equal but for its spelling, and at least one thing is.
func compatible(a, b *customers.Address) bool {
	shared := false
	for _, at := range addressTexts {
		x, y := *at(a), *at(b)
		if x == "" || y == "" {
			continue
		}
		if x != y && fold.Text(x) != fold.Text(y) {
			return false
		}
		shared = true
	}
	return shared
}

func mergeHandles(c *customers.Customer, d *customerDraft) {
	first := len(c.Handles) == 0
	for _, h := range d.c.Handles {
		if !slices.ContainsFunc(c.Handles, func(x customers.Handle) bool { return x.Network == h.Network && x.Key == h.Key && x.Value == h.Value }) {
			h.N, h.Primary = 0, first && h.Primary
			c.Handles = append(c.Handles, h)
		}
	}
}

func mergeTags(c *customers.Customer, d *customerDraft) {
	for _, t := range d.c.Tags {
		if !slices.ContainsFunc(c.Tags, func(x customers.Tag) bool { return x.Key == t.Key }) {
			t.N = 0
			c.Tags = append(c.Tags, t)
		}
	}
}

// mergeTraits replaces the values of characteristics that are there.
func mergeTraits(c *customers.Customer, d *customerDraft) {
	for _, t := range d.c.Traits {
		i := slices.IndexFunc(c.Traits, func(x customers.Trait) bool { return fold.Text(x.Label) == fold.Text(t.Label) })
		if i >= 0 {
			c.Traits[i].Value = t.Value
		} else {
			t.N = 0
			c.Traits = append(c.Traits, t)
		}
	}
}

// mergeOrganization makes c a member of org.
func mergeOrganization(c *customers.Customer, d *customerDraft, org ids.ID) {
	if org.IsZero() || org == c.ID {
		return
	}
	i := slices.IndexFunc(c.Relations, func(r customers.Relation) bool { return r.Kind == customers.Member && r.Other == org })
	if i < 0 {
		primary := !slices.ContainsFunc(c.Relations, func(r customers.Relation) bool { return r.Primary })
		c.Relations = append(c.Relations, customers.Relation{Kind: customers.Member, Other: org, Primary: primary})
		i = len(c.Relations) - 1
	}
	r := &c.Relations[i]
	replace(&r.Title, d.title)
	replace(&r.Department, d.dept)
	replace(&r.Role, d.role)
}

// complete merges what was left out of a row with the customer as they are now.
func (p *customerProgram) complete(ctx context.Context, tx *db.Tx, row *Row) error {
	old, err := customers.Get(ctx, tx, row.Record)
	if err != nil {
		return err
	}
	before := row.Problems
	b := customerBuilder{p: p, base: &old}
	d := b.build(sheetRow(row))
	row.Problems = d.problems
	if d.refused || d.empty {
		return nil
	}
	without := old.Clone()
	dropUnusable(&without, before)
	c, err := p.merge(&without, d, ids.ID{})
	if err != nil {
		return err
	}
	return customers.Save(ctx, tx, &old, &c)
}

// dropUnusable takes away what a card brought that was no number or address,
// before it comes as it should be.
func dropUnusable(c *customers.Customer, before []Problem) {
	was := func(value string) bool {
		return slices.ContainsFunc(before, func(p Problem) bool { return strings.TrimSpace(p.Value) == value })
	}
	c.Emails = slices.DeleteFunc(c.Emails, func(e customers.Email) bool { return e.State == customers.Unusable && was(e.Value) })
	c.Phones = slices.DeleteFunc(c.Phones, func(p customers.Phone) bool { return p.State == customers.Unusable && was(p.Value) })
}
