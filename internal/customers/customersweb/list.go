package customersweb

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/phone"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
)

const listPath = "/customers"

func (p *Pages) listRoutes() []ui.Route {
	return []ui.Route{
		ui.GET(listPath, permRead, p.index),
		ui.GET("/customers/count", permRead, p.countRows),
		ui.GET("/customers/{id}/cell", permWrite, p.cellForm),
		ui.POST("/customers/{id}/cell", permWrite, p.cellSave),
		ui.POST("/customers/bulk/owner", permWrite, p.bulkOwner),
		ui.POST("/customers/bulk/phase", permWrite, p.bulkPhase),
		ui.POST("/customers/bulk/tag", permWrite, p.bulkTag),
		ui.POST("/customers/bulk/untag", permWrite, p.bulkUntag),
		ui.POST("/customers/bulk/archive", permWrite, p.bulkArchive),
		ui.POST("/customers/bulk/unarchive", permWrite, p.bulkUnarchive),
		ui.POST("/customers/bulk/delete", permDelete, p.bulkDelete),
		ui.GET("/customers/bulk", permRead, p.bulkProgress),
		ui.GET("/customers/export", permExport, p.export),
		ui.POST("/customers/export", permExport, p.exportChosen),
		ui.SearchRoute(p.search),
	}
}

// listLooks says how the columns of the list are shown. The numbers are the
// order in which they leave a narrow panel.
var listLooks = map[string]listLook{
	"name":        {icon: "user", class: "key", fill: true},
	"kind":        {icon: "users", p: 5, class: "muted"},
	"phone":       {icon: "phone", p: 3, class: "num"},
	"email":       {icon: "mail", p: 5, class: "muted"},
	"city":        {icon: "pin", p: 4},
	"phase":       {icon: "flag", p: 2},
	"owner":       {icon: "user", p: 3},
	"last_at":     {icon: "clock", p: 2, class: "muted"},
	"tag":         {icon: "tag", p: 5},
	"reseller":    {icon: "truck", p: 5},
	"external_id": {icon: "receipt", p: 4, class: "num"},
	"created":     {icon: "cal", p: 5, class: "muted"},
	"updated":     {icon: "cal", p: 5, class: "muted"},
	"language":    {icon: "globe", p: 5},
	"channel":     {icon: "chat", p: 5},
	"birthday":    {icon: "gift", p: 5},
	"source":      {icon: "route", p: 5, class: "muted"},
	"archived":    {icon: "box", p: 5},
}

// listPage is the data of the list of customers.
type listPage struct {
	listView[customers.Customer]
	Page   list.Page[customers.Customer]
	Owners map[ids.ID]string
	Users  []team.User
	Err    error  // what is wrong with the query
	Import string // where customers are imported; "" if nowhere
}

// index shows the list of customers.
func (p *Pages) index(w http.ResponseWriter, r *ui.Req) error {
	page, err := p.newList(r)
	if to, ok := page.added(r.Form); ok {
		return ui.Redirect(w, r, page.href(to))
	}
	if err == nil {
		err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error { return page.load(r.Context(), tx) })
	}
	status := http.StatusOK
	if err != nil {
		if errs.KindOf(err) != errs.Invalid {
			return err
		}
		status, page.Err = http.StatusUnprocessableEntity, err
		err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error { return page.loadNames(r.Context(), tx) })
		if err != nil {
			return err
		}
	}
	return ui.Render(w, r, status, page.page())
}

// newList returns the page that the address asks for, without rows. It
// returns it too if something is wrong with the address.
func (p *Pages) newList(r *ui.Req) (*listPage, error) {
	q, err := list.Parse(r.Form)
	q.In, q.Count = r.View.Workspace, false
	return &listPage{
		listView: listView[customers.Customer]{View: r.View, def: &customers.List, q: q, path: listPath, id: "list", looks: listLooks},
		Import:   p.Import,
	}, err
}

// load reads the rows and what belongs to them.
func (p *listPage) load(ctx context.Context, tx *db.Tx) error {
	q := p.q
	q.Count = true
	var err error
	if p.Page, err = customers.List.Page(ctx, tx, q); err != nil {
		return err
	}
	if p.shows("tag") {
		if err := customers.LoadParts(ctx, tx, p.Page.Rows); err != nil {
			return err
		}
	}
	return p.loadNames(ctx, tx)
}

// loadNames reads what users and records are called, and what there is to
// choose from.
func (p *listPage) loadNames(ctx context.Context, tx *db.Tx) error {
	var err error
	if p.Users, err = team.Users(ctx, tx, true); err != nil {
		return err
	}
	var owners, others []ids.ID
	for i := range p.Page.Rows {
		owners = append(owners, p.Page.Rows[i].Owner)
	}
	for _, f := range p.q.Filters {
		c := customers.List.Column(f.Column)
		for _, s := range f.Values {
			id, err := ids.Parse(s)
			switch {
			case c == nil || err != nil:
			case c.Type == list.User:
				owners = append(owners, id)
			case c.Type == list.Ref:
				others = append(others, id)
			}
		}
	}
	if p.Owners, err = team.Names(ctx, tx, owners); err != nil {
		return err
	}
	names, err := customers.Names(ctx, tx, others)
	if err != nil {
		return err
	}
	p.names = map[string]string{}
	for id, name := range names {
		p.names[id.String()] = name
	}
	for id, name := range p.Owners {
		p.names[id.String()] = name
	}
	p.choices = map[string][]ui.Option{"owner": append([]ui.Option{{Value: "me", Label: p.T("list.me")}}, userOptions(p.Users)...)}
	for i := range p.Page.Rows {
		c := &p.Page.Rows[i]
		p.suggestValue("city", c.City)
		for _, t := range c.Tags {
			p.suggestValue("tag", t.Value)
		}
	}
	return nil
}

// suggestValue offers a value of the rows shown as one to filter by.
func (p *listPage) suggestValue(key, value string) {
	have := p.choices[key]
	if value == "" || len(have) == 20 {
		return
	}
	for _, o := range have {
		if o.Value == value {
			return
		}
	}
	p.choices[key] = append(have, ui.Option{Value: value})
}

func userOptions(users []team.User) []ui.Option {
	out := make([]ui.Option, len(users))
	for i, u := range users {
		out[i] = ui.Option{Value: u.ID.String(), Label: u.Name}
	}
	return out
}

func (p *listPage) shows(key string) bool { return p.isShown(customers.List.Column(key)) }

// isNew reports whether there are no customers at all.
func (p *listPage) isNew() bool {
	return p.Err == nil && len(p.Page.Rows) == 0 && len(p.q.Filters) == 0 && p.q.Cursor == ""
}

// remark returns how many customers the list has.
func (p *listPage) remark() string {
	if p.Err != nil || p.Page.Count < 0 || p.isNew() {
		return ""
	}
	return p.T("customers.list.count", "n", p.Page.Count)
}

func (p *listPage) pager() ui.Pager {
	g := ui.Pager{From: p.Page.From, To: p.Page.From + int64(len(p.Page.Rows)) - 1, Count: p.Page.Count, List: p.id}
	if g.From == 0 {
		g.To = 0
	}
	if g.Count < 0 {
		q := p.q.First().Values()
		q.Set("from", strconv.FormatInt(g.From, 10))
		q.Set("to", strconv.FormatInt(g.To, 10))
		g.CountURL = "/customers/count?" + q.Encode()
	}
	turn := func(cursor string) string {
		if cursor == "" {
			return ""
		}
		q := p.q
		q.Cursor = cursor
		return p.href(q)
	}
	g.Prev, g.Next = turn(p.Page.Prev), turn(p.Page.Next)
	return g
}

// tabs are the ways to look at customers that everybody needs.
func (p *listPage) tabs() []ui.Tab {
	all := []struct {
		key    string
		filter []list.Filter
	}{
		{"customers.list.all", nil},
		{"customers.list.mine", []list.Filter{{Column: "owner", Op: list.Eq, Values: []string{"me"}}}},
		{"customers.list.silent", []list.Filter{{Column: "last_at", Op: list.Before, Values: []string{"-60d"}}}},
		{"customers.list.archived", []list.Filter{{Column: "archived", Op: list.Eq, Values: []string{"true"}}}},
	}
	now := p.filterText(p.q.Filters)
	var tabs []ui.Tab
	for _, t := range all {
		q := p.q.First()
		q.Filters = t.filter
		tabs = append(tabs, ui.Tab{Label: p.T(t.key), Href: p.href(q), Current: now == p.filterText(t.filter), Part: p.id})
	}
	return tabs
}

func (p *listPage) filterText(filters []list.Filter) string {
	var b strings.Builder
	for _, f := range filters {
		b.WriteString(f.String() + "\n")
	}
	return b.String()
}

// countRows answers with the count that a page could not know at once.
func (p *Pages) countRows(w http.ResponseWriter, r *ui.Req) error {
	page, err := p.newList(r)
	if err != nil {
		return err
	}
	g := ui.Pager{From: r.Int("from", 0), To: r.Int("to", 0)}
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		if g.Count, err = customers.List.Count(r.Context(), tx, page.q); err != nil {
			return err
		}
		return page.loadNames(r.Context(), tx)
	})
	if err != nil {
		return err
	}
	page.Page.Count = g.Count
	r.View.Path = page.href(page.q) // where what is done with the rows leads back to
	return ui.RenderPart(w, r, http.StatusOK, page.countPart(g))
}

// phoneText returns a customer's number as people write it.
func (p *listPage) phoneText(c *customers.Customer) string { return phone.Display(c.Phone, p.Region) }

// birthday returns a customer's birthday without the year.
func (p *listPage) birthday(c *customers.Customer) string {
	day, _ := (&recordPage{View: p.View, C: *c}).birthdayWords()
	return day
}

// problems says what is wrong with the query.
func (p *listPage) problems() []string {
	var out []string
	for _, e := range errs.All(p.Err) {
		out = append(out, p.Printer.Error(e))
	}
	return out
}

// usual returns the query with the columns that are shown at first.
func (p *listPage) usual() list.Query {
	q := p.q.First()
	q.Columns = nil
	return q
}

// maySelect reports whether there is anything to do with several rows.
func (p *listPage) maySelect() bool { return p.May(permWrite) || p.May(permExport) || p.May(permDelete) }

func boolText(b bool) string { return strconv.FormatBool(b) }

// phaseTone is the tone of a phase's lamp.
func phaseTone(f customers.Phase) string {
	switch f {
	case customers.New, customers.Active, customers.Loyal:
		return "ok"
	case customers.AtRisk:
		return "warn"
	case customers.Lost:
		return "bad"
	}
	return "info"
}

// kindIcon is the icon of a kind of interaction.
func kindIcon(kind string) string {
	switch kind {
	case "call":
		return "phone"
	case "email":
		return "mail"
	case "meeting":
		return "users"
	case "visit":
		return "pin"
	case "chat":
		return "chat"
	case "form", "letter":
		return "file"
	}
	return "pen"
}
