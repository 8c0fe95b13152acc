package catalog_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/list/listtest"
	"github.com/akrab-crm/akrab/internal/search"
)

func TestList(t *testing.T) {
	listtest.Exercise(t, modules, &catalog.List, func(ctx context.Context, d *db.DB) error {
		if err := search.Prepare(ctx, d); err != nil {
			return err
		}
		return d.Write(ctx, db.Op{Why: "product.create"}, func(tx *db.Tx) error {
			var all []*catalog.Product
			for i := range 40 {
				p := &catalog.Product{Code: fmt.Sprint("P", i), NameID: fmt.Sprint("Pompa ", i%9), Family: fmt.Sprint("Kelompok ", i%3), Tier: "a"}
				if i%4 > 0 {
					p.Price = price(int64(i % 5))
				}
				if i%7 == 0 {
					p.Code, p.Family = "", ""
				}
				all = append(all, p)
			}
			return catalog.CreateMany(ctx, tx, all)
		})
	})
}
