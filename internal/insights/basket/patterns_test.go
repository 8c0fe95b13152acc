package basket_test

import (
	"testing"

	"github.com/akrab-crm/akrab/internal/insights/basket"
)

// The example of Zaki (SPADE, Machine Learning 42, 2001): products A … H,
// with the counts of arulesSequences, which comes with it.
func zaki(t *testing.T) *basket.Histories {
	t.Helper()
	b := basket.NewHistoryBuilder(8)
	for _, customer := range [][]struct {
		day      int32
		products string
	}{
		{{10, "CD"}, {15, "ABC"}, {20, "ABF"}, {25, "ACDF"}},
		{{15, "ABF"}, {20, "E"}},
		{{10, "ABF"}},
		{{10, "DGH"}, {20, "BF"}, {25, "AGH"}},
	} {
		var all []basket.Purchase
		for _, e := range customer {
			for _, p := range e.products {
				all = append(all, basket.Purchase{Product: p - 'A', Day: e.day})
			}
		}
		if err := b.Add(all); err != nil {
			t.Fatal(err)
		}
	}
	return b.Histories()
}

func TestPatterns(t *testing.T) {
	h := zaki(t)
	for _, tt := range []struct {
		support            float64
		gap, want, onwards int // onwards: rules of confidence .5
	}{
		{.4, 0, 18, -1},
		{.25, 0, 3917, -1},
		{.4, 5, 11, -1},
		{.33, 0, 18, 10},
	} {
		o := basket.PatternOptions{MinCount: basket.MinCount(tt.support, h.Len()), MaxGap: tt.gap, MaxItems: 32}
		got, err := h.Patterns(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != tt.want {
			t.Errorf("support %g gap %d: %d patterns, want %d", tt.support, tt.gap, len(got), tt.want)
		}
		n := 0
		for _, p := range got {
			if len(p.Events) > 1 && p.Confidence() >= .5 {
				n++
			}
		}
		if tt.onwards >= 0 && n != tt.onwards {
			t.Errorf("support %g: %d rules, want %d: %v", tt.support, n, tt.onwards, got)
		}
	}
}
