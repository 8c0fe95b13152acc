package customers

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/mailaddr"
	"github.com/akrab-crm/akrab/internal/phone"
)

// The longest texts that are taken, in characters.
const (
	maxShort = 300
	maxLong  = 20_000
	maxParts = 200 // of one kind
)

// Normalize checks c and fills in what follows from what was given: the name
// from its parts, keys of contact points, the primary ones, defaults. region
// is the country of telephone numbers without a country code. The error wraps
// one Invalid error for each field at fault, named as in the API
// ("emails.0.value").
func (c *Customer) Normalize(region string) error {
	var bad errs.List
	c.checkTexts(&bad)
	c.checkChoices(&bad)
	c.checkDates(&bad)
	for i := range c.Emails {
		bad.Add(c.Emails[i].normalize(field("emails", i, "value")))
	}
	for i := range c.Phones {
		bad.Add(c.Phones[i].normalize(field("phones", i, "value"), region))
	}
	for i := range c.Handles {
		c.Handles[i].Key = fold.Text(c.Handles[i].Value)
	}
	for i := range c.Tags {
		c.Tags[i].Key = fold.Text(c.Tags[i].Value)
	}
	if err := bad.Err(); err != nil {
		return err
	}
	c.dropRepeats()
	c.choosePrimaries()
	if strings.TrimSpace(c.Name) == "" {
		c.Name = joinNonEmpty(" ", c.Given, c.Middle, c.Family, c.Suffix)
	}
	if c.Name == "" && c.ExternalID == "" && len(c.Emails) == 0 && len(c.Phones) == 0 {
		return errs.InvalidField("name", "error.required")
	}
	return nil
}

func field(list string, i int, name string) string { return list + "." + strconv.Itoa(i) + "." + name }

// checkTexts refuses text that is too long or that no database holds.
func (c *Customer) checkTexts(bad *errs.List) {
	check := func(name, text string, limit int) {
		if _, err := fold.Clean(text); err != nil {
			bad.Add(errs.InvalidField(name, "error.text_invalid"))
		} else if len(text) > limit && utf8.RuneCountInString(text) > limit {
			bad.Add(errs.InvalidField(name, "error.too_long", "max", limit))
		}
	}
	for _, t := range []struct{ name, text string }{
		{"name", c.Name}, {"honorific", c.Honorific}, {"given_name", c.Given}, {"middle_name", c.Middle},
		{"family_name", c.Family}, {"suffix", c.Suffix}, {"nickname", c.Nickname}, {"addressing", c.Addressing},
		{"language", c.Language}, {"hours", c.Hours}, {"external_id", c.ExternalID}, {"source", c.Source},
	} {
		check(t.name, t.text, maxShort)
	}
	check("remember", c.Remember, maxLong)
	for i, e := range c.Emails {
		check(field("emails", i, "value"), e.Value, maxShort)
		check(field("emails", i, "label"), e.Label, maxShort)
	}
	for i, p := range c.Phones {
		check(field("phones", i, "value"), p.Value, maxShort)
		check(field("phones", i, "label"), p.Label, maxShort)
	}
	for i, a := range c.Addresses {
		for _, t := range []struct{ name, text string }{
			{"label", a.Label}, {"village", a.Village}, {"district", a.District}, {"city", a.City},
			{"province", a.Province}, {"postal_code", a.Postcode}, {"country", a.Country},
		} {
			check(field("addresses", i, t.name), t.text, maxShort)
		}
		check(field("addresses", i, "street"), a.Street, 2000)
	}
	for i, h := range c.Handles {
		check(field("handles", i, "value"), h.Value, 2000)
	}
	for i, r := range c.Relations {
		check(field("relations", i, "role"), r.Role, maxShort)
		check(field("relations", i, "title"), r.Title, maxShort)
		check(field("relations", i, "department"), r.Department, maxShort)
	}
	for i, s := range c.Consents {
		check(field("consents", i, "source"), s.Source, maxShort)
	}
	for i, t := range c.Tags {
		check(fmt.Sprintf("tags.%d", i), t.Value, maxShort)
	}
	for i, t := range c.Traits {
		check(field("traits", i, "label"), t.Label, maxShort)
		check(field("traits", i, "value"), t.Value, 2000)
	}
	for name, n := range map[string]int{"emails": len(c.Emails), "phones": len(c.Phones), "addresses": len(c.Addresses), "handles": len(c.Handles),
		"relations": len(c.Relations), "consents": len(c.Consents), "tags": len(c.Tags), "traits": len(c.Traits)} {
		if n > maxParts {
			bad.Add(errs.InvalidField(name, "customer.too_many", "max", maxParts))
		}
	}
}

// checkChoices fills in defaults and refuses words that are not of their list.
func (c *Customer) checkChoices(bad *errs.List) {
	if c.Kind == "" {
		c.Kind = Person
	}
	if c.Phase == "" {
		c.Phase = Prospect
	}
	oneOf(bad, "kind", c.Kind, Kinds)
	oneOf(bad, "phase", c.Phase, Phases)
	if c.Reseller != "" {
		oneOf(bad, "roles", c.Reseller, Resellers)
	}
	if c.Channel != "" {
		oneOf(bad, "channel", c.Channel, Channels)
	}
	for i := range c.Emails {
		defaultState(bad, field("emails", i, "state"), &c.Emails[i].State)
	}
	for i := range c.Phones {
		defaultState(bad, field("phones", i, "state"), &c.Phones[i].State)
	}
	for i := range c.Addresses {
		defaultState(bad, field("addresses", i, "state"), &c.Addresses[i].State)
		if c.Addresses[i].State == OptedOut { // nobody opts out of a place
			bad.Add(errs.InvalidField(field("addresses", i, "state"), "error.choice"))
		}
	}
	for i := range c.Handles {
		defaultState(bad, field("handles", i, "state"), &c.Handles[i].State)
		oneOf(bad, field("handles", i, "network"), c.Handles[i].Network, Networks)
	}
	for i, r := range c.Relations {
		oneOf(bad, field("relations", i, "kind"), r.Kind, []RelationKind{Member, ServedBy})
		if r.Other.IsZero() || r.Other == c.ID {
			bad.Add(errs.InvalidField(field("relations", i, "other_id"), "customer.relation_other"))
		}
	}
	for i, s := range c.Consents {
		oneOf(bad, field("consents", i, "channel"), s.Channel, Channels)
		oneOf(bad, field("consents", i, "purpose"), s.Purpose, Purposes)
		if s.Source == "" {
			bad.Add(errs.InvalidField(field("consents", i, "source"), "error.required"))
		}
	}
}

func oneOf[T comparable](bad *errs.List, field string, v T, list []T) {
	if !slices.Contains(list, v) {
		bad.Add(errs.InvalidField(field, "error.choice"))
	}
}

func defaultState(bad *errs.List, field string, s *State) {
	if *s == "" {
		*s = Unverified
	}
	oneOf(bad, field, *s, States)
}

func (c *Customer) checkDates(bad *errs.List) {
	check := func(field, date string, yearless bool) {
		if date == "" {
			return
		}
		if yearless && strings.HasPrefix(date, "0000-") {
			date = "2000" + date[4:] // a leap year: 29 February is a birthday
		}
		if _, err := time.Parse(time.DateOnly, date); err != nil {
			bad.Add(errs.InvalidField(field, "date.invalid"))
		}
	}
	check("birthday", c.Birthday, true)
	for i, r := range c.Relations {
		check(field("relations", i, "from"), r.From, false)
		check(field("relations", i, "to"), r.To, false)
		if r.From != "" && r.To != "" && r.To < r.From {
			bad.Add(errs.InvalidField(field("relations", i, "to"), "customer.to_before_from"))
		}
	}
}

func (e *Email) normalize(field string) *errs.Error {
	a, err := mailaddr.Parse(e.Value)
	if err != nil {
		if e.State == Unusable { // kept as it came, to be mended
			e.Key = strings.ToLower(e.Value)
			return nil
		}
		return errs.InvalidField(field, "mailaddr.invalid")
	}
	e.Value, e.Key = a.Text, a.Key
	return nil
}

func (p *Phone) normalize(field, region string) *errs.Error {
	n, err := phone.Parse(p.Value, region)
	if err != nil {
		if p.State == Unusable {
			p.E164, p.Key = "", digits(p.Value)
			return nil
		}
		return errs.InvalidField(field, "phone.invalid")
	}
	p.E164, p.Key = n.E164, strings.TrimPrefix(n.E164, "+")
	if n.E164 == "" {
		p.Key = n.Digits
	}
	return nil
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// dropRepeats drops contact points and tags that are given twice.
func (c *Customer) dropRepeats() {
	c.Emails = unique(c.Emails, func(e *Email) string { return e.Key })
	c.Phones = unique(c.Phones, func(p *Phone) string { return p.Key })
	c.Handles = unique(c.Handles, func(h *Handle) string { return h.Network + " " + h.Value })
	c.Tags = unique(c.Tags, func(t *Tag) string { return t.Key })
	c.Tags = slices.DeleteFunc(c.Tags, func(t Tag) bool { return strings.TrimSpace(t.Value) == "" })
}

func unique[P any](list []P, key func(*P) string) []P {
	if len(list) < 2 {
		return list
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(list, func(p P) bool {
		k := key(&p)
		if k == "" {
			return false
		}
		again := seen[k]
		seen[k] = true
		return again
	})
}

// choosePrimaries leaves one primary of each kind of contact point: the first
// that was marked, else the first that works, else the first.
func (c *Customer) choosePrimaries() {
	primary(c.Emails, func(e *Email) (*bool, bool) { return &e.Primary, e.State != Unusable })
	primary(c.Phones, func(p *Phone) (*bool, bool) { return &p.Primary, p.State != Unusable })
	primary(c.Addresses, func(a *Address) (*bool, bool) { return &a.Primary, a.State != Unusable })
	primary(c.Handles, func(h *Handle) (*bool, bool) { return &h.Primary, h.State != Unusable })
	primary(c.Relations, func(r *Relation) (*bool, bool) { return &r.Primary, r.Kind == Member && r.To == "" })
}

func primary[P any](list []P, of func(*P) (flag *bool, works bool)) {
	best := -1
	for i := range list {
		flag, works := of(&list[i])
		if *flag {
			best = i
			break
		}
		if works && best < 0 {
			best = i
		}
	}
	if best < 0 {
		best = 0
	}
	for i := range list {
		flag, _ := of(&list[i])
		*flag = i == best
	}
}

// derive computes what follows from the parts.
func (c *Customer) derive() {
	c.Email, c.Phone, c.City, c.parts = "", "", "", 0
	for _, e := range c.Emails {
		if e.Primary {
			c.Email = e.Value
		}
	}
	for _, p := range c.Phones {
		if p.Primary {
			c.Phone = p.E164
			if c.Phone == "" {
				c.Phone = p.Value
			}
		}
	}
	for _, a := range c.Addresses {
		if a.Primary {
			c.City = a.City
		}
	}
	for _, h := range handlers {
		c.parts |= h.bits(c)
	}
}

// nameKey is the key by which the customer is sorted: those without a name
// come last.
func (c *Customer) nameKey() string {
	if key := fold.SortKey(c.Name); key != "" {
		return key
	}
	return "~" + fold.SortKey(joinNonEmpty(" ", c.Name, c.ExternalID, c.Phone, c.Email))
}

// sameRow reports whether a and b have the same columns in table customer.
func sameRow(a, b *Customer) bool {
	return equalValues(rowValues(a), rowValues(b))
}

func rowValues(c *Customer) []any {
	return []any{c.Kind, c.Name, c.Honorific, c.Given, c.Middle, c.Family, c.Suffix, c.Nickname, c.Addressing, c.Language, c.Channel,
		c.Hours, c.Birthday, c.Remember, c.Owner, c.Parent, c.Phase, c.Reseller, c.ExternalID, c.Source, c.Archived}
}

func etag(id ids.ID, rev int64) string { return `"` + strconv.FormatInt(rev, 36) + `"` }
