package imports

import (
	"context"
	"encoding/json"
	"io"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/sheet"
)

// A batch is consecutive rows that are handled together.
type batch struct {
	work
	rows int
	used int64 // bytes of the file up to here
}

// A parser reads rows ahead of what is stored.
type parser struct {
	d   *db.DB
	job Job
	p   program
	src rowSource
}

// run sends batches until the file or ctx ends, and closes ch. It returns what
// is wrong with the file as a whole, if anything.
func (p *parser) run(ctx context.Context, ch chan<- *batch) error {
	defer close(ch)
	mended, err := p.hasMended(ctx)
	if err != nil {
		return err
	}
	read := p.p.reader()
	for {
		b, err := p.batch(ctx, read, mended)
		if b.rows > 0 {
			select {
			case ch <- b:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// batch reads the next rows.
func (p *parser) batch(ctx context.Context, read reader, mended bool) (*batch, error) {
	b := &batch{}
	err := p.fill(ctx, b, read, mended)
	b.work, b.rows = read.take(err == io.EOF)
	return b, err
}

func (p *parser) fill(ctx context.Context, b *batch, read reader, mended bool) error {
	var rows map[int][]string
	size := p.p.batchRows()
	for n := range size {
		row, err := p.src.Next()
		if err != nil {
			return err
		}
		if mended && n == 0 {
			if rows, err = p.mendedRows(ctx, row.N, size); err != nil {
				return err
			}
		}
		cells, isMended := rows[row.N]
		if isMended {
			row.Cells, row.Err = cells, nil
		}
		r := read.read(&row)
		r.mended = isMended
		p.warn(r)
		b.used = p.src.Offset()
	}
	return ctx.Err()
}

// warn adds what a source says of the last row.
func (p *parser) warn(d *record) {
	w, ok := p.src.(interface{ Warnings() []*errs.Error })
	if !ok || d.empty {
		return
	}
	for _, e := range w.Warnings() {
		d.problems = append(d.problems, Problem{Column: none, Code: e.Key, Args: e.Args})
	}
}

func (p *parser) hasMended(ctx context.Context) (bool, error) {
	found := false
	err := p.d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) {
		_, found, err = db.Find(ctx, tx, db.One[int], `SELECT 1 FROM import_row WHERE import_id = $1 AND mended = TRUE LIMIT 1`, p.job.ID)
		return err
	})
	return found, err
}

type mendedRow struct {
	row   int
	cells string
}

// mendedRows returns the cells that were mended of the rows of a batch.
func (p *parser) mendedRows(ctx context.Context, first, size int) (map[int][]string, error) {
	var list []mendedRow
	err := p.d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) {
		list, err = db.List(ctx, tx, func(s db.Scanner, m *mendedRow) error { return s.Scan(&m.row, &m.cells) }, `
			SELECT row, cells FROM import_row WHERE import_id = $1 AND row >= $2 AND row < $3 AND mended = TRUE`,
			p.job.ID, first, first+size)
		return err
	})
	if err != nil {
		return nil, err
	}
	rows := make(map[int][]string, len(list))
	for _, m := range list {
		var cells []string
		if err := json.Unmarshal([]byte(m.cells), &cells); err != nil {
			return nil, err
		}
		rows[m.row] = cells
	}
	return rows, nil
}

func sheetRow(r *Row) *sheet.Row { return &sheet.Row{N: r.Row, Line: r.Line, Cells: r.Cells} }
