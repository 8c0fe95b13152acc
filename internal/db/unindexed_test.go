package db_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/ids"
)

// A table that is filled without its indexes has them again afterwards, also
// if that failed or was cut off; what must be unique is so all the time.
func TestUnindexed(t *testing.T) {
	indexed := append(slices.Clone(modules), db.Module{Name: "more", Schema: fstest.MapFS{"schema/001-more.sql": {Data: []byte(`
CREATE INDEX shop_item_stock ON shop_item (stock, id);
CREATE INDEX shop_item_sold ON shop_item (sold) WHERE sold;
`)}}})
	dbtest.Each(t, indexed, func(t *testing.T, d *db.DB) {
		indexes := func() (list []string) {
			query := `SELECT name FROM sqlite_master WHERE tbl_name = 'shop_item' AND type = 'index' AND sql IS NOT NULL ORDER BY 1`
			if d.Engine() == db.Postgres {
				query = `SELECT indexname::text FROM pg_indexes WHERE schemaname = current_schema() AND tablename = 'shop_item' AND indexname <> 'shop_item_pkey' ORDER BY 1`
			}
			err := d.Read(t.Context(), db.Who{}, func(tx *db.Tx) (err error) {
				list, err = db.ListGenerated(t.Context(), tx, db.One[string], db.Generate(query))
				return err
			})
			if err != nil {
				t.Error(err)
			}
			return list
		}
		all := indexes()
		if len(all) != 3 {
			t.Fatalf("indexes %q", all)
		}
		n := 0
		fill := func(ctx context.Context) error {
			want := all
			if d.Engine() == db.SQLite {
				want = []string{"shop_item_name"}
			}
			if got := indexes(); !slices.Equal(got, want) {
				t.Errorf("while it is filled it has %q, want %q", got, want)
			}
			return d.Write(ctx, op, func(tx *db.Tx) error {
				for range 20 {
					n++
					if err := insert(ctx, tx, ids.New(dbtest.Now), fmt.Sprint("item ", n)); err != nil {
						return err
					}
				}
				return nil
			})
		}
		if err := d.Unindexed(t.Context(), `shop_item`, fill); err != nil {
			t.Fatal(err)
		}
		if got := indexes(); !slices.Equal(got, all) {
			t.Errorf("afterwards it has %q, want %q", got, all)
		}
		err := d.Read(t.Context(), db.Who{}, func(tx *db.Tx) error {
			count, err := db.Get(t.Context(), tx, db.One[int], `SELECT COUNT(*) FROM shop_item WHERE stock = 5`)
			if count != n {
				t.Errorf("%d rows by an index, want %d", count, n)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}

		failed := errors.New("failed")
		if err := d.Unindexed(t.Context(), `shop_item`, func(context.Context) error { return failed }); !errors.Is(err, failed) {
			t.Errorf("error %v, want that of the filling", err)
		}
		if got := indexes(); !slices.Equal(got, all) {
			t.Errorf("after a failure it has %q, want %q", got, all)
		}

		ctx, stop := context.WithCancel(t.Context())
		if err := d.Unindexed(ctx, `shop_item`, func(context.Context) error { stop(); return nil }); err == nil && d.Engine() == db.SQLite {
			t.Error("no error of a run that was cut off")
		}
		if err := d.Migrate(t.Context(), indexed...); err != nil {
			t.Fatal(err)
		}
		if got := indexes(); !slices.Equal(got, all) {
			t.Errorf("after the next start it has %q, want %q", got, all)
		}
	})
}
