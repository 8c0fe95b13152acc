package listweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/views"
)

// Pages serves what is done with the views of all lists. Where it leads back
// to a list, the address is the form's "back".
type Pages struct {
	DB *db.DB
}

// Routes returns the route table. Everybody keeps views of their own; sharing
// them needs views.PermShare.
func (p *Pages) Routes() []ui.Route {
	return []ui.Route{
		ui.POST("/views", ui.Self, p.create),
		ui.POST("/views/{id}", ui.Self, p.requery),
		ui.GET("/views/{id}/edit", ui.Self, p.edit),
		ui.POST("/views/{id}/edit", ui.Self, p.update),
		ui.POST("/views/{id}/delete", ui.Self, p.remove),
		ui.POST("/views/places", ui.Self, p.places),
	}
}

// viewPage is the data of the form of a saved view.
type viewPage struct {
	*ui.View
	V    views.View
	Back string
	Err  error
}

func (p *viewPage) heading() string {
	if p.V.ID.IsZero() {
		return p.T("listweb.view.save_as")
	}
	return p.T("listweb.view.edit_one", "name", p.V.Title)
}

func (p *viewPage) action() string {
	if p.V.ID.IsZero() {
		return "/views"
	}
	return "/views/" + p.V.ID.String() + "/edit"
}

func (p *viewPage) problem(field string) string {
	if p.Err == nil {
		return ""
	}
	return p.FieldError(p.Err, field)
}

// listPath returns the address of the list, without a query, to which a form
// leads back.
func listPath(r *ui.Req) string {
	path, _, _ := strings.Cut(r.Back("/"), "?")
	return path
}

// sent sets what a form says of a view, and returns a Forbidden error if the
// visitor may not share it like that.
func sent(r *ui.Req, old, v *views.View) error {
	v.Title = r.Text("title")
	if s := views.Shared(r.Form.Get("shared")); s != "" {
		v.Shared = s
	}
	return views.Allowed(r.Who, old, v, r.View.May(ui.Perm(views.PermShare)))
}

func (p *Pages) create(w http.ResponseWriter, r *ui.Req) error {
	v := views.View{List: r.Form.Get("list"), Query: r.Form.Get("query"), Shared: views.Private}
	if err := sent(r, nil, &v); err != nil {
		return err
	}
	err := p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: "view.create"}, func(tx *db.Tx) error {
		if err := views.Create(r.Context(), tx, &v); err != nil {
			return err
		}
		return tx.SetOp(r.Context(), v.ID, map[string]any{"name": v.Title})
	})
	if errs.KindOf(err) == errs.Invalid {
		v.ID = ids.ID{}
		return ui.Render(w, r, http.StatusUnprocessableEntity, (&viewPage{r.View, v, listPath(r), err}).page())
	}
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: "listweb.view.saved", Args: []string{"name", v.Title}})
	return ui.Redirect(w, r, viewHref(r, v.ID))
}

func viewHref(r *ui.Req, id ids.ID) string {
	return listPath(r) + "?view=" + url.QueryEscape(id.String())
}

// change changes a view that the visitor may change, as one operation, and
// says so with a way to take it back.
func (p *Pages) change(w http.ResponseWriter, r *ui.Req, f func(old views.View, v *views.View) error) (views.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return views.View{}, err
	}
	var now views.View
	var op ids.ID
	err = p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: "view.update", Subject: id}, func(tx *db.Tx) (err error) {
		now, err = views.Update(r.Context(), tx, id, func(v *views.View) error {
			old := *v
			if err := f(old, v); err != nil {
				return err
			}
			return views.Allowed(r.Who, &old, v, r.View.May(ui.Perm(views.PermShare)))
		})
		if err != nil {
			return err
		}
		op = tx.Op
		return tx.SetOp(r.Context(), id, map[string]any{"name": now.Title})
	})
	if err == nil {
		ui.Flash(w, r, ui.Toast{Key: "listweb.view.saved", Args: []string{"name", now.Title}, Undo: op})
	}
	return now, err
}

// requery makes what the list shows the view's query.
func (p *Pages) requery(w http.ResponseWriter, r *ui.Req) error {
	v, err := p.change(w, r, func(_ views.View, v *views.View) error {
		v.Query = r.Form.Get("query")
		return nil
	})
	if err != nil {
		return err
	}
	return ui.Redirect(w, r, viewHref(r, v.ID))
}

func (p *Pages) edit(w http.ResponseWriter, r *ui.Req) error {
	page := &viewPage{View: r.View, Back: r.Back("/")}
	if err := p.load(r, page); err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, page.page())
}

func (p *Pages) load(r *ui.Req, page *viewPage) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		page.V, err = views.Get(r.Context(), tx, id)
		return err
	})
	if err != nil {
		return err
	}
	return views.Allowed(r.Who, &page.V, nil, r.View.May(ui.Perm(views.PermShare)))
}

func (p *Pages) update(w http.ResponseWriter, r *ui.Req) error {
	v, err := p.change(w, r, func(old views.View, v *views.View) error { return sent(r, &old, v) })
	if errs.KindOf(err) == errs.Invalid {
		page := &viewPage{View: r.View, Back: r.Back("/"), Err: err}
		if err := p.load(r, page); err != nil {
			return err
		}
		page.V.Title, page.V.Shared = r.Text("title"), views.Shared(r.Form.Get("shared"))
		return ui.Render(w, r, http.StatusUnprocessableEntity, page.page())
	}
	if err != nil {
		return err
	}
	return ui.Redirect(w, r, viewHref(r, v.ID))
}

func (p *Pages) remove(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	var v views.View
	var op ids.ID
	err = p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: "view.delete", Subject: id}, func(tx *db.Tx) (err error) {
		if v, err = views.Get(r.Context(), tx, id); err != nil {
			return err
		}
		if err := views.Allowed(r.Who, &v, nil, r.View.May(ui.Perm(views.PermShare))); err != nil {
			return err
		}
		op = tx.Op
		if err := views.Delete(r.Context(), tx, id); err != nil {
			return err
		}
		return tx.SetOp(r.Context(), id, map[string]any{"name": v.Title})
	})
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: "listweb.view.deleted", Args: []string{"name", v.Title}, Undo: op})
	return ui.Redirect(w, r, listPath(r))
}

// places keeps the views of a list as the form has them, with what its button
// changes. That is each user's own affair and no operation.
func (p *Pages) places(w http.ResponseWriter, r *ui.Req) error {
	list := rearrange(r.Form)
	err := p.DB.Write(r.Context(), db.Op{Who: r.Who}, func(tx *db.Tx) error {
		return arrange(r.Context(), tx, r.Form.Get("list"), list)
	})
	if err != nil {
		return err
	}
	return ui.Redirect(w, r, r.Back("/"))
}

// arrange stores places, of which a user may have as many as there are views.
func arrange(ctx context.Context, tx *db.Tx, list string, places []views.Place) error {
	if list == "" || len(list) > 60 || len(places) > 1000 {
		return errs.New(errs.Invalid, "error.invalid")
	}
	return views.Arrange(ctx, tx, list, places)
}

// rearrange returns the places that a form holds after what its button does:
// up, down, pin, unpin or first, with the view's key behind a colon.
func rearrange(form url.Values) []views.Place {
	var list []views.Place
	for _, key := range form["view"] {
		if len(key) <= 60 {
			list = append(list, views.Place{View: key, Pinned: slices.Contains(form["pinned"], key), First: slices.Contains(form["first"], key)})
		}
	}
	do, key, _ := strings.Cut(form.Get("do"), ":")
	i := slices.IndexFunc(list, func(p views.Place) bool { return p.View == key })
	if i < 0 {
		return list
	}
	switch do {
	case "up":
		if i > 0 {
			list[i-1], list[i] = list[i], list[i-1]
		}
	case "down":
		if i < len(list)-1 {
			list[i+1], list[i] = list[i], list[i+1]
		}
	case "pin", "unpin":
		list[i].Pinned = do == "pin"
	case "first":
		for k := range list {
			list[k].First = k == i
		}
	}
	return list
}
