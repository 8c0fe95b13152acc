package listweb_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/sheet"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/ui/uitest"
)

// with renders a component with children.
func with(outer, children templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return outer.Render(templ.WithChildren(ctx, children), w)
	})
}

var tags = regexp.MustCompile(`<[^>]*>`)

// text returns what a page says, without its elements.
func text(page string) string {
	return strings.Join(strings.Fields(tags.ReplaceAllString(page, " ")), " ")
}

func TestPages(t *testing.T) {
	s := newSite(t, 120)
	for _, tt := range []struct {
		path   string
		status int
		says   []string
		not    []string
	}{
		{"/books", 200, []string{"Buku 000", "1–50 dari 120", "Judul: A ke Z", "Rp 1.000"}, []string{"Buku 060", "Hapus semua saringan"}},
		{"/books?f=genre:eq:poem", 200, []string{"Jenis Ubah saringan Jenis adalah Puisi", "1–12 dari 12", "Buku 110"}, []string{"Buku 001"}},
		{"/books?f=genre:in:poem,essay&f=price:gte:50000", 200, []string{"salah satu dari Puisi, Esai", "paling sedikit Rp 50.000", "Hapus semua saringan", "Buku 050"}, []string{"Buku 010 "}},
		{"/books?f=series:eq:01900000-0000-7000-8000-000000000001", 200, []string{"Seri adalah Tetralogi Buru", "Tidak ada yang cocok"}, nil},
		{"/books?f=owner:eq:me", 200, []string{"Penanggung jawab adalah Saya"}, nil},
		{"/books?f=tag:eq:hadiah&c=title,tag", 200, []string{"hadiah"}, []string{"Rp "}},
		{"/books?f=bought:within:-30d&sort=-bought", 200, []string{"Dibeli dalam 30 hari terakhir", "Dibeli: terbaru dulu"}, nil},
		{"/books?f=title:contains:zzz", 200, []string{"Tidak ada yang cocok"}, []string{"Halaman berikutnya 1"}},
		{"/books?f=read:eq:true", 200, []string{"Buku 002"}, []string{"Buku 003"}},
		{"/books?f=town:eq:x", 422, []string{"Daftar ini tidak dapat disaring menurut town."}, []string{"Buku 001"}},
		{"/books?f=price:gte:murah", 422, []string{"Nilai murah tidak cocok untuk saringan Harga (paling sedikit)."}, []string{"Buku 001"}},
		{"/books?sort=color&cursor=x", 422, []string{"tidak dapat diurutkan menurut color", "Halaman ini tidak ada lagi"}, nil},
		{"/books?limit=1000000", 422, []string{"Pilih 1 sampai 200 baris"}, nil},
		{"/books?f=%3Cscript%3E", 422, []string{"&lt;script&gt;"}, []string{"<script>"}},
	} {
		w := s.get(t, tt.path)
		if w.Code != tt.status {
			t.Errorf("%s: status %d, want %d", tt.path, w.Code, tt.status)
		}
		uitest.CheckHTML(t, tt.path, w.Body.String())
		page := text(w.Body.String())
		for _, want := range tt.says {
			if !strings.Contains(page, want) {
				t.Errorf("%s doesn't say %q", tt.path, want)
			}
		}
		for _, not := range tt.not {
			if strings.Contains(page, not) {
				t.Errorf("%s says %q", tt.path, not)
			}
		}
	}
}

// Every filter form, whatever was typed, ends at the one address of its meaning.
func TestRedirect(t *testing.T) {
	s := newSite(t, 1)
	for _, tt := range []struct{ sent, want string }{
		{"fk=title&fo=starts&fv=+Bumi+", "?f=title:starts:Bumi"},
		{"fk=genre&fo=in&fv=poem", "?f=genre:eq:poem"},
		{"fk=genre&fo=in&fv=poem&fv=essay", "?f=genre:in:poem,essay"},
		{"fk=genre&fo=nin&fv=poem", "?f=genre:ne:poem"},
		{"fk=genre&fo=in", "?f="},
		{"fk=owner&fo=empty&fv=me", "?f=owner:empty"},
		{"fk=read&fo=eq&fv=true", "?f=read:eq:true"},
		{"fk=price&fo=gte&fv=Rp+1.500.000", "?f=price:gte:1500000"},
		{"fk=price&fo=between&fv=1.000&ft=2.000", "?f=price:between:1000,2000"},
		{"fk=price&fo=between&fv=1.000&ft=", "?f="},
		{"fk=price&fo=gte&fv=murah", "?f=price:gte:murah"},
		{"fk=pages&fo=lte&fv=1.250", "?f=pages:lte:1250"},
		{"fk=bought&fo=within&fp=-30d&fv=2026-01-01", "?f=bought:within:-30d"},
		{"fk=bought&fo=before&fd=&fv=2026-01-31", "?f=bought:before:2026-01-31"},
		{"fk=bought&fo=before&fd=-60d&fv=", "?f=bought:before:-60d"},
		{"f=bought:before:-60d&fk=bought&fo=before&fd=-60d&fv=2026-01-31&was=bought:before:-60d", "?f=bought:before:2026-01-31"},
		{"f=bought:before:2026-01-31&fk=bought&fo=before&fd=-7d&fv=2026-01-31&was=bought:before:2026-01-31", "?f=bought:before:-7d"},
		{"fk=bought&fo=eq&fd=-60d&fv=17/11/2026", "?f=bought:eq:2026-11-17"},
		{"fk=bought&fo=between&fv=2026-01-01&ft=2026-01-31", "?f=bought:between:2026-01-01,2026-01-31"},
		{"fk=tag&fo=eq&fv=a:b,c", "?f=tag:eq:a:b,c"},
		{"fk=nothing&fo=eq&fv=x", "?f="},
		{"f=genre:eq:poem&fk=read&fo=eq&fv=true&sort=-price&limit=20&c=title&cursor=x", "?c=title&f=genre:eq:poem&f=read:eq:true&limit=20&sort=-price"},
		{"f=genre:eq:poem&f=read:eq:true&fk=genre&fo=in&fv=novel&was=genre:eq:poem", "?f=genre:eq:novel&f=read:eq:true"},
		{"f=genre:eq:poem&fk=genre&fo=in&was=genre:eq:poem", "?f="},
		{"f=genre:eq:poem&fk=genre&fo=in&fv=poem", "?f=genre:eq:poem"},
	} {
		w := s.get(t, "/books?"+tt.sent)
		if got := w.Header().Get("Location"); w.Code != http.StatusSeeOther || got != "/books"+tt.want {
			t.Errorf("%s leads to %d %s, want %s", tt.sent, w.Code, got, "/books"+tt.want)
		}
	}
}

// A form that shows a condition sends it again as it is.
func TestFormsKeepTheirCondition(t *testing.T) {
	s := newSite(t, 1)
	for _, f := range []string{
		"title:starts:Bumi", "genre:eq:poem", "genre:nin:poem,essay", "price:gte:1500000", "price:between:1000,2000", "pages:eq:12",
		"bought:within:-30d", "bought:within:-45d", "bought:before:-60d", "bought:eq:2026-11-17", "bought:between:2026-01-01,2026-01-31",
		"lent:within:this-month", "owner:eq:me", "read:eq:false", "tag:contains:a,b", "owner:empty", "lent:gte:2026-01-01",
	} {
		page := s.get(t, "/books?f="+url.QueryEscape(f)).Body.String()
		sent := uitestForm(t, page, "filter-0")
		w := s.get(t, "/books?"+sent.Encode())
		if got := w.Header().Get("Location"); got != "/books?f="+f {
			t.Errorf("the form of %s sends %s and leads to %s", f, sent.Encode(), got)
		}
	}
}

func TestCountComesLater(t *testing.T) {
	s := newSite(t, 10_010)
	path := "/books?f=read:eq:true&f=price:gte:10000"
	page := s.get(t, path).Body.String()
	if !strings.Contains(page, `hx-get="/books?counted=1&amp;f=read:eq:true&amp;f=price:gte:10000"`) {
		t.Errorf("the page doesn't ask for its count:\n%s", page)
	}
	r := httptest.NewRequest(http.MethodGet, path+"&counted=1", nil)
	r.Header.Set("HX-Request", "true")
	r.Header.Set("HX-Request-Type", "partial")
	r.Header.Set("HX-Target", "span#count")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if got := strings.TrimSpace(text(w.Body.String())); got != "1–50 dari 5.000" {
		t.Errorf("the count is %q", got)
	}
}

func TestBulk(t *testing.T) {
	s := newSite(t, 60)
	first := regexp.MustCompile(`name="id" value="([^"]+)"`).FindAllStringSubmatch(s.get(t, "/books").Body.String(), 2)
	for _, tt := range []struct {
		form   string
		status int
		want   int
	}{
		{"id=" + first[0][1] + "&id=" + first[1][1] + "&all=&query=", 303, 2},
		{"id=" + first[0][1] + "&all=1&query=" + url.QueryEscape("f=genre:eq:poem&sort=-price"), 303, 6},
		{"all=1&query=", 303, 60},
		{"all=", 422, 0},
		{"all=1&query=" + url.QueryEscape("f=genre:like:poem"), 422, 0},
		{"id=01900000-0000-7000-8000-000000000bad", 404, 0},
		{"id=x", 404, 0},
	} {
		s.chosen = nil
		r := httptest.NewRequest(http.MethodPost, "/books/burn", strings.NewReader(tt.form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != tt.status || len(s.chosen) != tt.want {
			t.Errorf("%s: status %d, %d books, want %d, %d", tt.form, w.Code, len(s.chosen), tt.status, tt.want)
		}
	}
}

func TestExport(t *testing.T) {
	s := newSite(t, 300)
	w := s.get(t, "/books/export?f=price:lt:9000&sort=-price&c=title,price,bought&format=csv")
	want := "\uFEFFJudul;Harga;Dibeli\r\nBuku 008;8000;2026-02-09\r\n"
	if got := w.Body.String(); !strings.HasPrefix(got, want) || strings.Count(got, "\r\n") != 10 || !strings.Contains(got, `'=cmd`) {
		t.Errorf("got %q", got)
	}
	if got := w.Header().Get("Content-Disposition"); got != `attachment; filename="book-2026-03-02.csv"` {
		t.Errorf("it is called %s", got)
	}
	w = s.get(t, "/books/export?format=xlsx")
	name := filepath.Join(t.TempDir(), "books.xlsx")
	if err := os.WriteFile(name, w.Body.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_, head, rows, err := sheet.Sample(f, name, nil, 1000)
	if err != nil || len(rows) != 300 || len(head) != 4 {
		t.Errorf("XLSX has %d rows of %v, %v", len(rows), head, err)
	}
	if w := s.get(t, "/books/export?f=town:eq:x"); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a bad export answers %d", w.Code)
	}
}

// The catalogue has a text for every message of the package, in both languages.
func TestTexts(t *testing.T) {
	if _, err := locale.Load(ui.Text, list.Text); err != nil {
		t.Fatal(err)
	}
	s := newSite(t, 60)
	s.lang = locale.EN
	page := s.get(t, "/books?f=bought:before:-60d&f=genre:in:poem,essay").Body.String()
	uitest.CheckHTML(t, "/books in English", page)
	for _, want := range []string{"is before 60 days ago", "is any of Poem, Essay", "Title: A to Z"} {
		if !strings.Contains(text(page), want) {
			t.Errorf("the page doesn't say %q", want)
		}
	}
}
