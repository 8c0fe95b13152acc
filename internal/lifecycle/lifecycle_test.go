package lifecycle_test

import (
	"context"
	"fmt"
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
	"github.com/akrab-crm/akrab/internal/lifecycle"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/outbox"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/workspace"
)

var modules = []db.Module{
	outbox.Module, jobs.Module, search.Module, journal.Module, workspace.Module, team.Module, customers.Module, activity.Module,
	catalog.Module, orders.Module, insights.Module, lifecycle.Module,
}

func each(t *testing.T, f func(t *testing.T, ctx context.Context, d *db.DB)) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		if err := search.Prepare(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		f(t, t.Context(), d)
	})
}

func write(t *testing.T, d *db.DB, f func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), db.Op{Why: "customer.test"}, f); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, d *db.DB, f func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Read(t.Context(), db.Who{}, f); err != nil {
		t.Fatal(err)
	}
}

func ago(days int) time.Time {
	if days < 0 {
		return time.Time{}
	}
	return dbtest.Now.AddDate(0, 0, -days)
}

func TestVerdict(t *testing.T) {
	tests := []struct {
		orders      int64
		first, last int // days ago
		contact     int // -1: none
		rhythm      int64
		want        customers.Phase
		key         string
	}{
		{0, -1, -1, 3, 0, customers.Prospect, "prospect"},
		{1, 10, 10, -1, 0, customers.New, "new"},
		{9, 60, 1, -1, 7, customers.New, "new"},
		{1, 61, 61, -1, 0, customers.Active, "active"},
		{1, 120, 120, -1, 0, customers.Active, "active"},
		{1, 121, 121, -1, 0, customers.AtRisk, "at_risk"},
		{5, 200, 20, -1, 28, customers.Loyal, "loyal"},
		{4, 200, 20, -1, 28, customers.Active, "active"},
		{5, 179, 20, -1, 28, customers.Active, "active"},
		{5, 200, 56, -1, 28, customers.Loyal, "loyal"},
		{5, 200, 57, -1, 28, customers.AtRisk, "at_risk_rhythm"},
		{50, 900, 14, -1, 2, customers.Loyal, "loyal"},
		{50, 900, 15, -1, 2, customers.AtRisk, "at_risk_rhythm"},
		{50, 900, 365, -1, 28, customers.AtRisk, "at_risk_rhythm"},
		{50, 900, 366, -1, 28, customers.Lost, "lost_rhythm"},
		{1, 900, 366, -1, 0, customers.Lost, "lost"},
		{50, 900, 400, 100, 28, customers.AtRisk, "at_risk_rhythm"},
		{50, 2000, 400, -1, 250, customers.Loyal, "loyal"},
	}
	r := lifecycle.Default()
	for _, tt := range tests {
		f := insights.Fact{Orders: tt.orders, First: ago(tt.first), Last: ago(tt.last), Contact: ago(tt.contact), RhythmDays: tt.rhythm}
		got, why := r.Verdict(&f, dbtest.Now)
		if got != tt.want || why.Key != "lifecycle.why."+tt.key {
			t.Errorf("%+v: %s because of %s", tt, got, why.Key)
		}
	}
}

// Whatever the rule and the customer, there is one phase, and longer silence
// never makes it better.
func FuzzVerdict(f *testing.F) {
	f.Add(int64(60), int64(120), int64(20), int64(14), int64(5), int64(180), int64(365), int64(5), 200, 30, int64(28))
	f.Add(int64(1), int64(1), int64(10), int64(0), int64(0), int64(0), int64(2), int64(1), 0, 0, int64(0))
	f.Fuzz(func(t *testing.T, n, a, k, least, lo, ld, lost, orders int64, first, last int, rhythm int64) {
		r := lifecycle.Rule{On: true, NewDays: n, ActiveDays: a, ActiveRhythm: k, LeastDays: least, LoyalOrders: lo, LoyalDays: ld, LostDays: lost}
		if r.Check() != nil || first < last || last < 0 || first > 10_000 || orders < 1 || rhythm < 0 || rhythm > 5000 {
			t.Skip()
		}
		worse := map[customers.Phase]int{customers.New: 0, customers.Loyal: 0, customers.Active: 0, customers.AtRisk: 1, customers.Lost: 2}
		before := 0
		for silent := last; silent < last+400; silent += 7 {
			fact := insights.Fact{Orders: orders, First: ago(first + silent - last), Last: ago(silent), RhythmDays: rhythm}
			phase, why := r.Verdict(&fact, dbtest.Now)
			now, ok := worse[phase]
			if !ok || why.Key == "" || now < before {
				t.Fatalf("%+v, %d days silent: %s", r, silent, phase)
			}
			before = now
		}
	})
}

func TestSave(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		r := lifecycle.Default()
		r.NewDays, r.ActiveRhythm, r.LostDays = 0, 5, 20
		err := d.Write(ctx, db.Op{Why: "lifecycle.save"}, func(tx *db.Tx) error { return lifecycle.Save(ctx, tx, r) })
		for _, field := range []string{"new_days", "active_rhythm", "lost_days"} {
			if !strings.Contains(fmt.Sprint(err), field) {
				t.Errorf("Save = %v, want a remark at %s", err, field)
			}
		}
		r = lifecycle.Default()
		r.NewDays = 30
		write(t, d, func(tx *db.Tx) error { return lifecycle.Save(ctx, tx, r) })
		err = d.Write(ctx, db.Op{Why: "lifecycle.save"}, func(tx *db.Tx) error { return lifecycle.Save(ctx, tx, r) })
		if errs.KindOf(err) != errs.Stale {
			t.Errorf("Save of an old rule = %v, want Stale", err)
		}
		read(t, d, func(tx *db.Tx) error {
			if r, err = lifecycle.Get(ctx, tx); err != nil || r.NewDays != 30 || r.Rev != 1 {
				t.Errorf("Get = %+v, %v", r, err)
			}
			return nil
		})
	})
}

// shop makes customers whose only order was so many days ago, with their facts.
func shop(t *testing.T, d *db.DB, days ...int) []ids.ID {
	t.Helper()
	ctx := t.Context()
	var list []ids.ID
	write(t, d, func(tx *db.Tx) error {
		list = nil
		for i, n := range days {
			c := &customers.Customer{Name: fmt.Sprintf("Toko %d", i)}
			if err := customers.Create(ctx, tx, c); err != nil {
				return err
			}
			list = append(list, c.ID)
			if n < 0 {
				continue
			}
			o := &orders.Order{Customer: c.ID, At: ago(n), Status: orders.Confirmed, Lines: []orders.Line{{Name: "x", Quantity: orders.One, Price: 1_000_000}}}
			if err := orders.Create(ctx, tx, o); err != nil {
				return err
			}
		}
		return insights.Refresh(ctx, tx, list, nil)
	})
	return list
}

func phases(t *testing.T, d *db.DB, list []ids.ID) string {
	t.Helper()
	var out []string
	read(t, d, func(tx *db.Tx) error {
		all, err := customers.GetMany(t.Context(), tx, list)
		for _, c := range all {
			out = append(out, string(c.Phase))
		}
		return err
	})
	return strings.Join(out, " ")
}

func TestApply(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		list := shop(t, d, 5, 70, 130, 400, -1)
		op, err := lifecycle.Apply(ctx, d, ids.ID{}, nil)
		if err != nil || op.IsZero() {
			t.Fatal(op, err)
		}
		if got, want := phases(t, d, list), "new active at_risk lost prospect"; got != want {
			t.Errorf("phases %s, want %s", got, want)
		}
		read(t, d, func(tx *db.Tx) error {
			history, _, err := journal.History(ctx, tx, list[2], 0, 10)
			if err != nil || len(history) == 0 || history[0].Why != "lifecycle.why.at_risk" || fmt.Sprint(history[0].Args["n"]) != "130" {
				t.Errorf("history %+v, %v: want why and after how many days", history, err)
			}
			return nil
		})
		if again, err := lifecycle.Apply(ctx, d, ids.ID{}, nil); err != nil || !again.IsZero() {
			t.Errorf("a second run did %v, %v", again, err)
		}

		// A phase set by hand stands, until the verdict changes.
		write(t, d, func(tx *db.Tx) error { return customers.SetPhase(ctx, tx, list[1:2], customers.Loyal) })
		if _, err := lifecycle.Apply(ctx, d, ids.ID{}, nil); err != nil {
			t.Fatal(err)
		}
		if got, want := phases(t, d, list[1:2]), "loyal"; got != want {
			t.Errorf("set by hand: %s, want %s", got, want)
		}
		d.Now = func() time.Time { return dbtest.Now.AddDate(0, 0, 60) }
		later, err := lifecycle.Apply(ctx, d, ids.ID{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := phases(t, d, list), "active at_risk at_risk lost prospect"; got != want {
			t.Errorf("60 days later: %s, want %s", got, want)
		}

		// Undo of a run brings everybody back, and the rule lets them be.
		if _, err := journal.Undo(ctx, d, db.Who{}, later, nil); err != nil {
			t.Fatal(err)
		}
		if got, want := phases(t, d, list), "new loyal at_risk lost prospect"; got != want {
			t.Errorf("after undo: %s, want %s", got, want)
		}
		if again, err := lifecycle.Apply(ctx, d, ids.ID{}, nil); err != nil || !again.IsZero() {
			t.Errorf("after undo a run did %v, %v", again, err)
		}
	})
}

// Many move in slices of one operation.
func TestApplyMany(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		days := make([]int, 250)
		for i := range days {
			days[i] = 130
		}
		list := shop(t, d, days...)
		op, err := lifecycle.Apply(ctx, d, ids.ID{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := phases(t, d, list); strings.Count(got, "at_risk") != 250 {
			t.Errorf("phases %s", got)
		}
		read(t, d, func(tx *db.Tx) error {
			o, err := journal.Get(ctx, tx, op)
			if err != nil || o.State != journal.Done || o.Why != "lifecycle.run" {
				t.Errorf("operation %+v, %v", o, err)
			}
			return err
		})
		if _, err := journal.Undo(ctx, d, db.Who{}, op, nil); err != nil {
			t.Fatal(err)
		}
		if got := phases(t, d, list); strings.Count(got, "prospect") != 250 {
			t.Errorf("phases after undo %s", got)
		}
	})
}

// An order moves its customer because of it.
func TestWatch(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		list := shop(t, d, 3)
		var cause ids.ID
		write(t, d, func(tx *db.Tx) error { cause = tx.Op; return nil })
		err := d.Write(ctx, db.Op{}, func(tx *db.Tx) error { return lifecycle.Watch(ctx, tx, list, cause) })
		if err != nil {
			t.Fatal(err)
		}
		r := jobs.NewRunner(d, nil)
		lifecycle.Register(r, d, nil)
		work, stop := context.WithCancel(ctx)
		ended := make(chan error)
		go func() { ended <- r.Run(work) }()
		for range 200 {
			if phases(t, d, list) != "prospect" {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if got := phases(t, d, list); got != "new" {
			t.Errorf("phase %s", got)
		}
	})
}

func TestTry(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		shop(t, d, 5, 70, 130, 131, 400)
		read(t, d, func(tx *db.Tx) error {
			r := lifecycle.Default()
			p, err := r.Try(ctx, tx, 3)
			if err != nil {
				return err
			}
			if p.Count[customers.AtRisk] != 2 || p.Count[customers.Lost] != 1 || p.Moves != 5 || len(p.Some) != 3 {
				t.Errorf("preview %+v", p)
			}
			r.On = false
			if p, err = r.Try(ctx, tx, 3); err != nil || p.Moves != 0 {
				t.Errorf("preview of a rule that is off: %+v, %v", p, err)
			}
			return nil
		})
	})
}
