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
	at := make(map[ids.ID]bool, len(found))
	there := make([]*Product, len(found))
	for i := range found {
		p := &found[i]
		at[p.ID], there[i] = true, p
		_, err := tx.Exec(ctx, `UPDATE product SET name_key = $2, code_key = $3, family_key = $4 WHERE id = $1`,
			p.ID, p.nameKey(), CodeKey(p.Code), fold.Text(p.Family))
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

// Unfound returns the products that the search does not know, for checks.
func Unfound(ctx context.Context, tx *db.Tx) ([]ids.ID, error) {
	var out []ids.ID
	after := ids.ID{}
	for {
		list, err := db.List(ctx, tx, db.One[ids.ID], `SELECT id FROM product WHERE id > $1 ORDER BY id LIMIT 500`, after)
		if err != nil || len(list) == 0 {
			return out, err
		}
		after = list[len(list)-1]
		missing, err := search.Missing(ctx, tx, list)
		if err != nil {
			return nil, err
		}
		out = append(out, missing...)
	}
}
