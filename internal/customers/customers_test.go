package customers_test

import (
	"context"
	"slices"
	"testing"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/outbox"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/workspace"
)

var modules = []db.Module{outbox.Module, search.Module, workspace.Module, team.Module, customers.Module, activity.Module}

func each(t *testing.T, f func(t *testing.T, ctx context.Context, d *db.DB)) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		if err := search.Prepare(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		f(t, t.Context(), d)
	})
}

func write(t *testing.T, d *db.DB, f func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), db.Op{Why: "customer.test"}, f); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, d *db.DB, f func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Read(t.Context(), db.Who{}, f); err != nil {
		t.Fatal(err)
	}
}

func budi() *customers.Customer {
	return &customers.Customer{
		Given: "Budi", Family: "Santoso", Honorific: "Pak",
		Emails:    []customers.Email{{Value: "Budi@Example.co.id"}, {Value: "budi@example.co.id"}, {Value: "b2@x.id", Label: "work"}},
		Phones:    []customers.Phone{{Value: "0812-3045-7781"}, {Value: "(021) 8350123", Primary: true}},
		Addresses: []customers.Address{{Street: "Jl. Melati 3", City: "Bandung", Province: "Jawa Barat"}},
		Tags:      []customers.Tag{{Value: "VIP"}, {Value: "vip"}},
	}
}

func TestCreate(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		c := budi()
		write(t, d, func(tx *db.Tx) error { return customers.Create(ctx, tx, c) })
		read(t, d, func(tx *db.Tx) error {
			got, err := customers.Get(ctx, tx, c.ID)
			if err != nil {
				return err
			}
			if got.Name != "Budi Santoso" || got.Email != "Budi@Example.co.id" || got.Phone != "+62218350123" || got.City != "Bandung" {
				t.Errorf("derived: %q %q %q %q", got.Name, got.Email, got.Phone, got.City)
			}
			if len(got.Emails) != 2 || len(got.Phones) != 2 || len(got.Tags) != 1 || got.Phones[0].E164 != "+6281230457781" {
				t.Errorf("parts: %+v %+v %+v", got.Emails, got.Phones, got.Tags)
			}
			n, err := customers.Total(ctx, tx)
			if n != 1 {
				t.Errorf("Total = %d", n)
			}
			return err
		})
	})
}

func TestBadFieldsAreNamed(t *testing.T) {
	d := dbtest.Open(t, modules...)
	ctx := t.Context()
	bad := &customers.Customer{
		Name: "a\x00b", Kind: "robot", Birthday: "1945-06-99",
		Emails: []customers.Email{{Value: "ok@x.id"}, {Value: "no mail"}}, Phones: []customers.Phone{{Value: "??"}},
	}
	err := d.Write(ctx, db.Op{Why: "customer.test"}, func(tx *db.Tx) error { return customers.Create(ctx, tx, bad) })
	var fields []string
	for _, e := range errs.All(err) {
		fields = append(fields, e.Field)
	}
	slices.Sort(fields)
	if want := []string{"birthday", "emails.1.value", "kind", "name", "phones.0.value"}; !slices.Equal(fields, want) {
		t.Errorf("fields at fault: %v, want %v", fields, want)
	}
}

func TestUpdateKeepsRowsAndCountsRevisions(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		c := budi()
		write(t, d, func(tx *db.Tx) error { return customers.Create(ctx, tx, c) })
		var after customers.Customer
		write(t, d, func(tx *db.Tx) (err error) {
			after, err = customers.Update(ctx, tx, c.ID, 1, func(c *customers.Customer) error {
				c.Emails = c.Emails[1:]
				c.Emails = append(c.Emails, customers.Email{Value: "baru@x.id"})
				c.Family = "Hartono"
				c.Name = ""
				return nil
			})
			return err
		})
		if after.Rev != 2 || after.Name != "Budi Hartono" || after.Email != "b2@x.id" {
			t.Errorf("after: rev %d, %q, %q", after.Rev, after.Name, after.Email)
		}
		write(t, d, func(tx *db.Tx) error {
			same, err := customers.Update(ctx, tx, c.ID, 2, func(*customers.Customer) error { return nil })
			if same.Rev != 2 {
				t.Errorf("an update that changes nothing made revision %d", same.Rev)
			}
			return err
		})
		err := d.Write(ctx, db.Op{Why: "customer.test"}, func(tx *db.Tx) error {
			_, err := customers.Update(ctx, tx, c.ID, 1, func(c *customers.Customer) error { c.Name = "x"; return nil })
			return err
		})
		if errs.KindOf(err) != errs.Stale {
			t.Errorf("an old revision: %v", err)
		}
	})
}

func TestDeleteLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		c, firm := budi(), &customers.Customer{Kind: customers.Organization, Name: "PT Maju"}
		book := customers.Book{Leaving: []func(context.Context, *db.Tx, []ids.ID) error{activity.Leave}}
		write(t, d, func(tx *db.Tx) error {
			if err := customers.Create(ctx, tx, firm); err != nil {
				return err
			}
			c.Relations = []customers.Relation{{Kind: customers.Member, Other: firm.ID, Role: "owner"}}
			if err := customers.Create(ctx, tx, c); err != nil {
				return err
			}
			return activity.Log(ctx, tx, &activity.Interaction{Customer: firm.ID, Body: "Halo"})
		})
		write(t, d, func(tx *db.Tx) error { return book.Delete(ctx, tx, []ids.ID{firm.ID}) })
		read(t, d, func(tx *db.Tx) error {
			if _, err := customers.Get(ctx, tx, firm.ID); errs.KindOf(err) != errs.NotFound {
				t.Errorf("still there: %v", err)
			}
			got, err := customers.Get(ctx, tx, c.ID)
			if len(got.Relations) != 0 || got.Rev != 2 {
				t.Errorf("relations %v, revision %d", got.Relations, got.Rev)
			}
			return err
		})
	})
}

func TestLikely(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		stored := budi()
		write(t, d, func(tx *db.Tx) error { return customers.Create(ctx, tx, stored) })
		for _, tt := range []struct {
			c    customers.Customer
			want string
		}{
			{customers.Customer{Name: "B", Emails: []customers.Email{{Value: "BUDI@EXAMPLE.CO.ID"}}}, "email"},
			{customers.Customer{Name: "B", Phones: []customers.Phone{{Value: "+62 812 3045 7781"}}}, "phone"},
			{customers.Customer{Name: "Bpk. Santoso Budi"}, "name"},
			{customers.Customer{Name: "Siti"}, ""},
		} {
			read(t, d, func(tx *db.Tx) error {
				if err := tt.c.Normalize("ID"); err != nil {
					return err
				}
				got, err := customers.Likely(ctx, tx, &tt.c, 5)
				reason := ""
				if len(got) > 0 {
					reason = got[0].Reason
				}
				if reason != tt.want {
					t.Errorf("%s: %v, want %q", tt.c.Name, got, tt.want)
				}
				return err
			})
		}
	})
}

func TestFoundHoweverWritten(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		c := budi()
		c.ExternalID = "PLG-00412"
		write(t, d, func(tx *db.Tx) error { return customers.Create(ctx, tx, c) })
		x := &search.Index{}
		x.Add(customers.Source)
		for _, q := range []string{"bu", "BUDI", "san bud", "0812", "+62 812-3045", "62812", "812304", "0812-3045-7781", "021835", "budi@ex", "PLG-004", "santóso"} {
			read(t, d, func(tx *db.Tx) error {
				hits, err := x.Find(ctx, tx, q, search.Options{})
				if len(hits) != 1 || hits[0].Ref != c.ID {
					t.Errorf("Find(%q) = %v", q, hits)
				}
				return err
			})
		}
	})
}

func TestCombine(t *testing.T) {
	base := budi()
	mine, stored := *base, *base
	mine.Given, mine.City, mine.Remember = "Budiman", "", "mine"
	stored.Family, stored.Remember = "Hartono", "theirs"
	got, clashes := customers.Combine(base, &mine, &stored)
	if got.Given != "Budiman" || got.Family != "Hartono" || got.Remember != "theirs" {
		t.Errorf("combined %q %q %q", got.Given, got.Family, got.Remember)
	}
	if len(clashes) != 1 || clashes[0].Field != "remember" || clashes[0].Mine != "mine" {
		t.Errorf("clashes %v", clashes)
	}
}
