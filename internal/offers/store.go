package offers

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/money"
)

// A shown offer is a row of the log.
type shown struct {
	id, customer, product, by ids.ID
	kind                      Kind
	place                     Place
	at                        int64
	rank                      int64
	chance, foreseen, value   *int64
	currency                  money.Currency
	reason                    string
	propensity                int64
	explored, held            bool
	run                       int64
	margin                    bool
	quantity                  int64
}

func millionths(x float64) *int64 {
	n := int64(x*1e6 + .5)
	return &n
}

func (o *Offer) row(by ids.ID) (shown, error) {
	reason, err := encodeReasons(o.Reasons)
	r := shown{
		id: o.ID, customer: o.Customer, product: o.Product.ID, by: by, kind: o.Kind, place: o.Place, at: o.Shown.UnixMilli(), rank: int64(o.Rank),
		currency: o.Value.Currency, reason: reason, propensity: *millionths(o.Propensity), explored: o.Explored, held: o.Held, run: o.Run,
		margin: o.Margin, quantity: *millionths(o.Quantity),
	}
	if o.Known {
		r.chance, r.foreseen, r.value = millionths(o.Chance), millionths(o.before), &o.Value.Minor
	}
	return r, err
}

const shownCols = `id, customer_id, product_id, kind, place, shown_at, rank, chance, foreseen, value, currency, reason, propensity, explored, held, run, margin, quantity`

func scanShown(s db.Scanner, r *shown) error {
	return s.Scan(&r.id, &r.customer, &r.product, &r.kind, &r.place, &r.at, &r.rank, &r.chance, &r.foreseen, &r.value, &r.currency, &r.reason,
		&r.propensity, &r.explored, &r.held, &r.run, &r.margin, &r.quantity)
}

// offer returns the offer of a row, with no more of its product than the id.
func (r *shown) offer() (Offer, error) {
	o := Offer{
		ID: r.id, Customer: r.customer, Product: Product{ID: r.product}, Kind: r.kind, Place: r.place, Shown: db.Time(r.at), Rank: int(r.rank),
		Propensity: float64(r.propensity) / 1e6, Explored: r.explored, Held: r.held, Run: r.run,
		Margin: r.margin, Quantity: float64(r.quantity) / 1e6,
	}
	if r.chance != nil && r.foreseen != nil && r.value != nil {
		o.Known, o.Chance, o.before = true, float64(*r.chance)/1e6, float64(*r.foreseen)/1e6
		o.Value = money.Amount{Minor: *r.value, Currency: r.currency}
	}
	if err := json.Unmarshal([]byte(r.reason), &o.Reasons); err != nil {
		return o, fmt.Errorf("reason of offer %s: %w", r.id, err)
	}
	return o, nil
}

// A showLog is what was shown and is not written down yet.
type showLog struct {
	mu      sync.Mutex
	waiting []shown
	writing []shown       // what is being written
	busy    chan struct{} // closed when what waits is written; nil if nothing does
	hurry   chan struct{} // closed when it must not wait for more; nil if it is, or nothing waits
	known   map[ids.ID]struct{}
}

const (
	mostWaiting = 20_000 // beyond it the log has gaps
	mostKnown   = 100_000
	logBatch    = 200

	// gather is how long what was shown waits for more, so that it is written
	// together: whatever is written makes SQLite's readers forget what they know
	// of the file.
	gather = 100 * time.Millisecond
)

// Shown notes that offers were shown to somebody, soon, without making them
// wait. Each is noted once.
func (d *Desk) Shown(base *db.DB, by ids.ID, list []*Offer) {
	l := &d.log
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known == nil || len(l.known) > mostKnown {
		l.known = map[ids.ID]struct{}{}
	}
	for _, o := range list {
		if _, ok := l.known[o.ID]; ok || len(l.waiting) >= mostWaiting {
			continue
		}
		r, err := o.row(by)
		if err != nil {
			continue // a reason that can't be written down was never shown
		}
		l.known[o.ID] = struct{}{}
		l.waiting = append(l.waiting, r)
	}
	if len(l.waiting) > 0 && l.busy == nil {
		l.busy, l.hurry = make(chan struct{}), make(chan struct{})
		go d.drain(base, l.hurry)
	}
}

// drain waits for more, and then writes down what waits until nothing does.
func (d *Desk) drain(base *db.DB, hurry <-chan struct{}) {
	l := &d.log
	select {
	case <-hurry:
	case <-time.After(gather):
	}
	for {
		l.mu.Lock()
		n := min(len(l.waiting), logBatch)
		batch := l.waiting[:n:n]
		l.waiting, l.writing = l.waiting[n:], batch
		if n == 0 {
			l.waiting = nil
			close(l.busy)
			l.busy, l.hurry = nil, nil
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
		// What can't be written is a gap in a log, nothing that somebody waits for.
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		err := base.Write(ctx, db.Op{Background: true, Lazy: true}, func(tx *db.Tx) error { return note(ctx, tx, batch) })
		cancel()
		if err != nil {
			l.mu.Lock()
			for i := range batch {
				delete(l.known, batch[i].id)
			}
			l.mu.Unlock()
		}
	}
}

// Flush waits until what was shown so far is written down.
func (d *Desk) Flush(ctx context.Context) {
	l := &d.log
	l.mu.Lock()
	busy := l.busy
	if l.hurry != nil {
		close(l.hurry)
		l.hurry = nil
	}
	l.mu.Unlock()
	if busy != nil {
		select {
		case <-busy:
		case <-ctx.Done():
		}
	}
}

// NoteWaiting writes down in tx those of the given offers that were shown a
// moment ago, here, and wait for it.
func (d *Desk) NoteWaiting(ctx context.Context, tx *db.Tx, list []ids.ID) error {
	l := &d.log
	l.mu.Lock()
	rows := slices.Concat(l.writing, l.waiting)
	l.mu.Unlock()
	return note(ctx, tx, slices.DeleteFunc(rows, func(r shown) bool { return !slices.Contains(list, r.id) }))
}

// Await waits until it is written down that an offer was shown, if that was a
// moment ago: here, or by another process.
func (d *Desk) Await(ctx context.Context, base *db.DB, id ids.ID) {
	d.Flush(ctx)
	for range 2 {
		there := true
		err := base.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) {
			_, there, err = db.Find(ctx, tx, db.One[int64], `SELECT shown_at FROM offer_shown WHERE id = $1 UNION ALL SELECT shown_at FROM offer WHERE id = $1`, id)
			return err
		})
		if there || err != nil {
			return // who asks next is told what is wrong
		}
		select {
		case <-time.After(gather):
		case <-ctx.Done():
			return
		}
	}
}

// Note writes down in tx that offers were shown.
func Note(ctx context.Context, tx *db.Tx, list []*Offer) error {
	rows := make([]shown, 0, len(list))
	for _, o := range list {
		r, err := o.row(tx.Who.User)
		if err != nil {
			return err
		}
		rows = append(rows, r)
	}
	return note(ctx, tx, rows)
}

func note(ctx context.Context, tx *db.Tx, rows []shown) error {
	i := 0
	return tx.ExecMany(ctx, `
		INSERT INTO offer_shown (`+shownCols+`, asked_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) ON CONFLICT (id) DO NOTHING`, func() ([]any, bool) {
		if i == len(rows) {
			return nil, false
		}
		r := &rows[i]
		i++
		return []any{
			r.id, r.customer, r.product, r.kind, r.place, r.at, r.rank, orNull(r.chance), orNull(r.foreseen), orNull(r.value), r.currency, r.reason,
			r.propensity, r.explored, r.held, r.run, r.margin, r.quantity, r.by,
		}, true
	})
}

func orNull(n *int64) any {
	if n == nil {
		return nil
	}
	return *n
}

// A Verdict is what somebody says became of an offer.
type Verdict struct {
	Outcome Outcome
	Why     string // of a refusal, at most 500 characters
	Order   ids.ID // that came of it; zero if none is known
}

// Settle notes what became of an offer that was shown, and returns it. Saying
// the same again changes nothing; another outcome replaces the one before. It
// returns a NotFound error for an offer that was not shown, or to a customer
// whom the transaction's actor may not see, and Invalid errors.
func Settle(ctx context.Context, tx *db.Tx, id ids.ID, v Verdict) (Settled, error) {
	if err := v.normalize(ctx, tx); err != nil {
		return Settled{}, err
	}
	if err := tx.LockRecord(ctx, `offer`, id); err != nil {
		return Settled{}, err
	}
	old, there, err := find(ctx, tx, id)
	if err != nil {
		return old, err
	}
	if there {
		if old.Outcome == v.Outcome && (v.Why == "" || old.Why == v.Why) && (v.Order.IsZero() || old.Order == v.Order) {
			return old, nil
		}
		return change(ctx, tx, old, v)
	}
	r, there, err := db.Find(ctx, tx, scanShown, `SELECT `+shownCols+` FROM offer_shown WHERE id = $1`, id)
	if err == nil && !there {
		err = errs.New(errs.NotFound, "offer.not_found")
	}
	if err == nil {
		err = visible(ctx, tx, r.customer)
	}
	if err != nil {
		return Settled{}, err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO offer (`+shownCols+`, outcome, outcome_at, outcome_by, why, order_ref, created_op)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24) ON CONFLICT (id) DO NOTHING`,
		r.id, r.customer, r.product, r.kind, r.place, r.at, r.rank, orNull(r.chance), orNull(r.foreseen), orNull(r.value), r.currency, r.reason,
		r.propensity, r.explored, r.held, r.run, r.margin, r.quantity, v.Outcome, tx.Now.UnixMilli(), tx.Who.User, v.Why, v.Order, tx.Op)
	if err != nil {
		return Settled{}, err
	}
	now, _, err := find(ctx, tx, id)
	return now, err
}

// change replaces the outcome of an offer.
func change(ctx context.Context, tx *db.Tx, old Settled, v Verdict) (Settled, error) {
	if _, err := tx.Exec(ctx, `
		UPDATE offer SET outcome = $2, outcome_at = $3, outcome_by = $4, why = $5, order_ref = $6, rev = rev + 1 WHERE id = $1`,
		old.ID, v.Outcome, tx.Now.UnixMilli(), tx.Who.User, v.Why, v.Order); err != nil {
		return old, err
	}
	now, _, err := find(ctx, tx, old.ID)
	return now, err
}

func (v *Verdict) normalize(ctx context.Context, tx *db.Tx) error {
	var bad errs.List
	v.Why = strings.TrimSpace(v.Why)
	switch v.Outcome {
	case Accepted, Later, Never:
	default:
		bad.Add(errs.InvalidField("outcome", "offer.outcome.invalid"))
	}
	if utf8.RuneCountInString(v.Why) > 500 {
		bad.Add(errs.InvalidField("why", "offer.why.long"))
	}
	if _, err := fold.Clean(v.Why); err != nil {
		bad.Add(errs.InvalidField("why", "error.text_invalid"))
	}
	if !v.Order.IsZero() {
		_, ok, err := db.Find(ctx, tx, db.One[ids.ID], `SELECT id FROM sales_order WHERE id = $1`, v.Order)
		if err != nil {
			return err
		}
		if !ok {
			bad.Add(errs.InvalidField("order_id", "offer.order.unknown"))
		}
	}
	return bad.Err()
}

// visible returns a NotFound error if tx's actor may not see a customer; zero
// is nobody in particular.
func visible(ctx context.Context, tx *db.Tx, customer ids.ID) error {
	if customer.IsZero() {
		return nil
	}
	owner, ok, err := db.Find(ctx, tx, db.One[ids.ID], `SELECT owner_id FROM customer WHERE id = $1`, customer)
	if err == nil && ok {
		ok, err = list.Sees(ctx, tx, owner)
	}
	if err == nil && !ok {
		err = errs.New(errs.NotFound, "offer.not_found")
	}
	return err
}

type settledRow struct {
	shown
	outcome Outcome
	settled int64
	by      ids.ID
	why     string
	order   ids.ID
	rev     int64
}

// find returns an offer that was answered; false if it is none.
func find(ctx context.Context, tx *db.Tx, id ids.ID) (Settled, bool, error) {
	r, ok, err := db.Find(ctx, tx, func(s db.Scanner, r *settledRow) error {
		return s.Scan(&r.id, &r.customer, &r.product, &r.kind, &r.place, &r.at, &r.rank, &r.chance, &r.foreseen, &r.value, &r.currency, &r.reason,
			&r.propensity, &r.explored, &r.held, &r.run, &r.margin, &r.quantity, &r.outcome, &r.settled, &r.by, &r.why, &r.order, &r.rev)
	}, `SELECT `+shownCols+`, outcome, outcome_at, outcome_by, why, order_ref, rev FROM offer WHERE id = $1`, id)
	if err != nil || !ok {
		return Settled{}, ok, err
	}
	if err := visible(ctx, tx, r.customer); err != nil {
		return Settled{}, false, err
	}
	o, err := r.offer()
	if err != nil {
		return Settled{}, false, err
	}
	if !o.Product.ID.IsZero() {
		o.Product, _, err = db.Find(ctx, tx, scanProduct, `SELECT id, code, name_id, name_en, family FROM product WHERE id = $1`, o.Product.ID)
	}
	return Settled{Offer: o, Outcome: r.outcome, At: db.Time(r.settled), By: r.by, Why: r.why, Order: r.order, Rev: r.rev}, true, err
}

func scanProduct(s db.Scanner, p *Product) error {
	return s.Scan(&p.ID, &p.Code, &p.NameID, &p.NameEN, &p.Family)
}

// keptShown is how long the log of what was shown is kept.
const keptShown = 400 * 24 * time.Hour

// Purge forgets what was shown long ago, a slice at a time; more says whether
// there is more.
func Purge(ctx context.Context, tx *db.Tx) (more bool, err error) {
	n, err := tx.Exec(ctx, `
		DELETE FROM offer_shown WHERE id IN (SELECT id FROM offer_shown WHERE shown_at < $1 LIMIT 2000)`, tx.Now.Add(-keptShown).UnixMilli())
	return n == 2000, err
}
