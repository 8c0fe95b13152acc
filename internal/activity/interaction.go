// Package activity is the timeline: every interaction with a customer in one
// stream, who said what and what was promised by when.
package activity

import (
	"context"
	"embed"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/journal"
)

//go:embed schema/*.sql
var schema embed.FS

// Text holds the messages of this package.
//
//go:embed text/*.json
var Text embed.FS

// Module is the timeline's part of the database.
var Module = db.Module{
	Name: "activity", Schema: schema,
	Tables: []db.Table{
		{Name: "interaction", Journal: true, Refresh: Refresh},
		{Name: "file", Journal: true},
		{Name: "file_chunk", Key: []string{"hash", "n"}},
		{Name: "interaction_file", Key: []string{"interaction_id", "n"}, Parent: "interaction", Journal: true},
	},
}

// A Kind says what sort of interaction it is. Later modules add theirs.
type Kind string

// The kinds that people log.
const (
	Call    Kind = "call"
	Email   Kind = "email"
	Meeting Kind = "meeting"
	Visit   Kind = "visit"
	Note    Kind = "note"
	Chat    Kind = "chat"
	Form    Kind = "form"
	Letter  Kind = "letter"
)

// Kinds lists the kinds that people log, the commonest first.
var Kinds = []Kind{Note, Call, Email, Chat, Meeting, Visit, Form, Letter}

// A Direction says who began: the customer (In), the company (Out), or neither.
type Direction string

// The directions.
const (
	In  Direction = "in"
	Out Direction = "out"
)

const (
	maxShort = 300
	maxBody  = 100_000
)

// An Interaction is one thing that happened between the company and a customer.
type Interaction struct {
	ID        ids.ID
	Customer  ids.ID
	Kind      Kind
	Direction Direction
	Channel   string
	Subject   string
	Body      string
	At        time.Time // when it happened; now if zero
	Seconds   int64     // how long it took; 0 if that has no meaning
	ActorID   ids.ID    // who of the company; the transaction's actor if zero
	Actor     string
	Promise   string
	Due       time.Time // by when the promise is due; zero if nothing was promised for a time
	Kept      time.Time // when the promise was kept
	Private   bool      // only its actor sees it
	Pinned    bool
	Ref       string
	Created   time.Time
	Updated   time.Time
	Rev       int64
	Files     []File
}

const cols = `i.id, i.customer_id, i.kind, i.direction, i.channel, i.subject, i.body, i.occurred_at, i.duration_s, i.actor_id, i.actor,
	i.promise, i.due_at, i.kept_at, i.private, i.pinned, i.ref, i.created_at, i.updated_at, i.rev`

func scan(s db.Scanner, i *Interaction) error {
	var at, due, kept, created, updated int64
	err := s.Scan(&i.ID, &i.Customer, &i.Kind, &i.Direction, &i.Channel, &i.Subject, &i.Body, &at, &i.Seconds, &i.ActorID, &i.Actor,
		&i.Promise, &due, &kept, &i.Private, &i.Pinned, &i.Ref, &created, &updated, &i.Rev)
	i.At, i.Due, i.Kept, i.Created, i.Updated = db.Time(at), db.Time(due), db.Time(kept), db.Time(created), db.Time(updated)
	return err
}

// normalize checks i and fills in defaults.
func (i *Interaction) normalize(tx *db.Tx) error {
	var bad errs.List
	check := func(field, text string, limit int) {
		if _, err := fold.Clean(text); err != nil {
			bad.Add(errs.InvalidField(field, "error.text_invalid"))
		} else if len(text) > limit && utf8.RuneCountInString(text) > limit {
			bad.Add(errs.InvalidField(field, "error.too_long", "max", limit))
		}
	}
	check("kind", string(i.Kind), 40)
	check("channel", i.Channel, maxShort)
	check("subject", i.Subject, maxShort)
	check("body", i.Body, maxBody)
	check("promise", i.Promise, maxShort)
	check("actor", i.Actor, maxShort)
	check("ref", i.Ref, maxShort)
	if i.Kind == "" {
		i.Kind = Note
	}
	if !validKind(i.Kind) || slices.Contains(recorded, i.Kind) {
		bad.Add(errs.InvalidField("kind", "error.choice"))
	}
	if i.Direction != "" && i.Direction != In && i.Direction != Out {
		bad.Add(errs.InvalidField("direction", "error.choice"))
	}
	if i.Seconds < 0 || i.Seconds > 365*24*3600 {
		bad.Add(errs.InvalidField("duration_s", "activity.duration"))
	}
	if i.At.IsZero() {
		i.At = tx.Now
	}
	for _, t := range []struct {
		field string
		at    time.Time
	}{{"occurred_at", i.At}, {"due_at", i.Due}} {
		if !t.at.IsZero() && (t.at.Year() < 1900 || t.at.Year() > 2200) {
			bad.Add(errs.InvalidField(t.field, "date.invalid"))
		}
	}
	if i.Customer.IsZero() {
		bad.Add(errs.InvalidField("customer_id", "error.required"))
	}
	if !i.Due.IsZero() && i.Promise == "" {
		bad.Add(errs.InvalidField("promise", "activity.promise_what"))
	}
	if strings.TrimSpace(i.Subject+i.Body+i.Promise) == "" && i.Kind == Note && len(i.Files) == 0 {
		bad.Add(errs.InvalidField("body", "error.required"))
	}
	if i.ActorID.IsZero() && i.Actor == "" {
		i.ActorID, i.Actor = tx.Who.User, tx.Who.Name
	}
	if i.Private && i.ActorID.IsZero() {
		bad.Add(errs.InvalidField("private", "activity.private_whose"))
	}
	return bad.Err()
}

// validKind reports whether k is written as kinds are: small letters, digits,
// underscores. Modules add kinds of their own.
func validKind(k Kind) bool {
	return strings.IndexFunc(string(k), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_'
	}) < 0
}

// Log adds an interaction to its customer's timeline and sets i.ID. It
// returns Invalid errors for what is wrong with fields, and a NotFound error
// if there is no such customer for the actor.
func Log(ctx context.Context, tx *db.Tx, i *Interaction) error {
	if err := i.normalize(tx); err != nil {
		return err
	}
	if err := exists(ctx, tx, i.Customer); err != nil {
		return err
	}
	if err := Insert(ctx, tx, []*Interaction{i}); err != nil {
		return err
	}
	for n := range i.Files {
		if err := attach(ctx, tx, i.ID, int64(n+1), i.Files[n].ID, ids.ID{}); err != nil {
			return err
		}
	}
	i.mention(ctx, tx)
	i.talk(ctx, tx)
	return customers.Touched(ctx, tx, i.Customer, i.At, string(i.Kind))
}

func exists(ctx context.Context, tx *db.Tx, id ids.ID) error {
	list, err := customers.GetMany(ctx, tx, []ids.ID{id})
	if err == nil && len(list) == 0 {
		return errs.New(errs.NotFound, "customer.not_found")
	}
	return err
}

// Insert adds many interactions that are known to be right, of customers that
// exist. The caller calls customers.Touched.
func Insert(ctx context.Context, tx *db.Tx, list []*Interaction) error {
	names := []string{"id", "customer_id", "kind", "direction", "channel", "subject", "body", "occurred_at", "duration_s", "actor_id", "actor",
		"promise", "due_at", "kept_at", "private", "pinned", "ref", "created_at", "updated_at", "created_op"}
	row := make([]any, len(names))
	n := 0
	return tx.Copy(ctx, `interaction`, names, func() ([]any, bool) {
		if n == len(list) {
			return nil, false
		}
		i := list[n]
		n++
		if i.ID.IsZero() {
			i.ID = ids.New(tx.Now)
		}
		i.Created, i.Updated, i.Rev = tx.Now, tx.Now, 1
		row = append(row[:0], i.ID, i.Customer, i.Kind, i.Direction, i.Channel, i.Subject, i.Body, i.At.UnixMilli(), i.Seconds, i.ActorID, i.Actor,
			i.Promise, db.Millis(i.Due), db.Millis(i.Kept), i.Private, i.Pinned, i.Ref, i.Created.UnixMilli(), i.Updated.UnixMilli(), tx.Op)
		return row, true
	})
}

// Get returns the interaction with the given ID, or a NotFound error, also if
// it is somebody else's private one.
func Get(ctx context.Context, tx *db.Tx, id ids.ID) (Interaction, error) {
	i, err := db.Get(ctx, tx, scan, `SELECT `+cols+` FROM interaction i WHERE i.id = $1`, id)
	if err != nil {
		return i, err
	}
	if i.Private && i.ActorID != tx.Who.User {
		return Interaction{}, errs.New(errs.NotFound, "error.not_found")
	}
	if err := exists(ctx, tx, i.Customer); err != nil {
		return Interaction{}, err
	}
	list := []Interaction{i}
	err = loadFiles(ctx, tx, list)
	return list[0], err
}

// Lock makes others who would change an interaction wait until tx ends. What
// is read after it is what they left.
func Lock(ctx context.Context, tx *db.Tx, id ids.ID) error {
	return tx.LockRecord(ctx, `interaction`, id)
}

// Update changes an interaction: change gets it as it is and makes of it what
// it shall be. Its customer and actor stay. rev is as in customers.Update.
func Update(ctx context.Context, tx *db.Tx, id ids.ID, rev int64, change func(*Interaction) error) (Interaction, error) {
	if err := Lock(ctx, tx, id); err != nil {
		return Interaction{}, err
	}
	old, err := Get(ctx, tx, id)
	if err != nil {
		return old, err
	}
	if rev != 0 && rev != old.Rev {
		return old, errs.New(errs.Stale, "error.stale")
	}
	i := old
	if err := change(&i); err != nil {
		return old, err
	}
	i.Customer, i.ActorID, i.Actor = old.Customer, old.ActorID, old.Actor
	if _, ok := RecordOf(id); ok {
		pinned := i.Pinned // all else is as the record has it
		i = old
		i.Pinned = pinned
	} else if err := i.normalize(tx); err != nil {
		return old, err
	}
	n, err := tx.Exec(ctx, `
		UPDATE interaction SET kind = $3, direction = $4, channel = $5, subject = $6, body = $7, occurred_at = $8, duration_s = $9,
			promise = $10, due_at = $11, kept_at = $12, private = $13, pinned = $14, ref = $15, updated_at = $16, rev = rev + 1
		WHERE id = $1 AND rev = $2`,
		id, old.Rev, i.Kind, i.Direction, i.Channel, i.Subject, i.Body, i.At.UnixMilli(), i.Seconds,
		i.Promise, db.Millis(i.Due), db.Millis(i.Kept), i.Private, i.Pinned, i.Ref, tx.Now.UnixMilli())
	if err != nil {
		return old, err
	}
	if n == 0 {
		return old, errs.New(errs.Stale, "error.stale")
	}
	i.Updated, i.Rev = tx.Now, old.Rev+1
	i.mention(ctx, tx)
	if i.At != old.At || i.Kind != old.Kind {
		err = relast(ctx, tx, []ids.ID{i.Customer})
	}
	return i, err
}

// Delete removes an interaction. Undo brings it back. It returns a Conflict
// error if the interaction stands for a record of another module.
func Delete(ctx context.Context, tx *db.Tx, id ids.ID) error {
	i, err := Get(ctx, tx, id)
	if err != nil {
		return err
	}
	if _, ok := RecordOf(id); ok {
		return errs.New(errs.Conflict, "activity.entry")
	}
	if _, err := tx.Exec(ctx, `DELETE FROM interaction_file WHERE interaction_id = $1`, id); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM interaction WHERE id = $1`, id); err != nil {
		return err
	}
	return relast(ctx, tx, []ids.ID{i.Customer})
}

// Leave deletes the timelines of customers that are deleted.
func Leave(ctx context.Context, tx *db.Tx, list []ids.ID) error {
	if _, err := db.ExecIn(ctx, tx, list, `
		DELETE FROM interaction_file WHERE interaction_id IN (SELECT id FROM interaction WHERE customer_id IN ($list))`); err != nil {
		return err
	}
	_, err := db.ExecIn(ctx, tx, list, `DELETE FROM interaction WHERE customer_id IN ($list)`)
	return err
}

// Refresh brings the customers of the given interactions up to date, of those
// that are gone and of those that were moved, too: undo calls it.
func Refresh(ctx context.Context, tx *db.Tx, list []ids.ID) error {
	of, err := db.ListIn(ctx, tx, db.One[ids.ID], list, `SELECT DISTINCT customer_id FROM interaction WHERE id IN ($list)`)
	if err != nil {
		return err
	}
	// Deleted ones, and those that were moved with the record they stand for.
	gone, err := db.ListIn(ctx, tx, db.One[string], list, `
		SELECT DISTINCT was FROM journal_change WHERE tbl = 'interaction' AND kind IN ('d', 'u') AND subject IN ($list)`)
	if err != nil {
		return err
	}
	for _, was := range gone {
		if id, ok := journal.ID(was, "customer_id"); ok {
			of = append(of, id)
		}
	}
	slices.SortFunc(of, compare)
	return relast(ctx, tx, slices.Compact(of))
}

// relast finds the latest interaction of customers.
func relast(ctx context.Context, tx *db.Tx, list []ids.ID) error {
	_, err := db.ExecIn(ctx, tx, list, `
		UPDATE customer SET
			last_at = (SELECT i.occurred_at FROM interaction i WHERE i.customer_id = customer.id ORDER BY i.occurred_at DESC, i.id DESC LIMIT 1),
			last_kind = COALESCE((SELECT i.kind FROM interaction i WHERE i.customer_id = customer.id ORDER BY i.occurred_at DESC, i.id DESC LIMIT 1), '')
		WHERE id IN ($list)`)
	return err
}
