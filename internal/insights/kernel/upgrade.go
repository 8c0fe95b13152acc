package kernel

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// A Product is what up-selling must know of an item.
type Product struct {
	Family int32 // items of one family serve the same purpose; below 0: none
	Tier   int32 // step within the family, 1 the plainest; 0 unknown
	Price  int64 // in minor units of one currency; 0 or less unknown
}

// An Upgrade is a better version that buyers of an item went on to.
type Upgrade struct {
	From, To int32
	Buyers   int32   // customers who bought From
	Went     int32   // those of them whose first To is later than their first From
	Low      float64 // lower bound of the rate Went/Buyers (Wilson, 95 %), 0 … 1
	Usual    float64 // share of the customers without From who bought To, 0 … 1
	Dearer   float64 // price of To by that of From, 1.1 … 2
}

// Rate returns which part of the buyers went on, 0 … 1.
func (u Upgrade) Rate() float64 { return ratio(float64(u.Went), float64(u.Buyers)) }

// minBuyers is how many customers a published count must stand on, so that
// nobody is recognised in it.
const minBuyers = 10

// upgradable reports whether b is a better version of a: the same family, one
// or two tiers up where tiers are known, and 1.1 to 2 times the price.
func upgradable(a, b Product) bool {
	if a.Family < 0 || a.Family != b.Family || a.Price <= 0 || b.Price <= 0 {
		return false
	}
	if a.Tier > 0 && b.Tier > 0 && (b.Tier <= a.Tier || b.Tier > a.Tier+2) {
		return false
	}
	r := float64(b.Price) / float64(a.Price)
	return r >= 1.1 && r <= 2
}

// Ladder counts who went on from which product to which. Customers are added
// one by one, in any order.
type Ladder struct {
	products  []Product
	customers int64
	buyers    []int32
	pairs     map[[2]int32]pairCount
	family    []Purchase
}

type pairCount struct{ common, went int32 }

// NewLadder returns a ladder over products, by item number.
func NewLadder(products []Product) *Ladder {
	return &Ladder{products: products, buyers: make([]int32, len(products)), pairs: map[[2]int32]pairCount{}}
}

// Add adds a customer by the items he bought, each once. It refuses unknown
// items, and then adds nothing.
func (l *Ladder) Add(items []Purchase) error {
	for _, p := range items {
		if p.Item < 0 || int(p.Item) >= len(l.products) {
			return fmt.Errorf("%w: %d of %d", errItem, p.Item, len(l.products))
		}
	}
	l.customers++
	l.family = append(l.family[:0], items...)
	slices.SortFunc(l.family, func(a, b Purchase) int {
		return cmp.Or(cmp.Compare(l.products[a.Item].Family, l.products[b.Item].Family), cmp.Compare(a.Item, b.Item), cmp.Compare(a.First, b.First))
	})
	l.family = slices.CompactFunc(l.family, func(a, b Purchase) bool { return a.Item == b.Item })
	for i, p := range l.family {
		l.buyers[p.Item]++
		for k := i - 1; k >= 0 && l.products[l.family[k].Item].Family == l.products[p.Item].Family; k-- {
			l.pair(l.family[k], p)
			l.pair(p, l.family[k])
		}
	}
	return nil
}

func (l *Ladder) pair(a, b Purchase) {
	if !upgradable(l.products[a.Item], l.products[b.Item]) {
		return
	}
	key := [2]int32{a.Item, b.Item}
	n := l.pairs[key]
	n.common++
	if b.First > a.First {
		n.went++
	}
	l.pairs[key] = n
}

// Possible returns how many steps there are from a product to a better
// version, taken or not.
func (l *Ladder) Possible() int {
	families := map[int32][]Product{}
	for _, p := range l.products {
		if p.Family >= 0 && p.Price > 0 {
			families[p.Family] = append(families[p.Family], p)
		}
	}
	n := 0
	for _, list := range families {
		for _, a := range list {
			for _, b := range list {
				if upgradable(a, b) {
					n++
				}
			}
		}
	}
	return n
}

// Upgrades returns the steps that at least ten customers took and that the
// buyers of From take more often than others buy To, with 97.5 % certainty:
// by From, the highest lower bound first.
func (l *Ladder) Upgrades() []Upgrade {
	var list []Upgrade
	for key, n := range l.pairs {
		from, to := key[0], key[1]
		u := Upgrade{From: from, To: to, Buyers: l.buyers[from], Went: n.went}
		u.Low = wilsonLow(float64(n.went), float64(u.Buyers))
		u.Usual = ratio(float64(l.buyers[to]-n.common), float64(l.customers)-float64(u.Buyers))
		u.Dearer = float64(l.products[to].Price) / float64(l.products[from].Price)
		if n.went >= minBuyers && u.Low > u.Usual {
			list = append(list, u)
		}
	}
	slices.SortFunc(list, func(a, b Upgrade) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(b.Low, a.Low), cmp.Compare(a.To, b.To))
	})
	return list
}

// wilsonLow is the lower bound of a share of k in n (Wilson 1927), at 95 %
// two-sided.
func wilsonLow(k, n float64) float64 {
	if n <= 0 {
		return 0
	}
	const z = 1.959963984540054
	p := k / n
	centre := p + z*z/(2*n)
	half := z * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return max(0, (centre-half)/(1+z*z/n))
}
