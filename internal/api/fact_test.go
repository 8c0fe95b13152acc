package api_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/orders"
)

func TestFacts(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		c := newClient(t, d)
		ctx := context.Background()
		budi, wati := &customers.Customer{Name: "Budi"}, &customers.Customer{Name: "Wati"}
		err := d.Write(ctx, db.Op{Why: "customer.create"}, func(tx *db.Tx) error {
			if err := customers.CreateMany(ctx, tx, []*customers.Customer{budi, wati}); err != nil {
				return err
			}
			for i := range 3 {
				o := &orders.Order{
					Customer: budi.ID, At: tx.Now.Add(-time.Duration(i) * 10 * 24 * time.Hour), Status: orders.Confirmed,
					Lines: []orders.Line{{Name: "Pompa", Quantity: orders.One, Price: 650_000_000_000}},
				}
				if err := orders.Create(ctx, tx, o); err != nil {
					return err
				}
			}
			return insights.Refresh(ctx, tx, []ids.ID{budi.ID, wati.ID}, nil)
		})
		if err != nil {
			t.Fatal(err)
		}
		w := c.do("GET", "/api/v1/customers/"+budi.ID.String()+"/facts", "")
		for _, part := range []string{`"orders":3`, `"rhythm_days":10`, `"bought":{"minor":1950000,"currency":"IDR"}`, `"totals":[{"minor":1950000,"currency":"IDR","orders":3}]`} {
			if w.Code != 200 || !strings.Contains(w.Body.String(), part) {
				t.Errorf("facts: %d %s, want %s", w.Code, w.Body, part)
			}
		}
		for _, part := range []string{"satisfaction", "complaint", "overdue"} {
			if strings.Contains(w.Body.String(), part) {
				t.Errorf("facts speak of %s, of which nobody knows: %s", part, w.Body)
			}
		}
		// What models say, as a run over all customers leaves it.
		err = d.Write(ctx, db.Op{}, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `
				UPDATE customer_fact SET lead = 'IDR', year = 1950000, active = 630, exp_orders = 14200, value = 82150000, value_lo = 41000000, value_hi = 120000000,
					segment = 'A2', signal = 'yellow', why = 'fact.why.quiet', why_args = '["n",10,"days",25]',
					satisfaction = 4, care = '{"complaint":"2026-11-02","overdue":500,"currency":"IDR","overdue_since":"2026-10-01","satisfaction":4}' WHERE customer_id = $1`, budi.ID)
			if err == nil {
				_, err = tx.Exec(ctx, `INSERT INTO insight_report (name, data, made_at) VALUES ('made', $1, 1)`,
					`{"run":7,"today":20774,"currency":"IDR","margin":true,"customers":4812,"orders":1,"last_hit":{"customers":4401,"chance":1755.5,"bought":1702,"auc":0.78,"ece":0.02}}`)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		w = c.do("GET", "/api/v1/customers/"+budi.ID.String()+"/facts", "")
		for _, part := range []string{
			`"active":0.63`, `"expected_orders":14.2`, `"value":{"minor":82150000,"currency":"IDR"}`, `"segment":"A2"`, `"signal":"yellow"`, `"code":"fact.why.quiet"`, "Silent for 25 days",
			`"satisfaction":4,"complaint_since":"2026-11-02","overdue":{"minor":500,"currency":"IDR"},"overdue_since":"2026-10-01"`,
			`"made":{"run":7,"as_of":"2026-11-17","customers":4812,"margin":true,"last_quarter":{"customers":4401,"foretold":1755.5,"bought":1702`,
		} {
			if w.Code != 200 || !strings.Contains(w.Body.String(), part) {
				t.Errorf("scores: %d %s, want %s", w.Code, w.Body, part)
			}
		}
		w = c.do("GET", "/api/v1/customers/"+wati.ID.String()+"/facts", "")
		if w.Code != 200 || !strings.Contains(w.Body.String(), `"bought":null`) {
			t.Errorf("facts of who never ordered: %d %s", w.Code, w.Body)
		}
		if w := c.do("GET", "/api/v1/customers/"+ids.New(time.Now()).String()+"/facts", ""); w.Code != 404 {
			t.Errorf("facts of nobody: %d", w.Code)
		}
	})
}
