package api_test

import "testing"

// What changes nothing is no operation: saying twice that a task is done, or a
// patch of what is so already.
func TestNothingDoneIsNoOperation(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		var task, budi1, product object
		c.get(201, "POST", "/api/v1/tasks", `{"title":"Call Budi"}`, &task)
		c.get(201, "POST", "/api/v1/customers", budi, &budi1)
		c.get(201, "POST", "/api/v1/products", `{"code":"A","name":{"id":"Pompa"}}`, &product)
		var view object
		c.get(201, "POST", "/api/v1/segments", `{"name":"Bandung","cond":{"all":["city:eq:Bandung"]}}`, &view)
		newest := func() string {
			var ops struct{ Items []object }
			c.get(200, "GET", "/api/v1/operations?limit=1", "", &ops)
			return ops.Items[0]["id"].(string) + " " + ops.Items[0]["why"].(string)
		}
		at := "/api/v1/tasks/" + task["id"].(string)
		for _, tt := range []struct {
			method, path, body string
			changes            bool
		}{
			{"POST", at + "/done", "", true}, {"POST", at + "/done", "", false},
			{"POST", at + "/done?open=true", "", true}, {"POST", at + "/done?open=true", "", false},
			{"PATCH", at, `{"title":"Call Budi"}`, false}, {"PATCH", at, `{"title":"Call Budi now"}`, true},
			{"PATCH", "/api/v1/customers/" + budi1["id"].(string), `{"name":"Budi Santoso"}`, false},
			{"PATCH", "/api/v1/products/" + product["id"].(string), `{"offering":"never"}`, true},
			{"PATCH", "/api/v1/products/" + product["id"].(string), `{"offering":"never"}`, false},
			{"PATCH", "/api/v1/segments/" + view["id"].(string), `{"name":"Bandung"}`, false},
			{"PATCH", "/api/v1/insights/settings", `{"min_margin":"0"}`, false},
		} {
			before := newest()
			c.get(200, tt.method, tt.path, tt.body, nil)
			if after := newest(); (after != before) != tt.changes {
				t.Errorf("%s %s %s: the newest operation is %s, was %s", tt.method, tt.path, tt.body, after, before)
			}
		}
		// The answer is kept under its key all the same.
		c.get(200, "POST", at+"/done", "", nil)
		c.with("Idempotency-Key", "d").get(200, "POST", at+"/done", "", nil)
		c.get(200, "POST", at+"/done?open=true", "", nil)
		c.with("Idempotency-Key", "d").get(200, "POST", at+"/done", "", nil)
		var now object
		if c.get(200, "GET", at, "", &now); now["done_at"] != nil {
			t.Error("a request that was sent before had an effect")
		}
	})
}
