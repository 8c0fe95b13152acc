package clv

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Customers who all spend alike are told so: what one of them spent is no sign
// that they will spend more than the others.
func TestSpendOfCustomersAlike(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	gamma2 := func() float64 { return r.ExpFloat64() + r.ExpFloat64() } // shape 2
	var list []Repeats
	for range 4000 {
		n := 1 + int(r.ExpFloat64()*3)
		sum := 0.
		for range n {
			sum += 50_000 * gamma2()
		}
		list = append(list, Repeats{n, sum / float64(n)})
	}
	sp, err := FitSpend(list)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", sp)
	for _, own := range []Repeats{{0, 0}, {1, 300_000}, {1, 10_000}, {5, 150_000}} {
		if got := sp.Expected(own); math.Abs(got-100_000) > 10_000 {
			t.Errorf("after %+v %0.f is expected, want about 100000", own, got)
		}
	}
}

// It holds whoever happens to be asked: of other customers alike, few or many.
func TestSpendOfAnyCustomersAlike(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 9))
		var list []Repeats
		for range 300 + 200*int(seed) {
			n := 1 + int(r.ExpFloat64()*float64(1+seed%5))
			sum := 0.
			for range n {
				sum += 60_000 * (r.ExpFloat64() + r.ExpFloat64())
			}
			list = append(list, Repeats{n, sum / float64(n)})
		}
		sp, err := FitSpend(list)
		if err != nil {
			t.Fatal(err)
		}
		if got := sp.Expected(Repeats{1, 400_000}); sp.Bands[0].Plain || math.Abs(got-120_000) > 25_000 {
			t.Errorf("%d customers: after one purchase of 400000 %.0f is expected, want about 120000: %+v", len(list), got, sp.Bands)
		}
	}
}

// Where the busiest customers are of one kind and the others of many, who spent
// much on many days still spends much.
func TestSpendOfKinds(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	var list []Repeats
	for range 100 { // shops
		n := 100 + r.IntN(80)
		list = append(list, Repeats{n, 100_000 * (1 + .02*r.NormFloat64())})
	}
	for range 200 { // others, each with a level of their own
		n := 8 + r.IntN(40)
		list = append(list, Repeats{n, 100_000 * math.Exp(r.NormFloat64())})
	}
	sp, err := FitSpend(list)
	if err != nil {
		t.Fatal(err)
	}
	if got := sp.Expected(Repeats{49, 300_000}); got < 200_000 {
		t.Errorf("after 49 purchases of 300000 each %.0f is expected: %+v", got, sp.Bands)
	}
}
