package clv

import "math"

// Parameters are looked for within these bounds.
const (
	lowest  = 1e-5
	highest = 1e5
)

// patience is after how many evaluations a search gives up, and Newton's method
// takes over for three times as many. Usual shops need 15 to 35.
const patience = 120

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
	for c.evaluations < patience && !c.done() {
		edges := c.edges()
		if c.step() {
			fresh = c.edges() != edges
			if fresh {
				c.forget() // what was learnt holds for other directions
			}
			continue
		}
		if fresh {
			break
		}
		c.forget() // curvature learnt far away may mislead: once more down the gradient
		fresh = true
	}
	c.polish()
	o := optimum{value: c.value, slope: norm(c.free(c.g)), evaluations: c.evaluations}
	o.converged = c.done() || o.slope <= 1e-8*math.Max(1e4, math.Abs(c.value))
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

// edge returns −1 or 1 if a parameter is at its lower or upper bound, else 0.
func edge(x float64) int {
	switch {
	case x <= math.Log(lowest)+1e-6:
		return -1
	case x >= math.Log(highest)-1e-6:
		return 1
	}
	return 0
}

// edges returns which parameters are at which bounds, as one number.
func (c *climb) edges() int {
	n := 0
	for _, x := range c.x {
		n = 3*n + edge(x)
	}
	return n
}

// free returns v without the directions that lead out of the bounds.
func (c *climb) free(v []float64) []float64 {
	out := make([]float64, len(v))
	for i, d := range v {
		if float64(edge(c.x[i]))*d <= 0 {
			out[i] = d
		}
	}
	return out
}

// room returns which part of the step d can be gone before a bound, at most 1.
func (c *climb) room(d []float64) float64 {
	part := 1.0
	for i, v := range d {
		if v > 0 {
			part = min(part, (math.Log(highest)-c.x[i])/v)
		} else if v < 0 {
			part = min(part, (math.Log(lowest)-c.x[i])/v)
		}
	}
	return max(part, 0)
}

// polish goes on where the search gave up, which it does along flat and narrow
// ridges and at bounds: by Newton's method, with as much damping as it takes
// (Levenberg 1944), among the parameters that aren't held by a bound.
func (c *climb) polish() {
	damping := 1e-6
	for c.evaluations < 4*patience && !c.done() {
		var loose []int
		for i, d := range c.g {
			if float64(edge(c.x[i]))*d <= 0 {
				loose = append(loose, i)
			}
		}
		curve := c.curvature(loose)
		better := false
		for ; damping < 1e12 && !better; damping *= 8 {
			better = c.newton(loose, curve, damping)
		}
		if !better {
			return
		}
		damping = math.Max(damping/64, 1e-12)
	}
}

// curvature returns the negative Hessian among some of the parameters.
func (c *climb) curvature(loose []int) [][]float64 {
	const h = 5e-4
	n := len(c.x)
	curve := make([][]float64, len(loose))
	up, down := make([]float64, n), make([]float64, n)
	for a, i := range loose {
		x := append([]float64(nil), c.x...)
		x[i] += h
		c.eval(x, up)
		x[i] -= 2 * h
		c.eval(x, down)
		curve[a] = make([]float64, len(loose))
		for b, j := range loose {
			curve[a][b] = (down[j] - up[j]) / (2 * h)
		}
	}
	for a := range curve {
		for b := range a {
			mean := (curve[a][b] + curve[b][a]) / 2
			curve[a][b], curve[b][a] = mean, mean
		}
	}
	return curve
}

// newton goes one damped step; false if that leads nowhere.
func (c *climb) newton(loose []int, curve [][]float64, damping float64) bool {
	damped := make([][]float64, len(loose))
	for a := range damped {
		damped[a] = append([]float64(nil), curve[a]...)
		damped[a][a] += damping
	}
	inv, ok := invert(damped)
	if !ok {
		return false
	}
	x, g := append([]float64(nil), c.x...), make([]float64, len(c.x))
	d := make([]float64, len(loose))
	for a := range loose {
		for b, j := range loose {
			d[a] += inv[a][b] * c.g[j]
		}
	}
	shrink := math.Min(1, 2/math.Max(norm(d), 1e-300))
	for a, i := range loose {
		x[i] = clamp(c.x[i]+shrink*d[a], math.Log(lowest), math.Log(highest))
	}
	value := c.eval(x, g)
	if math.IsNaN(value) || math.IsInf(value, 0) || math.IsNaN(norm(g)) {
		return false
	}
	before := norm(c.free(c.g))
	next := climb{x: x, g: g}
	flat := value >= c.value-1e-13*math.Max(1, math.Abs(c.value)) && norm(next.free(g)) < before
	if value <= c.value && !flat {
		return false
	}
	c.x, c.g, c.value = x, g, value
	return true
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
	most := c.room(d)
	for part := most; part > most*1e-4; part /= 2 {
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
