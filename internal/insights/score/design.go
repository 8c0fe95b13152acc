package score

import (
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
)

// A design is the cases as rows of numbers: which columns each has, and how
// much of them. Column 0 is the constant.
type design struct {
	width int // columns, with the constant
	start []int
	col   []int32
	val   []float64
	y     []float64 // 0 or 1
	count []float64 // how many cases each row counts as; nil if 1
}

func newDesign(codings []Coding, cases []Case, yes []bool) *design {
	d := &design{width: 1, start: make([]int, 1, len(cases)+1), y: make([]float64, len(cases))}
	for _, c := range codings {
		d.width += len(c.Columns)
	}
	most := len(cases) * (len(codings) + 1)
	d.col, d.val = make([]int32, 0, most), make([]float64, 0, most)
	for i, k := range cases {
		d.col, d.val = append(d.col, 0), append(d.val, 1)
		for f := range codings {
			if j, x := codings[f].column(k.at(f)); j >= 0 {
				d.col, d.val = append(d.col, int32(j+1)), append(d.val, x)
			}
		}
		d.start = append(d.start, len(d.col))
		if yes[i] {
			d.y[i] = 1
		}
	}
	return d
}

func (d *design) row(i int) ([]int32, []float64) {
	return d.col[d.start[i]:d.start[i+1]], d.val[d.start[i]:d.start[i+1]]
}

func (d *design) counts(i int) float64 {
	if d.count == nil {
		return 1
	}
	return d.count[i]
}

// A sum is the penalised log-likelihood, its gradient, and its curvature with
// the sign turned, of some rows.
type sum struct {
	ll       float64
	gradient []float64
	hessian  []float64 // width × width, the upper half
}

// chunks is into how many parts the rows are summed. It follows from the size
// of the problem alone, so that the sum is the same on any number of cores.
// 1<<22 numbers are 32 MB.
func (d *design) chunks() int {
	n := len(d.y)
	return max(1, min(16, n/2048, (1<<22)/(d.width*d.width)))
}

// at returns the sums at weights w.
func (d *design) at(w []float64, ridge float64) sum {
	parts := make([]sum, d.chunks())
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(parts)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(parts); i = int(next.Add(1)) - 1 {
				parts[i] = d.rows(w, len(d.y)*i/len(parts), len(d.y)*(i+1)/len(parts))
			}
		})
	}
	wg.Wait()
	total := parts[0]
	for _, p := range parts[1:] {
		total.ll += p.ll
		for i, x := range p.gradient {
			total.gradient[i] += x
		}
		for i, x := range p.hessian {
			total.hessian[i] += x
		}
	}
	for j := 1; j < d.width; j++ { // not the constant
		total.ll -= ridge * w[j] * w[j] / 2
		total.gradient[j] -= ridge * w[j]
		total.hessian[j*d.width+j] += ridge
	}
	return total
}

// rows returns the sums of rows lo … hi−1, without penalty.
func (d *design) rows(w []float64, lo, hi int) sum {
	s := sum{gradient: make([]float64, d.width), hessian: make([]float64, d.width*d.width)}
	for i := lo; i < hi; i++ {
		col, val := d.row(i)
		z := 0.
		for k, j := range col {
			z += w[j] * val[k]
		}
		p, n := sigmoid(z), d.counts(i)
		s.ll += n * (d.y[i]*z - softplus(z))
		slope, curve := n*(d.y[i]-p), n*p*(1-p)
		for k, j := range col {
			s.gradient[j] += slope * val[k]
			line, c := s.hessian[int(j)*d.width:], curve*val[k]
			for m := k; m < len(col); m++ { // columns ascend
				line[col[m]] += c * val[m]
			}
		}
	}
	return s
}

// fit returns the weights of highest penalised likelihood, by Newton's method
// (iteratively reweighted least squares), halving a step that would lower it.
// The likelihood is concave, so there is one top.
func (d *design) fit(ridge float64) ([]float64, error) {
	w := make([]float64, d.width)
	ends := [2]float64{}
	for i, y := range d.y {
		ends[int(y)] += d.counts(i)
	}
	w[0] = math.Log(ends[1] / ends[0])
	s := d.at(w, ridge)
	for range 100 {
		if largest(s.gradient) <= 1e-9*float64(len(d.y)) {
			return w, nil
		}
		step, err := solve(s.hessian, s.gradient, d.width)
		if err != nil {
			return nil, err
		}
		next, ns, ok := d.climb(w, step, s.ll, ridge)
		if !ok {
			return w, nil // no higher point that floating numbers can tell
		}
		w, s = next, ns
	}
	return nil, fmt.Errorf("score: no end after 100 steps")
}

// climb goes along step, or half of it, and so on, until the likelihood rises.
func (d *design) climb(w, step []float64, ll, ridge float64) ([]float64, sum, bool) {
	next := make([]float64, len(w))
	for scale := 1.; scale > 1e-9; scale /= 2 {
		for j := range w {
			next[j] = w[j] + scale*step[j]
		}
		if s := d.at(next, ridge); s.ll > ll {
			return next, s, true
		}
	}
	return nil, sum{}, false
}

func largest(xs []float64) float64 {
	m := 0.
	for _, x := range xs {
		m = max(m, math.Abs(x))
	}
	return m
}

// solve returns x of A·x = b, by Cholesky. A is n × n, positive definite, its
// upper half given; solve overwrites it.
func solve(a, b []float64, n int) ([]float64, error) {
	for i := range n { // A = RᵀR, R takes A's place
		for k := range i {
			r := a[k*n+i]
			if r == 0 {
				continue
			}
			row := a[k*n:]
			for j := i; j < n; j++ {
				a[i*n+j] -= r * row[j]
			}
		}
		top := a[i*n+i]
		if !(top > 0) || math.IsInf(top, 0) {
			return nil, fmt.Errorf("score: no single answer: the fields depend on each other")
		}
		top = math.Sqrt(top)
		for j := i; j < n; j++ {
			a[i*n+j] /= top
		}
	}
	x := make([]float64, n)
	for i := range n { // Rᵀ·y = b
		s := b[i]
		for k := range i {
			s -= a[k*n+i] * x[k]
		}
		x[i] = s / a[i*n+i]
	}
	for i := n - 1; i >= 0; i-- { // R·x = y
		s := x[i]
		for j := i + 1; j < n; j++ {
			s -= a[i*n+j] * x[j]
		}
		x[i] = s / a[i*n+i]
	}
	return x, nil
}
