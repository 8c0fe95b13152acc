package experiment

import (
	"fmt"
	"math"
)

// An Arm is the customers of one arm in six numbers: N, and of what they
// spent after (Y) and before (X) the means and the sums of squares and of
// products around the means. The zero Arm is empty.
type Arm struct {
	N     int64   `json:"n"`
	MeanY float64 `json:"mean"` // money or whatever is measured, of the period after
	MeanX float64 `json:"mean_before"`
	SYY   float64 `json:"syy"`
	SXX   float64 `json:"sxx"`
	SXY   float64 `json:"sxy"`
}

// Add adds one customer (Welford, Technometrics 1962: no cancellation). One
// whose numbers are not finite is left out, and Add says false.
func (a *Arm) Add(y, x float64) bool {
	if !finite(y, x) {
		return false
	}
	a.N++
	n := float64(a.N)
	dy, dx := y-a.MeanY, x-a.MeanX
	a.MeanY += dy / n
	a.MeanX += dx / n
	a.SYY += dy * (y - a.MeanY)
	a.SXX += dx * (x - a.MeanX)
	a.SXY += dx * (y - a.MeanY)
	return true
}

// Plus returns the customers of both (Chan, Golub & LeVeque 1983).
func (a Arm) Plus(b Arm) Arm {
	if a.N == 0 || b.N == 0 {
		return Arm{a.N + b.N, a.MeanY + b.MeanY, a.MeanX + b.MeanX, a.SYY + b.SYY, a.SXX + b.SXX, a.SXY + b.SXY}
	}
	n := float64(a.N + b.N)
	share, both := float64(b.N)/n, float64(a.N)*float64(b.N)/n
	dy, dx := b.MeanY-a.MeanY, b.MeanX-a.MeanX
	return Arm{
		N:     a.N + b.N,
		MeanY: a.MeanY + dy*share,
		MeanX: a.MeanX + dx*share,
		SYY:   a.SYY + b.SYY + dy*dy*both,
		SXX:   a.SXX + b.SXX + dx*dx*both,
		SXY:   a.SXY + b.SXY + dx*dy*both,
	}
}

// Money returns how much more a treated customer brought, reduced by chance
// differences of the time before where that helps: CUPED if those differ at
// all, otherwise Welch. It returns ErrFew under 1,000 customers in an arm.
func Money(treated, control Arm) (Difference, error) {
	if treated.N < MoneyNeeds || control.N < MoneyNeeds {
		return Difference{}, fmt.Errorf("%w: %d treated, %d control, %d of each needed", ErrFew, treated.N, control.N, MoneyNeeds)
	}
	return CUPED(treated, control, Usual)
}

// Welch compares means without supposing equal variances (Welch, Biometrika
// 1947). It ignores what was before. Each arm needs two customers.
func Welch(treated, control Arm, level float64) (Difference, error) {
	return adjusted(treated, control, 0, level)
}

// CUPED compares means as Welch does, after taking away what the time before
// foretold: ȳ − θ(x̄ − common mean), θ = cov(x,y)/var(x) within the arms
// (Deng, Xu, Kohavi & Walker, WSDM 2013). Where nobody differs before, it is
// Welch.
func CUPED(treated, control Arm, level float64) (Difference, error) {
	theta := 0.
	if sxx := treated.SXX + control.SXX; sxx > 0 {
		theta = (treated.SXY + control.SXY) / sxx
	}
	return adjusted(treated, control, theta, level)
}

func adjusted(t, c Arm, theta, level float64) (Difference, error) {
	if err := checkLevel(level); err != nil {
		return Difference{}, err
	}
	if t.N < 2 || c.N < 2 {
		return Difference{}, fmt.Errorf("%w: %d treated, %d control", ErrFew, t.N, c.N)
	}
	vt, vc := t.variance(theta), c.variance(theta)
	d := Difference{SE: math.Sqrt(vt + vc)}
	d.Estimate = t.MeanY - c.MeanY - theta*(t.MeanX-c.MeanX)
	if !finite(d.SE, d.Estimate) {
		return Difference{}, fmt.Errorf("experiment: sums too large")
	}
	if d.SE == 0 { // nobody differs from his arm
		d.Lo, d.Hi, d.P = d.Estimate, d.Estimate, 1
		if d.Estimate != 0 {
			d.P = 0
		}
		return d, nil
	}
	// Shares of the sum, so that squares of tiny variances don't vanish.
	st, sc := vt/(vt+vc), vc/(vt+vc)
	d.DF = 1 / (st*st/float64(t.N-1) + sc*sc/float64(c.N-1))
	half := studentWithin(d.DF, level) * d.SE
	d.Lo, d.Hi = d.Estimate-half, d.Estimate+half
	d.P = min(1, studentTails(d.DF, d.Estimate/d.SE))
	return d, nil
}

// variance returns the variance of the arm's mean of y − θx.
func (a Arm) variance(theta float64) float64 {
	n := float64(a.N)
	return max(0, a.SYY+theta*theta*a.SXX-2*theta*a.SXY) / (n - 1) / n
}
