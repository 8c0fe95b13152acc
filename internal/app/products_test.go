package app_test

import (
	"context"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/money"
)

// seedProducts stores a product with everything that its page shows, one that
// goes with it, and one that is not sold any more.
func (s *site) seedProducts() {
	s.t.Helper()
	s.write(db.Who{User: s.admin.ID, Name: s.admin.Name}, func(ctx context.Context, tx *db.Tx) error {
		price, cost, tax := money.Price(650_000_000_000), money.Price(455_000_000_000), int64(110_000)
		sw := catalog.Product{Code: "SO-1", NameID: "Saklar otomatis", Family: "Suku cadang"}
		old := catalog.Product{Code: "85123A", NameEN: "White hanging heart", Archived: true}
		if err := catalog.CreateMany(ctx, tx, []*catalog.Product{&sw, &old}); err != nil {
			return err
		}
		pump := catalog.Product{
			Code: "PA-125", NameID: "Pompa air 125 watt", NameEN: "Water pump 125 W", Family: "Pompa air", Tier: "Standar", Unit: "buah",
			Price: &price, Cost: &cost, Tax: &tax, DescriptionID: "Untuk sumur dangkal.", Facts: []catalog.Fact{{Label: "Daya", Value: "125 watt"}},
			Links: []catalog.Link{{Kind: catalog.Complement, Other: sw.ID}},
		}
		for _, alt := range []string{"Dari depan", ""} {
			u, err := catalog.NewUpload("pompa.png", []byte("\x89PNG\r\n\x1a\n"+alt))
			if err != nil {
				return err
			}
			picture, err := u.Store(ctx, tx, alt)
			if err != nil {
				return err
			}
			pump.Pictures = append(pump.Pictures, picture)
		}
		return catalog.Create(ctx, tx, &pump)
	})
}
