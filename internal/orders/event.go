package orders

import (
	"context"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/outbox"
)

// Changed says that a customer's orders changed, or, if Customer is zero, those
// of many: an import or its undo.
type Changed struct {
	Customer ids.ID `json:"customer"`
	Op       ids.ID `json:"op"` // operation that changed them

	// Counted is true if the difference to the figures is stored already.
	Counted bool `json:"counted,omitempty"`
}

// EventName implements [outbox.Event].
func (Changed) EventName() string { return "orders.changed" }

// EventSubject implements [outbox.Event].
func (e Changed) EventSubject() ids.ID { return e.Customer }

// manyChanged is above how many customers one event says it of all.
const manyChanged = 20

// ChangedMany publishes one event for a whole operation. Imports call it, once.
func ChangedMany(ctx context.Context, tx *db.Tx) {
	outbox.Publish(ctx, tx, Changed{Op: tx.Op})
}

// publish tells of the customers whose orders tx changed, once each. Orders
// without a customer are told of too: the figures change with them.
func publish(ctx context.Context, tx *db.Tx, counted bool, customers ...ids.ID) {
	seen := map[ids.ID]bool{}
	var list []ids.ID
	for _, id := range customers {
		if !seen[id] && !id.IsZero() {
			seen[id] = true
			list = append(list, id)
		}
	}
	if len(list) == 0 || len(list) > manyChanged {
		list = []ids.ID{{}}
	}
	for _, id := range list {
		outbox.Publish(ctx, tx, Changed{Customer: id, Op: tx.Op, Counted: counted})
	}
}
