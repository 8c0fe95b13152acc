// Package imports brings customers, products and orders in from files: CSV and
// XLSX of any format, and customers from vCards.
//
// [Start] keeps the file as it came and guesses how it is to be read: all of
// that can be changed until [Begin]. [Run] then goes through the rows in
// slices. A slice stores its records, its counts and the place that it has
// reached in one transaction, so that an import that was killed goes on
// exactly there. All slices belong to one operation, which can be undone.
//
// A row that can't be imported stops nothing. It is kept with what is wrong
// with it, to be mended ([Repair]) or downloaded ([WriteProblems]).
package imports

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/sheet"
)

//go:embed schema/*.sql
var schema embed.FS

// Text holds the messages of this package and of its pages.
//
//go:embed text/*.json
var Text embed.FS

// Module is the tables of imports. They are bookkeeping: what an import does to
// customers is journaled, how it went is not.
var Module = db.Module{
	Name:   "imports",
	Schema: schema,
	Tables: []db.Table{
		{Name: "import_job", Private: true},
		{Name: "import_chunk", Key: []string{"import_id", "n"}, Private: true},
		{Name: "import_row", Key: []string{"import_id", "row"}, Private: true},
		{Name: "import_repeat", Key: []string{"import_id", "row"}, Private: true},
		{Name: "import_org", Key: []string{"import_id", "key"}, Private: true},
		{Name: "import_order", Key: []string{"import_id", "order_id"}, Private: true},
		{Name: "import_map", Key: []string{"print"}, Private: true},
	},
}

// PermRun is the permission to import.
const PermRun = "imports.run"

// A State is how far an import has come.
type State string

// The states.
const (
	Uploading State = "uploading" // the file is not whole yet
	Uploaded  State = "uploaded"  // guessed, nobody has looked at it
	Mapped    State = "mapped"    // somebody has said how it is to be read
	Running   State = "running"
	Done      State = "done"
	Failed    State = "failed"
	Cancelled State = "cancelled" // stopped; what came in before stays
)

// A Job is an import.
type Job struct {
	ID     ids.ID
	Kind   Kind
	Name   string // of the file
	Source string // "sheet" or "vcard"
	Format sheet.Format
	Header []string
	Settings

	DryRun bool // the present or last run only counts
	State  State
	Op     ids.ID      // operation to which all changes belong; zero before the first
	Reason *errs.Error // why it failed
	Who    db.Who

	Size  int64 // bytes of the file
	Used  int64 // bytes read, about
	Place int64 // rows done
	Counts

	Made, Started, Touched, Finished time.Time
}

// Settings are what a person decides about an import.
type Settings struct {
	Map   Mapping
	Keys  []Key // sorted as Kind.KeyFields
	Mode  Mode
	Erase bool // an empty cell empties the field of a record that is changed

	Currency money.Currency // of prices whose row names none; empty for the workspace's
	Returns  ReturnRule     // of orders
}

// A ReturnRule says which orders are returns. The zero rule knows none.
type ReturnRule struct {
	Prefix   string `json:"prefix,omitempty"`   // their number begins so, as written, and a digit follows
	Negative bool   `json:"negative,omitempty"` // no line has a quantity above zero, and at least one below
}

// options are those settings that not every kind has, as they are stored.
type options struct {
	Currency money.Currency `json:"currency,omitempty"`
	Returns  ReturnRule     `json:"returns,omitzero"`
}

func (s *Settings) options() string { return toJSON(options{s.Currency, s.Returns}) }

func (s *Settings) setOptions(text string) error {
	var o options
	err := fromJSON(text, &o)
	s.Currency, s.Returns = o.Currency, o.Returns
	return err
}

// A Summary is what programs are told of an import.
type Summary struct {
	ID            ids.ID `json:"id"`
	Kind          Kind   `json:"kind"`
	File          string `json:"file"`
	State         State  `json:"state"`
	DryRun        bool   `json:"dry_run"`
	Rows          int64  `json:"rows"`
	Created       int64  `json:"created"`
	Updated       int64  `json:"updated"`
	Skipped       int64  `json:"skipped"`
	Errors        int64  `json:"errors"`
	Warnings      int64  `json:"warnings"`
	Duplicates    int64  `json:"duplicates"`
	Organizations int64  `json:"organizations"`
	Orders        int64  `json:"orders"`    // made or replaced
	Products      int64  `json:"products"`  // made because a line names them
	Customers     int64  `json:"customers"` // made because an order is theirs
	Operation     ids.ID `json:"operation"`
}

// Summary returns what programs are told of the import.
func (j *Job) Summary() Summary {
	return Summary{
		ID: j.ID, Kind: j.Kind, File: j.Name, State: j.State, DryRun: j.DryRun,
		Rows: j.Rows(), Created: j.Created, Updated: j.Updated, Skipped: j.Skipped, Errors: j.Errors, Warnings: j.Warnings,
		Duplicates: j.Duplicates, Organizations: j.Organizations, Orders: j.Counts.Orders, Products: j.Counts.Products, Customers: j.Counts.Customers, Operation: j.Op,
	}
}

const jobCols = `id, kind, name, source, format, header, map, keys, mode, erase, dry_run, state, op, problem,
	actor, actor_name, sight, team, size, used, place, created, updated, skipped, errors, warnings, duplicates, organizations, orders, products, customers, options,
	made_at, COALESCE(started_at, 0), COALESCE(touched_at, 0), COALESCE(finished_at, 0)`

func scanJob(s db.Scanner, j *Job) error {
	var format, header, mapping, keys, reason, options string
	var made, started, touched, finished int64
	err := s.Scan(&j.ID, &j.Kind, &j.Name, &j.Source, &format, &header, &mapping, &keys, &j.Mode, &j.Erase, &j.DryRun, &j.State, &j.Op, &reason,
		&j.Who.User, &j.Who.Name, &j.Who.Sight, &j.Who.Team, &j.Size, &j.Used, &j.Place, &j.Created, &j.Updated, &j.Skipped, &j.Errors, &j.Warnings,
		&j.Duplicates, &j.Organizations, &j.Counts.Orders, &j.Counts.Products, &j.Counts.Customers, &options, &made, &started, &touched, &finished)
	if err != nil {
		return err
	}
	j.Made, j.Started, j.Touched, j.Finished = db.Time(made), db.Time(started), db.Time(touched), db.Time(finished)
	if j.Reason, err = readReason(reason); err != nil {
		return err
	}
	return errors.Join(fromJSON(format, &j.Format), fromJSON(header, &j.Header), fromJSON(mapping, &j.Map), fromJSON(keys, &j.Keys), j.setOptions(options))
}

// Get returns the import with the given ID.
func Get(ctx context.Context, tx *db.Tx, id ids.ID) (Job, error) {
	return db.Get(ctx, tx, scanJob, `SELECT `+jobCols+` FROM import_job WHERE id = $1`, id)
}

// List returns imports made before the given one, or the newest if it is zero,
// the newest first. Those whose file is still coming are not among them.
func List(ctx context.Context, tx *db.Tx, before ids.ID, limit int) ([]Job, error) {
	if before.IsZero() {
		for i := range before {
			before[i] = 0xff
		}
	}
	return db.List(ctx, tx, scanJob, `
		SELECT `+jobCols+` FROM import_job
		WHERE id < $1 AND state <> 'uploading' ORDER BY id DESC LIMIT $2`, before, limit)
}

// A reason is an errs.Error as it is stored.
type reason struct {
	Kind  errs.Kind `json:"kind"`
	Field string    `json:"field,omitempty"`
	Key   string    `json:"key"`
	Args  []any     `json:"args,omitempty"`
}

func writeReason(e *errs.Error) string {
	if e == nil {
		return ""
	}
	data, err := json.Marshal(reason{e.Kind, e.Field, e.Key, e.Args})
	if err != nil { // an argument that JSON doesn't know
		data, _ = json.Marshal(reason{Kind: e.Kind, Field: e.Field, Key: e.Key})
	}
	return string(data)
}

func readReason(text string) (*errs.Error, error) {
	if text == "" {
		return nil, nil
	}
	var r reason
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return nil, err
	}
	return &errs.Error{Kind: r.Kind, Field: r.Field, Key: r.Key, Args: plainArgs(r.Args)}, nil
}

// plainArgs makes whole numbers of JSON integers again, so that messages print them.
func plainArgs(args []any) []any {
	for i, a := range args {
		if f, ok := a.(float64); ok && f == float64(int64(f)) {
			args[i] = int64(f)
		}
	}
	return args
}

// fromJSON reads what toJSON wrote. Empty text leaves v alone.
func fromJSON(text string, v any) error {
	if text == "" {
		return nil
	}
	return json.Unmarshal([]byte(text), v)
}

// toJSON returns v as text. The types of this package all have one.
func toJSON(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return "null"
	}
	return string(data)
}
