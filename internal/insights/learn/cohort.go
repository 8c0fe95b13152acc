package learn

import (
	"fmt"
	"time"

	"github.com/akrab-crm/akrab/internal/insights/clv"
)

const (
	mostCohorts = 20
	mostMonths  = 60
)

// monthOf returns the number of a day's calendar month, counted from year 0.
func monthOf(day int32) int {
	t := time.Unix(int64(day)*86400, 0).UTC()
	return 12*t.Year() + int(t.Month()) - 1
}

// cohorts counts who buys again by the quarter of their first purchase, and
// who buys in each calendar month.
func (l *learner) cohorts(r *Customers) error {
	r.Cohorts.Basis, r.Months.Basis = l.basis, l.basis
	if l.basis.Customers == 0 {
		return nil
	}
	lastMonth := monthOf(l.m.Today)
	firstMonth := lastMonth - mostMonths + 1
	lastQuarter := lastMonth / 3
	firstQuarter := lastQuarter - mostCohorts + 1
	// months turns days into months without asking the calendar each time.
	var earliest int32 = l.m.Today
	for _, h := range l.all {
		if h.Days > 0 {
			earliest = min(earliest, h.First)
		}
	}
	earliest = max(earliest, l.m.Today-31*mostMonths)
	months := make([]int, l.m.Today-earliest+1)
	for i := range months {
		months[i] = monthOf(earliest + int32(i))
	}
	month := func(day int32) int {
		if day < earliest {
			return firstMonth - 3 // before everything that is shown
		}
		return months[min(day, l.m.Today)-earliest]
	}
	type part struct {
		bought [mostCohorts][mostCohorts]int
		amount [mostCohorts][mostCohorts]int64
		months [mostMonths]Month
	}
	parts := make([]part, chunks)
	inChunks(len(l.all), func(chunk, from, to int) {
		p := &parts[chunk]
		var list clv.Purchases
		for c := from; c < to; c++ {
			list = l.m.Purchases(c, list[:0])
			if len(list) == 0 {
				continue
			}
			first := month(list[0].Day)
			cohort := floorDiv(first, 3) - firstQuarter
			quarter, in := -1, firstMonth-4
			for _, d := range list {
				m := month(d.Day)
				if k := m - firstMonth; k >= 0 {
					row := &p.months[k]
					row.Orders++
					row.Amount += d.Amount
					if m != in {
						row.Customers++
						if m == first {
							row.New++
						}
					}
				}
				in = m
				if cohort < 0 {
					continue
				}
				q := m/3 - firstQuarter - cohort
				p.amount[cohort][q] += d.Amount
				if q != quarter {
					p.bought[cohort][q]++
				}
				quarter = q
			}
		}
	})
	for i := range mostMonths {
		row := Month{Month: fmt.Sprintf("%04d-%02d", (firstMonth+i)/12, (firstMonth+i)%12+1), Partial: i == mostMonths-1 && monthOf(l.m.Today+1) == lastMonth}
		for k := range parts {
			p := &parts[k].months[i]
			row.Customers += p.Customers
			row.New += p.New
			row.Orders += p.Orders
			row.Amount += p.Amount
		}
		if row.Customers > 0 || len(r.Months.Rows) > 0 {
			r.Months.Rows = append(r.Months.Rows, row)
		}
	}
	for i := range mostCohorts {
		q := firstQuarter + i
		row := Cohort{Year: q / 4, Quarter: q%4 + 1, Partial: monthOf(l.m.Today+1)/3 == lastQuarter}
		for age := range mostCohorts - i {
			bought, amount := 0, int64(0)
			for k := range parts {
				bought += parts[k].bought[i][age]
				amount += parts[k].amount[i][age]
			}
			if row.Amount = append(row.Amount, amount); age == 0 {
				row.Customers = bought
			} else {
				row.Bought = append(row.Bought, bought)
			}
		}
		if row.Customers > 0 {
			r.Cohorts.Rows = append(r.Cohorts.Rows, row)
		}
	}
	return nil
}

func floorDiv(a, b int) int {
	if a < 0 {
		return -((-a + b - 1) / b)
	}
	return a / b
}
