package insights

import (
	"context"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/workspace"
)

// Weeks is for how many weeks orders are counted, with the present one.
const Weeks = 9

const weeksJob = "insights.weeks"

// A Week is what was ordered in one week.
type Week struct {
	Monday time.Time // its beginning, in the workspace's zone
	Sums   []WeekSum // by currency, the one with most orders first
}

// A WeekSum is what was ordered in one week and currency.
type WeekSum struct {
	Currency money.Currency
	Orders   int64 // without returns
	Net      int64 // minor units, returns subtracted
}

// monday returns the beginning of t's week in a zone.
func monday(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	back := (int(t.In(zone).Weekday()) + 6) % 7
	return time.Date(y, m, d-back, 0, 0, 0, 0, zone)
}

// CountWeeks arranges for the orders of the last weeks to be counted again,
// within a second or two.
func CountWeeks(ctx context.Context, tx *db.Tx) error {
	took, _, err := db.Find(ctx, tx, db.One[int64], `SELECT n FROM insights_run WHERE name = 'weeks'`)
	if err != nil {
		return err
	}
	// At most a hundredth of the time goes into counting.
	wait := max(800*time.Millisecond, 100*time.Duration(took)*time.Millisecond)
	// All who ask within the same stretch of time share a job, which begins
	// when it is over: one that runs already may not see what they did.
	at := tx.Now.Truncate(wait).Add(wait)
	_, err = jobs.Add(ctx, tx, weeksJob, struct{}{}, jobs.Options{Unique: weeksJob + at.Format(":150405.000"), At: at, Attempts: 3})
	return err
}

// countWeeks counts the orders of the last weeks.
func countWeeks(ctx context.Context, d *db.DB) error {
	type row struct {
		monday string
		sum    WeekSum
	}
	var rows []row
	start := time.Now()
	err := d.Read(ctx, db.Who{}, func(tx *db.Tx) error {
		set, err := workspace.Get(ctx, tx)
		if err != nil {
			return err
		}
		ws := set.Locale()
		from := monday(tx.Now, ws.Zone)
		for range Weeks {
			sums, err := db.List(ctx, tx, func(s db.Scanner, v *WeekSum) error { return s.Scan(&v.Currency, &v.Orders, &v.Net) }, `
				SELECT currency, CAST(SUM(CASE WHEN is_return THEN 0 ELSE 1 END) AS BIGINT), CAST(SUM(total) AS BIGINT) FROM sales_order
				WHERE ordered_at >= $1 AND ordered_at < $2 AND status NOT IN ('draft', 'cancelled')
				GROUP BY currency`, from.UnixMilli(), from.AddDate(0, 0, 7).UnixMilli())
			if err != nil {
				return err
			}
			for _, s := range sums {
				rows = append(rows, row{from.Format(time.DateOnly), s})
			}
			from = from.AddDate(0, 0, -7)
		}
		return nil
	})
	if err != nil {
		return err
	}
	took := time.Since(start).Milliseconds()
	return d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM sale_week`); err != nil {
			return err
		}
		for _, r := range rows {
			if _, err := tx.Exec(ctx, `INSERT INTO sale_week (monday, currency, orders, net) VALUES ($1, $2, $3, $4)`,
				r.monday, r.sum.Currency, r.sum.Orders, r.sum.Net); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO insights_run (name, n, asked) VALUES ('weeks', $1, 0)
			ON CONFLICT (name) DO UPDATE SET n = excluded.n`, took)
		return err
	})
}

// LastWeeks returns the last weeks, the oldest first, the present one last.
func LastWeeks(ctx context.Context, tx *db.Tx, zone *time.Location) ([]Week, error) {
	list := make([]Week, Weeks)
	at := map[string]*Week{}
	from := monday(tx.Now, zone)
	for i := range list {
		w := &list[Weeks-1-i]
		w.Monday = from.AddDate(0, 0, -7*i)
		at[w.Monday.Format(time.DateOnly)] = w
	}
	type row struct {
		monday string
		sum    WeekSum
	}
	rows, err := db.List(ctx, tx, func(s db.Scanner, r *row) error { return s.Scan(&r.monday, &r.sum.Currency, &r.sum.Orders, &r.sum.Net) }, `
		SELECT monday, currency, orders, net FROM sale_week ORDER BY monday, orders DESC, currency`)
	for _, r := range rows {
		if w := at[r.monday]; w != nil {
			w.Sums = append(w.Sums, r.sum)
		}
	}
	return list, err
}
