package clv

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Report is how the models do on a set of data that others have published
// figures of.
type Report struct {
	Data      string   `json:"data"`
	Customers int      `json:"customers"`
	Repeaters int      `json:"repeaters"`
	Repeats   int      `json:"repeats"` // purchase days after the first, of all customers
	Choice    Choice   `json:"choice"`
	BackTests []Result `json:"back_tests"`
	Spend     *Spend   `json:"spend,omitempty"`
	Colours   []Colour `json:"colours,omitempty"`
}

// A Colour is the customers of MBG/NBD whose probability not to have left lies
// between two bounds: the reason for not ranking by it.
type Colour struct {
	Name      string  `json:"name"`
	Customers int     `json:"customers"`
	Bought    float64 `json:"bought"` // share who bought in the window
}

// dayOf returns the number of a calendar day.
func dayOf(t time.Time) int32 { return int32(t.Unix() / 86400) }

func date(y int, m time.Month, d int) int32 { return dayOf(time.Date(y, m, d, 0, 0, 0, 0, time.UTC)) }

// EvaluateCDNOW evaluates all models on CDNOW_sample.txt (Fader and Hardie
// 2001): lines of master id, sample id, date, number of CDs and dollars. What
// was bought until 1997-09-30 foretells the 39 weeks after.
func EvaluateCDNOW(file io.Reader) (Report, error) {
	customers, err := readCDNOW(file)
	if err != nil {
		return Report{}, err
	}
	w := Window{Now: date(1997, 10, 1), Days: 39 * daysPerWeek, AsOf: date(1997, 9, 30)}
	r, t, err := evaluate("CDNOW, 1/10 sample", customers, w)
	if err != nil {
		return r, err
	}
	if sp, err := FitSpend(inUnits(t.repeats, 100)); err == nil {
		r.Spend = &sp
	}
	if mbg := r.find(MBG, 1); mbg != nil {
		r.Colours = t.colours(mbg.Fit.Model)
	}
	return r, nil
}

// EvaluateOnlineRetail evaluates all models on the table of UCI Online Retail:
// what was bought before 2011-09-01 foretells the 100 days after.
func EvaluateOnlineRetail(file io.Reader) (Report, error) {
	customers, err := readOnlineRetail(file)
	if err != nil {
		return Report{}, err
	}
	r, t, err := evaluate("UCI Online Retail", customers, Window{Now: date(2011, 9, 1), Days: 100})
	if err != nil {
		return r, err
	}
	if sp, err := FitSpend(inUnits(t.repeats, 100)); err == nil {
		r.Spend = &sp
	}
	return r, nil
}

// evaluate fits all models at the beginning of a window and compares each with
// what happened.
func evaluate(name string, customers []Purchases, w Window) (Report, *trial, error) {
	r := Report{Data: name}
	t, err := newTrial(customers, w)
	if err != nil {
		return r, nil, err
	}
	r.Customers, r.Repeaters = t.sample.Customers()
	r.Repeats = int(t.sample.repeats)
	if r.Choice, err = t.sample.Choose(Model{}); err != nil {
		return r, nil, err
	}
	for _, fit := range r.Choice.All {
		result := t.judge(fit)
		if fit.Model == r.Choice.Best.Model {
			t.money(&result)
		}
		r.BackTests = append(r.BackTests, result)
	}
	return r, t, nil
}

// find returns the back-test of a kind and k.
func (r *Report) find(kind Kind, k int) *Result {
	i := slices.IndexFunc(r.BackTests, func(b Result) bool { return b.Fit.Kind == kind && b.Fit.K == k })
	if i < 0 {
		return nil
	}
	return &r.BackTests[i]
}

// colours divides customers by the probability not to have left.
func (t *trial) colours(m Model) []Colour {
	list := []Colour{{Name: "green"}, {Name: "yellow"}, {Name: "red"}}
	for i, s := range t.stats {
		c := &list[2]
		switch p := m.Alive(s); {
		case p >= .7:
			c = &list[0]
		case p >= .35:
			c = &list[1]
		}
		c.Customers++
		c.Bought += t.happened[i]
	}
	for i := range list {
		list[i].Bought /= math.Max(float64(list[i].Customers), 1)
	}
	return list
}

// inUnits returns amounts in units of so many minor units.
func inUnits(list []Repeats, minor float64) []Repeats {
	out := slices.Clone(list)
	for i := range out {
		out[i].Mean /= minor
	}
	return out
}

// A ledger collects purchases of customers in any order.
type ledger struct {
	place map[string]int
	list  []Purchases
}

func (l *ledger) add(customer string, day int32, amount int64) {
	if l.place == nil {
		l.place = map[string]int{}
	}
	i, ok := l.place[customer]
	if !ok {
		i = len(l.list)
		l.place[customer] = i
		l.list = append(l.list, nil)
	}
	l.list[i] = append(l.list[i], Day{day, amount})
}

// purchases returns the customers in the order of their first entry, each with
// their days ascending and the amounts of a day added up.
func (l *ledger) purchases() []Purchases {
	for i, p := range l.list {
		slices.SortStableFunc(p, func(a, b Day) int { return int(a.Day) - int(b.Day) })
		days := p[:0]
		for _, d := range p {
			if n := len(days); n > 0 && days[n-1].Day == d.Day {
				days[n-1].Amount += d.Amount
				continue
			}
			days = append(days, d)
		}
		l.list[i] = days
	}
	return l.list
}

// cents returns an amount of money with a decimal point in hundredths.
func cents(s string) (int64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(v) || math.Abs(v) > 1e13 {
		return 0, fmt.Errorf("amount %q", s)
	}
	return int64(math.Round(v * 100)), nil
}

func readCDNOW(file io.Reader) ([]Purchases, error) {
	var l ledger
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		f := strings.Fields(lines.Text())
		if len(f) == 0 {
			continue
		}
		if len(f) != 5 {
			return nil, fmt.Errorf("line %d: %d columns, not 5", n, len(f))
		}
		day, err := time.Parse("20060102", f[2])
		if err != nil {
			return nil, fmt.Errorf("line %d: date %q", n, f[2])
		}
		amount, err := cents(f[4])
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		l.add(f[1], dayOf(day), amount)
	}
	return l.purchases(), lines.Err()
}

// readOnlineRetail reads invoices of known customers with goods: a positive
// quantity and price, no cancellation, and a stock code of at least five
// characters, which leaves out postage and the like.
func readOnlineRetail(file io.Reader) ([]Purchases, error) {
	var l ledger
	rows := csv.NewReader(file)
	rows.LazyQuotes, rows.ReuseRecord, rows.FieldsPerRecord = true, true, 8
	if _, err := rows.Read(); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	for {
		f, err := rows.Read()
		if err == io.EOF {
			return l.purchases(), nil
		}
		if err != nil {
			return nil, err
		}
		if f[6] == "" || strings.HasPrefix(f[0], "C") || len(f[1]) < 5 {
			continue
		}
		quantity, err := strconv.Atoi(f[3])
		if err != nil {
			return nil, fmt.Errorf("quantity %q", f[3])
		}
		price, err := strconv.ParseFloat(f[5], 64)
		if err != nil || math.IsNaN(price) || math.Abs(price) > 1e9 || quantity > 1e6 {
			return nil, fmt.Errorf("%d at %q", quantity, f[5])
		}
		if quantity <= 0 || price <= 0 {
			continue
		}
		at, err := time.Parse(time.DateTime, f[4])
		if err != nil {
			return nil, fmt.Errorf("date %q", f[4])
		}
		l.add(f[6], dayOf(at), int64(math.Round(price*100*float64(quantity))))
	}
}
