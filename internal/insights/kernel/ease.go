package kernel

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
)

// MaxEASE is the most items that EASE takes: its time grows with their third
// power, and 4 000 need about 130 MB.
const MaxEASE = 4000

// An EASEOptions says how EASE learns.
type EASEOptions struct {
	Lambda       float64 // ridge, in customers, > 0; 0 is 300
	MinCustomers int     // items with fewer buyers are left out; 0 is 10
	MaxItems     int     // the head of the catalogue by buyers, at most MaxEASE; 0 is MaxEASE
	Top          int     // edges kept of each item; 0 is all

	Weight Weight  // how much a customer counts in learning
	Power  float64 // of ByProfile, 0 … 2
}

func (o EASEOptions) check() (EASEOptions, error) {
	o.Lambda = cmp.Or(o.Lambda, 300)
	o.MinCustomers = cmp.Or(o.MinCustomers, 10)
	o.MaxItems = cmp.Or(o.MaxItems, MaxEASE)
	if !(o.Lambda >= 1e-6 && o.Lambda <= 1e12) || o.MinCustomers < 1 || o.MaxItems < 1 || o.MaxItems > MaxEASE || o.Top < 0 {
		return o, fmt.Errorf("kernel: EASE options %+v", o)
	}
	return o, Measure{Weight: o.Weight, Power: o.Power}.check()
}

var errSingular = errors.New("kernel: EASE: the matrix is not positive definite")

// EASE learns the linear model of Steck (Embarrassingly shallow autoencoders
// for sparse data, WWW 2019): with G = XᵀX + λI and P = G⁻¹ an owned item i
// adds B_ij = −P_ij/P_jj to the score of item j. Unlike a kernel it sees when
// two owned items say the same, and may speak against an item.
//
// It takes the items with the most buyers (equal ones in order of number);
// the others have no edges. With Top the smallest |B_ij| of each i are
// dropped; the sums over the edges that are left are the model, and remain
// exactly explained. It fails if an option is out of its range.
func EASE(m *Matrix, opt EASEOptions) (*Graph, error) {
	opt, err := opt.check()
	if err != nil {
		return nil, err
	}
	buyers := m.Counts()
	items := head(buyers, opt)
	lists := make([][]Edge, m.cols)
	if n := len(items); n > 1 {
		g := gram(m, items, Measure{Weight: opt.Weight, Power: opt.Power}.weights(m))
		for a := range n {
			g.data[a*n+a] += opt.Lambda
		}
		if err := invert(g); err != nil {
			return nil, err
		}
		coefficients(g, items, opt.Top, lists)
	}
	return newGraph(m, lists), nil
}

// head returns the items that EASE is to know, ascending.
func head(buyers []int32, opt EASEOptions) []int32 {
	var items []int32
	for j, n := range buyers {
		if int(n) >= opt.MinCustomers {
			items = append(items, int32(j))
		}
	}
	if len(items) > opt.MaxItems {
		slices.SortFunc(items, func(a, b int32) int {
			return cmp.Or(cmp.Compare(buyers[b], buyers[a]), cmp.Compare(a, b))
		})
		items = items[:opt.MaxItems]
		slices.Sort(items)
	}
	return items
}

// gram returns XᵀΩX over items in the upper triangle. The lower one, which the
// inversion leaves alone, keeps the plain counts of common customers.
func gram(m *Matrix, items []int32, weight []float64) symmetric {
	n := len(items)
	g := symmetric{n: n, data: make([]float64, n*n)}
	local := make([]int32, m.cols)
	for j := range local {
		local[j] = -1
	}
	for a, j := range items {
		local[j] = int32(a)
	}
	first := 0 // item of the band
	m.byItem(func(b *band) {
		end := first
		for end < n && int(items[end]) < b.to {
			end++
		}
		inChunks(end-first, func() func(lo, hi int) {
			return func(lo, hi int) {
				for a := first + lo; a < first+hi; a++ {
					for _, u := range b.buyers(int(items[a])) {
						addRow(g.data[a*n:(a+1)*n], a, m.Row(int(u)), local, weight[u])
					}
				}
			}
		})
		first = end
	})
	return g
}

func addRow(to []float64, a int, row, local []int32, w float64) {
	for _, j := range row {
		switch b := int(local[j]); {
		case b >= a:
			to[b] += w
		case b >= 0:
			to[b]++
		}
	}
}

// coefficients puts the edges of B into lists.
func coefficients(p symmetric, items []int32, top int, lists [][]Edge) {
	n := p.n
	if top == 0 {
		top = n
	}
	inChunks(n, func() func(lo, hi int) {
		row := make([]Edge, 0, n)
		return func(lo, hi int) {
			for a := lo; a < hi; a++ {
				row = row[:0]
				for b := range n {
					x, y := min(a, b), max(a, b)
					s := float32(-p.data[x*n+y] / p.data[b*n+b])
					if a != b && s != 0 && !math.IsNaN(float64(s)) && !math.IsInf(float64(s), 0) {
						row = append(row, Edge{Item: items[b], Common: int32(p.data[y*n+x]), Score: s})
					}
				}
				lists[items[a]] = append([]Edge(nil), strongest(row, top)...)
			}
		}
	})
}
