package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
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
	fmt.Fprintf(b.e.out, "\n%d customers, 2 contact points, 5 timeline entries, 3 orders and 10 order lines each, %s\n\n", b.Customers, b.engine())
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
