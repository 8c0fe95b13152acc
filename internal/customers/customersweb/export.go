package customersweb

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/list/listweb"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/phone"
	"github.com/akrab-crm/akrab/internal/sheet"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/vcard"
)

// exportTypes are the formats of exports, with their types and ends of names.
var exportTypes = map[string]struct{ mime, ext string }{
	"csv":  {"text/csv; charset=utf-8", ".csv"},
	"xlsx": {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"},
	"full": {"text/csv; charset=utf-8", ".csv"},
	"vcf3": {"text/vcard; charset=utf-8", ".vcf"},
	"vcf4": {"text/vcard; charset=utf-8", ".vcf"},
}

func exportIcon(format string) string {
	switch format {
	case "vcf3", "vcf4":
		return "card"
	case "full":
		return "copy"
	}
	return "file"
}

func (p *listPage) exportHref(format string) string {
	v := p.List.Query.First().Values()
	v.Del("count")
	v.Set("format", format)
	return "/customers/export?" + v.Encode()
}

// An exporting is an export under way.
type exporting struct {
	*ui.View
	d      *list.Def[customers.Customer]
	q      list.Query
	some   []ids.ID // if not nil, these alone
	owners map[ids.ID]team.User
	facts  map[ids.ID]insights.Line // of the rows that are being written
}

// export downloads the list that the address asks for.
func (p *Pages) export(w http.ResponseWriter, r *ui.Req) error {
	q, err := list.Parse(r.Form)
	if err != nil {
		return err
	}
	q.In = r.View.Workspace
	return p.exportTo(w, r, &exporting{View: r.View, d: p.Book.Def(), q: q.First()})
}

// exportChosen downloads the rows that are selected in a list.
func (p *Pages) exportChosen(w http.ResponseWriter, r *ui.Req) error {
	sel, err := listweb.Selected(r)
	if err != nil {
		return err
	}
	x := &exporting{View: r.View, d: p.Book.Def(), q: sel.Query.First()}
	if !sel.All {
		x.some = sel.IDs
	}
	return p.exportTo(w, r, x)
}

// exportTo sends a file. It is complete before it is sent, so that a slow line
// keeps no transaction open, and a failure becomes a page and not half a file.
func (p *Pages) exportTo(w http.ResponseWriter, r *ui.Req, x *exporting) error {
	format := r.Form.Get("format")
	kind, ok := exportTypes[format]
	if !ok {
		return errs.InvalidField("format", "customers.export.format")
	}
	f, err := os.CreateTemp("", "akrab-export-*")
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error {
		users, err := team.Users(r.Context(), tx, false)
		if err != nil {
			return err
		}
		x.owners = map[ids.ID]team.User{}
		for _, u := range users {
			x.owners[u.ID] = u
		}
		return x.write(r.Context(), tx, f, format)
	})
	if err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	name := strings.ToLower(x.T("record.customers")) + "-" + x.Now.In(x.Zone).Format(time.DateOnly) + kind.ext
	h := w.Header()
	h.Set("Content-Type", kind.mime)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Cache-Control", "no-store")
	http.ServeContent(w, r.Request, "", time.Time{}, f)
	return nil
}

func (x *exporting) write(ctx context.Context, tx *db.Tx, w io.Writer, format string) error {
	switch format {
	case "csv":
		opt := sheet.CSVOptions{BOM: true}
		if x.Workspace.Decimal == ',' {
			opt.Comma = ';' // what spreadsheets of such countries expect when they open it unasked
		}
		return x.shown(ctx, tx, sheet.NewCSV(w, opt))
	case "xlsx":
		return x.shown(ctx, tx, sheet.NewXLSX(w, sheet.XLSXOptions{Sheet: x.T("record.customers"), Header: true}))
	case "full":
		return x.whole(ctx, tx, sheet.NewCSV(w, sheet.CSVOptions{BOM: true}))
	case "vcf3":
		return x.cards(ctx, tx, w, "3.0")
	}
	return x.cards(ctx, tx, w, "4.0")
}

// each calls f with the rows, some at a time, and their parts.
func (x *exporting) each(ctx context.Context, tx *db.Tx, f func(rows []customers.Customer) error) error {
	with := func(rows []customers.Customer) error {
		err := customers.LoadParts(ctx, tx, rows)
		if err == nil && x.d.Column("bought") != nil {
			x.facts, err = factsOf(ctx, tx, rows)
		}
		if err != nil {
			return err
		}
		return f(rows)
	}
	if x.some == nil {
		return x.d.Each(ctx, tx, x.q, with)
	}
	rows, err := x.d.Rows(ctx, tx, x.some)
	if err != nil {
		return err
	}
	return with(rows)
}

// shown writes the columns that the list shows.
func (x *exporting) shown(ctx context.Context, tx *db.Tx, w sheet.Writer) error {
	cols := x.d.Shown(x.q)
	head := make([]string, len(cols))
	for i, c := range cols {
		head[i] = x.T(c.Label)
	}
	if err := w.Write(head); err != nil {
		return err
	}
	row := make([]sheet.Cell, len(cols))
	err := x.each(ctx, tx, func(rows []customers.Customer) error {
		for i := range rows {
			for k, c := range cols {
				row[k] = x.cell(c.Key, &rows[i])
			}
			if err := w.WriteCells(row); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.Close()
}

// fact returns what a column says of a customer's purchases.
func (x *exporting) fact(key string, f insights.Line) sheet.Cell {
	number := func(n int64) sheet.Cell {
		if n == 0 {
			return sheet.Cell{}
		}
		return sheet.Cell{Text: strconv.FormatInt(n, 10), Type: sheet.Number}
	}
	switch key {
	case "bought":
		if f.Bought.Currency == "" {
			return sheet.Cell{}
		}
		return sheet.Cell{Text: x.Money(f.Bought)}
	case "orders":
		return number(f.Orders)
	case "rhythm":
		return number(f.RhythmDays)
	case "signal":
		if f.Why == "" {
			return sheet.Cell{}
		}
		return sheet.Cell{Text: x.T(insights.SignalLabel(f.Signal, f.Why))}
	case "segment":
		return sheet.Cell{Text: f.Segment}
	case "active":
		if !f.Known {
			return sheet.Cell{}
		}
		return sheet.Cell{Text: x.Percent(float64(f.Active) / 1000)}
	case "products":
		return number(f.Products)
	case "value", "stake", "year", "margin", "cost_to_serve", "profit":
		minor, ok := led(key, f)
		if !ok {
			return sheet.Cell{}
		}
		return sheet.Cell{Text: x.Money(money.Amount{Minor: minor, Currency: f.Lead})}
	case "last_order":
		return x.moment(f.Last)
	}
	return x.moment(f.Quiet)
}

// cell returns what a column says of a customer.
func (x *exporting) cell(key string, c *customers.Customer) sheet.Cell {
	text := func(s string) sheet.Cell { return sheet.Cell{Text: s} }
	word := func(prefix, s string) sheet.Cell {
		if s == "" {
			return text("")
		}
		return text(x.T(prefix + s))
	}
	switch key {
	case "name":
		return text(c.Title())
	case "kind":
		return word("customer.kind.", string(c.Kind))
	case "phone":
		return text(phone.Display(c.Phone, x.Region))
	case "email":
		return text(c.Email)
	case "city":
		return text(c.City)
	case "phase":
		return word("customer.phase.", string(c.Phase))
	case "owner":
		return text(x.owners[c.Owner].Name)
	case "last_at":
		return x.moment(c.LastAt)
	case "bought", "orders", "last_order", "rhythm", "quiet", "signal", "segment", "active", "products", "value", "stake", "year", "margin", "cost_to_serve", "profit":
		return x.fact(key, x.facts[c.ID])
	case "tag":
		return text(joinTags(c.Tags))
	case "reseller":
		return word("customer.reseller.", string(c.Reseller))
	case "external_id":
		return text(c.ExternalID)
	case "created":
		return x.moment(c.Created)
	case "updated":
		return x.moment(c.Updated)
	case "language":
		return text(languageName(x.View, c.Language))
	case "channel":
		return word("customer.channel.", c.Channel)
	case "birthday":
		return sheet.Cell{Text: birthdayForImport(c.Birthday), Type: sheet.Date}
	case "source":
		return text(c.Source)
	case "archived":
		if c.Archived {
			return text(x.T("list.yes"))
		}
	}
	return text("")
}

// moment returns a time as the workspace's clocks show it.
func (x *exporting) moment(t time.Time) sheet.Cell {
	if t.IsZero() {
		return sheet.Cell{}
	}
	return sheet.Cell{Text: t.In(x.Zone).Format("2006-01-02T15:04:05"), Type: sheet.Date}
}

// birthdayForImport returns a birthday as import reads it: --12-04 without a year.
func birthdayForImport(s string) string {
	if rest, ok := strings.CutPrefix(s, yearless); ok {
		return "-" + rest
	}
	return s
}

// A wholeColumn is a column of the complete export, with the name by which
// import knows it again.
type wholeColumn struct {
	name  string
	value func(c *customers.Customer) string
}

// A widths is how many parts of each kind the customers have at most.
type widths struct{ emails, phones, addresses, handles, traits int }

func (m *widths) take(c *customers.Customer) {
	m.emails, m.phones, m.addresses = max(m.emails, len(c.Emails)), max(m.phones, len(c.Phones)), max(m.addresses, len(c.Addresses))
	m.handles, m.traits = max(m.handles, len(c.Handles)), max(m.traits, len(c.Traits))
}

// whole writes everything that import reads. Parts stand in numbered columns,
// as many as the customer with the most has, so the list is read twice.
func (x *exporting) whole(ctx context.Context, tx *db.Tx, w sheet.Writer) error {
	var most widths
	err := x.each(ctx, tx, func(rows []customers.Customer) error {
		for i := range rows {
			most.take(&rows[i])
		}
		return nil
	})
	if err != nil {
		return err
	}
	var orgs map[ids.ID]string
	cols := x.wholeColumns(most, &orgs)
	row := make([]string, len(cols))
	for i, c := range cols {
		row[i] = c.name
	}
	if err := w.Write(row); err != nil {
		return err
	}
	err = x.each(ctx, tx, func(rows []customers.Customer) error {
		var err error
		if orgs, err = tiedNames(ctx, tx, rows); err != nil {
			return err
		}
		for i := range rows {
			for k, c := range cols {
				row[k] = c.value(&rows[i])
			}
			if err := w.Write(row); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.Close()
}

// tiedNames returns the names of those to whom the rows belong.
func tiedNames(ctx context.Context, tx *db.Tx, rows []customers.Customer) (map[ids.ID]string, error) {
	var others []ids.ID
	for i := range rows {
		_, more := references(&rows[i])
		others = append(others, more...)
	}
	return customers.Names(ctx, tx, others)
}

// member returns the first organisation to which a customer belongs.
func member(c *customers.Customer) customers.Relation {
	for _, t := range c.Relations {
		if t.Kind == customers.Member && t.To == "" {
			return t
		}
	}
	return customers.Relation{}
}

func (x *exporting) wholeColumns(most widths, orgs *map[ids.ID]string) []wholeColumn {
	type C = customers.Customer
	cols := []wholeColumn{
		{"external_id", func(c *C) string { return c.ExternalID }},
		{"kind", func(c *C) string { return string(c.Kind) }},
		{"name", func(c *C) string { return c.Name }},
		{"honorific", func(c *C) string { return c.Honorific }},
		{"given_name", func(c *C) string { return c.Given }},
		{"middle_name", func(c *C) string { return c.Middle }},
		{"family_name", func(c *C) string { return c.Family }},
		{"suffix", func(c *C) string { return c.Suffix }},
		{"nickname", func(c *C) string { return c.Nickname }},
		{"addressing", func(c *C) string { return c.Addressing }},
		{"organization", func(c *C) string { return (*orgs)[member(c).Other] }},
		{"title", func(c *C) string { return member(c).Title }},
		{"department", func(c *C) string { return member(c).Department }},
		{"role", func(c *C) string { return member(c).Role }},
		{"phase", func(c *C) string { return string(c.Phase) }},
		{"reseller", func(c *C) string { return string(c.Reseller) }},
		{"owner", func(c *C) string { return x.owners[c.Owner].Email }},
		{"tags", func(c *C) string { return joinTags(c.Tags) }},
		{"source", func(c *C) string { return c.Source }},
		{"archived", func(c *C) string { return yes(c.Archived) }},
		{"birthday", func(c *C) string { return birthdayForImport(c.Birthday) }},
		{"language", func(c *C) string { return c.Language }},
		{"channel", func(c *C) string { return c.Channel }},
		{"hours", func(c *C) string { return c.Hours }},
		{"remember", func(c *C) string { return c.Remember }},
	}
	cols = append(cols, partColumns("emails", most.emails, []partColumn[customers.Email]{
		{"value", func(e *customers.Email) string { return e.Value }},
		{"label", func(e *customers.Email) string { return e.Label }},
		{"state", func(e *customers.Email) string { return string(e.State) }},
		{"primary", func(e *customers.Email) string { return yes(e.Primary) }},
	}, func(c *C) []customers.Email { return c.Emails })...)
	cols = append(cols, partColumns("phones", most.phones, []partColumn[customers.Phone]{
		{"value", func(t *customers.Phone) string { return t.Value }},
		{"label", func(t *customers.Phone) string { return t.Label }},
		{"state", func(t *customers.Phone) string { return string(t.State) }},
		{"primary", func(t *customers.Phone) string { return yes(t.Primary) }},
	}, func(c *C) []customers.Phone { return c.Phones })...)
	cols = append(cols, partColumns("addresses", most.addresses, []partColumn[customers.Address]{
		{"street", func(a *customers.Address) string { return a.Street }},
		{"village", func(a *customers.Address) string { return a.Village }},
		{"district", func(a *customers.Address) string { return a.District }},
		{"city", func(a *customers.Address) string { return a.City }},
		{"province", func(a *customers.Address) string { return a.Province }},
		{"postal_code", func(a *customers.Address) string { return a.Postcode }},
		{"country", func(a *customers.Address) string { return a.Country }},
		{"label", func(a *customers.Address) string { return a.Label }},
		{"state", func(a *customers.Address) string { return string(a.State) }},
		{"primary", func(a *customers.Address) string { return yes(a.Primary) }},
	}, func(c *C) []customers.Address { return c.Addresses })...)
	cols = append(cols, partColumns("handles", most.handles, []partColumn[customers.Handle]{
		{"network", func(h *customers.Handle) string { return h.Network }},
		{"value", func(h *customers.Handle) string { return h.Value }},
	}, func(c *C) []customers.Handle { return c.Handles })...)
	return append(cols, partColumns("traits", most.traits, []partColumn[customers.Trait]{
		{"label", func(t *customers.Trait) string { return t.Label }},
		{"value", func(t *customers.Trait) string { return t.Value }},
	}, func(c *C) []customers.Trait { return c.Traits })...)
}

// A partColumn is one field of a kind of part.
type partColumn[P any] struct {
	name  string
	value func(*P) string
}

// partColumns returns the columns of n parts of a kind: emails.1.value,
// emails.1.label … emails.2.value.
func partColumns[P any](kind string, n int, fields []partColumn[P], of func(*customers.Customer) []P) []wholeColumn {
	var cols []wholeColumn
	for i := range n {
		for _, f := range fields {
			cols = append(cols, wholeColumn{kind + "." + strconv.Itoa(i+1) + "." + f.name, func(c *customers.Customer) string {
				if list := of(c); i < len(list) {
					return f.value(&list[i])
				}
				return ""
			}})
		}
	}
	return cols
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

// cards writes one card for each customer.
func (x *exporting) cards(ctx context.Context, tx *db.Tx, to io.Writer, version string) error {
	w := bufio.NewWriterSize(to, 64<<10)
	err := x.each(ctx, tx, func(rows []customers.Customer) error {
		names, err := tiedNames(ctx, tx, rows)
		if err != nil {
			return err
		}
		for i := range rows {
			if err := vcard.Write(w, cardOf(&rows[i], names), version); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.Flush()
}
