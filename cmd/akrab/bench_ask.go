package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"
)

// measure starts a server and asks it.
func (b *bench) measure(ctx context.Context) error {
	stop, err := b.serve(ctx)
	if err != nil {
		return err
	}
	defer stop()
	if err := b.settle(); err != nil {
		return err
	}
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
		{name: "create an order of three lines (API)", aim: "1.5 CPU ms", method: "POST", url: func() string { return api + "/orders" }, body: func() string {
			n++
			return fmt.Sprintf(`{"customer_id":%q,"channel":"shop","lines":[{"product_code":"P0001","quantity":"2"},{"product_code":"P0%03d","quantity":"1"},{"product_code":"P0700","quantity":"12"}]}`, id(), n%1000)
		}},
		{name: "list of 50 orders, newest, count (API)", aim: "1.5 CPU ms", url: func() string {
			return api + "/orders?limit=50&count=true"
		}},
		{name: "a customer's orders (API)", aim: "1.5 CPU ms", url: func() string { return api + "/orders?f=customer:eq:" + id() + "&count=true" }},
		{name: "home page (HTML)", aim: "5 CPU ms", page: true, url: func() string { return b.base + "/" }},
		{name: "order list page (HTML)", page: true, url: func() string { return b.base + "/orders" }},
		{name: "customer page with purchases (HTML)", aim: "3.5 CPU ms, p99 20 ms", page: true, url: func() string { return b.base + "/customers/" + id() }},
		{name: "customer list page (HTML)", page: true, url: func() string { return b.base + "/customers?f=city:eq:" + city() }},
	} {
		f, err := b.ask(ctx, m.method, m.url, m.body, m.page, b.Requests)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		f.Name, f.Aim = m.name, m.aim
		b.note(f)
	}
	if err := b.offers(ctx, api, id); err != nil {
		return err
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

// upload starts an import over the API and returns its id.
func (b *bench) upload(ctx context.Context, api string, file []byte) (string, error) {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("file", "more.csv")
	if err != nil {
		return "", err
	}
	part.Write(file) // a buffer takes everything
	w.WriteField("kind", "customers")
	w.WriteField("key", "external_id")
	if err := w.Close(); err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, "POST", api+"/imports", &body)
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+b.token)
	req.Header.Set("Content-Type", w.FormDataContentType())
	var job struct {
		ID string `json:"id"`
	}
	err = b.decode(req, &job)
	return job.ID, err
}

// state returns the state of an import.
func (b *bench) state(ctx context.Context, api, id string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, "GET", api+"/imports/"+id, nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+b.token)
	var job struct {
		State string `json:"state"`
	}
	err = b.decode(req, &job)
	return job.State, err
}

func (b *bench) decode(req *http.Request, v any) error {
	resp, err := b.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %.300s", req.Method, req.URL.Path, resp.Status, text)
	}
	return json.Unmarshal(text, v)
}
