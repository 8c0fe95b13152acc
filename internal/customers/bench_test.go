package customers_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/search"
)

var (
	given  = []string{"Budi", "Siti", "Agus", "Dewi", "Rina", "Eko", "Wahyu", "Putri", "Andi", "Nur", "Sri", "Ahmad", "Indah", "Yusuf", "Ratna", "Hendra"}
	family = []string{"Santoso", "Wijaya", "Lestari", "Kusuma", "Hartono", "Nugroho", "Siregar", "Pratama", "Saputra", "Halim", "Gunawan", "Sari", "Rahayu", "Setiawan"}
	cities = []string{"Bandung", "Surabaya", "Jakarta Selatan", "Denpasar", "Semarang", "Yogyakarta", "Malang", "Bogor"}
)

func person(r *rand.Rand, i int) *customers.Customer {
	g, f := given[r.IntN(len(given))], family[r.IntN(len(family))]
	return &customers.Customer{
		Given: g, Family: f, ExternalID: fmt.Sprintf("C%07d", i),
		Emails:    []customers.Email{{Value: fmt.Sprintf("%s.%s%d@example.co.id", g, f, i)}},
		Phones:    []customers.Phone{{Value: fmt.Sprintf("0812%08d", r.IntN(100_000_000))}},
		Addresses: []customers.Address{{City: cities[r.IntN(len(cities))]}},
	}
}

// BenchmarkInsert adds customers with two contact points and an address, as an
// import does, in transactions of 500. An op is one customer.
func BenchmarkInsert(b *testing.B) {
	d := dbtest.Open(b, modules...)
	ctx := b.Context()
	if err := search.Prepare(ctx, d); err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	made := 0
	for b.Loop() {
		if made%500 != 0 {
			made++
			continue
		}
		list := make([]*customers.Customer, 500)
		for i := range list {
			list[i] = person(r, made+i)
		}
		made++
		err := d.Write(ctx, db.Op{Why: "customer.test"}, func(tx *db.Tx) error { return customers.CreateMany(ctx, tx, list) })
		if err != nil {
			b.Fatal(err)
		}
	}
}
