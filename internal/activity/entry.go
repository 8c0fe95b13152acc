package activity

import (
	"context"
	"slices"
	"time"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
)

// The kinds of interaction that stand for records of other modules. People
// can't log them.
const (
	Order  Kind = "order"
	Return Kind = "return"
)

// recorded lists them.
var recorded = []Kind{Order, Return}

// An Entry stands in a customer's timeline for a record of another module. Its
// id follows from the record's, so that neither needs a column or an index to
// find the other.
type Entry struct {
	Record   ids.ID
	Customer ids.ID
	Kind     Kind
	At       time.Time
	Ref      string // what the record is called
	ActorID  ids.ID // who of the company; zero for a machine
	Actor    string
}

// EntryOf returns the id of the interaction that stands for a record: a UUID
// of version 8 where records have version 7. No other interaction has such an id.
func EntryOf(record ids.ID) ids.ID {
	record[6] ^= 0xf0
	return record
}

// RecordOf returns the record that an interaction stands for, and whether it
// stands for one.
func RecordOf(interaction ids.ID) (ids.ID, bool) {
	if interaction[6]>>4 != 8 {
		return ids.ID{}, false
	}
	return EntryOf(interaction), true
}

// InsertEntries adds the entries of records that have none yet. The caller
// arranges, once for its operation, for [TouchLater].
func InsertEntries(ctx context.Context, tx *db.Tx, list []Entry) error {
	rows := make([]Interaction, len(list))
	all := make([]*Interaction, len(list))
	for i, e := range list {
		rows[i] = Interaction{
			ID: EntryOf(e.Record), Customer: e.Customer, Kind: e.Kind, Subject: e.Ref, Ref: e.Ref, At: e.At, ActorID: e.ActorID, Actor: e.Actor,
		}
		all[i] = &rows[i]
	}
	return Insert(ctx, tx, all)
}

// AddEntries adds the entries of records that have none yet, and notes the
// latest interaction of their customers.
func AddEntries(ctx context.Context, tx *db.Tx, list []Entry) error {
	if err := InsertEntries(ctx, tx, list); err != nil {
		return err
	}
	for _, e := range list {
		if err := customers.Touched(ctx, tx, e.Customer, e.At, string(e.Kind)); err != nil {
			return err
		}
	}
	return nil
}

// SetEntry makes the entry of a record what e says: it is added, changed, or
// moved to another customer.
func SetEntry(ctx context.Context, tx *db.Tx, e Entry) error {
	old, ok, err := db.Find(ctx, tx, scan, `SELECT `+cols+` FROM interaction i WHERE i.id = $1`, EntryOf(e.Record))
	if err != nil {
		return err
	}
	if !ok {
		return AddEntries(ctx, tx, []Entry{e})
	}
	if old.Customer == e.Customer && old.Kind == e.Kind && old.At.Equal(e.At) && old.Ref == e.Ref {
		return TouchEntries(ctx, tx, []ids.ID{e.Record})
	}
	_, err = tx.Exec(ctx, `
		UPDATE interaction SET customer_id = $2, kind = $3, occurred_at = $4, subject = $5, ref = $5, updated_at = $6, rev = rev + 1
		WHERE id = $1`, old.ID, e.Customer, e.Kind, e.At.UnixMilli(), e.Ref, tx.Now.UnixMilli())
	if err != nil {
		return err
	}
	of := []ids.ID{e.Customer}
	if old.Customer != e.Customer {
		of = append(of, old.Customer)
	}
	return relast(ctx, tx, of)
}

// TouchEntries notes that records were changed in something that their entries
// don't show: an undo of what made a record then keeps its entry too.
func TouchEntries(ctx context.Context, tx *db.Tx, records []ids.ID) error {
	list := make([]ids.ID, len(records))
	for i, id := range records {
		list[i] = EntryOf(id)
	}
	_, err := db.ExecIn(ctx, tx, list, `UPDATE interaction SET updated_at = $1, rev = rev + 1 WHERE id IN ($list)`, tx.Now.UnixMilli())
	return err
}

// RemoveEntries removes the entries of records, where they have one.
func RemoveEntries(ctx context.Context, tx *db.Tx, records []ids.ID) error {
	list := make([]ids.ID, len(records))
	for i, id := range records {
		list[i] = EntryOf(id)
	}
	of, err := db.ListIn(ctx, tx, db.One[ids.ID], list, `SELECT DISTINCT customer_id FROM interaction WHERE id IN ($list)`)
	if err != nil || len(of) == 0 {
		return err
	}
	if _, err := db.ExecIn(ctx, tx, list, `DELETE FROM interaction_file WHERE interaction_id IN ($list)`); err != nil {
		return err
	}
	if _, err := db.ExecIn(ctx, tx, list, `DELETE FROM interaction WHERE id IN ($list)`); err != nil {
		return err
	}
	slices.SortFunc(of, func(a, b ids.ID) int { return slices.Compare(a[:], b[:]) })
	return relast(ctx, tx, slices.Compact(of))
}

// Unentered returns those of the given records that have no entry.
func Unentered(ctx context.Context, tx *db.Tx, records []ids.ID) ([]ids.ID, error) {
	want := make([]ids.ID, len(records))
	for i, id := range records {
		want[i] = EntryOf(id)
	}
	found, err := db.ListIn(ctx, tx, db.One[ids.ID], want, `SELECT id FROM interaction WHERE id IN ($list)`)
	if err != nil {
		return nil, err
	}
	there := make(map[ids.ID]bool, len(found))
	for _, id := range found {
		there[id] = true
	}
	var list []ids.ID
	for i, id := range want {
		if !there[id] {
			list = append(list, records[i])
		}
	}
	return list, nil
}
