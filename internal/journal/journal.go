// Package journal tells what was done, by whom and when, and takes it back.
//
// Every change of business data belongs to an operation. The database records
// beneath the modules what each operation updated and deleted (package db);
// which rows it created stands in their column created_op. From these two,
// [Undo] restores what the operation found, except for what others have
// changed, used or taken since: that is kept and listed. An undo is an
// operation itself and can be undone.
package journal

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
)

//go:embed schema/*.sql
var schema embed.FS

// Text holds the package's messages.
//
//go:embed text
var Text embed.FS

// Module is what the package gives the database.
var Module = db.Module{Name: "journal", Schema: schema}

// Window is how long an operation can be undone.
const Window = 30 * 24 * time.Hour

// WhyUndo is the reason of operations that undo another.
const WhyUndo = "operation.undo"

// Final is the argument that an operation carries if it can't be undone by
// its nature, such as the erasure of personal data.
const Final = "final"

// A State says how far an operation has come.
type State string

// The states.
const (
	Running State = "running" // still at work
	Done    State = "done"
	Undoing State = "undoing" // being undone
	Undone  State = "undone"
)

// An Operation is a set of changes made by one actor for one reason.
type Operation struct {
	ID        ids.ID
	Actor     ids.ID         // zero for the system
	ActorName string         // as it was called then
	Why       string         // message key: customer.create
	Args      map[string]any // names and values for the message
	Subject   ids.ID         // record that it is about, if it is one
	Cause     ids.ID         // operation because of which it happened
	UndoOf    ids.ID         // operation that it undoes
	State     State
	Kept      []Kept // what an undo had to leave: the first ones, see AllKept
	KeptCount int64  // how many they are in all
	Started   time.Time
	Finished  time.Time // zero while it runs
}

// A Reason says why an undo left something as it was.
type Reason string

// The reasons.
const (
	ChangedSince Reason = "changed_since" // somebody else changed it after the operation
	InUse        Reason = "in_use"        // something that somebody else made refers to it
	Taken        Reason = "taken"         // a value that must be unique belongs to another record now
	Gone         Reason = "gone"          // it, or what it belongs or refers to, has been deleted since
)

// Kept is a thing that an undo left as it was.
type Kept struct {
	Table   string
	Subject ids.ID // record that it belongs to
	Column  string // empty if it is the whole row
	Reason  Reason
	Label   string // what people call the record or row; may be empty

	change int64 // number of the journal's row that could not be taken back, if it is worth another try
}

// keptShown is how many kept things an Operation carries.
const keptShown = 100

const opCols = `id, actor, actor_name, why, args, subject, cause, undo_of, state, started_at, finished_at`

func scanOp(s db.Scanner, o *Operation) error {
	var args string
	var started, finished int64
	err := s.Scan(&o.ID, &o.Actor, &o.ActorName, &o.Why, &args, &o.Subject, &o.Cause, &o.UndoOf, &o.State, &started, &finished)
	if err != nil {
		return err
	}
	o.Started, o.Finished = db.Time(started), db.Time(finished)
	if err := json.Unmarshal([]byte(args), &o.Args); err != nil {
		return fmt.Errorf("arguments of operation %s: %w", o.ID, err)
	}
	return nil
}

// Get returns an operation. For an undo that includes what it had to keep.
func Get(ctx context.Context, tx *db.Tx, id ids.ID) (Operation, error) {
	o, err := db.Get(ctx, tx, scanOp, `SELECT `+opCols+` FROM operation WHERE id = $1`, id)
	if err != nil || o.Why != WhyUndo {
		return o, err
	}
	o.KeptCount, err = db.Get(ctx, tx, db.One[int64], `
		SELECT COUNT(*) FROM journal_kept k JOIN operation o ON o.id = k.undo
		WHERE o.id = $1 OR o.cause = $1`, id)
	if err != nil || o.KeptCount == 0 {
		return o, err
	}
	o.Kept, err = AllKept(ctx, tx, id, 0, keptShown)
	return o, err
}

// Find returns operations by id; those that are not there are left out.
func Find(ctx context.Context, tx *db.Tx, list []ids.ID) (map[ids.ID]Operation, error) {
	found, err := db.ListIn(ctx, tx, scanOp, list, `SELECT `+opCols+` FROM operation WHERE id IN ($list)`)
	m := make(map[ids.ID]Operation, len(found))
	for _, o := range found {
		m[o.ID] = o
	}
	return m, err
}

// AllKept returns what an undo, with the undos of the operation's effects, had
// to keep: at most limit things, after skipping some.
func AllKept(ctx context.Context, tx *db.Tx, undo ids.ID, skip, limit int) ([]Kept, error) {
	return db.List(ctx, tx, func(s db.Scanner, k *Kept) error {
		return s.Scan(&k.Table, &k.Subject, &k.Column, &k.Reason, &k.Label)
	}, `
		SELECT k.tbl, k.subject, k.col, k.reason, k.label
		FROM journal_kept k JOIN operation o ON o.id = k.undo
		WHERE o.id = $1 OR o.cause = $1
		ORDER BY k.undo, k.n LIMIT $2 OFFSET $3`, undo, limit, skip)
}

// last sorts after every other ID.
var last = ids.ID(bytes.Repeat([]byte{0xff}, len(ids.ID{})))

// List returns the operations older than after, newest first; a zero after
// begins with the newest. What happened because of another operation is part
// of that one and is left out.
func List(ctx context.Context, tx *db.Tx, after ids.ID, limit int) ([]Operation, error) {
	if after.IsZero() {
		after = last
	}
	return db.List(ctx, tx, scanOp, `
		SELECT `+opCols+` FROM operation
		WHERE id < $1 AND cause IS NULL
		ORDER BY id DESC LIMIT $2`, after, limit)
}

// ListOf is List for the operations of one user.
func ListOf(ctx context.Context, tx *db.Tx, actor, after ids.ID, limit int) ([]Operation, error) {
	if after.IsZero() {
		after = last
	}
	return db.List(ctx, tx, scanOp, `
		SELECT `+opCols+` FROM operation
		WHERE actor = $1 AND id < $2 AND cause IS NULL
		ORDER BY id DESC LIMIT $3`, actor, after, limit)
}

// Effects returns the operations that happened because of another, newest first.
func Effects(ctx context.Context, tx *db.Tx, cause ids.ID) ([]Operation, error) {
	return db.List(ctx, tx, scanOp, `SELECT `+opCols+` FROM operation WHERE cause = $1 ORDER BY id DESC`, cause)
}

// UndoOf returns the operation that undid, or now undoes, the given one.
// If there is none it returns a NotFound error.
func UndoOf(ctx context.Context, tx *db.Tx, id ids.ID) (Operation, error) {
	return db.Get(ctx, tx, scanOp, `SELECT `+opCols+` FROM operation WHERE undo_of = $1 ORDER BY id DESC LIMIT 1`, id)
}

// CanUndo returns nil if op can be undone at the given time, and otherwise a
// Conflict error that says why not.
func CanUndo(op Operation, now time.Time) error {
	ended := op.Finished
	if ended.IsZero() {
		ended = op.Started
	}
	switch {
	case op.State == Running:
		return errs.New(errs.Conflict, "operation.running")
	case op.State == Undone:
		return errs.New(errs.Conflict, "operation.undone")
	case op.Args[Final] == true:
		return errs.New(errs.Conflict, "operation.final")
	case op.State == Undoing:
		return errs.New(errs.Conflict, "operation.undoing")
	case now.Sub(ended) > Window:
		return errs.New(errs.Conflict, "operation.too_old")
	}
	return nil
}

// Size returns how many rows an operation, without its effects, changed and
// created: a measure of how long its undo takes. Counting stops at most.
func Size(ctx context.Context, tx *db.Tx, id ids.ID, most int) (int, error) {
	n, err := db.Get(ctx, tx, db.One[int], `
		SELECT COUNT(*) FROM (SELECT 1 FROM journal_change WHERE op = $1 LIMIT $2) c`, id, most)
	for _, t := range tx.DB().Tables() {
		if err != nil || n >= most {
			return min(n, most), err
		}
		if !t.Journal {
			continue
		}
		var more int
		more, err = db.GetGenerated(ctx, tx, db.One[int], db.Generate(
			`SELECT COUNT(*) FROM (SELECT 1 FROM `+t.Name+` WHERE created_op = $1 LIMIT $2) c`), id, most-n)
		n += more
	}
	return n, err
}
