package learn

import (
	"context"
	"errors"
	"slices"

	"github.com/akrab-crm/akrab/internal/insights/clv"
	"github.com/akrab-crm/akrab/internal/insights/mart"
	"github.com/akrab-crm/akrab/internal/insights/score"
)

// Options say how to learn.
type Options struct {
	Run  int64   // its number, greater than those before
	Rate float64 // of discount, a year: .1 is 10 %
	Live *Models // what customers are scored by at present; nil if by nothing
	Thin bool    // the data are too few for odds of products; see [Models.Thin]

	// Cost to serve of each customer of the mart, minor units of its currency;
	// nil if it is not known.
	Service  []int64 // of talking
	Delivery []int64 // of orders

	// Progress, if not nil, is told which step begins.
	Progress func(step string)
}

func (o *Options) step(name string) {
	if o.Progress != nil {
		o.Progress(name)
	}
}

// Customers is what was learned of customers.
type Customers struct {
	Models Models // to score by from now on

	// Rival, if not nil, is a kind of model that is likelier on the data than
	// that of Models, but foretold the last quarters worse than the kind that
	// is live. So that kind stays, learned anew from all data.
	Rival      *clv.Fit
	RivalTests []clv.Result

	Choice    clv.Choice
	Health    Health // without Products
	Retention Retention
	Cohorts   Cohorts
	Months    Months
	Rebuy     *score.Logistic // the challenger of Models.Chance; nil if there is none
}

// Learn learns of customers from all their purchases. Thin data are no error:
// the models then say that they are not enough.
func Learn(ctx context.Context, m *mart.Mart, opt Options) (*Customers, error) {
	l := &learner{m: m, opt: opt}
	l.basis = Basis{Run: opt.Run, Today: m.Today, Currency: m.Currency, Margin: m.Margin}
	r := &Customers{}
	for _, step := range []struct {
		name string
		do   func(*Customers) error
	}{
		{"history", l.histories},
		{"purchase", l.purchase},
		{"spend", l.spend},
		{"back_test", l.backTest},
		{"signal", l.signal},
		{"bands", l.bands},
		{"states", l.states},
		{"cohorts", l.cohorts},
		{"health", l.health},
	} {
		if err := ctx.Err(); err != nil {
			return nil, context.Cause(ctx)
		}
		opt.step(step.name)
		if err := step.do(r); err != nil {
			return nil, err
		}
	}
	r.Rebuy = l.rebuy
	return r, nil
}

// A learner is one run over a mart.
type learner struct {
	m       *mart.Mart
	opt     Options
	basis   Basis
	models  Models // the candidate
	choice  clv.Choice
	sample  *clv.Sample // until the kind is decided
	rival   *clv.Fit
	rivals  []clv.Result
	all     []clv.History
	sampled []int           // numbers of the customers of the back-tests
	windows []clv.Result    // of the candidate
	trials  []*trial        // of the sampled customers, one for each of windows
	tests   []SignalTest    //
	rebuy   *score.Logistic // the challenger; nil if there is none
}

const (
	mostSampled = 30_000  // customers of back-tests
	mostValued  = 200_000 // customers by whom the bands are drawn
)

// known returns the numbers of the customers who bought.
func (l *learner) known() []int {
	list := make([]int, 0, l.basis.Customers)
	for c, h := range l.all {
		if h.Days > 0 {
			list = append(list, c)
		}
	}
	return list
}

// every returns an even part of a list, at most so many.
func every(list []int, most int) []int {
	step := (len(list) + most - 1) / most
	if step <= 1 {
		return list
	}
	var part []int
	for i := 0; i < len(list); i += step {
		part = append(part, list[i])
	}
	return part
}

// histories reads the customers.
func (l *learner) histories(*Customers) error {
	n := len(l.m.Customers)
	l.all = make([]clv.History, n)
	inChunks(n, func(_, from, to int) {
		for c := from; c < to; c++ {
			l.all[c] = l.m.History(c)
		}
	})
	orders, repeaters, known := 0, 0, 0
	for _, h := range l.all {
		orders += int(h.Days)
		if h.Days > 0 {
			known++
		}
		if h.Days > 1 {
			repeaters++
		}
	}
	l.basis.Customers, l.basis.Orders = known, orders
	l.models = Models{
		Run: l.opt.Run, Today: l.m.Today, Currency: l.m.Currency, Margin: l.m.Margin,
		Customers: known, Repeaters: repeaters, Orders: orders, Rate: l.opt.Rate, RankBy: clv.ByActive,
	}
	switch {
	case known < MinCustomers:
		l.models.Why = FewCustomers
	case orders < MinOrders:
		l.models.Why = FewOrders
	default:
		l.models.Enough = true
	}
	l.sampled = every(l.known(), mostSampled)
	return nil
}

// purchase learns how often customers buy and when they leave.
func (l *learner) purchase(*Customers) error {
	if l.basis.Customers == 0 {
		return nil
	}
	stats := make([]clv.Stats, 0, l.basis.Customers)
	for _, h := range l.all {
		if h.Days > 0 {
			stats = append(stats, h.Stats(l.m.Today))
		}
	}
	sample, err := clv.NewSample(stats)
	if err != nil {
		return err
	}
	l.sample = sample
	near := clv.Model{}
	if l.opt.Live != nil {
		near = l.opt.Live.Purchase.Model
	}
	l.choice, err = sample.Choose(near)
	if errors.Is(err, clv.ErrThin) {
		if l.models.Enough {
			l.models.Enough, l.models.Why = false, FewRepeaters
		}
		return nil
	}
	l.models.Purchase = l.choice.Best
	return err
}

// spend learns how much they spend.
func (l *learner) spend(*Customers) error {
	if !l.models.Enough {
		return nil
	}
	list := make([]clv.Repeats, 0, l.basis.Customers)
	for _, h := range l.all {
		if h.Days > 0 {
			list = append(list, repeats(h))
		}
	}
	sp, err := clv.FitSpend(list)
	if errors.Is(err, clv.ErrThin) {
		return nil
	}
	if err != nil {
		return err
	}
	l.models.Spend = &sp
	return nil
}

// bands finds the limits of value.
func (l *learner) bands(r *Customers) error {
	l.models.Bands = Bands{}
	if l.models.Enough && l.models.Spend != nil {
		// An even part tells the limits of large companies well enough.
		part := every(l.known(), mostValued)
		values := make([]int64, len(part))
		inChunks(len(part), func(_, from, to int) {
			sc := NewScorer(&l.models)
			sc.plain = true
			for i := from; i < to; i++ {
				s := sc.Score(Input{Today: l.m.Today, Customer: l.all[part[i]]})
				values[i] = s.Value
			}
		})
		l.models.Bands = limits(values)
	}
	r.Models, r.Choice, r.Rival, r.RivalTests = l.models, l.choice, l.rival, l.rivals
	return nil
}

// limits returns the limits of value of customers. It sorts values.
func limits(values []int64) Bands {
	slices.Sort(values)
	above := func(share float64) int64 { // so much or less have all but the share
		i := len(values) - 1 - int(share*float64(len(values)))
		if i < 0 {
			return 0
		}
		return max(values[i], 0)
	}
	return Bands{A: above(.2), B: above(.5), Top40: above(.4)}
}

// InputOf returns what is known of a customer of a mart on its last day.
func InputOf(m *mart.Mart, customer int) Input {
	return Input{
		Today: m.Today, Customer: m.History(customer),
		Half:       m.Brought(customer, m.Today-HalfDays, m.Today),
		HalfBefore: m.Brought(customer, m.Today-2*HalfDays, m.Today-HalfDays),
	}
}
