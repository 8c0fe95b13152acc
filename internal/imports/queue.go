package imports

import (
	"context"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/journal"
)

// jobKind is the kind of the jobs that run imports.
const jobKind = "imports.run"

// jobArgs are the arguments of a job.
type jobArgs struct {
	ID ids.ID `json:"id"`
}

// Queue lets a background job run an import that has begun.
func Queue(ctx context.Context, tx *db.Tx, j *Job) error {
	_, err := jobs.Add(ctx, tx, jobKind, jobArgs{j.ID}, jobs.Options{Who: j.Who, Unique: jobKind + ":" + j.ID.String()})
	return err
}

// Register lets r run imports, take up those whose process died, and delete
// the files of old ones.
func Register(r *jobs.Runner, d *db.DB) {
	jobs.Handle(r, jobKind, func(ctx context.Context, job *jobs.Job, args jobArgs) error {
		over, err := countTry(ctx, d, args.ID)
		if over || err != nil {
			return err
		}
		_, err = Run(ctx, d, args.ID, func(j Job) {
			// Progress is also in the import itself: a failure here is of no account.
			_ = job.Progress(ctx, j.Used, j.Size)
			if job.Cancelled() {
				_, _ = Cancel(ctx, d, j.ID)
			}
		})
		if k := errs.KindOf(err); k == errs.NotFound || k == errs.Conflict {
			return nil // gone, or another process runs it
		}
		return err
	})
	jobs.Every(r, "revive-imports", time.Minute, func(ctx context.Context, _ *jobs.Job) error { return Revive(ctx, d) })
	jobs.Every(r, "purge-imports", 24*time.Hour, func(ctx context.Context, _ *jobs.Job) error { return Purge(ctx, d) })
}

// maxTries is how often an import may begin anew without getting further.
const maxTries = 10

// countTry counts that an import is taken up. One that never gets further is
// ended, and over is true.
func countTry(ctx context.Context, d *db.DB, id ids.ID) (over bool, err error) {
	tries := 0
	err = d.Write(ctx, db.Op{}, func(tx *db.Tx) error {
		tries, _, err = db.Find(ctx, tx, db.One[int], `UPDATE import_job SET tries = tries + 1 WHERE id = $1 RETURNING tries`, id)
		return err
	})
	if err != nil || tries <= maxTries {
		return false, err
	}
	j, err := getJob(ctx, d, id)
	if err != nil || j.State != Running {
		return true, err
	}
	return true, end(ctx, d, &j, Failed, errs.New(errs.Internal, "error.internal"))
}

// Stalled is how long a running import may be silent: a slice takes a fraction
// of a second.
const Stalled = 15 * time.Second

// Revive queues the imports that run nowhere: their process, such as a command,
// was killed. It is called when a server starts, and each minute.
func Revive(ctx context.Context, d *db.DB) error {
	return d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
		list, err := db.List(ctx, tx, scanJob, `
			SELECT `+jobCols+` FROM import_job WHERE state = 'running' AND touched_at < $1 ORDER BY touched_at LIMIT 100`,
			db.Millis(tx.Now.Add(-Stalled)))
		if err != nil {
			return err
		}
		for i := range list {
			if err := Queue(ctx, tx, &list[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// Purge deletes the files of imports that can no longer be undone, and what
// was uploaded and never imported.
func Purge(ctx context.Context, d *db.DB) error {
	var over, forgotten []ids.ID
	err := d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) {
		before := db.Millis(tx.Now.Add(-journal.Window))
		over, err = db.List(ctx, tx, db.One[ids.ID], `
			SELECT id FROM import_job WHERE finished_at < $1 AND state IN ('done', 'failed', 'cancelled')
			AND EXISTS (SELECT 1 FROM import_chunk WHERE import_id = id)`, before)
		if err != nil {
			return err
		}
		forgotten, err = db.List(ctx, tx, db.One[ids.ID], `
			SELECT id FROM import_job WHERE state = 'uploading' AND made_at < $1 OR state IN ('uploaded', 'mapped') AND made_at < $2`,
			db.Millis(tx.Now.Add(-24*time.Hour)), before)
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range over {
		if err := removeFile(ctx, d, id); err != nil {
			return err
		}
		if err := d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error { return forgetRows(ctx, tx, id) }); err != nil {
			return err
		}
	}
	for _, id := range forgotten {
		if err := Delete(ctx, d, id); err != nil {
			return err
		}
	}
	return nil
}
