package clv

import "math"

// A family is what a fit looks for: a kind and k.
type family struct {
	kind Kind
	k    int
}

// params returns how many parameters f has.
func (f family) params() int {
	if f.kind == NBD {
		return 2
	}
	return 4
}

// model returns the model with parameters p.
func (f family) model(p []float64) Model {
	m := Model{Kind: f.kind, K: f.k, R: p[0], Alpha: p[1]}
	if f.kind != NBD {
		m.A, m.B = p[2], p[3]
	}
	return m
}

func (m Model) params() []float64 {
	if m.Kind == NBD {
		return []float64{m.R, m.Alpha}
	}
	return []float64{m.R, m.Alpha, m.A, m.B}
}

// A rise holds ln Γ(z+i·step) − ln Γ(z) and ψ(z+i·step) − ψ(z) for i = 0, 1, …
// Summed up, the differences lose nothing, as those of large values would.
type rise struct{ log, slope []float64 }

// fill makes the table for z up to i = n.
func (t *rise) fill(z float64, n, step int) {
	if len(t.log) < n+1 {
		t.log, t.slope = make([]float64, n+1), make([]float64, n+1)
	}
	for i := range n {
		log, slope := t.log[i], t.slope[i]
		for j := range step {
			v := z + float64(i*step+j)
			log += math.Log(v)
			slope += 1 / v
		}
		t.log[i+1], t.slope[i+1] = log, slope
	}
}

// A likelihood computes the log-likelihood of a sample under a family, and its
// gradient. Its tables are reused from one set of parameters to the next.
type likelihood struct {
	s     *Sample
	f     family
	z     int // 1 if customers may leave after the first purchase
	rate  rise
	leave rise      // of b
	all   rise      // of a + b
	odds  []float64 // ln(a/(b+i)), by i
	// by place in weeks: ln(1 + weeks/α) and 1/(α + weeks)
	logs, invs []float64
	sums       [chunks]sums
}

// sums are a log-likelihood and its gradient by r, α, a and b.
type sums struct {
	ll float64
	g  [4]float64
}

func (s *Sample) likelihood(f family) *likelihood {
	l := &likelihood{s: s, f: f, logs: make([]float64, len(s.weeks)), invs: make([]float64, len(s.weeks))}
	if f.kind == MBG {
		l.z = 1
	}
	return l
}

// at returns the log-likelihood at parameters p, and fills its gradient g.
func (l *likelihood) at(p, g []float64) float64 {
	m := l.f.model(p)
	l.rate.fill(m.R, l.s.maxRepeats, m.K)
	if m.Kind != NBD {
		l.leave.fill(m.B, l.s.maxRepeats+l.z, 1)
		l.all.fill(m.A+m.B, l.s.maxRepeats+l.z, 1)
		l.odds = l.odds[:0]
		for i := range l.s.maxRepeats + l.z {
			l.odds = append(l.odds, math.Log(m.A/(m.B+float64(i))))
		}
	}
	for i, w := range l.s.weeks {
		l.logs[i] = math.Log1p(w / m.Alpha)
		l.invs[i] = 1 / (m.Alpha + w)
	}
	inChunks(len(l.s.cells), func(chunk, from, to int) {
		if m.Kind == NBD {
			l.sums[chunk] = l.staying(m, l.s.cells[from:to])
		} else {
			l.sums[chunk] = l.leaving(m, l.s.cells[from:to])
		}
	})
	var t sums
	for _, c := range l.sums {
		t.ll += c.ll
		for i, v := range c.g {
			t.g[i] += v
		}
	}
	copy(g, t.g[:])
	// What doesn't depend on the cell: L, ln Γ(k) and ln α.
	t.ll += float64(m.K-1)*l.s.logGaps - l.s.repeats*lgamma(float64(m.K)) - float64(m.K)*l.s.repeats*math.Log(m.Alpha)
	return t.ll
}

// staying sums over cells for NBD.
func (l *likelihood) staying(m Model, cells []cell) (t sums) {
	for i := range cells {
		c := &cells[i]
		kx := float64(c.repeats)
		late := l.logs[c.age]
		t.ll += c.n * (l.rate.log[c.repeats] - (m.R+kx)*late)
		t.g[0] += c.n * (l.rate.slope[c.repeats] - late)
		t.g[1] += c.n * (m.R*l.s.weeks[c.age]/m.Alpha - kx) * l.invs[c.age]
	}
	return t
}

// leaving sums over cells for BG and MBG. The likelihood of a customer is that
// of their purchases times S1 + S2: that they left after the last one, or not.
func (l *likelihood) leaving(m Model, cells []cell) (t sums) {
	for i := range cells {
		c := &cells[i]
		kx := float64(m.K * int(c.repeats))
		n := m.R + kx
		late, inv := l.logs[c.age], l.invs[c.age]
		chances := int(c.repeats) + l.z
		ll := l.rate.log[c.repeats] - n*late + l.leave.log[chances] - l.all.log[chances]
		r := l.rate.slope[c.repeats] - late
		alpha := (m.R*l.s.weeks[c.age]/m.Alpha - kx) * inv
		a := -l.all.slope[chances]
		b := l.leave.slope[chances] + a
		s2, s2r, s2alpha, logS2 := 1.0, 0.0, 0.0, 0.0
		if m.K > 1 {
			s2, s2r, s2alpha = passed(n, m.K, (l.s.weeks[c.age]-l.s.weeks[c.recency])*inv, inv)
			logS2 = math.Log(s2)
		}
		if chances == 0 {
			ll += logS2
			r += s2r / s2
			alpha += s2alpha / s2
		} else {
			before := m.B + float64(chances-1)
			gap := late - l.logs[c.recency]
			sum, w := logAdd(l.odds[chances-1]+n*gap, logS2)
			ll += sum
			r += w*gap + (1-w)*s2r/s2
			alpha += w*n*(inv-l.invs[c.recency]) + (1-w)*s2alpha/s2
			a += w / m.A
			b -= w / before
		}
		t.ll += c.n * ll
		t.g[0] += c.n * r
		t.g[1] += c.n * alpha
		t.g[2] += c.n * a
		t.g[3] += c.n * b
	}
	return t
}

// passed returns S2, the sum over the stages that may have passed since the last
// purchase, and its derivatives by r and α.
func passed(n float64, k int, q, inv float64) (s2, byR, byAlpha float64) {
	s2 = 1
	term, slope := 1.0, 0.0
	for j := 1; j < k; j++ {
		v := n + float64(j-1)
		term *= v * q / float64(j)
		slope += 1 / v
		s2 += term
		byR += term * slope
		byAlpha -= term * float64(j) * inv
	}
	return s2, byR, byAlpha
}

// logAdd returns ln(exp(a) + exp(b)), and the share of exp(a) in that sum.
func logAdd(a, b float64) (sum, share float64) {
	if a > b {
		e := math.Exp(b - a)
		return a + math.Log(1+e), 1 / (1 + e)
	}
	e := math.Exp(a - b)
	return b + math.Log(1+e), e / (1 + e)
}
