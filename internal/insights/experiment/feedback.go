package experiment

import (
	"fmt"
	"math"
)

// AnswersNeed is how many answers make intervals of feedback that are right
// as often as they claim. Of fewer, pages show the answers.
const AnswersNeed = 30

// A Promoter is a net promoter score, −100 … 100, of 0–10 answers.
type Promoter struct {
	Interval
	SE float64 `json:"se"` // √((p + d − (p−d)²)/n), in points
	N  int64   `json:"n"`
}

// NetPromoter returns 100 × (promoters − detractors)/n. Promoters answered 9
// or 10, detractors 0 to 6. The interval is the adjusted Wald of Rocks
// (American Statistician 2016): three imaginary answers, half of them
// passive; the plain one is too short for a few dozen answers.
// Without answers it returns ErrFew.
func NetPromoter(promoters, passives, detractors int64, level float64) (Promoter, error) {
	if err := checkLevel(level); err != nil {
		return Promoter{}, err
	}
	if promoters < 0 || passives < 0 || detractors < 0 {
		return Promoter{}, fmt.Errorf("experiment: %d promoters, %d passives, %d detractors", promoters, passives, detractors)
	}
	p, q, d := float64(promoters), float64(passives), float64(detractors)
	n := p + q + d
	if n == 0 {
		return Promoter{}, fmt.Errorf("%w: no answers", ErrFew)
	}
	score, se := netPromoter(p, d, n)
	mid, wide := netPromoter(p+.75, d+.75, n+3)
	half := quantile(level) * wide
	return Promoter{
		Interval: Interval{Estimate: score, Lo: max(-100, min(score, mid-half)), Hi: min(100, max(score, mid+half))},
		SE:       se, N: promoters + passives + detractors,
	}, nil
}

// netPromoter returns the score and its standard error, in points.
func netPromoter(p, d, n float64) (score, se float64) {
	net := (p - d) / n
	return 100 * net, 100 * math.Sqrt(max(0, (p+d)/n-net*net)/n)
}

// Satisfaction returns the share, 0 … 1, of answers from 1 to 5 that are 4
// or 5, with Wilson's interval. counts[0] is how many answered 1.
func Satisfaction(counts [5]int64, level float64) (Interval, error) {
	n := int64(0)
	for _, c := range counts {
		if c < 0 {
			return Interval{}, fmt.Errorf("experiment: answers %v", counts)
		}
		n += c
	}
	return Wilson(counts[3]+counts[4], n, level)
}

// Effort returns the mean, 1 … 7, of answers from 1 to 7 with Student's
// interval, cut at 1 and 7. counts[0] is how many answered 1. Where all agree
// the interval is as if one of them had been a step away: a few equal answers
// are no certainty. Two answers are needed, else it returns ErrFew.
func Effort(counts [7]int64, level float64) (Interval, error) {
	if err := checkLevel(level); err != nil {
		return Interval{}, err
	}
	n, sum := 0., 0.
	for i, c := range counts {
		if c < 0 {
			return Interval{}, fmt.Errorf("experiment: answers %v", counts)
		}
		n += float64(c)
		sum += float64(c) * float64(i+1)
	}
	if n < 2 {
		return Interval{}, fmt.Errorf("%w: %g answers", ErrFew, n)
	}
	mean, ss := sum/n, 0.
	for i, c := range counts {
		ss += float64(c) * (float64(i+1) - mean) * (float64(i+1) - mean)
	}
	ss = max(ss, (n-1)/n)
	half := studentWithin(n-1, level) * math.Sqrt(ss/(n-1)/n)
	return Interval{Estimate: mean, Lo: max(1, mean-half), Hi: min(7, mean+half)}, nil
}
