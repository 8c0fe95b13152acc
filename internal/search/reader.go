package search

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/akrab-crm/akrab/internal/db"
)

// few is the least number of matches in a page that shows that what was
// looked up is close to what was asked for.
const few = 3

// A reader fetches the documents that have, for each of its words, a word that
// begins with it, the newest first and a page at a time.
//
// It looks up what can be looked up quickly, which matches more, and compares
// the rest here: beginnings of long words, and of several words the rare ones.
// If too little of a page remains, it looks up in full those words that were at
// fault; being rare, they are quick too.
type reader struct {
	words  []string
	look   []string // for each word, the beginning that is looked up; "" if none is
	sharp  bool     // words at fault are looked up in full
	before int64    // number of the last document fetched
	over   bool     // there are no more
}

func newReader(ctx context.Context, tx *db.Tx, words []string) (*reader, error) {
	r := &reader{words: words, before: math.MaxInt64, over: len(words) == 0}
	if tx.Engine() == db.Postgres {
		r.look = slices.Clone(words) // its planner chooses
		return r, nil
	}
	for _, w := range words {
		r.look = append(r.look, indexed(w))
	}
	if len(words) > 1 {
		return r, r.pick(ctx, tx)
	}
	return r, nil
}

// enoughLeft is how many matches of a page must be expected to remain for a
// word to be compared and not looked up.
const enoughLeft = 10

// pick leaves common words out of the look-up as long as enough of a page is
// likely to remain: FTS5 reads long lists to intersect them with short ones.
func (r *reader) pick(ctx context.Context, tx *db.Tx) error {
	last, err := db.Get(ctx, tx, db.One[int64], `SELECT COALESCE(MAX(n), 0) FROM search_doc`)
	if err != nil {
		return err
	}
	share := make([]float64, len(r.look)) // of documents that have the word, judged by the newest
	order := make([]int, len(r.look))
	for k, w := range r.look {
		reach, err := liteReach(ctx, tx, w)
		if err != nil {
			return err
		}
		share[k], order[k] = page/float64(max(last-reach, page)), k
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(share[b], share[a]) })
	if rarest := order[len(order)-1]; share[rarest]*float64(last) < page*maxPages/2 {
		for _, k := range order[:len(order)-1] {
			r.look[k] = ""
		}
		r.sharp = true // there are so few that all of them are compared
		return nil
	}
	left := float64(page)
	for _, k := range order[:len(order)-1] { // the rarest is always looked up
		if left *= share[k]; left < enoughLeft {
			return nil
		}
		r.look[k] = ""
	}
	return nil
}

// next returns the matches of the next page.
func (r *reader) next(ctx context.Context, tx *db.Tx) ([]match, error) {
	if r.over {
		return nil, nil
	}
	list, err := newest(ctx, tx, r.look, r.before)
	if err != nil {
		return nil, err
	}
	r.over = len(list) < page
	if !r.over {
		r.before = list[page-1].n
	}
	list, fits := r.compare(list)
	if !r.over && !r.sharp && len(list) < few && r.sharpen(fits) {
		return r.next(ctx, tx)
	}
	return list, nil
}

// compare returns those of a page that match, and how many each word matches.
func (r *reader) compare(list []match) ([]match, []int) {
	fits := make([]int, len(r.words))
	matches := list[:0]
	for i := range list {
		all := true
		for k, w := range r.words {
			if r.look[k] == w || list[i].has(w) {
				fits[k]++
			} else {
				all = false
			}
		}
		if all {
			matches = append(matches, list[i])
		}
	}
	return matches, fits
}

// sharpen looks up in full, from the newest on, the words that less than a
// quarter of a page matched, and reports whether there are any.
func (r *reader) sharpen(fits []int) bool {
	for k, n := range fits {
		if n < page/4 {
			r.look[k] = r.words[k]
			r.sharp = true
		}
	}
	if r.sharp {
		r.before = math.MaxInt64
	}
	return r.sharp
}

// newest returns the newest documents below number before that have, for each
// of the beginnings that isn't empty, a word that begins with it.
func newest(ctx context.Context, tx *db.Tx, beginnings []string, before int64) ([]match, error) {
	if tx.Engine() == db.Postgres {
		return pgNewest(ctx, tx, beginnings, before)
	}
	return liteNewest(ctx, tx, beginnings, before)
}
