package insights

import (
	"context"
	"strconv"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights/experiment"
	"github.com/akrab-crm/akrab/internal/money"
)

// SettingID is the id of the one row of settings, the same in every workspace.
var SettingID = ids.MustParse("01900000-0000-7000-8000-000000000003")

// Settings are what people decided about facts.
type Settings struct {
	MinuteCost   int64 // of talking with a customer, minor units of the leading currency
	OrderCost    int64 // of handling an order or a return, likewise
	DiscountRate int64 // a year's, millionths
	Holdout      int64 // so many of a thousand customers get no pushes
	MinMargin    int64 // what must be left of the price after the cost for a product to be offered, millionths of the price
	Salt         string
	Rev          int64 // 0 before the settings were saved for the first time
}

// DefaultSettings hold until somebody decides.
func DefaultSettings() Settings {
	return Settings{DiscountRate: 100_000, Holdout: 50, Salt: "holdout"}
}

// Held reports whether a customer belongs to those who are left alone by
// everything that sells, so that there is something to compare with.
func (s Settings) Held(customer ids.ID) bool {
	return experiment.Held(s.Salt, customer.String(), float64(s.Holdout)/1000)
}

// ETag returns the entity tag of the settings' present state (RFC 9110 §8.8.3).
func (s *Settings) ETag() string { return `"` + strconv.FormatInt(s.Rev, 36) + `"` }

// Floor returns MinMargin as a part of the price, 0 to .9.
func (s *Settings) Floor() float64 { return float64(s.MinMargin) / 1e6 }

func scanSettings(r db.Scanner, s *Settings) error {
	return r.Scan(&s.MinuteCost, &s.OrderCost, &s.DiscountRate, &s.Holdout, &s.MinMargin, &s.Salt, &s.Rev)
}

// GetSettings returns the settings.
func GetSettings(ctx context.Context, tx *db.Tx) (Settings, error) {
	s, ok, err := db.Find(ctx, tx, scanSettings, `
		SELECT minute_cost, order_cost, discount_rate, holdout, min_margin, salt, rev FROM insight_setting WHERE id = $1`, SettingID)
	if err == nil && !ok {
		s = DefaultSettings()
	}
	return s, err
}

// maxCost is the highest cost that may be set: beyond it is a slip.
const maxCost = 1_000_000_000

// maxMargin is the highest margin that may be asked of what is offered.
const maxMargin = 900_000

// SaveSettings keeps s in place of the settings whose revision is s.Rev, and
// arranges for the facts of all customers to be made anew, unless that changes nothing. The salt stays what it
// is if s has none. It returns Invalid errors at the fields minute_cost,
// order_cost, discount_rate, holdout and min_margin, and a Stale error if somebody else
// saved since.
func SaveSettings(ctx context.Context, tx *db.Tx, s Settings) error {
	var bad errs.List
	within := func(field, key string, v, most, unit int64) {
		if v < 0 || v > most {
			bad.Add(errs.InvalidField(field, key, "min", int64(0), "max", most/unit))
		}
	}
	within("minute_cost", "fact.between", s.MinuteCost, maxCost, 1)
	within("order_cost", "fact.between", s.OrderCost, maxCost, 1)
	within("discount_rate", "fact.between_percent", s.DiscountRate, 1_000_000, 10_000)
	within("holdout", "fact.between_percent", s.Holdout, 500, 10)
	within("min_margin", "fact.between_percent", s.MinMargin, maxMargin, 10_000)
	if err := bad.Err(); err != nil {
		return err
	}
	was, err := GetSettings(ctx, tx)
	if err != nil {
		return err
	}
	if s.Salt == "" {
		s.Salt = was.Salt
	}
	if s == was {
		return nil // nothing is to be made anew
	}
	n, err := s.write(ctx, tx)
	if err == nil && n == 0 {
		err = errs.New(errs.Stale, "error.stale")
	}
	if err != nil {
		return err
	}
	return ask(ctx, tx, ids.ID{})
}

func (s *Settings) write(ctx context.Context, tx *db.Tx) (int64, error) {
	if s.Rev == 0 {
		return tx.Exec(ctx, `
			INSERT INTO insight_setting (id, minute_cost, order_cost, discount_rate, holdout, min_margin, salt, created_op) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (id) DO NOTHING`, SettingID, s.MinuteCost, s.OrderCost, s.DiscountRate, s.Holdout, s.MinMargin, s.Salt, tx.Op)
	}
	return tx.Exec(ctx, `
		UPDATE insight_setting SET minute_cost = $2, order_cost = $3, discount_rate = $4, holdout = $5, min_margin = $6, salt = $7, rev = rev + 1
		WHERE id = $1 AND rev = $8`, SettingID, s.MinuteCost, s.OrderCost, s.DiscountRate, s.Holdout, s.MinMargin, s.Salt, s.Rev)
}

// A State is what the last run over all customers found.
type State struct {
	AsOf        string         // day that facts are of, YYYY-MM-DD; empty for the present one
	Currency    money.Currency // leading currency: of all amounts that models read; empty before the first run
	Converted   bool           // orders in other currencies are converted by their rates
	Margin      bool           // what customers bring is margin; false: sales, since costs are hardly known
	MarginKnown float64        // share of sales whose cost is known, 0 to 1
	MarginRate  int64          // what these earn, millionths: what is sold without a known cost is taken to earn as much
	Orders      int64          // how many were counted
	Today       int32          // the day of the run, in days since 1970
	Ran         time.Time      // zero before the first run

	seen  int64 // number of the last event that the facts of all customers know of
	basis int64 // what these rest on; see [massRun.basis]. 0 while they are made
}

func scanState(r db.Scanner, s *State) error {
	var today, known, ran int64
	err := r.Scan(&s.AsOf, &s.Currency, &s.Converted, &s.Margin, &known, &s.MarginRate, &s.Orders, &today, &ran, &s.seen, &s.basis)
	s.MarginKnown, s.Today, s.Ran = float64(known)/1e6, int32(today), db.Time(ran)
	return err
}

// GetState returns what the last run over all customers found.
func GetState(ctx context.Context, tx *db.Tx) (State, error) {
	return db.Get(ctx, tx, scanState, `
		SELECT as_of, currency, converted, margin, margin_known, margin_rate, orders, today, ran_at, seen, basis FROM insight_state`)
}

// setState remembers what a run found.
func setState(ctx context.Context, tx *db.Tx, s State) error {
	var asOf any
	if s.AsOf != "" {
		asOf = s.AsOf
	}
	_, err := tx.Exec(ctx, `
		UPDATE insight_state SET as_of = $1, currency = $2, converted = $3, margin = $4, margin_known = $5, margin_rate = $6, orders = $7, today = $8, ran_at = $9,
			seen = $10, basis = $11`,
		asOf, s.Currency, s.Converted, s.Margin, int64(s.MarginKnown*1e6+.5), s.MarginRate, s.Orders, int64(s.Today), tx.Now.UnixMilli(), s.seen, s.basis)
	return err
}

// A span says up to when orders count.
type span struct {
	zone   *time.Location
	before time.Time // orders before it
	today  int32     // the last day of them
}

// spanOf returns the span of facts that are made at a moment: up to the end of
// the day that somebody asked for, or of the present one.
func spanOf(asOf string, now time.Time, zone *time.Location) (span, error) {
	s := span{zone: zone}
	day := now.In(zone)
	if asOf != "" {
		var err error
		if day, err = time.ParseInLocation(time.DateOnly, asOf, zone); err != nil {
			return s, errs.InvalidField("as_of", "fact.bad_date")
		}
	}
	y, m, d := day.Date()
	s.before = time.Date(y, m, d+1, 0, 0, 0, 0, zone)
	s.today = int32(dayNumber(day))
	return s, nil
}
