package ordersweb_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/app"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/orders"
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
	s := newSite(t, dbtest.Open(t, app.Modules...))
	mux := http.NewServeMux()
	mux.Handle("/assets/", ui.AssetHandler())
	mux.Handle("/", s.mux)
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return s, uitest.New(t, srv.URL)
}

// shop fills the site with orders of two customers, and returns one and its customer.
func (s *site) shop() (order, customer ids.ID) {
	s.t.Helper()
	tirta, puri := s.customer("CV Tirta Berkah Abadi"), s.customer("Hotel Puri Melati")
	ro, pump, heater := s.product("RO-5", "Filter RO 5 tahap", 1_440_000), s.product("PA-250", "Pompa air 250 watt", 1_185_000), s.product("WH-15", "Pemanas air 15 liter", 1_720_000)
	s.order(orders.Order{Customer: puri, At: now.AddDate(0, 0, -3), Status: orders.Shipped, Channel: "phone", Lines: []orders.Line{line(heater, "WH-15", "", 12, 1_720_000)}})
	s.order(orders.Order{At: now.AddDate(0, 0, -2), Status: orders.Delivered, Channel: "shop", Shop: "Toko Bandung", Lines: []orders.Line{line(ro, "RO-5", "", 1, 1_440_000)}})
	for n := range 4 {
		s.order(orders.Order{Customer: tirta, At: now.AddDate(0, 0, -120+28*n), Status: orders.Delivered, Channel: "whatsapp", Owner: s.user.ID, Lines: []orders.Line{line(ro, "RO-5", "", int64(4+n), 1_440_000)}})
	}
	big := orders.Order{
		Customer: tirta, At: now.Add(-50 * time.Minute), Status: orders.Confirmed, Channel: "whatsapp", Shop: "Tim Jawa Timur", Owner: s.user.ID,
		Note: "Antar sebelum jam 14.00, toko tutup Jumat siang.", Discount: 250_000, Tax: 2_213_915,
		Lines: []orders.Line{line(ro, "RO-5", "", 10, 1_440_000), line(pump, "PA-250", "", 5, 1_185_000), line(ids.ID{}, "", "Ongkos kirim Surabaya", 1, 150_000)},
	}
	big.Lines[1].Discount = 98_500
	o := s.order(big)
	back := orders.Order{Customer: tirta, At: now.Add(-10 * time.Minute), Return: true, Returns: o.ID, Status: orders.Delivered, Lines: []orders.Line{line(pump, "PA-250", "", -1, 1_185_000)}}
	s.order(back)
	s.order(orders.Order{Customer: puri, At: now.AddDate(0, 0, -1), Currency: "USD", Rate: 16_250_000_000, Status: orders.Draft, Channel: "email", Lines: []orders.Line{line(ro, "RO-5", "", 2, 95)}})
	if err := insights.RefreshAll(s.t.Context(), s.d, nil); err != nil {
		s.t.Fatal(err)
	}
	if err := orders.MakeFigures(s.t.Context(), s.d); err != nil {
		s.t.Fatal(err)
	}
	return o.ID, tirta
}

// An order is written with the keyboard, and its total is there before it is saved.
func TestAnOrderFromBeginningToEnd(t *testing.T) {
	s, b := browse(t)
	s.customer("Toko Budi")
	s.product("PA-125", "Pompa air 125 watt", 650_000)
	b.Open("/orders")
	b.See("Belum ada pesanan")
	b.Press("n")
	b.See("Pesanan baru")
	b.Type("Pelanggan", "Toko Budi")
	b.Type("#f-lines\\.0\\.product", "PA-125")
	b.Type("#f-lines\\.0\\.quantity", "3")
	b.See("Rp 1.950.000")
	b.Click("Tambah baris")
	b.Type("#f-lines\\.1\\.product", "Ongkos pasang")
	b.Press("Ctrl+Enter")
	b.See("Tulis harganya")
	b.Type("#f-lines\\.1\\.price", "150.000")
	b.Press("Ctrl+Enter")
	b.See("dicatat")
	b.See("Rp 2.100.000")
	b.Axe()
	b.Click("Tandai dikirim")
	b.See("Dikirim")
	b.Click("Urungkan")
	b.See("Dikonfirmasi")
	b.Press("g", "r")
	b.WaitPath("/orders")
	b.See("Toko Budi")
}

// Everyone can use every page, in both languages, on a desktop and a
// telephone, in light and dark. With AKRAB_SHOTS set to a directory the pages
// are drawn there, to look at.
func TestEveryoneCanUseThePages(t *testing.T) {
	s, b := browse(t)
	dir := os.Getenv("AKRAB_SHOTS")
	order, customer := s.shop()
	full := "/orders/" + order.String()
	pages := []struct{ name, path string }{
		{"list", "/orders"}, {"beside", "/orders?side=" + order.String()}, {"order", full}, {"history", full + "/history"}, {"edit", full + "/edit"},
		{"new", "/orders/new?customer=" + customer.String()}, {"figures", "/orders/figures"}, {"customer", "/customers/" + customer.String()},
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
			b.Open(p.path)
			if dir != "" {
				b.Screenshot(filepath.Join(dir, p.name+"-"+way.name+".png"))
			}
			b.Axe()
		}
	}
}
