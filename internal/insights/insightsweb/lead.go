package insightsweb

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/akrab-crm/akrab/internal/insights/score"
	"github.com/akrab-crm/akrab/internal/ui"
)

// leadJSON is how the methods of the lead score did on a public set of 7,043
// customers of whom is known who left (IBM Telco): what the command
// "akrab insights evaluate churn --json" reports, without the effects. A test
// makes it anew where the set is at hand.
//
//go:embed lead.json
var leadJSON []byte

// leadReport returns that evaluation.
var leadReport = sync.OnceValues(func() (score.Report, error) {
	var r score.Report
	if err := json.Unmarshal(leadJSON, &r); err != nil {
		return r, fmt.Errorf("evaluation of the lead score: %w", err)
	}
	return r, nil
})

// method returns how a method did.
func method(r *score.Report, name string) score.Quality {
	for _, m := range r.Methods {
		if m.Method == name {
			return m.Quality
		}
	}
	return score.Quality{}
}

// leadFigure draws how right the chances of the lead score's model were.
func (p *modelsPage) leadFigure() ui.Figure {
	q := method(&p.Lead, "logistic")
	fig := p.calibration("lead-calibration", p.T("insight.lead.calibration"), q.Bins)
	fig.Sub = p.T("insight.lead.calibration.sub", "n", int64(q.Cases))
	return fig
}

// leadWords says how right the score was, and what else was tried.
func (p *modelsPage) leadWords() string {
	q, b := method(&p.Lead, "logistic"), method(&p.Lead, "bayes")
	return p.T("insight.lead.measured", "n", int64(q.Cases), "rows", p.Num(int64(p.Lead.Rows)), "auc", p.percent(q.AUC), "bayes", p.percent(b.AUC), "points", p.Decimal(100*q.ECE, 1),
		"top", p.percent(rounded(q.TopShare)), "base", p.percent(rounded(float64(q.Yes)/float64(max(q.Cases, 1)))))
}
