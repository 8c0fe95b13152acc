package catalogweb

import (
	"context"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/list/listweb"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/sheet"
	"github.com/akrab-crm/akrab/internal/ui"
)

func (p *Pages) listRoutes() []ui.Route {
	return []ui.Route{
		ui.GET(listPath, permRead, p.index),
		ui.GET("/products/export", permRead, p.export),
		ui.GET("/products/{id}/cell", permWrite, p.cellForm),
		ui.POST("/products/{id}/cell", permWrite, p.cellSave),
		ui.POST("/products/bulk/family", permWrite, p.bulkFamily),
		ui.POST("/products/bulk/tier", permWrite, p.bulkTier),
		ui.POST("/products/bulk/offering", permWrite, p.bulkOffering),
		ui.POST("/products/bulk/archive", permWrite, p.bulkArchive),
		ui.POST("/products/bulk/unarchive", permWrite, p.bulkUnarchive),
		ui.POST("/products/bulk/delete", permWrite, p.bulkDelete),
		ui.GET("/products/bulk", permWrite, p.bulkProgress),
		ui.POST("/products/bulk/retry", permWrite, p.bulkRetry),
	}
}

// listLooks says how the columns of the list are shown. The numbers are the
// order in which they leave a narrow panel.
var listLooks = map[string]listweb.Look{
	"name":     {Icon: "box", Class: "key", Fill: true},
	"code":     {Icon: "scan", P: 3, Class: "num"},
	"family":   {Icon: "tag", P: 3},
	"tier":     {Icon: "medal", P: 4},
	"unit":     {Icon: "cols", P: 5, Class: "muted"},
	"price":    {Icon: "receipt", Right: true, Class: "num"},
	"cost":     {Icon: "receipt", P: 4, Right: true, Class: "num muted"},
	"currency": {Icon: "globe", P: 5, Class: "muted"},
	"tax":      {Icon: "receipt", P: 5, Right: true, Class: "num muted"},
	"archived": {Icon: "box", P: 5},
	"offering": {Icon: "gift", P: 5},
	"created":  {Icon: "cal", P: 5, Class: "muted"},
	"updated":  {Icon: "cal", P: 5, Class: "muted"},
}

// listPage is the data of the list of products.
type listPage struct {
	*ui.View
	table    listweb.Table[catalog.Product]
	List     *listweb.Page
	Covers   map[ids.ID]catalog.Picture // of the rows
	Families []string                   // to be suggested
	Import   string                     // where products are imported; "" if nowhere
	Part     bool                       // a script has asked for a part of the page
	None     bool                       // there is no product at all
}

func (p *Pages) newList(r *ui.Req) *listPage {
	page := &listPage{View: r.View, Import: p.Import, Part: r.Partial()}
	page.table = listweb.Table[catalog.Product]{
		Def: &catalog.List, Path: listPath, Caption: "products.title", Bulk: r.View.May(permWrite),
		Row: func(v *ui.View, c *catalog.Product) ui.Row {
			return ui.Row{ID: c.ID.String(), Label: c.Name(v.Lang), Href: Href(c.ID)}
		},
		Cell: func(_ *ui.View, c *catalog.Product, key string, col ui.Column) templ.Component {
			return page.cell(col, key, c)
		},
		Value: exported, Beside: map[string]string{"price": "currency", "cost": "currency"}, Complete: page.complete, Side: page.side, Looks: listLooks, Views: listViews, Options: page.options,
	}
	return page
}

// index shows the list of products.
func (p *Pages) index(w http.ResponseWriter, r *ui.Req) error {
	page := p.newList(r)
	if done, err := page.table.Redirect(w, r, p.DB); done || err != nil {
		return err
	}
	var err error
	if page.List, err = page.table.Load(r.Context(), p.DB, r); err != nil {
		return err
	}
	if len(page.List.Rows) == 0 {
		err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error {
			any, err := catalog.Any(r.Context(), tx)
			page.None = !any
			return err
		})
		if err != nil {
			return err
		}
	}
	// What is done with the rows leads back to the list, and not to its count.
	r.View.Path = page.table.Address(page.List)
	return ui.Render(w, r, page.List.Status(), page.page())
}

// options returns the families to choose from.
func (p *listPage) options(ctx context.Context, tx *db.Tx, _ *ui.View, c *list.Column) ([]ui.Option, error) {
	if c.Key != "family" {
		return nil, nil
	}
	var err error
	p.Families, err = catalog.Families(ctx, tx, mostFamilies)
	return suggested(p.Families), err
}

// mostFamilies is how many families are suggested.
const mostFamilies = 100

func suggested(words []string) []ui.Option {
	out := make([]ui.Option, len(words))
	for i, s := range words {
		out[i] = ui.Option{Value: s, Label: s}
	}
	return out
}

// complete reads what the rows need besides themselves.
func (p *listPage) complete(ctx context.Context, tx *db.Tx, rows []catalog.Product) error {
	list := make([]ids.ID, len(rows))
	for i := range rows {
		list[i] = rows[i].ID
	}
	var err error
	p.Covers, err = catalog.Covers(ctx, tx, list)
	return err
}

// isNew reports whether there are no products at all.
func (p *listPage) isNew() bool { return p.None && p.List.Err == nil }

// remark returns how many products the list has.
func (p *listPage) remark() string {
	if p.List.Err != nil || p.List.Count < 0 || p.isNew() {
		return ""
	}
	return p.T("products.list.count", "n", p.List.Count)
}

// listViews are the ways to look at products that everybody needs. But for the
// last, none shows those that are archived.
var listViews = []listweb.View{
	{Key: "all", Title: "products.list.all", Query: "f=archived:eq:false"},
	{Key: "no_price", Title: "products.list.no_price", Query: "f=archived:eq:false&f=price:empty"},
	{Key: "new", Title: "products.list.new_ones", Query: "f=archived:eq:false&f=created:within:-30d&sort=-created"},
	{Key: "archived", Title: "products.list.archived", Query: "f=archived:eq:true"},
}

// side reads what stands beside the list about a product.
func (p *listPage) side(ctx context.Context, tx *db.Tx, r *ui.Req, id ids.ID) (*ui.SideCard, error) {
	card := &recordPage{View: r.View, r: r}
	if err := card.load(ctx, tx, id); err != nil {
		return nil, err
	}
	return &ui.SideCard{Title: card.title(), Href: card.href(), Body: card.side()}, nil
}

// export downloads the list that the address asks for.
func (p *Pages) export(w http.ResponseWriter, r *ui.Req) error {
	return p.newList(r).table.Export(w, r, p.DB)
}

// exported returns what an export holds of a column.
func exported(v *ui.View, c *catalog.Product, key string) sheet.Cell {
	text := func(s string) sheet.Cell { return sheet.Cell{Text: s} }
	number := func(p *money.Price) sheet.Cell {
		if p == nil {
			return sheet.Cell{}
		}
		return sheet.Cell{Text: p.String(), Type: sheet.Number}
	}
	moment := func(t time.Time) sheet.Cell {
		return sheet.Cell{Text: t.In(v.Zone).Format("2006-01-02T15:04:05"), Type: sheet.Date}
	}
	switch key {
	case "name":
		return text(c.Name(v.Lang))
	case "code":
		return text(c.Code)
	case "family":
		return text(c.Family)
	case "tier":
		return text(c.Tier)
	case "unit":
		return text(c.Unit)
	case "price":
		return number(c.Price)
	case "cost":
		return number(c.Cost)
	case "currency":
		return text(string(c.Currency))
	case "tax":
		if c.Tax != nil {
			percent := money.Price(*c.Tax * 100)
			return number(&percent)
		}
	case "offering":
		return text(v.T(c.Offering.Label()))
	case "archived":
		if c.Archived {
			return text(v.T("list.yes"))
		}
	case "created":
		return moment(c.Created)
	case "updated":
		return moment(c.Updated)
	}
	return sheet.Cell{}
}
