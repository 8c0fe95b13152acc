package importsweb_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/imports"
	"github.com/akrab-crm/akrab/internal/imports/importsweb"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/ui/uitest"
)

const contacts = "Kode Pelanggan;Nama;No HP;Surel;Tgl Lahir;Kota;Ukuran\n" +
	"P1;Budi Santoso;0812-3045-7781;budi@example.co.id;17/08/1980;Bandung;L\n" +
	"P2;Siti <b>Aminah</b>;0813 1111 2222;siti at example;01/02/1990;Solo;M\n" +
	"P3;Tono;0813 1111 2223;tono@example.co.id;31/02/1990;Malang;S\n"

func TestFirstImport(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.open("/imports").is(200).has("Bawa pelanggan Anda ke sini", "Dari Google", `href="/imports/new"`)
		s.open("/imports/new").is(200).has(`enctype="multipart/form-data"`, `name="file"`)
		at := s.put(`C:\data\pelanggan.csv`, contacts)

		// What was guessed is shown, and can be changed.
		page := s.open(at).is(200)
		page.has("pelanggan.csv", `<option value=";" selected>`, `<option value="utf-8" selected>`, `<option value="dmy" selected>`,
			`<option value="external_id" selected>`, `<option value="phones.mobile.value" selected>`, `<option value="trait:Ukuran">`,
			"Budi Santoso", "Siti &lt;b&gt;Aminah&lt;/b&gt;")
		page.lacks("<b>Aminah")
		uitest.CheckHTML(t, at, page.body)
		set := url.Values{
			"encoding": {"utf-8"}, "comma": {";"}, "decimal": {","}, "date_order": {"dmy"}, "header": {"1"}, "top": {"0"},
			"col.0": {"external_id"}, "col.1": {"name"}, "col.2": {"phones.mobile.value"}, "col.3": {"emails.1.value"}, "col.4": {"birthday"},
			"col.5": {"addresses.1.city"}, "col.6": {"trait:Ukuran"}, "key": {"external_id"}, "mode": {"upsert"},
		}
		part := s.post(at, set, "HX-Request", "true", "HX-Request-Type", "partial", "HX-Target", "form#import").is(200)
		part.has(`id="import"`, `<option value="trait:Ukuran" selected>`, "Sel kosong menghapus").lacks("<html")
		both := url.Values{}
		for k, v := range set {
			both[k] = v
		}
		both["col.5"] = []string{"name"}
		s.post(at, both).is(422).has("dipakai oleh dua kolom", `<option value="name" selected>`)
		none := url.Values{"encoding": {"utf-8"}, "comma": {";"}, "decimal": {","}, "date_order": {"dmy"}, "header": {"1"}}
		for i := range 7 {
			none.Set(fmt.Sprintf("col.%d", i), "")
		}
		s.post(at, none).is(422).has("Tentukan kolom untuk nama")

		// A dry run counts and changes nothing.
		set.Set("do", "check")
		s.post(at, set).to(at)
		s.open(at).is(200).has("baris sudah diperiksa", "Hentikan", `hx-get="`+at+`"`)
		s.work()
		s.open(at).is(200).has("Beginilah hasilnya", "2 baris perlu diperbaiki").lacks("Urungkan impor")
		if names := s.names(); len(names) != 0 {
			t.Fatalf("a dry run brought %q", names)
		}

		// A bad cell is put right before the import.
		row := s.open(at + "/problems").is(200)
		row.has("Baris 2", "siti at example", "Baris 3", "31/02/1990").lacks("<b>Aminah")
		s.post(at+"/rows/2", url.Values{"c.3": {"siti at"}, "do": {"save"}}).is(422).has(`value="siti at"`)
		s.post(at+"/rows/2", url.Values{"c.3": {"siti@example.co.id"}, "do": {"save"}}).to(at + "/problems")
		s.open(at+"/problems").is(200).has("Baris 3").lacks("Baris 2</h2>", "siti at")

		set.Set("do", "start")
		s.post(at, set).to(at)
		s.work()
		s.open(at).is(200).has("Urungkan impor", "1 baris perlu diperbaiki", at+"/problems.csv")
		if names := s.names(); len(names) != 3 {
			t.Fatalf("came in: %q", names)
		}
		csv := s.open(at + "/problems.csv?all=1").is(200)
		csv.has("akrab_reason", "31/02/1990", "Tono")
		if cd := csv.header.Get("Content-Disposition"); !strings.Contains(cd, "pelanggan-perbaiki.csv") {
			t.Errorf("Content-Disposition %q", cd)
		}

		// The row that came in without its birthday is put right where it stands.
		done := s.post(at+"/rows/3", url.Values{"c.4": {"28/02/1990"}, "do": {"save"}}, "HX-Request", "true", "HX-Request-Type", "partial", "HX-Target", "form#row-3")
		done.is(200).has(`id="row-3"`, "hidden", "sudah masuk").lacks("<html", "28/02/1990")
		s.open(at + "/problems").is(200).has("Semua baris beres")
		s.post(at+"/rows/3", url.Values{"c.4": {"x"}, "do": {"save"}}).is(409)

		list := s.open("/imports").is(200).has("pelanggan.csv", "Selesai", "/undo")
		i := strings.Index(list.body, "/operations/")
		undo := list.body[i : i+strings.Index(list.body[i:], `"`)]
		s.post(undo, url.Values{"back": {"/imports"}}).to("/imports")
		if names := s.names(); len(names) != 0 {
			t.Errorf("after the undo: %q", names)
		}
		s.open("/imports").is(200).has("Diurungkan").lacks("/undo")
		s.open(at).is(200).has("sudah diurungkan").lacks("Perbaiki di sini")
	})
}

func TestUploadsAreRefused(t *testing.T) {
	s := newSite(t, open(t))
	s.post("/imports", url.Values{"x": {"y"}}).is(422).has("Pilih satu berkas")
	s.send("", nil).is(422)
	s.send("kosong.csv", nil).is(422).has("Berkas")
	s.send("gambar.png", append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 500)...)).is(422)
	s.send("besar.csv", []byte("Nama\n"+strings.Repeat("Budi Santoso yang panjang\n", 9<<20/26))).is(422).has("lebih besar daripada 8 MB")
	if at := s.put("besar.csv", "Nama,Surel\n"+strings.Repeat("Budi Santoso yang panjang sekali,\n", 7<<20/34)); at == "" {
		t.Error("a file of 7 MB was refused")
	}
	s.open("/imports").is(200).lacks("kosong.csv", "gambar.png")
}

func TestRoutesNeedThePermission(t *testing.T) {
	s := newSite(t, open(t))
	at := s.put("p.csv", contacts)
	s.may(func(p ui.Perm) bool { return p != imports.PermRun })
	for _, rt := range (&importsweb.Pages{}).Routes() {
		if rt.Need != imports.PermRun {
			t.Errorf("%s needs %q", rt.Pattern, rt.Need)
		}
		method, path, _ := strings.Cut(rt.Pattern, " ")
		path = strings.NewReplacer("/imports/{id}", at, "{row}", "1").Replace(path)
		var a answer
		if method == "GET" {
			a = s.open(path)
		} else {
			a = s.post(path, url.Values{})
		}
		a.is(http.StatusForbidden)
	}
}

func TestNonsenseIsNotFound(t *testing.T) {
	s := newSite(t, open(t))
	at := s.put("p.csv", contacts)
	missing := "/imports/" + ids.New(now).String()
	for _, path := range []string{"/imports/x", missing, missing + "/problems", missing + "/problems.csv", "/imports?before=x"} {
		s.open(path).is(404)
	}
	s.open(at + "/problems?after=-5").is(200)
	s.open(at + "/problems?after=99999999999999999999").is(200)
	for _, path := range []string{at + "/rows/99", at + "/rows/0", at + "/rows/x", missing + "/cancel", missing + "/delete", missing} {
		s.post(path, url.Values{"do": {"save"}}).is(404)
	}
	s.post(at, url.Values{"mode": {"destroy"}, "key": {"external_id"}}).is(422)
	s.post(at, url.Values{"encoding": {"klingon"}, "comma": {""}, "decimal": {"x"}, "date_order": {"z"}}).is(422).has("dengan pengaturan ini")
	s.post(at, url.Values{"encoding": {"utf-8"}, "comma": {";"}, "decimal": {","}, "date_order": {"dmy"}, "header": {"1"}, "col.0": {"no.such.field"}}).is(422)
	s.post(at+"/cancel", nil).to(at) // it doesn't run
	s.post(at+"/delete", nil).to("/imports")
	s.open(at).is(404)
}

func TestCards(t *testing.T) {
	s := newSite(t, open(t))
	at := s.put("kontak.vcf", "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Budi Santoso\r\nTEL;TYPE=CELL:0812-3045-7781\r\nEND:VCARD\r\n"+
		"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Siti\r\nTEL:halo\r\nBDAY:besok\r\nEND:VCARD\r\n")
	s.open(at).is(200).has("kontak.vcf", "Budi Santoso", "Nama lengkap").lacks(`name="encoding"`)
	s.post(at, url.Values{"do": {"start"}}).to(at)
	s.work()
	s.open(at).is(200).has("1 baris perlu diperbaiki")
	s.open(at+"/problems").is(200).has("halo", "besok", "Telepon 1", "Tanggal lahir")
	if names := s.names(); !slices.Equal(names, []string{"Budi Santoso", "Siti"}) {
		t.Errorf("came in: %q", names)
	}
	var row string
	err := s.d.Read(t.Context(), db.Who{}, func(tx *db.Tx) (err error) {
		row, err = db.Get(context.Background(), tx, db.One[string], `SELECT CAST(COUNT(*) AS TEXT) FROM customer_phone WHERE state = 'invalid'`)
		return err
	})
	if err != nil || row != "1" {
		t.Errorf("%s unusable telephones, %v", row, err)
	}
	columns := strings.Count(s.open(at+"/problems").body, `name="c.`)
	if columns != 2 {
		t.Errorf("%d cells are offered", columns)
	}
}

const sales = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n" +
	"536365,85123A,WHITE HANGING HEART,6,2010-12-01 08:26:00,2.55,17850,United Kingdom\n" +
	"536365,71053,WHITE METAL LANTERN,six,2010-12-01 08:26:00,3.39,17850,United Kingdom\n" +
	"C536379,D,Discount,-1,2010-12-01 09:41:00,27.5,14527,United Kingdom\n"

// A file of order lines is known as such; what it is and what a return is can
// be changed before it is imported.
func TestImportOfOrders(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		at := s.put("sales.csv", sales)
		page := s.open(at).is(200)
		page.has(`name="kind" value="orders" checked`, `<option value="number" selected>`, `<option value="customer" selected>`,
			`name="return_prefix"`, `value="C"`, `<option value="GBP">`, "Ganti pesanan yang sudah ada", `name="key" value="external_id" checked`)
		uitest.CheckHTML(t, at, page.body)

		// As customers it would mean something else.
		s.post(at, url.Values{"kind": {"customers"}}).to(at)
		s.open(at).is(200).has(`name="kind" value="customers" checked`, `value="emails.1.value"`).lacks(`name="return_prefix"`)
		s.post(at, url.Values{"kind": {"orders"}}, "HX-Request", "true", "HX-Request-Type", "partial", "HX-Target", "form#import").is(200).
			has(`id="import"`, `name="return_prefix"`).lacks("<html")

		set := url.Values{"kind": {"orders"}, "currency": {"GBP"}, "return_prefix": {"C"}, "key": {"external_id"}, "mode": {"upsert"}, "do": {"check"}}
		s.post(at, set).to(at)
		s.work()
		s.open(at).is(200).has("Beginilah hasilnya", "Pelanggan ditambahkan", "Produk ditambahkan", `<option value="GBP" selected>`)
		set.Set("do", "start")
		s.post(at, set).to(at)
		s.work()
		s.open(at).is(200).has("Urungkan impor", "1 baris perlu diperbaiki", `href="/orders"`)
		s.open(at+"/problems").is(200).has("Baris 2", `value="six"`, "Tulis angka")
		s.post(at+"/rows/2", url.Values{"c.3": {"6"}, "do": {"save"}}).to(at + "/problems")
		err := s.d.Read(t.Context(), db.Who{}, func(tx *db.Tx) error {
			id, _, err := orders.ByNumber(t.Context(), tx, "536365")
			if err != nil {
				return err
			}
			o, err := orders.Get(t.Context(), tx, id)
			if o.Total != 1530+2034 || o.Currency != "GBP" {
				t.Errorf("came in: %+v", o)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		// The next file like it is read alike.
		next := s.open(s.put("sales2.csv", sales)).is(200)
		next.has(`name="kind" value="orders" checked`, `<option value="GBP" selected>`)
	})
}

func TestImportOfProducts(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		at := s.put("produk.csv", "Kode Barang;Nama Barang;Kategori;Satuan;Harga;Daya\nPA-125;Pompa Air 125;Pompa;pcs;Rp 650.000;125 W\n")
		s.open(at).is(200).has(`name="kind" value="products" checked`, `<option value="family" selected>`, `<option value="fact:Daya">`, "Data teknis")
		s.post(at, url.Values{"kind": {"products"}, "key": {"code"}, "mode": {"upsert"}, "col.5": {"fact:Daya"}, "do": {"start"}}).to(at)
		s.work()
		s.open(at).is(200).has("Urungkan impor", `href="/products"`, "1 baris selesai diimpor")
	})
}
