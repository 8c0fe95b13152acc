package demo

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"time"

	"github.com/akrab-crm/akrab/internal/ids"
)

// dice are the chances of one thing: a customer, a basket, a text. Each has a
// stream of its own, so that what happens to one customer doesn't change when
// another gets a product more.
type dice struct{ *rand.Rand }

// The streams of a company. What is numbered within a stream is added to it.
const (
	streamCustomer uint64 = (iota + 1) << 32
	streamOrder
	streamTalk
	streamTask
	streamID
)

func newDice(seed, stream uint64) dice { return dice{rand.New(rand.NewPCG(seed, stream))} }

// between returns a whole number from low to high, both included.
func (d dice) between(low, high int) int { return low + d.IntN(high-low+1) }

// chance is true with probability p.
func (d dice) chance(p float64) bool { return d.Float64() < p }

// around returns a number near mean: two thirds lie within the part spread of
// it, and none is below a fifth of it.
func (d dice) around(mean, spread float64) float64 {
	return max(mean*(1+spread*d.NormFloat64()), mean/5)
}

// poisson returns how often something happens that happens mean times on
// average. mean is small.
func (d dice) poisson(mean float64) int {
	n, p, limit := 0, 1.0, math.Exp(-mean)
	for {
		if p *= d.Float64(); p <= limit {
			return n
		}
		n++
	}
}

// pick returns one of list.
func pick[T any](d dice, list []T) T { return list[d.IntN(len(list))] }

// weigh returns the index of one of the weights, the heavier the likelier.
func (d dice) weigh(weights ...float64) int {
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	at := d.Float64() * sum
	for i, w := range weights {
		if at -= w; at < 0 {
			return i
		}
	}
	return len(weights) - 1
}

// id makes the id of a record of the given time.
func (d dice) id(at time.Time) ids.ID {
	var id ids.ID
	ms := uint64(at.UnixMilli())
	binary.BigEndian.PutUint64(id[:8], ms<<16|7<<12|d.Uint64()&0xfff)
	binary.BigEndian.PutUint64(id[8:], d.Uint64())
	id[8] = id[8]&0x3f | 0x80
	return id
}
