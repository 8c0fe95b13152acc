package insightsweb_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/ui/uitest"
)

// TestLook shows every page to a browser, wide and narrow, in light and dark:
// everyone can use it. With AKRAB_SHOTS it keeps pictures in that folder.
func TestLook(t *testing.T) {
	s := newSite(t, dbtest.Open(t, modules...))
	s.fill()
	mux := http.NewServeMux()
	mux.Handle("/assets/", ui.AssetHandler())
	mux.Handle("/", s.mux)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	b := uitest.New(t, server.URL)
	shots := os.Getenv("AKRAB_SHOTS")
	for _, theme := range []string{"light", "dark"} {
		b.Theme(theme)
		for _, p := range paths {
			for _, wide := range []bool{true, false} {
				name := strings.Trim(strings.NewReplacer("/", "-", "?", "-", "=", "-", "&", "-").Replace(p), "-") + "-" + theme
				if b.Desktop(); !wide {
					b.Phone()
					name += "-phone"
				}
				b.Open(p)
				b.Axe()
				if shots != "" {
					b.Screenshot(filepath.Join(shots, name+".png"))
				}
			}
		}
	}
}
