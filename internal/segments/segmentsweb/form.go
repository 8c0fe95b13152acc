package segmentsweb

import (
	"context"
	"net/http"
	"net/url"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/list/listweb"
	"github.com/akrab-crm/akrab/internal/segments"
	"github.com/akrab-crm/akrab/internal/ui"
)

// sample is how many customers are shown while a condition is put together.
const sample = 10

// formPage is the data of the form of a segment.
type formPage struct {
	*ui.View
	asker
	Segment segments.Segment
	New     bool
	Stored  bool // somebody else changed it meanwhile
	Err     error
	Builder *listweb.Builder

	// Whom the condition describes, if it can be asked.
	Tried bool
	Count int64
	Some  []customers.Customer
	Wrong []string // why it can't be asked, if it is not only that a value lacks
}

func (p *Pages) newForm(w http.ResponseWriter, r *ui.Req) error {
	page := &formPage{New: true}
	page.Segment.Cond = asked(r.Form)
	return p.showForm(w, r, http.StatusOK, page)
}

// NewHref returns the address of a new segment of those whom a list of
// customers asks for, "" for who may make none.
func NewHref(v *ui.View, q list.Query) string {
	if !v.May(permWrite) {
		return ""
	}
	return pathSegments + "/new?" + list.Query{Filters: q.Filters, Where: q.Where}.Values().Encode()
}

// asked returns the condition of a list's address, so that a list becomes a segment.
func asked(form url.Values) list.Tree {
	q, err := list.Parse(url.Values{"f": form["f"], "where": form["where"]})
	if err != nil {
		return list.Tree{Join: list.All}
	}
	t := list.AllOf(q.Filters)
	if !q.Where.IsZero() {
		t.Parts = append(t.Parts, q.Where)
	}
	return t.Tidy()
}

func (p *Pages) editForm(w http.ResponseWriter, r *ui.Req) error {
	g, err := p.segment(r)
	if err != nil {
		return err
	}
	return p.showForm(w, r, http.StatusOK, &formPage{Segment: g})
}

// segment returns the segment of the address.
func (p *Pages) segment(r *ui.Req) (g segments.Segment, err error) {
	id, err := r.ID("id")
	if err != nil {
		return g, err
	}
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error {
		g, err = segments.Get(r.Context(), tx, id)
		return err
	})
	return g, err
}

// showForm renders the form with whom its condition describes.
func (p *Pages) showForm(w http.ResponseWriter, r *ui.Req, status int, page *formPage) error {
	page.View = r.View
	ask := page.asker.table()
	page.Segment.Cond = ask.Fill(page.Segment.Cond)
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		if page.Segment.Cond, err = ask.Resolve(r.Context(), tx, page.Segment.Cond); err != nil {
			return err
		}
		if page.Builder, err = ask.Builder(r.Context(), tx, r.View, page.Segment.Cond, page.Err); err != nil {
			return err
		}
		page.Builder.Enter(r.Form.Get("do"))
		return page.try(r.Context(), tx)
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, status, page.page())
}

// try counts whom the condition describes, and reads some of them.
func (p *formPage) try(ctx context.Context, tx *db.Tx) error {
	if !segments.Asks(&p.Segment.Cond) {
		return nil
	}
	q := list.Query{Where: p.Segment.Cond, In: p.Workspace, Limit: sample}
	page, err := segments.Customers.Page(ctx, tx, q)
	if errs.KindOf(err) == errs.Invalid {
		p.Wrong = p.asker.table().Mistakes(p.View, p.Segment.Cond, err)
		return nil
	}
	if err != nil {
		return err
	}
	p.Some, p.Tried = page.Rows, true
	p.Count, err = segments.Customers.Count(ctx, tx, q)
	return err
}

// preview renders what the condition in a form describes.
func (p *Pages) preview(w http.ResponseWriter, r *ui.Req) error {
	page := &formPage{View: r.View}
	ask := page.asker.table()
	var err error
	if page.Segment.Cond, _, err = ask.Built(r); err != nil {
		return err
	}
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		if page.Segment.Cond, err = ask.Resolve(r.Context(), tx, page.Segment.Cond); err != nil {
			return err
		}
		if err = page.try(r.Context(), tx); err != nil || !page.Tried {
			return err
		}
		page.Builder = &listweb.Builder{}
		page.Builder.Sentence, err = ask.Words(r.Context(), tx, r.View, page.Segment.Cond, nil)
		return err
	})
	if err != nil {
		return err
	}
	return ui.RenderPart(w, r, http.StatusOK, page.described())
}

// read makes of the page's segment what the form says. It reports whether one
// of the builder's buttons was pressed.
func (p *formPage) read(r *ui.Req) (edited bool, err error) {
	cond, edited, err := p.asker.table().Built(r)
	if err != nil {
		return false, err
	}
	p.Segment.Name, p.Segment.Note, p.Segment.Cond = r.Text("name"), r.Text("note"), cond
	return edited || r.Form.Get("do") != "", nil
}

func (p *Pages) create(w http.ResponseWriter, r *ui.Req) error {
	page := &formPage{New: true}
	edited, err := page.read(r)
	if err != nil {
		return err
	}
	if edited {
		return p.showForm(w, r, http.StatusOK, page)
	}
	var op ids.ID
	g := page.Segment
	err = p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: "segment.create"}, func(tx *db.Tx) error {
		op, g = tx.Op, page.Segment
		var err error
		if g.Cond, err = page.asker.table().Resolve(r.Context(), tx, g.Cond); err != nil {
			return err
		}
		if err := segments.Create(r.Context(), tx, &g); err != nil {
			return err
		}
		return tx.SetOp(r.Context(), g.ID, map[string]any{"name": g.Name})
	})
	return p.saved(w, r, page, op, g.ID, "segments.toast.created", err)
}

func (p *Pages) update(w http.ResponseWriter, r *ui.Req) error {
	g, err := p.segment(r)
	if err != nil {
		return err
	}
	page := &formPage{Segment: g}
	rev := r.Int("rev", -1)
	edited, err := page.read(r)
	if err != nil {
		return err
	}
	if edited {
		page.Segment.Rev = rev
		return p.showForm(w, r, http.StatusOK, page)
	}
	var op ids.ID
	err = p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: "segment.update", Subject: g.ID}, func(tx *db.Tx) error {
		op = tx.Op
		cond, err := page.asker.table().Resolve(r.Context(), tx, page.Segment.Cond)
		if err != nil {
			return err
		}
		now, err := segments.Update(r.Context(), tx, g.ID, rev, func(s *segments.Segment) error {
			s.Name, s.Note, s.Cond = page.Segment.Name, page.Segment.Note, cond
			return nil
		})
		if err != nil {
			return err
		}
		return tx.SetOp(r.Context(), g.ID, map[string]any{"name": now.Name})
	})
	if errs.KindOf(err) == errs.Stale {
		page.Stored = true // sent once more it stands
		return p.showForm(w, r, http.StatusConflict, page)
	}
	return p.saved(w, r, page, op, g.ID, "segments.toast.saved", err)
}

func (p *Pages) saved(w http.ResponseWriter, r *ui.Req, page *formPage, op, id ids.ID, toast string, err error) error {
	if errs.KindOf(err) == errs.Invalid {
		page.Err = err
		return p.showForm(w, r, http.StatusUnprocessableEntity, page)
	}
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: toast, Undo: op})
	return ui.Redirect(w, r, Href(id))
}

func (p *Pages) copy(w http.ResponseWriter, r *ui.Req) error {
	g, err := p.segment(r)
	if err != nil {
		return err
	}
	var op ids.ID
	err = p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: "segment.create"}, func(tx *db.Tx) error {
		op = tx.Op
		now, err := segments.Copy(r.Context(), tx, g.ID, r.View.T("segments.copy.name", "name", g.Name))
		if err != nil {
			return err
		}
		g = now
		return tx.SetOp(r.Context(), g.ID, map[string]any{"name": g.Name})
	})
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: "segments.toast.created", Undo: op})
	return ui.Redirect(w, r, Href(g.ID)+"/edit")
}

func (p *Pages) remove(w http.ResponseWriter, r *ui.Req) error {
	g, err := p.segment(r)
	if err != nil {
		return err
	}
	var op ids.ID
	err = p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: "segment.delete", Subject: g.ID, Args: map[string]any{"name": g.Name}}, func(tx *db.Tx) error {
		op = tx.Op
		return segments.Delete(r.Context(), tx, g.ID)
	})
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: "segments.toast.deleted", Undo: op})
	return ui.Redirect(w, r, pathSegments)
}

// action is where the form posts.
func (p *formPage) action() string {
	if p.New {
		return pathSegments
	}
	return Href(p.Segment.ID) + "/edit"
}

func (p *formPage) title() string {
	if p.New {
		return p.T("segments.new")
	}
	return p.Segment.Name
}

func (p *formPage) back() string {
	if p.New {
		return pathSegments
	}
	return Href(p.Segment.ID)
}
