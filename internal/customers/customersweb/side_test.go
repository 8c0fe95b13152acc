package customersweb_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/locale"
)

// A customer opens beside the list, without script too, and one goes on to the
// next with the keys.
func TestBesideTheList(t *testing.T) {
	s, b := browse(t)
	s.company()
	s.crowd(60)
	for _, script := range []bool{false, true} {
		b.Script(script)
		b.Open("/customers")
		b.Click("Buka CV Tirta Berkah Abadi di samping daftar")
		b.Wait("#side-title")
		b.See("Kenali")
		if !strings.Contains(b.Path(), "side=") {
			t.Errorf("the address is %s", b.Path())
		}
		b.Click("Tutup panel samping")
		b.Gone("#side-title")
		if p := b.Path(); p != "/customers" {
			t.Errorf("closed, the address is %s", p)
		}
	}
	b.Press("j", "j", "Shift+Enter")
	b.Wait("#side-title")
	first := b.Text("#side-title")
	if b.Focused() != "side-title" {
		t.Errorf("the focus is at %s", b.Focused())
	}
	b.Press("j")
	b.Wait(`[data-row][aria-current][data-at]`)
	second := b.Text("#side-title")
	for range 50 {
		if second != first {
			break
		}
		second = b.Text("#side-title")
	}
	if first == second {
		t.Errorf("j leaves %s beside the list", first)
	}
	b.Press("Escape")
	b.Gone("#side-title")
	b.Press("Enter")
	b.Wait("h1")
	if got := b.Text("h1"); got != second {
		t.Errorf("Enter opens %s, want %s", got, second)
	}
}

func TestSideLooks(t *testing.T) {
	s, b := browse(t)
	s.company()
	s.crowd(60)
	b.Open("/customers")
	b.Click("Buka CV Tirta Berkah Abadi di samping daftar")
	b.Wait("#side-title")
	path := b.Path()
	dir := os.Getenv("AKRAB_SHOTS")
	for _, size := range []string{"desktop", "phone"} {
		b.Desktop()
		if size == "phone" {
			b.Phone()
		}
		for theme, lang := range map[string]locale.Lang{"light": locale.ID, "dark": locale.EN} {
			b.Theme(theme)
			s.speak(lang)
			b.Open(path)
			b.Wait("#side-title")
			if dir != "" {
				b.Screenshot(filepath.Join(dir, "side-"+size+"-"+theme+".png"))
			}
			b.Axe()
		}
	}
}
