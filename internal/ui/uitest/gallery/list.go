package gallery

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/ui"
)

func (p listPage) matches(c customer) bool {
	for _, f := range p.Filters {
		parts := strings.SplitN(f, ":", 3)
		if len(parts) != 3 || parts[0] != "city" {
			continue
		}
		if is := strings.EqualFold(c.city, parts[2]); is != (parts[1] == "eq") {
			return false
		}
	}
	return true
}

func (p listPage) query(change func(url.Values)) string {
	q := url.Values{}
	if len(p.Filters) > 0 {
		q["f"] = slices.Clone(p.Filters)
	}
	if p.Sort != "" {
		q.Set("sort", p.Sort)
	}
	change(q)
	return q.Encode()
}

func (p listPage) href(change func(url.Values)) string { return "/customers?" + p.query(change) }

func (p listPage) columns() []ui.Column {
	name := ui.Column{Label: "Pelanggan", Class: "key", Href: p.href(func(q url.Values) { q.Set("sort", "name") })}
	switch p.Sort {
	case "name":
		name.Sort, name.Href = "asc", p.href(func(q url.Values) { q.Set("sort", "-name") })
	case "-name":
		name.Sort = "desc"
	}
	return []ui.Column{
		name, {Label: "Sinyal"}, {Label: "Segmen", P: 2}, {Label: "Kota", P: 5, Class: "muted"}, {Label: "Penanggung jawab", P: 2},
		{Label: "Saldo", P: 2, Right: true}, {Label: "Kredit terpakai", P: 3, Class: "narrow-col"}, {Label: "Kontak terakhir", P: 4, Class: "muted"}, {Label: "Langkah berikut", P: 3, Class: "muted", Fill: true},
	}
}

func (p listPage) bar() ui.FilterBar {
	ops := []ui.Option{{Value: "eq", Label: "adalah"}, {Value: "ne", Label: "bukan"}}
	city := ui.FilterField{Key: "city", Label: "Kota", Icon: "pin", Ops: ops, Choices: []ui.Option{{Value: "Surabaya"}, {Value: "Malang"}}}
	bar := ui.FilterBar{
		Action: "/customers", Query: p.query(func(url.Values) {}), List: "list", Clear: "/customers",
		Fields: []ui.FilterField{city, {Key: "signal", Label: "Sinyal", Icon: "flag", Ops: ops, Type: "select", Choices: []ui.Option{{Value: "green", Label: "Hijau"}, {Value: "red", Label: "Merah"}}}},
	}
	for i, f := range p.Filters {
		parts := strings.SplitN(f, ":", 3)
		if len(parts) != 3 {
			continue
		}
		remove := p.href(func(q url.Values) { q["f"] = slices.Delete(slices.Clone(p.Filters), i, i+1) })
		bar.Filters = append(bar.Filters, ui.Filter{Icon: "pin", Field: city, Op: parts[1], Value: parts[2], Text: parts[2], Raw: f, Remove: remove})
	}
	return bar
}

func (p listPage) pager() ui.Pager {
	pg := ui.Pager{From: int64(min(p.From+1, p.Total)), To: int64(p.From + len(p.Rows)), Count: int64(p.Total), List: "list"}
	if p.Page > 1 {
		pg.Prev = p.href(func(q url.Values) { q.Set("page", strconv.Itoa(p.Page-1)) })
	}
	if p.From+pageSize < p.Total {
		pg.Next = p.href(func(q url.Values) { q.Set("page", strconv.Itoa(p.Page+1)) })
	}
	return pg
}

func (p listPage) rupiah(n int64) string {
	return p.Money(money.Amount{Minor: n, Currency: "IDR"})
}

func (p listPage) usedTone(used float64) string {
	switch {
	case used >= 90:
		return "bad"
	case used >= 75:
		return "warn"
	}
	return ""
}

func (p recordPage) href() string { return "/customers/" + p.C.id.String() }
