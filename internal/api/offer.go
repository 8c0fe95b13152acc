package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/offers"
)

// offerAsk is a question for offers.
type offerAsk struct {
	Customer *string  `json:"customer_id,omitempty" format:"uuid" doc:"null if nobody knows who it is."`
	Basket   []string `json:"basket,omitempty" maxItems:"100" example:"[\"PA-125\",\"FRO-5\"]" doc:"Ids or codes of the products that they are about to buy."`
	Place    string   `json:"place,omitempty" example:"counter" enum:",page,counter,quote,call,portal,mail" doc:"Where the offer is made; page if absent."`
	Limit    int      `json:"limit,omitempty" minimum:"0" maximum:"3" example:"3" doc:"Most offers of each list; 3 if absent."`
}

// offerAnswer is what to offer.
type offerAnswer struct {
	Customer *string      `json:"customer_id"`
	Place    string       `json:"place"`
	Held     bool         `json:"held" doc:"Whether the customer belongs to the control group: don't push."`
	Silent   *offerSilent `json:"silent" doc:"Why nothing is offered; null unless a guard forbids it."`
	Recover  *offer       `json:"recover" doc:"What comes before anything is offered. If somebody complains the lists are empty then."`
	Due      []offer      `json:"due" doc:"Due to be bought again, the most valuable first."`
	New      []offer      `json:"new" doc:"New for them: also what goes with the basket, better versions and warranties."`
	Thin     bool         `json:"thin" doc:"Whether the company's data are too few to foretell anything: offers are facts then, without odds."`
	Run      int64        `json:"run" doc:"Of the models; 0 if nothing was learned yet."`
	AsOf     *time.Time   `json:"as_of" doc:"The last day that the models know of. Orders since are known all the same."`
}

type offerSilent struct {
	Code    string `json:"code" example:"offer.silent.by.phone"`
	Message string `json:"message"`
}

// offer is one thing to offer.
type offer struct {
	ID         string        `json:"id" format:"uuid" doc:"To say what became of it."`
	Kind       string        `json:"kind" enum:"due,new,complement,upgrade,warranty,recover"`
	Title      string        `json:"title" example:"Pesan ulang Filter RO-5"`
	Product    *offerProduct `json:"product" doc:"null of kind recover."`
	Rank       int           `json:"rank"`
	Chance     *float64      `json:"chance" doc:"That it is bought within 90 days, or with this basket: 0 to 1; null without odds."`
	Value      *moneyJSON    `json:"value" doc:"chance × what one brings × the quantity expected; null without odds or price."`
	ValueOf    string        `json:"value_of" enum:"margin,sales," doc:"What value counts: sales where the cost is not known."`
	Quantity   float64       `json:"quantity" doc:"Expected."`
	Reason     string        `json:"reason" doc:"A sentence that can be read aloud." example:"Karena membeli Pompa Jet (12 Mei): 38% dari 412 pembeli Pompa Jet juga membeli Filter, biasanya 12%."`
	Reasons    []offerReason `json:"reasons" doc:"The same in numbers, which can be counted again."`
	Propensity float64       `json:"propensity" doc:"How likely it was to be shown, 0 to 1."`
	Explored   bool          `json:"explored" doc:"Whether chance chose it, so that something is learned."`
	Held       bool          `json:"held"`
}

type offerProduct struct {
	ID   string `json:"id" format:"uuid"`
	Code string `json:"code"`
	Name string `json:"name"`
}

type offerReason struct {
	Kind    string        `json:"kind" enum:"rhythm,again,with,after,basket,went,fits,better,protects,seller,silence,complaint"`
	Product *offerProduct `json:"product" doc:"What they have, or what is in the basket, that speaks for the offer."`
	Bought  *string       `json:"bought_on" doc:"Day on which they bought that last; null if it is in the basket."`
	Both    int64         `json:"both" doc:"Of buyers, who bought the offered product too."`
	Buyers  int64         `json:"buyers" doc:"Who bought product; of kind basket, orders with it."`
	Share   float64       `json:"share" doc:"both of buyers, 0 to 1."`
	Usual   int64         `json:"usual" doc:"Of all, who bought the offered product."`
	Of      int64         `json:"of" doc:"All."`
	Days    int64         `json:"days" doc:"Rhythm, or until it follows; 0 without."`
}

// settledOffer is an offer that was answered.
type settledOffer struct {
	Offer    offer     `json:"offer"`
	Customer *string   `json:"customer_id"`
	Place    string    `json:"place"`
	Outcome  string    `json:"outcome" enum:"accept,later,never"`
	At       time.Time `json:"outcome_at"`
	Why      string    `json:"why"`
	Order    *string   `json:"order_id"`
}

type offerOutcome struct {
	Outcome string  `json:"outcome" enum:"accept,later,never" doc:"later leaves them alone with it for 30 days, never for ever."`
	Why     string  `json:"why,omitempty" maxLength:"500"`
	Order   *string `json:"order_id,omitempty" format:"uuid" doc:"The order that came of it."`
}

func encodeOffer(c *caller, o *offers.Offer) offer {
	out := offer{
		ID: o.ID.String(), Kind: string(o.Kind), Title: o.Title(c.Printer), Product: encodeOfferProduct(c, &o.Product), Rank: o.Rank, Quantity: o.Quantity,
		Reason: o.Because(c.Printer), Reasons: make([]offerReason, len(o.Reasons)), Propensity: o.Propensity, Explored: o.Explored, Held: o.Held,
	}
	if o.Known {
		out.Chance = &o.Chance
		if o.Value.Currency != "" {
			m := encodeMoney(o.Value)
			out.Value, out.ValueOf = &m, "sales"
			if o.Margin {
				out.ValueOf = "margin"
			}
		}
	}
	for i := range o.Reasons {
		r := &o.Reasons[i]
		out.Reasons[i] = offerReason{
			Kind: string(r.Kind), Product: encodeOfferProduct(c, &r.Product), Bought: textOrNull(r.Day), Both: r.Both, Buyers: r.Buyers,
			Share: r.Share(), Usual: r.Usual, Of: r.Of, Days: r.Days,
		}
	}
	return out
}

func encodeOfferProduct(c *caller, p *offers.Product) *offerProduct {
	if p.ID.IsZero() {
		return nil
	}
	return &offerProduct{p.ID.String(), p.Code, p.Name(c.Lang)}
}

func encodeOffers(c *caller, ask *offers.Ask, a *offers.Answer) offerAnswer {
	out := offerAnswer{
		Customer: text(ask.Customer), Place: string(ask.Place), Held: a.Held, Due: make([]offer, len(a.Due)), New: make([]offer, len(a.New)),
		Thin: a.Thin, Run: a.Run, AsOf: timeOrNull(a.AsOf),
	}
	if out.Place == "" {
		out.Place = string(offers.Page)
	}
	if a.Silent != "" {
		out.Silent = &offerSilent{a.Silent, c.T(a.Silent)}
	}
	if a.Recover != nil {
		o := encodeOffer(c, a.Recover)
		out.Recover = &o
	}
	for i := range a.Due {
		out.Due[i] = encodeOffer(c, &a.Due[i])
	}
	for i := range a.New {
		out.New[i] = encodeOffer(c, &a.New[i])
	}
	return out
}

func (a *API) offerOperations() {
	add(a, operation{method: "POST", path: "/api/v1/offers", id: "ask-offers", summary: "What to offer now: to a customer, with a basket, in a place",
		text: "Computed from all orders that are stored by now. Each offer is shown with a reason whose counts can be counted again.",
		need: insights.PermRead, out: offerAnswer{}, status: 200}, a.askOffers)
	add(a, operation{method: "GET", path: "/api/v1/customers/{id}/offers", id: "get-offers", summary: "What to offer a customer now",
		need: insights.PermRead, out: offerAnswer{}, status: 200}, a.getOffers)
	add(a, operation{method: "POST", path: "/api/v1/offers/{id}/outcome", id: "settle-offer", summary: "Say what became of an offer",
		text: "Saying the same again changes nothing; another outcome replaces the one before. It can be undone for 30 days.",
		need: offers.PermUse, out: settledOffer{}, status: 200}, a.settleOffer)
}

func (a *API) getOffers(ctx context.Context, c *caller, in *struct {
	ID    string `path:"id" doc:"Id of the customer."`
	Place string `query:"place" enum:"page,counter,quote,call,portal,mail" default:"page"`
	Limit int    `query:"limit" minimum:"1" maximum:"3" default:"3"`
}) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	return a.offer(ctx, c, offers.Ask{Customer: id, Place: offers.Place(in.Place), Limit: in.Limit}, nil)
}

func (a *API) askOffers(ctx context.Context, c *caller, in *struct {
	Body    offerAsk
	RawBody []byte
}) (*answer, error) {
	var bad errs.List
	ask := offers.Ask{Customer: parseID(&bad, "customer_id", in.Body.Customer), Place: offers.Place(in.Body.Place), Limit: in.Body.Limit}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	if c.key == "" {
		return a.offer(ctx, c, ask, in.Body.Basket)
	}
	// The answer is stored under the key, and what was shown with it.
	return a.change(ctx, c, db.Op{}, "POST", "/offers", in.RawBody, func(tx *db.Tx) (*answer, error) {
		got, err := a.compute(ctx, tx, &ask, in.Body.Basket)
		if err != nil {
			return nil, err
		}
		if err := offers.Note(ctx, tx, got.All()); err != nil {
			return nil, err
		}
		return jsonAnswer(http.StatusOK, encodeOffers(c, &ask, &got))
	})
}

// offer answers a question without making anybody wait for its note.
func (a *API) offer(ctx context.Context, c *caller, ask offers.Ask, basket []string) (*answer, error) {
	var got offers.Answer
	err := a.DB.Read(ctx, c.Who(), func(tx *db.Tx) (err error) {
		got, err = a.compute(ctx, tx, &ask, basket)
		return err
	})
	if err != nil {
		return nil, err
	}
	a.Offers.Shown(a.DB, c.Who().User, got.All())
	return jsonAnswer(http.StatusOK, encodeOffers(c, &ask, &got))
}

// compute finds the products of a basket, which are named by ids or codes, and
// asks the desk.
func (a *API) compute(ctx context.Context, tx *db.Tx, ask *offers.Ask, basket []string) (offers.Answer, error) {
	var err error
	if ask.Basket, err = productsNamed(ctx, tx, "basket", basket); err != nil {
		return offers.Answer{}, err
	}
	return a.Offers.For(ctx, tx, *ask)
}

// productsNamed returns the products with the given ids or codes, each once.
func productsNamed(ctx context.Context, tx *db.Tx, field string, names []string) ([]ids.ID, error) {
	var codes []string
	var byID []ids.ID
	for _, s := range names {
		if id, err := ids.Parse(s); err == nil {
			byID = append(byID, id)
		} else {
			codes = append(codes, s)
		}
	}
	var coded map[string]catalog.Brief
	var there map[ids.ID]catalog.Brief
	var err error
	if len(codes) > 0 {
		if coded, err = catalog.ByCode(ctx, tx, codes); err != nil {
			return nil, err
		}
	}
	if len(byID) > 0 {
		if there, err = catalog.Briefs(ctx, tx, byID); err != nil {
			return nil, err
		}
	}
	var bad errs.List
	seen := map[ids.ID]bool{}
	var list []ids.ID
	for i, s := range names {
		id, err := ids.Parse(s)
		_, ok := there[id]
		if err != nil {
			var b catalog.Brief
			b, ok = coded[s]
			id = b.ID
		}
		switch {
		case !ok:
			bad.Add(errs.InvalidField(field+"."+strconv.Itoa(i), "offer.product.unknown"))
		case !seen[id]:
			seen[id] = true
			list = append(list, id)
		}
	}
	return list, bad.Err()
}

func (a *API) settleOffer(ctx context.Context, c *caller, in *struct {
	ID      string `path:"id" doc:"Id of the offer."`
	Body    offerOutcome
	RawBody []byte
}) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	var bad errs.List
	v := offers.Verdict{Outcome: offers.Outcome(in.Body.Outcome), Why: in.Body.Why, Order: parseID(&bad, "order_id", in.Body.Order)}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	a.Offers.Await(ctx, a.DB, id)
	op := db.Op{Why: "offer.answer." + in.Body.Outcome, Subject: id, Args: map[string]any{"name": "–"}}
	return a.change(ctx, c, op, "POST", in.ID+"/outcome", in.RawBody, func(tx *db.Tx) (*answer, error) {
		got, err := offers.Settle(ctx, tx, id, v)
		if err != nil {
			return nil, err
		}
		name := got.Product.Name(c.Lang)
		if got.Kind == offers.Recover {
			name = got.Title(c.Printer)
		}
		if err := tx.SetOp(ctx, id, map[string]any{"name": name}); err != nil {
			return nil, err
		}
		out := settledOffer{
			Offer: encodeOffer(c, &got.Offer), Customer: text(got.Customer), Place: string(got.Place), Outcome: string(got.Outcome), At: got.At,
			Why: got.Why, Order: text(got.Order),
		}
		return jsonAnswer(http.StatusOK, out)
	})
}
