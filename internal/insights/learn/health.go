package learn

import (
	"errors"

	"github.com/akrab-crm/akrab/internal/insights/clv"
	"github.com/akrab-crm/akrab/internal/insights/score"
)

// health says how right everything was.
func (l *learner) health(r *Customers) error {
	h := &r.Health
	h.Basis, h.Models, h.Candidate, h.Rival = l.basis, r.Models, r.Rival == nil, r.Rival
	if r.Rival != nil {
		h.Hindered = "back_test"
	}
	h.Choice, h.BackTests, h.Sampled, h.Signals = l.choice, l.windows, len(l.sampled), l.tests
	if n := len(l.trials); n > 0 {
		if err := l.quality(h, n); err != nil {
			return err
		}
	}
	return l.drift(h)
}

func (l *learner) quality(h *Health, n int) error {
	last, w := l.trials[n-1], l.windows[n-1]
	var c *score.Isotonic
	if l.models.Chance != nil { // of the quarters before, so that the test is fair
		c = calibrate(l.trials[:n-1])
	}
	predicted, bought := last.predicted(c)
	q, err := score.Measure(predicted, bought)
	if errors.Is(err, score.ErrFew) {
		return nil
	}
	if err != nil {
		return err
	}
	h.Quality, h.Reliability = &q, q.Bins
	hit := Hit{Customers: w.Customers, Foretold: w.Expected, Actual: w.Actual, Bought: w.Bought, AUC: q.AUC, ECE: q.ECE}
	for _, p := range predicted {
		hit.Chance += p
	}
	h.LastHit = &hit
	if n < 2 {
		return nil
	}
	// A regression that learned from the quarter before, on the same customers.
	var cases []score.Case
	var yes []bool
	before := l.trials[n-2]
	for i := range before.cases {
		cases, yes = append(cases, before.cases[i].buyer.Case()), append(yes, before.cases[i].bought)
	}
	m, err := score.FitLogistic(score.BuyerFields(), cases, yes, score.Options{Ridge: 1})
	if errors.Is(err, score.ErrFew) {
		return nil
	}
	if err != nil {
		return err
	}
	rival := make([]float64, len(last.cases))
	for i := range last.cases {
		rival[i] = m.Predict(last.cases[i].buyer.Case())
	}
	rq, err := score.Measure(rival, bought)
	if err != nil {
		return err
	}
	l.rebuy = m
	h.Challenger = &Challenger{Name: "rebuy", Quality: rq, Live: q}
	return nil
}

// drift compares customers of now with those that the live models learned
// from; if these were learned today, with those of a quarter ago. How long they
// have been customers is not compared: it grows by itself.
func (l *learner) drift(h *Health) error {
	if !l.models.Enough || len(l.sampled) == 0 {
		return nil
	}
	then := l.m.Today - ActiveDays
	if live := l.opt.Live; live != nil && live.Enough && live.Today < l.m.Today {
		then = live.Today
	}
	h.Since = then
	model := l.models.Purchase
	inputs := func(today int32) (list [4][]float64) {
		rows := make([][4]float64, len(l.sampled))
		ok := make([]bool, len(l.sampled))
		inChunks(len(rows), func(_, from, to int) {
			for i := from; i < to; i++ {
				var p clv.History
				l.m.EachDay(l.sampled[i], func(d int32, value int64) {
					if d <= today {
						p.Add(d, value)
					}
				})
				if p.Days == 0 {
					continue
				}
				s := p.Stats(today)
				ok[i] = true
				rows[i] = [4]float64{float64(s.Repeats), s.Age - s.Recency, float64(p.Amount) / float64(p.Days), finite(model.Active(s, ActiveDays/7.))}
			}
		})
		for i, row := range rows {
			for k := range row {
				if ok[i] {
					list[k] = append(list[k], row[k])
				}
			}
		}
		return list
	}
	was, is := inputs(then), inputs(l.m.Today)
	for k, name := range []string{"repeats", "silence", "amount", "chance"} {
		d, err := score.DriftNumbers(name, was[k], is[k])
		if errors.Is(err, score.ErrFew) {
			continue
		}
		if err != nil {
			return err
		}
		h.Drift = append(h.Drift, d)
	}
	return nil
}
