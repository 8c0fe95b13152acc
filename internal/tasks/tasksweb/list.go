package tasksweb

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/calendar"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/list/listweb"
	"github.com/akrab-crm/akrab/internal/sheet"
	"github.com/akrab-crm/akrab/internal/tasks"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
)

var listLooks = map[string]listweb.Look{
	"title":    {Icon: "task", Class: "key", Fill: true},
	"due":      {Icon: "clock"},
	"assignee": {Icon: "user", P: 3},
	"customer": {Icon: "org", P: 2},
	"kind":     {Icon: "tag", P: 4, Class: "muted"},
	"role":     {Icon: "users", P: 4},
	"creator":  {Icon: "pen", P: 5, Class: "muted"},
	"done":     {Icon: "check"},
	"done_at":  {Icon: "check", P: 4, Class: "muted"},
	"created":  {Icon: "cal", P: 5, Class: "muted"},
}

// names are what the people and customers of tasks are called.
type names struct {
	users, roles, customers map[ids.ID]string
}

// load reads the names that tasks need.
func (n *names) load(ctx context.Context, tx *db.Tx, v *ui.View, rows []tasks.Task) error {
	var users, of []ids.ID
	withRole := false
	for i := range rows {
		t := &rows[i]
		users = append(users, t.Assignee, t.Creator, t.DoneBy)
		if !t.Customer.IsZero() {
			of = append(of, t.Customer)
		}
		withRole = withRole || !t.Role.IsZero()
	}
	users = slices.DeleteFunc(users, ids.ID.IsZero)
	var err error
	if n.users, err = team.Names(ctx, tx, users); err != nil {
		return err
	}
	if n.customers, err = customers.Names(ctx, tx, of); err != nil || !withRole {
		return err
	}
	roles, err := team.Roles(ctx, tx)
	n.roles = roleNames(v, roles)
	return err
}

func roleNames(v *ui.View, roles []team.Role) map[ids.ID]string {
	names := make(map[ids.ID]string, len(roles))
	for i := range roles {
		names[roles[i].ID] = roleName(v, &roles[i])
	}
	return names
}

// roleName returns what a role is called; those that Akrab brings are called
// by their messages.
func roleName(v *ui.View, r *team.Role) string {
	if r.Name != "" {
		return r.Name
	}
	return v.T("team.role." + r.Key)
}

// who returns who does t.
func (n *names) who(t *tasks.Task) string {
	if !t.Assignee.IsZero() {
		return n.users[t.Assignee]
	}
	return n.roles[t.Role]
}

// listPage is the data of the list of tasks.
type listPage struct {
	*ui.View
	names
	table listweb.Table[tasks.Task]
	List  *listweb.Page
	Users []team.User
	Roles []team.Role
	Part  bool // a script has asked for a part of the page
	New   bool // there are no tasks at all
	about map[string]Kind
}

// postponements are the days that are offered.
var postponements = []string{"0", "1", "7", "14"}

// swapTick makes a form replace a part of the page, if one is named.
func swapTick(id string) templ.Attributes {
	if id == "" {
		return nil
	}
	return ui.SwapForm(id)
}

func (p *Pages) newList(r *ui.Req) *listPage {
	page := &listPage{View: r.View, Part: r.Partial(), about: p.Kinds}
	page.table = listweb.Table[tasks.Task]{
		Def: &tasks.List, Path: "/tasks", Caption: "tasks.title", Bulk: r.View.May(permWrite),
		Row: func(_ *ui.View, t *tasks.Task) ui.Row {
			return ui.Row{ID: t.ID.String(), Label: t.Title, Href: href(t.ID)}
		},
		Cell: func(_ *ui.View, t *tasks.Task, key string, col ui.Column) templ.Component {
			return page.cell(col, key, t)
		},
		Value: page.value, Looks: listLooks, Views: listViews, Side: p.side, Options: page.options, NameOf: page.nameOf, Picker: p.pickers(r.View),
		Complete: func(ctx context.Context, tx *db.Tx, rows []tasks.Task) error { return page.load(ctx, tx, r.View, rows) },
	}
	return page
}

// pickers says how customers are found that a condition names.
func (p *Pages) pickers(v *ui.View) func(c *list.Column) *listweb.Picker {
	return func(c *list.Column) *listweb.Picker {
		if c.Key != "customer" || p.Search == nil || !v.May(permCustomers) || !v.May(permWrite) {
			return nil
		}
		return &listweb.Picker{Suggest: "/tasks/customers", Placeholder: "listweb.pick.customer", Meant: func(ctx context.Context, tx *db.Tx, text string) (ids.ID, error) {
			return p.Search.Meant(ctx, tx, "customer", text)
		}}
	}
}

func (p *Pages) index(w http.ResponseWriter, r *ui.Req) error {
	page := p.newList(r)
	if done, err := page.table.Redirect(w, r, p.DB); done || err != nil {
		return err
	}
	var err error
	if page.List, err = page.table.Load(r.Context(), p.DB, r); err != nil {
		return err
	}
	if page.allDone() {
		err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error {
			some, err := tasks.Any(r.Context(), tx)
			page.New = !some
			return err
		})
		if err != nil {
			return err
		}
	}
	r.View.Path = page.table.Address(page.List)
	return ui.Render(w, r, page.List.Status(), page.page())
}

func (p *Pages) export(w http.ResponseWriter, r *ui.Req) error {
	return p.newList(r).table.Export(w, r, p.DB)
}

// value returns what an export holds of a column.
func (p *listPage) value(v *ui.View, t *tasks.Task, key string) sheet.Cell {
	text := func(s string) sheet.Cell { return sheet.Cell{Text: s} }
	moment := func(at time.Time) sheet.Cell {
		if at.IsZero() {
			return sheet.Cell{}
		}
		return sheet.Cell{Text: at.In(v.Zone).Format("2006-01-02T15:04:05"), Type: sheet.Date}
	}
	switch key {
	case "title":
		return text(t.Title)
	case "due":
		if t.At.IsZero() {
			return sheet.Cell{Text: t.Day, Type: sheet.Date}
		}
		return moment(t.At)
	case "assignee":
		return text(p.users[t.Assignee])
	case "customer":
		return text(p.customers[t.Customer])
	case "kind":
		return text(v.T("task.kind." + string(t.Kind)))
	case "role":
		return text(p.roles[t.Role])
	case "creator":
		return text(p.users[t.Creator])
	case "done_at":
		return moment(t.Done)
	case "created":
		return moment(t.Created)
	}
	return sheet.Cell{}
}

// options returns the users and roles to choose from.
func (p *listPage) options(ctx context.Context, tx *db.Tx, v *ui.View, c *list.Column) (out []ui.Option, err error) {
	switch c.Key {
	case "assignee", "creator":
		if p.Users == nil {
			if p.Users, err = team.Users(ctx, tx, true); err != nil {
				return nil, err
			}
		}
		return userOptions(p.Users), nil
	case "role":
		p.Roles, err = team.Roles(ctx, tx)
		for i := range p.Roles {
			out = append(out, ui.Option{Value: p.Roles[i].ID.String(), Label: roleName(v, &p.Roles[i])})
		}
	}
	return out, err
}

func userOptions(users []team.User) []ui.Option {
	out := make([]ui.Option, len(users))
	for i, u := range users {
		out[i] = ui.Option{Value: u.ID.String(), Label: u.Name}
	}
	return out
}

// nameOf returns the name of a customer, of a user who has left, or of the
// record that tasks are about, in a filter.
func (p *listPage) nameOf(ctx context.Context, tx *db.Tx, c *list.Column, value string) (string, error) {
	id, err := ids.Parse(value)
	if err != nil {
		return "", nil // the list says that it is no id
	}
	find := customers.Names
	if c.Type == list.User {
		find = team.Names
	}
	found, err := find(ctx, tx, []ids.ID{id})
	if err != nil || c.Key != "subject" {
		return found[id], err
	}
	for _, kind := range p.about {
		if found[id] != "" || err != nil {
			break
		}
		found, err = kind.Names(ctx, tx, []ids.ID{id})
	}
	return found[id], err
}

// allDone reports whether the list is the visitor's own open tasks, and empty.
func (p *listPage) allDone() bool {
	return p.List.Err == nil && len(p.List.Rows) == 0 && p.List.Query.Cursor == "" && p.table.Address(p.List) == mine
}

func (p *listPage) remark() string {
	if p.List.Err != nil || p.List.Count < 0 {
		return ""
	}
	return p.T("tasks.count", "n", p.List.Count)
}

// listViews are the ways to look at tasks that everybody needs.
var listViews = []listweb.View{
	{Key: "mine", Title: "tasks.tab.mine", Query: "f=assignee:eq:me&f=done:eq:false"},
	{Key: "today", Title: "tasks.tab.today", Query: "f=assignee:eq:me&f=due:within:today"},
	{Key: "late", Title: "tasks.tab.late", Query: "f=due:before:today"},
	{Key: "all", Title: "tasks.tab.all", Query: "f=done:eq:false"},
	{Key: "done", Title: "tasks.tab.done", Query: "f=done:eq:true&sort=-done_at"},
}

// everybody is the list of what all have to do.
const everybody = "/tasks?view=all"

// repeats says when a task falls, if it repeats.
func repeats(v *ui.View, t *tasks.Task) string {
	if t.Repeat == "" {
		return ""
	}
	rule, err := calendar.ParseRule(t.Repeat, v.Zone)
	if err != nil {
		return ""
	}
	return rule.Sentence(v.Printer, t.Start(v.Zone))
}

// maxBulk is how many tasks one bulk action changes. They are worked on by
// hand, so a selection is never of thousands.
const maxBulk = 500

// bulk does something with the selected tasks, as one operation.
func (p *Pages) bulk(w http.ResponseWriter, r *ui.Req, why, toast string, args map[string]any, f func(tx *db.Tx, list []ids.ID) error) error {
	page := p.newList(r)
	sel, err := listweb.Selected(r)
	if err != nil {
		return err
	}
	var op ids.ID
	n := 0
	err = p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: why}, func(tx *db.Tx) error {
		op = tx.Op
		chosen, err := page.table.IDs(r.Context(), tx, sel)
		if err != nil {
			return err
		}
		if len(chosen) > maxBulk {
			return errs.New(errs.Invalid, "tasks.bulk.many", "max", maxBulk)
		}
		n = len(chosen)
		all := map[string]any{"n": n}
		for k, v := range args {
			all[k] = v
		}
		if err := f(tx, chosen); err != nil {
			return err
		}
		return tx.SetOp(r.Context(), ids.ID{}, all)
	})
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: toast, N: int64(n), Undo: op})
	return ui.Redirect(w, r, r.Back(mine))
}

func (p *Pages) bulkDone(w http.ResponseWriter, r *ui.Req) error {
	return p.bulk(w, r, "task.bulk.finish", "tasks.bulk.done", nil, func(tx *db.Tx, list []ids.ID) error {
		return each(list, func(id ids.ID) error { return tasks.Done(r.Context(), tx, id, true) })
	})
}

func (p *Pages) bulkPostpone(w http.ResponseWriter, r *ui.Req) error {
	days := min(max(r.Int("days", 1), 0), maxDays)
	return p.bulk(w, r, "task.bulk.postpone", "tasks.bulk.postponed", nil, func(tx *db.Tx, list []ids.ID) error {
		return each(list, func(id ids.ID) error { return tasks.Postpone(r.Context(), tx, id, int(days)) })
	})
}

func (p *Pages) bulkAssign(w http.ResponseWriter, r *ui.Req) error {
	var t tasks.Task
	if err := readAssignee(r.Text("assignee"), &t); err != nil {
		return err
	}
	name := "–"
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error {
		var n names
		if err := n.load(r.Context(), tx, r.View, []tasks.Task{t}); err != nil {
			return err
		}
		if s := n.who(&t); s != "" {
			name = s
		}
		return nil
	})
	if err != nil {
		return err
	}
	return p.bulk(w, r, "task.bulk.assign", "tasks.bulk.assigned", map[string]any{"name": name}, func(tx *db.Tx, list []ids.ID) error {
		return each(list, func(id ids.ID) error { return tasks.Assign(r.Context(), tx, id, t.Assignee, t.Role) })
	})
}

func (p *Pages) bulkDelete(w http.ResponseWriter, r *ui.Req) error {
	return p.bulk(w, r, "task.bulk.delete", "tasks.bulk.deleted", nil, func(tx *db.Tx, list []ids.ID) error {
		return tasks.Delete(r.Context(), tx, list)
	})
}

func each(list []ids.ID, f func(ids.ID) error) error {
	for _, id := range list {
		if err := f(id); err != nil {
			return err
		}
	}
	return nil
}
