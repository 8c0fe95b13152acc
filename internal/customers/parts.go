package customers

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
)

// A State says what is known of a contact point.
type State string

// The states.
const (
	Unverified State = "unverified"
	Verified   State = "verified"
	Unusable   State = "invalid"   // it does not work: bounced, not in service, not a number
	OptedOut   State = "opted_out" // they do not want to be reached there
)

// States lists the states.
var States = []State{Unverified, Verified, Unusable, OptedOut}

// Channels lists the ways to reach a customer.
var Channels = []string{"phone", "whatsapp", "email", "sms", "letter", "visit"}

// Purposes lists what consent is asked for.
var Purposes = []string{"marketing", "service", "survey"}

// Every part has a number N within its customer, given when it is stored: it
// identifies the row, and 0 is a part that is not stored yet.

// An Email is an e-mail address of a customer.
type Email struct {
	N       int64
	Value   string // as typed
	Key     string // folded for equality; derived
	Label   string
	Primary bool
	State   State
}

// A Phone is a telephone number of a customer.
type Phone struct {
	N       int64
	Value   string // as typed
	E164    string // derived; empty if Value could not be read as a number of the world
	Key     string // digits that are searched; derived
	Label   string
	Primary bool
	State   State
}

// An Address is a postal address, in Indonesian levels.
type Address struct {
	N        int64
	Label    string
	Street   string
	Village  string // kelurahan or desa
	District string // kecamatan
	City     string // kabupaten or kota
	Province string
	Postcode string
	Country  string
	Primary  bool
	State    State
}

// A Handle is a web site or an account in a network.
type Handle struct {
	N       int64
	Network string // one of Networks
	Value   string
	Key     string // derived
	Primary bool
	State   State
}

// Networks lists the networks of handles.
var Networks = []string{"website", "instagram", "facebook", "tiktok", "x", "linkedin", "telegram", "line", "whatsapp", "other"}

// A RelationKind says what a customer is to another one.
type RelationKind string

// The kinds of relation.
const (
	Member   RelationKind = "member"    // a person in an organisation or a household
	ServedBy RelationKind = "served_by" // an end customer of a reseller, dealer or agent
)

// A Relation ties a customer to another one.
type Relation struct {
	N          int64
	Kind       RelationKind
	Other      ids.ID
	Role       string
	Title      string
	Department string
	From, To   string // YYYY-MM-DD or empty
	Primary    bool
}

// A Consent is what a customer agreed to or refused, with its proof.
type Consent struct {
	N       int64
	Channel string
	Purpose string
	Granted bool
	Source  string
	At      time.Time
}

// A Tag is a word by which customers are grouped.
type Tag struct {
	N     int64
	Value string
	Key   string // derived
}

// A Trait is a characteristic: a label and its value.
type Trait struct {
	N     int64
	Label string
	Value string
}

// part is what all kinds of part have in common: how their rows are read and
// written. P is the row, with its customer's ID.
type part[P any] struct {
	bit  int64
	list func(c *Customer) *[]P
	num  func(p *P) *int64
	// load returns the parts of the given customers by customer and number.
	load   func(ctx context.Context, tx *db.Tx, list []ids.ID) ([]owned[P], error)
	cols   []string
	values func(p *P) []any // in the order of cols
	copyTo func(ctx context.Context, tx *db.Tx, cols []string, next func() ([]any, bool)) error
	update func(ctx context.Context, tx *db.Tx, id ids.ID, p *P) error
	remove func(ctx context.Context, tx *db.Tx, id ids.ID, n int64) error
	clear  func(ctx context.Context, tx *db.Tx, list []ids.ID) error
}

// owned is a part with the customer to whom it belongs.
type owned[P any] struct {
	of ids.ID
	p  P
}

// handler is a part without its type, for the loops over all of them.
type handler interface {
	read(ctx context.Context, tx *db.Tx, at map[ids.ID]*Customer, order []ids.ID) error
	insert(ctx context.Context, tx *db.Tx, list []*Customer) error
	sync(ctx context.Context, tx *db.Tx, old, c *Customer) (changed bool, err error)
	delete(ctx context.Context, tx *db.Tx, list []ids.ID) error
	number(c *Customer)
	bits(c *Customer) int64
	copyList(c *Customer)
}

var handlers = []handler{emails, phones, addresses, handles, relations, consents, tags, traits}

// read reads the parts of the customers, whose ids in order are order too.
func (h *part[P]) read(ctx context.Context, tx *db.Tx, at map[ids.ID]*Customer, order []ids.ID) error {
	want := make([]ids.ID, 0, len(order))
	for _, id := range order {
		if at[id].parts&h.bit != 0 {
			want = append(want, id)
		}
	}
	if len(want) == 0 {
		return nil
	}
	rows, err := h.load(ctx, tx, want)
	parts := make([]P, len(rows))
	for i := 0; i < len(rows); {
		// Those of a customer follow each other; the next one's share their room.
		of, from := rows[i].of, i
		for ; i < len(rows) && rows[i].of == of; i++ {
			parts[i] = rows[i].p
		}
		if list := h.list(at[of]); *list == nil {
			*list = parts[from:i:i]
		} else {
			*list = append(*list, parts[from:i]...)
		}
	}
	return err
}

func (h *part[P]) number(c *Customer) {
	list := *h.list(c)
	for i := range list {
		*h.num(&list[i]) = int64(i + 1)
	}
}

func (h *part[P]) bits(c *Customer) int64 {
	if len(*h.list(c)) > 0 {
		return h.bit
	}
	return 0
}

func (h *part[P]) copyList(c *Customer) { *h.list(c) = slices.Clone(*h.list(c)) }

func (h *part[P]) insert(ctx context.Context, tx *db.Tx, list []*Customer) error {
	return h.put(ctx, tx, list, ids.ID{})
}

// put inserts the parts of customers that are not in the table. op is the
// creating operation, zero if it is the customer's own.
func (h *part[P]) put(ctx context.Context, tx *db.Tx, list []*Customer, op ids.ID) error {
	some := slices.IndexFunc(list, func(c *Customer) bool { return len(*h.list(c)) > 0 })
	if some < 0 {
		return nil
	}
	list = list[some:]
	cols := append([]string{"customer_id", "n", "created_op"}, h.cols...)
	k := 0
	return h.copyTo(ctx, tx, cols, func() ([]any, bool) {
		for len(list) > 0 && k == len(*h.list(list[0])) {
			list, k = list[1:], 0
		}
		if len(list) == 0 {
			return nil, false
		}
		p := &(*h.list(list[0]))[k]
		k++
		return append([]any{list[0].ID, *h.num(p), op}, h.values(p)...), true
	})
}

// sync makes the stored parts of old those of c. Parts keep their rows by N;
// those with an unknown N are new.
func (h *part[P]) sync(ctx context.Context, tx *db.Tx, old, c *Customer) (changed bool, err error) {
	before := map[int64]*P{}
	top := int64(0)
	for i := range *h.list(old) {
		p := &(*h.list(old))[i]
		before[*h.num(p)] = p
		top = max(top, *h.num(p))
	}
	now := *h.list(c)
	kept := map[int64]bool{}
	var added []P
	for i := range now {
		p := &now[i]
		was := before[*h.num(p)]
		if was == nil || kept[*h.num(p)] {
			top++
			*h.num(p) = top
			added = append(added, *p)
			continue
		}
		kept[*h.num(p)] = true
		if !equalValues(h.values(was), h.values(p)) {
			changed = true
			if err := h.update(ctx, tx, c.ID, p); err != nil {
				return true, err
			}
		}
	}
	for n := range before {
		if !kept[n] {
			changed = true
			if err := h.remove(ctx, tx, c.ID, n); err != nil {
				return true, err
			}
		}
	}
	if len(added) > 0 {
		changed = true
		only := Customer{ID: c.ID}
		*h.list(&only) = added
		if err := h.put(ctx, tx, []*Customer{&only}, tx.Op); err != nil {
			return true, err
		}
	}
	return changed, nil
}

func (h *part[P]) delete(ctx context.Context, tx *db.Tx, list []ids.ID) error {
	return h.clear(ctx, tx, list)
}

func equalValues(a, b []any) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// scanOwned makes a scan of customer_id, n and the rest.
func scanOwned[P any](num func(*P) *int64, rest func(p *P) []any) func(db.Scanner, *owned[P]) error {
	var last *owned[P] // of one query the rows are read into one place
	var dest []any
	return func(s db.Scanner, o *owned[P]) error {
		if o != last {
			last, dest = o, append([]any{&o.of, num(&o.p)}, rest(&o.p)...)
		}
		return s.Scan(dest...)
	}
}

func loadParts(ctx context.Context, tx *db.Tx, at map[ids.ID]*Customer) error {
	order := make([]ids.ID, 0, len(at))
	for id := range at {
		order = append(order, id)
	}
	slices.SortFunc(order, func(a, b ids.ID) int { return bytes.Compare(a[:], b[:]) })
	for _, h := range handlers {
		if err := h.read(ctx, tx, at, order); err != nil {
			return err
		}
	}
	return nil
}

func insertParts(ctx context.Context, tx *db.Tx, list []*Customer) error {
	for _, h := range handlers {
		if err := h.insert(ctx, tx, list); err != nil {
			return err
		}
	}
	return nil
}

func syncParts(ctx context.Context, tx *db.Tx, old, c *Customer) (changed bool, err error) {
	for _, h := range handlers {
		part, err := h.sync(ctx, tx, old, c)
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

// number gives the parts of a customer who is not stored yet their numbers.
func (c *Customer) number() {
	for _, h := range handlers {
		h.number(c)
	}
}

// clone returns a copy of c that shares nothing that is changed in place.
func (c *Customer) clone() Customer {
	n := *c
	for _, h := range handlers {
		h.copyList(&n)
	}
	return n
}
