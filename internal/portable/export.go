package portable

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
)

// Export writes all business data, as it is at one moment, to a folder, which
// must be empty or not exist. Progress, which may be nil, is told how many of
// the rows are written. A folder with a manifest is complete: it is written last.
func Export(ctx context.Context, d *db.DB, dir string, progress func(done, total int)) (Manifest, error) {
	m := Manifest{Format: format, Version: version, Program: program()}
	if list, err := os.ReadDir(dir); err == nil && len(list) > 0 {
		return m, errs.New(errs.Conflict, "portable.not_empty", "name", filepath.Base(dir))
	} else if err != nil && !errors.Is(err, os.ErrNotExist) {
		return m, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return m, err
	}
	err := d.Read(ctx, db.Who{}, func(tx *db.Tx) error {
		tables, err := readTables(ctx, tx)
		if err != nil {
			return err
		}
		total, err := countRows(ctx, tx, tables)
		if err != nil {
			return err
		}
		e := exporter{tx: tx, dir: dir, total: total, progress: progress}
		for _, t := range tables {
			out, err := e.table(ctx, t)
			if err != nil {
				return fmt.Errorf("export %s: %w", t.Name, err)
			}
			m.Tables = append(m.Tables, out)
		}
		return nil
	})
	if err != nil {
		return m, err
	}
	text, err := json.MarshalIndent(m, "", "\t")
	if err != nil {
		return m, err
	}
	return m, writeFile(filepath.Join(dir, manifestName), func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
}

func countRows(ctx context.Context, tx *db.Tx, tables []*table) (int, error) {
	total := 0
	for _, t := range tables {
		n, err := db.GetGenerated(ctx, tx, db.One[int], db.Generate(`SELECT COUNT(*) FROM `+t.Name))
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

type exporter struct {
	tx          *db.Tx
	dir         string
	done, total int
	progress    func(done, total int)
}

// table writes one table's file.
func (e *exporter) table(ctx context.Context, t *table) (Table, error) {
	out := Table{Name: t.Name}
	for _, c := range t.cols {
		out.Columns = append(out.Columns, Column(c))
	}
	sum := sha256.New()
	err := writeFile(filepath.Join(e.dir, t.Name+".jsonl"), func(w io.Writer) error {
		w = io.MultiWriter(w, sum)
		var line []byte
		return e.rows(ctx, t, func(vals []any) error {
			line = append(appendRow(line[:0], t.cols, vals), '\n')
			out.Rows++
			e.done++
			if e.progress != nil && e.done%10_000 == 0 {
				e.progress(e.done, e.total)
			}
			_, err := w.Write(line)
			return err
		})
	})
	if e.progress != nil {
		e.progress(e.done, e.total)
	}
	out.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return out, err
}

// rows calls f for every row of t in the order of its key. The slice is reused.
func (e *exporter) rows(ctx context.Context, t *table, f func(vals []any) error) error {
	vals := make([]any, len(t.cols))
	dest := make([]any, len(t.cols))
	for i := range vals {
		dest[i] = &vals[i]
	}
	scan := func(s db.Scanner, _ *struct{}) error { return s.Scan(dest...) }
	return db.EachGenerated(ctx, e.tx, scan, func(*struct{}) error { return f(vals) },
		db.Generate(`SELECT `+names(t.cols)+` FROM `+t.Name+` ORDER BY `+strings.Join(t.key, ", ")))
}

func names(cols []db.Column) string {
	list := make([]string, len(cols))
	for i, c := range cols {
		list[i] = c.Name
	}
	return strings.Join(list, ", ")
}

// writeFile writes a new file, and returns when it is on the disk.
func writeFile(path string, f func(w io.Writer) error) (err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	w := bufio.NewWriterSize(file, 1<<18)
	if err := f(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return file.Sync()
}
