package search_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/search"
)

// Names as they occur in Indonesia, the common ones first.
var (
	given = strings.Fields(`Siti Budi Dewi Agus Sri Muhammad Ahmad Nur Ani Eka Rina Andi Wahyu Dian Hendra Ratna Yanti
		Indra Rudi Fitri Joko Bambang Lestari Putri Rizky Made Wayan Ketut Nyoman Hadi Yusuf Anisa Dwi Tri Slamet Suparman
		Maria Yohanes Agustina Ria Toni Wulan Galih Bayu Intan Mega Surya Adi Asep Cecep Ujang Euis Neneng Sulastri Kartini
		Febri Novi Okta Desi Juli Imam Ridwan Fauzi Zainal Abdul Hasan Husein Umar Ali Fatimah Aisyah Khadijah Laila
		Bagus Gilang Reza Fajar Ilham Taufik Arif Hidayat Iwan Dedi Dodi Edi Heru Yoga Vina Winda Yuni Zahra Oscar Petrus
		Simon Lukas Markus Yakobus Ester Rut Debora Togar Tiur Ucok Butet Sihar Parlindungan Daeng Andika Baso Cut Teuku`)
	family = strings.Fields(`Santoso Wijaya Susanto Setiawan Kurniawan Hidayat Lestari Saputra Wibowo Nugroho Rahayu Handayani
		Purnomo Utami Pratama Gunawan Hartono Siregar Nasution Simanjuntak Harahap Lubis Situmorang Hutapea Sitompul Ginting
		Tarigan Sembiring Sinaga Manurung Tanjung Chaniago Koto Piliang Suryadi Sudarsono Sukarno Suharto Mulyani Mulyadi
		Anggraini Permata Kusuma Wardana Maharani Ramadhan Syahputra Firmansyah Maulana Hakim Rahman Ismail Ibrahim Halim
		Tan Lim Oei Liem Salim Widjaja Sutanto Budiman Darmawan Iskandar Effendi Basri Usman Yusuf Zulkarnain Pohan
		Matondang Batubara Rangkuti Daulay Pangaribuan Panjaitan Silalahi Sihombing Aritonang Napitupulu Tambunan Wenda`)
	firms  = strings.Fields(`Sinar Jaya Maju Mandiri Abadi Sentosa Makmur Sejahtera Karya Utama Berkah Sumber Rejeki Mitra Cahaya Bintang Nusantara Indah Prima Baru`)
	cities = strings.Fields(`Jakarta Surabaya Bandung Medan Semarang Makassar Palembang Tangerang Depok Bekasi Bogor Malang Yogyakarta Denpasar Padang Pekanbaru Batam Balikpapan Pontianak Manado`)
)

// names makes n titles and terms: two of three are people, the common names
// far more often than the others.
type names struct {
	r                       *rand.Rand
	given, family, pt, city *rand.Zipf
}

func newNames() *names {
	r := rand.New(rand.NewPCG(1, 2))
	zipf := func(list []string) *rand.Zipf { return rand.NewZipf(r, 1.2, 6, uint64(len(list)-1)) }
	return &names{r, zipf(given), zipf(family), zipf(firms), zipf(cities)}
}

func (g *names) next() (title string, terms []string) {
	person := given[g.given.Uint64()] + " " + family[g.family.Uint64()]
	if g.r.IntN(2) == 0 {
		person = given[g.given.Uint64()] + " " + person
	}
	firm := "PT " + firms[g.pt.Uint64()] + " " + firms[g.pt.Uint64()]
	city := cities[g.city.Uint64()]
	switch {
	case g.r.IntN(3) == 0:
		return firm + " " + strconv.Itoa(g.r.IntN(900)), []string{city}
	case g.r.IntN(4) == 0:
		return person, []string{firm, city}
	}
	return person, []string{city}
}

// cpu returns the processor time that this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// size is how many documents benchmarks make: AKRAB_BENCH_N.
func size() int {
	if n, err := strconv.Atoi(os.Getenv("AKRAB_BENCH_N")); err == nil {
		return n
	}
	return 20_000
}

var typed = []string{"bu", "su", "pt", "sit", "san", "budi", "santoso", "santo", "siti rahayu", "siti s", "pt sinar jaya",
	"budi wenda", "cut wenda", "sri utami jakarta", "siti surabaya", "jakarta", "oscar", "xyzzy", "xy budi", "pt 8", "pt sinar 123"}

func BenchmarkFind(b *testing.B) {
	urls := map[string]string{"sqlite": b.TempDir() + "/bench.db"}
	engine := "sqlite"
	if os.Getenv("AKRAB_BENCH_ENGINE") == "postgres" {
		engine = "postgres"
		urls[engine] = dbtest.Postgres(b)
	}
	d, err := db.Open(b.Context(), urls[engine])
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	if err := d.Migrate(b.Context(), search.Module); err != nil {
		b.Fatal(err)
	}
	if err := search.Prepare(b.Context(), d); err != nil {
		b.Fatal(err)
	}
	titles := fill(b, d, size())
	x := &search.Index{}
	x.Add(search.Source{Kind: "customer", Load: titles.load})
	for _, text := range typed {
		b.Run(strings.ReplaceAll(text, " ", "_"), func(b *testing.B) {
			var took []time.Duration
			hits := 0
			start := cpu()
			for b.Loop() {
				at := time.Now()
				err := d.Read(b.Context(), db.Who{}, func(tx *db.Tx) error {
					list, err := x.Find(b.Context(), tx, text, search.Options{})
					hits = len(list)
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(at))
			}
			b.ReportMetric(float64(cpu()-start)/float64(len(took))/1e6, "cpu-ms/op")
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100])/1e6, "p99-ms")
			b.ReportMetric(float64(hits), "hits")
		})
	}
}

func fill(b *testing.B, d *db.DB, n int) *people {
	g := newNames()
	p := &people{names: map[ids.ID]string{}}
	start, at := cpu(), time.Now()
	var making time.Duration
	for n > 0 {
		before := cpu()
		docs := make([]search.Doc, min(n, 300))
		for i := range docs {
			id := ids.New(dbtest.Now)
			title, terms := g.next()
			p.names[id] = title
			docs[i] = search.Doc{Kind: "customer", Ref: id, Title: title, Terms: terms}
		}
		making += cpu() - before
		err := d.Write(b.Context(), db.Op{}, func(tx *db.Tx) error { return search.PutNew(b.Context(), tx, docs) })
		if err != nil {
			b.Fatal(err)
		}
		n -= len(docs)
	}
	if d.Engine() == db.Postgres { // autovacuum does it within a minute
		err := d.Write(b.Context(), db.Op{}, func(tx *db.Tx) error {
			_, err := tx.ExecGenerated(b.Context(), db.Generate(`ANALYZE search_doc`))
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	runtime.GC()
	used := cpu() - start - making
	fmt.Printf("filled: %.0f documents for each CPU second, %.1f s\n", float64(len(p.names))/used.Seconds(), time.Since(at).Seconds())
	return p
}

// BenchmarkPut measures one document a transaction, in an index that has many.
func BenchmarkPut(b *testing.B) {
	d := dbtest.Open(b, search.Module)
	if err := search.Prepare(b.Context(), d); err != nil {
		b.Fatal(err)
	}
	p := fill(b, d, size())
	var list []ids.ID
	for id := range p.names {
		list = append(list, id)
	}
	g := newNames()
	for _, kind := range []string{"nothing", "new", "changed", "same"} {
		b.Run(kind, func(b *testing.B) {
			start, n := cpu(), 0
			for b.Loop() {
				doc := search.Doc{Kind: "customer", Ref: list[n%len(list)]}
				doc.Title, doc.Terms = g.next()
				if kind == "new" {
					doc.Ref = ids.New(dbtest.Now)
				}
				if kind == "same" {
					doc.Title, doc.Terms = "Same", nil
					doc.Ref = list[0]
				}
				write(b, d, func(tx *db.Tx) error {
					if kind == "nothing" {
						return search.Touch(b.Context(), tx, list[:1])
					}
					return search.Put(b.Context(), tx, []search.Doc{doc})
				})
				n++
			}
			b.ReportMetric(float64(cpu()-start)/float64(n)/1e6, "cpu-ms/op")
		})
	}
}
