package clv

import "slices"

// A Whale is the whale curve: profit added up from the most to the least
// profitable customer (Kaplan and Narayanan 2001). It rises above the total as
// far as unprofitable customers take away again.
type Whale struct {
	Customers int     `json:"customers"`
	Total     int64   `json:"total"`      // profit of all, minor units
	Peak      int64   `json:"peak"`       // profit of all profitable customers
	Loss      int64   `json:"loss"`       // what the unprofitable ones take away, not negative
	Losers    int     `json:"losers"`     // unprofitable customers
	TopFifth  float64 `json:"top_fifth"`  // profit of the best fifth as a share of the total; 0 if that isn't positive
	PeakShare float64 `json:"peak_share"` // peak as a share of the total; 0 if that isn't positive
	Points    []Point `json:"points"`     // at most 101, even over customers, from none to all
}

// A Point of a whale curve.
type Point struct {
	Customers int   `json:"customers"` // so many of the best
	Profit    int64 `json:"profit"`    // make so much together, minor units
}

// WhaleCurve returns the whale curve of the customers' profits in minor units.
// It doesn't change the list.
func WhaleCurve(profits []int64) Whale {
	list := slices.Clone(profits)
	slices.Sort(list)
	slices.Reverse(list)
	n := len(list)
	w := Whale{Customers: n, Points: []Point{{}}}
	const steps = 100
	next := 1
	for i, p := range list {
		w.Total += p
		if p > 0 {
			w.Peak += p
		} else if p < 0 {
			w.Loss -= p
			w.Losers++
		}
		if i+1 == n/5 {
			w.TopFifth = float64(w.Total)
		}
		for ; next <= steps && n*next/steps <= i+1; next++ {
			if at := n * next / steps; at == i+1 && at > w.Points[len(w.Points)-1].Customers {
				w.Points = append(w.Points, Point{at, w.Total})
			}
		}
	}
	if w.Total > 0 {
		w.TopFifth /= float64(w.Total)
		w.PeakShare = float64(w.Peak) / float64(w.Total)
	} else {
		w.TopFifth = 0
	}
	return w
}
