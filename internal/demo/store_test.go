package demo

import (
	"context"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/lifecycle"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/notices"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/outbox"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/segments"
	"github.com/akrab-crm/akrab/internal/tasks"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/views"
	"github.com/akrab-crm/akrab/internal/workspace"
)

var modules = []db.Module{
	outbox.Module, jobs.Module, search.Module, journal.Module, workspace.Module, team.Module, views.Module, notices.Module, customers.Module,
	activity.Module, catalog.Module, orders.Module, tasks.Module, insights.Module, lifecycle.Module, segments.Module,
}

// store stores a company and returns its operation.
func store(t testing.TB, c *Company, d *db.DB) ids.ID {
	t.Helper()
	d.Now = func() time.Time { return c.Today.Add(8 * time.Hour) }
	if err := search.Prepare(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	op, err := c.Store(t.Context(), d, Options{Permissions: team.Permissions})
	if err != nil {
		t.Fatal(err)
	}
	return op
}

func TestStore(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		c := Make(Seed, aDay)
		op := store(t, c, d)
		if _, err := Make(Seed, aDay).Store(t.Context(), d, Options{}); errs.KindOf(err) != errs.Conflict {
			t.Errorf("stored again: %v", err)
		}
		read(t, d, func(ctx context.Context, tx *db.Tx) error {
			checkStored(ctx, t, tx, c)
			checkMine(ctx, t, tx, c)
			checkViews(ctx, t, tx)
			checkSegments(ctx, t, tx)
			return nil
		})
		checkUndo(t, d, op)
	})
}

func read(t testing.TB, d *db.DB, f func(ctx context.Context, tx *db.Tx) error) {
	t.Helper()
	if err := d.Read(t.Context(), db.Who{}, func(tx *db.Tx) error { return f(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
}

// checkStored compares what was counted in the workspace with what was made.
func checkStored(ctx context.Context, t *testing.T, tx *db.Tx, c *Company) {
	t.Helper()
	n, err := customers.Total(ctx, tx)
	if err != nil || n != len(c.Customers) {
		t.Errorf("%d customers, %v; want %d", n, err, len(c.Customers))
	}
	count, lines, returns, unknown := 0, 0, 0, 0
	for _, o := range c.Orders {
		if !o.Status.Counts() {
			continue
		}
		count++
		lines += len(o.Lines)
		if o.Return {
			returns++
		}
		if o.Customer.IsZero() {
			unknown += len(o.Lines)
		}
	}
	f, err := orders.ReadFigures(ctx, tx)
	if err != nil || len(f.List) != 1 {
		t.Fatalf("figures %+v, %v", f, err)
	}
	if got := f.List[0]; int(got.Invoices) != count || int(got.Lines) != lines || int(got.Returns) != returns || int(got.UnknownLines) != unknown {
		t.Errorf("figures %+v; want %d orders, %d lines, %d returns, %d lines without a customer", got, count, lines, returns, unknown)
	}
	phases := map[customers.Phase]int{}
	for _, cl := range c.clients {
		stored, err := customers.Get(ctx, tx, cl.ID)
		if err != nil {
			t.Fatal(err)
		}
		phases[stored.Phase]++
		if !stored.Created.Equal(cl.Created) {
			t.Errorf("%s: created %v, want %v", cl.Name, stored.Created, cl.Created)
		}
		if cl.course == gone && stored.Phase != customers.Lost && stored.Phase != customers.Prospect || cl.course == asking && stored.Phase != customers.Prospect {
			t.Errorf("%s of course %d is %s", cl.Name, cl.course, stored.Phase)
		}
	}
	for _, p := range customers.Phases {
		if phases[p] < 5 {
			t.Errorf("only %d customers are %s: %v", phases[p], p, phases)
		}
	}
}

// checkMine checks that who shows the company around has something to do.
func checkMine(ctx context.Context, t *testing.T, tx *db.Tx, c *Company) {
	t.Helper()
	me := c.Staff[Host].ID
	tomorrow := c.Today.AddDate(0, 0, 1)
	promises, err := activity.Due(ctx, tx, me, tomorrow, 100)
	if err != nil || len(promises) == 0 {
		t.Errorf("%d promises of hers are due, %v", len(promises), err)
	}
	open, err := tasks.Open(ctx, tx, me, tomorrow, 100)
	if err != nil || len(open) < 3 {
		t.Errorf("%d tasks of hers are due, %v", len(open), err)
	}
	n, err := notices.Unseen(ctx, tx, me)
	if err != nil || n == 0 {
		t.Errorf("%d notices of hers, %v", n, err)
	}
	quiet, err := insights.Quiet(ctx, tx, me, tx.Now.AddDate(0, 0, -60), 100)
	if err != nil || len(quiet) == 0 {
		t.Errorf("%d silent customers of hers, %v", len(quiet), err)
	}
}

// checkViews checks that saved views ask what their lists can answer, and that
// none is empty.
func checkViews(ctx context.Context, t *testing.T, tx *db.Tx) {
	t.Helper()
	for _, v := range savedViews {
		q, err := views.Parse(v.query)
		n := 0
		if err == nil && v.list == "customer" {
			n, err = count(ctx, tx, &customers.List, q)
		} else if err == nil {
			n, err = count(ctx, tx, &orders.List, q)
		}
		if err != nil || n == 0 {
			t.Errorf("%s shows %d, %v", v.title, n, err)
		}
	}
}

func count[T any](ctx context.Context, tx *db.Tx, d *list.Def[T], q list.Query) (int, error) {
	n, err := d.Count(ctx, tx, q)
	return int(n), err
}

// checkUndo checks that the whole company goes again, as it is one operation.
func checkUndo(t *testing.T, d *db.DB, op ids.ID) {
	t.Helper()
	o, err := journal.Undo(t.Context(), d, db.Who{Name: "test"}, op, nil)
	if err != nil {
		t.Fatal(err)
	}
	if o.KeptCount > 0 {
		t.Errorf("%d things stay, such as %+v", o.KeptCount, o.Kept[:min(len(o.Kept), 3)])
	}
	read(t, d, func(ctx context.Context, tx *db.Tx) error {
		n, err := customers.Total(ctx, tx)
		if n != 0 {
			t.Errorf("%d customers are left", n)
		}
		return err
	})
}

// BenchmarkStore measures how long it takes until the company can be shown.
func BenchmarkStore(b *testing.B) {
	for b.Loop() {
		store(b, Make(Seed, aDay), dbtest.Open(b, modules...))
	}
}

// checkSegments checks that every segment has members, and that a plan runs
// which has become tasks.
func checkSegments(ctx context.Context, t *testing.T, tx *db.Tx) {
	all, err := segments.Each(ctx, tx)
	if err != nil || len(all) != len(groups) {
		t.Errorf("%d segments, %v", len(all), err)
	}
	for _, g := range all {
		if g.Size < 3 || g.Size > 200 || g.Pending {
			t.Errorf("segment %s has %d members", g.Name, g.Size)
		}
	}
	plans, err := segments.PlansFor(ctx, tx, "value:B3", 2)
	if err != nil || len(plans) != 1 || plans[0].Status != segments.Running {
		t.Fatalf("plans: %+v, %v", plans, err)
	}
	progress, err := segments.ProgressOf(ctx, tx, []ids.ID{plans[0].ID})
	if p := progress[plans[0].ID]; err != nil || p.Tasks < 4 || p.Tasks > 11 {
		t.Errorf("tasks of the plan: %+v, %v", p, err)
	}
}
