package basket

import (
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
