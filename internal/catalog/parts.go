package catalog

import (
	"context"
	"slices"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
)

// Every part has a number N within its product, given when it is stored: it
// identifies the row, and 0 is a part that is not stored yet. Parts stand in
// order of their numbers.

// A Fact is a technical fact: a label and its value.
type Fact struct {
	N     int64
	Label string
	Value string
}

// A LinkKind says what another product is to one.
type LinkKind string

// The kinds of link.
const (
	Complement LinkKind = "complement" // goes with it
	Upgrade    LinkKind = "upgrade"    // is the better one
)

// field returns the list of the API in which links of the kind stand.
func (k LinkKind) field() string { return string(k) + "s" }

// A Link leads to another product.
type Link struct {
	N     int64
	Kind  LinkKind
	Other ids.ID
}

// A Picture is a picture of a product: a file of package activity.
type Picture struct {
	N     int64
	File  ids.ID
	Thumb ids.ID // the same, at most 640 pixels wide and high; zero if there is none
	Alt   string // what it shows, for those who can't see it
}

// Linked returns the products of one kind that p links to, in its order.
func (p *Product) Linked(kind LinkKind) []ids.ID {
	var list []ids.ID
	for _, l := range p.Links {
		if l.Kind == kind {
			list = append(list, l.Other)
		}
	}
	return list
}

// SetLinked makes list the products of one kind that p links to. Links that
// are there already stay the same rows.
func (p *Product) SetLinked(kind LinkKind, list []ids.ID) {
	var links []Link
	for _, l := range p.Links {
		if l.Kind != kind {
			links = append(links, l)
		}
	}
	for _, id := range list {
		link := Link{Kind: kind, Other: id}
		if i := slices.IndexFunc(p.Links, func(l Link) bool { return l.Kind == kind && l.Other == id }); i >= 0 {
			link.N = p.Links[i].N
		}
		links = append(links, link)
	}
	p.Links = links
}

// LinkedFrom returns the products that link to one by the given kind, at most limit.
func LinkedFrom(ctx context.Context, tx *db.Tx, id ids.ID, kind LinkKind, limit int) ([]ids.ID, error) {
	return db.List(ctx, tx, db.One[ids.ID], `
		SELECT product_id FROM product_link WHERE other_id = $1 AND kind = $2 ORDER BY product_id LIMIT $3`, id, kind, limit)
}

// checkLinks refuses links to products that don't exist.
func checkLinks(ctx context.Context, tx *db.Tx, p *Product) error {
	want := make([]ids.ID, len(p.Links))
	for i, l := range p.Links {
		want[i] = l.Other
	}
	found, err := db.ListIn(ctx, tx, db.One[ids.ID], want, `SELECT id FROM product WHERE id IN ($list)`)
	if err != nil {
		return err
	}
	var bad errs.List
	for _, l := range p.Links {
		if !slices.Contains(found, l.Other) {
			bad.Add(errs.InvalidField(l.Kind.field(), "product.not_found"))
		}
	}
	return bad.Err()
}

// part is what all kinds of part have in common: how their rows are read and written.
type part[P comparable] struct {
	list   func(p *Product) *[]P
	num    func(v *P) *int64
	cols   []string
	values func(v *P) []any // in the order of cols
	load   func(ctx context.Context, tx *db.Tx, list []ids.ID) ([]owned[P], error)
	copyTo func(ctx context.Context, tx *db.Tx, cols []string, next func() ([]any, bool)) error
	update func(ctx context.Context, tx *db.Tx, id ids.ID, v *P) error
	remove func(ctx context.Context, tx *db.Tx, id ids.ID, n int64) error
	clear  func(ctx context.Context, tx *db.Tx, list []ids.ID) error
}

// owned is a part with the product to which it belongs.
type owned[P any] struct {
	of ids.ID
	v  P
}

var facts = &part[Fact]{
	list:   func(p *Product) *[]Fact { return &p.Facts },
	num:    func(v *Fact) *int64 { return &v.N },
	cols:   []string{"label", "value"},
	values: func(v *Fact) []any { return []any{v.Label, v.Value} },
	load: func(ctx context.Context, tx *db.Tx, list []ids.ID) ([]owned[Fact], error) {
		return db.ListIn(ctx, tx, func(s db.Scanner, o *owned[Fact]) error { return s.Scan(&o.of, &o.v.N, &o.v.Label, &o.v.Value) }, list,
			`SELECT product_id, n, label, value FROM product_fact WHERE product_id IN ($list) ORDER BY product_id, n`)
	},
	copyTo: func(ctx context.Context, tx *db.Tx, cols []string, next func() ([]any, bool)) error {
		return tx.Copy(ctx, `product_fact`, cols, next)
	},
	update: func(ctx context.Context, tx *db.Tx, id ids.ID, v *Fact) error {
		_, err := tx.Exec(ctx, `UPDATE product_fact SET label = $3, value = $4 WHERE product_id = $1 AND n = $2`, id, v.N, v.Label, v.Value)
		return err
	},
	remove: func(ctx context.Context, tx *db.Tx, id ids.ID, n int64) error {
		_, err := tx.Exec(ctx, `DELETE FROM product_fact WHERE product_id = $1 AND n = $2`, id, n)
		return err
	},
	clear: func(ctx context.Context, tx *db.Tx, list []ids.ID) error {
		_, err := db.ExecIn(ctx, tx, list, `DELETE FROM product_fact WHERE product_id IN ($list)`)
		return err
	},
}

var links = &part[Link]{
	list:   func(p *Product) *[]Link { return &p.Links },
	num:    func(v *Link) *int64 { return &v.N },
	cols:   []string{"kind", "other_id"},
	values: func(v *Link) []any { return []any{string(v.Kind), v.Other} },
	load: func(ctx context.Context, tx *db.Tx, list []ids.ID) ([]owned[Link], error) {
		return db.ListIn(ctx, tx, func(s db.Scanner, o *owned[Link]) error { return s.Scan(&o.of, &o.v.N, &o.v.Kind, &o.v.Other) }, list,
			`SELECT product_id, n, kind, other_id FROM product_link WHERE product_id IN ($list) ORDER BY product_id, n`)
	},
	copyTo: func(ctx context.Context, tx *db.Tx, cols []string, next func() ([]any, bool)) error {
		return tx.Copy(ctx, `product_link`, cols, next)
	},
	update: func(ctx context.Context, tx *db.Tx, id ids.ID, v *Link) error {
		_, err := tx.Exec(ctx, `UPDATE product_link SET kind = $3, other_id = $4 WHERE product_id = $1 AND n = $2`, id, v.N, v.Kind, v.Other)
		return err
	},
	remove: func(ctx context.Context, tx *db.Tx, id ids.ID, n int64) error {
		_, err := tx.Exec(ctx, `DELETE FROM product_link WHERE product_id = $1 AND n = $2`, id, n)
		return err
	},
	clear: func(ctx context.Context, tx *db.Tx, list []ids.ID) error {
		_, err := db.ExecIn(ctx, tx, list, `DELETE FROM product_link WHERE product_id IN ($list)`)
		return err
	},
}

var pictures = &part[Picture]{
	list:   func(p *Product) *[]Picture { return &p.Pictures },
	num:    func(v *Picture) *int64 { return &v.N },
	cols:   []string{"file_id", "thumb_id", "alt"},
	values: func(v *Picture) []any { return []any{v.File, v.Thumb, v.Alt} },
	load: func(ctx context.Context, tx *db.Tx, list []ids.ID) ([]owned[Picture], error) {
		return db.ListIn(ctx, tx, func(s db.Scanner, o *owned[Picture]) error {
			return s.Scan(&o.of, &o.v.N, &o.v.File, &o.v.Thumb, &o.v.Alt)
		}, list,
			`SELECT product_id, n, file_id, thumb_id, alt FROM product_picture WHERE product_id IN ($list) ORDER BY product_id, n`)
	},
	copyTo: func(ctx context.Context, tx *db.Tx, cols []string, next func() ([]any, bool)) error {
		return tx.Copy(ctx, `product_picture`, cols, next)
	},
	update: func(ctx context.Context, tx *db.Tx, id ids.ID, v *Picture) error {
		_, err := tx.Exec(ctx, `UPDATE product_picture SET file_id = $3, thumb_id = $4, alt = $5 WHERE product_id = $1 AND n = $2`, id, v.N, v.File, v.Thumb, v.Alt)
		return err
	},
	remove: func(ctx context.Context, tx *db.Tx, id ids.ID, n int64) error {
		_, err := tx.Exec(ctx, `DELETE FROM product_picture WHERE product_id = $1 AND n = $2`, id, n)
		return err
	},
	clear: func(ctx context.Context, tx *db.Tx, list []ids.ID) error {
		_, err := db.ExecIn(ctx, tx, list, `DELETE FROM product_picture WHERE product_id IN ($list)`)
		return err
	},
}

// handler is a part without its type, for the loops over all of them.
type handler interface {
	read(ctx context.Context, tx *db.Tx, at map[ids.ID]*Product) error
	insert(ctx context.Context, tx *db.Tx, list []*Product) error
	sync(ctx context.Context, tx *db.Tx, old, p *Product) (changed bool, err error)
	delete(ctx context.Context, tx *db.Tx, list []ids.ID) error
	number(p *Product)
	copyList(p *Product)
}

var handlers = []handler{facts, links, pictures}

func (h *part[P]) read(ctx context.Context, tx *db.Tx, at map[ids.ID]*Product) error {
	want := make([]ids.ID, 0, len(at))
	for id, p := range at {
		want = append(want, id)
		*h.list(p) = nil
	}
	rows, err := h.load(ctx, tx, want)
	for _, r := range rows {
		list := h.list(at[r.of])
		*list = append(*list, r.v)
	}
	return err
}

func (h *part[P]) number(p *Product) {
	list := *h.list(p)
	for i := range list {
		*h.num(&list[i]) = int64(i + 1)
	}
}

func (h *part[P]) copyList(p *Product) { *h.list(p) = slices.Clone(*h.list(p)) }

func (h *part[P]) insert(ctx context.Context, tx *db.Tx, list []*Product) error {
	return h.put(ctx, tx, list, ids.ID{})
}

// put inserts the parts of products that are not in the table. op is the
// creating operation, zero if it is the product's own.
func (h *part[P]) put(ctx context.Context, tx *db.Tx, list []*Product, op ids.ID) error {
	some := slices.IndexFunc(list, func(p *Product) bool { return len(*h.list(p)) > 0 })
	if some < 0 {
		return nil
	}
	list = list[some:]
	cols := append([]string{"product_id", "n", "created_op"}, h.cols...)
	k := 0
	return h.copyTo(ctx, tx, cols, func() ([]any, bool) {
		for len(list) > 0 && k == len(*h.list(list[0])) {
			list, k = list[1:], 0
		}
		if len(list) == 0 {
			return nil, false
		}
		v := &(*h.list(list[0]))[k]
		k++
		return append([]any{list[0].ID, *h.num(v), op}, h.values(v)...), true
	})
}

// sync makes the stored parts of old those of p. Parts keep their rows by N;
// those with an unknown N are new. If they stand in another order than their
// numbers the numbers are dealt out anew.
func (h *part[P]) sync(ctx context.Context, tx *db.Tx, old, p *Product) (changed bool, err error) {
	before := map[int64]*P{}
	for i := range *h.list(old) {
		v := &(*h.list(old))[i]
		before[*h.num(v)] = v
	}
	h.renumber(before, *h.list(p))
	kept := map[int64]bool{}
	var added []P
	for i := range *h.list(p) {
		v := &(*h.list(p))[i]
		was := before[*h.num(v)]
		if was == nil {
			added = append(added, *v)
			continue
		}
		kept[*h.num(v)] = true
		if *was != *v {
			changed = true
			if err := h.update(ctx, tx, p.ID, v); err != nil {
				return true, err
			}
		}
	}
	for n := range before {
		if !kept[n] {
			changed = true
			if err := h.remove(ctx, tx, p.ID, n); err != nil {
				return true, err
			}
		}
	}
	if len(added) > 0 {
		changed = true
		only := Product{ID: p.ID}
		*h.list(&only) = added
		if err := h.put(ctx, tx, []*Product{&only}, tx.Op); err != nil {
			return true, err
		}
	}
	return changed, nil
}

// renumber gives the parts of list that are new numbers beyond those of before,
// and then all of them their numbers in ascending order.
func (h *part[P]) renumber(before map[int64]*P, list []P) {
	top := int64(0)
	for n := range before {
		top = max(top, n)
	}
	seen := map[int64]bool{}
	nums := make([]int64, len(list))
	for i := range list {
		n := *h.num(&list[i])
		if before[n] == nil || seen[n] {
			top++
			n = top
		}
		seen[n] = true
		nums[i] = n
	}
	slices.Sort(nums)
	for i := range list {
		*h.num(&list[i]) = nums[i]
	}
}

func (h *part[P]) delete(ctx context.Context, tx *db.Tx, list []ids.ID) error {
	return h.clear(ctx, tx, list)
}

// LoadParts fills in the parts of products that have none yet, such as rows of [List].
func LoadParts(ctx context.Context, tx *db.Tx, rows []Product) error {
	at := make(map[ids.ID]*Product, len(rows))
	for i := range rows {
		at[rows[i].ID] = &rows[i]
	}
	for _, h := range handlers {
		if err := h.read(ctx, tx, at); err != nil {
			return err
		}
	}
	return nil
}

func insertParts(ctx context.Context, tx *db.Tx, list []*Product) error {
	for _, h := range handlers {
		if err := h.insert(ctx, tx, list); err != nil {
			return err
		}
	}
	return nil
}

func syncParts(ctx context.Context, tx *db.Tx, old, p *Product) (changed bool, err error) {
	for _, h := range handlers {
		part, err := h.sync(ctx, tx, old, p)
		if err != nil {
			return true, err
		}
		changed = changed || part
	}
	return changed, nil
}

func deleteParts(ctx context.Context, tx *db.Tx, list []ids.ID) error {
	for _, h := range handlers {
		if err := h.delete(ctx, tx, list); err != nil {
			return err
		}
	}
	return nil
}

// number gives the parts of a product that is not stored yet their numbers.
func (p *Product) number() {
	for _, h := range handlers {
		h.number(p)
	}
}

// clone returns a copy of p that shares nothing that is changed in place.
func (p *Product) clone() Product {
	n := *p
	for _, h := range handlers {
		h.copyList(&n)
	}
	return n
}
