package locale

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/money"
)

func TestLoad(t *testing.T) {
	tests := []struct{ name, id, en, want string }{
		{"complete", `{"a": "x {n}", "b": {"other": "{n} b"}}`, `{"a": "y {n}", "b": {"one": "a b", "other": "{n} bs"}}`, ""},
		{"one form in Indonesian", `{"a": "{n} b"}`, `{"a": {"one": "a b", "other": "{n} bs"}}`, ""},
		{"missing in en", `{"a": "x"}`, `{}`, "a: missing in en"},
		{"missing in id", `{}`, `{"a": "x"}`, "a: missing in id"},
		{"twice in one file", `{"a": "x", "a": "y"}`, `{"a": "x"}`, "text/id.json: a: stands twice"},
		{"one of ours", `{"error.internal": "x"}`, `{"error.internal": "x"}`, "error.internal: stands twice"},
		{"other placeholders", `{"a": "{x}"}`, `{"a": "{y}"}`, "a: placeholders [x] in id, [y] in en"},
		{"other plurals", `{"a": {"other": "{n}"}}`, `{"a": "{n}"}`, "a: has plural forms in id, none in en"},
		{"no plural in English", `{"a": {"other": "{n}"}}`, `{"a": {"other": "{n}"}}`, "a: has the plural forms [other], want [one other]"},
		{"singular in Indonesian", `{"a": {"one": "x", "other": "{n}"}}`, `{"a": {"one": "x", "other": "{n}"}}`, "a: has the plural forms [one other], want [other]"},
		{"plural of nothing", `{"a": {"other": "x"}}`, `{"a": {"one": "x", "other": "y"}}`, "a: has plural forms but no {n}"},
		{"singular with more", `{"a": {"other": "{n}"}}`, `{"a": {"one": "{x}", "other": "{n}"}}`, "a: a placeholder of one is not in other"},
		{"open brace", `{"a": "x {n"}`, `{"a": "x"}`, "bad placeholder"},
		{"closing brace", `{"a": "x} y"}`, `{"a": "x"}`, "bad placeholder"},
		{"bad name", `{"a": "{N a}"}`, `{"a": "x"}`, "bad placeholder"},
		{"a number", `{"a": 1}`, `{"a": "x"}`, "neither text nor plural forms"},
		{"no object", `[]`, `{}`, "not a JSON object"},
		{"cut off", `{"a": "x"`, `{"a": "x"}`, "text/id.json"},
	}
	for _, tt := range tests {
		_, err := Load(files(tt.id, tt.en))
		if got := fmt.Sprint(err); tt.want == "" && err != nil || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
	if _, err := Load(fstest.MapFS{}); err == nil {
		t.Error("files without text load")
	}
}

func files(id, en string) fs.FS {
	return fstest.MapFS{"text/id.json": {Data: []byte(id)}, "text/en.json": {Data: []byte(en)}}
}

// printers returns an Indonesian and an English printer of an Indonesian
// workspace.
func printers(t testing.TB, more ...fs.FS) (id, en *Printer) {
	c, err := Load(more...)
	if err != nil {
		t.Fatal(err)
	}
	return c.Printer(ID, Workspace{}), c.Printer(EN, Workspace{})
}

func TestT(t *testing.T) {
	id, en := printers(t, files(
		`{"x.hello": "Halo, {name}.", "x.count": {"other": "{n} pelanggan"}, "x.sum": "{sum} pada {day}", "x.empty": ""}`,
		`{"x.hello": "Hello, {name}.", "x.count": {"one": "{n} customer", "other": "{n} customers"}, "x.sum": "{sum} on {day}", "x.empty": ""}`))
	day := time.Date(2026, 11, 17, 3, 30, 0, 0, time.UTC)
	tests := []struct{ got, want string }{
		{id.T("x.hello", "name", "Bu Ratna"), "Halo, Bu Ratna."},
		{id.T("x.hello", "name", "{n} <b>"), "Halo, {n} <b>."},
		{id.T("x.hello"), "Halo, {name}."},
		{id.T("x.hello", "name"), "Halo, {name}."},
		{id.T("x.count", "n", 1), "1 pelanggan"},
		{id.T("x.count", "n", 12500), "12.500 pelanggan"},
		{en.T("x.count", "n", 1), "1 customer"},
		{en.T("x.count", "n", int64(1)), "1 customer"},
		{en.T("x.count", "n", 0), "0 customers"},
		{en.T("x.count", "n", 12500), "12.500 customers"},
		{en.T("x.sum", "sum", money.New(5000, "IDR"), "day", day), "Rp\u00a05.000 on 17 Nov 2026"},
		{id.T("x.empty"), ""},
		{id.T("x.none"), "⟦x.none⟧"},
		{id.Error(nil), ""},
		{id.Error(fmt.Errorf("save: %w", errs.New(errs.Invalid, "error.too_long", "max", 25))), "Tulis paling banyak 25 karakter."},
		{en.Error(errs.List{errs.InvalidField("a", "error.required"), errs.InvalidField("b", "phone.invalid")}.Err()), "Fill this in."},
		{id.Error(errors.New("disk full")), id.T("error.internal")},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
	if !id.Has("x.count") || id.Has("x.none") {
		t.Error("Has is wrong")
	}
}

func TestNumbers(t *testing.T) {
	id, en := printers(t)
	swiss := &Printer{Lang: EN, Workspace: Workspace{Decimal: '.', Group: '’'}.withDefaults(), messages: en.messages}
	rp := func(n int64) money.Amount { return money.Amount{Minor: n, Currency: "IDR"} }
	tests := []struct{ got, want string }{
		{id.Num(0), "0"},
		{id.Num(999), "999"},
		{id.Num(-1234567), "−1.234.567"},
		{id.Num(math.MinInt64), "−9.223.372.036.854.775.808"},
		{en.Num(4812), "4.812"}, // the workspace decides, not the language
		{swiss.Num(4812), "4’812"},
		{swiss.Decimal(4812.5, 2), "4’812.50"},
		{id.Decimal(1234.5, 2), "1.234,50"},
		{id.Decimal(-0.04, 1), "0,0"},
		{id.Decimal(-0.06, 1), "−0,1"},
		{id.Decimal(math.NaN(), 2), "–"},
		{id.Percent(0.38), "38%"},
		{id.Percent(0.124), "12,4%"},
		{id.Percent(1), "100%"},
		{id.Percent(0), "0%"},
		{id.Percent(-0.125), "−12,5%"},
		{id.Money(rp(12500000)), "Rp\u00a012.500.000"},
		{id.Money(rp(-5000)), "−Rp\u00a05.000"},
		{en.Money(rp(0)), "Rp\u00a00"},
		{id.Money(money.Amount{Minor: 123450, Currency: "USD"}), "US$\u00a01.234,50"},
		{id.Money(money.Amount{Minor: -5, Currency: "CHF"}), "−CHF\u00a00,05"},
		{id.Money(money.Amount{Minor: math.MinInt64, Currency: "IDR"}), "−Rp\u00a09.223.372.036.854.775.808"},
		{id.MoneyShort(rp(826_000_000)), "Rp\u00a0826\u00a0jt"},
		{id.MoneyShort(rp(3_420_000_000)), "Rp\u00a03,42\u00a0M"},
		{en.MoneyShort(rp(826_400_000)), "Rp\u00a0826\u00a0mn"},
		{en.MoneyShort(rp(3_420_000_000)), "Rp\u00a03,42\u00a0bn"},
		{id.MoneyShort(rp(12_400_000)), "Rp\u00a012,4\u00a0jt"},
		{id.MoneyShort(rp(999_999_999)), "Rp\u00a01\u00a0M"},
		{id.MoneyShort(rp(999_999)), "Rp\u00a0999.999"},
		{id.MoneyShort(rp(45_000)), "Rp\u00a045.000"},
		{id.MoneyShort(rp(-5_000_000)), "−Rp\u00a05\u00a0jt"},
		{id.MoneyShort(rp(7_500_000_000_000_000)), "Rp\u00a07.500\u00a0T"},
		{id.MoneyShort(money.Amount{Minor: 123456, Currency: "USD"}), "US$\u00a01.235"},
		{id.MoneyShort(money.Amount{Minor: 1250, Currency: "USD"}), "US$\u00a012,50"},
		{id.MoneyShort(money.Amount{Minor: 99_999_960, Currency: "USD"}), "US$\u00a01\u00a0jt"},
		{id.Bytes(999), "999\u00a0B"},
		{id.Bytes(3_400_000), "3,4\u00a0MB"},
		{id.Bytes(25_000_000), "25\u00a0MB"},
		{id.Bytes(999_950), "1\u00a0MB"},
		{id.List(nil), ""},
		{id.List([]string{"a"}), "a"},
		{id.List([]string{"a", "b"}), "a dan b"},
		{id.List([]string{"a", "b", "c"}), "a, b dan c"},
		{en.List([]string{"a", "b", "c"}), "a, b and c"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestTimes(t *testing.T) {
	id, en := printers(t)
	at := time.Date(2026, 11, 17, 3, 30, 0, 0, time.UTC) // 10.30 in Jakarta
	tests := []struct{ got, want string }{
		{id.Date(at), "17 Nov 2026"},
		{id.DayMonth(at), "17 Nov"},
		{id.Time(at), "10.30"},
		{en.Time(at), "10:30"},
		{id.DateTime(at), "17 Nov 2026, 10.30"},
		{id.DateTimeZone(at), "17 Nov 2026, 10.30 WIB"},
		{en.DateTimeZone(at), "17 Nov 2026, 10:30 WIB"},
		{zone(t, id, "Asia/Makassar").DateTimeZone(at), "17 Nov 2026, 11.30 WITA"},
		{zone(t, id, "Asia/Jayapura").DateTimeZone(at), "17 Nov 2026, 12.30 WIT"},
		{zone(t, en, "Asia/Kathmandu").DateTimeZone(at), "17 Nov 2026, 09:15 UTC+5:45"},
		{zone(t, en, "America/Sao_Paulo").DateTimeZone(at), "17 Nov 2026, 00:30 UTC-3"},
		{id.Date(time.Date(2026, 8, 31, 17, 0, 0, 0, time.UTC)), "1 Sep 2026"},
		{id.DateOnly("2026-08-17"), "17 Agu 2026"},
		{en.DateOnly("2026-08-17"), "17 Aug 2026"},
		{id.DateOnly("--02-29"), "29 Feb"},
		{id.DateOnly("2026-02-30"), "2026-02-30"},
		{id.DateOnly(""), ""},
		{id.Month(time.March), "Maret"},
		{id.MonthShort(time.May), "Mei"},
		{en.Weekday(time.Sunday), "Sunday"},
		{id.WeekdayShort(time.Thursday), "Kam"},
		{id.Duration(252), "4 mnt 12 dtk"},
		{en.Duration(252), "4 min 12 s"},
		{id.Duration(0), "0 dtk"},
		{id.Duration(3600), "1 jam"},
		{id.Duration(3900), "1 jam 5 mnt"},
		{id.Duration(3612), "1 jam"},
		{en.Duration(86400 + 7200), "1 day 2 h"},
		{id.Duration(-60), "−1 mnt"},
		{id.Duration(math.MinInt64), "−" + id.Duration(1<<62)},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
	for _, name := range []string{"", "Local", "Asia/Nowhere", "../etc/passwd"} {
		if _, err := LoadZone(name); errs.KindOf(err) != errs.Invalid {
			t.Errorf("LoadZone(%q): %v, want an Invalid error", name, err)
		}
	}
}

// zone returns p in another zone.
func zone(t *testing.T, p *Printer, name string) *Printer {
	loc, err := LoadZone(name)
	if err != nil {
		t.Fatal(err)
	}
	q := *p
	q.Zone = loc
	return &q
}

func TestRelative(t *testing.T) {
	id, en := printers(t)
	now := time.Date(2026, 11, 17, 10, 0, 0, 0, jakarta) // a Tuesday
	tests := []struct {
		d           time.Duration
		id, en, day string
	}{
		{0, "baru saja", "just now", "Hari ini"},
		{-59 * time.Second, "baru saja", "just now", "Hari ini"},
		{-time.Minute, "1 menit lalu", "1 minute ago", "Hari ini"},
		{-5 * time.Minute, "5 menit lalu", "5 minutes ago", "Hari ini"},
		{-3 * time.Hour, "3 jam lalu", "3 hours ago", "Hari ini"},
		{-10 * time.Hour, "10 jam lalu", "10 hours ago", "Hari ini"},
		{-11 * time.Hour, "kemarin", "yesterday", "Kemarin, 16 November"},
		{-34 * time.Hour, "kemarin", "yesterday", "Kemarin, 16 November"},
		{-35 * time.Hour, "2 hari lalu", "2 days ago", "Min, 15 Nov"},
		{-5 * 24 * time.Hour, "5 hari lalu", "5 days ago", "Kam, 12 Nov"},
		{-7 * 24 * time.Hour, "7 hari lalu", "7 days ago", "Sel, 10 Nov"},
		{-8 * 24 * time.Hour, "9 Nov 2026", "9 Nov 2026", "Sen, 9 Nov"},
		{-400 * 24 * time.Hour, "13 Okt 2025", "13 Oct 2025", "Sen, 13 Okt 2025"},
		{30 * time.Second, "sebentar lagi", "in a moment", "Hari ini"},
		{5 * time.Minute, "5 menit lagi", "in 5 minutes", "Hari ini"},
		{time.Hour, "1 jam lagi", "in 1 hour", "Hari ini"},
		{14 * time.Hour, "besok", "tomorrow", "Besok, 18 November"},
		{72 * time.Hour, "3 hari lagi", "in 3 days", "Jum, 20 Nov"},
		{8 * 24 * time.Hour, "25 Nov 2026", "25 Nov 2026", "Rab, 25 Nov"},
	}
	for _, tt := range tests {
		at := now.Add(tt.d).UTC()
		if a, b, c := id.Relative(at, now), en.Relative(at, now), id.DayHeading(at, now); a != tt.id || b != tt.en || c != tt.day {
			t.Errorf("%v: %q, %q, %q; want %q, %q, %q", tt.d, a, b, c, tt.id, tt.en, tt.day)
		}
	}
	midnight := time.Date(2026, 11, 17, 0, 30, 0, 0, jakarta)
	if got := id.Relative(midnight.Add(-2*time.Hour), midnight); got != "2 jam lalu" {
		t.Errorf("two hours ago, before midnight: %q", got)
	}
}

func TestNegotiate(t *testing.T) {
	tests := []struct {
		header string
		want   Lang
	}{
		{"", ID},
		{"id-ID,id;q=0.9,en;q=0.8", ID},
		{"en-GB,en;q=0.9", EN},
		{"de-DE,de;q=0.9", EN},
		{"de, en;q=0.5, id;q=0.7", ID},
		{"en;q=0, id;q=0.1", ID},
		{"ms-MY", ID},
		{"en;q=x,,;;=", EN},
	}
	for _, tt := range tests {
		if got := Negotiate(tt.header); got != tt.want {
			t.Errorf("Negotiate(%q) = %s, want %s", tt.header, got, tt.want)
		}
	}
}

// TestTone refuses words that don't belong into our messages.
func TestTone(t *testing.T) {
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for lang, words := range map[Lang][]string{
		ID: {"!", "Silakan", "Gagal", "berhasil", "invalid"},
		EN: {"!", "Please", "please", "Oops", "successfully", "invalid"},
	} {
		p := c.Printer(lang, Workspace{})
		for _, key := range c.Keys() {
			for _, w := range words {
				if text := p.T(key, "n", 2); strings.Contains(text, w) {
					t.Errorf("%s in %s says %q: %q", key, lang, w, text)
				}
			}
		}
	}
}

func BenchmarkPrinter(b *testing.B) {
	p, _ := printers(b)
	at := time.Date(2026, 11, 17, 3, 30, 0, 0, time.UTC)
	now := at.Add(50 * time.Hour)
	a := money.New(12_500_000, "IDR")
	for name, f := range map[string]func(){
		"T":        func() { p.T("error.required") },
		"TArgs":    func() { p.T("error.too_long", "max", 25) },
		"Money":    func() { p.Money(a) },
		"DateTime": func() { p.DateTime(at) },
		"Relative": func() { p.Relative(at, now) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f()
			}
		})
	}
}

func TestMoneyParts(t *testing.T) {
	id, _ := printers(t)
	for minor, want := range map[int64][2]string{
		826_000_000: {"Rp\u00a0826", "jt"}, -3_420_000_000: {"−Rp\u00a03,42", "M"}, 400_800: {"Rp\u00a0400.800", ""}, 0: {"Rp\u00a00", ""},
	} {
		if value, unit := id.MoneyParts(money.Amount{Minor: minor, Currency: "IDR"}); value != want[0] || unit != want[1] {
			t.Errorf("MoneyParts(%d) = %q, %q", minor, value, unit)
		}
	}
}
