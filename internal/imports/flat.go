package imports

import (
	"maps"
	"slices"
	"strings"

	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/money"
)

// A vocabulary is the fields of records that have one of each, and the names
// that columns for them have.
type vocabulary struct {
	names []string          // of the fields, in the order in which they are offered
	label string            // field that has a label of its own, if there is one
	words map[string]string // field by folded name of a column
}

func newVocabulary(label, lines string) vocabulary {
	v := vocabulary{label: label, words: words(lines)}
	for line := range strings.Lines(lines) {
		if name, _, ok := strings.Cut(line, ":"); ok {
			v.names = append(v.names, strings.TrimSpace(name))
		}
	}
	return v
}

func (v *vocabulary) fields() []Field {
	var all []Field
	for _, name := range v.names {
		all = append(all, Field{Name: name})
	}
	return all
}

// target reads the text of a target, also in a form that the name of a column has.
func (v *vocabulary) target(text string) (Target, bool) {
	text = strings.TrimSpace(text)
	if t, field, ok := parseLabelled(text); field != "" {
		return t, ok && field == v.label
	}
	if slices.Contains(v.names, text) {
		return Target{Field: text}, true
	}
	name, ok := v.match(text)
	return Target{Field: name}, ok
}

// match returns the field that a column of that name is.
func (v *vocabulary) match(header string) (string, bool) {
	for _, s := range []string{header, splitCamel(header)} {
		if name, ok := v.words[fold.Text(s)]; ok {
			return name, true
		}
	}
	return "", false
}

// guess gives each column the field that its name says, the first one of those
// that say the same.
func (v *vocabulary) guess(s *sample) []Target {
	got := make([]Target, len(s.header))
	if !s.named {
		return got
	}
	taken := map[Target]bool{}
	for i, h := range s.header {
		if strings.HasPrefix(strings.ToLower(h), ownPrefix) {
			continue
		}
		if t, ok := v.target(h); ok && !taken[t] {
			taken[t], got[i] = true, t
		}
	}
	return got
}

// columns returns the column of each field.
func columnsOf(targets []Target) map[string]int {
	m := map[string]int{}
	for i, t := range targets {
		if _, ok := m[t.Field]; !ok && t.Field != "" {
			m[t.Field] = i
		}
	}
	return m
}

// in returns the column of a field, or none.
func in(columns map[string]int, field string) int {
	if c, ok := columns[field]; ok {
		return c
	}
	return none
}

// millionths reads a number as a whole number of millionths. Most are plain.
func millionths(s string, decimal rune) (int64, bool) {
	if n, ok := plainMillionths(s, decimal); ok {
		return n, true
	}
	p, err := money.ParsePrice(s, decimal, "")
	return int64(p), err == nil
}

// plainMillionths reads digits with at most one decimal sign and six digits
// behind it, of which there is no doubt.
func plainMillionths(s string, decimal rune) (int64, bool) {
	rest, negative := strings.CutPrefix(s, "-")
	if rest == "" || len(rest) > 12 {
		return 0, false
	}
	n, behind := int64(0), -1
	for _, c := range rest {
		switch {
		case c >= '0' && c <= '9':
			n = n*10 + int64(c-'0')
			if behind >= 0 {
				behind++
			}
		case c == decimal && behind < 0:
			behind = 0
		default:
			return 0, false
		}
	}
	if behind == 0 || behind > 6 || rest[0] == byte(decimal) {
		return 0, false
	}
	for range 6 - max(behind, 0) {
		n *= 10
	}
	if negative {
		n = -n
	}
	return n, true
}

// like counts the columns of a file whose names are fields of the vocabulary
// that say what kind of file it is.
func (v *vocabulary) like(header []string, telling ...string) int {
	found := map[string]bool{}
	for _, h := range header {
		if name, ok := v.match(h); ok && slices.Contains(telling, name) {
			found[name] = true
		}
	}
	return len(slices.Collect(maps.Keys(found)))
}
