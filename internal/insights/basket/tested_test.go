package basket

import (
	"math"
	"testing"
)

// The rules of Baskets are those of Sets, and pairs expect what Pairs expects.
func TestTestedRules(t *testing.T) {
	var lists [][]int32
	build := NewBuilder(5)
	for _, text := range []string{"abc", "ab", "abd", "be", "ac", "ce", "abde"} {
		var list []int32
		for _, r := range text {
			list = append(list, r-'a')
		}
		lists = append(lists, list)
		if err := build.Add(list); err != nil {
			t.Fatal(err)
		}
	}
	b := build.Baskets()
	found, n, err := b.Rules(t.Context(), SetOptions{MinCount: 2}, RuleOptions{EmptyIf: true})
	if err != nil {
		t.Fatal(err)
	}
	sets, err := b.Itemsets(t.Context(), SetOptions{MinCount: 2})
	if err != nil || sets.Len() != n {
		t.Fatalf("%d sets, %v", n, err)
	}
	var places, others float64
	for _, list := range lists {
		s := float64(len(list))
		places += s
		others += s * (s - 1)
	}
	rules := 0
	for r := range found {
		rules++
		want := float64(r.Y)
		switch len(r.If) {
		case 1:
			want = float64(r.X) * float64(r.Y) * others / places / places
		case 2, 3:
			room := 0.
			for _, list := range lists {
				if holds(list, r.If) {
					room += float64(len(list) - len(r.If))
				}
			}
			want = float64(r.Y) * room / places
		}
		if math.Abs(r.Expected-want) > 1e-9 || !(r.P >= 0 && r.P <= 1) || math.Abs(r.AdjustedLift()-float64(r.XY)/want) > 1e-9 {
			t.Errorf("%v ⇒ %d: expected %g (p %g), want %g", r.If, r.Then, r.Expected, r.P, want)
		}
	}
	if rules != 18 {
		t.Errorf("%d rules, want 18", rules)
	}
}

func holds(basket, products []int32) bool {
	for _, p := range products {
		found := false
		for _, q := range basket {
			found = found || p == q
		}
		if !found {
			return false
		}
	}
	return true
}
