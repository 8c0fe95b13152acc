package journal

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
)

func line(c Change) string {
	s := fmt.Sprint(c.ActorName, " ", c.Kind, " ", c.Table)
	if c.Row > 0 {
		s += fmt.Sprint(" ", c.Row)
	}
	if c.Kind == Updated {
		return s + fmt.Sprint(" ", c.Column, ": ", c.Was, " → ", c.Now)
	}
	return strings.TrimSpace(s + " " + c.Label)
}

func TestHistory(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		tick(d)
		do(t, d, siti, addPerson(id(1), "Ana"), addMail(id(1), "a@x.id"), addPerson(id(2), "Eko"))
		do(t, d, budi, addMail(id(1), "b@x.id"), setCity(id(1), "Solo"))
		edit := do(t, d, siti, rename(id(1), "Ani"), setMail(id(1), 2, "c@x.id"))
		do(t, d, budi, dropMail(id(1), 1))
		undo(t, d, budi, edit)
		want := []string{
			"Budi updated person name: Ani → Ana",
			"Budi updated person_mail 2 value: c@x.id → b@x.id",
			"Budi removed person_mail 1 a@x.id",
			"Siti updated person_mail 2 value: b@x.id → c@x.id",
			"Siti updated person name: Ana → Ani",
			"Budi updated person city: <nil> → Solo",
			"Budi added person_mail 2 b@x.id",
			"Siti created person Ana",
		}
		for _, limit := range []int{1, 2, 3, 100} {
			var got []string
			var before int64
			var newest time.Time
			for {
				var list []Change
				err := d.Read(t.Context(), siti, func(tx *db.Tx) (err error) {
					list, before, err = History(t.Context(), tx, id(1), before, limit)
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range list {
					got = append(got, line(c))
					if newest.IsZero() {
						newest = c.At
					}
					if c.At.After(newest) || c.Why == "" || c.Subject != id(1) {
						t.Errorf("%+v", c)
					}
				}
				if before == 0 {
					break
				}
			}
			if strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("pages of %d:\n%s\nwant\n%s", limit, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
	})
}

// Of one column the latest change is found, as the history tells it.
func TestLastUpdate(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		tick(d)
		do(t, d, siti, addPerson(id(1), "Ana"), addMail(id(1), "a@x.id"))
		do(t, d, budi, rename(id(1), "Ani"))
		do(t, d, siti, rename(id(1), "Anna"))
		do(t, d, budi, setMail(id(1), 1, "name@x.id"))
		do(t, d, budi, setCity(id(1), "name"))
		for _, tt := range []struct {
			column string
			limit  int
			want   string
			whole  bool
		}{
			{"name", 50, "Siti updated person name: Ani → Anna", true},
			{"name", 3, "Siti updated person name: Ani → Anna", false},
			{"name", 2, "", false},
			{"city", 1, "Budi updated person city: <nil> → name", false},
			{"value", 50, "", true}, // of a row of another table
		} {
			var got string
			var whole bool
			err := d.Read(t.Context(), siti, func(tx *db.Tx) error {
				c, found, all, err := LastUpdate(t.Context(), tx, id(1), "person", tt.column, tt.limit)
				if whole = all; found {
					got = line(c)
				}
				return err
			})
			if got != tt.want || whole != tt.whole || err != nil {
				t.Errorf("LastUpdate(%s, %d) = %q, whole %v, %v; want %q, %v", tt.column, tt.limit, got, whole, err, tt.want, tt.whole)
			}
		}
	})
}

func TestOperations(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		first := do(t, d, siti, addPerson(id(1), "Ana"), addPerson(id(2), "Eko"), addMail(id(1), "a@x.id"))
		because(t, d, db.Who{}, first, setCity(id(1), "Solo"))
		second := do(t, d, budi, rename(id(1), "Ani"), addMail(id(2), "e@x.id"))
		undone := undo(t, d, siti, second)
		err := d.Read(ctx, siti, func(tx *db.Tx) error {
			list, err := List(ctx, tx, ids.ID{}, 10)
			if err != nil {
				return err
			}
			var got []string
			for _, o := range list {
				got = append(got, o.ActorName+" "+o.Why+" "+string(o.State))
			}
			if s := strings.Join(got, "; "); s != "Siti operation.undo done; Budi shop.test undone; Siti shop.test done" {
				t.Errorf("List = %s", s)
			}
			if list, err = List(ctx, tx, second, 10); err != nil || len(list) != 1 || list[0].ID != first {
				t.Errorf("List after the second = %v, %v", list, err)
			}
			if list, err = ListOf(ctx, tx, siti.User, ids.ID{}, 1); err != nil || len(list) != 1 || list[0].ID != undone.ID {
				t.Errorf("ListOf = %v, %v", list, err)
			}
			if o, err := UndoOf(ctx, tx, second); err != nil || o.ID != undone.ID {
				t.Errorf("UndoOf = %v, %v", o, err)
			}
			changes, err := Changes(ctx, tx, second, 0, 10)
			if err != nil || len(changes) != 1 || line(changes[0]) != "Budi updated person name: Ana → Ani" {
				t.Errorf("Changes = %v, %v", changes, err)
			}
			created, err := CreatedBy(ctx, tx, first, 100)
			if err != nil || fmt.Sprint(created) != "[{person 2}]" {
				t.Errorf("CreatedBy = %v, %v", created, err)
			}
			for most, want := range map[int]int{100: 2, 1: 1} {
				if n, err := Size(ctx, tx, first, most); err != nil || n != want {
					t.Errorf("Size up to %d = %d, %v", most, n, err)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestPurge(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		now := ids.New(dbtest.Now).Time() // not before what another test made
		d.Now = func() time.Time { return now }
		do(t, d, siti, addPerson(id(1), "Ana"))
		for range 10 {
			undo(t, d, siti, do(t, d, siti, rename(id(1), "Ani")))
		}
		now = now.Add(100 * 24 * time.Hour)
		young := do(t, d, budi, rename(id(1), "Anu"))
		var long ids.ID
		purge := func(before time.Time) error {
			return d.Write(ctx, db.Op{}, func(tx *db.Tx) error {
				_, err := Purge(ctx, tx, before)
				return err
			})
		}
		if err := purge(now.Add(-Window + time.Hour)); errs.KindOf(err) != errs.Invalid {
			t.Errorf("purging what can be undone: %v", err)
		}
		err := d.Write(ctx, db.Op{Who: siti, Why: "shop.test", Long: true}, func(tx *db.Tx) error { long = tx.Op; return nil })
		if err != nil {
			t.Fatal(err)
		}
		now = now.Add(40 * 24 * time.Hour)
		if err := purge(now.Add(-60 * 24 * time.Hour)); err != nil {
			t.Fatal(err)
		}
		err = d.Read(ctx, siti, func(tx *db.Tx) error {
			list, err := List(ctx, tx, ids.ID{}, 100)
			if err != nil || len(list) != 2 || list[0].ID != long || list[1].ID != young {
				t.Errorf("left %v, %v", list, err)
			}
			history, _, err := History(ctx, tx, id(1), 0, 100)
			if err != nil || len(history) != 2 || line(history[0]) != "Budi updated person name: Ana → Anu" ||
				line(history[1]) != "created person Anu" || history[1].At.IsZero() {
				t.Errorf("history %+v, %v", history, err)
			}
			n, err := db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM journal_change`)
			if n != 1 {
				t.Errorf("%d rows of the journal are left", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzDecode reads what the journal may hold; whatever it is, it must not
// panic, and what is read must be written and read again the same.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{}`, `{"id":"01900000000070008000000000000001","name":"a \"b\"\n","score":9223372036854775807,"vip":true,"photo":"00ff","city":null}`,
		`{"score":1.5}`, `{"id":"xyz"}`, `{"id":5}`, `[`, `{"name":"` + "\u2028" + `é\u0000"}`, `{"vip":1,"gone":2}`,
	} {
		f.Add(s)
	}
	types := []db.Column{{Name: "id", Type: "UUID"}, {Name: "name", Type: "TEXT"}, {Name: "city", Type: "TEXT"},
		{Name: "score", Type: "BIGINT"}, {Name: "vip", Type: "BOOLEAN"}, {Name: "photo", Type: "BYTEA"}}
	t := newTable(db.Table{Name: "person"}, types)
	all := []string{"id", "name", "city", "score", "vip", "photo"}
	f.Fuzz(func(tt *testing.T, text string) {
		r, err := t.decode(text)
		if err != nil {
			return
		}
		again, err := t.decode(string(appendObject(nil, r, all)))
		if err != nil {
			tt.Fatal(err)
		}
		for _, c := range all {
			if !same(r[c], again[c]) {
				tt.Errorf("%s: %v, read again %v", c, r[c], again[c])
			}
		}
	})
}

func TestIDOfAnImage(t *testing.T) {
	want := ids.ID{0: 1, 15: 0xfe}
	image := `{"id":"00","customer_id":"010000000000000000000000000000FE","name":"Sari","owner_id":null}`
	if id, ok := ID(image, "customer_id"); !ok || id != want {
		t.Errorf("customer_id of %s: %v, %v", image, id, ok)
	}
	for _, column := range []string{"id", "name", "owner_id", "gone"} {
		if id, ok := ID(image, column); ok {
			t.Errorf("%s of %s: %v", column, image, id)
		}
	}
	for _, bad := range []string{"", "null", "[1]", `{"customer_id":`} {
		if _, ok := ID(bad, "customer_id"); ok {
			t.Errorf("%q has an id", bad)
		}
	}
}
