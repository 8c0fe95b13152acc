package clv

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// Fewest customers, and fewest of them who came back, from whom a model is
// made. Below, facts are shown instead of predictions.
const (
	MinCustomers = 200
	MinRepeaters = 100
)

// ErrThin says that there are too few customers for a model.
var ErrThin = errors.New("too few customers for a model")

// A Sample is the purchases of many customers, made ready for fits: customers
// with the same purchases are one cell, and what is computed from a date is
// computed once a date.
type Sample struct {
	cells      []cell
	weeks      []float64 // distinct Recency and Age, ascending
	customers  int
	repeaters  int
	maxRepeats int
	repeats    float64 // sum over all customers
	age        float64 // sum over all customers, in weeks
	logGaps    float64 // sum over all customers
}

// A cell is customers with the same purchases.
type cell struct {
	repeats      int32
	recency, age int32 // places in weeks
	n            float64
	logGaps      float64 // sum over these customers
}

// NewSample returns a sample of customers who bought at least once. An
// impossible customer is an error.
func NewSample(list []Stats) (*Sample, error) {
	s := &Sample{weeks: distinctWeeks(list)}
	if len(s.weeks) > 1<<22 {
		return nil, fmt.Errorf("%d different ages of customers", len(s.weeks))
	}
	place := make(map[float64]int32, len(s.weeks))
	for i, w := range s.weeks {
		place[w] = int32(i)
	}
	cells := make([]keyed, len(list))
	for i, c := range list {
		if !c.ok() {
			return nil, fmt.Errorf("customer %d: impossible purchases %+v", i, c)
		}
		cells[i] = keyed{uint64(c.Repeats)<<44 | uint64(place[c.Recency])<<22 | uint64(place[c.Age]), c.logGaps()}
	}
	// Equal keys are told apart by their gaps: the order, and with it the sum,
	// is that of the customers' purchases and not of their places in the list.
	slices.SortFunc(cells, func(a, b keyed) int {
		switch {
		case a.key < b.key:
			return -1
		case a.key > b.key:
			return 1
		case a.logGaps < b.logGaps:
			return -1
		case a.logGaps > b.logGaps:
			return 1
		}
		return 0
	})
	for i, c := range cells {
		if i > 0 && c.key == cells[i-1].key {
			last := &s.cells[len(s.cells)-1]
			last.n++
			last.logGaps += c.logGaps
			continue
		}
		s.cells = append(s.cells, cell{int32(c.key >> 44), int32(c.key >> 22 & (1<<22 - 1)), int32(c.key & (1<<22 - 1)), 1, c.logGaps})
	}
	s.sum()
	return s, nil
}

// keyed is a customer while a sample is sorted.
type keyed struct {
	key     uint64
	logGaps float64
}

// logGaps returns L, which is 0 without repeats.
func (s Stats) logGaps() float64 {
	if s.Repeats == 0 {
		return 0
	}
	return s.LogGaps
}

// distinctWeeks returns every Recency and Age that occurs, ascending.
func distinctWeeks(list []Stats) []float64 {
	seen := make(map[float64]struct{})
	for _, c := range list {
		seen[c.Recency] = struct{}{}
		seen[c.Age] = struct{}{}
	}
	weeks := make([]float64, 0, len(seen))
	for w := range seen {
		weeks = append(weeks, w)
	}
	slices.Sort(weeks)
	return weeks
}

// sum counts what the cells hold.
func (s *Sample) sum() {
	s.customers, s.repeaters, s.maxRepeats, s.repeats, s.age, s.logGaps = 0, 0, 0, 0, 0, 0
	for _, c := range s.cells {
		s.customers += int(c.n)
		if c.repeats > 0 {
			s.repeaters += int(c.n)
		}
		s.maxRepeats = max(s.maxRepeats, int(c.repeats))
		s.repeats += c.n * float64(c.repeats)
		s.age += c.n * s.weeks[c.age]
		s.logGaps += c.logGaps
	}
}

// Customers returns how many customers s holds, and how many of them came back.
func (s *Sample) Customers() (all, repeaters int) { return s.customers, s.repeaters }

// Cells returns how many customers differ in their purchases.
func (s *Sample) Cells() int { return len(s.cells) }

// thin returns a sample of about n of s's customers, evenly drawn from them in
// the order of their purchases; s itself if it is not larger.
func (s *Sample) thin(n int) *Sample {
	if s.customers <= n {
		return s
	}
	every := float64(s.customers) / float64(n)
	t := &Sample{weeks: s.weeks}
	seen, next := 0.0, every/2
	for _, c := range s.cells {
		seen += c.n
		if seen <= next {
			continue
		}
		take := math.Ceil((seen - next) / every)
		next += take * every
		take = min(take, c.n)
		t.cells = append(t.cells, cell{c.repeats, c.recency, c.age, take, c.logGaps / c.n * take})
	}
	t.sum()
	return t
}

// stats returns what is known of a customer of a cell.
func (s *Sample) stats(c *cell) Stats {
	return Stats{Repeats: int(c.repeats), Recency: s.weeks[c.recency], Age: s.weeks[c.age], LogGaps: c.logGaps / c.n}
}

// chunks is into how many parts work is divided, whatever the number of
// processors, so that sums are the same to the bit on all of them.
const chunks = 64

// inChunks calls f for chunks of n things, in parallel if they are many.
func inChunks(n int, f func(chunk, from, to int)) {
	run := func(i int) { f(i, n*i/chunks, n*(i+1)/chunks) }
	workers := min(runtime.GOMAXPROCS(0), chunks)
	if workers < 2 || n < 4096 {
		for i := range chunks {
			run(i)
		}
		return
	}
	var next atomic.Int32
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < chunks; i = int(next.Add(1)) - 1 {
				run(i)
			}
		})
	}
	wg.Wait()
}
