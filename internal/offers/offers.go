// Package offers answers what to offer to a customer now: what they are due to
// buy again, what is new for them, what goes with what lies in the basket – or
// that something has to be put right first.
//
// An answer is computed when it is asked for, from models in memory and the
// customer's last lines, so that it knows of an order of a second ago. Each
// offer has a reason in counts that can be counted again, and passes the
// guards: consent, complaints, stock, margin, what they own, what they refused.
// What was shown is a log; what was answered is business data.
package offers

import (
	"context"
	"embed"
	"encoding/json"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/money"
)

//go:embed schema/*.sql
var schema embed.FS

// Text holds the messages of this package.
//
//go:embed text/*.json
var Text embed.FS

// Module is the offers' part of the database.
var Module = db.Module{Name: "offers", Schema: schema, Tables: []db.Table{
	{Name: "offer", Journal: true},
	{Name: "offer_shown", Private: true},
	{Name: "offer_odds", Key: []string{"key"}, Private: true},
}}

// A Kind says what an offer is.
type Kind string

// The kinds.
const (
	Due        Kind = "due"        // bought before, and due to be bought again
	New        Kind = "new"        // not bought before
	Complement Kind = "complement" // goes with what they have or are about to buy
	Upgrade    Kind = "upgrade"    // the better one of what they have
	Warranty   Kind = "warranty"   // protects what they have
	Recover    Kind = "recover"    // nothing to sell: something has to be put right first
)

// A Place is where offers are made.
type Place string

// The places.
const (
	Page    Place = "page"
	Counter Place = "counter"
	Quote   Place = "quote"
	Call    Place = "call"
	Portal  Place = "portal"
	Mail    Place = "mail"
)

// Places lists the places.
var Places = []Place{Page, Counter, Quote, Call, Portal, Mail}

// pushes reports whether the place addresses the customer without a colleague
// between who judges.
func (p Place) pushes() bool { return p == Portal || p == Mail }

// MaxLimit is how many offers a list has at most: a contact is no catalogue.
const MaxLimit = 3

// An Ask is a question for offers.
type Ask struct {
	Customer ids.ID   // zero if nobody knows who it is
	Basket   []ids.ID // products that they are about to buy
	Place    Place    // Page if empty
	Limit    int      // of each list, at most MaxLimit; 0 is MaxLimit
}

// An Answer is what to offer.
type Answer struct {
	Due     []Offer // to buy again
	New     []Offer // new for them: also what goes with the basket, better ones, warranties
	Recover *Offer  // comes before selling; if somebody complains the lists are empty then. Nil for nothing

	// Held says that the customer belongs to the share whom campaigns and other
	// pushes leave alone, so that it can be told what those bring.
	Held bool

	// Silent says why the lists are empty though something was asked for: a
	// message key, "" if they are not kept back.
	Silent string

	// Thin says that the company's data are too few to foretell anything: no
	// offer has odds.
	Thin bool

	Run  int64     // of the models; 0 if there are none, and then no offer has odds
	AsOf time.Time // until when the models know; zero if there are none
}

// All returns the offers of both lists, or the one that comes first.
func (a *Answer) All() []*Offer {
	var list []*Offer
	if a.Recover != nil {
		list = append(list, a.Recover)
	}
	for i := range a.Due {
		list = append(list, &a.Due[i])
	}
	for i := range a.New {
		list = append(list, &a.New[i])
	}
	return list
}

// An Offer is one thing to offer.
type Offer struct {
	ID       ids.ID // the same for the same customer, product, kind and place all day
	Customer ids.ID // zero if nobody knows who it is
	Product  Product
	Kind     Kind
	Place    Place
	Shown    time.Time
	Rank     int // in its list, from 1

	Known  bool         // whether there are odds: else Chance and Value are zero
	Chance float64      // that it is bought within 90 days, or with this basket: 0 … 1, calibrated
	before float64      // Chance before answers of others were learned from
	Value  money.Amount // chance × what one brings × the quantity expected
	Margin bool         // Value is margin; else its cost is not known, and Value is sales

	Quantity float64 // expected, ≥ 1 unless they usually buy less
	Reasons  []Reason

	Propensity float64 // how likely it was to be shown: 0 … 1
	Explored   bool    // chance chose it, so that something is learned
	Held       bool
	Run        int64
}

// An Outcome is what a customer answered.
type Outcome string

// The outcomes.
const (
	Accepted Outcome = "accept"
	Later    Outcome = "later" // not for 30 days
	Never    Outcome = "never"
)

// Outcomes lists the outcomes.
var Outcomes = []Outcome{Accepted, Later, Never}

// A Settled offer is one that was answered.
type Settled struct {
	Offer
	Outcome Outcome
	At      time.Time
	By      ids.ID // zero for a program
	Why     string
	Order   ids.ID // that came of it; zero if none is known
	Rev     int64
}

// Leave deletes the offers to customers who are deleted.
func Leave(ctx context.Context, tx *db.Tx, of []ids.ID) error {
	if _, err := db.ExecIn(ctx, tx, of, `DELETE FROM offer_shown WHERE customer_id IN ($list)`); err != nil {
		return err
	}
	_, err := db.ExecIn(ctx, tx, of, `DELETE FROM offer WHERE customer_id IN ($list)`)
	return err
}

// Used returns those of the given products that were offered and answered: they
// may be archived, not deleted.
func Used(ctx context.Context, tx *db.Tx, list []ids.ID) ([]ids.ID, error) {
	return db.ListIn(ctx, tx, db.One[ids.ID], list, `
		SELECT p.id FROM product p WHERE p.id IN ($list) AND EXISTS (SELECT 1 FROM offer o WHERE o.product_id = p.id)`)
}

// Names returns what those of the given offers that were answered are called:
// as the product that was offered.
func Names(ctx context.Context, tx *db.Tx, list []ids.ID) (map[ids.ID]string, error) {
	type named struct {
		id      ids.ID
		product Product
	}
	rows, err := db.ListIn(ctx, tx, func(s db.Scanner, r *named) error {
		return s.Scan(&r.id, &r.product.NameID, &r.product.NameEN, &r.product.Code)
	}, list, `
		SELECT o.id, p.name_id, p.name_en, p.code FROM offer o LEFT JOIN product p ON p.id = o.product_id WHERE o.id IN ($list)`)
	names := make(map[ids.ID]string, len(rows))
	for i := range rows {
		names[rows[i].id] = rows[i].product.Name(locale.ID)
	}
	return names, err
}

func encodeReasons(list []Reason) (string, error) {
	b, err := json.Marshal(list)
	return string(b), err
}
