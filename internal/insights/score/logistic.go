package score

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Options say how to fit a Logistic. The zero Options are the usual ones.
type Options struct {
	Ridge float64 // how much weights are drawn to 0, > 0; 0 stands for 3
	Least int     // cases that a word or part needs for a weight of its own; 0 stands for 20
}

func (o Options) withDefaults() (Options, error) {
	if o.Ridge == 0 {
		o.Ridge = 3
	}
	if o.Least == 0 {
		o.Least = 20
	}
	if !(o.Ridge > 0) || math.IsInf(o.Ridge, 0) || o.Least < 1 {
		return o, fmt.Errorf("score: ridge %g, least %d", o.Ridge, o.Least)
	}
	return o, nil
}

// A Logistic is a ridge logistic regression (le Cessie & van Houwelingen,
// Applied Statistics 1992): the log-odds of yes are a constant plus a weight
// for each column that a case has. Its JSON is the whole model.
type Logistic struct {
	Fields   []Coding  `json:"fields"`
	Constant float64   `json:"constant"`
	Weights  []float64 `json:"weights"` // by column
	Means    []float64 `json:"means"`   // by field: its mean share of the log-odds of the cases learned from
	Cases    int       `json:"cases"`
	Yes      int       `json:"yes"`
	Ridge    float64   `json:"ridge"`
}

// FitLogistic learns from cases and whether they ended with yes. It returns
// ErrFew if all ended alike. The constant is not drawn to 0, so the mean of
// the predictions is the share of yes.
func FitLogistic(fields []Field, cases []Case, yes []bool, opt Options) (*Logistic, error) {
	return fitLogistic(fields, cases, yes, nil, opt)
}

// fitLogistic lets cases count more or less than one each.
func fitLogistic(fields []Field, cases []Case, yes []bool, counts []float64, opt Options) (*Logistic, error) {
	opt, err := opt.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := check(fields, cases, yes); err != nil {
		return nil, err
	}
	codings, err := code(fields, cases, opt.Least)
	if err != nil {
		return nil, err
	}
	d := newDesign(codings, cases, yes)
	d.count = counts
	w, err := d.fit(opt.Ridge)
	if err != nil {
		return nil, err
	}
	m := &Logistic{
		Fields: codings, Constant: w[0], Weights: w[1:], Means: make([]float64, len(fields)),
		Cases: len(cases), Yes: count(yes), Ridge: opt.Ridge,
	}
	for f := range codings {
		for _, c := range cases {
			m.Means[f] += m.share(f, c)
		}
		m.Means[f] /= float64(len(cases))
	}
	return m, nil
}

// share returns what a field adds to the log-odds of c.
func (m *Logistic) share(field int, c Case) float64 {
	j, x := m.Fields[field].column(c.at(field))
	if j < 0 || j >= len(m.Weights) {
		return 0
	}
	return m.Weights[j] * x
}

// LogOdds returns ln(p/(1−p)): the constant, and what each field adds.
func (m *Logistic) LogOdds(c Case) float64 {
	z := m.Constant
	for f := range m.Fields {
		z += m.share(f, c)
	}
	return z
}

// Predict returns the probability of yes.
func (m *Logistic) Predict(c Case) float64 { return sigmoid(m.LogOdds(c)) }

// Base returns the log-odds of a case that is as the mean in every field. With
// the pushes of all fields it sums to LogOdds.
func (m *Logistic) Base() float64 {
	z := m.Constant
	for _, x := range m.Means {
		z += x
	}
	return z
}

// Explain returns the push of every field, the strongest first. What isn't
// known of the case pushes too, if it is known of others.
func (m *Logistic) Explain(c Case) []Push {
	pushes := make([]Push, len(m.Fields))
	for f := range m.Fields {
		pushes[f] = Push{Field: f, Name: m.Fields[f].Name, LogOdds: m.share(f, c) - m.Means[f]}
	}
	strongestFirst(pushes)
	return pushes
}

func strongestFirst(pushes []Push) {
	slices.SortStableFunc(pushes, func(a, b Push) int { return cmp.Compare(math.Abs(b.LogOdds), math.Abs(a.LogOdds)) })
}

// An Effect is what having a column means in general, for a table of the model.
type Effect struct {
	Field   string   `json:"field"`
	Word    string   `json:"word,omitempty"` // of Words
	From    *float64 `json:"from,omitempty"` // of Tenths: at least; nil if without limit
	Below   *float64 `json:"below,omitempty"`
	Rows    int      `json:"rows"`     // cases learned from that have it
	LogOdds float64  `json:"log_odds"` // compared with the mean; of a Line, for one standard deviation more
}

// Effects returns the effects of all columns, field by field.
func (m *Logistic) Effects() []Effect {
	var all []Effect
	for f, k := range m.Fields {
		for i, c := range k.Columns {
			e := Effect{Field: k.Name, Word: c.Word, Rows: c.Rows, LogOdds: m.Weights[k.First+i]}
			if k.Form != Line {
				e.LogOdds -= m.Means[f]
			}
			if k.Form == Tenths && c.Part > 0 {
				e.From = &k.Cuts[c.Part-1]
			}
			if k.Form == Tenths && c.Part < len(k.Cuts) {
				e.Below = &k.Cuts[c.Part]
			}
			all = append(all, e)
		}
	}
	return all
}
