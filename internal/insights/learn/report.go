package learn

import (
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights/clv"
	"github.com/akrab-crm/akrab/internal/insights/score"
)

// A Basis says on what a report rests; pages say so too.
type Basis struct {
	Run       int64  `json:"run"`
	Today     int32  `json:"today"` // the last day it knows of, in days since 1970
	Currency  string `json:"currency"`
	Margin    bool   `json:"margin"` // amounts are margins; false: sales
	Customers int    `json:"customers"`
	Orders    int    `json:"orders"` // purchase days
}

// A Board compares the segments by value, the most promising first. Its name
// as a report is "board".
type Board struct {
	Basis
	Rows  []BoardRow `json:"rows"` // only segments with customers
	Total BoardRow   `json:"total"`
}

// A BoardRow is one segment.
type BoardRow struct {
	Segment   string   `json:"segment"` // "" in the total
	Customers int      `json:"customers"`
	Year      int64    `json:"year"`      // brought in the last 12 months, minor units
	Share     float64  `json:"share"`     // of all that was brought in them, 0 to 1
	Value     int64    `json:"value"`     // expected of the next 52 weeks
	Half      int64    `json:"half"`      // of the last 26 weeks
	Before    int64    `json:"before"`    // of the 26 weeks before
	Trend     float64  `json:"trend"`     // Half over Before, less 1; 0 without Before
	Headroom  int64    `json:"headroom"`  // what the customers would bring more a year if each came up to the best quarter of its peers
	Peers     int      `json:"peers"`     // customers with a group of peers large enough to say so
	AtRisk    int64    `json:"at_risk"`   // what those whose signal is red or yellow brought in the last 12 months, or are expected to bring if that is more: who is silent is expected to bring little
	Red       int      `json:"red"`       // customers
	Yellow    int      `json:"yellow"`    // customers
	Families  []string `json:"families"`  // at most 3 that they bought most of in 12 months
	Priority  int64    `json:"priority"`  // what the play may bring, minor units: by it rows are sorted
	Play      string   `json:"play"`      // recover, reorder_reminder, cross_sell, upgrade, welcome, self_service, win_back or thank
	Treatable float64  `json:"treatable"` // share of what is at stake that the play is taken to reach, before any was measured
}

// WhaleReport is who brings the profit and who takes it away, over all time.
// Its name as a report is "whale".
type WhaleReport struct {
	Basis
	Curve  clv.Whale `json:"curve"`
	Cost   bool      `json:"cost"`   // cost to serve is known and taken away
	Losers []Loser   `json:"losers"` // at most 100, who takes away most first
}

// A Loser is a customer who costs more than they bring.
type Loser struct {
	Customer ids.ID `json:"customer"`
	Profit   int64  `json:"profit"`   // below 0, minor units
	Margin   int64  `json:"margin"`   // before the cost to serve
	Service  int64  `json:"service"`  // cost of talking
	Delivery int64  `json:"delivery"` // cost of orders
	Sales    int64  `json:"sales"`
	Orders   int    `json:"orders"`
	Do       string `json:"do"` // reprice, self_service or batch
}

// Cohorts tell how many of those who came first in a quarter bought again in
// each quarter after it. Its name as a report is "cohorts".
type Cohorts struct {
	Basis
	Rows []Cohort `json:"rows"` // the earliest first, at most 20
}

// A Cohort is the customers of one quarter.
type Cohort struct {
	Year      int     `json:"year"`
	Quarter   int     `json:"quarter"` // 1 to 4
	Customers int     `json:"customers"`
	Bought    []int   `json:"bought"`  // who bought in the quarter 1, 2, … after it
	Amount    []int64 `json:"amount"`  // what they brought in quarter 0, 1, 2, …
	Partial   bool    `json:"partial"` // the last quarter is not over
}

// Months are purchases by calendar month, at most 60, the earliest first. Its
// name as a report is "months".
type Months struct {
	Basis
	Rows []Month `json:"rows"`
}

// A Month is what was bought in a calendar month.
type Month struct {
	Month     string `json:"month"` // YYYY-MM
	Customers int    `json:"customers"`
	New       int    `json:"new"`    // of them, for the first time
	Orders    int    `json:"orders"` // purchase days
	Amount    int64  `json:"amount"`
	Partial   bool   `json:"partial"` // the month is not over
}

// States of the Markov chain, in order.
var States = []string{"new", "active_high", "active_mid", "active_low", "at_risk", "lapsed", "lost"}

// Retention says what customers are worth by the state they are in, and what
// keeping more of them would bring. Its name as a report is "retention".
type Retention struct {
	Basis
	Chain      clv.Chain `json:"chain"`
	Rate       float64   `json:"rate"`        // of discount, a year
	Counts     []int     `json:"counts"`      // customers in each state
	Value      []float64 `json:"value"`       // of a customer in each, for ever, minor units
	Moves      int       `json:"moves"`       // observed, from month to month
	Months     int       `json:"months"`      // in which they were observed
	ActiveDays int       `json:"active_days"` // silent for at most so long is active; up to twice is at risk, up to four times lapsed
	High       int64     `json:"high"`        // brought in 12 months: from this on active_high …
	Low        int64     `json:"low"`         // … and below this active_low
}

// A Health says how right the models are. Its name as a report is "health".
type Health struct {
	Basis
	Models    Models       `json:"models"`             // live now
	Candidate bool         `json:"candidate"`          // the likeliest kind of model is live; false: Rival stayed a candidate
	Hindered  string       `json:"hindered,omitempty"` // why: "back_test"
	Rival     *clv.Fit     `json:"rival,omitempty"`    // likelier than Models.Purchase, but it foretold worse
	Choice    clv.Choice   `json:"choice"`             // of the last run: every model with its parameters and log-likelihood
	BackTests []clv.Result `json:"back_tests"`         // the earliest first
	Sampled   int          `json:"sampled"`            // customers in the back-tests, an even part of all
	LastHit   *Hit         `json:"last_hit,omitempty"`

	Reliability []score.Reliability `json:"reliability"` // of the calibrated chance, in the last window, calibrated by those before it
	Quality     *score.Quality      `json:"quality,omitempty"`
	Challenger  *Challenger         `json:"challenger,omitempty"`
	Signals     []SignalTest        `json:"signals"` // all sets of rules that were tried
	Drift       []score.Drift       `json:"drift"`   // repeats, silence, amount and chance of now against those of the day Since
	Since       int32               `json:"since"`   // when the live models were learned, or a quarter ago; days since 1970
	Products    ProductHealth       `json:"products"`
}

// A Hit says in few words how right the model was in the last 90 days.
type Hit struct {
	Customers int     `json:"customers"`
	Foretold  float64 `json:"foretold"` // purchase days
	Actual    float64 `json:"actual"`
	Bought    int     `json:"bought"` // customers who bought
	Chance    float64 `json:"chance"` // customers foretold to buy
	AUC       float64 `json:"auc"`
	ECE       float64 `json:"ece"`
}

// A Challenger is a model that is measured beside the live one.
type Challenger struct {
	Name    string        `json:"name"`
	Quality score.Quality `json:"quality"`
	Live    score.Quality `json:"live"` // of the live one on the same customers
}

// A SignalTest is how a set of rules did on a time that they didn't know.
type SignalTest struct {
	Rules
	Passed  bool          `json:"passed"` // strictly ordered over all, and in no class clearly reversed
	Live    bool          `json:"live"`   // the first that passed
	Classes []SignalClass `json:"classes"`
}

// A SignalClass is customers of one kind by their signal. The class "all" has
// all who get one.
type SignalClass struct {
	Class  string      `json:"class"`
	Green  SignalCount `json:"green"`
	Yellow SignalCount `json:"yellow"`
	Red    SignalCount `json:"red"`
}

// A SignalCount is the customers of one signal.
type SignalCount struct {
	Customers int     `json:"customers"`
	Bought    int     `json:"bought"`
	Share     float64 `json:"share"`
}

// A ProductHealth says what the links of products rest on and how right they
// were.
type ProductHealth struct {
	Baskets    int   `json:"baskets"`
	Products   int   `json:"products"` // that occur
	Lines      int   `json:"lines"`
	Pairs      int   `json:"pairs"`      // published
	Hypotheses int64 `json:"hypotheses"` // among so many
	Sequels    int   `json:"sequels"`
	Upgrades   int   `json:"upgrades"`
	Head       int   `json:"head"` // products in EASE
	// Of those who bought something new in the last 90 days, the share who
	// found it among ten products that were foretold before; and the same for
	// ten best sellers.
	Replayed   int     `json:"replayed"` // customers
	HitRate    float64 `json:"hit_rate"`
	BestSeller float64 `json:"best_seller"`
	DueRate    float64 `json:"due_rate"` // of products foretold to be due, share bought again
	DueCount   int     `json:"due_count"`
}

// Movers are the customers whose segment or signal changed in the last week.
// Its name as a report is "movers".
type Movers struct {
	Basis
	Days   int        `json:"days"`
	Worse  int        `json:"worse"`  // signals that fell
	Better int        `json:"better"` // signals that rose
	Stake  int64      `json:"stake"`  // what the worse brought in 12 months, or are expected to bring if that is more
	Moves  []MoveSum  `json:"moves"`  // from where to where
	Rows   []MoverRow `json:"rows"`   // at most 200, the most valuable of the worse first
}

// A MoveSum is how many went one way.
type MoveSum struct {
	Was       string `json:"was"` // signal, "" for none
	Is        string `json:"is"`
	Customers int    `json:"customers"`
	Value     int64  `json:"value"`
}

// A MoverRow is one customer who moved.
type MoverRow struct {
	Customer   ids.ID `json:"customer"`
	WasSegment string `json:"was_segment"`
	Segment    string `json:"segment"`
	WasSignal  string `json:"was_signal"`
	Signal     string `json:"signal"`
	Value      int64  `json:"value"`
	Day        int32  `json:"day"` // the last change, in days since 1970
}
