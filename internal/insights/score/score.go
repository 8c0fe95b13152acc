// Package score foretells yes or no: whether a lead will be won, a customer
// leave, an offer be taken. It learns from cases whose end is known, says how
// likely the others are, and which of their properties make them so.
//
// Logistic is the model; Bayes stands in while the cases are few, and can
// learn a case at a time. Learn chooses between them on cases that it did not
// learn from. Quality says how right a model was. Everything is the same to
// the bit on any number of cores, and no number that leaves is NaN or
// infinite.
package score

import (
	"errors"
	"fmt"
	"math"
)

// ErrFew is the answer where the cases are too few to learn from, or all of
// them ended alike.
var ErrFew = errors.New("score: too few cases")

// A Form is how a model takes a field.
type Form string

const (
	// Words have a weight each.
	Words Form = "words"
	// Tenths are numbers cut at the deciles of the cases learned from, with
	// a weight for each part: the effect need not be a straight line.
	Tenths Form = "tenths"
	// Line is numbers with one weight, in standard deviations from the mean.
	Line Form = "line"
)

// A Field is something that may be known of a case.
type Field struct {
	Name string `json:"name"`
	Form Form   `json:"form"`
}

// A Value is what is known of one field of a case. The zero Value is unknown:
// it counts neither for nor against.
type Value struct {
	word   string
	number float64
	known  bool
}

// Word returns a value of a field of Words; "" is unknown.
func Word(s string) Value { return Value{word: s, known: s != ""} }

// Number returns a value of a field of numbers; NaN and infinity are unknown.
func Number(x float64) Value {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return Value{}
	}
	return Value{number: x, known: true}
}

// Known says whether anything is known.
func (v Value) Known() bool { return v.known }

// A Case is the values of one lead or customer, in the order of the fields.
// Values that are missing at the end are unknown.
type Case []Value

func (c Case) at(i int) Value {
	if i < len(c) {
		return c[i]
	}
	return Value{}
}

// A Model says how likely cases are to end with yes.
type Model interface {
	// Predict returns the probability of yes, 0 … 1.
	Predict(c Case) float64
	// Explain returns what each known field adds, the strongest first.
	Explain(c Case) []Push
}

// A Push is what one field of a case adds to its log-odds, compared with the
// mean over the cases learned from: above 0 it speaks for yes.
type Push struct {
	Field   int     `json:"field"` // number of the field
	Name    string  `json:"name"`
	LogOdds float64 `json:"log_odds"`
}

// sigmoid returns 1/(1+e^−z) without overflow.
func sigmoid(z float64) float64 {
	if z >= 0 {
		return 1 / (1 + math.Exp(-z))
	}
	e := math.Exp(z)
	return e / (1 + e)
}

// softplus returns ln(1+e^z) without overflow.
func softplus(z float64) float64 { return max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))) }

// check refuses what nothing can be learned from.
func check(fields []Field, cases []Case, yes []bool) error {
	if len(cases) != len(yes) {
		return fmt.Errorf("score: %d cases, %d ends", len(cases), len(yes))
	}
	for _, f := range fields {
		if f.Form != Words && f.Form != Tenths && f.Form != Line {
			return fmt.Errorf("score: field %q has form %q", f.Name, f.Form)
		}
	}
	won := count(yes)
	if won == 0 || won == len(yes) {
		return fmt.Errorf("%w: %d of %d ended with yes", ErrFew, won, len(yes))
	}
	return nil
}

func count(yes []bool) int {
	n := 0
	for _, y := range yes {
		if y {
			n++
		}
	}
	return n
}
