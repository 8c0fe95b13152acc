package api_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
)

// filled returns a client of a workspace with AKRAB_BENCH_N customers (2,000
// if it is not set), a hundredth of them in each city, and their ids.
func filled(b *testing.B) (*client, []string) {
	d := dbtest.Open(b, modules...)
	c := newClient(b, d)
	n, err := strconv.Atoi(os.Getenv("AKRAB_BENCH_N"))
	if err != nil {
		n = 2000
	}
	var all []string
	for len(all) < n {
		list := make([]*customers.Customer, 500)
		for i := range list {
			k := len(all) + i
			list[i] = &customers.Customer{
				Given: fmt.Sprintf("Nama%d", k%97), Family: fmt.Sprintf("Keluarga%d", k%89),
				Emails:    []customers.Email{{Value: fmt.Sprintf("a%d@example.co.id", k)}},
				Phones:    []customers.Phone{{Value: fmt.Sprintf("0812%08d", k)}},
				Addresses: []customers.Address{{City: fmt.Sprintf("Kota %d", k%100)}},
			}
		}
		err := d.Write(context.Background(), db.Op{Why: "customer.create"}, func(tx *db.Tx) error { return customers.CreateMany(context.Background(), tx, list) })
		if err != nil {
			b.Fatal(err)
		}
		for _, m := range list {
			all = append(all, m.ID.String())
		}
	}
	return c, all
}

func BenchmarkGetCustomer(b *testing.B) {
	c, all := filled(b)
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		i += 7919
		if w := c.do("GET", "/api/v1/customers/"+all[i%len(all)], ""); w.Code != 200 {
			b.Fatal(w.Body)
		}
	}
}

func BenchmarkListCustomers(b *testing.B) {
	c, _ := filled(b)
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		i++
		if w := c.do("GET", fmt.Sprintf("/api/v1/customers?f=city:eq:Kota+%d&sort=name&count=true", i%100), ""); w.Code != 200 {
			b.Fatal(w.Body)
		}
	}
}

func BenchmarkCreateCustomer(b *testing.B) {
	c, _ := filled(b)
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		i++
		body := fmt.Sprintf(`{"given_name":"Baru","family_name":"B%d","emails":[{"value":"b%d@x.id"}],"phones":[{"value":"+62813%08d"}]}`, i, i, i)
		if w := c.do("POST", "/api/v1/customers", body); w.Code != 201 {
			b.Fatal(w.Body)
		}
	}
}
