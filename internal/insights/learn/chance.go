package learn

import (
	"math"

	"github.com/akrab-crm/akrab/internal/insights/basket"
	"github.com/akrab-crm/akrab/internal/insights/kernel"
)

// A Chance says how many customers bought two products by chance: products
// dealt at random to customers who buy as many different ones as they do. Who
// buys much has everything more often, so that the buyers of any product have
// any other more often than usual. The zero Chance knows nothing, and excludes
// nothing.
type Chance struct {
	Factor float64 `json:"factor"` // a·b·Factor customers buy both of two products that a and b customers buy
	Cutoff float64 `json:"cutoff"` // greatest P that is beyond chance at falseLinks; −1 if none is
}

const (
	falseLinks = .01 // share of false discoveries among links of products that are told
	minLift    = 1.1 // how many times what chance explains a link is, at least, for sure
)

// Beyond reports whether more customers bought both of two products than
// chance explains: clearly, and by more than a tenth. a and b customers bought
// one and the other.
func (c Chance) Beyond(both, a, b int64) bool {
	expected := float64(a) * float64(b) * c.Factor
	if c.Factor <= 0 {
		return true
	}
	return float64(both) > minLift*expected && basket.PoissonTail(int(both), minLift*expected) <= .025 && basket.PoissonTail(int(both), expected) <= c.Cutoff
}

// A sizer adds up how many different products customers have.
type sizer struct{ sum, pairs float64 }

func (s *sizer) add(products int) {
	n := float64(products)
	s.sum += n
	s.pairs += n * (n - 1)
}

// factor returns that of Chance.
func (s *sizer) factor() float64 {
	if s.sum == 0 {
		return 0
	}
	return s.pairs / s.sum / s.sum
}

// fewestCommon is how many customers a link that is told rests on at least.
const fewestCommon = 10

// chance finds from which P on links of the graph are beyond chance.
func (l *linker) chance(g *kernel.Graph) {
	c := &l.r.Chance
	var p []float64
	for i := range int32(g.Items()) {
		for _, e := range g.Edges(i) {
			if e.Common < fewestCommon {
				continue
			}
			expected := float64(g.Buyers(i)) * float64(g.Buyers(e.Item)) * c.Factor
			if v := rareTail(int(e.Common), expected); v < 1 {
				p = append(p, v)
			}
		}
	}
	n := float64(len(l.r.Number))
	c.Cutoff = basket.Cutoff(p, n*(n-1), falseLinks)
}

// rareTail returns the chance of n or more where so many are expected; 1 where
// it is too great for a discovery, 0 where it is as good as none.
func rareTail(n int, expected float64) float64 {
	switch z := (float64(n) - expected) / math.Sqrt(expected); {
	case z < 2:
		return 1
	case z > 30:
		return 0
	}
	return basket.PoissonTail(n, expected)
}

// risen returns those of the steps to better versions that chance doesn't
// explain: of customers who buy both by chance, half buy the better one later.
// It keeps their order. possible is how many steps there might be.
func (l *linker) risen(list []kernel.Upgrade, possible int) []kernel.Upgrade {
	tail := func(u *kernel.Upgrade) float64 {
		return rareTail(int(u.Went), float64(u.Buyers)*float64(l.r.Counts[u.To].Buyers)*l.r.Chance.Factor/2)
	}
	var p []float64
	for i := range list {
		if v := tail(&list[i]); v < 1 {
			p = append(p, v)
		}
	}
	greatest := basket.Cutoff(p, float64(max(possible, 1)), falseLinks)
	var kept []kernel.Upgrade
	for i := range list {
		if tail(&list[i]) <= greatest {
			kept = append(kept, list[i])
		}
	}
	return kept
}
