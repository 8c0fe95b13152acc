package app

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/activity/activityweb"
	"github.com/akrab-crm/akrab/internal/api"
	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/catalog/catalogweb"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/customers/customersweb"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/imports/importsweb"
	"github.com/akrab-crm/akrab/internal/insights/insightsweb"
	"github.com/akrab-crm/akrab/internal/journal/journalweb"
	"github.com/akrab-crm/akrab/internal/lifecycle/lifecycleweb"
	"github.com/akrab-crm/akrab/internal/list/listweb"
	"github.com/akrab-crm/akrab/internal/mail/mailweb"
	"github.com/akrab-crm/akrab/internal/myday/mydayweb"
	"github.com/akrab-crm/akrab/internal/notices/noticesweb"
	"github.com/akrab-crm/akrab/internal/offers"
	"github.com/akrab-crm/akrab/internal/offers/offersweb"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/orders/ordersweb"
	"github.com/akrab-crm/akrab/internal/segments"
	"github.com/akrab-crm/akrab/internal/segments/segmentsweb"
	"github.com/akrab-crm/akrab/internal/tasks"
	"github.com/akrab-crm/akrab/internal/tasks/tasksweb"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/team/teamweb"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/views"
)

// ServeOptions say how the workspace is served.
type ServeOptions struct {
	Version string
	Trusted []netip.Prefix // networks of reverse proxies whose word counts
	Origins []string       // other origins that may send forms
	Metrics MetricsAccess  // who reads /metrics
	Tour    *Tour          // the demo company beside the workspace; nil for none
	Inside  bool           // the workspace is the demo company
}

// nav is the sidebar.
var nav = []ui.NavItem{
	{Key: "home", Label: "nav.home", Href: "/", Icon: "home", Perm: ui.Self, Keys: "g h", Bar: true},
	{Key: "customers", Label: "nav.customers", Href: "/customers", Icon: "org", Perm: "customers.read", Keys: "g c", Bar: true},
	catalogweb.NavItem,
	ordersweb.NavItem,
	{Key: "imports", Label: "nav.imports", Href: "/imports", Icon: "download", Perm: "imports.run", Keys: "g m"},
	{Key: "operations", Label: "nav.operations", Href: "/operations", Icon: "undo", Perm: "operations.read", Keys: "g o"},
	insightsweb.NavItem,
	segmentsweb.NavItem,
	teamweb.NavItem,
}

// Site is the pages and the API of a workspace.
type Site struct {
	http.Handler
	Routes []ui.Route
	API    *api.API
	people *teamweb.Pages
}

// Site returns the workspace's site.
func (a *App) Site(opt ServeOptions) *Site {
	people := &teamweb.Pages{DB: a.DB, Catalogue: a.Catalogue, Permissions: Permissions, Trusted: opt.Trusted, Log: a.Log}
	log := &activityweb.Pages{DB: a.DB}
	day := &mydayweb.Pages{DB: a.DB, Recent: customersweb.Recent, Calls: named, Task: taskHref}
	book := &customersweb.Pages{DB: a.DB, Book: a.Book, Search: a.Search, Log: a.Log}
	book.Import, book.NewSegment = "/imports", segmentsweb.NewHref
	book.Handle(a.Jobs)
	book.Main, log.Customer = log.Main, book.Show
	shelf := &catalogweb.Pages{DB: a.DB, Shelf: a.Shelf, Search: a.Search, Log: a.Log, Import: "/imports"}
	shelf.Handle(a.Jobs)
	shelf.Orders = ordersweb.OfProduct
	sales := &ordersweb.Pages{DB: a.DB, Search: a.Search, Log: a.Log, Import: "/imports"}
	sales.Handle(a.Jobs)
	sales.Task = taskOfOrder
	book.Panels = append(book.Panels, sales.Panel())
	log.Records = ordersweb.Entries
	deals := &offersweb.Pages{DB: a.DB, Desk: a.Offers, Order: orderOffered, Task: taskOfCustomer}
	book.Over = append(book.Over, deals.Panel())
	sales.Offers, sales.Taken = deals.Counter, deals.Taken
	files := &importsweb.Pages{DB: a.DB}
	history := &journalweb.Pages{DB: a.DB, Kinds: map[string]journalweb.Kind{
		"customer":    {Names: customers.Names, Href: func(id ids.ID) string { return "/customers/" + id.String() }},
		"interaction": {Names: activity.Names, Closed: true},
		"product":     {Names: catalog.Names, Href: catalogweb.Href},
		"offer":       {Names: offers.Names, Closed: true},
		"sales_order": {Names: orders.Names, Href: ordersweb.Href},
		"task":        {Names: tasks.Names, Href: func(id ids.ID) string { return "/tasks/" + id.String() }},
		"team_user":   {Names: team.Names},
		"saved_view":  {Names: views.Names, Closed: true},
		"segment":     {Names: segments.Names, Href: segmentsweb.Href},
		"plan":        {Names: segments.PlanNames, Href: segmentsweb.PlanHref},
	}}
	news := &noticesweb.Pages{DB: a.DB, Kinds: noticeKinds, Settings: people.SettingsPage, Log: a.Log}
	post := &mailweb.Pages{DB: a.DB, Need: ui.Perm(team.PermSettings), Settings: people.SettingsPage}
	rule := &lifecycleweb.Pages{DB: a.DB, Settings: people.SettingsPage}
	people.Sections = append(people.Sections, noticeSection, mailSection, ruleSection)
	wise := &insightsweb.Pages{DB: a.DB, Search: a.Search, Settings: people.SettingsPage, Plans: plansOfBoard, Cares: func() bool { return a.Cares != nil }}
	people.Sections = append(people.Sections, insightsSection)
	todo := &tasksweb.Pages{DB: a.DB, Search: a.Search, Kinds: taskKinds, Settings: people.SettingsPage}
	book.Panels = append(book.Panels, todo.Panel())
	people.Sections = append(people.Sections, taskSection)
	people.Leaving = append(people.Leaving, tasks.LeaveRole)
	tables := [][]ui.Route{deals.Routes(), todo.Routes(), people.Routes(), day.Routes(), rule.Routes(), wise.Routes(), log.Routes(), book.Routes(), shelf.Routes(), sales.Routes(), (&segmentsweb.Pages{DB: a.DB, Log: a.Log}).Routes(), files.Routes(), history.Routes(), news.Routes(), post.Routes(), (&listweb.Pages{DB: a.DB}).Routes()}
	tables = append(tables, a.tour(opt, people))

	m := newMetrics()
	pages := ui.NewMux(ui.MuxOptions{
		DB: a.DB, Auth: people.Auth, Printer: people.Printer, Brand: people.Brand, Nav: opt.nav(slices.Insert(slices.Clone(nav), 1, todo.Nav())), Log: a.Log, TrustedOrigins: opt.Origins, Observe: m.page,
		Unseen: news.Unseen,
	}, tables...)
	s := &Site{people: people, API: api.New(api.Options{
		DB: a.DB, Catalogue: a.Catalogue, Book: a.Book, Shelf: a.Shelf, Search: a.Search, Offers: a.Offers, Version: opt.Version, Log: a.Log,
	})}
	for _, t := range tables {
		s.Routes = append(s.Routes, t...)
	}
	mux := http.NewServeMux()
	mux.Handle("/", pages)
	mux.Handle("/assets/", ui.AssetHandler())
	mux.Handle("/api/", m.count("api", s.API))
	mux.Handle("GET /healthz", plain(func(context.Context) error { return nil }))
	mux.Handle("GET /readyz", plain(a.ready))
	mux.Handle("GET /metrics", opt.Metrics.guard(opt.Trusted, promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})))
	s.Handler = secure(mux) // its own answers too, to paths that are not clean
	return s
}

// ready reports whether the database answers.
func (a *App) ready(ctx context.Context) error {
	return a.DB.Read(ctx, db.Who{}, func(tx *db.Tx) error {
		_, err := db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM meta WHERE key = 'triggers'`)
		return err
	})
}

func plain(f func(ctx context.Context) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
		defer cancel()
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		if err := f(ctx); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			w.Write([]byte("not ready\n"))
			return
		}
		w.Write([]byte("ok\n"))
	})
}

func secure(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ui.SecurityHeaders(w.Header())
		h.ServeHTTP(w, r)
	})
}

// metrics are what /metrics tells.
type metrics struct {
	registry *prometheus.Registry
	seconds  *prometheus.HistogramVec
}

func newMetrics() *metrics {
	m := &metrics{registry: prometheus.NewRegistry(), seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "akrab_request_seconds", Help: "How long requests took.", Buckets: []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 5},
	}, []string{"route", "status"})}
	m.registry.MustRegister(m.seconds, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) page(pattern string, status int, took time.Duration) {
	m.seconds.WithLabelValues(pattern, strconv.Itoa(status)).Observe(took.Seconds())
}

// count observes the requests of a handler under one name.
func (m *metrics) count(name string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := &status{ResponseWriter: w, code: http.StatusOK}
		start := time.Now()
		h.ServeHTTP(rec, r)
		m.page(name, rec.code, time.Since(start))
	})
}

type status struct {
	http.ResponseWriter
	code int
}

// WriteHeader implements [http.ResponseWriter].
func (s *status) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}

// Unwrap lets http.ResponseController reach the connection.
func (s *status) Unwrap() http.ResponseWriter { return s.ResponseWriter }
