package offers

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/money"
)

// worth is what one piece of a product brings.
type worth struct {
	minor    float64 // margin, or the price where the cost is not known
	currency money.Currency
	margin   bool
	sales    float64 // the price
}

// priced is a product as it is now.
type priced struct {
	id       ids.ID
	archived bool
	offering catalog.Offering
	price    *int64 // millionths
	cost     *int64
	currency money.Currency
}

// guard drops what must not be offered: what is not sold any more or not in
// stock, what brings nothing, what they own, what is sensitive. What was
// refused, is in the basket or has no evidence isn't there any more. It sets
// what the others are worth.
func (c *contact) guard(ctx context.Context, due, list []*candidate) ([]*candidate, []*candidate, error) {
	taken := map[ids.ID]bool{}
	for _, v := range due {
		taken[v.id] = true
	}
	list = slices.DeleteFunc(list, func(v *candidate) bool { return taken[v.id] })
	for _, v := range list {
		taken[v.id] = true
	}
	sellers := c.sellers(taken)
	var all []ids.ID
	for _, l := range [][]*candidate{due, list, sellers} {
		for _, v := range l {
			all = append(all, v.id)
		}
	}
	if len(all) == 0 {
		return nil, nil, nil
	}
	now, err := c.prices(ctx, all)
	if err != nil {
		return nil, nil, err
	}
	no, err := c.forbidden(ctx, all)
	if err != nil {
		return nil, nil, err
	}
	keep := func(l []*candidate, fresh bool) []*candidate {
		return slices.DeleteFunc(l, func(v *candidate) bool {
			p, ok := now[v.id]
			if !ok || p.archived || p.offering != catalog.Offered || no.always[v.id] || fresh && no.owned[v.id] || no.reasons[v.reason.Product.ID] {
				return true
			}
			return !c.value(v, p)
		})
	}
	due, list, sellers = keep(due, false), keep(list, true), keep(sellers, true)
	if len(list) < c.ask.Limit {
		// Facts without odds come behind what is meant for them.
		slices.SortStableFunc(list, byRank)
		for i, v := range list {
			v.rank = math.MaxFloat64 / float64(i+2)
		}
		for i, v := range sellers {
			v.rank = -float64(i)
		}
		list = append(list, sellers...)
	}
	return due, list, nil
}

// prices returns the products as they are now.
func (c *contact) prices(ctx context.Context, all []ids.ID) (map[ids.ID]priced, error) {
	rows, err := db.ListIn(ctx, c.tx, func(s db.Scanner, p *priced) error {
		return s.Scan(&p.id, &p.archived, &p.offering, &p.price, &p.cost, &p.currency)
	}, all,
		`SELECT id, archived, offering, price, cost, currency FROM product WHERE id IN ($list)`)
	out := make(map[ids.ID]priced, len(rows))
	for _, p := range rows {
		out[p.id] = p
	}
	return out, err
}

// veto is what must not be offered.
type veto struct {
	always  map[ids.ID]bool // not in stock, or sensitive
	owned   map[ids.ID]bool // not as something new
	reasons map[ids.ID]bool // must not be a reason
}

func (c *contact) forbidden(ctx context.Context, all []ids.ID) (veto, error) {
	no := veto{always: map[ids.ID]bool{}, owned: map[ids.ID]bool{}, reasons: c.taboo}
	if c.Stock != nil {
		there, err := c.Stock(ctx, c.tx, all)
		if err != nil {
			return no, err
		}
		for _, id := range all {
			no.always[id] = !there[id]
		}
	}
	if c.Owned != nil && !c.ask.Customer.IsZero() {
		have, err := c.Owned(ctx, c.tx, c.ask.Customer)
		if err != nil {
			return no, err
		}
		for _, id := range have {
			no.owned[id] = true
		}
	}
	if c.more {
		have, err := db.ListIn(ctx, c.tx, db.One[ids.ID], all, `
			SELECT DISTINCT l.product_id FROM sales_order o CROSS JOIN order_line l
			WHERE l.order_id = o.id AND o.customer_id = $1 AND l.product_id IN ($list) AND l.quantity > 0 AND o.status NOT IN ('draft', 'cancelled')`, c.ask.Customer)
		if err != nil {
			return no, err
		}
		for _, id := range have {
			no.owned[id] = true
		}
	}
	if c.Sensitive != nil {
		bad, err := c.Sensitive(ctx, c.tx, all)
		if err != nil {
			return no, err
		}
		for id := range bad {
			no.always[id] = no.always[id] || bad[id]
		}
	}
	return no, nil
}

// value finds what a candidate is worth, and by what it is ranked. It returns
// false if it brings nothing: it is sold below its cost, or without a price.
func (c *contact) value(v *candidate, p priced) bool {
	price, cost, currency := float64(-1), float64(-1), p.currency
	if p.price != nil {
		price = minorOf(*p.price, currency)
	}
	if p.cost != nil {
		cost = minorOf(*p.cost, currency)
	}
	if c.unprofitable(price, cost) {
		return false
	}
	if i, ok := c.number(v.id); ok && currency != money.Currency(c.m.Currency) {
		known := &c.m.Products[i]
		currency, price, cost = money.Currency(c.m.Currency), -1, -1
		if known.Price > 0 {
			price = float64(known.Price)
		}
		if known.Cost > 0 {
			cost = float64(known.Cost)
		}
	}
	if h := c.bought[v.id]; price < 0 && h != nil && h.currency == currency {
		price = minorOf(h.price, currency)
	}
	if i, ok := c.number(v.id); ok && price < 0 && c.m.Products[i].Price > 0 && currency == money.Currency(c.m.Currency) {
		price = float64(c.m.Products[i].Price)
	}
	if c.unprofitable(price, cost) {
		return false
	}
	switch {
	case price > 0 && cost >= 0 && c.m.Margin:
		v.unit = worth{minor: price - cost, currency: currency, margin: true, sales: price}
	case price > 0:
		v.unit = worth{minor: price, currency: currency, sales: price}
	}
	v.rank = v.weight * v.chance * v.earns(c)
	return true
}

// unprofitable reports whether what is sold at a price brings nothing, or less
// than is asked for; below 0 they are not known.
func (c *contact) unprofitable(price, cost float64) bool {
	return price == 0 || price > 0 && cost >= 0 && price-cost <= max(c.Floor, c.set.Floor())*price
}

// minorOf returns a price in minor units, not rounded.
func minorOf(millionths int64, c money.Currency) float64 {
	return float64(millionths) / 1e6 * math.Pow10(c.Digits())
}

// earns returns what the pieces that are expected bring, so that what has a
// known cost and what has none can be compared.
func (v *candidate) earns(c *contact) float64 {
	unit := v.unit.minor
	if c.m.Margin && !v.unit.margin {
		unit *= float64(c.state.MarginRate) / 1e6
	}
	return unit * v.pieces
}

func byRank(a, b *candidate) int {
	switch {
	case a.rank != b.rank:
		return cmp.Compare(b.rank, a.rank)
	case a.known != b.known:
		return cmp.Compare(count(b.known), count(a.known))
	case a.chance != b.chance:
		return cmp.Compare(b.chance, a.chance)
	}
	return slices.Compare(a.id[:], b.id[:])
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// rank sorts candidates, the most valuable first.
func rank(list []*candidate) []*candidate {
	slices.SortStableFunc(list, byRank)
	return list
}

// offers makes offers of the first of a list.
func (c *contact) offers(list []*candidate, limit int) []Offer {
	out := make([]Offer, 0, min(limit, len(list)))
	for i, v := range list[:min(limit, len(list))] {
		o := Offer{Product: v.product, Kind: v.kind, Rank: i + 1, Quantity: v.pieces, Reasons: []Reason{v.reason}, Propensity: 1}
		if v.known {
			o.Known, o.before = true, v.chance
			o.Chance = c.odds.at(c.ask.Place, v.kind, v.chance)
			o.Margin = v.unit.margin
			if v.unit.currency != "" {
				o.Value = money.Amount{Minor: int64(math.Round(o.Chance * v.unit.minor * v.pieces)), Currency: v.unit.currency}
			}
		}
		out = append(out, o)
	}
	return out
}

const (
	// explored is the share of contacts in which chance chooses what is new, so
	// that something is learned of what would never be shown.
	explored = .05
	// among is of how many of the best it chooses.
	among = 10
)

// choose makes offers of the best of a list or, in a share of contacts, of any
// of its best; which contacts these are follows from customer and day.
func (c *contact) choose(list []*candidate) []Offer {
	limit := c.ask.Limit
	n := 0 // with odds or a reason of their own: best sellers take no part
	for n < len(list) && n < among && list[n].reason.Kind != Seller {
		n++
	}
	if n <= limit {
		return c.offers(list, limit)
	}
	drawn := float64(limit) / float64(n)
	explore := c.draw("explore", ids.ID{}) < explored
	sure := map[ids.ID]bool{}
	for _, v := range list[:limit] {
		sure[v.id] = true
	}
	if explore {
		list = slices.Clone(list[:n])
		slices.SortStableFunc(list, func(a, b *candidate) int { return cmp.Compare(c.draw("pick", a.id), c.draw("pick", b.id)) })
		list = rank(list[:limit])
	}
	out := c.offers(list, limit)
	for i := range out {
		o := &out[i]
		o.Explored, o.Propensity = explore, explored*drawn
		if sure[o.Product.ID] {
			o.Propensity += 1 - explored
		}
	}
	return out
}

// draw returns a number from 0 to 1 that chance chose for this customer (or
// basket), this day and an item, the same however often it is asked for.
func (c *contact) draw(what string, item ids.ID) float64 {
	h := sha256.New()
	h.Write([]byte(what + "/" + c.day + "/" + c.set.Salt + "/"))
	h.Write(c.ask.Customer[:])
	if c.ask.Customer.IsZero() {
		for _, id := range c.ask.Basket {
			h.Write(id[:])
		}
	}
	h.Write(item[:])
	return float64(binary.BigEndian.Uint64(h.Sum(nil))>>11) / (1 << 53)
}
