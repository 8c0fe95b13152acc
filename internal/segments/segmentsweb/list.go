package segmentsweb

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/list/listweb"
	"github.com/akrab-crm/akrab/internal/segments"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
)

// listPage is the data of the list of segments.
type listPage struct {
	*ui.View
	asker
	table  listweb.Table[segments.Segment]
	List   *listweb.Page
	owners map[ids.ID]string
	words  map[ids.ID]string // conditions in words
}

var listLooks = map[string]listweb.Look{
	"name":    {Icon: "users", Class: "key"},
	"cond":    {Class: "muted", Fill: true, P: 2},
	"size":    {Icon: "users", Right: true, Class: "num"},
	"owner":   {Icon: "user", P: 3},
	"created": {Icon: "cal", P: 5, Class: "muted"},
	"updated": {Icon: "cal", P: 4, Class: "muted"},
}

func (p *Pages) index(w http.ResponseWriter, r *ui.Req) error {
	page := &listPage{View: r.View}
	page.table = listweb.Table[segments.Segment]{
		Def: &segments.List, Path: pathSegments, Caption: "segments.title", Looks: listLooks, Options: page.options, NameOf: nameOf,
		Row: func(_ *ui.View, g *segments.Segment) ui.Row {
			return ui.Row{ID: g.ID.String(), Label: g.Name, Href: Href(g.ID)}
		},
		Cell: func(_ *ui.View, g *segments.Segment, key string, col ui.Column) templ.Component {
			return page.cell(col, key, g)
		},
		Complete: page.complete,
	}
	if done, err := page.table.Redirect(w, r, p.DB); done || err != nil {
		return err
	}
	var err error
	if page.List, err = page.table.Load(r.Context(), p.DB, r); err != nil {
		return err
	}
	r.View.Path = page.table.Address(page.List)
	return ui.Render(w, r, page.List.Status(), page.page())
}

// complete reads who is responsible and puts the conditions into words.
func (p *listPage) complete(ctx context.Context, tx *db.Tx, rows []segments.Segment) error {
	var owners []ids.ID
	p.words = map[ids.ID]string{}
	ask := p.asker.table()
	known, err := p.known(ctx, tx)
	if err != nil {
		return err
	}
	for i := range rows {
		g := &rows[i]
		if !g.Owner.IsZero() {
			owners = append(owners, g.Owner)
		}
		if p.words[g.ID], err = ask.Words(ctx, tx, p.View, g.Cond, known); err != nil {
			return err
		}
	}
	p.owners, err = team.Names(ctx, tx, owners)
	return err
}

// known reads once what conditions name by ids: users and segments.
func (a *asker) known(ctx context.Context, tx *db.Tx) (map[string][]ui.Option, error) {
	known := map[string][]ui.Option{}
	for _, c := range []list.Column{{Key: "owner", Type: list.User}, {Key: segments.Column, Type: list.Ref}} {
		options, err := a.options(ctx, tx, nil, &c)
		if err != nil {
			return nil, err
		}
		known[c.Key] = options
	}
	return known, nil
}

// isNew reports whether there are no segments at all.
func (p *listPage) isNew() bool {
	return p.List.Err == nil && len(p.List.Rows) == 0 && len(p.List.Query.Filters) == 0 && p.List.Query.Cursor == ""
}

func (p *listPage) remark() string {
	if p.List.Err != nil || p.List.Count <= 0 {
		return ""
	}
	return p.T("segments.count", "n", p.List.Count)
}
