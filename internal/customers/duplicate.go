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

// WithName returns the customers of a kind whose folded name is that of name.
func WithName(ctx context.Context, tx *db.Tx, kind Kind, name string, limit int) ([]ids.ID, error) {
	key := fold.Name(name)
	if key == "" {
		return nil, nil
	}
	return db.List(ctx, tx, db.One[ids.ID], `
		SELECT id FROM customer WHERE match_key = $1 AND match_key <> '' AND kind = $2 ORDER BY id LIMIT $3`, key, kind, limit)
}

// Repeats returns how many of the given customers, which are normalized and
// not stored yet, are likely duplicates of stored ones. It asks once for all.
func Repeats(ctx context.Context, tx *db.Tx, list []*Customer) (map[*Customer]bool, error) {
	byEmail, byPhone, byName := map[string][]*Customer{}, map[string][]*Customer{}, map[string][]*Customer{}
	for _, c := range list {
		for _, e := range c.Emails {
			byEmail[e.Key] = append(byEmail[e.Key], c)
		}
		for _, p := range c.Phones {
			if p.Key != "" {
				byPhone[p.Key] = append(byPhone[p.Key], c)
			}
		}
		if key := fold.Name(c.Name); key != "" {
			byName[key] = append(byName[key], c)
		}
	}
	repeats := map[*Customer]bool{}
	mark := func(by map[string][]*Customer, keys []string) {
		for _, k := range keys {
			for _, c := range by[k] {
				repeats[c] = true
			}
		}
		for _, same := range by { // within the list itself, all but the first
			for _, c := range same[1:] {
				if c != same[0] {
					repeats[c] = true
				}
			}
		}
	}
	keys, err := db.ListIn(ctx, tx, db.One[string], keysOf(byEmail), `SELECT DISTINCT key FROM customer_email WHERE key IN ($list)`)
	if err != nil {
		return nil, err
	}
	mark(byEmail, keys)
	keys, err = db.ListIn(ctx, tx, db.One[string], keysOf(byPhone), `SELECT DISTINCT key FROM customer_phone WHERE key IN ($list)`)
	if err != nil {
		return nil, err
	}
	mark(byPhone, keys)
	keys, err = db.ListIn(ctx, tx, db.One[string], keysOf(byName), `SELECT DISTINCT match_key FROM customer WHERE match_key IN ($list) AND match_key <> ''`)
	if err != nil {
		return nil, err
	}
	mark(byName, keys)
	return repeats, nil
}

func keysOf(m map[string][]*Customer) []string {
	list := make([]string, 0, len(m))
	for k := range m {
		list = append(list, k)
	}
	return list
}
