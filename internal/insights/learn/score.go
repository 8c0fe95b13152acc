package learn

import (
	"math"

	"github.com/akrab-crm/akrab/internal/insights/clv"
)

// Limits of what is outside of purchases.
const (
	overdueRed    = 60 // days
	overdueYellow = 30
	unhappy       = 2  // of 5
	dropDays      = 3  // purchase days that a drop needs
	trending      = .1 // of the half year before
)

// A Scorer scores customers by models. It remembers what it computed: each
// goroutine needs one. The answer for a customer doesn't depend on others.
type Scorer struct {
	m       *Models
	horizon clv.Horizon
	once    map[int32]outlook // of customers who bought once: by the days since then
	plain   bool              // without intervals: they cost as much as all else
}

// NewScorer returns a scorer for m, which must not be changed meanwhile.
func NewScorer(m *Models) *Scorer {
	return &Scorer{m: m, horizon: clv.NewHorizon(ValueWeeks, m.Rate), once: map[int32]outlook{}}
}

// Score returns what the models say of one customer.
func (m *Models) Score(in Input) Score { return NewScorer(m).Score(in) }

// An outlook is what is expected of a customer.
type outlook struct {
	active, orders, survival, alive float64
	value, lo, hi                   int64
}

// Score returns what the models say of one customer.
func (s *Scorer) Score(in Input) Score {
	h := in.Customer
	if h.Days <= 0 {
		return Score{}
	}
	var r Score
	if s.m.Enough {
		o := s.outlook(in)
		r = Score{
			Known: true, Active: o.active, Orders: o.orders, Survival: o.survival, Alive: o.alive,
			Valued: s.m.Spend != nil, Value: o.value, Lo: o.lo, Hi: o.hi,
		}
	}
	r.Segment = s.m.segment(&r, in)
	r.Signal, r.Why, r.Args = s.m.signal(&r, in)
	return r
}

func (s *Scorer) outlook(in Input) outlook {
	h := in.Customer
	alone := h.Days == 1
	age := days(in.Today, h.First)
	if o, ok := s.once[age]; alone && ok {
		return o
	}
	m := s.m
	stats := h.Stats(in.Today)
	o := outlook{
		active:   m.chance(m.Purchase.Active(stats, ActiveDays/7.)),
		orders:   finite(m.Purchase.Expected(stats, ValueWeeks)),
		survival: finite(m.Purchase.Survival(stats)),
		alive:    finite(m.Purchase.Alive(stats)),
	}
	if m.Spend != nil {
		r := repeats(h)
		o.value = minor(s.horizon.Value(m.Purchase.Model, m.Spend, stats, r))
		if !s.plain {
			span := clv.MoneyRange(m.Purchase.Model, m.Spend, stats, r, ValueWeeks)
			o.lo, o.hi = minor(span.Lo), minor(span.Hi)
		}
	}
	if alone {
		s.once[age] = o
	}
	return o
}

// chance returns the model's probability as it came true.
func (m *Models) chance(active float64) float64 {
	if active = finite(active); m.Chance != nil {
		active = m.Chance.At(active)
	}
	return min(max(active, 0), 1)
}

// repeats returns what the model of amounts reads.
func repeats(h clv.History) clv.Repeats {
	return clv.Repeats{N: int(h.Days) - 1, Mean: h.Repeat()}
}

// segment returns the band of value with the trend.
func (m *Models) segment(s *Score, in Input) string {
	switch {
	case days(in.Today, in.Customer.First) <= NewDays:
		return "N"
	case !s.Valued:
		return ""
	}
	band := "C"
	switch {
	case s.Value > m.Bands.A:
		band = "A"
	case s.Value > m.Bands.B:
		band = "B"
	}
	return band + trend(in.Half, in.HalfBefore)
}

// trend returns "1" for growing, "2" for steady and "3" for shrinking, or for
// who brought nothing for a year.
func trend(half, before int64) string {
	switch {
	case half <= 0:
		return "3"
	case before <= 0 || float64(half-before) >= trending*float64(before):
		return "1"
	case float64(before-half) >= trending*float64(before):
		return "3"
	}
	return "2"
}

// signal returns the signal with the sentence why.
func (m *Models) signal(s *Score, in Input) (signal, why string, args []any) {
	h := in.Customer
	silent, since := days(in.Today, h.Last), days(in.Today, h.First)
	switch {
	case in.Complaint:
		return Red, "fact.why.complaint", nil
	case in.OverdueDays > overdueRed:
		return Red, "fact.why.overdue", count(int32(in.OverdueDays))
	case in.OverdueDays > overdueYellow:
		return Yellow, "fact.why.overdue", count(int32(in.OverdueDays))
	case in.Satisfaction > 0 && in.Satisfaction <= unhappy:
		return Yellow, "fact.why.unhappy", count(int32(in.Satisfaction))
	case !s.Known:
		return "", "fact.why.thin", nil
	case since == 0:
		return "", "fact.why.today.new", nil
	case since <= NewDays:
		return "", "fact.why.new", count(since)
	case h.Days == 1:
		return "", "fact.why.once", count(silent)
	case m.Signal.Name == "":
		return "", "fact.why.untested", nil
	}
	rhythm := append(count(gap(h)), "days", int64(silent))
	switch signal, by := m.Signal.judge(s, in, m.Bands.Top40); {
	case by == byDrop:
		return signal, "fact.why.drop", []any{"pct", int64(math.Round(100 * drop(in)))}
	case signal != Green && silent <= gap(h): // by chance alone, which rules may go by
		return signal, "fact.why.chance", []any{"pct", int64(math.Round(100 * s.Active))}
	case signal == Red && silent < 2*gap(h):
		return signal, "fact.why.quiet", rhythm
	case signal != Green && m.Signal.Chance:
		return signal, "fact.why.odds", append(rhythm, "pct", int64(math.Round(100*s.Active)))
	case signal == Red && m.Signal.TopRed:
		return signal, "fact.why.lost_top", rhythm
	case signal == Red:
		return signal, "fact.why.lost", rhythm
	case signal == Yellow:
		return signal, "fact.why.quiet", rhythm
	default:
		return signal, "fact.why.usual", rhythm
	}
}

// What turned a signal.
const (
	bySilence = iota
	byDrop
)

// judge returns the signal of a customer who bought on two days or more and
// isn't new, and what turned it.
func (r *Rules) judge(s *Score, in Input, top int64) (signal string, by int) {
	x := s.Survival
	if r.Chance {
		x = s.Active
	}
	switch {
	case x < r.Red && (!r.TopRed || s.Value > top):
		return Red, bySilence
	case x < r.Yellow:
		return Yellow, bySilence
	case r.Drop > 0 && in.Customer.Days >= dropDays && drop(in) >= r.Drop:
		return Yellow, byDrop
	}
	return Green, bySilence
}

// drop returns by which part the last half year lies below the mean of the
// last two; 0 if nothing is known.
func drop(in Input) float64 {
	mean := float64(in.Half)/2 + float64(in.HalfBefore)/2
	if mean <= 0 {
		return 0
	}
	return min(max(1-float64(in.Half)/mean, 0), 1)
}

// gap returns the customer's mean number of days between purchase days, at
// least 1.
func gap(h clv.History) int32 {
	return max(1, int32(math.Round(float64(days(h.Last, h.First))/float64(max(h.Days-1, 1)))))
}

// days returns the days from a to b ≥ a, 0 to a thousand years.
func days(b, a int32) int32 { return int32(min(max(int64(b)-int64(a), 0), 365_000)) }

func count(n int32) []any { return []any{"n", int64(n)} }

// minor returns an amount in minor units, within what money can hold.
func minor(v float64) int64 {
	const most = 1e17
	return int64(math.Round(min(max(finite(v), -most), most)))
}

func finite(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}
