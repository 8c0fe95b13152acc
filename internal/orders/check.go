package orders

import (
	"context"
	"slices"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
)

// A Wrong says what is derived from other data and is not as it should be.
type Wrong struct {
	Sums    []ids.ID // orders whose sums are not those of their lines
	Entries []ids.ID // orders of known customers that don't stand in their timeline
	Figures bool     // the figures are not those of the orders
	Total   int64    // what Total says too much
}

// CheckDerived looks at everything that is derived. Figures that are only
// waiting to be made are not wrong.
func CheckDerived(ctx context.Context, tx *db.Tx) (Wrong, error) {
	var w Wrong
	after := ids.ID{15: 1} // no order has it
	for {
		list, err := db.List(ctx, tx, scanSummed, `
			SELECT `+orderCols+`, value_units, value_rest, sold_lines, sold_units, sold_rest FROM sales_order o
			WHERE o.id > $1 ORDER BY o.id LIMIT 256`, after)
		if err != nil {
			return w, err
		}
		if len(list) == 0 {
			break
		}
		after = list[len(list)-1].ID
		stored := slices.Clone(list)
		if err := LoadLines(ctx, tx, list); err != nil {
			return w, err
		}
		for i := range list {
			o := &list[i]
			if err := o.sum(); err != nil || !slices.Equal(o.derived(), stored[i].derived()) {
				w.Sums = append(w.Sums, o.ID)
			}
		}
		var known []ids.ID
		for i := range list {
			if !list[i].Customer.IsZero() {
				known = append(known, list[i].ID)
			}
		}
		missing, err := activity.Unentered(ctx, tx, known)
		if err != nil {
			return w, err
		}
		w.Entries = append(w.Entries, missing...)
	}
	var err error
	if w.Total, err = Total(ctx, tx); err != nil {
		return w, err
	}
	n, err := db.Get(ctx, tx, db.One[int64], `SELECT COUNT(*) FROM sales_order`)
	if err != nil {
		return w, err
	}
	w.Total -= n
	w.Figures, err = staleFigures(ctx, tx)
	return w, err
}

func scanSummed(s db.Scanner, o *Order) error {
	var vu, vr, su, sr int64
	err := scanOrder(more{s, []any{&vu, &vr, &o.soldLines, &su, &sr}}, o)
	o.value, o.sold = joined(vu, vr), joined(su, sr)
	return err
}

// more is a row with columns behind those that a scan reads.
type more struct {
	db.Scanner
	dest []any
}

// Scan implements [db.Scanner].
func (m more) Scan(dest ...any) error { return m.Scanner.Scan(append(dest, m.dest...)...) }

// staleFigures reports whether the figures are wrong and nothing is on the way
// to make them.
func staleFigures(ctx context.Context, tx *db.Tx) (bool, error) {
	waits, err := db.Get(ctx, tx, db.One[int], `
		SELECT (SELECT COUNT(*) FROM jobs_job WHERE kind = 'orders.figures' AND state IN ('ready', 'running'))
			+ (SELECT COUNT(*) FROM order_delta)`)
	if err != nil || waits > 0 {
		return false, err
	}
	made, err := makeFigures(ctx, tx)
	if err != nil {
		return false, err
	}
	kept, err := db.List(ctx, tx, scanFigure, `SELECT `+figureCols+` FROM order_figure ORDER BY currency`)
	return !slices.EqualFunc(made, kept, func(a tally, b Figure) bool { return a.Figure == b }), err
}

// MendEntries puts orders into the timelines of their customers.
func MendEntries(ctx context.Context, tx *db.Tx, list []ids.ID) error {
	found, err := Heads(ctx, tx, list)
	if err != nil {
		return err
	}
	for i := range found {
		if o := &found[i]; !o.Customer.IsZero() {
			if err := activity.SetEntry(ctx, tx, o.entry()); err != nil {
				return err
			}
		}
	}
	return nil
}
