package api_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/segments"
)

// A program drafts a plan for a segment, changes it, begins it, sees its tasks
// and ends it.
func TestPlans(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		var one, g, p object
		err := c.d.Write(t.Context(), db.Op{Why: "insight.settings"}, func(tx *db.Tx) error {
			set, err := insights.GetSettings(t.Context(), tx)
			set.Holdout = 0 // nobody is left alone by the fall of an id
			return errors.Join(err, insights.SaveSettings(t.Context(), tx, set))
		})
		if err != nil {
			t.Fatal(err)
		}
		c.get(201, "POST", "/api/v1/customers", budi, &one)
		c.get(201, "POST", "/api/v1/segments", `{"name":"Bandung","cond":{"all":["city:eq:Bandung"]}}`, &g)
		if err := segments.Look(t.Context(), c.d, nil); err != nil {
			t.Fatal(err)
		}
		about := "segment:" + g["id"].(string)
		body := `{"subject":"` + about + `","title":" Call  back ","strategy":"Ask why","budget":{"minor":500000000,"currency":"IDR"},"most":10,"target":"Half of them order",
			"target_value":{"minor":900000000,"currency":"IDR"},"starts_on":"2026-03-02","ends_on":"2026-03-31",
			"actions":[{"text":"Print a list"},{"text":"Call","kind":"call","due_date":"2026-03-10","per_customer":true}]}`
		w := c.with("Idempotency-Key", "k1").get(201, "POST", "/api/v1/plans", body, &p)
		path, tag := w.Header().Get("Location"), w.Header().Get("ETag")
		if p["title"] != "Call back" || p["status"] != "draft" || p["subject"] != about || p["before"] != nil || path != "/api/v1/plans/"+p["id"].(string) {
			t.Errorf("made %v", p)
		}
		if again := c.with("Idempotency-Key", "k1").get(201, "POST", "/api/v1/plans", body, nil); again.Header().Get("Location") != path {
			t.Errorf("the same request made %s, want %s", again.Header().Get("Location"), path)
		}
		c.with("If-Match", tag).get(200, "PATCH", path, `{"title":"Call them back","budget":{"minor":600000000},"target":null}`, &p)
		if p["title"] != "Call them back" || p["budget"].(object)["minor"] != 600000000.0 || p["target"] != "" || len(p["actions"].([]any)) != 2 {
			t.Errorf("changed to %v", p)
		}
		c.with("If-Match", tag).get(412, "PATCH", path, `{"title":"x"}`, nil)
		c.with("If-Match", tag).get(412, "POST", path+"/begin", "", nil)
		c.with("If-Match", tag).get(412, "DELETE", path, "", nil)

		c.with("Idempotency-Key", "k2").get(200, "POST", path+"/begin", "", &p)
		c.with("Idempotency-Key", "k2").get(200, "POST", path+"/begin", "", &p)
		c.get(409, "POST", path+"/begin", "", nil)
		if p["status"] != "running" || p["tasks"].(object)["count"] != 2.0 || p["before"].(object)["customers"] != 1.0 {
			t.Errorf("begun %v", p)
		}
		var page struct {
			Items []object
			Count int
			Next  *string
		}
		c.get(200, "GET", path+"/tasks?f=customer:eq:"+one["id"].(string), "", &page)
		if len(page.Items) != 1 || page.Items[0]["title"] != "Call" || page.Items[0]["due_date"] != "2026-03-10" {
			t.Fatalf("tasks of Budi %v", page.Items)
		}
		c.get(200, "POST", "/api/v1/tasks/"+page.Items[0]["id"].(string)+"/done", "", nil)
		c.get(200, "GET", "/api/v1/plans?f=status:eq:running&count=true", "", &page)
		if page.Count != 1 || page.Items[0]["tasks"].(object)["done"] != 1.0 {
			t.Errorf("plans that run: %v", page)
		}
		c.get(200, "GET", "/api/v1/plans?f=subject:eq:"+about, "", &page)
		if len(page.Items) != 1 {
			t.Errorf("plans of the segment: %v", page)
		}
		var f fault
		for _, tt := range []struct{ body, field string }{
			{`{"most":9}`, "most"}, {`{"subject":"value:A1"}`, "subject"}, {`{"actions":[]}`, "actions"}, {`{"title":""}`, "title"}, {`{"ends_on":"2026-01-01"}`, "ends_on"},
			{`{"owner_id":"me"}`, "owner_id"}, {`{"owner_id":"01900000-0000-7000-8000-000000000000"}`, "owner_id"}, {`{"status":"done"}`, "status"},
			{`{"target_value":{"minor":1,"currency":"USD"}}`, "target_value.currency"}, {`{"budget":{"minor":-1}}`, "budget"},
		} {
			c.get(422, "PATCH", path, tt.body, &f)
			if len(f.Errors) != 1 || f.Errors[0].Field != tt.field {
				t.Errorf("%s: %+v, want an error of %s", tt.body, f, tt.field)
			}
		}
		c.get(422, "POST", "/api/v1/plans", strings.Replace(body, `"due_date":"2026-03-10"`, `"due_date":"soon"`, 1), &f)
		if len(f.Errors) != 1 || f.Errors[0].Field != "actions.1.due_date" {
			t.Errorf("a bad day: %+v", f)
		}
		viewer := *c
		viewer.token = c.newToken("viewer")
		viewer.get(200, "GET", path, "", nil)
		viewer.get(403, "POST", path+"/end", `{"status":"done"}`, nil)
		viewer.get(403, "POST", "/api/v1/plans", body, nil)

		c.get(409, "DELETE", path, "", nil)
		c.get(200, "POST", path+"/end", `{"status":"done","result":"Three came back"}`, &p)
		if p["status"] != "done" || p["result"] != "Three came back" || p["after"] == nil || p["effect"].(object)["treated"] == nil {
			t.Errorf("ended %v", p)
		}
		c.get(204, "DELETE", path, "", nil)
		c.get(404, "GET", path, "", nil)
		c.get(404, "GET", path+"/tasks", "", nil)
	})
}

// A program reads how a segment grew.
func TestSegmentDays(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		c.get(201, "POST", "/api/v1/customers", budi, nil)
		w := c.get(201, "POST", "/api/v1/segments", `{"name":"Bandung","cond":{"all":["city:eq:Bandung"]}}`, nil)
		if err := segments.Look(t.Context(), c.d, nil); err != nil {
			t.Fatal(err)
		}
		var days struct{ Items []object }
		c.get(200, "GET", w.Header().Get("Location")+"/days", "", &days)
		if len(days.Items) != 1 || days.Items[0]["customers"] != 1.0 || days.Items[0]["day"] != "2026-03-02" {
			t.Errorf("days %v", days)
		}
		c.get(404, "GET", "/api/v1/segments/01900000-0000-7000-8000-000000000000/days", "", nil)
	})
}
