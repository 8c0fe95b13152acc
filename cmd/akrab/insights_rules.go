package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/insights/basket"
	"github.com/akrab-crm/akrab/internal/insights/learn"
	"github.com/akrab-crm/akrab/internal/insights/mart"
)

type insightsRulesCmd struct {
	source
	MinSupport    float64 `name:"min-support" help:"Least share of the orders that hold all products of a rule, 0 to 1." default:"0.001" placeholder:"S"`
	MinConfidence float64 `name:"min-confidence" help:"Least share of the orders with the left side that hold the right one too, 0 to 1." default:"0.5" placeholder:"C"`
	MaxItems      int     `name:"max-items" help:"Most products of a rule, both sides together." default:"10" placeholder:"N"`
	MinItems      int     `name:"min-items" help:"Fewest products of a rule; 1 adds rules with nothing on the left." default:"2" placeholder:"N"`
	MaxSets       int     `name:"max-sets" help:"Give up where more sets of products occur so often." default:"20000000" placeholder:"N"`
	JSON          bool    `name:"json" help:"Print the rules as JSON."`
}

// A printedRule is a rule as it is printed.
type printedRule struct {
	If           []string `json:"if"`
	Then         string   `json:"then"`
	Baskets      int      `json:"baskets"` // all orders with products
	CountIf      int      `json:"count_if"`
	CountThen    int      `json:"count_then"`
	Count        int      `json:"count"`
	Support      float64  `json:"support"`
	Confidence   float64  `json:"confidence"`
	Lift         float64  `json:"lift"`
	Expected     float64  `json:"expected"`      // orders with all, given the sizes of orders
	AdjustedLift float64  `json:"adjusted_lift"` // count over expected
	P            float64  `json:"p"`             // chance of so many or more
}

// check returns an error for limits that no rule can have.
func (c *insightsRulesCmd) check() error {
	switch {
	case !(c.MinSupport >= 0 && c.MinSupport <= 1): // NaN too
		return fmt.Errorf("--min-support %v: write a share, 0 to 1", c.MinSupport)
	case !(c.MinConfidence >= 0 && c.MinConfidence <= 1):
		return fmt.Errorf("--min-confidence %v: write a share, 0 to 1", c.MinConfidence)
	case c.MinItems < 1:
		return fmt.Errorf("--min-items %d: write a number above zero", c.MinItems)
	case c.MaxItems < 1:
		return fmt.Errorf("--max-items %d: write a number above zero", c.MaxItems)
	case c.MinItems > c.MaxItems:
		return fmt.Errorf("--min-items %d: no rule has more than --max-items %d", c.MinItems, c.MaxItems)
	case c.MaxSets < 1:
		return fmt.Errorf("--max-sets %d: write a number above zero", c.MaxSets)
	}
	return nil
}

// Run prints all rules of the orders of a workspace.
func (c *insightsRulesCmd) Run(ctx context.Context, e *env) error {
	if err := c.check(); err != nil {
		return err
	}
	small()
	a, err := c.openExisting(ctx, e)
	if err != nil {
		return err
	}
	defer a.Close()
	var m *mart.Mart
	if err := a.DB.Read(ctx, system, func(tx *db.Tx) (err error) { m, err = insights.Mart(ctx, tx); return err }); err != nil {
		return err
	}
	b, number, err := learn.Baskets(m)
	if err != nil {
		return err
	}
	least := basket.MinCount(c.MinSupport, b.Len())
	rules, sets, err := b.Rules(ctx, basket.SetOptions{MinCount: least, MaxItems: c.MaxItems, MaxSets: c.MaxSets},
		basket.RuleOptions{MinConfidence: c.MinConfidence, MaxItems: c.MaxItems, EmptyIf: c.MinItems < 2})
	if err != nil {
		return err
	}
	name := func(p int32) string {
		q := &m.Products[number[p]]
		if q.Code != "" {
			return q.Code
		}
		return q.ID.String()
	}
	w := bufio.NewWriter(e.out)
	if c.JSON {
		err = c.json(w, b, sets, least, rules, name)
	} else {
		err = c.text(w, b, sets, least, rules, name)
	}
	if err != nil {
		return err
	}
	return w.Flush()
}

// wanted yields the rules that have enough products.
func (c *insightsRulesCmd) wanted(rules iter.Seq[basket.TestedRule], name func(int32) string) iter.Seq[printedRule] {
	return func(yield func(printedRule) bool) {
		for r := range rules {
			if len(r.If)+1 < c.MinItems {
				continue
			}
			p := printedRule{
				If: []string{}, Then: name(r.Then), Baskets: r.N, CountIf: r.X, CountThen: r.Y, Count: r.XY,
				Support: r.Support(), Confidence: r.Confidence(), Lift: r.Lift(), Expected: r.Expected, AdjustedLift: r.AdjustedLift(), P: r.P,
			}
			for _, i := range r.If {
				p.If = append(p.If, name(i))
			}
			if !yield(p) {
				return
			}
		}
	}
}

// json prints one object, rule by rule: there may be millions.
func (c *insightsRulesCmd) json(w *bufio.Writer, b *basket.Baskets, sets, least int, rules iter.Seq[basket.TestedRule], name func(int32) string) error {
	fmt.Fprintf(w, "{\n  \"baskets\": %d,\n  \"products\": %d,\n  \"min_support\": %s,\n  \"min_confidence\": %s,\n  \"min_count\": %d,\n  \"itemsets\": %d,\n  \"rules\": [",
		b.Len(), b.Occurring(), number(c.MinSupport), number(c.MinConfidence), least, sets)
	n := 0
	for r := range c.wanted(rules, name) {
		line, err := json.Marshal(r)
		if err != nil {
			return err
		}
		if n++; n > 1 {
			w.WriteByte(',')
		}
		w.WriteString("\n    ")
		if _, err := w.Write(line); err != nil { // of these before too
			return err
		}
	}
	_, err := fmt.Fprintf(w, "\n  ],\n  \"count\": %d\n}\n", n)
	return err
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func (c *insightsRulesCmd) text(w *bufio.Writer, b *basket.Baskets, sets, least int, rules iter.Seq[basket.TestedRule], name func(int32) string) error {
	n := 0
	for r := range c.wanted(rules, name) {
		n++
		if _, err := fmt.Fprintf(w, "{%s} => {%s}  support %.5f  confidence %.4f  lift %.3f  count %d  adjusted lift %.3f  p %.3g\n",
			strings.Join(r.If, ", "), r.Then, r.Support, r.Confidence, r.Lift, r.Count, r.AdjustedLift, r.P); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "%d rules of %d sets that occur in %d or more of %d orders with %d products\n", n, sets, least, b.Len(), b.Occurring())
	return err
}
