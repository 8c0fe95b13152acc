package catalogweb

import (
	"errors"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/ui"
)

// cellPage is the data of one cell of the list that is edited where it stands.
type cellPage struct {
	*ui.View
	Key      string // name, family, tier or price
	C        *catalog.Product
	Cover    catalog.Picture
	Families []string
	Edit     string
	Back     string // the list

	sent string // what was typed, if err is not nil
	err  error
}

// cellLabels are the keys of the cells that can be edited, with what they are called.
var cellLabels = map[string]string{"name": "product.name", "family": "product.family", "tier": "product.tier", "price": "product.price"}

func (p *listPage) editable(key string, c *catalog.Product) *cellPage {
	return &cellPage{View: p.View, Key: key, C: c, Cover: p.Covers[c.ID], Families: p.Families, Back: p.Path}
}

func (p *cellPage) id() string    { return p.Key + "-" + p.C.ID.String() }
func (p *cellPage) label() string { return p.T(cellLabels[p.Key]) }

// below returns what stands below the name where there is no room for columns.
func (p *cellPage) below() string { return joinWords(" · ", p.C.Code, p.C.Family) }

// stored returns the value of the cell as its control has it.
func (p *cellPage) stored() string {
	switch p.Key {
	case "name":
		if p.Lang == locale.EN {
			return p.C.NameEN
		}
		return p.C.NameID
	case "family":
		return p.C.Family
	case "tier":
		return p.C.Tier
	}
	return priceInput(p.View, p.C.Price)
}

func (p *cellPage) group() ui.InlineGroup {
	g := ui.InlineGroup{
		ID: p.id(), Label: p.label(), Page: Href(p.C.ID) + "/cell", Action: Href(p.C.ID) + "/cell", Edit: p.Edit,
		Link: p.Key == "name", Locked: !p.May(permWrite),
	}
	if p.Edit == g.ID {
		g.Hidden = map[string]string{"was": p.stored(), "back": p.Back}
		g.Fields = p.control()
	}
	return g
}

func (p *cellPage) control() templ.Component {
	f := ui.Field{
		Name: "value", Label: p.label() + ", " + p.C.Name(p.Lang), Value: p.stored(), Bare: true, Autofocus: true, ID: "edit-" + p.id(), MaxLength: 300,
	}
	if p.err != nil {
		f.Value, f.Error = p.sent, p.cellError()
	}
	switch p.Key {
	case "family":
		f.Options = suggested(p.Families)
	case "price":
		f.InputMode, f.MaxLength = "decimal", 40
	}
	return ui.Input(f)
}

func (p *cellPage) cellError() string {
	var texts []string
	for _, e := range errs.All(p.err) {
		texts = append(texts, p.Printer.Error(e))
	}
	return strings.Join(texts, " ")
}

// newCell returns the cell that a request is about: the one that its form
// edits or that the answer replaces.
func (p *Pages) newCell(r *ui.Req) (*cellPage, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	name := r.Form.Get("edit")
	if name == "" {
		name = r.Target()
	}
	key, _, _ := strings.Cut(name, "-")
	if cellLabels[key] == "" {
		return nil, errs.New(errs.NotFound, "error.not_found")
	}
	page := &cellPage{View: r.View, Key: key, Edit: r.Form.Get("edit"), Back: r.BackTo(listPath)}
	return page, p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error { return page.load(r, tx, id) })
}

func (p *cellPage) load(r *ui.Req, tx *db.Tx, id ids.ID) error {
	c, err := catalog.Get(r.Context(), tx, id)
	if err != nil {
		return err
	}
	p.C, p.Cover = &c, catalog.Picture{}
	if len(c.Pictures) > 0 {
		p.Cover = c.Pictures[0]
	}
	if p.Key == "family" {
		p.Families, err = catalog.Families(r.Context(), tx, mostFamilies)
	}
	return err
}

func (p *Pages) cellForm(w http.ResponseWriter, r *ui.Req) error {
	if r.Form.Get("edit") == "" && !r.Partial() { // the form was left, and no script puts the cell back
		return ui.Redirect(w, r, listPath)
	}
	page, err := p.newCell(r)
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, page.page())
}

// errMeanwhile refuses to write over what somebody else has just changed.
var errMeanwhile = errs.New(errs.Invalid, "products.meanwhile")

// errSame ends an operation that would change nothing.
var errSame = errors.New("nothing changed")

// cellSave stores one cell.
func (p *Pages) cellSave(w http.ResponseWriter, r *ui.Req) error {
	page, err := p.newCell(r)
	if err != nil {
		return err
	}
	value := r.Text("value")
	saved, op, err := p.update(r, page.C.ID, func(c *catalog.Product) error {
		page.C = c
		if page.stored() != r.Form.Get("was") && page.stored() != value {
			return errMeanwhile
		}
		return page.set(c, value)
	})
	if err != nil && err != errSame {
		if errs.KindOf(err) != errs.Invalid {
			return err
		}
		page.err, page.sent = err, value
		if err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error { return page.load(r, tx, page.C.ID) }); err != nil {
			return err
		}
		return ui.Render(w, r, http.StatusUnprocessableEntity, page.page())
	}
	if err == nil {
		ui.Flash(w, r, ui.Toast{Key: "products.saved", Args: []string{"name", saved.Name(r.View.Lang)}, Undo: op})
	}
	if !r.Partial() {
		return ui.Redirect(w, r, page.Back)
	}
	page.Edit = ""
	r.View.Path = page.Back // where the toast's undo leads
	if err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error { return page.load(r, tx, page.C.ID) }); err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, page.page())
}

// set makes the cell's value what was typed.
func (p *cellPage) set(c *catalog.Product, value string) error {
	switch p.Key {
	case "name":
		if value == "" {
			return errs.InvalidField("name.id", "error.required")
		}
		if p.Lang == locale.EN {
			c.NameEN = value
		} else {
			c.NameID = value
		}
	case "family":
		c.Family = value
	case "tier":
		c.Tier = value
	case "price":
		price, err := parsePrice(value, p.Workspace.Decimal, c.Currency)
		if err != nil {
			return err
		}
		c.Price = price
	}
	return nil
}

// update changes a product as an operation of its own, and returns it as stored
// and the operation. Without any change it returns errSame, so that no
// operation remains of it.
func (p *Pages) update(r *ui.Req, id ids.ID, change func(*catalog.Product) error) (catalog.Product, ids.ID, error) {
	return p.updateTx(r, "product.update", id, func(_ *db.Tx, c *catalog.Product) error { return change(c) })
}

// updateTx is update with an own reason, whose change may need the transaction.
func (p *Pages) updateTx(r *ui.Req, why string, id ids.ID, change func(*db.Tx, *catalog.Product) error) (saved catalog.Product, op ids.ID, err error) {
	err = p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: why, Subject: id}, func(tx *db.Tx) error {
		op = tx.Op
		var rev int64
		var err error
		saved, err = catalog.Update(r.Context(), tx, id, 0, func(c *catalog.Product) error {
			rev = c.Rev
			return change(tx, c)
		})
		if err == nil && saved.Rev == rev {
			return errSame
		}
		if err != nil {
			return err
		}
		return tx.SetOp(r.Context(), id, map[string]any{"name": saved.Name(locale.ID)})
	})
	return saved, op, err
}
