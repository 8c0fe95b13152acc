// Package calendar speaks iCalendar (RFC 5545, RFC 5546): rules of repetition,
// and calendars as files that Google, Outlook and Apple read.
package calendar

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/teambition/rrule-go"

	"github.com/akrab-crm/akrab/internal/errs"
)

// A Rule says when something happens again and again. The zero Rule is never.
type Rule struct {
	text string
	opt  rrule.ROption
}

const (
	maxRule     = 300   // bytes of a rule's text
	maxInterval = 1000  // of days, weeks, months or years
	maxCount    = 10000 // occurrences of a rule that ends by itself
	horizon     = 60    // years after its start in which a rule is followed
)

// ParseRule reads the value of an RRULE. Local times in it are in zone. It
// returns an Invalid error if it is none, or one that never ends in practice.
func ParseRule(text string, zone *time.Location) (Rule, error) {
	bad := errs.New(errs.Invalid, "calendar.rule.invalid")
	text = strings.ToUpper(strings.TrimPrefix(strings.TrimSpace(text), "RRULE:"))
	if len(text) == 0 || len(text) > maxRule || strings.ContainsAny(text, "\r\n") {
		return Rule{}, bad
	}
	seen := map[string]bool{}
	for part := range strings.SplitSeq(text, ";") {
		name, _, _ := strings.Cut(part, "=")
		if seen[name] || name == "DTSTART" || name == "BYEASTER" {
			return Rule{}, bad
		}
		seen[name] = true
	}
	opt, err := rrule.StrToROptionInLocation(text, zone)
	if err != nil {
		return Rule{}, bad.Because(err)
	}
	if opt.Interval < 0 || opt.Interval > maxInterval || seen["INTERVAL"] && opt.Interval == 0 ||
		opt.Count < 0 || opt.Count > maxCount || seen["COUNT"] && (opt.Count == 0 || seen["UNTIL"]) {
		return Rule{}, bad
	}
	if u := opt.Until; !u.IsZero() && (u.Year() < 1900 || u.Year() > 9000) {
		return Rule{}, bad
	}
	if opt.Freq != rrule.MONTHLY && opt.Freq != rrule.YEARLY && slices.ContainsFunc(opt.Byweekday, func(d rrule.Weekday) bool { return d.N() != 0 }) {
		return Rule{}, bad // "the second Monday" of a week
	}
	probe := *opt
	probe.Dtstart = time.Date(2000, 1, 1, 0, 0, 0, 0, zone)
	if _, err := rrule.NewRRule(probe); err != nil {
		return Rule{}, bad.Because(err)
	}
	return Rule{text: text, opt: *opt}, nil
}

// String returns the value of an RRULE.
func (r Rule) String() string { return r.text }

// Calm reports whether the rule falls on a day at most once, at the time of
// its start.
func (r Rule) Calm() bool {
	return r.opt.Freq <= rrule.DAILY && len(r.opt.Byhour)+len(r.opt.Byminute)+len(r.opt.Bysecond) == 0
}

// iterate returns the occurrences of the rule from start on, one a call.
func (r Rule) iterate(start time.Time) func() (time.Time, bool) {
	opt := r.opt
	opt.Dtstart = start
	last := start.AddDate(horizon, 0, 0)
	if opt.Until.IsZero() || opt.Until.After(last) {
		opt.Until = last
	}
	rule, err := rrule.NewRRule(opt)
	if err != nil {
		return func() (time.Time, bool) { return time.Time{}, false }
	}
	return rule.Iterator()
}

// Occurrences returns up to limit occurrences of the rule that begins at start,
// from the given time on and before another. The zone is that of start, so
// that ten o'clock stays ten o'clock when clocks change.
func (r Rule) Occurrences(start, from, before time.Time, limit int) []time.Time {
	var list []time.Time
	if r.text == "" {
		return nil
	}
	for next := r.iterate(start); len(list) < limit; {
		t, ok := next()
		if !ok || !t.Before(before) {
			break
		}
		if !t.Before(from) {
			list = append(list, t)
		}
	}
	return list
}

// After returns the first occurrence later than t of the rule that begins at
// start, and whether there is one.
func (r Rule) After(start, t time.Time) (time.Time, bool) {
	list := r.Occurrences(start, t.Add(time.Nanosecond), start.AddDate(horizon+1, 0, 0), 1)
	if len(list) == 0 {
		return time.Time{}, false
	}
	return list[0], true
}

// From returns the rule as it goes on from a later occurrence: one that ends
// after a number of occurrences has fewer left.
func (r Rule) From(start, later time.Time) Rule {
	if r.opt.Count == 0 {
		return r
	}
	gone := len(r.Occurrences(start, start, later, maxCount))
	left := max(r.opt.Count-gone, 1)
	var parts []string
	for part := range strings.SplitSeq(r.text, ";") {
		if strings.HasPrefix(part, "COUNT=") {
			part = "COUNT=" + strconv.Itoa(left)
		}
		parts = append(parts, part)
	}
	r.opt.Count, r.text = left, strings.Join(parts, ";")
	return r
}
