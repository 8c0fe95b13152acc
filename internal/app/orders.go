package app

import (
	"context"
	"slices"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/portable"
)

// checkOrders finds sums that are not those of the lines, orders that their
// customer's timeline lacks, and figures that are not those of the orders.
func checkOrders(ctx context.Context, d *db.DB, repair bool) ([]portable.Finding, error) {
	var w orders.Wrong
	if err := d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) { w, err = orders.CheckDerived(ctx, tx); return err }); err != nil {
		return nil, err
	}
	var list []portable.Finding
	add := func(key string, n int) {
		if n != 0 {
			list = append(list, portable.Finding{Key: key, Args: []any{"n", n}, N: n, Repaired: repair})
		}
	}
	add("check.order_sums", len(w.Sums))
	add("check.order_entries", len(w.Entries))
	add("check.order_total", int(w.Total))
	if w.Figures {
		add("check.order_figures", 1)
	}
	if !repair {
		return list, nil
	}
	for part := range slices.Chunk(w.Sums, 200) {
		if err := d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error { return orders.Refresh(ctx, tx, part) }); err != nil {
			return nil, err
		}
	}
	for part := range slices.Chunk(w.Entries, 200) {
		op := db.Op{Why: "order.mend", Background: true}
		if err := d.Write(ctx, op, func(tx *db.Tx) error { return orders.MendEntries(ctx, tx, part) }); err != nil {
			return nil, err
		}
	}
	if w.Total != 0 {
		if err := d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error { return orders.Recount(ctx, tx) }); err != nil {
			return nil, err
		}
	}
	if w.Figures || len(w.Sums) > 0 {
		return list, orders.MakeFigures(ctx, d)
	}
	return list, nil
}
