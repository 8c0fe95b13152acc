package segments_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
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
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/list/listtest"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/outbox"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/segments"
	"github.com/akrab-crm/akrab/internal/tasks"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/workspace"
)

var modules = []db.Module{
	outbox.Module, jobs.Module, search.Module, journal.Module, workspace.Module, team.Module, customers.Module, activity.Module,
	catalog.Module, orders.Module, tasks.Module, insights.Module, segments.Module,
}

// A desk is a workspace with what works in the background of it.
type desk struct {
	*testing.T
	db   *db.DB
	bus  *outbox.Bus
	jobs *jobs.Runner
}

func each(t *testing.T, f func(t *desk)) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		if err := search.Prepare(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		k := &desk{t, d, outbox.NewBus(d, nil), jobs.NewRunner(d, nil)}
		outbox.On(k.bus, "sorting.customers", "", func(ctx context.Context, tx *db.Tx, list []customers.Changed) error {
			for _, e := range list {
				err := segments.TouchOperation(ctx, tx, e.Op)
				if !e.Customer.IsZero() {
					err = segments.Touch(ctx, tx, []ids.ID{e.Customer})
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		segments.Register(k.jobs, d)
		f(k)
	})
}

// settle lets the background come to rest.
func (t *desk) settle() {
	t.Helper()
	for range 2 {
		if err := t.bus.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := t.jobs.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func (t *desk) write(f func(tx *db.Tx) error) ids.ID {
	t.Helper()
	var op ids.ID
	if err := t.db.Write(t.Context(), db.Op{Why: "customer.test"}, func(tx *db.Tx) error { op = tx.Op; return f(tx) }); err != nil {
		t.Fatal(err)
	}
	return op
}

func (t *desk) read(f func(tx *db.Tx) error) {
	t.Helper()
	if err := t.db.Read(t.Context(), db.Who{}, f); err != nil {
		t.Fatal(err)
	}
}

// customer adds a customer with tags.
func (t *desk) customer(name string, tags ...string) ids.ID {
	t.Helper()
	c := customers.Customer{Name: name}
	for _, tag := range tags {
		c.Tags = append(c.Tags, customers.Tag{Value: tag})
	}
	t.write(func(tx *db.Tx) error { c.ID = ids.ID{}; return customers.Create(t.Context(), tx, &c) })
	return c.ID
}

func (t *desk) segment(name, cond string) segments.Segment {
	t.Helper()
	g := segments.Segment{Name: name, Cond: tree(t.T, cond)}
	t.write(func(tx *db.Tx) error { return segments.Create(t.Context(), tx, &g) })
	return g
}

func tree(t *testing.T, text string) list.Tree {
	t.Helper()
	tr, err := list.ParseTree(text)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// members returns the names of a segment's members, and checks that its size
// is theirs.
func (t *desk) members(id ids.ID) string {
	t.Helper()
	var names []string
	t.read(func(tx *db.Tx) error {
		q := list.Query{Filters: []list.Filter{{Column: "in_segment", Op: list.Eq, Values: []string{id.String()}}}}
		p, err := segments.Customers.Page(t.Context(), tx, q)
		for _, c := range p.Rows {
			names = append(names, c.Name)
		}
		if g, err := segments.Get(t.Context(), tx, id); err == nil && g.Size != int64(len(names)) {
			t.Errorf("size %d of %d members", g.Size, len(names))
		}
		return err
	})
	return strings.Join(names, " ")
}

func (t *desk) is(id ids.ID, want string) {
	t.Helper()
	if got := t.members(id); got != want {
		t.Errorf("members %q, want %q", got, want)
	}
}

func TestMembers(t *testing.T) {
	each(t, func(t *desk) {
		ctx := t.Context()
		t.customer("Ani", "vip")
		budi := t.customer("Budi")
		g := t.segment("Penting", `{"any":["tag:eq:vip",{"all":["name:starts:B","language:eq:jv"]}]}`)
		t.settle()
		t.is(g.ID, "Ani")

		// A change moves the customer within the segment, and back by undo.
		op := t.write(func(tx *db.Tx) error {
			_, err := customers.Update(ctx, tx, budi, 0, func(c *customers.Customer) error { c.Language = "jv"; return nil })
			return err
		})
		t.settle()
		t.is(g.ID, "Ani Budi")
		if _, err := journal.Undo(ctx, t.db, db.Who{}, op, nil); err != nil {
			t.Fatal(err)
		}
		t.settle()
		t.is(g.ID, "Ani")
		t.customer("Citra", "vip")
		t.settle()
		t.is(g.ID, "Ani Citra")
		t.read(func(tx *db.Tx) error {
			days, err := segments.Days(ctx, tx, g.ID, 10)
			if len(days) != 1 || days[0].Customers != 2 || days[0].Came != 2 || days[0].Went != 1 {
				t.Errorf("days %+v, want 2 customers, 2 came and 1 went", days)
			}
			return err
		})

		// Those whom a new condition brings did not move.
		t.write(func(tx *db.Tx) error {
			_, err := segments.Update(ctx, tx, g.ID, g.Rev, func(g *segments.Segment) error { g.Cond = tree(t.T, `"name:starts:b"`); return nil })
			return err
		})
		t.settle()
		t.is(g.ID, "Budi")
		t.read(func(tx *db.Tx) error {
			days, err := segments.Days(ctx, tx, g.ID, 10)
			if len(days) != 1 || days[0].Customers != 1 || days[0].Came != 2 || days[0].Went != 1 {
				t.Errorf("days %+v, want the same movement", days)
			}
			return err
		})

		// Deleting takes the members away, and undo brings them back.
		op = t.write(func(tx *db.Tx) error { return segments.Delete(ctx, tx, g.ID) })
		t.is(g.ID, "")
		if _, err := journal.Undo(ctx, t.db, db.Who{}, op, nil); err != nil {
			t.Fatal(err)
		}
		t.settle()
		t.is(g.ID, "Budi")
		t.write(func(tx *db.Tx) error { return (&customers.Book{}).Delete(ctx, tx, []ids.ID{budi}) })
		t.settle()
		t.is(g.ID, "")
	})
}

// An operation that touches many is settled for all of them by a job.
func TestManyAtOnce(t *testing.T) {
	each(t, func(t *desk) {
		g := t.segment("Semua Toko", `"name:starts:toko"`)
		t.settle()
		t.write(func(tx *db.Tx) error {
			var all []*customers.Customer
			for i := range 500 {
				all = append(all, &customers.Customer{Name: fmt.Sprintf("Toko %03d", i)})
			}
			return customers.CreateMany(t.Context(), tx, all)
		})
		t.settle()
		t.db.Now = func() time.Time { return dbtest.Now.Add(10 * time.Second) }
		t.settle()
		t.read(func(tx *db.Tx) error {
			g, err := segments.Get(t.Context(), tx, g.ID)
			if g.Size != 500 || g.Pending {
				t.Errorf("size %d, pending %v; want 500", g.Size, g.Pending)
			}
			days, _ := segments.Days(t.Context(), tx, g.ID, 10)
			if len(days) != 1 || days[0].Came != 500 {
				t.Errorf("days %+v, want 500 who came", days)
			}
			return err
		})
	})
}

// Segments that ask for others follow them; none asks for itself.
func TestSegmentsOfSegments(t *testing.T) {
	each(t, func(t *desk) {
		ctx := t.Context()
		t.customer("Ani", "vip")
		vip := t.segment("Vip", `"tag:eq:vip"`)
		rest := t.segment("Lainnya", `{"not":"in_segment:eq:`+vip.ID.String()+`"}`)
		t.settle()
		t.customer("Budi")
		t.settle()
		t.is(rest.ID, "Budi")
		err := t.db.Write(ctx, db.Op{Why: "customer.test"}, func(tx *db.Tx) error {
			_, err := segments.Update(ctx, tx, vip.ID, 0, func(g *segments.Segment) error {
				g.Cond = tree(t.T, `{"any":["tag:eq:vip","in_segment:eq:`+rest.ID.String()+`"]}`)
				return nil
			})
			return err
		})
		if all := errs.All(err); len(all) != 1 || all[0].Key != "segment.circular" {
			t.Errorf("a circle is refused with %v", err)
		}
		err = t.db.Write(ctx, db.Op{Why: "customer.test"}, func(tx *db.Tx) error { return segments.Delete(ctx, tx, vip.ID) })
		if errs.KindOf(err) != errs.Conflict {
			t.Errorf("a segment that another uses is deleted: %v", err)
		}
	})
}

// Conditions that change with time are looked at each day.
func TestTimePasses(t *testing.T) {
	each(t, func(t *desk) {
		t.customer("Ani")
		g := t.segment("Baru", `"created:within:-7d"`)
		t.settle()
		t.is(g.ID, "Ani")
		t.db.Now = func() time.Time { return dbtest.Now.AddDate(0, 0, 9) }
		t.customer("Budi")
		if err := segments.Minute(t.Context(), t.db); err != nil {
			t.Fatal(err)
		}
		t.settle()
		t.is(g.ID, "Budi")
		t.read(func(tx *db.Tx) error {
			days, err := segments.Days(t.Context(), tx, g.ID, 10)
			if len(days) != 2 || days[1].Came != 1 || days[1].Went != 1 {
				t.Errorf("days %+v, want one who came and one who went", days)
			}
			return err
		})
	})
}

func TestRefusals(t *testing.T) {
	each(t, func(t *desk) {
		for _, tt := range []struct{ name, cond, field, key string }{
			{"", `"tag:eq:vip"`, "name", "error.required"},
			{strings.Repeat("x", 81), `"tag:eq:vip"`, "name", "error.too_long"},
			{"a", "", "where", "segment.everybody"},
			{"a", `{"all":[{"any":[]}]}`, "where", "segment.everybody"},
			{"a", `{"all":["tag:eq:vip","hat:eq:red"]}`, "where.1", "list.filter.column"},
			{"a", `{"has":"order","all":["total:gte:many"]}`, "where.0", "list.filter.value"},
		} {
			g := segments.Segment{Name: tt.name, Cond: tree(t.T, tt.cond)}
			err := t.db.Write(t.Context(), db.Op{Why: "customer.test"}, func(tx *db.Tx) error { return segments.Create(t.Context(), tx, &g) })
			if all := errs.All(err); len(all) != 1 || all[0].Field != tt.field || all[0].Key != tt.key {
				t.Errorf("%s %s: %v, want %s at %s", tt.name, tt.cond, err, tt.key, tt.field)
			}
		}
	})
}

// Every column and every kind of records can be asked for, on both engines.
func TestLists(t *testing.T) {
	fill := func(ctx context.Context, d *db.DB) error {
		if err := search.Prepare(ctx, d); err != nil {
			return err
		}
		return d.Write(ctx, db.Op{Why: "customer.test"}, func(tx *db.Tx) error {
			for i := range 5 {
				g := segments.Segment{Name: fmt.Sprint("Segmen ", i/2), Cond: list.LeafOf(list.Filter{Column: "city", Op: list.Filled})}
				if err := segments.Create(ctx, tx, &g); err != nil {
					return err
				}
				p := segments.Plan{Subject: segments.SubjectOf(g.ID), Title: fmt.Sprint("Rencana ", i/2)}
				if err := segments.CreatePlan(ctx, tx, &p); err != nil {
					return err
				}
			}
			return nil
		})
	}
	t.Run("segments", func(t *testing.T) { listtest.Exercise(t, modules, &segments.List, fill) })
	t.Run("plans", func(t *testing.T) { listtest.Exercise(t, modules, &segments.Plans, fill) })
	t.Run("customers", func(t *testing.T) { listtest.Indexes(t, modules, segments.Customers, fill) })
	each(t, func(t *desk) {
		values := map[list.Type]string{list.Choice: "", list.User: "me", list.Ref: ids.New(dbtest.Now).String(), list.Number: "1", list.Money: "1",
			list.Bool: "true", list.Date: "today", list.Time: "today", list.Phone: "08123", list.Email: "a@b.id"}
		for _, k := range segments.Kids {
			for _, c := range k.Columns {
				for _, op := range c.Operators() {
					v := values[c.Type]
					if c.Choices != nil {
						v = c.Choices[0].Value
					}
					f := list.Filter{Column: c.Key, Op: op, Values: []string{v}}
					switch op.Arity() {
					case 0:
						f.Values = nil
					case 2:
						f.Values = []string{v, v}
					}
					q := list.Query{Where: list.Tree{Join: list.All, Has: k.Key, Parts: []list.Tree{list.LeafOf(f)}}}
					t.read(func(tx *db.Tx) error {
						_, err := segments.Customers.Count(t.Context(), tx, q)
						if op == list.Within && errs.KindOf(err) == errs.Invalid {
							return nil
						}
						return err
					})
				}
			}
		}
	})
}

func TestPlan(t *testing.T) {
	each(t, func(t *desk) {
		ctx := t.Context()
		t.write(func(tx *db.Tx) error {
			return insights.SaveSettings(ctx, tx, insights.Settings{Holdout: 500, Salt: "x"})
		})
		var list []ids.ID
		for i := range 20 {
			list = append(list, t.customer(fmt.Sprintf("Toko %02d", i)))
		}
		g := t.segment("Toko", `"name:starts:toko"`)
		t.settle()
		p := segments.Plan{Subject: segments.SubjectOf(g.ID), Title: "Hubungi kembali", Most: 12, Ends: "2026-04-01", Actions: []segments.Action{
			{Text: "Siapkan penawaran"}, {Text: "Telepon", Kind: "call", PerCustomer: true, Due: "2026-03-10"},
		}}
		t.write(func(tx *db.Tx) error { return segments.CreatePlan(ctx, tx, &p) })
		begin := func() (op ids.ID, err error) {
			var s segments.Start
			t.read(func(tx *db.Tx) (err error) { s, err = segments.Prepare(ctx, tx, p.ID); return err })
			err = t.db.Write(ctx, db.Op{Why: "plan.begin"}, func(tx *db.Tx) error { op = tx.Op; _, err := segments.Begin(ctx, tx, s, 0); return err })
			return op, err
		}
		op, err := begin()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := begin(); errs.KindOf(err) != errs.Conflict {
			t.Errorf("beginning twice: %v", err)
		}
		held := 0
		t.read(func(tx *db.Tx) error {
			set, err := insights.GetSettings(ctx, tx)
			if err != nil {
				return err
			}
			all, err := tasks.List.Page(ctx, tx, subjectQuery(p.ID))
			for _, task := range all.Rows {
				if !task.Customer.IsZero() && set.Held(task.Customer) {
					t.Error("a customer of the hold-out has a task")
				}
			}
			for _, id := range slices.Sorted(slices.Values(stringsOf(list)))[:12] {
				if set.Held(ids.MustParse(id)) {
					held++
				}
			}
			progress, err2 := segments.ProgressOf(ctx, tx, []ids.ID{p.ID})
			if want := int64(1 + 12 - held); progress[p.ID].Tasks != want || int64(len(all.Rows)) != want || held == 0 || held == 12 {
				t.Errorf("%d tasks with %d held, want %d", progress[p.ID].Tasks, held, want)
			}
			if err == nil {
				err = err2
			}
			return err
		})

		// Undo makes it a draft again, without tasks; then it may begin anew.
		if _, err := journal.Undo(ctx, t.db, db.Who{}, op, nil); err != nil {
			t.Fatal(err)
		}
		t.read(func(tx *db.Tx) error {
			got, err := segments.GetPlan(ctx, tx, p.ID)
			progress, _ := segments.ProgressOf(ctx, tx, []ids.ID{p.ID})
			if got.Status != segments.Draft || progress[p.ID].Tasks != 0 || !got.Actions[0].Task.IsZero() {
				t.Errorf("after undo: %s, %+v", got.Status, progress)
			}
			return err
		})
		if _, err := begin(); err != nil {
			t.Fatal(err)
		}

		// What it brought is told from those who were left alone.
		t.db.Now = func() time.Time { return dbtest.Now.AddDate(0, 0, 9) }
		bought := 0
		t.write(func(tx *db.Tx) error {
			set, err := insights.GetSettings(ctx, tx)
			for _, id := range slices.Sorted(slices.Values(stringsOf(list)))[:12] {
				if c := ids.MustParse(id); err == nil && !set.Held(c) && bought < 2 {
					bought++
					err = orders.Create(ctx, tx, &orders.Order{Customer: c, At: tx.Now, Status: orders.Confirmed, Lines: []orders.Line{{Name: "x", Quantity: orders.One, Price: 1_000_000}}})
				}
			}
			return err
		})
		var m segments.Measure
		t.read(func(tx *db.Tx) (err error) { m, err = segments.Measured(ctx, tx, p.ID); return err })
		if e := m.Effect; e.Treated.Did != 2 || e.Treated.Of != int64(12-held) || e.Held.Did != 0 || e.Held.Of != int64(held) || e.Rate != nil || e.Money != nil {
			t.Errorf("effect %+v: want two who bought, and no difference of so few", e)
		}
		t.write(func(tx *db.Tx) error {
			got, err := segments.Finish(ctx, tx, m, 0, "Dua membeli lagi")
			if err == nil && (got.Status != segments.Over || got.Result != "Dua membeli lagi" || got.Effect == nil || got.After.Customers != 20) {
				t.Errorf("finished: %+v", got)
			}
			return err
		})
	})
}

func subjectQuery(id ids.ID) list.Query {
	return list.Query{Filters: []list.Filter{{Column: "subject", Op: list.Eq, Values: []string{id.String()}}}, Limit: 100}
}

func stringsOf(list []ids.ID) []string {
	all := make([]string, len(list))
	for i, id := range list {
		all[i] = id.String()
	}
	return all
}

// Whom a plan for all is about is written down by a job.
func TestPlanForAll(t *testing.T) {
	each(t, func(t *desk) {
		ctx := t.Context()
		for i := range 7 {
			t.customer(fmt.Sprintf("Toko %02d", i))
		}
		g := t.segment("Toko", `"name:starts:toko"`)
		t.settle()
		p := segments.Plan{Subject: segments.SubjectOf(g.ID), Title: "Kirim kabar", Actions: []segments.Action{{Text: "Tulis surat"}}}
		t.write(func(tx *db.Tx) error { return segments.CreatePlan(ctx, tx, &p) })
		var s segments.Start
		t.read(func(tx *db.Tx) (err error) { s, err = segments.Prepare(ctx, tx, p.ID); return err })
		t.write(func(tx *db.Tx) error { _, err := segments.Begin(ctx, tx, s, 0); return err })
		t.settle()
		t.read(func(tx *db.Tx) error {
			m, err := segments.Measured(ctx, tx, p.ID)
			if n := m.Effect.Treated.Of + m.Effect.Held.Of; n != 7 {
				t.Errorf("the plan is about %d customers, want 7", n)
			}
			return err
		})
		if err := segments.MeasureAll(ctx, t.db); err != nil {
			t.Fatal(err)
		}
	})
}

func TestPlanRefusals(t *testing.T) {
	each(t, func(t *desk) {
		for _, tt := range []struct {
			plan       segments.Plan
			field, key string
		}{
			{segments.Plan{Subject: "value:A1"}, "title", "error.required"},
			{segments.Plan{Subject: "value:D7", Title: "x"}, "subject", "error.choice"},
			{segments.Plan{Subject: segments.SubjectOf(ids.New(dbtest.Now)), Title: "x"}, "subject", "error.choice"},
			{segments.Plan{Subject: "value:A1", Title: "x", Starts: "2026-05-01", Ends: "2026-04-01"}, "ends", "plan.ends.early"},
			{segments.Plan{Subject: "value:A1", Title: "x", Ends: "soon"}, "ends", "date.invalid"},
			{segments.Plan{Subject: "value:A1", Title: "x", Actions: []segments.Action{{Text: "y", PerCustomer: true}}}, "most", "plan.most.tasks"},
			{segments.Plan{Subject: "value:A1", Title: "x", Actions: []segments.Action{{Text: " "}}}, "actions.0.text", "error.required"},
			{segments.Plan{Subject: "value:A1", Title: "x", Actions: []segments.Action{{Text: "y", Kind: "war"}}}, "actions.0.kind", "error.choice"},
			{segments.Plan{Subject: "value:A1", Title: "x", Owner: ids.New(dbtest.Now)}, "owner", "error.choice"},
		} {
			err := t.db.Write(t.Context(), db.Op{Why: "customer.test"}, func(tx *db.Tx) error { p := tt.plan; return segments.CreatePlan(t.Context(), tx, &p) })
			if all := errs.All(err); len(all) != 1 || all[0].Field != tt.field || all[0].Key != tt.key {
				t.Errorf("%+v: %v, want %s at %s", tt.plan, err, tt.key, tt.field)
			}
		}
	})
}

// TestMadeDuringALook counts a segment that somebody makes while all customers
// are looked at for another one: its job is that one's.
func TestMadeDuringALook(t *testing.T) {
	each(t, func(t *desk) {
		t.segment("Bandung", `{"all":["city:eq:Bandung"]}`)
		var late segments.Segment
		err := segments.Look(t.Context(), t.db, func(context.Context, int64, int64) error {
			if late.ID.IsZero() {
				late = t.segment("Surabaya", `{"all":["city:eq:Surabaya"]}`)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		t.read(func(tx *db.Tx) (err error) { late, err = segments.Get(t.Context(), tx, late.ID); return err })
		if late.Counted.IsZero() || late.Pending {
			t.Errorf("still to be counted: %+v", late)
		}
	})
}
