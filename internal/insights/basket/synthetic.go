package basket

import (
	"context"
	"math"
	"math/rand"
	"slices"
	"sort"
)

// The synthetic company sells products in families of familySize.
const (
	syntheticProducts = 20_000
	familySize        = 50
	syntheticDays     = 1095
)

// synthetic are the sales of a company that does not exist, in which every
// product draws three others with it.
type synthetic struct {
	lines   []sold   // in order of customers and days
	basket  []int32  // of each line
	baskets int      // their number
	planted [][2]int // the pairs that draw each other, each once, lesser product first
}

// generate makes the sales of customers; the same seed always makes the same,
// and fewer customers the first of them. It is the generator that the
// published figures of 1,000,000 customers were measured with, at seed 42:
// therefore the old source of random numbers, whose numbers never change.
func generate(seed int64, customers int) *synthetic {
	g := newGenerator(seed)
	s := &synthetic{planted: g.planted()}
	for c := range customers {
		g.customer(s, int32(c))
	}
	return s
}

// A generator draws sales. Its draws come in a fixed order: don't reorder.
type generator struct {
	rng        *rand.Rand
	popularity []float64   // cumulative over the products
	families   []float64   // cumulative over the families
	within     [][]float64 // cumulative over the products of each family
	drawn      [][3]int    // by each product
}

func newGenerator(seed int64) *generator {
	g := &generator{rng: rand.New(rand.NewSource(seed))}
	weight := make([]float64, syntheticProducts)
	for rank, p := range g.rng.Perm(syntheticProducts) {
		weight[p] = 1 / math.Pow(float64(rank)+5, .9)
	}
	g.popularity = cumulative(weight)
	family := make([]float64, 0, syntheticProducts/familySize)
	for w := range slices.Chunk(weight, familySize) {
		c := cumulative(w)
		g.within = append(g.within, c)
		family = append(family, c[familySize-1])
	}
	g.families = cumulative(family)
	g.drawn = make([][3]int, syntheticProducts)
	for i := range g.drawn {
		for k := range g.drawn[i] {
			g.drawn[i][k] = g.pick(g.popularity)
		}
	}
	// The published generator drew prices here.
	for range syntheticProducts {
		g.gamma(1.2)
	}
	return g
}

func cumulative(w []float64) []float64 {
	c := make([]float64, len(w))
	sum := 0.
	for i, v := range w {
		sum += v
		c[i] = sum
	}
	return c
}

func (g *generator) pick(cumulative []float64) int {
	return sort.SearchFloat64s(cumulative, g.rng.Float64()*cumulative[len(cumulative)-1])
}

// gamma draws from the gamma distribution of shape k and scale 1 (Marsaglia &
// Tsang 2000).
func (g *generator) gamma(k float64) float64 {
	boost := 1.
	if k < 1 {
		boost = math.Pow(g.rng.Float64(), 1/k)
		k++
	}
	d := k - 1./3
	c := 1 / math.Sqrt(9*d)
	for {
		z := g.rng.NormFloat64()
		v := 1 + c*z
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(g.rng.Float64()) < .5*z*z+d-d*v+d*math.Log(v) {
			return d * v * boost
		}
	}
}

// customer adds the purchases of one customer, who buys at a rate of their
// own until they leave for good.
func (g *generator) customer(s *synthetic, c int32) {
	day := syntheticDays - (1 + g.rng.Intn(syntheticDays))
	perDay := g.gamma(.8) / 12 / 7
	a, b := g.gamma(.8), g.gamma(2.5)
	leaves := a / (a + b)
	var families [3]int
	for i := range families {
		families[i] = g.pick(g.families)
	}
	size := 1 + g.gamma(1.5)*1.1
	for {
		g.order(s, c, int32(day), families, size)
		if g.rng.Float64() < leaves {
			return
		}
		day += 1 + int(g.rng.ExpFloat64()/perDay)
		if day > syntheticDays {
			return
		}
	}
}

// order adds one basket.
func (g *generator) order(s *synthetic, c, day int32, families [3]int, size float64) {
	n := min(40, 1+int(g.rng.ExpFloat64()*size))
	var p int
	for l := range n {
		u := g.rng.Float64()
		switch {
		case l > 0 && u < .25:
			p = g.drawn[p][g.rng.Intn(3)]
		case u < .6:
			p = families[g.rng.Intn(3)]*familySize + g.pick(g.within[families[0]])%familySize
		default:
			p = g.pick(g.popularity)
		}
		if g.rng.Float64() < .2 { // a quantity, which nothing here needs
			g.rng.Intn(4)
		}
		s.lines = append(s.lines, sold{c, Purchase{int32(p), day}})
		s.basket = append(s.basket, int32(s.baskets))
	}
	s.baskets++
}

// planted returns the pairs of products that draw each other.
func (g *generator) planted() [][2]int {
	var pairs [][2]int
	for i, others := range g.drawn {
		for _, j := range others {
			if i != j {
				pairs = append(pairs, [2]int{min(i, j), max(i, j)})
			}
		}
	}
	slices.SortFunc(pairs, func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(pairs)
}

// orders returns the baskets of s.
func (s *synthetic) orders() (*Baskets, error) {
	b := NewBuilder(syntheticProducts)
	var one []int32
	for i, l := range s.lines {
		one = append(one, l.Product)
		if i+1 < len(s.lines) && s.basket[i+1] == s.basket[i] {
			continue
		}
		if err := b.Add(one); err != nil {
			return nil, err
		}
		one = one[:0]
	}
	return b.Baskets(), nil
}

// A SyntheticReport is the evaluation over generated sales, in which it is
// known which products belong together.
type SyntheticReport struct {
	Customers int           `json:"customers"`
	Baskets   int           `json:"baskets"`
	Lines     int           `json:"lines"`
	Sets30    []int         `json:"sets_30"` // itemsets in 30 baskets or more, of one product, two, three and four
	Pairs     PairsReport   `json:"pairs"`
	Sequels   SequelsReport `json:"sequels"`

	Planted int `json:"planted"` // pairs that draw each other
	Kept    int `json:"kept"`    // of them published
	Family  int `json:"family"`  // published pairs of one family that are not planted
}

// EvaluateSynthetic mines the generated sales of so many customers: 1,000,000
// make ten million lines and take some minutes and 1.5 GB.
func EvaluateSynthetic(ctx context.Context, customers int) (SyntheticReport, error) {
	s := generate(42, customers)
	report := SyntheticReport{Customers: customers, Baskets: s.baskets, Lines: len(s.lines), Planted: len(s.planted)}
	b, err := s.orders()
	if err != nil {
		return report, err
	}
	sets, err := b.Itemsets(ctx, SetOptions{MinCount: 30, MaxItems: 4})
	if err != nil {
		return report, err
	}
	report.Sets30 = make([]int, 4)
	for i := range sets.nodes {
		report.Sets30[len(sets.path(nil, int32(i)))-1]++
	}
	found, err := b.Pairs(ctx, PairOptions{})
	if err != nil {
		return report, err
	}
	report.Kept, report.Family = s.known(found.Pairs)
	lines := make([]saleLine, len(s.lines))
	for i, l := range s.lines {
		lines[i] = saleLine{s.basket[i], l.Product}
	}
	if report.Pairs, err = evaluatePairs(ctx, b, lines, syntheticProducts); err != nil {
		return report, err
	}
	report.Sequels, err = evaluateSequels(ctx, s.lines, syntheticProducts, SequelOptions{})
	return report, err
}

// known counts the pairs that were planted, and those of one family.
func (s *synthetic) known(pairs []Pair) (planted, family int) {
	for _, p := range pairs {
		_, ok := slices.BinarySearchFunc(s.planted, [2]int{int(p.A), int(p.B)}, func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
		switch {
		case ok:
			planted++
		case p.A/familySize == p.B/familySize:
			family++
		}
	}
	return planted, family
}
