package orders_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/search"
)

// stocked is a SQLite database with customers and products.
func stocked(b *testing.B, people, goods int) (d *db.DB, of, what []ids.ID) {
	b.Helper()
	d = dbtest.Open(b, modules...)
	ctx := b.Context()
	if err := search.Prepare(ctx, d); err != nil {
		b.Fatal(err)
	}
	err := d.Write(ctx, db.Op{Why: "customer.create"}, func(tx *db.Tx) error {
		list := make([]*customers.Customer, people)
		for i := range list {
			list[i] = &customers.Customer{Name: fmt.Sprint("Budi ", i), Kind: customers.Person, Phase: customers.Prospect}
		}
		if err := customers.Insert(ctx, tx, list); err != nil {
			return err
		}
		for _, c := range list {
			of = append(of, c.ID)
		}
		products := make([]*catalog.Product, goods)
		for i := range products {
			products[i] = &catalog.Product{Code: fmt.Sprint("PA-", i), NameID: fmt.Sprint("Pompa ", i)}
		}
		if err := catalog.Insert(ctx, tx, products); err != nil {
			return err
		}
		for _, p := range products {
			what = append(what, p.ID)
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return d, of, what
}

func bulk(n, lines int, of, what []ids.ID, from int) []*orders.Order {
	list := make([]*orders.Order, n)
	for i := range list {
		k := from + i
		o := &orders.Order{Number: fmt.Sprint(500_000 + k), Customer: of[k*7919%len(of)], At: noon.Add(time.Duration(k) * time.Minute), Currency: "GBP", Status: orders.Delivered}
		for j := range lines {
			p := (k*31 + j*7) % len(what)
			l := line("", float64(j+1), 2.55)
			l.Product, l.Code = what[p], fmt.Sprint("PA-", p)
			o.Lines = append(o.Lines, l)
		}
		list[i] = o
	}
	return list
}

// BenchmarkInsert measures how many lines a second are stored, in slices of
// 200 orders as an import does.
func BenchmarkInsert(b *testing.B) {
	for _, lines := range []int{3, 20} {
		b.Run(fmt.Sprint(lines), func(b *testing.B) {
			d, of, what := stocked(b, 4_000, 4_000)
			n := 0
			op := ids.New(time.Now())
			if err := d.Write(b.Context(), db.Op{Why: "import.orders", Long: true}, func(tx *db.Tx) error { op = tx.Op; return nil }); err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			for b.Loop() {
				list := bulk(200, lines, of, what, n)
				n += 200
				for _, o := range list {
					if err := o.Normalize("IDR"); err != nil {
						b.Fatal(err)
					}
				}
				err := d.Write(b.Context(), db.Op{Why: "import.orders", ID: op}, func(tx *db.Tx) error { return orders.Insert(b.Context(), tx, list) })
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n*lines)/b.Elapsed().Seconds(), "lines/s")
		})
	}
}

// BenchmarkCreate measures one order with lines, its number, timeline, journal
// and event.
func BenchmarkCreate(b *testing.B) {
	d, of, what := stocked(b, 4_000, 4_000)
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		o := bulk(1, 3, of, what, n)[0]
		n++
		o.Number = ""
		err := d.Write(b.Context(), db.Op{Why: "order.create"}, func(tx *db.Tx) error { return orders.Create(context.Background(), tx, o) })
		if err != nil {
			b.Fatal(err)
		}
	}
}
