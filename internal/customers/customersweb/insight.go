package customersweb

import (
	"context"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/ui"
)

// permInsights lets see what models say of a customer.
const permInsights = ui.Perm(insights.PermRead)

// howHref is where it is said how a figure is made.
func howHref(part string) string { return "/insights/how#" + part }

// loadInsights reads on what rests what models say of the customer.
func (p *recordPage) loadInsights(ctx context.Context, tx *db.Tx) error {
	if p.Bought.Customer.IsZero() || !p.May(permInsights) {
		return nil
	}
	var err error
	if p.State, err = insights.GetState(ctx, tx); err != nil {
		return err
	}
	p.Made, _, err = insights.ReadMade(ctx, tx)
	return err
}

// judged reports whether there is anything to say of the customer beyond what
// they bought: a signal, or why there is none.
func (p *recordPage) judged() bool { return p.Bought.Why != "" && p.May(permInsights) }

// lead is an amount in the currency of what models say.
func (p *recordPage) lead(minor int64) money.Amount {
	return money.Amount{Minor: minor, Currency: p.Bought.Lead}
}

// overdue is what the customer owes since longer than agreed.
func (p *recordPage) overdue() money.Amount {
	return money.Amount{Minor: p.Bought.Care.Overdue, Currency: p.Bought.Care.Currency}
}

// signalTone is the light of the customer's signal; "" for none.
func (p *recordPage) signalTone() string { return insights.Tone(p.Bought.Signal) }

// signalLabel names the signal, or why there is none.
func (p *recordPage) signalLabel() string {
	return p.T(insights.SignalLabel(p.Bought.Signal, p.Bought.Why))
}

// why is the one sentence that explains the signal.
func (p *recordPage) why() string { return p.T(p.Bought.Why, p.Bought.WhyArgs...) }

// yearLabel names what the last year's figure is of.
func (p *recordPage) yearLabel() string {
	if p.State.Margin {
		return p.T("record.year.margin")
	}
	return p.T("record.year.sales")
}

// yearTrend is by how much the last 12 months differ from those before.
func (p *recordPage) yearTrend() (text string, change float64) {
	return trend(p.View, p.Bought.Year, p.Bought.YearBefore)
}

// trend is by how much an amount differs from the one before, in words and as
// a share in whole per cents; 0 if that can't be said.
func trend(v *ui.View, now, before int64) (text string, change float64) {
	if before <= 0 || now <= 0 {
		return "", 0
	}
	change = float64(now)/float64(before) - 1
	whole := float64(int64(change*100+sign(change)/2)) / 100
	return v.Percent(max(whole, -whole)), whole
}

// led returns the amount in the leading currency that a column of the list
// shows; ok is false if it isn't known.
func led(key string, f insights.Line) (minor int64, ok bool) {
	if f.Lead == "" {
		return 0, false
	}
	switch key {
	case "value":
		return f.Value, f.Valued
	case "stake":
		return f.Stake, f.Signal == "red" || f.Signal == "yellow"
	case "year":
		return f.Year, true
	case "margin":
		return f.Margin, true
	case "cost_to_serve":
		return f.CostToServe, true
	}
	return f.Profit, true
}

func sign(f float64) float64 {
	if f < 0 {
		return -1
	}
	return 1
}

// chance is the chance to buy in the next 90 days.
func (p *recordPage) chance() string { return chance(p.View, p.Bought.Active) }

// chance writes a probability, thousandths, in whole per cents. Nothing that is
// foretold is certain: it never says 0 % nor 100 %.
func chance(v *ui.View, thousandths int64) string {
	switch whole := (thousandths + 5) / 10; {
	case whole >= 100:
		return ">" + v.Percent(.99)
	case whole <= 0:
		return "<" + v.Percent(.01)
	default:
		return v.Percent(float64(whole) / 100)
	}
}

// aliveText says in words how likely it is that they are still a customer; ""
// if that isn't known.
func (p *recordPage) aliveText() string {
	if !p.Bought.Known || p.Bought.Alive == 0 {
		return ""
	}
	return p.T("record.alive", "share", chance(p.View, p.Bought.Alive))
}

// roomForPhase reports whether the strip says the phase too: it does as long as
// models say little. Otherwise it stands among the facts.
func (p *recordPage) roomForPhase() bool { return !p.judged() || !p.Bought.Known }

// expected is how many purchase days are expected in 52 weeks.
func (p *recordPage) expected() string {
	n := float64(p.Bought.ExpOrders) / 1000
	digits := 1
	if n >= 10 {
		digits = 0
	}
	return p.Decimal(n, digits)
}

// madeText says on how many data the scores rest.
func (p *recordPage) madeText() string {
	if p.Made.Customers == 0 {
		return ""
	}
	day := time.Unix(int64(p.Made.Today)*24*60*60, 0).UTC().Format(time.DateOnly)
	return p.T("record.made", "date", p.DateOnly(day), "n", int64(p.Made.Customers))
}

// hitText says how right the scores were in the last quarter; "" if that can't
// be said.
func (p *recordPage) hitText() string {
	h := p.Made.LastHit
	if h == nil {
		return ""
	}
	return p.T("record.hit", "n", int64(h.Customers), "foretold", p.Num(int64(h.Chance+.5)), "bought", p.Num(int64(h.Bought)))
}

// asOfText says of which day the facts are, if that isn't today.
func (p *recordPage) asOfText() string {
	if p.State.AsOf == "" {
		return ""
	}
	return p.T("record.as_of", "date", p.DateOnly(p.State.AsOf))
}
