package list

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"

	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
)

// A cursor is a place in a list: just behind, or if it leads back just before,
// the row with the given key and id. It holds all that is needed to go on, so
// that any process of any node understands it.
type cursor struct {
	back   bool
	before int64 // rows of the list before the page it leads to, or, if it leads back, before the page it comes from
	key    any   // value of the sorted column: nil, int64, string, bool or ids.ID
	id     any   // int64, string or ids.ID
}

// cursorVersion is the first byte of cursors. Others are refused.
const cursorVersion = 1

// sealSize is the length of the checksum behind a cursor.
const sealSize = 6

// Kinds of values in a cursor.
const (
	nullValue = iota
	intValue
	textValue
	boolValue
	idValue
)

// String returns the cursor for addresses. scope names the list and its order:
// in others the cursor is refused.
func (c cursor) String(scope string) string {
	b := []byte{cursorVersion, 0}
	if c.back {
		b[1] = 1
	}
	b = binary.AppendVarint(b, c.before)
	b = appendValue(b, c.key)
	b = appendValue(b, c.id)
	return base64.RawURLEncoding.EncodeToString(append(b, seal(b, scope)...))
}

// seal returns a checksum. It finds damage and mistakes. It keeps no secret:
// whoever makes a cursor sees what they may see, from a place of their choice.
func seal(b []byte, scope string) []byte {
	sum := sha256.Sum256(append([]byte(scope+"\x00"), b...))
	return sum[:sealSize]
}

var errCursor = errors.New("damaged cursor")

// parseCursor reads what [cursor.String] wrote. It returns an Invalid error for
// anything else.
func parseCursor(text, scope string) (cursor, error) {
	c, err := decodeCursor(text, scope)
	if err != nil {
		return c, errs.InvalidField("cursor", "list.cursor").Because(err)
	}
	return c, nil
}

func decodeCursor(text, scope string) (c cursor, err error) {
	if len(text) > 8192 {
		return c, errCursor
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return c, err
	}
	n := len(b) - sealSize
	if n < 2 || b[0] != cursorVersion || b[1] > 1 || string(b[n:]) != string(seal(b[:n], scope)) {
		return c, errCursor
	}
	c.back = b[1] == 1
	b = b[2:n]
	before, n := binary.Varint(b)
	if n <= 0 {
		return c, errCursor
	}
	c.before = before
	if c.key, b, err = cutValue(b[n:]); err != nil {
		return c, err
	}
	if c.id, b, err = cutValue(b); err != nil || len(b) > 0 || c.id == nil {
		return c, errCursor
	}
	return c, nil
}

func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case int64:
		return binary.AppendVarint(append(b, intValue), v)
	case string:
		b = binary.AppendUvarint(append(b, textValue), uint64(len(v)))
		return append(b, v...)
	case bool:
		if v {
			return append(b, boolValue, 1)
		}
		return append(b, boolValue, 0)
	case ids.ID:
		return append(append(b, idValue), v[:]...)
	}
	return append(b, nullValue)
}

// cutValue reads a value from the beginning of b and returns the rest.
func cutValue(b []byte) (v any, rest []byte, err error) {
	if len(b) == 0 {
		return nil, nil, errCursor
	}
	kind, b := b[0], b[1:]
	switch kind {
	case nullValue:
		return nil, b, nil
	case intValue:
		if v, n := binary.Varint(b); n > 0 {
			return v, b[n:], nil
		}
	case textValue:
		if size, n := binary.Uvarint(b); n > 0 && size <= uint64(len(b)-n) {
			return string(b[n : n+int(size)]), b[n+int(size):], nil
		}
	case boolValue:
		if len(b) > 0 && b[0] <= 1 {
			return b[0] == 1, b[1:], nil
		}
	case idValue:
		if len(b) >= 16 {
			return ids.ID(b[:16]), b[16:], nil
		}
	}
	return nil, nil, errCursor
}
