package lifecycle

import (
	"context"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
)

// A Preview says what a rule would do.
type Preview struct {
	Count map[customers.Phase]int64 // verdicts on all who ever ordered
	Moves int64                     // how many would change their phase
	Some  []Moving                  // some of them
}

// A Moving is a customer who would change their phase.
type Moving struct {
	Customer ids.ID
	From     customers.Phase // as the rule last saw it; empty before its first verdict
	To       customers.Phase
	Why      Reason
}

// Try returns what r would do if it were the rule, with up to limit examples:
// as far as there are, one of each way in turn.
func (r *Rule) Try(ctx context.Context, tx *db.Tx, limit int) (Preview, error) {
	p := Preview{Count: map[customers.Phase]int64{}}
	type way struct{ from, to string }
	of := map[way][]Moving{}
	var ways []way
	err := insights.EachBrief(ctx, tx, func(b *insights.Brief) error {
		phase, why := r.verdict(b.Orders, b.First, b.Last, b.Contact, b.RhythmDays, tx.Now)
		p.Count[phase]++
		if !r.On || !differs(b.Phase, phase) {
			return nil
		}
		p.Moves++
		w := way{b.Phase, string(phase)}
		if len(of[w]) == 0 {
			ways = append(ways, w)
		}
		if len(of[w]) < limit {
			of[w] = append(of[w], Moving{b.Customer, customers.Phase(b.Phase), phase, why})
		}
		return nil
	})
	for i := 0; len(p.Some) < limit && i < limit; i++ {
		for _, w := range ways {
			if i < len(of[w]) && len(p.Some) < limit {
				p.Some = append(p.Some, of[w][i])
			}
		}
	}
	return p, err
}
