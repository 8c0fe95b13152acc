package catalogweb_test

import (
	"context"
	"fmt"
	"image/color"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/ui/uitest"
)

const nbsp = "\u00a0"

func TestList(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.open("/products").is(200).has("Belum ada produk", "Tambah produk pertama")
		id := s.add(pump())
		s.add(catalog.Product{Code: "85123A", NameEN: "White hanging heart"})
		page := s.open("/products").is(200).has("Pompa air 125 watt", "Rp"+nbsp+"650.000", "PA-125", "2 produk", "White hanging heart", "/products/"+id.String())
		uitest.CheckHTML(t, "list", page.body)
		s.open("/products?f=code:eq:PA-125").is(200).has("Pompa air").lacks("White hanging")
		s.open("/products?f=code:eq:pa-125").is(200).lacks("Pompa air 125 watt")
		s.open("/products?f=family:eq:pompa+air").is(200).has("Pompa air 125 watt").lacks("White hanging")
		s.open("/products?f=price:empty").is(200).has("White hanging").lacks("Pompa air 125 watt")
		s.open("/products?fk=price&fo=gte&fv=600.000").is(303)
		s.open("/products?f=price:gte:600000").is(200).has("Pompa air 125 watt").lacks("White hanging")
		s.speak(locale.EN)
		s.open("/products").is(200).has("Water pump 125 W", "2 products")
		csv := s.open("/products/export?format=csv&c=code,name,price,tax").is(200)
		csv.has("PA-125;Water pump 125 W;650000;IDR;11")
	})
}

func TestCells(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id := s.add(pump())
		cell := func(key, was, value string) answer {
			return s.post("/products/"+id.String()+"/cell", url.Values{"edit": {key + "-" + id.String()}, "was": {was}, "value": {value}})
		}
		s.open("/products/" + id.String() + "/cell?edit=price-" + id.String()).is(200).has(`value="650.000"`)
		cell("price", "650.000", "Rp 675.500").to("/products")
		cell("family", "Pompa air", "Pompa rumah").to("/products")
		if c := s.get(id); *c.Price != *price(675_500) || c.Family != "Pompa rumah" {
			t.Errorf("price %v, family %q", c.Price, c.Family)
		}
		cell("price", "675.500", "mahal").is(422).has("mahal")
		cell("price", "650.000", "700.000").is(422).has("Rekan Anda baru saja mengubah isian ini")
		cell("price", "675.500", "").to("/products")
		s.speak(locale.EN)
		cell("name", "Water pump 125 W", "Jet pump").to("/products")
		if c := s.get(id); c.Price != nil || c.NameEN != "Jet pump" || c.NameID != "Pompa air 125 watt" {
			t.Errorf("%+v", c)
		}
	})
}

// filled are the fields of a form as a page holds them.
func filled(t *testing.T, page string) url.Values {
	t.Helper()
	v := url.Values{}
	for _, m := range regexp.MustCompile(`<input[^>]* name="([^"]+)" value="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !strings.Contains(m[1], ui.RowPlaceholder) {
			v.Set(m[1], m[2])
		}
	}
	for _, m := range regexp.MustCompile(`(?s)<textarea[^>]* name="([^"]+)"[^>]*>([^<]*)<`).FindAllStringSubmatch(page, -1) {
		v.Set(m[1], m[2])
	}
	if v.Get("name.id") == "" && v.Get("code") == "" && v.Get("base") == "" {
		v.Del("base")
	}
	return v
}

func TestForm(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		uitest.CheckHTML(t, "new", s.open("/products/new").is(200).has("Produk baru").body)
		form := url.Values{
			"name.id": {"Pompa air 125 watt"}, "code": {"PA-125"}, "price": {"mahal"}, "tax": {"11"}, "currency": {"IDR"},
			"facts.3.label": {""}, "facts.3.value": {"125 watt"}, "facts.7.label": {"Pipa"}, "facts.7.value": {"1 inci"},
		}
		s.post("/products/new", form).is(422).has(`value="mahal"`, `id="f-price-error"`, `id="f-facts.3.label-error"`, `value="1 inci"`).lacks(`id="f-code-error"`)
		form.Set("price", "Rp 650.000")
		form.Set("cost", "455.000,50")
		form.Set("facts.3.label", "Daya")
		to := s.post("/products/new", form).is(303).header.Get("Location")
		id := ids.MustParse(strings.TrimPrefix(to, "/products/"))
		if c := s.get(id); *c.Price != *price(650_000) || *c.Cost != 455_000_500_000 || *c.Tax != 110_000 || len(c.Facts) != 2 {
			t.Errorf("%+v", c)
		}
		// A code that is taken is said at its field, and nothing typed is lost.
		s.post("/products/new", form).is(422).has("Kode ini sudah dipakai Pompa air 125 watt", `id="f-code-error"`, `value="455.000,50"`)
	})
}

func TestTwoChangeAProductAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id := s.add(pump())
		path := "/products/" + id.String() + "/edit"
		mine, theirs := filled(t, s.open(path).is(200).body), filled(t, s.open(path).is(200).body)
		theirs.Set("price", "700.000")
		theirs.Set("unit", "unit")
		s.post(path, theirs).to("/products/" + id.String())

		// What only one of them changed is kept.
		mine.Set("tier", "Hemat")
		mine.Set("price", "600.000")
		refused := s.post(path, mine).is(422).has("Rekan Anda mengubahnya menjadi “700.000”", `value="600.000"`, `value="Hemat"`, `value="unit"`)
		if c := s.get(id); *c.Price != *price(700_000) || c.Tier != "Standar" {
			t.Errorf("after the clash: price %v, tier %q", c.Price, c.Tier)
		}
		// Sent again, it is meant.
		s.post(path, filled(t, refused.body)).to("/products/" + id.String())
		if c := s.get(id); *c.Price != *price(600_000) || c.Tier != "Hemat" || c.Unit != "unit" {
			t.Errorf("price %v, tier %q, unit %q", c.Price, c.Tier, c.Unit)
		}
		// Without a change nothing is written.
		rev := s.get(id).Rev
		s.post(path, filled(t, s.open(path).body)).to("/products/" + id.String())
		if now := s.get(id).Rev; now != rev {
			t.Errorf("rev went from %d to %d", rev, now)
		}
	})
}

// Whether a product may be offered is set on its form, shown on its page, and
// told by its history.
func TestOffering(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id := s.add(pump())
		path := "/products/" + id.String()
		form := filled(t, s.open(path+"/edit").is(200).has("Dalam penawaran", "Boleh ditawarkan").body)
		form.Set("offering", "sensitive")
		s.post(path+"/edit", form).to(path)
		if c := s.get(id); c.Offering != catalog.Sensitive {
			t.Errorf("offering %q", c.Offering)
		}
		s.open(path).is(200).has("Sensitif")
		s.open(path+"/history").is(200).has("Dalam penawaran", "Sensitif")
		form = filled(t, s.open(path+"/edit").body)
		form.Set("offering", "perhaps")
		s.post(path+"/edit", form).is(422)
	})
}

func TestProduct(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id := s.add(pump())
		page := s.open("/products/"+id.String()).is(200).has("Rp"+nbsp+"650.000", "Rp"+nbsp+"455.000", "30%", "Rp"+nbsp+"195.000 per buah", "11%", "30 liter per menit", `lang="en"`)
		uitest.CheckHTML(t, "product", page.body)
		s.open("/products/" + id.String() + "/history").is(200).has("Menambah Pompa air 125 watt")
		s.may(func(p ui.Perm) bool { return p == "products.read" })
		s.open("/products/"+id.String()).is(200).lacks("/edit", "<form method=\"post\" action=\"/products")
		s.open("/products/" + id.String() + "/edit").is(403)
		s.open("/products/" + ids.New(now).String()).is(404)
	})
}

func TestLinks(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id, sw, twin := s.add(pump()), s.add(catalog.Product{Code: "SO-1", NameID: "Saklar otomatis"}), s.add(catalog.Product{Code: "SO-2", NameID: "Saklar otomatis"})
		path := "/products/" + id.String()
		add := func(v ...string) answer {
			form := url.Values{"kind": {"complement"}}
			for i := 0; i < len(v); i += 2 {
				form.Set(v[i], v[i+1])
			}
			return s.post(path+"/links", form)
		}
		add("other", "").is(422).has("Tulis nama atau kode produk")
		add("other", "kompor").is(422).has("Tidak ada produk dengan nama atau kode itu", `value="kompor"`)
		add("other", "saklar otomatis").is(422).has("Pilih salah satu di bawah", sw.String(), twin.String())
		add("other", "saklar otomatis", "pick", twin.String()).to(path)
		add("other", "Saklar otomatis · SO-1").to(path)
		if c := s.get(id); len(c.Links) != 2 {
			t.Errorf("links %+v", c.Links)
		}
		s.open("/products/"+sw.String()).is(200).has("Pelengkap untuk", "Pompa air 125 watt")
		s.post(path+"/links/remove", url.Values{"kind": {"complement"}, "other": {sw.String()}}).to(path)
		if c := s.get(id); len(c.Links) != 1 || c.Links[0].Other != twin {
			t.Errorf("links %+v", c.Links)
		}
		s.open("/products/suggest?q=SO-1").is(200).has("Saklar otomatis · SO-1").lacks("SO-2")
	})
}

func TestPictures(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id := s.add(pump())
		path := "/products/" + id.String()
		red, blue := drawing(color.RGBA{200, 40, 40, 255}), drawing(color.RGBA{40, 40, 200, 255})
		s.send(path+"/pictures", "Dari depan", []byte("<svg onload=alert(1)>")).is(422).has("Pilih gambar: PNG, JPEG, WebP, atau GIF", "Dari depan")
		s.send(path+"/pictures", "").is(422)
		s.send(path+"/pictures", "Dari depan", red, blue).to(path)
		c := s.get(id)
		if len(c.Pictures) != 2 {
			t.Fatalf("pictures %+v", c.Pictures)
		}
		first, second := c.Pictures[0].File, c.Pictures[1].File
		src := func(file ids.ID, rest string) string { return path + "/pictures/" + file.String() + rest }
		a := s.open(src(first, "")).is(200)
		if a.body != string(red) || a.header.Get("Content-Type") != "image/png" || a.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("the picture has %d bytes, %v", len(a.body), a.header)
		}
		s.open(path).is(200).has(src(first, ""), `alt="Dari depan"`)
		s.post(src(second, "/first"), nil).to(path)
		s.post(src(second, "/alt"), url.Values{"alt": {"Dari samping"}}).to(path)
		if c := s.get(id); c.Pictures[0].File != second || c.Pictures[0].Alt != "Dari samping" || c.Pictures[1].File != first {
			t.Errorf("pictures %+v", c.Pictures)
		}
		s.post(src(second, "/alt"), url.Values{"alt": {strings.Repeat("x", 301)}}).is(422).has("xxx")
		s.post(src(second, "/remove"), nil).to(path)
		s.open(src(second, "")).is(404)
		other := s.add(catalog.Product{Code: "B"})
		s.open("/products/" + other.String() + "/pictures/" + first.String()).is(404)
	})
}

func TestDelete(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		used, free := s.add(pump()), s.add(catalog.Product{Code: "B"})
		s.shelf.Used = append(s.shelf.Used, func(_ context.Context, _ *db.Tx, list []ids.ID) ([]ids.ID, error) { return []ids.ID{used}, nil })
		s.post("/products/"+used.String()+"/delete", nil).to("/products/" + used.String())
		if !s.get(used).Archived {
			t.Error("what orders refer to was not archived")
		}
		s.post("/products/"+free.String()+"/delete", nil).to("/products")
		s.open("/products/" + free.String()).is(404)
		s.post("/products/"+used.String()+"/archive", url.Values{"archived": {"0"}}).to("/products/" + used.String())
		if s.get(used).Archived {
			t.Error("still archived")
		}
	})
}

func TestBulk(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		var all []ids.ID
		for i := range 3 {
			all = append(all, s.add(catalog.Product{Code: fmt.Sprint("B", i), Family: "Lama"}))
		}
		s.post("/products/bulk/family", url.Values{"id": {all[0].String(), all[1].String()}, "family": {"Baru"}}).to("/products")
		if s.get(all[0]).Family != "Baru" || s.get(all[2]).Family != "Lama" {
			t.Error("the family was not set where it was meant")
		}
		s.post("/products/bulk/offering", url.Values{"id": {all[0].String()}, "offering": {"out"}}).to("/products")
		s.post("/products/bulk/offering", url.Values{"id": {all[1].String()}, "offering": {"later"}}).is(422)
		if s.get(all[0]).Offering != catalog.OutStock || s.get(all[1]).Offering != catalog.Offered {
			t.Error("what may be offered was not set where it was meant")
		}
		s.open("/products?f=offering:eq:out&c=name,offering&counted=1").is(200).has("1 produk", "Stok kosong")
		s.post("/products/bulk/archive", url.Values{"all": {"1"}, "query": {"f=family:eq:Baru"}}).to("/products")
		if !s.get(all[1]).Archived || s.get(all[2]).Archived {
			t.Error("archived are others than those that match")
		}
		s.post("/products/bulk/delete", url.Values{"id": {all[2].String()}}).to("/products")
		s.open("/products/" + all[2].String()).is(404)
		s.post("/products/bulk/archive", url.Values{}).is(422)

		// Many are the work of a job.
		s.write(func(tx *db.Tx) error {
			var many []*catalog.Product
			for i := range 600 {
				many = append(many, &catalog.Product{Code: fmt.Sprint("M", i), Family: "Banyak"})
			}
			return catalog.CreateMany(t.Context(), tx, many)
		})
		s.post("/products/bulk/delete", url.Values{"all": {"1"}, "query": {"f=family:eq:Banyak"}}).is(200).has("Hapus 600 produk?")
		to := s.post("/products/bulk/tier", url.Values{"all": {"1"}, "query": {"f=family:eq:Banyak"}, "tier": {"Hemat"}}).is(303).header.Get("Location")
		s.open(to).is(200).has("0 dari 600 selesai")
		if err := s.jobs.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.open(to).is(200).has("600 produk diubah", "/undo")
		s.open("/products?f=tier:eq:Hemat&counted=1").is(200).has("600 produk")
	})
}
