package api_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/orders"
)

// shopper adds a customer and a product, and returns the customer's id.
func shopper(t testing.TB, c *client) string {
	t.Helper()
	var made object
	c.get(201, "POST", "/api/v1/customers", `{"name":"Budi"}`, &made)
	price := money.Price(650_000_000_000)
	err := c.d.Write(context.Background(), db.Op{Why: "product.create"}, func(tx *db.Tx) error {
		return catalog.Create(context.Background(), tx, &catalog.Product{Code: "PA-125", NameID: "Pompa air", NameEN: "Water pump", Price: &price})
	})
	if err != nil {
		t.Fatal(err)
	}
	return made["id"].(string)
}

type gotOrder struct {
	ID, Number, Currency, Channel, Status string
	Customer                              *string `json:"customer_id"`
	Returns                               *string `json:"returns_id"`
	At                                    string  `json:"ordered_at"`
	Return                                bool
	Total                                 money.Amount
	Lines                                 []struct {
		N        int64
		Code     string `json:"product_code"`
		Name     string
		Quantity float64
		Price    string `json:"unit_price"`
		Amount   money.Amount
	}
}

func TestOrders(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		c := newClient(t, d)
		budi := shopper(t, c)
		var o gotOrder
		w := c.get(201, "POST", "/api/v1/orders", `{"customer_id":"`+budi+`","ordered_at":"2026-02-20T05:00:00Z","channel":"whatsapp","lines":[
			{"product_code":"PA-125","quantity":2},{"name":"Pasang","unit_price":"150000.5"},{"product_code":"PA-125","quantity":"1.5","unit_price":600000,"discount":{"minor":1000}}]}`, &o)
		if o.Number == "" || o.Customer == nil || *o.Customer != budi || o.At != "2026-02-20T05:00:00Z" || o.Currency != "IDR" || o.Return || o.Status != "confirmed" || len(o.Lines) != 3 {
			t.Fatalf("made: %s", w.Body)
		}
		if l := o.Lines[0]; l.Name != "Water pump" || l.Code != "PA-125" || l.Quantity != 2 || l.Price != "650000" || l.Amount != (money.Amount{Minor: 1_300_000, Currency: "IDR"}) {
			t.Errorf("first line: %+v", l)
		}
		if l := o.Lines[1]; l.Amount.Minor != 150_001 || l.Price != "150000.5" {
			t.Errorf("second line: %+v", l)
		}
		if o.Total != (money.Amount{Minor: 1_300_000 + 150_001 + 899_000, Currency: "IDR"}) {
			t.Errorf("total: %v", o.Total)
		}
		at := "/api/v1/orders/" + o.ID
		if w.Header().Get("Location") != at {
			t.Errorf("Location %q", w.Header().Get("Location"))
		}
		tag := w.Header().Get("ETag")
		if again := c.get(200, "GET", at, "", nil); again.Header().Get("ETag") != tag || again.Body.String() != w.Body.String() {
			t.Errorf("read again: %s", again.Body)
		}
		c.with("If-None-Match", tag).get(304, "GET", at, "", nil)

		var page struct {
			Items []gotOrder
			Count int
		}
		c.get(200, "GET", "/api/v1/orders?f=customer:eq:"+budi+"&f=channel:eq:whatsapp&count=true", "", &page)
		if page.Count != 1 || len(page.Items) != 1 || len(page.Items[0].Lines) != 3 {
			t.Errorf("list: %+v", page)
		}

		c.with("If-Match", `"zz"`).get(412, "PATCH", at, `{"status":"delivered"}`, nil)
		c.with("If-Match", tag).get(200, "PATCH", at, `{"status":"delivered","lines":[{"n":3,"name":"Pipa","quantity":1,"unit_price":"10000"}]}`, &o)
		if o.Status != "delivered" || len(o.Lines) != 1 || o.Lines[0].N != 3 || o.Lines[0].Name != "Pipa" || o.Total.Minor != 10_000 || o.Channel != "whatsapp" {
			t.Errorf("patched: %+v", o)
		}

		var r gotOrder
		c.get(201, "POST", "/api/v1/orders", `{"return":true,"returns_number":"`+o.Number+`","customer_id":"`+budi+`","lines":[{"name":"Pipa","quantity":1,"unit_price":"10000"}]}`, &r)
		if !r.Return || r.Returns == nil || *r.Returns != o.ID || r.Total.Minor != -10_000 || r.Lines[0].Quantity != -1 {
			t.Errorf("return: %+v", r)
		}
		var timeline struct{ Items []object }
		c.get(200, "GET", "/api/v1/customers/"+budi+"/timeline", "", &timeline)
		if len(timeline.Items) != 2 || timeline.Items[0]["kind"] != "return" || timeline.Items[1]["ref"] != o.Number {
			t.Errorf("timeline: %v", timeline.Items)
		}
		if err := orders.MakeFigures(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		var f struct {
			Items []struct {
				Currency          string
				Invoices, Returns int
				Sold              struct{ Value money.Amount }
			}
		}
		c.get(200, "GET", "/api/v1/orders/figures", "", &f)
		if len(f.Items) != 1 || f.Items[0].Invoices != 2 || f.Items[0].Returns != 1 || f.Items[0].Sold.Value.Minor != 10_000 {
			t.Errorf("figures: %+v", f)
		}
		c.get(204, "DELETE", at, "", nil)
		c.get(404, "GET", at, "", nil)
	})
}

func TestOrdersRefused(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		c := newClient(t, d)
		budi := shopper(t, c)
		for _, tt := range []struct{ field, body string }{
			{"lines.0.product_code", `{"lines":[{"product_code":"pa-125"}]}`},
			{"lines.1.quantity", `{"lines":[{"name":"a"},{"name":"b","quantity":"dua"}]}`},
			{"lines.0.unit_price", `{"lines":[{"name":"a","unit_price":"0.0000001"}]}`},
			{"customer_id", `{"customer_id":"01932c07-209b-7fdc-a6b7-0e3b1a2b3c4d"}`},
			{"returns_number", `{"return":true,"returns_number":"nope"}`},
			{"currency", `{"currency":"RPX"}`},
			{"owner_id", `{"owner_id":"x"}`},
		} {
			var f fault
			c.get(422, "POST", "/api/v1/orders", tt.body, &f)
			if len(f.Errors) != 1 || !strings.HasSuffix(f.Errors[0].Field, tt.field) {
				t.Errorf("%s: %+v", tt.body, f)
			}
		}
		// What is wrong is said of the field that is wrong, not of dates.
		english := c.with("Accept-Language", "en")
		for body, want := range map[string]string{
			`{"customer_id":"abc"}`:                 "customer_id: Write the ID as a UUID",
			`{"ordered_at":"yesterday"}`:            "ordered_at: Write a time in RFC 3339",
			`{"ordered_at":"0001-01-01T00:00:00Z"}`: "ordered_at: Write a time in RFC 3339",
			`[]`:                                    ": The value is not of the kind",
			`{"lines":[` + strings.Repeat("{},", 20000) + `{}]}`: "lines: The number of items must be <= 20000",
		} {
			var f fault
			english.get(422, "POST", "/api/v1/orders", body, &f)
			if len(f.Errors) != 1 || !strings.HasPrefix(f.Errors[0].Field+": "+f.Errors[0].Message, want) || strings.HasPrefix(f.Detail, ":") {
				t.Errorf("%.60s: %+v", body, f)
			}
		}
		for path, body := range map[string]string{
			"tasks":        `{"title":"Telepon","due_at":"0001-01-01T00:00:00Z"}`,
			"interactions": `{"kind":"note","body":"a","customer_id":"` + budi + `","due_at":"0001-01-01T00:00:00Z"}`,
		} {
			var f fault
			english.get(422, "POST", "/api/v1/"+path, body, &f)
			if len(f.Errors) != 1 || f.Errors[0].Field != "due_at" {
				t.Errorf("%s: %+v", path, f)
			}
		}
		c.get(201, "POST", "/api/v1/orders", `{"number":"A-1","customer_id":"`+budi+`"}`, nil)
		c.get(409, "POST", "/api/v1/orders", `{"number":"A-1"}`, nil)
		viewer := *c
		viewer.token = c.newToken("viewer")
		viewer.get(403, "POST", "/api/v1/orders", `{}`, nil)
		viewer.get(200, "GET", "/api/v1/orders", "", nil)
		same := c.with("Idempotency-Key", "k1")
		var a, b gotOrder
		same.get(201, "POST", "/api/v1/orders", `{"lines":[{"name":"a"}]}`, &a)
		same.get(201, "POST", "/api/v1/orders", `{"lines":[{"name":"a"}]}`, &b)
		if a.ID != b.ID {
			t.Errorf("the same key made two orders, %s and %s", a.ID, b.ID)
		}
	})
}

func BenchmarkCreateOrder(b *testing.B) {
	c, all := filled(b)
	shopper(b, c)
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		i++
		body := fmt.Sprintf(`{"customer_id":%q,"lines":[{"product_code":"PA-125","quantity":2},{"product_code":"PA-125","quantity":1},{"name":"Ongkir","unit_price":"25000"}]}`, all[i*7919%len(all)])
		if w := c.do("POST", "/api/v1/orders", body); w.Code != http.StatusCreated {
			b.Fatal(w.Body)
		}
	}
}

func BenchmarkListOrders(b *testing.B) {
	c, all := filled(b)
	shopper(b, c)
	for i := range 300 {
		body := fmt.Sprintf(`{"customer_id":%q,"lines":[{"product_code":"PA-125","quantity":2},{"name":"Ongkir","unit_price":"25000"}]}`, all[i*7919%len(all)])
		if w := c.do("POST", "/api/v1/orders", body); w.Code != http.StatusCreated {
			b.Fatal(w.Body)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if w := c.do("GET", "/api/v1/orders?f=status:eq:confirmed&count=true", ""); w.Code != 200 {
			b.Fatal(w.Body)
		}
	}
}
