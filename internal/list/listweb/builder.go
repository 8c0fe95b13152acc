package listweb

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/ui"
)

// A Builder is a form for a [list.Tree]: groups of conditions in each other.
// The form holds the tree in a field named where and the controls of each
// condition beside it; every button sends all of it, and [Table.Built] makes of
// that the tree that is meant. So it works without script.
type Builder struct {
	Root     bgroup
	Sentence string // the tree in words

	fields map[string][]field // to choose from, by the key of the kid, "" for the row itself
	kids   []ui.Option
	wrong  map[string]string // by path of the tree
	names  map[string]string // of records that conditions name, by their ids
	enter  string            // the condition, by its path, or the control, by its id, that gets the focus
}

// A bgroup is a group as the form shows it.
type bgroup struct {
	path  string // of the form's names: "r", "r.0", "r.0.1"
	at    string // of the tree: "where", "where.0"
	any   bool   // one condition is enough
	not   bool   // and none of this may be so
	has   string // key of a kid
	parts []bpart
}

// A bpart is a condition, or a group if that is not nil.
type bpart struct {
	group *bgroup
	leaf  list.Filter
}

// The values of a group's choice.
const (
	joinAll    = "all"
	joinAny    = "any"
	joinNone   = "none"   // not any
	joinNotAll = "notall" // not all
)

// newGroup returns a tree as the form shows it.
func newGroup(t *list.Tree) bgroup {
	switch {
	case t.Join == list.Not && len(t.Parts) == 1:
		g := newGroup(&t.Parts[0])
		if g.not {
			return bgroup{parts: []bpart{{group: &g}}, not: true}
		}
		g.not = true
		return g
	case t.Join == "" && t.Leaf.Column != "":
		return bgroup{parts: []bpart{{leaf: t.Leaf}}}
	}
	g := bgroup{any: t.Join == list.Any, has: t.Has}
	for i := range t.Parts {
		p := &t.Parts[i]
		if p.Join == "" && p.Leaf.Column != "" {
			g.parts = append(g.parts, bpart{leaf: p.Leaf})
			continue
		}
		sub := newGroup(p)
		g.parts = append(g.parts, bpart{group: &sub})
	}
	return g
}

// tree is the opposite of newGroup.
func (g *bgroup) tree() list.Tree {
	t := list.Tree{Join: list.All, Has: g.has}
	if g.any {
		t.Join = list.Any
	}
	for _, p := range g.parts {
		if p.group != nil {
			t.Parts = append(t.Parts, p.group.tree())
		} else {
			t.Parts = append(t.Parts, list.LeafOf(p.leaf))
		}
	}
	if g.not {
		return list.Tree{Join: list.Not, Parts: []list.Tree{t}}
	}
	return t
}

// name sets the paths of g and all in it.
func (g *bgroup) name(path, at string) {
	g.path, g.at = path, at
	if g.not {
		g.at += ".0"
	}
	for i, p := range g.parts {
		if p.group != nil {
			p.group.name(path+"."+strconv.Itoa(i), g.at+"."+strconv.Itoa(i))
		}
	}
}

func (g *bgroup) join() string {
	switch {
	case g.not && g.any:
		return joinNone
	case g.not:
		return joinNotAll
	case g.any:
		return joinAny
	}
	return joinAll
}

func (g *bgroup) setJoin(s string) {
	switch s {
	case joinAll, joinAny, joinNone, joinNotAll:
		g.any, g.not = s == joinAny || s == joinNone, s == joinNone || s == joinNotAll
	}
}

// Builder returns the form of a tree. err is what was wrong with it, or nil.
func (t *Table[T]) Builder(ctx context.Context, tx *db.Tx, v *ui.View, tree list.Tree, err error) (*Builder, error) {
	b := &Builder{Root: newGroup(&tree), fields: map[string][]field{}, wrong: t.treeErrors(v, tree, err), names: map[string]string{}}
	b.Root.name("r", whereName)
	known, failed := t.options(ctx, tx, v)
	if failed != nil {
		return nil, failed
	}
	for i := range t.Def.Columns {
		if f, ok := t.field(v, &t.Def.Columns[i], known[t.Def.Columns[i].Key]); ok {
			b.fields[""] = append(b.fields[""], f)
		}
	}
	for i := range t.Def.Kids {
		k := &t.Def.Kids[i]
		b.kids = append(b.kids, ui.Option{Value: hasPrefix + k.Key, Label: v.T(k.Label)})
		for j := range k.Columns {
			c := &k.Columns[j]
			options, failed := t.kidOptions(ctx, tx, v, c)
			if failed != nil {
				return nil, failed
			}
			if f, ok := t.field(v, c, options); ok {
				b.fields[k.Key] = append(b.fields[k.Key], f)
			}
		}
	}
	if failed := t.learn(ctx, tx, v, b, &b.Root); failed != nil {
		return nil, failed
	}
	b.Sentence, failed = t.Words(ctx, tx, v, tree, known)
	return b, failed
}

// kidOptions returns the values to choose from for a column of a kid.
func (t *Table[T]) kidOptions(ctx context.Context, tx *db.Tx, v *ui.View, c *list.Column) (all []ui.Option, err error) {
	for _, o := range c.Choices {
		all = append(all, ui.Option{Value: o.Value, Label: v.T(o.Label)})
	}
	if c.Type == list.Bool {
		all = []ui.Option{{Value: "true", Label: v.T("list.yes")}, {Value: "false", Label: v.T("list.no")}}
	}
	if t.Options == nil || c.Choices != nil {
		return all, nil
	}
	more, err := t.Options(ctx, tx, v, c)
	if c.Type == list.User {
		more = append([]ui.Option{{Value: "me", Label: v.T("list.me")}}, more...)
	}
	return append(all, more...), err
}

// Words returns a tree as people read it. known are the values to choose from
// by column, if they have been read already.
func (t *Table[T]) Words(ctx context.Context, tx *db.Tx, v *ui.View, tree list.Tree, known map[string][]ui.Option) (string, error) {
	var failed error
	name := func(c *list.Column, value string) string {
		for _, o := range known[c.Key] {
			if o.Value == value {
				return o.Label
			}
		}
		if t.NameOf == nil || c.Type != list.User && c.Type != list.Ref {
			return ""
		}
		found, err := t.NameOf(ctx, tx, c, value)
		if err != nil {
			failed = err
		}
		return found
	}
	text := t.Def.Sentence(v.Printer, tree, name)
	return text, failed
}

// describeTree sets how a page shows the tree that it asks for.
func (t *Table[T]) describeTree(ctx context.Context, tx *db.Tx, v *ui.View, p *Page, known map[string][]ui.Option) error {
	q := p.Query.First()
	if q.Where.IsZero() {
		return nil
	}
	words, err := t.Words(ctx, tx, v, q.Where, known)
	q.Where = list.Tree{}
	p.where = &filter{Sentence: list.Sentence{Label: v.T("listweb.tree.chip"), Value: words}, Fixed: true, Remove: t.address(p.shelf, q)}
	return err
}

// whereName is the field that holds the tree, and begins the paths of errors.
const whereName = "where"

// hasPrefix begins the value of a choice that adds a group about a kid.
const hasPrefix = "has:"

// Mistakes returns what is wrong with the conditions of a tree, in words. What
// is only not answered yet is no mistake.
func (t *Table[T]) Mistakes(v *ui.View, tree list.Tree, err error) []string {
	var all []string
	wrong := t.treeErrors(v, tree, err)
	for _, e := range errs.All(err) {
		if text := wrong[e.Field]; text != "" && e.Key != "list.filter.values" {
			all = append(all, text)
		}
	}
	return all
}

// treeErrors returns what is wrong with a tree, by path.
func (t *Table[T]) treeErrors(v *ui.View, tree list.Tree, err error) map[string]string {
	columns := map[string][]list.Column{} // of conditions, by path
	g := newGroup(&tree)
	g.name("r", whereName)
	t.columnsOf(&g, columns)
	all := map[string]string{}
	for _, e := range errs.All(err) {
		if e.Field == whereName || strings.HasPrefix(e.Field, whereName+".") {
			all[e.Field] = told(v, columns[e.Field], e)
		}
	}
	return all
}

func (t *Table[T]) columnsOf(g *bgroup, into map[string][]list.Column) {
	columns := t.Def.Columns
	if k := t.Def.Kid(g.has); k != nil {
		columns = k.Columns
	}
	for i, p := range g.parts {
		if p.group != nil {
			t.columnsOf(p.group, into)
		} else {
			into[g.at+"."+strconv.Itoa(i)] = columns
		}
	}
}

// Error returns what is wrong with the tree as a whole.
func (b *Builder) Error() string { return b.wrong[whereName] }

// field returns what a condition asks for, if the list knows it.
func (b *Builder) field(kid, key string) (field, bool) {
	all := b.fields[kid]
	i := slices.IndexFunc(all, func(f field) bool { return f.column.Key == key })
	if i < 0 {
		return field{}, false
	}
	return all[i], true
}

// form returns the controls of a condition.
func (b *Builder) form(v *ui.View, kid string, f list.Filter) (form, bool) {
	fd, ok := b.field(kid, f.Column)
	if !ok {
		return form{}, false
	}
	out := newForm(v, "", nil, fd)
	out.names = b.names
	out.fill(v, f)
	if fd.Kind == textKind && f.Op.Arity() < 0 {
		out.From = strings.Join(f.Values, ", ")
	}
	return out, true
}

// choices are the conditions that may be added to a group about a kid.
func (b *Builder) choices(kid string) []ui.Option {
	var all []ui.Option
	for _, f := range b.fields[kid] {
		all = append(all, ui.Option{Value: f.column.Key, Label: f.Label})
	}
	return all
}

// Built returns the tree that a builder's form sends, after what its button
// asks for, and whether a button did: then the form is to be shown again.
func (t *Table[T]) Built(r *ui.Req) (tree list.Tree, edited bool, err error) {
	tree, err = list.ParseTree(r.Form.Get(whereName))
	if err != nil {
		return tree, false, err
	}
	g := newGroup(&tree)
	g.name("r", whereName)
	t.overlay(r, &g)
	do, path, _ := strings.Cut(r.Form.Get("do"), ":")
	switch do {
	case "add":
		g.add(r, path, t.Def.Kids)
	case "group":
		if at := g.find(path); at != nil {
			at.parts = append(at.parts, bpart{group: &bgroup{any: !at.any}})
		}
	case "drop":
		g.drop(path)
	}
	return g.tree(), do != "" && do != "look", nil
}

// overlay sets what the controls say.
func (t *Table[T]) overlay(r *ui.Req, g *bgroup) {
	if r.Form.Has("join." + g.path) {
		g.setJoin(r.Form.Get("join." + g.path))
	}
	columns := t.Def.Columns
	if k := t.Def.Kid(g.has); k != nil {
		columns = k.Columns
	}
	for i := range g.parts {
		p := &g.parts[i]
		if p.group != nil {
			t.overlay(r, p.group)
			continue
		}
		c := slices.IndexFunc(columns, func(c list.Column) bool { return c.Key == p.leaf.Column })
		name := g.path + "." + strconv.Itoa(i)
		if c < 0 || !r.Form.Has("fo."+name) {
			continue
		}
		p.leaf = controls{r, name}.filter(&columns[c], p.leaf)
	}
}

// controls are those of one condition in a form.
type controls struct {
	r    *ui.Req
	name string
}

func (k controls) text(control string) string {
	return strings.TrimSpace(k.r.Form.Get(control + "." + k.name))
}

// filter returns the condition that controls ask for. It may lack its value.
func (k controls) filter(c *list.Column, was list.Filter) list.Filter {
	f := list.Filter{Column: c.Key, Op: list.Op(k.text("fo"))}
	value := func(control string) string { return canonicalText(k.r.View.Workspace, c, k.text(control)) }
	switch {
	case f.Op.Arity() == 0:
		return f
	case f.Op.Arity() == 2:
		f.Values = []string{value("fv"), value("ft")}
	case kindOf(c.Type) == choiceKind:
		for _, v := range k.r.Form["fv."+k.name] {
			if v != "" {
				f.Values = append(f.Values, v)
			}
		}
		if v := k.text("fx"); v != "" { // a record that is named; Resolve finds it
			f.Values = append(f.Values, v)
		}
		f.Op = few(c, f.Op, len(f.Values))
		return f
	case f.Op.Arity() < 0:
		for v := range strings.SplitSeq(k.text("fv"), ",") {
			if v = strings.TrimSpace(v); v != "" {
				f.Values = append(f.Values, v)
			}
		}
		return f
	case f.Op == list.Within:
		f.Values = []string{k.text("fp")}
	case kindOf(c.Type) == dateKind && (f.Op == list.Before || f.Op == list.After) && k.text("fd") != "":
		f.Values = []string{k.text("fd")}
		if day := value("fv"); day != "" && slices.Equal(was.Values, f.Values) { // of two answers the new one counts
			f.Values = []string{day}
		}
	default:
		f.Values = []string{value("fv")}
	}
	if slices.Contains(f.Values, "") && kindOf(c.Type) != textKind || len(f.Values) == 1 && f.Values[0] == "" {
		f.Values = nil // asked for, not answered
	}
	return f
}

// add adds the condition that the group's choice names.
func (g *bgroup) add(r *ui.Req, path string, kids []list.Kid) {
	at := g.find(path)
	key := r.Form.Get("add." + path)
	if at == nil || key == "" {
		return
	}
	if kid, ok := strings.CutPrefix(key, hasPrefix); ok {
		if at.has == "" && slices.ContainsFunc(kids, func(k list.Kid) bool { return k.Key == kid }) {
			at.parts = append(at.parts, bpart{group: &bgroup{has: kid}})
		}
		return
	}
	at.parts = append(at.parts, bpart{leaf: list.Filter{Column: key}})
}

// find returns the group at a path, or nil.
func (g *bgroup) find(path string) *bgroup {
	if g.path == path {
		return g
	}
	for _, p := range g.parts {
		if p.group == nil || !strings.HasPrefix(path+".", p.group.path+".") {
			continue
		}
		return p.group.find(path)
	}
	return nil
}

// drop removes the part at a path.
func (g *bgroup) drop(path string) {
	i := strings.LastIndexByte(path, '.')
	if i < 0 {
		return
	}
	at := g.find(path[:i])
	n, err := strconv.Atoi(path[i+1:])
	if at == nil || err != nil || n < 0 || n >= len(at.parts) {
		return
	}
	at.parts = slices.Delete(at.parts, n, n+1)
}

// Fill chooses the usual operator for conditions that have none yet.
func (t *Table[T]) Fill(tree list.Tree) list.Tree { return t.fillTree(tree, t.Def.Columns) }

func (t *Table[T]) fillTree(tree list.Tree, columns []list.Column) list.Tree {
	if k := t.Def.Kid(tree.Has); k != nil {
		columns = k.Columns
	}
	tree.Parts = slices.Clone(tree.Parts)
	for i := range tree.Parts {
		tree.Parts[i] = t.fillTree(tree.Parts[i], columns)
	}
	if tree.Join == "" && tree.Leaf.Op == "" {
		i := slices.IndexFunc(columns, func(c list.Column) bool { return c.Key == tree.Leaf.Column })
		if i >= 0 {
			for _, op := range offered[columns[i].Type] {
				if slices.Contains(columns[i].Operators(), op) {
					tree.Leaf.Op = op
					break
				}
			}
		}
	}
	return tree
}

// canonicalText returns what somebody typed as the address has it. What can't
// be read stays as it is, for the list to say what is wrong.
func canonicalText(ws locale.Workspace, c *list.Column, text string) string {
	switch c.Type {
	case list.Number:
		if d, err := locale.ParseNumber(text, ws.Decimal); err == nil {
			return d.String()
		}
	case list.Money:
		if a, err := money.Parse(text, ws.Decimal, ws.Currency); err == nil {
			return a.Decimal().String()
		}
	case list.Date, list.Time:
		if day, err := locale.ParseDate(text, locale.DMY); err == nil {
			return day
		}
	}
	return text
}

// whole returns the tree as the form holds it.
func (g *bgroup) whole() string { t := g.tree(); return t.String() }

// label returns what a condition is about.
func (b *Builder) label(kid string, f list.Filter) string {
	if fd, ok := b.field(kid, f.Column); ok {
		return fd.Label
	}
	return f.Column
}

func (b *Builder) kidLabel(key string) string {
	for _, o := range b.kids {
		if o.Value == hasPrefix+key {
			return o.Label
		}
	}
	return key
}

// Enter lets the focus go to what the button do has brought: a new condition,
// the choice of the first condition of a new group, and once something was
// dropped, of another in its place.
func (b *Builder) Enter(do string) {
	what, path, _ := strings.Cut(do, ":")
	if what == "drop" {
		path = path[:max(strings.LastIndexByte(path, '.'), 0)]
	}
	g := b.Root.find(path)
	if g == nil {
		return
	}
	b.enter = "add-" + g.path
	if what == "drop" || len(g.parts) == 0 {
		return
	}
	n := len(g.parts) - 1
	if last := g.parts[n].group; last != nil {
		b.enter = "add-" + last.path
	} else {
		b.enter = g.path + "." + strconv.Itoa(n)
	}
}

// legend names a group to those who don't see its controls.
func (b *Builder) legend(v *ui.View, g *bgroup) string {
	if g.has != "" {
		return v.T("listweb.tree.about", "name", b.kidLabel(g.has))
	}
	return v.T("listweb.tree.conditions")
}

// joins are the ways in which the conditions of a group are joined.
func joins(v *ui.View, g *bgroup) []ui.Option {
	prefix := "listweb.tree.join."
	if g.has != "" {
		prefix = "listweb.tree.has."
	}
	var all []ui.Option
	for _, s := range []string{joinAll, joinAny, joinNone, joinNotAll} {
		all = append(all, ui.Option{Value: s, Label: v.T(prefix + s)})
	}
	return all
}
