package customersweb_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/journal"
)

// everything is a customer with something in each field.
var everything = url.Values{
	"kind": {"person"}, "honorific": {"Bu"}, "given_name": {"Ratna"}, "middle_name": {"Sri"}, "family_name": {"Wulandari"}, "suffix": {"S.E."},
	"nickname": {"Nana"}, "addressing": {"Bu Ratna"}, "language": {"jv"}, "channel": {"whatsapp"}, "hours": {"09.00–11.00"}, "birthday": {"4-12-1978"},
	"remember": {"Anak sulung\r\nkuliah"}, "phase": {"active"}, "roles": {"agent"}, "external_id": {"PLG-1"}, "source": {"Pameran"}, "tags": {"VIP, Jawa Timur"},
	"emails.0.value": {"ratna@contoh.id"}, "emails.0.label": {"Kantor"}, "emails.0.state": {"verified"},
	"phones.0.value": {"0812-3045-7781"}, "phones.3.value": {"031 8701234"}, "phones.primary": {"3"},
	"handles.0.network": {"instagram"}, "handles.0.value": {"@ratna"},
	"addresses.0.street": {"Jl. Melati 3"}, "addresses.0.village": {"Kalirungkut"}, "addresses.0.district": {"Rungkut"}, "addresses.0.city": {"Surabaya"},
	"addresses.0.province": {"Jawa Timur"}, "addresses.0.postal_code": {"60293"},
	"traits.0.label": {"Hobi"}, "traits.0.value": {"Berkebun"},
	"consents.0.channel": {"email"}, "consents.0.purpose": {"marketing"}, "consents.0.granted": {"0"}, "consents.0.source": {"Telepon"},
}

// created returns the id of the customer to whose page an answer leads.
func (a answer) created() ids.ID {
	a.t.Helper()
	id, err := ids.Parse(strings.TrimPrefix(a.is(303).header.Get("Location"), "/customers/"))
	if err != nil {
		a.t.Fatalf("leads to %s", a.header.Get("Location"))
	}
	return id
}

func TestCreate(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		form := s.open("/customers/new").is(200).fields("/customers/new")
		if got := form.Get("owner_id"); got != s.user.ID.String() {
			t.Errorf("a new customer belongs to %s", got)
		}
		for k, v := range everything {
			form[k] = v
		}
		a := s.post("/customers/new", form)
		id := a.created()
		c := s.get(id)
		if c.Name != "Ratna Sri Wulandari S.E." || c.Owner != s.user.ID || c.Birthday != "1978-12-04" || c.Remember != "Anak sulung\nkuliah" || c.Phone != "+62318701234" ||
			c.Emails[0].Label != "work" || len(c.Tags) != 2 || c.Handles[0].Value != "@ratna" || c.Consents[0].Granted || c.Reseller != "agent" || c.City != "Surabaya" {
			t.Errorf("created %+v", c)
		}
		s.open("/customers/"+id.String()).is(200).has("Bu Ratna", "4 Desember", "17 hari lagi, ke-48", "Nana", "Berkebun", "Menolak", "Kalirungkut, Rungkut", "PLG-1", "Jawa Timur 60293")
		s.undo(a)
		s.open("/customers/" + id.String()).is(404)
	})
}

func TestNewIsRefused(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.post("/customers/new", url.Values{"kind": {"person"}, "remember": {"a <b>"}}).is(422).has("Isi bagian ini", "a &lt;b&gt;")
		s.post("/customers/new", url.Values{"name": {"Budi"}, "emails.0.value": {""}, "emails.4.value": {"budi@"}, "birthday": {"kapan-kapan"}}).is(422).
			has(`value="budi@"`, "Tulis alamat e-mail lengkap", `value="kapan-kapan"`, "Tulis tanggal dan bulan", `name="emails.4.value"`)
		s.post("/customers/new", url.Values{"name": {"Budi"}, "kind": {"robot"}}).is(422)
		s.post("/customers/new", url.Values{"name": {"Budi\x00"}}).is(422)
		s.post("/customers/new", url.Values{"name": {strings.Repeat("x", 400)}}).is(422).has("Tulis paling banyak 300 karakter")
		if n := s.count(); n != 0 {
			t.Errorf("%d customers were added", n)
		}
	})
}

func (s *site) count() (n int) {
	s.t.Helper()
	s.read(func(tx *db.Tx) (err error) {
		n, err = customers.Total(s.t.Context(), tx)
		return err
	})
	return n
}

// Somebody who may be here already is shown once, and never stands in the way.
func TestLikelyDuplicatesAreShown(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		old := s.add(customers.Customer{Name: "Ratna Wulandari", Phones: []customers.Phone{{Value: "0812-3045-7781"}}, Emails: []customers.Email{{Value: "ratna@contoh.id"}}})
		form := url.Values{"name": {"Bu Ratna"}, "phones.0.value": {"+62 812 3045 7781"}, "remember": {"tetap ada"}}
		ask := s.post("/customers/new", form).is(422).has("Mungkin pelanggan ini sudah ada", "Ratna Wulandari", "telepon sama", "/customers/"+old.String(), "tetap ada", "Tetap simpan")
		again := ask.fields("/customers/new")
		id := s.post("/customers/new", again).created()
		if got := s.get(id); got.Name != "Bu Ratna" || got.Remember != "tetap ada" {
			t.Errorf("%+v", got)
		}
		// While one types, the same is asked of the form's own address.
		part := s.open("/customers/new?name=Ratna+Wulandari&emails.0.value=RATNA@contoh.id", "HX-Request-Type", "partial", "HX-Target", "div#likely").is(200)
		part.has("e-mail sama", "Ratna Wulandari", `name="likely"`).lacks("<html")
		part = s.open("/customers/"+old.String()+"/edit?phones.0.value=081230457781", "HX-Request-Type", "partial", "HX-Target", "div#likely").is(200)
		part.has("Bu Ratna").lacks("/customers/" + old.String() + `"`)
		// What was seen while typing isn't asked again.
		form.Set("likely", old.String()+" "+id.String())
		s.post("/customers/new", form).is(303)
	})
}

func TestNewIn(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		org := s.add(tirta())
		form := s.open("/customers/new?member_of=" + org.String()).is(200).has("CV Tirta Berkah Abadi").fields("/customers/new")
		form.Set("name", "Lestari")
		id := s.post("/customers/new", form).created()
		if got := s.get(id); len(got.Relations) != 1 || got.Relations[0].Other != org {
			t.Errorf("relations %+v", got.Relations)
		}
		form = s.open("/customers/new?kind=organization&name=Toko&phone=0811222333&email=a@b.id&parent=" + org.String()).is(200).fields("/customers/new")
		id = s.post("/customers/new", form).created()
		if got := s.get(id); got.Kind != customers.Organization || got.Parent != org || got.Phone != "+62811222333" || got.Email != "a@b.id" {
			t.Errorf("%+v", got)
		}
	})
}

// A name that was made of its parts follows them.
func TestNameFollowsItsParts(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id := s.add(customers.Customer{Given: "Ratna", Family: "Wulandari"})
		s.sendFact(id, "name", func(f url.Values) { f.Set("family_name", "Kusuma") }).is(303)
		if got := s.get(id); got.Name != "Ratna Kusuma" {
			t.Errorf("name %q", got.Name)
		}
		s.sendFact(id, "name", func(f url.Values) { f.Set("name", "Nana") }).is(303)
		s.sendFact(id, "name", func(f url.Values) { f.Set("family_name", "Sari") }).is(303)
		if got := s.get(id); got.Name != "Nana" {
			t.Errorf("a chosen name is lost: %q", got.Name)
		}
	})
}

func TestDeleteAndUndo(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		org, ratna := s.company()
		before := s.get(org)
		a := s.post("/customers/"+org.String()+"/delete", url.Values{}).to("/customers")
		s.open("/customers/" + org.String()).is(404)
		s.open("/customers/" + ratna.String()).is(200).lacks("CV Tirta Berkah Abadi")
		s.undo(a)
		s.open("/customers/"+org.String()).is(200).has("Rak depan kini pesaing", "Ratna Wulandari", "Kirim contoh papan nama")
		after := s.get(org)
		if !slices.Equal(after.Phones, before.Phones) || !slices.Equal(after.Tags, before.Tags) || after.Parent != before.Parent || !after.LastAt.Equal(before.LastAt) {
			t.Errorf("undone: %+v, want %+v", after, before)
		}
		if after.Rev <= before.Rev {
			t.Errorf("rev %d after %d", after.Rev, before.Rev)
		}
	})
}

func TestArchive(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id := s.add(tirta())
		page := "/customers/" + id.String()
		a := s.post(page+"/archive", url.Values{"archived": {"1"}}).to(page)
		s.open(page).has("Diarsipkan", "Keluarkan dari arsip")
		s.undo(a)
		s.open(page).lacks("Keluarkan dari arsip")
		s.post(page+"/archive", url.Values{"archived": {"1"}}).to(page)
		s.post(page+"/archive", url.Values{"archived": {"0"}}).to(page)
		if s.get(id).Archived {
			t.Error("still archived")
		}
	})
}

func TestCard(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		_, ratna := s.company()
		page := "/customers/" + ratna.String() + "/card"
		a := s.open(page+"?version=3.0").is(200).has("VERSION:3.0", "FN:Ratna Wulandari", "TEL", "+6281230457781", "ORG:CV Tirta Berkah Abadi", "BDAY:1978-12-04")
		if got := a.header.Get("Content-Disposition"); got != `attachment; filename="Ratna Wulandari.vcf"` {
			t.Errorf("Content-Disposition %s", got)
		}
		s.open(page).is(200).has("VERSION:4.0")
		s.changeAs(ratna, func(c *customers.Customer) { c.Name = `../../"Évil\n` + "\r\nX: y" })
		b := s.open(page).is(200)
		if got := b.header.Get("Content-Disposition"); strings.ContainsAny(got, "\r\n/") {
			t.Errorf("Content-Disposition %q", got)
		}
	})
}

func TestHistory(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id := s.add(tirta())
		page := "/customers/" + id.String()
		s.sendFact(id, "phase", func(f url.Values) { f.Set("phase", "at_risk") })
		s.sendFact(id, "phones", func(f url.Values) { f.Set("phones.1.state", "invalid"); f.Set("phones.2.value", "0811222333") })
		s.changeAs(id, func(c *customers.Customer) { c.Owner = s.mate.ID })
		h := s.open(page+"/history").is(200).has(
			"Rina Kusuma", "Dimas Prakoso", "Setia", "Mulai diam", "Terverifikasi", "Tidak berfungsi", "0811222333", "Menambah CV Tirta Berkah Abadi", "/operations/")
		h.lacks("name_key", "match_key", "⟦", "{name}")
		s.open(page).has("Dipilih Rina Kusuma, 17 Nov 2026")
		for i := range 60 {
			s.changeAs(id, func(c *customers.Customer) { c.Remember = strings.Repeat("x", i+1) })
		}
		older := s.open(page + "/history").is(200).has("/history?before=")
		i := strings.Index(older.body, page+"/history?before=")
		path := older.body[i : i+strings.IndexByte(older.body[i:], '"')]
		s.open(path).is(200).has("Mulai diam", "Menambah CV Tirta Berkah Abadi")
		s.open(page + "/history?before=99999999").is(200)
		s.open(page + "/history?before=nonsense").is(200)
	})
}

// The history offers to undo what may be undone, and says what was.
func TestUndoFromHistory(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id := s.add(tirta())
		page := "/customers/" + id.String()
		s.sendFact(id, "phase", func(f url.Values) { f.Set("phase", "lost") })
		var op ids.ID
		s.read(func(tx *db.Tx) error {
			list, _, err := journal.History(t.Context(), tx, id, 0, 10)
			op = list[0].Op
			return err
		})
		s.open(page + "/history").has("/operations/" + op.String() + "/undo")
		s.post("/operations/"+op.String()+"/undo", url.Values{"back": {page + "/history"}}).to(page + "/history")
		s.open(page + "/history").has("Sudah diurungkan").lacks("/operations/" + op.String() + "/undo")
	})
}
