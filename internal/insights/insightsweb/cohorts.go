package insightsweb

import (
	"math"
	"net/http"
	"strconv"

	"github.com/akrab-crm/akrab/internal/insights/learn"
	"github.com/akrab-crm/akrab/internal/ui"
)

// cohortsPage is the data of who came back, by the quarter of their first
// purchase.
type cohortsPage struct {
	frame
	learn.Cohorts
}

func (p *Pages) cohorts(w http.ResponseWriter, r *ui.Req) error {
	page := &cohortsPage{frame: frame{View: r.View, Key: "cohorts"}}
	var err error
	page.Cohorts, err = load(p, r, &page.frame, "cohorts", func(m *learn.Cohorts) learn.Basis { return m.Basis }, nil)
	if err != nil {
		return err
	}
	return ok(w, r, page.page())
}

// mostQuarters is how many quarters after the first are shown.
const mostQuarters = 12

// quarters returns how many quarters after the first the table has.
func (p *cohortsPage) quarters() int {
	n := 0
	for _, c := range p.Rows {
		n = max(n, len(c.Bought))
	}
	return min(n, mostQuarters)
}

func (p *cohortsPage) name(c *learn.Cohort) string {
	return p.T("insight.quarter", "n", int64(c.Quarter), "year", strconv.Itoa(c.Year))
}

// heat is the table of cohorts: the share of each that bought again in the
// quarters after its own.
func (p *cohortsPage) heat() ui.Heat {
	h := ui.Heat{Caption: p.T("insight.cohorts.title"), Head: []string{p.T("insight.cohort"), p.T("insight.customers")}}
	n := p.quarters()
	for k := range n {
		h.Head = append(h.Head, "+"+strconv.Itoa(k+1))
	}
	for i := range p.Rows {
		c := &p.Rows[i]
		row := ui.HeatRow{Name: p.name(c), Count: p.Num(int64(c.Customers))}
		for k := range n {
			if k >= len(c.Bought) || c.Customers == 0 {
				row.Cells = append(row.Cells, ui.HeatCell{Share: -1})
				continue
			}
			share := float64(c.Bought[k]) / float64(c.Customers)
			row.Cells = append(row.Cells, ui.HeatCell{Text: p.percent(rounded(share)), Share: share, Light: c.Partial && k == len(c.Bought)-1})
		}
		h.Rows = append(h.Rows, row)
	}
	return h
}

// rounded rounds a share to whole per cents.
func rounded(share float64) float64 { return math.Round(share*100) / 100 }

// kept returns the share of all customers that bought again in quarter k (from
// 0) after their first, over the cohorts for which that quarter is over, and
// on how many customers it rests.
func (p *cohortsPage) kept(k int) (share float64, customers int) {
	bought := 0
	for _, c := range p.Rows {
		if k < len(c.Bought) && !(c.Partial && k == len(c.Bought)-1) {
			bought += c.Bought[k]
			customers += c.Customers
		}
	}
	if customers == 0 {
		return 0, 0
	}
	return float64(bought) / float64(customers), customers
}

// curve draws which share buys again, over all cohorts; ok is false if no
// quarter after one is over yet.
func (p *cohortsPage) curve() (fig ui.Figure, ok bool) {
	fig = ui.Figure{
		ID: "kept", Title: p.T("insight.kept.title"), Sub: p.T("insight.kept.sub"),
		Head: []string{p.T("insight.kept.after"), p.T("insight.kept.share"), p.T("insight.customers")},
	}
	line := ui.Line{Name: p.T("insight.kept.line")}
	for k := range p.quarters() {
		share, n := p.kept(k)
		if n == 0 {
			break
		}
		line.X, line.Y = append(line.X, float64(k+1)), append(line.Y, 100*share)
		line.Text = p.percent(rounded(share))
		fig.Rows = append(fig.Rows, []string{"+" + strconv.Itoa(k+1), p.percent(rounded(share)), p.Num(int64(n))})
	}
	if len(line.X) < 2 {
		return fig, false
	}
	fig.Finding = p.T("insight.kept.finding", "first", p.percent(rounded(line.Y[0]/100)), "last", p.percent(rounded(line.Y[len(line.Y)-1]/100)), "n", int64(len(line.Y)))
	fig.Note = p.T("insight.on", "n", int64(p.frame.Basis.Customers), "date", p.date(p.frame.Basis.Today))
	fig.Chart = ui.LineChart{
		Label: fig.Finding, Lines: []ui.Line{line}, YText: func(v float64) string { return p.percent(v / 100) },
		X: ui.Scale{Lo: 1, Hi: float64(len(line.X)), Step: 1}, XText: func(v float64) string { return "+" + strconv.Itoa(int(v)) },
	}.Draw()
	return fig, true
}
