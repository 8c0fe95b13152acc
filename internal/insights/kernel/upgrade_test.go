package kernel

import (
	"math"
	"testing"
)

func TestUpgradable(t *testing.T) {
	a := Product{Family: 1, Tier: 1, Price: 100}
	for _, tt := range []struct {
		b    Product
		want bool
	}{
		{Product{Family: 1, Tier: 2, Price: 150}, true},
		{Product{Family: 1, Tier: 3, Price: 200}, true},
		{Product{Family: 1, Price: 110}, true}, // tier unknown
		{Product{Family: 1, Tier: 4, Price: 150}, false},
		{Product{Family: 1, Tier: 1, Price: 150}, false},
		{Product{Family: 1, Tier: 2, Price: 109}, false},
		{Product{Family: 1, Tier: 2, Price: 201}, false},
		{Product{Family: 1, Tier: 2}, false},
		{Product{Family: 2, Tier: 2, Price: 150}, false},
	} {
		if got := upgradable(a, tt.b); got != tt.want {
			t.Errorf("%+v is an upgrade: %v", tt.b, got)
		}
	}
	if none := (Product{Family: -1, Price: 100}); upgradable(none, Product{Family: -1, Price: 150}) {
		t.Error("no family is a family")
	}
}

func TestUpgrades(t *testing.T) {
	l := NewLadder([]Product{{0, 1, 100}, {0, 2, 150}, {0, 3, 190}, {1, 1, 150}})
	add := func(n int, items ...Purchase) {
		for range n {
			if err := l.Add(items); err != nil {
				t.Fatal(err)
			}
		}
	}
	one := func(item, day int32) Purchase { return Purchase{Item: item, First: day, Last: day, Times: 1} }
	add(30, one(0, 1), one(1, 9), one(1, 12)) // go on, and come again
	add(40, one(0, 1))
	add(5, one(0, 9), one(1, 1))  // the other way
	add(9, one(1, 1), one(2, 20)) // too few
	add(4, one(1, 3))
	add(100, one(3, 3))
	want := []Upgrade{{From: 0, To: 1, Buyers: 75, Went: 30, Usual: 13. / 113, Dearer: 1.5}}
	got := l.Upgrades()
	if len(got) != 1 {
		t.Fatalf("%+v", got)
	}
	// Wilson's bound is the rate at which 30 of 75 are 1.96 standard errors too many.
	low := got[0].Low
	if z := (.4 - low) / math.Sqrt(low*(1-low)/75); math.Abs(z-1.959964) > 1e-6 || got[0].Rate() != .4 {
		t.Errorf("at least %.6f, %g standard errors off, rate %g", low, z, got[0].Rate())
	}
	got[0].Low = 0
	if got[0] != want[0] {
		t.Errorf("%+v, want %+v", got[0], want[0])
	}
	if l.Add([]Purchase{{Item: 4}}) == nil {
		t.Error("an unknown item was added")
	}
	if wilsonLow(0, 0) != 0 || wilsonLow(0, 5) != 0 {
		t.Error("a bound of nothing")
	}
}
