package insightsweb

import (
	"math"
	"net/http"
	"strconv"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/ui"
)

// settingsPage is the data of the page on which costs are set.
type settingsPage struct {
	*ui.View
	Set   insights.Settings
	State insights.State
	Typed map[string]string // as it was typed; nil to show what is kept
	Err   error
}

func (p *Pages) settings(w http.ResponseWriter, r *ui.Req) error {
	page := &settingsPage{View: r.View}
	if err := p.loadSettings(r, page); err != nil {
		return err
	}
	return p.showSettings(w, r, http.StatusOK, page)
}

func (p *Pages) loadSettings(r *ui.Req, page *settingsPage) error {
	return p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		if page.Set, err = insights.GetSettings(r.Context(), tx); err != nil {
			return err
		}
		page.State, err = insights.GetState(r.Context(), tx)
		return err
	})
}

func (p *Pages) showSettings(w http.ResponseWriter, r *ui.Req, status int, page *settingsPage) error {
	return ui.Render(w, r, status, p.Settings(r.View, SettingsKey, r.View.T("insight.settings.title"), page.body()))
}

// currency is that of the costs.
func (p *settingsPage) currency() money.Currency {
	if p.State.Currency != "" {
		return p.State.Currency
	}
	return p.Workspace.Currency
}

// units is how many minor units the currency's whole has.
func (p *settingsPage) units() float64 { return math.Pow10(p.currency().Digits()) }

func (p *Pages) settingsSave(w http.ResponseWriter, r *ui.Req) error {
	page := &settingsPage{View: r.View, Typed: map[string]string{}}
	if err := p.loadSettings(r, page); err != nil {
		return err
	}
	set, bad := page.Set, errs.List{}
	sign := r.View.Workspace.Decimal
	cost := func(field string, into *int64) {
		page.Typed[field] = r.Text(field)
		a, err := money.Parse(page.Typed[field], sign, page.currency())
		if err != nil || a.Minor < 0 || a.Minor > math.MaxInt32*1000 {
			bad.Add(errs.InvalidField(field, "insight.settings.number"))
			return
		}
		*into = a.Minor
	}
	rate := func(field string, into *int64) {
		page.Typed[field] = r.Text(field)
		f, valid := number(page.Typed[field], sign)
		if !valid || f > 1e5 {
			bad.Add(errs.InvalidField(field, "insight.settings.number"))
			return
		}
		*into = int64(math.Round(f * 1e4))
	}
	cost("minute_cost", &set.MinuteCost)
	cost("order_cost", &set.OrderCost)
	rate("discount_rate", &set.DiscountRate)
	rate("min_margin", &set.MinMargin)
	set.Rev = r.Int("rev", 0)
	err := bad.Err()
	var op ids.ID
	if err == nil {
		err = p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: "insight.settings.change", Subject: insights.SettingID}, func(tx *db.Tx) error {
			op = tx.Op
			return insights.SaveSettings(r.Context(), tx, set)
		})
	}
	switch errs.KindOf(err) {
	case errs.Invalid:
		page.Err = err
		return p.showSettings(w, r, http.StatusUnprocessableEntity, page)
	case errs.Stale:
		page.Err = err
		return p.showSettings(w, r, http.StatusConflict, page)
	}
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: "insight.settings.saved", Undo: op})
	return ui.Redirect(w, r, PathSettings)
}

// field is a field of the form.
func (p *settingsPage) field(name string, kept int64, units float64) ui.Field {
	v, typed := p.Typed[name]
	if !typed {
		v = p.plain(float64(kept) / units)
	}
	return ui.Field{
		Name: name, Label: p.T("insight.settings."+name, "currency", p.currency().Symbol()), Value: v, InputMode: "decimal", Required: true, MaxLength: 20,
		Hint: p.T("insight.settings." + name + ".hint"), Error: p.FieldError(p.Err, name),
	}
}

// plain writes a number as a form takes it: without separators of thousands.
func (p *settingsPage) plain(f float64) string {
	if f == math.Trunc(f) {
		return strconv.FormatFloat(f, 'f', 0, 64)
	}
	return p.Decimal(f, 2)
}
