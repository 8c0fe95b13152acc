package customers

import (
	"context"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/search"
)

// Module is the customers' part of the database.
var Module = db.Module{
	Name: "customers", Schema: schema,
	Tables: []db.Table{
		{Name: "customer", Journal: true, Counted: true, Refresh: Refresh, Omit: []string{"name_key", "match_key", "email", "phone", "city", "city_key", "parts", "last_at", "last_kind"}},
		partTable("customer_email"), partTable("customer_phone"), partTable("customer_address"), partTable("customer_handle"),
		partTable("customer_relation"), partTable("customer_consent"), partTable("customer_tag"), partTable("customer_trait"),
		{Name: "customer_total", Key: []string{"one"}, Private: true},
	},
}

func partTable(name string) db.Table {
	return db.Table{Name: name, Key: []string{"customer_id", "n"}, Parent: "customer", Journal: true}
}

// Refresh makes what is derived of the given customers anew, but for the
// latest interaction, which is the timeline's.
func Refresh(ctx context.Context, tx *db.Tx, list []ids.ID) error {
	// The parts' bits decide what is read: believe the tables, not the bits.
	all := int64(1)<<len(handlers) - 1
	found, err := db.ListIn(ctx, tx, scanCustomer, list, `SELECT `+customerCols+` FROM customer c WHERE c.id IN ($list)`)
	if err != nil {
		return err
	}
	at := map[ids.ID]*Customer{}
	for i := range found {
		found[i].parts = all
		at[found[i].ID] = &found[i]
	}
	if err := loadParts(ctx, tx, at); err != nil {
		return err
	}
	stored, err := storedOf(ctx, tx, list)
	if err != nil {
		return err
	}
	var there []*Customer
	for i := range found {
		c := &found[i]
		c.derive()
		there = append(there, c)
		if err := store(ctx, tx, c.ID, c.derived(), stored[c.ID]); err != nil {
			return err
		}
	}
	if err := index(ctx, tx, there, false); err != nil {
		return err
	}
	var gone []ids.ID
	for _, id := range list {
		if at[id] == nil {
			gone = append(gone, id)
		}
	}
	if err := unindex(ctx, tx, gone); err != nil {
		return err
	}
	changed(ctx, tx, list...)
	_, err = tx.Exec(ctx, `UPDATE customer_total SET n = -1 WHERE n <> -1`)
	return err
}

// derived is what a customer's row repeats of its name and parts.
type derived struct {
	nameKey, matchKey, email, phone, city, cityKey string
	parts                                          int64
}

func (c *Customer) derived() derived {
	return derived{c.nameKey(), fold.Name(c.Name), c.Email, c.Phone, c.City, fold.Text(c.City), c.parts}
}

// storedOf returns what is derived of customers as their rows have it.
func storedOf(ctx context.Context, tx *db.Tx, list []ids.ID) (map[ids.ID]derived, error) {
	type row struct {
		id ids.ID
		derived
	}
	rows, err := db.ListIn(ctx, tx, func(s db.Scanner, r *row) error {
		return s.Scan(&r.id, &r.nameKey, &r.matchKey, &r.email, &r.phone, &r.city, &r.cityKey, &r.parts)
	}, list, `SELECT id, name_key, match_key, email, phone, city, city_key, parts FROM customer WHERE id IN ($list)`)
	all := make(map[ids.ID]derived, len(rows))
	for _, r := range rows {
		all[r.id] = r.derived
	}
	return all, err
}

// store writes what is derived of a customer if the row has something else: an
// undo of many orders refreshes their customers, of whom nothing changed.
func store(ctx context.Context, tx *db.Tx, id ids.ID, want, stored derived) error {
	if want == stored {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE customer SET name_key = $2, match_key = $3, email = $4, phone = $5, city = $6, city_key = $7, parts = $8 WHERE id = $1`,
		id, want.nameKey, want.matchKey, want.email, want.phone, want.city, want.cityKey, want.parts)
	return err
}

// countBy adds to the number of customers, last of all, so that its row is
// locked only for a moment.
func countBy(ctx context.Context, tx *db.Tx, d int) error {
	type key struct{}
	sum, ok := tx.Local(key{}).(*int)
	if !ok {
		sum = new(int)
		tx.SetLocal(key{}, sum)
		tx.BeforeCommit(func(ctx context.Context, tx *db.Tx) error {
			n, err := tx.Exec(ctx, `UPDATE customer_total SET n = n + $1 WHERE n >= 0`, *sum)
			if err != nil || n > 0 {
				return err
			}
			_, err = tx.Exec(ctx, `UPDATE customer_total SET n = (SELECT COUNT(*) FROM customer)`)
			return err
		})
	}
	*sum += d
	return nil
}

// Total returns how many customers there are.
func Total(ctx context.Context, tx *db.Tx) (int, error) {
	n, err := db.Get(ctx, tx, db.One[int], `SELECT n FROM customer_total`)
	if err == nil && n < 0 {
		n, err = db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM customer`)
	}
	return n, err
}

// index puts customers where they are found by name. Those that are new have
// no document yet.
func index(ctx context.Context, tx *db.Tx, list []*Customer, isNew bool) error {
	docs := make([]search.Doc, len(list))
	for i, c := range list {
		docs[i] = search.Doc{Kind: "customer", Ref: c.ID, Title: c.Name, Touched: c.Updated}
		for _, term := range []string{c.Nickname, c.Addressing, c.Given, c.Family} {
			if term != "" {
				docs[i].Terms = append(docs[i].Terms, term)
			}
		}
	}
	if err := addOrganizations(ctx, tx, list, docs); err != nil {
		return err
	}
	if isNew {
		return search.PutNew(ctx, tx, docs)
	}
	return search.Put(ctx, tx, docs)
}

// addOrganizations makes people findable by the names of their organisations.
func addOrganizations(ctx context.Context, tx *db.Tx, list []*Customer, docs []search.Doc) error {
	var want []ids.ID
	for _, c := range list {
		for _, r := range c.Relations {
			if r.Kind == Member {
				want = append(want, r.Other)
			}
		}
	}
	if len(want) == 0 {
		return nil
	}
	names, err := Names(ctx, tx, want)
	if err != nil {
		return err
	}
	for i, c := range list {
		for _, r := range c.Relations {
			if name := names[r.Other]; name != "" && r.Kind == Member {
				docs[i].Terms = append(docs[i].Terms, name)
			}
		}
	}
	return nil
}

func unindex(ctx context.Context, tx *db.Tx, list []ids.ID) error {
	if len(list) == 0 {
		return nil
	}
	return search.Remove(ctx, tx, list)
}

type idName struct {
	id   ids.ID
	name string
}

// Names returns the names of customers.
func Names(ctx context.Context, tx *db.Tx, list []ids.ID) (map[ids.ID]string, error) {
	rows, err := db.ListIn(ctx, tx, func(s db.Scanner, r *idName) error { return s.Scan(&r.id, &r.name) }, list,
		`SELECT id, CASE WHEN name <> '' THEN name WHEN phone <> '' THEN phone WHEN email <> '' THEN email ELSE external_id END
		FROM customer WHERE id IN ($list)`)
	names := make(map[ids.ID]string, len(rows))
	for _, r := range rows {
		names[r.id] = r.name
	}
	return names, err
}
