package insightsweb

import (
	"math"
	"strconv"
	"strings"
)

// number reads a number that is not negative, with a comma or a full stop
// before its decimals; valid is false if it is none.
func number(s string) (f float64, valid bool) {
	f, err := strconv.ParseFloat(strings.Replace(strings.TrimSpace(s), ",", ".", 1), 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) || f < 0 {
		return 0, false
	}
	return f, true
}
