package journal

import (
	"maps"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
)

// The kinds of journal rows.
const (
	updated = "u"
	deleted = "d"
	putBack = "i" // inserted again by an undo
)

// An event is a row of the journal.
type event struct {
	n        int64
	op       ids.ID
	tbl      string
	kind     string
	subject  ids.ID
	key      string // of the row within its table, as table.rowKey makes it
	was, now string // JSON; left out for what other operations updated
}

func scanEvent(s db.Scanner, e *event) error {
	return s.Scan(&e.n, &e.op, &e.tbl, &e.kind, &e.subject, &e.key, &e.was, &e.now)
}

// A folded is the sum of what one operation did to one row.
type folded struct {
	// kind is deleted if a row that the operation found is no longer there
	// (was is all of it), updated if it is there but changed (was and now are
	// the changed columns), and empty if there was none.
	kind     string
	n        int64 // number of the event that stands for the sum: each sum has one
	was, now row

	// made is the number of the event by which the operation, an undo, put
	// the row there that it left; 0 if it left none or did not put it there.
	made int64
}

// fold sums up what an operation did to one row of t. events are those of the
// operation for that row, oldest first.
//
// A key can have several rows, one after the other: an operation may delete
// the row that it found, insert another under the same key and change that.
// What counts is the first row; the others are the operation's own.
func fold(t *table, events []event) (folded, error) {
	var f folded
	first := true // of the rows that the key had
	for _, e := range events {
		switch e.kind {
		case putBack:
			f.made = e.n
			first = false
		case deleted:
			f.made = 0
			if !first {
				continue
			}
			was, err := t.decode(e.was)
			if err != nil {
				return f, err
			}
			maps.Copy(was, f.was) // as it was before the operation's own updates
			f.kind, f.n, f.was, f.now = deleted, e.n, was, nil
			first = false
		case updated:
			if !first {
				continue
			}
			was, err := t.decode(e.was)
			if err != nil {
				return f, err
			}
			now, err := t.decode(e.now)
			if err != nil {
				return f, err
			}
			if f.kind == "" {
				f.kind, f.was, f.now = updated, row{}, row{}
			}
			for col, v := range was {
				if _, ok := f.was[col]; !ok {
					f.was[col] = v
				}
			}
			maps.Copy(f.now, now)
			f.n = e.n
		}
	}
	return f, nil
}

// lives tells apart the rows that one key had in the course of time. events
// are those of all operations for that key, oldest first; undoOf says which
// operation another undoes; standing says whether there is a row now. It
// returns the number of the row that each event concerned, and that of the
// row now standing (-1 if none).
//
// Insertions are no events: they show in that something happens after a deletion.
func lives(events []event, undoOf func(ids.ID) ids.ID, standing bool) (of []int, now int) {
	of = make([]int, len(events))
	alive, count := true, 1
	ended := map[ids.ID]int{} // by operation: the first row of the key that it deleted
	for i, e := range events {
		if !alive {
			l, ok := ended[undoOf(e.op)]
			if e.kind != putBack || !ok {
				l = count
				count++
			}
			now, alive = l, true
		}
		of[i] = now
		if e.kind == deleted {
			alive = false
			if _, ok := ended[e.op]; !ok {
				ended[e.op] = now
			}
		}
	}
	switch {
	case !standing:
		return of, -1
	case !alive:
		return of, count
	}
	return of, now
}
