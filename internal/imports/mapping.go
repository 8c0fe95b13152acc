package imports

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

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
func (k Kind) ParseMapping(data []byte, header []string) (Mapping, error) {
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
		h, t, err := e.read(k, byName)
		if err != nil {
			return nil, err
		}
		if _, again := m[h]; again {
			return nil, errs.InvalidField("map", "import.map.twice", "name", h)
		}
		if t, err = k.numbered(t, used); err != nil {
			return nil, err
		}
		m[h] = t.String()
	}
	return m, nil
}

// numbered returns t, in the next free group if its own is taken: who maps two
// columns to "phone" means two telephones.
func (k Kind) numbered(t Target, used map[Target]bool) (Target, error) {
	list := k.list(t)
	for n := 2; used[t] && t.Group != "" && list.List && t.Part == list.Parts[0]; n++ {
		t.Group = groupOf(groupWord(t.Group), n)
	}
	if used[t] && t != (Target{}) && !k.noun().joined(t) {
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
func (e mapEntry) read(k Kind, byName map[string]string) (header string, t Target, err error) {
	left, isHeader := byName[headerKey(e.left)]
	leaveOut := e.none || strings.TrimSpace(e.right) == "" || strings.TrimSpace(e.right) == "-"
	if isHeader && leaveOut {
		return left, Target{}, nil
	}
	if target, ok := k.ParseTarget(e.right); ok && isHeader {
		return left, target, nil
	}
	right, rightIsHeader := byName[headerKey(e.right)]
	target, ok := k.ParseTarget(e.left)
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
	if _, ok := k.ParseTarget(e.right); ok {
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
func (k Kind) targets(m Mapping, header []string) []Target {
	list := make([]Target, len(header))
	for i, h := range header {
		if text := m[h]; text != "" {
			list[i], _ = k.ParseTarget(text)
		}
	}
	return list
}

// over returns base with m's columns in place of its own. What a column of
// base had and one of m has now, is taken from it.
func (k Kind) over(m, base Mapping, header []string) Mapping {
	out := Mapping{}
	used := map[Target]bool{}
	for h, text := range m {
		out[h] = text
		if t, ok := k.ParseTarget(text); ok {
			used[t] = true
		}
	}
	for _, h := range header {
		if _, ok := m[h]; ok {
			continue
		}
		t, ok := k.ParseTarget(base[h])
		if !ok || used[t] && k.list(t).whole {
			continue // half an address more is none
		}
		if t, err := k.numbered(t, used); err == nil {
			out[h] = t.String()
		}
	}
	return out
}

// check returns an Invalid error at the field "map" if nothing would come of a
// row, or at "key" if a key has no column.
func (j *Job) check() error { return j.Kind.check(j.Map, j.Header, j.Keys) }

func (k Kind) check(m Mapping, header []string, keys []Key) error {
	return k.noun().check(k.targets(m, header), keys)
}

// hasField returns a function that reports whether a column becomes one of the
// named fields.
func hasField(targets []Target) func(names ...string) bool {
	return func(names ...string) bool {
		return slices.ContainsFunc(targets, func(t Target) bool { return slices.Contains(names, t.Field) })
	}
}

// checkKeys returns an Invalid error at the field "key" that names a key for
// which there is no column.
func checkKeys(keys []Key, has map[Key]bool) error {
	for _, k := range keys {
		if !has[k] {
			return errs.InvalidField("key", "import.key.column", "name", string(k))
		}
	}
	return nil
}

// ParseKeys reads names of key fields, of which each may hold several with
// commas between. It returns an Invalid error at the field "key" that names
// one that is no key of the kind.
func (k Kind) ParseKeys(names []string) ([]Key, error) {
	all := k.KeyFields()
	var list []Key
	for _, name := range names {
		for part := range strings.SplitSeq(name, ",") {
			part = strings.ToLower(strings.TrimSpace(part))
			if part == "" {
				continue
			}
			key := Key(part)
			if !slices.Contains(all, key) {
				key = k.noun().keyNamed(part)
			}
			if !slices.Contains(all, key) {
				return nil, errs.InvalidField("key", "import.key.unknown", "name", clip(part, 100), "list", joinKeys(all))
			}
			if !slices.Contains(list, key) {
				list = append(list, key)
			}
		}
	}
	slices.SortFunc(list, func(a, b Key) int { return slices.Index(all, a) - slices.Index(all, b) })
	return list, nil
}

func joinKeys(list []Key) string {
	var names []string
	for _, k := range list {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
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
