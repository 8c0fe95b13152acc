// Package locale turns keys, numbers, money and times into text that a person
// reads, and reads back what a person wrote.
//
// The user decides the language; the workspace decides separators, time zone
// and currency, so that nobody sees 4.812 beside 4,812 on one screen. All text
// comes from catalogues: a folder text of each package with id.json and
// en.json, flat objects from key to message. A message has placeholders in
// braces, such as {name}; one whose words depend on a number is an object of
// the plural forms of its language, chosen by the argument n:
//
//	"customer.count": {"one": "{n} customer", "other": "{n} customers"}
package locale

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// A Lang is a language of the user interface.
type Lang string

// The languages.
const (
	ID Lang = "id"
	EN Lang = "en"
)

// Langs returns all languages, the default first.
func Langs() []Lang { return []Lang{ID, EN} }

// Name returns the language's name in itself.
func (l Lang) Name() string {
	if l == EN {
		return "English"
	}
	return "Bahasa Indonesia"
}

// ParseLang returns the language of a tag such as "en" or "en-GB". Without a
// text in that language it reports false.
func ParseLang(tag string) (Lang, bool) {
	base, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
	switch base {
	case "id", "in", "ms", "jv", "su": // whoever reads Malay, Javanese or Sundanese reads Indonesian
		return ID, true
	case "en":
		return EN, true
	}
	return "", false
}

// Negotiate returns the language for a browser that sends the given
// Accept-Language header: the most wanted one that we have. Who asks only for
// others gets English, who asks for nothing gets Indonesian.
func Negotiate(header string) Lang {
	best, weight := ID, 0.0
	if strings.TrimSpace(header) != "" {
		best = EN
	}
	for part := range strings.SplitSeq(header, ",") {
		tag, param, _ := strings.Cut(part, ";")
		q := 1.0
		if v, ok := strings.CutPrefix(strings.TrimSpace(param), "q="); ok {
			if _, err := fmt.Sscanf(v, "%g", &q); err != nil {
				q = 0
			}
		}
		if l, ok := ParseLang(tag); ok && q > weight {
			best, weight = l, q
		}
	}
	return best
}

//go:embed text
var own embed.FS

// A Catalogue holds all messages in all languages.
type Catalogue struct {
	messages map[Lang]map[string]message
}

// A message is the text of one key in one language.
type message struct {
	plural bool
	one    template // where plural, for n = 1 in English
	other  template
}

// Load reads the messages of this package and of files, each of which holds
// text/id.json and text/en.json. It returns an error that names everything
// wrong: a key that two files or one file twice have, one that a language
// lacks, or whose placeholders or plural forms differ between the languages.
func Load(files ...fs.FS) (*Catalogue, error) {
	c := &Catalogue{messages: map[Lang]map[string]message{}}
	var problems []error
	for _, lang := range Langs() {
		c.messages[lang] = map[string]message{}
		for _, f := range append([]fs.FS{own}, files...) {
			problems = append(problems, c.read(lang, f)...)
		}
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	return c, nil
}

// read adds the messages of one file.
func (c *Catalogue) read(lang Lang, f fs.FS) (problems []error) {
	name := "text/" + string(lang) + ".json"
	data, err := fs.ReadFile(f, name)
	if err != nil {
		return []error{err}
	}
	err = eachKey(data, func(key string, value json.RawMessage) {
		m, err := parseMessage(lang, value)
		if err == nil {
			if _, ok := c.messages[lang][key]; ok {
				err = errors.New("stands twice")
			}
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %s: %w", name, key, err))
			return
		}
		c.messages[lang][key] = m
	})
	if err != nil {
		problems = append(problems, fmt.Errorf("%s: %w", name, err))
	}
	return problems
}

// eachKey calls f for each member of a JSON object, duplicates included, which
// json.Unmarshal would drop.
func eachKey(data []byte, f func(string, json.RawMessage)) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.Join(errors.New("not a JSON object"), err)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return err
		}
		f(key.(string), value) // in an object, what precedes a value is a string
	}
	_, err := d.Token()
	return err
}

// parseMessage reads a message: a string, or an object of plural forms.
func parseMessage(lang Lang, value json.RawMessage) (m message, err error) {
	var text string
	if json.Unmarshal(value, &text) == nil {
		m.other, err = parseTemplate(text)
		return m, err
	}
	var forms map[string]string
	if err := json.Unmarshal(value, &forms); err != nil {
		return m, errors.New("neither text nor plural forms")
	}
	want := []string{"other"}
	if lang == EN {
		want = []string{"one", "other"}
	}
	if got := slices.Sorted(maps.Keys(forms)); !slices.Equal(got, want) {
		return m, fmt.Errorf("has the plural forms %v, want %v", got, want)
	}
	m.plural = true
	if m.other, err = parseTemplate(forms["other"]); err != nil {
		return m, err
	}
	m.one = m.other
	if lang == EN {
		m.one, err = parseTemplate(forms["one"])
	}
	return m, err
}

// check compares the languages with each other.
func (c *Catalogue) check() error {
	var problems []error
	for _, key := range c.Keys() {
		id, ok1 := c.messages[ID][key]
		en, ok2 := c.messages[EN][key]
		switch {
		case !ok1 || !ok2:
			lang := ID
			if !ok2 {
				lang = EN
			}
			problems = append(problems, fmt.Errorf("%s: missing in %s", key, lang))
		case id.plural && !en.plural:
			problems = append(problems, fmt.Errorf("%s: has plural forms in id, none in en", key))
		case !slices.Equal(id.other.names(), en.other.names()):
			problems = append(problems, fmt.Errorf("%s: placeholders %v in id, %v in en", key, id.other.names(), en.other.names()))
		case en.plural && !slices.Contains(en.other.names(), "n"):
			problems = append(problems, fmt.Errorf("%s: has plural forms but no {n}", key))
		case en.plural && !subset(en.one.names(), en.other.names()):
			problems = append(problems, fmt.Errorf("%s: a placeholder of one is not in other", key))
		}
	}
	return errors.Join(problems...)
}

// Keys returns the keys of all languages, sorted.
func (c *Catalogue) Keys() []string {
	all := map[string]bool{}
	for _, m := range c.messages {
		for key := range m {
			all[key] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// Has reports whether there is a message with this key.
func (c *Catalogue) Has(key string) bool {
	_, ok := c.messages[ID][key]
	return ok
}

// A template is a message's text, cut at its placeholders.
type template []piece

// A piece is either literal text or the name of an argument.
type piece struct {
	text, arg string
}

func parseTemplate(s string) (template, error) {
	var t template
	for s != "" {
		i := strings.IndexAny(s, "{}")
		if i < 0 {
			return append(t, piece{text: s}), nil
		}
		if i > 0 {
			t = append(t, piece{text: s[:i]})
		}
		name, rest, ok := strings.Cut(s[i+1:], "}")
		if s[i] == '}' || !ok || !isName(name) {
			return nil, fmt.Errorf("bad placeholder in %q", s)
		}
		t = append(t, piece{arg: name})
		s = rest
	}
	return t, nil
}

// isName reports whether s may name an argument: small letters, digits and
// underscores.
func isName(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// names returns the names of the arguments, sorted, each once.
func (t template) names() []string {
	var list []string
	for _, p := range t {
		if p.arg != "" {
			list = append(list, p.arg)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func subset(a, b []string) bool {
	for _, s := range a {
		if !slices.Contains(b, s) {
			return false
		}
	}
	return true
}
