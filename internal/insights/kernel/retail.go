package kernel

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// retailSplit divides Online Retail: history is before September 2011, the
// future from then to the end of the file.
var retailSplit = time.Date(2011, 9, 1, 0, 0, 0, 0, time.UTC)

// retailDays are the days of the future.
const retailDays = 100

// A sale is one line of Online Retail that counts.
type sale struct {
	customer, product int32
	at                time.Time
}

// retail is Online Retail (Chen, UCI 2015) as the evaluation needs it.
type retail struct {
	lines     int    // read
	sales     []sale // that count, in order of time
	customers int
	products  int
}

// A split is the sales as they are known at one time, and what came after.
type split struct {
	at       time.Time
	products int
	shoppers []shopper // with history, in order of their first line
	month    []int32   // lines of each product in the last 30 days of history
	recent   []int32   // customers of each product in the last MomentumDays of history
}

// A shopper is a customer with a history.
type shopper struct {
	own    []int32 // distinct products in history, ascending
	first  []int32 // days from the first purchase of each of them to the split
	last   []int32 // and from the last one
	times  []int32 // days on which each of them was bought
	future []int32 // distinct products afterwards, ascending
}

// purchases returns the history as days before the split.
func (s shopper) purchases() []Purchase {
	list := make([]Purchase, len(s.own))
	for i, j := range s.own {
		list[i] = Purchase{Item: j, First: -s.first[i], Last: -s.last[i], Times: s.times[i]}
	}
	return list
}

// parts returns the products of the future that are in history, and the others.
func (s shopper) parts() (again, fresh []int32) {
	for _, j := range s.future {
		if _, old := slices.BinarySearch(s.own, j); old {
			again = append(again, j)
		} else {
			fresh = append(fresh, j)
		}
	}
	return again, fresh
}

// readRetail reads the lines of Online Retail, compressed by gzip or not.
// Lines without customer, cancellations, and products with a code of less
// than five characters (postage, discounts) are left out.
func readRetail(r io.Reader) (*retail, error) {
	c, err := retailCSV(r)
	if err != nil {
		return nil, err
	}
	d := &retail{}
	product, customer := map[string]int32{}, map[string]int32{}
	for {
		row, err := c.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		d.lines++
		if !counts(row) {
			continue
		}
		at, err := time.Parse("2006-01-02 15:04:05", row[4])
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", d.lines+1, err)
		}
		d.sales = append(d.sales, sale{customer: number(customer, row[6]), product: number(product, row[1]), at: at})
	}
	d.customers, d.products = len(customer), len(product)
	slices.SortStableFunc(d.sales, func(a, b sale) int { return a.at.Compare(b.at) })
	return d, nil
}

func retailCSV(r io.Reader) (*csv.Reader, error) {
	b := bufio.NewReaderSize(r, 1<<16)
	var text io.Reader = b
	if magic, _ := b.Peek(2); string(magic) == "\x1f\x8b" {
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, err
		}
		text = z
	}
	c := csv.NewReader(text)
	c.ReuseRecord, c.LazyQuotes, c.FieldsPerRecord = true, true, 8
	head, err := c.Read()
	if err != nil {
		return nil, fmt.Errorf("online retail: %w", err)
	}
	if strings.TrimPrefix(head[0], "\ufeff") != "InvoiceNo" {
		return nil, fmt.Errorf("online retail: the first column is %q, not InvoiceNo", head[0])
	}
	return c, nil
}

// counts reports whether a line is a sale of a product to a known customer.
func counts(row []string) bool {
	quantity, err1 := strconv.Atoi(row[3])
	price, err2 := strconv.ParseFloat(row[5], 64)
	return err1 == nil && err2 == nil && quantity > 0 && price > 0 && !math.IsInf(price, 0) &&
		row[6] != "" && !strings.HasPrefix(row[0], "C") && len(row[1]) >= 5
}

// number returns the number of key, a new one at its first sight.
func number(seen map[string]int32, key string) int32 {
	n, ok := seen[key]
	if !ok {
		n = int32(len(seen))
		seen[strings.Clone(key)] = n
	}
	return n
}

// split puts the sales into histories before a time and the hundred days of
// future from then on.
func (d *retail) split(at time.Time) *split {
	p := &split{at: at, products: d.products, month: make([]int32, d.products), recent: make([]int32, d.products)}
	month, end := at.AddDate(0, 0, -30), at.AddDate(0, 0, retailDays)
	order := map[int32]int{}
	var of [][]sale
	for _, s := range d.sales {
		if !s.at.Before(end) {
			break
		}
		i, ok := order[s.customer]
		if !ok {
			i = len(of)
			order[s.customer] = i
			of = append(of, nil)
		}
		of[i] = append(of[i], s)
		if s.at.Before(at) && !s.at.Before(month) {
			p.month[s.product]++
		}
	}
	for _, sales := range of {
		if sales[0].at.Before(at) {
			s := p.shopper(sales)
			p.shoppers = append(p.shoppers, s)
			for i, j := range s.own {
				if s.last[i] <= MomentumDays {
					p.recent[j]++
				}
			}
		}
	}
	return p
}

func (p *split) shopper(sales []sale) (s shopper) {
	slices.SortStableFunc(sales, func(a, b sale) int { return cmp.Compare(a.product, b.product) })
	for _, x := range sales {
		if !x.at.Before(p.at) {
			if n := len(s.future); n == 0 || s.future[n-1] != x.product {
				s.future = append(s.future, x.product)
			}
			continue
		}
		age := int32(math.Ceil(p.at.Sub(x.at).Hours() / 24))
		n := len(s.own)
		if n == 0 || s.own[n-1] != x.product {
			s.own, s.first, s.last, s.times = append(s.own, x.product), append(s.first, age), append(s.last, age), append(s.times, 1)
			continue
		}
		if s.last[n-1] != age {
			s.last[n-1] = age
			s.times[n-1]++
		}
	}
	return s
}

// matrix returns who bought what in history, whole.
func (p *split) matrix() (*Matrix, error) {
	b, err := NewBuilder(p.products, max(p.products, 1))
	if err != nil {
		return nil, err
	}
	for _, s := range p.shoppers {
		if err := b.Add(s.own); err != nil {
			return nil, err
		}
	}
	return b.Matrix(), nil
}
