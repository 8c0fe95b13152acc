package db_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
)

var modules = []db.Module{{
	Name: "shop",
	Schema: fstest.MapFS{"schema/001-shop.sql": {Data: []byte(`
CREATE TABLE shop_item (
  id         UUID PRIMARY KEY,
  name       TEXT NOT NULL,
  stock      BIGINT,
  photo      BYTEA,
  sold       BOOLEAN NOT NULL DEFAULT FALSE,
  secret     TEXT,
  rev        BIGINT NOT NULL DEFAULT 1,
  created_op UUID NOT NULL
);
CREATE UNIQUE INDEX shop_item_name ON shop_item (name);
CREATE TABLE shop_part (
  item_id    UUID NOT NULL REFERENCES shop_item (id) DEFERRABLE INITIALLY DEFERRED,
  n          BIGINT NOT NULL,
  label      TEXT NOT NULL,
  created_op UUID,
  PRIMARY KEY (item_id, n)
) WITHOUT ROWID;
`)}},
	Tables: []db.Table{
		{Name: "shop_item", Journal: true, Omit: []string{"secret"}},
		{Name: "shop_part", Key: []string{"item_id", "n"}, Parent: "shop_item", Journal: true},
	},
}}

var op = db.Op{Why: "shop.test"}

func insert(ctx context.Context, tx *db.Tx, id ids.ID, name string) error {
	_, err := tx.Exec(ctx, `INSERT INTO shop_item (id, name, stock, photo, secret, created_op) VALUES ($1, $2, $3, $4, $5, $6)`,
		id, name, 5, []byte{0, 1}, "s", tx.Op)
	return err
}

func TestParametersAreByNumber(t *testing.T) {
	dbtest.Each(t, nil, func(t *testing.T, d *db.DB) {
		err := d.Read(t.Context(), db.Who{}, func(tx *db.Tx) error {
			got, err := db.Get(t.Context(), tx, db.One[string],
				`SELECT CAST($2 AS TEXT) || CAST($1 AS TEXT) || CAST($2 AS TEXT)`, "a", "b")
			if got != "bab" {
				t.Errorf("got %q, want bab", got)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

type named string

func TestValuesComeBackAsTheyWere(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		ctx, id := t.Context(), ids.New(dbtest.Now)
		err := d.Write(ctx, op, func(tx *db.Tx) error { return insert(ctx, tx, id, "Zoë'; DROP TABLE") })
		if err != nil {
			t.Fatal(err)
		}
		var (
			got       ids.ID
			name      named
			stock     *int64
			photo     []byte
			sold      bool
			none      *string
			nullName  named
			createdOp ids.ID
		)
		err = d.Read(ctx, db.Who{}, func(tx *db.Tx) error {
			_, err := db.Get(ctx, tx, func(s db.Scanner, _ *int) error {
				return s.Scan(&got, &name, &stock, &photo, &sold, &none, &nullName, &createdOp)
			}, `SELECT id, name, stock, photo, sold, CAST(NULL AS TEXT), CAST(NULL AS TEXT), created_op FROM shop_item WHERE id = $1`, id)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if got != id || name != "Zoë'; DROP TABLE" || stock == nil || *stock != 5 || string(photo) != "\x00\x01" ||
			sold || none != nil || nullName != "" || createdOp.IsZero() {
			t.Errorf("got %v %q %v %v %v %v %q %v", got, name, stock, photo, sold, none, nullName, createdOp)
		}
	})
}

func TestErrorsAreTranslated(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		twice := d.Write(ctx, op, func(tx *db.Tx) error {
			return errors.Join(insert(ctx, tx, ids.New(dbtest.Now), "same"), insert(ctx, tx, ids.New(dbtest.Now), "same"))
		})
		if errs.KindOf(twice) != errs.Conflict {
			t.Errorf("a name taken twice: %v", twice)
		}
		orphan := d.Write(ctx, op, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO shop_part (item_id, n, label) VALUES ($1, 1, 'x')`, ids.New(dbtest.Now))
			return err
		})
		if errs.KindOf(orphan) != errs.Conflict {
			t.Errorf("a part of nothing: %v", orphan)
		}
		missing := d.Read(ctx, db.Who{}, func(tx *db.Tx) error {
			_, err := db.Get(ctx, tx, db.One[int], `SELECT stock FROM shop_item WHERE name = 'none'`)
			return err
		})
		if errs.KindOf(missing) != errs.NotFound {
			t.Errorf("a missing row: %v", missing)
		}
	})
}

func TestAFailedWriteLeavesNothing(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		ctx, boom := t.Context(), errors.New("boom")
		err := d.Write(ctx, op, func(tx *db.Tx) error {
			if err := insert(ctx, tx, ids.New(dbtest.Now), "x"); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Fatal(err)
		}
		d.Read(ctx, db.Who{}, func(tx *db.Tx) error {
			items, _ := db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM shop_item`)
			ops, err := db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM operation`)
			if items != 0 || ops != 0 || err != nil {
				t.Errorf("%d items, %d operations, %v", items, ops, err)
			}
			return nil
		})
	})
}

func TestReadRefusesToWrite(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		err := d.Read(t.Context(), db.Who{}, func(tx *db.Tx) error { return insert(t.Context(), tx, ids.New(dbtest.Now), "x") })
		if err == nil {
			t.Error("a Read wrote")
		}
	})
}

type change struct{ kind, key, was, now string }

func changes(t *testing.T, d *db.DB) []change {
	t.Helper()
	var list []change
	err := d.Read(t.Context(), db.Who{}, func(tx *db.Tx) (err error) {
		list, err = db.List(t.Context(), tx, func(s db.Scanner, c *change) error {
			return s.Scan(&c.kind, &c.key, &c.was, &c.now)
		}, `SELECT kind, key, was, now FROM journal_change ORDER BY n`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestJournalRecordsChanges(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		ctx, id := t.Context(), ids.MustParse("01900000-0000-7000-8000-000000000001")
		for _, f := range []func(tx *db.Tx) error{
			func(tx *db.Tx) error { return insert(ctx, tx, id, "tin") },
			func(tx *db.Tx) error {
				_, err := tx.Exec(ctx, `UPDATE shop_item SET name = $1, stock = NULL, secret = 'other', rev = rev + 1, sold = TRUE`, "a \"b\"\n")
				return err
			},
			func(tx *db.Tx) error {
				_, err := tx.Exec(ctx, `UPDATE shop_item SET name = name, rev = rev + 1`)
				return err
			},
			func(tx *db.Tx) error { _, err := tx.Exec(ctx, `DELETE FROM shop_item`); return err },
		} {
			if err := d.Write(ctx, db.Op{Why: "shop.test", ID: id}, f); err != nil {
				t.Fatal(err)
			}
		}
		const hexID = `"01900000000070008000000000000001"`
		want := []change{
			{"u", `{"id":` + hexID + `}`, `{"name":"tin","stock":5,"sold":false}`, `{"name":"a \"b\"\n","stock":null,"sold":true}`},
			{"d", `{"id":` + hexID + `}`, `{"id":` + hexID + `,"name":"a \"b\"\n","stock":null,"photo":"0001","sold":true,"created_op":` + hexID + `}`, `{}`},
		}
		if got := changes(t, d); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("journal\n%v\nwant\n%v", got, want)
		}
	})
}

func TestChangeWithoutOperationIsRefused(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		ctx, id := t.Context(), ids.New(dbtest.Now)
		if err := d.Write(ctx, op, func(tx *db.Tx) error { return insert(ctx, tx, id, "x") }); err != nil {
			t.Fatal(err)
		}
		err := d.Write(ctx, db.Op{}, func(tx *db.Tx) error { _, err := tx.Exec(ctx, `DELETE FROM shop_item`); return err })
		if err == nil {
			t.Error("a journaled table was changed outside of an operation")
		}
	})
}

func TestMigrateTwice(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		if err := d.Migrate(t.Context(), modules...); err != nil {
			t.Error(err)
		}
	})
}

func TestListIn(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		var list []ids.ID
		err := d.Write(ctx, op, func(tx *db.Tx) error {
			n := 0
			return tx.Copy(ctx, `shop_item`, []string{"id", "name", "created_op"}, func() ([]any, bool) {
				if n == 700 {
					return nil, false
				}
				n++
				id := ids.New(dbtest.Now)
				list = append(list, id)
				return []any{id, fmt.Sprint("item ", n), tx.Op}, true
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{0, 1, 2, 9, 65, 257, 700} {
			err := d.Read(ctx, db.Who{}, func(tx *db.Tx) error {
				got, err := db.ListIn(ctx, tx, db.One[string], list[:n], `SELECT name FROM shop_item WHERE sold = $1 AND id IN ($list)`, false)
				if len(got) != n {
					t.Errorf("ListIn of %d ids returned %d rows", n, len(got))
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestUsersGoBeforeBackground(t *testing.T) {
	d := dbtest.Open(t, modules...)
	ctx := t.Context()
	var mu sync.Mutex
	var order []string
	note := func(s string) {
		mu.Lock()
		order = append(order, s)
		mu.Unlock()
	}
	var wg sync.WaitGroup
	started, goOn := make(chan bool), make(chan bool)
	wg.Go(func() {
		d.Write(ctx, op, func(*db.Tx) error { close(started); <-goOn; return nil })
	})
	<-started
	back := op
	back.Background = true
	wg.Go(func() { d.Write(ctx, back, func(*db.Tx) error { note("background"); return nil }) })
	time.Sleep(20 * time.Millisecond)
	wg.Go(func() { d.Write(ctx, op, func(*db.Tx) error { note("user"); return nil }) })
	time.Sleep(20 * time.Millisecond)
	close(goOn)
	wg.Wait()
	if fmt.Sprint(order) != "[user background]" {
		t.Errorf("order %v, want the user first", order)
	}
}

func TestReferences(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		err := d.Read(t.Context(), db.Who{}, func(tx *db.Tx) error {
			got, err := tx.References(t.Context(), "shop_item")
			if fmt.Sprint(got) != "[{shop_part item_id}]" {
				t.Errorf("References = %v", got)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// A process that writes slice after slice on a SQLite file gives way to a user
// of another process, who would otherwise find it locked again and again.
func TestUsersGoBeforeTheBackgroundOfAnotherProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "akrab.db")
	open := func() *db.DB {
		d, err := db.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		return d
	}
	server, tool := open(), open()

	ctx, stop := context.WithCancel(t.Context())
	var slices atomic.Int64
	done := make(chan error, 1)
	go func() {
		for ctx.Err() == nil {
			err := tool.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
				slices.Add(1)
				for s := tx.Slice(); !s.Over(); {
					time.Sleep(time.Millisecond)
				}
				return nil
			})
			if err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for slices.Load() < 3 {
		time.Sleep(time.Millisecond)
	}
	for range 20 {
		before := slices.Load()
		var after int64
		err := server.Write(t.Context(), db.Op{}, func(*db.Tx) error { after = slices.Load(); return nil })
		if err != nil {
			t.Fatal(err)
		}
		// The slice under way, and one that began before the user stood in the queue.
		if after-before > 2 {
			t.Errorf("%d slices went before a user", after-before)
		}
	}
	stop()
	if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// A process that keeps few pages in memory reads and writes as others do.
func TestSlim(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		if err := d.Slim(ctx); err != nil {
			t.Fatal(err)
		}
		const many = 300
		err := d.Write(ctx, op, func(tx *db.Tx) error {
			for i := range many {
				if err := insert(ctx, tx, ids.New(dbtest.Now), fmt.Sprint("item ", i)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		err = d.Read(ctx, db.Who{}, func(tx *db.Tx) error {
			n, err := db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM shop_item WHERE stock = 5`)
			if n != many {
				t.Errorf("%d items, want %d", n, many)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
