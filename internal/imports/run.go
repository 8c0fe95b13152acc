package imports

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
)

// Begin lets an import run from its first row, after it was uploaded, changed,
// tried or stopped before anything came in. With dry set it only counts. Call
// [Run] or [Queue] after it. It returns Invalid errors at the fields map and
// key if the settings don't fit the file, and a Conflict error if the import
// runs or has run.
func Begin(ctx context.Context, tx *db.Tx, id ids.ID, dry bool) (Job, error) {
	j, err := Get(ctx, tx, id)
	if err != nil {
		return j, err
	}
	if err := j.canBegin(); err != nil {
		return j, err
	}
	if err := j.check(); err != nil {
		return j, err
	}
	n, err := tx.Exec(ctx, `
		UPDATE import_job SET state = 'running', dry_run = $3, problem = '', used = 0, place = 0, created = 0, updated = 0, skipped = 0,
			errors = 0, warnings = 0, duplicates = 0, organizations = 0, orders = 0, products = 0, customers = 0, tries = 0, started_at = $4, touched_at = $4, finished_at = NULL
		WHERE id = $1 AND state = $2`, id, j.State, dry, db.Millis(tx.Now))
	if err != nil {
		return j, err
	}
	if n == 0 {
		return j, errs.New(errs.Conflict, "import.running")
	}
	if err := j.clearRows(ctx, tx); err != nil {
		return j, err
	}
	if !dry {
		if err := j.remember(ctx, tx); err != nil {
			return j, err
		}
	}
	return Get(ctx, tx, id)
}

// canBegin returns a Conflict error unless the import may run from its start.
func (j *Job) canBegin() error {
	switch {
	case j.State == Uploaded || j.State == Mapped || j.State != Running && j.State != Uploading && j.Op.IsZero():
		return nil
	case j.State == Running:
		return errs.New(errs.Conflict, "import.running")
	}
	return errs.New(errs.Conflict, "import.over")
}

// clearRows deletes what an earlier run noted, but for cells that were mended.
func (j *Job) clearRows(ctx context.Context, tx *db.Tx) error {
	if _, err := tx.Exec(ctx, `DELETE FROM import_row WHERE import_id = $1 AND mended = FALSE`, j.ID); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE import_row SET state = 'mended', problems = '[]', customer_id = NULL WHERE import_id = $1`, j.ID); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM import_repeat WHERE import_id = $1`, j.ID); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM import_org WHERE import_id = $1`, j.ID)
	return err
}

// Run goes through the rows of a running import until its end, or until ctx
// ends, from where it was left. Progress, which may be nil, is called after
// each slice. An import that ends because of its file (state Failed) or that
// somebody stops (Cancelled) is no error. A Conflict error says that another
// process runs it.
func Run(ctx context.Context, d *db.DB, id ids.ID, progress func(Job)) (Job, error) {
	j, err := getJob(ctx, d, id)
	if err != nil || j.State == Done || j.State == Failed || j.State == Cancelled {
		return j, err
	}
	if j.State != Running {
		return j, errs.New(errs.Conflict, "import.not_begun")
	}
	if progress == nil {
		progress = func(Job) {}
	}
	r := &runner{d: d, job: j, progress: progress, budget: shortSlice}
	release, err := d.Room(ctx)
	if err != nil {
		return j, err
	}
	defer release()
	err = r.run(ctx)
	if errs.KindOf(err) == errs.Invalid || errs.KindOf(err) == errs.TooLarge || errs.KindOf(err) == errs.NotFound {
		err = r.fail(ctx, errs.All(err)[0])
	}
	return r.job, err
}

// A runner runs one import.
type runner struct {
	d        *db.DB
	job      Job // as stored
	p        program
	forget   func() // forgets what a dry run remembers; nil if it is none
	progress func(Job)
	queue    []*batch // read, not stored yet
	read     <-chan *batch
	tries    int // of the slice, after others were quicker

	budget time.Duration // how long the next slice may take
	alone  int           // slices since somebody else waited to write
}

// A slice is short while others write, so that they never wait long for it. An
// import that has the database for itself takes longer ones: a page of an index
// that many rows change is then written once.
const (
	shortSlice = 40 * time.Millisecond
	longSlice  = time.Second
	patience   = 100 // short slices after somebody waited
)

// waited reports whether somebody waits to write: a slice that has just begun
// can be over for no other reason.
func waited(tx *db.Tx) bool { return tx.Slice().Over() }

var errStopped = errors.New("imports: no longer running")

func (r *runner) run(ctx context.Context) error {
	if err := r.prepare(ctx); err != nil {
		return err
	}
	if r.job.DryRun {
		defer r.forget()
	}
	src, err := r.job.open(ctx, r.d)
	if err != nil {
		return err
	}
	defer src.Close()
	if err := src.Skip(int(r.job.Place)); err != nil && err != io.EOF {
		return err
	}
	reading, stop := context.WithCancel(ctx)
	ch := make(chan *batch, 4)
	p := &parser{d: r.d, job: r.job, p: r.p, src: src}
	done := make(chan error, 1)
	go func() { done <- p.run(reading, ch) }()
	r.read = ch
	err = r.store(ctx)
	stop()
	for range ch { // so that the parser ends
	}
	readErr := <-done
	if errors.Is(err, errStopped) {
		return r.reload(ctx)
	}
	if err == nil && readErr != nil && !errors.Is(readErr, context.Canceled) {
		err = readErr
	}
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return r.finish(ctx)
}

// prepare makes ready what rows are read and compared with.
func (r *runner) prepare(ctx context.Context) error {
	j := &r.job
	var err error
	if r.p, err = j.program(ctx, r.d, j.Header); err != nil {
		return err
	}
	if !j.DryRun {
		return nil
	}
	// What a dry run remembers is gone when its process is.
	j.Place, j.Used, j.Counts = 0, 0, Counts{}
	if r.forget, err = r.p.rehearse(); err != nil {
		return err
	}
	return r.d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE import_job SET used = 0, place = 0, created = 0, updated = 0, skipped = 0,
				errors = 0, warnings = 0, duplicates = 0, organizations = 0, orders = 0, products = 0, customers = 0
			WHERE id = $1 AND state = 'running'`, j.ID)
		if err != nil {
			return err
		}
		return j.clearRows(ctx, tx)
	})
}

// store takes batches from the parser and stores them, a slice at a time.
func (r *runner) store(ctx context.Context) error {
	for {
		if len(r.queue) == 0 {
			select {
			case b, ok := <-r.read:
				if !ok {
					return nil
				}
				r.queue = append(r.queue, b)
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		slice := r.slice
		if r.job.DryRun {
			slice = r.drySlice
		}
		if err := slice(ctx); err != nil {
			// Somebody added or changed what this slice is about: look again.
			if k := errs.KindOf(err); k != errs.Conflict && k != errs.Stale || r.tries == 5 {
				return err
			}
			r.tries++
			continue
		}
		r.tries = 0
		r.progress(r.job)
	}
}

// ready returns the i-th batch of the queue if it is there already.
func (r *runner) ready(i int) (*batch, bool) {
	if i < len(r.queue) {
		return r.queue[i], true
	}
	select {
	case b, ok := <-r.read:
		if !ok {
			return nil, false
		}
		r.queue = append(r.queue, b)
		return b, true
	default:
		return nil, false
	}
}

// op returns the operation of the import's changes.
func (j *Job) op() db.Op {
	return db.Op{
		Who: j.Who, Why: j.Kind.why(), ID: j.Op, Long: j.Op.IsZero(), Background: true, Lazy: true,
		Args: map[string]any{"file": j.Name},
	}
}

// slice stores as many batches as the writer may be held for, in one transaction.
func (r *runner) slice(ctx context.Context) error {
	var next Job
	n, others := 0, false
	err := r.d.Write(ctx, r.job.op(), func(tx *db.Tx) error {
		next, n = r.job, 0
		next.Op = tx.Op
		for began := time.Now(); ; {
			b, ok := r.ready(n)
			if !ok {
				break
			}
			c, err := b.plan(ctx, tx, next.ID, next.Mode)
			if err != nil {
				return err
			}
			if err := c.apply(ctx, tx, next.ID); err != nil {
				return err
			}
			if err := c.result().noteRows(ctx, tx, next.ID); err != nil {
				return err
			}
			next.take(b, c.result())
			n++
			if others = waited(tx); others || time.Since(began) > r.budget {
				break
			}
		}
		return r.advance(ctx, tx, &next)
	})
	if err != nil {
		return err
	}
	if r.alone++; others {
		r.alone = 0
	}
	r.budget = shortSlice
	if r.alone > patience {
		r.budget = longSlice
	}
	r.job = next
	r.queue = r.queue[n:]
	return nil
}

// drySlice plans batches without storing more than what is wrong with rows.
func (r *runner) drySlice(ctx context.Context) error {
	next, n := r.job, 0
	var done []*outcome
	err := r.d.Read(ctx, r.job.Who, func(tx *db.Tx) error {
		for until := time.Now().Add(200 * time.Millisecond); time.Now().Before(until); n++ {
			b, ok := r.ready(n)
			if !ok {
				break
			}
			c, err := b.plan(ctx, tx, next.ID, next.Mode)
			if err != nil {
				return err
			}
			next.take(b, c.result())
			done = append(done, c.result())
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = r.d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
		for _, o := range done {
			if err := o.noteRows(ctx, tx, next.ID); err != nil {
				return err
			}
		}
		return r.advance(ctx, tx, &next)
	})
	if err != nil {
		return err
	}
	r.job = next
	r.queue = r.queue[n:]
	return nil
}

// take adds what became of a batch.
func (j *Job) take(b *batch, o *outcome) {
	j.Place += int64(b.rows)
	j.Used = b.used
	j.Counts.add(&o.Counts)
}

// advance stores how far the import has come. It fails if the import is no
// longer where this process left it.
func (r *runner) advance(ctx context.Context, tx *db.Tx, j *Job) error {
	j.Touched = tx.Now
	n, err := tx.Exec(ctx, `
		UPDATE import_job SET place = $3, used = $4, created = $5, updated = $6, skipped = $7, errors = $8, warnings = $9,
			duplicates = $10, organizations = $11, op = $12, touched_at = $13, orders = $14, products = $15, customers = $16, tries = 0
		WHERE id = $1 AND place = $2 AND state = 'running'`,
		j.ID, r.job.Place, j.Place, j.Used, j.Created, j.Updated, j.Skipped, j.Errors, j.Warnings,
		j.Duplicates, j.Organizations, j.Op, db.Millis(tx.Now), j.Counts.Orders, j.Counts.Products, j.Counts.Customers)
	if err == nil && n == 0 {
		return errStopped
	}
	return err
}

// reload reads the import as somebody else left it.
func (r *runner) reload(ctx context.Context) error {
	var err error
	r.job, err = getJob(ctx, r.d, r.job.ID)
	if err == nil && r.job.State == Running {
		return errs.New(errs.Conflict, "import.elsewhere")
	}
	return err
}

// finish ends the import after its last row.
func (r *runner) finish(ctx context.Context) error {
	return r.end(ctx, Done, nil)
}

// fail ends the import because of its file.
func (r *runner) fail(ctx context.Context, e *errs.Error) error {
	return r.end(context.WithoutCancel(ctx), Failed, e)
}

func (r *runner) end(ctx context.Context, state State, reason *errs.Error) error {
	next := r.job
	err := end(ctx, r.d, &next, state, reason)
	if errors.Is(err, errStopped) {
		return r.reload(ctx)
	}
	if err == nil {
		r.job = next
		r.progress(next)
	}
	return err
}

// end stores that an import is over, and ends its operation.
func end(ctx context.Context, d *db.DB, j *Job, state State, reason *errs.Error) error {
	op := db.Op{}
	if !j.Op.IsZero() {
		op = j.op()
		op.Background, op.Lazy = false, false
	}
	return d.Write(ctx, op, func(tx *db.Tx) error {
		j.State, j.Reason, j.Finished = state, reason, tx.Now
		if state == Done {
			j.Used = j.Size
		}
		n, err := tx.Exec(ctx, `
			UPDATE import_job SET state = $2, problem = $3, finished_at = $4, used = $5
			WHERE id = $1 AND state = 'running' AND op IS NOT DISTINCT FROM $6`,
			j.ID, state, writeReason(reason), db.Millis(tx.Now), j.Used, j.Op)
		if err != nil || n == 0 {
			return errors.Join(err, errIf(n == 0, errStopped))
		}
		if tx.Op.IsZero() {
			return nil
		}
		if err := tx.SetOp(ctx, ids.ID{}, j.opArgs()); err != nil {
			return err
		}
		if err := j.Kind.noun().over(ctx, tx); err != nil {
			return err
		}
		return tx.FinishOp(ctx)
	})
}

func errIf(cond bool, err error) error {
	if cond {
		return err
	}
	return nil
}

// opArgs are the arguments of the operation's message, and more for who reads it closely.
func (j *Job) opArgs() map[string]any {
	return map[string]any{
		"file": j.Name, "import": j.ID, "created": j.Created, "updated": j.Updated, "organizations": j.Organizations,
	}
}

// Cancel stops a running import. What came in before stays, and can be undone.
// It returns a Conflict error if the import doesn't run.
func Cancel(ctx context.Context, d *db.DB, id ids.ID) (Job, error) {
	for {
		j, err := getJob(ctx, d, id)
		if err != nil {
			return j, err
		}
		if j.State != Running {
			return j, errs.New(errs.Conflict, "import.not_running")
		}
		// The first slice may have begun the operation since: then look again.
		if err := end(ctx, d, &j, Cancelled, nil); !errors.Is(err, errStopped) {
			return j, err
		}
	}
}
