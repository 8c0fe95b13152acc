package api_test

import (
	"testing"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/insights"
)

// A program reads and changes the settings of insights, and takes it back.
func TestInsightSettings(t *testing.T) {
	const path = "/api/v1/insights/settings"
	each(t, func(t *testing.T, c *client) {
		var s object
		tag := c.get(200, "GET", path, "", &s).Header().Get("ETag")
		if s["min_margin"] != "0" || s["discount_rate"] != "0.1" || s["holdout"] != "0.05" || s["minute_cost"].(object)["currency"] != "IDR" || s["ran_at"] != nil {
			t.Errorf("settings nobody made: %v", s)
		}
		body := `{"min_margin":"0.15","minute_cost":{"minor":150000},"order_cost":{"minor":500000,"currency":"IDR"}}`
		first := c.with("Idempotency-Key", "k1").with("If-Match", tag).get(200, "PATCH", path, body, &s)
		if s["min_margin"] != "0.15" || s["minute_cost"].(object)["minor"] != 150000.0 || s["discount_rate"] != "0.1" {
			t.Errorf("changed to %v", s)
		}
		c.with("Idempotency-Key", "k1").with("If-Match", tag).get(200, "PATCH", path, body, nil) // replayed
		c.with("If-Match", tag).get(412, "PATCH", path, `{"min_margin":"0.2"}`, nil)
		now := first.Header().Get("ETag")
		if w := c.with("If-Match", now).get(200, "PATCH", path, `{"min_margin":"0.150"}`, nil); w.Header().Get("ETag") != now {
			t.Error("settings were stored though nothing changed")
		}
		stored := func() (set insights.Settings) {
			err := c.d.Read(t.Context(), db.Who{}, func(tx *db.Tx) (err error) { set, err = insights.GetSettings(t.Context(), tx); return err })
			if err != nil {
				t.Fatal(err)
			}
			return set
		}
		if got := stored(); got.MinMargin != 150_000 || got.OrderCost != 500_000 || got.Salt != "holdout" {
			t.Errorf("stored %+v", got)
		}
		c.get(200, "PATCH", path, `{"min_margin":"0.3"}`, nil)
		var ops struct{ Items []object }
		c.get(200, "GET", "/api/v1/operations?limit=1", "", &ops)
		if ops.Items[0]["why"] != "insight.settings.change" {
			t.Fatalf("the journal says %v", ops.Items[0])
		}
		c.get(200, "POST", "/api/v1/operations/"+ops.Items[0]["id"].(string)+"/undo", "", nil)
		if got := stored(); got.MinMargin != 150_000 {
			t.Errorf("after the undo the margin is %d", got.MinMargin)
		}
		var f fault
		for _, tt := range []struct{ body, field string }{
			{`{"min_margin":"0.95"}`, "min_margin"}, {`{"min_margin":"-0.1"}`, "min_margin"}, {`{"min_margin":null}`, "min_margin"}, {`{"min_margin":"much"}`, "min_margin"}, {`{"min_margin":0.1}`, "min_margin"},
			{`{"discount_rate":"1.1"}`, "discount_rate"}, {`{"minute_cost":{"minor":-1}}`, "minute_cost"}, {`{"order_cost":{"minor":1,"currency":"USD"}}`, "order_cost.currency"},
			{`{"holdout":"0.1"}`, "holdout"}, {`{"salt":"x"}`, "salt"},
		} {
			c.get(422, "PATCH", path, tt.body, &f)
			if len(f.Errors) != 1 || f.Errors[0].Field != tt.field {
				t.Errorf("%s: %+v, want an error of %s", tt.body, f, tt.field)
			}
		}
		viewer := *c
		viewer.token = c.newToken("viewer")
		viewer.get(403, "GET", path, "", nil)
		viewer.get(403, "PATCH", path, `{"min_margin":"0.2"}`, nil)
	})
}
