package learn

import (
	"cmp"
	"context"
	"errors"
	"math"
	"runtime"
	"slices"

	"github.com/akrab-crm/akrab/internal/insights/basket"
	"github.com/akrab-crm/akrab/internal/insights/kernel"
	"github.com/akrab-crm/akrab/internal/insights/mart"
)

// Edges kept of a product.
const (
	newEdges    = 100
	largeHead   = 2000 // of EASE, where more products than MaxEASE are sold
	mostPairs   = 2_000_000
	mostClimbed = 4000 // products from and to which steps to better versions are looked for
	leastTwice  = 20   // buyers without whom nothing is said of durability
)

// Links is what was learned of products. Products are numbered by their ids,
// ascending, only those that were ever bought: Number is the mart's number of
// each.
type Links struct {
	Basis
	Baskets  int     // orders with products, those of nobody known too
	Buyers   int     // customers who bought a product
	Number   []int32 // of each product in the mart
	Counts   []ProductCount
	Pairs    *basket.Pairs
	Sequels  *basket.Sequels
	Upgrades []kernel.Upgrade // by From, the surest first
	New      *kernel.Graph
	Gaps     *kernel.Gaps
	Chance   Chance // of New, by customers
	Odds     Odds
	Thin     bool // data are too few for odds
	Health   ProductHealth
}

// A ProductCount is how often a product was bought.
type ProductCount struct {
	Buyers   int32 // customers
	Baskets  int32
	Recent   int32 // customers in the last kernel.MomentumDays
	Quantity int64 // mean at once, millionths
	Durable  bool  // seldom bought again
}

// Factor returns what the scores of Links.New, and of the Assoc that is stored
// of it, are multiplied by: what sells better now than it used to comes
// forward.
func Factor(counts []ProductCount) []float64 {
	recent, buyers := make([]int32, len(counts)), make([]int32, len(counts))
	for i, c := range counts {
		recent[i], buyers[i] = c.Recent, c.Buyers
	}
	return kernel.Momentum(recent, buyers, 1)
}

// LearnLinks learns of products from all baskets. Too few data make empty
// links, never an error.
func LearnLinks(ctx context.Context, m *mart.Mart, opt Options) (*Links, error) {
	l := newLinker(ctx, m, opt)
	l.count()
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"pairs", l.pairs},
		{"sequels", l.sequels},
		{"upgrades", l.upgrades},
		{"odds", l.odds},
		{"kernel", l.kernel},
	} {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		opt.step(step.name)
		runtime.GC() // each step begins with a large structure, in the place of that of the one before
		if err := step.do(); err != nil {
			return nil, err
		}
	}
	return l.r, nil
}

type linker struct {
	ctx    context.Context
	m      *mart.Mart
	opt    Options
	r      *Links
	number []int32 // of a product of the mart, or None
	free   bool    // no line has a price: so none is asked for
}

func newLinker(ctx context.Context, m *mart.Mart, opt Options) *linker {
	l := &linker{ctx: ctx, m: m, opt: opt, free: true, r: &Links{Thin: opt.Thin, Basis: Basis{Run: opt.Run, Today: m.Today, Currency: m.Currency, Margin: m.Margin}}}
	for n := range uint32(m.Lines()) {
		if m.Amount(n) != 0 {
			l.free = false
			break
		}
	}
	l.numbers()
	return l
}

// Baskets returns the baskets of a mart, of orders of nobody known too, and the
// mart's numbers of their products. Goods brought back are no basket, nor are
// orders without a product.
func Baskets(m *mart.Mart) (*basket.Baskets, []int32, error) {
	l := newLinker(context.Background(), m, Options{})
	b, err := l.baskets()
	return b, l.r.Number, err
}

// bought returns the mart's number of the product that a line is a purchase of,
// or None.
func (l *linker) bought(line uint32) int32 {
	if l.free && l.m.Quantity(line) > 0 {
		return l.m.ProductOf(line)
	}
	return l.m.Bought(line)
}

// numbers numbers the products that occur.
func (l *linker) numbers() {
	m, r := l.m, l.r
	occurs := make([]bool, len(m.Products))
	for n := range uint32(m.Lines()) {
		if p := l.bought(n); p >= 0 {
			occurs[p] = true
		}
	}
	l.number = make([]int32, len(m.Products))
	for p, ok := range occurs {
		l.number[p] = mart.None
		if ok {
			l.number[p] = int32(len(r.Number))
			r.Number = append(r.Number, int32(p))
		}
	}
}

// count counts how often products were bought.
func (l *linker) count() {
	m, r := l.m, l.r
	r.Counts = make([]ProductCount, len(r.Number))
	lines, quantity := make([]int64, len(r.Number)), make([]float64, len(r.Number))
	var list []int32
	for i := range m.Orders {
		o := &m.Orders[i]
		if list = l.products(o, list[:0]); len(list) > 0 {
			r.Baskets++
		}
		for _, p := range list {
			r.Counts[p].Baskets++
		}
		first, end := m.LinesOf(o)
		for n := first; n < end && !o.Return; n++ {
			if p := l.bought(n); p >= 0 {
				i := l.number[p]
				lines[i]++
				quantity[i] += min(float64(m.Quantity(n)), 1e6)
			}
		}
	}
	for i := range r.Counts {
		if lines[i] > 0 {
			r.Counts[i].Quantity = int64(math.Round(1e6 * quantity[i] / float64(lines[i])))
		}
	}
	r.Health.Baskets, r.Health.Products, r.Health.Lines = r.Baskets, len(r.Number), m.Lines()
}

// products appends the products of an order, each once, ascending; of goods
// brought back there are none.
func (l *linker) products(o *mart.Order, buf []int32) []int32 {
	if o.Return {
		return buf
	}
	first, end := l.m.LinesOf(o)
	for n := first; n < end; n++ {
		if p := l.bought(n); p >= 0 {
			buf = append(buf, l.number[p])
		}
	}
	slices.Sort(buf)
	return slices.Compact(buf)
}

// baskets returns the products of all orders that have some.
func (l *linker) baskets() (*basket.Baskets, error) {
	b := basket.NewBuilder(len(l.r.Number))
	b.Grow(len(l.m.Orders), l.m.Lines())
	var list []int32
	for i := range l.m.Orders {
		if list = l.products(&l.m.Orders[i], list[:0]); len(list) > 0 {
			if err := b.Add(list); err != nil {
				return nil, err
			}
		}
	}
	return b.Baskets(), nil
}

// pairs finds what is bought together.
func (l *linker) pairs() error {
	found, err := bounded(func(least int) (*basket.Pairs, error) {
		all, err := l.baskets()
		if err != nil {
			return nil, err
		}
		return all.Pairs(l.ctx, basket.PairOptions{MinCount: least, MaxPairs: mostPairs, UseUp: true})
	})
	if err != nil {
		return err
	}
	l.r.Pairs = found
	l.r.Health.Pairs, l.r.Health.Hypotheses = len(found.Pairs), found.Hypotheses
	return nil
}

// bounded asks for what occurs ten times, and for more and more if that is too
// much.
func bounded[T any](f func(least int) (T, error)) (T, error) {
	for least := 10; ; least *= 2 {
		v, err := f(least)
		if !errors.Is(err, basket.ErrTooMany) || least > 1<<24 {
			return v, err
		}
	}
}

// sequels finds what follows what.
func (l *linker) sequels() error {
	b := basket.NewHistoryBuilder(len(l.r.Number))
	b.Grow(len(l.m.Customers), l.m.Lines())
	var list []basket.Purchase
	var products []int32
	for c := range l.m.Customers {
		list = list[:0]
		orders := l.m.OrdersOf(c)
		for i := range orders {
			products = l.products(&orders[i], products[:0])
			for _, p := range products {
				list = append(list, basket.Purchase{Product: p, Day: orders[i].Day})
			}
		}
		if len(list) > 0 {
			if err := b.Add(list); err != nil {
				return err
			}
		}
	}
	all := b.Histories()
	l.r.Buyers = all.Len()
	found, err := bounded(func(least int) (*basket.Sequels, error) {
		return all.Sequels(l.ctx, basket.SequelOptions{Days: SequelDays, OnlyNew: true, MinCount: least, MaxPairs: mostPairs})
	})
	if err != nil {
		return err
	}
	l.r.Sequels = found
	l.r.Health.Sequels = len(found.Sequels)
	return nil
}

// bought is what a customer bought of one product on several days up to some
// day.
type bought = kernel.Purchase

// items returns what a customer bought up to and with a day, by product, each
// once. The buffer is reused.
func (l *linker) items(c int, until int32, buf []bought) []bought {
	buf = buf[:0]
	orders := l.m.OrdersOf(c)
	for i := range orders {
		o := &orders[i]
		if o.Return || o.Day > until {
			continue
		}
		first, end := l.m.LinesOf(o)
		for n := first; n < end; n++ {
			if p := l.bought(n); p >= 0 {
				buf = append(buf, bought{Item: l.number[p], First: o.Day, Last: o.Day, Times: 1})
			}
		}
	}
	slices.SortFunc(buf, func(a, b bought) int { return cmp.Or(cmp.Compare(a.Item, b.Item), cmp.Compare(a.First, b.First)) })
	k := 0
	for i, p := range buf {
		switch {
		case i == 0 || buf[k].Item != p.Item:
			if i > 0 {
				k++
			}
			buf[k] = p
		case buf[k].Last != p.First:
			buf[k].Last = p.First
			buf[k].Times++
		}
	}
	if len(buf) == 0 {
		return buf
	}
	return buf[:k+1]
}

// upgrades finds better versions that customers went on to, when products are
// bought again, and how many bought each.
func (l *linker) upgrades() error {
	products := make([]kernel.Product, len(l.r.Number))
	climbs := l.best(mostClimbed)
	for i, p := range l.r.Number {
		q := &l.m.Products[p]
		products[i] = kernel.Product{Family: mart.None}
		if climbs[i] {
			products[i] = kernel.Product{Family: q.Family, Tier: q.Tier, Price: q.Price}
		}
	}
	ladder := kernel.NewLadder(products)
	gaps := &kernel.Gaps{}
	again := make([]int32, len(l.r.Number)) // customers who bought it on two days
	var sizes sizer
	var list []bought
	for c := range l.m.Customers {
		list = l.items(c, l.m.Today, list)
		if len(list) == 0 {
			continue
		}
		if err := ladder.Add(list); err != nil {
			return err
		}
		sizes.add(len(list))
		for _, p := range list {
			gaps.Add(p)
			n := &l.r.Counts[p.Item]
			n.Buyers++
			if l.m.Today-p.Last < kernel.MomentumDays {
				n.Recent++
			}
			if p.Times > 1 {
				again[p.Item]++
			}
		}
	}
	for i := range l.r.Counts {
		n := &l.r.Counts[i]
		n.Durable = n.Buyers >= leastTwice && float64(again[i]) < .05*float64(n.Buyers)
	}
	l.r.Chance.Factor = sizes.factor()
	l.r.Upgrades, l.r.Gaps = l.risen(ladder.Upgrades(), ladder.Possible()), gaps
	l.r.Health.Upgrades = len(l.r.Upgrades)
	return nil
}

// best returns which products are among the n that are in most baskets.
func (l *linker) best(n int) []bool {
	list := make([]int32, len(l.r.Counts))
	for i := range list {
		list[i] = int32(i)
	}
	slices.SortStableFunc(list, func(a, b int32) int { return cmp.Compare(l.r.Counts[b].Baskets, l.r.Counts[a].Baskets) })
	in := make([]bool, len(list))
	for _, i := range list[:min(n, len(list))] {
		in[i] = true
	}
	return in
}

// kernel learns what a customer may want who doesn't have it.
func (l *linker) kernel() error {
	g, head, err := l.graph(l.m.Today, 1)
	l.r.New, l.r.Health.Head = g, head
	if err == nil {
		l.chance(g)
	}
	return err
}

// graph learns from what every step-th customer bought up to and with a day: by
// EASE for the products with most buyers, by neighbours for the others.
func (l *linker) graph(until int32, step int) (g *kernel.Graph, head int, err error) {
	m, err := l.matrix(until, step)
	if err != nil {
		return nil, 0, err
	}
	sold := 0
	for _, n := range m.Counts() {
		if n >= 10 {
			sold++
		}
	}
	opt := kernel.EASEOptions{Top: newEdges}
	if sold > kernel.MaxEASE {
		opt.MaxItems = largeHead // its time grows with the third power
	}
	ease, err := kernel.EASE(m, opt)
	if err != nil {
		return nil, 0, err
	}
	near, err := kernel.Neighbours(m, kernel.Usual(), kernel.Cut{Top: newEdges / 2})
	if err != nil {
		return nil, 0, err
	}
	// Both speak of the same thing on scales of their own: those of the
	// neighbours are brought to where EASE's are for the same products.
	in := make([]bool, m.Cols())
	var sumEase, sumNear float64
	for i := range int32(m.Cols()) {
		if e := ease.Edges(i); len(e) > 0 {
			in[i] = true
			head++
			if n := near.Edges(i); len(n) > 0 {
				sumEase += float64(max(e[0].Score, 0))
				sumNear += float64(n[0].Score)
			}
		}
	}
	scale := 1.
	if sumEase > 0 && sumNear > 0 {
		scale = sumEase / sumNear
	}
	g = kernel.NewGraph(ease.Customers(), m.Buyers(), func(i int32) []kernel.Edge {
		if in[i] {
			return ease.Edges(i)
		}
		edges := slices.Clone(near.Edges(i))
		for k := range edges {
			edges[k].Score = float32(float64(edges[k].Score) * scale)
		}
		return edges
	})
	return g, head, nil
}

// matrix returns what every step-th customer bought up to and with a day.
func (l *linker) matrix(until int32, step int) (*kernel.Matrix, error) {
	b, err := kernel.NewBuilder(len(l.r.Number), 0)
	if err != nil {
		return nil, err
	}
	b.Grow(l.m.Lines() / step)
	var newest []int32
	for c := 0; c < len(l.m.Customers); c += step {
		newest = newest[:0]
		orders := l.m.OrdersOf(c)
		for i := len(orders) - 1; i >= 0; i-- {
			if orders[i].Day > until || orders[i].Return {
				continue
			}
			first, end := l.m.LinesOf(&orders[i])
			for n := first; n < end; n++ {
				if p := l.bought(n); p >= 0 {
					newest = append(newest, l.number[p])
				}
			}
		}
		if err := b.Add(newest); err != nil {
			return nil, err
		}
	}
	return b.Matrix(), nil
}
