package demo

import (
	"context"
	"crypto/rand"
	"embed"
	"slices"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/lifecycle"
	"github.com/akrab-crm/akrab/internal/notices"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/tasks"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/views"
	"github.com/akrab-crm/akrab/internal/workspace"
)

// Text holds the messages of this package.
//
//go:embed text/*.json
var Text embed.FS

// Host is the index in a company's staff of who shows it to visitors.
const Host = eastLead

// NewPassword makes up a password for the staff and hashes it.
func NewPassword(ctx context.Context) (string, team.Password, error) {
	s := strings.ToLower(rand.Text())
	text := s[:4] + "-" + s[4:8] + "-" + s[8:12] // 60 bits
	pw, err := team.NewPassword(ctx, text)
	return text, pw, err
}

// Options say how a company is stored.
type Options struct {
	Permissions []team.Permission // of all modules
	Password    team.Password     // of everybody in the staff
	Progress    func(done, total int)
}

// slice is how many records are stored in one transaction.
const slice = 2000

// Store writes the company into a workspace in which there is nobody yet, and
// returns the operation to which all of it belongs but the staff and the
// settings. It returns a Conflict error if somebody is there. If it fails
// otherwise, a part of the company may be in the workspace.
func (c *Company) Store(ctx context.Context, d *db.DB, opt Options) (ids.ID, error) {
	s := &storer{Company: c, d: d, opt: opt}
	s.total = len(c.Products) + len(c.Customers) + len(c.Orders) + len(c.Interactions) + len(c.Tasks)
	release, err := d.Room(ctx)
	if err != nil {
		return ids.ID{}, err
	}
	defer release()
	if err := s.people(ctx); err != nil {
		return ids.ID{}, err
	}
	for _, step := range []func(context.Context) error{
		s.begin, s.book, s.trade, s.talk, s.work, s.views, s.tell, s.costs, s.derive, s.group, s.plan, s.finish,
	} {
		if err := step(ctx); err != nil {
			return s.op.ID, err
		}
	}
	return s.op.ID, nil
}

// A storer writes a company.
type storer struct {
	*Company
	d   *db.DB
	opt Options
	op  db.Op

	done, total int
}

func (s *storer) progress(n int) {
	s.done += n
	if s.opt.Progress != nil {
		s.opt.Progress(s.done, s.total)
	}
}

// people makes settings, roles and staff, in an operation that can't be undone,
// as none can that gives rights.
func (s *storer) people(ctx context.Context) error {
	return s.d.Write(ctx, db.Op{Why: "demo.staff"}, func(tx *db.Tx) error {
		if err := empty(ctx, tx); err != nil {
			return err
		}
		if err := workspace.Save(ctx, tx, s.Settings, 0); err != nil {
			return err
		}
		if err := team.EnsureRoles(ctx, tx, s.opt.Permissions); err != nil {
			return err
		}
		roles, err := s.roles(ctx, tx)
		if err != nil {
			return err
		}
		for _, m := range s.Staff {
			u := team.User{ID: m.ID, Name: m.Name, Email: m.Email, RoleID: roles[m.Role], Taste: team.Taste{Language: m.Language}}
			if err := team.CreateUser(ctx, tx, &u, s.opt.Password); err != nil {
				return err
			}
		}
		return tx.SetOp(ctx, ids.ID{}, map[string]any{"name": s.Settings.Name, "n": len(s.Staff), journal.Final: true})
	})
}

// empty returns a Conflict error if somebody uses the workspace.
func empty(ctx context.Context, tx *db.Tx) error {
	users, err := team.Any(ctx, tx)
	if err != nil {
		return err
	}
	n, err := customers.Total(ctx, tx)
	if err == nil && (users || n > 0) {
		err = errs.New(errs.Conflict, "demo.not_empty")
	}
	return err
}

// roles returns the roles of the staff by key.
func (s *storer) roles(ctx context.Context, tx *db.Tx) (map[string]ids.ID, error) {
	of := map[string]ids.ID{}
	for _, r := range Roles {
		mine := team.Role{Name: r.Name}
		mine.SetPermissions(slices.DeleteFunc(slices.Clone(r.Permissions), func(p team.Perm) bool {
			return !slices.ContainsFunc(s.opt.Permissions, func(d team.Permission) bool { return d.Key == p })
		}))
		if err := team.CreateRole(ctx, tx, &mine); err != nil {
			return nil, err
		}
		of[r.Key] = mine.ID
	}
	list, err := team.Roles(ctx, tx)
	for _, r := range list {
		if r.Builtin {
			of[r.Key] = r.ID
		}
	}
	return of, err
}

func (s *storer) begin(ctx context.Context) error {
	s.op = db.Op{Why: "demo.create", Long: true, Args: map[string]any{
		"name": s.Settings.LegalName, "customers": len(s.Customers), "orders": len(s.Orders), "interactions": len(s.Interactions),
	}}
	return s.d.Write(ctx, s.op, func(tx *db.Tx) error {
		s.op.ID = tx.Op
		return s.products(ctx, tx)
	})
}

func (s *storer) products(ctx context.Context, tx *db.Tx) error {
	for _, p := range s.Products {
		if err := p.Normalize(s.Settings.Currency); err != nil {
			return err
		}
	}
	if err := catalog.Insert(ctx, tx, s.Products); err != nil {
		return err
	}
	s.progress(len(s.Products))
	return nil
}

func (s *storer) book(ctx context.Context) error {
	for _, cu := range s.Customers {
		cu.Phase = customers.Prospect // until the rule has seen what they bought
		if err := cu.Normalize(s.Settings.Region); err != nil {
			return err
		}
	}
	// All at once: they refer to each other.
	return s.write(ctx, len(s.Customers), func(tx *db.Tx) error { return customers.Insert(ctx, tx, s.Customers) })
}

// write runs f in a transaction of the operation, which stores n records.
func (s *storer) write(ctx context.Context, n int, f func(tx *db.Tx) error) error {
	err := s.d.Write(ctx, s.op, f)
	if err == nil {
		s.progress(n)
	}
	return err
}

func (s *storer) trade(ctx context.Context) error {
	for part := range slices.Chunk(s.Orders, slice) {
		if err := s.write(ctx, len(part), func(tx *db.Tx) error { return orders.Insert(ctx, tx, part) }); err != nil {
			return err
		}
	}
	return nil
}

func (s *storer) talk(ctx context.Context) error {
	for part := range slices.Chunk(s.Interactions, 2*slice) {
		if err := s.write(ctx, len(part), func(tx *db.Tx) error { return activity.Insert(ctx, tx, part) }); err != nil {
			return err
		}
	}
	list := make([]ids.ID, len(s.Customers))
	for i, cu := range s.Customers {
		list[i] = cu.ID
	}
	return s.write(ctx, 0, func(tx *db.Tx) error { return activity.MendLast(ctx, tx, list) })
}

func (s *storer) work(ctx context.Context) error {
	return s.write(ctx, len(s.Tasks), func(tx *db.Tx) error {
		if err := tasks.Insert(ctx, tx, s.Tasks); err != nil {
			return err
		}
		for _, t := range s.Routines {
			if err := tasks.Create(ctx, tx, t); err != nil {
				return err
			}
		}
		return nil
	})
}

// savedViews are the views that the staff keeps.
var savedViews = []struct {
	list, title, query string
	who                int
	shared             views.Shared
}{
	{"customer", "Mitra Emas", "f=tag:eq:Mitra+Emas&sort=name", eastLead, views.All},
	{"customer", "Pelanggan kunci, yang lama tidak disapa dulu", "f=tag:eq:Kunci&sort=last_at", salesLead, views.All},
	{"customer", "Berisiko di Surabaya", "f=phase:in:at_risk,lost&f=city:eq:Kota+Surabaya", eastLead, views.Private},
	{"customer", "Mitra di Bali", "f=reseller:eq:reseller&f=city:in:Kota+Denpasar,Kabupaten+Badung,Kabupaten+Gianyar", baliSales, views.Private},
	{"customer", "Calon pelanggan", "f=phase:eq:prospect&f=tag:eq:Calon", salesLead, views.All},
	{"order", "Retur bulan ini", "f=return:eq:true&f=ordered_at:after:-30d", careDesk, views.All},
	{"order", "Belum dikirim", "f=status:in:draft,confirmed", phoneDesk, views.All},
}

func (s *storer) views(ctx context.Context) error {
	for _, v := range savedViews {
		err := s.d.Write(ctx, s.as(v.who), func(tx *db.Tx) error {
			return views.Create(ctx, tx, &views.View{List: v.list, Title: v.title, Query: v.query, Shared: v.shared})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// tell tells the staff of the notes that name them.
func (s *storer) tell(ctx context.Context) error {
	return s.d.Write(ctx, db.Op{}, func(tx *db.Tx) error {
		for _, call := range s.Calls {
			i := call.Interaction
			n := notices.Notice{
				User: call.Who.ID, Kind: notices.KindMention, Reason: notices.KindMention + ":interaction:" + i.ID.String(), SubjectKind: "interaction",
				Subject: i.ID, Customer: i.Customer, WhoID: i.ActorID, Who: i.Actor, Created: i.At,
			}
			if _, err := notices.Add(ctx, tx, &n); err != nil {
				return err
			}
			if call.Seen {
				if err := notices.See(ctx, tx, call.Who.ID, n.ID, true); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (s *storer) finish(ctx context.Context) error {
	return s.d.Write(ctx, s.op, func(tx *db.Tx) error {
		orders.ChangedMany(ctx, tx)
		return tx.FinishOp(ctx)
	})
}

// derive makes what follows from the orders, which else a server would do a
// moment later, so that the first page shows it.
func (s *storer) derive(ctx context.Context) error {
	// First as of a week ago: who moved since then managers see.
	for _, day := range []string{s.d.Now().AddDate(0, 0, -7).Format(time.DateOnly), ""} {
		if _, err := insights.Run(ctx, s.d, insights.RunOptions{SetAsOf: true, AsOf: day, Whole: true}); err != nil {
			return err
		}
	}
	if err := orders.MakeFigures(ctx, s.d); err != nil {
		return err
	}
	_, err := lifecycle.Apply(ctx, s.d, s.op.ID, nil)
	return err
}
