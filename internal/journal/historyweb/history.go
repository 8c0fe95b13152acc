// Package historyweb shows what happened to a record: the tab "history" that
// every record's page has. The modules say what their tables and columns are
// called; who did what, when, and whether it can be taken back is told here.
package historyweb

import (
	"cmp"
	"context"
	"embed"
	"slices"
	"strconv"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/ui"
)

// Text holds the messages of this package, in text/id.json and text/en.json.
//
//go:embed text/*.json
var Text embed.FS

// Permissions of the pages of operations, to which the history leads.
const (
	permOperations = ui.Perm("operations.read")
	permUndo       = ui.Perm("operations.undo")
)

// size is how many rows of the journal a page of history tells of.
const size = 50

// A Line is one change in words.
type Line struct {
	Field, Was, Now string
	Added, Removed  string // what the row was called
}

// A Wording turns a change into words. It reports false for what people need
// not know.
type Wording func(c journal.Change) (Line, bool)

// A Record is whose history is shown.
type Record struct {
	ID    ids.ID
	Title string // what it is called now, for operations that don't name it
	Href  string // of its page; its history is at Href + "/history"

	// Learn returns the wording for some changes, having looked up the names of
	// the records in them.
	Learn func(ctx context.Context, tx *db.Tx, list []journal.Change) (Wording, error)
}

// A History is a page of it, the latest first.
type History struct {
	view  *ui.View
	ops   []operation
	older string // address of what was before; empty if that is all
}

// operation is what one operation did to the record.
type operation struct {
	id    ids.ID
	at    time.Time
	actor string
	what  string
	state string
	lines []Line
	mine  bool // the visitor did it
	undo  bool // the visitor may take it back
}

// Load reads the page of history that the request asks for.
func Load(ctx context.Context, tx *db.Tx, r *ui.Req, of Record) (*History, error) {
	list, next, err := journal.History(ctx, tx, of.ID, r.Int("before", 0), size)
	if err != nil {
		return nil, err
	}
	h := &History{view: r.View}
	if next != 0 {
		h.older = of.Href + "/history?before=" + strconv.FormatInt(next, 10)
	}
	word, err := of.Learn(ctx, tx, list)
	if err != nil {
		return nil, err
	}
	var wanted []ids.ID
	for _, c := range list {
		if !slices.Contains(wanted, c.Op) {
			wanted = append(wanted, c.Op)
		}
	}
	ops, err := journal.Find(ctx, tx, wanted)
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		if n := len(h.ops); n == 0 || h.ops[n-1].id != c.Op {
			h.ops = append(h.ops, h.operation(of.Title, c, ops))
		}
		at := &h.ops[len(h.ops)-1]
		if line, ok := word(c); ok {
			at.lines = append(at.lines, line)
		}
	}
	// What changed only what is derived tells people nothing.
	h.ops = slices.DeleteFunc(h.ops, func(o operation) bool { return len(o.lines) == 0 && o.what == "" })
	return h, nil
}

func (h *History) operation(title string, c journal.Change, ops map[ids.ID]journal.Operation) operation {
	v := h.view
	o := operation{id: c.Op, at: c.At, actor: cmp.Or(c.ActorName, v.T("history.system"))}
	if c.Why != "" && v.Has(c.Why) {
		o.what = v.T(c.Why, append(arguments(v, c.Args), "name", title)...) // the first of a name counts
	}
	op, ok := ops[c.Op]
	if !ok {
		return o
	}
	o.mine = !c.Actor.IsZero() && c.Actor == v.Who.User
	o.undo = journal.CanUndo(op, v.Now) == nil && (o.mine || v.May(permUndo))
	if op.State == journal.Undone {
		o.state = v.T("history.undone")
	}
	return o
}

// arguments returns the arguments of a message, in which numbers come from JSON.
func arguments(v *ui.View, args map[string]any) []any {
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
