package segments_test

import (
	"os"
	"syscall"
	"testing"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/segments"
)

// BenchmarkMillion counts conditions in the workspace AKRAB_BENCH_URL, best one
// of a million customers: what each column may be asked, alone, and what
// managers put together. The processor time of the whole process is reported,
// since it says more on a busy machine.
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
	for _, text := range append(alone(), together...) {
		tree, err := list.ParseTree(text)
		if err != nil {
			b.Fatal(text, err)
		}
		b.Run(text, func(b *testing.B) {
			var n int64
			start := processor()
			for b.Loop() {
				err := d.Read(b.Context(), db.Who{}, func(tx *db.Tx) (err error) {
					n, err = segments.Customers.Count(b.Context(), tx, list.Query{Where: tree, In: locale.Workspace{}})
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric((processor()-start)/float64(b.N), "cpu-ms/op")
			b.ReportMetric(float64(n), "customers")
		})
	}
}

// processor returns the milliseconds that the process has computed.
func processor() float64 {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return float64(r.Utime.Nano()+r.Stime.Nano()) / 1e6
}

// together is what managers put together.
var together = []string{
	`{"all":["city:eq:Kota Agus 12","phase:in:active,loyal"]}`,
	`{"any":["city:eq:Kota Agus 12","city:eq:Kota Agus 2","city:eq:Kota Agus 22"]}`,
	`{"all":["segment:in:A1,A2","year:gte:10000000"]}`,
	`{"all":["city:eq:Kota Agus 12",{"any":["segment:eq:A1","year:gte:10000000"]}]}`,
	`{"any":["segment:eq:A1","year:gte:10000000"]}`,
	`{"all":["signal:in:red,yellow","value:gte:1000000"]}`,
	`{"all":["last_order:before:-90d","orders:gte:5"]}`,
	`{"all":["created:within:-1y",{"not":"segment:eq:N"}]}`,
	`{"all":["city:starts:kota a",{"any":["phase:eq:active","last_at:before:-60d"]}]}`,
	`{"any":["phase:eq:active","orders:gte:10"]}`,
	`{"all":["kind:eq:person","language:eq:id","archived:eq:false"]}`,
	`{"all":["phase:eq:active","kind:eq:organization"]}`,
	`{"any":["phone:starts:0812","has_email:eq:true"]}`,
	`{"all":["birth_month:eq:11","year:gte:1000000"]}`,
	`{"has":"order","all":["ordered:within:-7d"]}`,
	`{"has":"order","all":["ordered:within:-1y"]}`,
	`{"has":"order","all":["ordered:within:-2y"]}`,
	`{"has":"order","all":["ordered:within:-30d","channel:eq:shop"]}`,
	`{"has":"order","all":["ordered:within:-30d","total:gte:10000000"]}`,
	`{"has":"order","any":["total:gte:100000000","channel:eq:field"]}`,
	`{"not":{"has":"order","all":["ordered:within:-30d"]}}`,
	`{"not":{"has":"order","all":["ordered:within:-1y"]}}`,
	`{"all":["phase:eq:active",{"not":{"has":"order","all":["ordered:within:-30d"]}}]}`,
	`{"has":"bought","all":["family:eq:keluarga 1","ordered:within:-30d"]}`,
	`{"has":"bought","all":["family:eq:keluarga 1","ordered:within:-1y"]}`,
	`{"has":"bought","all":["family:eq:keluarga 1"]}`,
	`{"has":"bought","all":["family:eq:keluarga 1","amount:gte:1000000"]}`,
	`{"not":{"has":"bought","all":["family:eq:keluarga 1"]}}`,
	`{"all":[{"has":"bought","all":["family:eq:keluarga 1"]},{"not":{"has":"bought","all":["family:eq:keluarga 2"]}}]}`,
	`{"all":["city:eq:Kota Agus 12",{"has":"bought","all":["family:eq:keluarga 1"]}]}`,
	`{"has":"talk","all":["kind:eq:call","at:within:-90d"]}`,
	`{"not":{"has":"talk","all":["at:within:-90d"]}}`,
	`{"has":"task","all":["done:eq:false","due:before:today"]}`,
}

// alone returns a condition or two of each column, and of each column of what
// belongs to customers.
func alone() (all []string) {
	for i := range segments.Customers.Columns {
		for _, f := range asks(&segments.Customers.Columns[i]) {
			all = append(all, list.LeafOf(f).String())
		}
	}
	for _, k := range segments.Kids {
		for i := range k.Columns {
			for _, f := range asks(&k.Columns[i]) {
				all = append(all, list.Tree{Join: list.All, Has: k.Key, Parts: []list.Tree{list.LeafOf(f)}}.String())
			}
		}
	}
	return all
}

// asks returns filters of c that many rows match.
func asks(c *list.Column) (all []list.Filter) {
	value := map[list.Type]string{
		list.User: "me", list.Ref: ids.ID{1}.String(), list.Number: "5", list.Money: "1000000",
		list.Bool: "true", list.Date: "-1y", list.Time: "-90d", list.Phone: "0812", list.Email: "example.com", list.Name: "bu", list.Folded: "keluarga 1",
	}
	for n, op := range c.Operators() {
		f := list.Filter{Column: c.Key, Op: op}
		v := value[c.Type]
		switch {
		case c.Type == list.Choice:
			v = c.Choices[min(1, len(c.Choices)-1)].Value
		case v == "":
			v = "a"
		}
		switch op.Arity() {
		case 1, -1:
			f.Values = []string{v}
		case 2:
			f.Values = []string{v, v}
		}
		switch op {
		case list.Lt, list.Lte, list.Gt, list.Between, list.In, list.Nin, list.After:
			continue // as the others
		}
		if n > 0 && op == list.Eq {
			continue
		}
		all = append(all, f)
	}
	return all
}
