package basket

import (
	"cmp"
	"context"
	"math"
	"slices"
)

// PairOptions say what is published of pairs.
type PairOptions struct {
	MinCount int     // baskets, or customers, with both; 0 means 10
	FDR      float64 // share of false discoveries among the published, 0 … 1; 0 means .01
	MaxPairs int     // more pairs with MinCount are an error; 0 means 2,000,000, of 80 bytes each
	UseUp    bool    // the baskets must not be used any more: this takes half the memory
}

func (o PairOptions) withDefaults() PairOptions {
	if o.MinCount < 1 {
		o.MinCount = 10
	}
	if !(o.FDR > 0 && o.FDR < 1) {
		o.FDR = .01
	}
	if o.MaxPairs < 1 {
		o.MaxPairs = 2_000_000
	}
	return o
}

// A Pair is two products bought together more often than chance.
type Pair struct {
	A        int32   `json:"a"` // A < B
	B        int32   `json:"b"`
	CountA   int     `json:"count_a"` // baskets with A
	CountB   int     `json:"count_b"`
	Count    int     `json:"count"`    // baskets with both
	Expected float64 `json:"expected"` // baskets with both that chance explains, > 0
	P        float64 `json:"p"`        // the chance of Count or more
}

// Lift returns how many times more often the two are bought together than
// the sizes of the baskets and the frequency of the products explain, > 1.
func (p Pair) Lift() float64 { return p.lift(float64(p.Count)) }

// LiftInterval returns the 95 % interval of Lift.
func (p Pair) LiftInterval() (lo, hi float64) {
	lo, hi = poissonInterval(p.Count)
	return p.lift(lo), p.lift(hi)
}

func (p Pair) lift(count float64) float64 {
	if !(p.Expected > 0) {
		return 0
	}
	return count / p.Expected
}

// Excess returns the baskets with both beyond those that chance explains.
func (p Pair) Excess() float64 { return float64(p.Count) - p.Expected }

// From returns the other product of p, and the counts of the rule from the
// given one to it among so many baskets.
func (p Pair) From(product int32, baskets int) (other int32, t Table) {
	if product == p.A {
		return p.B, Table{N: baskets, X: p.CountA, Y: p.CountB, XY: p.Count}
	}
	return p.A, Table{N: baskets, X: p.CountB, Y: p.CountA, XY: p.Count}
}

// Pairs are the pairs that are published, and how they were chosen.
type Pairs struct {
	Pairs      []Pair  `json:"pairs"`      // by falling Excess
	Baskets    int     `json:"baskets"`    // all, those with one product too
	Hypotheses int64   `json:"hypotheses"` // pairs of products that occur
	Candidates int     `json:"candidates"` // of them with the minimum count
	Cutoff     float64 `json:"cutoff"`     // the greatest P published, −1 if none
}

// Pairs finds the pairs of products that are bought together more often than
// chance.
//
// Chance is products dealt to baskets at random that keep their sizes:
// λ = n_A·n_B·S2/S1², with S1 the sum of the sizes s of all baskets and S2
// that of s(s−1). The usual n_A·n_B/N takes all baskets for equal and finds
// dependence everywhere where they are not. A pair is published if the
// Poisson tail of its count passes Benjamini–Hochberg over all pairs of
// products that occur, counted as often as o.MinCount or not.
//
// It fails with ErrTooMany if more than o.MaxPairs pairs are together in
// o.MinCount baskets, and with the context's cause if that is cancelled.
func (b *Baskets) Pairs(ctx context.Context, o PairOptions) (*Pairs, error) {
	o = o.withDefaults()
	m := int64(b.Occurring())
	found := &Pairs{Baskets: b.Len(), Hypotheses: m * (m - 1) / 2}
	perProducts := b.sizeFactor()
	sets, err := b.Itemsets(ctx, SetOptions{MinCount: o.MinCount, MaxItems: 2, MaxSets: o.MaxPairs + len(b.counts), useUp: o.UseUp})
	if err != nil {
		return nil, err
	}
	singles := len(sets.products)
	found.Candidates = len(sets.nodes) - singles
	const chunk = 1024
	parts := make([][]Pair, (found.Candidates+chunk-1)/chunk)
	err = inChunks(ctx, found.Candidates, chunk, func() func(lo, hi int) {
		return func(lo, hi int) {
			var list []Pair
			for i := lo; i < hi; i++ {
				if p := sets.pair(singles+i, perProducts); possible(p.P, o.FDR) {
					list = append(list, p)
				}
			}
			parts[lo/chunk] = list
		}
	})
	if err != nil {
		return nil, err
	}
	found.Pairs, found.Cutoff = published(slices.Concat(parts...), Pair.p, float64(found.Hypotheses), o.FDR)
	slices.SortFunc(found.Pairs, func(p, q Pair) int {
		return cmp.Or(cmp.Compare(q.Excess(), p.Excess()), cmp.Compare(p.A, q.A), cmp.Compare(p.B, q.B))
	})
	return found, nil
}

func (p Pair) p() float64 { return p.P }

// sizeFactor returns S2/S1², 0 if no basket holds two products.
func (b *Baskets) sizeFactor() float64 {
	var s1, s2 float64 // whole numbers below 2⁵³ unless a basket has 10⁷ products
	for i := range b.Len() {
		n := float64(len(b.basket(i)))
		s1 += n
		s2 += n * (n - 1)
	}
	if s1 == 0 {
		return 0
	}
	return s2 / s1 / s1
}

// pair returns the pair that is node i.
func (s *Sets) pair(i int, perProducts float64) Pair {
	n := s.nodes[i]
	x := s.nodes[n.parent]
	y := s.nodes[n.code]
	p := Pair{
		A: s.products[x.code], CountA: int(x.count),
		B: s.products[y.code], CountB: int(y.count),
		Count: int(n.count), P: 1,
	}
	if p.A > p.B {
		p.A, p.B, p.CountA, p.CountB = p.B, p.A, p.CountB, p.CountA
	}
	p.Expected = float64(p.CountA) * float64(p.CountB) * perProducts
	if p.Lift() > 1 {
		p.P = PoissonTail(p.Count, p.Expected)
	}
	return p
}

// published returns those of all whose P-value passes Benjamini–Hochberg.
func published[E any](all []E, p func(E) float64, hypotheses, rate float64) ([]E, float64) {
	var ps []float64
	for _, e := range all {
		if v := p(e); v < 1 {
			ps = append(ps, v)
		}
	}
	greatest := Cutoff(ps, hypotheses, rate)
	kept := []E{}
	for _, e := range all {
		if p(e) <= greatest {
			kept = append(kept, e)
		}
	}
	return kept, greatest
}

// possible reports whether what has the P-value p may be published at all: it
// must be below the rate, which is twice taken for the sake of rounding.
func possible(p, rate float64) bool { return p <= 2*rate }

// A Companion is a product that is bought with another, as the end of a rule.
type Companion struct {
	Product int32   `json:"product"`
	Pair    int     `json:"pair"`  // index in Pairs.Pairs
	Value   float64 `json:"value"` // leverage × the margin of Product
}

// Companions returns for each of the products 0 … products−1 the n companions
// of greatest value, the best first; equal ones by product. margin is what one
// sale of a product brings, in any unit; nil takes all for equal. Companions
// whose margin is not positive are left out.
func (f *Pairs) Companions(products, n int, margin func(product int32) float64) [][]Companion {
	lists := make([][]Companion, max(products, 0))
	add := func(from, to int32, pair int) {
		if from < 0 || int(from) >= len(lists) {
			return
		}
		m := 1.
		if margin != nil {
			m = margin(to)
		}
		p := f.Pairs[pair]
		v := m * p.Excess() / float64(max(f.Baskets, 1))
		if v > 0 && !math.IsInf(v, 0) {
			lists[from] = append(lists[from], Companion{to, pair, v})
		}
	}
	for i, p := range f.Pairs {
		add(p.A, p.B, i)
		add(p.B, p.A, i)
	}
	for i, l := range lists {
		slices.SortFunc(l, func(a, b Companion) int {
			return cmp.Or(cmp.Compare(b.Value, a.Value), cmp.Compare(a.Product, b.Product))
		})
		lists[i] = slices.Clip(l[:min(max(n, 0), len(l))])
	}
	return lists
}
