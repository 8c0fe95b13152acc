package score

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
)

// Ends counts cases by how they ended.
type Ends struct {
	Yes int `json:"yes"`
	No  int `json:"no"`
}

func (e *Ends) add(yes bool, by int) {
	if yes {
		e.Yes += by
		return
	}
	e.No += by
}

// A Bayes is a naive Bayes classifier: it counts, for each value of each
// field, how the cases ended, and takes the fields as independent. They are
// not, so it is too sure of itself where fields say the same; but it learns
// from a few dozen cases, and a case at a time. Its JSON is the whole model.
type Bayes struct {
	Fields []BayesField `json:"fields"`
	Ends   Ends         `json:"ends"` // of all cases
	Smooth float64      `json:"smooth"`
}

// A BayesField is the counts of one field. A Line is cut as Tenths are.
type BayesField struct {
	Field
	Cuts   []float64       `json:"cuts,omitempty"`
	Ends   Ends            `json:"ends"` // of cases of which the field is known
	Values map[string]Ends `json:"values"`
}

// FitBayes counts cases. smooth is added to each count, > 0; 0 stands for 1,
// Laplace's rule. Cuts of numbers stay as they are until the next fit.
func FitBayes(fields []Field, cases []Case, yes []bool, smooth float64) (*Bayes, error) {
	if smooth == 0 {
		smooth = 1
	}
	if !(smooth > 0) || math.IsInf(smooth, 0) {
		return nil, fmt.Errorf("score: smoothing by %g", smooth)
	}
	if err := check(fields, cases, yes); err != nil {
		return nil, err
	}
	b := &Bayes{Smooth: smooth, Fields: make([]BayesField, len(fields))}
	for i, f := range fields {
		b.Fields[i] = BayesField{Field: f, Values: map[string]Ends{}}
		if f.Form != Words {
			b.Fields[i].Cuts = deciles(numbers(cases, i))
		}
	}
	for i, c := range cases {
		b.Learn(c, yes[i])
	}
	return b, nil
}

// Learn adds a case that has ended.
func (b *Bayes) Learn(c Case, yes bool) { b.add(c, yes, 1) }

// Forget takes a case away that was learned before, for example because a
// lost lead was opened again.
func (b *Bayes) Forget(c Case, yes bool) { b.add(c, yes, -1) }

func (b *Bayes) add(c Case, yes bool, by int) {
	b.Ends.add(yes, by)
	for i := range b.Fields {
		f := &b.Fields[i]
		key, ok := f.key(c.at(i))
		if !ok {
			continue
		}
		f.Ends.add(yes, by)
		e := f.Values[key]
		e.add(yes, by)
		if e == (Ends{}) {
			delete(f.Values, key)
		} else {
			f.Values[key] = e
		}
	}
}

// key returns the value as one of Values.
func (f *BayesField) key(v Value) (string, bool) {
	if !v.known || f.Form == Words {
		return v.word, v.known
	}
	return strconv.Itoa(part(f.Cuts, v.number)), true
}

// term returns ln of how much more likely a value is of yes than of no. A
// value never seen says nothing.
func (b *Bayes) term(f *BayesField, key string) float64 {
	e, ok := f.Values[key]
	if !ok {
		return 0
	}
	all := b.Smooth * float64(len(f.Values))
	yes := (float64(max(e.Yes, 0)) + b.Smooth) / (float64(max(f.Ends.Yes, 0)) + all)
	no := (float64(max(e.No, 0)) + b.Smooth) / (float64(max(f.Ends.No, 0)) + all)
	return math.Log(yes / no)
}

// LogOdds returns ln(p/(1−p)).
func (b *Bayes) LogOdds(c Case) float64 {
	z := b.prior()
	for i := range b.Fields {
		if key, ok := b.Fields[i].key(c.at(i)); ok {
			z += b.term(&b.Fields[i], key)
		}
	}
	return z
}

// prior returns ln(yes/no) of all cases; smoothed only where forgetting has
// left none of one kind.
func (b *Bayes) prior() float64 {
	yes, no := float64(b.Ends.Yes), float64(b.Ends.No)
	if yes < 1 || no < 1 {
		yes, no = max(yes, 0)+b.Smooth, max(no, 0)+b.Smooth
	}
	return math.Log(yes / no)
}

// Predict returns the probability of yes.
func (b *Bayes) Predict(c Case) float64 { return sigmoid(b.LogOdds(c)) }

// Explain returns the push of every field, the strongest first.
func (b *Bayes) Explain(c Case) []Push {
	pushes := make([]Push, len(b.Fields))
	for i := range b.Fields {
		f := &b.Fields[i]
		pushes[i] = Push{Field: i, Name: f.Name, LogOdds: -b.mean(f)}
		if key, ok := f.key(c.at(i)); ok {
			pushes[i].LogOdds += b.term(f, key)
		}
	}
	strongestFirst(pushes)
	return pushes
}

// mean returns the mean of a field's terms over the cases counted.
func (b *Bayes) mean(f *BayesField) float64 {
	n := b.Ends.Yes + b.Ends.No
	if n < 1 {
		return 0
	}
	sum := 0.
	for _, key := range slices.Sorted(maps.Keys(f.Values)) {
		e := f.Values[key]
		sum += float64(e.Yes+e.No) * b.term(f, key)
	}
	return sum / float64(n)
}
