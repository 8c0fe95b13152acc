// Package phone reads telephone numbers as people write them, and finds and
// shows them again.
//
// The numbering plans of the world are those of Google's libphonenumber.
// Indonesian mobile numbers, which are most of what an import brings, are
// recognised without it, with the same answers, in a hundredth of the time.
package phone

import (
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"

	"github.com/akrab-crm/akrab/internal/errs"
)

// A Kind says what a number is for.
type Kind string

// The kinds. In some countries, such as the United States, a number doesn't
// tell whether it is fixed or mobile.
const (
	Mobile        Kind = "mobile"
	Fixed         Kind = "fixed"
	FixedOrMobile Kind = "fixed_or_mobile"
	TollFree      Kind = "toll_free"
	Premium       Kind = "premium"
	VoIP          Kind = "voip"
	UAN           Kind = "uan" // one number for many places of a company
	Other         Kind = "other"
	Unknown       Kind = "unknown" // no number of the plan
)

// A Number is a telephone number, taken apart.
type Number struct {
	E164     string // "+6281230457781"; "" if the digits make no number anywhere
	Digits   string // E164 without the plus, the key under which it is found; else the digits as written
	Valid    bool   // the numbering plan of its country has such numbers
	Possible bool   // its length is one that the country's numbers have
	Kind     Kind
	Region   string // ISO 3166 country, "001" if it has none, "ZZ" if unknown
	Ext      string // digits of an extension, or ""
}

// maxText bounds what is looked at, as the library does.
const maxText = 250

// Parse reads the first number in text; region is the ISO 3166 country whose
// numbers are written without a prefix. What is a number but not of any plan
// has Valid false, and what can be no number at all, such as one of 20 digits,
// has no E164: whether to take it is the caller's choice. Text with fewer than
// three digits, of more than 250 bytes, or with words that are no extension
// gives an Invalid error.
func Parse(text, region string) (Number, error) {
	if n, ok := parseIndonesian(text, region); ok {
		return n, nil
	}
	if len(text) > maxText || countDigits(text) < 3 {
		return Number{}, errs.New(errs.Invalid, "phone.invalid")
	}
	region = strings.ToUpper(region)
	n, err := parse(text, region)
	if err == nil && n.Valid {
		return n, nil
	}
	for _, other := range rewrite(text) {
		if o, err := parse(other, region); err == nil && o.Valid {
			return o, nil
		}
	}
	switch {
	case n.Ext == "" && hasLetters(text):
		return Number{}, errs.New(errs.Invalid, "phone.invalid").Because(err)
	case err != nil:
		return Number{Digits: phonenumbers.NormalizeDigitsOnly(text), Kind: Unknown, Region: "ZZ"}, nil
	}
	return n, nil
}

// parse asks the library.
func parse(text, region string) (Number, error) {
	p, err := phonenumbers.Parse(text, region)
	if err != nil {
		return Number{}, err
	}
	n := Number{
		E164:     phonenumbers.Format(p, phonenumbers.E164),
		Possible: phonenumbers.IsPossibleNumber(p),
		Kind:     kinds[phonenumbers.GetNumberType(p)],
		Region:   phonenumbers.GetRegionCodeForNumber(p),
		Ext:      p.GetExtension(),
	}
	n.Digits = strings.TrimPrefix(n.E164, "+")
	n.Valid = n.Kind != Unknown
	if n.Region == "" {
		n.Region = phonenumbers.GetRegionCodeForCountryCode(int(p.GetCountryCode()))
	}
	return n, nil
}

var kinds = map[phonenumbers.PhoneNumberType]Kind{
	phonenumbers.FIXED_LINE:           Fixed,
	phonenumbers.MOBILE:               Mobile,
	phonenumbers.FIXED_LINE_OR_MOBILE: FixedOrMobile,
	phonenumbers.TOLL_FREE:            TollFree,
	phonenumbers.PREMIUM_RATE:         Premium,
	phonenumbers.SHARED_COST:          Other,
	phonenumbers.VOIP:                 VoIP,
	phonenumbers.PERSONAL_NUMBER:      Other,
	phonenumbers.PAGER:                Other,
	phonenumbers.UAN:                  UAN,
	phonenumbers.VOICEMAIL:            Other,
	phonenumbers.UNKNOWN:              Unknown,
}

// rewrite returns other readings of a text that is no valid number as it is:
// a country's code after 00, which not every country dials, and a number with
// a remark behind it, as in "0812 3045 7781 (Budi)".
func rewrite(text string) []string {
	var list []string
	if digits := strings.TrimLeft(asciiDigits(text), " ("); strings.HasPrefix(digits, "00") {
		list = append(list, "+"+digits[2:])
	}
	if i := strings.IndexFunc(text, unicode.IsLetter); i > 0 {
		list = append(list, text[:i])
	}
	return list
}

// parseIndonesian reads the usual spellings of Indonesian mobile numbers:
// digits, with spaces, hyphens, dots and parentheses anywhere, after +62, 62,
// 0, both, or nothing. It reports false for anything else.
//
// It must agree with the library. There the plan is 8[1-35-9] and 7 to 10 more
// digits; and 62 before just nine digits may as well be the area 0628, so that
// is left to the library.
func parseIndonesian(text, region string) (Number, bool) {
	if len(text) > 32 {
		return Number{}, false
	}
	buf := [40]byte{'+', '6', '2'}
	digits, plus, ok := collect(buf[3:3], text)
	if !ok || !plus && region != "ID" {
		return Number{}, false
	}
	national, code := cutCode(digits, plus)
	if plus && !code {
		return Number{}, false
	}
	n := len(national)
	if n < 9 || n > 12 || national[0] != '8' || national[1] == '0' || national[1] == '4' {
		return Number{}, false
	}
	if code && !plus && len(digits) == 11 {
		return Number{}, false
	}
	e164 := string(append(buf[:3], national...))
	return Number{E164: e164, Digits: e164[1:], Valid: true, Possible: true, Kind: Mobile, Region: "ID"}, true
}

// collect appends the digits of text to b. It reports false if there is more
// than one plus, a plus after a digit, or any sign that is not usual.
func collect(b []byte, text string) (digits []byte, plus, ok bool) {
	for i := range len(text) {
		switch c := text[i]; c {
		case '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
			b = append(b, c)
		case ' ', '-', '.', '(', ')':
		case '+':
			if plus || len(b) > 0 {
				return nil, false, false
			}
			plus = true
		default:
			return nil, false, false
		}
	}
	return b, plus, true
}

// cutCode removes 62 and a 0 before a national number. It reports whether 62
// was there.
func cutCode(digits []byte, plus bool) (national []byte, code bool) {
	national = digits
	if len(national) > 2 && national[0] == '6' && national[1] == '2' {
		national, code = national[2:], true
	}
	if len(national) > 0 && national[0] == '0' {
		national = national[1:]
	}
	return national, code
}

// countDigits counts digits of any script.
func countDigits(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsDigit(r) {
			n++
		}
	}
	return n
}

func hasLetters(s string) bool {
	return strings.IndexFunc(strings.TrimPrefix(s, "tel:"), unicode.IsLetter) >= 0
}

// asciiDigits writes the full-width digits and plus of East Asian keyboards as
// the usual ones.
func asciiDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '０' && r <= '９' || r == '＋' || r == '（' || r == '）' {
			return r - '０' + '0'
		}
		return r
	}, s)
}

// minDigits is how many digits a part of a text needs to be a number of its own
// where the sign before it may also stand within a number.
const minDigits = 6

// Split parts a text that holds several numbers, at line ends, semicolons, bars
// and ":::", and at slashes and commas if what lies between them is long
// enough. The parts are trimmed and not empty.
func Split(text string) []string {
	var list []string
	for _, part := range strings.FieldsFunc(strings.ReplaceAll(protect(text), ":::", "\n"), isBreak) {
		soft := strings.FieldsFunc(part, func(r rune) bool { return r == '/' || r == ',' })
		if !allLong(soft) {
			soft = []string{part}
		}
		for _, s := range soft {
			if s = strings.TrimSpace(strings.ReplaceAll(s, paramMark, ";")); s != "" {
				list = append(list, s)
			}
		}
	}
	return list
}

// paramMark stands for a semicolon that begins a parameter of a tel: address.
const paramMark = "\x00"

func protect(text string) string {
	if !strings.Contains(text, "=") {
		return text
	}
	for _, p := range []string{"ext=", "phone-context=", "isub="} {
		text = strings.ReplaceAll(text, ";"+p, paramMark+p)
	}
	return text
}

func isBreak(r rune) bool { return r == ';' || r == '|' || r == '\n' || r == '\r' }

// allLong reports whether each part that has digits has enough for a number.
func allLong(parts []string) bool {
	for _, p := range parts {
		if n := countDigits(p); n > 0 && n < minDigits {
			return false
		}
	}
	return true
}
