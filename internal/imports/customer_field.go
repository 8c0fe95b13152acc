package imports

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
)

// fieldNames are the fields of which a customer has one each, in the order in
// which they are offered.
var fieldNames = []string{
	"name", "honorific", "given_name", "middle_name", "family_name", "suffix", "nickname", "addressing",
	"kind", "is_company", "organization", "title", "department", "role",
	"external_id", "phase", "reseller", "owner", "tags", "source", "archived",
	"birthday", "language", "channel", "hours", "remember",
}

// listParts are the lists with their parts; the first one is meant if none is named.
var listParts = map[string][]string{
	"emails":    {"value", "label", "state", "primary"},
	"phones":    {"value", "label", "state", "primary"},
	"addresses": {"street", "street2", "street3", "number", "rt", "rw", "po_box", "village", "district", "city", "province", "postal_code", "country", "label", "state", "primary"},
	"handles":   {"value", "network"},
	"traits":    {"value", "label"},
}

// lists are their names in the order in which they are offered.
var lists = []string{"emails", "phones", "addresses", "handles", "traits"}

// customerNoun is customers, for the engine.
type customerNoun struct{}

func (customerNoun) why() string { return "import.customers" }

func (customerNoun) fields() []Field {
	var all []Field
	for _, name := range fieldNames {
		all = append(all, Field{Name: name})
	}
	for _, name := range lists {
		all = append(all, Field{Name: name, List: true, Parts: listParts[name], whole: name == "addresses"})
	}
	return all
}

func (customerNoun) joined(t Target) bool { return t.Field == "remember" || t.Field == "tags" }

// keyKinds are the fields by which customers can be known again, the one that
// tells them apart best first.
var keyKinds = []customers.KeyKind{customers.KeyNumber, customers.KeyEmail, customers.KeyPhone, customers.KeyName}

func (customerNoun) keys() []Key {
	var list []Key
	for _, k := range keyKinds {
		list = append(list, Key(k))
	}
	return list
}

func (customerNoun) keyNamed(name string) Key {
	switch t, _ := parseCustomerTarget(name); t.Field {
	case "emails":
		return Key(customers.KeyEmail)
	case "phones":
		return Key(customers.KeyPhone)
	case "external_id", "name":
		return Key(t.Field)
	}
	return ""
}

func (customerNoun) guess(s *sample) []Target {
	g := customerGuesser{sample: *s}
	return g.guess()
}

// defaults: without keys nobody is known, and everybody is new.
func (customerNoun) defaults(s *Settings, _ []Target) {
	if s.Mode == "" && len(s.Keys) > 0 {
		s.Mode = Upsert
	} else if s.Mode == "" {
		s.Mode = Create
	}
}

func (customerNoun) check(targets []Target, keys []Key) error {
	has := hasField(targets)
	if !has("name", "given_name", "middle_name", "family_name", "organization", "external_id", "emails", "phones") {
		return errs.InvalidField("map", "import.map.nothing")
	}
	return checkKeys(keys, map[Key]bool{
		Key(customers.KeyNumber): has("external_id"), Key(customers.KeyEmail): has("emails"), Key(customers.KeyPhone): has("phones"),
		Key(customers.KeyName): has("name", "given_name", "family_name", "organization"),
	})
}

func (customerNoun) program(j *Job, header []string, e *env) program {
	p := compile(header, j.Map)
	p.order, p.region, p.owners = e.order(j), e.set.Region, e.owners
	p.today = j.Made.In(e.zone()).Format(time.DateOnly)
	p.erase, p.cards = j.Erase, j.Source == fromCards
	for _, k := range j.Keys {
		p.keys = append(p.keys, customers.KeyKind(k))
	}
	return p
}

// aliases are other names of fields and lists that programs use.
var aliases = map[string]string{
	"first_name": "given_name", "firstname": "given_name", "last_name": "family_name", "lastname": "family_name", "surname": "family_name",
	"full_name": "name", "company": "organization", "organisation": "organization", "org": "organization", "job_title": "title", "position": "title",
	"note": "remember", "notes": "remember", "date_of_birth": "birthday", "dob": "birthday", "tag": "tags", "labels": "tags",
	"number": "external_id", "code": "external_id", "owner_id": "owner", "owner_email": "owner", "salutation": "honorific", "roles": "reseller",
	"email": "emails", "e-mail": "emails", "mail": "emails", "phone": "phones", "telephone": "phones", "mobile": "phones", "tel": "phones",
	"address": "addresses", "handle": "handles", "website": "handles.website.value", "traits": "traits",
	"street": "addresses.1.street", "street2": "addresses.1.street2", "village": "addresses.1.village", "district": "addresses.1.district",
	"city": "addresses.1.city", "province": "addresses.1.province", "state": "addresses.1.province", "postal_code": "addresses.1.postal_code",
	"postcode": "addresses.1.postal_code", "zip": "addresses.1.postal_code", "country": "addresses.1.country",
	"whatsapp": "phones.whatsapp.value", "instagram": "handles.instagram.value", "facebook": "handles.facebook.value", "linkedin": "handles.linkedin.value",
	"tiktok": "handles.tiktok.value", "telegram": "handles.telegram.value", "line": "handles.line.value",
}

func (customerNoun) over(context.Context, *db.Tx) error { return nil }

func (customerNoun) target(text string) (Target, bool) { return parseCustomerTarget(text) }

func parseCustomerTarget(text string) (Target, bool) {
	text = strings.TrimSpace(text)
	if t, field, ok := parseLabelled(text); field != "" {
		return t, ok && field == "trait"
	}
	s := strings.NewReplacer("[", ".", "]", "", " ", "_", "-", "_").Replace(strings.ToLower(text))
	if t, ok := parsePath(s); ok {
		return t, true
	}
	m, ok := matchHeader(text)
	return m.target, ok
}

const maxLabel = 100 // bytes of the label of a trait or fact

// parsePath reads "field", "list.group.part" and what lies between.
func parsePath(s string) (Target, bool) {
	head, rest, _ := strings.Cut(s, ".")
	head, n := cutNumber(head)
	if full, ok := aliases[head]; ok {
		s, sub, _ := strings.Cut(full, ".")
		head = s
		if sub != "" && rest == "" {
			rest = sub
		}
	}
	parts, isList := listParts[head]
	if !isList {
		return Target{Field: head}, rest == "" && n == "" && slices.Contains(fieldNames, head)
	}
	t := Target{Field: head, Group: n, Part: parts[0]}
	for word := range strings.SplitSeq(rest, ".") {
		switch {
		case word == "":
		case slices.Contains(parts, partAlias(word)):
			t.Part = partAlias(word)
		case t.Group == "" && isGroup(word):
			t.Group = word
		default:
			return Target{}, false
		}
	}
	if t.Group == "" {
		t.Group = "1"
	}
	return t, true
}

func partAlias(word string) string {
	switch word {
	case "e164", "address", "url", "text":
		return "value"
	case "type":
		return "label"
	case "zip", "postcode":
		return "postal_code"
	case "region":
		return "province"
	case "is_primary":
		return "primary"
	}
	return word
}

// cutNumber cuts a number, with or without an underscore before it, off the end.
func cutNumber(s string) (rest, n string) {
	rest = strings.TrimRight(s, "0123456789")
	n = s[len(rest):]
	if len(n) == 0 || len(n) > 3 || rest == "" {
		return s, ""
	}
	if rest == "street" {
		return s, "" // street2 is a name of its own
	}
	return strings.TrimSuffix(rest, "_"), n
}

// isGroup reports whether s may name a group: a number, or a word with or
// without a number behind it.
func isGroup(s string) bool {
	return s != "" && len(s) <= 20 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// groupNumber returns the number of a group, or false if it is a word.
func groupNumber(group string) (int, bool) {
	n, err := strconv.Atoi(group)
	return n, err == nil
}

// groupWord returns the label that the name of a group stands for, "" if it is
// a number.
func groupWord(group string) string {
	return strings.TrimRight(group, "0123456789")
}
