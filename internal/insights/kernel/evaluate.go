package kernel

import (
	"math"
	"slices"
)

// A Result is how well a model foresees the purchases of a group of
// customers, each given ten products. HR is the share of customers with a
// hit, Precision the hits by min(10, relevant), NDCG the discounted gain by
// the best possible (Järvelin & Kekäläinen 2002): all 0 … 1, means over
// customers.
type Result struct {
	Model string `json:"model"`
	Any   Hits   `json:"any"` // all products, over the customers who bought again
	New   Hits   `json:"new"` // those the customer never had, over who bought such
}

// Hits are the figures of one kind of list.
type Hits struct {
	Customers int     `json:"customers"`
	Hit       int     `json:"hit"` // customers with at least one hit
	HR        float64 `json:"hr10"`
	Precision float64 `json:"precision10"`
	NDCG      float64 `json:"ndcg10"`
}

// listLength is the K of all figures.
const listLength = 10

// A ranker returns the ten best products for the shopper: with his own or
// without.
type ranker func(s *shopper, own bool) []Candidate

// A model makes rankers, one for each goroutine.
type model func() ranker

// measure returns the figures of a model over some of the shoppers.
func (d *retail) measure(name string, m model, who func(i int) bool) Result {
	all, fresh := make([]gain, len(d.shoppers)), make([]gain, len(d.shoppers))
	inChunks(len(d.shoppers), func() func(lo, hi int) {
		rank := m()
		return func(lo, hi int) {
			for i := lo; i < hi; i++ {
				s := &d.shoppers[i]
				if !who(i) || len(s.future) == 0 {
					continue
				}
				all[i] = gained(rank(s, true), s.future)
				if f := s.fresh(); len(f) > 0 {
					fresh[i] = gained(rank(s, false), f)
				}
			}
		}
	})
	return Result{Model: name, Any: sum(all), New: sum(fresh)}
}

// validation and test are the two parts of the shoppers: whatever is chosen
// is chosen on the first.
func validation(i int) bool { return i%5 == 0 }
func test(i int) bool       { return i%5 != 0 }

// A gain is what one customer's list brought.
type gain struct {
	counted, hit    bool
	precision, ndcg float64
}

func gained(list []Candidate, relevant []int32) gain {
	hits, dcg, best := 0, 0.0, 0.0
	for r, c := range list {
		if _, ok := slices.BinarySearch(relevant, c.Item); ok {
			hits++
			dcg += 1 / math.Log2(float64(r)+2)
		}
	}
	possible := min(listLength, len(relevant))
	for r := range possible {
		best += 1 / math.Log2(float64(r)+2)
	}
	return gain{counted: true, hit: hits > 0, precision: float64(hits) / float64(possible), ndcg: dcg / best}
}

func sum(gains []gain) (h Hits) {
	for _, g := range gains {
		if !g.counted {
			continue
		}
		h.Customers++
		if g.hit {
			h.Hit++
		}
		h.Precision += g.precision
		h.NDCG += g.ndcg
	}
	n := float64(h.Customers)
	h.HR, h.Precision, h.NDCG = ratio(float64(h.Hit), n), ratio(h.Precision, n), ratio(h.NDCG, n)
	return h
}

// popular ranks by one score for all.
func popular(score []float64) model {
	order := make([]Candidate, 0, len(score))
	for j, x := range score {
		if x > 0 {
			order = append(order, Candidate{Item: int32(j), Score: x})
		}
	}
	slices.SortFunc(order, better)
	return func() ranker {
		var list []Candidate
		return func(s *shopper, own bool) []Candidate {
			list = list[:0]
			for _, c := range order {
				if len(list) == listLength {
					break
				}
				if _, old := slices.BinarySearch(s.own, c.Item); own || !old {
					list = append(list, c)
				}
			}
			return list
		}
	}
}

// following ranks by a graph. The weight of an owned item is halved every
// halfLife days, never if that is 0; factor is that of Choice.
func following(g *Graph, halfLife float64, factor []float64) model {
	return func() ranker {
		scorer := NewScorer(g)
		var profile []Owned
		return func(s *shopper, own bool) []Candidate {
			profile = profile[:0]
			for i, j := range s.own {
				profile = append(profile, Owned{Item: j, Weight: Aged(s.last[i], halfLife)})
			}
			return scorer.Top(profile, Choice{K: listLength, Factor: factor, Owned: own})
		}
	}
}
