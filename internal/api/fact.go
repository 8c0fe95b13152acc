package api

import (
	"context"
	"net/http"
	"time"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/orders"
)

// facts are what is known of a customer's purchases.
type facts struct {
	Customer   string       `json:"customer_id" format:"uuid"`
	Orders     int64        `json:"orders" doc:"That stand: without drafts, cancelled ones and returns."`
	Returns    int64        `json:"returns"`
	Days       int64        `json:"order_days" doc:"Days on which they ordered."`
	First      *time.Time   `json:"first_order_at"`
	Last       *time.Time   `json:"last_order_at"`
	RhythmDays *int64       `json:"rhythm_days" doc:"Median of the days between two days with orders; null with less than three such days."`
	Quiet      *time.Time   `json:"quiet_at" doc:"From when on they are silent against their rhythm; null if they have none."`
	Contact    *time.Time   `json:"contact_at" doc:"When they last spoke with the company, other than by ordering."`
	Bought     *moneyJSON   `json:"bought" doc:"In the currency of most orders, returns subtracted; null if they never ordered."`
	Totals     []factTotal  `json:"totals" doc:"By currency, the main one first."`
	Families   []factFamily `json:"families" doc:"Of the main currency, the largest first; at most five."`
	Products   int64        `json:"products" doc:"Different ones that were bought."`
	Year       *moneyJSON   `json:"year" doc:"What they brought in the last 365 days: margin, or sales where costs are hardly known (see made.margin). This and the following amounts are in the workspace's leading currency; null before the first run over all customers."`
	YearBefore *moneyJSON   `json:"year_before"`
	Margin     *moneyJSON   `json:"margin" doc:"Of all time."`
	Cost       *moneyJSON   `json:"cost_to_serve"`
	Profit     *moneyJSON   `json:"profit" doc:"Margin less cost to serve."`
	Score      *factScore   `json:"score" doc:"What models say; null for who never ordered, and before the first run."`
	Made       *factMade    `json:"made" doc:"On what the score rests; null before the first run."`
	AsOf       *time.Time   `json:"as_of" doc:"When this was made; null if they never ordered."`
}

// factScore is what models say of a customer.
type factScore struct {
	Active       *float64   `json:"active" doc:"Chance to buy in the next 90 days, 0 to 1; null where data are too few to foretell anything, as are the following four."`
	Orders       *float64   `json:"expected_orders" doc:"Purchase days expected in 52 weeks."`
	Value        *moneyJSON `json:"value" doc:"Expected of 52 weeks, discounted."`
	ValueLo      *moneyJSON `json:"value_lo" doc:"What comes lies between this and value_hi with 95 %."`
	ValueHi      *moneyJSON `json:"value_hi"`
	Segment      *string    `json:"segment" enum:"A1,A2,A3,B1,B2,B3,C1,C2,C3,N" doc:"Letter: A the best fifth by value, B the next 30 %, C the others; digit: 1 grows, 2 steady, 3 shrinks; N is new."`
	Signal       *string    `json:"signal" enum:"green,yellow,red" doc:"Null for who is new or not judged: why says so."`
	Why          reasonJSON `json:"why" doc:"One sentence that explains the signal, or why there is none."`
	Satisfaction *int64     `json:"satisfaction,omitempty" doc:"Last answer, 1 to 5. This and the following three are absent where nothing is known."`
	Complaint    *string    `json:"complaint_since,omitempty" format:"date" doc:"Since when a severe complaint is open."`
	Overdue      *moneyJSON `json:"overdue,omitempty" doc:"Unpaid of invoices whose day has passed."`
	OverdueSince *string    `json:"overdue_since,omitempty" format:"date" doc:"The day of the oldest of them."`
}

type reasonJSON struct {
	Code string `json:"code" example:"fact.why.quiet"`
	Text string `json:"text" doc:"In the language of Accept-Language."`
}

// factMade says how scores were made.
type factMade struct {
	Run       int64    `json:"run"`
	AsOf      string   `json:"as_of" format:"date" doc:"The last day that the models know of."`
	Customers int      `json:"customers" doc:"On how many customers the models rest."`
	Margin    bool     `json:"margin" doc:"Amounts are margins; false: sales."`
	Quarter   *hitJSON `json:"last_quarter" doc:"How right they were in the last 90 days; null if that can't be said."`
}

type hitJSON struct {
	Customers int     `json:"customers"`
	Foretold  float64 `json:"foretold" doc:"Customers who were foretold to buy: the sum of their chances."`
	Bought    int     `json:"bought"`
	AUC       float64 `json:"auc" doc:"How often of two customers the one who bought was ranked above the one who did not."`
	ECE       float64 `json:"ece" doc:"By how much chances were off on average."`
}

type moneyJSON struct {
	Minor    int64  `json:"minor" doc:"In the currency's minor unit."`
	Currency string `json:"currency" example:"IDR"`
}

type factTotal struct {
	moneyJSON
	Orders int64 `json:"orders"`
}

type factFamily struct {
	Family string `json:"family"`
	moneyJSON
	Share int64 `json:"share" doc:"Of all they bought in that currency, per cent."`
}

func encodeMoney(m money.Amount) moneyJSON { return moneyJSON{m.Minor, string(m.Currency)} }

func encodeFacts(id ids.ID, f *insights.Fact) facts {
	out := facts{
		Customer: id.String(), Orders: f.Orders, Returns: f.Returns, Days: f.Days, First: timeOrNull(f.First), Last: timeOrNull(f.Last),
		Quiet: timeOrNull(f.Quiet), Contact: timeOrNull(f.Contact), AsOf: timeOrNull(f.AsOf), Totals: []factTotal{}, Families: []factFamily{},
	}
	if f.RhythmDays > 0 {
		out.RhythmDays = &f.RhythmDays
	}
	if f.Bought.Currency != "" {
		m := encodeMoney(f.Bought)
		out.Bought = &m
	}
	for _, t := range f.Totals {
		out.Totals = append(out.Totals, factTotal{moneyJSON{t.Minor, string(t.Currency)}, t.Orders})
	}
	for _, v := range f.Families {
		out.Families = append(out.Families, factFamily{v.Name, moneyJSON{v.Minor, string(f.Bought.Currency)}, v.Share})
	}
	return out
}

// scored adds what models say to facts.
func (out *facts) scored(c *caller, f *insights.Fact, made insights.Made) {
	if f.Customer.IsZero() || f.Lead == "" {
		return
	}
	lead := func(minor int64) *moneyJSON { return &moneyJSON{minor, string(f.Lead)} }
	out.Products = f.Products
	out.Year, out.YearBefore, out.Margin, out.Cost, out.Profit = lead(f.Year), lead(f.YearBefore), lead(f.Margin), lead(f.CostToServe), lead(f.Profit)
	if f.Why == "" {
		return
	}
	score := &factScore{Segment: textOrNull(f.Segment), Signal: textOrNull(f.Signal), Why: reasonJSON{f.Why, c.T(f.Why, f.WhyArgs...)}}
	if f.Satisfaction > 0 {
		score.Satisfaction = &f.Satisfaction
	}
	score.Complaint, score.OverdueSince = textOrNull(f.Care.Complaint), textOrNull(f.Care.OverdueSince)
	if f.Care.OverdueSince != "" {
		score.Overdue = &moneyJSON{f.Care.Overdue, string(f.Care.Currency)}
	}
	if s := f.Score(); s.Known {
		score.Active, score.Orders = &s.Active, &s.Orders
	}
	if f.Valued {
		score.Value, score.ValueLo, score.ValueHi = lead(f.Value), lead(f.ValueLo), lead(f.ValueHi)
	}
	out.Score = score
	if made.Run == 0 {
		return
	}
	day := time.Unix(int64(made.Today)*24*60*60, 0).UTC()
	out.Made = &factMade{Run: made.Run, AsOf: day.Format(time.DateOnly), Customers: made.Customers, Margin: made.Margin}
	if h := made.LastHit; h != nil {
		out.Made.Quarter = &hitJSON{Customers: h.Customers, Foretold: h.Chance, Bought: h.Bought, AUC: h.AUC, ECE: h.ECE}
	}
}

func (a *API) factOperations() {
	add(a, operation{method: "GET", path: "/api/v1/customers/{id}/facts", id: "get-facts", summary: "What is known of a customer's purchases",
		text: "Kept ready, and made anew within a second of the order that changed it. What models say is there for those who may see it (insights.read).", need: orders.PermRead, out: facts{}, status: 200}, a.getFacts)
}

func (a *API) getFacts(ctx context.Context, c *caller, in *struct {
	ID string `path:"id"`
}) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	var f insights.Fact
	var made insights.Made
	err = a.DB.Read(ctx, c.Who(), func(tx *db.Tx) error {
		if _, err := customers.Get(ctx, tx, id); err != nil {
			return err
		}
		if f, _, err = insights.Get(ctx, tx, id); err != nil {
			return err
		}
		made, _, err = insights.ReadMade(ctx, tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := encodeFacts(id, &f)
	if c.Can(insights.PermRead) {
		out.scored(c, &f, made)
	}
	return jsonAnswer(http.StatusOK, out)
}
