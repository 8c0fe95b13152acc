package experiment

import (
	"fmt"
	"math"
)

// Wilson returns the share k of n with the score interval of Wilson (JASA
// 1927): it never leaves 0 … 1 and is right for small n too.
// Of n = 0 nothing is known: it returns ErrFew.
func Wilson(k, n int64, level float64) (Interval, error) {
	if err := checkLevel(level); err != nil {
		return Interval{}, err
	}
	if k < 0 || k > n {
		return Interval{}, fmt.Errorf("experiment: %d of %d", k, n)
	}
	if n == 0 {
		return Interval{}, fmt.Errorf("%w: share of nobody", ErrFew)
	}
	return wilson(float64(k), float64(n), quantile(level)), nil
}

func wilson(k, n, z float64) Interval {
	p := k / n
	mid := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	i := Interval{Estimate: p, Lo: max(0, mid-half), Hi: min(1, mid+half)}
	// Exact where rounding would leave the estimate outside.
	if k == 0 {
		i.Lo = 0
	}
	if k == n {
		i.Hi = 1
	}
	return i
}

// A Count is how many of an arm did what is counted.
type Count struct {
	Did int64 `json:"did"`
	Of  int64 `json:"of"`
}

// Rates returns by how much the share of the treated is higher, −1 … 1, with
// the hybrid score interval of Newcombe (Statistics in Medicine 1998, method
// 10). P is that of the test with the pooled variance. Empty arms return
// ErrFew.
func Rates(treated, control Count, level float64) (Difference, error) {
	t, err := Wilson(treated.Did, treated.Of, level)
	if err != nil {
		return Difference{}, err
	}
	c, err := Wilson(control.Did, control.Of, level)
	if err != nil {
		return Difference{}, err
	}
	d := Difference{P: 1}
	d.Estimate = t.Estimate - c.Estimate
	d.Lo = max(-1, d.Estimate-math.Hypot(t.Estimate-t.Lo, c.Hi-c.Estimate))
	d.Hi = min(1, d.Estimate+math.Hypot(t.Hi-t.Estimate, c.Estimate-c.Lo))
	nt, nc := float64(treated.Of), float64(control.Of)
	d.SE = math.Sqrt(t.Estimate*(1-t.Estimate)/nt + c.Estimate*(1-c.Estimate)/nc)
	pooled := float64(treated.Did+control.Did) / (nt + nc)
	if se := math.Sqrt(pooled * (1 - pooled) * (1/nt + 1/nc)); se > 0 {
		d.P = min(1, 2*normalCDF(-math.Abs(d.Estimate)/se))
	}
	return d, nil
}

// A RatioCheck says whether the arms have the sizes they were to have. If not,
// customers were lost or counted twice on the way, and no comparison holds.
type RatioCheck struct {
	ChiSquare float64 `json:"chi_square"`
	P         float64 `json:"p"`
	Alarm     bool    `json:"alarm"` // P below .001
}

// SampleRatio compares the arms' customers with the shares they were to have,
// by χ². Shares must be above 0 and need not sum to 1.
func SampleRatio(counts []int64, shares []float64) (RatioCheck, error) {
	if len(counts) != len(shares) || len(counts) < 2 {
		return RatioCheck{}, fmt.Errorf("experiment: %d arms, %d shares", len(counts), len(shares))
	}
	n, sum := 0., 0.
	for i, c := range counts {
		if c < 0 || !(shares[i] > 0) || !finite(shares[i]) {
			return RatioCheck{}, fmt.Errorf("experiment: arm %d has %d customers, share %g", i, c, shares[i])
		}
		n += float64(c)
		sum += shares[i]
	}
	if n == 0 {
		return RatioCheck{}, fmt.Errorf("%w: nobody in any arm", ErrFew)
	}
	var r RatioCheck
	for i, c := range counts {
		want := n * (shares[i] / sum)
		r.ChiSquare += (float64(c) - want) * (float64(c) - want) / want
	}
	if !finite(r.ChiSquare) {
		return RatioCheck{}, fmt.Errorf("experiment: shares %v too different", shares)
	}
	r.P = chiSquareAbove(float64(len(counts)-1), r.ChiSquare)
	r.Alarm = r.P < .001
	return r, nil
}
