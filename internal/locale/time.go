package locale

import (
	"strconv"
	"strings"
	"time"
)

var (
	months = map[Lang][]string{
		ID: strings.Fields("Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember"),
		EN: strings.Fields("January February March April May June July August September October November December"),
	}
	monthsShort = map[Lang][]string{
		ID: strings.Fields("Jan Feb Mar Apr Mei Jun Jul Agu Sep Okt Nov Des"),
		EN: strings.Fields("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"),
	}
	weekdays = map[Lang][]string{
		ID: strings.Fields("Minggu Senin Selasa Rabu Kamis Jumat Sabtu"),
		EN: strings.Fields("Sunday Monday Tuesday Wednesday Thursday Friday Saturday"),
	}
	weekdaysShort = map[Lang][]string{
		ID: strings.Fields("Min Sen Sel Rab Kam Jum Sab"),
		EN: strings.Fields("Sun Mon Tue Wed Thu Fri Sat"),
	}
)

// Month returns the month's name: November.
func (p *Printer) Month(m time.Month) string { return months[p.Lang][m-1] }

// MonthShort returns the month's name in three letters: Nov.
func (p *Printer) MonthShort(m time.Month) string { return monthsShort[p.Lang][m-1] }

// Weekday returns the day's name: Kamis.
func (p *Printer) Weekday(d time.Weekday) string { return weekdays[p.Lang][d] }

// WeekdayShort returns the day's name in three letters: Kam.
func (p *Printer) WeekdayShort(d time.Weekday) string { return weekdaysShort[p.Lang][d] }

// Date writes the day of t in the workspace's zone: 17 Nov 2026.
func (p *Printer) Date(t time.Time) string {
	t = t.In(p.Zone)
	return p.DayMonth(t) + " " + strconv.Itoa(t.Year())
}

// DayMonth writes the day of t without its year: 17 Nov.
func (p *Printer) DayMonth(t time.Time) string {
	t = t.In(p.Zone)
	return strconv.Itoa(t.Day()) + " " + p.MonthShort(t.Month())
}

// DateOnly writes a calendar date given as 2006-01-02, or without a year as
// --01-02, which is how a birthday may be known. Other text stays as it is.
func (p *Printer) DateOnly(date string) string {
	if t, err := time.ParseInLocation(time.DateOnly, date, p.Zone); err == nil {
		return p.Date(t)
	}
	if t, err := time.ParseInLocation("--01-02 2006", date+" 2000", p.Zone); err == nil {
		return p.DayMonth(t)
	}
	return date
}

// Time writes the time of day of t: 10.30 in Indonesian, 10:30 in English.
func (p *Printer) Time(t time.Time) string {
	if p.Lang == ID {
		return t.In(p.Zone).Format("15.04")
	}
	return t.In(p.Zone).Format("15:04")
}

// DateTime writes day and time of t: 17 Nov 2026, 10.30.
func (p *Printer) DateTime(t time.Time) string {
	return p.Date(t) + ", " + p.Time(t)
}

// DateTimeZone writes day, time and zone of t, for where the zone is not
// plain: 17 Nov 2026, 10.30 WIB.
func (p *Printer) DateTimeZone(t time.Time) string {
	return p.DateTime(t) + " " + p.ZoneName(t)
}

// ZoneName returns the short name of the workspace's zone at t: WIB, WITA,
// WIT, or UTC+3 where the zone has no name.
func (p *Printer) ZoneName(t time.Time) string {
	name := t.In(p.Zone).Format("MST")
	if name[0] == '+' || name[0] == '-' {
		h, m := strings.TrimLeft(name[1:min(3, len(name))], "0"), ""
		if h == "" {
			h = "0"
		}
		if len(name) == 5 {
			m = ":" + name[3:]
		}
		return "UTC" + name[:1] + h + m
	}
	return name
}

// Relative writes when t is, seen from now, up to seven days away: "baru
// saja", "5 menit lalu", "kemarin", "3 hari lagi". Beyond that it is the date.
// Days are the calendar's, in the workspace's zone, so "kemarin" is never today.
func (p *Printer) Relative(t, now time.Time) string {
	way, d := "locale.ago.", now.Sub(t)
	if d < 0 {
		way, d = "locale.ahead.", -d
	}
	days := p.daysBetween(t, now)
	switch {
	case d < time.Minute:
		return p.T(way + "now")
	case d < time.Hour:
		return p.T(way+"minutes", "n", int(d/time.Minute))
	case days == 0 || d < 6*time.Hour:
		return p.T(way+"hours", "n", int(d/time.Hour))
	case days == 1:
		return p.T(way + "day")
	case days <= 7:
		return p.T(way+"days", "n", days)
	}
	return p.Date(t)
}

// daysBetween returns how many midnights lie between a and b.
func (p *Printer) daysBetween(a, b time.Time) int {
	n := dayNumber(a.In(p.Zone)) - dayNumber(b.In(p.Zone))
	return max(n, -n)
}

// dayNumber counts the days of the calendar on which t falls.
func dayNumber(t time.Time) int {
	y, m, d := t.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// DayHeading writes the day of t as a title above what happened on it: "Hari
// ini", "Kemarin, 16 November", "Kam, 12 Nov", with the year if it is another.
func (p *Printer) DayHeading(t, now time.Time) string {
	t, now = t.In(p.Zone), now.In(p.Zone)
	date := strconv.Itoa(t.Day()) + " " + p.Month(t.Month())
	switch dayNumber(t) - dayNumber(now) {
	case 0:
		return p.T("locale.today")
	case -1:
		return p.T("locale.yesterday", "date", date)
	case 1:
		return p.T("locale.tomorrow", "date", date)
	}
	heading := p.WeekdayShort(t.Weekday()) + ", " + p.DayMonth(t)
	if t.Year() != now.Year() {
		heading += " " + strconv.Itoa(t.Year())
	}
	return heading
}

// Duration writes a length of time in its two largest units: "4 mnt 12 dtk".
func (p *Printer) Duration(seconds int64) string {
	if seconds < 0 {
		return minus + p.Duration(-max(seconds, -1<<62))
	}
	units := []struct {
		key  string
		size int64
	}{{"locale.d", 86400}, {"locale.h", 3600}, {"locale.min", 60}, {"locale.s", 1}}
	for i, u := range units {
		if seconds < u.size && u.size > 1 {
			continue
		}
		s := p.T(u.key, "n", seconds/u.size)
		if i+1 < len(units) {
			if rest := seconds % u.size / units[i+1].size; rest > 0 {
				s += " " + p.T(units[i+1].key, "n", rest)
			}
		}
		return s
	}
	return ""
}
