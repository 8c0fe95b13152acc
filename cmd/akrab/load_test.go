package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// writers create and change customers through the API until they are stopped.
type writers struct {
	mu   sync.Mutex
	made []string        // ids that the server has acknowledged
	took []time.Duration // how long each request took
	stop atomic.Bool
	wg   sync.WaitGroup
}

func write(t *testing.T, s *server, n int) *writers {
	w := &writers{}
	for k := range n {
		w.wg.Go(func() {
			for i := 0; !w.stop.Load(); i++ {
				begun := time.Now()
				a, err := s.try("POST", "/customers", fmt.Sprintf(`{"name":"Penulis %d %d","external_id":"W%d-%d","phones":[{"value":"0813%03d%05d"}]}`, k, i, k, i, k, i))
				if err != nil || a.status != 201 {
					t.Errorf("writer %d: status %d, %v: %s", k, a.status, err, a.body)
					return
				}
				made := decode[struct{ ID string }](t, a.body)
				w.mu.Lock()
				w.took = append(w.took, time.Since(begun))
				w.made = append(w.made, made.ID)
				w.mu.Unlock()
				begun = time.Now()
				if a, err := s.try("PATCH", "/customers/"+made.ID, `{"remember":"x"}`); err != nil || a.status != 200 {
					t.Errorf("writer %d: status %d, %v: %s", k, a.status, err, a.body)
				}
				w.mu.Lock()
				w.took = append(w.took, time.Since(begun))
				w.mu.Unlock()
			}
		})
	}
	return w
}

// soFar returns the ids that were acknowledged until now.
func (w *writers) soFar() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.made...)
}

func (w *writers) end() {
	w.stop.Store(true)
	w.wg.Wait()
}

// TestBackupUnderLoad backs a workspace up while programs write, and restores
// it elsewhere: it is sound and has all that was acknowledged before.
func TestBackupUnderLoad(t *testing.T) {
	eachEngine(t, func(t *testing.T, fresh func() string) {
		at, other := fresh(), fresh()
		s := serve(t, at, token(t, at))
		w := write(t, s, 3)
		defer w.end()
		until(t, "a hundred customers are there", func() bool { return len(w.soFar()) >= 100 })
		for n, name := range []string{"save", "save.gz"} {
			before := w.soFar()
			name = filepath.Join(t.TempDir(), name)
			akrab(t, "backup", name, at)
			out := akrab(t, "restore", name, "--force", other)
			if !strings.Contains(out, "the data are sound") {
				t.Errorf("backup %d: %s", n, out)
			}
			text := export(t, other)["customer.jsonl"]
			for _, id := range before {
				if !strings.Contains(text, id) {
					t.Errorf("backup %d: customer %s, created before it began, is lost", n, id)
				}
			}
			if lines(text) < len(before) {
				t.Errorf("backup %d: %d customers of %d", n, lines(text), len(before))
			}
			t.Logf("backup %d: %d customers were acknowledged, %d are restored", n, len(before), lines(text))
		}
		w.end()
		s.stop()
		akrab(t, "check", at)
	})
}

// TestImportBesideServer imports with the command line while a server works on
// the same workspace: users are not kept waiting, and both see what the other does.
func TestImportBesideServer(t *testing.T) {
	eachEngine(t, func(t *testing.T, fresh func() string) {
		at := fresh()
		s := serve(t, at, token(t, at))
		name := file(t, 0, 15000, "")
		p := start(t, "import", "customers", name, "--key", "external_id", "--json", at)
		w := write(t, s, 1)
		<-p.over
		w.end()
		if p.err != nil {
			t.Fatalf("the import: %v\n%s", p.err, p.errs.String())
		}
		got := decode[summary](t, p.out.String())
		if got.Created != 15000 {
			t.Errorf("counted %+v", got)
		}
		n := len(w.made)
		t.Logf("%d writes beside the import: p50 %v, p99 %v, at most %v", len(w.took), percentile(w.took, 50), percentile(w.took, 99), percentile(w.took, 100))
		if n < 10 || percentile(w.took, 50) > time.Second {
			t.Errorf("%d writes, half of them slower than %v", len(w.took), percentile(w.took, 50))
		}
		if strings.Contains(s.errs.String(), "locked") || strings.Contains(s.errs.String(), "ERROR") {
			t.Errorf("the server says %s", s.errs.String())
		}
		s.find("C0014999")
		text := export(t, at)["customer.jsonl"]
		if lines(text) != 15000+n {
			t.Errorf("%d customers, want %d", lines(text), 15000+n)
		}
		// What the server does now, the next command takes back.
		made := s.ask(201, "POST", "/customers", `{"name":"Terakhir"}`)
		ops := decode[struct {
			Items []struct{ ID, Why string }
		}](t, s.ask(200, "GET", "/operations?limit=1", "").body)
		akrab(t, "undo", ops.Items[0].ID, at)
		s.ask(404, "GET", "/customers/"+decode[struct{ ID string }](t, made.body).ID, "")
		s.stop()
		akrab(t, "check", at)
	})
}

// TestServerEnds stops servers in the midst of their work.
func TestServerEnds(t *testing.T) {
	eachEngine(t, func(t *testing.T, fresh func() string) {
		at := fresh()
		s := serve(t, at, token(t, at))
		if !strings.Contains(s.out.String(), "/setup?token=") {
			until(t, "the server says how to begin", func() bool { return strings.Contains(s.out.String(), "/setup?token=") })
		}

		addr := strings.TrimPrefix(s.base, "http://")
		twice := start(t, "serve", "--listen", addr, at)
		<-twice.over
		if twice.err == nil || !strings.Contains(twice.errs.String(), "address already in use") {
			t.Errorf("a second server on %s: %v %s", addr, twice.err, twice.errs.String())
		}

		up := s.upload(file(t, 0, 8000, ""))
		until(t, "the import has begun", func() bool {
			return decode[summary](t, s.ask(200, "GET", "/imports/"+up.ID, "").body).Rows > 0
		})
		begun := time.Now()
		s.stop()
		if took := time.Since(begun); took > grace {
			t.Errorf("it took %v to stop", took)
		}
		if strings.Contains(s.errs.String(), "ERROR") {
			t.Errorf("the server says %s", s.errs.String())
		}

		s = serve(t, at, s.token)
		until(t, "the import is over", func() bool {
			return decode[summary](t, s.ask(200, "GET", "/imports/"+up.ID, "").body).State == "done"
		})
		got := decode[summary](t, s.ask(200, "GET", "/imports/"+up.ID, "").body)
		if got.counts() != [5]int{8000, 8000, 0, 0, 0} {
			t.Errorf("counted %+v", got)
		}
		s.stop()

		// A command that is told to stop goes on later.
		name := file(t, 8000, 16000, "")
		p := start(t, "import", "customers", name, "--key", "external_id", "--json", at)
		a := open(t, at)
		until(t, "the command has begun", func() bool {
			j := newest(t, a)
			return p.ended() || j.Size > 0 && j.ID.String() != up.ID && j.Place > 0
		})
		if err := p.cmd.Process.Signal(syscall.SIGTERM); err == nil {
			<-p.over
			if p.err == nil {
				t.Log("the command was over before it could be stopped")
			}
		}
		if more := bring(t, at, name); p.err != nil && more.counts() != [5]int{8000, 8000, 0, 0, 0} {
			t.Errorf("counted %+v", more)
		}
		akrab(t, "check", at)
	})
}
