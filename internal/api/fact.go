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
	AsOf       *time.Time   `json:"as_of" doc:"When this was made; null if they never ordered."`
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

func (a *API) factOperations() {
	add(a, operation{method: "GET", path: "/api/v1/customers/{id}/facts", id: "get-facts", summary: "What is known of a customer's purchases",
		text: "Kept ready, and made anew within a second of the order that changed it.", need: orders.PermRead, out: facts{}, status: 200}, a.getFacts)
}

func (a *API) getFacts(ctx context.Context, c *caller, in *struct {
	ID string `path:"id"`
}) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	var f insights.Fact
	err = a.DB.Read(ctx, c.Who(), func(tx *db.Tx) error {
		if _, err := customers.Get(ctx, tx, id); err != nil {
			return err
		}
		f, _, err = insights.Get(ctx, tx, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	return jsonAnswer(http.StatusOK, encodeFacts(id, &f))
}
