package ordersweb

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
)

// Permissions of the pages of operations, which another package serves.
const (
	permOperations = ui.Perm("operations.read")
	permUndo       = ui.Perm("operations.undo")
)

// historySize is how many rows of the journal a page of history tells of.
const historySize = 50

// A historyOp is what one operation did to an order.
type historyOp struct {
	ID    ids.ID
	At    time.Time
	Actor string
	What  string
	Lines []historyLine
	Mine  bool // the visitor did it
	Undo  bool // the visitor may take it back
	State string
}

// A historyLine is one change in words.
type historyLine struct {
	Field, Was, Now string
	Added, Removed  string // what the line was called
}

func (p *recordPage) loadHistory(ctx context.Context, tx *db.Tx) error {
	list, next, err := journal.History(ctx, tx, p.O.ID, p.r.Int("before", 0), historySize)
	if err != nil {
		return err
	}
	if next != 0 {
		p.Older = p.href() + "/history?before=" + strconv.FormatInt(next, 10)
	}
	var wanted []ids.ID
	refs := map[string][]ids.ID{}
	for _, c := range list {
		if !slices.Contains(wanted, c.Op) {
			wanted = append(wanted, c.Op)
		}
		for _, x := range []any{c.Was, c.Now} {
			if id, ok := x.(ids.ID); ok {
				refs[c.Column] = append(refs[c.Column], id)
			}
		}
	}
	ops, err := journal.Find(ctx, tx, wanted)
	if err != nil {
		return err
	}
	names, err := refNames(ctx, tx, refs)
	if err != nil {
		return err
	}
	for _, c := range list {
		if n := len(p.History); n == 0 || p.History[n-1].ID != c.Op {
			p.History = append(p.History, p.historyOp(c, ops))
		}
		at := &p.History[len(p.History)-1]
		if line, ok := p.historyLine(c, names); ok {
			at.Lines = append(at.Lines, line)
		}
	}
	return nil
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

func (p *recordPage) historyOp(c journal.Change, ops map[ids.ID]journal.Operation) historyOp {
	o := historyOp{ID: c.Op, At: c.At, Actor: c.ActorName, What: p.T("order.history.change")}
	if o.Actor == "" {
		o.Actor = p.T("order.history.system")
	}
	if c.Why != "" && p.Has(c.Why) {
		args := []any{"name", p.O.Title()}
		for key, v := range c.Args {
			switch v := v.(type) {
			case float64:
				args = append(args, key, int64(v))
			case string:
				if key != "name" {
					args = append(args, key, v)
				}
			}
		}
		o.What = p.T(c.Why, args...)
	}
	op, ok := ops[c.Op]
	if !ok {
		return o
	}
	o.Mine = !c.Actor.IsZero() && c.Actor == p.Who.User
	o.Undo = journal.CanUndo(op, p.Now) == nil && (o.Mine || p.May(permUndo))
	if op.State == journal.Undone {
		o.State = p.T("order.history.undone")
	}
	return o
}

// columnLabels names the columns that people know.
var columnLabels = map[string]string{
	"number": "order.number", "customer_id": "order.customer", "ordered_at": "order.ordered_at", "currency": "order.currency", "rate": "order.rate_label",
	"is_return": "order.return", "returns_id": "order.returns", "channel": "order.channel", "shop": "order.shop", "status": "order.status",
	"note": "order.note", "owner_id": "order.owner", "discount": "order.discount", "tax": "order.tax",
	"code": "order.line.code", "name": "order.line.name", "quantity": "order.line.quantity", "unit_price": "order.line.price",
}

// historyLine returns a change in words, or false for what people need not know.
func (p *recordPage) historyLine(c journal.Change, names map[ids.ID]string) (historyLine, bool) {
	if c.Table != "sales_order" && c.Table != "order_line" {
		return historyLine{}, false
	}
	line := c.Table == "order_line"
	switch c.Kind {
	case journal.Created:
		return historyLine{}, false // the operation says it
	case journal.Added, journal.Restored:
		return historyLine{Field: p.T("order.line"), Added: orElse(c.Label, "–")}, line
	case journal.Removed:
		return historyLine{Field: p.T("order.line"), Removed: orElse(c.Label, "–")}, line
	}
	label := columnLabels[c.Column]
	if label == "" {
		return historyLine{}, false
	}
	return historyLine{Field: p.T(label), Was: p.historyValue(c.Column, c.Was, names), Now: p.historyValue(c.Column, c.Now, names)}, true
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

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
