// Package demo makes up a company: PT Sinar Nusantara, which sells water pumps,
// heaters and filters to shops, resellers and households in Java and Bali, with
// two years of customers, orders, talk and tasks.
//
// [Make] invents it without a database: the same seed and day give the same
// company. What happens in it hangs together: a customer buys in their own
// rhythm and by the season, needs cartridges after a filter, gives back what
// they bought, is spoken with about that, and may drift away and leave.
// [Company.Store] writes it into an empty workspace, as one operation.
//
// Nobody in it is real: telephone numbers begin as none that is assigned does,
// and e-mail addresses end in .example (RFC 2606).
package demo

import (
	"slices"
	"time"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/tasks"
	"github.com/akrab-crm/akrab/internal/workspace"
)

// Seed is the seed of the company that people are shown.
const Seed = 1968

// How much there is. The figures of a company differ from these by a few.
const (
	wantCustomers    = 600
	wantOrders       = 12_000
	wantInteractions = 20_000
)

// A Company is the made-up company. All lists are in order of time.
type Company struct {
	Seed  uint64
	Zone  *time.Location
	Today time.Time // midnight with which the day begins on which it is shown; nothing has happened since
	Begin time.Time // two years before, when its books begin

	Settings     workspace.Settings
	Staff        []*Member
	Products     []*catalog.Product
	Customers    []*customers.Customer
	Orders       []*orders.Order
	Interactions []*activity.Interaction
	Tasks        []*tasks.Task
	Routines     []*tasks.Task // that repeat: their next occurrence
	Calls        []Call        // notes that name a colleague

	feasts  []time.Time
	clients []*client // those who buy or may, with what the generator knows of them
	byID    map[ids.ID]*client
}

// Make makes up the company as it is on the morning of a day.
func Make(seed uint64, day time.Time) *Company {
	zone := workspace.Default().Zone
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.FixedZone("WIB", 7*3600) // as it has been since 1988
	}
	y, m, dd := day.In(loc).Date()
	today := time.Date(y, m, dd, 0, 0, 0, 0, loc)
	c := &Company{Seed: seed, Zone: loc, Today: today, Begin: today.AddDate(-2, 0, 0), byID: map[ids.ID]*client{}}
	c.Settings = settings(zone)
	c.readFeasts()
	c.staff()
	c.products()
	c.book()
	c.trade()
	c.talk()
	c.work()
	c.sort()
	return c
}

func settings(zone string) workspace.Settings {
	s := workspace.Default()
	s.Name, s.LegalName = "Sinar Nusantara", "PT Sinar Nusantara"
	s.Address = "Jl. Raya Kali Rungkut 27\nKali Rungkut, Rungkut\nKota Surabaya 60293"
	s.Language, s.Currency, s.Zone = locale.ID, money.Rupiah, zone
	return s
}

func (c *Company) sort() {
	slices.SortStableFunc(c.Customers, func(a, b *customers.Customer) int { return a.Created.Compare(b.Created) })
	slices.SortStableFunc(c.Interactions, func(a, b *activity.Interaction) int { return a.At.Compare(b.At) })
	slices.SortStableFunc(c.Tasks, func(a, b *tasks.Task) int { return a.Created.Compare(b.Created) })
}

// at is a moment of a day of the company: hour and minute in its zone.
func (c *Company) at(day time.Time, hour, minute int) time.Time {
	y, m, d := day.In(c.Zone).Date()
	return time.Date(y, m, d, hour, minute, 0, 0, c.Zone)
}

// days is how many days lie between two times.
func days(from, to time.Time) float64 { return to.Sub(from).Hours() / 24 }

// idulFitri are the days that end the month of Ramadan; for a week around them
// hardly anybody works.
var idulFitri = []string{
	"2024-04-10", "2025-03-31", "2026-03-20", "2027-03-10", "2028-02-26", "2029-02-14", "2030-02-04", "2031-01-24", "2032-01-14", "2033-01-02", "2033-12-23",
}

// readFeasts reads idulFitri: those from the year before the books begin on.
func (c *Company) readFeasts() {
	for _, text := range idulFitri {
		day, err := time.ParseInLocation(time.DateOnly, text, c.Zone)
		if err == nil && day.After(c.Begin.AddDate(-1, 0, 0)) && day.Before(c.Today.AddDate(1, 0, 0)) {
			c.feasts = append(c.feasts, day)
		}
	}
}

// closed reports whether the company rests on the day of t: Sundays, the days
// of Idul Fitri, the first of January, Independence Day and Christmas.
func (c *Company) closed(t time.Time) bool {
	t = t.In(c.Zone)
	_, month, day := t.Date()
	switch {
	case t.Weekday() == time.Sunday, month == time.January && day == 1, month == time.August && day == 17, month == time.December && day == 25:
		return true
	}
	for _, feast := range c.feasts {
		if d := t.Sub(feast); d > -3*24*time.Hour && d < 6*24*time.Hour {
			return true
		}
	}
	return false
}

// openDay returns the first day from t on on which the company works.
func (c *Company) openDay(t time.Time) time.Time {
	for c.closed(t) {
		t = t.AddDate(0, 0, 1)
	}
	return t
}

// hour is a moment of the day of t within working hours, most in the morning.
func (c *Company) hour(d dice, t time.Time) time.Time {
	h := 8 + d.weigh(3, 5, 5, 4, 2, 3, 4, 3, 2)
	return c.at(t, h, d.IntN(60)).Add(time.Duration(d.IntN(60)) * time.Second)
}
