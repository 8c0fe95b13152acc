// Package jobs does work later or in the background, once, whatever happens to
// the process that does it.
//
// A job is a row. A process that runs it holds a lease, which it renews; when
// the process dies the lease ends and another takes the job over. So a job may
// be begun more than once: its handler must store how far it got in the
// transactions of its work, and go on from there. A handler that fails is
// tried again, each time after a longer wait, and in the end left as failed,
// to be seen.
package jobs

import (
	"context"
	"embed"
	"encoding/json"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
)

//go:embed schema/*.sql
var schema embed.FS

// Module is the table of jobs.
var Module = db.Module{Name: "jobs", Schema: schema, Tables: []db.Table{{Name: "jobs_job", Private: true}}}

// A State is where a job stands.
type State string

// The states.
const (
	Ready     State = "ready" // waits for its time or for a free process
	Running   State = "running"
	Done      State = "done"
	Failed    State = "failed" // after the last attempt
	Cancelled State = "cancelled"
)

// Options say how a job is run.
type Options struct {
	Who      db.Who    // on whose behalf
	At       time.Time // not before; now if zero
	Attempts int       // how often it is tried; 5 if 0

	// Unique is a key that only one job has that is ready or running. Adding
	// another with the same key changes nothing, but that one that has not been
	// tried yet waits no longer than the other would have.
	Unique string

	// Alone keeps the job waiting while another of its kind runs. Two processes
	// of a PostgreSQL that take theirs at the same moment don't see each other:
	// it spares work and collisions, and is no lock.
	Alone bool
}

// A Status is a job as others see it.
type Status struct {
	ID       ids.ID
	Kind     string
	State    State
	Attempts int
	Error    string // of the last attempt; for logs and administrators
	Done     int64  // progress, in units of the handler
	Total    int64
	Cancel   bool // whether somebody asked it to stop
	Created  time.Time
	Finished time.Time
}

// Add adds a job in tx: it runs once tx has been committed. args are stored as
// JSON. It returns the job's id; if Unique is taken, that of the job that has it.
func Add(ctx context.Context, tx *db.Tx, kind string, args any, opt Options) (ids.ID, error) {
	text, err := json.Marshal(args)
	if err != nil {
		return ids.ID{}, err
	}
	if opt.At.IsZero() {
		opt.At = tx.Now
	}
	if opt.Attempts == 0 {
		opt.Attempts = 5
	}
	id := ids.New(tx.Now)
	n, err := tx.Exec(ctx, `
		INSERT INTO jobs_job (id, kind, args, state, run_at, attempts, max_attempts, owner, unique_key, error, done, total, cancel,
			actor, actor_name, created_at, alone)
		VALUES ($1, $2, $3, 'ready', $4, 0, $5, '', $6, '', 0, 0, FALSE, $7, $8, $9, $10)
		ON CONFLICT DO NOTHING`,
		id, kind, string(text), db.Millis(opt.At), opt.Attempts, opt.Unique, opt.Who.User, opt.Who.Name, db.Millis(tx.Now), opt.Alone)
	if err != nil {
		return ids.ID{}, err
	}
	if n == 0 {
		id, err = db.Get(ctx, tx, db.One[ids.ID], `
			SELECT id FROM jobs_job WHERE unique_key = $1 AND unique_key <> '' AND state IN ('ready', 'running')`, opt.Unique)
		if err != nil {
			return id, err
		}
		n, err = tx.Exec(ctx, `UPDATE jobs_job SET run_at = $2 WHERE id = $1 AND state = 'ready' AND attempts = 0 AND run_at > $2`, id, db.Millis(opt.At))
		if err != nil || n == 0 {
			return id, err
		}
	}
	database := tx.DB()
	tx.AfterCommit(func() { wake(database) })
	return id, nil
}

// Get returns a job, or a NotFound error.
func Get(ctx context.Context, tx *db.Tx, id ids.ID) (Status, error) {
	return db.Get(ctx, tx, scanStatus, `SELECT `+statusCols+` FROM jobs_job WHERE id = $1`, id)
}

// Open returns the jobs of a kind that wait or run, the oldest first.
func Open(ctx context.Context, tx *db.Tx, kind string) ([]Status, error) {
	return db.List(ctx, tx, scanStatus, `
		SELECT `+statusCols+` FROM jobs_job WHERE kind = $1 AND state IN ('ready', 'running') ORDER BY id`, kind)
}

const statusCols = `id, kind, state, attempts, error, done, total, cancel, created_at, finished_at`

func scanStatus(s db.Scanner, j *Status) error {
	var created, finished int64
	err := s.Scan(&j.ID, &j.Kind, &j.State, &j.Attempts, &j.Error, &j.Done, &j.Total, &j.Cancel, &created, &finished)
	j.Created, j.Finished = db.Time(created), db.Time(finished)
	return err
}

// Cancel asks a job to stop. One that has not begun is cancelled at once; one
// that runs stops when its handler looks. It returns a Conflict error if the
// job is over.
func Cancel(ctx context.Context, tx *db.Tx, id ids.ID) error {
	n, err := tx.Exec(ctx, `
		UPDATE jobs_job SET cancel = TRUE,
			state = CASE WHEN state = 'ready' THEN 'cancelled' ELSE state END,
			finished_at = CASE WHEN state = 'ready' THEN $2 ELSE finished_at END
		WHERE id = $1 AND state IN ('ready', 'running')`, id, db.Millis(tx.Now))
	if err == nil && n == 0 {
		return errs.New(errs.Conflict, "error.conflict")
	}
	return err
}

// Retry gives a failed job another round of attempts.
func Retry(ctx context.Context, tx *db.Tx, id ids.ID) error {
	n, err := tx.Exec(ctx, `
		UPDATE jobs_job SET state = 'ready', attempts = 0, run_at = $2, finished_at = NULL, cancel = FALSE
		WHERE id = $1 AND state IN ('failed', 'cancelled')`, id, db.Millis(tx.Now))
	if err == nil && n == 0 {
		return errs.New(errs.Conflict, "error.conflict")
	}
	return err
}

// Purge deletes jobs that were over before a time.
func Purge(ctx context.Context, tx *db.Tx, before time.Time) error {
	_, err := tx.Exec(ctx, `DELETE FROM jobs_job WHERE finished_at < $1 AND finished_at IS NOT NULL`, db.Millis(before))
	return err
}
