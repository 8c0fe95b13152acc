package notices

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/team"
)

const (
	maxSigns   = 200 // mention signs that are looked at in one text
	maxCalled  = 100 // bytes after a sign that may be a name
	maxMention = 50  // colleagues whom one text calls
)

// A Mention is a place in a text that calls a colleague: "@Rina",
// "@Rina Kusuma", `@"Rina Kusuma"`, "@rina@contoh.id".
type Mention struct {
	Start, End int // in bytes; Start is at the sign
	User       ids.ID
}

// Mentions returns what stands after each sign in text that may call somebody:
// the rest of its line, cut off where no name is that long. It is empty for
// most texts, also for those that hold e-mail addresses, and then nobody needs
// to be looked up.
func Mentions(text string) []string {
	var list []string
	for _, at := range signs(text) {
		list = append(list, called(text[at+1:]))
	}
	return list
}

// signs returns where the signs are that may call somebody: those before which
// no word ends, as the local part of an address does.
func signs(text string) []int {
	var list []int
	for from := 0; len(list) < maxSigns; {
		i := strings.IndexByte(text[from:], '@')
		if i < 0 {
			break
		}
		at := from + i
		from = at + 1
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		after, _ := utf8.DecodeRuneInString(text[from:])
		if at > 0 && (inWord(before) || before == '@') || !inWord(after) && after != '"' && after != '“' {
			continue
		}
		list = append(list, at)
	}
	return list
}

// called returns the part of a text behind a sign that may be a name.
func called(rest string) string {
	if i := strings.IndexAny(rest, "\r\n"); i >= 0 {
		rest = rest[:i]
	}
	if len(rest) > maxCalled {
		n := maxCalled
		for n > 0 && !utf8.RuneStart(rest[n]) { // not within a character
			n--
		}
		rest = rest[:n]
	}
	return rest
}

// inWord reports whether r is a part of names.
func inWord(r rune) bool {
	return r != utf8.RuneError && (unicode.In(r, unicode.L, unicode.N, unicode.M) || r == '_')
}

// People knows the names of those who can be called.
type People struct {
	first  map[string][]*person // by the first word of their name
	emails map[string]ids.ID
}

type person struct {
	id    ids.ID
	words []string // of the name, folded
}

// NewPeople returns a People of nobody.
func NewPeople() *People {
	return &People{first: map[string][]*person{}, emails: map[string]ids.ID{}}
}

// Add makes somebody known by name and e-mail address.
func (p *People) Add(id ids.ID, name, email string) {
	if words := fold.Words(name); len(words) > 0 {
		p.first[words[0]] = append(p.first[words[0]], &person{id, words})
	}
	if email != "" {
		p.emails[strings.ToLower(email)] = id
	}
}

// Everybody returns the users of the workspace: those who are active, or also
// those who were once.
func Everybody(ctx context.Context, tx *db.Tx, active bool) (*People, error) {
	list, err := team.Users(ctx, tx, active)
	p := NewPeople()
	for _, u := range list {
		p.Add(u.ID, u.Name, u.Email)
	}
	return p, err
}

// Find returns the places of text that call somebody, in order. Of several
// names that fit the longest counts: "@Rina Kusuma" is Rina Kusuma and not
// Rina. The beginning of a name, in whole words, is enough if it fits nobody
// else.
func (p *People) Find(text string) []Mention {
	var list []Mention
	end := 0
	for _, at := range signs(text) {
		if at < end {
			continue
		}
		id, n := p.who(called(text[at+1:]))
		if n == 0 {
			continue
		}
		end = at + 1 + n
		if list = append(list, Mention{at, end, id}); len(list) == maxMention {
			break
		}
	}
	return list
}

// who returns whom the beginning of a text names, and its length in bytes; 0
// if nobody.
func (p *People) who(s string) (ids.ID, int) {
	if name, n, ok := quoted(s); ok {
		if id, all := p.longest(words(name)); all == len(words(name)) && all > 0 {
			return id, n
		}
		return ids.ID{}, 0
	}
	if id, n := p.byEmail(s); n > 0 {
		return id, n
	}
	list := words(s)
	id, n := p.longest(list)
	if n == 0 {
		return id, 0
	}
	return id, list[n-1].end
}

// quoted returns what stands between the quotation marks at the beginning of s.
func quoted(s string) (name string, n int, ok bool) {
	for _, open := range []string{`"`, "“"} {
		rest, found := strings.CutPrefix(s, open)
		if !found {
			continue
		}
		for i, r := range rest {
			if r == '"' || r == '”' {
				return rest[:i], len(open) + i + utf8.RuneLen(r), true
			}
		}
	}
	return "", 0, false
}

// byEmail returns whose address s begins with.
func (p *People) byEmail(s string) (ids.ID, int) {
	n := strings.IndexFunc(s, unicode.IsSpace)
	if n < 0 {
		n = len(s)
	}
	n = len(strings.TrimRightFunc(s[:n], func(r rune) bool { return !inWord(r) })) // "@rina@contoh.id, …"
	id, ok := p.emails[strings.ToLower(s[:n])]
	if !ok {
		return ids.ID{}, 0
	}
	return id, n
}

// A word of a text, folded, and where it ends.
type word struct {
	text string
	end  int
}

// words returns the words at the beginning of s that may be one name: between
// them is a space, a hyphen or a full stop, and no more.
func words(s string) []word {
	var list []word
	for i := 0; i < len(s); {
		n := strings.IndexFunc(s[i:], func(r rune) bool { return !inWord(r) && r != '\'' && r != '’' })
		if n < 0 {
			n = len(s) - i
		}
		text := fold.Text(s[i : i+n])
		if text == "" {
			break
		}
		i += n
		list = append(list, word{text, len(strings.TrimRight(s[:i], "'’"))})
		rest := strings.TrimLeft(s[i:], ".-")
		rest = strings.TrimPrefix(rest, " ")
		if gap := len(s[i:]) - len(rest); gap == 0 || gap > 2 {
			break
		} else {
			i += gap
		}
	}
	return list
}

// longest returns who has the most words of a name in common with the
// beginning of list, and how many; 0 if nobody has, or several and none of
// them is named in full.
func (p *People) longest(list []word) (ids.ID, int) {
	if len(list) == 0 {
		return ids.ID{}, 0
	}
	var best []*person
	most := 0
	for _, who := range p.first[list[0].text] {
		n := 0
		for n < len(who.words) && n < len(list) && who.words[n] == list[n].text {
			n++
		}
		switch {
		case n > most:
			best, most = []*person{who}, n
		case n == most:
			best = append(best, who)
		}
	}
	if len(best) > 1 {
		best = slices.DeleteFunc(best, func(x *person) bool { return len(x.words) != most })
	}
	if len(best) != 1 {
		return ids.ID{}, 0
	}
	return best[0].id, most
}
