package customersweb

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/akrab-crm/akrab/internal/phone"
)

func itoa(n int) string { return strconv.Itoa(n) }

func lastRune(s string) (rune, int) { return utf8.DecodeLastRuneInString(s) }

// joinWords joins the texts that are not empty.
func joinWords(sep string, list ...string) string {
	var some []string
	for _, s := range list {
		if s != "" {
			some = append(some, s)
		}
	}
	return strings.Join(some, sep)
}

// e164 returns a number in international form, or "" if it is none.
func e164(text, region string) string {
	n, err := phone.Parse(text, region)
	if err != nil {
		return ""
	}
	return n.E164
}

// mayText reports whether a number may be that of a mobile.
func mayText(e164, region string) bool {
	n, err := phone.Parse(e164, region)
	if err != nil {
		return false
	}
	switch n.Kind {
	case phone.Fixed, phone.TollFree, phone.Premium, phone.UAN:
		return false
	}
	return true
}
