package ordersweb

import (
	"context"
	"net/http"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/journal/historyweb"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
)

func (p *Pages) recordRoutes() []ui.Route {
	return []ui.Route{
		ui.GET("/orders/{id}", permRead, p.record),
		ui.GET("/orders/{id}/history", permRead, p.history),
		ui.POST("/orders/{id}/status", permWrite, p.status),
		ui.POST("/orders/{id}/delete", permDelete, p.remove),
	}
}

// The views of an order.
const (
	tabMain    = ""
	tabHistory = "history"
)

// recordPage is the data of an order's page.
type recordPage struct {
	*ui.View
	r        *ui.Req
	tab      string
	O        orders.Order
	Shown    []orders.Line // those of the page of lines
	First    int           // number of the first of them, from 0
	Customer string
	Owner    string
	Products map[ids.ID]catalog.Brief
	Covers   map[ids.ID]catalog.Picture
	Returned orders.Order // what this return belongs to; zero if that is not known
	Returns  []orders.Order
	History  *historyweb.History
	Task     string // address of a new task about it, or empty
}

// sideLines is how many lines are shown beside the list.
const sideLines = 12

// pageLines is how many lines of an order are shown at once.
const pageLines = 200

func (p *Pages) record(w http.ResponseWriter, r *ui.Req) error { return p.show(w, r, tabMain) }

// history shows what happened to an order.
func (p *Pages) history(w http.ResponseWriter, r *ui.Req) error { return p.show(w, r, tabHistory) }

func (p *Pages) show(w http.ResponseWriter, r *ui.Req, tab string) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	page := &recordPage{View: r.View, r: r, tab: tab}
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error { return page.load(r.Context(), tx, id) })
	if err != nil {
		return err
	}
	if p.Task != nil {
		page.Task = p.Task(r.View, id, page.O.Customer)
	}
	return ui.Render(w, r, http.StatusOK, page.page())
}

func (p *recordPage) load(ctx context.Context, tx *db.Tx, id ids.ID) error {
	var err error
	if p.O, err = orders.Get(ctx, tx, id); err != nil {
		return err
	}
	p.First = int(p.r.Int("from", 0))
	if p.First < 0 || p.First >= len(p.O.Lines) {
		p.First = 0
	}
	p.Shown = p.O.Lines[p.First:min(len(p.O.Lines), p.First+pageLines)]
	if err := p.names(ctx, tx); err != nil {
		return err
	}
	if p.Returns, err = orders.ReturnsOf(ctx, tx, id); err != nil {
		return err
	}
	if !p.O.Returns.IsZero() {
		list, err := orders.Heads(ctx, tx, []ids.ID{p.O.Returns})
		if err != nil {
			return err
		}
		for _, o := range list {
			p.Returned = o
		}
	}
	if p.tab == tabHistory {
		return p.loadHistory(ctx, tx)
	}
	var want []ids.ID
	for _, l := range p.Shown {
		if !l.Product.IsZero() {
			want = append(want, l.Product)
		}
	}
	if p.Products, err = catalog.Briefs(ctx, tx, want); err != nil {
		return err
	}
	p.Covers, err = catalog.Covers(ctx, tx, want)
	return err
}

// names reads what the order's customer and owner are called.
func (p *recordPage) names(ctx context.Context, tx *db.Tx) error {
	if !p.O.Customer.IsZero() {
		found, err := customers.Names(ctx, tx, []ids.ID{p.O.Customer})
		if err != nil {
			return err
		}
		p.Customer = found[p.O.Customer]
	}
	if !p.O.Owner.IsZero() {
		found, err := team.Names(ctx, tx, []ids.ID{p.O.Owner})
		if err != nil {
			return err
		}
		p.Owner = found[p.O.Owner]
	}
	return nil
}

func (p *recordPage) href() string { return Href(p.O.ID) }

func (p *recordPage) title() string { return kindText(p.View, &p.O) + " " + p.O.Title() }

func (p *recordPage) money(minor int64) string { return p.Money(p.O.Money(minor)) }

func (p *recordPage) price(m money.Price) string { return p.Price(m, p.O.Currency) }

// base returns the total in the workspace's currency, if it is in another one
// whose rate is known; "" otherwise.
func (p *recordPage) base() string {
	if p.O.Rate == 0 || p.O.Currency == p.Workspace.Currency {
		return ""
	}
	minor, ok := p.O.InBase(p.Workspace.Currency)
	if !ok {
		return ""
	}
	return p.Money(money.Amount{Minor: minor, Currency: p.Workspace.Currency})
}

// hasDiscounts reports whether a line has a discount, and hasTaxes a tax: the
// columns are there for those alone.
func (p *recordPage) hasDiscounts() bool {
	return p.any(func(l *orders.Line) bool { return l.Discount != 0 })
}

func (p *recordPage) hasTaxes() bool { return p.any(func(l *orders.Line) bool { return l.Tax != 0 }) }

func (p *recordPage) any(is func(*orders.Line) bool) bool {
	for i := range p.O.Lines {
		if is(&p.O.Lines[i]) {
			return true
		}
	}
	return false
}

func (p *recordPage) lineName(l *orders.Line) string { return lineName(p.View, l, p.Products) }

// lineSub returns what stands below the name of a line: its code, and what the
// product is called where the line calls it otherwise.
func (p *recordPage) lineSub(l *orders.Line) string {
	b, ok := p.Products[l.Product]
	name := b.Name(p.Lang)
	switch {
	case ok && l.Name != "" && name != l.Name && name != l.Code:
		return l.Code + " · " + name
	case l.Code != p.lineName(l):
		return l.Code
	}
	return ""
}

// hasParts reports whether the total is more than the sum of the amounts.
func (p *recordPage) hasParts() bool { return p.O.Discount != 0 || p.O.Taxes() != 0 }

// next is the status that comes after the order's, or "" if it is the last.
func (p *recordPage) next() orders.Status {
	switch p.O.Status {
	case orders.Draft:
		return orders.Confirmed
	case orders.Confirmed:
		return orders.Shipped
	case orders.Shipped:
		return orders.Delivered
	}
	return ""
}

func (p *recordPage) tabs() []ui.Tab {
	return []ui.Tab{
		{Label: p.T("order.overview"), Href: p.href(), Current: p.tab == tabMain},
		{Label: p.T("order.history"), Href: p.href() + "/history", Current: p.tab == tabHistory},
	}
}

// status gives an order another status.
func (p *Pages) status(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	to := orders.Status(r.Text("status"))
	var o orders.Order
	var op ids.ID
	err = p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: "order.update", Subject: id}, func(tx *db.Tx) error {
		op = tx.Op
		var err error
		if o, err = orders.Get(r.Context(), tx, id); err != nil {
			return err
		}
		n, err := orders.SetStatus(r.Context(), tx, []ids.ID{id}, to)
		if err == nil && n == 0 {
			return errSame
		}
		if err != nil {
			return err
		}
		return tx.SetOp(r.Context(), id, map[string]any{"name": o.Title()})
	})
	if err == errSame {
		return ui.Redirect(w, r, Href(id))
	}
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: "order.status_set", Args: []string{"name", o.Title(), "status", statusText(r.View, to)}, Undo: op})
	return ui.Redirect(w, r, Href(id))
}

// remove deletes an order.
func (p *Pages) remove(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	var o orders.Order
	var op ids.ID
	err = p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: "order.delete", Subject: id}, func(tx *db.Tx) error {
		op = tx.Op
		if err := orders.Lock(r.Context(), tx, id); err != nil {
			return err
		}
		var err error
		if o, err = orders.Get(r.Context(), tx, id); err != nil {
			return err
		}
		if err := orders.Delete(r.Context(), tx, []ids.ID{id}); err != nil {
			return err
		}
		return tx.SetOp(r.Context(), id, map[string]any{"name": o.Title()})
	})
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: "order.deleted", Args: []string{"name", o.Title()}, Undo: op})
	return ui.Redirect(w, r, listPath)
}
