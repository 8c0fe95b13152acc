package calendar_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-ical"

	"github.com/akrab-crm/akrab/internal/calendar"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// read reads a calendar with a reader that isn't ours, and checks its lines.
func read(t testing.TB, text string) *ical.Calendar {
	t.Helper()
	if !strings.HasSuffix(text, "\r\n") || strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\n") || strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\r") {
		t.Errorf("lines don't end with CRLF: %q", text)
	}
	for line := range strings.SplitSeq(text, "\r\n") {
		if len(line) > 75 || !utf8.ValidString(line) {
			t.Errorf("line of %d bytes, or torn: %q", len(line), line)
		}
	}
	c, err := ical.NewDecoder(strings.NewReader(text)).Decode()
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return c
}

func TestEncode(t *testing.T) {
	makassar := zone(t, "Asia/Makassar")
	rule, err := calendar.ParseRule("FREQ=WEEKLY;BYDAY=MO;UNTIL=20261231", makassar)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 11, 17, 10, 0, 0, 0, makassar)
	text := `Baris satu; "dua", tiga\empat` + "\nCafé " + strings.Repeat("日本語 ", 40)
	c := calendar.Calendar{Method: calendar.Request, Name: "Kerja", Zone: makassar, Events: []calendar.Event{
		{
			UID: "a@akrab", Sequence: 3, Summary: text, Description: text, Place: "Jl. Melati 3, Bandung", Start: start, End: start.Add(time.Hour),
			Rule: rule, Busy: true, Changed: start, Alarm: start.Add(-15 * time.Minute), URL: "https://crm.example/tasks/1",
			Organizer: calendar.Person{Name: `Dewi "D"; Lestari`, Email: "dewi@sinar.example"},
			Guests:    []calendar.Person{{Name: "Ratna, Bu", Email: "ratna@x.example", Answer: "ACCEPTED"}, {Email: "b@x.example\r\nX:1"}},
		},
		{UID: "b@akrab", Summary: "Seharian", AllDay: true, Start: time.Date(2026, 11, 18, 0, 0, 0, 0, makassar), Changed: start, Alarm: time.Date(2026, 11, 18, 8, 0, 0, 0, makassar)},
		{UID: "c@akrab", Todo: true, Summary: "Tugas", AllDay: true, Start: start, Done: start, Changed: start},
	}}
	got := read(t, c.String())
	if s, _ := got.Props.Text("METHOD"); s != "REQUEST" {
		t.Errorf("method %q", s)
	}
	events := got.Events()
	if len(events) != 2 || len(got.Children) != 4 {
		t.Fatalf("%d events, %d parts", len(events), len(got.Children))
	}
	e := events[0]
	if s, _ := e.Props.Text("SUMMARY"); s != text {
		t.Errorf("summary %q, want %q", s, text)
	}
	if at, err := e.DateTimeStart(nil); err != nil || !at.Equal(start) {
		t.Errorf("starts %v, %v", at, err)
	}
	if s := e.Props.Get("RRULE").Value; s != "FREQ=WEEKLY;BYDAY=MO;UNTIL=20261230T160000Z" {
		t.Errorf("rule %q", s)
	}
	guests := e.Props["ATTENDEE"]
	if len(guests) != 2 || guests[0].Params.Get("CN") != "Ratna, Bu" || guests[0].Params.Get("PARTSTAT") != "ACCEPTED" || guests[1].Value != "mailto:b@x.exampleX:1" {
		t.Errorf("guests %v", guests)
	}
	if s := e.Props.Get("ORGANIZER").Params.Get("CN"); s != "Dewi 'D'; Lestari" {
		t.Errorf("organizer %q", s)
	}
	if s := e.Children[0].Props.Get("TRIGGER").Value; s != "-PT15M" {
		t.Errorf("alarm %q", s)
	}
	if s := events[1].Props.Get("DTEND").Value; s != "20261119" {
		t.Errorf("a day ends %q", s)
	}
	if s := events[1].Children[0].Props.Get("TRIGGER").Value; s != "PT480M" {
		t.Errorf("alarm of a day %q", s)
	}
	zones := got.Children[0]
	if zones.Name != "VTIMEZONE" || zones.Children[0].Props.Get("TZOFFSETTO").Value != "+0800" || zones.Children[0].Props.Get("TZNAME").Value != "WITA" {
		t.Errorf("zone %v", zones)
	}
}

// Each change of a zone's offset in the time of the events is written.
func TestZonesThatChange(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	c := calendar.Calendar{Zone: berlin, Events: []calendar.Event{
		{UID: "a", Start: time.Date(2026, 1, 5, 9, 0, 0, 0, berlin)}, {UID: "b", Start: time.Date(2026, 12, 5, 9, 0, 0, 0, berlin)},
	}}
	var got []string
	for _, part := range read(t, c.String()).Children[0].Children {
		got = append(got, part.Name+" "+part.Props.Get("DTSTART").Value+" "+part.Props.Get("TZOFFSETFROM").Value+" "+part.Props.Get("TZOFFSETTO").Value)
	}
	want := []string{"STANDARD 19700101T000000 +0100 +0100", "DAYLIGHT 20260329T020000 +0100 +0200", "STANDARD 20261025T030000 +0200 +0100"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q", got)
	}
}

func FuzzEncode(f *testing.F) {
	f.Add("Rapat; dengan, \\ \"Bu\" Ratna\r\nBaris", "ratna@x.example")
	f.Add("\x00\xff\u2028", "a\nb")
	f.Fuzz(func(t *testing.T, text, address string) {
		c := calendar.Calendar{Name: text, Events: []calendar.Event{{
			UID: text, Summary: text, URL: text, Start: time.Unix(1, 0), Changed: time.Unix(1, 0), Alarm: time.Unix(2, 0),
			Organizer: calendar.Person{Name: text, Email: address}, Guests: []calendar.Person{{Name: text, Email: address}},
		}}}
		for line := range strings.SplitSeq(strings.ReplaceAll(c.String(), "\r\n ", ""), "\r\n") {
			name, _, ok := strings.Cut(line, ":")
			if line != "" && (!ok || strings.ContainsAny(line, "\r\n") || strings.Trim(name[:1], "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
				t.Errorf("a line that is none: %q", line)
			}
		}
	})
}
