package experiment

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// A Point of a curve: after the best N customers, what was gained.
type Point struct {
	N    int     `json:"n"`
	Gain float64 `json:"gain"`
}

// A Trial is what a randomised action did: of each customer the outcome (0 or
// 1, or an amount), the uplift a model foretold, and whether he was treated.
type Trial struct {
	Outcome []float64
	Uplift  []float64
	Treated []bool
}

func (t Trial) check() error {
	n := len(t.Outcome)
	if n == 0 {
		return fmt.Errorf("%w: nobody", ErrFew)
	}
	if len(t.Uplift) != n || len(t.Treated) != n {
		return fmt.Errorf("experiment: %d outcomes, %d uplifts, %d arms", n, len(t.Uplift), len(t.Treated))
	}
	if !finite(t.Outcome...) || !finite(t.Uplift...) {
		return fmt.Errorf("experiment: outcome or uplift is not a number")
	}
	return nil
}

// arms are counts and sums of outcomes as one goes down a ranking.
type arms struct {
	nt, nc, yt, yc float64
}

func (a *arms) add(y float64, treated bool) {
	if treated {
		a.nt++
		a.yt += y
		return
	}
	a.nc++
	a.yc += y
}

// qini is the gain by Radcliffe (2007): outcomes of the treated less those of
// the control, as if it were as large.
func (a arms) qini() float64 {
	if a.nc == 0 {
		return a.yt
	}
	return a.yt - a.yc*a.nt/a.nc
}

// uplift is the difference of the means times the customers. An arm without
// customers has mean 0.
func (a arms) uplift() float64 {
	d := 0.
	if a.nt > 0 {
		d += a.yt / a.nt
	}
	if a.nc > 0 {
		d -= a.yc / a.nc
	}
	return d * (a.nt + a.nc)
}

// order returns the customers by descending rank, equal ones by number.
func order(rank []float64) []int {
	ids := make([]int, len(rank))
	for i := range ids {
		ids[i] = i
	}
	slices.SortFunc(ids, func(a, b int) int {
		return cmp.Or(cmp.Compare(rank[b], rank[a]), cmp.Compare(a, b))
	})
	return ids
}

// curve walks down the ranking; customers of equal rank make one step.
func (t Trial) curve(rank []float64, gain func(arms) float64) []Point {
	points := []Point{{}}
	var a arms
	ids := order(rank)
	for i, u := range ids {
		a.add(t.Outcome[u], t.Treated[u])
		if i+1 == len(ids) || rank[ids[i+1]] != rank[u] {
			points = append(points, Point{N: i + 1, Gain: gain(a)})
		}
	}
	return points
}

// area is the area under a curve by trapezoids.
func area(points []Point) float64 {
	sum := 0.
	for i := 1; i < len(points); i++ {
		sum += float64(points[i].N-points[i-1].N) * (points[i].Gain + points[i-1].Gain) / 2
	}
	return sum
}

// Qini returns the curve of gains, for drawing, from (0, 0) on.
func (t Trial) Qini() ([]Point, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	return t.curve(t.Uplift, arms.qini), nil
}

// QiniAUC returns the area between the Qini curve and the straight line of no
// choice, as a share of that of the best choice: 1 is perfect, 0 no better
// than chance; as in scikit-uplift. It is 0 where there is nothing to choose.
func (t Trial) QiniAUC() (float64, error) {
	if err := t.check(); err != nil {
		return 0, err
	}
	best := make([]float64, len(t.Outcome))
	for i, y := range t.Outcome {
		best[i] = y
		if !t.Treated[i] {
			best[i] = -y
		}
	}
	return t.above(best, arms.qini)
}

// UpliftAUC is as QiniAUC, under the curve of the difference of means. The
// best choice puts treated buyers and untreated non-buyers first, as
// scikit-uplift has it; it is meant for outcomes of 0 and 1.
func (t Trial) UpliftAUC() (float64, error) {
	if err := t.check(); err != nil {
		return 0, err
	}
	buyers, lost := 0, 0
	for i, y := range t.Outcome {
		if y == 1 && !t.Treated[i] {
			buyers++
		}
		if y == 0 && t.Treated[i] {
			lost++
		}
	}
	best := make([]float64, len(t.Outcome))
	for i, y := range t.Outcome {
		treated := 0.
		if t.Treated[i] {
			treated = 1
		}
		if y == treated {
			best[i] = 2
		}
		if buyers > lost {
			best[i] += y
		} else {
			best[i] += treated
		}
	}
	return t.above(best, arms.uplift)
}

// above returns the area above no choice as a share of that of the best.
func (t Trial) above(best []float64, gain func(arms) float64) (float64, error) {
	curve, perfect := t.curve(t.Uplift, gain), t.curve(best, gain)
	last := perfect[len(perfect)-1]
	chance := float64(last.N) * last.Gain / 2
	most := area(perfect) - chance
	if most == 0 {
		return 0, nil
	}
	share := (area(curve) - chance) / most
	if !finite(share) {
		return 0, fmt.Errorf("experiment: outcomes too large")
	}
	return share, nil
}

// UpliftAt returns the difference of mean outcomes within the share (above 0,
// at most 1) of customers whom the model puts first, rounded up. It returns
// ErrFew if one arm has nobody there.
func (t Trial) UpliftAt(share float64) (float64, error) {
	if err := t.check(); err != nil {
		return 0, err
	}
	if !(share > 0 && share <= 1) {
		return 0, fmt.Errorf("experiment: share %g", share)
	}
	var a arms
	for _, u := range order(t.Uplift)[:int(math.Ceil(share*float64(len(t.Uplift))))] {
		a.add(t.Outcome[u], t.Treated[u])
	}
	if a.nt == 0 || a.nc == 0 {
		return 0, fmt.Errorf("%w: one arm only among the first %g", ErrFew, share)
	}
	return a.yt/a.nt - a.yc/a.nc, nil
}
