package imports

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/fold"
)

// A Mapping says what each column becomes, by its header; as JSON, the text of
// its target, or "" to leave it out.
type Mapping map[string]string

// maxMap bounds the JSON of a mapping in bytes.
const maxMap = 1 << 20

// ParseMapping reads a mapping as people and programs write it, for a file
// with the given header. It takes
//
//	{"Header": "field"}
//	{"field": "Header"} and {"field": ["Header 1", "Header 2"]}
//	{"columns": {"Header": "field"}}
//
// where "", "-" and null leave a column out. Columns that it doesn't name are
// absent from the result. It returns an Invalid error at the field "map" that
// names an unknown field or column, or one that is given twice.
func ParseMapping(data []byte, header []string) (Mapping, error) {
	entries, err := mapEntries(data)
	if err != nil {
		return nil, err
	}
	byName := map[string]string{}
	for _, h := range header {
		byName[headerKey(h)] = h
	}
	m := Mapping{}
	used := map[Target]bool{}
	for _, e := range entries {
		h, t, err := e.read(byName)
		if err != nil {
			return nil, err
		}
		if _, again := m[h]; again {
			return nil, errs.InvalidField("map", "import.map.twice", "name", h)
		}
		if t, err = numbered(t, used); err != nil {
			return nil, err
		}
		m[h] = t.String()
	}
	return m, nil
}

// numbered returns t, in the next free group if its own is taken: who maps two
// columns to "phone" means two telephones.
func numbered(t Target, used map[Target]bool) (Target, error) {
	for n := 2; used[t] && t.Group != "" && t.Part == listParts[t.Field][0]; n++ {
		t.Group = groupOf(groupWord(t.Group), n)
	}
	if used[t] && t != (Target{}) && !isJoined(t) {
		return t, errs.InvalidField("map", "import.map.field_twice", "name", t.String())
	}
	used[t] = true
	return t, nil
}

// headerKey is equal for names of columns that are written alike.
func headerKey(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// A mapEntry is one pair of a mapping, whichever side the column stands on.
type mapEntry struct {
	left, right string
	none        bool // right is null
}

// read returns the column and its target.
func (e mapEntry) read(byName map[string]string) (header string, t Target, err error) {
	left, isHeader := byName[headerKey(e.left)]
	leaveOut := e.none || strings.TrimSpace(e.right) == "" || strings.TrimSpace(e.right) == "-"
	if isHeader && leaveOut {
		return left, Target{}, nil
	}
	if target, ok := ParseTarget(e.right); ok && isHeader {
		return left, target, nil
	}
	right, rightIsHeader := byName[headerKey(e.right)]
	target, ok := ParseTarget(e.left)
	switch {
	case ok && rightIsHeader:
		return right, target, nil
	case leaveOut: // a column that this file doesn't have, left out anyway
		return e.left, Target{}, nil
	case isHeader:
		return "", t, errs.InvalidField("map", "import.map.field", "name", clip(e.right, 100))
	case ok:
		return "", t, errs.InvalidField("map", "import.map.column", "name", clip(e.right, 100))
	}
	if _, ok := ParseTarget(e.right); ok {
		return "", t, errs.InvalidField("map", "import.map.column", "name", clip(e.left, 100))
	}
	return "", t, errs.InvalidField("map", "import.map.field", "name", clip(e.left, 100))
}

// mapEntries reads the JSON of a mapping in its order.
func mapEntries(data []byte) ([]mapEntry, error) {
	bad := errs.InvalidField("map", "import.map.json")
	data = bytes.TrimPrefix(bytes.TrimSpace(data), []byte("\xEF\xBB\xBF"))
	if len(data) == 0 {
		return nil, nil
	}
	if len(data) > maxMap {
		return nil, bad
	}
	var wrapped struct {
		Columns json.RawMessage `json:"columns"`
	}
	if err := json.Unmarshal(data, &wrapped); err != nil {
		return nil, bad.Because(err)
	}
	if len(wrapped.Columns) > 0 && wrapped.Columns[0] == '{' {
		data = wrapped.Columns
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, bad
	}
	var list []mapEntry
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, bad.Because(err)
		}
		name, _ := key.(string)
		var value any
		if err := d.Decode(&value); err != nil {
			return nil, bad.Because(err)
		}
		values, ok := value.([]any)
		if !ok {
			values = []any{value}
		}
		for _, v := range values {
			text, isText := v.(string)
			if !isText && v != nil {
				return nil, errs.InvalidField("map", "import.map.field", "name", clip(name, 100))
			}
			list = append(list, mapEntry{left: name, right: text, none: v == nil})
		}
	}
	return list, nil
}

// clip returns the longest beginning of s of at most n bytes that splits no character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n]
}

// targets returns the target of each column. A text that is no field, which
// only an older version can have stored, leaves its column out.
func (m Mapping) targets(header []string) []Target {
	list := make([]Target, len(header))
	for i, h := range header {
		if text := m[h]; text != "" {
			list[i], _ = ParseTarget(text)
		}
	}
	return list
}

// over returns base with m's columns in place of its own. What a column of
// base had and one of m has now, is taken from it.
func (m Mapping) over(base Mapping, header []string) Mapping {
	out := Mapping{}
	used := map[Target]bool{}
	for h, text := range m {
		out[h] = text
		if t, ok := ParseTarget(text); ok {
			used[t] = true
		}
	}
	for _, h := range header {
		if _, ok := m[h]; ok {
			continue
		}
		t, ok := ParseTarget(base[h])
		if !ok || used[t] && t.Field == "addresses" {
			continue // half an address more is none
		}
		if t, err := numbered(t, used); err == nil {
			out[h] = t.String()
		}
	}
	return out
}

// check returns an Invalid error at the field "map" if nothing would come of a
// row, or at "key" if a key has no column.
func (m Mapping) check(header []string, keys []customers.KeyKind) error {
	var list []string
	for _, t := range m.targets(header) {
		list = append(list, t.Field)
	}
	has := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(list, n) })
	}
	if !has("name", "given_name", "middle_name", "family_name", "organization", "external_id", "emails", "phones") {
		return errs.InvalidField("map", "import.map.nothing")
	}
	for _, k := range keys {
		ok := false
		switch k {
		case customers.KeyNumber:
			ok = has("external_id")
		case customers.KeyEmail:
			ok = has("emails")
		case customers.KeyPhone:
			ok = has("phones")
		case customers.KeyName:
			ok = has("name", "given_name", "family_name", "organization")
		}
		if !ok {
			return errs.InvalidField("key", "import.key.column", "name", string(k))
		}
	}
	return nil
}

// ParseKeys reads names of key fields, of which each may hold several with
// commas between. It returns an Invalid error at the field "key" that names
// one that is no key.
func ParseKeys(names []string) ([]customers.KeyKind, error) {
	var list []customers.KeyKind
	for _, name := range names {
		for part := range strings.SplitSeq(name, ",") {
			part = strings.ToLower(strings.TrimSpace(part))
			if part == "" {
				continue
			}
			k := customers.KeyKind(part)
			switch t, _ := ParseTarget(part); t.Field {
			case "emails":
				k = customers.KeyEmail
			case "phones":
				k = customers.KeyPhone
			case "external_id", "name":
				k = customers.KeyKind(t.Field)
			}
			if !slices.Contains(KeyFields, k) {
				return nil, errs.InvalidField("key", "import.key.unknown", "name", clip(part, 100))
			}
			if !slices.Contains(list, k) {
				list = append(list, k)
			}
		}
	}
	slices.SortFunc(list, func(a, b customers.KeyKind) int { return slices.Index(KeyFields, a) - slices.Index(KeyFields, b) })
	return list, nil
}

// fingerprint is equal for files with the same columns.
func fingerprint(source string, header []string) string {
	sum := sha256.New()
	sum.Write([]byte(source))
	for _, h := range header {
		sum.Write([]byte{0})
		sum.Write([]byte(fold.Text(h)))
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}
