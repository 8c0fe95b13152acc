package api_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/segments"
)

// A program makes a segment, sees who belongs, and changes its conditions.
func TestSegments(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		c.get(201, "POST", "/api/v1/customers", budi, nil)
		c.get(201, "POST", "/api/v1/customers", `{"kind":"person","name":"Ani","addresses":[{"city":"Solo"}]}`, nil)
		var g object
		w := c.get(201, "POST", "/api/v1/segments", `{"name":" Bandung  vip ","cond":{"all":["city:eq:Bandung",{"any":["tag:eq:vip","phase:eq:loyal"]}]}}`, &g)
		path, tag := w.Header().Get("Location"), w.Header().Get("ETag")
		if g["name"] != "Bandung vip" || path != "/api/v1/segments/"+g["id"].(string) || g["counted_at"] != nil {
			t.Errorf("made %v", g)
		}
		if err := segments.Look(t.Context(), c.d, nil); err != nil {
			t.Fatal(err)
		}
		c.get(200, "GET", path, "", &g)
		if g["size"] != 1.0 || g["counted_at"] == nil {
			t.Errorf("the segment is %v, want one customer", g)
		}
		var page struct {
			Items []object
			Count int
		}
		c.get(200, "GET", path+"/members?count=true&sort=-name", "", &page)
		if page.Count != 1 || page.Items[0]["name"] != "Budi Santoso" {
			t.Errorf("members %v", page)
		}
		c.get(200, "GET", path+"/members?f=city:eq:Solo", "", &page)
		if len(page.Items) != 0 {
			t.Errorf("members of Solo %v", page)
		}
		c.get(200, "GET", "/api/v1/customers?where="+url.QueryEscape(`{"not":"city:eq:Bandung"}`), "", &page)
		if len(page.Items) != 1 || page.Items[0]["name"] != "Ani" {
			t.Errorf("where finds %v", page)
		}
		var n struct {
			Count    int
			Sentence string
			Sample   []object
		}
		c.get(200, "POST", "/api/v1/segments/count", `{"cond":{"any":["city:eq:Bandung","city:eq:Solo"]}}`, &n)
		if n.Count != 2 || len(n.Sample) != 2 || !strings.Contains(n.Sentence, "Bandung") {
			t.Errorf("count %+v", n)
		}
		c.with("If-Match", tag).get(200, "PATCH", path, `{"cond":{"any":["city:eq:Solo"]}}`, &g)
		c.with("If-Match", tag).get(412, "PATCH", path, `{"name":"x"}`, nil)
		if err := segments.Look(t.Context(), c.d, nil); err != nil {
			t.Fatal(err)
		}
		c.get(200, "GET", path+"/members", "", &page)
		if len(page.Items) != 1 || page.Items[0]["name"] != "Ani" {
			t.Errorf("members after the change %v", page)
		}
		var f fault
		for _, tt := range []struct{ body, field string }{
			{`{"name":" "}`, "name"}, {`{"cond":{"all":["city:eq:Solo","hat:eq:red"]}}`, "cond.1"}, {`{"cond":null}`, "cond"}, {`{"cond":{"all":[]}}`, "cond"},
			{`{"cond":{"any":[{"not":["city:eq:Solo"]}]}}`, "cond.0.0"}, {`{"size":7}`, "size"},
		} {
			c.get(422, "PATCH", path, tt.body, &f)
			if len(f.Errors) != 1 || f.Errors[0].Field != tt.field {
				t.Errorf("%s: %+v, want an error of %s", tt.body, f, tt.field)
			}
		}
		c.get(422, "POST", "/api/v1/segments/count", `{"cond":{"all":["points:eq:1"]}}`, &f)
		if len(f.Errors) != 1 || f.Errors[0].Field != "cond.0" {
			t.Errorf("count of nonsense: %+v", f)
		}
		viewer := *c
		viewer.token = c.newToken("viewer")
		viewer.get(200, "GET", path, "", nil)
		viewer.get(403, "DELETE", path, "", nil)
		c.get(204, "DELETE", path, "", nil)
		c.get(404, "GET", path, "", nil)
		c.get(404, "GET", path+"/members", "", nil)
	})
}
