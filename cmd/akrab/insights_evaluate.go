package main

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/akrab-crm/akrab/internal/insights/basket"
	"github.com/akrab-crm/akrab/internal/insights/clv"
	"github.com/akrab-crm/akrab/internal/insights/experiment"
	"github.com/akrab-crm/akrab/internal/insights/kernel"
	"github.com/akrab-crm/akrab/internal/insights/score"
)

type insightsEvaluateCmd struct {
	Name string `arg:"" enum:"cdnow,groceries,online-retail,products,pairs,rebuy,churn,leads,mailing,coverage,synthetic" help:"Reference: cdnow (purchases), groceries (rules), online-retail (purchases), products (next new product in online retail), pairs (published pairs and sequels in online retail, and in the same shuffled), rebuy (who buys again in online retail), churn (Telco), leads (X-Education), mailing (Hillstrom), coverage (of intervals), synthetic (generated sales with known pairs)."`
	File string `help:"The data; without it shared/data is looked for above the current folder." placeholder:"FILE" type:"existingfile"`
	Size int    `help:"Customers of synthetic, or simulations of coverage; 0 is what the reference was made with." placeholder:"N"`
	JSON bool   `name:"json" help:"Print the comparison and the whole evaluation as JSON."`
}

// A reference set: where its file lies beneath shared/data, what that is and
// where it comes from, and how it is evaluated.
type reference struct {
	file string // "" if it needs none
	what string
	run  func(ctx context.Context, c *insightsEvaluateCmd, in io.Reader) (any, []check, error)
}

// What the files are, for who has to find one.
const (
	cdnowFile     = "the 2,357 customers of CDNOW with one purchase a line (id in the whole set, id here, YYYYMMDD, CDs, dollars, separated by spaces), from brucehardie.com/datasets"
	groceriesFile = "the 9,835 baskets of the R package arules as CSV with its header: transaction_id,item, a product a line"
	retailFile    = "Online Retail of the UCI Machine Learning Repository (set 352) as CSV, also in gzip: InvoiceNo, StockCode, Description, Quantity, InvoiceDate (YYYY-MM-DD hh:mm:ss), UnitPrice, CustomerID, Country"
	churnFile     = "IBM's Telco Customer Churn as CSV with its header, 7,043 rows"
	leadsFile     = "the leads of X-Education (Lead Scoring on Kaggle, Leads.csv) as CSV with its header, 9,240 rows, with Lead Number and Converted"
	mailingFile   = "the e-mail set of Kevin Hillstrom (MineThatData challenge, 2008) as CSV with its header, 64,000 rows: recency, history_segment, history, mens, womens, zip_code, newbie, channel, segment, visit, conversion, spend"
)

var references = map[string]reference{
	"cdnow":         {"cdnow/CDNOW_sample.txt", cdnowFile, evaluateCDNOW},
	"groceries":     {"groceries/groceries.csv", groceriesFile, evaluateGroceries},
	"online-retail": {"online-retail/online_retail.csv.gz", retailFile, evaluateOnlineRetail},
	"products":      {"online-retail/online_retail.csv.gz", retailFile, evaluateProducts},
	"pairs":         {"online-retail/online_retail.csv.gz", retailFile, evaluatePairs},
	"rebuy":         {"online-retail/online_retail.csv.gz", retailFile, evaluateRebuy},
	"churn":         {"churn/Telco-Customer-Churn.csv", churnFile, evaluateChurn},
	"leads":         {"leads/leads.csv", leadsFile, evaluateLeads},
	"mailing":       {"mailing/hillstrom.csv", mailingFile, evaluateMailing},
	"coverage":      {"", "", evaluateCoverage},
	"synthetic":     {"", "", evaluateSynthetic},
}

// A check compares a figure with its reference.
type check struct {
	What      string  `json:"what"`
	Reference float64 `json:"reference"`
	Measured  float64 `json:"measured"`
	Within    float64 `json:"within"` // so far off it may be; of limits 0
	Limit     string  `json:"limit"`  // "=", "≥" or "≤"
	OK        bool    `json:"ok"`
}

// near compares with a relative tolerance.
func near(what string, reference, measured, relative float64) check {
	within := relative * math.Abs(reference)
	return check{what, reference, measured, within, "=", math.Abs(measured-reference) <= within}
}

func exactly(what string, reference, measured int) check {
	return check{what, float64(reference), float64(measured), 0, "=", reference == measured}
}

func atLeast(what string, reference, measured float64) check {
	return check{what, reference, measured, 0, "≥", measured >= reference}
}

func atMost(what string, reference, measured float64) check {
	return check{what, reference, measured, 0, "≤", measured <= reference}
}

// mostSize is how many customers or simulations may be asked for.
const mostSize = 10_000_000

var errOff = errors.New("not all figures are as they should be")

// Run evaluates the methods on data of which figures are known, and fails if
// one is off.
func (c *insightsEvaluateCmd) Run(ctx context.Context, e *env) error {
	if c.Size < 0 || c.Size > mostSize {
		return fmt.Errorf("--size %d: write a number from 0 to %d", c.Size, mostSize)
	}
	ref := references[c.Name]
	var in io.Reader
	if ref.file != "" {
		f, err := c.open(ref)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
		if strings.HasSuffix(f.Name(), ".gz") {
			z, err := gzip.NewReader(f)
			if err != nil {
				return err
			}
			in = z
		}
	}
	report, checks, err := ref.run(ctx, c, in)
	if err != nil {
		return err
	}
	off := slices.ContainsFunc(checks, func(k check) bool { return !k.OK })
	if c.JSON {
		err = printJSON(e, map[string]any{"name": c.Name, "ok": !off, "checks": checks, "report": report})
	} else {
		err = printChecks(e.out, checks)
	}
	if err == nil && off {
		err = errOff
	}
	return err
}

// open opens the file that was named, or that of the shared data.
func (c *insightsEvaluateCmd) open(ref reference) (*os.File, error) {
	if c.File != "" {
		return os.Open(c.File)
	}
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	for {
		f, err := os.Open(filepath.Join(dir, "shared", "data", filepath.FromSlash(ref.file)))
		if err == nil || !errors.Is(err, os.ErrNotExist) {
			return f, err
		}
		up := filepath.Dir(dir)
		if up == dir {
			return nil, fmt.Errorf("there is no shared/data/%s above here; name the file by --file: %s", ref.file, ref.what)
		}
		dir = up
	}
}

func printChecks(w io.Writer, checks []check) error {
	p := &printer{w: w}
	p.f("%-58s %14s %14s\n", "", "reference", "measured")
	for _, k := range checks {
		verdict := "ok"
		if !k.OK {
			verdict = "off"
		}
		p.f("%-58s %s %12s %14s  %s\n", k.What, k.Limit, shownFigure(k.Reference), shownFigure(k.Measured), verdict)
	}
	return p.err
}

func shownFigure(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.8g", v)
}

// fitted compares a fitted model with published parameters.
func fitted(choice clv.Choice, kind clv.Kind, k int, ll float64, params ...float64) []check {
	i := slices.IndexFunc(choice.All, func(f clv.Fit) bool { return f.Kind == kind && f.K == k })
	if i < 0 {
		return []check{{What: string(kind) + " was not fitted", Limit: "="}}
	}
	f := choice.All[i]
	list := []check{{f.String() + " log-likelihood", ll, f.LogLikelihood, 1e-3, "=", math.Abs(f.LogLikelihood-ll) <= 1e-3}}
	for i, got := range []float64{f.R, f.Alpha, f.A, f.B}[:len(params)] {
		list = append(list, near(f.String()+" "+[]string{"r", "alpha", "a", "b"}[i], params[i], got, .005))
	}
	return list
}

func evaluateCDNOW(_ context.Context, _ *insightsEvaluateCmd, in io.Reader) (any, []check, error) {
	r, err := clv.EvaluateCDNOW(in)
	if err != nil {
		return nil, nil, err
	}
	checks := []check{exactly("customers", 2357, r.Customers), exactly("customers who came back", 946, r.Repeaters), exactly("repeat purchase days", 2457, r.Repeats)}
	checks = append(checks, fitted(r.Choice, clv.BG, 1, -9582.42921, .24259, 4.41360, .79292, 2.42591)...)
	checks = append(checks, fitted(r.Choice, clv.MBG, 1, -9582.13572, .52484, 6.18308, .89136, 1.61400)...)
	checks = append(checks, fitted(r.Choice, clv.NBD, 1, -9763.65761, .38477, 12.0720)...)
	if sp := r.Spend; sp != nil && len(sp.Bands) == 1 {
		b := sp.Bands[0]
		checks = append(checks, near("Gamma-Gamma p", 6.2496, b.P, .005), near("Gamma-Gamma q", 3.7442, b.Q, .005), near("Gamma-Gamma gamma", 15.4435, b.Gamma, .005),
			check{"Gamma-Gamma log-likelihood", -4055.9177, sp.LogLikelihood, .01, "=", math.Abs(sp.LogLikelihood+4055.9177) <= .01})
	}
	best := 0.
	for _, b := range r.BackTests {
		best = max(best, b.AUC, b.AUCExpected)
	}
	return r, append(checks, atLeast("AUC of who buys in 39 weeks", .760, best)), nil
}

func evaluateOnlineRetail(_ context.Context, _ *insightsEvaluateCmd, in io.Reader) (any, []check, error) {
	r, err := clv.EvaluateOnlineRetail(in)
	if err != nil {
		return nil, nil, err
	}
	checks := []check{exactly("customers", 3315, r.Customers)}
	checks = append(checks, fitted(r.Choice, clv.BG, 2, -21119.467, .73781, 4.0092, .093591, 1.1411)...)
	checks = append(checks, fitted(r.Choice, clv.NBD, 1, -21699.485, .72061, 9.5175)...)
	best := 0.
	for _, b := range r.BackTests {
		if b.Fit.Kind == r.Choice.Best.Kind && b.Fit.K == r.Choice.Best.K {
			best = b.AUC
		}
	}
	return r, append(checks, atLeast("AUC of who buys in 100 days", .738, best)), nil
}

func evaluateGroceries(ctx context.Context, _ *insightsEvaluateCmd, in io.Reader) (any, []check, error) {
	r, err := basket.EvaluateGroceries(ctx, in)
	if err != nil {
		return nil, nil, err
	}
	checks := []check{exactly("baskets", 9835, r.Baskets)}
	want := map[string]int{
		"0.001 0.5": 5668, "0.001 0.6": 2918, "0.001 0.8": 410, "0.006 0.25": 463, "0.01 0.5": 15, "0.002 0.5": 1098,
	}
	sets := map[string]int{"0.001": 13492, "0.002": 4223, "0.005": 1001, "0.01": 333}
	seen := map[string]bool{}
	for _, k := range r.Counts {
		s := number(k.Support)
		if n, ok := want[s+" "+number(k.Confidence)]; ok {
			checks = append(checks, exactly("rules at support "+s+", confidence "+number(k.Confidence), n, k.Rules))
		}
		if n, ok := sets[s]; ok && !seen[s] {
			seen[s] = true
			checks = append(checks, exactly("itemsets at support "+s, n, k.Itemsets))
		}
	}
	top := r.Top.Measures
	checks = append(checks, near("greatest lift", 18.99565, top.Lift, 1e-6), near("its confidence", .6315789, top.Confidence, 1e-6),
		near("its χ²", 212.0251, top.ChiSquared, 1e-6), near("its Fisher", 6.116e-14, top.Fisher, 1e-3), exactly("its baskets", 12, r.Top.Counts.XY))
	checks = append(checks, exactly("published pairs", 82, r.Pairs.Published))
	return r, append(checks, shuffled("pairs and findings in shuffled data", r.Pairs.Shuffled)), nil
}

func shuffled(what string, counts []int) check {
	sum := 0
	for _, n := range counts {
		sum += n
	}
	k := exactly(fmt.Sprintf("%s, %d times", what, len(counts)), 0, sum)
	k.OK = k.OK && len(counts) > 0
	return k
}

func evaluateProducts(_ context.Context, _ *insightsEvaluateCmd, in io.Reader) (any, []check, error) {
	r, err := kernel.EvaluateRetail(in)
	if err != nil {
		return nil, nil, err
	}
	checks := []check{exactly("lines", 541909, r.Lines), exactly("kept lines", 396349, r.Kept), exactly("customers", 4335, r.Customers), exactly("products", 3660, r.Products), exactly("customers with a history", 3315, r.Shoppers)}
	want := map[string]float64{"popularity": .3316, "cosine h=10": .4547, "RP3β .5 .5": .4874, "RP3β .5 .5, top 50": .4980, "EASE λ=300": .5379}
	for _, m := range r.Models {
		what := "new products, hit rate of ten: " + m.Model
		if v, ok := want[m.Model]; ok {
			checks = append(checks, near(what, v, m.New.HR, .002))
		}
		if m.Model == "EASE, chosen on validation" {
			checks = append(checks, atLeast(what, .53, m.New.HR))
		}
	}
	return r, checks, nil
}

// evaluatePairs reads its data twice: for pairs and for sequels.
func evaluatePairs(ctx context.Context, _ *insightsEvaluateCmd, in io.Reader) (any, []check, error) {
	data, err := io.ReadAll(in)
	if err != nil {
		return nil, nil, err
	}
	pairs, err := basket.EvaluateRetailPairs(ctx, strings.NewReader(string(data)))
	if err != nil {
		return nil, nil, err
	}
	sequels, err := basket.EvaluateRetailSequels(ctx, strings.NewReader(string(data)), false)
	if err != nil {
		return nil, nil, err
	}
	return map[string]any{"pairs": pairs, "sequels": sequels}, []check{
		exactly("published pairs", 22959, pairs.Published), shuffled("pairs in shuffled data", pairs.Shuffled),
		atLeast("published sequels", 1, float64(sequels.Published)), shuffled("sequels in shuffled data", sequels.Shuffled),
	}, nil
}

func evaluateRebuy(_ context.Context, _ *insightsEvaluateCmd, in io.Reader) (any, []check, error) {
	r, err := score.EvaluateRebuy(in)
	if err != nil {
		return nil, nil, err
	}
	return r, []check{
		exactly("trained on customers", 2674, r.Trained), exactly("tested on customers", 3317, r.Quality.Cases),
		atLeast("AUC of who buys again", .74, r.Quality.AUC), atMost("Brier score (.2423 without a model)", .215, r.Quality.Brier),
	}, nil
}

// logistic returns the quality of the logistic regression in a report.
func logistic(r score.Report) score.Quality {
	for _, m := range r.Methods {
		if strings.Contains(strings.ToLower(m.Method), "logistic") {
			return m.Quality
		}
	}
	return score.Quality{Brier: 1, ECE: 1}
}

func evaluateChurn(_ context.Context, _ *insightsEvaluateCmd, in io.Reader) (any, []check, error) {
	r, err := score.EvaluateChurn(in)
	if err != nil {
		return nil, nil, err
	}
	q := logistic(r)
	return r, []check{
		exactly("rows", 7043, r.Rows), exactly("test rows", 1418, r.Tested), exactly("of them left", 384, q.Yes),
		atLeast("AUC (scikit-learn .8365)", .8315, q.AUC), atMost("Brier score", .142, q.Brier), atMost("calibration error", .035, q.ECE),
		atLeast("AUC of three folds", .839, r.FoldMean),
	}, nil
}

func evaluateLeads(_ context.Context, _ *insightsEvaluateCmd, in io.Reader) (any, []check, error) {
	r, err := score.EvaluateLeads(in)
	if err != nil {
		return nil, nil, err
	}
	q := logistic(r)
	return r, []check{
		exactly("rows", 9240, r.Rows), atLeast("AUC (Odoo's formula .8219)", .885, q.AUC), atMost("calibration error", .03, q.ECE),
	}, nil
}

func evaluateMailing(_ context.Context, _ *insightsEvaluateCmd, in io.Reader) (any, []check, error) {
	r, err := score.EvaluateMailing(in)
	if err != nil {
		return nil, nil, err
	}
	var checks []check
	for _, m := range r {
		want := .0766
		if strings.Contains(strings.ToLower(m.Letter), "women") {
			want = .0452
		}
		checks = append(checks, near("visits because of the letter: "+m.Letter, want, m.Visits.Estimate, .002))
	}
	return r, checks, nil
}

// coverageSeed is what the reference was made with.
const coverageSeed = 1

func evaluateCoverage(_ context.Context, c *insightsEvaluateCmd, _ io.Reader) (any, []check, error) {
	runs := c.Size
	if runs == 0 {
		runs = 2000
	}
	r := experiment.EvaluateCoverage(coverageSeed, runs)
	var checks []check
	for _, k := range r {
		if k.Shown {
			what := fmt.Sprintf("coverage of %s (%d, %d)", k.Kind, k.Treated, k.Control+k.Answers)
			checks = append(checks, check{what, experiment.Usual, k.Share, .01, "=", k.Share >= .94 && k.Share <= .96})
		}
	}
	return r, checks, nil
}

func evaluateSynthetic(ctx context.Context, c *insightsEvaluateCmd, _ io.Reader) (any, []check, error) {
	customers := c.Size
	if customers == 0 {
		customers = 1_000_000
	}
	r, err := basket.EvaluateSynthetic(ctx, customers)
	if err != nil {
		return nil, nil, err
	}
	checks := []check{shuffled("pairs in shuffled data", r.Pairs.Shuffled), shuffled("sequels in shuffled data", r.Sequels.Shuffled)}
	if customers == 1_000_000 {
		checks = append(checks, exactly("lines", 9988405, r.Lines), atLeast("share of planted pairs that are published", .715, float64(r.Kept)/float64(max(r.Planted, 1))))
		for i, want := range []int{20000, 43088, 6392, 71} {
			if i < len(r.Sets30) {
				checks = append(checks, exactly(fmt.Sprintf("sets of %d in 30 baskets", i+1), want, r.Sets30[i]))
			}
		}
	}
	return r, checks, nil
}
