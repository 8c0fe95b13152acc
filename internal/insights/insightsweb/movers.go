package insightsweb

import (
	"net/http"
	"slices"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/insights/learn"
	"github.com/akrab-crm/akrab/internal/ui"
)

// moversPage is the data of who moved between segments and signals.
type moversPage struct {
	frame
	learn.Movers
	Heads map[ids.ID]*customers.Customer
}

func (p *Pages) movers(w http.ResponseWriter, r *ui.Req) error {
	page := &moversPage{frame: frame{View: r.View, Key: "movers"}}
	var err error
	page.Movers, err = load(p, r, &page.frame, "movers", func(m *learn.Movers) learn.Basis { return m.Basis }, func(tx *db.Tx, m *learn.Movers) (err error) {
		var of []ids.ID
		for _, row := range m.Rows {
			of = append(of, row.Customer)
		}
		page.Heads, err = customers.Heads(r.Context(), tx, of)
		return err
	})
	if err != nil {
		return err
	}
	page.Rows = slices.DeleteFunc(page.Rows, func(m learn.MoverRow) bool { return page.Heads[m.Customer] == nil })
	return ok(w, r, page.page())
}

// signal names a signal; whoever has none is named plainly.
func (f *frame) signal(s string) string { return f.T(insights.SignalLabel(s, "")) }

func tone(signal string) string { return insights.Tone(signal) }

func (p *moversPage) lead() string {
	if p.Worse == 0 {
		return p.T("insight.movers.lead.none")
	}
	return p.T("insight.movers.lead", "n", int64(p.Worse), "money", p.short(p.Stake))
}
