package activityweb

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/ui"
)

func request(t testing.TB, form url.Values) *ui.Req {
	t.Helper()
	r := httptest.NewRequest("POST", "/", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if err := r.ParseForm(); err != nil {
		t.Fatal(err)
	}
	zone, err := locale.LoadZone("Asia/Makassar")
	if err != nil {
		t.Fatal(err)
	}
	return &ui.Req{Request: r, View: &ui.View{Printer: &locale.Printer{Workspace: locale.Workspace{Zone: zone}}}}
}

func TestRead(t *testing.T) {
	tests := []struct {
		form  url.Values
		check func(i *activity.Interaction) bool
	}{
		{url.Values{"kind": {"call"}, "minutes": {"1,5"}, "direction": {"in"}}, func(i *activity.Interaction) bool { return i.Seconds == 90 && i.Direction == activity.In }},
		{url.Values{"kind": {"call"}, "minutes": {"12"}}, func(i *activity.Interaction) bool { return i.Seconds == 720 }},
		{url.Values{"kind": {"note"}, "minutes": {"12"}, "direction": {"in"}}, func(i *activity.Interaction) bool { return i.Seconds == 0 && i.Direction == "" }},
		{url.Values{"kind": {"visit"}, "minutes": {"42"}, "direction": {"in"}}, func(i *activity.Interaction) bool { return i.Seconds == 2520 && i.Direction == "" }},
		{url.Values{"promise": {"x"}, "due_at": {"2026-11-18"}}, func(i *activity.Interaction) bool { return i.Promise == "" && i.Due.IsZero() }},
		{url.Values{"promised": {"1"}, "promise": {"x"}, "due_at": {"2026-11-18"}}, func(i *activity.Interaction) bool {
			return i.Due.Equal(time.Date(2026, 11, 18, 15, 59, 0, 0, time.UTC))
		}},
		{url.Values{"promised": {"1"}, "promise": {"x"}, "due_at": {"2026-11-18"}, "due_time": {"08:00"}}, func(i *activity.Interaction) bool {
			return i.Due.Equal(time.Date(2026, 11, 18, 0, 0, 0, 0, time.UTC))
		}},
		{url.Values{"occurred_at": {"2026-11-01"}, "occurred_time": {"09:00"}}, func(i *activity.Interaction) bool {
			return i.At.Equal(time.Date(2026, 11, 1, 1, 0, 0, 0, time.UTC))
		}},
		{url.Values{"body": {" dua\r\nbaris "}}, func(i *activity.Interaction) bool { return i.Body == " dua\nbaris " }},
	}
	for _, tt := range tests {
		var i activity.Interaction
		if err := read(request(t, tt.form), &i); err != nil || !tt.check(&i) {
			t.Errorf("%v: %+v, %v", tt.form, i, err)
		}
	}
}

// A form is read without harm, whatever it says.
func FuzzRead(f *testing.F) {
	f.Add("kind=call&minutes=4,5&direction=in")
	f.Add("kind=note&promised=1&promise=x&due_at=2026-02-30&due_time=25:00")
	f.Add("minutes=1e400&kind=visit")
	f.Add("minutes=-0&kind=call&occurred_at=0000-00-00")
	f.Fuzz(func(t *testing.T, query string) {
		form, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		var i activity.Interaction
		if err := read(request(t, form), &i); err == nil && (i.Seconds < 0 || i.Seconds > 365*24*3600) {
			t.Errorf("%s: %d seconds", query, i.Seconds)
		}
	})
}

// A long text is divided at a word, and nothing of it is lost.
func FuzzCut(f *testing.F) {
	f.Add(strings.Repeat("kata ", 1000))
	f.Add(strings.Repeat("é", 2000))
	f.Add(strings.Repeat("baris\n", 400))
	f.Add("pendek")
	f.Fuzz(func(t *testing.T, text string) {
		head, rest := cut(text)
		if head+rest != text {
			t.Error("a part is lost")
		}
		if utf8.ValidString(text) && !utf8.ValidString(head) {
			t.Error("a character is divided")
		}
		if rest != "" && len(head) > longText {
			t.Errorf("%d bytes are shown", len(head))
		}
	})
}

func TestDueWords(t *testing.T) {
	cat, err := locale.Load(ui.Text, activity.Text, Text)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 17, 3, 30, 0, 0, time.UTC)
	v := &ui.View{Printer: cat.Printer(locale.ID, locale.Workspace{}), Now: now}
	tests := []struct {
		i          activity.Interaction
		text, tone string
	}{
		{activity.Interaction{}, "Terbuka", ""},
		{activity.Interaction{Due: now.Add(-time.Hour)}, "Terlambat, 17 Nov 2026, 09.30", "bad"},
		{activity.Interaction{Due: now.Add(time.Hour)}, "Hari ini, 17 Nov 2026, 11.30", "warn"},
		{activity.Interaction{Due: time.Date(2026, 11, 20, 16, 59, 0, 0, time.UTC)}, "Tenggat 20 Nov 2026", ""},
		{activity.Interaction{Due: now.Add(-time.Hour), Kept: now}, "Ditepati 17 Nov 2026", "ok"},
	}
	for _, tt := range tests {
		if text, tone := due(v, &tt.i); text != tt.text || tone != tt.tone {
			t.Errorf("due(%+v) = %q, %q, want %q, %q", tt.i, text, tone, tt.text, tt.tone)
		}
	}
}
