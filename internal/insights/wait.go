package insights

import (
	"context"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/jobs"
)

// A Wait is what stands between the orders and the first reports.
type Wait struct {
	Orders bool // there are some
	Busy   bool // a run is under way, or about to begin
	Done   int64
	Total  int64 // of which Done are done; 0 if that can't be said yet
}

// Waiting returns how far the reports are.
func Waiting(ctx context.Context, tx *db.Tx) (Wait, error) {
	var w Wait
	n, err := db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM (SELECT 1 FROM sales_order LIMIT 1) o`)
	if err != nil {
		return w, err
	}
	w.Orders = n > 0
	open, err := jobs.Open(ctx, tx, refreshJob)
	for _, j := range open {
		w.Busy = true
		if j.Total > w.Total {
			w.Done, w.Total = j.Done, j.Total
		}
	}
	return w, err
}
