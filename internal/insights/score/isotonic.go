package score

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"
)

// An Isotonic is a rising curve from scores of any kind to probabilities (or
// other means). Between its points it is straight, outside level. Its JSON is
// the whole curve.
type Isotonic struct {
	X []float64 `json:"x"` // ascending
	Y []float64 `json:"y"` // never falling
}

// FitIsotonic returns the rising curve nearest to the points (x, y) in squares,
// by pooling neighbours that fall (Ayer et al., Annals of Mathematical
// Statistics 1955; as a calibration, Zadrozny & Elkan, KDD 2002). Points of
// the same x count as one. weight may be nil; a point of weight 0 is ignored.
func FitIsotonic(x, y, weight []float64) (*Isotonic, error) {
	points, err := isotonicPoints(x, y, weight)
	if err != nil {
		return nil, err
	}
	var blocks []block
	for _, p := range points {
		if n := len(blocks); n > 0 && blocks[n-1].hi == p.hi {
			blocks[n-1].pool(p)
		} else {
			blocks = append(blocks, p)
		}
	}
	var rising []block
	for _, b := range blocks {
		for len(rising) > 0 && rising[len(rising)-1].y >= b.y {
			last := rising[len(rising)-1]
			rising = rising[:len(rising)-1]
			last.pool(b)
			b = last
		}
		rising = append(rising, b)
	}
	c := &Isotonic{}
	for _, b := range rising {
		c.X, c.Y = append(c.X, b.lo), append(c.Y, b.y)
		if b.hi > b.lo {
			c.X, c.Y = append(c.X, b.hi), append(c.Y, b.y)
		}
	}
	return c, nil
}

// A block is the points from lo to hi, their weighted mean and weight.
type block struct{ lo, hi, y, weight float64 }

func (b *block) pool(c block) {
	b.weight += c.weight
	b.y += (c.y - b.y) * (c.weight / b.weight)
	b.hi = c.hi
}

func isotonicPoints(x, y, weight []float64) ([]block, error) {
	if len(x) != len(y) || weight != nil && len(weight) != len(x) {
		return nil, fmt.Errorf("score: %d, %d and %d numbers for a curve", len(x), len(y), len(weight))
	}
	var points []block
	for i := range x {
		w := 1.
		if weight != nil {
			w = weight[i]
		}
		// 1e150: sums and differences stay finite.
		if !(math.Abs(x[i]) <= 1e150) || !(math.Abs(y[i]) <= 1e150) || !(w >= 0 && w <= 1e150) {
			return nil, fmt.Errorf("score: point (%g, %g) of weight %g", x[i], y[i], w)
		}
		if w > 0 {
			points = append(points, block{lo: x[i], hi: x[i], y: y[i], weight: w})
		}
	}
	if len(points) == 0 {
		return nil, fmt.Errorf("%w: a curve without points", ErrFew)
	}
	slices.SortStableFunc(points, func(a, b block) int { return cmp.Compare(a.lo, b.lo) })
	return points, nil
}

// At returns the curve's height at x. Of NaN, and of an empty curve, it is 0.
func (c *Isotonic) At(x float64) float64 {
	if len(c.X) == 0 || math.IsNaN(x) {
		return 0
	}
	i := sort.SearchFloat64s(c.X, x) // the first point at or above x
	switch {
	case i == 0:
		return c.Y[0]
	case i == len(c.X):
		return c.Y[i-1]
	}
	share := (x - c.X[i-1]) / (c.X[i] - c.X[i-1])
	return c.Y[i-1] + share*(c.Y[i]-c.Y[i-1])
}
