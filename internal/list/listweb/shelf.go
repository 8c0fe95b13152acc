package listweb

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/views"
)

// A View is one that comes with a list, for everybody.
type View struct {
	Key   string // in addresses: "mine"
	Title string // message key
	Query string // as an address has it: "f=owner:eq:me"
}

// whole is the one view of a list that brings none.
var whole = []View{{Key: "all", Title: "listweb.view.all"}}

// An item is a view as the page shows it, saved or not.
type item struct {
	key    string // of the view that comes with the list, or the id of a saved one
	title  string
	saved  *views.View // nil if it comes with the list
	text   string      // its query
	pinned bool
	first  bool // what this user sees first
}

// A shelf is the views of a list as one user keeps them, and which of them is
// looked at.
type shelf struct {
	path  string
	items []item
	at    int        // the view looked at
	home  int        // the view at the bare address
	base  string     // key of the view from which a query comes that names none
	query list.Query // of the view looked at, as far as the list still knows its columns
	lost  []string   // what it asks for that the list knows no more
	other bool       // the page asks for something else
}

// own are the names of an address's query. One that has any of them is whole;
// without, it is that of the view.
var own = []string{"f", "where", "sort", "c", "limit"}

// open returns the query that an address asks for, and the shelf of the list.
// What can't be read is in err; what fails, in failed.
func (t *Table[T]) open(ctx context.Context, tx *db.Tx, v *ui.View, form url.Values) (q list.Query, s *shelf, err, failed error) {
	s = &shelf{path: t.Path}
	if failed = t.fill(ctx, tx, v, s); failed != nil {
		return q, s, nil, failed
	}
	named := form.Get("view")
	explicit := slices.ContainsFunc(own, func(name string) bool { return form.Has(name) })
	switch s.at = slices.IndexFunc(s.items, func(i item) bool { return i.key == named }); {
	case named != "" && s.at < 0:
		s.at = s.place(s.base)
		err = errs.New(errs.NotFound, "listweb.view.gone")
	case s.at < 0 && explicit:
		s.at = s.place(s.base)
	case s.at < 0:
		s.at = s.home
	}
	s.query = t.known(tx, v, s)
	if !explicit {
		q = s.query
		q.Cursor = form.Get("cursor")
		return q, s, err, nil
	}
	var bad error
	if q, bad = list.Parse(without(form)); err == nil {
		err = bad
	}
	s.other = !t.same(q, s.query)
	return q, s, err, nil
}

// without returns a form without empty conditions: they say that there are none.
func without(form url.Values) url.Values {
	if !slices.Contains(form["f"], "") {
		return form
	}
	v := url.Values{}
	for name, values := range form {
		v[name] = values
	}
	v["f"] = slices.DeleteFunc(slices.Clone(form["f"]), func(s string) bool { return s == "" })
	return v
}

// fill puts the views on the shelf, in the user's order.
func (t *Table[T]) fill(ctx context.Context, tx *db.Tx, v *ui.View, s *shelf) error {
	builtin := t.Views
	if len(builtin) == 0 {
		builtin = whole
	}
	s.base = builtin[0].Key
	for _, b := range builtin {
		s.items = append(s.items, item{key: b.Key, title: v.T(b.Title), text: b.Query, pinned: true})
	}
	if !savesViews(tx) {
		return nil
	}
	saved, err := views.Of(ctx, tx, t.Def.Name)
	if err != nil {
		return err
	}
	for i := range saved {
		x := &saved[i]
		s.items = append(s.items, item{key: x.ID.String(), title: x.Title, saved: x, text: x.Query, pinned: x.Owner == tx.Who.User && !x.Owner.IsZero()})
	}
	places, err := views.Places(ctx, tx, t.Def.Name)
	if err != nil || len(places) == 0 {
		return err
	}
	order := map[string]int{}
	for n, p := range places {
		order[p.View] = n
		if i := s.place(p.View); s.items[i].key == p.View {
			s.items[i].pinned, s.items[i].first = p.Pinned, p.First
		}
	}
	slices.SortStableFunc(s.items, func(a, b item) int { return cmp.Compare(at(order, a.key), at(order, b.key)) })
	if i := slices.IndexFunc(s.items, func(i item) bool { return i.first }); i >= 0 {
		s.home = i
	} else {
		s.home = s.place(s.base)
	}
	return nil
}

// savesViews reports whether users of the program can save views.
func savesViews(tx *db.Tx) bool { return tx.DB().Table("saved_view") != nil }

// at returns a view's place, behind all others if it has none yet.
func at(order map[string]int, key string) int {
	if n, ok := order[key]; ok {
		return n
	}
	return len(order)
}

// place returns where the view with that key stands, 0 if there is none.
func (s *shelf) place(key string) int {
	return max(slices.IndexFunc(s.items, func(i item) bool { return i.key == key }), 0)
}

// known returns the query of the view looked at without what the list knows no
// more, which it notes.
func (t *Table[T]) known(tx *db.Tx, v *ui.View, s *shelf) list.Query {
	q, err := views.Parse(s.items[s.at].text)
	if err != nil {
		s.lost = append(s.lost, s.items[s.at].text)
	}
	q.In = v.Workspace
	if t.Def.Check(tx, q) == nil {
		return q
	}
	var rest []list.Filter
	for _, f := range q.Filters {
		if err := t.Def.Check(tx, list.Query{Filters: []list.Filter{f}, In: q.In}); err != nil {
			s.lost = append(s.lost, f.String())
			continue
		}
		rest = append(rest, f)
	}
	q.Filters = rest
	if err := t.Def.Check(tx, list.Query{Where: q.Where, In: q.In}); err != nil {
		s.lost = append(s.lost, q.Where.String())
		q.Where = list.Tree{}
	}
	if c, _ := t.Def.Sort(q); q.Sort != "" && c == nil {
		s.lost = append(s.lost, q.Sort)
		q.Sort = ""
	}
	return q
}

// same reports whether two queries ask for the same.
func (t *Table[T]) same(a, b list.Query) bool {
	conditions := func(q list.Query) []string {
		var all []string
		for _, f := range q.Filters {
			all = append(all, f.String())
		}
		slices.Sort(all)
		return all
	}
	sort := func(q list.Query) string { return cmp.Or(q.Sort, t.Def.Default) }
	limit := func(q list.Query) int { return cmp.Or(q.Limit, list.Limit) }
	return sort(a) == sort(b) && limit(a) == limit(b) && a.Where.String() == b.Where.String() && slices.Equal(conditions(a), conditions(b)) && slices.Equal(t.Def.Shown(a), t.Def.Shown(b))
}

// values returns the names and values of the address of q.
func (t *Table[T]) values(s *shelf, q list.Query) url.Values {
	q.Count = false
	v := q.Values()
	key := s.items[s.at].key
	if t.same(q, s.query) {
		for _, name := range own {
			v.Del(name)
		}
		if s.at != s.home {
			v.Set("view", key)
		}
		return v
	}
	if !slices.ContainsFunc(own, func(name string) bool { return v.Has(name) }) {
		v.Set("f", "") // no conditions, where the view has some
	}
	if key != s.base {
		v.Set("view", key)
	}
	return v
}

// address returns the address of the list that q asks for.
func (t *Table[T]) address(s *shelf, q list.Query) string { return join(t.Path, t.values(s, q)) }

// with is address with one more value.
func (t *Table[T]) with(s *shelf, q list.Query, name, value string) string {
	v := t.values(s, q)
	v.Set(name, value)
	return join(t.Path, v)
}

// join returns the address of a path with values.
func join(path string, v url.Values) string {
	if text := encode(v); text != "" {
		return path + "?" + text
	}
	return path
}

// href returns the address of a view as it is.
func (s *shelf) href(i int) string {
	if i == s.home {
		return s.path
	}
	return s.path + "?view=" + url.QueryEscape(s.items[i].key)
}

// current returns the view looked at.
func (s *shelf) current() item { return s.items[s.at] }

// mine reports whether the visitor may change the view looked at.
func (s *shelf) mine(v *ui.View) bool { return mayChange(v, s.current().saved) }

func mayChange(v *ui.View, saved *views.View) bool {
	return saved != nil && views.Allowed(v.Who, saved, nil, v.May(ui.Perm(views.PermShare))) == nil
}

// tabs returns the places of the views that are tabs: those pinned, and the one
// looked at. others are the rest.
func (s *shelf) tabs() (tabs, others []int) {
	for i, x := range s.items {
		if x.pinned || i == s.at {
			tabs = append(tabs, i)
		} else {
			others = append(others, i)
		}
	}
	return tabs, others
}

// edit returns the address of the form of a saved view.
func (s *shelf) edit(i int) string {
	return "/views/" + s.items[i].key + "/edit?back=" + url.QueryEscape(s.path)
}

// shared returns who sees a view, in words; "" if it comes with the list.
func (i item) shared(v *ui.View) string {
	if i.saved == nil {
		return v.T("listweb.view.builtin")
	}
	return v.T("listweb.shared." + string(i.saved.Shared))
}

// lostText says what a view asks for that is not there any more.
func (s *shelf) lostText(v *ui.View) string {
	return v.T("listweb.view.lost", "what", strings.Join(s.lost, ", "))
}
