package listweb_test

import (
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/ui/uitest"
)

// uitestForm returns what the form within the element of that id would send.
func uitestForm(t *testing.T, page, id string) url.Values {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	v := url.Values{}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || !within(n, id) {
			continue
		}
		_, checked := attr(n, "checked")
		kind, _ := attr(n, "type")
		name, _ := attr(n, "name")
		value, _ := attr(n, "value")
		switch {
		case n.Data == "input" && (checked || kind != "checkbox" && kind != "radio"):
			v.Add(name, value)
		case n.Data == "option":
			selectName, _ := attr(n.Parent, "name")
			if _, ok := attr(n, "selected"); ok {
				v.Set(selectName, value)
			} else if !v.Has(selectName) {
				v.Set(selectName, value)
			}
		}
	}
	return v
}

func within(n *html.Node, id string) bool {
	for p := range n.Ancestors() {
		if got, _ := attr(p, "id"); got == id {
			return true
		}
	}
	return false
}

func attr(n *html.Node, key string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val, true
		}
	}
	return "", false
}

func browser(t *testing.T) *uitest.Browser {
	t.Helper()
	if err := ui.CheckAssets(); err != nil {
		if os.Getenv("AKRAB_TEST_BROWSER") == "required" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	s := httptest.NewServer(newSite(t, 120))
	t.Cleanup(s.Close)
	return uitest.New(t, s.URL)
}

// A person filters, sorts, chooses columns and turns pages, with and without script.
func TestBrowser(t *testing.T) {
	b := browser(t)
	for _, script := range []bool{true, false} {
		b.Script(script)
		b.Open("/books")
		b.See("1–50 dari 120")
		b.Click("Saring")
		b.Click("Jenis")
		if script {
			b.Axe()
		}
		b.Click("Puisi")
		b.Click("Terapkan")
		b.WaitPath("/books?f=genre:eq:poem")
		b.See("1–12 dari 12")
		b.Click("[popovertarget=filter-0]")
		b.Select("#filter-0-op", "bukan salah satu dari")
		b.Click("Terapkan")
		b.WaitPath("/books?f=genre:ne:poem")
		b.See("1–50 dari 108")
		b.Click("#sort-2list")
		b.See("Harga: terkecil dulu")
		b.Wait("[aria-sort=ascending] #sort-2list")
		b.Click("Halaman berikutnya")
		b.See("51–100 dari 108")
		b.Click("Halaman sebelumnya")
		b.See("1–50 dari 108")
		b.Click("Kolom")
		b.Click("Halaman")
		b.Click("Terapkan")
		b.WaitPath("/books?f=genre%3Ane%3Apoem&sort=price&c=title&c=genre&c=price&c=pages&c=bought")
		b.Wait("thead th:nth-of-type(5)")
		b.Click("Hapus saringan Jenis")
		b.See("1–50 dari 120")
	}
}

// Everyone can use the list, on a desktop and a telephone, in light and dark.
// With AKRAB_SHOTS set to a directory the pages are drawn there, to look at.
func TestAxe(t *testing.T) {
	b := browser(t)
	dir := os.Getenv("AKRAB_SHOTS")
	for _, size := range []string{"desktop", "phone"} {
		if size == "phone" {
			b.Phone()
		}
		for _, theme := range []string{"light", "dark"} {
			b.Theme(theme)
			for name, path := range map[string]string{
				"list": "/books?f=genre:in:poem,novel&f=bought:before:-7d&sort=-price", "refused": "/books?f=town:eq:x", "nothing": "/books?f=title:eq:x",
			} {
				if name == "refused" {
					b.Forgive() // the console notes the status 422
				}
				b.Open(path)
				b.Axe()
				if name == "list" {
					b.Click("[popovertarget=filter-1]")
					b.Axe()
				}
				if dir != "" {
					b.Screenshot(filepath.Join(dir, "list-"+name+"-"+size+"-"+theme+".png"))
				}
			}
		}
	}
}
