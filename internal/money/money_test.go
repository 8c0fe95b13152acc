package money

import (
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/govalues/decimal"
	"pgregory.net/rapid"

	"github.com/akrab-crm/akrab/internal/errs"
)

func TestSplit(t *testing.T) {
	tests := []struct {
		minor int64
		n     int
		want  []int64
	}{
		{100, 3, []int64{34, 33, 33}},
		{-100, 3, []int64{-34, -33, -33}},
		{0, 2, []int64{0, 0}},
		{1, 2, []int64{1, 0}},
		{math.MinInt64, 2, []int64{math.MinInt64 / 2, math.MinInt64 / 2}},
	}
	for _, tt := range tests {
		var got []int64
		for _, p := range (Amount{tt.minor, "EUR"}).Split(tt.n) {
			got = append(got, p.Minor)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("Split(%d, %d) = %v, want %v", tt.minor, tt.n, got, tt.want)
		}
	}
}

func FuzzSplit(f *testing.F) {
	f.Add(int64(100), 3)
	f.Add(int64(-1), 7)
	f.Fuzz(func(t *testing.T, minor int64, n int) {
		if n < 1 || n > 1000 {
			t.Skip()
		}
		var sum Amount
		parts := (Amount{minor, "EUR"}).Split(n)
		for _, p := range parts {
			sum = sum.Add(p)
		}
		if sum.Minor != minor {
			t.Errorf("parts of %d sum to %d", minor, sum.Minor)
		}
		if d := parts[0].Minor - parts[n-1].Minor; d > 1 || d < -1 {
			t.Errorf("parts of %d differ by %d", minor, d)
		}
	})
}

func TestAdd(t *testing.T) {
	a, b := Amount{150, "IDR"}, Amount{-50, "IDR"}
	if got := a.Add(b); got != (Amount{100, "IDR"}) {
		t.Errorf("150 + −50 = %v", got)
	}
	if got := a.Sub(b); got != (Amount{200, "IDR"}) {
		t.Errorf("150 − −50 = %v", got)
	}
	if got := (Amount{}).Add(a); got != a {
		t.Errorf("nothing + 150 = %v", got)
	}
	if got := a.Add(Amount{}); got != a {
		t.Errorf("150 + nothing = %v", got)
	}
	if got := (Amount{}).Sub(a); got != (Amount{-150, "IDR"}) {
		t.Errorf("nothing − 150 = %v", got)
	}
	if a.Cmp(b) != 1 || b.Cmp(a) != -1 || a.Cmp(a) != 0 || (Amount{}).Cmp(a) != -1 {
		t.Error("Cmp doesn't order")
	}
	for name, f := range map[string]func(){
		"two currencies": func() { a.Add(Amount{1, "USD"}) },
		"compared":       func() { a.Cmp(Amount{1, "USD"}) },
		"too large":      func() { Amount{math.MaxInt64, "IDR"}.Add(Amount{1, "IDR"}) },
		"too small":      func() { Amount{math.MinInt64, "IDR"}.Add(Amount{-1, "IDR"}) },
		"no negative":    func() { Amount{math.MinInt64, "IDR"}.Neg() },
	} {
		if !panics(f) {
			t.Errorf("%s: no panic", name)
		}
	}
}

func panics(f func()) (did bool) {
	defer func() { did = recover() != nil }()
	f()
	return false
}

func TestArithmetic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		small := rapid.Int64Range(-1<<60, 1<<60)
		a := Amount{small.Draw(t, "a"), "EUR"}
		b := Amount{small.Draw(t, "b"), "EUR"}
		if a.Add(b) != b.Add(a) || a.Add(b).Sub(b) != a || a.Neg().Neg() != a || a.Sub(b).Neg() != b.Sub(a) {
			t.Errorf("%v and %v don't obey the laws", a, b)
		}
		if back, err := AmountOf(a.Decimal(), "EUR"); err != nil || back != a {
			t.Errorf("AmountOf(%v) = %v, %v", a.Decimal(), back, err)
		}
		p := Price(small.Draw(t, "price"))
		if back, err := PriceOf(p.Decimal()); err != nil || back != p {
			t.Errorf("PriceOf(%v) = %v, %v", p, back, err)
		}
	})
}

// TestRounding compares Mul and Times with exact fractions.
func TestRounding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(-1e12, 1e12).Draw(t, "n")
		f := decimal.MustNew(rapid.Int64Range(-1e6, 1e6).Draw(t, "coef"), rapid.IntRange(0, 9).Draw(t, "scale"))
		r, ok := new(big.Rat).SetString(f.String())
		if !ok {
			t.Fatalf("no fraction: %s", f)
		}
		exact := new(big.Rat).Mul(r, new(big.Rat).SetInt64(n))
		if a, err := (Amount{n, "EUR"}).Mul(f); err != nil || a.Minor != halfAway(exact) {
			t.Errorf("%d × %s = %d, %v; want %d", n, f, a.Minor, err, halfAway(exact))
		}
		for c, div := range map[Currency]int64{"IDR": 1e6, "EUR": 1e4, "KWD": 1e3} {
			want := halfAway(new(big.Rat).Quo(exact, new(big.Rat).SetInt64(div)))
			if a, err := Price(n).Times(f, c); err != nil || a.Minor != want {
				t.Errorf("price %d × %s in %s = %d, %v; want %d", n, f, c, a.Minor, err, want)
			}
		}
	})
}

// halfAway rounds by adding a half and cutting.
func halfAway(r *big.Rat) int64 {
	half := big.NewRat(1, 2)
	if r.Sign() < 0 {
		half.Neg(half)
	}
	r = new(big.Rat).Add(r, half)
	return new(big.Int).Quo(r.Num(), r.Denom()).Int64()
}

func TestTimes(t *testing.T) {
	a, err := Price(1000).Times(decimal.MustParse("1500"), "USD") // 0.001 × 1,500
	if err != nil || a != (Amount{150, "USD"}) {
		t.Errorf("0.001 × 1500 = %v, %v; want 1.50", a, err)
	}
	_, err = Price(math.MaxInt64).Times(decimal.MustParse("1e12"), "USD")
	if errs.KindOf(err) != errs.Invalid {
		t.Errorf("a huge product: %v, want an Invalid error", err)
	}
	for p, want := range map[Price]string{1000: "0.001", 12_500_000_000: "12500", -2_500_000: "-2.5", 0: "0"} {
		if p.String() != want {
			t.Errorf("Price(%d) = %s, want %s", int64(p), p, want)
		}
	}
}

func TestParse(t *testing.T) {
	tests := []struct {
		text    string
		decimal rune
		c       Currency
		want    int64
	}{
		{"12500000", ',', "IDR", 12_500_000},
		{"Rp 12.500.000", ',', "IDR", 12_500_000},
		{"Rp\u00a012.500.000", ',', "IDR", 12_500_000},
		{"rp.12.500.000,00", ',', "IDR", 12_500_000},
		{"5.000,-", ',', "IDR", 5_000},
		{"IDR 5,000.00", '.', "IDR", 5_000},
		{"5000 IDR", ',', "IDR", 5_000},
		{"−Rp 5.000", ',', "IDR", -5_000},
		{"Rp -5.000", ',', "IDR", -5_000},
		{"(1.250)", ',', "IDR", -1_250},
		{"5.000-", ',', "IDR", -5_000},
		{"+7", ',', "IDR", 7},
		{"US$ 1,234.5", '.', "USD", 123_450},
		{"$.5", '.', "USD", 50},
		{"12 345,67 €", ',', "EUR", 1_234_567},
		{"1'234.50", '.', "CHF", 123_450},
		{"12,34,567.00", '.', "INR", 123_456_700},
		{"1.234", '.', "KWD", 1_234},
		{"¥1,500", '.', "JPY", 1_500},
		{"1,2E+6", ',', "IDR", 1_200_000},
		{"9223372036854775807", ',', "IDR", math.MaxInt64},
	}
	for _, tt := range tests {
		a, err := Parse(tt.text, tt.decimal, tt.c)
		if err != nil || a != (Amount{tt.want, tt.c}) {
			t.Errorf("Parse(%q, %c, %s) = %v, %v; want %d", tt.text, tt.decimal, tt.c, a, err, tt.want)
		}
	}
	bad := []struct {
		text    string
		decimal rune
		c       Currency
		key     string
	}{
		{"", ',', "IDR", "money.invalid"},
		{"Rp", ',', "IDR", "money.invalid"},
		{"gratis", ',', "IDR", "money.invalid"},
		{"USD 5", ',', "IDR", "money.invalid"},
		{"12.50", ',', "IDR", "money.invalid"},
		{"1.23.456", ',', "IDR", "money.invalid"},
		{"1.234.56", '.', "USD", "money.invalid"},
		{"1 2", ',', "IDR", "money.invalid"},
		{"--5", ',', "IDR", "money.invalid"},
		{"(-5)", ',', "IDR", "money.invalid"},
		{"0x10", ',', "IDR", "money.invalid"},
		{"1e", ',', "IDR", "money.invalid"},
		{"1e999", ',', "IDR", "money.invalid"},
		{"NaN", ',', "IDR", "money.invalid"},
		{"12,5", ',', "IDR", "money.precision"},
		{"1.005", '.', "USD", "money.precision"},
		{"9223372036854775808", ',', "IDR", "money.too_large"},
		{"99999999999999999999", ',', "IDR", "money.too_large"},
		{strings.Repeat("9", 100), ',', "IDR", "money.invalid"},
	}
	for _, tt := range bad {
		a, err := Parse(tt.text, tt.decimal, tt.c)
		if list := errs.All(err); len(list) != 1 || list[0].Key != tt.key || list[0].Kind != errs.Invalid {
			t.Errorf("Parse(%q, %c, %s) = %v, %v; want %s", tt.text, tt.decimal, tt.c, a, err, tt.key)
		}
	}
}

func TestParsePrice(t *testing.T) {
	if p, err := ParsePrice("$0.001", '.', "USD"); err != nil || p != 1000 {
		t.Errorf("ParsePrice($0.001) = %v, %v", p, err)
	}
	if _, err := ParsePrice("0.0000001", '.', "USD"); errs.KindOf(err) != errs.Invalid {
		t.Errorf("a price finer than a millionth: %v, want an Invalid error", err)
	}
}

func FuzzMoney(f *testing.F) {
	for _, s := range []string{"Rp 12.500.000", "-5,5", "(1)", "5.000,-", "1e5", "−Rp 5.000", "1'000", "IDR", "1.2.3", "€", "0,-"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, sep := range []rune{',', '.'} {
			for _, c := range []Currency{"IDR", "USD", "KWD"} {
				a, err := Parse(text, sep, c)
				if err != nil {
					if errs.KindOf(err) != errs.Invalid {
						t.Errorf("Parse(%q): %v", text, err)
					}
					continue
				}
				plain := strings.Replace(a.Decimal().String(), ".", string(sep), 1)
				if back, err := Parse(plain, sep, c); err != nil || back != a {
					t.Errorf("Parse(%q) = %v, but Parse(%q) = %v, %v", text, a, plain, back, err)
				}
				a.Neg()
			}
		}
	})
}

func TestDigits(t *testing.T) {
	want := map[Currency]int{"IDR": 0, "JPY": 0, "KRW": 0, "VND": 0, "USD": 2, "EUR": 2, "SGD": 2, "KWD": 3, "TND": 3, "": 2}
	for c, n := range want {
		if c.Digits() != n {
			t.Errorf("%q has %d digits, want %d", c, c.Digits(), n)
		}
	}
}

func TestParseCurrency(t *testing.T) {
	if c, err := ParseCurrency(" usd "); err != nil || c != "USD" {
		t.Errorf("ParseCurrency(usd) = %s, %v", c, err)
	}
	for _, s := range []string{"", "US", "XXX", "D\nB", "BND BO", "Rp"} {
		if c, err := ParseCurrency(s); errs.KindOf(err) != errs.Invalid || err == nil {
			t.Errorf("ParseCurrency(%q) = %s, %v; want an Invalid error", s, c, err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse("Rp 12.500.000", ',', Rupiah); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTimes(b *testing.B) {
	q := decimal.MustParse("12.5")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Price(12_500_000_000).Times(q, Rupiah); err != nil {
			b.Fatal(err)
		}
	}
}
