package offers

import (
	"math"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
)

// evidence is of how many customers or baskets a count in a reason must be at
// least: fewer prove nothing, and could tell who they are.
const evidence = 10

// A Reason says why something is offered, in numbers that can be counted again
// from the orders.
type Reason struct {
	Kind ReasonKind `json:"kind"`

	// What it follows from: the product that they have, or that lies in the
	// basket. Zero where it follows from the offered product itself.
	Product Product `json:"product,omitzero"`
	Day     string  `json:"day,omitempty"` // on which they bought that last, 2006-01-02

	// Of Buyers who bought Product, Both bought the offered one too; of Of in
	// all, Usual bought it. Baskets, not customers, of kind basket.
	Both   int64 `json:"both,omitempty"`
	Buyers int64 `json:"buyers,omitempty"`
	Usual  int64 `json:"usual,omitempty"`
	Of     int64 `json:"of,omitempty"`

	Days int64 `json:"days,omitempty"` // rhythm, or until it follows

	// A sentence of another module, of kinds silence and complaint.
	Key  string `json:"key,omitempty"`
	Args []any  `json:"args,omitempty"`
}

// A ReasonKind says what a reason tells.
type ReasonKind string

// The kinds of reason.
const (
	Rhythm    ReasonKind = "rhythm"    // how often they buy it
	Again     ReasonKind = "again"     // after how long others buy it again
	With      ReasonKind = "with"      // buyers of one bought the other too
	After     ReasonKind = "after"     // buyers of one bought the other soon after
	Basket    ReasonKind = "basket"    // baskets with one have the other too
	Went      ReasonKind = "went"      // buyers of one went on to the other
	Fits      ReasonKind = "fits"      // the catalogue says that it goes with it
	Better    ReasonKind = "better"    // the catalogue says that it is the better one
	Protects  ReasonKind = "protects"  // the catalogue says that it goes with it, and it is a warranty
	Seller    ReasonKind = "seller"    // many buy it
	Silence   ReasonKind = "silence"   // the signal of the customer is red
	Complaint ReasonKind = "complaint" // something is not settled
)

// reasonKey is how the keys of the messages begin.
const reasonKey = "offer.reason."

// text returns the reason as words that go on from "because", without a full
// stop. name is the offered product's, year that of today: days of it are
// written without.
func (r *Reason) text(p *locale.Printer, name, year string) string {
	if r.Key != "" {
		return p.T(r.Key, r.Args...)
	}
	key := reasonKey + string(r.Kind)
	if r.basket() {
		key += ".basket"
	}
	return p.T(key, "name", name, "x", r.Product.Name(p.Lang), "date", shortDate(p, r.Day, year), "n", r.Days,
		"share", percent(p, r.Share()), "buyers", r.Buyers, "usual", percent(p, r.UsualShare()), "count", r.Usual, "of", r.Of)
}

// percent writes a share so that it is easily said: in whole per cents from 10 on.
func percent(p *locale.Printer, share float64) string {
	if share >= .1 {
		share = math.Round(share*100) / 100
	}
	return p.Percent(share)
}

// basket reports whether the reason is a product that lies in the basket, of a
// kind that may also be one they have.
func (r *Reason) basket() bool {
	switch r.Kind {
	case With, After, Went, Fits, Better, Protects:
		return r.Day == ""
	}
	return false
}

// Why returns why something is offered as words that go on from "because",
// without a full stop.
func (o *Offer) Why(p *locale.Printer) string {
	if len(o.Reasons) == 0 {
		return ""
	}
	return o.Reasons[0].text(p, o.Product.Name(p.Lang), o.Shown.In(p.Zone).Format("2006"))
}

// Because returns why something is offered, in a whole sentence.
func (o *Offer) Because(p *locale.Printer) string {
	if len(o.Reasons) > 0 && o.Reasons[0].Key != "" {
		return o.Why(p)
	}
	return p.T("offer.because", "why", o.Why(p))
}

// Title returns what to do.
func (o *Offer) Title(p *locale.Printer) string {
	if o.Kind == Recover && len(o.Reasons) > 0 && o.Reasons[0].Kind == Silence {
		return p.T("offer.title.silence")
	}
	return p.T("offer.title."+string(o.Kind), "name", o.Product.Name(p.Lang))
}

// Share returns which part of the buyers bought the offered product too, 0 … 1.
func (r *Reason) Share() float64 { return part(r.Both, r.Buyers) }

// UsualShare returns which part of all bought it, 0 … 1.
func (r *Reason) UsualShare() float64 { return part(r.Usual, r.Of) }

func part(n, of int64) float64 {
	if of <= 0 {
		return 0
	}
	return float64(n) / float64(of)
}

func shortDate(p *locale.Printer, day, year string) string {
	t, err := time.ParseInLocation(time.DateOnly, day, p.Zone)
	if err != nil || !strings.HasPrefix(day, year+"-") {
		return p.DateOnly(day)
	}
	return p.DayMonth(t)
}

// A Product is of a product what an offer shows.
type Product struct {
	ID     ids.ID `json:"id,omitzero"`
	Code   string `json:"code,omitempty"`
	NameID string `json:"name_id,omitempty"`
	NameEN string `json:"name_en,omitempty"`
	Family string `json:"-"`
}

// Name returns the name in lang, else in the other language, else the code.
func (p *Product) Name(lang locale.Lang) string {
	first, second := p.NameID, p.NameEN
	if lang == locale.EN {
		first, second = second, first
	}
	for _, s := range []string{first, second, p.Code} {
		if s != "" {
			return s
		}
	}
	return "–"
}
