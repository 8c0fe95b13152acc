package db_test

import (
	"context"
	"testing"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/ids"
)

func rowsOf(t *testing.T, d *db.DB, count func(ctx context.Context, tx *db.Tx) (int, error)) (n int) {
	t.Helper()
	if err := d.Read(t.Context(), db.Who{}, func(tx *db.Tx) (err error) { n, err = count(t.Context(), tx); return err }); err != nil {
		t.Fatal(err)
	}
	return n
}

func items(ctx context.Context, tx *db.Tx) (int, error) {
	return db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM shop_item`)
}

func operations(ctx context.Context, tx *db.Tx) (int, error) {
	return db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM operation`)
}

// An operation that changed nothing leaves no trace, nor does one that only
// said what it is about; bookkeeping beside it stays.
func TestOperationWithoutChanges(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		ctx, id := t.Context(), ids.New(dbtest.Now)
		write := func(f func(tx *db.Tx) error) {
			t.Helper()
			if err := d.Write(ctx, op, f); err != nil {
				t.Fatal(err)
			}
		}
		write(func(tx *db.Tx) error { return insert(ctx, tx, id, "x") })
		write(func(tx *db.Tx) error {
			if err := tx.LockRecord(ctx, `shop_item`, id); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `UPDATE shop_item SET name = 'y' WHERE name = 'nothing'`); err != nil {
				return err
			}
			if _, err := tx.Aside(ctx, `INSERT INTO meta (key, value) VALUES ('aside', '1')`); err != nil {
				return err
			}
			return tx.SetOp(ctx, id, map[string]any{"name": "x"})
		})
		if n := rowsOf(t, d, operations); n != 1 {
			t.Errorf("%d operations, want that which added an item", n)
		}
		if n := rowsOf(t, d, func(ctx context.Context, tx *db.Tx) (int, error) {
			return db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM meta WHERE key = 'aside'`)
		}); n != 1 {
			t.Error("what was noted beside the operation is lost")
		}
		write(func(tx *db.Tx) error {
			_, err := db.Get(ctx, tx, db.One[ids.ID], `UPDATE shop_item SET name = 'y' WHERE id = $1 RETURNING id`, id)
			return err
		})
		long := db.Op{Why: "shop.test", Long: true}
		if err := d.Write(ctx, long, func(*db.Tx) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if n := rowsOf(t, d, operations); n != 3 {
			t.Errorf("%d operations, want 3", n)
		}
	})
}
