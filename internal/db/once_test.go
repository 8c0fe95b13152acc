package db_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/ids"
)

// What is asked for several times with one key happens once, also at once.
func TestOnce(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		add := func(once *db.Once, name string) error {
			return d.Write(ctx, db.Op{Who: db.Who{Once: once}, Why: "shop.test"}, func(tx *db.Tx) error { return insert(ctx, tx, ids.New(tx.Now), name) })
		}
		var wg sync.WaitGroup
		var done atomic.Int32
		for i := range 8 {
			wg.Go(func() {
				once := &db.Once{Key: "a"}
				switch err := add(once, string(rune('a'+i))); {
				case err == nil && !once.Op.IsZero():
					done.Add(1)
				case !errors.Is(err, db.ErrRepeated) || !once.Op.IsZero():
					t.Errorf("%v, operation %s", err, once.Op)
				}
			})
		}
		wg.Wait()
		if n := rowsOf(t, d, items); done.Load() != 1 || n != 1 {
			t.Errorf("done %d times, %d items", done.Load(), n)
		}
		b := &db.Once{Key: "b"}
		if err := errors.Join(add(b, "x"), add(b, "y")); err != nil {
			t.Errorf("a request with two operations: %v", err)
		}
		failing := &db.Once{Key: "c"}
		if err := add(failing, "x"); err == nil || !failing.Op.IsZero() {
			t.Error("two items of one name")
		}
		if err := add(failing, "z"); err != nil {
			t.Errorf("what failed can't be asked for again: %v", err)
		}
		find := func(key string) (a db.Asked, ok bool) {
			rowsOf(t, d, func(ctx context.Context, tx *db.Tx) (_ int, err error) {
				a, ok, err = db.FindAsked(ctx, tx, key)
				return 0, err
			})
			return a, ok
		}
		if err := b.Answered(ctx, d, "there"); err != nil {
			t.Fatal(err)
		}
		if a, ok := find("b"); !ok || a.Answer != "there" || a.Op != b.Op {
			t.Errorf("b: %+v, %v", a, ok)
		}
		if err := failing.Forget(ctx, d); err != nil {
			t.Fatal(err)
		}
		if _, ok := find("c"); ok {
			t.Error("c is not forgotten")
		}
		d.Now = func() time.Time { return dbtest.Now.Add(25 * time.Hour) }
		if err := d.Write(ctx, db.Op{}, func(tx *db.Tx) error { return db.PurgeOnce(ctx, tx) }); err != nil {
			t.Fatal(err)
		}
		if _, ok := find("b"); ok {
			t.Error("b is kept for ever")
		}
	})
}
