package list

import (
	"context"
	"slices"
	"strings"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
)

// Apart says how the records of a [Kid] are found without joining its tables,
// where they are many: a record is an item (a line) of a head (an order), and
// about a thing (a product), which it may lack. The items of things come from
// one index, the heads' rows from another; what belongs together is put
// together here.
//
// It must mean the same as the Kid's From, Link and When.
type Apart struct {
	Item      piece // `order_line l`
	ItemWhen  piece // what must hold of items: `l.quantity > 0`
	ItemHead  piece // `l.order_id`
	ItemThing piece // `l.product_id`
	Head      piece // `sales_order o`; the kid's Link is one of its columns
	HeadWhen  piece // what must hold of heads, and that Link is not NULL
	HeadID    piece // `o.id`
	Thing     piece // `product g`
	ThingID   piece // `g.id`

	// Heads returns how many heads there are, which is known without counting.
	Heads func(ctx context.Context, tx *db.Tx) (int64, error)
}

// mostThings is of which part of the things, one in so many, items are looked up.
// Where more are meant, so are many items, and all are read.
const mostThings = 8

// thinned is how many ids are collected before those that were found twice are
// left out.
const thinned = 1 << 20

// apart is a condition on a kid's records by the tables that it asks.
type apart struct {
	*Apart
	link               piece
	item, head, things Cond
	denied             Cond // of things whose items are not meant; those of others are, and those of none
	named              bool // items are asked for by their thing's id
	some               Cond // of head, what an index finds
}

// splitKid parts n's condition by tables. It returns nil if that can't be done,
// or if nothing is asked of items and things.
func (p *plan) splitKid(n *node) *apart {
	if n.kid.Apart == nil || n.join != All {
		return nil
	}
	a := &apart{Apart: n.kid.Apart, link: n.kid.Link}
	items, heads := []Cond{cond(string(a.ItemWhen))}, []Cond{cond(string(a.HeadWhen))}
	var things, others []Cond // that what has no thing doesn't meet, and does
	for i := range n.parts {
		part := &n.parts[i]
		if part.join != "" {
			return nil
		}
		t := &part.leaf
		switch x := t.column.SQL; {
		case inTable(x, a.Thing):
			switch {
			case t.sharp.text == "":
			case needsValue(t.op):
				things = append(things, t.sharp)
			default:
				others = append(others, t.sharp)
			}
		case inTable(x, a.Head):
			heads = append(heads, t.sharp)
			if slices.ContainsFunc(n.kid.Fast, func(w Way) bool { return w.Column == t.column.Key }) && needsValue(t.op) {
				a.some = and(a.some, t.sharp)
			}
		default:
			items = append(items, t.sharp)
			a.named = a.named || x == a.ItemThing && (t.op == Eq || t.op == In)
		}
	}
	switch {
	case len(things) > 0:
		a.things = and(append(things, others...)...)
	case len(others) > 0:
		a.denied = not(and(others...))
	case len(items) == 1:
		return nil
	}
	a.item, a.head = and(items...), and(heads...)
	return a
}

// inTable reports whether an expression is a column of a table.
func inTable(x, table piece) bool {
	words := strings.Fields(string(table))
	return strings.HasPrefix(string(x), words[len(words)-1]+".")
}

// needsValue reports whether nothing that has no value meets the operator.
func needsValue(op Op) bool { return op != Ne && op != Nin && op != Empty }

// gatherApart returns the rows with a record that meets n, by reading each
// table alone, if that can be done.
func (p *plan) gatherApart(ctx context.Context, tx *db.Tx, n *node) (list []ids.ID, done bool, err error) {
	a := p.splitKid(n)
	if a == nil {
		return nil, false, nil
	}
	if a.things.text == "" && !a.named { // all items are read
		if _, few, err := p.fewOfKid(ctx, tx, n, manyKids); few || err != nil {
			return nil, false, err
		}
	}
	heads, err := a.heads(ctx, tx)
	if err != nil {
		return nil, false, err
	}
	list, err = a.owners(ctx, tx, heads)
	return list, true, err
}

// heads returns the ids, in order, of the heads that may have an item that is
// meant, as far as indexes alone tell.
func (a *apart) heads(ctx context.Context, tx *db.Tx) (list []ids.ID, err error) {
	switch {
	case a.things.text != "":
		list, err = a.headsOfThings(ctx, tx)
	case a.named && a.denied.text == "":
		list, err = readInto(ctx, tx, nil, a.ItemHead, a.Item, a.item)
	default:
		list, err = a.headsOfOthers(ctx, tx)
	}
	if err != nil {
		return nil, err
	}
	list = inOrder(list)
	if a.some.text == "" {
		return list, nil
	}
	n, err := countUpTo("1", a.Head, a.some, manyKids+1).count(ctx, tx)
	if err != nil || n > manyKids {
		return list, err
	}
	found, err := readInto(ctx, tx, nil, a.HeadID, a.Head, a.some)
	return common(list, inOrder(found)), err
}

// headsOfThings returns the heads of items of the things that are meant.
func (a *apart) headsOfThings(ctx context.Context, tx *db.Tx) (list []ids.ID, err error) {
	things, err := readInto(ctx, tx, nil, a.ThingID, a.Thing, a.things)
	if err != nil {
		return nil, err
	}
	all, err := countUpTo("1", a.Thing, Cond{}, 0).count(ctx, tx)
	if err != nil {
		return nil, err
	}
	if int64(len(things)) > all/mostThings {
		meant := members(things)
		return a.headsOfItems(ctx, tx, func(thing *ids.ID) bool { return meant[*thing] })
	}
	for part := range slices.Chunk(things, maxValues) {
		if list, err = readInto(ctx, tx, list, a.ItemHead, a.Item, and(oneOf(a.ItemThing, values(part)), a.item)); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// headsOfOthers returns the heads of items of other things than those denied, or
// of none.
func (a *apart) headsOfOthers(ctx context.Context, tx *db.Tx) ([]ids.ID, error) {
	if a.denied.text == "" {
		return a.headsOfItems(ctx, tx, func(*ids.ID) bool { return true })
	}
	things, err := readInto(ctx, tx, nil, a.ThingID, a.Thing, a.denied)
	if err != nil {
		return nil, err
	}
	denied := members(things)
	return a.headsOfItems(ctx, tx, func(thing *ids.ID) bool { return !denied[*thing] })
}

// headsOfItems reads all items in order of their heads, and returns those of
// items whose thing, zero for none, is meant.
func (a *apart) headsOfItems(ctx context.Context, tx *db.Tx, meant func(thing *ids.ID) bool) (list []ids.ID, err error) {
	text, args := a.item.SQL(1)
	var head, thing ids.ID
	err = db.StreamGenerated(ctx, tx, func(r db.Row) error {
		if r.ID(0, &head); len(list) > 0 && head == list[len(list)-1] {
			return nil
		}
		if r.ID(1, &thing); meant(&thing) {
			list = append(list, head)
		}
		return nil
	}, db.Generate("SELECT "+string(a.ItemHead)+", "+string(a.ItemThing)+" FROM "+string(a.Item)+" WHERE "+text+" ORDER BY "+string(a.ItemHead)), args...)
	return list, err
}

func members(list []ids.ID) map[ids.ID]bool {
	m := make(map[ids.ID]bool, len(list))
	for _, id := range list {
		m[id] = true
	}
	return m
}

func values(list []ids.ID) []any {
	all := make([]any, len(list))
	for i, id := range list {
		all[i] = id
	}
	return all
}

// lookup is how many times as long it takes to look a head up as to read one
// of all.
const lookup = 6

// owners returns the rows to which those of the given heads belong that are meant.
func (a *apart) owners(ctx context.Context, tx *db.Tx, heads []ids.ID) ([]ids.ID, error) {
	all, err := a.Heads(ctx, tx)
	if err != nil {
		return nil, err
	}
	if int64(len(heads)) > all/lookup {
		return a.walk(ctx, tx, heads)
	}
	return a.look(ctx, tx, heads)
}

// look looks heads up and returns whose they are.
func (a *apart) look(ctx context.Context, tx *db.Tx, heads []ids.ID) (list []ids.ID, err error) {
	for part := range slices.Chunk(heads, maxValues) {
		if list, err = readInto(ctx, tx, list, a.link, a.Head, and(oneOf(a.HeadID, values(part)), a.head)); err != nil {
			return nil, err
		}
	}
	return inOrder(list), nil
}

// walk reads all heads in order of their ids and returns whose those of the
// list are.
func (a *apart) walk(ctx context.Context, tx *db.Tx, heads []ids.ID) ([]ids.ID, error) {
	text, args := a.head.SQL(1)
	var list []ids.ID
	var id, of ids.ID
	err := db.StreamGenerated(ctx, tx, func(r db.Row) error {
		r.ID(0, &id)
		for len(heads) > 0 && compare(&heads[0], &id) < 0 {
			heads = heads[1:]
		}
		if len(heads) > 0 && heads[0] == id {
			r.ID(1, &of)
			list = append(list, of)
		}
		return nil
	}, db.Generate("SELECT "+string(a.HeadID)+", "+string(a.link)+" FROM "+string(a.Head)+" WHERE "+text+" ORDER BY "+string(a.HeadID)), args...)
	return inOrder(list), err
}

// readInto appends the ids of a query to list, now and then without those that
// it holds already.
func readInto(ctx context.Context, tx *db.Tx, list []ids.ID, id, from piece, where Cond) ([]ids.ID, error) {
	text, args := where.SQL(1)
	var v ids.ID
	err := db.StreamGenerated(ctx, tx, func(r db.Row) error {
		r.ID(0, &v)
		if len(list) == cap(list) && len(list) >= thinned {
			list = inOrder(list)
		}
		list = append(list, v)
		return nil
	}, db.Generate("SELECT "+string(id)+" FROM "+string(from)+" WHERE "+text), args...)
	return list, err
}

// inOrder sorts ids and leaves each in once.
func inOrder(list []ids.ID) []ids.ID {
	byID := func(a, b ids.ID) int { return compare(&a, &b) }
	if !slices.IsSortedFunc(list, byID) {
		slices.SortFunc(list, byID)
	}
	return slices.Compact(list)
}
