// Package insightsweb is the pages on which managers see what is known of all
// customers together: which segments to work on first and how, who moved, who
// brings the profit and who takes it away, who came back, which products go
// together, what keeping more customers would bring, and how right all this
// was. They show reports that a nightly run made; every page says on how many
// data it rests and as of when.
package insightsweb

import (
	"context"
	"embed"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/insights/learn"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/ui"
)

// Text holds the messages of these pages.
//
//go:embed text/*.json
var Text embed.FS

const (
	permRead   = ui.Perm(insights.PermRead)
	permManage = ui.Perm(insights.PermManage)
)

// Addresses of the pages.
const (
	pathBoard     = "/insights"
	pathMovers    = "/insights/movers"
	pathProfit    = "/insights/profit"
	pathCohorts   = "/insights/cohorts"
	pathRules     = "/insights/rules"
	pathRetention = "/insights/retention"
	pathModels    = "/insights/models"
	pathRefresh   = "/insights/refresh"

	// PathHow says how each figure is made. Its parts are named as the
	// figures: PathHow + "#signal".
	PathHow = "/insights/how"

	// PathSettings is where costs and the like are set.
	PathSettings = "/insights/settings"
)

// SettingsKey is the page's among those of the settings.
const SettingsKey = "insights"

// NavItem is the pages' line in the sidebar.
var NavItem = ui.NavItem{Key: "insights", Label: "insight.title", Href: pathBoard, Icon: "chart", Perm: permManage, Group: "nav.marketing", Keys: "g i"}

// A Plan is what somebody means to do about a segment.
type Plan struct {
	Href  string
	Title string
	Owner string // who is responsible for it; empty for nobody
}

// Pages serves them.
type Pages struct {
	DB     *db.DB
	Search *search.Index

	// Settings puts the frame of the settings around a page.
	Settings func(v *ui.View, at, title string, body templ.Component) templ.Component

	// Cares reports whether anybody knows of complaints and invoices. If it is
	// nil nobody does, and nothing is said of them.
	Cares func() bool

	// Plans returns the plans that run for segments by value, by the segment's
	// name. If it is nil, nothing is planned.
	Plans func(ctx context.Context, tx *db.Tx) (map[string]Plan, error)
}

// Routes returns the route table.
func (p *Pages) Routes() []ui.Route {
	return []ui.Route{
		ui.GET(pathBoard, permManage, p.board),
		ui.POST(pathRefresh, permManage, p.refresh),
		ui.GET(pathMovers, permManage, p.movers),
		ui.GET(pathProfit, permManage, p.profit),
		ui.GET(pathCohorts, permManage, p.cohorts),
		ui.GET(pathRules, permManage, p.rules),
		ui.GET(pathRetention, permManage, p.retention),
		ui.GET(pathModels, permManage, p.models),
		ui.GET(PathHow, permRead, p.how),
		ui.GET(PathSettings, permManage, p.settings),
		ui.POST(PathSettings, permManage, p.settingsSave),
	}
}

type tab struct{ key, href string }

// tabs are the pages in the order in which they are shown.
var tabs = []tab{
	{"board", pathBoard}, {"movers", pathMovers}, {"profit", pathProfit}, {"cohorts", pathCohorts}, {"rules", pathRules}, {"retention", pathRetention}, {"models", pathModels},
	{"how", PathHow},
}

// frame is what all of these pages have in common.
type frame struct {
	*ui.View
	Key   string        // of the tab
	Basis learn.Basis   // of the report that is shown
	Made  time.Time     // when it was made
	Known bool          // there is a report
	Wait  insights.Wait // if there is none
	Path  string        // of the page
}

func (f *frame) title() string { return f.T("insight.tab." + f.Key) }

func (f *frame) tabs() []ui.Tab {
	var list []ui.Tab
	for _, t := range tabs {
		if t.key == "how" || f.May(permManage) {
			list = append(list, ui.Tab{Label: f.T("insight.tab." + t.key), Href: t.href, Current: t.key == f.Key})
		}
	}
	return list
}

// crumbs lead to the page.
func (f *frame) crumbs() []ui.Link {
	if f.Key == "board" || !f.May(permManage) {
		return nil
	}
	return []ui.Link{{Label: f.T("insight.title"), Href: pathBoard}}
}

// date writes a day number.
func (f *frame) date(day int32) string {
	return f.DateOnly(time.Unix(int64(day)*24*60*60, 0).UTC().Format(time.DateOnly))
}

// basis says on what the figures rest.
func (f *frame) basis() string {
	if !f.Known {
		return f.T("insight.basis.none")
	}
	return f.T("insight.basis", "date", f.date(f.Basis.Today), "n", int64(f.Basis.Customers), "orders", f.Num(int64(f.Basis.Orders)))
}

// what names what amounts are: margins or sales.
func (f *frame) what() string {
	if f.Basis.Margin {
		return f.T("insight.margin")
	}
	return f.T("insight.sales")
}

func (f *frame) amount(minor int64) money.Amount {
	return money.Amount{Minor: minor, Currency: money.Currency(f.Basis.Currency)}
}

// short writes an amount for a tile or a tight table.
func (f *frame) short(minor int64) string { return f.MoneyShort(f.amount(minor)) }

// whole writes an amount in full.
func (f *frame) whole(minor int64) string { return f.Money(f.amount(minor)) }

// axis writes an amount beside an axis, without its currency.
func (f *frame) axis(minor float64) string { return unmarked(int64(minor), f.short) }

// exact writes an amount in full, without its currency, where the title names it.
func (f *frame) exact(minor int64) string { return unmarked(minor, f.whole) }

// unmarked is what write makes of an amount, without the currency's mark.
func unmarked(minor int64, write func(int64) string) string {
	sign := ""
	if minor < 0 {
		sign, minor = "−", -minor
	}
	text := write(minor)
	if i := strings.IndexAny(text, "0123456789"); i > 0 {
		text = text[i:]
	}
	return sign + text
}

// percent writes a share, 0 to 1.
func (f *frame) percent(share float64) string { return f.Percent(share) }

// signed writes a change, 0 being none, with its sign.
func (f *frame) signed(share float64) string {
	if share > 0 {
		return "+" + f.Percent(share)
	}
	return f.Percent(share)
}

// customerHref is the address of a customer's page.
func customerHref(id ids.ID) templ.SafeURL { return templ.SafeURL("/customers/" + id.String()) }

// segmentHref is the list of the customers of a segment by value.
func segmentHref(segment string) templ.SafeURL {
	return templ.SafeURL("/customers?f=segment%3Aeq%3A" + segment)
}

// load reads the report of a page.
func load[T any](p *Pages, r *ui.Req, f *frame, name string, basis func(*T) learn.Basis, more func(tx *db.Tx, report *T) error) (T, error) {
	var report T
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error {
		var err error
		if report, f.Made, f.Known, err = insights.ReadReport[T](r.Context(), tx, name); err != nil {
			return err
		}
		f.Basis, f.Path = basis(&report), r.URL.Path
		if !f.Known {
			f.Wait, err = insights.Waiting(r.Context(), tx)
			return err
		}
		if more == nil {
			return nil
		}
		return more(tx, &report)
	})
	return report, err
}

// refresh asks for the reports before their night.
func (p *Pages) refresh(w http.ResponseWriter, r *ui.Req) error {
	err := p.DB.Write(r.Context(), db.Op{Who: r.Who}, func(tx *db.Tx) error {
		_, err := insights.RefreshOperation(r.Context(), tx, ids.ID{}, nil)
		return err
	})
	if err != nil {
		return err
	}
	back := r.Text("back")
	if !slices.ContainsFunc(tabs, func(t tab) bool { return t.href == back }) {
		back = pathBoard
	}
	return ui.Redirect(w, r, back)
}

// busy reports whether the page shows how far the first run is.
func (f *frame) busy() bool { return !f.Known && f.Wait.Busy && f.Wait.Orders }

// progress says how far the first run is.
func (f *frame) progress() string {
	if f.Wait.Total == 0 {
		return f.T("insight.none.begins")
	}
	return f.T("insight.none.done", "done", f.Num(f.Wait.Done), "n", f.Wait.Total)
}

// few says what is too little to foretell from; "" if it is enough for most.
func (f *frame) few() string {
	switch {
	case f.Basis.Customers < learn.MinCustomers:
		return f.T("insight.thin.customers", "n", int64(f.Basis.Customers), "least", int64(learn.MinCustomers))
	case f.Basis.Orders < learn.MinOrders:
		return f.T("insight.thin.orders", "n", int64(f.Basis.Orders), "least", f.Num(int64(learn.MinOrders)))
	}
	return ""
}

func ok(w http.ResponseWriter, r *ui.Req, page templ.Component) error {
	return ui.Render(w, r, http.StatusOK, page)
}
