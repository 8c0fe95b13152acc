// Package lifecycle keeps each customer's phase, from prospect to lost, by a
// rule over what they ordered and when they last spoke with the company.
//
// The rule has a verdict on everybody who ever ordered. It writes a customer's
// phase only when its verdict differs from its own last one, so a phase that
// somebody set by hand stands until the customer's behaviour changes. Each
// change belongs to an operation that says why, and can be undone.
package lifecycle

import (
	"context"
	"embed"
	"time"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
)

//go:embed schema/*.sql
var schema embed.FS

// Text holds the messages of this package.
//
//go:embed text/*.json
var Text embed.FS

// Module is the rule's part of the database.
var Module = db.Module{Name: "lifecycle", Schema: schema, Tables: []db.Table{
	{Name: "lifecycle_rule", Journal: true},
	{Name: "lifecycle_run", Key: []string{"one"}, Private: true},
}}

// ID is the id of the one rule, the same in every workspace.
var ID = ids.MustParse("01900000-0000-7000-8000-000000000002")

// A Rule says who is in which phase. The phases share out everybody: who has
// no order is a prospect, and of the others the first that fits of lost, at
// risk, new, loyal and active.
type Rule struct {
	On           bool
	NewDays      int64 // new: first order at most so many days ago
	ActiveDays   int64 // who has no rhythm yet is at risk after so many silent days
	ActiveRhythm int64 // who has one, after so many tenths of it
	LeastDays    int64 // but never before
	LoyalOrders  int64 // loyal: at least so many orders; 0 if that doesn't matter
	LoyalDays    int64 // loyal: and customer for at least so many days; 0 if that doesn't matter
	LostDays     int64 // lost: silent for longer than that, and longer than at risk
	Talks        bool  // who spoke with the company within LostDays is not lost

	Rev int64 // 0 before the rule was saved for the first time
}

// Default is the rule of a workspace that has not changed it.
func Default() Rule {
	return Rule{
		On: true, NewDays: 60, ActiveDays: 120, ActiveRhythm: 20, LeastDays: 14,
		LoyalOrders: 5, LoyalDays: 180, LostDays: 365, Talks: true,
	}
}

const cols = `is_on, new_days, active_days, active_rhythm, least_days, loyal_orders, loyal_days, lost_days, talks, rev`

func scan(s db.Scanner, r *Rule) error {
	return s.Scan(&r.On, &r.NewDays, &r.ActiveDays, &r.ActiveRhythm, &r.LeastDays, &r.LoyalOrders, &r.LoyalDays, &r.LostDays, &r.Talks, &r.Rev)
}

// Get returns the rule.
func Get(ctx context.Context, tx *db.Tx) (Rule, error) {
	r, ok, err := db.Find(ctx, tx, scan, `SELECT `+cols+` FROM lifecycle_rule WHERE id = $1`, ID)
	if err == nil && !ok {
		r = Default()
	}
	return r, err
}

// maxDays is the longest time that a rule may name.
const maxDays = 3650

// Check returns Invalid errors at the fields new_days, active_days,
// active_rhythm, least_days, loyal_orders, loyal_days and lost_days.
func (r *Rule) Check() error {
	var bad errs.List
	within := func(field string, v, least, most int64) {
		if v < least || v > most {
			bad.Add(errs.InvalidField(field, "lifecycle.between", "min", least, "max", most))
		}
	}
	within("new_days", r.NewDays, 1, maxDays)
	within("active_days", r.ActiveDays, 1, maxDays)
	within("active_rhythm", r.ActiveRhythm, 10, 100)
	within("least_days", r.LeastDays, 0, maxDays)
	within("loyal_orders", r.LoyalOrders, 0, 10_000)
	within("loyal_days", r.LoyalDays, 0, maxDays)
	within("lost_days", r.LostDays, 1, maxDays)
	if r.LostDays <= r.ActiveDays && r.LostDays >= 1 && r.ActiveDays >= 1 {
		bad.Add(errs.InvalidField("lost_days", "lifecycle.lost_after_active"))
	}
	return bad.Err()
}

// Save keeps r in place of the rule whose revision is r.Rev. It returns Invalid
// errors as [Rule.Check] does, and a Stale error if somebody else saved one since.
func Save(ctx context.Context, tx *db.Tx, r Rule) error {
	if err := r.Check(); err != nil {
		return err
	}
	n, err := r.write(ctx, tx)
	if err == nil && n == 0 {
		return errs.New(errs.Stale, "error.stale")
	}
	return err
}

func (r *Rule) write(ctx context.Context, tx *db.Tx) (int64, error) {
	if r.Rev == 0 {
		return tx.Exec(ctx, `
			INSERT INTO lifecycle_rule (id, is_on, new_days, active_days, active_rhythm, least_days, loyal_orders, loyal_days, lost_days, talks, created_op)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
			ON CONFLICT (id) DO NOTHING`,
			ID, r.On, r.NewDays, r.ActiveDays, r.ActiveRhythm, r.LeastDays, r.LoyalOrders, r.LoyalDays, r.LostDays, r.Talks, tx.Op)
	}
	return tx.Exec(ctx, `
		UPDATE lifecycle_rule SET is_on = $2, new_days = $3, active_days = $4, active_rhythm = $5, least_days = $6,
			loyal_orders = $7, loyal_days = $8, lost_days = $9, talks = $10, rev = rev + 1
		WHERE id = $1 AND rev = $11`,
		ID, r.On, r.NewDays, r.ActiveDays, r.ActiveRhythm, r.LeastDays, r.LoyalOrders, r.LoyalDays, r.LostDays, r.Talks, r.Rev)
}

// A Reason is why a customer is in a phase: the key of a message and the
// numbers in it.
type Reason struct {
	Key    string
	Days   int64 // silent, or since the first order
	Rhythm int64 // usual days between two orders
	Orders int64
}

// Args returns the reason's numbers for the message.
func (r Reason) Args() map[string]any {
	return map[string]any{"n": r.Days, "rhythm": r.Rhythm, "orders": r.Orders}
}

// Verdict returns in which phase a customer is, and why.
func (r *Rule) Verdict(f *insights.Fact, now time.Time) (customers.Phase, Reason) {
	return r.verdict(f.Orders, f.First, f.Last, f.Contact, f.RhythmDays, now)
}

func (r *Rule) verdict(orders int64, first, last, contact time.Time, rhythm int64, now time.Time) (customers.Phase, Reason) {
	if orders == 0 {
		return customers.Prospect, Reason{Key: "lifecycle.why.prospect"}
	}
	silent, age := days(last, now), days(first, now)
	why := Reason{Days: silent, Rhythm: rhythm, Orders: orders}
	limit := max(r.ActiveDays, r.LeastDays)
	if rhythm > 0 {
		limit = max((rhythm*r.ActiveRhythm+9)/10, r.LeastDays)
	}
	sign := last
	if r.Talks && contact.After(sign) {
		sign = contact
	}
	switch {
	case silent > limit && days(sign, now) > r.LostDays:
		why.Key = "lifecycle.why.lost"
		if rhythm > 0 {
			why.Key = "lifecycle.why.lost_rhythm"
		}
		return customers.Lost, why
	case age <= r.NewDays:
		why.Key, why.Days = "lifecycle.why.new", age
		return customers.New, why
	case silent > limit:
		why.Key = "lifecycle.why.at_risk"
		if rhythm > 0 {
			why.Key = "lifecycle.why.at_risk_rhythm"
		}
		return customers.AtRisk, why
	case orders >= r.LoyalOrders && age >= r.LoyalDays:
		why.Key, why.Days = "lifecycle.why.loyal", age
		return customers.Loyal, why
	}
	why.Key = "lifecycle.why.active"
	return customers.Active, why
}

// days returns how many whole days lie between two times.
func days(from, to time.Time) int64 { return int64(to.Sub(from) / (24 * time.Hour)) }
