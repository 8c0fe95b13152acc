package locale

import (
	"math"
	"strconv"
	"strings"

	"github.com/akrab-crm/akrab/internal/money"
)

// Signs that stay with their number at the end of a line, or are one.
const (
	nbsp  = "\u00a0"
	minus = "−" // U+2212, as wide as a plus
)

// Num writes a whole number: 12.500.
func (p *Printer) Num(n int64) string {
	return p.digits(strconv.FormatInt(n, 10))
}

// Decimal writes a number rounded to the given number of digits behind the
// decimal sign: 12,50. A number that is none, such as 0/0, is a dash.
func (p *Printer) Decimal(f float64, digits int) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return "–"
	}
	s := p.digits(strconv.FormatFloat(f, 'f', digits, 64))
	if strings.Trim(s, "0"+minus+string(p.Workspace.Decimal)) == "" {
		return strings.TrimPrefix(s, minus) // no −0,0
	}
	return s
}

// short writes a number with at most the given number of digits behind the
// decimal sign, without zeros at the end: 12,4 and 12.
func (p *Printer) short(f float64, digits int) string {
	s := p.Decimal(f, digits)
	if digits == 0 || !strings.ContainsRune(s, p.Workspace.Decimal) {
		return s
	}
	return strings.TrimSuffix(strings.TrimRight(s, "0"), string(p.Workspace.Decimal))
}

// Percent writes a share, of which 1 is the whole, with at most one digit
// behind the decimal sign: 0.124 is 12,4%.
func (p *Printer) Percent(share float64) string {
	return p.short(share*100, 1) + "%"
}

// digits writes a number given in Go's form, "-1234.50", with the workspace's
// signs.
func (p *Printer) digits(s string) string {
	var b strings.Builder
	if strings.HasPrefix(s, "-") {
		b.WriteString(minus)
		s = s[1:]
	}
	whole, fraction, ok := strings.Cut(s, ".")
	for i, c := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 && p.Group != 0 {
			b.WriteRune(p.Group)
		}
		b.WriteRune(c)
	}
	if ok {
		b.WriteRune(p.Workspace.Decimal)
		b.WriteString(fraction)
	}
	return b.String()
}

// Money writes an amount in full: Rp 12.500.000, −Rp 5.000, US$ 12,50. The
// space does not break.
func (p *Printer) Money(a money.Amount) string {
	s := a.Decimal().String()
	sign := ""
	if s[0] == '-' {
		sign, s = minus, s[1:]
	}
	if a.Currency == "" {
		return sign + p.digits(s)
	}
	return sign + a.Currency.Symbol() + nbsp + p.digits(s)
}

// Price writes a unit price as an amount is written, with as many digits behind
// the decimal sign as it has, and at least those of the currency's minor unit:
// Rp 650.000, US$ 12.50, US$ 0.001. Without a currency it is a plain number.
func (p *Printer) Price(price money.Price, c money.Currency) string {
	d := price.Decimal()
	if c != "" {
		d = d.Pad(c.Digits())
	}
	s, sign := d.String(), ""
	if s[0] == '-' {
		sign, s = minus, s[1:]
	}
	if c == "" {
		return sign + p.digits(s)
	}
	return sign + c.Symbol() + nbsp + p.digits(s)
}

// MoneyShort writes an amount for tiles and tight lists: Rp 826 jt, Rp 3,42 M
// in Indonesian, Rp 826 mn, Rp 3,42 bn in English. It keeps three digits, and
// writes amounts below a million in whole units.
func (p *Printer) MoneyShort(a money.Amount) string {
	f, _ := a.Decimal().Float64()
	sign, prefix := "", ""
	if f < 0 {
		sign, f = minus, -f
	}
	if a.Currency != "" {
		prefix = a.Currency.Symbol() + nbsp
	}
	if f < 1000 {
		return p.Money(a)
	}
	if f < 999_999.5 {
		return sign + prefix + p.Decimal(f, 0)
	}
	units := []string{"locale.million", "locale.billion", "locale.trillion"}
	f /= 1e6
	for f >= 999.5 && len(units) > 1 {
		f /= 1000
		units = units[1:]
	}
	digits := 2
	switch {
	case f >= 99.95:
		digits = 0
	case f >= 9.995:
		digits = 1
	}
	return sign + prefix + p.short(f, digits) + nbsp + p.T(units[0])
}

// MoneyParts writes an amount as MoneyShort does, and its million or billion apart
// from it, so that it can be written smaller: Rp 826 and jt. Unit is empty if
// there is none.
func (p *Printer) MoneyParts(a money.Amount) (value, unit string) {
	text := p.MoneyShort(a)
	if i := strings.LastIndex(text, nbsp); i > strings.IndexAny(text, "0123456789") {
		return text[:i], text[i+len(nbsp):]
	}
	return text, ""
}

// Bytes writes the size of a file in decimal units: 3,4 MB.
func (p *Printer) Bytes(n int64) string {
	units := []string{"kB", "MB", "GB", "TB"}
	if n < 1000 {
		return p.Num(n) + nbsp + "B"
	}
	f := float64(n) / 1000
	for f >= 999.5 && len(units) > 1 {
		f /= 1000
		units = units[1:]
	}
	digits := 0
	if f < 9.95 {
		digits = 1
	}
	return p.short(f, digits) + nbsp + units[0]
}

// List joins names as in a sentence: "a, b dan c".
func (p *Printer) List(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	n := len(list) - 1
	return p.T("locale.list", "head", strings.Join(list[:n], ", "), "last", list[n])
}
