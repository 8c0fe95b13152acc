package orders

import (
	"context"
	"strconv"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
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

type figureState struct{ turn, asOf, took, busy int64 }

func readState(ctx context.Context, tx *db.Tx) (figureState, error) {
	return db.Get(ctx, tx, func(s db.Scanner, v *figureState) error { return s.Scan(&v.turn, &v.asOf, &v.took, &v.busy) },
		`SELECT turn, as_of, took, busy FROM order_figure_state`)
}

// makeFigures adds all orders up. It reads every order, but no line: an order
// keeps the exact sums of its lines.
func makeFigures(ctx context.Context, tx *db.Tx) ([]tally, error) {
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
	for i := range rows {
		t := &rows[i]
		t.Customers, t.SoldCustomers = of[t.Currency].Customers, of[t.Currency].SoldCustomers
		t.round()
	}
	return rows, nil
}

// storeFigures puts figures in the place of those that are there.
func storeFigures(ctx context.Context, tx *db.Tx, list []tally) error {
	if _, err := tx.Exec(ctx, `DELETE FROM order_figure`); err != nil {
		return err
	}
	for i := range list {
		if err := list[i].store(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

// store stores t over what is there of its currency. A currency without orders
// has no figures.
func (t *tally) store(ctx context.Context, tx *db.Tx) error {
	if t.none() {
		_, err := tx.Exec(ctx, `DELETE FROM order_figure WHERE currency = $1`, string(t.Currency))
		return err
	}
	t.round()
	args := []any{string(t.Currency), t.Value, t.SoldValue}
	for _, n := range t.sums() {
		args = append(args, *n)
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO order_figure (currency, value, sold_value, `+sumCols+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
		ON CONFLICT (currency) DO UPDATE SET value = excluded.value, sold_value = excluded.sold_value,
			invoices = excluded.invoices, returns = excluded.returns, lines = excluded.lines, units = excluded.units, high = excluded.high,
			low = excluded.low, unknown_invoices = excluded.unknown_invoices, unknown_lines = excluded.unknown_lines,
			customers = excluded.customers, sold_lines = excluded.sold_lines, sold_invoices = excluded.sold_invoices,
			sold_customers = excluded.sold_customers, sold_units = excluded.sold_units, sold_high = excluded.sold_high,
			sold_low = excluded.sold_low`, args...)
	return err
}

// busyFor is for how long whoever makes all figures anew is taken to be at it.
const busyFor = 10 * time.Minute

// MakeFigures makes the figures anew and stores them.
func MakeFigures(ctx context.Context, d *db.DB) error {
	// From here on nobody takes deltas in, and a change that leaves none adds a
	// job of its own: this one may not see it.
	var mine figureState
	if err := d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE order_figure_state SET turn = turn + 1, busy = $1`, tx.Now.Add(busyFor).UnixMilli())
		if err == nil {
			mine, err = readState(ctx, tx)
		}
		return err
	}); err != nil {
		return err
	}
	start := time.Now()
	var at time.Time
	var list []tally
	var seen []ids.ID
	if err := d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) {
		at = tx.Now
		if list, err = makeFigures(ctx, tx); err != nil {
			return err
		}
		seen, err = db.List(ctx, tx, db.One[ids.ID], `SELECT id FROM order_delta ORDER BY id`)
		return err
	}); err != nil {
		return err
	}
	took := time.Since(start)
	return d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE order_figure_state SET as_of = $1, took = $2, busy = 0 WHERE turn = $3`,
			at.UnixMilli(), took.Milliseconds(), mine.turn)
		if err != nil || n == 0 { // somebody has begun since, and sees what is newer
			return err
		}
		if err := storeFigures(ctx, tx, list); err != nil {
			return err
		}
		if _, err := db.ExecIn(ctx, tx, seen, `DELETE FROM order_delta WHERE id IN ($list)`); err != nil {
			return err
		}
		return takeIn(ctx, tx)
	})
}

// takeIn adds to the figures what has changed since they were made.
func takeIn(ctx context.Context, tx *db.Tx) error {
	type row struct {
		id ids.ID
		tally
	}
	scan := func(s db.Scanner, r *row) error {
		dest := []any{&r.id, &r.Currency}
		for _, n := range r.sums() {
			dest = append(dest, n)
		}
		return s.Scan(dest...)
	}
	news, err := db.List(ctx, tx, scan, `SELECT id, currency, `+sumCols+` FROM order_delta ORDER BY id LIMIT 5000`)
	if err != nil || len(news) == 0 {
		return err
	}
	kept, err := db.List(ctx, tx, func(s db.Scanner, t *tally) error {
		dest := []any{&t.Currency}
		for _, n := range t.sums() {
			dest = append(dest, n)
		}
		return s.Scan(dest...)
	}, `SELECT currency, `+sumCols+` FROM order_figure`)
	if err != nil {
		return err
	}
	of := map[money.Currency]*tally{}
	for i := range kept {
		of[kept[i].Currency] = &kept[i]
	}
	changed := map[money.Currency]*tally{}
	done := make([]ids.ID, len(news))
	for i := range news {
		n := &news[i]
		t := of[n.Currency]
		if t == nil {
			t = &tally{Figure: Figure{Currency: n.Currency}}
			of[n.Currency] = t
		}
		t.add(&n.tally, 1)
		changed[n.Currency], done[i] = t, n.id
	}
	for _, t := range changed {
		if err := t.store(ctx, tx); err != nil {
			return err
		}
	}
	if _, err := db.ExecIn(ctx, tx, done, `DELETE FROM order_delta WHERE id IN ($list)`); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE order_figure_state SET as_of = $1 WHERE as_of < $1`, tx.Now.UnixMilli())
	return err
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

// Follow brings the figures up to date because of [Changed]: what is counted
// already is added at once, and otherwise a job makes all of them soon.
func Follow(ctx context.Context, tx *db.Tx, list []Changed) error {
	for _, e := range list {
		if !e.Counted {
			return figuresDue(ctx, tx)
		}
	}
	st, err := readState(ctx, tx)
	if err != nil || st.busy > tx.Now.UnixMilli() { // whoever makes them takes this in
		return err
	}
	if st.asOf == 0 {
		return figuresDue(ctx, tx)
	}
	return takeIn(ctx, tx)
}

// figuresDue arranges for the figures to be made soon. Again and again does no
// harm: one job waits at a time.
func figuresDue(ctx context.Context, tx *db.Tx) error {
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
