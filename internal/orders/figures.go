package orders

import (
	"context"
	"strconv"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/money"
)

// A Figure is what all orders of a currency add up to. Drafts and cancelled
// orders don't count.
type Figure struct {
	Currency        money.Currency
	Invoices        int64 // orders and returns
	Returns         int64
	Lines           int64
	Value           int64 // minor units: quantity × price of all lines, summed exactly and rounded once
	UnknownInvoices int64 // without a customer
	UnknownLines    int64
	Customers       int64 // who have orders

	// Of these, lines that have a customer and whose quantity and price are
	// above zero, the orders and customers that have such lines, and their value.
	SoldLines     int64
	SoldInvoices  int64
	SoldCustomers int64
	SoldValue     int64
}

// Figures are those of all currencies, the one with the most invoices first.
type Figures struct {
	List []Figure
	AsOf time.Time // when they were made; zero if never
}

const figureCols = `currency, invoices, returns, lines, value, unknown_invoices, unknown_lines, customers,
	sold_lines, sold_invoices, sold_customers, sold_value`

func scanFigure(s db.Scanner, f *Figure) error {
	return s.Scan(&f.Currency, &f.Invoices, &f.Returns, &f.Lines, &f.Value, &f.UnknownInvoices, &f.UnknownLines, &f.Customers,
		&f.SoldLines, &f.SoldInvoices, &f.SoldCustomers, &f.SoldValue)
}

// ReadFigures returns the figures that are kept ready.
func ReadFigures(ctx context.Context, tx *db.Tx) (Figures, error) {
	list, err := db.List(ctx, tx, scanFigure, `SELECT `+figureCols+` FROM order_figure ORDER BY invoices DESC, currency`)
	if err != nil {
		return Figures{}, err
	}
	st, err := readState(ctx, tx)
	return Figures{List: list, AsOf: db.Time(st.asOf)}, err
}

type figureState struct{ turn, asOf, took int64 }

func readState(ctx context.Context, tx *db.Tx) (figureState, error) {
	return db.Get(ctx, tx, func(s db.Scanner, v *figureState) error { return s.Scan(&v.turn, &v.asOf, &v.took) },
		`SELECT turn, as_of, took FROM order_figure_state`)
}

// A tally is a row of sums: rests are summed in two parts, so that they fit
// whatever the number of orders.
type tally struct {
	Figure
	units, high, low             int64
	soldUnits, soldHigh, soldLow int64
}

// exact joins the sums of units and of the two parts of rests of 10^-12.
func exact(units, high, low int64) wide {
	w, _ := joined(units, 0).add(product(Quantity(high), 1_000_000))
	w, _ = w.add(joined(0, low))
	return w
}

// makeFigures adds all orders up. It reads every order, but no line: an order
// keeps the exact sums of its lines.
func makeFigures(ctx context.Context, tx *db.Tx) ([]Figure, error) {
	rows, err := db.List(ctx, tx, func(s db.Scanner, t *tally) error {
		return s.Scan(&t.Currency, &t.Invoices, &t.Returns, &t.Lines, &t.units, &t.high, &t.low, &t.UnknownInvoices, &t.UnknownLines,
			&t.SoldLines, &t.SoldInvoices, &t.soldUnits, &t.soldHigh, &t.soldLow)
	}, `
		SELECT currency, COUNT(*), COUNT(*) FILTER (WHERE is_return), CAST(SUM(lines) AS BIGINT),
			CAST(SUM(value_units) AS BIGINT), CAST(SUM(value_rest / 1000000) AS BIGINT), CAST(SUM(value_rest % 1000000) AS BIGINT),
			COUNT(*) FILTER (WHERE customer_id IS NULL), CAST(COALESCE(SUM(lines) FILTER (WHERE customer_id IS NULL), 0) AS BIGINT),
			CAST(COALESCE(SUM(sold_lines) FILTER (WHERE customer_id IS NOT NULL), 0) AS BIGINT),
			COUNT(*) FILTER (WHERE customer_id IS NOT NULL AND sold_lines > 0),
			CAST(COALESCE(SUM(sold_units) FILTER (WHERE customer_id IS NOT NULL), 0) AS BIGINT),
			CAST(COALESCE(SUM(sold_rest / 1000000) FILTER (WHERE customer_id IS NOT NULL), 0) AS BIGINT),
			CAST(COALESCE(SUM(sold_rest % 1000000) FILTER (WHERE customer_id IS NOT NULL), 0) AS BIGINT)
		FROM sales_order WHERE status NOT IN ('draft', 'cancelled') GROUP BY currency ORDER BY currency`)
	if err != nil {
		return nil, err
	}
	people, err := db.List(ctx, tx, func(s db.Scanner, f *Figure) error { return s.Scan(&f.Currency, &f.Customers, &f.SoldCustomers) }, `
		SELECT currency, COUNT(*), COUNT(*) FILTER (WHERE sold > 0) FROM (
			SELECT currency, customer_id, MAX(sold_lines) AS sold FROM sales_order
			WHERE customer_id IS NOT NULL AND status NOT IN ('draft', 'cancelled') GROUP BY currency, customer_id) p
		GROUP BY currency`)
	if err != nil {
		return nil, err
	}
	of := make(map[money.Currency]Figure, len(people))
	for _, p := range people {
		of[p.Currency] = p
	}
	list := make([]Figure, len(rows))
	for i, t := range rows {
		f := t.Figure
		f.Value, _ = exact(t.units, t.high, t.low).minor(f.Currency, 1<<63-1)
		f.SoldValue, _ = exact(t.soldUnits, t.soldHigh, t.soldLow).minor(f.Currency, 1<<63-1)
		f.Customers, f.SoldCustomers = of[f.Currency].Customers, of[f.Currency].SoldCustomers
		list[i] = f
	}
	return list, nil
}

// storeFigures stores figures that were made from what was there at a time,
// unless newer ones are there.
func storeFigures(ctx context.Context, tx *db.Tx, list []Figure, at time.Time, took time.Duration) error {
	n, err := tx.Exec(ctx, `UPDATE order_figure_state SET as_of = $1, took = $2 WHERE as_of <= $1`, at.UnixMilli(), took.Milliseconds())
	if err != nil || n == 0 {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM order_figure`); err != nil {
		return err
	}
	for _, f := range list {
		_, err := tx.Exec(ctx, `
			INSERT INTO order_figure (currency, invoices, returns, lines, value, unknown_invoices, unknown_lines, customers,
				sold_lines, sold_invoices, sold_customers, sold_value)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
			string(f.Currency), f.Invoices, f.Returns, f.Lines, f.Value, f.UnknownInvoices, f.UnknownLines, f.Customers,
			f.SoldLines, f.SoldInvoices, f.SoldCustomers, f.SoldValue)
		if err != nil {
			return err
		}
	}
	return nil
}

// MakeFigures makes the figures anew and stores them.
func MakeFigures(ctx context.Context, d *db.DB) error {
	var at time.Time
	// From here on a change adds a job of its own: this one may not see it.
	if err := d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE order_figure_state SET turn = turn + 1`)
		return err
	}); err != nil {
		return err
	}
	start := time.Now()
	var list []Figure
	if err := d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) {
		at = tx.Now
		list, err = makeFigures(ctx, tx)
		return err
	}); err != nil {
		return err
	}
	took := time.Since(start)
	return d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error { return storeFigures(ctx, tx, list, at, took) })
}

const (
	figuresKind = "orders.figures"

	// Figures are made a moment after a change, and so seldom that making
	// them takes at most a thirtieth of the time.
	figuresWait  = 500 * time.Millisecond
	figuresShare = 30
)

// Register registers the job that makes the figures.
func Register(r *jobs.Runner, d *db.DB) {
	jobs.Handle(r, figuresKind, func(ctx context.Context, _ *jobs.Job, _ struct{}) error { return MakeFigures(ctx, d) })
}

// FiguresDue arranges for the figures to be made soon. It is called because of
// [Changed], and again and again does no harm: one job waits at a time.
func FiguresDue(ctx context.Context, tx *db.Tx) error {
	st, err := readState(ctx, tx)
	if err != nil {
		return err
	}
	wait := max(figuresWait, time.Duration(st.took)*time.Millisecond*figuresShare)
	at := tx.Now.Add(figuresWait)
	if next := db.Time(st.asOf).Add(wait); st.asOf > 0 && next.After(at) {
		at = next
	}
	_, err = jobs.Add(ctx, tx, figuresKind, struct{}{}, jobs.Options{At: at, Unique: figuresKind + "/" + strconv.FormatInt(st.turn, 10)})
	return err
}
