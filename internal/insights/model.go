package insights

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
)

// ReadReport returns a stored report, a type of package learn, and when it was
// made; not ok if there is none yet. Its names are board, whale, cohorts,
// movers, health, retention and months.
func ReadReport[T any](ctx context.Context, tx *db.Tx, name string) (report T, made time.Time, ok bool, err error) {
	type row struct {
		data string
		made int64
	}
	r, ok, err := db.Find(ctx, tx, func(s db.Scanner, r *row) error { return s.Scan(&r.data, &r.made) },
		`SELECT data, made_at FROM insight_report WHERE name = $1`, name)
	if err != nil || !ok {
		return report, time.Time{}, false, err
	}
	if err := json.Unmarshal([]byte(r.data), &report); err != nil {
		return report, time.Time{}, false, fmt.Errorf("report %s: %w", name, err)
	}
	return report, db.Time(r.made), true, nil
}

// writeReport stores a report in place of the one of that name.
func writeReport(ctx context.Context, tx *db.Tx, name string, report any) error {
	data, err := json.Marshal(report)
	if err != nil {
		return fmt.Errorf("report %s: %w", name, err)
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO insight_report (name, data, made_at) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET data = excluded.data, made_at = excluded.made_at`, name, string(data), tx.Now.UnixMilli())
	return err
}
