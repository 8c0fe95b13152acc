package journal

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
)

// In the cases below people have ids 1–9, firms 11–19, visits 21–29.
var undoCases = []struct {
	name   string
	before []act // Siti's operation that makes the world
	op     []act // Siti's operation that is undone
	after  []act // what Budi does in between
	want   []act // Budi's operation instead of op, after and undo; nil if all is as before
	kept   string
}{
	{
		name:   "an update",
		before: []act{addPerson(id(1), "Ana")},
		op:     []act{rename(id(1), "Ani"), setCity(id(1), "Solo"), setScore(id(1), 1<<60, true, nil)},
	}, {
		name:   "an update, another column changed since",
		before: []act{addPerson(id(1), "Ana")},
		op:     []act{rename(id(1), "Ani")},
		after:  []act{setCity(id(1), "Solo")},
		want:   []act{setCity(id(1), "Solo")},
	}, {
		name:   "an update, one column changed since",
		before: []act{addPerson(id(1), "Ana")},
		op:     []act{rename(id(1), "Ani"), setCity(id(1), "Solo")},
		after:  []act{rename(id(1), "Anita")},
		want:   []act{rename(id(1), "Anita")},
		kept:   "person Anita name changed_since",
	}, {
		name:   "several updates, changed back to a middle one since",
		before: []act{addPerson(id(1), "Ana")},
		op:     []act{rename(id(1), "Ani"), rename(id(1), "Anu")},
		after:  []act{rename(id(1), "Ani")},
		want:   []act{rename(id(1), "Ani")},
		kept:   "person Ani name changed_since",
	}, {
		name:   "an update of something deleted since",
		before: []act{addPerson(id(1), "Ana")},
		op:     []act{rename(id(1), "Ani")},
		after:  []act{dropPerson(id(1), false)},
		want:   []act{dropPerson(id(1), false)},
		kept:   "person Ana gone",
	}, {
		name: "a creation",
		op:   []act{addPerson(id(1), "Ana"), addMail(id(1), "a@x.id"), addTag(id(1), "vip"), addVisit(id(21), id(1), "hello")},
	}, {
		name: "a creation, changed by itself",
		op:   []act{addPerson(id(1), "Ana"), addMail(id(1), "a@x.id"), rename(id(1), "Ani"), setMail(id(1), 1, "b@x.id"), dropMail(id(1), 1)},
	}, {
		name:  "a creation, changed since",
		op:    []act{addPerson(id(1), "Ana"), addPerson(id(2), "Eko")},
		after: []act{setCity(id(1), "Solo")},
		want:  []act{addPerson(id(1), "Ana"), setCity(id(1), "Solo")},
		kept:  "person Ana changed_since",
	}, {
		name:  "a creation, with a row added since",
		op:    []act{addPerson(id(1), "Ana"), addPerson(id(2), "Eko")},
		after: []act{addMail(id(1), "x@x.id")},
		want:  []act{addPerson(id(1), "Ana"), addMail(id(1), "x@x.id")},
		kept:  "person Ana changed_since",
	}, {
		name:  "a creation, used since",
		op:    []act{addFirm(id(11), "A"), addPerson(id(1), "Ana"), setFirm(id(1), id(11)), addPerson(id(2), "Eko")},
		after: []act{addVisit(id(21), id(1), "hello")},
		want:  []act{addFirm(id(11), "A"), addPerson(id(1), "Ana"), setFirm(id(1), id(11)), addVisit(id(21), id(1), "hello")},
		kept:  `firm PT "Maju" 🚀 in_use; person Ana in_use`,
	}, {
		name: "creations that refer to one another in a circle",
		op: []act{addPerson(id(1), "Ana"), addFirm(id(11), "A"), setFirm(id(1), id(11)), setOwner(id(11), id(1)),
			addPerson(id(2), "Eko"), setBoss(id(1), id(2)), setBoss(id(2), id(1))},
	}, {
		name:   "a creation that others' records refer to by the operation itself",
		before: []act{addPerson(id(1), "Ana")},
		op:     []act{addFirm(id(11), "A"), setFirm(id(1), id(11))},
	}, {
		name:   "a creation used by a guest list since",
		before: []act{addPerson(id(2), "Eko"), addVisit(id(21), id(2), "party")},
		op:     []act{addPerson(id(1), "Ana")},
		after:  []act{addGuest(id(21), id(1))},
		want:   []act{addPerson(id(1), "Ana"), addGuest(id(21), id(1))},
		kept:   "person Ana in_use",
	}, {
		name:   "a row added",
		before: []act{addPerson(id(1), "Ana"), addMail(id(1), "a@x.id")},
		op:     []act{addMail(id(1), "b@x.id"), addTag(id(1), "vip")},
	}, {
		name:   "a row added and changed since",
		before: []act{addPerson(id(1), "Ana"), addMail(id(1), "a@x.id")},
		op:     []act{addMail(id(1), "b@x.id"), addTag(id(1), "vip")},
		after:  []act{setMail(id(1), 2, "c@x.id")},
		want:   []act{addMail(id(1), "c@x.id")},
		kept:   "person_mail c@x.id changed_since",
	}, {
		name:   "rows replaced",
		before: []act{addPerson(id(1), "Ana"), addMail(id(1), "a@x.id"), addMail(id(1), "b@x.id")},
		op:     []act{dropMail(id(1), 1), dropMail(id(1), 2), addMail(id(1), "c@x.id"), setMail(id(1), 1, "d@x.id")},
	}, {
		name:   "a row deleted whose number was given away since",
		before: []act{addPerson(id(1), "Ana"), addMail(id(1), "a@x.id"), addMail(id(1), "b@x.id")},
		op:     []act{dropMail(id(1), 2)},
		after:  []act{addMail(id(1), "c@x.id")},
		want:   []act{dropMail(id(1), 2), addMail(id(1), "c@x.id"), addMail(id(1), "b@x.id")},
	}, {
		name:   "a row updated, then replaced by a like one since",
		before: []act{addPerson(id(1), "Ana"), addMail(id(1), "a@x.id")},
		op:     []act{setMail(id(1), 1, "b@x.id")},
		after:  []act{dropMail(id(1), 1), addMail(id(1), "b@x.id")},
		want:   []act{dropMail(id(1), 1), addMail(id(1), "b@x.id")},
		kept:   "person_mail b@x.id changed_since",
	}, {
		name:   "a tag removed and given again since",
		before: []act{addPerson(id(1), "Ana"), addTag(id(1), "vip"), addTag(id(1), "new")},
		op:     []act{dropTag(id(1), "vip"), dropTag(id(1), "new")},
		after:  []act{addTag(id(1), "vip")},
	}, {
		name: "a deletion",
		before: []act{addFirm(id(11), "A"), addPerson(id(1), "Ana"), addMail(id(1), "a@x.id"), addTag(id(1), "vip"), setFirm(id(1), id(11)),
			addVisit(id(21), id(1), "hello"), addGuest(id(21), id(1)), addPerson(id(2), "Eko"), setBoss(id(2), id(1)), setOwner(id(11), id(1))},
		op: []act{rename(id(1), "Ani"), dropPerson(id(1), false)},
	}, {
		name: "a deletion, parents first",
		before: []act{addPerson(id(1), "Ana"), addMail(id(1), "a@x.id"), addTag(id(1), "vip"),
			addVisit(id(21), id(1), "hello"), addGuest(id(21), id(1))},
		op: []act{dropPerson(id(1), true)},
	}, {
		name:   "deletions of records that referred to one another",
		before: []act{addPerson(id(1), "Ana"), addPerson(id(2), "Eko"), setBoss(id(1), id(2)), setBoss(id(2), id(1))},
		op:     []act{dropPerson(id(1), true), dropPerson(id(2), true)},
	}, {
		name:   "a deletion of something that referred to something gone since",
		before: []act{addFirm(id(11), "A"), addPerson(id(1), "Ana"), setFirm(id(1), id(11))},
		op:     []act{dropPerson(id(1), false)},
		after:  []act{dropFirm(id(11))},
		want:   []act{dropFirm(id(11))},
		kept:   "person Ana firm_id gone",
	}, {
		name:   "a deletion of a row of something gone since",
		before: []act{addPerson(id(1), "Ana"), addMail(id(1), "a@x.id")},
		op:     []act{dropMail(id(1), 1)},
		after:  []act{dropPerson(id(1), false)},
		want:   []act{dropPerson(id(1), false)},
		kept:   "person_mail a@x.id gone",
	}, {
		name:   "a deletion whose unique value was taken since",
		before: []act{addFirm(id(11), "A"), addPerson(id(1), "Ana"), setFirm(id(1), id(11))},
		op:     []act{dropFirm(id(11))},
		after:  []act{addFirm(id(12), "A")},
		want:   []act{dropFirm(id(11)), addFirm(id(12), "A")},
		kept:   `firm PT "Maju" 🚀 taken; person Ana firm_id gone`,
	}, {
		name:   "an update whose unique value was taken since",
		before: []act{addFirm(id(11), "A"), setOwner(id(11), id(1))},
		op:     []act{setCode(id(11), "B"), addPerson(id(1), "Ana"), setOwner(id(11), id(1))},
		after:  []act{addFirm(id(12), "A")},
		want:   []act{setCode(id(11), "B"), addFirm(id(12), "A")},
		kept:   `firm PT "Maju" 🚀 code taken`,
	}, {
		name:   "a unique value handed to a creation",
		before: []act{addFirm(id(11), "A")},
		op:     []act{setCode(id(11), "B"), addFirm(id(12), "A")},
	}, {
		name:   "a deleted record's unique value handed to a creation",
		before: []act{addFirm(id(11), "A"), addPerson(id(1), "Ana"), setFirm(id(1), id(11))},
		op:     []act{dropFirm(id(11)), addFirm(id(12), "A"), setFirm(id(1), id(12))},
	}, {
		name:   "unique values swapped",
		before: []act{addFirm(id(11), "A"), addFirm(id(12), "B")},
		op:     []act{setCode(id(11), "tmp"), setCode(id(12), "A"), setCode(id(11), "B")},
	}, {
		name:   "created and deleted by the same operation",
		before: []act{addPerson(id(2), "Eko")},
		op:     []act{addPerson(id(1), "Ana"), addMail(id(1), "a@x.id"), addMail(id(2), "e@x.id"), dropMail(id(2), 1), dropPerson(id(1), false)},
	}, {
		name: "a merge, and the survivor edited since",
		before: []act{addPerson(id(1), "Ana"), addMail(id(1), "a@x.id"), addPerson(id(2), "Anna"), addMail(id(2), "aa@x.id"),
			addVisit(id(21), id(2), "hello"), addPerson(id(3), "Eko"), setBoss(id(3), id(2))},
		op:    []act{moveVisits(id(2), id(1)), addMail(id(1), "aa@x.id"), setBoss(id(3), id(1)), setCity(id(1), "Solo"), dropPerson(id(2), false)},
		after: []act{rename(id(1), "Ana Maria"), addVisit(id(22), id(1), "again")},
		want:  []act{rename(id(1), "Ana Maria"), addVisit(id(22), id(1), "again")},
	},
}

func TestUndo(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		for _, tt := range undoCases {
			t.Run(tt.name, func(t *testing.T) {
				reset(t, d)
				do(t, d, siti, tt.before...)
				op := do(t, d, siti, tt.op...)
				do(t, d, budi, tt.after...)
				o := undo(t, d, siti, op)
				if got := kept(o); got != tt.kept {
					t.Errorf("kept %q, want %q", got, tt.kept)
				}
				if o.State != Done || o.UndoOf != op || o.Why != WhyUndo || o.ActorName != "Siti" {
					t.Errorf("the undo is %+v", o)
				}
				got := dump(t, d)
				reset(t, d)
				do(t, d, siti, tt.before...)
				do(t, d, siti, tt.want...)
				if lines := diffBut("updated_at", dump(t, d), got); len(lines) > 0 {
					t.Errorf("after the undo, other than wanted:\n%s", join(lines))
				}
			})
		}
	})
}

// Undoing the undo brings back what the operation did, and undoing the
// operation again takes it away again.
func TestUndoOfUndo(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		for _, tt := range undoCases {
			if tt.after != nil {
				continue
			}
			t.Run(tt.name, func(t *testing.T) {
				reset(t, d)
				do(t, d, siti, tt.before...)
				before := dump(t, d)
				op := do(t, d, siti, tt.op...)
				done := dump(t, d)
				first := undo(t, d, siti, op)
				for range 2 {
					redo := undo(t, d, budi, first.ID)
					if lines := diff(done, dump(t, d)); len(lines) > 0 || len(redo.Kept) > 0 {
						t.Fatalf("after undoing the undo, kept %s, other than done:\n%s", kept(redo), join(lines))
					}
					first = undo(t, d, siti, op)
					if lines := diff(before, dump(t, d)); len(lines) > 0 || len(first.Kept) > 0 {
						t.Fatalf("after undoing again, kept %s, other than before:\n%s", kept(first), join(lines))
					}
				}
			})
		}
	})
}

// What has been undone itself does not stand in the way.
func TestUndoneChangesDoNotCount(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		op := do(t, d, siti, addPerson(id(1), "Ana"), addMail(id(1), "a@x.id"))
		edit := do(t, d, budi, rename(id(1), "Ani"), dropMail(id(1), 1), addMail(id(1), "b@x.id"), addVisit(id(21), id(1), "hello"))
		undo(t, d, budi, edit)
		if o := undo(t, d, siti, op); len(o.Kept) > 0 {
			t.Errorf("kept %s", kept(o))
		}
		if left := dump(t, d); len(left) > 0 {
			t.Errorf("left %v", left)
		}
	})
}

func TestEffectsAreUndoneFirst(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		do(t, d, siti, addPerson(id(2), "Eko"))
		before := dump(t, d)
		op := do(t, d, siti, addPerson(id(1), "Ana"))
		effect := because(t, d, db.Who{}, op, setCity(id(1), "Solo"), setCity(id(2), "Solo"))
		because(t, d, db.Who{}, effect, setScore(id(2), 9, true, nil))
		because(t, d, db.Who{}, op, rename(id(1), "Ani"))
		done := dump(t, d)
		o := undo(t, d, siti, op)
		if lines := diff(before, dump(t, d)); len(lines) > 0 || len(o.Kept) > 0 {
			t.Errorf("kept %s, other than before:\n%s", kept(o), join(lines))
		}
		o = undo(t, d, siti, o.ID)
		if lines := diff(done, dump(t, d)); len(lines) > 0 || len(o.Kept) > 0 {
			t.Errorf("redone: kept %s, other than done:\n%s", kept(o), join(lines))
		}
	})
}

func TestUndoRefuses(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		refused := func(id ids.ID, key string) {
			t.Helper()
			_, err := Undo(ctx, d, siti, id, nil)
			if e, ok := errors.AsType[*errs.Error](err); !ok || e.Key != key {
				t.Errorf("Undo: %v, want %s", err, key)
			}
		}
		refused(id(99), "error.not_found")

		op := do(t, d, siti, addPerson(id(1), "Ana"))
		undo(t, d, siti, op)
		refused(op, "operation.undone")

		var long ids.ID
		err := d.Write(ctx, db.Op{Who: siti, Why: "shop.test", Long: true}, func(tx *db.Tx) error { long = tx.Op; return nil })
		if err != nil {
			t.Fatal(err)
		}
		refused(long, "operation.running")

		var final ids.ID
		err = d.Write(ctx, db.Op{Who: siti, Why: "shop.test", Args: map[string]any{Final: true}}, func(tx *db.Tx) error {
			final = tx.Op
			return addPerson(id(3), "Edi")(ctx, tx)
		})
		if err != nil {
			t.Fatal(err)
		}
		refused(final, "operation.final")

		old := do(t, d, siti, addPerson(id(2), "Eko"))
		d.Now = func() time.Time { return dbtest.Now.Add(Window + time.Minute) }
		refused(old, "operation.too_old")
		d.Now = func() time.Time { return dbtest.Now.Add(Window - time.Minute) }
		undo(t, d, siti, old)
	})
}

func TestRevisionsOnlyGrow(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		tick(d)
		rev := func() (n int64) {
			err := d.Read(t.Context(), db.Who{}, func(tx *db.Tx) (err error) {
				n, err = db.Get(t.Context(), tx, db.One[int64], `SELECT rev FROM person`)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		do(t, d, siti, addPerson(id(1), "Ana"), addMail(id(1), "a@x.id"))
		last := rev()
		for _, a := range []act{rename(id(1), "Ani"), setMail(id(1), 1, "b@x.id"), addMail(id(1), "c@x.id"), dropMail(id(1), 1), dropPerson(id(1), false)} {
			op := do(t, d, siti, a)
			undo(t, d, siti, op)
			if n := rev(); n <= last {
				t.Errorf("revision %d after %d", n, last)
			} else {
				last = n
			}
		}
	})
}

var errKilled = errors.New("killed")

// An undo that stops after any of its transactions, at any moment, and is
// then called again, ends as if it had not stopped.
func TestUndoGoesOnWhereItWas(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		tick(d)
		for _, tt := range undoCases {
			t.Run(tt.name, func(t *testing.T) {
				reset(t, d)
				do(t, d, siti, tt.before...)
				op := do(t, d, siti, tt.op...)
				do(t, d, budi, tt.after...)
				slices := 0
				for {
					u := undoer{d: d, who: siti, batch: 1, over: func(*db.Slicer) bool { return true }}
					u.gap = func(place) error { slices++; return errKilled }
					o, err := u.undo(t.Context(), op)
					if err == nil {
						if got := kept(o); got != tt.kept {
							t.Errorf("kept %q, want %q", got, tt.kept)
						}
						break
					}
					if !errors.Is(err, errKilled) {
						// Its last transaction ended the undo.
						if e, ok := errors.AsType[*errs.Error](err); ok && e.Key == "operation.undone" {
							break
						}
						t.Fatal(err)
					}
				}
				if slices < 7 {
					t.Errorf("only %d transactions", slices)
				}
				check(t, d)
				got := dump(t, d)
				reset(t, d)
				do(t, d, siti, tt.before...)
				do(t, d, siti, tt.want...)
				if lines := diffBut("updated_at", dump(t, d), got); len(lines) > 0 {
					t.Errorf("after the undo, other than wanted:\n%s", join(lines))
				}
			})
		}
	})
}

// A process that was killed cannot say so: another waits a while, then takes over.
func TestUndoIsTakenOver(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		now := dbtest.Now
		d.Now = func() time.Time { return now }
		op := do(t, d, siti, addPerson(id(1), "Ana"), addPerson(id(2), "Eko"))
		var second, third error
		u := undoer{d: d, who: siti, batch: 1, over: func(*db.Slicer) bool { return true }}
		u.gap = func(p place) error {
			if p.Phase != dropCreated || p.Table == "" || second != nil {
				return nil
			}
			_, second = Undo(t.Context(), d, budi, op, nil)
			now = now.Add(Patience + time.Second)
			err := d.Read(t.Context(), db.Who{}, func(tx *db.Tx) error {
				list, err := Unfinished(t.Context(), tx)
				if len(list) != 1 || list[0] != op {
					t.Errorf("Unfinished = %v", list)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
			_, third = Undo(t.Context(), d, budi, op, nil)
			return nil
		}
		_, first := u.undo(t.Context(), op)
		if errs.KindOf(second) != errs.Conflict || third != nil || errs.KindOf(first) != errs.Conflict {
			t.Errorf("while the first works: %v; after a silence: %v; then the first: %v", second, third, first)
		}
		if left := dump(t, d); len(left) > 0 {
			t.Errorf("left %v", left)
		}
		check(t, d)
	})
}

// Bookkeeping that refers to a record goes with it.
func TestBookkeepingGoesAlong(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		op := do(t, d, siti, addPerson(id(1), "Ana"))
		err := d.Write(t.Context(), db.Op{}, func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `INSERT INTO person_seen (person_id, who) VALUES ($1, 'Budi')`, id(1))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if o := undo(t, d, siti, op); len(o.Kept) > 0 {
			t.Errorf("kept %s", kept(o))
		}
	})
}

// reset makes the database empty.
func reset(t rapid.TB, d *db.DB) {
	t.Helper()
	do(t, d, siti, func(ctx context.Context, tx *db.Tx) error {
		for _, table := range []string{"visit_guest", "visit", "person_seen", "person_mail", "person_tag", "person", "firm", "person_index",
			"journal_change", "journal_kept", "journal_undo", "operation"} {
			if _, err := tx.ExecGenerated(ctx, db.Generate(`DELETE FROM `+table)); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `DELETE FROM journal_change`)
		return err
	})
}

func join(lines []string) string {
	s := ""
	for _, l := range slices.Sorted(slices.Values(lines)) {
		s += l + "\n"
	}
	return s
}
