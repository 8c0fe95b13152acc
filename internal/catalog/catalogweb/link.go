package catalogweb

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/ui"
)

// meantBy returns the ids of products that text may mean: the one whose code it
// ends with, or is, else those that a search finds.
func (p *Pages) meantBy(ctx context.Context, tx *db.Tx, text string, limit int) ([]ids.ID, error) {
	if id, err := catalog.Coded(ctx, tx, text); err != nil || !id.IsZero() {
		return []ids.ID{id}, err
	}
	name, _, _ := strings.Cut(text, catalog.LabelSep)
	hits, err := p.Search.Find(ctx, tx, name, search.Options{Kind: "product", Limit: limit})
	list := make([]ids.ID, len(hits))
	for i, h := range hits {
		list[i] = h.Ref
	}
	return list, err
}

// linkForm is what a form that links a product to another one was refused with.
type linkForm struct {
	kind  catalog.LinkKind
	text  string
	err   error
	picks []other // products to choose from
}

// link links a product to another one.
func (p *Pages) link(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	kind := catalog.LinkKind(r.Form.Get("kind"))
	if kind != catalog.Complement && kind != catalog.Upgrade {
		return errs.InvalidField("kind", "error.choice")
	}
	form := &linkForm{kind: kind, text: r.Text("other")}
	saved, op, err := p.updateTx(r, "product.update", id, func(tx *db.Tx, c *catalog.Product) error {
		other, err := p.chosen(r, tx, id, form)
		if err != nil {
			return err
		}
		c.SetLinked(kind, append(c.Linked(kind), other))
		return nil
	})
	if errs.KindOf(err) == errs.Invalid {
		form.err = err
		return p.show(w, r, http.StatusUnprocessableEntity, id, shown{link: form})
	}
	return p.linked(w, r, id, &saved, op, err)
}

// linked leads back to a product's page after its links were changed.
func (p *Pages) linked(w http.ResponseWriter, r *ui.Req, id ids.ID, saved *catalog.Product, op ids.ID, err error) error {
	if err != nil && err != errSame {
		return err
	}
	if err == nil {
		ui.Flash(w, r, ui.Toast{Key: "products.saved", Args: []string{"name", saved.Name(r.View.Lang)}, Undo: op})
	}
	return ui.Redirect(w, r, Href(id))
}

// chosen returns the product that a form names. If it names several, the form
// gets them to choose from.
func (p *Pages) chosen(r *ui.Req, tx *db.Tx, self ids.ID, form *linkForm) (ids.ID, error) {
	if id, err := r.MaybeID("pick"); err == nil && !id.IsZero() {
		return id, nil
	}
	if form.text == "" {
		return ids.ID{}, errs.InvalidField("other", "products.link.which")
	}
	list, err := p.others(r.Context(), tx, r.View, form.text, 20)
	if err != nil {
		return ids.ID{}, err
	}
	list = slices.DeleteFunc(list, func(o other) bool { return o.ID == self })
	key := fold.Text(form.text)
	same := slices.DeleteFunc(slices.Clone(list), func(o other) bool {
		return o.label() != form.text && o.Code != form.text && fold.Text(o.Name) != key
	})
	switch {
	case len(same) == 1:
		return same[0].ID, nil
	case len(list) == 1:
		return list[0].ID, nil
	case len(list) == 0:
		return ids.ID{}, errs.InvalidField("other", "products.link.none")
	}
	form.picks = list
	if len(same) > 1 {
		form.picks = same
	}
	return ids.ID{}, errs.InvalidField("other", "products.link.choose")
}

// unlink takes a link away.
func (p *Pages) unlink(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	other, err := r.ID("other")
	if err != nil {
		return err
	}
	kind := catalog.LinkKind(r.Form.Get("kind"))
	saved, op, err := p.update(r, id, func(c *catalog.Product) error {
		c.SetLinked(kind, slices.DeleteFunc(c.Linked(kind), func(o ids.ID) bool { return o == other }))
		return nil
	})
	return p.linked(w, r, id, &saved, op, err)
}
