package basket

import (
	"context"
	"iter"
)

// A TestedRule is a rule with what chance explains of it.
type TestedRule struct {
	Rule
	Expected float64 `json:"expected"` // baskets with all products by chance
	P        float64 `json:"p"`        // the chance of that many or more
}

// AdjustedLift returns how many times more often Then is bought with If than
// the sizes of the baskets explain; 0 if nothing is expected.
func (r TestedRule) AdjustedLift() float64 {
	if !(r.Expected > 0) {
		return 0
	}
	return float64(r.XY) / r.Expected
}

// Rules returns all rules of the sets of products that occur often enough, and
// how many sets there are.
//
// Chance is products dealt to baskets that keep their sizes. For one product
// on the left the expectation is that of Pairs, n_X·n_Y·S2/S1²; for more it is
// n_Y/S1 times the number of other products in the baskets with X, which is
// where Y could lie: baskets with X are larger than others. P is the Poisson
// tail; it is not adjusted for how many rules there are, and a rule with
// several products on the left may owe all to a part of them: Pairs and
// Findings publish with regard to both. Nothing on the left explains all.
//
// It fails as Itemsets does.
func (b *Baskets) Rules(ctx context.Context, sets SetOptions, o RuleOptions) (iter.Seq[TestedRule], int, error) {
	sets.others = true
	s, err := b.Itemsets(ctx, sets)
	if err != nil {
		return nil, 0, err
	}
	perProducts, places := b.sizeFactor(), float64(max(b.Lines(), 1))
	return func(yield func(TestedRule) bool) {
		s.each(o, func(path []int32, j int, r Rule) bool {
			t := TestedRule{Rule: r, Expected: float64(r.Y), P: 1}
			switch len(r.If) {
			case 0:
			case 1:
				t.Expected = float64(r.X) * float64(r.Y) * perProducts
			default:
				t.Expected = float64(r.Y) / places * float64(s.nodes[s.without(path, j, -1)].others)
			}
			if len(r.If) > 0 {
				t.P = PoissonTail(r.XY, t.Expected)
			}
			return yield(t)
		})
	}, s.Len(), nil
}
