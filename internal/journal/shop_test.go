package journal

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/ids"
)

// The schema of these tests has what undo must cope with: records with rows of
// their own (numbered and not), unique values, references between records,
// to themselves and in a circle, secrets, derived data, bookkeeping.
const shopSchema = `
CREATE TABLE firm (
  id         UUID PRIMARY KEY,
  code       TEXT,
  name       TEXT NOT NULL,
  rev        BIGINT NOT NULL DEFAULT 1,
  created_op UUID NOT NULL
);
CREATE UNIQUE INDEX firm_code ON firm (code);
CREATE INDEX firm_created_op ON firm (created_op, id);
CREATE TABLE person (
  id         UUID PRIMARY KEY,
  name       TEXT NOT NULL,
  city       TEXT,
  score      BIGINT NOT NULL DEFAULT 0,
  vip        BOOLEAN NOT NULL DEFAULT FALSE,
  photo      BYTEA,
  firm_id    UUID REFERENCES firm (id) DEFERRABLE INITIALLY DEFERRED,
  boss_id    UUID REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  pin        TEXT,
  updated_at BIGINT NOT NULL DEFAULT 0,
  rev        BIGINT NOT NULL DEFAULT 1,
  created_op UUID NOT NULL
);
CREATE INDEX person_firm ON person (firm_id);
CREATE INDEX person_boss ON person (boss_id);
CREATE INDEX person_created_op ON person (created_op, id);
ALTER TABLE firm ADD COLUMN owner_id UUID REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX firm_owner ON firm (owner_id);
CREATE TABLE person_mail (
  person_id  UUID NOT NULL REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  n          BIGINT NOT NULL,
  value      TEXT NOT NULL,
  created_op UUID,
  PRIMARY KEY (person_id, n)
) WITHOUT ROWID;
CREATE INDEX person_mail_created_op ON person_mail (created_op, person_id) WHERE created_op IS NOT NULL;
CREATE TABLE person_tag (
  person_id  UUID NOT NULL REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  tag        TEXT NOT NULL,
  note       TEXT,
  created_op UUID,
  PRIMARY KEY (person_id, tag)
) WITHOUT ROWID;
CREATE INDEX person_tag_created_op ON person_tag (created_op, person_id) WHERE created_op IS NOT NULL;
CREATE TABLE visit (
  id         UUID PRIMARY KEY,
  person_id  UUID NOT NULL REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  note       TEXT NOT NULL,
  rev        BIGINT NOT NULL DEFAULT 1,
  created_op UUID NOT NULL
);
CREATE INDEX visit_person ON visit (person_id);
CREATE INDEX visit_created_op ON visit (created_op, id);
CREATE TABLE visit_guest (
  visit_id   UUID NOT NULL REFERENCES visit (id) DEFERRABLE INITIALLY DEFERRED,
  n          BIGINT NOT NULL,
  person_id  UUID REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  created_op UUID,
  PRIMARY KEY (visit_id, n)
) WITHOUT ROWID;
CREATE INDEX visit_guest_person ON visit_guest (person_id);
CREATE INDEX visit_guest_created_op ON visit_guest (created_op, visit_id) WHERE created_op IS NOT NULL;
CREATE TABLE person_seen (
  person_id UUID NOT NULL REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  who       TEXT NOT NULL,
  PRIMARY KEY (person_id, who)
) WITHOUT ROWID;
CREATE TABLE person_index (
  id   UUID PRIMARY KEY,
  text TEXT NOT NULL
);
`

var shop = db.Module{
	Name:   "shop",
	Schema: fstest.MapFS{"schema/001-shop.sql": {Data: []byte(shopSchema)}},
	Tables: []db.Table{
		{Name: "firm", Journal: true},
		{Name: "person", Journal: true, Omit: []string{"pin"}, Refresh: refreshIndex},
		{Name: "person_mail", Key: []string{"person_id", "n"}, Parent: "person", Journal: true},
		{Name: "person_tag", Key: []string{"person_id", "tag"}, Parent: "person", Journal: true},
		{Name: "visit", Journal: true},
		{Name: "visit_guest", Key: []string{"visit_id", "n"}, Parent: "visit", Journal: true},
	},
}

var modules = []db.Module{Module, shop}

// refreshIndex derives what a search index would hold: a person's name, mails
// and number of visits.
func refreshIndex(ctx context.Context, tx *db.Tx, list []ids.ID) error {
	if _, err := db.ExecIn(ctx, tx, list, `DELETE FROM person_index WHERE id IN ($list)`); err != nil {
		return err
	}
	_, err := db.ExecIn(ctx, tx, list, `
		INSERT INTO person_index (id, text)
		SELECT p.id, p.name || ' ' || (SELECT COUNT(*) FROM person_mail m WHERE m.person_id = p.id) || ' ' ||
		  (SELECT COUNT(*) FROM visit v WHERE v.person_id = p.id)
		FROM person p WHERE p.id IN ($list)`)
	return err
}

var (
	siti = db.Who{User: ids.MustParse("01900000-0000-7000-8000-00000000000a"), Name: "Siti"}
	budi = db.Who{User: ids.MustParse("01900000-0000-7000-8000-00000000000b"), Name: "Budi"}
)

// An act is something that people do in the shop, within an operation.
type act func(ctx context.Context, tx *db.Tx) error

// do runs acts as one operation and returns its id.
func do(t rapid.TB, d *db.DB, who db.Who, acts ...act) ids.ID {
	t.Helper()
	return because(t, d, who, ids.ID{}, acts...)
}

// because is do for an operation that has a cause. It is there even if it changes
// nothing, as those are that take several transactions.
func because(t rapid.TB, d *db.DB, who db.Who, cause ids.ID, acts ...act) ids.ID {
	t.Helper()
	var op ids.ID
	ctx := context.Background()
	err := d.Write(ctx, db.Op{Who: who, Why: "shop.test", Cause: cause, Long: true}, func(tx *db.Tx) error {
		op = tx.Op
		for _, a := range acts {
			if err := a(ctx, tx); err != nil {
				return err
			}
		}
		return tx.FinishOp(ctx)
	})
	if err != nil {
		t.Fatal(err)
	}
	return op
}

func id(n int) ids.ID { return ids.MustParse(fmt.Sprintf("01900000-0000-7000-8000-%012x", n)) }

// refreshed runs f and then refreshes the index of some people.
func refreshed(f act, people ...ids.ID) act {
	return func(ctx context.Context, tx *db.Tx) error {
		if err := f(ctx, tx); err != nil {
			return err
		}
		return refreshIndex(ctx, tx, people)
	}
}

func addPerson(p ids.ID, name string) act {
	return refreshed(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO person (id, name, photo, pin, created_op) VALUES ($1, $2, $3, '1234', $4)
			ON CONFLICT DO NOTHING`, p, name, []byte{0, 255}, tx.Op)
		return err
	}, p)
}

func rename(p ids.ID, name string) act {
	return refreshed(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE person SET name = $2, updated_at = $3, rev = rev + 1 WHERE id = $1`, p, name, db.Millis(tx.Now))
		return err
	}, p)
}

func setCity(p ids.ID, city any) act {
	return func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE person SET city = $2, updated_at = $3, rev = rev + 1 WHERE id = $1`, p, city, db.Millis(tx.Now))
		return err
	}
}

func setScore(p ids.ID, score int64, vip bool, photo []byte) act {
	return func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE person SET score = $2, vip = $3, photo = $4, rev = rev + 1 WHERE id = $1`, p, score, vip, photo)
		return err
	}
}

func setFirm(p, firm ids.ID) act {
	return func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE person SET firm_id = (SELECT f.id FROM firm f WHERE f.id = $2), rev = rev + 1 WHERE id = $1`, p, firm)
		return err
	}
}

func setBoss(p, boss ids.ID) act {
	return func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE person SET boss_id = (SELECT b.id FROM person b WHERE b.id = $2), rev = rev + 1 WHERE id = $1`, p, boss)
		return err
	}
}

// addMail adds a mail under the next free number; with the person, if they
// were created by the same operation.
func addMail(p ids.ID, value string) act {
	return refreshed(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO person_mail (person_id, n, value, created_op)
			SELECT p.id, COALESCE((SELECT MAX(m.n) FROM person_mail m WHERE m.person_id = p.id), 0) + 1, $2,
			  CASE WHEN p.created_op = $3 THEN NULL ELSE $3 END
			FROM person p WHERE p.id = $1`, p, value, tx.Op)
		return err
	}, p)
}

func setMail(p ids.ID, n int64, value string) act {
	return func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE person_mail SET value = $3 WHERE person_id = $1 AND n = $2`, p, n, value)
		return err
	}
}

func dropMail(p ids.ID, n int64) act {
	return refreshed(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM person_mail WHERE person_id = $1 AND n = $2`, p, n)
		return err
	}, p)
}

func addTag(p ids.ID, tag string) act {
	return func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO person_tag (person_id, tag, created_op)
			SELECT p.id, $2, CASE WHEN p.created_op = $3 THEN NULL ELSE $3 END FROM person p WHERE p.id = $1
			ON CONFLICT DO NOTHING`, p, tag, tx.Op)
		return err
	}
}

func dropTag(p ids.ID, tag string) act {
	return func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM person_tag WHERE person_id = $1 AND tag = $2`, p, tag)
		return err
	}
}

func addFirm(f ids.ID, code any) act {
	return func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO firm (id, code, name, created_op) VALUES ($1, $2, 'PT "Maju" 🚀', $3) ON CONFLICT DO NOTHING`, f, code, tx.Op)
		return err
	}
}

func setCode(f ids.ID, code any) act {
	return func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE firm SET code = $2, rev = rev + 1
			WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM firm o WHERE o.code = $2)`, f, code)
		return err
	}
}

func setOwner(f, owner ids.ID) act {
	return func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE firm SET owner_id = (SELECT p.id FROM person p WHERE p.id = $2), rev = rev + 1 WHERE id = $1`, f, owner)
		return err
	}
}

func dropFirm(f ids.ID) act {
	return func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE person SET firm_id = NULL, rev = rev + 1 WHERE firm_id = $1`, f); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `DELETE FROM firm WHERE id = $1`, f)
		return err
	}
}

func addVisit(v, p ids.ID, note string) act {
	return refreshed(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO visit (id, person_id, note, created_op)
			SELECT $1, p.id, $3, $4 FROM person p WHERE p.id = $2 ON CONFLICT DO NOTHING`, v, p, note, tx.Op)
		return err
	}, p)
}

func addGuest(v ids.ID, guest ids.ID) act {
	return func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO visit_guest (visit_id, n, person_id, created_op)
			SELECT v.id, COALESCE((SELECT MAX(g.n) FROM visit_guest g WHERE g.visit_id = v.id), 0) + 1,
			  (SELECT p.id FROM person p WHERE p.id = $2), CASE WHEN v.created_op = $3 THEN NULL ELSE $3 END
			FROM visit v WHERE v.id = $1`, v, guest, tx.Op)
		return err
	}
}

func dropVisit(v ids.ID) act {
	return func(ctx context.Context, tx *db.Tx) error {
		people, err := db.List(ctx, tx, db.One[ids.ID], `SELECT person_id FROM visit WHERE id = $1`, v)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM visit_guest WHERE visit_id = $1`, v); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM visit WHERE id = $1`, v); err != nil {
			return err
		}
		return refreshIndex(ctx, tx, people)
	}
}

// moveVisits gives the visits of one person to another, as a merge does.
func moveVisits(from, to ids.ID) act {
	return refreshed(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE visit SET person_id = $2, rev = rev + 1
			WHERE person_id = $1 AND EXISTS (SELECT 1 FROM person p WHERE p.id = $2)`, from, to)
		return err
	}, from, to)
}

// dropPerson deletes a person and what is theirs; the order must not matter.
func dropPerson(p ids.ID, parentFirst bool) act {
	return func(ctx context.Context, tx *db.Tx) error {
		visits, err := db.List(ctx, tx, db.One[ids.ID], `SELECT id FROM visit WHERE person_id = $1`, p)
		if err != nil {
			return err
		}
		if parentFirst {
			if _, err := tx.Exec(ctx, `DELETE FROM person WHERE id = $1`, p); err != nil {
				return err
			}
		}
		for _, v := range visits {
			if err := dropVisit(v)(ctx, tx); err != nil {
				return err
			}
		}
		for _, f := range []func() (int64, error){
			func() (int64, error) {
				return tx.Exec(ctx, `UPDATE visit_guest SET person_id = NULL WHERE person_id = $1`, p)
			},
			func() (int64, error) {
				return tx.Exec(ctx, `UPDATE person SET boss_id = NULL, rev = rev + 1 WHERE boss_id = $1`, p)
			},
			func() (int64, error) {
				return tx.Exec(ctx, `UPDATE firm SET owner_id = NULL, rev = rev + 1 WHERE owner_id = $1`, p)
			},
			func() (int64, error) { return tx.Exec(ctx, `DELETE FROM person_mail WHERE person_id = $1`, p) },
			func() (int64, error) { return tx.Exec(ctx, `DELETE FROM person_tag WHERE person_id = $1`, p) },
			func() (int64, error) { return tx.Exec(ctx, `DELETE FROM person_seen WHERE person_id = $1`, p) },
			func() (int64, error) { return tx.Exec(ctx, `DELETE FROM person WHERE id = $1`, p) },
		} {
			if _, err := f(); err != nil {
				return err
			}
		}
		return refreshIndex(ctx, tx, []ids.ID{p})
	}
}

// dump returns the business data, without revisions, as text to compare.
func dump(t rapid.TB, d *db.DB) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := d.Read(context.Background(), db.Who{}, func(tx *db.Tx) error {
		l, err := readLayout(context.Background(), tx)
		if err != nil {
			return err
		}
		for _, tab := range l.tables {
			rows, err := db.ListGenerated(context.Background(), tx, tab.scan(tab.cols), db.Generate(`SELECT `+names(tab.cols, "")+` FROM `+tab.Name))
			if err != nil {
				return err
			}
			for _, r := range rows {
				var key string
				for _, k := range tab.key {
					key += fmt.Sprint(" ", r[k])
				}
				for _, c := range tab.cols {
					if c.Name != "created_op" {
						out[tab.Name+key+" "+c.Name] = fmt.Sprint(r[c.Name])
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// diff returns what differs between two dumps, as lines.
func diff(a, b map[string]string) []string {
	var out []string
	for k, v := range a {
		if w, ok := b[k]; !ok {
			out = append(out, "- "+k+" = "+v)
		} else if v != w {
			out = append(out, "~ "+k+" = "+v+" → "+w)
		}
	}
	for k, v := range b {
		if _, ok := a[k]; !ok {
			out = append(out, "+ "+k+" = "+v)
		}
	}
	slices.Sort(out)
	return out
}

// diffBut is diff without one column.
func diffBut(col string, a, b map[string]string) []string {
	return slices.DeleteFunc(diff(a, b), func(l string) bool { return strings.Contains(l, " "+col+" =") })
}

// check reports derived data that does not fit the rest, and operations and
// undos left open.
func check(t rapid.TB, d *db.DB) {
	t.Helper()
	ctx := context.Background()
	err := d.Read(ctx, db.Who{}, func(tx *db.Tx) error {
		stale, err := db.List(ctx, tx, db.One[string], `
			SELECT 'index says ' || COALESCE(i.text, 'nothing') || ' of ' || COALESCE(p.name, 'somebody gone')
			FROM person p FULL JOIN person_index i ON i.id = p.id
			WHERE i.text IS DISTINCT FROM p.name || ' ' || (SELECT COUNT(*) FROM person_mail m WHERE m.person_id = p.id) || ' ' ||
			  (SELECT COUNT(*) FROM visit v WHERE v.person_id = p.id)`)
		if err != nil {
			return err
		}
		for _, s := range stale {
			t.Error(s)
		}
		n, err := db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM journal_undo`)
		if n != 0 {
			t.Errorf("%d undos are unfinished", n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// tick makes the clock of d go on by a second each time it is looked at.
func tick(d *db.DB) {
	now := dbtest.Now
	d.Now = func() time.Time { now = now.Add(time.Second); return now }
}

func undo(t rapid.TB, d *db.DB, who db.Who, op ids.ID) Operation {
	t.Helper()
	o, err := Undo(context.Background(), d, who, op, nil)
	if err != nil {
		t.Fatalf("Undo: %+v", err)
	}
	check(t, d)
	return o
}

// kept returns what an undo kept as lines "table label column: reason".
func kept(o Operation) string {
	var lines []string
	for _, k := range o.Kept {
		lines = append(lines, strings.Join(strings.Fields(fmt.Sprintf("%s %s %s %s", k.Table, k.Label, k.Column, k.Reason)), " "))
	}
	slices.Sort(lines)
	return strings.Join(lines, "; ")
}
