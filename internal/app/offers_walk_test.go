package app_test

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/orders"
)

// waterShop fills the site with dealers of water filters and pumps, and learns
// from what they bought. It returns one who buys often and lacks what most
// others have, and one who fell silent.
func (s *site) waterShop() (regular, silent ids.ID) {
	s.t.Helper()
	type good struct {
		code, name, family string
		price, cost        int64
		links              []string
	}
	goods := []good{
		{"FRO-5", "Filter RO-5", "Filter air", 1_440_000, 1_010_000, nil},
		{"MEM-75", "Membran RO 75 GPD", "Filter air", 385_000, 240_000, nil},
		{"KRB-10", "Karbon aktif 10 inci", "Filter air", 65_000, 31_000, nil},
		{"JET-250", "Pompa Jet 250", "Pompa air", 1_185_000, 890_000, []string{"complement GR-24", "complement FLX-1"}},
		{"JET-375", "Pompa Jet 375", "Pompa air", 1_720_000, 1_250_000, nil},
		{"GR-24", "Garansi tambahan pompa", "Layanan", 190_000, 60_000, nil},
		{"FLX-1", "Selang fleksibel 1 inci", "Pipa", 48_000, 22_000, nil},
		{"KRN-2", "Kran taman kuningan", "Pipa", 72_000, 40_000, nil},
		{"TND-500", "Tandon air 500 liter", "Tandon", 865_000, 690_000, nil},
	}
	who := db.Who{User: s.admin.ID, Name: s.admin.Name}
	s.write(who, func(ctx context.Context, tx *db.Tx) error {
		made := map[string]*catalog.Product{}
		var list []*catalog.Product
		for _, g := range goods {
			price, cost := money.Price(g.price*1e6), money.Price(g.cost*1e6)
			p := &catalog.Product{Code: g.code, NameID: g.name, Family: g.family, Price: &price, Cost: &cost, Currency: "IDR"}
			made[g.code], list = p, append(list, p)
		}
		if err := catalog.CreateMany(ctx, tx, list); err != nil {
			return err
		}
		for _, g := range goods {
			if len(g.links) == 0 {
				continue
			}
			_, err := catalog.Update(ctx, tx, made[g.code].ID, 0, func(p *catalog.Product) error {
				for _, l := range g.links {
					_, code, _ := strings.Cut(l, " ")
					p.Links = append(p.Links, catalog.Link{Kind: catalog.Complement, Other: made[code].ID})
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		many := make([]*customers.Customer, 420)
		for i := range many {
			many[i] = &customers.Customer{Kind: customers.Organization, Name: fmt.Sprintf("Toko Tirta %d", i), Owner: s.admin.ID}
		}
		many[0].Name, many[1].Name = "CV Tirta Berkah Abadi", "Hotel Puri Melati"
		if err := customers.CreateMany(ctx, tx, many); err != nil {
			return err
		}
		regular, silent = many[0].ID, many[1].ID
		var all []*orders.Order
		for i, m := range many {
			stops := 0
			if i == 1 || i%4 == 3 {
				stops = 200 // days ago
			}
			for n := range 14 {
				day := 5 + i%23 + n*31
				if day < stops {
					continue
				}
				o := &orders.Order{Customer: m.ID, At: tx.Now.AddDate(0, 0, -day), Currency: "IDR", Status: orders.Delivered, Channel: "whatsapp"}
				add := func(code string, q int64) {
					p := made[code]
					o.Lines = append(o.Lines, orders.Line{Product: p.ID, Code: code, Quantity: orders.Quantity(q) * orders.One, Price: *p.Price})
				}
				if i%3 != 2 {
					add("FRO-5", 8+int64(i%5))
					if i != 0 && (i+n)%2 == 0 {
						add("KRB-10", 20)
					}
					if i != 0 && n%6 == 1 {
						add("MEM-75", 6)
					}
				}
				if i%3 != 1 && n%3 == 0 {
					add("JET-250", 3)
					if i != 0 && i%5 > 1 {
						add("FLX-1", 10)
					}
				}
				if i%7 == 0 && n == 4 {
					add("TND-500", 1)
				}
				if i%3 == 2 && n%4 == 2 {
					add("KRN-2", 12)
				}
				if len(o.Lines) == 0 {
					continue
				}
				if err := o.Normalize("IDR"); err != nil {
					return err
				}
				all = append(all, o)
			}
		}
		if err := orders.Insert(ctx, tx, all); err != nil {
			return err
		}
		orders.ChangedMany(ctx, tx)
		set := insights.DefaultSettings()
		set.Holdout = 0 // whom we look at is left alone by nobody
		return insights.SaveSettings(ctx, tx, set)
	})
	if _, err := insights.Run(s.t.Context(), s.app.DB, insights.RunOptions{}); err != nil {
		s.t.Fatal(err)
	}
	return regular, silent
}

// scare makes the signal of a customer red: customers as regular as these don't
// show which rules of signals hold.
func (s *site) scare(customer ids.ID) {
	s.t.Helper()
	err := s.app.DB.Write(s.t.Context(), db.Op{}, func(tx *db.Tx) error {
		_, err := tx.Exec(s.t.Context(), `
			UPDATE customer_fact SET signal = 'red', why = 'fact.why.lost_top', why_args = '["n",31,"days",224]' WHERE customer_id = $1`, customer)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// What is offered on a customer's page is taken, put off and undone, and goes
// into an order together with what goes with it.
func TestOffersAreMade(t *testing.T) {
	s := newSite(t, filepath.Join(t.TempDir(), "akrab.db"))
	s.staff()
	regular, silent := s.waterShop()
	s.signedIn(s.admin, locale.ID)
	w := s.browse(t, locale.ID)
	w.looks = []string{"desktop light", "phone light", "desktop dark", "phone dark"}
	w.own()
	w.signIn(s.admin.Email)

	w.Open("/customers/" + regular.String())
	w.Read("offer.panel")
	w.Look("offers")
	title := w.Text("article.offer h3")
	w.Click(w.T("offer.dismiss", "title", title))
	w.See("30 hari")
	w.Look("offers-put-off")
	w.Tap("offer.never")
	w.See("tidak ditawarkan lagi")
	w.Unsee(title)
	w.Open("/customers/" + regular.String())
	w.Tap("offer.make")
	w.See("diterima")
	w.Tap("offer.order")
	w.WaitPath("/orders/new")

	s.scare(silent)
	w.Open("/customers/" + silent.String())
	w.See(w.T("offer.title.silence"))
	w.Look("offers-silent")

	w.Open("/orders/new?product=" + s.product("JET-250").String() + "&customer=" + regular.String())
	w.Read("offer.counter")
	w.Look("offers-counter")
}

// The same without script: forms and links alone.
func TestOffersWithoutScript(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.staff()
		regular, _ := s.waterShop()
		c := s.signedIn(s.admin, locale.ID)
		page := "/customers/" + regular.String()
		a := c.get(page)
		form := firstOffer(a.body)
		if form == "" {
			t.Fatalf("no offer on the page:\n%s", a.body)
		}
		var told []int // how often the list of operations says it
		for _, outcome := range []string{"later", "later", "accept", "never"} {
			if got := c.post(form, url.Values{"outcome": {outcome}, "back": {page}}); got.code != 303 || got.header.Get("Location") != page {
				t.Fatalf("%s: %d to %s", outcome, got.code, got.header.Get("Location"))
			}
			told = append(told, strings.Count(c.get("/operations").body, "ditunda 30 hari"))
		}
		if told[0] == 0 || told[1] != told[0] {
			t.Errorf("a button that was pressed once and twice is told %d and %d times", told[0], told[1])
		}
		if strings.Contains(c.get(page).body, form) {
			t.Error("offered again after never")
		}
		if got := c.post(form, url.Values{"outcome": {"maybe"}}); got.code != 422 {
			t.Errorf("an outcome that is none: %d", got.code)
		}
		if got := c.post("/offers/"+ids.New(s.app.DB.Now()).String()+"/outcome", url.Values{"outcome": {"never"}}); got.code != 404 {
			t.Errorf("an offer that is none: %d", got.code)
		}

		// An order: the first line brings offers, one of which becomes a line.
		lines := url.Values{"lines.0.product": {"Pompa Jet 250 · JET-250"}, "lines.0.quantity": {"1"}, "add": {"lines"}}
		a = c.post("/orders/new", lines)
		_, rest, ok := strings.Cut(a.body, `value="offer.`)
		if !ok {
			t.Fatalf("nothing is offered along with a pump:\n%s", a.body)
		}
		value, _, _ := strings.Cut(rest, `"`)
		lines.Set("add", "offer."+value)
		a = c.post("/orders/new", lines)
		offer, _, _ := strings.Cut(value, ".")
		if !strings.Contains(a.body, `name="offer" value="`+offer) || !strings.Contains(a.body, "lines.1.product") {
			t.Errorf("the offer is no line:\n%s", a.body)
		}
	})
}

func firstOffer(body string) string {
	_, rest, ok := strings.Cut(body, `<form method="post" action="/offers/`)
	if !ok {
		return ""
	}
	id, _, _ := strings.Cut(rest, `"`)
	return "/offers/" + id
}

func (s *site) product(code string) (id ids.ID) {
	s.t.Helper()
	err := s.app.DB.Read(s.t.Context(), db.Who{}, func(tx *db.Tx) error {
		found, err := catalog.ByCode(s.t.Context(), tx, []string{code})
		id = found[code].ID
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}
