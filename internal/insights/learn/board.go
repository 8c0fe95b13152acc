package learn

import (
	"cmp"
	"context"
	"math"
	"runtime"
	"slices"

	"github.com/akrab-crm/akrab/internal/insights/clv"
	"github.com/akrab-crm/akrab/internal/insights/mart"
)

// A Judged is one customer with their score.
type Judged struct {
	Number int // in the mart
	Input  Input
	Score  Score
}

// Judgement is what the scores of all customers add up to.
type Judgement struct {
	Board Board
	Whale WhaleReport
}

// most customers are scored before they are handed on, so that the memory for
// them is bounded.
const batch = 4096

// Judge scores all customers of a mart by models, on all cores. Each, which may
// be nil, gets everybody who ever bought, in order of their numbers; it is
// never called twice at once. Extra, which may be nil, adds to an input what
// the mart doesn't know; it is called from several goroutines.
func Judge(ctx context.Context, m *mart.Mart, models *Models, opt Options, extra func(c int, in *Input), each func(*Judged) error) (*Judgement, error) {
	j := NewTally(m, models, opt)
	scorers := make([]*Scorer, max(runtime.GOMAXPROCS(0), 1))
	for i := range scorers {
		scorers[i] = NewScorer(models)
	}
	list := make([]Judged, batch)
	for from := 0; from < len(m.Customers); from += batch {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		part := list[:min(batch, len(m.Customers)-from)]
		inParts(len(part), scorers, func(sc *Scorer, i int) {
			in := InputOf(m, from+i)
			if extra != nil {
				extra(from+i, &in)
			}
			part[i] = Judged{Number: from + i, Input: in, Score: sc.Score(in)}
			v := CountedOf(&part[i].Input, &part[i].Score)
			v.Year, v.Family = m.Brought(from+i, m.Today-YearDays, m.Today), YearFamily(m, from+i)
			j.Add(from+i, v)
		})
		for i := range part {
			if each == nil || part[i].Input.Customer.Days == 0 {
				continue
			}
			if err := each(&part[i]); err != nil {
				return nil, err
			}
		}
	}
	return j.Judgement(), nil
}

// A Tally keeps of everybody what the reports need, by number.
type Tally struct {
	m      *mart.Mart // nil if customers are told one after the other, by Append
	models *Models
	opt    Options
	known  []bool
	row    []uint8 // in Segments; len(Segments) for none
	signal []byte  // first letter, 0 for none
	value  []int64
	year   []int64
	half   []int64
	before []int64
	family []int32 // that they bought most of in 12 months
	// What was bought of each family in 12 months by segment is summed up at
	// the end, over the lines.

	// Without a mart:
	last   Board            // that of the last run over everybody
	sums   []Loser          // by number; neither Profit nor Do
	places map[string]int32 // numbers of families
}

// A Counted is what the reports count of one customer.
type Counted struct {
	Known   bool // they bought
	Segment string
	Signal  string
	Value   int64
	Year    int64
	Half    int64
	Before  int64
	Family  int32 // that they bought most of in 12 months, or mart.None; see [YearFamily]
}

// CountedOf returns what a score and what it rests on say; Year and Family are
// not set.
func CountedOf(in *Input, s *Score) Counted {
	return Counted{
		Known: in.Customer.Days > 0, Segment: s.Segment, Signal: s.Signal, Value: s.Value, Half: in.Half, Before: in.HalfBefore, Family: mart.None,
	}
}

// NewTally returns a tally of the customers of m, who are scored by models.
func NewTally(m *mart.Mart, models *Models, opt Options) *Tally {
	n := len(m.Customers)
	return &Tally{
		m: m, models: models, opt: opt, known: make([]bool, n), row: make([]uint8, n), signal: make([]byte, n),
		value: make([]int64, n), year: make([]int64, n), half: make([]int64, n), before: make([]int64, n), family: make([]int32, n),
	}
}

// Retell returns a tally of customers who are told of by Append, in order of
// their ids, to renew the reports of the run whose board is last. What only the
// lines of all orders tell, which families a segment bought most of, stays as
// the board has it. The customers' costs are not those of opt but what Append
// says.
func Retell(last Board, models *Models, opt Options) *Tally {
	return &Tally{last: last, models: models, opt: opt, places: map[string]int32{}}
}

// Append adds the next customer. Of sum, Customer, Margin, Service, Delivery,
// Sales and Orders are read. Family names the one that they bought most of in
// 12 months; empty if there is none.
func (j *Tally) Append(v Counted, family string, sum Loser) {
	v.Family = mart.None
	if family != "" {
		place, ok := j.places[family]
		if !ok {
			place = int32(len(j.places))
			j.places[family] = place
		}
		v.Family = place
	}
	j.known, j.row, j.signal = append(j.known, false), append(j.row, 0), append(j.signal, 0)
	j.value, j.year, j.half = append(j.value, 0), append(j.year, 0), append(j.half, 0)
	j.before, j.family, j.sums = append(j.before, 0), append(j.family, 0), append(j.sums, sum)
	j.Add(len(j.known)-1, v)
}

// Add keeps what is counted of customer c. Several goroutines may add different
// customers at once; it doesn't matter in which order.
func (j *Tally) Add(c int, v Counted) {
	j.known[c] = v.Known
	j.row[c] = uint8(len(Segments))
	if i := slices.Index(Segments, v.Segment); i >= 0 {
		j.row[c] = uint8(i)
	}
	if v.Signal != "" {
		j.signal[c] = v.Signal[0]
	}
	j.value[c], j.year[c], j.half[c], j.before[c], j.family[c] = v.Value, v.Year, v.Half, v.Before, v.Family
}

// YearFamily returns the family that a customer bought most of in the last 12
// months, or mart.None.
func YearFamily(m *mart.Mart, c int) int32 {
	of, best := int32(mart.None), int64(0)
	eachFamily(m, c, func(family int32, amount int64) {
		if amount > best {
			of, best = family, amount
		}
	})
	return of
}

// eachFamily calls f with what a customer bought of each family in the last 12
// months, in order of the families. Only amounts in the mart's currency count.
func eachFamily(m *mart.Mart, c int, f func(family int32, amount int64)) {
	type sum struct {
		family int32
		amount int64
	}
	var buf [16]sum
	list := buf[:0]
	orders := m.OrdersOf(c)
	for i := len(orders) - 1; i >= 0 && orders[i].Day > m.Today-YearDays; i-- {
		o := &orders[i]
		if o.Return || m.CurrencyOf(o) != m.Currency {
			continue
		}
		first, end := m.LinesOf(o)
		for n := first; n < end; n++ {
			p := m.Bought(n)
			if p < 0 || m.Products[p].Family < 0 {
				continue
			}
			family := m.Products[p].Family
			k, ok := slices.BinarySearchFunc(list, family, func(s sum, f int32) int { return cmp.Compare(s.family, f) })
			if !ok {
				list = slices.Insert(list, k, sum{family: family})
			}
			list[k].amount += m.Amount(n)
		}
	}
	for _, s := range list {
		f(s.family, s.amount)
	}
}

// Judgement returns what the scores that were added come to.
func (j *Tally) Judgement() *Judgement { return &Judgement{Board: j.board(), Whale: j.whale()} }

// A play is what to do with a segment, and which part of what is at stake it
// is taken to move before any campaign has measured it.
type play struct {
	name  string
	stake func(*BoardRow) int64
	share float64
}

var plays = map[string]play{
	"A1": {"thank", func(r *BoardRow) int64 { return r.Value }, .003},
	"A2": {"cross_sell", func(r *BoardRow) int64 { return r.Headroom }, .05},
	"A3": {"recover", func(r *BoardRow) int64 { return max(r.AtRisk, r.Before-r.Half) }, .1},
	"B1": {"upgrade", func(r *BoardRow) int64 { return r.Headroom }, .05},
	"B2": {"cross_sell", func(r *BoardRow) int64 { return r.Headroom }, .05},
	"B3": {"reorder_reminder", func(r *BoardRow) int64 { return max(r.AtRisk, r.Before-r.Half) }, .1},
	"C1": {"upgrade", func(r *BoardRow) int64 { return r.Headroom }, .05},
	"C2": {"self_service", func(r *BoardRow) int64 { return r.Value }, .01},
	"C3": {"win_back", func(r *BoardRow) int64 { return max(r.AtRisk, r.Before-r.Half) }, .02},
	"N":  {"welcome", func(r *BoardRow) int64 { return r.Value }, .02},
}

// fewestPeers is how many customers a group of peers needs.
const fewestPeers = 20

func (j *Tally) basis() Basis {
	b := j.last.Basis
	if j.m != nil {
		b = Basis{Run: j.models.Run, Today: j.m.Today, Currency: j.m.Currency, Margin: j.m.Margin, Orders: j.models.Orders}
	}
	b.Customers = 0
	for _, k := range j.known {
		if k {
			b.Customers++
		}
	}
	return b
}

// board compares the segments.
func (j *Tally) board() Board {
	b := Board{Basis: j.basis()}
	rows := make([]BoardRow, len(Segments)+1)
	room, ok := j.headroom()
	for c, known := range j.known {
		if !known {
			continue
		}
		r := &rows[j.row[c]]
		r.Customers++
		r.Year += j.year[c]
		r.Value += j.value[c]
		r.Half += j.half[c]
		r.Before += j.before[c]
		if ok[c] {
			r.Peers++
			r.Headroom += room[c]
		}
		switch j.signal[c] {
		case Red[0]:
			r.Red++
			r.AtRisk += max(j.value[c], j.year[c])
		case Yellow[0]:
			r.Yellow++
			r.AtRisk += max(j.value[c], j.year[c])
		}
	}
	for i := range rows {
		b.Total.add(&rows[i])
	}
	favourites, all := j.favourites()
	for i, name := range Segments {
		r := &rows[i]
		if r.Customers == 0 {
			continue
		}
		r.Segment = name
		r.Families = favourites[name]
		r.finish(b.Total.Year)
		p := plays[name]
		r.Play, r.Treatable = p.name, p.share
		r.Priority = max(0, minor(p.share*float64(p.stake(r))))
		b.Rows = append(b.Rows, *r)
	}
	b.Total.Families = all
	b.Total.finish(b.Total.Year)
	slices.SortStableFunc(b.Rows, func(x, y BoardRow) int { return cmp.Compare(y.Priority, x.Priority) })
	return b
}

// favourites returns the families that each segment, and all together, bought
// most of.
func (j *Tally) favourites() (of map[string][]string, all []string) {
	of = map[string][]string{}
	if j.m == nil {
		for i := range j.last.Rows {
			of[j.last.Rows[i].Segment] = j.last.Rows[i].Families
		}
		return of, j.last.Total.Families
	}
	sums := make([][]int64, len(Segments)+1)
	for i := range sums {
		sums[i] = make([]int64, len(j.m.Families))
	}
	for c, known := range j.known {
		if known {
			eachFamily(j.m, c, func(family int32, amount int64) { sums[j.row[c]][family] += amount })
		}
	}
	total := sums[len(Segments)]
	for i, name := range Segments {
		of[name] = j.top(sums[i])
		for f, amount := range sums[i] {
			total[f] += amount
		}
	}
	return of, j.top(total)
}

func (r *BoardRow) add(o *BoardRow) {
	r.Customers += o.Customers
	r.Year += o.Year
	r.Value += o.Value
	r.Half += o.Half
	r.Before += o.Before
	r.Headroom += o.Headroom
	r.Peers += o.Peers
	r.AtRisk += o.AtRisk
	r.Red += o.Red
	r.Yellow += o.Yellow
}

// finish computes the row's shares.
func (r *BoardRow) finish(year int64) {
	if year > 0 {
		r.Share = float64(r.Year) / float64(year)
	}
	if r.Before > 0 {
		r.Trend = float64(r.Half)/float64(r.Before) - 1
	}
}

// top returns the names of the three families of which most was bought.
func (j *Tally) top(amounts []int64) []string {
	var list []int
	for f, amount := range amounts {
		if amount > 0 {
			list = append(list, f)
		}
	}
	slices.SortStableFunc(list, func(a, b int) int { return cmp.Compare(amounts[b], amounts[a]) })
	var names []string
	for _, f := range list[:min(3, len(list))] {
		names = append(names, j.m.Families[f])
	}
	return names
}

// headroom returns by how much each customer's last 12 months lie below the
// third quartile of their peers, who have the same band of value and bought
// most of the same family, if of any; not ok where the peers are too few, and
// for those who bought nothing.
func (j *Tally) headroom() (room []int64, ok []bool) {
	type group struct {
		band   byte
		family int32
	}
	groups := map[group][]int64{}
	of := func(c int) group {
		g := group{family: j.family[c]}
		if i := int(j.row[c]); i < len(Segments) {
			g.band = Segments[i][0]
		}
		return g
	}
	for c, known := range j.known {
		if known && j.buys(c) {
			groups[of(c)] = append(groups[of(c)], j.year[c])
		}
	}
	best := map[group]int64{}
	for g, list := range groups {
		if len(list) >= fewestPeers {
			slices.Sort(list)
			best[g] = list[len(list)*3/4]
		}
	}
	room, ok = make([]int64, len(j.known)), make([]bool, len(j.known))
	for c, known := range j.known {
		if !known || !j.buys(c) {
			continue
		}
		if v, there := best[of(c)]; there {
			room[c], ok[c] = max(0, v-j.year[c]), true
		}
	}
	return room, ok
}

// buys reports whether a customer bought something in the last 12 months.
func (j *Tally) buys(c int) bool { return j.family[c] >= 0 || j.year[c] > 0 }

// mostLosers bounds the list of unprofitable customers.
const mostLosers = 100

// whale returns who brings the profit and who takes it away.
func (j *Tally) whale() WhaleReport {
	w := WhaleReport{Basis: j.basis(), Cost: j.opt.Service != nil || j.opt.Delivery != nil}
	var profits []int64
	var losers []Loser
	for c, known := range j.known {
		if !known {
			continue
		}
		v := j.sum(c)
		v.Profit = v.Margin - v.Service - v.Delivery
		profits = append(profits, v.Profit)
		if v.Profit < 0 {
			v.Do = v.what()
			losers = append(losers, v)
		}
	}
	slices.SortStableFunc(losers, func(a, b Loser) int { return cmp.Compare(a.Profit, b.Profit) })
	w.Curve = clv.WhaleCurve(profits)
	w.Losers = slices.Clone(losers[:min(len(losers), mostLosers)])
	return w
}

// sum returns what a customer brought and cost.
func (j *Tally) sum(c int) Loser {
	if j.m == nil {
		return j.sums[c]
	}
	v := Loser{Customer: j.m.Customers[c], Service: of(j.opt.Service, c), Delivery: of(j.opt.Delivery, c)}
	orders := j.m.OrdersOf(c)
	for i := range orders {
		v.Margin += j.m.Value(&orders[i])
		v.Sales += orders[i].Amount
		if !orders[i].Return {
			v.Orders++
		}
	}
	return v
}

// what returns what to do with an unprofitable customer: another price where
// they bring nothing even before any work, else less of the work that costs
// most.
func (v *Loser) what() string {
	switch {
	case v.Margin <= 0 || float64(v.Margin) < .05*float64(v.Sales):
		return "reprice"
	case v.Service >= v.Delivery:
		return "self_service"
	}
	return "batch"
}

func of(list []int64, c int) int64 {
	if c >= len(list) {
		return 0
	}
	return min(max(list[c], 0), math.MaxInt64/4)
}
