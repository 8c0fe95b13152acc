package clv

import (
	"math"
	"slices"
)

// A Day is what a customer bought on one day.
type Day struct {
	Day    int32 `json:"day"`    // days since any fixed day
	Amount int64 `json:"amount"` // margin or sales, minor units
}

// Purchases are the purchase days of one customer, ascending.
type Purchases []Day

// history returns what is kept of the purchases before a day, and how many
// they are.
func (p Purchases) history(before int32) (h History, n int) {
	for n < len(p) && p[n].Day < before {
		h.Add(p[n].Day, p[n].Amount)
		n++
	}
	return h, n
}

// A Window is one question of a back-test, which asks how right models would
// have been on an earlier day. What was bought before Now is known;
// what was bought from Now on, for Days days, is to be foretold.
type Window struct {
	Now  int32 `json:"now"`
	Days int32 `json:"days"`
	// AsOf is the day up to which ages are counted, if that is the last known
	// day and not the first to be foretold; 0 means Now.
	AsOf int32 `json:"as_of,omitempty"`
}

// Rolling returns n windows of so many days each, one right before the other,
// the last of which ends before the day end; the earliest first.
func Rolling(end, days int32, n int) []Window {
	list := make([]Window, n)
	for i := range list {
		list[i] = Window{Now: end - days*int32(n-i), Days: days}
	}
	return list
}

// A Ranking says by what customers are ranked.
type Ranking string

// The rankings.
const (
	ByActive   Ranking = "active"   // probability to buy within the window
	ByExpected Ranking = "expected" // expected purchase days
)

// A Result is how right a model was in a window.
type Result struct {
	Window
	Fit           Fit     `json:"fit"`
	Customers     int     `json:"customers"` // who had bought before
	Actual        float64 `json:"actual"`    // their purchase days in the window
	Bought        int     `json:"bought"`    // customers who bought in the window
	Expected      float64 `json:"expected"`  // purchase days foretold
	MAE           float64 `json:"mae"`       // mean absolute error of expected purchase days
	AUC           float64 `json:"auc"`       // of the probability to buy
	AUCAlive      float64 `json:"auc_alive"` // of the probability not to have left
	AUCExpected   float64 `json:"auc_expected"`
	Brier         float64 `json:"brier"`         // of the probability to buy
	BrierBase     float64 `json:"brier_base"`    // of foretelling everybody the share who bought
	Capture       float64 `json:"capture"`       // share of the purchase days of the fifth foretold most
	NaiveMAE      float64 `json:"naive_mae"`     // of foretelling the past rate, (x+1)/(T+1)
	NaiveAUC      float64 `json:"naive_auc"`     // of the past rate
	NaiveCapture  float64 `json:"naive_capture"` // of the past rate
	Calibration   []Bin   `json:"calibration"`   // tenths by the probability to buy
	ECE           float64 `json:"ece"`           // mean error of these
	RankBy        Ranking `json:"rank_by"`       // what told best who buys
	CountCoverage float64 `json:"count_coverage"`
	// Money, if amounts are known: the share of intervals that held, of those
	// that aren't 0 to 0, and how many they are.
	Money         *Spend  `json:"money,omitempty"`
	MoneyCoverage float64 `json:"money_coverage,omitempty"`
	MoneyShown    int     `json:"money_shown,omitempty"`
}

// BackTest returns how right a model would have been in a window. The model is
// the likeliest one of its kind and k at the time; with an empty kind it is the
// one that would have been chosen. It returns ErrThin if too few had bought.
func BackTest(customers []Purchases, w Window, kind Kind, k int) (Result, error) {
	t, err := newTrial(customers, w)
	if err != nil {
		return Result{}, err
	}
	var fit Fit
	if kind == "" {
		var c Choice
		c, err = t.sample.Choose(Model{})
		fit = c.Best
	} else {
		fit, err = t.sample.Fit(kind, k, Model{})
	}
	if err != nil {
		return Result{}, err
	}
	r := t.judge(fit)
	t.money(&r)
	return r, nil
}

// A trial is the customers of a window: what was known and what happened.
type trial struct {
	w        Window
	weeks    float64
	stats    []Stats
	repeats  []Repeats
	days     []float64 // purchase days in the window
	spent    []float64 // in the window, minor units
	bought   []bool
	happened []float64 // 1 if bought
	sample   *Sample
}

func newTrial(customers []Purchases, w Window) (*trial, error) {
	t := &trial{w: w, weeks: float64(w.Days) / daysPerWeek}
	asOf := w.AsOf
	if asOf == 0 {
		asOf = w.Now
	}
	for _, p := range customers {
		h, n := p.history(w.Now)
		if n == 0 {
			continue
		}
		days, spent := 0.0, int64(0)
		for _, d := range p[n:] {
			if d.Day < w.Now+w.Days {
				days++
				spent += d.Amount
			}
		}
		t.stats = append(t.stats, h.Stats(asOf))
		t.repeats = append(t.repeats, Repeats{int(h.Days) - 1, h.Repeat()})
		t.days = append(t.days, days)
		t.spent = append(t.spent, float64(spent))
		t.bought = append(t.bought, days > 0)
		t.happened = append(t.happened, math.Min(days, 1))
	}
	if len(t.stats) == 0 {
		return nil, ErrThin
	}
	var err error
	t.sample, err = NewSample(t.stats)
	return t, err
}

// judge compares what fit foretells with what happened.
func (t *trial) judge(fit Fit) Result {
	n := len(t.stats)
	active, alive, expected, naive := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	held := make([]bool, n)
	inChunks(n, func(_, from, to int) {
		var buf []float64
		for i := from; i < to; i++ {
			s := t.stats[i]
			active[i], alive[i], expected[i] = fit.Active(s, t.weeks), fit.Alive(s), fit.Expected(s, t.weeks)
			naive[i] = float64(s.Repeats+1) / (s.Age + 1) * t.weeks
			buf = fit.Counts(buf[:0], s, t.weeks)
			lo, hi := CountRange(buf)
			held[i] = t.days[i] >= float64(lo) && t.days[i] <= float64(hi)
		}
	})
	r := Result{Window: t.w, Fit: fit, Customers: n}
	for i, d := range t.days {
		r.Actual += d
		r.Expected += expected[i]
		if t.bought[i] {
			r.Bought++
		}
		if held[i] {
			r.CountCoverage += 1 / float64(n)
		}
	}
	r.AUC, r.AUCAlive, r.AUCExpected = AUC(active, t.bought), AUC(alive, t.bought), AUC(expected, t.bought)
	r.RankBy = ByActive
	if r.AUCExpected > r.AUC {
		r.RankBy = ByExpected
	}
	r.MAE, r.NaiveMAE = distance(expected, t.days), distance(naive, t.days)
	r.Capture, r.NaiveCapture, r.NaiveAUC = Capture(expected, t.days), Capture(naive, t.days), AUC(naive, t.bought)
	base := float64(r.Bought) / float64(n)
	r.Brier, r.BrierBase = square(active, t.happened), base*(1-base)
	r.Calibration = Calibration(active, t.happened, 10)
	r.ECE = calibrationError(r.Calibration)
	return r
}

// money adds to r how often the intervals of what is spent held.
func (t *trial) money(r *Result) {
	sp, err := FitSpend(t.repeats)
	if err != nil {
		return
	}
	n := len(t.stats)
	held, shown := make([]bool, n), make([]bool, n)
	inChunks(n, func(_, from, to int) {
		for i := from; i < to; i++ {
			v := MoneyRange(r.Fit.Model, &sp, t.stats[i], t.repeats[i], t.weeks)
			shown[i] = v.Hi > 0
			held[i] = t.spent[i] >= v.Lo && t.spent[i] <= v.Hi
		}
	})
	r.Money = &sp
	good := 0
	for i := range held {
		if shown[i] {
			r.MoneyShown++
			if held[i] {
				good++
			}
		}
	}
	if r.MoneyShown > 0 {
		r.MoneyCoverage = float64(good) / float64(r.MoneyShown)
	}
}

// distance returns the mean absolute difference.
func distance(a, b []float64) float64 {
	sum := 0.0
	for i, v := range a {
		sum += math.Abs(v - b[i])
	}
	return sum / float64(max(len(a), 1))
}

// square returns the mean squared difference.
func square(a, b []float64) float64 {
	sum := 0.0
	for i, v := range a {
		sum += (v - b[i]) * (v - b[i])
	}
	return sum / float64(max(len(a), 1))
}

// NoWorse reports whether a candidate may replace what is live: in the mean
// over the windows of a rolling back-test, neither its MAE nor its Brier score
// is worse by more than 2 %. Results of which there are none hinder nothing.
func NoWorse(candidate, live []Result) bool {
	if len(live) == 0 {
		return true
	}
	if len(candidate) == 0 {
		return false
	}
	mean := func(list []Result, f func(*Result) float64) float64 {
		sum := 0.0
		for i := range list {
			sum += f(&list[i])
		}
		return sum / float64(len(list))
	}
	return !slices.ContainsFunc([]func(*Result) float64{
		func(r *Result) float64 { return r.MAE },
		func(r *Result) float64 { return r.Brier },
	}, func(f func(*Result) float64) bool { return mean(candidate, f) > 1.02*mean(live, f) })
}
