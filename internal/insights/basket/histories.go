package basket

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// A Purchase is a product that a customer bought on a day.
type Purchase struct {
	Product int32
	Day     int32 // any count of days: only differences matter
}

// Histories tell what each customer bought on which day. They are not changed
// once built, and safe for concurrent use.
type Histories struct {
	products int
	start    []uint32 // customer c's lines are lines[start[c]:start[c+1]]
	lines    []line   // by day, then product, each once
}

// A line is a Purchase. The first of a customer's lines with a product has
// firstLine set.
type line struct {
	product uint32
	day     int32
}

const firstLine = 1 << 31

// Len returns the number of customers.
func (h *Histories) Len() int { return len(h.start) - 1 }

// A HistoryBuilder makes Histories, customer by customer.
type HistoryBuilder struct {
	h    Histories
	seen []uint32 // of each product, the last customer who bought it, from 1
	one  []Purchase
}

// NewHistoryBuilder returns a builder for products 0 … products−1.
func NewHistoryBuilder(products int) *HistoryBuilder {
	products = min(max(products, 0), maxLines)
	return &HistoryBuilder{h: Histories{products: products, start: make([]uint32, 1)}, seen: make([]uint32, products)}
}

// Grow makes room for so many more customers and lines, which saves the memory
// of growing by and by.
func (b *HistoryBuilder) Grow(customers, lines int) {
	b.h.start = slices.Grow(b.h.start, min(max(customers, 0), maxLines))
	b.h.lines = slices.Grow(b.h.lines, min(max(lines, 0), maxLines))
}

// Add adds all that one customer bought, in any order. It fails, and adds
// nothing, where a product is unknown or all histories hold more than 2³¹
// lines.
func (b *HistoryBuilder) Add(purchases []Purchase) error {
	for _, p := range purchases {
		if p.Product < 0 || int(p.Product) >= b.h.products {
			return fmt.Errorf("product %d of %d", p.Product, b.h.products)
		}
	}
	if len(b.h.lines)+len(purchases) > maxLines || len(b.h.start) >= maxLines {
		return fmt.Errorf("%w: more than %d lines", ErrTooMany, maxLines)
	}
	b.one = append(b.one[:0], purchases...)
	slices.SortFunc(b.one, func(p, q Purchase) int {
		return cmp.Or(cmp.Compare(p.Day, q.Day), cmp.Compare(p.Product, q.Product))
	})
	number := uint32(len(b.h.start))
	for i, p := range b.one {
		if i > 0 && p == b.one[i-1] {
			continue
		}
		l := line{uint32(p.Product), p.Day}
		if b.seen[p.Product] != number {
			b.seen[p.Product] = number
			l.product |= firstLine
		}
		b.h.lines = append(b.h.lines, l)
	}
	b.h.start = append(b.h.start, uint32(len(b.h.lines)))
	return nil
}

// Histories returns what was added. The builder must not be used afterwards.
func (b *HistoryBuilder) Histories() *Histories { return &b.h }

// A firstPurchase is the line pos of a customer whose lines end before end.
type firstPurchase struct{ pos, end uint32 }

// firsts are the first purchases of each product, by customer: all are
// counted, those of some products known at a time, since they need as much
// memory as the lines.
type firsts struct {
	h     *Histories
	start []uint32 // all products before p have start[p]
	all   []firstPurchase
	from  int // product of the first of all
}

// of returns the first purchases of a product, one of those that are known.
func (f *firsts) of(product int) []firstPurchase {
	begin := f.start[f.from]
	return f.all[f.start[product]-begin : f.start[product+1]-begin]
}

func (f *firsts) count(product int) int { return int(f.start[product+1] - f.start[product]) }

// total returns how many there are of all products.
func (f *firsts) total() int { return int(f.start[len(f.start)-1]) }

func (h *Histories) firsts() *firsts {
	f := &firsts{h: h, start: make([]uint32, h.products+1)}
	for _, l := range h.lines {
		if l.product&firstLine != 0 {
			f.start[l.product&^firstLine+1]++
		}
	}
	for p := range h.products {
		f.start[p+1] += f.start[p]
	}
	return f
}

// each calls work for all products, some at a time, as [inChunks] does, while
// their first purchases are known.
func (f *firsts) each(ctx context.Context, newWorker func() (work func(lo, hi int))) error {
	for from := 0; from < f.h.products; {
		end := bandEnd(f.start, from)
		f.find(from, end)
		err := inChunks(ctx, end-from, 4, func() func(lo, hi int) {
			work := newWorker()
			return func(lo, hi int) { work(from+lo, from+hi) }
		})
		if err != nil {
			return err
		}
		from = end
	}
	return nil
}

// find finds the first purchases of the products from one up to, not with,
// another.
func (f *firsts) find(from, to int) {
	h, begin := f.h, f.start[from]
	next := slices.Clone(f.start[from:to])
	for i := range next {
		next[i] -= begin
	}
	n := int(f.start[to] - begin)
	f.from, f.all = from, slices.Grow(f.all[:0], n)[:n]
	low, many := firstLine|uint32(from), uint32(to-from)
	for c := range h.Len() {
		end := h.start[c+1]
		for pos := h.start[c]; pos < end; pos++ {
			if p := h.lines[pos].product - low; p < many { // also below low
				f.all[next[p]] = firstPurchase{pos, end}
				next[p]++
			}
		}
	}
}
