package orders_test

import (
	"context"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/list/listtest"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/team"
)

func TestList(t *testing.T) {
	listtest.Exercise(t, modules, &orders.List, func(ctx context.Context, d *db.DB) error {
		if err := search.Prepare(ctx, d); err != nil {
			return err
		}
		return d.Write(ctx, db.Op{Why: "order.create"}, func(tx *db.Tx) error {
			c := customers.Customer{Name: "Budi", Kind: customers.Person, Phase: customers.Prospect}
			if err := customers.Create(ctx, tx, &c); err != nil {
				return err
			}
			u := team.User{Name: "Rina", Email: "rina@example.co.id"}
			if err := team.FirstAdministrator(ctx, tx, orders.Permissions, &u, team.Password{}); err != nil {
				return err
			}
			var last ids.ID
			for i := range 12 {
				o := orders.Order{
					Customer: []ids.ID{c.ID, {}}[i%2], Owner: []ids.ID{u.ID, {}, {}}[i%3], At: noon.Add(time.Duration(i/3) * time.Hour),
					Status: orders.Statuses[i%5], Channel: append(orders.Channels, "")[i%9], Return: i == 7, Lines: []orders.Line{line("a", float64(i/2), 10)},
				}
				if o.Return {
					o.Returns = last
				}
				if err := orders.Create(ctx, tx, &o); err != nil {
					return err
				}
				last = o.ID
			}
			return nil
		})
	})
}
