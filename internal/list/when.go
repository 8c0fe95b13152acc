package list

import (
	"strconv"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
)

// A span is a stretch of time, from its first moment to the first after it.
// It falls on whole days unless it is a moment.
type span struct {
	from, to time.Time
}

// Periods are the named values of dates and times, for forms to offer.
func Periods() []string {
	return []string{
		"today", "yesterday", "tomorrow", "this-week", "last-week", "next-week",
		"this-month", "last-month", "next-month", "this-quarter", "last-quarter", "next-quarter",
		"this-year", "last-year", "next-year",
	}
}

// span reads the value of a date or time, which may be
//
//   - a day, a month or a year: 2026-11-17, 2026-11, 2026;
//   - a moment, for times only: 2026-11-17T10:30:00Z;
//   - one of [Periods], as seen from today; weeks begin on Monday;
//   - a distance from today: -30d is the day 30 days ago, 2w the day in two
//     weeks, and m and y count months and years.
func (r *reading) span(text string, moments bool) (s span, ok bool) {
	if s, ok := r.period(text); ok {
		return s, true
	}
	if day, ok := r.distance(text); ok {
		return days(day, 0, 0, 1), true
	}
	for _, form := range []struct {
		layout  string
		y, m, d int
	}{{"2006-01-02", 0, 0, 1}, {"2006-01", 0, 1, 0}, {"2006", 1, 0, 0}} {
		if t, err := time.ParseInLocation(form.layout, text, r.now.Location()); err == nil {
			return days(t, form.y, form.m, form.d), sane(t)
		}
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil && moments {
		return span{t, t.Add(time.Millisecond)}, sane(t)
	}
	return span{}, false
}

// sane reports whether a time is one that rows may have: dates are compared as
// text, so their years have four digits.
func sane(t time.Time) bool { return t.Year() >= 1000 && t.Year() < 9999 }

// days returns the span that begins with t's day.
func days(t time.Time, y, m, d int) span { return span{t, t.AddDate(y, m, d)} }

func (r *reading) today() time.Time {
	y, m, d := r.now.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, r.now.Location())
}

func (r *reading) period(text string) (span, bool) {
	today := r.today()
	switch text {
	case "today":
		return days(today, 0, 0, 1), true
	case "yesterday":
		return days(today.AddDate(0, 0, -1), 0, 0, 1), true
	case "tomorrow":
		return days(today.AddDate(0, 0, 1), 0, 0, 1), true
	}
	which, unit, _ := strings.Cut(text, "-")
	step, ok := map[string]int{"this": 0, "last": -1, "next": 1}[which]
	if !ok {
		return span{}, false
	}
	monday := today.AddDate(0, 0, -(int(today.Weekday())+6)%7)
	month := today.AddDate(0, 0, 1-today.Day())
	switch unit {
	case "week":
		return days(monday.AddDate(0, 0, 7*step), 0, 0, 7), true
	case "month":
		return days(month.AddDate(0, step, 0), 0, 1, 0), true
	case "quarter":
		first := month.AddDate(0, -(int(month.Month())-1)%3, 0)
		return days(first.AddDate(0, 3*step, 0), 0, 3, 0), true
	case "year":
		return days(month.AddDate(0, 1-int(month.Month()), 0).AddDate(step, 0, 0), 1, 0, 0), true
	}
	return span{}, false
}

// distance reads -30d and the like as a day.
func (r *reading) distance(text string) (time.Time, bool) {
	n, unit, ok := parseDistance(text)
	if !ok {
		return time.Time{}, false
	}
	t := r.today()
	switch unit {
	case 'd':
		t = t.AddDate(0, 0, n)
	case 'w':
		t = t.AddDate(0, 0, 7*n)
	case 'm':
		t = addMonths(t, n)
	case 'y':
		t = addMonths(t, 12*n)
	}
	return t, sane(t)
}

// parseDistance reads a number of days (d), weeks (w), months (m) or years (y).
func parseDistance(text string) (n int, unit byte, ok bool) {
	if len(text) < 2 || len(text) > 6 {
		return 0, 0, false
	}
	unit = text[len(text)-1]
	n, err := strconv.Atoi(text[:len(text)-1])
	return n, unit, err == nil && strings.IndexByte("dwmy", unit) >= 0
}

// addMonths returns the same day n months later, or the month's last day if it
// has no such day.
func addMonths(t time.Time, n int) time.Time {
	first := t.AddDate(0, 0, 1-t.Day()).AddDate(0, n, 0)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1)
}

// within returns the span that the operator Within means by text: from a
// distant day until today, both included, or the span itself.
func (r *reading) within(text string, moments bool) (span, bool) {
	s, ok := r.span(text, moments)
	if _, far := r.distance(text); !ok || !far {
		return s, ok
	}
	today := days(r.today(), 0, 0, 1)
	if s.from.After(today.from) {
		return span{today.from, s.to}, true
	}
	return span{s.from, today.to}, true
}

func (r *reading) compareTime(c *Column, f Filter) (Cond, error) {
	x := string(c.SQL)
	list := make([]span, len(f.Values))
	for i, text := range f.Values {
		var ok bool
		read := r.span
		if f.Op == Within {
			read = r.within
		}
		if list[i], ok = read(text, c.Type == Time); !ok {
			return Cond{}, f.invalid("list.filter.date", "value", clip(text))
		}
	}
	s := list[0]
	from, to := argument(c.Type, s.from), argument(c.Type, s.to)
	switch f.Op {
	case Eq, Within:
		return cond("("+x+" >= ? AND "+x+" < ?)", from, to), nil
	case Between:
		return cond("("+x+" >= ? AND "+x+" < ?)", from, argument(c.Type, list[1].to)), nil
	case Before, Lt:
		return filledBefore(c, from), nil
	case Lte:
		return filledBefore(c, to), nil
	case After, Gt:
		return cond(x+" >= ?", to), nil
	case Gte:
		return cond(x+" >= ?", from), nil
	}
	return Cond{}, f.invalid("list.filter.operator")
}

// filledBefore leaves out what has no date.
func filledBefore(c *Column, to any) Cond {
	x := string(c.SQL)
	if c.Type == Date {
		return cond("("+x+" > '' AND "+x+" < ?)", to)
	}
	return cond(x+" < ?", to)
}

// argument returns a moment as a column of the type holds it.
func argument(t Type, at time.Time) any {
	if t == Date {
		return at.Format(time.DateOnly)
	}
	return db.Millis(at.UTC())
}
