package score

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/akrab-crm/akrab/internal/insights/experiment"
)

// A Quality is how right predictions were for cases that were not learned from.
type Quality struct {
	Cases int     `json:"cases"`
	Yes   int     `json:"yes"`
	AUC   float64 `json:"auc"` // probability that a yes was ranked above a no; .5 is chance
	AUCSE float64 `json:"auc_se"`

	Brier     float64 `json:"brier"`      // mean squared error
	BrierBase float64 `json:"brier_base"` // of saying the share of yes to everyone
	LogLoss   float64 `json:"log_loss"`   // natural logarithm; predictions cut at .0001 and .9999

	ECE  float64       `json:"ece"`  // mean distance of prediction and truth over ten bins of equal size
	Bins []Reliability `json:"bins"` // for drawing

	TopShare float64 `json:"top_share"` // of yes among the best tenth
	TopLift  float64 `json:"top_lift"`  // TopShare over the share of all
}

// A Reliability is one point of a calibration plot: what was foretold of some
// cases, and what came, with an interval of 95 %.
type Reliability struct {
	Cases    int                 `json:"cases"`
	Foretold float64             `json:"foretold"` // mean prediction
	Came     experiment.Interval `json:"came"`
}

// Measure compares predictions, 0 … 1, with how the cases ended. It returns
// ErrFew if all ended alike.
func Measure(predicted []float64, yes []bool) (Quality, error) {
	if err := checkPredictions(predicted, yes); err != nil {
		return Quality{}, err
	}
	n := float64(len(yes))
	q := Quality{Cases: len(yes), Yes: count(yes)}
	q.AUC, q.AUCSE = auc(predicted, yes)
	share := float64(q.Yes) / n
	q.BrierBase = share * (1 - share)
	for i, p := range predicted {
		y := 0.
		if yes[i] {
			y = 1
		}
		q.Brier += (p - y) * (p - y) / n
		p = max(1e-4, min(1-1e-4, p))
		q.LogLoss -= (y*math.Log(p) + (1-y)*math.Log1p(-p)) / n
	}
	ids := ranking(predicted)
	q.Bins = reliability(ids, predicted, yes, min(10, len(yes)))
	for _, b := range q.Bins {
		q.ECE += math.Abs(b.Foretold-b.Came.Estimate) * float64(b.Cases) / n
	}
	top := ids[:max(1, len(ids)/10)]
	for _, i := range top {
		if yes[i] {
			q.TopShare++
		}
	}
	q.TopShare /= float64(len(top))
	q.TopLift = q.TopShare / share
	return q, nil
}

func checkPredictions(predicted []float64, yes []bool) error {
	if len(predicted) != len(yes) {
		return fmt.Errorf("score: %d predictions, %d ends", len(predicted), len(yes))
	}
	for _, p := range predicted {
		if !(p >= 0 && p <= 1) {
			return fmt.Errorf("score: prediction %g is no probability", p)
		}
	}
	if n := count(yes); n == 0 || n == len(yes) {
		return fmt.Errorf("%w: %d of %d ended with yes", ErrFew, n, len(yes))
	}
	return nil
}

// ranking returns the cases from the highest prediction down, equal ones in
// their order.
func ranking(predicted []float64) []int {
	ids := make([]int, len(predicted))
	for i := range ids {
		ids[i] = i
	}
	slices.SortFunc(ids, func(a, b int) int {
		return cmp.Or(cmp.Compare(predicted[b], predicted[a]), cmp.Compare(a, b))
	})
	return ids
}

// AUC returns the probability that a case of yes has a higher rank than one of
// no, ties counting half (Mann & Whitney 1947), and its standard error by
// DeLong, DeLong & Clarke-Pearson (Biometrics 1988). Ranks may be any finite
// numbers. It returns ErrFew if all ended alike.
func AUC(rank []float64, yes []bool) (area, se float64, err error) {
	if len(rank) != len(yes) {
		return 0, 0, fmt.Errorf("score: %d ranks, %d ends", len(rank), len(yes))
	}
	for _, x := range rank {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return 0, 0, fmt.Errorf("score: rank %g", x)
		}
	}
	if n := count(yes); n == 0 || n == len(yes) {
		return 0, 0, fmt.Errorf("%w: %d of %d ended with yes", ErrFew, n, len(yes))
	}
	area, se = auc(rank, yes)
	return area, se, nil
}

func auc(rank []float64, yes []bool) (area, se float64) {
	ids := ranking(rank)
	nYes := float64(count(yes))
	nNo := float64(len(yes)) - nYes
	yesAbove, noAbove := 0., 0.
	var ofYes, ofNo spread // shares of the others that each case is on the right side of
	for lo := 0; lo < len(ids); {
		hi, tieYes := lo, 0.
		for hi < len(ids) && rank[ids[hi]] == rank[ids[lo]] {
			if yes[ids[hi]] {
				tieYes++
			}
			hi++
		}
		tieNo := float64(hi-lo) - tieYes
		ofYes.add((nNo-noAbove-tieNo/2)/nNo, tieYes)
		ofNo.add((yesAbove+tieYes/2)/nYes, tieNo)
		yesAbove, noAbove, lo = yesAbove+tieYes, noAbove+tieNo, hi
	}
	return ofYes.mean, math.Sqrt(ofYes.variance()/nYes + ofNo.variance()/nNo)
}

// A spread is mean and sum of squares around it of weighted numbers.
type spread struct{ n, mean, ss float64 }

func (s *spread) add(x, weight float64) {
	if weight == 0 {
		return
	}
	s.n += weight
	d := x - s.mean
	s.mean += d * weight / s.n
	s.ss += d * (x - s.mean) * weight
}

func (s *spread) variance() float64 {
	if s.n < 2 {
		return 0
	}
	return max(0, s.ss) / (s.n - 1)
}

// reliability cuts the cases, the lowest predictions first, into bins of
// equal size.
func reliability(ids []int, predicted []float64, yes []bool, bins int) []Reliability {
	slices.Reverse(ids)
	defer slices.Reverse(ids)
	var all []Reliability
	for b := range bins {
		part := ids[len(ids)*b/bins : len(ids)*(b+1)/bins]
		r := Reliability{Cases: len(part)}
		came := int64(0)
		for _, i := range part {
			r.Foretold += predicted[i]
			if yes[i] {
				came++
			}
		}
		r.Foretold /= float64(len(part))
		r.Came, _ = experiment.Wilson(came, int64(len(part)), experiment.Usual) // part isn't empty
		all = append(all, r)
	}
	return all
}
