package outbox

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
)

const (
	batch    = 200 // events delivered at a time
	maxTries = 5   // before an event is parked
	poll     = time.Second
)

// A Bus delivers events to subscribers.
type Bus struct {
	db    *db.DB
	log   *slog.Logger
	subs  []sub
	woken chan struct{}
}

type sub struct {
	name, event, why string
	deliver          func(ctx context.Context, tx *db.Tx, list []stored) error
}

type stored struct {
	seq     int64
	subject ids.ID
	op      ids.ID
	data    string
}

func scanStored(s db.Scanner, e *stored) error { return s.Scan(&e.seq, &e.subject, &e.op, &e.data) }

// NewBus returns a Bus without subscribers.
func NewBus(d *db.DB, log *slog.Logger) *Bus {
	return &Bus{db: d, log: cmp.Or(log, slog.Default()), woken: make(chan struct{}, 1)}
}

// On subscribes f to events of type E. The name identifies the subscriber's
// place among the events and never changes. why is the message key of the
// operation that f's changes belong to; empty if f only keeps books.
func On[E Event](b *Bus, name, why string, f func(ctx context.Context, tx *db.Tx, list []E) error) {
	var zero E
	b.subs = append(b.subs, sub{name, zero.EventName(), why, func(ctx context.Context, tx *db.Tx, list []stored) error {
		events := make([]E, len(list))
		for i := range list {
			if err := json.Unmarshal([]byte(list[i].data), &events[i]); err != nil {
				return err
			}
		}
		return f(ctx, tx, events)
	}})
}

// buses are those of this process, to be woken when events are published.
var buses struct {
	sync.Mutex
	list map[*db.DB]*Bus
}

func wake(d *db.DB) {
	buses.Lock()
	defer buses.Unlock()
	if b := buses.list[d]; b != nil {
		select {
		case b.woken <- struct{}{}:
		default: // awake already
		}
	}
}

// Run delivers events until ctx ends.
func (b *Bus) Run(ctx context.Context) error {
	buses.Lock()
	if buses.list == nil {
		buses.list = map[*db.DB]*Bus{}
	}
	buses.list[b.db] = b
	buses.Unlock()
	defer func() {
		buses.Lock()
		defer buses.Unlock()
		delete(buses.list, b.db)
	}()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		if err := b.Drain(ctx); err != nil && ctx.Err() == nil {
			b.log.Error("outbox: can't deliver", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-b.woken:
		}
	}
}

// Drain delivers every event that waits and whose time has come, and returns.
func (b *Bus) Drain(ctx context.Context) error {
	var all error
	for _, s := range b.subs {
		for more := true; more; {
			var err error
			if more, err = b.next(ctx, s); err != nil {
				all = errors.Join(all, fmt.Errorf("outbox: %s: %w", s.name, err))
				break
			}
		}
	}
	return all
}

// place is how far a subscriber has read.
type place struct{ seq, tries, wait int64 }

func scanPlace(s db.Scanner, p *place) error { return s.Scan(&p.seq, &p.tries, &p.wait) }

// look returns the events of one operation that come next for s, and whether
// there are any at all.
func (b *Bus) look(ctx context.Context, tx *db.Tx, s sub, from int64, most int) ([]stored, error) {
	list, err := db.List(ctx, tx, scanStored, `
		SELECT seq, subject, op, data FROM outbox_event
		WHERE name = $1 AND seq > $2 ORDER BY seq LIMIT $3`, s.event, from, most)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if list[i].op != list[0].op {
			return list[:i], nil
		}
	}
	return list, nil
}

// next delivers one batch to s. The subscriber's place moves in the same
// transaction as its work, so that a crash repeats both or neither.
func (b *Bus) next(ctx context.Context, s sub) (more bool, err error) {
	var list []stored
	var at place
	err = b.db.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) {
		if at, _, err = db.Find(ctx, tx, scanPlace, `SELECT seq, tries, wait_until FROM outbox_place WHERE subscriber = $1`, s.name); err != nil {
			return err
		}
		list, err = b.look(ctx, tx, s, at.seq, batch)
		return err
	})
	if err != nil || len(list) == 0 || at.wait > b.db.Now().UnixMilli() {
		return false, err
	}
	if at.tries > 0 {
		list = list[:1] // alone, to find out which one it is
	}
	taken := false
	failed := b.db.Write(ctx, db.Op{Why: s.why, Cause: list[0].op, Background: true}, func(tx *db.Tx) error {
		taken, err = b.take(ctx, tx, s, at.seq)
		if err != nil || !taken {
			return err
		}
		fresh, err := b.unparked(ctx, tx, s, list)
		if err != nil {
			return err
		}
		if len(fresh) > 0 {
			if err := s.deliver(ctx, tx, fresh); err != nil {
				return err
			}
		}
		return b.move(ctx, tx, s, place{seq: list[len(list)-1].seq})
	})
	switch {
	case failed == nil:
		return taken, nil // not taken: another process has this subscriber in hand
	case ctx.Err() != nil:
		return false, failed
	}
	return true, b.failed(ctx, s, at, list[0], failed)
}

// take locks the place of s. It reports false if another process has it, or
// has moved it.
func (b *Bus) take(ctx context.Context, tx *db.Tx, s sub, seq int64) (bool, error) {
	if _, err := tx.Exec(ctx, `
		INSERT INTO outbox_place (subscriber, seq, tries, wait_until) VALUES ($1, 0, 0, 0)
		ON CONFLICT (subscriber) DO NOTHING`, s.name); err != nil {
		return false, err
	}
	now, ok, err := db.Find(ctx, tx, db.One[int64], `SELECT seq FROM outbox_place WHERE subscriber = $1 /* skip locked */`, s.name)
	return ok && now == seq, err
}

func (b *Bus) move(ctx context.Context, tx *db.Tx, s sub, p place) error {
	_, err := tx.Exec(ctx, `
		UPDATE outbox_place SET seq = $2, tries = $3, wait_until = $4 WHERE subscriber = $1`, s.name, p.seq, p.tries, p.wait)
	return err
}

// unparked returns those of list whose subjects have no parked events, and
// parks the others behind them.
func (b *Bus) unparked(ctx context.Context, tx *db.Tx, s sub, list []stored) ([]stored, error) {
	var want []ids.ID
	for _, e := range list {
		if !e.subject.IsZero() {
			want = append(want, e.subject)
		}
	}
	held, err := db.ListIn(ctx, tx, db.One[ids.ID], want, `
		SELECT DISTINCT subject FROM outbox_parked WHERE subscriber = $1 AND subject IN ($list)`, s.name)
	if err != nil || len(held) == 0 {
		return list, err
	}
	hold := map[ids.ID]bool{}
	for _, id := range held {
		hold[id] = true
	}
	var fresh []stored
	for _, e := range list {
		if !hold[e.subject] {
			fresh = append(fresh, e)
			continue
		}
		if err := b.park(ctx, tx, s, e, "behind an earlier event"); err != nil {
			return nil, err
		}
	}
	return fresh, nil
}

func (b *Bus) park(ctx context.Context, tx *db.Tx, s sub, e stored, why string) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO outbox_parked (subscriber, seq, subject, error, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (subscriber, seq) DO NOTHING`, s.name, e.seq, e.subject, why, db.Millis(tx.Now))
	return err
}

// failed counts a failure: the event is tried again, alone and later, and
// parked in the end.
func (b *Bus) failed(ctx context.Context, s sub, at place, e stored, failed error) error {
	b.log.Error("an event could not be delivered", "subscriber", s.name, "event", e.seq, "try", at.tries+1, "err", failed)
	return b.db.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
		ours, err := b.take(ctx, tx, s, at.seq)
		if err != nil || !ours {
			return err
		}
		if at.tries+1 < maxTries {
			pause := time.Duration(0)
			if at.tries > 0 { // the first time the batch is only split
				pause = time.Duration(at.tries*at.tries) * 2 * time.Second
			}
			return b.move(ctx, tx, s, place{at.seq, at.tries + 1, tx.Now.Add(pause).UnixMilli()})
		}
		if err := b.park(ctx, tx, s, e, failed.Error()); err != nil {
			return err
		}
		return b.move(ctx, tx, s, place{seq: e.seq})
	})
}

// A Parked event waits for somebody to mend what it can't pass.
type Parked struct {
	Subscriber string
	Seq        int64
	Subject    ids.ID
	Error      string
	At         time.Time
}

// AllParked returns the parked events, the oldest first.
func AllParked(ctx context.Context, tx *db.Tx, limit int) ([]Parked, error) {
	return db.List(ctx, tx, func(s db.Scanner, p *Parked) error {
		var at int64
		err := s.Scan(&p.Subscriber, &p.Seq, &p.Subject, &p.Error, &at)
		p.At = db.Time(at)
		return err
	}, `SELECT subscriber, seq, subject, error, at FROM outbox_parked ORDER BY seq LIMIT $1`, limit)
}

// Retry delivers the parked events of a subscriber again, in order, and stops
// at the first that still fails.
func (b *Bus) Retry(ctx context.Context, subscriber string) error {
	for _, s := range b.subs {
		if s.name != subscriber {
			continue
		}
		var list []stored
		err := b.db.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) {
			list, err = db.List(ctx, tx, scanStored, `
				SELECT e.seq, e.subject, e.op, e.data FROM outbox_parked p JOIN outbox_event e ON e.seq = p.seq
				WHERE p.subscriber = $1 ORDER BY p.seq`, s.name)
			return err
		})
		if err != nil {
			return err
		}
		for _, e := range list {
			err := b.db.Write(ctx, db.Op{Why: s.why, Cause: e.op, Background: true}, func(tx *db.Tx) error {
				n, err := tx.Exec(ctx, `DELETE FROM outbox_parked WHERE subscriber = $1 AND seq = $2`, s.name, e.seq)
				if err != nil || n == 0 { // somebody else was quicker
					return err
				}
				return s.deliver(ctx, tx, []stored{e})
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// Purge deletes events from before a time that all their subscribers have read.
func (b *Bus) Purge(ctx context.Context, tx *db.Tx, before time.Time) error {
	read := map[string]int64{} // by event
	for _, s := range b.subs {
		at, _, err := db.Find(ctx, tx, db.One[int64], `SELECT seq FROM outbox_place WHERE subscriber = $1`, s.name)
		if err != nil {
			return err
		}
		if least, ok := read[s.event]; !ok || at < least {
			read[s.event] = at
		}
	}
	for event, seq := range read {
		_, err := tx.Exec(ctx, `
			DELETE FROM outbox_event WHERE name = $1 AND seq <= $2 AND at < $3
				AND seq NOT IN (SELECT seq FROM outbox_parked)`, event, seq, db.Millis(before))
		if err != nil {
			return err
		}
	}
	return nil
}
