package insightsweb

import (
	"math"
	"net/http"
	"strings"

	"github.com/akrab-crm/akrab/internal/insights/clv"
	"github.com/akrab-crm/akrab/internal/insights/learn"
	"github.com/akrab-crm/akrab/internal/ui"
)

// retentionPage is the data of what it would bring to keep more customers.
type retentionPage struct {
	frame
	learn.Retention
	Better float64 // share of those who would fall behind that stays, 0 to 1
	Typed  string  // the same as it was typed, in per cent
	Wrong  string  // what is wrong with it
	Then   []float64
}

// usualBetter is what is asked for unless something else is.
const usualBetter = .05

func (p *Pages) retention(w http.ResponseWriter, r *ui.Req) error {
	page := &retentionPage{frame: frame{View: r.View, Key: "retention"}, Better: usualBetter, Typed: "5"}
	var err error
	page.Retention, err = load(p, r, &page.frame, "retention", func(m *learn.Retention) learn.Basis { return m.Basis }, nil)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if r.Form.Has("better") {
		page.Typed = r.Text("better")
		n, valid := perCent(page.Typed, r.View.Workspace.Decimal)
		if page.Better = n; !valid {
			page.Better, page.Wrong, status = usualBetter, r.View.T("insight.better.wrong"), http.StatusUnprocessableEntity
		}
	}
	if page.usable() {
		page.Then = keepMore(page.Chain, page.Better).Value(page.Rate)
	}
	return ui.Render(w, r, status, page.page())
}

// perCent reads a share in per cent.
func perCent(s string, decimal rune) (share float64, valid bool) {
	f, valid := number(strings.TrimSuffix(strings.TrimSpace(s), "%"), decimal)
	return f / 100, valid && f >= 0 && f <= 100
}

// usable reports whether the report has what the page needs.
func (p *retentionPage) usable() bool {
	n := len(learn.States)
	return p.Known && p.Moves > 0 && len(p.Chain.P) == n && len(p.Chain.Reward) == n && len(p.Counts) == n && len(p.Value) == n
}

// Places of the states of a customer in learn.States: those before atRisk are
// active.
const (
	firstState = 0 // new: nobody comes back to it
	lowState   = 3
	atRisk     = 4
	lostState  = 6
)

// keepMore returns the chain in which a share of those who would fall behind
// stay where they are: from active to at risk or further, and from there to
// lapsed and lost. A new customer who stays is one who buys little.
func keepMore(c clv.Chain, share float64) clv.Chain {
	for from := range lostState {
		stay := from
		if from == firstState {
			stay = lowState
		}
		for to := max(from+1, atRisk); to <= lostState; to++ {
			c = c.Shift(from, to, stay, share)
		}
	}
	return c
}

// gain returns what customers of a state would be worth more, together.
func (p *retentionPage) gain(i int) int64 {
	return int64(math.Round((p.Then[i] - p.Value[i]) * float64(p.Counts[i])))
}

// year is how much more all customers would bring in the next 12 months.
func (p *retentionPage) year() int64 {
	then, now := keepMore(p.Chain, p.Better).Within(12), p.Chain.Within(12)
	sum := 0.
	for i := range then {
		sum += (then[i] - now[i]) * float64(p.Counts[i])
	}
	return int64(math.Round(sum))
}

// longHistory is from how many months of moves on nothing is said about them.
const longHistory = 24

func (p *retentionPage) gainAll() (sum int64) {
	for i := range p.Then {
		sum += p.gain(i)
	}
	return sum
}

func (p *retentionPage) worthAll() (sum int64) {
	for i := range p.Value {
		sum += int64(math.Round(p.Value[i] * float64(p.Counts[i])))
	}
	return sum
}

func (p *retentionPage) state(i int) string { return p.T("insight.state." + learn.States[i]) }

// bars draws what a customer of each state is worth.
func (p *retentionPage) bars() ui.Figure {
	fig := ui.Figure{
		ID: "states", Title: p.T("insight.states.title"), Sub: p.T("insight.states.sub", "what", p.what(), "currency", p.amount(0).Currency.Symbol()),
		Head: []string{p.T("insight.state"), p.T("insight.customers"), p.T("insight.worth_one")},
		Note: p.T("insight.states.note", "n", int64(p.Moves), "months", int64(p.Months)),
	}
	chart := ui.BarChart{YText: p.axis}
	high, risk := 0.0, 0.0
	for i, v := range p.Value {
		chart.Bars = append(chart.Bars, ui.Bar{Label: p.state(i), Text: p.axis(v), Value: v})
		fig.Rows = append(fig.Rows, []string{p.state(i), p.Num(int64(p.Counts[i])), p.whole(int64(v))})
		high = max(high, v)
	}
	risk = p.Value[atRisk]
	fig.Finding = p.T("insight.states.finding", "high", p.short(int64(high)), "risk", p.short(int64(risk)))
	chart.Label = fig.Finding
	fig.Chart = chart.Draw()
	return fig
}
