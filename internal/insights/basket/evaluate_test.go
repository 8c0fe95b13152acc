package basket_test

import (
	"compress/gzip"
	"encoding/csv"
	"io"
	"math"
	"slices"
	"testing"

	"github.com/akrab-crm/akrab/internal/insights/basket"
)

func near(got, want, relative float64) bool { return math.Abs(got-want) <= relative*math.Abs(want) }

func retail(t testing.TB) io.Reader {
	t.Helper()
	z, err := gzip.NewReader(shared(t, "online-retail/online_retail.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// The counts are those of arules 1.7 (expected_counts.json beside the data,
// docs of arules for .01 and .002).
func TestGroceries(t *testing.T) {
	got, err := basket.EvaluateGroceries(t.Context(), shared(t, "groceries/groceries.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if got.Baskets != 9835 || got.Pairs.Products != 169 {
		t.Errorf("%d baskets of %d products", got.Baskets, got.Pairs.Products)
	}
	want := []basket.RuleCount{
		{Support: .001, Confidence: .5, MinCount: 10, Itemsets: 13492, Rules: 5668},
		{Support: .001, Confidence: .6, MinCount: 10, Itemsets: 13492, Rules: 2918},
		{Support: .001, Confidence: .8, MinCount: 10, Itemsets: 13492, Rules: 410},
		{Support: .001, Confidence: .9, MinCount: 10, Itemsets: 13492, Rules: 129},
		{Support: .002, Confidence: .5, MinCount: 20, Itemsets: 4223, Rules: 1098},
		{Support: .005, Confidence: .3, MinCount: 50, Itemsets: 1001, Rules: 482},
		{Support: .005, Confidence: .5, MinCount: 50, Itemsets: 1001, Rules: 120},
		{Support: .006, Confidence: .25, MinCount: 60, Itemsets: 747, Rules: 463},
		{Support: .01, Confidence: .25, MinCount: 99, Itemsets: 333, Rules: 170},
		{Support: .01, Confidence: .5, MinCount: 99, Itemsets: 333, Rules: 15},
	}
	if !slices.Equal(got.Counts, want) {
		t.Errorf("counts %+v, want %+v", got.Counts, want)
	}
	top := got.Top
	if !slices.Equal(top.If, []string{"Instant food products", "soda"}) || top.Then != "hamburger meat" || top.Counts.XY != 12 {
		t.Errorf("top rule %v ⇒ %s in %d", top.If, top.Then, top.Counts.XY)
	}
	m := top.Measures
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"confidence", m.Confidence, .6315789}, {"lift", m.Lift, 18.99565},
		{"fisher", m.Fisher, 6.116e-14}, {"chi squared", m.ChiSquared, 212.0251},
		{"kulczynski", m.Kulczynski, .3341381},
	} {
		if !near(c.got, c.want, 1e-4) {
			t.Errorf("top rule %s %g, want %g", c.name, c.got, c.want)
		}
	}
	if got.Pairs.Published != 82 || slices.Max(got.Pairs.Shuffled) > 0 {
		t.Errorf("pairs %+v, want 82 published, none of the shuffled", got.Pairs)
	}
}

func TestRetailPairs(t *testing.T) {
	got, err := basket.EvaluateRetailPairs(t.Context(), retail(t))
	if err != nil {
		t.Fatal(err)
	}
	if got.Published != 22959 || got.Findings != 44 || slices.Max(got.Shuffled) > 0 {
		t.Errorf("pairs %+v, want 22,959 published and 44 findings, none of the shuffled", got)
	}
}

func TestRetailSequels(t *testing.T) {
	for onlyNew, want := range map[bool]int{false: 3695, true: 1130} {
		got, err := basket.EvaluateRetailSequels(t.Context(), retail(t), onlyNew)
		if err != nil {
			t.Fatal(err)
		}
		if got.Published != want || slices.Max(got.Shuffled) > 0 {
			t.Errorf("only new %v: %+v, want %d published, none of the shuffled", onlyNew, got, want)
		}
	}
}

func BenchmarkGroceries(b *testing.B) {
	all := baskets(b, 169, groceries(b))
	for b.Loop() {
		sets, err := all.Itemsets(b.Context(), basket.SetOptions{MinCount: 10})
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for range sets.Rules(basket.RuleOptions{MinConfidence: .5}) {
			n++
		}
		if n != 5668 {
			b.Fatalf("%d rules", n)
		}
	}
}

// groceries reads the baskets of Groceries, which come one after another.
func groceries(t testing.TB) [][]int32 {
	t.Helper()
	rows, err := csv.NewReader(shared(t, "groceries/groceries.csv")).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	products := map[string]int32{}
	var all [][]int32
	for i, row := range rows[1:] {
		if row[0] != rows[i][0] {
			all = append(all, nil)
		}
		p, ok := products[row[1]]
		if !ok {
			p = int32(len(products))
			products[row[1]] = p
		}
		all[len(all)-1] = append(all[len(all)-1], p)
	}
	return all
}
