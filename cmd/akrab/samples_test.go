package main

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/akrab-crm/akrab/internal/app"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/orders"
)

// TestSamples brings Northwind and Chinook in as docs/import-samples.md says.
func TestSamples(t *testing.T) {
	if testing.Short() {
		t.Skip("loads dumps into PostgreSQL")
	}
	server, err := url.Parse(os.Getenv("AKRAB_TEST_POSTGRES"))
	if err != nil || server.Host == "" {
		t.Skip("AKRAB_TEST_POSTGRES is not set; make test sets it")
	}
	if _, err := exec.LookPath("createdb"); err != nil {
		t.Skip(err)
	}
	for _, tt := range []struct {
		name string
		want orders.Figure
		net  int64
	}{
		{"northwind", orders.Figure{Invoices: 830, Lines: 2155, Value: 135445859, Customers: 89, SoldLines: 2155, SoldInvoices: 830, SoldCustomers: 89, SoldValue: 135445859}, 126579276},
		{"chinook", orders.Figure{Invoices: 412, Lines: 2240, Value: 232860, Customers: 59, SoldLines: 2240, SoldInvoices: 412, SoldCustomers: 59, SoldValue: 232860}, 232860},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dump := sharedFile(t, "crm/"+tt.name+"_postgres.sql")
			dir := filepath.Join(t.TempDir(), "ws")
			c := exec.Command("sh", "../../tools/samples.sh", tt.name, dump, dir)
			c.Env = append(os.Environ(), "AKRAB=akrab", "PGHOST="+server.Hostname(), "PGPORT="+server.Port(), "PGUSER="+server.User.Username())
			if out, err := c.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			d, err := db.Open(t.Context(), filepath.Join(dir, "akrab.db"))
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			if err := d.Migrate(t.Context(), app.Modules...); err != nil {
				t.Fatal(err)
			}
			err = d.Read(t.Context(), db.Who{}, func(tx *db.Tx) error { return compareSample(t, t.Context(), tx, tt.want, tt.net) })
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

func compareSample(t *testing.T, ctx context.Context, tx *db.Tx, want orders.Figure, net int64) error {
	all, err := orders.ReadFigures(ctx, tx)
	if err != nil {
		return err
	}
	want.Currency = "USD"
	if len(all.List) != 1 || all.List[0] != want {
		t.Errorf("figures %+v, want %+v", all.List, want)
	}
	total, err := db.Get(ctx, tx, db.One[int64], `SELECT CAST(SUM(total) AS BIGINT) FROM sales_order`)
	if err != nil {
		return err
	}
	if total != net {
		t.Errorf("the orders total %d, want %d", total, net)
	}
	n, err := customers.Total(ctx, tx)
	if people := map[int64]int{830: 91, 412: 59}[want.Invoices]; n != people {
		t.Errorf("%d customers, want %d", n, people)
	}
	return err
}
