package orders

import (
	"math/bits"

	"github.com/akrab-crm/akrab/internal/money"
)

// A wide is an exact amount of money: a whole number of 10^-12 of a currency's
// unit, in two's complement. Quantities and prices are millionths, so that
// their products are such numbers, and no float comes between.
type wide struct {
	hi int64
	lo uint64
}

// restUnit is one unit of a currency in the scale of wide.
const restUnit = 1_000_000_000_000

// product returns q × p. It fits: 2^63 × 2^63 < 2^127.
func product(q Quantity, p money.Price) wide {
	hi, lo := bits.Mul64(uint64(q), uint64(p))
	h := int64(hi)
	if q < 0 {
		h -= int64(p)
	}
	if p < 0 {
		h -= int64(q)
	}
	return wide{h, lo}
}

// add returns w + v, and false if that does not fit.
func (w wide) add(v wide) (wide, bool) {
	lo, carry := bits.Add64(w.lo, v.lo, 0)
	hi := w.hi + v.hi + int64(carry)
	overflow := (w.hi < 0) == (v.hi < 0) && (hi < 0) != (w.hi < 0)
	return wide{hi, lo}, !overflow
}

func (w wide) neg() wide {
	lo, borrow := bits.Sub64(0, w.lo, 0)
	return wide{-w.hi - int64(borrow), lo}
}

// split returns w as whole units, rounded down, and the rest in 10^-12, at
// least 0. It returns false if the units don't fit.
func (w wide) split() (units, rest int64, ok bool) {
	m := w
	if w.hi < 0 {
		m = w.neg()
	}
	if m.hi < 0 || uint64(m.hi) >= restUnit {
		return 0, 0, false
	}
	q, r := bits.Div64(uint64(m.hi), m.lo, restUnit)
	if q > 1<<63-2 {
		return 0, 0, false
	}
	units, rest = int64(q), int64(r)
	if w.hi < 0 {
		units, rest = -units, -rest
		if rest < 0 {
			units, rest = units-1, rest+restUnit
		}
	}
	return units, rest, true
}

// joined returns the amount of whole units and any number of 10^-12.
func joined(units, rest int64) wide {
	hi, lo := bits.Mul64(uint64(units), restUnit)
	h := int64(hi)
	if units < 0 {
		h -= restUnit
	}
	r := wide{0, uint64(rest)}
	if rest < 0 {
		r.hi = -1
	}
	w, _ := wide{h, lo}.add(r) // at most 2^63 × 10^12 + 2^63
	return w
}

// minor returns w in the minor units of c, rounded half away from zero, and
// false if that is more than an amount may be.
func (w wide) minor(c money.Currency, most int64) (int64, bool) {
	d := uint64(restUnit)
	for range c.Digits() {
		d /= 10
	}
	m := w
	if w.hi < 0 {
		m = w.neg()
	}
	if m.hi < 0 || uint64(m.hi) >= d {
		return 0, false
	}
	q, r := bits.Div64(uint64(m.hi), m.lo, d)
	if r >= d-r {
		q++
	}
	if q > uint64(most) {
		return 0, false
	}
	if w.hi < 0 {
		return -int64(q), true
	}
	return int64(q), true
}
