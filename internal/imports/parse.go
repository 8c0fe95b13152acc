package imports

import (
	"context"
	"encoding/json"
	"io"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/sheet"
)

// A parser reads rows and makes drafts of them, ahead of what is stored.
type parser struct {
	d   *db.DB
	job Job
	p   *program
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
	build := builder{p: p.p}
	for {
		b, err := p.batch(ctx, &build, mended)
		if len(b.drafts) > 0 {
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
func (p *parser) batch(ctx context.Context, build *builder, mended bool) (*batch, error) {
	b := &batch{drafts: make([]*draft, 0, batchRows)}
	var rows map[int][]string
	for len(b.drafts) < batchRows {
		row, err := p.src.Next()
		if err != nil {
			return b, err
		}
		if mended && len(b.drafts) == 0 {
			if rows, err = p.mendedRows(ctx, row.N); err != nil {
				return b, err
			}
		}
		cells, isMended := rows[row.N]
		if isMended {
			row.Cells, row.Err = cells, nil
		}
		d := build.build(&row)
		d.mended = isMended
		p.warn(d)
		b.drafts = append(b.drafts, d)
		b.used = p.src.Offset()
	}
	return b, ctx.Err()
}

// warn adds what a source says of the last row.
func (p *parser) warn(d *draft) {
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
func (p *parser) mendedRows(ctx context.Context, first int) (map[int][]string, error) {
	var list []mendedRow
	err := p.d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) {
		list, err = db.List(ctx, tx, func(s db.Scanner, m *mendedRow) error { return s.Scan(&m.row, &m.cells) }, `
			SELECT row, cells FROM import_row WHERE import_id = $1 AND row >= $2 AND row < $3 AND mended = TRUE`,
			p.job.ID, first, first+batchRows)
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

// buildRow makes a draft of one row of cells.
func (p *program) buildRow(n, line int, cells []string) *draft {
	b := builder{p: p}
	return b.build(&sheet.Row{N: n, Line: line, Cells: cells})
}

func sheetRow(r *Row) *sheet.Row { return &sheet.Row{N: r.Row, Line: r.Line, Cells: r.Cells} }
