package imports_test

import (
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/imports"
)

// Whether a product may be offered comes with its row; a row that says nothing
// of it leaves it as it is.
func TestOfferingOfImportedProducts(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		is := func(when string, want map[string]catalog.Offering) {
			t.Helper()
			for code, o := range want {
				if got := productCoded(t, d, code).Offering; got != o {
					t.Errorf("%s: product %s is %q, want %q", when, code, got, o)
				}
			}
		}
		opt := imports.Options{Kind: imports.Products}
		j := bringFile(t, d, "p.csv", strings.NewReader("Kode,Nama,Dalam penawaran\n1,Pompa,Stok kosong\n2,Ongkir,jangan\n3,Obat,Sensitif\n4,Pipa,\n5,Kran,ya\n6,Selang,entah\n"), opt)
		if list := problems(t, d, j); len(list) != 1 || len(list[0].Problems) != 1 || list[0].Problems[0].Code != "import.offering" || j.Created != 6 {
			t.Errorf("counted %+v, problems %+v", j.Counts, list)
		}
		is("added", map[string]catalog.Offering{"1": catalog.OutStock, "2": catalog.Never, "3": catalog.Sensitive, "4": "", "5": "", "6": ""})

		bringFile(t, d, "p.csv", strings.NewReader("Code,Name,In offers\n1,Pompa,May be offered\n2,Postage,\n4,Pipa,out\n6,Selang,no\n"), opt)
		is("updated", map[string]catalog.Offering{"1": "", "2": catalog.Never, "3": catalog.Sensitive, "4": catalog.OutStock, "6": catalog.Never})

		j = bringFile(t, d, "p.csv", strings.NewReader("Kode,Dalam penawaran\n1,ya\n4,stok habis\n"), opt)
		if j.Skipped != 2 {
			t.Errorf("rows that change nothing: %+v", j.Counts)
		}
		opt.Erase = true
		bringFile(t, d, "p.csv", strings.NewReader("Kode,Dalam penawaran\n2,\n"), opt)
		is("erased", map[string]catalog.Offering{"2": "", "3": catalog.Sensitive})
	})
}

// What a file of orders bills besides goods becomes a product that is not
// offered; a person may say otherwise, and the next file leaves it so.
func TestChargesAreNotOffered(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		const file = `number,date,code,name,price
1,2025-11-01,POST,POSTAGE,18
1,2025-11-01,DOT,DOTCOM POSTAGE,18
1,2025-11-01,JNE,Ongkir JNE Reguler,20
1,2025-11-01,ADM,Biaya Admin,1
1,2025-11-01,D,Discount,-5
1,2025-11-01,PR1,Perangko pos edisi 2025,10
1,2025-11-01,BOX,Delivery box 40 cm,10
1,2025-11-01,X,,10
2,2025-11-02,X,Ongkos kirim,10
`
		bringFile(t, d, "o.csv", strings.NewReader(file), ofOrders)
		for code, want := range map[string]catalog.Offering{
			"POST": catalog.Never, "DOT": catalog.Never, "JNE": catalog.Never, "ADM": catalog.Never, "D": catalog.Never, "X": catalog.Never, "PR1": "", "BOX": "",
		} {
			if got := productCoded(t, d, code).Offering; got != want {
				t.Errorf("product %s is %q, want %q", code, got, want)
			}
		}
		bringFile(t, d, "p.csv", strings.NewReader("code,in offers\nJNE,yes\n"), imports.Options{Kind: imports.Products})
		bringFile(t, d, "o.csv", strings.NewReader(strings.ReplaceAll(file, "2025", "2024")), ofOrders)
		if got := productCoded(t, d, "JNE").Offering; got != catalog.Offered {
			t.Errorf("what somebody decided became %q", got)
		}
	})
}
