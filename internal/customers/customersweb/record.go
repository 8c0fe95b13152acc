package customersweb

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/journal/historyweb"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
)

func (p *Pages) recordRoutes() []ui.Route {
	return []ui.Route{
		ui.GET("/customers/{id}", permRead, p.record),
		ui.GET("/customers/{id}/history", permRead, p.history),
		ui.GET("/customers/{id}/card", permExport, p.card),
		ui.GET("/customers/new", permWrite, p.newForm),
		ui.POST("/customers/new", permWrite, p.create),
		ui.GET("/customers/{id}/edit", permWrite, p.editForm),
		ui.POST("/customers/{id}/edit", permWrite, p.update),
		ui.GET("/customers/suggest", permRead, p.suggest),
		ui.POST("/customers/{id}/facts/{fact}", permWrite, p.factSave),
		ui.POST("/customers/{id}/tags", permWrite, p.tag),
		ui.POST("/customers/{id}/archive", permWrite, p.archive),
		ui.POST("/customers/{id}/delete", permDelete, p.remove),
	}
}

// What else the page shows of a customer, to those who may see it.
const (
	permActivity = ui.Perm(activity.PermRead)
	permOrders   = ui.Perm(orders.PermRead)
)

// href is the address of a customer's page.
func href(id ids.ID) string { return "/customers/" + id.String() }

// back returns where to go after something was done on a customer's page: to
// the page as it was, without a form in it.
func back(r *ui.Req, id ids.ID) string {
	u, err := url.Parse(r.Back(href(id)))
	if err != nil || u.Path != href(id) {
		return href(id)
	}
	q := u.Query()
	q.Del("edit")
	u.RawQuery = q.Encode()
	return u.RequestURI()
}

// The views of a customer.
const (
	tabMain    = ""
	tabHistory = "history"
)

// shown says how a customer's page is shown.
type shown struct {
	tab   string
	edit  string // key of the fact whose form is open
	sent  bool   // the request holds that form's fields
	err   error  // what was wrong with them
	picks picks
	entry error // what was wrong with an entry for the timeline
}

func (p *Pages) record(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	if !r.Partial() {
		remember(w, r, id)
	}
	return p.show(w, r, http.StatusOK, id, shown{edit: r.Form.Get("edit")})
}

// Show shows a customer's page after an entry for the timeline was refused,
// which the request's form still holds.
func (p *Pages) Show(w http.ResponseWriter, r *ui.Req, status int, id ids.ID, err error) error {
	return p.show(w, r, status, id, shown{entry: err})
}

func (p *Pages) show(w http.ResponseWriter, r *ui.Req, status int, id ids.ID, how shown) error {
	if r.Method != http.MethodGet || how.edit != "" {
		r.View.Path = back(r, id) // what stands in the page leads back to it, without a form in it
	}
	page := &recordPage{View: r.View, shown: how, Edit: how.edit}
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error { return p.load(r.Context(), tx, r, id, page) })
	if err != nil {
		return err
	}
	page.Panels = ui.LoadPanels(r.Context(), r.View, p.log(), p.Panels, id)
	if page.tab == tabMain {
		page.Over = ui.LoadPanels(r.Context(), r.View, p.log(), p.Over, id)
	}
	return ui.Render(w, r, status, page.page())
}

func (p *Pages) log() *slog.Logger {
	if p.Log != nil {
		return p.Log
	}
	return slog.Default()
}

// recordPage is the data of a customer's page.
type recordPage struct {
	*ui.View
	shown
	C     customers.Customer
	Edit  string
	Owner string

	Names    map[ids.ID]string // of the other customers
	Parents  []ids.ID          // organisations above, the nearest first
	Children []ids.ID
	Members  []customers.Tie
	Served   []customers.Tie
	MembersN int
	ServedN  int
	Promises []activity.Interaction
	Bought   insights.Fact // zero if they never bought
	State    insights.State
	Made     insights.Made
	PhaseSet *phaseChange // when the phase was chosen; nil if it is that of the beginning
	PhaseOld bool         // the phase was chosen longer ago than is known
	Main     templ.Component
	Panels   []templ.Component
	Over     []templ.Component // above Main
	History  *historyweb.History
	form     *form
	base     string
}

// most of a kind of tie that the page shows.
const most = 30

func (p *Pages) load(ctx context.Context, tx *db.Tx, r *ui.Req, id ids.ID, page *recordPage) error {
	c, err := customers.Get(ctx, tx, id)
	if err != nil {
		return err
	}
	page.C = c
	if err := page.loadTies(ctx, tx); err != nil {
		return err
	}
	if !c.Owner.IsZero() {
		names, err := team.Names(ctx, tx, []ids.ID{c.Owner})
		if err != nil {
			return err
		}
		page.Owner = names[c.Owner]
	}
	if page.May(permActivity) {
		if err := page.loadPromises(ctx, tx); err != nil {
			return err
		}
	}
	if page.May(permOrders) {
		if page.Bought, _, err = insights.Get(ctx, tx, id); err != nil {
			return err
		}
		if err := page.loadInsights(ctx, tx); err != nil {
			return err
		}
	}
	known := false
	if page.PhaseSet, known, err = phaseSince(ctx, tx, &page.C); err != nil {
		return err
	}
	page.PhaseOld = !known
	if err := page.loadForm(ctx, tx, r); err != nil {
		return err
	}
	if page.tab == tabHistory {
		return page.loadHistory(ctx, tx, r)
	}
	if p.Main != nil && page.May(permActivity) {
		page.Main, err = p.Main(ctx, tx, r, &page.C, page.entry)
	}
	return err
}

// loadPromises reads what was promised to the customer, and to the people whose
// entries are in the timeline too, the first due first.
func (p *recordPage) loadPromises(ctx context.Context, tx *db.Tx) error {
	list := []ids.ID{p.C.ID}
	for _, t := range p.Members {
		list = append(list, t.Of)
	}
	for _, id := range list {
		found, err := activity.Promises(ctx, tx, id)
		if err != nil {
			return err
		}
		p.Promises = append(p.Promises, found...)
	}
	slices.SortStableFunc(p.Promises, func(a, b activity.Interaction) int {
		if a.Due.IsZero() != b.Due.IsZero() {
			return b.Due.Compare(a.Due) // those without a day last
		}
		return a.Due.Compare(b.Due)
	})
	return nil
}

// loadTies reads who belongs to the customer and to whom they belong.
func (p *recordPage) loadTies(ctx context.Context, tx *db.Tx) error {
	var err error
	id := p.C.ID
	if p.Members, p.MembersN, err = ties(ctx, tx, id, customers.Member); err != nil {
		return err
	}
	if p.Served, p.ServedN, err = ties(ctx, tx, id, customers.ServedBy); err != nil {
		return err
	}
	if !p.C.Parent.IsZero() {
		if p.Parents, err = customers.Parents(ctx, tx, id); err != nil {
			return err
		}
	}
	if p.C.Kind != customers.Person {
		if p.Children, err = customers.Children(ctx, tx, id, most); err != nil {
			return err
		}
	}
	_, others := references(&p.C)
	p.Names, err = customers.Names(ctx, tx, slices.Concat(others, p.Parents, p.Children))
	return err
}

func ties(ctx context.Context, tx *db.Tx, id ids.ID, kind customers.RelationKind) ([]customers.Tie, int, error) {
	list, err := customers.Ties(ctx, tx, id, kind, most)
	if err != nil || len(list) < most {
		return list, len(list), err
	}
	n, err := customers.CountTies(ctx, tx, id, kind)
	return list, n, err
}

// loadForm makes the form of the fact that is edited.
func (p *recordPage) loadForm(ctx context.Context, tx *db.Tx, r *ui.Req) error {
	if _, ok := facts[p.Edit]; !ok || !p.May(permWrite) {
		return nil
	}
	p.base = encode(&p.C)
	if p.sent {
		p.base = r.Form.Get("base")
	}
	p.form = &form{View: p.View, c: &p.C, r: r, sent: p.sent, err: p.err, picks: p.picks}
	return p.form.load(ctx, tx)
}

func (p *recordPage) href() string { return href(p.C.ID) }

func (p *recordPage) isOrg() bool { return p.C.Kind != customers.Person }

// avatar returns the class of the customer's avatar.
func (p *recordPage) avatar(size string) string {
	if p.C.Kind == customers.Organization {
		return "org " + size
	}
	return size
}

// crumbs lead to the customer: the list, then the organisations above.
func (p *recordPage) crumbs() []ui.Link {
	list := []ui.Link{{Label: p.T("record.customers"), Href: "/customers"}}
	for _, id := range slices.Backward(p.Parents) {
		list = append(list, ui.Link{Label: p.Names[id], Href: href(id)})
	}
	return list
}

// called returns what the customer is called in a sentence.
func (p *recordPage) called() string {
	for _, s := range []string{p.C.Addressing, p.C.Nickname} {
		if s != "" {
			return s
		}
	}
	return p.C.Title()
}

// usable reports whether a contact point may be used.
func usable(s customers.State) bool { return s != customers.Unusable && s != customers.OptedOut }

// firstPhone returns the number to call: the primary one, else the first that
// may be used; "" if there is none.
func (p *recordPage) firstPhone() string {
	return firstUsable(p.C.Phones, func(t *customers.Phone) (string, bool, customers.State) { return t.E164, t.Primary, t.State })
}

func (p *recordPage) firstEmail() string {
	return firstUsable(p.C.Emails, func(e *customers.Email) (string, bool, customers.State) { return e.Value, e.Primary, e.State })
}

func firstUsable[P any](list []P, of func(*P) (value string, primary bool, s customers.State)) string {
	first := ""
	for i := range list {
		value, primary, state := of(&list[i])
		if value == "" || !usable(state) {
			continue
		}
		if primary {
			return value
		}
		if first == "" {
			first = value
		}
	}
	return first
}

// whatsApp returns the number to write to by WhatsApp: the account if one is
// known, else the first number that may be a mobile.
func (p *recordPage) whatsApp() string {
	for _, h := range p.C.Handles {
		if h.Network == "whatsapp" && usable(h.State) {
			if d := strings.TrimPrefix(e164(h.Value, p.Region), "+"); d != "" {
				return d
			}
		}
	}
	mobile := firstUsable(p.C.Phones, func(t *customers.Phone) (string, bool, customers.State) {
		if !mayText(t.E164, p.Region) {
			return "", false, t.State
		}
		return t.E164, t.Primary, t.State
	})
	return strings.TrimPrefix(mobile, "+")
}

// promiseText returns what the strip says below the number of open promises.
func (p *recordPage) promiseText() string {
	if len(p.Promises) == 0 {
		return ""
	}
	due := p.Promises[0].Due
	switch {
	case due.IsZero():
		return p.T("record.promises.no_due")
	case due.Before(p.Now):
		return p.T("record.promises.late", "when", p.Relative(due, p.Now))
	}
	return p.T("record.promises.next", "when", p.Relative(due, p.Now))
}

// openPromises says how many promises are open, and when the next is due; "" if
// the strip says it elsewhere, or there are none.
func (p *recordPage) openPromises() string {
	if len(p.Promises) == 0 || !p.judged() || !p.May(permActivity) {
		return ""
	}
	return joinWords(" · ", p.T("record.promises.open", "n", len(p.Promises)), p.promiseText())
}

// boughtText returns what the strip says below what they bought: how often,
// and what in other currencies.
func (p *recordPage) boughtText() string {
	parts := []string{p.T("record.bought.orders", "n", p.Bought.Orders)}
	for i, t := range p.Bought.Totals {
		if i > 0 {
			parts = append(parts, p.MoneyShort(money.Amount{Minor: t.Minor, Currency: t.Currency}))
		}
	}
	return strings.Join(parts, " · ")
}

// lastBought says when they bought last: how many days ago that is, which tells
// more beside their rhythm than the date does, unless it is years.
func (p *recordPage) lastBought() string {
	days := p.Bought.SilentDays(p.Now.In(p.Zone))
	switch {
	case days <= 7:
		return p.Relative(p.Bought.Last, p.Now)
	case days > 730:
		return p.Date(p.Bought.Last)
	}
	return p.T("record.days_ago", "n", days)
}

// rhythmTone is how much silence against their rhythm matters: amber, and red
// for twice as long as usual; "" if there is none.
func (p *recordPage) rhythmTone() string {
	switch {
	case !p.Bought.IsQuiet(p.Now):
		return ""
	case p.Bought.SilentDays(p.Now.In(p.Zone)) > 2*p.Bought.RhythmDays:
		return "bad"
	}
	return "warn"
}

// rhythmText returns what the strip says below the day of the last purchase;
// "" if no rhythm is known.
func (p *recordPage) rhythmText() string {
	if p.Bought.RhythmDays == 0 {
		return ""
	}
	return p.T("record.rhythm", "n", p.Bought.RhythmDays)
}

// phaseReason says in words why the customer is in their phase.
func (p *recordPage) phaseReason() string {
	switch {
	case p.PhaseOld:
		return ""
	case p.PhaseSet == nil:
		return p.T("record.phase.since_added", "date", p.Date(p.C.Created))
	}
	return p.T("record.phase.chosen", "date", p.Date(p.PhaseSet.at), "name", p.actor(p.PhaseSet.actor))
}

func (p *recordPage) actor(name string) string {
	if name == "" {
		return p.T("record.system")
	}
	return name
}

// birthdayWords returns a birthday as people say it, and how far it is:
// "4 Desember" and "17 hari lagi".
func (p *recordPage) birthdayWords() (day, distance string) {
	t, err := time.Parse(time.DateOnly, strings.Replace(p.C.Birthday, yearless+"-", "2000-", 1))
	if err != nil {
		return p.C.Birthday, ""
	}
	day = p.T("record.birthday.day", "day", itoa(t.Day()), "month", p.Month(t.Month()))
	now := p.Now.In(p.Zone)
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	next := time.Date(now.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	if next.Before(today) {
		next = time.Date(now.Year()+1, t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	}
	years := 0
	if !strings.HasPrefix(p.C.Birthday, yearless) {
		years = next.Year() - t.Year()
	}
	switch days := int(next.Sub(today).Hours() / 24); {
	case days == 0 && years > 0:
		distance = p.T("record.birthday.today_age", "n", years)
	case days == 0:
		distance = p.T("record.birthday.today")
	case days <= 60 && years > 0:
		distance = p.T("record.birthday.in_age", "n", days, "years", years)
	case days <= 60:
		distance = p.T("record.birthday.in", "n", days)
	case years > 0:
		distance = p.T("record.birthday.born", "year", itoa(t.Year()))
	}
	return day, distance
}
