package mail

import (
	"bytes"
	"context"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
)

// Counts are how many messages stand where.
type Counts struct {
	Waiting int // to be sent, those that are tried again included
	Failed  int // given up, and neither sent again nor dropped since
}

// Count returns how many messages wait and how many were given up.
func Count(ctx context.Context, tx *db.Tx) (Counts, error) {
	return db.Get(ctx, tx, func(s db.Scanner, c *Counts) error { return s.Scan(&c.Waiting, &c.Failed) }, `
		SELECT (SELECT COUNT(*) FROM mail_message WHERE state = 'queued'), (SELECT COUNT(*) FROM mail_message WHERE state = 'failed')`)
}

// Waiting returns messages that are to be sent, the next one first.
func Waiting(ctx context.Context, tx *db.Tx, limit int) ([]Letter, error) {
	return db.List(ctx, tx, scanLetter, `
		SELECT `+letterCols+` FROM mail_message WHERE state = 'queued' ORDER BY due_at, id LIMIT $1 + 0`, limit)
}

// lastID stands after all ids.
var lastID = ids.ID(bytes.Repeat([]byte{0xff}, 16))

// GivenUp returns messages that were given up, the latest first, beginning
// after the one with the given id; from the beginning if that is zero.
func GivenUp(ctx context.Context, tx *db.Tx, after ids.ID, limit int) ([]Letter, error) {
	at, id := int64(1)<<62, lastID
	if !after.IsZero() {
		l, ok, err := db.Find(ctx, tx, scanLetter, `SELECT `+letterCols+` FROM mail_message WHERE id = $1`, after)
		if err != nil {
			return nil, err
		}
		if ok {
			at, id = l.Done.UnixMilli(), l.ID
		}
	}
	return db.List(ctx, tx, scanLetter, `
		SELECT `+letterCols+` FROM mail_message
		WHERE state = 'failed' AND (done_at, id) < ($1, $2)
		ORDER BY done_at DESC, id DESC LIMIT $3`, at, id, limit)
}

// Again gives a message that was given up another round of attempts. It
// returns a Conflict error if it is not given up.
func Again(ctx context.Context, tx *db.Tx, id ids.ID) error {
	n, err := tx.Exec(ctx, `
		UPDATE mail_message SET state = 'queued', attempts = 0, error = '', due_at = $2, done_at = NULL
		WHERE id = $1 AND state = 'failed'`, id, tx.Now.UnixMilli())
	if err != nil {
		return err
	}
	if n == 0 {
		return errs.New(errs.Conflict, "error.conflict")
	}
	return wake(ctx, tx, id)
}

// Drop removes a message that was given up. It returns a Conflict error if it
// is not given up.
func Drop(ctx context.Context, tx *db.Tx, id ids.ID) error {
	n, err := tx.Exec(ctx, `DELETE FROM mail_message WHERE id = $1 AND state = 'failed'`, id)
	if err == nil && n == 0 {
		err = errs.New(errs.Conflict, "error.conflict")
	}
	return err
}

// Keep is how long messages are kept after they were sent or given up.
const Keep = 90 * 24 * time.Hour

// Purge deletes up to a thousand messages older than [Keep], and reports
// whether there may be more.
func Purge(ctx context.Context, tx *db.Tx) (more bool, err error) {
	n, err := tx.Exec(ctx, `
		DELETE FROM mail_message WHERE id IN (SELECT id FROM mail_message WHERE done_at IS NOT NULL AND done_at < $1 ORDER BY done_at LIMIT 1000)`,
		tx.Now.Add(-Keep).UnixMilli())
	return n == 1000, err
}
