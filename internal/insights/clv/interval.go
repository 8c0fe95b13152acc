package clv

import "math"

// A Range holds a true value with a probability of 95 %.
type Range struct {
	Lo float64 `json:"lo"`
	Hi float64 `json:"hi"`
}

// level is the probability of all intervals, and z its normal quantile.
const (
	level = .95
	z     = 1.959963984540054
)

// A Covariance is that of the logarithms of a model's parameters, in the order
// of r, α, a and b; 2×2 for NBD.
type Covariance [][]float64

// Covariance returns the inverse of the curvature of the likelihood at m, which
// is the asymptotic covariance of fitted parameters; false if m is no maximum
// in all directions, so that the data don't tell how sure they are.
func (s *Sample) Covariance(m Model) (Covariance, bool) {
	if m.Check() != nil || len(s.cells) == 0 {
		return nil, false
	}
	const h = 1e-4
	l := s.likelihood(family{m.Kind, m.K})
	at := m.params()
	n := len(at)
	slope := func(i int, by float64) []float64 {
		p, g := append([]float64(nil), at...), make([]float64, 4)
		p[i] *= math.Exp(by)
		l.at(p, g)
		for j := range p {
			g[j] *= p[j]
		}
		return g[:n]
	}
	curve := make([][]float64, n)
	for i := range curve {
		up, down := slope(i, h), slope(i, -h)
		curve[i] = make([]float64, n)
		for j := range up {
			curve[i][j] = (down[j] - up[j]) / (2 * h)
		}
	}
	for i := range curve {
		for j := range i {
			mean := (curve[i][j] + curve[j][i]) / 2
			curve[i][j], curve[j][i] = mean, mean
		}
	}
	return invert(curve)
}

// invert returns the inverse of a symmetric matrix; false if it isn't positive
// definite.
func invert(a [][]float64) ([][]float64, bool) {
	n := len(a)
	inv := make([][]float64, n)
	lower, ok := cholesky(a)
	if !ok {
		return nil, false
	}
	for i := range inv {
		// Column i of the inverse, by two triangular systems.
		v := make([]float64, n)
		v[i] = 1
		for j := range n {
			v[j] = (v[j] - dot(lower[j][:j], v[:j])) / lower[j][j]
		}
		for j := n - 1; j >= 0; j-- {
			for k := j + 1; k < n; k++ {
				v[j] -= lower[k][j] * v[k]
			}
			v[j] /= lower[j][j]
		}
		inv[i] = v
	}
	return inv, true
}

func cholesky(a [][]float64) ([][]float64, bool) {
	lower := make([][]float64, len(a))
	for i := range a {
		lower[i] = make([]float64, len(a))
		for j := range i + 1 {
			v := a[i][j] - dot(lower[i][:j], lower[j][:j])
			if j < i {
				lower[i][j] = v / lower[j][j]
				continue
			}
			if !(v > 1e-12*a[i][i]) || math.IsInf(v, 0) {
				return nil, false
			}
			lower[i][i] = math.Sqrt(v)
		}
	}
	return lower, true
}

// profileCustomers is up to how many customers intervals of parameters follow
// the likelihood; of more, its curvature at the top tells the same.
const profileCustomers = 20_000

// Parameters returns the 95 % intervals of the fitted parameters r, α, a and b;
// r and α for NBD: all values under which the data are, other parameters being
// at their best, not too much less likely (Wilks 1938). It returns false if the
// data don't tell.
func (s *Sample) Parameters(f Fit) ([]Range, bool) {
	cov, ok := s.Covariance(f.Model)
	if !ok {
		return nil, false
	}
	var list []Range
	for i, p := range f.params() {
		wide := math.Min(z*math.Sqrt(cov[i][i]), 3)
		r := Range{p * math.Exp(-wide), p * math.Exp(wide)}
		if s.customers <= profileCustomers {
			r = Range{s.profile(f, i, -wide), s.profile(f, i, wide)}
		}
		list = append(list, r)
	}
	return list, true
}

// profile returns the value of parameter i at which the likelihood has fallen
// as far as it may, looked for by the secant method from about wide away, in
// logarithms; the bound of the search if it doesn't fall that far.
func (s *Sample) profile(f Fit, i int, wide float64) float64 {
	l := s.likelihood(family{f.Kind, f.K})
	full, g := f.params(), make([]float64, 4)
	best := f.params()
	rest := append(append([]float64(nil), best[:i]...), best[i+1:]...)
	// root returns the square root of the deviance, which is nearly linear, at
	// a distance from the top, less z.
	root := func(d float64) float64 {
		full[i] = clamp(best[i]*math.Exp(d), lowest, highest)
		o := maximize(rest, func(p, grad []float64) float64 {
			copy(full, p[:i])
			copy(full[i+1:], p[i:])
			v := l.at(full, g)
			copy(grad, g[:i])
			copy(grad[i:], g[i+1:len(full)])
			return v
		})
		rest = o.at
		return math.Sqrt(math.Max(2*(f.LogLikelihood-o.value), 0)) - z
	}
	last, lastRoot := 0.0, -z
	d := wide
	for range 12 {
		v := root(d)
		if math.Abs(v) < .005 || v == lastRoot {
			break
		}
		next := d - v*(d-last)/(v-lastRoot)
		last, lastRoot = d, v
		// Not beyond three times as far, nor back over the top.
		d = math.Copysign(clamp(math.Abs(next), math.Abs(d)/4, math.Abs(d)*3), wide)
		if next*wide < 0 {
			d = last * 3 // it rises no more: further out
		}
	}
	return clamp(best[i]*math.Exp(d), lowest, highest)
}

// A Forecast is of the purchase days of many customers together.
type Forecast struct {
	Expected float64 `json:"expected"`
	Range            // holds what will come to pass: chance and what the data leave open of the parameters
}

// Forecast returns the expected purchase days of all customers of s in so many
// weeks from now. The range is as wide as chance makes it if cov is nil.
func (s *Sample) Forecast(m Model, cov Covariance, weeks float64) Forecast {
	var parts [chunks][2]float64
	inChunks(len(s.cells), func(chunk, from, to int) {
		var buf []float64
		for i := from; i < to; i++ {
			c := &s.cells[i]
			buf = m.Counts(buf[:0], s.stats(c), weeks)
			mean, variance := moments(buf)
			parts[chunk][0] += c.n * mean
			parts[chunk][1] += c.n * variance
		}
	})
	var mean, variance float64
	for _, p := range parts {
		mean += p[0]
		variance += p[1]
	}
	variance += s.doubt(m, cov, weeks)
	wide := z * math.Sqrt(variance)
	return Forecast{mean, Range{max(mean-wide, 0), mean + wide}}
}

// moments returns the mean and the variance of a number with probabilities p.
func moments(p []float64) (mean, variance float64) {
	for i, v := range p {
		mean += float64(i) * v
	}
	for i, v := range p {
		variance += (float64(i) - mean) * (float64(i) - mean) * v
	}
	return mean, variance
}

// doubt returns what the uncertainty of the parameters adds to the variance of
// a forecast.
func (s *Sample) doubt(m Model, cov Covariance, weeks float64) float64 {
	at := m.params()
	if len(cov) != len(at) {
		return 0
	}
	const h = 1e-3
	slope := make([]float64, len(at))
	for i := range at {
		by := func(d float64) float64 {
			p := append([]float64(nil), at...)
			p[i] *= math.Exp(d)
			return s.expected(family{m.Kind, m.K}.model(p), weeks)
		}
		slope[i] = (by(h) - by(-h)) / (2 * h)
	}
	v := 0.0
	for i := range slope {
		v += slope[i] * dot(cov[i], slope)
	}
	return max(v, 0)
}

// expected returns the expected purchase days of all customers.
func (s *Sample) expected(m Model, weeks float64) float64 {
	var parts [chunks]float64
	inChunks(len(s.cells), func(chunk, from, to int) {
		for i := from; i < to; i++ {
			parts[chunk] += s.cells[i].n * m.Expected(s.stats(&s.cells[i]), weeks)
		}
	})
	sum := 0.0
	for _, p := range parts {
		sum += p
	}
	return sum
}

// CountRange returns the shortest interval from counts, as Model.Counts makes
// them, that holds the number of purchase days with a probability of at least
// 95 %: being of whole numbers, often with more.
func CountRange(counts []float64) (lo, hi int) {
	// Of all intervals that hold enough the shortest, and of these the likeliest.
	best := math.Inf(1)
	mass, from := 0.0, 0
	for to, p := range counts {
		mass += p
		for from < to && mass-counts[from] >= level {
			mass -= counts[from]
			from++
		}
		if length := float64(to-from) + (1 - mass); mass >= level && length < best {
			best, lo, hi = length, from, to
		}
	}
	if math.IsInf(best, 1) {
		return 0, max(len(counts)-1, 0)
	}
	return lo, hi
}

// MoneyRange returns an interval that holds what the customer will spend in so
// many weeks, without discount, with a probability of 95 %. If they may well
// buy nothing it begins at 0; it is 0 to 0, and holds the truth even more
// often, if that is as good as certain.
func MoneyRange(m Model, sp *Spend, s Stats, r Repeats, weeks float64) Range {
	var buf [64]float64
	return moneyRange(m.counts(buf[:0], s, weeks, 1e-5), sp.band(r.N), r)
}

func moneyRange(counts []float64, b Band, r Repeats) Range {
	q, gamma := b.posterior(r)
	t := newTotal(counts, b.P, q, gamma)
	none := counts[0]
	switch {
	case none >= level:
		return Range{}
	case none > (1-level)/2:
		return Range{0, t.quantile(level)}
	}
	return Range{t.quantile((1 - level) / 2), t.quantile(1 - (1-level)/2)}
}

// A total is the distribution of the sum of a customer's future purchases: of n
// purchases it is γ times a beta-prime variable of pn and q, as amounts are
// Gamma(p, ν) and ν is Gamma(q, γ).
type total struct {
	p, q, gamma float64
	counts      []float64
	mean        float64   // number of purchases
	roots       []float64 // n^(−1/3)
}

func newTotal(counts []float64, p, q, gamma float64) *total {
	t := &total{p: p, q: q, gamma: gamma, counts: counts, roots: make([]float64, len(counts))}
	for n := 1; n < len(counts); n++ {
		t.mean += float64(n) * counts[n]
		t.roots[n] = 1 / math.Cbrt(float64(n))
	}
	return t
}

// cdf returns the probability that the sum is at most v³.
func (t *total) cdf(v float64) float64 {
	sum := t.counts[0]
	f := v * math.Cbrt(t.q/(t.gamma*t.p))
	for n := 1; n < len(t.counts); n++ {
		sum += t.counts[n] * t.amount(v, f*t.roots[n], n)
	}
	return sum
}

// amount returns the probability that n purchases sum up to at most v³, where f
// is the cube root of the F-distributed ratio: by Wilson and Hilferty's (1931)
// approximation, within .002 for the shapes that are let through, else exactly.
func (t *total) amount(v, f float64, n int) float64 {
	a, b := t.p*float64(n), t.q
	if a < 2 || b < 3 {
		s := v * v * v
		return betaCDF(s/(s+t.gamma), a, b)
	}
	x, y := 1/(9*a), 1/(9*b)
	dev := ((1-y)*f - (1 - x)) / math.Sqrt(y*f*f+x)
	if dev > 4.5 || dev < -4.5 {
		return max(math.Copysign(1, dev), 0) // as good as certain
	}
	return normalCDF(dev)
}

// quantile returns the sum that is reached with probability 1 − p, for p above
// that of no purchase, by the method of false position (Illinois), in cube
// roots, in which distributions are nearly normal.
func (t *total) quantile(p float64) float64 {
	hi := math.Cbrt(t.gamma * t.p / t.q * math.Max(t.mean, 1) * 4)
	lo, flo, fhi := 0.0, t.counts[0]-p, t.cdf(hi)-p
	for range 200 {
		if fhi >= 0 {
			break
		}
		lo, flo = hi, fhi
		hi *= 1.6
		fhi = t.cdf(hi) - p
	}
	for side := 0; hi-lo > 1e-4*hi; {
		v := lo + (hi-lo)*clamp(flo/(flo-fhi), .02, .98)
		switch f := t.cdf(v) - p; {
		case math.Abs(f) < 1e-4:
			return v * v * v
		case f < 0:
			lo, flo = v, f
			if side < 0 {
				fhi /= 2
			}
			side = -1
		default:
			hi, fhi = v, f
			if side > 0 {
				flo /= 2
			}
			side = 1
		}
	}
	return hi * hi * hi
}
