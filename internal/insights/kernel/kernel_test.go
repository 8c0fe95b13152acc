package kernel

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// build makes a matrix of the rows.
func build(t testing.TB, cols int, rows ...[]int32) *Matrix {
	t.Helper()
	b, err := NewBuilder(cols, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if err := b.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	return b.Matrix()
}

// someone draws customers whose items are few popular ones and many rare.
func someone(t testing.TB, rows, cols, most int, seed uint64) *Matrix {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, 1))
	b, err := NewBuilder(cols, 0)
	if err != nil {
		t.Fatal(err)
	}
	var row []int32
	for range rows {
		row = row[:0]
		for range 1 + rnd.IntN(most) {
			x := rnd.Float64()
			row = append(row, int32(x*x*float64(cols)))
		}
		if err := b.Add(row); err != nil {
			t.Fatal(err)
		}
	}
	return b.Matrix()
}

// All tests go through items in several bands, as for large companies.
func init() { leastBand = 1 }

func TestBuilder(t *testing.T) {
	b, err := NewBuilder(10, 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range [][]int32{{5, 1, 5, 9, 2}, {}, {0}} {
		if err := b.Add(row); err != nil {
			t.Fatal(err)
		}
	}
	for _, bad := range [][]int32{{10}, {-1}, {1, 2, 3, 4, 10}} {
		if b.Add(bad) == nil {
			t.Errorf("Add(%v) was not refused", bad)
		}
	}
	m := b.Matrix()
	if m.Rows() != 3 || m.Cols() != 10 || m.Len() != 4 {
		t.Errorf("%d × %d with %d", m.Rows(), m.Cols(), m.Len())
	}
	if got := m.Row(0); !slices.Equal(got, []int32{1, 5, 9}) {
		t.Errorf("kept %v, want the three newest in order", got)
	}
	at, want := 0, map[int][]int32{0: {2}, 1: {0}, 5: {0}, 9: {0}}
	m.byItem(func(b *band) {
		if b.from != at {
			t.Fatalf("a band from %d, want %d", b.from, at)
		}
		for ; at < b.to; at++ {
			if got := b.buyers(at); !slices.Equal(got, want[at]) {
				t.Errorf("buyers of %d: %v, want %v", at, got, want[at])
			}
		}
	})
	if at != m.Cols() {
		t.Errorf("bands up to %d of %d", at, m.Cols())
	}
	for _, bad := range [][2]int{{-1, 0}, {3, -1}} {
		if _, err := NewBuilder(bad[0], bad[1]); err == nil {
			t.Errorf("NewBuilder(%v) was not refused", bad)
		}
	}
}

// TestCountsBeyondProfiles checks that reasons tell of all who bought both,
// though of those who bought much only the newest items are learned from.
func TestCountsBeyondProfiles(t *testing.T) {
	const items = 12
	r := rand.New(rand.NewPCG(7, 7))
	b, err := NewBuilder(items, 4)
	if err != nil {
		t.Fatal(err)
	}
	var both [items][items]int32
	for range 300 {
		var list []int32
		for range r.IntN(20) {
			list = append(list, int32(r.IntN(items)))
		}
		if err := b.Add(list); err != nil {
			t.Fatal(err)
		}
		slices.Sort(list)
		list = slices.Compact(list)
		for _, i := range list {
			for _, j := range list {
				both[i][j]++
			}
		}
	}
	m := b.Matrix()
	near, err := Neighbours(m, Usual(), Cut{})
	if err != nil {
		t.Fatal(err)
	}
	ease, err := EASE(m, EASEOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range []*Graph{near, ease} {
		n := 0
		for i := range int32(items) {
			if g.Buyers(i) != both[i][i] {
				t.Errorf("%d has %d buyers, want %d", i, g.Buyers(i), both[i][i])
			}
			for _, e := range g.Edges(i) {
				n++
				if e.Common != both[i][e.Item] {
					t.Errorf("%d bought %d and %d, want %d", e.Common, i, e.Item, both[i][e.Item])
				}
			}
		}
		if n == 0 {
			t.Error("there are no edges")
		}
	}
}

// TestNeighboursByDefinition compares the kernel with the formula of Measure,
// pair by pair.
func TestNeighboursByDefinition(t *testing.T) {
	m := someone(t, 120, 15, 8, 1)
	for name, k := range map[string]Measure{
		"count": {}, "cosine": Cosine(0), "cosine shrunk": Cosine(10), "confidence": Confidence(),
		"lift": Lift(), "tf-idf": TFIDF(), "rp3": Usual(), "p3": RP3(1, 0),
	} {
		t.Run(name, func(t *testing.T) {
			g, err := Neighbours(m, k, Cut{MinCommon: 2, Top: 15})
			if err != nil {
				t.Fatal(err)
			}
			for i := range int32(15) {
				compareEdges(t, m, k, i, g.Edges(i))
			}
		})
	}
}

func compareEdges(t *testing.T, m *Matrix, k Measure, i int32, edges []Edge) {
	t.Helper()
	if !slices.IsSortedFunc(edges, stronger) {
		t.Errorf("the edges of %d are not sorted: %v", i, edges)
	}
	for j := range int32(m.Cols()) {
		common, score := defined(m, k, i, j)
		at := slices.IndexFunc(edges, func(e Edge) bool { return e.Item == j })
		if want := i != j && common >= 2 && score > 0; want != (at >= 0) {
			t.Errorf("%d→%d: at %d of the edges, %d in common, score %g", i, j, at, common, score)
		} else if want && (int(edges[at].Common) != common || math.Abs(float64(edges[at].Score)-score) > 1e-6*score) {
			t.Errorf("%d→%d: %+v, want %d and %g", i, j, edges[at], common, score)
		}
	}
}

// defined is s(i→j) by the formula, slowly.
func defined(m *Matrix, k Measure, i, j int32) (common int, score float64) {
	var ni, nj, top float64
	for u := range m.Rows() {
		row := m.Row(u)
		w := 1.0
		switch n := float64(len(row)); k.Weight {
		case ByProfile:
			w = 1 / math.Pow(n, k.Power)
		case InverseFrequency:
			w = math.Pow(math.Log(float64(m.Cols())/(1+n)), 2)
		}
		norm := 1.0
		if k.WeightedNorms {
			norm = w
		}
		hasI, hasJ := slices.Contains(row, i), slices.Contains(row, j)
		if hasI {
			ni += norm
		}
		if hasJ {
			nj += norm
		}
		if hasI && hasJ {
			common++
			top += w
		}
	}
	return common, top / (math.Pow(ni, k.A)*math.Pow(nj, k.B) + k.Shrink)
}

// TestEASEOptimal checks the condition of the minimum in Steck's paper:
// (XᵀX + λI)B − XᵀX is 0 outside of the diagonal, and B is 0 on it.
func TestEASEOptimal(t *testing.T) {
	m := someone(t, 300, 20, 9, 2)
	const lambda = 7
	g, err := EASE(m, EASEOptions{Lambda: lambda, MinCustomers: 1})
	if err != nil {
		t.Fatal(err)
	}
	n := m.Cols()
	x := make([][]float64, n)
	for i := range x {
		x[i] = make([]float64, n)
	}
	for u := range m.Rows() {
		for _, i := range m.Row(u) {
			for _, j := range m.Row(u) {
				x[i][j]++
			}
		}
	}
	for i := range n {
		for j := range n {
			left := lambda * coefficient(g, i, j)
			for k := range n {
				left += x[i][k] * coefficient(g, k, j)
			}
			if i != j && math.Abs(left-x[i][j]) > 1e-4 {
				t.Errorf("at %d, %d: %g, want %g", i, j, left, x[i][j])
			}
		}
		for _, e := range g.Edges(int32(i)) {
			if float64(e.Common) != x[i][e.Item] || int(e.Item) == i {
				t.Errorf("%d: %+v, want %g in common", i, e, x[i][e.Item])
			}
		}
	}
}

func coefficient(g *Graph, i, j int) float64 {
	e, _ := g.edge(int32(i), int32(j))
	return float64(e.Score)
}

func TestEASEHead(t *testing.T) {
	m := build(t, 6, []int32{0, 1, 2}, []int32{1, 2, 3}, []int32{1, 3}, []int32{2, 3, 5}, []int32{5})
	g, err := EASE(m, EASEOptions{MinCustomers: 2, MaxItems: 3})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{0, 2, 2, 2, 0, 0} {
		if got := len(g.Edges(int32(i))); got != want {
			t.Errorf("item %d has %d edges, want %d", i, got, want)
		}
	}
	top, err := EASE(m, EASEOptions{MinCustomers: 2, MaxItems: 3, Top: 1})
	if err != nil || len(top.Edges(1)) != 1 || top.Edges(1)[0] != g.Edges(1)[0] {
		t.Errorf("the strongest of %v is %v, %v", g.Edges(1), top.Edges(1), err)
	}
	if g.Customers() != 5 || g.Buyers(3) != 3 || g.Buyers(-1) != 0 || g.Buyers(6) != 0 || g.Edges(6) != nil {
		t.Errorf("%d customers, %d buyers", g.Customers(), g.Buyers(3))
	}
	for _, empty := range []*Matrix{build(t, 0), build(t, 3), build(t, 3, nil, nil), build(t, 1, []int32{0})} {
		g, err := EASE(empty, EASEOptions{MinCustomers: 1})
		if err != nil || len(g.edges) > 0 {
			t.Errorf("of nothing: %v, %v", g, err)
		}
		if g, err := Neighbours(empty, Usual(), Cut{}); err != nil || len(g.edges) > 0 {
			t.Errorf("of nothing: %v, %v", g, err)
		}
	}
}

func TestRefused(t *testing.T) {
	m := build(t, 3, []int32{0, 1})
	nan := math.NaN()
	for _, o := range []EASEOptions{{Lambda: -1}, {Lambda: nan}, {Lambda: math.Inf(1)}, {MinCustomers: -1}, {MaxItems: MaxEASE + 1}, {Top: -1}, {Power: 3}, {Weight: 9}} {
		if _, err := EASE(m, o); err == nil {
			t.Errorf("EASE with %+v was not refused", o)
		}
	}
	for _, k := range []Measure{{A: nan}, {B: -1}, {Shrink: nan}, {Shrink: math.Inf(1)}, {Weight: -1}, RP3(3, 0)} {
		if _, err := Neighbours(m, k, Cut{}); err == nil {
			t.Errorf("%+v was not refused", k)
		}
	}
	for _, c := range []Cut{{MinCommon: -1}, {Top: -1}} {
		if _, err := Neighbours(m, Usual(), c); err == nil {
			t.Errorf("%+v was not refused", c)
		}
	}
}

// TestSameAtAnyCores learns with one, two and eight cores. The catalogue is
// large enough for gonum to share out its work.
func TestSameAtAnyCores(t *testing.T) {
	m := someone(t, 4000, 700, 30, 3)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var kernel, ease *Graph
	for _, cores := range []int{1, 2, 8} {
		runtime.GOMAXPROCS(cores)
		k, err := Neighbours(m, Usual(), Cut{})
		if err != nil {
			t.Fatal(err)
		}
		e, err := EASE(m, EASEOptions{Weight: ByProfile, Power: .3})
		if err != nil {
			t.Fatal(err)
		}
		if cores == 1 {
			kernel, ease = k, e
		}
		if !slices.Equal(k.edges, kernel.edges) || !slices.Equal(e.edges, ease.edges) {
			t.Errorf("%d cores give other edges than one", cores)
		}
	}
}

// TestTopByDefinition compares Top with sums over all items, and Explain with
// Top to the bit.
func TestTopByDefinition(t *testing.T) {
	m := someone(t, 400, 40, 12, 4)
	g, err := EASE(m, EASEOptions{Lambda: 20, MinCustomers: 1})
	if err != nil {
		t.Fatal(err)
	}
	s := NewScorer(g)
	rapid.Check(t, func(t *rapid.T) {
		profile := rapid.SliceOf(rapid.Custom(func(t *rapid.T) Owned {
			return Owned{Item: rapid.Int32Range(-2, 42).Draw(t, "item"), Weight: rapid.SampledFrom([]float64{1, .5, .1, 0, -1, math.NaN(), math.Inf(1)}).Draw(t, "weight")}
		})).Draw(t, "profile")
		c := Choice{K: rapid.IntRange(0, 50).Draw(t, "k"), Owned: rapid.Bool().Draw(t, "owned")}
		if rapid.Bool().Draw(t, "factors") {
			c.Factor = rapid.SliceOfN(rapid.SampledFrom([]float64{1, 2, .3, 0, -1, math.NaN(), math.Inf(1)}), 30, 40).Draw(t, "factor")
		}
		var want []Candidate
		for j := range int32(40) {
			_, score := g.Explain(profile, j)
			if c.Factor != nil && score > 0 {
				score *= factor(c.Factor, j)
			}
			owned := slices.ContainsFunc(profile, func(o Owned) bool { return o.Item == j })
			if score > 0 && !math.IsInf(score, 1) && (c.Owned || !owned) {
				want = append(want, Candidate{Item: j, Score: score})
			}
		}
		slices.SortFunc(want, better)
		want = want[:min(len(want), c.K)]
		if got := s.Top(profile, c); !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

func TestExplain(t *testing.T) {
	// Of five customers four bought 0 (coffee), three 1 (filters), two both.
	m := build(t, 4, []int32{0, 1}, []int32{0, 1, 2}, []int32{0}, []int32{0, 2}, []int32{1}, nil)
	g, err := Neighbours(m, Confidence(), Cut{MinCommon: 1})
	if err != nil {
		t.Fatal(err)
	}
	profile := []Owned{{Item: 2, Weight: .5}, {Item: 0, Weight: 1}, {Item: 3, Weight: 1}}
	reasons, score := g.Explain(profile, 1)
	if alone := g.Score(profile, 1); alone != score {
		t.Errorf("the score alone is %v, explained %v", alone, score)
	}
	want := []Reason{
		{Item: 0, Contribution: .5, Common: 2, Buyers: 4, Usual: 3, Customers: 5},
		{Item: 2, Contribution: .25, Common: 1, Buyers: 2, Usual: 3, Customers: 5},
	}
	if d := cmp.Diff(want, reasons); d != "" || score != .75 {
		t.Errorf("score %g, reasons %s", score, d)
	}
	if r := reasons[0]; r.Share() != .5 || r.UsualShare() != .6 || math.Abs(r.Times()-5./6) > 1e-15 {
		t.Errorf("%g of the buyers, usually %g, %g times", r.Share(), r.UsualShare(), r.Times())
	}
	if (Reason{}).Times() != 0 {
		t.Error("nothing is known of no reason")
	}
}

func TestAged(t *testing.T) {
	for _, tt := range []struct{ days, half, want float64 }{
		{90, 90, .5}, {180, 90, .25}, {0, 90, 1}, {-5, 90, 1}, {10, 0, 1}, {10, math.NaN(), 1}, {math.NaN(), 90, 1}, {math.Inf(1), 90, 0},
	} {
		if got := Aged(tt.days, tt.half); got != tt.want {
			t.Errorf("Aged(%g, %g) = %g, want %g", tt.days, tt.half, got, tt.want)
		}
	}
}

func TestMomentum(t *testing.T) {
	got := Momentum([]int32{9, 0, -3}, []int32{4, 4, 1, 8}, 1)
	if want := []float64{2, .2, .5}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, none := range []float64{0, -1, math.NaN()} {
		if got := Momentum([]int32{9}, []int32{4}, none); got[0] != 1 {
			t.Errorf("with exponent %g %v", none, got)
		}
	}
}

// TestTopAll finds for everyone what Top finds.
func TestTopAll(t *testing.T) {
	m := someone(t, 500, 60, 10, 8)
	g, err := Neighbours(m, Usual(), Cut{MinCommon: 2})
	if err != nil {
		t.Fatal(err)
	}
	profile := func(u int, into []Owned) []Owned {
		for _, j := range m.Row(u) {
			into = append(into, Owned{Item: j, Weight: 1})
		}
		return into
	}
	all := make([][]Candidate, m.Rows())
	g.TopAll(m.Rows(), Choice{K: 5}, profile, func(u int, best []Candidate) { all[u] = slices.Clone(best) })
	s := NewScorer(g)
	for u := range all {
		if want := s.Top(profile(u, nil), Choice{K: 5}); len(want) == 0 || !slices.Equal(all[u], want) {
			t.Errorf("customer %d: %v, want %v", u, all[u], want)
		}
	}
}

// TestStored rebuilds a graph from its parts, as after a night in the database.
func TestStored(t *testing.T) {
	m := someone(t, 200, 20, 6, 5)
	g, err := Neighbours(m, Usual(), Cut{MinCommon: 2})
	if err != nil {
		t.Fatal(err)
	}
	again := NewGraph(g.Customers(), g.buyers, g.Edges)
	if !slices.Equal(again.edges, g.edges) || !slices.Equal(again.start, g.start) || again.Customers() != g.Customers() {
		t.Error("not the same")
	}
	for i, e := range []int{0, 3, 1} {
		if cut := g.Cut(e); len(cut.Edges(int32(i))) != min(e, len(g.Edges(int32(i)))) {
			t.Errorf("cut to %d: %v", e, cut.Edges(int32(i)))
		}
	}
	bad := NewGraph(3, []int32{2, 2}, func(i int32) []Edge {
		return []Edge{{Item: i}, {Item: 7}, {Item: -1}, {Item: 1 - i, Score: float32(math.NaN())}, {Item: 1 - i, Score: 2}}
	})
	if len(bad.edges) != 2 {
		t.Errorf("kept %v", bad.edges)
	}
}

func TestStrongest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		scores := rapid.SliceOf(rapid.SampledFrom([]float32{0, 1, -1, 2, 3, -4})).Draw(t, "scores")
		n := rapid.IntRange(1, 20).Draw(t, "n")
		edges := make([]Edge, len(scores))
		for i, s := range scores {
			edges[i] = Edge{Item: int32(i), Score: s}
		}
		want := slices.SortedFunc(slices.Values(edges), stronger)
		want = want[:min(n, len(want))]
		if got := strongest(edges, n); !slices.Equal(got, want) {
			t.Fatalf("strongest(%d) = %v, want %v", n, got, want)
		}
	})
}

func BenchmarkNeighbours(b *testing.B) {
	m := someone(b, 1_000_000, 20_000, 19, 6) // about nine million pairs
	b.ReportMetric(float64(m.Len()), "pairs")
	for b.Loop() {
		if _, err := Neighbours(m, Usual(), Cut{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTop(b *testing.B) {
	m := someone(b, 200_000, 20_000, 19, 6)
	g, err := Neighbours(m, Usual(), Cut{MinCommon: 1})
	if err != nil {
		b.Fatal(err)
	}
	factor := make([]float64, g.Items())
	for j := range factor {
		factor[j] = 1 + float64(j%7)
	}
	for _, n := range []int{9, 20, 50} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			rnd := rand.New(rand.NewPCG(1, 1))
			profiles := make([][]Owned, 1000)
			for u := range profiles {
				for range n {
					profiles[u] = append(profiles[u], Owned{Item: rnd.Int32N(20_000), Weight: rnd.Float64()})
				}
			}
			s := NewScorer(g)
			u := 0
			for b.Loop() {
				s.Top(profiles[u%1000], Choice{K: 10, Factor: factor})
				u++
			}
		})
	}
}

func BenchmarkEASE(b *testing.B) {
	for _, n := range []int{1000, 2000} {
		m := someone(b, 50_000, n, 40, 7)
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			for b.Loop() {
				if _, err := EASE(m, EASEOptions{Top: 100}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
