package money

import (
	"math/big"
	"strings"

	"github.com/govalues/decimal"

	"github.com/akrab-crm/akrab/internal/errs"
)

// Decimal returns a in whole units with all digits of the minor unit: 12.50.
func (a Amount) Decimal() decimal.Decimal {
	return decimal.MustNew(a.Minor, a.Currency.Digits()) // fits: 19 digits, at most 3 of them behind the point
}

// Mul returns a × f, rounded to the minor unit, halves away from zero. It
// returns an Invalid error if the result does not fit.
func (a Amount) Mul(f decimal.Decimal) (Amount, error) {
	minor, err := scaled(a.Minor, f, 0)
	return Amount{minor, a.Currency}, err
}

// A Price is what one piece costs, in millionths of a currency's whole unit:
// catalogues hold prices such as 0.001, which no minor unit can.
type Price int64

// priceDigits is how many digits a Price has behind the decimal sign.
const priceDigits = 6

// Times returns the price of a quantity in c, rounded once, to the minor unit,
// halves away from zero. It returns an Invalid error if that does not fit.
func (p Price) Times(quantity decimal.Decimal, c Currency) (Amount, error) {
	minor, err := scaled(int64(p), quantity, priceDigits-c.Digits())
	return Amount{minor, c}, err
}

// Decimal returns the price as a number without zeros at the end: 0.001.
func (p Price) Decimal() decimal.Decimal {
	return decimal.MustNew(int64(p), priceDigits).Trim(0)
}

// String returns the price as in the API: "12500" or "0.001".
func (p Price) String() string { return p.Decimal().String() }

// PriceOf returns the price whose decimal is d. It returns an Invalid error if
// d has more than six digits behind the decimal sign or does not fit.
func PriceOf(d decimal.Decimal) (Price, error) {
	d = d.Trim(0)
	if d.Scale() > priceDigits {
		return 0, errs.New(errs.Invalid, "money.price_precision")
	}
	n, err := scaled(pow10(priceDigits), d, 0)
	return Price(n), err
}

// AmountOf returns the amount whose decimal is d. It returns an Invalid error
// if d is finer than the minor unit of c or does not fit.
func AmountOf(d decimal.Decimal, c Currency) (Amount, error) {
	d = d.Trim(0)
	if d.Scale() > c.Digits() {
		return Amount{}, errs.New(errs.Invalid, "money.precision", "currency", string(c))
	}
	n, err := scaled(pow10(c.Digits()), d, 0)
	return Amount{n, c}, err
}

// scaled returns n × f ÷ 10^shift, rounded half away from zero.
func scaled(n int64, f decimal.Decimal, shift int) (int64, error) {
	x := new(big.Int).SetUint64(f.Coef())
	x.Mul(x, big.NewInt(n))
	if f.IsNeg() {
		x.Neg(x)
	}
	d := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(f.Scale()+shift)), nil)
	half := new(big.Int).Quo(d, big.NewInt(2))
	if x.Sign() < 0 {
		half.Neg(half)
	}
	x.Quo(x.Add(x, half), d)
	// The smallest int64 is left out so that every amount has a negative.
	if !x.IsInt64() || x.Int64() == -1<<63 {
		return 0, errs.New(errs.Invalid, "money.too_large")
	}
	return x.Int64(), nil
}

// Parse reads an amount in currency c as people and files write it, with the
// given decimal sign: "Rp 12.500.000", "12.500,00", "5.000,-", "(1.250)". It
// returns an Invalid error if the text is something else, names another
// currency, or is finer than the minor unit.
func Parse(text string, decimalSep rune, c Currency) (Amount, error) {
	d, err := ParseNumber(stripCurrency(text, c), decimalSep)
	if err != nil {
		return Amount{}, moneyError(err)
	}
	return AmountOf(d, c)
}

// ParsePrice reads a unit price as [Parse] does, to a millionth.
func ParsePrice(text string, decimalSep rune, c Currency) (Price, error) {
	d, err := ParseNumber(stripCurrency(text, c), decimalSep)
	if err != nil {
		return 0, moneyError(err)
	}
	return PriceOf(d)
}

// moneyError gives an error of ParseNumber the words for money.
func moneyError(err error) error {
	if list := errs.All(err); len(list) > 0 && list[0].Key == "number.too_large" {
		return errs.New(errs.Invalid, "money.too_large")
	}
	return errs.New(errs.Invalid, "money.invalid")
}

// stripCurrency removes the code or symbol of c before or after the number.
func stripCurrency(text string, c Currency) string {
	text = strings.TrimSpace(text)
	if c == "" {
		return text
	}
	sign := ""
	for _, s := range []string{"-", "−", "+"} {
		if rest, ok := strings.CutPrefix(text, s); ok {
			sign, text = s, strings.TrimSpace(rest)
			break
		}
	}
	for _, mark := range marks(c) {
		n := len(mark)
		if len(text) > n && strings.EqualFold(text[:n], mark) {
			text = strings.TrimSpace(text[n:])
			break
		}
		if len(text) > n && strings.EqualFold(text[len(text)-n:], mark) {
			text = strings.TrimSpace(text[:len(text)-n])
			break
		}
	}
	return sign + text
}

// marks returns how people write c, the longest first.
func marks(c Currency) []string {
	switch c {
	case Rupiah:
		return []string{"IDR", "Rp.", "Rp"}
	case "USD", "SGD", "AUD", "HKD", "CAD", "NZD", "TWD":
		return []string{string(c), c.Symbol(), "$"}
	}
	return []string{string(c), c.Symbol()}
}
