package main

import (
	"context"
	"fmt"
	"time"

	"github.com/akrab-crm/akrab/internal/insights"
)

// insightsCmd is everything about facts of customers and what models make of them.
type insightsCmd struct {
	Refresh insightsRefreshCmd `cmd:"" help:"Make the facts of all customers anew, and learn from all purchases."`
}

type insightsRefreshCmd struct {
	source
	AsOf string `name:"as-of" help:"Day that the facts are of, YYYY-MM-DD; the present one if it is not given." placeholder:"DATE"`
	JSON bool   `name:"json" help:"Print the summary as JSON."`
}

// Run makes the facts of all customers anew.
func (c *insightsRefreshCmd) Run(ctx context.Context, e *env) error {
	a, err := c.openExisting(ctx, e)
	if err != nil {
		return err
	}
	defer a.Close()
	start := time.Now()
	p := newProgress(e, "insights", c.JSON)
	err = insights.RefreshAll(ctx, a.DB, func(_ context.Context, done, total int64) error { p.set(done, total); return nil })
	p.end()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.out, "done in %.1f s\n", time.Since(start).Seconds())
	return err
}
