package activityweb

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/ui"
)

// ahead is how far the home page looks.
const ahead = 14 * 24 * time.Hour

// homePage is the data of the home page.
type homePage struct {
	*ui.View
	Total   int  // customers of the workspace
	All     bool // shows everybody's promises
	Groups  []dueGroup
	Late    int
	Today   int
	Recent  []customers.Customer
	names   map[ids.ID]string
	mayLook bool // the visitor may see customers
}

// A dueGroup is promises that are due about the same time.
type dueGroup struct {
	Key   string // message key of its heading
	Tone  string
	Items []activity.Interaction
}

func (p *Pages) home(w http.ResponseWriter, r *ui.Req) error {
	page := &homePage{View: r.View, All: r.Text("of") == "all", mayLook: r.View.May(permCustomers)}
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error {
		var err error
		if page.Total, err = customers.Total(r.Context(), tx); err != nil {
			return err
		}
		if page.May(permRead) && page.mayLook {
			if err := page.loadDue(r, tx); err != nil {
				return err
			}
		}
		if page.mayLook && p.Recent != nil {
			page.Recent, err = customers.GetMany(r.Context(), tx, p.Recent(r))
		}
		return err
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, page.page())
}

func (p *homePage) loadDue(r *ui.Req, tx *db.Tx) error {
	by := r.Who.User
	if p.All {
		by = ids.ID{}
	}
	list, err := activity.Due(r.Context(), tx, by, p.Now.Add(ahead), 100)
	if err != nil {
		return err
	}
	for _, key := range []string{"home.late", "home.today", "home.soon"} {
		g := dueGroup{Key: key}
		if key == "home.late" {
			g.Tone = "bad"
		}
		for _, i := range list {
			if p.group(&i) == key {
				g.Items = append(g.Items, i)
			}
		}
		if len(g.Items) > 0 {
			p.Groups = append(p.Groups, g)
		}
		switch key {
		case "home.late":
			p.Late = len(g.Items)
		case "home.today":
			p.Today = len(g.Items)
		}
	}
	var of []ids.ID
	for _, i := range list {
		if !slices.Contains(of, i.Customer) {
			of = append(of, i.Customer)
		}
	}
	p.names, err = customers.Names(r.Context(), tx, of)
	return err
}

func (p *homePage) group(i *activity.Interaction) string {
	switch {
	case i.Due.Before(p.Now):
		return "home.late"
	case day(p.View, i.Due) == day(p.View, p.Now):
		return "home.today"
	}
	return "home.soon"
}

// greeting greets by the time of day in the workspace's zone.
func (p *homePage) greeting() string {
	name, _, _ := strings.Cut(p.Name, " ")
	key := "home.evening"
	switch h := p.Now.In(p.Zone).Hour(); {
	case h >= 4 && h < 11:
		key = "home.morning"
	case h >= 11 && h < 15:
		key = "home.noon"
	case h >= 15 && h < 18:
		key = "home.afternoon"
	}
	return p.T(key, "name", name)
}

// lead says in one sentence what matters today.
func (p *homePage) lead() string {
	now := p.Now.In(p.Zone)
	date := p.Weekday(now.Weekday()) + ", " + p.Date(p.Now)
	switch {
	case p.Late > 0:
		return date + ". " + p.T("home.lead.late", "n", p.Late)
	case p.Today > 0:
		return date + ". " + p.T("home.lead.today", "n", p.Today)
	}
	return date + "."
}

// when returns when a promise is due, as short as it can be said.
func (p *homePage) when(i *activity.Interaction) string {
	if day(p.View, i.Due) == day(p.View, p.Now) && !dayOnly(p.View, i.Due) {
		return p.Time(i.Due)
	}
	return p.Relative(i.Due, p.Now)
}
