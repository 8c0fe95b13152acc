package customers

import (
	"context"
	"slices"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/phone"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/workspace"
)

// Source finds customers by telephone numbers in any spelling, e-mail
// addresses and numbers, and shows those that were found.
var Source = search.Source{Kind: "customer", Keys: keys, Load: hits}

// perKey is how many customers are taken for each way of reading what was typed.
const perKey = 20

func keys(ctx context.Context, tx *db.Tx, q search.Query) ([]ids.ID, error) {
	var found []ids.ID
	add := func(list []ids.ID, err error) error {
		for _, id := range list {
			if !slices.Contains(found, id) {
				found = append(found, id)
			}
		}
		return err
	}
	if err := add(prefixed(ctx, tx, byNumber, q.Text)); err != nil {
		return nil, err
	}
	if len(q.Digits) >= 3 {
		set, err := workspace.Get(ctx, tx)
		if err != nil {
			return nil, err
		}
		for _, key := range phone.QueryKeys(q.Text, set.Region) {
			if err := add(prefixed(ctx, tx, byPhone, key)); err != nil {
				return nil, err
			}
		}
	}
	if len(q.Lower) >= 3 && len(q.Words) <= 3 {
		if err := add(prefixed(ctx, tx, byEmail, q.Lower)); err != nil {
			return nil, err
		}
	}
	return found, nil
}

type lookup func(ctx context.Context, tx *db.Tx, from, to string) ([]ids.ID, error)

func byNumber(ctx context.Context, tx *db.Tx, from, to string) ([]ids.ID, error) {
	return db.List(ctx, tx, db.One[ids.ID], `
		SELECT id FROM customer WHERE external_id >= $1 AND external_id < $2 AND external_id <> '' ORDER BY external_id LIMIT $3`, from, to, perKey)
}

func byPhone(ctx context.Context, tx *db.Tx, from, to string) ([]ids.ID, error) {
	return db.List(ctx, tx, db.One[ids.ID], `
		SELECT customer_id FROM customer_phone WHERE key >= $1 AND key < $2 ORDER BY key, customer_id LIMIT $3`, from, to, perKey)
}

func byEmail(ctx context.Context, tx *db.Tx, from, to string) ([]ids.ID, error) {
	return db.List(ctx, tx, db.One[ids.ID], `
		SELECT customer_id FROM customer_email WHERE key >= $1 AND key < $2 ORDER BY key, customer_id LIMIT $3`, from, to, perKey)
}

// prefixed looks up the keys that begin with prefix. Keys are compared by
// bytes, and no UTF-8 text has a byte above 0xf4.
func prefixed(ctx context.Context, tx *db.Tx, f lookup, prefix string) ([]ids.ID, error) {
	if prefix == "" {
		return nil, nil
	}
	return f(ctx, tx, prefix, prefix+"\U0010ffff")
}

// hits returns how the given customers are shown among what was found.
func hits(ctx context.Context, tx *db.Tx, list []ids.ID) ([]search.Hit, error) {
	rows, err := db.ListIn(ctx, tx, scanCustomer, list, `SELECT `+customerCols+` FROM customer c WHERE c.id IN ($list)`)
	if err != nil {
		return nil, err
	}
	set, err := workspace.Get(ctx, tx)
	if err != nil {
		return nil, err
	}
	var out []search.Hit
	for i := range rows {
		c := &rows[i]
		if !visible(tx, c) {
			continue
		}
		shown := phone.Display(c.Phone, set.Region)
		out = append(out, search.Hit{
			Kind: "customer", Ref: c.ID, Title: c.Title(), URL: "/customers/" + c.ID.String(), Look: string(c.Kind),
			Detail: joinNonEmpty(" · ", c.City, shown, c.Email, c.ExternalID),
		})
	}
	return out, nil
}
