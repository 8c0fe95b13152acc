package insights

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/fnv"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights/learn"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/outbox"
)

// A run over all customers leaves a mark: the number of the last event that its
// snapshot held, and a digest of all that facts of everybody rest on. While
// that digest holds, the next run makes only those anew of whom an event told
// since, or who bought a product that is another now. Events are numbered in
// the order in which their transactions commit, on both engines, and are
// written with what they tell of: a snapshot that holds an event holds its
// change. (What [Cares] answers needs no event: who changes it makes the
// customer's facts anew.) What is made comes out as a run over everybody would make it.

const (
	// mostSince is which part of all customers, one in so many, is made without
	// making everybody anew, which then is no more work.
	mostSince = 4

	// mostProducts is likewise which part of the products, of which few may
	// always have changed.
	mostProducts = 10
	fewProducts  = 20

	// talksAtOnce is of how many customers it is looked up at once when they
	// last spoke with the company: what is begun of each is large.
	talksAtOnce = 1024
)

// basis returns a digest, never 0, of what the facts of everybody rest on but
// what they bought and said.
func (r *massRun) basis() int64 {
	b := binary.AppendVarint(nil, version)
	for _, v := range []int64{
		r.models.Run, int64(r.span.today), r.span.before.UnixMilli(), r.state.MarginRate, r.set.MinuteCost, r.set.OrderCost, r.set.DiscountRate,
	} {
		b = binary.AppendVarint(b, v)
	}
	for _, s := range []string{
		r.state.AsOf, string(r.state.Currency), string(r.base), r.span.zone.String(), boolText(r.state.Converted), boolText(r.state.Margin),
	} {
		b = append(append(b, s...), 0)
	}
	h := fnv.New64a()
	h.Write(b)
	return int64(h.Sum64()>>1) | 1
}

// since returns the customers who have to be made anew since the last run, in
// order of their ids; not ok if that is everybody.
func (r *massRun) since(ctx context.Context, tx *db.Tx, l *loader) (list []ids.ID, ok bool, err error) {
	if r.opt.Whole || r.opt.Learn || r.state.basis != r.basis() {
		return nil, false, nil
	}
	if ok, err = outbox.Kept(ctx, tx, r.state.seen); err != nil || !ok {
		return nil, false, err
	}
	// So many orders count, as loadAll counts them.
	n, err := db.Get(ctx, tx, db.One[int64], `
		SELECT COUNT(*) FROM sales_order WHERE status NOT IN ('draft', 'cancelled') AND ordered_at < $1`, l.span.before.UnixMilli())
	if err != nil || n <= cheap || grown(r.state.Orders, n) {
		return nil, false, err
	}
	all, err := db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM customer`)
	if err != nil {
		return nil, false, err
	}
	if list, ok, err = r.told(ctx, tx, max(all, few)); err != nil || !ok {
		return nil, false, err
	}
	buyers, ok, err := r.buyers(ctx, tx, l)
	if err != nil || !ok {
		return nil, false, err
	}
	list = sortIDs(append(list, buyers...))
	return list, len(list) <= all/mostSince, nil
}

// grown reports whether so many orders more or less are there than models were
// learned from that they are learned anew within a day.
func grown(before, now int64) bool {
	far := now - before
	if far < 0 {
		far = -far
	}
	return float64(far) > drift*float64(before)
}

// told returns the customers of whom events told since the last run; not ok if
// one told of everybody, or of an operation that touched most things or more.
func (r *massRun) told(ctx context.Context, tx *db.Tx, most int) (list []ids.ID, ok bool, err error) {
	seen, ops, everybody := map[ids.ID]bool{}, map[ids.ID]bool{}, false
	err = errors.Join(
		outbox.Since(ctx, tx, r.state.seen, func(e orders.Changed) {
			switch {
			case !e.Customer.IsZero():
				seen[e.Customer] = true
			case !e.Op.IsZero():
				ops[e.Op] = true
			default:
				everybody = true
			}
		}),
		outbox.Since(ctx, tx, r.state.seen, func(e activity.Talked) { seen[e.Customer] = true }),
		outbox.Since(ctx, tx, r.state.seen, func(Changed) { r.moved = true }),
	)
	if err != nil || everybody {
		return nil, false, err
	}
	for op := range ops {
		of, all, err := touched(ctx, tx, op, most)
		if err != nil || all {
			return nil, false, err
		}
		for _, id := range of {
			seen[id] = true
		}
	}
	for id := range seen {
		list = append(list, id)
	}
	return list, true, nil
}

// A productSum is a digest of what facts know of a product.
type productSum struct {
	id  ids.ID
	sum int64
}

func scanProductSum(s db.Scanner, p *productSum) error { return s.Scan(&p.id, &p.sum) }

// sum returns the digest of a product.
func (p *rawProduct) sum() int64 {
	h := fnv.New64a()
	h.Write(binary.AppendVarint([]byte(p.family+"\x00"+string(p.currency)+"\x00"), p.cost))
	return int64(h.Sum64() >> 1)
}

// buyers returns who bought products of which facts would know something else
// now than at the last run, in any order; not ok if these are too many.
func (r *massRun) buyers(ctx context.Context, tx *db.Tx, l *loader) (list []ids.ID, ok bool, err error) {
	if err := l.readProducts(ctx, tx); err != nil {
		return nil, false, err
	}
	known, err := productSums(ctx, tx)
	if err != nil {
		return nil, false, err
	}
	var of []ids.ID
	others := 0
	for _, p := range l.made {
		sum, there := known[p.id]
		if !there || sum != p.sum {
			of = append(of, p.id)
		}
		if there {
			delete(known, p.id)
			if sum != p.sum {
				others++
			}
		}
	}
	if len(known) > 0 || others > max(fewProducts, len(l.made)/mostProducts) { // known: those that are gone
		return nil, false, nil
	}
	list, err = db.ListIn(ctx, tx, db.One[ids.ID], of, `
		SELECT DISTINCT o.customer_id FROM order_line l JOIN sales_order o ON o.id = l.order_id
		WHERE l.product_id IN ($list) AND o.customer_id IS NOT NULL`)
	return list, err == nil, err
}

func productSums(ctx context.Context, tx *db.Tx) (map[ids.ID]int64, error) {
	list, err := db.List(ctx, tx, scanProductSum, `SELECT product_id, digest FROM insight_product`)
	m := make(map[ids.ID]int64, len(list))
	for _, p := range list {
		m[p.id] = p.sum
	}
	return m, err
}

// readSome takes a snapshot of what the facts of some customers are made from.
func (r *massRun) readSome(ctx context.Context, tx *db.Tx, l *loader, list []ids.ID) (err error) {
	r.customers, r.owner, r.owners = nil, nil, []ids.ID{{}}
	if err := db.StreamIn(ctx, tx, r.customer(), list, customersOf+` WHERE id IN ($list) ORDER BY id`); err != nil {
		return err
	}
	r.index = newIndex(r.customers)
	if r.cares, err = r.opt.Cares.ask(ctx, tx, r.customers); err != nil {
		return err
	}
	had := make(chan error, 1)
	go func() { had <- r.d.Read(ctx, db.Who{}, func(tx *db.Tx) error { return r.readHad(ctx, tx) }) }()
	r.m, err = loadSome(ctx, tx, l, r.customers, true)
	return errors.Join(err, <-had)
}

// readHad reads what rows say so far of some customers and when these last
// spoke with the company. What changes between the snapshots makes its
// customers anew anyway.
func (r *massRun) readHad(ctx context.Context, tx *db.Tx) error {
	r.had = make([]had, len(r.customers))
	if err := db.StreamIn(ctx, tx, r.row, r.customers, rowsOf+` WHERE customer_id IN ($list)`); err != nil {
		return err
	}
	for from := 0; from < len(r.customers); from += talksAtOnce {
		part := make([]int32, 0, talksAtOnce)
		for c := from; c < min(from+talksAtOnce, len(r.customers)); c++ {
			part = append(part, int32(c))
		}
		if err := r.readTalksOf(ctx, tx, part); err != nil {
			return err
		}
	}
	return nil
}

// retell renews the reports on everybody from the rows of facts.
func (r *massRun) retell(ctx context.Context) (*learn.Judgement, error) {
	costs := r.set.MinuteCost > 0 || r.set.OrderCost > 0
	opt := learn.Options{}
	if costs {
		opt.Service = []int64{}
	}
	var t *learn.Tally
	err := r.d.Read(ctx, db.Who{}, func(tx *db.Tx) error {
		board, _, _, err := ReadReport[learn.Board](ctx, tx, "board")
		if err != nil {
			return err
		}
		t = learn.Retell(board, r.models, opt)
		return db.Stream(ctx, tx, func(row db.Row) error {
			v := learn.Counted{
				Known: row.Int(1) > 0, Segment: row.Text(2), Signal: row.Text(3), Value: row.Int(4), Year: row.Int(5), Half: row.Int(6), Before: row.Int(7),
			}
			sum := learn.Loser{Margin: row.Int(9), Sales: row.Int(10), Orders: int(row.Int(11))}
			row.ID(0, &sum.Customer)
			if costs {
				sum.Delivery = (row.Int(11) + row.Int(12)) * r.set.OrderCost
				sum.Service = row.Int(13) - sum.Delivery
			}
			t.Append(v, row.Text(8), sum)
			return nil
		}, `
			SELECT customer_id, days, segment, signal, value, year, half, half_before, year_family, margin, sales, orders, returns, cost_to_serve
			FROM customer_fact ORDER BY customer_id`)
	})
	if err != nil {
		return nil, err
	}
	return t.Judgement(), nil
}

// mark remembers that the facts of all customers know what the snapshot held.
func (r *massRun) mark(ctx context.Context) error {
	if err := r.storeProducts(ctx); err != nil {
		return err
	}
	r.state.seen, r.state.basis = r.seen, r.basis()
	return r.d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE insight_state SET seen = $1, basis = $2, ran_at = $3`, r.state.seen, r.state.basis, tx.Now.UnixMilli())
		return err
	})
}

// storeProducts remembers what facts know of each product.
func (r *massRun) storeProducts(ctx context.Context) error {
	var known map[ids.ID]int64
	err := r.d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) { known, err = productSums(ctx, tx); return err })
	if err != nil {
		return err
	}
	var others []productSum
	for _, p := range r.made {
		if sum, ok := known[p.id]; !ok || sum != p.sum {
			others = append(others, p)
		}
		delete(known, p.id)
	}
	err = inSlices(ctx, r.d, len(others), func(tx *db.Tx, next func() (int, bool)) error {
		return tx.ExecMany(ctx, `
			INSERT INTO insight_product (product_id, digest) VALUES ($1, $2) ON CONFLICT (product_id) DO UPDATE SET digest = excluded.digest`,
			func() ([]any, bool) {
				i, ok := next()
				if !ok {
					return nil, false
				}
				return []any{others[i].id, others[i].sum}, true
			})
	})
	if err != nil || len(known) == 0 {
		return err
	}
	gone := make([]ids.ID, 0, len(known))
	for id := range known {
		gone = append(gone, id)
	}
	return r.d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
		_, err := db.ExecIn(ctx, tx, gone, `DELETE FROM insight_product WHERE product_id IN ($list)`)
		return err
	})
}
