package locale

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/govalues/decimal"

	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/money"
)

// A DateOrder says in which order a date of three numbers is written.
type DateOrder string

// The orders. A date that begins with a year of four digits is read as such
// in each of them.
const (
	DMY DateOrder = "dmy"
	MDY DateOrder = "mdy"
	YMD DateOrder = "ymd"
)

// maxDateText bounds what is looked at: no date is longer.
const maxDateText = 80

// ParseDate reads a calendar date as people and files write it and returns it
// as 2006-01-02: "17-11-2026", "17/11/26", "17 November 2026", "Nov 17, 2026",
// "2026-11-17T10:00:00Z", "20261117". A time of day after it is not looked at.
// Month names may be Indonesian or English. Years of two digits lie between
// 1950 and 2049. It returns an Invalid error for anything else, and for days
// that are in no calendar; numbers in another order than the given one are
// never swapped to make them fit.
func ParseDate(text string, order DateOrder) (string, error) {
	y, m, d, _, ok := parseDay(text, order)
	if !ok {
		return "", errs.New(errs.Invalid, "date.invalid")
	}
	return fmt.Sprintf("%04d-%02d-%02d", y, m, d), nil
}

// ParseDateTime reads a date, as [ParseDate] does, with or without a time of
// day after it: "17-11-2026 10.30", "2026-11-17T10:30:15+07:00", "11/17/26
// 10:30 PM". Without an offset or a zone such as WIB the time is zone's;
// without a time of day it is midnight.
func ParseDateTime(text string, order DateOrder, zone *time.Location) (time.Time, error) {
	invalid := errs.New(errs.Invalid, "time.invalid")
	y, m, d, rest, ok := parseDay(text, order)
	if !ok {
		return time.Time{}, invalid
	}
	clock, zone, ok := cutZone(strings.Trim(rest, " ,"), zone)
	if !ok {
		return time.Time{}, invalid
	}
	if clock == "" {
		return time.Date(y, time.Month(m), d, 0, 0, 0, 0, zone), nil
	}
	c, ok := parseClock(clock)
	if !ok {
		return time.Time{}, invalid
	}
	return time.Date(y, time.Month(m), d, c.hour, c.min, c.sec, c.nsec, zone), nil
}

// ParseNumber reads a number with the given decimal sign, ',' or '.', with or
// without signs between thousands. See [money.ParseNumber].
func ParseNumber(text string, decimalSep rune) (decimal.Decimal, error) {
	return money.ParseNumber(text, decimalSep)
}

// parseDay reads the date at the beginning of text and returns what follows it.
func parseDay(text string, order DateOrder) (y, m, d int, rest string, ok bool) {
	text = strings.TrimSpace(text)
	if len(text) > maxDateText {
		return 0, 0, 0, "", false
	}
	if y, m, d, rest, ok = compactDay(text, order); ok {
		return y, m, d, rest, true
	}
	var s dayScanner
	rest, ok = s.scan(text)
	if !ok {
		return 0, 0, 0, "", false
	}
	y, m, d, ok = s.date(order)
	return y, m, d, rest, ok
}

// compactDay reads eight digits without signs between: year first if that is a
// date, else in the given order.
func compactDay(s string, order DateOrder) (y, m, d int, rest string, ok bool) {
	n := leadingDigits(s)
	if n != 8 && n != 14 {
		return 0, 0, 0, "", false
	}
	num := func(i, j int) int { v, _ := strconv.Atoi(s[i:j]); return v }
	rest = s[8:]
	if n == 8 && rest != "" && rest[0] != 'T' && rest[0] != ' ' {
		return 0, 0, 0, "", false
	}
	rest = strings.TrimPrefix(rest, "T")
	y, m, d = num(0, 4), num(4, 6), num(6, 8)
	if y >= 1800 && y < 2200 && isDay(y, m, d) {
		return y, m, d, rest, true
	}
	switch order {
	case DMY:
		d, m, y = num(0, 2), num(2, 4), num(4, 8)
	case MDY:
		m, d, y = num(0, 2), num(2, 4), num(4, 8)
	}
	return y, m, d, rest, isDay(y, m, d)
}

// A dayScanner collects the parts of a date.
type dayScanner struct {
	nums  []string // two or three runs of digits
	month int      // if given by name
	at    int      // how many numbers stood before the name
}

// scan reads numbers, a month and signs between them until the date is whole.
func (s *dayScanner) scan(text string) (rest string, ok bool) {
	for !s.whole() {
		text = strings.TrimLeft(text, " -/.,'’年月日\u00a0")
		if text == "" {
			return "", false
		}
		if n := leadingDigits(text); n > 0 {
			if n > 4 {
				return "", false
			}
			s.nums = append(s.nums, text[:n])
			text = cutOrdinal(text[n:])
			continue
		}
		n := leadingLetters(text)
		if n == 0 || !s.word(text[:n]) {
			return "", false
		}
		text = text[n:]
	}
	text = strings.TrimLeft(text, "年月日.")
	// The date must end where its last part ends: 1.2.20261 is none.
	if text != "" && (leadingDigits(text) > 0 || leadingLetters(text) > 0 && text[0] != 'T') || strings.HasPrefix(text, "-") || strings.HasPrefix(text, "/") {
		return "", false
	}
	return strings.TrimPrefix(text, "T"), true
}

// whole reports whether all three parts are there.
func (s *dayScanner) whole() bool {
	return len(s.nums) == 3 || s.month != 0 && len(s.nums) == 2
}

// word takes a month; it passes over the name of a day before the date.
func (s *dayScanner) word(w string) bool {
	key := fold.Text(w)
	if m, ok := monthNames[key]; ok && s.month == 0 && len(s.nums) < 2 {
		s.month, s.at = m, len(s.nums)
		return true
	}
	return weekdayNames[key] && len(s.nums) == 0 && s.month == 0 || key == "of" && len(s.nums) == 1
}

// date puts the parts in order.
func (s *dayScanner) date(order DateOrder) (y, m, d int, ok bool) {
	var year, month, day string
	switch n := s.nums; {
	case s.month != 0 && (len(n[0]) == 4 || order == YMD && len(n[1]) < 4):
		year, day = n[0], n[1]
	case s.month != 0:
		day, year = n[0], n[1]
	case len(n[0]) == 4 || order == YMD:
		year, month, day = n[0], n[1], n[2]
	case order == MDY:
		month, day, year = n[0], n[1], n[2]
	default:
		day, month, year = n[0], n[1], n[2]
	}
	m = s.month
	if m == 0 {
		if len(month) > 2 {
			return 0, 0, 0, false
		}
		m, _ = strconv.Atoi(month)
	}
	if len(day) > 2 {
		return 0, 0, 0, false
	}
	d, _ = strconv.Atoi(day)
	y, ok = fullYear(year)
	return y, m, d, ok && isDay(y, m, d)
}

// fullYear reads a year of two or four digits.
func fullYear(s string) (int, bool) {
	y, err := strconv.Atoi(s)
	switch {
	case err != nil:
		return 0, false
	case len(s) == 4:
		return y, true
	case len(s) == 2 && y < 50:
		return 2000 + y, true
	case len(s) == 2:
		return 1900 + y, true
	}
	return 0, false
}

// isDay reports whether the calendar has such a day, from the year 1000 on.
func isDay(y, m, d int) bool {
	if y < 1000 || y > 9999 || m < 1 || m > 12 || d < 1 || d > 31 {
		return false
	}
	return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC).Day() == d
}

var monthNames = func() map[string]int {
	names := map[string]int{
		"agt": 8, "agst": 8, "ags": 8, "aug": 8, "sept": 9, "nop": 11, "nopember": 11,
		"pebruari": 2, "peb": 2, "mrt": 3,
	}
	for _, tables := range []map[Lang][]string{months, monthsShort} {
		for _, list := range tables {
			for i, name := range list {
				names[fold.Text(name)] = i + 1
			}
		}
	}
	return names
}()

var weekdayNames = func() map[string]bool {
	names := map[string]bool{"ahad": true, "thur": true, "thurs": true, "tues": true, "jumaat": true}
	for _, tables := range []map[Lang][]string{weekdays, weekdaysShort} {
		for _, list := range tables {
			for _, name := range list {
				names[fold.Text(name)] = true
			}
		}
	}
	return names
}()

// cutOrdinal removes the letters of "1st", "2nd", "3rd" and "4th".
func cutOrdinal(s string) string {
	n := leadingLetters(s)
	switch strings.ToLower(s[:n]) {
	case "st", "nd", "rd", "th":
		return s[n:]
	}
	return s
}

// A clock is a time of day.
type clock struct{ hour, min, sec, nsec int }

// parseClock reads "10.30", "10:30:15.25", "10:30 PM" or "1030" and "103015".
func parseClock(s string) (c clock, ok bool) {
	s, half := cutHalfDay(s)
	var parts []string
	if n := leadingDigits(s); n == len(s) && (n == 4 || n == 6) {
		for ; s != ""; s = s[2:] {
			parts = append(parts, s[:2])
		}
	} else {
		parts = strings.FieldsFunc(s, func(r rune) bool { return r == ':' || r == '.' || r == ',' })
		if strings.Join(parts, ".") != strings.Map(toDot, s) {
			return c, false // signs doubled or at an end
		}
	}
	if len(parts) == 1 && half == "" || len(parts) < 1 || len(parts) > 4 {
		return c, false
	}
	fields := []*int{&c.hour, &c.min, &c.sec}
	for i, p := range parts {
		if leadingDigits(p) != len(p) || i < 3 && len(p) > 2 || len(p) > 9 {
			return c, false
		}
		if i == 3 {
			c.nsec, _ = strconv.Atoi((p + "000000000")[:9])
			continue
		}
		*fields[i], _ = strconv.Atoi(p)
	}
	if half != "" {
		if c.hour < 1 || c.hour > 12 {
			return c, false
		}
		c.hour %= 12
		if half == "pm" {
			c.hour += 12
		}
	}
	return c, c.hour < 24 && c.min < 60 && c.sec < 60
}

func toDot(r rune) rune {
	if r == ':' || r == ',' {
		return '.'
	}
	return r
}

// cutHalfDay removes AM or PM from the end.
func cutHalfDay(s string) (rest, half string) {
	f := strings.ToLower(strings.ReplaceAll(s, ".", ""))
	for _, half := range []string{"am", "pm"} {
		if strings.HasSuffix(f, half) {
			return strings.TrimRight(s[:strings.LastIndexAny(s, "aApP")], " \u00a0\u202f"), half
		}
	}
	return s, ""
}

// cutZone removes an offset or the name of a zone from the end of a time.
func cutZone(s string, zone *time.Location) (rest string, _ *time.Location, ok bool) {
	if i := strings.LastIndexAny(s, "+-−"); i >= 0 {
		loc, ok := parseOffset(strings.ReplaceAll(s[i:], "−", "-"))
		s = strings.TrimSuffix(strings.TrimSpace(s[:i]), "GMT")
		return strings.TrimSpace(strings.TrimSuffix(s, "UTC")), loc, ok
	}
	n := len(s) - len(strings.TrimRightFunc(s, unicode.IsLetter))
	rest = strings.TrimSpace(s[:len(s)-n])
	switch strings.ToUpper(s[len(s)-n:]) {
	case "Z", "UTC", "GMT":
		return rest, time.UTC, true
	case "WIB":
		return rest, time.FixedZone("WIB", 7*3600), true
	case "WITA":
		return rest, time.FixedZone("WITA", 8*3600), true
	case "WIT":
		return rest, time.FixedZone("WIT", 9*3600), true
	case "", "AM", "PM", "M":
		return s, zone, true
	}
	return "", nil, false
}

// parseOffset reads "+07:00", "+0700" or "+7".
func parseOffset(s string) (*time.Location, bool) {
	digits := strings.Replace(s[1:], ":", "", 1)
	if n := leadingDigits(digits); n != len(digits) || n == 0 || n > 4 {
		return nil, false
	}
	v, _ := strconv.Atoi(digits)
	if len(digits) <= 2 {
		v *= 100
	}
	h, m := v/100, v%100
	if h > 14 || m > 59 {
		return nil, false
	}
	seconds := h*3600 + m*60
	if s[0] == '-' {
		seconds = -seconds
	}
	return time.FixedZone("", seconds), true
}

// leadingDigits returns how many bytes at the beginning of s are digits.
func leadingDigits(s string) int {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return i
		}
	}
	return len(s)
}

// leadingLetters returns how many bytes at the beginning of s are letters.
func leadingLetters(s string) int {
	for i, r := range s {
		if !unicode.IsLetter(r) {
			return i
		}
	}
	return len(s)
}
