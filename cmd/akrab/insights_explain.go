package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/akrab-crm/akrab/internal/app"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/insights/learn"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/offers"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/workspace"
)

type insightsExplainCmd struct {
	source
	Customer string `arg:"" help:"Id, number, telephone or e-mail address of the customer."`
	JSON     bool   `name:"json" help:"Print everything as JSON."`
}

// An explanation is all that is known of a customer and how it came about.
type explanation struct {
	Customer ids.ID        `json:"customer"`
	Name     string        `json:"name"`
	AsOf     string        `json:"as_of"` // last day that counts
	Run      int64         `json:"run"`   // of the models; 0 if there are none
	Facts    insights.Fact `json:"facts"`
	Score    learn.Score   `json:"score"`
	Sentence string        `json:"sentence"` // why the signal is what it is, in English
	How      *learn.How    `json:"how"`      // null where there are too few data
	Held     bool          `json:"held"`     // belongs to those who get no pushes
	Offers   []explained   `json:"offers"`
}

// An explained offer has its reason in English.
type explained struct {
	offers.Offer
	Because string `json:"because"`
}

// Run prints what is known of a customer and why.
func (c *insightsExplainCmd) Run(ctx context.Context, e *env) error {
	a, err := c.openExisting(ctx, e)
	if err != nil {
		return err
	}
	defer a.Close()
	p, err := app.English()
	if err != nil {
		return err
	}
	var x explanation
	if err := a.DB.Read(ctx, system, func(tx *db.Tx) (err error) { x, err = c.explain(ctx, tx, a.Offers, p); return err }); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e, x)
	}
	return x.print(e.out, p)
}

// find returns the one customer who is meant.
func (c *insightsExplainCmd) find(ctx context.Context, tx *db.Tx) (ids.ID, error) {
	if id, err := ids.Parse(c.Customer); err == nil {
		return id, nil
	}
	if id, ok, err := customers.ByExternalID(ctx, tx, c.Customer); err != nil || ok {
		return id, err
	}
	list, err := customers.Source.Keys(ctx, tx, search.Parse(c.Customer))
	switch {
	case err != nil:
	case len(list) == 0:
		err = fmt.Errorf("no customer has %q as number, telephone or e-mail address", c.Customer)
	case len(list) > 1:
		err = fmt.Errorf("%d customers have %q as number, telephone or e-mail address; name one by id", len(list), c.Customer)
	}
	if err != nil {
		return ids.ID{}, err
	}
	return list[0], nil
}

func (c *insightsExplainCmd) explain(ctx context.Context, tx *db.Tx, desk *offers.Desk, p *locale.Printer) (x explanation, err error) {
	id, err := c.find(ctx, tx)
	if err != nil {
		return x, err
	}
	who, err := customers.Get(ctx, tx, id)
	if err != nil {
		return x, err
	}
	x.Customer, x.Name = id, who.Title()
	f, ok, err := insights.Get(ctx, tx, id)
	if err != nil || !ok {
		return x, err
	}
	x.Facts, x.Score = f, f.Score()
	if f.Why != "" {
		x.Sentence = p.T(f.Why, f.WhyArgs...)
	}
	models, err := insights.Live(ctx, tx)
	if err != nil {
		return x, err
	}
	today, err := lastDay(ctx, tx, &f)
	if err != nil {
		return x, err
	}
	x.Run, x.AsOf = models.Run, dayName(today)
	in := learn.Input{Today: today, Customer: f.History(), Half: f.Half, HalfBefore: f.HalfBefore, Satisfaction: int(f.Satisfaction)}
	if how, ok := models.How(in); ok {
		x.How = &how
	}
	set, err := insights.GetSettings(ctx, tx)
	if err != nil {
		return x, err
	}
	x.Held = set.Held(id)
	answer, err := desk.For(ctx, tx, offers.Ask{Customer: id})
	if err != nil {
		return x, err
	}
	for _, o := range answer.All() {
		x.Offers = append(x.Offers, explained{*o, o.Because(p)})
	}
	return x, nil
}

// print prints it for people.
func (x *explanation) print(w io.Writer, p *locale.Printer) error {
	t := &printer{w: w}
	t.f("%s (%s)\n", x.Name, x.Customer)
	f := &x.Facts
	if f.Orders+f.Returns == 0 {
		t.f("no orders are known\n")
		return t.err
	}
	cash := func(minor int64) string { return p.Money(money.Amount{Minor: minor, Currency: f.Lead}) }
	what := "sales"
	if x.How != nil && x.How.Margin {
		what = "margin"
	}
	t.f("facts as of %s: %d orders on %d days, %d returns, first %s, last %s\n", x.AsOf, f.Orders, f.Days, f.Returns, dayName(int32(f.FirstDay)), dayName(int32(f.LastDay)))
	t.f("brought %s in 12 months (%s in the 12 before), %s in all; cost to serve %s, profit %s (%s)\n",
		cash(f.Year), cash(f.YearBefore), cash(f.Margin), cash(f.CostToServe), cash(f.Profit), what)
	if f.Signal != "" {
		t.f("signal %s: %s\n", f.Signal, x.Sentence)
	} else {
		t.f("no signal: %s\n", x.Sentence)
	}
	if h := x.How; h != nil {
		t.f("%s of run %d, on %d customers: %d repeats, last after %.1f weeks, %.1f weeks ago they came first\n", h.Name, x.Run, h.Customers, h.Stats.Repeats, h.Stats.Recency, h.Stats.Age)
		t.f("chance not to have left %.1f%%, survival of the silence %.1f%%, to buy in %d days %.1f%% (the model itself says %.1f%%)\n",
			100*h.Alive, 100*h.Survival, learn.ActiveDays, 100*h.Active, 100*h.Raw)
		t.f("%.2f purchase days expected in %d weeks, counted as %.2f at %.0f%% a year\n", h.Orders, learn.ValueWeeks, h.Counted, 100*h.Rate)
		if f.Valued {
			t.f("× %s each (their own mean %s, that of all %s) = %s, between %s and %s; segment %s\n",
				cash(int64(h.Amount+.5)), cash(int64(h.OwnMean+.5)), cash(int64(h.AllMean+.5)), cash(h.Value), cash(h.Lo), cash(h.Hi), f.Segment)
		}
	}
	if x.Held {
		t.f("belongs to those who get no pushes, so that it can be told what pushes bring\n")
	}
	for _, o := range x.Offers {
		t.f("offer: %s: %s", o.Title(p), o.Because)
		if o.Known {
			t.f(" (%.1f%%, %s)", 100*o.Chance, p.Money(o.Value))
		}
		t.f("\n")
	}
	return t.err
}

// lastDay returns the last day that counts in a fact, in days since 1970.
func lastDay(ctx context.Context, tx *db.Tx, f *insights.Fact) (int32, error) {
	set, err := workspace.Get(ctx, tx)
	if err != nil {
		return 0, err
	}
	y, m, d := f.Before.Add(-time.Millisecond).In(set.Locale().Zone).Date()
	return int32(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400), nil
}
