package basket

import (
	"cmp"
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

// Lines returns the number of different days and products of all customers.
func (h *Histories) Lines() int { return len(h.lines) }

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

// Grow makes room for so many more lines, which saves the memory of growing by
// and by.
func (b *HistoryBuilder) Grow(lines int) {
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

// firsts are the first purchases of each product, by customer.
type firsts struct {
	all   []firstPurchase
	start []uint32
}

func (f *firsts) of(product int) []firstPurchase {
	return f.all[f.start[product]:f.start[product+1]]
}

func (f *firsts) count(product int) int { return int(f.start[product+1] - f.start[product]) }

func (h *Histories) firsts() *firsts {
	f := &firsts{start: make([]uint32, h.products+1)}
	for _, l := range h.lines {
		if l.product&firstLine != 0 {
			f.start[l.product&^firstLine+1]++
		}
	}
	for p := range h.products {
		f.start[p+1] += f.start[p]
	}
	f.all = make([]firstPurchase, f.start[h.products])
	next := slices.Clone(f.start)
	for c := range h.Len() {
		end := h.start[c+1]
		for pos := h.start[c]; pos < end; pos++ {
			if l := h.lines[pos]; l.product&firstLine != 0 {
				p := l.product &^ firstLine
				f.all[next[p]] = firstPurchase{pos, end}
				next[p]++
			}
		}
	}
	return f
}
