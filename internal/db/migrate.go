package db

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/akrab-crm/akrab/internal/ids"
)

//go:embed schema/*.sql
var baseSchema embed.FS

// A Module is what a module gives the database: a name, a schema, and what
// its tables are.
type Module struct {
	Name   string
	Schema fs.FS // with files schema/NNN-what.sql
	Tables []Table
}

// A Table says how the database treats a table of business data.
type Table struct {
	Name string

	// Key is the primary key; {"id"} if nil. Its first column is the record
	// that the row belongs to: its own id, or, if Parent is set, the id of a
	// row of that table, and then the second column numbers the parent's rows.
	// The numbers carry no meaning but order.
	Key    []string
	Parent string

	// Journal records updates and deletes. The table then has a column
	// created_op: the operation that created the row, or, in a table with a
	// Parent, NULL if it was created together with its parent.
	Journal bool

	// Omit are columns that enter neither the journal nor an export: secrets,
	// and values derived from others. "rev" and "created_op" are always omitted.
	Omit []string

	// Private tables are not exported.
	Private bool

	// Counted tables are those of lists whose rows are counted again and again:
	// on SQLite it is known when they were written to, so that [Kept] keeps.
	Counted bool

	// Refresh brings up to date what is derived from the given records, which
	// may be gone. Undo and repair call it. Tables with a Parent leave it nil.
	Refresh func(ctx context.Context, tx *Tx, list []ids.ID) error
}

// PrimaryKey returns the columns of the table's primary key.
func (t *Table) PrimaryKey() []string {
	if t.Key == nil {
		return []string{"id"}
	}
	return t.Key
}

// Omits reports whether a column stays out of the journal and of exports.
func (t *Table) Omits(col string) bool {
	return col == "rev" || col == "created_op" || slices.Contains(t.Omit, col)
}

// Tables returns the tables of all modules, parents before children.
func (d *DB) Tables() []Table { return d.tables }

// Table returns the declared table of that name, or nil.
func (d *DB) Table(name string) *Table {
	for i := range d.tables {
		if d.tables[i].Name == name {
			return &d.tables[i]
		}
	}
	return nil
}

// Migrate brings the schema up to date. Each module has its own numbered
// files; modules are migrated in the order given, which is dependency order.
// Afterwards the journal's triggers are generated from the schema as it is.
func (d *DB) Migrate(ctx context.Context, modules ...Module) error {
	d.tables = nil
	for _, m := range modules {
		d.tables = append(d.tables, m.Tables...)
	}
	all := append([]Module{{Name: "db", Schema: baseSchema}}, modules...)
	err := d.Write(ctx, Op{}, func(tx *Tx) error {
		if tx.Engine() == Postgres {
			// Two processes that start at once migrate one after the other.
			if err := tx.script(ctx, `SELECT pg_advisory_xact_lock(hashtext('akrab.migrate'), hashtext(current_schema()))`); err != nil {
				return err
			}
		}
		done, err := tx.applied(ctx)
		if err != nil {
			return err
		}
		if done["db/004-index.sql"] { // a migration may change an index that is missing
			for more := true; more; {
				if more, err = tx.restoreIndex(ctx); err != nil {
					return err
				}
			}
		}
		changed := false
		for _, m := range all {
			names, err := fs.Glob(m.Schema, "schema/*.sql")
			if err != nil {
				return err
			}
			for _, name := range names {
				key := m.Name + "/" + path.Base(name)
				if done[key] {
					continue
				}
				changed = true
				if err := tx.migrate(ctx, m, name, key); err != nil {
					return fmt.Errorf("migrate %s: %w", key, err)
				}
			}
		}
		return tx.makeTriggers(ctx, changed)
	})
	if l, ok := d.back.(*lite); ok && err == nil {
		l.ready = true
		l.counted = map[string]bool{}
		for _, t := range d.tables {
			l.counted[t.Name] = t.Counted
		}
	}
	return err
}

// applied returns the names of the files that have been applied.
func (tx *Tx) applied(ctx context.Context) (map[string]bool, error) {
	query := stmt(`SELECT COUNT(*) FROM sqlite_master WHERE name = 'migration'`)
	if tx.Engine() == Postgres {
		query = `SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = 'migration'`
	}
	n, err := Get(ctx, tx, One[int], query)
	if n == 0 || err != nil {
		return nil, err
	}
	names, err := List(ctx, tx, One[string], `SELECT name FROM migration`)
	done := map[string]bool{}
	for _, name := range names {
		done[name] = true
	}
	return done, err
}

func (tx *Tx) migrate(ctx context.Context, m Module, name, key string) error {
	text, err := fs.ReadFile(m.Schema, name)
	if err != nil {
		return err
	}
	if err := tx.script(ctx, DDL(tx.Engine(), string(text))); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO migration (name, applied_at) VALUES ($1, $2)`, key, Millis(tx.Now))
	return err
}

var textType = regexp.MustCompile(`(?m)^(\s+\w+\s+)TEXT\b`)

// DDL turns a schema file into the words of an engine. Text is compared by
// bytes on both, so that prefixes and orders are the same.
func DDL(e Engine, text string) string {
	if e == Postgres {
		text = strings.ReplaceAll(text, ") WITHOUT ROWID;", ");")
		return textType.ReplaceAllString(text, `${1}TEXT COLLATE "C"`)
	}
	return strings.ReplaceAll(text, "BIGSERIAL PRIMARY KEY", "INTEGER PRIMARY KEY AUTOINCREMENT")
}

// A Column is a column of a table as it is in the database.
type Column struct {
	Name string
	Type string // BIGINT, TEXT, UUID, BOOLEAN, BYTEA
}

func scanColumn(s Scanner, c *Column) error { return s.Scan(&c.Name, &c.Type) }

// Columns returns the columns of a table in their order.
func (tx *Tx) Columns(ctx context.Context, table string) ([]Column, error) {
	tx.db.mu.Lock()
	cols, ok := tx.db.schema[table]
	tx.db.mu.Unlock()
	if ok {
		return cols, nil
	}
	cols, err := tx.readColumns(ctx, table)
	if err == nil && len(cols) > 0 {
		tx.db.mu.Lock()
		tx.db.schema[table] = cols
		tx.db.mu.Unlock()
	}
	return cols, err
}

func (tx *Tx) readColumns(ctx context.Context, table string) ([]Column, error) {
	query := stmt(`SELECT name, UPPER(type) FROM pragma_table_info($1) ORDER BY cid`)
	if tx.Engine() == Postgres {
		query = `SELECT column_name::text, UPPER(data_type)::text FROM information_schema.columns
			WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position`
	}
	cols, err := List(ctx, tx, scanColumn, query, table)
	for i := range cols {
		if cols[i].Type == "INTEGER" { // what AUTOINCREMENT needs
			cols[i].Type = "BIGINT"
		}
	}
	return cols, err
}

// A Reference is a foreign key: rows of Table whose Column holds the id of another table's row.
type Reference struct{ Table, Column string }

// References returns the foreign keys that point to a table.
func (tx *Tx) References(ctx context.Context, table string) ([]Reference, error) {
	query := stmt(`
		SELECT m.name, f."from" FROM sqlite_master m, pragma_foreign_key_list(m.name) f
		WHERE m.type = 'table' AND f."table" = $1 ORDER BY 1, 2`)
	if tx.Engine() == Postgres {
		query = `
			SELECT c.conrelid::regclass::text, a.attname::text FROM pg_constraint c
			JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
			WHERE c.contype = 'f' AND c.confrelid = to_regclass($1) ORDER BY 1, 2`
	}
	return List(ctx, tx, func(s Scanner, r *Reference) error { return s.Scan(&r.Table, &r.Column) }, query, table)
}

// makeTriggers generates the journal's triggers. They are made anew when the
// schema, the declarations or the generator changed.
func (tx *Tx) makeTriggers(ctx context.Context, changed bool) error {
	print := sha256.New()
	fmt.Fprint(print, "generator 3")
	for _, t := range tx.db.tables {
		fmt.Fprintf(print, "|%s %v %v %v", t.Name, t.Key, t.Journal, t.Omit)
	}
	want := hex.EncodeToString(print.Sum(nil))
	have, _, err := Find(ctx, tx, One[string], `SELECT value FROM meta WHERE key = 'triggers'`)
	if err != nil || have == want && !changed {
		return err
	}
	for i := range tx.db.tables {
		t := &tx.db.tables[i]
		if !t.Journal {
			continue
		}
		cols, err := tx.readColumns(ctx, t.Name)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(cols, func(c Column) bool { return c.Name == "created_op" }) {
			return fmt.Errorf("journaled table %s has no column created_op", t.Name)
		}
		if err := tx.script(ctx, triggers(tx.Engine(), t, cols)); err != nil {
			return fmt.Errorf("triggers of %s: %w", t.Name, err)
		}
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO meta (key, value) VALUES ('triggers', $1)
		ON CONFLICT (key) DO UPDATE SET value = excluded.value`, want)
	return err
}

// triggers returns the statements that journal a table: row triggers on
// SQLite, statement triggers with transition tables on PostgreSQL (half the cost there).
func triggers(e Engine, t *Table, cols []Column) string {
	old, new := "old", "new"
	if e == Postgres {
		old, new = "o", "n"
	}
	var diff, was, now []string
	var all []Column
	of := "" // with it, SQLite doesn't look at updates of other columns at all
	for _, c := range cols {
		if c.Name == "created_op" {
			all = append(all, c) // a row put back is still its creator's
			continue
		}
		if t.Omits(c.Name) {
			continue
		}
		all = append(all, c)
		if slices.Contains(t.PrimaryKey(), c.Name) {
			continue
		}
		d := fmt.Sprintf("%s.%s IS DISTINCT FROM %s.%s", old, c.Name, new, c.Name)
		diff = append(diff, d)
		of += ", " + c.Name
		was = append(was, fmt.Sprintf("CASE WHEN %s THEN %s ELSE '' END", d, member(e, old, c)))
		now = append(now, fmt.Sprintf("CASE WHEN %s THEN %s ELSE '' END", d, member(e, new, c)))
	}
	var key, join []string
	for _, k := range t.PrimaryKey() {
		i := slices.IndexFunc(cols, func(c Column) bool { return c.Name == k })
		key = append(key, member(e, old, cols[i]))
		join = append(join, "o."+k+" = n."+k)
	}
	values := func(kind, was, now string) string {
		return fmt.Sprintf("'%s', '%s', %s.%s, %s, %s, %s",
			t.Name, kind, old, t.PrimaryKey()[0], object(key), was, now)
	}
	if len(diff) == 0 {
		diff, was, now = []string{"FALSE"}, []string{"''"}, []string{"''"} // nothing but a key: never updated
	} else {
		of = " OF " + of[len(", "):]
	}
	const insert = "INSERT INTO journal_change (op, tbl, kind, subject, key, was, now) SELECT "
	var b strings.Builder
	if e == SQLite {
		fmt.Fprintf(&b, `
			DROP TRIGGER IF EXISTS journal_%[1]s_u;
			DROP TRIGGER IF EXISTS journal_%[1]s_d;
			CREATE TRIGGER journal_%[1]s_u AFTER UPDATE%[6]s ON %[1]s WHEN %[2]s BEGIN
				%[3]s op, %[4]s FROM journal_current;
			END;
			CREATE TRIGGER journal_%[1]s_d AFTER DELETE ON %[1]s BEGIN
				%[3]s op, %[5]s FROM journal_current;
			END;`,
			t.Name, strings.Join(diff, " OR "), insert, values("u", object(was), object(now)), values("d", record(e, old, all), "'{}'"), of)
		return b.String()
	}
	const op = "NULLIF(current_setting('akrab.op', true), '')::uuid"
	fmt.Fprintf(&b, `
		CREATE OR REPLACE FUNCTION journal_%[1]s_u() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN
			%[3]s %[4]s, %[5]s FROM old_rows o JOIN new_rows n ON %[7]s WHERE %[2]s;
			RETURN NULL;
		END $f$;
		CREATE OR REPLACE FUNCTION journal_%[1]s_d() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN
			%[3]s %[4]s, %[6]s FROM old_rows o;
			RETURN NULL;
		END $f$;
		DROP TRIGGER IF EXISTS journal_u ON %[1]s;
		DROP TRIGGER IF EXISTS journal_d ON %[1]s;
		CREATE TRIGGER journal_u AFTER UPDATE ON %[1]s REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
			FOR EACH STATEMENT EXECUTE FUNCTION journal_%[1]s_u();
		CREATE TRIGGER journal_d AFTER DELETE ON %[1]s REFERENCING OLD TABLE AS old_rows
			FOR EACH STATEMENT EXECUTE FUNCTION journal_%[1]s_d();`,
		t.Name, strings.Join(diff, " OR "), insert, op, values("u", object(was), object(now)), values("d", record(e, old, all), "'{}'"), strings.Join(join, " AND "))
	return b.String()
}

// object returns an expression for a JSON object of members, each of which
// begins with a comma or is empty.
func object(members []string) string {
	if len(members) == 0 {
		return "'{}'"
	}
	// concat copies its text once, a chain of || once for each link.
	return "'{' || substr(concat(" + strings.Join(members, ", ") + "), 2) || '}'"
}

// record returns an expression for a JSON object of all of a row's columns.
// On SQLite json_object is three times as fast as putting members together.
func record(e Engine, row string, cols []Column) string {
	var list []string
	for _, c := range cols {
		if e == Postgres {
			list = append(list, member(e, row, c))
			continue
		}
		x := row + "." + c.Name
		switch c.Type {
		case "UUID", "BYTEA":
			x = "CASE WHEN " + x + " IS NOT NULL THEN lower(hex(" + x + ")) END"
		case "BOOLEAN":
			x = "json(CASE WHEN " + x + " THEN 'true' WHEN " + x + " IS NULL THEN 'null' ELSE 'false' END)"
		}
		list = append(list, "'"+c.Name+"', "+x)
	}
	if e == Postgres {
		return object(list)
	}
	return "json_object(" + strings.Join(list, ", ") + ")"
}

// member returns an expression for `,"column":value` of a row.
func member(e Engine, row string, c Column) string {
	x := row + "." + c.Name
	var v string
	switch {
	case c.Type == "UUID" && e == Postgres:
		v = "'\"' || replace(" + x + "::text, '-', '') || '\"'"
	case c.Type == "BYTEA" && e == Postgres:
		v = "'\"' || encode(" + x + ", 'hex') || '\"'"
	case c.Type == "UUID" || c.Type == "BYTEA":
		v = "'\"' || lower(hex(" + x + ")) || '\"'"
	case c.Type == "TEXT" && e == Postgres:
		v = "to_json(" + x + ")::text"
	case c.Type == "TEXT":
		v = "json_quote(" + x + ")"
	case c.Type == "BOOLEAN" && e == SQLite:
		v = "CASE WHEN " + x + " THEN 'true' ELSE 'false' END"
	default:
		v = "CAST(" + x + " AS TEXT)"
	}
	return "',\"" + c.Name + "\":' || CASE WHEN " + x + " IS NULL THEN 'null' ELSE " + v + " END"
}
