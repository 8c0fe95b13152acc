package insightsweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/insights/learn"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/ui"
)

// rulesPage is the data of which products go together and follow each other.
type rulesPage struct {
	frame
	Kind     insights.RuleKind
	Order    string
	Typed    string // name or code of a product, to show only its rules
	Unknown  bool   // no product is called so
	Skip     int
	More     bool
	Rules    []insights.Rule
	Products map[ids.ID]catalog.Brief
	Health   learn.ProductHealth
}

const (
	rulesShown = 50
	mostNamed  = 20 // products that what was typed may mean
)

func (p *Pages) rules(w http.ResponseWriter, r *ui.Req) error {
	page := &rulesPage{frame: frame{View: r.View, Key: "rules"}, Kind: insights.BasketRule, Order: insights.ByExcess, Typed: r.Text("q"), Skip: int(max(r.Int("skip", 0), 0))}
	if r.Text("kind") == string(insights.SequenceRule) {
		page.Kind = insights.SequenceRule
	}
	if o := r.Text("sort"); slices.Contains(orders, o) {
		page.Order = o
	}
	_, err := load(p, r, &page.frame, "health", func(h *learn.Health) learn.Basis { return h.Basis }, func(tx *db.Tx, h *learn.Health) error {
		page.Health = h.Products
		return page.read(r.Context(), tx, p.Search)
	})
	if err != nil {
		return err
	}
	return ok(w, r, page.page())
}

// orders are those in which rules are listed.
var orders = []string{insights.ByExcess, insights.ByLift, insights.ByShare}

// read reads the rules that are shown, with their products.
func (p *rulesPage) read(ctx context.Context, tx *db.Tx, index *search.Index) error {
	var err error
	if p.Typed == "" {
		p.Rules, err = insights.Rules(ctx, tx, p.Kind, p.Order, p.Skip, rulesShown+1)
		if err == nil && len(p.Rules) == 0 && p.Skip > 0 { // behind the end
			p.Skip = 0
			p.Rules, err = insights.Rules(ctx, tx, p.Kind, p.Order, 0, rulesShown+1)
		}
	} else {
		p.Skip = 0
		var of []ids.ID
		if of, err = named(ctx, tx, index, p.Typed); err != nil {
			return err
		}
		if p.Unknown = len(of) == 0; !p.Unknown {
			p.Rules, err = insights.RulesOf(ctx, tx, p.Kind, of, p.Order, rulesShown+1)
		}
	}
	if err != nil {
		return err
	}
	if p.More = len(p.Rules) > rulesShown; p.More {
		p.Rules = p.Rules[:rulesShown]
	}
	var of []ids.ID
	for _, r := range p.Rules {
		of = append(of, r.Left, r.Right)
	}
	slices.SortFunc(of, func(a, b ids.ID) int { return slices.Compare(a[:], b[:]) })
	p.Products, err = catalog.Briefs(ctx, tx, slices.Compact(of))
	return err
}

// named returns the products that a text may mean: the one with that code, or
// those whose names match.
func named(ctx context.Context, tx *db.Tx, index *search.Index, text string) ([]ids.ID, error) {
	found, err := catalog.ByCode(ctx, tx, []string{text})
	if err != nil {
		return nil, err
	}
	if b, ok := found[text]; ok {
		return []ids.ID{b.ID}, nil
	}
	if index == nil {
		return nil, nil
	}
	hits, err := index.Find(ctx, tx, text, search.Options{Kind: catalog.Source.Kind, Limit: mostNamed})
	var of []ids.ID
	for _, h := range hits {
		of = append(of, h.Ref)
	}
	return of, err
}

// name returns what a product is called.
func (p *rulesPage) name(id ids.ID) string {
	if b, ok := p.Products[id]; ok {
		return b.Name(p.Lang)
	}
	return p.T("insight.rules.gone")
}

// href is the page with some of its choices changed.
func (p *rulesPage) href(kind insights.RuleKind, order string, skip int) templ.SafeURL {
	q := url.Values{}
	if kind != insights.BasketRule {
		q.Set("kind", string(kind))
	}
	if order != insights.ByExcess {
		q.Set("sort", order)
	}
	if p.Typed != "" {
		q.Set("q", p.Typed)
	}
	if skip > 0 {
		q.Set("skip", strconv.Itoa(skip))
	}
	if len(q) == 0 {
		return pathRules
	}
	return templ.SafeURL(pathRules + "?" + q.Encode())
}

// count returns how many rules there are of the kind.
func (p *rulesPage) count() int {
	if p.Kind == insights.SequenceRule {
		return p.Health.Sequels
	}
	return p.Health.Pairs
}

// all is the page of every rule, in the same order.
func (p *rulesPage) all() templ.SafeURL {
	every := *p
	every.Typed = ""
	return every.href(p.Kind, p.Order, 0)
}

// sentence says in words what a rule means.
func (p *rulesPage) sentence(r *insights.Rule) string {
	args := []any{
		"left", p.name(r.Left), "right", p.name(r.Right), "share", p.percent(rounded(float64(r.Share) / 1e6)), "n", r.NLeft,
		"usual", p.usual(r), "days", r.DelayDays,
	}
	if r.Kind == insights.SequenceRule {
		return p.T("insight.rules.then", args...)
	}
	return p.T("insight.rules.with", args...)
}

// usual writes the share that chance explains.
func (p *rulesPage) usual(r *insights.Rule) string {
	return p.percent(float64(int64(float64(r.Expected)/float64(max(r.NLeft, 1))/1e3+.5)) / 1000)
}

// times writes how many times as often as chance explains.
func (p *rulesPage) times(r *insights.Rule) string {
	return p.Decimal(float64(r.Lift)/1000, 1) + "×"
}

// whisker draws a rule's share with its interval.
func (p *rulesPage) whisker(r *insights.Rule) ui.Whisker {
	top := 0.0
	for i := range p.Rules {
		top = max(top, float64(p.Rules[i].ShareHi)/1e6)
	}
	return ui.Whisker{
		Lo: float64(r.ShareLo) / 1e6, Value: float64(r.Share) / 1e6, Hi: float64(r.ShareHi) / 1e6, Max: max(top, .01),
		Zero: float64(r.Expected) / 1e6 / float64(max(r.NLeft, 1)), Label: p.T("insight.rules.interval", "lo", p.percent(rounded(float64(r.ShareLo)/1e6)), "hi", p.percent(rounded(float64(r.ShareHi)/1e6))),
	}
}

func productHref(id ids.ID) templ.SafeURL { return templ.SafeURL("/products/" + id.String()) }

func (p *rulesPage) sorts() []ui.Option {
	var list []ui.Option
	for _, o := range orders {
		list = append(list, ui.Option{Value: o, Label: p.T("insight.rules.by." + o)})
	}
	return list
}

// nothing says why a product has no rules.
func (p *rulesPage) nothing() string {
	if p.Unknown {
		return p.T("insight.rules.unknown", "name", p.Typed)
	}
	return p.T("insight.rules.nothing", "name", p.Typed)
}

// chance writes a probability.
func (p *rulesPage) chance(text string) string {
	f, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil:
		return text
	case f < .001:
		return "< " + p.Decimal(.001, 3)
	}
	return p.Decimal(f, 3)
}
