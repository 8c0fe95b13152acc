package insights

import (
	"context"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/money"
)

// Columns are the facts as columns of the list of customers, whose rows are
// named c. The list gets them where the program is put together.
var Columns = []list.Column{
	{Key: "bought", Label: "fact.bought", Type: list.Money, From: `customer_fact f`, Link: `f.customer_id`, One: true, SQL: `f.bought`, Sort: true, Hidden: true},
	{Key: "orders", Label: "fact.orders", Type: list.Number, From: `customer_fact f`, Link: `f.customer_id`, One: true, SQL: `f.orders`, Hidden: true},
	{Key: "last_order", Label: "fact.last_order", Type: list.Time, From: `customer_fact f`, Link: `f.customer_id`, One: true, SQL: `f.last_at`, Sort: true, Hidden: true},
	{Key: "rhythm", Label: "fact.rhythm", Type: list.Number, From: `customer_fact f`, Link: `f.customer_id`, One: true, SQL: `f.rhythm_days`, Hidden: true},
	{Key: "quiet", Label: "fact.quiet", Type: list.Time, From: `customer_fact f`, Link: `f.customer_id`, One: true, SQL: `f.quiet_at`, Sort: true, Hidden: true},
}

// A Line is what [Columns] say of one customer.
type Line struct {
	Bought     money.Amount
	Orders     int64
	Last       time.Time
	RhythmDays int64
	Quiet      time.Time
}

// Lines returns what the columns say of those of the given customers who ordered.
func Lines(ctx context.Context, tx *db.Tx, list []ids.ID) (map[ids.ID]Line, error) {
	type row struct {
		id   ids.ID
		line Line
	}
	rows, err := db.ListIn(ctx, tx, func(s db.Scanner, r *row) error {
		var last, quiet int64
		err := s.Scan(&r.id, &r.line.Bought.Minor, &r.line.Bought.Currency, &r.line.Orders, &last, &r.line.RhythmDays, &quiet)
		r.line.Last, r.line.Quiet = db.Time(last), db.Time(quiet)
		return err
	}, list, `
		SELECT customer_id, bought, currency, orders, last_at, rhythm_days, quiet_at FROM customer_fact WHERE customer_id IN ($list)`)
	lines := make(map[ids.ID]Line, len(rows))
	for _, r := range rows {
		lines[r.id] = r.line
	}
	return lines, err
}

// Fast are the orders of these columns that an index serves.
var Fast = []list.Pair{{Sort: "bought"}, {Sort: "last_order"}, {Sort: "quiet"}}
