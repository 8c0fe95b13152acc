package imports

import (
	"slices"
	"strings"
)

// A Target is the field of a record that a column becomes. The zero Target
// leaves the column out.
//
// As text it is the name of a field ("birthday"), or of a list, a group and a
// part ("emails.1.value"), or "trait:" and a label. Columns of one list and
// group make one e-mail address, telephone number, address and so on together.
// A group is a number, which says no more than the order, or a word, which is
// then the label ("phones.work.value").
type Target struct {
	Field string // "birthday", "emails", "trait"
	Group string // of a list: "1", "work"
	Part  string // of a list: "value"; of a labelled field: its label
}

// labelled are the fields that have a label of their own instead of a name.
var labelled = []string{"trait", "fact"}

// String returns the target as text, "" for the zero Target.
func (t Target) String() string {
	switch {
	case slices.Contains(labelled, t.Field):
		return t.Field + ":" + t.Part
	case t.Group == "":
		return t.Field
	}
	return t.Field + "." + t.Group + "." + t.Part
}

// parseLabelled reads the target of a labelled field; field is "" if the text
// is none.
func parseLabelled(text string) (t Target, field string, ok bool) {
	head, label, cut := strings.Cut(text, ":")
	if !cut || !slices.Contains(labelled, head) {
		return t, "", false
	}
	label = strings.TrimSpace(label)
	return Target{Field: head, Part: label}, head, label != "" && len(label) <= maxLabel
}

// A Field is something that a column may become.
type Field struct {
	Name  string   // as the text of a [Target], without group
	List  bool     // whether a record may have several
	Parts []string // of a list
	whole bool     // whether a part of one element means nothing without the others
}

// ParseTarget reads the text of a target. It takes other usual forms too, such
// as "emails[0].value", "phone_2", "city" or "First name". It reports false
// for what is no field.
func (k Kind) ParseTarget(text string) (Target, bool) { return k.noun().target(text) }

// Fields returns everything that a column may become, apart from fields with a
// label of their own.
func (k Kind) Fields() []Field { return k.noun().fields() }

// field returns the list that a target belongs to, or the zero Field.
func (k Kind) list(t Target) Field {
	all := k.noun().fields()
	if i := slices.IndexFunc(all, func(f Field) bool { return f.List && f.Name == t.Field }); i >= 0 {
		return all[i]
	}
	return Field{}
}

// A Key is something by which records are known again.
type Key string

// KeyFields returns the keys that imports of a kind can have, the one that
// tells records apart best first.
func (k Kind) KeyFields() []Key { return k.noun().keys() }
