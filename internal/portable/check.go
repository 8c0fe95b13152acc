package portable

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/journal"
)

// A Check looks for one kind of thing that is wrong in a workspace. Modules
// give checks of what they derive from other data.
type Check struct {
	Name string

	// Run returns what is wrong. With repair it mends what it can, in
	// transactions of its own.
	Run func(ctx context.Context, d *db.DB, repair bool) ([]Finding, error)
}

// A Finding is something that is wrong in a workspace.
type Finding struct {
	Check    string // that found it
	Key      string // message that says what it is
	Args     []any  // names and values for the message
	N        int    // how many
	Repaired bool
}

// stuck is after how long an operation that still runs is taken for one whose
// process has died.
const stuck = 24 * time.Hour

// CheckAll looks for whatever is wrong in a workspace: damage of the database,
// rows that belong to nothing, work that was left lying, and what the modules'
// checks find. With repair it mends what it can, and makes all derived data
// anew. Progress, which may be nil, is told the name of each step.
func CheckAll(ctx context.Context, d *db.DB, checks []Check, repair bool, progress func(step string)) ([]Finding, error) {
	own := []Check{
		{"integrity", integrity},
		{"orphans", orphans},
		{"journal", strayChanges},
		{"operations", stuckOperations},
		{"undos", stuckUndos},
	}
	all := append(own, checks...)
	if repair {
		all = append(all, Check{"derived", derive})
	}
	var list []Finding
	for _, c := range all {
		if progress != nil {
			progress(c.Name)
		}
		found, err := c.Run(ctx, d, repair)
		if err != nil {
			return list, fmt.Errorf("check %s: %w", c.Name, err)
		}
		for _, f := range found {
			f.Check = c.Name
			list = append(list, f)
		}
	}
	return list, nil
}

// repairs is an operation in which a check mends business data.
var repairs = db.Op{Why: "workspace.repair", Args: map[string]any{journal.Final: true}, Background: true}

func integrity(ctx context.Context, d *db.DB, _ bool) ([]Finding, error) {
	list, err := d.Integrity(ctx)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	const shown = 5
	return []Finding{{
		Key: "portable.check.damaged", N: len(list),
		Args: []any{"n", len(list), "detail", strings.Join(list[:min(shown, len(list))], "; ")},
	}}, nil
}

// orphans finds rows whose parent is not there.
func orphans(ctx context.Context, d *db.DB, repair bool) ([]Finding, error) {
	var list []Finding
	for _, t := range d.Tables() {
		if t.Parent == "" {
			continue
		}
		parent := d.Table(t.Parent)
		if parent == nil {
			return nil, fmt.Errorf("%s: no table %s", t.Name, t.Parent)
		}
		key := t.PrimaryKey()[0]
		of := ` FROM ` + t.Name + ` WHERE NOT EXISTS (SELECT 1 FROM ` + t.Parent + ` p WHERE p.` + parent.PrimaryKey()[0] + ` = ` + t.Name + `.` + key + `)`
		var n int
		err := d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) {
			n, err = db.GetGenerated(ctx, tx, db.One[int], db.Generate(`SELECT COUNT(*)`+of))
			return err
		})
		if err != nil {
			return nil, err
		}
		if n == 0 {
			continue
		}
		if repair {
			err = d.Write(ctx, repairs, func(tx *db.Tx) error {
				_, err := tx.ExecGenerated(ctx, db.Generate(`DELETE`+of))
				return err
			})
			if err != nil {
				return nil, err
			}
		}
		list = append(list, Finding{Key: "portable.check.orphans", N: n, Args: []any{"n", n, "table", t.Name}, Repaired: repair})
	}
	return list, nil
}

// strayChanges finds rows of the journal that belong to no operation.
func strayChanges(ctx context.Context, d *db.DB, repair bool) ([]Finding, error) {
	var n int
	err := d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) {
		n, err = db.Get(ctx, tx, db.One[int], `
			SELECT COUNT(*) FROM journal_change c
			WHERE NOT EXISTS (SELECT 1 FROM operation o WHERE o.id = c.op)`)
		return err
	})
	if err != nil || n == 0 {
		return nil, err
	}
	if repair {
		err = d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `
				DELETE FROM journal_change
				WHERE NOT EXISTS (SELECT 1 FROM operation o WHERE o.id = journal_change.op)`)
			return err
		})
	}
	return []Finding{{Key: "portable.check.stray", N: n, Args: []any{"n", n}, Repaired: repair}}, err
}

// stuckOperations finds operations that have been running for so long that
// whoever ran them must be gone. Repair ends them, so that they can be undone.
func stuckOperations(ctx context.Context, d *db.DB, repair bool) ([]Finding, error) {
	var n int
	err := d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) {
		n, err = db.Get(ctx, tx, db.One[int], `
			SELECT COUNT(*) FROM operation o
			WHERE o.state = 'running' AND o.started_at < $1
			  AND NOT EXISTS (SELECT 1 FROM journal_undo u WHERE u.undo = o.id)`, db.Millis(tx.Now.Add(-stuck)))
		return err
	})
	if err != nil || n == 0 {
		return nil, err
	}
	if repair {
		err = d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `
				UPDATE operation SET state = 'done', finished_at = $2
				WHERE state = 'running' AND started_at < $1
				  AND NOT EXISTS (SELECT 1 FROM journal_undo u WHERE u.undo = operation.id)`,
				db.Millis(tx.Now.Add(-stuck)), db.Millis(tx.Now))
			return err
		})
	}
	return []Finding{{Key: "portable.check.running", N: n, Args: []any{"n", n}, Repaired: repair}}, err
}

// stuckUndos finds undos that were interrupted. Repair goes on with them.
func stuckUndos(ctx context.Context, d *db.DB, repair bool) ([]Finding, error) {
	var list []ids.ID
	err := d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) {
		list, err = journal.Unfinished(ctx, tx)
		return err
	})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	repaired := repair
	for _, op := range list {
		if !repair {
			break
		}
		if _, err := journal.Undo(ctx, d, db.Who{}, op, nil); errs.KindOf(err) == errs.Conflict {
			repaired = false // another has gone on with it
		} else if err != nil {
			return nil, err
		}
	}
	return []Finding{{Key: "portable.check.undoing", N: len(list), Args: []any{"n", len(list)}, Repaired: repaired}}, nil
}

// derive makes all derived data anew, in slices of one operation.
func derive(ctx context.Context, d *db.DB, _ bool) ([]Finding, error) {
	op := repairs
	op.Long = true
	err := d.Write(ctx, op, func(tx *db.Tx) error { op.ID = tx.Op; return nil })
	if err != nil {
		return nil, err
	}
	slice := func(ctx context.Context, f func(*db.Tx) error) error { return d.Write(ctx, op, f) }
	for _, def := range d.Tables() {
		if def.Refresh == nil || def.Parent != "" {
			continue
		}
		if err := refreshAll(ctx, &table{Table: def, key: def.PrimaryKey()}, slice); err != nil {
			return nil, fmt.Errorf("refresh %s: %w", def.Name, err)
		}
	}
	return nil, slice(ctx, func(tx *db.Tx) error { return tx.FinishOp(ctx) })
}
