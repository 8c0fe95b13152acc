package imports_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/imports"
	"github.com/akrab-crm/akrab/internal/search"
)

// crowd returns a file of n rows with all that can happen to a row: new ones,
// changes of earlier ones, organisations, bad cells, bad rows.
func crowd(n int) string {
	r := rand.New(rand.NewPCG(7, 7))
	var b strings.Builder
	b.WriteString("Kode Pelanggan,Nama,Surel,No HP,Perusahaan,Tanggal Lahir,Kategori\n")
	for i := range n {
		key := i
		if r.IntN(5) == 0 {
			key = r.IntN(i + 1) // changes an earlier one
		}
		mail, born, org, phone := fmt.Sprintf("p%d@x.id", r.IntN(n)), "17-8-1980", "", fmt.Sprintf("0812-%04d-%04d", r.IntN(10000), r.IntN(10000))
		switch r.IntN(20) {
		case 0:
			mail = "p at x"
		case 1:
			born = "19450699"
		case 2:
			phone = ""
		case 3, 4, 5:
			org = fmt.Sprintf("PT Maju %c%c", 'A'+rune(r.IntN(26)), 'A'+rune(r.IntN(26)))
		case 6:
			b.WriteString("ragged,row\n")
		}
		fmt.Fprintf(&b, "P%06d,%s %s,%s,%s,%s,%s,T%d\n", key, givenNames[r.IntN(30)], familyNames[r.IntN(30)], mail, phone, org, born, r.IntN(9))
	}
	return b.String()
}

// content writes what came in, without anything that differs from one run to
// the next: IDs, times and revisions.
func content(t *testing.T, d *db.DB) string {
	t.Helper()
	list := people(t, d)
	names := map[ids.ID]string{}
	for _, c := range list {
		names[c.ID] = c.Name
	}
	var lines []string
	for _, c := range list {
		c.ID, c.Rev, c.Created, c.Updated = ids.ID{}, 0, time.Time{}, time.Time{}
		var orgs []string
		for _, r := range c.Relations {
			orgs = append(orgs, names[r.Other]+r.Title)
		}
		c.Relations = nil
		lines = append(lines, fmt.Sprintf("%+v %v", c, orgs))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// same fails the test at the first line in which two texts differ.
func same(t *testing.T, got, want string) {
	t.Helper()
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	if len(g) != len(w) {
		t.Errorf("%d lines, want %d", len(g), len(w))
	}
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			t.Fatalf("line %d:\n%s\nwant:\n%s", i, g[i], w[i])
		}
	}
}

func TestInterruptedImportEndsAlike(t *testing.T) {
	text := crowd(4000)
	opt := imports.Options{Keys: []string{"external_id"}}
	each(t, func(t *testing.T, d *db.DB) {
		whole := open(t)
		want := bring(t, whole, text, opt)
		before := dump(t, d)
		j := start(t, d, "p.csv", strings.NewReader(text), opt)
		begin(t, d, j.ID, false)
		stops := 0
		for {
			ctx, stop := context.WithCancel(t.Context())
			slices := 0
			var err error
			j, err = imports.Run(ctx, d, j.ID, func(imports.Job) {
				if slices++; slices == 2 {
					stop()
				}
			})
			stop()
			if err == nil {
				break
			}
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			stops++
		}
		if stops < 2 {
			t.Errorf("stopped only %d times", stops)
		}
		if j.Counts != want.Counts {
			t.Errorf("counted %v, want %v", counts(j), counts(want))
		}
		same(t, content(t, d), content(t, whole))
		same(t, rowsText(t, d, j), rowsText(t, whole, want))
		undo(t, d, j.Op)
		same(t, dump(t, d), before)
	})
}

func rowsText(t *testing.T, d *db.DB, j imports.Job) string {
	t.Helper()
	var b strings.Builder
	read(t, d, func(ctx context.Context, tx *db.Tx) error {
		rows, err := imports.Problems(ctx, tx, j.ID, 0, 10000)
		for _, r := range rows {
			r.Record = ids.ID{}
			fmt.Fprintf(&b, "%+v\n", r)
		}
		return err
	})
	return b.String()
}

// TestCrashChild is no test: TestKilledImportGoesOn runs it as a process of its own.
func TestCrashChild(t *testing.T) {
	url := os.Getenv("AKRAB_TEST_CRASH_URL")
	if url == "" {
		t.Skip("part of TestKilledImportGoesOn")
	}
	d, err := db.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Migrate(t.Context(), modules...); err != nil {
		t.Fatal(err)
	}
	if _, err := imports.Run(t.Context(), d, ids.MustParse(os.Getenv("AKRAB_TEST_CRASH_JOB")), nil); err != nil {
		t.Fatal(err)
	}
}

func TestKilledImportGoesOn(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes")
	}
	text, opt := crowd(6000), imports.Options{Keys: []string{"external_id"}}
	t.Run("sqlite", func(t *testing.T) { killed(t, filepath.Join(t.TempDir(), "crash.db"), text, opt, content) })
	t.Run("postgres", func(t *testing.T) { killed(t, dbtest.Postgres(t), text, opt, content) })
}

func TestKilledImportOfOrdersGoesOn(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes")
	}
	text, opt := till(40_000), imports.Options{Kind: imports.Orders}
	t.Run("sqlite", func(t *testing.T) { killed(t, filepath.Join(t.TempDir(), "crash.db"), text, opt, soldContent) })
	t.Run("postgres", func(t *testing.T) { killed(t, dbtest.Postgres(t), till(8000), opt, soldContent) })
}

// till returns a file of n order lines with all that can happen to one: orders
// that come back later, returns, names that come late, bad rows.
func till(n int) string {
	r := rand.New(rand.NewPCG(9, 9))
	var b strings.Builder
	b.WriteString("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n")
	number := 1
	for range n {
		at := number
		switch r.IntN(40) {
		case 0, 1, 2:
			number++
			at = number
		case 3:
			at = 1 + r.IntN(number)
		case 4:
			b.WriteString("ragged\n")
		}
		mark, quantity, who, name := "", 1+r.IntN(9), "", ""
		if at%7 == 0 {
			mark, quantity = "C", -quantity
		}
		if at%5 != 0 {
			who = fmt.Sprint(at % 300)
		}
		code := r.IntN(400)
		if r.IntN(3) > 0 {
			name = fmt.Sprintf("THING %d %d", code, r.IntN(30)/29)
		}
		price := fmt.Sprintf("%d.%02d", r.IntN(50), r.IntN(100))
		if r.IntN(200) == 0 {
			price = "dear"
		}
		fmt.Fprintf(&b, "%s%d,S%d,%s,%d,2011-%02d-%02d 10:00:00,%s,%s,Utopia\n", mark, at, code, name, quantity, 1+at%12, 1+at%28, price, who)
	}
	return b.String()
}

// soldContent is content for orders, with products and customers.
func soldContent(t *testing.T, d *db.DB) string {
	t.Helper()
	var lines []string
	read(t, d, func(ctx context.Context, tx *db.Tx) error {
		all, err := db.List(ctx, tx, func(s db.Scanner, v *string) error {
			var number, code, name, product, who string
			var n, at, quantity, price, amount, total, count int64
			err := s.Scan(&number, &n, &at, &code, &name, &product, &quantity, &price, &amount, &total, &count, &who)
			*v = fmt.Sprint(number, " ", n, " ", at, " ", code, " ", name, " ", product, " ", quantity, " ", price, " ", amount, " ", total, " ", count, " ", who)
			return err
		}, `
			SELECT o.number, l.n, o.ordered_at, l.code, l.name, p.name_id, l.quantity, l.unit_price, l.amount, o.total, o.lines, COALESCE(c.external_id, '')
			FROM order_line l JOIN sales_order o ON o.id = l.order_id JOIN product p ON p.id = l.product_id LEFT JOIN customer c ON c.id = o.customer_id
			ORDER BY o.number, l.n`)
		lines = all
		return err
	})
	entries := count(t, d, func(ctx context.Context, tx *db.Tx) (int, error) {
		return db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM interaction`)
	})
	return strings.Join(append(lines, fmt.Sprint(entries, " in timelines")), "\n")
}

func killed(t *testing.T, url, text string, opt imports.Options, content func(t *testing.T, d *db.DB) string) {
	whole := open(t)
	want := start(t, whole, "p.csv", strings.NewReader(text), opt)
	want = run(t, whole, want.ID, false)

	reopen := func() *db.DB {
		d, err := db.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Migrate(t.Context(), modules...); err != nil {
			t.Fatal(err)
		}
		if err := search.Prepare(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := reopen()
	j := start(t, d, "p.csv", strings.NewReader(text), opt)
	begin(t, d, j.ID, false)
	kills, last := 0, int64(-1)
	for {
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		c := exec.Command(os.Args[0], "-test.run=^TestCrashChild$", "-test.count=1")
		c.Env = append(os.Environ(), "AKRAB_TEST_CRASH_URL="+url, "AKRAB_TEST_CRASH_JOB="+j.ID.String())
		var out strings.Builder
		c.Stdout, c.Stderr = &out, &out
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		exited := make(chan error, 1)
		go func() { exited <- c.Wait() }()
		var err error
		select {
		case err = <-exited:
			if err != nil {
				t.Fatalf("the process failed: %v\n%s", err, out.String())
			}
		case <-time.After(time.Duration(100+rand.IntN(400)) * time.Millisecond):
			if err := c.Process.Kill(); err != nil { // SIGKILL: nothing is tidied up
				t.Fatal(err)
			}
			<-exited
			kills++
		}
		d = reopen()
		read(t, d, func(ctx context.Context, tx *db.Tx) (err error) {
			j, err = imports.Get(ctx, tx, j.ID)
			return err
		})
		if j.Rows() != j.Place || j.Place < last {
			t.Fatalf("after %d kills: place %d, counted %+v", kills, j.Place, j.Counts)
		}
		var n int64
		read(t, d, func(ctx context.Context, tx *db.Tx) error {
			total, err := customers.Total(ctx, tx)
			n = int64(total)
			return err
		})
		if want := j.Created + j.Organizations; j.Kind == imports.Customers && n != want || j.Kind == imports.Orders && n != j.Counts.Customers {
			t.Fatalf("after %d kills: %d customers, counted %+v", kills, n, j.Counts)
		}
		last = j.Place
		if j.State == imports.Done {
			break
		}
		if kills > 200 {
			t.Fatal("it never ends")
		}
	}
	t.Logf("killed %d times", kills)
	if j.Counts != want.Counts {
		t.Errorf("counted %v, want %v", counts(j), counts(want))
	}
	same(t, content(t, d), content(t, whole))
	undo(t, d, j.Op)
	if n := len(people(t, d)); n != 0 {
		t.Errorf("%d customers after the undo", n)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
}
