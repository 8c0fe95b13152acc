package basket

import (
	"cmp"
	"context"
	"io"
	"math/rand/v2"
	"slices"
)

// nullSeeds are the shuffles that a null test makes.
const nullSeeds = 5

// A RuleCount says how many rules there are at some support and confidence.
type RuleCount struct {
	Support    float64 `json:"support"`
	Confidence float64 `json:"confidence"`
	MinCount   int     `json:"min_count"` // baskets, of the support
	Itemsets   int     `json:"itemsets"`
	Rules      int     `json:"rules"` // without those with nothing on the left
}

// A NamedRule is a rule with the names of its products and all measures.
type NamedRule struct {
	If       []string `json:"if"`
	Then     string   `json:"then"`
	Counts   Table    `json:"counts"`
	Measures Measures `json:"measures"`
}

// A PairsReport says how many pairs of products are published, on the data
// and on data where that is chance.
type PairsReport struct {
	Products   int   `json:"products"`
	Candidates int   `json:"candidates"` // pairs in ten baskets or more
	Published  int   `json:"published"`
	Findings   int   `json:"findings"` // rules of three products in 30 baskets or more that pairs don't explain
	Shuffled   []int `json:"shuffled"` // pairs and findings with products permuted over the lines, one a seed; must be 0
}

// A GroceriesReport is the evaluation over Groceries of arules.
type GroceriesReport struct {
	Baskets int         `json:"baskets"`
	Counts  []RuleCount `json:"counts"`
	Top     NamedRule   `json:"top"` // the rule of greatest lift at support .001, confidence .5
	Pairs   PairsReport `json:"pairs"`
}

// EvaluateGroceries mines the baskets of arules' Groceries, whose counts are
// published: a CSV file with the columns transaction_id and item.
func EvaluateGroceries(ctx context.Context, r io.Reader) (GroceriesReport, error) {
	lines, names, err := readGroceries(r)
	if err != nil {
		return GroceriesReport{}, err
	}
	b, err := basketsOf(lines, len(names))
	if err != nil {
		return GroceriesReport{}, err
	}
	report := GroceriesReport{Baskets: b.Len()}
	for _, c := range []RuleCount{
		{Support: .001, Confidence: .5}, {Support: .001, Confidence: .6}, {Support: .001, Confidence: .8},
		{Support: .001, Confidence: .9}, {Support: .002, Confidence: .5}, {Support: .005, Confidence: .3},
		{Support: .005, Confidence: .5}, {Support: .006, Confidence: .25},
		{Support: .01, Confidence: .25}, {Support: .01, Confidence: .5},
	} {
		c.MinCount = MinCount(c.Support, b.Len())
		sets, err := b.Itemsets(ctx, SetOptions{MinCount: c.MinCount})
		if err != nil {
			return report, err
		}
		c.Itemsets = sets.Len()
		for range sets.Rules(RuleOptions{MinConfidence: c.Confidence}) {
			c.Rules++
		}
		report.Counts = append(report.Counts, c)
	}
	if report.Top, err = topByLift(ctx, b, names); err != nil {
		return report, err
	}
	report.Pairs, err = evaluatePairs(ctx, b, lines, len(names))
	return report, err
}

func topByLift(ctx context.Context, b *Baskets, names []string) (NamedRule, error) {
	sets, err := b.Itemsets(ctx, SetOptions{MinCount: MinCount(.001, b.Len())})
	if err != nil {
		return NamedRule{}, err
	}
	best := Best(sets.Rules(RuleOptions{MinConfidence: .5}), 1, func(r Rule) float64 { return r.Lift() })
	if len(best) == 0 {
		return NamedRule{}, nil
	}
	top := NamedRule{Then: names[best[0].Then], Counts: best[0].Table, Measures: best[0].Measures()}
	for _, p := range best[0].If {
		top.If = append(top.If, names[p])
	}
	slices.Sort(top.If)
	return top, nil
}

// basketsOf joins lines, in any order, to baskets, those of which no line
// tells left out.
func basketsOf(lines []saleLine, products int) (*Baskets, error) {
	most := int32(-1)
	for _, l := range lines {
		most = max(most, l.basket)
	}
	held := make([][]int32, most+1)
	for _, l := range lines {
		held[l.basket] = append(held[l.basket], l.product)
	}
	b := NewBuilder(products)
	for _, h := range held {
		if len(h) == 0 {
			continue
		}
		if err := b.Add(h); err != nil {
			return nil, err
		}
	}
	return b.Baskets(), nil
}

// evaluatePairs publishes the pairs and findings of b, whose lines are given,
// and of the same lines with the products permuted.
func evaluatePairs(ctx context.Context, b *Baskets, lines []saleLine, products int) (PairsReport, error) {
	pairs, findings, err := publish(ctx, b)
	if err != nil {
		return PairsReport{}, err
	}
	report := PairsReport{Products: products, Candidates: pairs.Candidates, Published: len(pairs.Pairs), Findings: len(findings)}
	lines = slices.Clone(lines)
	for seed := range uint64(nullSeeds) {
		shuffle(seed, len(lines), func(i, j int) { lines[i].product, lines[j].product = lines[j].product, lines[i].product })
		b, err := basketsOf(lines, products)
		if err != nil {
			return report, err
		}
		pairs, findings, err := publish(ctx, b)
		if err != nil {
			return report, err
		}
		report.Shuffled = append(report.Shuffled, len(pairs.Pairs)+len(findings))
	}
	return report, nil
}

func publish(ctx context.Context, b *Baskets) (*Pairs, []Finding, error) {
	pairs, err := b.Pairs(ctx, PairOptions{})
	if err != nil {
		return nil, nil, err
	}
	findings, err := b.Findings(ctx, FindingOptions{MinCount: 30, MaxItems: 3})
	return pairs, findings, err
}

func shuffle(seed uint64, n int, swap func(i, j int)) {
	rand.New(rand.NewPCG(seed, 0)).Shuffle(n, swap)
}

// EvaluateRetailPairs publishes the pairs of products in the invoices of UCI
// Online Retail, a CSV file with that data's columns.
func EvaluateRetailPairs(ctx context.Context, r io.Reader) (PairsReport, error) {
	retail, products, err := readRetail(r)
	if err != nil {
		return PairsReport{}, err
	}
	lines := make([]saleLine, len(retail))
	for i, l := range retail {
		lines[i] = l.saleLine
	}
	b, err := basketsOf(lines, products)
	if err != nil {
		return PairsReport{}, err
	}
	return evaluatePairs(ctx, b, lines, products)
}

// A SequelsReport says how many sequels are published, on the data and on
// data where that is chance.
type SequelsReport struct {
	Customers  int   `json:"customers"`
	Candidates int   `json:"candidates"` // ordered pairs with ten customers or more
	Published  int   `json:"published"`
	Shuffled   []int `json:"shuffled"` // published with products permuted over the lines, one a seed; must be 0
}

// EvaluateRetailSequels publishes what the customers of UCI Online Retail, a
// CSV file with that data's columns, buy within 90 days after what.
func EvaluateRetailSequels(ctx context.Context, r io.Reader, onlyNew bool) (SequelsReport, error) {
	lines, products, err := readRetail(r)
	if err != nil {
		return SequelsReport{}, err
	}
	sold := make([]sold, len(lines))
	for i, l := range lines {
		sold[i].customer = l.customer
		sold[i].Purchase = Purchase{l.product, l.day}
	}
	return evaluateSequels(ctx, sold, products, SequelOptions{OnlyNew: onlyNew})
}

// sold is a purchase of a customer.
type sold struct {
	customer int32
	Purchase
}

// evaluateSequels publishes the sequels of lines, and of the same lines with
// the products permuted.
func evaluateSequels(ctx context.Context, lines []sold, products int, o SequelOptions) (SequelsReport, error) {
	lines = slices.Clone(lines)
	slices.SortStableFunc(lines, func(a, b sold) int { return cmp.Compare(a.customer, b.customer) })
	run := func() (customers, candidates, published int, err error) {
		h, err := historiesOf(lines, products)
		if err != nil {
			return 0, 0, 0, err
		}
		found, err := h.Sequels(ctx, o)
		if err != nil {
			return 0, 0, 0, err
		}
		return h.Len(), found.Candidates, len(found.Sequels), nil
	}
	var report SequelsReport
	var err error
	if report.Customers, report.Candidates, report.Published, err = run(); err != nil {
		return report, err
	}
	for seed := range uint64(nullSeeds) {
		shuffle(seed, len(lines), func(i, j int) { lines[i].Product, lines[j].Product = lines[j].Product, lines[i].Product })
		_, _, n, err := run()
		if err != nil {
			return report, err
		}
		report.Shuffled = append(report.Shuffled, n)
	}
	return report, nil
}

// historiesOf joins lines, which are in order of customers, to histories.
func historiesOf(lines []sold, products int) (*Histories, error) {
	b := NewHistoryBuilder(products)
	var one []Purchase
	for i, l := range lines {
		one = append(one, l.Purchase)
		if i+1 < len(lines) && lines[i+1].customer == l.customer {
			continue
		}
		if err := b.Add(one); err != nil {
			return nil, err
		}
		one = one[:0]
	}
	return b.Histories(), nil
}
