package app_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/imports"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/mail"
	"github.com/akrab-crm/akrab/internal/notices"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/segments"
	"github.com/akrab-crm/akrab/internal/tasks"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui/uitest"
	"github.com/akrab-crm/akrab/internal/views"
)

// A form is a form of a page, or a button of one that sends it elsewhere.
type form struct {
	action    string
	multipart bool
	fields    url.Values
	files     []string // names of its file fields
}

// name tells forms apart that do different things.
func (f *form) name() string {
	return shape(f.action) + " " + strings.Join(slices.Sorted(maps.Keys(f.fields)), ",")
}

var uuid = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// shape is an address without what differs from record to record.
func shape(target string) string {
	path, query, _ := strings.Cut(target, "?")
	q, err := url.ParseQuery(query)
	if err != nil {
		return path
	}
	return uuid.ReplaceAllString(path, "{id}") + "?" + strings.Join(slices.Sorted(maps.Keys(q)), "&")
}

// A crawl is the pages that can be reached by links from the first page.
type crawl struct {
	c     *client
	seen  map[string]int // how often each shape was visited
	found map[string]bool
	forms map[string]*form
	paths map[string]bool // all paths that were visited or that a form leads to, as method and path
	queue []string
}

// visits is how many pages of one shape are looked at.
const visits = 5

func (s *site) crawl(c *client, from ...string) *crawl {
	w := &crawl{c: c, seen: map[string]int{}, found: map[string]bool{}, forms: map[string]*form{}, paths: map[string]bool{}, queue: from}
	for len(w.queue) > 0 {
		target := w.queue[0]
		w.queue = w.queue[1:]
		w.visit(target)
	}
	return w
}

func (w *crawl) visit(target string) {
	w.c.t.Helper()
	a := w.c.get(target)
	path, _, _ := strings.Cut(target, "?")
	w.paths["GET "+path] = true
	switch {
	case a.code == http.StatusSeeOther:
		w.add(target, a.header.Get("Location"))
	case a.code != http.StatusOK:
		w.c.t.Errorf("a link leads to %s: %d", target, a.code)
	}
	if !a.isPage() || a.code != http.StatusOK {
		return
	}
	doc := uitest.CheckHTML(w.c.t, target, a.body)
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "html" && attr(n, "lang") != string(w.c.lang) {
			w.c.t.Errorf("%s speaks %q, want %q", target, attr(n, "lang"), w.c.lang)
		}
		for _, key := range []string{"href", "hx-get", "data-src", "data-href"} {
			if n.Data != "use" && n.Data != "link" {
				w.add(target, attr(n, key))
			}
		}
		if n.Data == "form" {
			w.form(target, n, doc)
		}
	}
}

// add notes an address that a page at from leads to.
func (w *crawl) add(from, target string) {
	if target == "" || target[0] == '#' {
		return
	}
	base, err := url.Parse(from)
	if err != nil {
		return
	}
	u, err := base.Parse(target)
	if err != nil {
		w.c.t.Errorf("%s leads to %q: %v", from, target, err)
		return
	}
	if u.Host != "" || u.Scheme != "" || strings.HasPrefix(u.Path, "/assets/") {
		return
	}
	u.Fragment = ""
	target = u.String()
	if at := shape(target); !w.found[target] && w.seen[at] < visits {
		w.found[target] = true
		w.seen[at]++
		w.queue = append(w.queue, target)
	}
}

// form notes a form with what it would send if nobody changed anything, once
// for each of its buttons that lead elsewhere.
func (w *crawl) form(at string, n *html.Node, doc *html.Node) {
	f := form{action: attr(n, "action"), multipart: attr(n, "enctype") == "multipart/form-data", fields: url.Values{}}
	if f.action == "" {
		f.action, _, _ = strings.Cut(at, "?")
	}
	actions := map[string]bool{}
	id := attr(n, "id")
	for e := range doc.Descendants() {
		if e.Type != html.ElementNode || !(within(e, n) && attr(e, "form") == "") && (id == "" || attr(e, "form") != id) {
			continue
		}
		f.control(e)
		if e.Data == "button" {
			actions[attr(e, "formaction")] = true
		}
	}
	if has(n, "data-guard") && !f.fields.Has("once") {
		w.c.t.Errorf("%s: the form for %s acts twice if it is sent twice", at, f.action)
	}
	switch attr(n, "method") {
	case "dialog":
	case "post":
		for action := range actions {
			g := f
			if action != "" {
				g.action = action
			} else if attr(n, "action") == "" {
				continue // every button of it leads elsewhere
			}
			w.paths["POST "+strings.Split(g.action, "?")[0]] = true
			if _, ok := w.forms[g.name()]; !ok {
				w.forms[g.name()] = &g
			}
		}
	default:
		w.add(at, f.action+"?"+f.fields.Encode())
	}
}

// control adds what a control sends.
func (f *form) control(e *html.Node) {
	name := attr(e, "name")
	if name == "" {
		return
	}
	switch e.Data {
	case "textarea":
		f.fields.Add(name, text(e))
	case "select":
		value, first := "", true
		for o := range e.Descendants() {
			if o.Data == "option" && (first || has(o, "selected")) {
				value, first = attr(o, "value"), false
			}
		}
		f.fields.Add(name, value)
	case "button":
		if attr(e, "formaction") == "" && !f.fields.Has(name) {
			f.fields.Set(name, attr(e, "value"))
		}
	case "input":
		switch attr(e, "type") {
		case "file":
			f.files = append(f.files, name)
		case "checkbox", "radio":
			if has(e, "checked") || !f.fields.Has(name) && attr(e, "type") == "radio" {
				f.fields.Set(name, attr(e, "value"))
			} else if !f.fields.Has(name) {
				f.fields.Add(name, attr(e, "value"))
			}
		default:
			f.fields.Add(name, attr(e, "value"))
		}
	}
}

func within(e, n *html.Node) bool {
	for p := range e.Ancestors() {
		if p == n {
			return true
		}
	}
	return false
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// send posts the form with other values.
func (f *form) send(c *client, fields url.Values) answer {
	c.t.Helper()
	if !f.multipart {
		return c.post(f.action, fields)
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, values := range fields {
		for _, v := range values {
			if err := w.WriteField(name, v); err != nil {
				c.t.Fatal(err)
			}
		}
	}
	for i, name := range f.files {
		part, err := w.CreateFormFile(name, []string{"a.csv", "../../x.xlsx", "\x00.vcf"}[i%3])
		if err != nil {
			c.t.Fatal(err)
		}
		fmt.Fprint(part, "Nama;Telepon\nSiti;0812\n")
	}
	if err := w.Close(); err != nil {
		c.t.Fatal(err)
	}
	return c.send(http.MethodPost, f.action, &body, http.Header{"Content-Type": {w.FormDataContentType()}})
}

// TestEveryLinkLeadsSomewhere follows all links from the first page, and
// checks that every page of the route tables can be found that way.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.staff()
		s.seed()
		s.seedSettings()
		langs := locale.Langs()
		if s.app.DB.Engine() == db.Postgres {
			langs = langs[:1] // what pages say and where they lead is no matter of the engine
		}
		for _, lang := range langs {
			// The walk before has seen all that was new.
			s.write(db.Who{}, func(ctx context.Context, tx *db.Tx) error { return seedNotice(ctx, tx, s.admin.ID, string(lang)) })
			w := s.crawl(s.signedIn(s.admin, lang), "/", "/notices") // the bell is for scripts, or within noscript
			s.reached(t, w)
		}
	})
}

// seedSettings stores what only the pages of settings and imports show: a role
// of the workspace's own, a token, a file that is imported and one that is not yet.
func (s *site) seedSettings() {
	s.t.Helper()
	s.write(db.Who{User: s.admin.ID, Name: s.admin.Name}, func(ctx context.Context, tx *db.Tx) error {
		r := team.Role{Name: "Kasir"}
		r.SetPermissions([]team.Perm{"customers.read"})
		if err := team.CreateRole(ctx, tx, &r); err != nil {
			return err
		}
		if _, _, err := team.CreateToken(ctx, tx, "Toko daring", team.Viewer); err != nil {
			return err
		}
		return seedNotices(ctx, tx, s.admin.ID)
	})
	s.signedIn(s.admin, locale.ID).post("/settings/calendar", nil) // on another device
	s.seedWork()
	s.seedSegments()
	const file = "Nama Lengkap;HP;Surel;Tanggal Lahir\nAndi Saputra;0812 1111 2222;andi@contoh.id;1990-01-02\nRusak;0812 1111 3333;bukan surel;kemarin\n"
	s.importFile("kontak.csv", file)
	if _, err := imports.Start(s.t.Context(), s.app.DB, strings.NewReader(file), "nanti.csv", imports.Options{Who: db.Who{User: s.admin.ID}}); err != nil {
		s.t.Fatal(err)
	}
}

// seedSegments stores a segment, a plan that waits and one that runs.
func (s *site) seedSegments() {
	s.t.Helper()
	s.write(db.Who{User: s.admin.ID, Name: s.admin.Name}, func(ctx context.Context, tx *db.Tx) error {
		cond, err := list.ParseTree(`{"any":["name:starts:m",{"not":"phase:eq:lost"},{"has":"order","all":["total:gte:1000"]}]}`)
		if err != nil {
			return err
		}
		g := segments.Segment{Name: "Yang masih ada", Note: "Untuk kabar bulanan", Cond: cond}
		if err := segments.Create(ctx, tx, &g); err != nil {
			return err
		}
		for i := range 2 {
			p := segments.Plan{Subject: segments.SubjectOf(g.ID), Title: "Kirim kabar", Most: 5, Actions: []segments.Action{{Text: "Telepon", Kind: "call", PerCustomer: true}, {Text: "Tulis surat"}}}
			if err := segments.CreatePlan(ctx, tx, &p); err != nil {
				return err
			}
			if i == 0 {
				continue
			}
			start, err := segments.Prepare(ctx, tx, p.ID)
			if err == nil {
				_, err = segments.Begin(ctx, tx, start, 0)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// seedWork stores what is to be done, an order and its return, a customer whose
// birthday is today, and a view of a list.
func (s *site) seedWork() {
	s.t.Helper()
	var of ids.ID
	s.write(db.Who{User: s.admin.ID, Name: s.admin.Name}, func(ctx context.Context, tx *db.Tx) error {
		c := customers.Customer{Name: "Melani Kusumawati", Owner: s.admin.ID, Birthday: "1980-" + tx.Now.In(jakarta).Format("01-02")}
		if err := customers.Create(ctx, tx, &c); err != nil {
			return err
		}
		of = c.ID
		sold := orders.Order{Customer: of, Owner: s.admin.ID, At: tx.Now, Status: orders.Confirmed, Lines: []orders.Line{{Name: "Pipa", Quantity: 2 * orders.One, Price: 10_000_000_000}}}
		if err := orders.Create(ctx, tx, &sold); err != nil {
			return err
		}
		back := orders.Order{Customer: of, At: tx.Now, Return: true, Returns: sold.ID, Status: orders.Delivered, Lines: []orders.Line{{Name: "Pipa", Quantity: -orders.One, Price: 10_000_000_000}}}
		if err := orders.Create(ctx, tx, &back); err != nil {
			return err
		}
		// It stands above all else: only some pages of one kind are visited.
		again := tasks.Task{Title: "Hitung kas", Day: tx.Now.AddDate(0, 0, -3).Format(time.DateOnly), Repeat: "FREQ=DAILY", Assignee: s.admin.ID}
		if err := tasks.Create(ctx, tx, &again); err != nil {
			return err
		}
		return views.Create(ctx, tx, &views.View{List: "customer", Title: "Bandung", Query: "f=city:eq:Bandung", Shared: views.All})
	})
	s.agenda(of)
}

// seedNotices tells a user of an entry, and stores a mail that was not sent
// and a server that isn't there.
func seedNotices(ctx context.Context, tx *db.Tx, user ids.ID) error {
	if err := seedNotice(ctx, tx, user, "test"); err != nil {
		return err
	}
	if err := mail.Send(ctx, tx, mail.Message{To: "siti@example.com", Subject: "Undangan", Text: "Rapat"}); err != nil {
		return err
	}
	return mail.Save(ctx, tx, mail.Settings{Host: "127.0.0.1", Port: 9, Security: mail.STARTTLS, From: "crm@example.com"})
}

func seedNotice(ctx context.Context, tx *db.Tx, user ids.ID, reason string) error {
	entry, err := db.Get(ctx, tx, db.One[ids.ID], `SELECT id FROM interaction ORDER BY id LIMIT 1`)
	if err != nil {
		return err
	}
	n := notices.Notice{User: user, Kind: notices.KindMention, Reason: reason, SubjectKind: "interaction", Subject: entry, Who: "Dimas Prakoso"}
	_, err = notices.Add(ctx, tx, &n)
	return err
}

// unlinked are routes that no plain page leads to, with the reason.
var unlinked = map[string]string{
	"GET /setup":                 "is led to while nobody has an account",
	"POST /setup":                "is that page's form",
	"GET /signin":                "is led to by signing out",
	"POST /signin":               "is that page's form",
	"POST /signin/password":      "is shown to who has a temporary password",
	"POST /me/sidebar":           "is sent by script",
	"GET /customers/suggest":     "is asked by script",
	"GET /customers/count":       "is asked by script where a count takes time",
	"GET /notices/news":          "is asked by script when the bell opens",
	"GET /notices/people":        "is asked by script after an @",
	"GET /notices/bell":          "is asked by script each minute",
	"GET /tasks/customers":       "is asked by script",
	"POST /orders/sum":           "is asked by script",
	"POST /offers/{id}/outcome":  "needs purchases from which offers follow: TestOffersAreMade answers some",
	"POST /segments/preview":     "is asked by script while conditions are put together",
	"GET /calendar/{file}":       "is for calendar programs, and shown once",
	"GET /invitations/{token}":   "is led to by mail",
	"POST /invitations/{token}":  "is that page's form",
	"GET /customers/bulk":        "is shown while a large change runs",
	"POST /customers/bulk/retry": "is shown when a large change was broken off",
	"GET /products/suggest":      "is asked by script",
	"GET /products/bulk":         "is shown while a large change runs",
	"POST /products/bulk/retry":  "is shown when a large change was broken off",
	"GET /orders/bulk":           "is shown while a large change runs",
	"POST /orders/bulk/retry":    "is shown when a large change was broken off",
	"POST /imports/{id}/cancel":  "is shown while an import runs",
	"GET /operations/{id}/undo":  "is shown while an undo runs",
}

func (s *site) reached(t *testing.T, w *crawl) {
	t.Helper()
	for _, rt := range s.Routes {
		method, path := split(rt.Pattern, "WILD")
		want := regexp.MustCompile("^" + method + " " + strings.ReplaceAll(regexp.QuoteMeta(path), "WILD", "[^/]+") + "$")
		if _, ok := unlinked[rt.Pattern]; !ok && !slices.ContainsFunc(slices.Collect(maps.Keys(w.paths)), want.MatchString) {
			t.Errorf("nothing leads to %s", rt.Pattern)
		}
	}
}

// TestFormsRefuseNonsense sends every form of the site with each field in turn
// holding what nobody writes who means well.
func TestFormsRefuseNonsense(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.staff()
		s.seed()
		s.seedSettings()
		w := s.crawl(s.signedIn(s.admin, locale.EN), "/")
		names := slices.SortedFunc(maps.Keys(w.forms), func(a, b string) int {
			return strings.Compare(fmt.Sprint(harm(a), a), fmt.Sprint(harm(b), b))
		})
		if len(names) < 30 {
			t.Errorf("found only %d forms: %v", len(names), names)
		}
		langs := locale.Langs()
		checked := map[string]bool{}
		for i, name := range names {
			f := w.forms[name]
			c := s.signedIn(s.admin, langs[i%len(langs)])
			try := func(fields url.Values) {
				t.Helper()
				a := f.send(c, fields)
				if a.code >= 500 || a.code < 200 {
					t.Errorf("%s with %.300v: %d\n%.300s", f.action, fields, a.code, a.body)
				}
				if a.isPage() && !checked[a.body] { // many are refused in the same words
					checked[a.body] = true
					uitest.CheckHTML(t, f.action, a.body)
				}
			}
			try(url.Values{})
			for j, field := range slices.Sorted(maps.Keys(f.fields)) {
				for k := range 5 { // different ones for each field
					fields := maps.Clone(f.fields)
					fields[field] = []string{hostile[(i*7+j*5+k*11)%len(hostile)]}
					try(fields)
				}
				fields := maps.Clone(f.fields)
				fields[field] = append(slices.Clone(fields[field]), "x", "y")
				try(fields)
			}
		}
	})
}

// harm orders forms: those that take away what others need come last.
func harm(name string) int {
	for _, word := range []string{"delete", "undo", "archive", "bulk", "drop", "cancel", "revoke", "end", "password", "signout"} {
		if strings.Contains(name, word) {
			return 1
		}
	}
	return 0
}
