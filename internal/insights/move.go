package insights

import (
	"context"
	"time"

	"cmp"
	"slices"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights/learn"
)

const (
	moveDays   = 7     // of which movers are shown
	keptMoves  = 8 * 7 // days
	mostMovers = 200
)

// A move is a customer whose segment or signal is not what it was.
type move struct {
	customer            ids.ID
	wasSegment, segment string
	wasSignal, signal   string
	value               int64 // brought in 12 months or expected of 52 weeks, whichever is more, minor units
}

// keepMoves remembers moves of a day, YYYY-MM-DD. Of several moves of a customer
// on one day they keep where it began and where it ended. Customers who weren't
// judged before have not moved.
func keepMoves(ctx context.Context, tx *db.Tx, day string, list []move) error {
	i := 0
	return tx.ExecMany(ctx, `
		INSERT INTO insight_mover (customer_id, day, was_segment, segment, was_signal, signal, value) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (customer_id, day) DO UPDATE SET segment = excluded.segment, signal = excluded.signal, value = excluded.value`,
		func() ([]any, bool) {
			for ; i < len(list); i++ {
				m := &list[i]
				if m.wasSegment == "" && m.wasSignal == "" || m.wasSegment == m.segment && m.wasSignal == m.signal {
					continue
				}
				i++
				return []any{m.customer, day, m.wasSegment, m.segment, m.wasSignal, m.signal, m.value}, true
			}
			return nil, false
		})
}

// storeMovers stores the report of who moved in the days up to today, and
// forgets the moves of long ago. basis is that of the run.
func storeMovers(ctx context.Context, d *db.DB, basis learn.Basis) error {
	m, err := movers(ctx, d, basis)
	if err != nil {
		return err
	}
	return d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM insight_mover WHERE day < $1`, dayText(basis.Today-keptMoves)); err != nil {
			return err
		}
		return writeReport(ctx, tx, "movers", m)
	})
}

func dayText(day int32) string {
	return time.Unix(int64(day)*86400, 0).UTC().Format(time.DateOnly)
}

// worth of a signal, for saying whether it rose or fell.
func rank(signal string) int {
	return slices.Index([]string{learn.Red, learn.Yellow, learn.Green}, signal)
}

func movers(ctx context.Context, d *db.DB, basis learn.Basis) (learn.Movers, error) {
	r := learn.Movers{Basis: basis, Days: moveDays}
	sums := map[[2]string]*learn.MoveSum{}
	var last learn.MoverRow
	var list []learn.MoverRow
	end := func() {
		if last.Customer.IsZero() || last.WasSignal == last.Signal && last.WasSegment == last.Segment {
			return
		}
		if last.WasSignal != last.Signal {
			key := [2]string{last.WasSignal, last.Signal}
			if sums[key] == nil {
				sums[key] = &learn.MoveSum{Was: key[0], Is: key[1]}
			}
			sums[key].Customers++
			sums[key].Value += last.Value
		}
		switch was, is := rank(last.WasSignal), rank(last.Signal); {
		case was >= 0 && is >= 0 && is < was:
			r.Worse++
			r.Stake += last.Value
		case was >= 0 && is > was:
			r.Better++
		}
		list = append(list, last)
		if len(list) >= 4*mostMovers {
			list = foremost(list)
		}
	}
	err := d.Read(ctx, db.Who{}, func(tx *db.Tx) error {
		return db.Each(ctx, tx, func(s db.Scanner, m *learn.MoverRow) error {
			var day string
			if err := s.Scan(&m.Customer, &day, &m.WasSegment, &m.Segment, &m.WasSignal, &m.Signal, &m.Value); err != nil {
				return err
			}
			at, err := time.Parse(time.DateOnly, day)
			m.Day = int32(at.Unix() / 86400)
			return err
		}, func(m *learn.MoverRow) error {
			if m.Customer == last.Customer {
				last.Segment, last.Signal, last.Value, last.Day = m.Segment, m.Signal, m.Value, m.Day
				return nil
			}
			end()
			last = *m
			return nil
		}, `
			SELECT customer_id, day, was_segment, segment, was_signal, signal, value FROM insight_mover
			WHERE day > $1 ORDER BY customer_id, day`, dayText(basis.Today-moveDays))
	})
	if err != nil {
		return r, err
	}
	end()
	r.Rows = foremost(list)
	for _, s := range sums {
		r.Moves = append(r.Moves, *s)
	}
	slices.SortFunc(r.Moves, func(a, b learn.MoveSum) int {
		return cmp.Or(cmp.Compare(b.Value, a.Value), cmp.Compare(a.Was, b.Was), cmp.Compare(a.Is, b.Is))
	})
	return r, nil
}

// foremost returns the rows that are shown: whose signal fell first, then whose
// band fell, then the others; the most valuable first.
func foremost(list []learn.MoverRow) []learn.MoverRow {
	urgency := func(m *learn.MoverRow) int {
		was, is := rank(m.WasSignal), rank(m.Signal)
		switch {
		case was >= 0 && is >= 0 && is < was:
			return 0
		case m.WasSegment != "" && m.Segment != "" && m.WasSegment[0] < m.Segment[0]:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(list, func(a, b learn.MoverRow) int {
		return cmp.Or(cmp.Compare(urgency(&a), urgency(&b)), cmp.Compare(b.Value, a.Value), slices.Compare(a.Customer[:], b.Customer[:]))
	})
	return list[:min(len(list), mostMovers)]
}
