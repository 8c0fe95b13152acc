package catalogweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/ui"
)

// formPage is the data of the page with all fields of a product.
type formPage struct {
	*ui.View
	c        *catalog.Product
	r        *ui.Req
	sent     bool // the request holds the fields, and they are shown as typed
	err      error
	base     string // the product as it was when the form was shown; empty for a new one
	families []string
	title    string
	action   string
	cancel   string
}

// newPage returns the page of a form; id is zero for a new product.
func newPage(r *ui.Req, c *catalog.Product, id ids.ID) *formPage {
	page := &formPage{View: r.View, c: c, r: r, title: r.View.T("products.new"), action: "/products/new", cancel: listPath}
	if !id.IsZero() {
		page.title = r.View.T("products.edit", "name", c.Name(r.View.Lang))
		page.action, page.cancel, page.base = Href(id)+"/edit", Href(id), encode(c)
	}
	return page
}

// show renders the page with what it suggests.
func (p *Pages) showForm(w http.ResponseWriter, status int, page *formPage) error {
	err := p.DB.Read(page.r.Context(), page.r.Who, func(tx *db.Tx) (err error) {
		page.families, err = catalog.Families(page.r.Context(), tx, mostFamilies)
		return err
	})
	if err != nil {
		return err
	}
	return ui.Render(w, page.r, status, page.page())
}

// newForm shows the form for a new product. The address may fill in its code
// and family.
func (p *Pages) newForm(w http.ResponseWriter, r *ui.Req) error {
	c := catalog.Product{Code: r.Text("code"), Family: r.Text("family"), Currency: r.View.Workspace.Currency}
	return p.showForm(w, http.StatusOK, newPage(r, &c, ids.ID{}))
}

// get returns the product that a request's path names.
func (p *Pages) get(r *ui.Req) (c catalog.Product, err error) {
	id, err := r.ID("id")
	if err != nil {
		return c, err
	}
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		c, err = catalog.Get(r.Context(), tx, id)
		return err
	})
	return c, err
}

// editForm shows the form of a product.
func (p *Pages) editForm(w http.ResponseWriter, r *ui.Req) error {
	c, err := p.get(r)
	if err != nil {
		return err
	}
	return p.showForm(w, http.StatusOK, newPage(r, &c, c.ID))
}

// sentAs returns the page of a form as it was sent.
func sentAs(r *ui.Req, c *catalog.Product, id ids.ID, err error) *formPage {
	page := newPage(r, c, id)
	page.sent, page.err = true, err
	if !id.IsZero() {
		page.base = r.Form.Get("base")
	}
	return page
}

// create adds a product.
func (p *Pages) create(w http.ResponseWriter, r *ui.Req) error {
	if r.Reshape() {
		return p.showForm(w, http.StatusOK, sentAs(r, &catalog.Product{}, ids.ID{}, nil))
	}
	var c catalog.Product
	var op ids.ID
	err := p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: "product.create"}, func(tx *db.Tx) error {
		op, c = tx.Op, catalog.Product{}
		in := newInput(r, &c)
		in.read()
		if err := in.finish(); err != nil {
			return err
		}
		if err := catalog.Create(r.Context(), tx, &c); err != nil {
			return err
		}
		return tx.SetOp(r.Context(), c.ID, map[string]any{"name": c.Name(locale.ID)})
	})
	if mendable(err) {
		return p.showForm(w, http.StatusUnprocessableEntity, sentAs(r, &catalog.Product{}, ids.ID{}, err))
	}
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: "products.created", Args: []string{"name", c.Name(r.View.Lang)}, Undo: op})
	return ui.Redirect(w, r, Href(c.ID))
}

// mendable reports whether the sender of a form can mend what was wrong: a
// code that is taken is a conflict about its field.
func mendable(err error) bool {
	list := errs.All(err)
	return errs.KindOf(err) == errs.Invalid || len(list) > 0 && list[0].Kind == errs.Conflict && list[0].Field != ""
}

// save changes a product by its form.
func (p *Pages) save(w http.ResponseWriter, r *ui.Req) error {
	now, err := p.get(r)
	if err != nil {
		return err
	}
	if r.Reshape() {
		return p.showForm(w, http.StatusOK, sentAs(r, &now, now.ID, nil))
	}
	base, err := decode(r.Form.Get("base"))
	if err != nil || base.ID != now.ID {
		return errs.New(errs.Stale, "error.stale").Because(err)
	}
	mine := base
	mine.Facts = slices.Clone(base.Facts)
	in := newInput(r, &mine)
	in.read()
	if err := in.finish(); err != nil {
		return p.showForm(w, http.StatusUnprocessableEntity, sentAs(r, &now, now.ID, err))
	}
	var clash error
	saved, op, err := p.update(r, now.ID, func(c *catalog.Product) error {
		now = *c
		now.Facts = slices.Clone(c.Facts)
		clash = combine(r.View, &base, &mine, c)
		return clash
	})
	switch {
	case clash != nil:
		return p.showForm(w, http.StatusUnprocessableEntity, clashed(r, &base, &mine, &now, clash))
	case mendable(err):
		return p.showForm(w, http.StatusUnprocessableEntity, sentAs(r, &now, now.ID, in.inForm(err)))
	case err == errSame:
		return ui.Redirect(w, r, Href(now.ID))
	case err != nil:
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: "products.saved", Args: []string{"name", saved.Name(r.View.Lang)}, Undo: op})
	return ui.Redirect(w, r, Href(now.ID))
}

// clashed returns the form after somebody else changed the same fields: what
// was typed stands in them, with what stands there now beside it. Sent again,
// it replaces that.
func clashed(r *ui.Req, base, mine, now *catalog.Product, err error) *formPage {
	shown := *mine
	takeOver(&shown, base, now)
	page := newPage(r, now, now.ID) // its base is the product as it is now
	page.c, page.err = &shown, err
	return page
}

// An input makes of a product what a form says of it.
type input struct {
	r    *ui.Req
	c    *catalog.Product
	bad  errs.List
	rows []int // for each fact, the row of the form that it came from
}

func newInput(r *ui.Req, c *catalog.Product) *input { return &input{r: r, c: c} }

// read reads all fields.
func (in *input) read() {
	r, c := in.r, in.c
	c.Code, c.NameID, c.NameEN = r.Text("code"), r.Text("name.id"), r.Text("name.en")
	c.Family, c.Tier, c.Unit = r.Text("family"), r.Text("tier"), r.Text("unit")
	c.Offering = catalog.Offering(r.Text("offering"))
	c.DescriptionID, c.DescriptionEN = r.Text("description.id"), r.Text("description.en")
	if s := r.Text("currency"); s != "" {
		c.Currency = money.Currency(s)
	}
	c.Price, c.Cost = in.price("price"), in.price("cost")
	tax, err := parsePercent(r.Text("tax"), r.View.Workspace.Decimal)
	if err != nil {
		in.bad.Add(at("tax", err))
	}
	c.Tax = tax
	in.facts()
}

func (in *input) price(field string) *money.Price {
	p, err := parsePrice(in.r.Text(field), in.r.View.Workspace.Decimal, in.c.Currency)
	if err != nil {
		in.bad.Add(at(field, err))
	}
	return p
}

// facts reads the rows of facts. They carry the numbers of the facts that they
// show.
func (in *input) facts() {
	was := in.c.Facts
	in.c.Facts, in.rows = nil, nil
	for _, i := range in.r.Rows("facts") {
		n, _ := strconv.ParseInt(in.r.Text(ui.RowName("facts", i, "n")), 10, 64)
		f := catalog.Fact{Label: in.r.Text(ui.RowName("facts", i, "label")), Value: in.r.Text(ui.RowName("facts", i, "value"))}
		if slices.ContainsFunc(was, func(o catalog.Fact) bool { return o.N == n }) {
			f.N = n
		}
		if f.Label+f.Value != "" {
			in.c.Facts = append(in.c.Facts, f)
			in.rows = append(in.rows, i)
		}
	}
}

// finish normalizes the product. The error is about the fields as the form
// names them.
func (in *input) finish() error {
	err := in.c.Normalize(in.r.View.Workspace.Currency)
	if len(in.bad) > 0 {
		return in.inForm(append(in.bad, errs.All(err)...).Err())
	}
	return in.inForm(err)
}

// inForm returns err with the numbers of facts replaced by those of the form's rows.
func (in *input) inForm(err error) error {
	list := errs.All(err)
	if len(list) == 0 {
		return err
	}
	out := make(errs.List, len(list))
	for k, e := range list {
		moved := *e
		if rest, ok := strings.CutPrefix(e.Field, "facts."); ok {
			num, sub, _ := strings.Cut(rest, ".")
			if i, err := strconv.Atoi(num); err == nil && i < len(in.rows) {
				moved.Field = ui.RowName("facts", in.rows[i], sub)
			}
		}
		out[k] = &moved
	}
	return out.Err()
}

// field returns a field of the form.
func (p *formPage) field(name string) ui.Field {
	x := ui.Field{Name: name, Error: p.FieldError(p.err, name)}
	for _, f := range fields {
		if f.name == name {
			x.Label, x.Value = p.T(f.label), f.text(p.View, p.c)
		}
	}
	if p.sent {
		x.Value = p.r.Form.Get(name)
	}
	return x
}

// with returns x changed by set.
func with(x ui.Field, set func(*ui.Field)) ui.Field {
	set(&x)
	return x
}

func (p *formPage) codeField() ui.Field {
	return with(p.field("code"), func(x *ui.Field) { x.Hint = p.T("products.code.hint") })
}

func (p *formPage) example(name, key string) ui.Field {
	return with(p.field(name), func(x *ui.Field) {
		x.Placeholder, x.Autofocus = p.T(key), p.base == "" && name == "name."+string(p.Lang) // where typing begins
	})
}

func (p *formPage) familyField() ui.Field {
	return with(p.example("family", "products.family.example"), func(x *ui.Field) { x.Options = suggested(p.families) })
}

func (p *formPage) currencyField() ui.Field {
	return with(p.field("currency"), func(x *ui.Field) {
		x.Type = "select"
		for _, c := range money.Currencies() {
			x.Options = append(x.Options, ui.Option{Value: string(c), Label: string(c)})
		}
	})
}

func (p *formPage) offeringField() ui.Field {
	return with(p.field("offering"), func(x *ui.Field) {
		x.Type, x.Options, x.Hint = "select", offerings(p.View), p.T("products.offering.hint")
	})
}

// offerings are the choices of whether a product may be offered.
func offerings(v *ui.View) []ui.Option {
	all := []ui.Option{{Label: v.T(catalog.Offered.Label())}}
	for _, o := range catalog.Offerings {
		all = append(all, ui.Option{Value: string(o), Label: v.T(o.Label())})
	}
	return all
}

func (p *formPage) moneyField(name string) ui.Field {
	return with(p.field(name), func(x *ui.Field) { x.InputMode, x.MaxLength = "decimal", 40 })
}

func (p *formPage) taxField() ui.Field {
	return with(p.moneyField("tax"), func(x *ui.Field) { x.Hint = p.T("products.tax.hint") })
}

func (p *formPage) textField(name string) ui.Field {
	return with(p.field(name), func(x *ui.Field) { x.Type, x.Full, x.Rows = "textarea", true, 4 })
}

// factRows returns the options of the rows of facts.
func (p *formPage) factRows() ui.FormRowsOptions {
	opt := ui.FormRowsOptions{Name: "facts", Label: p.T("product.facts"), Add: p.T("products.facts.add"), Max: 100,
		Row: func(i int) templ.Component { return p.factRow(i) }}
	if p.sent {
		opt.Indexes = p.r.Indexes("facts")
		return opt
	}
	for i := range max(len(p.c.Facts), 1) {
		opt.Indexes = append(opt.Indexes, i)
	}
	return opt
}

// rowValue returns what a field of a row of facts shows.
func (p *formPage) rowValue(i int, field string) string {
	switch {
	case i < 0:
		return ""
	case p.sent:
		return p.r.Form.Get(ui.RowName("facts", i, field))
	case i >= len(p.c.Facts):
		return ""
	}
	f := p.c.Facts[i]
	switch field {
	case "label":
		return f.Label
	case "value":
		return f.Value
	}
	return strconv.FormatInt(f.N, 10)
}

func (p *formPage) rowField(i int, field, label, example string) ui.Field {
	x := ui.Field{Name: ui.RowName("facts", i, field), Label: p.T(label), Value: p.rowValue(i, field), Placeholder: p.T(example), Bare: true}
	if i >= 0 {
		x.Error = p.FieldError(p.err, x.Name)
	}
	return x
}

// factsError is what is wrong with the facts as a whole.
func (p *formPage) factsError() string { return p.FieldError(p.err, "facts") }

func (p *formPage) crumbs() []ui.Link {
	list := []ui.Link{{Label: p.T("products.title"), Href: listPath}}
	if p.base != "" {
		list = append(list, ui.Link{Label: p.c.Name(p.Lang), Href: p.cancel})
	}
	return list
}

// suggest answers a text field with the products that it may mean, as options.
func (p *Pages) suggest(w http.ResponseWriter, r *ui.Req) error {
	var list []other
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		list, err = p.others(r.Context(), tx, r.View, r.Text("q"), 8)
		return err
	})
	if err != nil {
		return err
	}
	return ui.RenderPart(w, r, http.StatusOK, suggestions(list))
}

// An other is a product to which one can be linked.
type other struct {
	ID   ids.ID
	Code string
	Name string
}

// label is what is typed to mean this product and no other of the name.
func (o other) label() string {
	if o.Code == "" || o.Code == o.Name {
		return o.Name
	}
	return o.Name + catalog.LabelSep + o.Code
}

// others returns products that text, a name, a code or a label, may mean.
func (p *Pages) others(ctx context.Context, tx *db.Tx, v *ui.View, text string, limit int) ([]other, error) {
	found, err := p.meantBy(ctx, tx, text, limit)
	if err != nil {
		return nil, err
	}
	briefs, err := catalog.Briefs(ctx, tx, found)
	var list []other
	for _, id := range found {
		if b, ok := briefs[id]; ok {
			list = append(list, other{b.ID, b.Code, b.Name(v.Lang)})
		}
	}
	return list, err
}
