package app

import (
	"context"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/notices"
	"github.com/akrab-crm/akrab/internal/team"
)

// called tells colleagues whom entries of timelines name, as the entries are
// by now: one that was made private or deleted since calls nobody.
func called(ctx context.Context, tx *db.Tx, list []activity.Mentioned) error {
	for _, e := range list {
		i, err := activity.Get(ctx, tx, e.Interaction)
		if errs.KindOf(err) == errs.NotFound {
			continue
		}
		if err != nil {
			return err
		}
		if i.Private {
			continue
		}
		n := notices.Notice{SubjectKind: "interaction", Subject: i.ID, Customer: i.Customer, WhoID: e.By, Who: e.Name}
		may := func(u *team.User) (bool, error) {
			if !u.Role.Can(activity.PermRead) || !u.Role.Can(customers.PermRead) {
				return false, nil
			}
			return sees(ctx, tx, u, i.Customer)
		}
		if err := notices.Call(ctx, tx, n, may, i.Subject, i.Body, i.Promise); err != nil {
			return err
		}
	}
	return nil
}

// sees reports whether a user may see a customer.
func sees(ctx context.Context, tx *db.Tx, u *team.User, customer ids.ID) (bool, error) {
	was := tx.Who
	defer func() { tx.Who = was }()
	tx.Who = u.Who()
	list, err := customers.GetMany(ctx, tx, []ids.ID{customer})
	return len(list) == 1, err
}
