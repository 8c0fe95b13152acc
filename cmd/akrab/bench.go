package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/app"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/imports"
	"github.com/akrab-crm/akrab/internal/team"
)

// benchCmd makes a workspace of many customers and measures it as its users
// meet it: a server process of its own, asked over HTTP, whose CPU time and
// memory the operating system accounts.
type benchCmd struct {
	Customers int    `default:"1000000" help:"How many customers." placeholder:"N"`
	Requests  int    `default:"2000" help:"How many requests of each kind." placeholder:"N"`
	Dir       string `help:"Folder to work in; a temporary one if empty." placeholder:"DIR"`
	Keep      bool   `help:"Keep the workspace, and use it if it is there."`
	Database  string `help:"Measure on this empty PostgreSQL schema instead of SQLite." placeholder:"URL"`
	JSON      bool   `name:"json" help:"Print the figures as JSON."`
}

// figure is one line of the result.
type figure struct {
	Name string  `json:"name"`
	CPU  float64 `json:"cpu_ms,omitempty"` // of the server, per request
	P50  float64 `json:"p50_ms,omitempty"`
	P99  float64 `json:"p99_ms,omitempty"`
	Rate float64 `json:"per_second,omitempty"`
	Size float64 `json:"megabytes,omitempty"`
	Sec  float64 `json:"seconds,omitempty"`
	Aim  string  `json:"aim,omitempty"`
}

// bench is a measurement under way.
type bench struct {
	*benchCmd
	e       *env
	where   source
	base    string // address of the server
	token   string
	cookie  string
	client  *http.Client
	pid     int
	figures []figure
	rng     *rand.Rand
	ids     []string
}

// Run measures and prints the figures.
func (c *benchCmd) Run(ctx context.Context, e *env) error {
	if c.Dir == "" {
		dir, err := os.MkdirTemp("", "akrab-bench-")
		if err != nil {
			return err
		}
		c.Dir = dir
		if !c.Keep {
			defer os.RemoveAll(dir)
		}
	}
	b := &bench{
		benchCmd: c, e: e, where: source{Data: filepath.Join(c.Dir, "data"), Database: c.Database},
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		rng:    rand.New(rand.NewPCG(1, 2)),
	}
	if err := b.fill(ctx); err != nil {
		return fmt.Errorf("bench: fill: %w", err)
	}
	if err := b.measure(ctx); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	return b.print()
}

func (b *bench) note(f figure) {
	b.figures = append(b.figures, f)
	fmt.Fprintln(b.e.err, f.String())
}

// String is the figure for people.
func (f figure) String() string {
	s := fmt.Sprintf("%-46s", f.Name)
	switch {
	case f.Rate > 0:
		s += fmt.Sprintf("%8.0f/s in %.1f s, %.3f CPU ms each", f.Rate, f.Sec, f.CPU)
	case f.Size > 0:
		s += fmt.Sprintf("%8.1f MB", f.Size)
	case f.Sec > 0:
		s += fmt.Sprintf("%8.3f s", f.Sec)
	default:
		s += fmt.Sprintf("%8.3f CPU ms   p50 %6.2f ms   p99 %6.2f ms", f.CPU, f.P50, f.P99)
	}
	if f.Aim != "" {
		s += "   (aim " + f.Aim + ")"
	}
	return s
}

func (b *bench) print() error {
	if b.JSON {
		enc := json.NewEncoder(b.e.out)
		enc.SetIndent("", "  ")
		return enc.Encode(map[string]any{"customers": b.Customers, "engine": b.engine(), "figures": b.figures})
	}
	fmt.Fprintf(b.e.out, "\n%d customers, 2 contact points and 5 timeline entries each, %s\n\n", b.Customers, b.engine())
	for _, f := range b.figures {
		fmt.Fprintln(b.e.out, f)
	}
	return nil
}

func (b *bench) engine() string {
	if b.Database != "" {
		return "PostgreSQL"
	}
	return "SQLite"
}

// fill makes the workspace: its customers by an import, as a company does it.
func (b *bench) fill(ctx context.Context) error {
	a, err := b.where.open(ctx, b.e)
	if err != nil {
		return err
	}
	defer a.Close()
	var have int
	if err := a.DB.Read(ctx, system, func(tx *db.Tx) (err error) { have, err = customers.Total(ctx, tx); return err }); err != nil {
		return err
	}
	if have == 0 {
		if err := b.importMany(ctx, a); err != nil {
			return err
		}
		if err := b.interactions(ctx, a); err != nil {
			return err
		}
	}
	return b.prepare(ctx, a)
}

var (
	benchGiven  = strings.Fields("Budi Siti Agus Dewi Rina Eko Wahyu Putri Andi Nur Sri Ahmad Indah Yusuf Ratna Hendra Maya Bayu Fitri Joko Lina Rudi Tuti Dian Arif Wati Hadi Mega Surya Yanti Galih Intan Bagus Citra Fajar Nanda Rizky Ayu Teguh Kartika")
	benchFamily = strings.Fields("Santoso Wijaya Lestari Kusuma Hartono Nugroho Siregar Pratama Saputra Halim Gunawan Sari Rahayu Setiawan Simanjuntak Nasution Hidayat Permana Suryadi Utami Wibowo Susanti Kurniawan Hakim Maulana Anggraini Firmansyah Puspita Tanjung Handayani Iskandar Mulyani Prasetyo Safitri Budiman Oktaviani Harahap Yulianti Purnomo Melati")
)

// benchCities are a hundred places, so that each is the city of one customer in a hundred.
func benchCity(i int) string { return fmt.Sprintf("Kota %s %d", benchGiven[i%10], i%100) }

// benchPhone is a number that no other customer has.
func benchPhone(i int) string { return fmt.Sprintf("0812%08d", i*7919%100_000_000) }

// writeCustomers writes a file as companies have it.
func (b *bench) writeCustomers(w io.Writer, from, to int) error {
	out := bufio.NewWriterSize(w, 1<<16)
	fmt.Fprintln(out, "external_id,given_name,family_name,email,phone,city")
	for i := from; i < to; i++ {
		g, f := benchGiven[b.rng.IntN(len(benchGiven))], benchFamily[b.rng.IntN(len(benchFamily))]
		fmt.Fprintf(out, "C%07d,%s,%s,%s.%s%d@example.co.id,%s,%s\n", i, g, f, strings.ToLower(g), strings.ToLower(f), i, benchPhone(i), benchCity(i))
	}
	return out.Flush()
}

func (b *bench) importMany(ctx context.Context, a *app.App) error {
	r, w := io.Pipe()
	go func() { w.CloseWithError(b.writeCustomers(w, 0, b.Customers)) }()
	start, cpu := time.Now(), ownCPU()
	job, err := imports.Start(ctx, a.DB, r, "customers.csv", imports.Options{Who: system, Keys: []string{"external_id"}})
	if err != nil {
		return err
	}
	err = a.DB.Write(ctx, db.Op{}, func(tx *db.Tx) error {
		job, err = imports.Begin(ctx, tx, job.ID, false)
		return err
	})
	if err != nil {
		return err
	}
	if job, err = imports.Run(ctx, a.DB, job.ID, nil); err != nil {
		return err
	}
	took := time.Since(start)
	if job.Created != int64(b.Customers) {
		return fmt.Errorf("imported %d of %d customers", job.Created, b.Customers)
	}
	n := float64(b.Customers)
	b.note(figure{Name: "import, keys checked", Rate: n / took.Seconds(), Sec: took.Seconds(), CPU: (ownCPU() - cpu).Seconds() * 1000 / n, Aim: "8000/s"})
	return nil
}

// interactions logs five of them with each customer.
func (b *bench) interactions(ctx context.Context, a *app.App) error {
	var all []ids.ID
	err := a.DB.Read(ctx, system, func(tx *db.Tx) (err error) {
		all, err = db.List(ctx, tx, db.One[ids.ID], `SELECT id FROM customer ORDER BY id`)
		return err
	})
	if err != nil {
		return err
	}
	start := time.Now()
	kinds := []activity.Kind{activity.Call, activity.Email, activity.Note, activity.Chat, activity.Visit}
	for part := range slices.Chunk(all, 1000) {
		err := a.DB.Write(ctx, db.Op{Who: system, Why: "interaction.create", Args: map[string]any{"kind": "", "name": ""}}, func(tx *db.Tx) error {
			var list []*activity.Interaction
			for _, id := range part {
				for k, kind := range kinds {
					list = append(list, &activity.Interaction{
						Customer: id, Kind: kind, Direction: activity.In, Actor: "Dimas", Subject: "Stok filter RO-5",
						Body: "Menanyakan pesanan yang tertahan. Akan transfer satu faktur siang ini, minta dikabari lewat WhatsApp.",
						At:   tx.Now.Add(-time.Duration(k*37+b.rng.IntN(20)) * 24 * time.Hour),
					})
				}
			}
			return activity.Insert(ctx, tx, list)
		})
		if err != nil {
			return err
		}
	}
	fmt.Fprintf(b.e.err, "%d timeline entries in %.1f s\n", 5*len(all), time.Since(start).Seconds())
	return nil
}

// prepare makes a token and a session, and picks customers to ask for.
func (b *bench) prepare(ctx context.Context, a *app.App) error {
	pw, err := team.NewPassword(ctx, "kunci yang sangat panjang")
	if err != nil {
		return err
	}
	return a.DB.Write(ctx, db.Op{Who: system, Why: "team.token.create", Args: map[string]any{"name": "bench"}}, func(tx *db.Tx) error {
		if err := team.EnsureRoles(ctx, tx, app.Permissions); err != nil {
			return err
		}
		role, err := team.RoleByKey(ctx, tx, "administrator")
		if err != nil {
			return err
		}
		u := team.User{Name: "Bench", Email: fmt.Sprintf("bench%d@example.com", time.Now().UnixNano()), RoleID: role.ID}
		if err := team.CreateUser(ctx, tx, &u, pw); err != nil {
			return err
		}
		if b.token, _, err = team.CreateToken(ctx, tx, "bench", "administrator"); err != nil {
			return err
		}
		if b.cookie, err = team.StartSession(ctx, tx, u.ID, team.Device{Agent: "bench"}); err != nil {
			return err
		}
		list, err := db.List(ctx, tx, db.One[ids.ID], `SELECT id FROM customer ORDER BY city_key, name_key, id LIMIT 5000`)
		for _, id := range list {
			b.ids = append(b.ids, id.String())
		}
		return err
	})
}

// measure starts a server and asks it.
func (b *bench) measure(ctx context.Context) error {
	stop, err := b.serve(ctx)
	if err != nil {
		return err
	}
	defer stop()
	api := b.base + "/api/v1"
	n := 0
	id := func() string { n++; return b.ids[n%len(b.ids)] }
	city := func() string { n++; return strings.ReplaceAll(benchCity(n%100), " ", "+") }
	pick := func(list ...string) func() string {
		return func() string { n++; return list[n%len(list)] }
	}
	letters := pick("bu", "si", "sa", "wi", "ra", "an")
	names := pick("budi", "santoso", "budi+san", "wij", "rina+kus", "ayu+prat", "nugroho+eko")
	phones := func() string { n++; return benchPhone(n * 31 % max(b.Customers, 1)) }
	for _, m := range []struct {
		name, aim, method string
		url               func() string
		body              func() string
		page              bool
	}{
		{name: "get one customer (API)", aim: "0.3 CPU ms", url: func() string { return api + "/customers/" + id() }},
		{name: "list of 50, filter of 1%, sorted, count (API)", aim: "1.5 CPU ms", url: func() string {
			return api + "/customers?f=city:eq:" + city() + "&sort=name&limit=50&count=true"
		}},
		{name: "create a customer (API)", aim: "1 CPU ms", method: "POST", url: func() string { return api + "/customers" }, body: func() string {
			n++
			return fmt.Sprintf(`{"kind":"person","given_name":"Bench","family_name":"Baru %d","emails":[{"value":"baru%d@example.com"}],"phones":[{"value":"+62813%08d"}]}`, n, n, n)
		}},
		{name: "type-ahead, two letters (API)", aim: "1 CPU ms, p99 10 ms", url: func() string { return api + "/search?q=" + letters() }},
		{name: "type-ahead, names (API)", aim: "1 CPU ms, p99 10 ms", url: func() string { return api + "/search?q=" + names() }},
		{name: "type-ahead, telephone (API)", aim: "1 CPU ms, p99 10 ms", url: func() string { return api + "/search?q=" + phones()[:7] }},
		{name: "customer page (HTML)", aim: "3 CPU ms, p99 20 ms", page: true, url: func() string { return b.base + "/customers/" + id() }},
		{name: "customer list page (HTML)", page: true, url: func() string { return b.base + "/customers?f=city:eq:" + city() }},
	} {
		f, err := b.ask(ctx, m.method, m.url, m.body, m.page, b.Requests)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		f.Name, f.Aim = m.name, m.aim
		b.note(f)
	}
	b.note(figure{Name: "memory of the server after this", Size: residentMB(b.pid), Aim: "150 MB"})
	if err := b.duringImport(ctx, api, id); err != nil {
		return err
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	if info, err := os.Stat(exe); err == nil {
		b.note(figure{Name: "binary", Size: float64(info.Size()) / 1e6, Aim: "45 MB"})
	}
	return nil
}

// duringImport asks as a user does while an import runs.
func (b *bench) duringImport(ctx context.Context, api string, id func() string) error {
	var buf bytes.Buffer
	n := min(100_000, b.Customers)
	if err := b.writeCustomers(&buf, b.Customers+1, b.Customers+1+n); err != nil {
		return err
	}
	job, err := b.upload(ctx, api, buf.Bytes())
	if err != nil {
		return err
	}
	var all, writes []time.Duration
	for i := 0; ; i++ {
		method, url, body := "GET", api+"/customers/"+id(), ""
		switch i % 5 {
		case 1:
			url = api + "/search?q=budi"
		case 2:
			url = api + "/customers?sort=name&limit=50"
		case 3:
			method, url = "POST", api+"/interactions"
			body = fmt.Sprintf(`{"customer_id":%q,"kind":"note","body":"catatan %d"}`, id(), i)
		case 4:
			state, err := b.state(ctx, api, job)
			if err != nil {
				return err
			}
			if state == "done" || state == "failed" || i > 200_000 {
				all = append(all, writes...)
				slices.Sort(all)
				slices.Sort(writes)
				if len(all) < 100 {
					return errors.New("the import was over before users could ask")
				}
				b.note(figure{Name: fmt.Sprintf("users' requests during an import (%s)", state), P50: ms(all[len(all)/2]), P99: ms(all[len(all)*99/100]), Aim: "p99 100 ms"})
				b.note(figure{Name: "of these, writes", P50: ms(writes[len(writes)/2]), P99: ms(writes[len(writes)*99/100]), Aim: "p99 100 ms"})
				return nil
			}
			continue
		}
		took, err := b.one(ctx, method, url, body, false)
		if err != nil {
			return err
		}
		if method == "POST" {
			writes = append(writes, took)
		} else {
			all = append(all, took)
		}
	}
}

// ask sends n requests one after the other and measures them.
func (b *bench) ask(ctx context.Context, method string, url, body func() string, page bool, n int) (figure, error) {
	if method == "" {
		method = "GET"
	}
	text := func() string {
		if body == nil {
			return ""
		}
		return body()
	}
	for range min(100, n) {
		if _, err := b.one(ctx, method, url(), text(), page); err != nil {
			return figure{}, err
		}
	}
	took := make([]time.Duration, n)
	cpu, err := cpuOf(b.pid)
	if err != nil {
		return figure{}, err
	}
	for i := range took {
		if took[i], err = b.one(ctx, method, url(), text(), page); err != nil {
			return figure{}, err
		}
	}
	after, err := cpuOf(b.pid)
	slices.Sort(took)
	return figure{CPU: (after - cpu).Seconds() * 1000 / float64(n), P50: ms(took[n/2]), P99: ms(took[n*99/100])}, err
}

// one sends one request and reads its answer.
func (b *bench) one(ctx context.Context, method, url, body string, page bool) (time.Duration, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	if page {
		req.Header.Set("Cookie", "akrab_session="+b.cookie)
	} else {
		req.Header.Set("Authorization", "Bearer "+b.token)
		req.Header.Set("Content-Type", "application/json")
	}
	start := time.Now()
	resp, err := b.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode >= 300 {
		err = fmt.Errorf("%s %s: %s: %.300s", method, url, resp.Status, text)
	}
	return time.Since(start), err
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// serve starts the server in a process of its own and returns how to stop it.
func (b *bench) serve(ctx context.Context) (stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	addr := l.Addr().String()
	l.Close()
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args := []string{"serve", "--listen", addr, "--data", b.where.Data}
	if b.Database != "" {
		args = append(args, "--database", b.Database)
	}
	cmd := exec.CommandContext(ctx, exe, args...)
	var log bytes.Buffer
	var mu sync.Mutex
	cmd.Stderr = writerFunc(func(p []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return log.Write(p[:min(len(p), max(0, 1<<16-log.Len()))])
	})
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	b.base, b.pid = "http://"+addr, cmd.Process.Pid
	stop = func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
	}
	for time.Since(start) < 30*time.Second {
		resp, err := b.client.Get(b.base + "/readyz")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				b.note(figure{Name: "start until ready", Sec: time.Since(start).Seconds(), Aim: "0.3 s"})
				return stop, nil
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
	stop()
	return nil, fmt.Errorf("the server did not become ready: %s", log.String())
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) {
	_, err := f(p)
	return len(p), err
}

// ownCPU returns the processor time of this process.
func ownCPU() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// cpuOf returns the processor time of a process, from /proc (Linux), to 10 ms.
func cpuOf(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0, errors.New("can't read /proc/PID/stat")
	}
	user, err1 := strconv.ParseInt(f[11], 10, 64)
	sys, err2 := strconv.ParseInt(f[12], 10, 64)
	return time.Duration(user+sys) * 10 * time.Millisecond, errors.Join(err1, err2)
}

// residentMB returns the resident memory of a process in megabytes.
func residentMB(pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb * 1024 / 1e6
		}
	}
	return 0
}
