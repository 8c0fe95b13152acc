package outbox

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
)

const (
	poll      = time.Second // how often a subscriber looks when nobody wakes it
	purgeEach = time.Hour

	// gather is how often a subscriber looks at most while events follow each
	// other: the first is taken at once, those that come soon after it together,
	// since each commit costs more than what is done for an event.
	gather = 200 * time.Millisecond

	// Keep is how long events are kept after they have been delivered.
	Keep = 7 * 24 * time.Hour
)

// A Bus delivers events to subscribers. Several processes may have one each
// for the same database: an event is delivered by one of them.
type Bus struct {
	db   *db.DB
	log  *slog.Logger
	subs []*subscriber
}

// NewBus returns a Bus without subscribers. It tells log, or slog.Default() if
// that is nil, which events could not be delivered.
func NewBus(d *db.DB, log *slog.Logger) *Bus {
	return &Bus{db: d, log: cmp.Or(log, slog.Default())}
}

type subscriber struct {
	name, why, event string
	deliver          func(ctx context.Context, tx *db.Tx, list []event) error
	woken            chan struct{}

	mu    sync.Mutex // taken by step
	alone int        // how many events are delivered one by one, since their batch failed
	known bool       // its place is there
}

func (s *subscriber) wake() {
	select {
	case s.woken <- struct{}{}:
	default: // awake already
	}
}

// On subscribes f to events of type E, given in batches, in their order. The
// name identifies the subscriber's place in the stream and never changes; a
// new subscriber begins with the oldest event that is kept.
//
// If why is not empty it is the message key of an operation: f then runs in an
// operation of that name, by the actor of the events and caused by theirs, and
// may change journaled tables. All events of its batch come from one operation.
//
// f must be idempotent, since it may get an event again, and do database work
// only. An error or a panic undoes the batch; its events are then given one by
// one, to find the one that fails.
//
// Subscribe before [Bus.Run].
func On[E Event](b *Bus, name, why string, f func(ctx context.Context, tx *db.Tx, list []E) error) {
	var zero E
	if slices.ContainsFunc(b.subs, func(s *subscriber) bool { return s.name == name }) {
		panic("outbox: two subscribers are named " + name)
	}
	b.subs = append(b.subs, &subscriber{
		name: name, why: why, event: zero.EventName(), woken: make(chan struct{}, 1),
		deliver: func(ctx context.Context, tx *db.Tx, list []event) error {
			typed := make([]E, len(list))
			for i := range list {
				if err := json.Unmarshal([]byte(list[i].data), &typed[i]); err != nil {
					return err
				}
			}
			return f(ctx, tx, typed)
		},
	})
}

// Run delivers events until ctx ends. It also deletes old ones.
func (b *Bus) Run(ctx context.Context) error {
	running.Lock()
	if running.buses == nil {
		running.buses = map[*db.DB][]*Bus{}
	}
	running.buses[b.db] = append(running.buses[b.db], b)
	running.Unlock()
	defer b.stopped()
	var wg sync.WaitGroup
	for _, s := range b.subs {
		wg.Go(func() { b.serve(ctx, s) })
	}
	wg.Go(func() { b.purge(ctx) })
	wg.Wait()
	return nil
}

func (b *Bus) stopped() {
	running.Lock()
	defer running.Unlock()
	list := slices.DeleteFunc(running.buses[b.db], func(x *Bus) bool { return x == b })
	if running.buses[b.db] = list; len(list) == 0 {
		delete(running.buses, b.db)
	}
}

// serve delivers to one subscriber until ctx ends.
func (b *Bus) serve(ctx context.Context, s *subscriber) {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	var last time.Time // when there was something
	for ctx.Err() == nil {
		more, err := b.step(ctx, s)
		if err != nil && ctx.Err() == nil {
			b.log.Error("events can't be delivered", "subscriber", s.name, "err", err)
		}
		if more {
			last = time.Now()
			continue
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-s.woken:
			select {
			case <-ctx.Done():
			case <-time.After(gather - time.Since(last)):
			}
		}
	}
}

func (b *Bus) purge(ctx context.Context) {
	tick := time.NewTicker(purgeEach)
	defer tick.Stop()
	for {
		for more := true; more; {
			err := b.db.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) (err error) {
				more, err = Purge(ctx, tx, tx.Now.Add(-Keep))
				return err
			})
			if err != nil {
				more = false
				if ctx.Err() == nil {
					b.log.Error("old events not deleted", "err", err)
				}
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Drain delivers all that waits and is due, including what subscribers publish
// in turn, and returns. An event that fails is set aside as in [Bus.Run]; that
// is no error.
func (b *Bus) Drain(ctx context.Context) error {
	for again := true; again; {
		again = false
		for _, s := range b.subs {
			for more := true; more; {
				var err error
				if more, err = b.step(ctx, s); err != nil {
					return fmt.Errorf("outbox: %s: %w", s.name, err)
				}
				again = again || more
			}
		}
	}
	return nil
}

// Retry delivers what a subscriber has parked, and what waits behind it,
// again: now, and in the end as often as new events.
func (b *Bus) Retry(ctx context.Context, name string) error {
	err := b.db.Write(ctx, db.Op{}, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE outbox_late SET tries = 0, due = 0 WHERE subscriber = $1 AND tries > 0`, name)
		return err
	})
	if err != nil {
		return err
	}
	return b.Drain(ctx)
}

// event is a stored event.
type event struct {
	seq     int64
	subject ids.ID
	op      ids.ID
	who     db.Who
	data    string
	late    bool // the event was set aside, or an earlier one of its subject is
	tries   int  // that failed
}

const eventCols = `e.seq, e.subject, e.op, e.actor, e.actor_name, e.data`

func scanEvent(s db.Scanner, e *event) error {
	return s.Scan(&e.seq, &e.subject, &e.op, &e.who.User, &e.who.Name, &e.data)
}

func scanLate(s db.Scanner, e *event) error {
	e.late = true
	return s.Scan(&e.seq, &e.subject, &e.op, &e.who.User, &e.who.Name, &e.data, &e.tries)
}

// step delivers the next batch of events to s, or one that was set aside and
// is due again. It reports whether it did something, so that there may be more.
func (b *Bus) step(ctx context.Context, s *subscriber) (more bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := b.introduce(ctx, s); err != nil {
		return false, err
	}
	var place int64
	var list []event
	err = b.db.Read(ctx, db.Who{}, func(tx *db.Tx) error {
		place, list, err = s.next(ctx, tx)
		return err
	})
	if err != nil || len(list) == 0 {
		return false, err
	}
	err = b.try(ctx, s, place, list)
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, errMoved):
		return true, nil
	case errors.Is(err, errElsewhere):
		return false, nil
	case ctx.Err() != nil:
		return false, err
	case len(list) > 1:
		s.alone = len(list)
		return true, nil
	}
	// Only the event is at fault if its failure can be written down.
	if e := b.setAside(ctx, s, place, list[0], err); errors.Is(e, errMoved) || errors.Is(e, errElsewhere) {
		return false, nil
	} else if e != nil {
		return false, errors.Join(err, e)
	}
	b.log.Error("event not delivered", "subscriber", s.name, "event", list[0].seq, "try", list[0].tries+1, "err", err)
	return true, nil
}

// introduce makes s's row of places.
func (b *Bus) introduce(ctx context.Context, s *subscriber) error {
	if s.known {
		return nil
	}
	err := b.db.Write(ctx, db.Op{}, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO outbox_place (subscriber, name, seq) VALUES ($1, $2, 0)
			ON CONFLICT (subscriber) DO UPDATE SET name = excluded.name WHERE outbox_place.name <> excluded.name`, s.name, s.event)
		return err
	})
	s.known = err == nil
	return err
}

// next returns s's place and the events to deliver together: one that was set
// aside and is due, or new ones. If s works in operations, they are of one.
func (s *subscriber) next(ctx context.Context, tx *db.Tx) (place int64, list []event, err error) {
	place, err = db.Get(ctx, tx, db.One[int64], `SELECT seq FROM outbox_place WHERE subscriber = $1`, s.name)
	if err != nil {
		return 0, nil, err
	}
	list, err = db.List(ctx, tx, scanLate, `
		SELECT `+eventCols+`, l.tries FROM outbox_late l JOIN outbox_event e ON e.seq = l.seq
		WHERE l.subscriber = $1 AND l.due <= $2 AND l.tries < $3 AND NOT EXISTS (
			SELECT 1 FROM outbox_late b WHERE b.subscriber = l.subscriber AND b.subject = l.subject AND b.seq < l.seq)
		ORDER BY l.seq LIMIT 1`, s.name, db.Millis(tx.Now), maxTries)
	if err != nil || len(list) > 0 {
		return place, list, err
	}
	list, err = db.List(ctx, tx, scanEvent, `
		SELECT `+eventCols+` FROM outbox_event e
		WHERE e.name = $1 AND e.seq > $2
		ORDER BY e.seq LIMIT 100`, s.event, place)
	if err != nil || len(list) == 0 {
		return place, nil, err
	}
	n := len(list)
	if s.alone > 0 {
		s.alone--
		n = 1
	}
	if s.why != "" {
		for i := range list[:n] {
			if list[i].op != list[0].op {
				n = i
				break
			}
		}
	}
	return place, list[:n], nil
}

// Why events are not delivered by this process. The transaction is undone, so
// that no operation remains that did nothing.
var (
	errElsewhere = errors.New("outbox: another process is delivering to the subscriber")
	errMoved     = errors.New("outbox: another process has delivered to the subscriber")
)

// try delivers events in one transaction, in which s's place moves.
func (b *Bus) try(ctx context.Context, s *subscriber, place int64, list []event) error {
	op := db.Op{Why: s.why, Background: true}
	if s.why != "" {
		op.Who, op.Cause = list[0].who, list[0].op
	}
	return b.db.Write(ctx, op, func(tx *db.Tx) error {
		if err := s.lock(ctx, tx, place, list); err != nil {
			return err
		}
		free := list
		if list[0].late {
			if err := s.done(ctx, tx, list[0]); err != nil {
				return err
			}
		} else {
			var err error
			if free, err = s.queue(ctx, tx, list); err != nil {
				return err
			}
			if err := s.move(ctx, tx, list[len(list)-1].seq); err != nil {
				return err
			}
		}
		if len(free) == 0 {
			return nil
		}
		return s.call(ctx, tx, free)
	})
}

// lock takes s's place for the transaction, or returns one of the errors above.
func (s *subscriber) lock(ctx context.Context, tx *db.Tx, place int64, list []event) error {
	now, ok, err := db.Find(ctx, tx, db.One[int64], `SELECT seq FROM outbox_place WHERE subscriber = $1 /* skip locked */`, s.name)
	if err != nil {
		return err
	}
	switch {
	case !ok:
		return errElsewhere
	case now != place:
		return errMoved
	case !list[0].late:
		return nil
	}
	tries, ok, err := db.Find(ctx, tx, db.One[int], `SELECT tries FROM outbox_late WHERE subscriber = $1 AND seq = $2`, s.name, list[0].seq)
	if err == nil && (!ok || tries != list[0].tries) {
		return errMoved
	}
	return err
}

func (s *subscriber) done(ctx context.Context, tx *db.Tx, e event) error {
	_, err := tx.Exec(ctx, `DELETE FROM outbox_late WHERE subscriber = $1 AND seq = $2`, s.name, e.seq)
	return err
}

func (s *subscriber) move(ctx context.Context, tx *db.Tx, seq int64) error {
	_, err := tx.Exec(ctx, `UPDATE outbox_place SET seq = $2 WHERE subscriber = $1`, s.name, seq)
	return err
}

// queue sets aside those events of whose subject an earlier one is, and
// returns the others.
func (s *subscriber) queue(ctx context.Context, tx *db.Tx, list []event) ([]event, error) {
	var about []ids.ID
	for _, e := range list {
		if !e.subject.IsZero() {
			about = append(about, e.subject)
		}
	}
	held, err := db.ListIn(ctx, tx, db.One[ids.ID], about, `
		SELECT DISTINCT subject FROM outbox_late WHERE subscriber = $1 AND subject IN ($list)`, s.name)
	if err != nil || len(held) == 0 {
		return list, err
	}
	var free []event
	for _, e := range list {
		if !slices.Contains(held, e.subject) {
			free = append(free, e)
			continue
		}
		if err := s.late(ctx, tx, e, 0, "", 0); err != nil {
			return nil, err
		}
	}
	return free, nil
}

// late sets an event aside.
func (s *subscriber) late(ctx context.Context, tx *db.Tx, e event, tries int, text string, due int64) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO outbox_late (subscriber, seq, subject, tries, error, due) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (subscriber, seq) DO UPDATE SET tries = excluded.tries, error = excluded.error, due = excluded.due`,
		s.name, e.seq, e.subject, tries, text, due)
	return err
}

// maxError is how many bytes of an error are kept.
const maxError = 2000

// setAside notes that e failed, when it is tried again, and that s goes on.
func (b *Bus) setAside(ctx context.Context, s *subscriber, place int64, e event, failed error) error {
	text := failed.Error()
	return b.db.Write(ctx, db.Op{}, func(tx *db.Tx) error {
		if err := s.lock(ctx, tx, place, []event{e}); err != nil {
			return err
		}
		due := tx.Now.Add(time.Second << (2 * e.tries)) // 1, 4, 16, 64 seconds
		if err := s.late(ctx, tx, e, e.tries+1, text[:min(len(text), maxError)], due.UnixMilli()); err != nil {
			return err
		}
		if e.late {
			return nil
		}
		return s.move(ctx, tx, e.seq)
	})
}

// call runs the subscriber; a panic is an error like others.
func (s *subscriber) call(ctx context.Context, tx *db.Tx, list []event) (err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("panic: %v\n%s", x, debug.Stack())
		}
	}()
	return s.deliver(ctx, tx, list)
}
