package search

import (
	"context"
	"strings"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
)

// LabelSep stands between the title and the detail of a record where people
// choose one.
const LabelSep = " · "

// Meant returns the one record of a kind that somebody means by a text: the one
// of that title, or of title and detail with [LabelSep] between, or else the only
// one that matches. It is the zero ID if there is none, or several.
func (x *Index) Meant(ctx context.Context, tx *db.Tx, kind, text string) (ids.ID, error) {
	text = strings.TrimSpace(text)
	name, _, labelled := strings.Cut(text, LabelSep)
	hits, err := x.Find(ctx, tx, name, Options{Kind: kind, Limit: 20})
	if err != nil {
		return ids.ID{}, err
	}
	key := fold.Text(text)
	for _, like := range []func(h *Hit) bool{
		func(h *Hit) bool { return text == h.Title || text == h.Title+LabelSep+h.Detail },
		func(h *Hit) bool { return fold.Text(h.Title) == key },
		func(*Hit) bool { return !labelled },
	} {
		var same []ids.ID
		for i := range hits {
			if like(&hits[i]) {
				same = append(same, hits[i].Ref)
			}
		}
		if len(same) == 1 {
			return same[0], nil
		}
		if len(same) > 1 {
			break
		}
	}
	return ids.ID{}, nil
}
