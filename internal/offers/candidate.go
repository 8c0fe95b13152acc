package offers

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights/kernel"
	"github.com/akrab-crm/akrab/internal/insights/learn"
)

// A candidate may become an offer.
type candidate struct {
	id      ids.ID
	kind    Kind
	known   bool    // there are odds
	chance  float64 // 0 … 1
	weight  float64 // by which the basket counts more than the past
	reason  Reason
	product Product
	pieces  float64 // expected
	unit    worth   // what one brings
	rank    float64 // by which lists are sorted
}

const (
	considered   = 12   // of the best of each source
	basketWeight = 3    // what lies in the basket says more than what was bought
	seldom       = .02  // a chance to buy again below which nothing is due
	hopeless     = .005 // a chance below which nothing new is offered
	minLift      = 1.1  // how many times the usual share is, at least, above chance
)

func odd(place Place, kind string, o *learn.Odds, x float64) (float64, bool) {
	p := o.At(string(place), kind, x)
	return p, p > 0
}

// number returns the number of a product in the models.
func (c *contact) number(id ids.ID) (int32, bool) {
	if c.m == nil {
		return 0, false
	}
	return c.m.Number(id)
}

// named returns what is shown of a product that the models know.
func (m *mind) named(i int32) Product {
	p := &m.Products[i]
	return Product{ID: p.ID, Code: p.Code, NameID: p.NameID, NameEN: p.NameEN, Family: p.Family}
}

// due returns what they usually buy and is due.
func (c *contact) due() []*candidate {
	if c.m.Gaps == nil {
		return nil
	}
	var bought []kernel.Purchase
	for _, id := range c.order {
		if i, ok := c.number(id); ok && !c.basket[id] && !c.shut[id] && !c.taboo[id] {
			h := c.bought[id]
			bought = append(bought, kernel.Purchase{Item: i, First: h.first, Last: h.last, Times: h.times})
		}
	}
	var list []*candidate
	for _, d := range c.m.Gaps.Due(bought, c.today, learn.ActiveDays, 2*considered) {
		p := c.m.named(d.Item)
		h := c.bought[p.ID]
		if d.Chance < seldom || c.m.Products[d.Item].Durable && h.times < 3 {
			continue
		}
		v := &candidate{id: p.ID, kind: Due, product: p, weight: 1, pieces: h.quantity / float64(h.times)}
		if v.chance, v.known = odd(c.ask.Place, "due", &c.m.Odds, d.Chance); !v.known {
			v.chance = d.Chance // by which they are ranked all the same
		}
		v.reason = Reason{Kind: Again, Day: dayText(h.last), Days: int64(math.Round(c.m.Gaps.Mean(d.Item)))}
		if h.times >= 3 {
			v.reason.Kind, v.reason.Days = Rhythm, int64(math.Round(float64(h.last-h.first)/float64(h.times-1)))
		}
		v.reason.Days = max(v.reason.Days, 1)
		list = append(list, v)
	}
	return list
}

// A shelf is the candidates for what is new for them, each product once.
type shelf struct {
	list []*candidate
	at   map[ids.ID]int
}

// put adds a candidate, or lets it replace one of the same product that says less.
func (s *shelf) put(v *candidate) {
	i, ok := s.at[v.id]
	if !ok {
		s.at[v.id] = len(s.list)
		s.list = append(s.list, v)
		return
	}
	was := s.list[i]
	if v.known && !was.known || v.known == was.known && v.chance*v.weight > was.chance*was.weight {
		if !v.known {
			v.known, v.chance = was.known, was.chance
		}
		s.list[i] = v
	}
}

// has reports whether a product is out of the question for what is new.
func (c *contact) has(id ids.ID) bool {
	return c.bought[id] != nil || c.given[id] || c.basket[id] || c.shut[id] || c.taboo[id]
}

// fresh returns what is new for them, by what customers like them bought.
func (c *contact) fresh() *shelf {
	s := &shelf{at: map[ids.ID]int{}}
	profile := c.profile()
	c.similar(s, profile)
	for _, id := range c.ask.Basket {
		if i, ok := c.number(id); ok && !c.taboo[id] {
			c.companions(s, i)
			c.upgrades(s, profile, i, "")
		}
	}
	for _, id := range c.order {
		i, ok := c.number(id)
		if !ok || c.taboo[id] || c.basket[id] {
			continue
		}
		last := c.bought[id].last
		if c.today-last < learn.SequelDays {
			c.sequels(s, i, last)
		}
		if c.today-last < 2*learn.YearDays {
			c.upgrades(s, profile, i, dayText(last))
		}
	}
	return s
}

// profile returns what they have and are about to buy, weighted.
func (c *contact) profile() []kernel.Owned {
	list := make([]kernel.Owned, 0, len(c.order)+len(c.ask.Basket))
	for _, id := range c.ask.Basket {
		if i, ok := c.number(id); ok && !c.taboo[id] {
			list = append(list, kernel.Owned{Item: i, Weight: basketWeight})
		}
	}
	for _, id := range c.order {
		if i, ok := c.number(id); ok && !c.taboo[id] && !c.basket[id] {
			list = append(list, kernel.Owned{Item: i, Weight: kernel.Aged(float64(c.today-c.bought[id].last), kernel.HalfLife)})
		}
	}
	return list
}

// similar puts what the kernel finds for the profile.
func (c *contact) similar(s *shelf, profile []kernel.Owned) {
	if c.m.New == nil || len(profile) == 0 {
		return
	}
	scorer := c.m.scorers.Get().(*kernel.Scorer)
	defer c.m.scorers.Put(scorer)
	for _, best := range scorer.Top(profile, kernel.Choice{K: 2 * considered, Factor: c.m.factor}) {
		p := c.m.named(best.Item)
		if c.has(p.ID) {
			continue
		}
		reasons, _ := c.m.New.Explain(profile, best.Item)
		for _, r := range reasons {
			if r.Contribution <= 0 {
				break
			}
			why := Reason{Kind: With, Both: int64(r.Common), Buyers: int64(r.Buyers), Usual: int64(r.Usual), Of: int64(r.Customers)}
			if !why.proven() || !c.m.Chance.Beyond(why.Both, why.Buyers, why.Usual) {
				continue
			}
			why.Product, why.Day = c.because(r.Item)
			v := &candidate{id: p.ID, kind: New, product: p, weight: 1, pieces: c.usually(best.Item), reason: why}
			if why.Day == "" {
				v.kind, v.weight = Complement, basketWeight
			}
			if v.chance, v.known = odd(c.ask.Place, "new", &c.m.Odds, best.Score); !v.known || v.chance >= hopeless {
				s.put(v)
			}
			break
		}
		if len(s.list) >= considered {
			return
		}
	}
}

// proven reports whether counts are many enough to be told, and whether the
// share of the buyers is above the usual one for sure.
func (r *Reason) proven() bool {
	if r.Both < evidence || r.Buyers < evidence || r.Usual < evidence {
		return false
	}
	return wilsonLow(r.Both, r.Buyers) > minLift*r.UsualShare()
}

// wilsonLow returns the lower end of the 95 % interval of k of n.
func wilsonLow(k, n int64) float64 {
	const z = 1.959964
	p, m := float64(k)/float64(n), float64(n)
	return (p + z*z/(2*m) - z*math.Sqrt(p*(1-p)/m+z*z/(4*m*m))) / (1 + z*z/m)
}

// because returns a product that they have, with the day when they bought it
// last, or no day if it lies in the basket.
func (c *contact) because(i int32) (Product, string) {
	p := c.m.named(i)
	if h := c.bought[p.ID]; h != nil && !c.basket[p.ID] {
		return p, dayText(h.last)
	}
	return p, ""
}

// usually returns how many of a product are usually bought at once.
func (c *contact) usually(i int32) float64 {
	if q := c.m.Products[i].Quantity; q > 0 {
		return float64(q) / 1e6
	}
	return 1
}

// companions puts what is in baskets together with product i of the basket.
func (c *contact) companions(s *shelf, i int32) {
	n := 0
	for _, x := range c.m.Companions(i) {
		p := c.m.named(x.Product)
		if x.LiftLow <= minLift || c.has(p.ID) || c.m.factor[x.Product] == 0 {
			continue
		}
		why := Reason{Kind: Basket, Product: c.m.named(i), Both: int64(x.Both), Buyers: int64(c.m.Products[i].Baskets),
			Usual: int64(c.m.Products[x.Product].Baskets), Of: int64(c.m.Baskets)}
		if !why.proven() {
			continue
		}
		s.put(&candidate{id: p.ID, kind: Complement, product: p, weight: basketWeight, pieces: c.usually(x.Product), reason: why,
			known: !c.m.Thin, chance: why.Share()})
		if n++; n == considered {
			return
		}
	}
}

// sequels puts what is bought after product i, which they bought on a day.
func (c *contact) sequels(s *shelf, i, last int32) {
	n := 0
	for _, x := range c.m.Sequels(i) {
		p := c.m.named(x.Product)
		buyers := int64(c.m.Products[i].Buyers)
		if int64(x.Both) < evidence || float64(x.Both) < minLift*x.Expected || buyers < evidence || c.has(p.ID) || c.m.factor[x.Product] == 0 {
			continue
		}
		v := &candidate{id: p.ID, kind: New, product: p, weight: 1, pieces: c.usually(x.Product), known: !c.m.Thin}
		v.reason = Reason{Kind: After, Product: c.m.named(i), Day: dayText(last), Both: int64(x.Both), Buyers: buyers, Days: int64(max(x.Delay, 1))}
		v.chance = stillToCome(v.reason.Share(), float64(c.today-last), float64(max(x.Delay, 1)))
		s.put(v)
		if n++; n == considered {
			return
		}
	}
}

// stillToCome returns the chance of what comes with a chance of share, half of
// the times within median days, and did not come in the days passed.
func stillToCome(share, passed, median float64) float64 {
	left := share * math.Exp2(-passed/median)
	return left / (left + 1 - share)
}

// upgrades puts the better ones of product i, which they bought on a day, or
// which lies in the basket if day is "".
func (c *contact) upgrades(s *shelf, profile []kernel.Owned, i int32, day string) {
	for _, u := range c.m.Upgrades(i) {
		p := c.m.named(u.To)
		if c.has(p.ID) || c.m.factor[u.To] == 0 || int64(u.Went) < evidence {
			continue
		}
		of := int64(c.m.Customers) - int64(u.Buyers)
		why := Reason{Kind: Went, Product: c.m.named(i), Day: day, Both: int64(u.Went), Buyers: int64(u.Buyers),
			Usual: int64(math.Round(u.Usual * float64(of))), Of: of}
		if u.Low <= minLift*u.Usual {
			continue
		}
		v := &candidate{id: p.ID, kind: Upgrade, product: p, weight: 1, pieces: c.usually(u.To), reason: why}
		if day == "" {
			v.weight = basketWeight
		}
		if c.m.New != nil {
			if score := c.m.New.Score(profile, u.To) * c.m.factor[u.To]; score > 0 {
				v.chance, v.known = odd(c.ask.Place, "new", &c.m.Odds, score)
			}
		}
		s.put(v)
	}
}

// linkedFrom is of how many products, the latest first, the catalogue's links
// are followed.
const linkedFrom = 20

// linked puts what the catalogue says goes with what they have.
func (c *contact) linked(ctx context.Context, s *shelf) error {
	from := slices.Clone(c.ask.Basket)
	for _, id := range c.order {
		if len(from) >= linkedFrom {
			break
		}
		if !c.basket[id] && !c.taboo[id] && c.today-c.bought[id].last < 2*learn.YearDays {
			from = append(from, id)
		}
	}
	if len(from) == 0 {
		return nil
	}
	type link struct {
		from, to Product
		kind     string
	}
	rows, err := db.ListIn(ctx, c.tx, func(s db.Scanner, l *link) error {
		return s.Scan(&l.kind, &l.from.ID, &l.from.Code, &l.from.NameID, &l.from.NameEN, &l.to.ID, &l.to.Code, &l.to.NameID, &l.to.NameEN, &l.to.Family)
	}, from, `
		SELECT l.kind, p.id, p.code, p.name_id, p.name_en, o.id, o.code, o.name_id, o.name_en, o.family
		FROM product_link l JOIN product p ON p.id = l.product_id JOIN product o ON o.id = l.other_id
		WHERE l.product_id IN ($list) AND o.archived = FALSE
		ORDER BY l.product_id, l.n`)
	if err != nil {
		return err
	}
	place := make(map[ids.ID]int, len(from))
	for i, id := range from {
		place[id] = i
	}
	slices.SortStableFunc(rows, func(a, b link) int { return place[a.from.ID] - place[b.from.ID] })
	for i := range rows {
		l := &rows[i]
		if c.has(l.to.ID) || c.taboo[l.from.ID] {
			continue
		}
		s.put(c.link(l.kind, l.from, l.to))
	}
	return nil
}

// link returns the candidate of a link of the catalogue. It has no odds but
// those that models have for its product anyway.
func (c *contact) link(kind string, from, to Product) *candidate {
	v := &candidate{id: to.ID, kind: Complement, product: to, weight: 1, pieces: 1, reason: Reason{Kind: Fits, Product: from}}
	switch {
	case kind == "upgrade":
		v.kind, v.reason.Kind = Upgrade, Better
	case isWarranty(&to):
		v.kind, v.reason.Kind = Warranty, Protects
	}
	if c.basket[from.ID] {
		v.weight = basketWeight
	} else if h := c.bought[from.ID]; h != nil {
		v.reason.Day = dayText(h.last)
	}
	if i, ok := c.number(to.ID); ok {
		v.pieces = c.usually(i)
	}
	return v
}

// isWarranty reports whether a product is called a warranty.
func isWarranty(p *Product) bool {
	text := fold.Text(p.Family + " " + p.NameID + " " + p.NameEN)
	for _, word := range []string{"garansi", "warranty", "jaminan"} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// sellers returns what many buy, as plain facts without odds, for where too
// little is known of the customer.
func (c *contact) sellers(taken map[ids.ID]bool) []*candidate {
	var list []*candidate
	for n, i := range c.m.sellers {
		p := c.m.named(i)
		if c.has(p.ID) || taken[p.ID] {
			continue
		}
		list = append(list, &candidate{id: p.ID, kind: New, product: p, weight: 1, pieces: c.usually(i), rank: -float64(n),
			reason: Reason{Kind: Seller, Usual: int64(c.m.Products[i].Buyers), Of: int64(c.m.Customers)}})
		if len(list) == considered {
			break
		}
	}
	return list
}
