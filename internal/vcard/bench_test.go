package vcard_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/akrab-crm/akrab/internal/vcard"
)

func BenchmarkRead(b *testing.B) {
	var data bytes.Buffer
	const n = 1000
	for i := range n {
		fmt.Fprintf(&data, "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Dewi;Ratna;;Bu;\r\nFN:Bu Ratna Dewi\r\nORG:CV Maju\\, Jaya;Penjualan\r\n"+
			"EMAIL;TYPE=INTERNET;TYPE=WORK:ratna.%d@x.example\r\nTEL;TYPE=CELL:+62812%07d\r\nADR;TYPE=HOME:;;Jl. Merdeka 1;Bandung;Jawa Barat;40115;Indonesia\r\nEND:VCARD\r\n", i, i)
	}
	b.SetBytes(int64(data.Len()))
	for b.Loop() {
		d := vcard.NewDecoder(bytes.NewReader(data.Bytes()))
		for {
			_, err := d.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "cards/s")
}
