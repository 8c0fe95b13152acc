package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/jobs"
)

var modules = []db.Module{jobs.Module}

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// clock is a clock that tests turn on.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return dbtest.Now.Add(time.Duration(c.ahead.Load())) }

func each(t *testing.T, f func(t *testing.T, d *db.DB, c *clock)) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		c := &clock{}
		d.Now = c.now
		f(t, d, c)
	})
}

func add(t *testing.T, d *db.DB, kind string, args any, opt jobs.Options) ids.ID {
	t.Helper()
	var id ids.ID
	err := d.Write(t.Context(), db.Op{}, func(tx *db.Tx) (err error) {
		id, err = jobs.Add(t.Context(), tx, kind, args, opt)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func status(t *testing.T, d *db.DB, id ids.ID) jobs.Status {
	t.Helper()
	var s jobs.Status
	err := d.Read(t.Context(), db.Who{}, func(tx *db.Tx) (err error) {
		s, err = jobs.Get(t.Context(), tx, id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

type greet struct{ Name string }

func TestAJobRunsOnceWithItsArguments(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, _ *clock) {
		r := jobs.NewRunner(d, quiet)
		var got []string
		jobs.Handle(r, "greet", func(_ context.Context, j *jobs.Job, a greet) error {
			got = append(got, a.Name+" for "+j.Who.Name)
			return nil
		})
		id := add(t, d, "greet", greet{"Budi"}, jobs.Options{Who: db.Who{Name: "Rina"}})
		for range 2 {
			if err := r.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if len(got) != 1 || got[0] != "Budi for Rina" || status(t, d, id).State != jobs.Done {
			t.Errorf("got %v, state %s", got, status(t, d, id).State)
		}
	})
}

func TestAJobWithoutItsTransactionIsNone(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, _ *clock) {
		boom := errors.New("boom")
		d.Write(t.Context(), db.Op{}, func(tx *db.Tx) error {
			jobs.Add(t.Context(), tx, "greet", greet{}, jobs.Options{})
			return boom
		})
		r := jobs.NewRunner(d, quiet)
		jobs.Handle(r, "greet", func(context.Context, *jobs.Job, greet) error { t.Error("ran"); return nil })
		if err := r.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestFailuresAreTriedAgainLaterAndThenLeft(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock) {
		r := jobs.NewRunner(d, quiet)
		tries := 0
		jobs.Handle(r, "greet", func(context.Context, *jobs.Job, greet) error {
			tries++
			if tries == 2 {
				panic("what now")
			}
			return errors.New("not today")
		})
		id := add(t, d, "greet", greet{}, jobs.Options{Attempts: 3})
		for i := range 4 {
			if err := r.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
			if i == 0 && (tries != 1 || status(t, d, id).State != jobs.Ready) {
				t.Errorf("after one failure: %d tries, %s", tries, status(t, d, id).State)
			}
			c.ahead.Add(int64(time.Hour + time.Minute))
		}
		s := status(t, d, id)
		if tries != 3 || s.State != jobs.Failed || s.Error != "not today" {
			t.Errorf("%d tries, %s, %q", tries, s.State, s.Error)
		}
	})
}

func TestALostLeaseIsTakenOver(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock) {
		first, second := jobs.NewRunner(d, quiet), jobs.NewRunner(d, quiet)
		begun, goOn := make(chan bool), make(chan bool)
		var runs atomic.Int32
		work := func(context.Context, *jobs.Job, greet) error {
			if runs.Add(1) == 1 {
				close(begun)
				<-goOn // as a process that hangs
			}
			return nil
		}
		jobs.Handle(first, "greet", work)
		jobs.Handle(second, "greet", work)
		id := add(t, d, "greet", greet{}, jobs.Options{})
		var wg sync.WaitGroup
		wg.Go(func() { first.Drain(t.Context()) })
		<-begun
		if err := second.Drain(t.Context()); err != nil || runs.Load() != 1 {
			t.Errorf("taken while its owner lives: %d runs, %v", runs.Load(), err)
		}
		c.ahead.Add(int64(time.Minute))
		if err := second.Drain(t.Context()); err != nil || runs.Load() != 2 || status(t, d, id).State != jobs.Done {
			t.Errorf("not taken over: %d runs, %v", runs.Load(), err)
		}
		close(goOn)
		wg.Wait()
	})
}

func TestUnique(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, _ *clock) {
		a := add(t, d, "greet", greet{"a"}, jobs.Options{Unique: "x"})
		if b := add(t, d, "greet", greet{"b"}, jobs.Options{Unique: "x"}); a != b {
			t.Error("two jobs have the same key")
		}
		later := add(t, d, "greet", greet{"c"}, jobs.Options{Unique: "y", At: d.Now().Add(time.Hour)})
		if b := add(t, d, "greet", greet{"c"}, jobs.Options{Unique: "y", At: d.Now().Add(2 * time.Hour)}); b != later {
			t.Error("two jobs have the same key")
		}
		r, n := jobs.NewRunner(d, quiet), 0
		jobs.Handle(r, "greet", func(context.Context, *jobs.Job, greet) error { n++; return nil })
		if err := r.Drain(t.Context()); err != nil || n != 1 {
			t.Errorf("%d ran, %v", n, err)
		}
		add(t, d, "greet", greet{"c"}, jobs.Options{Unique: "y"}) // it need not wait any more
		if err := r.Drain(t.Context()); err != nil || n != 2 {
			t.Errorf("%d ran, %v", n, err)
		}
		if b := add(t, d, "greet", greet{"b"}, jobs.Options{Unique: "x"}); a == b {
			t.Error("a job that is over keeps its key")
		}
	})
}

func TestAlone(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, _ *clock) {
		begun, goOn := make(chan struct{}), make(chan struct{})
		var runs atomic.Int64
		runner := func() *jobs.Runner {
			r := jobs.NewRunner(d, quiet)
			jobs.Handle(r, "greet", func(context.Context, *jobs.Job, greet) error {
				if runs.Add(1) == 1 {
					close(begun)
					<-goOn
				}
				return nil
			})
			return r
		}
		for range 3 {
			add(t, d, "greet", greet{"all"}, jobs.Options{Alone: true})
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := runner().Drain(t.Context()); err != nil {
				t.Error(err)
			}
		})
		<-begun
		if err := runner().Drain(t.Context()); err != nil || runs.Load() != 1 {
			t.Errorf("%d run at once, %v", runs.Load(), err)
		}
		close(goOn)
		wg.Wait()
		if runs.Load() != 3 {
			t.Errorf("%d ran", runs.Load())
		}
	})
}

func TestCancel(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, _ *clock) {
		r := jobs.NewRunner(d, quiet)
		jobs.Handle(r, "greet", func(ctx context.Context, j *jobs.Job, _ greet) error {
			if err := d.Write(ctx, db.Op{}, func(tx *db.Tx) error { return jobs.Cancel(ctx, tx, j.ID) }); err != nil {
				return err
			}
			if err := j.Progress(ctx, 1, 2); err != nil {
				return err
			}
			if !j.Cancelled() {
				t.Error("a job does not see that it is cancelled")
			}
			return jobs.ErrCancelled
		})
		id := add(t, d, "greet", greet{}, jobs.Options{})
		if err := r.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s := status(t, d, id); s.State != jobs.Cancelled || s.Done != 1 || s.Total != 2 {
			t.Errorf("%+v", s)
		}
	})
}

func TestPeriodicOncePerPeriodOnAllProcesses(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock) {
		var n atomic.Int32
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range 2 {
			r := jobs.NewRunner(d, quiet)
			jobs.Every(r, "tidy", time.Hour, func(context.Context, *jobs.Job) error { n.Add(1); return nil })
			wg.Go(func() { r.Run(ctx) })
		}
		wait := func(want int32) {
			t.Helper()
			for end := time.Now().Add(10 * time.Second); n.Load() < want && time.Now().Before(end); {
				time.Sleep(10 * time.Millisecond)
			}
			time.Sleep(50 * time.Millisecond)
			if n.Load() != want {
				t.Errorf("ran %d times, want %d", n.Load(), want)
			}
		}
		wait(1)
		c.ahead.Add(int64(time.Hour))
		wait(2)
		stop()
		wg.Wait()
	})
}

func TestAnEndingProcessGivesItsJobBack(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, _ *clock) {
		r := jobs.NewRunner(d, quiet)
		ctx, stop := context.WithCancel(t.Context())
		jobs.Handle(r, "greet", func(ctx context.Context, _ *jobs.Job, _ greet) error {
			stop()
			<-ctx.Done()
			return ctx.Err()
		})
		id := add(t, d, "greet", greet{}, jobs.Options{})
		r.Drain(ctx)
		if s := status(t, d, id); s.State != jobs.Ready || s.Attempts != 0 {
			t.Errorf("%s after %d attempts", s.State, s.Attempts)
		}
	})
}

// ranBy makes a job look as if process pid of this host were running it.
func ranBy(t *testing.T, d *db.DB, id ids.ID, pid int) {
	t.Helper()
	host, _ := os.Hostname()
	err := d.Write(t.Context(), db.Op{}, func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `
			UPDATE jobs_job SET state = 'running', attempts = attempts + 1, owner = $2, lease_until = $3 WHERE id = $1`,
			id, fmt.Sprintf("%s/%d/otherboot/1", host, pid), db.Millis(tx.Now.Add(20*time.Second)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAJobOfADeadProcessIsTakenAtOnce(t *testing.T) {
	gone := exec.Command(os.Args[0], "-test.run=^$")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	each(t, func(t *testing.T, d *db.DB, _ *clock) {
		r, n := jobs.NewRunner(d, quiet), 0
		jobs.Handle(r, "greet", func(context.Context, *jobs.Job, greet) error { n++; return nil })
		id := add(t, d, "greet", greet{}, jobs.Options{})
		ranBy(t, d, id, os.Getppid())
		if err := r.Drain(t.Context()); err != nil || n != 0 {
			t.Errorf("the job of a living process ran %d times, %v", n, err)
		}
		ranBy(t, d, id, gone.Process.Pid)
		if err := r.Drain(t.Context()); err != nil || n != 1 || status(t, d, id).State != jobs.Done {
			t.Errorf("the job of a dead process ran %d times, %v", n, err)
		}
	})
}

func TestAJobThatKillsItsProcessIsLeft(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock) {
		r, n := jobs.NewRunner(d, quiet), 0
		jobs.Handle(r, "greet", func(context.Context, *jobs.Job, greet) error { n++; return nil })
		id := add(t, d, "greet", greet{}, jobs.Options{Attempts: 1})
		for range 11 {
			ranBy(t, d, id, os.Getppid())
		}
		c.ahead.Add(int64(time.Minute))
		if err := r.Drain(t.Context()); err != nil || n != 0 || status(t, d, id).State != jobs.Failed {
			t.Errorf("ran %d times, %s, %v", n, status(t, d, id).State, err)
		}
	})
}

func TestAnUnknownKindIsLeftToOthers(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock) {
		id := add(t, d, "greet", greet{}, jobs.Options{Attempts: 1})
		if err := jobs.NewRunner(d, quiet).Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.ahead.Add(int64(time.Hour))
		r, n := jobs.NewRunner(d, quiet), 0
		jobs.Handle(r, "greet", func(context.Context, *jobs.Job, greet) error { n++; return nil })
		if err := r.Drain(t.Context()); err != nil || n != 1 {
			t.Errorf("ran %d times, %s, %v", n, status(t, d, id).State, err)
		}
	})
}
