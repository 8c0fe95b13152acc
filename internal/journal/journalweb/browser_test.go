package journalweb_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
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

// story is some days of work. It returns operations to look at.
func (s *site) story() (changed, created, kept ids.ID) {
	s.t.Helper()
	for i := range 34 {
		s.add(s.dimas, customers.Customer{Name: fmt.Sprintf("Depot Air %02d", i+1), Kind: customers.Organization})
	}
	s.clock.turn(26 * time.Hour)
	id, created := s.add(s.rina, customers.Customer{
		Name: "CV Tirta Berkah Sentosa", Kind: customers.Organization,
		Phones: []customers.Phone{{Value: "0812-3045-7781"}, {Value: "0813-1111-2222"}}, Emails: []customers.Email{{Value: "admin@tirtaberkah.co.id"}},
	})
	s.clock.turn(3 * time.Hour)
	changed = s.change(s.rina, id, func(c *customers.Customer) {
		c.Phase, c.Owner, c.Hours = customers.Loyal, s.dimas.ID, "09.00–11.00"
		c.Remember = "Toko tutup tiap Jumat siang. Suka dikirimi foto barang sebelum memesan, dan minta dikabari lewat WhatsApp, bukan telepon."
		c.Phones[0].Value = "0812-9999-0000"
		c.Phones = c.Phones[:1]
	})
	kept = s.change(s.rina, id, func(c *customers.Customer) { c.Hours, c.Nickname = "10.00–12.00", "Tirta" })
	s.change(s.dimas, id, func(c *customers.Customer) { c.Hours = "13.00–15.00" })
	s.undo(kept, "/operations").is(303)
	s.do(who(s.dimas), "customer.bulk_update", func(tx *db.Tx) error {
		return tx.SetOp(s.t.Context(), ids.ID{}, map[string]any{"n": 1240})
	})
	s.clock.turn(20 * time.Minute)
	return changed, created, s.undoOf(kept).ID
}

func TestUndoInABrowser(t *testing.T) {
	s, b := browse(t)
	id, _ := s.add(s.rina, customers.Customer{Name: "Toko Tirta"})
	s.change(s.rina, id, func(c *customers.Customer) { c.Hours = "09.00–11.00" })
	b.Open("/operations")
	b.Click("Mengubah Toko Tirta")
	b.See("Jam yang disukai")
	b.Click("Urungkan")
	b.See("Diurungkan: Mengubah Toko Tirta")
	b.Axe()
	if c, _ := s.customer(id); c.Hours != "" {
		t.Errorf("hours are %q", c.Hours)
	}
	b.Press("z") // the toast's shortcut takes the undo back
	b.See("Diulangi: Mengubah Toko Tirta")
	if c, _ := s.customer(id); c.Hours != "09.00–11.00" {
		t.Errorf("hours are %q", c.Hours)
	}
}

// A long undo shows how far it is, with and without scripts.
func TestALongUndoInABrowser(t *testing.T) {
	s, b := browse(t)
	s.pages.Wait = time.Nanosecond
	for _, script := range []bool{true, false} {
		_, op := s.add(s.rina, customers.Customer{Name: "Toko Tirta"})
		b.Script(script)
		b.Open("/operations/" + op.String())
		b.Click("Urungkan")
		b.See("Sebentar lagi dimulai")
		if script { // axe is one
			b.Axe()
		}
		if err := s.jobs.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !script {
			b.Click("Muat ulang")
		}
		b.See("Selesai, semuanya seperti sebelumnya")
		b.Click("Lihat rincian")
		b.See("Mengurungkan: Menambah Toko Tirta")
	}
}

// Everyone can use every page, in both languages, on a desktop and a
// telephone, in light and dark. With AKRAB_SHOTS set to a directory the pages
// are drawn there, to look at.
func TestEveryoneCanUseThePages(t *testing.T) {
	s, b := browse(t)
	changed, created, kept := s.story()
	_, slow := s.add(s.rina, customers.Customer{Name: "Toko Tirta"})
	s.pages.Wait = time.Nanosecond
	progress := s.undo(slow, "/operations").is(303).header.Get("Location")
	pages := []struct{ name, path string }{
		{"list", "/operations"},
		{"changed", "/operations/" + changed.String()},
		{"created", "/operations/" + created.String()},
		{"kept", "/operations/" + kept.String()},
		{"progress", progress},
	}
	dir := os.Getenv("AKRAB_SHOTS")
	for _, size := range []string{"desktop", "phone"} {
		if size == "phone" {
			b.Phone()
		}
		for _, theme := range []string{"light", "dark"} {
			b.Theme(theme)
			lang := locale.ID
			if theme == "dark" {
				lang = locale.EN
			}
			s.speak(lang)
			for _, p := range pages {
				b.Open(p.path)
				if dir != "" {
					b.Screenshot(filepath.Join(dir, p.name+"-"+size+"-"+theme+".png"))
				}
				b.Axe()
			}
		}
	}
}
