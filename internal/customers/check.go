package customers

import (
	"context"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/search"
)

// A Derived says how well what is derived of customers agrees with what it is
// derived from.
type Derived struct {
	Customers int
	Wrong     int // customers whose derived columns are not what their parts say
	Unfound   int // customers that the search does not know
	Ghosts    int // documents of the search whose customer is gone
	Total     int // what Total says
}

// CheckDerived compares all that is derived of all customers with its source,
// but for the latest interaction.
func CheckDerived(ctx context.Context, tx *db.Tx) (Derived, error) {
	var st Derived
	after := ids.ID{15: 1} // no customer has it
	for {
		list, err := db.List(ctx, tx, scanCustomer, `SELECT `+customerCols+` FROM customer c WHERE c.id > $1 ORDER BY c.id LIMIT 256`, after)
		if err != nil {
			return st, err
		}
		if len(list) == 0 {
			break
		}
		after = list[len(list)-1].ID
		at, all := map[ids.ID]*Customer{}, make([]ids.ID, len(list))
		stored := make([]Customer, len(list))
		for i := range list {
			stored[i], all[i] = list[i], list[i].ID
			list[i].parts = int64(1)<<len(handlers) - 1
			at[list[i].ID] = &list[i]
		}
		if err := loadParts(ctx, tx, at); err != nil {
			return st, err
		}
		for i := range list {
			c, was := &list[i], &stored[i]
			c.derive()
			if c.Email != was.Email || c.Phone != was.Phone || c.City != was.City || c.parts != was.parts {
				st.Wrong++
			}
		}
		missing, err := search.Missing(ctx, tx, all)
		if err != nil {
			return st, err
		}
		st.Customers += len(list)
		st.Unfound += len(missing)
	}
	docs, err := search.Count(ctx, tx, "customer")
	if err != nil {
		return st, err
	}
	st.Ghosts = docs - (st.Customers - st.Unfound)
	st.Total, err = Total(ctx, tx)
	return st, err
}

// RemoveGhosts removes documents of the search whose customer is gone.
func RemoveGhosts(ctx context.Context, tx *db.Tx) error {
	var refs []ids.ID
	if err := search.Refs(ctx, tx, "customer", func(id ids.ID) error { refs = append(refs, id); return nil }); err != nil {
		return err
	}
	found, err := db.ListIn(ctx, tx, db.One[ids.ID], refs, `SELECT id FROM customer WHERE id IN ($list)`)
	if err != nil {
		return err
	}
	there := make(map[ids.ID]bool, len(found))
	for _, id := range found {
		there[id] = true
	}
	var gone []ids.ID
	for _, id := range refs {
		if !there[id] {
			gone = append(gone, id)
		}
	}
	return unindex(ctx, tx, gone)
}
