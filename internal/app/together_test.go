package app_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/imports"
	"github.com/akrab-crm/akrab/internal/locale"
)

// TestWithoutScript goes the way of [TestFirstJob] by forms and links alone.
func TestWithoutScript(t *testing.T) {
	s := newSite(t, filepath.Join(t.TempDir(), "akrab.db"))
	w := s.browse(t, locale.ID)
	w.Script(false)
	w.Open("/")
	w.WaitPath("/setup")
	w.Click("Indonesia")
	w.Read("team.setup.title")
	w.Type("#f-company", "PT Sinar Nusantara")
	w.Type("#f-name", "Rina Kusuma")
	w.Type("#f-email", "rina@sinarnusantara.example")
	w.Type("#f-password", password)
	w.Tap("team.setup.go")
	w.Read("home.first")

	file := filepath.Join(t.TempDir(), "pelanggan.csv")
	if err := os.WriteFile(file, []byte(contacts()), 0o600); err != nil {
		t.Fatal(err)
	}
	w.Tap("home.import")
	w.Upload("input[type=file]", file)
	w.Tap("import.upload")
	w.Read("import.columns")
	at := w.Path()
	w.Tap("import.start")
	s.importDone(t)
	w.Open(at) // which the page says to do
	w.Tap("import.problems.open")
	w.Type(`input[name="c.5"]`, "joko.susilo@contoh.id")
	w.Type(`input[name="c.10"]`, "28/02/1990")
	w.Tap("import.row.save")
	w.Read("import.row.repaired", "row", 71)

	w.Click(`.sidebar a[href="/customers"]`)
	w.Read("customers.list.count", "n", customersIn+1)
	w.Tap("ui.filter.title")
	w.Click("#filter-add summary:has(+ form [value=city])")
	w.Type("#filter-add details[open] input[name=fv]", "kota bandung")
	w.Click("#filter-add details[open] button")
	w.Read("ui.list.range_of", "from", 1, "to", 17, "n", 17)

	w.Click(".topbar .search")
	w.Type("main input[name=q]", "+62 812 3045 7001")
	w.Press("Enter")
	w.Click("Ratna Wulandari")
	w.Wait("#composer-text")
	w.Click(".composer .seg label:has([value=call])")
	w.Type("#composer-text", "Menanyakan stok saringan RO-5.")
	w.Click(".composer footer .btn.primary")
	w.Read("timeline.title.call_out")
	w.Click("#addressing a")
	w.Type("#addressing input[name=addressing]", "Bu Ratna")
	w.Click("#addressing [data-save]")
	w.Read("record.know", "name", "Bu Ratna")
	w.Click(".toast form button")
	w.Read("operations.toast.undone", "what", "")
	w.Read("record.know", "name", "Ratna Wulandari")

	w.Open("/customers?f=city:eq:Kota+Medan")
	w.Click("[data-row]:nth-child(1) .check")
	w.Click("[data-row]:nth-child(2) .check")
	w.Click("[popovertarget=bulk-tag]")
	w.Type("#bulk-tag-text", "pameran 2026")
	w.Tap("customers.bulk.tag")
	w.Read("customers.bulk.changed", "n", 2)
	w.Click(".user")
	w.Tap("ui.user.signout")
	w.WaitPath("/signin")
}

// TestTwoPeopleEditOneCustomer has two people change the same customer at the
// same time, each in a browser. What they change apart is kept without a
// question; what they both change they are asked about; nothing is lost.
func TestTwoPeopleEditOneCustomer(t *testing.T) {
	s := newSite(t, filepath.Join(t.TempDir(), "akrab.db"))
	s.staff()
	k := s.seed()
	page := "/customers/" + k.person.String()
	rina, dimas := s.browse(t, locale.ID), s.browse(t, locale.EN)
	rina.signIn(s.admin.Email)
	dimas.signIn(s.mate.Email)

	rina.Open(page + "/edit")
	dimas.Open(page + "/edit")
	rina.Type("[name=nickname]", "Siti")
	rina.Type("[name=remember]", "Suka kopi tanpa gula.")
	rina.Press("Ctrl+Enter")
	rina.Read("record.saved", "name", "Siti Rahmawati")

	dimas.Type("[name=hours]", "after ten")
	dimas.Type("[name=remember]", "Has moved to Depok.")
	dimas.Press("Ctrl+Enter")
	dimas.Read("record.clash.title")
	dimas.See("Suka kopi tanpa gula.")
	dimas.See("Has moved to Depok.")
	dimas.looks = []string{"desktop light", "phone dark"}
	dimas.Look("clash")
	if c := s.customer(t, k); c.Remember != "Suka kopi tanpa gula." || c.Hours != "" {
		t.Errorf("while one is asked, stored is already %q, %q", c.Remember, c.Hours)
	}
	dimas.Tap("record.clash.mine")
	dimas.Tap("ui.save")
	dimas.Read("record.saved", "name", "Siti Rahmawati")
	c := s.customer(t, k)
	if c.Nickname != "Siti" || c.Hours != "after ten" || c.Remember != "Has moved to Depok." {
		t.Errorf("stored nickname %q, hours %q, remember %q", c.Nickname, c.Hours, c.Remember)
	}
	// What gave way can be found, and by whom it was.
	rina.Open(page + "/history")
	rina.See("Suka kopi tanpa gula.")
	rina.See("Dimas Prakoso")
	rina.See("Rina Kusuma")

	// One fact in place, after it changed beneath.
	rina.Open(page + "?edit=addressing")
	dimas.Open(page + "?edit=addressing")
	dimas.Type("[name=addressing]", "Mbak Siti")
	dimas.Press("Enter")
	dimas.Gone("[name=addressing]")
	rina.Type("[name=addressing]", "Bu Siti")
	rina.Press("Enter")
	rina.Read("record.clash.title")
	if got := s.customer(t, k).Addressing; got != "Mbak Siti" {
		t.Errorf("stored is %q", got)
	}
}

func (s *site) customer(t *testing.T, k known) (c customers.Customer) {
	t.Helper()
	err := s.app.DB.Read(t.Context(), db.Who{User: s.admin.ID}, func(tx *db.Tx) (err error) {
		c, err = customers.Get(t.Context(), tx, k.person)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// importDone waits until an import is done.
func (s *site) importDone(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		var list []imports.Job
		err := s.app.DB.Read(t.Context(), db.Who{User: s.admin.ID}, func(tx *db.Tx) (err error) {
			list, err = imports.List(t.Context(), tx, ids.ID{}, 10)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(list, func(j imports.Job) bool { return j.State == imports.Done }) {
			return
		}
	}
	t.Fatal("the import does not end")
}

// TestUndoIsForWhoMay checks that only who made an operation, or may undo
// those of others, can take it back.
func TestUndoIsForWhoMay(t *testing.T) {
	s := newSite(t, filepath.Join(t.TempDir(), "akrab.db"))
	s.staff()
	k := s.seed()
	undo := "/operations/" + k.operation.String() + "/undo"
	if a := s.signedIn(s.mate, locale.EN).post(undo, nil); a.code != http.StatusForbidden {
		t.Errorf("who may not undo what others did: %d", a.code)
	}
	if a := s.signedIn(s.admin, locale.EN).post(undo, nil); a.code != http.StatusSeeOther {
		t.Errorf("who did it: %d", a.code)
	}
	if a := s.signedIn(s.admin, locale.EN).get("/customers/" + k.person.String()); a.code != http.StatusNotFound {
		t.Errorf("a customer whose adding was undone: %d", a.code)
	}
}
