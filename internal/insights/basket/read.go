package basket

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// numbers gives texts numbers from 0 in the order in which they come.
type numbers map[string]int32

func (n numbers) of(s string) int32 {
	i, ok := n[s]
	if !ok {
		i = int32(len(n))
		n[strings.Clone(s)] = i
	}
	return i
}

// A saleLine is a product in a basket.
type saleLine struct{ basket, product int32 }

// readGroceries reads lines of a basket and a product with a heading,
// transaction_id and item.
func readGroceries(r io.Reader) (lines []saleLine, products []string, err error) {
	baskets, names := numbers{}, numbers{}
	err = readCSV(r, []string{"transaction_id", "item"}, func(row []string) error {
		lines = append(lines, saleLine{baskets.of(row[0]), names.of(row[1])})
		return nil
	})
	products = make([]string, len(names))
	for s, i := range names {
		products[i] = s
	}
	return lines, products, err
}

// A retailLine is a line of an invoice.
type retailLine struct {
	saleLine
	customer int32
	day      int32 // days since 1970
}

// readRetail reads the columns of UCI Online Retail and keeps the lines that
// are sales of products to known customers: with a customer, a positive
// quantity and price, no cancellation, and a product code of five characters
// or more (shorter ones are postage and the like).
func readRetail(r io.Reader) (lines []retailLine, products int, err error) {
	invoices, names, customers := numbers{}, numbers{}, numbers{}
	columns := []string{"InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"}
	err = readCSV(r, columns, func(row []string) error {
		invoice, code, customer := row[0], row[1], row[5]
		if customer == "" || strings.HasPrefix(invoice, "C") || len(code) < 5 {
			return nil
		}
		quantity, err := strconv.ParseFloat(row[2], 64)
		if err != nil {
			return fmt.Errorf("quantity: %w", err)
		}
		price, err := strconv.ParseFloat(row[4], 64)
		if err != nil {
			return fmt.Errorf("price: %w", err)
		}
		if !(quantity > 0) || !(price > 0) {
			return nil
		}
		date, _, _ := strings.Cut(row[3], " ")
		day, err := time.Parse(time.DateOnly, date)
		if err != nil {
			return fmt.Errorf("date: %w", err)
		}
		lines = append(lines, retailLine{
			saleLine: saleLine{invoices.of(invoice), names.of(code)},
			customer: customers.of(customer),
			day:      int32(day.Unix() / 86400),
		})
		return nil
	})
	return lines, len(names), err
}

// readCSV calls f with the named columns of each row after the heading.
func readCSV(r io.Reader, columns []string, f func(row []string) error) error {
	c := csv.NewReader(r)
	c.ReuseRecord = true
	heading, err := c.Read()
	if err != nil {
		return fmt.Errorf("heading: %w", err)
	}
	at := make([]int, len(columns))
	for i, name := range columns {
		if at[i] = slices.Index(heading, name); at[i] < 0 {
			return fmt.Errorf("no column %s", name)
		}
	}
	row := make([]string, len(columns))
	for {
		record, err := c.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		for i, j := range at {
			row[i] = record[j]
		}
		if err := f(row); err != nil {
			line, _ := c.FieldPos(0)
			return fmt.Errorf("line %d: %w", line, err)
		}
	}
}
