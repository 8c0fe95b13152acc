package api_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"testing"

	"github.com/akrab-crm/akrab/internal/imports"
	"github.com/akrab-crm/akrab/internal/jobs"
)

// Orders come in as a file of their lines, whether the form says so before the
// file or after it.
func TestImportOfOrders(t *testing.T) {
	const file = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n" +
		"536365,85123A,WHITE HANGING HEART,6,2010-12-01 08:26:00,2.55,17850,United Kingdom\n" +
		"536365,85123a,HEART,1,2010-12-01 08:26:00,0.001,17850,United Kingdom\n" +
		"C536379,D,Discount,-1,2010-12-01 09:41:00,27.5,,United Kingdom\n"
	fields := [][2]string{{"kind", "orders"}, {"currency", "gbp"}}
	each(t, func(t *testing.T, c *client) {
		run := jobs.NewRunner(c.d, slog.New(slog.NewTextHandler(io.Discard, nil)))
		imports.Register(run, c.d)
		for i, form := range [][2][][2]string{{fields, nil}, {nil, fields}} {
			w := c.upload(form[0], form[1], file)
			var job, done object
			if err := json.Unmarshal(w.Body.Bytes(), &job); err != nil || w.Code != 202 {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			if err := run.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
			c.get(200, "GET", "/api/v1/imports/"+job["id"].(string), "", &done)
			want := [][4]float64{{3, 2, 3, 1}, {0, 0, 0, 0}}[i]
			got := [4]float64{done["created"].(float64), done["orders"].(float64), done["products"].(float64), done["customers"].(float64)}
			if done["state"] != "done" || done["kind"] != "orders" || got != want || done["skipped"].(float64)+done["created"].(float64) != 3 {
				t.Errorf("%v", done)
			}
		}
		for _, bad := range [][2]string{{"currency", "XXX"}, {"key", "email"}, {"map", `{"Quantity":"weight"}`}} {
			list := [][2]string{{"kind", "orders"}, bad}
			for _, form := range [][2][][2]string{{list, nil}, {nil, list}} {
				w := c.upload(form[0], form[1], file)
				var f fault
				if json.Unmarshal(w.Body.Bytes(), &f); w.Code != 422 || len(f.Errors) != 1 || f.Errors[0].Field != bad[0] {
					t.Errorf("%v: %d %s", bad, w.Code, w.Body)
				}
			}
		}
	})
}
