package importsweb_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/ui/uitest"
)

func open(t testing.TB) *db.DB { return dbtest.Open(t, modules...) }

// browse opens a browser on a site with its own database.
func browse(t *testing.T) (*site, *uitest.Browser) {
	t.Helper()
	if err := ui.CheckAssets(); err != nil {
		if os.Getenv("AKRAB_TEST_BROWSER") == "required" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	s := newSite(t, open(t))
	mux := http.NewServeMux()
	mux.Handle("/assets/", ui.AssetHandler())
	mux.Handle("/", s.mux)
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return s, uitest.New(t, srv.URL)
}

const crowd = "Kode Pelanggan,Nama Lengkap,No HP,Surel,Alamat,Kelurahan,Kecamatan,Kota/Kabupaten,Provinsi,Kode Pos,Tgl Lahir,Perusahaan,Jabatan,Catatan\n" +
	"PLG-0412,Ratna Wulandari,0812-3045-7781,ratna@tirtaberkah.co.id,Jl. Rungkut Asri 12,Rungkut Kidul,Rungkut,Surabaya,Jawa Timur,60293,04/12/1978,CV Tirta Berkah Abadi,Pemilik,Suka dikirimi foto barang\n" +
	"PLG-0413,Lestari Handayani,0813 1111 2222,lestari@tirtaberkah.co.id,Jl. Rungkut Asri 12,Rungkut Kidul,Rungkut,Surabaya,Jawa Timur,60293,17/08/1985,CV Tirta Berkah Abadi,Keuangan,\n" +
	"PLG-0414,Budi Santoso,0812 9999 1111,budi santoso@mail,Jl. Melati 3,,,Bandung,Jawa Barat,40115,,,,\n" +
	"PLG-0415,Wayan Sudarma,0811 388 777,wayan@example.co.id,Jl. Sunset Road 88,Kuta,Kuta,Badung,Bali,80361,31/02/1990,Hotel Puri Melati,Pembelian,\n" +
	"PLG-0416,Siti Aminah,0812 3045 7781,siti@example.co.id,Jl. Kenanga 5,,,Solo,Jawa Tengah,57126,01/02/1990,,,Telepon sama dengan Bu Ratna\n" +
	"PLG-0416,Siti Aminah,,siti@example.co.id,Jl. Kenanga 5,,,Solo,Jawa Tengah,57126,01/02/1990,,,\n"

// Everyone can use every page, in both languages, on a desktop and a
// telephone, in light and dark. With AKRAB_SHOTS set to a directory the pages
// are drawn there, to look at.
func TestEveryoneCanUseThePages(t *testing.T) {
	s, b := browse(t)
	dir := os.Getenv("AKRAB_SHOTS")
	draw := func(round string, pages map[string]string) {
		for _, size := range []string{"desktop", "phone"} {
			b.Desktop()
			if size == "phone" {
				b.Phone()
			}
			for _, theme := range []string{"light", "dark"} {
				b.Theme(theme)
				s.speak(locale.ID)
				if theme == "dark" {
					s.speak(locale.EN)
				}
				for name, path := range pages {
					b.Open(path)
					if dir != "" {
						b.Screenshot(filepath.Join(dir, round+name+"-"+size+"-"+theme+".png"))
					}
					b.Axe()
				}
			}
		}
	}
	draw("", map[string]string{"empty": "/imports", "new": "/imports/new"})
	at := s.put("pelanggan-2026.csv", crowd)
	draw("", map[string]string{"wizard": at, "orders": s.put("penjualan.csv", sales), "products": s.put("produk.csv", wares)})
	s.post(at, url.Values{"do": {"check"}}).to(at)
	draw("", map[string]string{"running": at})
	s.work()
	draw("", map[string]string{"checked": at, "problems": at + "/problems"})
	s.post(at, url.Values{"do": {"start"}}).to(at)
	s.work()
	sold := s.put("penjualan-november.csv", sales)
	s.post(sold, url.Values{"kind": {"orders"}, "key": {"external_id"}, "do": {"start"}}).to(sold)
	s.work()
	draw("", map[string]string{"result": at, "sold": sold, "list": "/imports"})
}

const wares = "Kode Barang;Nama Barang;Kategori;Satuan;Harga;Daya\n" +
	"PA-125;Pompa Air Sumur Dangkal 125;Pompa;pcs;Rp 650.000;125 W\n" +
	"WH-15;Pemanas Air 15 Liter;Pemanas;pcs;Rp 1.850.000;350 W\n"

// A person imports a file with the mouse, mends a row where it stands, and
// takes everything back.
func TestImportByHand(t *testing.T) {
	s, b := browse(t)
	file := filepath.Join(t.TempDir(), "pelanggan.csv")
	if err := os.WriteFile(file, []byte(crowd), 0o600); err != nil {
		t.Fatal(err)
	}
	b.Open("/imports/new")
	b.Upload("input[type=file]", file)
	b.Click("Unggah")
	b.See("Arti setiap kolom")
	b.Select("#col-13", "Label") // the notes shall be tags
	// It is kept at once, and the preview follows.
	b.Wait(`#import [data-target="tags"]`)
	b.Select("#col-13", "Catatan")
	b.Wait(`#import [data-target="remember"]`)
	b.Click("Mulai impor")
	b.See("Hentikan")
	s.work()
	b.See("Urungkan impor")
	b.See("baris perlu diperbaiki")
	b.Click("Perbaiki di sini")
	b.See("Baris 3")
	b.Type(`#row-3 input[name="c.3"]`, "budi@example.co.id")
	b.Click("#row-3 button[value=save]")
	b.See("Baris 3 sudah masuk")
	if names := strings.Join(s.names(), ", "); !strings.Contains(names, "Budi Santoso") {
		t.Errorf("came in: %s", names)
	}
	b.Open("/imports")
	b.Click("Urungkan")
	b.See("Diurungkan")
	if names := s.names(); len(names) != 0 {
		t.Errorf("after the undo: %q", names)
	}
}
