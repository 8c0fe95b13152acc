package gallery

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/ui/uitest"
)

// open starts the gallery and a browser on it.
func open(t *testing.T) *uitest.Browser {
	t.Helper()
	if err := ui.CheckAssets(); err != nil {
		if os.Getenv("AKRAB_TEST_BROWSER") == "required" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	h, err := New()
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return uitest.New(t, s.URL)
}

const first = "/customers/0195f3a0-0000-7000-8000-000000000010"

var pages = []struct{ name, path string }{
	{"components", "/components"},
	{"list", "/customers?f=city:ne:Malang&sort=name"},
	{"record", first},
	{"form", "/customers/new"},
	{"edit", first + "?edit=phone"},
	{"search", "/search?q=tirta"},
	{"empty", "/empty"},
	{"bare", "/bare"},
	{"missing", "/nowhere"},
}

// Everyone can use every part, on a desktop and a telephone, in light and dark.
// With AKRAB_SHOTS set to a directory the pages are drawn there, to look at.
func TestAxe(t *testing.T) {
	b := open(t)
	dir := os.Getenv("AKRAB_SHOTS")
	for _, size := range []string{"desktop", "phone"} {
		if size == "phone" {
			b.Phone()
		}
		for _, theme := range []string{"light", "dark"} {
			b.Theme(theme)
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

func TestPalette(t *testing.T) {
	b := open(t)
	b.Open("/customers")
	b.Press("Ctrl+k")
	b.Wait("#palette")
	b.See("Pelanggan baru") // what the page offers
	b.Axe()
	b.Type("#palette input", "tirt")
	b.See("Depot Air Segar Tirta")
	b.Axe()
	b.Press("Down", "Down", "Up", "Enter")
	b.WaitPath("/customers/0195f3a0-0000-7000-8000-000000000018")

	b.Open("/customers")
	b.Click("Cari pelanggan") // the mouse opens it too, and it remembers
	b.See("Depot Air Segar Tirta")
	b.Type("#palette input", "baru")
	b.See("Pelanggan baru")
	b.Wait("#palette-list [aria-selected=true]")
	b.Press("Enter")
	b.WaitPath("/customers/new")

	b.Press("Ctrl+k") // from a field too
	b.Type("#palette input", "zzzz")
	b.See("Tidak ditemukan")
	b.Press("Escape")
	b.Gone("#palette")
}

func TestKeys(t *testing.T) {
	b := open(t)
	b.Open("/customers")
	b.Press("j", "j", "x")
	b.See("1 dipilih")
	b.Press("j", "j", "Shift+x")
	b.See("3 dipilih")
	b.Press("Escape")
	b.Gone(".bulk")
	b.Press("?")
	b.See("Baris berikutnya, sebelumnya")
	b.See("Tambah saringan")
	b.Axe()
	b.Press("Escape")
	b.Press("f")
	b.Wait("#filter-add")
	b.Axe()
	b.Press("Escape")
	b.Press("k", "Enter")
	b.WaitPath("/customers/0195f3a0-0000-7000-8000-000000000012")
	b.Press("l") // starts a note
	if got := b.Focused(); got != "composer-text" {
		t.Errorf("after l the focus is on %s", got)
	}
	b.Press("g", "c") // typed, not obeyed
	if got := b.Value("#composer-text"); got != "gc" {
		t.Errorf("the note holds %q", got)
	}
	b.Press("Escape")
	b.Eval(`document.activeElement.blur()`, nil)
	b.Press("g", "c")
	b.WaitPath("/customers")
	b.Press("n")
	b.WaitPath("/customers/new")
	b.Wait("#f-name:focus")
	b.Press("[") // typed, not obeyed
	if got := b.Value("Nama"); got != "[" {
		t.Errorf("the name holds %q", got)
	}
}

func TestTheme(t *testing.T) {
	b := open(t)
	b.Open("/customers")
	b.Click("Tema")
	b.Axe()
	b.Click("Gelap")
	b.Wait("html[data-theme=dark]")
	b.Eval(`new Promise((done) => setTimeout(done, 200))`, nil) // until it is kept
	b.Open("/components")
	b.Wait("html[data-theme=dark]")
	b.Press("[")
	b.Wait("body[data-nav=rail]")
	b.Axe()
	b.Click("Bahasa, ID")
	b.Click("English")
	b.Wait("html[lang=en]")
	b.Press("[")
	b.See("Go to home")
}

func TestList(t *testing.T) {
	b := open(t)
	b.Open("/customers")
	b.See("1–8 dari 12")
	b.Click("Halaman berikutnya")
	b.WaitPath("/customers?page=2")
	b.See("9–12 dari 12")
	b.Press("f")
	b.Click("Kota")
	b.Type("#filter-add-0-value", "Surabaya")
	b.Press("Enter")
	b.WaitPath("/customers?f=city%3Aeq%3ASurabaya")
	b.See("1–2 dari 2")
	b.Gone("#filter-add")
	b.Click("#sort-0list")
	b.WaitPath("/customers?f=city%3Aeq%3ASurabaya&sort=name")
	b.Wait("th[aria-sort=ascending]")
	b.Click("Hapus saringan Kota")
	b.See("1–8 dari 12")

	// What is selected doesn't move to other rows with the page.
	b.Click("Pilih semua di halaman ini")
	b.See("8 dipilih")
	b.Axe()
	b.Click("Pilih semua 12")
	b.See("Semua 12 terpilih")
	b.Click("Kosongkan pilihan")
	b.Gone(".bulk")
	b.Click("Pilih CV Lautan Teknik")
	b.See("1 dipilih")
	b.Click("Halaman berikutnya")
	b.See("9–12 dari 12")
	b.Gone(".bulk")

	b.Click("Pilih semua di halaman ini")
	b.Click("Arsipkan")
	b.See("4 dipilih")
	b.Wait(".toast")
	b.Axe()
	b.Press("z")
	b.Wait(".toast[data-tone=info]")
	b.Click("Tutup")
	b.Gone(".toast")

	// Back shows the list as it was.
	b.Open("/customers")
	b.Click("Halaman berikutnya")
	b.See("9–12 dari 12")
	b.Eval(`history.back()`, nil)
	b.See("1–8 dari 12")
	b.Wait("#palette:not([open]), main")
}

func TestInlineEdit(t *testing.T) {
	b := open(t)
	b.Open(first)
	b.Click("0812-3045-7781")
	b.Wait("#edit-phone")
	if got := b.Focused(); got != "edit-phone" {
		t.Errorf("the focus is on %s", got)
	}
	b.Press("Escape")
	b.Gone("#edit-phone")
	b.See("0812-3045-7781")

	b.Click("0812-3045-7781")
	b.Type("#edit-phone", "12")
	b.Press("Enter")
	b.Wait("#edit-phone[aria-invalid=true]")
	if got := b.Value("#edit-phone"); got != "12" {
		t.Errorf("what was typed became %q", got)
	}
	b.Axe()
	b.Type("#edit-phone", "0813-1111-2222")
	b.Press("Enter")
	b.See("0813-1111-2222")
	b.Wait(".toast")
	b.Gone("#edit-phone")
	if got := b.Path(); got != first {
		t.Errorf("the address became %s", got)
	}

	// Leaving the field saves.
	b.Click("0813-1111-2222")
	b.Type("#edit-phone", "0813-3333-4444")
	b.Click("h1")
	b.Gone("#edit-phone")
	b.See("0813-3333-4444")
	b.Wait(".toast")
}

func TestForm(t *testing.T) {
	b := open(t)
	b.Open("/customers/new")
	b.Click("Tambah e-mail")
	b.Wait("#f-emails\\.1\\.value")
	b.Type("#f-emails\\.1\\.value", "not an address")
	b.Type("Kota", "Surabaya")
	b.Press("Ctrl+Enter")
	b.See("2 isian perlu diperbaiki")
	if got := b.Focused(); got != "f-name" {
		t.Errorf("the focus is on %s, not on the first mistake", got)
	}
	if got := b.Value("Kota"); got != "Surabaya" {
		t.Errorf("the city became %q", got)
	}
	b.Axe()
	b.Type("Nama", "Toko Baru")
	b.Type("#f-emails\\.1\\.value", "a@b.co")
	b.Click("Simpan")
	b.WaitPath("/customers")
	b.See("2 dipilih")
}

func TestDraft(t *testing.T) {
	b := open(t)
	b.Open(first)
	b.Type("#composer-text", "Bu Ratna minta katalog")
	b.Open(first)
	b.See("Lini masa")
	if got := b.Value("#composer-text"); got != "Bu Ratna minta katalog" {
		t.Errorf("after a reload the draft is %q", got)
	}
	b.Type("#composer-text", "Bu Ratna minta katalog baru")
	b.Press("Ctrl+Enter")
	b.Wait(".toast")
	b.See("oleh Rina Kusuma")
	b.Open(first)
	if got := b.Value("#composer-text"); got != "" {
		t.Errorf("after it was saved the draft is %q", got)
	}
}

// What fails while a part is fetched leaves the page and says so.
func TestPartFails(t *testing.T) {
	b := open(t)
	b.Open(first)
	b.Click("0812-3045-7781")
	b.Type("#edit-phone", "broken")
	b.Press("Enter")
	b.Wait(".toast[data-tone=bad]")
	if got := b.Value("#edit-phone"); got != "broken" {
		t.Errorf("what was typed became %q", got)
	}
	b.Forgive()
}

// Everything works without scripts.
func TestWithoutScript(t *testing.T) {
	b := open(t)
	b.Script(false)
	b.Open("/customers")
	b.Click("Saring")
	b.Click("Kota")
	b.Type("#filter-add-0-value", "Surabaya")
	b.Press("Enter")
	b.See("1–2 dari 2")
	b.Click("Pilih CV Tirta Berkah Abadi")
	b.Click("Arsipkan")
	b.See("1 dipilih")
	b.Click("Urungkan")
	b.Wait(".toast[data-tone=info]")
	b.Open("/customers/new")
	b.Click("Tambah e-mail")
	b.Wait("#f-emails\\.1\\.value")
	b.Click("Simpan")
	b.See("1 isian perlu diperbaiki")
	b.Open(first)
	b.Click("0812-3045-7781")
	b.Type("#edit-phone", "0813-1111-2222")
	b.Press("Enter")
	b.See("0813-1111-2222")
	b.Gone("#edit-phone")
	b.Click("Cari pelanggan")
	b.Type("main [name=q]", "tirta")
	b.Press("Enter")
	b.See("Depot Air Segar Tirta")
}

// No page holds what the Content-Security-Policy forbids, nor a missing
// message, in either language.
func TestHTML(t *testing.T) {
	h, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []string{"id", "en"} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("POST", ui.PathLanguage, strings.NewReader("lang="+lang))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		h.ServeHTTP(w, r)
		for _, p := range append(pages, struct{ name, path string }{"broken", "/broken"}) {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("GET", p.path, nil))
			if !strings.Contains(w.Body.String(), `<html lang="`+lang) {
				t.Errorf("%s: not in %s", p.path, lang)
			}
			uitest.CheckHTML(t, p.path, w.Body.String())
		}
	}
}

// A toast leaves by itself, but not while somebody is at it.
func TestToastLeaves(t *testing.T) {
	b := open(t)
	b.Open("/customers")
	toast := `(() => {
		const t = document.createElement("div");
		t.className = "toast";
		t.dataset.toast = "500";
		t.innerHTML = "<span>Tersimpan</span><button class=link>Urungkan</button>";
		document.querySelector("#toasts").append(t);
		document.dispatchEvent(new Event("htmx:after:swap"));
	})()`
	b.Eval(toast, nil)
	b.Wait(".toast")
	b.Gone(".toast")
	b.Eval(toast, nil)
	b.Eval(`document.querySelector(".toast button").focus(); new Promise((done) => setTimeout(done, 1500))`, nil)
	b.Wait(".toast")
	b.Eval(`document.activeElement.blur()`, nil)
	b.Gone(".toast")
}

// A form that was changed is not left without asking; one that was sent is.
func TestGuard(t *testing.T) {
	b := open(t)
	b.Open("/customers/new")
	b.Type("Nama", "Toko Baru")
	asks := func() (yes bool) {
		b.Eval(`!window.dispatchEvent(new Event("beforeunload", {cancelable: true}))`, &yes)
		return yes
	}
	if !asks() {
		t.Error("leaving a changed form doesn't ask")
	}
	b.Open("/customers") // and a test that leaves anyway gets away
	b.Open("/customers/new")
	if asks() {
		t.Error("leaving an untouched form asks")
	}
}

// At 320 pixels, which is also a desktop at 400 %, nothing is cut off: what is
// wider scrolls by itself (WCAG 1.4.10).
func TestNarrow(t *testing.T) {
	b := open(t)
	b.Size(320, 640)
	for _, p := range pages {
		b.Open(p.path)
		var cut []string
		b.Eval(`[...document.querySelectorAll("body *")].filter((e) => {
			if (!e.checkVisibility() || e.closest(".vh, .skip, dialog, [popover]:not(:popover-open), svg")) return false;
			for (let p = e.parentElement; p; p = p.parentElement) {
				if (/auto|scroll/.test(getComputedStyle(p).overflowX) && p.scrollWidth > p.clientWidth && !p.matches(".page-body.pad, .split")) return false;
			}
			return e.getBoundingClientRect().right > innerWidth + 1 && getComputedStyle(e).position !== "absolute";
		}).map((e) => e.outerHTML.slice(0, 120))`, &cut)
		for i, c := range cut {
			if i == 3 {
				break
			}
			t.Errorf("%s: cut off: %s", p.path, c)
		}
	}
}
