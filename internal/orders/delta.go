package orders

import (
	"context"
	"slices"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/money"
)

// A tally is a row of sums, of a currency or of what a change adds to one:
// rests are summed in two parts, so that they fit whatever the number of orders.
type tally struct {
	Figure
	units, high, low             int64
	soldUnits, soldHigh, soldLow int64
}

// add adds what t says to s.
func (s *tally) add(t *tally, sign int64) {
	a, b := s.sums(), t.sums()
	for i := range a {
		*a[i] += sign * *b[i]
	}
}

// sums are the columns that are added up, in the order of [sumCols].
func (s *tally) sums() []*int64 {
	return []*int64{
		&s.Invoices, &s.Returns, &s.Lines, &s.units, &s.high, &s.low, &s.UnknownInvoices, &s.UnknownLines, &s.Customers,
		&s.SoldLines, &s.SoldInvoices, &s.SoldCustomers, &s.soldUnits, &s.soldHigh, &s.soldLow,
	}
}

const sumCols = `invoices, returns, lines, units, high, low, unknown_invoices, unknown_lines, customers,
	sold_lines, sold_invoices, sold_customers, sold_units, sold_high, sold_low`

// none reports whether t adds nothing.
func (s *tally) none() bool {
	return !slices.ContainsFunc(s.sums(), func(n *int64) bool { return *n != 0 })
}

// round fills in the rounded values.
func (s *tally) round() {
	s.Value, _ = exact(s.units, s.high, s.low).minor(s.Currency, 1<<63-1)
	s.SoldValue, _ = exact(s.soldUnits, s.soldHigh, s.soldLow).minor(s.Currency, 1<<63-1)
}

// exact joins the sums of units and of the two parts of rests of 10^-12.
func exact(units, high, low int64) wide {
	w, _ := joined(units, 0).add(product(Quantity(high), 1_000_000))
	w, _ = w.add(joined(0, low))
	return w
}

// An entry is what an order adds to the figures.
type entry struct {
	buyer
	tally
}

func scanEntry(s db.Scanner, e *entry) error {
	var status Status
	var rest, soldRest, lines, soldLines int64
	var back bool
	if err := s.Scan(&e.customer, &e.currency, &status, &back, &lines, &e.units, &rest, &soldLines, &e.soldUnits, &soldRest); err != nil {
		return err
	}
	if !status.Counts() {
		e.tally = tally{}
		return nil
	}
	e.Invoices, e.Lines, e.high, e.low = 1, lines, rest/1_000_000, rest%1_000_000
	e.Returns = number(back)
	if e.customer.IsZero() {
		e.UnknownInvoices, e.UnknownLines, e.soldUnits = 1, lines, 0
		return nil
	}
	e.SoldLines, e.SoldInvoices, e.soldHigh, e.soldLow = soldLines, number(soldLines > 0), soldRest/1_000_000, soldRest%1_000_000
	return nil
}

// A buyer is a customer as one of those who order in a currency.
type buyer struct {
	customer ids.ID
	currency money.Currency
}

// presence says whether they have orders that count, and some of goods sold.
type presence struct{ any, sold bool }

// A change is what the figures must know of a few orders that change.
type change struct {
	orders  []ids.ID
	sums    map[money.Currency]*tally
	present map[buyer]presence // before the change
}

// about notes how orders count before they change, or are made. Those whom they
// will belong to then are named, since they may have none yet. It returns nil
// if the orders are so many that all figures are rather made anew.
func about(ctx context.Context, tx *db.Tx, list []ids.ID, will ...buyer) (*change, error) {
	if len(list) > manyChanged {
		return nil, nil
	}
	c := &change{orders: list, sums: map[money.Currency]*tally{}, present: map[buyer]presence{}}
	rows, err := c.count(ctx, tx, -1)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		will = append(will, r.buyer)
	}
	for _, b := range will {
		if _, ok := c.present[b]; ok || b.customer.IsZero() {
			continue
		}
		if c.present[b], err = b.presence(ctx, tx); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// count adds what the orders are now to the sums, or subtracts it.
func (c *change) count(ctx context.Context, tx *db.Tx, sign int64) ([]entry, error) {
	rows, err := db.ListIn(ctx, tx, scanEntry, c.orders, `
		SELECT customer_id, currency, status, is_return, lines, value_units, value_rest, sold_lines, sold_units, sold_rest
		FROM sales_order WHERE id IN ($list)`)
	for i := range rows {
		c.of(rows[i].currency).add(&rows[i].tally, sign)
	}
	return rows, err
}

func (c *change) of(cur money.Currency) *tally {
	t := c.sums[cur]
	if t == nil {
		t = &tally{}
		c.sums[cur] = t
	}
	return t
}

func (b buyer) presence(ctx context.Context, tx *db.Tx) (presence, error) {
	return db.Get(ctx, tx, func(s db.Scanner, p *presence) error { return s.Scan(&p.any, &p.sold) }, `
		SELECT EXISTS (SELECT 1 FROM sales_order WHERE customer_id = $1 AND currency = $2 AND status NOT IN ('draft', 'cancelled')),
			EXISTS (SELECT 1 FROM sales_order WHERE customer_id = $1 AND currency = $2 AND status NOT IN ('draft', 'cancelled') AND sold_lines > 0)`,
		b.customer, string(b.currency))
}

// over stores the difference now that the orders have changed.
func (c *change) over(ctx context.Context, tx *db.Tx) error {
	if c == nil {
		return nil
	}
	if _, err := c.count(ctx, tx, 1); err != nil {
		return err
	}
	for b, was := range c.present {
		is, err := b.presence(ctx, tx)
		if err != nil {
			return err
		}
		t := c.of(b.currency)
		t.Customers += number(is.any) - number(was.any)
		t.SoldCustomers += number(is.sold) - number(was.sold)
	}
	for cur, t := range c.sums {
		if t.none() {
			continue
		}
		args := []any{ids.New(tx.Now), string(cur)}
		for _, n := range t.sums() {
			args = append(args, *n)
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO order_delta (id, currency, `+sumCols+`)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`, args...)
		if err != nil {
			return err
		}
	}
	return nil
}

func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
