package bulkweb

import (
	"context"
	"net/http"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/list/listweb"
	"github.com/akrab-crm/akrab/internal/ui"
)

// askPage is the data of the page that asks before many are deleted.
type askPage struct {
	*ui.View
	*Words
	At     string
	List   string // address of the list
	N      int
	Hidden [][2]string
	Back   string
}

func newAsk(r *ui.Req, words *Words, path, at string, sel listweb.Selection, n int) *askPage {
	page := &askPage{View: r.View, Words: words, At: at, List: path, N: n, Back: r.BackTo(path)}
	add := func(name, value string) { page.Hidden = append(page.Hidden, [2]string{name, value}) }
	add("back", page.Back)
	if sel.All {
		add("all", "1")
		add("query", r.Form.Get("query"))
	}
	for _, id := range sel.IDs {
		add("id", id.String())
	}
	return page
}

// progressPage is the data of the page that shows how far a large change is.
type progressPage struct {
	*ui.View
	*Words
	At          string
	List        string // address of the list
	Op          ids.ID
	Done, Total int64
	Rest        int // kept
	Busy        bool
	Failed      bool
	Result      string // message key
	job         ids.ID
}

// Progress shows how far a large change is to whoever asked for it.
func (b *Bulk[T, C]) Progress(w http.ResponseWriter, r *ui.Req) error {
	page, err := b.newProgress(r)
	if err != nil {
		return err
	}
	err = b.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error { return page.load(r.Context(), tx) })
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, page.page())
}

// Retry lets a large change go on that was given up.
func (b *Bulk[T, C]) Retry(w http.ResponseWriter, r *ui.Req) error {
	page, err := b.newProgress(r)
	if err != nil {
		return err
	}
	err = b.DB.Write(r.Context(), db.Op{}, func(tx *db.Tx) error {
		if err := page.load(r.Context(), tx); err != nil {
			return err
		}
		return jobs.Retry(r.Context(), tx, page.job)
	})
	if err != nil {
		return err
	}
	return ui.Redirect(w, r, href(b.Path, page.Op))
}

func (b *Bulk[T, C]) newProgress(r *ui.Req) (*progressPage, error) {
	op, err := r.ID("op")
	return &progressPage{View: r.View, Words: &b.Words, At: b.At, List: b.Path, Op: op}, err
}

func (p *progressPage) load(ctx context.Context, tx *db.Tx) error {
	op, err := journal.Get(ctx, tx, p.Op)
	if err != nil {
		return err
	}
	name, _ := op.Args["job"].(string)
	if p.job, err = ids.Parse(name); err != nil || op.Actor != p.Who.User {
		return errs.New(errs.NotFound, "error.not_found")
	}
	p.Done, p.Total, p.Rest = int64(number(op.Args["n"])), int64(number(op.Args["total"])), number(op.Args["kept"])
	p.Result = p.done(op.Why)
	if op.State != journal.Running {
		return nil
	}
	p.Busy = true
	s, err := jobs.Get(ctx, tx, p.job)
	switch {
	case errs.KindOf(err) == errs.NotFound:
		p.Busy, p.Failed = false, true
	case err != nil:
		return err
	case s.State == jobs.Failed || s.State == jobs.Cancelled:
		p.Busy, p.Failed = false, true
	case s.Done > p.Done:
		p.Done = s.Done // those that were so already count as well
	}
	return nil
}
