package clv

import (
	"fmt"
	"math"
	"slices"
)

// Repeats are what the Gamma-Gamma model reads of a customer.
type Repeats struct {
	N    int     // purchase days after the first
	Mean float64 // mean amount of these, without the first; in any unit of money
}

// maxCorrelation between how often and for how much customers buy is what the
// Gamma-Gamma model bears, which takes them for independent. Above, customers
// are divided by how often they came.
const maxCorrelation = .3

// A Spend is a fitted Gamma-Gamma model: amounts of one customer are Gamma(p, ν)
// distributed, and ν is Gamma(q, γ) over customers.
type Spend struct {
	Correlation   float64 `json:"correlation"`    // of N with Mean, −1 to 1
	Mean          float64 `json:"mean"`           // mean of the customers' means
	Customers     int     `json:"customers"`      // with repeats and a positive mean: on whom it rests
	LogLikelihood float64 `json:"log_likelihood"` // of all bands
	Evaluations   int     `json:"evaluations"`
	// Bands divide customers by repeats, ascending; one from 1 on unless
	// correlation asks for more.
	Bands []Band `json:"bands"`
}

// A Band is the part of a Spend for customers of at least so many repeats.
type Band struct {
	From  int     `json:"from"`  // repeats
	P     float64 `json:"p"`     // shape of a customer's amounts
	Q     float64 `json:"q"`     // shape of the distribution of their rates
	Gamma float64 `json:"gamma"` // its rate, in the unit of money
	// Plain is true if the data don't tell the parameters: P and Q are then
	// those that weigh the mean of all as much as one purchase.
	Plain bool `json:"plain"`
}

// FitSpend returns the Gamma-Gamma model under which customers are likeliest.
// Customers without repeats, and those whose mean isn't positive, are left out.
// It returns ErrThin if fewer than MinRepeaters remain.
func FitSpend(list []Repeats) (Spend, error) {
	var rows []Repeats
	for _, r := range list {
		if r.N >= 1 && r.Mean > 0 {
			if r.N > maxRepeats || r.Mean > 1e15 {
				return Spend{}, fmt.Errorf("impossible spending %+v", r)
			}
			rows = append(rows, r)
		}
	}
	if len(rows) < MinRepeaters {
		return Spend{}, ErrThin
	}
	slices.SortFunc(rows, func(a, b Repeats) int {
		if a.N != b.N {
			return a.N - b.N
		}
		switch {
		case a.Mean < b.Mean:
			return -1
		case a.Mean > b.Mean:
			return 1
		}
		return 0
	})
	s := Spend{Customers: len(rows)}
	s.Mean, s.Correlation = meanAndCorrelation(rows)
	for _, part := range bands(rows, math.Abs(s.Correlation) >= maxCorrelation) {
		b, ll, n := fitBand(part)
		s.Bands = append(s.Bands, b)
		s.LogLikelihood += ll
		s.Evaluations += n
	}
	return s, nil
}

// meanAndCorrelation returns the mean of the means, and their correlation with
// the number of repeats; 0 if either doesn't vary.
func meanAndCorrelation(rows []Repeats) (mean, correlation float64) {
	n := float64(len(rows))
	var repeats float64
	for _, r := range rows {
		repeats += float64(r.N) / n
		mean += r.Mean / n
	}
	var xx, xm, mm float64
	for _, r := range rows {
		x, m := float64(r.N)-repeats, (r.Mean-mean)/mean
		xx, xm, mm = xx+x*x, xm+x*m, mm+m*m
	}
	if xx <= 0 || mm <= 0 {
		return mean, 0
	}
	return mean, clamp(xm/math.Sqrt(xx*mm), -1, 1)
}

// bands divides rows, which are ascending, at 1, 2, 4, 8 … repeats into parts
// of at least MinRepeaters; all are one if they needn't be divided.
func bands(rows []Repeats, divide bool) [][]Repeats {
	if !divide {
		return [][]Repeats{rows}
	}
	var list [][]Repeats
	from := 0
	for edge := 2; ; edge *= 2 {
		to, _ := slices.BinarySearchFunc(rows, edge, func(r Repeats, n int) int { return r.N - n })
		if len(rows)-to < MinRepeaters {
			return append(list, rows[from:])
		}
		if to-from >= MinRepeaters {
			list = append(list, rows[from:to])
			from = to
		}
	}
}

// fitBand fits p, q and γ to rows, ascending by repeats.
func fitBand(rows []Repeats) (Band, float64, int) {
	scale, _ := meanAndCorrelation(rows)
	l := newSpending(rows, scale)
	var o optimum
	for i, start := range [][]float64{{1, 1, 1}, {5, 4, 1}, {1, 3, 3}, {20, 3, .1}} {
		next := maximize(start, l.at)
		next.evaluations += o.evaluations
		if i == 0 || next.converged && !o.converged {
			o = next
		}
		if o.converged {
			break
		}
	}
	if o.at[1] > alike || !o.converged {
		o = l.alike(o)
	}
	b := Band{From: rows[0].N, P: o.at[0], Q: o.at[1], Gamma: o.at[2] * scale}
	// γ grows with q.
	usable := o.converged && b.P >= least && b.P <= most && b.Q > 1.001 && b.Q <= most && o.at[2] >= least && o.at[2] <= most*b.Q
	usable = usable && (b.P >= leastShape || (b.Q-1)/b.P <= longMemory)
	if !usable {
		// One purchase weighs as much as the mean of all: p/(q−1) = 1.
		b.P, b.Q, b.Gamma, b.Plain = 1, 2, scale, true
	}
	return b, o.value - float64(len(rows))*math.Log(scale), o.evaluations
}

// alike is the q from which on customers spend as good as alike, each in the
// mean of many purchases within some per cent of all.
const alike = 500

// The model sees only how means differ between customers with few and with many
// purchases. Where the busiest are of one kind, as shops that refill, it explains
// the others' differences by single purchases that vary far more than any do,
// and forgets what a customer spent on fifty days. So where one purchase varies
// by more than 1.4 times its mean (a shape below leastShape), so many purchases
// as longMemory must count half, or the model is not believed.
const (
	leastShape = .5
	longMemory = 50
)

// alike returns the optimum among models under which customers spend alike. A
// search that finds them so runs out of bounds: the likelihood hardly changes as
// q and γ grow together. It returns o if it finds none.
func (l *spending) alike(o optimum) optimum {
	held := maximize([]float64{clamp(o.at[0], .1, 10), clamp(o.at[2]/o.at[1], .1, 10)}, func(v, g []float64) float64 {
		var all [3]float64
		ll := l.at([]float64{v[0], alike, v[1] * alike}, all[:])
		g[0], g[1] = all[0], all[2]*alike
		return ll
	})
	held.evaluations += o.evaluations
	// With q and γ so large the sums lose digits: the slope is as good as zero earlier.
	held.converged = held.converged || held.slope <= 1e-5*math.Max(1e4, math.Abs(held.value))
	if !held.converged || o.at[1] <= alike && held.value < o.value {
		return o
	}
	held.at = []float64{held.at[0], alike, held.at[1] * alike}
	return held
}

// A spending computes the likelihood of the Gamma-Gamma model. What depends on
// the number of repeats alone is computed once for each; what depends on the
// amount alone is a sum made beforehand.
type spending struct {
	n     []float64 // repeats of each customer
	total []float64 // their sum of amounts, in units of scale
	count []group
	fixed float64 // −Σ ln m
	byP   float64 // Σ n ln(total)
}

// A group is the customers with the same number of repeats.
type group struct{ n, customers float64 }

func newSpending(rows []Repeats, scale float64) *spending {
	l := &spending{n: make([]float64, len(rows)), total: make([]float64, len(rows))}
	for i, r := range rows {
		n, m := float64(r.N), r.Mean/scale
		l.n[i], l.total[i] = n, n*m
		if len(l.count) == 0 || l.count[len(l.count)-1].n != n {
			l.count = append(l.count, group{n: n})
		}
		l.count[len(l.count)-1].customers++
		l.fixed -= math.Log(m)
		l.byP += n * math.Log(n*m)
	}
	return l
}

// at returns the log-likelihood at p, q and γ, and fills its gradient.
func (l *spending) at(v, g []float64) float64 {
	p, q, gamma := v[0], v[1], v[2]
	ll := l.fixed + p*l.byP
	g[0], g[1], g[2] = l.byP, 0, 0
	lgq, dgq, logGamma := lgamma(q), digamma(q), math.Log(gamma)
	for _, c := range l.count {
		// γ^q (γ+t)^−(px+q) is (γ+t)^−px (1+t/γ)^−q, but for what t adds.
		ll += c.customers * (lgamma(p*c.n+q) - lgamma(p*c.n) - lgq + q*logGamma)
		d := digamma(p*c.n + q)
		g[0] += c.customers * c.n * (d - digamma(p*c.n))
		g[1] += c.customers * (d - dgq + logGamma)
		g[2] += c.customers * q / gamma
	}
	var parts [chunks][4]float64
	inChunks(len(l.n), func(chunk, from, to int) {
		var t [4]float64
		for i := from; i < to; i++ {
			sum := gamma + l.total[i]
			log, weight := math.Log(sum), p*l.n[i]+q
			t[0] += weight * log
			t[1] += l.n[i] * log
			t[2] += log
			t[3] += weight / sum
		}
		parts[chunk] = t
	})
	for _, t := range parts {
		ll -= t[0]
		for i := range g {
			g[i] -= t[i+1]
		}
	}
	return ll
}

// band returns the band of customers with n repeats.
func (s *Spend) band(n int) Band {
	if len(s.Bands) == 0 {
		return Band{P: 1, Q: 2, Gamma: s.Mean, Plain: true}
	}
	b := s.Bands[0]
	for _, next := range s.Bands[1:] {
		if n >= next.From {
			b = next
		}
	}
	return b
}

// Expected returns the expected amount of a customer's next purchase, between
// what is usual and what was usual for them. A customer whose mean isn't
// positive, of whom the model knows nothing, counts as one without repeats.
func (s *Spend) Expected(r Repeats) float64 {
	b := s.band(r.N)
	q, gamma := b.posterior(r)
	return b.P * gamma / (q - 1)
}

// posterior returns what is known of the customer's rate: it is Gamma(q, γ).
func (b Band) posterior(r Repeats) (q, gamma float64) {
	if r.N < 1 || !(r.Mean > 0) || r.Mean > 1e15 {
		return b.Q, b.Gamma
	}
	n := float64(min(r.N, maxRepeats))
	return b.Q + b.P*n, b.Gamma + n*r.Mean
}
