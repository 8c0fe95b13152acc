package customersweb

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/list/listweb"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/workspace"
)

const (
	bulkAtOnce = 500 // customers up to whom the change is made while its user waits
	bulkAsks   = 50  // customers above whom deleting asks first
	bulkKind   = "customers_bulk"
)

// A bulkChange is what is done to many customers alike.
type bulkChange struct {
	Do    string // owner, phase, tag, untag, archive, unarchive or delete
	Owner ids.ID
	Phase customers.Phase
	Tag   string
}

func (b bulkChange) why() string {
	if b.Do == "delete" {
		return "customer.bulk_delete"
	}
	return "customer.bulk_update"
}

// done is the key of the message that says how many were changed.
func (b bulkChange) done() string { return bulkDone(b.why()) }

func bulkDone(why string) string {
	if why == "customer.bulk_delete" {
		return "customers.bulk.deleted"
	}
	return "customers.bulk.changed"
}

// apply makes the change in c, but for delete.
func (b bulkChange) apply(c *customers.Customer) {
	key := fold.Text(b.Tag)
	has := func(t customers.Tag) bool { return t.Key == key }
	switch b.Do {
	case "owner":
		c.Owner = b.Owner
	case "phase":
		c.Phase = b.Phase
	case "tag":
		if !slices.ContainsFunc(c.Tags, has) {
			c.Tags = append(c.Tags, customers.Tag{Value: b.Tag})
		}
	case "untag":
		c.Tags = slices.DeleteFunc(c.Tags, has)
	case "archive", "unarchive":
		c.Archived = b.Do == "archive"
	}
}

// run changes those of the given customers that tx's actor sees, and returns
// how many it has changed.
func (b bulkChange) run(ctx context.Context, tx *db.Tx, book *customers.Book, among []ids.ID) (int, error) {
	if b.Do == "delete" {
		rows, err := book.Def().Rows(ctx, tx, among)
		if err != nil || len(rows) == 0 {
			return 0, err
		}
		seen := make([]ids.ID, len(rows))
		for i := range rows {
			seen[i] = rows[i].ID
		}
		return len(seen), book.Delete(ctx, tx, seen)
	}
	set, err := workspace.Get(ctx, tx)
	if err != nil {
		return 0, err
	}
	found, err := customers.GetMany(ctx, tx, among)
	if err != nil {
		return 0, err
	}
	n := 0
	for i := range found {
		c := found[i].Clone()
		b.apply(&c)
		if err := c.Normalize(set.Region); err != nil {
			return n, err
		}
		if err := customers.Save(ctx, tx, &found[i], &c); err != nil {
			return n, err
		}
		if c.Rev != found[i].Rev {
			n++
		}
	}
	return n, nil
}

func (p *Pages) bulkOwner(w http.ResponseWriter, r *ui.Req) error {
	var users []team.User
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		users, err = team.Users(r.Context(), tx, true)
		return err
	})
	if err != nil {
		return err
	}
	owner, err := ownerOf(r.Text("owner_id"), users)
	if err != nil {
		return err
	}
	return p.bulk(w, r, bulkChange{Do: "owner", Owner: owner})
}

func (p *Pages) bulkPhase(w http.ResponseWriter, r *ui.Req) error {
	phase := customers.Phase(r.Text("phase"))
	if !slices.Contains(customers.Phases, phase) {
		return errs.InvalidField("phase", "error.invalid")
	}
	return p.bulk(w, r, bulkChange{Do: "phase", Phase: phase})
}

func (p *Pages) bulkTag(w http.ResponseWriter, r *ui.Req) error   { return p.bulkWord(w, r, "tag") }
func (p *Pages) bulkUntag(w http.ResponseWriter, r *ui.Req) error { return p.bulkWord(w, r, "untag") }

func (p *Pages) bulkWord(w http.ResponseWriter, r *ui.Req, do string) error {
	word := r.Text("tag")
	if word == "" {
		return errs.InvalidField("tag", "customers.bulk.tag.none")
	}
	if len(word) > 300 {
		return errs.InvalidField("tag", "error.too_long", "max", 300)
	}
	return p.bulk(w, r, bulkChange{Do: do, Tag: word})
}

func (p *Pages) bulkArchive(w http.ResponseWriter, r *ui.Req) error {
	return p.bulk(w, r, bulkChange{Do: "archive"})
}

func (p *Pages) bulkUnarchive(w http.ResponseWriter, r *ui.Req) error {
	return p.bulk(w, r, bulkChange{Do: "unarchive"})
}

func (p *Pages) bulkDelete(w http.ResponseWriter, r *ui.Req) error {
	return p.bulk(w, r, bulkChange{Do: "delete"})
}

// meant returns how many customers a selection means, and who they are if they
// are few.
func meant(ctx context.Context, tx *db.Tx, d *list.Def[customers.Customer], s listweb.Selection) (n int, few []ids.ID, err error) {
	if !s.All {
		few, err = d.Seen(ctx, tx, s.IDs)
		return len(few), few, err
	}
	if few, err = d.IDs(ctx, tx, s.Query, ids.ID{}, bulkAtOnce+1); err != nil || len(few) <= bulkAtOnce {
		return len(few), few, err
	}
	all, err := d.Count(ctx, tx, s.Query)
	return int(all), nil, err
}

// askPage is the data of the page that asks before many are deleted.
type askPage struct {
	*ui.View
	N      int
	Hidden [][2]string
	Back   string
}

// bulk changes the selected customers, as one operation.
func (p *Pages) bulk(w http.ResponseWriter, r *ui.Req, b bulkChange) error {
	sel, err := p.newList(r).table.Selected(r)
	if err != nil {
		return err
	}
	var n int
	var few []ids.ID
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		n, few, err = meant(r.Context(), tx, p.Book.Def(), sel)
		return err
	})
	if err != nil {
		return err
	}
	if b.Do == "delete" && n > bulkAsks && r.Form.Get("confirm") != strconv.Itoa(n) {
		return ui.Render(w, r, http.StatusOK, bulkAsk(newAsk(r, sel, n)))
	}
	if n > bulkAtOnce {
		return p.bulkLater(w, r, b, sel, n)
	}
	var op ids.ID
	err = p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: b.why()}, func(tx *db.Tx) error {
		op = tx.Op
		var err error
		if n, err = b.run(r.Context(), tx, p.Book, few); err != nil {
			return err
		}
		if n == 0 {
			return errSame
		}
		return tx.SetOp(r.Context(), ids.ID{}, map[string]any{"n": n})
	})
	switch {
	case errors.Is(err, errSame):
		ui.Flash(w, r, ui.Toast{Key: "customers.bulk.same", Tone: "info"})
	case err != nil:
		return err
	default:
		ui.Flash(w, r, ui.Toast{Key: b.done(), N: int64(n), Undo: op})
	}
	return ui.Redirect(w, r, listBack(r))
}

func newAsk(r *ui.Req, sel listweb.Selection, n int) *askPage {
	page := &askPage{View: r.View, N: n, Back: listBack(r)}
	add := func(name, value string) { page.Hidden = append(page.Hidden, [2]string{name, value}) }
	add("back", page.Back)
	if sel.All {
		add("all", "1")
		add("query", r.Form.Get("query"))
	}
	for _, id := range sel.IDs {
		add("id", id.String())
	}
	return page
}

// bulkArgs are what the job of a large change needs.
type bulkArgs struct {
	bulkChange
	Selection listweb.Selection
	Op        ids.ID
	Who       db.Who
	Total     int
}

// bulkLater leaves a large change to a job, whose progress a page shows.
func (p *Pages) bulkLater(w http.ResponseWriter, r *ui.Req, b bulkChange, sel listweb.Selection, n int) error {
	var op ids.ID
	err := p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: b.why(), Long: true}, func(tx *db.Tx) error {
		op = tx.Op
		a := bulkArgs{b, sel, op, r.Who, n}
		if a.Selection.All {
			// Nobody meant whoever comes while the job is at work.
			now := tx.Now.Format("2006-01-02T15:04:05.000Z07:00")
			a.Selection.Query = sel.Query.With(list.Filter{Column: "created", Op: list.Lte, Values: []string{now}})
		}
		job, err := jobs.Add(r.Context(), tx, bulkKind, a, jobs.Options{Who: r.Who, Unique: bulkKind + "." + op.String()})
		if err != nil {
			return err
		}
		return tx.SetOp(r.Context(), ids.ID{}, map[string]any{"n": 0, "total": n, "job": job.String()})
	})
	if err != nil {
		return err
	}
	return ui.Redirect(w, r, "/customers/bulk?op="+op.String())
}

// Handle lets r do the large changes.
func (p *Pages) Handle(r *jobs.Runner) { jobs.Handle(r, bulkKind, p.bulkWork) }

// bulkStep is how many customers are changed between two looks at the clock.
const bulkStep = 16

// bulkWork makes a large change in short transactions. Where it was interrupted
// it begins again: who is changed already is found changed, and counted once.
func (p *Pages) bulkWork(ctx context.Context, j *jobs.Job, a bulkArgs) error {
	work := bulkWork{p: p, a: a}
	err := p.DB.Read(ctx, a.Who, func(tx *db.Tx) error { return work.begin(ctx, tx) })
	if err != nil || work.state != journal.Running {
		return err
	}
	for !work.over {
		err := p.write(ctx, a, work.slice)
		if errs.KindOf(err) == errs.Conflict {
			err = work.singly(ctx)
		}
		if err != nil {
			return err
		}
		if err := j.Progress(ctx, int64(work.seen), int64(a.Total)); err != nil {
			return err
		}
	}
	return nil
}

// write runs f as a part of a's operation, after every user's own changes. What
// somebody else changes at the same moment is read again.
func (p *Pages) write(ctx context.Context, a bulkArgs, f func(ctx context.Context, tx *db.Tx) error) error {
	var err error
	for range 5 {
		err = p.DB.Write(ctx, db.Op{Who: a.Who, Why: a.why(), ID: a.Op, Background: true}, func(tx *db.Tx) error { return f(ctx, tx) })
		if errs.KindOf(err) != errs.Stale {
			break
		}
	}
	return err
}

// A bulkWork is a large change under way.
type bulkWork struct {
	p     *Pages
	a     bulkArgs
	q     list.Query
	state journal.State
	after ids.ID // the last customer seen
	seen  int
	n     int // changed
	kept  int // refused: something that must stay belongs to them
	over  bool
}

func (b *bulkWork) begin(ctx context.Context, tx *db.Tx) error {
	op, err := journal.Get(ctx, tx, b.a.Op)
	if err != nil {
		return err
	}
	b.state, b.n = op.State, number(op.Args["n"]) // who is kept will be met again
	set, err := workspace.Get(ctx, tx)
	if err != nil {
		return err
	}
	b.q = b.a.Selection.Query
	b.q.In = set.Locale()
	slices.SortFunc(b.a.Selection.IDs, func(x, y ids.ID) int { return strings.Compare(x.String(), y.String()) })
	return nil
}

// number reads a number from an operation's arguments.
func number(v any) int {
	if f, ok := v.(float64); ok {
		return int(f)
	}
	return 0
}

// next returns the next few customers after the given one.
func (b *bulkWork) next(ctx context.Context, tx *db.Tx, after ids.ID) ([]ids.ID, error) {
	if b.a.Selection.All {
		return b.p.Book.Def().IDs(ctx, tx, b.q, after, bulkStep)
	}
	some := b.a.Selection.IDs
	i := 0
	for i < len(some) && slices.Compare(some[i][:], after[:]) <= 0 {
		i++
	}
	return some[i:min(len(some), i+bulkStep)], nil
}

// slice changes as many as there is time for.
func (b *bulkWork) slice(ctx context.Context, tx *db.Tx) error {
	now := *b // what is rolled back is not done
	for s := tx.Slice(); ; {
		some, err := now.next(ctx, tx, now.after)
		if err != nil {
			return err
		}
		if len(some) == 0 {
			now.over = true
			break
		}
		n, err := now.a.run(ctx, tx, now.p.Book, some)
		if err != nil {
			return err
		}
		now.n, now.seen, now.after = now.n+n, now.seen+len(some), some[len(some)-1]
		if s.Over() {
			break
		}
	}
	if err := now.note(ctx, tx); err != nil {
		return err
	}
	if now.over {
		if err := tx.FinishOp(ctx); err != nil {
			return err
		}
	}
	tx.AfterCommit(func() { *b = now })
	return nil
}

// note keeps in the operation how far it is.
func (b *bulkWork) note(ctx context.Context, tx *db.Tx) error {
	op, err := journal.Get(ctx, tx, b.a.Op)
	if err != nil {
		return err
	}
	op.Args["n"], op.Args["kept"] = b.n, b.kept
	return tx.SetOp(ctx, ids.ID{}, op.Args)
}

// singly changes the next few one by one, without those that are refused.
func (b *bulkWork) singly(ctx context.Context) error {
	var some []ids.ID
	err := b.p.DB.Read(ctx, b.a.Who, func(tx *db.Tx) (err error) {
		some, err = b.next(ctx, tx, b.after)
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range some {
		err := b.p.write(ctx, b.a, func(ctx context.Context, tx *db.Tx) error {
			now := *b
			n, err := now.a.run(ctx, tx, now.p.Book, []ids.ID{id})
			if err != nil {
				return err
			}
			now.n, now.seen, now.after = now.n+n, now.seen+1, id
			tx.AfterCommit(func() { *b = now })
			return now.note(ctx, tx)
		})
		if errs.KindOf(err) == errs.Conflict {
			b.kept, b.seen, b.after = b.kept+1, b.seen+1, id
			err = b.p.write(ctx, b.a, b.note)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bulkPage is the data of the page that shows how far a large change is.
type bulkPage struct {
	*ui.View
	Op          ids.ID
	Href        string
	Done, Total int64
	Kept        int
	Busy        bool
	Failed      bool
	job         ids.ID
	Result      string // message key
}

// bulkProgress shows how far a large change is to whoever asked for it.
func (p *Pages) bulkProgress(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("op")
	if err != nil {
		return err
	}
	page := &bulkPage{View: r.View, Op: id, Href: "/customers/bulk?op=" + id.String()}
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error { return page.load(r.Context(), tx) })
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, page.page())
}

func (p *bulkPage) load(ctx context.Context, tx *db.Tx) error {
	op, err := journal.Get(ctx, tx, p.Op)
	if err != nil {
		return err
	}
	name, _ := op.Args["job"].(string)
	job, err := ids.Parse(name)
	if err != nil || op.Actor != p.Who.User {
		return errs.New(errs.NotFound, "error.not_found")
	}
	p.job = job
	p.Done, p.Total, p.Kept = int64(number(op.Args["n"])), int64(number(op.Args["total"])), number(op.Args["kept"])
	p.Result = bulkDone(op.Why)
	if op.State != journal.Running {
		return nil
	}
	p.Busy = true
	s, err := jobs.Get(ctx, tx, job)
	switch {
	case errs.KindOf(err) == errs.NotFound:
		p.Busy, p.Failed = false, true
	case err != nil:
		return err
	case s.State == jobs.Failed || s.State == jobs.Cancelled:
		p.Busy, p.Failed = false, true
	case s.Done > p.Done:
		p.Done = s.Done // those who were so already count as well
	}
	return nil
}

// bulkRetry lets a large change go on that was given up.
func (p *Pages) bulkRetry(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("op")
	if err != nil {
		return err
	}
	page := &bulkPage{View: r.View, Op: id}
	err = p.DB.Write(r.Context(), db.Op{}, func(tx *db.Tx) error {
		if err := page.load(r.Context(), tx); err != nil {
			return err
		}
		return jobs.Retry(r.Context(), tx, page.job)
	})
	if err != nil {
		return err
	}
	return ui.Redirect(w, r, "/customers/bulk?op="+id.String())
}
