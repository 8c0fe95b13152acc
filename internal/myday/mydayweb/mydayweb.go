// Package mydayweb is the home page: what matters to the visitor today, each
// thing with what can be done about it in one click.
package mydayweb

import (
	"context"
	"embed"
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/myday"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/tasks"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/workspace"
)

// Text holds the messages of these pages.
//
//go:embed text/*.json
var Text embed.FS

// Permissions of the routes and of parts of the page.
const (
	permTalks      = ui.Perm(activity.PermRead)
	permTalksWrite = ui.Perm(activity.PermWrite)
	permTasks      = ui.Perm(tasks.PermRead)
	permTasksWrite = ui.Perm(tasks.PermWrite)
	permCustomers  = ui.Perm(customers.PermRead)
	permCreate     = ui.Perm(customers.PermWrite)
	permOrders     = ui.Perm(orders.PermRead)
	permImport     = ui.Perm("imports.run")
	permInsights   = ui.Perm(insights.PermRead)
)

// Pages serves the home page.
type Pages struct {
	DB *db.DB

	// Recent returns the customers whom the visitor looked at last, the latest
	// first. If it is nil, the home page doesn't show them.
	Recent func(r *ui.Req) []ids.ID

	// Calls returns what was said to the visitor by name and not seen yet. If
	// it is nil, the home page doesn't show it.
	Calls func(ctx context.Context, tx *db.Tx, v *ui.View) ([]Call, error)

	// Task returns where a task is shown. If it is nil, tasks lead to their customer.
	Task func(id ids.ID) string
}

// A Call is something that was said to the visitor by name.
type Call struct {
	Who  string // who said it
	Text string
	Href string
	At   templ.Component // when
}

// Routes returns the route table.
func (p *Pages) Routes() []ui.Route {
	return []ui.Route{
		ui.GET("/{$}", ui.Self, p.home),
		ui.POST("/myday/promises/{id}/kept", permTalksWrite, p.kept),
		ui.POST("/myday/promises/{id}/postpone", permTalksWrite, p.postponePromise),
		ui.POST("/myday/tasks/{id}/done", permTasksWrite, p.done),
		ui.POST("/myday/tasks/{id}/postpone", permTasksWrite, p.postponeTask),
		ui.POST("/myday/customers/{id}/later", permCustomers, p.later),
	}
}

// home shows the page.
func (p *Pages) home(w http.ResponseWriter, r *ui.Req) error {
	page := &homePage{View: r.View, Only: r.Text("only")}
	if !slices.ContainsFunc(only, func(o choice) bool { return o.key == page.Only }) {
		page.Only = ""
	}
	what := myday.What{Customers: r.View.May(permCustomers)}
	what.Promises = what.Customers && r.View.May(permTalks)
	what.Tasks = r.View.May(permTasks)
	what.Team = what.Promises && page.Only == team
	what.Orders = what.Customers && r.View.May(permOrders)
	what.Signals = what.Customers && r.View.May(permInsights)
	page.Looks = what.Customers
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error {
		return p.load(r, tx, page, what)
	})
	if err != nil {
		return err
	}
	page.arrange(p)
	return ui.Render(w, r, http.StatusOK, page.page())
}

func (p *Pages) load(r *ui.Req, tx *db.Tx, page *homePage, what myday.What) error {
	ctx := r.Context()
	set, err := workspace.Get(ctx, tx)
	if err != nil {
		return err
	}
	page.Region = set.Region
	if page.Total, err = customers.Total(ctx, tx); err != nil {
		return err
	}
	if page.Day, err = myday.Load(ctx, tx, r.View.Zone, what); err != nil {
		return err
	}
	if what.Customers && p.Recent != nil {
		list := p.Recent(r)
		heads, err := customers.Heads(ctx, tx, list)
		if err != nil {
			return err
		}
		for _, id := range list {
			if c := heads[id]; c != nil && len(page.Recent) < 5 {
				page.Recent = append(page.Recent, c)
			}
		}
	}
	if p.Calls != nil {
		page.Calls, err = p.Calls(ctx, tx, r.View)
	}
	return err
}

// act does something to one of the lines of the page, and says so.
func (p *Pages) act(w http.ResponseWriter, r *ui.Req, why, toast string, f func(tx *db.Tx, id ids.ID) (name string, err error)) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	var name string
	var op ids.ID
	err = p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: why, Subject: id}, func(tx *db.Tx) error {
		op = tx.Op
		if name, err = f(tx, id); err != nil {
			return err
		}
		return tx.SetOp(r.Context(), id, map[string]any{"name": name, "title": name})
	})
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: toast, Args: []string{"name", name}, Undo: op})
	return ui.Redirect(w, r, "/")
}

// promise changes a promise and returns to whom it was made.
func (p *Pages) promise(r *ui.Req, tx *db.Tx, id ids.ID, change func(*activity.Interaction) error) (string, error) {
	i, err := activity.Update(r.Context(), tx, id, 0, change)
	if err != nil {
		return "", err
	}
	names, err := customers.Names(r.Context(), tx, []ids.ID{i.Customer})
	return names[i.Customer], err
}

func (p *Pages) kept(w http.ResponseWriter, r *ui.Req) error {
	return p.act(w, r, "interaction.keep", "home.kept", func(tx *db.Tx, id ids.ID) (string, error) {
		return p.promise(r, tx, id, func(i *activity.Interaction) error {
			i.Kept = tx.Now
			return nil
		})
	})
}

// days reads by how many days something is put off.
func days(r *ui.Req) (int, error) {
	n := r.Int("days", 1)
	if n < 1 || n > 366 {
		return 0, errs.InvalidField("days", "error.choice")
	}
	return int(n), nil
}

func (p *Pages) postponePromise(w http.ResponseWriter, r *ui.Req) error {
	n, err := days(r)
	if err != nil {
		return err
	}
	return p.act(w, r, "myday.postpone", "home.postponed", func(tx *db.Tx, id ids.ID) (string, error) {
		return p.promise(r, tx, id, func(i *activity.Interaction) error {
			i.Due = postponed(i.Due.In(r.View.Zone), tx.Now.In(r.View.Zone), n)
			return nil
		})
	})
}

func (p *Pages) done(w http.ResponseWriter, r *ui.Req) error {
	return p.act(w, r, "task.finish", "home.done", func(tx *db.Tx, id ids.ID) (string, error) {
		t, err := tasks.Get(r.Context(), tx, id)
		if err != nil {
			return "", err
		}
		return t.Title, tasks.Done(r.Context(), tx, id, true)
	})
}

func (p *Pages) postponeTask(w http.ResponseWriter, r *ui.Req) error {
	n, err := days(r)
	if err != nil {
		return err
	}
	return p.act(w, r, "task.postpone", "home.task_postponed", func(tx *db.Tx, id ids.ID) (string, error) {
		t, err := tasks.Get(r.Context(), tx, id)
		if err != nil {
			return "", err
		}
		return t.Title, tasks.Postpone(r.Context(), tx, id, n)
	})
}

// later spares the visitor a reminder about a customer.
func (p *Pages) later(w http.ResponseWriter, r *ui.Req) error {
	n, err := days(r)
	if err != nil {
		return err
	}
	kind := myday.Kind(r.Text("kind"))
	if !kind.Valid() {
		return errs.InvalidField("kind", "error.choice")
	}
	why, toast := "myday.later", "home.later"
	if kind == myday.Birthday {
		why, toast = "myday.congratulate", "home.congratulated"
	}
	return p.act(w, r, why, toast, func(tx *db.Tx, id ids.ID) (string, error) {
		c, err := customers.Get(r.Context(), tx, id)
		if err != nil {
			return "", err
		}
		return c.Title(), myday.Pass(r.Context(), tx, kind, id, n, r.View.Zone)
	})
}
