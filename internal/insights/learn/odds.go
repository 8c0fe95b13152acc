package learn

import "github.com/akrab-crm/akrab/internal/insights/score"

// SequelDays is within how many days a sequel follows.
const SequelDays = 90

// Odds turn scores of products into the probability that the customer buys
// them in the next ActiveDays. They are learned by foretelling the last
// ActiveDays from what was before, and from the outcomes of offers once there
// are enough of these.
type Odds struct {
	New *score.Isotonic `json:"new,omitempty"` // of scores of the graph
	Due *score.Isotonic `json:"due,omitempty"` // of chances of kernel.Gaps
	// Places have odds of their own where enough offers were answered, by
	// place and kind: "counter/new".
	Places map[string]*score.Isotonic `json:"places,omitempty"`
}

// At returns the probability for a score of a kind, "new" or "due", offered in
// a place; 0 if nothing is known.
func (o *Odds) At(place, kind string, x float64) float64 {
	c := o.Places[place+"/"+kind]
	switch {
	case c != nil:
	case kind == "due":
		c = o.Due
	default:
		c = o.New
	}
	if c == nil {
		return 0
	}
	return min(max(c.At(x), 0), 1)
}
