package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/lifecycle"
)

// insightsCmd is everything about facts of customers and what models make of them.
type insightsCmd struct {
	Refresh  insightsRefreshCmd  `cmd:"" help:"Make the facts of all customers anew, and learn from all purchases."`
	Models   insightsModelsCmd   `cmd:"" help:"Show what was learned: every model with its parameters, on how many data it rests, and how right it was."`
	Rules    insightsRulesCmd    `cmd:"" help:"Show all rules of what is bought together."`
	Explain  insightsExplainCmd  `cmd:"" help:"Show what is known of a customer, and how it came about."`
	Evaluate insightsEvaluateCmd `cmd:"" help:"Compare the methods with published figures; fails if one is off."`
	Phases   insightsPhasesCmd   `cmd:"" hidden:"" help:"Judge in which phase all customers are, for a server."`
}

type insightsRefreshCmd struct {
	source
	AsOf     string `name:"as-of" help:"Day that the facts are of until the next refresh, YYYY-MM-DD; the present one if it is not given." placeholder:"DATE"`
	Learn    bool   `help:"Learn anew, even if the models are of today."`
	Whole    bool   `help:"Make everybody anew, also those of whom nothing is known to have changed."`
	JSON     bool   `name:"json" help:"Print the summary as JSON."`
	KeepAsOf bool   `name:"keep-as-of" hidden:"" help:"The day stays what it is."`
	Progress bool   `hidden:"" help:"Print how far it is, for a program, and nothing else."`
}

// Run makes the facts of all customers anew.
func (c *insightsRefreshCmd) Run(ctx context.Context, e *env) error {
	if day, err := time.Parse(time.DateOnly, c.AsOf); c.AsOf != "" && (err != nil || day.Year() < 1970 || day.After(time.Now().AddDate(0, 0, 1))) {
		return fmt.Errorf("--as-of %s: write a day from 1970-01-01 to today, as 2026-03-31", c.AsOf)
	}
	small()
	if c.Progress {
		ctx = orphaned(ctx)
	}
	a, err := c.openExisting(ctx, e)
	if err != nil {
		return err
	}
	defer a.Close()
	if err := a.DB.Slim(ctx); err != nil {
		return err
	}
	p := newProgress(e, "insights", c.JSON || c.Progress)
	sum, err := insights.Run(ctx, a.DB, insights.RunOptions{AsOf: c.AsOf, SetAsOf: !c.KeepAsOf, Learn: c.Learn, Whole: c.Whole, Cares: a.Cares, Progress: c.progress(e, p)})
	p.end()
	if err != nil || c.Progress {
		return err
	}
	// In which phase they are then, the server judges.
	if err := a.DB.Write(ctx, db.Op{}, func(tx *db.Tx) error { return lifecycle.RunAfter(ctx, tx, ids.ID{}) }); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e, sum)
	}
	what := "learned anew"
	if !sum.Learned {
		what = "by the models of run " + strconv.FormatInt(sum.Run, 10)
	}
	if !sum.Whole {
		what += ", only of whom something changed since"
	}
	_, err = fmt.Fprintf(e.out, "facts of %d customers as of %s from %d orders with %d lines, %s, %d changed, in %.1f s (read %.1f, learn %.1f, write %.1f)\n",
		sum.Customers, sum.AsOf, sum.Orders, sum.Lines, what, sum.Changed, sum.Seconds.Total, sum.Seconds.Load, sum.Seconds.Learn, sum.Seconds.Write)
	return err
}

// progress tells a person, or the program that began this one.
func (c *insightsRefreshCmd) progress(e *env, p *progress) insights.Progress {
	if !c.Progress {
		return func(_ context.Context, done, total int64) error { p.set(done, total); return nil }
	}
	return tellParent(e)
}

// insightsPhasesCmd judges all customers for a server, in a process of its own.
type insightsPhasesCmd struct {
	source
	Cause string `help:"Id of the operation because of which."`
}

// Run judges in which phase all customers are, and prints how far it is.
func (c *insightsPhasesCmd) Run(ctx context.Context, e *env) error {
	small()
	ctx = orphaned(ctx)
	var cause ids.ID
	if c.Cause != "" {
		var err error
		if cause, err = ids.Parse(c.Cause); err != nil {
			return err
		}
	}
	a, err := c.openExisting(ctx, e)
	if err != nil {
		return err
	}
	defer a.Close()
	_, err = lifecycle.Apply(ctx, a.DB, cause, tellParent(e))
	return err
}

// tellParent prints how far work is, a line at a time.
func tellParent(e *env) insights.Progress {
	return func(_ context.Context, done, total int64) error {
		_, err := fmt.Fprintln(e.out, done, total)
		return err
	}
}

// small bounds the memory of long work on all customers: it lives in large
// columns, which the collector would otherwise let double.
func small() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(25)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}

// memoryLimit is from where on the collector works harder. It is no bound: a
// larger company takes more. A million customers with ten million order lines
// need up to 430 MB of columns at once.
const memoryLimit = 470 << 20
