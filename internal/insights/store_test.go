package insights

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights/learn"
	"github.com/akrab-crm/akrab/internal/insights/mart"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/outbox"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/workspace"
)

func eachStore(t *testing.T, f func(t *testing.T, d *db.DB)) {
	dbtest.Each(t, []db.Module{
		outbox.Module, jobs.Module, search.Module, journal.Module, workspace.Module, team.Module, customers.Module, activity.Module,
		catalog.Module, orders.Module, Module,
	}, f)
}

func numberID(n int) ids.ID {
	var v ids.ID
	binary.BigEndian.PutUint64(v[8:], uint64(n)+1)
	return v
}

// shopMart is a shop in which products 2n and 2n+1 go together, and after
// product 0 comes 10.
func shopMart(seed uint64) *mart.Mart {
	const today, products = 20600, 30
	r := rand.New(rand.NewPCG(seed, 3))
	b := &mart.Builder{Today: today, Currency: "IDR", Families: []string{"Pipa"}}
	for i := range products {
		b.Products = append(b.Products, mart.Product{ID: numberID(1000 + i), Code: fmt.Sprint("P", i), Price: int64(1000 + 300*i), Cost: 700})
	}
	b.CurrencyNumber("IDR")
	for c := range int32(600) {
		b.Customers = append(b.Customers, numberID(int(c)))
		followed := int32(0)
		for d := int32(today - r.IntN(700)); d <= today; d += 5 + int32(r.IntN(120)) {
			o := b.Order(c, mart.Order{At: int64(d) * 86400_000, Day: d, Amount: 5000, Margin: 2000})
			p := int32(r.IntN(products / 2))
			b.Line(o, 2*p, 1, 1000)
			if r.IntN(3) > 0 {
				b.Line(o, 2*p+1, 2, 2000)
			}
			if followed > 0 && d-followed < 80 {
				b.Line(o, 10, 1, 500)
			}
			if followed = 0; p == 0 {
				followed = d
			}
			if r.IntN(12) == 0 {
				break
			}
		}
	}
	return b.Mart()
}

// What is read of links is what was learned, on both engines, run after run.
func TestStoreLinks(t *testing.T) {
	eachStore(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		if a := associations(t, d); a != nil {
			t.Fatalf("before the first run there is %+v", a)
		}
		for run := range 3 {
			m := shopMart(uint64(run))
			models, err := teach(ctx, d, m, learn.Options{Rate: .1})
			if err != nil {
				t.Fatal(err)
			}
			number := int64(run + 1)
			if !models.Enough || models.Run != number {
				t.Fatalf("run %d: %+v", number, models)
			}
			l, err := learn.LearnLinks(ctx, m, learn.Options{Run: number, Rate: .1})
			if err != nil {
				t.Fatal(err)
			}
			sameLinks(t, d, m, l)
			counts := map[string]int64{}
			read(t, d, func(tx *db.Tx) error {
				for name, q := range map[string]func() (int64, error){
					"runs": func() (int64, error) {
						return db.Get(ctx, tx, db.One[int64], `SELECT COUNT(DISTINCT run) FROM product_assoc`)
					},
					"rules": func() (int64, error) {
						return db.Get(ctx, tx, db.One[int64], `SELECT COUNT(*) FROM product_rule WHERE kind = 'basket'`)
					},
					"old": func() (int64, error) {
						return db.Get(ctx, tx, db.One[int64], `SELECT COUNT(*) FROM product_rule WHERE run <> $1`, number)
					},
					"lives": func() (int64, error) {
						return db.Get(ctx, tx, db.One[int64], `SELECT COUNT(*) FROM insight_model WHERE state = 'live' AND kind = 'purchase'`)
					},
					"rivals": func() (int64, error) {
						return db.Get(ctx, tx, db.One[int64], `SELECT COUNT(*) FROM insight_model WHERE state = 'live' AND kind = 'rebuy'`)
					},
				} {
					n, err := q()
					if err != nil {
						return err
					}
					counts[name] = n
				}
				return nil
			})
			want := map[string]int64{"runs": 1, "rules": int64(2 * len(l.Pairs.Pairs)), "old": 0, "lives": 1, "rivals": 0}
			if diff := cmp.Diff(want, counts); diff != "" {
				t.Errorf("after run %d: %s", run, diff)
			}
			read(t, d, func(tx *db.Tx) error {
				live, err := Live(ctx, tx)
				if err != nil {
					return err
				}
				if diff := cmp.Diff(models, live); diff != "" {
					t.Errorf("live models: %s", diff)
				}
				h, _, ok, err := ReadReport[learn.Health](ctx, tx, "health")
				if err != nil || !ok || h.Products.Pairs != len(l.Pairs.Pairs) || h.Run != number {
					t.Errorf("health of run %d: %v %v", h.Run, ok, err)
				}
				for _, name := range []string{"board", "whale", "cohorts", "retention", "months", "made"} {
					if _, _, ok, err := ReadReport[struct{ learn.Basis }](ctx, tx, name); err != nil || !ok {
						t.Errorf("report %s: %v %v", name, ok, err)
					}
				}
				return nil
			})
		}
	})
}

// teach learns and stores as a run over all customers does.
func teach(ctx context.Context, d *db.DB, m *mart.Mart, opt learn.Options) (*learn.Models, error) {
	err := d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) {
		if opt.Run, err = nextRun(ctx, tx); err != nil {
			return err
		}
		opt.Live, err = Live(ctx, tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	if opt.Live.Run == 0 {
		opt.Live = nil
	}
	c, err := learn.Learn(ctx, m, opt)
	if err != nil {
		return nil, err
	}
	if err := storeCustomers(ctx, d, c); err != nil {
		return nil, err
	}
	models := c.Models
	c = nil // what follows needs the memory
	j, err := learn.Judge(ctx, m, &models, opt, nil, nil)
	if err != nil {
		return nil, err
	}
	if err := storeJudgement(ctx, d, j); err != nil {
		return nil, err
	}
	l, err := learn.LearnLinks(ctx, m, opt)
	if err != nil {
		return nil, err
	}
	return &models, storeLinks(ctx, d, m, l)
}

func associations(t *testing.T, d *db.DB) (a *Assoc) {
	t.Helper()
	read(t, d, func(tx *db.Tx) (err error) { a, err = Associations(t.Context(), tx); return err })
	return a
}

func read(t *testing.T, d *db.DB, f func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Read(t.Context(), db.Who{}, f); err != nil {
		t.Fatal(err)
	}
}

func sameLinks(t *testing.T, d *db.DB, m *mart.Mart, l *learn.Links) {
	t.Helper()
	a := associations(t, d)
	if again := associations(t, d); again != a {
		t.Error("a second call loaded everything again")
	}
	if a.Run != l.Run || a.Baskets != l.Baskets || a.Customers != l.Buyers || len(a.Products) != len(l.Number) {
		t.Fatalf("run %d: %d baskets, %d customers, %d products", a.Run, a.Baskets, a.Customers, len(a.Products))
	}
	if len(l.Pairs.Pairs) == 0 || len(l.Sequels.Sequels) == 0 {
		t.Fatalf("%d pairs and %d sequels to look for", len(l.Pairs.Pairs), len(l.Sequels.Sequels))
	}
	for i := range int32(len(a.Products)) {
		p, q := a.Products[i], m.Products[l.Number[i]]
		if p.ID != q.ID || p.Price != q.Price || p.Cost != q.Cost || p.Buyers != l.Counts[i].Buyers || p.Baskets != l.Counts[i].Baskets || !p.Archived {
			t.Errorf("product %d: %+v of %+v", i, p, q)
		}
		if n, ok := a.Number(p.ID); !ok || n != i {
			t.Errorf("number of product %d: %d, %v", i, n, ok)
		}
		if diff := cmp.Diff(l.New.Edges(i), a.New.Edges(i)); diff != "" {
			t.Errorf("edges of %d: %s", i, diff)
		}
		if a.Gaps.Mean(i) != l.Gaps.Mean(i) || a.Gaps.Again(i) != l.Gaps.Again(i) {
			t.Errorf("gaps of %d", i)
		}
	}
	for _, q := range l.Pairs.Pairs {
		found := false
		for _, c := range a.Companions(q.A) {
			found = found || c.Product == q.B && int(c.Both) == q.Count
		}
		if !found {
			t.Errorf("pair %+v is not there", q)
		}
	}
	for _, q := range l.Sequels.Sequels {
		found := false
		for _, c := range a.Sequels(q.X) {
			found = found || c.Product == q.Y && int(c.Both) == q.Count
		}
		if !found {
			t.Errorf("sequel %+v is not there", q)
		}
	}
	if x := 1e-3; a.Odds.At("page", "new", x) != l.Odds.At("page", "new", x) {
		t.Error("odds differ")
	}
}

// Of several moves in a week the first state and the last count.
func TestMovers(t *testing.T) {
	eachStore(t, func(t *testing.T, d *db.DB) {
		const today = 20600
		keep := func(daysAgo int32, list ...move) {
			t.Helper()
			err := d.Write(t.Context(), db.Op{}, func(tx *db.Tx) error { return keepMoves(t.Context(), tx, dayText(today-daysAgo), list) })
			if err != nil {
				t.Fatal(err)
			}
		}
		a, b, c, e := numberID(1), numberID(2), numberID(3), numberID(4)
		keep(30, move{a, "A1", "A2", "green", "yellow", 9})
		keep(3, move{a, "A2", "A3", "yellow", "red", 100}, move{b, "B1", "C1", "green", "green", 50}, move{c, "", "N", "", "", 10})
		keep(2, move{a, "A3", "A3", "red", "yellow", 90}, move{e, "C1", "C1", "red", "green", 5})
		keep(2, move{a, "A3", "A3", "yellow", "red", 95}) // twice on one day
		keep(1, move{b, "C1", "B1", "green", "green", 50})
		if err := storeMovers(t.Context(), d, learn.Basis{Run: 2, Today: today, Currency: "IDR"}); err != nil {
			t.Fatal(err)
		}
		var m learn.Movers
		read(t, d, func(tx *db.Tx) (err error) {
			m, _, _, err = ReadReport[learn.Movers](t.Context(), tx, "movers")
			return err
		})
		want := learn.Movers{
			Basis: learn.Basis{Run: 2, Today: today, Currency: "IDR"}, Days: 7, Worse: 1, Better: 1, Stake: 95,
			Moves: []learn.MoveSum{{Was: "yellow", Is: "red", Customers: 1, Value: 95}, {Was: "red", Is: "green", Customers: 1, Value: 5}},
			Rows: []learn.MoverRow{
				{Customer: a, WasSegment: "A2", Segment: "A3", WasSignal: "yellow", Signal: "red", Value: 95, Day: today - 2},
				{Customer: e, WasSegment: "C1", Segment: "C1", WasSignal: "red", Signal: "green", Value: 5, Day: today - 2},
			},
		}
		if diff := cmp.Diff(want, m); diff != "" {
			t.Error(diff)
		}
	})
}

func TestCacheForgetsDatabases(t *testing.T) {
	var c cache[int]
	d := &db.DB{}
	for want := range 3 {
		got, err := c.get(d, int64(want+1), func() (int, error) { return want, nil })
		if err != nil || got != want {
			t.Errorf("run %d: %d, %v", want+1, got, err)
		}
	}
	if got, _ := c.get(d, 3, func() (int, error) { return 99, nil }); got != 2 {
		t.Errorf("the same run was read again: %d", got)
	}
	if _, err := c.get(d, 4, func() (int, error) { return 0, context.Canceled }); err == nil {
		t.Error("no error")
	}
	if got, _ := c.get(d, 3, nil); got != 2 {
		t.Errorf("after an error: %d", got)
	}
}
