package tasks_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/list/listtest"
	"github.com/akrab-crm/akrab/internal/mail"
	"github.com/akrab-crm/akrab/internal/outbox"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/tasks"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/workspace"
)

var modules = []db.Module{
	outbox.Module, search.Module, journal.Module, jobs.Module, workspace.Module, mail.Module, team.Module, customers.Module, activity.Module, tasks.Module,
}

// office is a workspace with two people and a customer. It is 2 March 2026, a
// Monday, ten o'clock in Jakarta.
type office struct {
	t           *testing.T
	db          *db.DB
	dewi, raka  db.Who
	role        ids.ID // of both
	bu          ids.ID
	lastOp      ids.ID
	jakartaZone *time.Location
}

func each(t *testing.T, f func(o *office)) {
	t.Helper()
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) { f(newOffice(t, d)) })
}

func newOffice(t *testing.T, d *db.DB) *office {
	t.Helper()
	ctx := t.Context()
	if err := search.Prepare(ctx, d); err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, db: d}
	o.jakartaZone, _ = time.LoadLocation("Asia/Jakarta")
	o.write(db.Who{}, func(tx *db.Tx) error {
		if err := team.EnsureRoles(ctx, tx, tasks.Permissions); err != nil {
			return err
		}
		roles, err := team.Roles(ctx, tx)
		if err != nil {
			return err
		}
		o.role = roles[0].ID
		for _, u := range []*team.User{{Name: "Dewi Lestari", Email: "dewi@sinar.example", RoleID: o.role}, {Name: "Raka", Email: "raka@sinar.example", RoleID: o.role}} {
			if err := team.CreateUser(ctx, tx, u, team.Password{}); err != nil {
				return err
			}
			who := db.Who{User: u.ID, Name: u.Name}
			if o.dewi.User.IsZero() {
				o.dewi = who
			} else {
				o.raka = who
			}
		}
		c := &customers.Customer{Name: "Ratna"}
		err = customers.Create(ctx, tx, c)
		o.bu = c.ID
		return err
	})
	return o
}

func (o *office) write(who db.Who, f func(tx *db.Tx) error) {
	o.t.Helper()
	if err := o.try(who, f); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) try(who db.Who, f func(tx *db.Tx) error) error {
	return o.db.Write(o.t.Context(), db.Op{Who: who, Why: "task.test"}, func(tx *db.Tx) error {
		o.lastOp = tx.Op
		return f(tx)
	})
}

func (o *office) read(f func(tx *db.Tx) error) {
	o.t.Helper()
	if err := o.db.Read(o.t.Context(), o.dewi, f); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) create(t tasks.Task) tasks.Task {
	o.t.Helper()
	o.write(o.dewi, func(tx *db.Tx) error { return tasks.Create(o.t.Context(), tx, &t) })
	return t
}

func (o *office) done(id ids.ID) {
	o.t.Helper()
	o.write(o.dewi, func(tx *db.Tx) error { return tasks.Done(o.t.Context(), tx, id, true) })
}

// all returns all tasks in the order of their making.
func (o *office) all() []tasks.Task {
	o.t.Helper()
	var got []tasks.Task
	o.read(func(tx *db.Tx) error {
		page, err := tasks.List.Page(o.t.Context(), tx, list.Query{Sort: "created"})
		got = page.Rows
		return err
	})
	return got
}

func (o *office) at(day, hour, minute int) time.Time {
	return time.Date(2026, 3, day, hour, minute, 0, 0, o.jakartaZone)
}

func TestWhatIsOpen(t *testing.T) {
	each(t, func(o *office) {
		mine := o.create(tasks.Task{Title: "Telepon Bu Ratna", Kind: tasks.Call, Assignee: o.dewi.User, Customer: o.bu, At: o.at(2, 9, 0)})
		later := o.create(tasks.Task{Title: "Kirim penawaran", Assignee: o.dewi.User, Day: "2026-03-02"})
		o.create(tasks.Task{Title: "Lain kali", Assignee: o.dewi.User, Day: "2026-04-02"})
		o.create(tasks.Task{Title: "Punya Raka", Assignee: o.raka.User, Day: "2026-03-02"})
		shared := o.create(tasks.Task{Title: "Siapa saja", Role: o.role, Day: "2026-03-03"})
		undated := o.create(tasks.Task{Title: "Kapan-kapan", Assignee: o.dewi.User, Customer: o.bu})
		o.read(func(tx *db.Tx) error {
			got, err := tasks.Open(o.t.Context(), tx, o.dewi.User, o.at(7, 0, 0), 10)
			if titles(got) != titles([]tasks.Task{mine, later, shared}) {
				o.t.Errorf("open: %s", titles(got))
			}
			if !got[0].Overdue(tx.Now) || got[1].Overdue(tx.Now) {
				o.t.Error("what was due at nine is overdue at ten, what is due today is not")
			}
			n, err2 := tasks.Overdue(o.t.Context(), tx, o.dewi.User)
			if n != 1 {
				o.t.Errorf("%d overdue", n)
			}
			with, err3 := tasks.OfCustomer(o.t.Context(), tx, o.bu, 10)
			if titles(with) != titles([]tasks.Task{mine, undated}) {
				o.t.Errorf("with the customer: %s", titles(with))
			}
			return firstError(err, err2, err3)
		})
		o.done(mine.ID)
		o.read(func(tx *db.Tx) error {
			n, err := tasks.Overdue(o.t.Context(), tx, o.dewi.User)
			if n != 0 {
				o.t.Errorf("%d overdue though it is done", n)
			}
			with, err2 := tasks.OfCustomer(o.t.Context(), tx, o.bu, 10)
			if len(with) != 1 {
				o.t.Errorf("still open: %s", titles(with))
			}
			return firstError(err, err2)
		})
	})
}

func firstError(list ...error) error {
	for _, err := range list {
		if err != nil {
			return err
		}
	}
	return nil
}

func titles(list []tasks.Task) string {
	var names []string
	for _, t := range list {
		names = append(names, t.Title)
	}
	return fmt.Sprint(names)
}

func TestBadTasksNameTheirFields(t *testing.T) {
	each(t, func(o *office) {
		for _, tt := range []struct {
			task  tasks.Task
			field string
		}{
			{tasks.Task{}, "title"},
			{tasks.Task{Title: "a\x00"}, "title"},
			{tasks.Task{Title: "a", Kind: "robot"}, "kind"},
			{tasks.Task{Title: "a", Day: "2026-02-30"}, "due_date"},
			{tasks.Task{Title: "a", Repeat: "FREQ=DAILY"}, "due_date"},
			{tasks.Task{Title: "a", Day: "2026-03-02", Repeat: "FREQ=HOURLY"}, "repeat"},
			{tasks.Task{Title: "a", Day: "2026-03-02", Ends: o.at(2, 9, 0)}, "ends_at"},
			{tasks.Task{Title: "a", At: o.at(2, 9, 0), Ends: o.at(2, 8, 0)}, "ends_at"},
			{tasks.Task{Title: "a", Assignee: o.dewi.User, Role: o.role}, "assignee_id"},
			{tasks.Task{Title: "a", Assignee: o.bu}, "assignee_id"},
			{tasks.Task{Title: "a", Customer: o.role}, "customer_id"},
			{tasks.Task{Title: "a", At: o.at(2, 9, 0), Guests: []tasks.Guest{{Email: "bukan alamat"}}}, "guests.0.email"},
			{tasks.Task{Title: "a", Guests: []tasks.Guest{{Email: "a@b.id"}}}, "due_date"},
		} {
			err := o.try(o.dewi, func(tx *db.Tx) error { return tasks.Create(o.t.Context(), tx, &tt.task) })
			if all := errs.All(err); len(all) != 1 || all[0].Field != tt.field || all[0].Kind != errs.Invalid {
				o.t.Errorf("%+v: %v, want one at %s", tt.task, err, tt.field)
			}
		}
	})
}

// Doing an occurrence makes the next one, once, however often it is done, and
// none of days that have passed.
func TestRepeats(t *testing.T) {
	each(t, func(o *office) {
		first := o.create(tasks.Task{Title: "Laporan", Assignee: o.dewi.User, At: o.at(2, 16, 0), Ends: o.at(2, 17, 0), Remind: o.at(2, 15, 45), Repeat: "FREQ=WEEKLY;BYDAY=MO,TH"})
		o.done(first.ID)
		o.write(o.dewi, func(tx *db.Tx) error { return tasks.Done(o.t.Context(), tx, first.ID, false) })
		o.done(first.ID)
		all := o.all()
		if len(all) != 2 {
			o.t.Fatalf("%d tasks: %s", len(all), titles(all))
		}
		next := all[1]
		if next.Day != "2026-03-05" || !next.At.Equal(o.at(5, 16, 0)) || !next.Ends.Equal(o.at(5, 17, 0)) || !next.Remind.Equal(o.at(5, 15, 45)) || next.N != 2 || next.Assignee != o.dewi.User {
			o.t.Errorf("next: %+v", next)
		}
		o.db.Now = func() time.Time { return o.at(20, 8, 0) } // a Friday
		o.done(next.ID)
		if last := o.all()[2]; last.Day != "2026-03-23" || last.N != 3 {
			o.t.Errorf("after two weeks' silence: %s, occurrence %d", last.Day, last.N)
		}
	})
}

func TestARuleThatEnds(t *testing.T) {
	each(t, func(o *office) {
		first := o.create(tasks.Task{Title: "Cicilan", Day: "2026-03-02", Repeat: "FREQ=MONTHLY;COUNT=2"})
		o.done(first.ID)
		second := o.all()[1]
		if second.Day != "2026-04-02" {
			o.t.Errorf("second: %s", second.Day)
		}
		o.done(second.ID)
		if all := o.all(); len(all) != 2 {
			o.t.Errorf("a third of two: %s", titles(all))
		}
	})
}

func TestThisOneOrAllThatFollow(t *testing.T) {
	each(t, func(o *office) {
		ctx := o.t.Context()
		first := o.create(tasks.Task{Title: "Rapat", At: o.at(2, 16, 0), Repeat: "FREQ=WEEKLY"})
		edit := func(id ids.ID, scope tasks.Scope, f func(*tasks.Task)) {
			o.t.Helper()
			o.write(o.dewi, func(tx *db.Tx) error {
				_, err := tasks.Update(ctx, tx, id, 0, scope, func(t *tasks.Task) error { f(t); return nil })
				return err
			})
		}
		edit(first.ID, tasks.OnlyThis, func(t *tasks.Task) { t.Title, t.At = "Rapat di luar", o.at(3, 9, 0) })
		o.done(first.ID)
		second := o.all()[1]
		if second.Title != "Rapat" || !second.At.Equal(o.at(9, 16, 0)) {
			o.t.Errorf("after a change of one: %s at %v", second.Title, second.At)
		}
		edit(second.ID, tasks.Following, func(t *tasks.Task) { t.Title, t.At = "Rapat tim", o.at(10, 9, 0) })
		o.done(second.ID)
		third := o.all()[2]
		if third.Title != "Rapat tim" || !third.At.Equal(o.at(17, 9, 0)) {
			o.t.Errorf("after a change of all that follow: %s at %v", third.Title, third.At)
		}
		o.write(o.dewi, func(tx *db.Tx) error { return tasks.Skip(ctx, tx, third.ID) })
		if all := o.all(); len(all) != 3 || all[2].Day != "2026-03-24" {
			o.t.Errorf("after skipping one: %s", titles(all))
		}
	})
}

func TestPostponing(t *testing.T) {
	each(t, func(o *office) {
		late := o.create(tasks.Task{Title: "Lama", At: time.Date(2026, 2, 20, 9, 30, 0, 0, o.jakartaZone)})
		none := o.create(tasks.Task{Title: "Tanpa tanggal"})
		o.write(o.dewi, func(tx *db.Tx) error {
			return firstError(tasks.Postpone(o.t.Context(), tx, late.ID, 1), tasks.Postpone(o.t.Context(), tx, none.ID, 7))
		})
		all := o.all()
		if !all[0].At.Equal(o.at(3, 9, 30)) || all[1].Day != "2026-03-09" || !all[1].At.IsZero() {
			o.t.Errorf("postponed to %v and %s", all[0].At, all[1].Day)
		}
	})
}

// Undo of anything leaves the tasks as they were, and what is derived too.
func TestUndo(t *testing.T) {
	each(t, func(o *office) {
		ctx := o.t.Context()
		first := o.create(tasks.Task{Title: "Laporan", Assignee: o.dewi.User, Day: "2026-03-01", Repeat: "FREQ=DAILY", Guests: []tasks.Guest{{Email: "a@b.id"}}})
		undo := func() {
			o.t.Helper()
			if _, err := journal.Undo(ctx, o.db, o.dewi, o.lastOp, nil); err != nil {
				o.t.Fatal(err)
			}
		}
		o.done(first.ID)
		undo()
		all := o.all()
		if len(all) != 1 || !all[0].Done.IsZero() || !all[0].Overdue(o.at(2, 10, 0)) {
			o.t.Errorf("after undoing done: %+v", all)
		}
		o.write(o.dewi, func(tx *db.Tx) error { return tasks.Delete(ctx, tx, []ids.ID{first.ID}) })
		undo()
		o.read(func(tx *db.Tx) error {
			got, err := tasks.Get(ctx, tx, first.ID)
			if len(got.Guests) != 1 || !got.Overdue(o.at(2, 10, 0)) {
				o.t.Errorf("after undoing its deletion: %+v", got)
			}
			x := &search.Index{}
			x.Add(tasks.Source)
			hits, err2 := x.Find(ctx, tx, "lapor", search.Options{})
			if len(hits) != 1 || hits[0].URL != "/tasks/"+first.ID.String() {
				o.t.Errorf("found: %v", hits)
			}
			return firstError(err, err2)
		})
	})
}

func TestACustomerTakesTheirTasksAlong(t *testing.T) {
	each(t, func(o *office) {
		ctx := o.t.Context()
		o.create(tasks.Task{Title: "Telepon", Day: "2026-03-02", Customer: o.bu, Repeat: "FREQ=DAILY", Guests: []tasks.Guest{{Email: "a@b.id"}}})
		book := customers.Book{Leaving: []func(context.Context, *db.Tx, []ids.ID) error{tasks.Leave}}
		o.write(o.dewi, func(tx *db.Tx) error { return book.Delete(ctx, tx, []ids.ID{o.bu}) })
		if all := o.all(); len(all) != 0 {
			o.t.Errorf("left: %s", titles(all))
		}
		if _, err := journal.Undo(ctx, o.db, o.dewi, o.lastOp, nil); err != nil {
			o.t.Fatal(err)
		}
		if all := o.all(); len(all) != 1 || all[0].Customer != o.bu {
			o.t.Errorf("after undo: %+v", all)
		}
	})
}

func TestStaleEdits(t *testing.T) {
	each(t, func(o *office) {
		a := o.create(tasks.Task{Title: "A", Guests: []tasks.Guest{{Name: "Ani", Email: "ani@b.id"}}, Day: "2026-03-02"})
		edit := func(rev int64, title string) error {
			return o.try(o.dewi, func(tx *db.Tx) error {
				got, err := tasks.Update(o.t.Context(), tx, a.ID, rev, tasks.Following, func(t *tasks.Task) error {
					t.Title = title
					t.Guests = append([]tasks.Guest{{Name: "Budi", Email: "budi@b.id"}}, t.Guests...)
					return nil
				})
				if err == nil && (got.Rev != 2 || !slices.ContainsFunc(got.Guests, func(g tasks.Guest) bool { return g.Email == "ani@b.id" })) {
					o.t.Errorf("saved: %+v", got)
				}
				return err
			})
		}
		if err := edit(1, "B"); err != nil {
			o.t.Error(err)
		}
		if err := edit(1, "C"); errs.KindOf(err) != errs.Stale {
			o.t.Errorf("an old revision: %v", err)
		}
	})
}

func TestList(t *testing.T) {
	listtest.Exercise(t, modules, &tasks.List, func(ctx context.Context, d *db.DB) error {
		o := newOffice(t, d)
		return d.Write(ctx, db.Op{Who: o.dewi, Why: "task.test"}, func(tx *db.Tx) error {
			var many []*tasks.Task
			for i := range 200 {
				k := &tasks.Task{Title: fmt.Sprint("Tugas ", i%20), Kind: tasks.Kinds[i%len(tasks.Kinds)], Creator: o.raka.User}
				if i%3 > 0 {
					k.Day = fmt.Sprintf("2026-%02d-%02d", 1+i%5, 1+i%28)
				}
				if i%4 > 0 {
					k.Assignee, k.Customer = o.dewi.User, o.bu
				} else if i%8 == 0 {
					k.Role = o.role
				}
				if i%5 == 0 {
					k.Done = tx.Now.Add(-time.Duration(i%7) * time.Hour)
					k.Subject = tasks.Subject{Kind: "order", ID: o.bu}
				}
				many = append(many, k)
			}
			return tasks.Insert(ctx, tx, many)
		})
	})
}
