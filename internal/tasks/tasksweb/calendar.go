package tasksweb

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/tasks"
	"github.com/akrab-crm/akrab/internal/ui"
)

// mostShown is how many things a calendar shows at most.
const mostShown = 1000

// calendarPage is the data of the calendar: a week or a month.
type calendarPage struct {
	*ui.View
	names
	Month bool
	All   bool      // shows everybody's
	From  time.Time // the day around which it is shown
	Days  []calendarDay
	Many  bool // there is more than is shown
}

// A calendarDay is one day with what is on it.
type calendarDay struct {
	Date  time.Time
	Today bool
	Other bool // of another month than the one shown
	Items []calendarItem
}

// A calendarItem is one thing on a day.
type calendarItem struct {
	Title string
	With  string // whom it is with
	Clock string // "" for any time of the day
	Icon  string
	Href  string
	Done  bool
	Late  bool
	Ghost bool // an occurrence that is not made yet
	at    time.Time
}

func (p *Pages) calendar(w http.ResponseWriter, r *ui.Req) error {
	page := &calendarPage{View: r.View, Month: r.Text("view") == "month", All: r.Text("of") == "all", From: startOf(r.View, r.Text("day"))}
	first, n := page.span()
	for i := range n {
		d := first.AddDate(0, 0, i)
		page.Days = append(page.Days, calendarDay{Date: d, Today: d.Equal(startOf(r.View, "")), Other: page.Month && d.Month() != page.From.Month()})
	}
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error { return page.fill(r.Context(), tx) })
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, page.page())
}

// span returns the first day shown, a Monday, and how many there are.
func (p *calendarPage) span() (first time.Time, days int) {
	day := p.From
	if p.Month {
		day = day.AddDate(0, 0, 1-day.Day())
	}
	first = day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
	if !p.Month {
		return first, 7
	}
	for first.AddDate(0, 0, days).Month() == day.Month() || days == 0 {
		days += 7
	}
	return first, days
}

// fill puts tasks, their occurrences to come and promises on their days.
func (p *calendarPage) fill(ctx context.Context, tx *db.Tx) error {
	user := p.Who.User
	if p.All {
		user = ids.ID{}
	}
	first, after := p.Days[0].Date, p.Days[len(p.Days)-1].Date.AddDate(0, 0, 1)
	list, err := tasks.Scheduled(ctx, tx, user, first.Format(time.DateOnly), after.AddDate(0, 0, -1).Format(time.DateOnly), mostShown+1)
	if err != nil {
		return err
	}
	p.Many = len(list) > mostShown
	again, err := tasks.Repeating(ctx, tx, user, 200)
	if err != nil {
		return err
	}
	var ghosts []tasks.Task
	for i := range again {
		more, err := again[i].Upcoming(ctx, tx, first, after, 50)
		if err != nil {
			return err
		}
		ghosts = append(ghosts, more...)
	}
	if err := p.load(ctx, tx, p.View, append(slices.Clone(list), ghosts...)); err != nil {
		return err
	}
	for i := range list {
		p.add(&list[i], false)
	}
	for i := range ghosts {
		p.add(&ghosts[i], true)
	}
	if err := p.promises(ctx, tx, user, after); err != nil {
		return err
	}
	for i := range p.Days {
		slices.SortStableFunc(p.Days[i].Items, func(a, b calendarItem) int { return cmp.Compare(a.at.UnixMilli(), b.at.UnixMilli()) })
	}
	return nil
}

func (p *calendarPage) add(t *tasks.Task, ghost bool) {
	d := p.on(t.Day)
	if d == nil {
		return
	}
	item := calendarItem{
		Title: t.Title, With: p.customers[t.Customer], Icon: icon(t.Kind), Href: href(t.ID),
		Done: !t.Done.IsZero(), Late: t.Overdue(p.Now), Ghost: ghost,
	}
	if !t.At.IsZero() {
		item.Clock, item.at = p.Time(t.At), t.At
	}
	if p.All && item.With == "" {
		item.With = p.who(t)
	}
	d.Items = append(d.Items, item)
}

func (p *calendarPage) on(date string) *calendarDay {
	for i := range p.Days {
		if p.Days[i].Date.Format(time.DateOnly) == date {
			return &p.Days[i]
		}
	}
	return nil
}

// endOfDay is the time at which promises are due that were made for a day.
const endOfDay = "23:59"

// promises adds what was promised and is not kept yet.
func (p *calendarPage) promises(ctx context.Context, tx *db.Tx, user ids.ID, until time.Time) error {
	if !p.May(permTimeline) || !p.May(permCustomers) {
		return nil
	}
	due, err := activity.Due(ctx, tx, user, until, 500)
	if err != nil {
		return err
	}
	var of []ids.ID
	for i := range due {
		of = append(of, due[i].Customer)
	}
	known, err := customers.Names(ctx, tx, of)
	if err != nil {
		return err
	}
	for i := range due {
		d := p.on(day(p.View, due[i].Due))
		if d == nil {
			continue
		}
		item := calendarItem{Title: due[i].Promise, With: known[due[i].Customer], Icon: "keep", Href: customerHref(due[i].Customer), Late: due[i].Due.Before(p.Now)}
		if due[i].Due.In(p.Zone).Format("15:04") != endOfDay {
			item.Clock, item.at = p.Time(due[i].Due), due[i].Due
		}
		d.Items = append(d.Items, item)
	}
	return nil
}

// href returns the address of the calendar around another day.
func (p *calendarPage) href(day time.Time, month, all bool) string {
	v := url.Values{}
	if month {
		v.Set("view", "month")
	}
	if all {
		v.Set("of", "all")
	}
	if !day.Equal(startOf(p.View, "")) {
		v.Set("day", day.Format(time.DateOnly))
	}
	if len(v) == 0 {
		return "/calendar"
	}
	return "/calendar?" + v.Encode()
}

// turn returns the address of the week or month before (-1) or after (1).
func (p *calendarPage) turn(n int) string {
	if p.Month {
		return p.href(p.From.AddDate(0, 0, 1-p.From.Day()).AddDate(0, n, 0), true, p.All)
	}
	return p.href(p.From.AddDate(0, 0, 7*n), false, p.All)
}

// heading names what is shown: November 2026, 16–22 Nov 2026.
func (p *calendarPage) heading() string {
	if p.Month {
		return p.Printer.Month(p.From.Month()) + " " + p.From.Format("2006")
	}
	first, last := p.Days[0].Date, p.Days[6].Date
	switch {
	case first.Month() == last.Month():
		return first.Format("2") + "–" + p.Date(last)
	case first.Year() == last.Year():
		return p.DayMonth(first) + " – " + p.Date(last)
	}
	return p.Date(first) + " – " + p.Date(last)
}

// inCell is how many things a day of the month shows before it says how many
// more there are.
const inCell = 4

// newHref is the form of a new task on a day.
func newHref(d time.Time) string { return "/tasks/new?day=" + d.Format(time.DateOnly) }

// key returns the key of a message that differs between week and month.
func (p *calendarPage) key(s string) string {
	if p.Month {
		return "tasks.month." + s
	}
	return "tasks.week." + s
}
