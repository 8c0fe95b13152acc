// Package fold brings text to the one form in which Akrab searches, sorts and
// compares it.
//
// What is stored for finding and what is asked for go through the same
// function, so "JOSÉ", "josé" and "Jose" find each other. Folding only ever
// makes a second text beside the original: what people wrote is kept as it is.
package fold

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/akrab-crm/akrab/internal/errs"
)

// Text returns s folded: compatibility forms and accents removed, case folded,
// everything that is neither letter nor digit turned into single spaces, none
// at the ends. Apostrophes vanish, since "Ma'ruf" and "Maruf" are one name.
// Letters without a Latin base keep their script. Folding twice is folding
// once. Text without a letter or digit, such as an emoji, folds to "".
func Text(s string) string {
	var stack [96]byte // a buffer of its own keeps plain text, which is most, off the heap
	b, ascii := foldASCII(stack[:0], s)
	if !ascii {
		b = foldUnicode(s)
	}
	b = trim(b)
	if string(b) == s {
		return s
	}
	return string(b)
}

// Words returns the words of the folded text, none of them empty.
func Words(s string) []string {
	t := Text(s)
	if t == "" {
		return nil
	}
	return strings.Split(t, " ")
}

// maxSortKey bounds a key in bytes: PostgreSQL indexes no text above 2,700.
const maxSortKey = 240

// SortKey returns a key of at most 240 bytes by which names sort bytewise:
// first as folded, and where folding dropped more than capitals and plain
// spaces, then as written, so that Jose stands before José wherever they meet.
// A name without letter or digit sorts as written. The key of "" is "".
func SortKey(s string) string {
	key := Text(s)
	if key == "" {
		return clip(s, maxSortKey)
	}
	if len(key) != len(s) || !isASCII(s) {
		key = clip(key, maxSortKey/2) + "\x01" + s
	}
	return clip(key, maxSortKey)
}

// Clean returns s as it is if it can be stored: valid UTF-8 without NUL, which
// PostgreSQL refuses. Otherwise it returns an Invalid error.
func Clean(s string) (string, error) {
	if strings.IndexByte(s, 0) >= 0 || !utf8.ValidString(s) {
		return "", errs.New(errs.Invalid, "error.text_invalid")
	}
	return s, nil
}

// What appendASCII does with a character that it doesn't keep.
const (
	gap  = 0 // ends a word
	drop = 1 // vanishes
)

// asciiFold maps each ASCII character to its folded form, gap or drop.
var asciiFold = func() (t [128]byte) {
	for c := byte('0'); c <= '9'; c++ {
		t[c] = c
	}
	for c := byte('a'); c <= 'z'; c++ {
		t[c] = c
		t[c-'a'+'A'] = c
	}
	t['\''], t['`'] = drop, drop
	return t
}()

// foldASCII appends s folded to b. It reports false at the first byte beyond
// ASCII.
func foldASCII(b []byte, s string) ([]byte, bool) {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return b, false
		}
		b = appendASCII(b, s[i])
	}
	return b, true
}

func appendASCII(b []byte, c byte) []byte {
	switch c = asciiFold[c]; c {
	case gap:
		return space(b)
	case drop:
		return b
	}
	return append(b, c)
}

// foldUnicode returns s folded.
func foldUnicode(s string) []byte {
	var stack [256]byte
	b := make([]byte, 0, len(s)+8)
	plain := true
	d := norm.NFKD.AppendString(stack[:0], repair(s))
	for len(d) > 0 {
		r, n := utf8.DecodeRune(d)
		d = d[n:]
		if r < utf8.RuneSelf {
			b = appendASCII(b, byte(r))
			continue
		}
		if latin, ok := latinFold[r]; ok {
			b = append(b, latin...)
			continue
		}
		switch {
		case vanishes(r):
		case unicode.In(r, unicode.L, unicode.N, unicode.M):
			b = utf8.AppendRune(b, caseFold(r))
			plain = false
		default:
			b = space(b)
		}
	}
	if plain {
		return b
	}
	// Compose what no accent was taken from: a Hangul syllable is one letter.
	return norm.NFC.Bytes(b)
}

// repair drops the accent that some keyboards give for an apostrophe,
// which decomposition would turn into a space, and makes s valid UTF-8, beyond
// which decomposition gets out of step.
func repair(s string) string {
	s = strings.ToValidUTF8(s, " ")
	if strings.Contains(s, "´") {
		return strings.ReplaceAll(s, "´", "")
	}
	return s
}

// latinFold holds letters that look like Latin ones but don't decompose.
var latinFold = map[rune]string{
	'ß': "ss", 'ẞ': "ss", 'ı': "i", 'ø': "o", 'Ø': "o", 'đ': "d", 'Đ': "d",
	'ð': "d", 'Ð': "d", 'þ': "th", 'Þ': "th", 'æ': "ae", 'Æ': "ae", 'œ': "oe",
	'Œ': "oe", 'ł': "l", 'Ł': "l", 'ħ': "h", 'Ħ': "h", 'ŧ': "t", 'Ŧ': "t",
	'ŋ': "n", 'Ŋ': "n", 'ĸ': "k", 'ȷ': "j", 'ɐ': "a", 'Ɐ': "a",
}

// caseFold returns one letter for all cases of r: ς, Σ and σ are σ.
func caseFold(r rune) rune {
	return unicode.ToLower(unicode.ToUpper(r))
}

// vanishes reports whether r is left out without ending the word: accents and
// points, which change a letter, and marks that are not seen at all. Vowel
// signs of Thai or Hindi are letters for this purpose, and so are the marks
// that tell が from か.
func vanishes(r rune) bool {
	switch r {
	case '\u3099', '\u309a':
		return false
	case '\u200b': // a zero-width space parts words
		return false
	case '‘', '’', '‛', 'ʹ', 'ʻ', 'ʼ', 'ʽ', 'ʾ', 'ʿ', 'ˈ', '′', '＇', '\u0640':
		return true
	}
	if unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Me, r) {
		return true
	}
	return unicode.Is(unicode.Mn, r) &&
		unicode.In(r, unicode.Inherited, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Hebrew, unicode.Arabic, unicode.Syriac)
}

// space appends a space unless b is empty or ends in one.
func space(b []byte) []byte {
	if len(b) == 0 || b[len(b)-1] == ' ' {
		return b
	}
	return append(b, ' ')
}

func trim(b []byte) []byte {
	if n := len(b); n > 0 && b[n-1] == ' ' {
		return b[:n-1]
	}
	return b
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// clip returns the longest beginning of s of at most n bytes that splits no
// character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// Name returns a form of s in which two spellings of one person's or company's
// name are likely equal: folded, without titles, degrees and legal forms, its
// words in order of the alphabet. "PT. Sinar Jaya, Tbk" and "Jaya Sinar" give
// "jaya sinar". A name that is nothing but titles keeps them.
//
// The result "" says nothing about a name: it matches no other, not even
// another "".
func Name(s string) string {
	words := Words(s)
	words = dropBack(dropFront(words))
	slices.Sort(words)
	return strings.Join(words, " ")
}

// dropFront removes titles and legal forms before a name, never its last word.
func dropFront(words []string) []string {
	for len(words) > 1 {
		switch {
		case before[words[0]]:
			words = words[1:]
		case len(words) > 2 && before[words[0]+words[1]] && len(words[0]) == 1 && len(words[1]) == 1:
			words = words[2:] // "P.T. Sinar"
		default:
			return words
		}
	}
	return words
}

// dropBack removes degrees and legal forms after a name, never its first word.
func dropBack(words []string) []string {
	for len(words) > 1 {
		n := len(words)
		switch {
		case n > 2 && len(words[n-2]) <= 2 && after[words[n-2]+words[n-1]]:
			words = words[:n-2] // "S.Kom", "Ph.D"
		case n > 3 && len(words[n-3]) == 1 && len(words[n-2]) == 1 && len(words[n-1]) == 1 && after[words[n-3]+words[n-2]+words[n-1]]:
			words = words[:n-3] // "M.B.A"
		case after[words[n-1]]:
			words = words[:n-1]
		default:
			return words
		}
	}
	return words
}

var before = set(`
	pt cv ud pd fa koperasi kop yayasan perum
	bapak bpk bp pak ibu bu mas mbak mba mbk kak kakak sdr sdri saudara saudari
	tn tuan ny nyonya nn nona om tante
	h hj haji hajah hajjah kh ustad ustadz ustadzah
	mr mrs ms miss mister sir madam mdm herr frau
	dr dra drs drg drh ir prof`)

var after = set(`
	pt cv ud tbk persero inc incorporated corp corporation co company ltd limited llc llp lp plc
	gmbh ag kg ohg ug se bv nv sa sas sarl srl spa ab as oy pte pty bhd sdn
	se sh st sked skom spd spt sag ssos spsi sfarm skep sak stp sip shut ssi skm sikom sds
	mm mt msi mkom mpd mh mkes mba msc ma mag mak meng mars mhum
	amd amk bsc ba phd md esq cpa`)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}
