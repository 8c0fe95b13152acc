package kernel

import (
	"cmp"
	"io"
	"math"
	"slices"
	"time"
)

// A Report is how well the models foresee Online Retail: history is before
// September 2011, the future the hundred days from then on. Customers with a
// history are numbered by their first line; every fifth one is validation, on
// which everything is chosen, the others are test.
type Report struct {
	Lines     int `json:"lines"`
	Kept      int `json:"kept"`
	Customers int `json:"customers"`
	Products  int `json:"products"`
	Shoppers  int `json:"shoppers"` // customers with a history
	Pairs     int `json:"pairs"`    // of a shopper and a product in history

	Trials []Trial  `json:"trials"` // on validation, at two times
	Chosen Setting  `json:"chosen"` // the best of them: by HR, then NDCG, of new products
	Models []Result `json:"models"` // on test

	// Of the test customers who bought something again: how well it is
	// foreseen by Gaps, and by the number of days on which it was bought.
	Due   Hits `json:"due"`
	Often Hits `json:"often"`
}

// A Setting is what is chosen for EASE.
type Setting struct {
	Lambda   float64 `json:"lambda"`
	HalfLife float64 `json:"half_life_days"` // of an owned item's weight, 0 for none
	Momentum float64 `json:"momentum"`       // the exponent of Momentum
}

// A Trial is a setting and what it brings on validation.
type Trial struct {
	Setting
	New Hits `json:"new"`
}

// A Result is how well a model foresees the purchases of a group of
// customers, each given ten products.
type Result struct {
	Model string `json:"model"`
	Any   Hits   `json:"any"` // all products, over the customers who bought again
	New   Hits   `json:"new"` // those the customer never had, over who bought such
}

// Hits are the figures of one kind of list, means over customers, 0 … 1.
type Hits struct {
	Customers int     `json:"customers"`
	Hit       int     `json:"hit"`         // customers with at least one hit
	HR        float64 `json:"hr10"`        // their share
	Precision float64 `json:"precision10"` // hits by min(10, relevant)
	NDCG      float64 `json:"ndcg10"`      // discounted gain by the best possible (Järvelin & Kekäläinen 2002)
}

// EvaluateRetail computes the figures of the UCI Online Retail set (Chen et
// al. 2012) from its lines as CSV, compressed by gzip or not. It needs about
// half a minute of CPU time.
func EvaluateRetail(r io.Reader) (Report, error) {
	d, err := readRetail(r)
	if err != nil {
		return Report{}, err
	}
	p := d.split(retailSplit)
	m, err := p.matrix()
	if err != nil {
		return Report{}, err
	}
	ease, err := EASE(m, EASEOptions{Lambda: 300})
	if err != nil {
		return Report{}, err
	}
	rep := Report{Lines: d.lines, Kept: len(d.sales), Customers: d.customers, Products: d.products, Shoppers: len(p.shoppers), Pairs: m.Len()}
	if err := p.known(m, ease, &rep); err != nil {
		return Report{}, err
	}
	if rep.Trials, err = d.trials(); err != nil {
		return Report{}, err
	}
	rep.Chosen = best(rep.Trials)
	if ease, err = EASE(m, EASEOptions{Lambda: rep.Chosen.Lambda, Top: keptEdges}); err != nil {
		return Report{}, err
	}
	rep.Models = append(rep.Models, p.measure("EASE, chosen on validation", p.set(ease, m.Counts(), rep.Chosen), test))
	p.again(&rep)
	return rep, nil
}

// known measures the models in which nothing is chosen.
func (p *split) known(m *Matrix, ease *Graph, rep *Report) error {
	add := func(name string, k model) { rep.Models = append(rep.Models, p.measure(name, k, test)) }
	add("popularity", popular(m.Counts()))
	add("popularity, 30 days", popular(p.month))
	for _, k := range []struct {
		name    string
		measure Measure
		cut     Cut
	}{
		{"cosine h=10", Cosine(10), Cut{MinCommon: 2, Top: 1000}},
		{"RP3β .5 .5", Usual(), Cut{MinCommon: 2, Top: 1000}},
		{"RP3β .5 .5, top 50", Usual(), Cut{}},
	} {
		g, err := Neighbours(m, k.measure, k.cut)
		if err != nil {
			return err
		}
		add(k.name, following(g, 0, nil))
	}
	add("EASE λ=300", following(ease, 0, nil))
	return nil
}

// keptEdges is how many edges of an item production keeps of EASE.
const keptEdges = 100

// trials measures the settings on the validation customers: at the split, and
// fifty days earlier, so that the choice doesn't hang on one season.
func (d *retail) trials() ([]Trial, error) {
	var list []Trial
	for _, lambda := range []float64{100, 300} {
		for _, halfLife := range []float64{0, HalfLife} {
			for _, momentum := range []float64{0, .5, 1} {
				list = append(list, Trial{Setting: Setting{lambda, halfLife, momentum}})
			}
		}
	}
	for _, at := range []time.Time{retailSplit.AddDate(0, 0, -50), retailSplit} {
		p := d.split(at)
		m, err := p.matrix()
		if err != nil {
			return nil, err
		}
		buyers := m.Counts()
		var g *Graph
		for i := range list {
			t := &list[i]
			if i == 0 || t.Lambda != list[i-1].Lambda {
				if g, err = EASE(m, EASEOptions{Lambda: t.Lambda, Top: keptEdges}); err != nil {
					return nil, err
				}
			}
			t.New = t.New.and(p.measure("", p.set(g, buyers, t.Setting), validation).New)
		}
	}
	return list, nil
}

// set returns the model of a setting over the graph of its λ.
func (p *split) set(g *Graph, buyers []int32, s Setting) model {
	return following(g, s.HalfLife, Momentum(p.recent, buyers, s.Momentum))
}

// best returns the setting with the highest HR, of equal ones that with the
// highest NDCG.
func best(trials []Trial) Setting {
	return slices.MaxFunc(trials, func(a, b Trial) int {
		return cmp.Or(cmp.Compare(a.New.HR, b.New.HR), cmp.Compare(a.New.NDCG, b.New.NDCG))
	}).Setting
}

// and joins the figures of two groups.
func (h Hits) and(o Hits) Hits {
	n, k := float64(h.Customers), float64(o.Customers)
	return Hits{
		Customers: h.Customers + o.Customers,
		Hit:       h.Hit + o.Hit,
		HR:        ratio(float64(h.Hit+o.Hit), n+k),
		Precision: ratio(n*h.Precision+k*o.Precision, n+k),
		NDCG:      ratio(n*h.NDCG+k*o.NDCG, n+k),
	}
}

// again measures how well repeated purchases are foreseen.
func (p *split) again(rep *Report) {
	var g Gaps
	for _, s := range p.shoppers {
		for _, x := range s.purchases() {
			g.Add(x)
		}
	}
	var due, often []gain
	for i, s := range p.shoppers {
		again, _ := s.parts()
		if !test(i) || len(again) == 0 {
			continue
		}
		items := s.purchases()
		var list []Candidate
		for _, x := range g.due(items, 0, retailDays, 0, listLength) { // in a hundred days everything may come due
			list = append(list, Candidate{Item: x.Item})
		}
		due = append(due, gained(list, again))
		slices.SortStableFunc(items, func(a, b Purchase) int { return cmp.Compare(b.Times, a.Times) })
		list = list[:0]
		for _, x := range items[:min(len(items), listLength)] {
			list = append(list, Candidate{Item: x.Item})
		}
		often = append(often, gained(list, again))
	}
	rep.Due, rep.Often = sum(due), sum(often)
}

// listLength is the K of all figures.
const listLength = 10

// A ranker returns the ten best products for the shopper: with his own or
// without.
type ranker func(s *shopper, own bool) []Candidate

// A model makes rankers, one for each goroutine.
type model func() ranker

// measure returns the figures of a model over some of the shoppers.
func (p *split) measure(name string, m model, who func(i int) bool) Result {
	all, fresh := make([]gain, len(p.shoppers)), make([]gain, len(p.shoppers))
	inChunks(len(p.shoppers), func() func(lo, hi int) {
		rank := m()
		return func(lo, hi int) {
			for i := lo; i < hi; i++ {
				s := &p.shoppers[i]
				if !who(i) || len(s.future) == 0 {
					continue
				}
				all[i] = gained(rank(s, true), s.future)
				if _, f := s.parts(); len(f) > 0 {
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
func popular(score []int32) model {
	order := make([]Candidate, 0, len(score))
	for j, x := range score {
		if x > 0 {
			order = append(order, Candidate{Item: int32(j), Score: float64(x)})
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
				profile = append(profile, Owned{Item: j, Weight: Aged(float64(s.last[i]), halfLife)})
			}
			return scorer.Top(profile, Choice{K: listLength, Factor: factor, Owned: own})
		}
	}
}
