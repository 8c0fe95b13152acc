package customersweb

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/list/listweb"
	"github.com/akrab-crm/akrab/internal/phone"
	"github.com/akrab-crm/akrab/internal/segments"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
)

const listPath = "/customers"

func (p *Pages) listRoutes() []ui.Route {
	return []ui.Route{
		ui.GET(listPath, permRead, p.index),
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
		ui.POST("/customers/bulk/retry", permWrite, p.bulkRetry),
		ui.GET("/customers/export", permExport, p.export),
		ui.POST("/customers/export", permExport, p.exportChosen),
		ui.SearchRoute(p.search),
	}
}

// listLooks says how the columns of the list are shown. The numbers are the
// order in which they leave a narrow panel.
var listLooks = map[string]listweb.Look{
	"name":          {Icon: "user", Class: "key", Fill: true},
	"kind":          {Icon: "users", P: 5, Class: "muted"},
	"phone":         {Icon: "phone", P: 3, Class: "num"},
	"email":         {Icon: "mail", P: 5, Class: "muted"},
	"city":          {Icon: "pin", P: 4},
	"phase":         {Icon: "flag"},
	"owner":         {Icon: "user", P: 3},
	"last_at":       {Icon: "clock", P: 2, Class: "muted"},
	"tag":           {Icon: "tag", P: 4},
	"reseller":      {Icon: "truck", P: 5},
	"external_id":   {Icon: "receipt", P: 4, Class: "num"},
	"created":       {Icon: "cal", P: 5, Class: "muted"},
	"updated":       {Icon: "cal", P: 5, Class: "muted"},
	"language":      {Icon: "globe", P: 5},
	"channel":       {Icon: "chat", P: 5},
	"birthday":      {Icon: "gift", P: 5},
	"source":        {Icon: "route", P: 5, Class: "muted"},
	"archived":      {Icon: "box", P: 5},
	"signal":        {Icon: "flag"},
	"segment":       {Icon: "medal", P: 2},
	"value":         {Icon: "chart", P: 3, Right: true, Class: "num"},
	"stake":         {Icon: "flag", P: 3, Right: true, Class: "num"},
	"active":        {Icon: "chart", P: 4, Right: true, Class: "num"},
	"year":          {Icon: "chart", P: 3, Right: true, Class: "num"},
	"margin":        {Icon: "card", P: 4, Right: true, Class: "num"},
	"profit":        {Icon: "card", P: 4, Right: true, Class: "num"},
	"products":      {Icon: "box", P: 5, Right: true, Class: "num"},
	"bought":        {Icon: "card", P: 3, Class: "num"},
	"cost_to_serve": {Icon: "card", P: 4, Right: true, Class: "num"},
	"orders":        {Icon: "receipt", P: 4, Class: "num"},
	"last_order":    {Icon: "receipt", P: 3, Class: "muted"},
	"rhythm":        {Icon: "clock", P: 4, Class: "num"},
	"quiet":         {Icon: "clock", P: 3, Class: "muted"},
}

// listPage is the data of the list of customers.
type listPage struct {
	*ui.View
	table  listweb.Table[customers.Customer]
	List   *listweb.Page
	Users  []team.User
	Owners map[ids.ID]string // names of the owners of the rows
	Facts  map[ids.ID]insights.Line
	Tags   []string  // of the rows, to be suggested
	Import string    // where customers are imported; "" if nowhere
	Part   bool      // a script has asked for a part of the page
	None   bool      // there is no customer at all
	Side   *sideCard // of the customer beside the list, if one is
}

func (p *Pages) newList(r *ui.Req) *listPage {
	page := &listPage{View: r.View, Import: p.Import, Part: r.Partial()}
	page.table = listweb.Table[customers.Customer]{
		Def: p.Book.Def(), Path: listPath, Caption: "record.customers", Bulk: page.maySelect(),
		Row: func(_ *ui.View, c *customers.Customer) ui.Row {
			return ui.Row{ID: c.ID.String(), Label: c.Title(), Href: href(c.ID)}
		},
		Cell: func(_ *ui.View, c *customers.Customer, key string, col ui.Column) templ.Component {
			return page.cell(col, key, c)
		},
		Complete: page.complete, Side: page.side, Looks: looksOf(p.Book.Def()), Views: viewsOf(p.Book.Def()), Options: page.options, NameOf: page.nameOf, Picker: p.picker,
		Leads: p.leads,
	}
	return page
}

// index shows the list of customers.
func (p *Pages) index(w http.ResponseWriter, r *ui.Req) error {
	page := p.newList(r)
	if done, err := page.table.Redirect(w, r, p.DB); done || err != nil {
		return err
	}
	var err error
	if page.List, err = page.table.Load(r.Context(), p.DB, r); err != nil {
		return err
	}
	if len(page.List.Rows) == 0 {
		err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error {
			n, err := customers.Total(r.Context(), tx)
			page.None = n == 0
			return err
		})
		if err != nil {
			return err
		}
	}
	if page.Side != nil {
		page.Side.Panels = ui.LoadPanels(r.Context(), r.View, p.log(), p.Beside, page.Side.C.ID)
	}
	// What is done with the rows leads back to the list, and not to its count.
	r.View.Path = page.table.Address(page.List)
	return ui.Render(w, r, page.List.Status(), page.page())
}

// listViews are the ways to look at customers that everybody needs. None shows
// those that are archived.
var listViews = []listweb.View{
	{Key: "all", Title: "customers.list.all", Query: "f=archived:eq:false"},
	{Key: "mine", Title: "customers.list.mine", Query: "f=archived:eq:false&f=owner:eq:me"},
	{Key: "risk", Title: "customers.list.risk", Query: "f=archived:eq:false&f=phase:eq:at_risk"},
	{Key: "silent", Title: "customers.list.silent", Query: "f=archived:eq:false&f=last_at:before:-60d"},
	{Key: "new", Title: "customers.list.this_week", Query: "f=archived:eq:false&f=created:within:this-week&sort=-created"},
}

// viewsOf returns the views of a list: with signals, whoever needs attention is
// found by them and not by their phase.
func viewsOf(d *list.Def[customers.Customer]) []listweb.View {
	if d.Column("signal") == nil {
		return listViews
	}
	views := slices.Clone(listViews)
	for i := range views {
		if views[i].Key == "risk" {
			views[i].Query = "f=archived:eq:false&f=signal:in:red,yellow&sort=-stake"
		}
	}
	return views
}

// looksOf returns the looks of a list's columns: with signals among them,
// others leave a narrow panel sooner, so that there is room for the name.
func looksOf(d *list.Def[customers.Customer]) map[string]listweb.Look {
	if d.Column("signal") == nil {
		return listLooks
	}
	looks := maps.Clone(listLooks)
	for key, p := range map[string]int{"phone": 5, "tag": 5, "phase": 2} {
		l := looks[key]
		l.P = p
		looks[key] = l
	}
	return looks
}

// leads takes those whom a list asks for into a segment.
func (p *Pages) leads(v *ui.View, q list.Query) []ui.Link {
	if p.NewSegment == nil || len(q.Filters) == 0 && q.Where.IsZero() {
		return nil
	}
	to := p.NewSegment(v, q)
	if to == "" {
		return nil
	}
	return []ui.Link{{Label: v.T("customers.list.segment"), Href: to}}
}

// picker says how the other customers are found that a condition names.
func (p *Pages) picker(c *list.Column) *listweb.Picker {
	switch c.Key {
	case "parent", "member_of", "served_by":
		return &listweb.Picker{Suggest: "/customers/suggest", Placeholder: "listweb.pick.customer", Meant: func(ctx context.Context, tx *db.Tx, text string) (ids.ID, error) {
			return p.Search.Meant(ctx, tx, "customer", text)
		}}
	}
	return nil
}

// options returns the users to choose from.
func (p *listPage) options(ctx context.Context, tx *db.Tx, _ *ui.View, c *list.Column) ([]ui.Option, error) {
	if c.Key == segments.Column {
		return segmentOptions(ctx, tx)
	}
	if c.Type != list.User {
		return nil, nil
	}
	var err error
	p.Users, err = team.Users(ctx, tx, true)
	return userOptions(p.Users), err
}

// segmentOptions returns the segments to choose from.
func segmentOptions(ctx context.Context, tx *db.Tx) ([]ui.Option, error) {
	all, err := segments.Each(ctx, tx)
	out := make([]ui.Option, len(all))
	for i, g := range all {
		out[i] = ui.Option{Value: g.ID.String(), Label: g.Name}
	}
	return out, err
}

// nameOf returns the name of a customer, of a segment, or of a user who has
// left, in a filter.
func (p *listPage) nameOf(ctx context.Context, tx *db.Tx, c *list.Column, value string) (string, error) {
	id, err := ids.Parse(value)
	if err != nil {
		return "", nil // the list says that it is no id
	}
	names := customers.Names
	switch {
	case c.Type == list.User:
		names = team.Names
	case c.Key == segments.Column:
		names = segments.Names
	}
	found, err := names(ctx, tx, []ids.ID{id})
	return found[id], err
}

// complete reads what the rows need besides themselves.
func (p *listPage) complete(ctx context.Context, tx *db.Tx, rows []customers.Customer) error {
	if err := customers.LoadParts(ctx, tx, rows); err != nil {
		return err
	}
	owners := make([]ids.ID, 0, len(rows))
	for i := range rows {
		if !rows[i].Owner.IsZero() {
			owners = append(owners, rows[i].Owner)
		}
		for _, t := range rows[i].Tags {
			if !slices.Contains(p.Tags, t.Value) && len(p.Tags) < 30 {
				p.Tags = append(p.Tags, t.Value)
			}
		}
	}
	var err error
	if p.Owners, err = team.Names(ctx, tx, owners); err != nil || p.table.Def.Column("bought") == nil {
		return err
	}
	p.Facts, err = factsOf(ctx, tx, rows)
	return err
}

// factsOf reads what is known of the purchases of customers.
func factsOf(ctx context.Context, tx *db.Tx, rows []customers.Customer) (map[ids.ID]insights.Line, error) {
	of := make([]ids.ID, len(rows))
	for i := range rows {
		of[i] = rows[i].ID
	}
	return insights.Lines(ctx, tx, of)
}

func userOptions(users []team.User) []ui.Option {
	out := make([]ui.Option, len(users))
	for i, u := range users {
		out[i] = ui.Option{Value: u.ID.String(), Label: u.Name}
	}
	return out
}

// isNew reports whether there are no customers at all.
func (p *listPage) isNew() bool { return p.List.Err == nil && len(p.List.Rows) == 0 && p.None }

// remark returns how many customers the list has.
func (p *listPage) remark() string {
	if p.List.Err != nil || p.List.Count < 0 || p.isNew() {
		return ""
	}
	return p.T("customers.list.count", "n", p.List.Count)
}

// phoneText returns a customer's number as people write it.
func (p *listPage) phoneText(c *customers.Customer) string { return phone.Display(c.Phone, p.Region) }

// birthday returns a customer's birthday without the year.
func (p *listPage) birthday(c *customers.Customer) string {
	day, _ := (&recordPage{View: p.View, C: *c}).birthdayWords()
	return day
}

// maySelect reports whether there is anything to do with several rows.
func (p *listPage) maySelect() bool {
	return p.May(permWrite) || p.May(permExport) || p.May(permDelete)
}

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

// shortName returns a colleague's name as a dense list shows it: "Rina K." for
// Rina Kusuma.
func shortName(name string) string {
	words := strings.Fields(name)
	if len(words) < 2 {
		return name
	}
	initial, _ := utf8.DecodeRuneInString(words[len(words)-1])
	return words[0] + " " + string(initial) + "."
}
