package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/app"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/imports"
)

// eachEngine runs f on both engines. fresh returns the flag of a workspace
// that does not exist yet.
func eachEngine(t *testing.T, f func(t *testing.T, fresh func() string)) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		f(t, func() string { return "--data=" + filepath.Join(t.TempDir(), "ws") })
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		dbtest.Postgres(t)
		f(t, func() string { return "--database=" + dbtest.Postgres(t) })
	})
}

// A process is an akrab that runs.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	out  text
	errs text
	over chan struct{} // closed when it has ended
	err  error         // then: how
}

// text is output that is read while it is written.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (t *text) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.Write(p)
}

// String returns what was written so far.
func (t *text) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}

// start starts akrab, which is killed when the test ends, if it still runs.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command("akrab", args...), over: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.errs
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.over)
	}()
	t.Cleanup(p.kill)
	return p
}

// kill ends the process as a power failure does: it can't tidy up.
func (p *process) kill() {
	p.cmd.Process.Kill() // it may have ended
	<-p.over
}

// ended reports whether the process has ended.
func (p *process) ended() bool {
	select {
	case <-p.over:
		return true
	default:
		return false
	}
}

// akrab runs a command that must succeed and returns what it prints.
func akrab(t *testing.T, args ...string) string {
	t.Helper()
	p := start(t, args...)
	<-p.over
	if p.err != nil {
		t.Fatalf("akrab %s: %v\n%s%s", strings.Join(args, " "), p.err, p.out.String(), p.errs.String())
	}
	return p.out.String()
}

// summary is what an import prints with --json, and what the API says of it.
type summary struct {
	ID        string `json:"id"`
	State     string `json:"state"`
	Rows      int    `json:"rows"`
	Created   int    `json:"created"`
	Updated   int    `json:"updated"`
	Skipped   int    `json:"skipped"`
	Errors    int    `json:"errors"`
	Warnings  int    `json:"warnings"`
	Operation string `json:"operation"`
}

func (s summary) counts() [5]int {
	return [5]int{s.Rows, s.Created, s.Updated, s.Skipped, s.Errors}
}

// decode reads JSON.
func decode[T any](t *testing.T, text string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %.500s", err, text)
	}
	return v
}

// file writes a file of customers for a test and returns its name.
func file(t *testing.T, from, to int, suffix string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "customers.csv")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := writePeople(f, from, to, suffix); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return name
}

// bring imports a file and returns the summary.
func bring(t *testing.T, at, name string) summary {
	t.Helper()
	return decode[summary](t, akrab(t, "import", "customers", name, "--key", "external_id", "--json", at))
}

// export returns the files of an export.
func export(t *testing.T, at string) map[string]string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "export")
	akrab(t, "export", dir, at)
	files, err := readFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// alike fails the test unless two exports are byte for byte the same.
func alike(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	name := differs(got, want)
	if name == "" {
		return
	}
	g, w := strings.SplitAfter(got[name], "\n"), strings.SplitAfter(want[name], "\n")
	for i := range max(len(g), len(w)) {
		if i >= len(g) || i >= len(w) || g[i] != w[i] {
			t.Errorf("%s: %s differs from line %d of %d and %d on:\n%s%s", what, name, i+1, len(g), len(w), strings.Join(g[i:min(i+1, len(g))], ""), strings.Join(w[i:min(i+1, len(w))], ""))
			return
		}
	}
}

var (
	uuid    = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	moment  = regexp.MustCompile(`"\w+_at":\d+,?`)
	numbers = regexp.MustCompile(`"id":"([0-9a-f-]{36})".*"external_id":"([^"]+)"`)
)

// plain returns the customers of an export with their parts, with their own
// numbers in place of ids and without times, so that two imports of one file
// compare.
func plain(files map[string]string) map[string]string {
	number := map[string]string{}
	for line := range strings.Lines(files["customer.jsonl"]) {
		if m := numbers.FindStringSubmatch(line); m != nil {
			number[m[1]] = m[2]
		}
	}
	out := map[string]string{}
	for name, text := range files {
		if !strings.HasPrefix(name, "customer") {
			continue
		}
		text = moment.ReplaceAllString(uuid.ReplaceAllStringFunc(text, func(id string) string { return number[id] }), "")
		lines := strings.SplitAfter(text, "\n")
		slices.Sort(lines)
		out[name] = strings.Join(lines, "")
	}
	return out
}

// open opens a workspace in this process, beside those that work on it.
func open(t *testing.T, at string) *app.App {
	t.Helper()
	_, url, _ := strings.Cut(at, "=")
	if strings.HasPrefix(at, "--data=") {
		url = filepath.Join(url, "akrab.db")
	}
	a, err := app.Open(t.Context(), url, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// place returns how many rows the newest import has come in, and whether it runs.
func newest(t *testing.T, a *app.App) imports.Job {
	t.Helper()
	var list []imports.Job
	err := a.DB.Read(t.Context(), system, func(tx *db.Tx) (err error) {
		list, err = imports.List(t.Context(), tx, ids.ID{}, 1)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(list) == 0 {
		return imports.Job{}
	}
	return list[0]
}

// until waits for something that must come, within a minute and a half.
func until(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(90 * time.Second); !f(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// A server is an akrab that serves.
type server struct {
	*process
	base  string
	token string
}

// token makes a token.
func token(t *testing.T, at string) string {
	t.Helper()
	return strings.TrimSpace(akrab(t, "token", "create", "--name", "test", "--role", "administrator", at))
}

// serve starts a server and returns when it answers.
func serve(t *testing.T, at, token string) *server {
	t.Helper()
	s := &server{process: start(t, "serve", "--listen", "127.0.0.1:0", at), token: token}
	until(t, "the server is ready", func() bool {
		if s.ended() {
			t.Fatalf("the server ended: %v\n%s", s.err, s.errs.String())
		}
		_, rest, ok := strings.Cut(s.out.String(), "Akrab is ready on ")
		if ok {
			s.base, _, ok = strings.Cut(rest, "\n")
		}
		return ok
	})
	return s
}

// stop ends the server as an administrator does.
func (s *server) stop() {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Error(err)
	}
	<-s.over
	if s.err != nil {
		s.t.Errorf("the server ended with %v\n%s", s.err, s.errs.String())
	}
}

// An answer is what the server answered.
type answer struct {
	status int
	tag    string
	replay bool
	body   string
}

var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: time.Minute}

// try asks the API. Headers are names and values in turn.
func (s *server) try(method, path, body string, header ...string) (answer, error) {
	req, err := http.NewRequest(method, s.base+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header.Get("ETag"), resp.Header.Get("Idempotency-Replayed") != "", string(b)}, err
}

// ask is try that must be answered with the given status.
func (s *server) ask(status int, method, path, body string, header ...string) answer {
	s.t.Helper()
	a, err := s.try(method, path, body, header...)
	if err != nil {
		s.t.Fatalf("%s %s: %v\n%s", method, path, err, s.errs.String())
	}
	if a.status != status {
		s.t.Fatalf("%s %s: status %d, want %d\n%.1000s\n%s", method, path, a.status, status, a.body, s.errs.String())
	}
	return a
}

// upload starts an import.
func (s *server) upload(name string) summary {
	s.t.Helper()
	f, err := os.ReadFile(name)
	if err != nil {
		s.t.Fatal(err)
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	w.WriteField("kind", "customers")
	w.WriteField("key", "external_id")
	part, err := w.CreateFormFile("file", filepath.Base(name))
	if err != nil {
		s.t.Fatal(err)
	}
	part.Write(f) // a buffer takes everything
	if err := w.Close(); err != nil {
		s.t.Fatal(err)
	}
	return decode[summary](s.t, s.ask(202, "POST", "/imports", body.String(), "Content-Type", w.FormDataContentType()).body)
}

// find returns the id of the customer with a number.
func (s *server) find(number string) string {
	s.t.Helper()
	got := decode[struct {
		Items []struct{ ID string }
	}](s.t, s.ask(200, "GET", "/customers?f=external_id:eq:"+number, "").body)
	if len(got.Items) != 1 {
		s.t.Fatalf("%d customers have the number %s", len(got.Items), number)
	}
	return got.Items[0].ID
}

// lines counts the lines of a text.
func lines(text string) int { return strings.Count(text, "\n") }

// percentile returns the p-th percentile of durations, which it sorts.
func percentile(list []time.Duration, p int) time.Duration {
	slices.Sort(list)
	return list[(len(list)-1)*p/100]
}
