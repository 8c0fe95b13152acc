package sheet_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/sheet"
)

// people returns about n bytes of CSV as an export of customers has it.
func people(n int, quoted bool) []byte {
	var b bytes.Buffer
	b.WriteString("id,nama,email,telepon,alamat,kota,kode pos,lahir,catatan\r\n")
	note := "pelanggan lama"
	if quoted {
		note = `"pelanggan ""lama"", sejak 2019"`
	}
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "%d,Ratna Dewi Kusumawati,ratna.%d@toko.example,+62812%07d,Jalan Merdeka No. %d,Bandung,40115,1985-03-21,%s\r\n", i, i, i, i%200, note)
	}
	return b.Bytes()
}

func BenchmarkCSV(b *testing.B) {
	for _, bm := range []struct {
		name string
		data []byte
		f    sheet.Format
	}{
		{"plain", people(16<<20, false), plain},
		{"quoted", people(16<<20, true), plain},
		{"windows-1252", people(16<<20, false), sheet.Format{Kind: sheet.CSV, Encoding: "windows-1252", Comma: ',', Decimal: '.', DateOrder: "dmy"}},
	} {
		b.Run(bm.name, func(b *testing.B) {
			b.SetBytes(int64(len(bm.data)))
			for b.Loop() {
				drain(b, bytes.NewReader(bm.data), &bm.f)
			}
		})
	}
}

func BenchmarkXLSX(b *testing.B) {
	var buf bytes.Buffer
	w := sheet.NewXLSX(&buf, sheet.XLSXOptions{Header: true})
	const n = 50_000
	for range n {
		w.Write(strings.Split("1,Ratna Dewi Kusumawati,ratna@toko.example,+628120000000,Jalan Merdeka No. 1,Bandung,40115,1985-03-21", ","))
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			drain(b, bytes.NewReader(buf.Bytes()), nil)
		}
		b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			w := sheet.NewXLSX(io.Discard, sheet.XLSXOptions{Header: true})
			for range n {
				w.Write([]string{"1", "Ratna Dewi Kusumawati", "ratna@toko.example", "+628120000000", "Jalan Merdeka No. 1", "Bandung", "40115", "1985-03-21"})
			}
			w.Close()
		}
		b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}

func drain(b *testing.B, in io.Reader, f *sheet.Format) {
	r, err := sheet.Open(in, "", f)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	for {
		row, err := r.Next()
		if err == io.EOF {
			return
		}
		if err != nil || row.Err != nil {
			b.Fatal(err, row.Err)
		}
	}
}
