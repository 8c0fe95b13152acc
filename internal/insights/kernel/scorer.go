package kernel

import (
	"cmp"
	"math"
	"slices"
)

// An Owned is an item that a customer has, and how much it says.
type Owned struct {
	Item   int32
	Weight float64 // 1 or, by age, 0 … 1
}

// HalfLife is how many days halve what a purchase says of the next product:
// what Online Retail's validation customers chose.
const HalfLife = 180

// Aged returns the weight of a purchase some days ago that says half as much
// every halfLife days. An age below 0 counts as 0; a halfLife that is not
// above 0 makes everything weigh 1.
func Aged(days, halfLife float64) float64 {
	if !(halfLife > 0) || !(days > 0) {
		return 1
	}
	return math.Exp2(-days / halfLife)
}

// MomentumDays is what counts as recent for Momentum.
const MomentumDays = 14

// Momentum returns factors that favour what sells better now than it used to:
// ((recent+1) / (buyers+1))^exponent for each item, with the customers who
// bought it in the last MomentumDays and those who ever did, both ≥ 0. What is
// no longer sold falls behind, what is new or in season comes forward. The
// days, and 1 as the exponent, are what Online Retail's validation customers
// chose. The exponent is kept within 0 … 2; 0 makes all factors 1.
func Momentum(recent, buyers []int32, exponent float64) []float64 {
	if !(exponent >= 0) {
		exponent = 0
	}
	f := make([]float64, min(len(recent), len(buyers)))
	for j := range f {
		f[j] = math.Pow((float64(max(recent[j], 0))+1)/(float64(max(buyers[j], 0))+1), min(exponent, 2))
	}
	return f
}

// A Candidate is an item that a customer may want.
type Candidate struct {
	Item  int32
	Score float64 // > 0; comparable within one answer, not a probability
}

// A Scorer ranks items for one customer after the other. It has memory of its
// own: each goroutine needs one. The answer for a customer does not depend on
// those before.
type Scorer struct {
	g       *Graph
	sum     []float64 // of each item, all 0 between customers
	touched []int32   // items with a sum; one that came back from 0 stands twice
	best    []Candidate
}

// NewScorer returns a scorer over g.
func NewScorer(g *Graph) *Scorer {
	return &Scorer{g: g, sum: make([]float64, g.Items())}
}

// A Choice says what Top may return.
type Choice struct {
	K int // at most so many candidates

	// Factor multiplies the score of each item: margin, season, how it sells
	// now. An item with a factor of 0, below 0 or NaN is left out. If nil, all are 1.
	Factor []float64

	// Owned lets items of the profile be candidates too.
	Owned bool
}

// Top returns the items with the highest scores, the best first, equal ones
// in order of number. A score is Σ weight · s(i→j) over the profile, times
// the item's factor; items with a score of 0 or less are never returned. The
// answer is valid until the next call. Unknown items of the profile and
// weights that are no finite number are passed over.
func (s *Scorer) Top(profile []Owned, c Choice) []Candidate {
	s.add(profile)
	if !c.Owned {
		for _, o := range profile {
			if o.Item >= 0 && int(o.Item) < len(s.sum) {
				s.sum[o.Item] = 0
			}
		}
	}
	s.best = s.best[:0]
	worst := 0.0 // what a candidate must reach
	for _, j := range s.touched {
		x := s.sum[j]
		s.sum[j] = 0
		if c.Factor != nil && x > 0 {
			x *= factor(c.Factor, j)
		}
		if x > 0 && x >= worst && x <= math.MaxFloat64 {
			worst = s.offer(Candidate{Item: j, Score: x}, c.K)
		}
	}
	return s.best
}

// TopAll ranks items for customers 0 … n−1 on all cores. Profile appends what
// customer u has to its second argument and returns that; found gets his best,
// which are valid until it returns. Both are called from several goroutines,
// once for each customer.
func (g *Graph) TopAll(n int, c Choice, profile func(u int, into []Owned) []Owned, found func(u int, best []Candidate)) {
	inChunks(n, func() func(lo, hi int) {
		s := NewScorer(g)
		var owned []Owned
		return func(lo, hi int) {
			for u := lo; u < hi; u++ {
				owned = profile(u, owned[:0])
				found(u, s.Top(owned, c))
			}
		}
	})
}

// add sums the scores of what the profile speaks for.
func (s *Scorer) add(profile []Owned) {
	s.touched = s.touched[:0]
	for _, o := range profile {
		if !finite(o.Weight) {
			continue
		}
		for _, e := range s.g.Edges(o.Item) {
			x := s.sum[e.Item]
			if x == 0 {
				s.touched = append(s.touched, e.Item)
			}
			s.sum[e.Item] = x + contribution(o, e)
		}
	}
}

// contribution is rounded before it is added, so that no processor fuses the
// two steps and every sum is the same everywhere.
func contribution(o Owned, e Edge) float64 { return float64(o.Weight * float64(e.Score)) }

// offer puts c into the best k, if it belongs there, and returns the score of
// the last of them, 0 while there are fewer.
func (s *Scorer) offer(c Candidate, k int) float64 {
	if k <= 0 {
		return math.Inf(1)
	}
	n := len(s.best)
	if n < k {
		s.best = append(s.best, c)
		n++
	} else if better(c, s.best[n-1]) < 0 {
		s.best[n-1] = c
	}
	for at := n - 1; at > 0 && better(s.best[at], s.best[at-1]) < 0; at-- {
		s.best[at], s.best[at-1] = s.best[at-1], s.best[at]
	}
	if n < k {
		return 0
	}
	return s.best[n-1].Score
}

func better(a, b Candidate) int {
	return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Item, b.Item))
}

func factor(f []float64, j int32) float64 {
	if int(j) >= len(f) {
		return 0
	}
	return f[j]
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// A Reason is what one owned item does for a candidate, in numbers that can
// be counted again.
type Reason struct {
	Item         int32   // the owned item
	Contribution float64 // to the score before the factor; below 0 it speaks against
	Common       int32   // customers who bought both
	Buyers       int32   // customers who bought the owned item
	Usual        int32   // customers who bought the candidate
	Customers    int     // customers in all
}

// Share returns which part of the buyers of the owned item bought the
// candidate too, 0 … 1.
func (r Reason) Share() float64 { return ratio(float64(r.Common), float64(r.Buyers)) }

// UsualShare returns which part of all customers bought the candidate, 0 … 1.
func (r Reason) UsualShare() float64 { return ratio(float64(r.Usual), float64(r.Customers)) }

// Times returns how many times the usual share the share is, 0 if unknown.
func (r Reason) Times() float64 { return ratio(r.Share(), r.UsualShare()) }

func ratio(a, b float64) float64 {
	if b <= 0 {
		return 0
	}
	return a / b
}

// Explain returns what each item of the profile does for the candidate, the
// strongest contribution first, and their sum: exactly the score that Top
// finds, before the factor.
func (g *Graph) Explain(profile []Owned, candidate int32) (reasons []Reason, score float64) {
	for _, o := range profile {
		e, ok := g.edge(o.Item, candidate)
		if !ok || !finite(o.Weight) {
			continue
		}
		x := contribution(o, e)
		score += x
		reasons = append(reasons, Reason{
			Item: o.Item, Contribution: x, Common: e.Common,
			Buyers: g.Buyers(o.Item), Usual: g.Buyers(candidate), Customers: g.customers,
		})
	}
	slices.SortStableFunc(reasons, func(a, b Reason) int {
		return cmp.Or(cmp.Compare(b.Contribution, a.Contribution), cmp.Compare(a.Item, b.Item))
	})
	return reasons, score
}

// Score returns the score of [Graph.Explain], without the reasons.
func (g *Graph) Score(profile []Owned, candidate int32) (score float64) {
	for _, o := range profile {
		if e, ok := g.edge(o.Item, candidate); ok && finite(o.Weight) {
			score += contribution(o, e)
		}
	}
	return score
}
