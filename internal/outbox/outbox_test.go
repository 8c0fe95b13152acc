package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/outbox"
)

var modules = []db.Module{outbox.Module, {
	Name: "shop", Schema: fstest.MapFS{"schema/001.sql": {Data: []byte(`
CREATE TABLE seen (
  n   BIGSERIAL PRIMARY KEY,
  num BIGINT NOT NULL
);`)}},
}}

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

type sold struct {
	Num  int64
	Item ids.ID
}

func (sold) EventName() string      { return "shop.sold" }
func (s sold) EventSubject() ids.ID { return s.Item }

func publish(ctx context.Context, d *db.DB, list ...sold) error {
	return d.Write(ctx, db.Op{Why: "shop.sell"}, func(tx *db.Tx) error {
		for _, e := range list {
			outbox.Publish(ctx, tx, e)
		}
		return nil
	})
}

// note stores what was delivered, in the subscriber's transaction.
func note(ctx context.Context, tx *db.Tx, list []sold) error {
	for _, e := range list {
		if _, err := tx.Exec(ctx, `INSERT INTO seen (num) VALUES ($1)`, e.Num); err != nil {
			return err
		}
	}
	return nil
}

func seen(t *testing.T, d *db.DB) []int64 {
	t.Helper()
	var list []int64
	err := d.Read(t.Context(), db.Who{}, func(tx *db.Tx) (err error) {
		list, err = db.List(t.Context(), tx, db.One[int64], `SELECT num FROM seen ORDER BY n`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestInOrderAndOnce(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		b := outbox.NewBus(d, quiet)
		outbox.On(b, "note", "", note)
		for i := range int64(3) {
			if err := publish(t.Context(), d, sold{Num: 2 * i}, sold{Num: 2*i + 1}); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if err := b.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got := seen(t, d); !slices.Equal(got, []int64{0, 1, 2, 3, 4, 5}) {
			t.Errorf("delivered %v", got)
		}
	})
}

func TestNothingIsPublishedByWhatFailed(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		b := outbox.NewBus(d, quiet)
		outbox.On(b, "note", "", note)
		d.Write(t.Context(), db.Op{Why: "shop.sell"}, func(tx *db.Tx) error {
			outbox.Publish(t.Context(), tx, sold{Num: 1})
			return errors.New("boom")
		})
		if err := b.Drain(t.Context()); err != nil || len(seen(t, d)) != 0 {
			t.Errorf("delivered %v, %v", seen(t, d), err)
		}
	})
}

// TestManyPublishers has 16 publishers at once, and two processes that read
// meanwhile: none may be lost, none may come twice.
func TestManyPublishers(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		ctx, stop := context.WithCancel(t.Context())
		var readers, writers sync.WaitGroup
		for range 2 {
			b := outbox.NewBus(d, quiet)
			outbox.On(b, "note", "", note)
			readers.Go(func() {
				for ctx.Err() == nil {
					b.Drain(ctx)
				}
			})
		}
		const each = 10
		for w := range int64(16) {
			writers.Go(func() {
				for i := range int64(each) {
					if err := publish(t.Context(), d, sold{Num: w*each + i}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		writers.Wait()
		for end := time.Now().Add(20 * time.Second); len(seen(t, d)) < 16*each && time.Now().Before(end); {
			time.Sleep(5 * time.Millisecond)
		}
		stop()
		readers.Wait()
		got := seen(t, d)
		slices.Sort(got)
		if len(got) != 16*each || len(slices.Compact(got)) != 16*each {
			t.Errorf("%d delivered, want %d, each once", len(got), 16*each)
		}
	})
}

// TestWorkAndPlaceAreOne fails after the work: it must be as if not done.
func TestWorkAndPlaceAreOne(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		fail := true
		b := outbox.NewBus(d, quiet)
		outbox.On(b, "note", "", func(ctx context.Context, tx *db.Tx, list []sold) error {
			err := note(ctx, tx, list)
			if fail {
				fail = false
				return errors.New("killed")
			}
			return err
		})
		if err := publish(t.Context(), d, sold{Num: 1}, sold{Num: 2}); err != nil {
			t.Fatal(err)
		}
		if err := b.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := seen(t, d); !slices.Equal(got, []int64{1, 2}) {
			t.Errorf("delivered %v", got)
		}
	})
}

func TestAPoisonedEventStopsOnlyItsSubject(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		now := dbtest.Now
		d.Now = func() time.Time { return now }
		sick, well := ids.New(now), ids.New(now)
		bad := true
		b := outbox.NewBus(d, quiet)
		outbox.On(b, "note", "", func(ctx context.Context, tx *db.Tx, list []sold) error {
			for _, e := range list {
				if e.Num == 1 && bad {
					return fmt.Errorf("can't take %d", e.Num)
				}
			}
			return note(ctx, tx, list)
		})
		if err := publish(t.Context(), d, sold{0, well}, sold{1, sick}, sold{2, well}, sold{3, sick}, sold{4, well}); err != nil {
			t.Fatal(err)
		}
		for range 20 {
			if err := b.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
			now = now.Add(time.Minute)
		}
		if got := seen(t, d); !slices.Equal(got, []int64{0, 2, 4}) {
			t.Errorf("delivered %v, want 0 2 4", got)
		}
		bad = false
		if err := b.Retry(t.Context(), "note"); err != nil {
			t.Fatal(err)
		}
		if got := seen(t, d); !slices.Equal(got, []int64{0, 2, 4, 1, 3}) {
			t.Errorf("delivered %v, want 1 and 3 after all", got)
		}
	})
}

func TestEffectsHangUnderTheirCause(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		b := outbox.NewBus(d, quiet)
		outbox.On(b, "note", "shop.note", note)
		if err := publish(t.Context(), d, sold{Num: 1}); err != nil {
			t.Fatal(err)
		}
		if err := b.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		err := d.Read(t.Context(), db.Who{}, func(tx *db.Tx) error {
			n, err := db.Get(t.Context(), tx, db.One[int], `
				SELECT COUNT(*) FROM operation e JOIN operation c ON c.id = e.cause WHERE e.why = 'shop.note' AND c.why = 'shop.sell'`)
			if n != 1 {
				t.Error("the effect does not name its cause")
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestPurge(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		b := outbox.NewBus(d, quiet)
		outbox.On(b, "note", "", note)
		outbox.On(b, "late", "", func(context.Context, *db.Tx, []sold) error { return errors.New("not yet") })
		if err := publish(t.Context(), d, sold{Num: 1}); err != nil {
			t.Fatal(err)
		}
		b.Drain(t.Context())
		err := d.Write(t.Context(), db.Op{}, func(tx *db.Tx) error {
			if _, err := outbox.Purge(t.Context(), tx, dbtest.Now.Add(time.Hour)); err != nil {
				return err
			}
			n, err := db.Get(t.Context(), tx, db.One[int], `SELECT COUNT(*) FROM outbox_event`)
			if n != 1 {
				t.Error("an event was purged that a subscriber has not read")
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestAPanicIsAFailure(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		b := outbox.NewBus(d, quiet)
		outbox.On(b, "note", "", func(ctx context.Context, tx *db.Tx, list []sold) error {
			for _, e := range list {
				if e.Num == 1 {
					panic("can't take it")
				}
			}
			return note(ctx, tx, list)
		})
		if err := publish(t.Context(), d, sold{Num: 0}, sold{Num: 1}, sold{Num: 2}); err != nil {
			t.Fatal(err)
		}
		if err := b.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := seen(t, d); !slices.Equal(got, []int64{0, 2}) {
			t.Errorf("delivered %v, want 0 2", got)
		}
	})
}

// TestOthersNeedNotWait has an event that fails: what others wait for comes
// at once, its own subject's as soon as it succeeds, in order.
func TestOthersNeedNotWait(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		now := dbtest.Now
		d.Now = func() time.Time { return now }
		sick, well := ids.New(now), ids.New(now)
		tries := 0
		b := outbox.NewBus(d, quiet)
		outbox.On(b, "note", "", func(ctx context.Context, tx *db.Tx, list []sold) error {
			if list[0].Num == 0 && len(list) == 1 {
				if tries++; tries < 3 {
					return errors.New("not now")
				}
			} else if list[0].Num == 0 {
				return errors.New("not now")
			}
			return note(ctx, tx, list)
		})
		drain := func(want ...int64) {
			t.Helper()
			if err := b.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := seen(t, d); !slices.Equal(got, want) {
				t.Errorf("delivered %v, want %v", got, want)
			}
		}
		if err := publish(t.Context(), d, sold{0, sick}, sold{1, well}, sold{2, sick}); err != nil {
			t.Fatal(err)
		}
		drain(1)
		if err := publish(t.Context(), d, sold{3, sick}, sold{4, well}); err != nil {
			t.Fatal(err)
		}
		drain(1, 4)
		now = now.Add(time.Second)
		drain(1, 4)
		now = now.Add(4 * time.Second)
		drain(1, 4, 0, 2, 3)
	})
}

func TestParkedAndSkip(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		ctx, now := t.Context(), dbtest.Now
		d.Now = func() time.Time { return now }
		item := ids.New(now)
		b := outbox.NewBus(d, quiet)
		outbox.On(b, "note", "", func(ctx context.Context, tx *db.Tx, list []sold) error {
			if list[0].Num == 0 {
				return errors.New("never")
			}
			return note(ctx, tx, list)
		})
		if err := publish(ctx, d, sold{0, item}, sold{1, item}, sold{2, item}); err != nil {
			t.Fatal(err)
		}
		for range 6 {
			if err := b.Drain(ctx); err != nil {
				t.Fatal(err)
			}
			now = now.Add(2 * time.Minute)
		}
		err := d.Write(ctx, db.Op{}, func(tx *db.Tx) error {
			list, err := outbox.AllParked(ctx, tx, 10)
			if len(list) != 1 || list[0].Seq != 1 || list[0].Event != "shop.sold" || list[0].Subject != item ||
				list[0].Error != "never" || list[0].Behind != 2 || !list[0].At.Equal(dbtest.Now) {
				t.Errorf("parked: %+v", list)
			}
			if n, err := outbox.Waiting(ctx, tx); n != 3 || err != nil {
				t.Errorf("%d deliveries wait, %v; want 3", n, err)
			}
			return errors.Join(err, outbox.Skip(ctx, tx, "note", 1))
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Drain(ctx); err != nil {
			t.Fatal(err)
		}
		if got := seen(t, d); !slices.Equal(got, []int64{1, 2}) {
			t.Errorf("delivered %v, want those behind the skipped one", got)
		}
	})
}

func TestBookkeepersGetBatches(t *testing.T) {
	d := dbtest.Open(t, modules...)
	b := outbox.NewBus(d, quiet)
	var plain, ops []int
	outbox.On(b, "plain", "", func(_ context.Context, _ *db.Tx, list []sold) error { plain = append(plain, len(list)); return nil })
	outbox.On(b, "ops", "shop.note", func(_ context.Context, _ *db.Tx, list []sold) error { ops = append(ops, len(list)); return nil })
	for range 5 {
		if err := publish(t.Context(), d, sold{}, sold{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(plain, []int{10}) || !slices.Equal(ops, []int{2, 2, 2, 2, 2}) {
		t.Errorf("batches of %v and, of one operation each, %v", plain, ops)
	}
}

func TestSubscribersActForTheActor(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		b := outbox.NewBus(d, quiet)
		who := db.Who{User: ids.New(dbtest.Now), Name: "Ratna"}
		var got db.Who
		outbox.On(b, "note", "shop.note", func(_ context.Context, tx *db.Tx, _ []sold) error { got = tx.Who; return nil })
		err := d.Write(t.Context(), db.Op{Why: "shop.sell", Who: who}, func(tx *db.Tx) error {
			outbox.Publish(t.Context(), tx, sold{})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Drain(t.Context()); err != nil || got != who {
			t.Errorf("by %+v, %v; want %+v", got, err, who)
		}
	})
}

func TestPublishedAtTheEnd(t *testing.T) {
	d := dbtest.Open(t, modules...)
	b := outbox.NewBus(d, quiet)
	outbox.On(b, "note", "", note)
	err := d.Write(t.Context(), db.Op{}, func(tx *db.Tx) error {
		outbox.Publish(t.Context(), tx, sold{Num: 1})
		tx.BeforeCommit(func(ctx context.Context, tx *db.Tx) error {
			outbox.Publish(ctx, tx, sold{Num: 2})
			return nil
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := seen(t, d); !slices.Equal(got, []int64{1, 2}) {
		t.Errorf("delivered %v", got)
	}
}

// TestTwoProcesses lets two buses deliver to a subscriber that works in
// operations: each event once, and no operation that did nothing.
func TestTwoProcesses(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		const events = 40
		for i := range int64(events) {
			if err := publish(t.Context(), d, sold{Num: i}); err != nil {
				t.Fatal(err)
			}
		}
		var wg sync.WaitGroup
		for range 2 {
			b := outbox.NewBus(d, quiet)
			outbox.On(b, "note", "shop.note", note)
			wg.Go(func() {
				for len(seen(t, d)) < events && t.Context().Err() == nil {
					if err := b.Drain(t.Context()); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		var want []int64
		for i := range int64(events) {
			want = append(want, i)
		}
		if got := seen(t, d); !slices.Equal(got, want) {
			t.Errorf("delivered %v", got)
		}
		err := d.Read(t.Context(), db.Who{}, func(tx *db.Tx) error {
			n, err := db.Get(t.Context(), tx, db.One[int], `SELECT COUNT(*) FROM operation WHERE why = 'shop.note'`)
			if n != events {
				t.Errorf("%d operations for %d events", n, events)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestRunDeliversAtOnce(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		b := outbox.NewBus(d, quiet)
		got := make(chan int64, 1)
		outbox.On(b, "note", "", func(_ context.Context, _ *db.Tx, list []sold) error { got <- list[0].Num; return nil })
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { b.Run(ctx) })
		defer wg.Wait()
		defer stop()
		var least time.Duration = time.Hour
		for i := range int64(5) {
			at := time.Now()
			if err := publish(t.Context(), d, sold{Num: i}); err != nil {
				t.Fatal(err)
			}
			select {
			case n := <-got:
				if n != i {
					t.Fatalf("got %d, want %d", n, i)
				}
				least = min(least, time.Since(at))
			case <-time.After(10 * time.Second):
				t.Fatal("not delivered")
			}
		}
		if least > 500*time.Millisecond {
			t.Errorf("delivered after %v: nobody woke the bus", least)
		}
	})
}

func BenchmarkPublish(b *testing.B) {
	d := dbtest.Open(b, modules...)
	for _, n := range []int{0, 1} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if err := publish(b.Context(), d, make([]sold, n)...); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
