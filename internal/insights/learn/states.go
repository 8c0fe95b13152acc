package learn

import (
	"math"
	"slices"

	"github.com/akrab-crm/akrab/internal/insights/clv"
)

// States of the chain.
const (
	stateNew = iota
	stateHigh
	stateMid
	stateLow
	stateAtRisk
	stateLapsed
	stateLost
	states
)

// chainMonths is how many months moves are counted in.
const chainMonths = 12

// fewestMoves is how many moves from a state tell where they lead.
const fewestMoves = 30

// A stater says in which state a customer is.
type stater struct {
	active    int32 // silent for at most so many days: active; twice that: at risk; four times: lapsed
	high, low int64 // brought in 12 months
}

// of returns the state of who bought first and last on these days and brought
// so much in the 12 months before today.
func (s *stater) of(first, last, today int32, year int64) int {
	silent := days(today, last)
	switch {
	case silent > 4*s.active:
		return stateLost
	case silent > 2*s.active:
		return stateLapsed
	case silent > s.active:
		return stateAtRisk
	case days(today, first) <= NewDays:
		return stateNew
	case year >= s.high:
		return stateHigh
	case year < s.low:
		return stateLow
	}
	return stateMid
}

// states counts how customers move between states from month to month, and
// what a customer in each is worth.
func (l *learner) states(r *Customers) error {
	ret := Retention{Basis: l.basis, Rate: l.opt.Rate, Months: chainMonths}
	defer func() { r.Retention = ret }()
	if !l.models.Enough {
		return nil
	}
	s := l.stater()
	ret.High, ret.Low, ret.ActiveDays = s.high, s.low, int(s.active)
	// The last day of each month, and when the 12 months up to it began.
	var ends [chainMonths + 1]int32
	for k := range ends {
		ends[k] = l.m.Today - int32(math.Round(365.25/12*float64(chainMonths-k)))
	}
	type part struct {
		moves  [states][states]int64
		counts [states]int
		reward [states]int64
		begun  [states]int64
	}
	parts := make([]part, chunks)
	inChunks(len(l.all), func(chunk, from, to int) {
		p := &parts[chunk]
		var list clv.Purchases
		for c := from; c < to; c++ {
			list = l.m.Purchases(c, list[:0])
			if len(list) == 0 {
				continue
			}
			var at [chainMonths + 1]int
			var brought [chainMonths + 1]int64 // in the month that ends then
			w := yearWindow{list: list}
			for k, end := range ends {
				at[k] = -1
				year, last, ok := w.to(end)
				if ok {
					at[k] = s.of(list[0].Day, last, end, year)
				}
				if k > 0 {
					brought[k] = w.since(ends[k-1])
				}
			}
			for k := 1; k <= chainMonths; k++ {
				if a, b := at[k-1], at[k]; a >= 0 && b >= 0 {
					p.moves[a][b]++
					p.begun[a]++
					p.reward[a] += brought[k]
				}
			}
			if at[chainMonths] >= 0 {
				p.counts[at[chainMonths]]++
			}
		}
	})
	var sum part
	for i := range parts {
		p := &parts[i]
		for a := range states {
			sum.counts[a] += p.counts[a]
			sum.reward[a] += p.reward[a]
			sum.begun[a] += p.begun[a]
			for b := range states {
				sum.moves[a][b] += p.moves[a][b]
			}
		}
	}
	moves, reward := make([][]int64, states), make([]float64, states)
	for a := range states {
		moves[a] = sum.moves[a][:]
		if sum.begun[a] < fewestMoves {
			// Nobody was seen to come back from there: so they stay.
			moves[a][a] += 100 * fewestMoves
		}
		ret.Moves += int(sum.begun[a])
		if sum.begun[a] > 0 {
			reward[a] = float64(sum.reward[a]) / float64(sum.begun[a])
		}
	}
	closed := make([]bool, states)
	closed[stateNew] = true
	chain, err := clv.NewChain(moves, closed, reward)
	if err != nil {
		return err
	}
	ret.Chain, ret.Counts, ret.Value = chain, sum.counts[:], finites(chain.Value(ret.Rate))
	return nil
}

// stater returns the limits of the states: active is who is silent for at most
// twice the usual gap, and the active are divided in three by what they
// brought in 12 months.
func (l *learner) stater() stater {
	var gaps []int32
	for _, h := range l.all {
		if h.Days > 1 {
			gaps = append(gaps, gap(h))
		}
	}
	s := stater{active: 90}
	if len(gaps) > 0 {
		slices.Sort(gaps)
		s.active = min(max(2*gaps[len(gaps)/2], 30), 120)
	}
	years := make([]int64, len(l.all))
	active := make([]bool, len(l.all))
	inChunks(len(l.all), func(_, from, to int) {
		for c := from; c < to; c++ {
			if h := l.all[c]; h.Days > 0 && days(l.m.Today, h.Last) <= s.active && days(l.m.Today, h.First) > NewDays {
				active[c], years[c] = true, l.m.Brought(c, l.m.Today-YearDays, l.m.Today)
			}
		}
	})
	var list []int64
	for c, ok := range active {
		if ok {
			list = append(list, years[c])
		}
	}
	if len(list) > 0 {
		slices.Sort(list)
		s.low, s.high = list[len(list)/3], list[2*len(list)/3]
	}
	return s
}

// A yearWindow sums up a customer's purchases of the 12 months before days
// that grow.
type yearWindow struct {
	list       clv.Purchases
	from, next int // of list: those in between are in the window
	sum        int64
}

// to returns what was bought in the 12 months up to and with end, and the last
// purchase day by then; not ok if there was none yet.
func (w *yearWindow) to(end int32) (year int64, last int32, ok bool) {
	for w.next < len(w.list) && w.list[w.next].Day <= end {
		w.sum += w.list[w.next].Amount
		w.next++
	}
	for w.from < w.next && w.list[w.from].Day <= end-YearDays {
		w.sum -= w.list[w.from].Amount
		w.from++
	}
	if w.next == 0 {
		return 0, 0, false
	}
	return w.sum, w.list[w.next-1].Day, true
}

// since returns what was bought after a day, up to the last day asked for.
func (w *yearWindow) since(day int32) int64 {
	sum := int64(0)
	for i := w.next - 1; i >= 0 && w.list[i].Day > day; i-- {
		sum += w.list[i].Amount
	}
	return sum
}

// Gain returns by how much all customers of today would be worth more, in
// minor units, if of those who fall silent a share (0 to 1) stayed as active
// as they are, for ever.
func (r *Retention) Gain(share float64) int64 {
	c, ok := r.kept(share)
	if !ok {
		return 0
	}
	return r.sum(c.Value(r.Rate), r.Chain.Value(r.Rate))
}

// GainIn returns what of Gain comes in the next months, without discount.
func (r *Retention) GainIn(share float64, months int) int64 {
	c, ok := r.kept(share)
	if !ok {
		return 0
	}
	return r.sum(c.Within(months), r.Chain.Within(months))
}

// kept returns the chain in which a share of those who fall silent don't.
func (r *Retention) kept(share float64) (clv.Chain, bool) {
	if len(r.Chain.P) != states || len(r.Counts) != states {
		return clv.Chain{}, false
	}
	c := r.Chain
	for _, s := range []int{stateNew, stateHigh, stateMid, stateLow} {
		stay := s
		if s == stateNew { // who was new and buys again is active
			stay = stateLow
		}
		c = c.Shift(s, stateAtRisk, stay, share)
	}
	return c, true
}

// sum returns by how much the customers of today are worth more then than now.
func (r *Retention) sum(then, now []float64) int64 {
	sum := 0.
	for i, n := range r.Counts {
		sum += float64(n) * (then[i] - now[i])
	}
	return minor(sum)
}

func finites(list []float64) []float64 {
	for i, v := range list {
		list[i] = finite(v)
	}
	return list
}
