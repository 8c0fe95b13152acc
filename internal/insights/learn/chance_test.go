package learn

import (
	"math/rand/v2"
	"testing"

	"github.com/akrab-crm/akrab/internal/insights/mart"
)

// dealt is a shop whose customers buy products by chance, some of them much
// more than others. Of those who have product 0 most buy product 1 later,
// which is the better one, if linked is set.
func dealt(linked bool) *mart.Mart {
	r := rand.New(rand.NewPCG(5, 5))
	const customers, products = 3000, 60
	today := day(2026, 6, 30)
	b := &mart.Builder{Today: today, Currency: "IDR", Families: families(6)}
	for i := range products {
		b.Products = append(b.Products, mart.Product{ID: id(i), Family: int32(i / 10), Price: int64(1000 + 150*(i%10))})
	}
	b.CurrencyNumber("IDR")
	for c := range int32(customers) {
		b.Customers = append(b.Customers, id(int(c)))
		had := map[int32]bool{}
		for d := today - 500; d < today-30; d += int32(1 + r.ExpFloat64()*float64(20+c%4*c%4*90)) {
			o := b.Order(c, mart.Order{At: int64(d) * 86400_000, Day: d, Amount: 2000})
			for range 2 {
				p := r.Int32N(products)
				if linked && had[0] && !had[1] && r.Float64() < .5 {
					p = 1
				}
				had[p] = true
				b.Line(o, p, 1, 1000)
			}
		}
	}
	return b.Mart()
}

// Who buys much has everything more often. That is no link between products:
// nothing is told of it, in reasons or as a step to something better; what is
// more is told.
func TestChanceOfBuyingMuch(t *testing.T) {
	for _, linked := range []bool{false, true} {
		l, err := LearnLinks(t.Context(), dealt(linked), Options{Run: 1})
		if err != nil {
			t.Fatal(err)
		}
		naive, told, found := 0, 0, false
		for i := range int32(l.New.Items()) {
			for _, e := range l.New.Edges(i) {
				a, b := int64(l.New.Buyers(i)), int64(l.New.Buyers(e.Item))
				if float64(e.Common)/float64(a) > 1.1*float64(b)/float64(l.Buyers) {
					naive++
				}
				if l.Chance.Beyond(int64(e.Common), a, b) {
					told++
					found = found || i == 0 && e.Item == 1
				}
			}
		}
		step := false
		for _, u := range l.Upgrades {
			step = step || u.From == 0 && u.To == 1
		}
		t.Logf("%d links look like one, %d are told; %d steps", naive, told, len(l.Upgrades))
		if naive < 1000 {
			t.Errorf("%d links look like one: the test tries too little", naive)
		}
		if !linked && told+len(l.Upgrades) > 0 {
			t.Errorf("of products dealt by chance %d links and %d steps are told", told, len(l.Upgrades))
		}
		if linked && (!found || !step || told > 10 || len(l.Upgrades) > 4) {
			t.Errorf("the link is told: %t, the step: %t; with others %d and %d", found, step, told, len(l.Upgrades))
		}
	}
}
