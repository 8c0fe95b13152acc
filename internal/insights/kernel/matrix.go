// Package kernel learns from who bought what which product comes next, and
// says why.
//
// Its input is a matrix of customers × items; its output, from the item
// kernels (cosine, confidence, lift, TF-IDF, RP3β) as from EASE, a Graph:
// for every item the best of those that follow it, each with a score and
// with the number of customers who bought both. Scores of a customer are sums
// over that graph, so that every offer is explained exactly, in counts.
//
// Customers and items are numbered from 0 by the caller. All results are the
// same to the bit at any number of cores, and no NaN or infinity leaves the
// package.
package kernel

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// ProfileCap bounds the distinct items of one customer. The work of a kernel
// grows with the square of a profile, and the two thousandth product of a
// wholesaler says little about the next.
const ProfileCap = 200

// A Matrix tells which items each customer bought, in compressed sparse rows.
// It is not changed once built, and safe for concurrent use.
type Matrix struct {
	cols  int
	start []int64 // row u is items[start[u]:start[u+1]]
	items []int32 // ascending within a row

	// What did not fit into profiles: nothing is learned from it, but it is
	// counted, so that the counts behind an edge are true.
	beyond []remainder
}

// A remainder is what a customer bought beyond the profile.
type remainder struct {
	row   int
	items []int32 // ascending
}

// Rows returns the number of customers, also those who bought nothing.
func (m *Matrix) Rows() int { return len(m.start) - 1 }

// Cols returns the number of items, also those that nobody bought.
func (m *Matrix) Cols() int { return m.cols }

// Len returns the number of pairs of a customer and an item.
func (m *Matrix) Len() int { return len(m.items) }

// Row returns the items of customer u, ascending. It must not be changed.
func (m *Matrix) Row(u int) []int32 { return m.items[m.start[u]:m.start[u+1]] }

// Buyers returns for each item the number of customers who bought it, also of
// those in whose profile it had no room.
func (m *Matrix) Buyers() []int32 {
	n := m.Counts()
	for _, r := range m.beyond {
		for _, j := range r.items {
			n[j]++
		}
	}
	return n
}

// Counts returns for each item the number of customers in whose profile it is.
func (m *Matrix) Counts() []int32 {
	n := make([]int32, m.cols)
	for _, j := range m.items {
		n[j]++
	}
	return n
}

// A band is the customers of some items, those from one up to, not with,
// another.
type band struct {
	from, to int
	start    []int64 // pairs of all items before i
	items    []int32
}

// buyers returns the customers of an item of the band, ascending.
func (b *band) buyers(item int) []int32 {
	begin := b.start[b.from]
	return b.items[b.start[item]-begin : b.start[item+1]-begin]
}

// How large a band is: all items at once would need as much memory as the
// matrix. Tests make the least less.
const bands = 4

var leastBand int64 = 1 << 18

// byItem calls f for all items, a band at a time. It must not keep the band.
func (m *Matrix) byItem(f func(b *band)) {
	b := &band{start: make([]int64, m.cols+1)}
	for _, j := range m.items {
		b.start[j+1]++
	}
	for j := range m.cols {
		b.start[j+1] += b.start[j]
	}
	most := max(int64(len(m.items)/bands), leastBand)
	for b.from < m.cols {
		for b.to = b.from + 1; b.to < m.cols && b.start[b.to+1]-b.start[b.from] <= most; {
			b.to++
		}
		b.fill(m)
		f(b)
		b.from = b.to
	}
}

// fill finds the customers.
func (b *band) fill(m *Matrix) {
	begin := b.start[b.from]
	next := slices.Clone(b.start[b.from:b.to])
	for i := range next {
		next[i] -= begin
	}
	n := int(b.start[b.to] - begin)
	b.items = slices.Grow(b.items[:0], n)[:n]
	low, high := int32(b.from), int32(b.to)
	for u := range m.Rows() {
		for _, j := range m.Row(u) {
			if j >= high { // they ascend
				break
			}
			if j >= low {
				b.items[next[j-low]] = int32(u)
				next[j-low]++
			}
		}
	}
}

// A Builder makes a Matrix, customer by customer.
type Builder struct {
	m    Matrix
	cap  int
	row  []int32
	rest []int32
}

// NewBuilder returns a builder for items 0 … cols−1. Of each customer's items
// at most profile are learned from, ProfileCap if profile is 0; the others are
// only counted.
func NewBuilder(cols, profile int) (*Builder, error) {
	if cols < 0 || cols > math.MaxInt32 || profile < 0 {
		return nil, fmt.Errorf("kernel: %d items, profiles of %d", cols, profile)
	}
	if profile == 0 {
		profile = ProfileCap
	}
	return &Builder{m: Matrix{cols: cols, start: []int64{0}}, cap: profile}, nil
}

// Grow makes room for so many more pairs of a customer and an item, which saves
// the memory of growing by and by.
func (b *Builder) Grow(pairs int) { b.m.items = slices.Grow(b.m.items, max(pairs, 0)) }

var errItem = errors.New("kernel: no such item")

// Add appends the next customer, whose purchases are given from the newest to
// the oldest; an item bought twice counts once. It refuses an item that is
// not in 0 … cols−1, and then adds nothing.
func (b *Builder) Add(newestFirst []int32) error {
	b.row, b.rest = b.row[:0], b.rest[:0]
	for _, j := range newestFirst {
		if j < 0 || int(j) >= b.m.cols {
			return fmt.Errorf("%w: %d of %d", errItem, j, b.m.cols)
		}
		switch at, found := slices.BinarySearch(b.row, j); {
		case found:
		case len(b.row) < b.cap:
			b.row = slices.Insert(b.row, at, j)
		default:
			b.rest = append(b.rest, j)
		}
	}
	if len(b.rest) > 0 {
		slices.Sort(b.rest)
		b.m.beyond = append(b.m.beyond, remainder{b.m.Rows(), slices.Clone(slices.Compact(b.rest))})
	}
	b.m.items = append(b.m.items, b.row...)
	b.m.start = append(b.m.start, int64(len(b.m.items)))
	return nil
}

// Matrix returns the customers added so far. The builder must not be used
// afterwards.
func (b *Builder) Matrix() *Matrix { return &b.m }
