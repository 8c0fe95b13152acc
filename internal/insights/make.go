package insights

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/workspace"
)

const (
	// minDays is on how many days a customer must have ordered before they have a rhythm.
	minDays = 3

	// quietAfter is how many times their usual rhythm, in halves, a customer
	// may be silent before it is noticed.
	quietAfter = 3 // 1½ times

	// keptFamilies is how many families of products a fact names.
	keptFamilies = 5

	day = 24 * time.Hour
)

// A maker makes the facts of some customers.
type maker struct {
	tx    *db.Tx
	zone  *time.Location
	facts map[ids.ID]*Fact // those with an AsOf are stored
}

// Refresh makes the facts of the given customers anew from their orders and
// their timeline. Those who never ordered get none; of those who are gone it
// removes them. The verdict of the rule of phases stays.
func Refresh(ctx context.Context, tx *db.Tx, list []ids.ID) error {
	if len(list) == 0 {
		return nil
	}
	list = sortIDs(slices.Clone(list))
	// Who makes facts waits here for who does already, and then reads what they left.
	if _, err := tx.Exec(ctx, `UPDATE insights_run SET asked = asked + 1 WHERE name = 'lock'`); err != nil {
		return err
	}
	set, err := workspace.Get(ctx, tx)
	if err != nil {
		return err
	}
	m := &maker{tx: tx, zone: set.Locale().Zone, facts: make(map[ids.ID]*Fact, len(list))}
	if m.zone == nil {
		m.zone = time.UTC
	}
	for _, step := range []func(context.Context, []ids.ID) error{m.customers, m.orders, m.families, m.contacts} {
		if err := step(ctx, list); err != nil {
			return err
		}
	}
	return m.store(ctx, list)
}

// customers begins a fact for each customer that exists, with what the last
// verdict was.
func (m *maker) customers(ctx context.Context, list []ids.ID) error {
	type row struct {
		fact Fact
		had  bool
	}
	rows, err := db.ListIn(ctx, m.tx, func(s db.Scanner, r *row) error {
		return s.Scan(&r.fact.Customer, &r.fact.Owner, &r.fact.Phase, &r.had)
	}, list, `
		SELECT c.id, c.owner_id, f.phase, f.customer_id IS NOT NULL
		FROM customer c LEFT JOIN customer_fact f ON f.customer_id = c.id
		WHERE c.id IN ($list)`)
	for i := range rows {
		r := &rows[i]
		if r.had {
			r.fact.AsOf = m.tx.Now
		}
		m.facts[r.fact.Customer] = &r.fact
	}
	return err
}

// An order is what counts of an order.
type order struct {
	customer ids.ID
	at       int64
	currency money.Currency
	isReturn bool
	total    int64
}

// orders counts orders and money, and finds the rhythm.
func (m *maker) orders(ctx context.Context, list []ids.ID) error {
	rows, err := db.ListIn(ctx, m.tx, func(s db.Scanner, o *order) error {
		return s.Scan(&o.customer, &o.at, &o.currency, &o.isReturn, &o.total)
	}, list, `
		SELECT customer_id, ordered_at, currency, is_return, total FROM sales_order
		WHERE customer_id IN ($list) AND status NOT IN ('draft', 'cancelled')
		ORDER BY customer_id, ordered_at`)
	if err != nil {
		return err
	}
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n].customer == rows[0].customer {
			n++
		}
		if f := m.facts[rows[0].customer]; f != nil {
			f.count(rows[:n], m.zone, m.tx.Now)
		}
		rows = rows[n:]
	}
	return nil
}

// count fills in what follows from a customer's orders, the oldest first.
func (f *Fact) count(list []order, zone *time.Location, now time.Time) {
	f.AsOf = now
	var days []int64
	for _, o := range list {
		t := f.total(o.currency)
		t.Minor += o.total
		if o.isReturn {
			f.Returns++
			continue
		}
		t.Orders++
		f.Orders++
		at := db.Time(o.at)
		if f.First.IsZero() {
			f.First = at
		}
		f.Last = at
		if d := dayNumber(at.In(zone)); len(days) == 0 || days[len(days)-1] != d {
			days = append(days, d)
		}
	}
	slices.SortStableFunc(f.Totals, func(a, b Total) int { return int(b.Orders - a.Orders) })
	f.Bought = money.Amount{Minor: f.Totals[0].Minor, Currency: f.Totals[0].Currency}
	f.Days = int64(len(days))
	if f.RhythmDays = rhythm(days); f.RhythmDays > 0 {
		f.Quiet = f.Last.Add(time.Duration(f.RhythmDays) * quietAfter * day / 2)
	}
}

// total returns the total of a currency, adding it if it is not there yet.
func (f *Fact) total(c money.Currency) *Total {
	for i := range f.Totals {
		if f.Totals[i].Currency == c {
			return &f.Totals[i]
		}
	}
	f.Totals = append(f.Totals, Total{Currency: c})
	return &f.Totals[len(f.Totals)-1]
}

// dayNumber counts the days of the calendar.
func dayNumber(t time.Time) int64 {
	y, mo, d := t.Date()
	return time.Date(y, mo, d, 0, 0, 0, 0, time.UTC).Unix() / 86400
}

// rhythm returns the median of the gaps between days, which stand in their
// order, or 0 if there are too few. Of two in the middle it takes the longer,
// so that nobody is called silent too soon.
func rhythm(days []int64) int64 {
	if len(days) < minDays {
		return 0
	}
	gaps := make([]int64, len(days)-1)
	for i := range gaps {
		gaps[i] = days[i+1] - days[i]
	}
	slices.Sort(gaps)
	return gaps[len(gaps)/2]
}

// families finds of which families a customer bought most in their main currency.
func (m *maker) families(ctx context.Context, list []ids.ID) error {
	type sum struct {
		customer ids.ID
		currency money.Currency
		family   string
		minor    int64
	}
	var buyers []ids.ID
	for _, id := range list {
		if f := m.facts[id]; f != nil && len(f.Totals) > 0 {
			buyers = append(buyers, id)
		}
	}
	rows, err := db.ListIn(ctx, m.tx, func(s db.Scanner, v *sum) error {
		return s.Scan(&v.customer, &v.currency, &v.family, &v.minor)
	}, buyers, `
		SELECT o.customer_id, o.currency, p.family, CAST(SUM(l.amount) AS BIGINT)
		FROM sales_order o JOIN order_line l ON l.order_id = o.id JOIN product p ON p.id = l.product_id
		WHERE o.customer_id IN ($list) AND o.status NOT IN ('draft', 'cancelled') AND p.family <> ''
		GROUP BY o.customer_id, o.currency, p.family`)
	for _, v := range rows {
		if f := m.facts[v.customer]; f.Bought.Currency == v.currency && v.minor > 0 {
			f.Families = append(f.Families, Family{Name: v.family, Minor: v.minor})
		}
	}
	for _, id := range buyers {
		m.facts[id].topFamilies()
	}
	return err
}

// topFamilies keeps the largest families with their share of all that was
// bought in the main currency.
func (f *Fact) topFamilies() {
	slices.SortFunc(f.Families, func(a, b Family) int {
		if a.Minor != b.Minor {
			return int(min(1, max(-1, b.Minor-a.Minor)))
		}
		return strings.Compare(a.Name, b.Name)
	})
	whole := f.Bought.Minor
	sum := int64(0)
	for _, v := range f.Families {
		sum += v.Minor
	}
	whole = max(whole, sum) // after returns of something else a family may exceed the total
	f.Families = f.Families[:min(len(f.Families), keptFamilies)]
	for i := range f.Families {
		v := &f.Families[i]
		v.Share = int64(float64(v.Minor)/float64(whole)*100 + .5)
	}
}

// contacts finds when customers last spoke with the company. A note is talk
// among colleagues, and a letter that nobody answered is none.
func (m *maker) contacts(ctx context.Context, list []ids.ID) error {
	type contact struct {
		customer ids.ID
		at       int64
	}
	var buyers []ids.ID
	for _, id := range list {
		if f := m.facts[id]; f != nil && !f.AsOf.IsZero() {
			buyers = append(buyers, id)
		}
	}
	rows, err := db.ListIn(ctx, m.tx, func(s db.Scanner, v *contact) error { return s.Scan(&v.customer, &v.at) }, buyers, `
		SELECT customer_id, MAX(occurred_at) FROM interaction
		WHERE customer_id IN ($list) AND (kind IN ('call', 'meeting', 'visit', 'chat', 'form') OR direction = 'in')
			AND kind NOT IN ('note', 'order', 'return')
		GROUP BY customer_id`)
	for _, v := range rows {
		m.facts[v.customer].Contact = db.Time(v.at)
	}
	return err
}

// store puts the facts in the place of those that were.
func (m *maker) store(ctx context.Context, list []ids.ID) error {
	if _, err := db.ExecIn(ctx, m.tx, list, `DELETE FROM customer_fact WHERE customer_id IN ($list)`); err != nil {
		return err
	}
	cols := []string{"customer_id", "made", "digest", "before", "as_of", "orders", "returns", "days", "first_at", "last_at", "rhythm_days", "bought", "products",
		"contact_at", "quiet_at", "owner_id", "service_s", "year", "year_before", "half", "half_before", "sales", "margin", "cost_to_serve", "profit",
		"repeats", "first_day", "last_day", "log_gaps", "first_amount", "amount", "segment", "signal", "phase", "why", "why_args", "currency", "lead", "totals", "families"}
	row := make([]any, 0, len(cols))
	var failed error
	err := m.tx.Copy(ctx, `customer_fact`, cols, func() ([]any, bool) {
		for len(list) > 0 {
			f := m.facts[list[0]]
			list = list[1:]
			if f == nil || f.AsOf.IsZero() {
				continue
			}
			totals, err := json.Marshal(orEmpty(f.Totals))
			families, err2 := json.Marshal(orEmpty(f.Families))
			if err != nil || err2 != nil {
				failed = err
				return nil, false
			}
			var rhythm any
			if f.RhythmDays > 0 {
				rhythm = f.RhythmDays
			}
			row = append(row[:0], f.Customer, 0, 0, 0, f.AsOf.UnixMilli(), f.Orders, f.Returns, f.Days, db.Millis(f.First), db.Millis(f.Last), rhythm, f.Bought.Minor, 0,
				db.Millis(f.Contact), db.Millis(f.Quiet), f.Owner, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, "", "", f.Phase, "", "[]",
				f.Bought.Currency, f.Bought.Currency, string(totals), string(families))
			return row, true
		}
		return nil, false
	})
	if failed != nil {
		return failed
	}
	return err
}

// sortIDs sorts ids and drops repeated ones.
func sortIDs(list []ids.ID) []ids.ID {
	slices.SortFunc(list, compare)
	return slices.Compact(list)
}

func compare(a, b ids.ID) int { return slices.Compare(a[:], b[:]) }

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
