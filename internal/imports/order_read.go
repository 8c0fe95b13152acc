package imports

import (
	"math"
	"math/big"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/sheet"
)

// An orderRow is what a row says: a line, its order and who bought.
type orderRow struct {
	record
	number string
	line   orders.Line // its Name is what the row calls the product
	head   *orderHead
	buyer  *buyer
}

// An orderHead is what a row says of its order. Rows that say the same, one
// after another, share it.
type orderHead struct {
	cells    []string
	problems []Problem

	at       time.Time
	currency money.Currency
	named    bool // whether the row names the currency
	channel  orders.Channel
	shop     string
	status   orders.Status
	returned bool
	note     string
}

// A buyer is what a row says of the customer, shared likewise.
type buyer struct {
	cells    []string
	problems []Problem
	c        customers.Customer // normalized, if it is somebody
	somebody bool
}

// keysOf returns what the buyer has of a key.
func (b *buyer) keysOf(kind customers.KeyKind) []string {
	if kind != customers.KeyName {
		return b.c.Keys(kind)
	}
	if key := fold.Name(b.c.Name); key != "" {
		return []string{key}
	}
	return nil
}

// An orderReader reads rows.
type orderReader struct {
	p     *orderProgram
	list  []*orderRow // read and not taken yet
	head  *orderHead  // of the row before
	buyer *buyer
}

// heldRows is how many rows of one order are kept for what comes next.
const heldRows = 4096

// take leaves the rows of the last order, unless it is the end: more of them
// may follow.
func (r *orderReader) take(end bool) (work, int) {
	n := len(r.list)
	if !end && n > 0 {
		last := r.list[n-1].number
		for n > 0 && r.list[n-1].number == last {
			n--
		}
		if n == 0 && len(r.list) > heldRows {
			n = len(r.list)
		}
	}
	w := &orderWork{p: r.p, rows: r.list[:n:n]}
	r.list = slices.Clone(r.list[n:])
	return w, n
}

func (r *orderReader) read(row *sheet.Row) *record {
	o := &orderRow{}
	r.list = append(r.list, o)
	if !o.begin(row) {
		return &o.record
	}
	p := r.p
	o.number, o.line.Code, o.line.Name = o.cell(p.number), o.cell(p.code), o.cell(p.name)
	o.name = o.number
	if o.number == "" {
		o.bad(p.number, true, "import.no_number")
	}
	if o.line.Code == "" && o.line.Name == "" {
		o.bad(p.code, true, "import.no_product")
	}
	o.short(p.number, o.number, 100)
	o.short(p.code, o.line.Code, 100)
	o.short(p.name, o.line.Name, 300)
	r.readHead(o)
	r.readBuyer(o)
	p.readLine(o)
	return &o.record
}

// short refuses a text that is too long or that no database holds.
func (r *record) short(column int, s string, limit int) {
	if _, err := fold.Clean(s); err != nil {
		r.bad(column, true, "error.text_invalid")
	} else if len(s) > limit && utf8.RuneCountInString(s) > limit {
		r.bad(column, true, "error.too_long", "max", limit)
	}
}

// sameCells reports whether a row has the given cells in columns.
func sameCells(r *record, columns []int, cells []string) bool {
	for i, c := range columns {
		s := ""
		if c < len(r.cells) {
			s = r.cells[c]
		}
		if cells[i] != s {
			return false
		}
	}
	return true
}

func pick(r *record, columns []int) []string {
	cells := make([]string, len(columns))
	for i, c := range columns {
		if c < len(r.cells) {
			cells[i] = r.cells[c]
		}
	}
	return cells
}

// readHead reads what the row says of its order.
func (r *orderReader) readHead(o *orderRow) {
	if r.head == nil || !sameCells(&o.record, r.p.headColumns, r.head.cells) {
		h := &orderHead{cells: pick(&o.record, r.p.headColumns), currency: r.p.currency}
		x := record{cells: o.cells}
		r.p.readHead(&x, h)
		h.problems = x.problems
		r.head = h
	}
	o.head = r.head
	o.add(r.head.problems)
}

// add takes over problems that rows share.
func (r *record) add(list []Problem) {
	for _, p := range list {
		r.problems = append(r.problems, p)
		r.refused = r.refused || p.Fatal
	}
}

func (p *orderProgram) readHead(r *record, h *orderHead) {
	column := func(field string) (string, int) {
		c := in(p.columns, field)
		return r.cell(c), c
	}
	s, c := column("date")
	at, err := locale.ParseDateTime(s, p.order, p.zone)
	if y := at.Year(); err != nil || y < 1900 || y > 2200 {
		r.bad(c, true, "date.invalid")
	}
	h.at = at.UTC().Truncate(time.Millisecond)
	if s, c := column("currency"); s != "" {
		if h.currency, err = money.ParseCurrency(s); err != nil {
			r.bad(c, true, "money.currency")
		}
		h.named = true
	}
	h.shop, c = column("shop")
	r.short(c, h.shop, 300)
	h.note, c = column("note")
	r.short(c, h.note, 20_000)
	if s, _ := column("channel"); s != "" {
		v, ok := choose[orders.Channel](channelOf, s)
		if !ok { // the word isn't lost: it says which one
			v = "other"
			if h.shop == "" {
				h.shop = s
			}
		}
		h.channel = v
	}
	if s, c := column("status"); s != "" {
		v, ok := choose[orders.Status](orderStatus, s)
		if !ok {
			r.bad(c, false, "import.order_status")
		}
		h.status = v
	}
	if s, c := column("return"); s != "" && !blank(s) {
		switch yesWords[fold.Text(s)] {
		case "yes":
			h.returned = true
		case "no":
		default:
			r.bad(c, true, "import.yes_no")
		}
	}
}

// readBuyer reads what the row says of the customer.
func (r *orderReader) readBuyer(o *orderRow) {
	if r.buyer == nil || !sameCells(&o.record, r.p.buyerColumns, r.buyer.cells) {
		b := &buyer{cells: pick(&o.record, r.p.buyerColumns)}
		x := record{cells: o.cells}
		r.p.readBuyer(&x, b)
		b.problems = x.problems
		r.buyer = b
	}
	o.buyer = r.buyer
	o.add(r.buyer.problems)
}

func (p *orderProgram) readBuyer(r *record, b *buyer) {
	word := func(field string) string {
		s := r.cell(in(p.columns, field))
		if blank(s) {
			return ""
		}
		return s
	}
	c := &b.c
	c.Kind, c.ExternalID, c.Name = customers.Person, word("customer"), r.cell(in(p.columns, "customer_name"))
	if s := word("email"); s != "" {
		c.Emails = []customers.Email{{Value: s}}
	}
	if s := word("phone"); s != "" {
		c.Phones = []customers.Phone{{Value: s}}
	}
	a := customers.Address{City: word("city"), Country: word("country")}
	if a.City != "" || a.Country != "" {
		c.Addresses = []customers.Address{a}
	}
	if c.ExternalID == "" && c.Name == "" && len(c.Emails) == 0 && len(c.Phones) == 0 {
		return
	}
	b.somebody = true
	for _, e := range errs.All(c.Normalize(p.region)) {
		list, _, _ := strings.Cut(e.Field, ".")
		field, ok := map[string]string{"external_id": "customer", "name": "customer_name", "emails": "email", "phones": "phone", "addresses": "country"}[list]
		if !ok {
			field = "customer"
		}
		r.bad(in(p.columns, field), true, e.Key, e.Args...)
	}
}

// readLine reads quantity, price and what is taken off or added.
func (p *orderProgram) readLine(o *orderRow) {
	l := &o.line
	l.Quantity = orders.One
	if s := o.cell(p.quantity); s != "" {
		n, ok := millionths(s, p.decimal)
		if !ok {
			o.bad(p.quantity, true, "import.number")
		}
		l.Quantity = orders.Quantity(n)
	}
	p.readPrice(o)
	if o.refused {
		return
	}
	gross := func() int64 { return grossOf(l, o.head.currency) }
	l.Discount = p.share(o, p.discount, gross)
	l.Tax = p.share(o, p.tax, func() int64 { return gross() - l.Discount })
}

// readPrice reads the price of one unit, or makes it of what the line costs.
func (p *orderProgram) readPrice(o *orderRow) {
	l := &o.line
	column, s := p.price, o.cell(p.price)
	if s == "" {
		column, s = p.amount, o.cell(p.amount)
	}
	if s == "" {
		column = p.price
		if column == none {
			column = p.amount
		}
		o.bad(column, true, "import.no_price")
		return
	}
	n, ok := plainMillionths(s, p.decimal)
	if !ok {
		v, err := money.ParsePrice(s, p.decimal, o.head.currency)
		for _, e := range errs.All(err) {
			o.bad(column, true, e.Key, e.Args...)
		}
		n = int64(v)
	}
	if column == p.amount && column != p.price {
		if l.Quantity == 0 {
			l.Quantity = orders.One
		}
		n = perUnit(n, int64(l.Quantity))
	}
	l.Price = money.Price(n)
}

// perUnit returns amount ÷ quantity, all in millionths.
func perUnit(amount, quantity int64) int64 { return scale(amount, int64(orders.One), quantity) }

// grossOf returns quantity × price in minor units.
func grossOf(l *orders.Line, c money.Currency) int64 {
	unit := int64(orders.One) * int64(orders.One)
	for range c.Digits() {
		unit /= 10
	}
	return scale(int64(l.Quantity), int64(l.Price), unit)
}

// scale returns n × by ÷ of, rounded half away from zero, or the most that an
// int64 holds, which no order may have.
func scale(n, by, of int64) int64 {
	x := new(big.Int).Mul(big.NewInt(n), big.NewInt(by))
	d := big.NewInt(of)
	half := new(big.Int).Quo(new(big.Int).Abs(d), big.NewInt(2))
	if x.Sign()*d.Sign() < 0 {
		half.Neg(half)
	}
	if d.Sign() < 0 {
		half.Neg(half)
	}
	x.Quo(x.Add(x, half), d)
	if !x.IsInt64() {
		return math.MaxInt64
	}
	return x.Int64()
}

// share reads an amount of money in minor units, or a percentage of what base
// returns.
func (p *orderProgram) share(o *orderRow, column int, base func() int64) int64 {
	s := o.cell(column)
	if s == "" || blank(s) {
		return 0
	}
	if rest, ok := strings.CutSuffix(s, "%"); ok {
		n, ok := millionths(strings.TrimSpace(rest), p.decimal)
		if !ok || n < 0 || n > 100*int64(orders.One) {
			o.bad(column, true, "import.number")
			return 0
		}
		return scale(base(), n, 100*int64(orders.One))
	}
	a, err := money.Parse(s, p.decimal, o.head.currency)
	for _, e := range errs.All(err) {
		o.bad(column, true, e.Key, e.Args...)
	}
	return a.Minor
}
