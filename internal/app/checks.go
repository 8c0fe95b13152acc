package app

import (
	"context"
	"slices"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/portable"
	"github.com/akrab-crm/akrab/internal/search"
)

// Checks look at what the modules derive from other data.
func (a *App) Checks() []portable.Check {
	return []portable.Check{
		{Name: "search", Run: checkSearch},
		{Name: "customers", Run: checkCustomers},
		{Name: "timeline", Run: checkTimeline},
		{Name: "products", Run: checkProducts},
		{Name: "orders", Run: checkOrders},
		{Name: "facts", Run: a.checkFacts},
	}
}

func checkSearch(ctx context.Context, d *db.DB, repair bool) ([]portable.Finding, error) {
	var st search.State
	if err := d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) { st, err = search.Check(ctx, tx); return err }); err != nil {
		return nil, err
	}
	n := st.Unindexed + st.Stray
	if n == 0 {
		return nil, nil
	}
	if repair {
		if err := d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error { return search.Rebuild(ctx, tx) }); err != nil {
			return nil, err
		}
	}
	return []portable.Finding{{Key: "check.search", Args: []any{"n", n}, N: n, Repaired: repair}}, nil
}

// checkCustomers finds what Refresh, which repair calls for every record, mends.
func checkCustomers(ctx context.Context, d *db.DB, repair bool) ([]portable.Finding, error) {
	var st customers.Derived
	if err := d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) { st, err = customers.CheckDerived(ctx, tx); return err }); err != nil {
		return nil, err
	}
	var list []portable.Finding
	add := func(key string, n int) {
		if n != 0 {
			list = append(list, portable.Finding{Key: key, Args: []any{"n", n}, N: n, Repaired: repair})
		}
	}
	add("check.derived", st.Wrong)
	add("check.unfound", st.Unfound)
	add("check.ghosts", st.Ghosts)
	add("check.total", st.Total-st.Customers)
	if repair && st.Ghosts > 0 {
		if err := d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error { return customers.RemoveGhosts(ctx, tx) }); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func checkTimeline(ctx context.Context, d *db.DB, repair bool) ([]portable.Finding, error) {
	var wrong []ids.ID
	if err := d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) { wrong, err = activity.WrongLast(ctx, tx); return err }); err != nil || len(wrong) == 0 {
		return nil, err
	}
	if repair {
		for part := range slices.Chunk(wrong, 200) {
			if err := d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error { return activity.MendLast(ctx, tx, part) }); err != nil {
				return nil, err
			}
		}
	}
	return []portable.Finding{{Key: "check.last", Args: []any{"n", len(wrong)}, N: len(wrong), Repaired: repair}}, nil
}

func checkProducts(ctx context.Context, d *db.DB, repair bool) ([]portable.Finding, error) {
	var wrong []ids.ID
	if err := d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) { wrong, err = catalog.Wrong(ctx, tx); return err }); err != nil || len(wrong) == 0 {
		return nil, err
	}
	if repair {
		for part := range slices.Chunk(wrong, 200) {
			if err := d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error { return catalog.Refresh(ctx, tx, part) }); err != nil {
				return nil, err
			}
		}
	}
	return []portable.Finding{{Key: "check.products", Args: []any{"n", len(wrong)}, N: len(wrong), Repaired: repair}}, nil
}
