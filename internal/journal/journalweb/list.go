package journalweb

import (
	"context"
	"net/http"
	"net/url"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/ui"
)

const (
	pageSize  = 30
	mostShown = 10000 // changes are counted no further
)

// listPage is the data of the list of operations.
type listPage struct {
	*ui.View
	Mine   bool
	All    bool // the visitor may see what others did
	Rows   []listRow
	Newest string // address of the first page; empty on it
	Older  string // address of the next page; empty on the last
}

// A listRow is an operation in the list.
type listRow struct {
	journal.Operation
	What string
	Who  string
	Size int
	Undo bool // the visitor may take it back
}

// list shows what was done, the newest first.
func (p *Pages) list(w http.ResponseWriter, r *ui.Req) error {
	page := &listPage{View: r.View, All: seesAll(r.View)}
	page.Mine = !page.All || r.Form.Get("who") == "me"
	after, err := r.MaybeID("after")
	if err != nil {
		return err
	}
	if !after.IsZero() {
		page.Newest = page.href(ids.ID{})
	}
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error { return p.loadList(r.Context(), tx, page, after) })
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, page.page())
}

func (p *Pages) loadList(ctx context.Context, tx *db.Tx, page *listPage, after ids.ID) error {
	var ops []journal.Operation
	var err error
	if page.Mine {
		ops, err = journal.ListOf(ctx, tx, page.Who.User, after, pageSize+1)
	} else {
		ops, err = journal.List(ctx, tx, after, pageSize+1)
	}
	if err != nil {
		return err
	}
	if len(ops) > pageSize {
		ops = ops[:pageSize]
		page.Older = page.href(ops[pageSize-1].ID)
	}
	words, err := p.learn(ctx, tx, page.View, ops)
	if err != nil {
		return err
	}
	for i := range ops {
		op := &ops[i]
		row := listRow{Operation: *op, What: words.what(op), Who: words.actor(op), Undo: canUndo(page.View, tx, op)}
		if row.Size, err = journal.Size(ctx, tx, op.ID, mostShown+1); err != nil {
			return err
		}
		page.Rows = append(page.Rows, row)
	}
	return nil
}

func canUndo(v *ui.View, tx *db.Tx, op *journal.Operation) bool {
	return mayUndo(v, op) && journal.CanUndo(*op, tx.Now) == nil
}

// href returns the list's address, after an operation unless that is zero.
func (p *listPage) href(after ids.ID) string {
	q := url.Values{}
	if p.Mine && p.All {
		q.Set("who", "me")
	}
	if !after.IsZero() {
		q.Set("after", after.String())
	}
	if len(q) == 0 {
		return listPath
	}
	return listPath + "?" + q.Encode()
}

func (p *listPage) columns() []ui.Column {
	return []ui.Column{
		{Label: p.T("operations.what"), Fill: true, Class: "key"},
		{Label: p.T("operations.who"), P: 3},
		{Label: p.T("operations.when")},
		{Label: p.T("operations.changes"), P: 4, Right: true},
		{Label: p.T("operations.state")},
	}
}

// sizeText writes a number of changes that was not counted beyond mostShown.
func sizeText(v *ui.View, n int) string {
	if n > mostShown {
		return v.T("operations.more_than", "n", mostShown)
	}
	return v.Num(int64(n))
}

// stateTones are the tones of the states that are shown: what is done is the
// usual.
var stateTones = map[journal.State]string{journal.Running: "info", journal.Undoing: "info", journal.Undone: ""}
