package api_test

import (
	"fmt"
	"testing"
)

func TestTasks(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		var made object
		w := c.get(201, "POST", "/api/v1/tasks", `{"title":"Rapat tim","kind":"meeting","due_at":"2026-03-09T03:00:00Z","ends_at":"2026-03-09T04:00:00Z",
			"repeat":"FREQ=WEEKLY","guests":[{"name":"Ratna","email":"ratna@x.example"}]}`, &made)
		id := made["id"].(string)
		if w.Header().Get("Location") != "/api/v1/tasks/"+id || w.Header().Get("ETag") == "" {
			t.Errorf("headers %v", w.Header())
		}
		for key, want := range map[string]string{
			"due_date": "2026-03-09", "due_at": "2026-03-09T03:00:00Z", "kind": "meeting", "occurrence": "1", "note": "", "done_at": "<nil>", "subject": "<nil>",
			"guests": "[map[email:ratna@x.example name:Ratna state:asked]]",
		} {
			if s := fmt.Sprint(made[key]); s != want {
				t.Errorf("%s is %s, want %s", key, s, want)
			}
		}
		var got object
		c.get(200, "PATCH", "/api/v1/tasks/"+id+"?scope=this", `{"due_date":"2026-03-10","title":"Rapat di luar"}`, &got)
		if got["due_at"] != "2026-03-10T03:00:00Z" || got["ends_at"] != "2026-03-10T04:00:00Z" || got["title"] != "Rapat di luar" {
			t.Errorf("moved: %v", got)
		}
		c.get(200, "POST", "/api/v1/tasks/"+id+"/done", "", &got)
		if got["done_at"] == nil {
			t.Errorf("done: %v", got)
		}
		c.get(200, "POST", "/api/v1/tasks/"+id+"/done", "", &got)
		var page struct {
			Items []object
			Count int
		}
		c.get(200, "GET", "/api/v1/tasks?f=done:eq:false&count=true", "", &page)
		if page.Count != 1 || page.Items[0]["title"] != "Rapat tim" || page.Items[0]["due_date"] != "2026-03-16" || fmt.Sprint(page.Items[0]["guests"]) != "[map[email:ratna@x.example name:Ratna state:asked]]" {
			t.Errorf("the next one: %v", page)
		}
		c.get(200, "POST", "/api/v1/tasks/"+id+"/done?open=true", "", &got)
		if got["done_at"] != nil {
			t.Errorf("open again: %v", got)
		}
		c.get(204, "DELETE", "/api/v1/tasks/"+id, "", nil)
		c.get(404, "GET", "/api/v1/tasks/"+id, "", nil)
		c.get(404, "POST", "/api/v1/tasks/"+id+"/done", "", nil)
	})
}

func TestTaskFaults(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		for _, tt := range []struct{ body, field string }{
			{`{}`, "title"},
			{`{"title":"a","due_date":"2026-02-30"}`, "due_date"},
			{`{"title":"a","repeat":"FREQ=NEVER","due_date":"2026-03-02"}`, "repeat"},
			{`{"title":"a","assignee_id":"x"}`, "assignee_id"},
			{`{"title":"a","customer_id":"01932c07-209b-7fdc-a6b7-0e3b1a2b3c4d"}`, "customer_id"},
			{`{"title":"a","due_date":"2026-03-02","guests":[{"email":"x"}]}`, "guests.0.email"},
		} {
			var f struct {
				Errors []struct{ Field, Message string }
			}
			c.get(422, "POST", "/api/v1/tasks", tt.body, &f)
			if len(f.Errors) != 1 || f.Errors[0].Field != tt.field || f.Errors[0].Message == "" {
				t.Errorf("%s: %v, want one at %s", tt.body, f, tt.field)
			}
		}
	})
}

func TestTaskConditions(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		var made, got object
		w := c.get(201, "POST", "/api/v1/tasks", `{"title":"a"}`, &made)
		at, tag := "/api/v1/tasks/"+made["id"].(string), w.Header().Get("ETag")
		c.with("If-None-Match", tag).get(304, "GET", at, "", nil)
		c.with("If-Match", tag).get(200, "PATCH", at, `{"note":"b"}`, &got)
		c.with("If-Match", tag).get(412, "PATCH", at, `{"note":"c"}`, nil)
		c.with("If-Match", tag).get(412, "DELETE", at, "", nil)
		keyed := c.with("Idempotency-Key", "once")
		keyed.get(201, "POST", "/api/v1/tasks", `{"title":"sekali"}`, &made)
		keyed.get(201, "POST", "/api/v1/tasks", `{"title":"sekali"}`, &got)
		if made["id"] != got["id"] {
			t.Error("the same request made two tasks")
		}
	})
}
