// Package bulkweb makes one change to many rows of a list, as one operation:
// to few of them while their user waits, to many by a job in short
// transactions, with a page that says how far it is.
package bulkweb

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"strconv"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/list/listweb"
	"github.com/akrab-crm/akrab/internal/ui"
)

// Text holds the messages of this package, in text/id.json and text/en.json.
//
//go:embed text/*.json
var Text embed.FS

const (
	atOnce = 500 // rows up to which the change is made while its user waits
	asks   = 50  // rows above which deleting asks first
	step   = 16  // rows that are changed between two looks at the clock
)

// A Change is what is done to all rows alike. It is kept with the job, as JSON.
type Change interface {
	// Deletes reports whether the rows are deleted, which asks first.
	Deletes() bool
}

// A Bulk makes changes to the rows of one list.
type Bulk[T any, C Change] struct {
	DB   *db.DB
	Def  *list.Def[T]
	Path string // of the list, "/customers"; that of the progress is Path + "/bulk"
	At   string // the sidebar's line
	Kind string // of the jobs, "customers_bulk"
	Words

	// Run makes a change to the given rows, which are there and which tx's actor
	// sees. It returns how many it has changed, and how many it has kept
	// otherwise than asked, which is said then. A job that is refused by a
	// Conflict goes on row by row, and counts those that are refused as kept.
	Run func(ctx context.Context, tx *db.Tx, c C, among []ids.ID) (n, kept int, err error)
}

// Words are the message keys of what differs from list to list. All but Title
// and AskText are given {n}. Of a list whose rows are never deleted or kept
// those of that are empty.
type Words struct {
	Title            string // of the list
	Update, Remove   string // the operations
	Changed, Deleted string // what was done
	Kept             string // what was not
	Ask, AskText     string // before many are deleted
	Delete           string // the button that does
}

// errSame rolls back a change that changes nothing.
var errSame = errors.New("nothing changed")

// Do makes a change to the rows that a form of the list has selected.
func (b *Bulk[T, C]) Do(w http.ResponseWriter, r *ui.Req, c C) error {
	sel, err := listweb.Selected(r)
	if err != nil {
		return err
	}
	var n, kept int
	var few []ids.ID
	err = b.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		n, few, err = b.meant(r.Context(), tx, sel)
		return err
	})
	if err != nil {
		return err
	}
	if c.Deletes() && n > asks && r.Form.Get("confirm") != strconv.Itoa(n) {
		return ui.Render(w, r, http.StatusOK, ask(newAsk(r, &b.Words, b.Path, b.At, sel, n)))
	}
	if n > atOnce {
		return b.later(w, r, c, sel, n)
	}
	var op ids.ID
	err = b.DB.Write(r.Context(), db.Op{Who: r.Who, Why: b.why(c)}, func(tx *db.Tx) error {
		op = tx.Op
		var err error
		if n, kept, err = b.run(r.Context(), tx, c, few); err != nil {
			return err
		}
		if n+kept == 0 {
			return errSame
		}
		return tx.SetOp(r.Context(), ids.ID{}, map[string]any{"n": n})
	})
	switch {
	case errors.Is(err, errSame):
		ui.Flash(w, r, ui.Toast{Key: "bulk.same", Tone: "info"})
	case err != nil:
		return err
	case kept > 0:
		ui.Flash(w, r, ui.Toast{Key: b.Kept, N: int64(kept), Undo: op})
	default:
		ui.Flash(w, r, ui.Toast{Key: b.done(b.why(c)), N: int64(n), Undo: op})
	}
	return ui.Redirect(w, r, r.BackTo(b.Path))
}

// why returns the key of the operation's message.
func (b *Bulk[T, C]) why(c C) string {
	if c.Deletes() {
		return b.Remove
	}
	return b.Update
}

// done returns the key of the message that says how many an operation changed.
func (w *Words) done(why string) string {
	if why == w.Remove {
		return w.Deleted
	}
	return w.Changed
}

// meant returns how many rows a selection means, and which if they are few.
func (b *Bulk[T, C]) meant(ctx context.Context, tx *db.Tx, s listweb.Selection) (n int, few []ids.ID, err error) {
	if !s.All {
		few, err = b.Def.Seen(ctx, tx, s.IDs)
		return len(few), few, err
	}
	if few, err = b.Def.IDs(ctx, tx, s.Query, ids.ID{}, atOnce+1); err != nil || len(few) <= atOnce {
		return len(few), few, err
	}
	all, err := b.Def.Count(ctx, tx, s.Query)
	return int(all), nil, err
}

// run makes the change to those of the rows that are there and may be seen.
func (b *Bulk[T, C]) run(ctx context.Context, tx *db.Tx, c C, among []ids.ID) (n, kept int, err error) {
	seen, err := b.Def.Seen(ctx, tx, among)
	if err != nil || len(seen) == 0 {
		return 0, 0, err
	}
	return b.Run(ctx, tx, c, seen)
}

// args are what the job of a large change needs.
type args[C Change] struct {
	Change    C
	Selection listweb.Selection
	Op        ids.ID
	Total     int
}

// later leaves a large change to a job, whose progress a page shows.
func (b *Bulk[T, C]) later(w http.ResponseWriter, r *ui.Req, c C, sel listweb.Selection, n int) error {
	var op ids.ID
	err := b.DB.Write(r.Context(), db.Op{Who: r.Who, Why: b.why(c), Long: true}, func(tx *db.Tx) error {
		op = tx.Op
		a := args[C]{c, sel, op, n}
		if sel.All {
			// Nobody meant what comes while the job is at work.
			now := tx.Now.Format("2006-01-02T15:04:05.000Z07:00")
			a.Selection.Query = sel.Query.With(list.Filter{Column: "created", Op: list.Lte, Values: []string{now}})
		}
		job, err := jobs.Add(r.Context(), tx, b.Kind, a, jobs.Options{Who: r.Who, Unique: b.Kind + "." + op.String()})
		if err != nil {
			return err
		}
		return tx.SetOp(r.Context(), ids.ID{}, map[string]any{"n": 0, "total": n, "job": job.String()})
	})
	if err != nil {
		return err
	}
	return ui.Redirect(w, r, href(b.Path, op))
}

// href is the address of the page that shows how far a large change is.
func href(path string, op ids.ID) string { return path + "/bulk?op=" + op.String() }
