package segments

import (
	"fmt"
	"slices"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/orders"
)

// Customers is the list of customers with everything that conditions may ask:
// what was typed, facts, segments, and what belongs to a customer.
var Customers = func() *list.Def[customers.Customer] {
	d := customers.ListWith(slices.Concat(insights.Columns, Columns), slices.Concat(insights.Fast, Fast))
	d.Kids = Kids
	return d
}()

// Column is the key of the column of the segments that customers are in.
const Column = "in_segment"

// Columns are what segments add to the list of customers, whose rows are named c.
var Columns = []list.Column{
	{Key: Column, Label: "segment.one", Type: list.Ref, From: `segment_member sm`, Link: `sm.customer_id`, SQL: `sm.segment_id`, Filter: true},
	{Key: "birth_month", Label: "segment.birth_month", Type: list.Choice, SQL: `SUBSTR(c.birthday, 6, 2)`, Null: true, Choices: months(), Filter: true},
	{Key: "province", Label: "segment.province", Type: list.Plain, From: `customer_address a`, Link: `a.customer_id`, SQL: `a.province`, Filter: true},
	{Key: "role", Label: "segment.role", Type: list.Plain, From: `customer_relation r`, Link: `r.customer_id`, SQL: `r.role`, Filter: true},
	{Key: "has_email", Label: "segment.has_email", Type: list.Bool, SQL: `(c.email <> '')`, Filter: true},
	{Key: "has_phone", Label: "segment.has_phone", Type: list.Bool, SQL: `(c.phone <> '')`, Filter: true},
}

// Fast are the pairs of [Columns] that an index serves.
var Fast = []list.Pair{{Filter: Column}}

// months are those of a birthday.
func months() []list.Option {
	all := make([]list.Option, 12)
	for i := range all {
		all[i].Value = fmt.Sprintf("%02d", i+1)
		all[i].Label = "segment.month." + all[i].Value
	}
	return all
}

func options[T ~string](prefix string, values []T) []list.Option {
	all := make([]list.Option, len(values))
	for i, v := range values {
		all[i] = list.Option{Value: string(v), Label: prefix + string(v)}
	}
	return all
}

// What must hold of orders and of their lines for them to count as bought.
const (
	stands = `o.customer_id IS NOT NULL AND NOT o.is_return AND o.status NOT IN ('draft', 'cancelled')`
	sold   = `l.quantity > 0`
)

// Kids are the records that belong to a customer and may be asked for.
var Kids = []list.Kid{
	{
		Key: "order", Label: "segment.kid.order", From: `sales_order o`, Link: `o.customer_id`, When: stands,
		Columns: []list.Column{
			{Key: "ordered", Label: "order.ordered_at", Type: list.Time, SQL: `o.ordered_at`},
			{Key: "total", Label: "order.total", Type: list.Money, SQL: `o.total`},
			{Key: "channel", Label: "order.channel", Type: list.Choice, SQL: `o.channel`, Choices: options("order.channel.", orders.Channels)},
			{Key: "shop", Label: "order.shop", Type: list.Plain, SQL: `o.shop`},
		},
		Fast: []list.Way{{Column: "ordered"}, {Column: "total"}}, Covered: true,
	},
	{
		Key: "bought", Label: "segment.kid.bought", Link: `o.customer_id`,
		From: `order_line l JOIN sales_order o ON o.id = l.order_id LEFT JOIN product g ON g.id = l.product_id`,
		When: stands + ` AND o.id = l.order_id AND ` + sold,
		Columns: []list.Column{
			{Key: "product", Label: "order.product", Type: list.Ref, SQL: `l.product_id`, Null: true},
			{Key: "code", Label: "segment.code", Type: list.Plain, SQL: `l.code`},
			{Key: "family", Label: "product.family", Type: list.Folded, SQL: `g.family_key`, Null: true},
			{Key: "ordered", Label: "order.ordered_at", Type: list.Time, SQL: `o.ordered_at`},
			{Key: "amount", Label: "segment.amount", Type: list.Money, SQL: `l.amount`},
		},
		Fast: []list.Way{
			{Column: "product", Of: `order_line l`},
			{Column: "ordered", Of: `sales_order o`, From: `sales_order o CROSS JOIN order_line l LEFT JOIN product g ON g.id = l.product_id`},
		},
		Apart: &list.Apart{
			Item: `order_line l`, ItemWhen: sold, ItemHead: `l.order_id`, ItemThing: `l.product_id`,
			Head: `sales_order o`, HeadWhen: stands, HeadID: `o.id`, Thing: `product g`, ThingID: `g.id`, Heads: orders.Total,
		},
	},
	{
		Key: "talk", Label: "segment.kid.talk", From: `interaction i`, Link: `i.customer_id`, When: `NOT i.private`,
		Columns: []list.Column{
			{Key: "kind", Label: "segment.talk_kind", Type: list.Choice, SQL: `i.kind`, Choices: options("activity.kind.", activity.Kinds)},
			{Key: "at", Label: "segment.talk_at", Type: list.Time, SQL: `i.occurred_at`},
		},
	},
	{
		Key: "task", Label: "segment.kid.task", From: `task t`, Link: `t.customer_id`, When: `t.customer_id IS NOT NULL`,
		Columns: []list.Column{
			{Key: "done", Label: "task.done", Type: list.Bool, SQL: `t.done`},
			{Key: "due", Label: "task.due", Type: list.Date, SQL: `t.due_date`, Null: true},
			{Key: "assignee", Label: "task.assignee", Type: list.User, SQL: `t.assignee_id`, Null: true},
		},
		Fast: []list.Way{{Column: "assignee"}},
	},
}
