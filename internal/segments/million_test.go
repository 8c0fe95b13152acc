package segments_test

import (
	"os"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/segments"
)

// BenchmarkMillion counts trees in the workspace AKRAB_BENCH_URL, best one of a
// million customers.
func BenchmarkMillion(b *testing.B) {
	url := os.Getenv("AKRAB_BENCH_URL")
	if url == "" {
		b.Skip("AKRAB_BENCH_URL is not set")
	}
	d, err := db.Open(b.Context(), url)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { d.Close() })
	for _, text := range []string{
		`"city:eq:Kota Agus 12"`,
		`{"all":["city:eq:Kota Agus 12","phase:in:active,loyal"]}`,
		`{"any":["city:eq:Kota Agus 12","city:eq:Kota Agus 2","city:eq:Kota Agus 22"]}`,
		`"segment:eq:A1"`,
		`{"all":["segment:in:A1,A2","year:gte:10000000"]}`,
		`{"all":["city:eq:Kota Agus 12",{"any":["segment:eq:A1","year:gte:10000000"]}]}`,
		`{"any":["segment:eq:A1","year:gte:10000000"]}`,
		`{"all":["signal:in:red,yellow","value:gte:1000000"]}`,
		`{"all":["last_order:before:-90d","orders:gte:5"]}`,
		`{"all":["created:within:-1y",{"not":"segment:eq:N"}]}`,
		`{"all":["city:starts:kota a",{"any":["phase:eq:active","last_at:before:-60d"]}]}`,
		`{"any":["phase:eq:active","orders:gte:10"]}`,
		`{"has":"order","all":["ordered:within:-7d"]}`,
		`{"not":{"has":"order","all":["ordered:within:-30d"]}}`,
		`{"has":"order","all":["ordered:within:-30d","total:gte:10000000"]}`,
		`{"has":"bought","all":["family:eq:keluarga 1","ordered:within:-30d"]}`,
	} {
		tree, err := list.ParseTree(text)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(text, func(b *testing.B) {
			var n int64
			for b.Loop() {
				start := time.Now()
				err := d.Read(b.Context(), db.Who{}, func(tx *db.Tx) (err error) {
					n, err = segments.Customers.Count(b.Context(), tx, list.Query{Where: tree, In: locale.Workspace{}})
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(time.Since(start).Milliseconds()), "ms/last")
			}
			b.ReportMetric(float64(n), "customers")
		})
	}
}
