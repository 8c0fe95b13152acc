package list

import (
	"context"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
)

// Gather returns the number and the ids of all rows that q asks for as it is
// done where conditions match many.
func (d *Def[T]) Gather(ctx context.Context, tx *db.Tx, q Query) (int64, []ids.ID, error) {
	p, err := newPlan(tx, d.spec(), q)
	if err != nil {
		return 0, nil, err
	}
	n, err := p.gatherCount(ctx, tx)
	if err != nil {
		return 0, nil, err
	}
	list, err := p.gatherIDs(ctx, tx)
	return n, list, err
}

// BothWays returns, for each kid that q asks for alone and whose tables can be
// read apart, the rows as its heads are looked up and as all of them are read.
func (d *Def[T]) BothWays(ctx context.Context, tx *db.Tx, q Query) (looked, walked [][]ids.ID, err error) {
	p, err := newPlan(tx, d.spec(), q)
	if err != nil {
		return nil, nil, err
	}
	for i := range p.nodes {
		if p.nodes[i].kid == nil {
			continue
		}
		a := p.splitKid(&p.nodes[i])
		if a == nil {
			continue
		}
		heads, err := a.heads(ctx, tx)
		if err != nil {
			return nil, nil, err
		}
		one, err := a.look(ctx, tx, heads)
		if err != nil {
			return nil, nil, err
		}
		two, err := a.walk(ctx, tx, heads)
		if err != nil {
			return nil, nil, err
		}
		looked, walked = append(looked, one), append(walked, two)
	}
	return looked, walked, nil
}
