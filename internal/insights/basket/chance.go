package basket

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// PoissonTail returns the chance of n or more events where mean are expected,
// 0 … 1: the regularised lower incomplete gamma function P(n, mean). It is 1
// for a mean that is no positive number while n > 0 is in doubt.
func PoissonTail(n int, mean float64) float64 {
	if n <= 0 || !(mean > 0) || math.IsInf(mean, 0) {
		return 1
	}
	p := mathext.GammaIncReg(float64(n), mean)
	if math.IsNaN(p) {
		return 1
	}
	return min(max(p, 0), 1)
}

// binomialTail returns the chance of n or more of trials, each with the chance
// p: the regularised incomplete beta function I_p(n, trials−n+1). It is 1
// where that is not more than expected.
func binomialTail(n, trials int, p float64) float64 {
	if n < 0 || n > trials || !(p > 0 && p < 1) || float64(n) <= p*float64(trials) {
		return 1
	}
	tail := mathext.RegIncBeta(float64(n), float64(trials-n)+1, p)
	if math.IsNaN(tail) {
		return 1
	}
	return min(max(tail, 0), 1)
}

// poissonInterval returns the exact 95 % interval of the mean of which n
// events are seen (Garwood 1936).
func poissonInterval(n int) (lo, hi float64) {
	if n > 0 {
		lo = mathext.GammaIncRegInv(float64(n), .025)
	}
	return lo, mathext.GammaIncRegInv(float64(n)+1, .975)
}

// Cutoff returns the greatest P-value that is published so that on average no
// more than the share rate of what is published is chance (Benjamini &
// Hochberg 1995), or −1 if none is. hypotheses is how many were tested; those
// without an entry in p have P = 1. It sorts p.
func Cutoff(p []float64, hypotheses float64, rate float64) float64 {
	slices.Sort(p)
	for i := len(p) - 1; i >= 0; i-- {
		if p[i] <= rate*float64(i+1)/hypotheses {
			return p[i]
		}
	}
	return -1
}
