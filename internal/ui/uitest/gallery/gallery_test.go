package gallery

import (
	"net/http/httptest"
	"os"
	"path/filepath"
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
