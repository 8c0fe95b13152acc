package portable

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/journal"
)

var shop = db.Module{
	Name: "shop",
	Schema: fstest.MapFS{"schema/001-shop.sql": {Data: []byte(`
CREATE TABLE firm (
  id         UUID PRIMARY KEY,
  name       TEXT NOT NULL,
  rev        BIGINT NOT NULL DEFAULT 1,
  created_op UUID NOT NULL
);
CREATE UNIQUE INDEX firm_name ON firm (name);
CREATE TABLE person (
  id         UUID PRIMARY KEY,
  name       TEXT NOT NULL,
  score      BIGINT,
  vip        BOOLEAN NOT NULL DEFAULT FALSE,
  photo      BYTEA,
  boss_id    UUID REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  firm_id    UUID REFERENCES firm (id) DEFERRABLE INITIALLY DEFERRED,
  pin        TEXT NOT NULL DEFAULT '',
  rev        BIGINT NOT NULL DEFAULT 1,
  created_op UUID NOT NULL
);
CREATE INDEX person_boss ON person (boss_id);
CREATE INDEX person_firm ON person (firm_id);
CREATE INDEX person_created_op ON person (created_op);
ALTER TABLE firm ADD COLUMN owner_id UUID REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED;
CREATE TABLE person_mail (
  person_id  UUID NOT NULL REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  n          BIGINT NOT NULL,
  value      TEXT NOT NULL,
  created_op UUID,
  PRIMARY KEY (person_id, n)
) WITHOUT ROWID;
CREATE TABLE chunk (
  hash  BYTEA NOT NULL,
  n     BIGINT NOT NULL,
  bytes BYTEA NOT NULL,
  PRIMARY KEY (hash, n)
) WITHOUT ROWID;
CREATE TABLE person_index (
  id   UUID PRIMARY KEY,
  text TEXT NOT NULL
);
CREATE TABLE visit_log (
  n    BIGSERIAL PRIMARY KEY,
  what TEXT NOT NULL
);
`)}},
	Tables: []db.Table{
		{Name: "firm", Journal: true},
		{Name: "person", Journal: true, Omit: []string{"pin"}, Refresh: func(ctx context.Context, tx *db.Tx, list []ids.ID) error {
			if _, err := db.ExecIn(ctx, tx, list, `DELETE FROM person_index WHERE id IN ($list)`); err != nil {
				return err
			}
			_, err := db.ExecIn(ctx, tx, list, `INSERT INTO person_index (id, text) SELECT id, name FROM person WHERE id IN ($list)`)
			return err
		}},
		{Name: "person_mail", Key: []string{"person_id", "n"}, Parent: "person", Journal: true},
		{Name: "chunk", Key: []string{"hash", "n"}},
		{Name: "person_index", Private: true},
		{Name: "visit_log", Key: []string{"n"}, Private: true},
	},
}

var modules = []db.Module{journal.Module, shop}

func id(n int) ids.ID { return ids.MustParse(fmt.Sprintf("01900000-0000-7000-8000-%012x", n)) }

var siti = db.Who{User: id(0xa), Name: "Siti"}

func write(t testing.TB, d *db.DB, f func(ctx context.Context, tx *db.Tx) error) ids.ID {
	t.Helper()
	var op ids.ID
	ctx := context.Background()
	err := d.Write(ctx, db.Op{Who: siti, Why: "shop.test"}, func(tx *db.Tx) error { op = tx.Op; return f(ctx, tx) })
	if err != nil {
		t.Fatal(err)
	}
	return op
}

// fill makes a shop whose records refer forwards, backwards, to themselves and in circles.
func fill(t testing.TB, d *db.DB) {
	t.Helper()
	write(t, d, func(ctx context.Context, tx *db.Tx) error {
		for _, f := range []struct {
			n, owner int
			name     string
		}{{11, 2, `PT "Maju" \ Jaya` + "\n\t\x01"}, {12, 0, "=1+1 🚀 \u2028 <b>'&"}, {13, 3, "Toko Ünï"}} {
			var owner any
			if f.owner > 0 {
				owner = id(f.owner)
			}
			if _, err := tx.Exec(ctx, `INSERT INTO firm (id, name, owner_id, created_op) VALUES ($1, $2, $3, $4)`, id(f.n), f.name, owner, tx.Op); err != nil {
				return err
			}
		}
		for _, p := range []struct {
			n, boss, firm int
			score         any
			photo         []byte
		}{{1, 2, 11, int64(1) << 62, []byte{0, 255, 10}}, {2, 1, 12, -5, nil}, {3, 3, 0, nil, []byte{}}, {4, 1, 13, 0, []byte("x")}, {5, 6, 0, 1, nil}, {6, 0, 0, 1, nil}} {
			var boss, firm any
			if p.boss > 0 {
				boss = id(p.boss)
			}
			if p.firm > 0 {
				firm = id(p.firm)
			}
			if _, err := tx.Exec(ctx, `
				INSERT INTO person (id, name, score, vip, photo, boss_id, firm_id, pin, created_op)
				VALUES ($1, $2, $3, $4, $5, $6, $7, '1234', $8)`,
				id(p.n), fmt.Sprint("person ", p.n), p.score, p.n%2 == 0, p.photo, boss, firm, tx.Op); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `INSERT INTO person_mail (person_id, n, value) VALUES ($1, 1, 'a@x.id'), ($1, 3, 'b@x.id')`, id(p.n)); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `INSERT INTO chunk (hash, n, bytes) VALUES ($1, 0, $2)`, []byte{1, 2}, make([]byte, 300_000))
		return err
	})
}

// export exports to a new folder and returns it.
func export(t testing.TB, d *db.DB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "out")
	if _, err := Export(context.Background(), d, dir, nil); err != nil {
		t.Fatal(err)
	}
	return dir
}

// files returns the content of a folder as one text.
func files(t testing.TB, dir string) string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range list {
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "== %s\n%s", f.Name(), text)
	}
	return b.String()
}

func same(t testing.TB, a, b string) {
	t.Helper()
	if a == b {
		return
	}
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			t.Errorf("line %d is\n%.300s\nnot\n%.300s", i+1, y[i], x[i])
			return
		}
	}
	t.Errorf("%d lines, not %d", len(y), len(x))
}

func TestExport(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		fill(t, d)
		steps := 0
		dir := filepath.Join(t.TempDir(), "a", "b")
		m, err := Export(t.Context(), d, dir, func(done, total int) {
			steps++
			if done > total {
				t.Errorf("%d of %d", done, total)
			}
		})
		if err != nil || m.Rows() != 3+6+12+1 || steps == 0 {
			t.Errorf("%d rows, %d steps, %v", m.Rows(), steps, err)
		}
		text := files(t, dir)
		for _, want := range []string{
			`{"id":"01900000-0000-7000-8000-00000000000b","name":"PT \"Maju\" \\ Jaya\n\u0009\u0001","owner_id":"01900000-0000-7000-8000-000000000002"}` + "\n",
			`{"id":"01900000-0000-7000-8000-000000000001","name":"person 1","score":4611686018427387904,"vip":false,"photo":"AP8K","boss_id":"01900000-0000-7000-8000-000000000002","firm_id":"01900000-0000-7000-8000-00000000000b"}` + "\n",
			`{"person_id":"01900000-0000-7000-8000-000000000001","n":3,"value":"b@x.id"}` + "\n",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("no line %s in\n%.3000s", want, text)
			}
		}
		if strings.Contains(text, "1234") || strings.Contains(text, "created_op") || strings.Contains(text, "visit_log") {
			t.Error("secrets, bookkeeping or operations are exported")
		}
		if _, err := Export(t.Context(), d, dir, nil); errs.KindOf(err) != errs.Conflict {
			t.Errorf("a second export into the same folder: %v", err)
		}
	})
}

// Data comes and goes between the engines and stays the same, byte for byte.
func TestRoundTrip(t *testing.T) {
	ctx := t.Context()
	first := dbtest.Open(t, modules...)
	fill(t, first)
	want := export(t, first)
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		r, err := Import(ctx, d, want, siti, nil)
		if err != nil || r.Rows != 22 || r.Skipped != 0 || r.Unknown != nil {
			t.Fatalf("%+v, %v", r, err)
		}
		dir := export(t, d)
		same(t, files(t, want), files(t, dir))

		err = d.Read(ctx, siti, func(tx *db.Tx) error {
			o, err := journal.Get(ctx, tx, r.Operation)
			if err != nil || o.State != journal.Done || o.ActorName != "Siti" || o.Why != "workspace.import" {
				t.Errorf("operation %+v", o)
			}
			n, err := db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM person_index i JOIN person p ON p.id = i.id AND p.name = i.text`)
			if n != 6 {
				t.Errorf("derived data of %d people", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}

		// The same again changes nothing.
		if r, err := Import(ctx, d, dir, siti, nil); err != nil || r.Skipped != 22 {
			t.Errorf("again: %+v, %v", r, err)
		}
		same(t, files(t, want), files(t, export(t, d)))

		// One undo takes everything back. What is no business data stays.
		if _, err := journal.Undo(ctx, d, siti, r.Operation, nil); err != nil {
			t.Fatal(err)
		}
		if m, err := Export(ctx, d, filepath.Join(t.TempDir(), "x"), nil); err != nil || m.Rows() != 1 {
			t.Errorf("after the undo: %d rows, %v", m.Rows(), err)
		}
	})
	second := dbtest.Open(t, modules...)
	if _, err := Import(ctx, second, want, siti, nil); err != nil {
		t.Fatal(err)
	}
}

func TestImportRefuses(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		fill(t, d)
		dir := export(t, d)
		good := files(t, dir)
		refused := func(what, file, old, new, key string) {
			t.Helper()
			name := filepath.Join(dir, file)
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			bad := strings.Replace(string(text), old, new, 1)
			if err := os.WriteFile(name, []byte(bad), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err = Import(ctx, d, dir, siti, nil)
			if e, ok := errors.AsType[*errs.Error](err); !ok || e.Key != key {
				t.Errorf("%s: %v, want %s", what, err, key)
			}
			if err := os.WriteFile(name, text, 0o600); err != nil {
				t.Fatal(err)
			}
			same(t, good, files(t, export(t, d)))
		}
		refused("other content", "person.jsonl", `"person 4"`, `"somebody"`, "portable.conflict")
		refused("a changed file", "person.jsonl", `"person 4",`, `"person 4" ,`, "portable.damaged")
		refused("a wrong type", "person.jsonl", `"vip":true`, `"vip":"yes"`, "portable.bad_row")
		refused("half a line", "person.jsonl", `"vip":true`, "\n", "portable.bad_row")
		refused("NUL", "person.jsonl", `person 4`, `person\u0000`, "portable.bad_row")
		refused("a bad id", "person.jsonl", `01900000-0000-7000-8000-000000000004`, `4`, "portable.bad_row")
		refused("a huge number", "person.jsonl", `4611686018427387904`, `46116860184273879040`, "portable.bad_row")
		refused("a missing row", "manifest.json", `"rows": 6`, `"rows": 7`, "portable.damaged")
		refused("a later format", "manifest.json", `"version": 1`, `"version": 2`, "portable.version")
		refused("something else", "manifest.json", `{`, `[`, "portable.no_export")
		refused("another type of column", "manifest.json", `BOOLEAN`, `TEXT`, "portable.column")

		if err := os.Remove(filepath.Join(dir, "person_mail.jsonl")); err != nil {
			t.Fatal(err)
		}
		if _, err := Import(ctx, d, dir, siti, nil); errs.KindOf(err) != errs.Invalid {
			t.Errorf("a missing file: %v", err)
		}
		if _, err := Import(ctx, d, t.TempDir(), siti, nil); errs.KindOf(err) != errs.Invalid {
			t.Errorf("an empty folder: %v", err)
		}
	})
}

// An import that fails in the middle leaves nothing.
func TestFailedImportLeavesNothing(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		source := dbtest.Open(t, modules...)
		fill(t, source)
		write(t, source, func(ctx context.Context, tx *db.Tx) error {
			n := 0
			return tx.Copy(ctx, `person`, []string{"id", "name", "created_op"}, func() ([]any, bool) {
				n++
				return []any{id(100_000 + n), fmt.Sprint("n", n), tx.Op}, n <= 3000
			})
		})
		dir := export(t, source)
		empty := files(t, export(t, d))

		// A unique value twice is found only while writing.
		name := filepath.Join(dir, "firm.jsonl")
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		twice := strings.Replace(string(text), "Toko Ünï", `=1+1 🚀 `+"\u2028"+` <b>'&`, 1)
		if err := os.WriteFile(name, []byte(twice), 0o600); err != nil {
			t.Fatal(err)
		}
		dropSum(t, dir)
		if _, err := Import(ctx, d, dir, siti, nil); errs.KindOf(err) != errs.Conflict {
			t.Errorf("a unique value twice: %v", err)
		}
		same(t, empty, files(t, export(t, d)))
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}

		// Somebody presses Ctrl C.
		stopped, stop := context.WithCancel(ctx)
		_, err = Import(stopped, d, dir, siti, func(done, total int) {
			if done > total/2 {
				stop()
			}
		})
		stop()
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if err == nil {
			t.Skip("the import was done before it could be stopped")
		}
		same(t, empty, files(t, export(t, d)))
	})
}

// dropSum takes the sums out of a manifest, as somebody does who edits an export.
func dropSum(t *testing.T, dir string) {
	t.Helper()
	name := filepath.Join(dir, manifestName)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.SplitSeq(string(text), "\n") {
		if strings.Contains(line, `"sha256"`) {
			line = `"sha256": ""`
		}
		out = append(out, line)
	}
	if err := os.WriteFile(name, []byte(strings.Join(out, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
}

// What a newer program has added is left out, and said.
func TestUnknownIsLeftOut(t *testing.T) {
	source := dbtest.Open(t, modules...)
	fill(t, source)
	dir := export(t, source)
	for file, change := range map[string][2]string{
		"manifest.json": {`{
					"name": "score",`, `{
					"name": "mood", "type": "TEXT"}, {"name": "score",`},
		"person.jsonl": {`"score":`, `"mood":"fine","score":`},
	} {
		name := filepath.Join(dir, file)
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(strings.ReplaceAll(string(text), change[0], change[1])), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	dropSum(t, dir)
	d := dbtest.Open(t, modules...)
	r, err := Import(t.Context(), d, dir, siti, nil)
	if err != nil || fmt.Sprint(r.Unknown) != "[person.mood]" {
		t.Errorf("%+v, %v", r, err)
	}
	same(t, files(t, export(t, source)), files(t, export(t, d)))
}

// Whatever is in a workspace, its export can be read again and is the same.
func TestRoundTripOfAnything(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a, b := dbtest.Open(t, modules...), dbtest.Open(t, modules...)
		n := rapid.IntRange(1, 8).Draw(rt, "people")
		write(t, a, func(ctx context.Context, tx *db.Tx) error {
			for i := range n {
				text := strings.ReplaceAll(rapid.String().Draw(rt, "name"), "\x00", "")
				_, err := tx.Exec(ctx, `INSERT INTO person (id, name, score, vip, photo, boss_id, created_op) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
					id(i+1), text, rapid.Int64().Draw(rt, "score"), rapid.Bool().Draw(rt, "vip"), rapid.SliceOf(rapid.Byte()).Draw(rt, "photo"),
					id(rapid.IntRange(1, n).Draw(rt, "boss")), tx.Op)
				if err != nil {
					return err
				}
			}
			return nil
		})
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			rt.Fatal(err)
		}
		if _, err := Export(t.Context(), a, dir, nil); err != nil {
			rt.Fatal(err)
		}
		if _, err := Import(t.Context(), b, dir, siti, nil); err != nil {
			rt.Fatal(err)
		}
		same(t, files(t, dir), files(t, export(t, b)))
	})
}

func FuzzRow(f *testing.F) {
	cols := []db.Column{{Name: "id", Type: "UUID"}, {Name: "name", Type: "TEXT"}, {Name: "score", Type: "BIGINT"},
		{Name: "vip", Type: "BOOLEAN"}, {Name: "photo", Type: "BYTEA"}}
	for _, s := range []string{
		`{"id":"01900000-0000-7000-8000-000000000001","name":"a","score":9223372036854775807,"vip":true,"photo":"AP8="}`,
		`{"id":null,"name":null,"score":null,"vip":null,"photo":null,"more":[{"x":{}}]}`,
		`{"id":"","name":"\u0000","score":1e3,"vip":0,"photo":"?"}`, `{}`, `[`, `{"name":1}{}`, "null", strings.Repeat(`{"a":`, 1000), "\xff",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		vals, err := parseRow(line, cols)
		if err != nil {
			if errs.KindOf(err) != errs.Invalid {
				t.Errorf("%v is not an Invalid error", err)
			}
			return
		}
		text := appendRow(nil, cols, vals)
		again, err := parseRow(text, cols)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if string(appendRow(nil, cols, again)) != string(text) {
			t.Errorf("%s changes", text)
		}
	})
}

func TestBackup(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		for _, name := range []string{"a.backup", "a.backup.gz"} {
			testBackup(t, d, filepath.Join(t.TempDir(), "sub", name))
		}
	})
}

// testBackup takes a backup while somebody writes, and restores it.
func testBackup(t *testing.T, d *db.DB, file string) {
	ctx := t.Context()
	stop := make(chan bool)
	stopped := make(chan error)
	go func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				stopped <- nil
				return
			default:
			}
			err := d.Write(ctx, db.Op{Who: siti, Why: "shop.test"}, func(tx *db.Tx) error {
				// Two rows that must never be seen one without the other.
				p := ids.New(time.Now())
				if _, err := tx.Exec(ctx, `INSERT INTO person (id, name, photo, created_op) VALUES ($1, 'p', $2, $3)`, p, make([]byte, 2000), tx.Op); err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, `INSERT INTO person_mail (person_id, n, value) VALUES ($1, 1, 'x')`, p); err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, `INSERT INTO visit_log (what) VALUES ('x')`); err != nil {
					return err
				}
				return shop.Tables[1].Refresh(ctx, tx, []ids.ID{p})
			})
			if err != nil {
				stopped <- err
				return
			}
		}
	}()
	time.Sleep(200 * time.Millisecond)
	steps := 0
	if err := Backup(ctx, d, file, func(done, total int) { steps++ }); err != nil {
		t.Fatal(err)
	}
	close(stop)
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	if steps == 0 {
		t.Error("no progress")
	}
	if list, err := os.ReadDir(filepath.Dir(file)); err != nil || len(list) != 1 {
		t.Errorf("left beside the backup: %v, %v", list, err)
	}

	target := filepath.Join(t.TempDir(), "restored", "akrab.db")
	if d.Engine() == db.Postgres {
		target = dbtest.Postgres(t)
	}
	r := Restorer{Modules: modules}
	if err := r.Restore(ctx, file, target); err != nil {
		t.Fatal(err)
	}
	if err := r.Restore(ctx, file, target); errs.KindOf(err) != errs.Conflict {
		t.Errorf("restoring over a workspace: %v", err)
	}
	got := open(t, target)
	found, err := CheckAll(ctx, got, nil, false, nil)
	if err != nil || len(found) > 0 {
		t.Errorf("found %v, %v", found, err)
	}
	err = got.Write(ctx, db.Op{Who: siti, Why: "shop.test"}, func(tx *db.Tx) error {
		alone, err := db.Get(ctx, tx, db.One[int], `
			SELECT COUNT(*) FROM person p WHERE p.name = 'p' AND NOT EXISTS (SELECT 1 FROM person_mail m WHERE m.person_id = p.id)`)
		if err != nil {
			return err
		}
		people, err := db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM person`)
		if err != nil {
			return err
		}
		if alone > 0 || people == 0 {
			t.Errorf("%d people, %d of them without their mail", people, alone)
		}
		// It works like any other: numbers go on, changes are recorded.
		if _, err := tx.Exec(ctx, `INSERT INTO visit_log (what) VALUES ('y')`); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE person SET name = 'q', rev = rev + 1`); err != nil {
			return err
		}
		changes, err := db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM journal_change WHERE op = $1`, tx.Op)
		if changes != people {
			t.Errorf("%d of %d changes are recorded", changes, people)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := got.Close(); err != nil {
		t.Fatal(err)
	}
	r.Force = true
	if err := r.Restore(ctx, file, target); err != nil {
		t.Errorf("by force: %v", err)
	}
	if d.Engine() == db.Postgres {
		old, err := db.Beside(target, "_old")
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Discard(ctx, old); err != nil {
			t.Error(err)
		}
	} else if _, err := os.Stat(target + ".old"); err != nil {
		t.Error(err)
	}
}

func open(t testing.TB, url string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Migrate(t.Context(), modules...); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestRestoreRefuses(t *testing.T) {
	ctx := t.Context()
	d := dbtest.Open(t, modules...)
	fill(t, d)
	dir := t.TempDir()
	backup := filepath.Join(dir, "a")
	if err := Backup(ctx, d, backup, nil); err != nil {
		t.Fatal(err)
	}
	if err := Backup(ctx, d, backup+".gz", nil); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	packed, err := os.ReadFile(backup + ".gz")
	if err != nil {
		t.Fatal(err)
	}
	damaged := append([]byte{}, whole...)
	for i := 8000; i < 40000; i++ {
		damaged[i] ^= 0x5a
	}
	r := Restorer{Modules: modules}
	for what, text := range map[string][]byte{
		"nothing": {}, "a text": []byte("hello, this is no database at all"), "half a file": whole[:len(whole)/2],
		"half a packed file": packed[:len(packed)/2], "a damaged file": damaged, "a packed text": {0x1f, 0x8b, 1, 2, 3},
	} {
		file := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		target := filepath.Join(t.TempDir(), "akrab.db")
		if err := r.Restore(ctx, file, target); errs.KindOf(err) != errs.Invalid {
			t.Errorf("%s: %v", what, err)
		}
		if list, _ := os.ReadDir(filepath.Dir(target)); len(list) > 0 {
			t.Errorf("%s: left %v", what, list)
		}
	}
	older := Restorer{Modules: modules[:1]}
	if err := older.Restore(ctx, backup, filepath.Join(t.TempDir(), "x.db")); errs.KindOf(err) != errs.Invalid {
		t.Errorf("the backup of a newer program: %v", err)
	}

	target := filepath.Join(t.TempDir(), "akrab.db")
	used := open(t, target)
	r.Force = true
	if err := r.Restore(ctx, backup, target); errs.KindOf(err) != errs.Conflict {
		t.Errorf("over a workspace in use: %v", err)
	}
	if err := used.Close(); err != nil {
		t.Fatal(err)
	}
	if err := r.Restore(ctx, backup, target); err != nil {
		t.Error(err)
	}
}

func TestCheckFindsAndRepairs(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		fill(t, d)
		none, err := CheckAll(ctx, d, nil, false, nil)
		if err != nil || len(none) > 0 {
			t.Fatalf("found %v, %v", none, err)
		}
		err = d.Write(ctx, db.Op{}, func(tx *db.Tx) error {
			for _, text := range []string{
				`INSERT INTO journal_change (op, tbl, kind, subject, key, was, now)
				 SELECT id, 'person', 'u', id, '{}', '{}', '{}' FROM person WHERE name = 'person 1'`,
				`INSERT INTO operation (id, actor_name, why, args, state, started_at)
				 SELECT id, '', 'shop.test', '{}', 'running', 1 FROM person WHERE name = 'person 2'`,
				`DELETE FROM person_index`,
			} {
				if _, err := tx.ExecGenerated(ctx, db.Generate(text)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		index := Check{"index", func(ctx context.Context, d *db.DB, repair bool) ([]Finding, error) {
			return []Finding{{Key: "x", N: 1}}, nil
		}}
		text := func(list []Finding) string {
			var out []string
			for _, f := range list {
				out = append(out, fmt.Sprint(f.Check, " ", f.Key, " ", f.N, " ", f.Repaired))
			}
			return strings.Join(out, "; ")
		}
		for _, repair := range []bool{false, true} {
			found, err := CheckAll(ctx, d, []Check{index}, repair, nil)
			want := fmt.Sprintf("journal portable.check.stray 1 %v; operations portable.check.running 1 %[1]v; index x 1 false", repair)
			if err != nil || text(found) != want {
				t.Errorf("found %s, %v", text(found), err)
			}
		}
		found, err := CheckAll(ctx, d, nil, false, nil)
		if err != nil || len(found) > 0 {
			t.Errorf("after the repair: %v, %v", found, err)
		}
		err = d.Read(ctx, siti, func(tx *db.Tx) error {
			n, err := db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM person_index`)
			if n != 6 {
				t.Errorf("derived data of %d people", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// Rows without a parent and damaged pages can come only from outside.
func TestCheckFindsDamage(t *testing.T) {
	ctx := t.Context()
	file := filepath.Join(t.TempDir(), "akrab.db")
	d := open(t, file)
	fill(t, d)
	write(t, d, func(ctx context.Context, tx *db.Tx) error {
		n := 0
		return tx.Copy(ctx, `person`, []string{"id", "name", "created_op"}, func() ([]any, bool) {
			n++
			return []any{id(100_000 + n), fmt.Sprint("n", n), tx.Op}, n <= 3000
		})
	})
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(text) - 30000; i < len(text)-10000; i++ {
		text[i] ^= 0x5a
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	d, err = db.Open(ctx, file)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	found, err := integrity(ctx, d, false)
	if err != nil || len(found) != 1 || found[0].N == 0 {
		t.Errorf("found %v, %v", found, err)
	}
}
