package vcard

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Write writes c as a card of the given version, "3.0" or "4.0", whatever its own
// is. What the version has no property for is written as the usual programs do it,
// so that a Decoder finds it again. It returns an error for another version, or that of w.
func Write(w io.Writer, c *Card, version string) error {
	if version != "3.0" && version != "4.0" {
		return fmt.Errorf("vcard: can't write version %q", version)
	}
	e := &encoder{w: bufio.NewWriter(w), v4: version == "4.0"}
	e.put("BEGIN", "VCARD")
	e.put("VERSION", version)
	e.head(c)
	for _, v := range c.Emails {
		internet := ""
		if !e.v4 {
			internet = "INTERNET"
		}
		e.contact("EMAIL", v, escape(v.Value), internet)
	}
	for _, v := range c.Phones {
		e.contact("TEL", v, escape(v.Value), "")
	}
	for _, v := range c.URLs {
		e.contact("URL", v, escapeBackslash(oneLine(v.Value)), "")
	}
	for _, v := range c.IMs {
		e.account(v)
	}
	for _, a := range c.Addresses {
		e.address(a)
	}
	e.dates(c)
	for _, n := range c.Notes {
		e.put("NOTE", escape(n))
	}
	e.putText("CATEGORIES", escapeList(c.Categories, ","))
	e.photo(c.Photo)
	for _, p := range c.Extra {
		e.extra(p)
	}
	e.put("END", "VCARD")
	return e.w.Flush()
}

// An encoder writes one card.
type encoder struct {
	w      *bufio.Writer
	v4     bool
	groups int // how many groups were used
}

// either returns a if version 4.0 is written, else b.
func (e *encoder) either(a, b string) string {
	if e.v4 {
		return a
	}
	return b
}

// put writes a line, folded at 75 bytes between characters.
func (e *encoder) put(head, value string) {
	line := head + ":" + value
	for limit := 75; len(line) > limit; limit = 74 {
		cut := limit
		for cut > 0 && !utf8.RuneStart(line[cut]) {
			cut--
		}
		e.w.WriteString(line[:cut])
		e.w.WriteString("\r\n ")
		line = line[cut:]
	}
	e.w.WriteString(line)
	e.w.WriteString("\r\n")
}

// putText writes a line unless its value, which is already escaped, is empty.
func (e *encoder) putText(head, value string) {
	if value != "" {
		e.put(head, value)
	}
}

// head writes who the card is about.
func (e *encoder) head(c *Card) {
	name := c.FormattedName
	if strings.TrimSpace(name) == "" {
		name = c.DisplayName()
	}
	e.put("FN", escape(name))
	n := c.Name
	e.put("N", escapeList([]string{n.Family, n.Given, n.Additional, n.Prefix, n.Suffix}, ";"))
	e.putText("NICKNAME", escapeList(c.Nicknames, ","))
	for _, o := range c.Orgs {
		e.put("ORG", escapeList(append([]string{o.Name}, o.Units...), ";"))
	}
	e.putText("TITLE", escape(c.Title))
	e.putText("ROLE", escape(c.Role))
	e.putText("UID", escape(c.UID))
	e.putText("REV", escape(c.Rev))
	e.putText(e.either("GENDER", "X-GENDER"), escape(c.Gender))
	e.putText(e.either("LANG", "X-LANG"), escape(c.Lang))
	switch {
	case c.Kind == "":
	case e.v4:
		e.put("KIND", escape(string(c.Kind)))
	case c.Kind == Org:
		e.put("X-ABShowAs", "COMPANY")
	case c.Kind == Group:
		e.put("X-ADDRESSBOOKSERVER-KIND", "group")
	default:
		e.put("X-KIND", escape(string(c.Kind)))
	}
}

// dates writes birthday and anniversary. Version 3.0 knows no date without year; Apple's
// way to write one is the most widely read.
func (e *encoder) dates(c *Card) {
	if e.v4 {
		e.putText("BDAY", basicDate(c.Birthday))
		e.putText("ANNIVERSARY", basicDate(c.Anniversary))
		return
	}
	if day, ok := strings.CutPrefix(c.Birthday, "--"); ok {
		e.put("BDAY;X-APPLE-OMIT-YEAR=1604", escape("1604-"+day))
	} else {
		e.putText("BDAY", escape(c.Birthday))
	}
	e.putText("X-ANNIVERSARY", escape(c.Anniversary))
}

// basicDate returns a date as version 4.0 has it, without inner hyphens.
func basicDate(s string) string {
	if day, ok := strings.CutPrefix(s, "--"); ok {
		return "--" + escape(strings.ReplaceAll(day, "-", ""))
	}
	return escape(strings.ReplaceAll(s, "-", ""))
}

// contact writes a contact with its types and label.
func (e *encoder) contact(name string, v Contact, value, extraType string) {
	group := e.group(v.Label)
	e.put(group+name+e.types(v.Types, v.Pref, extraType), value)
	e.label(group, v.Label)
}

// account writes an address for instant messages.
func (e *encoder) account(v Contact) {
	value, service := oneLine(v.Value), v.Service
	if service == "" && strings.Contains(value, ":") {
		service = noService // or else what is before the colon would be taken for it
	}
	if service != "" {
		// A % would be taken for an escaped character.
		value = token(service) + ":" + strings.ReplaceAll(value, "%", "%25")
	}
	e.contact("IMPP", v, escapeBackslash(value), "")
}

// token returns s with only what may stand in the name of a service or type.
func token(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '+' || r == '.' {
			return r
		}
		return '-'
	}, s)
}

func (e *encoder) address(a Address) {
	group := e.group(a.Label)
	if group == "" && a.Formatted != "" && !e.v4 {
		group = e.group("x") // joins ADR and LABEL
	}
	types := e.types(a.Types, a.Pref, "")
	formatted := ""
	if e.v4 && a.Formatted != "" {
		formatted = ";LABEL=" + quoteParam(a.Formatted)
	}
	parts := []string{a.Box, a.Extended, a.Street, a.City, a.Region, a.Code, a.Country}
	if e.v4 || a.Formatted == "" || strings.Join(parts, "") != "" {
		e.put(group+"ADR"+types+formatted, escapeList(parts, ";"))
	}
	if !e.v4 && a.Formatted != "" {
		e.put(group+"LABEL"+types, escape(a.Formatted))
	}
	e.label(group, a.Label)
}

func (e *encoder) photo(p Photo) {
	switch {
	case len(p.Data) > 0 && e.v4:
		e.put("PHOTO", "data:"+oneLine(p.Type)+";base64,"+base64.StdEncoding.EncodeToString(p.Data))
	case len(p.Data) > 0:
		kind := strings.ToUpper(strings.TrimPrefix(p.Type, "image/"))
		e.put("PHOTO;ENCODING=b;TYPE="+quoteParam(kind), base64.StdEncoding.EncodeToString(p.Data))
	case p.URL != "":
		e.put("PHOTO;VALUE=uri", oneLine(p.URL))
	}
}

func (e *encoder) extra(p Property) {
	if !isName(p.Name) {
		return
	}
	group := e.group(p.Label)
	head := group + strings.ToUpper(p.Name)
	for _, v := range p.Params {
		if isName(v.Name) && v.Value != "" && !isTransfer(v.Name) {
			head += ";" + strings.ToUpper(v.Name) + "=" + quoteParam(v.Value)
		}
	}
	e.put(head, clean(strings.ReplaceAll(p.Value, "\n", `\n`)))
	e.label(group, p.Label)
}

// group returns the prefix of a new group, if there is a label to be joined by it.
func (e *encoder) group(label string) string {
	if label == "" {
		return ""
	}
	e.groups++
	return fmt.Sprintf("item%d.", e.groups)
}

func (e *encoder) label(group, label string) {
	if group != "" && label != "" {
		e.put(group+"X-ABLabel", escape(label))
	}
}

// types returns the parameters for types.
func (e *encoder) types(types []string, pref bool, extra string) string {
	s := ""
	if extra != "" {
		s = ";TYPE=" + extra
	}
	for _, t := range types {
		s += ";TYPE=" + token(e.either(t, strings.ToUpper(t)))
	}
	if pref {
		s += e.either(";PREF=1", ";TYPE=PREF")
	}
	return s
}

// escape returns a text as the value of a property.
func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, "\n", `\n`, ",", `\,`, ";", `\;`).Replace(clean(s))
}

func escapeList(texts []string, sep string) string {
	escaped := make([]string, len(texts))
	for i, t := range texts {
		escaped[i] = escape(t)
	}
	return strings.Join(escaped, sep)
}

// oneLine returns a web address as the value of a property: nothing in it is
// escaped, for readers of this type of value take it as it is.
func oneLine(s string) string {
	return strings.ReplaceAll(clean(s), "\n", "")
}

func escapeBackslash(s string) string { return strings.ReplaceAll(s, `\`, `\\`) }

// quoteParam returns the value of a parameter, quoted if it must be. RFC 6868 says
// how a quote or a line break stands in it.
func quoteParam(s string) string {
	s = clean(s)
	if !strings.ContainsAny(s, "\"^\n:;,") && strings.TrimSpace(s) == s {
		return s
	}
	return `"` + strings.NewReplacer("^", "^^", "\n", "^n", `"`, "^'").Replace(s) + `"`
}

// clean returns s without what can't stand in a card: control characters, but
// for tabs and line ends, and bytes that are no UTF-8.
func clean(s string) string {
	plain := true
	for i := range len(s) {
		if b := s[i]; b < ' ' && b != '\t' && b != '\n' || b == 0x7f || b >= utf8.RuneSelf {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
