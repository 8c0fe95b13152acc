package clv

import (
	"math"
	"slices"
)

// AUC returns the probability that, of one customer to whom it happened and
// one to whom it didn't, the first has the higher score; equal scores count
// half. It is .5 if it happened to all or to nobody.
func AUC(scores []float64, happened []bool) float64 {
	order := ascending(scores)
	var yes, ranks float64
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && scores[order[j]] == scores[order[i]] {
			j++
		}
		for _, c := range order[i:j] {
			if happened[c] {
				yes++
				ranks += float64(i+j+1) / 2
			}
		}
		i = j
	}
	no := float64(len(order)) - yes
	if yes == 0 || no == 0 {
		return .5
	}
	return (ranks - yes*(yes+1)/2) / (yes * no)
}

// ascending returns the places of scores, the lowest score first; equal ones in
// their order.
func ascending(scores []float64) []int {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case scores[a] < scores[b]:
			return -1
		case scores[a] > scores[b]:
			return 1
		}
		return 0
	})
	return order
}

// Capture returns the share of all outcomes that belongs to the fifth of the
// customers with the highest scores, 0 to 1.
func Capture(scores, outcomes []float64) float64 {
	order := ascending(scores)
	slices.Reverse(order)
	var best, all float64
	for i, c := range order {
		if i < len(order)/5 {
			best += outcomes[c]
		}
		all += outcomes[c]
	}
	if all == 0 {
		return 0
	}
	return best / all
}

// A Bin compares what was foretold to a part of the customers with what
// happened.
type Bin struct {
	Customers int     `json:"customers"`
	Foretold  float64 `json:"foretold"` // mean
	Happened  float64 `json:"happened"` // mean
}

// Calibration divides customers into n parts of equal size by what was
// foretold, the lowest first.
func Calibration(foretold, happened []float64, n int) []Bin {
	order := ascending(foretold)
	var bins []Bin
	for i := range n {
		part := order[len(order)*i/n : len(order)*(i+1)/n]
		if len(part) == 0 {
			continue
		}
		b := Bin{Customers: len(part)}
		for _, c := range part {
			b.Foretold += foretold[c] / float64(len(part))
			b.Happened += happened[c] / float64(len(part))
		}
		bins = append(bins, b)
	}
	return bins
}

// calibrationError returns the mean distance between foretold and happened over
// customers.
func calibrationError(bins []Bin) float64 {
	sum, n := 0.0, 0.0
	for _, b := range bins {
		sum += float64(b.Customers) * math.Abs(b.Foretold-b.Happened)
		n += float64(b.Customers)
	}
	if n == 0 {
		return 0
	}
	return sum / n
}
