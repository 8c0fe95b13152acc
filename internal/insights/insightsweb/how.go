package insightsweb

import (
	"net/http"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/insights/learn"
	"github.com/akrab-crm/akrab/internal/ui"
)

// howPage is the data of the page that says how each figure is made.
type howPage struct {
	frame
	learn.Health
	Settings insights.Settings
	Cares    bool // complaints and invoices count
}

// parts are the parts of the page, in order: their names are the anchors that
// other pages lead to.
var parts = []string{"facts", "active", "value", "segment", "signal", "board", "movers", "profit", "cohorts", "rules", "offers", "retention", "models", "holdout", "thin"}

func (p *Pages) how(w http.ResponseWriter, r *ui.Req) error {
	page := &howPage{frame: frame{View: r.View, Key: "how"}, Cares: p.Cares != nil && p.Cares()}
	var err error
	page.Health, err = load(p, r, &page.frame, "health", func(h *learn.Health) learn.Basis { return h.Basis }, nil)
	if err != nil {
		return err
	}
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		page.Settings, err = insights.GetSettings(r.Context(), tx)
		return err
	})
	if err != nil {
		return err
	}
	return ok(w, r, page.page())
}

// text says how the figures of a part are made.
func (p *howPage) text(part string) string {
	key := "insight.how." + part + ".text"
	if p.Cares && p.Has(key+".cares") {
		return p.T(key) + " " + p.T(key+".cares")
	}
	return p.T(key)
}

// now says how the figures of a part stand in this workspace; "" if there is
// nothing to say.
func (p *howPage) now(part string) string {
	m := &p.Health.Models
	switch part {
	case "holdout":
		return p.T("insight.how.holdout.now", "share", p.percent(float64(p.Settings.Holdout)/1000))
	case "profit":
		return p.T("insight.how.profit.now", "minute", p.whole(p.Settings.MinuteCost), "order", p.whole(p.Settings.OrderCost))
	}
	if !p.Known || !m.Enough {
		return ""
	}
	switch part {
	case "active":
		if p.LastHit == nil {
			return ""
		}
		return p.T("insight.hit", "n", int64(p.LastHit.Customers), "foretold", p.Num(int64(p.LastHit.Chance+.5)), "bought", p.Num(int64(p.LastHit.Bought)))
	case "value":
		return p.T("insight.how.value.now", "model", model(m.Purchase.Model), "n", int64(m.Customers), "what", p.what(), "rate", p.percent(m.Rate))
	case "segment":
		return p.T("insight.how.segment.now", "a", p.short(m.Bands.A), "b", p.short(m.Bands.B))
	case "signal":
		if m.Signal.Name == "" {
			return p.T("insight.how.signal.off")
		}
		if m.Signal.Chance {
			return p.T("insight.how.signal.chance", "red", p.percent(m.Signal.Red), "yellow", p.percent(m.Signal.Yellow))
		}
		return p.T("insight.how.signal.now", "red", p.percent(m.Signal.Red), "yellow", p.percent(m.Signal.Yellow))
	}
	return ""
}
