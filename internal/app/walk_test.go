package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/app"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/ui/uitest"
	"github.com/akrab-crm/akrab/internal/workspace"
)

// A walker uses the site in a browser, in a language, as a person does.
type walker struct {
	*uitest.Browser
	t     *testing.T
	lang  locale.Lang
	p     *locale.Printer
	phone bool
	looks []string // sizes and themes in which axe looks at a page
}

// browse opens a browser on the site, or skips the test where there is none.
func (s *site) browse(t *testing.T, lang locale.Lang) *walker {
	t.Helper()
	if err := ui.CheckAssets(); err != nil {
		if os.Getenv("AKRAB_TEST_BROWSER") == "required" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	cat, err := app.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	set := workspace.Default()
	w := &walker{Browser: uitest.New(t, s.base), t: t, lang: lang, p: cat.Printer(lang, set.Locale())}
	t.Cleanup(func() {
		if dir := os.Getenv("AKRAB_SHOTS"); dir != "" && t.Failed() {
			w.Screenshot(filepath.Join(dir, "failed-"+strings.ReplaceAll(t.Name(), "/", "-")+".png"))
		}
	})
	return w
}

// T returns a message in the walker's language as the page shows it.
func (w *walker) T(key string, args ...any) string {
	return strings.ReplaceAll(w.p.T(key, args...), "\u00a0", " ")
}

// Tap clicks on what has a message's text.
func (w *walker) Tap(key string, args ...any) {
	w.t.Helper()
	w.Click(w.T(key, args...))
}

// Read waits until a message stands on the page.
func (w *walker) Read(key string, args ...any) {
	w.t.Helper()
	w.See(w.T(key, args...))
}

// Fill writes into the field with a message as its label.
func (w *walker) Fill(key, text string) {
	w.t.Helper()
	w.Type(w.T(key), text)
}

// own gives the window the size that the walk is made with.
func (w *walker) own() {
	w.t.Helper()
	if w.phone {
		w.Phone()
	} else {
		w.Desktop()
	}
}

// Look has axe look at the page and checks that it is not wider than the
// window, as large and as light as the walk says. With AKRAB_SHOTS set to a
// directory the page is drawn there.
func (w *walker) Look(name string) {
	w.t.Helper()
	for _, look := range w.looks {
		size, theme, _ := strings.Cut(look, " ")
		w.Desktop()
		if size == "phone" {
			w.Phone()
		}
		w.Theme(theme)
		w.Axe()
		var wide int
		w.Eval(`document.documentElement.scrollWidth - document.documentElement.clientWidth`, &wide)
		if wide > 0 {
			w.t.Errorf("%s, %s: the page is %d px wider than the window", name, look, wide)
		}
		if dir := os.Getenv("AKRAB_SHOTS"); dir != "" {
			w.Screenshot(filepath.Join(dir, fmt.Sprintf("%s-%s-%s-%s.png", name, w.lang, size, theme)))
		}
	}
	w.own()
}

// contacts is a file as a shop keeps it: Indonesian headers, an address that
// is none, a birthday that was never, somebody twice.
func contacts() string {
	var b strings.Builder
	b.WriteString("Kode Pelanggan;Nama Lengkap;Perusahaan;Jabatan;No HP;Surel;Alamat;Kota/Kabupaten;Provinsi;Kode Pos;Tgl Lahir;Label\r\n")
	given := []string{"Ratna", "Budi", "Siti", "Wayan", "Dewi", "Agus", "Lestari", "Made", "Rizky", "Fitri"}
	family := []string{"Wulandari", "Santoso", "Rahmawati", "Sudarma", "Anggraini", "Nasution", "Handayani"}
	cities := [][3]string{{"Kota Bandung", "Jawa Barat", "40111"}, {"Kota Surabaya", "Jawa Timur", "60293"}, {"Kota Medan", "Sumatera Utara", "20111"}, {"Kabupaten Badung", "Bali", "80361"}}
	n := 0
	for _, f := range family {
		for _, g := range given {
			n++
			city := cities[n%len(cities)]
			company, title := "", ""
			if n%7 == 1 {
				company, title = "CV Tirta Berkah Abadi", "Pembelian"
			}
			fmt.Fprintf(&b, "PLG-%04d;%s %s;%s;%s;0812-3045-%04d;%s.%s@contoh.id;Jl. Melati %d;%s;%s;%s;%02d/%02d/19%d;%s\r\n",
				n, g, f, company, title, 7000+n, strings.ToLower(g), strings.ToLower(f), n, city[0], city[1], city[2], n%28+1, n%12+1, 70+n%30, []string{"grosir", "eceran"}[n%2])
		}
	}
	b.WriteString("PLG-0071;Joko Susilo;;;0812 3045 7999;joko susilo@contoh;Jl. Kenanga 5;Kota Surakarta;Jawa Tengah;57126;31/02/1990;eceran\r\n")
	b.WriteString("PLG-0072;Bu Ratna;;;+62 812 3045 7001;;;;;;;\r\n")
	return b.String()
}

// customersIn is how many customers the file brings: 70 people, Bu Ratna, and
// the company. Joko has to be put right first.
const customersIn = 72

// TestFirstJob goes the whole way of a company that begins with Akrab: in
// Indonesian at a desk with the keyboard, in English on a telephone.
func TestFirstJob(t *testing.T) {
	t.Run("desk", func(t *testing.T) {
		w := newSite(t, filepath.Join(t.TempDir(), "akrab.db")).browse(t, locale.ID)
		w.looks = []string{"desktop light", "phone dark"}
		w.firstJob()
	})
	t.Run("telephone", func(t *testing.T) {
		w := newSite(t, filepath.Join(t.TempDir(), "akrab.db")).browse(t, locale.EN)
		w.looks = []string{"desktop dark", "phone light"}
		w.phone = true
		w.firstJob()
	})
}

func (w *walker) firstJob() {
	w.own()
	w.setUp()
	w.importContacts()
	w.mendRow()
	w.findInList()
	w.findByTyping()
	w.logCall()
	w.editFact()
	w.changeMany()
	w.lookBack()
	w.export()
	n := w.importKnown()
	w.signOut(customersIn + 1 + n)
}

// setUp is the first visit.
func (w *walker) setUp() {
	w.Open("/")
	w.WaitPath("/setup")
	w.Eval(`document.documentElement.id = "before"`, nil) // the page is loaded anew
	w.Click(map[locale.Lang]string{locale.ID: "Indonesia", locale.EN: "English"}[w.lang])
	w.Gone("#before")
	w.Read("team.setup.title")
	w.Tap("team.setup.go")
	w.Read("ui.form.check", "n", 4)
	w.Look("setup")
	w.Type("#f-company", "PT Sinar Nusantara")
	w.Type("#f-name", "Rina Kusuma")
	w.Type("#f-email", "rina@sinarnusantara.example")
	w.Type("#f-password", password)
	w.Tap("team.setup.go")
	w.WaitPath("/")
	w.Read("team.setup.welcome")
	w.Read("home.first")
	w.Look("first")
}

// importContacts uploads the file, looks at what it would do, and does it.
func (w *walker) importContacts() {
	file := filepath.Join(w.t.TempDir(), "pelanggan.csv")
	if err := os.WriteFile(file, []byte(contacts()), 0o600); err != nil {
		w.t.Fatal(err)
	}
	w.Tap("home.import")
	w.WaitPath("/imports/new")
	w.Look("import-new")
	w.Upload("input[type=file]", file)
	w.Tap("import.upload")
	w.Read("import.columns")
	w.See("Ratna Wulandari")
	w.Look("import-columns")
	w.Tap("import.check")
	w.Read("import.checked.text")
	w.Look("import-checked")
	if n := w.count(); n != 0 {
		w.t.Errorf("a dry run has stored %d customers", n)
	}
	w.Tap("import.start")
	w.Read("import.problems.left", "n", 1)
	w.Look("import-result")
	w.Read("import.repeat.phone")
}

// count returns how many customers the list says there are.
func (w *walker) count() (n int) {
	w.t.Helper()
	w.Eval(`fetch("/customers").then((r) => r.text()).then((t) => Number(new DOMParser().parseFromString(t, "text/html").querySelector("#list-count")?.textContent.match(/\d+/)?.[0] ?? 0))`, &n)
	return n
}

// mendRow puts the bad row right where it stands.
func (w *walker) mendRow() {
	w.Tap("import.problems.open")
	w.See("Joko Susilo")
	if got := w.Value(`input[name="c.5"]`); got != "joko susilo@contoh" {
		w.t.Errorf("the address to put right reads %q", got)
	}
	w.Look("import-problems")
	w.Type(`input[name="c.5"]`, "joko.susilo@contoh.id")
	w.Type(`input[name="c.10"]`, "28/02/1990")
	w.Tap("import.row.save")
	w.Read("import.row.repaired", "row", 71)
	if n := w.count(); n != customersIn+1 {
		w.t.Errorf("%d customers came in, want %d", n, customersIn+1)
	}
}

// findInList filters, sorts and turns pages.
func (w *walker) findInList() {
	if w.phone {
		w.Click(`.sidebar a[href="/customers"]`)
	} else {
		w.Press("g", "c")
	}
	w.WaitPath("/customers")
	w.Read("customers.list.count", "n", customersIn+1)
	w.Look("list")
	w.Read("ui.list.range_of", "from", 1, "to", 50, "n", customersIn+1)
	w.Tap("ui.list.next")
	w.Read("ui.list.range_of", "from", 51, "to", customersIn+1, "n", customersIn+1)
	w.Tap("ui.list.previous")
	w.Read("ui.list.range_of", "from", 1, "to", 50, "n", customersIn+1)
	if w.phone {
		w.Tap("ui.filter.title")
	} else {
		w.Press("f")
	}
	w.Wait("#filter-add")
	w.Click("#filter-add summary:has(+ form [value=city])")
	w.Type("#filter-add details[open] input[name=fv]", "kota bandung")
	w.Click("#filter-add details[open] button")
	w.Wait(".chip")
	w.Read("ui.list.range_of", "from", 1, "to", 17, "n", 17)
	w.Look("list-filtered")
	if !w.phone {
		w.Click("#sort-0list")
		w.Wait("[aria-sort=descending]")
		w.Wait("tbody tr:first-child a[href]")
		if got := w.Text("tbody tr:first-child [data-open]"); got != "Wayan Sudarma" && !strings.HasPrefix(got, "W") {
			w.t.Errorf("sorted from Z to A the list begins with %s", got)
		}
	}
	w.Click(".chip:nth-last-child(1 of .chip) .chip-x")
	w.Read("ui.list.range_of", "from", 1, "to", 50, "n", customersIn+1)
}

// palette opens the box that finds customers and commands.
func (w *walker) palette(text string) {
	w.t.Helper()
	if w.phone {
		w.Click(".topbar .search")
	} else {
		w.Press("Ctrl+k")
	}
	w.Wait("#palette")
	w.Type("#palette input", text)
}

// findByTyping finds somebody by parts of the name and by the telephone,
// however it is spelled.
func (w *walker) findByTyping() {
	w.palette("wul rat")
	w.Wait("#palette [role=option]")
	w.See("Ratna Wulandari")
	w.Look("palette")
	for _, text := range []string{"0812 3045 7001", "+62 812-3045-7001", "6281230457001", "08123045700", "ratna.wulandari@", "PLG-0001"} {
		w.Type("#palette input", "tiada")
		w.Read("ui.palette.none")
		w.Type("#palette input", text)
		w.Wait("#palette [role=option]")
		w.See("Ratna Wulandari")
	}
	w.Press("Enter")
	w.Wait("#composer-text")
	if got := w.Text("h1"); !strings.Contains(got, "Ratna") {
		w.t.Errorf("Enter opened %s", got)
	}
	w.See("Kota Surabaya")
	w.Look("customer")
}

// logCall logs a call, with what was promised.
func (w *walker) logCall() {
	if w.phone {
		w.Click(".composer .seg label:has([value=call])")
	} else {
		w.Press("Shift+l")
	}
	w.Wait("[name=minutes]")
	w.Type("[name=minutes]", "12")
	w.Type("#composer-text", "Menanyakan stok saringan RO-5.")
	w.Tap("timeline.promise")
	w.Fill("timeline.promise.what", "Kirim daftar harga")
	w.Eval(`document.querySelector("[name=due_at]").value = "2031-11-18"`, nil)
	if w.phone {
		w.Click(".composer footer .btn.primary")
	} else {
		w.Click("#composer-text")
		w.Press("Ctrl+Enter")
	}
	w.Read("timeline.title.call_out")
	w.See("Menanyakan stok saringan RO-5.")
	w.See("Kirim daftar harga")
	w.Look("logged")
}

// editFact changes a fact in place, and takes it back from the toast.
func (w *walker) editFact() {
	w.Click("#addressing a")
	w.Type("#addressing input[name=addressing]", "Bu Ratna")
	w.Press("Enter")
	w.Gone("#addressing form")
	w.See("Bu Ratna")
	w.Wait(".toast")
	w.Look("toast")
	if w.phone {
		w.Click(".toast:last-child form button")
	} else {
		w.Press("z")
	}
	w.Read("operations.toast.undone", "what", "")
	if got := w.Text("#addressing"); strings.Contains(got, "Bu Ratna") {
		w.t.Errorf("after the undo she is still addressed as %s", got)
	}
}

// changeMany tags everybody in the list, on all its pages.
func (w *walker) changeMany() {
	const all = customersIn + 1
	w.Open("/customers")
	if w.phone {
		w.Click("[data-row]:first-child .check")
	} else {
		w.Press("j", "x")
	}
	w.Read("ui.list.selected", "n", 1)
	w.Click("[data-all]")
	w.Read("ui.list.selected", "n", 50)
	w.Click("[data-select-all]")
	w.Read("ui.list.all_selected", "n", all)
	w.Look("list-selected")
	w.Click("[popovertarget=bulk-tag]")
	w.Type("#bulk-tag-text", "pameran 2026")
	w.Tap("customers.bulk.tag")
	w.Read("customers.bulk.changed", "n", all)
	w.Open("/customers?f=tag:eq:pameran+2026")
	w.Read("ui.list.range_of", "from", 1, "to", 50, "n", all)
}

// lookBack takes the change of many back where all changes stand.
func (w *walker) lookBack() {
	if w.phone {
		w.Click(".user")
		w.Click(`.menu a[href="/operations"]`)
	} else {
		w.Press("g", "o")
	}
	w.WaitPath("/operations")
	w.Click("[data-row] [data-open]")
	w.Wait("h1")
	w.Look("operation")
	w.Tap("ui.toast.undo")
	w.Read("operations.toast.undone", "what", "")
	w.Open("/customers?f=tag:eq:pameran+2026")
	w.Read("listweb.nothing")
	w.Look("list-nothing")
}

// export downloads the list as shown and everything.
func (w *walker) export() {
	w.Open("/customers?f=city:eq:Kota+Medan&sort=-name")
	w.Click("[popovertarget=export]")
	w.Wait("#export a[download]")
	var files []string
	w.Eval(`Promise.all([...document.querySelectorAll("#export a[download]")].map((a) => fetch(a.href).then((r) => r.ok ? r.text() : r.status + "")))`, &files)
	if len(files) != 5 {
		w.t.Fatalf("%d kinds of file to export", len(files))
	}
	if lines := strings.Count(files[1], "\n"); lines != 19 || !strings.Contains(files[1], "Kota Medan") || strings.Contains(files[1], "Surabaya") {
		w.t.Errorf("the exported list has %d lines: %.300s", lines, files[1])
	}
	if n := strings.Count(files[3], "BEGIN:VCARD"); n != 18 {
		w.t.Errorf("%d exported cards", n)
	}
}

// importKnown brings in what Google and Outlook export, as they export it. It
// returns how many customers that adds, which is 0 where there are no such files.
func (w *walker) importKnown() (added int) {
	for _, file := range []struct {
		name, person string
		adds         int
		twice        bool
	}{
		{"google_contacts_2024.csv", "Grace Brewster Hopper", 2, false},
		{"google_contacts_legacy.csv", "John Doe", 1, false},
		{"outlook.csv", "John Doe", 2, true},
	} {
		path := dataFile(w.t, "contact-csv/"+file.name)
		if path == "" {
			w.t.Logf("there is no %s beside the checkout", file.name)
			continue
		}
		w.Open("/imports/new")
		w.Upload("input[type=file]", path)
		w.Tap("import.upload")
		w.Read("import.columns")
		w.Tap("import.start")
		w.Read("import.result.done", "n", 1)
		if file.twice {
			w.Read("import.repeat.email")
		}
		w.palette(file.person)
		w.Wait("#palette [role=option]")
		w.See(file.person)
		w.Press("Escape")
		added += file.adds
	}
	return added
}

// signOut leaves; what was shown is shown no more. Who comes back finds n
// customers.
func (w *walker) signOut(n int) {
	w.Click(".user")
	w.Tap("ui.user.signout")
	w.WaitPath("/signin")
	w.Open("/customers")
	w.Read("team.signin.title")
	w.Look("signin")
	w.Type("#f-email", "rina@sinarnusantara.example")
	w.Type("#f-password", password)
	w.Press("Enter")
	w.WaitPath("/customers")
	w.Read("customers.list.count", "n", n)
}

// signIn signs a user of [site.staff] in.
func (w *walker) signIn(email string) {
	w.t.Helper()
	w.Open("/signin")
	w.Type("#f-email", email)
	w.Type("#f-password", password)
	w.Press("Enter")
	w.WaitPath("/")
}

// wait waits until an expression is true, on a page that stays.
func (w *walker) wait(what, expression string) {
	w.t.Helper()
	var ok bool
	w.Eval(`new Promise((done) => {
		let n = 0;
		const look = () => `+expression+` ? done(true) : ++n > 300 ? done(false) : setTimeout(look, 30);
		look();
	})`, &ok)
	if !ok {
		w.t.Errorf("waited in vain for %s", what)
	}
}
