package orders_test

import (
	"context"
	"log/slog"
	"math"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/outbox"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/workspace"
)

var modules = []db.Module{
	outbox.Module, jobs.Module, search.Module, journal.Module, workspace.Module, team.Module, customers.Module, activity.Module,
	catalog.Module, orders.Module,
}

// A shop is a workspace with two customers and a product.
type shop struct {
	t           *testing.T
	d           *db.DB
	budi, siti  ids.ID
	pump, other ids.ID
}

func each(t *testing.T, f func(t *testing.T, s *shop)) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		s := &shop{t: t, d: d}
		if err := search.Prepare(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		s.write("customer.create", func(ctx context.Context, tx *db.Tx) error {
			for _, p := range []struct {
				name string
				id   *ids.ID
			}{{"Budi", &s.budi}, {"Siti", &s.siti}} {
				c := customers.Customer{Name: p.name, Kind: customers.Person, Phase: customers.Prospect}
				if err := customers.Create(ctx, tx, &c); err != nil {
					return err
				}
				*p.id = c.ID
			}
			for _, p := range []struct {
				code string
				id   *ids.ID
			}{{"PA-125", &s.pump}, {"pa-125", &s.other}} {
				v := catalog.Product{Code: p.code, NameID: "Pompa " + p.code}
				if err := catalog.Create(ctx, tx, &v); err != nil {
					return err
				}
				*p.id = v.ID
			}
			return nil
		})
		f(t, s)
	})
}

// write runs f as an operation and returns its id.
func (s *shop) write(why string, f func(ctx context.Context, tx *db.Tx) error) ids.ID {
	s.t.Helper()
	op, err := s.try(why, f)
	if err != nil {
		s.t.Fatal(err)
	}
	return op
}

func (s *shop) try(why string, f func(ctx context.Context, tx *db.Tx) error) (op ids.ID, err error) {
	ctx := s.t.Context()
	err = s.d.Write(ctx, db.Op{Why: why}, func(tx *db.Tx) error {
		op = tx.Op
		return f(ctx, tx)
	})
	return op, err
}

func (s *shop) read(f func(ctx context.Context, tx *db.Tx) error) {
	s.t.Helper()
	ctx := s.t.Context()
	if err := s.d.Read(ctx, db.Who{}, func(tx *db.Tx) error { return f(ctx, tx) }); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) get(id ids.ID) (o orders.Order) {
	s.t.Helper()
	s.read(func(ctx context.Context, tx *db.Tx) (err error) {
		o, err = orders.Get(ctx, tx, id)
		return err
	})
	return o
}

func (s *shop) undo(op ids.ID) {
	s.t.Helper()
	if _, err := journal.Undo(s.t.Context(), s.d, db.Who{}, op, nil); err != nil {
		s.t.Fatal(err)
	}
}

// timeline returns what stands in a customer's timeline, newest first.
func (s *shop) timeline(customer ids.ID) (list []string) {
	s.t.Helper()
	s.read(func(ctx context.Context, tx *db.Tx) error {
		page, err := activity.Timeline(ctx, tx, customer, activity.Place{}, activity.Filter{})
		for _, i := range page.Items {
			list = append(list, string(i.Kind)+" "+i.Ref)
		}
		return err
	})
	return list
}

func (s *shop) lastAt(customer ids.ID) (at time.Time) {
	s.t.Helper()
	s.read(func(ctx context.Context, tx *db.Tx) error {
		c, err := customers.Get(ctx, tx, customer)
		at = c.LastAt
		return err
	})
	return at
}

// sound checks everything that is derived.
func (s *shop) sound() {
	s.t.Helper()
	if err := orders.MakeFigures(s.t.Context(), s.d); err != nil {
		s.t.Fatal(err)
	}
	s.read(func(ctx context.Context, tx *db.Tx) error {
		w, err := orders.CheckDerived(ctx, tx)
		if len(w.Sums) > 0 || len(w.Entries) > 0 || w.Figures || w.Total != 0 {
			s.t.Errorf("what is derived is wrong: %+v", w)
		}
		return err
	})
}

func (s *shop) figures() []orders.Figure {
	s.t.Helper()
	if err := orders.MakeFigures(s.t.Context(), s.d); err != nil {
		s.t.Fatal(err)
	}
	var f orders.Figures
	s.read(func(ctx context.Context, tx *db.Tx) (err error) {
		f, err = orders.ReadFigures(ctx, tx)
		return err
	})
	return f.List
}

const million = 1_000_000

func line(name string, quantity, price float64) orders.Line {
	return orders.Line{Name: name, Quantity: orders.Quantity(math.Round(quantity * million)), Price: money.Price(math.Round(price * million))}
}

var noon = time.Date(2026, 2, 20, 5, 0, 0, 0, time.UTC)

func (s *shop) order(customer ids.ID, lines ...orders.Line) *orders.Order {
	return &orders.Order{Customer: customer, At: noon, Lines: lines}
}

func (s *shop) create(o *orders.Order) ids.ID {
	s.t.Helper()
	return s.write("order.create", func(ctx context.Context, tx *db.Tx) error { return orders.Create(ctx, tx, o) })
}

func TestAmounts(t *testing.T) {
	tests := []struct {
		name     string
		currency money.Currency
		line     orders.Line
		discount int64
		want     int64
	}{
		{"whole rupiah", "IDR", line("a", 3, 125_000), 0, 375_000},
		{"half a rupiah goes up", "IDR", line("a", 0.5, 1), 0, 1},
		{"half a rupiah back goes down", "IDR", line("a", -0.5, 1), 0, -1},
		{"thousandths", "GBP", line("a", 1500, 0.001), 0, 150},
		{"rounded once", "GBP", line("a", 3, 0.333), 0, 100},
		{"half a penny", "GBP", line("a", 1, 0.125), 0, 13},
		{"three digits", "KWD", line("a", 1, 0.0005), 0, 1},
		{"no price", "GBP", line("a", 12, 0), 0, 0},
		{"negative price", "GBP", line("a", 1, -11062.06), 0, -1106206},
		{"negative quantity", "GBP", line("a", -2, 3.75), 0, -750},
		{"a millionth", "IDR", line("a", 0.000001, 1_000_000), 0, 1},
		{"discount", "IDR", line("a", 2, 500), 100, 900},
	}
	for _, tt := range tests {
		tt.line.Discount = tt.discount
		o := orders.Order{At: noon, Currency: tt.currency, Lines: []orders.Line{tt.line}}
		if err := o.Normalize("IDR"); err != nil || o.Lines[0].Amount != tt.want || o.Total != tt.want {
			t.Errorf("%s: amount %d, total %d, %v; want %d", tt.name, o.Lines[0].Amount, o.Total, err, tt.want)
		}
	}
}

func TestRefused(t *testing.T) {
	tests := []struct {
		field string
		order orders.Order
	}{
		{"currency", orders.Order{At: noon, Currency: "XXX"}},
		{"ordered_at", orders.Order{}},
		{"status", orders.Order{At: noon, Status: "lost"}},
		{"channel", orders.Order{At: noon, Channel: "pigeon"}},
		{"number", orders.Order{At: noon, Number: "a\x00b"}},
		{"returns_id", orders.Order{At: noon, Returns: ids.New(noon)}},
		{"lines.0.name", orders.Order{At: noon, Lines: []orders.Line{{Quantity: 1}}}},
		{"lines.1.quantity", orders.Order{At: noon, Lines: []orders.Line{line("a", 1, 1), {Name: "b", Quantity: math.MaxInt64, Price: math.MaxInt64}}}},
		{"lines.0.quantity", orders.Order{At: noon, Lines: []orders.Line{{Name: "b", Quantity: math.MinInt64, Price: math.MinInt64}}}},
		{"discount", orders.Order{At: noon, Discount: math.MaxInt64}},
		{"rate", orders.Order{At: noon, Currency: "USD", Rate: -1}},
	}
	for _, tt := range tests {
		err := tt.order.Normalize("IDR")
		if list := errs.All(err); len(list) != 1 || list[0].Field != tt.field || list[0].Kind != errs.Invalid {
			t.Errorf("%s: %v", tt.field, err)
		}
	}
}

// FuzzAmount compares the arithmetic with that of big.Rat.
func FuzzAmount(f *testing.F) {
	for _, s := range [][4]int64{{1, 1, 1, 1}, {-500_000, million, 3, 7}, {math.MaxInt64, math.MinInt64, -1, 1}, {80995 * million, 2_080_000, -1 * million, 11_062_060_000}} {
		f.Add(s[0], s[1], s[2], s[3])
	}
	f.Fuzz(func(t *testing.T, q1, p1, q2, p2 int64) {
		for _, c := range []money.Currency{"IDR", "GBP", "KWD"} {
			o := orders.Order{At: noon, Currency: c, Lines: []orders.Line{
				{Name: "a", Quantity: orders.Quantity(q1), Price: money.Price(p1)}, {Name: "b", Quantity: orders.Quantity(q2), Price: money.Price(p2)},
			}}
			want1, want2 := amount(q1, p1, c), amount(q2, p2, c)
			limit := big.NewInt(1_000_000_000_000_000)
			fits := want1.CmpAbs(limit) <= 0 && want2.CmpAbs(limit) <= 0 && new(big.Int).Add(want1, want2).CmpAbs(limit) <= 0
			err := o.Normalize("IDR")
			if (err == nil) != fits {
				t.Fatalf("%v × %v and %v × %v in %s: %v", q1, p1, q2, p2, c, err)
			}
			if err == nil && (o.Lines[0].Amount != want1.Int64() || o.Lines[1].Amount != want2.Int64() || o.Total != want1.Int64()+want2.Int64()) {
				t.Errorf("%d × %d and %d × %d in %s: %d, %d, %d; want %d, %d", q1, p1, q2, p2, c, o.Lines[0].Amount, o.Lines[1].Amount, o.Total, want1, want2)
			}
		}
	})
}

// amount is q × p in the minor units of c, both in millionths, rounded half away from zero.
func amount(q, p int64, c money.Currency) *big.Int {
	r := new(big.Rat).SetFrac(new(big.Int).Mul(big.NewInt(q), big.NewInt(p)), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(12-c.Digits())), nil))
	half := big.NewRat(1, 2)
	if r.Sign() < 0 {
		half.Neg(half)
	}
	r.Add(r, half)
	return new(big.Int).Quo(r.Num(), r.Denom())
}

func TestCreate(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		o := s.order(s.budi, line("Pompa", 2, 1_250_000), line("Pasang", 1, 150_000))
		o.Lines[0].Product, o.Lines[0].Code, o.Lines[0].Discount, o.Lines[0].Tax = s.pump, "PA-125", 50_000, 269_500
		o.Discount, o.Tax, o.Channel, o.Shop, o.Note = 100_000, 5_500, "shop", "Bandung", "Antar sore"
		op := s.create(o)
		got := s.get(o.ID)
		if got.Number != "SO-000001" || got.Customer != s.budi || !got.At.Equal(noon) || got.Currency != "IDR" || got.Rate != million || got.Status != orders.Confirmed {
			t.Errorf("stored: %+v", got)
		}
		if got.Total != 2_450_000+269_500+150_000-100_000+5_500 || got.Subtotal() != 2_600_000 || got.Taxes() != 275_000 || got.Count != 2 || len(got.Lines) != 2 {
			t.Errorf("total %d, subtotal %d, taxes %d, %d lines", got.Total, got.Subtotal(), got.Taxes(), got.Count)
		}
		if list := s.timeline(s.budi); !slices.Equal(list, []string{"order SO-000001"}) {
			t.Errorf("timeline: %v", list)
		}
		if at := s.lastAt(s.budi); !at.Equal(noon) {
			t.Errorf("last contact %v, want %v", at, noon)
		}
		s.sound()
		s.undo(op)
		s.read(func(ctx context.Context, tx *db.Tx) error {
			if _, err := orders.Get(ctx, tx, o.ID); errs.KindOf(err) != errs.NotFound {
				t.Errorf("after undo: %v", err)
			}
			n, err := orders.Total(ctx, tx)
			if n != 0 {
				t.Errorf("after undo there are %d orders", n)
			}
			return err
		})
		if list := s.timeline(s.budi); len(list) != 0 {
			t.Errorf("timeline after undo: %v", list)
		}
		if at := s.lastAt(s.budi); !at.IsZero() {
			t.Errorf("last contact after undo %v", at)
		}
	})
}

func TestNumbers(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		a := s.order(s.budi, line("a", 1, 1))
		a.Number = "SO-000001"
		s.create(a)
		b := s.order(s.budi, line("a", 1, 1))
		s.create(b)
		if b.Number == a.Number || b.Number == "" {
			t.Errorf("number %q", b.Number)
		}
		c := s.order(s.budi, line("a", 1, 1))
		c.Number = "SO-000001"
		_, err := s.try("order.create", func(ctx context.Context, tx *db.Tx) error { return orders.Create(ctx, tx, c) })
		if list := errs.All(err); errs.KindOf(err) != errs.Conflict || len(list) != 1 || list[0].Field != "number" {
			t.Errorf("the same number twice: %v", err)
		}
	})
}

func TestUpdate(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		o := s.order(s.budi, line("a", 1, 100), line("b", 2, 200), line("c", 3, 300))
		s.create(o)
		later := noon.Add(24 * time.Hour)
		op := s.write("order.update", func(ctx context.Context, tx *db.Tx) error {
			_, err := orders.Update(ctx, tx, o.ID, 1, func(o *orders.Order) error {
				o.Customer, o.At, o.Number = s.siti, later, "X-1"
				o.Lines = append(o.Lines[:1], o.Lines[2], line("d", 1, 50))
				o.Lines[0].Quantity = 10 * orders.One
				return nil
			})
			return err
		})
		got := s.get(o.ID)
		if got.Total != 1000+900+50 || got.Count != 3 || got.Rev != 2 || got.Lines[2].N != 4 {
			t.Errorf("changed: %+v", got)
		}
		if a, b := s.timeline(s.budi), s.timeline(s.siti); len(a) != 0 || !slices.Equal(b, []string{"order X-1"}) {
			t.Errorf("timelines: %v and %v", a, b)
		}
		if a, b := s.lastAt(s.budi), s.lastAt(s.siti); !a.IsZero() || !b.Equal(later) {
			t.Errorf("last contacts: %v and %v", a, b)
		}
		s.sound()
		_, err := s.try("order.update", func(ctx context.Context, tx *db.Tx) error {
			_, err := orders.Update(ctx, tx, o.ID, 1, func(*orders.Order) error { return nil })
			return err
		})
		if errs.KindOf(err) != errs.Stale {
			t.Errorf("an old revision: %v", err)
		}
		s.undo(op)
		if got := s.get(o.ID); got.Total != 100+400+900 || got.Customer != s.budi || got.Number == "X-1" || len(got.Lines) != 3 {
			t.Errorf("after undo: %+v", got)
		}
		if a, b := s.timeline(s.budi), s.timeline(s.siti); len(a) != 1 || len(b) != 0 {
			t.Errorf("timelines after undo: %v and %v", a, b)
		}
		if a, b := s.lastAt(s.budi), s.lastAt(s.siti); !a.Equal(noon) || !b.IsZero() {
			t.Errorf("last contacts after undo: %v and %v", a, b)
		}
		s.sound()
	})
}

// TestUndoAfterChange checks that what somebody changed since stays whole.
func TestUndoAfterChange(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		o := s.order(s.budi, line("a", 1, 100))
		op := s.create(o)
		s.d.Now = func() time.Time { return dbtest.Now.Add(time.Minute) }
		s.write("order.update", func(ctx context.Context, tx *db.Tx) error {
			_, err := orders.Update(ctx, tx, o.ID, 0, func(o *orders.Order) error { o.Note = "bayar tunai"; return nil })
			return err
		})
		s.undo(op)
		if got := s.get(o.ID); got.Note != "bayar tunai" || got.Total != 100 {
			t.Errorf("after undo: %+v", got)
		}
		if list := s.timeline(s.budi); len(list) != 1 {
			t.Errorf("the order stayed, its timeline is %v", list)
		}
		s.sound()
	})
}

func TestCustomerComesAndGoes(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		o := s.order(ids.ID{}, line("a", 1, 100))
		s.create(o)
		for _, of := range []ids.ID{s.budi, {}, s.siti} {
			s.write("order.update", func(ctx context.Context, tx *db.Tx) error {
				_, err := orders.Update(ctx, tx, o.ID, 0, func(o *orders.Order) error { o.Customer = of; return nil })
				return err
			})
			s.sound()
		}
		if a, b := s.timeline(s.budi), s.timeline(s.siti); len(a) != 0 || len(b) != 1 {
			t.Errorf("timelines: %v and %v", a, b)
		}
		_, err := s.try("order.update", func(ctx context.Context, tx *db.Tx) error {
			_, err := orders.Update(ctx, tx, o.ID, 0, func(o *orders.Order) error { o.Customer = ids.New(noon); return nil })
			return err
		})
		if list := errs.All(err); len(list) != 1 || list[0].Field != "customer_id" {
			t.Errorf("a customer who is not there: %v", err)
		}
	})
}

func TestReturn(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		o := s.order(s.budi, line("a", 5, 100))
		s.create(o)
		r := s.order(s.budi, line("a", 2, 100))
		r.Return, r.Returns, r.Lines[0].Discount, r.Tax = true, o.ID, 20, 11
		r.Turn()
		r.Turn() // twice is once
		s.create(r)
		if got := s.get(r.ID); got.Total != -180-11 || got.Lines[0].Quantity != -2*orders.One {
			t.Errorf("return: %+v", got)
		}
		s.read(func(ctx context.Context, tx *db.Tx) error {
			list, err := orders.ReturnsOf(ctx, tx, o.ID)
			if len(list) != 1 || list[0].ID != r.ID {
				t.Errorf("returns: %+v", list)
			}
			return err
		})
		if list := s.timeline(s.budi); !slices.Equal(list, []string{"return " + r.Number, "order " + o.Number}) {
			t.Errorf("timeline: %v", list)
		}
		del := s.write("order.delete", func(ctx context.Context, tx *db.Tx) error { return orders.Delete(ctx, tx, []ids.ID{o.ID}) })
		if got := s.get(r.ID); !got.Returns.IsZero() {
			t.Errorf("the return of a deleted order: %+v", got)
		}
		s.sound()
		s.undo(del)
		if got := s.get(r.ID); got.Returns != o.ID {
			t.Errorf("after undo: %+v", got)
		}
		if got := s.get(o.ID); got.Total != 500 || len(got.Lines) != 1 {
			t.Errorf("after undo: %+v", got)
		}
		if list := s.timeline(s.budi); len(list) != 2 {
			t.Errorf("timeline after undo: %v", list)
		}
		s.sound()
	})
}

func TestReplaceAndAppend(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		same := line("same", 1, 10)
		o := s.order(s.budi, same, same, line("b", 2, 20), line("c", 3, 30))
		s.create(o)
		op := s.write("import.orders", func(ctx context.Context, tx *db.Tx) error {
			old, err := orders.Get(ctx, tx, o.ID)
			if err != nil {
				return err
			}
			fresh := old.Clone()
			fresh.Lines = []orders.Line{line("c", 3, 30), same, same, same}
			if err := fresh.Normalize("IDR"); err != nil {
				return err
			}
			if changed, err := orders.Replace(ctx, tx, &old, &fresh); !changed || err != nil {
				t.Errorf("replace: %v, %v", changed, err)
			}
			more := orders.Order{ID: o.ID, Currency: "IDR", Lines: []orders.Line{line("later", 1, 7)}}
			orders.ChangedMany(ctx, tx)
			return orders.Append(ctx, tx, []*orders.Order{&more})
		})
		got := s.get(o.ID)
		if got.Total != 90+30+7 || len(got.Lines) != 5 || got.Lines[3].Name != "c" || got.Lines[3].N != 4 {
			t.Errorf("replaced: %+v", got)
		}
		s.sound()
		s.write("import.orders", func(ctx context.Context, tx *db.Tx) error {
			old, err := orders.Get(ctx, tx, o.ID)
			if err != nil {
				return err
			}
			fresh := old.Clone()
			slices.Reverse(fresh.Lines)
			if changed, err := orders.Replace(ctx, tx, &old, &fresh); changed || err != nil {
				t.Errorf("replaced by the same: %v, %v", changed, err)
			}
			return nil
		})
		s.undo(op)
		if got := s.get(o.ID); got.Total != 20+40+90 || len(got.Lines) != 4 {
			t.Errorf("after undo: %+v", got)
		}
		s.sound()
	})
}

// touch does what a server does after an operation that brought many orders.
func (s *shop) touch(op ids.ID) {
	s.t.Helper()
	r := jobs.NewRunner(s.d, slog.New(slog.DiscardHandler))
	activity.Register(r, s.d)
	err := s.d.Write(s.t.Context(), db.Op{}, func(tx *db.Tx) error { return activity.TouchLater(s.t.Context(), tx, op) })
	if err == nil {
		err = r.Drain(s.t.Context())
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

func TestInsert(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		op := s.write("import.orders", func(ctx context.Context, tx *db.Tx) error {
			var list []*orders.Order
			for i := range 50 {
				o := s.order([]ids.ID{s.budi, s.siti, {}}[i%3], line("a", 1, 100), line("a", 1, 100))
				o.Number, o.Status, o.At = "N"+string(rune('A'+i)), orders.Delivered, noon.Add(time.Duration(i)*time.Minute)
				if err := o.Normalize("GBP"); err != nil {
					return err
				}
				list = append(list, o)
			}
			orders.ChangedMany(ctx, tx)
			if err := orders.Insert(ctx, tx, list); err != nil {
				return err
			}
			return orders.Append(ctx, tx, []*orders.Order{{ID: list[3].ID, Currency: "GBP", Lines: []orders.Line{line("b", 1, 1)}}})
		})
		s.touch(op)
		s.sound()
		if n := len(s.timeline(s.budi)); n != 17 {
			t.Errorf("%d orders in the timeline, want 17", n)
		}
		if at := s.lastAt(s.siti); !at.Equal(noon.Add(49 * time.Minute)) {
			t.Errorf("last contact %v", at)
		}
		s.undo(op)
		if n := len(s.timeline(s.budi)); n != 0 || len(s.figures()) != 0 {
			t.Errorf("after undo the timeline has %d entries, the figures are %+v", n, s.figures())
		}
		s.sound()
	})
}

func TestStatus(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		a, b := s.order(s.budi, line("a", 1, 100)), s.order(s.siti, line("a", 1, 50))
		b.Status = orders.Cancelled
		s.create(a)
		s.create(b)
		if f := s.figures(); len(f) != 1 || f[0].Invoices != 1 || f[0].Value != 100 {
			t.Errorf("a cancelled order counts: %+v", f)
		}
		op := s.write("order.status", func(ctx context.Context, tx *db.Tx) error {
			n, err := orders.SetStatus(ctx, tx, []ids.ID{a.ID, b.ID}, orders.Cancelled)
			if n != 1 {
				t.Errorf("%d orders changed, want 1", n)
			}
			return err
		})
		if f := s.figures(); len(f) != 0 {
			t.Errorf("cancelled orders count: %+v", f)
		}
		s.undo(op)
		if f := s.figures(); len(f) != 1 {
			t.Errorf("after undo: %+v", f)
		}
	})
}

func TestFigures(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		gbp := func(customer ids.ID, lines ...orders.Line) {
			o := s.order(customer, lines...)
			o.Currency = "GBP"
			for i := range lines {
				o.Return = o.Return || lines[i].Quantity < 0
			}
			s.create(o)
		}
		gbp(s.budi, line("a", 1, 0.004), line("a", 1, 0.004), line("a", 1, 0.004)) // 0.012: rounded at the end, not 0
		gbp(s.budi, line("a", -1, 2.5))
		gbp(s.siti, line("a", 3, 0), line("bad debt", 1, -11062.06))
		gbp(ids.ID{}, line("a", 1, 7))
		s.create(s.order(s.siti, line("a", 2, 22_000_000)))
		want := []orders.Figure{
			{Currency: "GBP", Invoices: 4, Returns: 1, Lines: 7, Value: -1105755, UnknownInvoices: 1, UnknownLines: 1, Customers: 2,
				SoldLines: 3, SoldInvoices: 1, SoldCustomers: 1, SoldValue: 1},
			{Currency: "IDR", Invoices: 1, Lines: 1, Value: 44_000_000, Customers: 1, SoldLines: 1, SoldInvoices: 1, SoldCustomers: 1, SoldValue: 44_000_000},
		}
		if got := s.figures(); !slices.Equal(got, want) {
			t.Errorf("figures:\n%+v\nwant\n%+v", got, want)
		}
	})
}

// TestFiguresFollow checks that small changes are added to the figures at once,
// and that others make a job count all orders, with the same result.
func TestFiguresFollow(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		r := jobs.NewRunner(s.d, slog.New(slog.DiscardHandler))
		orders.Register(r, s.d)
		bus := outbox.NewBus(s.d, slog.New(slog.DiscardHandler))
		outbox.On(bus, "orders.figures", "", orders.Follow)
		kept := func() (list []orders.Figure) {
			s.read(func(ctx context.Context, tx *db.Tx) error {
				f, err := orders.ReadFigures(ctx, tx)
				list = f.List
				return err
			})
			return list
		}
		at := s.d.Now()
		s.d.Now = func() time.Time { return at }
		follow := func(what string, jobsToo bool) {
			t.Helper()
			if err := bus.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
			at = at.Add(time.Minute)
			if jobsToo {
				if err := r.Drain(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			got := kept()
			if want := s.figures(); !slices.Equal(got, want) {
				t.Errorf("%s: figures\n%+v\nwant\n%+v", what, got, want)
			}
		}
		first := s.order(s.budi, line("a", 1, 100))
		s.create(first)
		follow("the first", true)
		gbp := s.order(s.siti, line("a", 3, 0.004), line("b", -1, 2.5))
		gbp.Currency = "GBP"
		s.create(gbp)
		s.create(s.order(ids.ID{}, line("a", 1, 7)))
		unseen := s.order(s.siti, line("a", 1, 7))
		unseen.Status = orders.Draft
		s.create(unseen)
		follow("more of them", false)
		change := func(id ids.ID, f func(*orders.Order)) ids.ID {
			return s.write("order.update", func(ctx context.Context, tx *db.Tx) error {
				_, err := orders.Update(ctx, tx, id, 0, func(o *orders.Order) error { f(o); return nil })
				return err
			})
		}
		change(unseen.ID, func(o *orders.Order) { o.Status = orders.Confirmed })
		change(first.ID, func(o *orders.Order) { o.Customer, o.Lines[0].Quantity = s.siti, 2_500_000 })
		follow("changed", false)
		change(first.ID, func(o *orders.Order) { o.Currency, o.Rate = "GBP", 0 })
		moved := s.write("order.status", func(ctx context.Context, tx *db.Tx) error {
			_, err := orders.SetStatus(ctx, tx, []ids.ID{gbp.ID, unseen.ID}, orders.Cancelled)
			return err
		})
		follow("of another currency, and cancelled", false)
		s.undo(moved)
		follow("undone", true)
		s.write("order.delete", func(ctx context.Context, tx *db.Tx) error { return orders.Delete(ctx, tx, []ids.ID{gbp.ID, first.ID}) })
		follow("deleted", false)
		s.write("import.orders", func(ctx context.Context, tx *db.Tx) error {
			o := s.order(s.budi, line("a", 1, 100))
			o.Number = "N"
			if err := o.Normalize("IDR"); err != nil {
				return err
			}
			orders.ChangedMany(ctx, tx)
			return orders.Insert(ctx, tx, []*orders.Order{o})
		})
		follow("imported", true)
	})
}

func TestGuards(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		o := s.order(s.budi, line("a", 1, 100))
		o.Lines[0].Product = s.pump
		s.create(o)
		book := customers.Book{Leaving: []func(context.Context, *db.Tx, []ids.ID) error{orders.Leaving, activity.Leave}}
		_, err := s.try("customer.delete", func(ctx context.Context, tx *db.Tx) error { return book.Delete(ctx, tx, []ids.ID{s.siti, s.budi}) })
		if errs.KindOf(err) != errs.Conflict {
			t.Errorf("a customer with orders was deleted: %v", err)
		}
		s.write("customer.delete", func(ctx context.Context, tx *db.Tx) error { return book.Delete(ctx, tx, []ids.ID{s.siti}) })
		s.write("product.delete", func(ctx context.Context, tx *db.Tx) error {
			shelf := catalog.Shelf{Used: []catalog.Asker{orders.Used}}
			gone, kept, err := shelf.Remove(ctx, tx, []ids.ID{s.pump, s.other})
			if !slices.Equal(gone, []ids.ID{s.other}) || !slices.Equal(kept, []ids.ID{s.pump}) {
				t.Errorf("products deleted %v, archived %v", gone, kept)
			}
			return err
		})
		entry := activity.EntryOf(o.ID)
		_, err = s.try("interaction.delete", func(ctx context.Context, tx *db.Tx) error { return activity.Delete(ctx, tx, entry) })
		if errs.KindOf(err) != errs.Conflict {
			t.Errorf("an order was taken out of its timeline: %v", err)
		}
		if r, ok := activity.RecordOf(entry); !ok || r != o.ID {
			t.Errorf("record of the entry: %v, %v", r, ok)
		}
		_, err = s.try("interaction.create", func(ctx context.Context, tx *db.Tx) error {
			return activity.Log(ctx, tx, &activity.Interaction{Customer: s.budi, Kind: activity.Order, Body: "x"})
		})
		if errs.KindOf(err) != errs.Invalid {
			t.Errorf("an order was logged by hand: %v", err)
		}
	})
}

func TestResolve(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		s.read(func(ctx context.Context, tx *db.Tx) error {
			o := orders.Order{Lines: []orders.Line{{Code: "pa-125"}, {Code: "PA-125"}, {Product: s.pump}, {Code: "Pa-125", Name: "Pompa"}}}
			if _, err := orders.Resolve(ctx, tx, &o); err != nil {
				return err
			}
			for i, want := range []orders.Line{{Product: s.other, Code: "pa-125"}, {Product: s.pump, Code: "PA-125"}, {Product: s.pump, Code: "PA-125"}, {Code: "Pa-125", Name: "Pompa"}} {
				if o.Lines[i] != want {
					t.Errorf("line %d: %+v, want %+v", i, o.Lines[i], want)
				}
			}
			_, err := orders.Resolve(ctx, tx, &orders.Order{Lines: []orders.Line{{Code: "PA-125"}, {Code: "Pa-125"}}})
			if list := errs.All(err); len(list) != 1 || list[0].Field != "lines.1.product_code" {
				t.Errorf("an unknown code: %v", err)
			}
			return nil
		})
	})
}
