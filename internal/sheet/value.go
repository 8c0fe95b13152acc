package sheet

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// What a cell says about the order of dates.
const (
	dayFirst = iota
	monthFirst
	undecided // either
	yearFirst
	noDate // not a date
)

// dateOrder returns the order that most of the dates show; without evidence, as
// nearly everywhere, the day comes first.
func dateOrder(dates [noDate]int) string {
	switch {
	case dates[monthFirst] > dates[dayFirst]:
		return "mdy"
	case dates[yearFirst] > 0 && dates[dayFirst]+dates[undecided] == 0:
		return "ymd"
	}
	return "dmy"
}

// dateEvidence returns what cell shows about the order of day and month.
func dateEvidence(cell string) int {
	cell = strings.TrimSpace(cell)
	if len(cell) < 6 || len(cell) > 40 {
		return noDate
	}
	a, b, c, ok := dateParts(cell)
	switch {
	case !ok:
		return noDate
	case len(a) == 4 && isDigits(a):
		return yearFirst
	case monthName(b) > 0 || monthName(a) > 0:
		return undecided
	}
	day, month := atoi(a), atoi(b)
	switch {
	case len(c) != 2 && len(c) != 4, day == 0, month == 0, day > 31, month > 31, day > 12 && month > 12:
		return noDate
	case day > 12:
		return dayFirst
	case month > 12:
		return monthFirst
	}
	return undecided
}

// dateParts splits the date that cell begins with into its three parts as they stand. The
// rest must be a time of day or a zone.
func dateParts(cell string) (a, b, c string, ok bool) {
	date, _, ok := cutTime(cell)
	if !ok {
		return "", "", "", false
	}
	for _, sep := range []string{"-", "/", ".", " "} {
		p := strings.Split(date, sep)
		if len(p) != 3 {
			continue
		}
		if sep == " " {
			p[0] = strings.TrimRight(p[0], ",.")
			p[1] = strings.TrimRight(p[1], ",.")
		}
		if !datePart(p[0]) || !datePart(p[1]) || !isDigits(p[2]) || len(p[2]) > 4 {
			return "", "", "", false
		}
		return p[0], p[1], p[2], true
	}
	return "", "", "", false
}

func datePart(s string) bool {
	return isDigits(s) && len(s) <= 4 || monthName(s) > 0
}

// cutTime cuts the time of day off a date. ok is false if something else follows.
func cutTime(cell string) (date, clock string, ok bool) {
	colon := strings.IndexByte(cell, ':')
	if colon < 0 {
		return cell, "", true
	}
	i := strings.LastIndexAny(cell[:colon], " T")
	if i < 0 {
		return "", "", false
	}
	clock, ok = parseClock(strings.TrimSpace(cell[i+1:]))
	return strings.TrimRight(strings.TrimSpace(cell[:i]), ","), clock, ok
}

// parseClock returns a time of day as 15:04:05. Fractions of a second and zones are dropped.
func parseClock(s string) (string, bool) {
	for _, layout := range []string{
		"15:04:05", "15:04", "3:04:05 PM", "3:04 PM", "3:04PM", "15:04:05Z07:00", "15:04Z07:00", "15:04:05-0700", "15:04:05 -0700",
	} {
		if t, err := time.Parse(layout, strings.ToUpper(s)); err == nil {
			return t.Format("15:04:05"), true
		}
	}
	return "", false
}

var months = map[string]int{
	"januari": 1, "january": 1, "februari": 2, "february": 2, "pebruari": 2, "maret": 3, "march": 3, "mrt": 3,
	"april": 4, "mei": 5, "may": 5, "juni": 6, "june": 6, "juli": 7, "july": 7, "agustus": 8, "august": 8, "agu": 8,
	"agt": 8, "ags": 8, "september": 9, "sept": 9, "oktober": 10, "october": 10, "okt": 10,
	"november": 11, "nopember": 11, "nop": 11, "desember": 12, "december": 12, "des": 12,
	"jan": 1, "feb": 2, "mar": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}

// monthName returns the number of a month named in English or Indonesian, or 0.
func monthName(s string) int { return months[strings.ToLower(s)] }

// Date returns the date that cell holds as YYYY-MM-DD, or as YYYY-MM-DDThh:mm:ss if
// there is a time of day, and whether it holds one. Days and months
// stand in the order of f, unless only the other order makes a date. Years of
// two digits are those from 1930 to 2029.
func (f Format) Date(cell string) (string, bool) {
	cell = strings.TrimSpace(cell)
	if len(cell) > 40 {
		return "", false
	}
	if len(cell) == 8 && isDigits(cell) {
		return isoDate(atoi(cell[:4]), atoi(cell[4:6]), atoi(cell[6:]), "")
	}
	a, b, c, ok := dateParts(cell)
	if !ok {
		return "", false
	}
	_, clock, _ := cutTime(cell)
	switch {
	case len(a) == 4 && isDigits(a):
		return isoDate(atoi(a), monthNumber(b), atoi(c), clock)
	case monthName(a) > 0:
		return isoDate(fullYear(c), monthName(a), atoi(b), clock)
	case monthName(b) > 0:
		return isoDate(fullYear(c), monthName(b), atoi(a), clock)
	}
	day, month := atoi(a), atoi(b)
	if f.DateOrder == "ymd" && len(c) <= 2 {
		return isoDate(fullYear(a), month, atoi(c), clock)
	}
	if f.DateOrder == "mdy" && day <= 12 || month > 12 {
		day, month = month, day
	}
	return isoDate(fullYear(c), month, day, clock)
}

func monthNumber(s string) int {
	if n := monthName(s); n > 0 {
		return n
	}
	return atoi(s)
}

// fullYear returns the year that s means, or −1.
func fullYear(s string) int {
	y := atoi(s)
	switch {
	case len(s) == 2 && y < 30:
		return 2000 + y
	case len(s) == 2:
		return 1900 + y
	case len(s) == 4:
		return y
	}
	return -1
}

// isoDate returns a date as text and whether it exists, in the years 1000 to 9999.
func isoDate(year, month, day int, clock string) (string, bool) {
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if year < 1000 || year > 9999 || month < 1 || month > 12 || t.Day() != day || day < 1 {
		return "", false
	}
	if clock != "" {
		clock = "T" + clock
	}
	return fmt.Sprintf("%04d-%02d-%02d%s", year, month, day, clock), true
}

// What a cell says about the decimal sign.
const (
	noDecimal = iota
	point
	commaSign
)

// decimalEvidence returns what cell shows about the decimal sign: 1.234,50 and
// 12,5 show a comma, and so does 1.234.567, whose points separate thousands. 1.234 shows nothing.
func decimalEvidence(cell string) int {
	s, _ := bareNumber(cell)
	if s == "" || strings.Trim(s, "0123456789.,") != "" {
		return noDecimal
	}
	points, commas := strings.Count(s, "."), strings.Count(s, ",")
	last := strings.LastIndexAny(s, ".,")
	switch {
	case points > 1 && commas > 1, last < 0:
		return noDecimal
	case points > 1:
		return commaSign
	case commas > 1:
		return point
	case points+commas == 1 && len(s)-last-1 == 3 && last <= 3 && s[0] != '0':
		return noDecimal
	case s[last] == '.':
		return point
	}
	return commaSign
}

// currencies are written before or after amounts.
var currencies = []string{"rp.", "rp", "idr", "usd", "eur", "us$", "$", "€", "£", "¥"}

// bareNumber returns the digits and separators of a number without currency,
// sign and the dash of "Rp 1.000,-", and whether it is negative. It returns
// "" if cell is no number.
func bareNumber(cell string) (s string, negative bool) {
	if len(cell) > 64 {
		return "", false
	}
	s = strings.ToLower(strings.TrimSpace(cell))
	if strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")") {
		s, negative = s[1:len(s)-1], true
	}
	s, minus := cutSign(s)
	for _, c := range currencies {
		if rest, ok := strings.CutPrefix(s, c); ok {
			s = rest
			break
		}
		if rest, ok := strings.CutSuffix(s, c); ok {
			s = rest
			break
		}
	}
	s = strings.TrimSpace(s)
	if !minus {
		s, minus = cutSign(s)
	}
	s = strings.TrimSuffix(strings.TrimSuffix(s, ",-"), ".-")
	s = strings.Map(func(r rune) rune {
		if r == ' ' || r == '\u00a0' || r == '\u202f' || r == '\'' || r == '’' {
			return -1
		}
		return r
	}, s)
	if s == "" || s[0] < '0' && s[0] != '.' && s[0] != ',' || s[0] > '9' || strings.Trim(s, ".,") == "" {
		return "", false
	}
	return s, negative || minus
}

func cutSign(s string) (rest string, minus bool) {
	for _, sign := range []string{"-", "−", "+"} {
		if rest, ok := strings.CutPrefix(s, sign); ok {
			return rest, sign != "+"
		}
	}
	return s, false
}

// Number returns the number that cell holds, as digits with an optional minus
// sign and decimal point, and whether it holds one. Currency signs, separators
// of thousands and a trailing ",-" are left out; the decimal sign is that of f.
func (f Format) Number(cell string) (string, bool) {
	s, negative := bareNumber(cell)
	if s == "" {
		return "", false
	}
	decimal, thousands := ".", ","
	if f.Decimal == ',' {
		decimal, thousands = ",", "."
	}
	whole, fraction, has := strings.Cut(s, decimal)
	groups := strings.Split(whole, thousands)
	for i, g := range groups {
		if i > 0 && len(g) != 3 || len(groups) > 1 && len(groups[0]) > 3 {
			return "", false
		}
	}
	whole = strings.Join(groups, "")
	if whole == "" {
		whole = "0"
	}
	if !isDigits(whole) || fraction != "" && !isDigits(fraction) {
		return "", false
	}
	if negative {
		whole = "-" + whole
	}
	if has && fraction != "" {
		whole += "." + fraction
	}
	return whole, true
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// atoi returns the number written in s, or 0.
func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}
