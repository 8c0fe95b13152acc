package catalogweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/ui"
)

// Permissions of the pages of operations, which another package serves.
const (
	permOperations = ui.Perm("operations.read")
	permUndo       = ui.Perm("operations.undo")
)

// historySize is how many rows of the journal a page of history tells of.
const historySize = 50

// history shows what happened to a product's fields.
func (p *Pages) history(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	return p.show(w, r, http.StatusOK, id, shown{tab: tabHistory})
}

// A historyOp is what one operation did to a product.
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

func (p *recordPage) loadHistory(ctx context.Context, tx *db.Tx) error {
	list, next, err := journal.History(ctx, tx, p.C.ID, p.r.Int("before", 0), historySize)
	if err != nil {
		return err
	}
	if next != 0 {
		p.Older = p.href() + "/history?before=" + strconv.FormatInt(next, 10)
	}
	var wanted, others []ids.ID
	for _, c := range list {
		if !slices.Contains(wanted, c.Op) {
			wanted = append(wanted, c.Op)
		}
		for _, x := range []any{c.Was, c.Now} {
			if id, ok := x.(ids.ID); ok {
				others = append(others, id)
			}
		}
	}
	ops, err := journal.Find(ctx, tx, wanted)
	if err != nil {
		return err
	}
	names, err := catalog.Names(ctx, tx, others)
	if err != nil {
		return err
	}
	for _, c := range list {
		if n := len(p.History); n == 0 || p.History[n-1].ID != c.Op {
			p.History = append(p.History, p.historyOp(c, ops))
		}
		at := &p.History[len(p.History)-1]
		if line, ok := p.historyLine(c, names); ok {
			at.Lines = append(at.Lines, line)
		}
	}
	return nil
}

func (p *recordPage) historyOp(c journal.Change, ops map[ids.ID]journal.Operation) historyOp {
	o := historyOp{ID: c.Op, At: c.At, Actor: c.ActorName, What: p.T("products.history.change")}
	if o.Actor == "" {
		o.Actor = p.T("products.history.system")
	}
	if c.Why != "" && p.Has(c.Why) {
		args := []any{"name", p.title()}
		if n, ok := c.Args["n"].(float64); ok {
			args = append(args, "n", int64(n))
		}
		o.What = p.T(c.Why, args...)
	}
	op, ok := ops[c.Op]
	if !ok {
		return o
	}
	o.Mine = !c.Actor.IsZero() && c.Actor == p.Who.User
	o.Undo = journal.CanUndo(op, p.Now) == nil && (o.Mine || p.May(permUndo))
	if op.State == journal.Undone {
		o.State = p.T("products.history.undone")
	}
	return o
}

// partLabels names the tables of a product's parts.
var partLabels = map[string]string{
	"product_fact": "product.facts", "product_link": "product.links", "product_picture": "product.pictures",
}

// columnLabels names the columns that people know.
var columnLabels = map[string]string{
	"code": "product.code", "name_id": "product.name_id", "name_en": "product.name_en", "family": "product.family", "tier": "product.tier",
	"unit": "product.unit", "price": "product.price", "cost": "product.cost", "currency": "product.currency", "tax": "product.tax",
	"description_id": "product.description_id", "description_en": "product.description_en", "archived": "product.archived",
	"label": "product.facts", "value": "product.facts", "other_id": "product.links", "alt": "products.pictures.alt",
}

// historyLine returns a change in words, or false for what people need not know.
func (p *recordPage) historyLine(c journal.Change, names map[ids.ID]string) (historyLine, bool) {
	part := partLabels[c.Table]
	if part == "" && c.Table != "product" {
		return historyLine{}, false
	}
	switch c.Kind {
	case journal.Created:
		return historyLine{}, false // the operation says it
	case journal.Added, journal.Restored:
		return historyLine{Field: p.T(orElse(part, "products.title")), Added: p.rowName(c)}, part != ""
	case journal.Removed:
		return historyLine{Field: p.T(orElse(part, "products.title")), Removed: p.rowName(c)}, part != ""
	}
	label := columnLabels[c.Column]
	if label == "" {
		return historyLine{}, false
	}
	return historyLine{Field: p.T(label), Was: p.historyValue(c.Column, c.Was, names), Now: p.historyValue(c.Column, c.Now, names)}, true
}

// rowName returns what a row that came or went is called.
func (p *recordPage) rowName(c journal.Change) string {
	switch {
	case c.Label != "":
		return c.Label
	case c.Table == "product_link":
		return p.T("products.history.link")
	}
	return p.T("products.history.picture")
}

// historyValue writes what stood in a column.
func (p *recordPage) historyValue(column string, x any, names map[ids.ID]string) string {
	switch x := x.(type) {
	case string:
		return x
	case bool:
		if x {
			return p.T("list.yes")
		}
		return p.T("list.no")
	case ids.ID:
		return names[x]
	case int64:
		if column == "tax" {
			return rateText(p.View, &x)
		}
		return p.Price(money.Price(x), "")
	}
	return ""
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
