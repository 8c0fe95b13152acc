package catalogweb_test

import (
	"image/color"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/ui/uitest"
)

// browse opens a browser on a site with its own database.
func browse(t *testing.T) (*site, *uitest.Browser) {
	t.Helper()
	if err := ui.CheckAssets(); err != nil {
		if os.Getenv("AKRAB_TEST_BROWSER") == "required" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	s := newSite(t, dbtest.Open(t, modules...))
	mux := http.NewServeMux()
	mux.Handle("/assets/", ui.AssetHandler())
	mux.Handle("/", s.mux)
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return s, uitest.New(t, srv.URL)
}

// shop fills the site with some products, one of which has everything.
func (s *site) shop() (full ids.ID) {
	s.t.Helper()
	list := []catalog.Product{
		{Code: "PA-250", NameID: "Pompa air 250 watt", NameEN: "Water pump 250 W", Family: "Pompa air", Tier: "Premium", Unit: "buah", Price: price(1_185_000), Cost: price(830_000)},
		{Code: "SO-1", NameID: "Saklar otomatis", NameEN: "Pressure switch", Family: "Suku cadang", Unit: "buah", Price: price(95_000), Cost: price(52_000)},
		{Code: "TK-2", NameID: "Tabung tekanan 2 liter", NameEN: "Pressure tank 2 l", Family: "Suku cadang", Unit: "buah", Price: price(210_000)},
		{Code: "RO-5", NameID: "Filter RO 5 tahap", NameEN: "RO filter, 5 stages", Family: "Filter air", Tier: "Standar", Unit: "set", Price: price(1_440_000), Cost: price(990_000)},
		{Code: "WH-15", NameID: "Pemanas air 15 liter", NameEN: "Water heater 15 l", Family: "Pemanas air", Tier: "Standar", Unit: "unit", Price: price(1_720_000), Cost: price(1_260_000)},
		{Code: "85123A", NameEN: "White hanging heart t-light holder"},
		{Code: "WH-30", NameID: "Pemanas air 30 liter", NameEN: "Water heater 30 l", Family: "Pemanas air", Tier: "Premium", Unit: "unit", Price: price(2_450_000), Archived: true},
	}
	var at []ids.ID
	for _, c := range list {
		at = append(at, s.add(c))
	}
	c := pump()
	c.Links = []catalog.Link{{Kind: catalog.Complement, Other: at[1]}, {Kind: catalog.Complement, Other: at[2]}, {Kind: catalog.Upgrade, Other: at[0]}}
	full = s.add(c)
	path := "/products/" + full.String() + "/pictures"
	s.send(path, "Pompa dari depan", drawing(color.RGBA{38, 70, 160, 255})).is(303)
	s.send(path, "", drawing(color.RGBA{200, 120, 40, 255})).is(303)
	s.send(path, "Papan nama pabrik", drawing(color.RGBA{40, 140, 90, 255})).is(303)
	s.send("/products/"+at[1].String()+"/pictures", "Saklar", drawing(color.RGBA{120, 120, 130, 255})).is(303)
	return full
}

// A product is added with the keyboard, gets its picture, and is found again.
func TestAProductFromBeginningToEnd(t *testing.T) {
	s, b := browse(t)
	s.add(catalog.Product{Code: "SO-1", NameID: "Saklar otomatis", Family: "Suku cadang"})
	b.Open("/products")
	b.Press("n")
	b.See("Produk baru")
	b.Type("Nama (Indonesia)", "Pompa air 125 watt")
	b.Type("Kode", "SO-1")
	b.Type("Harga", "650.000")
	b.Press("Ctrl+Enter")
	b.See("Kode ini sudah dipakai Saklar otomatis")
	if got := b.Value("Harga"); got != "650.000" {
		t.Errorf("the price typed is now %q", got)
	}
	b.Type("Kode", "PA-125")
	b.Press("Ctrl+Enter")
	b.See("Pompa air 125 watt ditambahkan")

	file := filepath.Join(t.TempDir(), "pompa.png")
	if err := os.WriteFile(file, drawing(color.RGBA{38, 70, 160, 255}), 0o600); err != nil {
		t.Fatal(err)
	}
	b.Click("Tambah gambar")
	b.Upload("#f-file", file)
	b.Click("Simpan gambar")
	b.See("1 gambar ditambahkan")
	b.Wait(".gallery img")

	b.Type("#link-complement", "Saklar")
	b.Press("Enter")
	b.See("Pompa air 125 watt disimpan")
	b.See("SO-1")

	b.Open(b.Path())
	b.Press("g", "p")
	b.WaitPath("/products")
	b.See("2 produk")

	// Beside the list, by keyboard, and the price where it stands.
	b.Press("j", "Shift+Enter")
	b.Wait("#side[data-side-open]")
	b.See("Pelengkap")
	b.Axe()
}

// Everyone can use every page, in both languages, on a desktop and a
// telephone, in light and dark. With AKRAB_SHOTS set to a directory the pages
// are drawn there, to look at.
func TestEveryoneCanUseThePages(t *testing.T) {
	s, b := browse(t)
	dir := os.Getenv("AKRAB_SHOTS")
	if dir != "" {
		b.Open("/products")
		b.Screenshot(filepath.Join(dir, "empty.png"))
	}
	id := s.shop().String()
	full := "/products/" + id
	pages := []struct{ name, path string }{
		{"list", "/products"}, {"beside", "/products?side=" + id}, {"product", full}, {"history", full + "/history"}, {"edit", full + "/edit"}, {"new", "/products/new"},
	}
	for _, way := range []struct {
		name, theme string
		lang        locale.Lang
		phone       bool
	}{{"desktop-light", "light", locale.ID, false}, {"phone-light", "light", locale.ID, true}, {"desktop-dark", "dark", locale.EN, false}, {"phone-dark", "dark", locale.EN, true}} {
		if way.phone {
			b.Phone()
		} else {
			b.Desktop()
		}
		b.Theme(way.theme)
		s.speak(way.lang)
		for _, p := range pages {
			if dir != "" {
				b.Open(p.path)
				b.Screenshot(filepath.Join(dir, p.name+"-"+way.name+".png"))
			}
			if way.phone == (way.theme == "dark") { // each language, size and theme once: axe is slow
				b.Open(p.path)
				b.Axe()
			}
		}
	}
}
