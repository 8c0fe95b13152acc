package mart

import (
	"math"
	"slices"
)

// lines are those of orders, by column: nine bytes each.
type lines struct {
	product  []int32
	quantity quantities
	amount   []int32
	large    map[uint32]int64 // amounts that int32 does not hold
}

// isLarge stands for an amount that is kept aside.
const isLarge = math.MinInt32

// grow makes room for n more lines.
func (l *lines) grow(n int) {
	l.product = slices.Grow(l.product, n)
	l.quantity.small = slices.Grow(l.quantity.small, n)
	l.amount = slices.Grow(l.amount, n)
}

// add adds a line behind the others.
func (l *lines) add(product int32, quantity float32, amount int64) {
	n := uint32(len(l.product))
	l.product = append(l.product, product)
	l.quantity.add(quantity)
	short := int32(amount)
	if int64(short) != amount || short == isLarge {
		l.keep(n, amount)
		short = isLarge
	}
	l.amount = append(l.amount, short)
}

// keep keeps an amount aside.
func (l *lines) keep(line uint32, amount int64) {
	if l.large == nil {
		l.large = map[uint32]int64{}
	}
	l.large[line] = amount
}

// join adds others behind those that are there.
func (l *lines) join(o *lines) {
	n := uint32(len(l.product))
	l.product = append(l.product, o.product...)
	l.quantity.join(&o.quantity)
	l.amount = append(l.amount, o.amount...)
	for line, amount := range o.large {
		l.keep(n+line, amount)
	}
}

// lend cuts off the end of the room, for n lines that others add, and returns
// it; nil if there is less.
func (l *lines) lend(n int) *lines {
	product, ok := lend(&l.product, n)
	small, ok2 := lend(&l.quantity.small, n)
	amount, ok3 := lend(&l.amount, n)
	if !ok || !ok2 || !ok3 || l.quantity.wide != nil {
		return nil
	}
	return &lines{product: product, quantity: quantities{small: small}, amount: amount}
}

// A column has room up to where the next begins that a part of it was lent to.
func lend[T any](s *[]T, n int) (end []T, ok bool) {
	room := cap(*s)
	at := room - n
	if at < len(*s) {
		return nil, false
	}
	end = (*s)[at:at:room]
	*s = (*s)[:len(*s):at]
	return end, true
}

// quantities are those of lines: a byte each while nearly all are small whole
// numbers.
type quantities struct {
	small []int8 // isAside for those that are not
	aside map[uint32]float32
	wide  []float32 // instead of both, if many are not
}

const (
	isAside   = math.MinInt8
	fewAside  = 1000 // how many may be kept aside at least
	shareWide = 32   // from which part of all on they are many
)

// at returns the quantity of a line.
func (q *quantities) at(line uint32) float32 {
	if q.wide != nil {
		return q.wide[line]
	}
	if v := q.small[line]; v != isAside {
		return float32(v)
	}
	return q.aside[line]
}

// add adds the quantity of the next line.
func (q *quantities) add(v float32) {
	switch {
	case q.wide != nil:
		q.wide = append(q.wide, v)
	case v > isAside && v <= math.MaxInt8 && v == float32(int8(v)):
		q.small = append(q.small, int8(v))
	default:
		q.keep(uint32(len(q.small)), v)
		q.small = append(q.small, isAside)
		if len(q.aside) > fewAside+len(q.small)/shareWide {
			q.widen(cap(q.small))
		}
	}
}

// keep keeps a quantity aside.
func (q *quantities) keep(line uint32, v float32) {
	if q.aside == nil {
		q.aside = map[uint32]float32{}
	}
	q.aside[line] = v
}

// widen makes all wide, with room for so many.
func (q *quantities) widen(room int) {
	if q.wide != nil {
		return
	}
	wide := make([]float32, len(q.small), max(room, len(q.small), 1))
	for n := range q.small {
		wide[n] = q.at(uint32(n))
	}
	*q = quantities{wide: wide}
}

// join adds others behind those that are there.
func (q *quantities) join(o *quantities) {
	if q.wide == nil && o.wide == nil {
		n := uint32(len(q.small))
		q.small = append(q.small, o.small...)
		for line, v := range o.aside {
			q.keep(n+line, v)
		}
		return
	}
	q.widen(len(q.small) + len(o.wide) + len(o.small))
	o.widen(0)
	q.wide = append(q.wide, o.wide...)
}
