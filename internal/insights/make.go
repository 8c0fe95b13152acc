package insights

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"hash/fnv"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights/learn"
	"github.com/akrab-crm/akrab/internal/insights/mart"
	"github.com/akrab-crm/akrab/internal/money"
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

// A maker makes facts from a mart. What it makes of a customer is the same
// whoever else is in the mart.
type maker struct {
	m      *mart.Mart
	set    Settings
	scorer *learn.Scorer
	tally  *learn.Tally // what scores are added to; nil for nothing

	days     []int32
	seen     []int32 // by product: the last customer who bought it, and 1
	families []int64 // by family: sum of the present customer
	met      []int32 // families that have one
	family   int32   // that the present customer bought most of in a year
}

func newMaker(m *mart.Mart, set Settings, models *learn.Models) *maker {
	return &maker{m: m, set: set, scorer: learn.NewScorer(models), seen: make([]int32, len(m.Products)), families: make([]int64, len(m.Families))}
}

// none is the number of a customer without orders.
const none = -1

// make fills in what follows from the orders of customer c of the mart and from
// what f says of talks.
func (k *maker) make(c int, f *Fact) {
	f.Before, f.Lead = k.m.AsOf, money.Currency(k.m.Currency)
	f.Bought.Currency = ""
	if c != none {
		k.count(c, f)
		k.products(c, f)
		k.amounts(c, f)
	}
	f.CostToServe = mulDiv(f.Service+f.Care.Service, k.set.MinuteCost, 60) + (f.Orders+f.Returns)*k.set.OrderCost
	f.Profit = f.Margin - f.CostToServe
	k.score(c, f)
}

// count counts orders and their money in each currency, and finds the rhythm.
func (k *maker) count(c int, f *Fact) {
	from := int(k.m.From[c])
	list := k.m.OrdersOf(c)
	k.days = k.days[:0]
	for i := range list {
		o := &list[i]
		t := f.total(money.Currency(k.m.CurrencyOf(o)))
		t.Minor += k.m.Total(from + i)
		f.Sales += o.Amount
		f.Margin += k.m.Value(o)
		if o.Return {
			f.Returns++
			continue
		}
		t.Orders++
		f.Orders++
		if f.First.IsZero() {
			f.First = db.Time(o.At)
		}
		f.Last = db.Time(o.At)
		if n := len(k.days); n == 0 || k.days[n-1] != o.Day {
			k.days = append(k.days, o.Day)
		}
	}
	slices.SortFunc(f.Totals, func(a, b Total) int {
		return cmp.Or(cmp.Compare(b.Orders, a.Orders), strings.Compare(string(a.Currency), string(b.Currency)))
	})
	f.Bought = money.Amount{Minor: f.Totals[0].Minor, Currency: f.Totals[0].Currency}
	f.Days = int64(len(k.days))
	if f.RhythmDays = rhythm(k.days); f.RhythmDays > 0 {
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
// so that nobody is called silent too soon. It spoils days.
func rhythm(days []int32) int64 {
	if len(days) < minDays {
		return 0
	}
	gaps := days[:len(days)-1]
	for i := range gaps {
		gaps[i] = days[i+1] - days[i]
	}
	slices.Sort(gaps)
	return int64(gaps[len(gaps)/2])
}

// products counts the products that were bought, and finds of which families
// the customer bought most in their main currency.
func (k *maker) products(c int, f *Fact) {
	list := k.m.OrdersOf(c)
	for i := range list {
		o := &list[i]
		main := money.Currency(k.m.CurrencyOf(o)) == f.Bought.Currency
		for line, end := k.m.LinesOf(o); line < end; line++ {
			p := k.m.ProductOf(line)
			if p == mart.None {
				continue
			}
			if k.seen[p] != int32(c)+1 && !o.Return && k.m.Bought(line) != mart.None {
				k.seen[p] = int32(c) + 1
				f.Products++
			}
			if n := k.m.Products[p].Family; n != mart.None && main {
				if k.families[n] == 0 && !slices.Contains(k.met, n) {
					k.met = append(k.met, n)
				}
				k.families[n] += k.m.Amount(line)
			}
		}
	}
	if len(k.met) == 0 {
		return
	}
	for _, n := range k.met {
		if minor := k.families[n]; minor > 0 {
			f.Families = append(f.Families, Family{Name: k.m.Families[n], Minor: minor})
		}
		k.families[n] = 0
	}
	k.met = k.met[:0]
	f.topFamilies()
}

// topFamilies keeps the largest families with their share of all that was
// bought in the main currency.
func (f *Fact) topFamilies() {
	slices.SortFunc(f.Families, func(a, b Family) int {
		return cmp.Or(cmp.Compare(b.Minor, a.Minor), strings.Compare(a.Name, b.Name))
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

// amounts finds what the customer brought lately, and what models read.
func (k *maker) amounts(c int, f *Fact) {
	today := k.m.Today
	f.Year = k.m.Brought(c, today-learn.YearDays, today)
	f.YearBefore = k.m.Brought(c, today-2*learn.YearDays, today-learn.YearDays)
	f.Half = k.m.Brought(c, today-learn.HalfDays, today)
	f.HalfBefore = k.m.Brought(c, today-2*learn.HalfDays, today-learn.HalfDays)
	if k.family = learn.YearFamily(k.m, c); k.family != mart.None {
		f.YearFamily = k.m.Families[k.family]
	}
	h := k.m.History(c)
	if h.Days == 0 {
		return
	}
	f.Repeats, f.FirstDay, f.LastDay = int64(h.Days)-1, int64(h.First), int64(h.Last)
	f.LogGaps = int64(math.Round(h.LogGaps * 1e6))
	f.FirstAmount, f.Amount = h.FirstAmount, h.Amount
}

// score asks the models. They read what is stored of the customer, not the
// orders, so that everybody comes to the same answer.
func (k *maker) score(c int, f *Fact) {
	in := learn.Input{Today: k.m.Today, Customer: f.History(), Half: f.Half, HalfBefore: f.HalfBefore}
	f.Satisfaction = f.Care.Satisfaction
	f.Care.tell(&in)
	s := k.scorer.Score(in)
	if k.tally != nil && c != none {
		v := learn.CountedOf(&in, &s)
		v.Year, v.Family = f.Year, k.family
		k.tally.Add(c, v)
	}
	f.Known, f.Active, f.Alive, f.ExpOrders = s.Known, thousandths(s.Active), thousandths(s.Alive), thousandths(s.Orders)
	if f.Valued = s.Valued; s.Valued {
		f.Value, f.ValueLo, f.ValueHi, f.Worth = s.Value, s.Lo, s.Hi, twoDigits(s.Value)
	}
	f.Segment, f.Signal, f.Why, f.WhyArgs = s.Segment, s.Signal, s.Why, s.Args
	if f.worrying() {
		f.Stake = twoDigits(max(f.Year, f.Value, 0))
	}
}

func thousandths(v float64) int64 { return int64(math.Round(v * 1000)) }

// twoDigits rounds v to two digits.
func twoDigits(v int64) int64 {
	unit := int64(1)
	for m := v; m >= 100 || m <= -100; m /= 10 {
		unit *= 10
	}
	if unit == 1 {
		return v
	}
	half := unit / 2
	if v < 0 {
		half = -half
	}
	return (v + half) / unit * unit
}

// version stands for the code that makes facts: when it makes others of the
// same orders, raise it, so that rows are written anew.
const version = 3

// sum returns a digest of all that is derived, but not of when.
func (f *Fact) sum() int64 {
	var buf [512]byte
	b := binary.AppendVarint(buf[:0], version)
	for _, v := range []int64{
		f.Orders, f.Returns, f.Days, f.First.UnixMilli(), f.Last.UnixMilli(), f.RhythmDays, f.Bought.Minor, f.Products,
		f.Contact.UnixMilli(), f.Quiet.UnixMilli(), f.Service, f.Year, f.YearBefore, f.Half, f.HalfBefore, f.Sales, f.Margin, f.CostToServe,
		f.Repeats, f.FirstDay, f.LastDay, f.LogGaps, f.FirstAmount, f.Amount, f.Satisfaction, f.Active, f.Alive, f.ExpOrders, f.Value, f.ValueLo, f.ValueHi,
	} {
		b = binary.AppendVarint(b, v)
	}
	text := func(s string) { b = append(append(b, s...), 0) }
	for _, s := range []string{f.Segment, f.Signal, f.Why, f.YearFamily, string(f.Bought.Currency), string(f.Lead), boolText(f.Known), boolText(f.Valued)} {
		text(s)
	}
	for _, a := range f.WhyArgs {
		switch a := a.(type) {
		case int64:
			b = binary.AppendVarint(b, a)
		case string:
			text(a)
		}
	}
	for _, t := range f.Totals {
		text(string(t.Currency))
		b = binary.AppendVarint(binary.AppendVarint(b, t.Minor), t.Orders)
	}
	for _, v := range f.Families {
		text(v.Name)
		b = binary.AppendVarint(binary.AppendVarint(b, v.Minor), v.Share)
	}
	b = f.Care.sum(b)
	h := fnv.New64a()
	h.Write(b)
	return int64(h.Sum64() >> 1)
}

func boolText(v bool) string {
	if v {
		return "1"
	}
	return "0"
}

// Refresh makes the facts of the given customers anew from their orders and
// their timeline. Those who never ordered get none; of those who are gone it
// removes them. The verdict of the rule of phases stays. Whose facts became
// others [Changed] tells. cares is who knows more of them; nil for nobody.
func Refresh(ctx context.Context, tx *db.Tx, list []ids.ID, cares Cares) error {
	if len(list) == 0 {
		return nil
	}
	changed, err := refreshSome(ctx, tx, sortIDs(slices.Clone(list)), cares)
	if err == nil {
		publish(ctx, tx, changed, ids.ID{})
	}
	return err
}

// lock makes who makes facts wait for who does already, and then read what they
// left. It returns the number of this refresh.
func lock(ctx context.Context, tx *db.Tx) (int64, error) {
	return db.Get(ctx, tx, db.One[int64], `UPDATE insights_run SET asked = asked + 1 WHERE name = 'lock' RETURNING asked`)
}

// refreshSome makes the facts of some customers, in order of their ids, and
// returns whose became others.
func refreshSome(ctx context.Context, tx *db.Tx, list []ids.ID, cares Cares) (changed []ids.ID, err error) {
	turn, err := lock(ctx, tx)
	if err != nil {
		return nil, err
	}
	set, err := GetSettings(ctx, tx)
	if err != nil {
		return nil, err
	}
	state, err := GetState(ctx, tx)
	if err != nil {
		return nil, err
	}
	models, err := Live(ctx, tx)
	if err != nil {
		return nil, err
	}
	had, err := beginFacts(ctx, tx, list)
	if err != nil {
		return nil, err
	}
	l, err := newLoader(ctx, tx, state)
	if err != nil {
		return nil, err
	}
	m, err := loadSome(ctx, tx, l, list, false)
	if err != nil {
		return nil, err
	}
	if err := readTalks(ctx, tx, had); err != nil {
		return nil, err
	}
	known, err := cares.ask(ctx, tx, list)
	if err != nil {
		return nil, err
	}
	k := newMaker(m, set, models)
	var rows []*begun
	var gone []ids.ID
	at := newIndex(m.Customers)
	for i := range had {
		b := &had[i]
		c := int(at.find(b.Customer))
		if b.gone || c == none && !b.had {
			if b.had {
				gone = append(gone, b.Customer)
			}
			continue
		}
		b.Care = known[b.Customer]
		k.make(c, &b.Fact)
		if b.digest = b.sum(); b.had && b.digest == b.was && b.Owner == b.owner {
			continue
		}
		if err := b.encode(); err != nil {
			return nil, err
		}
		b.made, b.AsOf = turn, tx.Now
		rows = append(rows, b)
		changed = append(changed, b.Customer)
	}
	if _, err := db.ExecIn(ctx, tx, gone, `DELETE FROM customer_fact WHERE customer_id IN ($list)`); err != nil {
		return nil, err
	}
	if err := putFacts(ctx, tx, rows); err != nil {
		return nil, err
	}
	return append(changed, gone...), putMoves(ctx, tx, m.Today, rows)
}

// A begun is a fact that is being made of a customer, with what the row says so far.
type begun struct {
	Fact
	made    int64 // number of the refresh
	digest  int64
	indexed extent // what of that which is indexed differs from the row
	gone    bool   // the customer
	text    texts

	had                   bool // there is a row, and what it says:
	was                   int64
	owner                 ids.ID
	wasSegment, wasSignal string
}

// beginFacts begins a fact for each of some customers, with what the last
// verdict was.
func beginFacts(ctx context.Context, tx *db.Tx, list []ids.ID) ([]begun, error) {
	rows, err := db.ListIn(ctx, tx, func(s db.Scanner, b *begun) error {
		var phase *string
		err := s.Scan(&b.Customer, &b.Owner, &phase, &b.was, &b.owner, &b.wasSegment, &b.wasSignal)
		if b.had = phase != nil; b.had {
			b.Phase = *phase
		}
		return err
	}, list, `
		SELECT c.id, c.owner_id, f.phase, f.digest, f.owner_id, f.segment, f.signal
		FROM customer c LEFT JOIN customer_fact f ON f.customer_id = c.id
		WHERE c.id IN ($list) ORDER BY c.id`)
	if err != nil || len(rows) == len(list) {
		return rows, err
	}
	there := make(map[ids.ID]bool, len(rows))
	for i := range rows {
		there[rows[i].Customer] = true
	}
	for _, id := range list {
		if !there[id] {
			rows = append(rows, begun{Fact: Fact{Customer: id}, had: true, gone: true})
		}
	}
	return rows, nil
}

// readTalks finds when customers last spoke with the company, and for how long
// in all. A note is talk among colleagues, and a letter that nobody answered is
// none.
func readTalks(ctx context.Context, tx *db.Tx, list []begun) error {
	of := make([]ids.ID, len(list))
	at := make(map[ids.ID]*begun, len(list))
	for i := range list {
		of[i] = list[i].Customer
		at[of[i]] = &list[i]
	}
	var id ids.ID
	return db.StreamIn(ctx, tx, func(r db.Row) error {
		r.ID(0, &id)
		at[id].Contact, at[id].Service = db.Time(r.Int(1)), r.Int(2)
		return nil
	}, of, `
		SELECT customer_id,
			MAX(CASE WHEN kind IN ('call', 'meeting', 'visit', 'chat', 'form') OR direction = 'in' AND kind NOT IN ('note', 'order', 'return') THEN occurred_at END),
			CAST(SUM(CASE WHEN kind IN ('call', 'meeting', 'visit') THEN duration_s ELSE 0 END) AS BIGINT)
		FROM interaction WHERE customer_id IN ($list) GROUP BY customer_id`)
}

// sortIDs sorts ids and drops repeated ones.
func sortIDs(list []ids.ID) []ids.ID {
	slices.SortFunc(list, compare)
	return slices.Compact(list)
}

func compare(a, b ids.ID) int { return bytes.Compare(a[:], b[:]) }
