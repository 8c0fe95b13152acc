package vcard

import (
	"bufio"
	"bytes"
	"io"
	"strings"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Limits that keep hostile input harmless.
const (
	maxLine  = 4 << 20 // bytes of one property: a photo of MaxPhoto and its encoding
	maxCard  = 8 << 20 // bytes of one card
	maxValue = 1 << 20 // bytes of a property other than a photo
)

// lines reads the physical lines of a file. They end with LF, CRLF or CR.
type lines struct {
	r    *bufio.Reader
	in   *counter
	n    int    // number of the last line read
	back []byte // a line given back
	has  bool
}

// A counter counts what it reads.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// newLines reads r, which may be in UTF-16.
func newLines(r io.Reader) *lines {
	in := &counter{r: r}
	b := bufio.NewReaderSize(in, 64<<10)
	head, _ := b.Peek(64)
	order, wide := unicode.LittleEndian, false
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("B\x00E\x00G\x00")):
		wide = true
	case bytes.HasPrefix(head, []byte("\xfe\xff")), bytes.HasPrefix(head, []byte("\x00B\x00E\x00G")):
		order, wide = unicode.BigEndian, true
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		b.Discard(3)
	}
	if wide {
		b = bufio.NewReaderSize(transform.NewReader(b, unicode.UTF16(order, unicode.UseBOM).NewDecoder()), 64<<10)
	}
	return &lines{r: b, in: in}
}

// next returns the next line without its end. What is beyond maxLine is passed over.
func (l *lines) next() ([]byte, error) {
	if l.has {
		l.has = false
		return l.back, nil
	}
	var line []byte
	for {
		b, err := l.r.Peek(1)
		if len(b) == 0 {
			if len(line) > 0 && err == io.EOF {
				l.n++
				return line, nil
			}
			return nil, err
		}
		b, _ = l.r.Peek(l.r.Buffered())
		i := bytes.IndexAny(b, "\r\n")
		if i < 0 {
			line = appendUpTo(line, b, maxLine)
			l.r.Discard(len(b))
			continue
		}
		line = appendUpTo(line, b[:i], maxLine)
		end := b[i]
		l.r.Discard(i + 1)
		if end == '\r' {
			l.passLF()
		}
		l.n++
		if line == nil {
			line = []byte{}
		}
		return line, nil
	}
}

// passLF passes the LF after a CR. Files that went through two hands have CR CR LF.
func (l *lines) passLF() {
	b, _ := l.r.Peek(2)
	switch {
	case bytes.HasPrefix(b, []byte("\n")):
		l.r.Discard(1)
	case string(b) == "\r\n":
		l.r.Discard(2)
	}
}

func appendUpTo(line, b []byte, limit int) []byte {
	return append(line, b[:max(0, min(len(b), limit-len(line)))]...)
}

// unread gives the last line back, to be read again.
func (l *lines) unread(line []byte) { l.back, l.has = line, true }

// A raw is a property as it stands in the file, its lines joined.
type raw struct {
	line   int // where it begins
	size   int // bytes of all its lines
	group  string
	name   string // in capitals; empty if the line makes no sense
	params []Param
	value  []byte
}

// property returns the next property.
func (l *lines) property() (raw, error) {
	line, err := l.next()
	for err == nil && len(bytes.TrimSpace(line)) == 0 {
		line, err = l.next()
	}
	if err != nil {
		return raw{}, err
	}
	p := raw{line: l.n}
	parse(line, &p)
	if p.isQuotedPrintable() {
		p.value, err = l.softBreaks(p.value)
		p.size = len(p.value)
		return p, err
	}
	if line, err = l.unfold(line); err != nil {
		return raw{}, err
	}
	p = raw{line: p.line}
	parse(line, &p)
	if p.isBase64() {
		p.value, err = l.base64Lines(p.value)
	}
	p.size = max(len(line), len(p.value))
	return p, err
}

// unfold appends the lines that begin with a blank, which continue the one before.
// The blank is not part of the text.
func (l *lines) unfold(line []byte) ([]byte, error) {
	for {
		next, err := l.next()
		if err == io.EOF {
			return line, nil
		}
		if err != nil {
			return nil, err
		}
		if len(next) == 0 || next[0] != ' ' && next[0] != '\t' {
			l.unread(next)
			return line, nil
		}
		line = appendUpTo(line, next[1:], maxLine)
	}
}

// softBreaks appends the line after each that ends with =, as quoted-printable
// does it, and those that are indented, as all properties do. A card's end is not
// swallowed by a = too many.
func (l *lines) softBreaks(value []byte) ([]byte, error) {
	for {
		next, err := l.next()
		if err == io.EOF {
			return value, nil
		}
		if err != nil {
			return nil, err
		}
		trimmed := bytes.TrimRight(value, " \t")
		soft := bytes.HasSuffix(trimmed, []byte{'='})
		switch {
		case soft && !isEnd(next):
			value = appendUpTo(trimmed[:len(trimmed)-1], next, maxLine)
		case !soft && len(next) > 0 && (next[0] == ' ' || next[0] == '\t'):
			value = appendUpTo(value, next[1:], maxLine)
		default:
			l.unread(next)
			return value, nil
		}
	}
}

func isEnd(line []byte) bool {
	name, value, ok := bytes.Cut(line, []byte{':'})
	return ok && bytes.EqualFold(bytes.TrimSpace(name), []byte("END")) && bytes.EqualFold(bytes.TrimSpace(value), []byte("VCARD"))
}

// base64Lines appends the lines that are base64, though not indented, up to an
// empty line or one that isn't.
func (l *lines) base64Lines(value []byte) ([]byte, error) {
	for {
		next, err := l.next()
		if err == io.EOF {
			return value, nil
		}
		if err != nil {
			return nil, err
		}
		text := bytes.TrimSpace(next)
		if len(text) == 0 {
			return value, nil
		}
		if !isBase64(text) {
			l.unread(next)
			return value, nil
		}
		value = appendUpTo(value, text, maxLine)
	}
}

func isBase64(b []byte) bool {
	for _, c := range b {
		if !(c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/' || c == '=') {
			return false
		}
	}
	return true
}

// parse splits a line into the parts of p: [group.]NAME[;param…]:value.
func parse(line []byte, p *raw) {
	colon := colonOf(line)
	if colon < 0 {
		return
	}
	head, value := string(line[:colon]), line[colon+1:]
	fields := splitOutsideQuotes(head, ';')
	name := strings.TrimSpace(fields[0])
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		p.group, name = strings.ToLower(strings.TrimSpace(name[:i])), strings.TrimSpace(name[i+1:])
	}
	if !isName(name) {
		return
	}
	p.name, p.value = strings.ToUpper(name), value
	for _, f := range fields[1:] {
		p.addParam(f)
	}
}

// colonOf returns where the value begins: after the first colon outside of
// quotes, or if the quotes don't match, the first colon.
func colonOf(line []byte) int {
	quoted := false
	for i, b := range line {
		switch b {
		case '"':
			quoted = !quoted
		case ':':
			if !quoted {
				return i
			}
		}
	}
	return bytes.IndexByte(line, ':')
}

func splitOutsideQuotes(s string, sep byte) []string {
	var list []string
	quoted, start := false, 0
	for i := range len(s) {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == sep && !quoted:
			list = append(list, s[start:i])
			start = i + 1
		}
	}
	return append(list, s[start:])
}

func isName(s string) bool {
	for i := range len(s) {
		b := s[i]
		if !(b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '-' || b == '_') {
			return false
		}
	}
	return s != "" && len(s) < 100
}

// addParam adds a parameter. Those of version 2.1 have no name; what they mean
// follows from their value.
func (p *raw) addParam(field string) {
	name, value, ok := strings.Cut(field, "=")
	name, value = strings.ToUpper(strings.TrimSpace(clean(name))), strings.TrimSpace(value)
	if !ok {
		name, value = "TYPE", name
		switch value {
		case "QUOTED-PRINTABLE", "BASE64", "8BIT", "7BIT", "B", "Q":
			name = "ENCODING"
		case "URL", "URI", "INLINE", "CONTENT-ID", "CID":
			name = "VALUE"
		}
	}
	if name == "" || value == "" || len(p.params) >= 100 {
		return
	}
	p.params = append(p.params, Param{name, clean(decodeParam(value))})
}

// decodeParam takes off the quotes of a parameter, and what RFC 6868 puts for
// what can't stand in it. Several quoted values stay one text, with commas.
func decodeParam(s string) string {
	if !strings.ContainsAny(s, `"^`) {
		return s
	}
	return strings.NewReplacer(`"`, "", "^n", "\n", "^N", "\n", "^'", `"`, "^^", "^").Replace(s)
}

// param returns the value of the first parameter with the given name, or "".
func (p *raw) param(name string) string {
	for _, v := range p.params {
		if v.Name == name {
			return v.Value
		}
	}
	return ""
}

func (p *raw) isQuotedPrintable() bool {
	e := strings.ToUpper(p.param("ENCODING"))
	return e == "QUOTED-PRINTABLE" || e == "Q"
}

func (p *raw) isBase64() bool {
	e := strings.ToUpper(p.param("ENCODING"))
	return e == "BASE64" || e == "B"
}

// types returns the types in small letters and whether the property is the preferred one.
func (p *raw) types() (list []string, pref bool) {
	for _, v := range p.params {
		switch v.Name {
		case "PREF":
			pref = pref || v.Value == "1"
		case "TYPE":
			for t := range strings.SplitSeq(v.Value, ",") {
				switch t = strings.ToLower(strings.TrimSpace(t)); t {
				case "pref":
					pref = true
				case "", "internet":
				default:
					list = append(list, t)
				}
			}
		}
	}
	return list, pref
}
