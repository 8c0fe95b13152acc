package imports

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/mailaddr"
	"github.com/akrab-crm/akrab/internal/phone"
)

func itoa(n int) string { return strconv.Itoa(n) }

// A customerGuesser says which fields the columns of a file are.
type customerGuesser struct {
	sample
	got   []Target
	taken map[Target]bool
}

// guess returns the target of each column.
func (g *customerGuesser) guess() []Target {
	g.got, g.taken = make([]Target, len(g.header)), map[Target]bool{}
	if g.named {
		g.byHeader()
	}
	g.byContent()
	return g.got
}

// byHeader looks at the names of the columns: first at those that say exactly
// what they are.
func (g *customerGuesser) byHeader() {
	matches := make([]match, len(g.header))
	found := make([]bool, len(g.header))
	for i, h := range g.header {
		if strings.HasPrefix(strings.ToLower(h), ownPrefix) {
			continue
		}
		matches[i], found[i] = matchHeader(h)
		if !found[i] {
			matches[i], found[i] = g.inContext(fold.Text(h))
		}
	}
	for _, weak := range []bool{false, true} {
		for i, m := range matches {
			if found[i] && m.weak == weak && g.plausible(i, m.target) {
				g.take(i, m.target)
			}
		}
	}
}

// ownPrefix begins the names of columns that Akrab adds to a download.
const ownPrefix = "akrab_"

// take gives a column its target, unless another one has it.
func (g *customerGuesser) take(i int, t Target) {
	if g.taken[t] && !(customerNoun{}).joined(t) {
		_, isList := listParts[t.Field]
		if !isList || t.Part != "value" {
			return
		}
		t.Group = g.freeGroup(t)
	}
	g.taken[t] = true
	g.got[i] = t
}

// freeGroup returns a group of t's list that no column has, named like t's.
func (g *customerGuesser) freeGroup(t Target) string {
	for n := 2; ; n++ {
		next := t
		next.Group = groupOf(groupWord(t.Group), n)
		if !g.taken[next] {
			return next.Group
		}
	}
}

// inContext knows names that mean something only beside others.
func (g *customerGuesser) inContext(text string) (match, bool) {
	has := func(names ...string) bool {
		return slices.ContainsFunc(g.header, func(h string) bool { return slices.Contains(names, fold.Text(h)) })
	}
	switch text {
	case "title", "titel":
		if has("job title", "job position", "jabatan", "function") {
			return match{target: Target{Field: "honorific"}}, true
		}
		return match{target: Target{Field: "title"}}, true
	case "number", "nomor": // as in a list that Akrab exported
		if has("tahap", "phase") && has("penanggung jawab", "owner") {
			return match{target: Target{Field: "external_id"}}, true
		}
	case "type", "tipe":
		return match{target: Target{Field: "kind"}}, true
	case "description":
		return match{target: Target{Field: "remember"}}, true
	case "soc sec id", "npwp", "nik", "ktp", "no ktp", "tax id", "gender", "jenis kelamin", "agama", "pekerjaan", "hobby", "hobi":
		i := slices.IndexFunc(g.header, func(h string) bool { return fold.Text(h) == text })
		return match{target: Target{Field: "trait", Part: g.header[i]}}, true
	}
	return match{}, false
}

// plausible reports whether the samples of a column agree with a field of
// which only some words are taken. An empty column agrees with everything.
func (g *customerGuesser) plausible(i int, t Target) bool {
	var known func(s string) bool
	all := false
	switch t.Field {
	case "kind":
		known, all = func(s string) bool { _, ok := kindWords[fold.Text(s)]; return ok }, true
	case "is_company":
		known, all = func(s string) bool { _, ok := companyKind(s); return ok }, true
	case "phase":
		known = func(s string) bool { _, ok := phaseWords[fold.Text(s)]; return ok }
	case "reseller":
		known = func(s string) bool { _, ok := resellerWords[fold.Text(s)]; return ok }
	case "channel":
		known = func(s string) bool { _, ok := channelWords[fold.Text(s)]; return ok }
	case "owner":
		known = func(s string) bool { _, ok := g.owners[strings.ToLower(s)]; return ok }
	case "language":
		known = func(s string) bool { _, ok := language(s); return ok }
	case "external_id":
		return g.distinct(i)
	default:
		return true
	}
	yes, total := g.share(i, known)
	return total == 0 || all && yes == total || !all && yes > 0
}

// share counts the samples of a column for which f holds, and all that aren't empty.
func (g *customerGuesser) share(i int, f func(string) bool) (yes, total int) {
	for _, row := range g.rows {
		if i >= len(row) || blank(row[i]) {
			continue
		}
		total++
		if f(strings.TrimSpace(row[i])) {
			yes++
		}
	}
	return yes, total
}

// distinct reports whether a column may number the rows: where most values
// come again and again, it doesn't.
func (g *customerGuesser) distinct(i int) bool {
	seen := map[string]bool{}
	yes, total := g.share(i, func(s string) bool {
		again := seen[s]
		seen[s] = true
		return !again
	})
	return total < 10 || yes*2 >= total
}

// byContent looks at the samples of the columns whose names say nothing.
func (g *customerGuesser) byContent() {
	for i := range g.header {
		if g.got[i] != (Target{}) || strings.HasPrefix(strings.ToLower(g.header[i]), ownPrefix) || ignored[fold.Text(g.header[i])] {
			continue
		}
		switch {
		case g.mostly(i, isEmail):
			g.take(i, Target{"emails", "1", "value"})
		case g.mostly(i, g.isPhone):
			g.take(i, Target{"phones", "1", "value"})
		case !g.named && !g.taken[Target{Field: "birthday"}] && g.mostly(i, g.isBirthday):
			g.take(i, Target{Field: "birthday"})
		}
	}
	if g.nameless() {
		for i := range g.header {
			if g.got[i] == (Target{}) && (!g.named || g.mostly(i, isName)) && g.mostly(i, isText) {
				g.take(i, Target{Field: "name"})
				return
			}
		}
	}
}

func (g *customerGuesser) nameless() bool {
	for _, f := range []string{"name", "given_name", "family_name", "organization"} {
		if g.taken[Target{Field: f}] {
			return false
		}
	}
	return true
}

// mostly reports whether f holds for four out of five samples.
func (g *customerGuesser) mostly(i int, f func(string) bool) bool {
	yes, total := g.share(i, f)
	return total > 0 && yes*5 >= total*4
}

func isEmail(s string) bool {
	for _, part := range mailaddr.Split(s) {
		if _, a, err := mailaddr.ParseNamed(part); err != nil || !strings.Contains(a.Domain, ".") {
			return false
		}
	}
	return strings.Contains(s, "@")
}

// isPhone is strict: a number of the books is no telephone.
func (g *customerGuesser) isPhone(s string) bool {
	n, err := phone.Parse(s, g.region)
	if err != nil || !n.Valid || len(n.Digits) < 9 {
		return false
	}
	return s[0] == '+' || s[0] == '0' || s[0] == '(' || n.Kind == phone.Mobile && strings.HasPrefix(s, "62")
}

func (g *customerGuesser) isBirthday(s string) bool {
	date, err := locale.ParseDate(s, g.order)
	if err != nil {
		return false
	}
	t, err := time.Parse(time.DateOnly, date)
	return err == nil && t.Year() > 1900 && t.Year() < 2020
}

func isText(s string) bool {
	letters, others := 0, 0
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsMark(r) || r == ' ' || r == '.' || r == '\'' || r == ',' || r == '-' {
			letters++
		} else {
			others++
		}
	}
	return letters > 1 && others*5 < letters
}

func isName(s string) bool { return isText(s) && strings.Contains(s, " ") && len(s) < 60 }
