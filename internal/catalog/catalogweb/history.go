package catalogweb

import (
	"cmp"
	"context"
	"net/http"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/journal/historyweb"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/ui"
)

// history shows what happened to a product's fields.
func (p *Pages) history(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	return p.show(w, r, http.StatusOK, id, shown{tab: tabHistory})
}

func (p *recordPage) loadHistory(ctx context.Context, tx *db.Tx) error {
	var err error
	p.History, err = historyweb.Load(ctx, tx, p.r, historyweb.Record{ID: p.C.ID, Title: p.title(), Href: p.href(), Learn: p.learn})
	return err
}

// learn returns a wording that knows the products in the changes.
func (p *recordPage) learn(ctx context.Context, tx *db.Tx, list []journal.Change) (historyweb.Wording, error) {
	var others []ids.ID
	for _, c := range list {
		for _, x := range []any{c.Was, c.Now} {
			if id, ok := x.(ids.ID); ok {
				others = append(others, id)
			}
		}
	}
	names, err := catalog.Names(ctx, tx, others)
	return func(c journal.Change) (historyweb.Line, bool) { return p.historyLine(c, names) }, err
}

// partLabels names the tables of a product's parts.
var partLabels = map[string]string{
	"product_fact": "product.facts", "product_link": "product.links", "product_picture": "product.pictures",
}

// columnLabels names the columns that people know.
var columnLabels = map[string]string{
	"code": "product.code", "name_id": "product.name_id", "name_en": "product.name_en", "family": "product.family", "tier": "product.tier",
	"unit": "product.unit", "price": "product.price", "cost": "product.cost", "currency": "product.currency", "tax": "product.tax",
	"description_id": "product.description_id", "description_en": "product.description_en", "archived": "product.archived", "offering": "product.offering",
	"label": "product.facts", "value": "product.facts", "other_id": "product.links", "alt": "products.pictures.alt",
}

// historyLine returns a change in words, or false for what people need not know.
func (p *recordPage) historyLine(c journal.Change, names map[ids.ID]string) (historyweb.Line, bool) {
	part := partLabels[c.Table]
	if part == "" && c.Table != "product" {
		return historyweb.Line{}, false
	}
	switch c.Kind {
	case journal.Created:
		return historyweb.Line{}, false // the operation says it
	case journal.Added, journal.Restored:
		return historyweb.Line{Field: p.T(cmp.Or(part, "products.title")), Added: p.rowName(c)}, part != ""
	case journal.Removed:
		return historyweb.Line{Field: p.T(cmp.Or(part, "products.title")), Removed: p.rowName(c)}, part != ""
	}
	label := columnLabels[c.Column]
	if label == "" {
		return historyweb.Line{}, false
	}
	return historyweb.Line{Field: p.T(label), Was: p.historyValue(c.Column, c.Was, names), Now: p.historyValue(c.Column, c.Now, names)}, true
}

// rowName returns what a row that came or went is called.
func (p *recordPage) rowName(c journal.Change) string {
	switch {
	case c.Label != "":
		return c.Label
	case c.Table == "product_link":
		return p.T("products.history.link")
	}
	return p.T("products.history.picture")
}

// historyValue writes what stood in a column.
func (p *recordPage) historyValue(column string, x any, names map[ids.ID]string) string {
	switch x := x.(type) {
	case string:
		if column == "offering" {
			return p.T(catalog.Offering(x).Label())
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
		if column == "tax" {
			return rateText(p.View, &x)
		}
		return p.Price(money.Price(x), "")
	}
	return ""
}
