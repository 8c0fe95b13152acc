package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/akrab-crm/akrab/internal/app"
	"github.com/akrab-crm/akrab/internal/imports"
	"github.com/akrab-crm/akrab/internal/orders"
)

// insights makes the facts of all and learns from them as the nightly job does,
// in a process of its own, then once more after one order in a hundred is new.
func (b *bench) insights(ctx context.Context, a *app.App) error {
	aim := "45 s"
	if b.Database != "" {
		aim = "90 s"
	}
	if err := b.refresh(ctx, "facts and models of everybody", aim); err != nil {
		return err
	}
	_, _, err := b.bring(ctx, a, "more.csv", imports.Options{Kind: imports.Orders}, func(w io.Writer) error { return b.writeOrders(w, "N", max(1, 3*b.Customers/100), 1) })
	if err != nil {
		return err
	}
	if err := b.refresh(ctx, "the same after 1% new orders", "10 s"); err != nil {
		return err
	}
	start := time.Now()
	if err := orders.MakeFigures(ctx, a.DB); err != nil {
		return err
	}
	b.note(figure{Name: "figures of all orders", Sec: time.Since(start).Seconds()})
	return nil
}

func (b *bench) refresh(ctx context.Context, name, aim string) error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	args := []string{"insights", "refresh", "--data", b.where.Data}
	if b.Database != "" {
		args = append(args, "--database", b.Database)
	}
	cmd := exec.CommandContext(ctx, exe, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return err
	}
	over := make(chan struct{})
	peak := peakMB(cmd.Process.Pid, over)
	err = cmd.Wait()
	close(over)
	if err != nil {
		return fmt.Errorf("%s: %w: %.2000s", strings.Join(args, " "), err, out.Bytes())
	}
	b.note(figure{Name: name, Sec: time.Since(start).Seconds(), Aim: aim})
	b.note(figure{Name: name + ": CPU", Sec: (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()})
	b.note(figure{Name: name + ": memory", Size: <-peak, Aim: "600 MB"})
	return nil
}

// load sends requests at a steady rate, whether or not earlier ones have been
// answered, for some seconds, and measures how long each waits.
func (b *bench) load(ctx context.Context, perSecond, seconds int, method string, url, body func() string) (figure, error) {
	n := perSecond * seconds
	took := make([]time.Duration, n)
	errs := make([]error, n)
	cpu, err := cpuOf(b.pid)
	if err != nil {
		return figure{}, err
	}
	tick := time.NewTicker(time.Second / time.Duration(perSecond))
	defer tick.Stop()
	var wg sync.WaitGroup
	for i := range n {
		to, text := url(), body()
		<-tick.C
		wg.Go(func() { took[i], errs[i] = b.one(ctx, method, to, text, false) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return figure{}, err
		}
	}
	after, err := cpuOf(b.pid)
	slices.Sort(took)
	return figure{CPU: (after - cpu).Seconds() * 1000 / float64(n), P50: ms(took[n/2]), P99: ms(took[n*99/100])}, err
}

// offers asks for offers at the counter, 200 times a second, and how long it
// takes until an order is among the facts of its customer.
func (b *bench) offers(ctx context.Context, api string, id func() string) error {
	body := func() string { return fmt.Sprintf(`{"customer_id":%q,"place":"counter"}`, id()) }
	url := func() string { return api + "/offers" }
	if _, err := b.one(ctx, http.MethodPost, url(), body(), false); err != nil { // the first one reads the models
		return err
	}
	f, err := b.load(ctx, 200, 10, http.MethodPost, url, body)
	if err != nil {
		return err
	}
	f.Name, f.Aim = "offers, 200 a second (API)", "p99 25 ms"
	b.note(f)
	var worst []time.Duration
	for range 20 {
		took, err := b.fresh(ctx, api, id())
		if err != nil {
			return err
		}
		worst = append(worst, took)
	}
	slices.Sort(worst)
	b.note(figure{Name: "from an order to its customer's facts", P50: ms(worst[10]), P99: ms(worst[19]), Aim: "1 s"})
	return nil
}

// fresh orders something and waits until the facts say so.
func (b *bench) fresh(ctx context.Context, api, id string) (time.Duration, error) {
	facts := func() (int64, error) {
		var v struct {
			Orders int64 `json:"orders"`
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, api+"/customers/"+id+"/facts", nil)
		if err != nil {
			return 0, err
		}
		req.Header.Set("Authorization", "Bearer "+b.token)
		err = b.decode(req, &v)
		return v.Orders, err
	}
	before, err := facts()
	if err != nil {
		return 0, err
	}
	order := fmt.Sprintf(`{"customer_id":%q,"channel":"shop","lines":[{"product_code":"P0001","quantity":"1"}]}`, id)
	if _, err := b.one(ctx, http.MethodPost, api+"/orders", order, false); err != nil {
		return 0, err
	}
	for start := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		if n, err := facts(); err != nil || n > before {
			return time.Since(start), err
		}
		if time.Since(start) > 30*time.Second {
			return 0, fmt.Errorf("the facts of customer %s don't know of an order after half a minute", id)
		}
	}
}
