package catalogweb

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/journal/historyweb"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/ui"
)

func (p *Pages) recordRoutes() []ui.Route {
	return []ui.Route{
		ui.GET("/products/{id}", permRead, p.record),
		ui.GET("/products/{id}/history", permRead, p.history),
		ui.GET("/products/new", permWrite, p.newForm),
		ui.POST("/products/new", permWrite, p.create),
		ui.GET("/products/{id}/edit", permWrite, p.editForm),
		ui.POST("/products/{id}/edit", permWrite, p.save),
		ui.GET("/products/suggest", permRead, p.suggest),
		ui.POST("/products/{id}/archive", permWrite, p.archive),
		ui.POST("/products/{id}/delete", permWrite, p.remove),
		ui.POST("/products/{id}/links", permWrite, p.link),
		ui.POST("/products/{id}/links/remove", permWrite, p.unlink),
		ui.GET("/products/{id}/pictures/{file}", permRead, p.picture),
		{Pattern: "POST /products/{id}/pictures", Need: permWrite, Handler: p.addPictures, MaxBody: maxUpload},
		ui.POST("/products/{id}/pictures/{file}/first", permWrite, p.firstPicture),
		ui.POST("/products/{id}/pictures/{file}/alt", permWrite, p.describePicture),
		ui.POST("/products/{id}/pictures/{file}/remove", permWrite, p.dropPicture),
	}
}

// maxUpload bounds the body of a form with pictures: four of the largest.
const maxUpload = 4*activity.MaxFile + 1<<20

// The views of a product.
const (
	tabMain    = ""
	tabHistory = "history"
)

// shown says how a product's page is shown.
type shown struct {
	tab     string
	edit    string    // id of the form that is open in its place
	sent    bool      // the request holds that form's fields
	err     error     // what was wrong with them
	picture error     // what was wrong with pictures that were to be added
	link    *linkForm // what was wrong with a link; nil if nothing
}

// recordPage is the data of a product's page.
type recordPage struct {
	*ui.View
	shown
	C        catalog.Product
	r        *ui.Req
	Names    map[ids.ID]catalog.Brief
	Covers   map[ids.ID]catalog.Picture
	UsedWith []ids.ID // products that this one is a complement of
	Below    []ids.ID // products that this one is the better one of
	History  *historyweb.History
	Panels   []templ.Component
	Orders   string // address of the list of its orders, or empty
}

// most of a kind of link that the page shows.
const most = 50

func (p *Pages) record(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	return p.show(w, r, http.StatusOK, id, shown{edit: r.Form.Get("edit")})
}

func (p *Pages) show(w http.ResponseWriter, r *ui.Req, status int, id ids.ID, how shown) error {
	if r.Method != http.MethodGet || how.edit != "" {
		r.View.Path = Href(id) // what stands in the page leads back to it, without a form in it
	}
	page := &recordPage{View: r.View, shown: how, r: r}
	if p.Orders != nil {
		page.Orders = p.Orders(r.View, id)
	}
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error { return page.load(r.Context(), tx, id) })
	if err != nil {
		return err
	}
	page.Panels = ui.LoadPanels(r.Context(), r.View, p.log(), p.Panels, id)
	return ui.Render(w, r, status, page.page())
}

func (p *Pages) log() *slog.Logger {
	if p.Log != nil {
		return p.Log
	}
	return slog.Default()
}

func (p *recordPage) load(ctx context.Context, tx *db.Tx, id ids.ID) error {
	var err error
	if p.C, err = catalog.Get(ctx, tx, id); err != nil {
		return err
	}
	if p.tab == tabHistory {
		if err := p.loadHistory(ctx, tx); err != nil {
			return err
		}
	}
	if p.UsedWith, err = catalog.LinkedFrom(ctx, tx, id, catalog.Complement, most); err != nil {
		return err
	}
	if p.Below, err = catalog.LinkedFrom(ctx, tx, id, catalog.Upgrade, most); err != nil {
		return err
	}
	var others []ids.ID
	for _, l := range p.C.Links {
		others = append(others, l.Other)
	}
	others = append(append(others, p.UsedWith...), p.Below...)
	if p.Names, err = catalog.Briefs(ctx, tx, others); err != nil {
		return err
	}
	p.Covers, err = catalog.Covers(ctx, tx, others)
	return err
}

func (p *recordPage) href() string { return Href(p.C.ID) }

func (p *recordPage) title() string { return p.C.Name(p.Lang) }

// otherName returns the name in the other language, "" if there is none or the same.
func (p *recordPage) otherName() (name, lang string) {
	name, lang = p.C.NameEN, "en"
	if p.Lang == locale.EN {
		name, lang = p.C.NameID, "id"
	}
	if name == p.title() {
		name = ""
	}
	return name, lang
}

// langOf returns the language in which a text of the product is shown: the
// visitor's, if it has one in it.
func (p *recordPage) langOf(id, en string) string {
	if p.Lang == locale.EN && en != "" || id == "" {
		return "en"
	}
	return "id"
}

// margin writes the margin in words; "" if it is not known.
func (p *recordPage) margin() string {
	share, ok := p.C.Margin()
	if !ok {
		return ""
	}
	return p.Percent(share)
}

// profit is what is left of the price of one unit after its cost.
func (p *recordPage) profit() string {
	if p.C.Price == nil || p.C.Cost == nil {
		return ""
	}
	left := *p.C.Price - *p.C.Cost
	return p.T("products.profit", "amount", priceText(p.View, &left, p.C.Currency), "unit", p.unit())
}

// unit is what one of the product is called.
func (p *recordPage) unit() string {
	if p.C.Unit == "" {
		return p.T("products.unit")
	}
	return p.C.Unit
}

func (p *recordPage) tabs() []ui.Tab {
	return []ui.Tab{
		{Label: p.T("products.overview"), Href: p.href(), Current: p.tab == tabMain},
		{Label: p.T("products.history"), Href: p.href() + "/history", Current: p.tab == tabHistory},
	}
}

// altOf returns what a picture shows, or the product's name.
func (p *recordPage) altOf(v *catalog.Picture) string {
	if v.Alt == "" {
		return p.title()
	}
	return v.Alt
}

// altGroup is the form that describes a picture.
func (p *recordPage) altGroup(v *catalog.Picture) ui.InlineGroup {
	g := ui.InlineGroup{
		ID: altID(v.File), Label: p.T("products.pictures.alt"), Page: p.href(), Action: pictureSrc(p.C.ID, v.File) + "/alt",
		Edit: p.edit, Locked: !p.May(permWrite),
	}
	if p.edit == g.ID {
		f := ui.Field{Name: "alt", Label: g.Label, Value: v.Alt, Bare: true, Autofocus: true, ID: "edit-" + g.ID, MaxLength: 300, Error: p.FieldError(p.err, "alt")}
		if p.sent {
			f.Value = p.r.Text("alt")
		}
		g.Fields = ui.Input(f)
	}
	return g
}

// dropzone is where pictures are chosen.
func (p *recordPage) dropzone() ui.Dropzone {
	return ui.Dropzone{
		Name: "file", Label: p.T("products.pictures.drop"), Hint: p.T("products.pictures.hint", "max", activity.MaxFile>>20),
		Error: p.FieldError(p.picture, "file"), Accept: "image/png,image/jpeg,image/webp,image/gif", Multiple: true,
	}
}

// linkField is the box that names the product to link to.
func (p *recordPage) linkField(kind catalog.LinkKind) ui.Field {
	f := ui.Field{
		Name: "other", ID: "link-" + string(kind), Label: p.T("products.link.find"), Placeholder: p.T("products.link.find"), Type: "search", Bare: true,
		Attrs: templ.Attributes{"data-suggest": "/products/suggest", "list": "link-" + string(kind) + "-list"},
	}
	if p.link != nil && p.link.kind == kind {
		f.Value, f.Error = p.link.text, p.FieldError(p.link.err, "other")
		for _, e := range p.errorsOf(kind) {
			f.Error = e
		}
	}
	return f
}

// errorsOf returns what was wrong with a link besides the name of the other product.
func (p *recordPage) errorsOf(kind catalog.LinkKind) []string {
	if e := p.FieldError(p.link.err, string(kind)+"s"); e != "" {
		return []string{e}
	}
	return nil
}

// picks are the products to choose from.
func (p *recordPage) picks(kind catalog.LinkKind) []other {
	if p.link == nil || p.link.kind != kind {
		return nil
	}
	return p.link.picks
}

func (p *recordPage) pickField(kind catalog.LinkKind) ui.Field {
	f := ui.Field{Name: "pick", ID: "pick-" + string(kind), Label: p.T("products.link.pick"), Type: "select", Bare: true, Options: []ui.Option{{Label: p.T("products.link.pick")}}}
	for _, o := range p.picks(kind) {
		f.Options = append(f.Options, ui.Option{Value: o.ID.String(), Label: o.label()})
	}
	return f
}

// archive puts a product away, or back if archived is 0.
func (p *Pages) archive(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	away, why, toast := r.Form.Get("archived") != "0", "product.archive", "products.archived"
	if !away {
		why, toast = "product.unarchive", "products.unarchived"
	}
	saved, op, err := p.updateTx(r, why, id, func(_ *db.Tx, c *catalog.Product) error {
		c.Archived = away
		return nil
	})
	if err != nil && err != errSame {
		return err
	}
	if err == nil {
		ui.Flash(w, r, ui.Toast{Key: toast, Args: []string{"name", saved.Name(r.View.Lang)}, Undo: op})
	}
	return ui.Redirect(w, r, Href(id))
}

// remove deletes a product, or archives it if something refers to it.
func (p *Pages) remove(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	var name string
	var op ids.ID
	kept := false
	err = p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: "product.delete", Subject: id}, func(tx *db.Tx) error {
		if err := catalog.Lock(r.Context(), tx, id); err != nil {
			return err
		}
		c, err := catalog.Get(r.Context(), tx, id)
		if err != nil {
			return err
		}
		op, name = tx.Op, c.Name(r.View.Lang)
		_, archived, err := p.Shelf.Remove(r.Context(), tx, []ids.ID{id})
		if err != nil {
			return err
		}
		kept = len(archived) > 0
		return tx.SetOp(r.Context(), id, map[string]any{"name": c.Name(locale.ID)})
	})
	if err != nil {
		return err
	}
	if kept {
		ui.Flash(w, r, ui.Toast{Key: "products.kept", Args: []string{"name", name}, Undo: op})
		return ui.Redirect(w, r, Href(id))
	}
	ui.Flash(w, r, ui.Toast{Key: "products.deleted", Args: []string{"name", name}, Undo: op})
	return ui.Redirect(w, r, listPath)
}

// nameOf returns what a linked product is called.
func (p *recordPage) nameOf(id ids.ID) string {
	b := p.Names[id]
	return b.Name(p.Lang)
}

// briefOf returns the line below the name of a linked product.
func (p *recordPage) briefOf(id ids.ID) string {
	b := p.Names[id]
	code := b.Code
	if code == b.Name(p.Lang) {
		code = ""
	}
	return joinWords(" · ", code, priceText(p.View, b.Price, b.Currency))
}

// familyHref is the address of the list of a family.
func familyHref(family string) string {
	q := list.Query{Filters: []list.Filter{{Column: "family", Op: list.Eq, Values: []string{family}}}}
	return listPath + "?" + q.Values().Encode()
}

// typedAlt is what was typed about pictures that were refused.
func (p *recordPage) typedAlt() string {
	if p.picture == nil {
		return ""
	}
	return p.r.Text("alt")
}
