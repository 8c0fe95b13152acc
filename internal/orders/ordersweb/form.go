package ordersweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
)

func (p *Pages) formRoutes() []ui.Route {
	return []ui.Route{
		ui.GET("/orders/new", permWrite, p.newForm),
		ui.POST("/orders/new", permWrite, p.create),
		ui.GET("/orders/{id}/edit", permWrite, p.editForm),
		ui.POST("/orders/{id}/edit", permWrite, p.save),
		ui.POST("/orders/sum", permWrite, p.sum),
	}
}

// formLines is up to how many lines an order may have for the form to hold
// them. Larger ones come from imports; the form then changes what stands above
// the lines.
const formLines = 200

// formPage is the data of the page with all fields of an order.
type formPage struct {
	*ui.View
	o        *orders.Order
	r        *ui.Req
	sent     bool // the request holds the fields, and they are shown as typed
	err      error
	base     string  // the order as it was when the form was shown; empty for a new one
	picks    []other // customers to choose from
	customer string
	returned string // number of the order that a return belongs to
	products map[ids.ID]catalog.Brief
	users    []team.User
	title    string
	action   string
	cancel   string
	sums     *sums
}

// newPage returns the page of a form; an order without an id is new.
func newPage(r *ui.Req, o *orders.Order, id ids.ID) *formPage {
	page := &formPage{View: r.View, o: o, r: r, title: r.View.T("order.new"), action: "/orders/new", cancel: listPath}
	if o.Return {
		page.title = r.View.T("order.new_return")
	}
	if !id.IsZero() {
		page.title = r.View.T("order.edit", "name", o.Title())
		page.action, page.cancel, page.base = Href(id)+"/edit", Href(id), encode(o)
	}
	return page
}

// showForm renders the page with what it names and suggests.
func (p *Pages) showForm(w http.ResponseWriter, status int, page *formPage) error {
	ctx := page.r.Context()
	err := p.DB.Read(ctx, page.r.Who, func(tx *db.Tx) error {
		if err := page.load(ctx, tx); err != nil {
			return err
		}
		if page.sent {
			page.sums = p.summed(tx, page.r, page.o)
		} else {
			page.sums = sumsOf(page.View, page.o)
			page.sums.basketOf(page.o)
		}
		return nil
	})
	if err == nil && page.base == "" {
		err = p.offer(ctx, page.sums)
	}
	if err != nil {
		return err
	}
	return ui.Render(w, page.r, status, page.page())
}

func (p *formPage) load(ctx context.Context, tx *db.Tx) error {
	var err error
	if p.users, err = team.Users(ctx, tx, true); err != nil {
		return err
	}
	names, err := customers.Names(ctx, tx, []ids.ID{p.o.Customer})
	if err != nil {
		return err
	}
	p.customer = names[p.o.Customer]
	numbers, err := orders.Names(ctx, tx, []ids.ID{p.o.Returns})
	if err != nil {
		return err
	}
	p.returned = numbers[p.o.Returns]
	p.products, err = productsOf(ctx, tx, p.o)
	return err
}

// productsOf returns the products of an order's lines.
func productsOf(ctx context.Context, tx *db.Tx, o *orders.Order) (map[ids.ID]catalog.Brief, error) {
	var want []ids.ID
	if len(o.Lines) > formLines {
		return nil, nil
	}
	for i := range o.Lines {
		if !o.Lines[i].Product.IsZero() {
			want = append(want, o.Lines[i].Product)
		}
	}
	return catalog.Briefs(ctx, tx, want)
}

// newForm shows the form for a new order. The address may fill in its customer,
// or name the order of which something comes back.
func (p *Pages) newForm(w http.ResponseWriter, r *ui.Req) error {
	o := orders.Order{Currency: r.View.Workspace.Currency, Status: orders.Confirmed, At: r.View.Now, Owner: r.Who.User}
	customer, err := r.MaybeID("customer")
	if err != nil {
		return err
	}
	o.Customer = customer
	if err := p.prefill(r, &o); err != nil {
		return err
	}
	of, err := r.MaybeID("returns")
	if err != nil {
		return err
	}
	if !of.IsZero() {
		err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error {
			old, err := orders.Get(r.Context(), tx, of)
			if err != nil {
				return err
			}
			o.Return, o.Returns, o.Customer, o.Currency, o.Rate = true, old.ID, old.Customer, old.Currency, old.Rate
			o.Channel, o.Shop = old.Channel, old.Shop
			for _, l := range old.Lines[:min(len(old.Lines), formLines)] {
				l.N = 0
				o.Lines = append(o.Lines, l)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return p.showForm(w, http.StatusOK, newPage(r, &o, ids.ID{}))
}

// prefill puts the product that the address names into a new order.
func (p *Pages) prefill(r *ui.Req, o *orders.Order) error {
	id, err := r.MaybeID("product")
	if err != nil || id.IsZero() {
		return err
	}
	return p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error {
		found, err := catalog.Briefs(r.Context(), tx, []ids.ID{id})
		b, ok := found[id]
		if err != nil || !ok {
			return err
		}
		l := orders.Line{Product: id, Code: b.Code, Quantity: orders.One}
		l.Price = orders.PriceOf(found, &l, o.Currency)
		o.Lines = []orders.Line{l}
		return nil
	})
}

// get returns the order that a request's path names.
func (p *Pages) get(r *ui.Req) (o orders.Order, err error) {
	id, err := r.ID("id")
	if err != nil {
		return o, err
	}
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		o, err = orders.Get(r.Context(), tx, id)
		return err
	})
	return o, err
}

// editForm shows the form of an order.
func (p *Pages) editForm(w http.ResponseWriter, r *ui.Req) error {
	o, err := p.get(r)
	if err != nil {
		return err
	}
	return p.showForm(w, http.StatusOK, newPage(r, &o, o.ID))
}

// sentAs returns the page of a form as it was sent.
func sentAs(r *ui.Req, o *orders.Order, id ids.ID, err error) *formPage {
	page := newPage(r, o, id)
	page.sent, page.err = true, err
	if !id.IsZero() {
		page.base = r.Form.Get("base")
	} else if r.Bool("return") {
		page.title = r.View.T("order.new_return")
	}
	return page
}

// mendable reports whether the sender of a form can mend what was wrong: a
// number that is taken is a conflict about its field.
func mendable(err error) bool {
	list := errs.All(err)
	return errs.KindOf(err) == errs.Invalid || len(list) > 0 && list[0].Kind == errs.Conflict && list[0].Field != ""
}

// create adds an order.
func (p *Pages) create(w http.ResponseWriter, r *ui.Req) error {
	if r.Reshape() {
		if err := p.take(r); err != nil {
			return err
		}
		return p.showForm(w, http.StatusOK, sentAs(r, &orders.Order{}, ids.ID{}, nil))
	}
	var o orders.Order
	var op ids.ID
	var in *input
	err := p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: "order.create"}, func(tx *db.Tx) error {
		op, o = tx.Op, orders.Order{}
		in = p.newInput(tx, r, &o)
		if err := in.read(); err != nil {
			return err
		}
		if err := orders.Create(r.Context(), tx, &o); err != nil {
			return in.inForm(err)
		}
		if list, err := r.IDs("offer"); err == nil && len(list) > 0 && p.Taken != nil {
			if err := p.Taken(r.Context(), tx, list, o.ID); err != nil {
				return err
			}
		}
		return tx.SetOp(r.Context(), o.ID, map[string]any{"name": o.Title()})
	})
	if mendable(err) {
		page := sentAs(r, &orders.Order{}, ids.ID{}, err)
		page.picks = in.picks
		return p.showForm(w, http.StatusUnprocessableEntity, page)
	}
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: "order.made", Args: []string{"name", o.Title()}, Undo: op})
	return ui.Redirect(w, r, Href(o.ID))
}

// save changes an order by its form.
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
	if len(now.Lines) > formLines {
		base.Lines = now.Lines
	}
	mine := base.Clone()
	var in *input
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error {
		in = p.newInput(tx, r, &mine)
		return in.read()
	})
	if mendable(err) {
		page := sentAs(r, &now, now.ID, err)
		page.picks = in.picks
		return p.showForm(w, http.StatusUnprocessableEntity, page)
	}
	if err != nil {
		return err
	}
	var clash error
	var saved orders.Order
	var op ids.ID
	err = p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: "order.update", Subject: now.ID}, func(tx *db.Tx) error {
		op = tx.Op
		var was int64
		var err error
		saved, err = orders.Update(r.Context(), tx, now.ID, 0, func(o *orders.Order) error {
			was, now = o.Rev, o.Clone()
			clash = combine(r.View, &base, &mine, o)
			return clash
		})
		if err != nil {
			return err
		}
		if saved.Rev == was {
			return errSame
		}
		return tx.SetOp(r.Context(), now.ID, map[string]any{"name": saved.Title()})
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
	ui.Flash(w, r, ui.Toast{Key: "order.saved", Args: []string{"name", saved.Title()}, Undo: op})
	return ui.Redirect(w, r, Href(now.ID))
}

// clashed returns the form after somebody else changed the same fields: what
// was typed stands in them, with what stands there now beside it. Sent again,
// it replaces that.
func clashed(r *ui.Req, base, mine, now *orders.Order, err error) *formPage {
	shown := mine.Clone()
	takeOver(&shown, base, now)
	page := newPage(r, now, now.ID) // its base is the order as it is now
	page.o, page.err = &shown, err
	return page
}

// field returns a field of the form.
func (p *formPage) field(name, label, stored string) ui.Field {
	x := ui.Field{Name: name, Label: p.T(label), Value: stored, Error: p.FieldError(p.err, name)}
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

func (p *formPage) customerField() ui.Field {
	return with(p.field("customer", "order.customer", p.customer), func(x *ui.Field) {
		x.Error, x.Hint, x.Autofocus = p.FieldError(p.err, "customer_id"), p.T("order.customer.hint"), p.base == "" && p.o.Customer.IsZero()
		x.Attrs = templ.Attributes{"data-suggest": "/customers/suggest", "list": "order-customers"}
	})
}

// customerID is the id that belongs to the name in the field.
func (p *formPage) customerID() string {
	if p.sent {
		return p.r.Form.Get("customer_id")
	}
	if p.o.Customer.IsZero() {
		return ""
	}
	return p.o.Customer.String()
}

// known is what the field showed for that id.
func (p *formPage) known() string {
	if p.sent {
		return p.r.Form.Get("customer_known")
	}
	return p.customer
}

func (p *formPage) pickField() ui.Field {
	f := ui.Field{Name: "customer_pick", Label: p.T("order.customer.which"), Type: "select", Options: []ui.Option{{Label: p.T("order.customer.which")}}}
	for _, o := range p.picks {
		f.Options = append(f.Options, ui.Option{Value: o.id.String(), Label: o.label})
	}
	return f
}

func (p *formPage) numberField() ui.Field {
	return with(p.field("number", "order.number", p.o.Number), func(x *ui.Field) {
		if p.base == "" {
			x.Hint = p.T("order.number.hint")
		}
	})
}

func (p *formPage) dayField() ui.Field {
	return with(p.field("ordered_at", "order.ordered_at", p.o.At.In(p.Zone).Format(time.DateOnly)), func(x *ui.Field) { x.Type = "date" })
}

func (p *formPage) clockField() ui.Field {
	return with(p.field("ordered_time", "order.time", p.o.At.In(p.Zone).Format("15:04")), func(x *ui.Field) { x.Type = "time" })
}

func (p *formPage) statusField() ui.Field {
	return with(p.field("status", "order.status", string(p.o.Status)), func(x *ui.Field) {
		x.Type = "select"
		for _, s := range orders.Statuses {
			x.Options = append(x.Options, ui.Option{Value: string(s), Label: statusText(p.View, s)})
		}
	})
}

func (p *formPage) channelField() ui.Field {
	return with(p.field("channel", "order.channel", string(p.o.Channel)), func(x *ui.Field) {
		x.Type, x.Options = "select", []ui.Option{{Label: p.T("order.channel.unknown")}}
		for _, c := range orders.Channels {
			x.Options = append(x.Options, ui.Option{Value: string(c), Label: channelText(p.View, c)})
		}
	})
}

func (p *formPage) shopField() ui.Field {
	return with(p.field("shop", "order.shop", p.o.Shop), func(x *ui.Field) { x.Placeholder = p.T("order.shop.example") })
}

func (p *formPage) ownerField() ui.Field {
	stored := ""
	if !p.o.Owner.IsZero() {
		stored = p.o.Owner.String()
	}
	return with(p.field("owner_id", "order.owner", stored), func(x *ui.Field) {
		x.Type, x.Options = "select", append([]ui.Option{{Label: p.T("order.owner.none")}}, userOptions(p.users)...)
	})
}

func (p *formPage) currencyField() ui.Field {
	return with(p.field("currency", "order.currency", string(p.o.Currency)), func(x *ui.Field) {
		x.Type = "select"
		for _, c := range money.Currencies() {
			x.Options = append(x.Options, ui.Option{Value: string(c), Label: string(c)})
		}
	})
}

func (p *formPage) rateField() ui.Field {
	stored := ""
	if p.o.Rate != 0 && p.o.Currency != p.Workspace.Currency {
		stored = p.Price(money.Price(p.o.Rate), "")
	}
	return with(p.field("rate", "order.rate_label", stored), func(x *ui.Field) {
		x.InputMode, x.Hint = "decimal", p.T("order.rate.hint", "currency", string(p.Workspace.Currency))
	})
}

func (p *formPage) returnField() ui.Field {
	stored := ""
	if p.o.Return {
		stored = "1"
	}
	return with(p.field("return", "order.is_return", stored), func(x *ui.Field) { x.Type, x.Full = "checkbox", true })
}

func (p *formPage) returnsField() ui.Field {
	return with(p.field("returns", "order.returns", p.returned), func(x *ui.Field) {
		x.Error, x.Hint = p.FieldError(p.err, "returns_id"), p.T("order.returns.hint")
	})
}

func (p *formPage) amountField(name, label string, minor int64) ui.Field {
	stored := ""
	if minor != 0 {
		stored = p.Money(money.Amount{Minor: p.turned(minor), Currency: p.o.Currency})
	}
	return with(p.field(name, label, stored), func(x *ui.Field) { x.InputMode, x.MaxLength, x.Hint = "decimal", 40, p.T("order.share.hint") })
}

// turned shows an amount of a return without its sign, as people write it.
func (p *formPage) turned(n int64) int64 {
	if p.base != "" && flips(p.o) {
		return -n
	}
	return n
}

// flips reports whether o is a return all of whose quantities are negative: it
// is written without signs.
func flips(o *orders.Order) bool {
	return o.Return && !slices.ContainsFunc(o.Lines, func(l orders.Line) bool { return l.Quantity > 0 })
}

func (p *formPage) noteField() ui.Field {
	return with(p.field("note", "order.note", p.o.Note), func(x *ui.Field) { x.Type, x.Full, x.Rows = "textarea", true, 3 })
}

// holdsLines reports whether the form holds the lines.
func (p *formPage) holdsLines() bool { return len(p.o.Lines) <= formLines }

// lineRows returns the options of the rows of lines.
func (p *formPage) lineRows() ui.FormRowsOptions {
	opt := ui.FormRowsOptions{Name: "lines", Label: p.T("order.lines.legend"), Add: p.T("order.lines.add"), Max: formLines,
		Row: func(i int) templ.Component { return p.lineRow(i) }}
	if p.sent {
		opt.Indexes = p.r.Indexes("lines")
		return opt
	}
	for i := range max(len(p.o.Lines), 1) {
		opt.Indexes = append(opt.Indexes, i)
	}
	return opt
}

// lineValue returns what a field of a row of lines shows.
func (p *formPage) lineValue(i int, field string) string {
	switch {
	case i < 0:
		return ""
	case p.sent:
		return p.r.Form.Get(ui.RowName("lines", i, field))
	case i >= len(p.o.Lines):
		return ""
	}
	l := &p.o.Lines[i]
	switch field {
	case "n":
		return strconv.FormatInt(l.N, 10)
	case "product":
		return lineLabel(p.View, l, p.products)
	case "quantity":
		return quantityText(p.View, orders.Quantity(p.turned(int64(l.Quantity))))
	case "price":
		return p.Price(l.Price, "")
	case "discount":
		if l.Discount != 0 {
			return p.Money(money.Amount{Minor: p.turned(l.Discount), Currency: p.o.Currency})
		}
	}
	return ""
}

func (p *formPage) lineField(i int, field, label, placeholder string) ui.Field {
	x := ui.Field{Name: ui.RowName("lines", i, field), Label: p.T(label), Value: p.lineValue(i, field), Placeholder: p.T(placeholder), Bare: true}
	if i >= 0 {
		x.Error = p.FieldError(p.err, x.Name)
	}
	switch field {
	case "product":
		x.Attrs = templ.Attributes{"data-suggest": "/products/suggest", "list": "order-products"}
	default:
		x.InputMode, x.MaxLength = "decimal", 40
	}
	return x
}

// linesError is what is wrong with the lines as a whole.
func (p *formPage) linesError() string { return p.FieldError(p.err, "lines") }

func (p *formPage) crumbs() []ui.Link {
	list := []ui.Link{{Label: p.T("order.title"), Href: listPath}}
	if p.base != "" {
		list = append(list, ui.Link{Label: p.o.Title(), Href: p.cancel})
	}
	return list
}

// labelSep stands between the name and the code of a product.
const labelSep = " · "

// lineLabel is how a line's product is written in a form.
func lineLabel(v *ui.View, l *orders.Line, products map[ids.ID]catalog.Brief) string {
	name := lineName(v, l, products)
	if l.Code == "" || l.Code == name {
		return name
	}
	return name + labelSep + l.Code
}

// sums are what the lines of a form add up to.
type sums struct {
	*ui.View
	Currency money.Currency
	Subtotal int64
	Discount int64
	Tax      int64
	Total    int64
	Wrong    bool            // something in the form can't be understood, so there is no total
	Offers   templ.Component // what to offer along with the lines; nil for nothing

	customer ids.ID // for whom offers are made; zero if that is not known
	basket   []ids.ID
	back     bool // it is a return
}

func sumsOf(v *ui.View, o *orders.Order) *sums {
	c := o.Clone()
	if err := c.Normalize(v.Workspace.Currency); err != nil {
		return &sums{View: v, Wrong: true}
	}
	return &sums{View: v, Currency: c.Currency, Subtotal: c.Subtotal(), Discount: c.Discount, Tax: c.Taxes(), Total: c.Total}
}

func (s *sums) money(minor int64) string {
	return s.Money(money.Amount{Minor: minor, Currency: s.Currency})
}

// summed returns what the form that r brings adds up to.
func (p *Pages) summed(tx *db.Tx, r *ui.Req, base *orders.Order) *sums {
	o := base.Clone()
	in := p.newInput(tx, r, &o)
	in.lenient = true
	s := &sums{View: r.View, Wrong: true}
	if err := in.read(); err == nil {
		s = sumsOf(r.View, &o)
	}
	if known := r.Text("customer_known"); known != "" && known == r.Text("customer") {
		o.Customer, _ = r.MaybeID("customer_id") // who is not known is offered what goes with the lines
	}
	s.basketOf(&o)
	return s
}

// basketOf remembers what to make offers for.
func (s *sums) basketOf(o *orders.Order) {
	s.customer, s.basket = o.Customer, nil
	for i := range o.Lines {
		if l := &o.Lines[i]; !l.Product.IsZero() && len(s.basket) < mostInBasket {
			s.basket = append(s.basket, l.Product)
		}
	}
	s.back = o.Return
}

// mostInBasket is for how many products of an order offers are made.
const mostInBasket = 50

// offer fills in what to offer along with the lines of a new order.
func (p *Pages) offer(ctx context.Context, s *sums) error {
	if p.Offers == nil || s.back {
		return nil
	}
	var err error
	s.Offers, err = p.Offers(ctx, s.View, s.customer, s.basket)
	return err
}

// take adds the product of an offer whose button was pressed to the lines, and
// remembers the offer.
func (p *Pages) take(r *ui.Req) error {
	rest, ok := strings.CutPrefix(r.Form.Get("add"), "offer.")
	if !ok {
		return nil
	}
	offer, product, _ := strings.Cut(rest, ".")
	id, err := ids.Parse(product)
	if err != nil {
		return err
	}
	var found map[ids.ID]catalog.Brief
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		found, err = catalog.Briefs(r.Context(), tx, []ids.ID{id})
		return err
	})
	b, there := found[id]
	if err != nil || !there {
		return err
	}
	row := freeRow(r)
	o := orders.Order{Lines: []orders.Line{{Product: id, Code: b.Code}}}
	r.Form.Set(ui.RowName("lines", row, "product"), lineLabel(r.View, &o.Lines[0], found))
	r.Form.Set(ui.RowName("lines", row, "quantity"), "1")
	r.Form.Add("offer", offer)
	return nil
}

// freeRow returns the index of the first row of lines that is empty, or of one
// behind them.
func freeRow(r *ui.Req) int {
	rows := r.Rows("lines")
	for _, i := range rows {
		if r.Text(ui.RowName("lines", i, "product")) == "" {
			return i
		}
	}
	if len(rows) == 0 {
		return 0
	}
	return rows[len(rows)-1] + 1
}

// taken are the offers that were added to the form.
func (p *formPage) taken() []string {
	if p.r == nil {
		return nil
	}
	return p.r.Form["offer"]
}

// sum answers a form with what it adds up to, while it is filled in.
func (p *Pages) sum(w http.ResponseWriter, r *ui.Req) error {
	var base orders.Order
	if text := r.Form.Get("base"); text != "" {
		base, _ = decode(text) // then only the lines that it showed are unknown
	}
	var s *sums
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error {
		s = p.summed(tx, r, &base)
		return nil
	})
	if err == nil && r.Form.Get("base") == "" {
		err = p.offer(r.Context(), s)
	}
	if err != nil {
		return err
	}
	return ui.RenderPart(w, r, http.StatusOK, s.part())
}

// errorOf returns what is wrong as one error about a field.
func errorOf(field string, err error) *errs.Error {
	for _, e := range errs.All(err) {
		return errs.InvalidField(field, e.Key, e.Args...)
	}
	return errs.InvalidField(field, "error.invalid").Because(err)
}

func trimmed(s string) string { return strings.TrimSpace(s) }

// live has a script ask for the sums whenever a field changes.
func (p *formPage) live() templ.Attributes {
	return templ.Attributes{
		"hx-post": "/orders/sum", "hx-include": "#order-form", "hx-target": "#order-sum", "hx-swap": "innerHTML",
		"hx-trigger": "input from:#order-form delay:400ms", "hx-sync": "replace",
	}
}

// errSame rolls back a change that changes nothing.
var errSame = errs.New(errs.Conflict, "error.conflict")
