package basket

import (
	"math"
	"testing"
)

// The tail against the sum of the chances of fewer, where that is exact
// enough, and against its size far out.
func TestPoissonTail(t *testing.T) {
	for _, mean := range []float64{.01, .5, 1, 3.7, 20, 150} {
		sum, term := 0., math.Exp(-mean)
		for n := range 300 {
			if got, want := PoissonTail(n, mean), 1-sum; math.Abs(got-want) > 1e-12 {
				t.Errorf("PoissonTail(%d, %g) = %g, want %g", n, mean, got, want)
			}
			sum += term
			term *= mean / float64(n+1)
		}
	}
	// Far out the first term is nearly all: mean^n e^−mean/n! · (1 + mean/(n+1) + …).
	l, _ := math.Lgamma(501)
	want := math.Exp(500*math.Log(100)-100-l) * 1.249
	if got := PoissonTail(500, 100); math.Abs(got/want-1) > .002 {
		t.Errorf("PoissonTail(500, 100) = %g, want %g", got, want)
	}
	for _, mean := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		if got := PoissonTail(3, mean); got != 1 {
			t.Errorf("PoissonTail(3, %g) = %g", mean, got)
		}
	}
	for _, n := range []int{10, 1000, 1_000_000} {
		for _, lift := range []float64{.9, 1, 1.001, 1.1, 2, 1e6} {
			if p := PoissonTail(n, float64(n)/lift); math.IsNaN(p) || p < 0 || p > 1 {
				t.Errorf("PoissonTail(%d, ·/%g) = %g", n, lift, p)
			}
		}
	}
}

// The binomial tail against the sum.
func TestBinomialTail(t *testing.T) {
	for _, p := range []float64{.01, .3, .9} {
		sum, term := 0., math.Pow(1-p, 40)
		for n := range 41 {
			want := 1 - sum
			if float64(n) <= 40*p {
				want = 1
			}
			if got := binomialTail(n, 40, p); math.Abs(got-want) > 1e-12 {
				t.Errorf("binomialTail(%d, 40, %g) = %g, want %g", n, p, got, want)
			}
			sum += term
			term *= float64(40-n) / float64(n+1) * p / (1 - p)
		}
	}
	for _, p := range []float64{0, 1, -1, math.NaN()} {
		if got := binomialTail(3, 3, p); got != 1 {
			t.Errorf("binomialTail(3, 3, %g) = %g", p, got)
		}
	}
}

// The example of Benjamini & Hochberg (1995): 15 P-values, four are
// significant at 5 %.
func TestCutoff(t *testing.T) {
	p := []float64{.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .324, .4262, .5719, .6528, .759, 1}
	if got := Cutoff(p, 15, .05); got != .0095 {
		t.Errorf("cutoff %g, want .0095", got)
	}
	if got := Cutoff([]float64{.5}, 15, .05); got != -1 {
		t.Errorf("cutoff %g, want none", got)
	}
}
