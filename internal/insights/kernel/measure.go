package kernel

import (
	"fmt"
	"math"
)

// A Measure is how an item kernel weighs that customers bought two items:
//
//	s(i→j) = Σ over customers u of both: ω(u) / (n_i^A · n_j^B + Shrink)
//
// n_i is the number of buyers of i, or with WeightedNorms the sum of their
// weights. The zero Measure counts the customers.
type Measure struct {
	A, B   float64 // 0 … 2
	Shrink float64 // customers, ≥ 0: takes the weight from pairs with few

	Weight Weight  // ω(u)
	Power  float64 // of ByProfile, 0 … 2

	WeightedNorms bool
}

// A Weight is how much one customer counts.
type Weight int

const (
	// Alike: every customer counts 1.
	Alike Weight = iota
	// ByProfile: a customer with n items counts n^−Power, so that those who
	// buy everything don't drown those who choose.
	ByProfile
	// InverseFrequency: a customer with n of M items counts ln²(M/(1+n)).
	InverseFrequency
)

// Cosine is the similarity of Sarwar et al. (Item-based collaborative
// filtering, WWW 2001), with shrink customers added to the denominator.
func Cosine(shrink float64) Measure { return Measure{A: .5, B: .5, Shrink: shrink} }

// Confidence is the share of the buyers of i who bought j.
func Confidence() Measure { return Measure{A: 1} }

// Lift is how many times more often j is bought with i than without regard
// to i, but for the number of customers as a factor.
func Lift() Measure { return Measure{A: 1, B: 1} }

// TFIDF is the cosine with customers weighted by inverse frequency.
func TFIDF() Measure {
	return Measure{A: .5, B: .5, Weight: InverseFrequency, WeightedNorms: true}
}

// RP3 is the random walk of three steps of Cooper et al. (WWW 2014) with the
// popularity penalty β of Paudel et al. (Updatable, accurate, diverse and
// scalable recommendations, ACM TiiS 2017). β = 0 is P3α.
func RP3(alpha, beta float64) Measure {
	return Measure{A: alpha, B: beta, Weight: ByProfile, Power: alpha}
}

// Usual is what production uses where a catalogue is too large for EASE.
func Usual() Measure { return RP3(.5, .5) }

func (k Measure) check() error {
	for _, x := range []float64{k.A, k.B, k.Power} {
		if !(x >= 0 && x <= 2) {
			return fmt.Errorf("kernel: exponent %g is not in 0 … 2", x)
		}
	}
	if !(k.Shrink >= 0 && k.Shrink <= math.MaxInt32) {
		return fmt.Errorf("kernel: shrink %g", k.Shrink)
	}
	if k.Weight < Alike || k.Weight > InverseFrequency {
		return fmt.Errorf("kernel: weight %d", k.Weight)
	}
	return nil
}

// weights returns ω of each customer.
func (k Measure) weights(m *Matrix) []float64 {
	w := make([]float64, m.Rows())
	for u := range w {
		n := float64(len(m.Row(u)))
		switch k.Weight {
		case Alike:
			w[u] = 1
		case ByProfile:
			w[u] = math.Pow(max(n, 1), -k.Power)
		case InverseFrequency:
			l := math.Log(float64(max(m.cols, 1)) / (1 + n))
			w[u] = l * l
		}
	}
	return w
}

// norms returns n_i of each item.
func (k Measure) norms(m *Matrix, w []float64) []float64 {
	n := make([]float64, m.cols)
	for u := range m.Rows() {
		one := 1.
		if k.WeightedNorms {
			one = w[u]
		}
		for _, i := range m.Row(u) {
			n[i] += one
		}
	}
	return n
}

func powers(n []float64, exponent float64) []float64 {
	p := make([]float64, len(n))
	for i, x := range n {
		p[i] = math.Pow(max(x, 1e-9), exponent) // 1e-9: everyone bought everything, by inverse frequency
	}
	return p
}
