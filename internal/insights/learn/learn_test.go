package learn

import (
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/akrab-crm/akrab/internal/insights/clv"
	"github.com/akrab-crm/akrab/internal/insights/mart"
)

// all is everything that a run makes.
type all struct {
	Customers *Customers
	Judgement *Judgement
	Links     *Links
	Graph     [][]string
	Scores    []Score
}

func everything(t testing.TB, m *mart.Mart, opt Options) all {
	t.Helper()
	var a all
	var err error
	if a.Customers, err = Learn(t.Context(), m, opt); err != nil {
		t.Fatal(err)
	}
	models := a.Customers.Models
	if a.Judgement, err = Judge(t.Context(), m, &models, opt, nil, func(j *Judged) error {
		a.Scores = append(a.Scores, j.Score)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if a.Links, err = LearnLinks(t.Context(), m, opt); err != nil {
		t.Fatal(err)
	}
	for i := range int32(a.Links.New.Items()) {
		var list []string
		for _, e := range a.Links.New.Edges(i) {
			list = append(list, fmt.Sprintf("%d %d %x", e.Item, e.Common, e.Score))
		}
		a.Graph = append(a.Graph, list)
	}
	return a
}

// text returns all that a run made, to the bit; it fails on NaN and infinity.
func (a *all) text(t testing.TB) string {
	t.Helper()
	b, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestLearnIsTheSameOnAnyNumberOfCores(t *testing.T) {
	m := shop(1, 1200, 60)
	opt := Options{Run: 7, Rate: .1, Service: make([]int64, len(m.Customers)), Delivery: make([]int64, len(m.Customers))}
	for c := range opt.Service {
		opt.Service[c], opt.Delivery[c] = int64(c%50)*100, int64(c%7)*100
	}
	var first string
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, cores := range []int{1, 2, 8} {
		runtime.GOMAXPROCS(cores)
		a := everything(t, m, opt)
		if !a.Customers.Models.Enough {
			t.Fatalf("too few: %s", a.Customers.Models.Why)
		}
		text := a.text(t)
		if first == "" {
			first = text
		}
		if text != first {
			i := 0
			for i < len(text) && i < len(first) && text[i] == first[i] {
				i++
			}
			t.Fatalf("with %d cores: …%.80s, with one: …%.80s", cores, text[i:], first[i:])
		}
	}
}

// Everybody's score is the same alone as among all, from JSON as from memory.
func TestScoreAlone(t *testing.T) {
	m := shop(2, 800, 40)
	c, err := Learn(t.Context(), m, Options{Run: 1, Rate: .1})
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(c.Models)
	if err != nil {
		t.Fatal(err)
	}
	var stored Models
	if err := json.Unmarshal(b, &stored); err != nil {
		t.Fatal(err)
	}
	n, seen := 0, map[string]int{}
	_, err = Judge(t.Context(), m, &c.Models, Options{}, nil, func(j *Judged) error {
		alone := stored.Score(InputOf(m, j.Number))
		if got, want := fmt.Sprintf("%+v", alone), fmt.Sprintf("%+v", j.Score); got != want {
			t.Errorf("customer %d: alone %s, among all %s", j.Number, got, want)
		}
		seen[j.Score.Segment+" "+j.Score.Signal]++
		n++
		return nil
	})
	if err != nil || n != 800 {
		t.Fatalf("%d customers, %v", n, err)
	}
	if len(seen) < 8 {
		t.Errorf("only %v", seen)
	}
}

// What a Score says always holds together, whatever odd shop it comes from.
func TestLearnOddShops(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := shop(rapid.Uint64().Draw(rt, "seed"), rapid.IntRange(0, 400).Draw(rt, "customers"), rapid.IntRange(0, 12).Draw(rt, "products"))
		for i := range m.Orders {
			switch rapid.IntRange(0, 200).Draw(rt, "odd") {
			case 0:
				m.Orders[i].Amount, m.Orders[i].Margin = 9e12, 9e12
			case 1:
				m.Orders[i].Amount, m.Orders[i].Margin = -5000, -5000
			case 2:
				m.Orders[i].Return = true
			}
		}
		m.Margin = rapid.Bool().Draw(rt, "margin")
		a := everything(t, m, Options{Run: 1, Rate: rapid.SampledFrom([]float64{0, .1, 1}).Draw(rt, "rate")})
		a.text(t)
		if n := len(m.Customers); n < MinCustomers && a.Customers.Models.Enough {
			rt.Errorf("%d customers were enough", n)
		}
		for _, s := range a.Scores {
			if s.Known != a.Customers.Models.Enough || !(s.Active >= 0 && s.Active <= 1) || !(s.Orders >= 0) || !(s.Survival >= 0 && s.Survival <= 1) ||
				s.Lo > s.Hi || s.Signal != "" && !s.Known || s.Why == "" ||
				s.Segment != "" && !slices.Contains(Segments, s.Segment) {
				rt.Errorf("score %+v", s)
			}
		}
		sum := 0
		for _, r := range a.Judgement.Board.Rows {
			sum += r.Customers
			if math.IsNaN(r.Share) || r.Priority < 0 || r.Play == "" {
				rt.Errorf("row %+v", r)
			}
		}
		if total := a.Judgement.Board.Total; a.Customers.Models.Spend != nil && sum != total.Customers {
			rt.Errorf("segments have %d customers, all are %d", sum, total.Customers)
		}
		bought := 0
		for _, row := range a.Customers.Months.Rows {
			bought += row.Orders
		}
		if bought != a.Customers.Months.Orders {
			rt.Errorf("months have %d purchase days, all are %d", bought, a.Customers.Months.Orders)
		}
	})
}

func TestSignal(t *testing.T) {
	m := Models{
		Enough: true, Rate: .1, Purchase: clv.Fit{Model: clv.Model{Kind: clv.MBG, K: 1, R: 1, Alpha: 10, A: 1, B: 4}},
		Spend:  &clv.Spend{Bands: []clv.Band{{From: 1, P: 6, Q: 4, Gamma: 15}}},
		Bands:  Bands{A: 100, B: 10, Top40: 50},
		Signal: Rules{Name: "silence", Red: .1, Yellow: .3, Drop: .4},
	}
	const today = 20000
	history := func(days ...int32) (h clv.History) {
		for _, d := range days {
			h.Add(d, 100)
		}
		return h
	}
	often := history(19700, 19730, 19760, 19790, 19820, 19850, 19880, 19910, 19940, 19970, 19990)
	long := history(19000, 19010, 19020, 19030, 19040, 19050, 19060, 19070)
	for _, tt := range []struct {
		name   string
		in     Input
		thin   bool
		rules  *Rules
		signal string
		why    string
		args   []any
	}{
		{name: "nobody", why: ""},
		{name: "thin", in: Input{Customer: often}, thin: true, why: "fact.why.thin"},
		{name: "today", in: Input{Customer: history(today)}, why: "fact.why.today.new"},
		{name: "new", in: Input{Customer: history(today-90, today-3)}, why: "fact.why.new", args: []any{"n", int64(90)}},
		{name: "once", in: Input{Customer: history(today - 91)}, why: "fact.why.once", args: []any{"n", int64(91)}},
		{name: "usual", in: Input{Customer: often, Half: 100, HalfBefore: 100}, signal: Green, why: "fact.why.usual", args: []any{"n", int64(29), "days", int64(10)}},
		{name: "gone", in: Input{Customer: long}, signal: Red, why: "fact.why.lost", args: []any{"n", int64(10), "days", int64(930)}},
		{name: "gone, of little value", in: Input{Customer: long}, rules: &Rules{Name: "valuable", Red: .1, Yellow: .3, TopRed: true}, signal: Yellow, why: "fact.why.quiet", args: []any{"n", int64(10), "days", int64(930)}},
		{name: "less", in: Input{Customer: often, Half: 50, HalfBefore: 150}, signal: Yellow, why: "fact.why.drop", args: []any{"pct", int64(50)}},
		{name: "complaint", in: Input{Customer: often, Complaint: true}, signal: Red, why: "fact.why.complaint"},
		{name: "overdue", in: Input{Customer: often, OverdueDays: 61}, signal: Red, why: "fact.why.overdue", args: []any{"n", int64(61)}},
		{name: "late", in: Input{Customer: often, OverdueDays: 31}, signal: Yellow, why: "fact.why.overdue", args: []any{"n", int64(31)}},
		{name: "unhappy", in: Input{Customer: often, Satisfaction: 2}, signal: Yellow, why: "fact.why.unhappy", args: []any{"n", int64(2)}},
		{name: "odds", in: Input{Customer: long}, rules: &Rules{Name: "chance", Chance: true, Red: .2, Yellow: .5}, signal: Red, why: "fact.why.odds", args: []any{"n", int64(10), "days", int64(930), "pct", int64(0)}},
		{name: "untested", in: Input{Customer: often}, rules: &Rules{}, why: "fact.why.untested"},
	} {
		m := m
		m.Enough = !tt.thin
		if tt.rules != nil {
			m.Signal = *tt.rules
		}
		tt.in.Today = today
		s := m.Score(tt.in)
		if s.Signal != tt.signal || s.Why != tt.why || fmt.Sprint(s.Args) != fmt.Sprint(tt.args) {
			t.Errorf("%s: %q %q %v, want %q %q %v", tt.name, s.Signal, s.Why, s.Args, tt.signal, tt.why, tt.args)
		}
	}
}

func TestSignalClass(t *testing.T) {
	of := func(n, bought int) SignalCount { return SignalCount{n, bought, float64(bought) / float64(max(n, 1))} }
	for _, tt := range []struct {
		green, yellow, red SignalCount
		ordered, reversed  bool
	}{
		{of(100, 90), of(100, 50), of(100, 10), true, false},
		{of(100, 50), of(100, 50), of(100, 10), false, false}, // not strictly
		{of(100, 90), of(100, 50), of(19, 1), false, false},   // too few red
		{of(141, 63), of(56, 31), of(21, 2), false, false},    // chance
		{of(1410, 630), of(560, 310), of(210, 20), false, true},
		{of(1000, 500), of(5, 5), of(1000, 600), false, true},
		{of(0, 0), of(0, 0), of(0, 0), false, false},
	} {
		c := SignalClass{Green: tt.green, Yellow: tt.yellow, Red: tt.red}
		if c.ordered() != tt.ordered || c.reversed() != tt.reversed {
			t.Errorf("%+v: ordered %v, reversed %v", c, c.ordered(), c.reversed())
		}
	}
}

func TestTrend(t *testing.T) {
	for _, tt := range []struct {
		half, before int64
		want         string
	}{{110, 100, "1"}, {109, 100, "2"}, {91, 100, "2"}, {90, 100, "3"}, {5, 0, "1"}, {0, 5, "3"}, {0, 0, "3"}, {-4, -9, "3"}, {5, -9, "1"}} {
		if got := trend(tt.half, tt.before); got != tt.want {
			t.Errorf("trend(%d, %d) = %s, want %s", tt.half, tt.before, got, tt.want)
		}
	}
}

// The published parameters of Fader, Hardie and Lee come out of orders.
func TestCDNOW(t *testing.T) {
	m := cdnow(t, day(1997, 9, 30))
	c, err := Learn(t.Context(), m, Options{Run: 1, Rate: .1})
	if err != nil {
		t.Fatal(err)
	}
	near := func(name string, got, want, within float64) {
		if !(math.Abs(got-want) <= within*math.Abs(want)) {
			t.Errorf("%s = %.6f, want %.6f", name, got, want)
		}
	}
	if c.Models.Customers != 2357 || c.Models.Repeaters != 946 {
		t.Errorf("%d customers, %d came back", c.Models.Customers, c.Models.Repeaters)
	}
	for _, f := range c.Choice.All {
		if f.Kind == clv.BG && f.K == 1 {
			near("BG r", f.R, .24259, 1e-4)
			near("BG α", f.Alpha, 4.41360, 1e-4)
			near("BG a", f.A, .79292, 1e-4)
			near("BG b", f.B, 2.42591, 1e-4)
			near("BG log-likelihood", f.LogLikelihood, -9582.42921, 1e-9)
		}
		if f.Kind == clv.MBG && f.K == 1 {
			near("MBG log-likelihood", f.LogLikelihood, -9582.13572, 1e-9)
		}
	}
	if got := len(c.Choice.All); got < 9 {
		t.Errorf("%d models were tried", got)
	}
	sp := c.Models.Spend.Bands[0]
	near("Gamma-Gamma p", sp.P, 6.2496, 2e-3)
	near("Gamma-Gamma q", sp.Q, 3.7442, 2e-3)
	near("Gamma-Gamma γ", sp.Gamma/100, 15.4435, 4e-3)
	if len(c.Health.BackTests) < 2 || c.Health.LastHit == nil {
		t.Errorf("%d back-tests", len(c.Health.BackTests))
	}
}

// On a real shop's hold-out the signals are strictly ordered, for who buys
// seldom and for who buys often, and calibrated chances say what came.
func TestRetail(t *testing.T) {
	m := retail(t, day(2011, 12, 9))
	c, err := Learn(t.Context(), m, Options{Run: 1, Rate: .1})
	if err != nil {
		t.Fatal(err)
	}
	if c.Models.Signal.Name == "" {
		t.Errorf("no rules passed: %+v", c.Health.Signals)
	}
	for _, s := range c.Health.Signals {
		if !s.Live {
			continue
		}
		for _, k := range s.Classes {
			t.Logf("%s, %s: green %.3f of %d, yellow %.3f of %d, red %.3f of %d", s.Name, k.Class,
				k.Green.Share, k.Green.Customers, k.Yellow.Share, k.Yellow.Customers, k.Red.Share, k.Red.Customers)
			if !k.ordered() {
				t.Errorf("%s is not ordered: %+v", k.Class, k)
			}
		}
	}
	if q := c.Health.Quality; q == nil || q.AUC < .72 {
		t.Errorf("quality %+v", q)
	}
	if r := c.Retention; r.Gain(.05) <= 0 || r.Gain(0) != 0 {
		t.Errorf("keeping 5%% more brings %d", r.Gain(.05))
	} else {
		t.Logf("keeping 5%% more brings %d of %s", r.Gain(.05), r.Currency)
	}
	l, err := LearnLinks(t.Context(), m, Options{Run: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("products: %+v", l.Health)
	if h := l.Health; h.HitRate < .5 || h.HitRate < 1.4*h.BestSeller || l.Odds.New == nil || l.Odds.Due == nil {
		t.Errorf("products: %+v", h)
	}
	for i := 1; i < len(l.Pairs.Pairs); i++ {
		if l.Pairs.Pairs[i].Excess() > l.Pairs.Pairs[i-1].Excess() {
			t.Fatal("pairs are not ordered by excess")
		}
	}
}

// Products need no families: customers are compared with those of their own
// size then.
func TestHeadroomWithoutFamilies(t *testing.T) {
	m := shop(3, 900, 12)
	m.Families = nil
	for i := range m.Products {
		m.Products[i].Family = mart.None
	}
	b := everything(t, m, Options{Run: 1, Rate: .1}).Judgement.Board
	if b.Total.Headroom <= 0 {
		t.Errorf("nobody has room to grow among %d customers: %+v", b.Total.Customers, b.Total)
	}
	for _, r := range b.Rows {
		if r.Headroom > 0 && r.Customers == 0 {
			t.Errorf("%s has room of %d without customers", r.Segment, r.Headroom)
		}
	}
}

// A likelier kind of model that foretells worse stays a candidate: the live
// kind is learned anew.
func TestLikelierIsNotBetter(t *testing.T) {
	m := shop(5, 700, 20)
	first, err := Learn(t.Context(), m, Options{Run: 1, Rate: .1})
	if err != nil {
		t.Fatal(err)
	}
	rivals := 0
	for _, f := range first.Choice.All {
		live := first.Models
		live.Purchase = f
		again, err := Learn(t.Context(), m, Options{Run: 2, Rate: .1, Live: &live})
		if err != nil {
			t.Fatal(err)
		}
		best := first.Choice.Best
		switch got := again.Models.Purchase; {
		case again.Models.Run != 2 || !again.Models.Enough:
			t.Errorf("with %s live: %+v", f.String(), again.Models)
		case again.Rival == nil && (got.Kind != best.Kind || got.K != best.K):
			t.Errorf("with %s live: %s without a rival", f.String(), got.String())
		case again.Rival != nil:
			rivals++
			if got.Kind != f.Kind || got.K != f.K || again.Rival.String() != best.String() || clv.NoWorse(again.RivalTests, again.Health.BackTests) || again.Health.Hindered == "" {
				t.Errorf("with %s live: %s and rival %s", f.String(), got.String(), again.Rival.String())
			}
		}
	}
	t.Logf("%d of %d kinds stay", rivals, len(first.Choice.All))
	// Thin data take even good models away: what they learned from is gone.
	few, err := Learn(t.Context(), shop(5, 50, 20), Options{Run: 3, Rate: .1, Live: &first.Models})
	if err != nil || few.Models.Enough || few.Models.Run != 3 {
		t.Errorf("of 50 customers: %+v, %v", few.Models, err)
	}
}
