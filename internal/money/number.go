package money

import (
	"strings"
	"unicode"

	"github.com/govalues/decimal"

	"github.com/akrab-crm/akrab/internal/errs"
)

// maxNumberText bounds what is looked at: no number that fits is longer.
const maxNumberText = 64

// ParseNumber reads a number with the given decimal sign, ',' or '.'.
// Thousands may be parted by the other of the two, by spaces or by
// apostrophes, but then rightly: "12.50" is no number where the comma is
// decimal. A minus may stand before or behind, or be a pair of parentheses; a
// fraction may be dashes ("5.000,-") and an exponent may follow ("1,2E+6").
// It returns an Invalid error if the text is no number, or one of more than 19
// digits.
func ParseNumber(text string, decimalSep rune) (decimal.Decimal, error) {
	s, ok := plain(text, decimalSep)
	if !ok {
		return decimal.Decimal{}, errs.New(errs.Invalid, "number.invalid")
	}
	d, err := decimal.Parse(s)
	if err != nil {
		return decimal.Decimal{}, errs.New(errs.Invalid, "number.too_large").Because(err)
	}
	return d, nil
}

// plain returns the number in Go's form, "-1234.5e6".
func plain(text string, decimalSep rune) (string, bool) {
	s := strings.TrimSpace(text)
	if len(s) > maxNumberText {
		return "", false
	}
	s, negative := cutSign(s)
	s, exponent, ok := cutExponent(s)
	if !ok {
		return "", false
	}
	whole, fraction, ok := strings.Cut(s, string(decimalSep))
	if ok && strings.Trim(fraction, "-–—") == "" {
		fraction = "" // "5.000,-"
	}
	whole, ok = ungroup(whole, decimalSep)
	if !ok || !allDigits(fraction) || whole+fraction == "" {
		return "", false
	}
	s = "0" + whole
	if fraction != "" {
		s += "." + fraction
	}
	if negative {
		s = "-" + s
	}
	return s + exponent, true
}

// cutSign removes one sign, in any of its forms.
func cutSign(s string) (rest string, negative bool) {
	if r, ok := strings.CutPrefix(s, "("); ok {
		if r, ok := strings.CutSuffix(r, ")"); ok {
			return strings.TrimSpace(r), true
		}
	}
	for _, sign := range []string{"-", "−"} {
		if r, ok := strings.CutPrefix(s, sign); ok {
			return strings.TrimSpace(r), true
		}
		if r, ok := strings.CutSuffix(s, sign); ok && r != "" && isDigit(r[len(r)-1]) {
			return r, true
		}
	}
	return strings.TrimSpace(strings.TrimPrefix(s, "+")), false
}

// cutExponent removes an exponent of at most two digits.
func cutExponent(s string) (rest, exponent string, ok bool) {
	i := strings.IndexAny(s, "eE")
	if i < 0 {
		return s, "", true
	}
	digits := strings.TrimLeft(s[i+1:], "+-")
	if len(s)-i-1-len(digits) > 1 || len(digits) < 1 || len(digits) > 2 || !allDigits(digits) {
		return "", "", false
	}
	return s[:i], s[i:], true
}

// ungroup removes the signs between thousands. It reports false if they are
// mixed or don't stand between groups of three, or, being commas, of two as in India.
func ungroup(s string, decimalSep rune) (string, bool) {
	if allDigits(s) {
		return s, true
	}
	sep := rune(0)
	var groups []string
	start := 0
	for i, c := range s {
		if c < 0x80 && isDigit(byte(c)) {
			continue
		}
		if !isGroupSign(c, decimalSep) || sep != 0 && c != sep {
			return "", false
		}
		sep = c
		groups = append(groups, s[start:i])
		start = i + len(string(c))
	}
	groups = append(groups, s[start:])
	last := len(groups) - 1
	for i, g := range groups {
		switch {
		case i == 0 && len(g) >= 1 && len(g) <= 3:
		case i > 0 && len(g) == 3:
		case i > 0 && i < last && len(g) == 2 && sep == ',':
		default:
			return "", false
		}
	}
	return strings.Join(groups, ""), true
}

func isGroupSign(c, decimalSep rune) bool {
	switch c {
	case '.', ',':
		return c != decimalSep
	case '\'', '’':
		return true
	}
	return unicode.IsSpace(c) && c != '\n' && c != '\r' && c != '\t' || c == '\u202f' || c == '\u2009'
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func allDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}
