package insights

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"sync"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
)

// A lease lets one run over all customers go on at a time, whatever process it
// is in.
type lease struct {
	ctx   context.Context
	d     *db.DB
	token int64
	stop  context.CancelCauseFunc
	beats sync.WaitGroup
}

const (
	leaseTerm = 20 * time.Second // after which a run that says nothing is dead
	leaseBeat = 4 * time.Second
)

var errLost = errors.New("another run took over")

// take waits for the lease and takes it.
func take(ctx context.Context, d *db.DB) (*lease, error) {
	var random [8]byte
	rand.Read(random[:])
	l := &lease{d: d, token: int64(binary.BigEndian.Uint64(random[:]) >> 1)}
	for {
		ok, err := l.try(ctx)
		if err != nil {
			return nil, err
		}
		if ok {
			break
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Second):
		}
	}
	l.ctx, l.stop = context.WithCancelCause(ctx)
	l.beats.Go(l.beat)
	return l, nil
}

// try takes the lease if nobody has it, or keeps it. The clock is the
// machine's: that of the database may be a test's.
func (l *lease) try(ctx context.Context) (ok bool, err error) {
	err = l.d.Write(ctx, db.Op{}, func(tx *db.Tx) error {
		now := time.Now()
		n, err := tx.Exec(ctx, `
			INSERT INTO insights_run (name, n, asked) VALUES ('mass', $1, $2)
			ON CONFLICT (name) DO UPDATE SET n = excluded.n, asked = excluded.asked WHERE insights_run.n < $3 OR insights_run.asked = $2`,
			now.Add(leaseTerm).UnixMilli(), l.token, now.UnixMilli())
		ok = n > 0
		return err
	})
	return ok, err
}

// beat keeps the lease until the run ends. A run that lost it stops.
func (l *lease) beat() {
	for {
		select {
		case <-l.ctx.Done():
			return
		case <-time.After(leaseBeat):
		}
		if ok, err := l.try(l.ctx); err == nil && !ok {
			l.stop(errLost)
		}
	}
}

// give gives the lease back.
func (l *lease) give() {
	l.stop(context.Canceled)
	l.beats.Wait()
	// Whoever waits takes it over after its term, if this fails.
	_ = l.d.Write(context.WithoutCancel(l.ctx), db.Op{}, func(tx *db.Tx) error {
		_, err := tx.Exec(context.WithoutCancel(l.ctx), `UPDATE insights_run SET n = 0 WHERE name = 'mass' AND asked = $1`, l.token)
		return err
	})
}
