// Package db gives Akrab its database: SQLite by default, PostgreSQL at scale.
//
// A database is one workspace: nothing in it belongs to anybody else, so no
// statement names a tenant. One SQL text serves both engines. Placeholders are
// $1, $2 and so on; the rest is the portable subset described in docs/sql.md.
// Statements are compile-time constants: the functions take an unexported
// string type, so that only a constant can be passed and no statement can be
// built from what a user typed.
//
// Transactions are explicit. [DB.Read] and [DB.Write] open them, domain
// functions take a [Tx]. A Write with a reason is an operation: every change
// that it makes to a journaled table is recorded by triggers, beneath the
// modules, and can be undone (package journal).
package db

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/akrab-crm/akrab/internal/ids"
)

// stmt is the type of SQL statements. See the package comment.
type stmt string

// An Engine is a kind of database. Only packages db, search and jobs may ask for it.
type Engine string

// The engines.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// A DB is an open database. Its methods may be called concurrently.
type DB struct {
	// Now returns the time at which transactions start. Tests replace it.
	Now func() time.Time

	url    string
	back   backend
	tables []Table // of all migrated modules, in dependency order

	mu     sync.Mutex
	schema map[string][]Column // by table; filled by Columns

	kept kept
}

// backend is what differs between the engines.
type backend interface {
	engine() Engine
	begin(ctx context.Context, m manner) (session, error)
	close() error
}

// manner says how a transaction is begun.
type manner struct {
	write      bool
	background bool
	lazy       bool
	op         ids.ID
}

// session is one open transaction of a backend.
type session interface {
	exec(ctx context.Context, query string, generated bool, args []any) (int64, error)
	execMany(ctx context.Context, query string, next func() ([]any, bool)) error
	query(ctx context.Context, query string, generated bool, args []any) (rows, error)
	script(ctx context.Context, text string) error
	copyFrom(ctx context.Context, table string, cols []string, next func() ([]any, bool)) error
	commit(ctx context.Context) error
	rollback()
}

// rows is a result being read. After next returned false, err says whether
// all was read.
type rows interface {
	next() bool
	cell(i int) cell
	int(i int) int64
	id(i int, id *ids.ID)
	null(i int) bool
	columns() []string
	err() error
	close()
}

// Open opens the database at url: a file name, or a postgres:// URL, whose
// parameter search_path names the schema of the workspace ("akrab" if absent).
func Open(ctx context.Context, url string) (*DB, error) {
	d := &DB{Now: time.Now, url: url, schema: map[string][]Column{}}
	var err error
	if strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://") {
		d.back, err = openPostgres(ctx, url)
	} else {
		d.back, err = openSQLite(url)
	}
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return d, nil
}

// Close closes the database.
func (d *DB) Close() error { return d.back.close() }

// Engine tells which kind of database d is.
func (d *DB) Engine() Engine { return d.back.engine() }

// Sight says which records somebody sees.
type Sight int

// The sights.
const (
	SeeAll  Sight = iota // every record
	SeeTeam              // those owned by somebody of the same team, and those that nobody owns
	SeeOwn               // those owned by the user, and those that nobody owns
)

// A Who says on whose behalf a transaction runs. The zero Who is the system itself.
type Who struct {
	User  ids.ID // zero for the system
	Name  string // as history shows it
	Sight Sight
	Team  ids.ID // the user's team, for SeeTeam
	Once  *Once  // the request, if what is sent again is to have no effect; nil otherwise
}

// An Op is an operation: a set of changes made for one reason by one actor,
// which can be undone as a whole. It may span several transactions.
type Op struct {
	Who Who

	// Why is a message key that says what is done, for example
	// "customer.create". If it is empty the transaction is bookkeeping
	// (sessions, jobs, places in the outbox): it has no operation, and the
	// database refuses changes to journaled tables.
	Why string

	// Args are names and values for the message: "name", "Budi".
	Args map[string]any

	// Subject is the record that the operation is about, if it is one.
	Subject ids.ID

	// ID continues an operation that was begun earlier; zero begins a new one,
	// which is done when the transaction commits. One that changed nothing leaves
	// no trace.
	ID ids.ID

	// Cause is the operation because of which this one happens.
	Cause ids.ID

	// Long begins an operation that stays in state "running" until
	// [Tx.FinishOp] is called.
	Long bool

	// Background gives way to every other writer that waits.
	Background bool

	// Lazy lets a commit be answered before it is on the disk. A power cut may
	// then lose it together with other lazy ones right before it, never a part
	// of it; the next commit that isn't lazy makes all of them last. It is for
	// the slices of long work that goes on from the last one that is stored.
	Lazy bool
}

// A Tx is one transaction of one actor. Modules take a Tx and never a DB, so
// that callers decide what is atomic.
type Tx struct {
	Who Who
	Now time.Time // start of the transaction: UTC, to the millisecond
	Op  ids.ID    // operation that it belongs to; zero for bookkeeping and reads

	db      *DB
	s       session
	write   bool
	changed bool // something was written besides the operation itself
	before  []func(context.Context, *Tx) error
	after   []func()
	local   map[any]any
}

// Read runs f in a read-only transaction.
func (d *DB) Read(ctx context.Context, who Who, f func(*Tx) error) error {
	s, err := d.back.begin(ctx, manner{})
	if err != nil {
		return err
	}
	defer s.rollback()
	return f(&Tx{Who: who, Now: d.now(), db: d, s: s})
}

// Write runs f in a transaction, which commits if f returns nil.
// f must do nothing but database work (with SQLite there is one writer) and
// must be safe to run again: a transaction that PostgreSQL refuses because of
// another one is repeated.
func (d *DB) Write(ctx context.Context, op Op, f func(*Tx) error) error {
	var err error
	for try := range 5 {
		if try > 0 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Duration(try*try) * 5 * time.Millisecond):
			}
		}
		err = d.writeOnce(ctx, op, f)
		if !retryable(err) {
			return err
		}
	}
	return err
}

func (d *DB) writeOnce(ctx context.Context, op Op, f func(*Tx) error) error {
	now := d.now()
	isNew := op.ID.IsZero()
	if op.Why == "" {
		op.ID = ids.ID{}
	} else if isNew {
		op.ID = ids.New(now)
	}
	s, err := d.back.begin(ctx, manner{write: true, background: op.Background, lazy: op.Lazy, op: op.ID})
	if err != nil {
		return err
	}
	defer s.rollback()
	tx := &Tx{Who: op.Who, Now: now, Op: op.ID, db: d, s: s, write: true}
	if op.Why != "" && isNew {
		if err := tx.beginOp(ctx, op); err != nil {
			return err
		}
	}
	first := isNew && op.Who.Once.begins(&op)
	if first {
		if err := op.Who.Once.claim(ctx, tx); err != nil {
			return err
		}
	}
	if err := f(tx); err != nil {
		return err
	}
	if isNew && op.Why != "" && !op.Long && !tx.changed && len(tx.before) == 0 {
		if err := tx.dropOp(ctx); err != nil {
			return err
		}
	}
	for len(tx.before) > 0 {
		g := tx.before[0]
		tx.before = tx.before[1:]
		if err := g(ctx, tx); err != nil {
			return err
		}
	}
	if err := s.commit(ctx); err != nil {
		return err
	}
	if first {
		op.Who.Once.Op = tx.Op
	}
	for _, g := range tx.after {
		g()
	}
	return nil
}

func (d *DB) now() time.Time { return d.Now().UTC().Truncate(time.Millisecond) }

func (tx *Tx) beginOp(ctx context.Context, op Op) error {
	args := []byte("{}")
	if len(op.Args) > 0 {
		var err error
		if args, err = json.Marshal(op.Args); err != nil {
			return err
		}
	}
	state, finished := "done", any(Millis(tx.Now))
	if op.Long {
		state, finished = "running", nil
	}
	_, err := tx.Aside(ctx, `
		INSERT INTO operation (id, actor, actor_name, why, args, subject, cause, state, started_at, finished_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		op.ID, op.Who.User, op.Who.Name, op.Why, string(args), op.Subject, op.Cause, state, Millis(tx.Now), finished)
	return err
}

// dropOp forgets an operation that changed nothing.
func (tx *Tx) dropOp(ctx context.Context) error {
	_, err := tx.Aside(ctx, `DELETE FROM operation WHERE id = $1`, tx.Op)
	return err
}

// SetOp says what the operation turned out to be about: its record and the
// names and values of its message. It does nothing in bookkeeping.
func (tx *Tx) SetOp(ctx context.Context, subject ids.ID, args map[string]any) error {
	if tx.Op.IsZero() {
		return nil
	}
	text, err := json.Marshal(args)
	if err != nil {
		return err
	}
	_, err = tx.Aside(ctx, `UPDATE operation SET subject = $2, args = $3 WHERE id = $1`, tx.Op, subject, string(text))
	return err
}

// FinishOp ends a Long operation.
func (tx *Tx) FinishOp(ctx context.Context) error {
	_, err := tx.Exec(ctx, `
		UPDATE operation SET state = 'done', finished_at = $2
		WHERE id = $1 AND state = 'running'`, tx.Op, Millis(tx.Now))
	return err
}

// BeforeCommit arranges for f to run in the transaction after everything else.
func (tx *Tx) BeforeCommit(f func(context.Context, *Tx) error) { tx.before = append(tx.before, f) }

// AfterCommit arranges for f to run once the transaction has been committed.
func (tx *Tx) AfterCommit(f func()) { tx.after = append(tx.after, f) }

// Local returns what was last stored under key for this transaction, or nil.
func (tx *Tx) Local(key any) any { return tx.local[key] }

// SetLocal stores v under key for the rest of the transaction.
func (tx *Tx) SetLocal(key, v any) {
	if tx.local == nil {
		tx.local = map[any]any{}
	}
	tx.local[key] = v
}

// Engine tells which kind of database tx is in.
func (tx *Tx) Engine() Engine { return tx.db.back.engine() }

// DB returns the database that tx belongs to.
func (tx *Tx) DB() *DB { return tx.db }

// Millis converts t for a BIGINT column: Unix milliseconds. The zero time is NULL.
func Millis(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// Time converts a BIGINT column of Unix milliseconds. Zero is the zero time.
func Time(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
