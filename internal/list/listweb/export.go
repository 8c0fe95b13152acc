package listweb

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/sheet"
	"github.com/akrab-crm/akrab/internal/ui"
)

// Export answers with all rows that the address asks for, in the columns that
// it shows and those that belong [Table.Beside] them, as [Download] does. Serve
// it at the list's path with /export behind.
func (t *Table[T]) Export(w http.ResponseWriter, r *ui.Req, d *db.DB) error {
	q, err := list.Parse(r.Form)
	if err != nil {
		return err
	}
	if t.Value == nil {
		return errs.New(errs.NotFound, "error.not_found")
	}
	q.In = r.View.Workspace
	return Download(w, r, t.Def.Name, func(to sheet.Writer) error { return t.write(r, d, q, to) })
}

// medias are the types of files by the format that an address asks for.
var medias = map[string]string{
	"csv":  "text/csv; charset=utf-8",
	"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

// Download answers with a table that write writes, as CSV or, with format=xlsx,
// as XLSX, under a name with the present day behind. It returns an Invalid error
// at the field "format" for any other.
//
// The file is written before it is sent, so that a slow line keeps no
// transaction open, and a failure becomes an error page and not half a file.
func Download(w http.ResponseWriter, r *ui.Req, name string, write func(to sheet.Writer) error) error {
	format := r.Form.Get("format")
	if format == "" {
		format = "csv"
	}
	media, ok := medias[format]
	if !ok {
		return errs.InvalidField("format", "listweb.format")
	}
	f, err := os.CreateTemp("", "akrab-export-*")
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if err := write(newWriter(f, r.View, format)); err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	h := w.Header()
	h.Set("Content-Disposition", `attachment; filename="`+name+"-"+r.View.Now.In(r.View.Zone).Format(time.DateOnly)+"."+format+`"`)
	h.Set("Content-Type", media)
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

// exported returns the columns of a file.
func (t *Table[T]) exported(q list.Query) []*list.Column {
	shown := t.Def.Shown(q)
	var all []*list.Column
	for _, c := range shown {
		all = append(all, c)
		if b := t.Def.Column(t.Beside[c.Key]); b != nil && !slices.Contains(shown, b) && !slices.Contains(all, b) {
			all = append(all, b)
		}
	}
	return all
}

func (t *Table[T]) write(r *ui.Req, d *db.DB, q list.Query, to sheet.Writer) error {
	columns := t.exported(q)
	heads := make([]string, len(columns))
	for i, c := range columns {
		heads[i] = r.View.T(c.Label)
	}
	if err := to.Write(heads); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	cells := make([]sheet.Cell, len(columns))
	ctx := r.Context()
	err := d.Read(ctx, r.Who, func(tx *db.Tx) error {
		return t.Def.Each(ctx, tx, q, func(rows []T) error {
			if err := t.complete(ctx, tx, rows); err != nil {
				return err
			}
			for i := range rows {
				for j, c := range columns {
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
