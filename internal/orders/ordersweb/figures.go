package ordersweb

import (
	"net/http"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/ui"
)

// figuresPage is the data of the page of what all orders add up to.
type figuresPage struct {
	*ui.View
	F orders.Figures
}

// figures shows what all orders add up to.
func (p *Pages) figures(w http.ResponseWriter, r *ui.Req) error {
	page := &figuresPage{View: r.View}
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		page.F, err = orders.ReadFigures(r.Context(), tx)
		return err
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, page.page())
}

func (p *figuresPage) money(f *orders.Figure, minor int64) string {
	return p.Money(money.Amount{Minor: minor, Currency: f.Currency})
}

// A figureRow is a figure of all lines beside that of those sold.
type figureRow struct {
	label     string
	all, sold string
}

// rows returns the figures of a currency.
func (p *figuresPage) rows(f *orders.Figure) []figureRow {
	return []figureRow{
		{p.T("order.figures.invoices"), p.Num(f.Invoices), p.Num(f.SoldInvoices)},
		{p.T("order.figures.returns"), p.Num(f.Returns), ""},
		{p.T("order.figures.lines"), p.Num(f.Lines), p.Num(f.SoldLines)},
		{p.T("order.figures.customers"), p.Num(f.Customers), p.Num(f.SoldCustomers)},
		{p.T("order.figures.unknown_invoices"), p.Num(f.UnknownInvoices), ""},
		{p.T("order.figures.unknown_lines"), p.Num(f.UnknownLines), ""},
		{p.T("order.figures.value"), p.money(f, f.Value), p.money(f, f.SoldValue)},
	}
}
