package activity

import (
	"context"
	"strings"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/outbox"
)

// Mentioned says that somebody wrote an entry whose text may name colleagues.
type Mentioned struct {
	Interaction ids.ID
	Customer    ids.ID
	By          ids.ID // who wrote it; zero for a machine
	Name        string // as they are called
}

// EventName implements [outbox.Event].
func (Mentioned) EventName() string { return "mentions.interaction" }

// EventSubject implements [outbox.Event].
func (e Mentioned) EventSubject() ids.ID { return e.Customer }

// mention tells that i names somebody, if it may. A private entry calls nobody.
func (i *Interaction) mention(ctx context.Context, tx *db.Tx) {
	if i.Private || !strings.Contains(i.Subject+i.Body+i.Promise, "@") {
		return
	}
	outbox.Publish(ctx, tx, Mentioned{Interaction: i.ID, Customer: i.Customer, By: tx.Who.User, Name: tx.Who.Name})
}
