package jobs

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
)

const (
	leaseTime = 30 * time.Second
	beat      = 10 * time.Second // how often a lease is renewed
	poll      = time.Second
	workers   = 2

	// deaths is how many more times than attempts a job is begun whose process
	// died: enough for an unlucky machine, not for a job that kills its process.
	deaths = 10
)

// A Job is a job that is being run.
type Job struct {
	ID  ids.ID
	Who db.Who // on whose behalf

	r      *Runner
	mu     sync.Mutex
	told   time.Time // when progress was last written
	cancel bool
}

// Cancelled reports whether somebody asked the job to stop. It is at most ten
// seconds late. A handler that sees it stops and returns [ErrCancelled].
func (j *Job) Cancelled() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.cancel
}

// ErrCancelled is what a handler returns that stopped because it was asked to.
var ErrCancelled = errors.New("jobs: cancelled")

// Progress tells how far the job is. It writes at most twice a second, in a
// transaction of its own: call it between the slices of the work.
func (j *Job) Progress(ctx context.Context, done, total int64) error {
	j.mu.Lock()
	late := time.Since(j.told) > 500*time.Millisecond
	if late {
		j.told = time.Now()
	}
	j.mu.Unlock()
	if !late && done < total {
		return nil
	}
	return j.r.db.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
		cancel, err := db.Get(ctx, tx, db.One[bool], `
			UPDATE jobs_job SET done = $2, total = $3 WHERE id = $1 RETURNING cancel`, j.ID, done, total)
		j.mu.Lock()
		j.cancel = j.cancel || cancel
		j.mu.Unlock()
		return err
	})
}

type handler func(ctx context.Context, j *Job, args []byte) error

// A Runner runs the jobs of a database in this process.
type Runner struct {
	db       *db.DB
	log      *slog.Logger
	owner    string
	handlers map[string]handler
	periodic []periodic
	woken    chan struct{}
}

type periodic struct {
	name  string
	every time.Duration
}

// boot tells this process from an earlier one that had the same number.
var boot = strconv.FormatUint(rand.Uint64(), 16)

// NewRunner returns a Runner without handlers.
func NewRunner(d *db.DB, log *slog.Logger) *Runner {
	host, _ := os.Hostname() // without a name, the process alone tells owners apart
	return &Runner{
		db: d, log: cmp.Or(log, slog.Default()), handlers: map[string]handler{}, woken: make(chan struct{}, 1),
		owner: fmt.Sprintf("%s/%d/%s/%x", host, os.Getpid(), boot, rand.Uint32()),
	}
}

// Handle registers the handler of a kind of job. Call it before Run.
func Handle[A any](r *Runner, kind string, f func(ctx context.Context, j *Job, args A) error) {
	r.handlers[kind] = func(ctx context.Context, j *Job, text []byte) error {
		var args A
		if err := json.Unmarshal(text, &args); err != nil {
			return err
		}
		return f(ctx, j, args)
	}
}

// Every runs f once in each period, on one of all the processes. The name
// identifies it and never changes.
func Every(r *Runner, name string, period time.Duration, f func(ctx context.Context, j *Job) error) {
	r.periodic = append(r.periodic, periodic{name, period})
	Handle(r, name, func(ctx context.Context, j *Job, _ struct{}) error { return f(ctx, j) })
}

// runners are those of this process, to be woken when jobs are added.
var runners struct {
	sync.Mutex
	list map[*db.DB][]*Runner
}

func wake(d *db.DB) {
	runners.Lock()
	defer runners.Unlock()
	for _, r := range runners.list[d] {
		select {
		case r.woken <- struct{}{}:
		default: // awake already
		}
	}
}

// Run runs jobs until ctx ends. Jobs that are running then are given back.
func (r *Runner) Run(ctx context.Context) error {
	runners.Lock()
	if runners.list == nil {
		runners.list = map[*db.DB][]*Runner{}
	}
	runners.list[r.db] = append(runners.list[r.db], r)
	runners.Unlock()
	defer func() {
		runners.Lock()
		defer runners.Unlock()
		list := slices.DeleteFunc(runners.list[r.db], func(x *Runner) bool { return x == r })
		if runners.list[r.db] = list; len(list) == 0 {
			delete(runners.list, r.db)
		}
	}()
	if err := r.reclaim(ctx); err != nil {
		return err
	}
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() { r.work(ctx) })
	}
	wg.Wait()
	return nil
}

func (r *Runner) work(ctx context.Context) {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for ctx.Err() == nil {
		err := r.schedule(ctx)
		if err == nil {
			var ran bool
			if ran, err = r.one(ctx); ran {
				continue
			}
		}
		if err != nil && ctx.Err() == nil {
			r.log.Error("jobs: can't look for work", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-r.woken:
		}
	}
}

// Drain runs all jobs that are due, one after the other, until none is left.
// Tests and commands use it. It first gives back the jobs of dead processes.
func (r *Runner) Drain(ctx context.Context) error {
	if err := r.reclaim(ctx); err != nil {
		return err
	}
	for {
		ran, err := r.one(ctx)
		if err != nil || !ran {
			return err
		}
	}
}

// schedule adds the jobs of periods that have begun.
func (r *Runner) schedule(ctx context.Context) error {
	now := r.db.Now()
	for _, p := range r.periodic {
		slot := strconv.FormatInt(now.UnixMilli()/p.every.Milliseconds(), 10)
		var last string
		err := r.db.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) {
			last, _, err = db.Find(ctx, tx, db.One[string], `SELECT value FROM meta WHERE key = $1`, "jobs."+p.name)
			return err
		})
		if err != nil || last == slot {
			if err != nil {
				return err
			}
			continue
		}
		err = r.db.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
			n, err := tx.Exec(ctx, `
				INSERT INTO meta (key, value) VALUES ($1, $2)
				ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE meta.value <> excluded.value`, "jobs."+p.name, slot)
			if err != nil || n == 0 { // another process was quicker
				return err
			}
			_, err = Add(ctx, tx, p.name, struct{}{}, Options{Unique: p.name})
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// claim is a job that was taken.
type claim struct {
	id         ids.ID
	kind, args string
	attempts   int64
	max        int64
	user       ids.ID
	name       string
	cancel     bool
}

func scanClaim(s db.Scanner, c *claim) error {
	return s.Scan(&c.id, &c.kind, &c.args, &c.attempts, &c.max, &c.user, &c.name, &c.cancel)
}

// take takes the next job that is due, or whose owner has let its lease end.
func (r *Runner) take(ctx context.Context) (c claim, ok bool, err error) {
	// A look before the write, since there is mostly nothing.
	var due bool
	err = r.db.Read(ctx, db.Who{}, func(tx *db.Tx) error {
		_, due, err = db.Find(ctx, tx, scanClaim, nextJob, db.Millis(tx.Now))
		return err
	})
	if err != nil || !due {
		return c, false, err
	}
	err = r.db.Write(ctx, db.Op{}, func(tx *db.Tx) error {
		c, ok, err = db.Find(ctx, tx, scanClaim, nextJob+` /* skip locked */`, db.Millis(tx.Now))
		if err != nil || !ok {
			return err
		}
		c.attempts++
		if c.attempts > c.max+deaths {
			ok = false
			_, err = tx.Exec(ctx, `
				UPDATE jobs_job SET state = 'failed', finished_at = $2, owner = '', lease_until = NULL,
					error = 'the process that ran it died, each time'
				WHERE id = $1`, c.id, db.Millis(tx.Now))
			return err
		}
		_, err = tx.Exec(ctx, `
			UPDATE jobs_job SET state = 'running', attempts = $2, owner = $3, lease_until = $4 WHERE id = $1`,
			c.id, c.attempts, r.owner, db.Millis(tx.Now.Add(leaseTime)))
		return err
	})
	return c, ok, err
}

const nextJob = `
	SELECT id, kind, args, attempts, max_attempts, actor, actor_name, cancel FROM jobs_job j
	WHERE ((state = 'ready' AND run_at <= $1) OR (state = 'running' AND lease_until < $1))
		AND NOT (alone AND EXISTS (SELECT 1 FROM jobs_job o WHERE o.state = 'running' AND o.kind = j.kind AND o.lease_until >= $1))
	ORDER BY run_at, id LIMIT 1`

// one runs one job, if one is due.
func (r *Runner) one(ctx context.Context) (ran bool, err error) {
	c, ok, err := r.take(ctx)
	if err != nil || !ok {
		return false, err
	}
	j := &Job{ID: c.id, Who: db.Who{User: c.user, Name: c.name}, r: r, cancel: c.cancel}
	work, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { r.hold(work, stop, j) })
	err = r.call(work, j, c)
	stop()
	wg.Wait()
	return true, r.finish(context.WithoutCancel(ctx), ctx.Err() != nil, j, c, err)
}

// errUnknown is the failure of a job whose kind this process has no handler
// for; another process may have one.
var errUnknown = errors.New("no handler for jobs of this kind")

// call runs the handler; a panic is an error like others.
func (r *Runner) call(ctx context.Context, j *Job, c claim) (err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("panic: %v\n%s", x, debug.Stack())
		}
	}()
	if j.cancel {
		return ErrCancelled
	}
	h := r.handlers[c.kind]
	if h == nil {
		return fmt.Errorf("%w: %s", errUnknown, c.kind)
	}
	return h(ctx, j, []byte(c.args))
}

// hold renews the job's lease until it is over. If the lease was lost to
// another process, it stops the work.
func (r *Runner) hold(ctx context.Context, stop func(), j *Job) {
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := r.db.Write(ctx, db.Op{}, func(tx *db.Tx) error {
			cancel, ok, err := db.Find(ctx, tx, db.One[bool], `
				UPDATE jobs_job SET lease_until = $3 WHERE id = $1 AND owner = $2 AND state = 'running' RETURNING cancel`,
				j.ID, r.owner, db.Millis(tx.Now.Add(leaseTime)))
			if err == nil && !ok {
				stop()
			}
			j.mu.Lock()
			j.cancel = j.cancel || cancel
			j.mu.Unlock()
			return err
		})
		if err != nil && ctx.Err() == nil {
			r.log.Error("jobs: can't renew a lease", "job", j.ID, "err", err)
		}
	}
}

// finish stores how an attempt ended. An attempt that ended because the
// process does is given back and not counted.
func (r *Runner) finish(ctx context.Context, ending bool, j *Job, c claim, failed error) error {
	return r.db.Write(ctx, db.Op{}, func(tx *db.Tx) error {
		state, runAt, attempts, text, finished := Done, tx.Now, c.attempts, "", tx.Now
		switch {
		case failed == nil:
		case errors.Is(failed, ErrCancelled):
			state = Cancelled
		case ending:
			state, attempts, finished = Ready, c.attempts-1, time.Time{}
		case errors.Is(failed, errUnknown):
			r.log.Warn("job left to others", "job", c.id, "err", failed)
			state, runAt, attempts, finished = Ready, tx.Now.Add(time.Minute), c.attempts-1, time.Time{}
		default:
			text = failed.Error()
			r.log.Error("job failed", "kind", c.kind, "job", c.id, "attempt", c.attempts, "err", failed)
			state = Failed
			if c.attempts < c.max {
				state, runAt, finished = Ready, tx.Now.Add(wait(c.attempts)), time.Time{}
			}
		}
		_, err := tx.Exec(ctx, `
			UPDATE jobs_job SET state = $3, run_at = $4, attempts = $5, error = $6, finished_at = $7, owner = '', lease_until = NULL
			WHERE id = $1 AND owner = $2`,
			j.ID, r.owner, state, db.Millis(runAt), attempts, text, db.Millis(finished))
		return err
	})
}

// wait is how long after the n-th failure the next attempt begins: 2 s, 8 s,
// 32 s …, at most an hour, give or take a fifth, so that many don't come at once.
func wait(n int64) time.Duration {
	d := min(2*time.Second<<(2*min(n-1, 10)), time.Hour)
	return d + time.Duration(rand.Int64N(int64(d)/5+1))
}

// reclaim gives back the jobs that processes of this host were running that
// are no longer there.
func (r *Runner) reclaim(ctx context.Context) error {
	type running struct {
		id    ids.ID
		owner string
	}
	mine, _, _ := strings.Cut(r.owner, "/")
	return r.db.Write(ctx, db.Op{}, func(tx *db.Tx) error {
		list, err := db.List(ctx, tx, func(s db.Scanner, v *running) error { return s.Scan(&v.id, &v.owner) },
			`SELECT id, owner FROM jobs_job WHERE state = 'running'`)
		if err != nil {
			return err
		}
		for _, v := range list {
			part := strings.Split(v.owner, "/")
			if len(part) != 4 || part[0] != mine || part[2] == boot {
				continue
			}
			pid, err := strconv.Atoi(part[1])
			if err != nil || pid != os.Getpid() && syscall.Kill(pid, 0) != syscall.ESRCH {
				continue
			}
			if _, err := tx.Exec(ctx, `UPDATE jobs_job SET lease_until = 0 WHERE id = $1 AND owner = $2`, v.id, v.owner); err != nil {
				return err
			}
		}
		return nil
	})
}
