package basket_test

import (
	"math"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/akrab-crm/akrab/internal/insights/basket"
)

// Whatever is counted, sound or not, the measures are finite and in range.
func TestMeasuresAreFinite(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.OneOf(rapid.IntRange(-2, 20), rapid.IntRange(0, 10_000_000), rapid.Just(math.MaxInt), rapid.Just(math.MinInt))
		table := basket.Table{N: n.Draw(rt, "n"), X: n.Draw(rt, "x"), Y: n.Draw(rt, "y"), XY: n.Draw(rt, "xy")}
		m := table.Measures()
		v := reflect.ValueOf(m)
		for i := range v.NumField() {
			if f := v.Field(i).Float(); math.IsNaN(f) || math.IsInf(f, 0) {
				rt.Errorf("%+v: %s is %g", table, v.Type().Field(i).Name, f)
			}
		}
		for _, p := range []float64{m.Support, m.Confidence, m.ConfidenceLow, m.ConfidenceHigh, m.Kulczynski, m.Imbalance, m.Fisher} {
			if p < 0 || p > 1 {
				rt.Errorf("%+v: %+v", table, m)
			}
		}
		if m.ConfidenceLow > m.ConfidenceHigh {
			rt.Errorf("%+v: confidence %g … %g", table, m.ConfidenceLow, m.ConfidenceHigh)
		}
	})
}

// Fisher's test against the sum over all tables with the same margins, in
// whole numbers.
func TestFisher(t *testing.T) {
	choose := func(n, k int) float64 {
		c := 1.
		for i := range k {
			c = c * float64(n-i) / float64(i+1)
		}
		return math.Round(c)
	}
	for n := range 15 {
		for x := range n + 1 {
			for y := range n + 1 {
				for xy := max(0, x+y-n); xy <= min(x, y); xy++ {
					want := 0.
					for k := xy; k <= min(x, y); k++ {
						want += choose(x, k) * choose(n-x, y-k) / choose(n, y)
					}
					got := basket.Table{N: n, X: x, Y: y, XY: xy}.Fisher()
					if n > 0 && math.Abs(got-want) > 1e-10 {
						t.Errorf("Fisher(%d, %d, %d, %d) = %g, want %g", n, x, y, xy, got, want)
					}
				}
			}
		}
	}
}

// Figures of a table by hand, after the definitions of arules.
func TestMeasures(t *testing.T) {
	m := basket.Table{N: 100, X: 20, Y: 30, XY: 15}.Measures()
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"support", m.Support, .15}, {"confidence", m.Confidence, .75}, {"lift", m.Lift, 2.5},
		{"leverage", m.Leverage, .09}, {"conviction", m.Conviction, 2.8},
		{"kulczynski", m.Kulczynski, .625}, {"imbalance", m.Imbalance, 10. / 35},
		{"chi squared", m.ChiSquared, 24.107142857}, {"low", m.ConfidenceLow, .5313}, {"high", m.ConfidenceHigh, .8881},
	} {
		if !near(c.got, c.want, 1e-4) {
			t.Errorf("%s %g, want %g", c.name, c.got, c.want)
		}
	}
	if _, ok := (basket.Table{N: 10, X: 2, Y: 3, XY: 2}).Conviction(); ok {
		t.Error("a rule that never failed has a conviction")
	}
}
