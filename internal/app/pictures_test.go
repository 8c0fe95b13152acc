package app_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/demo"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
)

// TestPictures draws the pictures of the README into the directory
// AKRAB_PICTURES, in the demo company, whose people are invented.
func TestPictures(t *testing.T) {
	dir := os.Getenv("AKRAB_PICTURES")
	if dir == "" {
		t.Skip("AKRAB_PICTURES is not set")
	}
	s := newSite(t, filepath.Join(t.TempDir(), "akrab.db"))
	in, err := s.app.MakeDemo(t.Context(), demo.Seed, nil)
	if err != nil {
		t.Fatal(err)
	}
	var tirta ids.ID
	err = s.app.DB.Read(t.Context(), db.Who{}, func(tx *db.Tx) (err error) {
		tirta, _, err = customers.ByExternalID(t.Context(), tx, "PLG-00412")
		return err
	})
	if err != nil || tirta.IsZero() {
		t.Fatal("CV Tirta Berkah Abadi is not there: ", err)
	}
	w := s.browse(t, locale.ID)
	w.Open("/signin")
	w.Type("#f-email", in.Email)
	w.Type("#f-password", in.Password)
	w.Press("Enter")
	w.WaitPath("/")
	draw := func(name string) {
		t.Helper()
		file := filepath.Join(dir, name+".png")
		w.Screenshot(file)
		if info, err := os.Stat(file); err != nil || info.Size() > 300_000 {
			t.Errorf("%s: %v, %v", file, info, err)
		}
	}
	draw("home")
	w.Open("/customers?f=phase:in:active,loyal,at_risk&f=reseller:eq:reseller")
	w.Press("j", "x", "j", "x")
	w.Read("ui.list.selected", "n", 2)
	draw("customers")
	w.Press("Escape")
	w.palette("tirta berkah")
	w.Wait("#palette [href='/customers/" + tirta.String() + "']")
	draw("search")
	w.Open("/customers/" + tirta.String())
	draw("customer")
	w.Open("/orders")
	draw("orders")
	w.Open("/products")
	draw("products")
	w.Phone()
	w.Open("/")
	draw("home-phone")
	w.Theme("dark")
	w.Open("/customers/" + tirta.String())
	draw("customer-phone-dark")
}

// company stores the customers of an invented wholesaler, and what was said
// with one of them, whose id it returns.
func (s *site) company() (tirta ids.ID) {
	s.t.Helper()
	rina, dimas := db.Who{User: s.admin.ID, Name: s.admin.Name}, db.Who{User: s.mate.ID, Name: s.mate.Name}
	now := s.app.DB.Now()
	s.write(rina, func(ctx context.Context, tx *db.Tx) error {
		c := customers.Customer{
			Kind: customers.Organization, Name: "CV Tirta Berkah Abadi", ExternalID: "PLG-00412", Reseller: "reseller", Phase: customers.Loyal, Owner: rina.User,
			Addressing: "Bu Ratna", Channel: "whatsapp", Hours: "09.00–11.00", Language: "jv", Birthday: "0000-12-04",
			Remember:  "Anak sulung baru mulai kuliah di Malang. Suka dikirimi foto barang sebelum memesan.",
			Emails:    []customers.Email{{Value: "halo@tirtaberkah.example", Primary: true}},
			Phones:    []customers.Phone{{Value: "0812-3045-7781", Primary: true, Label: "mobile"}, {Value: "031 8412233"}},
			Addresses: []customers.Address{{Street: "Jl. Rungkut Asri 12", Village: "Rungkut Kidul", District: "Rungkut", City: "Kota Surabaya", Province: "Jawa Timur", Postcode: "60293", Primary: true}},
			Tags:      []customers.Tag{{Value: "Mitra Emas"}},
		}
		if err := customers.Create(ctx, tx, &c); err != nil {
			return err
		}
		tirta = c.ID
		ratna := customers.Customer{
			Kind: customers.Person, Name: "Ratna Wulandari", Honorific: "Bu", Addressing: "Bu Ratna", Owner: rina.User, Phase: customers.Active,
			Phones:    []customers.Phone{{Value: "0812-9045-1234", Primary: true}},
			Relations: []customers.Relation{{Kind: customers.Member, Other: tirta, Role: "Pemilik", From: "2018-03-01"}},
		}
		return customers.Create(ctx, tx, &ratna)
	})
	phases := []customers.Phase{customers.Active, customers.AtRisk, customers.Loyal, customers.Active}
	for i, x := range [][3]string{
		{"Hotel Puri Melati", "Kabupaten Badung", "0811-388-777"}, {"UD Sumber Rejeki", "Kota Malang", "0341 412975"},
		{"Toko Bangunan Maju Jaya", "Kabupaten Sidoarjo", "031 8413346"}, {"RS Mitra Keluarga Bakti", "Kota Bandung", "022 8413717"},
		{"CV Lautan Teknik", "Kota Makassar", "0411 414088"}, {"Koperasi Karya Sejahtera", "Kota Kediri", "0354 414459"},
		{"Toko Elektronik Sentosa", "Kota Denpasar", "0361 414830"}, {"Depot Air Segar Tirta", "Kota Mojokerto", "0321 415201"},
		{"PT Samudra Logistik Prima", "Kota Surabaya", "031 8415572"}, {"UD Bina Tani", "Kabupaten Jember", "0331 415943"},
		{"CV Karya Beton Utama", "Kota Semarang", "024 8416314"}, {"Klinik Kasih Bunda", "Kota Bogor", "0251 416685"},
		{"Toko Sinar Mulia", "Kota Surakarta", "0271 417056"}, {"Apotek Sehat Selalu", "Kota Yogyakarta", "0274 417427"},
	} {
		who := []db.Who{rina, dimas}[i%2]
		s.write(who, func(ctx context.Context, tx *db.Tx) error {
			c := customers.Customer{
				Kind: customers.Organization, Name: x[0], Phase: phases[i%len(phases)], Owner: who.User,
				Phones:    []customers.Phone{{Value: x[2], Primary: true}},
				Addresses: []customers.Address{{City: x[1], Primary: true}},
			}
			if i%3 == 0 {
				c.Tags = []customers.Tag{{Value: "Proyek"}}
			}
			if err := customers.Create(ctx, tx, &c); err != nil {
				return err
			}
			return activity.Log(ctx, tx, &activity.Interaction{
				Customer: c.ID, Kind: activity.Kinds[i%len(activity.Kinds)], At: now.Add(-time.Duration(i*i) * 20 * time.Hour), Body: "Menanyakan stok.",
			})
		})
	}
	for _, x := range []struct {
		who db.Who
		i   activity.Interaction
	}{
		{dimas, activity.Interaction{Kind: activity.Call, Direction: activity.In, At: now.Add(-100 * time.Minute), Seconds: 252,
			Body:    "Menanyakan pesanan SO-2611-0931 yang tertahan. Akan transfer satu faktur siang ini. Minta dikabari lewat WhatsApp, bukan telepon.",
			Promise: "Kabari saat pesanan dilepas", Due: now.Add(26 * time.Hour)}},
		{rina, activity.Interaction{Kind: activity.Chat, Channel: "WhatsApp", Direction: activity.In, At: now.Add(-25 * time.Hour),
			Body: "“Mbak Rina, filter RO-5 masih ada promo beli 10 gratis 1? Toko saya tinggal 8 pcs.”"}},
		{rina, activity.Interaction{Kind: activity.Visit, At: now.AddDate(0, 0, -5), Seconds: 42 * 60,
			Body: "Rak depan kini pesaing. Bu Ratna berminat papan nama baru bila target kuartal tercapai."}},
		{rina, activity.Interaction{Kind: activity.Email, Direction: activity.Out, At: now.AddDate(0, 0, -9), Subject: "Program Mitra Emas 2027", Body: "Bu Ratna, terlampir syarat program tahun depan."}},
	} {
		s.write(x.who, func(ctx context.Context, tx *db.Tx) error {
			x.i.Customer = tirta
			return activity.Log(ctx, tx, &x.i)
		})
	}
	return tirta
}
