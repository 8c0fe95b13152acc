// Package lifecycleweb is the page on which a company says by what rule its
// customers move from phase to phase. It shows the rule in sentences, and who
// would move if it were saved.
package lifecycleweb

import (
	"embed"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/lifecycle"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
)

// Text holds the messages of these pages.
//
//go:embed text/*.json
var Text embed.FS

// Path is where the rule is shown.
const Path = "/settings/lifecycle"

// Key is the page's among those of the settings.
const Key = "lifecycle"

const permSettings = ui.Perm(team.PermSettings)

// shown is how many of those who would move are named.
const shown = 8

// Pages serves the rule.
type Pages struct {
	DB *db.DB

	// Settings puts the frame of the settings around a page.
	Settings func(v *ui.View, at, title string, body templ.Component) templ.Component
}

// Routes returns the route table.
func (p *Pages) Routes() []ui.Route {
	return []ui.Route{
		ui.GET(Path, permSettings, p.show),
		ui.POST(Path, permSettings, p.save),
	}
}

// rulePage is the data of the page.
type rulePage struct {
	*ui.View
	Rule    lifecycle.Rule
	Rhythm  string // active_rhythm as it was typed
	Preview lifecycle.Preview
	Heads   map[ids.ID]*customers.Customer
	Tried   bool // the preview is that of a rule that can be saved
	Err     error
}

func (p *Pages) show(w http.ResponseWriter, r *ui.Req) error {
	page := &rulePage{View: r.View}
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		page.Rule, err = lifecycle.Get(r.Context(), tx)
		return err
	})
	if err != nil {
		return err
	}
	page.Rhythm = page.times()
	if r.Form.Has("new_days") { // a look at a rule that is not saved
		rev := page.Rule.Rev
		page.read(r)
		page.Rule.Rev = rev
	}
	return p.render(w, r, http.StatusOK, page)
}

func (p *Pages) render(w http.ResponseWriter, r *ui.Req, status int, page *rulePage) error {
	if page.Err == nil {
		page.Err = page.Rule.Check()
	}
	if page.Tried = page.Err == nil || errs.KindOf(page.Err) == errs.Stale; page.Tried {
		err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error {
			var err error
			if page.Preview, err = page.Rule.Try(r.Context(), tx, shown); err != nil {
				return err
			}
			total, err := customers.Total(r.Context(), tx)
			if err != nil {
				return err
			}
			rest := int64(total)
			for _, phase := range customers.Phases[1:] {
				rest -= page.Preview.Count[phase]
			}
			page.Preview.Count[customers.Prospect] = max(rest, 0)
			var of []ids.ID
			for _, m := range page.Preview.Some {
				of = append(of, m.Customer)
			}
			page.Heads, err = customers.Heads(r.Context(), tx, of)
			return err
		})
		if err != nil {
			return err
		}
	}
	return ui.Render(w, r, status, p.Settings(r.View, Key, r.View.T("lifecycle.title"), page.body()))
}

// read makes of the page's rule what a form says.
func (p *rulePage) read(r *ui.Req) {
	n := func(name string) int64 { return r.Int(name, -1) }
	p.Rhythm = r.Text("active_rhythm")
	p.Rule = lifecycle.Rule{
		On: r.Bool("is_on"), NewDays: n("new_days"), ActiveDays: n("active_days"), ActiveRhythm: tenths(p.Rhythm), LeastDays: n("least_days"),
		LoyalOrders: n("loyal_orders"), LoyalDays: n("loyal_days"), LostDays: n("lost_days"), Talks: r.Bool("talks"), Rev: r.Int("rev", 0),
	}
}

// tenths reads a number of times with one digit behind a comma or a full stop;
// -1 if it is none.
func tenths(s string) int64 {
	f, err := strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64)
	if err != nil || !(f >= 0 && f <= 1000) {
		return -1
	}
	return int64(math.Round(f * 10))
}

func (p *Pages) save(w http.ResponseWriter, r *ui.Req) error {
	page := &rulePage{View: r.View}
	page.read(r)
	var op ids.ID
	err := p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: "lifecycle.save", Subject: lifecycle.ID}, func(tx *db.Tx) error {
		op = tx.Op
		if err := lifecycle.Save(r.Context(), tx, page.Rule); err != nil {
			return err
		}
		return lifecycle.RunAfter(r.Context(), tx, tx.Op)
	})
	switch errs.KindOf(err) {
	case errs.Invalid:
		page.Err = err
		return p.render(w, r, http.StatusUnprocessableEntity, page)
	case errs.Stale:
		page.Err = err
		return p.render(w, r, http.StatusConflict, page)
	}
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: "lifecycle.saved", Undo: op})
	return ui.Redirect(w, r, Path)
}

// times writes the number of times a rhythm.
func (p *rulePage) times() string {
	if p.Rule.ActiveRhythm%10 == 0 {
		return strconv.FormatInt(p.Rule.ActiveRhythm/10, 10)
	}
	return p.Decimal(float64(p.Rule.ActiveRhythm)/10, 1)
}

// sentence says who is in a phase.
func (p *rulePage) sentence(phase customers.Phase) string {
	r := p.Rule
	switch phase {
	case customers.Prospect:
		return p.T("lifecycle.rule.prospect")
	case customers.New:
		return p.T("lifecycle.rule.new", "n", r.NewDays)
	case customers.Active:
		return p.T("lifecycle.rule.active", "n", r.ActiveDays, "times", p.times(), "least", r.LeastDays)
	case customers.Loyal:
		switch {
		case r.LoyalOrders > 1 && r.LoyalDays > 0:
			return p.T("lifecycle.rule.loyal", "n", r.LoyalDays, "orders", r.LoyalOrders)
		case r.LoyalOrders > 1:
			return p.T("lifecycle.rule.loyal_orders", "n", r.LoyalOrders)
		case r.LoyalDays > 0:
			return p.T("lifecycle.rule.loyal_days", "n", r.LoyalDays)
		}
		return p.T("lifecycle.rule.loyal_always")
	case customers.AtRisk:
		return p.T("lifecycle.rule.at_risk")
	}
	if r.Talks {
		return p.T("lifecycle.rule.lost_talks", "n", r.LostDays)
	}
	return p.T("lifecycle.rule.lost", "n", r.LostDays)
}

// tone is the light of a phase; those without judgement have none.
func tone(phase customers.Phase) string {
	switch phase {
	case customers.Active, customers.Loyal:
		return "ok"
	case customers.AtRisk:
		return "warn"
	case customers.Lost:
		return "bad"
	}
	return ""
}

// why says why somebody would move, without the name of the rule.
func (p *rulePage) why(r lifecycle.Reason) string {
	return p.T("lifecycle.because."+strings.TrimPrefix(r.Key, "lifecycle.why."), "n", r.Days, "rhythm", r.Rhythm, "orders", r.Orders)
}

func num(n int64) string {
	if n < 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func flag(b bool) string {
	if b {
		return "1"
	}
	return ""
}

// live makes a field show what the rule would do as it is changed.
func live() templ.Attributes {
	return templ.Attributes{
		"hx-get": Path, "hx-trigger": "input changed delay:400ms, change", "hx-target": "#preview", "hx-swap": "innerHTML", "hx-include": "closest form",
	}
}

func (p *rulePage) number(name string, v int64, hint string) ui.Field {
	f := ui.Field{
		Name: name, Type: "number", Label: p.T("lifecycle.field." + name), Value: num(v), InputMode: "numeric", Required: true,
		Error: p.FieldError(p.Err, name), Attrs: live(),
	}
	if hint != "" {
		f.Hint = p.T(hint)
	}
	return f
}

func (p *rulePage) rhythmField() ui.Field {
	return ui.Field{
		Name: "active_rhythm", Label: p.T("lifecycle.field.active_rhythm"), Value: p.Rhythm, InputMode: "decimal", Required: true,
		Error: p.FieldError(p.Err, "active_rhythm"), Hint: p.T("lifecycle.hint.active_rhythm"), Attrs: live(),
	}
}
