package customersweb_test

import (
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/ui"
)

var (
	tagRE  = regexp.MustCompile(`(?s)<(input|textarea|select|option|button)\b([^>]*)>([^<]*)`)
	attrRE = regexp.MustCompile(`([a-z-]+)(?:="([^"]*)")?`)
)

// fields returns what a browser would send of the form that posts to action,
// as it stands in the page.
func (a answer) fields(action string) url.Values {
	a.t.Helper()
	from := strings.Index(a.body, `action="`+action+`"`)
	if from < 0 {
		a.t.Fatalf("there is no form that posts to %s", action)
	}
	from = strings.LastIndex(a.body[:from], "<form")
	end := strings.Index(a.body[from:], "</form>")
	body := a.body[from : from+end]
	for { // rows that a script copies are not sent
		i := strings.Index(body, "<template")
		if i < 0 {
			break
		}
		body = body[:i] + body[i+strings.Index(body[i:], "</template>"):][len("</template>"):]
	}
	values, selectName := url.Values{}, ""
	for _, m := range tagRE.FindAllStringSubmatch(body, -1) {
		attr := map[string]string{}
		for _, x := range attrRE.FindAllStringSubmatch(m[2], -1) {
			attr[x[1]] = html.UnescapeString(x[2])
		}
		_, checked := attr["checked"]
		_, selected := attr["selected"]
		switch {
		case m[1] == "select":
			selectName = attr["name"]
		case m[1] == "option" && selectName != "" && (selected || !values.Has(selectName)):
			values.Set(selectName, attr["value"])
		case m[1] == "textarea":
			values.Set(attr["name"], html.UnescapeString(m[3]))
		case m[1] == "input" && attr["name"] != "" && (attr["type"] != "radio" && attr["type"] != "checkbox" && attr["type"] != "file" || checked):
			values.Add(attr["name"], attr["value"])
		}
	}
	return values
}

// sendFact opens the form of a fact, changes it and sends it.
func (s *site) sendFact(id ids.ID, key string, change func(f url.Values), header ...string) answer {
	s.t.Helper()
	page := "/customers/" + id.String()
	f := s.open(page + "?edit=" + key).is(200).fields(page + "/facts/" + key)
	change(f)
	return s.post(page+"/facts/"+key, f, header...)
}

// undo takes back what the last answer's toast offers to.
func (s *site) undo(a answer) {
	s.t.Helper()
	page := s.open(a.header.Get("Location"), "Cookie", cookies(a)).is(200)
	m := regexp.MustCompile(`/operations/([0-9a-f-]{36})/undo`).FindStringSubmatch(page.body)
	if m == nil {
		s.t.Fatal("the page offers no undo")
	}
	s.post("/operations/"+m[1]+"/undo", url.Values{}).is(303)
}

// cookies returns the cookies of an answer as a browser sends them back.
func cookies(a answer) string {
	var list []string
	for _, c := range a.header["Set-Cookie"] {
		pair, _, _ := strings.Cut(c, ";")
		list = append(list, pair)
	}
	return strings.Join(list, "; ")
}

func TestFactsAreEditedInPlace(t *testing.T) {
	tests := []struct {
		fact   string
		change url.Values
		want   string // on the page
		check  func(c *customers.Customer) bool
	}{
		{"name", url.Values{"name": {"UD Tirta Jaya"}}, "<h1>UD Tirta Jaya</h1>", func(c *customers.Customer) bool { return c.Name == "UD Tirta Jaya" }},
		{"addressing", url.Values{"addressing": {"Bu Ratna"}}, "Kenali Bu Ratna", func(c *customers.Customer) bool { return c.Addressing == "Bu Ratna" }},
		{"language", url.Values{"language": {"mad"}}, "Madura", func(c *customers.Customer) bool { return c.Language == "mad" }},
		{"channel", url.Values{"channel": {"phone"}, "hours": {"pagi"}}, "Telepon, pagi", func(c *customers.Customer) bool { return c.Channel == "phone" && c.Hours == "pagi" }},
		{"birthday", url.Values{"birthday": {"4 Des"}}, "4 Desember", func(c *customers.Customer) bool { return c.Birthday == "0000-12-04" }},
		{"remember", url.Values{"remember": {"Satu\r\nDua"}}, "Satu\nDua", func(c *customers.Customer) bool { return c.Remember == "Satu\nDua" }},
		{"phase", url.Values{"phase": {"at_risk"}}, "Mulai diam", func(c *customers.Customer) bool { return c.Phase == customers.AtRisk }},
		{"reseller", url.Values{"roles": {"agent"}}, "Agen", func(c *customers.Customer) bool { return c.Reseller == "agent" }},
		{"external_id", url.Values{"external_id": {"PLG-9"}}, "PLG-9", func(c *customers.Customer) bool { return c.ExternalID == "PLG-9" }},
		{"source", url.Values{"source": {"Pameran"}}, "Pameran", func(c *customers.Customer) bool { return c.Source == "Pameran" }},
		{"emails", url.Values{"emails.0.value": {"baru@tirta.id"}, "emails.primary": {"1"}, "emails.1.state": {"verified"}}, "baru@tirta.id",
			func(c *customers.Customer) bool {
				return c.Emails[0].Value == "baru@tirta.id" && c.Emails[1].Primary && c.Email == "lama@tirtaberkah.co.id"
			}},
		{"phones", url.Values{"phones.1.value": {""}}, "(031) 8701234", func(c *customers.Customer) bool { return len(c.Phones) == 1 && c.Phones[0].Label == "work" }},
		{"addresses", url.Values{"addresses.1.city": {"Sidoarjo"}, "addresses.primary": {"1"}}, "Sidoarjo", func(c *customers.Customer) bool { return len(c.Addresses) == 2 && c.City == "Sidoarjo" }},
		{"handles", url.Values{"handles.0.network": {"instagram"}, "handles.0.value": {"@tirta"}}, "https://www.instagram.com/tirta", func(c *customers.Customer) bool { return c.Handles[0].Value == "@tirta" }},
		{"traits", url.Values{"traits.0.label": {"Luas"}, "traits.0.value": {"240 m²"}}, "240 m²", func(c *customers.Customer) bool { return c.Traits[0].Label == "Luas" }},
		{"consents", url.Values{"consents.0.granted": {"1"}, "consents.0.source": {"Formulir"}}, "Formulir, 17 Nov 2026", func(c *customers.Customer) bool {
			return c.Consents[0].Granted && c.Consents[0].Channel == "phone" && c.Consents[0].Purpose == "marketing" && c.Consents[0].At.Equal(now)
		}},
	}
	each(t, func(t *testing.T, s *site) {
		for _, tt := range tests {
			c := tirta()
			c.ExternalID = ""
			if tt.fact == "birthday" {
				c.Kind = customers.Person
			}
			id := s.add(c)
			before := s.get(id)
			a := s.sendFact(id, tt.fact, func(f url.Values) {
				for k, v := range tt.change {
					f[k] = v
				}
			}).to("/customers/" + id.String())
			if got := s.get(id); !tt.check(&got) {
				t.Errorf("%s: stored %+v", tt.fact, got)
			}
			s.open("/customers/" + id.String()).is(200).has(tt.want)
			s.undo(a)
			if got := s.get(id); got.Name != before.Name || !slices.Equal(got.Emails, before.Emails) || !slices.Equal(got.Phones, before.Phones) || got.Phase != before.Phase || len(got.Consents) != 0 {
				t.Errorf("%s: undone %+v, want %+v", tt.fact, got, before)
			}
		}
	})
}

// Nothing typed is lost when a fact is refused, with and without a script.
func TestRefusedFactKeepsWhatWasTyped(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id := s.add(tirta())
		wrong := func(f url.Values) { f.Set("phones.0.value", "bukan nomor <b>"); f.Set("phones.0.label", "Gudang") }
		s.sendFact(id, "phones", wrong).is(422).
			has(`value="bukan nomor &lt;b&gt;"`, `value="Gudang"`, "Tulis nomor telepon dengan angka", `aria-invalid="true"`, "<h1>CV Tirta Berkah Abadi</h1>")
		part := s.sendFact(id, "phones", wrong, "HX-Request-Type", "partial", "HX-Target", "main#main").is(422)
		part.has(`value="bukan nomor &lt;b&gt;"`).lacks("<html")
		s.sendFact(s.add(customers.Customer{Name: "Ratna"}), "birthday", func(f url.Values) { f.Set("birthday", "31 Februari") }).is(422).has(`value="31 Februari"`, "Tulis tanggal dan bulan")
		s.add(customers.Customer{Name: "Lain", ExternalID: "PLG-7"})
		s.sendFact(id, "external_id", func(f url.Values) { f.Set("external_id", "PLG-7") }).is(422).has(`value="PLG-7"`, "Nomor ini milik pelanggan lain")
		s.sendFact(id, "addresses", func(f url.Values) { f.Set("addresses.0.state", "opted_out") }).is(422).has("Pilih salah satu dari daftar")
		s.sendFact(id, "owner", func(f url.Values) { f.Set("owner_id", id.String()) }).is(422).has("Pilih salah satu dari daftar")
	})
}

func TestRowsWithoutScript(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id := s.add(tirta())
		page := "/customers/" + id.String()
		a := s.sendFact(id, "emails", func(f url.Values) { f.Set("emails.0.value", "x@y.id"); f.Set("add", "emails") }).is(200).has(`value="x@y.id"`, `name="emails.2.value"`)
		f := a.fields(page + "/facts/emails")
		f.Set("emails.2.value", "z@y.id")
		f.Set("drop", "emails.1")
		b := s.post(page+"/facts/emails", f).is(200).has(`value="z@y.id"`).lacks("lama@tirtaberkah.co.id\"")
		s.post(page+"/facts/emails", b.fields(page+"/facts/emails")).to(page)
		if got := s.get(id); len(got.Emails) != 2 || got.Emails[0].Value != "x@y.id" || got.Emails[1].Value != "z@y.id" {
			t.Errorf("emails %+v", got.Emails)
		}
	})
}

// A form that changes nothing leaves no operation behind.
func TestNothingChangedIsNoOperation(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id := s.add(tirta())
		page := "/customers/" + id.String()
		for _, key := range []string{"name", "emails", "phones", "addresses", "handles", "traits", "consents", "relations", "parent", "owner", "remember"} {
			a := s.sendFact(id, key, func(url.Values) {}).to(page)
			if strings.Contains(cookies(a), "akrab_flash") {
				t.Errorf("%s: saved without a change: %+v", key, s.get(id))
			}
		}
		f := s.open(page + "/edit").fields(page + "/edit")
		if a := s.post(page+"/edit", f).to(page); strings.Contains(cookies(a), "akrab_flash") {
			t.Errorf("the form changes what it shows: %+v", s.get(id))
		}
		if got := s.get(id); got.Rev != 1 {
			t.Errorf("rev %d", got.Rev)
		}
	})
}

func TestTags(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id := s.add(tirta())
		page := "/customers/" + id.String()
		s.post(page+"/tags", url.Values{"add": {"VIP, jawa timur ,Toko besar"}}).to(page)
		if got := tagsOf(s.get(id)); !slices.Equal(got, []string{"Jawa Timur", "Proyek", "VIP", "Toko besar"}) {
			t.Errorf("tags %q", got)
		}
		a := s.post(page+"/tags", url.Values{"drop": {"1"}}).to(page)
		if got := tagsOf(s.get(id)); !slices.Equal(got, []string{"Proyek", "VIP", "Toko besar"}) {
			t.Errorf("tags %q", got)
		}
		s.undo(a)
		if got := tagsOf(s.get(id)); len(got) != 4 {
			t.Errorf("after undo: tags %q", got)
		}
		part := s.open(page, "HX-Request-Type", "partial", "HX-Target", "div#tags").is(200).has("VIP")
		part.lacks("<html", "<h1>")
	})
}

func tagsOf(c customers.Customer) []string {
	var list []string
	for _, t := range c.Tags {
		list = append(list, t.Value)
	}
	return list
}

// Another customer is named by text; who else has the name is asked.
func TestRelations(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		org := s.add(customers.Customer{Kind: customers.Organization, Name: "PT Sinar Jaya"})
		twin1 := s.add(customers.Customer{Kind: customers.Organization, Name: "Toko Maju", Addresses: []customers.Address{{City: "Malang"}}})
		twin2 := s.add(customers.Customer{Kind: customers.Organization, Name: "Toko Maju", Addresses: []customers.Address{{City: "Blitar"}}})
		budi := s.add(customers.Customer{Name: "Budi Santoso"})
		page := "/customers/" + budi.String()
		link := func(f url.Values, name string) {
			f.Set("relations.0.other", name)
			f.Set("relations.0.role", "Pembeli")
		}

		s.sendFact(budi, "relations", func(f url.Values) { link(f, "Tidak Ada") }).is(422).has("Belum ada pelanggan dengan nama ini", `value="Tidak Ada"`, `value="Pembeli"`)
		s.sendFact(budi, "relations", func(f url.Values) { link(f, "pt sinar jaya") }).to(page)
		if got := s.get(budi); len(got.Relations) != 1 || got.Relations[0].Other != org || got.Relations[0].Kind != customers.Member {
			t.Fatalf("relations %+v", got.Relations)
		}
		s.open(page).has("PT Sinar Jaya", "Pembeli")
		s.open("/customers/"+org.String()).has("Budi Santoso", "Pembeli")

		ask := s.sendFact(budi, "relations", func(f url.Values) { f.Set("relations.0.other", "Toko Maju") }).is(422).has("Ada beberapa dengan nama ini", "Malang", "Blitar")
		f := ask.fields(page + "/facts/relations")
		f.Set("relations.0.other_pick", twin2.String())
		s.post(page+"/facts/relations", f).to(page)
		if got := s.get(budi); got.Relations[0].Other != twin2 {
			t.Errorf("relation to %v, want %v and not %v", got.Relations[0].Other, twin2, twin1)
		}
		s.sendFact(budi, "relations", func(f url.Values) { f.Set("relations.0.other", "Toko Maju · Malang") }).to(page)
		if got := s.get(budi); got.Relations[0].Other != twin1 {
			t.Errorf("relation to %v, want %v", got.Relations[0].Other, twin1)
		}
		s.sendFact(budi, "relations", func(f url.Values) { f.Set("relations.0.from", "2020-05-01"); f.Set("relations.0.to", "2019-05-01") }).is(422).has("Tanggal akhir lebih awal")
		s.open("/customers/suggest?q=toko").is(200).has("Toko Maju · Malang", "Toko Maju · Blitar").lacks("<html")

		child := s.add(customers.Customer{Kind: customers.Organization, Name: "Cabang Satu"})
		s.sendFact(child, "parent", func(f url.Values) { f.Set("parent", "PT Sinar Jaya") }).to("/customers/" + child.String())
		s.sendFact(org, "parent", func(f url.Values) { f.Set("parent", "Cabang Satu") }).is(422).has("tidak dapat berada di bawah dirinya sendiri")
		s.open("/customers/" + child.String()).has("PT Sinar Jaya")
		s.open("/customers/" + org.String()).has("Cabang Satu")
	})
}

func TestReadersSeeNoForms(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id := s.add(tirta())
		s.be(s.as(s.mate, func(p ui.Perm) bool { return p == "customers.read" }))
		page := "/customers/" + id.String()
		s.open(page).is(200).has("CV Tirta Berkah Abadi").lacks("?edit=", `class="composer"`, "/delete", "/archive", "/card", "Lini masa")
		s.open(page + "?edit=phones").is(200).lacks("phones.0.value")
		for _, path := range []string{"/facts/name", "/tags", "/archive", "/delete", "/edit", "/interactions"} {
			s.post(page+path, url.Values{"name": {"x"}}).is(403)
		}
		s.open(page + "/card").is(403)
		s.open("/customers/new").is(403)
		s.open("/customers/" + ids.New(now).String()).is(404)
		s.open("/customers/nonsense").is(404)
	})
}
