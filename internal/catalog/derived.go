package catalog

import (
	"context"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/search"
)

// Module is the catalogue's part of the database.
var Module = db.Module{
	Name: "catalog", Schema: schema,
	Tables: []db.Table{
		{Name: "product", Journal: true, Refresh: Refresh, Omit: []string{"name_key", "code_key", "family_key"}},
		partTable("product_fact"), partTable("product_link"), partTable("product_picture"),
	},
}

func partTable(name string) db.Table {
	return db.Table{Name: name, Key: []string{"product_id", "n"}, Parent: "product", Journal: true}
}

// Refresh makes what is derived of the given products anew.
func Refresh(ctx context.Context, tx *db.Tx, list []ids.ID) error {
	found, err := db.ListIn(ctx, tx, scanProduct, list, `SELECT `+productCols+` FROM product p WHERE p.id IN ($list)`)
	if err != nil {
		return err
	}
	stored, err := keysOf(ctx, tx, list)
	if err != nil {
		return err
	}
	at := make(map[ids.ID]bool, len(found))
	there := make([]*Product, len(found))
	for i := range found {
		p := &found[i]
		at[p.ID], there[i] = true, p
		want := rowKeys{p.nameKey(), CodeKey(p.Code), fold.Text(p.Family)}
		if want == stored[p.ID] { // as after an undo of many orders
			continue
		}
		_, err := tx.Exec(ctx, `UPDATE product SET name_key = $2, code_key = $3, family_key = $4 WHERE id = $1`, p.ID, want.name, want.code, want.family)
		if err != nil {
			return err
		}
	}
	if err := index(ctx, tx, there, false); err != nil {
		return err
	}
	var gone []ids.ID
	for _, id := range list {
		if !at[id] {
			gone = append(gone, id)
		}
	}
	return unindex(ctx, tx, gone)
}

// rowKeys is what a product's row repeats of its names.
type rowKeys struct{ name, code, family string }

// keysOf returns the keys of products as their rows have them.
func keysOf(ctx context.Context, tx *db.Tx, list []ids.ID) (map[ids.ID]rowKeys, error) {
	type row struct {
		id ids.ID
		rowKeys
	}
	rows, err := db.ListIn(ctx, tx, func(s db.Scanner, r *row) error { return s.Scan(&r.id, &r.name, &r.code, &r.family) }, list,
		`SELECT id, name_key, code_key, family_key FROM product WHERE id IN ($list)`)
	all := make(map[ids.ID]rowKeys, len(rows))
	for _, r := range rows {
		all[r.id] = r.rowKeys
	}
	return all, err
}

// index puts products where they are found by their names. Those that are new
// have no document yet.
func index(ctx context.Context, tx *db.Tx, list []*Product, isNew bool) error {
	docs := make([]search.Doc, len(list))
	for i, p := range list {
		docs[i] = search.Doc{Kind: "product", Ref: p.ID, Title: p.Name(locale.ID), Touched: p.Updated}
		for _, term := range []string{p.NameEN, p.Code, p.Family} {
			if term != "" && term != docs[i].Title {
				docs[i].Terms = append(docs[i].Terms, term)
			}
		}
	}
	if isNew {
		return search.PutNew(ctx, tx, docs)
	}
	return search.Put(ctx, tx, docs)
}

func unindex(ctx context.Context, tx *db.Tx, list []ids.ID) error {
	if len(list) == 0 {
		return nil
	}
	return search.Remove(ctx, tx, list)
}

// keyed is a product with its keys as they are stored.
type keyed struct {
	Product
	name, code, family string
}

func scanKeyed(s db.Scanner, k *keyed) error {
	return s.Scan(&k.ID, &k.Code, &k.NameID, &k.NameEN, &k.Family, &k.name, &k.code, &k.family)
}

// Wrong returns the products of which something that is derived is not what it
// is derived from, or that the search doesn't know, and those that it knows
// though they are gone. [Refresh] mends them all.
func Wrong(ctx context.Context, tx *db.Tx) ([]ids.ID, error) {
	var wrong []ids.ID
	known := map[ids.ID]bool{}
	for after := (ids.ID{15: 1}); ; { // no product has it
		list, err := db.List(ctx, tx, scanKeyed, `
			SELECT id, code, name_id, name_en, family, name_key, code_key, family_key FROM product WHERE id > $1 ORDER BY id LIMIT 500`, after)
		if err != nil {
			return nil, err
		}
		if len(list) == 0 {
			break
		}
		all := make([]ids.ID, len(list))
		for i := range list {
			k := &list[i]
			all[i], known[k.ID] = k.ID, true
			if k.name != k.nameKey() || k.code != CodeKey(k.Code) || k.family != fold.Text(k.Family) {
				wrong = append(wrong, k.ID)
			}
		}
		after = all[len(all)-1]
		missing, err := search.Missing(ctx, tx, all)
		if err != nil {
			return nil, err
		}
		wrong = append(wrong, missing...)
	}
	err := search.Refs(ctx, tx, "product", func(id ids.ID) error {
		if !known[id] {
			wrong = append(wrong, id)
		}
		return nil
	})
	return wrong, err
}
