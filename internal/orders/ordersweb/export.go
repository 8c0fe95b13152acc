package ordersweb

import (
	"context"
	"fmt"
	"net/http"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/list/listweb"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/sheet"
	"github.com/akrab-crm/akrab/internal/ui"
)

// lineHeads are the message keys of the columns of an export of lines.
var lineHeads = []string{
	"order.number", "order.ordered_at", "order.customer", "order.status", "order.channel", "order.currency",
	"order.line.code", "order.line.name", "order.line.quantity", "order.line.price", "order.line.discount", "order.line.tax", "order.line.amount",
}

// exportLines downloads the lines of the orders that the address asks for.
func (p *Pages) exportLines(w http.ResponseWriter, r *ui.Req) error {
	q, err := list.Parse(r.Form)
	if err != nil {
		return err
	}
	q.In = r.View.Workspace
	return listweb.Download(w, r, "order-lines", func(to sheet.Writer) error { return p.writeLines(r, q, to) })
}

func (p *Pages) writeLines(r *ui.Req, q list.Query, to sheet.Writer) error {
	heads := make([]string, len(lineHeads))
	for i, key := range lineHeads {
		heads[i] = r.View.T(key)
	}
	if err := to.Write(heads); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	ctx := r.Context()
	products := map[ids.ID]catalog.Brief{}
	err := p.DB.Read(ctx, r.Who, func(tx *db.Tx) error {
		return orders.List.Each(ctx, tx, q, func(rows []orders.Order) error {
			return writeSome(ctx, tx, r.View, rows, products, to)
		})
	})
	if err != nil {
		return err
	}
	return to.Close()
}

// writeSome writes the lines of some orders. products are those met so far.
func writeSome(ctx context.Context, tx *db.Tx, v *ui.View, rows []orders.Order, products map[ids.ID]catalog.Brief, to sheet.Writer) error {
	if err := orders.LoadLines(ctx, tx, rows); err != nil {
		return err
	}
	var of, want []ids.ID
	for i := range rows {
		of = append(of, rows[i].Customer)
		for _, l := range rows[i].Lines {
			if _, ok := products[l.Product]; !ok && !l.Product.IsZero() {
				products[l.Product] = catalog.Brief{}
				want = append(want, l.Product)
			}
		}
	}
	names, err := customers.Names(ctx, tx, of)
	if err != nil {
		return err
	}
	found, err := catalog.Briefs(ctx, tx, want)
	if err != nil {
		return err
	}
	for id, b := range found {
		products[id] = b
	}
	for i := range rows {
		o := &rows[i]
		for k := range o.Lines {
			l := &o.Lines[k]
			err := to.WriteCells([]sheet.Cell{
				textCell(o.Number), timeCell(v, o.At), textCell(names[o.Customer]), textCell(statusText(v, o.Status)), textCell(channelText(v, o.Channel)),
				textCell(string(o.Currency)), textCell(l.Code), textCell(lineName(v, l, products)), priceCell(money.Price(l.Quantity)), priceCell(l.Price),
				moneyCell(o, l.Discount), moneyCell(o, l.Tax), moneyCell(o, l.Amount),
			})
			if err != nil {
				return fmt.Errorf("export: %w", err)
			}
		}
	}
	return nil
}

// lineName returns what a line is called: its own name, else its product's.
func lineName(v *ui.View, l *orders.Line, products map[ids.ID]catalog.Brief) string {
	if l.Name != "" {
		return l.Name
	}
	if p, ok := products[l.Product]; ok {
		return p.Name(v.Lang)
	}
	return l.Code
}
