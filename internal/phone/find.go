package phone

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
)

// SearchKeys returns the keys under which a number is stored so that it is
// found: its digits with the country's code, without the plus.
func SearchKeys(e164 string) []string {
	if digits := onlyDigits(e164); digits != "" {
		return []string{digits}
	}
	return nil
}

// QueryKeys returns the beginnings of stored keys that a user may mean who has
// typed q: "0812" means 62812, and "812" means that or a number in Japan. No
// key begins with another, so each number is found once. Less than three
// digits, or letters, mean no number: the result is nil.
func QueryKeys(q, region string) []string {
	q = strings.TrimSpace(asciiDigits(q))
	q = strings.TrimSpace(strings.TrimPrefix(strings.ToLower(q), "tel:"))
	if !strings.HasPrefix(q, "(0)") {
		q = strings.Replace(q, "(0)", "", 1) // +44 (0)20
	}
	digits := onlyDigits(q)
	if len(digits) < 3 || len(digits) > 20 || hasLetters(q) {
		return nil
	}
	region = strings.ToUpper(region)
	code := countryCode(region)
	trunk := trunkPrefix(region)
	if strings.HasPrefix(q, "+") || strings.HasPrefix(q, "(+") {
		return []string{cutTrunk(digits, code, trunk)}
	}
	if strings.HasPrefix(digits, "00") {
		return shortest([]string{cutTrunk(digits[2:], code, trunk), code + digits})
	}
	keys := []string{code + digits}
	if trunk != "" && strings.HasPrefix(digits, trunk) {
		keys = []string{code + digits[len(trunk):]}
	}
	if digits[0] != '0' {
		keys = append(keys, cutTrunk(digits, code, trunk))
	}
	return shortest(keys)
}

// countryCode returns the calling code of a region as digits, "" if unknown.
func countryCode(region string) string {
	if region == "ID" {
		return "62"
	}
	if code := phonenumbers.GetCountryCodeForRegion(region); code != 0 {
		return strconv.Itoa(code)
	}
	return ""
}

// trunkPrefix returns what is dialled within a region before the area: 0, or
// nothing where that 0 belongs to the number, as in Italy.
func trunkPrefix(region string) string {
	if region == "ID" {
		return "0"
	}
	return phonenumbers.GetNddPrefixForRegion(region, true)
}

// cutTrunk removes the trunk prefix that some write after the country's code:
// +62 (0)812.
func cutTrunk(digits, code, trunk string) string {
	if rest, ok := strings.CutPrefix(digits, code); ok && code != "" && trunk == "0" {
		return code + strings.TrimPrefix(rest, trunk)
	}
	return digits
}

// shortest returns the keys that don't begin with another one, without "".
func shortest(keys []string) []string {
	slices.Sort(keys)
	var list []string
	for _, k := range keys {
		if k != "" && (len(list) == 0 || !strings.HasPrefix(k, list[len(list)-1])) {
			list = append(list, k)
		}
	}
	return list
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) && r < 0x80 {
			return r
		}
		return -1
	}, s)
}

// Display returns a stored number as it is shown in a workspace of the given
// region: 0812-3045-7781 and (021) 5550123 at home, +65 6123 4567 for numbers
// of other countries. What is no number comes back as it is.
func Display(e164, region string) string {
	if region == "ID" {
		if s, ok := displayIndonesian(e164); ok {
			return s
		}
	}
	if !strings.HasPrefix(e164, "+") {
		return e164
	}
	p, err := phonenumbers.Parse(e164, "ZZ")
	if err != nil {
		return e164
	}
	// The library's national form of Argentine mobiles lacks their area.
	if phonenumbers.GetRegionCodeForNumber(p) == strings.ToUpper(region) && p.GetCountryCode() != 54 {
		return phonenumbers.Format(p, phonenumbers.NATIONAL)
	}
	return phonenumbers.Format(p, phonenumbers.INTERNATIONAL)
}

// displayIndonesian writes an Indonesian mobile number as the library would.
func displayIndonesian(e164 string) (string, bool) {
	national, ok := strings.CutPrefix(e164, "+62")
	n := len(national)
	if !ok || n < 9 || n > 12 || national[0] != '8' || national[1] == '0' || national[1] == '4' || onlyDigits(national) != national {
		return "", false
	}
	cut := 7
	if n == 9 {
		cut = 6
	}
	return "0" + national[:3] + "-" + national[3:cut] + "-" + national[cut:], true
}
