package insights_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/orders"
)

// What other modules know of a customer turns the signal, whoever makes the
// row; and when it is settled nothing of it stays.
func TestCares(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		ago := func(days int) string { return dbtest.Now.AddDate(0, 0, -days).Format("2006-01-02") }
		tests := []struct {
			name   string
			care   insights.Care
			signal string
			why    string
			args   []any
		}{
			{name: "nothing", why: "fact.why.thin"},
			{name: "complaint", care: insights.Care{Complaint: ago(3)}, signal: "red", why: "fact.why.complaint"},
			{name: "long overdue", care: insights.Care{Overdue: 82_150_000, Currency: "IDR", OverdueSince: ago(61)}, signal: "red", why: "fact.why.overdue", args: []any{"n", int64(61)}},
			{name: "overdue", care: insights.Care{Overdue: 1, Currency: "IDR", OverdueSince: ago(31)}, signal: "yellow", why: "fact.why.overdue", args: []any{"n", int64(31)}},
			{name: "hardly overdue", care: insights.Care{Overdue: 1, Currency: "IDR", OverdueSince: ago(30)}, why: "fact.why.thin"},
			{name: "unhappy", care: insights.Care{Satisfaction: 2, Answered: ago(90)}, signal: "yellow", why: "fact.why.unhappy", args: []any{"n", int64(2)}},
			{name: "unhappy long ago", care: insights.Care{Satisfaction: 1, Answered: ago(91)}, why: "fact.why.thin"},
			{name: "served", care: insights.Care{Service: 3600}, why: "fact.why.thin"},
		}
		write(t, d, func(tx *db.Tx) error {
			set, err := insights.GetSettings(ctx, tx)
			if err != nil {
				return err
			}
			set.MinuteCost = 1_000
			return insights.SaveSettings(ctx, tx, set)
		})
		known := map[ids.ID]insights.Care{}
		var all []ids.ID
		for _, tt := range tests {
			id := customer(t, d, tt.name)
			all, known[id] = append(all, id), tt.care
			write(t, d, func(tx *db.Tx) error { return orders.Create(ctx, tx, order(id, at(100), "IDR", 500_000, nil)) })
		}
		var cares insights.Cares = func(_ context.Context, _ *db.Tx, of []ids.ID) (map[ids.ID]insights.Care, error) {
			if of == nil {
				return known, nil
			}
			some := map[ids.ID]insights.Care{}
			for _, id := range of {
				some[id] = known[id]
			}
			return some, nil
		}
		check := func(how string) {
			t.Helper()
			for i, tt := range tests {
				f, _ := fact(t, d, all[i])
				if f.Signal != tt.signal || f.Why != tt.why || !cmp.Equal(f.WhyArgs, tt.args) || f.Care != tt.care || f.Satisfaction != tt.care.Satisfaction {
					t.Errorf("%s, %s: %s %s%v, %+v", how, tt.name, f.Signal, f.Why, f.WhyArgs, f.Care)
				}
				if cost := tt.care.Service / 60 * 1_000; f.CostToServe != cost || f.Profit != f.Margin-cost {
					t.Errorf("%s, %s: cost to serve %d, want %d", how, tt.name, f.CostToServe, cost)
				}
			}
		}
		run(t, d, insights.RunOptions{})
		write(t, d, func(tx *db.Tx) error { return insights.Refresh(ctx, tx, all, cares) })
		check("one by one")
		if sum := run(t, d, insights.RunOptions{Cares: cares}); sum.Changed != 0 {
			t.Errorf("the run over all changed %d of these rows", sum.Changed)
		}
		write(t, d, func(tx *db.Tx) error { _, err := tx.Exec(ctx, `DELETE FROM customer_fact`); return err })
		run(t, d, insights.RunOptions{Cares: cares})
		check("all at once")

		known[all[1]] = insights.Care{}
		run(t, d, insights.RunOptions{Cares: cares})
		if f, _ := fact(t, d, all[1]); f.Signal != "" || f.Care != (insights.Care{}) {
			t.Errorf("after the complaint was settled: %s %+v", f.Signal, f.Care)
		}
		if f, _ := fact(t, d, all[2]); f.Care.Currency != money.Currency("IDR") {
			t.Errorf("who still owes: %+v", f.Care)
		}
	})
}
