package kernel

import (
	"cmp"
	"math"
	"slices"
)

// An Edge says how strongly one item speaks for another.
type Edge struct {
	Item   int32   // the item that is spoken for
	Common int32   // customers who bought both
	Score  float32 // finite; below 0 (EASE only) it speaks against
}

// A Graph holds the best edges of every item, and the counts behind them.
// It is not changed once built, and safe for concurrent use.
type Graph struct {
	customers int
	buyers    []int32 // of each item
	start     []int64 // the edges of item i are edges[start[i]:start[i+1]]
	edges     []Edge
}

// Items returns the number of items.
func (g *Graph) Items() int { return len(g.buyers) }

// Customers returns how many customers the graph was learned from, those who
// bought at least one item.
func (g *Graph) Customers() int { return g.customers }

// Buyers returns how many customers bought item i, 0 for an unknown item.
func (g *Graph) Buyers(i int32) int32 {
	if i < 0 || int(i) >= len(g.buyers) {
		return 0
	}
	return g.buyers[i]
}

// Edges returns what item i speaks for, the strongest first (by absolute
// score, then by item); nothing for an unknown item. It must not be changed.
func (g *Graph) Edges(i int32) []Edge {
	if i < 0 || int(i) >= len(g.buyers) {
		return nil
	}
	return g.edges[g.start[i]:g.start[i+1]]
}

// edge returns the edge from i to j.
func (g *Graph) edge(i, j int32) (Edge, bool) {
	for _, e := range g.Edges(i) {
		if e.Item == j {
			return e, true
		}
	}
	return Edge{}, false
}

// newGraph joins the edges of the items of m, whose counts are of profiles.
func newGraph(m *Matrix, lists [][]Edge) *Graph {
	g := &Graph{buyers: m.Buyers(), start: make([]int64, len(lists)+1)}
	for u := range m.Rows() {
		if len(m.Row(u)) > 0 {
			g.customers++
		}
	}
	n := 0
	for _, l := range lists {
		n += len(l)
	}
	g.edges = make([]Edge, 0, n)
	for i, l := range lists {
		g.edges = append(g.edges, l...)
		g.start[i+1] = int64(len(g.edges))
	}
	g.recount(m)
	return g
}

// recount adds to the counts of the edges who bought both, one of them beyond
// the profile.
func (g *Graph) recount(m *Matrix) {
	const within, without = 1, 2
	has := make([]byte, m.cols) // of one customer
	for _, r := range m.beyond {
		row := m.Row(r.row)
		for _, i := range row {
			has[i] = within
		}
		for _, i := range r.items {
			has[i] = without
		}
		for _, items := range [][]int32{row, r.items} {
			for _, i := range items {
				edges := g.edges[g.start[i]:g.start[i+1]]
				for k := range edges {
					if has[i]|has[edges[k].Item] > within && has[edges[k].Item] > 0 {
						edges[k].Common++
					}
				}
			}
		}
		for _, items := range [][]int32{row, r.items} {
			for _, i := range items {
				has[i] = 0
			}
		}
	}
}

// NewGraph returns the graph with the given edges, for graphs that were
// stored: customers and buyers as Customers and Buyers gave them, edges of
// each item. Edges to unknown items, to the item itself and without a finite
// score are left out.
func NewGraph(customers int, buyers []int32, edges func(i int32) []Edge) *Graph {
	g := &Graph{customers: customers, buyers: slices.Clone(buyers), start: make([]int64, len(buyers)+1)}
	for i := range buyers {
		for _, e := range edges(int32(i)) {
			s := float64(e.Score)
			if e.Item >= 0 && int(e.Item) < len(buyers) && int(e.Item) != i && !math.IsNaN(s) && !math.IsInf(s, 0) {
				g.edges = append(g.edges, e)
			}
		}
		slices.SortFunc(g.edges[g.start[i]:], stronger)
		g.start[i+1] = int64(len(g.edges))
	}
	return g
}

// Cut returns the graph with at most top edges of each item, the strongest.
func (g *Graph) Cut(top int) *Graph {
	return NewGraph(g.customers, g.buyers, func(i int32) []Edge {
		e := g.Edges(i)
		return e[:min(len(e), max(top, 0))]
	})
}

// stronger orders edges by absolute score, and equal ones by item.
func stronger(a, b Edge) int {
	return cmp.Or(cmp.Compare(abs(b.Score), abs(a.Score)), cmp.Compare(a.Item, b.Item))
}

func abs(x float32) float32 { return max(x, -x) }

// strongest sorts the n strongest edges to the front and returns them. The
// rest of edges is in no order.
func strongest(edges []Edge, n int) []Edge {
	if n < len(edges) {
		selectFirst(edges, n, stronger)
		edges = edges[:n]
	}
	slices.SortFunc(edges, stronger)
	return edges
}

// selectFirst moves the n least elements of s by compare to its front
// (quickselect, Hoare 1961, with the median of three). The elements must be
// all different.
func selectFirst[E any](s []E, n int, compare func(a, b E) int) {
	lo, hi := 0, len(s)-1
	for lo < hi {
		p := pivot(s, lo, hi, compare)
		i, j := lo, hi
		for i <= j {
			for compare(s[i], p) < 0 {
				i++
			}
			for compare(p, s[j]) < 0 {
				j--
			}
			if i <= j {
				s[i], s[j] = s[j], s[i]
				i++
				j--
			}
		}
		switch {
		case n-1 <= j:
			hi = j
		case n-1 >= i:
			lo = i
		default:
			return
		}
	}
}

func pivot[E any](s []E, lo, hi int, compare func(a, b E) int) E {
	a, b, c := s[lo], s[lo+(hi-lo)/2], s[hi]
	if compare(b, a) < 0 {
		a, b = b, a
	}
	if compare(c, a) < 0 {
		return a
	}
	if compare(c, b) < 0 {
		return c
	}
	return b
}
