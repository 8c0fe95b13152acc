package insightsweb

import (
	"math"
	"net/http"
	"slices"
	"strings"

	"github.com/akrab-crm/akrab/internal/insights/clv"
	"github.com/akrab-crm/akrab/internal/insights/learn"
	"github.com/akrab-crm/akrab/internal/insights/score"
	"github.com/akrab-crm/akrab/internal/ui"
)

// modelsPage is the data of how right the models are.
type modelsPage struct {
	frame
	learn.Health
	Lead score.Report // of the lead score on a public set
}

func (p *Pages) models(w http.ResponseWriter, r *ui.Req) error {
	page := &modelsPage{frame: frame{View: r.View, Key: "models"}}
	var err error
	page.Health, err = load(p, r, &page.frame, "health", func(h *learn.Health) learn.Basis { return h.Basis }, nil)
	if err != nil {
		return err
	}
	if page.Lead, err = leadReport(); err != nil {
		return err
	}
	return ok(w, r, page.page())
}

// thin says why nothing is foretold; "" if something is.
func (p *modelsPage) thin() string {
	m := &p.Health.Models
	if m.Enough {
		return ""
	}
	switch m.Why {
	case learn.FewCustomers:
		return p.T("insight.thin.customers", "n", int64(m.Customers), "least", int64(learn.MinCustomers))
	case learn.FewOrders:
		return p.T("insight.thin.orders", "n", int64(m.Orders), "least", p.Num(int64(learn.MinOrders)))
	}
	return p.T("insight.thin.repeaters", "n", int64(m.Repeaters))
}

// model names a model of purchases.
func model(m clv.Model) string { return strings.ReplaceAll(m.String(), "-", "\u2011") }

// same reports whether two models are of one kind.
func same(a, b clv.Model) bool { return a.Kind == b.Kind && a.K == b.K }

// three writes a figure with three significant digits.
func (p *modelsPage) three(f float64) string {
	if f == 0 || math.IsNaN(f) || math.IsInf(f, 0) {
		return "0"
	}
	digits := 2 - int(math.Floor(math.Log10(math.Abs(f))))
	return p.Decimal(f, min(max(digits, 0), 5))
}

// parameters writes those of a model.
func (p *modelsPage) parameters(m clv.Model) string {
	args := []any{"r", p.three(m.R), "alpha", p.three(m.Alpha), "a", p.three(m.A), "b", p.three(m.B)}
	if m.A == 0 && m.B == 0 {
		return p.T("insight.parameters.nbd", args...)
	}
	return p.T("insight.parameters", args...)
}

// hit says how right the models were in the last 90 days.
func (p *modelsPage) hit() string {
	h := p.LastHit
	return p.T("insight.hit", "n", int64(h.Customers), "foretold", p.Num(int64(math.Round(h.Chance))), "bought", p.Num(int64(h.Bought)))
}

// calibration draws what was foretold against what came.
func (p *modelsPage) calibration(id, title string, bins []score.Reliability) ui.Figure {
	fig := ui.Figure{
		ID: id, Title: title, Sub: p.T("insight.calibration.sub"),
		Head: []string{p.T("insight.foretold"), p.T("insight.came"), p.T("insight.came.range"), p.T("insight.customers")},
	}
	points := ui.Line{Points: true}
	n, off := 0, 0.0
	for _, b := range bins {
		points.X, points.Y = append(points.X, 100*b.Foretold), append(points.Y, 100*b.Came.Estimate)
		points.Lo, points.Hi = append(points.Lo, 100*b.Came.Lo), append(points.Hi, 100*b.Came.Hi)
		n += b.Cases
		off += float64(b.Cases) * math.Abs(b.Foretold-b.Came.Estimate)
		fig.Rows = append(fig.Rows, []string{p.percent(b.Foretold), p.percent(b.Came.Estimate), p.percent(b.Came.Lo) + "–" + p.percent(b.Came.Hi), p.Num(int64(b.Cases))})
	}
	if n > 0 {
		fig.Finding = p.T("insight.calibration.finding", "points", p.Decimal(100*off/float64(n), 1), "n", int64(n))
	}
	hundred := func(v float64) string { return p.percent(v / 100) }
	fig.Chart = ui.LineChart{
		Label: fig.Finding, XText: hundred, YText: hundred, X: ui.Scale{Hi: 100, Step: 20}, Y: ui.Scale{Hi: 100, Step: 20},
		Lines: []ui.Line{{Name: p.T("insight.perfect"), X: []float64{0, 100}, Y: []float64{0, 100}, Dash: true}, points},
	}.Draw()
	return fig
}

// drifts are the inputs, the most changed first.
func (p *modelsPage) drifts() []score.Drift {
	list := slices.Clone(p.Drift)
	slices.SortStableFunc(list, func(a, b score.Drift) int {
		switch {
		case a.PSI > b.PSI:
			return -1
		case a.PSI < b.PSI:
			return 1
		}
		return 0
	})
	return list
}

// drift names an input of the models; one without a name of its own by what
// the models call it.
func (p *modelsPage) drift(name string) string {
	if key := "insight.input." + name; p.Has(key) {
		return p.T(key)
	}
	return name
}

// rules names a set of rules for signals.
func (p *modelsPage) rules(name string) string {
	if key := "insight.ruleset." + name; p.Has(key) {
		return p.T(key)
	}
	return name
}

// class names a class of customers.
func (p *modelsPage) class(name string) string {
	if key := "insight.class." + name; p.Has(key) {
		return p.T(key)
	}
	return name
}
