package basket

import (
	"cmp"
	"iter"
	"slices"
)

// A Rule says that baskets with all products of If also hold Then.
type Rule struct {
	If    []int32 `json:"if"` // ascending; empty for how often Then is bought at all
	Then  int32   `json:"then"`
	Table `json:"counts"`
}

// RuleOptions say which rules are wanted.
type RuleOptions struct {
	MinConfidence float64 // 0 … 1, compared with ≥
	MaxItems      int     // products of If and Then together; 0 means as many as the sets have
	EmptyIf       bool    // also rules with nothing in If
}

// Rules yields the rules of the sets: of every set each product once as Then.
// They come in the order of the sets, and are the caller's to keep. What they
// say of the products is counted, not tested: see Pairs.
func (s *Sets) Rules(o RuleOptions) iter.Seq[Rule] {
	return func(yield func(Rule) bool) {
		s.each(o, func(_ []int32, _ int, r Rule) bool { return yield(r) })
	}
}

// each calls f with the rules of the sets, each with the path of its set and
// which product of that is Then, until f returns false.
func (s *Sets) each(o RuleOptions, f func(path []int32, j int, r Rule) bool) {
	var path []int32
	for i := range s.nodes {
		path = s.path(path[:0], int32(i))
		if o.MaxItems > 0 && len(path) > o.MaxItems {
			continue
		}
		for j := range path {
			if len(path) == 1 && !o.EmptyIf {
				continue
			}
			t := s.table(path, j)
			if float64(t.XY) < o.MinConfidence*float64(t.X)-1e-9 {
				continue
			}
			if !f(path, j, s.rule(path, j, t)) {
				return
			}
		}
	}
}

// path appends to path the nodes from the root down to node i.
func (s *Sets) path(path []int32, i int32) []int32 {
	for n := i; n >= 0; n = s.nodes[n].parent {
		path = append(path, n)
	}
	slices.Reverse(path)
	return path
}

// table returns the counts of the rule from the set of path without its j-th
// product to that product.
func (s *Sets) table(path []int32, j int) Table {
	t := Table{N: s.baskets, X: s.baskets, XY: int(s.nodes[path[len(path)-1]].count)}
	t.Y = int(s.nodes[s.nodes[path[j]].code].count)
	x := int32(-1)
	if j > 0 {
		x = path[j-1]
	}
	for _, n := range path[j+1:] {
		x = s.child(x, s.nodes[n].code)
	}
	if x >= 0 {
		t.X = int(s.nodes[x].count)
	}
	return t
}

// child returns the set of node n, −1 for the empty set, and the given code.
// Being part of a set that was found it was found itself.
func (s *Sets) child(n int32, code uint32) int32 {
	if n < 0 {
		return int32(code)
	}
	first := s.nodes[n].first
	children := s.nodes[first : first+s.nodes[n].children]
	i, _ := slices.BinarySearchFunc(children, code, func(n node, code uint32) int { return cmp.Compare(n.code, code) })
	return first + int32(i)
}

func (s *Sets) rule(path []int32, j int, t Table) Rule {
	r := Rule{If: make([]int32, 0, len(path)-1), Then: s.products[s.nodes[path[j]].code], Table: t}
	for i, n := range path {
		if i != j {
			r.If = append(r.If, s.products[s.nodes[n].code])
		}
	}
	slices.Sort(r.If)
	return r
}

// Best returns the n rules of greatest value, the best first; equal ones by
// their products. Values must not be NaN. It keeps no more than 2n rules.
func Best(rules iter.Seq[Rule], n int, value func(Rule) float64) []Rule {
	if n < 1 {
		return nil
	}
	type valued struct {
		Rule
		value float64
	}
	better := func(a, b valued) int {
		return cmp.Or(cmp.Compare(b.value, a.value), slices.Compare(a.If, b.If), cmp.Compare(a.Then, b.Then))
	}
	var best []valued
	full := false // the first n are in order
	for r := range rules {
		v := valued{r, value(r)}
		if full && better(best[n-1], v) < 0 {
			continue
		}
		best = append(best, v)
		if len(best) >= 2*n {
			slices.SortFunc(best, better)
			best, full = best[:n], true
		}
	}
	slices.SortFunc(best, better)
	top := make([]Rule, min(n, len(best)))
	for i := range top {
		top[i] = best[i].Rule
	}
	return top
}
