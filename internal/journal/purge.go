package journal

import (
	"context"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
)

// Purge forgets operations that began before a time, with what they changed.
// It does a slice of the work in tx, which is bookkeeping, and reports
// whether there is more. Who created what remains known only by its time.
// What can still be undone is never forgotten: a later time is an Invalid error.
func Purge(ctx context.Context, tx *db.Tx, before time.Time) (more bool, err error) {
	if before.After(tx.Now.Add(-Window)) {
		return false, errs.New(errs.Invalid, "operation.purge_too_young")
	}
	const batch = 500
	clock := tx.Slice()
	for !clock.Over() {
		list, err := db.List(ctx, tx, db.One[ids.ID], `
			SELECT id FROM operation
			WHERE id < $1 AND finished_at < $2 AND state IN ('done', 'undone')
			ORDER BY id LIMIT $3`, firstOf(before), db.Millis(before), batch)
		if err != nil || len(list) == 0 {
			return false, err
		}
		// One operation may have changed millions of rows.
		n, err := db.ExecIn(ctx, tx, list, `
			DELETE FROM journal_change WHERE n IN (SELECT n FROM journal_change WHERE op IN ($list) LIMIT $1)`, 4*batch)
		if err != nil {
			return false, err
		}
		if n > 0 {
			continue
		}
		if _, err := db.ExecIn(ctx, tx, list, `DELETE FROM journal_kept WHERE undo IN ($list)`); err != nil {
			return false, err
		}
		if _, err := db.ExecIn(ctx, tx, list, `DELETE FROM operation WHERE id IN ($list)`); err != nil {
			return false, err
		}
	}
	return true, nil
}

// firstOf returns the least ID of a time.
func firstOf(t time.Time) ids.ID {
	var id ids.ID
	ms := uint64(t.UnixMilli())
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	return id
}
