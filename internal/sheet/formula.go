package sheet

import (
	"strings"
	"unicode/utf8"
)

// A spreadsheet runs a cell that begins with one of these as a formula. Some
// skip blanks before it, and some take the full-width forms for the plain ones.
const formulaStart = "=+-@\t\r\n＝＋－＠"

// runsAsFormula reports whether a spreadsheet might run s, or s after its
// leading apostrophes, as a formula. Plain numbers (-12.5) and telephone
// numbers as +6281234567890 begin alike but can do no harm, so they stay as they are.
func runsAsFormula(s string) bool {
	s = strings.TrimLeft(s, "'")
	t := strings.TrimLeft(s, " \u00a0")
	first, n := utf8.DecodeRuneInString(t)
	if n == 0 || !strings.ContainsRune(formulaStart, first) {
		return false
	}
	return !isNegative(s) && !isE164(s)
}

func isNegative(s string) bool {
	rest, ok := strings.CutPrefix(s, "-")
	whole, fraction, has := strings.Cut(strings.Replace(rest, ",", ".", 1), ".")
	return ok && len(s) < 40 && isDigits(whole) && (!has || isDigits(fraction))
}

func isE164(s string) bool {
	rest, ok := strings.CutPrefix(s, "+")
	return ok && len(rest) >= 7 && len(rest) <= 15 && isDigits(rest) && rest[0] != '0'
}

// escapeFormula puts an apostrophe before a text that would run as a formula. A
// text that already has one gets a second, so that unescapeFormula finds the
// exact text again.
func escapeFormula(s string) string {
	if runsAsFormula(s) {
		return "'" + s
	}
	return s
}

// unescapeFormula undoes escapeFormula.
func unescapeFormula(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok && runsAsFormula(rest) {
		return rest
	}
	return s
}
