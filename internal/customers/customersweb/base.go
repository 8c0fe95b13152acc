package customersweb

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
)

// A form carries the customer as they were when it was shown, so that a change
// is told from what somebody else changed meanwhile. Whoever tampers with it
// only decides what their own form changes.

// encode returns a customer as text for a hidden field.
func encode(c *customers.Customer) string {
	b, err := json.Marshal(c)
	if err != nil {
		return "" // not reached: a customer holds only texts, times and numbers
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// decode reads what encode wrote.
func decode(s string) (customers.Customer, error) {
	var c customers.Customer
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	if err != nil {
		return c, errs.New(errs.Stale, "error.stale").Because(err)
	}
	return c, nil
}

// A clashed is the error of a save that would undo somebody else's change.
type clashed struct {
	stored  customers.Customer
	clashes []customers.Clash
}

func (c *clashed) Error() string { return "somebody else changed the same fields" }

// save stores mine, which a form made of base, over what the customer is by
// now: what only one of them changed is kept. If both changed a field
// differently it returns a *clashed and changes nothing. Without any change
// it returns errSame, so that no operation remains of it.
func save(ctx context.Context, tx *db.Tx, base, mine *customers.Customer) (customers.Customer, error) {
	var rev int64
	c, err := customers.Update(ctx, tx, base.ID, 0, func(c *customers.Customer) error {
		rev = c.Rev
		if c.Rev == base.Rev {
			merged, _ := customers.Combine(c, mine, c)
			*c = merged
			return nil
		}
		merged, clashes := customers.Combine(base, mine, c)
		if len(clashes) > 0 {
			return &clashed{*c, clashes}
		}
		*c = merged
		return nil
	})
	if err == nil && c.Rev == rev {
		return c, errSame
	}
	return c, err
}

var errSame = errors.New("nothing changed")

// settle makes base and mine of the answers to clashes: a field for which
// mine was chosen replaces what stood there when it was asked, which is seen;
// of another, nothing remains.
func settle(base, mine, seen *customers.Customer, choice func(field string) string) {
	for _, f := range fieldTable {
		switch choice(f.name) {
		case "mine":
			f.copy(base, seen)
		case "stored":
			f.copy(mine, base)
		}
	}
}

// A fieldRef is a field of a customer by the name that it has in clashes.
type fieldRef struct {
	name  string
	label string // message key
	copy  func(to, from *customers.Customer)
}

var fieldTable = []fieldRef{
	{"kind", "customer.kind", func(to, from *customers.Customer) { to.Kind = from.Kind }},
	{"name", "customer.name", func(to, from *customers.Customer) { to.Name = from.Name }},
	{"honorific", "record.honorific", func(to, from *customers.Customer) { to.Honorific = from.Honorific }},
	{"given_name", "record.given_name", func(to, from *customers.Customer) { to.Given = from.Given }},
	{"middle_name", "record.middle_name", func(to, from *customers.Customer) { to.Middle = from.Middle }},
	{"family_name", "record.family_name", func(to, from *customers.Customer) { to.Family = from.Family }},
	{"suffix", "record.suffix", func(to, from *customers.Customer) { to.Suffix = from.Suffix }},
	{"nickname", "record.nickname", func(to, from *customers.Customer) { to.Nickname = from.Nickname }},
	{"addressing", "record.addressing", func(to, from *customers.Customer) { to.Addressing = from.Addressing }},
	{"language", "customer.language", func(to, from *customers.Customer) { to.Language = from.Language }},
	{"channel", "customer.channel", func(to, from *customers.Customer) { to.Channel = from.Channel }},
	{"hours", "record.hours", func(to, from *customers.Customer) { to.Hours = from.Hours }},
	{"birthday", "customer.birthday", func(to, from *customers.Customer) { to.Birthday = from.Birthday }},
	{"remember", "record.remember", func(to, from *customers.Customer) { to.Remember = from.Remember }},
	{"owner_id", "customer.owner", func(to, from *customers.Customer) { to.Owner = from.Owner }},
	{"parent_id", "customer.parent", func(to, from *customers.Customer) { to.Parent = from.Parent }},
	{"phase", "customer.phase", func(to, from *customers.Customer) { to.Phase = from.Phase }},
	{"roles", "customer.reseller", func(to, from *customers.Customer) { to.Reseller = from.Reseller }},
	{"external_id", "customer.external_id", func(to, from *customers.Customer) { to.ExternalID = from.ExternalID }},
	{"source", "customer.source", func(to, from *customers.Customer) { to.Source = from.Source }},
	{"archived", "customer.archived", func(to, from *customers.Customer) { to.Archived = from.Archived }},
	{"emails", "customer.email", func(to, from *customers.Customer) { to.Emails = slices.Clone(from.Emails) }},
	{"phones", "customer.phone", func(to, from *customers.Customer) { to.Phones = slices.Clone(from.Phones) }},
	{"addresses", "record.address", func(to, from *customers.Customer) { to.Addresses = slices.Clone(from.Addresses) }},
	{"handles", "record.handles", func(to, from *customers.Customer) { to.Handles = slices.Clone(from.Handles) }},
	{"relations", "record.relations", func(to, from *customers.Customer) { to.Relations = slices.Clone(from.Relations) }},
	{"consents", "record.consents", func(to, from *customers.Customer) { to.Consents = slices.Clone(from.Consents) }},
	{"tags", "record.tags", func(to, from *customers.Customer) { to.Tags = slices.Clone(from.Tags) }},
	{"traits", "record.traits", func(to, from *customers.Customer) { to.Traits = slices.Clone(from.Traits) }},
}

// fieldLabel returns the key of a field's message, or "".
func fieldLabel(name string) string {
	for _, f := range fieldTable {
		if f.name == name {
			return f.label
		}
	}
	return ""
}

// references returns the ids of users and customers that a customer names.
func references(list ...*customers.Customer) (users, others []ids.ID) {
	for _, c := range list {
		if !c.Owner.IsZero() {
			users = append(users, c.Owner)
		}
		if !c.Parent.IsZero() {
			others = append(others, c.Parent)
		}
		for _, t := range c.Relations {
			others = append(others, t.Other)
		}
	}
	return users, others
}
