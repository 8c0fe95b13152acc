package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/demo"
	"github.com/akrab-crm/akrab/internal/locale"
)

// TestSegmentsWalk puts a segment together in the demo company, plans something
// for it, and takes it back.
func TestSegmentsWalk(t *testing.T) {
	s := newSite(t, filepath.Join(t.TempDir(), "akrab.db"))
	w := s.browse(t, locale.ID)
	in, err := s.app.MakeDemo(t.Context(), demo.Seed, nil)
	if err != nil {
		t.Fatal(err)
	}
	shoot := func(name string) {
		t.Helper()
		w.Axe()
		dir := os.Getenv("AKRAB_SHOTS")
		if dir == "" {
			return
		}
		w.Screenshot(filepath.Join(dir, name+".png"))
		w.Phone()
		w.Theme("dark")
		w.Screenshot(filepath.Join(dir, name+"-phone-dark.png"))
		w.Desktop()
		w.Theme("light")
	}
	w.Open("/signin")
	w.Type("#f-email", in.Email)
	w.Type("#f-password", in.Password)
	w.Press("Enter")
	w.WaitPath("/")
	w.Press("g", "s")
	w.WaitPath("/segments")
	w.See("Mitra yang melambat")
	shoot("segments")

	// What a list of customers asks for becomes a segment.
	w.Open("/customers?f=city:eq:Kota+Surabaya&f=signal:in:red")
	w.Click("[popovertarget=view-more]")
	w.Tap("customers.list.segment")
	w.Wait("[name='fv.r.0']")
	w.See("Kota adalah Kota Surabaya dan Sinyal")
	w.Open("/segments")
	w.Press("n")
	w.WaitPath("/segments/new")
	w.Type("#f-name", "Surabaya yang aktif atau mitra")
	w.Select("#add-r", w.T("customer.city"))
	w.Click("button[value='add:r']")
	w.Wait("[name='fv.r.0']:focus") // where one goes on
	w.Type("[name='fv.r.0']", "Kota Surabaya")
	w.Wait("#described .list li")
	w.Click("button[value='group:r']")
	w.Wait("#add-r\\.1:focus")
	w.Select("#add-r\\.1", w.T("customer.phase"))
	w.Click("button[value='add:r.1']")
	w.Wait("[name='fv.r.1.0']")
	w.Click("[name='fv.r.1.0'][value=active]")
	w.Select("#add-r\\.1", w.T("segment.kid.order"))
	w.Click("button[value='add:r.1']")
	w.Wait("#add-r\\.1\\.1")
	w.Select("#add-r\\.1\\.1", w.T("order.total"))
	w.Click("button[value='add:r.1.1']")
	w.Wait("[name='fv.r.1.1.0']:focus")
	shoot("segment-form-open")
	w.Type("[name='fv.r.1.1.0']", "sepuluh juta")
	w.See("Nilai sepuluh juta tidak cocok untuk saringan Total (paling sedikit).")
	w.Type("[name='fv.r.1.1.0']", "10.000.000")
	w.Wait("#described .list li")
	w.See("Total paling sedikit Rp 10.000.000")
	shoot("segment-form")
	w.Press("Ctrl+Enter")
	w.Read("segments.toast.created")
	at := w.Path()
	w.Unsee(w.T("segments.counting"))
	shoot("segment")

	w.Tap("plans.new")
	w.Type("#f-title", "Ajak memesan lagi sebelum Lebaran")
	w.Type("#f-most", "20")
	w.Type("[name='actions.0.text']", "Telepon dan tanyakan stok")
	w.Select("[name='actions.0.kind']", w.T("task.kind.call"))
	w.Select("[name='actions.0.each']", w.T("plans.action.each.each"))
	w.Type("[name='actions.1.text']", "Siapkan daftar harga")
	shoot("plan-form")
	w.Press("Ctrl+Enter")
	w.Read("plans.toast.created")
	w.Tap("plans.begin")
	w.Read("plans.toast.begun")
	w.Read("plan.status.running")
	shoot("plan")
	w.Click(".toast form button")
	w.Read("operations.toast.undone", "what", "")
	w.Read("plan.status.draft")
	w.Tap("plans.begin")
	w.Read("plan.status.running")
	w.Type("#f-result", "Sebelas memesan lagi")
	w.Tap("plans.finish")
	w.Read("plans.toast.finished")
	w.Open("/plans")
	w.See("Ajak memesan lagi")
	shoot("plans")
	w.Open("/segments")
	w.See("Surabaya yang aktif")
	shoot("segments")
	w.Open(at)
	w.Tap("segments.see")
	w.Wait("[data-row]")
	if !strings.Contains(w.Path(), "in_segment") {
		t.Errorf("the customers are at %s", w.Path())
	}
	shoot("segment-customers")
	w.Open(at)
	w.Click("[popovertarget=more]")
	w.Tap("segments.delete")
	w.Read("segments.toast.deleted")
	w.Click(".toast form button")
	w.Read("operations.toast.undone", "what", "")
}
