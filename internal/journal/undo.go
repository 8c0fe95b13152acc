package journal

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
)

// Patience is how long an undo may be silent before another process takes it over.
const Patience = 10 * time.Second

// Undo takes back everything that an operation changed, unless somebody else
// has changed, used or taken it since: that is kept, and listed in the
// operation that it returns, which is the undo itself. It first undoes the
// operations that happened because of this one. Progress, which may be nil,
// is told how many changes it has looked at.
//
// Undo works in many short transactions in the background of others. If it
// is interrupted, even by the death of the process, calling it again goes on
// where it was. An operation that can't be undone, or is just being undone by
// somebody else, is a Conflict error.
func Undo(ctx context.Context, d *db.DB, who db.Who, id ids.ID, progress func(done, total int)) (Operation, error) {
	u := undoer{d: d, who: who, progress: progress, batch: 256, over: (*db.Slicer).Over}
	return u.undo(ctx, id)
}

// Unfinished returns the operations whose undo was interrupted and waits to
// be gone on with.
func Unfinished(ctx context.Context, tx *db.Tx) ([]ids.ID, error) {
	return db.List(ctx, tx, db.One[ids.ID], `
		SELECT u.op FROM journal_undo u JOIN operation o ON o.id = u.undo
		WHERE o.cause IS NULL AND u.beat < $1 ORDER BY u.undo`, db.Millis(tx.Now.Add(-Patience)))
}

// An undoer undoes an operation and its effects.
type undoer struct {
	d        *db.DB
	who      db.Who
	progress func(done, total int)

	batch int                     // records handled between two looks at the clock
	over  func(*db.Slicer) bool   // whether to commit and let others write
	gap   func(place place) error // if not nil, called after each transaction

	layout *layout
}

func (u *undoer) undo(ctx context.Context, id ids.ID) (Operation, error) {
	err := u.d.Read(ctx, u.who, func(tx *db.Tx) (err error) {
		u.layout, err = readLayout(ctx, tx)
		return err
	})
	if err != nil {
		return Operation{}, err
	}
	undo, err := u.one(ctx, id, nil)
	if err != nil {
		return Operation{}, err
	}
	var op Operation
	err = u.d.Read(ctx, u.who, func(tx *db.Tx) error {
		op, err = Get(ctx, tx, undo)
		return err
	})
	return op, err
}

// one undoes one operation and its effects, and returns the undo. above is
// the work that undoes the operation whose effect this one is.
//
// Effects came after the operation and go before it. If the operation is an
// undo its effects are the undos that came before it, and it is the other way round.
func (u *undoer) one(ctx context.Context, id ids.ID, above *work) (ids.ID, error) {
	w, err := u.begin(ctx, id, above)
	if err != nil {
		return ids.ID{}, err
	}
	if !w.op.UndoOf.IsZero() {
		err = w.run(ctx, finish)
	}
	if err == nil {
		err = u.effects(ctx, w)
	}
	if err == nil {
		err = w.run(ctx, ended)
	}
	if err != nil {
		w.release(ctx)
		return ids.ID{}, fmt.Errorf("undo %s: %w", id, err)
	}
	return w.undo, nil
}

// effects undoes what happened because of w's operation, newest first.
func (u *undoer) effects(ctx context.Context, w *work) error {
	var list []Operation
	err := u.d.Read(ctx, u.who, func(tx *db.Tx) (err error) {
		list, err = Effects(ctx, tx, w.op.ID)
		return err
	})
	for _, e := range list {
		if err == nil && e.State != Undone {
			_, err = u.one(ctx, e.ID, w)
		}
	}
	return err
}

// begin starts the undo of an operation, or takes over one that was interrupted.
func (u *undoer) begin(ctx context.Context, id ids.ID, above *work) (*work, error) {
	w := &work{undoer: u, owner: rand.Text(), tree: map[ids.ID]bool{}}
	var cause ids.ID
	if above != nil {
		cause = above.undo
		maps.Copy(w.tree, above.tree)
		w.tree[above.op.ID], w.tree[above.undo] = true, true
	}
	err := u.d.Read(ctx, u.who, func(tx *db.Tx) (err error) {
		if w.op, err = Get(ctx, tx, id); err != nil {
			return err
		}
		n, err := db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM operation WHERE cause = $1 AND state = 'running'`, id)
		if err != nil {
			return err
		}
		if n > 0 {
			return errs.New(errs.Conflict, "operation.running")
		}
		return w.measure(ctx, tx)
	})
	if err != nil {
		return nil, err
	}
	if w.op.State == Undoing {
		return w, w.takeOver(ctx)
	}
	if err := CanUndo(w.op, u.d.Now()); err != nil {
		if above == nil || w.op.State == Running {
			return nil, err
		}
	}
	o := db.Op{Who: u.who, Why: WhyUndo, Subject: w.op.Subject, Cause: cause, Long: true}
	err = u.d.Write(ctx, o, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE operation SET state = 'undoing' WHERE id = $1 AND state = 'done'`, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.New(errs.Conflict, "operation.undoing")
		}
		w.undo = tx.Op
		if _, err := tx.Exec(ctx, `UPDATE operation SET undo_of = $2 WHERE id = $1`, tx.Op, id); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO journal_undo (undo, op, place, total, owner, beat)
			VALUES ($1, $2, '{}', $3, $4, $5)`, tx.Op, id, w.total, w.owner, db.Millis(tx.Now))
		return err
	})
	return w, err
}

// takeOver makes w the owner of an interrupted undo.
func (w *work) takeOver(ctx context.Context) error {
	return w.d.Write(ctx, db.Op{Who: w.who}, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `
			UPDATE journal_undo SET owner = $2, beat = $3 WHERE op = $1 AND beat < $4`,
			w.op.ID, w.owner, db.Millis(tx.Now), db.Millis(tx.Now.Add(-Patience)))
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.New(errs.Conflict, "operation.undoing")
		}
		_, err = db.Get(ctx, tx, func(s db.Scanner, _ *int) error { return s.Scan(&w.undo, &w.total) }, `
			SELECT undo, total FROM journal_undo WHERE op = $1`, w.op.ID)
		return err
	})
}

// release lets another take the undo over at once. It is a courtesy: without
// it the other waits until Patience is over.
func (w *work) release(ctx context.Context) {
	_ = w.d.Write(context.WithoutCancel(ctx), db.Op{Who: w.who}, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE journal_undo SET beat = 0 WHERE undo = $1 AND owner = $2`, w.undo, w.owner)
		return err
	})
}

// work is the undo of one operation.
type work struct {
	*undoer
	op    Operation // that is undone
	undo  ids.ID    // the operation that undoes it
	owner string
	total int

	tree    map[ids.ID]bool     // the operations that cause this one, and their undos
	kinds   map[string]int      // how many changes of each kind the operation made
	created map[*table][]ids.ID // records that it created or to which it added rows, the newest first
	single  int                 // how many records to handle in a transaction each, after a conflict
	keep    bool                // whether to keep the next record whatever it is, since undoing it conflicts
}

// measure finds out what the operation did.
func (w *work) measure(ctx context.Context, tx *db.Tx) error {
	w.kinds, w.created, w.total = map[string]int{}, map[*table][]ids.ID{}, 0
	type kindCount struct {
		kind string
		n    int
	}
	kinds, err := db.List(ctx, tx, func(s db.Scanner, k *kindCount) error { return s.Scan(&k.kind, &k.n) }, `
		SELECT kind, COUNT(*) FROM journal_change WHERE op = $1 GROUP BY kind`, w.op.ID)
	if err != nil {
		return err
	}
	for _, k := range kinds {
		w.kinds[k.kind] = k.n
		w.total += k.n
	}
	for _, t := range w.layout.journaled(func(*table) bool { return true }) {
		// All ids at once, 16 bytes each: no index has them in order.
		list, err := db.ListGenerated(ctx, tx, db.One[ids.ID],
			db.Generate(`SELECT `+t.key[0]+` FROM `+t.Name+` WHERE created_op = $1`), w.op.ID)
		if err != nil {
			return err
		}
		w.total += len(list)
		slices.SortFunc(list, func(a, b ids.ID) int { return compare(b, a) })
		w.created[t] = slices.Compact(list)
	}
	return nil
}

// The phases of an undo. Their order matters: rows that the operation added
// to records make room for those that it deleted; these come back before
// columns that refer to them; and the records that it created go when nothing
// of what was restored refers to them any more.
const (
	dropAdded    = iota // rows of child tables that it created
	dropAddedRow        // rows of child tables that it, an undo, put back
	restoreRows         // rows that it deleted
	restoreCols         // columns that it updated
	dropCreated         // records that it created
	dropBack            // records that it, an undo, put back
	tryAgain            // what could not be restored because of something that went later
	finish              // the end of the work
	ended               // and of the books
)

// A place is how far an undo has come.
type place struct {
	Phase int
	Table string `json:",omitempty"` // in dropAdded and dropCreated
	ID    ids.ID `json:",omitzero"`  // there: the last record looked at
	N     int64  `json:",omitempty"` // elsewhere: the last journal row looked at, from the newest down
	Round round  `json:",omitzero"`  // in tryAgain
}

// next goes to the next phase.
func (p *place) next() { *p = place{Phase: p.Phase + 1} }

// run works through the phases before end.
func (w *work) run(ctx context.Context, end int) error {
	for {
		var p place
		var done int
		err := w.d.Write(ctx, db.Op{Who: w.who, Why: WhyUndo, ID: w.undo, Background: true, Lazy: true}, func(tx *db.Tx) (err error) {
			p, done, err = w.slice(ctx, tx, end)
			return err
		})
		if err = w.eased(err); err != nil {
			return err
		}
		if w.progress != nil {
			w.progress(min(done, w.total), w.total)
		}
		if w.gap != nil {
			if err := w.gap(p); err != nil {
				return err
			}
		}
		if p.Phase >= end {
			return nil
		}
	}
}

// errStolen stops an undo that another process has taken over.
var errStolen = errs.New(errs.Conflict, "operation.undoing")

// eased decides what to do after a transaction that ended with err. A foreign
// key or a unique value that was not foreseen must not stop the whole: the
// records are then handled one by one, and the one that conflicts is kept.
func (w *work) eased(err error) error {
	switch {
	case err == nil && w.keep:
		w.keep = false
	case err == nil && w.single > 0:
		w.single--
	case err == nil:
	case errs.KindOf(err) != errs.Conflict || errors.Is(err, errStolen) || w.keep:
		return err
	case w.single > 0:
		w.keep = true
	default:
		w.single = w.batch
	}
	return nil
}

// slice is one transaction of the work. It returns where it ended.
func (w *work) slice(ctx context.Context, tx *db.Tx, end int) (place, int, error) {
	s := &slice{work: w, tx: tx, touched: map[*table]set{}, bumped: map[*table]set{}, ops: map[ids.ID]opState{}}
	if err := s.load(ctx); err != nil {
		return s.place, 0, err
	}
	clock := tx.Slice()
	for s.place.Phase < finish {
		if err := s.step(ctx); err != nil {
			return s.place, 0, err
		}
		if w.single > 0 || w.over(clock) {
			break
		}
	}
	if err := s.refresh(ctx); err != nil {
		return s.place, 0, err
	}
	if err := s.save(ctx); err != nil {
		return s.place, 0, err
	}
	if s.place.Phase == finish && end == ended {
		s.place.next()
		return s.place, s.done, s.end(ctx)
	}
	return s.place, s.done, nil
}

// A set is a set of records of one table.
type set map[ids.ID]bool

// list returns the set in the order of the ids, so that PostgreSQL locks
// rows in the same order everywhere.
func (s set) list() []ids.ID {
	return slices.SortedFunc(maps.Keys(s), compare)
}

func compare(a, b ids.ID) int { return bytes.Compare(a[:], b[:]) }

// A slice is the state of one transaction of an undo.
type slice struct {
	*work
	tx      *db.Tx
	place   place
	done    int
	keptNow int64
	kept    []Kept
	touched map[*table]set // records whose derived data must follow
	bumped  map[*table]set // records that must count as changed
	ops     map[ids.ID]opState
}

// limit is how many records to handle at once.
func (s *slice) limit() int {
	if s.single > 0 {
		return 1
	}
	return s.batch
}

func (s *slice) load(ctx context.Context) error {
	var at string
	_, err := db.Get(ctx, s.tx, func(r db.Scanner, _ *int) error { return r.Scan(&at, &s.done, &s.keptNow) }, `
		UPDATE journal_undo SET beat = $3 WHERE undo = $1 AND owner = $2
		RETURNING place, done, kept`, s.undo, s.owner, db.Millis(s.tx.Now))
	if errs.KindOf(err) == errs.NotFound {
		return errStolen
	}
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(at), &s.place)
}

func (s *slice) save(ctx context.Context) error {
	at, err := json.Marshal(s.place)
	if err != nil {
		return err
	}
	if err := s.flush(ctx); err != nil {
		return err
	}
	_, err = s.tx.Exec(ctx, `UPDATE journal_undo SET place = $2, done = $3, kept = $4 WHERE undo = $1`,
		s.undo, string(at), s.done, s.keptNow)
	return err
}

// flush writes down what is kept.
func (s *slice) flush(ctx context.Context) error {
	list := s.kept
	s.kept = nil
	if len(list) == 0 {
		return nil
	}
	cols := []string{"undo", "n", "tbl", "subject", "col", "reason", "label", "change"}
	return s.tx.Copy(ctx, `journal_kept`, cols, func() ([]any, bool) {
		if len(list) == 0 {
			return nil, false
		}
		k := list[0]
		list = list[1:]
		s.keptNow++
		var change any // NULL if it is not worth another try
		if k.change != 0 {
			change = k.change
		}
		return []any{s.undo, s.keptNow, k.Table, k.Subject, k.Column, k.Reason, k.Label, change}, true
	})
}

// end closes the books. What an undone undo had undone is in force again.
func (s *slice) end(ctx context.Context) error {
	if _, err := s.tx.Exec(ctx, `UPDATE operation SET state = 'undone' WHERE id = $1`, s.op.ID); err != nil {
		return err
	}
	if !s.op.UndoOf.IsZero() {
		if _, err := s.tx.Exec(ctx, `UPDATE operation SET state = 'done' WHERE id = $1 AND state = 'undone'`, s.op.UndoOf); err != nil {
			return err
		}
	}
	if _, err := s.tx.Exec(ctx, `DELETE FROM journal_undo WHERE undo = $1`, s.undo); err != nil {
		return err
	}
	return s.tx.FinishOp(ctx)
}

// step handles one batch of the current phase.
func (s *slice) step(ctx context.Context) error {
	switch s.place.Phase {
	case dropAdded:
		return s.dropAdded(ctx)
	case dropAddedRow:
		return s.changes(ctx, putBack, s.dropRows)
	case restoreRows:
		return s.changes(ctx, deleted, s.putBack)
	case restoreCols:
		return s.changes(ctx, updated, s.restore)
	case dropCreated:
		return s.dropCreated(ctx)
	case dropBack:
		return s.changes(ctx, putBack, s.dropRecords)
	case tryAgain:
		return s.tryAgain(ctx)
	}
	s.place.next()
	return nil
}

// keepRow lists a row, or a column of it, as left alone.
func (s *slice) keepRow(t *table, subject ids.ID, col string, why Reason, r row, change int64) {
	// When a record was last changed is nothing that people would miss.
	if col == "updated_at" {
		return
	}
	s.kept = append(s.kept, Kept{t.Name, subject, col, why, label(r), change})
}

// touch notes that a row of a record was changed: its revision grows, and
// what is derived from it and from what it refers to must follow.
func (s *slice) touch(t *table, subject ids.ID) {
	mark(s.bumped, t.record(), subject)
	mark(s.touched, t.record(), subject)
}

// touchRefs notes that what is derived from the records that r refers to must follow.
func (s *slice) touchRefs(t *table, r row) {
	for col, target := range t.refs {
		if id, ok := r[col].(ids.ID); ok && target.Refresh != nil {
			mark(s.touched, target, id)
		}
	}
}

func mark(m map[*table]set, t *table, id ids.ID) {
	if m[t] == nil {
		m[t] = set{}
	}
	m[t][id] = true
}

// refresh brings up to date what follows from the changes of this transaction.
func (s *slice) refresh(ctx context.Context) error {
	for _, t := range s.layout.tables {
		if list := s.bumped[t].list(); len(list) > 0 && t.hasRev && t.single() {
			_, err := db.ExecInGenerated(ctx, s.tx, list, db.Generate(`UPDATE `+t.Name+` SET rev = rev + 1 WHERE id IN ($list)`))
			if err != nil {
				return err
			}
		}
	}
	for _, t := range s.layout.tables {
		if list := s.touched[t].list(); len(list) > 0 && t.Refresh != nil {
			if err := t.Refresh(ctx, s.tx, list); err != nil {
				return fmt.Errorf("refresh %s: %w", t.Name, err)
			}
		}
	}
	return nil
}
