package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestExpected(t *testing.T) {
	var g Gaps
	g.Add(Purchase{Item: 0, First: 0, Last: 60, Times: 4})  // three gaps of 20
	g.Add(Purchase{Item: 1, First: 10, Last: 40, Times: 2}) // one of 30
	g.Add(Purchase{Item: 2, First: 5, Last: 5, Times: 1})
	mean := 90. / 4 // of all
	if got, want := g.Mean(0), (60+3*mean)/6; got != want {
		t.Errorf("mean gap of item 0: %g, want %g", got, want)
	}
	if got := g.Mean(2); got != mean {
		t.Errorf("mean gap of an item never bought again: %g, want that of all, %g", got, mean)
	}
	p := Purchase{Item: 0, First: 100, Last: 114, Times: 3}
	if got, want := g.Expected(p), (14+3*g.Mean(0))/5; got != want {
		t.Errorf("expected after %g days, want %g", got, want)
	}
	if got, want := g.Again(2), (0+3*4./7)/4; got != want {
		t.Errorf("bought again: %g, want %g", got, want)
	}
	if (&Gaps{}).Expected(p) != 0 || (&Gaps{}).Again(0) != 0 || len((&Gaps{}).Due([]Purchase{p}, 200, 30, 5)) > 0 {
		t.Error("something is expected though nothing is known")
	}
}

func TestDue(t *testing.T) {
	var g Gaps
	for range 50 {
		g.Add(Purchase{Item: 0, First: 0, Last: 300, Times: 11}) // coffee: 30 days
		g.Add(Purchase{Item: 1, First: 0, Last: 360, Times: 3})  // a filter: 180
		g.Add(Purchase{Item: 2, First: 0, Last: 0, Times: 1})    // a machine: never again
	}
	items := []Purchase{
		{Item: 0, First: 100, Last: 190, Times: 4},
		{Item: 1, First: 100, Last: 100, Times: 1},
		{Item: 2, First: 10, Last: 10, Times: 1},
		{Item: 0, First: 5, Last: 5, Times: 0},   // impossible
		{Item: 1, First: 0, Last: 500, Times: 3}, // after today
	}
	due := g.Due(items, 215, 30, 5)
	if len(due) == 0 || due[0].Item != 0 || due[0].Elapsed != 25 || due[0].Gap < 29 || due[0].Gap > 31 {
		t.Fatalf("due: %+v, want coffee first", due)
	}
	for _, d := range due {
		if d.Item == 1 || d.Item == 2 && d.Chance > .1 || !(d.Chance >= 0 && d.Chance <= 1) {
			t.Errorf("due: %+v", d)
		}
	}
	if due := g.Due(items[:1], 210, 30, 5); len(due) > 0 {
		t.Errorf("due after 20 of 30 days: %+v", due)
	}
	if due := g.Due(items, 215, 30, 0); len(due) > 0 {
		t.Errorf("none asked for, got %+v", due)
	}
	long := g.Due(items[:1], 500, 30, 5)
	if len(long) != 1 || long[0].Chance > due[0].Chance/10 {
		t.Errorf("long gone: %+v", long)
	}
}

// TestGapsMerge adds customers in another order and in two parts.
func TestGapsMerge(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var all []Purchase
	for range 500 {
		times := 1 + rnd.Int32N(5)
		first, days := rnd.Int32N(100), (times-1)*(1+rnd.Int32N(30))
		all = append(all, Purchase{Item: rnd.Int32N(20), First: first, Last: first + days, Times: times})
	}
	var whole, left, right Gaps
	for _, p := range all {
		whole.Add(p)
	}
	slices.Reverse(all)
	for i, p := range all {
		if i < 10 {
			left.Add(p)
		} else {
			right.Add(p)
		}
	}
	left.Merge(&right)
	for i := range int32(25) {
		if whole.Mean(i) != left.Mean(i) || whole.Again(i) != left.Again(i) {
			t.Errorf("item %d: %g and %g", i, whole.Mean(i), left.Mean(i))
		}
	}
}

func TestDueFinite(t *testing.T) {
	purchase := rapid.Custom(func(t *rapid.T) Purchase {
		return Purchase{
			Item:  rapid.Int32Range(-1, 5).Draw(t, "item"),
			First: rapid.Int32().Draw(t, "first"), Last: rapid.Int32().Draw(t, "last"), Times: rapid.Int32Range(-1, 9).Draw(t, "times"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		var g Gaps
		for _, p := range rapid.SliceOf(purchase).Draw(t, "seen") {
			g.Add(p)
		}
		horizon := rapid.SampledFrom([]float64{-1, 0, 1, 90, 1e300, math.NaN(), math.Inf(1)}).Draw(t, "horizon")
		for _, d := range g.Due(rapid.SliceOf(purchase).Draw(t, "items"), rapid.Int32().Draw(t, "today"), horizon, 3) {
			if !(d.Chance >= 0 && d.Chance <= 1) || !(d.Gap > 0) || math.IsInf(d.Gap, 1) || d.Elapsed < 0 {
				t.Fatalf("%+v", d)
			}
		}
	})
}

func TestFrequent(t *testing.T) {
	got := Frequent([][]int32{{1, 2, 1}, {3}, {2, 3}}, .5)
	want := []Candidate{{2, 1.25}, {1, 1}, {3, .75}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := Frequent([][]int32{nil, {7}}, math.NaN()); !slices.Equal(got, []Candidate{{7, .95}}) {
		t.Errorf("with the usual decay %v", got)
	}
}
