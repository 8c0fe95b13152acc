package imports

import (
	"context"
	"io"
	"strings"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/sheet"
)

// reportPage is how many rows are read at a time.
const reportPage = 500

// WriteProblems writes the rows that were refused, or if all is set also those
// that came in without some cells, as CSV: their cells as they are in the file,
// after their number, their line and what is wrong, as say says it. The file
// can be put right and imported again.
func WriteProblems(ctx context.Context, d *db.DB, id ids.ID, w io.Writer, all bool, say func(Problem) string) error {
	j, err := getJob(ctx, d, id)
	if err != nil {
		return err
	}
	columns, err := j.reportColumns(ctx, d, all)
	if err != nil {
		return err
	}
	out := sheet.NewCSV(w, sheet.CSVOptions{BOM: true})
	head := []string{ownPrefix + "row", ownPrefix + "line", ownPrefix + "reason"}
	for _, c := range columns {
		head = append(head, j.columnName(c))
	}
	if err := out.Write(head); err != nil {
		return err
	}
	err = j.eachProblem(ctx, d, all, func(r *Row) error {
		var reasons []string
		for _, p := range r.Problems {
			reasons = append(reasons, say(p))
		}
		line := []string{itoa(r.Row), itoa(r.Line), strings.Join(reasons, " ")}
		for _, c := range columns {
			if c < len(r.Cells) {
				line = append(line, r.Cells[c])
			} else {
				line = append(line, "")
			}
		}
		if len(r.Cells) > len(j.Header) {
			line = append(line, r.Cells[len(j.Header):]...) // a row with too many cells
		}
		return out.Write(line)
	})
	if err != nil {
		return err
	}
	return out.Close()
}

// columnName returns what a column is called in a report. Columns of a file
// without header get the names of their fields, so that they are known again.
func (j *Job) columnName(c int) string {
	h := j.Header[c]
	if t := j.Map[h]; j.Source == fromSheet && !j.Format.Header && t != "" {
		return t
	}
	return h
}

// reportColumns returns the columns that a report has: of cards, which have
// columns for everything, those that are used.
func (j *Job) reportColumns(ctx context.Context, d *db.DB, all bool) ([]int, error) {
	used := make([]bool, len(j.Header))
	if j.Source == fromCards {
		err := j.eachProblem(ctx, d, all, func(r *Row) error {
			for i, c := range r.Cells {
				if i < len(used) && c != "" {
					used[i] = true
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	var list []int
	for i := range j.Header {
		if used[i] || j.Source != fromCards {
			list = append(list, i)
		}
	}
	return list, nil
}

// eachProblem calls f for the rows of a report.
func (j *Job) eachProblem(ctx context.Context, d *db.DB, all bool, f func(*Row) error) error {
	after := 0
	for {
		var rows []Row
		err := d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) {
			rows, err = Problems(ctx, tx, j.ID, after, reportPage)
			return err
		})
		if err != nil {
			return err
		}
		for i := range rows {
			after = rows[i].Row
			if rows[i].State != stateRefused && !all {
				continue
			}
			if err := f(&rows[i]); err != nil {
				return err
			}
		}
		if len(rows) < reportPage {
			return nil
		}
	}
}

// A Repeat is a customer whom an import created and who is likely there already.
type Repeat struct {
	Row       int
	ID        ids.ID
	Name      string
	Other     ids.ID // zero if a dry run found it in the file
	OtherName string
	Reason    Key // what is the same
}

// Repeats returns the first likely duplicates that are still there, at most
// limit of 1,000.
func Repeats(ctx context.Context, tx *db.Tx, id ids.ID, limit int) ([]Repeat, error) {
	list, err := db.List(ctx, tx, func(s db.Scanner, r *Repeat) error { return s.Scan(&r.Row, &r.ID, &r.Other, &r.Reason) }, `
		SELECT row, customer_id, other_id, reason FROM import_repeat WHERE import_id = $1 ORDER BY row LIMIT $2`, id, limit)
	if err != nil {
		return nil, err
	}
	var who []ids.ID
	for _, r := range list {
		who = append(who, r.ID, r.Other)
	}
	names, err := customers.Names(ctx, tx, who)
	if err != nil {
		return nil, err
	}
	var there []Repeat
	for _, r := range list {
		if r.Name, r.OtherName = names[r.ID], names[r.Other]; names[r.ID] != "" {
			there = append(there, r)
		}
	}
	return there, nil
}

// Undone returns which of the given operations were undone, or are being.
func Undone(ctx context.Context, tx *db.Tx, ops []ids.ID) (map[ids.ID]bool, error) {
	found, err := journal.Find(ctx, tx, ops)
	undone := map[ids.ID]bool{}
	for id, op := range found {
		undone[id] = op.State == journal.Undoing || op.State == journal.Undone
	}
	return undone, err
}
