package basket

import "math"

// A Table counts baskets by whether they hold X, one or more products, and Y,
// another. All measures of a rule X ⇒ y derive from it, as arules'
// interestMeasure defines them.
//
// A table is sound if 0 ≤ XY ≤ X, Y ≤ N and X + Y − XY ≤ N; of one that is
// not, and of an empty one, the measures are 0 and P-values 1.
type Table struct {
	N  int `json:"baskets"`
	X  int `json:"x"`    // baskets with X
	Y  int `json:"y"`    // baskets with Y
	XY int `json:"both"` // baskets with X and Y
}

func (t Table) sound() bool {
	return t.N > 0 && t.XY >= 0 && t.X >= t.XY && t.Y >= t.XY && t.X-t.XY <= t.N-t.Y
}

// ratio returns a/b, and 0 for a table that is not sound or b = 0.
func (t Table) ratio(a, b float64) float64 {
	if !t.sound() || b == 0 {
		return 0
	}
	return a / b
}

// Support returns the share of baskets with X and Y, 0 … 1.
func (t Table) Support() float64 { return t.ratio(float64(t.XY), float64(t.N)) }

// Confidence returns the share of baskets with Y among those with X, 0 … 1.
func (t Table) Confidence() float64 { return t.ratio(float64(t.XY), float64(t.X)) }

// Lift returns how many times more often Y is in baskets with X than in all
// baskets: 1 means that X tells nothing.
func (t Table) Lift() float64 {
	return t.ratio(float64(t.XY)*float64(t.N), float64(t.X)*float64(t.Y))
}

// Leverage returns by how much the share of baskets with both exceeds that
// expected of independent products, −.25 … .25 (Piatetsky-Shapiro 1991).
func (t Table) Leverage() float64 {
	n := float64(t.N)
	return t.ratio(float64(t.XY), n) - t.ratio(float64(t.X)*float64(t.Y), n*n)
}

// Conviction returns how many times more often the rule would fail if X and Y
// were independent (Brin et al. 1997). It is infinite for a rule that never
// failed: then, and where Y is in every basket, ok is false.
func (t Table) Conviction() (v float64, ok bool) {
	fails := float64(t.X) - float64(t.XY)
	if !t.sound() || fails <= 0 {
		return 0, false
	}
	return float64(t.X) * (float64(t.N) - float64(t.Y)) / (float64(t.N) * fails), true
}

// Kulczynski returns the mean of the confidences of both directions, 0 … 1:
// unlike lift it doesn't change with baskets that hold neither.
func (t Table) Kulczynski() float64 {
	return (t.ratio(float64(t.XY), float64(t.X)) + t.ratio(float64(t.XY), float64(t.Y))) / 2
}

// Imbalance returns how different the two directions are, 0 … 1.
func (t Table) Imbalance() float64 {
	return t.ratio(math.Abs(float64(t.X)-float64(t.Y)), float64(t.X)+float64(t.Y)-float64(t.XY))
}

// ChiSquared returns Pearson's χ² with one degree of freedom, without
// correction for continuity.
func (t Table) ChiSquared() float64 {
	n, x, y, xy := float64(t.N), float64(t.X), float64(t.Y), float64(t.XY)
	if !t.sound() || x == 0 || x == n || y == 0 || y == n {
		return 0
	}
	d := xy*n - x*y
	return d / (x * (n - x)) * d / (y * (n - y)) * n
}

// Fisher returns the one-sided P-value of Fisher's exact test, the chance of
// XY or more baskets with both if X and Y were independent, 0 … 1.
//
// It assumes that all baskets are alike. As baskets differ in size, it is too
// small for deciding what is shown: see Pairs.
func (t Table) Fisher() float64 {
	if !t.sound() {
		return 1
	}
	lo, hi := max(0, t.X+t.Y-t.N), min(t.X, t.Y)
	mode := int((float64(t.X) + 1) * (float64(t.Y) + 1) / (float64(t.N) + 2))
	if t.XY <= lo {
		return 1
	}
	// From either end the terms fall away from the mode, so that the sum
	// ends early.
	if t.XY > mode {
		return min(1, t.hypergeometricSum(t.XY, hi, +1))
	}
	return max(0, 1-t.hypergeometricSum(t.XY-1, lo, -1))
}

// hypergeometricSum adds the chances of from, from+step … to baskets with
// both, given those with X and with Y, until they no longer matter.
func (t Table) hypergeometricSum(from, to, step int) float64 {
	n, x, y := float64(t.N), float64(t.X), float64(t.Y)
	term := math.Exp(logChoose(x, float64(from)) + logChoose(n-x, y-float64(from)) - logChoose(n, y))
	sum := term
	for k := from; k != to && term > sum*1e-17; k += step {
		v := float64(k)
		if step > 0 {
			term *= (x - v) * (y - v) / ((v + 1) * (n - x - y + v + 1))
		} else {
			term *= v * (n - x - y + v) / ((x - v + 1) * (y - v + 1))
		}
		sum += term
	}
	return sum
}

// logChoose returns ln (n over k).
func logChoose(n, k float64) float64 {
	return logFactorial(n) - logFactorial(k) - logFactorial(n-k)
}

func logFactorial(n float64) float64 {
	l, _ := math.Lgamma(n + 1)
	return l
}

// ConfidenceInterval returns the 95 % interval of Confidence after Wilson
// (1927), 0 … 1; of a table that is not sound or without X it is 0 … 1.
func (t Table) ConfidenceInterval() (lo, hi float64) {
	if !t.sound() || t.X == 0 {
		return 0, 1
	}
	const z = 1.959963984540054 // the .975 quantile of the normal distribution
	n := float64(t.X)
	p := float64(t.XY) / n
	mid := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return max(0, mid-half), min(1, mid+half)
}

// Measures are all measures of a table at once, for showing them.
type Measures struct {
	Support        float64 `json:"support"`
	Confidence     float64 `json:"confidence"`
	ConfidenceLow  float64 `json:"confidence_low"`
	ConfidenceHigh float64 `json:"confidence_high"`
	Lift           float64 `json:"lift"`
	Leverage       float64 `json:"leverage"`
	Conviction     float64 `json:"conviction,omitempty"` // 0 where it is infinite
	Kulczynski     float64 `json:"kulczynski"`
	Imbalance      float64 `json:"imbalance"`
	ChiSquared     float64 `json:"chi_squared"`
	Fisher         float64 `json:"fisher"`
}

// Measures returns all measures of t.
func (t Table) Measures() Measures {
	m := Measures{
		Support: t.Support(), Confidence: t.Confidence(), Lift: t.Lift(), Leverage: t.Leverage(),
		Kulczynski: t.Kulczynski(), Imbalance: t.Imbalance(), ChiSquared: t.ChiSquared(), Fisher: t.Fisher(),
	}
	m.ConfidenceLow, m.ConfidenceHigh = t.ConfidenceInterval()
	m.Conviction, _ = t.Conviction()
	return m
}
