package basket_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/akrab-crm/akrab/internal/insights/basket"
)

func baskets(t testing.TB, products int, all [][]int32) *basket.Baskets {
	t.Helper()
	b := basket.NewBuilder(products)
	for _, products := range all {
		if err := b.Add(products); err != nil {
			t.Fatal(err)
		}
	}
	return b.Baskets()
}

func letters(all ...string) [][]int32 {
	var b [][]int32
	for _, s := range all {
		var products []int32
		for _, r := range s {
			products = append(products, r-'a')
		}
		b = append(b, products)
	}
	return b
}

// The toy of arules' tests.
func TestToy(t *testing.T) {
	b := baskets(t, 5, letters("abc", "ab", "abd", "be", "ac", "ce", "abde"))
	all, err := b.Itemsets(t.Context(), basket.SetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if all.Len() != 20 {
		t.Errorf("%d itemsets, want 20", all.Len())
	}
	sets, err := b.Itemsets(t.Context(), basket.SetOptions{MinCount: basket.MinCount(.25, b.Len())})
	if err != nil {
		t.Fatal(err)
	}
	var rules, empty int
	for r := range sets.Rules(basket.RuleOptions{EmptyIf: true}) {
		rules++
		if len(r.If) == 0 {
			empty++
		}
	}
	if rules != 18 || empty != 5 {
		t.Errorf("%d rules, %d of nothing; want 18, 5", rules, empty)
	}
}

func drawBaskets(t *rapid.T, products int) [][]int32 {
	return rapid.SliceOfN(rapid.SliceOfN(rapid.Int32Range(0, int32(products)-1), 0, 9), 0, 30).Draw(t, "baskets")
}

// count returns how many of all hold all of products.
func count(all [][]int32, products ...int32) int {
	n := 0
	for _, b := range all {
		if !slices.ContainsFunc(products, func(p int32) bool { return !slices.Contains(b, p) }) {
			n++
		}
	}
	return n
}

// Every set of products that is frequent is found, once, with its count, and
// so is every rule.
func TestSetsAndRulesAreComplete(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		const products = 7
		all := drawBaskets(rt, products)
		o := basket.SetOptions{MinCount: rapid.IntRange(1, 4).Draw(rt, "min"), MaxItems: rapid.IntRange(1, products).Draw(rt, "max")}
		b := baskets(t, products, all)
		sets, err := b.Itemsets(t.Context(), o)
		if err != nil {
			rt.Fatal(err)
		}
		want, rules := map[string]int{}, map[string]basket.Table{}
		for mask := 1; mask < 1<<products; mask++ {
			var set []int32
			for p := range int32(products) {
				if mask>>p&1 == 1 {
					set = append(set, p)
				}
			}
			n := count(all, set...)
			if n < o.MinCount || len(set) > o.MaxItems {
				continue
			}
			want[fmt.Sprint(set)] = n
			for i, then := range set {
				rest := slices.Delete(slices.Clone(set), i, i+1)
				if x := count(all, rest...); float64(n) >= .6*float64(x) {
					rules[fmt.Sprint(rest, then)] = basket.Table{N: len(all), X: x, Y: count(all, then), XY: n}
				}
			}
		}
		got, gotRules := map[string]int{}, map[string]basket.Table{}
		for i := range sets.Len() {
			set, n := sets.Set(i)
			got[fmt.Sprint(set)] += n
		}
		for r := range sets.Rules(basket.RuleOptions{MinConfidence: .6, EmptyIf: true}) {
			gotRules[fmt.Sprint(r.If, r.Then)] = r.Table
		}
		if d := cmp.Diff(want, got); d != "" {
			rt.Errorf("sets (-want +got):\n%s", d)
		}
		if d := cmp.Diff(rules, gotRules); d != "" {
			rt.Errorf("rules (-want +got):\n%s", d)
		}
	})
}

// A pair has the counts of its baskets and the expectation of baskets that
// keep their sizes; those far from chance are published.
func TestPairs(t *testing.T) {
	var all [][]int32
	for i := range int32(300) {
		all = append(all, []int32{2 + i%17, 2 + i*7%17})
		if i%6 == 0 {
			all = append(all, []int32{0, 1, 2 + i%5})
		}
	}
	found, err := baskets(t, 30, all).Pairs(t.Context(), basket.PairOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Pairs) == 0 || found.Hypotheses != 19*18/2 || found.Baskets != len(all) {
		t.Fatalf("found %+v", found)
	}
	best := found.Pairs[0]
	if best.A != 0 || best.B != 1 || best.Count != 50 || best.CountA != 50 {
		t.Errorf("best %+v, want 0 and 1 in 50 baskets", best)
	}
	var s1, s2 float64
	for _, b := range all {
		slices.Sort(b)
		n := float64(len(slices.Compact(b)))
		s1 += n
		s2 += n * (n - 1)
	}
	if want := 50 * 50 * s2 / s1 / s1; !near(best.Expected, want, 1e-12) {
		t.Errorf("expected %g, want %g", best.Expected, want)
	}
	if lo, hi := best.LiftInterval(); !(1 < lo && lo < best.Lift() && best.Lift() < hi) {
		t.Errorf("lift %g in %g … %g", best.Lift(), lo, hi)
	}
	// What brings nothing is no companion, what brings more comes first.
	lists := found.Companions(30, 5, func(p int32) float64 { return float64(p) })
	if slices.ContainsFunc(lists[1], func(c basket.Companion) bool { return c.Product == 0 }) {
		t.Errorf("companions of 1: %v", lists[1])
	}
	if len(lists[0]) == 0 || lists[0][0].Product != 1 {
		t.Errorf("companions of 0: %v", lists[0])
	}
	if other, table := best.From(1, found.Baskets); other != 0 || table.Confidence() != 1 {
		t.Errorf("from 1: %d with %+v", other, table)
	}
}

// Customers are counted once, on days after the first purchase only.
func TestSequels(t *testing.T) {
	b := basket.NewHistoryBuilder(40)
	for c := range int32(60) {
		var all []basket.Purchase
		for k := range int32(20) {
			all = append(all, basket.Purchase{Product: 2 + (c*13+k*7)%38, Day: k * 20})
		}
		if c%2 == 0 { // a filter three weeks after the machine, twice
			all = append(all, basket.Purchase{Product: 0, Day: 100}, basket.Purchase{Product: 1, Day: 121 + c%3},
				basket.Purchase{Product: 1, Day: 160}, basket.Purchase{Product: 0, Day: 170})
		}
		if err := b.Add(all); err != nil {
			t.Fatal(err)
		}
	}
	h := b.Histories()
	found, err := h.Sequels(t.Context(), basket.SequelOptions{OnlyNew: true})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(found.Sequels, func(s basket.Sequel) bool { return s.X == 0 })
	if i < 0 {
		t.Fatalf("found %+v", found)
	}
	got := found.Sequels[i]
	if got.Y != 1 || got.Count != 30 || got.CustomersX != 30 || got.CustomersY != 30 || got.Delay != 22 || got.Share() != 1 {
		t.Errorf("got %+v, want 1 after 0 with 30 of 30 customers, after 22 days", got)
	}
	short, err := h.Sequels(t.Context(), basket.SequelOptions{Days: 20})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range short.Sequels {
		if s.X == 0 && s.Y == 1 {
			t.Errorf("within 20 days: %+v", s)
		}
	}
}

// The median of an even count lies between the middle two.
func TestSequelDelay(t *testing.T) {
	b := basket.NewHistoryBuilder(100)
	for c := range int32(20) {
		all := []basket.Purchase{{Product: 0, Day: 5}, {Product: 1, Day: 15 + c%2*5}}
		for k := range int32(3) {
			all = append(all, basket.Purchase{Product: 2 + c*3 + k, Day: 0})
		}
		if err := b.Add(all); err != nil {
			t.Fatal(err)
		}
	}
	found, err := b.Histories().Sequels(t.Context(), basket.SequelOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Sequels) != 1 || found.Sequels[0].Delay != 12.5 {
		t.Errorf("found %+v, want a delay of 12.5 days", found.Sequels)
	}
}

func TestTheSameOnAnyCores(t *testing.T) {
	all := make([][]int32, 4000)
	histories := basket.NewHistoryBuilder(60)
	x := uint32(1)
	next := func(n uint32) int32 {
		x = x*1664525 + 1013904223
		return int32(x >> 8 % n)
	}
	for i := range all {
		var one []basket.Purchase
		for range 2 + next(6) {
			p := min(next(60), next(60))
			all[i] = append(all[i], p)
			one = append(one, basket.Purchase{Product: p, Day: next(200)})
		}
		if err := histories.Add(one); err != nil {
			t.Fatal(err)
		}
	}
	b, h := baskets(t, 60, all), histories.Histories()
	type result struct {
		Sets     [][]int32
		Pairs    *basket.Pairs
		Sequels  *basket.Sequels
		Patterns []basket.Pattern
		Findings []basket.Finding
	}
	run := func(cores int) (r result) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
		sets, err := b.Itemsets(t.Context(), basket.SetOptions{MinCount: 5})
		for i := range sets.Len() {
			s, n := sets.Set(i)
			r.Sets = append(r.Sets, append(s, int32(n)))
		}
		var errs [4]error
		r.Pairs, errs[0] = b.Pairs(t.Context(), basket.PairOptions{FDR: .5})
		r.Sequels, errs[1] = h.Sequels(t.Context(), basket.SequelOptions{FDR: .5})
		r.Patterns, errs[2] = h.Patterns(t.Context(), basket.PatternOptions{MinCount: 20})
		r.Findings, errs[3] = b.Findings(t.Context(), basket.FindingOptions{FDR: .5})
		if err := errors.Join(append(errs[:], err)...); err != nil {
			t.Fatal(err)
		}
		return r
	}
	one := run(1)
	if len(one.Sets) == 0 || len(one.Patterns) == 0 {
		t.Fatal("nothing found")
	}
	for _, cores := range []int{2, 8} {
		if d := cmp.Diff(one, run(cores)); d != "" {
			t.Errorf("%d cores:\n%s", cores, d)
		}
	}
}

func TestLimits(t *testing.T) {
	b := basket.NewBuilder(3)
	for _, bad := range [][]int32{{3}, {-1}, {0, math.MaxInt32}} {
		if b.Add(bad) == nil {
			t.Errorf("Add(%v) succeeds", bad)
		}
	}
	if n := b.Baskets().Len(); n != 0 {
		t.Errorf("%d baskets after refusals", n)
	}
	many := baskets(t, 20, [][]int32{{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19}})
	if _, err := many.Itemsets(t.Context(), basket.SetOptions{MaxSets: 100_000}); !errors.Is(err, basket.ErrTooMany) {
		t.Errorf("616,665 sets: %v", err)
	}
	if _, err := many.Pairs(t.Context(), basket.PairOptions{MinCount: 1, MaxPairs: 100}); !errors.Is(err, basket.ErrTooMany) {
		t.Errorf("190 pairs: %v", err)
	}
	if _, err := zaki(t).Patterns(t.Context(), basket.PatternOptions{MinCount: 1, MaxPatterns: 1000}); !errors.Is(err, basket.ErrTooMany) {
		t.Errorf("more than 1,000 patterns: %v", err)
	}
	if _, err := zaki(t).Sequels(t.Context(), basket.SequelOptions{MinCount: 1, MaxPairs: 3}); !errors.Is(err, basket.ErrTooMany) {
		t.Errorf("more than 3 sequels: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := many.Itemsets(ctx, basket.SetOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// Nothing in gives nothing out, no error and no NaN.
func TestNothing(t *testing.T) {
	for _, b := range []*basket.Baskets{baskets(t, 0, nil), baskets(t, 3, [][]int32{{}, {1}, {}})} {
		found, err := b.Pairs(t.Context(), basket.PairOptions{})
		if err != nil || len(found.Pairs) > 0 || found.Cutoff != -1 {
			t.Errorf("pairs %+v, %v", found, err)
		}
		sets, err := b.Itemsets(t.Context(), basket.SetOptions{})
		if err != nil || sets.Len() > 1 {
			t.Errorf("%d sets, %v", sets.Len(), err)
		}
	}
	h := basket.NewHistoryBuilder(0).Histories()
	if s, err := h.Sequels(t.Context(), basket.SequelOptions{}); err != nil || len(s.Sequels) > 0 {
		t.Errorf("sequels %+v, %v", s, err)
	}
	if p, err := h.Patterns(t.Context(), basket.PatternOptions{}); err != nil || len(p) > 0 {
		t.Errorf("patterns %+v, %v", p, err)
	}
}

func TestMinCount(t *testing.T) {
	for _, tt := range []struct {
		share float64
		n     int
		want  int
	}{
		{.001, 9835, 10}, {.002, 9835, 20}, {.01, 9835, 99}, {.1, 30, 3}, {.3, 10, 3},
		{0, 10, 1}, {-1, 10, 1}, {2, 10, 10}, {math.NaN(), 10, 1}, {.5, 0, 1}, {.25, 4, 1},
	} {
		if got := basket.MinCount(tt.share, tt.n); got != tt.want {
			t.Errorf("MinCount(%g, %d) = %d, want %d", tt.share, tt.n, got, tt.want)
		}
	}
}

func TestBest(t *testing.T) {
	sets, err := baskets(t, 5, letters("abc", "ab", "abd", "be", "ac", "ce", "abde")).Itemsets(t.Context(), basket.SetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	all := slices.Collect(sets.Rules(basket.RuleOptions{}))
	lift := func(r basket.Rule) float64 { return r.Lift() }
	whole := basket.Best(slices.Values(all), len(all), lift)
	for i := range whole[1:] {
		if whole[i].Lift() < whole[i+1].Lift() {
			t.Errorf("best of all %v", whole)
		}
	}
	for n := 1; n < len(all)+2; n++ {
		if d := cmp.Diff(whole[:min(n, len(all))], basket.Best(slices.Values(all), n, lift)); d != "" {
			t.Errorf("best %d:\n%s", n, d)
		}
	}
}
