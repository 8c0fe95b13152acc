// Package insights keeps what is known of each customer beyond what somebody
// typed: how often and how much they buy, in what rhythm, of which families.
//
// One row of customer_fact holds it all. It is made anew from orders and the
// timeline within a second of whatever changed them, and by a job for many at
// once; who shows it reads the row and computes nothing. Facts are derived:
// they are neither journaled nor exported.
package insights

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/money"
)

//go:embed schema/*.sql
var schema embed.FS

// Text holds the messages of this package.
//
//go:embed text/*.json
var Text embed.FS

// Module is the facts' part of the database. Nothing in it is journaled or
// exported: it is all derived.
var Module = db.Module{Name: "insights", Schema: schema, Tables: []db.Table{
	{Name: "customer_fact", Key: []string{"customer_id"}, Private: true},
	{Name: "insights_run", Key: []string{"name"}, Private: true},
	{Name: "sale_week", Key: []string{"monday", "currency"}, Private: true},
	{Name: "insight_model", Key: []string{"kind", "run"}, Private: true},
	{Name: "insight_report", Key: []string{"name"}, Private: true},
	{Name: "insight_mover", Key: []string{"customer_id", "day"}, Private: true},
	{Name: "product_assoc", Key: []string{"kind", "product_id"}, Private: true},
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
	Totals     []Total  // by currency, the main one first
	Families   []Family // of the main currency, the largest first
	Contact    time.Time
	Quiet      time.Time // from when on they are silent against their rhythm; zero if that can't be said
	Owner      ids.ID    // who was responsible when the row was made
	Phase      string    // last verdict of the rule of phases; empty before the first
	AsOf       time.Time
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

// IsQuiet reports whether the customer is silent against their rhythm.
func (f *Fact) IsQuiet(now time.Time) bool { return !f.Quiet.IsZero() && !now.Before(f.Quiet) }

const factCols = `f.customer_id, f.orders, f.returns, f.days, f.first_at, f.last_at, f.rhythm_days, f.currency, f.bought, f.totals, f.families,
	f.contact_at, f.quiet_at, f.owner_id, f.phase, f.as_of`

func scanFact(s db.Scanner, f *Fact) error {
	var first, last, contact, quiet, asOf int64
	var totals, families string
	err := s.Scan(&f.Customer, &f.Orders, &f.Returns, &f.Days, &first, &last, &f.RhythmDays, &f.Bought.Currency, &f.Bought.Minor, &totals, &families,
		&contact, &quiet, &f.Owner, &f.Phase, &asOf)
	if err != nil {
		return err
	}
	f.First, f.Last, f.Contact, f.Quiet, f.AsOf = db.Time(first), db.Time(last), db.Time(contact), db.Time(quiet), db.Time(asOf)
	f.Totals, f.Families = nil, nil
	if err := json.Unmarshal([]byte(totals), &f.Totals); err != nil {
		return fmt.Errorf("totals of customer %s: %w", f.Customer, err)
	}
	if err := json.Unmarshal([]byte(families), &f.Families); err != nil {
		return fmt.Errorf("families of customer %s: %w", f.Customer, err)
	}
	return nil
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
