package learn

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights/mart"
)

// shared opens a file of the data beside the project, or skips the test.
func shared(t testing.TB, name string) io.Reader {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if f, err := os.Open(filepath.Join(dir, "shared", "data", name)); err == nil {
			t.Cleanup(func() { f.Close() })
			if !strings.HasSuffix(name, ".gz") {
				return f
			}
			z, err := gzip.NewReader(f)
			if err != nil {
				t.Fatal(err)
			}
			return z
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Skipf("shared data %s is not here", name)
		}
		dir = up
	}
}

// id returns an id that sorts as its number.
func id(n int) ids.ID {
	var v ids.ID
	binary.BigEndian.PutUint64(v[8:], uint64(n)+1)
	return v
}

func day(y int, m time.Month, d int) int32 {
	return int32(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// cdnow returns the mart of CDNOW's customers on the last day of calibration.
func cdnow(t testing.TB, today int32) *mart.Mart {
	t.Helper()
	b := &mart.Builder{Today: today, Currency: "USD"}
	sc := bufio.NewScanner(shared(t, "cdnow/CDNOW_sample.txt"))
	number := map[string]int32{}
	for sc.Scan() {
		f := strings.Fields(sc.Text())
		at, err := time.Parse("20060102", f[2])
		if err != nil {
			t.Fatal(err)
		}
		dollars, err := strconv.ParseFloat(f[4], 64)
		if err != nil {
			t.Fatal(err)
		}
		c, ok := number[f[1]]
		if !ok {
			c = int32(len(number))
			number[f[1]] = c
			b.Customers = append(b.Customers, id(int(c)))
		}
		d := int32(at.Unix() / 86400)
		if d > today {
			continue
		}
		cents := int64(math.Round(dollars * 100))
		b.Order(c, mart.Order{At: at.UnixMilli(), Day: d, Amount: cents, Margin: cents})
	}
	b.CurrencyNumber("USD")
	return b.Mart()
}

// retail returns the mart of UCI Online Retail: invoices of known customers and
// of others, with goods brought back.
func retail(t testing.TB, today int32) *mart.Mart {
	t.Helper()
	var in io.Reader
	name := "online-retail/online_retail.csv.gz"
	in = shared(t, name)
	r := csv.NewReader(in)
	r.LazyQuotes, r.ReuseRecord, r.FieldsPerRecord = true, true, -1
	if _, err := r.Read(); err != nil {
		t.Fatal(err)
	}
	type line struct {
		invoice, customer, code string
		at                      time.Time
		quantity, price         float64
	}
	var lines []line
	for {
		f, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.DateTime, f[4])
		if err != nil {
			t.Fatal(err)
		}
		q, err1 := strconv.ParseFloat(f[3], 64)
		p, err2 := strconv.ParseFloat(f[5], 64)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		if int32(at.Unix()/86400) > today {
			continue
		}
		lines = append(lines, line{strings.Clone(f[0]), strings.Clone(f[6]), strings.Clone(f[1]), at, q, p})
	}
	codes, who := map[string]int32{}, map[string]int32{}
	number := func(m map[string]int32, of func(line) string) (list []string) {
		for _, l := range lines {
			if s := of(l); s != "" {
				m[s] = 0
			}
		}
		for s := range m {
			list = append(list, s)
		}
		slices.Sort(list)
		for i, s := range list {
			m[s] = int32(i)
		}
		return list
	}
	b := &mart.Builder{Today: today, Currency: "GBP", Families: []string{"1", "2", "7", "8", "?"}}
	for i, code := range number(codes, func(l line) string { return l.code }) {
		family := int32(slices.Index(b.Families, code[:1]))
		if family < 0 {
			family = 4
		}
		b.Products = append(b.Products, mart.Product{ID: id(i), Code: code, Family: family})
	}
	for i := range number(who, func(l line) string { return l.customer }) {
		b.Customers = append(b.Customers, id(i))
	}
	b.CurrencyNumber("GBP")
	slices.SortStableFunc(lines, func(a, b line) int { return cmp.Compare(a.invoice, b.invoice) })
	last, order := "", -1
	for _, l := range lines {
		back := strings.HasPrefix(l.invoice, "C")
		if l.invoice != last {
			c := int32(mart.None)
			if l.customer != "" {
				c = who[l.customer]
			}
			order = b.Order(c, mart.Order{At: l.at.UnixMilli(), Day: int32(l.at.Unix() / 86400), Return: back})
			last = l.invoice
		}
		minor := int64(math.Round(l.quantity * l.price * 100))
		b.At(order).Amount += minor
		b.At(order).Margin += minor
		b.Line(order, codes[l.code], float32(l.quantity), minor)
		if p := &b.Products[codes[l.code]]; l.price > 0 {
			p.Price = int64(math.Round(l.price * 100))
		}
	}
	return b.Mart()
}

func families(n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprintf("F%05d", i))
	}
	return list
}

// shop returns a made-up shop of so many customers who buy for two years in
// rhythms of their own and stop at some time, products that go together, and
// odd things: goods brought back, orders of nobody, lines without a product.
func shop(seed uint64, customers, products int) *mart.Mart {
	r := rand.New(rand.NewPCG(seed, 1))
	today := day(2026, 6, 30)
	b := &mart.Builder{Today: today, Currency: "IDR", Families: families(max(2, products/40))}
	for i := range products {
		b.Products = append(b.Products, mart.Product{ID: id(i), Code: fmt.Sprint("P", i), Family: int32(i%max(3, products/40)) - 1, Tier: int32(i % 4), Price: int64(1000 * (1 + i%7)), Cost: 500})
	}
	b.CurrencyNumber("IDR")
	order := func(c, d int32) {
		o := b.Order(c, mart.Order{At: int64(d) * 86400_000, Day: d})
		sum := int64(0)
		p := r.IntN(max(products, 1))
		for range 1 + r.IntN(5) {
			amount := int64(1000 * (1 + r.IntN(20)))
			switch {
			case products == 0 || r.IntN(30) == 0:
				b.Line(o, mart.None, 1, amount)
			case r.IntN(40) == 0:
				b.Line(o, int32(p), -1, -amount)
			default:
				b.Line(o, int32(p), float32(1+r.IntN(3)), amount)
			}
			if p++; p >= products || r.IntN(2) == 0 {
				p = r.IntN(max(products, 1))
			}
			sum += amount
		}
		b.At(o).Amount, b.At(o).Margin = sum, sum/3
	}
	for c := range int32(customers) {
		b.Customers = append(b.Customers, id(int(c)))
		every, stays := 3+r.ExpFloat64()*60, .6+.4*r.Float64()
		for d := float64(today) - 730*r.Float64(); d <= float64(today); d += 1 + r.ExpFloat64()*every {
			order(c, int32(d))
			if r.IntN(50) == 0 {
				o := b.Order(c, mart.Order{At: int64(d) * 86400_000, Day: int32(d), Return: true, Amount: -500, Margin: -500})
				b.Line(o, mart.None, -1, -500)
			}
			if r.Float64() > stays {
				break
			}
		}
	}
	for range customers / 10 {
		order(mart.None, today-int32(r.IntN(300)))
	}
	return b.Mart()
}
