package customersweb

import (
	"context"
	"strings"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
)

// sideEntries is how many entries of the timeline stand beside the list.
const sideEntries = 6

// sideCard is a customer beside the list: who they are, how to address and to
// reach them, what was promised and what was said last.
type sideCard struct {
	recordPage
	Entries []activity.Interaction
}

// side reads what stands beside the list about a customer.
func (p *listPage) side(ctx context.Context, tx *db.Tx, r *ui.Req, id ids.ID) (*ui.SideCard, error) {
	c, err := customers.Get(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	card := &sideCard{recordPage: recordPage{View: r.View, C: c}}
	if !c.Owner.IsZero() {
		names, err := team.Names(ctx, tx, []ids.ID{c.Owner})
		if err != nil {
			return nil, err
		}
		card.Owner = names[c.Owner]
	}
	if r.View.May(permActivity) {
		if err := card.loadPromises(ctx, tx); err != nil {
			return nil, err
		}
		page, err := activity.Timeline(ctx, tx, id, activity.Place{}, activity.Filter{Limit: sideEntries})
		if err != nil {
			return nil, err
		}
		card.Entries = page.Items
	}
	p.Side = card
	return &ui.SideCard{Title: c.Title(), Href: href(id), Body: card.card()}, nil
}

// headline returns what an entry is about, in a line.
func headline(i *activity.Interaction) string {
	if i.Subject != "" {
		return i.Subject
	}
	line, _, _ := strings.Cut(strings.TrimSpace(i.Body), "\n")
	return line
}

// late reports whether a promise should have been kept by now.
func (p *sideCard) late(i *activity.Interaction) bool { return !i.Due.IsZero() && i.Due.Before(p.Now) }
