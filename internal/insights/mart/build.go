package mart

import (
	"slices"
	"sort"
	"time"

	"github.com/akrab-crm/akrab/internal/ids"
)

// A Builder makes a mart: set what its fields say, add orders, then lines, and
// take the Mart.
type Builder struct {
	AsOf      time.Time
	Today     int32
	Currency  string
	Margin    bool // costs are known well enough
	Products  []Product
	Families  []string
	Customers []ids.ID // ascending; those without orders are dropped

	m     Mart
	owner []int32 // customer of each order
	lent  *Part   // has the end of the room for lines
	room  lines   // all of that room, if some is lent
}

// A Part takes the lines of some of a builder's orders: several goroutines may
// add those of different orders at once, each to its own part, and one to the
// builder itself.
type Part struct {
	b      *Builder
	orders []int32 // those that lines were added to
	lines  lines
}

// Part begins a part with room for so many lines, which is the end of the
// builder's own, if there is as much. It must not be called while another
// goroutine adds lines.
func (b *Builder) Part(n int) *Part {
	p := &Part{b: b}
	room := b.m.lines
	if b.lent == nil {
		if l := b.m.lines.lend(n); l != nil {
			p.lines, b.lent, b.room = *l, p, room
			return p
		}
	}
	p.lines.grow(n)
	return p
}

// Join adds the lines of a part to the builder's, behind those that are there.
func (b *Builder) Join(p *Part) {
	n := uint32(b.m.Lines())
	for _, o := range p.orders {
		b.m.Orders[o].Line += n
	}
	if p == b.lent {
		b.take()
	}
	b.m.lines.join(&p.lines)
	*p = Part{}
}

// take takes back the room that was lent. What stands in it is behind where it
// will be.
func (b *Builder) take() {
	l := &b.m.lines
	l.product = whole(l.product, b.room.product)
	l.quantity.small = whole(l.quantity.small, b.room.quantity.small)
	l.amount = whole(l.amount, b.room.amount)
	b.lent, b.room = nil, lines{}
}

// whole returns s with the room that it had, unless it grew beyond it.
func whole[T any](s, room []T) []T {
	if cap(s) == 0 || cap(room) == 0 || &s[:1][0] != &room[:1][0] {
		return s
	}
	return room[:len(s)]
}

// Grow makes room for so many orders and lines.
func (b *Builder) Grow(orders, lines int) {
	b.m.Orders = slices.Grow(b.m.Orders, orders)
	b.owner = slices.Grow(b.owner, orders)
	b.m.lines.grow(lines)
}

// MaxCurrencies is how many currencies a mart tells apart; further ones are
// taken for the last.
const MaxCurrencies = 250

// CurrencyNumber returns the number that a currency has in orders.
func (b *Builder) CurrencyNumber(c string) uint8 {
	for i, have := range b.m.currencies {
		if have == c {
			return uint8(i)
		}
	}
	if len(b.m.currencies) < MaxCurrencies {
		b.m.currencies = append(b.m.currencies, c)
	}
	return uint8(len(b.m.currencies) - 1)
}

// CurrencyNames returns the currencies of orders by their numbers.
func (b *Builder) CurrencyNames() []string { return b.m.currencies }

// Order adds an order of a customer, None if nobody knows whose it is, and
// returns its number. Its lines are added by Line.
func (b *Builder) Order(customer int32, o Order) int {
	o.Line, o.Lines = 0, 0
	b.m.Orders = append(b.m.Orders, o)
	b.owner = append(b.owner, customer)
	return len(b.m.Orders) - 1
}

// Convert says what an order comes to in the mart's currency; what it was
// before stays its total.
func (b *Builder) Convert(order int, amount int64) {
	o := &b.m.Orders[order]
	if b.m.total == nil {
		b.m.total = make([]int64, len(b.m.Orders), cap(b.m.Orders))
		for i := range b.m.Orders {
			b.m.total[i] = b.m.Orders[i].Amount
		}
	}
	o.Amount = amount
}

// At returns an order that was added, to be changed before Mart is called.
func (b *Builder) At(order int) *Order { return &b.m.Orders[order] }

// Orders returns how many orders were added.
func (b *Builder) Orders() int { return len(b.m.Orders) }

// Line adds a line to an order. The lines of one order are added one after the
// other. Amount is in minor units of the order's currency.
func (b *Builder) Line(order int, product int32, quantity float32, amount int64) {
	b.m.lines.addTo(&b.m.Orders[order], product, quantity, amount)
}

// Line is as that of the builder.
func (p *Part) Line(order int, product int32, quantity float32, amount int64) {
	if p.lines.addTo(&p.b.m.Orders[order], product, quantity, amount) {
		p.orders = append(p.orders, int32(order))
	}
}

// addTo adds a line to an order, and reports whether it is its first.
func (l *lines) addTo(o *Order, product int32, quantity float32, amount int64) (first bool) {
	if o.Lines == 0 {
		o.Line, first = uint32(len(l.product)), true
	}
	o.Lines++
	l.add(product, quantity, amount)
	return first
}

// Mart returns the mart: its orders stand by customer, the oldest first. The
// builder must not be used any more.
func (b *Builder) Mart() *Mart {
	m := new(Mart) // of its own: it doesn't keep what else is known when it is made
	*m, b.m = b.m, Mart{}
	m.AsOf, m.Today, m.Currency, m.Margin = b.AsOf, b.Today, b.Currency, b.Margin
	m.Products, m.Families = b.Products, b.Families
	b.group(m)
	b.drop(m)
	return m
}

// group sorts the orders by customer and time, in place.
func (b *Builder) group(m *Mart) {
	n := len(b.Customers)
	// next[c+1] becomes where the orders of customer c begin; strangers are last.
	next := make([]int32, n+2)
	place := func(c int32) int32 {
		if c < 0 {
			return int32(n)
		}
		return c
	}
	for _, c := range b.owner {
		next[place(c)+1]++
	}
	for i := 1; i < len(next); i++ {
		next[i] += next[i-1]
	}
	m.From = slices.Clone(next[:n+1])
	// Where each order goes; then the cycles of that permutation.
	to := b.owner
	for i, c := range b.owner {
		p := place(c)
		to[i] = next[p]
		next[p]++
	}
	for i := range to {
		for int(to[i]) != i {
			j := to[i]
			m.Orders[i], m.Orders[j] = m.Orders[j], m.Orders[i]
			if m.total != nil {
				m.total[i], m.total[j] = m.total[j], m.total[i]
			}
			to[i], to[j] = to[j], to[i]
		}
	}
	b.owner = nil
	for c := range n + 1 {
		end := len(m.Orders)
		if c < n {
			end = int(m.From[c+1])
		}
		m.sort(int(m.From[c]), end)
	}
}

// sort sorts the orders from begin to end by time; of those of one moment
// returns come last.
func (m *Mart) sort(begin, end int) {
	list := byTime{m.Orders[begin:end], nil}
	if m.total != nil {
		list.total = m.total[begin:end]
	}
	if !sort.IsSorted(list) {
		sort.Stable(list)
	}
}

// byTime sorts orders, and their totals with them.
type byTime struct {
	orders []Order
	total  []int64
}

func (l byTime) Len() int { return len(l.orders) }

func (l byTime) Less(i, j int) bool {
	a, b := &l.orders[i], &l.orders[j]
	return a.At < b.At || a.At == b.At && !a.Return && b.Return
}

func (l byTime) Swap(i, j int) {
	l.orders[i], l.orders[j] = l.orders[j], l.orders[i]
	if l.total != nil {
		l.total[i], l.total[j] = l.total[j], l.total[i]
	}
}

// drop leaves out the customers without orders.
func (b *Builder) drop(m *Mart) {
	from := m.From[:0]
	last := m.From[len(b.Customers)]
	kept := make([]ids.ID, 0, len(b.Customers))
	for c, id := range b.Customers {
		begin, end := m.From[c], last
		if c+1 < len(b.Customers) {
			end = m.From[c+1]
		}
		if begin < end {
			kept = append(kept, id)
			from = append(from, begin)
		}
	}
	m.Customers, m.From = kept, append(from, last)
}
