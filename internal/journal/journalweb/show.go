package journalweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/ui"
)

const (
	changesSize = 50   // rows of the journal on a page
	farthest    = 5000 // rows among which a page's are looked for, as some tell people nothing
	keptSize    = 50
)

// An opLink leads to another operation.
type opLink struct {
	Href, What, Who string
	Op              journal.Operation
}

// showPage is the data of the page of one operation.
type showPage struct {
	*wording
	p  *Pages
	Op journal.Operation

	Size     int
	Undo     bool   // the visitor may take it back
	Why      string // why it can't be taken back, if the visitor might otherwise
	Subject  recordLink
	Undoes   *opLink // the operation that it undoes
	UndoneBy *opLink
	Cause    *opLink
	Effects  []opLink

	Kept      []keptLine
	KeptCount int64
	KeptNext  string
	Created   []journal.Count
	Records   []recordChanges
	Next      string // address of the changes that follow
	First     string // address of the first changes; empty on that page
}

// A recordLink is a record with its name and, if it has one, its page.
type recordLink struct {
	ID    ids.ID
	Table string // as people know it
	Name  string
	Href  string
}

// A recordChanges is what an operation did to one record.
type recordChanges struct {
	Record recordLink
	Lines  []line
}

// A line is one change in words.
type line struct {
	Field, Was, Now string
	Mark            string // what happened to the whole: a message key; empty if Was became Now
}

// A keptLine is something that an undo left.
type keptLine struct {
	Record recordLink
	Field  string
	Reason string
}

// show shows what an operation did.
func (p *Pages) show(w http.ResponseWriter, r *ui.Req) error {
	page := &showPage{p: p}
	if err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error { return page.load(r, tx) }); err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, page.page())
}

func (p *showPage) load(r *ui.Req, tx *db.Tx) error {
	ctx := r.Context()
	op, err := p.p.get(ctx, tx, r)
	if err != nil {
		return err
	}
	p.Op = op
	undo, err := journal.UndoOf(ctx, tx, op.ID)
	if err != nil && errs.KindOf(err) != errs.NotFound {
		return err
	}
	kept, err := p.loadKept(r, tx, undo.ID)
	if err != nil {
		return err
	}
	changes, err := p.loadChanges(r, tx)
	if err != nil {
		return err
	}
	effects, err := journal.Effects(ctx, tx, op.ID)
	if err != nil {
		return err
	}
	near := append([]journal.Operation{op, undo}, effects...)
	if !op.Cause.IsZero() {
		found, err := journal.Find(ctx, tx, []ids.ID{op.Cause})
		if err != nil {
			return err
		}
		near = append(near, found[op.Cause])
	}
	if p.wording, err = p.p.learn(ctx, tx, r.View, near, mentioned(changes, kept)...); err != nil {
		return err
	}
	if p.Size, err = journal.Size(ctx, tx, op.ID, mostShown+1); err != nil {
		return err
	}
	if p.Created, err = journal.CreatedBy(ctx, tx, op.ID, mostShown+1); err != nil {
		return err
	}
	p.link(tx, &undo, effects, near[len(near)-1])
	p.describeKept(kept)
	p.describe(changes)
	return nil
}

// mentioned returns the records that changes and kept things name.
func mentioned(changes []journal.Change, kept []journal.Kept) []ids.ID {
	var list []ids.ID
	for _, c := range changes {
		list = append(list, c.Subject)
		for _, v := range []any{c.Was, c.Now} {
			if id, ok := v.(ids.ID); ok && !id.IsZero() {
				list = append(list, id)
			}
		}
	}
	for _, k := range kept {
		list = append(list, k.Subject)
	}
	return list
}

// link fills in the operations beside this one, and whether it can be undone.
func (p *showPage) link(tx *db.Tx, undo *journal.Operation, effects []journal.Operation, cause journal.Operation) {
	op := &p.Op
	p.Undo = canUndo(p.View, tx, op)
	if err := journal.CanUndo(*op, tx.Now); err != nil && mayUndo(p.View, op) && op.State != journal.Undone {
		p.Why = p.Error(err)
	}
	to := func(o *journal.Operation) *opLink {
		if o.ID.IsZero() {
			return nil
		}
		l := &opLink{What: p.what(o), Who: p.actor(o), Op: *o}
		if maySee(p.View, o) || mayUndo(p.View, o) {
			l.Href = href(o.ID)
		}
		return l
	}
	if op.State == journal.Undone || op.State == journal.Undoing {
		p.UndoneBy = to(undo)
	}
	if o, ok := p.ops[op.UndoOf]; ok {
		p.Undoes = to(&o)
	}
	if !op.Cause.IsZero() {
		p.Cause = to(&cause)
	}
	for i := range effects {
		p.Effects = append(p.Effects, *to(&effects[i]))
	}
	if name := p.names[op.Subject]; name != "" {
		p.Subject = recordLink{ID: op.Subject, Name: name, Href: p.recordHref(op.Subject)}
	}
}

// loadKept reads what an undo had to leave: the one that this operation is, or
// the one that has undone it.
func (p *showPage) loadKept(r *ui.Req, tx *db.Tx, undo ids.ID) ([]journal.Kept, error) {
	ctx, id := r.Context(), undo
	if p.Op.Why == journal.WhyUndo && p.Op.State != journal.Undone {
		id, p.KeptCount = p.Op.ID, p.Op.KeptCount
	} else if p.Op.State == journal.Undone {
		o, err := journal.Get(ctx, tx, undo)
		if err != nil {
			return nil, err
		}
		p.KeptCount = o.KeptCount
	}
	if p.KeptCount == 0 {
		return nil, nil
	}
	skip := max(0, r.Int("kept", 0))
	list, err := journal.AllKept(ctx, tx, id, int(min(skip, p.KeptCount)), keptSize)
	if at := skip + int64(len(list)); len(list) > 0 && at < p.KeptCount {
		p.KeptNext = href(p.Op.ID) + "?kept=" + strconv.FormatInt(at, 10)
	}
	return list, err
}

// loadChanges reads a page of what the operation changed and deleted.
func (p *showPage) loadChanges(r *ui.Req, tx *db.Tx) ([]journal.Change, error) {
	after := max(0, r.Int("after", 0))
	if after > 0 {
		p.First = href(p.Op.ID)
	}
	list, next, err := somethingOf(r.Context(), tx, p.Op.ID, after)
	if next > 0 {
		p.Next = href(p.Op.ID) + "?after=" + strconv.FormatInt(next, 10)
	}
	return list, err
}

// somethingOf returns the changes of an operation that people understand, from
// changesSize rows of the journal, and after which row to go on; 0 at the end.
func somethingOf(ctx context.Context, tx *db.Tx, op ids.ID, after int64) (list []journal.Change, next int64, err error) {
	for _, most := range []int{2 * changesSize, farthest} {
		if list, err = journal.Changes(ctx, tx, op, after, most); err != nil {
			return nil, 0, err
		}
		list = slices.DeleteFunc(list, func(c journal.Change) bool { return c.Column != "" && dull[c.Column] })
		rows := 0
		for i, c := range list {
			if i == 0 || c.N != list[i-1].N {
				rows++
			}
			if rows > changesSize {
				return list[:i], list[i-1].N, nil
			}
		}
	}
	return list, 0, nil
}

// dull columns follow from others, and tell people nothing.
var dull = map[string]bool{
	"key": true, "name_key": true, "match_key": true, "email_key": true, "e164": true, "hash": true,
	"created_at": true, "updated_at": true, "seen_at": true, "builtin": true, "rev": true, "created_op": true,
}

// record names a record of a table; called is what it was called when it was
// deleted, if it was.
func (p *showPage) record(table string, id ids.ID, called string) recordLink {
	top := table
	if t := p.p.DB.Table(table); t != nil && t.Parent != "" {
		top, called = t.Parent, ""
	}
	l := recordLink{ID: id, Table: p.table(top), Name: p.names[id], Href: p.recordHref(id)}
	if l.Name == "" && p.open(top, id) {
		l.Name = called
	}
	return l
}

// open reports whether the visitor may read what stood in a record.
func (p *showPage) open(table string, id ids.ID) bool {
	if t := p.p.DB.Table(table); t != nil && t.Parent != "" {
		table = t.Parent
	}
	_, named := p.kinds[id]
	return named || !p.p.Kinds[table].Closed || mine(p.View, &p.Op)
}

func (p *showPage) describeKept(list []journal.Kept) {
	for _, k := range list {
		l := keptLine{Record: p.record(k.Table, k.Subject, k.Label), Reason: p.T("operations.kept." + string(k.Reason))}
		t := p.p.DB.Table(k.Table)
		switch {
		case k.Column != "":
			l.Field = p.field(k.Table, k.Column)
		case t != nil && t.Parent != "":
			l.Field = p.table(k.Table)
			if k.Label != "" && p.open(k.Table, k.Subject) {
				l.Field = p.T("operations.row", "table", l.Field, "label", k.Label)
			}
		}
		p.Kept = append(p.Kept, l)
	}
}

// describe groups changes by record and says them in words.
func (p *showPage) describe(list []journal.Change) {
	for _, c := range list {
		top := p.p.DB.Table(c.Table)
		called := ""
		if top != nil && top.Parent == "" {
			called = c.Label
		}
		if n := len(p.Records); n == 0 || p.Records[n-1].Record.ID != c.Subject {
			p.Records = append(p.Records, recordChanges{Record: p.record(c.Table, c.Subject, called)})
		}
		at := &p.Records[len(p.Records)-1]
		if at.Record.Name == "" && called != "" && p.open(c.Table, c.Subject) {
			at.Record.Name = called // its rows went before it
		}
		at.Lines = append(at.Lines, p.line(c))
	}
}

func (p *showPage) line(c journal.Change) line {
	l := line{Field: p.table(c.Table)}
	label := c.Label
	if !p.open(c.Table, c.Subject) {
		label = ""
	}
	switch c.Kind {
	case journal.Removed:
		l.Mark, l.Was = "operations.removed", label
	case journal.Restored:
		l.Mark, l.Now = "operations.restored", label
	case journal.Updated:
		l.Field = p.field(c.Table, c.Column)
		if !p.open(c.Table, c.Subject) {
			l.Mark = "operations.hidden"
			return l
		}
		l.Was, l.Now = p.value(c.Table, c.Column, c.Was), p.value(c.Table, c.Column, c.Now)
	}
	return l
}

// field names a column of a record or of a row that belongs to it.
func (p *showPage) field(table, column string) string {
	t := p.p.DB.Table(table)
	if t == nil || t.Parent == "" {
		return p.column(table, column)
	}
	if column == "value" || column == "tag" {
		return p.table(table)
	}
	return p.T("operations.part", "table", p.table(table), "column", p.column(table, column))
}

// crumbs lead to a page of an operation, for who may see the list.
func crumbs(v *ui.View) []ui.Link {
	if !v.May(permRead) {
		return nil
	}
	return []ui.Link{{Label: v.T("operations.title"), Href: listPath}}
}
