package catalog

import (
	"context"
	"strings"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/search"
)

// Source finds products by their codes, the very code before those that are
// equal when folded or begin so, and shows those that were found.
var Source = search.Source{Kind: "product", Exact: exact, Keys: keys, Load: hits}

// perKey is how many products are taken whose code begins with what was typed.
const perKey = 20

func exact(ctx context.Context, tx *db.Tx, q search.Query) ([]ids.ID, error) {
	return db.List(ctx, tx, db.One[ids.ID], `SELECT id FROM product WHERE code = $1 AND code <> ''`, q.Text)
}

func keys(ctx context.Context, tx *db.Tx, q search.Query) ([]ids.ID, error) {
	key := CodeKey(q.Text)
	if key == "" {
		return nil, nil
	}
	// Keys are compared by bytes, and no UTF-8 text has a byte above 0xf4.
	return db.List(ctx, tx, db.One[ids.ID], `
		SELECT id FROM product WHERE code_key >= $1 AND code_key < $2 AND code_key <> '' ORDER BY code_key LIMIT $3`,
		key, key+"\U0010ffff", perKey)
}

// hits returns how the given products are shown among what was found.
func hits(ctx context.Context, tx *db.Tx, list []ids.ID) ([]search.Hit, error) {
	rows, err := db.ListIn(ctx, tx, scanProduct, list, `SELECT `+productCols+` FROM product p WHERE p.id IN ($list)`)
	out := make([]search.Hit, len(rows))
	for i := range rows {
		p := &rows[i]
		out[i] = search.Hit{Kind: "product", Ref: p.ID, Title: p.Name(locale.ID), URL: "/products/" + p.ID.String(), Detail: detail(p)}
	}
	return out, err
}

// detail is the second line of a hit: code, family and the English name.
func detail(p *Product) string {
	var parts []string
	for _, s := range []string{p.Code, p.Family, p.NameEN} {
		if s != "" && s != p.Name(locale.ID) {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, " · ")
}
