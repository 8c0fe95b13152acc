package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/app"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/imports"
)

const many = 20_000

// killAt kills a process when the newest import has come to a row that no
// earlier one has. It reports whether it did before the import was over.
func killAt(t *testing.T, a *app.App, p *process, row int64) (killed bool, at int64) {
	t.Helper()
	var job imports.Job
	until(t, fmt.Sprintf("the import has come to row %d", row), func() bool {
		job = newest(t, a)
		return p.ended() || job.Place >= row
	})
	killed = !p.ended() && job.State == imports.Running
	if killed {
		p.kill()
	}
	return killed, newest(t, a).Place
}

// finished waits for the newest import to end, while it is looked at every now
// and then from outside.
func finished(t *testing.T, a *app.App) imports.Job {
	t.Helper()
	var job imports.Job
	until(t, "the import is done", func() bool {
		time.Sleep(50 * time.Millisecond)
		job = newest(t, a)
		return job.State == imports.Done || job.State == imports.Failed
	})
	return job
}

// TestKilledImport kills an import in the command line, which is then begun
// again by the same command. What came in is what an import brings that
// nothing interrupts, and its undo, which is killed too, leaves what was there
// before.
func TestKilledImport(t *testing.T) {
	eachEngine(t, func(t *testing.T, fresh func() string) {
		at, whole := fresh(), fresh()
		name := file(t, 100, 100+many, "")
		base := file(t, 0, 200, " lama")
		for _, at := range []string{at, whole} {
			bring(t, at, base)
		}
		before := export(t, at)
		want := bring(t, whole, name)
		a := open(t, at)

		var got summary
		places := []int64{0}
		for n := 1; ; n++ {
			p := start(t, "import", "customers", name, "--key", "external_id", "--json", at)
			killed, place := false, int64(0)
			if n <= 4 {
				killed, place = killAt(t, a, p, 300+int64(n-1)*many/4+rand.Int64N(many/5))
			}
			<-p.over
			if n > 1 {
				if say := fmt.Sprintf("going on with the import that was interrupted after row %d\n", places[n-1]); p.errs.String() != say {
					t.Errorf("start %d says %q, want %q", n, p.errs.String(), say)
				}
			}
			if !killed {
				if p.err != nil {
					t.Fatalf("start %d: %v\n%s", n, p.err, p.errs.String())
				}
				got = decode[summary](t, p.out.String())
				break
			}
			places = append(places, place)
		}
		t.Logf("killed after rows %v", places[1:])
		if len(places) < 3 {
			t.Errorf("killed only %d times", len(places)-1)
		}
		if got.counts() != want.counts() || got.Created != many-100 || got.Updated+got.Skipped != 100 {
			t.Errorf("counted %v, want %v", got.counts(), want.counts())
		}
		alike(t, "what came in", plain(export(t, at)), plain(export(t, whole)))
		akrab(t, "check", at)

		undoing := start(t, "undo", got.Operation, at)
		until(t, "the undo is half done", func() bool {
			done, total := undoProgress(t, a.DB, ids.MustParse(got.Operation))
			return undoing.ended() || total > 0 && done > total/4
		})
		if undoing.ended() {
			t.Errorf("the undo could not be killed: %v %s", undoing.err, undoing.errs.String())
		}
		undoing.kill()
		again := start(t, "undo", got.Operation, at)
		<-again.over
		if again.err != nil || strings.Contains(again.out.String(), "were kept") {
			t.Fatalf("the undo, again: %v\n%s%s", again.err, again.out.String(), again.errs.String())
		}
		alike(t, "after the undo", export(t, at), before)
		akrab(t, "check", at)
	})
}

// undoProgress returns how far the undo of an operation is; zeros before it
// has begun.
func undoProgress(t *testing.T, d *db.DB, id ids.ID) (done, total int) {
	t.Helper()
	err := d.Read(t.Context(), system, func(tx *db.Tx) error {
		_, _, err := db.Find(t.Context(), tx, func(s db.Scanner, _ *int) error { return s.Scan(&done, &total) }, `
			SELECT done, total FROM journal_undo WHERE op = $1`, id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return done, total
}

// TestServerTakesUpImport kills an import of the command line and one of a
// server. A server that starts goes on with both.
func TestServerTakesUpImport(t *testing.T) {
	eachEngine(t, func(t *testing.T, fresh func() string) {
		at, whole := fresh(), fresh()
		key := token(t, at)
		first, second := file(t, 0, 5000, ""), file(t, 5000, 15000, "")
		bring(t, whole, first)
		bring(t, whole, second)
		a := open(t, at)

		p := start(t, "import", "customers", first, "--key", "external_id", "--json", at)
		if killed, place := killAt(t, a, p, 500); !killed {
			t.Errorf("the command was not killed: %v %s", p.err, p.errs.String())
		} else {
			t.Logf("the command was killed after row %d", place)
		}
		s := serve(t, at, key)
		job := finished(t, a)
		if job.State != imports.Done || job.Created != 5000 || job.Rows() != 5000 {
			t.Fatalf("the import of the command: %s, counted %+v", job.State, job.Counts)
		}

		up := s.upload(second)
		for range 2 {
			if killed, place := killAt(t, a, s.process, newest(t, a).Place+1000); !killed {
				t.Errorf("the server was not killed: %v", s.err)
			} else {
				t.Logf("the server was killed after row %d", place)
			}
			s = serve(t, at, key)
		}
		job = finished(t, a)
		got := decode[summary](t, s.ask(200, "GET", "/imports/"+up.ID, "").body)
		if got.State != "done" || got.counts() != [5]int{10000, 10000, 0, 0, 0} || got.ID != job.ID.String() {
			t.Errorf("the import of the server: %+v", got)
		}
		alike(t, "what came in", plain(export(t, at)), plain(export(t, whole)))
		s.stop()
		akrab(t, "check", at)
	})
}
