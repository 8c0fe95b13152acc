package app

import (
	"context"
	"errors"
	"slices"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/insights/insightsweb"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/lifecycle"
	"github.com/akrab-crm/akrab/internal/lifecycle/lifecycleweb"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/portable"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/team/teamweb"
	"github.com/akrab-crm/akrab/internal/ui"
)

// ruleSection is the line of the rule of phases in the settings.
var ruleSection = teamweb.Section{
	Key: lifecycleweb.Key, Label: "lifecycle.title", Text: "lifecycle.text", Href: lifecycleweb.Path, Icon: "route", Need: ui.Perm(team.PermSettings),
}

// insightsSection is the line of what facts rest on in the settings.
var insightsSection = teamweb.Section{
	Key: insightsweb.SettingsKey, Label: "insight.settings.title", Text: "insight.settings.text", Href: insightsweb.PathSettings, Icon: "chart", Need: ui.Perm(insights.PermManage),
}

// ordered keeps facts and phases as orders change: those of single customers
// all at once.
func (a *App) ordered(ctx context.Context, tx *db.Tx, list []orders.Changed) error {
	var single []ids.ID
	for _, e := range list {
		if !e.Customer.IsZero() {
			single = append(single, e.Customer)
		}
	}
	slices.SortFunc(single, func(a, b ids.ID) int { return slices.Compare(a[:], b[:]) })
	if err := insights.Refresh(ctx, tx, slices.Compact(single), a.Cares); err != nil {
		return err
	}
	for _, e := range list {
		of := []ids.ID{e.Customer}
		if e.Customer.IsZero() {
			var err error
			if of, err = insights.RefreshOperation(ctx, tx, e.Op, a.Cares); err != nil {
				return err
			}
		}
		if err := lifecycle.Watch(ctx, tx, of, e.Op); err != nil {
			return err
		}
	}
	return insights.CountWeeks(ctx, tx)
}

// orderedMany tells customers of the latest of the orders that an import brought.
func orderedMany(ctx context.Context, tx *db.Tx, list []orders.Changed) error {
	for _, e := range list {
		if e.Customer.IsZero() && !e.Op.IsZero() {
			if err := activity.TouchLater(ctx, tx, e.Op); err != nil {
				return err
			}
		}
	}
	return nil
}

// talked keeps facts and phases as customers speak with the company.
func (a *App) talked(ctx context.Context, tx *db.Tx, list []activity.Talked) error {
	var of []ids.ID
	for _, e := range list {
		of = append(of, e.Customer)
	}
	if err := insights.Refresh(ctx, tx, of, a.Cares); err != nil {
		return err
	}
	return lifecycle.Watch(ctx, tx, of, ids.ID{})
}

// factsInTime follows what no event tells of.
func (a *App) factsInTime(ctx context.Context, _ *jobs.Job) error {
	return errors.Join(insights.FollowOwners(ctx, a.DB), insights.Revive(ctx, a.DB))
}

func (a *App) checkFacts(ctx context.Context, d *db.DB, repair bool) ([]portable.Finding, error) {
	var n int
	if err := d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) { n, err = insights.Wrong(ctx, tx); return err }); err != nil || n == 0 {
		return nil, err
	}
	if repair {
		if _, err := insights.Run(ctx, d, insights.RunOptions{Whole: true, Cares: a.Cares}); err != nil {
			return nil, err
		}
	}
	return []portable.Finding{{Key: "check.facts", Args: []any{"n", n}, N: n, Repaired: repair}}, nil
}
