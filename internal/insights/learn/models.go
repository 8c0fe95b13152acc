// Package learn learns from all purchases of a company what is worth knowing
// of each customer and each product: how likely they buy again, what they are
// worth, in which segment they are, whether to worry and why; which products
// go together, follow each other and are due.
//
// What it learns from is a mart.Mart, all purchases in memory; what it makes
// is Models, Links of products and reports. It asks no clock and no database.
// The same mart makes the same results to the bit at any number of cores, no
// NaN or infinity leaves the package, and where data are too few it says so
// instead of guessing.
package learn

import (
	"github.com/akrab-crm/akrab/internal/insights/clv"
	"github.com/akrab-crm/akrab/internal/insights/score"
)

// What customers are scored for.
const (
	ActiveDays = 90 // Score.Active foretells a purchase in so many days
	ValueWeeks = 52 // Score.Value and Orders foretell so many weeks
	NewDays    = 90 // for so long after the first purchase a customer is new
	HalfDays   = 182
	YearDays   = 365
)

// Thin data: with fewer, facts are shown instead of predictions.
const (
	MinCustomers = 200
	MinOrders    = 1000
)

// Why models are not enough to score by; see Models.Why.
const (
	FewCustomers = "customers" // fewer than MinCustomers
	FewOrders    = "orders"    // fewer than MinOrders
	FewRepeaters = "repeaters" // too few came back, or the data don't tell any model
)

// Models are what is learned of customers; with them one customer is scored as
// all are. Their JSON is the whole of them. The zero Models know nothing.
type Models struct {
	Run      int64  `json:"run"`      // number of the run that learned them
	Today    int32  `json:"today"`    // the last day they know of, in days since 1970
	Currency string `json:"currency"` // of all amounts
	Margin   bool   `json:"margin"`   // amounts are margins; false: sales
	Enough   bool   `json:"enough"`   // false: customers get facts only
	Why      string `json:"why,omitempty"`

	Customers int `json:"customers"` // on whom they rest
	Repeaters int `json:"repeaters"` // of them, who came back
	Orders    int `json:"orders"`    // purchase days of these

	Rate     float64         `json:"rate"` // of discount, a year
	Purchase clv.Fit         `json:"purchase"`
	Spend    *clv.Spend      `json:"spend,omitempty"`  // nil: amounts don't tell, nobody is valued
	Chance   *score.Isotonic `json:"chance,omitempty"` // from the model's probability to buy in ActiveDays to what came
	RankBy   clv.Ranking     `json:"rank_by"`

	Bands  Bands `json:"bands"`
	Signal Rules `json:"signal"`
}

// Thin reports whether the data are too few to foretell anything, of customers
// or of products.
func (m *Models) Thin() bool {
	return m.Customers < MinCustomers || m.Orders < MinOrders || m.Repeaters < clv.MinRepeaters
}

// Bands are the limits of value, in minor units: who is worth more than A is
// one of the best fifth, more than B one of the best half.
type Bands struct {
	A     int64 `json:"a"`
	B     int64 `json:"b"`
	Top40 int64 `json:"top_40"` // more than this: one of the best two fifths
}

// Rules say when the signal turns. Survival is how likely it would be that the
// customer, still being one, is silent for as long as they are now.
type Rules struct {
	Name   string  `json:"name"`    // "" if no rules passed their test: nobody gets a signal from silence
	Red    float64 `json:"red"`     // survival below this is red …
	Yellow float64 `json:"yellow"`  // … and below this yellow
	TopRed bool    `json:"top_red"` // red only for the best two fifths by value; others are yellow
	Chance bool    `json:"chance"`  // Red and Yellow are limits of Score.Active, not of survival
	Drop   float64 `json:"drop"`    // spending so far below the own mean is yellow, .4 is 40 %; 0: doesn't count
}

// An Input is what is known of one customer on a day. Amounts are in the
// models' currency, minor units, and margins if the models' are.
type Input struct {
	Today      int32 // days since 1970
	Customer   clv.History
	Half       int64 // of the last HalfDays days, returns taken away
	HalfBefore int64 // of the HalfDays before

	// From the service desk and the books, where there are such.
	Complaint    bool // a severe complaint is open
	OverdueDays  int  // since when the oldest unpaid invoice is overdue
	Satisfaction int  // last answer of the last 90 days, 1 to 5; 0 if there is none
}

// A Score is what models say of one customer.
type Score struct {
	Known    bool    // false: thin data; facts only
	Active   float64 // chance to buy in the next ActiveDays, 0 to 1, calibrated
	Orders   float64 // expected purchase days in ValueWeeks
	Valued   bool    // Value, Lo and Hi are known
	Value    int64   // expected in ValueWeeks, discounted, minor units
	Lo, Hi   int64   // what they will bring in ValueWeeks with a probability of 95 %
	Segment  string  // "A1" to "C3", or "N" for new ones; "" if not known
	Signal   string  // Green, Yellow, Red; "" for none, Why says why none
	Why      string  // key of one sentence that says why, "fact.why.…"
	Args     []any   // its arguments: int64 and string
	Survival float64 // of the present silence, 0 to 1
	Alive    float64 // probability not to have left, 0 to 1
}

// The signals.
const (
	Green  = "green"
	Yellow = "yellow"
	Red    = "red"
)

// Segments are all of them, in the order in which they are shown.
var Segments = []string{"A1", "A2", "A3", "B1", "B2", "B3", "C1", "C2", "C3", "N"}
