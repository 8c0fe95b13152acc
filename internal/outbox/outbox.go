// Package outbox carries events from one module to others, reliably.
//
// A module publishes an event in the transaction that caused it. Later each
// subscriber, at its own pace, gets every event of its type in order, at least
// once, in batches, in a transaction of its own. A subscriber must therefore be
// safe to call twice. What it changes is an operation whose cause is the
// publisher's, so that undoing that one undoes this one too.
//
// An event that a subscriber can't take is tried a few times, then parked
// together with the later events of its subject; the others go on.
package outbox

import (
	"context"
	"embed"
	"encoding/json"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
)

//go:embed schema/*.sql
var schema embed.FS

// Module is the outbox's part of the database.
var Module = db.Module{
	Name: "outbox", Schema: schema,
	Tables: []db.Table{
		{Name: "outbox_counter", Key: []string{"one"}, Private: true},
		{Name: "outbox_event", Key: []string{"seq"}, Private: true},
		{Name: "outbox_place", Key: []string{"subscriber"}, Private: true},
		{Name: "outbox_parked", Key: []string{"subscriber", "seq"}, Private: true},
	},
}

// An Event is a fact that a module tells the others.
// It is stored as JSON: add fields freely, but never change their meaning.
type Event interface {
	// EventName returns the name under which events of this type are stored,
	// for example "customers.changed". It never changes.
	EventName() string

	// EventSubject returns the record that the event is about: events of one
	// subject are delivered in order. The zero ID is no record.
	EventSubject() ids.ID
}

type buffer struct{ events []Event }

type bufferKey struct{}

// Publish records e, to be delivered once tx has been committed.
func Publish(ctx context.Context, tx *db.Tx, e Event) {
	b, ok := tx.Local(bufferKey{}).(*buffer)
	if !ok {
		b = &buffer{}
		tx.SetLocal(bufferKey{}, b)
		tx.BeforeCommit(b.write)
		database := tx.DB()
		tx.AfterCommit(func() { wake(database) })
	}
	b.events = append(b.events, e)
}

// write numbers the events and stores them. The counter's row stays locked
// only from here to the commit, which follows at once.
func (b *buffer) write(ctx context.Context, tx *db.Tx) error {
	n := int64(len(b.events))
	last, err := db.Get(ctx, tx, db.One[int64], `UPDATE outbox_counter SET n = n + $1 RETURNING n`, n)
	if err != nil {
		return err
	}
	for i, e := range b.events {
		data, err := json.Marshal(e)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO outbox_event (seq, name, subject, op, data, at) VALUES ($1, $2, $3, $4, $5, $6)`,
			last-n+1+int64(i), e.EventName(), e.EventSubject(), tx.Op, string(data), db.Millis(tx.Now))
		if err != nil {
			return err
		}
	}
	b.events = nil
	return nil
}
