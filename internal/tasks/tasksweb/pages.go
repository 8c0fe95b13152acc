// Package tasksweb is the pages of what is to be done: the list, a task and
// its form, the calendar, the calendar feed, and the page on which guests
// answer an invitation.
package tasksweb

import (
	"context"
	"embed"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/tasks"
	"github.com/akrab-crm/akrab/internal/ui"
)

// Text holds the messages of these pages.
//
//go:embed text/*.json
var Text embed.FS

// Permissions of the routes.
const (
	permRead      = ui.Perm(tasks.PermRead)
	permWrite     = ui.Perm(tasks.PermWrite)
	permCustomers = ui.Perm(customers.PermRead)
	permTimeline  = ui.Perm("activity.read")
)

// Pages serves the tasks. DB must be set.
type Pages struct {
	DB *db.DB

	// Search finds the customer whom a line names.
	Search *search.Index

	// Kinds are those of the records that a task may be about, by their name in
	// tasks.Subject.
	Kinds map[string]Kind

	// Settings puts the frame of the settings around a page.
	Settings func(v *ui.View, at, title string, body templ.Component) templ.Component
}

// A Kind is a kind of records that tasks may be about.
type Kind struct {
	Label string // message key of what one is called
	Icon  string
	Names func(ctx context.Context, tx *db.Tx, list []ids.ID) (map[ids.ID]string, error)
	Href  func(id ids.ID) string
}

// Routes returns the route table.
func (p *Pages) Routes() []ui.Route {
	return []ui.Route{
		ui.GET("/tasks", permRead, p.index),
		ui.GET("/tasks/quick", permWrite, p.quickForm),
		ui.POST("/tasks/quick", permWrite, p.quickAdd),
		ui.GET("/tasks/new", permWrite, p.newForm),
		ui.POST("/tasks", permWrite, p.create),
		ui.GET("/tasks/customers", permWrite, p.suggest),
		ui.GET("/tasks/export", permRead, p.export),
		ui.POST("/tasks/bulk/done", permWrite, p.bulkDone),
		ui.POST("/tasks/bulk/postpone", permWrite, p.bulkPostpone),
		ui.POST("/tasks/bulk/assign", permWrite, p.bulkAssign),
		ui.POST("/tasks/bulk/delete", permWrite, p.bulkDelete),
		ui.GET("/tasks/{id}", permRead, p.show),
		ui.GET("/tasks/{id}/edit", permWrite, p.editForm),
		ui.POST("/tasks/{id}/edit", permWrite, p.update),
		ui.POST("/tasks/{id}/done", permWrite, p.done),
		ui.POST("/tasks/{id}/postpone", permWrite, p.postpone),
		ui.POST("/tasks/{id}/skip", permWrite, p.skip),
		ui.POST("/tasks/{id}/delete", permWrite, p.remove),
		ui.GET("/calendar", permRead, p.calendar),
		ui.GET("/calendar/{file}", ui.Public, p.feed),
		ui.GET(FeedPath, permRead, p.feedPage),
		ui.POST(FeedPath, permRead, p.feedNew),
		ui.POST(FeedPath+"/end", permRead, p.feedEnd),
		ui.GET("/invitations/{token}", ui.Public, p.invitation),
		ui.POST("/invitations/{token}", ui.Public, p.answer),
	}
}

// FeedPath is the page on which users get the address of their calendar.
const FeedPath = "/settings/calendar"

// mine is the list that the sidebar leads to.
const mine = "/tasks"

// Nav is the tasks' line in the sidebar. It counts what is overdue.
func (p *Pages) Nav() ui.NavItem {
	return ui.NavItem{
		Key: "tasks", Label: "nav.tasks", Href: mine, Icon: "task", Perm: permRead, Keys: "g t", Bar: true,
		Count: func(ctx context.Context, v *ui.View) (n int64, hot bool) {
			err := p.DB.Read(ctx, v.Who, func(tx *db.Tx) (err error) {
				n, err = tasks.Overdue(ctx, tx, v.Who.User)
				return err
			})
			if err != nil {
				return 0, false // a page is not refused because that can't be told
			}
			return n, true
		},
	}
}

func href(id ids.ID) string         { return "/tasks/" + id.String() }
func customerHref(id ids.ID) string { return "/customers/" + id.String() }

// act changes a task by one click, and offers to take that back.
func (p *Pages) act(w http.ResponseWriter, r *ui.Req, why, toast, back string, f func(tx *db.Tx, id ids.ID) error) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	var op ids.ID
	var title string
	err = p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: why, Subject: id}, func(tx *db.Tx) error {
		op = tx.Op
		t, err := tasks.Get(r.Context(), tx, id)
		if err != nil {
			return err
		}
		title = t.Title
		if err := f(tx, id); err != nil {
			return err
		}
		return tx.SetOp(r.Context(), id, map[string]any{"title": title})
	})
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: toast, Args: []string{"title", title}, Undo: op})
	if back == "" {
		back = r.Back(href(id))
	}
	return ui.Redirect(w, r, back)
}

func (p *Pages) done(w http.ResponseWriter, r *ui.Req) error {
	done := r.Form.Get("done") != "0"
	why, toast := "task.finish", "tasks.toast.done"
	if !done {
		why, toast = "task.reopen", "tasks.toast.reopened"
	}
	return p.act(w, r, why, toast, "", func(tx *db.Tx, id ids.ID) error { return tasks.Done(r.Context(), tx, id, done) })
}

// maxDays is the most days that something is postponed by at once.
const maxDays = 366

func (p *Pages) postpone(w http.ResponseWriter, r *ui.Req) error {
	days := min(max(r.Int("days", 1), 0), maxDays)
	return p.act(w, r, "task.postpone", "tasks.toast.postponed", "", func(tx *db.Tx, id ids.ID) error {
		return tasks.Postpone(r.Context(), tx, id, int(days))
	})
}

func (p *Pages) skip(w http.ResponseWriter, r *ui.Req) error {
	return p.act(w, r, "task.skip", "tasks.toast.skipped", mine, func(tx *db.Tx, id ids.ID) error { return tasks.Skip(r.Context(), tx, id) })
}

func (p *Pages) remove(w http.ResponseWriter, r *ui.Req) error {
	back := r.Back(mine)
	if id, err := r.ID("id"); err == nil && back == href(id) {
		back = mine
	}
	return p.act(w, r, "task.delete", "tasks.toast.deleted", back, func(tx *db.Tx, id ids.ID) error {
		return tasks.Delete(r.Context(), tx, []ids.ID{id})
	})
}

// icon is the icon of a kind of task.
func icon(k tasks.Kind) string {
	switch k {
	case tasks.Call:
		return "phone"
	case tasks.Message:
		return "chat"
	case tasks.Meeting:
		return "users"
	case tasks.Visit:
		return "pin"
	}
	return "task"
}

// day returns the day of t in the workspace's zone.
func day(v *ui.View, t time.Time) string { return t.In(v.Zone).Format(time.DateOnly) }

// when says when t is due, as short as it can be said: a time for today, a day
// and a time within a week, else the date.
func when(v *ui.View, t *tasks.Task) string {
	if t.Day == "" {
		return ""
	}
	at, err := time.ParseInLocation(time.DateOnly, t.Day, v.Zone)
	if err != nil {
		return ""
	}
	clock := ""
	if !t.At.IsZero() {
		clock = v.Time(t.At)
	}
	today, err := time.ParseInLocation(time.DateOnly, day(v, v.Now), v.Zone)
	if err != nil {
		return ""
	}
	switch days := int(at.Sub(today).Round(24*time.Hour) / (24 * time.Hour)); {
	case days == 0 && clock != "":
		return v.T("tasks.when.today_at", "time", clock)
	case days == 0:
		return v.T("tasks.when.today")
	case days == 1 && clock != "":
		return v.T("tasks.when.tomorrow_at", "time", clock)
	case days == 1:
		return v.T("tasks.when.tomorrow")
	case days == -1:
		return v.T("tasks.when.yesterday")
	case days < 0 && days >= -7:
		return v.T("tasks.when.ago", "n", -days)
	case days > 0 && days < 7 && clock != "":
		return v.WeekdayShort(at.Weekday()) + " " + clock
	case days > 0 && days < 7:
		return v.Weekday(at.Weekday())
	case clock != "" && days > 0:
		return v.DayMonth(at) + ", " + clock
	}
	return v.Date(at)
}

// exactly says when t is due in full.
func exactly(v *ui.View, t *tasks.Task) string {
	at, err := time.ParseInLocation(time.DateOnly, t.Day, v.Zone)
	if err != nil {
		return ""
	}
	s := v.Weekday(at.Weekday()) + ", " + v.Date(at)
	if t.At.IsZero() {
		return s
	}
	s += ", " + v.Time(t.At)
	if !t.Ends.IsZero() {
		s += "–" + v.Time(t.Ends)
	}
	return s + " " + v.ZoneName(t.At)
}

// tone is the tone in which it is said when t is due.
func tone(v *ui.View, t *tasks.Task) string {
	if t.Overdue(v.Now) {
		return "bad"
	}
	return ""
}
