// Package money does exact arithmetic on amounts of money.
//
// An amount is a whole number of a currency's minor unit; a unit price, which
// may be finer than that, is a whole number of millionths. Numbers with
// fractions exist only in between, as decimals, and are rounded once.
package money

import (
	"fmt"
	"math"
	"math/bits"
)

// An Amount is a sum of money in one currency.
// The zero Amount is zero of no currency and adds to anything.
type Amount struct {
	Minor    int64    `json:"minor"` // in the currency's minor unit: rupiah, cents, yen, fils
	Currency Currency `json:"currency"`
}

// New returns an amount of whole units, such as dollars, in their minor unit.
// It panics if the amount does not fit: it is for constants.
func New(units int64, c Currency) Amount {
	hi, lo := bits.Mul64(uint64(max(units, -units)), uint64(pow10(c.Digits())))
	if hi != 0 || lo > math.MaxInt64 {
		panic(fmt.Sprintf("money: %d %s", units, c))
	}
	return Amount{units * pow10(c.Digits()), c}
}

// Add returns a + b. It panics if the currencies differ, or if the sum is
// beyond nine quintillion: both are bugs, never a user's mistake, since totals
// are kept per currency and single amounts are bounded by [Parse].
func (a Amount) Add(b Amount) Amount {
	a, b = unify(a, b)
	sum := a.Minor + b.Minor
	if (sum > a.Minor) != (b.Minor > 0) && b.Minor != 0 {
		panic(fmt.Sprintf("money: %d + %d %s overflows", a.Minor, b.Minor, a.Currency))
	}
	return Amount{sum, a.Currency}
}

// Sub returns a − b. It panics as [Amount.Add] does.
func (a Amount) Sub(b Amount) Amount {
	return a.Add(b.Neg())
}

// Neg returns −a.
func (a Amount) Neg() Amount {
	if a.Minor == math.MinInt64 {
		panic("money: −(−2⁶³) overflows")
	}
	return Amount{-a.Minor, a.Currency}
}

// Cmp returns −1, 0 or +1 as a is less than, equal to or greater than b. It
// panics if the currencies differ.
func (a Amount) Cmp(b Amount) int {
	a, b = unify(a, b)
	switch {
	case a.Minor < b.Minor:
		return -1
	case a.Minor > b.Minor:
		return 1
	}
	return 0
}

// IsZero reports whether a is nothing, in any currency.
func (a Amount) IsZero() bool { return a.Minor == 0 }

// Split divides a into n parts that differ by at most one minor unit
// and sum to exactly a. The larger parts come first. It panics if n < 1.
func (a Amount) Split(n int) []Amount {
	q, r := a.Minor/int64(n), a.Minor%int64(n)
	parts := make([]Amount, n)
	for i := range parts {
		parts[i] = Amount{q, a.Currency}
		switch {
		case int64(i) < r:
			parts[i].Minor++
		case int64(i) < -r:
			parts[i].Minor--
		}
	}
	return parts
}

// unify gives both amounts the currency of the one that has any.
func unify(a, b Amount) (Amount, Amount) {
	switch {
	case a.Currency == b.Currency:
	case a == Amount{}:
		a.Currency = b.Currency
	case b == Amount{}:
		b.Currency = a.Currency
	default:
		panic(fmt.Sprintf("money: %s with %s", a.Currency, b.Currency))
	}
	return a, b
}

func pow10(n int) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}
