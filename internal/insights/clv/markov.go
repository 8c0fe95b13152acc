package clv

import (
	"fmt"
	"math"
)

// A Chain is how customers move between states from month to month, and what a
// month in each is worth (Pfeifer and Carraway 2000).
type Chain struct {
	P      [][]float64 `json:"p"`      // P[i][j]: of those in i, the share who are in j a month later
	Reward []float64   `json:"reward"` // margin less cost of a month that begins in a state
}

// NewChain returns the chain of counted moves, each row smoothed by one move to
// every state that can be reached (Dirichlet 1), so that its shares add up to 1.
// Nobody moves into states of which closed is true, for example that of new
// customers. It returns an error if the counts are no square, or not all
// numbers are finite, or everything is closed.
func NewChain(moves [][]int64, closed []bool, reward []float64) (Chain, error) {
	n := len(moves)
	open := 0
	for _, c := range closed {
		if !c {
			open++
		}
	}
	if n == 0 || len(closed) != n || len(reward) != n || open == 0 {
		return Chain{}, fmt.Errorf("%d states with %d rewards, %d of which can be reached", n, len(reward), open)
	}
	c := Chain{P: make([][]float64, n), Reward: append([]float64(nil), reward...)}
	for i, row := range moves {
		if len(row) != n || math.IsNaN(reward[i]) || math.IsInf(reward[i], 0) {
			return Chain{}, fmt.Errorf("state %d of %d: %d moves, reward %g", i, n, len(row), reward[i])
		}
		c.P[i] = make([]float64, n)
		sum := float64(open)
		for j, v := range row {
			if !closed[j] {
				sum += float64(max(v, 0))
			}
		}
		for j, v := range row {
			if !closed[j] {
				c.P[i][j] = (float64(max(v, 0)) + 1) / sum
			}
		}
	}
	return c, nil
}

// Shift returns c with a share, 0 to 1, of those who move from one state to a
// second moving to a third instead: what better retention would be.
func (c Chain) Shift(from, to, instead int, share float64) Chain {
	d := Chain{P: make([][]float64, len(c.P)), Reward: c.Reward}
	for i, row := range c.P {
		d.P[i] = append([]float64(nil), row...)
	}
	moved := d.P[from][to] * clamp(share, 0, 1)
	d.P[from][to] -= moved
	d.P[from][instead] += moved
	return d
}

// Within returns what a customer in each state brings in the next months, 0 to
// 1200, without discount.
func (c Chain) Within(months int) []float64 {
	v := make([]float64, len(c.P))
	for range min(max(months, 0), 1200) {
		next := make([]float64, len(v))
		for i, row := range c.P {
			next[i] = c.Reward[i]
			for j, p := range row {
				next[i] += p * v[j]
			}
		}
		v = next
	}
	return v
}

// Value returns what a customer in each state is worth for ever, at a rate of
// discount a year: V = (I − P/(1+d))⁻¹ R, d being the rate of a month. Rates
// below one in a thousand count as that: without discount nothing is finite.
func (c Chain) Value(rate float64) []float64 {
	month := math.Pow(1+clamp(rate, .001, 10), 1./12)
	n := len(c.P)
	a := make([][]float64, n)
	for i := range a {
		a[i] = make([]float64, n)
		for j, p := range c.P[i] {
			a[i][j] = -p / month
		}
		a[i][i]++
	}
	v := solve(a, append([]float64(nil), c.Reward...))
	// One refinement takes away what elimination lost.
	rest := make([]float64, n)
	for i := range rest {
		rest[i] = c.Reward[i] - v[i] + dot(c.P[i], v)/month
	}
	for i := range a {
		for j, p := range c.P[i] {
			a[i][j] = -p / month
		}
		a[i][i]++
	}
	for i, d := range solve(a, rest) {
		v[i] += d
	}
	return v
}

// solve returns the solution of a·x = b by Gauss's elimination with pivots. It
// destroys a and b. The matrix is diagonally dominant, hence never singular.
func solve(a [][]float64, b []float64) []float64 {
	n := len(b)
	for i := range n {
		p := i
		for j := i + 1; j < n; j++ {
			if math.Abs(a[j][i]) > math.Abs(a[p][i]) {
				p = j
			}
		}
		a[i], a[p], b[i], b[p] = a[p], a[i], b[p], b[i]
		for j := i + 1; j < n; j++ {
			f := a[j][i] / a[i][i]
			for k := i; k < n; k++ {
				a[j][k] -= f * a[i][k]
			}
			b[j] -= f * b[i]
		}
	}
	for i := n - 1; i >= 0; i-- {
		b[i] = (b[i] - dot(a[i][i+1:], b[i+1:])) / a[i][i]
	}
	return b
}
