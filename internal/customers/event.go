package customers

import (
	"context"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/outbox"
)

// Changed says that a customer was added, changed or taken away, or, if
// Customer is zero, that an operation did so with many.
type Changed struct {
	Customer ids.ID `json:"customer"`
	Op       ids.ID `json:"op"` // operation that changed them
}

// EventName implements [outbox.Event].
func (Changed) EventName() string { return "book.changed" }

// EventSubject implements [outbox.Event].
func (e Changed) EventSubject() ids.ID { return e.Customer }

// manyChanged is above how many customers of a transaction one event tells of
// all of them.
const manyChanged = 20

// told is whom tx has told of.
type told struct {
	each map[ids.ID]bool
	many bool
}

type toldKey struct{}

// changed publishes, once in tx, that customers are not as they were.
func changed(ctx context.Context, tx *db.Tx, list ...ids.ID) {
	t, ok := tx.Local(toldKey{}).(*told)
	if !ok {
		t = &told{each: map[ids.ID]bool{}}
		tx.SetLocal(toldKey{}, t)
	}
	if t.many {
		return
	}
	if t.many = len(t.each)+len(list) > manyChanged; t.many {
		outbox.Publish(ctx, tx, Changed{Op: tx.Op})
		return
	}
	for _, id := range list {
		if !t.each[id] {
			t.each[id] = true
			outbox.Publish(ctx, tx, Changed{Customer: id, Op: tx.Op})
		}
	}
}

func idsOf(list []*Customer) []ids.ID {
	all := make([]ids.ID, len(list))
	for i, c := range list {
		all[i] = c.ID
	}
	return all
}
