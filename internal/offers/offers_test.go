package offers_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/offers"
	"github.com/akrab-crm/akrab/internal/team"
)

// Every offer says why, in both languages, and its counts are those of the
// orders, counted again by SQL.
func TestReasonsCanBeCountedAgain(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		s := newShop(t, d, 400, true)
		seen := map[offers.ReasonKind]int{}
		for i, c := range s.customers {
			var basket []ids.ID
			if i%3 == 0 {
				basket = []ids.ID{s.products[i%len(s.products)]}
			}
			a := s.ask(offers.Ask{Customer: c, Basket: basket, Place: offers.Counter})
			if len(a.Due) > 3 || len(a.New) > 3 {
				t.Fatalf("%d and %d offers", len(a.Due), len(a.New))
			}
			for _, o := range a.All() {
				s.told(o)
				for _, r := range o.Reasons {
					seen[r.Kind]++
					if seen[r.Kind] <= 40 {
						s.recount(o, &r)
					}
				}
			}
		}
		for _, k := range []offers.ReasonKind{offers.Rhythm, offers.Again, offers.With, offers.After, offers.Basket, offers.Seller, offers.Silence} {
			if seen[k] == 0 {
				t.Errorf("no offer has a reason of kind %s", k)
			}
		}
	})
}

// told checks what people read of an offer.
func (s *shop) told(o *offers.Offer) {
	s.t.Helper()
	for _, lang := range []locale.Lang{locale.ID, locale.EN} {
		text := o.Because(printer(s.t, lang))
		if text == "" || strings.ContainsAny(text, "⟦{") || !strings.HasSuffix(text, ".") || strings.ContainsAny(o.Title(printer(s.t, lang)), "⟦{") {
			s.t.Errorf("%s: %q", o.Kind, text)
		}
	}
	if o.Chance < 0 || o.Chance > 1 || math.IsNaN(o.Chance) || o.Propensity <= 0 || o.Propensity > 1 || o.Value.Minor < 0 {
		s.t.Errorf("chance %v, propensity %v, value %d", o.Chance, o.Propensity, o.Value.Minor)
	}
}

func (s *shop) recount(o *offers.Offer, r *offers.Reason) {
	s.t.Helper()
	var both, buyers, usual, of int64
	s.read(func(tx *db.Tx) (err error) {
		one := func(into *int64, v int64, e error) {
			*into = v
			if err == nil {
				err = e
			}
		}
		ctx := s.t.Context()
		switch r.Kind {
		case offers.With, offers.Seller:
			n, e := db.Get(ctx, tx, db.One[int64], `
				SELECT COUNT(DISTINCT a.customer_id) FROM sales_order a JOIN order_line l ON l.order_id = a.id JOIN sales_order b ON b.customer_id = a.customer_id
				JOIN order_line m ON m.order_id = b.id WHERE l.product_id = $1 AND m.product_id = $2`, r.Product.ID, o.Product.ID)
			one(&both, n, e)
			n, e = db.Get(ctx, tx, db.One[int64], `
				SELECT COUNT(DISTINCT o.customer_id) FROM sales_order o JOIN order_line l ON l.order_id = o.id WHERE l.product_id = $1`, r.Product.ID)
			one(&buyers, n, e)
			n, e = db.Get(ctx, tx, db.One[int64], `
				SELECT COUNT(DISTINCT o.customer_id) FROM sales_order o JOIN order_line l ON l.order_id = o.id WHERE l.product_id = $1`, o.Product.ID)
			one(&usual, n, e)
			n, e = db.Get(ctx, tx, db.One[int64], `SELECT COUNT(DISTINCT o.customer_id) FROM sales_order o JOIN order_line l ON l.order_id = o.id`)
			one(&of, n, e)
		case offers.Basket:
			n, e := db.Get(ctx, tx, db.One[int64], `
				SELECT COUNT(DISTINCT l.order_id) FROM order_line l JOIN order_line m ON m.order_id = l.order_id WHERE l.product_id = $1 AND m.product_id = $2`,
				r.Product.ID, o.Product.ID)
			one(&both, n, e)
			n, e = db.Get(ctx, tx, db.One[int64], `SELECT COUNT(DISTINCT order_id) FROM order_line WHERE product_id = $1`, r.Product.ID)
			one(&buyers, n, e)
			n, e = db.Get(ctx, tx, db.One[int64], `SELECT COUNT(DISTINCT order_id) FROM order_line WHERE product_id = $1`, o.Product.ID)
			one(&usual, n, e)
			n, e = db.Get(ctx, tx, db.One[int64], `SELECT COUNT(DISTINCT order_id) FROM order_line`)
			one(&of, n, e)
		case offers.After:
			// Whose first purchase of the offered one came within 90 days after, and not on the day of, the first of the other.
			n, e := db.Get(ctx, tx, db.One[int64], `
				SELECT COUNT(*) FROM (
					SELECT o.customer_id AS c,
						MIN(CASE WHEN l.product_id = $1 THEN (o.ordered_at + 25200000) / 86400000 END) AS x,
						MIN(CASE WHEN l.product_id = $2 THEN (o.ordered_at + 25200000) / 86400000 END) AS y
					FROM sales_order o JOIN order_line l ON l.order_id = o.id WHERE l.product_id IN ($1, $2) GROUP BY o.customer_id) t
				WHERE y > x AND y <= x + 90`, r.Product.ID, o.Product.ID)
			one(&both, n, e)
			n, e = db.Get(ctx, tx, db.One[int64], `
				SELECT COUNT(DISTINCT o.customer_id) FROM sales_order o JOIN order_line l ON l.order_id = o.id WHERE l.product_id = $1`, r.Product.ID)
			one(&buyers, n, e)
		default:
			both, buyers, usual, of = r.Both, r.Buyers, r.Usual, r.Of
		}
		return err
	})
	if r.Kind == offers.Seller {
		both, buyers = 0, 0
	}
	if r.Both != both || r.Buyers != buyers || r.Usual != usual || r.Of != of {
		s.t.Errorf("%s: %s because of %s: %d of %d, %d of %d; counted again %d of %d, %d of %d",
			r.Kind, o.Product.Code, r.Product.Code, r.Both, r.Buyers, r.Usual, r.Of, both, buyers, usual, of)
	}
}

// What was ordered a moment ago is known: it is not offered as something new,
// and it is not due any more.
func TestAnOrderOfAMomentAgo(t *testing.T) {
	s := newShop(t, dbtest.Open(t, modules...), 400, true)
	tried := 0
	for _, c := range s.customers {
		a := s.ask(offers.Ask{Customer: c})
		if len(a.New) == 0 || len(a.Due) == 0 || tried == 5 {
			continue
		}
		tried++
		fresh, due := a.New[0].Product.ID, a.Due[0].Product.ID
		s.sell(s.order(c, dbtest.Now.Add(-time.Second), fresh, due))
		for _, o := range s.ask(offers.Ask{Customer: c}).All() {
			if o.Product.ID == fresh || o.Product.ID == due {
				t.Errorf("%s is offered a second after it was bought: %s", o.Product.Code, o.Because(printer(t, locale.EN)))
			}
		}
	}
	if tried == 0 {
		t.Fatal("nobody was offered anything")
	}
}

// A shop of which nothing can be learned yet gets no odds.
func TestThinData(t *testing.T) {
	s := newShop(t, dbtest.Open(t, modules...), 30, false)
	if a := s.ask(offers.Ask{Customer: s.customers[0]}); len(a.All()) != 0 || a.Run != 0 {
		t.Errorf("before the first run: %+v", a)
	}
	s.learn()
	n := 0
	for _, c := range s.customers {
		for _, o := range s.ask(offers.Ask{Customer: c}).All() {
			n++
			s.told(o)
			if o.Known || o.Chance != 0 || o.Value.Minor != 0 {
				t.Errorf("%s has odds: %v, %v", o.Product.Code, o.Chance, o.Value)
			}
		}
	}
	if n == 0 {
		t.Error("nothing is offered")
	}
	if a := s.ask(offers.Ask{Basket: s.products[:1]}); !a.Thin {
		t.Error("it is not said that data are too few")
	}
	if a := newShop(t, dbtest.Open(t, modules...), 400, true).ask(offers.Ask{}); a.Thin {
		t.Error("it is said of a larger shop that its data are too few")
	}
}

// What was given for nothing is owned, though it was not bought.
func TestGiftsAreOwned(t *testing.T) {
	s := newShop(t, dbtest.Open(t, modules...), 400, true)
	c, o := s.someone()
	gift := s.order(c, dbtest.Now.Add(-time.Hour), o.Product.ID)
	gift.Lines[0].Price = 0
	s.sell(gift)
	for _, x := range s.ask(offers.Ask{Customer: c}).All() {
		if x.Product.ID == o.Product.ID {
			t.Errorf("%s is offered as %s to who was given it: %s", x.Product.Code, x.Kind, x.Because(printer(t, locale.EN)))
		}
	}
}

// Nothing is sold without the least margin: not to somebody whom nobody knows
// either, and not in a currency that the models don't count in.
func TestLeastMarginHoldsForEverybody(t *testing.T) {
	s := newShop(t, dbtest.Open(t, modules...), 400, true)
	ctx := t.Context()
	offered := func(product ids.ID) (n int) {
		for _, c := range append([]ids.ID{{}}, s.customers...) {
			for _, b := range s.products[:perKind] {
				for _, o := range s.ask(offers.Ask{Customer: c, Basket: []ids.ID{b}}).All() {
					if o.Kind != offers.Recover && (product.IsZero() || o.Product.ID == product) {
						n++
					}
				}
				if !c.IsZero() {
					break
				}
			}
		}
		return n
	}
	product := s.products[1]
	if offered(product) == 0 {
		t.Fatal("it is never offered")
	}
	s.write(func(tx *db.Tx) error {
		_, err := catalog.Update(ctx, tx, product, 0, func(p *catalog.Product) error {
			price, cost := money.Price(10e6), money.Price(12e6)
			p.Currency, p.Price, p.Cost = "USD", &price, &cost
			return nil
		})
		return err
	})
	if n := offered(product); n > 0 {
		t.Errorf("offered %d times below its cost", n)
	}
	s.write(func(tx *db.Tx) error {
		set, err := insights.GetSettings(ctx, tx)
		if err != nil {
			return err
		}
		set.MinMargin = 400_000 // all have 300,000
		return insights.SaveSettings(ctx, tx, set)
	})
	if n := offered(ids.ID{}); n > 0 {
		t.Errorf("%d offers below the least margin", n)
	}
}

func TestSettle(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		s := newShop(t, d, 400, true)
		c, o := s.someone()
		ctx := t.Context()
		var got offers.Settled
		settle := func(id ids.ID, v offers.Verdict) ids.ID {
			t.Helper()
			return s.write(func(tx *db.Tx) (err error) {
				got, err = offers.Settle(ctx, tx, id, v)
				return err
			})
		}
		offered := func() bool {
			return slices.ContainsFunc(s.ask(offers.Ask{Customer: c}).All(), func(x *offers.Offer) bool { return x.Product.ID == o.Product.ID })
		}

		op := settle(o.ID, offers.Verdict{Outcome: offers.Later, Why: " masih ada stok "})
		if got.Outcome != offers.Later || got.Why != "masih ada stok" || got.Product.Code != o.Product.Code || math.Abs(got.Chance-o.Chance) > 1e-6 {
			t.Errorf("settled as %+v", got)
		}
		if offered() {
			t.Error("offered again after later")
		}
		rev := got.Rev
		if settle(o.ID, offers.Verdict{Outcome: offers.Later}); got.Rev != rev {
			t.Error("saying the same again changed something")
		}
		if _, err := journal.Undo(ctx, d, db.Who{}, op, nil); err != nil {
			t.Fatal(err)
		}
		if !offered() {
			t.Error("not offered after the refusal was undone")
		}

		settle(o.ID, offers.Verdict{Outcome: offers.Later})
		op = settle(o.ID, offers.Verdict{Outcome: offers.Never})
		if got.Outcome != offers.Never {
			t.Errorf("outcome %s", got.Outcome)
		}
		now := d.Now()
		d.Now = func() time.Time { return now.AddDate(0, 0, 31) }
		if offered() {
			t.Error("offered 31 days after never")
		}
		d.Now = func() time.Time { return now }
		if _, err := journal.Undo(ctx, d, db.Who{}, op, nil); err != nil {
			t.Fatal(err)
		}
		var again offers.Settled
		s.write(func(tx *db.Tx) (err error) {
			again, err = offers.Settle(ctx, tx, o.ID, offers.Verdict{Outcome: offers.Later})
			return err
		})
		if again.Rev <= rev {
			t.Errorf("revision went from %d to %d", rev, again.Rev)
		}

		for _, v := range []offers.Verdict{{Outcome: "maybe"}, {Outcome: offers.Never, Why: strings.Repeat("x", 501)}, {Outcome: offers.Never, Why: "a\x00"}, {Outcome: offers.Accepted, Order: ids.New(now)}} {
			err := d.Write(ctx, db.Op{Why: "offer.answer.never"}, func(tx *db.Tx) error { _, err := offers.Settle(ctx, tx, o.ID, v); return err })
			if errs.KindOf(err) != errs.Invalid {
				t.Errorf("%+v: %v", v, err)
			}
		}
		err := d.Write(ctx, db.Op{Why: "offer.answer.never"}, func(tx *db.Tx) error {
			_, err := offers.Settle(ctx, tx, ids.New(now), offers.Verdict{Outcome: offers.Never})
			return err
		})
		if errs.KindOf(err) != errs.NotFound {
			t.Errorf("of an offer that was never shown: %v", err)
		}
	})
}

// someone returns a customer and an offer of a product to them, which was shown.
func (s *shop) someone() (ids.ID, *offers.Offer) {
	s.t.Helper()
	for _, c := range s.customers {
		a := s.ask(offers.Ask{Customer: c})
		if a.Recover == nil && len(a.New) > 0 && a.New[0].Known && !a.New[0].Explored {
			s.desk.Shown(s.d, ids.ID{}, a.All())
			s.desk.Flush(s.t.Context())
			return c, &a.New[0]
		}
	}
	s.t.Fatal("nobody is offered anything new")
	return ids.ID{}, nil
}

// What was shown a moment ago can be answered at once: in a transaction, and
// after what another process shows is awaited.
func TestShownThisMoment(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		s := newShop(t, d, 400, true)
		c, _ := s.someone()
		a := s.ask(offers.Ask{Customer: c, Place: offers.Counter})
		if len(a.All()) < 2 {
			t.Fatal("too few offers")
		}
		one, other := a.All()[0].ID, a.All()[1].ID
		s.desk.Shown(d, ids.ID{}, a.All()[:1])
		s.write(func(tx *db.Tx) error {
			if err := s.desk.NoteWaiting(t.Context(), tx, []ids.ID{one}); err != nil {
				return err
			}
			_, err := offers.Settle(t.Context(), tx, one, offers.Verdict{Outcome: offers.Accepted})
			return err
		})
		(&offers.Desk{}).Shown(d, ids.ID{}, a.All()[1:2])
		s.desk.Await(t.Context(), d, other)
		s.write(func(tx *db.Tx) error {
			_, err := offers.Settle(t.Context(), tx, other, offers.Verdict{Outcome: offers.Later})
			return err
		})
	})
}

// What stands with a product and in the settings is respected at once: out of
// stock, not to be offered, sensitive, and the least margin.
func TestOfferingOfProducts(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		s := newShop(t, d, 400, true)
		ctx := t.Context()
		c, o := s.someone()
		set := func(id ids.ID, to catalog.Offering) {
			t.Helper()
			s.write(func(tx *db.Tx) error {
				_, err := catalog.Update(ctx, tx, id, 0, func(p *catalog.Product) error { p.Offering = to; return nil })
				return err
			})
		}
		offered := func() (product, reason bool) {
			t.Helper()
			for _, v := range s.ask(offers.Ask{Customer: c}).All() {
				product = product || v.Product.ID == o.Product.ID
				reason = reason || v.Reasons[0].Product.ID == o.Reasons[0].Product.ID
			}
			return product, reason
		}
		for _, to := range catalog.Offerings {
			set(o.Product.ID, to)
			if product, _ := offered(); product {
				t.Errorf("%s is offered though it is %q", o.Product.Code, to)
			}
		}
		set(o.Product.ID, catalog.Offered)
		product, reason := offered()
		if !product || !reason {
			t.Fatalf("it is offered again: %t, for its reason: %t", product, reason)
		}
		set(o.Reasons[0].Product.ID, catalog.Sensitive)
		if _, reason := offered(); reason {
			t.Errorf("%s, which is sensitive, is a reason", o.Reasons[0].Product.Code)
		}
		set(o.Reasons[0].Product.ID, catalog.Offered)
		s.write(func(tx *db.Tx) error {
			now, err := insights.GetSettings(ctx, tx)
			if err != nil {
				return err
			}
			now.MinMargin = 900_000
			return insights.SaveSettings(ctx, tx, now)
		})
		if list := s.ask(offers.Ask{Customer: c}); len(list.New)+len(list.Due) > 0 {
			t.Errorf("offers with a margin below nine tenths: %v", list.All())
		}

	})
}

// What is shown is noted once, by whoever notes it.
func TestShownOnce(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		s := newShop(t, d, 400, true)
		c, _ := s.someone()
		a := s.ask(offers.Ask{Customer: c})
		s.desk.Shown(d, ids.ID{}, a.All())
		(&offers.Desk{}).Shown(d, ids.ID{}, a.All()) // another process
		s.write(func(tx *db.Tx) error { return offers.Note(t.Context(), tx, a.All()) })
		s.desk.Flush(t.Context())
		s.read(func(tx *db.Tx) error {
			n, err := db.Get(t.Context(), tx, db.One[int], `SELECT COUNT(*) FROM offer_shown`)
			if n != len(a.All()) {
				t.Errorf("%d rows of %d offers", n, len(a.All()))
			}
			return err
		})
	})
}

// Who may not see a customer isn't told what to offer them.
func TestSight(t *testing.T) {
	s := newShop(t, dbtest.Open(t, modules...), 30, false)
	owner := team.User{Name: "Sari", Email: "sari@example.co.id"}
	s.write(func(tx *db.Tx) error {
		role := team.Role{Name: "Agen"}
		if err := team.CreateRole(t.Context(), tx, &role); err != nil {
			return err
		}
		owner.RoleID = role.ID
		if err := team.CreateUser(t.Context(), tx, &owner, team.Password{}); err != nil {
			return err
		}
		_, err := customers.Update(t.Context(), tx, s.customers[0], 0, func(c *customers.Customer) error { c.Owner = owner.ID; return nil })
		return err
	})
	for who, want := range map[db.Who]errs.Kind{{User: ids.New(dbtest.Now), Sight: db.SeeOwn}: errs.NotFound, {User: owner.ID, Sight: db.SeeOwn}: errs.Internal} {
		err := s.d.Read(t.Context(), who, func(tx *db.Tx) error {
			_, err := s.desk.For(t.Context(), tx, offers.Ask{Customer: s.customers[0]})
			return err
		})
		if (err == nil) != (want == errs.Internal) || err != nil && errs.KindOf(err) != want {
			t.Errorf("%v: %v", who, err)
		}
	}
}

// The catalogue's links are offered with a reason of their own, and a warranty
// is called so.
func TestLinks(t *testing.T) {
	s := newShop(t, dbtest.Open(t, modules...), 400, true)
	ctx := t.Context()
	part, better, safe := product("SUKU", "Suku cadang", "", 10_000, 4_000), product("PRO", "Keluarga 0", "9", 90_000, 50_000), product("GR", "Layanan", "", 25_000, 5_000)
	safe.NameID = "Garansi tambahan"
	s.write(func(tx *db.Tx) error {
		for _, p := range []*catalog.Product{part, better, safe} {
			if err := catalog.Create(ctx, tx, p); err != nil {
				return err
			}
		}
		_, err := catalog.Update(ctx, tx, s.products[0], 0, func(p *catalog.Product) error {
			p.Links = []catalog.Link{{Kind: catalog.Complement, Other: part.ID}, {Kind: catalog.Upgrade, Other: better.ID}, {Kind: catalog.Complement, Other: safe.ID}}
			return nil
		})
		return err
	})
	s.desk.Stock = func(_ context.Context, _ *db.Tx, list []ids.ID) (map[ids.ID]bool, error) {
		return map[ids.ID]bool{part.ID: true, better.ID: true, safe.ID: true}, nil // nothing else is there
	}
	got := map[offers.Kind]string{}
	for _, o := range s.ask(offers.Ask{Basket: []ids.ID{s.products[0]}, Place: offers.Counter}).New {
		got[o.Kind] = o.Product.Code
		s.told(&o)
		if o.Known {
			t.Errorf("%s has odds, from nowhere", o.Product.Code)
		}
	}
	if got[offers.Complement] != "SUKU" || got[offers.Upgrade] != "PRO" || got[offers.Warranty] != "GR" {
		t.Errorf("offered %v", got)
	}
}

// Offers of who belongs to the control group say so, and are not pushed.
func TestHeld(t *testing.T) {
	s := newShop(t, dbtest.Open(t, modules...), 400, true)
	held := 0
	for _, c := range s.customers {
		a := s.ask(offers.Ask{Customer: c})
		if !a.Held {
			continue
		}
		held++
		for _, o := range a.All() {
			if !o.Held {
				t.Error("an offer does not say that the customer is held")
			}
		}
		if a := s.ask(offers.Ask{Customer: c, Place: offers.Portal}); len(a.Due)+len(a.New) > 0 || a.Silent == "" {
			t.Error("something is pushed to a held customer")
		}
	}
	if held < 5 || held > 50 {
		t.Errorf("%d of 400 are held", held)
	}
}

// A share of contacts explores, and the propensities are those of what is shown.
func TestExploration(t *testing.T) {
	s := newShop(t, dbtest.Open(t, modules...), 400, true)
	explored, contacts := 0, 0
	now := dbtest.Now
	for day := range 10 {
		s.d.Now = func() time.Time { return now.AddDate(0, 0, day) }
		for _, c := range s.customers {
			a := s.ask(offers.Ask{Customer: c})
			if len(a.New) < 3 || a.New[0].Propensity == 1 {
				continue
			}
			contacts++
			if a.New[0].Explored {
				explored++
			}
			for _, o := range a.New {
				if o.Propensity < .05*3/10-1e-9 || !o.Explored && o.Propensity < .95 {
					t.Fatalf("explored %v with propensity %v", o.Explored, o.Propensity)
				}
			}
		}
	}
	if share := float64(explored) / float64(contacts); contacts < 200 || share < .02 || share > .09 {
		t.Errorf("%d of %d contacts explored", explored, contacts)
	}
}

// Once enough offers were answered, odds are what became of them.
func TestOddsFromAnswers(t *testing.T) {
	s := newShop(t, dbtest.Open(t, modules...), 400, true)
	c, o := s.someone()
	before := o.Chance
	s.write(func(tx *db.Tx) error {
		for i := range 600 {
			outcome := offers.Never
			if i%4 == 0 {
				outcome = offers.Accepted
			}
			if _, err := tx.Exec(t.Context(), `
				INSERT INTO offer (id, product_id, kind, place, shown_at, rank, chance, foreseen, value, currency, reason, propensity, explored, held, run, outcome, outcome_at, why, created_op)
				VALUES ($1, $2, $3, 'page', 1, 1, $4, $4, 0, 'IDR', '[]', 1000000, FALSE, FALSE, 1, $5, 1, '', $6)`,
				ids.New(tx.Now), o.Product.ID, o.Kind, int64(before*1e6+.5), outcome, tx.Op); err != nil {
				return err
			}
		}
		return offers.LearnOdds(t.Context(), tx)
	})
	for _, x := range s.ask(offers.Ask{Customer: c}).New {
		if x.Product.ID == o.Product.ID && math.Abs(x.Chance-.25) > 1e-6 {
			t.Errorf("chance %v after a quarter of 600 accepted, %v before", x.Chance, before)
		}
	}
}

func BenchmarkFor(b *testing.B) {
	s := newShop(b, dbtest.Open(b, modules...), 400, true)
	n := 0
	for b.Loop() {
		s.ask(offers.Ask{Customer: s.customers[n%len(s.customers)]})
		n++
	}
}
