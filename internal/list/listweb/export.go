package listweb

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/sheet"
	"github.com/akrab-crm/akrab/internal/ui"
)

// Export answers with all rows that the address asks for, in the columns that
// it shows, as CSV or, with format=xlsx, as XLSX. Serve it at the list's path
// with /export behind.
//
// The file is written before it is sent, so that a slow line keeps no
// transaction open, and a failure becomes an error page and not half a file.
func (t *Table[T]) Export(w http.ResponseWriter, r *ui.Req, d *db.DB) error {
	q, err := list.Parse(r.Form)
	if err != nil {
		return err
	}
	q.In = r.View.Workspace
	f, err := os.CreateTemp("", "akrab-export-*")
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	format := "csv"
	if r.Form.Get("format") == "xlsx" {
		format = "xlsx"
	}
	if err := t.write(r, d, q, newWriter(f, r.View, format)); err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	name := t.Def.Name + "-" + r.View.Now.In(r.View.Zone).Format(time.DateOnly) + "." + format
	h := w.Header()
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Content-Type", map[string]string{
		"csv":  "text/csv; charset=utf-8",
		"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	}[format])
	h.Set("Cache-Control", "no-store")
	http.ServeContent(w, r.Request, "", time.Time{}, f)
	return nil
}

// newWriter returns a writer of the format. CSV is written as the spreadsheet
// programs of the workspace's country expect it when they open it unasked.
func newWriter(w io.Writer, v *ui.View, format string) sheet.Writer {
	if format == "xlsx" {
		return sheet.NewXLSX(w, sheet.XLSXOptions{Header: true})
	}
	opt := sheet.CSVOptions{BOM: true}
	if v.Workspace.Decimal == ',' {
		opt.Comma, opt.Decimal = ';', ','
	}
	return sheet.NewCSV(w, opt)
}

func (t *Table[T]) write(r *ui.Req, d *db.DB, q list.Query, to sheet.Writer) error {
	if t.Value == nil {
		return errs.New(errs.NotFound, "error.not_found")
	}
	shown := t.Def.Shown(q)
	heads := make([]string, len(shown))
	for i, c := range shown {
		heads[i] = r.View.T(c.Label)
	}
	if err := to.Write(heads); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	cells := make([]sheet.Cell, len(shown))
	ctx := r.Context()
	err := d.Read(ctx, r.Who, func(tx *db.Tx) error {
		return t.Def.Each(ctx, tx, q, func(rows []T) error {
			if err := t.complete(ctx, tx, rows); err != nil {
				return err
			}
			for i := range rows {
				for j, c := range shown {
					cells[j] = t.Value(r.View, &rows[i], c.Key)
				}
				if err := to.WriteCells(cells); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	return to.Close()
}

func (t *Table[T]) complete(ctx context.Context, tx *db.Tx, rows []T) error {
	if t.Complete == nil {
		return nil
	}
	return t.Complete(ctx, tx, rows)
}
