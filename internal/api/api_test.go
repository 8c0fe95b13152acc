package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/api"
	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/imports"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/mail"
	"github.com/akrab-crm/akrab/internal/offers"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/outbox"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/segments"
	"github.com/akrab-crm/akrab/internal/sheet"
	"github.com/akrab-crm/akrab/internal/tasks"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/views"
	"github.com/akrab-crm/akrab/internal/workspace"
)

var modules = []db.Module{outbox.Module, jobs.Module, search.Module, journal.Module, workspace.Module, team.Module, views.Module, customers.Module, activity.Module, catalog.Module, orders.Module, mail.Module, tasks.Module, insights.Module, segments.Module, offers.Module, imports.Module, api.Module}

var permissions = slices.Concat(team.Permissions, views.Permissions, customers.Permissions, activity.Permissions, catalog.Permissions, orders.Permissions, insights.Permissions, offers.Permissions, segments.Permissions, []team.Permission{
	{Key: imports.PermRun, Label: "x", Group: "x"},
	{Key: api.PermOperations, Label: "x", Group: "x", Roles: []string{"viewer"}}, {Key: api.PermUndo, Label: "x", Group: "x"},
})

// client asks an API with a token.
type client struct {
	t     testing.TB
	h     http.Handler
	d     *db.DB
	token string
	head  map[string]string
}

func newClient(t testing.TB, d *db.DB) *client {
	t.Helper()
	ctx := context.Background()
	if err := search.Prepare(ctx, d); err != nil {
		t.Fatal(err)
	}
	cat, err := locale.Load(api.Text, views.Text, customers.Text, activity.Text, catalog.Text, orders.Text, insights.Text, offers.Text, team.Text, workspace.Text, journal.Text, list.Text, imports.Text, sheet.Text)
	if err != nil {
		t.Fatal(err)
	}
	x := &search.Index{}
	x.Add(customers.Source)
	x.Add(catalog.Source)
	a := api.New(api.Options{
		DB: d, Catalogue: cat, Search: x, Version: "test", Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Shelf: &catalog.Shelf{}, Offers: &offers.Desk{Models: insights.Associations}, Book: &customers.Book{Leaving: []func(context.Context, *db.Tx, []ids.ID) error{activity.Leave}, List: segments.Customers},
	})
	c := &client{t: t, h: a, d: d}
	c.token = c.newToken("administrator")
	return c
}

func (c *client) newToken(role string) string {
	c.t.Helper()
	var text string
	err := c.d.Write(context.Background(), db.Op{Why: "token.create"}, func(tx *db.Tx) (err error) {
		if err := team.EnsureRoles(context.Background(), tx, permissions); err != nil {
			return err
		}
		text, _, err = team.CreateToken(context.Background(), tx, "test "+role, role)
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return text
}

func (c *client) with(name, value string) *client {
	n := *c
	n.head = map[string]string{name: value}
	for k, v := range c.head {
		n.head[k] = v
	}
	return &n
}

// do sends a request and returns the answer.
func (c *client) do(method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	r.Header.Set("Content-Type", "application/json")
	for k, v := range c.head {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	c.h.ServeHTTP(w, r)
	return w
}

// get decodes the answer, whose status must be the given one.
func (c *client) get(status int, method, path, body string, v any) *httptest.ResponseRecorder {
	c.t.Helper()
	w := c.do(method, path, body)
	if w.Code != status {
		c.t.Fatalf("%s %s: %d, want %d\n%s", method, path, w.Code, status, w.Body)
	}
	if v != nil {
		if err := json.Unmarshal(w.Body.Bytes(), v); err != nil {
			c.t.Fatalf("%s %s: %v\n%s", method, path, err, w.Body)
		}
	}
	return w
}

type object = map[string]any

type fault struct {
	Status int
	Detail string
	Errors []struct{ Field, Code, Message string }
}

func each(t *testing.T, f func(t *testing.T, c *client)) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) { f(t, newClient(t, d)) })
}

const budi = `{"kind":"person","given_name":"Budi","family_name":"Santoso","honorific":"Pak","emails":[{"value":"budi@example.co.id"},{"value":"b2@x.id","label":"work"}],
	"phones":[{"value":"0812-3045-7781"}],"addresses":[{"city":"Bandung","province":"Jawa Barat"}],"tags":["VIP"],"roles":["reseller"],"external_id":"P-1"}`

func TestCustomerShape(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		var made, got object
		w := c.get(201, "POST", "/api/v1/customers", budi, &made)
		path := w.Header().Get("Location")
		w = c.get(200, "GET", path, "", &got)
		if w.Header().Get("ETag") == "" {
			t.Error("no ETag")
		}
		for _, key := range []string{"id", "kind", "name", "given_name", "family_name", "honorific", "emails", "phones", "addresses", "roles",
			"owner_id", "phase", "tags", "external_id", "created_at", "updated_at"} {
			if _, ok := got[key]; !ok {
				t.Errorf("no %s", key)
			}
		}
		if got["name"] != "Budi Santoso" || got["phase"] != "prospect" || got["created_at"] != "2026-03-02T03:00:00Z" || got["owner_id"] != nil {
			t.Errorf("got %v", got)
		}
		phone := got["phones"].([]any)[0].(object)
		if phone["value"] != "0812-3045-7781" || phone["e164"] != "+6281230457781" || phone["primary"] != true || phone["state"] != "unverified" {
			t.Errorf("phone %v", phone)
		}
		if fmt.Sprint(got["roles"], got["tags"]) != "[reseller] [VIP]" {
			t.Errorf("roles %v, tags %v", got["roles"], got["tags"])
		}
	})
}

func TestErrorsNameTheField(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		c.get(201, "POST", "/api/v1/customers", budi, nil)
		for _, tt := range []struct {
			method, path, body string
			status             int
			field              string
		}{
			{"POST", "/api/v1/customers", `{"emails":[{"value":"a@b.id"},{"value":"nope"}]}`, 422, "emails.1.value"},
			{"POST", "/api/v1/customers", `{"name":"x","phones":[{"value":"abc"}]}`, 422, "phones.0.value"},
			{"POST", "/api/v1/customers", `{}`, 422, "name"},
			{"POST", "/api/v1/customers", `{"name":"x","colour":"red"}`, 422, "colour"},
			{"POST", "/api/v1/customers", `{"name":7}`, 422, "name"},
			{"POST", "/api/v1/customers", `{"name":"x","kind":"robot"}`, 422, "kind"},
			{"POST", "/api/v1/customers", `{"name":"x","birthday":"1945-06-99"}`, 422, "birthday"},
			{"POST", "/api/v1/customers", `{"name":"x","owner_id":"me"}`, 422, "owner_id"},
			{"POST", "/api/v1/customers", `{"emails":[{"label":"x"}]}`, 422, "emails.0.value"},
			{"POST", "/api/v1/customers", `{"name":"a\u0000b"}`, 422, "name"},
			{"POST", "/api/v1/customers", `{"name":`, 400, ""},
			{"POST", "/api/v1/customers", budi, 409, ""},
			{"GET", "/api/v1/customers/zzz", ``, 404, ""},
			{"GET", "/api/v1/customers/01900000-0000-7000-8000-000000000000", ``, 404, ""},
			{"GET", "/api/v1/customers?f=colour:eq:red", ``, 422, "f"},
			{"GET", "/api/v1/customers?f=name", ``, 422, "f"},
			{"GET", "/api/v1/customers?limit=1000", ``, 422, "limit"},
			{"GET", "/api/v1/customers?cursor=abc", ``, 422, "cursor"},
			{"GET", "/api/v1/nothing", ``, 404, ""},
			{"PUT", "/api/v1/customers", ``, 405, ""},
			{"POST", "/api/v1/interactions", `{"body":"x"}`, 422, "customer_id"},
			{"POST", "/api/v1/interactions", `{"customer_id":"01900000-0000-7000-8000-000000000000","body":"x"}`, 404, ""},
		} {
			w := c.do(tt.method, tt.path, tt.body)
			var f fault
			if err := json.Unmarshal(w.Body.Bytes(), &f); err != nil {
				t.Errorf("%s %s %s: %s", tt.method, tt.path, tt.body, w.Body)
				continue
			}
			ok := tt.field == "" || slices.ContainsFunc(f.Errors, func(e struct{ Field, Code, Message string }) bool { return e.Field == tt.field })
			if w.Code != tt.status || f.Status != tt.status || !ok || w.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s %s %s: %d %s", tt.method, tt.path, tt.body, w.Code, w.Body)
			}
		}
	})
}

func TestMessagesAreInTheCallersLanguage(t *testing.T) {
	c := newClient(t, dbtest.Open(t, modules...))
	var id, en fault
	c.with("Accept-Language", "id").get(422, "POST", "/api/v1/customers", `{}`, &id)
	c.with("Accept-Language", "en").get(422, "POST", "/api/v1/customers", `{}`, &en)
	if id.Detail == en.Detail || id.Detail == "" {
		t.Errorf("id %q, en %q", id.Detail, en.Detail)
	}
}

func TestPatch(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		var made, got object
		w := c.get(201, "POST", "/api/v1/customers", budi, &made)
		path, tag := w.Header().Get("Location"), w.Header().Get("ETag")
		c.get(200, "PATCH", path, `{"family_name":"Hartono","honorific":null,"emails":[{"value":"b2@x.id"},{"value":"new@x.id"}]}`, &got)
		if got["name"] != "Budi Hartono" || got["honorific"] != "" || len(got["emails"].([]any)) != 2 || len(got["phones"].([]any)) != 1 {
			t.Errorf("patched %v", got)
		}
		if w := c.with("If-Match", tag).do("PATCH", path, `{"name":"x"}`); w.Code != 412 {
			t.Errorf("a stale tag: %d", w.Code)
		}
		w = c.get(200, "GET", path, "", &got)
		if w := c.with("If-None-Match", w.Header().Get("ETag")).do("GET", path, ""); w.Code != 304 {
			t.Errorf("not modified: %d", w.Code)
		}
		for body, status := range map[string]int{`[]`: 400, `{`: 400, `null`: 400, `{"colour":1}`: 422, `{"emails":5}`: 422, `{"consents":[{"channel":"email","purpose":"marketing","source":"x","at":"yesterday"}]}`: 422} {
			if w := c.do("PATCH", path, body); w.Code != status {
				t.Errorf("PATCH %s: %d %s", body, w.Code, w.Body)
			}
		}
	})
}

func TestStaleTagAfterUndo(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		w := c.get(201, "POST", "/api/v1/customers", budi, nil)
		path, first := w.Header().Get("Location"), w.Header().Get("ETag")
		w = c.get(200, "PATCH", path, `{"name":"Other"}`, nil)
		second := w.Header().Get("ETag")
		var ops struct {
			Items []struct{ ID, Why, State string }
		}
		c.get(200, "GET", "/api/v1/operations?limit=1", "", &ops)
		if ops.Items[0].Why != "customer.update" {
			t.Fatalf("newest operation %v", ops.Items[0])
		}
		var undo struct{ State, Why string }
		c.get(200, "POST", "/api/v1/operations/"+ops.Items[0].ID+"/undo", "", &undo)
		var got object
		c.get(200, "GET", path, "", &got)
		if got["name"] != "Budi Santoso" {
			t.Errorf("after undo: %v", got["name"])
		}
		for _, tag := range []string{first, second} {
			if w := c.with("If-Match", tag).do("PATCH", path, `{"name":"x"}`); w.Code != 412 {
				t.Errorf("tag %s from before the undo: %d", tag, w.Code)
			}
		}
		if w := c.do("POST", "/api/v1/operations/"+ops.Items[0].ID+"/undo", ""); w.Code != 409 {
			t.Errorf("undone twice: %d", w.Code)
		}
	})
}

func TestDeleteAndUndo(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		var made, log object
		w := c.get(201, "POST", "/api/v1/customers", budi, &made)
		path := w.Header().Get("Location")
		c.get(201, "POST", "/api/v1/interactions", `{"customer_id":"`+made["id"].(string)+`","kind":"call","direction":"in","body":"Halo","promise":"Kirim","due_at":"2026-03-05T02:00:00Z"}`, &log)
		c.get(204, "DELETE", path, "", nil)
		c.get(404, "GET", path, "", nil)
		var ops struct{ Items []struct{ ID, Why string } }
		c.get(200, "GET", "/api/v1/operations?limit=1", "", &ops)
		c.get(200, "POST", "/api/v1/operations/"+ops.Items[0].ID+"/undo", "", nil)
		var back object
		c.get(200, "GET", path, "", &back)
		for _, key := range []string{"name", "emails", "phones", "addresses", "tags", "created_at", "updated_at", "last_kind"} {
			want := made[key]
			if key == "last_kind" {
				want = "call"
			}
			if fmt.Sprint(back[key]) != fmt.Sprint(want) {
				t.Errorf("%s came back as %v, was %v", key, back[key], want)
			}
		}
		var page struct{ Items []object }
		c.get(200, "GET", path+"/timeline", "", &page)
		if len(page.Items) != 1 || page.Items[0]["body"] != "Halo" || page.Items[0]["due_at"] != "2026-03-05T02:00:00Z" {
			t.Errorf("timeline %v", page.Items)
		}
		var hits struct{ Items []object }
		c.get(200, "GET", "/api/v1/search?q=0812304", "", &hits)
		if len(hits.Items) != 1 {
			t.Errorf("search finds %v", hits.Items)
		}
	})
}

func TestListWalksEveryCustomerOnce(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		want := map[string]bool{}
		for i := range 23 {
			var made object
			c.get(201, "POST", "/api/v1/customers", fmt.Sprintf(`{"name":"C %d","addresses":[{"city":"%s"}]}`, i%5, []string{"Bandung", "Solo"}[i%2]), &made)
			if i%2 == 0 {
				want[made["id"].(string)] = true
			}
		}
		got, cursor := map[string]bool{}, ""
		for {
			var page struct {
				Items []object
				Count int
				Next  *string
			}
			c.get(200, "GET", "/api/v1/customers?f=city:eq:bandung&sort=-name&limit=5&count=true&cursor="+cursor, "", &page)
			if page.Count != len(want) {
				t.Errorf("count %d, want %d", page.Count, len(want))
			}
			for _, item := range page.Items {
				id := item["id"].(string)
				if got[id] || !want[id] {
					t.Errorf("%v came twice or does not belong here", item["name"])
				}
				got[id] = true
			}
			if page.Next == nil {
				break
			}
			cursor = *page.Next
		}
		if len(got) != len(want) {
			t.Errorf("%d of %d", len(got), len(want))
		}
	})
}

func TestIdempotency(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		k := c.with("Idempotency-Key", "abc")
		var a, b object
		first := k.get(201, "POST", "/api/v1/customers", `{"name":"Once"}`, &a)
		again := k.get(201, "POST", "/api/v1/customers", `{"name":"Once"}`, &b)
		if a["id"] != b["id"] || !bytes.Equal(first.Body.Bytes(), again.Body.Bytes()) || again.Header().Get("ETag") != first.Header().Get("ETag") {
			t.Errorf("%v and %v", a["id"], b["id"])
		}
		if w := k.do("POST", "/api/v1/customers", `{"name":"Else"}`); w.Code != 422 {
			t.Errorf("another body under the same key: %d", w.Code)
		}
		var page struct {
			Count int
			Items []object
		}
		c.get(200, "GET", "/api/v1/customers?count=true", "", &page)
		if page.Count != 1 {
			t.Errorf("%d customers", page.Count)
		}
		var ops struct{ Items []object }
		c.get(200, "GET", "/api/v1/operations", "", &ops)
		if n := len(ops.Items); n != 2 { // the token, the customer
			t.Errorf("%d operations: %v", n, ops.Items)
		}
		// What was refused is not remembered: mended, it goes through.
		f := c.with("Idempotency-Key", "def")
		f.get(422, "POST", "/api/v1/customers", `{}`, nil)
		f.get(201, "POST", "/api/v1/customers", `{"name":"Mended"}`, nil)
	})
}

func TestEveryOperationNeedsItsPermission(t *testing.T) {
	d := dbtest.Open(t, modules...)
	c := newClient(t, d)
	a := c.h.(*api.API)
	viewer := *c
	viewer.token = c.newToken("viewer")
	can := map[team.Perm]bool{customers.PermRead: true, catalog.PermRead: true, orders.PermRead: true, activity.PermRead: true, insights.PermRead: true, segments.PermRead: true, api.PermOperations: true}
	for _, op := range a.Operations() {
		path := strings.NewReplacer("{id}", "01900000-0000-7000-8000-000000000000", "{file}", "01900000-0000-7000-8000-000000000000").Replace(op.Path)
		nobody := *c
		nobody.token = ""
		if w := nobody.do(op.Method, path, `{}`); w.Code != 401 || w.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%s %s without a token: %d", op.Method, path, w.Code)
		}
		nobody.token = "akr_wrong"
		if w := nobody.do(op.Method, path, `{}`); w.Code != 401 {
			t.Errorf("%s %s with a wrong token: %d", op.Method, path, w.Code)
		}
		w := viewer.do(op.Method, path, `{}`)
		if forbidden := op.Need != "" && !can[op.Need]; (w.Code == 403) != forbidden {
			t.Errorf("%s %s (%s) by a viewer: %d", op.Method, path, op.Need, w.Code)
		}
	}
	if len(a.Operations()) < 15 {
		t.Errorf("only %d operations", len(a.Operations()))
	}
}

func TestOpenAPI(t *testing.T) {
	c := newClient(t, dbtest.Open(t, modules...))
	var doc struct {
		OpenAPI string
		Paths   map[string]object
	}
	c.get(200, "GET", "/api/openapi.json", "", &doc)
	if !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Errorf("version %q", doc.OpenAPI)
	}
	for _, op := range c.h.(*api.API).Operations() {
		if doc.Paths[op.Path][strings.ToLower(op.Method)] == nil {
			t.Errorf("%s %s is not described", op.Method, op.Path)
		}
	}
	takes := map[string]bool{"application/json": true, "application/merge-patch+json": true, "multipart/form-data": true}
	for path, item := range doc.Paths {
		for method, op := range item {
			body, _ := op.(object)["requestBody"].(object)
			content, _ := body["content"].(object)
			for kind := range content {
				if !takes[kind] {
					t.Errorf("%s %s says that it takes %s, which is refused", method, path, kind)
				}
			}
		}
	}
	c.with("Content-Type", "application/octet-stream").get(415, "POST", "/api/v1/tasks", `{"title":"x"}`, nil)
}

// upload sends a file with fields before and after it.
func (c *client) upload(before, after [][2]string, file string) *httptest.ResponseRecorder {
	c.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, f := range before {
		w.WriteField(f[0], f[1])
	}
	part, err := w.CreateFormFile("file", "kontak.csv")
	if err != nil {
		c.t.Fatal(err)
	}
	io.WriteString(part, file)
	for _, f := range after {
		w.WriteField(f[0], f[1])
	}
	w.Close()
	return c.with("Content-Type", w.FormDataContentType()).do("POST", "/api/v1/imports", body.String())
}

func TestImport(t *testing.T) {
	const file = "Nama;No HP;Surel;Kode\nBudi Santoso;0812-3045-7781;budi@x.id;P-1\nSiti;081299998888;bukan surel;P-2\nWati;;wati@x.id;P-3\n"
	fields := [][2]string{{"kind", "customers"}, {"map", `{"Kode":"external_id"}`}, {"key", "external_id"}}
	each(t, func(t *testing.T, c *client) {
		run := jobs.NewRunner(c.d, slog.New(slog.NewTextHandler(io.Discard, nil)))
		imports.Register(run, c.d)
		for i, how := range []string{"before", "after"} {
			before, after := fields, [][2]string(nil)
			if how == "after" {
				before, after = nil, fields
			}
			w := c.upload(before, after, file)
			var job, done object
			if err := json.Unmarshal(w.Body.Bytes(), &job); err != nil || w.Code != 202 {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			if err := run.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
			path := "/api/v1/imports/" + job["id"].(string)
			c.get(200, "GET", path, "", &done)
			want := [][4]float64{{2, 0, 0, 1}, {0, 0, 2, 1}}[i]
			got := [4]float64{done["created"].(float64), done["updated"].(float64), done["skipped"].(float64), done["errors"].(float64)}
			if done["state"] != "done" || got != want {
				t.Errorf("%s: %v", how, done)
			}
			if text := c.get(200, "GET", path+"/errors", "", nil).Body.String(); !strings.Contains(text, "bukan surel") {
				t.Errorf("the refused row is not in %q", text)
			}
			if i == 0 {
				defer c.get(200, "POST", "/api/v1/operations/"+done["operation"].(string)+"/undo", "", nil)
			}
		}
		for _, bad := range [][2]string{{"kind", "robots"}, {"key", "colour"}, {"map", "{"}, {"mode", "destroy"}, {"surprise", "x"}} {
			for _, w := range []*httptest.ResponseRecorder{c.upload([][2]string{bad}, nil, file), c.upload(nil, [][2]string{bad}, file)} {
				var f fault
				if json.Unmarshal(w.Body.Bytes(), &f); w.Code != 422 || len(f.Errors) != 1 || f.Errors[0].Field != bad[0] {
					t.Errorf("%v: %d %s", bad, w.Code, w.Body)
				}
			}
		}
	})
}

// TestHostileStringsComeBackAsTheyWere stores every string of the big list of
// naughty strings as a name and reads it back.
func TestHostileStringsComeBackAsTheyWere(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(shared(t), "security", "blns.json"))
	if err != nil {
		t.Fatal(err)
	}
	var naughty []string
	if err := json.Unmarshal(data, &naughty); err != nil {
		t.Fatal(err)
	}
	each(t, func(t *testing.T, c *client) {
		for _, s := range naughty {
			if strings.TrimSpace(s) == "" {
				continue // no name: refused or made of something else
			}
			body, _ := json.Marshal(object{"name": s, "remember": s})
			var made, got object
			w := c.get(201, "POST", "/api/v1/customers", string(body), &made)
			c.get(200, "GET", w.Header().Get("Location"), "", &got)
			if got["name"] != s || got["remember"] != s {
				t.Errorf("%q came back as %q", s, got["name"])
			}
			c.do("GET", "/api/v1/search?q="+strings.ReplaceAll(fmt.Sprintf("%x", s), " ", ""), "")
		}
	})
}

// shared returns the folder of test data beside the checkout.
func shared(t *testing.T) string {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if p := filepath.Join(dir, "shared", "data"); exists(p) {
			return p
		}
	}
	t.Skip("the folder shared/data is not beside the checkout")
	return ""
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func FuzzPatch(f *testing.F) {
	c := newClient(f, dbtest.Open(f, modules...))
	w := c.get(201, "POST", "/api/v1/customers", budi, nil)
	path := w.Header().Get("Location")
	for _, s := range []string{`{"name":"x"}`, `{"emails":null}`, `{"tags":["a",1]}`, `{"birthday":"0000-02-29"}`, `[`, `{"roles":["dealer","agent"]}`, `{"name":{}}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if w := c.do("PATCH", path, body); w.Code >= 500 {
			t.Errorf("PATCH %q: %d %s", body, w.Code, w.Body)
		}
	})
}
