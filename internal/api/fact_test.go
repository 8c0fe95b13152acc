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
			return insights.Refresh(ctx, tx, []ids.ID{budi.ID, wati.ID})
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
		w = c.do("GET", "/api/v1/customers/"+wati.ID.String()+"/facts", "")
		if w.Code != 200 || !strings.Contains(w.Body.String(), `"bought":null`) {
			t.Errorf("facts of who never ordered: %d %s", w.Code, w.Body)
		}
		if w := c.do("GET", "/api/v1/customers/"+ids.New(time.Now()).String()+"/facts", ""); w.Code != 404 {
			t.Errorf("facts of nobody: %d", w.Code)
		}
	})
}
