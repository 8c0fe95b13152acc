package customersweb_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/imports"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/ui/uitest"
)

// crowd adds n customers: every second is a prospect, every tenth lives in Bandung.
func (s *site) crowd(n int) []ids.ID {
	s.t.Helper()
	people := make([]*customers.Customer, n)
	for i := range people {
		c := &customers.Customer{Name: fmt.Sprintf("Pelanggan %04d", i), Phase: customers.Active, Tags: []customers.Tag{{Value: "Impor"}}}
		if i%2 == 0 {
			c.Phase = customers.Prospect
		}
		if i%10 == 0 {
			c.Addresses = []customers.Address{{City: "Bandung"}}
		}
		people[i] = c
	}
	s.write(func(tx *db.Tx) error { return customers.CreateMany(s.t.Context(), tx, people) })
	all := make([]ids.ID, n)
	for i, c := range people {
		all[i] = c.ID
	}
	return all
}

// matching returns how many customers match a filter.
func (s *site) matching(filters ...string) int {
	s.t.Helper()
	q := list.Query{}
	for _, text := range filters {
		f, err := list.ParseFilter(text)
		if err != nil {
			s.t.Fatal(err)
		}
		q = q.With(f)
	}
	var n int64
	s.read(func(tx *db.Tx) (err error) {
		n, err = customers.List.Count(s.t.Context(), tx, q)
		return err
	})
	return int(n)
}

var undoForm = regexp.MustCompile(`/operations/[0-9a-f-]+/undo`)

// flash returns the page behind a redirect, with its toast.
func (s *site) flash(a answer) answer {
	s.t.Helper()
	a.is(http.StatusSeeOther)
	cookie, _, _ := strings.Cut(a.header.Get("Set-Cookie"), ";")
	return s.open(a.header.Get("Location"), "Cookie", cookie)
}

// takeBack presses the undo button of a page.
func (s *site) takeBack(a answer) {
	s.t.Helper()
	path := undoForm.FindString(a.body)
	if path == "" {
		s.t.Fatalf("nothing to undo: %s", a.body)
	}
	s.post(path, url.Values{}).is(http.StatusSeeOther)
}

func TestList(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.open("/customers").is(200).has("Belum ada pelanggan", "Tambah pelanggan pertama").lacks("⟦", "<table")
		s.crowd(60)
		s.add(tirta())

		page := s.open("/customers").is(200).has("61 pelanggan", "CV Tirta Berkah Abadi", "(031) 8701234", "Surabaya", "1–50 dari 61").lacks("⟦")
		uitest.CheckHTML(t, "/customers", page.body)
		s.open("/customers?f=city:eq:bandung").is(200).has("6 pelanggan", "1–6 dari 6").lacks("Tirta")
		s.open("/customers?f=phone:starts:0812-3045").is(200).has("Tirta", "1–1 dari 1")
		s.open("/customers?f=owner:eq:me").is(200).has("Tidak ada yang cocok")
		s.open("/customers?sort=-name&c=name,external_id").is(200).has("Nomor").lacks("Tirta")
		s.open("/customers?f=reseller:eq:dealer&f=tag:eq:proyek").is(200).has("Tirta", "Dealer")
		s.open("/customers?fk=phase&fo=in&fv=loyal&sort=name").to("/customers?f=phase:eq:loyal&sort=name")

		next := regexp.MustCompile(`id="pager-next" href="([^"]+)"`).FindStringSubmatch(page.body)
		if next == nil {
			t.Fatal("there is no next page")
		}
		s.open(strings.ReplaceAll(next[1], "&amp;", "&")).is(200).has("51–61 dari 61")

		for _, bad := range []string{
			"f=city", "f=nothing:eq:x", "f=phase:eq:sleeping", "f=created:within:someday", "f=owner:eq:x", "sort=email", "cursor=x", "limit=0",
			"f=name:starts:%25%00", "f=city:eq:" + strings.Repeat("x", 600),
		} {
			a := s.open("/customers?"+bad).lacks("⟦", "Pelanggan 0001")
			if a.code != 422 {
				t.Errorf("?%s: status %d, want 422", bad, a.code)
			}
		}

		s.open("/customers?f=city:eq:bandung", "HX-Request-Type", "partial", "HX-Target", "div#list").is(200).
			has(`id="list"`, `hx-target="#list-head"`, "6 pelanggan").lacks("<html", "sidebar")
		s.open("/customers?f=name:contains:0&counted=1", "HX-Request-Type", "partial", "HX-Target", "span#count").is(200).
			has("dari 60", `hx-target="#bulk"`, "Pilih semua 60").lacks("<table")
	})
}

// Whoever sees only their own customers sees, counts, changes and exports no others.
func TestListOfOwn(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		c := tirta()
		c.Owner = s.user.ID
		other := s.add(c)
		mine := s.add(customers.Customer{Name: "Milik Dimas", Owner: s.mate.ID})
		v := s.as(s.mate, func(ui.Perm) bool { return true })
		v.Who.Sight = db.SeeOwn
		s.be(v)

		s.open("/customers").is(200).has("Milik Dimas", "1 pelanggan").lacks("Tirta")
		s.open("/customers/export?format=csv").is(200).has("Milik Dimas").lacks("Tirta")
		s.post("/customers/bulk/archive", url.Values{"id": {other.String(), mine.String()}}).is(303)
		s.post("/customers/bulk/delete", url.Values{"id": {other.String()}})
		s.open("/customers/" + other.String() + "/cell?edit=name-" + other.String()).is(404)
		s.open("/search?q=tirta").is(200).lacks("Berkah")
		if s.get(other).Archived || !s.get(mine).Archived {
			t.Error("the change has reached the wrong customer")
		}
	})
}

func TestPermissions(t *testing.T) {
	s := newSite(t, dbtest.Open(t, modules...))
	id := s.add(tirta()).String()
	s.be(s.as(s.mate, func(p ui.Perm) bool { return p == "customers.read" }))
	s.open("/customers").is(200).has("Tirta").lacks("data-bulk", "/customers/new", "/customers/export", "?edit=")
	s.open("/customers/export?format=csv").is(403)
	for _, path := range []string{"bulk/owner", "bulk/phase", "bulk/tag", "bulk/untag", "bulk/archive", "bulk/unarchive", "bulk/delete", "export", id + "/cell"} {
		s.post("/customers/"+path, url.Values{"id": {id}}).is(403)
	}
	s.be(s.as(s.mate, func(p ui.Perm) bool { return p == "customers.read" || p == "customers.write" }))
	s.post("/customers/bulk/delete", url.Values{"id": {id}}).is(403)
}

// One cell is edited in the list: the form stands in its place, a refused value
// stays in it, and the change can be undone.
func TestCell(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id := s.add(tirta())
		path := "/customers/" + id.String() + "/cell"
		part := func(key string) []string {
			return []string{"HX-Request-Type", "partial", "HX-Target", "div#" + key + "-" + id.String(), "HX-Current-URL", "http://example.com/customers?f=phase:eq:loyal"}
		}
		edit := func(key, was, value string) url.Values {
			return url.Values{"edit": {key + "-" + id.String()}, "was": {was}, "value": {value}}
		}
		s.open(path+"?edit=phase-"+id.String(), part("phase")...).is(200).has("<select", `value="loyal" selected`).lacks("<html")
		s.open(path, part("phase")...).is(200).has("Setia").lacks("<select", "<html")
		s.open(path+"?edit=phase-"+id.String()).is(200).has("<html", "<select", "CV Tirta Berkah Abadi")

		a := s.post(path, edit("phase", "loyal", "at_risk"), part("phase")...).is(200).has("Mulai", "CV Tirta Berkah Abadi tersimpan").lacks("<select")
		if got := s.get(id).Phase; got != customers.AtRisk {
			t.Errorf("phase %q, want at_risk", got)
		}
		s.takeBack(a)
		if got := s.get(id).Phase; got != customers.Loyal {
			t.Errorf("phase %q after the undo, want loyal", got)
		}

		s.post(path, edit("owner", "", s.mate.ID.String()), part("owner")...).is(200).has("Dimas Prakoso")
		s.post(path, edit("owner", s.mate.ID.String(), ids.New(now).String()), part("owner")...).is(422)
		s.post(path, edit("tag", "Jawa Timur, Proyek", "Proyek, VIP"), part("tag")...).is(200).has("VIP").lacks("Jawa Timur")
		s.post(path, edit("name", "CV Tirta Berkah Abadi", ""), part("name")...).is(422).has("<input", `aria-invalid="true"`)
		s.post(path, edit("phase", "loyal", "asleep"), part("phase")...).is(422)
		s.post(path, edit("phase", "prospect", "lost"), part("phase")...).is(422).has("Rekan Anda baru saja mengubah")
		s.post(path, edit("remember", "", "x"), part("remember")...).is(404)
		s.post(path, edit("name", "CV Tirta Berkah Abadi", "<b>Tirta</b>"), part("name")...).is(200).has("&lt;b&gt;Tirta").lacks("<b>Tirta")
		if c := s.get(id); c.Owner != s.mate.ID || len(c.Tags) != 2 || c.Name != "<b>Tirta</b>" {
			t.Errorf("stored %q, owner %s, tags %v", c.Name, c.Owner, c.Tags)
		}

		// Without script the form leads back to the list.
		form := edit("phase", "loyal", "lost")
		form.Set("back", "/customers?f=phase:eq:loyal")
		s.post(path, form).to("/customers?f=phase:eq:loyal")
	})
}

func TestBulk(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		all := s.crowd(120)
		some := url.Values{"id": {all[0].String(), all[1].String(), all[2].String()}, "back": {"/customers?sort=-name"}}
		set := func(name, value string) url.Values {
			v := url.Values{name: {value}}
			for k, list := range some {
				v[k] = list
			}
			return v
		}

		a := s.flash(s.post("/customers/bulk/phase", set("phase", "lost")).to("/customers?sort=-name")).has("3 pelanggan diubah")
		if n := s.matching("phase:eq:lost"); n != 3 {
			t.Fatalf("%d are lost, want 3", n)
		}
		s.takeBack(a)
		if n, m := s.matching("phase:eq:lost"), s.matching("phase:eq:prospect"); n != 0 || m != 60 {
			t.Errorf("after the undo %d are lost and %d prospects, want 0 and 60", n, m)
		}

		s.flash(s.post("/customers/bulk/owner", set("owner_id", s.mate.ID.String()))).has("3 pelanggan diubah")
		s.post("/customers/bulk/owner", set("owner_id", ids.New(now).String())).is(422)
		s.flash(s.post("/customers/bulk/tag", set("tag", "VIP"))).has("3 pelanggan diubah")
		s.flash(s.post("/customers/bulk/tag", set("tag", "vip"))).has("tidak ada yang diubah")
		s.flash(s.post("/customers/bulk/untag", set("tag", "impor"))).has("3 pelanggan diubah")
		s.flash(s.post("/customers/bulk/archive", set("", "")))
		if n := s.matching("archived:eq:true", "tag:eq:vip", "tag:ne:impor", "owner:eq:"+s.mate.ID.String()); n != 3 {
			t.Errorf("%d have all changes, want 3", n)
		}
		s.flash(s.post("/customers/bulk/unarchive", set("", "")))
		if n := s.matching("archived:eq:true"); n != 0 {
			t.Errorf("%d are archived, want 0", n)
		}
		s.post("/customers/bulk/phase", set("phase", "asleep")).is(422)
		s.post("/customers/bulk/tag", set("tag", " ")).is(422)
		s.post("/customers/bulk/archive", url.Values{}).is(422)
		s.post("/customers/bulk/archive", url.Values{"id": {"x"}}).is(404)

		// All that match, on whatever page.
		match := url.Values{"all": {"1"}, "query": {"f=phase:eq:prospect&sort=-name"}, "phase": {"new"}}
		s.takeBack(s.flash(s.post("/customers/bulk/phase", match)).has("60 pelanggan diubah"))
		if n := s.matching("phase:eq:prospect"); n != 60 {
			t.Errorf("%d prospects after the undo, want 60", n)
		}
		match.Set("query", "f=phase:eq:asleep")
		s.post("/customers/bulk/phase", match).is(422)
	})
}

// Deleting many asks first, naming how many.
func TestBulkDelete(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.crowd(120)
		form := url.Values{"all": {"1"}, "query": {"f=phase:eq:prospect"}}
		s.post("/customers/bulk/delete", form).is(200).has("Hapus 60 pelanggan?", `name="confirm" value="60"`)
		form.Set("confirm", "59") // somebody has added one meanwhile
		s.post("/customers/bulk/delete", form).is(200)
		if n := s.matching(); n != 120 {
			t.Fatalf("%d customers before the answer, want 120", n)
		}
		form.Set("confirm", "60")
		a := s.flash(s.post("/customers/bulk/delete", form)).has("60 pelanggan dihapus", "60 pelanggan")
		if n := s.matching(); n != 60 {
			t.Fatalf("%d customers, want 60", n)
		}
		s.takeBack(a)
		if n := s.matching("phase:eq:prospect"); n != 60 {
			t.Errorf("%d came back, want 60", n)
		}
	})
}

// A change of more than 500 is left to a job, whose page tells how far it is.
func TestBulkLater(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.crowd(620)
		runner := jobs.NewRunner(s.d, nil)
		s.people.Handle(runner)
		a := s.post("/customers/bulk/phase", url.Values{"all": {"1"}, "query": {""}, "phase": {"loyal"}}).is(303)
		page := a.header.Get("Location")
		s.open(page).is(200).has("0 dari 620", "<progress", `hx-get="/customers/bulk`)
		s.d.Now = func() time.Time { return now.Add(time.Second) }
		s.add(customers.Customer{Name: "Baru datang", Phase: customers.Prospect})
		if err := runner.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		done := s.open(page).is(200).has("620 pelanggan diubah").lacks("<progress")
		if n := s.matching("phase:eq:loyal"); n != 620 {
			t.Errorf("%d are loyal, want 620", n)
		}
		s.be(s.as(s.mate, func(ui.Perm) bool { return true }))
		s.open(page).is(404) // not theirs
		s.be(s.as(s.user, func(ui.Perm) bool { return true }))
		s.takeBack(done)
		if n := s.matching("phase:eq:loyal"); n != 0 {
			t.Errorf("%d are loyal after the undo", n)
		}
		// Begun again after it is over, as by a process that died late, it does nothing.
		if err := runner.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

// A large change whose process dies goes on with the next one. Whoever can't be
// deleted is kept and counted; all others are one operation.
func TestBulkInterrupted(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		all := s.crowd(620)
		steps := 0
		stop := func() {}
		s.people.Book.Leaving = append(s.people.Book.Leaving, func(_ context.Context, _ *db.Tx, list []ids.ID) error {
			if steps++; steps == 9 {
				stop()
			}
			if slices.Contains(list, all[300]) {
				return errs.New(errs.Conflict, "error.conflict")
			}
			return nil
		})
		runner := jobs.NewRunner(s.d, nil)
		s.people.Handle(runner)
		a := s.post("/customers/bulk/delete", url.Values{"all": {"1"}, "query": {"f=tag:eq:impor"}, "confirm": {"620"}})
		page := a.is(303).header.Get("Location")

		ctx, cancel := context.WithCancel(t.Context())
		stop = cancel
		_ = runner.Drain(ctx) // how it ends is its own matter
		s.open(page).is(200).has("<progress")
		if n := s.matching(); n == 620 && steps < 9 || n == 1 {
			t.Fatalf("%d customers in the middle", n)
		}
		if err := runner.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		done := s.open(page).is(200).has("619 pelanggan dihapus", "1 pelanggan tetap ada")
		if n := s.matching(); n != 1 {
			t.Errorf("%d customers are left, want 1", n)
		}
		s.takeBack(done)
		if n := s.matching(); n != 620 {
			t.Errorf("%d customers after the undo, want 620", n)
		}
	})
}

func TestExport(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		c := tirta()
		c.Owner = s.mate.ID
		c.Emails = append(c.Emails, customers.Email{Value: "dua@example.com"})
		c.Remember = "Suka teh,\nbukan kopi"
		s.add(c)
		evil := s.add(customers.Customer{Name: `=HYPERLINK("http://evil.example","x")`, Source: "@SUM(1)", Birthday: "0000-12-04"})
		s.crowd(20)

		a := s.open("/customers/export?format=csv&f=kind:eq:organization").is(200)
		if got := a.header.Get("Content-Type"); got != "text/csv; charset=utf-8" {
			t.Errorf("type %q", got)
		}
		if got := a.header.Get("Content-Disposition"); got != "attachment; filename=pelanggan-2026-11-17.csv" {
			t.Errorf("disposition %q", got)
		}
		rows := readCSV(t, a.body, ';')
		if len(rows) != 2 || rows[1][0] != "CV Tirta Berkah Abadi" || rows[0][0] != "Nama" {
			t.Fatalf("rows %q", rows)
		}
		a.has("Dimas Prakoso", "Surabaya", "Setia")

		csv := s.open("/customers/export?format=csv&c=name,source").is(200)
		for _, row := range readCSV(t, csv.body, ';') {
			for _, cell := range row {
				if strings.HasPrefix(cell, "=") || strings.HasPrefix(cell, "@") {
					t.Errorf("a spreadsheet would run %q", cell)
				}
			}
		}
		xlsx := s.open("/customers/export?format=xlsx").is(200)
		if sheet := unzip(t, xlsx.body, "xl/worksheets/sheet1.xml"); !strings.Contains(sheet, "CV Tirta Berkah Abadi") || strings.Contains(sheet, "<f>") {
			t.Errorf("the sheet lacks a customer, or has a formula")
		}
		whole := readCSV(t, s.open("/customers/export?format=full").is(200).body, ',')
		head := strings.Join(whole[0], " ")
		for _, name := range []string{"external_id", "emails.3.value", "phones.2.state", "addresses.1.district"} {
			if !strings.Contains(head, name) {
				t.Errorf("the complete export lacks %s: %s", name, head)
			}
		}
		for _, name := range whole[0] {
			if target, ok := imports.Customers.ParseTarget(name); !ok || target.String() != name {
				t.Errorf("import takes the column %s for %q", name, target)
			}
		}
		if len(whole) != 23 {
			t.Errorf("%d rows, want 23", len(whole))
		}
		for _, format := range []string{"vcf3", "vcf4"} {
			cards := s.open("/customers/export?format=" + format).is(200).body
			if n := strings.Count(cards, "BEGIN:VCARD"); n != 22 {
				t.Errorf("%s: %d cards, want 22", format, n)
			}
		}
		s.post("/customers/export", url.Values{"id": {evil.String()}, "format": {"vcf4"}}).is(200).has("HYPERLINK").lacks("Tirta")
		s.post("/customers/export", url.Values{"all": {"1"}, "query": {"f=kind:eq:organization"}, "format": {"vcf4"}}).is(200).has("Tirta").lacks("HYPERLINK")
		s.open("/customers/export?format=doc").is(422)
		s.open("/customers/export?format=csv&f=phase:eq:asleep").is(422)
	})
}

func readCSV(t *testing.T, text string, comma rune) [][]string {
	t.Helper()
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	r.Comma = comma
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func unzip(t *testing.T, body, name string) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader([]byte(body)), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestSearch(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.add(tirta())
		s.open("/search").is(200)
		s.open("/search?q=tirta").is(200).has("CV Tirta Berkah Abadi", "Surabaya", "<html")
		s.open("/search?q=%2B62+812-3045").is(200).has("CV Tirta Berkah Abadi")
		s.open("/search?q=nobody").is(200).lacks("Tirta")
		s.open("/search?q=tir", "HX-Request-Type", "partial", "HX-Target", "div#palette-results").is(200).has(`role="option"`, "Berkah").lacks("<html")
		s.be(s.as(s.mate, func(ui.Perm) bool { return false }))
		s.open("/search?q=tirta").is(200).lacks("Berkah")
	})
}

// The list is used as people use it: they select rows, change them, take it
// back, edit a cell, filter, and choose columns.
func TestListInABrowser(t *testing.T) {
	s, b := browse(t)
	s.crowd(120)
	s.add(tirta())
	b.Open("/customers")
	b.See("121 pelanggan")
	b.Press("j", "x", "j", "x")
	b.See("2 dipilih")
	b.Click(`[popovertarget="bulk-phase"]`)
	b.Click(`#bulk-phase [value="lost"]`)
	b.See("2 pelanggan diubah")
	if n := s.matching("phase:eq:lost"); n != 2 {
		t.Errorf("%d are lost, want 2", n)
	}
	b.Press("z")
	b.WaitPath("/customers")
	b.Gone(".toast button")
	if n := s.matching("phase:eq:lost"); n != 0 {
		t.Errorf("%d are lost after the undo, want 0", n)
	}

	b.Click("[data-all]")
	b.Click("Pilih semua 121")
	b.See("Semua 121 terpilih")
	b.Click(`[popovertarget="bulk-tag"]`)
	b.Type("#bulk-tag-text", "Lebaran")
	b.Press("Enter")
	b.See("121 pelanggan diubah")
	if n := s.matching("tag:eq:lebaran"); n != 121 {
		t.Errorf("%d have the tag, want 121", n)
	}

	b.Open("/customers?f=kind:eq:organization")
	b.See("1 pelanggan")
	b.Click("Setia")
	b.Wait("select:focus")
	b.Press("Escape")
	b.Gone(".inline-form")
	b.Click("Setia")
	b.Select(".inline-form select", "Mulai diam")
	b.Click("Simpan")
	b.See("CV Tirta Berkah Abadi tersimpan")
	b.Gone(".inline-form")
	if n := s.matching("phase:eq:at_risk"); n != 1 {
		t.Errorf("%d are at risk, want 1", n)
	}

	b.Click("Semua pelanggan")
	b.See("121 pelanggan")
	b.Click("Ekspor")
	b.Wait(`#export [href="/customers/export?f=archived%3Aeq%3Afalse&format=csv"]`)
}

// Everyone can use the list, in both languages, on a desktop and a telephone,
// in light and dark.
func TestEveryoneCanUseTheList(t *testing.T) {
	s, b := browse(t)
	b.Open("/customers")
	b.Axe()
	s.company()
	s.crowd(80)
	s.write(func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE customer SET owner_id = $1 WHERE phase = 'prospect' AND owner_id IS NULL`, s.mate.ID)
		return err
	})
	pages := []struct{ name, path string }{
		{"list", "/customers?f=phase:in:active,loyal,prospect&f=created:within:-30d"},
		{"none", "/customers?f=name:eq:x"}, {"search", "/search?q=tirta"},
	}
	dir := os.Getenv("AKRAB_SHOTS")
	shot := func(name, size, theme string) {
		if dir != "" {
			b.Screenshot(filepath.Join(dir, "customers-"+name+"-"+size+"-"+theme+".png"))
		}
		b.Axe()
	}
	for _, size := range []string{"desktop", "phone"} {
		b.Desktop()
		if size == "phone" {
			b.Phone()
		}
		for _, theme := range []string{"light", "dark"} {
			b.Theme(theme)
			s.speak(map[string]locale.Lang{"light": locale.ID, "dark": locale.EN}[theme])
			for i, p := range pages {
				if i == 0 || size == "phone" && theme == "light" {
					b.Open(p.path)
					shot(p.name, size, theme)
				}
			}
			b.Open("/customers")
			b.Click(".table tbody tr:nth-child(2) .check")
			b.Click(".table tbody tr:nth-child(4) .check")
			b.Click(`[popovertarget="bulk-owner"]`)
			shot("bulk", size, theme)
			b.Open("/customers")
			b.Click(".table tbody tr:nth-child(3) [id^=phase-] a")
			b.Wait(".inline-form select")
			shot("cell", size, theme)
		}
	}
}

// BenchmarkList asks for the list of 5,000 customers and a part of it, and
// changes all of them.
func BenchmarkList(b *testing.B) {
	s := newSite(b, dbtest.Open(b, modules...))
	for range 10 {
		s.crowd(500)
	}
	for name, path := range map[string]string{"page": "/customers", "filtered": "/customers?f=phase:eq:prospect&f=city:eq:bandung"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s.open(path).is(200)
			}
		})
	}
	b.Run("bulk", func(b *testing.B) {
		runner := jobs.NewRunner(s.d, nil)
		s.people.Handle(runner)
		phases := []string{"lost", "loyal"}
		n := 0
		for b.Loop() {
			s.post("/customers/bulk/phase", url.Values{"all": {"1"}, "query": {""}, "phase": {phases[n%2]}}).is(303)
			if err := runner.Drain(b.Context()); err != nil {
				b.Fatal(err)
			}
			n++
		}
		b.ReportMetric(5000*float64(n)/b.Elapsed().Seconds(), "customers/s")
	})
}
