package clv

import "math"

// A Horizon is for how long ahead customers are valued, and how the future is
// discounted.
type Horizon struct {
	Weeks int     `json:"weeks"`
	Rate  float64 `json:"rate"` // of discount, a year: .1 is 10 %

	at, weight []float64 // weeks, and what an expected purchase until then counts
}

// nodes is at how many points the curve of expected purchases is computed.
const nodes = 8

// NewHorizon returns a horizon of 1 to 1040 weeks, and a rate of 0 to 10;
// others are brought there.
func NewHorizon(weeks int, rate float64) Horizon {
	h := Horizon{Weeks: min(max(weeks, 1), 1040), Rate: clamp(rate, 0, 10)}
	if h.Rate == 0 {
		h.at, h.weight = []float64{float64(h.Weeks)}, []float64{1}
		return h
	}
	// The value is Σ [C(t) − C(t−1)]·v^t. C is as smooth as can be: it is taken
	// from a few points, and the sum becomes one over these. The points are
	// dense near 0, where C bends most.
	h.at, h.weight = make([]float64, nodes), make([]float64, nodes)
	for i := range nodes {
		h.at[i] = float64(h.Weeks) * math.Pow((1-math.Cos(math.Pi*float64(i+1)/nodes))/2, 1.25)
	}
	for t := 1; t <= h.Weeks; t++ {
		count := math.Pow(1+h.Rate, -float64(t)/52)
		if t < h.Weeks {
			count -= math.Pow(1+h.Rate, -float64(t+1)/52)
		}
		for i := range nodes {
			h.weight[i] += count * h.lagrange(i, float64(t))
		}
	}
	return h
}

// lagrange returns the polynomial that is 1 at the ith point and 0 at the
// others and at 0.
func (h *Horizon) lagrange(i int, t float64) float64 {
	v := t / h.at[i]
	for j, at := range h.at {
		if j != i {
			v *= (t - at) / (h.at[i] - at)
		}
	}
	return v
}

// Purchases returns the expected purchases within the horizon, discounted.
func (h *Horizon) Purchases(m Model, s Stats) float64 {
	v := 0.0
	for i, t := range h.at {
		v += h.weight[i] * m.Expected(s, t)
	}
	return max(v, 0)
}

// Value returns what the customer is expected to be worth within the horizon,
// discounted, in the spend's unit of money.
func (h *Horizon) Value(m Model, sp *Spend, s Stats, r Repeats) float64 {
	return h.Purchases(m, s) * sp.Expected(r)
}
