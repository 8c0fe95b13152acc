package journalweb

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/ui"
)

// undoKind is the kind of jobs that undo an operation for which nobody waits.
const undoKind = "operation.undo"

// undoArgs are what such a job needs.
type undoArgs struct{ Op ids.ID }

// Register lets r go on with undos that take longer than visitors wait.
func Register(r *jobs.Runner, d *db.DB) {
	jobs.Handle(r, undoKind, func(ctx context.Context, j *jobs.Job, a undoArgs) error {
		for {
			_, err := journal.Undo(ctx, d, j.Who, a.Op, func(done, total int) {
				_ = j.Progress(ctx, int64(done), int64(total)) // only for show
			})
			switch {
			case isConflict(err, "operation.undone"):
				return nil
			case !isConflict(err, "operation.undoing"):
				return err
			}
			// Another process is at it. If it dies this one takes over.
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Second):
			}
		}
	})
}

func isConflict(err error, key string) bool {
	e, ok := errors.AsType[*errs.Error](err)
	return ok && e.Kind == errs.Conflict && e.Key == key
}

// undo takes an operation back.
func (p *Pages) undo(w http.ResponseWriter, r *ui.Req) error {
	op, err := p.undoable(r)
	if errs.KindOf(err) == errs.NotFound { // what changed nothing left no operation
		ui.Flash(w, r, ui.Toast{Key: "operations.toast.nothing", Tone: "info"})
		return ui.Redirect(w, r, r.Back(listPath))
	}
	if err != nil {
		return err
	}
	if op.State == journal.Undone {
		ui.Flash(w, r, ui.Toast{Key: "operation.undone", Tone: "info"})
		return ui.Redirect(w, r, r.Back(listPath))
	}
	if op.State == journal.Undoing {
		return ui.Redirect(w, r, progressHref(op.ID, ids.ID{}, r.Back(listPath)))
	}
	wait := p.Wait
	if wait == 0 {
		wait = defaultWait
	}
	// What is begun goes on if the visitor leaves.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), wait)
	defer cancel()
	undo, err := journal.Undo(ctx, p.DB, r.Who, op.ID, nil)
	switch {
	case err == nil:
		return p.undone(w, r, &op, &undo)
	case isConflict(err, "operation.undoing"):
		return ui.Redirect(w, r, progressHref(op.ID, ids.ID{}, r.Back(listPath)))
	case ctx.Err() != nil:
		return p.later(w, r, &op)
	}
	return err
}

// undoable returns the operation that a request wants to undo.
func (p *Pages) undoable(r *ui.Req) (op journal.Operation, err error) {
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error {
		op, err = p.get(r.Context(), tx, r)
		return err
	})
	if err == nil && !mayUndo(r.View, &op) {
		err = errs.New(errs.Forbidden, "error.forbidden")
	}
	return op, err
}

// later leaves the rest of an undo to a job.
func (p *Pages) later(w http.ResponseWriter, r *ui.Req, op *journal.Operation) error {
	var job ids.ID
	err := p.DB.Write(r.Context(), db.Op{Who: r.Who}, func(tx *db.Tx) (err error) {
		job, err = jobs.Add(r.Context(), tx, undoKind, undoArgs{op.ID}, jobs.Options{Who: r.Who, Unique: undoKind + "/" + op.ID.String()})
		return err
	})
	if err != nil {
		return err
	}
	return ui.Redirect(w, r, progressHref(op.ID, job, r.Back(listPath)))
}

func progressHref(op, job ids.ID, back string) string {
	q := url.Values{"back": {back}}
	if !job.IsZero() {
		q.Set("job", job.String())
	}
	return href(op) + "/undo?" + q.Encode()
}

// undone says what was undone and what was kept.
func (p *Pages) undone(w http.ResponseWriter, r *ui.Req, op, undo *journal.Operation) error {
	back := r.Back(listPath)
	t := ui.Toast{Key: "operations.toast.undone", Undo: undo.ID}
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error {
		words, err := p.learn(r.Context(), tx, r.View, []journal.Operation{*op})
		if err != nil {
			return err
		}
		first, times := words.first(op)
		if times%2 == 1 {
			t.Key = "operations.toast.redone"
		}
		t.Args = []string{"what", short(words.plain(&first), 200)}
		back, err = landing(r.Context(), tx, op.Subject, undo.ID, back)
		return err
	})
	if err != nil {
		return err
	}
	if undo.KeptCount > 0 {
		t.Key = keptToast[t.Key]
		t.N, t.Tone, t.Href = undo.KeptCount, "warn", href(undo.ID)
	}
	ui.Flash(w, r, t)
	return ui.Redirect(w, r, back)
}

// keptToast is what is said instead of a toast if something had to be kept.
var keptToast = map[string]string{
	"operations.toast.undone": "operations.toast.undone_kept",
	"operations.toast.redone": "operations.toast.redone_kept",
}

// landing returns where to go after an undo: back, unless that is a page of
// the record that the undo deleted. Then it is the list that it was in.
func landing(ctx context.Context, tx *db.Tx, record, undo ids.ID, back string) (string, error) {
	before, _, found := strings.Cut(back, "/"+record.String())
	if record.IsZero() || !found {
		return back, nil
	}
	gone, err := deleted(ctx, tx, record, undo)
	switch {
	case !gone:
		return back, err
	case before == "":
		return "/", err
	}
	return before, err
}

// deleted reports whether the last thing that happened to a record is that an
// operation deleted it.
func deleted(ctx context.Context, tx *db.Tx, record, op ids.ID) (bool, error) {
	list, _, err := journal.History(ctx, tx, record, 0, 50)
	return slices.ContainsFunc(list, func(c journal.Change) bool {
		t := tx.DB().Table(c.Table)
		return c.Kind == journal.Removed && c.Op == op && t != nil && t.Parent == ""
	}), err
}

// short cuts a text to at most that many runes.
func short(s string, most int) string {
	n := 0
	for i := range s {
		if n == most {
			return s[:i] + "…"
		}
		n++
	}
	return s
}

// progressPage is the data of the page that shows how far an undo is.
type progressPage struct {
	*ui.View
	Op          journal.Operation
	What        string
	Href        string // of this page
	Back        string
	Busy        bool
	Failed      bool
	Done, Total int64
	Undo        journal.Operation // once it is done
}

// progress shows how far an undo is, and what came of it.
func (p *Pages) progress(w http.ResponseWriter, r *ui.Req) error {
	page := &progressPage{View: r.View, Href: r.URL.RequestURI(), Back: r.Back(listPath)}
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error { return p.loadProgress(r, tx, page) })
	if err != nil {
		return err
	}
	if !page.Busy && !page.Failed && page.Op.State != journal.Undone {
		return ui.Redirect(w, r, href(page.Op.ID))
	}
	return ui.Render(w, r, http.StatusOK, page.page())
}

func (p *Pages) loadProgress(r *ui.Req, tx *db.Tx, page *progressPage) error {
	ctx := r.Context()
	var err error
	if page.Op, err = p.get(ctx, tx, r); err != nil {
		return err
	}
	words, err := p.learn(ctx, tx, r.View, []journal.Operation{page.Op})
	if err != nil {
		return err
	}
	page.What = words.what(&page.Op)
	if err := page.loadJob(r, tx); err != nil {
		return err
	}
	switch page.Op.State {
	case journal.Undoing:
		page.Busy = !page.Failed
	case journal.Undone:
		page.Busy, page.Failed = false, false
	}
	if page.Op.State != journal.Undone {
		return nil
	}
	if page.Undo, err = journal.UndoOf(ctx, tx, page.Op.ID); err != nil {
		return err
	}
	if page.Undo, err = journal.Get(ctx, tx, page.Undo.ID); err != nil {
		return err
	}
	page.Back, err = landing(ctx, tx, page.Op.Subject, page.Undo.ID, page.Back)
	return err
}

// loadJob finds out how the job that the address names is doing. An address
// may name none: then another process is at work, and how far it is is not known.
func (p *progressPage) loadJob(r *ui.Req, tx *db.Tx) error {
	id, err := r.MaybeID("job")
	if err != nil || id.IsZero() {
		return err
	}
	j, err := jobs.Get(r.Context(), tx, id)
	if errs.KindOf(err) == errs.NotFound || err == nil && j.Kind != undoKind {
		return nil
	}
	p.Busy, p.Failed = j.State == jobs.Ready || j.State == jobs.Running, j.State == jobs.Failed
	p.Done, p.Total = j.Done, j.Total
	return err
}

// tone is that of the note that says what came of the undo.
func (p *progressPage) tone() string {
	if p.Undo.KeptCount > 0 {
		return "warn"
	}
	return "ok"
}
