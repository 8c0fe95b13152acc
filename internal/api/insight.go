package api

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/workspace"
)

// insightFields are what programs write of the settings of insights. Absent
// ones are nil: none of them can be empty.
type insightFields struct {
	MinuteCost   *moneyJSON `json:"minute_cost,omitempty"`
	OrderCost    *moneyJSON `json:"order_cost,omitempty"`
	DiscountRate *string    `json:"discount_rate,omitempty"`
	MinMargin    *string    `json:"min_margin,omitempty"`
}

// insightSettings are the settings of insights as the API answers them.
type insightSettings struct {
	MinuteCost   moneyJSON `json:"minute_cost" doc:"What a minute of talking with a customer costs, in the leading currency."`
	OrderCost    moneyJSON `json:"order_cost" doc:"What handling an order or a return costs."`
	DiscountRate string    `json:"discount_rate" example:"0.1" doc:"A year's, as a decimal number, 0 to 1."`
	MinMargin    string    `json:"min_margin" example:"0.15" doc:"What must be left of the price after the cost for a product to be offered, as a decimal number, 0 to 0.9."`

	Holdout     string     `json:"holdout" example:"0.05" doc:"Share of customers in the control group, whom everything that sells leaves alone. It is fixed."`
	Amounts     string     `json:"amounts" enum:"margin,sales" doc:"What customers bring is margin, or sales where costs are hardly known."`
	MarginKnown string     `json:"margin_known" example:"0.94" doc:"Share of sales whose cost is known."`
	AsOf        *string    `json:"as_of" format:"date" doc:"The day of which facts are; null for the present one."`
	RanAt       *time.Time `json:"ran_at" doc:"When the facts of all customers were last made; null if never."`
}

// insightState is the settings with what the last run found, and the currency
// of amounts.
type insightState struct {
	insights.Settings
	insights.State
	currency money.Currency
}

func readInsight(ctx context.Context, tx *db.Tx) (s insightState, err error) {
	if s.Settings, err = insights.GetSettings(ctx, tx); err != nil {
		return s, err
	}
	if s.State, err = insights.GetState(ctx, tx); err != nil {
		return s, err
	}
	set, err := workspace.Get(ctx, tx)
	s.currency = cmp.Or(s.State.Currency, set.Currency)
	return s, err
}

func (s *insightState) answer() (*answer, error) {
	rate := func(millionths int64) string { return money.Price(millionths).String() }
	out := insightSettings{
		MinuteCost: moneyJSON{s.MinuteCost, string(s.currency)}, OrderCost: moneyJSON{s.OrderCost, string(s.currency)},
		DiscountRate: rate(s.DiscountRate), MinMargin: rate(s.MinMargin), Holdout: rate(s.Holdout * 1000),
		Amounts: "sales", MarginKnown: rate(int64(s.MarginKnown*1e6 + .5)), AsOf: textOrNull(s.AsOf), RanAt: timeOrNull(s.Ran),
	}
	if s.Margin {
		out.Amounts = "margin"
	}
	n, err := jsonAnswer(http.StatusOK, out)
	return n.with("ETag", s.ETag()), err
}

// apply makes s what f says.
func (f *insightFields) apply(s *insightState) error {
	var bad errs.List
	cost := func(field string, m *moneyJSON, into *int64) {
		switch {
		case m == nil:
			bad.Add(errs.InvalidField(field, "error.required"))
		case m.Currency != string(s.currency):
			bad.Add(errs.InvalidField(field+".currency", "api.leading_currency", "currency", string(s.currency)))
		default:
			*into = m.Minor
		}
	}
	rate := func(field string, text *string, into *int64) {
		if v := parsePrice(&bad, field, text); v != nil {
			*into = int64(*v)
		} else if text == nil || *text == "" {
			bad.Add(errs.InvalidField(field, "error.required"))
		}
	}
	cost("minute_cost", f.MinuteCost, &s.MinuteCost)
	cost("order_cost", f.OrderCost, &s.OrderCost)
	rate("discount_rate", f.DiscountRate, &s.DiscountRate)
	rate("min_margin", f.MinMargin, &s.MinMargin)
	return bad.Err()
}

func (a *API) insightOperations() {
	add(a, operation{method: "GET", path: "/api/v1/insights/settings", id: "get-insight-settings", summary: "Get the settings of insights",
		need: insights.PermManage, out: insightSettings{}, status: 200}, a.getInsight)
	add(a, operation{method: "PATCH", path: "/api/v1/insights/settings", id: "update-insight-settings", summary: "Change the settings of insights",
		text: "A JSON merge patch (RFC 7396) of minute_cost, order_cost, discount_rate and min_margin. Facts of all customers are made anew in the background; min_margin counts at once.",
		need: insights.PermManage, out: insightSettings{}, status: 200}, a.patchInsight)
}

func (a *API) getInsight(ctx context.Context, c *caller, _ *struct{}) (*answer, error) {
	var s insightState
	if err := a.DB.Read(ctx, c.Who(), func(tx *db.Tx) (err error) { s, err = readInsight(ctx, tx); return err }); err != nil {
		return nil, err
	}
	return s.answer() // what a run found changes without the version: never 304
}

func (a *API) patchInsight(ctx context.Context, c *caller, in *struct {
	IfMatch string `header:"If-Match" doc:"ETag that the settings must still have, else 412."`
	RawBody []byte `contentType:"application/merge-patch+json"`
}) (*answer, error) {
	op := db.Op{Why: "insight.settings.change", Subject: insights.SettingID}
	return a.change(ctx, c, op, "PATCH", "/insights/settings", in.RawBody, func(tx *db.Tx) (*answer, error) {
		s, err := readInsight(ctx, tx)
		if err != nil {
			return nil, err
		}
		if err := expect(in.IfMatch, s.ETag()); err != nil {
			return nil, err
		}
		rate := func(millionths int64) *string { return rateText(&millionths) }
		f := insightFields{&moneyJSON{s.MinuteCost, string(s.currency)}, &moneyJSON{s.OrderCost, string(s.currency)}, rate(s.DiscountRate), rate(s.MinMargin)}
		if err := mergePatch(&f, in.RawBody); err != nil {
			return nil, err
		}
		if err := f.apply(&s); err != nil {
			return nil, err
		}
		if err := insights.SaveSettings(ctx, tx, s.Settings); err != nil {
			return nil, err
		}
		if s, err = readInsight(ctx, tx); err != nil {
			return nil, err
		}
		return s.answer()
	})
}
