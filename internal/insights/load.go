package insights

import (
	"bytes"
	"context"
	"errors"
	"math"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights/mart"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/workspace"
)

// enoughCosts is of which share of sales the cost must be known before margins
// are spoken of.
const enoughCosts = .5

// A loader reads orders into a mart, all of them or those of a few customers:
// what comes of a customer is the same.
type loader struct {
	b     mart.Builder
	state State
	base  money.Currency // the workspace's
	span  span
	lead  int64 // minor units in one of the leading currency

	customers *index
	products  map[ids.ID]int32
	raw       []rawCost     // of each product
	orders    []ids.ID      // as they were added
	discounts map[int]int64 // of whole orders, where there is one
	rates     map[int]int64 // of orders in a currency other than base, where it is known
	foreign   []int32       // orders that are not in base
	byID      []int32       // places in orders, by id; nil if they stand in that order

	// keep, if not nil, reports whether models that were learned before stay,
	// now that the state is known: then so does what they took to be earned by
	// what is sold without a known cost, or everybody would change a little
	// with each order.
	keep func(now State) bool
	made []productSum // what facts know of each product

	unknown              []int64   // sold of an order without a known cost; nil if there is none
	some                 sync.Once // makes unknown
	sold, costed, earned float64   // as of linePart
}

// newLoader prepares to read orders as of a state.
func newLoader(ctx context.Context, tx *db.Tx, state State) (*loader, error) {
	set, err := workspace.Get(ctx, tx)
	if err != nil {
		return nil, err
	}
	zone := set.Locale().Zone
	if zone == nil {
		zone = time.UTC
	}
	l := &loader{state: state, base: set.Currency, products: map[ids.ID]int32{}, discounts: map[int]int64{}, rates: map[int]int64{}}
	l.span, err = spanOf(state.AsOf, tx.Now, zone)
	return l, err
}

// loadAll reads everything, and finds out in which currency and whether as
// margin money is spoken of.
func loadAll(ctx context.Context, tx *db.Tx, l *loader, customers []ids.ID) (*mart.Mart, error) {
	if err := l.readProducts(ctx, tx); err != nil {
		return nil, err
	}
	l.b.Customers = customers
	if l.customers == nil {
		l.customers = newIndex(customers)
	}
	n, err := db.Get(ctx, tx, scanPair, `SELECT COUNT(*), CAST(COALESCE(SUM(lines), 0) AS BIGINT) FROM sales_order`)
	if err != nil {
		return nil, err
	}
	l.b.Grow(int(n[0]), roomy(int(n[1])))
	l.orders = make([]ids.ID, 0, n[0])
	err = db.Stream(ctx, tx, l.order, `
		SELECT id, customer_id, ordered_at, currency, rate, is_return, total, discount FROM sales_order
		WHERE status NOT IN ('draft', 'cancelled') AND ordered_at < $1`, l.span.before.UnixMilli())
	if err != nil {
		return nil, err
	}
	l.decide()
	l.convert()
	l.sortOrders()
	if err := l.readLines(ctx, tx, int(n[1])); err != nil {
		return nil, err
	}
	l.judge()
	return l.finish(), nil
}

// readLines reads all lines, on two processors: the first half in tx, the
// others beside it. What changes in between makes its customers anew anyway.
func (l *loader) readLines(ctx context.Context, tx *db.Tx, lines int) error {
	half := len(l.orders) / 2
	if half == 0 {
		return l.readHalf(ctx, tx, l.own(), 0, first, last)
	}
	middle := l.orders[l.place(half)]
	rest := l.b.Part(roomy(lines) / 2)
	second := &linePart{l: l, lines: rest}
	done := make(chan error, 1)
	go func() {
		done <- tx.DB().Read(ctx, db.Who{}, func(tx *db.Tx) error { return l.readHalf(ctx, tx, second, half, middle, last) })
	}()
	own := l.own()
	err := errors.Join(l.readHalf(ctx, tx, own, 0, first, middle), <-done)
	l.add(own)
	l.add(second)
	l.b.Join(rest)
	return err
}

// roomy returns for how many lines room is made, so that each half of the orders
// may have a little more than half of them. Room that isn't used takes no memory.
func roomy(lines int) int { return lines + lines/12 }

// last comes after every id.
var last = ids.ID{255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}

// readHalf reads the lines of the orders from an id up to, not with, another,
// which begin at a place in the order of ids.
func (l *loader) readHalf(ctx context.Context, tx *db.Tx, p *linePart, at int, from, to ids.ID) error {
	var id ids.ID
	return db.Stream(ctx, tx, func(r db.Row) error {
		r.ID(0, &id)
		for at < len(l.orders) && bytes.Compare(l.orders[l.place(at)][:], id[:]) < 0 {
			at++
		}
		if at < len(l.orders) && l.orders[l.place(at)] == id {
			p.line(l.place(at), r)
		}
		return nil
	}, `SELECT order_id, product_id, quantity, amount FROM order_line WHERE order_id >= $1 AND order_id < $2 ORDER BY order_id, n`, from, to)
}

// A linePart reads lines, beside others that read those of other orders.
type linePart struct {
	l     *loader
	lines interface {
		Line(order int, product int32, quantity float32, amount int64)
	}
	sold   float64 // of all purchases
	costed float64 // of those with a known cost
	earned float64 // margin of these
}

// own returns what adds lines to the builder itself.
func (l *loader) own() *linePart { return &linePart{l: l, lines: &l.b} }

// add adds up what parts found.
func (l *loader) add(p *linePart) {
	l.sold += p.sold
	l.costed += p.costed
	l.earned += p.earned
}

func scanPair(s db.Scanner, v *[2]int64) error { return s.Scan(&v[0], &v[1]) }

// errWhole says that more than some customers have to be made anew.
var errWhole = errors.New("a run over all customers is due")

// manyOf is of how many customers on all products are read.
const manyOf = 1000

// loadSome reads what concerns the given customers, whose ids ascend, with
// what the last run over all found. If that holds no more, since an order came
// in a currency that has no rate, it returns errWhole if strict.
func loadSome(ctx context.Context, tx *db.Tx, l *loader, customers []ids.ID, strict bool) (*mart.Mart, error) {
	l.b.Customers = customers
	l.customers = newIndex(customers)
	err := db.StreamIn(ctx, tx, l.order, customers, `
		SELECT id, customer_id, ordered_at, currency, rate, is_return, total, discount FROM sales_order
		WHERE customer_id IN ($list) AND status NOT IN ('draft', 'cancelled') AND ordered_at < $1`, l.span.before.UnixMilli())
	if err != nil {
		return nil, err
	}
	if l.state.Currency == "" {
		l.decide()
	}
	if strict && l.state.Converted && len(l.rates) < len(l.foreign) {
		return nil, errWhole
	}
	if err := l.readTheirProducts(ctx, tx); err != nil {
		return nil, err
	}
	l.convert()
	places := make(map[ids.ID]int, len(l.orders))
	for i, id := range l.orders {
		places[id] = i
	}
	// Lines come order by order, but not in the order of l.orders.
	var id ids.ID
	own := l.own()
	err = db.StreamIn(ctx, tx, func(r db.Row) error {
		r.ID(0, &id)
		own.line(places[id], r)
		return nil
	}, l.orders, `SELECT order_id, product_id, quantity, amount FROM order_line WHERE order_id IN ($list) ORDER BY order_id, n`)
	if err != nil {
		return nil, err
	}
	return l.finish(), nil
}

// readTheirProducts reads the products of the orders that were read.
func (l *loader) readTheirProducts(ctx context.Context, tx *db.Tx) error {
	if len(l.b.Customers) >= manyOf {
		return l.readProducts(ctx, tx)
	}
	var product ids.ID
	seen := map[ids.ID]bool{}
	var of []ids.ID
	err := db.StreamIn(ctx, tx, func(r db.Row) error {
		if r.ID(0, &product); !product.IsZero() && !seen[product] {
			seen[product] = true
			of = append(of, product)
		}
		return nil
	}, l.orders, `SELECT DISTINCT product_id FROM order_line WHERE order_id IN ($list)`)
	if err != nil {
		return err
	}
	return l.readSomeProducts(ctx, tx, of)
}

// A product as the database has it.
type rawProduct struct {
	mart.Product
	family   string
	tier     string
	currency money.Currency
	price    int64 // millionths
	cost     int64
}

// A rawCost is what one of a product costs.
type rawCost struct {
	currency money.Currency
	cost     int64 // millionths; 0 if it is not known, or in another than the leading currency
}

func scanProduct(s db.Scanner, p *rawProduct) error {
	return s.Scan(&p.ID, &p.Code, &p.family, &p.tier, &p.price, &p.cost, &p.currency, &p.Archived)
}

// readProducts reads all products, unless they were read already.
func (l *loader) readProducts(ctx context.Context, tx *db.Tx) error {
	if len(l.products) > 0 {
		return nil
	}
	list, err := db.List(ctx, tx, scanProduct, `SELECT id, code, family, tier, price, cost, currency, archived FROM product ORDER BY id`)
	l.addProducts(list)
	return err
}

func (l *loader) readSomeProducts(ctx context.Context, tx *db.Tx, of []ids.ID) error {
	list, err := db.ListIn(ctx, tx, scanProduct, sortIDs(of), `
		SELECT id, code, family, tier, price, cost, currency, archived FROM product WHERE id IN ($list) ORDER BY id`)
	l.addProducts(list)
	return err
}

// addProducts numbers products, families and tiers.
func (l *loader) addProducts(list []rawProduct) {
	for i := range list {
		if f := list[i].family; f != "" {
			l.b.Families = append(l.b.Families, f)
		}
	}
	slices.Sort(l.b.Families)
	l.b.Families = slices.Compact(l.b.Families)
	tiers := tierNumbers(list)
	for i := range list {
		p := &list[i]
		p.Family = mart.None
		if n, ok := slices.BinarySearch(l.b.Families, p.family); ok && p.family != "" {
			p.Family = int32(n)
		}
		p.Tier = tiers[i]
		p.Price, p.Cost = p.price, p.cost
		l.products[p.ID] = int32(len(l.b.Products))
		l.b.Products = append(l.b.Products, p.Product)
		l.raw = append(l.raw, rawCost{p.currency, p.cost})
		l.made = append(l.made, productSum{p.ID, p.sum()})
	}
}

// tierWords order the words that companies have for their tiers.
var tierWords = []string{"basic", "economy", "ekonomi", "dasar", "entry", "standard", "standar", "regular", "reguler", "plus", "pro", "premium", "deluxe", "ultra"}

// tierNumbers numbers the tiers of each family by their words, if these are
// known, else by the price of the middle product of each.
func tierNumbers(list []rawProduct) []int32 {
	type key struct{ family, tier string }
	prices := map[key][]int64{}
	for i := range list {
		if p := &list[i]; p.family != "" && p.tier != "" {
			k := key{p.family, strings.ToLower(p.tier)}
			prices[k] = append(prices[k], p.price)
		}
	}
	of := map[string][]key{}
	for k := range prices {
		slices.Sort(prices[k])
		of[k.family] = append(of[k.family], k)
	}
	numbers := map[key]int32{}
	for _, keys := range of {
		known := !slices.ContainsFunc(keys, func(k key) bool { return !slices.Contains(tierWords, k.tier) })
		slices.SortFunc(keys, func(a, b key) int {
			if known {
				return slices.Index(tierWords, a.tier) - slices.Index(tierWords, b.tier)
			}
			pa, pb := prices[a], prices[b]
			if d := pa[len(pa)/2] - pb[len(pb)/2]; d != 0 {
				return int(max(-1, min(1, d)))
			}
			return strings.Compare(a.tier, b.tier)
		})
		for i, k := range keys {
			numbers[k] = int32(i + 1)
		}
	}
	tiers := make([]int32, len(list))
	for i := range list {
		tiers[i] = numbers[key{list[i].family, strings.ToLower(list[i].tier)}]
	}
	return tiers
}

// order adds a row of sales_order.
func (l *loader) order(r db.Row) error {
	var id, customer ids.ID
	r.ID(0, &id)
	r.ID(1, &customer)
	at := r.Int(2)
	o := mart.Order{At: at, Amount: r.Int(6), Day: l.span.day(at), Return: r.Int(5) != 0}
	c := money.Currency(r.Text(3))
	o.Currency = l.b.CurrencyNumber(string(c))
	n := l.b.Order(l.customers.find(customer), o)
	l.orders = append(l.orders, id)
	if d := r.Int(7); d != 0 {
		l.discounts[n] = d
	}
	if c != l.base {
		l.foreign = append(l.foreign, int32(n))
		if !r.Null(4) {
			l.rates[n] = r.Int(4)
		}
	}
	return nil
}

// day returns the number of the day of a time.
func (s *span) day(ms int64) int32 { return int32(dayNumber(time.UnixMilli(ms).In(s.zone))) }

// decide finds the leading currency.
func (l *loader) decide() {
	l.state.Currency, l.state.Converted = l.base, true
	if len(l.rates) == len(l.foreign) {
		return
	}
	l.state.Converted = false
	counts := map[uint8]int{}
	for i := range l.b.Orders() {
		counts[l.b.At(i).Currency]++
	}
	most := 0
	for n, name := range l.b.CurrencyNames() {
		c := money.Currency(name)
		if k := counts[uint8(n)]; k > most || k == most && k > 0 && c < l.state.Currency {
			most, l.state.Currency = k, c
		}
	}
}

// convert brings amounts of orders and prices of products into the leading
// currency.
func (l *loader) convert() {
	names := l.b.CurrencyNames()
	l.lead = pow10(l.state.Currency.Digits())
	// Orders are in their currency so far. What has no rate brings nothing.
	if lead := l.state.Currency; lead == l.base {
		for _, n := range l.foreign {
			o := l.b.At(int(n))
			l.b.Convert(int(n), l.amount(int(n), o, names, o.Amount))
		}
	} else {
		for i := range l.b.Orders() {
			if o := l.b.At(i); money.Currency(names[o.Currency]) != lead {
				l.b.Convert(i, 0)
			}
		}
	}
	for i := range l.b.Products {
		p := &l.b.Products[i]
		if l.raw[i].currency != l.state.Currency {
			p.Price, p.Cost, l.raw[i].cost = 0, 0, 0
			continue
		}
		p.Price, p.Cost = millionths(p.Price, l.state.Currency), millionths(p.Cost, l.state.Currency)
	}
}

// convertible reports whether it is known what an order comes to in the leading
// currency.
func (l *loader) convertible(n int, o *mart.Order, names []string) bool {
	if money.Currency(names[o.Currency]) == l.state.Currency {
		return true
	}
	_, ok := l.rates[n]
	return ok && l.state.Currency == l.base
}

// amount converts an amount of an order, in the order's currency, to the
// leading one; 0 if that can't be done.
func (l *loader) amount(n int, o *mart.Order, names []string, v int64) int64 {
	c, lead := money.Currency(names[o.Currency]), l.state.Currency
	switch {
	case c == lead:
		return v
	case !l.convertible(n, o, names):
		return 0
	}
	return mulDiv(v, l.rates[n]*pow10(lead.Digits()), 1_000_000*pow10(c.Digits()))
}

// millionths converts a price in millionths to minor units. 0 is not known.
func millionths(p int64, c money.Currency) int64 { return mulDiv(p, pow10(c.Digits()), 1_000_000) }

func pow10(n int) int64 {
	v := int64(1)
	for range n {
		v *= 10
	}
	return v
}

// mulDiv returns v × a / b, rounded half away from zero, or 0 if it does not
// fit: a rate that is far off is as good as none. a ≥ 0, b > 0.
func mulDiv(v, a, b int64) int64 {
	if a < 0 {
		return 0
	}
	m := uint64(v)
	if v < 0 {
		m = -m
	}
	hi, lo := bits.Mul64(m, uint64(a))
	lo, carry := bits.Add64(lo, uint64(b)/2, 0)
	hi += carry
	if hi >= uint64(b) {
		return 0
	}
	q, _ := bits.Div64(hi, lo, uint64(b))
	if q > math.MaxInt64 {
		return 0
	}
	if v < 0 {
		return -int64(q)
	}
	return int64(q)
}

// sortOrders makes byID, if orders did not come by their ids.
func (l *loader) sortOrders() {
	if slices.IsSortedFunc(l.orders, compare) {
		return
	}
	l.byID = make([]int32, len(l.orders))
	for i := range l.byID {
		l.byID[i] = int32(i)
	}
	slices.SortFunc(l.byID, func(a, b int32) int { return compare(l.orders[a], l.orders[b]) })
}

func (l *loader) place(i int) int {
	if l.byID == nil {
		return i
	}
	return int(l.byID[i])
}

// line adds a row of order_line to an order.
func (q *linePart) line(n int, r db.Row) {
	l := q.l
	var product ids.ID
	r.ID(1, &product)
	quantity, amount := r.Int(2), r.Int(3)
	p := int32(mart.None)
	if !product.IsZero() {
		if found, ok := l.products[product]; ok {
			p = found
		}
	}
	q.lines.Line(n, p, float32(float64(quantity)/1e6), amount)
	o := l.b.At(n)
	value := amount
	if len(l.foreign) > 0 || l.state.Currency != l.base {
		names := l.b.CurrencyNames()
		if !l.convertible(n, o, names) {
			return // it brings nothing: neither its price nor its cost
		}
		value = l.amount(n, o, names, amount)
	}
	bought := quantity > 0 && value > 0
	if bought {
		q.sold += float64(value)
	}
	if p == mart.None || l.raw[p].cost <= 0 {
		// Put aside: what is not known is taken to earn as much as the rest.
		l.some.Do(func() { l.unknown = make([]int64, l.b.Orders()) })
		l.unknown[n] += value
		return
	}
	margin := value - mulDiv(quantity, l.raw[p].cost*l.lead, 1_000_000_000_000)
	o.Margin += margin
	if bought {
		q.costed += float64(value)
		q.earned += float64(margin)
	}
}

// judge finds whether margins are known, once all was read.
func (l *loader) judge() {
	rate := l.state.MarginRate
	l.state.MarginKnown, l.state.MarginRate = 0, 0
	if l.sold > 0 && l.costed > 0 {
		l.state.MarginKnown = math.Round(l.costed/l.sold*1e6) / 1e6
		l.state.MarginRate = int64(math.Round(min(max(l.earned/l.costed, -1), 1) * 1e6))
	}
	l.state.Margin = l.state.MarginKnown >= enoughCosts
	l.state.Orders, l.state.Today = int64(l.b.Orders()), l.span.today
	if l.keep != nil && l.keep(l.state) {
		l.state.MarginRate = rate
	}
}

// finish makes the mart.
func (l *loader) finish() *mart.Mart {
	names := l.b.CurrencyNames()
	for i := range l.b.Orders() {
		o := l.b.At(i)
		if !l.state.Margin {
			o.Margin = o.Amount
			continue
		}
		if d := l.discounts[i]; d != 0 {
			o.Margin -= l.amount(i, o, names, d)
		}
		if l.unknown != nil && l.unknown[i] != 0 {
			o.Margin += signed(l.unknown[i], l.state.MarginRate)
		}
	}
	l.b.AsOf, l.b.Today = l.span.before, l.span.today
	l.b.Currency, l.b.Margin = string(l.state.Currency), l.state.Margin
	l.orders, l.byID, l.unknown = nil, nil, nil
	m := l.b.Mart()
	m.MarginKnown, m.MarginRate = l.state.MarginKnown, l.state.MarginRate
	return m
}

// signed returns v × rate millionths, where rate may be below 0.
func signed(v, rate int64) int64 {
	if rate < 0 {
		return -mulDiv(v, -rate, 1_000_000)
	}
	return mulDiv(v, rate, 1_000_000)
}

// An index finds the places of ids in a sorted list.
type index struct {
	list  []ids.ID
	table []int32 // place + 1; 0 is free
	mask  uint64
}

func newIndex(list []ids.ID) *index {
	size := 1
	for size < 2*len(list)+1 {
		size *= 2
	}
	x := &index{list: list, table: make([]int32, size), mask: uint64(size - 1)}
	for i := range list {
		h := x.hash(&list[i])
		for x.table[h] != 0 {
			h = (h + 1) & x.mask
		}
		x.table[h] = int32(i + 1)
	}
	return x
}

func (x *index) hash(id *ids.ID) uint64 {
	var v uint64
	for _, b := range id[8:] {
		v = v<<8 | uint64(b)
	}
	for _, b := range id[:8] {
		v = bits.RotateLeft64(v, 9) ^ uint64(b)
	}
	v *= 0x9E3779B97F4A7C15
	return (v ^ v>>32) & x.mask
}

// find returns the place of id, or mart.None.
func (x *index) find(id ids.ID) int32 {
	for h := x.hash(&id); x.table[h] != 0; h = (h + 1) & x.mask {
		if i := x.table[h] - 1; x.list[i] == id {
			return i
		}
	}
	return mart.None
}
