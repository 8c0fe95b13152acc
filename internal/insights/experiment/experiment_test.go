package experiment_test

import (
	"errors"
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/akrab-crm/akrab/internal/insights/experiment"
)

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s is %.8g, want %.8g ± %g", what, got, want, within)
	}
}

// Newcombe 1998, table II: method 10 on his eight pairs.
func TestRatesAreThoseOfNewcombe(t *testing.T) {
	for _, tt := range []struct {
		a, m, b, n int64
		lo, hi     float64
	}{
		{56, 70, 48, 80, .0524, .3339},
		{9, 10, 3, 10, .1705, .8090},
		{6, 7, 2, 7, .0582, .8062},
		{5, 56, 0, 29, -.0381, .1926},
		{0, 10, 0, 20, -.1611, .2775},
		{0, 10, 0, 10, -.2775, .2775},
		{10, 10, 0, 20, .6791, 1},
		{10, 10, 0, 10, .6075, 1},
	} {
		d, err := experiment.Rates(experiment.Count{Did: tt.a, Of: tt.m}, experiment.Count{Did: tt.b, Of: tt.n}, .95)
		if err != nil || math.Abs(d.Lo-tt.lo) > 1e-4 || math.Abs(d.Hi-tt.hi) > 1e-4 {
			t.Errorf("%d/%d − %d/%d is %+v, %v, want %g to %g", tt.a, tt.m, tt.b, tt.n, d, err, tt.lo, tt.hi)
		}
	}
}

// Newcombe 1998 (two-sided intervals for the single proportion), table I.
func TestWilson(t *testing.T) {
	for _, tt := range []struct {
		k, n   int64
		lo, hi float64
	}{
		{81, 263, .2553, .3662}, {15, 148, .0624, .1605}, {0, 20, 0, .1611}, {1, 29, .0061, .1718}, {29, 29, .8830, 1},
	} {
		i, err := experiment.Wilson(tt.k, tt.n, .95)
		if err != nil || math.Abs(i.Lo-tt.lo) > 1e-4 || math.Abs(i.Hi-tt.hi) > 1e-4 {
			t.Errorf("%d/%d is %+v, %v", tt.k, tt.n, i, err)
		}
	}
}

// arm builds an arm of values without a past.
func arm(ys ...float64) (a experiment.Arm) {
	for _, y := range ys {
		a.Add(y, 0)
	}
	return a
}

// R's t.test(extra ~ group, data = sleep): t = −1.8608, df = 17.776,
// p = .07939, −3.3654832 to .2054832.
func TestWelchIsThatOfR(t *testing.T) {
	one := arm(.7, -1.6, -.2, -1.2, -.1, 3.4, 3.7, .8, 0, 2)
	two := arm(1.9, .8, 1.1, .1, -.1, 4.4, 5.5, 1.6, 4.6, 3.4)
	d, err := experiment.Welch(one, two, .95)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "t", d.Estimate/d.SE, -1.8608, 1e-4)
	near(t, "df", d.DF, 17.776, 1e-3)
	near(t, "p", d.P, .07939, 1e-5)
	near(t, "lo", d.Lo, -3.3654832, 1e-6)
	near(t, "hi", d.Hi, .2054832, 1e-6)
	if d.Proven() {
		t.Error("the interval contains 0")
	}
	if c, _ := experiment.CUPED(one, two, .95); c != d {
		t.Errorf("nobody differed before: %+v", c)
	}
}

// What the time before foretells to the cent is no noise any more.
func TestCUPEDTakesAwayThePast(t *testing.T) {
	var a, b, c experiment.Arm
	for i := range 2000 {
		x := float64(i*7919%2000) / 10
		noise := float64(i*104729%101) / 100
		switch i % 3 {
		case 0:
			a.Add(2*x+noise+1, x)
		default:
			if i%2 == 0 {
				b.Add(2*x+noise, x)
			} else {
				c.Add(2*x+noise, x)
			}
		}
	}
	control := b.Plus(c)
	w, err := experiment.Welch(a, control, .95)
	if err != nil {
		t.Fatal(err)
	}
	d, err := experiment.CUPED(a, control, .95)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "effect", d.Estimate, 1, .05)
	if w.Proven() || !d.Proven() || d.SE > w.SE/50 {
		t.Errorf("Welch %+v, CUPED %+v", w, d)
	}
	if _, err := experiment.Money(a, control); !errors.Is(err, experiment.ErrFew) {
		t.Errorf("%d treated are too few for money: %v", a.N, err)
	}
}

func TestArmsAddUp(t *testing.T) {
	var all, one, two experiment.Arm
	for i := range 1000 {
		y, x := 1e9+float64(i*37%91), float64(i*11%17)
		all.Add(y, x)
		if i < 300 {
			one.Add(y, x)
		} else {
			two.Add(y, x)
		}
	}
	sum := one.Plus(two)
	near(t, "SYY", sum.SYY/all.SYY, 1, 1e-6)
	near(t, "SXY", sum.SXY/all.SXY, 1, 1e-6)
	near(t, "SXX", sum.SXX/all.SXX, 1, 1e-9)
	if sum.N != 1000 || all.Add(math.NaN(), 1) || all.Add(1, math.Inf(1)) {
		t.Errorf("%+v", sum)
	}
	if (experiment.Arm{}).Plus(one) != one || one.Plus(experiment.Arm{}) != one {
		t.Error("an empty arm changes the other")
	}
}

// Critical values of χ² at .001 and .05.
func TestSampleRatio(t *testing.T) {
	r, err := experiment.SampleRatio([]int64{5000, 5000}, []float64{1, 1})
	if err != nil || r.P != 1 || r.Alarm {
		t.Errorf("%+v, %v", r, err)
	}
	// 10.828 with one degree of freedom is 1 in 1,000.
	r, _ = experiment.SampleRatio([]int64{10000 - 165, 10000 + 165}, []float64{.5, .5})
	near(t, "χ²", r.ChiSquare, 2*165*165/10000., 1e-9)
	if r.Alarm {
		t.Errorf("%+v: an alarm a little too early", r)
	}
	if r, _ = experiment.SampleRatio([]int64{10000 - 235, 10000 + 235}, []float64{1, 1}); !r.Alarm || r.P > .00095 || r.P < .0008 {
		t.Errorf("%+v: no alarm", r)
	}
	r, _ = experiment.SampleRatio([]int64{90, 110, 130}, []float64{1, 1, 1})
	near(t, "p", r.P, math.Exp(-r.ChiSquare/2), 1e-12) // exactly so with two degrees of freedom
	for _, bad := range [][]float64{{1, 0, 1}, {1, 1}, {1, math.NaN(), 1}, {1, -1, 1}} {
		if _, err := experiment.SampleRatio([]int64{1, 2, 3}, bad); err == nil {
			t.Errorf("shares %v were taken", bad)
		}
	}
}

func TestPlan(t *testing.T) {
	// 2(1.959964 + .8416212)² · σ²/δ² = 15.698 σ²/δ².
	s, err := experiment.Plan{}.ForMoney(10, 1)
	if err != nil || s != (experiment.Size{Treated: 1570, Control: 1570}) {
		t.Errorf("%+v, %v", s, err)
	}
	d, _ := experiment.Plan{}.MoneyFound(10, s)
	near(t, "effect found", d, 1, 1e-3)
	p, _ := experiment.Plan{}.PowerFor(10, 1, s)
	near(t, "power", p, .8, 1e-3)
	for _, plan := range []experiment.Plan{{}, {Ratio: 9}, {Level: .99, Power: .9, Ratio: .5}} {
		s, err := plan.ForRates(.1, .02)
		if err != nil {
			t.Fatal(err)
		}
		d, err := plan.RateFound(.1, s)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "rate found", d, .02, 1e-4)
	}
	// Fleiss without correction for .10 and .12: 3,839 each.
	if s, _ := (experiment.Plan{}).ForRates(.1, .02); s.Control != 3839 {
		t.Errorf("%+v", s)
	}
	for _, err := range []error{
		second(experiment.Plan{}.ForMoney(0, 1)), second(experiment.Plan{}.ForMoney(1, 0)), second(experiment.Plan{}.ForRates(.9, .2)),
		second(experiment.Plan{Power: 1}.ForMoney(1, 1)), second(experiment.Plan{}.ForMoney(1e300, 1e-300)), second(experiment.Plan{}.ForMoney(math.NaN(), 1)),
	} {
		if err == nil {
			t.Error("an impossible plan was made")
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestFeedback(t *testing.T) {
	s, err := experiment.NetPromoter(50, 30, 20, .95)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "NPS", s.Estimate, 30, 1e-12)
	near(t, "SE", s.SE, 100*math.Sqrt((.7-.09)/100), 1e-12)
	near(t, "lo", s.Lo, 30-1.96*s.SE, 1.2)
	near(t, "hi", s.Hi, 30+1.96*s.SE, 1.2)
	for _, n := range []int64{1, 5, 1000} {
		s, err := experiment.NetPromoter(n, 0, 0, .95)
		if err != nil || s.Estimate != 100 || s.Hi != 100 || s.Lo >= 100 {
			t.Errorf("%d promoters: %+v, %v", n, s, err)
		}
	}
	c, err := experiment.Satisfaction([5]int64{1, 2, 7, 30, 60}, .95)
	if w, _ := experiment.Wilson(90, 100, .95); err != nil || c != w {
		t.Errorf("%+v, %v", c, err)
	}
	// Mean 4, sum of squares 28 of seven answers, t(6) = 2.446912.
	e, err := experiment.Effort([7]int64{1, 1, 1, 1, 1, 1, 1}, .95)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "CES", e.Estimate, 4, 1e-12)
	near(t, "hi", e.Hi, 4+2.446912*math.Sqrt(28./6/7), 1e-5)
	if e, _ = experiment.Effort([7]int64{0, 0, 0, 5}, .95); e.Lo >= 4 || e.Hi <= 4 {
		t.Errorf("five equal answers: %+v", e)
	}
	for _, err := range []error{
		second(experiment.NetPromoter(0, 0, 0, .95)), second(experiment.Satisfaction([5]int64{}, .95)), second(experiment.Effort([7]int64{3: 1}, .95)),
	} {
		if !errors.Is(err, experiment.ErrFew) {
			t.Error(err)
		}
	}
}

// The unit values of scikit-uplift's own tests.
func TestUpliftAreas(t *testing.T) {
	for _, tt := range []struct {
		y, uplift    []float64
		treated      []bool
		qini, uplAUC float64
	}{
		{[]float64{1, 1}, []float64{.1, .3}, []bool{false, true}, 1, 1},
		{[]float64{1, 1}, []float64{.1, .3}, []bool{true, false}, 0, -1},
		{[]float64{0, 1}, []float64{.1, .3}, []bool{true, false}, 1, 0},
		{[]float64{1, 0}, []float64{.1, .3}, []bool{false, true}, 1, 1},
		{[]float64{0, 1, 2}, []float64{.1, .3, .9}, []bool{false, true, false}, -.5, -4. / 3},
		{[]float64{0, 1, 2}, []float64{.1, .3, .9}, []bool{true, false, true}, .75, 4. / 3},
	} {
		trial := experiment.Trial{Outcome: tt.y, Uplift: tt.uplift, Treated: tt.treated}
		q, err := trial.QiniAUC()
		if err != nil {
			t.Fatal(err)
		}
		near(t, "Qini", q, tt.qini, 1e-9)
		u, err := trial.UpliftAUC()
		if err != nil {
			t.Fatal(err)
		}
		near(t, "uplift AUC", u, tt.uplAUC, 1e-9)
	}
	trial := experiment.Trial{Outcome: []float64{1, 0, 1, 0}, Uplift: []float64{.9, .8, .1, .1}, Treated: []bool{true, false, true, false}}
	if u, err := trial.UpliftAt(.5); err != nil || u != 1 {
		t.Errorf("uplift at half is %g, %v", u, err)
	}
	if _, err := trial.UpliftAt(.2); !errors.Is(err, experiment.ErrFew) {
		t.Errorf("of one customer: %v", err)
	}
	curve, _ := trial.Qini()
	if want := []experiment.Point{{}, {1, 1}, {2, 1}, {4, 2}}; !slices.Equal(curve, want) {
		t.Errorf("curve %v, want %v", curve, want)
	}
	trial.Uplift[0] = math.NaN()
	if _, err := trial.QiniAUC(); err == nil {
		t.Error("NaN was ranked")
	}
}

func TestHeldStaysHeld(t *testing.T) {
	var n [4]int
	moved := 0
	for i := range 100000 {
		id := string(rune('a'+i%26)) + string(rune(0x4e00+i))
		if experiment.Held("global", id, .05) {
			n[3]++
			if !experiment.Held("global", id, .1) {
				moved++
			}
		}
		a, err := experiment.Assign("spring", id, []float64{8, 1, 1})
		if err != nil {
			t.Fatal(err)
		}
		n[a]++
	}
	r, _ := experiment.SampleRatio([]int64{int64(n[0]), int64(n[1]), int64(n[2])}, []float64{.8, .1, .1})
	if r.Alarm || moved > 0 || n[3] < 4700 || n[3] > 5300 {
		t.Errorf("drawn %v (%+v), %d moved", n, r, moved)
	}
	if a, _ := experiment.Assign("s", "c", []float64{0, 1, 0}); a != 1 {
		t.Errorf("arm %d", a)
	}
}

// The goal: 94–96 % of the intervals that people see contain the truth, and
// money of a hundred customers would not.
func TestCoverage(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates 48 million customers")
	}
	for _, c := range experiment.EvaluateCoverage(1, 2000) {
		t.Logf("%-8s %5d %5d %4d: %.4f ± %.4f, width %.3f", c.Kind, c.Treated, c.Control, c.Answers, c.Share, c.SE, c.Width)
		if c.Shown && (c.Share < .94 || c.Share > .96) {
			t.Errorf("%+v", c)
		}
		if c.Kind == "welch" && c.Control == 100 && (c.Shown || c.Share > .92) {
			t.Errorf("money of 100 is no better than thought? %+v", c)
		}
	}
}

func TestCoverageDependsOnTheSeedOnly(t *testing.T) {
	before := runtime.GOMAXPROCS(1)
	one := experiment.EvaluateCoverage(1, 5)
	runtime.GOMAXPROCS(8)
	eight := experiment.EvaluateCoverage(1, 5)
	runtime.GOMAXPROCS(before)
	if !slices.Equal(one, eight) {
		t.Errorf("one core %+v\neight %+v", one, eight)
	}
}

// FuzzIntervals looks for numbers that make something else than an interval
// around the estimate, or an error.
func FuzzIntervals(f *testing.F) {
	f.Add(int64(3), int64(10), int64(0), int64(7), 1.5, -2.)
	f.Add(int64(1<<62), int64(1<<62), int64(1), int64(1), 1e300, 1e-300)
	f.Fuzz(func(t *testing.T, a, m, b, n int64, x, y float64) {
		if d, err := experiment.Rates(experiment.Count{Did: a, Of: m}, experiment.Count{Did: b, Of: n}, .95); err == nil {
			sound(t, d.Interval)
		}
		arms := [2]experiment.Arm{arm(x, y, float64(a)), arm(y, float64(b))}
		arms[0].Add(y, x)
		arms[1].Add(x, float64(m))
		if d, err := experiment.CUPED(arms[0], arms[1], .95); err == nil {
			sound(t, d.Interval)
		}
		if s, err := experiment.NetPromoter(a, m, b, .9); err == nil {
			sound(t, s.Interval)
		}
		_, _ = experiment.SampleRatio([]int64{a, m, b}, []float64{x, y, 1})
		if s, err := (experiment.Plan{Ratio: x}).ForMoney(y, x); err == nil && (s.Treated < 1 || s.Control < 1) {
			t.Errorf("%+v", s)
		}
		trial := experiment.Trial{Outcome: []float64{x, y, 1}, Uplift: []float64{y, x, 0}, Treated: []bool{a > 0, m > 0, b > 0}}
		if q, err := trial.QiniAUC(); err == nil && (math.IsNaN(q) || math.IsInf(q, 0)) {
			t.Errorf("Qini %g", q)
		}
		if q, err := trial.UpliftAUC(); err == nil && (math.IsNaN(q) || math.IsInf(q, 0)) {
			t.Errorf("uplift %g", q)
		}
	})
}

func sound(t *testing.T, i experiment.Interval) {
	t.Helper()
	if !(i.Lo <= i.Estimate && i.Estimate <= i.Hi) || math.IsInf(i.Lo, 0) || math.IsInf(i.Hi, 0) {
		t.Errorf("%+v", i)
	}
}

func BenchmarkCUPED(b *testing.B) {
	t := experiment.Arm{N: 9000, MeanY: 2, MeanX: 3, SYY: 90000, SXX: 80000, SXY: 40000}
	c := experiment.Arm{N: 1000, MeanY: 1.9, MeanX: 3, SYY: 9000, SXX: 8000, SXY: 4000}
	for b.Loop() {
		if _, err := experiment.CUPED(t, c, .95); err != nil {
			b.Fatal(err)
		}
	}
}
