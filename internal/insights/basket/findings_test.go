package basket

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// What a set's baskets hold beside it is counted in the tree as in the
// baskets.
func TestOthers(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		all := rapid.SliceOfN(rapid.SliceOfNDistinct(rapid.Int32Range(0, 6), 0, 7, rapid.ID[int32]), 0, 30).Draw(rt, "baskets")
		b := NewBuilder(7)
		for _, one := range all {
			if err := b.Add(one); err != nil {
				rt.Fatal(err)
			}
		}
		o := SetOptions{MinCount: rapid.IntRange(1, 5).Draw(rt, "min"), MaxItems: 5, others: true}
		sets, err := b.Baskets().Itemsets(t.Context(), o)
		if err != nil {
			rt.Fatal(err)
		}
		for i := range sets.Len() {
			set, _ := sets.Set(i)
			want := 0
			for _, one := range all {
				if !slices.ContainsFunc(set, func(p int32) bool { return !slices.Contains(one, p) }) {
					want += len(one) - len(set)
				}
			}
			// Nothing follows the longest sets, for which it is not counted.
			if got := sets.nodes[i].others; len(set) < o.MaxItems && got != uint64(want) {
				rt.Errorf("beside %v: %d, want %d", set, got, want)
			}
		}
	})
}

// A product that goes with two others only when both are there is found; one
// that goes with one of them, whatever the other, is not.
func TestFindings(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	b := NewBuilder(30)
	for range 3000 {
		one := []int32{5 + r.Int32N(25), 5 + r.Int32N(25), 5 + r.Int32N(25)}
		x, y := r.Float64() < .3, r.Float64() < .3
		if x {
			one = append(one, 0)
		}
		if y {
			one = append(one, 1)
		}
		if x && y && r.Float64() < .7 {
			one = append(one, 2)
		}
		if x && r.Float64() < .7 {
			one = append(one, 3)
		}
		if err := b.Add(one); err != nil {
			t.Fatal(err)
		}
	}
	found, err := b.Baskets().Findings(t.Context(), FindingOptions{})
	if err != nil {
		t.Fatal(err)
	}
	best := -1
	for i, f := range found {
		if f.Then == 2 && slices.Equal(f.If, []int32{0, 1}) {
			best = i
		}
		if f.Then == 3 || slices.ContainsFunc(f.If, func(p int32) bool { return p > 3 }) {
			t.Errorf("found %+v", f)
		}
	}
	if best < 0 || found[best].Lift() < 1.5 {
		t.Errorf("found %+v", found)
	}
}
