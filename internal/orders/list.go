package orders

import (
	"context"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/list"
)

// List describes the list of orders: pages, API, exports and bulk edits ask it.
var List = list.Def[Order]{
	Name: "order", From: `sales_order o`, ID: `o.id`, Owner: `o.owner_id`,
	Select: orderCols, Scan: scanOrder,
	Columns: []list.Column{
		{Key: "number", Label: "order.number", Type: list.Plain, SQL: `o.number`, Sparse: true},
		{Key: "customer", Label: "order.customer", Type: list.Ref, SQL: `o.customer_id`, Null: true},
		{Key: "ordered_at", Label: "order.ordered_at", Type: list.Time, SQL: `o.ordered_at`, Sort: true},
		{Key: "status", Label: "order.status", Type: list.Choice, SQL: `o.status`, Choices: options("order.status.", Statuses)},
		{Key: "channel", Label: "order.channel", Type: list.Choice, SQL: `o.channel`, Choices: options("order.channel.", Channels)},
		{Key: "shop", Label: "order.shop", Type: list.Plain, SQL: `o.shop`, Hidden: true},
		{Key: "lines", Label: "order.lines", Type: list.Number, SQL: `o.lines`},
		{Key: "total", Label: "order.total", Type: list.Money, SQL: `o.total`, Sort: true},
		{Key: "currency", Label: "order.currency", Type: list.Plain, SQL: `o.currency`, Hidden: true},
		{Key: "return", Label: "order.return", Type: list.Bool, SQL: `o.is_return`, Hidden: true},
		{Key: "owner", Label: "order.owner", Type: list.User, SQL: `o.owner_id`, Null: true, Hidden: true},
		{Key: "product", Label: "order.product", Type: list.Ref, From: `order_line l`, Link: `l.order_id`, SQL: `l.product_id`, Filter: true},
		{Key: "returns", Label: "order.returns", Type: list.Ref, SQL: `o.returns_id`, Null: true, Filter: true},
		{Key: "created", Label: "order.created", Type: list.Time, SQL: `o.created_at`, Hidden: true},
		{Key: "updated", Label: "order.updated", Type: list.Time, SQL: `o.updated_at`, Hidden: true},
	},
	Fast: []list.Pair{
		{Sort: "ordered_at"}, {Sort: "total"}, {Filter: "number"}, {Filter: "product"},
		{Filter: "customer", Sort: "ordered_at"}, {Filter: "status", Sort: "ordered_at"}, {Filter: "channel", Sort: "ordered_at"},
		{Filter: "currency", Sort: "ordered_at"}, {Filter: "return", Sort: "ordered_at"}, {Filter: "owner", Sort: "ordered_at"},
	},
	Default: "-ordered_at",
	Total: func(ctx context.Context, tx *db.Tx) (int64, bool, error) {
		n, err := Total(ctx, tx)
		return n, err == nil, err
	},
}

func options[T ~string](prefix string, values []T) []list.Option {
	out := make([]list.Option, len(values))
	for i, v := range values {
		out[i] = list.Option{Value: string(v), Label: prefix + string(v)}
	}
	return out
}
