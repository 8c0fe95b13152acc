package app

import (
	"context"
	"net/url"
	"strconv"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/catalog/catalogweb"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/notices"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/orders/ordersweb"
	"github.com/akrab-crm/akrab/internal/segments"
	"github.com/akrab-crm/akrab/internal/segments/segmentsweb"
	"github.com/akrab-crm/akrab/internal/tasks"
	"github.com/akrab-crm/akrab/internal/tasks/tasksweb"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/team/teamweb"
	"github.com/akrab-crm/akrab/internal/ui"
)

// taskKinds are the records that tasks may be about, besides customers.
var taskKinds = map[string]tasksweb.Kind{
	"order":       {Label: "tasks.about.order", Icon: "receipt", Names: orders.Names, Href: ordersweb.Href},
	"product":     {Label: "tasks.about.product", Icon: "box", Names: catalog.Names, Href: catalogweb.Href},
	"plan":        {Label: "tasks.about.plan", Icon: "flag", Names: segments.PlanNames, Href: segmentsweb.PlanHref},
	"interaction": {Label: "tasks.about.interaction", Icon: "chat", Names: activity.Names},
}

// taskOfOrder returns the address of a new task about an order, "" for who may
// make none.
func taskOfOrder(v *ui.View, order, customer ids.ID) string {
	if !v.May(ui.Perm(tasks.PermWrite)) {
		return ""
	}
	q := url.Values{"subject_kind": {"order"}, "subject_id": {order.String()}}
	if !customer.IsZero() {
		q.Set("customer", customer.String())
	}
	return "/tasks/new?" + q.Encode()
}

// taskHref returns the address of a task's page.
func taskHref(id ids.ID) string { return "/tasks/" + id.String() }

// taskSection is the calendar's line in the settings.
var taskSection = teamweb.Section{
	Key: "calendar", Label: "tasks.feed.title", Text: "tasks.feed.section", Href: tasksweb.FeedPath, Icon: "cal", Need: ui.Perm(tasks.PermRead),
}

// The kinds of notices about tasks.
const (
	noticeAssigned = "task_assigned" // somebody gave them a task
	noticeDue      = "task_due"      // a reminder
)

// calledByTasks tells colleagues whom notes of tasks name, as they are by now.
func calledByTasks(ctx context.Context, tx *db.Tx, list []tasks.Mentioned) error {
	for _, e := range list {
		t, err := tasks.Get(ctx, tx, e.Task)
		if errs.KindOf(err) == errs.NotFound {
			continue
		}
		if err != nil {
			return err
		}
		n := notices.Notice{SubjectKind: "task", Subject: t.ID, Customer: t.Customer, WhoID: e.By, Who: e.ByName}
		may := func(u *team.User) (bool, error) { return seesTask(ctx, tx, u, &t) }
		if err := notices.Call(ctx, tx, n, may, t.Note); err != nil {
			return err
		}
	}
	return nil
}

// assigned tells those who were given a task, unless it is done or somebody
// else's by now.
func assigned(ctx context.Context, tx *db.Tx, list []tasks.Assigned) error {
	for _, e := range list {
		t, err := tasks.Get(ctx, tx, e.Task)
		if errs.KindOf(err) == errs.NotFound || err == nil && (t.Assignee != e.Assignee || !t.Done.IsZero()) {
			continue
		}
		if err != nil {
			return err
		}
		n := aboutTask(&t, e.Assignee, noticeAssigned)
		n.WhoID, n.Who = e.By, e.ByName
		n.Reason += ":" + strconv.FormatInt(t.Rev, 10)
		if _, err := notices.Add(ctx, tx, &n); err != nil {
			return err
		}
	}
	return nil
}

// reminded tells users of a task whose reminder is due.
func reminded(ctx context.Context, tx *db.Tx, t *tasks.Task, users []ids.ID) error {
	for _, user := range users {
		n := aboutTask(t, user, noticeDue)
		n.Reason += ":" + strconv.FormatInt(t.Remind.UnixMilli(), 10)
		if _, err := notices.Add(ctx, tx, &n); err != nil {
			return err
		}
	}
	return nil
}

func aboutTask(t *tasks.Task, user ids.ID, kind string) notices.Notice {
	return notices.Notice{
		User: user, Kind: kind, Reason: kind + ":" + t.ID.String(), SubjectKind: "task", Subject: t.ID, Customer: t.Customer,
	}
}

// seesTask reports whether a user may see a task.
func seesTask(ctx context.Context, tx *db.Tx, u *team.User, t *tasks.Task) (bool, error) {
	if !u.Role.Can(tasks.PermRead) {
		return false, nil
	}
	was := tx.Who
	defer func() { tx.Who = was }()
	tx.Who = u.Who()
	_, err := tasks.Get(ctx, tx, t.ID)
	if errs.KindOf(err) == errs.NotFound {
		return false, nil
	}
	return err == nil, err
}

// invite tells guests of meetings what changed for them.
func (a *App) invite(ctx context.Context, tx *db.Tx, list []tasks.Changed) error {
	for _, e := range list {
		if err := tasks.Invite(ctx, tx, e.Task, a.Catalogue.Printer); err != nil {
			return err
		}
	}
	return nil
}

// remind gives the reminders that are due.
func (a *App) remind(ctx context.Context, _ *jobs.Job) error {
	return a.eachSlice(ctx, func(ctx context.Context, tx *db.Tx) (bool, error) { return tasks.Remind(ctx, tx, reminded) })
}
