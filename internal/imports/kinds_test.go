package imports

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/sheet"
	"github.com/akrab-crm/akrab/internal/workspace"
)

func FuzzOrderRow(f *testing.F) {
	f.Add("536365,85123A,HEART,6,2010-12-01 08:26:00,2.55,17850,United Kingdom,10%,0.5,batal,toko")
	f.Add("C1,,x,-1,12/1/2010 8:26,\"1.250,50\",,,,,,")
	f.Add(",,,,,,,,,,,")
	f.Add("1,\x00,\xff,1e5,0000-00-00,99999999999999999999,-,-,101%,x,x,\U0001F600")
	header := []string{"number", "code", "name", "quantity", "date", "price", "email", "country", "discount", "tax", "status", "channel"}
	j := Job{Kind: Orders, Header: header, Settings: Settings{Map: Mapping{}}}
	for _, h := range header {
		j.Map[h] = h
	}
	orderNoun{}.defaults(&j.Settings, Orders.targets(j.Map, header))
	f.Fuzz(func(t *testing.T, cells string) {
		p := orderNoun{}.program(&j, header, &env{set: workspace.Default()})
		read := p.reader()
		row := sheet.Row{N: 1, Cells: strings.Split(cells, ",")}
		first := *read.read(&row)
		again := *read.read(&row) // now head and buyer are shared
		if first.refused != again.refused || len(first.problems) != len(again.problems) {
			t.Errorf("%q: read twice it is %+v, then %+v", cells, first, again)
		}
		if first.refused && len(first.problems) == 0 {
			t.Errorf("%q is refused without a reason", cells)
		}
		if w, n := read.take(true); n != 2 || len(w.(*orderWork).rows) != 2 {
			t.Errorf("%q: %d rows taken", cells, n)
		}
	})
}

func FuzzProductRow(f *testing.F) {
	f.Add("PA-125,Pompa,Rp 650.000,500000,11%,IDR,ya,125 W")
	f.Add("PA-125,Pompa,,,,,,,stok kosong")
	f.Add(",,,,,,,")
	f.Add("a,\x00,-1,x,200,ZZZ,mungkin,\xff")
	header := []string{"code", "name", "price", "cost", "tax", "currency", "archived", "fact:Daya", "offering"}
	j := Job{Kind: Products, Header: header, Settings: Settings{Map: Mapping{}}}
	for _, h := range header {
		j.Map[h] = h
	}
	f.Fuzz(func(t *testing.T, cells string) {
		p := productNoun{}.program(&j, header, &env{set: workspace.Default()}).(*productProgram)
		d := p.draft(&sheet.Row{N: 1, Cells: strings.Split(cells, ",")}, nil)
		if d.refused && len(d.problems) == 0 {
			t.Errorf("%q is refused without a reason", cells)
		}
		if d.refused || d.empty {
			return
		}
		before := d.p
		if err := d.p.Normalize("IDR"); err != nil {
			t.Errorf("%q: accepted, but %v", cells, err)
		}
		if next := d.over(&before); !sameProduct(&before, &next) {
			t.Errorf("%q: put over itself it becomes %+v from %+v", cells, next, before)
		}
	})
}

func FuzzMillionths(f *testing.F) {
	for _, s := range []string{"6", "-1", "2.55", "0.001", "1.234.567", "1,5", "-", "", ".5", "5.", "1.1234567", "999999999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, sep := range []rune{'.', ','} {
			n, ok := plainMillionths(s, sep)
			if !ok {
				continue
			}
			p, err := money.ParsePrice(s, sep, "")
			if err != nil || int64(p) != n {
				t.Errorf("plainMillionths(%q, %c) = %d, ParsePrice gives %d, %v", s, sep, n, p, err)
			}
		}
	})
}

func FuzzScale(f *testing.F) {
	f.Add(int64(5), int64(1), int64(2))
	f.Add(int64(-5), int64(1), int64(2))
	f.Add(int64(5), int64(3), int64(-2))
	f.Fuzz(func(t *testing.T, n, by, of int64) {
		if of == 0 {
			t.Skip()
		}
		want := new(big.Rat).SetFrac(new(big.Int).Mul(big.NewInt(n), big.NewInt(by)), big.NewInt(of))
		got := new(big.Rat).SetInt64(scale(n, by, of))
		diff := new(big.Rat).Sub(want, got)
		limit := new(big.Rat).SetInt64(1 << 62)
		if new(big.Rat).Abs(want).Cmp(limit) < 0 && new(big.Rat).Abs(diff).Cmp(big.NewRat(1, 2)) > 0 {
			t.Errorf("scale(%d, %d, %d) = %s, want %s", n, by, of, got, want)
		}
	})
}

func TestTaxRate(t *testing.T) {
	for s, want := range map[string]int64{"11%": 110_000, "11": 110_000, "0,11": 110_000, "0": 0, "1%": 10_000, "1": 10_000, "100": 1_000_000, "12,5 %": 125_000} {
		if got, ok := taxRate(s, ','); !ok || got != want {
			t.Errorf("taxRate(%q) = %d, %v, want %d", s, got, ok, want)
		}
	}
	for _, s := range []string{"", "-1", "101", "x", "%"} {
		if got, ok := taxRate(s, ','); ok {
			t.Errorf("taxRate(%q) = %d", s, got)
		}
	}
}

// What a row says of its order is read once for rows that say the same.
func TestOrderRowsShareTheirHead(t *testing.T) {
	header := []string{"number", "code", "price", "date", "customer"}
	j := Job{Kind: Orders, Settings: Settings{Map: Mapping{"number": "number", "code": "code", "price": "price", "date": "date", "customer": "customer"}}}
	orderNoun{}.defaults(&j.Settings, Orders.targets(j.Map, header))
	read := orderNoun{}.program(&j, header, &env{set: workspace.Default()}).reader().(*orderReader)
	for i, cells := range []string{"1,a,1,2025-11-01 10:00,7", "1,b,1,2025-11-01 10:00,7", "2,b,1,2025-11-02,7"} {
		read.read(&sheet.Row{N: i + 1, Cells: strings.Split(cells, ",")})
	}
	rows := read.list
	if rows[0].head != rows[1].head || rows[1].head == rows[2].head || rows[0].buyer != rows[2].buyer {
		t.Error("heads or buyers are not shared as they should be")
	}
	if want := time.Date(2025, 11, 1, 3, 0, 0, 0, time.UTC); !rows[0].head.at.Equal(want) {
		t.Errorf("ordered at %s, want %s", rows[0].head.at, want)
	}
	if _, n := read.take(false); n != 2 {
		t.Errorf("%d rows taken, want the two of the order that is whole", n)
	}
	if _, n := read.take(true); n != 1 {
		t.Errorf("%d rows taken at the end, want 1", n)
	}
}
