package orders

import (
	"context"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/outbox"
)

// Refresh makes what is derived from the lines of the given orders, which may
// be gone, and publishes [Changed] for their customers: undo calls it.
func Refresh(ctx context.Context, tx *db.Tx, list []ids.ID) error {
	found, err := db.ListIn(ctx, tx, scanOrder, list, `SELECT `+orderCols+` FROM sales_order o WHERE o.id IN ($list)`)
	if err != nil {
		return err
	}
	if err := LoadLines(ctx, tx, found); err != nil {
		return err
	}
	of := make([]ids.ID, 0, len(list))
	for i := range found {
		o := &found[i]
		if err := o.sum(); err != nil {
			return err
		}
		if err := storeDerived(ctx, tx, o); err != nil {
			return err
		}
		of = append(of, o.Customer)
	}
	if _, err := tx.Exec(ctx, `UPDATE order_total SET n = -1 WHERE n <> -1`); err != nil {
		return err
	}
	if tx.Op.IsZero() {
		once(ctx, tx)
		return nil
	}
	if len(found) < len(list) {
		gone, err := formerly(ctx, tx, list)
		if err != nil {
			return err
		}
		of = append(of, gone...)
	}
	publish(ctx, tx, false, of...)
	return nil
}

// once publishes one event for all orders that a transaction refreshes which
// belongs to no operation: a repair, or the end of `akrab import DIR`.
func once(ctx context.Context, tx *db.Tx) {
	type key struct{}
	if tx.Local(key{}) == nil {
		tx.SetLocal(key{}, true)
		outbox.Publish(ctx, tx, Changed{})
	}
}

// formerly returns the customers that orders had in the journal: those of
// deleted ones, and those they were moved away from.
func formerly(ctx context.Context, tx *db.Tx, list []ids.ID) ([]ids.ID, error) {
	images, err := db.ListIn(ctx, tx, db.One[string], list, `
		SELECT DISTINCT was FROM journal_change WHERE tbl = 'sales_order' AND subject IN ($list)`)
	var of []ids.ID
	for _, was := range images {
		if id, ok := journal.ID(was, "customer_id"); ok {
			of = append(of, id)
		}
	}
	return of, err
}

// countBy notes that d orders more are there, with one statement for a
// transaction, its last but the outbox's.
func countBy(tx *db.Tx, d int) {
	type key struct{}
	sum, ok := tx.Local(key{}).(*int)
	if !ok {
		sum = new(int)
		tx.SetLocal(key{}, sum)
		tx.BeforeCommit(func(ctx context.Context, tx *db.Tx) error {
			n, err := tx.Exec(ctx, `UPDATE order_total SET n = n + $1 WHERE n >= 0`, *sum)
			if err != nil || n > 0 {
				return err
			}
			_, err = tx.Exec(ctx, `UPDATE order_total SET n = (SELECT COUNT(*) FROM sales_order)`)
			return err
		})
	}
	*sum += d
}

// Recount counts the orders anew.
func Recount(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, `UPDATE order_total SET n = (SELECT COUNT(*) FROM sales_order)`)
	return err
}

// Total returns how many orders there are.
func Total(ctx context.Context, tx *db.Tx) (int64, error) {
	n, err := db.Get(ctx, tx, db.One[int64], `SELECT n FROM order_total`)
	if err == nil && n < 0 {
		n, err = db.Get(ctx, tx, db.One[int64], `SELECT COUNT(*) FROM sales_order`)
	}
	return n, err
}
