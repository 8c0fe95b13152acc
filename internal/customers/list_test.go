package customers_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/list/listtest"
	"github.com/akrab-crm/akrab/internal/search"
)

func TestList(t *testing.T) {
	listtest.Exercise(t, modules, &customers.List, func(ctx context.Context, d *db.DB) error {
		if err := search.Prepare(ctx, d); err != nil {
			return err
		}
		r := rand.New(rand.NewPCG(1, 2))
		return d.Write(ctx, db.Op{Why: "customer.test"}, func(tx *db.Tx) error {
			var all []*customers.Customer
			for i := range 300 {
				c := person(r, i)
				if i%7 == 0 {
					c.ExternalID, c.Addresses, c.Tags = "", nil, []customers.Tag{{Value: fmt.Sprint("tag ", i%3)}}
				}
				all = append(all, c)
			}
			return customers.CreateMany(ctx, tx, all)
		})
	})
}
