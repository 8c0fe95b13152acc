package insights

import (
	"context"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights/learn"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/money"
)

// Columns are the facts as columns of the list of customers, whose rows are
// named c. The list gets them where the program is put together.
var Columns = []list.Column{
	{
		Key: "signal", Label: "fact.signal", Type: list.Choice, From: `customer_fact f`, Link: `f.customer_id`, One: true, SQL: `f.signal`,
		Choices: []list.Option{{Value: "red", Label: "fact.signal.red"}, {Value: "yellow", Label: "fact.signal.yellow"}, {Value: "green", Label: "fact.signal.green"}},
	},
	{Key: "segment", Label: "fact.segment", Type: list.Choice, From: `customer_fact f`, Link: `f.customer_id`, One: true, SQL: `f.segment`, Choices: segmentOptions()},
	{Key: "value", Label: "fact.value", Type: list.Money, From: `customer_fact f`, Link: `f.customer_id`, One: true, SQL: `f.worth`, Sort: true, Hidden: true},
	{Key: "stake", Label: "fact.stake", Type: list.Money, From: `customer_fact f`, Link: `f.customer_id`, One: true, SQL: `f.stake`, Sort: true, Hidden: true},
	{Key: "active", Label: "fact.active", Type: list.Number, Scale: 1, From: `customer_fact f`, Link: `f.customer_id`, One: true, SQL: `f.active`, Hidden: true},
	{Key: "year", Label: "fact.year", Type: list.Money, From: `customer_fact f`, Link: `f.customer_id`, One: true, SQL: `f.year`, Hidden: true},
	{Key: "margin", Label: "fact.margin", Type: list.Money, From: `customer_fact f`, Link: `f.customer_id`, One: true, SQL: `f.margin`, Hidden: true},
	{Key: "cost_to_serve", Label: "fact.cost_to_serve", Type: list.Money, From: `customer_fact f`, Link: `f.customer_id`, One: true, SQL: `f.cost_to_serve`, Hidden: true},
	{Key: "profit", Label: "fact.profit", Type: list.Money, From: `customer_fact f`, Link: `f.customer_id`, One: true, SQL: `f.profit`, Hidden: true},
	{Key: "products", Label: "fact.products", Type: list.Number, From: `customer_fact f`, Link: `f.customer_id`, One: true, SQL: `f.products`, Hidden: true},
	{Key: "bought", Label: "fact.bought", Type: list.Money, From: `customer_fact f`, Link: `f.customer_id`, One: true, SQL: `f.bought`, Sort: true, Hidden: true},
	{Key: "orders", Label: "fact.orders", Type: list.Number, From: `customer_fact f`, Link: `f.customer_id`, One: true, SQL: `f.orders`, Hidden: true},
	{Key: "last_order", Label: "fact.last_order", Type: list.Time, From: `customer_fact f`, Link: `f.customer_id`, One: true, SQL: `f.last_at`, Sort: true, Hidden: true},
	{Key: "rhythm", Label: "fact.rhythm", Type: list.Number, From: `customer_fact f`, Link: `f.customer_id`, One: true, SQL: `f.rhythm_days`, Hidden: true},
	{Key: "quiet", Label: "fact.quiet", Type: list.Time, From: `customer_fact f`, Link: `f.customer_id`, One: true, SQL: `f.quiet_at`, Sort: true, Hidden: true},
}

func segmentOptions() []list.Option {
	var options []list.Option
	for _, s := range learn.Segments {
		options = append(options, list.Option{Value: s, Label: "fact.option." + strings.ToLower(s)})
	}
	return options
}

// A Line is what [Columns] say of one customer.
type Line struct {
	Bought     money.Amount
	Orders     int64
	Last       time.Time
	RhythmDays int64
	Quiet      time.Time
	Products   int64

	// Amounts in Lead; see [Fact].
	Lead        money.Currency
	Year        int64
	YearBefore  int64
	Margin      int64
	CostToServe int64
	Profit      int64

	Known   bool // Active says something
	Active  int64
	Valued  bool // Value says something
	Value   int64
	Stake   int64 // see [Fact]
	Segment string
	Signal  string
	Why     string // key of the sentence that explains the signal
	WhyArgs []any
}

func scanLine(s db.Scanner, id *ids.ID, l *Line) error {
	var last, quiet int64
	var active, value *int64
	var args string
	err := s.Scan(id, &l.Bought.Minor, &l.Bought.Currency, &l.Orders, &last, &l.RhythmDays, &quiet, &l.Products,
		&l.Lead, &l.Year, &l.YearBefore, &l.Margin, &l.CostToServe, &l.Profit, &active, &value, &l.Stake, &l.Segment, &l.Signal, &l.Why, &args)
	if err != nil {
		return err
	}
	if l.Last, l.Quiet = db.Time(last), db.Time(quiet); active != nil {
		l.Known, l.Active = true, *active
	}
	if value != nil {
		l.Valued, l.Value = true, *value
	}
	l.WhyArgs, err = readArgs(args)
	return err
}

// Lines returns what the columns say of those of the given customers who ordered.
func Lines(ctx context.Context, tx *db.Tx, list []ids.ID) (map[ids.ID]Line, error) {
	type row struct {
		id   ids.ID
		line Line
	}
	rows, err := db.ListIn(ctx, tx, func(s db.Scanner, r *row) error { return scanLine(s, &r.id, &r.line) }, list, `
		SELECT customer_id, bought, currency, orders, last_at, rhythm_days, quiet_at, products,
			lead, year, year_before, margin, cost_to_serve, profit, active, value, stake, segment, signal, why, why_args
		FROM customer_fact WHERE customer_id IN ($list)`)
	lines := make(map[ids.ID]Line, len(rows))
	for _, r := range rows {
		lines[r.id] = r.line
	}
	return lines, err
}

// Fast are the pairs of these columns that an index serves.
// A signal or a segment has none with the value: each row of an index that ends
// in it moves with the day, which made the nightly run write for 40 s more.
var Fast = []list.Pair{{Sort: "value"}, {Sort: "stake"}, {Sort: "bought"}, {Sort: "last_order"}, {Sort: "quiet"}}
