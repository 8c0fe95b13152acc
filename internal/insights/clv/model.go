package clv

import (
	"fmt"
	"math"
)

// A Kind is a view of when customers leave.
type Kind string

// The kinds.
const (
	NBD Kind = "nbd" // they never leave (Ehrenberg 1959)
	BG  Kind = "bg"  // after a repeat purchase (Fader, Hardie and Lee 2005)
	MBG Kind = "mbg" // after any purchase, the first one too (Batislam and others 2007)
)

// MaxK is the most regular rhythm that is tried.
const MaxK = 4

// A Model is a fitted model of purchases: BG/NBD and MBG/NBD with K = 1,
// BG/CNBD-k and MBG/CNBD-k with K = 2 to 4, or NBD.
//
// While they are customers, the time between two of their purchases is the sum
// of K exponential stages of the same rate, which is their own; rates are
// Gamma-distributed over customers. After a purchase a customer leaves with a
// probability of their own, Beta-distributed over customers.
//
// The methods take any Stats, and bring impossible ones back into bounds; of a
// model that Check refuses they promise nothing.
type Model struct {
	Kind  Kind    `json:"kind"`
	K     int     `json:"k"`     // stages between two purchases, 1 to MaxK: 1 is irregular; NBD has 1
	R     float64 `json:"r"`     // shape of the distribution of rates
	Alpha float64 `json:"alpha"` // its rate, in weeks
	A     float64 `json:"a"`     // the probability to leave is Beta(A, B); both are 0 for NBD
	B     float64 `json:"b"`
}

// Check returns an error if m is no model.
func (m Model) Check() error {
	good := func(v float64) bool { return v > 0 && v <= math.MaxFloat64 }
	switch {
	case m.Kind != NBD && m.Kind != BG && m.Kind != MBG:
		return fmt.Errorf("unknown kind of model %q", m.Kind)
	case m.K < 1 || m.K > MaxK || m.Kind == NBD && m.K != 1:
		return fmt.Errorf("%s with k = %d", m.Kind, m.K)
	case !good(m.R) || !good(m.Alpha) || m.Kind != NBD && (!good(m.A) || !good(m.B)):
		return fmt.Errorf("%s with parameters %g %g %g %g", m.Kind, m.R, m.Alpha, m.A, m.B)
	}
	return nil
}

// String returns the usual name, for example MBG/CNBD-2.
func (m Model) String() string {
	switch {
	case m.Kind == NBD:
		return "NBD"
	case m.K == 1 && m.Kind == BG:
		return "BG/NBD"
	case m.K == 1:
		return "MBG/NBD"
	case m.Kind == BG:
		return fmt.Sprintf("BG/CNBD-%d", m.K)
	}
	return fmt.Sprintf("MBG/CNBD-%d", m.K)
}

// chances returns how often the customer could have left so far.
func (m Model) chances(s Stats) int {
	if m.Kind == MBG {
		return s.Repeats + 1
	}
	return s.Repeats
}

// shape returns the shape of what is known of the customer's rate.
func (m Model) shape(s Stats) float64 { return m.R + float64(m.K*s.Repeats) }

// stages returns the terms of S2: how likely it is, against none, that j = 0 to
// K−1 stages have passed since the last purchase, weeks after now.
func (m Model) stages(s Stats, weeks float64) (c [MaxK]float64, sum float64) {
	n, age := m.shape(s), s.Age+weeks
	q := (age - s.Recency) / (m.Alpha + age)
	term := 1.0
	c[0], sum = 1, 1
	for j := 1; j < m.K; j++ {
		term *= (n + float64(j-1)) * q / float64(j)
		c[j] = term
		sum += term
	}
	return c, sum
}

// Alive returns the probability that the customer has not left, 0 to 1. It is
// no measure of how soon they buy again: see Active.
func (m Model) Alive(s Stats) float64 {
	s = s.sane()
	if m.Kind == NBD || m.Kind == BG && s.Repeats == 0 {
		return 1
	}
	_, s2 := m.stages(s, 0)
	odds := m.A / (m.B + float64(m.chances(s)-1)) / s2 * math.Exp(m.shape(s)*math.Log((m.Alpha+s.Age)/(m.Alpha+s.Recency)))
	return 1 / (1 + odds)
}

// Active returns the probability that the customer buys within so many weeks
// from now, 0 to 1. Customers are ranked by it.
func (m Model) Active(s Stats, weeks float64) float64 {
	s, weeks = s.sane(), clamp(weeks, 0, maxWeeks)
	return clamp(m.Alive(s)*-math.Expm1(m.logQuiet(s, weeks)), 0, 1)
}

// logQuiet returns the logarithm of the probability that somebody who has not
// left buys nothing for so many weeks.
func (m Model) logQuiet(s Stats, weeks float64) float64 {
	v := -m.shape(s) * math.Log1p(weeks/(m.Alpha+s.Age))
	if m.K > 1 {
		_, later := m.stages(s, weeks)
		_, now := m.stages(s, 0)
		v += math.Log(later / now)
	}
	return min(v, 0)
}

// Survival returns how likely it would be that the customer, if they had not
// left, is silent for as long as they are now, 0 to 1: small if the silence is
// long against their own rhythm.
func (m Model) Survival(s Stats) float64 {
	s = s.sane()
	_, s2 := m.stages(s, 0)
	return clamp(math.Exp(m.shape(s)*math.Log((m.Alpha+s.Recency)/(m.Alpha+s.Age)))*s2, 0, 1)
}

// Expected returns the expected number of purchase days in so many weeks from
// now. It is exact for every K.
func (m Model) Expected(s Stats, weeks float64) float64 {
	s, weeks = s.sane(), clamp(weeks, 0, maxWeeks)
	if m.Kind == NBD {
		return weeks * m.shape(s) / (m.Alpha + s.Age)
	}
	if m.K > 1 {
		return m.Alive(s) * m.regular(s, weeks)
	}
	return m.Alive(s) * m.ifAlive(s, m.Alpha, weeks)
}

// Approximate returns the usual approximation of Expected for K > 1, which
// takes gaps for exponential: it is low for customers who have long been
// silent. For K = 1 it is Expected. It serves comparison with other software.
func (m Model) Approximate(s Stats, weeks float64) float64 {
	if m.Kind == NBD || m.K == 1 {
		return m.Expected(s, weeks)
	}
	s, weeks = s.sane(), clamp(weeks, 0, maxWeeks)
	return m.Alive(s) * m.ifAlive(s, float64(m.K)*m.Alpha, weeks)
}

// ifAlive returns the expected number of purchases in so many weeks of somebody
// who has not left and buys with exponential gaps, in Euler's form: the direct
// one is zero times infinity for heavy buyers.
func (m Model) ifAlive(s Stats, alpha, weeks float64) float64 {
	r, a, b := m.R+float64(s.Repeats), m.A, m.B+float64(m.chances(s))
	since := alpha + s.Age
	u := weeks / (since + weeks)
	c := a + b - 1
	if math.Abs(a-1) > 1e-4 && math.Abs(c) > 1e-4 && u < .98 {
		f, ok := hyper2F1(a-1, c-r, c, u)
		v := c / (a - 1) * (1 - math.Exp((a-1)*math.Log1p(-u))*f)
		if ok && v >= 0 && v < math.MaxFloat64 {
			return v
		}
	}
	return purchasesByQuadrature(r, since, a, b, weeks)
}

// purchasesByQuadrature returns the same as ifAlive, as a mean over the
// probability p to leave: given p and the rate λ, a customer still buys at time
// t with probability exp(−λpt), so that the mean over p is that of
// (1 − (1+pt/α)^−r)/p. It has no singular case.
func purchasesByQuadrature(r, alpha, a, b, weeks float64) float64 {
	return betaMean(a, b, func(p float64) float64 {
		v := -r * math.Log1p(p*weeks/alpha)
		if p < 1e-300 {
			return r * weeks / alpha
		}
		return -math.Expm1(v) / p
	})
}
