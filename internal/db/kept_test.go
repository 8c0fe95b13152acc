package db_test

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/ids"
)

// countedModules are modules with Counted set for the table of items.
func countedModules() []db.Module {
	m := modules[0]
	m.Tables = slices.Clone(m.Tables)
	m.Tables[0].Counted = true
	return []db.Module{m}
}

// What is kept of a table is what the table says, whoever wrote to it, in this
// process or in another one, and however.
func TestKeptIsTrue(t *testing.T) {
	dbtest.Each(t, countedModules(), func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		check := checkKept(t, d)
		check(0)
		id := ids.New(dbtest.Now)
		write := func(d *db.DB, f func(tx *db.Tx) error) {
			t.Helper()
			if err := d.Write(ctx, op, f); err != nil {
				t.Fatal(err)
			}
		}
		write(d, func(tx *db.Tx) error { return insert(ctx, tx, id, "a") })
		check(1)
		write(d, func(tx *db.Tx) error {
			i := 0
			return tx.Copy(ctx, `shop_item`, []string{"id", "name", "created_op"}, func() ([]any, bool) {
				i++
				return []any{ids.New(tx.Now), "copy " + string(rune('a'+i)), tx.Op}, i <= 20
			})
		})
		check(21)
		write(d, func(tx *db.Tx) error {
			_, err := db.ExecIn(ctx, tx, []ids.ID{id}, `DELETE FROM shop_item WHERE id IN ($list)`)
			return err
		})
		check(20)
		// Nothing is kept of what is rolled back, nor within the transaction that changes it.
		failed := d.Write(ctx, op, func(tx *db.Tx) error {
			if err := insert(ctx, tx, ids.New(dbtest.Now), "never"); err != nil {
				return err
			}
			if n := keptCount(t, ctx, tx); n != 21 {
				t.Errorf("within the transaction there are %d items, want 21", n)
			}
			return context.Canceled
		})
		if failed == nil {
			t.Error("the transaction is not rolled back")
		}
		check(20)
	})
}

func TestKeptBesideAnotherProcess(t *testing.T) {
	ctx, path := t.Context(), filepath.Join(t.TempDir(), "shop.db")
	var both []*db.DB
	for range 2 {
		d, err := db.Open(ctx, path)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if err := d.Migrate(ctx, countedModules()...); err != nil {
			t.Fatal(err)
		}
		both = append(both, d)
	}
	for n := range 6 {
		checkKept(t, both[0])(n)
		checkKept(t, both[1])(n)
		err := both[n%2].Write(ctx, op, func(tx *db.Tx) error { return insert(ctx, tx, ids.New(dbtest.Now), string(rune('a'+n))) })
		if err != nil {
			t.Fatal(err)
		}
	}
	// As long as nobody writes to the table, it is not asked again.
	asked := 0
	for range 3 {
		err := both[0].Read(ctx, db.Who{}, func(tx *db.Tx) error {
			_, err := db.Kept(ctx, tx, "shop_item", "asked", func() (int, error) { asked++; return 6, nil })
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if asked != 1 {
		t.Errorf("what is kept is made %d times", asked)
	}
}

func keptCount(t *testing.T, ctx context.Context, tx *db.Tx) int {
	t.Helper()
	n, err := db.Kept(ctx, tx, "shop_item", "count", func() (int, error) {
		return db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM shop_item`)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func checkKept(t *testing.T, d *db.DB) func(want int) {
	return func(want int) {
		t.Helper()
		for range 2 {
			err := d.Read(t.Context(), db.Who{}, func(tx *db.Tx) error {
				if n := keptCount(t, t.Context(), tx); n != want {
					t.Errorf("there are %d items, want %d", n, want)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}
