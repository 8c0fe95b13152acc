package listweb

import (
	"slices"

	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/ui"
)

// mistakes returns what in the address can't be understood, in words.
func (p *Page) mistakes(v *ui.View) []string {
	var list []string
	for _, e := range errs.All(p.Err) {
		list = append(list, v.T(e.Key, e.Args...))
	}
	return list
}

// cleared returns the address of the list without conditions.
func (p *Page) cleared() string {
	q := p.Query.First()
	q.Filters = nil
	return address(p.path, q)
}

// usual returns the address of the list with the columns shown at first.
func (p *Page) usual() string {
	q := p.Query.First()
	q.Columns = nil
	return address(p.path, q)
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

// tick returns the type of the control of a choice: of yes and no, only one is.
func (f form) tick() string {
	if f.column.Type == list.Bool {
		return "radio"
	}
	return "checkbox"
}

func (f form) has(value string) bool { return slices.Contains(f.Values, value) }
