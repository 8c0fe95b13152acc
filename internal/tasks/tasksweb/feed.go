package tasksweb

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/calendar"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/mail"
	"github.com/akrab-crm/akrab/internal/tasks"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/workspace"
)

const (
	feedBack  = 90  // days that a feed goes back
	feedAhead = 400 // days that it looks ahead
	seenEvery = time.Hour
)

// feed answers a calendar program that knows a user's secret address. Programs
// ask every few hours, so it is made when it is asked for. With ?todo=1 what
// has no time of its own is a to-do and not an event; few programs show those.
func (p *Pages) feed(w http.ResponseWriter, r *ui.Req) error {
	secret, ok := strings.CutSuffix(r.PathValue("file"), ".ics")
	if !ok {
		return errs.New(errs.NotFound, "error.not_found")
	}
	var c calendar.Calendar
	var user team.User
	late := false
	err := p.DB.Read(r.Context(), db.Who{}, func(tx *db.Tx) error {
		id, seen, err := tasks.FeedUser(r.Context(), tx, secret)
		if err != nil {
			return err
		}
		late = tx.Now.Sub(seen) > seenEvery
		if user, err = team.Get(r.Context(), tx, id); err != nil {
			return err
		}
		if !user.Active || !user.Role.Can(tasks.PermRead) {
			return errs.New(errs.NotFound, "error.not_found")
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = p.DB.Read(r.Context(), user.Who(), func(tx *db.Tx) (err error) {
		c, err = p.calendarOf(r.Context(), tx, r.View, &user, r.Bool("todo"))
		return err
	})
	if err != nil {
		return err
	}
	if late {
		if err := p.DB.Write(r.Context(), db.Op{Background: true}, func(tx *db.Tx) error { return tasks.FeedSeen(r.Context(), tx, user.ID) }); err != nil {
			return err
		}
	}
	var buf bytes.Buffer
	if err := c.Encode(&buf); err != nil {
		return err
	}
	sum := sha256.Sum256(buf.Bytes())
	h := w.Header()
	h.Set("Content-Type", "text/calendar; charset=utf-8")
	h.Set("Content-Disposition", `inline; filename="akrab.ics"`)
	h.Set("Cache-Control", "private, no-cache")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("ETag", `"`+hex.EncodeToString(sum[:16])+`"`)
	http.ServeContent(w, r.Request, "", time.Time{}, bytes.NewReader(buf.Bytes()))
	return nil
}

// calendarOf returns the calendar of a user.
func (p *Pages) calendarOf(ctx context.Context, tx *db.Tx, v *ui.View, u *team.User, todos bool) (calendar.Calendar, error) {
	set, err := workspace.Get(ctx, tx)
	if err != nil {
		return calendar.Calendar{}, err
	}
	where, err := mail.Get(ctx, tx)
	if err != nil {
		return calendar.Calendar{}, err
	}
	f := feedWriter{zone: set.Locale().Zone, site: strings.TrimRight(where.Site, "/"), todos: todos}
	name := "Akrab"
	if set.Name != "" {
		name += " · " + set.Name
	}
	f.c = calendar.Calendar{Method: calendar.Publish, Name: name, Zone: f.zone}
	today := tx.Now.In(f.zone)
	list, err := tasks.Scheduled(ctx, tx, u.ID, today.AddDate(0, 0, -feedBack).Format(time.DateOnly), today.AddDate(0, 0, feedAhead).Format(time.DateOnly), mostShown)
	if err != nil {
		return f.c, err
	}
	late, err := tasks.Open(ctx, tx, u.ID, today.AddDate(0, 0, -feedBack), mostShown)
	if err != nil {
		return f.c, err
	}
	list = append(late, list...)
	var due []activity.Interaction
	if u.Role.Can(activity.PermRead) && u.Role.Can(customers.PermRead) {
		if due, err = activity.Due(ctx, tx, u.ID, today.AddDate(0, 0, feedAhead), mostShown); err != nil {
			return f.c, err
		}
	}
	if u.Role.Can(customers.PermRead) {
		if f.names, err = customers.Names(ctx, tx, customersOf(list, due)); err != nil {
			return f.c, err
		}
	}
	seen := map[ids.ID]bool{}
	for i := range list {
		if seen[list[i].ID] {
			continue
		}
		seen[list[i].ID] = true
		if err := f.task(ctx, tx, &list[i]); err != nil {
			return f.c, err
		}
	}
	for i := range due {
		f.promise(&due[i], v)
	}
	return f.c, nil
}

func customersOf(list []tasks.Task, due []activity.Interaction) []ids.ID {
	var of []ids.ID
	for i := range list {
		of = append(of, list[i].Customer)
	}
	for i := range due {
		of = append(of, due[i].Customer)
	}
	slices.SortFunc(of, func(a, b ids.ID) int { return bytes.Compare(a[:], b[:]) })
	return slices.DeleteFunc(slices.Compact(of), ids.ID.IsZero)
}

// A feedWriter makes events of what a user has to do.
type feedWriter struct {
	c     calendar.Calendar
	zone  *time.Location
	site  string
	todos bool
	names map[ids.ID]string
}

func (f *feedWriter) link(path string) string {
	if f.site == "" {
		return ""
	}
	return f.site + path
}

func (f *feedWriter) task(ctx context.Context, tx *db.Tx, t *tasks.Task) error {
	// What is done and took no time of its own need not stay in a calendar.
	if !t.Done.IsZero() && (t.At.IsZero() || t.Kind == tasks.Plain) {
		return nil
	}
	e := calendar.Event{
		UID: t.ID.String() + "@akrab", Sequence: t.Rev, Summary: t.Title, Description: t.Note, Place: t.Place, URL: f.link(href(t.ID)),
		Start: t.Start(f.zone), End: t.Ends, AllDay: t.At.IsZero(), Busy: !t.At.IsZero() && (t.Kind == tasks.Meeting || t.Kind == tasks.Visit),
		Todo: f.todos && (t.At.IsZero() || t.Kind == tasks.Plain), Changed: t.Updated, Alarm: t.Remind, Done: t.Done,
	}
	if name := f.names[t.Customer]; name != "" && !strings.Contains(t.Title, name) {
		e.Summary += " · " + name
	}
	if t.Done.IsZero() && t.Repeat != "" {
		rule, start, ok, err := t.Rule(ctx, tx)
		if err != nil {
			return err
		}
		// An occurrence that was moved by itself stands alone, else it would take
		// those behind it along.
		if ok && start.Equal(e.Start) {
			e.Rule = rule
		}
	}
	f.c.Events = append(f.c.Events, e)
	return nil
}

func (f *feedWriter) promise(i *activity.Interaction, v *ui.View) {
	at := i.Due.In(f.zone)
	e := calendar.Event{
		UID: "promise-" + i.ID.String() + "@akrab", Sequence: i.Rev, Summary: i.Promise, URL: f.link(customerHref(i.Customer)),
		Start: at, AllDay: at.Format("15:04") == endOfDay, Todo: f.todos, Changed: i.Updated, Category: v.T("tasks.promise"),
	}
	if name := f.names[i.Customer]; name != "" {
		e.Summary += " · " + name
	}
	f.c.Events = append(f.c.Events, e)
}

// feedPage is the data of the page on which users get their calendar's address.
type feedPageData struct {
	*ui.View
	There bool
	Feed  tasks.Feed
	URL   string // only right after it was made
}

func (p *Pages) feedPage(w http.ResponseWriter, r *ui.Req) error { return p.showFeed(w, r, "") }

func (p *Pages) showFeed(w http.ResponseWriter, r *ui.Req, secret string) error {
	page := &feedPageData{View: r.View}
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		if page.Feed, page.There, err = tasks.FeedOf(r.Context(), tx, r.Who.User); err != nil || secret == "" {
			return err
		}
		set, err := mail.Get(r.Context(), tx)
		page.URL = strings.TrimRight(set.Site, "/")
		return err
	})
	if err != nil {
		return err
	}
	if secret != "" {
		if page.URL == "" {
			scheme := "https://"
			if r.TLS == nil && r.Header.Get("X-Forwarded-Proto") != "https" {
				scheme = "http://"
			}
			page.URL = scheme + r.Host
		}
		page.URL += "/calendar/" + secret + ".ics"
	}
	return ui.Render(w, r, http.StatusOK, p.Settings(r.View, "calendar", r.View.T("tasks.feed.title"), page.body()))
}

// feedNew makes a new address. It is shown once, in the answer, and never
// leads anywhere: what is reloaded makes another one.
func (p *Pages) feedNew(w http.ResponseWriter, r *ui.Req) error {
	var secret string
	err := p.DB.Write(r.Context(), db.Op{Who: r.Who}, func(tx *db.Tx) (err error) {
		secret, err = tasks.NewFeed(r.Context(), tx, r.Who.User)
		return err
	})
	if err != nil {
		return err
	}
	return p.showFeed(w, r, secret)
}

func (p *Pages) feedEnd(w http.ResponseWriter, r *ui.Req) error {
	err := p.DB.Write(r.Context(), db.Op{Who: r.Who}, func(tx *db.Tx) error { return tasks.EndFeed(r.Context(), tx, r.Who.User) })
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: "tasks.feed.ended"})
	return ui.Redirect(w, r, FeedPath)
}
