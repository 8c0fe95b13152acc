package kernel

import "fmt"

// A Cut says which edges of a kernel are kept.
type Cut struct {
	MinCommon int // customers who bought both; 0 is 5
	Top       int // edges of an item; 0 is 50
}

func (c Cut) check() (Cut, error) {
	if c.MinCommon < 0 || c.Top < 0 {
		return c, fmt.Errorf("kernel: cut %+v", c)
	}
	if c.MinCommon == 0 {
		c.MinCommon = 5
	}
	if c.Top == 0 {
		c.Top = 50
	}
	return c, nil
}

// Neighbours returns the item kernel of m by the measure k. It fails only if
// k or cut are out of their ranges. The time grows with the sum of the squares
// of the profiles: about 5 CPU seconds for nine million pairs.
func Neighbours(m *Matrix, k Measure, cut Cut) (*Graph, error) {
	cut, err := cut.check()
	if err != nil {
		return nil, err
	}
	if err := k.check(); err != nil {
		return nil, err
	}
	w := k.weights(m)
	n := k.norms(m, w)
	c := &cooccurrence{
		m: m, cut: cut,
		weight: w, from: powers(n, k.A), to: powers(n, k.B), shrink: k.Shrink,
	}
	lists := make([][]Edge, m.cols)
	m.byItem(func(b *band) {
		inChunks(b.to-b.from, func() func(lo, hi int) {
			a := newAccumulator(m.cols)
			return func(lo, hi int) {
				for i := b.from + lo; i < b.from+hi; i++ {
					lists[i] = c.edges(i, b.buyers(i), a)
				}
			}
		})
	})
	return newGraph(m, lists), nil
}

// A cooccurrence is what the workers of Neighbours share.
type cooccurrence struct {
	m        *Matrix
	cut      Cut
	weight   []float64 // of each customer
	from, to []float64 // n_i^A and n_j^B
	shrink   float64
}

// An accumulator holds the dense sums of one item, all 0 between items.
type accumulator struct {
	cell    []cell
	touched []int32
	edges   []Edge
}

type cell struct {
	sum    float64
	common int32
}

func newAccumulator(cols int) *accumulator { return &accumulator{cell: make([]cell, cols)} }

// edges returns the edges of item i, which some customers bought, in memory of
// their own.
func (c *cooccurrence) edges(i int, buyers []int32, a *accumulator) []Edge {
	a.touched = a.touched[:0]
	for _, u := range buyers {
		w := c.weight[u]
		for _, j := range c.m.Row(int(u)) {
			x := &a.cell[j]
			if x.common == 0 {
				a.touched = append(a.touched, j)
			}
			x.common++
			x.sum += w
		}
	}
	a.edges = a.edges[:0]
	for _, j := range a.touched {
		x := a.cell[j]
		a.cell[j] = cell{}
		if int(j) == i || int(x.common) < c.cut.MinCommon {
			continue
		}
		if s := float32(x.sum / (c.from[i]*c.to[j] + c.shrink)); s > 0 {
			a.edges = append(a.edges, Edge{Item: j, Common: x.common, Score: s})
		}
	}
	return append([]Edge(nil), strongest(a.edges, c.cut.Top)...)
}
