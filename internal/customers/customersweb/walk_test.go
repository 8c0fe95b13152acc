package customersweb_test

import (
	"strings"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/locale"
)

// A note takes one key, the text, and Ctrl Enter.
func TestNoteInOneKey(t *testing.T) {
	s, b := browse(t)
	id := s.add(tirta())
	b.Open("/customers/" + id.String())
	b.Press("l")
	if got := b.Focused(); got != "composer-text" {
		t.Fatalf("after L the focus is on %s", got)
	}
	b.Type("#composer-text", "Suka kopi tanpa gula")
	b.Press("Ctrl+Enter")
	b.See("Catatan dengan CV Tirta Berkah Abadi dicatat")
	b.Wait(".timeline .quote")
	if got := b.Value("#composer-text"); got != "" {
		t.Errorf("the composer still holds %q", got)
	}
	if path := b.Path(); path != "/customers/"+id.String() {
		t.Errorf("at %s", path)
	}
	b.Click("Urungkan")
	b.See("Belum ada catatan")

	// A call: its own key, and the fields that a call has.
	b.Press("Shift+l")
	b.Wait("[name=minutes]")
	b.Type("Menit", "12")
	b.Type("#composer-text", "Setuju penawaran")
	b.Click("Janji")
	b.Type("Apa yang dijanjikan", "Kirim faktur")
	b.Eval(`document.querySelector("[name=due_at]").value = "2026-11-18"`, nil)
	b.Click("Simpan")
	b.See("Panggilan keluar")
	b.See("12 mnt")
	b.See("Tenggat 18 Nov 2026")
	b.Click("Ditepati")
	b.See("Buka lagi")
	b.Axe()

	// Z takes back the last action, whatever toasts are still there.
	b.Click("#addressing a")
	b.Type("#addressing input[name=addressing]", "Bu Ratna")
	b.Press("Enter")
	b.See("CV Tirta Berkah Abadi tersimpan")
	b.See("Bu Ratna")
	b.Press("z")
	b.Unsee("Bu Ratna")
	b.See("Setuju penawaran")
}

// What is typed into the composer survives other things that happen on the page.
func TestDraftStays(t *testing.T) {
	s, b := browse(t)
	id := s.add(tirta())
	s.log(activity.Interaction{Customer: id, Kind: activity.Note, Body: "x", Promise: "Kirim contoh", Due: now})
	b.Open("/customers/" + id.String())
	b.Type("#composer-text", "Belum selesai")
	b.Click("Ditepati")
	b.See("Buka lagi")
	if got := b.Value("#composer-text"); got != "Belum selesai" {
		t.Errorf("the composer holds %q", got)
	}
	b.Open("/customers/" + id.String())
	if got := b.Value("#composer-text"); got != "Belum selesai" {
		t.Errorf("after a reload the composer holds %q", got)
	}
	b.Press("Escape")
	b.Click(".seg [value=call]~span, .seg label:has([value=call])")
	b.Type("Menit", "lama")
	b.Click("Simpan")
	b.See("Tulis lamanya dalam menit")
	if got := b.Value("#composer-text"); got != "Belum selesai" {
		t.Errorf("refused, the composer holds %q", got)
	}
}

func TestInlineEditing(t *testing.T) {
	s, b := browse(t)
	id := s.add(tirta())
	page := "/customers/" + id.String()
	b.Open(page)
	b.Click("#addressing a")
	b.Type("#addressing input[name=addressing]", "Bu Ratna")
	b.Press("Enter")
	b.See("tersimpan")
	b.Gone("#addressing form")
	if got := b.Text("#addressing"); !strings.Contains(got, "Bu Ratna") {
		t.Errorf("shows %q", got)
	}
	// Escape restores.
	b.Click("#addressing a")
	b.Type("#addressing input[name=addressing]", "Salah")
	b.Press("Escape")
	b.Gone("#addressing form")
	if got := s.get(id); got.Addressing != "Bu Ratna" {
		t.Errorf("stored %q", got.Addressing)
	}
	// Leaving saves.
	b.Click("#remember a")
	b.Type("#remember textarea", "Suka kopi")
	b.Click("h1")
	b.Gone("#remember textarea")
	b.See("Suka kopi")
	// A refused fact keeps what was typed, and the focus.
	b.Click("Ubah Telepon")
	b.Wait("#phones form")
	b.Type("[name='phones.0.value']", "bukan nomor")
	b.Press("Enter")
	b.See("Tulis nomor telepon dengan angka")
	if got := b.Value("[name='phones.0.value']"); got != "bukan nomor" {
		t.Errorf("holds %q", got)
	}
	b.Axe()
	b.Type("[name='phones.0.value']", "0811-222-333")
	b.Click("Tambah telepon")
	b.Type("[name='phones.2.value']", "021 8350123")
	b.Click("#phones [data-save]")
	b.Gone("#phones form")
	b.See("(021) 8350123")
	if got := s.get(id); len(got.Phones) != 3 || got.Phones[0].E164 != "+62811222333" {
		t.Errorf("phones %+v", got.Phones)
	}
	// Tags are chips.
	b.Type("Label baru", "VIP")
	b.Press("Enter")
	b.Wait("[aria-label='Lepas label VIP']")
	b.Click("[aria-label='Lepas label Proyek']")
	b.Gone("[aria-label='Lepas label Proyek']")
	// The phase, in the strip.
	b.Click("#phase a")
	b.Select("#phase select", "Mulai diam")
	b.Click("h1")
	b.Gone("#phase select")
	b.See("Mulai diam")
	if got := s.get(id); got.Phase != customers.AtRisk {
		t.Errorf("phase %s", got.Phase)
	}
}

func TestFormInTheBrowser(t *testing.T) {
	s, b := browse(t)
	s.add(customers.Customer{Name: "Ratna Wulandari", Phones: []customers.Phone{{Value: "0812-3045-7781"}}})
	s.add(customers.Customer{Kind: customers.Organization, Name: "PT Sinar Jaya", Addresses: []customers.Address{{City: "Malang"}}})
	b.Open("/customers/new")
	b.Type("[name='phones.0.value']", "+62 812 3045 7781")
	b.Press("Tab")
	b.See("telepon sama")
	b.Type("Nama", "Bu Ratna")
	b.Type("[name='relations.0.other']", "sinar")
	b.Wait("body")
	b.Eval(`new Promise((ok) => { const t = setInterval(() => { if (document.querySelector("#f-relations\\.0\\.other-list option")) { clearInterval(t); ok(true); } }, 30); })`, nil)
	var first string
	b.Eval(`document.querySelector("#f-relations\\.0\\.other-list option").value`, &first)
	if first != "PT Sinar Jaya · Malang" {
		t.Errorf("suggests %q", first)
	}
	b.Type("[name='relations.0.other']", first)
	b.Click("Perusahaan")
	b.Gone("[name=given_name]")
	b.Click("Perorangan")
	b.Wait("[name=given_name]")
	b.Press("Ctrl+Enter")
	b.See("Bu Ratna ditambahkan")
	b.See("PT Sinar Jaya")
	b.Click("Tindakan lain")
	b.Click("Hapus")
	b.WaitPath("/customers")
	b.See("Bu Ratna dihapus")
	b.Click("Urungkan")
	b.Unsee("Bu Ratna dihapus")
	if n := s.count(); n != 3 {
		t.Errorf("%d customers", n)
	}
}

// Two people: the question and its answer.
func TestClashInTheBrowser(t *testing.T) {
	s, b := browse(t)
	id := s.add(tirta())
	b.Open("/customers/" + id.String() + "?edit=remember")
	s.changeAs(id, func(c *customers.Customer) { c.Remember = "Punya Dimas" })
	b.Type("#remember textarea", "Punya Rina")
	b.Press("Ctrl+Enter")
	b.See("Dua perubahan pada isian yang sama")
	b.See("Punya Dimas")
	b.Axe()
	b.Click("Perubahan Anda")
	b.Click("Simpan")
	b.Gone("[type=radio][value=stored]")
	b.See("Punya Rina")
	if got := s.get(id); got.Remember != "Punya Rina" {
		t.Errorf("stored %q", got.Remember)
	}
}

func TestReadingOnInTheBrowser(t *testing.T) {
	s, b := browse(t)
	id := s.add(tirta())
	for i := range 30 {
		kind := activity.Note
		if i == 29 {
			kind = activity.Letter
		}
		s.log(activity.Interaction{Customer: id, Kind: kind, Body: "Catatan ke-" + time.Duration(i+1).String(), At: now.Add(-time.Duration(i) * 5 * time.Hour)})
	}
	page := "/customers/" + id.String()
	b.Open(page)
	b.Click("Lihat yang lebih lama")
	b.See("Catatan ke-30ns")
	b.Gone("#older")
	var n, days int
	b.Eval(`document.querySelectorAll("#timeline .quote").length`, &n)
	b.Eval(`(() => { const t = [...document.querySelectorAll("#timeline .day")].map((e) => e.textContent); return t.length - new Set(t).size; })()`, &days)
	if n != 30 || days != 0 {
		t.Errorf("%d entries, %d days twice", n, days)
	}
	if got := b.Path(); got != page {
		t.Errorf("at %s", got)
	}
	b.Click("#timeline [aria-label=Surat]")
	b.WaitPath(page + "?show=letter")
	b.See("Catatan ke-30ns")
	b.Unsee("Catatan ke-1ns")
	b.Click("#timeline .timeline [aria-haspopup=menu]")
	b.Click("Sematkan")
	b.See("disematkan")
	if got := b.Path(); got != page+"?show=letter" {
		t.Errorf("the filter is lost: at %s", got)
	}
}

// Without scripts everything works by forms and links.
func TestWithoutScript(t *testing.T) {
	s, b := browse(t)
	id := s.add(tirta())
	page := "/customers/" + id.String()
	b.Script(false)
	b.Open(page)
	b.Type("#composer-text", "Tanpa skrip")
	b.Click("Simpan")
	b.See("Tanpa skrip")
	b.Click("#addressing a")
	b.Type("#addressing input[name=addressing]", "Bu Ratna")
	b.Click("#addressing [data-save]")
	b.See("Kenali Bu Ratna")
	b.Click("Ubah E-mail")
	b.Click("Tambah e-mail")
	b.Type("[name='emails.2.value']", "tiga@contoh.id")
	b.Click("#emails [data-save]")
	b.See("tiga@contoh.id")
	b.Click("Riwayat")
	b.See("Mengubah CV Tirta Berkah Abadi")
}

// A telephone, in English and dark: nothing is wider than the screen, and what
// is to be touched is large enough.
func TestOnATelephone(t *testing.T) {
	s, b := browse(t)
	org, ratna := s.company()
	s.speak(locale.EN)
	b.Phone()
	b.Theme("dark")
	for _, path := range []string{"/customers/" + org.String(), "/customers/" + ratna.String(), "/customers/" + org.String() + "?edit=addresses", "/customers/" + org.String() + "/edit", "/customers/" + org.String() + "/history", "/"} {
		b.Open(path)
		var wide int
		b.Eval(`document.querySelector("main").scrollWidth - document.querySelector("main").clientWidth`, &wide)
		if wide > 0 {
			t.Errorf("%s is %d px wider than the screen", path, wide)
		}
	}
	b.Open("/customers/" + org.String())
	b.Click(".composer .seg label:has([value=call])")
	b.Type("#composer-text", "Called back")
	b.Click("Save")
	b.See("Call with CV Tirta Berkah Abadi logged")
	b.See("Outgoing call")
}
