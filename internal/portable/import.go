package portable

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/journal"
)

const (
	// longestLine bounds a line of an export: a chunk of a file in base64, and more.
	longestLine = 64 << 20

	// mostThere is how many rows a table may have already; more is no workspace to import into.
	mostThere = 10_000
)

// A Report says what an import did.
type Report struct {
	Operation ids.ID
	Rows      int      // read from the export
	Skipped   int      // of these: were there already, exactly the same
	Unknown   []string // tables, and columns as "table.column", that this program does not know and left out
}

// Import reads an export into a workspace, which should be empty: a row that
// is there already must be exactly the same, or the whole is refused with a
// Conflict error. A folder that is no sound export is an Invalid error. What
// is wrong is found before anything is written, and if writing fails what was
// written is taken back. The import is one operation, which can be undone.
func Import(ctx context.Context, d *db.DB, dir string, who db.Who, progress func(done, total int)) (Report, error) {
	m, err := ReadManifest(dir)
	if err != nil {
		return Report{}, err
	}
	in := importer{d: d, who: who, dir: dir, progress: progress, total: 2 * m.Rows(), late: map[string]map[ids.ID]bool{}}
	if err := in.prepare(ctx, m); err != nil {
		return in.report, err
	}
	op := db.Op{Who: who, Why: "workspace.import", Args: map[string]any{"rows": m.Rows()}, Long: true}
	err = d.Write(ctx, op, func(tx *db.Tx) error {
		in.report.Operation = tx.Op
		return nil
	})
	if err != nil {
		return in.report, err
	}
	err = in.write(ctx)
	if err == nil {
		err = in.refresh(ctx)
	}
	finish := func(ctx context.Context) error {
		return in.slice(ctx, func(tx *db.Tx) error { return tx.FinishOp(ctx) })
	}
	if err == nil {
		return in.report, finish(ctx)
	}
	calm := context.WithoutCancel(ctx)
	if bad := finish(calm); bad != nil {
		return in.report, errors.Join(err, bad)
	}
	_, bad := journal.Undo(calm, d, who, in.report.Operation, nil)
	return in.report, errors.Join(err, bad, in.empty(calm))
}

// empty removes rows of tables without a journal, such as the content of files.
func (in *importer) empty(ctx context.Context) error {
	return in.d.Write(ctx, db.Op{}, func(tx *db.Tx) error {
		for _, s := range slices.Backward(in.tables) {
			if s.Journal || s.have != nil {
				continue
			}
			if _, err := tx.ExecGenerated(ctx, db.Generate(`DELETE FROM `+s.Name)); err != nil {
				return err
			}
		}
		return nil
	})
}

// An importer reads one export.
type importer struct {
	d        *db.DB
	who      db.Who
	dir      string
	tables   []*source
	report   Report
	progress func(done, total int)

	done, total int

	late map[string]map[ids.ID]bool // by table: records that can be inserted only at the end
}

// A source is a file of an export, for a table of the workspace.
type source struct {
	*table
	file string
	cols []db.Column       // that both have
	have map[string][]byte // rows that are there already, by key; nil if there are none
	late [][]any           // rows to insert at the end
	sum  string
	rows int
}

// prepare finds out what goes where, and whether all of it can.
func (in *importer) prepare(ctx context.Context, m Manifest) error {
	err := in.d.Read(ctx, in.who, func(tx *db.Tx) error {
		tables, err := readTables(ctx, tx)
		if err != nil {
			return err
		}
		for _, def := range m.Tables {
			i := slices.IndexFunc(tables, func(t *table) bool { return t.Name == def.Name })
			if i < 0 {
				in.report.Unknown = append(in.report.Unknown, def.Name)
				continue
			}
			s, err := in.source(tables[i], def)
			if err != nil {
				return err
			}
			if err := in.there(ctx, tx, s); err != nil {
				return err
			}
			in.tables = append(in.tables, s)
		}
		// The order is this program's, not that of the one that wrote it.
		slices.SortFunc(in.tables, func(a, b *source) int { return slices.Index(tables, a.table) - slices.Index(tables, b.table) })
		return nil
	})
	if err != nil {
		return err
	}
	for _, s := range in.tables {
		if err := in.check(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func (in *importer) source(t *table, def Table) (*source, error) {
	s := &source{table: t, file: filepath.Join(in.dir, t.Name+".jsonl"), sum: def.SHA256, rows: def.Rows}
	for _, c := range def.Columns {
		i := slices.IndexFunc(t.cols, func(o db.Column) bool { return o.Name == c.Name })
		switch {
		case i < 0:
			in.report.Unknown = append(in.report.Unknown, t.Name+"."+c.Name)
		case t.cols[i].Type != c.Type:
			return nil, errs.New(errs.Invalid, "portable.column", "name", t.Name+"."+c.Name)
		default:
			s.cols = append(s.cols, t.cols[i])
		}
	}
	for _, k := range t.key {
		if !slices.ContainsFunc(s.cols, func(c db.Column) bool { return c.Name == k }) {
			return nil, errs.New(errs.Invalid, "portable.column", "name", t.Name+"."+k)
		}
	}
	return s, nil
}

// there reads the rows that a table has already.
func (in *importer) there(ctx context.Context, tx *db.Tx, s *source) error {
	n := 0
	e := exporter{tx: tx}
	return e.rows(ctx, &table{Table: s.Table, key: s.key, cols: s.cols}, func(vals []any) error {
		if n++; n > mostThere {
			return errs.New(errs.Conflict, "portable.occupied")
		}
		if s.have == nil {
			s.have = map[string][]byte{}
		}
		s.have[s.keyOf(vals)] = appendRow(nil, s.cols, vals)
		return nil
	})
}

// keyOf returns the values of a row's key as a text.
func (s *source) keyOf(vals []any) string {
	var b []byte
	for _, k := range s.key {
		i := slices.IndexFunc(s.cols, func(c db.Column) bool { return c.Name == k })
		b = append(appendValue(b, s.cols[i].Type, vals[i]), ' ')
	}
	return string(b)
}

// is reports whether a row is there already. One that is there but differs is
// a Conflict error.
func (s *source) is(vals []any) (bool, error) {
	if s.have == nil {
		return false, nil
	}
	row, ok := s.have[s.keyOf(vals)]
	if ok && !bytes.Equal(row, appendRow(nil, s.cols, vals)) {
		return true, errs.New(errs.Conflict, "portable.conflict")
	}
	return ok, nil
}

// check reads a whole file without writing anything.
func (in *importer) check(ctx context.Context, s *source) error {
	n := 0
	sum, err := s.read(func(line int, vals []any) error {
		n++
		in.step()
		if n%1000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		there, err := s.is(vals)
		if there {
			in.report.Skipped++
		}
		return inTable(err, s.Name, line)
	})
	if err != nil {
		return err
	}
	if n != s.rows || s.sum != "" && sum != s.sum {
		return errs.New(errs.Invalid, "portable.damaged", "name", filepath.Base(s.file))
	}
	in.report.Rows += n
	return nil
}

func (in *importer) step() {
	in.done++
	if in.progress != nil && (in.done%10_000 == 0 || in.done == in.total) {
		in.progress(in.done, in.total)
	}
}

// read calls f for every line of the file, and returns the file's sum.
func (s *source) read(f func(line int, vals []any) error) (string, error) {
	r, err := s.open()
	if err != nil {
		return "", err
	}
	defer r.close()
	for {
		vals, err := r.next()
		if err == io.EOF {
			return hex.EncodeToString(r.sum.Sum(nil)), nil
		}
		if err == nil {
			err = f(r.line, vals)
		}
		if err != nil {
			return "", err
		}
	}
}

// A lines reads the rows of a file one by one.
type lines struct {
	s    *source
	file *os.File
	buf  *bufio.Reader
	sum  interface {
		io.Writer
		Sum([]byte) []byte
	}
	line int
}

func (s *source) open() (*lines, error) {
	file, err := os.Open(s.file)
	if errors.Is(err, os.ErrNotExist) {
		return nil, errs.New(errs.Invalid, "portable.damaged", "name", filepath.Base(s.file)).Because(err)
	}
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	return &lines{s: s, file: file, sum: sum, buf: bufio.NewReaderSize(io.TeeReader(file, sum), 1<<18)}, nil
}

func (r *lines) close() error { return r.file.Close() }

// next returns the next row, or io.EOF.
func (r *lines) next() ([]any, error) {
	line, err := readLine(r.buf)
	if err != nil && (err != io.EOF || len(line) == 0) {
		if err != io.EOF {
			err = inTable(err, r.s.Name, r.line+1)
		}
		return nil, err
	}
	r.line++
	vals, err := parseRow(line, r.s.cols)
	return vals, inTable(err, r.s.Name, r.line)
}

// readLine reads up to the next line feed. A line beyond all measure is an
// Invalid error, before it fills the memory.
func readLine(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if err != bufio.ErrBufferFull {
		return line, err
	}
	long := slices.Clone(line)
	for err == bufio.ErrBufferFull {
		if len(long) > longestLine {
			return nil, errs.New(errs.Invalid, "portable.bad_row").Because(fmt.Errorf("longer than %d bytes", longestLine))
		}
		line, err = r.ReadSlice('\n')
		long = append(long, line...)
	}
	return long, err
}

// slice runs f in a transaction of the import.
func (in *importer) slice(ctx context.Context, f func(tx *db.Tx) error) error {
	return in.d.Write(ctx, db.Op{Who: in.who, Why: "workspace.import", ID: in.report.Operation, Background: true}, f)
}

// write inserts all rows: each table in turn, in slices, but those that refer
// to something which comes later, and what refers to these, all at once at the end.
func (in *importer) write(ctx context.Context) error {
	for i, s := range in.tables {
		r, err := s.open()
		if err != nil {
			return err
		}
		err = in.fill(ctx, s, r, in.tables[i+1:])
		if err := errors.Join(err, r.close()); err != nil {
			return fmt.Errorf("import %s: %w", s.Name, err)
		}
	}
	return in.slice(ctx, func(tx *db.Tx) error {
		for _, s := range in.tables {
			rows := s.late
			err := s.insert(ctx, tx, func() ([]any, bool) {
				if len(rows) == 0 {
					return nil, false
				}
				vals := rows[0]
				rows = rows[1:]
				return vals, true
			})
			if err != nil {
				return fmt.Errorf("import %s: %w", s.Name, err)
			}
		}
		return nil
	})
}

// fill inserts the rows of one table that can be inserted now.
func (in *importer) fill(ctx context.Context, s *source, r *lines, later []*source) error {
	var batch [][]any
	for over := false; !over; {
		// Rows are read before the transaction begins, which may be repeated.
		batch = batch[:0]
		for len(batch) < 1000 {
			vals, err := r.next()
			if err == io.EOF {
				over = true
				break
			}
			if err != nil {
				return err
			}
			in.step()
			if there, err := s.is(vals); there || err != nil {
				if err != nil {
					return err
				}
				continue
			}
			if in.mustWait(s, vals, later) {
				s.late = append(s.late, vals)
				continue
			}
			batch = append(batch, vals)
		}
		err := in.slice(ctx, func(tx *db.Tx) error {
			i := 0
			return s.insert(ctx, tx, func() ([]any, bool) {
				if i == len(batch) {
					return nil, false
				}
				i++
				return batch[i-1], true
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// mustWait reports whether a row refers to something that is not there yet.
func (in *importer) mustWait(s *source, vals []any, later []*source) bool {
	own := s.id(vals, s.cols)
	wait := false
	for i, c := range s.cols {
		target, ok := s.refs[c.Name]
		id, isID := vals[i].(ids.ID)
		if !ok || !isID {
			continue
		}
		switch {
		case target == s.Name:
			wait = wait || bytes.Compare(id[:], own[:]) > 0 // files are sorted
		case slices.ContainsFunc(later, func(o *source) bool { return o.Name == target }):
			wait = true
		}
		wait = wait || in.late[target][id]
	}
	if wait && s.single() {
		if in.late[s.Name] == nil {
			in.late[s.Name] = map[ids.ID]bool{}
		}
		in.late[s.Name][own] = true
	}
	return wait
}

// insert inserts rows with the columns of the export, and the operation as
// the creator of records.
func (s *source) insert(ctx context.Context, tx *db.Tx, next func() ([]any, bool)) error {
	made := s.hasMade && s.Parent == ""
	cols := make([]string, 0, len(s.cols)+1)
	for _, c := range s.cols {
		cols = append(cols, c.Name)
	}
	if made {
		cols = append(cols, "created_op")
	}
	row := make([]any, 0, len(cols))
	return tx.CopyGenerated(ctx, db.Generate(s.Name), cols, func() ([]any, bool) {
		vals, ok := next()
		if !ok {
			return nil, false
		}
		row = append(row[:0], vals...)
		if made {
			row = append(row, tx.Op)
		}
		return row, true
	})
}

// refresh makes what is derived from the imported records.
func (in *importer) refresh(ctx context.Context) error {
	for _, s := range in.tables {
		if s.Refresh == nil || !s.single() {
			continue
		}
		if err := refreshAll(ctx, s.table, in.slice); err != nil {
			return fmt.Errorf("refresh %s: %w", s.Name, err)
		}
	}
	return nil
}

// refreshAll calls the table's Refresh for all records, in slices.
func refreshAll(ctx context.Context, t *table, slice func(context.Context, func(*db.Tx) error) error) error {
	after := ids.ID{len(ids.ID{}) - 1: 1} // the zero ID would be NULL
	for more := true; more; {
		var last ids.ID
		err := slice(ctx, func(tx *db.Tx) error {
			last = after
			clock := tx.Slice()
			for more = true; more; {
				list, err := db.ListGenerated(ctx, tx, db.One[ids.ID], db.Generate(
					`SELECT `+t.key[0]+` FROM `+t.Name+` WHERE `+t.key[0]+` > $1 ORDER BY `+t.key[0]+` LIMIT 256`), last)
				if err != nil {
					return err
				}
				if more = len(list) > 0; !more {
					break
				}
				last = list[len(list)-1]
				if err := t.Refresh(ctx, tx, list); err != nil {
					return err
				}
				if clock.Over() {
					break
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		after = last
	}
	return nil
}
