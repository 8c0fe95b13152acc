package sheet

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"

	"golang.org/x/text/transform"
)

// An xmlKind is what an xmlScanner stands at.
type xmlKind int

const (
	xmlStart xmlKind = iota
	xmlEnd
)

// An xmlScanner reads the tags of an XML document in turn. It holds no more of
// it than one tag and, while text is collected, MaxCell bytes of text, where
// encoding/xml would hold a text of any length; and it is several times faster. It
// expands no entities but the five of XML, and doesn't check that tags match.
type xmlScanner struct {
	r       *bufio.Reader
	name    []byte // local name of the tag
	attrs   []byte // what follows the name in the tag
	closing bool   // the tag just read closes itself: its end comes next

	collect bool // whether to keep text
	text    []byte
	tooLong bool // whether text was cut
}

var errXML = errors.New("malformed XML")

// newXMLScanner reads a document in UTF-8, or in UTF-16 if it has a mark.
func newXMLScanner(r io.Reader) *xmlScanner {
	b := bufio.NewReaderSize(r, 64<<10)
	head, _ := b.Peek(2)
	if name, n := bom(head); n == 2 {
		b = bufio.NewReaderSize(transform.NewReader(b, decoding(name).NewDecoder()), 64<<10)
	}
	return &xmlScanner{r: b}
}

// keep begins to collect text, which is then in x.text.
func (x *xmlScanner) keep() {
	x.collect, x.tooLong, x.text = true, false, x.text[:0]
}

// next goes to the next tag. It returns io.EOF at the end.
func (x *xmlScanner) next() (xmlKind, error) {
	if x.closing {
		x.closing = false
		return xmlEnd, nil
	}
	for {
		if err := x.readText(); err != nil {
			return 0, err
		}
		tag, err := x.readTag()
		if err != nil {
			return 0, err
		}
		switch {
		case len(tag) == 0:
			return 0, errXML
		case tag[0] == '?' || tag[0] == '!':
			continue
		case tag[0] == '/':
			x.setName(tag[1:])
			return xmlEnd, nil
		}
		if tag[len(tag)-1] == '/' {
			tag, x.closing = tag[:len(tag)-1], true
		}
		x.setName(tag)
		return xmlStart, nil
	}
}

// setName splits a tag into local name and attributes.
func (x *xmlScanner) setName(tag []byte) {
	x.name, x.attrs = tag, nil
	if i := bytes.IndexAny(tag, " \t\r\n"); i >= 0 {
		x.name, x.attrs = tag[:i], tag[i:]
	}
	if i := bytes.IndexByte(x.name, ':'); i >= 0 {
		x.name = x.name[i+1:]
	}
}

func (x *xmlScanner) is(name string) bool { return string(x.name) == name }

// readText reads up to the next tag.
func (x *xmlScanner) readText() error {
	start := len(x.text)
	for {
		b, err := x.r.ReadSlice('<')
		if err == nil {
			b = b[:len(b)-1]
		}
		x.keepText(b)
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err != nil:
			return err
		}
		if x.collect {
			x.text = append(x.text[:start], unescapeXML(x.text[start:])...)
		}
		return nil
	}
}

func (x *xmlScanner) keepText(b []byte) {
	if !x.collect {
		return
	}
	if room := MaxCell - len(x.text); len(b) > room {
		b, x.tooLong = b[:max(room, 0)], true
	}
	x.text = append(x.text, b...)
}

// readTag returns what stands between < and >, which lives until the next read.
// Text in CDATA is kept like other text.
func (x *xmlScanner) readTag() ([]byte, error) {
	head, _ := x.r.Peek(8)
	switch {
	case bytes.HasPrefix(head, []byte("!--")):
		return []byte("!"), x.skipTo("-->", false)
	case bytes.HasPrefix(head, []byte("![CDATA[")):
		x.r.Discard(8)
		return []byte("!"), x.skipTo("]]>", true)
	}
	tag, err := x.r.ReadSlice('>')
	if err == nil && !openQuote(tag) {
		return tag[:len(tag)-1], nil
	}
	// A > within the value of an attribute, which is rare.
	long := bytes.Clone(tag)
	for err == nil && openQuote(long) {
		tag, err = x.r.ReadSlice('>')
		if long = append(long, tag...); len(long) > 64<<10 {
			return nil, errXML
		}
	}
	if err == bufio.ErrBufferFull || err == io.EOF {
		err = errXML
	}
	if err != nil {
		return nil, err
	}
	return long[:len(long)-1], nil
}

// openQuote reports whether a tag ends within the value of an attribute.
func openQuote(tag []byte) bool {
	if bytes.Count(tag, []byte{'"'})%2 == 0 && bytes.IndexByte(tag, '\'') < 0 {
		return false
	}
	var quote byte
	for _, b := range tag {
		switch {
		case quote == 0 && (b == '"' || b == '\''):
			quote = b
		case b == quote:
			quote = 0
		}
	}
	return quote != 0
}

// skipTo passes what ends with end, such as a comment.
func (x *xmlScanner) skipTo(end string, keep bool) error {
	matched := 0
	for {
		b, err := x.r.ReadByte()
		if err == io.EOF {
			return errXML
		}
		if err != nil {
			return err
		}
		for b != end[matched] {
			if matched == 0 {
				break
			}
			if matched == 2 && b == end[0] {
				break // a third - or ]
			}
			if keep {
				x.keepText([]byte(end[:matched]))
			}
			matched = 0
		}
		switch {
		case b == end[matched]:
			if matched++; matched == len(end) {
				return nil
			}
		case keep:
			x.keepText([]byte{b})
		}
	}
}

// attr returns the value of the attribute with the given local name, or "".
func (x *xmlScanner) attr(name string) string { return string(x.attrBytes(name)) }

func (x *xmlScanner) attrBytes(name string) []byte {
	rest := x.attrs
	for {
		key, after, ok := bytes.Cut(rest, []byte{'='})
		if !ok {
			return nil
		}
		after = bytes.TrimLeft(after, " \t\r\n")
		if len(after) == 0 || after[0] != '"' && after[0] != '\'' {
			return nil
		}
		value, next, ok := bytes.Cut(after[1:], after[:1])
		if !ok {
			return nil
		}
		key = bytes.TrimSpace(key)
		if i := bytes.IndexByte(key, ':'); i >= 0 && string(key[:i]) != "xmlns" {
			key = key[i+1:]
		}
		if string(key) == name {
			return unescapeXML(value)
		}
		rest = next
	}
}

// unescapeXML replaces entities and unites line ends, within b if there are any.
func unescapeXML(b []byte) []byte {
	if bytes.IndexByte(b, '&') < 0 && bytes.IndexByte(b, '\r') < 0 {
		return b
	}
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		i := bytes.IndexAny(b, "&\r")
		if i < 0 {
			return append(out, b...)
		}
		out = append(out, b[:i]...)
		b = b[i:]
		if b[0] == '\r' {
			out = append(out, '\n')
			b = bytes.TrimPrefix(b[1:], []byte{'\n'})
			continue
		}
		end := bytes.IndexByte(b[:min(len(b), 12)], ';')
		r, ok := entity(b[1:max(end, 1)])
		if !ok {
			out = append(out, '&')
			b = b[1:]
			continue
		}
		out = utf8.AppendRune(out, r)
		b = b[end+1:]
	}
	return out
}

// entity returns the character that &name; stands for.
func entity(name []byte) (rune, bool) {
	switch s := string(name); {
	case s == "amp":
		return '&', true
	case s == "lt":
		return '<', true
	case s == "gt":
		return '>', true
	case s == "quot":
		return '"', true
	case s == "apos":
		return '\'', true
	case len(s) > 2 && (s[:2] == "#x" || s[:2] == "#X"):
		n, err := strconv.ParseUint(s[2:], 16, 21)
		return rune(n), err == nil
	case len(s) > 1 && s[0] == '#':
		n, err := strconv.ParseUint(s[1:], 10, 21)
		return rune(n), err == nil
	}
	return 0, false
}
