package catalog

import (
	"context"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
)

// An Offering says whether a product may be offered to customers who did not
// ask for it. It may be sold all the same.
type Offering string

// The offerings.
const (
	Offered   Offering = ""          // it may be
	OutStock  Offering = "out"       // not in stock for now
	Never     Offering = "never"     // somebody decided so
	Sensitive Offering = "sensitive" // nor may anything be concluded from who buys it: medicine, alcohol
)

// Offerings lists what stands in the way of offering a product.
var Offerings = []Offering{OutStock, Never, Sensitive}

// Label returns the key of the message that names o.
func (o Offering) Label() string {
	if o == Offered {
		return "product.offering.yes"
	}
	return "product.offering." + string(o)
}

// orNull returns o for its column.
func (o Offering) orNull() any {
	if o == Offered {
		return nil
	}
	return string(o)
}

// IsSensitive returns those of the given products of which nothing may be
// concluded.
func IsSensitive(ctx context.Context, tx *db.Tx, list []ids.ID) (map[ids.ID]bool, error) {
	// Most companies have none: then nothing is asked of each.
	_, some, err := db.Find(ctx, tx, db.One[int], `SELECT 1 FROM product WHERE offering = 'sensitive' LIMIT 1`)
	if err != nil || !some {
		return nil, err
	}
	found, err := db.ListIn(ctx, tx, db.One[ids.ID], list, `SELECT id FROM product WHERE id IN ($list) AND offering = 'sensitive'`)
	out := make(map[ids.ID]bool, len(found))
	for _, id := range found {
		out[id] = true
	}
	return out, err
}
