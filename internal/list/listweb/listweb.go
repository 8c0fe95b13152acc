// Package listweb shows lists. A page says how its rows look; everything else
// about the list comes from its list.Def: columns to choose, orders, filters
// as sentences, pages and counts, selections for bulk edits, exports.
//
// The address holds all of it, and every control is a link or a form with
// method GET, so lists work without script. A filter form sends fk (column),
// fo (operator) and values (fx for what a record is called); [Table.Redirect]
// turns that into the list's one canonical address.
package listweb

import (
	"context"
	"embed"
	"net/http"
	"net/url"
	"slices"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/sheet"
	"github.com/akrab-crm/akrab/internal/ui"
)

// Text holds the messages of this package, in text/id.json and text/en.json.
//
//go:embed text/*.json
var Text embed.FS

// A Table is how the pages of one noun show its list.
type Table[T any] struct {
	Def     *list.Def[T]
	Path    string // address of the page, "/customers"
	Caption string // message key: what the rows are

	// Row returns what names a row: its id, the words for screen readers, and
	// the address that it leads to.
	Row func(v *ui.View, row *T) ui.Row

	// Cell returns the <td> of a column, such as ui.Cell, ui.NameCell or TextCell.
	Cell func(v *ui.View, row *T, key string, col ui.Column) templ.Component

	// Value returns what an export holds of a column. If nil there are no exports.
	Value func(v *ui.View, row *T, key string) sheet.Cell

	// Beside are columns that an export has beside others, by the others' keys,
	// though they are not shown: the currency of an amount.
	Beside map[string]string

	// Complete reads what rows need besides what the Def selects: the names of
	// their owners, say. It may be nil.
	Complete func(ctx context.Context, tx *db.Tx, rows []T) error

	// Looks are the columns' looks, by key.
	Looks map[string]Look

	// Options returns the values to choose from for a column whose values are
	// data: users, tags. It may be nil, and returns nil for other columns.
	Options func(ctx context.Context, tx *db.Tx, v *ui.View, c *list.Column) ([]ui.Option, error)

	// NameOf returns the name of a record that a filter names by its id. It may
	// be nil; it is not asked for values that Options knows.
	NameOf func(ctx context.Context, tx *db.Tx, c *list.Column, value string) (string, error)

	// Picker returns how records are found that a column refers to, or nil for a
	// column that has none. It may be nil.
	Picker func(c *list.Column) *Picker

	Bulk bool // rows can be selected

	// Views are those that come with the list; the first is its own. Beside them
	// stand those that users save. If nil there is one that shows everything.
	Views []View

	// Leads returns where else what the list asks for can be taken; these stand in
	// the menu beside the views. It may be nil.
	Leads func(v *ui.View, q list.Query) []ui.Link

	// Side returns what stands beside the list about the record of that id. It
	// returns a NotFound error if there is none that the visitor sees. Where Side
	// is nil, records open on pages of their own only.
	Side func(ctx context.Context, tx *db.Tx, r *ui.Req, id ids.ID) (*ui.SideCard, error)
}

// A Look is how a column looks.
type Look struct {
	P     int    // 2…5: the highest disappears first as the panel narrows; 0 never does
	Right bool   // figures
	Fill  bool   // takes the room that is left
	Class string // of its cells: "key" for the name, "muted"
	Icon  string // beside its name in filters
}

// A Page is a list as it is shown: what [Page.Show] draws.
type Page struct {
	Query list.Query
	Err   error // what in the address can't be understood, or nil
	Count int64 // rows that match; -1 if that is still being counted
	Rows  []Row

	shelf    *shelf
	name     string // of the list
	path     string
	caption  string
	beside   bool // rows open beside the list
	sideID   ids.ID
	side     *ui.SideCard // what is open beside the list; nil if nothing is
	saves    bool         // views can be saved
	arrange  bool         // the views are put in order
	asking   bool         // the conditions to choose from are asked for
	bulk     bool
	exports  bool
	columns  []ui.Column // of the rows' cells
	filters  []filter
	where    *filter // what is asked besides by conditions in each other, or nil
	fields   []field // to filter by
	orders   []order
	pickable []choice
	pager    ui.Pager
	hidden   [][2]string // what a form sends besides its own
	leads    []ui.Link   // where else it can be taken

	// Addresses of the list: as it is, without conditions, with the view's
	// columns, with the conditions to choose from, with the views to put in order.
	here, cleared, usual, conditions, arranging string
}

// A Row is a line of the table.
type Row struct {
	ui.Row
	Cells []templ.Component
}

// ID is the id of the element that holds the list, and the name of the
// fragment that following its links replaces.
const ID = "list"

// conditionsID is the id of the element that holds what can be filtered by.
const conditionsID = "conditions"

// Status returns the HTTP status for the page.
func (p *Page) Status() int {
	if errs.KindOf(p.Err) == errs.NotFound {
		return http.StatusNotFound
	}
	if p.Err != nil {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// Load reads the page of the list that r asks for. What is wrong with the
// address stands in Page.Err; the page then shows that and no rows.
func (t *Table[T]) Load(ctx context.Context, d *db.DB, r *ui.Req) (*Page, error) {
	p := &Page{
		Count: -1, name: t.Def.Name, path: t.Path, caption: t.Caption, bulk: t.Bulk, exports: t.Value != nil,
		arrange: r.Bool("arrange"), asking: r.Bool("conditions"),
	}
	err := d.Read(ctx, r.Who, func(tx *db.Tx) error {
		var err error
		if p.Query, p.shelf, p.Err, err = t.open(ctx, tx, r.View, r.Form); err != nil {
			return err
		}
		p.Query.In, p.Query.Count, p.saves = r.View.Workspace, true, savesViews(tx)
		known, err := t.options(ctx, tx, r.View)
		if err != nil {
			return err
		}
		if err := t.describe(ctx, tx, r.View, p, known); err != nil {
			return err
		}
		if err := t.loadSide(ctx, tx, r, p); err != nil {
			return err
		}
		if part := r.Target(); p.Err != nil || p.arrange || r.Partial() && (part == conditionsID || part == ui.SideID) {
			return nil
		}
		return t.read(ctx, tx, r, p)
	})
	return p, err
}

// loadSide reads what is open beside the list.
func (t *Table[T]) loadSide(ctx context.Context, tx *db.Tx, r *ui.Req, p *Page) error {
	p.beside = t.Side != nil
	id, err := r.MaybeID("side")
	if t.Side == nil || err != nil || id.IsZero() {
		return nil
	}
	p.side, err = t.Side(ctx, tx, r, id)
	if errs.KindOf(err) == errs.NotFound && !r.Partial() {
		return nil // the list is there nevertheless
	}
	p.sideID = id
	return err
}

// Address returns the address of the list as it is shown: where one comes back
// to after something was done with its rows.
func (t *Table[T]) Address(p *Page) string {
	if p.side != nil {
		return t.with(p.shelf, p.Query, "side", p.sideID.String())
	}
	return t.address(p.shelf, p.Query)
}

// options returns the values to choose from, by column.
func (t *Table[T]) options(ctx context.Context, tx *db.Tx, v *ui.View) (map[string][]ui.Option, error) {
	known := map[string][]ui.Option{}
	for i := range t.Def.Columns {
		c := &t.Def.Columns[i]
		for _, o := range c.Choices {
			known[c.Key] = append(known[c.Key], ui.Option{Value: o.Value, Label: v.T(o.Label)})
		}
		if c.Type == list.Bool {
			known[c.Key] = []ui.Option{{Value: "true", Label: v.T("list.yes")}, {Value: "false", Label: v.T("list.no")}}
		}
		if t.Options == nil || c.Choices != nil {
			continue
		}
		more, err := t.Options(ctx, tx, v, c)
		if err != nil {
			return nil, err
		}
		if c.Type == list.User {
			more = append([]ui.Option{{Value: "me", Label: v.T("list.me")}}, more...)
		}
		known[c.Key] = append(known[c.Key], more...)
	}
	return known, nil
}

// describe sets what stands around the rows.
func (t *Table[T]) describe(ctx context.Context, tx *db.Tx, v *ui.View, p *Page, known map[string][]ui.Option) error {
	q := p.Query.First()
	shown := t.Def.Shown(q)
	sorted, down := t.Def.Sort(q)
	bare, usual := q, q
	bare.Filters, bare.Where, usual.Columns = nil, list.Tree{}, p.shelf.query.Columns
	p.cleared, p.usual, p.here = t.address(p.shelf, bare), t.address(p.shelf, usual), t.address(p.shelf, q)
	p.conditions, p.arranging = t.with(p.shelf, q, "conditions", "1"), t.with(p.shelf, q, "arrange", "1")
	p.hidden = p.shelf.hidden(q)
	if t.Leads != nil {
		p.leads = t.Leads(v, q)
	}
	for _, c := range shown {
		p.columns = append(p.columns, t.head(v, p.shelf, q, c, sorted, down))
	}
	for i := range t.Def.Columns {
		c := &t.Def.Columns[i]
		if !c.Filter {
			p.pickable = append(p.pickable, choice{c.Key, v.T(c.Label), slices.Contains(shown, c)})
		}
		if c.Sort {
			p.orders = append(p.orders, t.newOrder(v, p.shelf, q, c, sorted == c, down)...)
		}
		if f, ok := t.field(v, c, known[c.Key]); ok {
			p.fields = append(p.fields, f)
		}
	}
	for i, f := range q.Filters {
		one, err := t.filter(ctx, tx, v, p.shelf, q, i, f, known)
		if err != nil {
			return err
		}
		p.filters = append(p.filters, one)
		if _, typed := one.Form.picked(); typed != "" && p.Err == nil {
			p.Err = errs.InvalidField("f", "listweb.pick.none")
		}
	}
	return t.describeTree(ctx, tx, v, p, known)
}

// head returns the head of a column, a link that sorts by it.
func (t *Table[T]) head(v *ui.View, s *shelf, q list.Query, c, sorted *list.Column, down bool) ui.Column {
	look := t.Looks[c.Key]
	col := ui.Column{Label: v.T(c.Label), P: look.P, Right: look.Right, Fill: look.Fill, Class: look.Class}
	if !c.Sort {
		return col
	}
	next := c.Key
	if c == sorted {
		col.Sort = "asc"
		if down {
			col.Sort = "desc"
		} else {
			next = "-" + c.Key
		}
	}
	col.Href = t.address(s, q.SortedBy(next))
	return col
}

// read reads the rows and their count.
func (t *Table[T]) read(ctx context.Context, tx *db.Tx, r *ui.Req, p *Page) error {
	page, err := t.Def.Page(ctx, tx, p.Query)
	if errs.KindOf(err) == errs.Invalid {
		p.Err = err
		return nil
	}
	if err != nil {
		return err
	}
	if err := t.complete(ctx, tx, page.Rows); err != nil {
		return err
	}
	if page.Count < 0 && r.Bool("counted") {
		if page.Count, err = t.Def.Count(ctx, tx, p.Query); err != nil {
			return err
		}
	}
	p.Count = page.Count
	for i := range page.Rows {
		row := Row{Row: t.Row(r.View, &page.Rows[i])}
		row.Select = t.Bulk
		if t.Side != nil {
			row.Side = t.with(p.shelf, p.Query, "side", row.ID)
			row.Open = p.side != nil && row.ID == p.sideID.String()
		}
		for j, c := range t.Def.Shown(p.Query) {
			row.Cells = append(row.Cells, t.Cell(r.View, &page.Rows[i], c.Key, p.columns[j]))
		}
		p.Rows = append(p.Rows, row)
	}
	p.pager = t.turn(p.shelf, p.Query, page.From, int64(len(page.Rows)), page.Count, page.Prev, page.Next)
	return nil
}

// turn returns the way to the pages before and after.
func (t *Table[T]) turn(s *shelf, q list.Query, from, rows, count int64, prev, next string) ui.Pager {
	p := ui.Pager{From: from, To: max(from+rows-1, 0), Count: count, List: ID}
	if count < 0 {
		p.CountURL = t.with(s, q, "counted", "1")
	}
	q.Count = false
	if prev != "" {
		q.Cursor = prev
		p.Prev = t.address(s, q)
	}
	if next != "" {
		q.Cursor = next
		p.Next = t.address(s, q)
	}
	return p
}

// encode writes values as people like to read them: colons and commas stay.
func encode(v url.Values) string {
	return readable.Replace(v.Encode())
}

// A choice is a column that can be shown or not.
type choice struct {
	Key, Label string
	On         bool
}

// An order is one that the list can be sorted in.
type order struct {
	Label, Href string
	Current     bool
}

func (t *Table[T]) newOrder(v *ui.View, s *shelf, q list.Query, c *list.Column, current, down bool) []order {
	up, back := "listweb.sort.up", "listweb.sort.down"
	switch c.Type {
	case list.Number, list.Money:
		up, back = "listweb.sort.least", "listweb.sort.most"
	case list.Date, list.Time:
		up, back = "listweb.sort.oldest", "listweb.sort.newest"
	}
	return []order{
		{v.T(up, "name", v.T(c.Label)), t.address(s, q.SortedBy(c.Key)), current && !down},
		{v.T(back, "name", v.T(c.Label)), t.address(s, q.SortedBy("-"+c.Key)), current && down},
	}
}

// A Selection is the rows that a bulk action is about.
type Selection struct {
	IDs   []ids.ID   // those selected one by one
	All   bool       // everything that matches Query is meant
	Query list.Query // of the list that it was made in
}

// Selected returns the selection that a form of [Page.Show] sends. It returns
// an Invalid error if nothing is selected.
func Selected(r *ui.Req) (Selection, error) {
	var s Selection
	v, err := url.ParseQuery(r.Form.Get("query"))
	if err != nil {
		return s, errs.New(errs.Invalid, "listweb.selection")
	}
	if s.Query, err = list.Parse(v); err != nil {
		return s, err
	}
	s.Query.In = r.View.Workspace
	s.All = r.Bool("all")
	if s.IDs, err = r.IDs("id"); err != nil {
		return s, err
	}
	if !s.All && len(s.IDs) == 0 {
		return s, errs.New(errs.Invalid, "listweb.selection")
	}
	return s, nil
}

// IDs returns the ids of the selected rows that tx's actor sees.
func (t *Table[T]) IDs(ctx context.Context, tx *db.Tx, s Selection) ([]ids.ID, error) {
	if s.All {
		return t.Def.IDs(ctx, tx, s.Query, ids.ID{}, 0)
	}
	return t.Def.Seen(ctx, tx, s.IDs)
}
