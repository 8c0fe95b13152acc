package ordersweb

import (
	"context"
	"net/http"
	"slices"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/list/listweb"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/workspace"
)

const (
	bulkAtOnce = 500 // orders up to which the change is made while its user waits
	bulkStep   = 64  // orders that are changed between two looks at the clock
	bulkKind   = "orders_bulk"
	bulkWhy    = "order.bulk_status"
)

// nameOf returns the name of the record that a filter names.
func nameOf(ctx context.Context, tx *db.Tx, c *list.Column, value string) (string, error) {
	id, err := ids.Parse(value)
	if err != nil {
		return "", nil // the list says that it is no id
	}
	names := customers.Names
	switch c.Key {
	case "product":
		names = catalog.Names
	case "returns":
		names = orders.Names
	case "owner":
		names = team.Names
	}
	found, err := names(ctx, tx, []ids.ID{id})
	return found[id], err
}

// bulkStatus gives the selected orders another status, as one operation.
func (p *Pages) bulkStatus(w http.ResponseWriter, r *ui.Req) error {
	to := orders.Status(r.Text("status"))
	if !slices.Contains(orders.Statuses, to) {
		return errs.InvalidField("status", "error.choice")
	}
	sel, err := p.newList(r).table.Selected(r)
	if err != nil {
		return err
	}
	var few []ids.ID
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		if sel.All {
			few, err = orders.List.IDs(r.Context(), tx, sel.Query, ids.ID{}, bulkAtOnce+1)
		} else {
			few, err = orders.List.Seen(r.Context(), tx, sel.IDs)
		}
		return err
	})
	if err != nil {
		return err
	}
	if len(few) > bulkAtOnce {
		return p.bulkLater(w, r, to, sel)
	}
	var op ids.ID
	n := 0
	err = p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: bulkWhy}, func(tx *db.Tx) error {
		op = tx.Op
		var err error
		if n, err = orders.SetStatus(r.Context(), tx, few, to); err != nil {
			return err
		}
		if n == 0 {
			return errSame
		}
		return tx.SetOp(r.Context(), ids.ID{}, map[string]any{"n": n})
	})
	switch {
	case err == errSame:
		ui.Flash(w, r, ui.Toast{Key: "order.bulk.same", Tone: "info"})
	case err != nil:
		return err
	default:
		ui.Flash(w, r, ui.Toast{Key: "order.bulk.changed", N: int64(n), Undo: op})
	}
	return ui.Redirect(w, r, listBack(r))
}

// errSame rolls back a change that changes nothing.
var errSame = errs.New(errs.Conflict, "error.conflict")

// bulkArgs are what the job of a large change needs.
type bulkArgs struct {
	Status    orders.Status
	Selection listweb.Selection
	Op        ids.ID
}

// bulkLater leaves a large change to a job. The page of its operation says how
// it stands.
func (p *Pages) bulkLater(w http.ResponseWriter, r *ui.Req, to orders.Status, sel listweb.Selection) error {
	var op ids.ID
	err := p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: bulkWhy, Long: true}, func(tx *db.Tx) error {
		op = tx.Op
		if err := tx.SetOp(r.Context(), ids.ID{}, map[string]any{"n": 0}); err != nil {
			return err
		}
		a := bulkArgs{to, sel, op}
		if sel.All {
			// Nobody meant what comes while the job is at work.
			now := tx.Now.Format("2006-01-02T15:04:05.000Z07:00")
			a.Selection.Query = sel.Query.With(list.Filter{Column: "created", Op: list.Lte, Values: []string{now}})
		}
		_, err := jobs.Add(r.Context(), tx, bulkKind, a, jobs.Options{Who: r.Who, Unique: bulkKind + "." + op.String()})
		return err
	})
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: "order.bulk.later", Tone: "info", Href: "/operations/" + op.String()})
	return ui.Redirect(w, r, listBack(r))
}

// Handle lets r do the large changes.
func (p *Pages) Handle(r *jobs.Runner) { jobs.Handle(r, bulkKind, p.bulkWork) }

// bulkWork makes a large change in short transactions. Where it was interrupted
// it begins again: what is changed already stays as it is.
func (p *Pages) bulkWork(ctx context.Context, j *jobs.Job, a bulkArgs) error {
	q, running := a.Selection.Query, false
	err := p.DB.Read(ctx, j.Who, func(tx *db.Tx) error {
		op, err := journal.Get(ctx, tx, a.Op)
		if err != nil {
			return err
		}
		running = op.State == journal.Running
		set, err := workspace.Get(ctx, tx)
		q.In = set.Locale()
		return err
	})
	if err != nil || !running {
		return err
	}
	slices.SortFunc(a.Selection.IDs, func(x, y ids.ID) int { return slices.Compare(x[:], y[:]) })
	var after ids.ID
	for over := false; !over; {
		last := after
		err := p.DB.Write(ctx, db.Op{Who: j.Who, Why: bulkWhy, ID: a.Op, Background: true}, func(tx *db.Tx) (err error) {
			over, last, err = a.slice(ctx, tx, q, after)
			return err
		})
		if err != nil {
			return err
		}
		after = last
	}
	return nil
}

// slice changes as many orders behind one as there is time for.
func (a *bulkArgs) slice(ctx context.Context, tx *db.Tx, q list.Query, after ids.ID) (over bool, last ids.ID, err error) {
	op, err := journal.Get(ctx, tx, a.Op)
	if err != nil {
		return false, after, err
	}
	sum, _ := op.Args["n"].(float64)
	for s := tx.Slice(); !over; {
		batch := a.next(after)
		if a.Selection.All {
			batch, err = orders.List.IDs(ctx, tx, q, after, bulkStep)
		}
		if err != nil {
			return false, after, err
		}
		if over = len(batch) == 0; over {
			break
		}
		after = batch[len(batch)-1]
		some, err := orders.List.Seen(ctx, tx, batch)
		if err != nil {
			return false, after, err
		}
		n, err := orders.SetStatus(ctx, tx, some, a.Status)
		if err != nil {
			return false, after, err
		}
		sum += float64(n)
		if s.Over() {
			break
		}
	}
	if err := tx.SetOp(ctx, ids.ID{}, map[string]any{"n": int64(sum)}); err != nil || !over {
		return over, after, err
	}
	return over, after, tx.FinishOp(ctx)
}

// next returns the next few of the selected orders.
func (a *bulkArgs) next(after ids.ID) []ids.ID {
	some := a.Selection.IDs
	i := 0
	for i < len(some) && slices.Compare(some[i][:], after[:]) <= 0 {
		i++
	}
	return some[i:min(len(some), i+bulkStep)]
}
