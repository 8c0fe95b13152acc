package imports

import (
	"slices"
	"strconv"
	"strings"

	"github.com/akrab-crm/akrab/internal/customers"
)

// A Target is the field of a customer that a column becomes. The zero Target
// leaves the column out.
//
// As text it is the name of a field ("birthday"), or of a list, a group and a
// part ("emails.1.value"), or "trait:" and the label of a characteristic.
// Columns of one list and group make one e-mail address, telephone number,
// address and so on together. A group is a number, which says no more than the
// order, or a word, which is then the label ("phones.work.value").
type Target struct {
	Field string // "birthday", "emails", "trait"
	Group string // of a list: "1", "work"
	Part  string // of a list: "value"; of a trait: its label
}

// String returns the target as text, "" for the zero Target.
func (t Target) String() string {
	switch {
	case t.Field == "trait":
		return "trait:" + t.Part
	case t.Group == "":
		return t.Field
	}
	return t.Field + "." + t.Group + "." + t.Part
}

// fieldNames are the fields of which a customer has one each, in the order in
// which they are offered.
var fieldNames = []string{
	"name", "honorific", "given_name", "middle_name", "family_name", "suffix", "nickname", "addressing",
	"kind", "is_company", "organization", "title", "department", "role",
	"external_id", "phase", "reseller", "owner", "tags", "source", "archived",
	"birthday", "language", "channel", "hours", "remember",
}

// isJoined reports whether several columns may become one field.
func isJoined(t Target) bool { return t.Field == "remember" || t.Field == "tags" }

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

// A Field is something that a column may become.
type Field struct {
	Name  string   // as the text of a [Target], without group
	List  bool     // whether a customer may have several
	Parts []string // of a list
}

// Fields returns everything that a column may become, apart from traits with a
// label of their own.
func Fields() []Field {
	var all []Field
	for _, name := range fieldNames {
		all = append(all, Field{Name: name})
	}
	for _, name := range lists {
		all = append(all, Field{Name: name, List: true, Parts: listParts[name]})
	}
	return all
}

// KeyFields are the fields by which customers can be known again, the one that
// tells them apart best first.
var KeyFields = []customers.KeyKind{customers.KeyNumber, customers.KeyEmail, customers.KeyPhone, customers.KeyName}

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

// ParseTarget reads the text of a target. It takes other usual forms too, such
// as "emails[0].value", "phone_2", "city" or "First name". It reports false
// for what is no field.
func ParseTarget(text string) (Target, bool) {
	text = strings.TrimSpace(text)
	if label, ok := strings.CutPrefix(text, "trait:"); ok {
		label = strings.TrimSpace(label)
		return Target{Field: "trait", Part: label}, label != "" && len(label) <= maxLabel
	}
	s := strings.NewReplacer("[", ".", "]", "", " ", "_", "-", "_").Replace(strings.ToLower(text))
	if t, ok := parsePath(s); ok {
		return t, true
	}
	m, ok := matchHeader(text)
	return m.target, ok
}

const maxLabel = 100 // bytes of the label of a trait

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
