package calendar

import (
	"embed"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/teambition/rrule-go"

	"github.com/akrab-crm/akrab/internal/locale"
)

// Text holds the messages of this package.
//
//go:embed text/*.json
var Text embed.FS

// Sentence says in words when the rule that begins at start falls: "tiap Senin
// dan Kamis", "every 2 weeks on Monday". start is in the zone in which it is
// meant.
func (r Rule) Sentence(p *locale.Printer, start time.Time) string {
	if r.text == "" {
		return ""
	}
	s, ok := r.base(p, start)
	if !ok {
		s = p.T("calendar.rule.other", "rule", r.text)
	}
	switch {
	case r.opt.Count > 0:
		return p.T("calendar.rule.count", "rule", s, "n", r.opt.Count)
	case !r.opt.Until.IsZero():
		return p.T("calendar.rule.until", "rule", s, "date", p.Date(r.opt.Until))
	}
	return s
}

// base says when the rule falls, without its end. It knows the rules that
// people make.
func (r Rule) base(p *locale.Printer, start time.Time) (string, bool) {
	o := &r.opt
	if len(o.Bysetpos)+len(o.Byyearday)+len(o.Byweekno)+len(o.Byhour)+len(o.Byminute)+len(o.Bysecond) > 0 {
		return "", false
	}
	every := max(o.Interval, 1)
	switch {
	case o.Freq == rrule.DAILY && len(o.Bymonth)+len(o.Bymonthday)+len(o.Byweekday) == 0:
		return p.T("calendar.rule.daily."+one(every), "n", every), true
	case o.Freq == rrule.WEEKLY && len(o.Bymonth)+len(o.Bymonthday) == 0:
		return r.weekly(p, start, every), true
	case o.Freq == rrule.MONTHLY && len(o.Bymonth) == 0:
		return r.monthly(p, start, every)
	case o.Freq == rrule.YEARLY && len(o.Bymonth)+len(o.Bymonthday)+len(o.Byweekday) == 0:
		day := strconv.Itoa(start.Day()) + " " + p.Month(start.Month())
		return p.T("calendar.rule.yearly."+one(every), "n", every, "day", day), true
	}
	return "", false
}

// one is the end of a key: whether a rule falls every time or every nth.
func one(n int) string {
	if n == 1 {
		return "each"
	}
	return "nth"
}

func (r Rule) weekly(p *locale.Printer, start time.Time, every int) string {
	var days []int // from Monday
	for _, d := range r.opt.Byweekday {
		days = append(days, d.Day())
	}
	slices.Sort(days)
	if slices.Equal(days, []int{0, 1, 2, 3, 4}) && every == 1 {
		return p.T("calendar.rule.workdays")
	}
	if len(days) == 0 {
		days = []int{(int(start.Weekday()) + 6) % 7}
	}
	names := make([]string, len(days))
	for i, d := range days {
		names[i] = p.Weekday(time.Weekday((d + 1) % 7))
	}
	return p.T("calendar.rule.weekly."+one(every), "n", every, "days", and(p, names))
}

func (r Rule) monthly(p *locale.Printer, start time.Time, every int) (string, bool) {
	var names []string
	switch {
	case len(r.opt.Byweekday) > 0 && len(r.opt.Bymonthday) > 0:
		return "", false
	case len(r.opt.Byweekday) > 0:
		for _, d := range r.opt.Byweekday {
			n := d.N()
			if n == 0 || n > 5 || n < -1 {
				return "", false
			}
			key := "calendar.nth." + strconv.Itoa(n)
			if n == -1 {
				key = "calendar.nth.last"
			}
			names = append(names, p.T(key, "day", p.Weekday(time.Weekday((d.Day()+1)%7))))
		}
		return p.T("calendar.rule.monthly_days."+one(every), "n", every, "days", and(p, names)), true
	}
	days := r.opt.Bymonthday
	if len(days) == 0 {
		days = []int{start.Day()}
	}
	for _, d := range days {
		switch {
		case d == -1 && len(days) == 1:
			return p.T("calendar.rule.month_end."+one(every), "n", every), true
		case d < 0:
			return "", false
		}
		names = append(names, strconv.Itoa(d))
	}
	return p.T("calendar.rule.monthly."+one(every), "n", every, "days", and(p, names)), true
}

// and joins words: "Senin, Selasa dan Kamis".
func and(p *locale.Printer, words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	last := len(words) - 1
	return p.T("calendar.and", "list", strings.Join(words[:last], ", "), "last", words[last])
}
