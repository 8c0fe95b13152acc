package customersweb

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
)

// Permissions of the pages of operations, which another package serves.
const (
	permOperations = ui.Perm("operations.read")
	permUndo       = ui.Perm("operations.undo")
)

// historySize is how many rows of the journal a page of history tells of.
const historySize = 50

// history shows what happened to a customer's fields.
func (p *Pages) history(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	return p.show(w, r, http.StatusOK, id, shown{tab: tabHistory})
}

// A historyOp is what one operation did to a customer.
type historyOp struct {
	ID    ids.ID
	At    time.Time
	Actor string
	What  string
	Lines []historyLine
	Mine  bool // the visitor did it
	Undo  bool // the visitor may take it back
	State string
}

// A historyLine is one change in words.
type historyLine struct {
	Field, Was, Now string
	Added, Removed  string // what the row was called
}

func (p *recordPage) loadHistory(ctx context.Context, tx *db.Tx, r *ui.Req) error {
	before := r.Int("before", 0)
	list, next, err := journal.History(ctx, tx, p.C.ID, before, historySize)
	if err != nil {
		return err
	}
	if next != 0 {
		p.Older = p.href() + "/history?before=" + strconv.FormatInt(next, 10)
	}
	words, err := p.historyWords(ctx, tx, list)
	if err != nil {
		return err
	}
	var wanted []ids.ID
	for _, c := range list {
		if !slices.Contains(wanted, c.Op) {
			wanted = append(wanted, c.Op)
		}
	}
	ops, err := journal.Find(ctx, tx, wanted)
	if err != nil {
		return err
	}
	for _, c := range list {
		if n := len(p.History); n == 0 || p.History[n-1].ID != c.Op {
			p.History = append(p.History, p.historyOp(c, ops))
		}
		at := &p.History[len(p.History)-1]
		if line, ok := words.line(c); ok {
			at.Lines = append(at.Lines, line)
		}
	}
	// What changed only what is derived tells people nothing.
	p.History = slices.DeleteFunc(p.History, func(o historyOp) bool { return len(o.Lines) == 0 && o.What == "" })
	return nil
}

func (p *recordPage) historyOp(c journal.Change, ops map[ids.ID]journal.Operation) historyOp {
	o := historyOp{ID: c.Op, At: c.At, Actor: p.actor(c.ActorName)}
	if c.Why != "" && p.Has(c.Why) {
		o.What = p.T(c.Why, append(argList(p.View, c.Args), "name", p.C.Title())...) // the first of a name counts
	}
	op, ok := ops[c.Op]
	if !ok {
		return o
	}
	o.Mine = !c.Actor.IsZero() && c.Actor == p.Who.User
	o.Undo = journal.CanUndo(op, p.Now) == nil && (o.Mine || p.May(permUndo))
	if op.State == journal.Undone {
		o.State = p.T("record.history.undone")
	}
	return o
}

// argList returns the arguments of a message, in which numbers come from JSON.
func argList(v *ui.View, args map[string]any) []any {
	var list []any
	for name, x := range args {
		if f, ok := x.(float64); ok {
			x = int64(f)
		}
		if s, ok := x.(string); ok && name == "kind" && v.Has("activity.kind."+s) {
			x = v.T("activity.kind." + s)
		}
		list = append(list, name, x)
	}
	return list
}

// A historyWording turns changes into words.
type historyWording struct {
	wording
}

// historyWords returns a wording that knows the names in the changes.
func (p *recordPage) historyWords(ctx context.Context, tx *db.Tx, list []journal.Change) (*historyWording, error) {
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
	return &historyWording{wording{p.View, users, names}}, err
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
func (w *historyWording) line(c journal.Change) (historyLine, bool) {
	part := ""
	if key := partLabels[c.Table]; key != "" {
		part = w.T(key)
	} else if c.Table != "customer" {
		return historyLine{}, false
	}
	switch c.Kind {
	case journal.Created:
		return historyLine{Field: w.T("record.history.created")}, c.Why == "" // else the operation says it
	case journal.Added, journal.Restored:
		return historyLine{Field: part, Added: orNothing(w.View, c.Label)}, part != ""
	case journal.Removed:
		return historyLine{Field: part, Removed: orNothing(w.View, c.Label)}, part != ""
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
		return historyLine{}, false
	}
	return historyLine{Field: w.T(label), Was: w.cell(column, c.Was), Now: w.cell(column, c.Now)}, true
}

func (w *historyWording) partLine(part string, c journal.Change) (historyLine, bool) {
	label, ok := columnLabels[c.Column]
	if !ok {
		return historyLine{}, false
	}
	if label != "" {
		part += ", " + strings.ToLower(w.T(label))
	}
	return historyLine{Field: part, Was: w.cell(c.Table+"."+c.Column, c.Was), Now: w.cell(c.Table+"."+c.Column, c.Now)}, true
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
	list, next, err := journal.History(ctx, tx, c.ID, 0, historySize)
	if err != nil {
		return nil, false, err
	}
	for _, x := range list {
		if x.Kind == journal.Updated && x.Table == "customer" && x.Column == "phase" {
			return &phaseChange{x.At, x.ActorName}, true, nil
		}
	}
	return nil, next == 0, nil
}
