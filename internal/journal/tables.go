package journal

import (
	"context"
	"slices"
	"strings"

	"github.com/akrab-crm/akrab/internal/db"
)

// A table is what an undo knows about a declared table.
type table struct {
	db.Table
	pos      int // in dependency order: parents have lower numbers
	key      []string
	cols     []db.Column // of the journal: without omitted ones, with created_op if there is one
	types    map[string]string
	required map[string]bool // "table.column" of those that can't be NULL, of all tables
	parent   *table
	hasRev   bool
	refs     map[string]*table // where each foreign key points
	users    []user            // who points here
}

// A user is a column that refers to a table.
type user struct {
	name string // of the table
	t    *table // nil if it is not declared
	col  string
}

// A layout is all declared tables.
type layout struct {
	tables []*table
	byName map[string]*table
}

// readLayout reads the declared tables from the schema as it is.
func readLayout(ctx context.Context, tx *db.Tx) (*layout, error) {
	l := &layout{byName: map[string]*table{}}
	required, err := tx.Required(ctx)
	if err != nil {
		return nil, err
	}
	for i, def := range tx.DB().Tables() {
		cols, err := tx.Columns(ctx, def.Name)
		if err != nil {
			return nil, err
		}
		t := newTable(def, cols)
		t.pos, t.required = i, required
		if t.parent = l.byName[def.Parent]; t.parent != nil {
			t.parent.users = append(t.parent.users, user{t.Name, t, t.key[0]})
			t.refs[t.key[0]] = t.parent
		}
		l.tables = append(l.tables, t)
		l.byName[def.Name] = t
	}
	keys, err := tx.ForeignKeys(ctx)
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		target := l.byName[k.Target]
		if target == nil {
			continue
		}
		from := l.byName[k.Table]
		if from != nil && from.refs[k.Column] == target {
			continue // known by its Parent
		}
		target.users = append(target.users, user{k.Table, from, k.Column})
		if from != nil {
			from.refs[k.Column] = target
		}
	}
	return l, nil
}

func newTable(def db.Table, cols []db.Column) *table {
	t := &table{Table: def, key: def.PrimaryKey(), types: map[string]string{}, refs: map[string]*table{}}
	for _, c := range cols {
		t.hasRev = t.hasRev || c.Name == "rev"
		if def.Omits(c.Name) && c.Name != "created_op" {
			continue
		}
		t.cols = append(t.cols, c)
		t.types[c.Name] = c.Type
	}
	return t
}

// record returns the table of the records that t's rows belong to.
func (t *table) record() *table {
	if t.parent != nil {
		return t.parent
	}
	return t
}

// single reports whether a row of t is a record of its own.
func (t *table) single() bool { return t.parent == nil && len(t.key) == 1 }

// own reports whether u is how the rows of a child table belong to t's records.
func (t *table) own(u user) bool { return u.t != nil && u.t.parent == t && u.col == u.t.key[0] }

// numbered reports whether t's rows are numbered within their parent.
func (t *table) numbered() bool {
	return t.parent != nil && len(t.key) == 2 && t.types[t.key[1]] == "BIGINT"
}

// names returns the columns, each after a prefix, separated by commas.
func names(cols []db.Column, prefix string) string {
	list := make([]string, len(cols))
	for i, c := range cols {
		list[i] = prefix + c.Name
	}
	return strings.Join(list, ", ")
}

// journaled returns the journaled tables that f wants, children before parents.
func (l *layout) journaled(f func(*table) bool) []*table {
	var list []*table
	for _, t := range slices.Backward(l.tables) {
		if t.Journal && f(t) {
			list = append(list, t)
		}
	}
	return list
}
