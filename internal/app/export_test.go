package app_test

import (
	"context"
	"testing"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/imports"
	"github.com/akrab-crm/akrab/internal/locale"
)

// TestExportOfProductsComesBack exports the list of products, forgets whether
// they may be offered, and imports the file, which needs no map.
func TestExportOfProductsComesBack(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.staff()
		want := map[string]catalog.Offering{"A": catalog.Offered, "B": catalog.OutStock, "C": catalog.Never, "D": catalog.Sensitive}
		s.write(db.Who{}, func(ctx context.Context, tx *db.Tx) error {
			for code, o := range want {
				if err := catalog.Create(ctx, tx, &catalog.Product{Code: code, NameID: "Barang " + code, Family: "Lain", Unit: "buah", Offering: o}); err != nil {
					return err
				}
			}
			return nil
		})
		for _, lang := range []locale.Lang{locale.ID, locale.EN} {
			file := s.signedIn(s.admin, lang).get("/products/export?c=code&c=name&c=family&c=unit&c=price&c=offering&format=csv")
			if file.code != 200 {
				t.Fatalf("export: %d", file.code)
			}
			s.write(db.Who{}, func(ctx context.Context, tx *db.Tx) error {
				_, err := tx.Exec(ctx, `UPDATE product SET offering = CASE WHEN code = 'A' THEN 'out' ELSE NULL END`)
				return err
			})
			j := s.importFile("produk.csv", file.body)
			if j.Kind != imports.Products || j.Updated == 0 {
				t.Errorf("%s: imported as %+v", lang, j)
			}
			found := map[string]catalog.Offering{}
			err := s.app.DB.Read(t.Context(), db.Who{}, func(tx *db.Tx) error {
				codes, err := catalog.ByCode(t.Context(), tx, []string{"A", "B", "C", "D"})
				for code, b := range codes {
					p, err := catalog.Get(t.Context(), tx, b.ID)
					if err != nil {
						return err
					}
					found[code] = p.Offering
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			for code, o := range want {
				if found[code] != o {
					t.Errorf("%s: product %s comes back as %q, want %q; the file:\n%s", lang, code, found[code], o, file.body)
				}
			}
		}
	})
}
