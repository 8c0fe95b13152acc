package app

import (
	"context"
	"errors"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/insights/insightsweb"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/segments"
	"github.com/akrab-crm/akrab/internal/segments/segmentsweb"
	"github.com/akrab-crm/akrab/internal/tasks"
	"github.com/akrab-crm/akrab/internal/team"
)

// A touch is what an event tells of: a customer, or an operation that changed many.
type touch struct{ customer, op ids.ID }

// touchAll brings it up to date in which segments customers are of whom events
// told: each customer and each operation once.
func touchAll(ctx context.Context, tx *db.Tx, list []touch) error {
	var some []ids.ID
	seen := map[ids.ID]bool{}
	for _, t := range list {
		switch {
		case !t.customer.IsZero():
			some = append(some, t.customer)
		case !seen[t.op]:
			seen[t.op] = true
			if err := segments.TouchOperation(ctx, tx, t.op); err != nil {
				return err
			}
		}
	}
	return segments.Touch(ctx, tx, some)
}

func sortCustomers(ctx context.Context, tx *db.Tx, list []customers.Changed) error {
	return touchAll(ctx, tx, mapped(list, func(e customers.Changed) touch { return touch{e.Customer, e.Op} }))
}

func sortOrders(ctx context.Context, tx *db.Tx, list []orders.Changed) error {
	return touchAll(ctx, tx, mapped(list, func(e orders.Changed) touch { return touch{e.Customer, e.Op} }))
}

func sortFacts(ctx context.Context, tx *db.Tx, list []insights.Changed) error {
	return touchAll(ctx, tx, mapped(list, func(e insights.Changed) touch { return touch{e.Customer, e.Op} }))
}

func sortTalks(ctx context.Context, tx *db.Tx, list []activity.Talked) error {
	return touchAll(ctx, tx, mapped(list, func(e activity.Talked) touch { return touch{customer: e.Customer} }))
}

func sortTasks(ctx context.Context, tx *db.Tx, list []tasks.Touched) error {
	return touchAll(ctx, tx, mapped(list, func(e tasks.Touched) touch { return touch{customer: e.Customer} }))
}

func mapped[A, B any](list []A, f func(A) B) []B {
	all := make([]B, len(list))
	for i, v := range list {
		all[i] = f(v)
	}
	return all
}

// segmentsInTime does for segments and plans what time asks for.
func (a *App) segmentsInTime(ctx context.Context, _ *jobs.Job) error {
	return errors.Join(segments.Minute(ctx, a.DB), segments.MeasureAll(ctx, a.DB))
}

// plansOfBoard returns what is planned for the segments of the managers' board.
func plansOfBoard(ctx context.Context, tx *db.Tx) (map[string]insightsweb.Plan, error) {
	running, err := segments.RunningByValue(ctx, tx)
	if err != nil {
		return nil, err
	}
	var owners []ids.ID
	for _, p := range running {
		if !p.Owner.IsZero() {
			owners = append(owners, p.Owner)
		}
	}
	names, err := team.Names(ctx, tx, owners)
	plans := map[string]insightsweb.Plan{}
	for value, p := range running {
		plans[value] = insightsweb.Plan{Href: segmentsweb.PlanHref(p.ID), Title: p.Title, Owner: names[p.Owner]}
	}
	return plans, err
}
