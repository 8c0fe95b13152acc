package insightsweb

import (
	"github.com/akrab-crm/akrab/internal/money"
)

// number reads a number that is not negative, as the company writes numbers:
// where the comma is decimal, "1.500" is fifteen hundred. What is none in that
// way may have the other decimal sign, "2.5". Valid is false if it is no number
// at all.
func number(s string, decimal rune) (f float64, valid bool) {
	d, err := money.ParseNumber(s, decimal)
	if err != nil {
		d, err = money.ParseNumber(s, other(decimal))
	}
	if err != nil || d.IsNeg() {
		return 0, false
	}
	f, valid = d.Float64()
	return f, valid
}

func other(decimal rune) rune {
	if decimal == '.' {
		return ','
	}
	return '.'
}
