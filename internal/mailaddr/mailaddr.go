// Package mailaddr reads e-mail addresses as people have them.
//
// It takes what RFC 5321 and 5322 allow, with quoted local parts, the names of
// RFC 6531 in any script and international domains, and a little less: no
// comments within an address, no spaces outside of quotes. Whether somebody
// reads the mail, only a mail can tell.
package mailaddr

import (
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"github.com/akrab-crm/akrab/internal/errs"
)

// An Address is an e-mail address, taken apart.
type Address struct {
	Text   string // as written, without spaces around it
	Key    string // equal for equal addresses: all small letters, the domain in ASCII, no needless quotes
	Local  string // what stands before the last @, as written
	Domain string // what stands behind it, as written
}

// Bounds in bytes. Mail servers need not take local parts above 64, but those
// of automatic senders are longer in practice.
const (
	maxText   = 254
	maxLocal  = 200
	maxDomain = 253
	maxLabel  = 63
)

// Parse reads one bare address; spaces around it and "mailto:" before it are
// left out. It returns an Invalid error for anything else.
func Parse(s string) (Address, error) {
	s = strings.TrimSpace(s)
	if len(s) > 7 && strings.EqualFold(s[:7], "mailto:") {
		s = s[7:]
	}
	at := strings.LastIndexByte(s, '@')
	if at < 1 || len(s) > maxText || at > maxLocal {
		return Address{}, invalid()
	}
	a := Address{Text: s, Local: s[:at], Domain: s[at+1:]}
	local, ok := localKey(a.Local)
	if !ok {
		return Address{}, invalid()
	}
	domain, ok := domainKey(a.Domain)
	if !ok {
		return Address{}, invalid()
	}
	if local == a.Local && domain == a.Domain {
		a.Key = s // no second copy of what is small already
	} else {
		a.Key = local + "@" + domain
	}
	return a, nil
}

func invalid() error { return errs.New(errs.Invalid, "mailaddr.invalid") }

// localKey returns the local part in the form that is equal for equal ones. It
// reports false if s is no local part.
func localKey(s string) (string, bool) {
	if isDotAtom(s) {
		return lower(s), true
	}
	if !strings.Contains(s, `"`) || !utf8.ValidString(s) {
		return "", false
	}
	plain, ok := unquoteWords(s)
	if !ok {
		return "", false
	}
	if isDotAtom(plain) {
		return lower(plain), true
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(lower(plain)) + `"`, true
}

// lower returns s in small letters, composed.
func lower(s string) string {
	return strings.ToLower(norm.NFC.String(s))
}

// isDotAtom reports whether s is atoms with single dots between them.
func isDotAtom(s string) bool {
	dot := true // a dot may not come next
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '.':
			if dot {
				return false
			}
			dot = true
			continue
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRuneInString(s[i:])
			if !isForeign(r, n) {
				return false
			}
			i += n - 1
		case !atext[c]:
			return false
		}
		dot = false
	}
	return !dot
}

// isForeign reports whether a character beyond ASCII may stand in an atom. RFC
// 6532 allows all; spaces and punctuation, such as the quotes that word
// processors make, are never meant.
func isForeign(r rune, size int) bool {
	return !(r == utf8.RuneError && size == 1) && unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.S)
}

// atext tells the ASCII characters of atoms.
var atext = func() (t [128]bool) {
	for _, c := range "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~" {
		t[c] = true
	}
	return t
}()

// unquoteWords returns what words, atoms or quoted, with dots between them mean.
func unquoteWords(s string) (string, bool) {
	var b strings.Builder
	for {
		if strings.HasPrefix(s, `"`) {
			n, ok := unquote(&b, s)
			if !ok {
				return "", false
			}
			s = s[n:]
		} else {
			atom, _, _ := strings.Cut(s, ".")
			if !isDotAtom(atom) {
				return "", false
			}
			b.WriteString(atom)
			s = s[len(atom):]
		}
		if s == "" {
			return b.String(), true
		}
		if s[0] != '.' {
			return "", false
		}
		b.WriteByte('.')
		s = s[1:]
	}
}

// unquote writes what the quoted string at the beginning of s means, and
// returns its length.
func unquote(b *strings.Builder, s string) (n int, ok bool) {
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return i + 1, true
		case c == '\\' && i+1 < len(s) && s[i+1] >= ' ' && s[i+1] < 0x7f:
			i++
			b.WriteByte(s[i])
		case c < ' ' && c != '\t', c == 0x7f, c == '\\':
			return 0, false
		default:
			b.WriteByte(c)
		}
	}
	return 0, false
}

// domainKey returns a domain in small ASCII letters. It reports false if s is
// neither a domain nor an address in brackets.
func domainKey(s string) (string, bool) {
	if strings.HasPrefix(s, "[") {
		return literalKey(s)
	}
	if isDomain(s) {
		return strings.ToLower(s), true
	}
	if isASCII(s) || !utf8.ValidString(s) {
		return "", false
	}
	ascii, err := idna.Lookup.ToASCII(s)
	return ascii, err == nil && isDomain(ascii)
}

// isDomain reports whether s is labels of letters, digits and hyphens, the last
// no number, or an IPv4 address.
func isDomain(s string) bool {
	if len(s) > maxDomain {
		return false
	}
	start, digits := 0, true
	for i := 0; i <= len(s); i++ {
		if i == len(s) || s[i] == '.' {
			if i == start || i-start > maxLabel || s[start] == '-' || s[i-1] == '-' {
				return false
			}
			if i < len(s) {
				start, digits = i+1, true
			}
			continue
		}
		c := s[i]
		switch {
		case '0' <= c && c <= '9':
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '-':
			digits = false
		default:
			return false
		}
	}
	if digits {
		addr, err := netip.ParseAddr(s)
		return err == nil && addr.Is4()
	}
	return true
}

// literalKey returns an address literal, such as [192.0.2.1] or
// [IPv6:2001:db8::1], in its shortest form.
func literalKey(s string) (string, bool) {
	text, ok := strings.CutSuffix(s[1:], "]")
	if !ok {
		return "", false
	}
	tag := ""
	if len(text) > 5 && strings.EqualFold(text[:5], "ipv6:") {
		tag, text = "ipv6:", text[5:]
	}
	addr, err := netip.ParseAddr(text)
	if err != nil || addr.Zone() != "" || addr.Is4() != (tag == "") {
		return "", false
	}
	return "[" + tag + addr.String() + "]", true
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// ParseNamed reads an address with or without its owner's name: "Ratna Dewi
// <ratna@contoh.co.id>", "ratna@contoh.co.id (Ratna Dewi)".
func ParseNamed(s string) (name string, a Address, err error) {
	s = strings.TrimSpace(s)
	if i := strings.LastIndexByte(s, '<'); i >= 0 && strings.HasSuffix(s, ">") {
		a, err = Parse(s[i+1 : len(s)-1])
		name = s[:i]
	} else if i := strings.Index(s, " ("); i >= 0 && strings.HasSuffix(s, ")") {
		a, err = Parse(s[:i])
		name = s[i+2 : len(s)-1]
	} else {
		a, err = Parse(s)
	}
	if err != nil {
		return "", Address{}, err
	}
	return cleanName(name), a, nil
}

// cleanName removes the quotes around a name and the backslashes in it.
func cleanName(s string) string {
	s = strings.TrimSpace(s)
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = strings.TrimSpace(strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(s[1 : len(s)-1]))
	} else if len(s) >= 2 && s[0] == '\'' && s[len(s)-1] == '\'' {
		s = strings.TrimSpace(s[1 : len(s)-1])
	}
	return s
}

// Split parts a text that holds several addresses, with or without names, at
// commas, semicolons, line ends and ":::", and at spaces between bare
// addresses. The parts are trimmed and not empty; each is for [ParseNamed].
func Split(text string) []string {
	var list []string
	add := func(part string) {
		part = strings.TrimSpace(part)
		if part == "" {
			return
		}
		if strings.Count(part, "@") > 1 && !strings.ContainsAny(part, `"<(`) {
			for _, word := range strings.Fields(part) {
				if strings.Trim(word, "/|&+-") != "" {
					list = append(list, word)
				}
			}
			return
		}
		list = append(list, part)
	}
	text = strings.ReplaceAll(text, ":::", "\n")
	quotes := strings.Count(text, `"`)%2 == 0 // else a quote means nothing
	quoted, start := false, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			quoted = quotes && !quoted
		case '\\':
			if quoted {
				i++
			}
		case ',', ';', '\n', '\r':
			if !quoted {
				add(text[start:i])
				start = i + 1
			}
		}
	}
	add(text[start:])
	return list
}
