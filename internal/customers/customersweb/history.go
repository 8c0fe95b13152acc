package customersweb

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/journal/historyweb"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
)

// history shows what happened to a customer's fields.
func (p *Pages) history(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	return p.show(w, r, http.StatusOK, id, shown{tab: tabHistory})
}

func (p *recordPage) loadHistory(ctx context.Context, tx *db.Tx, r *ui.Req) error {
	var err error
	p.History, err = historyweb.Load(ctx, tx, r, historyweb.Record{ID: p.C.ID, Title: p.C.Title(), Href: p.href(), Learn: p.learn})
	return err
}

// A historyWording turns changes into words.
type historyWording struct {
	wording
}

// learn returns a wording that knows the names in the changes.
func (p *recordPage) learn(ctx context.Context, tx *db.Tx, list []journal.Change) (historyweb.Wording, error) {
	var owners, others []ids.ID
	for _, c := range list {
		for _, x := range []any{c.Was, c.Now} {
			id, ok := x.(ids.ID)
			switch {
			case !ok || id.IsZero():
			case c.Column == "owner_id":
				owners = append(owners, id)
			default:
				others = append(others, id)
			}
		}
	}
	users, err := team.Names(ctx, tx, owners)
	if err != nil {
		return nil, err
	}
	names, err := customers.Names(ctx, tx, others)
	w := &historyWording{wording{p.View, users, names}}
	return w.line, err
}

// partLabels names the tables of a customer's parts.
var partLabels = map[string]string{
	"customer_email": "customer.email", "customer_phone": "customer.phone", "customer_address": "record.address",
	"customer_handle": "record.handles", "customer_relation": "record.relations", "customer_consent": "record.consents",
	"customer_tag": "customer.tag", "customer_trait": "record.traits",
}

// columnLabels names the columns of parts that people know; that of the row's
// value is "", which means the part itself.
var columnLabels = map[string]string{
	"value": "", "tag": "", "label": "record.label", "state": "record.state", "is_primary": "record.primary", "network": "record.network",
	"street": "record.street", "village": "record.village", "district": "record.district", "city": "record.city", "province": "record.province",
	"postal_code": "record.postal_code", "country": "record.country", "other_id": "record.other", "kind": "record.relation", "role": "record.role",
	"title": "record.title", "department": "record.department", "from_date": "record.from", "to_date": "record.to",
	"channel": "record.consent.channel", "purpose": "record.consent.purpose", "granted": "record.consent", "source": "record.consent.source",
}

// rowColumns are the columns of table customer that fields are named otherwise than.
var rowColumns = map[string]string{"reseller": "roles"}

// line returns a change in words, or false for what people need not know.
func (w *historyWording) line(c journal.Change) (historyweb.Line, bool) {
	part := ""
	if key := partLabels[c.Table]; key != "" {
		part = w.T(key)
	} else if c.Table != "customer" {
		return historyweb.Line{}, false
	}
	switch c.Kind {
	case journal.Created:
		return historyweb.Line{Field: w.T("record.history.created")}, c.Why == "" // else the operation says it
	case journal.Added, journal.Restored:
		return historyweb.Line{Field: part, Added: orNothing(w.View, c.Label)}, part != ""
	case journal.Removed:
		return historyweb.Line{Field: part, Removed: orNothing(w.View, c.Label)}, part != ""
	}
	if part != "" {
		return w.partLine(part, c)
	}
	column := c.Column
	if name := rowColumns[column]; name != "" {
		column = name
	}
	label := fieldLabel(column)
	if label == "" {
		return historyweb.Line{}, false
	}
	return historyweb.Line{Field: w.T(label), Was: w.cell(column, c.Was), Now: w.cell(column, c.Now)}, true
}

func (w *historyWording) partLine(part string, c journal.Change) (historyweb.Line, bool) {
	label, ok := columnLabels[c.Column]
	if !ok {
		return historyweb.Line{}, false
	}
	if label != "" {
		part += ", " + strings.ToLower(w.T(label))
	}
	return historyweb.Line{Field: part, Was: w.cell(c.Table+"."+c.Column, c.Was), Now: w.cell(c.Table+"."+c.Column, c.Now)}, true
}

// cell returns what stood in a column, as people read it.
func (w *historyWording) cell(column string, v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		return w.yesNo(v)
	case ids.ID:
		if column == "owner_id" {
			return w.users[v]
		}
		return w.others[v]
	case string:
		return w.cellText(column, v)
	}
	return fmt.Sprint(v)
}

// choices of columns: the beginnings of their messages' keys.
var choiceKeys = map[string]string{
	"kind": "customer.kind.", "phase": "customer.phase.", "roles": "customer.reseller.",
	"customer_email.state": "customer.state.", "customer_phone.state": "customer.state.", "customer_address.state": "customer.state.",
	"customer_handle.state": "customer.state.", "customer_handle.network": "customer.network.", "customer_relation.kind": "record.relation.",
	"customer_consent.channel": "customer.channel.", "customer_consent.purpose": "customer.purpose.",
	"customer_email.label": "record.label.", "customer_phone.label": "record.label.", "customer_address.label": "record.label.",
}

func (w *historyWording) cellText(column, v string) string {
	if prefix := choiceKeys[column]; prefix != "" {
		return w.keyed(prefix, v)
	}
	return w.textOf(column, v)
}

// lookBack is how many rows of the journal are searched for the last change of phase.
const lookBack = 50

// A phaseChange is when and by whom a phase was chosen.
type phaseChange struct {
	at    time.Time
	actor string
}

// phaseSince finds out when the customer's phase was chosen last: nil if it is
// that of the beginning. It reports false if that is not known any more.
func phaseSince(ctx context.Context, tx *db.Tx, c *customers.Customer) (*phaseChange, bool, error) {
	if c.Rev == 1 {
		return nil, true, nil
	}
	x, found, whole, err := journal.LastUpdate(ctx, tx, c.ID, "customer", "phase", lookBack)
	if err != nil || !found {
		return nil, whole, err
	}
	return &phaseChange{x.At, x.ActorName}, true, nil
}
