package catalogweb

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/list/listweb"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/workspace"
)

const (
	bulkAtOnce = 300 // products up to which the change is made while its user waits
	bulkAsks   = 50  // products above which deleting asks first
	bulkKind   = "products_bulk"
	bulkStep   = 16 // products that are changed between two looks at the clock
)

// A bulkChange is what is done to many products alike.
type bulkChange struct {
	Do   string // family, tier, offering, archive, unarchive or delete
	Text string
}

func (b bulkChange) why() string {
	if b.Do == "delete" {
		return "product.bulk_delete"
	}
	return "product.bulk_update"
}

// apply makes the change in c, but for delete.
func (b bulkChange) apply(c *catalog.Product) {
	switch b.Do {
	case "family":
		c.Family = b.Text
	case "tier":
		c.Tier = b.Text
	case "offering":
		c.Offering = catalog.Offering(b.Text)
	case "archive", "unarchive":
		c.Archived = b.Do == "archive"
	}
}

// run changes those of the given products that are there, and returns how many
// it has changed, and how many of them it archived that were to be deleted.
func (b bulkChange) run(ctx context.Context, tx *db.Tx, shelf *catalog.Shelf, among []ids.ID) (n, kept int, err error) {
	found, err := catalog.GetMany(ctx, tx, among)
	if err != nil {
		return 0, 0, err
	}
	if b.Do == "delete" {
		there := make([]ids.ID, len(found))
		for i := range found {
			there[i] = found[i].ID
		}
		_, archived, err := shelf.Remove(ctx, tx, there)
		return len(there), len(archived), err
	}
	for i := range found {
		c := found[i]
		b.apply(&c)
		if err := c.Normalize(c.Currency); err != nil {
			return n, 0, err
		}
		if err := catalog.Save(ctx, tx, &found[i], &c); err != nil {
			return n, 0, err
		}
		if c.Rev != found[i].Rev {
			n++
		}
	}
	return n, 0, nil
}

func (p *Pages) bulkFamily(w http.ResponseWriter, r *ui.Req) error { return p.bulkWord(w, r, "family") }
func (p *Pages) bulkTier(w http.ResponseWriter, r *ui.Req) error   { return p.bulkWord(w, r, "tier") }

func (p *Pages) bulkOffering(w http.ResponseWriter, r *ui.Req) error {
	o := catalog.Offering(r.Text("offering"))
	if o != catalog.Offered && !slices.Contains(catalog.Offerings, o) {
		return errs.InvalidField("offering", "error.choice")
	}
	return p.bulk(w, r, bulkChange{"offering", string(o)})
}

func (p *Pages) bulkWord(w http.ResponseWriter, r *ui.Req, do string) error {
	word := r.Text(do)
	if len(word) > 300 {
		return errs.InvalidField(do, "error.too_long", "max", 300)
	}
	return p.bulk(w, r, bulkChange{do, word})
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

// meant returns how many products a selection means, and which if they are few.
func meant(ctx context.Context, tx *db.Tx, s listweb.Selection) (n int, few []ids.ID, err error) {
	if !s.All {
		few, err = catalog.List.Seen(ctx, tx, s.IDs)
		return len(few), few, err
	}
	if few, err = catalog.List.IDs(ctx, tx, s.Query, ids.ID{}, bulkAtOnce+1); err != nil || len(few) <= bulkAtOnce {
		return len(few), few, err
	}
	all, err := catalog.List.Count(ctx, tx, s.Query)
	return int(all), nil, err
}

// askPage is the data of the page that asks before many are deleted.
type askPage struct {
	*ui.View
	N      int
	Hidden [][2]string
	Back   string
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

// bulk changes the selected products, as one operation.
func (p *Pages) bulk(w http.ResponseWriter, r *ui.Req, b bulkChange) error {
	sel, err := p.newList(r).table.Selected(r)
	if err != nil {
		return err
	}
	var n, kept int
	var few []ids.ID
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		n, few, err = meant(r.Context(), tx, sel)
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
		if n, kept, err = b.run(r.Context(), tx, p.Shelf, few); err != nil {
			return err
		}
		if n == 0 {
			return errSame
		}
		return tx.SetOp(r.Context(), ids.ID{}, map[string]any{"n": n})
	})
	switch {
	case errors.Is(err, errSame):
		ui.Flash(w, r, ui.Toast{Key: "products.bulk.same", Tone: "info"})
	case err != nil:
		return err
	case kept > 0:
		ui.Flash(w, r, ui.Toast{Key: "products.bulk.kept", N: int64(kept), Undo: op})
	default:
		ui.Flash(w, r, ui.Toast{Key: bulkDone(b.why()), N: int64(n), Undo: op})
	}
	return ui.Redirect(w, r, listBack(r))
}

// bulkDone is the key of the message that says how many were changed.
func bulkDone(why string) string {
	if why == "product.bulk_delete" {
		return "products.bulk.deleted"
	}
	return "products.bulk.changed"
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
			// Nobody meant what comes while the job is at work.
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
	return ui.Redirect(w, r, "/products/bulk?op="+op.String())
}

// Handle lets r do the large changes.
func (p *Pages) Handle(r *jobs.Runner) { jobs.Handle(r, bulkKind, p.bulkWork) }

// A bulkWork is a large change under way.
type bulkWork struct {
	a     bulkArgs
	shelf *catalog.Shelf
	q     list.Query
	after ids.ID // the last product seen
	seen  int
	n     int // changed
	kept  int // archived since they are used
	over  bool
}

// bulkWork makes a large change in short transactions. Where it was interrupted
// it begins again: what is changed already is found changed, and counted once.
func (p *Pages) bulkWork(ctx context.Context, j *jobs.Job, a bulkArgs) error {
	work := bulkWork{a: a, shelf: p.Shelf, q: a.Selection.Query}
	slices.SortFunc(work.a.Selection.IDs, func(x, y ids.ID) int { return slices.Compare(x[:], y[:]) })
	running := false
	err := p.DB.Read(ctx, a.Who, func(tx *db.Tx) error {
		op, err := journal.Get(ctx, tx, a.Op)
		if err != nil {
			return err
		}
		running, work.n, work.kept = op.State == journal.Running, number(op.Args["n"]), number(op.Args["kept"])
		set, err := workspace.Get(ctx, tx)
		work.q.In = set.Locale()
		return err
	})
	if err != nil || !running {
		return err
	}
	for !work.over {
		err := p.DB.Write(ctx, db.Op{Who: a.Who, Why: a.why(), ID: a.Op, Background: true}, func(tx *db.Tx) error { return work.slice(ctx, tx) })
		if err != nil {
			return err
		}
		if err := j.Progress(ctx, int64(work.seen), int64(a.Total)); err != nil {
			return err
		}
	}
	return nil
}

// number reads a number from an operation's arguments.
func number(v any) int {
	f, _ := v.(float64)
	return int(f)
}

// next returns the next few products.
func (b *bulkWork) next(ctx context.Context, tx *db.Tx) ([]ids.ID, error) {
	if b.a.Selection.All {
		return catalog.List.IDs(ctx, tx, b.q, b.after, bulkStep)
	}
	some := b.a.Selection.IDs
	i := 0
	for i < len(some) && slices.Compare(some[i][:], b.after[:]) <= 0 {
		i++
	}
	return some[i:min(len(some), i+bulkStep)], nil
}

// slice changes as many as there is time for.
func (b *bulkWork) slice(ctx context.Context, tx *db.Tx) error {
	now := *b // what is rolled back is not done
	for s := tx.Slice(); ; {
		some, err := now.next(ctx, tx)
		if err != nil {
			return err
		}
		if len(some) == 0 {
			now.over = true
			break
		}
		n, kept, err := now.a.run(ctx, tx, now.shelf, some)
		if err != nil {
			return err
		}
		now.n, now.kept, now.seen, now.after = now.n+n, now.kept+kept, now.seen+len(some), some[len(some)-1]
		if s.Over() {
			break
		}
	}
	op, err := journal.Get(ctx, tx, now.a.Op)
	if err != nil {
		return err
	}
	op.Args["n"], op.Args["kept"] = now.n, now.kept
	if err := tx.SetOp(ctx, ids.ID{}, op.Args); err != nil {
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
	page := &bulkPage{View: r.View, Op: id, Href: "/products/bulk?op=" + id.String()}
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
		p.Done = s.Done // those that were so already count as well
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
	return ui.Redirect(w, r, "/products/bulk?op="+id.String())
}
