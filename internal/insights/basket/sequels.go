package basket

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync/atomic"
)

// SequelOptions say what is published of products that follow others.
type SequelOptions struct {
	Days     int     // after the first purchase of the one within which the other follows, 1 … 3660; 0 means 90
	OnlyNew  bool    // what the customer bought before doesn't follow
	MinCount int     // customers; 0 means 10
	FDR      float64 // share of false discoveries among the published, 0 … 1; 0 means .01
	MaxPairs int     // more pairs with MinCount are an error; 0 means 2,000,000, of 56 bytes each
}

func (o SequelOptions) withDefaults() SequelOptions {
	p := PairOptions{MinCount: o.MinCount, FDR: o.FDR, MaxPairs: o.MaxPairs}.withDefaults()
	o.MinCount, o.FDR, o.MaxPairs = p.MinCount, p.FDR, p.MaxPairs
	if o.Days < 1 {
		o.Days = 90
	}
	o.Days = min(o.Days, 3660)
	return o
}

// A Sequel says that customers who bought X bought Y later more often than
// chance.
type Sequel struct {
	X          int32   `json:"x"`
	Y          int32   `json:"y"`
	CustomersX int     `json:"customers_x"` // who ever bought X
	CustomersY int     `json:"customers_y"` // who ever bought Y
	Count      int     `json:"count"`       // customers who bought Y within the days after their first X
	Expected   float64 `json:"expected"`    // of them that chance explains, > 0
	P          float64 `json:"p"`           // the chance of Count or more
	Delay      float64 `json:"delay"`       // median days from the first X to the next Y
}

// Lift returns how many times more often Y follows X than chance explains.
func (s Sequel) Lift() float64 {
	if !(s.Expected > 0) {
		return 0
	}
	return float64(s.Count) / s.Expected
}

// Excess returns the customers beyond those that chance explains.
func (s Sequel) Excess() float64 { return float64(s.Count) - s.Expected }

// Share returns the share of the buyers of X whom Y followed, 0 … 1.
func (s Sequel) Share() float64 { return s.table().Confidence() }

// ShareInterval returns the 95 % interval of Share.
func (s Sequel) ShareInterval() (lo, hi float64) { return s.table().ConfidenceInterval() }

func (s Sequel) table() Table {
	return Table{N: s.CustomersX, X: s.CustomersX, Y: s.Count, XY: s.Count}
}

// Sequels are the sequels that are published, and how they were chosen.
type Sequels struct {
	Sequels    []Sequel `json:"sequels"`    // by falling Excess
	Hypotheses int64    `json:"hypotheses"` // ordered pairs of products that occur
	Candidates int      `json:"candidates"` // of them with the minimum count
	Cutoff     float64  `json:"cutoff"`     // the greatest P published, −1 if none
}

// Sequels finds the products that are bought within some days after the first
// purchase of another, more often than chance.
//
// Chance is products that come in any order: a customer who bought k other
// products in the days after the first X bought Y among them k·N_Y/Σ N times,
// with N the customers of each product but X. A pair is published if the
// Poisson tail of its customers passes Benjamini–Hochberg over all ordered
// pairs of products that occur. Purchases of one day follow nothing of that
// day.
//
// It fails with ErrTooMany if there are more than o.MaxPairs pairs with
// o.MinCount, and with the context's cause if that is cancelled.
func (h *Histories) Sequels(ctx context.Context, o SequelOptions) (*Sequels, error) {
	o = o.withDefaults()
	f := h.firsts()
	var candidates atomic.Int64
	after := make([][]Sequel, h.products)
	err := f.each(ctx, func() func(lo, hi int) {
		w := h.follower(f, o)
		return func(lo, hi int) {
			for x := lo; x < hi && candidates.Load() <= int64(o.MaxPairs); x++ {
				var n int
				after[x], n = w.sequels(x)
				candidates.Add(int64(n))
			}
		}
	})
	if err != nil {
		return nil, err
	}
	if n := candidates.Load(); n > int64(o.MaxPairs) {
		return nil, fmt.Errorf("%w: more than %d sequels of at least %d customers", ErrTooMany, o.MaxPairs, o.MinCount)
	}
	found := &Sequels{Candidates: int(candidates.Load())}
	m := int64(0)
	for p := range h.products {
		if f.count(p) > 0 {
			m++
		}
	}
	found.Hypotheses = m * (m - 1)
	found.Sequels, found.Cutoff = published(slices.Concat(after...), func(s Sequel) float64 { return s.P }, float64(found.Hypotheses), o.FDR)
	if err := h.delays(ctx, f, o, found.Sequels); err != nil {
		return nil, err
	}
	slices.SortFunc(found.Sequels, func(p, q Sequel) int {
		return cmp.Or(cmp.Compare(q.Excess(), p.Excess()), cmp.Compare(p.X, q.X), cmp.Compare(p.Y, q.Y))
	})
	return found, nil
}

// A follower counts what follows a product, one product at a time.
type follower struct {
	h      *Histories
	firsts *firsts
	o      SequelOptions

	counts []uint32 // of each product, the customers whom it followed; 0 between uses
	last   []uint32 // of each product, the first purchase that it followed last, from 1
	found  []uint32 // products whose count is not 0
	all    []followed
	list   []Sequel
}

func (h *Histories) follower(f *firsts, o SequelOptions) *follower {
	return &follower{h: h, firsts: f, o: o, counts: make([]uint32, h.products), last: make([]uint32, h.products)}
}

// A followed product was bought some days after another.
type followed struct {
	product uint32
	days    int32
}

// after returns what followed the first purchase at f: every product but that
// itself, once, with the days between. It is overwritten by the next call.
func (w *follower) after(f firstPurchase) []followed {
	lines, last, mark := w.h.lines[f.pos:f.end], w.last, f.pos+1
	x, window := lines[0], int64(w.o.Days)
	own := x.product &^ firstLine
	all := w.all[:0]
	for _, l := range lines[1:] {
		days := int64(l.day) - int64(x.day)
		if days > window {
			break
		}
		y := l.product &^ firstLine
		if days == 0 || y == own || w.o.OnlyNew && y == l.product {
			continue
		}
		// No other product has its first purchase on this line, so that the
		// marks of one never stand for another.
		if last[y] != mark {
			last[y] = mark
			all = append(all, followed{y, int32(days)})
		}
	}
	w.all = all
	return all
}

// sequels returns what follows x, so often that it may be published, and how
// many products follow it for at least o.MinCount customers.
func (w *follower) sequels(x int) (all []Sequel, candidates int) {
	n := w.firsts.count(x)
	if n < w.o.MinCount {
		return nil, 0
	}
	bought := 0 // products that follow x, over all customers
	for _, f := range w.firsts.of(x) {
		later := w.after(f)
		for _, y := range later {
			if w.counts[y.product] == 0 {
				w.found = append(w.found, y.product)
			}
			w.counts[y.product]++
		}
		bought += len(later)
	}
	enough := w.found[:0] // most products followed once or twice
	for _, y := range w.found {
		if int(w.counts[y]) >= w.o.MinCount {
			enough = append(enough, y)
		} else {
			w.counts[y] = 0
		}
	}
	slices.Sort(enough)
	all = w.list[:0]
	for _, y := range enough {
		s := Sequel{X: int32(x), Y: int32(y), CustomersX: n, CustomersY: w.firsts.count(int(y)), Count: int(w.counts[y]), P: 1}
		s.Expected = float64(bought) * float64(s.CustomersY) / float64(w.firsts.total()-n)
		if s.Lift() > 1 {
			s.P = PoissonTail(s.Count, s.Expected)
		}
		if possible(s.P, w.o.FDR) {
			all = append(all, s)
		}
		w.counts[y] = 0
	}
	candidates = len(enough)
	w.found, w.list = w.found[:0], all
	return slices.Clone(all), candidates
}

// delays sets the Delay of sequels, which are in order of X.
func (h *Histories) delays(ctx context.Context, f *firsts, o SequelOptions, sequels []Sequel) error {
	groups := make([][]Sequel, h.products)
	for len(sequels) > 0 {
		n := 1
		for n < len(sequels) && sequels[n].X == sequels[0].X {
			n++
		}
		groups[sequels[0].X], sequels = sequels[:n], sequels[n:]
	}
	return f.each(ctx, func() func(lo, hi int) {
		w := h.follower(f, o)
		var days [][]int32
		return func(lo, hi int) {
			for _, g := range groups[lo:hi] {
				for len(days) < len(g) {
					days = append(days, nil)
				}
				w.delays(g, days)
			}
		}
	})
}

// delays sets the Delay of all sequels of one X. days is memory for as many
// lists.
func (w *follower) delays(sequels []Sequel, days [][]int32) {
	if len(sequels) == 0 {
		return
	}
	for i, s := range sequels {
		w.counts[s.Y] = uint32(i) + 1
		days[i] = days[i][:0]
	}
	for _, f := range w.firsts.of(int(sequels[0].X)) {
		for _, y := range w.after(f) {
			if i := w.counts[y.product]; i > 0 {
				days[i-1] = append(days[i-1], y.days)
			}
		}
	}
	for i := range sequels {
		sequels[i].Delay = median(days[i])
		w.counts[sequels[i].Y] = 0
	}
}

// median returns the median of s, which it sorts; 0 for an empty one.
func median(s []int32) float64 {
	if len(s) == 0 {
		return 0
	}
	slices.Sort(s)
	return (float64(s[(len(s)-1)/2]) + float64(s[len(s)/2])) / 2
}
