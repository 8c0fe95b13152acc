package basket

import (
	"cmp"
	"context"
	"math"
	"slices"
)

// FindingOptions say what is published of rules with more than one product on
// the left.
type FindingOptions struct {
	MinCount int     // baskets with all products; 0 means 10
	MaxItems int     // products of If and Then together, 3 … MaxItems; 0 means 4
	FDR      float64 // share of false discoveries among the published, 0 … 1; 0 means .01
	MaxSets  int     // more itemsets with MinCount are an error; 0 means 2,000,000
}

func (o FindingOptions) withDefaults() FindingOptions {
	p := PairOptions{MinCount: o.MinCount, FDR: o.FDR}.withDefaults()
	o.MinCount, o.FDR = p.MinCount, p.FDR
	if o.MaxItems < 3 || o.MaxItems > MaxItems {
		o.MaxItems = 4
	}
	return o
}

// A Finding is a rule with two products or more on the left that says more
// than the rules it is made of.
type Finding struct {
	Rule
	Expected float64 `json:"expected"` // baskets with all products that shorter rules explain, > 0
	P        float64 `json:"p"`        // the chance of that many or more
}

// Lift returns how many times more often Then is bought than the shorter
// rules and the sizes of the baskets explain, > 1.
func (f Finding) Lift() float64 {
	if !(f.Expected > 0) {
		return 0
	}
	return float64(f.XY) / f.Expected
}

// Findings finds the rules X ⇒ y, with two products or more in X, of which
// every product of X is needed: productive rules (Webb: Discovering
// significant patterns, Machine Learning 68, 2007). They come by falling
// excess of baskets over those expected.
//
// What is expected is the most that a shorter rule Z ⇒ y, with Z = X without
// one product, explains. A basket with X has r times as many places for other
// products as one with Z, and a place as good as another holds y with the
// confidence p of Z ⇒ y: it is expected in 1 − (1−p)^r of the baskets with X.
// The binomial tails pass Benjamini–Hochberg for each number of products,
// over all rules of so many of the products that occur (Webb: Layered
// critical values, Machine Learning 71, 2008). Pairs tells of rules with one
// product on the left.
//
// It fails with ErrTooMany if there are more than o.MaxSets itemsets, and
// with the context's cause if that is cancelled.
func (b *Baskets) Findings(ctx context.Context, o FindingOptions) ([]Finding, error) {
	o = o.withDefaults()
	sets, err := b.Itemsets(ctx, SetOptions{MinCount: o.MinCount, MaxItems: o.MaxItems, MaxSets: o.MaxSets, others: true})
	if err != nil {
		return nil, err
	}
	all := make([][]Finding, o.MaxItems+1) // by number of products
	var path []int32
	for i := range sets.nodes {
		path = sets.path(path[:0], int32(i))
		if len(path) < 3 {
			continue
		}
		for j := range path {
			if f := sets.finding(path, j); f.P < 1 {
				all[len(path)] = append(all[len(path)], f)
			}
		}
	}
	found := []Finding{}
	m := float64(b.Occurring())
	for n, candidates := range all {
		hypotheses := m * choose(m-1, n-1)
		kept, _ := published(candidates, func(f Finding) float64 { return f.P }, hypotheses, o.FDR)
		found = append(found, kept...)
	}
	excess := func(f Finding) float64 { return float64(f.XY) - f.Expected }
	slices.SortFunc(found, func(f, g Finding) int {
		return cmp.Or(cmp.Compare(excess(g), excess(f)), slices.Compare(f.If, g.If), cmp.Compare(f.Then, g.Then))
	})
	return found, nil
}

// choose returns n over k.
func choose(n float64, k int) float64 {
	c := 1.
	for i := range k {
		c *= (n - float64(i)) / float64(i+1)
	}
	return max(c, 0)
}

// finding tests the rule from the set of path without its j-th product to
// that product. P is 1 if it says no more than the shorter rules.
func (s *Sets) finding(path []int32, j int) Finding {
	n := int(s.nodes[path[len(path)-1]].count)
	x := s.nodes[s.without(path, j, -1)]
	share := 0.
	for i := range path {
		if i == j {
			continue
		}
		z := s.nodes[s.without(path, i, j)]
		if z.others == 0 {
			return Finding{P: 1}
		}
		both := float64(s.nodes[s.without(path, i, -1)].count)
		places := float64(x.others) / float64(x.count) / (float64(z.others) / float64(z.count))
		share = max(share, 1-math.Pow(1-both/float64(z.count), places))
	}
	f := Finding{Expected: share * float64(x.count)}
	f.P = binomialTail(n, int(x.count), share)
	if f.P < 1 {
		f.Rule = s.rule(path, j, s.table(path, j))
	}
	return f
}

// without returns the node of the set of path without its i-th product and,
// unless that is −1, its j-th; −1 for the empty set.
func (s *Sets) without(path []int32, i, j int) int32 {
	n := int32(-1)
	for k, p := range path {
		if k != i && k != j {
			n = s.child(n, s.nodes[p].code)
		}
	}
	return n
}
