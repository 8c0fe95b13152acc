package activity

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"time"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
)

// A Place is where a page of a timeline ends: what is older comes next. The
// zero Place is the beginning.
type Place struct {
	At time.Time
	ID ids.ID
}

// String returns the place as an opaque cursor; "" for the beginning.
func (p Place) String() string {
	if p.ID.IsZero() {
		return ""
	}
	b := binary.BigEndian.AppendUint64(nil, uint64(p.At.UnixMilli()))
	return base64.RawURLEncoding.EncodeToString(append(b, p.ID[:]...))
}

// Before returns the place that the timeline goes on from with i.
func (i *Interaction) Before() Place {
	id := i.ID
	for n := len(id) - 1; n >= 0; n-- {
		if id[n]++; id[n] != 0 {
			break
		}
	}
	return Place{i.At, id}
}

// ParsePlace reads a cursor made by String.
func ParsePlace(s string) (Place, error) {
	if s == "" {
		return Place{}, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) != 24 {
		return Place{}, errs.InvalidField("cursor", "list.cursor")
	}
	return Place{db.Time(int64(binary.BigEndian.Uint64(b))), ids.ID(b[8:])}, nil
}

// A Filter narrows a timeline.
type Filter struct {
	Kinds []Kind // only these; all if empty
	Own   bool   // without the people of an organisation
	Limit int    // 50 if zero, at most 200
}

// A Page is a part of a timeline, newest first.
type Page struct {
	Items []Interaction
	Next  string // cursor of the next page; empty if this is the last
}

// far and lastID stand before the newest interaction.
const far = int64(1) << 62

var lastID = ids.ID(bytes.Repeat([]byte{0xff}, 16))

// Timeline returns the interactions of a customer, and of the people of an
// organisation or household, that tx's actor may see, newest first.
func Timeline(ctx context.Context, tx *db.Tx, customer ids.ID, after Place, f Filter) (Page, error) {
	if f.Limit <= 0 {
		f.Limit = 50
	}
	f.Limit = min(f.Limit, 200)
	circle := []ids.ID{customer}
	if !f.Own {
		var err error
		if circle, err = customers.Circle(ctx, tx, customer); err != nil {
			return Page{}, err
		}
	}
	at, id := far, lastID
	if !after.ID.IsZero() {
		at, id = after.At.UnixMilli(), after.ID
	}
	var all []Interaction
	for _, of := range circle {
		list, err := stream(ctx, tx, of, at, id, f)
		if err != nil {
			return Page{}, err
		}
		all = append(all, list...)
	}
	if len(circle) > 1 {
		slices.SortFunc(all, newestFirst)
	}
	var page Page
	if len(all) > f.Limit {
		all = all[:f.Limit]
		last := all[f.Limit-1]
		page.Next = Place{last.At, last.ID}.String()
	}
	page.Items = all
	return page, loadFiles(ctx, tx, all)
}

func newestFirst(a, b Interaction) int {
	return cmp.Or(b.At.Compare(a.At), slices.Compare(b.ID[:], a.ID[:]))
}

// stream returns one more than f.Limit interactions of one customer, so that
// it shows whether there are more.
func stream(ctx context.Context, tx *db.Tx, of ids.ID, at int64, id ids.ID, f Filter) ([]Interaction, error) {
	if len(f.Kinds) == 0 {
		return db.List(ctx, tx, scan, `
			SELECT `+cols+` FROM interaction i
			WHERE i.customer_id = $1 AND (i.occurred_at, i.id) < ($2, $3)
				AND (NOT i.private OR i.actor_id = $4)
			ORDER BY i.occurred_at DESC, i.id DESC LIMIT $5`, of, at, id, tx.Who.User, f.Limit+1)
	}
	return db.ListIn(ctx, tx, scan, f.Kinds, `
		SELECT `+cols+` FROM interaction i
		WHERE i.customer_id = $1 AND (i.occurred_at, i.id) < ($2, $3)
			AND (NOT i.private OR i.actor_id = $4) AND i.kind IN ($list)
		ORDER BY i.occurred_at DESC, i.id DESC LIMIT $5`, of, at, id, tx.Who.User, f.Limit+1)
}

// Pinned returns the pinned interactions of a customer, newest first.
func Pinned(ctx context.Context, tx *db.Tx, customer ids.ID) ([]Interaction, error) {
	list, err := db.List(ctx, tx, scan, `
		SELECT `+cols+` FROM interaction i
		WHERE i.customer_id = $1 AND i.pinned AND (NOT i.private OR i.actor_id = $2)
		ORDER BY i.occurred_at DESC, i.id DESC LIMIT 50`, customer, tx.Who.User)
	if err != nil {
		return nil, err
	}
	return list, loadFiles(ctx, tx, list)
}

// Promises returns what was promised to a customer and is not kept yet, the
// first due first.
func Promises(ctx context.Context, tx *db.Tx, customer ids.ID) ([]Interaction, error) {
	return db.List(ctx, tx, scan, `
		SELECT `+cols+` FROM interaction i
		WHERE i.customer_id = $1 AND i.promise <> '' AND i.kept_at IS NULL AND (NOT i.private OR i.actor_id = $2)
		ORDER BY i.due_at NULLS LAST, i.id LIMIT 50`, customer, tx.Who.User)
}

// Due returns the promises of everybody, or of one user if by is not zero,
// that are due until a time and not kept yet, the first due first.
func Due(ctx context.Context, tx *db.Tx, by ids.ID, until time.Time, limit int) ([]Interaction, error) {
	if by.IsZero() {
		return db.List(ctx, tx, scan, `
			SELECT `+cols+` FROM interaction i
			WHERE i.due_at IS NOT NULL AND i.kept_at IS NULL AND i.due_at <= $1 AND (NOT i.private OR i.actor_id = $2)
			ORDER BY i.due_at, i.id LIMIT $3`, until.UnixMilli(), tx.Who.User, limit)
	}
	return db.List(ctx, tx, scan, `
		SELECT `+cols+` FROM interaction i
		WHERE i.due_at IS NOT NULL AND i.kept_at IS NULL AND i.due_at <= $1 AND i.actor_id = $2
		ORDER BY i.due_at, i.id LIMIT $3`, until.UnixMilli(), by, limit)
}

// Keep marks a promise as kept, or as open again.
func Keep(ctx context.Context, tx *db.Tx, id ids.ID, kept bool) error {
	_, err := Update(ctx, tx, id, 0, func(i *Interaction) error {
		i.Kept = time.Time{}
		if kept {
			i.Kept = tx.Now
		}
		return nil
	})
	return err
}

type idName struct {
	id   ids.ID
	name string
}

// Names returns what those of the given interactions are called that tx's
// actor may see: their subject, else how they begin.
func Names(ctx context.Context, tx *db.Tx, list []ids.ID) (map[ids.ID]string, error) {
	rows, err := db.ListIn(ctx, tx, func(s db.Scanner, r *idName) error { return s.Scan(&r.id, &r.name) }, list, `
		SELECT id, CASE WHEN subject <> '' THEN subject ELSE SUBSTR(body, 1, 80) END FROM interaction
		WHERE id IN ($list) AND (NOT private OR actor_id = $1)`, tx.Who.User)
	names := make(map[ids.ID]string, len(rows))
	for _, r := range rows {
		names[r.id] = r.name
	}
	return names, err
}
