package tasksweb

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/notices"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/tasks"
	"github.com/akrab-crm/akrab/internal/ui"
)

// quickPage is the line that becomes a task, and what it is understood as.
type quickPage struct {
	*ui.View
	names
	Text     string
	Customer ids.ID // of the page that the line stands on; zero for none
	Task     tasks.Task
	Err      error
}

// quickForm shows the line alone with what it is understood as; a script asks
// for the latter while somebody types.
func (p *Pages) quickForm(w http.ResponseWriter, r *ui.Req) error {
	page, err := p.readQuick(r)
	if err != nil {
		return err
	}
	if r.Partial() {
		return ui.RenderPart(w, r, http.StatusOK, page.preview())
	}
	return ui.Render(w, r, http.StatusOK, page.page())
}

func (p *Pages) quickAdd(w http.ResponseWriter, r *ui.Req) error {
	page, err := p.readQuick(r)
	if err != nil {
		return err
	}
	var op ids.ID
	t := page.Task
	err = p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: "task.create"}, func(tx *db.Tx) error {
		op, t = tx.Op, page.Task
		if err := tasks.Create(r.Context(), tx, &t); err != nil {
			return err
		}
		return tx.SetOp(r.Context(), t.ID, map[string]any{"title": t.Title})
	})
	if errs.KindOf(err) == errs.Invalid {
		page.Err = err
		return ui.Render(w, r, http.StatusUnprocessableEntity, page.page())
	}
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: "tasks.toast.added", Args: []string{"title", t.Title}, Undo: op, Href: href(t.ID)})
	return ui.Redirect(w, r, r.Back(mine))
}

// readQuick reads the line. What it says of no assignee is for whoever wrote it.
func (p *Pages) readQuick(r *ui.Req) (*quickPage, error) {
	of, err := r.MaybeID("customer_id")
	if err != nil {
		return nil, err
	}
	page := &quickPage{View: r.View, Text: r.Text("text"), Customer: of}
	page.Task = tasks.Quick(page.Text, r.View.Now.In(r.View.Zone))
	t := &page.Task
	t.Customer, t.Assignee = of, r.Who.User
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error {
		if err := assignee(r.Context(), tx, t); err != nil {
			return err
		}
		if of.IsZero() && p.Search != nil && r.View.May(permCustomers) {
			if t.Customer, err = p.meant(r.Context(), tx, t); err != nil {
				return err
			}
		}
		return page.load(r.Context(), tx, r.View, []tasks.Task{*t})
	})
	return page, err
}

// assignee gives t to whom its title names first: "@Raka". The name goes out
// of the title.
func assignee(ctx context.Context, tx *db.Tx, t *tasks.Task) error {
	if !strings.Contains(t.Title, "@") || len(notices.Mentions(t.Title)) == 0 {
		return nil
	}
	people, err := notices.Everybody(ctx, tx, true)
	if err != nil {
		return err
	}
	found := people.Find(t.Title)
	if len(found) == 0 {
		return nil
	}
	m := found[0]
	t.Assignee = m.User
	title := strings.TrimSpace(t.Title[:m.Start]) + " " + strings.TrimSpace(t.Title[m.End:])
	if title = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(title), " untuk")); title != "" {
		t.Title = title
	}
	return nil
}

// before are words that stand between what is done and with whom.
var before = map[string]bool{
	"dengan": true, "with": true, "ke": true, "to": true, "kepada": true, "bu": true, "ibu": true, "pak": true, "bapak": true, "mbak": true, "mas": true,
	"kak": true, "dr": true, "mr": true, "mrs": true, "ms": true,
}

// meant returns the one customer who is called what a call, a message, a
// meeting or a visit is with; zero if there are several or none.
func (p *Pages) meant(ctx context.Context, tx *db.Tx, t *tasks.Task) (ids.ID, error) {
	words := strings.Fields(t.Title)
	if t.Kind == tasks.Plain || len(words) < 2 {
		return ids.ID{}, nil
	}
	words = words[1:]
	for len(words) > 1 && before[strings.ToLower(strings.Trim(words[0], "."))] {
		words = words[1:]
	}
	hits, err := p.Search.Find(ctx, tx, strings.Join(words, " "), search.Options{Kind: "customer", Limit: 2})
	if err != nil || len(hits) != 1 {
		return ids.ID{}, err
	}
	return hits[0].Ref, nil
}

// found returns the customers that somebody may mean by a name.
func (p *Pages) found(ctx context.Context, tx *db.Tx, name string) ([]search.Hit, error) {
	if p.Search == nil {
		return nil, nil
	}
	return p.Search.Find(ctx, tx, name, search.Options{Kind: "customer", Limit: 8})
}

// suggest answers the form's field of customers with their names, as options.
func (p *Pages) suggest(w http.ResponseWriter, r *ui.Req) error {
	var hits []search.Hit
	if r.View.May(permCustomers) {
		err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
			hits, err = p.found(r.Context(), tx, r.Text("q"))
			return err
		})
		if err != nil {
			return err
		}
	}
	return ui.RenderPart(w, r, http.StatusOK, suggestions(hits))
}

// customerBy returns the customer that the form names: by id where one was
// chosen, else by name. It returns those who may be meant if there are several.
func (p *Pages) customerBy(ctx context.Context, tx *db.Tx, id ids.ID, name string) (ids.ID, []search.Hit, error) {
	if name == "" {
		return ids.ID{}, nil, nil
	}
	if !id.IsZero() {
		known, err := customers.Names(ctx, tx, []ids.ID{id})
		if err != nil || known[id] == name {
			return id, nil, err
		}
	}
	hits, err := p.found(ctx, tx, name)
	if err != nil {
		return ids.ID{}, nil, err
	}
	var exact []search.Hit
	for _, h := range hits {
		if strings.EqualFold(h.Title, name) {
			exact = append(exact, h)
		}
	}
	switch {
	case len(exact) == 1:
		return exact[0].Ref, nil, nil
	case len(hits) == 1:
		return hits[0].Ref, nil, nil
	case len(hits) == 0:
		return ids.ID{}, nil, errs.InvalidField("customer", "customer.not_found")
	}
	return ids.ID{}, hits, errs.InvalidField("customer", "tasks.customer.which")
}

// understood says in one line what the text becomes, besides its title.
func (p *quickPage) understood() []string {
	t := &p.Task
	var parts []string
	if t.Kind != tasks.Plain {
		parts = append(parts, p.T("task.kind."+string(t.Kind)))
	}
	if s := exactly(p.View, t); s != "" {
		parts = append(parts, s)
	}
	if s := repeats(p.View, t); s != "" {
		parts = append(parts, s)
	}
	if s := p.customers[t.Customer]; s != "" {
		parts = append(parts, s)
	}
	if t.Assignee != p.Who.User {
		if s := p.who(t); s != "" {
			parts = append(parts, p.T("tasks.for", "name", s))
		}
	}
	return parts
}

// startOf returns the day that a text names, or now's.
func startOf(v *ui.View, s string) time.Time {
	if t, err := time.ParseInLocation(time.DateOnly, s, v.Zone); err == nil && t.Year() >= 1900 && t.Year() <= 2200 {
		return t
	}
	y, m, d := v.Now.In(v.Zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, v.Zone)
}
