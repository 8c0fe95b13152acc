// Package insights keeps what is known of each customer beyond what somebody
// typed: how often and how much they buy, in what rhythm, of which families,
// what they will bring and whether to worry; and what was learned from all.
//
// One row of customer_fact holds all of a customer. It is made anew from orders
// and the timeline within a second of whatever changed them, and by [Run] for
// everybody; who shows it reads the row and computes nothing. Run also learns
// the models (package learn does the arithmetic), the links between products,
// and the reports. All of that is derived: it is neither journaled nor exported.
package insights

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights/clv"
	"github.com/akrab-crm/akrab/internal/insights/learn"
	"github.com/akrab-crm/akrab/internal/money"
)

//go:embed schema/*.sql
var schema embed.FS

// Text holds the messages of this package.
//
//go:embed text/*.json
var Text embed.FS

// Module is the facts' part of the database. Nothing in it but what people
// decided is journaled or exported: it is all derived.
var Module = db.Module{Name: "insights", Schema: schema, Tables: []db.Table{
	{Name: "customer_fact", Key: []string{"customer_id"}, Private: true},
	{Name: "insight_setting", Journal: true},
	{Name: "insight_state", Key: []string{"one"}, Private: true},
	{Name: "insights_run", Key: []string{"name"}, Private: true},
	{Name: "sale_week", Key: []string{"monday", "currency"}, Private: true},
	{Name: "insight_model", Key: []string{"kind", "run"}, Private: true},
	{Name: "insight_report", Key: []string{"name"}, Private: true},
	{Name: "insight_mover", Key: []string{"customer_id", "day"}, Private: true},
	{Name: "product_assoc", Key: []string{"run", "kind", "product_id"}, Private: true},
	{Name: "insight_product", Key: []string{"product_id"}, Private: true},
	{Name: "product_rule", Key: []string{"kind", "left_id", "right_id"}, Private: true},
}}

// A Fact is what is known of one customer's purchases.
type Fact struct {
	Customer   ids.ID
	Orders     int64     // that stand: without drafts, cancelled ones and returns
	Returns    int64     // goods brought back
	Days       int64     // on which they ordered
	First      time.Time // first order; zero if there is none
	Last       time.Time // last order; zero if there is none
	RhythmDays int64     // usual number of days between two orders; 0 if not known
	Bought     money.Amount
	Products   int64    // different ones that were bought
	Totals     []Total  // by currency, the main one first
	Families   []Family // of the main currency, the largest first
	Contact    time.Time
	Quiet      time.Time // from when on they are silent against their rhythm; zero if that can't be said
	Owner      ids.ID    // who was responsible when the row was made
	Phase      string    // last verdict of the rule of phases; empty before the first
	Service    int64     // seconds of calls, meetings and visits

	// Amounts in the workspace's leading currency, minor units. What a customer
	// brings is margin, or sales where costs are hardly known: Settings.Margin.
	Lead        money.Currency
	Year        int64 // brought in the last 365 days
	YearBefore  int64 // and in the 365 before
	Half        int64 // in the last 182 days
	HalfBefore  int64
	YearFamily  string // family that they bought most of in the last 365 days, in the leading currency; may be empty
	Sales       int64  // all time, with tax, returns subtracted
	Margin      int64  // brought in all time
	CostToServe int64  // of talks and orders
	Profit      int64  // Margin less CostToServe

	// Repeats to Amount are what models read: see [Fact.History].
	Repeats     int64 // purchase days after the first
	FirstDay    int64 // days since 1970 in the workspace's zone
	LastDay     int64
	LogGaps     int64 // millionths
	FirstAmount int64
	Amount      int64

	Satisfaction int64 // last answer, 1 to 5; 0 if there is none
	Care         Care  // what other modules answered

	// What models say; see [Fact.Score].
	Known     bool  // false: too few data for models, or none of this customer
	Active    int64 // chance to buy in the next 90 days, thousandths
	Alive     int64 // probability that they have not left, thousandths
	ExpOrders int64 // expected purchase days in 52 weeks, thousandths
	Valued    bool  // the following four are known
	Value     int64 // expected of the next 52 weeks
	ValueLo   int64 // what comes lies between these with 95 %
	ValueHi   int64
	Worth     int64  // Value in two digits
	Stake     int64  // what would be lost with them, in two digits: the greater of Year and Value; 0 unless the signal is red or yellow
	Segment   string // A1 to C3, N for new; empty if not known
	Signal    string // green, yellow, red, or empty
	Why       string // key of the sentence that explains the signal, or why there is none; may be empty
	WhyArgs   []any  // its arguments: int64 and string

	Before time.Time // orders before it are counted
	AsOf   time.Time // when the row was made
}

// History returns what the models of purchases read of a customer.
func (f *Fact) History() clv.History {
	if f.Days == 0 {
		return clv.History{}
	}
	return clv.History{
		Days: int32(f.Repeats) + 1, First: int32(f.FirstDay), Last: int32(f.LastDay), LogGaps: float64(f.LogGaps) / 1e6,
		FirstAmount: f.FirstAmount, Amount: f.Amount,
	}
}

// Score returns what models say of the customer.
func (f *Fact) Score() learn.Score {
	return learn.Score{
		Known: f.Known, Active: float64(f.Active) / 1000, Alive: float64(f.Alive) / 1000, Orders: float64(f.ExpOrders) / 1000,
		Valued: f.Valued, Value: f.Value, Lo: f.ValueLo, Hi: f.ValueHi, Segment: f.Segment, Signal: f.Signal, Why: f.Why, Args: f.WhyArgs,
	}
}

// A Total is what a customer bought in one currency, returns subtracted.
type Total struct {
	Currency money.Currency `json:"currency"`
	Minor    int64          `json:"minor"`
	Orders   int64          `json:"orders"` // without returns
}

// A Family is what a customer bought of one family of products.
type Family struct {
	Name  string `json:"family"`
	Minor int64  `json:"minor"`
	Share int64  `json:"share"` // of all they bought in that currency, per cent
}

// SilentDays returns how many days have passed since the last order, by the
// calendar of now's zone.
func (f *Fact) SilentDays(now time.Time) int64 {
	if f.Last.IsZero() {
		return 0
	}
	return dayNumber(now) - dayNumber(f.Last.In(now.Location()))
}

// worrying reports whether somebody should look after the customer.
func (f *Fact) worrying() bool { return f.Signal == "red" || f.Signal == "yellow" }

// IsQuiet reports whether the customer is silent against their rhythm.
func (f *Fact) IsQuiet(now time.Time) bool { return !f.Quiet.IsZero() && !now.Before(f.Quiet) }

const factCols = `f.customer_id, f.before, f.as_of, f.orders, f.returns, f.days, f.first_at, f.last_at, f.rhythm_days, f.bought, f.products,
	f.contact_at, f.quiet_at, f.owner_id, f.service_s, f.year, f.year_before, f.half, f.half_before, f.sales, f.margin, f.cost_to_serve, f.profit,
	f.repeats, f.first_day, f.last_day, f.log_gaps, f.first_amount, f.amount, f.satisfaction, f.active, f.alive, f.exp_orders, f.value, f.value_lo, f.value_hi, f.worth, f.stake,
	f.segment, f.signal, f.phase, f.why, f.why_args, f.currency, f.lead, f.totals, f.families, f.care, f.year_family`

func scanFact(s db.Scanner, f *Fact) error {
	var before, asOf, first, last, contact, quiet int64
	var active, value *int64
	var args, totals, families string
	var care *string
	err := s.Scan(&f.Customer, &before, &asOf, &f.Orders, &f.Returns, &f.Days, &first, &last, &f.RhythmDays, &f.Bought.Minor, &f.Products,
		&contact, &quiet, &f.Owner, &f.Service, &f.Year, &f.YearBefore, &f.Half, &f.HalfBefore, &f.Sales, &f.Margin, &f.CostToServe, &f.Profit,
		&f.Repeats, &f.FirstDay, &f.LastDay, &f.LogGaps, &f.FirstAmount, &f.Amount, &f.Satisfaction, &active, &f.Alive, &f.ExpOrders, &value, &f.ValueLo, &f.ValueHi, &f.Worth, &f.Stake,
		&f.Segment, &f.Signal, &f.Phase, &f.Why, &args, &f.Bought.Currency, &f.Lead, &totals, &families, &care, &f.YearFamily)
	if err != nil {
		return err
	}
	if f.Known = active != nil; f.Known {
		f.Active = *active
	}
	if f.Valued = value != nil; f.Valued {
		f.Value = *value
	}
	f.Before, f.AsOf = db.Time(before), db.Time(asOf)
	f.First, f.Last, f.Contact, f.Quiet = db.Time(first), db.Time(last), db.Time(contact), db.Time(quiet)
	f.Totals, f.Families, f.Care = nil, nil, Care{}
	if care != nil {
		if err := json.Unmarshal([]byte(*care), &f.Care); err != nil {
			return fmt.Errorf("care of customer %s: %w", f.Customer, err)
		}
	}
	if err := json.Unmarshal([]byte(totals), &f.Totals); err != nil {
		return fmt.Errorf("totals of customer %s: %w", f.Customer, err)
	}
	if err := json.Unmarshal([]byte(families), &f.Families); err != nil {
		return fmt.Errorf("families of customer %s: %w", f.Customer, err)
	}
	if f.WhyArgs, err = readArgs(args); err != nil {
		return fmt.Errorf("reason of customer %s: %w", f.Customer, err)
	}
	return nil
}

// readArgs reads the arguments of a reason: whole numbers and texts.
func readArgs(text string) ([]any, error) {
	if text == "[]" {
		return nil, nil
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var list []any
	if err := dec.Decode(&list); err != nil {
		return nil, err
	}
	for i, v := range list {
		if n, ok := v.(json.Number); ok {
			whole, err := n.Int64()
			if err != nil {
				return nil, err
			}
			list[i] = whole
		}
	}
	return list, nil
}

// Get returns what is known of a customer; false if they never ordered. The
// caller has made sure that the customer may be seen.
func Get(ctx context.Context, tx *db.Tx, customer ids.ID) (Fact, bool, error) {
	return db.Find(ctx, tx, scanFact, `SELECT `+factCols+` FROM customer_fact f WHERE f.customer_id = $1`, customer)
}

// GetMany returns what is known of those of the given customers who ordered.
func GetMany(ctx context.Context, tx *db.Tx, list []ids.ID) (map[ids.ID]Fact, error) {
	rows, err := db.ListIn(ctx, tx, scanFact, list, `SELECT `+factCols+` FROM customer_fact f WHERE f.customer_id IN ($list)`)
	facts := make(map[ids.ID]Fact, len(rows))
	for _, f := range rows {
		facts[f.Customer] = f
	}
	return facts, err
}

// A Brief is what the rule of phases reads of a fact.
type Brief struct {
	Customer   ids.ID
	Orders     int64
	First      time.Time
	Last       time.Time
	Contact    time.Time
	RhythmDays int64
	Phase      string
}

func scanBrief(s db.Scanner, b *Brief) error {
	var first, last, contact int64
	err := s.Scan(&b.Customer, &b.Orders, &first, &last, &contact, &b.RhythmDays, &b.Phase)
	b.First, b.Last, b.Contact = db.Time(first), db.Time(last), db.Time(contact)
	return err
}

// EachBrief calls f for everybody who ever ordered, in order of their ids. The
// value is reused.
func EachBrief(ctx context.Context, tx *db.Tx, f func(*Brief) error) error {
	return db.Each(ctx, tx, scanBrief, f, `
		SELECT customer_id, orders, first_at, last_at, contact_at, rhythm_days, phase FROM customer_fact ORDER BY customer_id`)
}

// SetPhase remembers the last verdict of the rule of phases.
func SetPhase(ctx context.Context, tx *db.Tx, list []ids.ID, phase string) error {
	_, err := db.ExecIn(ctx, tx, list, `UPDATE customer_fact SET phase = $1 WHERE customer_id IN ($list)`, phase)
	return err
}

// Quiet returns the customers of an owner, or of nobody if owner is zero, who
// fell silent against their rhythm after since, the latest first: up to limit
// of them.
func Quiet(ctx context.Context, tx *db.Tx, owner ids.ID, since time.Time, limit int) ([]Fact, error) {
	if owner.IsZero() {
		return db.List(ctx, tx, scanFact, `
			SELECT `+factCols+` FROM customer_fact f
			WHERE f.owner_id IS NULL AND f.quiet_at > $1 AND f.quiet_at <= $2
			ORDER BY f.quiet_at DESC LIMIT $3`, since.UnixMilli(), tx.Now.UnixMilli(), limit)
	}
	return db.List(ctx, tx, scanFact, `
		SELECT `+factCols+` FROM customer_fact f
		WHERE f.owner_id = $4 AND f.quiet_at > $1 AND f.quiet_at <= $2
		ORDER BY f.quiet_at DESC LIMIT $3`, since.UnixMilli(), tx.Now.UnixMilli(), limit, owner)
}

// DueAgain returns the customers of an owner who usually order again by today,
// by the calendar of zone, and who are neither silent against their rhythm nor
// in need of attention yet: of those who soonest will be, up to limit.
func DueAgain(ctx context.Context, tx *db.Tx, owner ids.ID, zone *time.Location, limit int) ([]Fact, error) {
	list, err := db.List(ctx, tx, scanFact, `
		SELECT `+factCols+` FROM customer_fact f
		WHERE f.owner_id = $1 AND f.quiet_at > $2 AND f.stake IS NULL AND f.rhythm_days > 1
		ORDER BY f.quiet_at LIMIT $3`, owner, tx.Now.UnixMilli(), limit)
	now := tx.Now.In(zone)
	return slices.DeleteFunc(list, func(f Fact) bool { return f.SilentDays(now) < f.RhythmDays }), err
}
