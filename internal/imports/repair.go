package imports

import (
	"context"
	"slices"
	"strings"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/journal"
)

// Problems returns rows with something wrong that nobody has put right yet,
// after the given row, in the order of the file.
func Problems(ctx context.Context, tx *db.Tx, id ids.ID, after, limit int) ([]Row, error) {
	return db.List(ctx, tx, scanRow, `
		SELECT `+rowCols+` FROM import_row
		WHERE import_id = $1 AND row > $2 AND state IN ('refused', 'incomplete') ORDER BY row LIMIT $3`, id, after, limit)
}

// CountProblems returns how many rows have something wrong that nobody has put right yet.
func CountProblems(ctx context.Context, tx *db.Tx, id ids.ID) (int, error) {
	return db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM import_row WHERE import_id = $1 AND state IN ('refused', 'incomplete')`, id)
}

// CountMended returns how many rows were put right before the import has run.
func CountMended(ctx context.Context, tx *db.Tx, id ids.ID) (int, error) {
	return db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM import_row WHERE import_id = $1 AND state = 'mended'`, id)
}

// GetRow returns a row with something wrong, put right or not.
func GetRow(ctx context.Context, tx *db.Tx, id ids.ID, row int) (Row, error) {
	return db.Get(ctx, tx, scanRow, `SELECT `+rowCols+` FROM import_row WHERE import_id = $1 AND row = $2`, id, row)
}

// Open reports whether the row still has something wrong.
func (r *Row) Open() bool { return r.State == stateRefused || r.State == stateIncomplete }

// Repair takes other cells for a row. If the import has run, the row is brought
// in now, as part of the same operation; of one that came in without some
// cells only these are taken. Before, the cells are kept for when it runs. What
// is still wrong stands in the row that is returned. It returns a Conflict
// error if the import runs, was undone, or if the row was put right already.
func Repair(ctx context.Context, d *db.DB, who db.Who, id ids.ID, number int, cells []string) (Row, error) {
	var row Row
	j, err := getJob(ctx, d, id)
	if err != nil {
		return row, err
	}
	if j.State == Running || j.State == Uploading {
		return row, errs.New(errs.Conflict, "import.running")
	}
	err = d.Read(ctx, who, func(tx *db.Tx) error {
		row, err = GetRow(ctx, tx, id, number)
		return err
	})
	if err != nil {
		return row, err
	}
	p, err := j.program(ctx, d, j.Header)
	if err != nil {
		return row, err
	}
	row.Cells = fit(cells, len(j.Header))
	switch {
	case j.Op.IsZero():
		return row, j.mend(ctx, d, p, &row)
	case !row.Open():
		return row, errs.New(errs.Conflict, "import.row_done")
	case row.State == stateIncomplete:
		return row, j.complete(ctx, d, who, &row)
	}
	return row, j.bringRow(ctx, d, who, p, &row)
}

// Drop leaves a row as it is: it is no longer among the problems.
func Drop(ctx context.Context, tx *db.Tx, id ids.ID, number int) error {
	n, err := tx.Exec(ctx, `
		UPDATE import_row SET state = 'dropped' WHERE import_id = $1 AND row = $2 AND state IN ('refused', 'incomplete')`, id, number)
	if err == nil && n == 0 {
		return errs.New(errs.Conflict, "import.row_done")
	}
	return err
}

// fit returns cells, as many as there are columns, that can be stored.
func fit(cells []string, n int) []string {
	out := make([]string, n)
	copy(out, cells)
	for i, c := range out {
		out[i] = strings.ReplaceAll(strings.ToValidUTF8(c, "\uFFFD"), "\x00", "")
	}
	return out
}

// mend keeps cells for when the import runs.
func (j *Job) mend(ctx context.Context, d *db.DB, p program, row *Row) error {
	r := p.reader().read(sheetRow(row))
	row.Problems, row.State = r.problems, stateMended
	if r.refused {
		row.State = stateRefused
	} else if len(r.problems) > 0 {
		row.State = stateIncomplete
	}
	return d.Write(ctx, db.Op{}, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE import_row SET cells = $3, problems = $4, state = $5, mended = TRUE WHERE import_id = $1 AND row = $2`,
			j.ID, row.Row, keptCells(row.Cells), toJSON(row.Problems), row.State)
		return err
	})
}

// stillUndoable returns a Conflict error unless the import's operation stands.
func (j *Job) stillUndoable(ctx context.Context, tx *db.Tx) error {
	op, err := journal.Get(ctx, tx, j.Op)
	if err != nil {
		return err
	}
	if op.State != journal.Done {
		return errs.New(errs.Conflict, "import.undone")
	}
	return nil
}

// repairing returns the import's operation for somebody who repairs a row.
func (j *Job) repairing(who db.Who) db.Op {
	return db.Op{Who: who, Why: j.Kind.why(), ID: j.Op}
}

// bringRow imports a row that was refused.
func (j *Job) bringRow(ctx context.Context, d *db.DB, who db.Who, p program, row *Row) error {
	cells := row.Cells
	return d.Write(ctx, j.repairing(who), func(tx *db.Tx) error {
		if err := j.stillUndoable(ctx, tx); err != nil {
			return err
		}
		row.Cells = cells
		read := p.reader()
		read.read(sheetRow(row))
		w, _ := read.take(true)
		c, err := w.plan(ctx, tx, j.ID, j.Mode)
		if err != nil {
			return err
		}
		o := c.result()
		row.Problems, row.State, row.Record = nil, stateRepaired, o.made
		for _, r := range o.rows {
			row.Problems, row.State = r.problems, r.state
		}
		if row.State == stateRefused {
			return j.storeRow(ctx, tx, row, &Counts{})
		}
		if err := c.apply(ctx, tx, j.ID); err != nil {
			return err
		}
		o.Errors--
		if err := j.storeRow(ctx, tx, row, &o.Counts); err != nil {
			return err
		}
		return j.Kind.noun().over(ctx, tx)
	})
}

// complete takes the cells that were left out of a row that came in. Its other
// cells stay as they came: people may have changed the record since.
func (j *Job) complete(ctx context.Context, d *db.DB, who db.Who, row *Row) error {
	p, err := j.partProgram(ctx, d, row.Problems)
	if err != nil {
		return err
	}
	before := row.Problems
	return d.Write(ctx, j.repairing(who), func(tx *db.Tx) error {
		if err := j.stillUndoable(ctx, tx); err != nil {
			return err
		}
		row.Problems = before
		if err := p.complete(ctx, tx, row); err != nil {
			return err
		}
		row.State = stateRepaired
		if len(row.Problems) > 0 {
			row.State = stateIncomplete
		}
		if err := j.storeRow(ctx, tx, row, &Counts{Warnings: int64(len(row.Problems) - len(before))}); err != nil {
			return err
		}
		return j.Kind.noun().over(ctx, tx)
	})
}

// partProgram is the import's program for the columns that had problems, with
// the columns that belong to the same address or contact point.
func (j *Job) partProgram(ctx context.Context, d *db.DB, problems []Problem) (program, error) {
	targets := j.Kind.targets(j.Map, j.Header)
	part := *j
	part.Map = Mapping{}
	for _, p := range problems {
		if p.Column < 0 || p.Column >= len(targets) {
			continue
		}
		bad := targets[p.Column]
		for i, t := range targets {
			if i == p.Column || t.Group != "" && t.Field == bad.Field && t.Group == bad.Group {
				part.Map[j.Header[i]] = t.String()
			}
		}
	}
	return part.program(ctx, d, j.Header)
}

// storeRow stores a row and adds to the counts of the import.
func (j *Job) storeRow(ctx context.Context, tx *db.Tx, row *Row, add *Counts) error {
	n, err := tx.Exec(ctx, `
		UPDATE import_row SET cells = $3, problems = $4, state = $5, customer_id = $6
		WHERE import_id = $1 AND row = $2 AND state IN ('refused', 'incomplete')`,
		j.ID, row.Row, keptCells(row.Cells), toJSON(row.Problems), row.State, row.Record)
	if err != nil {
		return err
	}
	if n == 0 {
		return errs.New(errs.Conflict, "import.row_done")
	}
	_, err = tx.Exec(ctx, `
		UPDATE import_job SET created = created + $2, updated = updated + $3, skipped = skipped + $4, errors = errors + $5,
			warnings = warnings + $6, duplicates = duplicates + $7, organizations = organizations + $8,
			orders = orders + $9, products = products + $10, customers = customers + $11
		WHERE id = $1`,
		j.ID, add.Created, add.Updated, add.Skipped, add.Errors, add.Warnings, add.Duplicates, add.Organizations,
		add.Orders, add.Products, add.Customers)
	return err
}

// BadColumns returns the indexes of the cells with something wrong.
func (r *Row) BadColumns() []int {
	var list []int
	for _, p := range r.Problems {
		if p.Column >= 0 && !slices.Contains(list, p.Column) {
			list = append(list, p.Column)
		}
	}
	return list
}
