package basket

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync/atomic"
)

// maxPatternItems bounds the products of a pattern, and so the depth of the
// search.
const maxPatternItems = 32

// PatternOptions say which sequences are looked for.
type PatternOptions struct {
	MinCount    int // customers, 0 means 10; see MinCount for shares
	MaxItems    int // products of all events together, 1 … 32; 0 means 10
	MaxGap      int // days from one event to the next; 0 means any
	MaxPatterns int // more are an error; 0 means 100,000
}

func (o PatternOptions) withDefaults() PatternOptions {
	if o.MinCount < 1 {
		o.MinCount = 10
	}
	if o.MaxItems < 1 {
		o.MaxItems = 10
	}
	o.MaxItems = min(o.MaxItems, maxPatternItems)
	if o.MaxPatterns < 1 {
		o.MaxPatterns = 100_000
	}
	return o
}

// A Pattern is a sequence of events, on each of which a customer bought some
// products, and others besides, on days that follow each other.
type Pattern struct {
	Events [][]int32 `json:"events"` // products ascending in each
	Count  int       `json:"count"`  // customers whose history holds it
	Before int       `json:"before"` // customers whose history holds it without its last event; 0 if that is the only
}

// Confidence returns the share of customers with the events before the last
// whose history goes on with that, 0 … 1; 0 for a pattern of one event.
func (p Pattern) Confidence() float64 {
	return Table{p.Before, p.Before, p.Count, p.Count}.Confidence()
}

// Patterns finds all sequences of events that at least o.MinCount customers'
// histories hold, by PrefixSpan (Pei et al., ICDE 2001), with all places where
// a prefix may end kept, so that o.MaxGap loses none. It is a tool for
// analysts: the patterns are counted, not tested. They come in the order of
// their first products, each before those that it begins.
//
// It fails with ErrTooMany if there are more than o.MaxPatterns, and with the
// context's cause if that is cancelled.
func (h *Histories) Patterns(ctx context.Context, o PatternOptions) ([]Pattern, error) {
	o = o.withDefaults()
	places := h.places()
	ends := h.eventEnds()
	var found atomic.Int64
	from := make([][]Pattern, h.products)
	err := inChunks(ctx, h.products, 1, func() func(lo, hi int) {
		w := &spanner{ctx: ctx, h: h, o: o, eventEnd: ends, found: &found}
		return func(lo, hi int) {
			for p := lo; p < hi; p++ {
				from[p] = w.startingWith(int32(p), places[p])
			}
		}
	})
	if err != nil {
		return nil, err
	}
	if found.Load() > int64(o.MaxPatterns) {
		return nil, fmt.Errorf("%w: more than %d patterns of at least %d customers", ErrTooMany, o.MaxPatterns, o.MinCount)
	}
	return slices.Concat(from...), nil
}

// A place is a line of a customer, at which a pattern may end.
type place struct{ customer, pos uint32 }

// places returns the lines with each product, by customer and day.
func (h *Histories) places() [][]place {
	all := make([][]place, h.products)
	for c := range h.Len() {
		for pos := h.start[c]; pos < h.start[c+1]; pos++ {
			p := h.lines[pos].product &^ firstLine
			all[p] = append(all[p], place{uint32(c), pos})
		}
	}
	return all
}

// eventEnds returns for each line the first that is of another day or
// customer.
func (h *Histories) eventEnds() []uint32 {
	ends := make([]uint32, len(h.lines))
	for c := range h.Len() {
		end := h.start[c+1]
		for pos := end; pos > h.start[c]; pos-- {
			if pos < end && h.lines[pos].day != h.lines[pos-1].day {
				end = pos
			}
			ends[pos-1] = end
		}
	}
	return ends
}

// A spanner grows patterns, those that start with one product at a time.
type spanner struct {
	ctx      context.Context
	h        *Histories
	o        PatternOptions
	eventEnd []uint32
	found    *atomic.Int64 // patterns of all spanners

	events   [][]int32 // the present pattern
	size     int       // its products
	patterns []Pattern
}

func (w *spanner) startingWith(product int32, places []place) []Pattern {
	w.patterns = nil
	if customers(places) >= w.o.MinCount {
		w.events, w.size = [][]int32{{product}}, 1
		w.grow(places, 0)
	}
	return w.patterns
}

// customers counts the different customers of places, which are by customer.
func customers(places []place) int {
	n := 0
	for i, p := range places {
		if i == 0 || p.customer != places[i-1].customer {
			n++
		}
	}
	return n
}

// grow takes down the present pattern, which ends at places and has before
// customers without its last event, and all that it begins.
func (w *spanner) grow(places []place, before int) {
	if w.found.Add(1) > int64(w.o.MaxPatterns) || w.ctx.Err() != nil {
		return
	}
	n := customers(places)
	w.patterns = append(w.patterns, Pattern{Events: w.copyEvents(), Count: n, Before: before})
	if w.size == w.o.MaxItems {
		return
	}
	w.size++
	last := len(w.events) - 1
	for _, e := range w.frequent(w.sameEvent(places)) {
		w.events[last] = append(w.events[last], e.product)
		w.grow(e.places, before)
		w.events[last] = w.events[last][:len(w.events[last])-1]
	}
	for _, e := range w.frequent(w.laterEvents(places)) {
		w.events = append(w.events, []int32{e.product})
		w.grow(e.places, n)
		w.events = w.events[:last+1]
	}
	w.size--
}

func (w *spanner) copyEvents() [][]int32 {
	c := make([][]int32, len(w.events))
	for i, e := range w.events {
		c[i] = slices.Clone(e)
	}
	return c
}

// sameEvent returns the places of further products in the events of places.
func (w *spanner) sameEvent(places []place) map[int32][]place {
	further := map[int32][]place{}
	for _, p := range places {
		w.add(further, p.customer, p.pos+1, w.eventEnd[p.pos])
	}
	return further
}

// laterEvents returns the places of products in events after those of places,
// within o.MaxGap.
func (w *spanner) laterEvents(places []place) map[int32][]place {
	later := map[int32][]place{}
	done := uint32(0) // lines before it were added
	for _, p := range places {
		from := max(done, w.eventEnd[p.pos])
		to := from
		for end := w.h.start[p.customer+1]; to < end && w.near(p.pos, to); {
			to = w.eventEnd[to]
		}
		if from < to {
			w.add(later, p.customer, from, to)
			done = to
		}
	}
	return later
}

func (w *spanner) near(a, b uint32) bool {
	return w.o.MaxGap < 1 || int64(w.h.lines[b].day)-int64(w.h.lines[a].day) <= int64(w.o.MaxGap)
}

func (w *spanner) add(to map[int32][]place, customer, from, end uint32) {
	for pos := from; pos < end; pos++ {
		p := int32(w.h.lines[pos].product &^ firstLine)
		to[p] = append(to[p], place{customer, pos})
	}
}

// An extension is a product that goes on with the present pattern at places.
type extension struct {
	product int32
	places  []place
}

// frequent returns the extensions that enough customers have, by product.
func (w *spanner) frequent(all map[int32][]place) []extension {
	var kept []extension
	for p, places := range all {
		if customers(places) >= w.o.MinCount {
			kept = append(kept, extension{p, places})
		}
	}
	slices.SortFunc(kept, func(a, b extension) int { return cmp.Compare(a.product, b.product) })
	return kept
}
