// Package gallery is a small site that shows every part of package ui in use,
// for tests and for looking at. It is not in the product.
package gallery

import (
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/ui"
)

// A site is the gallery with what its visitor has done.
type site struct {
	mu    sync.Mutex
	rows  []customer
	user  ui.Visitor
	phone string
	notes []string
}

type customer struct {
	id                                   ids.ID
	name, role, tone, signal, tier, city string
	owner                                string
	balance                              int64
	used                                 float64
	last                                 time.Duration
	next                                 string
}

// Now is the time in the gallery.
var Now = time.Date(2026, 11, 17, 3, 30, 0, 0, time.UTC)

// New returns the gallery.
func New() (http.Handler, error) {
	cat, err := locale.Load(ui.Text)
	if err != nil {
		return nil, err
	}
	s := &site{
		rows: customers(), phone: "0812-3045-7781",
		user: ui.Visitor{
			Who: db.Who{User: ids.New(Now), Name: "Rina Kusuma"}, Session: ids.New(Now), Name: "Rina Kusuma", Email: "rina@sinarnusantara.co.id",
			Lang: locale.ID, Shortcuts: true, Can: func(ui.Perm) bool { return true },
		},
	}
	pages := ui.NewMux(ui.MuxOptions{
		Auth:    func(http.ResponseWriter, *http.Request) (ui.Visitor, error) { return s.visitor(), nil },
		Printer: func(l locale.Lang) *locale.Printer { return cat.Printer(l, locale.Workspace{}) },
		Brand:   func() string { return "PT Sinar Nusantara" },
		Nav:     nav, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return Now },
	}, s.routes())
	mux := http.NewServeMux()
	mux.Handle("/assets/", ui.AssetHandler())
	mux.Handle("/", pages)
	return mux, nil
}

func (s *site) visitor() ui.Visitor {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.user
}

// The labels of the gallery are messages of package ui that fit roughly.
var nav = []ui.NavItem{
	{Key: "home", Label: "ui.error.home", Href: "/components", Icon: "home", Keys: "g h", Bar: true},
	{Key: "search", Label: "ui.search.title", Href: "/search", Icon: "search", Bar: true},
	{Key: "customers", Label: "ui.keys.list", Href: "/customers", Icon: "org", Keys: "g c", Bar: true, Group: "ui.keys.page"},
	{Key: "empty", Label: "ui.list.none", Href: "/empty", Icon: "inbox", Group: "ui.keys.page"},
	{Key: "settings", Label: "ui.user.settings", Href: "/me", Icon: "gear", Group: ui.NavFoot},
}

func (s *site) routes() []ui.Route {
	return []ui.Route{
		ui.GET("/components", ui.Self, s.components),
		ui.GET("/{$}", ui.Self, s.components),
		ui.GET("/me", ui.Self, s.components),
		ui.GET("/customers", ui.Self, s.list),
		ui.GET("/customers/new", ui.Self, s.newForm),
		ui.POST("/customers", ui.Self, s.create),
		ui.GET("/customers/{id}", ui.Self, s.record),
		ui.POST("/customers/{id}/phone", ui.Self, s.savePhone),
		ui.POST("/customers/{id}/notes", ui.Self, s.addNote),
		ui.POST("/customers/bulk/archive", ui.Self, s.archive),
		ui.GET("/empty", ui.Self, s.empty),
		ui.GET("/bare", ui.Self, s.bare),
		ui.GET("/broken", ui.Self, func(http.ResponseWriter, *ui.Req) error { panic("broken on purpose") }),
		ui.POST("/operations/{id}/undo", ui.Self, s.undo),
		ui.POST(ui.PathTheme, ui.Self, s.theme),
		ui.POST(ui.PathLanguage, ui.Self, s.language),
		ui.POST(ui.PathSidebar, ui.Self, s.sidebar),
		ui.SearchRoute(s.find),
	}
}

func (s *site) components(w http.ResponseWriter, r *ui.Req) error {
	return ui.Render(w, r, http.StatusOK, componentsPage(r.View))
}

const pageSize = 8

func (s *site) list(w http.ResponseWriter, r *ui.Req) error {
	if to, ok := r.AddFilter(); ok {
		return ui.Redirect(w, r, to)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := listPage{View: r.View, Sort: r.Text("sort"), Filters: r.Texts("f"), Page: int(r.Int("page", 1))}
	for _, c := range s.rows {
		if p.matches(c) {
			p.Rows = append(p.Rows, c)
		}
	}
	if p.Sort == "-name" {
		slices.SortFunc(p.Rows, func(a, b customer) int { return strings.Compare(b.name, a.name) })
	} else if p.Sort == "name" {
		slices.SortFunc(p.Rows, func(a, b customer) int { return strings.Compare(a.name, b.name) })
	}
	p.Total = len(p.Rows)
	p.From = min((p.Page-1)*pageSize, p.Total)
	p.Rows = p.Rows[p.From:min(p.From+pageSize, p.Total)]
	return ui.Render(w, r, http.StatusOK, p.page())
}

func (s *site) newForm(w http.ResponseWriter, r *ui.Req) error {
	return ui.Render(w, r, http.StatusOK, formPage(r.View, r, nil))
}

func (s *site) create(w http.ResponseWriter, r *ui.Req) error {
	if r.Reshape() {
		return ui.Render(w, r, http.StatusOK, formPage(r.View, r, nil))
	}
	var list errs.List
	if r.Text("name") == "" {
		list.Add(errs.InvalidField("name", "error.required"))
	}
	for _, i := range r.Rows("emails") {
		name := ui.RowName("emails", i, "value")
		if v := r.Text(name); v != "" && !strings.Contains(v, "@") {
			list.Add(errs.InvalidField(name, "mailaddr.invalid"))
		}
	}
	if err := list.Err(); err != nil {
		return ui.Render(w, r, http.StatusUnprocessableEntity, formPage(r.View, r, err))
	}
	ui.Flash(w, r, ui.Toast{Key: "ui.list.selected", N: int64(len(r.Rows("emails"))), Undo: ids.New(Now)})
	return ui.Redirect(w, r, "/customers")
}

func (s *site) record(w http.ResponseWriter, r *ui.Req) error {
	return s.showRecord(w, r, http.StatusOK, r.Text("edit"), "", "")
}

func (s *site) showRecord(w http.ResponseWriter, r *ui.Req, status int, edit, phone, problem string) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.rows, func(c customer) bool { return c.id == id })
	if i < 0 {
		return errs.New(errs.NotFound, "error.not_found")
	}
	p := recordPage{View: r.View, C: s.rows[i], Phone: s.phone, Notes: s.notes, Edit: edit, Typed: s.phone, Problem: problem}
	if problem != "" {
		p.Typed = phone
	}
	return ui.Render(w, r, status, p.page())
}

func (s *site) savePhone(w http.ResponseWriter, r *ui.Req) error {
	phone := r.Text("phone")
	if phone == "broken" {
		return errors.New("broken on purpose")
	}
	if len(phone) < 5 {
		return s.showRecord(w, r, http.StatusUnprocessableEntity, "phone", phone, r.View.T("phone.invalid"))
	}
	s.mu.Lock()
	s.phone = phone
	s.mu.Unlock()
	ui.Flash(w, r, ui.Toast{Key: "ui.save", Undo: ids.New(Now)})
	return ui.Redirect(w, r, "/customers/"+r.PathValue("id"))
}

func (s *site) addNote(w http.ResponseWriter, r *ui.Req) error {
	s.mu.Lock()
	s.notes = append(s.notes, r.Text("body"))
	s.mu.Unlock()
	ui.Flash(w, r, ui.Toast{Key: "ui.save"})
	return ui.Redirect(w, r, "/customers/"+r.PathValue("id"))
}

func (s *site) archive(w http.ResponseWriter, r *ui.Req) error {
	list, err := r.IDs("id")
	if err != nil {
		return err
	}
	n := int64(len(list))
	if r.Bool("all") {
		n = int64(len(s.rows))
	}
	ui.Flash(w, r, ui.Toast{Key: "ui.list.selected", N: n, Undo: ids.New(Now)})
	return ui.Redirect(w, r, r.Back("/customers"))
}

func (s *site) undo(w http.ResponseWriter, r *ui.Req) error {
	if _, err := r.ID("id"); err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: "ui.toast.undo", Tone: "info"})
	return ui.Redirect(w, r, r.Back("/"))
}

func (s *site) empty(w http.ResponseWriter, r *ui.Req) error {
	return ui.Render(w, r, http.StatusOK, emptyPage(r.View))
}

func (s *site) bare(w http.ResponseWriter, r *ui.Req) error {
	return ui.Render(w, r, http.StatusOK, barePage(r.View))
}

func (s *site) theme(w http.ResponseWriter, r *ui.Req) error {
	s.mu.Lock()
	s.user.Theme = r.Text("theme")
	s.mu.Unlock()
	return ui.Done(w, r, "/")
}

func (s *site) language(w http.ResponseWriter, r *ui.Req) error {
	s.mu.Lock()
	s.user.Lang = locale.Lang(r.Text("lang"))
	s.mu.Unlock()
	return ui.Done(w, r, "/")
}

func (s *site) sidebar(w http.ResponseWriter, r *ui.Req) error {
	s.mu.Lock()
	s.user.NavFolded = r.Bool("folded")
	s.mu.Unlock()
	return ui.Done(w, r, "/")
}

func (s *site) find(r *ui.Req, q string) ([]ui.HitGroup, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var hits []ui.Hit
	for _, c := range s.rows {
		if strings.Contains(strings.ToLower(c.name), strings.ToLower(q)) {
			hits = append(hits, ui.Hit{Href: "/customers/" + c.id.String(), Name: c.name, Sub: c.city, Org: true})
		}
	}
	return []ui.HitGroup{{Label: "Pelanggan", Hits: hits}}, nil
}

func customers() []customer {
	day := 24 * time.Hour
	list := []customer{
		{name: "CV Tirta Berkah Abadi", role: "Reseller", tone: "warn", signal: "Attention", tier: "A2", city: "Surabaya", owner: "Rina Kusuma", balance: 82150000, used: 82, last: day, next: "Call about 2 overdue invoices"},
		{name: "Hotel Puri Melati", role: "Direct", tone: "bad", signal: "At risk", tier: "A1", city: "Yogyakarta", owner: "Rina Kusuma", balance: 96000000, used: 48, last: time.Hour, next: "Reply to complaint"},
		{name: "UD Sumber Rejeki", role: "Reseller", tone: "warn", signal: "Attention", tier: "B1", city: "Malang", owner: "Fajar Nugraha", balance: 12500000, used: 31, last: 41 * day, next: "Ask about RO-5 reorder"},
		{name: "Toko Bangunan Maju Jaya", role: "Reseller", tone: "warn", signal: "Attention", tier: "B2", city: "Sidoarjo", owner: "Rina Kusuma", balance: 41720000, used: 94, last: 3 * day, next: "Credit limit review"},
		{name: "RS Mitra Keluarga Bakti", role: "Direct", tone: "bad", signal: "At risk", tier: "A2", city: "Bandung", owner: "Lestari Handayani", balance: 188400000, used: 77, last: 12 * day, next: "Escalate SLA breach"},
		{name: "CV Lautan Teknik", role: "Reseller", tone: "warn", signal: "Attention", tier: "B1", city: "Makassar", owner: "Fajar Nugraha", balance: 27300000, used: 58, last: 9 * day, next: "Send Q4 price list"},
		{name: "Koperasi Karya Sejahtera", role: "Reseller", tone: "warn", signal: "Attention", tier: "C1", city: "Semarang", owner: "Intan Permata", balance: 8960000, used: 22, last: 18 * day, next: "Confirm new contact"},
		{name: "Toko Elektronik Sentosa", role: "Reseller", tone: "bad", signal: "At risk", tier: "B1", city: "Denpasar", owner: "Intan Permata", balance: 53100000, used: 100, last: 27 * day, next: "Collect before release"},
		{name: "Depot Air Segar Tirta", role: "Direct", tone: "ok", signal: "Healthy", tier: "C2", city: "Mojokerto", owner: "Rina Kusuma", balance: 2150000, used: 14, last: 33 * day, next: "Service contract offer"},
		{name: "PT Samudra Logistik Prima", role: "Direct", tone: "warn", signal: "Attention", tier: "A2", city: "Surabaya", owner: "Lestari Handayani", balance: 64800000, used: 40, last: 5 * day, next: "Renewal due 30 Nov"},
		{name: "UD Bina Tani", role: "Reseller", tone: "", signal: "New", tier: "C1", city: "Jember", owner: "Fajar Nugraha", balance: 5400000, used: 36, last: 21 * day, next: "Visit with demo unit"},
		{name: "CV Karya Beton Utama", role: "Direct", tone: "bad", signal: "At risk", tier: "B2", city: "Kediri", owner: "Intan Permata", balance: 73900000, used: 88, last: 16 * day, next: "Resolve disputed invoice"},
	}
	for i := range list {
		list[i].id = ids.MustParse("0195f3a0-0000-7000-8000-0000000000" + strconv.Itoa(10+i))
	}
	return list
}
