package app_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/segments"
)

// In the conditions of a segment a product is named by what one types: its
// code, its name, or what was suggested. It works without script.
func TestProductsOfASegment(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.staff()
		pump := catalog.Product{Code: "PA-125", NameID: "Pompa air"}
		twins := []catalog.Product{{Code: "K1", NameID: "Keran"}, {Code: "K2", NameID: "Keran"}}
		s.write(db.Who{}, func(ctx context.Context, tx *db.Tx) error {
			for _, p := range []*catalog.Product{&pump, &twins[0], &twins[1]} {
				if err := catalog.Create(ctx, tx, p); err != nil {
					return err
				}
			}
			return nil
		})
		c := s.signedIn(s.admin, locale.ID)
		form := func(do, typed string, chosen ...string) url.Values {
			return url.Values{"name": {"Pembeli pompa"}, "where": {`{"all":[{"has":"bought","all":["product:in:x"]}]}`}, "do": {do},
				"join.r": {"all"}, "join.r.0": {"all"}, "fo.r.0.0": {"in"}, "fx.r.0.0": {typed}, "fv.r.0.0": chosen}
		}
		if a := c.get("/products/suggest?q=pom"); !strings.Contains(a.body, "Pompa air · PA-125") {
			t.Errorf("suggested is %s", a.body)
		}
		for _, typed := range []string{"PA-125", "pompa air", "Pompa air · PA-125"} {
			a := c.post("/segments", form("pick", typed))
			if a.code != 200 || !strings.Contains(a.body, `value="`+pump.ID.String()+`" checked`) || !strings.Contains(a.body, "Pompa air</span>") {
				t.Errorf("%q was not found: %d", typed, a.code)
			}
		}
		a := c.post("/segments", form("pick", "Keran", pump.ID.String()))
		if !strings.Contains(a.body, "Tidak ada, atau ada beberapa") || !strings.Contains(a.body, `value="Keran"`) || !strings.Contains(a.body, "Pompa air</span>") {
			t.Error("two products of one name are not told apart, or what was typed is lost")
		}
		if a := c.post("/segments", form("", "Gergaji")); a.code != 422 || !strings.Contains(a.body, `value="Gergaji"`) {
			t.Errorf("a product that is not there: %d", a.code)
		}
		if a := c.post("/segments", form("", "K2", pump.ID.String())); a.code != 303 {
			t.Fatalf("the segment was not stored: %d", a.code)
		}
		s.write(db.Who{}, func(ctx context.Context, tx *db.Tx) error {
			all, err := segments.Each(ctx, tx)
			if err != nil || len(all) != 1 {
				t.Fatalf("segments %v, %v", all, err)
			}
			if text := all[0].Cond.String(); !strings.Contains(text, pump.ID.String()) || !strings.Contains(text, twins[1].ID.String()) {
				t.Errorf("stored is %s", text)
			}
			return nil
		})
	})
}
