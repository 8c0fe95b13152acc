package app_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/tasks"
)

// A list is filtered by a record that one names: its code, its name, or what
// was suggested. It works without script.
func TestListsAreFilteredByNamedRecords(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.staff()
		pump := catalog.Product{Code: "PA-125", NameID: "Pompa air"}
		taps := []catalog.Product{{Code: "K1", NameID: "Keran"}, {Code: "K2", NameID: "Keran"}}
		toko := customers.Customer{Kind: customers.Organization, Name: "Toko Maju"}
		cabang := customers.Customer{Kind: customers.Organization, Name: "Cabang Selatan"}
		if err := search.Prepare(t.Context(), s.app.DB); err != nil {
			t.Fatal(err)
		}
		s.write(db.Who{User: s.admin.ID, Name: s.admin.Name}, func(ctx context.Context, tx *db.Tx) error {
			for _, p := range []*catalog.Product{&pump, &taps[0], &taps[1]} {
				if err := catalog.Create(ctx, tx, p); err != nil {
					return err
				}
			}
			if err := customers.Create(ctx, tx, &toko); err != nil {
				return err
			}
			cabang.Parent = toko.ID
			if err := customers.Create(ctx, tx, &cabang); err != nil {
				return err
			}
			for number, p := range map[string]*catalog.Product{"SO-POMPA": &pump, "SO-KERAN": &taps[0]} {
				o := orders.Order{Number: number, At: time.Now(), Currency: "IDR", Lines: []orders.Line{{Product: p.ID, Code: p.Code, Quantity: orders.One}}}
				if p == &pump {
					o.Customer = toko.ID
				}
				if err := orders.Create(ctx, tx, &o); err != nil {
					return err
				}
			}
			if err := tasks.Create(ctx, tx, &tasks.Task{Title: "Antar pompa", Customer: toko.ID}); err != nil {
				return err
			}
			return tasks.Create(ctx, tx, &tasks.Task{Title: "Sapu gudang"})
		})
		c := s.signedIn(s.admin, locale.ID)
		ask := func(path, column, typed string, chosen ...string) answer {
			t.Helper()
			a := c.get(path + "?" + url.Values{"fk": {column}, "fo": {"in"}, "fx": {typed}, "fv": chosen}.Encode())
			if a.code != 303 {
				t.Fatalf("%s by %s %q: %d", path, column, typed, a.code)
			}
			return c.get(a.header.Get("Location"))
		}
		has := func(a answer, what string, yes, no string) {
			t.Helper()
			if a.code != 200 || !strings.Contains(a.body, yes) || strings.Contains(a.body, no) {
				t.Errorf("%s: %d, want %s and not %s", what, a.code, yes, no)
			}
		}
		for _, typed := range []string{"PA-125", "pompa air", "Pompa air · PA-125"} {
			has(ask("/orders", "product", typed), "orders of "+typed, "SO-POMPA", "SO-KERAN")
		}
		both := ask("/orders", "product", "K1", pump.ID.String())
		if !strings.Contains(both.body, "SO-POMPA") || !strings.Contains(both.body, "SO-KERAN") || !strings.Contains(both.body, `value="`+pump.ID.String()+`" checked`) {
			t.Error("of two products one is missing, or can't be unticked")
		}
		if a := ask("/orders", "product", "Keran"); a.code != 422 || !strings.Contains(a.body, "Tidak ada, atau ada beberapa") || !strings.Contains(a.body, `value="Keran"`) {
			t.Errorf("two products of one name: %d", a.code)
		}
		has(ask("/orders", "customer", "toko maju"), "orders of a customer", "SO-POMPA", "SO-KERAN")
		has(ask("/tasks", "customer", "Toko Maju"), "tasks of a customer", "Antar pompa", "Sapu gudang")
		has(ask("/customers", "parent", "Toko Maju"), "branches", "Cabang Selatan", "data-id=\""+toko.ID.String())

		for path, columns := range map[string][]string{"/orders": {"product", "customer"}, "/tasks": {"customer"}, "/customers": {"parent", "member_of", "served_by"}} {
			form := c.get(path + "?f=&conditions=1")
			for _, column := range columns {
				_, rest, found := strings.Cut(form.body, `name="fk" value="`+column+`"`)
				controls, _, _ := strings.Cut(rest, "</form>")
				if !found || !strings.Contains(controls, "data-suggest=") {
					t.Errorf("%s offers no field to name a %s", path, column)
				}
			}
		}
	})
}
