package locale

import (
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/errs"
)

func TestParseDate(t *testing.T) {
	tests := []struct {
		text  string
		order DateOrder
		want  string // "" for an error
	}{
		{"17-11-2026", DMY, "2026-11-17"},
		{" 17/11/2026 ", DMY, "2026-11-17"},
		{"17.11.2026", DMY, "2026-11-17"},
		{"17 11 2026", DMY, "2026-11-17"},
		{"1/2/2026", DMY, "2026-02-01"},
		{"1/2/2026", MDY, "2026-01-02"},
		{"11/17/2026", MDY, "2026-11-17"},
		{"17/11/26", DMY, "2026-11-17"},
		{"17/11/49", DMY, "2049-11-17"},
		{"17/11/50", DMY, "1950-11-17"},
		{"26-11-17", YMD, "2026-11-17"},
		{"2026-11-17", DMY, "2026-11-17"},
		{"2026/11/17", MDY, "2026-11-17"},
		{"2026.11.17", YMD, "2026-11-17"},
		{"2026-11-17T10:00:00Z", DMY, "2026-11-17"},
		{"2026-11-17 00:00:00", DMY, "2026-11-17"},
		{"17/11/2026 10.30", DMY, "2026-11-17"},
		{"17 November 2026", DMY, "2026-11-17"},
		{"17 NOPEMBER 2026", DMY, "2026-11-17"},
		{"17-Nov-26", DMY, "2026-11-17"},
		{"17-nov-2026", MDY, "2026-11-17"},
		{"17 Agustus 1945", DMY, "1945-08-17"},
		{"17 Agt. 1945", DMY, "1945-08-17"},
		{"Nov 17, 2026", DMY, "2026-11-17"},
		{"November 17th, 2026", MDY, "2026-11-17"},
		{"the 17th", DMY, ""},
		{"17th of November 2026", DMY, "2026-11-17"},
		{"2026 Nov 17", DMY, "2026-11-17"},
		{"26-Nov-17", YMD, "2026-11-17"},
		{"Selasa, 17 November 2026", DMY, "2026-11-17"},
		{"Tue, 17 Nov 2026 10:30:00 +0700", DMY, "2026-11-17"},
		{"2 Mei 2026", DMY, "2026-05-02"},
		{"2 Mrt 2026", DMY, "2026-03-02"},
		{"2026年11月17日", YMD, "2026-11-17"},
		{"20261117", DMY, "2026-11-17"},
		{"19081209", DMY, "1908-12-09"},
		{"20261117T103000Z", DMY, "2026-11-17"},
		{"17112026", DMY, "2026-11-17"},
		{"11172026", MDY, "2026-11-17"},
		{"29-02-2024", DMY, "2024-02-29"},

		{"29-02-2026", DMY, ""},
		{"31-04-2026", DMY, ""},
		{"11/17/2026", DMY, ""}, // never swapped
		{"2026-17-11", DMY, ""},
		{"00-00-0000", DMY, ""},
		{"0000-00-00", DMY, ""},
		{"0001-01-01", DMY, ""},
		{"1-1-1", DMY, ""},
		{"17-11", DMY, ""},
		{"17 November", DMY, ""},
		{"2026", DMY, ""},
		{"11-2026", DMY, ""},
		{"", DMY, ""},
		{"besok", DMY, ""},
		{"45123", DMY, ""}, // days of a spreadsheet are no date to a person
		{"171126", DMY, ""},
		{"17-11-20261", DMY, ""},
		{"17-11-2026-1", DMY, ""},
		{"192.168.1.17", DMY, ""},
		{"17-11-2026x", DMY, ""},
		{"17 Nov Des 2026", DMY, ""},
		{"17-XI-2026", DMY, ""},
		{"202611179", DMY, ""},
	}
	for _, tt := range tests {
		got, err := ParseDate(tt.text, tt.order)
		if got != tt.want || (err != nil) != (tt.want == "") {
			t.Errorf("ParseDate(%q, %s) = %q, %v; want %q", tt.text, tt.order, got, err, tt.want)
		}
		if err != nil && errs.KindOf(err) != errs.Invalid {
			t.Errorf("ParseDate(%q): %v, want an Invalid error", tt.text, err)
		}
	}
}

// TestDateRoundTrip reads back every date as this package writes it.
func TestDateRoundTrip(t *testing.T) {
	id, en := printers(t)
	for day := time.Date(1950, 1, 1, 12, 0, 0, 0, time.UTC); day.Year() < 2050; day = day.AddDate(0, 0, 1) {
		want := day.Format(time.DateOnly)
		for _, text := range []string{id.Date(day), en.Date(day), want, day.Format("02/01/2006"), day.Format("2-1-06"), day.Format("20060102"), day.Format(time.RFC3339)} {
			if got, err := ParseDate(text, DMY); got != want {
				t.Fatalf("ParseDate(%q) = %q, %v; want %s", text, got, err, want)
			}
		}
	}
}

func TestParseDateTime(t *testing.T) {
	tests := []struct {
		text  string
		order DateOrder
		want  string // in UTC; "" for an error
	}{
		{"17-11-2026 10.30", DMY, "2026-11-17T03:30:00Z"},
		{"17/11/2026 10:30:15", DMY, "2026-11-17T03:30:15Z"},
		{"17 Nov 2026, 10.30", DMY, "2026-11-17T03:30:00Z"},
		{"17 Nov 2026, 10.30 WIB", DMY, "2026-11-17T03:30:00Z"},
		{"17 Nov 2026, 11.30 WITA", DMY, "2026-11-17T03:30:00Z"},
		{"17 Nov 2026, 12:30 wit", DMY, "2026-11-17T03:30:00Z"},
		{"2026-11-17T10:30:15Z", DMY, "2026-11-17T10:30:15Z"},
		{"2026-11-17T10:30:15.25+07:00", DMY, "2026-11-17T03:30:15.25Z"},
		{"2026-11-17 10:30:15 +0700", DMY, "2026-11-17T03:30:15Z"},
		{"2026-11-17 10:30 UTC", DMY, "2026-11-17T10:30:00Z"},
		{"2026-11-17 10:30 GMT+7", DMY, "2026-11-17T03:30:00Z"},
		{"11/17/26 10:30 PM", MDY, "2026-11-17T15:30:00Z"},
		{"11/17/2026 12:05 a.m.", MDY, "2026-11-16T17:05:00Z"},
		{"11/17/2026 10 pm", MDY, "2026-11-17T15:00:00Z"},
		{"11/17/2026 10:30pm", MDY, "2026-11-17T15:30:00Z"},
		{"20261117T103000Z", DMY, "2026-11-17T10:30:00Z"},
		{"20261117103000", DMY, "2026-11-17T03:30:00Z"},
		{"17-11-2026", DMY, "2026-11-16T17:00:00Z"},
		{"Tue, 17 Nov 2026 10:30:00 +0700", DMY, "2026-11-17T03:30:00Z"},
		{"2026-11-17T00:00:00-05:00", DMY, "2026-11-17T05:00:00Z"},

		{"", DMY, ""},
		{"10.30", DMY, ""},
		{"17-11-2026 25:00", DMY, ""},
		{"17-11-2026 10:60", DMY, ""},
		{"17-11-2026 10", DMY, ""},
		{"17-11-2026 13:00 PM", DMY, ""},
		{"17-11-2026 10::30", DMY, ""},
		{"17-11-2026 10:30 XYZ", DMY, ""},
		{"17-11-2026 10:30 +99:00", DMY, ""},
		{"17-11-2026 sore", DMY, ""},
		{"31-02-2026 10:30", DMY, ""},
	}
	for _, tt := range tests {
		got, err := ParseDateTime(tt.text, tt.order, jakarta)
		text := ""
		if err == nil {
			text = got.UTC().Format(time.RFC3339Nano)
		}
		if text != tt.want {
			t.Errorf("ParseDateTime(%q, %s) = %q, %v; want %q", tt.text, tt.order, text, err, tt.want)
		}
		if err != nil && errs.KindOf(err) != errs.Invalid {
			t.Errorf("ParseDateTime(%q): %v, want an Invalid error", tt.text, err)
		}
	}
}

func TestParseNumber(t *testing.T) {
	tests := []struct {
		text    string
		decimal rune
		want    string // "" for an error
	}{
		{"1.234,5", ',', "1234.5"},
		{"1,234.50", '.', "1234.50"},
		{"−3", ',', "-3"},
		{"0,001", ',', "0.001"},
		{"12%", ',', ""},
		{"1.2.3", ',', ""},
		{"abc", ',', ""},
	}
	for _, tt := range tests {
		d, err := ParseNumber(tt.text, tt.decimal)
		if err != nil && (tt.want != "" || errs.KindOf(err) != errs.Invalid) || err == nil && d.String() != tt.want {
			t.Errorf("ParseNumber(%q) = %v, %v; want %q", tt.text, d, err, tt.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"17-11-2026 10.30", "Nov 17, 2026", "20261117T103000Z", "2026年11月17日", "17th of Nov 26 10 pm", "1.234,5e6", "--", "(1)",
		"2026-11-17T10:30:15.25+07:00", "17.11.2026 1030 WIB", "1/1/26 1:1:1:1", "Sel, ", "2026-11-17 p", "2026-11-17 am",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, order := range []DateOrder{DMY, MDY, YMD, ""} {
			date, err := ParseDate(text, order)
			if err == nil {
				if _, err := time.Parse(time.DateOnly, date); err != nil {
					t.Errorf("ParseDate(%q) = %q", text, date)
				}
				if again, err := ParseDate(date, order); again != date {
					t.Errorf("ParseDate(%q) = %q, %v", date, again, err)
				}
			}
			at, err2 := ParseDateTime(text, order, jakarta)
			if err2 == nil && (err != nil || at.Format(time.DateOnly) != date) {
				t.Errorf("ParseDateTime(%q) = %v, but ParseDate = %q, %v", text, at, date, err)
			}
		}
		if d, err := ParseNumber(text, ','); err == nil && len(d.String()) > 40 {
			t.Errorf("ParseNumber(%q) = %v", text, d)
		}
	})
}

func BenchmarkParseDate(b *testing.B) {
	for _, s := range []string{"17-11-2026", "20261117", "17 November 2026"} {
		b.Run(s, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ParseDate(s, DMY); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
