package customers

import (
	"context"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
)

// Heads returns those of the given customers that exist and are visible, by
// id, without their parts: what stands in a line of a list.
func Heads(ctx context.Context, tx *db.Tx, list []ids.ID) (map[ids.ID]*Customer, error) {
	found, err := db.ListIn(ctx, tx, scanCustomer, list, `SELECT `+customerCols+` FROM customer c WHERE c.id IN ($list)`)
	heads := make(map[ids.ID]*Customer, len(found))
	for i := range found {
		if visible(tx, &found[i]) {
			heads[found[i].ID] = &found[i]
		}
	}
	return heads, err
}

// A Birthday is a day on which a customer has theirs.
type Birthday struct {
	Customer ids.ID
	Day      time.Time // its beginning
	Age      int       // what they become; 0 if the year of birth is not known
}

// Birthdays returns which customers of an owner, or of nobody if owner is
// zero, have their birthday on one of the given number of days from the day
// of from on, in their order: up to limit of them. Archived ones are left out.
// Who was born on 29 February has it on the 28th in other years.
func Birthdays(ctx context.Context, tx *db.Tx, owner ids.ID, from time.Time, days, limit int) ([]Birthday, error) {
	at := map[string]time.Time{}
	var want []string
	y, m, d := from.Date()
	for i := range days {
		day := time.Date(y, m, d+i, 0, 0, 0, 0, from.Location())
		key := day.Format("01-02")
		at[key], want = day, append(want, key)
		if key == "02-28" && day.AddDate(0, 0, 1).Day() == 1 {
			at["02-29"], want = day, append(want, "02-29")
		}
	}
	type row struct {
		id   ids.ID
		born string
	}
	scan := func(s db.Scanner, r *row) error { return s.Scan(&r.id, &r.born) }
	var rows []row
	var err error
	if owner.IsZero() {
		rows, err = db.ListIn(ctx, tx, scan, want, `
			SELECT id, birthday FROM customer
			WHERE owner_id IS NULL AND SUBSTR(birthday, 6) IN ($list) AND birthday IS NOT NULL AND NOT archived LIMIT $1`, limit)
	} else {
		rows, err = db.ListIn(ctx, tx, scan, want, `
			SELECT id, birthday FROM customer
			WHERE owner_id = $2 AND SUBSTR(birthday, 6) IN ($list) AND birthday IS NOT NULL AND NOT archived LIMIT $1`, limit, owner)
	}
	if err != nil {
		return nil, err
	}
	var list []Birthday
	for i := range want { // in the order of the days
		for _, r := range rows {
			if r.born[5:] != want[i] {
				continue
			}
			b := Birthday{Customer: r.id, Day: at[want[i]]}
			if born, err := time.Parse(time.DateOnly, r.born); err == nil && born.Year() > 0 {
				b.Age = b.Day.Year() - born.Year()
			}
			list = append(list, b)
		}
	}
	return list, nil
}
