package activity

import (
	"context"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/outbox"
)

// Talked says that a customer spoke with the company.
type Talked struct {
	Customer ids.ID
}

// EventName implements [outbox.Event].
func (Talked) EventName() string { return "talks.customer" }

// EventSubject implements [outbox.Event].
func (e Talked) EventSubject() ids.ID { return e.Customer }

// talk tells that i is a conversation, if it is one. A note is talk among
// colleagues, and what was sent and not answered is none. (Package insights
// finds conversations by the same words in SQL.)
func (i *Interaction) talk(ctx context.Context, tx *db.Tx) {
	switch i.Kind {
	case Call, Meeting, Visit, Chat, Form:
	case Note:
		return
	default:
		if i.Direction != In {
			return
		}
	}
	outbox.Publish(ctx, tx, Talked{Customer: i.Customer})
}
