package ordersweb

import (
	"context"
	"time"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/ui"
)

// Panel is what a customer's page shows of their purchases.
func (p *Pages) Panel() ui.Panel {
	return ui.Panel{Key: "orders", Perm: permRead, Order: 10, Load: p.loadPanel}
}

// panel is the data of it.
type panel struct {
	*ui.View
	Customer ids.ID
	Fact     insights.Fact
	Known    bool // the facts are made
	Recent   []orders.Order
}

// panelOrders is how many of a customer's orders the panel shows.
const panelOrders = 5

func (p *Pages) loadPanel(ctx context.Context, v *ui.View, id ids.ID) (templ.Component, error) {
	b := &panel{View: v, Customer: id}
	err := p.DB.Read(ctx, v.Who, func(tx *db.Tx) error {
		var err error
		if b.Fact, b.Known, err = insights.Get(ctx, tx, id); err != nil {
			return err
		}
		b.Recent, err = orders.OfCustomer(ctx, tx, id, time.Time{}, panelOrders)
		return err
	})
	if err != nil || len(b.Recent) == 0 && !v.May(permWrite) {
		return nil, err
	}
	return b.show(), nil
}

// others are what was bought in other currencies than the main one.
func (b *panel) others() []string {
	var list []string
	for i, t := range b.Fact.Totals {
		if i > 0 {
			list = append(list, b.Money(money.Amount{Minor: t.Minor, Currency: t.Currency}))
		}
	}
	return list
}

// when is the day of an order, without the year if it is this one, and that it
// is a return.
func (b *panel) when(o *orders.Order) string {
	day := b.Date(o.At)
	if o.At.In(b.Zone).Year() == b.Now.In(b.Zone).Year() {
		day = b.DayMonth(o.At)
	}
	if o.Return {
		return b.T("order.return") + " · " + day
	}
	return day
}

// mostFamilies is how many favourite families the panel shows.
const mostFamilies = 3

func (b *panel) families() []insights.Family {
	return b.Fact.Families[:min(len(b.Fact.Families), mostFamilies)]
}

// rhythm says in words how often the customer orders, and how long ago they did.
func (b *panel) rhythm() string {
	switch {
	case b.Fact.RhythmDays > 0 && b.Fact.IsQuiet(b.Now):
		return b.T("order.panel.quiet", "n", b.Fact.RhythmDays, "days", b.Fact.SilentDays(b.Now.In(b.Zone)))
	case b.Fact.RhythmDays > 0:
		return b.T("order.panel.rhythm", "n", b.Fact.RhythmDays)
	}
	return ""
}

// Entries returns what timelines show of orders besides what they are called.
func Entries(ctx context.Context, tx *db.Tx, v *ui.View, list []ids.ID) (map[ids.ID]templ.Component, error) {
	if !v.May(permRead) {
		return nil, nil
	}
	found, err := orders.Heads(ctx, tx, list)
	out := make(map[ids.ID]templ.Component, len(found))
	for i := range found {
		out[found[i].ID] = (&entry{v, &found[i]}).show()
	}
	return out, err
}

// entry is an order in a timeline.
type entry struct {
	*ui.View
	O *orders.Order
}

// EntryKinds are the kinds of interaction that stand for orders.
var EntryKinds = []activity.Kind{activity.Order, activity.Return}
