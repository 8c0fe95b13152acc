package api_test

import (
	"context"
	"testing"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/journal"
)

// A program saves a view, which is also what the list takes; it changes it
// without undoing others' changes, and deletes it.
func TestViews(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		c.get(201, "POST", "/api/v1/customers", budi, nil)
		var v object
		w := c.get(201, "POST", "/api/v1/views", `{"list":"customer","title":"  Bandung ","query":"?f=city%3Aeq%3ABandung&sort=-name&cursor=x","shared":"all"}`, &v)
		if v["title"] != "Bandung" || v["query"] != "f=city:eq:Bandung&sort=-name" || v["shared"] != "all" || w.Header().Get("Location") != "/api/v1/views/"+v["id"].(string) {
			t.Errorf("made %v", v)
		}
		path, tag := "/api/v1/views/"+v["id"].(string), w.Header().Get("ETag")
		var page struct {
			Items []object
			Count int
		}
		c.get(200, "GET", "/api/v1/views?list=customer", "", &page)
		if page.Count != 1 {
			t.Errorf("%d views, want 1", page.Count)
		}
		c.get(200, "GET", "/api/v1/views?list=product", "", &page)
		if page.Count != 0 {
			t.Errorf("%d views of products, want none", page.Count)
		}
		c.get(200, "GET", "/api/v1/customers?"+v["query"].(string), "", &page)
		if len(page.Items) != 1 {
			t.Errorf("the view's query finds %d customers, want 1", len(page.Items))
		}
		c.with("If-None-Match", tag).get(304, "GET", path, "", nil)
		c.with("If-Match", tag).get(200, "PATCH", path, `{"title":"Kota Bandung"}`, &v)
		if v["title"] != "Kota Bandung" || v["query"] != "f=city:eq:Bandung&sort=-name" {
			t.Errorf("changed to %v", v)
		}
		c.with("If-Match", tag).get(412, "PATCH", path, `{"title":"x"}`, nil)
		var f fault
		for _, tt := range []struct{ body, field string }{
			{`{"title":" "}`, "title"}, {`{"list":"product"}`, "list"}, {`{"query":"f=x"}`, "query"}, {`{"shared":"world"}`, "shared"}, {`{"shared":"team"}`, "shared"}, {`{"shared":null}`, "shared"}, {`{"owner":"x"}`, "owner"},
		} {
			c.get(422, "PATCH", path, tt.body, &f)
			if len(f.Errors) != 1 || f.Errors[0].Field != tt.field {
				t.Errorf("%s: %+v, want an error of %s", tt.body, f, tt.field)
			}
		}
		viewer := *c
		viewer.token = c.newToken("viewer")
		viewer.get(200, "GET", path, "", nil)
		viewer.get(403, "PATCH", path, `{"title":"x"}`, nil)
		viewer.get(403, "DELETE", path, "", nil)
		viewer.get(403, "POST", "/api/v1/views", `{"list":"customer","title":"x","shared":"all"}`, nil)
		viewer.get(422, "POST", "/api/v1/views", `{"list":"customer","title":"x"}`, nil) // nobody would see it
		c.get(204, "DELETE", path, "", nil)
		c.get(404, "GET", path, "", nil)
		var op ids.ID
		ctx := context.Background()
		if err := c.d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) {
			op, err = db.Get(ctx, tx, db.One[ids.ID], `SELECT id FROM operation WHERE why = 'view.delete'`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := journal.Undo(ctx, c.d, db.Who{}, op, nil); err != nil {
			t.Fatal(err)
		}
		c.get(200, "GET", path, "", nil)
		c.get(404, "GET", "/api/v1/views/x", "", nil)
	})
}
