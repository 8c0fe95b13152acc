package score

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"sort"
)

// A Column is one weight's worth of a field: a word, a part of the numbers'
// range, or the whole line.
type Column struct {
	Word string `json:"word,omitempty"`
	Part int    `json:"part,omitempty"` // of Tenths, from 0: below the first cut
	Rows int    `json:"rows"`           // cases learned from that have it
}

// A Coding turns the values of one field into columns.
type Coding struct {
	Field
	Cuts    []float64 `json:"cuts,omitempty"` // of Tenths: part p is from cut p−1 to below cut p
	Mean    float64   `json:"mean,omitempty"` // of Line
	SD      float64   `json:"sd,omitempty"`   // of Line, > 0
	First   int       `json:"first"`          // number of its first column among all
	Columns []Column  `json:"columns"`
}

// Limits of a coding, so that a field of free text does no harm.
const (
	mostWords   = 200
	mostColumns = 1000
)

// code learns the codings of fields. Words and parts with fewer than least
// cases get no column and count as unknown, as do all but the 200 most
// frequent words.
func code(fields []Field, cases []Case, least int) ([]Coding, error) {
	codings := make([]Coding, len(fields))
	n := 0
	for i, f := range fields {
		c := Coding{Field: f, First: n}
		switch f.Form {
		case Words:
			c.Columns = wordColumns(cases, i, least)
		case Tenths:
			c.Cuts = deciles(numbers(cases, i))
			c.Columns = partColumns(c.Cuts, cases, i, least)
		case Line:
			c.line(numbers(cases, i), least)
		}
		n += len(c.Columns)
		codings[i] = c
	}
	if n > mostColumns {
		return nil, fmt.Errorf("score: %d columns, at most %d", n, mostColumns)
	}
	return codings, nil
}

func wordColumns(cases []Case, field, least int) []Column {
	rows := map[string]int{}
	for _, c := range cases {
		if v := c.at(field); v.known {
			rows[v.word]++
		}
	}
	var columns []Column
	for _, w := range slices.Sorted(maps.Keys(rows)) {
		if rows[w] >= least {
			columns = append(columns, Column{Word: w, Rows: rows[w]})
		}
	}
	if len(columns) > mostWords {
		slices.SortStableFunc(columns, func(a, b Column) int { return cmp.Compare(b.Rows, a.Rows) })
		columns = columns[:mostWords]
		slices.SortFunc(columns, func(a, b Column) int { return cmp.Compare(a.Word, b.Word) })
	}
	return columns
}

func numbers(cases []Case, field int) []float64 {
	var xs []float64
	for _, c := range cases {
		if v := c.at(field); v.known {
			xs = append(xs, v.number)
		}
	}
	return xs
}

// deciles returns the distinct values at 1/10 … 9/10 of xs, which it sorts.
func deciles(xs []float64) []float64 {
	if len(xs) == 0 {
		return nil
	}
	slices.Sort(xs)
	var cuts []float64
	for q := 1; q < 10; q++ {
		cuts = append(cuts, xs[len(xs)*q/10])
	}
	return slices.Compact(cuts)
}

// part returns how many cuts are at or below x.
func part(cuts []float64, x float64) int {
	return sort.Search(len(cuts), func(i int) bool { return cuts[i] > x })
}

func partColumns(cuts []float64, cases []Case, field, least int) []Column {
	rows := make([]int, len(cuts)+1)
	for _, c := range cases {
		if v := c.at(field); v.known {
			rows[part(cuts, v.number)]++
		}
	}
	var columns []Column
	for p, n := range rows {
		if n >= least {
			columns = append(columns, Column{Part: p, Rows: n})
		}
	}
	return columns
}

// line learns mean and standard deviation; a field that never changes, or is
// too rarely known, gets no column.
func (c *Coding) line(xs []float64, least int) {
	c.SD = 1
	if len(xs) < max(least, 2) {
		return
	}
	mean, ss := 0., 0.
	for i, x := range xs {
		mean += (x - mean) / float64(i+1)
	}
	for _, x := range xs {
		ss += (x - mean) * (x - mean)
	}
	sd := math.Sqrt(ss / float64(len(xs)))
	if !(sd > 1e-12*math.Abs(mean)) || math.IsInf(sd, 0) {
		return
	}
	c.Mean, c.SD = mean, sd
	c.Columns = []Column{{Rows: len(xs)}}
}

// farthest is how many standard deviations from the mean a Line reaches: what
// lies beyond is a mistake of typing rather than a reason for certainty.
const farthest = 10

// column returns which of its columns a value has, and how much of it; −1 if
// none.
func (c *Coding) column(v Value) (int, float64) {
	if !v.known || len(c.Columns) == 0 {
		return -1, 0
	}
	switch c.Form {
	case Words:
		i, ok := slices.BinarySearchFunc(c.Columns, v.word, func(k Column, w string) int { return cmp.Compare(k.Word, w) })
		if ok {
			return c.First + i, 1
		}
	case Tenths:
		p := part(c.Cuts, v.number)
		i, ok := slices.BinarySearchFunc(c.Columns, p, func(k Column, p int) int { return cmp.Compare(k.Part, p) })
		if ok {
			return c.First + i, 1
		}
	case Line:
		return c.First, max(-farthest, min(farthest, (v.number-c.Mean)/c.SD))
	}
	return -1, 0
}
