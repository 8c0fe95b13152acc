// Package experiment says what an action has changed, by comparing those it
// reached with others, chosen by chance, whom it left alone; and how sure
// that is.
//
// Every answer is an interval. Money needs 1,000 customers in each arm: a few
// large orders among a hundred make an interval that is right nine times in
// ten only and claims nineteen in twenty; with fewer, rates are shown.
package experiment

import (
	"errors"
	"fmt"
	"math"
)

// Usual is the share of intervals that are to contain the truth.
const Usual = .95

// MoneyNeeds is how many customers each arm must have for an interval of money.
const MoneyNeeds = 1000

// ErrFew is the answer where the data are too few for an honest interval.
var ErrFew = errors.New("experiment: too few data")

// An Interval contains the truth with the probability it was asked for.
type Interval struct {
	Estimate float64 `json:"estimate"`
	Lo       float64 `json:"lo"`
	Hi       float64 `json:"hi"`
}

// Proven says whether the interval lies on one side of 0.
func (i Interval) Proven() bool { return i.Lo > 0 || i.Hi < 0 }

// A Difference is what the treated have more than the others.
type Difference struct {
	Interval
	SE float64 `json:"se"` // standard error of the estimate
	DF float64 `json:"df"` // degrees of freedom; 0 where the normal distribution was used
	P  float64 `json:"p"`  // probability of a difference as large by chance alone, two-sided
}

// quantile returns z such that a standard normal variable is within ±z with
// probability level.
func quantile(level float64) float64 { return normalQuantile(.5 + level/2) }

// checkLevel refuses levels that are no probability strictly between 0 and 1.
func checkLevel(level float64) error {
	if !(level > 0 && level < 1) {
		return fmt.Errorf("experiment: level %g is not between 0 and 1", level)
	}
	return nil
}

func finite(xs ...float64) bool {
	for _, x := range xs {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}
