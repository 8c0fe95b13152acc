package app

import (
	"context"
	"errors"
	"time"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/api"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/imports"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/journal/journalweb"
	"github.com/akrab-crm/akrab/internal/lifecycle"
	"github.com/akrab-crm/akrab/internal/mail"
	"github.com/akrab-crm/akrab/internal/notices"
	"github.com/akrab-crm/akrab/internal/offers"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/outbox"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/segments"
	"github.com/akrab-crm/akrab/internal/tasks"
	"github.com/akrab-crm/akrab/internal/team"
)

// subscribe is everything that one module does because of another, and
// everything that is done from time to time.
func subscribe(a *App) {
	imports.Register(a.Jobs, a.DB)
	activity.Register(a.Jobs, a.DB)
	journalweb.Register(a.Jobs, a.DB)
	orders.Register(a.Jobs, a.DB)
	mail.Register(a.Jobs, a.DB)
	outbox.On(a.Bus, "notices.mention", "", called)
	outbox.On(a.Bus, "notices.task_mention", "", calledByTasks)
	outbox.On(a.Bus, "notices.task_assigned", "", assigned)
	outbox.On(a.Bus, "invitations.mail", "", a.invite)
	jobs.Every(a.Jobs, "reminders", time.Minute, a.remind)
	digests := &notices.Post{DB: a.DB, Catalogue: a.Catalogue, Kinds: noticeKinds}
	jobs.Every(a.Jobs, "notices.digest", 5*time.Minute, func(ctx context.Context, _ *jobs.Job) error { return digests.Send(ctx) })
	outbox.On(a.Bus, "orders.figures", "", orders.Follow)
	outbox.On(a.Bus, "touch.orders", "", orderedMany)
	elsewhere := func() insights.Elsewhere { return a.Elsewhere }
	(&insights.Worker{DB: a.DB, Done: lifecycle.RunAfter, Elsewhere: elsewhere, Cares: func() insights.Cares { return a.Cares }}).Register(a.Jobs)
	lifecycle.Register(a.Jobs, a.DB, elsewhere)
	outbox.On(a.Bus, "facts.orders", "", a.ordered)
	outbox.On(a.Bus, "facts.talks", "", a.talked)
	jobs.Every(a.Jobs, "facts.minute", time.Minute, a.factsInTime)
	jobs.Every(a.Jobs, "offers.odds", 24*time.Hour, a.learnOdds)
	segments.Register(a.Jobs, a.DB)
	outbox.On(a.Bus, "sorting.customers", "", sortCustomers)
	outbox.On(a.Bus, "sorting.orders", "", sortOrders)
	outbox.On(a.Bus, "sorting.facts", "", sortFacts)
	outbox.On(a.Bus, "sorting.talks", "", sortTalks)
	outbox.On(a.Bus, "sorting.tasks", "", sortTasks)
	jobs.Every(a.Jobs, "sorting.minute", time.Minute, a.segmentsInTime)
	jobs.Every(a.Jobs, "joining.search", time.Minute, func(ctx context.Context, _ *jobs.Job) error { return a.eachSlice(ctx, search.Merge) })
	jobs.Every(a.Jobs, "undo.resume", time.Minute, func(ctx context.Context, _ *jobs.Job) error { return resumeUndos(ctx, a.DB) })
	jobs.Every(a.Jobs, "purge", 24*time.Hour, func(ctx context.Context, _ *jobs.Job) error { return a.purge(ctx) })
}

// resumeUndos goes on with undos whose process died.
func resumeUndos(ctx context.Context, d *db.DB) error {
	var list []ids.ID
	err := d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) {
		list, err = journal.Unfinished(ctx, tx)
		return err
	})
	for _, id := range list {
		_, undo := journal.Undo(ctx, d, db.Who{}, id, nil)
		err = errors.Join(err, undo)
	}
	return err
}

// purge forgets what is too old to matter.
func (a *App) purge(ctx context.Context) error {
	old := a.DB.Now().Add(-retention)
	return errors.Join(
		a.eachSlice(ctx, func(ctx context.Context, tx *db.Tx) (bool, error) { return journal.Purge(ctx, tx, old) }),
		a.eachSlice(ctx, func(ctx context.Context, tx *db.Tx) (bool, error) {
			return false, jobs.Purge(ctx, tx, tx.Now.Add(-30*24*time.Hour))
		}),
		a.eachSlice(ctx, func(ctx context.Context, tx *db.Tx) (bool, error) { return false, team.Purge(ctx, tx) }),
		a.eachSlice(ctx, func(ctx context.Context, tx *db.Tx) (bool, error) { return false, api.Purge(ctx, tx) }),
		a.eachSlice(ctx, func(ctx context.Context, tx *db.Tx) (bool, error) { return false, db.PurgeOnce(ctx, tx) }),
		a.eachSlice(ctx, mail.Purge),
		a.eachSlice(ctx, notices.Purge),
		a.eachSlice(ctx, offers.Purge),
		a.eachSlice(ctx, func(ctx context.Context, tx *db.Tx) (bool, error) { return false, tasks.Purge(ctx, tx) }),
	)
}
