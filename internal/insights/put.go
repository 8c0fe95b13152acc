package insights

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
)

// put writes rows, but not those that were made anew since the snapshot.
func (r *massRun) put(ctx context.Context, rows []*begun) error {
	for len(rows) > 0 {
		n := 0
		var late []ids.ID
		err := r.d.Write(ctx, db.Op{Background: true, Lazy: true}, func(tx *db.Tx) error {
			n, late = 0, late[:0]
			turn, err := lock(ctx, tx)
			if err != nil {
				return err
			}
			for slice := tx.Slice(); n < len(rows) && (n == 0 || !slice.Over()); {
				some := rows[n:min(n+part, len(rows))]
				newer, err := r.newer(ctx, tx, some, turn)
				if err != nil {
					return err
				}
				if err := putSome(ctx, tx, some, newer, turn, r.m.Today); err != nil {
					return err
				}
				n += len(some)
				late = append(late, newer...)
			}
			return nil
		})
		if err != nil {
			return err
		}
		r.late = append(r.late, late...)
		rows = rows[n:]
	}
	return nil
}

// newer returns, in order of their ids, those of rows that somebody has made
// since the snapshot, or made at all where the snapshot knew of none.
func (r *massRun) newer(ctx context.Context, tx *db.Tx, rows []*begun, turn int64) ([]ids.ID, error) {
	fresh := map[ids.ID]bool{}
	for _, f := range rows {
		if !f.had {
			fresh[f.Customer] = true
		}
	}
	after := r.turn
	if len(fresh) > 0 {
		after = -1
	}
	type row struct {
		id   ids.ID
		made int64
	}
	scan := func(s db.Scanner, v *row) error { return s.Scan(&v.id, &v.made) }
	var found []row
	var err error
	if r.some { // they stand far from each other
		of := make([]ids.ID, len(rows))
		for i, f := range rows {
			of[i] = f.Customer
		}
		found, err = db.ListIn(ctx, tx, scan, of, `
			SELECT customer_id, made FROM customer_fact WHERE customer_id IN ($list) AND made > $1 AND made < $2 ORDER BY customer_id`, after, turn)
	} else {
		found, err = db.List(ctx, tx, scan, `
			SELECT customer_id, made FROM customer_fact WHERE customer_id >= $1 AND customer_id <= $2 AND made > $3 AND made < $4 ORDER BY customer_id`,
			rows[0].Customer, rows[len(rows)-1].Customer, after, turn)
	}
	var list []ids.ID
	for _, v := range found {
		if v.made > r.turn || fresh[v.id] {
			list = append(list, v.id)
		}
	}
	return list, err
}

// putSome writes rows but those of newer.
func putSome(ctx context.Context, tx *db.Tx, rows []*begun, newer []ids.ID, turn int64, today int32) error {
	var fresh []*begun
	var old [all + 1][]*begun // by what differs
	for _, f := range rows {
		if _, ok := slices.BinarySearchFunc(newer, f.Customer, compare); ok {
			continue
		}
		f.made, f.AsOf = turn, tx.Now
		if !f.had {
			fresh = append(fresh, f)
			continue
		}
		old[f.indexed] = append(old[f.indexed], f)
	}
	if err := copyFacts(ctx, tx, fresh); err != nil {
		return err
	}
	for differs, list := range old {
		if err := putOld(ctx, tx, list, extent(differs)); err != nil {
			return err
		}
	}
	return putMoves(ctx, tx, today, slices.Concat(old[:]...))
}

// putMoves remembers whose segment or signal is another than before.
func putMoves(ctx context.Context, tx *db.Tx, today int32, rows []*begun) error {
	var moves []move
	for _, f := range rows {
		if f.wasSegment != f.Segment || f.wasSignal != f.Signal {
			moves = append(moves, move{f.Customer, f.wasSegment, f.Segment, f.wasSignal, f.Signal, max(f.Value, f.Year)})
		}
	}
	return keepMoves(ctx, tx, dayText(today), moves)
}

// copyFacts writes rows of customers who have none.
func copyFacts(ctx context.Context, tx *db.Tx, rows []*begun) error {
	if len(rows) == 0 {
		return nil
	}
	i := 0
	args := make([]any, 0, len(rowCols))
	return tx.Copy(ctx, `customer_fact`, rowCols, func() ([]any, bool) {
		if i == len(rows) {
			return nil, false
		}
		i++
		args = rows[i-1].row(args[:0])
		return args, true
	})
}

// An extent says what of that which is indexed differs from a row: an index is
// only touched if a statement names one of its columns.
type extent int

const (
	nothing   extent = iota
	worthOnly        // models give most customers a slightly other value each day
	verdicts         // worth, stake, segment, signal
	all
)

// unindexed writes what is in no index.
const unindexed = `
	UPDATE customer_fact SET made = $2, digest = $3, before = $4, as_of = $5, orders = $6, returns = $7, days = $8, first_at = $9,
		rhythm_days = $10, products = $11, contact_at = $12, service_s = $13, year = $14, year_before = $15,
		half = $16, half_before = $17, sales = $18, margin = $19, cost_to_serve = $20, profit = $21, repeats = $22, first_day = $23, last_day = $24,
		log_gaps = $25, first_amount = $26, amount = $27, satisfaction = $28, active = $29, alive = $30, exp_orders = $31, value = $32, value_lo = $33,
		value_hi = $34, why = $35, why_args = $36, currency = $37, lead = $38, totals = $39, families = $40, care = $41, year_family = $42`

// putOld writes rows of customers who have some, and of what is indexed no more
// than differs.
func putOld(ctx context.Context, tx *db.Tx, rows []*begun, differs extent) error {
	if differs == all {
		return putFacts(ctx, tx, rows)
	}
	i := 0
	row, args := make([]any, 0, len(rowCols)), make([]any, 0, len(rowCols))
	next := func() ([]any, bool) {
		if i == len(rows) {
			return nil, false
		}
		i++
		row = rows[i-1].row(row[:0])
		args = args[:0]
		var tail [4]any
		for k, v := range row {
			switch rowCols[k] {
			case "last_at", "bought", "quiet_at", "owner_id": // are as they were
			case "phase": // is not this run's
			case "worth":
				tail[0] = v
			case "stake":
				tail[1] = v
			case "segment":
				tail[2] = v
			case "signal":
				tail[3] = v
			default:
				args = append(args, v)
			}
		}
		switch differs {
		case worthOnly:
			args = append(args, tail[0])
		case verdicts:
			args = append(args, tail[:]...)
		}
		return args, true
	}
	switch differs {
	case nothing:
		return tx.ExecMany(ctx, unindexed+` WHERE customer_id = $1`, next)
	case worthOnly:
		return tx.ExecMany(ctx, unindexed+`, worth = $43 WHERE customer_id = $1`, next)
	default:
		return tx.ExecMany(ctx, unindexed+`, worth = $43, stake = $44, segment = $45, signal = $46 WHERE customer_id = $1`, next)
	}
}

// putFacts stores rows in the place of those that were.
func putFacts(ctx context.Context, tx *db.Tx, rows []*begun) error {
	i := 0
	args := make([]any, 0, len(rowCols))
	return tx.ExecMany(ctx, `
		INSERT INTO customer_fact (customer_id, made, digest, before, as_of, orders, returns, days, first_at, last_at, rhythm_days, bought, products,
			contact_at, quiet_at, owner_id, service_s, year, year_before, half, half_before, sales, margin, cost_to_serve, profit,
			repeats, first_day, last_day, log_gaps, first_amount, amount, satisfaction, active, alive, exp_orders, value, value_lo, value_hi, worth, stake,
			segment, signal, phase, why, why_args, currency, lead, totals, families, care, year_family)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25,
			$26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51)
		ON CONFLICT (customer_id) DO UPDATE SET made = excluded.made, digest = excluded.digest, before = excluded.before, as_of = excluded.as_of,
			orders = excluded.orders, returns = excluded.returns, days = excluded.days, first_at = excluded.first_at, last_at = excluded.last_at,
			rhythm_days = excluded.rhythm_days, bought = excluded.bought, products = excluded.products, contact_at = excluded.contact_at,
			quiet_at = excluded.quiet_at, owner_id = excluded.owner_id, service_s = excluded.service_s, year = excluded.year, year_before = excluded.year_before,
			half = excluded.half, half_before = excluded.half_before, sales = excluded.sales, margin = excluded.margin, cost_to_serve = excluded.cost_to_serve,
			profit = excluded.profit, repeats = excluded.repeats, first_day = excluded.first_day, last_day = excluded.last_day, log_gaps = excluded.log_gaps,
			first_amount = excluded.first_amount, amount = excluded.amount, satisfaction = excluded.satisfaction, active = excluded.active, alive = excluded.alive,
			exp_orders = excluded.exp_orders, value = excluded.value, value_lo = excluded.value_lo, value_hi = excluded.value_hi, worth = excluded.worth, stake = excluded.stake,
			segment = excluded.segment, signal = excluded.signal, why = excluded.why, why_args = excluded.why_args,
			currency = excluded.currency, lead = excluded.lead, totals = excluded.totals, families = excluded.families, care = excluded.care, year_family = excluded.year_family`,
		func() ([]any, bool) {
			if i == len(rows) {
				return nil, false
			}
			i++
			args = rows[i-1].row(args[:0])
			return args, true
		})
}

// rowCols are the columns of a row, as row fills them.
var rowCols = []string{"customer_id", "made", "digest", "before", "as_of", "orders", "returns", "days", "first_at", "last_at", "rhythm_days", "bought", "products",
	"contact_at", "quiet_at", "owner_id", "service_s", "year", "year_before", "half", "half_before", "sales", "margin", "cost_to_serve", "profit",
	"repeats", "first_day", "last_day", "log_gaps", "first_amount", "amount", "satisfaction", "active", "alive", "exp_orders", "value", "value_lo", "value_hi", "worth", "stake",
	"segment", "signal", "phase", "why", "why_args", "currency", "lead", "totals", "families", "care", "year_family"}

// texts are those columns of a row that are JSON. Whoever makes rows makes them,
// too: who writes them has more to do.
type texts struct {
	totals, families, args string
	care                   any
}

// encode makes the texts of a row.
func (f *begun) encode() (err error) {
	if f.text.totals, err = jsonText(f.Totals); err != nil {
		return err
	}
	if f.text.families, err = jsonText(f.Families); err != nil {
		return err
	}
	if f.text.args, err = jsonText(f.WhyArgs); err != nil {
		return err
	}
	f.text.care, err = f.Care.stored()
	return err
}

// row appends the values of a row that was encoded.
func (f *begun) row(b []any) []any {
	var rhythm, satisfaction, active, alive, orders, value, lo, hi, worth, stake any
	if f.RhythmDays > 0 {
		rhythm = f.RhythmDays
	}
	if f.Satisfaction > 0 {
		satisfaction = f.Satisfaction
	}
	if f.Known {
		active, alive, orders = f.Active, f.Alive, f.ExpOrders
	}
	if f.Valued {
		value, lo, hi, worth = f.Value, f.ValueLo, f.ValueHi, f.Worth
	}
	if f.worrying() {
		stake = f.Stake
	}
	return append(b, f.Customer, f.made, f.digest, f.Before.UnixMilli(), f.AsOf.UnixMilli(), f.Orders, f.Returns, f.Days, db.Millis(f.First), db.Millis(f.Last),
		rhythm, f.Bought.Minor, f.Products, db.Millis(f.Contact), db.Millis(f.Quiet), f.Owner, f.Service,
		f.Year, f.YearBefore, f.Half, f.HalfBefore, f.Sales, f.Margin, f.CostToServe, f.Profit,
		f.Repeats, f.FirstDay, f.LastDay, f.LogGaps, f.FirstAmount, f.Amount, satisfaction, active, alive, orders, value, lo, hi, worth, stake,
		f.Segment, f.Signal, f.Phase, f.Why, f.text.args, f.Bought.Currency, f.Lead, f.text.totals, f.text.families, f.text.care, f.YearFamily)
}

func jsonText[T any](list []T) (string, error) {
	if len(list) == 0 {
		return "[]", nil
	}
	b, err := json.Marshal(list)
	return string(b), err
}
