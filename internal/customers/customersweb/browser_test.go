package customersweb_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/activity"
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

// company fills the site with an organisation, its people and what was said.
func (s *site) company() (org, ratna ids.ID) {
	s.t.Helper()
	group := s.add(customers.Customer{Kind: customers.Organization, Name: "Mitra Jawa Timur"})
	c := tirta()
	c.Owner, c.Parent, c.Channel, c.Hours, c.Language = s.user.ID, group, "whatsapp", "09.00–11.00", "jv"
	c.Remember = "Toko tutup tiap Jumat siang. Suka dikirimi foto barang sebelum memesan."
	c.Traits = []customers.Trait{{Label: "Luas toko", Value: "240 m²"}, {Label: "NPWP", Value: "01.234.567.8-609.000"}}
	c.Handles = []customers.Handle{{Network: "instagram", Value: "@tirtaberkah"}, {Network: "website", Value: "tirtaberkah.co.id"}}
	c.Consents = []customers.Consent{
		{Channel: "whatsapp", Purpose: "marketing", Granted: true, Source: "Formulir pendaftaran", At: now.AddDate(0, -2, 0)},
		{Channel: "email", Purpose: "marketing", Granted: false, Source: "Telepon", At: now.AddDate(0, -1, 0)},
	}
	org = s.add(c)
	ratna = s.add(customers.Customer{
		Given: "Ratna", Family: "Wulandari", Honorific: "Bu", Addressing: "Bu Ratna", Birthday: "1978-12-04", Owner: s.user.ID,
		Phones:    []customers.Phone{{Value: "0812-3045-7781"}},
		Relations: []customers.Relation{{Kind: customers.Member, Other: org, Role: "Pemilik", From: "2018-03-01"}},
	})
	s.add(customers.Customer{Name: "Lestari Handayani", Relations: []customers.Relation{{Kind: customers.Member, Other: org, Role: "Keuangan"}}, Phones: []customers.Phone{{Value: "0813 1111 2222"}}})
	s.add(customers.Customer{Kind: customers.Organization, Name: "Hotel Puri Melati", Relations: []customers.Relation{{Kind: customers.ServedBy, Other: org}}})
	s.log(activity.Interaction{Customer: ratna, Kind: activity.Call, Direction: activity.In, At: now.Add(-103 * time.Minute), Seconds: 252, Actor: "Dimas Prakoso", ActorID: s.mate.ID,
		Body: "Menanyakan pesanan SO-2611-0931 yang tertahan. Akan transfer satu faktur siang ini. Minta dikabari lewat WhatsApp, bukan telepon.", Promise: "Kabari saat pesanan dilepas", Due: now.Add(5 * time.Hour)})
	s.log(activity.Interaction{Customer: org, Kind: activity.Chat, Channel: "WhatsApp", Direction: activity.In, At: now.AddDate(0, 0, -1), Body: "“Mbak Rina, filter RO-5 masih ada promo beli 10 gratis 1? Toko saya tinggal 8 pcs.”"})
	s.log(activity.Interaction{Customer: org, Kind: activity.Visit, At: now.AddDate(0, 0, -5), Seconds: 42 * 60, Body: "Rak depan kini pesaing. Bu Ratna berminat papan nama baru bila target kuartal tercapai.", Promise: "Kirim contoh papan nama", Due: now.AddDate(0, 0, -2), Pinned: true})
	s.log(activity.Interaction{Customer: org, Kind: activity.Email, Direction: activity.Out, At: now.AddDate(0, 0, -6), Subject: "Program Mitra Emas 2027", Body: "Bu Ratna, terlampir syarat program tahun depan."})
	s.log(activity.Interaction{Customer: org, Kind: activity.Note, At: now.AddDate(0, 0, -8), Body: "Sensitif soal kenaikan harga.", Private: true})
	return org, ratna
}

func (s *site) log(i activity.Interaction) ids.ID {
	s.t.Helper()
	if i.Actor == "" {
		i.ActorID, i.Actor = s.user.ID, s.user.Name
	}
	err := s.d.Write(s.t.Context(), db.Op{Who: db.Who{User: i.ActorID, Name: i.Actor}, Why: "interaction.create"}, func(tx *db.Tx) error {
		return activity.Log(s.t.Context(), tx, &i)
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return i.ID
}

// Everyone can use every page, in both languages, on a desktop and a
// telephone, in light and dark. With AKRAB_SHOTS set to a directory the pages
// are drawn there, to look at.
func TestEveryoneCanUseThePages(t *testing.T) {
	s, b := browse(t)
	org, ratna := s.company()
	pages := []struct{ name, path string }{
		{"org", "/customers/" + org.String()},
		{"person", "/customers/" + ratna.String()},
		{"phones", "/customers/" + org.String() + "?edit=phones"},
		{"remember", "/customers/" + org.String() + "?edit=remember"},
		{"history", "/customers/" + org.String() + "/history"},
		{"new", "/customers/new?member_of=" + org.String()},
		{"edit", "/customers/" + org.String() + "/edit"},
		{"home", "/"},
	}
	dir := os.Getenv("AKRAB_SHOTS")
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
