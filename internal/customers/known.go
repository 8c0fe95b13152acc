package customers

import (
	"context"
	"slices"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
)

// A KeyKind is something by which customers are known again.
type KeyKind string

// The kinds of key. Only a number belongs to one customer at most.
const (
	KeyNumber KeyKind = "external_id" // ExternalID
	KeyEmail  KeyKind = "email"       // Key of an e-mail address
	KeyPhone  KeyKind = "phone"       // Key of a telephone number
	KeyName   KeyKind = "name"        // fold.Name of the name
)

// Keys returns the keys of a kind that c, which is normalized, has: none of
// them empty.
func (c *Customer) Keys(kind KeyKind) []string {
	var list []string
	add := func(key string) {
		if key != "" {
			list = append(list, key)
		}
	}
	switch kind {
	case KeyNumber:
		add(c.ExternalID)
	case KeyEmail:
		for i := range c.Emails {
			add(c.Emails[i].Key)
		}
	case KeyPhone:
		for i := range c.Phones {
			add(c.Phones[i].Key)
		}
	case KeyName:
		add(fold.Name(c.Name))
	}
	return list
}

// values64 are as many parameters as the statements of Holders take at a time.
const values64 = `(CAST($1 AS TEXT)), ($2), ($3), ($4), ($5), ($6), ($7), ($8), ($9), ($10), ($11), ($12), ($13), ($14), ($15), ($16),
	($17), ($18), ($19), ($20), ($21), ($22), ($23), ($24), ($25), ($26), ($27), ($28), ($29), ($30), ($31), ($32),
	($33), ($34), ($35), ($36), ($37), ($38), ($39), ($40), ($41), ($42), ($43), ($44), ($45), ($46), ($47), ($48),
	($49), ($50), ($51), ($52), ($53), ($54), ($55), ($56), ($57), ($58), ($59), ($60), ($61), ($62), ($63), ($64)`

type keyHolder struct {
	key string
	id  ids.ID
}

func scanKeyHolder(s db.Scanner, h *keyHolder) error { return s.Scan(&h.key, &h.id) }

// lookUp runs f with the keys, 64 at a time, and returns who has which.
func lookUp(keys []string, f func(args []any) ([]keyHolder, error)) (map[string]ids.ID, error) {
	found := make(map[string]ids.ID)
	args := make([]any, 64)
	for chunk := range slices.Chunk(keys, len(args)) {
		for i := range args {
			args[i] = chunk[min(i, len(chunk)-1)]
		}
		rows, err := f(args)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if !r.id.IsZero() {
				found[r.key] = r.id
			}
		}
	}
	return found, nil
}

// Holders returns a customer who has each of the given keys; those that nobody
// has are absent. It looks at one customer only, however many share a key.
func Holders(ctx context.Context, tx *db.Tx, kind KeyKind, keys []string) (map[string]ids.ID, error) {
	return lookUp(keys, func(args []any) ([]keyHolder, error) {
		switch kind {
		case KeyNumber:
			return db.List(ctx, tx, scanKeyHolder, `WITH v (k) AS (VALUES `+values64+`)
				SELECT v.k, (SELECT c.id FROM customer c WHERE c.external_id = v.k AND c.external_id <> '') FROM v`, args...)
		case KeyEmail:
			return db.List(ctx, tx, scanKeyHolder, `WITH v (k) AS (VALUES `+values64+`)
				SELECT v.k, (SELECT e.customer_id FROM customer_email e WHERE e.key = v.k ORDER BY e.customer_id LIMIT 1) FROM v`, args...)
		case KeyPhone:
			return db.List(ctx, tx, scanKeyHolder, `WITH v (k) AS (VALUES `+values64+`)
				SELECT v.k, (SELECT p.customer_id FROM customer_phone p WHERE p.key = v.k ORDER BY p.customer_id LIMIT 1) FROM v`, args...)
		}
		return db.List(ctx, tx, scanKeyHolder, `WITH v (k) AS (VALUES `+values64+`)
			SELECT v.k, (SELECT c.id FROM customer c WHERE c.match_key = v.k AND c.match_key <> '' LIMIT 1) FROM v`, args...)
	})
}

// SecondHolders is Holders for those who have a key besides the one whom
// Holders returns.
func SecondHolders(ctx context.Context, tx *db.Tx, kind KeyKind, keys []string) (map[string]ids.ID, error) {
	return lookUp(keys, func(args []any) ([]keyHolder, error) {
		switch kind {
		case KeyNumber:
			return nil, nil // unique
		case KeyEmail:
			return db.List(ctx, tx, scanKeyHolder, `WITH v (k) AS (VALUES `+values64+`)
				SELECT v.k, (SELECT e.customer_id FROM customer_email e WHERE e.key = v.k ORDER BY e.customer_id LIMIT 1 OFFSET 1) FROM v`, args...)
		case KeyPhone:
			return db.List(ctx, tx, scanKeyHolder, `WITH v (k) AS (VALUES `+values64+`)
				SELECT v.k, (SELECT p.customer_id FROM customer_phone p WHERE p.key = v.k ORDER BY p.customer_id LIMIT 1 OFFSET 1) FROM v`, args...)
		}
		return db.List(ctx, tx, scanKeyHolder, `WITH v (k) AS (VALUES `+values64+`)
			SELECT v.k, (SELECT c.id FROM customer c WHERE c.match_key = v.k AND c.match_key <> '' LIMIT 1 OFFSET 1) FROM v`, args...)
	})
}

// WithKey returns customers who have a key, at most limit.
func WithKey(ctx context.Context, tx *db.Tx, kind KeyKind, key string, limit int) ([]ids.ID, error) {
	switch kind {
	case KeyNumber:
		id, ok, err := ByExternalID(ctx, tx, key)
		if !ok || err != nil {
			return nil, err
		}
		return []ids.ID{id}, nil
	case KeyEmail:
		return WithEmail(ctx, tx, key, limit)
	case KeyPhone:
		return WithPhone(ctx, tx, key, limit)
	}
	return db.List(ctx, tx, db.One[ids.ID], `
		SELECT id FROM customer WHERE match_key = $1 AND match_key <> '' LIMIT $2`, key, limit)
}

// OrganizationsNamed returns the organisation, the oldest if there are several,
// of each of the given folded names (fold.Name).
func OrganizationsNamed(ctx context.Context, tx *db.Tx, keys []string) (map[string]ids.ID, error) {
	return lookUp(keys, func(args []any) ([]keyHolder, error) {
		return db.List(ctx, tx, scanKeyHolder, `WITH v (k) AS (VALUES `+values64+`)
			SELECT v.k, (SELECT c.id FROM customer c WHERE c.match_key = v.k AND c.match_key <> '' AND c.kind = 'organization' ORDER BY c.id LIMIT 1) FROM v`, args...)
	})
}

// Same reports whether a and b have the same fields and parts, but for what is
// derived.
func Same(a, b *Customer) bool {
	return sameRow(a, b) && slices.Equal(a.Emails, b.Emails) && slices.Equal(a.Phones, b.Phones) && slices.Equal(a.Addresses, b.Addresses) &&
		slices.Equal(a.Handles, b.Handles) && slices.Equal(a.Relations, b.Relations) && slices.Equal(a.Consents, b.Consents) &&
		slices.Equal(a.Tags, b.Tags) && slices.Equal(a.Traits, b.Traits)
}

// Clone returns a copy of c that shares nothing with it that is changed in place.
func (c *Customer) Clone() Customer { return c.clone() }
