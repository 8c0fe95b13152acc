package tasksweb

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/mail"
	"github.com/akrab-crm/akrab/internal/tasks"
	"github.com/akrab-crm/akrab/internal/ui"
)

// showPage is the data of a task's page.
type showPage struct {
	*ui.View
	names
	Task  tasks.Task
	About string
	Kind  Kind // of what it is about
	Mail  bool // invitations can be sent
}

func (p *Pages) show(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	var page *showPage
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		page, err = p.card(r.Context(), tx, r.View, id)
		return err
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, page.page())
}

// card reads what is shown of a task.
func (p *Pages) card(ctx context.Context, tx *db.Tx, v *ui.View, id ids.ID) (*showPage, error) {
	page := &showPage{View: v}
	var err error
	if page.Task, err = tasks.Get(ctx, tx, id); err != nil {
		return nil, err
	}
	if err := page.load(ctx, tx, v, []tasks.Task{page.Task}); err != nil {
		return nil, err
	}
	if page.Mail, err = mail.Ready(ctx, tx); err != nil {
		return nil, err
	}
	page.Kind = p.Kinds[page.Task.Subject.Kind]
	page.About, err = p.about(ctx, tx, page.Task.Subject)
	return page, err
}

// side returns what stands beside the list about a task.
func (p *Pages) side(ctx context.Context, tx *db.Tx, r *ui.Req, id ids.ID) (*ui.SideCard, error) {
	page, err := p.card(ctx, tx, r.View, id)
	if err != nil {
		return nil, err
	}
	return &ui.SideCard{Title: page.Task.Title, Href: href(id), Body: page.side()}, nil
}

// stateTone is the tone of what a guest answered.
func stateTone(s tasks.State) string {
	switch s {
	case tasks.Yes:
		return "ok"
	case tasks.Maybe:
		return "warn"
	case tasks.No:
		return "bad"
	}
	return "info"
}

// inPanel is how many tasks a customer's page shows.
const inPanel = 6

// panelPage is the data of the tasks on a customer's page.
type panelPage struct {
	*ui.View
	names
	Customer ids.ID
	Tasks    []tasks.Task
	More     bool
}

// Panel is what is to be done for a customer, on their page.
func (p *Pages) Panel() ui.Panel {
	return ui.Panel{Key: "tasks", Perm: permRead, Order: 20, Load: func(ctx context.Context, v *ui.View, id ids.ID) (templ.Component, error) {
		page := &panelPage{View: v, Customer: id}
		err := p.DB.Read(ctx, v.Who, func(tx *db.Tx) (err error) {
			if page.Tasks, err = tasks.OfCustomer(ctx, tx, id, inPanel+1); err != nil {
				return err
			}
			if len(page.Tasks) > inPanel {
				page.Tasks, page.More = page.Tasks[:inPanel], true
			}
			return page.load(ctx, tx, v, page.Tasks)
		})
		if err != nil || len(page.Tasks) == 0 && !v.May(permWrite) {
			return nil, err
		}
		return page.panel(), nil
	}}
}

// href is the list of a customer's tasks.
func (p *panelPage) href() string { return "/tasks?f=customer:eq:" + p.Customer.String() }

// guestName returns what a guest is called: their address if nothing else.
func guestName(g tasks.Guest) string {
	if g.Name != "" {
		return g.Name
	}
	return g.Email
}
