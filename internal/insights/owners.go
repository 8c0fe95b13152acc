package insights

import (
	"context"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
)

// journalSlice is how many rows of the journal are read at once.
const journalSlice = 2000

// FollowOwners copies to the facts who is responsible for customers that
// changed hands since it was last called: lists of somebody's silent customers
// are read from an index of the facts alone.
func FollowOwners(ctx context.Context, d *db.DB) error {
	for {
		type change struct {
			n       int64
			subject ids.ID
		}
		var from, last int64
		var list []change
		err := d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) {
			if from, _, err = db.Find(ctx, tx, db.One[int64], `SELECT n FROM insights_run WHERE name = 'owners'`); err != nil {
				return err
			}
			last, err = db.Get(ctx, tx, db.One[int64], `SELECT COALESCE(MAX(n), 0) FROM journal_change`)
			if err != nil || last <= from {
				return err
			}
			list, err = db.List(ctx, tx, func(s db.Scanner, c *change) error { return s.Scan(&c.n, &c.subject) }, `
				SELECT n, subject FROM journal_change
				WHERE n > $1 AND n <= $2 AND tbl = 'customer' AND kind <> 'd' ORDER BY n LIMIT $3`, from, last, journalSlice)
			return err
		})
		if err != nil || last <= from {
			return err
		}
		more := len(list) == journalSlice
		if more {
			last = list[len(list)-1].n
		}
		of := make([]ids.ID, len(list))
		for i, c := range list {
			of[i] = c.subject
		}
		err = d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
			turn, err := lock(ctx, tx) // or a run over all would put back what it read before
			if err != nil {
				return err
			}
			if _, err := db.ExecIn(ctx, tx, of, `
				UPDATE customer_fact SET made = $1, owner_id = (SELECT c.owner_id FROM customer c WHERE c.id = customer_fact.customer_id)
				WHERE customer_id IN ($list)`, turn); err != nil {
				return err
			}
			_, err = tx.Exec(ctx, `
				INSERT INTO insights_run (name, n, asked) VALUES ('owners', $1, 0)
				ON CONFLICT (name) DO UPDATE SET n = excluded.n`, last)
			return err
		})
		if err != nil || !more {
			return err
		}
	}
}
