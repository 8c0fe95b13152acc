package ordersweb

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/list/listweb"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/sheet"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
)

func (p *Pages) listRoutes() []ui.Route {
	return []ui.Route{
		ui.GET(listPath, permRead, p.index),
		ui.GET("/orders/export", permExport, p.export),
		ui.GET("/orders/export/lines", permExport, p.exportLines),
		ui.POST("/orders/bulk/status", permWrite, p.bulkStatus),
		ui.GET("/orders/bulk", permWrite, p.bulkProgress),
		ui.POST("/orders/bulk/retry", permWrite, p.bulkRetry),
		ui.GET("/orders/figures", permRead, p.figures),
	}
}

// listLooks says how the columns of the list are shown. The numbers are the
// order in which they leave a narrow panel.
var listLooks = map[string]listweb.Look{
	"number":     {Icon: "receipt", Class: "key"},
	"customer":   {Icon: "user", P: 2, Fill: true},
	"ordered_at": {Icon: "cal", P: 3, Class: "muted"},
	"status":     {Icon: "flag", P: 4},
	"channel":    {Icon: "route", P: 4},
	"shop":       {Icon: "pin", P: 5, Class: "muted"},
	"lines":      {Icon: "cols", P: 5, Right: true, Class: "num muted"},
	"total":      {Icon: "receipt", Right: true, Class: "num"},
	"currency":   {Icon: "globe", P: 5, Class: "muted"},
	"return":     {Icon: "undo", P: 5},
	"owner":      {Icon: "user", P: 4},
	"product":    {Icon: "box"},
	"created":    {Icon: "cal", P: 5, Class: "muted"},
	"updated":    {Icon: "cal", P: 5, Class: "muted"},
}

// listViews are the ways to look at orders that everybody needs.
var listViews = []listweb.View{
	{Key: "all", Title: "order.list.all"},
	{Key: "week", Title: "order.list.week", Query: "f=ordered_at:within:this-week"},
	{Key: "open", Title: "order.list.open", Query: "f=status:in:draft,confirmed,shipped"},
	{Key: "returns", Title: "order.list.returns", Query: "f=return:eq:true"},
	{Key: "unknown", Title: "order.list.unknown", Query: "f=customer:empty"},
}

// listPage is the data of the list of orders.
type listPage struct {
	*ui.View
	table  listweb.Table[orders.Order]
	List   *listweb.Page
	Names  map[ids.ID]string // of the customers of the rows
	Owners map[ids.ID]string
	Sums   []money.Amount // of all rows, where they are few
	Import string         // where orders are imported; "" if nowhere
	Part   bool           // a script has asked for a part of the page
	None   bool           // there is no order at all
}

func (p *Pages) newList(r *ui.Req) *listPage {
	page := &listPage{View: r.View, Import: p.Import, Part: r.Partial()}
	page.table = listweb.Table[orders.Order]{
		Def: &orders.List, Path: listPath, Caption: "order.title", Bulk: r.View.May(permWrite),
		Row: func(v *ui.View, o *orders.Order) ui.Row {
			return ui.Row{ID: o.ID.String(), Label: kindText(v, o) + " " + o.Title(), Href: Href(o.ID)}
		},
		Cell: func(_ *ui.View, o *orders.Order, key string, col ui.Column) templ.Component {
			return page.cell(col, key, o)
		},
		Complete: page.complete, Side: side, Looks: listLooks, Views: listViews, Options: options, NameOf: nameOf, Picker: p.pickers(r.View), Beside: map[string]string{"total": "currency"},
	}
	if page.May(permExport) {
		page.table.Value = page.exported
	}
	return page
}

// index shows the list of orders.
func (p *Pages) index(w http.ResponseWriter, r *ui.Req) error {
	page := p.newList(r)
	if done, err := page.table.Redirect(w, r, p.DB); done || err != nil {
		return err
	}
	var err error
	if page.List, err = page.table.Load(r.Context(), p.DB, r); err != nil {
		return err
	}
	if err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error { return page.sum(r.Context(), tx) }); err != nil {
		return err
	}
	r.View.Path = page.table.Address(page.List)
	return ui.Render(w, r, page.List.Status(), page.page())
}

// mostSummed is up to how many orders the list says what they add up to.
const mostSummed = 1000

// sum adds up what the list shows on all its pages.
func (p *listPage) sum(ctx context.Context, tx *db.Tx) error {
	if p.List.Err != nil {
		return nil
	}
	if len(p.List.Rows) == 0 {
		n, err := orders.Total(ctx, tx)
		p.None = n == 0
		return err
	}
	if n := p.List.Count; n < 0 || n > mostSummed {
		return nil
	}
	all, err := orders.List.IDs(ctx, tx, p.List.Query, ids.ID{}, mostSummed)
	if err != nil {
		return err
	}
	p.Sums, err = orders.SumsOf(ctx, tx, all)
	return err
}

// side returns what stands beside the list about an order.
func side(ctx context.Context, tx *db.Tx, r *ui.Req, id ids.ID) (*ui.SideCard, error) {
	card := &recordPage{View: r.View, r: r}
	if err := card.load(ctx, tx, id); err != nil {
		return nil, err
	}
	return &ui.SideCard{Title: card.title(), Href: card.href(), Body: card.side()}, nil
}

// pickers says how customers and products are found that a condition names.
func (p *Pages) pickers(v *ui.View) func(c *list.Column) *listweb.Picker {
	return func(c *list.Column) *listweb.Picker {
		switch {
		case c.Key == "product" && v.May(permProducts):
			return &listweb.Picker{Suggest: "/products/suggest", Placeholder: "listweb.pick.product", Meant: catalog.Meant}
		case c.Key == "customer" && v.May(permCustomers):
			return &listweb.Picker{Suggest: "/customers/suggest", Placeholder: "listweb.pick.customer", Meant: p.meant}
		}
		return nil
	}
}

// meant returns the customer whom somebody means by a text.
func (p *Pages) meant(ctx context.Context, tx *db.Tx, text string) (ids.ID, error) {
	return p.Search.Meant(ctx, tx, "customer", text)
}

// options returns the users to choose from.
func options(ctx context.Context, tx *db.Tx, _ *ui.View, c *list.Column) ([]ui.Option, error) {
	if c.Type != list.User {
		return nil, nil
	}
	users, err := team.Users(ctx, tx, true)
	return userOptions(users), err
}

func userOptions(users []team.User) []ui.Option {
	out := make([]ui.Option, len(users))
	for i, u := range users {
		out[i] = ui.Option{Value: u.ID.String(), Label: u.Name}
	}
	return out
}

// complete reads what the rows need besides themselves.
func (p *listPage) complete(ctx context.Context, tx *db.Tx, rows []orders.Order) error {
	of, owners := make([]ids.ID, 0, len(rows)), []ids.ID{}
	for i := range rows {
		of = append(of, rows[i].Customer)
		if !rows[i].Owner.IsZero() {
			owners = append(owners, rows[i].Owner)
		}
	}
	var err error
	if p.Names, err = customers.Names(ctx, tx, of); err != nil {
		return err
	}
	p.Owners, err = team.Names(ctx, tx, owners)
	return err
}

// who returns what the customer of a row is called.
func (p *listPage) who(o *orders.Order) string {
	if o.Customer.IsZero() {
		return p.T("order.no_customer")
	}
	return p.Names[o.Customer]
}

// isNew reports whether there are no orders at all.
func (p *listPage) isNew() bool { return p.List.Err == nil && len(p.List.Rows) == 0 && p.None }

// remark returns how many orders the list has, and what they add up to.
func (p *listPage) remark() string {
	if p.List.Err != nil || p.List.Count < 0 || p.isNew() {
		return ""
	}
	parts := []string{p.T("order.list.count", "n", p.List.Count)}
	for _, a := range p.Sums {
		parts = append(parts, p.Money(a))
	}
	return strings.Join(parts, " · ")
}

// linesHref is the address of the lines of the list's orders as a file.
func (p *listPage) linesHref(format string) string {
	v := p.List.Query.First().Values()
	v.Del("count")
	v.Set("format", format)
	return "/orders/export/lines?" + v.Encode()
}

// nameOf returns the name of the record that a filter names.
func nameOf(ctx context.Context, tx *db.Tx, c *list.Column, value string) (string, error) {
	id, err := ids.Parse(value)
	if err != nil {
		return "", nil // the list says that it is no id
	}
	names := customers.Names
	switch c.Key {
	case "product":
		names = catalog.Names
	case "returns":
		names = orders.Names
	case "owner":
		names = team.Names
	}
	found, err := names(ctx, tx, []ids.ID{id})
	return found[id], err
}

// export downloads the list that the address asks for.
func (p *Pages) export(w http.ResponseWriter, r *ui.Req) error {
	return p.newList(r).table.Export(w, r, p.DB)
}

func textCell(s string) sheet.Cell { return sheet.Cell{Text: s} }

func priceCell(p money.Price) sheet.Cell { return sheet.Cell{Text: p.String(), Type: sheet.Number} }

func moneyCell(o *orders.Order, minor int64) sheet.Cell {
	return sheet.Cell{Text: o.Money(minor).Decimal().String(), Type: sheet.Number}
}

func timeCell(v *ui.View, t time.Time) sheet.Cell {
	return sheet.Cell{Text: t.In(v.Zone).Format("2006-01-02T15:04:05"), Type: sheet.Date}
}

// exported returns what an export holds of a column.
func (p *listPage) exported(v *ui.View, o *orders.Order, key string) sheet.Cell {
	switch key {
	case "number":
		return textCell(o.Number)
	case "customer":
		return textCell(p.Names[o.Customer])
	case "ordered_at":
		return timeCell(v, o.At)
	case "status":
		return textCell(statusText(v, o.Status))
	case "channel":
		return textCell(channelText(v, o.Channel))
	case "shop":
		return textCell(o.Shop)
	case "lines":
		return sheet.Cell{Text: strconv.FormatInt(o.Count, 10), Type: sheet.Number}
	case "total":
		return moneyCell(o, o.Total)
	case "currency":
		return textCell(string(o.Currency))
	case "return":
		if o.Return {
			return textCell(v.T("list.yes"))
		}
	case "owner":
		return textCell(p.Owners[o.Owner])
	case "created":
		return timeCell(v, o.Created)
	case "updated":
		return timeCell(v, o.Updated)
	}
	return sheet.Cell{}
}
