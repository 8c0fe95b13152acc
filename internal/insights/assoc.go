package insights

import (
	"bytes"
	"slices"

	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights/kernel"
	"github.com/akrab-crm/akrab/internal/insights/learn"
)

// Assoc is all that one run learned of products: which go together, follow
// each other, are better than others, and when they are due again. Products
// are numbered by their ids, ascending; only those that were ever bought. It
// is not changed once loaded, and safe for concurrent use.
type Assoc struct {
	Run       int64
	Today     int32 // the last day it knows of, in days since 1970
	Currency  string
	Margin    bool // prices less costs are known well enough to weigh offers by margin
	Baskets   int  // orders with products, those without a known customer too
	Customers int  // who ever bought
	Products  []AssocProduct

	// New ranks what a customer doesn't have: EASE for the best sold
	// products, neighbours for the others. Its counts are of customers.
	New  *kernel.Graph
	Gaps *kernel.Gaps // when products are bought again
	Odds learn.Odds   // from scores of New and chances of Gaps to probabilities

	companions [][]Companion
	sequels    [][]Sequel
	upgrades   [][]kernel.Upgrade
}

// An AssocProduct is a product as it was when the Assoc was loaded.
type AssocProduct struct {
	ID       ids.ID
	Code     string
	NameID   string
	NameEN   string
	Family   string
	Price    int64 // of one, minor units of Currency; 0 if not known
	Cost     int64 // likewise
	Archived bool
	Durable  bool  // seldom bought twice by one customer
	Buyers   int32 // customers who bought it
	Baskets  int32 // orders with it
	Recent   int32 // customers who bought it in the last kernel.MomentumDays
	Quantity int64 // usually bought at once, millionths
}

// A Companion is a product that is in baskets with another more often than
// chance explains, at a rate of false discoveries of 1 %.
type Companion struct {
	Product  int32
	Both     int32   // orders with both; Baskets of the two products say of how many
	Expected float64 // orders with both that chance explains
	LiftLow  float64 // lower end of the 95 % interval of Both over Expected
}

// A Sequel is a product that is bought within learn.SequelDays after the first
// purchase of another more often than chance explains.
type Sequel struct {
	Product  int32
	Both     int32 // customers who bought it so, of the Buyers of the first
	Expected float64
	Delay    int32 // median days between
}

// Number returns the number of a product; false if it was never bought.
func (a *Assoc) Number(product ids.ID) (int32, bool) {
	i, ok := slices.BinarySearchFunc(a.Products, product, func(p AssocProduct, id ids.ID) int { return bytes.Compare(p.ID[:], id[:]) })
	return int32(i), ok
}

// Companions returns what is bought together with product i, the most
// excessive first.
func (a *Assoc) Companions(i int32) []Companion { return at(a.companions, i) }

// Sequels returns what is bought after product i, the most excessive first.
func (a *Assoc) Sequels(i int32) []Sequel { return at(a.sequels, i) }

// Upgrades returns the better versions that buyers of product i went on to,
// the surest first.
func (a *Assoc) Upgrades(i int32) []kernel.Upgrade { return at(a.upgrades, i) }

func at[T any](list [][]T, i int32) []T {
	if i < 0 || int(i) >= len(list) {
		return nil
	}
	return list[i]
}
