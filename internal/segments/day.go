package segments

import (
	"context"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/money"
)

// keepDays is how long the days of a segment that is gone are kept: until its
// deletion can't be undone any more.
const keepDays = 40

// moved notes who came and went today.
func moved(ctx context.Context, tx *db.Tx, segment ids.ID, came, went int64) error {
	day, err := today(ctx, tx)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO segment_day (segment_id, day, customers, came, went, currency)
		SELECT s.id, $2, s.size, $3, $4, '' FROM segment s WHERE s.id = $1
		ON CONFLICT (segment_id, day) DO UPDATE SET customers = excluded.customers, came = segment_day.came + excluded.came, went = segment_day.went + excluded.went`,
		segment, day, came, went)
	return err
}

// keepDay notes how a segment is today.
func keepDay(ctx context.Context, tx *db.Tx, segment ids.ID, w Worth) error {
	day, err := today(ctx, tx)
	if err != nil {
		return err
	}
	var value, margin any
	if w.Known {
		value, margin = w.Value, w.Margin
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO segment_day (segment_id, day, customers, came, went, value, margin, currency)
		SELECT s.id, $2, s.size, 0, 0, $3, $4, $5 FROM segment s WHERE s.id = $1
		ON CONFLICT (segment_id, day) DO UPDATE SET customers = excluded.customers, value = excluded.value, margin = excluded.margin, currency = excluded.currency`,
		segment, day, value, margin, string(w.Currency))
	return err
}

// Days returns how a segment was on the last days on which that was noted, the
// oldest first: at most limit of them.
func Days(ctx context.Context, tx *db.Tx, segment ids.ID, limit int) ([]Day, error) {
	return db.List(ctx, tx, func(s db.Scanner, d *Day) error {
		var value, margin *int64
		var currency money.Currency
		err := s.Scan(&d.Day, &d.Customers, &d.Came, &d.Went, &value, &margin, &currency)
		if d.Known = value != nil && margin != nil; d.Known {
			d.Value = money.Amount{Minor: *value, Currency: currency}
			d.Margin = money.Amount{Minor: *margin, Currency: currency}
		}
		return err
	}, `
		SELECT day, customers, came, went, value, margin, currency FROM (
			SELECT day, customers, came, went, value, margin, currency FROM segment_day WHERE segment_id = $1 ORDER BY day DESC LIMIT $2
		) d ORDER BY day`, segment, limit)
}

// Purge forgets the days of segments that are gone for good.
func Purge(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, `
		DELETE FROM segment_day WHERE NOT EXISTS (SELECT 1 FROM segment s WHERE s.id = segment_day.segment_id)
			AND segment_id NOT IN (SELECT segment_id FROM segment_day WHERE day >= $1)`, tx.Now.AddDate(0, 0, -keepDays).Format(time.DateOnly))
	return err
}

// SubjectOf returns the subject of plans for a segment.
func SubjectOf(segment ids.ID) string { return "segment:" + segment.String() }

// subject returns what a plan is about: a segment of value, or a segment.
func subject(text string) (value string, segment ids.ID, ok bool) {
	if value, ok = strings.CutPrefix(text, "value:"); ok {
		return value, ids.ID{}, isValue(value)
	}
	text, ok = strings.CutPrefix(text, "segment:")
	if !ok {
		return "", ids.ID{}, false
	}
	id, err := ids.Parse(text)
	return "", id, err == nil && !id.IsZero()
}

// worthOf returns what the customers of a subject are worth now.
func worthOf(ctx context.Context, tx *db.Tx, of string) (Worth, error) {
	value, segment, ok := subject(of)
	if !ok {
		return Worth{}, nil
	}
	scan := func(s db.Scanner, w *Worth) error {
		var value, margin *int64
		err := s.Scan(&w.Customers, &value, &margin, &w.Currency)
		if w.Known = value != nil && margin != nil; w.Known {
			w.Value, w.Margin = *value, *margin
		}
		return err
	}
	if segment.IsZero() {
		return db.Get(ctx, tx, scan, `
			SELECT COUNT(*), CAST(SUM(f.value) AS BIGINT), CAST(SUM(f.year) AS BIGINT), MAX(f.lead) FROM customer_fact f WHERE f.segment = $1`, value)
	}
	return db.Get(ctx, tx, scan, `
		SELECT COUNT(*), CAST(SUM(f.value) AS BIGINT), CAST(SUM(f.year) AS BIGINT), MAX(f.lead)
		FROM segment_member m LEFT JOIN customer_fact f ON f.customer_id = m.customer_id WHERE m.segment_id = $1`, segment)
}
