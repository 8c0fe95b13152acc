// Package clv says of customers, from when and for how much they bought, how
// likely they are still customers, how often they will buy, and what they are
// worth.
//
// Purchases are described by the family of models known as (M)BG/CNBD-k:
// customers buy in a rhythm of their own, and after each purchase some of them
// leave for good without saying so (Fader, Hardie and Lee 2005; Batislam and
// others 2007; Hoppe and Wagner 2007; Reutterer, Platzer and Schröder 2021).
// What they spend is described by the Gamma-Gamma model (Fader and Hardie
// 2013), what a segment is worth by a Markov chain (Pfeifer and Carraway 2000).
//
// Everything here is arithmetic on what is handed in: no clock, no chance, no
// database. Results are the same to the bit on any number of processors.
// Numbers that are not finite never come out.
package clv

import "math"

// daysPerWeek turns days into weeks, the unit of time of all models. Weeks are
// never rounded.
const daysPerWeek = 7

// A History is what must be kept of a customer's purchases to describe them at
// any later day. A purchase day is a calendar day with at least one order; what
// was bought on it is added up. The zero History is that of nobody's purchases.
type History struct {
	Days        int32   // purchase days
	First, Last int32   // first and last purchase day, in days since any fixed day
	LogGaps     float64 // sum of the logarithms of the weeks between purchase days
	FirstAmount int64   // margin, or sales, of the first purchase day, in minor units
	Amount      int64   // of all purchase days, in minor units
}

// Add adds a purchase, in constant time. It returns false, and changes
// nothing, if the day lies before the last one: then the history is made anew.
func (h *History) Add(day int32, amount int64) bool {
	switch {
	case h.Days == 0:
		h.First, h.Last, h.Days = day, day, 1
	case day < h.Last:
		return false
	case day > h.Last:
		h.LogGaps += math.Log((float64(day) - float64(h.Last)) / daysPerWeek)
		h.Last = day
		h.Days++
	}
	if day == h.First {
		h.FirstAmount += amount
	}
	h.Amount += amount
	return true
}

// Stats returns what the models need to know of h on the day now. A now before
// the last purchase counts as the day of the last purchase; without purchases
// the result is zero.
func (h *History) Stats(now int32) Stats {
	if h.Days == 0 {
		return Stats{}
	}
	weeks := func(to int32) float64 { return (float64(to) - float64(h.First)) / daysPerWeek }
	return Stats{Repeats: int(h.Days) - 1, Recency: weeks(h.Last), Age: weeks(max(now, h.Last)), LogGaps: h.LogGaps}
}

// Repeat returns the mean amount of a purchase day after the first, in minor
// units; 0 if there was none. The first purchase stays out: mixing it in makes
// the Gamma-Gamma model diverge.
func (h *History) Repeat() float64 {
	if h.Days < 2 {
		return 0
	}
	return float64(h.Amount-h.FirstAmount) / float64(h.Days-1)
}

// Stats are the statistics of a customer that suffice for all models.
type Stats struct {
	Repeats int     `json:"repeats"`  // purchase days after the first (x)
	Recency float64 `json:"recency"`  // weeks from the first to the last purchase day (t_x)
	Age     float64 `json:"age"`      // weeks from the first purchase day to now (T)
	LogGaps float64 `json:"log_gaps"` // sum of the logarithms of the weeks between purchase days (L); only fits read it
}

// Bounds of what is taken for a customer.
const (
	maxRepeats = 1 << 20
	maxWeeks   = 1e6
)

// ok reports whether s describes a possible customer.
func (s Stats) ok() bool {
	return s.Repeats >= 0 && s.Repeats <= maxRepeats && s.Recency >= 0 && s.Recency <= s.Age && s.Age <= maxWeeks &&
		(s.Repeats > 0 || s.Recency == 0) && !math.IsNaN(s.LogGaps) && !math.IsInf(s.LogGaps, 0)
}

// sane returns s with whatever is impossible in it brought back into bounds, so
// that scores are numbers whatever comes in.
func (s Stats) sane() Stats {
	s.Repeats = min(max(s.Repeats, 0), maxRepeats)
	s.Age = clamp(s.Age, 0, maxWeeks)
	s.Recency = clamp(s.Recency, 0, s.Age)
	if s.Repeats == 0 {
		s.Recency = 0
	}
	return s
}

// clamp returns v within bounds, and lo if it is no number.
func clamp(v, lo, hi float64) float64 {
	switch {
	case v >= hi:
		return hi
	case v >= lo:
		return v
	}
	return lo
}
