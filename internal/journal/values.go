package journal

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
)

// A row holds values by column: nil, int64, bool, string, ids.ID or []byte,
// depending on the column's type.
type row map[string]any

// decode reads a JSON object of the journal. Columns that the table no longer
// has are dropped.
func (t *table) decode(text string) (row, error) {
	if text == "{}" || text == "" {
		return row{}, nil
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	raw := map[string]any{}
	if err := dec.Decode(&raw); err != nil {
		return nil, fmt.Errorf("journal of %s: %w", t.Name, err)
	}
	r := make(row, len(raw))
	for col, v := range raw {
		typ, ok := t.types[col]
		if !ok {
			continue
		}
		v, err := value(typ, v)
		if err != nil {
			return nil, fmt.Errorf("journal of %s.%s: %w", t.Name, col, err)
		}
		r[col] = v
	}
	return r, nil
}

// value converts a JSON value to that of a column of the given type.
func value(typ string, v any) (any, error) {
	switch x := v.(type) {
	case nil:
		return nil, nil
	case bool:
		if typ == "BOOLEAN" {
			return x, nil
		}
	case json.Number:
		if typ == "BIGINT" {
			return x.Int64()
		}
	case string:
		switch typ {
		case "TEXT":
			return x, nil
		case "UUID", "BYTEA":
			b, err := hex.DecodeString(x)
			if err != nil || typ == "BYTEA" {
				return b, err
			}
			if len(b) == len(ids.ID{}) {
				return ids.ID(b), nil
			}
		}
	}
	return nil, fmt.Errorf("%v is no value of type %s", v, typ)
}

// scan returns a function that reads the given columns of t in order.
func (t *table) scan(cols []db.Column) func(db.Scanner, *row) error {
	vals := make([]any, len(cols))
	dest := make([]any, len(cols))
	for i := range vals {
		dest[i] = &vals[i]
	}
	return func(s db.Scanner, r *row) error {
		if err := s.Scan(dest...); err != nil {
			return err
		}
		*r = make(row, len(cols))
		for i, c := range cols {
			(*r)[c.Name] = stored(c.Type, vals[i])
		}
		return nil
	}
}

// stored converts what the database returned for a column.
func stored(typ string, v any) any {
	switch x := v.(type) {
	case []byte:
		if typ == "UUID" && len(x) == len(ids.ID{}) {
			return ids.ID(x)
		}
	case int64:
		if typ == "BOOLEAN" {
			return x != 0
		}
	}
	return v
}

func same(a, b any) bool {
	x, ok := a.([]byte)
	y, ok2 := b.([]byte)
	if ok && ok2 {
		return bytes.Equal(x, y)
	}
	return ok == ok2 && a == b
}

// appendObject appends a JSON object of the given columns in the form that
// the journal's triggers write.
func appendObject(b []byte, r row, cols []string) []byte {
	b = append(b, '{')
	for i, c := range cols {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = append(b, c...)
		b = append(b, '"', ':')
		switch v := r[c].(type) {
		case nil:
			b = append(b, "null"...)
		case bool:
			b = strconv.AppendBool(b, v)
		case int64:
			b = strconv.AppendInt(b, v, 10)
		case ids.ID:
			b = append(b, '"')
			b = hex.AppendEncode(b, v[:])
			b = append(b, '"')
		case []byte:
			b = append(b, '"')
			b = hex.AppendEncode(b, v)
			b = append(b, '"')
		case string:
			b = appendString(b, v)
		}
	}
	return append(b, '}')
}

// appendString appends a JSON string.
func appendString(b []byte, s string) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		case c < utf8.RuneSelf:
			b = append(b, c)
		default:
			r, n := utf8.DecodeRuneInString(s[i:])
			b = utf8.AppendRune(b, r)
			i += n
			continue
		}
		i++
	}
	return append(b, '"')
}

// rowKey identifies a row of a table within one record: the values of its key.
func (t *table) rowKey(r row) string {
	if len(t.key) == 1 {
		id, _ := r[t.key[0]].(ids.ID)
		return string(id[:])
	}
	return string(appendObject(nil, r, t.key))
}

// label returns what people would call a row.
func label(r row) string {
	for _, col := range []string{"name", "title", "subject", "label", "value", "alt", "name_id", "name_en", "number", "code"} {
		if s, ok := r[col].(string); ok && s != "" {
			const most = 200
			if len(s) <= most {
				return s
			}
			cut := most
			for !utf8.RuneStart(s[cut]) {
				cut--
			}
			return s[:cut] + "…"
		}
	}
	return ""
}
