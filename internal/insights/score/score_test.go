package score_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/akrab-crm/akrab/internal/insights/score"
)

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s is %.8g, want %.8g ± %g", what, got, want, within)
	}
}

// R: glm(am ~ wt, binomial, mtcars) gives 12.04037 − 4.02397·wt.
func TestLogisticIsThatOfR(t *testing.T) {
	weights := []float64{
		2.620, 2.875, 2.320, 3.215, 3.440, 3.460, 3.570, 3.190, 3.150, 3.440, 3.440, 4.070, 3.730, 3.780, 5.250, 5.424,
		5.345, 2.200, 1.615, 1.835, 2.465, 3.520, 3.435, 3.840, 3.845, 1.935, 2.140, 1.513, 3.170, 2.770, 3.570, 2.780,
	}
	manual := "11100000000000000111000001111111"
	var cases []score.Case
	var yes []bool
	for i, w := range weights {
		cases = append(cases, score.Case{score.Number(w)})
		yes = append(yes, manual[i] == '1')
	}
	m, err := score.FitLogistic([]score.Field{{Name: "wt", Form: score.Line}}, cases, yes, score.Options{Ridge: 1e-9, Least: 1})
	if err != nil {
		t.Fatal(err)
	}
	slope := m.Weights[0] / m.Fields[0].SD
	near(t, "slope", slope, -4.02397, 1e-4)
	near(t, "constant", m.Constant-slope*m.Fields[0].Mean, 12.04037, 1e-4)
}

// fields and sample are a made-up shop: chats are won, and so is patience.
func fields() []score.Field {
	return []score.Field{{Name: "source", Form: score.Words}, {Name: "minutes", Form: score.Tenths}, {Name: "age", Form: score.Line}}
}

func sample(n int, seed uint64) (cases []score.Case, yes []bool) {
	r := rand.New(rand.NewPCG(seed, 1))
	for range n {
		source, minutes, age := []string{"chat", "mail", "shop", ""}[r.IntN(4)], r.ExpFloat64()*10, 20+r.Float64()*50
		z := -1.
		if source == "chat" {
			z += 1.5
		}
		if minutes > 8 {
			z += 1
		}
		c := score.Case{score.Word(source), score.Number(minutes), score.Number(age)}
		if r.IntN(10) == 0 {
			c = c[:1]
		}
		cases, yes = append(cases, c), append(yes, r.Float64() < 1/(1+math.Exp(-z)))
	}
	return cases, yes
}

func TestPushesSumToTheLogOdds(t *testing.T) {
	cases, yes := sample(3000, 1)
	m, err := score.FitLogistic(fields(), cases, yes, score.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := score.FitBayes(fields(), cases, yes, 0)
	if err != nil {
		t.Fatal(err)
	}
	predicted, mean, won := 0., make([]float64, 3), 0.
	for i, c := range cases {
		z := m.Base()
		for _, p := range m.Explain(c) {
			z += p.LogOdds
			mean[p.Field] += p.LogOdds
		}
		near(t, "sum of pushes", z, m.LogOdds(c), 1e-9)
		predicted += m.Predict(c)
		if yes[i] {
			won++
		}
		if p := b.Explain(c); len(p) != 3 || math.Abs(p[0].LogOdds) < math.Abs(p[2].LogOdds) {
			t.Fatalf("%+v", p)
		}
	}
	near(t, "mean prediction", predicted/won, 1, 1e-7)
	for f, x := range mean {
		near(t, "mean push of field "+strconv.Itoa(f), x/3000, 0, 1e-12)
	}
	chat := score.Case{score.Word("chat"), score.Number(30), score.Number(40)}
	mail := score.Case{score.Word("mail"), score.Number(1), score.Number(40)}
	for _, model := range []score.Model{m, b} {
		if p := model.Explain(chat)[0]; p.Name != "source" || p.LogOdds < .8 {
			t.Errorf("%T: the strongest reason is %+v", model, p)
		}
		near(t, "patient chat", model.Predict(chat), 1/(1+math.Exp(-1.5)), .06)
		near(t, "hasty mail", model.Predict(mail), 1/(1+math.E), .06)
	}
	for _, e := range m.Effects() {
		if (e.From != nil || e.Below != nil) != (e.Field == "minutes") || (e.Word != "") != (e.Field == "source") {
			t.Errorf("%+v", e)
		}
	}
}

// What is stored says the same as what was fitted.
func TestModelsSurviveStorage(t *testing.T) {
	cases, yes := sample(800, 2)
	l, err := score.Learn(fields(), cases, yes, score.Options{})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	var back score.Learned
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases[:100] {
		if back.Predict(c) != l.Predict(c) || !reflect.DeepEqual(back.Explain(c), l.Explain(c)) {
			t.Fatalf("%v: %g, stored %g", c, l.Predict(c), back.Predict(c))
		}
	}
}

func TestLearnTakesWhatTheCasesBear(t *testing.T) {
	cases, yes := sample(4000, 3)
	if l, err := score.Learn(fields(), cases, yes, score.Options{}); err != nil || l.Kind != "logistic" || l.Other.Cases != 4000 || l.Quality.ECE > .03 {
		t.Errorf("4,000 cases: %+v, %v", l, err)
	}
	if l, err := score.Learn(fields(), cases[:80], yes[:80], score.Options{}); err != nil || l.Kind != "bayes" || l.Quality.LogLoss > .7 {
		t.Errorf("80 cases: %+v, %v", l, err)
	}
	if _, err := score.Learn(fields(), cases[:20], yes[:20], score.Options{}); !errors.Is(err, score.ErrFew) {
		t.Errorf("20 cases: %v", err)
	}
	// Where nothing says anything, everyone is like the mean.
	r := rand.New(rand.NewPCG(9, 9))
	for i := range yes {
		yes[i] = r.IntN(3) == 0
	}
	l, err := score.Learn(fields(), cases, yes, score.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases[:100] {
		near(t, "of noise", l.Predict(c), 1./3, .06)
	}
	if _, err := score.Learn(fields(), cases, make([]bool, 4000), score.Options{}); !errors.Is(err, score.ErrFew) {
		t.Errorf("all lost: %v", err)
	}
}

// Odoo's formula: the share of each value among the won and among the lost,
// .1 added to the counts.
func TestBayesCounts(t *testing.T) {
	words := []score.Field{{Name: "source", Form: score.Words}, {Name: "country", Form: score.Words}}
	var cases []score.Case
	var yes []bool
	add := func(n int, source, country string, won bool) {
		for range n {
			cases, yes = append(cases, score.Case{score.Word(source), score.Word(country)}), append(yes, won)
		}
	}
	add(6, "chat", "ID", true)
	add(2, "mail", "", true)
	add(3, "chat", "ID", false)
	add(9, "mail", "SG", false)
	b, err := score.FitBayes(words, cases, yes, .1)
	if err != nil {
		t.Fatal(err)
	}
	source := math.Log((6.1 / 8.2) / (3.1 / 12.2))
	near(t, "chat from nowhere", b.LogOdds(score.Case{score.Word("chat")}), math.Log(8./12)+source, 1e-12)
	country := math.Log((.1 / 6.2) / (9.1 / 12.2))
	near(t, "chat from SG", b.LogOdds(score.Case{score.Word("chat"), score.Word("SG")}), math.Log(8./12)+source+country, 1e-12)
	near(t, "of another world", b.LogOdds(score.Case{score.Word("moon")}), math.Log(8./12), 1e-12)

	// A case at a time makes the same as all at once.
	one, err := score.FitBayes(words, cases[:10], yes[:10], .1)
	if err != nil {
		t.Fatal(err)
	}
	one.Learn(score.Case{score.Word("moon")}, true)
	for i := 10; i < len(cases); i++ {
		one.Learn(cases[i], yes[i])
	}
	one.Forget(score.Case{score.Word("moon")}, true)
	if !reflect.DeepEqual(one, b) {
		t.Errorf("one by one %+v\nat once %+v", one, b)
	}
	for range 100 {
		one.Forget(score.Case{score.Word("chat"), score.Word("ID")}, true)
	}
	if p := one.Predict(cases[0]); !(p >= 0 && p <= 1) {
		t.Errorf("forgotten too often: %g", p)
	}
}

// R: isoreg(c(1,0,4,3,3,5,4,2,0))$yf; scikit-learn: [3,7,5,9,8,7,10] and ties.
func TestIsotonic(t *testing.T) {
	for _, tt := range []struct{ x, y, weight, want []float64 }{
		{nil, []float64{1, 0, 4, 3, 3, 5, 4, 2, 0}, nil, []float64{.5, .5, 3, 3, 3, 3, 3, 3, 3}},
		{nil, []float64{3, 7, 5, 9, 8, 7, 10}, nil, []float64{3, 6, 6, 8, 8, 8, 10}},
		{nil, []float64{10, 0, 2}, nil, []float64{4, 4, 4}},
		{nil, []float64{1, 0}, []float64{3, 1}, []float64{.75, .75}},
		{[]float64{1, 1, 2, 2}, []float64{0, 1, 0, 2}, nil, []float64{.5, .5, 1, 1}},
	} {
		x := tt.x
		if x == nil {
			for i := range tt.y {
				x = append(x, float64(i))
			}
		}
		c, err := score.FitIsotonic(x, tt.y, tt.weight)
		if err != nil {
			t.Fatal(err)
		}
		for i := range x {
			near(t, "height", c.At(x[i]), tt.want[i], 1e-12)
		}
	}
	c, _ := score.FitIsotonic([]float64{0, 10}, []float64{.2, .6}, nil)
	near(t, "between", c.At(2.5), .3, 1e-12)
	near(t, "below", c.At(-5), .2, 0)
	near(t, "above", c.At(math.Inf(1)), .6, 0)
	if c.At(math.NaN()) != 0 {
		t.Error("NaN has a height")
	}
	for _, bad := range []float64{math.NaN(), math.Inf(1), 1e300} {
		if _, err := score.FitIsotonic([]float64{bad}, []float64{1}, nil); err == nil {
			t.Errorf("%g was taken", bad)
		}
	}
}

// The curve rises, keeps the mean, and no other rising one is nearer: what is
// left of each block is 0 in the mean.
func TestIsotonicProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "n")
		x, y := make([]float64, n), make([]float64, n)
		for i := range x {
			x[i] = float64(rapid.IntRange(0, 20).Draw(t, "x"))
			y[i] = float64(rapid.IntRange(0, 5).Draw(t, "y"))
		}
		c, err := score.FitIsotonic(x, y, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.IsSorted(c.Y) || !slices.IsSorted(c.X) {
			t.Fatalf("%+v", c)
		}
		left := map[float64]float64{}
		for i := range x {
			h := c.At(x[i]) // of two points of a block it may differ by a rounding
			left[math.Round(h*1e9)/1e9] += y[i] - h
		}
		for h, d := range left {
			if math.Abs(d) > 1e-9 {
				t.Fatalf("at height %g %g is left", h, d)
			}
		}
	})
}

func TestAUCCountsPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 40).Draw(t, "n")
		rank, yes := make([]float64, n), make([]bool, n)
		for i := range rank {
			rank[i], yes[i] = float64(rapid.IntRange(-3, 3).Draw(t, "rank")), rapid.Bool().Draw(t, "yes")
		}
		yes[0], yes[1] = true, false
		sum, pairs := 0., 0.
		for i := range rank {
			for j := range rank {
				if !yes[i] || yes[j] {
					continue
				}
				pairs++
				if rank[i] > rank[j] {
					sum++
				} else if rank[i] == rank[j] {
					sum += .5
				}
			}
		}
		got, se, err := score.AUC(rank, yes)
		if err != nil || math.Abs(got-sum/pairs) > 1e-12 || !(se >= 0 && se <= .8) {
			t.Fatalf("%g ± %g, %v, want %g", got, se, err, sum/pairs)
		}
	})
}

func TestMeasure(t *testing.T) {
	var p []float64
	var yes []bool
	for i := range 1000 { // right by construction
		p = append(p, float64(i/100)/10+.05)
		yes = append(yes, i%100 < 5+10*(i/100))
	}
	q, err := score.Measure(p, yes)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "ECE", q.ECE, 0, 1e-12)
	near(t, "Brier", q.Brier, .1675, 1e-9) // Σ p(1−p)/10
	near(t, "base", q.BrierBase, .25, 1e-12)
	near(t, "lift", q.TopLift, 1.9, 1e-12)
	for i := range p {
		p[i] = 0
	}
	if q, err = score.Measure(p, yes); err != nil || q.AUC != .5 {
		t.Errorf("%+v, %v", q, err)
	}
	near(t, "log-loss of certainty", q.LogLoss, -.5*math.Log(1e-4)-.5*math.Log(1-1e-4), 1e-9)
	p[0] = math.NaN()
	if _, err := score.Measure(p, yes); err == nil {
		t.Error("NaN was measured")
	}
}

func TestDrift(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	normal := func(n int, mean float64) (xs []float64) {
		for range n {
			xs = append(xs, mean+r.NormFloat64())
		}
		return xs
	}
	alarms, above := 0, 0
	for range 400 {
		d, err := score.DriftNumbers("x", normal(300, 0), normal(60, 0))
		if err != nil {
			t.Fatal(err)
		}
		if d.Alarm {
			alarms++
		}
		if d.PSI > d.Chance {
			above++
		}
	}
	if alarms > 12 || above > 20 {
		t.Errorf("of 400 without drift %d alarmed, %d were beyond chance", alarms, above)
	}
	d, err := score.DriftNumbers("x", normal(1000, 0), normal(1000, 1))
	if err != nil || !d.Alarm || len(d.Bins) != 10 {
		t.Errorf("%+v, %v", d, err)
	}
	near(t, "PSI of one standard deviation", d.PSI, 1, .25) // μ² for unlimited bins
	d, err = score.DriftWords("w", strings.Fields(strings.Repeat("a a b ", 300)), strings.Fields(strings.Repeat("a b b c ", 300)))
	if err != nil || !d.Alarm || len(d.Bins) != 3 {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := score.DriftNumbers("x", nil, []float64{1}); !errors.Is(err, score.ErrFew) {
		t.Error(err)
	}
}

// Chance decides who is treated; only those who chat are moved by it.
func TestUpliftFindsWhoIsMoved(t *testing.T) {
	cases, _ := sample(20000, 7)
	r := rand.New(rand.NewPCG(7, 8))
	yes, treated := make([]bool, len(cases)), make([]bool, len(cases))
	chat := score.Case{score.Word("chat"), score.Number(5), score.Number(45)}
	mail := score.Case{score.Word("mail"), score.Number(5), score.Number(45)}
	for i, c := range cases {
		treated[i] = r.IntN(4) > 0
		p := .2
		if treated[i] && c[0] == chat[0] {
			p = .5
		}
		yes[i] = r.Float64() < p
	}
	for name, fit := range map[string]func([]score.Field, []score.Case, []bool, []bool, score.Options) (*score.Uplift, error){
		"two models": score.FitUplift, "transformed": score.FitTransformed,
	} {
		u, err := fit(fields(), cases, yes, treated, score.Options{})
		if err != nil {
			t.Fatal(err)
		}
		near(t, name+": chat", u.Predict(chat), .3, .07)
		near(t, name+": mail", u.Predict(mail), 0, .07)
	}
	if _, err := score.FitUplift(fields(), cases, yes, make([]bool, len(cases)), score.Options{}); !errors.Is(err, score.ErrFew) {
		t.Error(err)
	}
}

// mailing is a made-up file in the shape of Hillstrom's.
func mailing(n int) string {
	r := rand.New(rand.NewPCG(3, 3))
	var b strings.Builder
	b.WriteString("recency,history_segment,history,mens,womens,zip_code,newbie,channel,segment,visit,conversion,spend\n")
	for i := range n {
		letter, visit, spend := []string{"Mens E-Mail", "Womens E-Mail", "No E-Mail"}[i%3], "0", "0"
		if r.Float64() < []float64{.18, .15, .10}[i%3] {
			visit = "1"
			spend = strconv.FormatFloat(r.ExpFloat64()*20, 'f', 2, 64)
		}
		b.WriteString(strings.Join([]string{strconv.Itoa(1 + r.IntN(12)), "x", strconv.FormatFloat(r.ExpFloat64()*200, 'f', 2, 64), strconv.Itoa(r.IntN(2)), "1",
			"Urban", strconv.Itoa(r.IntN(2)), []string{"Web", "Phone"}[r.IntN(2)], letter, visit, "0", spend}, ",") + "\n")
	}
	return b.String()
}

func TestMailing(t *testing.T) {
	all, err := score.EvaluateMailing(strings.NewReader(mailing(30000)))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{.08, .05} {
		m := all[i]
		if m.Visits.Lo > want || m.Visits.Hi < want || !m.Spend.Proven() || m.Ratio.Alarm || len(m.Models) != 2 {
			t.Errorf("%+v", m)
		}
	}
	if _, err := score.EvaluateMailing(strings.NewReader(mailing(300))); err == nil {
		t.Error("a hundred customers an arm are too few for money")
	}
}

func TestBadInputIsAnError(t *testing.T) {
	cases, yes := sample(100, 5)
	for name, err := range map[string]error{
		"ends":   second(score.FitLogistic(fields(), cases, yes[:50], score.Options{})),
		"ridge":  second(score.FitLogistic(fields(), cases, yes, score.Options{Ridge: math.NaN()})),
		"form":   second(score.FitLogistic([]score.Field{{Name: "x"}}, cases, yes, score.Options{})),
		"smooth": second(score.FitBayes(fields(), cases, yes, -1)),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if score.Number(math.NaN()).Known() || score.Number(math.Inf(-1)).Known() || score.Word("").Known() {
		t.Error("what is no number is known")
	}
	if _, err := score.FitLogistic(nil, cases, yes, score.Options{}); err != nil {
		t.Errorf("without fields everyone is the mean: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

// Fits of anything end, and say probabilities.
func TestFitsOfAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 60).Draw(t, "n")
		cases, yes := make([]score.Case, n), make([]bool, n)
		for i := range cases {
			cases[i] = score.Case{score.Word(rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "w")), score.Number(rapid.Float64().Draw(t, "x")), score.Number(rapid.Float64().Draw(t, "y"))}
			yes[i] = rapid.Bool().Draw(t, "yes")
		}
		yes[0], yes[1] = true, false
		opt := score.Options{Ridge: rapid.SampledFrom([]float64{1e-6, 1, 1e6}).Draw(t, "ridge"), Least: rapid.IntRange(1, 5).Draw(t, "least")}
		m, err := score.FitLogistic(fields(), cases, yes, opt)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := json.Marshal(m); err != nil {
			t.Fatal(err)
		}
		for _, c := range cases {
			if p := m.Predict(c); !(p >= 0 && p <= 1) {
				t.Fatalf("%g", p)
			}
		}
	})
}

func BenchmarkFitLogistic(b *testing.B) {
	cases, yes := sample(100000, 1)
	for b.Loop() {
		if _, err := score.FitLogistic(fields(), cases, yes, score.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPredict(b *testing.B) {
	cases, yes := sample(1000, 1)
	m, err := score.FitLogistic(fields(), cases, yes, score.Options{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		m.Predict(cases[0])
	}
}
