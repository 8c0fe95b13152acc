// Package basket finds which products are bought together and which follow
// each other, and publishes only what is not chance.
//
// Its input is Baskets (which products each order held) or Histories (which
// product each customer bought on which day). Products are numbered from 0 by
// the caller. It finds
//
//   - all itemsets that occur often enough, and from them rules X ⇒ y in the
//     sense of Agrawal & Srikant (VLDB 1994), with the exact counts of arules;
//   - pairs of products bought together more often than the sizes of the
//     baskets explain, and pairs where one follows the other within some days,
//     both at a bounded rate of false discoveries;
//   - rules with several products on the left that say more than the shorter
//     ones, at the same rate;
//   - sequences of itemsets, for analysts.
//
// Counts alone mislead: of products that are shuffled over the lines of ten
// million, the textbook filter (ten baskets, lift 2) publishes 87,641 pairs.
// What people are shown comes from Pairs and Sequels, which publish none.
//
// All results are the same to the bit at any number of cores, no NaN or
// infinity leaves the package, and all work is bounded in memory and can be
// cancelled.
package basket

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// ErrTooMany is wrapped by errors that say that a limit of output was passed:
// ask again for what occurs more often.
var ErrTooMany = errors.New("too many results")

// maxLines bounds what is kept, so that positions fit 32 bits.
const maxLines = math.MaxInt32

// Baskets tells which products were bought together. It is not changed once
// built, and safe for concurrent use.
type Baskets struct {
	start  []uint32 // basket b is items[start[b]:start[b+1]]
	items  []uint32 // products, distinct within a basket
	counts []uint32 // the baskets of each product
}

// Len returns the number of baskets, also those with one product or none.
func (b *Baskets) Len() int { return len(b.start) - 1 }

// Lines returns the number of pairs of a basket and a product.
func (b *Baskets) Lines() int { return len(b.items) }

// Count returns how many baskets hold product p, 0 for an unknown one.
func (b *Baskets) Count(p int32) int {
	if p < 0 || int(p) >= len(b.counts) {
		return 0
	}
	return int(b.counts[p])
}

// Occurring returns how many products are in at least one basket.
func (b *Baskets) Occurring() int {
	n := 0
	for _, c := range b.counts {
		if c > 0 {
			n++
		}
	}
	return n
}

// basket returns the products of a basket.
func (b *Baskets) basket(i int) []uint32 { return b.items[b.start[i]:b.start[i+1]] }

// A Builder makes Baskets, basket by basket.
type Builder struct {
	b    Baskets
	seen []uint32 // of each product, the last basket that holds it, from 1
}

// NewBuilder returns a builder for products 0 … products−1.
func NewBuilder(products int) *Builder {
	products = min(max(products, 0), maxLines)
	return &Builder{
		b:    Baskets{start: make([]uint32, 1), counts: make([]uint32, products)},
		seen: make([]uint32, products),
	}
}

// Grow makes room for so many more baskets and lines, which saves the memory of
// growing by and by.
func (b *Builder) Grow(baskets, lines int) {
	b.b.start = slices.Grow(b.b.start, min(max(baskets, 0), maxLines))
	b.b.items = slices.Grow(b.b.items, min(max(lines, 0), maxLines))
}

// Add adds one basket. A product counts once, however often it is named. It
// fails, and adds nothing, where a product is unknown or the baskets hold
// more than 2³¹ lines.
func (b *Builder) Add(products []int32) error {
	for _, p := range products {
		if p < 0 || int(p) >= len(b.seen) {
			return fmt.Errorf("product %d of %d", p, len(b.seen))
		}
	}
	if len(b.b.items)+len(products) > maxLines || len(b.b.start) >= maxLines {
		return fmt.Errorf("%w: more than %d lines", ErrTooMany, maxLines)
	}
	number := uint32(len(b.b.start))
	for _, p := range products {
		if b.seen[p] == number {
			continue
		}
		b.seen[p] = number
		b.b.counts[p]++
		b.b.items = append(b.b.items, uint32(p))
	}
	b.b.start = append(b.b.start, uint32(len(b.b.items)))
	return nil
}

// Baskets returns what was added. The builder must not be used afterwards.
func (b *Builder) Baskets() *Baskets { return &b.b }

// MinCount returns the least number of n baskets that is the share s of them
// or more: s·n rounded up, at least 1. A share outside 0 … 1 is taken as the
// nearest within.
func MinCount(s float64, n int) int {
	if !(s > 0) { // also NaN
		return 1
	}
	exact := min(s, 1) * float64(n)
	// .1 · 30 is a little more than 3 in binary, and means 3.
	return max(1, int(math.Ceil(exact-1e-9*max(1, exact))))
}
