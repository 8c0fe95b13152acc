package experiment

import (
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
)

// A Coverage is how often intervals of one kind contained the truth.
type Coverage struct {
	Kind    string  `json:"kind"`
	Treated int     `json:"treated,omitempty"` // customers an arm, or
	Control int     `json:"control,omitempty"`
	Answers int     `json:"answers,omitempty"` // answers to a question
	Runs    int     `json:"runs"`
	Share   float64 `json:"share"` // wanted: Usual
	SE      float64 `json:"se"`    // of Share, by the number of runs
	Width   float64 `json:"width"` // mean width of the intervals
	Shown   bool    `json:"shown"` // whether people get to see such intervals
}

// EvaluateCoverage simulates experiments and questionnaires with a known
// truth and counts the intervals of 95 % that contain it. Customers buy
// rarely, and what they spend is log-normal with a long tail: the hard case
// for money. The answer depends on seed and runs only, not on the cores.
func EvaluateCoverage(seed uint64, runs int) []Coverage {
	var all []Coverage
	for _, size := range [][2]int{{9000, 1000}, {1000, 1000}, {900, 100}} {
		all = append(all, shopCoverage(seed, runs, size[0], size[1])...)
	}
	for _, n := range []int{AnswersNeed, 100, 400} {
		all = append(all, answerCoverage(seed, runs, n)...)
	}
	return all
}

// A hit says whether an interval held the truth, and how wide it was. Each run
// writes hits of its own, and they are summed in order of runs, so that the
// sum is the same on any number of cores.
type hit struct {
	in    bool
	width float64
}

func (h *hit) look(i Interval, truth float64) {
	h.in = i.Lo <= truth && truth <= i.Hi
	h.width = i.Hi - i.Lo
}

// simulate calls run for 0 … runs−1 with random numbers of its own each, and
// returns the hits of the kinds.
func simulate(seed uint64, runs, kinds int, run func(r *rand.Rand, h []hit)) [][]hit {
	all := make([][]hit, runs)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), runs) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < runs; i = int(next.Add(1)) - 1 {
				h := make([]hit, kinds)
				run(rand.New(rand.NewPCG(seed, uint64(i))), h)
				all[i] = h
			}
		})
	}
	wg.Wait()
	return all
}

// tally fills in how often the kind'th interval was right.
func (c Coverage) tally(all [][]hit, kind int) Coverage {
	c.Runs = len(all)
	if c.Runs == 0 {
		return c
	}
	for _, h := range all {
		if h[kind].in {
			c.Share++
		}
		c.Width += h[kind].width
	}
	n := float64(c.Runs)
	c.Share /= n
	c.Width /= n
	c.SE = math.Sqrt(c.Share * (1 - c.Share) / n)
	return c
}

// What a simulated shop is like: a third of the customers bought before and
// they are the likelier to buy again; the action makes one in a hundred more
// buy; log-amounts before and after are correlated.
const (
	boughtBefore = .35
	buysAgain    = .22
	buysFirst    = .05
	raise        = .01
	logMean      = 2.2
	logSD        = .8
	correlation  = .7
)

// shopper draws one customer.
func shopper(r *rand.Rand, treated bool) (spent, before float64) {
	z, p := r.NormFloat64(), buysFirst
	if r.Float64() < boughtBefore {
		before, p = math.Exp(logMean+logSD*z), buysAgain
	}
	if treated {
		p += raise
	}
	if r.Float64() < p {
		own := math.Sqrt(1 - correlation*correlation)
		spent = math.Exp(logMean + logSD*(correlation*z+own*r.NormFloat64()))
	}
	return spent, before
}

func draw(r *rand.Rand, n int, treated bool) (a Arm, c Count) {
	for range n {
		y, x := shopper(r, treated)
		a.Add(y, x)
		if c.Of++; y > 0 {
			c.Did++
		}
	}
	return a, c
}

func shopCoverage(seed uint64, runs, treated, control int) []Coverage {
	truth := raise * math.Exp(logMean+logSD*logSD/2)
	all := simulate(seed, runs, 3, func(r *rand.Rand, h []hit) {
		t, tc := draw(r, treated, true)
		c, cc := draw(r, control, false)
		if d, err := Welch(t, c, Usual); err == nil {
			h[0].look(d.Interval, truth)
		}
		if d, err := CUPED(t, c, Usual); err == nil {
			h[1].look(d.Interval, truth)
		}
		if d, err := Rates(tc, cc, Usual); err == nil {
			h[2].look(d.Interval, raise)
		}
	})
	money := treated >= MoneyNeeds && control >= MoneyNeeds
	return []Coverage{
		Coverage{Kind: "welch", Treated: treated, Control: control, Shown: money}.tally(all, 0),
		Coverage{Kind: "cuped", Treated: treated, Control: control, Shown: money}.tally(all, 1),
		Coverage{Kind: "newcombe", Treated: treated, Control: control, Shown: true}.tally(all, 2),
	}
}

// How the simulated answer: shares of promoters and detractors, and of 4 or 5.
// The last is drawn anew in each run, because the coverage of a share jumps up
// and down with the share.
const (
	promoters    = .5
	detractors   = .2
	leastContent = .6
	mostContent  = .95
)

// efforts are the shares of the answers from 1 to 7.
func efforts() [7]float64 { return [7]float64{.03, .05, .07, .15, .25, .25, .20} }

func answerCoverage(seed uint64, runs, n int) []Coverage {
	mean, shares := 0., efforts()
	for i, p := range efforts() {
		mean += p * float64(i+1)
	}
	all := simulate(seed, runs, 3, func(r *rand.Rand, h []hit) {
		var pro, det int64
		var five [5]int64
		var seven [7]int64
		content := leastContent + (mostContent-leastContent)*r.Float64()
		for range n {
			switch u := r.Float64(); {
			case u < promoters:
				pro++
			case u < promoters+detractors:
				det++
			}
			if r.Float64() < content {
				five[4]++
			} else {
				five[0]++
			}
			seven[pick(r.Float64(), shares)]++
		}
		if s, err := NetPromoter(pro, int64(n)-pro-det, det, Usual); err == nil {
			h[0].look(s.Interval, 100*(promoters-detractors))
		}
		if s, err := Satisfaction(five, Usual); err == nil {
			h[1].look(s, content)
		}
		if s, err := Effort(seven, Usual); err == nil {
			h[2].look(s, mean)
		}
	})
	return []Coverage{
		Coverage{Kind: "nps", Answers: n, Shown: true}.tally(all, 0),
		Coverage{Kind: "csat", Answers: n, Shown: true}.tally(all, 1),
		Coverage{Kind: "ces", Answers: n, Shown: true}.tally(all, 2),
	}
}

func pick(u float64, shares [7]float64) int {
	for i, s := range shares {
		if u < s {
			return i
		}
		u -= s
	}
	return len(shares) - 1
}
