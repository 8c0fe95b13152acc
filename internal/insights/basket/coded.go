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
	start    []uint32 // where the baskets begin in items
	kept     []uint32 // the number of each of these baskets, if others are asked for
	first    []uint32 // all codes before c occur first[c] times

	// The occurrences of some codes: those of code c are from first[c] −
	// first[from] on. All at once would be twice as large as items.
	occs []occurrence
	from uint32

	// Set by countOthers.
	sizes  []uint32 // of the basket that begins at a position, with the products left out of items
	others []uint64 // of each code, the other products in its baskets
}

// An occurrence is a product in a basket: the products of smaller code in
// that basket are items[start:pos].
type occurrence struct{ start, pos uint32 }

func (c *coded) occurrences(code uint32) []occurrence {
	begin := c.first[c.from]
	return c.occs[c.first[code]-begin : c.first[code+1]-begin]
}

// code prepares b for mining what occurs at least minCount times, with the
// other products in baskets or without. If b is used up by it, it takes the
// place of b in memory.
func (b *Baskets) code(minCount uint32, others, useUp bool) *coded {
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
	if others {
		c.kept = make([]uint32, 0, b.Len())
	}
	c.fill(b, codes, useUp)
	for i := range len(c.first) - 1 {
		c.first[i+1] += c.first[i]
	}
	if others {
		c.countOthers(b)
	}
	return c
}

// fill sets the items of c and where the baskets begin, and counts the items
// in first one place later.
func (c *coded) fill(b *Baskets, codes []int32, useUp bool) {
	from, start := b.items, b.start
	if useUp { // what is written is never ahead of what is read
		c.items, c.start = from[:0], start[:1]
		b.items, b.start = nil, nil
	} else {
		c.items, c.start = make([]uint32, 0, len(from)), make([]uint32, 1, len(start))
	}
	begin := uint32(0)
	for i := range len(start) - 1 {
		end, first := start[i+1], len(c.items)
		for _, p := range from[begin:end] {
			if x := codes[p]; x >= 0 {
				c.items = append(c.items, uint32(x))
			}
		}
		begin = end
		kept := c.items[first:]
		if len(kept) < 2 {
			c.items = c.items[:first]
			continue
		}
		slices.Sort(kept)
		for _, x := range kept {
			c.first[x+1]++
		}
		c.start = append(c.start, uint32(len(c.items)))
		if c.kept != nil {
			c.kept = append(c.kept, uint32(i))
		}
	}
}

// leastBand is of how many occurrences a band is at least. Tests make it less.
var leastBand uint32 = 1 << 18

// band returns the end of the codes from one on that hold about an eighth of
// all occurrences.
func (c *coded) band(from int) (end int) { return bandEnd(c.first, from) }

// bandEnd returns the end of the band that begins at from, where all before i
// are first[i].
func bandEnd(first []uint32, from int) (end int) {
	n := len(first) - 1
	most := max(first[n]/8, leastBand)
	for end = from + 1; end < n && first[end+1]-first[from] <= most; {
		end++
	}
	return end
}

// index sets the occurrences of the codes from one up to, not with, another, in
// the order of the baskets.
func (c *coded) index(from, end int) {
	begin := c.first[from]
	next := slices.Clone(c.first[from:end])
	for i := range next {
		next[i] -= begin
	}
	n := int(c.first[end] - begin)
	c.from, c.occs = uint32(from), slices.Grow(c.occs[:0], n)[:n]
	low, high := uint32(from), uint32(end)
	for i := range len(c.start) - 1 {
		for pos := c.start[i]; pos < c.start[i+1]; pos++ {
			x := c.items[pos]
			if x >= high { // they ascend
				break
			}
			if x >= low {
				c.occs[next[x-low]] = occurrence{c.start[i], pos}
				next[x-low]++
			}
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
