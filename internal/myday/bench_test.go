package myday_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/lifecycle"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/myday"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/outbox"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/tasks"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/workspace"
)

var modules = []db.Module{
	outbox.Module, jobs.Module, search.Module, journal.Module, workspace.Module, team.Module, customers.Module, activity.Module,
	catalog.Module, orders.Module, tasks.Module, insights.Module, lifecycle.Module, myday.Module,
}

// size is how many customers the benchmarks have: AKRAB_BENCH_N, or 2,000.
func size() int {
	if n, err := strconv.Atoi(os.Getenv("AKRAB_BENCH_N")); err == nil {
		return n
	}
	return 2000
}

// filled returns a workspace of customers, each owned by one of ten users,
// with three orders of three lines and one interaction.
func filled(b *testing.B, n int) (*db.DB, []ids.ID) {
	d := dbtest.Open(b, modules...)
	ctx := b.Context()
	if err := search.Prepare(ctx, d); err != nil {
		b.Fatal(err)
	}
	write := func(f func(tx *db.Tx) error) {
		b.Helper()
		if err := d.Write(ctx, db.Op{Why: "customer.create"}, f); err != nil {
			b.Fatal(err)
		}
	}
	var staff []ids.ID
	var products []*catalog.Product
	write(func(tx *db.Tx) error {
		pw, err := team.NewPassword(ctx, "kopi tubruk pagi ini")
		if err != nil {
			return err
		}
		u := &team.User{Name: "Rina", Email: "rina@example.co.id"}
		if err := team.FirstAdministrator(ctx, tx, nil, u, pw); err != nil {
			return err
		}
		staff = append(staff, u.ID)
		role, err := team.RoleByKey(ctx, tx, team.Agent)
		if err != nil {
			return err
		}
		for i := range 9 {
			u := &team.User{Name: "Rekan", Email: fmt.Sprintf("r%d@example.co.id", i), RoleID: role.ID}
			if err := team.CreateUser(ctx, tx, u, pw); err != nil {
				return err
			}
			staff = append(staff, u.ID)
		}
		for i := range 100 {
			p := &catalog.Product{Code: fmt.Sprintf("P%d", i), NameID: "Pompa", Family: fmt.Sprintf("Keluarga %d", i%8)}
			if err := catalog.Create(ctx, tx, p); err != nil {
				return err
			}
			products = append(products, p)
		}
		return nil
	})
	for made := 0; made < n; made += 500 {
		write(func(tx *db.Tx) error {
			list := make([]*customers.Customer, min(500, n-made))
			var all []*orders.Order
			var talks []*activity.Interaction
			for i := range list {
				k := made + i
				list[i] = &customers.Customer{
					Name: fmt.Sprintf("Pelanggan %d", k), Owner: staff[k%10],
					Birthday: fmt.Sprintf("1980-%02d-%02d", k/10%12+1, k/120%28+1), Phones: []customers.Phone{{Value: fmt.Sprintf("0812%08d", k)}},
				}
			}
			if err := customers.CreateMany(ctx, tx, list); err != nil {
				return err
			}
			for i, c := range list {
				k := made + i
				for j := range 3 {
					o := &orders.Order{Customer: c.ID, Number: fmt.Sprintf("SO-%d-%d", k, j), At: tx.Now.AddDate(0, 0, -(k%90 + 20*j)), Status: orders.Delivered}
					for l := range 3 {
						p := products[(k+l*7)%len(products)]
						o.Lines = append(o.Lines, orders.Line{Product: p.ID, Code: p.Code, Quantity: orders.One, Price: money.Price(650_000_000_000)})
					}
					if err := o.Normalize("IDR"); err != nil {
						return err
					}
					all = append(all, o)
				}
				talk := &activity.Interaction{Customer: c.ID, Kind: activity.Call, At: tx.Now.AddDate(0, 0, -k%100), ActorID: c.Owner}
				if k%20 == 0 {
					talk.Promise, talk.Due = "Telepon lagi", tx.Now.AddDate(0, 0, k%60-10)
				}
				talks = append(talks, talk)
			}
			if err := activity.Insert(ctx, tx, talks); err != nil {
				return err
			}
			return orders.Insert(ctx, tx, all)
		})
	}
	return d, staff
}

func BenchmarkRefreshAll(b *testing.B) {
	n := size()
	d, _ := filled(b, n)
	for b.Loop() {
		if err := insights.RefreshAll(b.Context(), d, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "customers/s")
}

func BenchmarkRule(b *testing.B) {
	n := size()
	d, _ := filled(b, n)
	if err := insights.RefreshAll(b.Context(), d, nil); err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	if _, err := lifecycle.Apply(b.Context(), d, ids.ID{}, nil); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(n)/time.Since(start).Seconds(), "moved/s")
	for b.Loop() {
		if _, err := lifecycle.Apply(b.Context(), d, ids.ID{}, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "judged/s")
}

func BenchmarkLoad(b *testing.B) {
	d, staff := filled(b, size())
	if err := insights.RefreshAll(b.Context(), d, nil); err != nil {
		b.Fatal(err)
	}
	what := myday.What{Promises: true, Tasks: true, Customers: true, Orders: true}
	for b.Loop() {
		err := d.Read(context.Background(), db.Who{User: staff[0], Name: "Rekan"}, func(tx *db.Tx) error {
			day, err := myday.Load(context.Background(), tx, time.UTC, what)
			if err == nil && (len(day.Quiet) == 0 || len(day.Birthdays) == 0 || len(day.Promises) == 0) {
				b.Fatalf("%d silent, %d birthdays, %d promises", len(day.Quiet), len(day.Birthdays), len(day.Promises))
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
