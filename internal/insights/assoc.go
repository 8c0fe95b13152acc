package insights

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights/kernel"
	"github.com/akrab-crm/akrab/internal/insights/learn"
	"github.com/akrab-crm/akrab/internal/insights/mart"
)

// Assoc is all that one run learned of products: which go together, follow
// each other, are better than others, and when they are due again. Products
// are numbered by their ids, ascending; only those that were ever bought. It
// is not changed once loaded, and safe for concurrent use.
type Assoc struct {
	Run       int64
	Today     int32 // the last day it knows of, in days since 1970
	Currency  string
	Margin    bool // prices less costs are known well enough to weigh offers by margin
	Thin      bool // data are too few to foretell anything: only facts are told
	Baskets   int  // orders with products, those without a known customer too
	Customers int  // who ever bought
	Products  []AssocProduct

	// New ranks what a customer doesn't have: EASE for the best sold
	// products, neighbours for the others. Its counts are of customers.
	New  *kernel.Graph
	Gaps *kernel.Gaps // when products are bought again
	// Chance tells what of the counts of New chance explains.
	Chance learn.Chance
	Odds   learn.Odds // from scores of New and chances of Gaps to probabilities

	companions [][]Companion
	sequels    [][]Sequel
	upgrades   [][]kernel.Upgrade
}

// An AssocProduct is a product as it was when the Assoc was loaded.
type AssocProduct struct {
	ID       ids.ID
	Code     string
	NameID   string
	NameEN   string
	Family   string
	Price    int64 // of one, minor units of Currency, on the day of the run; 0 if not known
	Cost     int64 // likewise
	Archived bool  // not sold any more
	Durable  bool  // seldom bought twice by one customer
	Buyers   int32 // customers who bought it
	Baskets  int32 // orders with it
	Recent   int32 // customers who bought it in the last kernel.MomentumDays
	Quantity int64 // mean at once, millionths
}

// A Companion is a product that is in baskets with another more often than
// chance explains, at a rate of false discoveries of 1 %.
type Companion struct {
	Product  int32
	Both     int32   // orders with both; Baskets of the two products say of how many
	Expected float64 // orders with both that chance explains
	LiftLow  float64 // lower end of the 95 % interval of Both over Expected
}

// A Sequel is a product that is bought within learn.SequelDays after the first
// purchase of another more often than chance explains, by customers who didn't
// have it.
type Sequel struct {
	Product  int32
	Both     int32 // customers who bought it so, of the Buyers of the first
	Expected float64
	Delay    int32 // median days between
}

// Number returns the number of a product; false if it was never bought.
func (a *Assoc) Number(product ids.ID) (int32, bool) {
	i, ok := slices.BinarySearchFunc(a.Products, product, func(p AssocProduct, id ids.ID) int { return bytes.Compare(p.ID[:], id[:]) })
	return int32(i), ok
}

// Companions returns what is bought together with product i, the most
// excessive first.
func (a *Assoc) Companions(i int32) []Companion { return at(a.companions, i) }

// Sequels returns what is bought after product i, the most excessive first.
func (a *Assoc) Sequels(i int32) []Sequel { return at(a.sequels, i) }

// Upgrades returns the better versions that buyers of product i went on to,
// the surest first.
func (a *Assoc) Upgrades(i int32) []kernel.Upgrade { return at(a.upgrades, i) }

func at[T any](list [][]T, i int32) []T {
	if i < 0 || int(i) >= len(list) {
		return nil
	}
	return list[i]
}

// Kinds of rows of product_assoc.
const (
	edgesProduct  = "product"
	edgesNew      = "new"
	edgesPairs    = "pairs"
	edgesSequels  = "sequels"
	edgesUpgrades = "upgrades"
)

// most companions and sequels kept of a product.
const mostCompanions = 50

// assocHead is what is stored of an Assoc beside its edges.
type assocHead struct {
	Today     int32        `json:"today"`
	Currency  string       `json:"currency"`
	Margin    bool         `json:"margin"`
	Thin      bool         `json:"thin"`
	Chance    learn.Chance `json:"chance"`
	Baskets   int          `json:"baskets"`
	Customers int          `json:"customers"`
	Products  int          `json:"products"`
	Edges     int          `json:"edges"`
	Head      int          `json:"head"` // products that EASE knows
}

// storeLinks stores what was learned of products, in slices; it counts from the
// moment when all is there.
func storeLinks(ctx context.Context, d *db.DB, m *mart.Mart, l *learn.Links) error {
	// What a run left that was killed, under the same number too.
	var live int64
	err := d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) {
		live, err = liveRun(ctx, tx, kindKernel)
		return err
	})
	if err != nil {
		return err
	}
	if live == l.Run {
		return fmt.Errorf("links of run %d are stored", l.Run)
	}
	if err := forgetLinks(ctx, d, live); err != nil {
		return err
	}
	p := newPacker(m, l)
	rows := p.rows()
	err = inSlices(ctx, d, len(rows), func(tx *db.Tx, next func() (int, bool)) error {
		return tx.Copy(ctx, `product_assoc`, []string{"run", "kind", "product_id", "edges"}, func() ([]any, bool) {
			i, ok := next()
			if !ok {
				return nil, false
			}
			return []any{l.Run, rows[i].kind, rows[i].product, rows[i].edges}, true
		})
	})
	if err != nil {
		return err
	}
	if err := storeRules(ctx, d, p.rules(), l.Run); err != nil {
		return err
	}
	head := assocHead{Today: l.Today, Currency: l.Currency, Margin: l.Margin, Thin: l.Thin, Chance: l.Chance, Baskets: l.Baskets, Customers: l.Buyers, Products: len(l.Number), Edges: p.edges, Head: l.Health.Head}
	err = d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
		err := writeModels(ctx, tx, l.Run, []made{
			{kind: kindKernel, params: head, n: l.Health.Lines, report: l.Health},
			{kind: kindPairs, params: map[string]any{"hypotheses": l.Pairs.Hypotheses, "candidates": l.Pairs.Candidates, "cutoff": l.Pairs.Cutoff, "published": len(l.Pairs.Pairs)}, n: l.Baskets},
			{kind: kindSequels, params: map[string]any{"hypotheses": l.Sequels.Hypotheses, "candidates": l.Sequels.Candidates, "cutoff": l.Sequels.Cutoff, "published": len(l.Sequels.Sequels), "days": learn.SequelDays}, n: l.Buyers},
			{kind: kindUpgrades, params: map[string]any{"published": len(l.Upgrades)}, n: l.Buyers},
			{kind: kindDue, params: l.Gaps, n: l.Buyers},
			{kind: kindOdds, params: l.Odds, n: l.Health.Replayed, report: l.Health},
		})
		if err != nil {
			return err
		}
		h, _, ok, err := ReadReport[learn.Health](ctx, tx, "health")
		if err != nil || !ok {
			return err
		}
		h.Products = l.Health
		return writeReport(ctx, tx, "health", h)
	})
	if err != nil {
		return err
	}
	return forgetLinks(ctx, d, l.Run)
}

// forgetLinks removes the links of all runs but one.
func forgetLinks(ctx context.Context, d *db.DB, but int64) error {
	type key struct {
		run  int64
		kind string
	}
	for {
		left := false
		err := d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
			clock := tx.Slice()
			for {
				k, ok, err := db.Find(ctx, tx, func(s db.Scanner, k *key) error { return s.Scan(&k.run, &k.kind) }, `
					SELECT run, kind FROM product_assoc WHERE run <> $1 ORDER BY run, kind LIMIT 1`, but)
				if left = ok; err != nil || !ok {
					return err
				}
				if _, err := tx.Exec(ctx, `
					DELETE FROM product_assoc WHERE run = $1 AND kind = $2 AND product_id IN (
						SELECT product_id FROM product_assoc WHERE run = $1 AND kind = $2 ORDER BY product_id LIMIT 500)`, k.run, k.kind); err != nil {
					return err
				}
				if clock.Over() {
					return nil
				}
			}
		})
		if err != nil || !left {
			return err
		}
	}
}

// inSlices calls f with parts of 0 … n−1 in transactions that leave room for
// others. F takes numbers from next until that is done.
func inSlices(ctx context.Context, d *db.DB, n int, f func(tx *db.Tx, next func() (int, bool)) error) error {
	const look = 64 // rows between two looks at the clock
	for i := 0; i < n; {
		at := i
		err := d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
			clock := tx.Slice()
			i = at
			return f(tx, func() (int, bool) {
				if i >= n || i > at && (i-at)%look == 0 && clock.Over() {
					return 0, false
				}
				i++
				return i - 1, true
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// A ruleRow is a row of product_rule.
type ruleRow struct {
	kind                       RuleKind
	left, right                ids.ID
	nLeft, nRight, both, total int64
	expected, excess, lift     int64
	p                          string
	share, shareLo, shareHi    int64
	delay                      any
}

// storeRules replaces the published rules.
func storeRules(ctx context.Context, d *db.DB, rules []ruleRow, run int64) error {
	err := inSlices(ctx, d, len(rules), func(tx *db.Tx, next func() (int, bool)) error {
		return tx.ExecMany(ctx, `
			INSERT INTO product_rule (kind, left_id, right_id, n_left, n_right, n_both, total, expected, excess, lift, p, share, share_lo, share_hi, delay_days, run)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
			ON CONFLICT (kind, left_id, right_id) DO UPDATE SET n_left = excluded.n_left, n_right = excluded.n_right, n_both = excluded.n_both,
				total = excluded.total, expected = excluded.expected, excess = excluded.excess, lift = excluded.lift, p = excluded.p,
				share = excluded.share, share_lo = excluded.share_lo, share_hi = excluded.share_hi, delay_days = excluded.delay_days, run = excluded.run`,
			func() ([]any, bool) {
				i, ok := next()
				if !ok {
					return nil, false
				}
				r := &rules[i]
				return []any{
					r.kind, r.left, r.right, r.nLeft, r.nRight, r.both, r.total, r.expected, r.excess, r.lift, r.p,
					r.share, r.shareLo, r.shareHi, r.delay, run,
				}, true
			})
	})
	if err != nil {
		return err
	}
	for {
		var n int64
		err := d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
			clock := tx.Slice()
			for {
				var err error
				n, err = tx.Exec(ctx, `
					DELETE FROM product_rule WHERE (kind, left_id, right_id) IN (
						SELECT kind, left_id, right_id FROM product_rule WHERE run <> $1 LIMIT 500)`, run)
				if err != nil || n == 0 || clock.Over() {
					return err
				}
			}
		})
		if err != nil || n == 0 {
			return err
		}
	}
}

// A packer turns links into rows.
type packer struct {
	m     *mart.Mart
	l     *learn.Links
	edges int
}

type assocRow struct {
	kind    string
	product ids.ID
	edges   []byte
}

func newPacker(m *mart.Mart, l *learn.Links) *packer { return &packer{m: m, l: l} }

func (p *packer) id(i int32) ids.ID { return p.m.Products[p.l.Number[i]].ID }

// rows returns the rows of all products, by kind and product.
func (p *packer) rows() []assocRow {
	l := p.l
	n := len(l.Number)
	var rows []assocRow
	for i := range int32(n) {
		c, q := &l.Counts[i], &p.m.Products[l.Number[i]]
		durable := uint64(0)
		if c.Durable {
			durable = 1
		}
		var b []byte
		for _, v := range []uint64{uint64(c.Buyers), uint64(c.Baskets), uint64(c.Recent), uint64(max(c.Quantity, 0)), uint64(max(q.Price, 0)), uint64(max(q.Cost, 0)), durable} {
			b = binary.AppendUvarint(b, v)
		}
		rows = append(rows, assocRow{edgesProduct, p.id(i), b})
	}
	add := func(kind string, list [][]byte) {
		for i, b := range list {
			if len(b) > 0 {
				rows = append(rows, assocRow{kind, p.id(int32(i)), b})
			}
		}
	}
	lists := make([][]byte, n)
	for i := range int32(n) {
		for _, e := range l.New.Edges(i) {
			lists[i] = packEdge(lists[i], uint64(e.Item), uint64(e.Common), float64(e.Score))
			p.edges++
		}
	}
	add(edgesNew, lists)

	lists, count := make([][]byte, n), make([]int, n)
	for _, q := range l.Pairs.Pairs { // by falling excess
		lo, _ := q.LiftInterval()
		for _, side := range [][2]int32{{q.A, q.B}, {q.B, q.A}} {
			if i := side[0]; count[i] < mostCompanions {
				count[i]++
				lists[i] = packEdge(lists[i], uint64(side[1]), uint64(q.Count), q.Expected, lo)
			}
		}
	}
	add(edgesPairs, lists)

	lists, count = make([][]byte, n), make([]int, n)
	for _, q := range l.Sequels.Sequels {
		if count[q.X] < mostCompanions {
			count[q.X]++
			lists[q.X] = packEdge(lists[q.X], uint64(q.Y), uint64(q.Count), q.Expected, q.Delay)
		}
	}
	add(edgesSequels, lists)

	lists, count = make([][]byte, n), make([]int, n)
	for _, q := range l.Upgrades {
		if count[q.From] < mostCompanions {
			count[q.From]++
			lists[q.From] = packEdge(lists[q.From], uint64(q.To), uint64(q.Went), q.Low, q.Usual, q.Dearer)
		}
	}
	add(edgesUpgrades, lists)
	return rows
}

// packEdge appends an edge: where it leads, a count, and numbers.
func packEdge(b []byte, to, count uint64, numbers ...float64) []byte {
	b = binary.AppendUvarint(b, to)
	b = binary.AppendUvarint(b, count)
	for _, v := range numbers {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(v)))
	}
	return b
}

// most rules of a product and in all that are kept for browsing.
const (
	rulesOfProduct = 20
	mostRules      = 30_000 // of each kind
)

// rules returns the rows of published rules. Of a pair in a basket both
// directions are there.
func (p *packer) rules() []ruleRow {
	l := p.l
	var rows []ruleRow
	count := make([]int, len(l.Number))
	for _, q := range l.Pairs.Pairs { // by falling excess
		if count[q.A] >= rulesOfProduct && count[q.B] >= rulesOfProduct {
			continue
		}
		if len(rows) >= 2*mostRules {
			break
		}
		count[q.A]++
		count[q.B]++
		for _, left := range []int32{q.A, q.B} {
			right, t := q.From(left, l.Baskets)
			lo, hi := t.ConfidenceInterval()
			rows = append(rows, ruleRow{
				kind: BasketRule, left: p.id(left), right: p.id(right),
				nLeft: int64(t.X), nRight: int64(t.Y), both: int64(t.XY), total: int64(t.N),
				expected: times(q.Expected, 1e6), excess: times(q.Excess(), 1e3), lift: times(q.Lift(), 1e3), p: chanceText(q.P),
				share: times(t.Confidence(), 1e6), shareLo: times(lo, 1e6), shareHi: times(hi, 1e6),
			})
		}
	}
	clear(count)
	n := 0
	for _, q := range l.Sequels.Sequels {
		if count[q.X] >= rulesOfProduct {
			continue
		}
		if n == mostRules {
			break
		}
		n++
		count[q.X]++
		lo, hi := q.ShareInterval()
		rows = append(rows, ruleRow{
			kind: SequenceRule, left: p.id(q.X), right: p.id(q.Y),
			nLeft: int64(q.CustomersX), nRight: int64(q.CustomersY), both: int64(q.Count), total: int64(l.Buyers),
			expected: times(q.Expected, 1e6), excess: times(q.Excess(), 1e3), lift: times(q.Lift(), 1e3), p: chanceText(q.P),
			share: times(q.Share(), 1e6), shareLo: times(lo, 1e6), shareHi: times(hi, 1e6), delay: int64(math.Round(q.Delay)),
		})
	}
	slices.SortFunc(rows, func(a, b ruleRow) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), bytes.Compare(a.left[:], b.left[:]), bytes.Compare(a.right[:], b.right[:]))
	})
	return rows
}

func times(v, by float64) int64 { return int64(math.Round(min(max(v*by, -1e18), 1e18))) }

// chanceText returns a P value in three digits.
func chanceText(p float64) string { return strconv.FormatFloat(p, 'g', 3, 64) }

var assocs cache[*Assoc]

// Associations returns what was learned of products; nil if nothing was yet.
// After the first call of a run it costs one small query.
func Associations(ctx context.Context, tx *db.Tx) (*Assoc, error) {
	run, err := liveRun(ctx, tx, kindKernel)
	if err != nil || run == 0 {
		return nil, err
	}
	return assocs.get(tx.DB(), run, func() (*Assoc, error) { return loadAssoc(ctx, tx, run) })
}

func loadAssoc(ctx context.Context, tx *db.Tx, run int64) (*Assoc, error) {
	a := &Assoc{Run: run, Gaps: &kernel.Gaps{}}
	var head assocHead
	if err := readModel(ctx, tx, kindKernel, run, &head); err != nil {
		return nil, err
	}
	if err := readModel(ctx, tx, kindDue, run, a.Gaps); err != nil {
		return nil, err
	}
	if err := readModel(ctx, tx, kindOdds, run, &a.Odds); err != nil {
		return nil, err
	}
	a.Today, a.Currency, a.Margin, a.Thin, a.Baskets, a.Customers, a.Chance = head.Today, head.Currency, head.Margin, head.Thin, head.Baskets, head.Customers, head.Chance
	if err := a.loadProducts(ctx, tx); err != nil {
		return nil, err
	}
	buyers := make([]int32, len(a.Products))
	for i := range buyers {
		buyers[i] = a.Products[i].Buyers
	}
	edges := make([][]kernel.Edge, len(buyers))
	a.companions, a.sequels, a.upgrades = make([][]Companion, len(buyers)), make([][]Sequel, len(buyers)), make([][]kernel.Upgrade, len(buyers))
	for _, kind := range []struct {
		name    string
		numbers int
		add     func(i int32, to, count int32, v []float64)
	}{
		{edgesNew, 1, func(i, to, count int32, v []float64) {
			edges[i] = append(edges[i], kernel.Edge{Item: to, Common: count, Score: float32(v[0])})
		}},
		{edgesPairs, 2, func(i, to, count int32, v []float64) {
			a.companions[i] = append(a.companions[i], Companion{Product: to, Both: count, Expected: v[0], LiftLow: v[1]})
		}},
		{edgesSequels, 2, func(i, to, count int32, v []float64) {
			a.sequels[i] = append(a.sequels[i], Sequel{Product: to, Both: count, Expected: v[0], Delay: int32(math.Round(v[1]))})
		}},
		{edgesUpgrades, 3, func(i, to, count int32, v []float64) {
			a.upgrades[i] = append(a.upgrades[i], kernel.Upgrade{From: i, To: to, Buyers: buyers[i], Went: count, Low: v[0], Usual: v[1], Dearer: v[2]})
		}},
	} {
		if err := a.loadEdges(ctx, tx, kind.name, kind.numbers, kind.add); err != nil {
			return nil, err
		}
	}
	a.New = kernel.NewGraph(a.Customers, buyers, func(i int32) []kernel.Edge { return edges[i] })
	return a, nil
}

var errPacked = errors.New("links of products are damaged: run akrab insights refresh")

// loadProducts reads the products that the run knew, with what they are called
// now.
func (a *Assoc) loadProducts(ctx context.Context, tx *db.Tx) error {
	var packed []byte
	var archived *bool
	return db.Each(ctx, tx, func(s db.Scanner, p *AssocProduct) error {
		return s.Scan(&p.ID, &packed, &p.Code, &p.NameID, &p.NameEN, &p.Family, &archived)
	}, func(p *AssocProduct) error {
		var v [7]uint64
		b := packed
		for i := range v {
			n := 0
			if v[i], n = binary.Uvarint(b); n <= 0 {
				return errPacked
			}
			b = b[n:]
		}
		p.Buyers, p.Baskets, p.Recent, p.Quantity = int32(v[0]), int32(v[1]), int32(v[2]), int64(v[3])
		p.Price, p.Cost, p.Durable = int64(v[4]), int64(v[5]), v[6] == 1
		p.Archived = archived == nil || *archived // who is gone is not sold any more
		a.Products = append(a.Products, *p)
		return nil
	}, `
		SELECT a.product_id, a.edges, p.code, p.name_id, p.name_en, p.family, p.archived
		FROM product_assoc a LEFT JOIN product p ON p.id = a.product_id
		WHERE a.run = $1 AND a.kind = 'product' ORDER BY a.product_id`, a.Run)
}

func (a *Assoc) loadEdges(ctx context.Context, tx *db.Tx, kind string, numbers int, add func(i, to, count int32, v []float64)) error {
	type row struct {
		product ids.ID
		edges   []byte
	}
	v := make([]float64, numbers)
	return db.Each(ctx, tx, func(s db.Scanner, r *row) error { return s.Scan(&r.product, &r.edges) }, func(r *row) error {
		i, ok := a.Number(r.product)
		if !ok {
			return errPacked
		}
		for b := r.edges; len(b) > 0; {
			to, n := binary.Uvarint(b)
			if n <= 0 || to >= uint64(len(a.Products)) {
				return errPacked
			}
			b = b[n:]
			count, n := binary.Uvarint(b)
			if n <= 0 || len(b) < n+4*numbers || count > math.MaxInt32 {
				return errPacked
			}
			b = b[n:]
			for k := range v {
				v[k] = float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
				b = b[4:]
			}
			add(i, int32(to), int32(count), v)
		}
		return nil
	}, `SELECT product_id, edges FROM product_assoc WHERE run = $1 AND kind = $2 ORDER BY product_id`, a.Run, kind)
}
