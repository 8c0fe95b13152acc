package imports_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/imports"
)

var (
	givenNames  = []string{"Budi", "Siti", "Agus", "Dewi", "Rina", "Eko", "Wahyu", "Putri", "Andi", "Nur", "Sri", "Ahmad", "Indah", "Yusuf", "Ratna", "Hendra", "Fitri", "Joko", "Lina", "Bayu", "Maya", "Rizki", "Tono", "Wati", "Dian", "Galih", "Hana", "Iwan", "Kartika", "Luthfi"}
	middleNames = []string{"", "", "Adi", "Ayu", "Bagus", "Cahya", "Dwi", "Eka", "Fajar", "Gilang", "Hadi", "Intan", "Jaya", "Kurnia", "Lestari", "Mulya", "Nanda", "Oki", "Prima", "Rahma", "Surya", "Tri", "Utami", "Wira", "Yudha", "Zahra"}
	familyNames = []string{"Santoso", "Wijaya", "Lestari", "Kusuma", "Hartono", "Nugroho", "Siregar", "Pratama", "Saputra", "Halim", "Gunawan", "Sari", "Rahayu", "Setiawan", "Hidayat", "Purnomo", "Susanto", "Wibowo", "Handayani", "Simatupang", "Nasution", "Lubis", "Sitorus", "Tanjung", "Ginting", "Pangestu", "Maulana", "Firmansyah", "Ramadhan", "Kurniawan"}
	cityNames   = []string{"Bandung", "Surabaya", "Jakarta Selatan", "Denpasar", "Semarang", "Yogyakarta", "Malang", "Bogor", "Medan", "Makassar"}
)

// writePeople writes a file of n people with a number, an e-mail address, a
// telephone number and an address each.
func writePeople(w io.Writer, n int) error {
	b := bufio.NewWriterSize(w, 1<<20)
	r := rand.New(rand.NewPCG(1, 2))
	fmt.Fprintln(b, "ID Pelanggan,Nama,Surel,No HP,Alamat,Kota")
	for i := range n {
		g, m, f := givenNames[r.IntN(len(givenNames))], middleNames[r.IntN(len(middleNames))], familyNames[r.IntN(len(familyNames))]
		fmt.Fprintf(b, "P-%07d,%s %s %s,%s.%s%d@example.co.id,0812-%04d-%04d,Jl. Melati %d,%s\n",
			i, g, m, f, g, f, i, r.IntN(10000), r.IntN(10000), r.IntN(200), cityNames[r.IntN(len(cityNames))])
	}
	return b.Flush()
}

// BenchmarkImport imports AKRAB_BENCH_N people (20,000 if it isn't set) with
// two contact points each, their numbers checked.
func BenchmarkImport(b *testing.B) {
	n, _ := strconv.Atoi(os.Getenv("AKRAB_BENCH_N"))
	if n == 0 {
		n = 20_000
	}
	for b.Loop() {
		d := open(b)
		d.Now = time.Now
		r, w := io.Pipe()
		go func() { w.CloseWithError(writePeople(w, n)) }()
		j := start(b, d, "people.csv", r, imports.Options{Keys: []string{"external_id"}})
		begin(b, d, j.ID, false)
		began := time.Now()
		step := began
		var last int64
		j, err := imports.Run(b.Context(), d, j.ID, func(j imports.Job) {
			if j.Place/100_000 != last/100_000 {
				b.Logf("%d rows: %.0f/s", j.Place, float64(j.Place-last)/time.Since(step).Seconds())
				last, step = j.Place, time.Now()
			}
		})
		if err != nil || j.Created != int64(n) {
			b.Fatal(j.Counts, err)
		}
		b.ReportMetric(float64(n)/time.Since(began).Seconds(), "customers/s")
	}
}

// BenchmarkOrders imports AKRAB_BENCH_N lines of Online Retail, all if it isn't set.
func BenchmarkOrders(b *testing.B) {
	n, _ := strconv.Atoi(os.Getenv("AKRAB_BENCH_N"))
	data := retail(b, n)
	for b.Loop() {
		d := open(b)
		d.Now = time.Now
		j := start(b, d, "online_retail.csv", bytes.NewReader(data), imports.Options{Kind: imports.Orders, Currency: "GBP"})
		begin(b, d, j.ID, false)
		began := time.Now()
		j, err := imports.Run(b.Context(), d, j.ID, nil)
		if err != nil || j.Errors > 0 {
			b.Fatal(j.Counts, err)
		}
		b.ReportMetric(float64(j.Place)/time.Since(began).Seconds(), "lines/s")
	}
}
