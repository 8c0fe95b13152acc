package imports

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
)

// The states of rows with problems.
const (
	stateRefused    = "refused"    // not imported
	stateIncomplete = "incomplete" // imported without the bad cells
	stateMended     = "mended"     // its cells were put right before the import ran
	stateRepaired   = "repaired"   // put right after it was refused or incomplete
	stateDropped    = "dropped"    // somebody left it as it is
)

// keptRepeats is how many likely duplicates are listed; all are counted.
const keptRepeats = 1000

// noteRows stores rows with problems, and who may be there twice.
func (o *outcome) noteRows(ctx context.Context, tx *db.Tx, job ids.ID) error {
	if len(o.rows) > 0 {
		if err := o.dropMended(ctx, tx, job); err != nil {
			return err
		}
		i := 0
		err := tx.Copy(ctx, `import_row`, []string{"import_id", "row", "line", "cells", "problems", "state", "mended", "customer_id"}, func() ([]any, bool) {
			if i == len(o.rows) {
				return nil, false
			}
			r := o.rows[i]
			i++
			return []any{job, r.r.row, r.r.line, keptCells(r.r.cells), toJSON(r.problems), r.state, r.r.mended, r.made}, true
		})
		if err != nil {
			return err
		}
	}
	if len(o.repeats) == 0 {
		return nil
	}
	n, err := db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM import_repeat WHERE import_id = $1`, job)
	if err != nil {
		return err
	}
	list := o.repeats[:min(len(o.repeats), max(0, keptRepeats-n))]
	i := 0
	return tx.Copy(ctx, `import_repeat`, []string{"import_id", "row", "customer_id", "other_id", "reason"}, func() ([]any, bool) {
		if i == len(list) {
			return nil, false
		}
		r := list[i]
		i++
		return []any{job, r.row, r.made, r.other, r.reason}, true
	})
}

// dropMended deletes mended rows that still have something wrong: they are
// stored anew.
func (o *outcome) dropMended(ctx context.Context, tx *db.Tx, job ids.ID) error {
	var numbers []int
	for _, r := range o.rows {
		if r.r.mended {
			numbers = append(numbers, r.r.row)
		}
	}
	_, err := db.ExecIn(ctx, tx, numbers, `DELETE FROM import_row WHERE import_id = $1 AND row IN ($list)`, job)
	return err
}

// keptCells returns cells as they are stored: the longest ones cut.
func keptCells(cells []string) string {
	if slices.ContainsFunc(cells, func(c string) bool { return len(c) > maxKept }) {
		cells = slices.Clone(cells)
		for i, c := range cells {
			cells[i] = clip(c, maxKept)
		}
	}
	return toJSON(cells)
}

// A Row is a row of the file with something wrong.
type Row struct {
	Row      int // number among the rows of data, from 1
	Line     int // of the file, from 1
	Cells    []string
	Problems []Problem
	State    string
	Record   ids.ID // made or changed by it; zero if none was
}

func scanRow(s db.Scanner, r *Row) error {
	var cells, problems string
	if err := s.Scan(&r.Row, &r.Line, &cells, &problems, &r.State, &r.Record); err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(cells), &r.Cells); err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(problems), &r.Problems); err != nil {
		return err
	}
	for i := range r.Problems {
		r.Problems[i].Args = plainArgs(r.Problems[i].Args)
	}
	return nil
}

const rowCols = `row, line, cells, problems, state, customer_id`
