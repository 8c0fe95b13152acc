package list

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
)

// A cursor that was made reads as it was; any other text is refused.
func FuzzCursor(f *testing.F) {
	id := ids.MustParse("01900000-0000-7000-8000-000000000001")
	for _, c := range []cursor{
		{id: id},
		{back: true, before: 12, key: "jose\x01José", id: id},
		{before: math.MaxInt64, key: int64(math.MinInt64), id: int64(7)},
		{key: true, id: "x"},
		{key: id, id: id},
		{key: strings.Repeat("k", 300), id: id},
	} {
		text := c.String("list")
		if got, err := parseCursor(text, "list"); err != nil || got != c {
			f.Errorf("%+v through %s is %+v, %v", c, text, got, err)
		}
		if _, err := parseCursor(text, "list by another order"); err == nil {
			f.Errorf("%s passes in another list", text)
		}
		f.Add(text)
	}
	f.Add("AQAA")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseCursor(text, "list")
		if err == nil && c.String("list") != text {
			t.Errorf("%q is the cursor %+v, which is %q", text, c, c.String("list"))
		}
	})
}

func TestSpans(t *testing.T) {
	// Saturday, 31 October 2026, 00:30 in Jakarta; still the 30th in UTC.
	now := time.Date(2026, 10, 30, 17, 30, 0, 0, time.UTC)
	r := newReading(ids.ID{}, now, locale.Workspace{})
	for _, tt := range []struct{ text, from, to string }{
		{"today", "2026-10-31", "2026-11-01"},
		{"yesterday", "2026-10-30", "2026-10-31"},
		{"tomorrow", "2026-11-01", "2026-11-02"},
		{"this-week", "2026-10-26", "2026-11-02"},
		{"last-week", "2026-10-19", "2026-10-26"},
		{"next-week", "2026-11-02", "2026-11-09"},
		{"this-month", "2026-10-01", "2026-11-01"},
		{"last-month", "2026-09-01", "2026-10-01"},
		{"next-month", "2026-11-01", "2026-12-01"},
		{"this-quarter", "2026-10-01", "2027-01-01"},
		{"last-quarter", "2026-07-01", "2026-10-01"},
		{"this-year", "2026-01-01", "2027-01-01"},
		{"last-year", "2025-01-01", "2026-01-01"},
		{"-30d", "2026-10-01", "2026-10-02"},
		{"-0d", "2026-10-31", "2026-11-01"},
		{"2w", "2026-11-14", "2026-11-15"},
		{"-1m", "2026-09-30", "2026-10-01"},
		{"-8m", "2026-02-28", "2026-03-01"},
		{"16m", "2028-02-29", "2028-03-01"},
		{"-1y", "2025-10-31", "2025-11-01"},
		{"2026-02-28", "2026-02-28", "2026-03-01"},
		{"2026-02", "2026-02-01", "2026-03-01"},
		{"2024", "2024-01-01", "2025-01-01"},
	} {
		s, ok := r.span(tt.text, false)
		if from, to := s.from.Format(time.DateOnly), s.to.Format(time.DateOnly); !ok || from != tt.from || to != tt.to {
			t.Errorf("%s is %s to %s, want %s to %s", tt.text, from, to, tt.from, tt.to)
		}
	}
	for _, tt := range []struct{ text, from, to string }{
		{"-7d", "2026-10-24", "2026-11-01"},
		{"1w", "2026-10-31", "2026-11-08"},
		{"this-month", "2026-10-01", "2026-11-01"},
	} {
		s, ok := r.within(tt.text, false)
		if from, to := s.from.Format(time.DateOnly), s.to.Format(time.DateOnly); !ok || from != tt.from || to != tt.to {
			t.Errorf("within %s is %s to %s, want %s to %s", tt.text, from, to, tt.from, tt.to)
		}
	}
	for _, p := range Periods() {
		if _, ok := r.span(p, false); !ok {
			t.Errorf("the period %s can't be read", p)
		}
	}
	for _, text := range []string{"", "d", "-d", "1", "1x", "123456d", "9999y", "this-", "next-day", "2026-13", "2026-02-30", "12", "2026-01-01T00:00:00Z"} {
		if s, ok := r.span(text, false); ok {
			t.Errorf("%q is read as %v", text, s)
		}
	}
}

func TestSuccessor(t *testing.T) {
	for _, tt := range []struct {
		s, want string
		ok      bool
	}{
		{"a", "b", true},
		{"az", "a{", true},
		{"é", "ê", true},
		{"a\U0010ffff", "b", true},
		{"\xed\x9f\xbf", "\ue000", true},
		{"\U0010ffff", "", false},
	} {
		if got, ok := successor(tt.s); got != tt.want || ok != tt.ok {
			t.Errorf("successor(%q) = %q, %v, want %q", tt.s, got, ok, tt.want)
		}
	}
}
