package insights

import "github.com/akrab-crm/akrab/internal/list"

// Columns are the facts as columns of the list of customers, whose rows are
// named c. The list gets them where the program is put together.
var Columns = []list.Column{
	{Key: "bought", Label: "fact.bought", Type: list.Money, From: `customer_fact f`, Link: `f.customer_id`, One: true, SQL: `f.bought`, Sort: true, Hidden: true},
	{Key: "orders", Label: "fact.orders", Type: list.Number, From: `customer_fact f`, Link: `f.customer_id`, One: true, SQL: `f.orders`, Hidden: true},
	{Key: "last_order", Label: "fact.last_order", Type: list.Time, From: `customer_fact f`, Link: `f.customer_id`, One: true, SQL: `f.last_at`, Sort: true, Hidden: true},
	{Key: "rhythm", Label: "fact.rhythm", Type: list.Number, From: `customer_fact f`, Link: `f.customer_id`, One: true, SQL: `f.rhythm_days`, Hidden: true},
	{Key: "quiet", Label: "fact.quiet", Type: list.Time, From: `customer_fact f`, Link: `f.customer_id`, One: true, SQL: `f.quiet_at`, Sort: true, Hidden: true},
}

// Fast are the orders of these columns that an index serves.
var Fast = []list.Pair{{Sort: "bought"}, {Sort: "last_order"}, {Sort: "quiet"}}
