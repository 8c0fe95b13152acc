package kernel

import (
	"cmp"
	"math"
	"slices"
)

// A Purchase is what is known of one customer and one item. Days are numbers
// of days since any day, the same for all.
type Purchase struct {
	Item        int32
	First, Last int32 // days of the first and the last purchase
	Times       int32 // days on which it was bought, ≥ 1
}

// ok reports whether p can be true.
func (p Purchase) ok() bool {
	return p.Item >= 0 && p.Times >= 1 && p.First <= p.Last && (p.Times == 1) == (p.First == p.Last) &&
		int64(p.Last)-int64(p.First) >= int64(p.Times)-1
}

// Gaps knows how long after a purchase an item is bought again, and how often
// it is. It counts in whole numbers: customers may be added in any order, or
// to parts that are merged. The zero Gaps knows nothing.
type Gaps struct {
	item []gaps
	all  gaps
}

type gaps struct {
	days      int64 // sum of the gaps
	n         int64 // gaps
	purchases int64
}

// Add adds a customer's purchases of an item. Impossible ones are passed over.
func (g *Gaps) Add(p Purchase) {
	if !p.ok() {
		return
	}
	if int(p.Item) >= len(g.item) {
		g.item = append(g.item, make([]gaps, int(p.Item)+1-len(g.item))...)
	}
	x := gaps{days: int64(p.Last) - int64(p.First), n: int64(p.Times) - 1, purchases: int64(p.Times)}
	g.item[p.Item].add(x)
	g.all.add(x)
}

// Merge adds all that o knows.
func (g *Gaps) Merge(o *Gaps) {
	if len(o.item) > len(g.item) {
		g.item = append(g.item, make([]gaps, len(o.item)-len(g.item))...)
	}
	for i, x := range o.item {
		g.item[i].add(x)
	}
	g.all.add(o.all)
}

func (g *gaps) add(x gaps) {
	g.days += x.days
	g.n += x.n
	g.purchases += x.purchases
}

// prior is how many gaps of one's own, or of the item's, what is known of the
// many weighs.
const prior = 3

// Mean returns the mean gap of an item in days, drawn towards that of all
// items as if three more gaps had been seen; 0 if no gap is known at all.
func (g *Gaps) Mean(item int32) float64 {
	if g.all.n == 0 {
		return 0
	}
	x := g.of(item)
	return (float64(x.days) + prior*float64(g.all.days)/float64(g.all.n)) / float64(x.n+prior)
}

// Again returns the chance that a purchase of the item is followed by another
// one, drawn in the same way, 0 … 1.
func (g *Gaps) Again(item int32) float64 {
	if g.all.purchases == 0 {
		return 0
	}
	x := g.of(item)
	return (float64(x.n) + prior*float64(g.all.n)/float64(g.all.purchases)) / float64(x.purchases+prior)
}

func (g *Gaps) of(item int32) gaps {
	if item < 0 || int(item) >= len(g.item) {
		return gaps{}
	}
	return g.item[item]
}

// Expected returns after how many days the customer would buy the item again:
// ĝ = (n·ḡ + 3·g_item) / (n + 3) with his n own gaps of mean ḡ. It is 0 if no
// gap is known at all.
func (g *Gaps) Expected(p Purchase) float64 {
	if !p.ok() {
		return 0
	}
	m := g.Mean(p.Item)
	if m == 0 {
		return 0
	}
	return (float64(p.Last) - float64(p.First) + prior*m) / float64(p.Times-1+prior)
}

// A Due is an item that it is time to buy again.
type Due struct {
	Item    int32
	Times   int32   // days on which the customer bought it
	Elapsed int32   // days since the last
	Gap     float64 // days after which it is expected
	Chance  float64 // of a purchase within the horizon, 0 … 1; uncalibrated
}

// Readiness is the part of the expected gap after which an item is due.
const Readiness = .8

// Due returns at most k of the customer's items that are due on the day
// today, those with the best chance within the next horizon days first, equal
// ones in order of number. Purchases after today and items without a known
// gap are not due.
//
// The chance follows from gaps that are exponential with mean ĝ, after each
// of which the customer goes on with probability r (BG/NBD, Fader, Hardie &
// Lee 2005, with the rates known): having been silent for e days he is still
// to come with r·exp(−e/ĝ) / (r·exp(−e/ĝ) + 1 − r), and comes within h days
// with 1 − exp(−h/ĝ) of that.
func (g *Gaps) Due(items []Purchase, today int32, horizon float64, k int) []Due {
	return g.due(items, today, horizon, Readiness, k)
}

func (g *Gaps) due(items []Purchase, today int32, horizon, readiness float64, k int) []Due {
	var due []Due
	for _, p := range items {
		gap := g.Expected(p)
		elapsed := int64(today) - int64(p.Last)
		if gap <= 0 || elapsed < 0 || elapsed > math.MaxInt32 || float64(elapsed) < readiness*gap {
			continue
		}
		due = append(due, Due{
			Item: p.Item, Times: p.Times, Elapsed: int32(elapsed), Gap: gap,
			Chance: g.chance(p, gap, float64(elapsed), horizon),
		})
	}
	slices.SortStableFunc(due, func(a, b Due) int {
		return cmp.Or(cmp.Compare(b.Chance, a.Chance), cmp.Compare(a.Item, b.Item))
	})
	return due[:min(len(due), max(k, 0))]
}

func (g *Gaps) chance(p Purchase, gap, elapsed, horizon float64) float64 {
	if !(horizon > 0) {
		return 0
	}
	again := (float64(p.Times-1) + prior*g.Again(p.Item)) / float64(p.Times+prior)
	silent := again * math.Exp(-elapsed/gap)
	return silent / (silent + 1 - again) * -math.Expm1(-horizon/gap)
}

// Frequent returns a customer's items by decayed frequency, Σ decay^(baskets
// ago), the best first: what he usually buys (the personal part of TIFU-KNN,
// Hu et al., SIGIR 2020). Baskets are given from the newest to the oldest; an
// item counts once in a basket. A decay outside of 0 … 1 is .95.
func Frequent(newestFirst [][]int32, decay float64) []Candidate {
	if !(decay >= 0 && decay <= 1) {
		decay = .95
	}
	at := map[int32]int{}
	var list []Candidate
	var seen []int // basket in which each of list was last counted
	w := 1.0
	for b, basket := range newestFirst {
		for _, j := range basket {
			i, ok := at[j]
			switch {
			case !ok:
				at[j] = len(list)
				list, seen = append(list, Candidate{Item: j, Score: w}), append(seen, b)
			case seen[i] != b:
				list[i].Score += w
				seen[i] = b
			}
		}
		w *= decay
	}
	slices.SortFunc(list, better)
	return list
}
