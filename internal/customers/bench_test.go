package customers_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/list"
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

// size is how many customers the benchmarks of reading have: AKRAB_BENCH_N, or 2,000.
func size() int {
	n, err := strconv.Atoi(os.Getenv("AKRAB_BENCH_N"))
	if err != nil {
		return 2000
	}
	return n
}

// filled returns a database with customers, and their ids.
func filled(b *testing.B) (*db.DB, []ids.ID) {
	d := dbtest.Open(b, modules...)
	ctx := b.Context()
	if err := search.Prepare(ctx, d); err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	var all []ids.ID
	for len(all) < size() {
		list := make([]*customers.Customer, 500)
		for i := range list {
			list[i] = person(r, len(all)+i)
			list[i].Addresses[0].City = fmt.Sprintf("Kota %d", i%100)
		}
		if err := d.Write(ctx, db.Op{Why: "customer.test"}, func(tx *db.Tx) error { return customers.CreateMany(ctx, tx, list) }); err != nil {
			b.Fatal(err)
		}
		for _, c := range list {
			all = append(all, c.ID)
		}
	}
	return d, all
}

// BenchmarkGet reads one customer whole.
func BenchmarkGet(b *testing.B) {
	d, all := filled(b)
	ctx, i := b.Context(), 0
	b.ReportAllocs()
	for b.Loop() {
		i += 7919
		err := d.Read(ctx, db.Who{}, func(tx *db.Tx) error {
			_, err := customers.Get(ctx, tx, all[i%len(all)])
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkList reads 50 of the customers of a city, by name, with their exact
// count and all their parts.
func BenchmarkList(b *testing.B) {
	d, _ := filled(b)
	ctx, i := b.Context(), 0
	b.ReportAllocs()
	for b.Loop() {
		i++
		q := list.Query{Filters: []list.Filter{{Column: "city", Op: list.Eq, Values: []string{fmt.Sprintf("Kota %d", i%100)}}}, Sort: "name", Count: true}
		err := d.Read(ctx, db.Who{}, func(tx *db.Tx) error {
			page, err := customers.List.Page(ctx, tx, q)
			if err != nil {
				return err
			}
			if page.Count != int64(size()/100) {
				b.Fatalf("counted %d", page.Count)
			}
			return customers.LoadParts(ctx, tx, page.Rows)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
