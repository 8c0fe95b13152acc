package clv

import "math"

// maxCount is the largest number of purchases that is told apart.
const maxCount = 1 << 14

// atLeast calls f with P(at least i purchases in so many weeks), for i = 1, 2
// and so on, for somebody who has not left, until it is below small. It is exact for every K: with j stages passed since the last
// purchase, the ith purchase needs iK − j more, whose number is negative
// binomial, and i − 1 occasions on which the customer didn't leave.
func (m Model) atLeast(s Stats, weeks, small float64, f func(p float64)) {
	c, sum := m.stages(s, 0)
	q := weeks / (m.Alpha + s.Age + weeks)
	var tails [MaxK]stageTail
	for j := range m.K {
		tails[j] = newStageTail(m.shape(s)+float64(j), q)
	}
	stay, a, b := 1.0, m.A, m.B+float64(m.chances(s))
	for i := 1; i <= maxCount; i++ {
		p := 0.0
		for j := range m.K {
			p += c[j] * tails[j].atLeast(i*m.K-j)
		}
		p *= stay / sum
		if p < small {
			return
		}
		f(p)
		if m.Kind != NBD {
			n := float64(i - 1)
			stay *= (b + n) / (a + b + n)
		}
	}
}

// regular returns the expected number of purchases in so many weeks of somebody
// who has not left, as the sum of P(at least i).
func (m Model) regular(s Stats, weeks float64) float64 {
	v := 0.0
	m.atLeast(s, weeks, 1e-9, func(p float64) { v += p })
	return v
}

// Counts appends to list the probabilities of 0, 1, 2, … purchase days in so
// many weeks from now, and returns it. What is left out at the end is less than
// 1e-10 (the last one holds all above 16384).
func (m Model) Counts(list []float64, s Stats, weeks float64) []float64 {
	return m.counts(list, s, weeks, 1e-11)
}

// counts is Counts that leaves out less than small.
func (m Model) counts(list []float64, s Stats, weeks, small float64) []float64 {
	s, weeks = s.sane(), clamp(weeks, 0, maxWeeks)
	alive, last := m.Alive(s), 1.0
	m.atLeast(s, weeks, small, func(p float64) {
		p = min(p*alive, last)
		list = append(list, last-p)
		last = p
	})
	return append(list, last)
}

// A stageTail gives the tail of a negative binomial number of stages.
type stageTail struct {
	shape, q float64
	n        int     // stages counted so far
	p        float64 // P(exactly n); 0 if it is too small for a number
	tail     float64 // P(at least n)
	slow     bool    // p can't be started: the incomplete beta function is asked
}

func newStageTail(shape, q float64) stageTail {
	log := shape * math.Log1p(-q)
	return stageTail{shape: shape, q: q, p: math.Exp(log), tail: 1, slow: log < -600}
}

// atLeast returns P(at least n), for an n not below the last one.
func (t *stageTail) atLeast(n int) float64 {
	if n <= 0 {
		return 1
	}
	if t.slow {
		return betaCDF(t.q, float64(n), t.shape)
	}
	for ; t.n < n; t.n++ {
		t.tail -= t.p
		t.p *= (t.shape + float64(t.n)) / float64(t.n+1) * t.q
	}
	return max(t.tail, 0)
}
