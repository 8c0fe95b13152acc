package listweb

import (
	"slices"

	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/views"
)

// mistakes returns what in the address can't be understood, in words.
func (p *Page) mistakes(v *ui.View) []string {
	columns := make([]list.Column, len(p.fields))
	for i, f := range p.fields {
		columns[i] = *f.column
	}
	var all []string
	for _, e := range errs.All(p.Err) {
		all = append(all, told(v, columns, e))
	}
	return all
}

// told returns what is wrong with a condition in words: the column and the
// operator as the page calls them.
func told(v *ui.View, columns []list.Column, e *errs.Error) string {
	args := slices.Clone(e.Args)
	var c *list.Column
	for i := 0; i+1 < len(args); i += 2 {
		switch args[i] {
		case "column":
			at := slices.IndexFunc(columns, func(c list.Column) bool { return args[i+1] == c.Key })
			if at >= 0 {
				c = &columns[at]
				args[i+1] = v.T(c.Label)
			}
		case "op":
			if op, ok := args[i+1].(string); ok && c != nil {
				args[i+1] = list.OpText(v.Printer, c.Type, list.Op(op))
			}
		}
	}
	return v.T(e.Key, args...)
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
	var all []ui.Option
	for _, s := range views.Everyone {
		if s == views.Private || v.May(ui.Perm(views.PermShare)) && (s != views.Team || !v.Who.Team.IsZero()) {
			all = append(all, ui.Option{Value: string(s), Label: v.T("listweb.shared." + string(s))})
		}
	}
	return all
}
