package notices

import (
	"testing"
	"time"
)

func TestNextDigest(t *testing.T) {
	jakarta, err := time.LoadLocation("Asia/Jakarta")
	if err != nil {
		t.Fatal(err)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		d     Digest
		zone  *time.Location
		after string // RFC 3339
		want  string
	}{
		{Digest{Every: Off, Hour: 8}, jakarta, "2026-03-02T00:00:00Z", ""},
		{Digest{Every: Daily, Hour: 8}, jakarta, "2026-03-02T00:00:00Z", "2026-03-02T01:00:00Z"},
		{Digest{Every: Daily, Hour: 8}, jakarta, "2026-03-02T01:00:00Z", "2026-03-03T01:00:00Z"},
		{Digest{Every: Weekly, Weekday: time.Monday, Hour: 8}, jakarta, "2026-03-02T01:00:00Z", "2026-03-09T01:00:00Z"}, // a Monday
		{Digest{Every: Weekly, Weekday: time.Tuesday, Hour: 0}, jakarta, "2026-03-02T01:00:00Z", "2026-03-02T17:00:00Z"},
		{Digest{Every: Daily, Hour: 2}, berlin, "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"}, // clocks go from 2 to 3
		{Digest{Every: Daily, Hour: 7}, berlin, "2026-10-24T12:00:00Z", "2026-10-25T06:00:00Z"},
	} {
		after, err := time.Parse(time.RFC3339, tt.after)
		if err != nil {
			t.Fatal(err)
		}
		got := tt.d.next(after, tt.zone)
		s := ""
		if !got.IsZero() {
			s = got.UTC().Format(time.RFC3339)
		}
		if s != tt.want {
			t.Errorf("%+v after %s: %s, want %s", tt.d, tt.after, s, tt.want)
		}
	}
}
