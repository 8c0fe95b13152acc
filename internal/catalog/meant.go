package catalog

import (
	"context"
	"strings"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
)

// LabelSep stands between the name and the code of a product where people choose one.
const LabelSep = " · "

// Coded returns the product whose code a text is, or which a label ends with;
// the zero ID if there is none.
func Coded(ctx context.Context, tx *db.Tx, text string) (ids.ID, error) {
	codes := []string{text}
	if i := strings.LastIndex(text, LabelSep); i >= 0 {
		codes = append(codes, text[i+len(LabelSep):])
	}
	found, err := ByCode(ctx, tx, codes)
	for _, code := range codes {
		if b, ok := found[code]; ok {
			return b.ID, err
		}
	}
	return ids.ID{}, err
}

// Meant returns the one product that somebody means by a code, by a name, or by
// both with [LabelSep] between; the zero ID if there is none, or several of
// that name.
func Meant(ctx context.Context, tx *db.Tx, text string) (ids.ID, error) {
	text = strings.TrimSpace(text)
	if id, err := Coded(ctx, tx, text); err != nil || !id.IsZero() {
		return id, err
	}
	key := fold.SortKey(text)
	if key == "" {
		return ids.ID{}, nil
	}
	same, err := db.List(ctx, tx, db.One[ids.ID], `SELECT id FROM product WHERE name_key = $1 ORDER BY id LIMIT 2`, key)
	if err != nil || len(same) != 1 {
		return ids.ID{}, err
	}
	return same[0], nil
}
