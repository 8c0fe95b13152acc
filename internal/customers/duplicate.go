package customers

import (
	"context"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
)

// A Likeness is a customer that may be the same as another one.
type Likeness struct {
	ID     ids.ID
	Reason string // email, phone or name: what is the same
	Value  string // the address, number or name that is the same
}

// Likely returns customers that may be the same as c, which is normalized:
// those with one of its e-mail addresses, telephone numbers, or with its name
// folded. Those with the same address come first. At most limit are returned.
func Likely(ctx context.Context, tx *db.Tx, c *Customer, limit int) ([]Likeness, error) {
	var found []Likeness
	seen := map[ids.ID]bool{c.ID: true}
	add := func(reason, value string, list []ids.ID, err error) error {
		for _, id := range list {
			if !seen[id] {
				seen[id] = true
				found = append(found, Likeness{id, reason, value})
			}
		}
		return err
	}
	for _, e := range c.Emails {
		list, err := WithEmail(ctx, tx, e.Key, limit)
		if err := add("email", e.Value, list, err); err != nil {
			return nil, err
		}
	}
	for _, p := range c.Phones {
		list, err := WithPhone(ctx, tx, p.Key, limit)
		if err := add("phone", p.Value, list, err); err != nil {
			return nil, err
		}
	}
	if key := fold.Name(c.Name); key != "" {
		list, err := db.List(ctx, tx, db.One[ids.ID], `
			SELECT id FROM customer WHERE match_key = $1 AND match_key <> '' ORDER BY id LIMIT $2`, key, limit)
		if err := add("name", c.Name, list, err); err != nil {
			return nil, err
		}
	}
	return found[:min(len(found), limit)], nil
}

// WithEmail returns the customers that have the e-mail address with that key.
func WithEmail(ctx context.Context, tx *db.Tx, key string, limit int) ([]ids.ID, error) {
	if key == "" {
		return nil, nil
	}
	return db.List(ctx, tx, db.One[ids.ID], `
		SELECT customer_id FROM customer_email WHERE key = $1 ORDER BY customer_id LIMIT $2`, key, limit)
}

// WithPhone returns the customers that have the telephone number with that key.
func WithPhone(ctx context.Context, tx *db.Tx, key string, limit int) ([]ids.ID, error) {
	if key == "" {
		return nil, nil
	}
	return db.List(ctx, tx, db.One[ids.ID], `
		SELECT customer_id FROM customer_phone WHERE key = $1 ORDER BY customer_id LIMIT $2`, key, limit)
}
