// Package ids makes and parses the identifiers of Akrab's records.
//
// An ID is a UUID of version 7 (RFC 9562): its first 48 bits are the time of
// creation in Unix milliseconds, so that IDs sort by age and new rows land at
// the end of an index. Inside the program and the database an ID is 16 bytes;
// it is text only outside.
package ids

import (
	"crypto/rand"
	"database/sql/driver"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"sync"
	"time"

	"github.com/akrab-crm/akrab/internal/errs"
)

// An ID identifies a record. The zero ID means "none".
type ID [16]byte

var gen struct {
	sync.Mutex
	last uint64 // milliseconds<<12 | counter of the newest ID
	pool [8 * 256]byte
	used int
}

// New returns an ID of the given time. IDs made by one process strictly
// increase: within a millisecond the 12 bits of rand_a count (RFC 9562 §6.2,
// method 1).
func New(now time.Time) ID {
	gen.Lock()
	defer gen.Unlock()
	stamp := uint64(now.UnixMilli()) << 12
	if stamp <= gen.last {
		stamp = gen.last + 1
	}
	gen.last = stamp
	if gen.used%len(gen.pool) == 0 {
		rand.Read(gen.pool[:])
		gen.used = 0
	}
	var id ID
	binary.BigEndian.PutUint64(id[:8], stamp>>12<<16|7<<12|stamp&0xfff)
	copy(id[8:], gen.pool[gen.used:gen.used+8])
	gen.used += 8
	id[8] = id[8]&0x3f | 0x80
	return id
}

// Time returns when the ID was made, to the millisecond.
func (id ID) Time() time.Time {
	return time.UnixMilli(int64(binary.BigEndian.Uint64(id[:8]) >> 16)).UTC()
}

// IsZero reports whether id is the zero ID.
func (id ID) IsZero() bool { return id == ID{} }

// String returns the canonical text form, or "" for the zero ID.
func (id ID) String() string {
	if id.IsZero() {
		return ""
	}
	b, _ := id.MarshalText()
	return string(b)
}

// MarshalText implements [encoding.TextMarshaler].
func (id ID) MarshalText() ([]byte, error) {
	if id.IsZero() {
		return nil, nil
	}
	b := make([]byte, 36)
	hex.Encode(b, id[:4])
	b[8] = '-'
	hex.Encode(b[9:], id[4:6])
	b[13] = '-'
	hex.Encode(b[14:], id[6:8])
	b[18] = '-'
	hex.Encode(b[19:], id[8:10])
	b[23] = '-'
	hex.Encode(b[24:], id[10:])
	return b, nil
}

// UnmarshalText implements [encoding.TextUnmarshaler]. Empty text is the zero ID.
func (id *ID) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*id = ID{}
		return nil
	}
	v, err := Parse(string(b))
	if err != nil {
		return err
	}
	*id = v
	return nil
}

// Parse reads the canonical text form. A bad ID is a NotFound error: nothing
// has such an ID.
func Parse(s string) (ID, error) {
	var id ID
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return id, errs.New(errs.NotFound, "error.not_found")
	}
	var h [32]byte
	copy(h[:], s[:8])
	copy(h[8:], s[9:13])
	copy(h[12:], s[14:18])
	copy(h[16:], s[19:23])
	copy(h[20:], s[24:])
	if _, err := hex.Decode(id[:], h[:]); err != nil {
		return ID{}, errs.New(errs.NotFound, "error.not_found")
	}
	return id, nil
}

// MustParse is Parse for constants in tests.
func MustParse(s string) ID {
	id, err := Parse(s)
	if err != nil {
		panic(err)
	}
	return id
}

// Value implements [driver.Valuer]: the bytes, or NULL for the zero ID.
func (id ID) Value() (driver.Value, error) {
	if id.IsZero() {
		return nil, nil
	}
	return id[:], nil
}

// Scan implements [database/sql.Scanner]. NULL is the zero ID.
func (id *ID) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*id = ID{}
		return nil
	case []byte:
		if len(v) == 16 {
			copy(id[:], v)
			return nil
		}
	case [16]byte:
		*id = v
		return nil
	case string:
		return id.UnmarshalText([]byte(v))
	}
	return errors.New("ids: not an ID in the database")
}
