package insights

import (
	"context"
	"encoding/binary"
	"hash/fnv"
	"math"
	"slices"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights/learn"
)

// had is what a customer's row said.
type had struct {
	digest  int64
	keys    int64 // digest of what is indexed but the following four
	contact int64 // Unix milliseconds; 0 for never
	service int32 // seconds; -1 if it is not known
	worth   coarse
	stake   coarse
	segment uint8 // in learn.Segments, from 1; 0 for none
	signal  uint8 // in signals, likewise
	there   bool
}

// signals are all of them.
var signals = []string{learn.Green, learn.Yellow, learn.Red}

func (h *had) verdict() (segment, signal string) {
	if h.segment > 0 {
		segment = learn.Segments[h.segment-1]
	}
	if h.signal > 0 {
		signal = signals[h.signal-1]
	}
	return segment, signal
}

// rowsOf begins the statement that reads what the rows of facts say so far.
const rowsOf = `SELECT customer_id, digest, owner_id, quiet_at, bought, last_at, worth, segment, signal, contact_at, service_s, stake FROM customer_fact`

// readRows reads what the rows of facts say so far.
func (r *massRun) readRows(ctx context.Context, tx *db.Tx) error {
	r.had = make([]had, len(r.customers))
	return db.Stream(ctx, tx, r.row, rowsOf)
}

// row keeps a row of rowsOf.
func (r *massRun) row(row db.Row) error {
	var id, owner ids.ID
	row.ID(0, &id)
	c := r.index.find(id)
	if c == none {
		r.gone = append(r.gone, id)
		return nil
	}
	row.ID(2, &owner)
	segment, signal := row.Text(7), row.Text(8)
	r.had[c] = had{
		digest: row.Int(1), there: true, contact: row.Int(9), service: int32(row.Int(10)),
		worth: coarseOf(row.Int(6), !row.Null(6)), stake: coarseOf(row.Int(11), !row.Null(11)),
		segment: uint8(slices.Index(learn.Segments, segment) + 1), signal: uint8(slices.Index(signals, signal) + 1),
		keys: keysOf(owner, row.Int(3), row.Int(4), row.Int(5)),
	}
	return nil
}

// keysOf returns a digest of what is indexed of a row but verdicts.
func keysOf(owner ids.ID, quiet, bought, last int64) int64 {
	var buf [64]byte
	b := append(buf[:0], owner[:]...)
	for _, v := range []int64{quiet, bought, last} {
		b = binary.AppendVarint(b, v)
	}
	h := fnv.New64a()
	h.Write(b)
	return int64(h.Sum64() >> 1)
}

func (f *begun) keys() int64 {
	ms := func(t time.Time) int64 {
		if t.IsZero() {
			return 0
		}
		return t.UnixMilli()
	}
	return keysOf(f.Owner, ms(f.Quiet), f.Bought.Minor, ms(f.Last))
}

// A coarse is an amount of two digits in little space: these, and how many
// zeros follow.
type coarse int16

const (
	unknown coarse = math.MinInt16
	precise coarse = math.MinInt16 + 1 // of more than two digits
)

// coarseOf returns v as a coarse, unknown if it isn't known.
func coarseOf(v int64, known bool) coarse {
	if !known {
		return unknown
	}
	zeros, more := coarse(0), false
	for v >= 100 || v <= -100 {
		more = more || v%10 != 0
		v /= 10
		zeros++
	}
	if more {
		return precise
	}
	return coarse(v)*32 + zeros
}

// differs returns how much of what is indexed differs from what the row said.
func (f *begun) differs(h *had) extent {
	worth, stake := coarseOf(f.Worth, f.Valued), coarseOf(f.Stake, f.worrying())
	switch {
	case f.keys() != h.keys:
		return all
	case stake != h.stake || stake == precise || f.Segment != f.wasSegment || f.Signal != f.wasSignal:
		return verdicts
	case worth != h.worth || worth == precise:
		return worthOnly
	}
	return nothing
}

// readTalks finds when customers last spoke with the company. Rows know it, as
// talks make them anew; all are read where rows don't, and when models are
// learned, so that nothing stays wrong.
func (r *massRun) readTalks(ctx context.Context, tx *db.Tx) error {
	x := r.index
	ordered := newIndex(r.m.Customers)
	var missing []int32
	for c := range r.customers {
		if h := &r.had[c]; h.service < 0 || !h.there && ordered.find(r.customers[c]) != none {
			missing = append(missing, int32(c))
		}
	}
	if !r.sum.Learned && len(missing) <= fewTalks {
		return r.readTalksOf(ctx, tx, missing)
	}
	for c := range r.had {
		r.had[c].contact, r.had[c].service = 0, 0
	}
	var id ids.ID
	return db.Stream(ctx, tx, func(row db.Row) error {
		row.ID(0, &id)
		if c := x.find(id); c != none {
			h := &r.had[c]
			h.contact = max(h.contact, row.Int(1))
			h.service = int32(min(int64(h.service)+row.Int(2), maxService))
		}
		return nil
	}, `
		SELECT customer_id,
			CASE WHEN kind IN ('call', 'meeting', 'visit', 'chat', 'form') OR direction = 'in' THEN occurred_at ELSE 0 END,
			CASE WHEN kind IN ('call', 'meeting', 'visit') THEN duration_s ELSE 0 END
		FROM interaction WHERE kind NOT IN ('note', 'order', 'return')`)
}

// readTalksOf finds when a few customers, given by their numbers, last spoke
// with the company.
func (r *massRun) readTalksOf(ctx context.Context, tx *db.Tx, list []int32) error {
	unknown := make([]begun, len(list)) // large each: few of them
	for i, c := range list {
		unknown[i].Customer = r.customers[c]
	}
	if err := readTalks(ctx, tx, unknown); err != nil {
		return err
	}
	for i, c := range list {
		h := &r.had[c]
		h.contact, h.service = 0, int32(min(unknown[i].Service, maxService))
		if t := unknown[i].Contact; !t.IsZero() {
			h.contact = t.UnixMilli()
		}
	}
	return nil
}

// maxService bounds the seconds of talks that are counted of one customer.
const maxService = 1<<31 - 1
