package db

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"zombiezen.com/go/sqlite"
)

// CopyGenerated is Copy for a table whose name is not a constant.
func (tx *Tx) CopyGenerated(ctx context.Context, table Generated, cols []string, next func() ([]any, bool)) error {
	tx.changed = true
	return tx.s.copyFrom(ctx, table.text, cols, next)
}

// Dump writes an exact copy of the whole database, as it is at one moment, to
// a new file, while others read and write. A copy of SQLite is a database
// again; one of PostgreSQL is an archive that [Load] reads. Progress, which
// may be nil, is told how much is done of what unit whatever.
func (d *DB) Dump(ctx context.Context, file string, progress func(done, total int)) error {
	if progress == nil {
		progress = func(int, int) {}
	}
	switch b := d.back.(type) {
	case *lite:
		return b.dump(ctx, file, progress)
	case *pg:
		return b.dump(ctx, file, progress)
	}
	return errors.New("db: no dump of this engine")
}

// dump copies the pages of one snapshot: the source connection holds a read
// transaction, so that writers go on and are not seen.
func (l *lite) dump(ctx context.Context, file string, progress func(done, total int)) (err error) {
	src, err := openLiteConn(l.path, `PRAGMA query_only = on; PRAGMA cache_size = -2048;`, sqlite.OpenReadWrite|sqlite.OpenWAL)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.close()) }()
	if err := src.script(`BEGIN; SELECT COUNT(*) FROM sqlite_master;`); err != nil {
		return liteErr(err)
	}
	dst, err := openLiteConn(file, `PRAGMA synchronous = off; PRAGMA journal_mode = off;`, sqlite.OpenReadWrite|sqlite.OpenCreate)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dst.close()) }()
	b, err := sqlite.NewBackup(dst.conn, "", src.conn, "")
	if err != nil {
		return err
	}
	defer b.Close()
	for more := true; more; {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if more, err = b.Step(4096); err != nil {
			return liteErr(err)
		}
		progress(b.PageCount()-b.Remaining(), b.PageCount())
	}
	return nil
}

// An archive of PostgreSQL is a tar of tables.json and, for each table, of
// pieces of its rows in COPY's text format.
const (
	archiveHead  = "akrab-postgres.json"
	archivePiece = 4 << 20 // bytes, about
)

// archive is the head of an archive of PostgreSQL.
type archive struct {
	Version    int
	Migrations []string // applied
	Tables     []archiveTable
}

type archiveTable struct {
	Name    string
	Columns []string
	Rows    int64 // about
}

func (p *pg) dump(ctx context.Context, file string, progress func(done, total int)) (err error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	s, err := p.begin(ctx, manner{})
	if err != nil {
		return err
	}
	defer s.rollback()
	t := s.(*pgTx)
	head, err := t.head(ctx)
	if err != nil {
		return err
	}
	w := tar.NewWriter(f)
	text, err := json.Marshal(head)
	if err != nil {
		return err
	}
	if err := writePiece(w, archiveHead, text); err != nil {
		return err
	}
	for i, table := range head.Tables {
		pieces := &pieceWriter{w: w, name: table.Name}
		_, err := t.conn.Conn().PgConn().CopyTo(ctx, pieces, "COPY "+copyTarget(table)+" TO STDOUT")
		if err := errors.Join(pgErr(err), pieces.flush()); err != nil {
			return fmt.Errorf("%s: %w", table.Name, err)
		}
		progress(i+1, len(head.Tables))
	}
	return w.Close()
}

func copyTarget(t archiveTable) string {
	cols := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		cols[i] = pgx.Identifier{c}.Sanitize()
	}
	return pgx.Identifier{t.Name}.Sanitize() + " (" + strings.Join(cols, ", ") + ")"
}

// head describes the tables of the schema, those that others refer to first.
func (t *pgTx) head(ctx context.Context) (archive, error) {
	a := archive{Version: 1}
	rows, err := t.conn.Query(ctx, `SELECT name FROM migration ORDER BY name`)
	if err != nil {
		return a, pgErr(err)
	}
	if a.Migrations, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		return a, pgErr(err)
	}
	rows, err = t.conn.Query(ctx, `
		SELECT c.relname::text, array_agg(a.attname::text ORDER BY a.attnum), MAX(c.reltuples::bigint)
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
		  AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
		GROUP BY c.oid, c.relname ORDER BY c.oid`)
	if err != nil {
		return a, pgErr(err)
	}
	a.Tables, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (archiveTable, error) {
		var t archiveTable
		err := r.Scan(&t.Name, &t.Columns, &t.Rows)
		return t, err
	})
	return a, pgErr(err)
}

func writePiece(w *tar.Writer, name string, b []byte) error {
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(b)), Format: tar.FormatPAX}); err != nil {
		return err
	}
	_, err := w.Write(b)
	return err
}

// pieceWriter cuts a stream into entries of a tar, whose sizes must be known before.
type pieceWriter struct {
	w    *tar.Writer
	name string
	n    int
	buf  bytes.Buffer
}

func (p *pieceWriter) Write(b []byte) (int, error) {
	p.buf.Write(b)
	if p.buf.Len() < archivePiece {
		return len(b), nil
	}
	return len(b), p.flush()
}

func (p *pieceWriter) flush() error {
	if p.buf.Len() == 0 {
		return nil
	}
	p.n++
	err := writePiece(p.w, fmt.Sprintf("%s/%06d", p.name, p.n), p.buf.Bytes())
	p.buf.Reset()
	return err
}

// Load fills an empty database on PostgreSQL with an archive that [DB.Dump]
// wrote, and then migrates it to what modules want. The archive must not be of
// a newer program. Prepare makes what the modules need beyond their schema.
func (d *DB) Load(ctx context.Context, r io.Reader, prepare func(context.Context, *DB) error, modules ...Module) error {
	p, ok := d.back.(*pg)
	if !ok {
		return errors.New("db: an archive of PostgreSQL is loaded into PostgreSQL")
	}
	t := tar.NewReader(r)
	h, err := t.Next()
	if err != nil || h.Name != archiveHead {
		return errors.Join(ErrNoBackup, err)
	}
	var a archive
	if err := json.NewDecoder(io.LimitReader(t, 1<<24)).Decode(&a); err != nil || a.Version != 1 {
		return errors.Join(ErrNoBackup, err)
	}
	if err := only(modules, a.Migrations); err != nil {
		return err
	}
	if err := d.Migrate(ctx, filtered(modules, a.Migrations)...); err != nil {
		return err
	}
	if prepare != nil {
		if err := prepare(ctx, d); err != nil {
			return err
		}
	}
	if err := p.load(ctx, t, a); err != nil {
		return err
	}
	d.mu.Lock()
	clear(d.schema) // columns may be added now
	d.mu.Unlock()
	return d.Migrate(ctx, modules...)
}

// ErrNoBackup is what Load returns for a file that is no archive.
var ErrNoBackup = errors.New("db: this is no backup")

// ErrNewer is what Load returns for the archive of a newer program.
var ErrNewer = errors.New("db: the backup was made by a newer program")

// migrationName is the name by which an applied file is known.
func migrationName(module, file string) string { return module + "/" + path.Base(file) }

// only checks that all applied migrations are known here.
func only(modules []Module, applied []string) error {
	known := map[string]bool{}
	for _, m := range append([]Module{{Name: "db", Schema: baseSchema}}, modules...) {
		names, err := fs.Glob(m.Schema, "schema/*.sql")
		if err != nil {
			return err
		}
		for _, name := range names {
			known[migrationName(m.Name, name)] = true
		}
	}
	for _, name := range applied {
		if !known[name] {
			return fmt.Errorf("%w: it has %s", ErrNewer, name)
		}
	}
	return nil
}

// filtered returns modules with those schema files only that were applied,
// and with the tables that these make.
func filtered(modules []Module, applied []string) []Module {
	out := slices.Clone(modules)
	for i := range out {
		out[i].Schema = appliedFS{out[i].Schema, out[i].Name, applied}
		out[i].Tables = nil // no triggers while loading
	}
	return out
}

// appliedFS shows of a module's schema only the files that were applied.
type appliedFS struct {
	fs.FS
	module  string
	applied []string
}

func (f appliedFS) Glob(pattern string) ([]string, error) {
	names, err := fs.Glob(f.FS, pattern)
	return slices.DeleteFunc(names, func(n string) bool {
		return !slices.Contains(f.applied, migrationName(f.module, n))
	}), err
}

// load replaces all rows by those of an archive, in one transaction.
func (p *pg) load(ctx context.Context, r *tar.Reader, a archive) error {
	s, err := p.begin(ctx, manner{write: true})
	if err != nil {
		return err
	}
	defer s.rollback()
	t := s.(*pgTx)
	byName := map[string]archiveTable{}
	var names []string
	for _, table := range a.Tables {
		byName[table.Name] = table
		names = append(names, pgx.Identifier{table.Name}.Sanitize())
	}
	// Migrations have put rows into some tables.
	if err := t.script(ctx, "TRUNCATE "+strings.Join(names, ", ")); err != nil {
		return err
	}
	for {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrNoBackup, err)
		}
		table, ok := byName[path.Dir(h.Name)]
		if !ok {
			return fmt.Errorf("%w: unknown part %q", ErrNoBackup, h.Name)
		}
		if _, err := t.conn.Conn().PgConn().CopyFrom(ctx, r, "COPY "+copyTarget(table)+" FROM STDIN"); err != nil {
			return fmt.Errorf("%s: %w", table.Name, pgErr(err))
		}
	}
	// The archive says that the triggers are made; these tables have none yet.
	if err := t.script(ctx, `DELETE FROM meta WHERE key = 'triggers'`); err != nil {
		return err
	}
	if err := t.resetSequences(ctx); err != nil {
		return err
	}
	return s.commit(ctx)
}

// resetSequences makes numbering go on after the highest number of each table.
func (t *pgTx) resetSequences(ctx context.Context) error {
	type sequence struct{ name, table, column string }
	rows, err := t.conn.Query(ctx, `
		SELECT s.oid::regclass::text, c.relname::text, a.attname::text
		FROM pg_class s JOIN pg_depend d ON d.objid = s.oid AND d.deptype IN ('a', 'i')
		JOIN pg_class c ON c.oid = d.refobjid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
		WHERE s.relkind = 'S' AND s.relnamespace = current_schema()::regnamespace`)
	if err != nil {
		return pgErr(err)
	}
	list, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (sequence, error) {
		var s sequence
		err := r.Scan(&s.name, &s.table, &s.column)
		return s, err
	})
	if err != nil {
		return pgErr(err)
	}
	for _, s := range list {
		_, err := t.conn.Exec(ctx, `SELECT setval('`+s.name+`'::regclass, (SELECT COALESCE(MAX(`+
			pgx.Identifier{s.column}.Sanitize()+`), 0) + 1 FROM `+pgx.Identifier{s.table}.Sanitize()+`), false)`)
		if err != nil {
			return pgErr(err)
		}
	}
	return nil
}
