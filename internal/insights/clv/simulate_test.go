package clv

import (
	"math"
	"math/rand/v2"
)

// A shop draws customers from a model, to see whether fits find it again.
type shop struct {
	*rand.Rand
	m       Model
	p, q, g float64 // Gamma-Gamma
}

func newShop(seed uint64, m Model) *shop {
	return &shop{Rand: rand.New(rand.NewPCG(seed, 7)), m: m, p: 6.25, q: 3.74, g: 15.44}
}

// gamma draws a Gamma(shape, 1) variable (Marsaglia and Tsang 2000).
func (s *shop) gamma(shape float64) float64 {
	boost := 1.0
	if shape < 1 {
		boost = math.Pow(s.Float64(), 1/shape)
		shape++
	}
	d := shape - 1./3
	c := 1 / math.Sqrt(9*d)
	for {
		x := s.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(s.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return max(d*v*boost, 1e-300)
		}
	}
}

// A visitor is a customer of the simulation: what is known at their age, and
// what happened in the weeks after.
type visitor struct {
	Stats
	bought Repeats
	later  int
	spent  float64
}

// visit draws a customer of an age, and what they do for so many weeks after.
func (s *shop) visit(age, weeks float64) (v visitor) {
	v.Age = age
	rate := s.gamma(s.m.R) / s.m.Alpha
	leave := 0.0
	if s.m.Kind != NBD {
		a, b := s.gamma(s.m.A), s.gamma(s.m.B)
		leave = a / (a + b)
	}
	nu := s.gamma(s.q) / s.g
	sum, t := 0.0, 0.0
	if s.m.Kind == MBG && s.Float64() < leave {
		return v
	}
	for {
		gap := 0.0
		for range s.m.K {
			gap += s.ExpFloat64() / rate
		}
		if t += gap; t > age+weeks || v.Stats.Repeats > 5000 {
			break
		}
		amount := s.gamma(s.p) / nu
		if t <= age {
			v.Stats.Repeats++
			v.Recency = t
			v.LogGaps += math.Log(math.Max(gap, 1e-12))
			sum += amount
		} else {
			v.later++
			v.spent += amount
		}
		if s.m.Kind != NBD && s.Float64() < leave {
			break
		}
	}
	if v.Stats.Repeats > 0 {
		v.bought = Repeats{v.Stats.Repeats, sum / float64(v.Stats.Repeats)}
	}
	return v
}

// visits draws n customers of ages up to weeks.
func (s *shop) visits(n int, weeks, after float64) (stats []Stats, all []visitor) {
	for range n {
		v := s.visit(math.Ceil(s.Float64()*weeks*7)/7, after)
		all = append(all, v)
		stats = append(stats, v.Stats)
	}
	return stats, all
}
