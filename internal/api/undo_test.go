package api_test

import "testing"

// TestUndoOfOnesOwn checks that a program takes back what it did itself with
// the right to write, and what others did with the permission alone.
func TestUndoOfOnesOwn(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		newest := func() string {
			t.Helper()
			var ops struct{ Items []struct{ ID string } }
			c.get(200, "GET", "/api/v1/operations?limit=1", "", &ops)
			return "/api/v1/operations/" + ops.Items[0].ID + "/undo"
		}
		agent, viewer := *c, *c
		agent.token, viewer.token = c.newToken("agent"), c.newToken("viewer")
		w := agent.get(201, "POST", "/api/v1/customers", budi, nil)
		path, own := w.Header().Get("Location"), newest()
		c.get(201, "POST", "/api/v1/customers", `{"name":"Sari Wulandari"}`, nil)
		others := newest()
		if w := agent.do("POST", others, ""); w.Code != 403 {
			t.Errorf("undoing what another did: %d %s", w.Code, w.Body)
		}
		if w := viewer.do("POST", own, ""); w.Code != 403 {
			t.Errorf("undoing by who only reads: %d %s", w.Code, w.Body)
		}
		agent.get(200, "POST", own, "", nil)
		c.get(404, "GET", path, "", nil)
	})
}
