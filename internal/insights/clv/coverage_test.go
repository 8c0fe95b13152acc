package clv

import (
	"math"
	"os"
	"testing"
)

// within fails the test unless hits of n are 94 to 96 % (A12), less what chance
// may do to n of them beyond two standard errors.
func within(t *testing.T, what string, hits, n int) {
	t.Helper()
	share := float64(hits) / float64(n)
	slack := 2*math.Sqrt(.05*.95/float64(n)) - 2*math.Sqrt(.05*.95/2000)
	t.Logf("%s: %.4f of %d", what, share, n)
	if slack = max(slack, 0); share < .94-slack || share > .96+slack {
		t.Errorf("%s holds %.4f of %d times", what, share, n)
	}
}

// TestCoverage draws shops, fits them, and counts how often intervals hold the
// truth: those of parameters, of what each customer will spend, and of what all
// will buy together.
func TestCoverage(t *testing.T) {
	runs, size := 150, 1000
	if os.Getenv("AKRAB_TEST_LONG") != "" {
		runs = 2000
	}
	truth := Model{Kind: MBG, K: 1, R: .8, Alpha: 6, A: .9, B: 2.2}
	var params [4]int
	var money, shown, all, counts, customers, fitted int
	for i := range runs {
		stats, visitors := newShop(uint64(i)+1000, truth).visits(size, 78, 26)
		s := sample(t, stats)
		f, err := s.Fit(MBG, 1, truth)
		if err != nil {
			t.Fatal(err)
		}
		cov, _ := s.Covariance(f.Model)
		ranges, ok := s.Parameters(f)
		var bought []Repeats
		later := 0.0
		for _, v := range visitors {
			bought = append(bought, v.bought)
			later += float64(v.later)
		}
		sp, err := FitSpend(bought)
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			fitted++
			for j, r := range ranges {
				if p := truth.params()[j]; p >= r.Lo && p <= r.Hi {
					params[j]++
				}
			}
			if c := s.Forecast(f.Model, cov, 26); later >= c.Lo && later <= c.Hi {
				all++
			}
		}
		// Customers of one shop share its parameters: a few of each are enough.
		for _, v := range visitors[:50] {
			customers++
			if lo, hi := CountRange(f.Counts(nil, v.Stats, 26)); v.later >= lo && v.later <= hi {
				counts++
			}
			r := MoneyRange(f.Model, &sp, v.Stats, v.bought, 26)
			if r.Hi > 0 {
				shown++
				if v.spent >= r.Lo && v.spent <= r.Hi {
					money++
				}
			}
		}
	}
	for j, name := range []string{"r", "α", "a", "b"} {
		within(t, name, params[j], fitted)
	}
	within(t, "purchases of all", all, fitted)
	within(t, "a customer's spending", money, shown)
	if share := float64(counts) / float64(customers); share < .95 {
		t.Errorf("intervals of whole purchases hold %.4f, not at least .95", share)
	} else {
		t.Logf("a customer's purchases: %.4f, of whole numbers; no curvature in %d of %d shops", share, runs-fitted, runs)
	}
}

// TestMoneyRange compares the quick distribution function with the exact one.
func TestMoneyRange(t *testing.T) {
	m := Model{Kind: MBG, K: 2, R: .8, Alpha: 3, A: .3, B: 2}
	for _, s := range []Stats{{Repeats: 2, Recency: 20, Age: 30}, {Repeats: 12, Recency: 50, Age: 51}, {Age: 3}} {
		for _, p := range []float64{.3, .8, 2, 6, 30} {
			counts := m.Counts(nil, s, 52)
			tt := newTotal(counts, p, 3.5, 20)
			for _, v := range []float64{5, 20, 100, 400, 2000} {
				exact := counts[0]
				for n := 1; n < len(counts); n++ {
					exact += counts[n] * betaCDF(v/(v+20), p*float64(n), 3.5)
				}
				near(t, "P(at most v)", tt.cdf(math.Cbrt(v)), exact, .003)
			}
		}
	}
}
