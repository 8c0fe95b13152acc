package clv

import (
	"math"
	"testing"
)

// Pareto/NBD (Schmittlein, Morrison and Colombo 1987) is only an oracle: other
// software's figures of it check the statistics and the optimiser.
type pareto struct{ r, alpha, s, beta float64 }

// log2F1 is the logarithm of the integral F of section 8, for one end.
func (p pareto) log2F1(x int, t float64) float64 {
	n := p.r + p.s + float64(x)
	m, c := math.Max(p.alpha, p.beta), p.r+float64(x)
	if p.alpha >= p.beta {
		c = p.s + 1
	}
	f, _ := hyper2F1(n, c, n+1, math.Abs(p.alpha-p.beta)/(m+t))
	return math.Log(f) - n*math.Log(m+t)
}

// left returns the logarithm of the likelihood of having left, over that of
// being alive.
func (p pareto) left(c Stats) float64 {
	if c.Recency >= c.Age {
		return math.Inf(-1)
	}
	x := float64(c.Repeats)
	early, late := p.log2F1(c.Repeats, c.Recency), p.log2F1(c.Repeats, c.Age)
	return math.Log(p.s/(p.r+p.s+x)) + early + math.Log1p(-math.Exp(late-early)) +
		(p.r+x)*math.Log(p.alpha+c.Age) + p.s*math.Log(p.beta+c.Age)
}

func (p pareto) logLikelihood(c Stats) float64 {
	x := float64(c.Repeats)
	return lgamma(p.r+x) - lgamma(p.r) + p.r*math.Log(p.alpha) + p.s*math.Log(p.beta) -
		(p.r+x)*math.Log(p.alpha+c.Age) - p.s*math.Log(p.beta+c.Age) + softplus(p.left(c))
}

func (p pareto) alive(c Stats) float64 { return math.Exp(-softplus(p.left(c))) }

func (p pareto) expected(c Stats, t float64) float64 {
	x := float64(c.Repeats)
	return (p.r + x) * (p.beta + c.Age) / ((p.alpha + c.Age) * (p.s - 1)) *
		-math.Expm1((p.s-1)*math.Log((p.beta+c.Age)/(p.beta+c.Age+t))) * p.alive(c)
}

func TestPareto(t *testing.T) {
	p := pareto{.5533971, 10.5802, .6060625, 11.65622}
	heavy := Stats{Repeats: 26, Recency: 216. / 7, Age: 31}
	near(t, "P(alive)", p.alive(heavy), .99787, 1e-5)
	near(t, "E[X(52)]", p.expected(heavy, 52), 25.454, 1e-3)
	customers, err := readCDNOW(shared(t, "cdnow/CDNOW_sample.txt"))
	if err != nil {
		t.Fatal(err)
	}
	tr, err := newTrial(customers, Window{Now: date(1997, 10, 1), Days: 273, AsOf: date(1997, 9, 30)})
	if err != nil {
		t.Fatal(err)
	}
	at := func(v []float64) float64 {
		p := pareto{v[0], v[1], v[2], v[3]}
		sum := 0.0
		for i := range tr.sample.cells {
			c := &tr.sample.cells[i]
			sum += c.n * p.logLikelihood(tr.sample.stats(c))
		}
		return sum
	}
	o := maximize([]float64{.5, 10, .6, 12}, func(v, g []float64) float64 {
		for i, x := range v {
			v[i] = x * (1 + 1e-5)
			up := at(v)
			v[i] = x * (1 - 1e-5)
			g[i] = (up - at(v)) / (2e-5 * x)
			v[i] = x
		}
		return at(v)
	})
	near(t, "log-likelihood", o.value, -9594.9762, 1e-3)
	for i, want := range []float64{.5534, 10.58, .6061, 11.66} {
		near(t, "parameter", o.at[i], want, .005*want)
	}
	fitted := pareto{o.at[0], o.at[1], o.at[2], o.at[3]}
	sum, mae := 0.0, 0.0
	for i, c := range tr.stats {
		e := fitted.expected(c, 39)
		sum += e
		mae += math.Abs(e-tr.days[i]) / float64(len(tr.stats))
	}
	near(t, "holdout", sum, 1665.4, 1.5)
	near(t, "MAE", mae, .7545, 5e-4)
}
