package calendar

import (
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A Method says what a calendar that is sent to somebody asks for.
type Method string

// The methods.
const (
	Publish Method = "PUBLISH" // a feed
	Request Method = "REQUEST" // an invitation, or a change of one
	Cancel  Method = "CANCEL"
)

// A Calendar is a file of events.
type Calendar struct {
	Name   string // of a feed; "" for none
	Method Method
	Zone   *time.Location // in which times are written
	Events []Event
}

// An Event is something in a calendar.
type Event struct {
	UID      string // the same for ever
	Sequence int64  // grows when an invitation changes
	Todo     bool   // something to do, which few programs show

	Summary     string
	Description string
	Place       string
	URL         string
	Category    string

	Start  time.Time
	End    time.Time // zero if that is not said
	AllDay bool      // Start's day counts, and not its time
	Rule   Rule

	Busy      bool // takes the time of whoever it is for
	Done      time.Time
	Cancelled bool
	Changed   time.Time // when it was changed last
	Alarm     time.Time // when to remind; zero for never

	Organizer Person
	Guests    []Person
}

// A Person comes to an event, or is asked to.
type Person struct {
	Name   string
	Email  string
	Answer string // PARTSTAT: NEEDS-ACTION, ACCEPTED, DECLINED, TENTATIVE; "" for the first
}

const product = "-//Akrab//Akrab CRM//ID"

// Encode writes the calendar as RFC 5545 has it. The same calendar is the same
// bytes.
func (c *Calendar) Encode(w io.Writer) error {
	e := &encoder{zone: c.Zone}
	if e.zone == nil {
		e.zone = time.UTC
	}
	e.line("BEGIN", "VCALENDAR")
	e.line("VERSION", "2.0")
	e.line("PRODID", product)
	e.line("CALSCALE", "GREGORIAN")
	if c.Method != "" {
		e.line("METHOD", string(c.Method))
	}
	if c.Name != "" {
		e.line("NAME", escape(c.Name))
		e.line("X-WR-CALNAME", escape(c.Name))
		e.line("X-WR-TIMEZONE", e.zone.String())
		e.line("REFRESH-INTERVAL;VALUE=DURATION", "PT1H")
		e.line("X-PUBLISHED-TTL", "PT1H")
	}
	e.timezone(c.Events)
	for i := range c.Events {
		e.event(&c.Events[i])
	}
	e.line("END", "VCALENDAR")
	_, err := io.WriteString(w, e.b.String())
	return err
}

// String returns what [Calendar.Encode] writes.
func (c *Calendar) String() string {
	var b strings.Builder
	_ = c.Encode(&b) // a Builder takes everything
	return b.String()
}

type encoder struct {
	b    strings.Builder
	zone *time.Location
}

// line writes a content line, folded after 75 bytes between characters.
func (e *encoder) line(name, value string) {
	s := name + ":" + value
	for room := 75; len(s) > room; room = 74 {
		n := room
		for !utf8.RuneStart(s[n]) {
			n--
		}
		e.b.WriteString(s[:n] + "\r\n ")
		s = s[n:]
	}
	e.b.WriteString(s + "\r\n")
}

// text writes a property if there is something to write.
func (e *encoder) text(name, value string) {
	if value != "" {
		e.line(name, escape(value))
	}
}

// escape writes text as a value: no control characters, line ends as \n.
func escape(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\r\n", "\n"), "\uFFFD")
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n' || r == '\r':
			b.WriteString(`\n`)
		case r == '\\' || r == ';' || r == ',':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\t' || r >= ' ' && r != 0x7f:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// param writes text as the value of a parameter, in which no quotes can stand.
func param(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '"':
			return '\''
		case r < ' ' || r == 0x7f:
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	if strings.ContainsAny(s, ":;,") {
		return `"` + s + `"`
	}
	return s
}

// mailto writes an address as a value. What can't be in an address can't end
// the line either.
func mailto(address string) string {
	return "mailto:" + strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f {
			return -1
		}
		return r
	}, address)
}

const (
	utcLayout   = "20060102T150405Z"
	localLayout = "20060102T150405"
	dayLayout   = "20060102"
)

// moment writes a time in the calendar's zone.
func (e *encoder) moment(name string, t time.Time) {
	if e.zone == time.UTC {
		e.line(name, t.UTC().Format(utcLayout))
		return
	}
	e.line(name+";TZID="+param(e.zone.String()), t.In(e.zone).Format(localLayout))
}

func (e *encoder) day(name string, t time.Time) {
	e.line(name+";VALUE=DATE", t.In(e.zone).Format(dayLayout))
}

func (e *encoder) event(v *Event) {
	kind := "VEVENT"
	if v.Todo {
		kind = "VTODO"
	}
	e.line("BEGIN", kind)
	e.line("UID", escape(v.UID))
	e.line("DTSTAMP", v.Changed.UTC().Format(utcLayout))
	e.line("LAST-MODIFIED", v.Changed.UTC().Format(utcLayout))
	e.line("SEQUENCE", strconv.FormatInt(v.Sequence, 10))
	e.when(v)
	e.text("SUMMARY", v.Summary)
	e.text("DESCRIPTION", v.Description)
	e.text("LOCATION", v.Place)
	if v.URL != "" && !strings.ContainsAny(v.URL, "\r\n") {
		e.line("URL", v.URL)
	}
	e.text("CATEGORIES", v.Category)
	e.state(v)
	e.people(v)
	e.alarm(v)
	e.line("END", kind)
}

func (e *encoder) when(v *Event) {
	start := e.moment
	if v.AllDay {
		start = e.day
	}
	start("DTSTART", v.Start)
	switch {
	case v.Todo:
		// A task is due when its event would begin. DUE has to be later than DTSTART.
		if v.AllDay {
			e.day("DUE", v.Start.In(e.zone).AddDate(0, 0, 1))
		} else {
			e.moment("DUE", v.Start.Add(time.Minute))
		}
	case v.AllDay:
		e.day("DTEND", v.Start.In(e.zone).AddDate(0, 0, 1))
	case v.End.After(v.Start):
		e.moment("DTEND", v.End)
	default:
		e.moment("DTEND", v.Start.Add(30*time.Minute)) // else some programs show nothing
	}
	if v.Rule.text != "" {
		e.line("RRULE", v.Rule.until(v.AllDay))
	}
}

// until returns the rule's text with its end written like the start that it
// belongs to: a day, or a time in UTC.
func (r Rule) until(allDay bool) string {
	var parts []string
	for part := range strings.SplitSeq(r.text, ";") {
		if strings.HasPrefix(part, "UNTIL=") {
			layout := utcLayout
			if allDay {
				layout = dayLayout
			}
			part = "UNTIL=" + r.opt.Until.UTC().Format(layout)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ";")
}

func (e *encoder) state(v *Event) {
	switch {
	case v.Cancelled:
		e.line("STATUS", "CANCELLED")
	case v.Todo && !v.Done.IsZero():
		e.line("STATUS", "COMPLETED")
		e.line("COMPLETED", v.Done.UTC().Format(utcLayout))
	case v.Todo:
		e.line("STATUS", "NEEDS-ACTION")
	default:
		e.line("STATUS", "CONFIRMED")
	}
	if v.Todo {
		return
	}
	if v.Busy {
		e.line("TRANSP", "OPAQUE")
	} else {
		e.line("TRANSP", "TRANSPARENT")
	}
}

func (e *encoder) people(v *Event) {
	if v.Organizer.Email != "" {
		name := "ORGANIZER"
		if v.Organizer.Name != "" {
			name += ";CN=" + param(v.Organizer.Name)
		}
		e.line(name, mailto(v.Organizer.Email))
	}
	for _, g := range v.Guests {
		answer := g.Answer
		if answer == "" {
			answer = "NEEDS-ACTION"
		}
		name := "ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=" + answer + ";RSVP=TRUE"
		if g.Name != "" {
			name += ";CN=" + param(g.Name)
		}
		e.line(name, mailto(g.Email))
	}
}

func (e *encoder) alarm(v *Event) {
	if v.Alarm.IsZero() || v.Cancelled {
		return
	}
	start := v.Start
	if v.AllDay {
		y, m, d := start.In(e.zone).Date()
		start = time.Date(y, m, d, 0, 0, 0, 0, e.zone)
	}
	e.line("BEGIN", "VALARM")
	e.line("ACTION", "DISPLAY")
	e.text("DESCRIPTION", v.Summary)
	e.line("TRIGGER", duration(v.Alarm.Sub(start)))
	e.line("END", "VALARM")
}

// duration writes a length of time in minutes.
func duration(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	return sign + "PT" + strconv.FormatInt(int64(d/time.Minute), 10) + "M"
}

// timezone writes what offsets the zone has in the years of the events, each
// change by itself: what the rules are, the program can't know.
func (e *encoder) timezone(events []Event) {
	if e.zone == time.UTC || len(events) == 0 {
		return
	}
	first, last := events[0].Start, events[0].Start
	for _, v := range events {
		if v.Start.Before(first) {
			first = v.Start
		}
		if v.Start.After(last) {
			last = v.Start
		}
		if v.Rule.text != "" && v.Start.AddDate(5, 0, 0).After(last) {
			last = v.Start.AddDate(5, 0, 0)
		}
	}
	e.line("BEGIN", "VTIMEZONE")
	e.line("TZID", e.zone.String())
	at := first.In(e.zone)
	for n := 0; ; n++ {
		began, ends := at.ZoneBounds()
		_, offset := at.Zone()
		before := offset
		when := time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
		if n > 0 && !began.IsZero() {
			_, before = began.Add(-time.Second).Zone()
			when = began.UTC().Add(time.Duration(before) * time.Second)
		}
		kind := "STANDARD"
		if at.IsDST() {
			kind = "DAYLIGHT"
		}
		e.line("BEGIN", kind)
		e.line("DTSTART", when.Format(localLayout))
		e.line("TZOFFSETFROM", offsetText(before))
		e.line("TZOFFSETTO", offsetText(offset))
		if name := at.Format("MST"); name[0] != '+' && name[0] != '-' {
			e.text("TZNAME", name)
		}
		e.line("END", kind)
		if ends.IsZero() || ends.After(last) {
			break
		}
		at = ends
	}
	e.line("END", "VTIMEZONE")
}

func offsetText(seconds int) string {
	sign := "+"
	if seconds < 0 {
		sign, seconds = "-", -seconds
	}
	h, m := seconds/3600, seconds%3600/60
	return sign + two(h) + two(m)
}

func two(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}
