package insights

import (
	"context"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/insights/learn"
	"github.com/akrab-crm/akrab/internal/insights/mart"
)

// teach learns of customers and products from a mart, stores models, links and
// reports under the next number, and returns the models to score customers by
// from now on. opt.Run and opt.Live are found here. Killed at any moment it
// leaves what was there before, or all that is new.
func teach(ctx context.Context, d *db.DB, m *mart.Mart, opt learn.Options) (*learn.Models, error) {
	err := d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) {
		if opt.Run, err = nextRun(ctx, tx); err != nil {
			return err
		}
		opt.Live, err = Live(ctx, tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	if opt.Live.Run == 0 {
		opt.Live = nil
	}
	c, err := learn.Learn(ctx, m, opt)
	if err != nil {
		return nil, err
	}
	if err := storeCustomers(ctx, d, c); err != nil {
		return nil, err
	}
	models := c.Models
	c = nil // what follows needs the memory
	j, err := learn.Judge(ctx, m, &models, opt, nil, nil)
	if err != nil {
		return nil, err
	}
	if err := storeJudgement(ctx, d, j); err != nil {
		return nil, err
	}
	l, err := learn.LearnLinks(ctx, m, opt)
	if err != nil {
		return nil, err
	}
	return &models, storeLinks(ctx, d, m, l)
}
