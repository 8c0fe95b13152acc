package ui

import (
	"context"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

// Cells are drawn by the hundred: their attributes are written one by one, since
// a map of them takes longer than the rest.

func (c Column) attrs() templ.Attributes {
	a := templ.Attributes{}
	if class := c.class(); class != "" {
		a["class"] = class
	}
	if c.P > 0 {
		a["data-p"] = c.leaves()
	}
	return a
}

// Cell is a cell of a column; its children are what it shows.
func Cell(c Column) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		head := "<td"
		if class := c.class(); class != "" {
			head += ` class="` + templ.EscapeString(class) + `"`
		}
		if c.P > 0 {
			head += ` data-p="` + c.leaves() + `"`
		}
		if _, err := io.WriteString(w, head+">"); err != nil {
			return err
		}
		if err := templ.GetChildren(ctx).Render(templ.ClearChildren(ctx), w); err != nil {
			return err
		}
		_, err := io.WriteString(w, "</td>")
		return err
	})
}

func (c Column) class() string {
	if !c.Right && !c.Fill {
		return c.Class
	}
	class := c.Class
	if c.Right {
		class = join(class, "r")
	}
	if c.Fill {
		class = join(class, "fill")
	}
	return class
}

// leaves returns when the column leaves a panel that narrows.
func (c Column) leaves() string { return strconv.Itoa(c.P) }

// headAttrs is attrs for the column's head, which has no look of its own.
func (c Column) headAttrs() templ.Attributes {
	c.Class = ""
	return c.attrs()
}

// swapList makes a link or form replace the list only, if it has an id.
func swapList(id string) templ.Attributes {
	if id == "" {
		return nil
	}
	return Swap(id)
}

// sortID names a column's link, so that focus stays on it when the list is
// replaced.
func sortID(opt TableOptions, i int) string { return join("sort-" + strconv.Itoa(i) + opt.List) }

func (p Pager) text(v *View) string {
	switch {
	case p.Count == 0:
		return v.T("ui.list.none")
	case p.Count < 0:
		return v.T("ui.list.range", "from", p.From, "to", p.To)
	case p.From == 0:
		return v.T("ui.list.count", "n", p.Count)
	}
	return v.T("ui.list.range_of", "from", p.From, "to", p.To, "n", p.Count)
}

func opLabel(f Filter) string {
	for _, o := range f.Field.Ops {
		if o.Value == f.Op {
			return o.Label
		}
	}
	return f.Op
}

func filterControl(v *View, field FilterField, now Filter, id string) Field {
	f := Field{
		Name: "fv", Label: v.T("ui.filter.value"), Type: field.Type, Value: now.Value,
		Options: field.Choices, Bare: true, ID: id + "-value", Autofocus: false,
	}
	if field.Type == "radio" {
		f.Type = "select"
	}
	return f
}

// queryPairs returns the names and values of a query, in order.
func queryPairs(query string) [][2]string {
	var list [][2]string
	for part := range strings.SplitSeq(query, "&") {
		k, val, _ := strings.Cut(part, "=")
		name, err1 := url.QueryUnescape(k)
		value, err2 := url.QueryUnescape(val)
		if err1 == nil && err2 == nil && name != "" {
			list = append(list, [2]string{name, value})
		}
	}
	return list
}

// AddFilter returns the canonical address of a list whose filter form was sent:
// the condition fk:fo:fv among its f, in the place of the one it replaces. It
// reports whether such a form was sent; then the handler redirects there.
func (r *Req) AddFilter() (to string, ok bool) {
	key, op := r.Form.Get("fk"), r.Form.Get("fo")
	if key == "" || op == "" {
		return "", false
	}
	q := r.URL.Query()
	was, now := q.Get("was"), key+":"+op+":"+strings.TrimSpace(q.Get("fv"))
	filters := q["f"]
	if i := slices.Index(filters, was); was != "" && i >= 0 {
		filters[i] = now
	} else if !slices.Contains(filters, now) {
		filters = append(filters, now)
	}
	q["f"] = filters
	for _, name := range []string{"fk", "fo", "fv", "was", "cursor"} {
		q.Del(name)
	}
	return r.URL.Path + "?" + q.Encode(), true
}

// swapSide makes a link replace what is beside the list only; the script keeps
// the address.
func swapSide() templ.Attributes { return templ.Attributes{"hx-boost": sideBoost} }

const sideBoost = `target:"#` + SideID + `" swap:"outerHTML show:none" push:false`
