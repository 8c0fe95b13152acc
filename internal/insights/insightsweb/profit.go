package insightsweb

import (
	"net/http"
	"slices"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights/learn"
	"github.com/akrab-crm/akrab/internal/ui"
)

// profitPage is the data of who brings the profit and who takes it away.
type profitPage struct {
	frame
	learn.WhaleReport
	Heads map[ids.ID]*customers.Customer
}

func (p *Pages) profit(w http.ResponseWriter, r *ui.Req) error {
	page := &profitPage{frame: frame{View: r.View, Key: "profit"}}
	var err error
	page.WhaleReport, err = load(p, r, &page.frame, "whale", func(m *learn.WhaleReport) learn.Basis { return m.Basis }, func(tx *db.Tx, m *learn.WhaleReport) (err error) {
		var of []ids.ID
		for _, l := range m.Losers {
			of = append(of, l.Customer)
		}
		page.Heads, err = customers.Heads(r.Context(), tx, of)
		return err
	})
	if err != nil {
		return err
	}
	page.Losers = slices.DeleteFunc(page.Losers, func(l learn.Loser) bool { return page.Heads[l.Customer] == nil })
	return ok(w, r, page.page())
}

// profit names what the curve adds up: profit if the cost to serve is known.
func (p *profitPage) profit() string {
	if p.Cost {
		return p.T("insight.profit")
	}
	return p.what()
}

func (p *profitPage) lead() string {
	if p.Curve.Total <= 0 {
		return p.T("insight.profit.lead.loss")
	}
	if p.Curve.Losers == 0 {
		return p.T("insight.profit.lead.none", "share", p.percent(p.Curve.TopFifth), "what", p.profit())
	}
	return p.T("insight.profit.lead", "share", p.percent(p.Curve.TopFifth), "n", int64(p.Curve.Losers), "money", p.short(p.Curve.Loss), "what", p.profit())
}

// drawing is the whale curve.
func (p *profitPage) drawing() ui.Figure {
	fig := ui.Figure{
		ID: "whale", Title: p.T("insight.whale.title"), Sub: p.T("insight.whale.sub", "what", p.profit(), "currency", p.amount(0).Currency.Symbol()),
		Finding: p.lead(), Note: p.T("insight.on", "n", int64(p.Curve.Customers), "date", p.date(p.frame.Basis.Today)),
		Head: []string{p.T("insight.whale.best"), p.T("insight.customers"), p.T("insight.whale.sum")},
	}
	all := float64(max(p.Curve.Customers, 1))
	curve := ui.Line{Name: p.T("insight.all"), Text: p.short(p.Curve.Total)}
	peak := p.Curve.Points[:0]
	for i, pt := range p.Curve.Points {
		curve.X = append(curve.X, 100*float64(pt.Customers)/all)
		curve.Y = append(curve.Y, float64(pt.Profit))
		if len(peak) == 0 || pt.Profit > peak[0].Profit {
			peak = p.Curve.Points[i : i+1]
		}
		if i%10 == 0 || i == len(p.Curve.Points)-1 {
			fig.Rows = append(fig.Rows, []string{p.percent(float64(pt.Customers) / all), p.Num(int64(pt.Customers)), p.whole(pt.Profit)})
		}
	}
	chart := ui.LineChart{
		Label: fig.Finding, Lines: []ui.Line{curve}, Zero: true, YText: p.axis, X: ui.Scale{Hi: 100, Step: 20},
		XText: func(v float64) string { return p.percent(v / 100) },
	}
	if len(peak) > 0 && p.short(p.Curve.Peak) != curve.Text { // else it is the end, by all that can be seen
		chart.Marks = append(chart.Marks, ui.Mark{X: 100 * float64(peak[0].Customers) / all, Y: float64(peak[0].Profit), Text: p.T("insight.whale.peak", "money", p.short(p.Curve.Peak))})
	}
	fig.Chart = chart.Draw()
	return fig
}

// kind is the end of the keys of messages that name the sum.
func (p *profitPage) kind() string {
	if p.Cost {
		return "profit"
	}
	return p.brings()
}

// brings is the end of the keys of messages that name what customers bring
// before what it costs to serve them.
func (p *profitPage) brings() string {
	if p.frame.Basis.Margin {
		return "margin"
	}
	return "sales"
}
