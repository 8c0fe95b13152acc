package calendar_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/calendar"
	"github.com/akrab-crm/akrab/internal/locale"
)

// shared returns the directory of the calendars that the project is tried on.
func shared(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		at := filepath.Join(dir, "shared", "data", "ical")
		if _, err := os.Stat(at); err == nil {
			return at
		}
	}
	t.Skip("the calendars are not here")
	return ""
}

func TestRulesFallWhereOthersSay(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(shared(t), "rrule_expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list []struct {
		Start     string   `json:"dtstart"`
		Zone      string   `json:"tzid"`
		Rule      string   `json:"rrule"`
		First     []string `json:"first_occurrences"`
		Truncated bool     `json:"truncated"`
	}
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	for _, tt := range list {
		zone, err := time.LoadLocation(tt.Zone)
		if err != nil {
			t.Fatal(err)
		}
		start, err := time.ParseInLocation("20060102T150405", tt.Start, zone)
		if err != nil {
			t.Fatal(err)
		}
		r, err := calendar.ParseRule(tt.Rule, zone)
		if err != nil {
			t.Errorf("%s: %v", tt.Rule, err)
			continue
		}
		want := len(tt.First)
		if !tt.Truncated {
			want++ // there must not be another one
		}
		var got []string
		for _, at := range r.Occurrences(start, start, start.AddDate(100, 0, 0), want) {
			got = append(got, at.Format("2006-01-02T15:04:05-0700"))
		}
		if !slices.Equal(got, tt.First) {
			t.Errorf("%s from %s:\n got %v\nwant %v", tt.Rule, tt.Start, got, tt.First)
		}
	}
	if len(list) < 20 {
		t.Errorf("only %d rules", len(list))
	}
}

func TestRulesThatAreNone(t *testing.T) {
	for _, text := range []string{
		"", "FREQ=", "FREQ=DAILY;COUNT=0", "FREQ=DAILY;COUNT=3;UNTIL=20300101", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;INTERVAL=100000",
		"FREQ=WEEKLY;BYDAY=2MO", "FREQ=MONTHLY;BYMONTHDAY=32", "COUNT=3", "FREQ=DAILY;X=1", "FREQ=DAILY\nDTSTART:20200101", "FREQ=DAILY;FREQ=WEEKLY",
	} {
		if r, err := calendar.ParseRule(text, time.UTC); err == nil {
			t.Errorf("ParseRule(%q) = %v", text, r)
		}
	}
}

func TestRuleGoesOnWithWhatIsLeft(t *testing.T) {
	r, err := calendar.ParseRule("FREQ=WEEKLY;COUNT=4;BYDAY=MO", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	if got := r.From(start, start.AddDate(0, 0, 14)).String(); got != "FREQ=WEEKLY;COUNT=2;BYDAY=MO" {
		t.Errorf("after two of four: %s", got)
	}
	if _, ok := r.After(start, start.AddDate(0, 0, 21)); ok {
		t.Error("there is a fifth of four")
	}
}

// A rule that never falls on a day ends, and soon.
func TestRuleThatNeverFalls(t *testing.T) {
	r, err := calendar.ParseRule("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if at, ok := r.After(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Now()); ok {
		t.Errorf("30 February is %v", at)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("that took %v", took)
	}
}

func FuzzParseRule(f *testing.F) {
	for _, s := range []string{"FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,TH;INTERVAL=2", "FREQ=MONTHLY;BYDAY=-1FR;COUNT=3", "FREQ=YEARLY;BYWEEKNO=20", "FREQ=MONTHLY;UNTIL=20271231T000000Z;BYMONTHDAY=31"} {
		f.Add(s)
	}
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := calendar.ParseRule(text, time.UTC)
		if err != nil || !r.Calm() {
			return
		}
		list := r.Occurrences(start, start, start.AddDate(5, 0, 0), 5)
		if !slices.IsSortedFunc(list, time.Time.Compare) {
			t.Errorf("%q falls out of order: %v", text, list)
		}
		again, err := calendar.ParseRule(r.String(), time.UTC)
		if err != nil || again.String() != r.String() {
			t.Errorf("%q reads as %q, then %v, %v", text, r, again, err)
		}
	})
}

func TestSentences(t *testing.T) {
	cat, err := locale.Load(calendar.Text)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) // a Monday
	for _, tt := range []struct{ rule, id, en string }{
		{"FREQ=DAILY", "tiap hari", "every day"},
		{"FREQ=DAILY;INTERVAL=3", "tiap 3 hari", "every 3 days"},
		{"FREQ=WEEKLY", "tiap Senin", "every Monday"},
		{"FREQ=WEEKLY;BYDAY=TH,MO", "tiap Senin dan Kamis", "every Monday and Thursday"},
		{"FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "tiap hari kerja", "every working day"},
		{"FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,FR", "tiap 2 minggu pada Senin, Rabu dan Jumat", "every 2 weeks on Monday, Wednesday and Friday"},
		{"FREQ=MONTHLY", "tiap bulan pada tanggal 2", "every month on day 2"},
		{"FREQ=MONTHLY;BYMONTHDAY=-1", "tiap hari terakhir bulan", "on the last day of every month"},
		{"FREQ=MONTHLY;BYDAY=2MO", "tiap bulan pada Senin kedua", "every month on the second Monday"},
		{"FREQ=MONTHLY;BYDAY=-1FR;COUNT=6", "tiap bulan pada Jumat terakhir, 6 kali", "every month on the last Friday, 6 times"},
		{"FREQ=YEARLY;UNTIL=20301231T000000Z", "tiap tahun pada 2 Maret, sampai 31 Des 2030", "every year on 2 March, until 31 Dec 2030"},
		{"FREQ=YEARLY;BYWEEKNO=20", "berulang menurut aturan FREQ=YEARLY;BYWEEKNO=20", "repeats by the rule FREQ=YEARLY;BYWEEKNO=20"},
	} {
		r, err := calendar.ParseRule(tt.rule, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		for lang, want := range map[locale.Lang]string{locale.ID: tt.id, locale.EN: tt.en} {
			if got := r.Sentence(cat.Printer(lang, locale.Workspace{}), start); got != want {
				t.Errorf("%s: %q, want %q", tt.rule, got, want)
			}
		}
	}
}
