package journal

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
)

// A Kind says what happened to a row.
type Kind string

// The kinds.
const (
	Created  Kind = "created"  // a record was created
	Added    Kind = "added"    // a row was added to a record
	Updated  Kind = "updated"  // a column was changed
	Removed  Kind = "removed"  // a record, or a row of it, was deleted
	Restored Kind = "restored" // an undo put it back
)

// A Change is one thing that happened to a record or to a row that belongs to it.
type Change struct {
	N       int64 // number in the journal; changes of one row of the journal share it, and Created and Added have none
	Kind    Kind
	Table   string
	Subject ids.ID // the record
	Row     int64  // number of the row within the record, in tables that number them
	Label   string // what people call the row; may be empty

	// What changed, if Kind is Updated. Was and Now are nil, int64, bool,
	// string, ids.ID or []byte.
	Column   string
	Was, Now any

	Op        ids.ID
	At        time.Time
	Actor     ids.ID // zero for the system
	ActorName string
	Why       string
	Args      map[string]any
}

// History returns what happened to a record and to the rows that belong to
// it, newest first: what up to limit rows of the journal tell, with the
// creations between them. To read on, pass next as before; it is 0 at the
// end, and before is 0 at the beginning.
func History(ctx context.Context, tx *db.Tx, subject ids.ID, before int64, limit int) (list []Change, next int64, err error) {
	upper := last // operation of the row before which to go on
	if before > 0 {
		upper, _, err = db.Find(ctx, tx, db.One[ids.ID], `SELECT op FROM journal_change WHERE n = $1`, before)
		if err != nil {
			return nil, 0, err
		}
	} else {
		before = 1<<63 - 1
	}
	events, err := db.List(ctx, tx, scanEvent, `
		SELECT n, op, tbl, kind, subject, key, was, now FROM journal_change
		WHERE subject = $1 AND n < $2 ORDER BY n DESC LIMIT $3`, subject, before, limit+1)
	if err != nil {
		return nil, 0, err
	}
	var lower ids.ID
	if len(events) > limit {
		events = events[:limit]
		lower, next = events[limit-1].op, events[limit-1].n
	}
	tables, err := tablesOf(ctx, tx)
	if err != nil {
		return nil, 0, err
	}
	if list, err = changesOf(tables, events); err != nil {
		return nil, 0, err
	}
	made, err := creations(ctx, tx, tables, subject)
	if err != nil {
		return nil, 0, err
	}
	// Creations have no number: each goes before the changes of older operations.
	for _, c := range made {
		if compare(c.Op, upper) > 0 || compare(c.Op, lower) <= 0 {
			continue
		}
		at := slices.IndexFunc(list, func(o Change) bool { return compare(o.Op, c.Op) < 0 })
		if at < 0 {
			at = len(list)
		}
		list = slices.Insert(list, at, c)
	}
	return list, next, describe(ctx, tx, list)
}

// LastUpdate returns the latest change of a column of a record itself, looking
// at up to limit rows of the journal. If there is none among them, whole says
// whether these were all there are. It costs far less than [History].
func LastUpdate(ctx context.Context, tx *db.Tx, subject ids.ID, tbl, column string, limit int) (c Change, found, whole bool, err error) {
	events, err := db.List(ctx, tx, scanEvent, `
		SELECT n, op, tbl, kind, subject, key, was, now FROM journal_change
		WHERE subject = $1 ORDER BY n DESC LIMIT $2`, subject, limit+1)
	if err != nil {
		return c, false, false, err
	}
	whole = len(events) <= limit
	for _, e := range events[:min(len(events), limit)] {
		if e.tbl != tbl || e.kind != updated || !strings.Contains(e.was, column) {
			continue // most don't hold the column's name, and need not be decoded
		}
		t, err := tableOf(ctx, tx, tbl)
		if err != nil {
			return c, false, whole, err
		}
		list, err := changesOf(map[string]*table{tbl: t}, []event{e})
		if err != nil {
			return c, false, whole, err
		}
		if i := slices.IndexFunc(list, func(c Change) bool { return c.Column == column }); i >= 0 {
			err := describe(ctx, tx, list[i:i+1])
			return list[i], true, whole, err
		}
	}
	return c, false, whole, nil
}

// Changes returns what an operation updated and deleted, in the order in which
// it did, from up to limit rows of the journal after the one with number after.
func Changes(ctx context.Context, tx *db.Tx, op ids.ID, after int64, limit int) ([]Change, error) {
	events, err := db.List(ctx, tx, scanEvent, `
		SELECT n, op, tbl, kind, subject, key, was, now FROM journal_change
		WHERE op = $1 AND n > $2 ORDER BY n LIMIT $3`, op, after, limit)
	if err != nil {
		return nil, err
	}
	tables, err := tablesOf(ctx, tx)
	if err != nil {
		return nil, err
	}
	list, err := changesOf(tables, events)
	if err != nil {
		return nil, err
	}
	return list, describe(ctx, tx, list)
}

// A Count is a number of rows of a table.
type Count struct {
	Table string
	N     int
}

// CreatedBy returns how many rows an operation created that are still there,
// by table, counting in each up to most.
func CreatedBy(ctx context.Context, tx *db.Tx, op ids.ID, most int) ([]Count, error) {
	var list []Count
	for _, t := range tx.DB().Tables() {
		if !t.Journal {
			continue
		}
		n, err := db.GetGenerated(ctx, tx, db.One[int], db.Generate(
			`SELECT COUNT(*) FROM (SELECT 1 FROM `+t.Name+` WHERE created_op = $1 LIMIT $2) c`), op, most)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			list = append(list, Count{t.Name, n})
		}
	}
	return list, nil
}

// tablesOf returns what is known of declared tables, without their foreign keys.
func tablesOf(ctx context.Context, tx *db.Tx) (map[string]*table, error) {
	m := map[string]*table{}
	for _, def := range tx.DB().Tables() {
		cols, err := tx.Columns(ctx, def.Name)
		if err != nil {
			return nil, err
		}
		t := newTable(def, cols)
		t.parent = m[def.Parent]
		m[def.Name] = t
	}
	return m, nil
}

// tableOf returns what is known of one declared table, without what it hangs on.
func tableOf(ctx context.Context, tx *db.Tx, name string) (*table, error) {
	def := tx.DB().Table(name)
	if def == nil {
		return nil, fmt.Errorf("journal: no table %s", name)
	}
	cols, err := tx.Columns(ctx, name)
	if err != nil {
		return nil, err
	}
	return newTable(*def, cols), nil
}

// creations returns when a record that exists, and rows that were added to it
// later, were made: the newest first.
func creations(ctx context.Context, tx *db.Tx, tables map[string]*table, subject ids.ID) ([]Change, error) {
	var list []Change
	for _, def := range tx.DB().Tables() {
		t := tables[def.Name]
		if !t.Journal {
			continue
		}
		rows, err := db.ListGenerated(ctx, tx, t.scan(t.cols), db.Generate(
			`SELECT `+names(t.cols, "")+` FROM `+t.Name+` WHERE `+t.key[0]+` = $1 AND created_op IS NOT NULL`), subject)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			c := Change{Kind: Added, Table: t.Name, Subject: subject, Row: t.number(r), Label: label(r)}
			if t.single() {
				c.Kind = Created
			}
			c.Op, _ = r["created_op"].(ids.ID)
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, func(a, b Change) int { return compare(b.Op, a.Op) })
	return list, nil
}

// number returns a row's number within its record, or 0.
func (t *table) number(key row) int64 {
	if len(t.key) < 2 {
		return 0
	}
	n, _ := key[t.key[1]].(int64)
	return n
}

// changesOf turns rows of the journal into changes.
func changesOf(tables map[string]*table, events []event) ([]Change, error) {
	var list []Change
	for _, e := range events {
		t := tables[e.tbl]
		if t == nil {
			continue
		}
		key, err := t.decode(e.key)
		if err != nil {
			return nil, err
		}
		was, err := t.decode(e.was)
		if err != nil {
			return nil, err
		}
		now, err := t.decode(e.now)
		if err != nil {
			return nil, err
		}
		c := Change{N: e.n, Table: t.Name, Subject: e.subject, Row: t.number(key), Op: e.op}
		switch e.kind {
		case deleted:
			c.Kind, c.Label = Removed, label(was)
		case putBack:
			c.Kind = Restored
		default:
			c.Kind = Updated
			for _, col := range t.cols {
				if v, ok := was[col.Name]; ok && col.Name != "updated_at" {
					c.Column, c.Was, c.Now = col.Name, v, now[col.Name]
					list = append(list, c)
				}
			}
			continue
		}
		list = append(list, c)
	}
	return list, nil
}

// describe fills in who made the changes, when and why. Of an operation that
// is older than what is kept only the time remains.
func describe(ctx context.Context, tx *db.Tx, list []Change) error {
	var wanted []ids.ID
	for _, c := range list {
		wanted = append(wanted, c.Op)
	}
	slices.SortFunc(wanted, compare)
	ops, err := Find(ctx, tx, slices.Compact(wanted))
	for i := range list {
		c := &list[i]
		o, ok := ops[c.Op]
		if !ok {
			c.At = c.Op.Time()
			continue
		}
		c.At, c.Actor, c.ActorName, c.Why, c.Args = o.Started, o.Actor, o.ActorName, o.Why, o.Args
	}
	return err
}

// ID reads the id in a column of a row from the row's image in the journal. It
// returns false where the image is none, or holds no id there; the journal's
// images are written by its own triggers.
func ID(image, column string) (ids.ID, bool) {
	var columns map[string]json.RawMessage
	var text string
	if json.Unmarshal([]byte(image), &columns) != nil || json.Unmarshal(columns[column], &text) != nil {
		return ids.ID{}, false
	}
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(ids.ID{}) {
		return ids.ID{}, false
	}
	return ids.ID(b), true
}
