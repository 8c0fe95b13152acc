package basket

import (
	"math"
	"slices"
	"strings"
	"testing"
)

const retailHeading = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"

func TestReadRetail(t *testing.T) {
	lines, products, err := readRetail(strings.NewReader(retailHeading +
		"536365,85123A,HOLDER,6,2010-12-01 08:26:00,2.55,17850,United Kingdom\n" +
		"C36365,85123A,cancelled,6,2010-12-01 08:26:00,2.55,17850,United Kingdom\n" +
		"536366,POST,postage,1,2010-12-01 08:26:00,18,17850,United Kingdom\n" +
		"536367,71053,returned,-1,2010-12-01 08:26:00,3,17850,United Kingdom\n" +
		"536368,71053,free,1,2010-12-01 08:26:00,0,17850,United Kingdom\n" +
		"536369,71053,nobody,1,2010-12-01 08:26:00,3,,United Kingdom\n" +
		"536370,71053,LANTERN,1,2010-12-03 08:26:00,3,17851,United Kingdom\n"))
	want := []retailLine{{saleLine{0, 0}, 0, 14944}, {saleLine{1, 1}, 1, 14946}}
	if err != nil || products != 2 || !slices.Equal(lines, want) {
		t.Errorf("%v of %d products, %v; want %v", lines, products, err, want)
	}
}

func FuzzReadGroceries(f *testing.F) {
	f.Add("transaction_id,item\n1,citrus fruit\n1,ready soups\n2,\"tropical, fruit\"\n")
	f.Add("item,transaction_id\nwhole milk,7\n")
	f.Add("transaction_id\n1\n")
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		lines, names, err := readGroceries(strings.NewReader(s))
		if err != nil {
			return
		}
		b, err := basketsOf(lines, len(names))
		if err != nil || b.Lines() > len(lines) {
			t.Errorf("%d lines in baskets of %d, %v", b.Lines(), len(lines), err)
		}
	})
}

func FuzzReadRetail(f *testing.F) {
	f.Add(retailHeading + "536365,85123A,HOLDER,6,2010-12-01 08:26:00,2.55,17850,United Kingdom\n")
	f.Add(retailHeading + "536365,85123A,HOLDER,NaN,2010-12-01,Inf,17850,\n")
	f.Add(retailHeading + "536365,85123A,HOLDER,1,9999-99-99,1,17850,\n")
	f.Add("InvoiceNo\n")
	f.Fuzz(func(t *testing.T, s string) {
		lines, products, err := readRetail(strings.NewReader(s))
		for _, l := range lines {
			if l.product < 0 || int(l.product) >= products || l.basket < 0 || l.customer < 0 {
				t.Errorf("line %+v of %d products, %v", l, products, err)
			}
		}
	})
}

// The tail against the sum of the chances of fewer, where that is exact
// enough, and against its size far out.
func TestPoissonTail(t *testing.T) {
	for _, mean := range []float64{.01, .5, 1, 3.7, 20, 150} {
		sum, term := 0., math.Exp(-mean)
		for n := range 300 {
			if got, want := poissonTail(n, mean), 1-sum; math.Abs(got-want) > 1e-12 {
				t.Errorf("poissonTail(%d, %g) = %g, want %g", n, mean, got, want)
			}
			sum += term
			term *= mean / float64(n+1)
		}
	}
	// Far out the first term is nearly all: mean^n e^−mean/n! · (1 + mean/(n+1) + …).
	l, _ := math.Lgamma(501)
	want := math.Exp(500*math.Log(100)-100-l) * 1.249
	if got := poissonTail(500, 100); math.Abs(got/want-1) > .002 {
		t.Errorf("poissonTail(500, 100) = %g, want %g", got, want)
	}
	for _, mean := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		if got := poissonTail(3, mean); got != 1 {
			t.Errorf("poissonTail(3, %g) = %g", mean, got)
		}
	}
	for _, n := range []int{10, 1000, 1_000_000} {
		for _, lift := range []float64{.9, 1, 1.001, 1.1, 2, 1e6} {
			if p := poissonTail(n, float64(n)/lift); math.IsNaN(p) || p < 0 || p > 1 {
				t.Errorf("poissonTail(%d, ·/%g) = %g", n, lift, p)
			}
		}
	}
}

// The example of Benjamini & Hochberg (1995): 15 P-values, four are
// significant at 5 %.
func TestCutoff(t *testing.T) {
	p := []float64{.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .324, .4262, .5719, .6528, .759, 1}
	if got := cutoff(p, 15, .05); got != .0095 {
		t.Errorf("cutoff %g, want .0095", got)
	}
	if got := cutoff([]float64{.5}, 15, .05); got != -1 {
		t.Errorf("cutoff %g, want none", got)
	}
}
