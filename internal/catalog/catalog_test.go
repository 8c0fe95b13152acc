package catalog_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/outbox"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/workspace"
)

var modules = []db.Module{outbox.Module, search.Module, journal.Module, workspace.Module, team.Module, customers.Module, activity.Module, catalog.Module}

// each runs f on both engines.
func each(t *testing.T, f func(t *testing.T, d *db.DB)) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		if err := search.Prepare(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		f(t, d)
	})
}

// write runs f as an operation and returns its id.
func write(t *testing.T, d *db.DB, f func(tx *db.Tx) error) ids.ID {
	t.Helper()
	op, err := try(t, d, f)
	if err != nil {
		t.Fatal(err)
	}
	return op
}

func try(t *testing.T, d *db.DB, f func(tx *db.Tx) error) (op ids.ID, err error) {
	err = d.Write(t.Context(), db.Op{Why: "product.update"}, func(tx *db.Tx) error {
		op = tx.Op
		return f(tx)
	})
	return op, err
}

func read(t *testing.T, d *db.DB, f func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Read(t.Context(), db.Who{}, f); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, d *db.DB, id ids.ID) (p catalog.Product) {
	t.Helper()
	read(t, d, func(tx *db.Tx) (err error) {
		p, err = catalog.Get(t.Context(), tx, id)
		return err
	})
	return p
}

func price(n int64) *money.Price {
	p := money.Price(n * 1_000_000)
	return &p
}

func pump() *catalog.Product {
	tax := int64(110_000)
	return &catalog.Product{
		Code: "PA-125", NameID: "Pompa air 125 watt", NameEN: "Water pump 125 W", Family: "Pompa air", Tier: "Standar", Unit: "buah",
		Price: price(650_000), Cost: price(455_000), Tax: &tax, DescriptionID: "Untuk sumur dangkal.",
		Facts: []catalog.Fact{{Label: "Daya", Value: "125 W"}, {Label: "Pipa", Value: "1 inci"}},
	}
}

func TestCreate(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		p := pump()
		write(t, d, func(tx *db.Tx) error { return catalog.Create(t.Context(), tx, p) })
		got := get(t, d, p.ID)
		if got.Currency != "IDR" || got.Price == nil || *got.Price != *price(650_000) || got.Tax == nil || *got.Tax != 110_000 {
			t.Errorf("currency %s, price %v, tax %v", got.Currency, got.Price, got.Tax)
		}
		if len(got.Facts) != 2 || got.Facts[1].Value != "1 inci" {
			t.Errorf("facts %+v", got.Facts)
		}
		if share, ok := got.Margin(); !ok || share < 0.2999 || share > 0.3001 {
			t.Errorf("margin %v, %v; want 30 %%", share, ok)
		}
		if n := got.Name(locale.EN); n != "Water pump 125 W" {
			t.Errorf("English name %q", n)
		}
		bare := &catalog.Product{Code: "85123A"}
		write(t, d, func(tx *db.Tx) error { return catalog.Create(t.Context(), tx, bare) })
		if got := get(t, d, bare.ID); got.Name(locale.ID) != "85123A" || got.Price != nil || got.Tax != nil {
			t.Errorf("a product of which only the code is known: %+v", got)
		}
	})
}

func TestRefused(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		neg, much := money.Price(-1), int64(1_000_001)
		for field, p := range map[string]*catalog.Product{
			"name.id":       {},
			"price":         {Code: "A", Price: &neg},
			"cost":          {Code: "A", Cost: &neg},
			"tax":           {Code: "A", Tax: &much},
			"currency":      {Code: "A", Currency: "XXX"},
			"code":          {Code: "A\x00"},
			"facts.0.label": {Code: "A", Facts: []catalog.Fact{{Value: "125 W"}}},
			"complements":   {Code: "A", Links: []catalog.Link{{Kind: catalog.Complement, Other: ids.New(dbtest.Now)}}},
			"upgrades":      {Code: "A", Links: []catalog.Link{{Kind: catalog.Upgrade}}},
		} {
			_, err := try(t, d, func(tx *db.Tx) error { return catalog.Create(t.Context(), tx, p) })
			if all := errs.All(err); len(all) != 1 || all[0].Kind != errs.Invalid || all[0].Field != field {
				t.Errorf("%s: %v", field, err)
			}
		}
	})
}

func TestACodeIsTakenOnce(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		first, other := pump(), &catalog.Product{Code: "pa-125", NameID: "Lain"}
		write(t, d, func(tx *db.Tx) error { return catalog.Create(t.Context(), tx, first) })
		write(t, d, func(tx *db.Tx) error { return catalog.Create(t.Context(), tx, other) }) // another one, by its case
		taken := func(err error) {
			t.Helper()
			if all := errs.All(err); len(all) != 1 || all[0].Kind != errs.Conflict || all[0].Field != "code" {
				t.Errorf("a code that is taken: %v", err)
			}
		}
		_, err := try(t, d, func(tx *db.Tx) error { return catalog.Create(t.Context(), tx, pump()) })
		taken(err)
		_, err = try(t, d, func(tx *db.Tx) error {
			_, err := catalog.Update(t.Context(), tx, other.ID, 0, func(p *catalog.Product) error { p.Code = "PA-125"; return nil })
			return err
		})
		taken(err)
		_, err = try(t, d, func(tx *db.Tx) error {
			p := pump()
			if err := p.Normalize("IDR"); err != nil {
				return err
			}
			return catalog.Insert(t.Context(), tx, []*catalog.Product{p})
		})
		if errs.KindOf(err) != errs.Conflict {
			t.Errorf("Insert of a code that is taken: %v", err)
		}
		read(t, d, func(tx *db.Tx) error {
			got, err := catalog.ByCode(t.Context(), tx, []string{"PA-125", "pa-125", "Pa-125", ""})
			if len(got) != 2 || got["PA-125"].ID != first.ID || got["pa-125"].ID != other.ID {
				t.Errorf("ByCode = %v", got)
			}
			return err
		})
	})
}

func TestUndoOfAnEdit(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		p := pump()
		write(t, d, func(tx *db.Tx) error { return catalog.Create(t.Context(), tx, p) })
		before := get(t, d, p.ID)
		op := write(t, d, func(tx *db.Tx) error {
			_, err := catalog.Update(t.Context(), tx, p.ID, p.Rev, func(p *catalog.Product) error {
				p.Code, p.NameID, p.Price, p.Family = "ZX-9", "Pompa celup", nil, "Lainnya"
				p.Facts = []catalog.Fact{{Label: "Berat", Value: "7 kg"}, p.Facts[0]}
				return nil
			})
			return err
		})
		changed := get(t, d, p.ID)
		if len(changed.Facts) != 2 || changed.Facts[0].Label != "Berat" || changed.Facts[1].Label != "Daya" {
			t.Errorf("facts are not in the order in which they were given: %+v", changed.Facts)
		}
		found(t, d, "zx9", p.ID)
		if _, err := journal.Undo(t.Context(), d, db.Who{}, op, nil); err != nil {
			t.Fatal(err)
		}
		after := get(t, d, p.ID)
		if after.Rev <= changed.Rev {
			t.Errorf("rev went from %d to %d", changed.Rev, after.Rev)
		}
		if after.Code != before.Code || after.NameID != before.NameID || after.Price == nil || *after.Price != *before.Price {
			t.Errorf("after the undo: %+v", after)
		}
		if len(after.Facts) != 2 || after.Facts[0].Label != "Daya" || after.Facts[1].Label != "Pipa" {
			t.Errorf("facts after the undo: %+v", after.Facts)
		}
		found(t, d, "pa125", p.ID)
		found(t, d, "zx9")
	})
}

// found checks what a search finds.
func found(t *testing.T, d *db.DB, text string, want ...ids.ID) {
	t.Helper()
	x := search.Index{Sources: []search.Source{catalog.Source}}
	read(t, d, func(tx *db.Tx) error {
		hits, err := x.Find(t.Context(), tx, text, search.Options{})
		if len(hits) != len(want) {
			t.Errorf("%q finds %+v, want %d", text, hits, len(want))
			return err
		}
		for i, h := range hits {
			if h.Ref != want[i] {
				t.Errorf("%q finds %q at place %d", text, h.Title, i)
			}
		}
		return err
	})
}

func TestSearch(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		p, lower := pump(), &catalog.Product{Code: "pa-125", NameID: "Penyaring"}
		list := []*catalog.Product{p, lower, {Code: "POST", NameEN: "POSTAGE"}, {Code: "X1", NameEN: "Post box"}}
		write(t, d, func(tx *db.Tx) error { return catalog.CreateMany(t.Context(), tx, list) })
		found(t, d, "PA-125", p.ID, lower.ID)
		found(t, d, "pa-125", lower.ID, p.ID)
		found(t, d, "water pump", p.ID)
		found(t, d, "pompa", p.ID)
		found(t, d, "POST", list[2].ID, list[3].ID)
	})
}

func TestComplements(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		p, sw, better := pump(), &catalog.Product{Code: "SO-1", NameID: "Saklar otomatis"}, &catalog.Product{Code: "PA-250", NameID: "Pompa air 250 watt"}
		write(t, d, func(tx *db.Tx) error { return catalog.CreateMany(t.Context(), tx, []*catalog.Product{p, sw, better}) })
		write(t, d, func(tx *db.Tx) error {
			_, err := catalog.Update(t.Context(), tx, p.ID, 0, func(p *catalog.Product) error {
				p.SetLinked(catalog.Complement, []ids.ID{sw.ID, sw.ID})
				p.SetLinked(catalog.Upgrade, []ids.ID{better.ID})
				return nil
			})
			return err
		})
		got := get(t, d, p.ID)
		if c, u := got.Linked(catalog.Complement), got.Linked(catalog.Upgrade); len(c) != 1 || c[0] != sw.ID || len(u) != 1 || u[0] != better.ID {
			t.Errorf("complements %v, upgrades %v", c, u)
		}
		read(t, d, func(tx *db.Tx) error {
			back, err := catalog.LinkedFrom(t.Context(), tx, sw.ID, catalog.Complement, 10)
			if len(back) != 1 || back[0] != p.ID {
				t.Errorf("what the switch goes with: %v", back)
			}
			return err
		})
		// What is gone is linked no more, until it is back.
		shelf := &catalog.Shelf{}
		op := write(t, d, func(tx *db.Tx) error {
			_, _, err := shelf.Remove(t.Context(), tx, []ids.ID{sw.ID})
			return err
		})
		if c := get(t, d, p.ID); len(c.Linked(catalog.Complement)) != 0 {
			t.Errorf("complements %v", c.Links)
		}
		if _, err := journal.Undo(t.Context(), d, db.Who{}, op, nil); err != nil {
			t.Fatal(err)
		}
		if c := get(t, d, p.ID); len(c.Linked(catalog.Complement)) != 1 {
			t.Errorf("complements after the undo %v", c.Links)
		}
		found(t, d, "saklar", sw.ID)
	})
}

func TestAUsedProductIsArchived(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		used, free := pump(), &catalog.Product{Code: "B"}
		write(t, d, func(tx *db.Tx) error { return catalog.CreateMany(t.Context(), tx, []*catalog.Product{used, free}) })
		shelf := &catalog.Shelf{Used: []catalog.Asker{func(ctx context.Context, tx *db.Tx, list []ids.ID) ([]ids.ID, error) { return []ids.ID{used.ID}, nil }}}
		write(t, d, func(tx *db.Tx) error {
			deleted, archived, err := shelf.Remove(t.Context(), tx, []ids.ID{used.ID, free.ID})
			if len(deleted) != 1 || len(archived) != 1 {
				t.Errorf("deleted %v, archived %v", deleted, archived)
			}
			return err
		})
		if p := get(t, d, used.ID); !p.Archived {
			t.Error("what is used is not archived")
		}
		err := d.Read(t.Context(), db.Who{}, func(tx *db.Tx) error {
			_, err := catalog.Get(t.Context(), tx, free.ID)
			return err
		})
		if errs.KindOf(err) != errs.NotFound {
			t.Errorf("what was free: %v", err)
		}
	})
}

func TestFamilies(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error {
			return catalog.CreateMany(t.Context(), tx, []*catalog.Product{
				{Code: "1", Family: "Pompa"}, {Code: "2", Family: "pompa"}, {Code: "3", Family: "Filter"}, {Code: "4"},
			})
		})
		read(t, d, func(tx *db.Tx) error {
			got, err := catalog.Families(t.Context(), tx, 10)
			if len(got) != 2 || got[0] != "Filter" || got[1] != "Pompa" {
				t.Errorf("Families = %q", got)
			}
			return err
		})
	})
}

func TestWrongAndRefresh(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		p, gone := pump(), &catalog.Product{Code: "B"}
		write(t, d, func(tx *db.Tx) error { return catalog.CreateMany(t.Context(), tx, []*catalog.Product{p, gone}) })
		wrong := func() (list []ids.ID) {
			read(t, d, func(tx *db.Tx) (err error) { list, err = catalog.Wrong(t.Context(), tx); return err })
			return list
		}
		if list := wrong(); len(list) != 0 {
			t.Errorf("wrong from the beginning: %v", list)
		}
		write(t, d, func(tx *db.Tx) error {
			if _, err := tx.Exec(t.Context(), `UPDATE product SET name_key = 'x' WHERE code = 'PA-125'`); err != nil {
				return err
			}
			_, err := tx.Exec(t.Context(), `DELETE FROM product WHERE code = 'B'`)
			return err
		})
		list := wrong()
		if len(list) != 2 {
			t.Errorf("wrong are %v", list)
		}
		write(t, d, func(tx *db.Tx) error { return catalog.Refresh(t.Context(), tx, list) })
		if list := wrong(); len(list) != 0 {
			t.Errorf("wrong after Refresh: %v", list)
		}
	})
}

func TestThousandsAtOnce(t *testing.T) {
	d := dbtest.Open(t, modules...)
	if err := search.Prepare(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	list := make([]*catalog.Product, 4000)
	for i := range list {
		list[i] = &catalog.Product{Code: fmt.Sprint("P", i), NameEN: fmt.Sprint("Product number ", i), Currency: "GBP"}
	}
	start := time.Now()
	write(t, d, func(tx *db.Tx) error { return catalog.Insert(t.Context(), tx, list) })
	t.Logf("4,000 products in %v", time.Since(start))
	read(t, d, func(tx *db.Tx) error {
		got, err := catalog.ByCode(t.Context(), tx, []string{"P0", "P3999"})
		if len(got) != 2 {
			t.Errorf("ByCode finds %v", got)
		}
		return err
	})
}
