package listweb

import (
	"context"
	"slices"
	"strconv"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/ui"
)

// A Picker finds the records that a column refers to where there are too many
// to choose from: products, say. People type a few letters and choose one.
type Picker struct {
	// Suggest is the address that answers ?q= with <option>s.
	Suggest string

	// Placeholder is the key of the message that says what to type.
	Placeholder string

	// Meant returns the record that a text means, as it was suggested or typed:
	// the zero ID if that is none, or several.
	Meant func(ctx context.Context, tx *db.Tx, text string) (ids.ID, error)
}

// picker returns the picker of a column, nil for most.
func (t *Table[T]) picker(c *list.Column) *Picker {
	if t.Picker == nil || c.Type != list.Ref {
		return nil
	}
	return t.Picker(c)
}

// Resolve puts the records that are meant in the place of what somebody typed
// to name them. What means nothing stays: the form shows it with what is wrong,
// and the list refuses it.
func (t *Table[T]) Resolve(ctx context.Context, tx *db.Tx, tree list.Tree) (list.Tree, error) {
	if t.Picker == nil {
		return tree, nil
	}
	return t.resolve(ctx, tx, tree, t.Def.Columns)
}

func (t *Table[T]) resolve(ctx context.Context, tx *db.Tx, tree list.Tree, columns []list.Column) (list.Tree, error) {
	if k := t.Def.Kid(tree.Has); k != nil {
		columns = k.Columns
	}
	var err error
	tree.Parts = slices.Clone(tree.Parts)
	for i := range tree.Parts {
		if tree.Parts[i], err = t.resolve(ctx, tx, tree.Parts[i], columns); err != nil {
			return tree, err
		}
	}
	i := slices.IndexFunc(columns, func(c list.Column) bool { return c.Key == tree.Leaf.Column })
	if tree.Join != "" || i < 0 {
		return tree, nil
	}
	c := &columns[i]
	p := t.picker(c)
	if p == nil {
		return tree, nil
	}
	tree.Leaf, err = p.resolve(ctx, tx, c, tree.Leaf)
	return tree, err
}

// resolve returns a condition of the column c with the records that are meant.
func (p *Picker) resolve(ctx context.Context, tx *db.Tx, c *list.Column, f list.Filter) (list.Filter, error) {
	var values []string
	for _, v := range f.Values {
		if _, err := ids.Parse(v); err != nil {
			id, err := p.Meant(ctx, tx, v)
			if err != nil {
				return f, err
			}
			if !id.IsZero() {
				v = id.String()
			}
		}
		if !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	f.Values = values
	f.Op = few(c, f.Op, len(values))
	return f, nil
}

// learn finds what the records are called that conditions of g name, and which
// of them mean nothing.
func (t *Table[T]) learn(ctx context.Context, tx *db.Tx, v *ui.View, b *Builder, g *bgroup) error {
	for i, p := range g.parts {
		if p.group != nil {
			if err := t.learn(ctx, tx, v, b, p.group); err != nil {
				return err
			}
			continue
		}
		f, ok := b.field(g.has, p.leaf.Column)
		if !ok || f.Picker == nil {
			continue
		}
		for _, value := range p.leaf.Values {
			if _, err := ids.Parse(value); err != nil {
				b.wrong[g.at+"."+strconv.Itoa(i)] = v.T("listweb.pick.none")
				continue
			}
			if t.NameOf == nil || b.names[value] != "" {
				continue
			}
			name, err := t.NameOf(ctx, tx, f.column, value)
			if err != nil {
				return err
			}
			b.names[value] = name
		}
	}
	return nil
}

// picked are the records that a condition names, to be ticked off, and what was
// typed and means none. There are none of either where nothing is picked.
func (f *form) picked() (list []ui.Option, typed string) {
	if f.Picker == nil {
		return nil, ""
	}
	for _, value := range f.Values {
		if _, err := ids.Parse(value); err != nil {
			typed = value
			continue
		}
		name := f.names[value]
		if name == "" {
			name = "–"
		}
		list = append(list, ui.Option{Value: value, Label: name})
	}
	return list, typed
}
