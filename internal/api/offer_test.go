package api_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/orders"
)

// store fills a workspace with buyers of a pump, most of whom bought its
// filter too, and learns from them. It returns one who has only the pump, and
// the ids of pump and filter.
func (c *client) store() (buyer, pump, filter ids.ID) {
	c.t.Helper()
	ctx := context.Background()
	err := c.d.Write(ctx, db.Op{Why: "customer.create"}, func(tx *db.Tx) error {
		price, cost := money.Price(100_000e6), money.Price(60_000e6)
		made := []*catalog.Product{}
		for i := range 6 {
			made = append(made, &catalog.Product{Code: fmt.Sprintf("P-%d", i), NameID: fmt.Sprintf("Pompa %d", i), NameEN: fmt.Sprintf("Pump %d", i), Price: &price, Cost: &cost, Currency: "IDR"})
		}
		if err := catalog.CreateMany(ctx, tx, made); err != nil {
			return err
		}
		many := make([]*customers.Customer, 260)
		for i := range many {
			many[i] = &customers.Customer{Name: fmt.Sprintf("Pembeli %d", i), Kind: customers.Person}
		}
		if err := customers.CreateMany(ctx, tx, many); err != nil {
			return err
		}
		var all []*orders.Order
		for i, m := range many {
			for n := range 6 {
				o := &orders.Order{Customer: m.ID, At: tx.Now.AddDate(0, 0, -20-n*(25+i%9)), Currency: "IDR", Status: orders.Delivered}
				add := func(k int) {
					o.Lines = append(o.Lines, orders.Line{Product: made[k].ID, Code: made[k].Code, Quantity: orders.One, Price: price})
				}
				add(i % 2 * 2)
				if i > 4 && (i+n)%3 > 0 {
					add(i%2*2 + 1)
				}
				all = append(all, o)
				if err := o.Normalize("IDR"); err != nil {
					return err
				}
			}
		}
		buyer, pump, filter = many[0].ID, made[0].ID, made[1].ID
		if err := orders.Insert(ctx, tx, all); err != nil {
			return err
		}
		orders.ChangedMany(ctx, tx)
		return nil
	})
	if err == nil {
		_, err = insights.Run(ctx, c.d, insights.RunOptions{})
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return buyer, pump, filter
}

type offerJSON struct {
	ValueOf  string `json:"value_of"`
	Quantity float64
	ID       string
	Kind     string
	Title    string
	Product  *struct{ ID, Code, Name string }
	Chance   *float64
	Value    *struct {
		Minor    int64
		Currency string
	}
	Reason  string
	Reasons []struct {
		Kind         string
		Both, Buyers int64
		Share        float64
	}
}

type offersJSON struct {
	Held    bool
	Silent  *struct{ Code string }
	Recover *offerJSON
	Due     []offerJSON
	New     []offerJSON
	Run     int64
}

func TestOffers(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		c := newClient(t, d).with("Accept-Language", "en")
		buyer, pump, filter := c.store()
		var a, b offersJSON
		path := "/api/v1/customers/" + buyer.String() + "/offers"
		c.get(200, "GET", path, "", &a)
		if len(a.New) == 0 || a.New[0].Product.ID != filter.String() || a.New[0].Chance == nil || !strings.Contains(a.New[0].Reason, "buyers of Pump 0 bought Pump 1") {
			t.Fatalf("offers to a buyer of the pump: %+v", a)
		}
		c.get(200, "GET", path, "", &b)
		if b.New[0].ID != a.New[0].ID {
			t.Error("the same offer has two ids")
		}

		// A basket is named by codes or ids, with or without a customer.
		for _, body := range []string{`{"basket":["P-0"],"place":"counter"}`, `{"customer_id":null,"basket":["` + pump.String() + `"],"limit":1}`} {
			c.get(200, "POST", "/api/v1/offers", body, &b)
			if len(b.New) == 0 || b.New[0].Product.Code != "P-1" || b.New[0].Kind != "complement" || b.New[0].Reasons[0].Buyers < 10 {
				t.Errorf("%s: %+v", body, b)
			}
		}
		keyed := c.with("Idempotency-Key", "k1")
		first := keyed.do("POST", "/api/v1/offers", `{"basket":["P-0"]}`)
		if again := keyed.do("POST", "/api/v1/offers", `{"basket":["P-0"]}`); again.Body.String() != first.Body.String() || again.Header().Get("Idempotency-Replayed") == "" {
			t.Errorf("the same key twice: %d %s", again.Code, again.Body)
		}

		// What became of it: said twice it is one, said otherwise it changes.
		out := "/api/v1/offers/" + a.New[0].ID + "/outcome"
		var s struct {
			Outcome, Why string
			Customer     string  `json:"customer_id"`
			Order        *string `json:"order_id"`
			Offer        offerJSON
		}
		c.get(200, "POST", out, `{"outcome":"later","why":"no money"}`, &s)
		if o, was := s.Offer, a.New[0]; o.Value == nil || *o.Value != *was.Value || o.ValueOf != was.ValueOf || math.Abs(o.Quantity-was.Quantity) > 1e-6 || o.Quantity == 0 {
			t.Errorf("offered %+v, answered %+v", was, o)
		}
		c.get(200, "POST", out, `{"outcome":"later"}`, &s)
		if s.Outcome != "later" || s.Why != "no money" || s.Customer != buyer.String() {
			t.Errorf("outcome %+v", s)
		}
		c.get(200, "GET", path, "", &b)
		for _, o := range append(b.Due, b.New...) {
			if o.Product.ID == filter.String() {
				t.Error("offered again after later")
			}
		}
		c.get(200, "POST", out, `{"outcome":"accept"}`, &s)
		if s.Outcome != "accept" {
			t.Errorf("outcome %+v", s)
		}

		for body, want := range map[string]struct {
			path   string
			status int
			part   string
		}{
			`{"outcome":"perhaps"}`:                                   {out, 422, "outcome"},
			`{"outcome":"never","order_id":"` + buyer.String() + `"}`: {out, 422, "order_id"},
			`{"outcome":"never"}`:                                     {"/api/v1/offers/" + ids.New(time.Now()).String() + "/outcome", 404, "gone"},
			`{"outcome":"accept","why":"x"}`:                          {"/api/v1/offers/x/outcome", 404, ""},
			`{"basket":["P-0","nowhere"]}`:                            {"/api/v1/offers", 422, "basket.1"},
			`{"place":"street"}`:                                      {"/api/v1/offers", 422, "place"},
			`{"customer_id":"` + pump.String() + `"}`:                 {"/api/v1/offers", 404, ""},
			`{"customer_id":"7"}`:                                     {"/api/v1/offers", 422, "customer_id"},
		} {
			if w := c.do("POST", want.path, body); w.Code != want.status || !strings.Contains(w.Body.String(), want.part) {
				t.Errorf("%s %s: %d %s, want %d", want.path, body, w.Code, w.Body, want.status)
			}
		}
		if w := c.do("GET", "/api/v1/customers/"+ids.New(time.Now()).String()+"/offers", ""); w.Code != 404 {
			t.Errorf("offers to nobody: %d", w.Code)
		}

		viewer := *c
		viewer.token = c.newToken("viewer")
		if w := viewer.do("GET", path, ""); w.Code != 200 {
			t.Errorf("a viewer asks: %d %s", w.Code, w.Body)
		}
		if w := viewer.do("POST", out, `{"outcome":"never"}`); w.Code != 403 {
			t.Errorf("a viewer settles: %d", w.Code)
		}
	})
}
