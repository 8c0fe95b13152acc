package listweb

import (
	"slices"

	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/views"
)

// mistakes returns what in the address can't be understood, in words.
func (p *Page) mistakes(v *ui.View) []string {
	var list []string
	for _, e := range errs.All(p.Err) {
		list = append(list, v.T(e.Key, e.Args...))
	}
	return list
}

// ordered returns the list's order in words.
func (p *Page) ordered(v *ui.View) string {
	for _, o := range p.orders {
		if o.Current {
			return o.Label
		}
	}
	return v.T("listweb.sort")
}

func (f form) has(value string) bool { return slices.Contains(f.Values, value) }

// export returns the address of the list's rows as a file.
func (p *Page) export(format string) string {
	v := p.Query.First().Values()
	v.Del("count")
	v.Set("format", format)
	return join(p.path+"/export", v)
}

// savable returns the query as a view holds it.
func (p *Page) savable() string { return views.TextOf(p.Query) }

// sharing returns who may see a view that the visitor saves.
func sharing(v *ui.View) []ui.Option {
	var list []ui.Option
	for _, s := range views.Everyone {
		if s == views.Private || v.May(ui.Perm(views.PermShare)) && (s != views.Team || !v.Who.Team.IsZero()) {
			list = append(list, ui.Option{Value: string(s), Label: v.T("listweb.shared." + string(s))})
		}
	}
	return list
}
