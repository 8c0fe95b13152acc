package learn

import "github.com/akrab-crm/akrab/internal/insights/clv"

// A How says step by step how a customer's score came about.
type How struct {
	Model     clv.Model `json:"model"` // of purchases
	Name      string    `json:"name"`
	Customers int       `json:"customers"` // on whom it rests
	Stats     clv.Stats `json:"stats"`     // all that it knows of the customer

	Alive    float64 `json:"alive"`    // probability not to have left
	Survival float64 `json:"survival"` // of the present silence, had they not left
	Raw      float64 `json:"raw"`      // probability to buy in ActiveDays, as the model says
	Active   float64 `json:"active"`   // as it came true for others of whom it said so

	Orders   float64 `json:"orders"`   // expected purchase days in ValueWeeks
	Counted  float64 `json:"counted"`  // the same, those far ahead counting less by Rate
	Rate     float64 `json:"rate"`     // of discount, a year
	OwnMean  float64 `json:"own_mean"` // amount of a purchase day after the first, minor units; 0 if there was none
	AllMean  float64 `json:"all_mean"` // of all customers
	Amount   float64 `json:"amount"`   // expected of the next: between the two
	Value    int64   `json:"value"`    // Counted × Amount
	Lo       int64   `json:"lo"`       // 95 % interval of what comes
	Hi       int64   `json:"hi"`
	Bands    Bands   `json:"bands"`
	Rules    Rules   `json:"rules"`
	Drop     float64 `json:"drop"` // by which part the last half year lies below the mean of two
	Currency string  `json:"currency"`
	Margin   bool    `json:"margin"`
}

// How returns how the score of in comes about; false if there are too few data.
func (m *Models) How(in Input) (How, bool) {
	if !m.Enough || in.Customer.Days <= 0 {
		return How{}, false
	}
	s := NewScorer(m)
	o := s.outlook(in)
	stats := in.Customer.Stats(in.Today)
	h := How{
		Model: m.Purchase.Model, Name: m.Purchase.String(), Customers: m.Purchase.Customers, Stats: stats,
		Alive: o.alive, Survival: o.survival, Raw: finite(m.Purchase.Active(stats, ActiveDays/7.)), Active: o.active,
		Orders: o.orders, Counted: finite(s.horizon.Purchases(m.Purchase.Model, stats)), Rate: m.Rate,
		Bands: m.Bands, Rules: m.Signal, Drop: drop(in), Currency: m.Currency, Margin: m.Margin,
		Value: o.value, Lo: o.lo, Hi: o.hi,
	}
	if m.Spend != nil {
		r := repeats(in.Customer)
		h.OwnMean, h.AllMean, h.Amount = finite(r.Mean), m.Spend.Mean, finite(m.Spend.Expected(r))
	}
	return h, true
}
