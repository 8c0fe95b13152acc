package catalog

import (
	"github.com/akrab-crm/akrab/internal/list"
)

// List describes the list of products: pages, API, exports and bulk edits ask it.
var List = list.Def[Product]{
	Name: "product", From: `product p`, ID: `p.id`,
	Select: productCols, Scan: scanProduct,
	Columns: []list.Column{
		{Key: "name", Label: "product.name", Type: list.Name, SQL: `p.name_key`, Sort: true},
		{Key: "code", Label: "product.code", Type: list.Plain, SQL: `p.code`, Sort: true},
		{Key: "family", Label: "product.family", Type: list.Folded, SQL: `p.family_key`, Sort: true},
		{Key: "tier", Label: "product.tier", Type: list.Plain, SQL: `p.tier`},
		{Key: "unit", Label: "product.unit", Type: list.Plain, SQL: `p.unit`, Hidden: true},
		{Key: "price", Label: "product.price", Type: list.Number, Scale: 6, SQL: `p.price`, Null: true, Sort: true},
		{Key: "cost", Label: "product.cost", Type: list.Number, Scale: 6, SQL: `p.cost`, Null: true, Hidden: true},
		{Key: "currency", Label: "product.currency", Type: list.Plain, SQL: `p.currency`, Hidden: true},
		{Key: "tax", Label: "product.tax", Type: list.Number, Scale: 4, SQL: `p.tax`, Null: true, Hidden: true}, // in per cent
		{Key: "archived", Label: "product.archived", Type: list.Bool, SQL: `p.archived`, Rare: true, Hidden: true},
		{Key: "offering", Label: "product.offering", Type: list.Choice, SQL: `p.offering`, Null: true, Hidden: true, Choices: offerings()},
		{Key: "created", Label: "product.created", Type: list.Time, SQL: `p.created_at`, Sort: true, Hidden: true},
		{Key: "updated", Label: "product.updated", Type: list.Time, SQL: `p.updated_at`, Hidden: true},
	},
	Fast: []list.Pair{
		{Sort: "name"}, {Sort: "code"}, {Sort: "price"}, {Sort: "created"}, {Filter: "code"}, {Filter: "family", Sort: "name"}, {Filter: "archived", Sort: "name"}, {Filter: "offering", Sort: "name"},
	},
	Default: "name",
}

func offerings() []list.Option {
	out := make([]list.Option, len(Offerings))
	for i, o := range Offerings {
		out[i] = list.Option{Value: string(o), Label: o.Label()}
	}
	return out
}
