package learn

import (
	"cmp"
	"slices"

	"github.com/akrab-crm/akrab/internal/insights/kernel"
	"github.com/akrab-crm/akrab/internal/insights/score"
)

// SequelDays is within how many days a sequel follows.
const SequelDays = 90

// Odds turn scores of products into the probability that the customer buys
// them in the next ActiveDays. They are learned by foretelling the last
// ActiveDays from what was before, and from the outcomes of offers once there
// are enough of these.
type Odds struct {
	New *score.Isotonic `json:"new,omitempty"` // of scores of the graph
	Due *score.Isotonic `json:"due,omitempty"` // of chances of kernel.Gaps
	// Places have odds of their own where enough offers were answered, by
	// place and kind: "counter/new".
	Places map[string]*score.Isotonic `json:"places,omitempty"`
}

// At returns the probability for a score of a kind, "new" or "due", offered in
// a place; 0 if nothing is known.
func (o *Odds) At(place, kind string, x float64) float64 {
	c := o.Places[place+"/"+kind]
	switch {
	case c != nil:
	case kind == "due":
		c = o.Due
	default:
		c = o.New
	}
	if c == nil {
		return 0
	}
	return min(max(c.At(x), 0), 1)
}

// Bounds of the replay.
const (
	mostReplayed = 5000    // customers
	mostTaught   = 200_000 // customers from whom the replay learns
	shown        = 10      // products foretold to each
)

// odds foretells the last ActiveDays from what was before: of ten products
// that some customers didn't have and of those that were due, which did they
// buy?
func (l *linker) odds() error {
	day := l.m.Today - ActiveDays
	// The scale of scores doesn't depend on how many customers they were learned
	// from.
	g, _, err := l.graph(day, max(1, (len(l.m.Customers)+mostTaught-1)/mostTaught))
	if err != nil {
		return err
	}
	gaps := &kernel.Gaps{}
	var list []bought
	counts := make([]ProductCount, len(l.r.Number))
	for c := range l.m.Customers {
		list = l.items(c, day, list)
		for _, p := range list {
			gaps.Add(p)
			counts[p.Item].Buyers++
			if day-p.Last < kernel.MomentumDays {
				counts[p.Item].Recent++
			}
		}
	}
	r := &replay{l: l, day: day, gaps: gaps, factor: Factor(counts), scorer: kernel.NewScorer(g)}
	for i, n := range counts {
		if n.Buyers > 0 {
			r.best = append(r.best, kernel.Candidate{Item: int32(i), Score: float64(n.Buyers)})
		}
	}
	slices.SortStableFunc(r.best, func(a, b kernel.Candidate) int { return cmp.Compare(b.Score, a.Score) })
	r.run()
	h := &l.r.Health
	h.Replayed, h.DueCount = r.customers, len(r.due)
	if r.customers > 0 {
		h.HitRate, h.BestSeller = float64(r.hits)/float64(r.customers), float64(r.sellers)/float64(r.customers)
	}
	if len(r.due) > 0 {
		sum := 0.
		for _, p := range r.due {
			sum += p.y
		}
		h.DueRate = sum / float64(len(r.due))
	}
	if !l.opt.Thin {
		l.r.Odds = Odds{New: curve(r.fresh), Due: curve(r.due)}
	}
	return nil
}

// A replay foretells to customers what they bought after a day.
type replay struct {
	l      *linker
	day    int32
	gaps   *kernel.Gaps
	factor []float64
	scorer *kernel.Scorer
	best   []kernel.Candidate // sellers, the best first

	customers, hits, sellers int
	fresh, due               []point
}

// run replays an even part of the customers.
func (r *replay) run() {
	n := len(r.l.m.Customers)
	step := max(1, (n+mostReplayed-1)/mostReplayed)
	var had, have []bought
	for c := 0; c < n; c += step {
		had = r.l.items(c, r.day, had)
		if len(had) == 0 {
			continue
		}
		have = r.l.items(c, r.l.m.Today, have)
		r.customer(had, have)
	}
}

func (r *replay) customer(had, have []bought) {
	after := map[int32]bool{} // bought after the day; true: for the first time
	for _, p := range have {
		if p.Last > r.day {
			after[p.Item] = p.First > r.day
		}
	}
	for _, d := range r.gaps.Due(had, r.day, ActiveDays, shown) {
		_, came := after[d.Item]
		r.due = append(r.due, point{d.Chance, one(came)})
	}
	fresh := false
	for _, isNew := range after {
		fresh = fresh || isNew
	}
	hit, seller := false, false
	for _, c := range r.scorer.Top(Profile(had, r.day), kernel.Choice{K: shown, Factor: r.factor}) {
		hit = hit || after[c.Item]
		r.fresh = append(r.fresh, point{c.Score, one(after[c.Item])})
	}
	left := shown
	for _, c := range r.best {
		if left == 0 {
			break
		}
		if _, owned := slices.BinarySearchFunc(had, c.Item, func(p bought, i int32) int { return cmp.Compare(p.Item, i) }); !owned {
			seller = seller || after[c.Item]
			left--
		}
	}
	if fresh {
		r.customers++
		r.hits += int(one(hit))
		r.sellers += int(one(seller))
	}
}

func one(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// Profile returns how much each product that a customer bought says of the
// next one on a day: the longer ago, the less.
func Profile(items []kernel.Purchase, today int32) []kernel.Owned {
	list := make([]kernel.Owned, 0, len(items))
	for _, p := range items {
		list = append(list, kernel.Owned{Item: p.Item, Weight: kernel.Aged(float64(today)-float64(p.Last), kernel.HalfLife)})
	}
	return list
}
