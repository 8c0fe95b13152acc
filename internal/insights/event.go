package insights

import (
	"context"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/outbox"
)

// Changed says that a customer's facts were made anew, or, if Customer is zero,
// those of many.
type Changed struct {
	Customer ids.ID `json:"customer"`
	Op       ids.ID `json:"op"` // operation because of which; zero if there is none, or many
}

// EventName implements [outbox.Event].
func (Changed) EventName() string { return "insights.changed" }

// EventSubject implements [outbox.Event].
func (e Changed) EventSubject() ids.ID { return e.Customer }

// manyChanged is above how many customers one event tells of all of them.
const manyChanged = 20

// publish tells whose facts changed.
func publish(ctx context.Context, tx *db.Tx, list []ids.ID, op ids.ID) {
	if len(list) > manyChanged {
		list = []ids.ID{{}}
	}
	for _, id := range list {
		outbox.Publish(ctx, tx, Changed{Customer: id, Op: op})
	}
}
