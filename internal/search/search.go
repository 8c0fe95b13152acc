// Package search finds records of all modules by what people type, as they
// type it: two letters are enough, and accents and capitals don't matter.
//
// A module puts the names and other words of its records here, by [Put], in
// the transaction that changes the record. What is looked up by a number or an
// address (telephones, e-mail addresses, order numbers) is not put here: the
// module finds it by its own indexes and registers them as a [Source] of the
// [Index]. The source also turns what was found into what is shown, and leaves
// out what the actor may not see.
//
// Matches are never sorted by the database: a prefix of two letters has
// hundreds of thousands. The newest few are fetched, together with those whose
// name begins with what was typed, and ranked here.
package search

import (
	"cmp"
	"context"
	"embed"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
)

//go:embed schema/*.sql
var schema embed.FS

// Module is search's part of the database. It is derived from the modules'
// records, so it is neither journaled nor exported. Call [Prepare] after
// migrating.
var Module = db.Module{
	Name:   "search",
	Schema: schema,
	Tables: []db.Table{{Name: "search_doc", Key: []string{"n"}, Private: true}},
}

// A Hit is a record that was found, as it is shown.
type Hit struct {
	Kind   string // kind of record: "customer"
	Ref    ids.ID
	Title  string
	Detail string // second line: organisation, city; may be empty
	URL    string // path of its page
	Look   string // how ui draws its avatar: "person", "organization"; empty if as its kind
}

// A Source is a module's part in the search.
type Source struct {
	Kind string // of its documents and hits

	// Keys returns the records that have a telephone, an e-mail address or a
	// number beginning with what was typed, the likeliest first, at most 50. It
	// reads an index, since it is called at every keystroke. It may be nil.
	Keys func(ctx context.Context, tx *db.Tx, q Query) ([]ids.ID, error)

	// Exact returns the few records whose number or code is what was typed. They
	// stand before all others. It may be nil.
	Exact func(ctx context.Context, tx *db.Tx, q Query) ([]ids.ID, error)

	// Load returns the hits of those of the given records that exist and that
	// tx's actor may see, in any order.
	Load func(ctx context.Context, tx *db.Tx, list []ids.ID) ([]Hit, error)
}

// An Index finds records of several kinds.
type Index struct {
	Sources []Source
}

// Add registers a source.
func (x *Index) Add(s Source) { x.Sources = append(x.Sources, s) }

// A Query is what somebody typed, in the forms in which it is looked up.
type Query struct {
	Text   string   // as typed, without spaces around it
	Lower  string   // Text in small letters, for keys such as e-mail addresses
	Folded string   // folded by package fold
	Words  []string // of Folded; each stands for the words that begin with it

	// Digits are the digits of Text if it may be a telephone or another
	// number: digits and signs, at least one digit. Otherwise it is empty.
	Digits string
}

const (
	maxText  = 200 // bytes of a query that are looked at
	maxWords = 8   // words of a query that are looked at
)

// Parse prepares what somebody typed.
func Parse(text string) Query {
	text = strings.ToValidUTF8(clip(text, maxText), " ")
	text = strings.TrimSpace(strings.ReplaceAll(text, "\x00", " ")) // which PostgreSQL refuses
	q := Query{Text: text, Lower: strings.ToLower(text), Folded: fold.Text(text)}
	q.Words = distinct(strings.Fields(q.Folded))
	q.Digits = digits(text)
	return q
}

// enough reports whether q can be looked up: one Latin letter can't.
func (q *Query) enough() bool { return len(q.Folded) > 1 || len(q.Lower) > 1 }

// isKey reports whether q looks more like an address or a number than a name.
func (q *Query) isKey() bool { return q.Digits != "" || strings.Contains(q.Text, "@") }

// distinct returns the words that say something beside the others: none that
// another one begins with.
func distinct(words []string) []string {
	var list []string
	for i, w := range words {
		w = clip(w, maxToken)
		implied := slices.ContainsFunc(words[:i], func(v string) bool { return strings.HasPrefix(v, w) }) ||
			slices.ContainsFunc(words[i+1:], func(v string) bool { return v != w && strings.HasPrefix(v, w) })
		if !implied && len(list) < maxWords {
			list = append(list, w)
		}
	}
	return list
}

// digits returns the digits of s, or "" if s has anything that no telephone
// number is written with.
func digits(s string) string {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			b = append(b, byte(r))
		case !strings.ContainsRune(" +-–().,/#\u00a0", r):
			return ""
		}
	}
	return string(b)
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

// Options narrow a search.
type Options struct {
	Kind  string // only records of this kind; empty for all
	Limit int    // how many hits at most; 10 if zero
}

const (
	// page is how many matches are fetched and ranked at a time; see pageText.
	page = 100

	// maxPages bounds how far a search goes on for an actor who may see few
	// of the matches.
	maxPages = 20
)

// Find returns the records that match text, the best first: those with the
// number or address that it looks like, then those of that very name, those
// whose name begins with it, those that have its words in order, and the
// others, each time the latest touched first. Each word of text stands for
// all words that begin with it. Less than two letters match nothing.
func (x *Index) Find(ctx context.Context, tx *db.Tx, text string, opt Options) ([]Hit, error) {
	q := Parse(text)
	if !q.enough() {
		return nil, nil
	}
	if opt.Limit <= 0 {
		opt.Limit = 10
	}
	f := finding{x: x, q: q, opt: opt, seen: map[ids.ID]bool{}}
	if err := f.keys(ctx, tx); err != nil {
		return nil, err
	}
	if len(q.Words) > 0 {
		if err := f.add(headMatches(ctx, tx, &q)); err != nil {
			return nil, err
		}
	}
	r, err := newReader(ctx, tx, q.Words)
	if err != nil {
		return nil, err
	}
	for range maxPages {
		if err := f.add(r.next(ctx, tx)); err != nil {
			return nil, err
		}
		if err := f.show(ctx, tx); err != nil {
			return nil, err
		}
		if r.over || len(f.hits) == opt.Limit {
			break
		}
	}
	return f.hits, nil
}

// A match is a document that matches, before anybody knows who may see it.
type match struct {
	n       int64
	kind    string
	ref     ids.ID
	title   string
	terms   string
	touched int64
	class   int // how well it matches; 0 is best
}

const matchCols = `d.n, d.kind, d.ref, d.title, d.terms, d.touched`

func scanMatch(s db.Scanner, m *match) error {
	return s.Scan(&m.n, &m.kind, &m.ref, &m.title, &m.terms, &m.touched)
}

// has reports whether one of m's words begins with w.
func (m *match) has(w string) bool { return wordAt(m.title, w) >= 0 || wordAt(m.terms, w) >= 0 }

// headMatches returns some records whose name begins with the query, those of
// that very name before all others.
func headMatches(ctx context.Context, tx *db.Tx, q *Query) ([]match, error) {
	head := clip(q.Folded, maxTitle)
	return db.List(ctx, tx, scanMatch, `
		SELECT `+matchCols+` FROM search_doc d
		WHERE d.title >= $1 AND d.title < $2
		ORDER BY d.title LIMIT 50`, head, head+"\U0010ffff")
}

// finding is a search under way.
type finding struct {
	x    *Index
	q    Query
	opt  Options
	seen map[ids.ID]bool
	wait []match // found, not yet shown
	hits []Hit

	batch int // how many matches were last loaded at a time
}

// keys adds what the sources find by their keys.
func (f *finding) keys(ctx context.Context, tx *db.Tx) error {
	class := classOther
	if f.q.isKey() {
		class = classKey
	}
	for _, s := range f.x.Sources {
		if f.opt.Kind != "" && s.Kind != f.opt.Kind {
			continue
		}
		if err := f.lookUp(ctx, tx, s.Kind, s.Exact, classCode); err != nil {
			return err
		}
		if err := f.lookUp(ctx, tx, s.Kind, s.Keys, class); err != nil {
			return err
		}
	}
	return nil
}

// lookUp adds what a function of a source finds, which may be nil.
func (f *finding) lookUp(ctx context.Context, tx *db.Tx, kind string, find func(context.Context, *db.Tx, Query) ([]ids.ID, error), class int) error {
	if find == nil {
		return nil
	}
	list, err := find(ctx, tx, f.q)
	for _, id := range list {
		if !f.seen[id] {
			f.seen[id] = true
			f.wait = append(f.wait, match{kind: kind, ref: id, class: class})
		}
	}
	return err
}

// add adds documents.
func (f *finding) add(list []match, err error) error {
	for _, m := range list {
		if !f.seen[m.ref] && (f.opt.Kind == "" || m.kind == f.opt.Kind) {
			f.seen[m.ref] = true
			m.class = class(m.title, &f.q)
			f.wait = append(f.wait, m)
		}
	}
	return err
}

// show loads the best of the waiting matches until there are enough hits.
func (f *finding) show(ctx context.Context, tx *db.Tx) error {
	slices.SortStableFunc(f.wait, func(a, b match) int {
		return cmp.Or(cmp.Compare(a.class, b.class), cmp.Compare(b.touched, a.touched))
	})
	for len(f.wait) > 0 && len(f.hits) < f.opt.Limit {
		f.batch = min(max(f.opt.Limit, 4*f.batch), page) // grows for an actor who may see little
		best := f.wait[:min(len(f.wait), f.batch)]
		f.wait = f.wait[len(best):]
		if err := f.load(ctx, tx, best); err != nil {
			return err
		}
	}
	return nil
}

// load appends the hits of the given matches, in their order.
func (f *finding) load(ctx context.Context, tx *db.Tx, list []match) error {
	byRef := make(map[ids.ID]Hit, len(list))
	for _, s := range f.x.Sources {
		var refs []ids.ID
		for _, m := range list {
			if m.kind == s.Kind {
				refs = append(refs, m.ref)
			}
		}
		if len(refs) == 0 {
			continue
		}
		hits, err := s.Load(ctx, tx, refs)
		if err != nil {
			return err
		}
		for _, h := range hits {
			byRef[h.Ref] = h
		}
	}
	for _, m := range list {
		if h, ok := byRef[m.ref]; ok && len(f.hits) < f.opt.Limit {
			f.hits = append(f.hits, h)
		}
	}
	return nil
}

// The classes of matches, the best first.
const (
	classCode   = iota // the very number or code
	classKey           // the number or address begins so
	classExact         // the name is the query
	classWhole         // the name begins with it, ending at the end of a word
	classHead          // the name begins with it
	classPhrase        // the name has it inside
	classOrder         // the name has its words in order
	classWords         // the name has its words
	classOther         // found otherwise
)

// class says how well a folded title matches.
func class(title string, q *Query) int {
	if rest, ok := strings.CutPrefix(title, q.Folded); ok {
		switch {
		case rest == "":
			return classExact
		case rest[0] == ' ':
			return classWhole
		}
		return classHead
	}
	if strings.Contains(title, " "+q.Folded) {
		return classPhrase
	}
	at, inOrder := 0, true
	for _, w := range q.Words {
		i := wordAt(title[at:], w)
		if i < 0 {
			inOrder = false
			if wordAt(title, w) < 0 {
				return classOther
			}
			continue
		}
		at += i + len(w)
	}
	if inOrder {
		return classOrder
	}
	return classWords
}

// wordAt returns where in s a word begins with w, or -1.
func wordAt(s, w string) int {
	if strings.HasPrefix(s, w) {
		return 0
	}
	if i := strings.Index(s, " "+w); i >= 0 {
		return i + 1
	}
	return -1
}
