package offers_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/offers"
)

// contacts is how many random contacts are tried; fewer where each costs much.
func contacts() int {
	if testing.Short() || raceEnabled {
		return 5_000
	}
	return 100_000
}

// rules is what may not be offered to whom, known by the test on its own.
type rules struct {
	s         *shop
	unsold    map[ids.ID]bool            // archived, or sold without a margin
	margin    map[ids.ID]float64         // part of the price
	refused   map[ids.ID]map[ids.ID]bool // by customer: never, or later a short while ago
	consents  map[ids.ID]map[string]bool // by customer and channel
	archived  map[ids.ID]bool            // customers
	sensitive map[ids.ID]bool            // products of which nothing is concluded
	red       map[ids.ID]bool            // customers whose signal says that something is wrong
}

// TestNothingForbiddenIsOffered asks for offers in random contacts, under
// random guards, and checks every offer against what the test knows.
func TestNothingForbiddenIsOffered(t *testing.T) {
	s := newShop(t, dbtest.Open(t, modules...), 400, true)
	r := s.forbid()
	n, workers := contacts(), 4
	var wg sync.WaitGroup
	var mu sync.Mutex
	shown, silent, recovered := 0, 0, 0
	for w := range workers {
		wg.Go(func() {
			dice := rand.New(rand.NewPCG(uint64(w), 4))
			for range n / workers {
				a, b, c := r.contact(dice)
				mu.Lock()
				shown, silent, recovered = shown+a, silent+b, recovered+c
				mu.Unlock()
				if t.Failed() {
					return
				}
			}
		})
	}
	wg.Wait()
	t.Logf("%d contacts: %d offers, %d kept back, %d to put right first", n, shown, silent, recovered)
	if shown < n || silent < n/20 || recovered < n/50 {
		t.Errorf("%d offers, %d kept back, %d to put right first: the test tries too little", shown, silent, recovered)
	}
}

// forbid makes some products unsellable, some customers refuse, and others
// archived or in trouble.
func (s *shop) forbid() *rules {
	s.t.Helper()
	ctx := s.t.Context()
	r := &rules{s: s, unsold: map[ids.ID]bool{}, margin: map[ids.ID]float64{}, refused: map[ids.ID]map[ids.ID]bool{},
		consents: map[ids.ID]map[string]bool{}, archived: map[ids.ID]bool{}, sensitive: map[ids.ID]bool{}, red: map[ids.ID]bool{}}
	dice := rand.New(rand.NewPCG(1, 4))
	s.write(func(tx *db.Tx) error {
		for i, p := range s.products {
			_, err := catalog.Update(ctx, tx, p, 0, func(p *catalog.Product) error {
				margin := dice.Float64() - .15
				price, cost := money.Price(50_000e6), money.Price(50_000e6*(1-margin))
				p.Price, p.Cost, p.Archived = &price, &cost, i%9 == 0
				if i%11 == 5 {
					p.Offering = catalog.Offerings[i/11%3]
				}
				r.sensitive[p.ID] = p.Offering == catalog.Sensitive
				r.unsold[p.ID], r.margin[p.ID] = p.Archived || p.Offering != catalog.Offered || cost >= price, 1-float64(cost)/float64(price)
				return nil
			})
			if err != nil {
				return err
			}
		}
		for i, c := range s.customers {
			r.refused[c], r.consents[c] = map[ids.ID]bool{}, map[string]bool{}
			for range dice.IntN(6) {
				product := s.products[dice.IntN(len(s.products))]
				outcome, age := offers.Outcomes[dice.IntN(3)], dice.IntN(60)
				if outcome == offers.Never || age < 30 {
					r.refused[c][product] = true
				}
				if _, err := tx.Exec(ctx, `
					INSERT INTO offer (id, customer_id, product_id, kind, place, shown_at, rank, currency, reason, propensity, explored, held, run, outcome, outcome_at, why, created_op)
					VALUES ($1, $2, $3, 'new', 'page', 1, 1, '', '[]', 1000000, FALSE, FALSE, 1, $4, $5, '', $6)`,
					ids.New(tx.Now), c, product, outcome, tx.Now.AddDate(0, 0, -age).UnixMilli(), tx.Op); err != nil {
					return err
				}
			}
			_, err := customers.Update(ctx, tx, c, 0, func(v *customers.Customer) error {
				for j, channel := range []string{"phone", "email", "whatsapp"} {
					if dice.Float64() < .3 {
						yes := dice.Float64() < .5
						v.Consents = append(v.Consents, customers.Consent{Channel: channel, Purpose: "marketing", Granted: yes, Source: "Formulir", At: tx.Now.AddDate(0, 0, j-9)})
						r.consents[c][channel] = yes
					}
				}
				v.Archived = i%25 == 0
				r.archived[c] = v.Archived
				return nil
			})
			if err != nil {
				return err
			}
			if i%13 == 0 {
				n, err := tx.Exec(ctx, `UPDATE customer_fact SET signal = 'red', why = 'fact.why.complaint', why_args = '[]' WHERE customer_id = $1`, c)
				if err != nil {
					return err
				}
				r.red[c] = n == 1 // who never ordered has no facts
			}
		}
		return nil
	})
	return r
}

// guards are those of one contact, with what they say.
type guards struct {
	offers.Guards
	complaint, consent bool
	gone, owned, taboo map[ids.ID]bool
}

func (r *rules) guards(dice *rand.Rand) *guards {
	some := func(share float64) map[ids.ID]bool {
		m := map[ids.ID]bool{}
		for _, p := range r.s.products {
			if dice.Float64() < share {
				m[p] = true
			}
		}
		return m
	}
	g := &guards{complaint: dice.Float64() < .05, consent: dice.Float64() < .95, gone: some(.3), owned: some(.1), taboo: some(.1)}
	g.Floor = []float64{0, 0, .1, .4}[dice.IntN(4)]
	g.Complaint = func(context.Context, *db.Tx, ids.ID) (string, []any, error) {
		if g.complaint {
			return "fact.why.complaint", nil, nil
		}
		return "", nil, nil
	}
	g.Consent = func(context.Context, *db.Tx, ids.ID, offers.Place) (bool, error) { return g.consent, nil }
	g.Stock = func(_ context.Context, _ *db.Tx, list []ids.ID) (map[ids.ID]bool, error) {
		m := map[ids.ID]bool{}
		for _, p := range list {
			m[p] = !g.gone[p]
		}
		return m, nil
	}
	g.Owned = func(context.Context, *db.Tx, ids.ID) ([]ids.ID, error) {
		var list []ids.ID
		for p := range g.owned {
			list = append(list, p)
		}
		return list, nil
	}
	g.Sensitive = func(_ context.Context, _ *db.Tx, list []ids.ID) (map[ids.ID]bool, error) {
		m := map[ids.ID]bool{}
		for _, p := range list {
			m[p] = g.taboo[p]
		}
		return m, nil
	}
	return g
}

// contact tries one, and returns how many offers were shown, whether they were
// kept back, and whether something has to be put right.
func (r *rules) contact(dice *rand.Rand) (shown, silent, recovered int) {
	s, t := r.s, r.s.t
	g := r.guards(dice)
	desk := &offers.Desk{Guards: g.Guards, Models: insights.Associations}
	ask := offers.Ask{Place: offers.Places[dice.IntN(len(offers.Places))], Limit: dice.IntN(5)}
	if dice.Float64() < .9 {
		ask.Customer = s.customers[dice.IntN(len(s.customers))]
	}
	basket := map[ids.ID]bool{}
	for range dice.IntN(3) {
		p := s.products[dice.IntN(len(s.products))]
		ask.Basket, basket[p] = append(ask.Basket, p), true
	}
	var a offers.Answer
	err := s.d.Read(t.Context(), db.Who{}, func(tx *db.Tx) (err error) { a, err = desk.For(t.Context(), tx, ask); return err })
	if err != nil {
		t.Error(err)
		return
	}
	list := append(append([]offers.Offer(nil), a.Due...), a.New...)
	wrong := func(o *offers.Offer, why string) {
		t.Errorf("%s %s to customer %s at %s: %s", o.Kind, o.Product.Code, o.Customer, o.Place, why)
	}
	if len(a.Due) > 3 || len(a.New) > 3 {
		t.Errorf("%d and %d offers", len(a.Due), len(a.New))
	}
	known := !ask.Customer.IsZero()
	for i := range list {
		o := &list[i]
		id := o.Product.ID
		switch {
		case known && (g.complaint || r.red[ask.Customer]):
			wrong(o, "something has to be put right first")
		case known && (!g.consent || r.archived[ask.Customer] || r.refuses(ask.Customer, ask.Place)):
			wrong(o, "no consent")
		case g.gone[id]:
			wrong(o, "not in stock")
		case r.unsold[id] || r.margin[id] <= g.Floor:
			wrong(o, fmt.Sprintf("a margin of %.2f, at least %.2f", r.margin[id], g.Floor))
		case o.Kind != offers.Due && known && (s.bought[ask.Customer][id] || g.owned[id]):
			wrong(o, "they have it")
		case basket[id]:
			wrong(o, "it lies in the basket")
		case known && r.refused[ask.Customer][id]:
			wrong(o, "they refused it")
		case g.taboo[id] || g.taboo[o.Reasons[0].Product.ID] || r.sensitive[o.Reasons[0].Product.ID]:
			wrong(o, "it is sensitive")
		case len(o.Reasons) == 0 || o.Reasons[0].Both != 0 && o.Reasons[0].Both < 10 || o.Reasons[0].Buyers != 0 && o.Reasons[0].Buyers < 10:
			wrong(o, "no evidence")
		}
	}
	if a.Silent != "" {
		silent = 1
	}
	if a.Recover != nil {
		recovered = 1
	}
	return len(list), silent, recovered
}

// refuses says whether a customer's own words forbid to offer something in a place.
func (r *rules) refuses(c ids.ID, p offers.Place) bool {
	said := r.consents[c]
	all := len(said) > 0
	for _, yes := range said {
		all = all && !yes
	}
	switch yes, asked := said[map[offers.Place]string{offers.Call: "phone", offers.Mail: "email"}[p]]; {
	case all, asked && !yes:
		return true
	case p == offers.Mail:
		return !yes
	}
	return false
}
