// Package outbox carries events from one module to others, reliably.
//
// A module publishes an event in the transaction that caused it. Later each
// subscriber, at its own pace, sees every event of its type, at least once, in
// a transaction of its own in which its place in the stream moves too: a crash
// repeats both or neither. Events about one subject arrive in the order in
// which they were committed. An event that a subscriber can't take is set
// aside and tried again, and the later ones of its subject wait behind it; all
// others go on.
package outbox

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
)

//go:embed schema/*.sql
var schema embed.FS

// Module is the outbox's part of the database. Events are neither journaled
// nor exported: what they caused is.
var Module = db.Module{Name: "outbox", Schema: schema, Tables: []db.Table{
	{Name: "outbox_counter", Key: []string{"one"}, Private: true},
	{Name: "outbox_event", Key: []string{"seq"}, Private: true},
	{Name: "outbox_place", Key: []string{"subscriber"}, Private: true},
	{Name: "outbox_late", Key: []string{"subscriber", "seq"}, Private: true},
}}

// An Event is a fact that a module tells the others.
// It is stored as JSON: add fields freely, but never change their meaning.
type Event interface {
	// EventName returns the name under which events of this type are stored,
	// for example "sales.deal_won". It is a constant and never changes.
	EventName() string

	// EventSubject returns the record, usually the customer, whose events must
	// arrive in their order. The zero ID is for events without such an order.
	EventSubject() ids.ID
}

// buffer holds the events of a transaction until it commits.
type buffer struct {
	list   []pending
	failed error // of an event that can't be stored; the commit reports it
}

type pending struct {
	name, data string
	subject    ids.ID
}

// bufferKey is where a transaction keeps its buffer.
type bufferKey struct{}

// Publish records e as it is now, to be delivered once tx has committed.
// Events that nobody subscribes to are kept for a while too, for those who will.
func Publish(ctx context.Context, tx *db.Tx, e Event) {
	b, ok := tx.Local(bufferKey{}).(*buffer)
	if !ok {
		b = &buffer{}
		tx.SetLocal(bufferKey{}, b)
		tx.BeforeCommit(b.write)
	}
	data, err := json.Marshal(e)
	if err != nil && b.failed == nil {
		b.failed = fmt.Errorf("publish %s: %w", e.EventName(), err)
	}
	b.list = append(b.list, pending{e.EventName(), string(data), e.EventSubject()})
}

// write numbers the transaction's events and stores them. The counter's row
// stays locked from here to the commit, which follows at once: events are
// numbered in the order in which they are committed, without gaps.
func (b *buffer) write(ctx context.Context, tx *db.Tx) error {
	tx.SetLocal(bufferKey{}, nil) // what is published from here on has a buffer of its own
	if b.failed != nil {
		return b.failed
	}
	last, err := db.Get(ctx, tx, db.One[int64], `UPDATE outbox_counter SET n = n + $1 WHERE one = 1 RETURNING n`, len(b.list))
	if err != nil {
		return err
	}
	names := map[string]bool{}
	for i, e := range b.list {
		_, err := tx.Exec(ctx, `
			INSERT INTO outbox_event (seq, name, subject, op, actor, actor_name, data, at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			last-int64(len(b.list)-1-i), e.name, e.subject, tx.Op, tx.Who.User, tx.Who.Name, e.data, db.Millis(tx.Now))
		if err != nil {
			return err
		}
		names[e.name] = true
	}
	database := tx.DB()
	tx.AfterCommit(func() { wake(database, names) })
	return nil
}

// running are the buses of this process that deliver, to be woken when
// something is published.
var running struct {
	sync.Mutex
	buses map[*db.DB][]*Bus
}

func wake(d *db.DB, names map[string]bool) {
	running.Lock()
	defer running.Unlock()
	for _, b := range running.buses[d] {
		for _, s := range b.subs {
			if names[s.event] {
				s.wake()
			}
		}
	}
}

// Last returns the number of the latest event: of those that were committed
// before tx began, all have this one or a smaller, and of the others none has.
func Last(ctx context.Context, tx *db.Tx) (int64, error) {
	return db.Get(ctx, tx, db.One[int64], `SELECT n FROM outbox_counter WHERE one = 1`)
}

// Kept reports whether all events after the one of a number are still there.
func Kept(ctx context.Context, tx *db.Tx, after int64) (bool, error) {
	last, err := Last(ctx, tx)
	if err != nil {
		return false, err
	}
	n, err := db.Get(ctx, tx, db.One[int64], `SELECT COUNT(*) FROM outbox_event WHERE seq > $1`, after)
	return n == last-after, err
}

// Since calls f with each event of type E after the one of a number that is
// still there, in their order, delivered or not. It is for who looks back
// on all that came since some moment; others subscribe.
func Since[E Event](ctx context.Context, tx *db.Tx, after int64, f func(E)) error {
	var zero E
	return db.Each(ctx, tx, db.One[string], func(data *string) error {
		var e E
		if err := json.Unmarshal([]byte(*data), &e); err != nil {
			return fmt.Errorf("event %s: %w", zero.EventName(), err)
		}
		f(e)
		return nil
	}, `SELECT data FROM outbox_event WHERE name = $1 AND seq > $2 ORDER BY seq`, zero.EventName(), after)
}

// maxTries is how often an event is tried before it is parked.
const maxTries = 5

// Parked is an event that a subscriber could not take after several tries. The
// later ones of its subject wait behind it.
type Parked struct {
	Subscriber string
	Seq        int64  // number of the event
	Event      string // its name
	Subject    ids.ID
	Error      string // of the last try; for logs and administrators
	At         time.Time
	Behind     int // how many wait
}

func scanParked(s db.Scanner, p *Parked) error {
	var at int64
	err := s.Scan(&p.Subscriber, &p.Seq, &p.Event, &p.Subject, &p.Error, &at, &p.Behind)
	p.At = db.Time(at)
	return err
}

// AllParked returns the parked events, the oldest first.
func AllParked(ctx context.Context, tx *db.Tx, limit int) ([]Parked, error) {
	return db.List(ctx, tx, scanParked, `
		SELECT l.subscriber, l.seq, e.name, l.subject, l.error, e.at,
			(SELECT COUNT(*) FROM outbox_late b
			 WHERE b.subscriber = l.subscriber AND b.subject = l.subject AND b.seq > l.seq)
		FROM outbox_late l JOIN outbox_event e ON e.seq = l.seq
		WHERE l.tries >= $1
		ORDER BY l.seq, l.subscriber LIMIT $2 + 0`, maxTries, limit)
}

// Skip gives up an event that is set aside: the subscriber never gets it, and
// those behind it go on. It returns a NotFound error if the event is not set aside.
func Skip(ctx context.Context, tx *db.Tx, subscriber string, seq int64) error {
	n, err := tx.Exec(ctx, `DELETE FROM outbox_late WHERE subscriber = $1 AND seq = $2`, subscriber, seq)
	if err == nil && n == 0 {
		return errs.New(errs.NotFound, "error.not_found")
	}
	return err
}

// Waiting returns how many deliveries wait, those set aside included.
func Waiting(ctx context.Context, tx *db.Tx) (int, error) {
	return db.Get(ctx, tx, db.One[int], `
		SELECT (SELECT COUNT(*) FROM outbox_late) +
			(SELECT COUNT(*) FROM outbox_place p JOIN outbox_event e ON e.name = p.name AND e.seq > p.seq)`)
}

// Purge deletes up to a thousand of the oldest events that were published
// before the given time and that no subscriber waits for, and reports whether
// there may be more. A [Bus] that runs calls it.
func Purge(ctx context.Context, tx *db.Tx, before time.Time) (more bool, err error) {
	n, err := tx.Exec(ctx, `
		DELETE FROM outbox_event WHERE seq IN (
			SELECT e.seq FROM outbox_event e
			WHERE e.at < $1
				AND NOT EXISTS (SELECT 1 FROM outbox_place p WHERE p.name = e.name AND p.seq < e.seq)
				AND NOT EXISTS (SELECT 1 FROM outbox_late l WHERE l.seq = e.seq)
			ORDER BY e.seq LIMIT 1000)`, db.Millis(before))
	return n == 1000, err
}
