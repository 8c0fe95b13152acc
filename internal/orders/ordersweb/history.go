package ordersweb

import (
	"cmp"
	"context"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/journal/historyweb"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/team"
)

func (p *recordPage) loadHistory(ctx context.Context, tx *db.Tx) error {
	var err error
	p.History, err = historyweb.Load(ctx, tx, p.r, historyweb.Record{ID: p.O.ID, Title: p.O.Title(), Href: p.href(), Learn: p.learn})
	return err
}

// learn returns a wording that knows whom and what the changes refer to.
func (p *recordPage) learn(ctx context.Context, tx *db.Tx, list []journal.Change) (historyweb.Wording, error) {
	refs := map[string][]ids.ID{}
	for _, c := range list {
		for _, x := range []any{c.Was, c.Now} {
			if id, ok := x.(ids.ID); ok {
				refs[c.Column] = append(refs[c.Column], id)
			}
		}
	}
	names, err := refNames(ctx, tx, refs)
	return func(c journal.Change) (historyweb.Line, bool) { return p.historyLine(c, names) }, err
}

// refNames returns what the records that columns refer to are called.
func refNames(ctx context.Context, tx *db.Tx, refs map[string][]ids.ID) (map[ids.ID]string, error) {
	all := map[ids.ID]string{}
	for column, of := range map[string]func(context.Context, *db.Tx, []ids.ID) (map[ids.ID]string, error){
		"customer_id": customers.Names, "owner_id": team.Names, "returns_id": orders.Names,
	} {
		found, err := of(ctx, tx, refs[column])
		if err != nil {
			return nil, err
		}
		for id, name := range found {
			all[id] = name
		}
	}
	return all, nil
}

// columnLabels names the columns that people know.
var columnLabels = map[string]string{
	"number": "order.number", "customer_id": "order.customer", "ordered_at": "order.ordered_at", "currency": "order.currency", "rate": "order.rate_label",
	"is_return": "order.return", "returns_id": "order.returns", "channel": "order.channel", "shop": "order.shop", "status": "order.status",
	"note": "order.note", "owner_id": "order.owner", "discount": "order.discount", "tax": "order.tax",
	"code": "order.line.code", "name": "order.line.name", "quantity": "order.line.quantity", "unit_price": "order.line.price",
}

// historyLine returns a change in words, or false for what people need not know.
func (p *recordPage) historyLine(c journal.Change, names map[ids.ID]string) (historyweb.Line, bool) {
	if c.Table != "sales_order" && c.Table != "order_line" {
		return historyweb.Line{}, false
	}
	line := c.Table == "order_line"
	switch c.Kind {
	case journal.Created:
		return historyweb.Line{}, false // the operation says it
	case journal.Added, journal.Restored:
		return historyweb.Line{Field: p.T("order.line"), Added: cmp.Or(c.Label, "–")}, line
	case journal.Removed:
		return historyweb.Line{Field: p.T("order.line"), Removed: cmp.Or(c.Label, "–")}, line
	}
	label := columnLabels[c.Column]
	if label == "" {
		return historyweb.Line{}, false
	}
	return historyweb.Line{Field: p.T(label), Was: p.historyValue(c.Column, c.Was, names), Now: p.historyValue(c.Column, c.Now, names)}, true
}

// historyValue writes what stood in a column.
func (p *recordPage) historyValue(column string, x any, names map[ids.ID]string) string {
	switch x := x.(type) {
	case string:
		switch {
		case column == "status" && x != "":
			return statusText(p.View, orders.Status(x))
		case column == "channel":
			return channelText(p.View, orders.Channel(x))
		}
		return x
	case bool:
		if x {
			return p.T("list.yes")
		}
		return p.T("list.no")
	case ids.ID:
		return names[x]
	case int64:
		switch column {
		case "ordered_at":
			return p.DateTime(db.Time(x))
		case "rate", "quantity":
			return p.Price(money.Price(x), "")
		case "unit_price":
			return p.price(money.Price(x))
		}
		return p.money(x)
	}
	return ""
}
