package ordersweb

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/govalues/decimal"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/ui"
)

// An other is a customer to choose from.
type other struct {
	id    ids.ID
	label string
}

// An input makes of an order what a form says of it.
type input struct {
	p       *Pages
	tx      *db.Tx
	r       *ui.Req
	o       *orders.Order
	bad     errs.List
	failed  error
	rows    []int   // for each line, the row of the form that it came from
	picks   []other // customers to choose from
	was     []orders.Line
	flip    bool // the form writes a return without signs
	lenient bool // only sums are asked for: who bought it does not matter
}

func (p *Pages) newInput(tx *db.Tx, r *ui.Req, o *orders.Order) *input {
	return &input{p: p, tx: tx, r: r, o: o, was: o.Lines, flip: len(o.Lines) == 0 || flips(o)}
}

func (in *input) sep() rune { return in.r.View.Workspace.Decimal }

// read reads all fields. The error is about the fields as the form names them.
func (in *input) read() error {
	r, o := in.r, in.o
	base := r.View.Workspace.Currency
	o.Number, o.Shop, o.Note = r.Text("number"), r.Text("shop"), strings.ReplaceAll(r.Form.Get("note"), "\r\n", "\n")
	o.Status, o.Channel, o.Return = orders.Status(r.Text("status")), orders.Channel(r.Text("channel")), r.Bool("return")
	if o.Currency = money.Currency(r.Text("currency")); o.Currency == "" {
		o.Currency = base
	}
	in.rate()
	in.moment()
	if in.lenient {
		o.Returns = ids.ID{}
	} else {
		in.customer()
		in.owner()
		in.returns()
	}
	if len(in.was) <= formLines {
		in.lines()
	}
	if in.failed != nil {
		return in.failed
	}
	o.Discount, o.Tax = 0, 0
	if in.lenient && o.At.IsZero() {
		o.At = in.tx.Now
	}
	err := o.Normalize(base)
	if err == nil {
		// Shares are of what the lines add up to, and the tax of what the discount leaves.
		o.Discount = in.share("discount", in.whole(o.Subtotal()), r.Text("discount"))
		o.Tax = in.share("tax", in.whole(o.Subtotal())-o.Discount, r.Text("tax"))
		if in.flip {
			o.Turn()
		}
		err = o.Normalize(base)
	}
	return in.inForm(append(in.bad, errs.All(err)...).Err())
}

// whole returns a sum without the sign that it has in a return.
func (in *input) whole(minor int64) int64 {
	if minor < 0 && in.o.Return && in.flip {
		return -minor
	}
	return minor
}

func (in *input) rate() {
	text := in.r.Text("rate")
	in.o.Rate = 0
	if text == "" || in.o.Currency == in.r.View.Workspace.Currency {
		return
	}
	p, err := money.ParsePrice(text, in.sep(), "")
	if err != nil || p <= 0 {
		in.bad.Add(errs.InvalidField("rate", "order.rate"))
		return
	}
	in.o.Rate = int64(p)
}

// moment reads the day and the time of it. What the form showed stays to the
// millisecond.
func (in *input) moment() {
	day, clock := in.r.Text("ordered_at"), in.r.Text("ordered_time")
	zone := in.r.View.Zone
	if was := in.o.At.In(zone); !in.o.At.IsZero() && was.Format(time.DateOnly) == day && was.Format("15:04") == clock {
		return
	}
	if clock == "" {
		clock = "12:00"
	}
	t, err := time.ParseInLocation("2006-01-02 15:04", day+" "+clock, zone)
	if err != nil {
		in.bad.Add(errs.InvalidField("ordered_at", "date.invalid"))
		return
	}
	in.o.At = t.UTC()
}

func (in *input) owner() {
	id, err := in.r.MaybeID("owner_id")
	if err != nil {
		in.bad.Add(errs.InvalidField("owner_id", "error.choice"))
	}
	in.o.Owner = id
}

// returns reads which order a return belongs to, by its number.
func (in *input) returns() {
	in.o.Returns = ids.ID{}
	number := in.r.Text("returns")
	if number == "" || !in.o.Return {
		return
	}
	id, ok, err := orders.ByNumber(in.r.Context(), in.tx, number)
	if err != nil {
		in.failed = err
	}
	if !ok {
		in.bad.Add(errs.InvalidField("returns_id", "order.returns.none", "number", number))
	}
	in.o.Returns = id
}

// customer reads whose order it is: the one chosen from a list, the one whom
// the form showed if their name still stands there, or the one whom the name means.
func (in *input) customer() {
	text := in.r.Text("customer")
	in.o.Customer = ids.ID{}
	if text == "" {
		return
	}
	if id, err := in.r.MaybeID("customer_pick"); err == nil && !id.IsZero() {
		in.o.Customer = id
		return
	}
	if id, err := in.r.MaybeID("customer_id"); err == nil && !id.IsZero() && text == in.r.Text("customer_known") {
		in.o.Customer = id
		return
	}
	name, _, _ := strings.Cut(text, labelSep)
	hits, err := in.p.Search.Find(in.r.Context(), in.tx, name, search.Options{Kind: "customer", Limit: 20})
	if err != nil {
		in.failed = err
		return
	}
	var all, same, folded []other
	for _, h := range hits {
		o := other{h.Ref, h.Title}
		if h.Detail != "" {
			o.label += labelSep + h.Detail
		}
		all = append(all, o)
		if text == h.Title || text == o.label {
			same = append(same, o)
		}
		if fold.Text(h.Title) == fold.Text(text) {
			folded = append(folded, o)
		}
	}
	if len(same) == 0 {
		same = folded
	}
	switch {
	case len(same) == 1:
		in.o.Customer = same[0].id
	case len(same) > 1:
		in.ask(same, "order.customer.many")
	case len(all) > 0:
		in.ask(all, "order.customer.choose")
	default:
		in.number(text)
	}
}

// number takes the customer whose number was typed.
func (in *input) number(text string) {
	id, ok, err := customers.ByExternalID(in.r.Context(), in.tx, text)
	if err != nil {
		in.failed = err
	}
	if !ok {
		in.bad.Add(errs.InvalidField("customer_id", "order.customer.none"))
	}
	in.o.Customer = id
}

// ask has the form offer a list in place of the text.
func (in *input) ask(list []other, key string) {
	in.picks = list
	in.bad.Add(errs.InvalidField("customer_id", key))
}

// lines reads the rows of lines. They carry the numbers of the lines that they
// show.
func (in *input) lines() {
	shown, err := productsOf(in.r.Context(), in.tx, &orders.Order{Lines: in.was})
	if err != nil {
		in.failed = err
		return
	}
	in.o.Lines, in.rows = nil, nil
	var texts []string
	for _, i := range in.r.Rows("lines") {
		text := in.r.Text(ui.RowName("lines", i, "product"))
		rest := in.r.Text(ui.RowName("lines", i, "quantity")) + in.r.Text(ui.RowName("lines", i, "price"))
		if text == "" && trimmed(rest) == "" {
			continue // an empty row
		}
		n, _ := strconv.ParseInt(in.r.Text(ui.RowName("lines", i, "n")), 10, 64)
		l := orders.Line{}
		if k := slices.IndexFunc(in.was, func(w orders.Line) bool { return w.N == n && n != 0 }); k >= 0 {
			l = in.was[k]
			if lineLabel(in.r.View, &l, shown) != text {
				l = orders.Line{N: n, Tax: l.Tax}
			}
		}
		in.o.Lines, in.rows, texts = append(in.o.Lines, l), append(in.rows, i), append(texts, text)
	}
	products := in.products(texts)
	for id, b := range shown {
		products[id] = b
	}
	for k := range in.o.Lines {
		in.line(k, texts[k], products)
	}
}

// products finds what the texts of new lines mean, and gives the lines their
// products. A text that means none is a line of its own.
func (in *input) products(texts []string) map[ids.ID]catalog.Brief {
	var codes []string
	for _, text := range texts {
		codes = append(codes, text, codeOf(text))
	}
	byCode, err := catalog.ByCode(in.r.Context(), in.tx, codes)
	if err != nil {
		in.failed = err
	}
	found := map[ids.ID]catalog.Brief{}
	for k, text := range texts {
		l := &in.o.Lines[k]
		if text == "" || l.Code+l.Name != "" || !l.Product.IsZero() {
			continue
		}
		b, ok := byCode[text]
		if !ok {
			b, ok = byCode[codeOf(text)]
		}
		if !ok {
			b, ok = in.named(text)
		}
		if !ok {
			l.Name = text
			continue
		}
		l.Product, l.Code = b.ID, b.Code
		found[b.ID] = b
	}
	return found
}

// codeOf returns the code at the end of a label: "Pompa · PA-125".
func codeOf(text string) string {
	if i := strings.LastIndex(text, labelSep); i >= 0 {
		return text[i+len(labelSep):]
	}
	return ""
}

// named returns the one product of that name.
func (in *input) named(text string) (catalog.Brief, bool) {
	hits, err := in.p.Search.Find(in.r.Context(), in.tx, text, search.Options{Kind: "product", Limit: 20})
	if err != nil {
		in.failed = err
		return catalog.Brief{}, false
	}
	want := make([]ids.ID, len(hits))
	for i, h := range hits {
		want[i] = h.Ref
	}
	found, err := catalog.Briefs(in.r.Context(), in.tx, want)
	if err != nil {
		in.failed = err
	}
	key := fold.Text(text)
	var same []catalog.Brief
	for _, b := range found {
		if fold.Text(b.NameID) == key || fold.Text(b.NameEN) == key || fold.Text(b.Code) == key {
			same = append(same, b)
		}
	}
	if len(same) != 1 {
		return catalog.Brief{}, false
	}
	return same[0], true
}

// line reads the numbers of a line.
func (in *input) line(k int, text string, products map[ids.ID]catalog.Brief) {
	i, l := in.rows[k], &in.o.Lines[k]
	if text == "" {
		in.bad.Add(errs.InvalidField(ui.RowName("lines", i, "product"), "order.line_what"))
	}
	l.Quantity = orders.One
	if s := in.r.Text(ui.RowName("lines", i, "quantity")); s != "" {
		q, err := money.ParsePrice(s, in.sep(), "")
		if err != nil {
			in.bad.Add(errs.InvalidField(ui.RowName("lines", i, "quantity"), "number.invalid"))
		}
		l.Quantity = orders.Quantity(q)
	}
	in.price(i, l, products)
	in.lineDiscount(i, l)
	if l.Tax < 0 && l.Quantity > 0 && in.flip {
		l.Tax = -l.Tax // it is turned again with its line
	}
}

func (in *input) price(i int, l *orders.Line, products map[ids.ID]catalog.Brief) {
	field := ui.RowName("lines", i, "price")
	if s := in.r.Text(field); s != "" {
		p, err := money.ParsePrice(s, in.sep(), in.o.Currency)
		if err != nil {
			in.bad.Add(errorOf(field, err))
		}
		l.Price = p
		return
	}
	b, ok := products[l.Product]
	if !ok || b.Price == nil || b.Currency != in.o.Currency {
		in.bad.Add(errs.InvalidField(field, "order.price_needed"))
		return
	}
	l.Price = *b.Price
}

func (in *input) lineDiscount(i int, l *orders.Line) {
	l.Discount = 0
	field := ui.RowName("lines", i, "discount")
	text := in.r.Text(field)
	if text == "" {
		return
	}
	alone := orders.Order{At: in.tx.Now, Currency: in.o.Currency, Lines: []orders.Line{{Name: "x", Quantity: l.Quantity, Price: l.Price}}}
	if alone.Normalize(in.o.Currency) != nil {
		return // what is wrong with the line is said at its quantity
	}
	l.Discount = in.share(field, alone.Total, text)
}

// share reads an amount, or a share of whole in per cent: "10%".
func (in *input) share(field string, whole int64, text string) int64 {
	if text = trimmed(text); text == "" {
		return 0
	}
	s, percent := strings.CutSuffix(text, "%")
	if !percent {
		a, err := money.Parse(text, in.sep(), in.o.Currency)
		if err != nil {
			in.bad.Add(errorOf(field, err))
		}
		return a.Minor
	}
	rate, err := money.ParseNumber(trimmed(s), in.sep())
	if err == nil {
		rate, err = rate.Mul(hundredth)
	}
	if err != nil {
		in.bad.Add(errs.InvalidField(field, "number.invalid"))
		return 0
	}
	a, err := money.Amount{Minor: whole, Currency: in.o.Currency}.Mul(rate)
	if err != nil {
		in.bad.Add(errorOf(field, err))
	}
	return a.Minor
}

var hundredth = decimal.MustNew(1, 2)

// inForm returns err with the fields named as the form names them.
func (in *input) inForm(err error) error {
	list := errs.All(err)
	if len(list) == 0 {
		return err
	}
	out := make(errs.List, len(list))
	for k, e := range list {
		moved := *e
		if rest, ok := strings.CutPrefix(e.Field, "lines."); ok && in != nil {
			num, sub, _ := strings.Cut(rest, ".")
			as := map[string]string{"product_code": "product", "name": "product", "unit_price": "price"}
			if to, ok := as[sub]; ok {
				sub = to
			}
			if i, err := strconv.Atoi(num); err == nil && i < len(in.rows) && !in.own(e.Field) {
				moved.Field = ui.RowName("lines", in.rows[i], sub)
			}
		}
		out[k] = &moved
	}
	return out.Err()
}

// own reports whether a field was named by the form itself.
func (in *input) own(field string) bool {
	return slices.ContainsFunc(in.bad, func(e *errs.Error) bool { return e.Field == field })
}
