package portable

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
)

// appendRow appends a JSON object with the given columns. Values are as the
// database returns them: nil, int64, string, []byte.
func appendRow(b []byte, cols []db.Column, vals []any) []byte {
	b = append(b, '{')
	for i, c := range cols {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = append(b, c.Name...)
		b = append(b, '"', ':')
		b = appendValue(b, c.Type, vals[i])
	}
	return append(b, '}')
}

func appendValue(b []byte, typ string, v any) []byte {
	switch v := v.(type) {
	case int64:
		if typ == "BOOLEAN" {
			return strconv.AppendBool(b, v != 0)
		}
		return strconv.AppendInt(b, v, 10)
	case bool:
		return strconv.AppendBool(b, v)
	case string:
		return appendString(b, v)
	case ids.ID:
		return appendID(b, v)
	case []byte:
		if typ == "UUID" && len(v) == len(ids.ID{}) {
			return appendID(b, ids.ID(v))
		}
		b = append(b, '"')
		b = base64.StdEncoding.AppendEncode(b, v)
		return append(b, '"')
	}
	return append(b, "null"...)
}

func appendID(b []byte, id ids.ID) []byte {
	b = append(b, '"')
	b = append(b, id.String()...)
	return append(b, '"')
}

// appendString appends a JSON string.
func appendString(b []byte, s string) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		default:
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
	}
	b = append(b, s[from:]...)
	return append(b, '"')
}

// parseRow reads a line of an export: the values of cols, each of which it
// must have. Other columns are ignored. A bad line is an Invalid error.
func parseRow(line []byte, cols []db.Column) ([]any, error) {
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.UseNumber()
	raw := map[string]any{}
	if err := dec.Decode(&raw); err != nil {
		return nil, badRow(err)
	}
	if len(bytes.TrimSpace(line[dec.InputOffset():])) > 0 {
		return nil, badRow(fmt.Errorf("more than one object"))
	}
	vals := make([]any, len(cols))
	for i, c := range cols {
		v, ok := raw[c.Name]
		if !ok {
			return nil, badRow(fmt.Errorf("no column %s", c.Name))
		}
		var err error
		if vals[i], err = parseValue(c.Type, v); err != nil {
			return nil, badRow(fmt.Errorf("column %s: %w", c.Name, err))
		}
	}
	return vals, nil
}

func badRow(cause error) error { return errs.New(errs.Invalid, "portable.bad_row").Because(cause) }

// parseValue converts a JSON value to one of a column: nil, int64, bool,
// string, ids.ID or []byte.
func parseValue(typ string, v any) (any, error) {
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
			// The decoder has replaced what is no UTF-8.
			if strings.ContainsRune(x, 0) || !utf8.ValidString(x) {
				return nil, fmt.Errorf("a text that can't be stored")
			}
			return x, nil
		case "UUID":
			return ids.Parse(x)
		case "BYTEA":
			return base64.StdEncoding.DecodeString(x)
		}
	}
	return nil, fmt.Errorf("%.40v is no %s", v, typ)
}
