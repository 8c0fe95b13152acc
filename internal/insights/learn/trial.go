package learn

import (
	"math"
	"slices"

	"github.com/akrab-crm/akrab/internal/insights/clv"
	"github.com/akrab-crm/akrab/internal/insights/score"
)

// mostWindows is in how many quarters models are tested.
const mostWindows = 4

// A trial is the sampled customers on the first day of a window: what was
// known of them, what models of that time foretold, and what happened.
type trial struct {
	w      clv.Window
	models Models // of that time
	cases  []past
	scores []Score // of the cases by models, without intervals
}

// A past is one customer on an earlier day.
type past struct {
	in     Input
	raw    float64 // probability to buy in the window, as the model says
	buyer  score.Buyer
	bought bool
}

// asOf returns the last day that was known in a window.
func asOf(w clv.Window) int32 { return w.Now - 1 }

// backTest asks how right the model would have been in the last quarters, and
// calibrates its probabilities by what happened.
func (l *learner) backTest(*Customers) error {
	if !l.models.Enough {
		return nil
	}
	l.windows = l.backTests(l.models.Purchase)
	if err := l.decide(); err != nil {
		return err
	}
	l.sample = nil
	active, expected := 0., 0.
	for i := range l.windows {
		w := &l.windows[i]
		active += w.AUC
		expected += w.AUCExpected
		l.trials = append(l.trials, l.trial(w))
	}
	if expected > active {
		l.models.RankBy = clv.ByExpected
	}
	if n := len(l.trials); n > 1 {
		// A curve that doesn't help in a quarter that it didn't see is left out.
		last := l.trials[n-1]
		curve := calibrate(l.trials[:n-1])
		if curve != nil && last.brier(curve) <= last.brier(nil) {
			l.models.Chance = calibrate(l.trials)
		}
	}
	return nil
}

// decide keeps the live kind of model, learned anew, where the likeliest kind
// foretold the last quarters worse.
func (l *learner) decide() error {
	live := l.opt.Live
	if live == nil || !live.Enough || live.Purchase.Kind == l.models.Purchase.Kind && live.Purchase.K == l.models.Purchase.K {
		return nil
	}
	tests := l.backTests(live.Purchase)
	if clv.NoWorse(l.windows, tests) {
		return nil
	}
	fit, err := l.sample.Fit(live.Purchase.Kind, live.Purchase.K, live.Purchase.Model)
	if err != nil || !fit.Usable && !fit.Stays {
		return nil // that kind can't be had any more
	}
	rival := l.models.Purchase
	l.rival, l.rivals = &rival, l.windows
	l.models.Purchase, l.windows = fit, tests
	return nil
}

// backTests returns the back-tests of a kind of model in the last quarters, the
// earliest first; those are left out before which there was too little.
func (l *learner) backTests(fit clv.Fit) []clv.Result {
	customers := make([]clv.Purchases, len(l.sampled))
	inChunks(len(customers), func(_, from, to int) {
		for i := from; i < to; i++ {
			customers[i] = l.m.Purchases(l.sampled[i], nil)
		}
	})
	var list []clv.Result
	for _, w := range clv.Rolling(l.m.Today+1, ActiveDays, mostWindows) {
		w.AsOf = asOf(w)
		r, err := clv.BackTest(customers, w, fit.Kind, fit.K)
		if err != nil || r.Customers < MinCustomers || !r.Fit.Usable && !r.Fit.Stays {
			continue // too few at that time
		}
		list = append(list, r)
	}
	return list
}

// trial returns the sampled customers as they were on the first day of r.
func (l *learner) trial(r *clv.Result) *trial {
	t := &trial{w: r.Window}
	t.models = Models{Enough: true, Rate: l.opt.Rate, Purchase: r.Fit, Spend: r.Money, Today: asOf(r.Window), Margin: l.models.Margin}
	list := make([]*past, len(l.sampled))
	inChunks(len(list), func(_, from, to int) {
		for i := from; i < to; i++ {
			if p, ok := l.pastOf(l.sampled[i], r); ok {
				list[i] = &p
			}
		}
	})
	for _, p := range list {
		if p != nil {
			t.cases = append(t.cases, *p)
		}
	}
	t.scores = make([]Score, len(t.cases))
	values := make([]int64, len(t.cases))
	inChunks(len(t.cases), func(_, from, to int) {
		sc := NewScorer(&t.models)
		sc.plain = true
		for i := from; i < to; i++ {
			t.scores[i] = sc.Score(t.cases[i].in)
			values[i] = t.scores[i].Value
		}
	})
	t.models.Bands = limits(values)
	return t
}

// pastOf returns customer c on the first day of r; not ok if they had not
// bought by then.
func (l *learner) pastOf(c int, r *clv.Result) (p past, ok bool) {
	day, end := asOf(r.Window), asOf(r.Window)+r.Days
	p.in.Today = day
	b := &p.buyer
	l.m.EachDay(c, func(d int32, value int64) {
		switch {
		case d > end:
		case d > day:
			p.bought = true
		default:
			p.in.Customer.Add(d, value)
			if d > day-30 {
				b.Last30++
			}
			if d > day-90 {
				b.Last90++
			}
		}
	})
	h := p.in.Customer
	if h.Days == 0 {
		return p, false
	}
	p.in.Half = l.m.Brought(c, day-HalfDays, day)
	p.in.HalfBefore = l.m.Brought(c, day-2*HalfDays, day-HalfDays)
	orders := l.m.OrdersOf(c)
	for i := range orders {
		if o := &orders[i]; !o.Return && o.Day <= day {
			b.Lines += int(o.Lines)
		}
	}
	weeks := float64(r.Days) / 7
	b.Stats = h.Stats(day)
	b.Spent = float64(h.Amount) / float64(h.Days)
	b.Expected = finite(r.Fit.Expected(b.Stats, weeks))
	if b.Alive = 1; !r.Fit.Stays {
		b.Alive = finite(r.Fit.Alive(b.Stats))
	}
	p.raw = finite(r.Fit.Active(b.Stats, weeks))
	return p, true
}

// pooled is about how many customers make one point of a curve.
const pooled = 100

// calibrate returns the curve from what was foretold to what came; nil if the
// customers are too few for one.
func calibrate(trials []*trial) *score.Isotonic {
	var list []point
	for _, t := range trials {
		for i := range t.cases {
			y := 0.
			if t.cases[i].bought {
				y = 1
			}
			list = append(list, point{t.cases[i].raw, y})
		}
	}
	return curve(list)
}

// A point is a score and whether it came true, 0 or 1.
type point struct{ x, y float64 }

// curve returns the rising curve of points, of which equal parts are pooled
// first so that its ends don't claim certainty; nil if they are too few.
func curve(list []point) *score.Isotonic {
	if len(list) < 2*pooled {
		return nil
	}
	slices.SortStableFunc(list, func(a, b point) int {
		if a.x != b.x {
			return compare(a.x, b.x)
		}
		return compare(a.y, b.y)
	})
	parts := min(len(list)/pooled, 200)
	var x, y, weight []float64
	for i := range parts {
		part := list[i*len(list)/parts : (i+1)*len(list)/parts]
		var sx, sy float64
		for _, p := range part {
			sx += p.x
			sy += p.y
		}
		n := float64(len(part))
		// One imaginary customer each way: nothing is impossible or certain.
		x, y, weight = append(x, sx/n), append(y, (sy+.5)/(n+1)), append(weight, n)
	}
	c, err := score.FitIsotonic(x, y, weight)
	if err != nil {
		return nil
	}
	return c
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// predicted returns what was foretold of the customers of t, by a curve or as
// the model said it, and what happened.
func (t *trial) predicted(c *score.Isotonic) (p []float64, bought []bool) {
	m := Models{Chance: c}
	for i := range t.cases {
		p, bought = append(p, m.chance(t.cases[i].raw)), append(bought, t.cases[i].bought)
	}
	return p, bought
}

func (t *trial) brier(c *score.Isotonic) float64 {
	p, bought := t.predicted(c)
	sum := 0.
	for i, b := range bought {
		if b {
			sum += (1 - p[i]) * (1 - p[i])
		} else {
			sum += p[i] * p[i]
		}
	}
	return sum / math.Max(1, float64(len(p)))
}
