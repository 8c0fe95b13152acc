package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/akrab-crm/akrab/internal/app"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
)

type serveCmd struct {
	source
	Listen  string   `default:"127.0.0.1:8090" help:"Address to serve on." placeholder:"ADDR" env:"AKRAB_LISTEN"`
	Trusted []string `name:"trusted-proxy" help:"Network of a reverse proxy whose word about the client's address and HTTPS counts, for example 10.0.0.0/8." placeholder:"CIDR" env:"AKRAB_TRUSTED_PROXY"`
	Origins []string `name:"origin" help:"Other origin that may send forms, for example https://crm.example.com." placeholder:"URL" env:"AKRAB_ORIGIN"`
	Metrics []string `help:"Network that may read /metrics besides this machine, for example 10.0.0.0/8, or public." placeholder:"CIDR" env:"AKRAB_METRICS"`
	Token   string   `name:"metrics-token" help:"Bearer token with which anybody may read /metrics." placeholder:"TOKEN" env:"AKRAB_METRICS_TOKEN"`
}

// grace is how long requests may take when the server is told to stop.
const grace = 10 * time.Second

// gcPercent lets the small heap of a server grow before it is collected: at
// the usual 100 a third of a request's processor time went there.
const gcPercent = 200

// metrics returns who may read the metrics.
func (c *serveCmd) metrics() (app.MetricsAccess, error) {
	m := app.MetricsAccess{Token: c.Token}
	for _, text := range c.Metrics {
		if text == "public" {
			m.Networks = append(m.Networks, netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0"))
			continue
		}
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return m, fmt.Errorf("--metrics %s: write a network, for example 10.0.0.0/8, or public", text)
		}
		m.Networks = append(m.Networks, p)
	}
	return m, nil
}

// Run serves until ctx ends.
func (c *serveCmd) Run(ctx context.Context, e *env) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if err := ui.CheckAssets(); err != nil {
		return err
	}
	opt := app.ServeOptions{Version: version(), Origins: c.Origins}
	for _, text := range c.Trusted {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return fmt.Errorf("--trusted-proxy %s: write a network, for example 10.0.0.0/8", text)
		}
		opt.Trusted = append(opt.Trusted, p)
	}
	var err error
	if opt.Metrics, err = c.metrics(); err != nil {
		return err
	}
	l, err := net.Listen("tcp", c.Listen) // before the workspace, which would be made for nothing
	if err != nil {
		return err
	}
	a, err := c.open(ctx, e)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer a.Close()
	a.Elsewhere = c.elsewhere()
	if err := c.greet(ctx, e, a, l.Addr().String()); err != nil {
		return errors.Join(err, l.Close())
	}
	if opt.Tour, err = app.NewTour(c.url(), opt, e.log); err != nil {
		return errors.Join(err, l.Close())
	}
	srv := &http.Server{Handler: opt.Tour.Handler(a.Site(opt)), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 1 << 16}

	work, stop := context.WithCancel(ctx)
	defer stop()
	var wg sync.WaitGroup
	var worked error
	wg.Go(func() {
		if worked = a.Work(work); worked != nil {
			e.log.Error("background work has ended", "err", worked)
		}
	})
	wg.Go(func() {
		<-work.Done()
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		if err := srv.Shutdown(late); err != nil {
			srv.Close()
		}
	})
	err = srv.Serve(l)
	stop()
	wg.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, worked, opt.Tour.Close())
}

// greet prints where the workspace is served, and, as long as nobody can sign
// in, how to make the first administrator from another machine.
func (c *serveCmd) greet(ctx context.Context, e *env, a *app.App, addr string) error {
	var token string
	err := a.DB.Write(ctx, db.Op{}, func(tx *db.Tx) (err error) {
		token, err = team.SetupToken(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(e.out, "Akrab is ready on http://%s\n", addr)
	if token != "" {
		fmt.Fprintf(e.out, "Nobody has an account yet. Open the address on this machine, or from another one http://%s/setup?token=%s\n", addr, token)
	}
	return nil
}
