package db

import (
	"context"
	"errors"
	"time"

	"github.com/akrab-crm/akrab/internal/ids"
)

// A Once is a request that is to have its effect once however often it is sent,
// such as a form whose button somebody clicks twice. The first operation of a
// [Who] with a Once is stored under its key in the same transaction; that of
// another request with the same key fails with [ErrRepeated].
type Once struct {
	Key string // the same for what is sent again, and for nothing else
	Op  ids.ID // the operation; zero until it is committed
}

// ErrRepeated means that a request was sent before and has had its effect.
var ErrRepeated = errors.New("db: the request was sent before")

// begins reports whether op is the first operation of o.
func (o *Once) begins(op *Op) bool { return o != nil && o.Op.IsZero() && op.Why != "" }

func (o *Once) claim(ctx context.Context, tx *Tx) error {
	n, err := tx.Aside(ctx, `INSERT INTO once (key, op, answer, created_at) VALUES ($1, $2, '', $3) ON CONFLICT (key) DO NOTHING`, o.Key, tx.Op, Millis(tx.Now))
	if err == nil && n == 0 {
		err = ErrRepeated
	}
	return err
}

// Answered keeps what was answered, for [Asked].
func (o *Once) Answered(ctx context.Context, d *DB, answer string) error {
	// If a power cut takes it, the operation is still known.
	return d.Write(ctx, Op{Lazy: true}, func(tx *Tx) error {
		_, err := tx.Exec(ctx, `UPDATE once SET answer = $2 WHERE key = $1`, o.Key, answer)
		return err
	})
}

// Forget lets the request have its effect again.
func (o *Once) Forget(ctx context.Context, d *DB) error {
	return d.Write(ctx, Op{Lazy: true}, func(tx *Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM once WHERE key = $1`, o.Key)
		return err
	})
}

// Asked is what is known of a request with a key.
type Asked struct {
	Op     ids.ID // what was done because of it
	Answer string // empty while it is not known
}

// FindAsked returns what is known of a request with a key, and whether there was one.
func FindAsked(ctx context.Context, tx *Tx, key string) (Asked, bool, error) {
	return Find(ctx, tx, func(s Scanner, a *Asked) error { return s.Scan(&a.Op, &a.Answer) }, `SELECT op, answer FROM once WHERE key = $1`, key)
}

// PurgeOnce forgets requests that are older than a day.
func PurgeOnce(ctx context.Context, tx *Tx) error {
	_, err := tx.Exec(ctx, `DELETE FROM once WHERE created_at < $1`, Millis(tx.Now.Add(-24*time.Hour)))
	return err
}
