// Package offersweb shows what to offer: on a customer's page, and beside an
// order that is being written; and it notes what became of it.
package offersweb

import (
	"context"
	"embed"
	"errors"
	"math"
	"net/http"
	"net/url"
	"time"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/offers"
	"github.com/akrab-crm/akrab/internal/ui"
)

// Text holds the messages of these pages.
//
//go:embed text/*.json
var Text embed.FS

// Permissions of the routes.
const (
	permRead = ui.Perm(insights.PermRead)
	permUse  = ui.Perm(offers.PermUse)
)

// Pages shows offers.
type Pages struct {
	DB   *db.DB
	Desk *offers.Desk

	// Order returns the address of a new order of a customer, who may be zero,
	// with a product in it; "" if the visitor may make none. It may be nil.
	Order func(v *ui.View, customer, product ids.ID) string

	// Task returns the address of a new task about a customer, "" if the visitor
	// may make none. It may be nil.
	Task func(v *ui.View, customer ids.ID) string
}

// Routes returns the route table.
func (p *Pages) Routes() []ui.Route {
	return []ui.Route{ui.POST("/offers/{id}/outcome", permUse, p.settle)}
}

// how is where it says how offers are made.
const how = "/insights/how#offers"

func customerHref(id ids.ID) string { return "/customers/" + id.String() }

// errSame says that this became of an offer before: a button was pressed twice.
var errSame = errors.New("the outcome is known")

// settle notes what became of an offer by one click.
func (p *Pages) settle(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	v := offers.Verdict{Outcome: offers.Outcome(r.Text("outcome")), Why: r.Text("why")}
	p.Desk.Await(r.Context(), p.DB, id)
	var op ids.ID
	var got offers.Settled
	why := "offer.answer." + string(v.Outcome)
	if !r.View.Has(why) {
		return errs.InvalidField("outcome", "offer.outcome.invalid")
	}
	err = p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: why, Subject: id}, func(tx *db.Tx) error {
		op = tx.Op
		var err error
		if got, err = offers.Settle(r.Context(), tx, id, v); err != nil {
			return err
		}
		if got.At.UnixMilli() < tx.Now.UnixMilli() {
			return errSame
		}
		return tx.SetOp(r.Context(), id, map[string]any{"name": name(r.View, &got.Offer)})
	})
	if err == errSame {
		op, err = ids.ID{}, nil // there is nothing to undo
	}
	if err != nil {
		return err
	}
	ui.Flash(w, r, p.toast(r.View, &got, op))
	to := "/"
	if !got.Customer.IsZero() {
		to = customerHref(got.Customer)
	}
	return ui.Redirect(w, r, r.Back(to))
}

// name is what an offer is about.
func name(v *ui.View, o *offers.Offer) string {
	if o.Product.ID.IsZero() {
		return o.Title(v.Printer)
	}
	return o.Product.Name(v.Lang)
}

// toast says what was noted, and asks once what else there is to say: after a
// refusal, whether it is for ever; after an acceptance, for the order.
func (p *Pages) toast(v *ui.View, o *offers.Settled, op ids.ID) ui.Toast {
	t := ui.Toast{Key: "offer.toast." + string(o.Outcome), Args: []string{"name", name(v, &o.Offer)}, Undo: op}
	switch {
	case o.Outcome == offers.Later:
		t.Ask = &ui.ToastAsk{Label: "offer.never", Action: "/offers/" + o.ID.String() + "/outcome", Name: "outcome", Value: string(offers.Never)}
	case o.Outcome == offers.Accepted && p.Order != nil && !o.Product.ID.IsZero():
		if t.Href = p.Order(v, o.Customer, o.Product.ID); t.Href != "" {
			t.ShowKey = "offer.order"
		}
	}
	return t
}

// Panel is what a customer's page shows in its middle.
func (p *Pages) Panel() ui.Panel {
	return ui.Panel{Key: "offers", Perm: permRead, Order: 10, Load: p.loadPanel}
}

// panel is the data of it.
type panel struct {
	*ui.View
	p        *Pages
	Customer ids.ID
	A        offers.Answer
	asOf     string // the day for which offers are made, if it is not today
}

func (p *Pages) loadPanel(ctx context.Context, v *ui.View, id ids.ID) (templ.Component, error) {
	b := &panel{View: v, p: p, Customer: id}
	err := p.DB.Read(ctx, v.Who, func(tx *db.Tx) error {
		var err error
		if b.A, err = p.Desk.For(ctx, tx, offers.Ask{Customer: id, Place: offers.Page}); err != nil {
			return err
		}
		state, err := insights.GetState(ctx, tx)
		b.asOf = state.AsOf
		return err
	})
	if err != nil || b.empty() {
		return nil, err
	}
	p.Desk.Shown(p.DB, v.Who.User, b.A.All())
	return b.show(), nil
}

func (b *panel) empty() bool { return len(b.A.All()) == 0 && b.A.Silent == "" }

// group is a list of offers with what it is called.
type group struct {
	key  string
	list []offers.Offer
}

func (b *panel) groups() []group {
	var list []group
	for _, g := range []group{{"offer.due", b.A.Due}, {"offer.new", b.A.New}} {
		if len(g.list) > 0 {
			list = append(list, g)
		}
	}
	return list
}

// icon is the icon of an offer.
func icon(o *offers.Offer) string {
	switch o.Kind {
	case offers.Due:
		return "again"
	case offers.Complement:
		return "plus"
	case offers.Upgrade:
		return "trend"
	case offers.Warranty:
		return "shield"
	case offers.Recover:
		return "heart"
	}
	return "box"
}

// value is what an offer may bring, in short; "" if that is not known.
func value(v *ui.View, o *offers.Offer) string {
	if !o.Known || o.Value.Currency == "" || o.Value.Minor <= 0 {
		return ""
	}
	return v.MoneyShort(round(o.Value))
}

// round leaves an expectation two digits: it is not known better.
func round(a money.Amount) money.Amount {
	unit := int64(1)
	for a.Minor/unit >= 100 {
		unit *= 10
	}
	a.Minor = (a.Minor + unit/2) / unit * unit
	return a
}

// valueTitle says what the value is, for who points at it.
func valueTitle(v *ui.View, o *offers.Offer) string {
	key := "offer.value.sales"
	if o.Margin {
		key = "offer.value.margin"
	}
	return v.T(key, "value", v.Money(round(o.Value)), "quantity", v.Decimal(o.Quantity, 1))
}

// odds is the chance of an offer.
func odds(v *ui.View, o *offers.Offer) string {
	switch {
	case o.Chance < .01:
		return v.T("offer.odds.small")
	default:
		return v.Percent(math.Round(o.Chance*100) / 100)
	}
}

// recoverTone is the tone of what comes before selling.
func recoverTone(o *offers.Offer) string {
	if o.Reasons[0].Kind == offers.Complaint {
		return "bad"
	}
	return "warn"
}

func (b *panel) task() string {
	if b.p.Task == nil {
		return ""
	}
	return b.p.Task(b.View, b.Customer)
}

// counter is what the form of an order shows for its lines.
type counter struct {
	*ui.View
	A offers.Answer
}

// Counter returns what to offer to who orders a basket; nil for nothing. It
// needs a form around it in which the button "add" named offer.<id>.<product>
// adds a line.
func (p *Pages) Counter(ctx context.Context, v *ui.View, customer ids.ID, basket []ids.ID) (templ.Component, error) {
	if !v.May(permRead) || customer.IsZero() && len(basket) == 0 {
		return nil, nil
	}
	c := &counter{View: v}
	err := p.DB.Read(ctx, v.Who, func(tx *db.Tx) (err error) {
		c.A, err = p.Desk.For(ctx, tx, offers.Ask{Customer: customer, Basket: basket, Place: offers.Counter})
		return err
	})
	if errs.KindOf(err) == errs.NotFound || errs.KindOf(err) == errs.Invalid {
		return nil, nil // the form says what is wrong with it
	}
	if err != nil || len(c.A.All()) == 0 || c.A.Held {
		return nil, err
	}
	p.Desk.Shown(p.DB, v.Who.User, c.A.All())
	return c.show(), nil
}

// list is what the counter offers: first what goes with the basket.
func (c *counter) list() []offers.Offer {
	list := append([]offers.Offer(nil), c.A.New...)
	return append(list, c.A.Due...)
}

// Taken notes that offers were accepted, and the order that came of it.
func (p *Pages) Taken(ctx context.Context, tx *db.Tx, list []ids.ID, order ids.ID) error {
	if err := p.Desk.NoteWaiting(ctx, tx, list); err != nil {
		return err
	}
	for _, id := range list {
		_, err := offers.Settle(ctx, tx, id, offers.Verdict{Outcome: offers.Accepted, Order: order})
		if err != nil && errs.KindOf(err) != errs.NotFound {
			return err
		}
	}
	return nil
}

// day is how a day is written beside the heading.
func day(v *ui.View, text string) string {
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		return ""
	}
	return v.DateOnly(text)
}

// OrderHref is the address of a new order with a product in it.
func OrderHref(customer, product ids.ID) string {
	q := url.Values{"product": {product.String()}}
	if !customer.IsZero() {
		q.Set("customer", customer.String())
	}
	return "/orders/new?" + q.Encode()
}
