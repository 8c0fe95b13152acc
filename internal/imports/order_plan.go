package imports

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/orders"
)

// An orderWork is rows that are handled together.
type orderWork struct {
	p    *orderProgram
	rows []*orderRow
}

// An orderPlan is what is to be done for them.
type orderPlan struct {
	outcome
	customers []*customers.Customer // that are made
	products  []*catalog.Product    // that are made
	named     map[ids.ID]string     // products without a name get one
	add       []*orders.Order
	replace   []replaced
	more      []*orders.Order // with further lines of what this import has begun
	met       []ids.ID        // orders that were there before the import
}

// A replaced order was there before the import.
type replaced struct{ old, cur *orders.Order }

// An orderGroup is the rows of one order.
type orderGroup struct {
	number string
	rows   []*orderRow
}

// An orderPlanner decides what is to be done.
type orderPlanner struct {
	p      *orderProgram
	mode   Mode
	tx     *db.Tx
	plan   *orderPlan
	groups []*orderGroup

	known  map[string]ids.ID        // orders by number
	begun  map[ids.ID]bool          // of those, the ones that this import has replaced
	stored map[ids.ID]*orders.Order // those that the actor may see
	codes  map[string]*orderProduct // products by code
	buyers map[buyerKey][]ids.ID    // customers by what they have
	seen   map[ids.ID]bool          // customers whom the actor may see; nil if all
}

type orderProduct struct {
	id     ids.ID
	names  [2]string
	made   *catalog.Product // by this plan
	anonym bool             // stored without a name
}

type buyerKey struct {
	kind customers.KeyKind
	key  string
}

// plan decides what is to be done. It only reads.
func (w *orderWork) plan(ctx context.Context, tx *db.Tx, job ids.ID, mode Mode) (change, error) {
	l := &orderPlanner{
		p: w.p, mode: mode, tx: tx, plan: &orderPlan{named: map[ids.ID]string{}},
		codes: map[string]*orderProduct{}, buyers: map[buyerKey][]ids.ID{},
	}
	l.group(w.rows)
	if err := l.lookUp(ctx, job); err != nil {
		return nil, err
	}
	for _, g := range l.groups {
		if err := l.order(g); err != nil {
			return nil, err
		}
	}
	return l.plan, nil
}

// group puts the rows of each order together, and counts those that are none.
func (l *orderPlanner) group(rows []*orderRow) {
	at := map[string]*orderGroup{}
	for _, r := range rows {
		switch {
		case r.empty:
			l.plan.Skipped++
			continue
		case r.refused:
			l.plan.refuse(&r.record, r.problems)
			continue
		}
		g := at[r.number]
		if g == nil {
			g = &orderGroup{number: r.number}
			at[r.number] = g
			l.groups = append(l.groups, g)
		}
		g.rows = append(g.rows, r)
	}
}

// lookUp asks once for all rows what is known of their orders, products and
// customers.
func (l *orderPlanner) lookUp(ctx context.Context, job ids.ID) error {
	if err := l.lookUpOrders(ctx, job); err != nil {
		return err
	}
	if err := l.lookUpProducts(ctx); err != nil {
		return err
	}
	return l.lookUpBuyers(ctx)
}

func (l *orderPlanner) lookUpOrders(ctx context.Context, job ids.ID) error {
	numbers := make([]string, len(l.groups))
	for i, g := range l.groups {
		numbers[i] = g.number
	}
	var err error
	if l.known, err = orders.ByNumbers(ctx, l.tx, numbers); err != nil || len(l.known) == 0 {
		return err
	}
	want := make([]ids.ID, 0, len(l.known))
	for _, id := range l.known {
		want = append(want, id)
	}
	slices.SortFunc(want, compareIDs)
	replaced, err := db.ListIn(ctx, l.tx, db.One[ids.ID], want, `SELECT order_id FROM import_order WHERE import_id = $1 AND order_id IN ($list)`, job)
	if err != nil {
		return err
	}
	l.begun = map[ids.ID]bool{}
	for _, id := range replaced {
		l.begun[id] = true
	}
	list, err := orders.Heads(ctx, l.tx, want)
	if err != nil {
		return err
	}
	// The lines are needed of those only that are to be replaced.
	old := list[:0:0]
	l.stored = map[ids.ID]*orders.Order{}
	for i := range list {
		if o := &list[i]; l.isBegun(o) || l.mode == Create {
			l.stored[o.ID] = o
		} else {
			old = append(old, *o)
		}
	}
	if err := orders.LoadLines(ctx, l.tx, old); err != nil {
		return err
	}
	for i := range old {
		l.stored[old[i].ID] = &old[i]
	}
	return nil
}

// isBegun reports whether this import has made or replaced an order.
func (l *orderPlanner) isBegun(o *orders.Order) bool {
	if l.p.dry != nil {
		return l.p.dry.numbers[hashKey("", o.Number)]
	}
	return l.begun[o.ID] || o.CreatedOp == l.tx.Op && !l.tx.Op.IsZero()
}

func (l *orderPlanner) lookUpProducts(ctx context.Context) error {
	var codes []string
	asked := map[string]bool{}
	for _, g := range l.groups {
		for _, r := range g.rows {
			if c := r.line.Code; c != "" && !asked[c] {
				asked[c] = true
				codes = append(codes, c)
			}
		}
	}
	found, err := catalog.ByCode(ctx, l.tx, codes)
	for code, b := range found {
		l.codes[code] = &orderProduct{id: b.ID, names: [2]string{b.NameID, b.NameEN}, anonym: b.NameID == "" && b.NameEN == ""}
	}
	return err
}

func (l *orderPlanner) lookUpBuyers(ctx context.Context) error {
	want := map[customers.KeyKind][]string{}
	asked := map[*buyer]bool{}
	for _, g := range l.groups {
		for _, r := range g.rows {
			if asked[r.buyer] || !r.buyer.somebody {
				continue
			}
			asked[r.buyer] = true
			if kind, keys := l.keyOf(r.buyer); len(keys) > 0 {
				want[kind] = append(want[kind], keys...)
			}
		}
	}
	var all []ids.ID
	for kind, keys := range want {
		slices.Sort(keys)
		keys = slices.Compact(keys)
		found, err := customers.Holders(ctx, l.tx, kind, keys)
		if err != nil {
			return err
		}
		second := map[string]ids.ID{}
		if kind != customers.KeyNumber && len(found) > 0 {
			if second, err = customers.SecondHolders(ctx, l.tx, kind, keys); err != nil {
				return err
			}
		}
		for key, id := range found {
			list := []ids.ID{id}
			if other, ok := second[key]; ok && other != id {
				list = append(list, other)
			}
			all = append(all, list...)
			l.buyers[buyerKey{kind, key}] = list
		}
	}
	if l.tx.Who.Sight == db.SeeAll || len(all) == 0 {
		return nil
	}
	seen, err := customers.List.Seen(ctx, l.tx, all)
	l.seen = map[ids.ID]bool{}
	for _, id := range seen {
		l.seen[id] = true
	}
	return err
}

// keyOf returns the first of the import's keys that a buyer has.
func (l *orderPlanner) keyOf(b *buyer) (customers.KeyKind, []string) {
	for _, kind := range l.p.keys {
		if keys := b.keysOf(kind); len(keys) > 0 {
			return kind, keys
		}
	}
	return "", nil
}

// customer returns who bought, who is made if nobody is known by that key. It
// is the zero ID if the buyer has none.
func (l *orderPlanner) customer(b *buyer) (ids.ID, error) {
	if !b.somebody {
		return ids.ID{}, nil
	}
	kind, keys := l.keyOf(b)
	if len(keys) == 0 {
		return ids.ID{}, nil
	}
	var found []ids.ID
	for _, key := range keys {
		for _, id := range l.buyers[buyerKey{kind, key}] {
			if !slices.Contains(found, id) {
				found = append(found, id)
			}
		}
	}
	if len(found) > 1 {
		return ids.ID{}, errs.New(errs.Invalid, "import.key.several")
	}
	if len(found) == 1 {
		if l.seen != nil && !l.seen[found[0]] && !l.made(found[0]) {
			return ids.ID{}, errs.New(errs.Invalid, "import.key.hidden")
		}
		return found[0], nil
	}
	return l.makeCustomer(b, kind, keys), nil
}

// made reports whether a customer is made by the plan.
func (l *orderPlanner) made(id ids.ID) bool {
	return slices.ContainsFunc(l.plan.customers, func(c *customers.Customer) bool { return c.ID == id })
}

func (l *orderPlanner) makeCustomer(b *buyer, kind customers.KeyKind, keys []string) ids.ID {
	c := b.c.Clone()
	c.ID = ids.New(l.tx.Now)
	before := false // earlier rows of a dry run would have made them
	if l.p.dry != nil {
		for _, key := range keys {
			before = before || l.p.dry.buyers[hashKey(kind, key)]
		}
	}
	for _, k := range keyKinds {
		for _, key := range b.keysOf(k) {
			at := buyerKey{k, key}
			l.buyers[at] = append(l.buyers[at], c.ID)
			if l.p.dry != nil {
				l.p.dry.buyers[hashKey(k, key)] = true
			}
		}
	}
	if !before {
		l.plan.Customers++
	}
	l.plan.customers = append(l.plan.customers, &c)
	return c.ID
}

// product returns the product that a line names by its code, which is made if
// there is none. The first name that is told of it is its name.
func (l *orderPlanner) product(line *orders.Line) *orderProduct {
	p := l.codes[line.Code]
	if p == nil {
		made := &catalog.Product{ID: ids.New(l.tx.Now), Code: line.Code, Currency: l.p.base}
		p = &orderProduct{id: made.ID, made: made, anonym: true}
		l.codes[line.Code] = p
		l.plan.products = append(l.plan.products, made)
		if l.p.dry == nil || !l.p.dry.codes[hashKey("", line.Code)] {
			l.plan.Products++
		}
		if l.p.dry != nil {
			l.p.dry.codes[hashKey("", line.Code)] = true
		}
	}
	if p.anonym && line.Name != "" {
		p.anonym, p.names[0] = false, line.Name
		if p.made != nil {
			p.made.NameID = line.Name
			if isCharge(line.Name) {
				p.made.Offering = catalog.Never
			}
		} else {
			l.plan.named[p.id] = line.Name
		}
	}
	return p
}

// lines returns the lines of an order as its rows say them.
func lines(rows []*orderRow) []orders.Line {
	list := make([]orders.Line, len(rows))
	for i, r := range rows {
		list[i] = r.line
	}
	return list
}

// identify gives lines their products.
func (l *orderPlanner) identify(list []orders.Line, rows []*orderRow) {
	for i, r := range rows {
		if r.line.Code == "" {
			continue
		}
		p := l.product(&r.line)
		list[i].Product = p.id
		if r.line.Name == p.names[0] || r.line.Name == p.names[1] {
			list[i].Name = "" // as the product is called
		}
	}
}

// order decides about one order.
func (l *orderPlanner) order(g *orderGroup) error {
	id, known := l.known[g.number]
	old := l.stored[id]
	switch {
	case known && old == nil:
		l.refuse(g.rows, errs.New(errs.Invalid, "import.order.hidden"))
		return nil
	case known && l.isBegun(old):
		return l.extend(g, old)
	case !known && l.p.dry != nil && l.p.dry.numbers[hashKey("", g.number)]:
		return l.extend(g, nil)
	case known && l.mode == Create, !known && l.mode == Update:
		l.plan.Skipped += int64(len(g.rows))
		return nil
	}
	return l.whole(g, old)
}

// refuse refuses all rows of an order.
func (l *orderPlanner) refuse(rows []*orderRow, err error) {
	for _, r := range rows {
		l.plan.refuseFor(&r.record, err)
	}
}

// whole makes an order, or replaces old if it isn't nil.
func (l *orderPlanner) whole(g *orderGroup, old *orders.Order) error {
	rows, customer, err := l.owner(g.rows, ids.ID{})
	if err != nil || len(rows) == 0 {
		return err
	}
	var o orders.Order
	for {
		o = l.head(g.number, rows, old)
		if !customer.IsZero() {
			o.Customer = customer
		}
		o.Lines = lines(rows)
		l.turn(&o)
		err := o.Normalize(l.p.base)
		if err == nil {
			break
		}
		if rows = l.without(rows, err); len(rows) == 0 {
			return nil
		}
	}
	l.identify(o.Lines, rows)
	if l.p.dry != nil {
		l.p.dry.numbers[hashKey("", g.number)] = true
	}
	count := &l.plan.Created
	switch {
	case old == nil:
		o.ID = ids.New(l.tx.Now)
		l.plan.add = append(l.plan.add, &o)
		l.plan.Orders++
	case sameOrder(old, &o):
		count = &l.plan.Skipped
		l.plan.met = append(l.plan.met, old.ID)
	default:
		count = &l.plan.Updated
		l.plan.met = append(l.plan.met, old.ID)
		l.plan.replace = append(l.plan.replace, replaced{old, &o})
		l.plan.Orders++
	}
	l.count(count, rows, &o)
	return nil
}

// count counts rows that came in as lines of an order.
func (l *orderPlanner) count(as *int64, rows []*orderRow, o *orders.Order) {
	*as += int64(len(rows))
	for _, r := range rows {
		l.plan.imported(&r.record, o.ID)
	}
}

// owner returns the customer of rows of one order, and the rows without those
// that name another one, which are refused. At is who is known to have the
// order already.
func (l *orderPlanner) owner(rows []*orderRow, at ids.ID) ([]*orderRow, ids.ID, error) {
	var first *buyer // asked last
	customer, kept := at, make([]*orderRow, 0, len(rows))
	var of ids.ID
	var bad error
	for _, r := range rows {
		if r.buyer != first {
			first = r.buyer
			if of, bad = l.customer(r.buyer); bad != nil && errs.KindOf(bad) != errs.Invalid {
				return nil, of, bad
			}
		}
		switch {
		case bad != nil:
			l.plan.refuseFor(&r.record, bad)
			continue
		case customer.IsZero():
			customer = of
		case !of.IsZero() && of != customer:
			l.plan.refuseFor(&r.record, errs.New(errs.Invalid, "import.order.other_customer"))
			continue
		}
		kept = append(kept, r)
	}
	return kept, customer, nil
}

// head makes an order of what its first row says, over old if that isn't nil:
// what the file has no column for stays. A file of past sales seldom says that
// they were delivered: they were.
func (l *orderPlanner) head(number string, rows []*orderRow, old *orders.Order) orders.Order {
	h := rows[0].head
	if old == nil {
		o := orders.Order{
			Number: number, At: h.at, Currency: h.currency, Channel: h.channel, Shop: h.shop, Status: cmp.Or(h.status, orders.Delivered), Note: h.note,
		}
		o.Return = l.returned(number, rows)
		return o
	}
	o := old.Clone()
	o.At, o.Return = h.at, l.returned(number, rows)
	if o.Currency != h.currency {
		o.Currency, o.Rate = h.currency, 0
	}
	if h.channel != "" {
		o.Channel = h.channel
	}
	if h.shop != "" {
		o.Shop = h.shop
	}
	if h.status != "" {
		o.Status = h.status
	}
	if h.note != "" {
		o.Note = h.note
	}
	return o
}

// returned reports whether an order is a return.
func (l *orderPlanner) returned(number string, rows []*orderRow) bool {
	if rows[0].head.returned || hasMark(number, l.p.returns.Prefix) {
		return true
	}
	below := false
	for _, r := range rows {
		if r.line.Quantity > 0 {
			return false
		}
		below = below || r.line.Quantity < 0
	}
	return below && l.p.returns.Negative
}

// turn gives the lines of a return that was written without signs their signs.
func (l *orderPlanner) turn(o *orders.Order) {
	if !slices.ContainsFunc(o.Lines, func(x orders.Line) bool { return x.Quantity < 0 }) {
		o.Turn()
	}
}

// without refuses the rows that an error of Normalize is about, all if it is
// about the order, and returns the others.
func (l *orderPlanner) without(rows []*orderRow, err error) []*orderRow {
	bad := map[int]*errs.Error{}
	for _, e := range errs.All(err) {
		list, rest, _ := strings.Cut(e.Field, ".")
		index, _, ok := strings.Cut(rest, ".")
		if list != "lines" || !ok {
			l.refuse(rows, err)
			return nil
		}
		bad[atoi(index)] = e
	}
	var kept []*orderRow
	for i, r := range rows {
		if e := bad[i]; e != nil {
			l.plan.refuseFor(&r.record, e)
		} else {
			kept = append(kept, r)
		}
	}
	if len(kept) == len(rows) { // an error about no row
		l.refuse(rows, err)
		return nil
	}
	return kept
}

// sameOrder reports whether a replacement changes nothing.
func sameOrder(old, o *orders.Order) bool {
	same := old.Customer == o.Customer && old.At.Equal(o.At) && old.Currency == o.Currency && old.Rate == o.Rate && old.Return == o.Return &&
		old.Channel == o.Channel && old.Shop == o.Shop && old.Status == o.Status && old.Note == o.Note
	return same && slices.EqualFunc(old.Lines, o.Lines, func(a, b orders.Line) bool {
		a.N = b.N
		return a == b
	})
}

// extend adds lines to an order that this import has begun in an earlier batch.
// In a dry run that is nil if it would have been made.
func (l *orderPlanner) extend(g *orderGroup, old *orders.Order) error {
	count := &l.plan.Created
	if old != nil && (old.CreatedOp != l.tx.Op || l.tx.Op.IsZero()) {
		count = &l.plan.Updated
	}
	if old == nil {
		old = &orders.Order{Number: g.number, Currency: g.rows[0].head.currency, At: g.rows[0].head.at}
	}
	owner := old.Customer
	if l.p.dry != nil {
		owner = ids.ID{} // it may have been given to another one
	}
	rows, _, err := l.owner(g.rows, owner)
	for err == nil && len(rows) > 0 {
		o := *old
		if o.Count+int64(len(rows)) > orders.MaxLines {
			l.refuse(rows, errs.New(errs.Invalid, "order.too_many_lines", "max", orders.MaxLines))
			return nil
		}
		o.Lines = lines(rows)
		check := o.Clone()
		check.Discount, check.Tax = 0, 0
		if bad := check.Normalize(l.p.base); bad != nil {
			rows = l.without(rows, bad)
			continue
		}
		l.identify(o.Lines, rows)
		l.plan.more = append(l.plan.more, &o)
		l.count(count, rows, &o)
		return nil
	}
	return err
}

// apply stores what was planned.
func (p *orderPlan) apply(ctx context.Context, tx *db.Tx, job ids.ID) error {
	if len(p.customers) > 0 {
		if err := customers.Insert(ctx, tx, p.customers); err != nil {
			return err
		}
	}
	if err := p.storeProducts(ctx, tx); err != nil {
		return err
	}
	if err := orders.Insert(ctx, tx, p.add); err != nil {
		return err
	}
	for _, r := range p.replace {
		if _, err := orders.Replace(ctx, tx, r.old, r.cur); err != nil {
			return err
		}
	}
	if err := orders.Append(ctx, tx, p.more); err != nil {
		return err
	}
	i := 0
	return tx.Copy(ctx, `import_order`, []string{"import_id", "order_id"}, func() ([]any, bool) {
		if i == len(p.met) {
			return nil, false
		}
		i++
		return []any{job, p.met[i-1]}, true
	})
}

func (p *orderPlan) storeProducts(ctx context.Context, tx *db.Tx) error {
	if len(p.products) > 0 {
		if err := catalog.Insert(ctx, tx, p.products); err != nil {
			return err
		}
	}
	want := make([]ids.ID, 0, len(p.named))
	for id := range p.named {
		want = append(want, id)
	}
	slices.SortFunc(want, compareIDs)
	list, err := catalog.GetMany(ctx, tx, want)
	if err != nil {
		return err
	}
	for i := range list {
		next := list[i]
		next.NameID = p.named[next.ID]
		if next.Offering == catalog.Offered && isCharge(next.NameID) {
			next.Offering = catalog.Never
		}
		if err := catalog.Save(ctx, tx, &list[i], &next); err != nil {
			return err
		}
	}
	return nil
}

// complete takes the status of a row that could not be read when it came in.
func (p *orderProgram) complete(ctx context.Context, tx *db.Tx, row *Row) error {
	o := &orderRow{}
	if !o.begin(sheetRow(row)) {
		row.Problems = o.problems
		return nil
	}
	h := &orderHead{}
	x := record{cells: o.cells}
	p.readHead(&x, h)
	row.Problems = slices.DeleteFunc(x.problems, func(b Problem) bool { return b.Column == none })
	if len(row.Problems) > 0 || h.status == "" {
		return nil
	}
	old, err := orders.Get(ctx, tx, row.Record)
	if err != nil {
		return err
	}
	next := old.Clone()
	next.Status = h.status
	if err := next.Normalize(p.base); err != nil {
		return err
	}
	_, err = orders.Save(ctx, tx, &old, &next)
	return err
}
