// Package myday gathers what matters to one user today: what they promised,
// what they have to do, whose birthday it is, who of their customers is silent
// against their rhythm, and how the company fares. Everything is read from
// indexes made for it: a few rows, however many customers there are.
package myday

import (
	"cmp"
	"context"
	"embed"
	"maps"
	"slices"
	"time"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/tasks"
)

//go:embed schema/*.sql
var schema embed.FS

// Text holds the messages of this package.
//
//go:embed text/*.json
var Text embed.FS

// Module is the database's part of it. Passes belong to a user's own day and
// are not exported.
var Module = db.Module{Name: "myday", Schema: schema, Tables: []db.Table{{Name: "day_pass", Journal: true, Private: true}}}

const (
	// Ahead is how many days are shown, with today.
	Ahead = 8

	maxDue       = 40
	maxBirthdays = 8
	maxQuiet     = 25
	maxAgain     = 25
	maxNew       = 1000

	// enough is how many of their own customers keep a user from being told
	// of those of nobody.
	enough = 5

	// quietFor is for how long a customer's silence is worth a word. Who has
	// been silent for longer is a matter for a campaign.
	quietFor = 180 * 24 * time.Hour
)

// What says which parts of a day somebody may see.
type What struct {
	Promises, Tasks, Customers, Orders bool
	Team                               bool // what everybody promised, besides
	Signals                            bool // what models say of customers
}

// A Day is what matters to a user, now.
type Day struct {
	Promises  []activity.Interaction // due until Ahead days from now, the first due first
	Tasks     []tasks.Task           // likewise
	Team      []activity.Interaction // what everybody promised, if that was asked for
	Birthdays []customers.Birthday   // of their customers and of nobody's, in order of days
	// Quiet are customers who need attention, the most valuable first: those
	// with a yellow or red signal or, where nobody has one, those silent
	// against their rhythm.
	Quiet     []insights.Fact
	Due       []insights.Fact // customers whose usual time to order has come, those who order most first
	Worrying  int             // the actor's customers with a yellow or red signal; at most MaxNew are counted
	Customers map[ids.ID]*customers.Customer
	Moods     map[ids.ID]insights.Mood // signals of the customers above, for who may see them
	Pulse     Pulse
}

// A Pulse is how the company fares.
type Pulse struct {
	Weeks []insights.Week // the oldest first, the present one last; empty for who may not see orders
	New   int             // customers who were added this week; at most MaxNew are counted
}

// MaxNew is up to how many new customers are counted.
const MaxNew = maxNew

// Load returns the day of tx's actor in a zone.
func Load(ctx context.Context, tx *db.Tx, zone *time.Location, what What) (*Day, error) {
	d := &Day{}
	today := begin(tx.Now.In(zone))
	until := today.AddDate(0, 0, Ahead).Add(-time.Millisecond)
	var err error
	if what.Promises {
		if d.Promises, err = activity.Due(ctx, tx, tx.Who.User, until, maxDue); err != nil {
			return nil, err
		}
	}
	if what.Team {
		if d.Team, err = activity.Due(ctx, tx, ids.ID{}, until, maxDue); err != nil {
			return nil, err
		}
	}
	if what.Tasks {
		if d.Tasks, err = tasks.Open(ctx, tx, tx.Who.User, until, maxDue); err != nil {
			return nil, err
		}
	}
	if what.Customers {
		if err := d.loadCustomers(ctx, tx, today, what); err != nil {
			return nil, err
		}
	}
	if what.Orders {
		if d.Pulse.Weeks, err = insights.LastWeeks(ctx, tx, zone); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func begin(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, t.Location())
}

// monday returns the beginning of the week of a day.
func monday(day time.Time) time.Time { return day.AddDate(0, 0, -(int(day.Weekday())+6)%7) }

// loadCustomers fills in what is about customers.
func (d *Day) loadCustomers(ctx context.Context, tx *db.Tx, today time.Time, what What) error {
	passed, err := passes(ctx, tx, today)
	if err != nil {
		return err
	}
	for _, owner := range owners(tx) {
		if len(d.Birthdays) < enough {
			more, err := customers.Birthdays(ctx, tx, owner, today, Ahead, maxBirthdays)
			if err != nil {
				return err
			}
			d.Birthdays = append(d.Birthdays, more...)
		}
	}
	if what.Orders {
		if err := d.loadQuiet(ctx, tx, what); err != nil {
			return err
		}
		if d.Due, err = insights.DueAgain(ctx, tx, tx.Who.User, today.Location(), maxAgain); err != nil {
			return err
		}
		slices.SortStableFunc(d.Due, func(a, b insights.Fact) int { return cmp.Compare(usual(&b), usual(&a)) })
	}
	d.Birthdays = slices.DeleteFunc(d.Birthdays, func(b customers.Birthday) bool { return passed[pass{Birthday, b.Customer}] })
	asked := func(f insights.Fact) bool { return passed[pass{Silent, f.Customer}] }
	d.Quiet, d.Due = slices.DeleteFunc(d.Quiet, asked), slices.DeleteFunc(d.Due, asked)
	slices.SortStableFunc(d.Birthdays, func(a, b customers.Birthday) int { return a.Day.Compare(b.Day) })
	if err := d.loadHeads(ctx, tx); err != nil {
		return err
	}
	if what.Signals {
		if d.Moods, err = insights.Moods(ctx, tx, slices.Collect(maps.Keys(d.Customers))); err != nil {
			return err
		}
	}
	d.Pulse.New, err = db.Get(ctx, tx, db.One[int], `
		SELECT COUNT(*) FROM (SELECT 1 FROM customer WHERE created_at >= $1 LIMIT $2) c`, monday(today).UnixMilli(), maxNew)
	return err
}

// loadQuiet fills in who needs attention.
func (d *Day) loadQuiet(ctx context.Context, tx *db.Tx, what What) error {
	each := func(read func(owner ids.ID) ([]insights.Fact, error)) error {
		for _, owner := range owners(tx) {
			if len(d.Quiet) >= enough {
				break
			}
			more, err := read(owner)
			if err != nil {
				return err
			}
			d.Quiet = append(d.Quiet, more...)
		}
		return nil
	}
	if what.Signals {
		err := each(func(owner ids.ID) ([]insights.Fact, error) { return insights.Worrying(ctx, tx, owner, maxQuiet) })
		if err != nil {
			return err
		}
		if len(d.Quiet) > 0 {
			d.Worrying, err = insights.CountWorrying(ctx, tx, tx.Who.User, maxNew)
			return err
		}
	}
	err := each(func(owner ids.ID) ([]insights.Fact, error) {
		return insights.Quiet(ctx, tx, owner, tx.Now.Add(-quietFor), maxQuiet)
	})
	slices.SortStableFunc(d.Quiet, func(a, b insights.Fact) int { return cmp.Compare(usual(&b), usual(&a)) })
	return err
}

// owners returns whose customers are the actor's business: their own, and
// those of nobody.
func owners(tx *db.Tx) []ids.ID {
	if tx.Who.User.IsZero() {
		return []ids.ID{{}}
	}
	return []ids.ID{tx.Who.User, {}}
}

// usual returns what a customer usually buys in a month: by that much their
// silence costs. (Minor units of their own currency: most companies sell in one.)
func usual(f *insights.Fact) int64 {
	if f.Orders == 0 || f.RhythmDays == 0 {
		return 0
	}
	return f.Bought.Minor / f.Orders * 30 / f.RhythmDays
}

// loadHeads reads the customers of everything, and drops what is about those
// who are gone, archived, or somebody else's by now.
func (d *Day) loadHeads(ctx context.Context, tx *db.Tx) error {
	var of []ids.ID
	add := func(id ids.ID) {
		if !id.IsZero() && !slices.Contains(of, id) {
			of = append(of, id)
		}
	}
	for _, i := range d.Promises {
		add(i.Customer)
	}
	for _, i := range d.Team {
		add(i.Customer)
	}
	for _, t := range d.Tasks {
		add(t.Customer)
	}
	for _, b := range d.Birthdays {
		add(b.Customer)
	}
	for _, f := range d.Quiet {
		add(f.Customer)
	}
	for _, f := range d.Due {
		add(f.Customer)
	}
	var err error
	if d.Customers, err = customers.Heads(ctx, tx, of); err != nil {
		return err
	}
	unseen := func(i activity.Interaction) bool { return d.Customers[i.Customer] == nil }
	d.Promises, d.Team = slices.DeleteFunc(d.Promises, unseen), slices.DeleteFunc(d.Team, unseen)
	d.Birthdays = slices.DeleteFunc(d.Birthdays, func(b customers.Birthday) bool { return d.Customers[b.Customer] == nil })
	gone := func(f insights.Fact) bool {
		c := d.Customers[f.Customer]
		return c == nil || c.Archived || c.Owner != f.Owner
	}
	d.Quiet, d.Due = slices.DeleteFunc(d.Quiet, gone), slices.DeleteFunc(d.Due, gone)
	return nil
}

// A Kind says of what kind a reminder is.
type Kind string

// The kinds of which a user may say that they need it no more.
const (
	Birthday Kind = "birthday"
	Silent   Kind = "silent"
)

// Valid reports whether k is one of the kinds.
func (k Kind) Valid() bool { return k == Birthday || k == Silent }

type pass struct {
	kind     Kind
	customer ids.ID
}

func passes(ctx context.Context, tx *db.Tx, today time.Time) (map[pass]bool, error) {
	list, err := db.List(ctx, tx, func(s db.Scanner, p *pass) error { return s.Scan(&p.kind, &p.customer) }, `
		SELECT kind, customer_id FROM day_pass WHERE user_id = $1 AND until_day > $2`, tx.Who.User, today.Format(time.DateOnly))
	m := make(map[pass]bool, len(list))
	for _, p := range list {
		m[p] = true
	}
	return m, err
}

// Pass spares tx's actor a reminder about a customer for a number of days.
func Pass(ctx context.Context, tx *db.Tx, kind Kind, customer ids.ID, days int, zone *time.Location) error {
	until := begin(tx.Now.In(zone)).AddDate(0, 0, days)
	_, err := tx.Exec(ctx, `
		INSERT INTO day_pass (id, user_id, kind, customer_id, until_day, created_op) VALUES ($1, $2, $3, $4, $5, $6)`,
		ids.New(tx.Now), tx.Who.User, kind, customer, until.Format(time.DateOnly), tx.Op)
	return err
}
