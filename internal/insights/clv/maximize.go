package clv

import "math"

// Parameters are looked for within these bounds.
const (
	lowest  = 1e-6
	highest = 1e6
)

// An optimum is where a search ended.
type optimum struct {
	at          []float64
	value       float64
	slope       float64 // norm of the gradient in the logarithms of the parameters
	evaluations int
	converged   bool // the gradient is as good as zero, or leads out of the bounds
}

// A climb is a search for the maximum of f over positive parameters, in their
// logarithms, by the method of Broyden, Fletcher, Goldfarb and Shanno with
// steps of at most 2 and Armijo's condition.
type climb struct {
	f           func(p, g []float64) float64
	x, g        []float64 // logarithms of the parameters; gradient in these
	value       float64
	inverse     [][]float64 // approximate inverse of the negative Hessian
	evaluations int
}

// maximize returns where f, which fills the gradient g, is largest, beginning
// the search at start.
func maximize(start []float64, f func(p, g []float64) float64) optimum {
	n := len(start)
	c := &climb{f: f, x: make([]float64, n), g: make([]float64, n), inverse: make([][]float64, n)}
	for i, v := range start {
		c.x[i] = math.Log(clamp(v, lowest, highest))
		c.inverse[i] = make([]float64, n)
	}
	c.value = c.eval(c.x, c.g)
	c.forget()
	fresh := true
	for range 400 {
		if c.done() {
			break
		}
		if c.step() {
			fresh = false
			continue
		}
		if fresh {
			break
		}
		c.forget() // curvature learnt far away may mislead: once more down the gradient
		fresh = true
	}
	o := optimum{value: c.value, slope: norm(c.free(c.g)), evaluations: c.evaluations}
	o.converged = c.done() || fresh && o.slope <= 1e-6*math.Max(1e4, math.Abs(c.value))
	for _, v := range c.x {
		o.at = append(o.at, math.Exp(v))
	}
	return o
}

func (c *climb) eval(x, g []float64) float64 {
	c.evaluations++
	p := make([]float64, len(x))
	for i, v := range x {
		p[i] = math.Exp(v)
	}
	value := c.f(p, g)
	for i := range g {
		g[i] *= p[i]
	}
	return value
}

// forget takes the curvature for unknown.
func (c *climb) forget() {
	scale := 1 / math.Max(1, norm(c.g))
	for i := range c.inverse {
		clear(c.inverse[i])
		c.inverse[i][i] = scale
	}
}

// done reports whether the gradient is as good as zero. What is asked for is
// the gradient and not the last gain: likelihoods are flat.
func (c *climb) done() bool {
	return norm(c.free(c.g)) <= 1e-9*math.Max(1e4, math.Abs(c.value))
}

// free returns v without the directions that lead out of the bounds.
func (c *climb) free(v []float64) []float64 {
	out := make([]float64, len(v))
	for i, d := range v {
		if at := c.x[i]; at <= math.Log(lowest) && d < 0 || at >= math.Log(highest) && d > 0 {
			continue
		}
		out[i] = d
	}
	return out
}

// step goes one step up; false if there is none.
func (c *climb) step() bool {
	n := len(c.x)
	d := make([]float64, n)
	g := c.free(c.g)
	for i := range d {
		for j := range d {
			d[i] += c.inverse[i][j] * g[j]
		}
	}
	d = c.free(d)
	rise := dot(d, g)
	if !(rise > 0) {
		return false
	}
	if m := norm(d); m > 2 {
		for i := range d {
			d[i] *= 2 / m
		}
		rise *= 2 / m
	}
	x, gradient := make([]float64, n), make([]float64, n)
	for part := 1.0; part > 1e-12; part /= 2 {
		for i := range x {
			x[i] = clamp(c.x[i]+part*d[i], math.Log(lowest), math.Log(highest))
		}
		value := c.eval(x, gradient)
		if math.IsNaN(value) || math.IsNaN(norm(gradient)) || math.IsInf(value, 0) {
			continue
		}
		// Near the top gains drown in rounding: there the slope decides
		// (Hager and Zhang 2005).
		flat := value >= c.value-1e-13*math.Abs(c.value) && math.Abs(dot(d, gradient)) < .9*rise && part*rise < 1e-9*math.Abs(c.value)
		if value >= c.value+1e-4*part*rise || flat {
			c.learn(x, gradient)
			copy(c.x, x)
			copy(c.g, gradient)
			c.value = value
			return true
		}
	}
	return false
}

// learn updates the curvature from a step to x with gradient g there.
func (c *climb) learn(x, g []float64) {
	n := len(x)
	s, y, hy := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range s {
		s[i], y[i] = x[i]-c.x[i], c.g[i]-g[i]
	}
	sy := dot(s, y)
	if sy <= 1e-14*norm(s)*norm(y) || sy < 1e-300 {
		return
	}
	for i := range hy {
		hy[i] = dot(c.inverse[i], y)
	}
	yhy := dot(y, hy)
	for i := range n {
		for j := range n {
			c.inverse[i][j] += (1+yhy/sy)*s[i]*s[j]/sy - (hy[i]*s[j]+s[i]*hy[j])/sy
		}
	}
}

func norm(v []float64) float64 { return math.Sqrt(dot(v, v)) }

func dot(a, b []float64) float64 {
	sum := 0.0
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}
