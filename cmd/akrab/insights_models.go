package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/insights/clv"
	"github.com/akrab-crm/akrab/internal/insights/learn"
	"github.com/akrab-crm/akrab/internal/insights/score"
)

var errNotLearned = errors.New("nothing was learned yet; akrab insights refresh does it")

type insightsModelsCmd struct {
	source
	JSON bool `name:"json" help:"Print everything as JSON."`
}

// modelsReport is what the command prints as JSON.
type modelsReport struct {
	Run        int64               `json:"run"`
	AsOf       string              `json:"as_of"` // last day that the models know of
	Currency   string              `json:"currency"`
	Margin     bool                `json:"margin"` // amounts are margins; false: sales
	Customers  int                 `json:"customers"`
	Repeaters  int                 `json:"repeaters"`
	Orders     int                 `json:"purchase_days"`
	Enough     bool                `json:"enough"` // false: customers get facts only
	Why        string              `json:"why,omitempty"`
	Scored     learn.Models        `json:"scored_by"`
	Rival      *clv.Fit            `json:"rival,omitempty"` // likelier than the live kind, but it foretold worse
	Best       string              `json:"best,omitempty"`
	Purchase   []triedModel        `json:"purchase"` // every model tried
	Spend      *clv.Spend          `json:"gamma_gamma,omitempty"`
	Amounts    string              `json:"amounts"` // unit of gamma_gamma: minor units of the currency
	BackTests  []clv.Result        `json:"back_tests"`
	Sampled    int                 `json:"back_test_customers"`
	Chance     *score.Quality      `json:"chance,omitempty"`
	Signals    []learn.SignalTest  `json:"signals"`
	Challenger *learn.Challenger   `json:"challenger,omitempty"`
	Drift      []score.Drift       `json:"drift"`
	Retention  learn.Retention     `json:"retention"`
	Products   learn.ProductHealth `json:"products"`
	Models     []insights.ModelRow `json:"stored"`
}

// triedModel is a fitted model with its usual name.
type triedModel struct {
	Name string `json:"name"`
	clv.Fit
}

// Run prints what was learned, from how much, and how right it was.
func (c *insightsModelsCmd) Run(ctx context.Context, e *env) error {
	a, err := c.openExisting(ctx, e)
	if err != nil {
		return err
	}
	defer a.Close()
	var r modelsReport
	if err := a.DB.Read(ctx, system, func(tx *db.Tx) (err error) { r, err = readModels(ctx, tx); return err }); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e, r)
	}
	return r.print(e.out)
}

func readModels(ctx context.Context, tx *db.Tx) (r modelsReport, err error) {
	h, _, ok, err := insights.ReadReport[learn.Health](ctx, tx, "health")
	if err == nil && !ok {
		err = errNotLearned
	}
	if err != nil {
		return r, err
	}
	if r.Models, err = insights.LastModels(ctx, tx); err != nil {
		return r, err
	}
	if r.Retention, _, _, err = insights.ReadReport[learn.Retention](ctx, tx, "retention"); err != nil {
		return r, err
	}
	last := h.Models
	r.Spend, r.Rival = last.Spend, h.Rival
	r.Run, r.AsOf, r.Currency, r.Margin = h.Run, dayName(h.Today), h.Currency, h.Margin
	r.Customers, r.Repeaters, r.Orders = last.Customers, last.Repeaters, last.Orders
	r.Enough, r.Why, r.Scored = last.Enough, last.Why, h.Models
	r.Amounts = "minor units of " + h.Currency
	r.BackTests, r.Sampled, r.Chance, r.Signals, r.Challenger, r.Drift, r.Products = h.BackTests, h.Sampled, h.Quality, h.Signals, h.Challenger, h.Drift, h.Products
	for _, f := range h.Choice.All {
		r.Purchase = append(r.Purchase, triedModel{f.String(), f})
	}
	if last.Enough {
		r.Best = last.Purchase.String()
	}
	return r, nil
}

func dayName(day int32) string { return time.Unix(int64(day)*86400, 0).UTC().Format(time.DateOnly) }

// print prints the report for people.
func (r *modelsReport) print(w io.Writer) error {
	p := &printer{w: w}
	what := "sales"
	if r.Margin {
		what = "margins"
	}
	p.f("run %d as of %s: %d customers, %d came back, %d purchase days; amounts are %s in %s\n", r.Run, r.AsOf, r.Customers, r.Repeaters, r.Orders, what, r.Currency)
	if !r.Enough {
		p.f("too few data (%s): customers get facts only\n", r.Why)
	}
	if r.Rival != nil {
		p.f("%s is likelier, but foretold the last quarters worse than %s, which stays live\n", r.Rival.String(), r.Best)
	}
	p.f("\npurchases          n          r      alpha          a          b   log-likelihood\n")
	for _, m := range r.Purchase {
		mark := " "
		if m.Name == r.Best {
			mark = "*"
		}
		note := ""
		switch {
		case m.Stays:
			note = "  nobody leaves"
		case !m.Usable:
			note = "  the data don't tell"
		}
		p.f("%s %-11s %8d %10.5f %10.5f %10.5f %10.5f %16.5f%s\n", mark, m.Name, m.Customers, m.R, m.Alpha, m.A, m.B, m.LogLikelihood, note)
	}
	if r.Spend != nil {
		for _, b := range r.Spend.Bands {
			p.f("Gamma-Gamma   %8d  p %.4f  q %.4f  gamma %.2f  log-likelihood %.4f  correlation %.3f (from %d repeats)\n",
				r.Spend.Customers, b.P, b.Q, b.Gamma, r.Spend.LogLikelihood, r.Spend.Correlation, b.From)
		}
	}
	if len(r.BackTests) > 0 {
		p.f("\nback-test of %d customers\nfrom        customers   actual foretold    MAE    AUC  Brier    ECE  naive MAE  naive AUC\n", r.Sampled)
	}
	for _, b := range r.BackTests {
		p.f("%s  %9d %8.0f %8.0f %6.3f %6.4f %6.4f %6.4f %10.3f %10.4f\n", dayName(b.Now), b.Customers, b.Actual, b.Expected, b.MAE, b.AUC, b.Brier, b.ECE, b.NaiveMAE, b.NaiveAUC)
	}
	for _, s := range r.Signals {
		if s.Live && len(s.Classes) > 0 {
			k := s.Classes[0]
			p.f("\nsignals by %q on the hold-out: of %d green bought %.1f%%, of %d yellow %.1f%%, of %d red %.1f%%\n", s.Name,
				k.Green.Customers, 100*k.Green.Share, k.Yellow.Customers, 100*k.Yellow.Share, k.Red.Customers, 100*k.Red.Share)
		}
	}
	if r.Challenger != nil {
		p.f("challenger (logistic): AUC %.4f, live %.4f\n", r.Challenger.Quality.AUC, r.Challenger.Live.AUC)
	}
	h := r.Products
	p.f("\nproducts: %d in %d baskets; %d pairs of %d published, %d sequels, %d upgrades; %.1f%% of %d customers found something new among ten (best sellers %.1f%%)\n",
		h.Products, h.Baskets, h.Pairs, h.Hypotheses, h.Sequels, h.Upgrades, 100*h.HitRate, h.Replayed, 100*h.BestSeller)
	return p.err
}

// A printer prints until something fails.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) f(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}
