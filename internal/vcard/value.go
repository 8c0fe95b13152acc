package vcard

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
)

// text returns the value with transfer encoding and character set undone, and
// with its escapes. lost says that bytes of it made no sense.
func (p *raw) text() (s string, lost bool) {
	b := p.value
	switch {
	case p.isQuotedPrintable():
		b = decodeQuotedPrintable(b)
	case p.isBase64():
		b = decodeBase64(b)
	}
	b = decodeCharset(b, p.param("CHARSET"))
	s = string(b)
	if strings.IndexByte(s, '\r') >= 0 {
		s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	}
	kept := clean(s)
	return kept, kept != s
}

// decodeCharset returns b as UTF-8. Without the name of a character set it is
// UTF-8, or else Windows-1252, in which most old programs wrote.
func decodeCharset(b []byte, name string) []byte {
	if isASCII(b) && !strings.Contains(strings.ToUpper(name), "2022") {
		return b
	}
	name = strings.ToLower(strings.TrimSpace(name))
	if name == "" || name == "utf-8" || name == "utf8" {
		if utf8.Valid(b) || name != "" {
			return b
		}
		return decodeWindows(b)
	}
	enc, err := htmlindex.Get(name)
	if err != nil {
		if utf8.Valid(b) {
			return b
		}
		return decodeWindows(b)
	}
	text, err := enc.NewDecoder().Bytes(b)
	if err != nil {
		return b
	}
	return text
}

func decodeWindows(b []byte) []byte {
	text, err := charmap.Windows1252.NewDecoder().Bytes(b)
	if err != nil {
		return b
	}
	return text
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// decodeQuotedPrintable decodes what it can; a = without two digits after it stays.
func decodeQuotedPrintable(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] != '=' {
			out = append(out, b[i])
			continue
		}
		if i+2 < len(b) {
			hi, ok1 := hexDigit(b[i+1])
			lo, ok2 := hexDigit(b[i+2])
			if ok1 && ok2 {
				out = append(out, hi<<4|lo)
				i += 2
				continue
			}
		}
		if len(bytes.TrimSpace(b[i+1:])) > 0 {
			out = append(out, '=')
		} // else it is a line break with no line after it
	}
	return out
}

func hexDigit(b byte) (byte, bool) {
	switch {
	case b >= '0' && b <= '9':
		return b - '0', true
	case b >= 'a' && b <= 'f':
		return b - 'a' + 10, true
	case b >= 'A' && b <= 'F':
		return b - 'A' + 10, true
	}
	return 0, false
}

// decodeBase64 decodes as far as the text is base64. Blanks, wrong padding and a
// last character too many do no harm.
func decodeBase64(b []byte) []byte {
	digits := make([]byte, 0, len(b))
	for _, c := range b {
		switch {
		case c == '-':
			c = '+'
		case c == '_':
			c = '/'
		}
		if c != '=' && isBase64([]byte{c}) {
			digits = append(digits, c)
		}
	}
	if len(digits)%4 == 1 {
		digits = digits[:len(digits)-1]
	}
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(digits)))
	n, _ := base64.RawStdEncoding.Decode(out, digits)
	return out[:n]
}

// unescape undoes the backslashes of a text: \n, \, \; \\ and those that some
// write though no standard has them.
func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch s[i] {
		case 'n', 'N':
			b.WriteByte('\n')
		case ',', ';', ':', '"', '\'', '\\':
			b.WriteByte(s[i])
		default:
			b.WriteByte('\\')
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// split cuts s at each sep without a backslash before it. The pieces keep their escapes.
func split(s string, sep byte) []string {
	var list []string
	start := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case sep:
			list = append(list, s[start:i])
			start = i + 1
		}
	}
	return append(list, s[start:])
}

// list returns the texts between the separators, without empty ones.
func list(s string, sep byte) []string {
	var texts []string
	for _, part := range split(s, sep) {
		if t := unescape(part); strings.TrimSpace(t) != "" {
			texts = append(texts, t)
		}
	}
	return texts
}

// component returns part i of a structured value: several values in it are joined.
func component(parts []string, i int, join string) string {
	if i >= len(parts) {
		return ""
	}
	if len(split(parts[i], ',')) == 1 {
		return unescape(parts[i])
	}
	values := list(parts[i], ',')
	for j, v := range values {
		values[j] = strings.TrimSpace(v)
	}
	return strings.Join(values, join)
}

// date returns the date with which s begins as YYYY-MM-DD or --MM-DD, or "". A
// time of day after it is left out.
func date(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "T")
	s, _, _ = strings.Cut(s, " ")
	digits := strings.ReplaceAll(s, "-", "")
	for _, b := range []byte(digits) {
		if b < '0' || b > '9' {
			return ""
		}
	}
	switch {
	case len(digits) == 4 && strings.HasPrefix(s, "--") && !strings.HasPrefix(s, "---"):
		return day("0004", digits[:2], digits[2:]) // a leap year
	case len(digits) == 8 && (len(s) == 8 || len(s) == 10 && s[4] == '-' && s[7] == '-'):
		return day(digits[:4], digits[4:6], digits[6:])
	}
	return ""
}

// day returns a date that exists, or "". Years before 1000 mean that it is unknown.
func day(year, month, day string) string {
	if year < "1000" {
		year = "0004"
	}
	if _, err := time.Parse(time.DateOnly, year+"-"+month+"-"+day); err != nil {
		return ""
	}
	if year == "0004" {
		return fmt.Sprintf("--%s-%s", month, day)
	}
	return fmt.Sprintf("%s-%s-%s", year, month, day)
}

// imageType returns the media type that the first bytes of a picture show, or "".
func imageType(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xd8\xff")):
		return "image/jpeg"
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")):
		return "image/png"
	case bytes.HasPrefix(b, []byte("GIF87a")), bytes.HasPrefix(b, []byte("GIF89a")):
		return "image/gif"
	case len(b) > 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP":
		return "image/webp"
	case len(b) > 12 && string(b[4:8]) == "ftyp" && (string(b[8:12]) == "heic" || string(b[8:12]) == "mif1"):
		return "image/heic"
	case bytes.HasPrefix(b, []byte("BM")) && len(b) > 26:
		return "image/bmp"
	}
	return ""
}
