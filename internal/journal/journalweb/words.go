package journalweb

import (
	"context"
	"slices"
	"strings"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/ui"
)

// A wording says in words what operations did.
type wording struct {
	*ui.View
	names map[ids.ID]string            // of records
	kinds map[ids.ID]Kind              // of the records that have names
	ops   map[ids.ID]journal.Operation // that others undo
}

// learn returns a wording for the given operations, which also knows the names
// of some more records.
func (p *Pages) learn(ctx context.Context, tx *db.Tx, v *ui.View, list []journal.Operation, records ...ids.ID) (*wording, error) {
	w := &wording{View: v, ops: map[ids.ID]journal.Operation{}}
	for todo := list; len(todo) > 0; {
		var wanted []ids.ID
		for i := range todo {
			if o := &todo[i]; !o.Subject.IsZero() {
				records = append(records, o.Subject)
			}
			if id := todo[i].UndoOf; !id.IsZero() && !slices.Contains(wanted, id) {
				wanted = append(wanted, id)
			}
		}
		found, err := journal.Find(ctx, tx, wanted)
		if err != nil {
			return nil, err
		}
		todo = nil
		for id, o := range found {
			if _, ok := w.ops[id]; !ok {
				w.ops[id] = o
				todo = append(todo, o)
			}
		}
	}
	return w, w.name(ctx, tx, p.Kinds, records)
}

// name finds out what people call records, of whatever table.
func (w *wording) name(ctx context.Context, tx *db.Tx, kinds map[string]Kind, list []ids.ID) error {
	w.names, w.kinds = map[ids.ID]string{}, map[ids.ID]Kind{}
	slices.SortFunc(list, func(a, b ids.ID) int { return slices.Compare(a[:], b[:]) })
	list = slices.Compact(list)
	for _, k := range kinds {
		if k.Names == nil || len(list) == 0 {
			continue
		}
		found, err := k.Names(ctx, tx, list)
		if err != nil {
			return err
		}
		for id, name := range found {
			w.names[id], w.kinds[id] = name, k
		}
	}
	return nil
}

// what says what an operation did: of one that undoes another, which.
func (w *wording) what(op *journal.Operation) string {
	first, times := w.first(op)
	text := w.plain(&first)
	switch {
	case times == 0:
		return text
	case times%2 == 1:
		return w.T("operations.undo_of", "what", text)
	}
	return w.T("operations.redo_of", "what", text)
}

// first returns the operation that op undoes or does again, and how many times
// it has been undone or done again with op. For any other it is op itself.
func (w *wording) first(op *journal.Operation) (at journal.Operation, times int) {
	at = *op
	for !at.UndoOf.IsZero() {
		next, ok := w.ops[at.UndoOf]
		if !ok {
			break // forgotten: it is older than history is kept
		}
		at, times = next, times+1
	}
	return at, times
}

// plain is the message of an operation.
func (w *wording) plain(op *journal.Operation) string {
	if !w.Has(op.Why) {
		return w.T("operations.change")
	}
	var args []any
	for name, x := range op.Args {
		switch v := x.(type) {
		case float64: // as JSON has numbers
			x = int64(v)
		case string:
			if name == "kind" && w.Has("activity.kind."+v) {
				x = w.T("activity.kind." + v)
			}
		}
		args = append(args, name, x)
	}
	if _, ok := op.Args["name"]; !ok {
		name := w.names[op.Subject]
		if name == "" {
			name = w.T("operations.unnamed")
		}
		args = append(args, "name", name)
	}
	return w.T(op.Why, args...)
}

func (w *wording) actor(op *journal.Operation) string {
	if op.ActorName == "" {
		return w.T("operations.system")
	}
	return op.ActorName
}

// table names a table as people know it.
func (w *wording) table(name string) string {
	if key := "journal.table." + name; w.Has(key) {
		return w.T(key)
	}
	return readable(name)
}

// column names a column as people know it.
func (w *wording) column(table, name string) string {
	for _, key := range []string{"journal.column." + table + "." + name, "journal.column." + name} {
		if w.Has(key) {
			return w.T(key)
		}
	}
	return readable(name)
}

// readable makes words of a name in the database: "postal_code" is "Postal code".
func readable(name string) string {
	s := strings.ReplaceAll(strings.TrimSuffix(name, "_id"), "_", " ")
	if s == "" {
		return name
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// recordHref returns the address of a record's page; "" if it has none.
func (w *wording) recordHref(id ids.ID) string {
	if k := w.kinds[id]; k.Href != nil {
		return k.Href(id)
	}
	return ""
}
