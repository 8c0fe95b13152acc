package listweb_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui/uitest"
	"github.com/akrab-crm/akrab/internal/views"
)

// post sends a form and returns the answer.
func (s *site) post(t *testing.T, path string, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// save saves a view and returns its id.
func (s *site) save(t *testing.T, title, query, shared string) string {
	t.Helper()
	w := s.post(t, "/views", url.Values{"list": {"book"}, "title": {title}, "query": {query}, "shared": {shared}, "back": {"/books?view=poems"}})
	id, ok := strings.CutPrefix(w.Header().Get("Location"), "/books?view=")
	if w.Code != http.StatusSeeOther || !ok {
		t.Fatalf("save %s: %d, to %s\n%s", title, w.Code, w.Header().Get("Location"), w.Body)
	}
	return id
}

var tabLink = regexp.MustCompile(`<a href="(/books[^"]*)" id="view-\d+"( aria-current="page")?[^>]*>([^<]*)`)

// tabs returns the titles of the tabs, with a star before the current one.
func tabs(page string) string {
	var list []string
	for _, m := range tabLink.FindAllStringSubmatch(page, -1) {
		title := strings.TrimSpace(m[3])
		if m[2] != "" {
			title = "*" + title
		}
		list = append(list, title)
	}
	return strings.Join(list, ", ")
}

func TestViewsAreTabs(t *testing.T) {
	s := newSite(t, 60)
	gifts := s.save(t, "Hadiah", "f=tag:eq:hadiah&c=title,tag", "private")
	id, _, _ := strings.Cut(gifts, "&")
	for _, tt := range []struct {
		path, tabs string
		says       []string
		not        []string
	}{
		{"/books", "*Semua buku, Puisi termahal, Hadiah", []string{"1–50 dari 60"}, []string{"diubah", "Buang perubahan"}},
		{"/books?view=poems", "Semua buku, *Puisi termahal, Hadiah", []string{"1–6 dari 6", "Harga: terbesar dulu"}, []string{"Buang perubahan"}},
		{"/books?view=poems&f=genre:eq:poem&sort=-price", "Semua buku, *Puisi termahal, Hadiah", nil, []string{"Buang perubahan"}},
		{"/books?view=poems&f=genre:eq:poem", "Semua buku, *Puisi termahal, Hadiah", []string{"diubah", "Buang perubahan"}, nil},
		{"/books?view=poems&f=", "Semua buku, *Puisi termahal, Hadiah", []string{"1–50 dari 60", "diubah"}, nil},
		{"/books?f=genre:eq:poem", "*Semua buku, Puisi termahal, Hadiah", []string{"1–6 dari 6", "diubah"}, nil},
		{"/books?view=" + id, "Semua buku, Puisi termahal, *Hadiah", []string{"Label adalah hadiah"}, []string{"Rp "}},
		{"/books?view=" + ids.New(s.db.Now()).String(), "*Semua buku, Puisi termahal, Hadiah", []string{"Tampilan ini sudah tidak ada"}, []string{"Buku 001"}},
	} {
		w := s.get(t, tt.path)
		page := w.Body.String()
		uitest.CheckHTML(t, tt.path, page)
		if got := tabs(page); got != tt.tabs {
			t.Errorf("%s has the tabs %s, want %s", tt.path, got, tt.tabs)
		}
		for _, want := range tt.says {
			if !strings.Contains(text(page), want) {
				t.Errorf("%s doesn't say %q", tt.path, want)
			}
		}
		for _, not := range tt.not {
			if strings.Contains(text(page), not) {
				t.Errorf("%s says %q", tt.path, not)
			}
		}
	}
}

// The links of a view stay within it, and say the whole of what they ask for.
func TestLinksOfAView(t *testing.T) {
	s := newSite(t, 600)
	page := s.get(t, "/books?view=poems").Body.String()
	for _, want := range []string{
		`href="/books?f=genre:eq:poem&amp;sort=price&amp;view=poems"`,          // sorted the other way
		`href="/books?f=&amp;view=poems"`,                                      // nothing is left of this: no condition, usual order
		`href="/books/export?f=genre:eq:poem&amp;format=xlsx&amp;sort=-price"`, // the file knows no views
		`name="query" value="f=genre:eq:poem&amp;sort=-price"`,                 // nor do bulk actions
		`href="/books?conditions=1&amp;view=poems"`,                            // what can be filtered by
	} {
		if want == `href="/books?f=&amp;view=poems"` {
			page = s.get(t, "/books?view=poems&f=genre:eq:poem").Body.String()
		}
		if !strings.Contains(page, want) {
			t.Errorf("there is no %s", want)
		}
		if strings.Contains(want, "f=&amp;") {
			page = s.get(t, "/books?view=poems").Body.String()
		}
	}
	next := regexp.MustCompile(`id="pager-next" href="([^"]*)"`).FindStringSubmatch(page)
	if next == nil || !strings.HasPrefix(next[1], "/books?cursor=") || !strings.HasSuffix(next[1], "&amp;view=poems") {
		t.Errorf("the next page is at %v", next)
	}
}

func TestSavingViews(t *testing.T) {
	s := newSite(t, 30)
	w := s.post(t, "/views", url.Values{"list": {"book"}, "title": {" "}, "query": {"f=genre:eq:poem"}, "back": {"/books"}})
	if w.Code != 422 || !strings.Contains(w.Body.String(), `name="query" value="f=genre:eq:poem"`) || !strings.Contains(text(w.Body.String()), "Isi") {
		t.Errorf("a view without a title answers %d\n%s", w.Code, text(w.Body.String()))
	}
	uitest.CheckHTML(t, "/views", w.Body.String())
	id := s.save(t, "Puisi", "f=genre:eq:poem", "")

	// A change of it is saved, and taken back.
	w = s.post(t, "/views/"+id, url.Values{"query": {"f=genre:eq:essay"}, "back": {"/books?view=" + id + "&f=genre:eq:essay"}})
	if w.Code != 303 || w.Header().Get("Location") != "/books?view="+id {
		t.Errorf("saving answers %d, to %s", w.Code, w.Header().Get("Location"))
	}
	r := httptest.NewRequest(http.MethodGet, "/books?view="+id, nil)
	for _, c := range w.Result().Cookies() {
		r.AddCookie(c)
	}
	shown := httptest.NewRecorder()
	s.ServeHTTP(shown, r)
	undo := regexp.MustCompile(`/operations/([^/]+)/undo`).FindStringSubmatch(shown.Body.String())
	if undo == nil || !strings.Contains(text(shown.Body.String()), "Jenis adalah Esai") {
		t.Fatalf("the list after saving says\n%s", text(shown.Body.String()))
	}
	s.post(t, "/operations/"+undo[1]+"/undo", nil)
	if page := text(s.get(t, "/books?view="+id).Body.String()); !strings.Contains(page, "Jenis adalah Puisi") {
		t.Errorf("after undo the view shows\n%s", page)
	}

	// It is renamed; a bad name is refused with what was typed.
	w = s.post(t, "/views/"+id+"/edit", url.Values{"title": {strings.Repeat("x", 81)}, "shared": {"all"}, "back": {"/books"}})
	if w.Code != 422 || !strings.Contains(w.Body.String(), strings.Repeat("x", 81)) {
		t.Errorf("a long title answers %d", w.Code)
	}
	uitest.CheckHTML(t, "/views/edit", s.get(t, "/views/"+id+"/edit?back=/books").Body.String())
	s.post(t, "/views/"+id+"/edit", url.Values{"title": {"Sajak"}, "shared": {"all"}, "back": {"/books"}})
	if got := tabs(s.get(t, "/books").Body.String()); got != "*Semua buku, Puisi termahal, Sajak" {
		t.Errorf("renamed, the tabs are %s", got)
	}

	// Others see what is shared, in the menu, and can't change it; nor what is not.
	mine := s.save(t, "Rahasia", "f=price:gte:1", "private")
	rina := s.who
	s.who, s.share = team.User{ID: ids.New(s.db.Now()), Name: "Dimas"}, false
	page := s.get(t, "/books").Body.String()
	if got := tabs(page); got != "*Semua buku, Puisi termahal" || !strings.Contains(text(page), "Sajak") || strings.Contains(text(page), "Rahasia") {
		t.Errorf("a colleague has the tabs %s", got)
	}
	for path, want := range map[string]int{"/views/" + id: 403, "/views/" + mine: 404, "/views/" + id + "/delete": 403, "/views/" + mine + "/delete": 404, "/views/" + mine + "/edit": 404} {
		if w := s.post(t, path, url.Values{"query": {"f=genre:eq:novel"}, "title": {"x"}, "back": {"/books"}}); w.Code != want {
			t.Errorf("a colleague's POST %s answers %d, want %d", path, w.Code, want)
		}
	}
	if w := s.post(t, "/views", url.Values{"list": {"book"}, "title": {"x"}, "shared": {"all"}}); w.Code != 403 {
		t.Errorf("sharing without the permission answers %d", w.Code)
	}
	s.who, s.share = rina, true
	s.post(t, "/views/"+id+"/delete", url.Values{"back": {"/books"}})
	if got := tabs(s.get(t, "/books").Body.String()); got != "*Semua buku, Puisi termahal, Rahasia" {
		t.Errorf("deleted, the tabs are %s", got)
	}
}

// Each keeps the views in their own order.
func TestArrangingViews(t *testing.T) {
	s := newSite(t, 30)
	id := s.save(t, "Hadiah", "f=tag:eq:hadiah", "all")
	form := url.Values{"list": {"book"}, "back": {"/books?arrange=1"}, "view": {"all", "poems", id}, "pinned": {"all", "poems", id}}
	do := func(what string) {
		t.Helper()
		form.Set("do", what)
		if w := s.post(t, "/views/places", form); w.Code != 303 || w.Header().Get("Location") != "/books?arrange=1" {
			t.Fatalf("%s answers %d, to %s", what, w.Code, w.Header().Get("Location"))
		}
		sent := uitestForm(t, s.get(t, "/books?arrange=1").Body.String(), "arrange")
		form["view"], form["pinned"], form["first"] = sent["view"], sent["pinned"], sent["first"]
	}
	do("up:" + id)
	do("unpin:all")
	do("first:poems")
	page := s.get(t, "/books").Body.String()
	uitest.CheckHTML(t, "/books", page)
	if got := tabs(page); got != "Hadiah, *Puisi termahal" || !strings.Contains(text(page), "1–3 dari 3") {
		t.Errorf("the tabs are %s", got)
	}
	if got := tabs(s.get(t, "/books?view=all").Body.String()); got != "*Semua buku, Hadiah, Puisi termahal" {
		t.Errorf("a view in the menu is opened as %s", got)
	}
	if page := s.get(t, "/books?view=all").Body.String(); !strings.Contains(page, `href="/books?sort=-title&amp;view=all"`) && !strings.Contains(page, `href="/books?sort=-title"`) {
		t.Error("the order of titles can't be turned round")
	}
	rina := s.who
	s.who = team.User{ID: ids.New(s.db.Now()), Name: "Dimas"}
	if got := tabs(s.get(t, "/books").Body.String()); got != "*Semua buku, Puisi termahal" {
		t.Errorf("a colleague has the tabs %s", got)
	}
	s.who = rina
	// A view that came later stands behind those in order.
	s.save(t, "Baru", "f=genre:eq:essay", "private")
	if got := tabs(s.get(t, "/books").Body.String()); got != "Hadiah, *Puisi termahal, Baru" {
		t.Errorf("with a new one the tabs are %s", got)
	}
}

// A view opens although the list knows some of its columns no more.
func TestViewWithLostColumns(t *testing.T) {
	s := newSite(t, 30)
	v := views.View{List: "book", Title: "Lama", Query: "f=shelf:eq:3&f=genre:eq:poem&sort=-shelf&c=title,shelf,price", Shared: views.All}
	err := s.db.Write(t.Context(), db.Op{Why: "view.create", Who: db.Who{User: s.who.ID}}, func(tx *db.Tx) error { return views.Create(t.Context(), tx, &v) })
	if err != nil {
		t.Fatal(err)
	}
	w := s.get(t, "/books?view="+v.ID.String())
	page := text(w.Body.String())
	for _, want := range []string{"shelf:eq:3, -shelf", "1–3 dari 3", "Jenis adalah Puisi", "Rp 10.000"} {
		if !strings.Contains(page, want) {
			t.Errorf("it doesn't say %q\n%s", want, page)
		}
	}
	if w.Code != 200 {
		t.Errorf("it answers %d", w.Code)
	}
}

// A person saves a view, changes it, discards and saves the change, arranges
// the tabs and takes a deletion back, with and without script.
func TestViewsInABrowser(t *testing.T) {
	b := browser(t)
	for _, script := range []bool{true, false} {
		b.Script(script)
		b.Open("/books?f=genre:eq:poem")
		b.Click("[popovertarget=view-save]")
		b.Type("Nama tampilan", "Sajak")
		b.Click("#view-save button")
		b.See("Tampilan Sajak tersimpan")
		b.Wait(`.tabs [aria-current]`)
		b.See("1–12 dari 12")
		b.Click("#sort-2list")
		b.Wait("[aria-sort=ascending] #sort-2list")
		b.Click(".views-end a")
		b.Wait("[aria-sort=ascending] #sort-0list")
		b.Click("#sort-2list")
		b.Wait("[aria-sort=ascending] #sort-2list")
		b.Click(".views-end form button")
		b.See("Tampilan Sajak tersimpan")
		b.Gone(".views-end")
		b.Click("[popovertarget=view-more]")
		b.Click("Atur tampilan")
		b.See("Dibuka pertama")
		b.Click("Naikkan Sajak")
		b.Wait(`.list li:nth-child(2) [value^="unpin:0"]`)
		b.Click("Hapus tampilan Sajak")
		b.See("Tampilan Sajak dihapus")
		b.Click("#toasts .toast:last-child form button")
		b.Unsee("Tampilan Sajak dihapus")
		b.See("Sajak")
		b.Open("/books?arrange=1")
		b.Click("Hapus tampilan Sajak")
		b.See("Tampilan Sajak dihapus")
	}
}

func TestViewsLook(t *testing.T) {
	b := browser(t)
	dir := os.Getenv("AKRAB_SHOTS")
	b.Open("/books?f=genre:eq:poem")
	b.Click("[popovertarget=view-save]")
	b.Type("Nama tampilan", "Puisi pilihan")
	b.Click("#view-save button")
	b.See("Tampilan Puisi pilihan tersimpan")
	path := b.Path()
	for _, size := range []string{"desktop", "phone"} {
		b.Desktop()
		if size == "phone" {
			b.Phone()
		}
		for _, theme := range []string{"light", "dark"} {
			b.Theme(theme)
			for name, at := range map[string]string{"changed": path + "&f=genre:eq:poem&sort=-price", "arrange": "/books?arrange=1", "conditions": "/books"} {
				b.Open(at)
				if name == "conditions" {
					b.Click("[popovertarget=filter-add]")
					b.Wait("#filter-add summary")
				}
				if name == "changed" {
					b.Click("[popovertarget=view-more]")
					b.Wait("#view-more [role=menuitem]")
				}
				b.Axe()
				if dir != "" {
					b.Screenshot(filepath.Join(dir, "views-"+name+"-"+size+"-"+theme+".png"))
				}
			}
		}
	}
}
