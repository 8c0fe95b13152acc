package basket

import (
	"cmp"
	"slices"
)

// coded is Baskets prepared for mining: products that occur too seldom and
// baskets with fewer than two of the others left out, products recoded by
// falling count, so that the codes of what is bought most are least.
type coded struct {
	products []int32  // of each code; equal counts by product
	counts   []uint32 // of each code
	items    []uint32 // codes of the baskets, one after another, ascending in each
	occs     []occurrence
	first    []uint32 // the occurrences of code c are occs[first[c]:first[c+1]]

	start []uint32 // where the baskets begin in items
	kept  []uint32 // the number of each of these baskets

	// Set by countOthers.
	sizes  []uint32 // of the basket that begins at a position, with the products left out of items
	others []uint64 // of each code, the other products in its baskets
}

// An occurrence is a product in a basket: the products of smaller code in
// that basket are items[start:pos].
type occurrence struct{ start, pos uint32 }

func (c *coded) occurrences(code uint32) []occurrence {
	return c.occs[c.first[code]:c.first[code+1]]
}

// code prepares b for mining what occurs at least minCount times.
func (b *Baskets) code(minCount uint32) *coded {
	c := &coded{}
	for p, n := range b.counts {
		if n >= minCount {
			c.products = append(c.products, int32(p))
		}
	}
	slices.SortFunc(c.products, func(p, q int32) int {
		return cmp.Or(cmp.Compare(b.counts[q], b.counts[p]), cmp.Compare(p, q))
	})
	codes := make([]int32, len(b.counts))
	for i := range codes {
		codes[i] = -1
	}
	c.counts = make([]uint32, len(c.products))
	for i, p := range c.products {
		codes[p] = int32(i)
		c.counts[i] = b.counts[p]
	}
	c.first = make([]uint32, len(c.products)+1)
	c.fill(b, codes)
	c.index()
	return c
}

// fill sets the items of c and where the baskets begin, and counts the items
// in first one place later.
func (c *coded) fill(b *Baskets, codes []int32) {
	c.items = make([]uint32, 0, len(b.items))
	c.start = make([]uint32, 1, len(b.start))
	for i := range b.Len() {
		from := len(c.items)
		for _, p := range b.basket(i) {
			if x := codes[p]; x >= 0 {
				c.items = append(c.items, uint32(x))
			}
		}
		kept := c.items[from:]
		if len(kept) < 2 {
			c.items = c.items[:from]
			continue
		}
		slices.Sort(kept)
		for _, x := range kept {
			c.first[x+1]++
		}
		c.start = append(c.start, uint32(len(c.items)))
		c.kept = append(c.kept, uint32(i))
	}
}

// index sets the occurrences of every code, in the order of the baskets.
func (c *coded) index() {
	for i := range len(c.first) - 1 {
		c.first[i+1] += c.first[i]
	}
	next := slices.Clone(c.first)
	c.occs = make([]occurrence, len(c.items))
	for i := range c.kept {
		for pos := c.start[i]; pos < c.start[i+1]; pos++ {
			x := c.items[pos]
			c.occs[next[x]] = occurrence{c.start[i], pos}
			next[x]++
		}
	}
}

// countOthers sets the sizes of the baskets and the others of each code.
func (c *coded) countOthers(b *Baskets) {
	c.sizes = make([]uint32, len(c.items))
	for i, basket := range c.kept {
		c.sizes[c.start[i]] = uint32(len(b.basket(int(basket))))
	}
	of := make([]uint64, len(b.counts))
	for i := range b.Len() {
		basket := b.basket(i)
		for _, p := range basket {
			of[p] += uint64(len(basket) - 1)
		}
	}
	c.others = make([]uint64, len(c.products))
	for code, p := range c.products {
		c.others[code] = of[p]
	}
}
